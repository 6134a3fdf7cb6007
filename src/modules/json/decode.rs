//! A JSON text to plain data.

use rustc_hash::FxHashMap;

use crate::object::arguments::Index;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::native::{Args, Stop};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::integer_text::{self, DEFAULT_DIGIT_LIMIT};
use crate::text::{float_text, wtf8};

use super::module::DEEPEST;

/// A text being read.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// Keys seen, so that those of many objects are one string each.
    keys: FxHashMap<Vec<u8>, Value>,
}

/// `decode(text, start)`
pub fn decode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (text, Index(start)): (Ref<Str>, Index) = args.take(cx)?;
    if start < 0 || start as usize > text.chars() {
        return Ok(Value::NONE);
    }
    let at = text.offset(start as usize);
    let mut reader = Reader { text: text.bytes(), at, depth: 0, keys: FxHashMap::default() };
    reader.skip_space();
    match reader.value(cx) {
        Some(value) => {
            let end = text.index(reader.at);
            Ok(cx.tuple(&[value, Value::small(end as i64)]))
        }
        None => Ok(Value::NONE),
    }
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += is_there as usize;
        is_there
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.text[self.at..].starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    /// Any value; None where the text is not JSON.
    fn value(&mut self, cx: &mut Context) -> Option<Value> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                let text = self.string()?;
                Some(match text {
                    Text::Plain(text) => cx.str_bytes(text),
                    Text::Made(text) => Str::from_vec(cx, text),
                })
            }
            b'{' => self.nested(|reader| reader.object(cx)),
            b'[' => self.nested(|reader| reader.array(cx)),
            b'n' => self.word("null", Value::NONE),
            b't' => self.word("true", Value::TRUE),
            b'f' => self.word("false", Value::FALSE),
            b'N' => self.word("NaN", Value::float(f64::NAN)),
            b'I' => self.word("Infinity", Value::float(f64::INFINITY)),
            b'-' if self.text[self.at..].starts_with(b"-I") => self.word("-Infinity", Value::float(f64::NEG_INFINITY)),
            b'-' | b'0'..=b'9' => self.number(cx),
            _ => None,
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self, cx: &mut Context) -> Option<Value> {
        let mut items = Vec::new();
        self.skip_space();
        if !self.take(b']') {
            loop {
                self.skip_space();
                items.push(self.value(cx)?);
                self.skip_space();
                if self.take(b']') {
                    break;
                }
                if !self.take(b',') {
                    return None;
                }
            }
        }
        Some(cx.list(items))
    }

    fn object(&mut self, cx: &mut Context) -> Option<Value> {
        let dict = cx.new_dict();
        self.skip_space();
        if self.take(b'}') {
            return Some(dict.value());
        }
        loop {
            self.skip_space();
            if !self.take(b'"') {
                return None;
            }
            let key = self.key(cx)?;
            self.skip_space();
            if !self.take(b':') {
                return None;
            }
            self.skip_space();
            let value = self.value(cx)?;
            dict.set(cx, key, value).ok()?;
            self.skip_space();
            if self.take(b'}') {
                return Some(dict.value());
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn key(&mut self, cx: &mut Context) -> Option<Value> {
        let text = self.string()?;
        let bytes = match &text {
            Text::Plain(bytes) => bytes,
            Text::Made(bytes) => bytes.as_slice(),
        };
        if let Some(&key) = self.keys.get(bytes) {
            return Some(key);
        }
        let key = cx.str_bytes(bytes);
        self.keys.insert(bytes.to_vec(), key);
        Some(key)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self, cx: &mut Context) -> Option<Value> {
        let start = self.at;
        self.take(b'-');
        if !self.take(b'0') && self.digits() == 0 {
            return None;
        }
        let whole = self.at;
        if self.take(b'.') && self.digits() == 0 {
            self.at = whole;
        }
        let mark = self.at;
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            if self.digits() == 0 {
                self.at = mark;
            }
        }
        let text = &self.text[start..self.at];
        if self.at != whole {
            return float_text::parse_ascii(text).map(Value::float);
        }
        if text.len() <= 18 {
            let number = std::str::from_utf8(text).ok()?.parse().ok()?;
            return Some(cx.int(number));
        }
        let number = integer_text::parse(text, 10, DEFAULT_DIGIT_LIMIT).ok()?;
        Some(Int::from_integer(cx, number))
    }

    /// A string from behind its opening quote.
    fn string(&mut self) -> Option<Text<'a>> {
        let start = self.at;
        self.to_mark()?;
        if self.text[self.at] == b'"' {
            self.at += 1;
            return Some(Text::Plain(&self.text[start..self.at - 1]));
        }
        let mut made = self.text[start..self.at].to_vec();
        loop {
            let mark = self.text[self.at];
            self.at += 1;
            if mark == b'"' {
                return Some(Text::Made(made));
            }
            let code = self.escape()?;
            wtf8::push(&mut made, code);
            let start = self.at;
            self.to_mark()?;
            made.extend_from_slice(&self.text[start..self.at]);
        }
    }

    /// On to the next quote or backslash; None at a control character or the end.
    fn to_mark(&mut self) -> Option<()> {
        while !matches!(self.peek()?, b'"' | b'\\') {
            if self.text[self.at] < 0x20 {
                return None;
            }
            self.at += 1;
        }
        Some(())
    }

    /// The character that an escape stands for, from behind the backslash.
    fn escape(&mut self) -> Option<u32> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => letter as u32,
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => 0x0A,
            b'r' => 0x0D,
            b't' => 0x09,
            b'u' => {
                let code = self.hexadecimal(self.at)?;
                self.at += 4;
                if (0xD800..0xDC00).contains(&code)
                    && self.text[self.at..].starts_with(b"\\u")
                    && let Some(low @ 0xDC00..0xE000) = self.hexadecimal(self.at + 2)
                {
                    self.at += 6;
                    return Some(0x1_0000 + ((code - 0xD800) << 10 | (low - 0xDC00)));
                }
                code
            }
            _ => return None,
        })
    }

    fn hexadecimal(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |code, &digit| Some(code << 4 | (digit as char).to_digit(16)?))
    }
}

/// The text of a string: part of the whole, or made where there are escapes.
enum Text<'a> {
    Plain(&'a [u8]),
    Made(Vec<u8>),
}
