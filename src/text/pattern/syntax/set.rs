//! Sets in brackets.

use super::{Parser, Scope, Stop, class_node};
use crate::text::pattern::class::{Category, Class, Range};
use crate::text::pattern::error::PatternError;
use crate::text::pattern::reader::Piece;
use crate::text::pattern::tree::Node;

/// One thing in a set.
pub enum Member {
    /// A character.
    Code(u32),
    /// A named set, perhaps inverted.
    Category(Category, bool),
}

impl Parser {
    /// Reads a set behind its opening bracket, which stands at `start`.
    pub(super) fn set(&mut self, start: usize, scope: Scope) -> Result<Node, Stop> {
        if self.reader.is_at('[') {
            self.warn("nested set", start + 1);
        }
        let negated = self.reader.take_if('^')?;
        let (mut ranges, mut categories) = (Vec::new(), Vec::new());
        let mut empty = true;
        loop {
            let here = self.reader.position();
            let piece = self.set_piece(start)?;
            if piece.is(']') && !empty {
                break;
            }
            if !empty {
                self.warn_of_operator(piece, here);
            }
            empty = false;
            let member = self.member(piece, here)?;
            if !self.reader.take_if('-')? {
                add(member, &mut ranges, &mut categories);
                continue;
            }
            let middle = self.reader.position();
            let end = self.set_piece(start)?;
            if end.is(']') {
                add(member, &mut ranges, &mut categories);
                ranges.push(('-' as u32, '-' as u32));
                break;
            }
            if end.is('-') {
                self.warn("set difference", middle - 1);
            }
            let last = self.member(end, middle)?;
            match (member, last) {
                (Member::Code(first), Member::Code(last)) if first <= last => ranges.push((first, last)),
                _ => return Err(self.bad_range(piece, end).into()),
            }
        }
        Ok(class_node(Class::new(ranges, categories, negated, self.mode(scope))))
    }

    fn set_piece(&mut self, start: usize) -> Result<Piece, PatternError> {
        let piece = self.reader.take()?;
        piece.ok_or_else(|| PatternError::at("unterminated character set", start))
    }

    /// The error for a range that is none; of longer escapes it shows the first letters.
    fn bad_range(&self, first: Piece, last: Piece) -> PatternError {
        let message = format!("bad character range {}-{}", first.show(), last.show());
        self.reader.error(message, first.length() + 1 + last.length())
    }

    fn member(&mut self, piece: Piece, start: usize) -> Result<Member, PatternError> {
        match piece.escaped {
            true => self.set_escape(piece, start),
            false => Ok(Member::Code(piece.code)),
        }
    }

    /// Warns of what other languages read as an operation on sets.
    fn warn_of_operator(&mut self, piece: Piece, start: usize) {
        let doubled = |sign: char| piece.is(sign) && self.reader.is_at(sign);
        let what = match piece.plain() {
            Some('-') if doubled('-') => "set difference",
            Some('&') if doubled('&') => "set intersection",
            Some('~') if doubled('~') => "set symmetric difference",
            Some('|') if doubled('|') => "set union",
            _ => return,
        };
        self.warn(what, start);
    }

    fn warn(&mut self, what: &str, position: usize) {
        self.warnings.push(format!("Possible {what} at position {position}"));
    }
}

fn add(member: Member, ranges: &mut Vec<Range>, categories: &mut Vec<(Category, bool)>) {
    match member {
        Member::Code(code) => ranges.push((code, code)),
        Member::Category(category, inverted) => categories.push((category, inverted)),
    }
}
