//! `_thread`: which thread runs, and locks.

mod lock;
mod module;
mod reentrant_lock;

pub use module::{MODULE, ident_of, pass_on};
