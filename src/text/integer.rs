//! Arithmetic on integers of any size, with Python's rules.
//!
//! `Int` is how an integer comes in (an `i64`, or a borrowed `BigInt`), `Integer` how it goes out;
//! an `Integer` is big only when an `i64` cannot hold it. Division floors, and true division is
//! correctly rounded. The operations on bits are in `integer_bits`, text and bytes in
//! `integer_text`, conversions to and from floats in `float`.

use std::borrow::Cow;
use std::cmp::Ordering;

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer as _;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The prime that all numeric hashes are taken modulo.
pub const HASH_MODULUS: u64 = (1 << 61) - 1;

/// The widest result that `power` and a shift to the left make, in bits: 1 GiB.
pub const BIT_LIMIT: u64 = 1 << 33;

/// An integer as an operand.
#[derive(Clone, Copy, Debug)]
pub enum Int<'a> {
    /// One that fits.
    Small(i64),
    /// Any other; a small one may come this way too.
    Big(&'a BigInt),
}

/// An integer as a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integer {
    /// Every integer that fits.
    Small(i64),
    /// Only integers that do not fit.
    Big(BigInt),
}

/// Why a division has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DivideError {
    /// The divisor is zero.
    Zero,
    /// The quotient is too large for a float.
    Overflow,
}

/// Why `pow(base, exponent, modulus)` has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerModuloError {
    /// The modulus is zero.
    ZeroModulus,
    /// The exponent is negative and the base has no inverse.
    NotInvertible,
}

/// The result would be wider than `BIT_LIMIT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

impl From<i64> for Integer {
    fn from(value: i64) -> Integer {
        Integer::Small(value)
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Integer {
        i64::try_from(value).map_or_else(|_| Integer::Big(value.into()), Integer::Small)
    }
}

impl From<u64> for Integer {
    fn from(value: u64) -> Integer {
        Integer::from(value as i128)
    }
}

impl From<BigInt> for Integer {
    fn from(value: BigInt) -> Integer {
        value.to_i64().map_or_else(|| Integer::Big(value), Integer::Small)
    }
}

impl From<BigUint> for Integer {
    fn from(value: BigUint) -> Integer {
        Integer::from(BigInt::from(value))
    }
}

impl Integer {
    /// The integer as an operand.
    pub fn view(&self) -> Int<'_> {
        match self {
            Integer::Small(value) => Int::Small(*value),
            Integer::Big(value) => Int::Big(value),
        }
    }

    /// The value when an `i64` holds it.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Integer::Small(value) => Some(*value),
            Integer::Big(_) => None,
        }
    }

    /// The value as a `BigInt`.
    pub fn into_big(self) -> BigInt {
        match self {
            Integer::Small(value) => value.into(),
            Integer::Big(value) => value,
        }
    }
}

impl<'a> Int<'a> {
    /// The value as a `BigInt`, borrowed where it is one.
    pub fn to_big(self) -> Cow<'a, BigInt> {
        match self {
            Int::Small(value) => Cow::Owned(value.into()),
            Int::Big(value) => Cow::Borrowed(value),
        }
    }

    /// An owned copy in normal form.
    pub fn to_integer(self) -> Integer {
        match self {
            Int::Small(value) => Integer::Small(value),
            Int::Big(value) => value.to_i64().map_or_else(|| Integer::Big(value.clone()), Integer::Small),
        }
    }

    /// The value when an `i64` holds it.
    pub fn to_i64(self) -> Option<i64> {
        match self {
            Int::Small(value) => Some(value),
            Int::Big(value) => value.to_i64(),
        }
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        match self {
            Int::Small(value) => value < 0,
            Int::Big(value) => value.is_negative(),
        }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        match self {
            Int::Small(value) => value == 0,
            Int::Big(value) => value.is_zero(),
        }
    }

    /// `self.bit_length()`.
    pub fn bit_length(self) -> u64 {
        match self {
            Int::Small(value) => 64 - value.unsigned_abs().leading_zeros() as u64,
            Int::Big(value) => value.bits(),
        }
    }

    /// The absolute value as an unsigned big integer.
    pub fn magnitude(self) -> Cow<'a, BigUint> {
        match self {
            Int::Small(value) => Cow::Owned(value.unsigned_abs().into()),
            Int::Big(value) => Cow::Borrowed(value.magnitude()),
        }
    }
}

/// `a + b`.
pub fn add(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::from(a as i128 + b as i128),
        _ => Integer::from(&*a.to_big() + &*b.to_big()),
    }
}

/// `a - b`.
pub fn subtract(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::from(a as i128 - b as i128),
        _ => Integer::from(&*a.to_big() - &*b.to_big()),
    }
}

/// `a * b`.
pub fn multiply(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::from(a as i128 * b as i128),
        _ => Integer::from(&*a.to_big() * &*b.to_big()),
    }
}

/// `-a`.
pub fn negate(a: Int<'_>) -> Integer {
    match a {
        Int::Small(a) => Integer::from(-(a as i128)),
        Int::Big(a) => Integer::from(-a),
    }
}

/// `abs(a)`.
pub fn absolute(a: Int<'_>) -> Integer {
    if a.is_negative() { negate(a) } else { a.to_integer() }
}

/// `divmod(a, b)`: the quotient is rounded down, the remainder has the sign of `b`.
pub fn divide_modulo(a: Int<'_>, b: Int<'_>) -> Result<(Integer, Integer), DivideError> {
    if b.is_zero() {
        return Err(DivideError::Zero);
    }
    if let (Int::Small(a), Int::Small(b)) = (a, b) {
        let (quotient, remainder) = (a as i128).div_mod_floor(&(b as i128));
        return Ok((quotient.into(), remainder.into()));
    }
    let (quotient, remainder) = a.to_big().div_mod_floor(&*b.to_big());
    Ok((quotient.into(), remainder.into()))
}

/// `a // b`.
pub fn floor_divide(a: Int<'_>, b: Int<'_>) -> Result<Integer, DivideError> {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) if b != 0 => {
            Ok(num_integer::Integer::div_floor(&(a as i128), &(b as i128)).into())
        }
        _ => Ok(divide_modulo(a, b)?.0),
    }
}

/// `a % b`.
pub fn modulo(a: Int<'_>, b: Int<'_>) -> Result<Integer, DivideError> {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) if b != 0 => {
            Ok(num_integer::Integer::mod_floor(&(a as i128), &(b as i128)).into())
        }
        _ => Ok(divide_modulo(a, b)?.1),
    }
}

/// `a / b`, correctly rounded.
pub fn true_divide(a: Int<'_>, b: Int<'_>) -> Result<f64, DivideError> {
    if b.is_zero() {
        return Err(DivideError::Zero);
    }
    let exact = |n: i64| n.unsigned_abs() <= 1 << 53;
    if let (Int::Small(a), Int::Small(b)) = (a, b)
        && exact(a)
        && exact(b)
    {
        return Ok(a as f64 / b as f64);
    }
    let negative = a.is_negative() != b.is_negative();
    if a.is_zero() {
        return Ok(if negative { -0.0 } else { 0.0 });
    }
    // Scaled so that the quotient has 65 or 66 bits; what the division leaves only says "and more".
    let (a, b) = (a.magnitude(), b.magnitude());
    let shift = 65 - (a.bits() as i64 - b.bits() as i64);
    let (dividend, divisor) = match shift {
        0.. => (a.into_owned() << shift, b.into_owned()),
        _ => (a.into_owned(), b.into_owned() << -shift),
    };
    let (quotient, remainder) = dividend.div_rem(&divisor);
    let quotient = quotient.to_u128().unwrap_or(u128::MAX);
    let value = round_binary(quotient, !remainder.is_zero(), -shift).ok_or(DivideError::Overflow)?;
    Ok(if negative { -value } else { value })
}

/// The float nearest to `mantissa * 2**exponent`, half to even; `None` when it is too large.
/// `more` says that the exact number is larger than that by less than one unit of the mantissa.
pub fn round_binary(mantissa: u128, more: bool, exponent: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    let bits = 128 - mantissa.leading_zeros() as i64;
    let top = exponent.saturating_add(bits);
    if top > 1024 {
        return None;
    }
    // A subnormal keeps fewer bits: its last one is worth 2**-1074.
    let kept = (top.saturating_add(1074)).min(53);
    if kept < 0 {
        return Some(0.0);
    }
    let dropped = bits - kept;
    let mut rounded = mantissa;
    if dropped > 0 {
        let half = 1u128 << (dropped - 1);
        let rest = mantissa & ((half - 1) | half);
        rounded = if dropped == 128 { 0 } else { mantissa >> dropped };
        if rest > half || rest == half && (more || rounded & 1 == 1) {
            rounded += 1;
        }
    }
    let value = scale(rounded as f64, (exponent + dropped.max(0)) as i32);
    value.is_finite().then_some(value)
}

/// `value * 2**exponent` where that is exact or overflows.
fn scale(value: f64, exponent: i32) -> f64 {
    let half = exponent / 2;
    value * power_of_two(half) * power_of_two(exponent - half)
}

/// `2.0**exponent` for exponents of normal floats.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent.clamp(-1022, 1023) + 1023) as u64) << 52)
}

/// `base ** exponent` for an exponent that is not negative.
pub fn power(base: Int<'_>, exponent: Int<'_>) -> Result<Integer, TooLarge> {
    match base.to_i64() {
        Some(value @ (0 | 1)) => {
            return Ok(Integer::Small(if exponent.is_zero() { 1 } else { value }));
        }
        Some(-1) => return Ok(Integer::Small(if is_odd(exponent) { -1 } else { 1 })),
        _ => {}
    }
    let exponent = exponent.to_i64().and_then(|n| u32::try_from(n).ok()).ok_or(TooLarge)?;
    let bits = base.bit_length();
    if (bits - 1).saturating_mul(exponent as u64) > BIT_LIMIT {
        return Err(TooLarge);
    }
    if let Int::Small(small) = base
        && let Some(value) = small.checked_pow(exponent)
    {
        return Ok(Integer::Small(value));
    }
    Ok(num_traits::pow::Pow::pow(&*base.to_big(), exponent).into())
}

/// Whether an integer is odd.
pub fn is_odd(a: Int<'_>) -> bool {
    match a {
        Int::Small(a) => a & 1 == 1,
        Int::Big(a) => a.bit(0),
    }
}

/// `pow(base, exponent, modulus)`, of any signs; the result has the sign of the modulus.
pub fn power_modulo(base: Int<'_>, exponent: Int<'_>, modulus: Int<'_>) -> Result<Integer, PowerModuloError> {
    if modulus.is_zero() {
        return Err(PowerModuloError::ZeroModulus);
    }
    let positive = BigInt::from(modulus.magnitude().into_owned());
    let mut base = base.to_big().mod_floor(&positive);
    if exponent.is_negative() {
        base = inverse(&base, &positive).ok_or(PowerModuloError::NotInvertible)?;
    }
    let result = base.magnitude().modpow(&exponent.magnitude(), positive.magnitude());
    let result = BigInt::from(result);
    if modulus.is_negative() && !result.is_zero() {
        return Ok((result - positive).into());
    }
    Ok(result.into())
}

/// The number that multiplied with `value` leaves 1 modulo `modulus`, if there is one.
fn inverse(value: &BigInt, modulus: &BigInt) -> Option<BigInt> {
    if modulus.is_one() {
        return Some(BigInt::zero());
    }
    let found = value.extended_gcd(modulus);
    found.gcd.is_one().then(|| found.x.mod_floor(modulus))
}

/// `math.isqrt(a)`; `None` for a negative number.
pub fn square_root(a: Int<'_>) -> Option<Integer> {
    match a {
        _ if a.is_negative() => None,
        Int::Small(a) => Some(Integer::Small(a.isqrt())),
        Int::Big(a) => Some(a.magnitude().sqrt().into()),
    }
}

/// `math.gcd(a, b)`.
pub fn greatest_common_divisor(a: Int<'_>, b: Int<'_>) -> Integer {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => Integer::from(a.unsigned_abs().gcd(&b.unsigned_abs())),
        _ => a.to_big().gcd(&*b.to_big()).into(),
    }
}

/// `math.lcm(a, b)`.
pub fn least_common_multiple(a: Int<'_>, b: Int<'_>) -> Integer {
    if a.is_zero() || b.is_zero() {
        return Integer::Small(0);
    }
    let divisor = greatest_common_divisor(a, b);
    match floor_divide(a, divisor.view()) {
        Ok(part) => absolute(multiply(part.view(), b).view()),
        Err(_) => Integer::Small(0),
    }
}

/// Which of two integers is larger.
pub fn compare(a: Int<'_>, b: Int<'_>) -> Ordering {
    match (a, b) {
        (Int::Small(a), Int::Small(b)) => a.cmp(&b),
        _ => a.to_big().as_ref().cmp(b.to_big().as_ref()),
    }
}

/// `hash(a)`.
pub fn hash(a: Int<'_>) -> i64 {
    let magnitude = match a {
        Int::Small(a) => a.unsigned_abs() % HASH_MODULUS,
        Int::Big(a) => (a.magnitude() % HASH_MODULUS).to_u64().unwrap_or(0),
    } as i64;
    match if a.is_negative() { -magnitude } else { magnitude } {
        -1 => -2,
        hash => hash,
    }
}

/// `round(a, -places)`: to a multiple of a power of ten, half to even.
pub fn round_to_tens(a: Int<'_>, places: u64) -> Integer {
    if places == 0 {
        return a.to_integer();
    }
    // A number of n bits has at most n / 3 + 1 digits; with more places asked for, it rounds to zero.
    if places > a.bit_length() / 3 + 2 {
        return Integer::Small(0);
    }
    let unit = BigInt::from(10).pow(places as u32);
    let (quotient, remainder) = a.to_big().div_mod_floor(&unit);
    let up = match (&remainder * 2u32).cmp(&unit) {
        Ordering::Less => false,
        Ordering::Equal => quotient.bit(0),
        Ordering::Greater => true,
    };
    ((if up { quotient + 1 } else { quotient }) * unit).into()
}

/// An unsigned magnitude and a sign put together.
pub fn from_magnitude(negative: bool, magnitude: BigUint) -> Integer {
    BigInt::from_biguint(if negative { Sign::Minus } else { Sign::Plus }, magnitude).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(text: &str) -> Integer {
        text.parse::<BigInt>().unwrap().into()
    }

    #[test]
    fn arithmetic_leaves_and_enters_the_small_range() {
        let max = Integer::Small(i64::MAX);
        let over = add(max.view(), Int::Small(1));
        assert_eq!(over, big("9223372036854775808"));
        assert_eq!(subtract(over.view(), Int::Small(1)), max);
        assert_eq!(negate(Int::Small(i64::MIN)), over);
        assert_eq!(negate(over.view()), Integer::Small(i64::MIN));
        assert_eq!(floor_divide(Int::Small(i64::MIN), Int::Small(-1)), Ok(over.clone()));
    }

    #[test]
    fn division_floors() {
        let pair = |a, b| divide_modulo(Int::Small(a), Int::Small(b)).unwrap();
        assert_eq!(pair(-7, 2), (Integer::Small(-4), Integer::Small(1)));
        assert_eq!(pair(7, -2), (Integer::Small(-4), Integer::Small(-1)));
        assert_eq!(modulo(Int::Small(1), Int::Small(0)), Err(DivideError::Zero));
        let (quotient, remainder) = divide_modulo(big("-100000000000000000000").view(), Int::Small(7)).unwrap();
        assert_eq!((quotient, remainder), (big("-14285714285714285715"), Integer::Small(5)));
    }

    #[test]
    fn true_division_rounds_once() {
        let divide = |a: &str, b: &str| true_divide(big(a).view(), big(b).view());
        assert_eq!(divide("9007199254740993", "1"), Ok(9007199254740992.0));
        assert_eq!(divide("9007199254740993", "-2"), Ok(-4503599627370496.5));
        let huge = format!("1{}", "0".repeat(400));
        assert_eq!(divide(&huge, &huge), Ok(1.0));
        assert_eq!(divide(&huge, "3"), Err(DivideError::Overflow));
        assert_eq!(divide("3", &huge), Ok(0.0));
        let tiny = (BigInt::one() << 1075u32).to_string();
        assert_eq!(divide("1", &tiny), Ok(0.0));
        assert_eq!(divide("3", &tiny), Ok(1e-323));
        assert_eq!(divide("0", &format!("-{huge}")).map(f64::to_bits), Ok((-0.0f64).to_bits()));
    }

    #[test]
    fn powers() {
        assert_eq!(power(Int::Small(-3), Int::Small(3)), Ok(Integer::Small(-27)));
        assert_eq!(power(Int::Small(10), Int::Small(20)), Ok(big("100000000000000000000")));
        assert_eq!(power(Int::Small(10), Int::Small(10_000_000_000)), Err(TooLarge));
        assert_eq!(power(Int::Small(-1), big("100000000000000000001").view()), Ok(Integer::Small(-1)));
        let modulo = |a, b, c| power_modulo(Int::Small(a), Int::Small(b), Int::Small(c));
        assert_eq!(modulo(3, -1, 11), Ok(Integer::Small(4)));
        assert_eq!(modulo(3, 5, -7), Ok(Integer::Small(-2)));
        assert_eq!(modulo(2, -1, 4), Err(PowerModuloError::NotInvertible));
        assert_eq!(modulo(2, 3, 0), Err(PowerModuloError::ZeroModulus));
        assert_eq!(modulo(5, 0, 1), Ok(Integer::Small(0)));
    }

    #[test]
    fn hashes_are_modulo_the_prime() {
        assert_eq!(hash(Int::Small(-1)), -2);
        assert_eq!(hash(Int::Small(i64::MIN)), -4);
        assert_eq!(hash(Int::Small((1 << 61) - 1)), 0);
        assert_eq!(hash(big("1267650600228229401496703205376").view()), 1 << 39);
    }

    #[test]
    fn rounding_to_tens_is_half_to_even() {
        let round = |a, places| round_to_tens(Int::Small(a), places).to_i64().unwrap();
        assert_eq!([round(15, 1), round(25, 1), round(-25, 1), round(-35, 1)], [20, 20, -20, -40]);
        assert_eq!([round(5, 1), round(6, 1), round(99, 2), round(99, 400), round(50, 2)], [0, 10, 100, 0, 0]);
    }
}
