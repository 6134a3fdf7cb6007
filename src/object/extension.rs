//! Objects of library modules: Rust data behind one kind.
//!
//! A module that needs objects of its own (a deque, a compiled pattern, a file) implements `Data` and makes its
//! class with `module::extension_class`; the heap, the VM and the other modules know only this.

use std::any::Any;

use crate::object::bytes::ByteArray;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::iterator::Step;
use crate::object::kind::Kind;
use crate::object::native::{FromValue, Stop};
use crate::object::value::Value;

/// The Rust half of an object of a module. What changes in it is in Cells; no borrow outlives the expression.
pub trait Data: Any {
    /// Shows the collector every Value in it.
    fn trace(&self, marker: &mut Marker);

    /// For iterators: the next item. `fed` answers the last `Step` that asked for something, and is None when an
    /// item is asked for anew.
    fn next(&self, _cx: &mut Context, _this: Value, _fed: Option<Value>) -> Result<Step, Stop> {
        Ok(Step::Done)
    }

    /// For containers: their items, copied, where nothing but the container itself says what they are.
    fn items(&self) -> Option<Vec<Value>> {
        None
    }

    /// For containers: how many items they have.
    fn length(&self) -> Option<usize> {
        None
    }

    /// Does it stand for something of the system that should be closed before it is dropped?
    fn is_resource(&self) -> bool {
        false
    }

    /// What is left to do when the object is dropped, for those registered with `Heap::add_finalisable`.
    fn finalise(&self) {}

    /// For text streams: writes what `print` has to write, if nothing stands in the way.
    fn write_text(&self, _cx: &mut Context, _text: &[u8]) -> Option<Result<(), Stop>> {
        None
    }

    /// For streams: has more been read than was asked for, so that the next read may not have to wait?
    fn is_ahead(&self) -> bool {
        false
    }

    /// The bytearray whose bytes are those of this object, for whoever takes bytes-like objects.
    fn buffer(&self) -> Option<Ref<ByteArray>> {
        None
    }

    /// Is it an iterator?
    fn is_iterator(&self) -> bool {
        false
    }

    /// What a transport tells without a call, if the object is a protocol that is native.
    fn protocol(&self) -> Option<&dyn Protocol> {
        None
    }
}

/// A native protocol: what its transport tells it, in the turn it happens.
pub trait Protocol {
    /// Bytes have come in.
    fn received(&self, cx: &mut Context, bytes: &[u8]);

    /// The other end writes no more: may the transport stay open for writing?
    fn ended(&self, cx: &mut Context) -> bool;

    /// There is too much to be written.
    fn pause_writing(&self, cx: &mut Context);

    /// That is over.
    fn resume_writing(&self, cx: &mut Context);
}

/// The body of such an object.
pub struct Extension {
    /// What the module keeps.
    pub data: Box<dyn Data>,
}

impl Body for Extension {
    const KIND: Kind = Kind::Extension;

    fn trace(&self, marker: &mut Marker) {
        self.data.trace(marker);
    }
}

impl Extension {
    /// An instance of a class made with `module::make_class` for this kind, or of a subclass.
    pub fn allocate<T: Data>(cx: &mut Context, class: Ref<Class>, data: T) -> Value {
        let is_watched = class.has(Class::HAS_DEL) || cx.tells_resources && data.is_resource();
        let body = Extension { data: Box::new(data) };
        let layout = class.root_layout.get();
        let object = match class.has(Class::HAS_DICTIONARY) || class.slot_count.get() > 0 {
            true => cx.heap.allocate_attributed(layout, body, class.capacity.get()),
            false => cx.heap.allocate(layout, body),
        };
        if is_watched {
            cx.heap.add_finalisable(object.header());
        }
        object.value()
    }
}

/// An extension object known to hold a `T`, as an argument of a native.
pub struct Of<T: Data> {
    /// The object.
    pub object: Ref<Extension>,
    kind: std::marker::PhantomData<T>,
}

impl<T: Data> Of<T> {
    /// The object, if it is an extension that holds a `T`.
    pub fn from(value: Value) -> Option<Of<T>> {
        let object = value.get::<Extension>()?;
        (&*object.data as &dyn Any).is::<T>().then_some(Of { object, kind: std::marker::PhantomData })
    }

    /// As a value.
    pub fn value(&self) -> Value {
        self.object.value()
    }
}

impl<T: Data> std::ops::Deref for Of<T> {
    type Target = T;
    fn deref(&self) -> &T {
        (&*self.object.data as &dyn Any).downcast_ref().expect("checked when it was made")
    }
}

impl<T: Data> FromValue for Of<T> {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Of<T>, Stop> {
        match Of::from(value) {
            Some(object) => Ok(object),
            None => Err(cx.argument_error(position, Kind::Extension, value)),
        }
    }
}
