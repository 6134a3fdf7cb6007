//! Lengths of time that scripts give as numbers.

use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::Stop;
use crate::object::number::to_f64;
use crate::object::value::Value;

/// A length of time in nanoseconds, rounded up, from a number of units of so many nanoseconds; None for what is no
/// number.
pub fn nanoseconds(cx: &mut Context, value: Value, unit: f64) -> Option<Result<i64, Stop>> {
    const TOO_LARGE: &str = "timestamp too large to convert to C PyTime_t";
    if Int::is(value) && Int::to_i64(value).is_none() {
        return Some(Err(cx.overflow_error(TOO_LARGE)));
    }
    let count = match to_f64(cx, value)? {
        Ok(count) => count,
        Err(stop) => return Some(Err(stop)),
    };
    if count.is_nan() {
        return Some(Err(cx.value_error("Invalid value NaN (not a number)")));
    }
    if count.abs() >= 9.3e18 {
        return Some(Err(cx.overflow_error("timestamp out of range for platform time_t")));
    }
    let nanoseconds = (count * unit).ceil();
    if nanoseconds.abs() >= i64::MAX as f64 {
        return Some(Err(cx.overflow_error(TOO_LARGE)));
    }
    Some(Ok(nanoseconds as i64))
}
