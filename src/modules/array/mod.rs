//! `array`: numbers and characters in a row, each in as many bytes as its type needs.

pub mod item;
pub mod module;
pub mod object;
pub mod order;
pub mod sequence;
