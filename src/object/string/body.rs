//! The body of a str, and what is read from it.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::{Cell, UnsafeCell};
use std::cmp::Ordering;
use std::rc::Rc;

use super::hash::hash_bytes;
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::text::wtf8;

/// Strings of at most so many bytes stand in their object.
pub(super) const INLINE: usize = 400;

/// The longest string, in bytes.
pub const LONGEST: usize = i32::MAX as usize;

/// Set in `Str::count` if there are surrogates.
pub(super) const SURROGATES: u32 = 1 << 31;

/// The index of a buffer has an entry each so many code points.
const STRIDE: usize = 128;

/// The body of a str.
pub struct Str {
    /// How many bytes.
    pub(super) length: u32,
    /// How many code points, and whether there are surrogates.
    pub(super) count: u32,
    /// `hash`, 0 while it has not been asked for.
    pub(super) hash: Cell<i64>,
    /// Where the bytes are if they are not behind the body.
    pub(super) buffer: Option<Rc<Buffer>>,
}

/// Bytes that several strings begin with.
pub struct Buffer {
    pub(super) bytes: UnsafeCell<Vec<u8>>,
    /// Byte offset of each `STRIDE`th code point, as far as it has been asked for.
    pub(super) index: UnsafeCell<Vec<u32>>,
}

impl Body for Str {
    const KIND: Kind = Kind::Str;
    fn trace(&self, _: &mut Marker) {}
}

/// How many code points some bytes have, and the flag for surrogates.
pub(super) fn count_of(bytes: &[u8]) -> u32 {
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
        if index >= self.chars() {
            return self.length();
        }
        if self.is_ascii() {
            return index;
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
