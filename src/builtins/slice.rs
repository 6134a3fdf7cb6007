//! `slice`: its methods.

use crate::builtins::arguments::{Whole, has_special, instance_class};
use crate::builtins::sequence::{self, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL, compare};
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::slice::Slice;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, start, stop=<unset>, step=None, /)", new, "The places from start to stop, in steps."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
    plain("__eq__(self, value, /)", compare::<Slice, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<Slice, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<Slice, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<Slice, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<Slice, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<Slice, GREATER_EQUAL>, "Return self>=value."),
    plain("indices(self, length, /)", indices, "Return start, stop and stride for a sequence of a length."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the slice anew."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "start", get: start, set: Some(sequence::read_only), doc: "Where it begins." },
    Attribute { name: "stop", get: stop, set: Some(sequence::read_only), doc: "Where it ends." },
    Attribute { name: "step", get: step, set: Some(sequence::read_only), doc: "From one place to the next." },
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::SLICE);
    module::install(cx, class, &ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE });
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<Slice>, Stop> {
    args.take::<(Ref<Slice>,)>(cx).map(|(slice,)| slice)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    instance_class(cx, args.get(0), LayoutId::SLICE)?;
    let (start, stop) = match args.get(2) {
        stop if stop.is_unbound() => (Value::NONE, args.get(1)),
        stop => (args.get(1), stop),
    };
    Ok(Slice::allocate(cx, start, stop, args.get(3)))
}

fn start(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Slice>().map_or(Value::NONE, |slice| slice.start))
}

fn stop(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Slice>().map_or(Value::NONE, |slice| slice.stop))
}

fn step(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Slice>().map_or(Value::NONE, |slice| slice.step))
}

/// A part that is None or an integer; the script half finds out others.
fn check_part(cx: &mut Context, value: Value) -> Result<(), Stop> {
    if value.is_none() || Int::is(value) {
        return Ok(());
    }
    match has_special(cx, value, cx.names.__index__) {
        true => Err(Stop::Half),
        false => Err(cx.type_error("slice indices must be integers or None or have an __index__ method")),
    }
}

/// An edge cut to what there is; the lengths may be integers of any size.
fn edge(cx: &mut Context, value: Value, default: Value, low: Value, high: Value, length: Value) -> Value {
    if value.is_none() {
        return default;
    }
    if Int::sign(value) < 0 {
        let place = Int::add(cx, value, length);
        return if Int::compare(place, low).is_lt() { low } else { place };
    }
    if Int::compare(value, high).is_gt() { high } else { Int::exact(cx, value) }
}

fn indices(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (slice, Whole(length)): (Ref<Slice>, Whole) = args.take(cx)?;
    if Int::sign(length) < 0 {
        return Err(cx.value_error("length should not be negative"));
    }
    for part in [slice.step, slice.start, slice.stop] {
        check_part(cx, part)?;
    }
    let step = if slice.step.is_none() { Value::small(1) } else { Int::exact(cx, slice.step) };
    let length = Int::exact(cx, length);
    let (low, high) = match Int::sign(step) {
        0 => return Err(cx.value_error("slice step cannot be zero")),
        1 => (Value::small(0), length),
        _ => (Value::small(-1), Int::subtract(cx, length, Value::small(1))),
    };
    let (first, last) = if Int::sign(step) < 0 { (high, low) } else { (low, high) };
    let start = edge(cx, slice.start, first, low, high, length);
    let stop = edge(cx, slice.stop, last, low, high, length);
    Ok(cx.tuple(&[start, stop, step]))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let slice = receiver(cx, args)?;
    let class = cx.class(LayoutId::SLICE).value();
    let arguments = cx.tuple(&[slice.start, slice.stop, slice.step]);
    Ok(cx.tuple(&[class, arguments]))
}
