//! Arithmetic on floats with Python's rules, and their exact relation to integers.
//!
//! Floor division and modulo, powers, rounding to decimal places, hashes, ratios, comparison with
//! integers and conversion both ways. Text of floats is in `float_text`.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::integer::{self, HASH_MODULUS, Int, Integer, from_magnitude, round_binary};

/// Why a float has no integer value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFinite {
    /// An OverflowError: "cannot convert float infinity to integer".
    Infinity,
    /// A ValueError: "cannot convert float NaN to integer".
    NotANumber,
}

impl NotFinite {
    /// The words of the exception; `target` is "integer" or "integer ratio".
    pub fn message(self, target: &str) -> String {
        match (self, target) {
            (NotFinite::Infinity, "integer ratio") => "cannot convert Infinity to integer ratio".into(),
            (NotFinite::Infinity, _) => format!("cannot convert float infinity to {target}"),
            (NotFinite::NotANumber, "integer ratio") => "cannot convert NaN to integer ratio".into(),
            (NotFinite::NotANumber, _) => format!("cannot convert float NaN to {target}"),
        }
    }
}

/// What else than a float a power of floats may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerError {
    /// Zero to a negative power: ZeroDivisionError.
    ZeroToNegative,
    /// A negative number to a broken power: the result is complex.
    Complex,
    /// OverflowError.
    Overflow,
}

/// The result is too large for a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// `x // y` and `x % y`; `None` when `y` is zero. The remainder has the sign of `y`.
pub fn divide_modulo(x: f64, y: f64) -> Option<(f64, f64)> {
    if y == 0.0 {
        return None;
    }
    let mut remainder = x % y;
    let mut quotient = (x - remainder) / y;
    if remainder == 0.0 {
        remainder = 0.0f64.copysign(y);
    } else if (y < 0.0) != (remainder < 0.0) {
        remainder += y;
        quotient -= 1.0;
    }
    // The division was by a hair inexact, so the quotient is next to the integer it stands for.
    let mut floored = quotient.floor();
    if quotient == 0.0 {
        floored = 0.0f64.copysign(x / y);
    } else if quotient - floored > 0.5 {
        floored += 1.0;
    }
    Some((floored, remainder))
}

/// `x % y`; `None` when `y` is zero.
pub fn modulo(x: f64, y: f64) -> Option<f64> {
    if y == 0.0 {
        return None;
    }
    let remainder = x % y;
    if remainder == 0.0 {
        return Some(0.0f64.copysign(y));
    }
    Some(if (y < 0.0) != (remainder < 0.0) { remainder + y } else { remainder })
}

/// `x // y`; `None` when `y` is zero.
pub fn floor_divide(x: f64, y: f64) -> Option<f64> {
    divide_modulo(x, y).map(|(quotient, _)| quotient)
}

/// `x ** y`.
pub fn power(x: f64, y: f64) -> Result<f64, PowerError> {
    if x == 0.0 && y < 0.0 {
        return Err(PowerError::ZeroToNegative);
    }
    if x.is_finite() && y.is_finite() && x < 0.0 && y != y.floor() {
        return Err(PowerError::Complex);
    }
    let result = x.powf(y);
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return Err(PowerError::Overflow);
    }
    Ok(result)
}

/// Whether the float is a whole number.
pub fn is_integer(x: f64) -> bool {
    x.is_finite() && x == x.trunc()
}

/// `hash(x)`; `None` for NaN, whose hash is by identity.
pub fn hash(x: f64) -> Option<i64> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { 314159 } else { -314159 });
    }
    // A power of two modulo 2**61 - 1 is a rotation of 61 bits.
    let (mantissa, exponent) = decompose(x);
    let turn = exponent.rem_euclid(61) as u32;
    let rotated = ((mantissa as u128) << turn) % HASH_MODULUS as u128;
    let hash = if x < 0.0 { -(rotated as i64) } else { rotated as i64 };
    Some(if hash == -1 { -2 } else { hash })
}

/// The absolute value of a finite float as `mantissa * 2**exponent`, both whole.
pub fn decompose(x: f64) -> (u64, i32) {
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    match exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, exponent - 1075),
    }
}

/// `x.as_integer_ratio()`.
pub fn as_integer_ratio(x: f64) -> Result<(Integer, Integer), NotFinite> {
    check_finite(x)?;
    let (mantissa, exponent) = decompose(x);
    if mantissa == 0 {
        return Ok((Integer::Small(0), Integer::Small(1)));
    }
    let zeros = mantissa.trailing_zeros();
    let (odd, exponent) = (mantissa >> zeros, exponent + zeros as i32);
    let odd = if x < 0.0 { -(odd as i64) } else { odd as i64 };
    Ok(match exponent {
        0.. => ((BigInt::from(odd) << exponent).into(), Integer::Small(1)),
        _ => (Integer::Small(odd), (BigInt::from(1) << -exponent).into()),
    })
}

fn check_finite(x: f64) -> Result<(), NotFinite> {
    match x {
        _ if x.is_nan() => Err(NotFinite::NotANumber),
        _ if x.is_infinite() => Err(NotFinite::Infinity),
        _ => Ok(()),
    }
}

/// `int(x)`: towards zero.
pub fn to_integer(x: f64) -> Result<Integer, NotFinite> {
    check_finite(x)?;
    let whole = x.trunc();
    if whole.abs() < 9.2e18 {
        return Ok(Integer::Small(whole as i64));
    }
    let (mantissa, exponent) = decompose(whole);
    let magnitude = num_bigint::BigUint::from(mantissa) << exponent.max(0);
    Ok(from_magnitude(x < 0.0, magnitude))
}

/// `round(x)`: the nearest integer, half to even.
pub fn round_to_integer(x: f64) -> Result<Integer, NotFinite> {
    to_integer(x.round_ties_even())
}

/// `float(n)`: the nearest float, half to even.
pub fn from_integer(n: Int<'_>) -> Result<f64, Overflow> {
    match n {
        Int::Small(n) => Ok(n as f64),
        Int::Big(big) => {
            let magnitude = big.magnitude();
            let drop = magnitude.bits().saturating_sub(64);
            let top = (magnitude >> drop).to_u64().unwrap_or(u64::MAX);
            let more = magnitude.trailing_zeros().unwrap_or(0) < drop;
            let value = round_binary(top as u128, more, drop as i64).ok_or(Overflow)?;
            Ok(if n.is_negative() { -value } else { value })
        }
    }
}

/// Compares an integer with a float by their exact values; `None` for NaN.
pub fn compare_integer(n: Int<'_>, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x.is_infinite() {
        return Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    if let Int::Small(n) = n
        && n.unsigned_abs() <= 1 << 53
    {
        return (n as f64).partial_cmp(&x);
    }
    // Floors compare as the numbers do, unless they are equal and something was cut off.
    let floor = to_integer(x.floor()).ok()?;
    let order = integer::compare(n, floor.view());
    Some(if order == Ordering::Equal && x != x.floor() { Ordering::Less } else { order })
}

/// `round(x, places)`: the nearest float to the true value rounded half to even.
pub fn round_to_places(x: f64, places: i64) -> Result<f64, Overflow> {
    if !x.is_finite() || x == 0.0 || places > 323 {
        return Ok(x);
    }
    if places < -308 {
        return Ok(0.0 * x);
    }
    let rounded = match places {
        0.. => format!("{x:.*}", places as usize),
        _ => round_to_tens(x, -places as usize),
    };
    match rounded.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Overflow),
    }
}

/// The decimal text of a float rounded to a multiple of `10**places`.
fn round_to_tens(x: f64, places: usize) -> String {
    // The first digit's place, then every digit there is: a double has at most 767.
    let exact = format!("{:.770e}", x.abs());
    let (digits, exponent) = exact.split_once('e').unwrap_or((&exact, "0"));
    let exponent = exponent.parse::<i64>().unwrap_or(0);
    let significant = exponent + 1 - places as i64;
    let sign = if x < 0.0 { "-" } else { "" };
    match significant {
        1.. => format!("{x:.*e}", significant as usize - 1),
        0 => {
            let digits = digits.as_bytes();
            let above_half = digits[0] > b'5' || digits[0] == b'5' && digits[2..].iter().any(|&d| d != b'0');
            format!("{sign}{}e{places}", u8::from(above_half))
        }
        _ => format!("{sign}0"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_division_and_modulo_follow_the_divisor() {
        let same = |got: Option<(f64, f64)>, q: f64, r: f64| {
            let got = got.unwrap();
            assert_eq!((got.0.to_bits(), got.1.to_bits()), (q.to_bits(), r.to_bits()), "{got:?}");
        };
        same(divide_modulo(-7.0, 2.0), -4.0, 1.0);
        same(divide_modulo(7.0, -2.0), -4.0, -1.0);
        same(divide_modulo(-0.0, 3.0), -0.0, 0.0);
        same(divide_modulo(1.0, 0.1), 9.0, 0.09999999999999995);
        same(divide_modulo(6.0, -3.0), -2.0, -0.0);
        same(divide_modulo(1.0, f64::INFINITY), 0.0, 1.0);
        same(divide_modulo(-1.0, f64::INFINITY), -1.0, f64::INFINITY);
        assert_eq!(divide_modulo(1.0, 0.0), None);
        assert_eq!(modulo(-1e-20, 1.0), Some(1.0));
    }

    #[test]
    fn powers_raise_where_python_does() {
        assert_eq!(power(0.0, -1.0), Err(PowerError::ZeroToNegative));
        assert_eq!(power(-8.0, 1.0 / 3.0), Err(PowerError::Complex));
        assert_eq!(power(10.0, 400.0), Err(PowerError::Overflow));
        assert_eq!(power(f64::INFINITY, 2.0), Ok(f64::INFINITY));
        assert_eq!(power(f64::NAN, 0.0), Ok(1.0));
        assert_eq!(power(0.0, f64::NEG_INFINITY), Err(PowerError::ZeroToNegative));
        assert_eq!(power(1.0, f64::NAN), Ok(1.0));
        assert_eq!(power(-2.0, 3.0), Ok(-8.0));
    }

    #[test]
    fn hashes_agree_with_those_of_integers() {
        assert_eq!(hash(0.0), Some(0));
        assert_eq!(hash(-0.0), Some(0));
        assert_eq!(hash(-1.0), Some(-2));
        assert_eq!(hash(0.5), Some(1152921504606846976));
        assert_eq!(hash(1e300), Some(1224995262755759164));
        assert_eq!(hash(-1.5), Some(-1152921504606846977));
        assert_eq!(hash(5e-324), Some(16777216));
        assert_eq!(hash(f64::NEG_INFINITY), Some(-314159));
        assert_eq!(hash(f64::NAN), None);
    }

    #[test]
    fn rounding_sees_the_true_value() {
        let round = |x, n| round_to_places(x, n).unwrap();
        assert_eq!(round(2.675, 2), 2.67);
        assert_eq!(round(0.5, 0), 0.0);
        assert_eq!(round(1.25, 1), 1.2);
        assert_eq!(round(25.0, -1), 20.0);
        assert_eq!(round(35.0, -1), 40.0);
        assert_eq!(round(5.000001, -1), 10.0);
        assert_eq!(round(5.0, -1), 0.0);
        assert_eq!(round(-4.9, -1).to_bits(), (-0.0f64).to_bits());
        assert_eq!(round(1234567.0, -3), 1235000.0);
        assert_eq!(round(1e22, -22), 1e22);
        assert_eq!(round_to_places(f64::MAX, -308), Err(Overflow));
        assert_eq!(round(1.5, 400), 1.5);
    }

    #[test]
    fn integers_and_floats_compare_exactly() {
        let big = BigInt::from(1) << 70;
        assert_eq!(compare_integer(Int::Small((1 << 53) + 1), 9007199254740992.0), Some(Ordering::Greater));
        assert_eq!(compare_integer(Int::Small(3), 3.5), Some(Ordering::Less));
        assert_eq!(compare_integer(Int::Small(i64::MAX), 9.223372036854775807e18), Some(Ordering::Less));
        assert_eq!(compare_integer(Int::Big(&big), 2f64.powi(70)), Some(Ordering::Equal));
        assert_eq!(compare_integer(Int::Big(&big), f64::NEG_INFINITY), Some(Ordering::Greater));
        assert_eq!(compare_integer(Int::Small(0), f64::NAN), None);
        assert_eq!(compare_integer(Int::Small(0), -0.0), Some(Ordering::Equal));
    }

    #[test]
    fn conversions_are_exact_or_rounded_once() {
        let big = (BigInt::from(1) << 53) + 1;
        assert_eq!(from_integer(Int::Big(&big)), Ok(9007199254740992.0));
        assert_eq!(from_integer(Int::Big(&(BigInt::from(1) << 1024))), Err(Overflow));
        assert_eq!(from_integer(Int::Big(&((BigInt::from(1) << 1024) - 1))), Err(Overflow));
        assert_eq!(to_integer(-1e20), Ok(BigInt::from(-100000000000000000000i128).into()));
        assert_eq!(to_integer(f64::NAN), Err(NotFinite::NotANumber));
        assert_eq!(round_to_integer(2.5), Ok(Integer::Small(2)));
        assert_eq!(as_integer_ratio(-0.75), Ok((Integer::Small(-3), Integer::Small(4))));
        assert_eq!(as_integer_ratio(1e3), Ok((Integer::Small(1000), Integer::Small(1))));
    }
}
