//! Comparing arrays, and looking for items in them.

use crate::object::arguments::Edge;
use crate::object::context::Context;
use crate::object::equality::{Problem, compare, equal, holds, unorderable};
use crate::object::extension::Of;
use crate::object::native::{Args, FromValue, Stop};
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

use super::object::Array;

/// `a op b` of two arrays; NotImplemented for anything else.
pub fn compared(cx: &mut Context, args: Args<'_>, op: Comparison) -> Result<Value, Stop> {
    let (Some(a), Some(b)) = (Of::<Array>::from(args.get(0)), Of::<Array>::from(args.get(1))) else {
        return Ok(cx.not_implemented);
    };
    let is_equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
    if is_equality && a.len() != b.len() {
        return Ok(Value::bool(op == Comparison::NotEqual));
    }
    for index in 0..a.len().min(b.len()) {
        let (Some(x), Some(y)) = (a.get(cx, index), b.get(cx, index)) else { break };
        let is_equal = equal(cx, x, y).map_err(Problem::or_half)?;
        if is_equal {
            continue;
        }
        if is_equality {
            return Ok(Value::bool(op == Comparison::NotEqual));
        }
        return match compare(cx, op, x, y).map_err(Problem::or_half)? {
            Some(result) => Ok(Value::bool(result)),
            None => Err(unorderable(cx, op, x, y)),
        };
    }
    Ok(Value::bool(holds(op, a.len().cmp(&b.len()))))
}

macro_rules! comparisons {
    ($($(#[doc = $doc:literal])+ $name:ident $op:ident;)*) => {$(
        $(#[doc = $doc])+
        pub fn $name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
            compared(cx, args, Comparison::$op)
        }
    )*};
}

comparisons! {
    /// `==`
    eq Equal;
    /// `!=`
    ne NotEqual;
    /// `<`
    lt Less;
    /// `<=`
    le LessEqual;
    /// `>`
    gt Greater;
    /// `>=`
    ge GreaterEqual;
}

/// The first place from `start` to `stop` of an item equal to a value; the script half calls `__eq__`.
fn find(cx: &mut Context, array: &Array, value: Value, start: usize, stop: usize) -> Result<Option<usize>, Stop> {
    for index in start..stop.min(array.len()) {
        if let Some(item) = array.get(cx, index)
            && equal(cx, item, value).map_err(Problem::or_half)?
        {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// `item in array`
pub fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    Ok(Value::bool(find(cx, &array, value, 0, usize::MAX)?.is_some()))
}

/// `array.count(value)`
pub fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    let (mut count, mut start) = (0, 0);
    while let Some(index) = find(cx, &array, value, start, usize::MAX)? {
        (count, start) = (count + 1, index + 1);
    }
    Ok(Value::small(count))
}

/// `array.index(value, start, stop)`
pub fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = (Of::from_value(cx, args.get(0), 0)?, args.get(1));
    let (start, stop) = (Edge::from_value(cx, args.get(2), 2)?, Edge::from_value(cx, args.get(3), 3)?);
    let length = array.len() as i64;
    let cut = |edge: Option<i64>, missing: i64| {
        let edge = edge.unwrap_or(missing);
        if edge < 0 { (edge.saturating_add(length)).max(0) as usize } else { edge as usize }
    };
    match find(cx, &array, value, cut(start.0, 0), cut(stop.0, i64::MAX))? {
        Some(index) => Ok(Value::small(index as i64)),
        None => Err(cx.value_error("array.index(x): x not in array")),
    }
}

/// `array.remove(value)`
pub fn remove(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    match find(cx, &array, value, 0, usize::MAX)? {
        Some(index) => {
            let bytes = index * array.size..(index + 1) * array.size;
            array.change(cx, |all| drop(all.drain(bytes)))?;
            Ok(Value::NONE)
        }
        None => Err(cx.value_error("array.remove(x): x not in array")),
    }
}
