//! Corolang: a tiny scripting language with native coroutines.
#![allow(missing_docs)]

pub mod source;
pub mod syntax;
