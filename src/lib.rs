//! Corolang: a tiny scripting language with native coroutines.
#![allow(missing_docs)]

pub mod compiler;
pub mod bytecode;
pub mod syntax;
pub mod text;
pub mod diagnostic;
pub mod source;
