//! Regular expressions with Python's syntax and results: the pattern half of `re`.
//!
//! The way of a pattern: `syntax` reads it into a `tree`, `translate` turns the tree into the
//! instructions of a `program`, and `matcher` runs them over the bytes of a text. The engine is a
//! backtracking one of our own, because scripts see what other engines do differently: which
//! iteration of a loop a group keeps, what an empty iteration does, `lastindex`. It keeps its
//! choices on a stack of its own and stops after a number of steps when asked to, so that no
//! pattern can overflow the stack or hold up the process.

pub mod class;
pub mod error;
pub mod escape;
pub mod first;
pub mod flag;
pub mod instruction;
pub mod letter_fold;
pub mod matcher;
pub mod program;
pub mod reader;
pub mod replacement;
pub mod syntax;
pub mod text_reader;
pub mod translate;
pub mod tree;
