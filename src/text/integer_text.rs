//! Integers to and from text and bytes.
//!
//! `parse` accepts what `int(text, base)` accepts; the caller words the exception, since it has the
//! argument's repr. `to_text` writes any base; `to_bytes` and `from_bytes` are the methods of int.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::Zero;

use super::integer::{Int, Integer, from_magnitude};
use super::{search, unicode, wtf8};

/// The most decimal digits that conversions between text and integers handle unless told otherwise.
pub const DEFAULT_DIGIT_LIMIT: usize = 4300;

/// The least limit, other than none, that a script may set.
pub const LEAST_DIGIT_LIMIT: usize = 640;

/// Why a text is no integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// Not of the form; "invalid literal for int() with base ...".
    Invalid,
    /// The base is not 0 or 2 to 36.
    Base,
    /// More digits than the limit.
    TooManyDigits(usize),
}

/// Why an integer does not fit into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToBytesError {
    /// Negative, and the bytes are unsigned.
    Negative,
    /// More bytes are needed.
    TooBig,
    /// Memory does not have so many bytes: a MemoryError.
    Memory,
}

impl ToBytesError {
    /// The words of the OverflowError.
    pub fn message(self) -> &'static str {
        match self {
            ToBytesError::Negative => "can't convert negative int to unsigned",
            ToBytesError::TooBig => "int too big to convert",
            ToBytesError::Memory => "",
        }
    }
}

/// The words of the ValueError for text of more digits than the limit.
pub fn digit_limit_message(limit: usize, digits: usize) -> String {
    format!(
        "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; \
         use sys.set_int_max_str_digits() to increase the limit"
    )
}

/// The words of the ValueError for an integer of more digits than the limit.
pub fn text_limit_message(limit: usize) -> String {
    format!(
        "Exceeds the limit ({limit} digits) for integer string conversion; \
         use sys.set_int_max_str_digits() to increase the limit"
    )
}

/// Text with surrounding white space removed and every Unicode decimal digit made ASCII. What is
/// neither becomes `?`, which no number contains. The text is that of a str: whoever has bytes refuses
/// those that are not ASCII first.
pub fn to_ascii(text: &[u8]) -> Vec<u8> {
    let plain = |code: u32| match code {
        0..0x80 => code as u8,
        _ if unicode::is_space(code) => b' ',
        _ => unicode::decimal_value(code).map_or(b'?', |digit| b'0' + digit),
    };
    let mut ascii: Vec<u8> = wtf8::code_points(text).map(plain).collect();
    let is_space = |byte: &u8| unicode::is_space(*byte as u32);
    let end = ascii.iter().rposition(|byte| !is_space(byte)).map_or(0, |last| last + 1);
    ascii.truncate(end);
    let start = ascii.iter().position(|byte| !is_space(byte)).unwrap_or(0);
    ascii.drain(..start);
    ascii
}

/// `int(text, base)`; a limit of 0 is none.
pub fn parse(text: &[u8], base: u32, limit: usize) -> Result<Integer, ParseError> {
    if base == 1 || base > 36 {
        return Err(ParseError::Base);
    }
    if base == 10
        && let Some(value) = short_decimal(text)
    {
        return Ok(Integer::Small(value));
    }
    let ascii = to_ascii(text);
    let (negative, rest) = split_sign(&ascii);
    let (base, digits) = split_prefix(rest, base).ok_or(ParseError::Invalid)?;
    let plain = plain_digits(digits, base).ok_or(ParseError::Invalid)?;
    if limit > 0 && plain.len() > limit && !base.is_power_of_two() {
        return Err(ParseError::TooManyDigits(plain.len()));
    }
    let text = std::str::from_utf8(&plain).map_err(|_| ParseError::Invalid)?;
    if let Ok(magnitude) = i64::from_str_radix(text, base) {
        return Ok(Integer::Small(if negative { -magnitude } else { magnitude }));
    }
    let magnitude = BigUint::parse_bytes(&plain, base).ok_or(ParseError::Invalid)?;
    Ok(from_magnitude(negative, magnitude))
}

/// The value of up to 18 ASCII digits and nothing else, which is what most texts are.
fn short_decimal(text: &[u8]) -> Option<i64> {
    let digits = (1..=18).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    let add = |value, digit: &u8| value * 10 + (digit - b'0') as i64;
    digits.then(|| text.iter().fold(0, add))
}

/// Whether the text starts with a minus, and what follows its sign.
fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// The base, taken from the prefix where it is 0, and the digits behind the prefix and its `_`.
fn split_prefix(text: &[u8], base: u32) -> Option<(u32, &[u8])> {
    let named = match text {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    if named != 0 && (base == 0 || base == named) {
        let digits = &text[2..];
        return Some((named, digits.strip_prefix(b"_").unwrap_or(digits)));
    }
    if base != 0 {
        return Some((base, text));
    }
    // Without a prefix a leading zero is only allowed for zero itself.
    let all_zero = text.iter().all(|byte| matches!(byte, b'0' | b'_'));
    (text.first() != Some(&b'0') || all_zero).then_some((10, text))
}

/// The digits without single underscores between them; `None` where another character is found.
fn plain_digits(digits: &[u8], base: u32) -> Option<Vec<u8>> {
    let mut plain = Vec::with_capacity(digits.len());
    let mut after_digit = false;
    for &byte in digits {
        if byte == b'_' {
            if !after_digit {
                return None;
            }
            after_digit = false;
        } else {
            (byte as char).to_digit(base)?;
            plain.push(byte);
            after_digit = true;
        }
    }
    after_digit.then_some(plain)
}

/// The number in decimal; `None` when it has more digits than the limit (0 is none).
pub fn to_decimal(value: Int<'_>, limit: usize) -> Option<String> {
    match value {
        Int::Small(value) => Some(value.to_string()),
        Int::Big(value) => {
            // The cheap test first: a number of 4300 digits has at least 14281 bits.
            if limit > 0 && value.bits() > limit as u64 * 10 / 3 + 4 {
                return None;
            }
            let text = value.to_string();
            let digits = text.len() - usize::from(text.starts_with('-'));
            (limit == 0 || digits <= limit).then_some(text)
        }
    }
}

/// The digits of a number in base 2, 8, 10 or 16, at the end of a buffer.
pub fn small_digits(value: u64, base: u32, upper: bool, buffer: &mut [u8; 64]) -> &[u8] {
    let digits: &[u8; 16] = if upper { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let (mut rest, mut at) = (value, buffer.len());
    let shift = base.trailing_zeros();
    while rest > 0 || at == buffer.len() {
        at -= 1;
        (buffer[at], rest) = match base {
            10 => (b'0' + (rest % 10) as u8, rest / 10),
            _ => (digits[(rest & (base as u64 - 1)) as usize], rest >> shift),
        };
    }
    &buffer[at..]
}

/// The number in decimal, at the end of a buffer.
pub fn small_decimal(value: i64, buffer: &mut [u8; 64]) -> &[u8] {
    let mut start = buffer.len() - small_digits(value.unsigned_abs(), 10, false, buffer).len();
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    &buffer[start..]
}

/// The number in a base of 2 to 36, lower case, without a prefix.
pub fn to_text(value: Int<'_>, base: u32) -> String {
    let base = base.clamp(2, 36);
    match value {
        Int::Small(value) if base == 10 => value.to_string(),
        Int::Small(value) if base == 16 => signed(value, format!("{:x}", value.unsigned_abs())),
        Int::Small(value) if base == 8 => signed(value, format!("{:o}", value.unsigned_abs())),
        Int::Small(value) if base == 2 => signed(value, format!("{:b}", value.unsigned_abs())),
        _ => value.to_big().to_str_radix(base),
    }
}

fn signed(value: i64, digits: String) -> String {
    if value < 0 { format!("-{digits}") } else { digits }
}

/// The number with the prefix of `hex`, `oct` or `bin`.
pub fn to_prefixed_text(value: Int<'_>, base: u32) -> String {
    let prefix = match base {
        16 => "0x",
        8 => "0o",
        _ => "0b",
    };
    let text = to_text(value, base);
    match text.strip_prefix('-') {
        Some(digits) => format!("-{prefix}{digits}"),
        None => format!("{prefix}{text}"),
    }
}

/// `value.to_bytes(length, order, signed=signed)`.
pub fn to_bytes(value: Int<'_>, length: usize, little: bool, is_signed: bool) -> Result<Vec<u8>, ToBytesError> {
    let negative = value.is_negative();
    if negative && !is_signed {
        return Err(ToBytesError::Negative);
    }
    let mut bytes = match (value.is_zero(), is_signed) {
        (true, _) => Vec::new(),
        // As CPython: -1 is all sign, so it fits in no bytes at all.
        (_, true) if length == 0 && value.to_i64() == Some(-1) => Vec::new(),
        (_, true) => value.to_big().to_signed_bytes_le(),
        (_, false) => value.magnitude().to_bytes_le(),
    };
    if bytes.len() > length {
        return Err(ToBytesError::TooBig);
    }
    if length > search::LARGEST {
        return Err(ToBytesError::Memory);
    }
    bytes.resize(length, if negative { 0xFF } else { 0 });
    if !little {
        bytes.reverse();
    }
    Ok(bytes)
}

/// `int.from_bytes(bytes, order, signed=signed)`.
pub fn from_bytes(bytes: &[u8], little: bool, is_signed: bool) -> Integer {
    let value = match (little, is_signed) {
        (true, true) => BigInt::from_signed_bytes_le(bytes),
        (false, true) => BigInt::from_signed_bytes_be(bytes),
        (true, false) => BigInt::from_bytes_le(Sign::Plus, bytes),
        (false, false) => BigInt::from_bytes_be(Sign::Plus, bytes),
    };
    if value.is_zero() { Integer::Small(0) } else { value.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, base: u32) -> Option<i64> {
        parse(text.as_bytes(), base, 0).ok().and_then(|value| value.to_i64())
    }

    #[test]
    fn texts_that_are_integers() {
        assert_eq!(read(" \u{a0}-1_000\n", 10), Some(-1000));
        assert_eq!(read("٣٤", 10), Some(34));
        assert_eq!(read("0x_fF", 0), Some(255));
        assert_eq!(read("0b101", 2), Some(5));
        assert_eq!(read("0b1", 16), Some(0xb1));
        assert_eq!(read("+0_0", 0), Some(0));
        assert_eq!(read("zz", 36), Some(35 * 37));
        assert_eq!(parse(b"-9223372036854775808", 10, 0), Ok(Integer::Small(i64::MIN)));
    }

    #[test]
    fn texts_that_are_not() {
        for text in ["", " ", "-", "--1", "1__0", "_1", "1_", "1 2", "0x", "1.0", "½", "²", "x"] {
            assert_eq!(parse(text.as_bytes(), 10, 0), Err(ParseError::Invalid), "{text}");
        }
        assert_eq!(read("010", 0), None);
        assert_eq!(read("0x__1", 0), None);
        assert_eq!(read("2", 2), None);
        assert_eq!(parse(b"1", 37, 0), Err(ParseError::Base));
        assert_eq!(parse(&b"1".repeat(4301), 10, 4300), Err(ParseError::TooManyDigits(4301)));
        assert!(parse(&b"1".repeat(4301), 16, 4300).is_ok());
    }

    #[test]
    fn text_of_integers() {
        assert_eq!(to_prefixed_text(Int::Small(-255), 16), "-0xff");
        assert_eq!(to_prefixed_text(Int::Small(i64::MIN), 2), format!("-0b1{}", "0".repeat(63)));
        assert_eq!(to_text(Int::Small(-35), 36), "-z");
        let big = BigInt::from(10).pow(4300);
        assert_eq!(to_decimal(Int::Big(&big), 4300), None);
        assert_eq!(to_decimal(Int::Big(&(big - 1)), 4300).map(|text| text.len()), Some(4300));
    }

    #[test]
    fn bytes_of_integers() {
        assert_eq!(to_bytes(Int::Small(258), 3, false, false), Ok(vec![0, 1, 2]));
        assert_eq!(to_bytes(Int::Small(-2), 2, true, true), Ok(vec![0xFE, 0xFF]));
        assert_eq!(to_bytes(Int::Small(128), 1, true, true), Err(ToBytesError::TooBig));
        assert_eq!(to_bytes(Int::Small(-1), 1, true, false), Err(ToBytesError::Negative));
        assert_eq!(to_bytes(Int::Small(0), 0, true, false), Ok(vec![]));
        assert_eq!(to_bytes(Int::Small(-128), 1, true, true), Ok(vec![0x80]));
        assert_eq!(from_bytes(&[0x80], true, true), Integer::Small(-128));
        assert_eq!(from_bytes(&[], true, true), Integer::Small(0));
        assert_eq!(from_bytes(&[1, 0], false, false), Integer::Small(256));
    }
}
