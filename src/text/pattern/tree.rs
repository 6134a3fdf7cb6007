//! A pattern as a tree. Flags are gone: what they change is in the nodes.

use super::class::Class;

/// No upper limit for a repetition.
pub const UNLIMITED: u32 = u32::MAX;

/// Nodes that match one after another.
#[derive(Debug, Default)]
pub struct Sequence {
    /// The nodes, in the order of the pattern.
    pub nodes: Vec<Node>,
    /// How many characters it takes at least.
    pub low: u64,
    /// How many characters it takes at most; the largest number if there is no limit.
    pub high: u64,
}

/// One piece of a pattern.
#[derive(Debug)]
pub enum Node {
    /// This character.
    Literal(u32),
    /// Any character; without `true` any but a newline.
    Any(bool),
    /// One of a set of characters.
    Class(Box<Class>),
    /// A position, taking nothing.
    At(Place),
    /// One of several, the first that leads to a match.
    Branch(Vec<Sequence>),
    /// A numbered group.
    Group(usize, Sequence),
    /// A group without a number; only while its surroundings are read.
    Plain(Sequence),
    /// Something several times.
    Repeat(Box<Repeat>),
    /// Text that must or must not follow or precede.
    Look(Look, Sequence),
    /// Something that is not tried again once it has matched.
    Atomic(Sequence),
    /// The text of a group once more.
    Reference(Reference),
    /// One of two, by whether a group has matched.
    Condition(usize, Sequence, Sequence),
    /// Never matches.
    Fail,
}

/// A repetition.
#[derive(Debug)]
pub struct Repeat {
    /// What is repeated.
    pub body: Sequence,
    /// How often at least.
    pub min: u32,
    /// How often at most.
    pub max: u32,
    /// What is tried first.
    pub kind: RepeatKind,
}

/// What a repetition tries first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatKind {
    /// As often as possible, then less.
    Greedy,
    /// As seldom as possible, then more.
    Lazy,
    /// As often as possible, and nothing else.
    Possessive,
}

/// The kind of a look-around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether it looks at what precedes.
    pub behind: bool,
    /// Whether it must not be there.
    pub negative: bool,
}

/// A reference to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The number of the group.
    pub group: usize,
    /// How letters are compared.
    pub fold: Fold,
    /// The least number of characters.
    pub low: u64,
    /// The largest number of characters.
    pub high: u64,
}

/// How the letters of a reference are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// As they are.
    Exact,
    /// Without the case of ASCII letters.
    Ascii,
    /// Without case.
    Unicode,
}

/// A position that a pattern can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `\A`, and `^` of one line.
    TextStart,
    /// `^` of many lines.
    LineStart,
    /// `\z` and `\Z`.
    TextEnd,
    /// `$` of one line: the end, or before a newline at the end.
    LastLineEnd,
    /// `$` of many lines.
    LineEnd,
    /// `\b` or, negated, `\B`; with the letters of Unicode or only ASCII.
    WordEdge {
        /// Whether it is `\B`.
        negated: bool,
        /// Whether words have letters beyond ASCII.
        unicode: bool,
    },
}

impl Sequence {
    /// Makes a sequence of nodes and adds up their widths; groups without a number are dissolved.
    pub fn new(nodes: Vec<Node>) -> Self {
        let mut sequence = Sequence { nodes: Vec::with_capacity(nodes.len()), low: 0, high: 0 };
        for node in nodes {
            let (low, high) = node.width();
            sequence.low = sequence.low.saturating_add(low);
            sequence.high = sequence.high.saturating_add(high);
            match node {
                Node::Plain(mut inner) => sequence.nodes.append(&mut inner.nodes),
                node => sequence.nodes.push(node),
            }
        }
        sequence
    }
}

impl Node {
    /// How many characters it takes, at least and at most.
    pub fn width(&self) -> (u64, u64) {
        match self {
            Node::Literal(_) | Node::Any(_) | Node::Class(_) => (1, 1),
            Node::At(_) | Node::Look(..) | Node::Fail => (0, 0),
            Node::Group(_, body) | Node::Plain(body) | Node::Atomic(body) => (body.low, body.high),
            Node::Branch(choices) => (
                choices.iter().map(|choice| choice.low).min().unwrap_or(0),
                choices.iter().map(|choice| choice.high).max().unwrap_or(0),
            ),
            Node::Repeat(repeat) => {
                let low = repeat.body.low.saturating_mul(repeat.min as u64);
                match repeat.max {
                    UNLIMITED if repeat.body.high > 0 => (low, u64::MAX),
                    max => (low, repeat.body.high.saturating_mul(max as u64)),
                }
            }
            Node::Reference(reference) => (reference.low, reference.high),
            Node::Condition(_, yes, no) => (yes.low.min(no.low), yes.high.max(no.high)),
        }
    }
}
