//! The instructions that a pattern becomes.
//!
//! They run one after another; `matcher` holds the position in the text, the registers (two for
//! each group, more for loops and look-arounds) and the stack of choices to come back to.

use super::class::{ByteSet, Class};
use super::tree::{Fold, Place};

/// What a single character may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// This byte, which is a whole character.
    Byte(u8),
    /// Any character but a newline.
    Line,
    /// Any character.
    Any,
    /// A member of the class with this number.
    Class(u32),
}

/// The number that stands for an unknown byte behind a run.
pub const UNKNOWN_BYTE: u16 = 256;

/// One instruction. Targets are numbers of instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Takes these bytes, a part of the program's literals.
    Literal {
        /// Where they start there.
        start: u32,
        /// How many there are.
        length: u32,
    },
    /// Takes one character.
    One(Item),
    /// Takes as many characters as it can, and gives them back one by one.
    Run {
        /// Which characters.
        item: Item,
        /// How many at least.
        min: u32,
        /// How many at most.
        max: u32,
        /// The byte that must follow, or `UNKNOWN_BYTE`.
        follow: u16,
    },
    /// Takes as few characters as it can, and then one more each time it is come back to.
    LazyRun {
        /// Which characters.
        item: Item,
        /// How many at least.
        min: u32,
        /// How many at most.
        max: u32,
        /// The byte that must follow, or `UNKNOWN_BYTE`.
        follow: u16,
    },
    /// Takes as many characters as it can and keeps them.
    FixedRun {
        /// Which characters.
        item: Item,
        /// How many at least.
        min: u32,
        /// How many at most.
        max: u32,
    },
    /// Goes on only at such a position.
    At(Place),
    /// A group begins: the position goes into this register.
    Open(u32),
    /// The group with this number ends.
    Close(u32),
    /// Goes on at the target.
    Jump(u32),
    /// Goes on here, and at the target if that fails.
    Split(u32),
    /// Goes on at the target, and here if that fails.
    Prefer(u32),
    /// Goes on here if the next byte is in the set, and at `other` if that fails; at once at `other`
    /// if it is not in the set.
    Choose {
        /// The number of the byte set.
        set: u32,
        /// The other way.
        other: u32,
        /// Whether the other way is hopeless when the byte is in the set.
        only: bool,
    },
    /// Begins the loop with this number, whose iterations are counted.
    LoopStart(u32),
    /// An iteration of the loop with this number is done.
    LoopNext(u32),
    /// Notes the height of the stack in this register, for `Commit`.
    Mark(u32),
    /// Forgets the choices made since the mark in this register.
    Commit(u32),
    /// Notes height and position in this register and the next, for `LookEnd`.
    LookStart(u32),
    /// What was looked for is there: back to the position noted, without its choices.
    LookEnd(u32),
    /// Notes the height; if what follows fails, goes on at `after`.
    LookNotStart {
        /// The register of the height.
        register: u32,
        /// Where to go on.
        after: u32,
    },
    /// What must not be there is there: fails, with everything since the start undone.
    LookNotEnd(u32),
    /// Goes back so many characters; fails if there are not as many.
    Back(u32),
    /// Takes the text of a group again.
    Reference {
        /// The number of the group.
        group: u32,
        /// How letters compare.
        fold: Fold,
    },
    /// Goes on here if the group has matched, at the target if not.
    Condition {
        /// The number of the group.
        group: u32,
        /// Where to go on if it has not.
        otherwise: u32,
    },
    /// Fails.
    Fail,
    /// The whole pattern has matched.
    Match,
}

/// A loop whose iterations are counted, or may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    /// How often at least.
    pub min: u32,
    /// How often at most.
    pub max: u32,
    /// What is tried first, the exit or one more iteration; an iteration may also be final.
    pub kind: super::tree::RepeatKind,
    /// The register of the count; the next one has the position of the last optional iteration, and
    /// for possessive loops the one after it the height of the stack.
    pub register: u32,
    /// The first instruction of the body.
    pub body: u32,
    /// The instruction behind the loop.
    pub exit: u32,
}

/// Where a match may start, to search quickly.
#[derive(Clone, Debug)]
pub enum Start {
    /// Anywhere.
    Anywhere,
    /// Only at the start of the text.
    TextStart,
    /// Where this byte is.
    Byte(u8),
    /// Where one of these bytes is.
    Two(u8, u8),
    /// Where one of these bytes is.
    Three(u8, u8, u8),
    /// Where a byte of this set is.
    Set(ByteSet),
    /// Where these bytes are.
    Literal(Box<memchr::memmem::Finder<'static>>),
}

/// Everything that the matcher needs of a pattern.
#[derive(Clone, Debug)]
pub struct Code {
    /// The instructions; the first one begins.
    pub instructions: Vec<Instruction>,
    /// The bytes of all literals.
    pub literals: Vec<u8>,
    /// The classes, by number.
    pub classes: Vec<Class>,
    /// For each class, the few bytes that end a run of it, if that is so.
    pub stops: Vec<Option<Vec<u8>>>,
    /// The byte sets, by number.
    pub sets: Vec<ByteSet>,
    /// The loops, by number.
    pub loops: Vec<Loop>,
    /// How many registers there are.
    pub registers: usize,
    /// How many numbered groups there are.
    pub group_count: usize,
    /// Whether texts are str.
    pub wide: bool,
    /// Where a match may start.
    pub start: Start,
}
