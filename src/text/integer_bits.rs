//! The bits of integers: shifts, `&`, `|`, `^`, `~` and counts.
//!
//! Negative integers are two's complement without end, as in Python.

use num_bigint::BigInt;
use num_traits::One;

use super::integer::{BIT_LIMIT, Int, Integer, TooLarge};

/// `~a`.
pub fn invert(a: Int<'_>) -> Integer {
    match a {
        Int::Small(a) => Integer::Small(!a),
        Int::Big(a) => Integer::from(-(a + BigInt::one())),
    }
}

/// `a << count` for a count that is not negative.
pub fn shift_left(a: Int<'_>, count: Int<'_>) -> Result<Integer, TooLarge> {
    if a.is_zero() {
        return Ok(Integer::Small(0));
    }
    let count = count.to_i64().and_then(|n| u64::try_from(n).ok()).ok_or(TooLarge)?;
    if a.bit_length().saturating_add(count) > BIT_LIMIT {
        return Err(TooLarge);
    }
    match a {
        Int::Small(a) if count < 64 => Ok(((a as i128) << count).into()),
        _ => Ok((&*a.to_big() << count).into()),
    }
}

/// `a >> count` for a count that is not negative: rounds down.
pub fn shift_right(a: Int<'_>, count: Int<'_>) -> Integer {
    let ground = Integer::Small(if a.is_negative() { -1 } else { 0 });
    let Some(count) = count.to_i64().and_then(|n| u64::try_from(n).ok()) else {
        return ground;
    };
    match a {
        Int::Small(a) => Integer::Small(a >> count.min(63)),
        Int::Big(a) if count >= a.bits() => ground,
        Int::Big(a) => (a >> count).into(),
    }
}

/// `a & b`.
pub fn and(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::Small(a & b),
        _ => (&*a.to_big() & &*b.to_big()).into(),
    }
}

/// `a | b`.
pub fn or(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::Small(a | b),
        _ => (&*a.to_big() | &*b.to_big()).into(),
    }
}

/// `a ^ b`.
pub fn exclusive_or(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::Small(a ^ b),
        _ => (&*a.to_big() ^ &*b.to_big()).into(),
    }
}

/// `a.bit_count()`: the ones in the absolute value.
pub fn bit_count(a: Int<'_>) -> u64 {
    match a {
        Int::Small(a) => a.unsigned_abs().count_ones() as u64,
        Int::Big(a) => a.magnitude().count_ones(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(text: &str) -> Integer {
        text.parse::<BigInt>().unwrap().into()
    }

    #[test]
    fn bits() {
        assert_eq!(shift_right(Int::Small(-5), Int::Small(100)), Integer::Small(-1));
        assert_eq!(shift_left(Int::Small(-1), Int::Small(63)), Ok(Integer::Small(i64::MIN)));
        assert_eq!(shift_left(Int::Small(1), Int::Small(i64::MAX)), Err(TooLarge));
        assert_eq!(and(big("-18446744073709551616").view(), Int::Small(-1)), big("-18446744073709551616"));
        assert_eq!(Int::Small(i64::MIN).bit_length(), 64);
        assert_eq!(invert(Int::Small(-5)), Integer::Small(4));
        assert_eq!(invert(big("9223372036854775808").view()), big("-9223372036854775809"));
        assert_eq!(bit_count(Int::Small(-255)), 8);
    }
}
