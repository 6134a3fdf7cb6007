//! Strings of the tree: neighbours joined, escapes resolved, f-strings put together.

use std::rc::Rc;

use super::ast::*;
use super::build::{Build, highest};
use super::literal::{self, Fault};
use crate::source::Span;

/// One of the strings that stand side by side.
pub enum Piece {
    /// A string or bytes.
    Plain(Span),
    /// An f-string and what is between its quotes.
    Formatted(Span, Vec<RawPart>),
}

/// A piece of an f-string whose escapes are not resolved yet: that takes its prefix.
pub enum RawPart {
    /// Text between the fields.
    Text(Span),
    /// `{value!r:specification}`
    Field {
        /// The expression.
        value: Expression,
        /// The source of the expression, and of its `=` if it has one.
        source: Span,
        /// Is it written `value=`?
        echoes: bool,
        /// After `!`.
        conversion: Option<(Name, Span)>,
        /// After `:`.
        specification: Option<Vec<RawPart>>,
    },
}

/// The prefix of a string.
#[derive(Clone, Copy)]
struct Prefix {
    /// How long it is.
    length: usize,
    /// Are backslashes left alone?
    raw: bool,
    /// Is it bytes?
    bytes: bool,
    /// Is it a template?
    template: bool,
}

/// Reads the prefix of a string.
fn prefix(literal: &str) -> Prefix {
    let length = literal.bytes().position(|byte| matches!(byte, b'\'' | b'"')).unwrap_or(0);
    let has = |letter: u8| literal.as_bytes()[..length].iter().any(|byte| byte.to_ascii_lowercase() == letter);
    Prefix { length, raw: has(b'r'), bytes: has(b'b'), template: has(b't') }
}

impl Build<'_> {
    /// Strings that stand side by side: one constant, one f-string or one template string.
    pub fn strings(&self, l: u32, pieces: Vec<Piece>, r: u32) -> Expression {
        let mut parts = Vec::new();
        let mut text = Vec::new();
        let (mut formatted, mut bytes, mut template) = (false, None, None);
        for piece in pieces {
            let span = match &piece {
                Piece::Plain(span) | Piece::Formatted(span, _) => *span,
            };
            let prefix = prefix(self.source.slice(span));
            if *bytes.get_or_insert(prefix.bytes) != prefix.bytes {
                self.refuse("cannot mix bytes and nonbytes literals", span);
                break;
            }
            if *template.get_or_insert(prefix.template) != prefix.template {
                let message = "cannot mix t-string literals with string or bytes literals";
                self.refuse(message, Span::new(l, r));
                break;
            }
            match piece {
                Piece::Plain(span) if text.is_empty() => text = self.plain(span, prefix),
                Piece::Plain(span) => text.extend(self.plain(span, prefix)),
                Piece::Formatted(_, raw_parts) => {
                    formatted = true;
                    self.resolve(raw_parts, prefix, &mut text, &mut parts);
                }
            }
        }
        if !formatted {
            let value: Rc<[u8]> = text.into();
            let constant = if bytes == Some(true) { Constant::Bytes(value) } else { Constant::Str(value) };
            return self.constant(l, constant, r);
        }
        push_text(&mut text, &mut parts);
        let height = parts_height(&parts);
        let is_template = template == Some(true);
        self.expression(
            l,
            height,
            if is_template { ExpressionKind::TString } else { ExpressionKind::FString }(parts),
            r,
        )
    }

    /// The value of a plain string.
    fn plain(&self, span: Span, prefix: Prefix) -> Vec<u8> {
        let literal = self.source.slice(span);
        let quoted = &literal[prefix.length..];
        let triple = quoted.len() >= 6 && quoted.as_bytes()[..3] == [quoted.as_bytes()[0]; 3];
        let quotes = if triple { 3 } else { 1 };
        let body = &quoted[quotes..quoted.len() - quotes];
        let value = if prefix.bytes { literal::bytes(body, prefix.raw) } else { literal::string(body, prefix.raw) };
        let start = span.start + (prefix.length + quotes) as u32;
        self.warn_of_escape(body, start, prefix);
        self.decoded(value, start)
    }

    /// Warns of the first backslash that stands for itself, or of an octal escape that is no byte.
    fn warn_of_escape(&self, body: &str, start: u32, prefix: Prefix) {
        if prefix.raw || !body.contains('\\') {
            return;
        }
        if let Some((range, is_octal)) = literal::doubtful_escape(body, prefix.bytes) {
            let (kind, written) = (if is_octal { "octal escape" } else { "escape" }, &body[range.clone()]);
            let message = format!(
                "\"{written}\" is an invalid {kind} sequence. Such sequences will not work in the future. \
                 Did you mean \"\\{written}\"? A raw string is also an option."
            );
            self.warn(message, Span::new(start + range.start as u32, start + range.end as u32));
        }
    }

    /// A decoded value, or nothing where that failed and was noted.
    fn decoded(&self, value: Result<Vec<u8>, Fault>, start: u32) -> Vec<u8> {
        value.unwrap_or_else(|(range, message)| {
            self.refuse(message, Span::new(start + range.start as u32, start + range.end as u32));
            Vec::new()
        })
    }

    /// Resolves the parts of an f-string; `text` is what was not pushed yet.
    fn resolve(&self, raw_parts: Vec<RawPart>, prefix: Prefix, text: &mut Vec<u8>, parts: &mut Vec<FStringPart>) {
        let raw = prefix.raw;
        for part in raw_parts {
            match part {
                RawPart::Text(span) => {
                    let source = self.source.slice(span);
                    self.warn_of_escape(source, span.start, prefix);
                    let value = match source.contains(['{', '}']) {
                        true => literal::string(&single_braces(source, raw), raw).map_err(|(range, message)| {
                            (range.start.min(source.len())..range.end.min(source.len()), message)
                        }),
                        false => literal::string(source, raw),
                    };
                    text.extend(self.decoded(value, span.start));
                }
                RawPart::Field { value, source, echoes, conversion, specification } => {
                    let source = self.source.slice(source);
                    if echoes {
                        text.extend(literal::string(source, true).unwrap_or_default());
                    }
                    push_text(text, parts);
                    let conversion = match conversion {
                        None if echoes && specification.is_none() => Conversion::Repr,
                        None => Conversion::None,
                        Some((name, span)) => self.conversion(&name, span, prefix),
                    };
                    let spec = specification.map(|raw_parts| self.specification(raw_parts, prefix));
                    let written = source.trim_end();
                    let written =
                        if echoes { written.strip_suffix('=').unwrap_or(written).trim_end() } else { written };
                    parts.push(FStringPart::Field {
                        value,
                        conversion,
                        spec,
                        text: prefix.template.then(|| written.into()),
                    });
                }
            }
        }
    }

    /// The parts of a format specification.
    fn specification(&self, raw_parts: Vec<RawPart>, prefix: Prefix) -> Vec<FStringPart> {
        let (mut text, mut parts) = (Vec::new(), Vec::new());
        self.resolve(raw_parts, Prefix { template: false, ..prefix }, &mut text, &mut parts);
        push_text(&mut text, &mut parts);
        parts
    }

    /// A field of an f-string; `l..r` is the source of the value and of its `=`.
    pub fn field(
        &self,
        l: u32,
        value: Expression,
        equals: bool,
        r: u32,
        conversion: Option<(Name, Span)>,
        specification: Option<Vec<RawPart>>,
    ) -> RawPart {
        let value = self.unstarred(value);
        RawPart::Field { value, source: Span::new(l, r), echoes: equals, conversion, specification }
    }

    /// The conversion of that name.
    fn conversion(&self, name: &str, span: Span, prefix: Prefix) -> Conversion {
        let kind = if prefix.template { "t-string" } else { "f-string" };
        if !self.source.text[..span.start as usize].ends_with('!') {
            let message = format!("{kind}: conversion type must come right after the exclamation mark");
            self.refuse(message, span);
        }
        match name {
            "s" => Conversion::Str,
            "r" => Conversion::Repr,
            "a" => Conversion::Ascii,
            _ => {
                let message = format!("{kind}: invalid conversion character '{name}': expected 's', 'r', or 'a'");
                self.refuse(message, span);
                Conversion::None
            }
        }
    }

    /// Refuses an f-string as a pattern.
    pub fn unformatted(&self, value: Expression) -> Expression {
        if let ExpressionKind::FString(_) | ExpressionKind::TString(_) = value.kind {
            self.refuse("patterns may only match literals and attribute lookups", value.span);
        }
        value
    }
}

/// Text with its doubled braces made single, but for those of `\N{...}`.
fn single_braces(source: &str, raw: bool) -> String {
    let mut single = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(['{', '}']) {
        let backslashes = rest[..at].bytes().rev().skip(1).take_while(|&byte| byte == b'\\').count();
        let is_named = !raw && rest[..at].ends_with('N') && rest[at..].starts_with('{') && backslashes % 2 == 1;
        let length = if is_named { rest[at..].find('}').unwrap_or(0) + 1 } else { 1 };
        single.push_str(&rest[..at + length]);
        let doubled = !is_named && rest[at + 1..].starts_with(&rest[at..at + 1]);
        rest = &rest[at + length + usize::from(doubled)..];
    }
    single.push_str(rest);
    single
}

/// Appends the text gathered so far, if there is any.
fn push_text(text: &mut Vec<u8>, parts: &mut Vec<FStringPart>) {
    if !text.is_empty() {
        parts.push(FStringPart::Text(std::mem::take(text).into()));
    }
}

/// The greatest height of the parts of an f-string.
fn parts_height(parts: &[FStringPart]) -> u16 {
    let height = |part: &FStringPart| match part {
        FStringPart::Text(_) => 0,
        FStringPart::Field { value, spec, .. } => {
            highest([value]).max(spec.as_deref().map_or(0, |spec| parts_height(spec).saturating_add(1)))
        }
    };
    parts.iter().map(height).max().unwrap_or(0)
}
