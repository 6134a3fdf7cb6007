//! Tree to code: names are decided first, then instructions are made, then they get their words.

pub mod compile;
pub mod warning;

mod assembler;
mod assign;
mod call;
mod class;
mod collect;
mod collect_definition;
mod collect_expression;
mod comprehension;
mod condition;
mod constant;
mod display;
mod emitter;
mod exception;
mod exit;
mod expression;
mod function;
mod generic;
mod name;
mod operator;
mod pattern;
mod scope;
mod statement;
#[cfg(test)]
mod tests;
