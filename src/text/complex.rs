//! Complex numbers: text, arithmetic and hash, with Python's rules.
//!
//! Formatting by a spec is in `format_spec`; functions such as `cmath.sqrt` belong to their module.

use super::float;
use super::float_text::{self, Extra, Style};
use super::integer_text::to_ascii;

/// A complex number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    /// The real part.
    pub real: f64,
    /// The imaginary part.
    pub imaginary: f64,
}

/// Why an operation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplexError {
    /// A ZeroDivisionError: by zero, or zero to a negative or complex power.
    Zero,
    /// An OverflowError.
    Overflow,
}

impl Complex {
    /// A number of these parts.
    pub fn new(real: f64, imaginary: f64) -> Complex {
        Complex { real, imaginary }
    }

    /// `self + other`.
    pub fn add(self, other: Complex) -> Complex {
        Complex::new(self.real + other.real, self.imaginary + other.imaginary)
    }

    /// `self - other`.
    pub fn subtract(self, other: Complex) -> Complex {
        Complex::new(self.real - other.real, self.imaginary - other.imaginary)
    }

    /// `self * other`.
    pub fn multiply(self, other: Complex) -> Complex {
        Complex::new(
            self.real * other.real - self.imaginary * other.imaginary,
            self.real * other.imaginary + self.imaginary * other.real,
        )
    }

    /// `-self`.
    pub fn negate(self) -> Complex {
        Complex::new(-self.real, -self.imaginary)
    }

    /// `self.conjugate()`.
    pub fn conjugate(self) -> Complex {
        Complex::new(self.real, -self.imaginary)
    }

    /// Whether both parts are zero.
    pub fn is_zero(self) -> bool {
        self.real == 0.0 && self.imaginary == 0.0
    }

    /// `self / other`. Both parts are scaled by the larger part of the divisor, so that nothing
    /// overflows on the way that the result does not.
    pub fn divide(self, other: Complex) -> Result<Complex, ComplexError> {
        let (c, d) = (other.real, other.imaginary);
        if c.abs() >= d.abs() {
            if c == 0.0 {
                return Err(ComplexError::Zero);
            }
            let ratio = d / c;
            let scale = c + d * ratio;
            return Ok(Complex::new(
                (self.real + self.imaginary * ratio) / scale,
                (self.imaginary - self.real * ratio) / scale,
            ));
        }
        if d.abs() >= c.abs() {
            let ratio = c / d;
            let scale = c * ratio + d;
            return Ok(Complex::new(
                (self.real * ratio + self.imaginary) / scale,
                (self.imaginary * ratio - self.real) / scale,
            ));
        }
        Ok(Complex::new(f64::NAN, f64::NAN))
    }

    /// `abs(self)`.
    pub fn absolute(self) -> Result<f64, ComplexError> {
        let length = self.real.hypot(self.imaginary);
        match length.is_infinite() && self.real.is_finite() && self.imaginary.is_finite() {
            true => Err(ComplexError::Overflow),
            false => Ok(length),
        }
    }

    /// `self ** exponent`. Small whole exponents multiply, which is exact where it can be.
    pub fn power(self, exponent: Complex) -> Result<Complex, ComplexError> {
        let whole = exponent.imaginary == 0.0 && exponent.real == exponent.real.floor();
        let result = match whole && exponent.real.abs() <= 100.0 {
            true => self.whole_power(exponent.real as i32)?,
            false => self.polar_power(exponent)?,
        };
        match result.real.is_infinite() || result.imaginary.is_infinite() {
            true => Err(ComplexError::Overflow),
            false => Ok(result),
        }
    }

    fn whole_power(self, exponent: i32) -> Result<Complex, ComplexError> {
        let mut result = Complex::new(1.0, 0.0);
        let mut square = self;
        let mut left = exponent.unsigned_abs();
        while left > 0 {
            if left & 1 == 1 {
                result = result.multiply(square);
            }
            square = square.multiply(square);
            left >>= 1;
        }
        if exponent > 0 { Ok(result) } else { Complex::new(1.0, 0.0).divide(result) }
    }

    fn polar_power(self, exponent: Complex) -> Result<Complex, ComplexError> {
        if exponent.is_zero() {
            return Ok(Complex::new(1.0, 0.0));
        }
        if self.is_zero() {
            return match exponent.imaginary != 0.0 || exponent.real < 0.0 {
                true => Err(ComplexError::Zero),
                false => Ok(Complex::new(0.0, 0.0)),
            };
        }
        let distance = self.real.hypot(self.imaginary);
        let angle = self.imaginary.atan2(self.real);
        let mut length = distance.powf(exponent.real);
        let mut phase = angle * exponent.real;
        if exponent.imaginary != 0.0 {
            length /= (angle * exponent.imaginary).exp();
            phase += exponent.imaginary * distance.ln();
        }
        // CPython says so of whatever the sine is not defined for.
        if phase.is_infinite() {
            return Err(ComplexError::Zero);
        }
        Ok(Complex::new(length * phase.cos(), length * phase.sin()))
    }
}

/// `hash(value)`; the hash of a NaN part is the caller's, by identity.
pub fn hash(value: Complex, hash_of_nan: i64) -> i64 {
    let real = float::hash(value.real).unwrap_or(hash_of_nan) as u64;
    let imaginary = float::hash(value.imaginary).unwrap_or(hash_of_nan) as u64;
    match real.wrapping_add(imaginary.wrapping_mul(1_000_003)) as i64 {
        -1 => -2,
        hash => hash,
    }
}

/// `repr(value)`.
pub fn repr(value: Complex) -> String {
    let part = |x| float_text::to_text(x, Style::Shortest, Extra::default());
    let imaginary = part(value.imaginary);
    if value.real == 0.0 && value.real.is_sign_positive() {
        return format!("{imaginary}j");
    }
    let sign = if imaginary.starts_with('-') { "" } else { "+" };
    format!("({}{sign}{imaginary}j)", part(value.real))
}

/// `complex(text)`; `None` where it is no number.
pub fn parse(text: &[u8]) -> Option<Complex> {
    let ascii = to_ascii(text);
    let mut text = without_underscores(&ascii)?;
    if text.first() == Some(&b'(') {
        let inner = text.strip_prefix(b"(")?.strip_suffix(b")")?;
        text = to_ascii(inner);
    }
    let first = number_length(&text);
    let (number, rest) = text.split_at(first);
    if first == 0 {
        return match rest {
            [b'+', b'j' | b'J'] | [b'j' | b'J'] => Some(Complex::new(0.0, 1.0)),
            [b'-', b'j' | b'J'] => Some(Complex::new(0.0, -1.0)),
            _ => None,
        };
    }
    let value = float_text::parse_ascii(number)?;
    match rest {
        [] => Some(Complex::new(value, 0.0)),
        [b'j' | b'J'] => Some(Complex::new(0.0, value)),
        [b'+', b'j' | b'J'] => Some(Complex::new(value, 1.0)),
        [b'-', b'j' | b'J'] => Some(Complex::new(value, -1.0)),
        [b'+' | b'-', .., b'j' | b'J'] => {
            let imaginary = &rest[..rest.len() - 1];
            let complete = number_length(imaginary) == imaginary.len();
            Some(Complex::new(value, complete.then(|| float_text::parse_ascii(imaginary)).flatten()?))
        }
        _ => None,
    }
}

/// The text without single underscores between digits; `None` where one stands elsewhere.
fn without_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let is_digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
    let misplaced = |at: usize| !is_digit(at.checked_sub(1)) || !is_digit(Some(at + 1));
    if memchr::memchr_iter(b'_', text).any(misplaced) {
        return None;
    }
    Some(text.iter().copied().filter(|&byte| byte != b'_').collect())
}

/// How many bytes of a text are a float, as far as it goes.
fn number_length(text: &[u8]) -> usize {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let rest = &text[sign..];
    for name in [&b"infinity"[..], b"inf", b"nan"] {
        if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name) {
            return sign + name.len();
        }
    }
    let digits_from = |at: usize| rest[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits_from(0);
    let mut end = whole;
    let mut fraction = 0;
    if rest.get(end) == Some(&b'.') {
        fraction = digits_from(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return 0;
    }
    if matches!(rest.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
        let start = (end + 1 + signed).min(rest.len());
        let digits = digits_from(start);
        if digits > 0 {
            end = start + digits;
        }
    }
    sign + end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let shown = |real, imaginary| repr(Complex::new(real, imaginary));
        assert_eq!(shown(0.0, 1.0), "1j");
        assert_eq!(shown(-0.0, 1.0), "(-0+1j)");
        assert_eq!(shown(1.5, -0.0), "(1.5-0j)");
        assert_eq!(shown(f64::NAN, f64::NEG_INFINITY), "(nan-infj)");
        assert_eq!(shown(1e16, 1e-5), "(1e+16+1e-05j)");
    }

    #[test]
    fn texts_that_are_complex() {
        let read = |text: &str| parse(text.as_bytes()).map(|z| (z.real, z.imaginary));
        assert_eq!(read(" ( 1+2j ) "), Some((1.0, 2.0)));
        assert_eq!(read("-j"), Some((0.0, -1.0)));
        assert_eq!(read("1e3-J"), Some((1000.0, -1.0)));
        assert_eq!(read("1_0-.5e-1j"), Some((10.0, -0.05)));
        assert_eq!(read("-inf+nanj").map(|z| z.0), Some(f64::NEG_INFINITY));
        assert_eq!(read("3"), Some((3.0, 0.0)));
        for text in ["", "()", "1 + 2j", "1+2", "j1", "1j+2", "1+2jj", "(1+2j", "1++2j", "1e+j", "+", "1_j"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn arithmetic() {
        let (a, b) = (Complex::new(1.0, 2.0), Complex::new(3.0, -4.0));
        assert_eq!(a.multiply(b), Complex::new(11.0, 2.0));
        assert_eq!(a.divide(b), Ok(Complex::new(-0.2, 0.4)));
        assert_eq!(a.divide(Complex::new(0.0, 0.0)), Err(ComplexError::Zero));
        assert_eq!(a.power(Complex::new(2.0, 0.0)), Ok(Complex::new(-3.0, 4.0)));
        assert_eq!(a.power(Complex::new(0.0, 0.0)), Ok(Complex::new(1.0, 0.0)));
        assert_eq!(Complex::new(0.0, 0.0).power(Complex::new(-1.0, 0.0)), Err(ComplexError::Zero));
        assert_eq!(Complex::new(1e200, 0.0).power(Complex::new(2.0, 0.0)), Err(ComplexError::Overflow));
        assert_eq!(Complex::new(3.0, 4.0).absolute(), Ok(5.0));
        assert_eq!(Complex::new(1.5e308, 1.5e308).absolute(), Err(ComplexError::Overflow));
    }

    #[test]
    fn hashes() {
        assert_eq!(hash(Complex::new(1.0, 0.0), 0), 1);
        assert_eq!(hash(Complex::new(1.0, 2.0), 0), 2000007);
        assert_eq!(hash(Complex::new(0.0, -1.0), 0), -2000006);
    }
}
