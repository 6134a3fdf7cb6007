//! Text to tree.

pub mod arguments;
pub mod ast;
pub mod build;
pub mod grammar;
pub mod layout;
pub mod lexer;
pub mod literal;
pub mod parser;
pub mod pattern;
pub mod recovery;
pub mod slip;
pub mod soft_keyword;
pub mod statement;
pub mod string;
pub mod target;
pub mod token;

#[cfg(test)]
mod tests;
