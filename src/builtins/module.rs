//! Modules, and read-only looks at mappings.

use crate::builtins::r#type::computed;
use crate::object::alias::GenericAlias;
use crate::object::arguments::{finished, has_special, instance_class, is_callable, text};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{Dict, DictView, MappingProxy, part_iterator};
use crate::object::equality;
use crate::object::forward::{method_call, show, wrong_object};
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::items;
use crate::object::iterator::Part;
use crate::object::key::key_plain;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module};
use crate::object::native::{Args, Check, Declaration, KeyAction, Stop, plain};
use crate::object::repr;
use crate::object::value::Value;

const MODULE: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_module, "Create a module object."),
    plain("__init__(self, name, doc=None)", init_module, "Name the module."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__dir__(self, /)", dir, "Return the names the module binds."),
];

const MODULE_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__dict__", get: names, set: None, doc: "The names the module binds." },
    Attribute { name: "__annotations__", get: annotations, set: Some(set_annotations), doc: "The annotations." },
    Attribute { name: "__annotate__", get: annotate, set: Some(set_annotate), doc: "Computes the annotations." },
];

const PROXY: &[Declaration] = &[
    plain("__new__(cls, mapping)", new_proxy, "A read-only look at a mapping."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__str__(self, /)", str, "Return str(self)."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__contains__(self, key, /)", contains, "Return bool(key in self)."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", iter, "Implement iter(self)."),
    plain("__reversed__(self, /)", reversed, "Return an iterator over the keys from the end."),
    plain("get(self, key, default=None, /)", get, "Return the value of the key, or the default."),
    plain("keys(self, /)", keys, "Return a view of the keys."),
    plain("values(self, /)", values, "Return a view of the values."),
    plain("items(self, /)", pairs, "Return a view of the items."),
    plain("copy(self, /)", copy, "Return a shallow copy of the mapping."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", half, "Return self!=value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__or__(self, value, /)", half, "Return self|value."),
    plain("__ror__(self, value, /)", half, "Return value|self."),
    plain("__ior__(self, value, /)", ior, "Refuses self|=value."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

/// What the script halves of the proxy's methods ask for.
pub const HALVES: &[Declaration] =
    &[plain("proxied(proxy, /)", proxied, "Return the mapping that a proxy looks at; of anything else the thing.")];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::MODULE);
    class.set(Class::WEAKLY);
    let tables = ClassTables { methods: MODULE, attributes: MODULE_ATTRIBUTES, ..ClassTables::NONE };
    module::install(cx, class, &tables);
    let class = cx.class(LayoutId::MAPPING_PROXY);
    class.set(Class::FINAL);
    module::install(cx, class, &ClassTables { methods: PROXY, class_methods: GENERIC, ..ClassTables::NONE });
}

// ----- modules

fn new_module(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::MODULE)?;
    let dict = cx.new_dict();
    let module = cx.heap.allocate_attributed(class.dictionary_layout.get(), Module, 0);
    if let Some(dictionary) = module.header().dictionary() {
        dictionary.set(dict.value());
    }
    Ok(finished(cx, class, module.value()))
}

fn init_module(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    text(cx, args.get(1), "module() argument 'name'")?;
    let dict = of(cx, args.get(0))?.dict();
    dict.set_interned(cx.names.__name__, args.get(1));
    dict.set_interned(cx.names.__doc__, args.get(2));
    for name in [cx.names.__package__, cx.names.__loader__, cx.names.__spec__] {
        dict.set_interned(name, Value::NONE);
    }
    Ok(Value::NONE)
}

fn of(cx: &mut Context, value: Value) -> Result<Ref<Module>, Stop> {
    match value.get() {
        Some(module) => Ok(module),
        None => Err(wrong_object(cx, "module", value)),
    }
}

fn dir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = of(cx, args.get(0))?.dict();
    if let Some(own) = dict.get_interned(cx.names.__dir__) {
        return Err(cx.call(own, &[]));
    }
    let keys = dict.keys();
    Ok(cx.list(keys))
}

fn names(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.dict().value())
}

fn annotations(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let dict = of(cx, value)?.dict();
    let names = cx.names;
    if let Some(annotations) = dict.get_interned(names.__annotations__) {
        return Ok(annotations);
    }
    match dict.get_interned(names.__annotate__) {
        Some(annotate) if !annotate.is_none() => Err(computed(cx, value, annotate)),
        _ => {
            let annotations = cx.new_dict().value();
            dict.set_interned(names.__annotations__, annotations);
            Ok(annotations)
        }
    }
}

fn set_annotations(cx: &mut Context, value: Value, annotations: Value) -> Result<(), Stop> {
    let dict = of(cx, value)?.dict();
    let names = cx.names;
    if !annotations.is_unbound() {
        dict.set_interned(names.__annotations__, annotations);
    } else if dict.remove_interned(names.__annotations__).is_none() {
        return Err(cx.attribute_error_with(value, names.__annotations__, "__annotations__"));
    }
    dict.remove_interned(names.__annotate__);
    Ok(())
}

fn annotate(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.dict().get_interned(cx.names.__annotate__).unwrap_or(Value::NONE))
}

fn set_annotate(cx: &mut Context, value: Value, annotate: Value) -> Result<(), Stop> {
    let dict = of(cx, value)?.dict();
    if annotate.is_unbound() {
        return Err(cx.type_error("cannot delete __annotate__ attribute"));
    }
    if !annotate.is_none() && !is_callable(cx, annotate) {
        return Err(cx.type_error("__annotate__ must be callable or None"));
    }
    dict.set_interned(cx.names.__annotate__, annotate);
    if !annotate.is_none() {
        dict.remove_interned(cx.names.__annotations__);
    }
    Ok(())
}

// ----- mapping proxies

fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn new_proxy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mapping = args.get(1);
    let is_sequence = matches!(cx.layout_of(mapping), LayoutId::LIST | LayoutId::TUPLE);
    if is_sequence || !has_special(cx, mapping, cx.names.__getitem__) {
        let found = cx.type_name(mapping);
        return Err(cx.type_error(format!("mappingproxy() argument must be a mapping, not {found}")));
    }
    Ok(MappingProxy::allocate(cx, mapping))
}

/// What the proxy looks at; the second is the same if it is an exact dict.
fn mapping(cx: &mut Context, value: Value) -> Result<(Value, Option<Ref<Dict>>), Stop> {
    let Some(proxy) = value.get::<MappingProxy>() else { return Err(wrong_object(cx, "mappingproxy", value)) };
    let mapping = proxy.mapping.get();
    let dict = mapping.get::<Dict>().filter(|dict| dict.header().layout() == LayoutId::DICT);
    Ok((mapping, dict))
}

fn str(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (mapping, _) = mapping(cx, args.get(0))?;
    match repr::str(cx, mapping) {
        Ok(text) => Ok(text),
        Err(problem) => Err(problem.or_half()),
    }
}

fn proxied(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0).get::<MappingProxy>().map_or(args.get(0), |proxy| proxy.mapping.get()))
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (mapping, Some(_)) => key_plain(cx, KeyAction::Get, mapping, args.get(1), Value::UNBOUND),
        (mapping, None) => Err(cx.call_special(mapping, cx.names.__getitem__, &[args.get(1)], Check::None)),
    }
}

fn get(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (mapping, Some(_)) => key_plain(cx, KeyAction::GetDefault, mapping, args.get(1), args.get(2)),
        (mapping, None) => Err(method_call(cx, mapping, "get", &[args.get(1), args.get(2)])),
    }
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (mapping, Some(_)) => key_plain(cx, KeyAction::Contains, mapping, args.get(1), Value::UNBOUND),
        (mapping, None) => Err(method_call(cx, mapping, "__contains__", &[args.get(1)])),
    }
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (mapping, _) = mapping(cx, args.get(0))?;
    match items::length(cx, mapping) {
        Some(length) => Ok(Value::small(length as i64)),
        None => Err(cx.call_special(mapping, cx.names.__len__, &[], Check::Length)),
    }
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (_, Some(dict)) => Ok(part_iterator(cx, dict, Part::Keys, false)),
        (mapping, None) => Err(cx.call_special(mapping, cx.names.__iter__, &[], Check::Iterator)),
    }
}

fn reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (_, Some(dict)) => Ok(part_iterator(cx, dict, Part::Keys, true)),
        (mapping, None) => Err(method_call(cx, mapping, "__reversed__", &[])),
    }
}

fn view(cx: &mut Context, value: Value, part: Part, name: &str) -> Result<Value, Stop> {
    match mapping(cx, value)? {
        (_, Some(dict)) => Ok(DictView::allocate(cx, dict, part)),
        (mapping, None) => Err(method_call(cx, mapping, name, &[])),
    }
}

fn keys(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    view(cx, args.get(0), Part::Keys, "keys")
}

fn values(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    view(cx, args.get(0), Part::Values, "values")
}

fn pairs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    view(cx, args.get(0), Part::Items, "items")
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (_, Some(dict)) => Ok(dict.copy(cx).value()),
        (mapping, None) => Err(method_call(cx, mapping, "copy", &[])),
    }
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match equality::equal_as_data(cx, args.get(0), args.get(1)) {
        Ok(is_equal) => Ok(Value::bool(is_equal)),
        Err(problem) => Err(problem.or_half()),
    }
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match mapping(cx, args.get(0))? {
        (mapping, Some(_)) => match equality::hash(cx, mapping) {
            Ok(hash) => Ok(cx.int(hash)),
            Err(problem) => Err(problem.or_half()),
        },
        (mapping, None) => Err(cx.call_special(mapping, cx.names.__hash__, &[], Check::Hash)),
    }
}

fn ior(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.type_error("'|=' is not supported by mappingproxy; use '|' instead"))
}
