//! The templates of `str.format`: literal text, and fields in braces.
//!
//! `Template` walks a template piece by piece; `split_field_name` takes a field's name apart; both
//! are also what `string.Formatter` stands on. `Numbering` keeps `{}` and `{0}` from mixing. Errors
//! are the words of a ValueError, given when the piece with the error is reached. Looking up the
//! arguments and expanding nested fields is the caller's.

use std::ops::Range;

use super::{unicode, wtf8};

/// How deep fields may nest in the specs of fields.
pub const DEPTH_LIMIT: usize = 2;

/// The words of the ValueError for fields nested deeper.
pub const TOO_DEEP: &str = "Max string recursion exceeded";

/// A literal and the field that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The literal text, doubled braces already made one.
    pub literal: Range<usize>,
    /// The field; none at the end and after a doubled brace.
    pub field: Option<Field>,
}

/// A field, as ranges of the template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name: what comes before `!` and `:`.
    pub name: Range<usize>,
    /// The character behind `!`.
    pub conversion: Option<u32>,
    /// What comes behind `:`.
    pub spec: Range<usize>,
    /// Whether the spec has fields of its own.
    pub nested: bool,
}

/// The pieces of a template, in order.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Template<'a> {
    /// A walk from the start of a template.
    pub fn new(text: &'a [u8]) -> Template<'a> {
        Template { text, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn next_code(&mut self) -> Option<u32> {
        let (code, length) = wtf8::decode(self.text, self.at)?;
        self.at += length;
        Some(code)
    }

    fn piece(&mut self) -> Result<Piece, String> {
        let start = self.at;
        let Some(length) = memchr::memchr2(b'{', b'}', &self.text[start..]) else {
            self.at = self.text.len();
            return Ok(Piece { literal: start..self.at, field: None });
        };
        let brace = self.text[start + length];
        self.at = start + length + 1;
        if self.peek() == Some(brace) {
            self.at += 1;
            return Ok(Piece { literal: start..self.at - 1, field: None });
        }
        if brace == b'}' || self.peek().is_none() {
            return Err(format!("Single '{}' encountered in format string", brace as char));
        }
        let field = self.field()?;
        Ok(Piece { literal: start..start + length, field: Some(field) })
    }

    /// Reads a field from behind its opening brace.
    fn field(&mut self) -> Result<Field, String> {
        let start = self.at;
        let end = self.name_end()?;
        let name = start..self.at - usize::from(end.is_some());
        let mut conversion = None;
        match end {
            Some(b'}') => {
                return Ok(Field { name, conversion, spec: self.at..self.at, nested: false });
            }
            None => return Err("expected '}' before end of string".into()),
            Some(b'!') => {
                conversion = self.next_code();
                if conversion.is_none() {
                    return Err("end of string while looking for conversion specifier".into());
                }
                match self.next_byte() {
                    Some(b'}') => {
                        let end = self.at - 1;
                        return Ok(Field { name, conversion, spec: end..end, nested: false });
                    }
                    Some(b':') | None => {}
                    Some(_) => return Err("expected ':' after conversion specifier".into()),
                }
            }
            Some(_) => {}
        }
        let (spec, nested) = self.spec()?;
        Ok(Field { name, conversion, spec, nested })
    }

    /// Steps over a field's name and the byte that ends it, which it gives.
    fn name_end(&mut self) -> Result<Option<u8>, String> {
        while let Some(byte) = self.next_byte() {
            match byte {
                b'{' => return Err("unexpected '{' in field name".into()),
                b'[' => {
                    let left = &self.text[self.at..];
                    self.at += memchr::memchr(b']', left).unwrap_or(left.len());
                }
                b'}' | b':' | b'!' => return Ok(Some(byte)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Steps over a spec and the brace that closes the field.
    fn spec(&mut self) -> Result<(Range<usize>, bool), String> {
        let start = self.at;
        let (mut open, mut nested) = (1, false);
        while let Some(byte) = self.next_byte() {
            match byte {
                b'{' => {
                    open += 1;
                    nested = true;
                }
                b'}' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Ok((start..self.at - 1, nested));
            }
        }
        Err("unmatched '{' in format spec".into())
    }
}

impl Iterator for Template<'_> {
    type Item = Result<Piece, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let piece = self.piece();
        if piece.is_err() {
            self.at = self.text.len();
        }
        Some(piece)
    }
}

/// The words of the ValueError for a conversion that is not `r`, `s` or `a`.
pub fn unknown_conversion(code: u32) -> String {
    match code {
        0x21..0x7F => format!("Unknown conversion specifier {}", code as u8 as char),
        _ => format!("Unknown conversion specifier \\x{code:x}"),
    }
}

/// The first part of a field's name, or an index in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Digits only.
    Index(usize),
    /// Anything else; the first part may be empty.
    Name(Range<usize>),
}

/// What follows the first part of a field's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Attribute(Range<usize>),
    /// `[key]`
    Item(Key),
}

/// The steps behind the first part of a field's name, in order.
#[derive(Clone, Debug)]
pub struct Steps<'a> {
    name: &'a [u8],
    at: usize,
}

/// Splits a field's name into its first part and the steps behind it.
pub fn split_field_name(name: &[u8]) -> Result<(Key, Steps<'_>), String> {
    let end = memchr::memchr2(b'.', b'[', name).unwrap_or(name.len());
    Ok((key(name, 0..end)?, Steps { name, at: end }))
}

/// A name, or the number that it is.
fn key(name: &[u8], range: Range<usize>) -> Result<Key, String> {
    let mut value = 0usize;
    for code in wtf8::code_points(&name[range.clone()]) {
        let Some(digit) = unicode::decimal_value(code) else {
            return Ok(Key::Name(range));
        };
        let larger = value.checked_mul(10).and_then(|value| value.checked_add(digit as usize));
        value = match larger.filter(|&value| value <= isize::MAX as usize) {
            Some(larger) => larger,
            None => return Err("Too many decimal digits in format string".into()),
        };
    }
    Ok(if range.is_empty() { Key::Name(range) } else { Key::Index(value) })
}

impl Steps<'_> {
    fn step(&mut self) -> Result<Step, String> {
        let start = self.at + 1;
        let step = match self.name[self.at] {
            b'.' => {
                let length = memchr::memchr2(b'.', b'[', &self.name[start..]);
                self.at = length.map_or(self.name.len(), |length| start + length);
                Step::Attribute(start..self.at)
            }
            b'[' => {
                let Some(length) = memchr::memchr(b']', &self.name[start..]) else {
                    return Err("Missing ']' in format string".into());
                };
                self.at = start + length + 1;
                Step::Item(key(self.name, start..start + length)?)
            }
            _ => return Err("Only '.' or '[' may follow ']' in format field specifier".into()),
        };
        match &step {
            Step::Attribute(range) | Step::Item(Key::Name(range)) if range.is_empty() => {
                Err("Empty attribute in format string".into())
            }
            _ => Ok(step),
        }
    }
}

impl Iterator for Steps<'_> {
    type Item = Result<Step, String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.name.len() {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.at = self.name.len();
        }
        Some(step)
    }
}

/// Whether the fields of a template are numbered by themselves or by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbering {
    /// No numbered field was seen yet.
    #[default]
    Open,
    /// By themselves; the next one has this number.
    Automatic(usize),
    /// By hand.
    Manual,
}

impl Numbering {
    /// The first part of a name with the number an empty one stands for.
    pub fn resolve(&mut self, first: Key) -> Result<Key, &'static str> {
        match (&first, *self) {
            (Key::Name(range), _) if !range.is_empty() => Ok(first),
            (Key::Name(_), Numbering::Manual) => {
                Err("cannot switch from manual field specification to automatic field numbering")
            }
            (Key::Name(_), numbering) => {
                let next = if let Numbering::Automatic(next) = numbering { next } else { 0 };
                *self = Numbering::Automatic(next + 1);
                Ok(Key::Index(next))
            }
            (Key::Index(_), Numbering::Automatic(_)) => {
                Err("cannot switch from automatic field numbering to manual field specification")
            }
            (Key::Index(_), _) => {
                *self = Numbering::Manual;
                Ok(first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces as `_string.formatter_parser` shows them, or the error.
    fn pieces(text: &str) -> String {
        let part = |range: &Range<usize>| text[range.clone()].to_string();
        let shown = Template::new(text.as_bytes()).map(|piece| {
            let piece = piece?;
            Ok(match &piece.field {
                None => part(&piece.literal),
                Some(field) => {
                    let conversion = field.conversion.and_then(char::from_u32).map(String::from).unwrap_or_default();
                    format!("{}<{}|{conversion}|{}>", part(&piece.literal), part(&field.name), part(&field.spec))
                }
            })
        });
        shown.collect::<Result<Vec<_>, String>>().map_or_else(|error| error, |pieces| pieces.join(" "))
    }

    #[test]
    fn templates() {
        assert_eq!(pieces("a{b!r:c{d}}e{{f}}g"), "a<b|r|c{d}> e{ f} g");
        assert_eq!(pieces("{a[}]}"), "<a[}]||>");
        assert_eq!(pieces("{a:{b:{c}}}"), "<a||{b:{c}}>");
        assert_eq!(pieces("{{"), "{");
        assert_eq!(pieces(""), "");
        assert_eq!(pieces("{a!s:x}"), "<a|s|x>");
    }

    #[test]
    fn broken_templates() {
        let cases = [
            ("{", "Single '{' encountered in format string"),
            ("a}", "Single '}' encountered in format string"),
            ("{0", "expected '}' before end of string"),
            ("{0[a}", "expected '}' before end of string"),
            ("{0!", "end of string while looking for conversion specifier"),
            ("{0!r", "unmatched '{' in format spec"),
            ("{!}", "unmatched '{' in format spec"),
            ("{0!}x", "expected ':' after conversion specifier"),
            ("{0!rr}", "expected ':' after conversion specifier"),
            ("{0:{}", "unmatched '{' in format spec"),
            ("{a{b}c}", "unexpected '{' in field name"),
        ];
        cases.iter().for_each(|(text, error)| assert_eq!(pieces(text), *error, "{text}"));
    }

    #[test]
    fn names() {
        let split = |name: &str| -> Result<_, String> {
            let (first, steps) = split_field_name(name.as_bytes())?;
            Ok((first, steps.collect::<Result<Vec<_>, String>>()?))
        };
        assert_eq!(
            split("a.b[c][01]"),
            Ok((Key::Name(0..1), vec![Step::Attribute(2..3), Step::Item(Key::Name(4..5)), Step::Item(Key::Index(1))]))
        );
        assert_eq!(split("٣"), Ok((Key::Index(3), vec![])));
        assert_eq!(split("-1"), Ok((Key::Name(0..2), vec![])));
        let error = |name| split(name).unwrap_err();
        assert_eq!(error("a."), "Empty attribute in format string");
        assert_eq!(error("a[]"), "Empty attribute in format string");
        assert_eq!(error("a[b"), "Missing ']' in format string");
        assert_eq!(error("a[b]c"), "Only '.' or '[' may follow ']' in format field specifier");
        assert_eq!(error("99999999999999999999"), "Too many decimal digits in format string");
    }

    #[test]
    fn numberings_do_not_mix() {
        let mut numbering = Numbering::default();
        assert_eq!(numbering.resolve(Key::Name(1..2)), Ok(Key::Name(1..2)));
        assert_eq!(numbering.resolve(Key::Name(0..0)), Ok(Key::Index(0)));
        assert_eq!(numbering.resolve(Key::Name(0..0)), Ok(Key::Index(1)));
        assert!(numbering.resolve(Key::Index(0)).is_err());
        let mut numbering = Numbering::Manual;
        assert!(numbering.resolve(Key::Name(0..0)).is_err());
    }
}
