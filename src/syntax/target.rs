//! Targets: what is assigned to, deleted or annotated is parsed as an expression and checked here.

use super::ast::*;
use super::build::Build;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// What CPython calls an expression in a message.
pub fn description(expression: &Expression) -> &'static str {
    match &expression.kind {
        ExpressionKind::Constant(constant) => match constant {
            Constant::None => "None",
            Constant::Bool(true) => "True",
            Constant::Bool(false) => "False",
            Constant::Ellipsis => "ellipsis",
            _ => "literal",
        },
        ExpressionKind::FString(_) => "f-string expression",
        ExpressionKind::TString(_) => "t-string expression",
        ExpressionKind::Name(_) => "name",
        ExpressionKind::Tuple(_) => "tuple",
        ExpressionKind::List(_) => "list",
        ExpressionKind::Set(_) => "set display",
        ExpressionKind::Dict(_) => "dict literal",
        ExpressionKind::Starred(_) => "starred",
        ExpressionKind::Attribute(..) => "attribute",
        ExpressionKind::Subscript(..) => "subscript",
        ExpressionKind::Slice(..) => "slice",
        ExpressionKind::Call(..) => "function call",
        ExpressionKind::Unary(..) | ExpressionKind::Binary(..) | ExpressionKind::Boolean(..) => "expression",
        ExpressionKind::Compare(..) => "comparison",
        ExpressionKind::Conditional { .. } => "conditional expression",
        ExpressionKind::Walrus(..) => "named expression",
        ExpressionKind::Lambda(..) => "lambda",
        ExpressionKind::Comprehension(ComprehensionKind::List, ..) => "list comprehension",
        ExpressionKind::Comprehension(ComprehensionKind::Set, ..) => "set comprehension",
        ExpressionKind::Comprehension(ComprehensionKind::Generator, ..) => "generator expression",
        ExpressionKind::DictComprehension(..) => "dict comprehension",
        ExpressionKind::Await(_) => "await expression",
        ExpressionKind::Yield(_) | ExpressionKind::YieldFrom(_) => "yield expression",
    }
}

/// Is it something of which `a = b` was more likely meant as a comparison?
pub fn suggests_comparison(target: &Expression) -> bool {
    use ExpressionKind::*;
    match &target.kind {
        Tuple(_) | List(_) | Starred(_) | Comprehension(ComprehensionKind::Generator, ..) => false,
        Constant(self::Constant::None | self::Constant::Bool(_)) => false,
        Boolean(..) | Compare(..) | Conditional { .. } | Lambda(..) | Yield(_) | YieldFrom(_) => target.parenthesised,
        Unary(operators, _) => target.parenthesised || operators[0] != UnaryOperator::Not,
        _ => true,
    }
}

/// The first part of a target that nothing can be bound to.
pub fn invalid_part(target: &Expression, deleting: bool) -> Option<&Expression> {
    match &target.kind {
        ExpressionKind::Name(_) | ExpressionKind::Attribute(..) | ExpressionKind::Subscript(..) => None,
        ExpressionKind::Tuple(items) | ExpressionKind::List(items) => {
            items.iter().find_map(|item| invalid_part(item, deleting))
        }
        ExpressionKind::Starred(value) if !deleting => invalid_part(value, deleting),
        _ => Some(target),
    }
}

impl Build<'_> {
    /// A target of `for`, `with`, or a comprehension.
    pub fn target(&self, target: Expression) -> Expression {
        match invalid_part(&target, false) {
            Some(part) => self.refuse(format!("cannot assign to {}", description(part)), part.span),
            None => self.check_stars(&target),
        }
        target
    }

    /// Refuses a star outside of a list, and two in one.
    fn check_stars(&self, target: &Expression) {
        match &target.kind {
            ExpressionKind::Starred(_) => {
                self.refuse("starred assignment target must be in a list or tuple", target.span);
            }
            ExpressionKind::Tuple(items) | ExpressionKind::List(items) => self.check_items(items, target.span),
            _ => {}
        }
    }

    /// The same for the items of a list of targets.
    fn check_items(&self, items: &[Expression], span: Span) {
        let mut stars = 0;
        for item in items {
            match &item.kind {
                ExpressionKind::Starred(value) => {
                    stars += 1;
                    self.check_stars(value);
                }
                _ => self.check_stars(item),
            }
        }
        if stars > 1 {
            self.refuse("multiple starred expressions in assignment", span);
        }
    }

    /// `a = b = value`
    pub fn assign(&self, first: Expression, mut rest: Vec<Expression>) -> StatementKind {
        let Some(value) = rest.pop() else {
            return StatementKind::Expression(first);
        };
        // `f() = not x` was not meant as a comparison.
        let only = rest.is_empty() && !begins_looser(&value);
        let mut targets = Vec::with_capacity(rest.len() + 1);
        targets.push(first);
        targets.extend(rest);
        for target in &targets {
            self.check_assigned(target, only);
        }
        StatementKind::Assign(targets, self.unstarred(value))
    }

    /// Checks one target of an assignment.
    fn check_assigned(&self, target: &Expression, only: bool) {
        if let ExpressionKind::Yield(_) | ExpressionKind::YieldFrom(_) = target.kind
            && !target.parenthesised
        {
            return self.refuse("assignment to yield expression not possible", target.span);
        }
        let Some(part) = invalid_part(target, false) else {
            return self.check_stars(target);
        };
        let name = description(part);
        if only && std::ptr::eq(part, target) && suggests_comparison(part) {
            let message = format!("cannot assign to {name} here. Maybe you meant '==' instead of '='?");
            let diagnostic = Diagnostic::syntax(message, part.span);
            return self.note(match self.dashed_name(part) {
                Some(name) => diagnostic.label("a name has no `-`").mend(self.source, part.span, &name),
                None => diagnostic,
            });
        }
        self.refuse(format!("cannot assign to {name}"), part.span);
    }

    /// `max-speed`, as it can be a name: nothing but names with a `-` between them, without spaces.
    fn dashed_name(&self, target: &Expression) -> Option<String> {
        let text = self.source.slice(target.span);
        let is_word = |word: &str| word.starts_with(char::is_alphabetic) && word.chars().all(char::is_alphanumeric);
        (text.contains('-') && text.split(['-', '_']).all(is_word)).then(|| text.replace('-', "_"))
    }

    /// `a += value`
    pub fn augmented_assign(&self, target: Expression, operator: BinaryOperator, value: Expression) -> StatementKind {
        if !is_single(&target) {
            let message = format!("'{}' is an illegal expression for augmented assignment", description(&target));
            self.refuse(message, target.span);
        }
        StatementKind::AugmentedAssign(target, operator, self.unstarred(value))
    }

    /// `a: annotation = value`
    pub fn annotated_assign(
        &self,
        target: Expression,
        annotation: Expression,
        value: Option<Expression>,
    ) -> StatementKind {
        match &target.kind {
            ExpressionKind::Tuple(_) => {
                self.refuse("only single target (not tuple) can be annotated", target.span);
            }
            ExpressionKind::List(_) => self.refuse("only single target (not list) can be annotated", target.span),
            _ if !is_single(&target) => self.refuse("illegal target for annotation", target.span),
            _ => {}
        }
        StatementKind::AnnotatedAssign(target, annotation, value.map(|value| self.unstarred(value)))
    }

    /// `del a, b`
    pub fn delete(&self, targets: Expression) -> StatementKind {
        if let Some(part) = invalid_part(&targets, true) {
            self.refuse(format!("cannot delete {}", description(part)), part.span);
        }
        match targets.kind {
            ExpressionKind::Tuple(items) if !targets.parenthesised => StatementKind::Delete(items),
            _ => StatementKind::Delete(vec![targets]),
        }
    }

    /// `name := value`
    pub fn walrus(&self, l: u32, target: Expression, value: Expression, r: u32) -> Expression {
        match target.kind {
            ExpressionKind::Name(name) if !target.parenthesised => {
                self.expression(l, value.height, ExpressionKind::Walrus(name, target.span, Box::new(value)), r)
            }
            _ => {
                let message = format!("cannot use assignment expressions with {}", description(&target));
                self.note(Diagnostic::syntax(message, target.span));
                value
            }
        }
    }
}

/// Does an expression begin with an operator looser than a comparison?
fn begins_looser(value: &Expression) -> bool {
    use ExpressionKind::*;
    match &value.kind {
        Lambda(..) | Yield(_) | YieldFrom(_) | Starred(_) => !value.parenthesised,
        Unary(operators, _) => operators[0] == UnaryOperator::Not && !value.parenthesised,
        Tuple(items) if !value.parenthesised => items.first().is_some_and(begins_looser),
        _ => false,
    }
}

/// Is it a target by itself, not a list of targets?
fn is_single(target: &Expression) -> bool {
    matches!(target.kind, ExpressionKind::Name(_) | ExpressionKind::Attribute(..) | ExpressionKind::Subscript(..))
}
