//! `dict`: its methods and operators. Where a key has a `__hash__` or `__eq__` of a script the loop searches for it;
//! mappings and iterables of scripts go through the script halves.

use crate::builtins::arguments::{capacity, container_items, finished, instance_class, rest};
use crate::builtins::dict_view;
use crate::builtins::sequence::{self, EQUAL, NOT_EQUAL, compare};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{Dict, DictView, part_iterator};
use crate::object::equality::Problem;
use crate::object::heap::Ref;
use crate::object::items::plain_items;
use crate::object::iterator::Part;
use crate::object::key::key_plain;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Call, Check, Declaration, KeyAction, KeyOperation, Stop, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Create an empty dict."),
    plain("__init__(self, /, *args, **kwargs)", init, "Take over the items of a mapping or of pairs."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__eq__(self, value, /)", compare::<Dict, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<Dict, NOT_EQUAL>, "Return self!=value."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", sequence::iter, "Implement iter(self)."),
    plain("__reversed__(self, /)", reversed, "Return a reverse iterator over the dict keys."),
    plain("__contains__(self, key, /)", contains, "True if the dictionary has the specified key, else False."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__setitem__(self, key, value, /)", setitem, "Set self[key] to value."),
    plain("__delitem__(self, key, /)", delitem, "Delete self[key]."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", ror, "Return value|self."),
    plain("__ior__(self, value, /)", ior, "Return self|=value."),
    plain("get(self, key, default=None, /)", get, "Return the value for key, or the default."),
    plain("setdefault(self, key, default=None, /)", setdefault, "Insert key with the default unless it is there."),
    plain("pop(self, key, default=<unset>, /)", pop, "Remove the key and return its value."),
    plain("popitem(self, /)", popitem, "Remove and return the last (key, value) pair."),
    plain("keys(self, /)", keys, "Return a set-like object providing a view on the dict's keys."),
    plain("values(self, /)", values, "Return an object providing a view on the dict's values."),
    plain("items(self, /)", items, "Return a set-like object providing a view on the dict's items."),
    plain("update(self, /, *args, **kwargs)", update, "Update the dict from a mapping or pairs, then from keywords."),
    plain("copy(self, /)", copy, "Return a shallow copy of the dict."),
    plain("clear(self, /)", clear, "Remove all items from the dict."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the dict in memory, in bytes."),
];

const CLASS_METHODS: &[Declaration] = &[
    plain("fromkeys(cls, iterable, value=None, /)", fromkeys, "Create a new dictionary with keys from an iterable."),
    plain("__class_getitem__(cls, item, /)", sequence::class_getitem, "Return the class with type arguments."),
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::DICT);
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
    module::install(cx, class, &ClassTables { methods: METHODS, class_methods: CLASS_METHODS, ..ClassTables::NONE });
    dict_view::install(cx);
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<Dict>, Stop> {
    args.take::<(Ref<Dict>,)>(cx).map(|(dict,)| dict)
}

// ----- making and filling

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::DICT)?;
    let made = Dict::allocate_as(cx, class.root_layout.get(), capacity(class));
    Ok(finished(cx, class, made.value()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    update_from(cx, args, "dict", "__init__")
}

fn update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    update_from(cx, args, "update", "update")
}

/// `update(*args, **kwargs)`; `method` is the native that runs again if an iterator has been used up here.
fn update_from(cx: &mut Context, args: Args<'_>, name: &str, method: &str) -> Result<Value, Stop> {
    let (dict, given, keywords) = (receiver(cx, args)?, rest(args.get(1)), args.get(2).get::<Dict>());
    if given.len() > 1 {
        return Err(cx.type_error(format!("{name} expected at most 1 argument, got {}", given.len())));
    }
    if let Some(&source) = given.first() {
        match merge(cx, dict, source)? {
            Merged::All => {}
            Merged::Script(source) if source == given[0] => return Err(Stop::Half),
            Merged::Script(list) => {
                let method = cx.intern(method);
                let callee = cx.class(LayoutId::DICT).dict.get_interned(method).unwrap_or(Value::NONE);
                let keywords = keywords.map_or(Vec::new(), |keywords| keywords.to_vec());
                return Err(Stop::Call(Box::new(Call { callee, args: vec![dict.value(), list], keywords })));
            }
        }
    }
    if let Some(keywords) = keywords {
        for (name, value) in keywords.to_vec() {
            dict.set_interned(name, value);
        }
    }
    Ok(Value::NONE)
}

/// What came of taking over the items of a mapping or of pairs.
enum Merged {
    /// All is done.
    All,
    /// Script code must run, with this in the place of the source; doing again what has been done does no harm.
    Script(Value),
}

/// Is iterating a value of this class the built-in way of its kind?
fn is_plain_container(class: Ref<Class>) -> bool {
    class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE) || !class.has(Class::OVERRIDES)
}

fn merge(cx: &mut Context, dict: Ref<Dict>, source: Value) -> Result<Merged, Stop> {
    let class = cx.class_of(source);
    let Some(header) = source.header().filter(|_| is_plain_container(class)) else {
        return Ok(Merged::Script(source));
    };
    if header.kind() == Kind::Dict {
        return match dict.update(cx, &Ref::<Dict>::from_header(header)) {
            Ok(()) => Ok(Merged::All),
            Err(Problem::Script) => Ok(Merged::Script(source)),
            Err(Problem::Stop(stop)) => Err(stop),
        };
    }
    let is_pairs = matches!(header.kind(), Kind::List | Kind::Tuple | Kind::Set | Kind::Iterator | Kind::DictView);
    if !is_pairs || !class.has(Class::BUILTIN) {
        return Ok(Merged::Script(source));
    }
    let Some(items) = plain_items(cx, source) else { return Ok(Merged::Script(source)) };
    let items = items?;
    match merge_pairs(cx, dict, &items) {
        Ok(()) => Ok(Merged::All),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) if header.kind() == Kind::Iterator => Ok(Merged::Script(cx.list(items))),
        Err(Problem::Script) => Ok(Merged::Script(source)),
    }
}

fn merge_pairs(cx: &mut Context, dict: Ref<Dict>, items: &[Value]) -> Result<(), Problem> {
    for (index, &item) in items.iter().enumerate() {
        let pair: Vec<Value> = match (item.get::<Tuple>(), item.get::<List>(), item.get::<Str>()) {
            (Some(tuple), ..) => tuple.items().to_vec(),
            (_, Some(list), _) => list.to_vec(),
            (.., Some(text)) if text.chars() <= 2 => plain_items(cx, item).ok_or(Problem::Script)??,
            _ => return Err(Problem::Script),
        };
        let &[key, value] = pair.as_slice() else {
            let length = pair.len();
            let message = format!("dictionary update sequence element #{index} has length {length}; 2 is required");
            return Err(Problem::Stop(cx.value_error(message)));
        };
        dict.set(cx, key, value)?;
    }
    Ok(())
}

fn fromkeys(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(0) != cx.class(LayoutId::DICT).value() {
        return Err(Stop::Half);
    }
    let keys = container_items(cx, args.get(1)).unwrap_or(Err(Stop::Half))?;
    let dict = cx.new_dict();
    for key in keys {
        dict.set(cx, key, args.get(2)).map_err(Problem::or_half)?;
    }
    Ok(dict.value())
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(receiver(cx, args)?.copy(cx).value())
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    receiver(cx, args)?.clear();
    Ok(Value::NONE)
}

// ----- single keys

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (dict, key) = (receiver(cx, args)?, args.get(1));
    match dict.get(cx, key) {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err(missing(cx, dict, key)),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => Err(Stop::Key(Box::new(KeyOperation {
            action: KeyAction::Get,
            table: dict.value(),
            key,
            value: Value::UNBOUND,
        }))),
    }
}

/// The answer for a key that is not there: `__missing__` of a subclass, or KeyError.
fn missing(cx: &mut Context, dict: Ref<Dict>, key: Value) -> Stop {
    let name = cx.names.__missing__;
    if dict.header().layout() != LayoutId::DICT && cx.special(dict.value(), name).is_some() {
        return cx.call_special(dict.value(), name, &[key], Check::None);
    }
    cx.key_error(key)
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    key_plain(cx, KeyAction::Contains, args.get(0), args.get(1), Value::UNBOUND)
}

fn setitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    key_plain(cx, KeyAction::Set, args.get(0), args.get(1), args.get(2))
}

fn delitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    key_plain(cx, KeyAction::Delete, args.get(0), args.get(1), Value::UNBOUND)
}

fn get(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    key_plain(cx, KeyAction::GetDefault, args.get(0), args.get(1), args.get(2))
}

fn setdefault(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    key_plain(cx, KeyAction::SetDefault, args.get(0), args.get(1), args.get(2))
}

fn pop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = receiver(cx, args)?;
    if dict.is_empty() {
        // Even of an unhashable key an empty dict says that it is not there.
        return if args.get(2).is_unbound() { Err(cx.key_error(args.get(1))) } else { Ok(args.get(2)) };
    }
    key_plain(cx, KeyAction::Pop, args.get(0), args.get(1), args.get(2))
}

fn popitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match receiver(cx, args)?.pop_last() {
        Some((key, value)) => Ok(cx.tuple(&[key, value])),
        None => {
            let message = cx.str("popitem(): dictionary is empty");
            Err(cx.key_error(message))
        }
    }
}

// ----- the whole

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(cx, args)?.len() as i64))
}

fn reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = receiver(cx, args)?;
    Ok(part_iterator(cx, dict, Part::Keys, true))
}

fn keys(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = receiver(cx, args)?;
    Ok(DictView::allocate(cx, dict, Part::Keys))
}

fn values(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = receiver(cx, args)?;
    Ok(DictView::allocate(cx, dict, Part::Values))
}

fn items(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = receiver(cx, args)?;
    Ok(DictView::allocate(cx, dict, Part::Items))
}

fn joined(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let (Some(a), Some(b)) = (a.get::<Dict>(), b.get::<Dict>()) else { return Ok(cx.not_implemented) };
    if !is_plain_container(cx.class_of(b.value())) {
        return Err(Stop::Half);
    }
    let joined = a.copy(cx);
    joined.update(cx, &b).map_err(Problem::or_half)?;
    Ok(joined.value())
}

fn or(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    joined(cx, args.get(0), args.get(1))
}

fn ror(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    joined(cx, args.get(1), args.get(0))
}

fn ior(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let dict = receiver(cx, args)?;
    match merge(cx, dict, args.get(1))? {
        Merged::All => Ok(args.get(0)),
        Merged::Script(source) if source == args.get(1) => Err(Stop::Half),
        Merged::Script(list) => {
            let name = cx.names.__ior__;
            Err(cx.call_special(dict.value(), name, &[list], Check::None))
        }
    }
}

fn sizeof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(64 + receiver(cx, args)?.memory() as i64))
}
