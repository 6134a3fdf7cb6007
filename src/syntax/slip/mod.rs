//! Known slips: what a token that the grammar could make nothing of most likely means.

pub mod expression;
pub mod habit;
pub mod import;
pub mod lexical;
pub mod place;
pub mod statement;
pub mod unknown;
