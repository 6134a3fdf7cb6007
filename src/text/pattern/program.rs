//! A compiled pattern, and what can be asked of it.
//!
//! Comes in: the text of a pattern and flags. Goes out: a `Program`, which finds matches one by one
//! (`find`, or a `Search` where the caller wants to stop in between) or all in a row (`Matches`).
//! Positions are bytes; turning them into indices of characters is left to the caller.

use super::error::{PatternError, PatternText};
use super::instruction::Code;
use super::matcher::{Anchor, Captures, Progress, Search};
use super::{syntax, translate};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Program {
    code: Code,
    /// The flags with the inline ones: `flags` of the pattern object.
    pub flags: u32,
    /// How many numbered groups there are: `groups`.
    pub group_count: usize,
    /// Names and numbers of the named groups, by number: `groupindex`.
    pub group_names: Vec<(String, usize)>,
    /// What `FutureWarning` is to say.
    pub warnings: Vec<String>,
}

/// Compiles a pattern.
pub fn compile(pattern: PatternText<'_>, flags: u32) -> Result<Program, PatternError> {
    let parsed = syntax::parse(pattern, flags)?;
    let code = translate::translate(&parsed.tree, parsed.group_count, pattern.is_str())?;
    Ok(Program {
        code,
        flags: parsed.flags,
        group_count: parsed.group_count,
        group_names: parsed.group_names,
        warnings: parsed.warnings,
    })
}

impl Program {
    /// Whether it is for str.
    pub fn is_str(&self) -> bool {
        self.code.wide
    }

    /// The number of a named group.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.group_names.iter().find(|(known, _)| known == name).map(|&(_, group)| group)
    }

    /// The name of a group, if it has one.
    pub fn group_name(&self, group: usize) -> Option<&str> {
        self.group_names.iter().find(|&&(_, number)| number == group).map(|(name, _)| name.as_str())
    }

    /// Begins a search between two positions; text before `start` is seen by `^`, `\b` and look-behind,
    /// text behind `end` by nothing.
    pub fn search(&self, start: usize, end: usize, anchor: Anchor) -> Search {
        Search::new(&self.code, start, end, anchor)
    }

    /// Goes on with a search for about so many steps.
    pub fn advance(&self, search: &mut Search, text: &[u8], steps: usize) -> Progress<Option<Captures>> {
        search.advance(&self.code, text, steps)
    }

    /// Finds a match, however long it takes.
    pub fn find(&self, text: &[u8], start: usize, end: usize, anchor: Anchor) -> Option<Captures> {
        let mut search = self.search(start, end, anchor);
        loop {
            if let Progress::Done(found) = self.advance(&mut search, text, usize::MAX) {
                return found;
            }
        }
    }
}

/// All matches of a text, one after another and not overlapping: `finditer`, `sub` and `split`.
///
/// A match may be empty beside the one before it, but not if that was empty too.
#[derive(Clone, Debug)]
pub struct Matches {
    search: Search,
}

impl Matches {
    /// Begins between two positions. With `Anchor::Match`, each match begins where the last ended.
    pub fn new(program: &Program, start: usize, end: usize, anchor: Anchor) -> Self {
        Matches { search: program.search(start, end, anchor) }
    }

    /// Refuses an empty match at the position where it begins, as one behind an empty match is.
    pub fn forbid_empty(&mut self, start: usize) {
        self.search.go_on(start, true);
    }

    /// How many of the steps given last are left.
    pub fn steps_left(&self) -> usize {
        self.search.steps_left()
    }

    /// Looks for the next match for about so many steps.
    pub fn advance(&mut self, program: &Program, text: &[u8], steps: usize) -> Progress<Option<Captures>> {
        let mut captures = Captures::default();
        match self.advance_into(program, text, steps, &mut captures) {
            Progress::Done(found) => Progress::Done(found.then_some(captures)),
            Progress::Pending => Progress::Pending,
        }
    }

    /// As `advance`, with the groups put where those of the last match are; says whether there is a match.
    pub fn advance_into(
        &mut self,
        program: &Program,
        text: &[u8],
        steps: usize,
        captures: &mut Captures,
    ) -> Progress<bool> {
        let progress = self.search.advance_into(&program.code, text, steps, captures);
        if progress == Progress::Done(true) {
            let (start, end) = captures.whole();
            self.search.go_on(end, start == end);
        }
        progress
    }

    /// The next match, however long it takes.
    pub fn next(&mut self, program: &Program, text: &[u8]) -> Option<Captures> {
        loop {
            if let Progress::Done(found) = self.advance(program, text, usize::MAX) {
                return found;
            }
        }
    }
}

#[cfg(test)]
#[path = "program_tests.rs"]
mod tests;
