//! Corolang: a tiny scripting language with native coroutines.
#![allow(missing_docs)]

pub mod interpreter;
pub mod vm;
pub mod builtins;
pub mod modules;
pub mod compiler;
pub mod object;
pub mod bytecode;
pub mod syntax;
pub mod text;
pub mod diagnostic;
pub mod source;
