//! Patterns of `case`, and what their grammar does not say.

use super::ast::*;
use super::build::{Build, highest, unboxed};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// An argument of a class pattern.
pub enum PatternArgument {
    /// `pattern`
    Positional(Box<Pattern>),
    /// `name=pattern`
    Keyword(Name, Span, Box<Pattern>),
}

/// The greatest height of some patterns.
fn highest_pattern<'tree>(patterns: impl IntoIterator<Item = &'tree Pattern>) -> u16 {
    patterns.into_iter().map(|pattern| pattern.height).max().unwrap_or(0)
}

impl Build<'_> {
    /// A pattern whose highest child is `children` high.
    fn pattern(&self, l: u32, children: u16, kind: PatternKind, r: u32) -> Box<Pattern> {
        let span = Span::new(l, r);
        match self.above(children, span) {
            Some(height) => Box::new(Pattern { span, height, kind }),
            None => Box::new(Pattern { span, height: 1, kind: PatternKind::Wildcard }),
        }
    }

    /// A literal.
    pub fn literal_pattern(&self, value: Expression) -> Box<Pattern> {
        let span = value.span;
        self.pattern(span.start, value.height, PatternKind::Literal(value), span.end)
    }

    /// `name`, `_` or `module.name`
    pub fn name_pattern(&self, value: Expression) -> Box<Pattern> {
        let span = value.span;
        match value.kind {
            ExpressionKind::Name(name) if &*name == "_" => self.pattern(span.start, 0, PatternKind::Wildcard, span.end),
            ExpressionKind::Name(name) => self.pattern(span.start, 0, PatternKind::Capture(name), span.end),
            _ => self.pattern(span.start, value.height, PatternKind::Value(value), span.end),
        }
    }

    /// `[a, b]`
    pub fn pattern_sequence(&self, l: u32, items: Vec<Box<Pattern>>, r: u32) -> Box<Pattern> {
        let items = unboxed(items);
        let mut stars = items.iter().filter(|item| matches!(item.kind, PatternKind::Star(_)));
        if let (Some(first), Some(second)) = (stars.next(), stars.next()) {
            let diagnostic = Diagnostic::syntax("multiple starred names in sequence pattern", Span::new(l, r));
            self.note(diagnostic.also(first.span, "the first star").also(second.span, "the second"));
        }
        self.pattern(l, highest_pattern(&items), PatternKind::Sequence(items), r)
    }

    /// `(a)` or `(a, b)`
    pub fn pattern_group(&self, l: u32, mut items: Vec<Box<Pattern>>, comma: bool, r: u32) -> Box<Pattern> {
        if comma || items.len() > 1 {
            return self.pattern_sequence(l, items, r);
        }
        match items.pop() {
            Some(item) => {
                if let PatternKind::Star(_) = item.kind {
                    let heading = "a star stands among the items of a sequence";
                    let diagnostic =
                        Diagnostic::invalid(heading, item.span).label("parentheses alone make no sequence");
                    self.note(diagnostic.help("a comma does: `(*rest,)`"));
                }
                item
            }
            None => self.pattern_sequence(l, items, r),
        }
    }

    /// `*name`
    pub fn star_pattern(&self, l: u32, name: Name, r: u32) -> Box<Pattern> {
        let name = Some(name).filter(|name| &**name != "_");
        self.pattern(l, 0, PatternKind::Star(name), r)
    }

    /// `pattern as name`
    pub fn as_pattern(&self, l: u32, pattern: Box<Pattern>, name: (Name, Span), r: u32) -> Box<Pattern> {
        if &*name.0 == "_" {
            self.refuse("cannot use '_' as a target", name.1);
        }
        self.pattern(l, pattern.height, PatternKind::As(pattern, name.0), r)
    }

    /// `a | b`
    pub fn or_pattern(&self, l: u32, first: Box<Pattern>, rest: Vec<Box<Pattern>>, r: u32) -> Box<Pattern> {
        let patterns: Vec<Pattern> = std::iter::once(first).chain(rest).map(|pattern| *pattern).collect();
        self.pattern(l, highest_pattern(&patterns), PatternKind::Or(patterns), r)
    }

    /// `1 + 2j`
    pub fn complex_pattern(
        &self,
        l: u32,
        real: Expression,
        operator: BinaryOperator,
        imaginary: Expression,
        r: u32,
    ) -> Expression {
        let number = match &real.kind {
            ExpressionKind::Unary(_, operand) => &operand.kind,
            kind => kind,
        };
        if let ExpressionKind::Constant(Constant::Imaginary(_)) = number {
            self.refuse("real number required in complex literal", real.span);
        }
        if !matches!(imaginary.kind, ExpressionKind::Constant(Constant::Imaginary(_))) {
            self.refuse("imaginary number required in complex literal", imaginary.span);
        }
        let height = highest([&real, &imaginary]);
        self.expression(l, height, ExpressionKind::Binary(Box::new(real), vec![(operator, imaginary)]), r)
    }

    /// A dotted name as a key; a plain name would be captured, and a key cannot be.
    pub fn pattern_key(&self, key: Expression) -> Expression {
        if let ExpressionKind::Name(_) = key.kind {
            let diagnostic = Diagnostic::invalid("a key of a pattern is a literal or a dotted name", key.span);
            self.note(
                diagnostic.label("a plain name has no value here").help("write `module.NAME`, or compare in a guard"),
            );
        }
        key
    }

    /// `**rest`
    pub fn rest_pattern(&self, l: u32, name: Name, r: u32) -> Box<Pattern> {
        if &*name == "_" {
            let diagnostic = Diagnostic::invalid("`**_` takes nothing", Span::new(l, r));
            self.note(diagnostic.label("leave it out").help("a dict may have more keys than its pattern"));
        }
        self.pattern(l, 0, PatternKind::Capture(name), r)
    }

    /// `{key: pattern, **rest}`
    pub fn mapping_pattern(&self, l: u32, entries: Vec<Box<(Option<Expression>, Pattern)>>, r: u32) -> Box<Pattern> {
        let last = entries.len().saturating_sub(1);
        let mut rest = None;
        let mut keyed = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let (key, pattern) = *entry;
            match (key, pattern.kind) {
                (Some(key), kind) => keyed.push((key, Pattern { kind, ..pattern })),
                (None, PatternKind::Capture(name)) if index == last => rest = Some(name),
                (None, _) => {
                    let diagnostic =
                        Diagnostic::invalid("`**` stands at the end of the pattern of a dict", pattern.span);
                    self.note(diagnostic.label("keys follow this").help("move it behind them"));
                }
            }
        }
        let height = keyed.iter().map(|(key, pattern)| key.height.max(pattern.height)).max().unwrap_or(0);
        self.pattern(l, height, PatternKind::Mapping(keyed, rest), r)
    }

    /// `Class(a, name=b)`
    pub fn class_pattern(&self, l: u32, class: Expression, arguments: Vec<PatternArgument>, r: u32) -> Box<Pattern> {
        let mut positional = Vec::new();
        let mut keywords: Vec<(Name, Pattern)> = Vec::new();
        let mut spans: Vec<Span> = Vec::new();
        for argument in arguments {
            match argument {
                PatternArgument::Positional(pattern) => {
                    if let Some(named) = spans.first() {
                        let message = "positional patterns follow keyword patterns";
                        self.note(Diagnostic::syntax(message, pattern.span).also(*named, "named before it"));
                    }
                    if let PatternKind::Star(_) = pattern.kind {
                        let heading = "a star stands among the items of a sequence";
                        self.note(
                            Diagnostic::invalid(heading, pattern.span).label("arguments of a class pattern here"),
                        );
                    }
                    positional.push(*pattern);
                }
                PatternArgument::Keyword(name, span, pattern) => {
                    if let Some(first) = keywords.iter().position(|(other, _)| *other == name) {
                        let message = format!("attribute name repeated in class pattern: {name}");
                        self.note(Diagnostic::syntax(message, span).also(spans[first], "given here"));
                    }
                    spans.push(span);
                    keywords.push((name, *pattern));
                }
            }
        }
        let children = highest_pattern(positional.iter().chain(keywords.iter().map(|(_, pattern)| pattern)));
        self.pattern(l, children.max(class.height), PatternKind::Class(Box::new(class), positional, keywords), r)
    }
}
