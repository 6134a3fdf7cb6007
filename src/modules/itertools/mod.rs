//! `itertools`: iterators made of iterators, as native steps that never run script code themselves.

pub mod chain;
pub mod combine;
pub mod group;
pub mod infinite;
pub mod module;
pub mod select;
pub mod tee;
pub mod tool;
