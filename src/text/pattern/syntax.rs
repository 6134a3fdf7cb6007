//! Reading a pattern into its tree.
//!
//! Comes in: the pattern and the flags of the call. Goes out: the tree, the number and names of the
//! groups, the flags with the inline ones added. Errors have Python's words and positions, and are
//! found in the order Python finds them. Escapes are read in `escape_sequence`, groups in `group`.

mod escape_sequence;
mod group;
mod set;

pub use escape_sequence::{Numeric, bad_escape, control_code, numeric, quoted};
pub use group::{check_name, group_number, without_zeros};

use super::class::{Class, Mode};
use super::error::{ErrorKind, PatternError, PatternText};
use super::flag;
use super::reader::{Piece, Reader};
use super::tree::{Node, Place, Repeat, RepeatKind, Sequence, UNLIMITED};

/// How deep groups may be nested.
const DEEPEST: usize = 400;

/// A pattern that has been read.
#[derive(Debug)]
pub struct Parsed {
    /// The whole pattern.
    pub tree: Sequence,
    /// Flags of the call and inline flags, completed.
    pub flags: u32,
    /// How many numbered groups there are.
    pub group_count: usize,
    /// The names of groups in the order of their numbers.
    pub group_names: Vec<(String, usize)>,
    /// Warnings about what may get a meaning one day, as `FutureWarning` says them.
    pub warnings: Vec<String>,
}

/// Reads a pattern.
pub fn parse(text: PatternText<'_>, flags: u32) -> Result<Parsed, PatternError> {
    parse_any(text, flags).map_err(|error| match text.is_str() {
        true => error,
        false => PatternError { message: ascii_words(&error.message), ..error },
    })
}

/// A message about bytes: those beyond ASCII are shown by number.
fn ascii_words(message: &str) -> String {
    let show = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\x{:02x}", c as u32) };
    message.chars().map(show).collect()
}

fn parse_any(text: PatternText<'_>, flags: u32) -> Result<Parsed, PatternError> {
    let mut parser = Parser::new(text, flags)?;
    let tree = match parser.whole(flags & flag::VERBOSE != 0) {
        Err(Stop::Verbose) => {
            parser = Parser::new(text, flags | flag::VERBOSE)?;
            parser.whole(true)
        }
        other => other,
    };
    let tree = tree.map_err(|stop| match stop {
        Stop::Error(error) => error,
        Stop::Verbose => PatternError::new(ErrorKind::Flags, "verbose twice"),
    })?;
    Ok(Parsed {
        tree,
        flags: flag::complete(parser.flags, text.is_str())?,
        group_count: parser.groups.len() - 1,
        group_names: parser.names,
        warnings: parser.warnings,
    })
}

/// Why reading stopped.
#[derive(Debug)]
enum Stop {
    /// The pattern is wrong.
    Error(PatternError),
    /// `(?x)` was found: everything before it has to be read again as verbose.
    Verbose,
}

impl From<PatternError> for Stop {
    fn from(error: PatternError) -> Self {
        Stop::Error(error)
    }
}

/// A pattern half read.
struct Parser {
    reader: Reader,
    /// Whether the pattern is a str.
    wide: bool,
    /// The flags of the whole pattern so far.
    flags: u32,
    /// The widths of the groups begun so far, `None` while open; the first is the whole match.
    groups: Vec<Option<(u64, u64)>>,
    names: Vec<(String, usize)>,
    /// Groups that conditions ask for, and where; they may come later.
    conditions: Vec<(usize, usize)>,
    /// The number of groups when the outermost look-behind around here began.
    behind: Option<usize>,
    warnings: Vec<String>,
}

/// What is inherited from the surroundings.
#[derive(Clone, Copy)]
struct Scope {
    /// The flags in force, but for the global ones.
    flags: u32,
    /// Whether white space and comments are skipped.
    verbose: bool,
    /// How many groups are around.
    depth: usize,
    /// Whether global flags may stand here.
    first: bool,
}

impl Parser {
    fn new(text: PatternText<'_>, flags: u32) -> Result<Self, PatternError> {
        Ok(Parser {
            reader: Reader::new(text)?,
            wide: text.is_str(),
            flags,
            groups: vec![None],
            names: Vec::new(),
            conditions: Vec::new(),
            behind: None,
            warnings: Vec::new(),
        })
    }

    fn whole(&mut self, verbose: bool) -> Result<Sequence, Stop> {
        let scope = Scope { flags: self.flags, verbose, depth: 0, first: true };
        let tree = self.alternatives(scope)?;
        if self.reader.peek().is_some() {
            return Err(self.reader.error("unbalanced parenthesis", 0).into());
        }
        for &(group, position) in &self.conditions {
            if group >= self.groups.len() {
                return Err(PatternError::at(format!("invalid group reference {group}"), position).into());
            }
        }
        Ok(tree)
    }

    /// Reads sequences with `|` between them.
    fn alternatives(&mut self, mut scope: Scope) -> Result<Sequence, Stop> {
        let mut choices = Vec::new();
        loop {
            choices.push(self.sequence(scope)?);
            scope.first = false;
            if !self.reader.take_if('|')? {
                break;
            }
        }
        if choices.len() == 1 {
            return Ok(choices.pop().unwrap_or_default());
        }
        let node = merge_classes(&choices, self.mode(scope)).unwrap_or(Node::Branch(choices));
        Ok(Sequence::new(vec![node]))
    }

    /// Reads pieces up to `|`, `)` or the end.
    fn sequence(&mut self, mut scope: Scope) -> Result<Sequence, Stop> {
        if scope.depth > DEEPEST {
            return Err(PatternError::new(ErrorKind::Depth, "maximum recursion depth exceeded").into());
        }
        let outermost = scope.depth == 0;
        scope.depth += 1;
        let mut nodes = Vec::new();
        while let Some(piece) = self.reader.peek() {
            if piece.is('|') || piece.is(')') {
                break;
            }
            if outermost {
                scope.flags = self.flags;
            }
            let start = self.reader.position();
            self.reader.take()?;
            if scope.verbose && self.skip(piece)? {
                continue;
            }
            match piece.plain() {
                None if piece.escaped => nodes.push(self.escape(piece, start, scope)?),
                Some('[') => nodes.push(self.set(start, scope)?),
                Some('.') => nodes.push(Node::Any(self.has(scope, flag::DOTALL))),
                Some('^') if self.has(scope, flag::MULTILINE) => nodes.push(Node::At(Place::LineStart)),
                Some('^') => nodes.push(Node::At(Place::TextStart)),
                Some('$') if self.has(scope, flag::MULTILINE) => nodes.push(Node::At(Place::LineEnd)),
                Some('$') => nodes.push(Node::At(Place::LastLineEnd)),
                Some(sign @ ('*' | '+' | '?' | '{')) => match self.counts(sign)? {
                    Some((min, max)) => self.repeat(&mut nodes, min, max, start)?,
                    None => nodes.push(self.literal(piece.code, scope)),
                },
                Some('(') => {
                    scope.first &= nodes.is_empty();
                    nodes.extend(self.group(start, scope)?);
                }
                _ => nodes.push(self.literal(piece.code, scope)),
            }
        }
        Ok(Sequence::new(nodes))
    }

    /// Skips what verbose patterns may hold; says whether the piece was such.
    fn skip(&mut self, piece: Piece) -> Result<bool, PatternError> {
        if piece.is('#') {
            while self.reader.take()?.is_some_and(|piece| !piece.is('\n')) {}
            return Ok(true);
        }
        Ok(matches!(piece.plain(), Some(' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')))
    }

    /// Reads what follows the sign of a repetition; `None` if a brace is just a brace.
    fn counts(&mut self, sign: char) -> Result<Option<(u32, u32)>, PatternError> {
        match sign {
            '?' => return Ok(Some((0, 1))),
            '*' => return Ok(Some((0, UNLIMITED))),
            '+' => return Ok(Some((1, UNLIMITED))),
            _ if self.reader.is_at('}') => return Ok(None),
            _ => {}
        }
        let here = self.reader.position();
        let low = self.reader.take_digits(usize::MAX, 10)?;
        let high = match self.reader.take_if(',')? {
            true => self.reader.take_digits(usize::MAX, 10)?,
            false => low.clone(),
        };
        if !self.reader.take_if('}')? {
            self.reader.seek(here)?;
            return Ok(None);
        }
        let min = if low.is_empty() { 0 } else { count(&low)? };
        let max = if high.is_empty() { UNLIMITED } else { count(&high)? };
        if max < min {
            let back = self.reader.position() - here;
            return Err(self.reader.error("min repeat greater than max repeat", back));
        }
        Ok(Some((min, max)))
    }

    /// Repeats the last node; `start` is where the repetition stands.
    fn repeat(&mut self, nodes: &mut Vec<Node>, min: u32, max: u32, start: usize) -> Result<(), PatternError> {
        let body = match nodes.pop() {
            None | Some(Node::At(_)) => return Err(PatternError::at("nothing to repeat", start)),
            Some(Node::Repeat(_)) => return Err(PatternError::at("multiple repeat", start)),
            Some(node) => Sequence::new(vec![node]),
        };
        let kind = if self.reader.take_if('?')? {
            RepeatKind::Lazy
        } else if self.reader.take_if('+')? {
            RepeatKind::Possessive
        } else {
            RepeatKind::Greedy
        };
        nodes.push(Node::Repeat(Box::new(Repeat { body, min, max, kind })));
        Ok(())
    }

    /// Whether a flag is in force.
    fn has(&self, scope: Scope, flag: u32) -> bool {
        scope.flags & flag != 0
    }

    /// How characters are read here.
    fn mode(&self, scope: Scope) -> Mode {
        let unicode = self.wide && !self.has(scope, flag::ASCII);
        Mode { wide: self.wide, unicode, fold: self.has(scope, flag::IGNORECASE) }
    }

    /// The node of one character.
    fn literal(&self, code: u32, scope: Scope) -> Node {
        let mode = self.mode(scope);
        match mode.fold {
            false => Node::Literal(code),
            true => class_node(Class::of_code(code, mode)),
        }
    }
}

/// The value of the digits of a count.
fn count(digits: &str) -> Result<u32, PatternError> {
    let value = digits.parse::<u32>().ok().filter(|&value| value < UNLIMITED);
    value.ok_or_else(|| PatternError::new(ErrorKind::Overflow, "the repetition number is too large"))
}

/// The node of a class: a literal if it has one member.
fn class_node(class: Class) -> Node {
    class.single().map_or_else(|| Node::Class(Box::new(class)), Node::Literal)
}

/// Alternatives of one character each are one class.
fn merge_classes(choices: &[Sequence], mode: Mode) -> Option<Node> {
    let exact = Mode { fold: false, ..mode };
    let mut merged: Option<Class> = None;
    for choice in choices {
        let class = match &choice.nodes[..] {
            [Node::Literal(code)] => Class::of_code(*code, exact),
            [Node::Class(class)] => (**class).clone(),
            _ => return None,
        };
        merged = match merged {
            None => Some(class),
            Some(before) => Some(before.union(&class)?),
        };
    }
    merged.map(class_node)
}
