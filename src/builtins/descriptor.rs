//! `property`, `staticmethod`, `classmethod` and `super`. What they give when looked up is the machine's.

use std::cell::Cell;

use crate::object::alias::GenericAlias;
use crate::object::arguments::instance_class;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::forward::{attribute_of, itself, show, wrong_object};
use crate::object::function::{Attribute, Descriptor, Function, Method, Super};
use crate::object::heap::{Header, Ref};
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, add_members};
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::truth;
use crate::object::value::Value;

const PROPERTY: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_property, "Create a property."),
    plain("__init__(self, fget=None, fset=None, fdel=None, doc=None)", init_property, "Property attribute."),
    control("__get__(self, instance, owner=None, /)", Control::DescriptorGet, "Return the attribute."),
    control("__set__(self, instance, value, /)", Control::DescriptorSet, "Set the attribute."),
    control("__delete__(self, instance, /)", Control::DescriptorDelete, "Delete the attribute."),
    plain("__set_name__(self, owner, name, /)", set_name, "Tell the property what it is bound to."),
    plain("getter(self, fget, /)", getter, "Return the property with another getter."),
    plain("setter(self, fset, /)", setter, "Return the property with another setter."),
    plain("deleter(self, fdel, /)", deleter, "Return the property with another deleter."),
];

const PROPERTY_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__isabstractmethod__", get: property_is_abstract, set: None, doc: "Is one of its functions?" },
    Attribute { name: "__name__", get: property_name, set: Some(set_property_name), doc: "The name." },
    Attribute { name: "__doc__", get: property_doc, set: Some(set_property_doc), doc: "The docstring." },
];

const PROPERTY_MEMBERS: &[Attribute] = &[
    Attribute { name: "fget", get: fget, set: None, doc: "The getter." },
    Attribute { name: "fset", get: fset, set: None, doc: "The setter." },
    Attribute { name: "fdel", get: fdel, set: None, doc: "The deleter." },
];

const STATIC_METHOD: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_static_method, "Create a static method."),
    plain("__init__(self, function, /)", init_method, "Convert a function to be a static method."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    control("__get__(self, instance, owner=None, /)", Control::DescriptorGet, "Return the function."),
    control("__call__(self, /, *args, **kwargs)", Control::Call, "Call the function."),
];

const CLASS_METHOD: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_class_method, "Create a class method."),
    plain("__init__(self, function, /)", init_method, "Convert a function to be a class method."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    control("__get__(self, instance, owner=None, /)", Control::DescriptorGet, "Return the bound function."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const WRAPPER_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__isabstractmethod__", get: method_is_abstract, set: None, doc: "Is the function?" },
    Attribute { name: "__name__", get: wrapped_name, set: Some(set_wrapped_name), doc: "The name." },
    Attribute { name: "__qualname__", get: wrapped_qualname, set: Some(set_wrapped_qualname), doc: "The dotted name." },
    Attribute { name: "__module__", get: wrapped_module, set: Some(set_wrapped_module), doc: "Name of the module." },
    Attribute { name: "__doc__", get: wrapped_doc, set: Some(set_wrapped_doc), doc: "The docstring." },
    Attribute {
        name: "__annotations__",
        get: wrapped_annotations,
        set: Some(set_wrapped_annotations),
        doc: "The annotations.",
    },
    Attribute { name: "__annotate__", get: wrapped_annotate, set: Some(set_wrapped_annotate), doc: "Computes them." },
];

const WRAPPER_MEMBERS: &[Attribute] = &[
    Attribute { name: "__func__", get: fget, set: None, doc: "The function." },
    Attribute { name: "__wrapped__", get: fget, set: None, doc: "The function." },
];

const SUPER: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_super, "Create a super object."),
    control("__init__(self, type=<unset>, object=<unset>, /)", Control::SuperInit, "What comes after a class."),
    control("__getattribute__(self, name, /)", Control::SuperGetAttribute, "Return getattr(self, name)."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__get__(self, instance, owner=None, /)", get_super, "Bind to an instance."),
];

const SUPER_MEMBERS: &[Attribute] = &[
    Attribute { name: "__thisclass__", get: start, set: None, doc: "The class the look-up begins after." },
    Attribute { name: "__self__", get: receiver, set: None, doc: "The instance it is bound to." },
    Attribute { name: "__self_class__", get: receiver_class, set: None, doc: "The class of that." },
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let classes: [(LayoutId, &[Declaration], &[Declaration], &[Attribute], &[Attribute]); 4] = [
        (LayoutId::PROPERTY, PROPERTY, &[], PROPERTY_ATTRIBUTES, PROPERTY_MEMBERS),
        (LayoutId::STATICMETHOD, STATIC_METHOD, GENERIC, WRAPPER_ATTRIBUTES, WRAPPER_MEMBERS),
        (LayoutId::CLASSMETHOD, CLASS_METHOD, GENERIC, WRAPPER_ATTRIBUTES, WRAPPER_MEMBERS),
        (LayoutId::SUPER, SUPER, &[], &[], SUPER_MEMBERS),
    ];
    for (layout, methods, class_methods, attributes, members) in classes {
        let class = cx.class(layout);
        module::install(cx, class, &ClassTables { methods, class_methods, static_methods: &[], attributes });
        add_members(cx, class, members);
    }
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn of(cx: &mut Context, value: Value) -> Result<Ref<Descriptor>, Stop> {
    match value.get() {
        Some(descriptor) => Ok(descriptor),
        None => Err(wrong_object(cx, "property", value)),
    }
}

fn allocate(cx: &mut Context, class: Value, base: LayoutId) -> Result<Value, Stop> {
    let class = instance_class(cx, class, base)?;
    let descriptor = Descriptor {
        getter: Cell::new(Value::NONE),
        setter: Cell::new(Value::NONE),
        deleter: Cell::new(Value::NONE),
        doc: Cell::new(Value::NONE),
        name: Cell::new(Value::NONE),
        accessor: Cell::new(None),
    };
    let object = cx.heap.allocate_attributed(class.root_layout.get(), descriptor, class.capacity.get());
    Ok(crate::object::arguments::finished(cx, class, object.value()))
}

// ----- property

fn new_property(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    allocate(cx, args.get(0), LayoutId::PROPERTY)
}

/// The docstring of a function, where no script need be asked.
fn doc_of(cx: &mut Context, function: Value) -> Value {
    if let Some(function) = function.get::<Function>() {
        return function.doc.get();
    }
    if let Some(native) = function.get::<Native>() {
        return cx.str(native.declaration.doc);
    }
    if let Some(method) = function.get::<Method>() {
        return doc_of(cx, method.function);
    }
    function.header().and_then(|header| header.own_attribute(cx, cx.names.__doc__)).unwrap_or(Value::NONE)
}

fn init_property(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let property = of(cx, args.get(0))?;
    let doc = if args.get(4).is_none() { doc_of(cx, args.get(1)) } else { args.get(4) };
    property.getter.set(args.get(1));
    property.setter.set(args.get(2));
    property.deleter.set(args.get(3));
    keep_doc(cx, property, doc);
    Ok(Value::NONE)
}

/// Of a subclass the docstring is an attribute of the object, since the class has one of its own.
fn keep_doc(cx: &mut Context, property: Ref<Descriptor>, doc: Value) {
    property.doc.set(doc);
    let header = property.header();
    if header.layout() != LayoutId::PROPERTY && cx.class(header.layout()).has(Class::HAS_DICTIONARY) {
        header.set_own_attribute(cx, cx.names.__doc__, doc);
    }
}

fn set_name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args.get(0))?.name.set(args.get(2));
    Ok(Value::NONE)
}

/// The property with some functions exchanged, made by the class of the old one.
fn copy(cx: &mut Context, property: Value, get: Value, set: Value, delete: Value) -> Result<Value, Stop> {
    let old = of(cx, property)?;
    let or = |new: Value, old: Value| if new.is_unbound() || new.is_none() { old } else { new };
    let own_doc = doc_of(cx, old.getter.get());
    let is_getters = old.doc.get() == own_doc;
    let doc = if is_getters && !get.is_unbound() { Value::NONE } else { old.doc.get() };
    let functions = [or(get, old.getter.get()), or(set, old.setter.get()), or(delete, old.deleter.get()), doc];
    if old.header().layout() != LayoutId::PROPERTY {
        let class = cx.class_of(property).value();
        return Err(cx.call(class, &functions));
    }
    let new = Descriptor::allocate(cx, LayoutId::PROPERTY, functions[0], old.name.get());
    new.setter.set(functions[1]);
    new.deleter.set(functions[2]);
    let doc = if doc.is_none() { doc_of(cx, functions[0]) } else { doc };
    new.doc.set(doc);
    Ok(new.value())
}

fn getter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    copy(cx, args.get(0), args.get(1), Value::UNBOUND, Value::UNBOUND)
}

fn setter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    copy(cx, args.get(0), Value::UNBOUND, args.get(1), Value::UNBOUND)
}

fn deleter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    copy(cx, args.get(0), Value::UNBOUND, Value::UNBOUND, args.get(1))
}

fn fget(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.getter.get())
}

fn fset(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.setter.get())
}

fn fdel(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.deleter.get())
}

fn property_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let property = of(cx, value)?;
    if !property.name.get().is_none() {
        return Ok(property.name.get());
    }
    if property.getter.get().is_none() {
        return Err(cx.attribute_error(value, cx.names.__name__));
    }
    Err(attribute_of(cx, property.getter.get(), cx.names.__name__, Value::UNBOUND))
}

fn set_property_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    of(cx, value)?.name.set(if name.is_unbound() { Value::NONE } else { name });
    Ok(())
}

fn property_doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.doc.get())
}

fn set_property_doc(cx: &mut Context, value: Value, doc: Value) -> Result<(), Stop> {
    of(cx, value)?.doc.set(if doc.is_unbound() { Value::NONE } else { doc });
    Ok(())
}

// ----- abstract ones

/// Says a function, or what wraps one, that it is abstract?
fn is_abstract(cx: &mut Context, function: Value) -> bool {
    let name = cx.intern("__isabstractmethod__");
    if let Some(mark) = function.header().and_then(|header: &Header| header.own_attribute(cx, name)) {
        return truth::truth(cx, mark).unwrap_or(true);
    }
    if let Some(wrapper) = function.get::<Descriptor>() {
        return [&wrapper.getter, &wrapper.setter, &wrapper.deleter]
            .iter()
            .any(|part| !part.get().is::<Class>() && is_abstract(cx, part.get()));
    }
    match cx.special(function, name) {
        Some(mark) if mark.is_bool() => mark == Value::TRUE,
        _ => false,
    }
}

fn property_is_abstract(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let property = of(cx, value)?;
    let parts = [property.getter.get(), property.setter.get(), property.deleter.get()];
    Ok(Value::bool(parts.into_iter().any(|part| is_abstract(cx, part))))
}

fn method_is_abstract(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let function = of(cx, value)?.getter.get();
    if is_abstract(cx, function) {
        return Ok(Value::TRUE);
    }
    if function.is::<Function>() || function.is::<Native>() || function.is_none() {
        return Ok(Value::FALSE);
    }
    let name = cx.intern("__isabstractmethod__");
    Err(attribute_of(cx, function, name, Value::FALSE))
}

// ----- staticmethod and classmethod

fn new_static_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    allocate(cx, args.get(0), LayoutId::STATICMETHOD)
}

fn new_class_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    allocate(cx, args.get(0), LayoutId::CLASSMETHOD)
}

fn init_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args.get(0))?.getter.set(args.get(1));
    Ok(Value::NONE)
}

/// An attribute that is the function's until it is set.
fn wrapped(cx: &mut Context, value: Value, name: Value) -> Result<Value, Stop> {
    let wrapper = of(cx, value)?;
    match wrapper.header().own_attribute(cx, name) {
        Some(own) => Ok(own),
        None => Err(attribute_of(cx, wrapper.getter.get(), name, Value::UNBOUND)),
    }
}

fn set_wrapped(cx: &mut Context, value: Value, name: Value, content: Value) -> Result<(), Stop> {
    let wrapper = of(cx, value)?;
    let is_done = match content.is_unbound() {
        true => wrapper.header().delete_own_attribute(cx, name),
        false => wrapper.header().set_own_attribute(cx, name, content),
    };
    if is_done { Ok(()) } else { Err(cx.attribute_error(value, name)) }
}

macro_rules! wrapped_attributes {
    ($($name:ident $get:ident $set:ident;)*) => {$(
        fn $get(cx: &mut Context, value: Value) -> Result<Value, Stop> {
            wrapped(cx, value, cx.names.$name)
        }

        fn $set(cx: &mut Context, value: Value, content: Value) -> Result<(), Stop> {
            set_wrapped(cx, value, cx.names.$name, content)
        }
    )*};
}

wrapped_attributes! {
    __name__ wrapped_name set_wrapped_name;
    __qualname__ wrapped_qualname set_wrapped_qualname;
    __module__ wrapped_module set_wrapped_module;
    __doc__ wrapped_doc set_wrapped_doc;
    __annotations__ wrapped_annotations set_wrapped_annotations;
    __annotate__ wrapped_annotate set_wrapped_annotate;
}

// ----- super

fn new_super(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::SUPER)?;
    let body = Super { start: Cell::new(Value::NONE), object: Cell::new(Value::NONE), class: Cell::new(Value::NONE) };
    let object = match crate::object::arguments::capacity(class) {
        Some(capacity) => cx.heap.allocate_attributed(class.root_layout.get(), body, capacity),
        None => cx.heap.allocate(class.root_layout.get(), body),
    };
    Ok(object.value())
}

fn parts(cx: &mut Context, value: Value) -> Result<Ref<Super>, Stop> {
    match value.get() {
        Some(parts) => Ok(parts),
        None => Err(wrong_object(cx, "super", value)),
    }
}

fn get_super(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let parts = parts(cx, args.get(0))?;
    let instance = args.get(1);
    if instance.is_none() || !parts.object.get().is_none() {
        return itself(cx, args);
    }
    let class = cx.class_of(args.get(0)).value();
    Err(cx.call(class, &[parts.start.get(), instance]))
}

fn start(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(parts(cx, value)?.start.get())
}

fn receiver(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(parts(cx, value)?.object.get())
}

fn receiver_class(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(parts(cx, value)?.class.get())
}
