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
pub struct Number<'a> {
    /// Whether it has a minus.
    pub negative: bool,
    /// `0x` and the like.
    pub prefix: &'static str,
    /// The digits before the point; none in `inf` and `nan`.
    pub digits: &'a [u8],
    /// The digits behind the point.
    pub fraction: &'a [u8],
    /// All else: the point when there is nothing behind it, the exponent, `%`, `inf`.
    pub rest: &'a [u8],
    /// How many digits are between two separators.
    pub group: usize,
}

impl Number<'_> {
    /// Takes apart the text of a decimal number.
    pub fn new(text: &str) -> Number<'_> {
        let text = text.as_bytes();
        let unsigned = text.strip_prefix(b"-").unwrap_or(text);
        let run = |bytes: &[u8]| bytes.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(bytes.len());
        let end = run(unsigned);
        let behind = unsigned[end..].strip_prefix(b".").unwrap_or(b"");
        let digits_behind = run(behind);
        let rest = if digits_behind == 0 { &unsigned[end..] } else { &behind[digits_behind..] };
        Number {
            negative: unsigned.len() < text.len(),
            prefix: "",
            digits: &unsigned[..end],
            fraction: &behind[..digits_behind],
            rest,
            group: 3,
        }
    }

    /// Appends the number in the layout that a spec asks for; `None` when memory does not have the size.
    pub fn lay_out(&self, spec: &Spec, out: &mut Vec<u8>) -> Option<()> {
        let sign = match (self.negative, spec.sign) {
            (true, _) => "-",
            (false, Some(Sign::Plus)) => "+",
            (false, Some(Sign::Space)) => " ",
            (false, _) => "",
        };
        let around = sign.len() + self.prefix.len() + self.fraction_width(spec) + self.rest.len();
        let inside = spec.align == Align::Inside && spec.fill == '0' as u32;
        let least = if inside { spec.width.saturating_sub(around) } else { 0 };
        let count = self.digit_count(spec.grouping, least);
        let width = around.checked_add(self.grouped_width(spec.grouping, count))?;
        let lacking = spec.width.saturating_sub(width);
        let (before, between, behind) = match spec.align {
            Align::Left => (0, 0, lacking),
            Align::Right => (lacking, 0, 0),
            Align::Center => (lacking / 2, 0, lacking - lacking / 2),
            Align::Inside => (0, lacking, 0),
        };
        let mut fill = [0; 4];
        let fill = wtf8::encode(spec.fill, &mut fill);
        search::reserve_more(out, width.checked_add(lacking.checked_mul(fill.len())?)?)?;
        search::push_times(out, fill, before);
        out.extend_from_slice(sign.as_bytes());
        out.extend_from_slice(self.prefix.as_bytes());
        search::push_times(out, fill, between);
        self.push_digits(out, spec.grouping, count);
        self.push_fraction(out, spec);
        out.extend_from_slice(self.rest);
        search::push_times(out, fill, behind);
        Some(())
    }

    /// How many digits before the point it takes, with zeros before them, to be so wide at least.
    fn digit_count(&self, separator: Option<u8>, least: usize) -> usize {
        let group = self.group;
        let mut count = self.digits.len();
        if count > 0 && separator.is_some() {
            count = count.max(least / (group + 1) * group);
            while self.grouped_width(separator, count) < least {
                count += 1;
            }
        } else if count > 0 {
            count = count.max(least);
        }
        count
    }

    /// How wide so many digits before the point are.
    fn grouped_width(&self, separator: Option<u8>, count: usize) -> usize {
        match separator {
            Some(_) if count > 0 => count + (count - 1) / self.group,
            _ => count,
        }
    }

    /// So many digits before the point, zeros first.
    fn push_digits(&self, out: &mut Vec<u8>, separator: Option<u8>, count: usize) {
        let zeros = count - self.digits.len();
        let Some(separator) = separator else {
            search::push_times(out, b"0", zeros);
            return out.extend_from_slice(self.digits);
        };
        let all = std::iter::repeat_n(b'0', zeros).chain(self.digits.iter().copied());
        for (at, digit) in all.enumerate() {
            if at > 0 && (count - at).is_multiple_of(self.group) {
                out.push(separator);
            }
            out.push(digit);
        }
    }

    /// How wide the point and the digits behind it are.
    fn fraction_width(&self, spec: &Spec) -> usize {
        let count = self.fraction.len();
        let separators = if spec.fraction_grouping.is_some() { count.saturating_sub(1) / 3 } else { 0 };
        usize::from(count > 0) + count + separators
    }

    /// The point and the digits behind it with separators.
    fn push_fraction(&self, out: &mut Vec<u8>, spec: &Spec) {
        if self.fraction.is_empty() {
            return;
        }
        out.push(b'.');
        for (at, digit) in self.fraction.iter().copied().enumerate() {
            if let Some(separator) = spec.fraction_grouping
                && at > 0
                && at.is_multiple_of(3)
            {
                out.push(separator);
            }
            out.push(digit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_apart() {
        let shown = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let parts = |text| {
            let number = Number::new(text);
            (number.negative, shown(number.digits), shown(number.fraction), shown(number.rest))
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
        assert_eq!(parts("5%"), owned(false, "5", "", "%"));
    }
}
