//! How a match can begin: the first bytes of a piece of a pattern, and of the whole.

use super::class::ByteSet;
use super::instruction::Start;
use super::translate::push_code;
use super::tree::{Node, Place, Sequence};

/// The first bytes that a piece can take.
#[derive(Clone, Copy, Debug)]
pub struct First {
    /// The bytes, perhaps some too many.
    pub bytes: ByteSet,
    /// Whether it can match without taking anything.
    pub empty: bool,
}

/// What must come at a position for the rest of the pattern to match.
#[derive(Clone, Copy, Debug, Default)]
pub enum Follow {
    /// Nothing in particular.
    #[default]
    Unknown,
    /// One of these bytes.
    Bytes(ByteSet),
}

impl First {
    /// What must come when something else comes behind the piece.
    pub fn then(self, follow: Follow) -> Follow {
        match self.empty {
            true => Follow::Bytes(self.bytes).or(follow),
            false => Follow::Bytes(self.bytes),
        }
    }
}

impl Follow {
    /// What must come if either of two may follow.
    pub fn or(self, other: Follow) -> Follow {
        match (self, other) {
            (Follow::Bytes(mut bytes), Follow::Bytes(more)) => {
                bytes.extend(&more);
                Follow::Bytes(bytes)
            }
            _ => Follow::Unknown,
        }
    }
}

/// The first bytes of nodes in a row.
pub fn of(sequence: &Sequence, wide: bool) -> First {
    let mut first = First { bytes: ByteSet::default(), empty: true };
    for node in &sequence.nodes {
        let next = of_node(node, wide);
        first.bytes.extend(&next.bytes);
        if !next.empty {
            first.empty = false;
            break;
        }
    }
    first
}

/// The first bytes of a node.
pub fn of_node(node: &Node, wide: bool) -> First {
    match node {
        Node::Literal(code) => {
            let mut encoded = Vec::new();
            push_code(&mut encoded, *code, wide);
            let mut bytes = ByteSet::default();
            encoded.first().into_iter().for_each(|&byte| bytes.insert(byte));
            First { bytes, empty: false }
        }
        Node::Class(class) => First { bytes: class.first_bytes(), empty: false },
        Node::Any(_) => First { bytes: ByteSet::ALL, empty: false },
        Node::At(_) | Node::Look(..) => First { bytes: ByteSet::default(), empty: true },
        Node::Fail => First { bytes: ByteSet::default(), empty: false },
        Node::Group(_, body) | Node::Plain(body) | Node::Atomic(body) => of(body, wide),
        Node::Repeat(repeat) => {
            let body = of(&repeat.body, wide);
            First { bytes: body.bytes, empty: body.empty || repeat.min == 0 }
        }
        Node::Branch(choices) => choices
            .iter()
            .map(|choice| of(choice, wide))
            .fold(First { bytes: ByteSet::default(), empty: false }, either),
        Node::Condition(_, yes, no) => either(of(yes, wide), of(no, wide)),
        Node::Reference(_) => First { bytes: ByteSet::ALL, empty: true },
    }
}

fn either(mut one: First, other: First) -> First {
    one.bytes.extend(&other.bytes);
    one.empty |= other.empty;
    one
}

/// Where a match of the whole pattern may start.
pub fn start(tree: &Sequence, wide: bool) -> Start {
    if let Some(Node::At(Place::TextStart)) = tree.nodes.first() {
        return Start::TextStart;
    }
    let mut prefix = Vec::new();
    literal_prefix(tree, wide, &mut prefix);
    if prefix.len() > 1 {
        return Start::Literal(Box::new(memchr::memmem::Finder::new(&prefix).into_owned()));
    }
    let first = of(tree, wide);
    if first.empty {
        return Start::Anywhere;
    }
    let mut bytes = first.bytes.bytes();
    match (first.bytes.count(), bytes.next(), bytes.next(), bytes.next()) {
        (256, ..) => Start::Anywhere,
        (_, Some(one), None, None) => Start::Byte(one),
        (_, Some(one), Some(two), None) => Start::Two(one, two),
        (3, Some(one), Some(two), Some(three)) => Start::Three(one, two, three),
        _ => Start::Set(first.bytes),
    }
}

/// Gathers the bytes that every match begins with; says whether they are all of the sequence.
fn literal_prefix(sequence: &Sequence, wide: bool, prefix: &mut Vec<u8>) -> bool {
    sequence.nodes.iter().all(|node| match node {
        Node::Literal(code) => {
            push_code(prefix, *code, wide);
            true
        }
        Node::At(_) | Node::Look(..) => true,
        Node::Group(_, body) | Node::Plain(body) => literal_prefix(body, wide, prefix),
        Node::Repeat(repeat) if repeat.min > 0 => {
            literal_prefix(&repeat.body, wide, prefix);
            false
        }
        _ => false,
    })
}
