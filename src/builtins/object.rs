//! `object`: what every object can do.

use crate::builtins::arguments::{repr_of, rest};
use crate::builtins::format::format_object;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality;
use crate::object::function::{Attribute, Descriptor, Method};
use crate::object::heap::{Header, Ref};
use crate::object::instance::{self, change_class, laid_out_alike};
use crate::object::items::plain_items;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module};
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::repr::default_text;
use crate::object::string::{Str, text_of};
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Create and return a new object."),
    plain("__init__(self, /, *args, **kwargs)", init, "Initialize self."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__str__(self, /)", str, "Return str(self)."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__lt__(self, value, /)", unordered, "Return self<value."),
    plain("__le__(self, value, /)", unordered, "Return self<=value."),
    plain("__gt__(self, value, /)", unordered, "Return self>value."),
    plain("__ge__(self, value, /)", unordered, "Return self>=value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__format__(self, format_spec, /)", format, "Return str(self); no format is supported."),
    control("__getattribute__(self, name, /)", Control::ObjectGetAttribute, "Return getattr(self, name)."),
    control("__setattr__(self, name, value, /)", Control::ObjectSetAttribute, "Implement setattr(self, name, value)."),
    control("__delattr__(self, name, /)", Control::ObjectDeleteAttribute, "Implement delattr(self, name)."),
    plain("__dir__(self, /)", dir, "Return the names of the attributes."),
    plain("__reduce__(self, /)", half, "Return what is needed to make the object anew."),
    plain("__reduce_ex__(self, protocol, /)", half, "Return what is needed to make the object anew."),
    plain("__getstate__(self, /)", getstate, "Return the attributes of the object, None if there are none."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the object in bytes."),
];

const CLASS_METHODS: &[Declaration] = &[
    plain("__init_subclass__(cls, /, **kwargs)", init_subclass, "Called when a class is subclassed."),
    plain("__subclasshook__(cls, object, /)", subclasshook, "Asked by abstract classes whether a class is a subclass."),
];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "__class__", get: class, set: Some(set_class), doc: "The class of the object." }];

/// Puts the methods into the class, and the accessors of `__dict__` into those whose instances have one.
pub fn install(cx: &mut Context) {
    let object = cx.class(LayoutId::OBJECT);
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };
    module::install(cx, object, &tables);
    let doc = cx.str("The base class of the class hierarchy.");
    object.dict.set_interned(cx.names.__doc__, doc);
    let method = |name: Value| object.dict.get_interned(name).expect("the class has just got it");
    cx.originals.object_new = method(cx.names.__new__);
    cx.originals.object_init = method(cx.names.__init__);
    cx.module_state.insert("object.__getattribute__", method(cx.names.__getattribute__));
    for layout in [LayoutId::STATICMETHOD, LayoutId::CLASSMETHOD] {
        cx.class(layout).set(Class::HAS_DICTIONARY);
    }
    for layout in [LayoutId::BASE_EXCEPTION, LayoutId::FUNCTION, LayoutId::STATICMETHOD, LayoutId::CLASSMETHOD] {
        let class = cx.class(layout);
        let weakly = class.has(Class::WEAKLY);
        class.clear(Class::WEAKLY);
        instance::add_accessors(cx, class);
        if weakly {
            class.set(Class::WEAKLY);
        }
    }
}

/// The answer of a native whose script half does all its work.
fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

// ----- making

/// Refuses to make an instance of a class that still has abstract methods.
pub fn check_abstract(cx: &mut Context, class: Ref<Class>) -> Result<(), Stop> {
    if !class.has(Class::ABSTRACT) {
        return Ok(());
    }
    let methods = class.dict.get_interned(cx.names.__abstractmethods__).unwrap_or(Value::NONE);
    let methods = plain_items(cx, methods).unwrap_or(Ok(Vec::new()))?;
    let mut names: Vec<String> = methods.into_iter().map(|name| format!("'{}'", text_of(name))).collect();
    names.sort();
    let plural = if names.len() == 1 { "" } else { "s" };
    let message = format!(
        "Can't instantiate abstract class {} without an implementation for abstract method{plural} {}",
        class.name_text(),
        names.join(", ")
    );
    Err(cx.type_error(message))
}

fn is_given(args: Value, keywords: Value) -> bool {
    !rest(args).is_empty() || keywords.get::<Dict>().is_some_and(|keywords| !keywords.is_empty())
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(class) = args.get(0).get::<Class>() else {
        let found = cx.type_name(args.get(0));
        return Err(cx.type_error(format!("object.__new__(X): X is not a type object ({found})")));
    };
    if is_given(args.get(1), args.get(2)) {
        if cx.lookup(class, cx.names.__new__) != Some(cx.originals.object_new) {
            return Err(cx.type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
        }
        if cx.lookup(class, cx.names.__init__) == Some(cx.originals.object_init) {
            return Err(cx.type_error(format!("{}() takes no arguments", class.name_text())));
        }
    }
    let object = cx.class(LayoutId::OBJECT);
    let order = class.mro.borrow().clone();
    let makes = |class: &&Ref<Class>| class.has(Class::BUILTIN) && class.dict.get_interned(cx.names.__new__).is_some();
    let maker = order.iter().find(makes).copied().unwrap_or(object);
    if maker != object || class.instance_kind != Kind::Instance {
        let (name, maker) = (class.name_text(), maker.name_text());
        return Err(cx.type_error(format!("object.__new__({name}) is not safe, use {maker}.__new__()")));
    }
    check_abstract(cx, class)?;
    Ok(cx.new_instance(class))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if is_given(args.get(1), args.get(2)) {
        let class = cx.class_of(args.get(0));
        if cx.lookup(class, cx.names.__init__) != Some(cx.originals.object_init) {
            let message = "object.__init__() takes exactly one argument (the instance to initialize)";
            return Err(cx.type_error(message));
        }
        if cx.lookup(class, cx.names.__new__) == Some(cx.originals.object_new) {
            let name = class.name_text();
            let message = format!("{name}.__init__() takes exactly one argument (the instance to initialize)");
            return Err(cx.type_error(message));
        }
    }
    Ok(Value::NONE)
}

fn init_subclass(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if is_given(cx.empty_tuple, args.get(1)) {
        let name = args.get(0).get::<Class>().map_or_else(String::new, Ref::<Class>::name_text);
        return Err(cx.type_error(format!("{name}.__init_subclass__() takes no keyword arguments")));
    }
    Ok(Value::NONE)
}

fn subclasshook(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.not_implemented)
}

// ----- showing and comparing

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = default_text(cx, args.get(0));
    Ok(cx.str(&text))
}

fn str(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    repr_of(cx, args.get(0))
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(0) == args.get(1) { Ok(Value::TRUE) } else { Ok(cx.not_implemented) }
}

/// Whatever `__eq__` of the class says, turned round.
fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let own = cx.special(args.get(0), cx.names.__eq__);
    let plain = cx.class(LayoutId::OBJECT).dict.get_interned(cx.names.__eq__);
    if own != plain {
        return Err(Stop::Half);
    }
    if args.get(0) == args.get(1) { Ok(Value::FALSE) } else { Ok(cx.not_implemented) }
}

fn unordered(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.not_implemented)
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hash = equality::address_hash(args.get(0));
    Ok(cx.int(hash))
}

fn format(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    format_object(cx, args.get(0), args.get(1))
}

// ----- looking inside

/// The names bound by an object itself, those of `__slots__` first.
fn own_names(cx: &Context, header: &Header) -> Vec<Value> {
    let Some(dictionary) = header.dictionary() else { return Vec::new() };
    let names = &cx.layout(header.layout()).names;
    let mut names: Vec<Value> =
        names.iter().copied().filter(|&name| header.own_attribute(cx, name).is_some()).collect();
    if let Some(dict) = dictionary.get().get::<Dict>() {
        names.extend(dict.keys());
    }
    names
}

/// The names bound by the classes of an order, each once, in a dict.
pub fn collect_names(cx: &mut Context, class: Ref<Class>, names: Ref<Dict>) {
    let order = class.mro.borrow().clone();
    for class in order.iter().rev() {
        for name in class.dict.keys() {
            let name = cx.intern_value(name);
            if name.is::<Str>() {
                names.set_interned(name, Value::NONE);
            }
        }
    }
}

fn dir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let names = cx.new_dict();
    // A bound method has the attributes of its function.
    let owner = args.get(0).get::<Method>().map_or(args.get(0), |method| method.function);
    if let Some(header) = owner.header() {
        for name in own_names(cx, header) {
            let name = cx.intern_value(name);
            if name.is::<Str>() {
                names.set_interned(name, Value::NONE);
            }
        }
    }
    if !args.get(0).is::<Module>() {
        let class = cx.class_of(args.get(0));
        collect_names(cx, class, names);
    }
    let names = names.keys();
    Ok(cx.list(names))
}

fn getstate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(header) = args.get(0).header() else { return Ok(Value::NONE) };
    let class = cx.class(header.layout());
    let count = class.slot_count.get() as usize;
    let slots: Vec<Value> = cx.layout(class.root_layout.get()).names.iter().copied().take(count).collect();
    let (state, slot_state) = (cx.new_dict(), cx.new_dict());
    for name in own_names(cx, header) {
        let Some(value) = header.own_attribute(cx, name) else { continue };
        let target = if slots.contains(&name) { slot_state } else { state };
        target.set_interned(name, value);
    }
    let state = if state.is_empty() { Value::NONE } else { state.value() };
    if slot_state.is_empty() {
        return Ok(state);
    }
    Ok(cx.tuple(&[state, slot_state.value()]))
}

fn sizeof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(header) = args.get(0).header() else { return Ok(Value::small(8)) };
    let body = crate::object::kind::KINDS[header.kind() as usize].size;
    let slots = if header.has(Header::HAS_ATTRIBUTES) { 8 + header.capacity() * 8 } else { 0 };
    Ok(Value::small((body + slots) as i64))
}

// ----- __class__

fn class(cx: &mut Context, object: Value) -> Result<Value, Stop> {
    Ok(cx.class_of(object).value())
}

fn set_class(cx: &mut Context, object: Value, value: Value) -> Result<(), Stop> {
    if value.is_unbound() {
        return Err(cx.type_error("can't delete __class__ attribute"));
    }
    let Some(new) = value.get::<Class>() else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("__class__ must be set to a class, not '{found}' object")));
    };
    let old = cx.class_of(object);
    let module = cx.class(LayoutId::MODULE);
    let is_fixed = |class: Ref<Class>| class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE);
    let modules = old.is_subclass(module) && new.is_subclass(module);
    if !modules && (is_fixed(old) || is_fixed(new)) {
        let message = "__class__ assignment only supported for mutable types or ModuleType subclasses";
        return Err(cx.type_error(message));
    }
    let Some(header) = object.header().filter(|_| modules || laid_out_alike(cx, old, new)) else {
        let (new, old) = (new.name_text(), old.name_text());
        return Err(cx.type_error(format!("__class__ assignment: '{new}' object layout differs from '{old}'")));
    };
    change_class(cx, header, new);
    Ok(())
}

/// Is a class binding the native that `object` has under that name?
pub fn is_object_native(cx: &Context, name: Value, binding: Value) -> bool {
    let binding = binding.get::<Descriptor>().map_or(binding, |descriptor| descriptor.getter.get());
    binding.is::<Native>() && cx.class(LayoutId::OBJECT).dict.get_interned(name) == Some(binding)
}
