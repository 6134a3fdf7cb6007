//! Plain instances: no body at all, only attributes; and the attributes of every instance that are not its own.

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::function::{Accessor, Attribute, Descriptor};
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::object::weak;

/// The empty body of instances of classes that derive from `object` alone.
pub struct Instance;

impl Body for Instance {
    const KIND: Kind = Kind::Instance;
    fn trace(&self, _: &mut Marker) {}
}

impl Context {
    /// A new instance of a class whose instances are plain.
    #[inline(always)]
    pub fn new_instance(&mut self, class: Ref<Class>) -> Value {
        let object = if class.has(Class::HAS_DICTIONARY) || class.slot_count.get() > 0 {
            self.heap.allocate_attributed(class.root_layout.get(), Instance, class.capacity.get())
        } else {
            self.heap.allocate(class.root_layout.get(), Instance)
        };
        if class.has(Class::HAS_DEL) {
            self.heap.add_finalisable(object.header());
        }
        object.value()
    }
}

/// `__dict__` of the instances of a class that gave them one.
pub const DICTIONARY: Attribute =
    Attribute { name: "__dict__", get: dictionary, set: Some(set_dictionary), doc: "The attributes of the object." };

/// `__weakref__` of the instances of a class that lets them be referred to weakly.
pub const WEAK_REFERENCES: Attribute =
    Attribute { name: "__weakref__", get: first_weak_reference, set: None, doc: "The weak references to the object." };

/// Puts the accessors of `__dict__` and `__weakref__` into a class, as far as its instances have them and no base
/// has brought them.
pub fn add_accessors(cx: &mut Context, class: Ref<Class>) {
    for (flag, name, attribute) in [
        (Class::HAS_DICTIONARY, cx.names.__dict__, &DICTIONARY),
        (Class::WEAKLY, cx.names.__weakref__, &WEAK_REFERENCES),
    ] {
        if class.has(flag) && class.lookup_after(name, None).is_none() {
            let accessor = Descriptor::allocate(cx, LayoutId::GETSET_DESCRIPTOR, class.value(), name);
            accessor.accessor.set(Some(Accessor::Native(attribute)));
            class.dict.set_interned(name, accessor.value());
        }
    }
}

fn dictionary(cx: &mut Context, object: Value) -> Result<Value, Stop> {
    match object.header().and_then(|header| header.attribute_dict(cx)) {
        Some(dict) => Ok(dict.value()),
        None => Err(cx.attribute_error(object, cx.names.__dict__)),
    }
}

fn set_dictionary(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    let value = if value.is_unbound() { cx.new_dict().value() } else { value };
    if !value.is::<Dict>() {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("__dict__ must be set to a dictionary, not a '{found}'")));
    }
    let Some(header) = object.header() else { return Err(cx.attribute_error(object, cx.names.__dict__)) };
    if header.attribute_dict(cx).is_none() {
        return Err(cx.attribute_error(object, cx.names.__dict__));
    }
    if let Some(place) = header.dictionary() {
        place.set(value);
    }
    Ok(())
}

fn first_weak_reference(cx: &mut Context, object: Value) -> Result<Value, Stop> {
    Ok(weak::references_to(cx, object).first().copied().unwrap_or(Value::NONE))
}

/// Makes an object one of another class whose instances are laid out alike; the caller has made sure of that.
pub fn change_class(cx: &mut Context, header: &Header, class: Ref<Class>) {
    let is_dictionary = header.dictionary().is_some_and(|dictionary| !dictionary.get().is_unbound());
    let layout = match is_dictionary {
        true => class.dictionary_layout.get(),
        false => {
            let names = cx.layout(header.layout()).names.clone();
            let start = cx.layout(class.root_layout.get()).names.len();
            let more = names.into_iter().skip(start);
            more.fold(class.root_layout.get(), |layout, name| cx.layout_with(layout, name))
        }
    };
    header.set_layout(layout);
    if class.has(Class::HAS_DEL) && !header.has(Header::HAS_FINALISER) {
        cx.heap.add_finalisable(header);
    }
}

/// Do the instances of two classes have the same body, slots and dictionary, so that one can become the other's?
pub fn laid_out_alike(cx: &Context, a: Ref<Class>, b: Ref<Class>) -> bool {
    let slots = |class: Ref<Class>| {
        let names = &cx.layout(class.root_layout.get()).names;
        names[..names.len().min(class.slot_count.get() as usize)].to_vec()
    };
    // What an object of a module keeps is known by the class that made it.
    let maker = |class: Ref<Class>| class.mro.borrow().iter().copied().find(|class| class.has(Class::BUILTIN));
    let has_own_data =
        matches!(a.instance_kind, Kind::Extension | Kind::Future | Kind::EventLoop | Kind::Handle | Kind::Greenlet);
    a.instance_kind == b.instance_kind
        && (!has_own_data || maker(a) == maker(b))
        && a.has(Class::HAS_DICTIONARY) == b.has(Class::HAS_DICTIONARY)
        && slots(a) == slots(b)
}
