//! Groups, and everything else in parentheses.

use super::escape_sequence::quoted;
use super::{Parser, Scope, Stop};
use crate::text::pattern::error::PatternError;
use crate::text::pattern::flag;
use crate::text::pattern::reader::{Piece, words};
use crate::text::pattern::tree::{Look, Node, Sequence};
use crate::text::{quote, unicode, wtf8};

/// The highest number that a reference to a group may have.
const HIGHEST_GROUP: usize = (1 << 30) - 1;

impl Parser {
    /// Reads what an opening parenthesis at `start` begins; `None` if nothing is left of it.
    pub(super) fn group(&mut self, start: usize, scope: Scope) -> Result<Option<Node>, Stop> {
        let inner = Scope { first: false, ..scope };
        if !self.reader.take_if('?')? {
            return self.capture(None, start, inner).map(Some);
        }
        let piece = self.extension_piece()?;
        match piece.plain() {
            Some('P') => self.named(start, inner).map(Some),
            Some(':') => self.body(start, inner).map(|body| Some(Node::Plain(body))),
            Some('>') => self.body(start, inner).map(|body| Some(Node::Atomic(body))),
            Some('#') => Ok(self.comment(start).map(|()| None)?),
            Some('(') => self.condition(start, inner).map(Some),
            Some('=' | '!') => {
                let look = Look { behind: false, negative: piece.is('!') };
                self.look(look, start, inner).map(Some)
            }
            Some('<') => {
                let kind = self.extension_piece()?;
                if !kind.is('=') && !kind.is('!') {
                    return Err(self.unknown_extension(start).into());
                }
                self.look_behind(kind.is('!'), start, inner).map(Some)
            }
            Some('-') => self.scoped_flags(piece, start, scope),
            _ if !piece.escaped && flag::of_letter(piece.code).is_some() => self.scoped_flags(piece, start, scope),
            _ => Err(self.unknown_extension(start).into()),
        }
    }

    fn extension_piece(&mut self) -> Result<Piece, PatternError> {
        let piece = self.reader.take()?;
        piece.ok_or_else(|| self.reader.error("unexpected end of pattern", 0))
    }

    fn unknown_extension(&self, start: usize) -> PatternError {
        PatternError::at(format!("unknown extension {}", self.reader.since(start + 1)), start + 1)
    }

    /// Reads up to the closing parenthesis.
    fn body(&mut self, start: usize, scope: Scope) -> Result<Sequence, Stop> {
        let body = self.alternatives(scope)?;
        self.close(start)?;
        Ok(body)
    }

    fn close(&mut self, start: usize) -> Result<(), PatternError> {
        match self.reader.take_if(')')? {
            true => Ok(()),
            false => Err(PatternError::at("missing ), unterminated subpattern", start)),
        }
    }

    /// Reads the body of a numbered group.
    fn capture(&mut self, name: Option<String>, start: usize, scope: Scope) -> Result<Node, Stop> {
        let number = self.groups.len();
        if let Some(name) = name {
            if let Some((_, before)) = self.names.iter().find(|(known, _)| *known == name) {
                let shown = quoted(&name);
                let message = format!("redefinition of group name {shown} as group {number}; was group {before}");
                return Err(self.reader.error(message, name.chars().count() + 1).into());
            }
            self.names.push((name, number));
        }
        self.groups.push(None);
        let body = self.body(start, scope)?;
        self.groups[number] = Some((body.low, body.high));
        Ok(Node::Group(number, body))
    }

    /// Reads what begins with `(?P`.
    fn named(&mut self, start: usize, scope: Scope) -> Result<Node, Stop> {
        if self.reader.take_if('<')? {
            let name = self.reader.take_until('>', "group name")?;
            let name = check_name(&name, self.reader.position() - 1, self.wide)?;
            return self.capture(Some(name), start, scope);
        }
        if self.reader.take_if('=')? {
            let name = self.reader.take_until(')', "group name")?;
            let end = self.reader.position() - 1;
            let begin = end - name.len();
            let name = check_name(&name, end, self.wide)?;
            let group = self.group_of_name(&name, begin)?;
            return self.reference_to(group, begin, scope);
        }
        self.extension_piece()?;
        Err(self.unknown_extension(start).into())
    }

    fn group_of_name(&self, name: &str, position: usize) -> Result<usize, PatternError> {
        let found = self.names.iter().find(|(known, _)| known == name);
        let unknown = || PatternError::at(format!("unknown group name {}", quoted(name)), position);
        found.map(|&(_, group)| group).ok_or_else(unknown)
    }

    fn comment(&mut self, start: usize) -> Result<(), PatternError> {
        loop {
            match self.reader.take()? {
                None => return Err(PatternError::at("missing ), unterminated comment", start)),
                Some(piece) if piece.is(')') => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn look(&mut self, look: Look, start: usize, scope: Scope) -> Result<Node, Stop> {
        let body = self.body(start, scope)?;
        Ok(match look.negative && body.nodes.is_empty() {
            true => Node::Fail,
            false => Node::Look(look, body),
        })
    }

    fn look_behind(&mut self, negative: bool, start: usize, scope: Scope) -> Result<Node, Stop> {
        let outermost = self.behind.is_none();
        if outermost {
            self.behind = Some(self.groups.len());
        }
        let node = self.look(Look { behind: true, negative }, start, scope)?;
        if outermost {
            self.behind = None;
        }
        Ok(node)
    }

    /// Reads what begins with `(?(`.
    fn condition(&mut self, start: usize, scope: Scope) -> Result<Node, Stop> {
        let name = self.reader.take_until(')', "group name")?;
        let end = self.reader.position() - 1;
        let begin = end - name.len();
        let group = match group_number(&name) {
            None => {
                let name = check_name(&name, end, self.wide)?;
                self.group_of_name(&name, begin)?
            }
            Some(0) => return Err(PatternError::at("bad group number", begin).into()),
            Some(group) if group >= HIGHEST_GROUP => {
                return Err(PatternError::at(format!("invalid group reference {}", without_zeros(&name)), begin).into());
            }
            Some(group) => {
                if self.conditions.iter().all(|&(known, _)| known != group) {
                    self.conditions.push((group, begin));
                }
                group
            }
        };
        self.check_behind(group)?;
        let yes = self.sequence(scope)?;
        let mut no = Sequence::default();
        if self.reader.take_if('|')? {
            no = self.sequence(scope)?;
            if self.reader.is_at('|') {
                return Err(self.reader.error("conditional backref with more than two branches", 0).into());
            }
        }
        self.close(start)?;
        Ok(Node::Condition(group, yes, no))
    }

    /// Reads inline flags from their first letter on, and the group they are for.
    fn scoped_flags(&mut self, first: Piece, start: usize, scope: Scope) -> Result<Option<Node>, Stop> {
        let (add, remove, global) = self.flag_letters(first)?;
        if global {
            if !scope.first {
                return Err(PatternError::at("global flags not at the start of the expression", start).into());
            }
            self.flags |= add;
            if self.flags & flag::VERBOSE != 0 && !scope.verbose {
                return Err(Stop::Verbose);
            }
            return Ok(None);
        }
        let flags = flag::combine(scope.flags, add, remove);
        let verbose = (scope.verbose || add & flag::VERBOSE != 0) && remove & flag::VERBOSE == 0;
        let body = self.body(start, Scope { flags, verbose, first: false, ..scope })?;
        Ok(Some(Node::Plain(body)))
    }

    /// Reads `i-s:` or `i)`: the flags to add and to remove, and whether they are for the whole pattern.
    fn flag_letters(&mut self, first: Piece) -> Result<(u32, u32, bool), PatternError> {
        let mut add = 0;
        let mut piece = first;
        while !piece.is('-') {
            let flag = self.flag_letter(piece, "missing -, : or )")?;
            if self.wide && flag == flag::LOCALE {
                return Err(self.reader.error("bad inline flags: cannot use 'L' flag with a str pattern", 0));
            }
            if !self.wide && flag == flag::UNICODE {
                return Err(self.reader.error("bad inline flags: cannot use 'u' flag with a bytes pattern", 0));
            }
            add |= flag;
            if flag & flag::TYPES != 0 && add & flag::TYPES != flag {
                return Err(self.reader.error("bad inline flags: flags 'a', 'u' and 'L' are incompatible", 0));
            }
            piece = self.flag_piece("missing -, : or )")?;
            if piece.is(':') || piece.is(')') {
                return Ok((add, 0, piece.is(')')));
            }
        }
        let mut remove = 0;
        piece = self.flag_piece("missing flag")?;
        let mut missing = "missing flag";
        while !piece.is(':') || remove == 0 {
            let flag = self.flag_letter(piece, missing)?;
            if flag & flag::TYPES != 0 {
                return Err(self.reader.error("bad inline flags: cannot turn off flags 'a', 'u' and 'L'", 0));
            }
            remove |= flag;
            missing = "missing :";
            piece = self.flag_piece(missing)?;
        }
        match add & remove {
            0 => Ok((add, remove, false)),
            _ => Err(self.reader.error("bad inline flags: flag turned on and off", 1)),
        }
    }

    fn flag_piece(&mut self, missing: &str) -> Result<Piece, PatternError> {
        let piece = self.reader.take()?;
        piece.ok_or_else(|| self.reader.error(missing, 0))
    }

    fn flag_letter(&self, piece: Piece, missing: &str) -> Result<u32, PatternError> {
        let known = flag::of_letter(piece.code).filter(|_| !piece.escaped);
        let letter = !piece.escaped && unicode::is_alpha(piece.code);
        known.ok_or_else(|| self.reader.error(if letter { "unknown flag" } else { missing }, piece.length()))
    }
}

/// The number that a name is, if it is ASCII digits only.
pub fn group_number(name: &[u32]) -> Option<usize> {
    let text = words(name);
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(usize::MAX))
}

/// The digits of a number as `int` would print it.
pub fn without_zeros(name: &[u32]) -> String {
    words(name).trim_start_matches('0').to_owned()
}

/// Checks that a group's name is an identifier; it ends at `end`.
pub fn check_name(name: &[u32], end: usize, wide: bool) -> Result<String, PatternError> {
    let text = words(name);
    let valid = unicode::is_identifier(text.as_bytes()) && (wide || text.is_ascii());
    if valid {
        return Ok(text);
    }
    let mut bytes = Vec::new();
    name.iter().for_each(|&code| wtf8::push(&mut bytes, code));
    let shown = if wide { quote::repr(&bytes) } else { quote::ascii(&bytes) };
    Err(PatternError::at(format!("bad character in group name {shown}"), end - name.len()))
}
