//! `_re`: patterns and matches as objects, over the engine in `text::pattern`.
//!
//! A search runs in slices of steps. What is not done within the first slice becomes an object that a script half
//! goes on with, so that no pattern and no text holds up an interrupt or a limit.

pub mod found;
pub mod iterator;
pub mod module;
pub mod pattern;
pub mod subject;
pub mod work;
