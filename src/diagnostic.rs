//! A diagnostic, and the one place that renders.
//!
//! Lexer, parser and compiler say what is wrong with a text in these terms; nothing else prints a source excerpt.

use crate::source::Span;

/// What is wrong with a source text, where, and what might help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The exception a script sees: `SyntaxError`, `IndentationError` or `TabError`.
    pub class: &'static str,
    /// What is wrong; the message of that exception.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// A word at that place, maybe empty.
    pub label: String,
    /// Other places that matter, each with a word.
    pub more: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
    /// Could more text make it right? A prompt then asks for another line.
    pub at_end_of_input: bool,
}

impl Diagnostic {
    /// A `SyntaxError` with nothing but its message.
    pub fn syntax(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::of_class("SyntaxError", message, span)
    }

    /// An `IndentationError` with nothing but its message.
    pub fn indentation(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::of_class("IndentationError", message, span)
    }

    /// One of the given class.
    pub fn of_class(class: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
        let (message, label) = (message.into(), String::new());
        Diagnostic { class, message, span, label, more: Vec::new(), help: None, at_end_of_input: false }
    }

    /// With a word at its place.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// With another place.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.more.push((span, label.into()));
        self
    }

    /// With advice.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// As one that more text could make right.
    pub fn at_end(mut self) -> Diagnostic {
        self.at_end_of_input = true;
        self
    }
}
