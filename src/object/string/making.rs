//! Making strings: from bytes, from parts of others, by joining and repeating.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::rc::Rc;

use super::body::{Buffer, INLINE, LONGEST, SURROGATES, Str, count_of};
use crate::object::context::Context;
use crate::object::heap::{Header, Ref};
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::text::wtf8;

impl Str {
    /// A new str with these bytes, always an object of its own.
    #[inline]
    pub fn allocate(cx: &mut Context, bytes: &[u8]) -> Value {
        Str::allocate_counted(cx, bytes, count_of(bytes))
    }

    /// A new str object that is to be interned: as `allocate`, with its hash computed and the flag set.
    pub fn allocate_interned(cx: &mut Context, bytes: &[u8]) -> Value {
        let value = Str::allocate(cx, bytes);
        if let Some(string) = value.get::<Str>() {
            string.hash(cx.hash_seed.0);
            string.header().set(Header::KIND_FLAG);
        }
        value
    }

    #[inline]
    fn allocate_counted(cx: &mut Context, bytes: &[u8], count: u32) -> Value {
        if bytes.len() > INLINE {
            return Str::from_buffer(cx, LayoutId::STR, None, bytes.to_vec(), count);
        }
        let body = Str { length: bytes.len() as u32, count, hash: Cell::new(0), buffer: None };
        let string = cx.heap.allocate_trailing(LayoutId::STR, body, bytes.len());
        // SAFETY: the object was made with room for the bytes behind its body.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), string.trailing::<u8>(), bytes.len()) };
        string.value()
    }

    fn from_buffer(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, bytes: Vec<u8>, count: u32) -> Value {
        cx.charge(bytes.len());
        let length = bytes.len() as u32;
        let buffer = Rc::new(Buffer { bytes: UnsafeCell::new(bytes), index: UnsafeCell::new(Vec::new()) });
        let body = Str { length, count, hash: Cell::new(0), buffer: Some(buffer) };
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity).value(),
            None => cx.heap.allocate(layout, body).value(),
        }
    }

    /// A str of text.
    #[inline]
    pub fn from_text(cx: &mut Context, text: &str) -> Value {
        Str::from_bytes(cx, text.as_bytes())
    }

    /// A str of bytes as strings have them; the empty string and Latin-1 characters are there already.
    #[inline]
    pub fn from_bytes(cx: &mut Context, bytes: &[u8]) -> Value {
        match *bytes {
            [] => cx.empty_string,
            [byte] => Str::latin(cx, byte),
            [first @ (0xC2 | 0xC3), second] => Str::latin(cx, first << 6 | second & 0x3F),
            _ => Str::allocate(cx, bytes),
        }
    }

    /// As `from_bytes`, of a part of a string; what is known to be ASCII is not looked at.
    #[inline]
    pub fn from_piece(cx: &mut Context, bytes: &[u8], is_ascii: bool) -> Value {
        if is_ascii && bytes.len() > 1 {
            Str::allocate_counted(cx, bytes, bytes.len() as u32)
        } else {
            Str::from_bytes(cx, bytes)
        }
    }

    #[inline]
    fn latin(cx: &mut Context, code: u8) -> Value {
        cx.characters[code as usize]
    }

    /// A str of a vector of bytes, which it takes over if they are many.
    pub fn from_vec(cx: &mut Context, bytes: Vec<u8>) -> Value {
        if bytes.len() <= INLINE {
            return Str::from_bytes(cx, &bytes);
        }
        let count = count_of(&bytes);
        Str::from_buffer(cx, LayoutId::STR, None, bytes, count)
    }

    /// As `from_vec`; MemoryError if the text is longer than a str can be.
    pub fn try_from_vec(cx: &mut Context, bytes: Vec<u8>) -> Result<Value, Stop> {
        if bytes.len() > LONGEST {
            return Err(cx.memory_error());
        }
        Ok(Str::from_vec(cx, bytes))
    }

    /// A str of a `String`.
    pub fn from_string(cx: &mut Context, text: String) -> Value {
        Str::from_vec(cx, text.into_bytes())
    }

    /// A str of one code point, surrogates included.
    #[inline]
    pub fn from_code(cx: &mut Context, code: u32) -> Value {
        if code < 256 {
            return Str::latin(cx, code as u8);
        }
        let mut bytes = Vec::with_capacity(4);
        wtf8::push(&mut bytes, code);
        Str::allocate(cx, &bytes)
    }

    /// An instance of a subclass of str. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, bytes: &[u8]) -> Value {
        let count = count_of(bytes);
        Str::from_buffer(cx, layout, capacity, bytes.to_vec(), count)
    }

    /// The str itself if it is exactly one, else one with the same text: for natives that give their argument back.
    pub fn exact(cx: &mut Context, string: Ref<Str>) -> Value {
        if string.header().layout() == LayoutId::STR {
            return string.value();
        }
        let bytes = string.bytes().to_vec();
        Str::from_vec(cx, bytes)
    }

    /// `a + b`. Where `a` is the longest string of its buffer, the buffer grows in place.
    pub fn concat(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
        match (a.get::<Str>(), b.get::<Str>()) {
            (Some(a), Some(b)) => Str::join_two(cx, a, b),
            _ => {
                let found = cx.type_name(b);
                Err(cx.type_error(format!("can only concatenate str (not \"{found}\") to str")))
            }
        }
    }

    fn join_two(cx: &mut Context, a: Ref<Str>, b: Ref<Str>) -> Result<Value, Stop> {
        if b.length == 0 {
            return Ok(Str::exact(cx, a));
        }
        if a.length == 0 {
            return Ok(Str::exact(cx, b));
        }
        let length = a.length() + b.length();
        if length > LONGEST {
            return Err(cx.memory_error());
        }
        let count = (a.count & !SURROGATES) + (b.count & !SURROGATES) | (a.count | b.count) & SURROGATES;
        if length <= INLINE {
            return Ok(Str::concat_inline(cx, a, b, length, count));
        }
        if let Some(buffer) = &a.buffer
            && let Some(grown) = append(buffer, a.length(), &b)
        {
            let body = Str { length: length as u32, count, hash: Cell::new(0), buffer: Some(grown) };
            return Ok(cx.heap.allocate(LayoutId::STR, body).value());
        }
        if length > 1 << 20 {
            cx.reserve(length)?;
        }
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(a.bytes());
        bytes.extend_from_slice(b.bytes());
        Ok(Str::from_buffer(cx, LayoutId::STR, None, bytes, count))
    }

    fn concat_inline(cx: &mut Context, a: Ref<Str>, b: Ref<Str>, length: usize, count: u32) -> Value {
        let body = Str { length: length as u32, count, hash: Cell::new(0), buffer: None };
        let string = cx.heap.allocate_trailing(LayoutId::STR, body, length);
        let start = string.trailing::<u8>();
        // SAFETY: the object was made with room for both behind its body.
        unsafe {
            std::ptr::copy_nonoverlapping(a.bytes().as_ptr(), start, a.length());
            std::ptr::copy_nonoverlapping(b.bytes().as_ptr(), start.add(a.length()), b.length());
        }
        string.value()
    }

    /// The strings one after the other.
    pub fn concat_all(cx: &mut Context, items: &[Value]) -> Result<Value, Stop> {
        let strings = || items.iter().map(|item| item.get::<Str>().expect("what is put together are strings"));
        let length: usize = strings().map(|string| string.length()).sum();
        if length > LONGEST {
            return Err(cx.memory_error());
        }
        if !(2..=INLINE).contains(&length) {
            cx.reserve(length)?;
            let mut bytes = Vec::with_capacity(length);
            strings().for_each(|string| bytes.extend_from_slice(string.bytes()));
            return Ok(Str::from_vec(cx, bytes));
        }
        let count: u32 = strings().map(|string| string.count & !SURROGATES).sum();
        if count == 1 {
            return Ok(strings()
                .find(|string| string.length() > 0)
                .map_or(cx.empty_string, |only| Str::exact(cx, only)));
        }
        let flag = strings().fold(0, |flag, string| flag | string.count & SURROGATES);
        let body = Str { length: length as u32, count: count | flag, hash: Cell::new(0), buffer: None };
        let whole = cx.heap.allocate_trailing(LayoutId::STR, body, length);
        let mut end = whole.trailing::<u8>();
        for string in strings() {
            // SAFETY: the object was made with room for all of them behind its body.
            unsafe {
                std::ptr::copy_nonoverlapping(string.bytes().as_ptr(), end, string.length());
                end = end.add(string.length());
            }
        }
        Ok(whole.value())
    }

    /// `string * count`
    pub fn repeat(cx: &mut Context, string: Ref<Str>, count: i64) -> Result<Value, Stop> {
        if count <= 0 || string.length == 0 {
            return Ok(cx.empty_string);
        }
        if count == 1 {
            return Ok(Str::exact(cx, string));
        }
        let total = usize::try_from(count).ok().and_then(|count| count.checked_mul(string.length()));
        let Some(total) = total.filter(|&total| total <= LONGEST) else { return Err(cx.memory_error()) };
        cx.reserve(total)?;
        let bytes = string.bytes().repeat(count as usize);
        let points = string.chars() as u32 * count as u32 | string.count & SURROGATES;
        if total > INLINE {
            return Ok(Str::from_buffer(cx, LayoutId::STR, None, bytes, points));
        }
        Ok(Str::from_bytes(cx, &bytes))
    }

    /// The strings with a separator between them; Err with the index of the first item that is no str.
    pub fn join(cx: &mut Context, separator: Ref<Str>, items: &[Value]) -> Result<Result<Value, Stop>, usize> {
        let mut total = separator.length().saturating_mul(items.len().saturating_sub(1));
        for (index, item) in items.iter().enumerate() {
            total = total.saturating_add(item.get::<Str>().ok_or(index)?.length());
        }
        if let [only] = items {
            return Ok(Ok(only.get::<Str>().map_or(*only, |only| Str::exact(cx, only))));
        }
        if total > LONGEST {
            return Ok(Err(cx.memory_error()));
        }
        if total > 1 << 20
            && let Err(stop) = cx.reserve(total)
        {
            return Ok(Err(stop));
        }
        let mut bytes = Vec::with_capacity(total);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                bytes.extend_from_slice(separator.bytes());
            }
            if let Some(item) = item.get::<Str>() {
                bytes.extend_from_slice(item.bytes());
            }
        }
        Ok(Ok(Str::from_vec(cx, bytes)))
    }
}

/// Appends to a buffer whose longest string has `length` bytes, and gives a share of it; None if a longer string
/// has grown there already.
fn append(buffer: &Rc<Buffer>, length: usize, added: &Ref<Str>) -> Option<Rc<Buffer>> {
    // SAFETY: no reference into the vector is held across this expression; `added` may be in the same buffer, so
    // its bytes are looked up after the buffer has its room, and they do not overlap the room.
    unsafe {
        let bytes = buffer.bytes.get();
        if (*bytes).len() != length {
            return None;
        }
        (*bytes).reserve(added.length());
        let source = added.bytes().as_ptr();
        std::ptr::copy_nonoverlapping(source, (*bytes).as_mut_ptr().add(length), added.length());
        (*bytes).set_len(length + added.length());
    }
    Some(buffer.clone())
}

impl Ref<Str> {
    /// Is it the one string with its text that names are?
    #[inline(always)]
    pub fn is_interned(self) -> bool {
        self.header().has(Header::KIND_FLAG)
    }

    /// The character with this index, as a str.
    #[inline]
    pub fn char_at(self, cx: &mut Context, index: usize) -> Option<Value> {
        if index >= self.chars() {
            return None;
        }
        if self.is_ascii() {
            let byte = self.bytes()[index];
            return Some(Str::latin(cx, byte));
        }
        let code = self.code_at(index)?;
        Some(Str::from_code(cx, code))
    }

    /// The character that begins at a byte offset, and how many bytes it has.
    #[inline]
    pub fn char_at_offset(self, cx: &mut Context, offset: usize) -> Option<(Value, usize)> {
        let (code, width) = wtf8::decode(self.bytes(), offset)?;
        Some((Str::from_code(cx, code), width))
    }

    /// The code points from `start` up to `stop`, as a str.
    pub fn part(self, cx: &mut Context, start: usize, stop: usize) -> Value {
        let (start, stop) = (self.offset(start), self.offset(stop));
        self.part_of_bytes(cx, start, stop)
    }

    /// The bytes from `start` up to `stop`, which begin and end code points, as a str.
    pub fn part_of_bytes(self, cx: &mut Context, start: usize, stop: usize) -> Value {
        if start >= stop {
            return cx.empty_string;
        }
        if start == 0 && stop == self.length() && self.header().layout() == LayoutId::STR {
            return self.value();
        }
        // Allocation moves no bytes, so the slice stays where it is.
        let bytes = unbound(&self.bytes()[start..stop]);
        Str::from_piece(cx, bytes, self.is_ascii())
    }

    /// `length` code points beginning at `start`, each `step` from the last, as a str.
    pub fn slice(self, cx: &mut Context, start: i64, step: i64, length: usize) -> Value {
        if length == 0 {
            return cx.empty_string;
        }
        if step == 1 {
            return self.part(cx, start as usize, start as usize + length);
        }
        let places = (0..length as i64).map(|turn| (start + turn * step) as usize);
        let mut out = Vec::with_capacity(length);
        if self.is_ascii() {
            let bytes = self.bytes();
            out.extend(places.map(|place| bytes[place]));
        } else if step == -1 {
            let stop = self.offset(start as usize + 1);
            let codes = wtf8::code_points(&self.bytes()[..stop]).rev().take(length);
            codes.for_each(|code| wtf8::push(&mut out, code));
        } else {
            places.filter_map(|place| self.code_at(place)).for_each(|code| wtf8::push(&mut out, code));
        }
        Str::from_vec(cx, out)
    }
}

/// The text of a str, surrogates replaced; empty for what is no str.
pub fn text_of(value: Value) -> String {
    value.get::<Str>().map_or_else(String::new, |string| string.text().into_owned())
}

/// Frees a slice of a string from the borrow of its reference.
fn unbound<'a>(bytes: &[u8]) -> &'a [u8] {
    // SAFETY: used between taking the bytes of a live string and allocating, which neither collects nor grows a
    // buffer; the slice is not kept.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: Value) -> String {
        text_of(value)
    }

    #[test]
    fn appending_shares_a_buffer_and_leaves_the_parts_as_they_are() {
        let cx = &mut Context::new((1, 2));
        let mut text = cx.str("é");
        let mut expected = "é".to_string();
        let mut older = Vec::new();
        for turn in 0..2000 {
            let piece = cx.str(&format!("{turn}é"));
            text = Str::concat(cx, text, piece).unwrap_or(Value::NONE);
            expected.push_str(&format!("{turn}é"));
            if turn % 500 == 0 {
                older.push((text, expected.clone()));
            }
        }
        assert_eq!(shown(text), expected);
        for (value, expected) in older {
            assert_eq!(shown(value), expected);
            let string = value.get::<Str>().expect("a str");
            assert_eq!(string.chars(), expected.chars().count());
            let fork = Str::concat(cx, value, value).unwrap_or(Value::NONE);
            assert_eq!(shown(fork), expected.repeat(2));
        }
        let doubled = Str::concat(cx, text, text).unwrap_or(Value::NONE);
        assert_eq!(shown(doubled), expected.repeat(2));
    }

    #[test]
    fn characters_and_parts_are_found_in_long_strings() {
        let cx = &mut Context::new((1, 2));
        let text: String = (0..3000).map(|n| char::from_u32(0x40 + n % 700).expect("a character")).collect();
        let characters: Vec<char> = text.chars().collect();
        let value = cx.str(&text);
        let string = value.get::<Str>().expect("a str");
        for index in [0, 1, 127, 128, 500, 2999] {
            assert_eq!(shown(string.char_at(cx, index).expect("a character")), characters[index].to_string());
            assert_eq!(string.index(string.offset(index)), index);
        }
        assert_eq!(string.index(string.length()), 3000);
        assert_eq!(string.char_at(cx, 3000), None);
        let part: String = characters[100..2500].iter().collect();
        assert_eq!(shown(string.part(cx, 100, 2500)), part);
        let backwards: String = characters[5..900].iter().rev().collect();
        assert_eq!(shown(string.slice(cx, 899, -1, 895)), backwards);
        let every: String = characters.iter().step_by(7).collect();
        assert_eq!(shown(string.slice(cx, 0, 7, every.chars().count())), every);
    }

    #[test]
    fn instances_of_subclasses_keep_their_attribute_slots() {
        let cx = &mut Context::new((1, 2));
        let value = Str::allocate_as(cx, LayoutId::STR, Some(2), b"abc");
        value.header().expect("an object").slot(1).set(Value::small(7));
        assert_eq!(shown(value), "abc");
        let joined = [value, value, cx.str("d")];
        let separator = cx.str(", ").get::<Str>().expect("a str");
        let Ok(Ok(text)) = Str::join(cx, separator, &joined) else { panic!("strings join") };
        assert_eq!(shown(text), "abc, abc, d");
        assert_eq!(Str::join(cx, separator, &[Value::NONE]).err(), Some(0));
    }
}
