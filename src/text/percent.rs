//! Formatting with `%`, of strings and of bytes.
//!
//! `Parser` walks a format piece by piece; `Layout` formats one argument that the caller has found and
//! converted. What must be looked up or called (keys, `*`, `__str__`, `__index__`) is the caller's,
//! in the order of the text: key, width, precision, then the argument.

use std::ops::Range;

use super::float_text::{Extra, Style, to_text};
use super::format_spec::MOST_DIGITS;
use super::integer::Int;
use super::search::{self, Unit};
use super::{integer_text, wtf8};

/// The words of the TypeError when arguments run out.
pub const TOO_FEW: &str = "not enough arguments for format string";

/// The words of the ValueError for a field without a conversion.
pub const INCOMPLETE: &str = "incomplete format";

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is; `%%` gives its second sign.
    Literal(Range<usize>),
    /// A field.
    Field(Field),
}

/// A number in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Written in the format.
    Given(usize),
    /// `*`: the next argument.
    Argument,
}

/// A field of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands in parentheses: the key of a mapping.
    pub key: Option<Range<usize>>,
    /// The flags.
    pub flags: Flags,
    /// The width.
    pub width: Option<Count>,
    /// The precision.
    pub precision: Option<Count>,
    /// The conversion. Without one the format ends here, which is an error once key, width and
    /// precision have been looked up: `INCOMPLETE`.
    pub conversion: Option<u32>,
    /// Where the conversion stands, in units.
    pub position: usize,
}

/// The flags of a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// A blank.
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
}

impl Field {
    /// The words of the ValueError for a conversion that there is not; raised when the argument has
    /// been taken.
    pub fn unsupported(&self) -> String {
        let code = self.conversion.unwrap_or(0);
        let shown = match code {
            0x20..0x80 => code as u8 as char,
            _ => '?',
        };
        format!("unsupported format character '{shown}' (0x{code:x}) at index {}", self.position)
    }
}

/// The pieces of a format, in order. An error is the words of a ValueError.
#[derive(Clone, Debug)]
pub struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    unit: Unit,
}

impl<'a> Parser<'a> {
    /// A walk from the start of a format.
    pub fn new(text: &'a [u8], unit: Unit) -> Parser<'a> {
        Parser { text, at: 0, unit }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn field(&mut self) -> Result<Field, &'static str> {
        let key = if self.peek() == Some(b'(') { Some(self.key()?) } else { None };
        let flags = self.flags();
        let width = self.count(isize::MAX as usize, "width too big")?;
        let mut precision = None;
        if self.peek() == Some(b'.') {
            self.at += 1;
            let too_big = if self.unit == Unit::Byte { "prec too big" } else { "precision too big" };
            precision = Some(self.count(i32::MAX as usize, too_big)?.unwrap_or(Count::Given(0)));
        }
        if matches!(self.peek(), Some(b'h' | b'l' | b'L')) {
            self.at += 1;
        }
        let position = self.unit.count(&self.text[..self.at]);
        let (conversion, length) = match self.unit {
            Unit::Character => wtf8::decode(self.text, self.at).unzip(),
            Unit::Byte => (self.peek().map(u32::from), Some(1)),
        };
        self.at = (self.at + length.unwrap_or(0)).min(self.text.len());
        Ok(Field { key, flags, width, precision, conversion, position })
    }

    /// Reads a key; parentheses nest in it.
    fn key(&mut self) -> Result<Range<usize>, &'static str> {
        let start = self.at + 1;
        let mut open = 0;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok(start..self.at - 1);
            }
        }
        Err("incomplete format key")
    }

    fn flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        loop {
            match self.peek() {
                Some(b'-') => flags.left = true,
                Some(b'+') => flags.plus = true,
                Some(b' ') => flags.space = true,
                Some(b'#') => flags.alternate = true,
                Some(b'0') => flags.zero = true,
                _ => return flags,
            }
            self.at += 1;
        }
    }

    fn count(&mut self, most: usize, too_big: &'static str) -> Result<Option<Count>, &'static str> {
        if self.peek() == Some(b'*') {
            self.at += 1;
            return Ok(Some(Count::Argument));
        }
        let mut value = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let larger = value.unwrap_or(0usize).checked_mul(10).and_then(|n| n.checked_add((digit - b'0') as usize));
            value = Some(larger.filter(|&value| value <= most).ok_or(too_big)?);
            self.at += 1;
        }
        Ok(value.map(Count::Given))
    }
}

impl Iterator for Parser<'_> {
    type Item = Result<Piece, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        let length = memchr::memchr(b'%', &self.text[start..]).unwrap_or(self.text.len() - start);
        self.at = start + length;
        if length > 0 {
            return Some(Ok(Piece::Literal(start..self.at)));
        }
        self.at += 1;
        if self.peek() == Some(b'%') {
            self.at += 1;
            return Some(Ok(Piece::Literal(self.at - 1..self.at)));
        }
        let field = self.field();
        if field.is_err() {
            self.at = self.text.len();
        }
        Some(field.map(Piece::Field))
    }
}

/// Why an argument cannot be formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PercentError {
    /// The words of a ValueError.
    Value(String),
    /// The words of an OverflowError.
    Overflow(&'static str),
    /// A MemoryError.
    Memory,
}

/// A field with its numbers known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The flags.
    pub flags: Flags,
    /// The least width.
    pub width: usize,
    /// The precision, when there is one.
    pub precision: Option<usize>,
    /// What width and precision count.
    pub unit: Unit,
}

impl Layout {
    /// The layout of a field. `width` and `precision` are the arguments that stand for a `*`; a
    /// negative width aligns left, a negative precision is zero.
    pub fn new(field: &Field, width: i64, precision: i64, unit: Unit) -> Layout {
        let mut flags = field.flags;
        let width = match field.width {
            Some(Count::Argument) => {
                flags.left |= width < 0;
                usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX)
            }
            Some(Count::Given(width)) => width,
            None => 0,
        };
        let precision = field.precision.map(|count| match count {
            Count::Argument => usize::try_from(precision).unwrap_or(0),
            Count::Given(precision) => precision,
        });
        Layout { flags, width, precision, unit }
    }

    /// Text behind `%s`, `%r`, `%a` and `%b`.
    pub fn text(&self, text: &[u8]) -> Result<Vec<u8>, PercentError> {
        let end = match (self.precision, self.unit) {
            (None, _) => text.len(),
            (Some(most), Unit::Byte) => most.min(text.len()),
            (Some(most), Unit::Character) => wtf8::offset_of_index(text, most),
        };
        self.pad("", &text[..end], false)
    }

    /// A character behind `%c`: its text, which no precision cuts.
    pub fn character(&self, text: &[u8]) -> Result<Vec<u8>, PercentError> {
        self.pad("", text, false)
    }

    /// A number behind `%c`.
    pub fn character_code(&self, code: Int<'_>) -> Result<Vec<u8>, PercentError> {
        let mut text = Vec::new();
        match (code.to_i64(), self.unit) {
            (Some(code @ 0..0x11_0000), Unit::Character) => wtf8::push(&mut text, code as u32),
            (Some(code @ 0..0x100), Unit::Byte) => text.push(code as u8),
            (_, Unit::Character) => {
                return Err(PercentError::Overflow("%c arg not in range(0x110000)"));
            }
            (_, Unit::Byte) => return Err(PercentError::Overflow("%c arg not in range(256)")),
        }
        self.character(&text)
    }

    /// An integer behind `%d`, `%i`, `%u`, `%o`, `%x` or `%X`; the limit is on decimal digits, 0 is none.
    pub fn integer(&self, conversion: char, value: Int<'_>, limit: usize) -> Result<Vec<u8>, PercentError> {
        let text = match conversion {
            'o' => integer_text::to_text(value, 8),
            'x' => integer_text::to_text(value, 16),
            'X' => integer_text::to_text(value, 16).to_uppercase(),
            _ => integer_text::to_decimal(value, limit)
                .ok_or_else(|| PercentError::Value(integer_text::text_limit_message(limit)))?,
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let zeros = self.precision.unwrap_or(0).saturating_sub(digits.len());
        if zeros > (i32::MAX as usize - 4).saturating_sub(digits.len()) {
            return Err(PercentError::Overflow("precision too large"));
        }
        let digits = search::pad(digits.as_bytes(), zeros, 0, b"0").ok_or(PercentError::Memory)?;
        let prefix = match conversion {
            'o' if self.flags.alternate => "0o",
            'x' if self.flags.alternate => "0x",
            'X' if self.flags.alternate => "0X",
            _ => "",
        };
        let sign = self.sign(text.starts_with('-'));
        self.pad(&format!("{sign}{prefix}"), &digits, true)
    }

    /// A float behind `%e`, `%f` or `%g`, or those in capitals.
    pub fn float(&self, conversion: char, value: f64) -> Result<Vec<u8>, PercentError> {
        let precision = self.precision.unwrap_or(6);
        if precision > MOST_DIGITS {
            return Err(PercentError::Memory);
        }
        let style = match conversion.to_ascii_lowercase() {
            'e' => Style::Exponent(precision),
            'f' => Style::Fixed(precision),
            _ => Style::General(precision),
        };
        let mut text = to_text(value, style, Extra { alternate: self.flags.alternate, point_zero: false });
        if conversion.is_ascii_uppercase() {
            text.make_ascii_uppercase();
        }
        let digits = text.strip_prefix('-').unwrap_or(&text);
        self.pad(self.sign(text.starts_with('-')), digits.as_bytes(), true)
    }

    fn sign(&self, negative: bool) -> &'static str {
        match () {
            _ if negative => "-",
            _ if self.flags.plus => "+",
            _ if self.flags.space => " ",
            _ => "",
        }
    }

    /// Sign and prefix, then the rest, filled to the width: with zeros between them where asked.
    fn pad(&self, front: &str, rest: &[u8], is_number: bool) -> Result<Vec<u8>, PercentError> {
        let lacking = self.width.saturating_sub(front.len() + self.unit.count(rest));
        let left = self.flags.left;
        let zeros = is_number && self.flags.zero && !left;
        let (before, between, behind) = match (left, zeros) {
            (true, _) => (0, 0, lacking),
            (_, true) => (0, lacking, 0),
            _ => (lacking, 0, 0),
        };
        let all = search::pad(rest, between, 0, b"0").and_then(|rest| {
            let joined = [front.as_bytes(), &rest].concat();
            search::pad(&joined, before, behind, b" ")
        });
        all.ok_or(PercentError::Memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(format: &str) -> (Layout, char) {
        let mut parser = Parser::new(format.as_bytes(), Unit::Character);
        let Some(Ok(Piece::Field(field))) = parser.next() else { panic!("no field in {format}") };
        let conversion = field.conversion.and_then(char::from_u32).unwrap();
        (Layout::new(&field, -5, 2, Unit::Character), conversion)
    }

    fn int(format: &str, value: i64) -> String {
        let (layout, conversion) = layout(format);
        String::from_utf8(layout.integer(conversion, Int::Small(value), 4300).unwrap()).unwrap()
    }

    fn float(format: &str, value: f64) -> String {
        let (layout, conversion) = layout(format);
        String::from_utf8(layout.float(conversion, value).unwrap()).unwrap()
    }

    #[test]
    fn integers() {
        let cases = [
            ("%05d", -5, "-0005"),
            ("%-05d", 5, "5    "),
            ("%.5d", -5, "-00005"),
            ("%8.5d", -5, "  -00005"),
            ("%08.5d", -5, "-0000005"),
            ("%#x", 255, "0xff"),
            ("%#X", 255, "0XFF"),
            ("%#08x", 255, "0x0000ff"),
            ("%#.5x", 255, "0x000ff"),
            ("%#o", 8, "0o10"),
            ("%+ d", 5, "+5"),
            ("% d", 5, " 5"),
            ("%*d", 3, "3    "),
            ("%+#08x", 5, "+0x00005"),
            ("%ld", 5, "5"),
            ("%.d", 0, "0"),
        ];
        cases.iter().for_each(|&(format, value, text)| assert_eq!(int(format, value), text, "{format}"));
    }

    #[test]
    fn floats_and_texts() {
        assert_eq!(float("%05f", f64::INFINITY), "00inf");
        assert_eq!(float("%+f", f64::NAN), "+nan");
        assert_eq!(float("%F", f64::INFINITY), "INF");
        assert_eq!(float("%#.0f", 1.0), "1.");
        assert_eq!(float("%g", 1e10), "1e+10");
        assert_eq!(float("%.*f", 2.71828), "2.72");
        assert_eq!(float("%+08.2f", 2.71828), "+0002.72");
        let text = |format: &str, value: &str| layout(format).0.text(value.as_bytes()).unwrap();
        assert_eq!(text("%5.1s", "éa"), "    é".as_bytes());
        assert_eq!(text("%05s", "a"), b"    a");
        assert_eq!(layout("%5c").0.character_code(Int::Small(0xE9)).unwrap(), "    é".as_bytes());
        let error = PercentError::Overflow("%c arg not in range(0x110000)");
        assert_eq!(layout("%c").0.character_code(Int::Small(-1)), Err(error));
    }

    #[test]
    fn pieces_and_errors() {
        let pieces = |format: &str| Parser::new(format.as_bytes(), Unit::Character).collect::<Vec<_>>();
        assert_eq!(pieces("a%%b"), [Ok(Piece::Literal(0..1)), Ok(Piece::Literal(2..3)), Ok(Piece::Literal(3..4))]);
        assert_eq!(pieces("%(a"), [Err("incomplete format key")]);
        assert_eq!(pieces("%99999999999999999999d"), [Err("width too big")]);
        assert_eq!(pieces("%.2147483648d"), [Err("precision too big")]);
        let field = |format: &str| match pieces(format).pop() {
            Some(Ok(Piece::Field(field))) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field("%(a(b))*d").key, Some(2..6));
        assert_eq!(field("é%y").unsupported(), "unsupported format character 'y' (0x79) at index 2");
        assert_eq!(field("%é").unsupported(), "unsupported format character '?' (0xe9) at index 1");
        assert_eq!(field("%5").conversion, None);
        assert_eq!(field("%5%").conversion, Some(0x25));
    }
}
