//! Plain data to a JSON text.

use crate::object::arguments::Truth;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Args, Stop};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::integer_text::{self, DEFAULT_DIGIT_LIMIT};
use crate::text::{float_text, wtf8};

use super::module::DEEPEST;

/// The data is not plain: the script part shall do it.
struct NotPlain;

/// A text under way.
struct Writer {
    out: Vec<u8>,
    ensure_ascii: bool,
    allow_nan: bool,
    sort_keys: bool,
    /// The text of one level, if items stand on lines of their own.
    indent: Option<Vec<u8>>,
    item_separator: Vec<u8>,
    key_separator: Vec<u8>,
    depth: usize,
}

/// `encode(obj, skipkeys, ensure_ascii, allow_nan, indent, item_separator, key_separator, sort_keys)`
pub fn encode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (ensure_ascii, allow_nan) = (Truth::of(cx, args.get(2), 2)?, Truth::of(cx, args.get(3), 3)?);
    let sort_keys = Truth::of(cx, args.get(7), 7)?;
    let text = |value: Value| value.get::<Str>().map(|text| text.bytes().to_vec());
    let indent = if args.get(4).is_none() { Some(None) } else { text(args.get(4)).map(Some) };
    let (Some(indent), Some(item_separator), Some(key_separator)) = (indent, text(args.get(5)), text(args.get(6)))
    else {
        return Ok(Value::NONE);
    };
    let mut writer =
        Writer { out: Vec::new(), ensure_ascii, allow_nan, sort_keys, indent, item_separator, key_separator, depth: 0 };
    match writer.value(cx, args.get(0)) {
        Ok(()) => Str::try_from_vec(cx, writer.out),
        Err(NotPlain) => Ok(Value::NONE),
    }
}

impl Writer {
    fn value(&mut self, cx: &mut Context, value: Value) -> Result<(), NotPlain> {
        if self.scalar(value)? {
            return Ok(());
        }
        let Some(header) = value.header() else { return Err(NotPlain) };
        match header.layout() {
            LayoutId::STR => {
                let text = value.get::<Str>().ok_or(NotPlain)?;
                self.string(text.bytes());
                Ok(())
            }
            LayoutId::LIST => {
                let items = value.get::<List>().ok_or(NotPlain)?.to_vec();
                self.array(cx, &items)
            }
            LayoutId::TUPLE => {
                let items = value.get::<Tuple>().ok_or(NotPlain)?;
                self.array(cx, items.items())
            }
            LayoutId::DICT => {
                let entries = value.get::<Dict>().ok_or(NotPlain)?.to_vec();
                self.object(cx, entries)
            }
            _ => Err(NotPlain),
        }
    }

    /// Writes a number or a constant; false if the value is none.
    fn scalar(&mut self, value: Value) -> Result<bool, NotPlain> {
        let text = match value {
            Value::NONE => "null",
            Value::TRUE => "true",
            Value::FALSE => "false",
            _ if value.is_float() => {
                self.float(value.as_float())?;
                return Ok(true);
            }
            _ if value.is_small() || value.header().is_some_and(|header| header.layout() == LayoutId::INT) => {
                let number = Int::operand(value).ok_or(NotPlain)?;
                let text = integer_text::to_decimal(number, DEFAULT_DIGIT_LIMIT).ok_or(NotPlain)?;
                self.out.extend_from_slice(text.as_bytes());
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.out.extend_from_slice(text.as_bytes());
        Ok(true)
    }

    fn float(&mut self, x: f64) -> Result<(), NotPlain> {
        let text = match x {
            _ if x.is_finite() => float_text::repr(x),
            _ if !self.allow_nan => return Err(NotPlain),
            f64::INFINITY => "Infinity".into(),
            f64::NEG_INFINITY => "-Infinity".into(),
            _ => "NaN".into(),
        };
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn string(&mut self, text: &[u8]) {
        self.out.push(b'"');
        let mut start = 0;
        let mut at = 0;
        while at < text.len() {
            let byte = text[at];
            let is_shown = match byte {
                b'"' | b'\\' | 0..0x20 => false,
                0x20..0x7F => true,
                _ => !self.ensure_ascii,
            };
            if is_shown {
                at += 1;
                continue;
            }
            self.out.extend_from_slice(&text[start..at]);
            let (code, length) = wtf8::decode(text, at).unwrap_or((byte as u32, 1));
            self.escape(code);
            at += length;
            start = at;
        }
        self.out.extend_from_slice(&text[start..]);
        self.out.push(b'"');
    }

    fn escape(&mut self, code: u32) {
        let short = match code {
            0x22 => b'"',
            0x5C => b'\\',
            0x08 => b'b',
            0x09 => b't',
            0x0A => b'n',
            0x0C => b'f',
            0x0D => b'r',
            0x1_0000.. => {
                let code = code - 0x1_0000;
                self.unit(0xD800 | code >> 10);
                return self.unit(0xDC00 | code & 0x3FF);
            }
            _ => return self.unit(code),
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }

    /// `\uXXXX`
    fn unit(&mut self, code: u32) {
        self.out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
    }

    /// Begins a line of the level reached, if items stand on lines of their own.
    fn line(&mut self) {
        if let Some(indent) = &self.indent {
            self.out.push(b'\n');
            for _ in 0..self.depth {
                self.out.extend_from_slice(indent);
            }
        }
    }

    fn enter(&mut self) -> Result<(), NotPlain> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(NotPlain) } else { Ok(()) }
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.out.extend_from_slice(&self.item_separator);
        }
        self.line();
    }

    fn array(&mut self, cx: &mut Context, items: &[Value]) -> Result<(), NotPlain> {
        if items.is_empty() {
            self.out.extend_from_slice(b"[]");
            return Ok(());
        }
        self.out.push(b'[');
        self.enter()?;
        for (index, &item) in items.iter().enumerate() {
            self.separate(index);
            self.value(cx, item)?;
        }
        self.depth -= 1;
        self.line();
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, cx: &mut Context, mut entries: Vec<(Value, Value)>) -> Result<(), NotPlain> {
        if entries.is_empty() {
            self.out.extend_from_slice(b"{}");
            return Ok(());
        }
        if self.sort_keys {
            sort(&mut entries)?;
        }
        self.out.push(b'{');
        self.enter()?;
        for (index, &(key, value)) in entries.iter().enumerate() {
            self.separate(index);
            self.key(key)?;
            self.out.extend_from_slice(&self.key_separator);
            self.value(cx, value)?;
        }
        self.depth -= 1;
        self.line();
        self.out.push(b'}');
        Ok(())
    }

    fn key(&mut self, key: Value) -> Result<(), NotPlain> {
        if let Some(text) = key.get::<Str>().filter(|text| text.header().layout() == LayoutId::STR) {
            self.string(text.bytes());
            return Ok(());
        }
        self.out.push(b'"');
        if !self.scalar(key)? {
            return Err(NotPlain);
        }
        self.out.push(b'"');
        Ok(())
    }
}

/// Sorts entries whose keys are all strings.
fn sort(entries: &mut [(Value, Value)]) -> Result<(), NotPlain> {
    if !entries.iter().all(|(key, _)| key.is::<Str>()) {
        return Err(NotPlain);
    }
    entries.sort_by(|(a, _), (b, _)| match (a.get::<Str>(), b.get::<Str>()) {
        (Some(a), Some(b)) => a.compare(&b),
        _ => std::cmp::Ordering::Equal,
    });
    Ok(())
}
