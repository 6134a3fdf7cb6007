//! The format mini-language: `[[fill]align][sign][z][#][0][width][grouping][.precision][grouping][type]`.
//!
//! `Spec::parse` reads it; `format_text`, `format_integer`, `format_float` and `format_complex` apply
//! it, each being the `__format__` of its type for a spec that is not empty, appended to a buffer. The layout of numbers is
//! in `format_number`. Results are strings that may hold a surrogate, as a fill character.

use super::complex::Complex;
use super::float_text::{Extra, Style};
use super::format_number::{Number, Parts};
use super::integer::Int;
use super::{float, integer_text, search, unicode, wtf8};

/// The most digits that a float is written with; all but the first thousand are zeros anyway.
pub const MOST_DIGITS: usize = 1 << 26;

/// Why a value cannot be formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatError {
    /// The words of a ValueError.
    Value(String),
    /// The words of a ValueError, to which " for object of type" and the type is to be added.
    OfType(String),
    /// The words of an OverflowError.
    Overflow(&'static str),
    /// A MemoryError.
    Memory,
}

/// The error of this text.
pub(super) fn value_error<T>(message: impl Into<String>) -> Result<T, FormatError> {
    Err(FormatError::Value(message.into()))
}

/// Where the text goes in its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
    /// `=`: the fill goes between sign and digits.
    Inside,
}

/// What stands before a number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `-`: nothing.
    Minus,
    /// `+`
    Plus,
    /// A blank.
    Space,
}

/// A parsed spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The code point that fills the width.
    pub fill: u32,
    /// The alignment, by default that of the type.
    pub align: Align,
    /// The sign, when one is given.
    pub sign: Option<Sign>,
    /// `z`: no negative zero.
    pub positive_zero: bool,
    /// `#`
    pub alternate: bool,
    /// The least width in code points.
    pub width: usize,
    /// `,` or `_` between the digits before the point.
    pub grouping: Option<u8>,
    /// Digits, or at most so many code points.
    pub precision: Option<usize>,
    /// `,` or `_` between the digits behind the point.
    pub fraction_grouping: Option<u8>,
    /// The type, when one is given.
    pub kind: Option<u32>,
}

/// How far a spec has been read.
struct Reader<'a> {
    spec: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// The next code point.
    #[inline]
    fn peek(&self) -> Option<u32> {
        self.peek_at(self.at).map(|(code, _)| code)
    }

    /// The code point at an offset, and where the one after it begins.
    #[inline]
    fn peek_at(&self, at: usize) -> Option<(u32, usize)> {
        match self.spec.get(at) {
            Some(&byte) if byte < 0x80 => Some((byte as u32, at + 1)),
            Some(_) => wtf8::decode(self.spec, at).map(|(code, length)| (code, at + length)),
            None => None,
        }
    }

    /// Steps over this character if it is next.
    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c as u32);
        self.at += usize::from(found);
        found
    }

    /// Reads a number in decimal digits of any script.
    fn number(&mut self) -> Result<Option<usize>, FormatError> {
        let mut value = None;
        while let Some((code, next)) = self.peek_at(self.at)
            && let Some(digit) = decimal_value(code)
        {
            let larger = (value.unwrap_or(0) as i64).checked_mul(10).and_then(|n| n.checked_add(digit as i64));
            match larger {
                Some(larger) => value = Some(larger as usize),
                None => return value_error("Too many decimal digits in format string"),
            }
            self.at = next;
        }
        Ok(value)
    }

    /// Reads `,` or `_`, not both.
    fn grouping(&mut self) -> Result<Option<u8>, FormatError> {
        let comma = self.take(',');
        let underscore = self.take('_');
        if underscore && (comma || self.peek() == Some(',' as u32)) {
            return value_error("Cannot specify both ',' and '_'.");
        }
        Ok(if comma { Some(b',') } else { underscore.then_some(b'_') })
    }
}

fn decimal_value(code: u32) -> Option<u8> {
    match code {
        0..0x80 => (code as u8).is_ascii_digit().then(|| code as u8 - b'0'),
        _ => unicode::decimal_value(code),
    }
}

fn alignment(code: Option<u32>) -> Option<Align> {
    Some(match char::from_u32(code?)? {
        '<' => Align::Left,
        '>' => Align::Right,
        '^' => Align::Center,
        '=' => Align::Inside,
        _ => return None,
    })
}

impl Spec {
    /// Reads a spec for a type that is aligned so by default.
    pub fn parse(spec: &[u8], align: Align) -> Result<Spec, FormatError> {
        let mut reader = Reader { spec, at: 0 };
        let mut fill = None;
        let mut given = None;
        if let Some((first, next)) = reader.peek_at(0) {
            let second = reader.peek_at(next);
            given = alignment(second.map(|(code, _)| code));
            if let (Some(_), Some((_, after))) = (given, second) {
                fill = Some(first);
                reader.at = after;
            } else {
                given = alignment(Some(first));
                reader.at = if given.is_some() { next } else { 0 };
            }
        }
        let sign = match reader.peek().and_then(char::from_u32) {
            Some('+') => Some(Sign::Plus),
            Some('-') => Some(Sign::Minus),
            Some(' ') => Some(Sign::Space),
            _ => None,
        };
        reader.at += usize::from(sign.is_some());
        let positive_zero = reader.take('z');
        let alternate = reader.take('#');
        if fill.is_none() && reader.take('0') {
            fill = Some('0' as u32);
            if given.is_none() && align == Align::Right {
                given = Some(Align::Inside);
            }
        }
        let width = reader.number()?.unwrap_or(0);
        let grouping = reader.grouping()?;
        let (mut precision, mut fraction_grouping) = (None, None);
        if reader.take('.') {
            precision = reader.number()?;
            fraction_grouping = reader.grouping()?;
            if precision.is_none() && fraction_grouping.is_none() {
                return value_error("Format specifier missing precision");
            }
        }
        let kind = reader.kind()?;
        let fill = fill.unwrap_or(' ' as u32);
        let align = given.unwrap_or(align);
        Ok(Spec { fill, align, sign, positive_zero, alternate, width, grouping, precision, fraction_grouping, kind })
    }

    /// Refuses a grouping that the type, given or by default, does not have.
    fn check_grouping(&self, default: char) -> Result<(), FormatError> {
        let kind = self.kind.unwrap_or(default as u32);
        for separator in [self.grouping, self.fraction_grouping].into_iter().flatten() {
            let allowed = match char::from_u32(kind) {
                Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0') => true,
                Some('b' | 'o' | 'x' | 'X') => separator == b'_',
                _ => false,
            };
            if !allowed {
                let separator = separator as char;
                return value_error(format!("Cannot specify '{separator}' with '{}'.", shown_code(kind)));
            }
        }
        Ok(())
    }

    /// Appends the text filled up to the width.
    fn pad(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
        let lacking = self.width.saturating_sub(wtf8::count(text));
        let before = match self.align {
            Align::Left => 0,
            Align::Right | Align::Inside => lacking,
            Align::Center => lacking / 2,
        };
        let mut fill = [0; 4];
        let fill = wtf8::encode(self.fill, &mut fill);
        let room = lacking.checked_mul(fill.len()).and_then(|fills| fills.checked_add(text.len()));
        room.and_then(|room| search::reserve_more(out, room)).ok_or(FormatError::Memory)?;
        search::push_times(out, fill, before);
        out.extend_from_slice(text);
        search::push_times(out, fill, lacking - before);
        Ok(())
    }
}

impl Reader<'_> {
    /// Reads the type, which must be all that is left.
    fn kind(&self) -> Result<Option<u32>, FormatError> {
        let Some((code, next)) = self.peek_at(self.at) else { return Ok(None) };
        if next < self.spec.len() {
            return Err(FormatError::OfType(format!(
                "Invalid format specifier '{}'",
                wtf8::to_string_lossy(self.spec)
            )));
        }
        Ok(Some(code))
    }
}

fn shown_code(code: u32) -> String {
    match code {
        0x21..0x80 => (code as u8 as char).to_string(),
        _ => format!("\\x{code:x}"),
    }
}

fn unknown_code<T>(code: u32) -> Result<T, FormatError> {
    Err(FormatError::OfType(format!("Unknown format code '{}'", shown_code(code))))
}

/// `str.__format__`.
pub fn format_text(text: &[u8], spec: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
    let spec = Spec::parse(spec, Align::Left)?;
    spec.check_grouping('s')?;
    if let Some(kind) = spec.kind
        && kind != 's' as u32
    {
        return unknown_code(kind);
    }
    match spec.sign {
        Some(Sign::Space) => return value_error("Space not allowed in string format specifier"),
        Some(_) => return value_error("Sign not allowed in string format specifier"),
        None => {}
    }
    if spec.positive_zero {
        return value_error("Negative zero coercion (z) not allowed in string format specifier");
    }
    if spec.alternate {
        return value_error("Alternate form (#) not allowed in string format specifier");
    }
    if spec.align == Align::Inside {
        return value_error("'=' alignment not allowed in string format specifier");
    }
    let end = spec.precision.map_or(text.len(), |most| wtf8::offset_of_index(text, most));
    spec.pad(&text[..end], out)
}

/// `int.__format__`; the limit is on decimal digits, 0 is none.
pub fn format_integer(value: Int<'_>, spec: &[u8], limit: usize, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let parsed = Spec::parse(spec, Align::Right)?;
    parsed.check_grouping('d')?;
    let kind = parsed.kind.map_or('d', |code| char::from_u32(code).unwrap_or('?'));
    let base = match kind {
        'd' | 'n' | 'c' => 10,
        'b' => 2,
        'o' => 8,
        'x' | 'X' => 16,
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let value = float::from_integer(value);
            let value = value.map_err(|_| FormatError::Overflow("int too large to convert to float"))?;
            return apply_float(value, &parsed, out);
        }
        _ => return unknown_code(parsed.kind.unwrap_or(0)),
    };
    if parsed.precision.is_some() || parsed.fraction_grouping.is_some() {
        return value_error("Precision not allowed in integer format specifier");
    }
    if parsed.positive_zero {
        return value_error("Negative zero coercion (z) not allowed in integer format specifier");
    }
    if kind == 'c' {
        return format_character(value, &parsed, out);
    }
    let mut buffer = [0; 64];
    let long;
    let digits = match value {
        Int::Small(value) => integer_text::small_digits(value.unsigned_abs(), base, kind == 'X', &mut buffer),
        _ => {
            let text = match base {
                10 => integer_text::to_decimal(value, limit)
                    .ok_or_else(|| FormatError::Value(integer_text::text_limit_message(limit)))?,
                _ => integer_text::to_text(value, base),
            };
            long = if kind == 'X' { text.to_uppercase() } else { text };
            long.trim_start_matches('-').as_bytes()
        }
    };
    let prefix = match kind {
        'b' if parsed.alternate => "0b",
        'o' if parsed.alternate => "0o",
        'x' if parsed.alternate => "0x",
        'X' if parsed.alternate => "0X",
        _ => "",
    };
    let group = if base == 10 { 3 } else { 4 };
    let number = Number { negative: value.is_negative(), prefix, digits, fraction: b"", rest: b"", group };
    number.lay_out(&parsed, out).ok_or(FormatError::Memory)
}

/// Type `c`: the character of this number.
fn format_character(value: Int<'_>, spec: &Spec, out: &mut Vec<u8>) -> Result<(), FormatError> {
    if spec.sign.is_some() {
        return value_error("Sign not allowed with integer format specifier 'c'");
    }
    if spec.alternate {
        return value_error("Alternate form (#) not allowed with integer format specifier 'c'");
    }
    let Some(code) = value.to_i64() else {
        return Err(FormatError::Overflow("Python int too large to convert to C long"));
    };
    if !(0..0x11_0000).contains(&code) {
        return Err(FormatError::Overflow("%c arg not in range(0x110000)"));
    }
    let mut text = Vec::new();
    wtf8::push(&mut text, code as u32);
    spec.pad(&text, out)
}

/// `float.__format__`.
pub fn format_float(value: f64, spec: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
    let mut spec = Spec::parse(spec, Align::Right)?;
    spec.check_grouping('\0')?;
    // A null is no type here, for CPython says none that way itself.
    spec.kind = spec.kind.filter(|&code| code != 0);
    apply_float(value, &spec, out)
}

/// The precision as the number of digits it is, when it is one that can be had.
fn checked_precision(spec: &Spec) -> Result<Option<usize>, FormatError> {
    match spec.precision {
        Some(precision) if precision > i32::MAX as usize => value_error("precision too big"),
        Some(precision) if precision > MOST_DIGITS => Err(FormatError::Memory),
        precision => Ok(precision),
    }
}

/// The style that a type stands for; `None` where it is none of a float.
fn style(kind: Option<char>, precision: Option<usize>) -> Option<Style> {
    let digits = precision.unwrap_or(6);
    Some(match (kind, precision) {
        (None, None) => Style::Shortest,
        (None, Some(precision)) => Style::General(precision),
        (Some('e' | 'E'), _) => Style::Exponent(digits),
        (Some('f' | 'F' | '%'), _) => Style::Fixed(digits),
        (Some('g' | 'G' | 'n'), _) => Style::General(digits),
        _ => return None,
    })
}

fn apply_float(value: f64, spec: &Spec, out: &mut Vec<u8>) -> Result<(), FormatError> {
    let kind = spec.kind.map(|code| char::from_u32(code).unwrap_or('?'));
    if style(kind, None).is_none() {
        return unknown_code(spec.kind.unwrap_or(0));
    }
    let precision = checked_precision(spec)?;
    let style = style(kind, precision).unwrap_or(Style::Shortest);
    let value = if kind == Some('%') { value * 100.0 } else { value };
    let extra = Extra { alternate: spec.alternate, point_zero: kind.is_none() };
    let mut text = Parts { style, extra, upper: kind.is_some_and(|c| c.is_ascii_uppercase()) }.text(value, spec);
    if kind == Some('%') {
        text.push('%');
    }
    Number::new(&text).lay_out(spec, out).ok_or(FormatError::Memory)
}

/// `complex.__format__`.
pub fn format_complex(value: Complex, spec: &[u8], out: &mut Vec<u8>) -> Result<(), FormatError> {
    let mut spec = Spec::parse(spec, Align::Right)?;
    spec.check_grouping('\0')?;
    spec.kind = spec.kind.filter(|&code| code != 0);
    let kind = spec.kind.map(|code| char::from_u32(code).unwrap_or('?'));
    if kind == Some('%') || style(kind, None).is_none() {
        return unknown_code(spec.kind.unwrap_or(0));
    }
    let precision = checked_precision(&spec)?;
    if spec.fill == '0' as u32 {
        return value_error("Zero padding is not allowed in complex format specifier");
    }
    if spec.align == Align::Inside {
        return value_error("'=' alignment flag is not allowed in complex format specifier");
    }
    let style = style(kind, precision).unwrap_or(Style::Shortest);
    let extra = Extra { alternate: spec.alternate, point_zero: false };
    let parts = Parts { style, extra, upper: kind.is_some_and(|c| c.is_ascii_uppercase()) };
    let mut real = Spec { width: 0, ..spec.clone() };
    let mut text = Vec::new();
    let only_imaginary = kind.is_none() && value.real == 0.0 && value.real.is_sign_positive();
    if !only_imaginary {
        Number::new(&parts.text(value.real, &spec)).lay_out(&real, &mut text).ok_or(FormatError::Memory)?;
        real.sign = Some(Sign::Plus);
    }
    Number::new(&parts.text(value.imaginary, &spec)).lay_out(&real, &mut text).ok_or(FormatError::Memory)?;
    text.push(b'j');
    if kind.is_none() && !only_imaginary {
        text.insert(0, b'(');
        text.push(b')');
    }
    spec.pad(&text, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(format: impl FnOnce(&mut Vec<u8>) -> Result<(), FormatError>) -> String {
        let mut out = Vec::new();
        match format(&mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(FormatError::Value(message) | FormatError::OfType(message)) => message,
            Err(FormatError::Overflow(message)) => message.into(),
            Err(FormatError::Memory) => "MemoryError".into(),
        }
    }

    fn int(value: i64, spec: &str) -> String {
        shown(|out| format_integer(Int::Small(value), spec.as_bytes(), 4300, out))
    }

    fn float(value: f64, spec: &str) -> String {
        shown(|out| format_float(value, spec.as_bytes(), out))
    }

    #[test]
    fn integers() {
        assert_eq!(int(1234567, "016,"), "0,000,001,234,567");
        assert_eq!(int(-1234567, "013,"), "-0,001,234,567");
        assert_eq!(int(0xdeadbeef, "#020_x"), "0x000_0000_dead_beef");
        assert_eq!(int(1234567, "x<014,"), "1,234,567xxxxx");
        assert_eq!(int(-5, "*^7"), "**-5***");
        assert_eq!(int(65, "05c"), "0000A");
        assert_eq!(int(5, "+"), "+5");
        assert_eq!(int(255, "#X"), "0XFF");
        assert_eq!(int(5, ".3"), "Precision not allowed in integer format specifier");
        assert_eq!(int(5, "s"), "Unknown format code 's'");
        assert_eq!(int(5, ",x"), "Cannot specify ',' with 'x'.");
        assert_eq!(int(5, ",_"), "Cannot specify both ',' and '_'.");
        assert_eq!(int(5, "+c"), "Sign not allowed with integer format specifier 'c'");
        assert_eq!(int(-1, "c"), "%c arg not in range(0x110000)");
        assert_eq!(int(5, "99999999999999999999"), "Too many decimal digits in format string");
        assert_eq!(int(5, "9999999999999999"), "MemoryError");
        assert_eq!(int(3, ".2f"), "3.00");
    }

    #[test]
    fn floats() {
        assert_eq!(float(1234567.5, "015,.2f"), "0,001,234,567.50");
        assert_eq!(float(-0.04, "+z.1f"), "+0.0");
        assert_eq!(float(f64::NEG_INFINITY, "012,.2f"), "-00000000inf");
        assert_eq!(float(0.5, ".0%"), "50%");
        assert_eq!(float(1.0, ".0"), "1e+00");
        assert_eq!(float(123456.0, ".3"), "1.23e+05");
        assert_eq!(float(1e16, "20"), "               1e+16");
        assert_eq!(float(f64::INFINITY, "F"), "INF");
        assert_eq!(float(123456.789012, ".6_f"), "123456.789_012");
        assert_eq!(float(1.23456789, "012._e"), "1.234_568e+00");
        assert_eq!(float(5.0, "d"), "Unknown format code 'd'");
        assert_eq!(float(5.0, "5 "), "Unknown format code '\\x20'");
        assert_eq!(float(5.0, "."), "Format specifier missing precision");
        assert_eq!(float(5.0, "xx"), "Invalid format specifier 'xx'");
        assert_eq!(float(5.0, ".2147483648f"), "precision too big");
    }

    #[test]
    fn texts() {
        let text = |value: &str, spec: &str| shown(|out| format_text(value.as_bytes(), spec.as_bytes(), out));
        assert_eq!(text("xab", "é^6.2"), "ééxaéé");
        assert_eq!(text("s", "05"), "s0000");
        assert_eq!(text("s", "=5"), "'=' alignment not allowed in string format specifier");
        assert_eq!(text("s", "d"), "Unknown format code 'd'");
        assert_eq!(text("s", ","), "Cannot specify ',' with 's'.");
    }

    #[test]
    fn complex_numbers() {
        let complex = |real, imaginary, spec: &str| {
            shown(|out| format_complex(Complex { real, imaginary }, spec.as_bytes(), out))
        };
        assert_eq!(complex(1.0, 2.0, ">20.2f"), "          1.00+2.00j");
        assert_eq!(complex(1.0, -2.0, "*^12"), "***(1-2j)***");
        assert_eq!(complex(0.0, 5.0, "+"), "+5j");
        assert_eq!(complex(0.0, 5.0, "f"), "0.000000+5.000000j");
        assert_eq!(complex(0.0, 5.0, "05"), "Zero padding is not allowed in complex format specifier");
        assert_eq!(complex(1e10, 2e10, ",.1f"), "10,000,000,000.0+20,000,000,000.0j");
    }
}
