//! The layout of a formatted number: sign, prefix, grouped digits, point, and fill between them.
//!
//! `format_spec` says which digits; this file puts them in their places.

use super::float_text::{Extra, Style, to_text};
use super::format_spec::{Align, Sign, Spec};
use super::{search, wtf8};

/// How to write a float, or one part of a complex number.
pub struct Parts {
    /// Which digits.
    pub style: Style,
    /// What is added to them.
    pub extra: Extra,
    /// In capitals.
    pub upper: bool,
}

impl Parts {
    /// The digits with a minus where there is one.
    pub fn text(&self, value: f64, spec: &Spec) -> String {
        let mut text = to_text(value, self.style, self.extra);
        // A rounded negative number may have become zero.
        if spec.positive_zero && text.starts_with('-') {
            let mantissa = text.split(['e', '%']).next().unwrap_or("");
            if value.is_finite() && !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9')) {
                text.remove(0);
            }
        }
        if self.upper { text.to_uppercase() } else { text }
    }
}

/// A number taken apart.
#[derive(Debug)]
pub struct Number {
    /// Whether it has a minus.
    pub negative: bool,
    /// `0x` and the like.
    pub prefix: &'static str,
    /// The digits before the point; none in `inf` and `nan`.
    pub digits: String,
    /// The digits behind the point.
    pub fraction: String,
    /// All else: the point when there is nothing behind it, the exponent, `%`, `inf`.
    pub rest: String,
    /// How many digits are between two separators.
    pub group: usize,
}

impl Number {
    /// Takes apart the text of a number: a decimal one, or an integer in any base.
    pub fn new(text: &str) -> Number {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let named = unsigned.starts_with(['i', 'I', 'n', 'N']);
        // An exponent is only looked for behind a point or by its sign: `e` is a digit in base 16.
        let exponent = unsigned.find(['+', '-']).map(|at| at - 1);
        let end = match (unsigned.find('.'), exponent) {
            _ if named => 0,
            (Some(point), _) => point,
            (None, Some(exponent)) => exponent,
            (None, None) => unsigned.trim_end_matches('%').len(),
        };
        let behind = unsigned[end..].strip_prefix('.').unwrap_or("");
        let digits_behind = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let rest = if digits_behind == 0 { &unsigned[end..] } else { &behind[digits_behind..] };
        Number {
            negative: unsigned.len() < text.len(),
            prefix: "",
            digits: unsigned[..end].into(),
            fraction: behind[..digits_behind].into(),
            rest: rest.into(),
            group: 3,
        }
    }

    /// The number in the layout that a spec asks for; `None` when memory does not have the size.
    pub fn lay_out(&self, spec: &Spec) -> Option<Vec<u8>> {
        let sign = match (self.negative, spec.sign) {
            (true, _) => "-",
            (false, Some(Sign::Plus)) => "+",
            (false, Some(Sign::Space)) => " ",
            (false, _) => "",
        };
        let fraction = self.grouped_fraction(spec);
        let around = sign.len() + self.prefix.len() + fraction.len() + self.rest.len();
        let inside = spec.align == Align::Inside && spec.fill == '0' as u32;
        let least = if inside { spec.width.saturating_sub(around) } else { 0 };
        let digits = self.grouped_digits(spec.grouping, least)?;
        let lacking = spec.width.saturating_sub(around + digits.len());
        let (before, between, behind) = match spec.align {
            Align::Left => (0, 0, lacking),
            Align::Right => (lacking, 0, 0),
            Align::Center => (lacking / 2, 0, lacking - lacking / 2),
            Align::Inside => (0, lacking, 0),
        };
        let mut fill = Vec::new();
        wtf8::push(&mut fill, spec.fill);
        let mut out = search::pad(b"", before, 0, &fill)?;
        out.extend_from_slice(sign.as_bytes());
        out.extend_from_slice(self.prefix.as_bytes());
        out.extend(search::pad(b"", between, 0, &fill)?);
        out.extend_from_slice(digits.as_bytes());
        out.extend_from_slice(fraction.as_bytes());
        out.extend_from_slice(self.rest.as_bytes());
        out.extend(search::pad(b"", behind, 0, &fill)?);
        Some(out)
    }

    /// The digits before the point with separators, zeros before them up to a least width.
    fn grouped_digits(&self, separator: Option<u8>, least: usize) -> Option<String> {
        if self.digits.is_empty() {
            return Some(String::new());
        }
        let group = self.group;
        let mut count = self.digits.len();
        if separator.is_some() {
            let width = |count: usize| count + (count - 1) / group;
            count = count.max(least / (group + 1) * group);
            while width(count) < least {
                count += 1;
            }
        } else {
            count = count.max(least);
        }
        let zeros = count - self.digits.len();
        search::reserve(count.checked_mul(2)?)?;
        let Some(separator) = separator else {
            return Some("0".repeat(zeros) + &self.digits);
        };
        let mut out = String::with_capacity(count + count / group);
        let all = std::iter::repeat_n('0', zeros).chain(self.digits.chars());
        for (at, digit) in all.enumerate() {
            if at > 0 && (count - at).is_multiple_of(group) {
                out.push(separator as char);
            }
            out.push(digit);
        }
        Some(out)
    }

    /// The point and the digits behind it with separators.
    fn grouped_fraction(&self, spec: &Spec) -> String {
        if self.fraction.is_empty() {
            return String::new();
        }
        let mut out = String::with_capacity(self.fraction.len() + 1);
        out.push('.');
        for (at, digit) in self.fraction.chars().enumerate() {
            if let Some(separator) = spec.fraction_grouping
                && at > 0
                && at.is_multiple_of(3)
            {
                out.push(separator as char);
            }
            out.push(digit);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_apart() {
        let parts = |text| {
            let number = Number::new(text);
            (number.negative, number.digits, number.fraction, number.rest)
        };
        let owned = |negative, digits: &str, fraction: &str, rest: &str| {
            (negative, digits.to_string(), fraction.to_string(), rest.to_string())
        };
        assert_eq!(parts("-12.50%"), owned(true, "12", "50", "%"));
        assert_eq!(parts("1.5e+16"), owned(false, "1", "5", "e+16"));
        assert_eq!(parts("1e-05"), owned(false, "1", "", "e-05"));
        assert_eq!(parts("3."), owned(false, "3", "", "."));
        assert_eq!(parts("3.e+00"), owned(false, "3", "", ".e+00"));
        assert_eq!(parts("-inf"), owned(true, "", "", "inf"));
        assert_eq!(parts("NAN%"), owned(false, "", "", "NAN%"));
        assert_eq!(parts("deadbeef"), owned(false, "deadbeef", "", ""));
        assert_eq!(parts("5%"), owned(false, "5", "", "%"));
    }
}
