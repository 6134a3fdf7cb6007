//! `tuple`: its methods and operators.

use crate::builtins::arguments::{capacity, finished, instance_class};
use crate::builtins::list::count_equal;
use crate::builtins::sequence::{
    self, Bound, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL, compare, part, repeat_count,
};
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::Ref;
use crate::object::items::plain_items;
use crate::object::layout::LayoutId;
use crate::object::list::{repeat, slice};
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::slice::Slice;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, iterable=(), /)", new, "A tuple of the items of an iterable."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
    plain("__eq__(self, value, /)", compare::<Tuple, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<Tuple, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<Tuple, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<Tuple, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<Tuple, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<Tuple, GREATER_EQUAL>, "Return self>=value."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", sequence::iter, "Implement iter(self)."),
    plain("__contains__(self, key, /)", sequence::contains, "Return key in self."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__add__(self, value, /)", add, "Return self+value."),
    plain("__mul__(self, value, /)", mul, "Return self*value."),
    plain("__rmul__(self, value, /)", mul, "Return value*self."),
    plain("index(self, value, start=0, stop=9223372036854775807, /)", index, "Return first index of value."),
    plain("count(self, value, /)", count, "Return number of occurrences of value."),
    plain("__getnewargs__(self, /)", getnewargs, "Return the arguments to make an equal tuple with."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", sequence::class_getitem, "Return the class with type arguments.")];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::TUPLE);
    module::install(cx, class, &ClassTables { methods: METHODS, class_methods: CLASS_METHODS, ..ClassTables::NONE });
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<Tuple>, Stop> {
    args.take::<(Ref<Tuple>,)>(cx).map(|(tuple,)| tuple)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::TUPLE)?;
    let source = args.get(1);
    let is_exact = class == cx.class(LayoutId::TUPLE);
    if is_exact && cx.layout_of(source) == LayoutId::TUPLE {
        return Ok(source);
    }
    let items = plain_items(cx, source).unwrap_or(Err(Stop::Half))?;
    if is_exact {
        return Ok(cx.tuple(&items));
    }
    let made = Tuple::allocate_as(cx, class.root_layout.get(), capacity(class), &items);
    Ok(finished(cx, class, made.value()))
}

/// A tuple as an exact one.
fn exact(cx: &mut Context, tuple: Ref<Tuple>) -> Value {
    if tuple.header().layout() == LayoutId::TUPLE { tuple.value() } else { cx.tuple(tuple.items()) }
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(cx, args)?.len() as i64))
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (tuple, key) = (receiver(cx, args)?, args.get(1));
    if let Some(wanted) = key.get::<Slice>() {
        let part = wanted.indices(cx, tuple.len()).map_err(Problem::or_half)?;
        if part.length == tuple.len() && part.step == 1 {
            return Ok(exact(cx, tuple));
        }
        let items = slice(tuple.items(), part.start, part.step, part.length);
        return Ok(cx.tuple(&items));
    }
    let index = sequence::index(cx, key, "tuple")?;
    tuple.at(index).ok_or_else(|| cx.index_error("tuple index out of range"))
}

fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let tuple = receiver(cx, args)?;
    let Some(other) = args.get(1).get::<Tuple>() else { return sequence::not_joined(cx, args.get(1), "tuple") };
    if other.is_empty() {
        return Ok(exact(cx, tuple));
    }
    if tuple.is_empty() {
        return Ok(exact(cx, other));
    }
    cx.reserve((tuple.len() + other.len()) * 8)?;
    let items = [tuple.items(), other.items()].concat();
    Ok(cx.tuple(&items))
}

fn mul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let tuple = receiver(cx, args)?;
    let Some(count) = repeat_count(cx, args.get(1), 1)? else { return Ok(cx.not_implemented) };
    if count == 1 {
        return Ok(exact(cx, tuple));
    }
    let items = repeat(cx, tuple.items(), count)?;
    Ok(cx.tuple(&items))
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (tuple, value, Bound(start), Bound(stop)): (Ref<Tuple>, Value, Bound, Bound) = args.take(cx)?;
    let range = part(start, stop, tuple.len());
    let get = |index| if range.start + index < range.end { tuple.get(range.start + index) } else { None };
    match equality::position(cx, value, get).map_err(Problem::or_half)? {
        Some(place) => Ok(Value::small((range.start + place) as i64)),
        None => Err(cx.value_error("tuple.index(x): x not in tuple")),
    }
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let tuple = receiver(cx, args)?;
    count_equal(cx, tuple.items(), args.get(1))
}

fn getnewargs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let tuple = receiver(cx, args)?;
    let exact = exact(cx, tuple);
    Ok(cx.tuple(&[exact]))
}
