//! `type`: classes as objects.

use crate::builtins::alias::union;
use crate::builtins::arguments::rest;
use crate::builtins::object::collect_names;
use crate::object::alias::GenericAlias;
use crate::object::arguments::is_callable;
use crate::object::class::{Class, method_resolution_order, refresh_flags};
use crate::object::context::Context;
use crate::object::dict::MappingProxy;
use crate::object::function::{Attribute, Descriptor};
use crate::object::heap::Ref;
use crate::object::instance::laid_out_alike;
use crate::object::kind::{KINDS, Kind};
use crate::object::layout::{BUILTIN_CLASSES, LayoutId};
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Call, Control, Declaration, Native, Stop, control, plain};
use crate::object::repr::class_label;
use crate::object::string::{Str, text_of};
use crate::object::truth;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    control(
        "__new__(metacls, name=<unset>, bases=<unset>, dict=<unset>, /, **kwds)",
        Control::TypeNew,
        "Create and return a new class.",
    ),
    control("__call__(self, /, *args, **kwargs)", Control::TypeCall, "Call self as a function."),
    plain("__init__(self, /, *args, **kwargs)", init, "Initialize self."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("mro(self, /)", mro, "Return the method resolution order of the class."),
    plain("__subclasses__(self, /)", subclasses, "Return a list of the immediate subclasses."),
    plain("__instancecheck__(self, instance, /)", instancecheck, "Return whether an object is an instance."),
    plain("__subclasscheck__(self, subclass, /)", subclasscheck, "Return whether a class is a subclass."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", ror, "Return value|self."),
    plain("__dir__(self, /)", dir, "Return the names of the attributes."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the class in bytes."),
    control("__getattribute__(self, name, /)", Control::TypeGetAttribute, "Return getattr(self, name)."),
    control("__setattr__(self, name, value, /)", Control::ObjectSetAttribute, "Implement setattr(self, name, value)."),
    control("__delattr__(self, name, /)", Control::ObjectDeleteAttribute, "Implement delattr(self, name)."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__prepare__(cls, /, *args, **kwds)", prepare, "Return the namespace of a class statement.")];

const fn attribute(
    name: &'static str,
    get: fn(&mut Context, Value) -> Result<Value, Stop>,
    set: Option<fn(&mut Context, Value, Value) -> Result<(), Stop>>,
    doc: &'static str,
) -> Attribute {
    Attribute { name, get, set, doc }
}

const ATTRIBUTES: &[Attribute] = &[
    attribute("__name__", name, Some(set_name), "The name of the class."),
    attribute("__qualname__", qualified_name, Some(set_qualified_name), "The dotted name of the class."),
    attribute("__module__", module, Some(set_module), "The name of the module that defines the class."),
    attribute("__bases__", bases, Some(set_bases), "The bases of the class."),
    attribute("__base__", base, None, "The base that instances extend."),
    attribute("__mro__", order, None, "The method resolution order."),
    attribute("__dict__", dictionary, None, "What the class binds itself."),
    attribute("__doc__", doc, Some(set_doc), "The docstring."),
    attribute("__annotations__", annotations, Some(set_annotations), "The annotations of the class body."),
    attribute("__annotate__", annotate, Some(set_annotate), "What computes the annotations."),
    attribute("__type_params__", type_parameters, Some(set_type_parameters), "The type parameters."),
    attribute("__abstractmethods__", abstract_methods, Some(set_abstract_methods), "Names of abstract methods."),
    attribute("__flags__", flags, None, "Properties of the class, as bits."),
    attribute("__basicsize__", basic_size, None, "The size of an instance without its items."),
    attribute("__itemsize__", item_size, None, "The size of an item of an instance."),
    attribute("__dictoffset__", dictionary_offset, None, "Where an instance has its attributes."),
    attribute("__weakrefoffset__", weak_offset, None, "Where an instance has its weak references."),
    attribute("__text_signature__", text_signature, None, "The parameters of the constructor."),
];

/// The native whose script half computes annotations: of classes, functions and modules.
const COMPUTE: Declaration =
    plain("computed_annotations(owner, annotate, keep, /)", compute, "Compute annotations and keep them.");
/// What the half keeps them by.
const KEEP: Declaration = plain("keep_annotations(owner, annotations, /)", keep, "Keep computed annotations.");

const COMPUTE_KEY: &str = "type.computed_annotations";
const KEEP_KEY: &str = "type.keep_annotations";

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::TYPE);
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };
    module::install(cx, class, &tables);
    static DECLARATIONS: [Declaration; 2] = [COMPUTE, KEEP];
    for (key, declaration) in [COMPUTE_KEY, KEEP_KEY].into_iter().zip(&DECLARATIONS) {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(key, native.value());
    }
    for layout in [LayoutId::LIST, LayoutId::TUPLE, LayoutId::RANGE, LayoutId::MEMORYVIEW] {
        cx.class(layout).set(Class::SEQUENCE);
    }
    for layout in [LayoutId::DICT, LayoutId::MAPPING_PROXY] {
        cx.class(layout).set(Class::MAPPING);
    }
    let final_classes = [
        LayoutId::BOOL,
        LayoutId::NONE_TYPE,
        LayoutId::ELLIPSIS_TYPE,
        LayoutId::NOT_IMPLEMENTED_TYPE,
        LayoutId::RANGE,
        LayoutId::SLICE,
        LayoutId::MEMORYVIEW,
    ];
    for layout in final_classes {
        cx.class(layout).set(Class::FINAL);
    }
}

/// The class an accessor or method is used on; the binder and the descriptors have seen to it that it is one.
fn of(cx: &mut Context, value: Value) -> Result<Ref<Class>, Stop> {
    match value.get::<Class>() {
        Some(class) => Ok(class),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("descriptor for 'type' objects doesn't apply to a '{found}' object")))
        }
    }
}

// ----- methods

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match rest(args.get(1)).len() {
        1 | 3 => Ok(Value::NONE),
        _ => Err(cx.type_error("type.__init__() takes 1 or 3 arguments")),
    }
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = of(cx, args.get(0))?;
    let label = class_label(cx, class);
    Ok(cx.str(&format!("<class '{label}'>")))
}

fn class_bases(class: Ref<Class>) -> Vec<Ref<Class>> {
    rest(class.bases.get()).into_iter().filter_map(|base| base.get()).collect()
}

fn mro(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = of(cx, args.get(0))?;
    match method_resolution_order(class, &class_bases(class)) {
        Ok(order) => Ok(cx.list(order.into_iter().map(|class| class.value()).collect())),
        Err(message) => Err(cx.type_error(message)),
    }
}

fn subclasses(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = of(cx, args.get(0))?;
    let subclasses = class.subclasses.borrow().iter().map(|class| class.value()).collect();
    Ok(cx.list(subclasses))
}

fn instancecheck(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = of(cx, args.get(0))?;
    let own = cx.class_of(args.get(1));
    if own.is_subclass(class) {
        return Ok(Value::TRUE);
    }
    let object = cx.class(LayoutId::OBJECT);
    let says = own.lookup_after(cx.names.__class__, None).is_some_and(|(owner, _)| owner != object);
    if says || own.has(Class::HAS_GETATTRIBUTE) || args.get(1).is::<crate::object::weak::WeakReference>() {
        return Err(Stop::Half);
    }
    Ok(Value::FALSE)
}

fn subclasscheck(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = of(cx, args.get(0))?;
    match args.get(1).get::<Class>() {
        Some(subclass) => Ok(Value::bool(subclass.is_subclass(class))),
        None => Err(cx.type_error("issubclass() arg 1 must be a class")),
    }
}

/// Can a value be a member of a union by `|`?
pub fn is_unionable(value: Value) -> bool {
    value.is_none() || value.is::<Class>() || value.is::<GenericAlias>()
}

fn or(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    union(cx, args.get(0), args.get(1))
}

fn ror(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    union(cx, args.get(1), args.get(0))
}

fn dir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = of(cx, args.get(0))?;
    let names = cx.new_dict();
    collect_names(cx, class, names);
    let names = names.keys();
    Ok(cx.list(names))
}

fn sizeof(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(KINDS[Kind::Class as usize].size as i64))
}

fn prepare(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.new_dict().value())
}

// ----- attributes

/// Refuses to change an attribute of a class that no script made, or to delete one that cannot be missing.
fn check_mutable(cx: &mut Context, class: Ref<Class>, attribute: &str, value: Value) -> Result<(), Stop> {
    let name = class.name_text();
    if class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE) {
        let label = class_label(cx, class);
        return Err(cx.type_error(format!("cannot set '{attribute}' attribute of immutable type '{label}'")));
    }
    if value.is_unbound() {
        return Err(cx.type_error(format!("cannot delete '{attribute}' attribute of immutable type '{name}'")));
    }
    Ok(())
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.name.get())
}

fn check_text(cx: &mut Context, class: Ref<Class>, attribute: &str, value: Value) -> Result<(), Stop> {
    if value.is::<Str>() {
        return Ok(());
    }
    let (name, found) = (class.name_text(), cx.type_name(value));
    Err(cx.type_error(format!("can only assign string to {name}.{attribute}, not '{found}'")))
}

fn set_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    check_mutable(cx, class, "__name__", name)?;
    check_text(cx, class, "__name__", name)?;
    if text_of(name).contains('\0') {
        return Err(cx.value_error("type name must not contain null characters"));
    }
    class.name.set(name);
    Ok(())
}

fn qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.qualified_name.get())
}

fn set_qualified_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    check_mutable(cx, class, "__qualname__", name)?;
    check_text(cx, class, "__qualname__", name)?;
    class.qualified_name.set(name);
    Ok(())
}

/// What the class itself binds, else AttributeError with only the name.
fn bound(cx: &mut Context, class: Ref<Class>, name: Value) -> Result<Value, Stop> {
    match class.dict.get_interned(name) {
        Some(value) => Ok(value),
        None => {
            let text = text_of(name);
            Err(cx.attribute_error_with(class.value(), name, &text))
        }
    }
}

/// Binds a name of a class that no cache keeps.
fn bind(cx: &mut Context, class: Ref<Class>, name: Value, value: Value) {
    class.dict.set_interned(name, value);
    cx.forget_lookups(name);
}

fn module(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    match class.dict.get_interned(cx.names.__module__) {
        // Some built-in classes have an accessor there, for their instances.
        Some(module) if !module.is::<Descriptor>() || !class.has(Class::BUILTIN) => Ok(module),
        _ => Ok(cx.names.builtins),
    }
}

fn set_module(cx: &mut Context, value: Value, module: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    check_mutable(cx, class, "__module__", module)?;
    bind(cx, class, cx.names.__module__, module);
    Ok(())
}

fn base(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.base.get())
}

fn order(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let order: Vec<Value> = of(cx, value)?.mro.borrow().iter().map(|class| class.value()).collect();
    Ok(cx.tuple(&order))
}

fn dictionary(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let dict = of(cx, value)?.dict.value();
    Ok(MappingProxy::allocate(cx, dict))
}

fn doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    let Some(doc) = class.dict.get_interned(cx.names.__doc__) else { return Ok(Value::NONE) };
    if let Some(descriptor) = doc.get::<Descriptor>() {
        return match descriptor.header().layout() {
            LayoutId::STATICMETHOD => Ok(descriptor.getter.get()),
            LayoutId::GETSET_DESCRIPTOR | LayoutId::MEMBER_DESCRIPTOR => Ok(Value::NONE),
            _ => Ok(doc),
        };
    }
    match cx.special(doc, cx.names.__get__) {
        Some(get) if !doc.is::<Str>() => Err(cx.call(get, &[doc, Value::NONE, value])),
        _ => Ok(doc),
    }
}

fn set_doc(cx: &mut Context, value: Value, doc: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    check_mutable(cx, class, "__doc__", doc)?;
    bind(cx, class, cx.names.__doc__, doc);
    Ok(())
}

fn type_parameters(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    let found = class.dict.get_interned(cx.names.__type_params__);
    // That of `type` itself is this descriptor.
    Ok(found.filter(|found| !found.is::<Descriptor>()).unwrap_or(cx.empty_tuple))
}

fn set_type_parameters(cx: &mut Context, value: Value, parameters: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    check_mutable(cx, class, "__type_params__", parameters)?;
    bind(cx, class, cx.names.__type_params__, parameters);
    Ok(())
}

fn abstract_methods(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    match class == cx.class(LayoutId::TYPE) {
        true => Err(cx.attribute_error(value, cx.names.__abstractmethods__)),
        false => bound(cx, class, cx.names.__abstractmethods__),
    }
}

fn set_abstract_methods(cx: &mut Context, value: Value, methods: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    if methods.is_unbound() {
        let name = cx.names.__abstractmethods__;
        bound(cx, class, name)?;
        class.dict.remove_interned(name);
        class.clear(Class::ABSTRACT);
        return Ok(());
    }
    match truth::truth(cx, methods) {
        Some(false) => class.clear(Class::ABSTRACT),
        _ => class.set(Class::ABSTRACT),
    }
    bind(cx, class, cx.names.__abstractmethods__, methods);
    Ok(())
}

fn text_signature(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

// ----- annotations

/// What is annotated computes its annotations: a function called with the format, whose result is kept.
pub fn computed(cx: &mut Context, owner: Value, annotate: Value) -> Stop {
    let (callee, keep) = (cx.module_state[COMPUTE_KEY], cx.module_state[KEEP_KEY]);
    Stop::Call(Box::new(Call { callee, args: vec![owner, annotate, keep], keywords: Vec::new() }))
}

fn compute(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn keep(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (owner, annotations) = (args.get(0), args.get(1));
    if let Some(class) = owner.get::<Class>() {
        bind(cx, class, cx.names.__annotations_cache__, annotations);
    } else if let Some(function) = owner.get::<crate::object::function::Function>() {
        function.annotations.set(annotations);
    } else if let Some(module) = owner.get::<module::Module>() {
        module.dict().set_interned(cx.names.__annotations__, annotations);
    }
    Ok(Value::NONE)
}

/// Classes made by Rust code have no annotations at all.
fn check_annotated(cx: &mut Context, class: Ref<Class>, name: Value) -> Result<(), Stop> {
    match class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE) {
        true => Err(cx.attribute_error(class.value(), name)),
        false => Ok(()),
    }
}

/// The function of the class body that computes the annotations, or None.
fn annotate_function(cx: &Context, class: Ref<Class>) -> Value {
    let names = [cx.names.__annotate_func__, cx.names.__annotate__];
    names.into_iter().find_map(|name| class.dict.get_interned(name)).unwrap_or(Value::NONE)
}

fn annotations(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    check_annotated(cx, class, cx.names.__annotations__)?;
    for name in [cx.names.__annotations__, cx.names.__annotations_cache__] {
        if let Some(annotations) = class.dict.get_interned(name) {
            return Ok(annotations);
        }
    }
    let annotate = annotate_function(cx, class);
    if !annotate.is_none() {
        return Err(computed(cx, value, annotate));
    }
    let annotations = cx.new_dict().value();
    bind(cx, class, cx.names.__annotations_cache__, annotations);
    Ok(annotations)
}

fn set_annotations(cx: &mut Context, value: Value, annotations: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    let names = cx.names;
    if class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE) {
        return check_mutable(cx, class, "__annotations__", annotations);
    }
    let is_written = class.dict.get_interned(names.__annotations__).is_some();
    let place = if is_written { names.__annotations__ } else { names.__annotations_cache__ };
    if annotations.is_unbound() {
        if class.dict.remove_interned(place).is_none() {
            return Err(cx.attribute_error_with(value, names.__annotations__, "__annotations__"));
        }
    } else {
        class.dict.set_interned(place, annotations);
    }
    if is_written {
        class.dict.remove_interned(names.__annotations_cache__);
    }
    class.dict.remove_interned(names.__annotate__);
    class.dict.remove_interned(names.__annotate_func__);
    cx.classes_changed();
    Ok(())
}

fn annotate(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    check_annotated(cx, class, cx.names.__annotate__)?;
    Ok(annotate_function(cx, class))
}

fn set_annotate(cx: &mut Context, value: Value, annotate: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    if annotate.is_unbound() {
        return Err(cx.type_error("cannot delete __annotate__ attribute"));
    }
    check_mutable(cx, class, "__annotate__", annotate)?;
    if !annotate.is_none() && !is_callable(cx, annotate) {
        return Err(cx.type_error("__annotate__ must be callable or None"));
    }
    class.dict.remove_interned(cx.names.__annotate__);
    bind(cx, class, cx.names.__annotate_func__, annotate);
    if !annotate.is_none() {
        class.dict.remove_interned(cx.names.__annotations_cache__);
    }
    cx.classes_changed();
    Ok(())
}

// ----- bases

fn bases(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.bases.get())
}

fn set_bases(cx: &mut Context, value: Value, bases: Value) -> Result<(), Stop> {
    let class = of(cx, value)?;
    check_mutable(cx, class, "__bases__", bases)?;
    let name = class.name_text();
    if !bases.is::<Tuple>() {
        let found = cx.type_name(bases);
        return Err(cx.type_error(format!("can only assign tuple to {name}.__bases__, not {found}")));
    }
    let mut classes = Vec::new();
    for base in rest(bases) {
        let Some(base) = base.get::<Class>() else {
            let found = cx.type_name(base);
            return Err(cx.type_error(format!("{name}.__bases__ must be tuple of classes, not '{found}'")));
        };
        if base.is_subclass(class) {
            return Err(cx.type_error("a __bases__ item causes an inheritance cycle"));
        }
        classes.push(base);
    }
    let Some(&first) = classes.first() else {
        return Err(cx.type_error(format!("can only assign non-empty tuple to {name}.__bases__, not ()")));
    };
    let old: Ref<Class> = class.base.get().get().unwrap_or(first);
    let new = classes.iter().copied().find(|base| base.instance_kind == class.instance_kind).unwrap_or(first);
    let object = cx.class(LayoutId::OBJECT);
    let is_like_old = old.has(Class::BUILTIN) == new.has(Class::BUILTIN) && (old == object) == (new == object);
    if old != new && !(is_like_old && laid_out_alike(cx, old, new)) {
        let what = if is_like_old { "object layout" } else { "deallocator" };
        let (new, old) = (new.name_text(), old.name_text());
        return Err(cx.type_error(format!("__bases__ assignment: '{new}' {what} differs from '{old}'")));
    }
    let before = (class.bases.get(), class_bases(class));
    class.bases.set(bases);
    if let Err(message) = renew_orders(class) {
        class.bases.set(before.0);
        // The old bases agreed on an order before.
        let _ = renew_orders(class);
        return Err(cx.type_error(message));
    }
    class.base.set(new.value());
    for base in before.1 {
        base.subclasses.borrow_mut().retain(|&subclass| subclass != class);
    }
    for base in classes {
        base.subclasses.borrow_mut().push(class);
    }
    cx.classes_changed();
    refresh_flags(cx, class);
    Ok(())
}

/// Computes the order of a class anew, and those of all classes below it.
fn renew_orders(class: Ref<Class>) -> Result<(), String> {
    let order = method_resolution_order(class, &class_bases(class))?;
    *class.mro.borrow_mut() = order;
    let subclasses = class.subclasses.borrow().clone();
    subclasses.into_iter().try_for_each(renew_orders)
}

// ----- numbers

fn flags(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    const KINDS: [(LayoutId, u32); 8] = [
        (LayoutId::INT, 24),
        (LayoutId::LIST, 25),
        (LayoutId::TUPLE, 26),
        (LayoutId::BYTES, 27),
        (LayoutId::STR, 28),
        (LayoutId::DICT, 29),
        (LayoutId::BASE_EXCEPTION, 30),
        (LayoutId::TYPE, 31),
    ];
    let class = of(cx, value)?;
    // Ready, a default, and collected.
    let mut bits: i64 = 1 << 12 | 1 << 18 | 1 << 14;
    let is_fixed = class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE);
    bits |= if is_fixed { 1 << 8 } else { 1 << 9 };
    for (flag, bit) in [(Class::SEQUENCE, 5), (Class::MAPPING, 6), (Class::NOT_CALLABLE, 7), (Class::ABSTRACT, 20)] {
        bits |= (class.has(flag) as i64) << bit;
    }
    bits |= (!class.has(Class::FINAL) as i64) << 10;
    for (layout, bit) in KINDS {
        bits |= (class.is_subclass(cx.class(layout)) as i64) << bit;
    }
    Ok(Value::small(bits))
}

fn basic_size(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    let own = class.slot_count.get() as i64 * 8 + class.has(Class::HAS_DICTIONARY) as i64 * 8;
    Ok(Value::small(KINDS[class.instance_kind as usize].size as i64 + own))
}

fn item_size(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    Ok(Value::small(match class.instance_kind {
        Kind::Tuple => 8,
        Kind::Int => 4,
        Kind::Bytes => 1,
        _ => 0,
    }))
}

fn dictionary_offset(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    let offset = if class.has(Class::HAS_DICTIONARY) { KINDS[class.instance_kind as usize].size as i64 } else { 0 };
    Ok(Value::small(offset))
}

fn weak_offset(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let class = of(cx, value)?;
    Ok(Value::small(if class.has(Class::WEAKLY) { KINDS[class.instance_kind as usize].size as i64 } else { 0 }))
}

/// The built-in class with a dotted or plain name of the table of built-in classes.
pub fn builtin_class(cx: &Context, name: &str) -> Option<Ref<Class>> {
    let index = BUILTIN_CLASSES.iter().position(|&(own, _, _)| own == name)?;
    Some(cx.class(LayoutId(index as u32)))
}
