//! Sets of characters: `[a-z]`, `\w`, and single letters when case is ignored.
//!
//! A class is complete when it is built: ignoring case has already added the other cases, so a
//! match is one look-up, in a table of bits for the first 256 characters and in sorted ranges above.

use super::letter_fold;
use crate::text::unicode;

/// First and last of some consecutive characters.
pub type Range = (u32, u32);

/// The named sets of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// `\d`
    Digit,
    /// `\s`
    Space,
    /// `\w`
    Word,
}

/// How the pattern around a class reads characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// Whether the text is a str, so that characters above 255 exist.
    pub wide: bool,
    /// Whether categories and cases go beyond ASCII.
    pub unicode: bool,
    /// Whether case is ignored.
    pub fold: bool,
}

impl Category {
    /// Whether a character is in it.
    pub fn contains(self, code: u32, beyond_ascii: bool) -> bool {
        match u8::try_from(code).ok().filter(u8::is_ascii) {
            None if !beyond_ascii => false,
            Some(byte) if !beyond_ascii && self == Category::Space => unicode::is_ascii_space(byte),
            Some(byte) if self == Category::Digit => byte.is_ascii_digit(),
            Some(byte) if self == Category::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            _ => match self {
                Category::Digit => unicode::is_decimal(code),
                Category::Space => unicode::is_space(code),
                Category::Word => unicode::is_alnum(code),
            },
        }
    }
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Every byte.
    pub const ALL: ByteSet = ByteSet([u64::MAX; 4]);

    /// Whether a byte is in it.
    #[inline(always)]
    pub fn contains(&self, byte: u8) -> bool {
        self.0[(byte >> 6) as usize] >> (byte & 63) & 1 != 0
    }

    /// Adds a byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[(byte >> 6) as usize] |= 1 << (byte & 63);
    }

    /// Adds the bytes of another set.
    pub fn extend(&mut self, other: &ByteSet) {
        self.0.iter_mut().zip(other.0).for_each(|(word, more)| *word |= more);
    }

    /// Whether no byte is in both.
    pub fn is_disjoint(&self, other: &ByteSet) -> bool {
        self.0.iter().zip(other.0).all(|(word, more)| word & more == 0)
    }

    /// The bytes, in order.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        (0..=255).filter(|&byte| self.contains(byte))
    }

    /// How many bytes are in it.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// The members below 256, negation included.
    low: ByteSet,
    /// Sorted ranges of the members before negation.
    ranges: Vec<Range>,
    /// Categories, and whether each is meant inverted; also before negation.
    categories: Vec<(Category, bool)>,
    /// Whether members are what is neither in the ranges nor in the categories.
    negated: bool,
    /// Whether characters above 255 exist.
    wide: bool,
    /// Whether categories reach beyond ASCII.
    unicode: bool,
}

impl Class {
    /// Builds a class; ranges may overlap and stand in any order.
    pub fn new(mut ranges: Vec<Range>, categories: Vec<(Category, bool)>, negated: bool, mode: Mode) -> Self {
        match (mode.fold, mode.unicode) {
            (true, true) => letter_fold::complete(&mut ranges),
            (true, false) => letter_fold::complete_ascii(&mut ranges),
            _ => {}
        }
        let ranges = merge(ranges);
        let (wide, unicode) = (mode.wide, mode.unicode);
        let mut class = Class { low: ByteSet::default(), ranges, categories, negated, wide, unicode };
        let members = (0..=255u8).filter(|&byte| class.find(byte as u32));
        let mut low = ByteSet::default();
        members.for_each(|byte| low.insert(byte));
        class.low = low;
        class
    }

    /// The class of one character, which ignoring case may make several.
    pub fn of_code(code: u32, mode: Mode) -> Self {
        Class::new(vec![(code, code)], Vec::new(), false, mode)
    }

    /// The only member, if there is just one.
    pub fn single(&self) -> Option<u32> {
        match self.ranges[..] {
            [(first, last)] if first == last && !self.negated && self.categories.is_empty() => Some(first),
            _ => None,
        }
    }

    /// What is in any of two classes; `None` if that cannot be said as one class.
    pub fn union(&self, other: &Class) -> Option<Class> {
        if self.negated || other.negated || (self.wide, self.unicode) != (other.wide, other.unicode) {
            return None;
        }
        let ranges = [&self.ranges[..], &other.ranges].concat();
        let categories = [&self.categories[..], &other.categories].concat();
        Some(Class::new(ranges, categories, false, Mode { wide: self.wide, unicode: self.unicode, fold: false }))
    }

    /// Whether a character is a member.
    #[inline(always)]
    pub fn contains(&self, code: u32) -> bool {
        match u8::try_from(code) {
            Ok(byte) => self.low.contains(byte),
            Err(_) => self.find(code),
        }
    }

    /// The members below 256.
    #[inline(always)]
    pub fn low(&self) -> &ByteSet {
        &self.low
    }

    fn find(&self, code: u32) -> bool {
        let above = self.ranges.partition_point(|range| range.0 <= code);
        let found = above.checked_sub(1).is_some_and(|place| code <= self.ranges[place].1)
            || self.categories.iter().any(|&(category, inverted)| category.contains(code, self.unicode) != inverted);
        found != self.negated
    }

    /// The bytes that the encoding of a member may start with, perhaps some more.
    pub fn first_bytes(&self) -> ByteSet {
        if !self.wide {
            return self.low;
        }
        let mut set = ByteSet::default();
        (0..0x80).filter(|&byte| self.low.contains(byte)).for_each(|byte| set.insert(byte));
        let listed = !self.negated && self.categories.iter().all(|&(_, inverted)| !inverted && !self.unicode);
        match listed {
            false => (0xC0..=0xFF).for_each(|byte| set.insert(byte)),
            true => {
                for &(first, last) in self.ranges.iter().filter(|range| range.1 >= 0x80) {
                    (lead_byte(first.max(0x80))..=lead_byte(last)).for_each(|byte| set.insert(byte));
                }
            }
        }
        set
    }

    /// The up to three bytes that end a run of members, if everything else is a member.
    pub fn stops(&self) -> Option<Vec<u8>> {
        let limit = if self.wide { 0x80 } else { 0x100 };
        let listed = self.negated && self.categories.is_empty() && self.ranges.iter().all(|range| range.1 < limit);
        if self.wide && !listed {
            return None;
        }
        let missing: Vec<u8> = (0..limit).map(|code| code as u8).filter(|&byte| !self.low.contains(byte)).collect();
        (1..=3).contains(&missing.len()).then_some(missing)
    }
}

/// The first byte of a character's encoding.
fn lead_byte(code: u32) -> u8 {
    match code {
        0..0x80 => code as u8,
        0x80..0x800 => 0xC0 | (code >> 6) as u8,
        0x800..0x1_0000 => 0xE0 | (code >> 12) as u8,
        _ => 0xF0 | (code >> 18) as u8,
    }
}

/// Sorts ranges and joins those that touch.
fn merge(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut merged: Vec<Range> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    const STR: Mode = Mode { wide: true, unicode: true, fold: false };

    #[test]
    fn members_and_negation() {
        let ranges = vec![(0x61, 0x66), (0x64, 0x68), (0x4E00, 0x4E10)];
        let class = Class::new(ranges, vec![(Category::Digit, false)], true, STR);
        assert!(!class.contains('g' as u32));
        assert!(!class.contains('٣' as u32));
        assert!(!class.contains(0x4E10));
        assert!(class.contains(0x4E11));
        assert!(class.contains('z' as u32));
        assert!(class.contains(0xD800));
    }

    #[test]
    fn first_bytes_cover_the_members() {
        let class = Class::new(vec![(0x61, 0x61), (0xE9, 0x20AC)], Vec::new(), false, STR);
        let set = class.first_bytes();
        for c in "aé€ࠀ".chars() {
            assert!(set.contains(c.to_string().as_bytes()[0]), "{c}");
        }
        assert!(!set.contains(b'b'));
        assert!(!set.contains(0xF0));
    }

    #[test]
    fn runs_end_at_the_missing_bytes() {
        assert_eq!(Class::new(vec![(0x22, 0x22), (0x5C, 0x5C)], Vec::new(), true, STR).stops(), Some(vec![0x22, 0x5C]));
        assert_eq!(Class::new(vec![(0xE9, 0xE9)], Vec::new(), true, STR).stops(), None);
        assert_eq!(Class::new(Vec::new(), vec![(Category::Space, true)], false, STR).stops(), None);
    }
}
