//! Arguments and parameters: the order in which they may come, sorted into the tree.

use rustc_hash::FxHashMap;

use super::ast::*;
use super::build::{Build, highest, unboxed};
use super::target::description;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// An item of a list of parameters, as it is written.
pub enum ParameterItem {
    /// `/`
    Slash(Span),
    /// `*` alone.
    Star(Span),
    /// `a: annotation = default`
    Plain(Parameter),
    /// `*args`
    Variadic(Parameter),
    /// `**kwargs`
    KeywordVariadic(Parameter),
}

impl ParameterItem {
    /// `a: annotation = default`
    pub fn plain(
        name: (Name, Span),
        annotation: Option<Expression>,
        default: Option<Expression>,
    ) -> Box<ParameterItem> {
        Box::new(ParameterItem::Plain(Parameter { name: name.0, span: name.1, annotation, default }))
    }

    /// `*name: annotation`
    pub fn variadic(name: (Name, Span), annotation: Option<Expression>) -> Box<ParameterItem> {
        Box::new(ParameterItem::Variadic(Parameter { name: name.0, span: name.1, annotation, default: None }))
    }

    /// `**name: annotation`
    pub fn keyword_variadic(name: (Name, Span), annotation: Option<Expression>) -> Box<ParameterItem> {
        Box::new(ParameterItem::KeywordVariadic(Parameter { name: name.0, span: name.1, annotation, default: None }))
    }

    /// Where it stands.
    fn span(&self) -> Span {
        match self {
            ParameterItem::Slash(span) | ParameterItem::Star(span) => *span,
            ParameterItem::Plain(parameter)
            | ParameterItem::Variadic(parameter)
            | ParameterItem::KeywordVariadic(parameter) => parameter.span,
        }
    }
}

impl Parameters {
    /// The greatest height of an annotation or a default.
    pub fn height(&self) -> u16 {
        let plain = self.positional_only.iter().chain(&self.positional).chain(&self.keyword_only);
        plain
            .chain(&self.variadic)
            .chain(&self.keyword_variadic)
            .map(|parameter| highest(parameter.annotation.iter().chain(&parameter.default)))
            .max()
            .unwrap_or(0)
    }
}

impl Build<'_> {
    /// Sorts a list of parameters.
    pub fn parameters(&self, items: Vec<Box<ParameterItem>>) -> Parameters {
        let mut sorted = Parameters::default();
        let (mut slash, mut star, mut defaulted) = (false, None, None);
        for item in items {
            let span = item.span();
            if let Some(last) = &sorted.keyword_variadic {
                let message = "arguments cannot follow var-keyword argument";
                self.note(Diagnostic::syntax(message, span).also(last.span, "this takes all that are left"));
                break;
            }
            match *item {
                ParameterItem::Slash(_) => {
                    self.check_slash(slash, star.is_some(), sorted.positional.is_empty(), span);
                    slash = true;
                    if star.is_none() && sorted.positional_only.is_empty() {
                        sorted.positional_only = std::mem::take(&mut sorted.positional);
                    }
                }
                ParameterItem::Star(_) | ParameterItem::Variadic(_) if star.is_some() => {
                    let diagnostic = Diagnostic::syntax("* argument may appear only once", span);
                    self.note(diagnostic.also(star.unwrap_or(span), "the first star"));
                }
                ParameterItem::Star(span) => star = Some(span),
                ParameterItem::Variadic(parameter) => {
                    star = Some(span);
                    sorted.variadic = Some(parameter);
                }
                ParameterItem::KeywordVariadic(parameter) => sorted.keyword_variadic = Some(parameter),
                ParameterItem::Plain(parameter) if star.is_some() => sorted.keyword_only.push(parameter),
                ParameterItem::Plain(parameter) => {
                    match defaulted {
                        Some(earlier) if parameter.default.is_none() => {
                            let message = "parameter without a default follows parameter with a default";
                            self.note(Diagnostic::syntax(message, span).also(earlier, "this one has a default"));
                        }
                        None if parameter.default.is_some() => defaulted = Some(span),
                        _ => {}
                    }
                    sorted.positional.push(parameter);
                }
            }
        }
        if let Some(span) = star
            && sorted.variadic.is_none()
            && sorted.keyword_only.is_empty()
        {
            self.refuse("named arguments must follow bare *", span);
        }
        sorted
    }

    /// Refuses a `/` at the wrong place.
    fn check_slash(&self, again: bool, after_star: bool, first: bool, span: Span) {
        if again {
            self.refuse("/ may appear only once", span);
        } else if after_star {
            self.refuse("/ must be ahead of *", span);
        } else if first {
            self.refuse("at least one argument must precede /", span);
        }
    }

    /// A list of type parameters.
    pub fn type_parameters(&self, items: Vec<Box<TypeParameter>>) -> Vec<TypeParameter> {
        let mut defaulted = None;
        for item in &items {
            match defaulted {
                Some(earlier) if item.default.is_none() => {
                    let message = format!("non-default type parameter '{}' follows default type parameter", item.name);
                    self.note(Diagnostic::syntax(message, item.span).also(earlier, "this one has a default"));
                }
                None if item.default.is_some() => defaulted = Some(item.span),
                _ => {}
            }
        }
        unboxed(items)
    }

    /// One type parameter.
    pub fn type_parameter(
        &self,
        kind: TypeParameterKind,
        name: (Name, Span),
        bound: Option<Expression>,
        default: Option<Expression>,
    ) -> Box<TypeParameter> {
        if let Some(bound) = &bound {
            let with = if let ExpressionKind::Tuple(_) = bound.kind { "constraints" } else { "bound" };
            match kind {
                TypeParameterKind::TypeVar => {}
                TypeParameterKind::TypeVarTuple => {
                    self.refuse(format!("cannot use {with} with TypeVarTuple"), bound.span)
                }
                TypeParameterKind::ParamSpec => self.refuse(format!("cannot use {with} with ParamSpec"), bound.span),
            }
        }
        Box::new(TypeParameter { name: name.0, span: name.1, kind, bound, default })
    }

    /// `name=value` in a call.
    pub fn keyword_argument(&self, l: u32, name: Expression, value: Expression, r: u32) -> Argument {
        let span = Span::new(l, r);
        match name.kind {
            ExpressionKind::Name(keyword) if !name.parenthesised => {
                return Argument::Keyword(keyword, name.span, value);
            }
            ExpressionKind::Constant(Constant::None | Constant::Bool(_)) => {
                self.refuse(format!("cannot assign to {}", description(&name)), span);
            }
            _ => self.refuse("expression cannot contain assignment, perhaps you meant \"==\"?", span),
        }
        Argument::Positional(value)
    }

    /// Checks the order of the arguments of a call.
    pub fn arguments(&self, arguments: Vec<Box<Argument>>, comma: bool) -> Vec<Argument> {
        let only = arguments.len() == 1 && !comma;
        let (mut keyword, mut unpacking) = (None, None);
        let mut keywords = FxHashMap::default();
        for argument in &arguments {
            match &**argument {
                Argument::Positional(value) => {
                    let is_generator =
                        matches!(value.kind, ExpressionKind::Comprehension(ComprehensionKind::Generator, ..));
                    if is_generator && !value.parenthesised && !only {
                        let text = format!("({})", self.source.slice(value.span));
                        let diagnostic = Diagnostic::syntax("Generator expression must be parenthesized", value.span);
                        let diagnostic = diagnostic.label("not the only argument, so it needs parentheses");
                        self.note(diagnostic.mend(self.source, value.span, &text));
                    }
                    if let Some(earlier) = unpacking {
                        let message = "positional argument follows keyword argument unpacking";
                        self.note(Diagnostic::syntax(message, value.span).also(earlier, "unpacked before it"));
                    } else if let Some(earlier) = keyword {
                        let message = "positional argument follows keyword argument";
                        self.note(Diagnostic::syntax(message, value.span).also(earlier, "named before it"));
                    }
                }
                Argument::Starred(value) => {
                    if let Some(earlier) = unpacking {
                        let message = "iterable argument unpacking follows keyword argument unpacking";
                        self.note(Diagnostic::syntax(message, value.span).also(earlier, "unpacked before it"));
                    }
                }
                Argument::Keyword(name, span, _) => {
                    keyword.get_or_insert(*span);
                    if let Some(first) = keywords.insert(name, *span) {
                        let message = format!("keyword argument repeated: {name}");
                        self.note(Diagnostic::syntax(message, *span).also(first, "given here"));
                    }
                }
                Argument::DoubleStarred(value) => {
                    unpacking.get_or_insert(value.span);
                }
            }
        }
        unboxed(arguments)
    }

    /// `function(arguments)`
    pub fn call(&self, l: u32, function: Expression, arguments: Vec<Argument>, r: u32) -> Expression {
        let height = function.height.max(arguments_height(&arguments));
        self.expression(l, height, ExpressionKind::Call(Box::new(function), arguments), r)
    }

    /// The bases and keywords of a class.
    pub fn class_arguments(&self, arguments: Option<Vec<Argument>>) -> Vec<Argument> {
        let arguments = arguments.unwrap_or_default();
        for argument in &arguments {
            if let Argument::Positional(value) = argument
                && let ExpressionKind::Comprehension(ComprehensionKind::Generator, ..) = value.kind
                && !value.parenthesised
            {
                let diagnostic = Diagnostic::invalid("a generator is no base of a class", value.span);
                self.note(diagnostic.label("a class should stand here"));
            }
        }
        arguments
    }
}

/// The greatest height of some arguments.
pub fn arguments_height(arguments: &[Argument]) -> u16 {
    let height = |argument: &Argument| match argument {
        Argument::Positional(value)
        | Argument::Starred(value)
        | Argument::Keyword(_, _, value)
        | Argument::DoubleStarred(value) => value.height,
    };
    arguments.iter().map(height).max().unwrap_or(0)
}
