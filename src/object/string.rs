//! `Str`: immutable text.
//!
//! The bytes are UTF-8, or with lone surrogates in between as `text::wtf8` has them. Short strings have their bytes
//! right behind the body; long ones, and instances of subclasses, share a buffer. A buffer belongs to the
//! longest string made from it and all its prefixes, so appending to the longest grows it in place and
//! `s += x` in a loop is linear. What only needs bytes is in `text`.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::{Cell, UnsafeCell};
use std::cmp::Ordering;
use std::rc::Rc;

use crate::object::context::Context;
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::text::wtf8;

/// Strings of at most so many bytes stand in their object.
const INLINE: usize = 400;

/// The longest string, in bytes.
pub const LONGEST: usize = i32::MAX as usize;

/// Set in `Str::count` if there are surrogates.
const SURROGATES: u32 = 1 << 31;

/// The index of a buffer has an entry each so many code points.
const STRIDE: usize = 128;

/// The body of a str.
pub struct Str {
    /// How many bytes.
    length: u32,
    /// How many code points, and whether there are surrogates.
    count: u32,
    /// `hash`, 0 while it has not been asked for.
    hash: Cell<i64>,
    /// Where the bytes are if they are not behind the body.
    buffer: Option<Rc<Buffer>>,
}

/// Bytes that several strings begin with.
struct Buffer {
    bytes: UnsafeCell<Vec<u8>>,
    /// Byte offset of each `STRIDE`th code point, as far as it has been asked for.
    index: UnsafeCell<Vec<u32>>,
}

impl Body for Str {
    const KIND: Kind = Kind::Str;
    fn trace(&self, _: &mut Marker) {}
}

/// How many code points some bytes have, and the flag for surrogates.
fn count_of(bytes: &[u8]) -> u32 {
    if bytes.is_ascii() {
        return bytes.len() as u32;
    }
    let flag = if wtf8::has_surrogate(bytes) { SURROGATES } else { 0 };
    count_code_points(bytes) as u32 | flag
}

/// Eight bytes at a time: those that do not continue a code point.
fn count_code_points(bytes: &[u8]) -> usize {
    let mut words = bytes.chunks_exact(8);
    let mut continuations = 0;
    for word in &mut words {
        let word = u64::from_le_bytes(word.try_into().expect("eight bytes"));
        continuations += (word >> 7 & !(word >> 6) & 0x0101_0101_0101_0101).count_ones() as usize;
    }
    let rest = words.remainder().iter().filter(|&&byte| wtf8::is_continuation(byte)).count();
    bytes.len() - continuations - rest
}

/// The byte offset of a code point, counted from the start of `bytes`; the length if there are not so many.
fn skip_code_points(bytes: &[u8], count: usize) -> usize {
    let mut left = count;
    let mut offset = 0;
    // A word holds at most eight starts.
    while left >= 8 && offset + 8 <= bytes.len() {
        left -= count_code_points(&bytes[offset..offset + 8]);
        offset += 8;
    }
    while offset < bytes.len() {
        if !wtf8::is_continuation(bytes[offset]) {
            if left == 0 {
                return offset;
            }
            left -= 1;
        }
        offset += 1;
    }
    bytes.len()
}

/// The seeded hash of strings and bytes: multiplications folded to 64 bits, 16 bytes a round.
pub fn hash_bytes(seed: u64, bytes: &[u8]) -> i64 {
    const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
    const SECOND: u64 = 0xd1b5_4a32_d192_ed03;
    if bytes.is_empty() {
        return 0;
    }
    let fold = |a: u64, b: u64| {
        let product = a as u128 * b as u128;
        product as u64 ^ (product >> 64) as u64
    };
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as u64;
    let length = bytes.len();
    let mut state = seed ^ FIRST;
    let (a, b) = match length {
        0..4 => ((bytes[0] as u64) << 16 | (bytes[length / 2] as u64) << 8 | bytes[length - 1] as u64, 0),
        4..9 => (half(0), half(length - 4)),
        9..17 => (word(0), word(length - 8)),
        _ => {
            let mut at = 0;
            while at + 16 < length {
                state = fold(word(at) ^ state, word(at + 8) ^ SECOND);
                at += 16;
            }
            (word(length - 16), word(length - 8))
        }
    };
    let hash = fold(fold(a ^ state, b ^ SECOND ^ length as u64), seed ^ SECOND) as i64;
    match hash {
        0 | -1 => -2,
        hash => hash,
    }
}

impl Str {
    /// How many bytes it has.
    #[inline(always)]
    pub fn length(&self) -> usize {
        self.length as usize
    }

    /// How many code points it has: its `len`.
    #[inline(always)]
    pub fn chars(&self) -> usize {
        (self.count & !SURROGATES) as usize
    }

    /// Is every character ASCII?
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.count == self.length
    }

    /// Are there lone surrogates in it, so that it is no UTF-8?
    #[inline(always)]
    pub fn has_surrogates(&self) -> bool {
        self.count & SURROGATES != 0
    }

    /// Its bytes. They must not be held while a string may grow.
    #[inline(always)]
    pub fn bytes(&self) -> &[u8] {
        let start = match &self.buffer {
            None => (self as *const Str).wrapping_add(1) as *const u8,
            // SAFETY: no reference into the vector outlives the expression that takes it, so none is live here.
            Some(buffer) => unsafe { (*buffer.bytes.get()).as_ptr() },
        };
        // SAFETY: so many bytes stand behind a body without buffer, and in a buffer at least as many as in any
        // string that shares it. A body lives nowhere but in its object.
        unsafe { std::slice::from_raw_parts(start, self.length as usize) }
    }

    /// Its text, if it has no surrogates.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        // SAFETY: without surrogates the bytes are UTF-8: they come from `str` or from `wtf8::push`.
        if self.has_surrogates() { None } else { Some(unsafe { std::str::from_utf8_unchecked(self.bytes()) }) }
    }

    /// Its text, surrogates replaced by U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        match self.as_str() {
            Some(text) => Cow::Borrowed(text),
            None => Cow::Owned(wtf8::to_string_lossy(self.bytes())),
        }
    }

    /// `hash`, of which a context's seed is part.
    #[inline(always)]
    pub fn hash(&self, seed: u64) -> i64 {
        match self.hash.get() {
            0 => self.compute_hash(seed),
            hash => hash,
        }
    }

    /// The hash if it has been computed, else 0.
    #[inline(always)]
    pub fn known_hash(&self) -> i64 {
        self.hash.get()
    }

    #[inline(never)]
    fn compute_hash(&self, seed: u64) -> i64 {
        let hash = hash_bytes(seed, self.bytes());
        self.hash.set(hash);
        hash
    }

    /// Has it the same code points?
    #[inline]
    pub fn equals(&self, other: &Str) -> bool {
        self.length == other.length && self.bytes() == other.bytes()
    }

    /// The order by code points, which is that of the bytes.
    pub fn compare(&self, other: &Str) -> Ordering {
        self.bytes().cmp(other.bytes())
    }

    /// The byte offset of the code point with this index; the length for indices beyond the end.
    #[inline]
    pub fn offset(&self, index: usize) -> usize {
        if self.is_ascii() || index >= self.chars() {
            return index.min(self.length());
        }
        self.offset_slowly(index)
    }

    fn offset_slowly(&self, index: usize) -> usize {
        let bytes = self.bytes();
        match &self.buffer {
            Some(buffer) if bytes.len() > INLINE => {
                // SAFETY: only this expression and the two functions below look into the table.
                let table = unsafe { &mut *buffer.index.get() };
                extend_index(table, bytes, index / STRIDE);
                let start = table[index / STRIDE] as usize;
                start + skip_code_points(&bytes[start..], index % STRIDE)
            }
            _ => skip_code_points(bytes, index),
        }
    }

    /// The index of the code point that begins at a byte offset.
    pub fn index(&self, offset: usize) -> usize {
        if self.is_ascii() {
            return offset;
        }
        let bytes = &self.bytes()[..offset];
        match &self.buffer {
            Some(buffer) if offset > INLINE => {
                // SAFETY: as in `offset_slowly`.
                let table = unsafe { &mut *buffer.index.get() };
                extend_index_to(table, self.bytes(), offset);
                let entry = table.partition_point(|&start| start as usize <= offset) - 1;
                entry * STRIDE + count_code_points(&bytes[table[entry] as usize..])
            }
            _ => count_code_points(bytes),
        }
    }

    /// The code point with this index.
    pub fn code_at(&self, index: usize) -> Option<u32> {
        if index >= self.chars() {
            return None;
        }
        wtf8::decode(self.bytes(), self.offset(index)).map(|(code, _)| code)
    }
}

/// Makes the table reach entry `last`, which lies within the string.
fn extend_index(table: &mut Vec<u32>, bytes: &[u8], last: usize) {
    if table.is_empty() {
        table.push(0);
    }
    while table.len() <= last {
        let start = table[table.len() - 1] as usize;
        table.push((start + skip_code_points(&bytes[start..], STRIDE)) as u32);
    }
}

/// Makes the table reach the last entry at or before a byte offset.
fn extend_index_to(table: &mut Vec<u32>, bytes: &[u8], offset: usize) {
    extend_index(table, bytes, 0);
    loop {
        let start = table[table.len() - 1] as usize;
        if start >= offset {
            return;
        }
        let next = start + skip_code_points(&bytes[start..], STRIDE);
        if next >= bytes.len() {
            return;
        }
        table.push(next as u32);
    }
}

// ----- making strings

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
        if self.is_ascii() && bytes.len() > 1 {
            return Str::allocate_counted(cx, bytes, bytes.len() as u32);
        }
        Str::from_bytes(cx, bytes)
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

    #[test]
    fn code_points_are_counted_and_found() {
        let text = "aé€😀".repeat(300);
        let bytes = text.as_bytes();
        assert_eq!(count_code_points(bytes), 1200);
        let expected: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
        for index in [0, 1, 7, 8, 9, 127, 128, 129, 1000, 1199] {
            assert_eq!(skip_code_points(bytes, index), expected[index]);
        }
        assert_eq!(skip_code_points(bytes, 1200), bytes.len());
    }

    #[test]
    fn hashes_differ_by_seed_length_and_content() {
        let texts: Vec<String> = (0..40).map(|length| "x".repeat(length)).collect();
        let mut seen: Vec<i64> = texts.iter().map(|text| hash_bytes(7, text.as_bytes())).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 40);
        assert_ne!(hash_bytes(1, b"abc"), hash_bytes(2, b"abc"));
        assert_ne!(hash_bytes(1, b"abc"), hash_bytes(1, b"abd"));
    }
}
