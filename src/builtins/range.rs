//! `range`: its methods.

use crate::builtins::arguments::{Whole, has_special, instance_class};
use crate::builtins::sequence::{self, EQUAL, NOT_EQUAL, compare};
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::number::Number;
use crate::object::range::{self, Range};
use crate::object::repr;
use crate::object::slice::Slice;
use crate::object::string::text_of;
use crate::object::value::Value;
use crate::text::float;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, start, stop=<unset>, step=1, /)", new, "The integers from start to stop, in steps."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
    plain("__eq__(self, value, /)", compare::<Range, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<Range, NOT_EQUAL>, "Return self!=value."),
    plain("__bool__(self, /)", bool, "Return True if self else False."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", sequence::iter, "Implement iter(self)."),
    plain("__reversed__(self, /)", reversed, "Return a reverse iterator."),
    plain("__contains__(self, key, /)", sequence::contains, "Return key in self."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("index(self, value, /)", index, "Return the index of value."),
    plain("count(self, value, /)", count, "Return number of occurrences of value."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the range anew."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "start", get: start, set: Some(sequence::read_only), doc: "The first integer." },
    Attribute { name: "stop", get: stop, set: Some(sequence::read_only), doc: "The integer before which it ends." },
    Attribute { name: "step", get: step, set: Some(sequence::read_only), doc: "The distance of two integers." },
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::RANGE);
    module::install(cx, class, &ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE });
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<Range>, Stop> {
    args.take::<(Ref<Range>,)>(cx).map(|(range,)| range)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    instance_class(cx, args.get(0), LayoutId::RANGE)?;
    let Whole(first) = Whole::from_value(cx, args.get(1), 1)?;
    if args.get(2).is_unbound() {
        return Range::allocate(cx, Value::small(0), first, Value::small(1));
    }
    let Whole(stop) = Whole::from_value(cx, args.get(2), 2)?;
    let Whole(step) = Whole::from_value(cx, args.get(3), 3)?;
    Range::allocate(cx, first, stop, step)
}

fn start(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Range>().map_or(Value::NONE, |range| range.start))
}

fn stop(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Range>().map_or(Value::NONE, |range| range.stop))
}

fn step(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Range>().map_or(Value::NONE, |range| range.step))
}

fn bool(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(!receiver(cx, args)?.is_empty()))
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match receiver(cx, args)?.len() {
        Some(length) => Ok(cx.int(length as i64)),
        None => Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
    }
}

fn reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(range::reverse_iterator(cx, args.get(0)))
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (range, key) = (receiver(cx, args)?, args.get(1));
    if let Some(slice) = key.get::<Slice>() {
        return range.slice(cx, slice).map_err(Problem::or_half);
    }
    if !Int::is(key) {
        if has_special(cx, key, cx.names.__index__) {
            return Err(cx.ask(1, Wish::Index));
        }
        let found = cx.type_name(key);
        return Err(cx.type_error(format!("range indices must be integers or slices, not {found}")));
    }
    range.at(cx, key)?.ok_or_else(|| cx.index_error("range object index out of range"))
}

/// The place of a value equal to one of the integers. The script half looks for what has a `__eq__` of a script.
fn place(cx: &mut Context, range: Ref<Range>, value: Value) -> Result<Option<Value>, Stop> {
    if equality::contains_as_data(cx, range.value(), value).map_err(Problem::or_half)? != Some(true) {
        return Ok(None);
    }
    let whole = match Number::of(value) {
        Some(Number::Int(_)) => value,
        Some(Number::Float(x)) => integer(cx, x),
        Some(Number::Complex(z)) => integer(cx, z.real),
        None => return Ok(None),
    };
    range.index(cx, whole)
}

/// A float that is a whole number as an int.
fn integer(cx: &mut Context, x: f64) -> Value {
    match float::to_integer(x) {
        Ok(whole) => Int::from_integer(cx, whole),
        Err(_) => Value::small(0),
    }
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (range, value) = (receiver(cx, args)?, args.get(1));
    match place(cx, range, value)? {
        Some(place) => Ok(place),
        None if Int::is(value) => {
            let shown = repr::repr(cx, value).ok().map_or(String::new(), text_of);
            Err(cx.value_error(format!("{shown} is not in range")))
        }
        None => Err(cx.value_error("sequence.index(x): x not in sequence")),
    }
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let range = receiver(cx, args)?;
    Ok(Value::small(place(cx, range, args.get(1))?.is_some() as i64))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let range = receiver(cx, args)?;
    let class = cx.class(LayoutId::RANGE).value();
    let arguments = cx.tuple(&[range.start, range.stop, range.step]);
    Ok(cx.tuple(&[class, arguments]))
}
