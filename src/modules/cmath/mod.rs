//! `cmath`: functions of complex numbers.

pub mod function;
pub mod module;
pub mod special;
