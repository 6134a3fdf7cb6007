//! Functions of integers: divisors, roots, and the numbers of arrangements.

use num_bigint::BigUint;

use crate::object::arguments::{Whole, rest};
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;
use crate::text::integer::{self, Integer, from_magnitude};

/// Its lines of the module's table.
pub const FUNCTIONS: &[Declaration] = &[
    plain("comb(n, k, /)", comb, "Return in how many ways k of n items can be chosen, without order."),
    plain("factorial(n, /)", factorial, "Return n!."),
    plain("gcd(*integers)", gcd, "Return the greatest common divisor."),
    plain("isqrt(n, /)", isqrt, "Return the whole part of the square root of n."),
    plain("lcm(*integers)", lcm, "Return the least common multiple."),
    plain("perm(n, k=None, /)", perm, "Return in how many ways k of n items can be chosen, with order."),
];

fn isqrt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Whole(number),) = args.take(cx)?;
    match Int::operand(number).and_then(integer::square_root) {
        Some(root) => Ok(Int::from_integer(cx, root)),
        None => Err(cx.value_error("isqrt() argument must be nonnegative")),
    }
}

type Combine = fn(integer::Int<'_>, integer::Int<'_>) -> Integer;

/// Integers combined two by two; the script half calls `__index__`.
fn combined(cx: &mut Context, args: Args<'_>, start: i64, combine: Combine) -> Result<Value, Stop> {
    let mut result = Integer::Small(start);
    for value in rest(args.get(0)) {
        let number = Int::operand(value).ok_or(Stop::Half)?;
        result = combine(result.view(), number);
    }
    let result = integer::absolute(result.view());
    Ok(Int::from_integer(cx, result))
}

fn gcd(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    combined(cx, args, 0, integer::greatest_common_divisor)
}

fn lcm(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    combined(cx, args, 1, integer::least_common_multiple)
}

/// The product of the integers from `first` to `last`, by halves so that the factors are of about one size.
fn product(first: &BigUint, count: u64) -> BigUint {
    const SHORT: u64 = 16;
    if count <= SHORT {
        return (0..count).fold(BigUint::from(1u32), |product, offset| product * (first + offset));
    }
    let half = count / 2;
    product(first, half) * product(&(first + half), count - half)
}

/// Whether a product of so many factors of so many bits can be had.
fn reserve(cx: &mut Context, count: u64, bits: u64) -> Result<(), Stop> {
    let bits = count.saturating_mul(bits);
    if bits > integer::BIT_LIMIT {
        return Err(cx.memory_error());
    }
    cx.reserve(bits as usize / 8)
}

fn factorial_of(cx: &mut Context, number: Value) -> Result<Value, Stop> {
    if Int::sign(number) < 0 {
        return Err(cx.value_error("factorial() not defined for negative values"));
    }
    let Some(number) = Int::to_i64(number) else {
        return Err(cx.overflow_error(format!("factorial() argument should not exceed {}", i64::MAX)));
    };
    let number = number as u64;
    reserve(cx, number, 64 - number.leading_zeros() as u64)?;
    let result = product(&BigUint::from(1u32), number);
    Ok(Int::from_integer(cx, from_magnitude(false, result)))
}

fn factorial(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Whole(number),) = args.take(cx)?;
    factorial_of(cx, number)
}

/// The two arguments, neither negative; None if k is larger than n.
fn arranged(cx: &mut Context, n: Value, k: Value) -> Result<Option<(BigUint, BigUint)>, Stop> {
    for (value, name) in [(n, "n"), (k, "k")] {
        if Int::sign(value) < 0 {
            return Err(cx.value_error(format!("{name} must be a non-negative integer")));
        }
    }
    let magnitude =
        |value: Value| Int::operand(value).map(|number| number.magnitude().into_owned()).unwrap_or_default();
    let (n, k) = (magnitude(n), magnitude(k));
    Ok((k <= n).then_some((n, k)))
}

fn perm(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(1).is_none() {
        let (Whole(number), _): (Whole, Value) = args.take(cx)?;
        return factorial_of(cx, number);
    }
    let (Whole(n), Whole(k)) = args.take(cx)?;
    let Some((n, k)) = arranged(cx, n, k)? else { return Ok(Value::small(0)) };
    let Ok(count) = i64::try_from(&k) else {
        return Err(cx.overflow_error(format!("k must not exceed {}", i64::MAX)));
    };
    let result = falling(cx, &n, count as u64)?;
    Ok(Int::from_integer(cx, from_magnitude(false, result)))
}

/// `n * (n - 1) * ...`, `count` factors.
fn falling(cx: &mut Context, n: &BigUint, count: u64) -> Result<BigUint, Stop> {
    reserve(cx, count, n.bits())?;
    Ok(product(&(n - count + 1u32), count))
}

fn comb(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Whole(n), Whole(k)) = args.take(cx)?;
    let Some((n, k)) = arranged(cx, n, k)? else { return Ok(Value::small(0)) };
    let least = (&n - &k).min(k);
    let Ok(count) = i64::try_from(&least) else {
        return Err(cx.overflow_error(format!("min(n - k, k) must not exceed {}", i64::MAX)));
    };
    let result = falling(cx, &n, count as u64)? / product(&BigUint::from(1u32), count as u64);
    Ok(Int::from_integer(cx, from_magnitude(false, result)))
}
