//! The functions of module `builtins` over the items of an iterable: `sum`, `min`, `max`, `any`, `all`, `sorted`.
//!
//! Each does it where all is plain data in a container. Iterators may be iterated once only and what has script
//! methods needs the loop, so for those the script half does it.

use std::ops::ControlFlow;

use crate::builtins::arguments::{Truth, container_items, rest};
use crate::builtins::{functions, sort};
use crate::object::bytes::{ByteArray, Bytes};
use crate::object::complex::Complex;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::number::{self, Number};
use crate::object::string::Str;
use crate::object::truth;
use crate::object::value::Value;
use crate::syntax::ast::{BinaryOperator, Comparison};

const FUNCTIONS: &[Declaration] = &[
    plain("sum(iterable, /, start=0)", sum, "Return the sum of the start value and all items."),
    plain("min(*args, key=None, default=<unset>)", min, "Return the least item."),
    plain("max(*args, key=None, default=<unset>)", max, "Return the greatest item."),
    plain("any(iterable, /)", any, "Return whether some item is true."),
    plain("all(iterable, /)", all, "Return whether all items are true."),
    plain("sorted(iterable, /, *, key=None, reverse=False)", sorted, "Return a sorted list of the items."),
];

/// Binds the functions.
pub fn install(cx: &mut Context) {
    functions::add(cx, FUNCTIONS);
}

fn sum(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterable, start) = (args.get(0), args.get(1));
    let refused = [
        (start.is::<Str>(), "sum() can't sum strings [use ''.join(seq) instead]"),
        (start.is::<Bytes>(), "sum() can't sum bytes [use b''.join(seq) instead]"),
        (start.is::<ByteArray>(), "sum() can't sum bytearray [use b''.join(seq) instead]"),
    ];
    if let Some((_, message)) = refused.into_iter().find(|&(is_start, _)| is_start) {
        return Err(cx.type_error(message));
    }
    match container_items(cx, iterable) {
        Some(items) => sum_plainly(cx, &items?, start)?.ok_or(Stop::Half),
        None => Err(Stop::Half),
    }
}

/// A sum under way. Floats carry along what rounding has lost so far, so that the sum is that of the exact
/// numbers, rounded at its end.
enum Sum {
    Whole(Value),
    Float { sum: f64, lost: f64 },
    Complex { sum: (f64, f64), lost: (f64, f64) },
}

/// A sum of exact numbers; None if there is anything else.
fn sum_plainly(cx: &mut Context, items: &[Value], start: Value) -> Result<Option<Value>, Stop> {
    let Some(mut sum) = begin_sum(cx, start) else { return Ok(None) };
    for &item in items {
        if !super::number_functions::is_exact_number(cx, item) {
            return Ok(None);
        }
        sum = match add(cx, sum, item)? {
            ControlFlow::Continue(sum) => sum,
            ControlFlow::Break(()) => return Ok(None),
        };
    }
    Ok(Some(match sum {
        Sum::Whole(sum) => sum,
        Sum::Float { sum, lost } => Value::float(with_lost(sum, lost)),
        Sum::Complex { sum, lost } => Complex::allocate(cx, with_lost(sum.0, lost.0), with_lost(sum.1, lost.1)),
    }))
}

fn begin_sum(cx: &Context, start: Value) -> Option<Sum> {
    match cx.layout_of(start) {
        LayoutId::INT | LayoutId::BOOL => Some(Sum::Whole(start)),
        LayoutId::FLOAT => Some(Sum::Float { sum: start.as_float(), lost: 0.0 }),
        LayoutId::COMPLEX => match Number::of(start)? {
            Number::Complex(z) => Some(Sum::Complex { sum: (z.real, z.imaginary), lost: (0.0, 0.0) }),
            _ => None,
        },
        _ => None,
    }
}

fn add(cx: &mut Context, sum: Sum, item: Value) -> Result<ControlFlow<(), Sum>, Stop> {
    let Some(number) = Number::of(item) else { return Ok(ControlFlow::Break(())) };
    Ok(ControlFlow::Continue(match (sum, number) {
        (Sum::Whole(sum), Number::Int(_)) => Sum::Whole(Int::add(cx, sum, item)),
        (Sum::Whole(sum), _) => match number::binary(cx, BinaryOperator::Add, sum, item)? {
            Some(sum) => match begin_sum(cx, sum) {
                Some(sum) => sum,
                None => return Ok(ControlFlow::Break(())),
            },
            None => return Ok(ControlFlow::Break(())),
        },
        (Sum::Float { sum, lost }, Number::Int(_)) => Sum::Float { sum: sum + Int::expect_f64(cx, item)?, lost },
        (Sum::Float { sum, lost }, Number::Float(x)) => {
            let (sum, lost) = add_keeping(sum, lost, x);
            Sum::Float { sum, lost }
        }
        (Sum::Float { sum, lost }, Number::Complex(z)) => {
            Sum::Complex { sum: (with_lost(sum, lost) + z.real, z.imaginary), lost: (0.0, 0.0) }
        }
        (Sum::Complex { sum, lost }, Number::Int(_)) => {
            Sum::Complex { sum: (sum.0 + Int::expect_f64(cx, item)?, sum.1), lost }
        }
        (Sum::Complex { sum, lost }, Number::Float(x)) => {
            let (real, lost_real) = add_keeping(sum.0, lost.0, x);
            Sum::Complex { sum: (real, sum.1), lost: (lost_real, lost.1) }
        }
        (Sum::Complex { sum, lost }, Number::Complex(z)) => {
            let (real, lost_real) = add_keeping(sum.0, lost.0, z.real);
            let (imaginary, lost_imaginary) = add_keeping(sum.1, lost.1, z.imaginary);
            Sum::Complex { sum: (real, imaginary), lost: (lost_real, lost_imaginary) }
        }
    }))
}

/// One float more, and what rounding loses by it.
fn add_keeping(sum: f64, lost: f64, x: f64) -> (f64, f64) {
    let next = sum + x;
    let error = if sum.abs() >= x.abs() { (sum - next) + x } else { (x - next) + sum };
    (next, lost + error)
}

fn with_lost(sum: f64, lost: f64) -> f64 {
    if lost != 0.0 && lost.is_finite() { sum + lost } else { sum }
}

fn min(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    extreme(cx, args, "min", Comparison::Less)
}

fn max(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    extreme(cx, args, "max", Comparison::Greater)
}

fn extreme(cx: &mut Context, args: Args<'_>, name: &str, better: Comparison) -> Result<Value, Stop> {
    let (key, default, values) = (args.get(0), args.get(1), rest(args.get(2)));
    let items = match values[..] {
        [] => return Err(cx.type_error(format!("{name} expected at least 1 argument, got 0"))),
        [iterable] => match container_items(cx, iterable) {
            Some(items) if key.is_none() => items?,
            _ => return Err(Stop::Half),
        },
        _ if !default.is_unbound() => {
            let message = format!("Cannot specify a default for {name}() with multiple positional arguments");
            return Err(cx.type_error(message));
        }
        _ if !key.is_none() => return Err(Stop::Half),
        _ => values,
    };
    let Some((&first, others)) = items.split_first() else {
        return match default.is_unbound() {
            true => Err(cx.value_error(format!("{name}() iterable argument is empty"))),
            false => Ok(default),
        };
    };
    let mut best = first;
    for &item in others {
        match equality::compare(cx, better, item, best).map_err(Problem::or_half)? {
            Some(true) => best = item,
            Some(false) => {}
            None => return Err(equality::unorderable(cx, better, item, best)),
        }
    }
    Ok(best)
}

fn any(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    search(cx, args.get(0), true)
}

fn all(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    search(cx, args.get(0), false).map(|found| Value::bool(found == Value::FALSE))
}

/// Is there an item whose truth is this?
fn search(cx: &mut Context, iterable: Value, wanted: bool) -> Result<Value, Stop> {
    let Some(items) = container_items(cx, iterable) else { return Err(Stop::Half) };
    for item in items? {
        match truth::truth(cx, item) {
            Some(truth) if truth == wanted => return Ok(Value::TRUE),
            Some(_) => {}
            None => return Err(Stop::Half),
        }
    }
    Ok(Value::FALSE)
}

fn sorted(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let reverse = Truth::of(cx, args.get(2), 2)?;
    if !args.get(1).is_none() {
        return Err(Stop::Half);
    }
    let Some(items) = container_items(cx, args.get(0)) else { return Err(Stop::Half) };
    let mut items = items?;
    sort::sort(cx, &mut items, None, reverse).map_err(Problem::or_half)?;
    Ok(cx.list(items))
}
