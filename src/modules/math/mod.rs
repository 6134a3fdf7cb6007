//! `math`: functions of floats and of integers, with the errors a script sees.

pub mod integer;
pub mod library;
pub mod logarithm;
pub mod module;
pub mod rounding;
pub mod sum;
