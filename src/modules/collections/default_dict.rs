//! `defaultdict`: a dict that makes what is missing.

use crate::object::arguments::{capacity, finished, is_callable, own, rest, set_own};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{Dict, part_iterator};
use crate::object::forward::call_half;
use crate::object::function::{Accessor, Descriptor};
use crate::object::heap::Ref;
use crate::object::iterator::{Part, of_builtin};
use crate::object::key::key_plain;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Call, Declaration, KeyAction, Stop, plain};
use crate::object::repr;
use crate::object::set::Set;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A dict that makes what is missing."),
    plain("__init__(self, default_factory=None, /, *args, **kwargs)", init, "Take a factory and what dict takes."),
    plain("__missing__(self, key, /)", missing, "Make the value of a key that is not there, and keep it."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("copy(self, /)", copy, "Return a shallow copy."),
    plain("__copy__(self, /)", copy, "Return a shallow copy."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make it anew."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", or, "Return value|self."),
];

const FACTORY: &str = "default_factory";

/// Makes the class. Its instances are dicts with one slot, for the factory.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let base = cx.class(LayoutId::DICT);
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let class = make_class(cx, "collections.defaultdict", &[base], None, Class::WEAKLY | Class::MAPPING, &tables);
    let name = cx.intern(FACTORY);
    let layout = cx.layout_with(class.root_layout.get(), name);
    class.root_layout.set(layout);
    class.slot_count.set(1);
    class.capacity.set(1);
    let accessor = Descriptor::allocate(cx, LayoutId::MEMBER_DESCRIPTOR, class.value(), name);
    accessor.accessor.set(Some(Accessor::Slot));
    class.dict.set_interned(name, accessor.value());
    cx.classes_changed();
    module.set(cx, "defaultdict", class.value());
}

fn factory(cx: &mut Context, value: Value) -> Value {
    let name = cx.intern(FACTORY);
    own(cx, value, name)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = crate::object::class::expect_class(cx, args.get(0), "__new__() argument 1 must be a type")?;
    let dict = Dict::allocate_as(cx, class.root_layout.get(), capacity(class));
    let name = cx.intern(FACTORY);
    set_own(cx, dict.value(), name, Value::NONE);
    Ok(finished(cx, class, dict.value()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let factory = args.get(1);
    if !factory.is_none() && !is_callable(cx, factory) {
        return Err(cx.type_error("first argument must be callable or None"));
    }
    let name = cx.intern(FACTORY);
    set_own(cx, args.get(0), name, factory);
    let positional = rest(args.get(2));
    let keywords = args.get(3).get::<Dict>().map_or(Vec::new(), |keywords| keywords.to_vec());
    if positional.is_empty() && keywords.is_empty() {
        return Ok(Value::NONE);
    }
    let init = cx.class(LayoutId::DICT).dict.get_interned(cx.names.__init__);
    let Some(callee) = init else { return Ok(Value::NONE) };
    let mut all = vec![args.get(0)];
    all.extend(positional);
    Err(Stop::Call(Box::new(Call { callee, args: all, keywords })))
}

/// What the usual factories make needs no call.
fn plain_value(cx: &mut Context, factory: Value) -> Option<Value> {
    let class: Ref<Class> = factory.get()?;
    if !class.has(Class::BUILTIN) {
        return None;
    }
    Some(match class.root_layout.get() {
        LayoutId::LIST => cx.list(Vec::new()),
        LayoutId::INT => Value::small(0),
        LayoutId::DICT => cx.new_dict().value(),
        LayoutId::SET => Set::allocate(cx, LayoutId::SET).value(),
        LayoutId::STR => cx.empty_string,
        LayoutId::FLOAT => Value::float(0.0),
        LayoutId::TUPLE => cx.empty_tuple,
        LayoutId::BOOL => Value::FALSE,
        _ => return None,
    })
}

fn missing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (dict, key) = (args.get(0), args.get(1));
    let factory = factory(cx, dict);
    if factory.is_none() {
        return Err(cx.key_error(key));
    }
    let own_setter = cx.special(dict, cx.names.__setitem__);
    let is_plain = own_setter == cx.class(LayoutId::DICT).dict.get_interned(cx.names.__setitem__);
    if is_plain && let Some(value) = plain_value(cx, factory) {
        match key_plain(cx, KeyAction::SetDefault, dict, key, value) {
            Ok(value) => return Ok(value),
            Err(stop @ Stop::Raise(_)) => return Err(stop),
            Err(_) => {}
        }
    }
    Err(call_half(cx, "make_missing", &[dict, key, factory]))
}

fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let factory = factory(cx, args.get(0));
    let name = cx.class_of(args.get(0)).name_text();
    let mut text = format!("{name}(").into_bytes();
    let result = repr::write_repr(cx, &mut text, factory).and_then(|()| {
        text.extend(b", ");
        repr::write_repr_as_data(cx, &mut text, args.get(0))
    });
    match result {
        Ok(()) => {
            text.push(b')');
            Ok(cx.str_bytes(&text))
        }
        Err(problem) => Err(problem.or_half()),
    }
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = cx.class_of(args.get(0)).value();
    let factory = factory(cx, args.get(0));
    Err(cx.call(class, &[factory, args.get(0)]))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = cx.class_of(args.get(0)).value();
    let factory = factory(cx, args.get(0));
    let parts = if factory.is_none() { cx.empty_tuple } else { cx.tuple(&[factory]) };
    let items = match args.get(0).get::<Dict>() {
        Some(dict) => part_iterator(cx, dict, Part::Items, false),
        None => of_builtin(cx, cx.empty_tuple).unwrap_or(Value::NONE),
    };
    Ok(cx.tuple(&[class, parts, Value::NONE, Value::NONE, items]))
}

fn or(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(1).is::<Dict>() {
        true => Err(Stop::Half),
        false => Ok(cx.not_implemented),
    }
}
