//! `struct`: values as packed bytes, by a format.

pub mod format;
pub mod module;
pub mod number;
pub mod values;
