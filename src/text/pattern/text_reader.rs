//! Reading a text as the matcher needs it: characters forward and backward, runs of them, places.

use super::class::{Category, Class};
use super::instruction::{Code, Item, Start};
use super::letter_fold::lower;
use super::tree::{Fold, Place};
use crate::text::wtf8;

/// A text up to where the search ends.
#[derive(Clone, Copy)]
pub struct TextReader<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether they encode a str.
    pub wide: bool,
}

impl TextReader<'_> {
    /// How many bytes the character takes that starts with this one.
    #[inline(always)]
    fn width(self, first: u8) -> usize {
        match first {
            _ if !self.wide => 1,
            0..0xC0 => 1,
            0xC0..0xE0 => 2,
            0xE0..0xF0 => 3,
            _ => 4,
        }
    }

    /// The position behind the character at a position.
    #[inline(always)]
    pub fn after(self, at: usize) -> usize {
        let width = self.bytes.get(at).map_or(1, |&first| self.width(first));
        (at + width).min(self.bytes.len())
    }

    /// The position of the character before a position.
    #[inline(always)]
    pub fn before(self, at: usize) -> usize {
        let mut at = at.saturating_sub(1);
        while self.wide && at > 0 && self.bytes.get(at).is_some_and(|&byte| wtf8::is_continuation(byte)) {
            at -= 1;
        }
        at
    }

    /// The position so many characters before another, if there are as many.
    pub fn back(self, mut at: usize, count: u32) -> Option<usize> {
        let nearest = at.checked_sub(count as usize)?;
        if !self.wide {
            return Some(nearest);
        }
        for _ in 0..count {
            if at == 0 {
                return None;
            }
            at = self.before(at);
        }
        Some(at)
    }

    /// Takes one character; gives the position behind it.
    #[inline(always)]
    pub fn one(self, code: &Code, item: Item, at: usize) -> Option<usize> {
        let first = *self.bytes.get(at)?;
        match item {
            Item::Byte(byte) => (first == byte).then_some(at + 1),
            Item::Line if first == b'\n' => None,
            Item::Line | Item::Any => Some(self.after(at)),
            Item::Class(number) => self.member(&code.classes[number as usize], first, at),
        }
    }

    /// Takes a member of a class; `first` is the byte at the position.
    #[inline(always)]
    fn member(self, class: &Class, first: u8, at: usize) -> Option<usize> {
        if first < 0x80 || !self.wide {
            return class.low().contains(first).then_some(at + 1);
        }
        let (code, width) = wtf8::decode(self.bytes, at)?;
        class.contains(code).then_some(at + width)
    }

    /// Takes up to so many characters; gives the position behind them and their number.
    pub fn run(self, code: &Code, item: Item, limit: u32, mut at: usize) -> (usize, u32) {
        let mut taken = 0;
        while taken < limit
            && let Some(next) = self.one(code, item, at)
        {
            at = next;
            taken += 1;
        }
        (at, taken)
    }

    /// Takes as many characters as there are; gives the position behind them.
    #[inline(always)]
    pub fn run_to_end(self, code: &Code, item: Item, mut at: usize) -> usize {
        let length = self.bytes.len();
        let rest = &self.bytes[at.min(length)..];
        let found = match item {
            Item::Any => None,
            Item::Line => memchr::memchr(b'\n', rest),
            Item::Byte(byte) => rest.iter().position(|&other| other != byte),
            Item::Class(number) => {
                let class = &code.classes[number as usize];
                match code.stops[number as usize].as_deref() {
                    Some(&[one]) => memchr::memchr(one, rest),
                    Some(&[one, two]) => memchr::memchr2(one, two, rest),
                    Some(&[one, two, three]) => memchr::memchr3(one, two, three, rest),
                    _ => {
                        while let Some(&first) = self.bytes.get(at)
                            && let Some(next) = self.member(class, first, at)
                        {
                            at = next;
                        }
                        return at;
                    }
                }
            }
        };
        found.map_or(length, |found| at + found)
    }

    /// Whether a position is such a place.
    pub fn is_at(self, place: Place, at: usize) -> bool {
        let length = self.bytes.len();
        match place {
            Place::TextStart => at == 0,
            Place::LineStart => at == 0 || self.bytes.get(at - 1) == Some(&b'\n'),
            Place::TextEnd => at == length,
            Place::LastLineEnd => at == length || at + 1 == length && self.bytes[at] == b'\n',
            Place::LineEnd => at == length || self.bytes.get(at) == Some(&b'\n'),
            Place::WordEdge { negated, unicode } => {
                (self.is_word_before(at, unicode) != self.is_word_at(at, unicode)) != negated
            }
        }
    }

    fn is_word_at(self, at: usize, unicode: bool) -> bool {
        match self.bytes.get(at) {
            None => false,
            Some(&byte) if byte < 0x80 => byte.is_ascii_alphanumeric() || byte == b'_',
            Some(_) if !unicode => false,
            Some(_) => wtf8::decode(self.bytes, at).is_some_and(|(code, _)| Category::Word.contains(code, true)),
        }
    }

    fn is_word_before(self, at: usize, unicode: bool) -> bool {
        at > 0 && self.is_word_at(self.before(at), unicode)
    }

    /// Takes once more what stands between two positions.
    pub fn again(self, start: usize, end: usize, fold: Fold, mut at: usize) -> Option<usize> {
        let wanted = self.bytes.get(start..end)?;
        if fold != Fold::Unicode {
            let found = self.bytes.get(at..at.checked_add(wanted.len())?)?;
            let same = if fold == Fold::Ascii { found.eq_ignore_ascii_case(wanted) } else { found == wanted };
            return same.then_some(at + wanted.len());
        }
        for code in wtf8::code_points(wanted) {
            let (found, width) = wtf8::decode(self.bytes, at)?;
            if found != code && lower(found) != lower(code) {
                return None;
            }
            at += width;
        }
        Some(at)
    }

    /// The first position from `from` on where a match may start.
    pub fn find_start(self, start: &Start, from: usize) -> Option<usize> {
        let rest = self.bytes.get(from..)?;
        let found = match start {
            Start::Anywhere => Some(0),
            Start::TextStart => (from == 0).then_some(0),
            Start::Byte(one) => memchr::memchr(*one, rest),
            Start::Two(one, two) => memchr::memchr2(*one, *two, rest),
            Start::Three(one, two, three) => memchr::memchr3(*one, *two, *three, rest),
            Start::Set(set) => rest.iter().position(|&byte| set.contains(byte)),
            Start::Literal(finder) => finder.find(rest),
        };
        found.map(|found| from + found)
    }
}
