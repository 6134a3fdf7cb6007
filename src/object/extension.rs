//! Objects of library modules: Rust data behind one kind.
//!
//! A module that needs objects of its own (a deque, a compiled pattern, a file) implements `Data` and makes its
//! class with `module::extension_class`; the heap, the VM and the other modules know only this.

use std::any::Any;

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

    /// Can its iterator be made and stepped without script code?
    fn is_plain_container(&self) -> bool {
        false
    }

    /// What is left to do when the object is dropped, for those registered with `Heap::add_finalisable`.
    fn finalise(&self) {}

    /// Is it an iterator?
    fn is_iterator(&self) -> bool {
        false
    }
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
