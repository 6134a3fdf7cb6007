//! `dict_keys`, `dict_values` and `dict_items`: the views of dicts, two of which are like sets.

use crate::builtins::arguments::container_items;
use crate::builtins::sequence::{
    self, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL, compared, comparison,
};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{DictView, MappingProxy, part_iterator};
use crate::object::equality::{self, Problem};
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::iterator::Part;
use crate::object::key::key_plain;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, KeyAction, Stop, plain};
use crate::object::set::Set;
use crate::object::value::Value;

const VALUES: &[Declaration] = &[
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", sequence::iter, "Implement iter(self)."),
    plain("__reversed__(self, /)", reversed, "Return a reverse iterator over the view."),
];

const LIKE_SETS: &[Declaration] = &[
    plain("__contains__(self, key, /)", contains, "Return key in self."),
    plain("__eq__(self, value, /)", compare::<EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<GREATER_EQUAL>, "Return self>=value."),
    plain("__and__(self, value, /)", and, "Return self&value."),
    plain("__rand__(self, value, /)", and, "Return value&self."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", ror, "Return value|self."),
    plain("__sub__(self, value, /)", sub, "Return self-value."),
    plain("__rsub__(self, value, /)", rsub, "Return value-self."),
    plain("__xor__(self, value, /)", xor, "Return self^value."),
    plain("__rxor__(self, value, /)", rxor, "Return value^self."),
    plain(
        "isdisjoint(self, other, /)",
        isdisjoint,
        "Return True if the view and the given iterable have none in common.",
    ),
];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "mapping", get: mapping, set: None, doc: "dictionary that this view refers to" }];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    for (layout, is_set) in [(LayoutId::DICT_KEYS, true), (LayoutId::DICT_ITEMS, true), (LayoutId::DICT_VALUES, false)]
    {
        let class = cx.class(layout);
        class.set(Class::NOT_CALLABLE | Class::FINAL);
        if is_set {
            class.dict.set_interned(cx.names.__hash__, Value::NONE);
            module::install(cx, class, &ClassTables { methods: LIKE_SETS, ..ClassTables::NONE });
        }
        module::install(cx, class, &ClassTables { methods: VALUES, attributes: ATTRIBUTES, ..ClassTables::NONE });
    }
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<DictView>, Stop> {
    args.take::<(Ref<DictView>,)>(cx).map(|(view,)| view)
}

fn mapping(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match value.get::<DictView>() {
        Some(view) => Ok(MappingProxy::allocate(cx, view.dict.value())),
        None => Ok(Value::NONE),
    }
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(cx, args)?.dict.len() as i64))
}

fn reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = receiver(cx, args)?;
    Ok(part_iterator(cx, view.dict, view.part, true))
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = receiver(cx, args)?;
    match view.part {
        Part::Keys => key_plain(cx, KeyAction::Contains, view.dict.value(), args.get(1), Value::UNBOUND),
        _ => sequence::contains(cx, args),
    }
}

/// Is it a set, or a view that is like one?
fn is_set(value: Value) -> bool {
    value.is::<Set>() || value.get::<DictView>().is_some_and(|view| view.part != Part::Values)
}

fn compare<const OP: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match is_set(args.get(1)) {
        true => compared(cx, comparison(OP), args.get(0), args.get(1)),
        false => Ok(cx.not_implemented),
    }
}

/// The items of an operand, or the script half goes through it.
fn operand(cx: &mut Context, value: Value) -> Result<Vec<Value>, Stop> {
    container_items(cx, value).unwrap_or(Err(Stop::Half))
}

/// A new set of the items of an operand.
fn set_of(cx: &mut Context, value: Value) -> Result<Ref<Set>, Stop> {
    let set = Set::allocate(cx, LayoutId::SET);
    add_all(cx, set, value)?;
    Ok(set)
}

fn add_all(cx: &mut Context, set: Ref<Set>, value: Value) -> Result<(), Stop> {
    if let Some(other) = value.get::<Set>() {
        return set.merge(cx, &other).map_err(Problem::or_half);
    }
    for item in operand(cx, value)? {
        set.add(cx, item).map_err(Problem::or_half)?;
    }
    Ok(())
}

/// Those items of the longer operand that are in the shorter one, as a new set.
fn and(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = receiver(cx, args)?;
    let (mut view, mut other) = (view, args.get(1));
    if let Some(larger) = other.get::<DictView>().filter(|larger| is_set(other) && larger.dict.len() > view.dict.len())
    {
        (view, other) = (larger, view.value());
    }
    let result = Set::allocate(cx, LayoutId::SET);
    for item in operand(cx, other)? {
        if equality::contains_as_data(cx, view.value(), item).map_err(Problem::or_half)? == Some(true) {
            result.add(cx, item).map_err(Problem::or_half)?;
        }
    }
    Ok(result.value())
}

fn joined(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let set = set_of(cx, a)?;
    add_all(cx, set, b)?;
    Ok(set.value())
}

fn or(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    joined(cx, args.get(0), args.get(1))
}

fn ror(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    joined(cx, args.get(1), args.get(0))
}

fn difference(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let set = set_of(cx, a)?;
    for item in operand(cx, b)? {
        set.remove(cx, item).map_err(Problem::or_half)?;
    }
    Ok(set.value())
}

fn sub(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    difference(cx, args.get(0), args.get(1))
}

fn rsub(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    difference(cx, args.get(1), args.get(0))
}

fn exchanged(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let (a, b) = (set_of(cx, a)?, set_of(cx, b)?);
    a.exchange(cx, &b).map_err(Problem::or_half)?;
    Ok(a.value())
}

fn xor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    exchanged(cx, args.get(0), args.get(1))
}

fn rxor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    exchanged(cx, args.get(1), args.get(0))
}

fn isdisjoint(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = receiver(cx, args)?;
    for item in operand(cx, args.get(1))? {
        if equality::contains_as_data(cx, view.value(), item).map_err(Problem::or_half)? == Some(true) {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}
