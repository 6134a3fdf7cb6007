//! What is no error but hardly meant: literals that are compared by identity, called or subscripted, assertions on
//! tuples, and ways out of a `finally`.
//!
//! The walk over the tree notes it; code that is run reports it first, by the script half `warn_syntax`.

use crate::bytecode::code::Constant as CodeConstant;
use crate::bytecode::instruction::Opcode;
use crate::compiler::collect::Collector;
use crate::compiler::compile::Compiler;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::syntax::ast::{Comparison, ComprehensionKind, Constant, Expression, ExpressionKind, Module};

impl<'a> Collector<'a> {
    pub(super) fn warn(&mut self, message: impl Into<String>, span: Span) {
        self.scopes.warnings.push(Diagnostic::of_class("SyntaxWarning", message, span));
    }

    /// `x is 1`
    pub(super) fn warn_of_identity(&mut self, first: &'a Expression, rest: &'a [(Comparison, Expression)], span: Span) {
        let is_literal = |value: &Expression| match &value.kind {
            ExpressionKind::Constant(constant) => {
                !matches!(constant, Constant::None | Constant::Bool(_) | Constant::Ellipsis)
            }
            _ => false,
        };
        let mut left = first;
        for (comparison, right) in rest {
            let (word, instead) = match comparison {
                Comparison::Is => ("is", "=="),
                Comparison::IsNot => ("is not", "!="),
                _ => ("", ""),
            };
            let literal = [left, right].into_iter().find(|value| is_literal(value)).and_then(type_name);
            if let (false, Some(name)) = (word.is_empty(), literal) {
                self.warn(format!("\"{word}\" with '{name}' literal. Did you mean \"{instead}\"?"), span);
                return;
            }
            left = right;
        }
    }

    /// `"text" (1, 2)`
    pub(super) fn warn_of_call(&mut self, callee: &'a Expression, span: Span) {
        if let (false, Some(name)) = (matches!(callee.kind, ExpressionKind::Lambda(..)), type_name(callee)) {
            self.warn(format!("'{name}' object is not callable; perhaps you missed a comma?"), span);
        }
    }

    /// `[(1, 2) [3, 4]]`
    pub(super) fn warn_of_subscript(&mut self, object: &'a Expression, index: &'a Expression, span: Span) {
        let Some(name) = type_name(object) else { return };
        match name {
            "str" | "bytes" | "tuple" | "list" => {
                if let Some(found) = type_name(index).filter(|&found| found != "int" && found != "bool") {
                    let message =
                        format!("{name} indices must be integers or slices, not {found}; perhaps you missed a comma?");
                    self.warn(message, span);
                }
            }
            "dict" => {}
            _ => self.warn(format!("'{name}' object is not subscriptable; perhaps you missed a comma?"), span),
        }
    }

    /// `assert (test, "message")`
    pub(super) fn warn_of_assertion(&mut self, test: &'a Expression, span: Span) {
        if matches!(&test.kind, ExpressionKind::Tuple(elements) if !elements.is_empty()) {
            self.warn("assertion is always true, perhaps remove parentheses?", span);
        }
    }
}

/// The name of the type of a literal or display.
fn type_name(value: &Expression) -> Option<&'static str> {
    Some(match &value.kind {
        ExpressionKind::Constant(constant) => match constant {
            Constant::None => "NoneType",
            Constant::Bool(_) => "bool",
            Constant::Ellipsis => "ellipsis",
            Constant::Int(_) | Constant::BigInt(_) => "int",
            Constant::Float(_) => "float",
            Constant::Imaginary(_) => "complex",
            Constant::Str(_) => "str",
            Constant::Bytes(_) => "bytes",
        },
        ExpressionKind::FString(_) => "str",
        ExpressionKind::TString(_) => "string.templatelib.Template",
        ExpressionKind::Tuple(_) => "tuple",
        ExpressionKind::List(_) | ExpressionKind::Comprehension(ComprehensionKind::List, ..) => "list",
        ExpressionKind::Set(_) | ExpressionKind::Comprehension(ComprehensionKind::Set, ..) => "set",
        ExpressionKind::Comprehension(ComprehensionKind::Generator, ..) => "generator",
        ExpressionKind::Dict(_) | ExpressionKind::DictComprehension(..) => "dict",
        ExpressionKind::Lambda(..) => "function",
        _ => return None,
    })
}

/// Where a warning is: its line, its column counted in characters from 1, and the text of the line.
pub fn place<'text>(warning: &Diagnostic, source: &'text Source) -> (u32, usize, &'text str) {
    let offset = warning.span.start;
    let start = offset - source.column(offset);
    let line = source.line(offset);
    (line, source.text[start as usize..offset as usize].chars().count() + 1, source.line_text(line))
}

impl<'a> Compiler<'a> {
    /// Code that reports what the text is warned of, if anything, before the rest of it runs.
    pub(super) fn report_warnings(&mut self, module: &'a Module) {
        let found: Vec<&'a Diagnostic> = module.warnings.iter().chain(&self.scopes.warnings).collect();
        if found.is_empty() {
            return;
        }
        let (list, span) = (self.allocate(1), Span::default());
        let text = |text: &str| CodeConstant::Str(text.as_bytes().into());
        self.emit(Opcode::BuildList, 0, list, 0, 0, span);
        self.append_constant(list, &text(&self.source.name), span);
        for warning in found {
            let (line, column, line_text) = place(warning, self.source);
            self.append_constant(list, &text(&warning.message), span);
            self.append_constant(list, &CodeConstant::Int(line as i64), span);
            self.append_constant(list, &CodeConstant::Int(column as i64), span);
            self.append_constant(list, &text(line_text), span);
        }
        self.emit(Opcode::WarnSyntax, 0, list, 0, 0, span);
        self.release(list);
    }
}
