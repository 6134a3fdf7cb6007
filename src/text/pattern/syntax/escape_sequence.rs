//! Escapes, in sets and outside.

use super::set::Member;
use super::{Parser, Scope, Stop, class_node};
use crate::text::pattern::class::{Category, Class};
use crate::text::pattern::error::PatternError;
use crate::text::pattern::reader::{Piece, Reader, words};
use crate::text::pattern::tree::{Fold, Node, Place, Reference};
use crate::text::{quote, unicode};

impl Parser {
    /// Reads an escape outside of sets; its backslash stands at `start`.
    pub(super) fn escape(&mut self, piece: Piece, start: usize, scope: Scope) -> Result<Node, Stop> {
        let letter = char::from_u32(piece.code).unwrap_or('\u{FFFD}');
        let unicode = self.mode(scope).unicode;
        let place = match letter {
            'A' => Some(Place::TextStart),
            'Z' | 'z' => Some(Place::TextEnd),
            'b' | 'B' => Some(Place::WordEdge { negated: letter == 'B', unicode }),
            _ => None,
        };
        if let Some(place) = place {
            return Ok(Node::At(place));
        }
        if let Some((category, inverted)) = category(letter) {
            let class = Class::new(Vec::new(), vec![(category, inverted)], false, self.mode(scope));
            return Ok(class_node(class));
        }
        if letter.is_ascii_digit() {
            return match numeric(&mut self.reader, letter, start)? {
                Numeric::Code(code) => Ok(self.literal(code, scope)),
                Numeric::Group(group) => self.reference(group, start, scope),
            };
        }
        Ok(match self.character(piece, start)? {
            Some(code) => self.literal(code, scope),
            None => self.literal(piece.code, scope),
        })
    }

    /// Reads an escape in a set.
    pub(super) fn set_escape(&mut self, piece: Piece, start: usize) -> Result<Member, PatternError> {
        let letter = char::from_u32(piece.code).unwrap_or('\u{FFFD}');
        if let Some((category, inverted)) = category(letter) {
            return Ok(Member::Category(category, inverted));
        }
        match letter {
            'b' => Ok(Member::Code(8)),
            '0'..='7' => {
                self.reader.take_digits(2, 8)?;
                octal(&self.reader, start).map(Member::Code)
            }
            '8' | '9' => Err(bad_escape(&self.reader, start)),
            _ => Ok(Member::Code(self.character(piece, start)?.unwrap_or(piece.code))),
        }
    }

    /// Reads an escape that is a character by number, by name or by letter; `None` if the
    /// backslash only takes away a meaning.
    fn character(&mut self, piece: Piece, start: usize) -> Result<Option<u32>, PatternError> {
        let letter = char::from_u32(piece.code).unwrap_or('\u{FFFD}');
        if let Some(code) = control_code(letter) {
            return Ok(Some(code));
        }
        let digits = match letter {
            'x' => 2,
            'u' if self.wide => 4,
            'U' if self.wide => 8,
            'N' if self.wide => return self.character_of_name(start).map(Some),
            letter if letter.is_ascii_alphabetic() => return Err(bad_escape(&self.reader, start)),
            _ => return Ok(None),
        };
        let text = self.reader.take_digits(digits, 16)?;
        if text.len() < digits {
            return Err(PatternError::at(format!("incomplete escape {}", self.reader.since(start)), start));
        }
        let code = u32::from_str_radix(&text, 16).unwrap_or(u32::MAX);
        match code {
            0..0x11_0000 => Ok(Some(code)),
            _ => Err(bad_escape(&self.reader, start)),
        }
    }

    /// Reads the name behind `\N`.
    fn character_of_name(&mut self, start: usize) -> Result<u32, PatternError> {
        if !self.reader.take_if('{')? {
            return Err(self.reader.error("missing {", 0));
        }
        let name = words(&self.reader.take_until('}', "character name")?);
        let found = unicode::character_of_name(&name);
        found.ok_or_else(|| PatternError::at(format!("undefined character name {}", quoted(&name)), start))
    }

    /// Refers to a group, which must be closed; the reference starts at `start`.
    fn reference(&mut self, group: usize, start: usize, scope: Scope) -> Result<Node, Stop> {
        if group >= self.groups.len() {
            return Err(PatternError::at(format!("invalid group reference {group}"), start + 1).into());
        }
        self.reference_to(group, start, scope)
    }

    /// Refers to a group that exists; its number or name stands at `start`.
    pub(super) fn reference_to(&mut self, group: usize, start: usize, scope: Scope) -> Result<Node, Stop> {
        let Some((low, high)) = self.groups[group] else {
            return Err(PatternError::at("cannot refer to an open group", start).into());
        };
        self.check_behind(group)?;
        let fold = match (self.mode(scope).fold, self.mode(scope).unicode) {
            (false, _) => Fold::Exact,
            (true, false) => Fold::Ascii,
            (true, true) => Fold::Unicode,
        };
        Ok(Node::Reference(Reference { group, fold, low, high }))
    }

    /// A look-behind may not refer to its own groups.
    pub(super) fn check_behind(&self, group: usize) -> Result<(), PatternError> {
        let Some(groups_before) = self.behind else {
            return Ok(());
        };
        if !self.groups.get(group).is_some_and(Option::is_some) {
            return Err(self.reader.error("cannot refer to an open group", 0));
        }
        match group < groups_before {
            true => Ok(()),
            false => Err(self.reader.error("cannot refer to group defined in the same lookbehind subpattern", 0)),
        }
    }
}

/// What digits behind a backslash mean.
pub enum Numeric {
    /// A character.
    Code(u32),
    /// A group.
    Group(usize),
}

/// Reads the rest of an escape that starts with a digit; also for replacements.
pub fn numeric(reader: &mut Reader, first: char, start: usize) -> Result<Numeric, PatternError> {
    if first == '0' {
        reader.take_digits(2, 8)?;
        return octal(reader, start).map(Numeric::Code);
    }
    let second = reader.take_digits(1, 10)?;
    let octals = format!("{first}{second}");
    if octals.len() == 2 && octals.bytes().all(|digit| digit < b'8') && !reader.take_digits(1, 8)?.is_empty() {
        return octal(reader, start).map(Numeric::Code);
    }
    Ok(Numeric::Group(octals.parse().unwrap_or(usize::MAX)))
}

/// The value of the octal digits from behind the backslash at `start` up to here.
fn octal(reader: &Reader, start: usize) -> Result<u32, PatternError> {
    let escape = reader.since(start);
    let value = u32::from_str_radix(&escape[1..], 8).unwrap_or(u32::MAX);
    match value {
        0..=0o377 => Ok(value),
        _ => Err(PatternError::at(format!("octal escape value {escape} outside of range 0-0o377"), start)),
    }
}

/// The characters with a letter of their own.
pub fn control_code(letter: char) -> Option<u32> {
    Some(match letter {
        'a' => 7,
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        '\\' => 0x5C,
        _ => return None,
    })
}

/// The error for an escape without a meaning.
pub fn bad_escape(reader: &Reader, start: usize) -> PatternError {
    PatternError::at(format!("bad escape {}", reader.since(start)), start)
}

/// A name as `repr` shows it.
pub fn quoted(name: &str) -> String {
    quote::repr(name.as_bytes())
}

fn category(letter: char) -> Option<(Category, bool)> {
    let category = match letter.to_ascii_lowercase() {
        'd' => Category::Digit,
        's' => Category::Space,
        'w' => Category::Word,
        _ => return None,
    };
    Some((category, letter.is_ascii_uppercase()))
}
