//! The generated parser, and how it is run over tokens.

use std::cell::Cell;

use lalrpop_util::ParseError;

use super::ast::Block;
use super::build::Build;
use super::token::{Spanned, Token};

#[allow(missing_docs, clippy::all, unused_qualifications, rust_2018_idioms)]
mod generated {
    lalrpop_util::lalrpop_mod!(pub corolang, "/corolang.rs");
}

/// The parser made from grammar/corolang.lalrpop.
pub struct Grammar(generated::corolang::TopParser);

/// Why tokens are no sentence.
#[derive(Debug)]
pub struct Failure {
    /// The index of the first token that nothing could be made of; their number if there are too few.
    pub index: usize,
    /// What the grammar could have gone on with there, in its own words.
    pub expected: Vec<String>,
}

impl Grammar {
    /// The parser.
    pub fn new() -> Grammar {
        Grammar(generated::corolang::TopParser::new())
    }

    /// Parses the tokens of one statement of the top level, or with `StartExpression` those of an expression.
    pub fn run(&self, build: &Build<'_>, start: Token, tokens: &[Spanned]) -> Result<Block, Failure> {
        let taken = Cell::new(0_usize);
        let first = tokens.first().map_or(0, |token| token.0);
        let stream = std::iter::once((first, start, first)).chain(tokens.iter().copied()).map(|token| {
            taken.set(taken.get() + 1);
            Ok(token)
        });
        self.0.parse(build, stream).map_err(|error| match error {
            // The pseudo-token is not among the tokens.
            ParseError::UnrecognizedToken { expected, .. } => {
                Failure { index: taken.get().saturating_sub(2), expected }
            }
            ParseError::UnrecognizedEof { expected, .. } => Failure { index: tokens.len(), expected },
            _ => Failure { index: taken.get().saturating_sub(2), expected: Vec::new() },
        })
    }
}

impl Default for Grammar {
    fn default() -> Grammar {
        Grammar::new()
    }
}
