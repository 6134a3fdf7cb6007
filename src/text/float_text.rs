//! Floats to and from text.
//!
//! `repr` and the formatting styles of `%` and `format` (shortest digits from zmij, all others
//! exact from the standard library), `float(text)`, `float.hex` and `float.fromhex`.

use super::float::decompose;
use super::integer::round_binary;
use super::integer_text::to_ascii;

/// More digits behind the point than any double has; what follows is zeros.
const EXACT_DIGITS: usize = 1100;

/// Which digits of a float to write, and where to put the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As few digits as read back the same, as `repr`.
    Shortest,
    /// One digit, the point, so many digits, and an exponent.
    Exponent(usize),
    /// So many digits behind the point.
    Fixed(usize),
    /// So many significant digits, in whichever form suits their size.
    General(usize),
}

/// What `to_text` adds to the digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extra {
    /// `#`: always a point, and no stripping of zeros.
    pub alternate: bool,
    /// `.0` behind a number without point and exponent.
    pub point_zero: bool,
}

/// `repr(x)`.
pub fn repr(x: f64) -> String {
    to_text(x, Style::Shortest, Extra { alternate: false, point_zero: true })
}

/// A float in a style, with a minus where it has one; infinity and NaN are `inf` and `nan`.
pub fn to_text(x: f64, style: Style, extra: Extra) -> String {
    if x.is_nan() {
        return "nan".into();
    }
    let mut out = String::new();
    if x.is_sign_negative() {
        out.push('-');
    }
    let x = x.abs();
    if x.is_infinite() {
        out.push_str("inf");
        return out;
    }
    match style {
        Style::Shortest => {
            let (digits, point) = shortest_digits(x);
            place(&mut out, &digits, point, !(-3..=16).contains(&point), extra);
        }
        Style::Exponent(precision) => {
            let (digits, point) = rounded_digits(x, precision.saturating_add(1));
            place(&mut out, &digits, point, true, extra);
        }
        Style::Fixed(precision) => {
            out.push_str(&format!("{x:.*}", precision.min(EXACT_DIGITS)));
            out.extend(std::iter::repeat_n('0', precision.saturating_sub(EXACT_DIGITS)));
            finish(&mut out, precision > 0, extra);
        }
        Style::General(precision) => {
            let precision = precision.max(1);
            let (mut digits, point) = rounded_digits(x, precision);
            if !extra.alternate {
                let kept = digits.trim_end_matches('0').len().max(1);
                digits.truncate(kept);
            }
            let most = precision as i64 - i64::from(extra.point_zero);
            place(&mut out, &digits, point, !(-3..=most).contains(&point), extra);
        }
    }
    out
}

/// The shortest digits of a float that is not negative, and the place of the point among them.
fn shortest_digits(x: f64) -> (String, i64) {
    if x == 0.0 {
        return ("0".into(), 1);
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(x);
    let (number, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut point = exponent.parse::<i64>().unwrap_or(0) + whole.len() as i64;
    let all = format!("{whole}{fraction}");
    let leading = all.len() - all.trim_start_matches('0').len();
    point -= leading as i64;
    (all.trim_matches('0').to_string(), point)
}

/// So many significant digits of a float that is not negative, and the place of the point.
fn rounded_digits(x: f64, count: usize) -> (String, i64) {
    let text = format!("{x:.*e}", count.saturating_sub(1).min(EXACT_DIGITS));
    let (number, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut digits = number.replace('.', "");
    digits.extend(std::iter::repeat_n('0', count.saturating_sub(digits.len())));
    (digits, exponent.parse::<i64>().unwrap_or(0) + 1)
}

/// Writes digits with the point before the one at `point`, or behind the first and an exponent.
fn place(out: &mut String, digits: &str, point: i64, exponent: bool, extra: Extra) {
    if exponent {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() || extra.alternate {
            out.push('.');
        }
        out.push_str(rest);
        let power = point - 1;
        out.push_str(&format!("e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs()));
        return;
    }
    let count = digits.len() as i64;
    if point <= 0 {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', -point as usize));
        out.push_str(digits);
    } else if point >= count {
        out.push_str(digits);
        out.extend(std::iter::repeat_n('0', (point - count) as usize));
        finish(out, false, extra);
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    }
}

/// Adds the point or the `.0` that a number without a point is to have.
fn finish(out: &mut String, has_point: bool, extra: Extra) {
    if !has_point {
        out.push_str(match (extra.point_zero, extra.alternate) {
            (true, _) => ".0",
            (false, true) => ".",
            (false, false) => "",
        });
    }
}

/// `float(text)`; `None` where it is no number.
pub fn parse(text: &[u8]) -> Option<f64> {
    let ascii = to_ascii(text);
    parse_ascii(&ascii)
}

/// A float from ASCII text that has no white space around it.
pub fn parse_ascii(ascii: &[u8]) -> Option<f64> {
    let mut plain = Vec::with_capacity(ascii.len());
    for (at, &byte) in ascii.iter().enumerate() {
        if byte != b'_' {
            plain.push(byte);
            continue;
        }
        let digit_at = |at: Option<usize>| at.and_then(|at| ascii.get(at)).is_some_and(u8::is_ascii_digit);
        if !digit_at(at.checked_sub(1)) || !digit_at(Some(at + 1)) {
            return None;
        }
    }
    let unsigned = plain.strip_prefix(b"-").or_else(|| plain.strip_prefix(b"+")).unwrap_or(&plain);
    if let Some(value) = named_value(unsigned) {
        return Some(if plain.first() == Some(&b'-') { -value } else { value });
    }
    if !is_decimal_form(unsigned) {
        return None;
    }
    std::str::from_utf8(&plain).ok()?.parse().ok()
}

/// Infinity and NaN by name, in any case.
fn named_value(text: &[u8]) -> Option<f64> {
    let is = |name: &[u8]| text.eq_ignore_ascii_case(name);
    if is(b"inf") || is(b"infinity") {
        return Some(f64::INFINITY);
    }
    is(b"nan").then_some(f64::NAN)
}

/// Whether text is digits with at most a point, at least one digit, and at most an exponent.
fn is_decimal_form(text: &[u8]) -> bool {
    let cut = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (number, exponent) = match cut {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let points = number.iter().filter(|&&byte| byte == b'.').count();
    if digits == 0 || points > 1 || digits + points != number.len() {
        return false;
    }
    exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
    })
}

/// `x.hex()`.
pub fn to_hex(x: f64) -> String {
    if !x.is_finite() {
        return repr(x);
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (mantissa, exponent) = decompose(x);
    let (lead, fraction) = (mantissa >> 52, mantissa & ((1 << 52) - 1));
    format!("{sign}0x{lead}.{fraction:013x}p{:+}", exponent + 52)
}

/// Why `float.fromhex(text)` fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// A ValueError.
    Invalid,
    /// An OverflowError.
    TooLarge,
}

impl HexError {
    /// The words of the exception.
    pub fn message(self) -> &'static str {
        match self {
            HexError::Invalid => "invalid hexadecimal floating-point string",
            HexError::TooLarge => "hexadecimal value too large to represent as a float",
        }
    }
}

/// `float.fromhex(text)`.
pub fn from_hex(text: &str) -> Result<f64, HexError> {
    let text = text.trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r')).as_bytes();
    let negative = text.first() == Some(&b'-');
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let value = match named_value(text) {
        Some(value) => value,
        None => hex_magnitude(text)?,
    };
    Ok(if negative { -value } else { value })
}

fn hex_magnitude(text: &[u8]) -> Result<f64, HexError> {
    let text = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")).unwrap_or(text);
    let cut = text.iter().position(|byte| matches!(byte, b'p' | b'P'));
    let (number, exponent) = match cut {
        Some(at) => (&text[..at], hex_exponent(&text[at + 1..]).ok_or(HexError::Invalid)?),
        None => (text, 0),
    };
    let (mut mantissa, mut more, mut shift) = (0u128, false, 0i64);
    let (mut digits, mut behind_point) = (0usize, false);
    for &byte in number {
        if byte == b'.' && !behind_point {
            behind_point = true;
            continue;
        }
        let digit = (byte as char).to_digit(16).ok_or(HexError::Invalid)?;
        digits += 1;
        if mantissa >> 120 == 0 {
            mantissa = mantissa << 4 | digit as u128;
            shift -= if behind_point { 4 } else { 0 };
        } else {
            more |= digit != 0;
            shift += if behind_point { 0 } else { 4 };
        }
    }
    if digits == 0 {
        return Err(HexError::Invalid);
    }
    round_binary(mantissa, more, exponent.saturating_add(shift)).ok_or(HexError::TooLarge)
}

/// A decimal exponent with a sign, clamped to what no float needs.
fn hex_exponent(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |value: i64, digit: &u8| (value * 10 + (digit - b'0') as i64).min(1 << 50);
    let value = digits.iter().fold(0, add);
    Some(if text[0] == b'-' { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_places_the_exponent_as_python() {
        let cases = [
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1234567890123456.7, "1234567890123456.8"),
            (12345678901234567.0, "1.2345678901234568e+16"),
            (-0.0, "-0.0"),
            (5e-324, "5e-324"),
            (1.7976931348623157e308, "1.7976931348623157e+308"),
            (0.1, "0.1"),
            (100.0, "100.0"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        cases.iter().for_each(|&(x, text)| assert_eq!(repr(x), text));
    }

    #[test]
    fn styles() {
        let plain = |x, style| to_text(x, style, Extra::default());
        assert_eq!(plain(0.1, Style::Fixed(20)), "0.10000000000000000555");
        assert_eq!(plain(2.5, Style::Fixed(0)), "2");
        assert_eq!(plain(12345.0, Style::Exponent(0)), "1e+04");
        assert_eq!(plain(0.0, Style::Exponent(2)), "0.00e+00");
        assert_eq!(plain(100000.0, Style::General(6)), "100000");
        assert_eq!(plain(1e6, Style::General(6)), "1e+06");
        assert_eq!(plain(0.0001, Style::General(6)), "0.0001");
        assert_eq!(plain(0.00001234, Style::General(2)), "1.2e-05");
        assert_eq!(plain(1e-5, Style::Fixed(1200)).len(), 1202);
        let alternate = Extra { alternate: true, point_zero: false };
        assert_eq!(to_text(1.0, Style::General(3), alternate), "1.00");
        assert_eq!(to_text(3.0, Style::Fixed(0), alternate), "3.");
        assert_eq!(to_text(3.0, Style::Exponent(0), alternate), "3.e+00");
        let point_zero = Extra { alternate: false, point_zero: true };
        assert_eq!(to_text(123.0, Style::General(3), point_zero), "1.23e+02");
        assert_eq!(to_text(12.0, Style::General(3), point_zero), "12.0");
    }

    #[test]
    fn texts_that_are_floats() {
        let read = |text: &str| parse(text.as_bytes());
        assert_eq!(read(" 1_0.5e-1_0 "), Some(10.5e-10));
        assert_eq!(read("\u{2003}٣.٥"), Some(3.5));
        assert_eq!(read(".5"), Some(0.5));
        assert_eq!(read("5."), Some(5.0));
        assert_eq!(read("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(read("+nAn").is_some_and(f64::is_nan));
        assert_eq!(read("1e400"), Some(f64::INFINITY));
        for text in ["", ".", "e5", "1e", "1__0", "_1", "1_.5", "1e+", "0x10", "infin", "1 2", "--1", "1.2.3"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn hexadecimal_floats() {
        assert_eq!(to_hex(0.1), "0x1.999999999999ap-4");
        assert_eq!(to_hex(-1.0), "-0x1.0000000000000p+0");
        assert_eq!(to_hex(5e-324), "0x0.0000000000001p-1022");
        assert_eq!(to_hex(-0.0), "-0x0.0p+0");
        assert_eq!(from_hex(" 0x1.999999999999ap-4\n"), Ok(0.1));
        assert_eq!(from_hex("-.8"), Ok(-0.5));
        assert_eq!(from_hex("ff"), Ok(255.0));
        assert_eq!(from_hex("0x1p-1074"), Ok(5e-324));
        assert_eq!(from_hex("0x1p-1075"), Ok(0.0));
        assert_eq!(from_hex("0x1.8p-1075"), Ok(5e-324));
        assert_eq!(from_hex("0x1.fffffffffffff8p1023"), Err(HexError::TooLarge));
        assert_eq!(from_hex("0x0p99999999999999999999"), Ok(0.0));
        assert_eq!(from_hex("0x"), Err(HexError::Invalid));
        assert_eq!(from_hex("1.p"), Err(HexError::Invalid));
    }
}
