//! What the actions of the grammar call: nodes out of their parts.
//!
//! Counts heights, joins chains of operators into one node, and checks what the grammar lets pass. Whatever is wrong
//! is noted, and a node stands in for it, so that the parser goes on. Targets, arguments, patterns and strings have
//! files of their own, each with its part of `Build`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashSet;
use unicode_normalization::UnicodeNormalization;

use super::ast::*;
use super::literal;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// Trees higher than this are refused, so that walking one never runs out of stack.
const GREATEST_HEIGHT: u16 = 2000;
/// After so many errors in one statement no more are noted.
const MOST_ERRORS: usize = 20;

/// The maker of one text's nodes.
pub struct Build<'source> {
    /// The text.
    pub source: &'source Source,
    /// Each name once.
    names: RefCell<FxHashSet<Name>>,
    /// What was found wrong.
    errors: RefCell<Vec<Diagnostic>>,
    /// What is hardly meant.
    warnings: RefCell<Vec<Diagnostic>>,
    /// Has the height been complained about in this statement?
    is_too_high: Cell<bool>,
}

/// The greatest height of some expressions.
pub fn highest<'tree>(expressions: impl IntoIterator<Item = &'tree Expression>) -> u16 {
    expressions.into_iter().map(|expression| expression.height).max().unwrap_or(0)
}

/// Takes the items of a list out of the boxes in which they went through the parser's stack.
pub fn unboxed<Item>(boxes: Vec<Box<Item>>) -> Vec<Item> {
    boxes.into_iter().map(|item| *item).collect()
}

impl<'source> Build<'source> {
    /// A maker for a text.
    pub fn new(source: &'source Source) -> Build<'source> {
        let (names, errors, warnings) = (RefCell::default(), RefCell::default(), RefCell::default());
        Build { source, names, errors, warnings, is_too_high: Cell::new(false) }
    }

    /// The errors noted since the last call.
    pub fn take_errors(&self) -> Vec<Diagnostic> {
        self.is_too_high.set(false);
        self.errors.take()
    }

    /// The warnings noted so far.
    pub fn take_warnings(&self) -> Vec<Diagnostic> {
        self.warnings.take()
    }

    /// Notes what is hardly meant.
    pub fn warn(&self, message: impl Into<String>, span: Span) {
        self.warnings.borrow_mut().push(Diagnostic::of_class("SyntaxWarning", message, span));
    }

    /// Notes an error.
    pub fn note(&self, diagnostic: Diagnostic) {
        let mut errors = self.errors.borrow_mut();
        // What is wrong in one way is not told again in another.
        if errors.len() < MOST_ERRORS && errors.iter().all(|error| error.span != diagnostic.span) {
            errors.push(diagnostic);
        }
    }

    /// Notes a `SyntaxError`.
    pub fn refuse(&self, message: impl Into<String>, span: Span) {
        self.note(Diagnostic::syntax(message, span));
    }

    /// One more than the height of the highest child, or none where that is too much; then it is noted.
    pub fn above(&self, children: u16, span: Span) -> Option<u16> {
        if children < GREATEST_HEIGHT {
            return Some(children + 1);
        }
        if !self.is_too_high.replace(true) {
            let label = format!("more than {GREATEST_HEIGHT} levels");
            let start = Span::new(span.start, span.start);
            self.note(Diagnostic::syntax("expression too deeply nested", start).label(label));
        }
        None
    }

    /// An expression whose highest child is `children` high; a stand-in if it would be too high.
    pub fn expression(&self, l: u32, children: u16, kind: ExpressionKind, r: u32) -> Expression {
        let span = Span::new(l, r);
        match self.above(children, span) {
            Some(height) => Expression { span, height, parenthesised: false, kind },
            None => {
                Expression { span, height: 1, parenthesised: false, kind: ExpressionKind::Constant(Constant::None) }
            }
        }
    }

    /// The identifier at a place, in normal form.
    pub fn name(&self, l: u32, r: u32) -> Name {
        let text = self.source.slice(Span::new(l, r));
        if text.is_ascii() {
            return self.intern(text);
        }
        self.intern(&text.nfkc().collect::<String>())
    }

    /// The one copy of a name.
    fn intern(&self, text: &str) -> Name {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.get(text) {
            return Rc::clone(name);
        }
        let name: Name = text.into();
        names.insert(Rc::clone(&name));
        name
    }

    /// `name`
    pub fn variable(&self, l: u32, name: Name, r: u32) -> Expression {
        self.expression(l, 0, ExpressionKind::Name(name), r)
    }

    /// A literal that is its own value.
    pub fn constant(&self, l: u32, constant: Constant, r: u32) -> Expression {
        self.expression(l, 0, ExpressionKind::Constant(constant), r)
    }

    /// `12`
    pub fn number(&self, l: u32, r: u32) -> Expression {
        let value = literal::number(self.source.slice(Span::new(l, r))).unwrap_or_else(|(range, message)| {
            self.refuse(message, Span::new(l + range.start as u32, l + range.end as u32));
            Constant::Int(0)
        });
        self.constant(l, value, r)
    }

    /// `a, b` without parentheses.
    pub fn tuple(&self, l: u32, items: Vec<Expression>, r: u32) -> Expression {
        self.expression(l, highest(&items), ExpressionKind::Tuple(items), r)
    }

    /// The same from the first and the others.
    pub fn tuple_of(&self, l: u32, first: Expression, rest: Vec<Expression>, r: u32) -> Expression {
        let mut items = Vec::with_capacity(rest.len() + 1);
        items.push(first);
        items.extend(rest);
        self.tuple(l, items, r)
    }

    /// `(a, b)`
    pub fn enclosed_tuple(&self, l: u32, items: Vec<Expression>, r: u32) -> Expression {
        self.parenthesised(self.tuple(l, items, r))
    }

    /// `(a)` or `(a, b)`
    pub fn group(&self, l: u32, mut items: Vec<Expression>, comma: bool, r: u32) -> Expression {
        if comma || items.len() > 1 {
            return self.enclosed_tuple(l, items, r);
        }
        match items.pop() {
            Some(item) => {
                if let ExpressionKind::Starred(_) = item.kind {
                    self.refuse("cannot use starred expression here", item.span);
                }
                self.parenthesised(item)
            }
            None => self.enclosed_tuple(l, items, r),
        }
    }

    /// Marks an expression as written in parentheses.
    pub fn parenthesised(&self, mut value: Expression) -> Expression {
        value.parenthesised = true;
        value
    }

    /// Refuses a star where there is no list for it.
    pub fn unstarred(&self, value: Expression) -> Expression {
        if let ExpressionKind::Starred(_) = value.kind {
            self.refuse("can't use starred expression here", value.span);
        }
        value
    }

    /// `[a, b]`
    pub fn list(&self, l: u32, items: Vec<Expression>, r: u32) -> Expression {
        self.expression(l, highest(&items), ExpressionKind::List(items), r)
    }

    /// `{a, b}`
    pub fn set(&self, l: u32, items: Vec<Expression>, r: u32) -> Expression {
        self.expression(l, highest(&items), ExpressionKind::Set(items), r)
    }

    /// `{a: b, **c}`
    pub fn dict(&self, l: u32, entries: Vec<Box<(Option<Expression>, Expression)>>, r: u32) -> Expression {
        let entries = unboxed(entries);
        let height = entries.iter().map(|(key, value)| value.height.max(highest(key))).max().unwrap_or(0);
        self.expression(l, height, ExpressionKind::Dict(entries), r)
    }

    /// `*a`
    pub fn starred(&self, l: u32, value: Expression, r: u32) -> Expression {
        self.expression(l, value.height, ExpressionKind::Starred(Box::new(value)), r)
    }

    /// `yield a`
    pub fn yield_value(&self, l: u32, value: Option<Expression>, r: u32) -> Expression {
        let value = value.map(|value| Box::new(self.unstarred(value)));
        self.expression(l, highest(value.as_deref()), ExpressionKind::Yield(value), r)
    }

    /// `yield from a`
    pub fn yield_from(&self, l: u32, value: Expression, r: u32) -> Expression {
        self.expression(l, value.height, ExpressionKind::YieldFrom(Box::new(value)), r)
    }

    /// `await a`
    pub fn awaited(&self, l: u32, value: Expression, r: u32) -> Expression {
        self.expression(l, value.height, ExpressionKind::Await(Box::new(value)), r)
    }

    /// `body if test else orelse`
    pub fn conditional(&self, l: u32, body: Expression, test: Expression, orelse: Expression, r: u32) -> Expression {
        let height = highest([&body, &test, &orelse]);
        let (test, body, orelse) = (Box::new(test), Box::new(body), Box::new(orelse));
        self.expression(l, height, ExpressionKind::Conditional { test, body, orelse }, r)
    }

    /// `lambda parameters: body`
    pub fn lambda(&self, l: u32, parameters: Parameters, body: Expression, r: u32) -> Expression {
        let height = body.height.max(parameters.height());
        self.expression(l, height, ExpressionKind::Lambda(Box::new(parameters), Box::new(body)), r)
    }

    /// `-a`, as many operators as there are.
    pub fn unary(&self, l: u32, operators: Vec<UnaryOperator>, operand: Expression, r: u32) -> Expression {
        self.expression(l, operand.height, ExpressionKind::Unary(operators, Box::new(operand)), r)
    }

    /// `a ** b`
    pub fn power(&self, l: u32, base: Expression, exponent: Expression, r: u32) -> Expression {
        let height = highest([&base, &exponent]);
        self.expression(l, height, ExpressionKind::Binary(Box::new(base), vec![(BinaryOperator::Power, exponent)]), r)
    }

    /// `a + b`, which joins the chain that `a` may be.
    pub fn binary(
        &self,
        l: u32,
        mut left: Expression,
        operator: BinaryOperator,
        right: Expression,
        r: u32,
    ) -> Expression {
        if let ExpressionKind::Binary(_, links) = &mut left.kind
            && !left.parenthesised
            && precedence(links[0].0) == precedence(operator)
        {
            let height = right.height;
            links.push((operator, right));
            return self.extended(left, height, r);
        }
        let height = highest([&left, &right]);
        self.expression(l, height, ExpressionKind::Binary(Box::new(left), vec![(operator, right)]), r)
    }

    /// `a and b`, which joins the chain that `a` may be.
    pub fn boolean(
        &self,
        l: u32,
        mut left: Expression,
        operator: BooleanOperator,
        right: Expression,
        r: u32,
    ) -> Expression {
        if let ExpressionKind::Boolean(chain, operands) = &mut left.kind
            && !left.parenthesised
            && *chain == operator
        {
            let height = right.height;
            operands.push(right);
            return self.extended(left, height, r);
        }
        let height = highest([&left, &right]);
        self.expression(l, height, ExpressionKind::Boolean(operator, vec![left, right]), r)
    }

    /// `a < b`, which joins the chain that `a` may be.
    pub fn compare(&self, l: u32, mut left: Expression, operator: Comparison, right: Expression, r: u32) -> Expression {
        if let ExpressionKind::Compare(_, links) = &mut left.kind
            && !left.parenthesised
        {
            let height = right.height;
            links.push((operator, right));
            return self.extended(left, height, r);
        }
        let height = highest([&left, &right]);
        self.expression(l, height, ExpressionKind::Compare(Box::new(left), vec![(operator, right)]), r)
    }

    /// A chain to which a link of the given height was added.
    fn extended(&self, mut chain: Expression, link: u16, r: u32) -> Expression {
        chain.span.end = r;
        match self.above(link, chain.span) {
            Some(height) => chain.height = chain.height.max(height),
            None => chain = self.constant(chain.span.start, Constant::None, r),
        }
        chain
    }

    /// `object.name`
    pub fn attribute(&self, l: u32, object: Expression, name: (Name, Span), r: u32) -> Expression {
        self.expression(l, object.height, ExpressionKind::Attribute(Box::new(object), name.0, name.1), r)
    }

    /// `object[index]`
    pub fn subscript(&self, l: u32, object: Expression, mut index: Expression, r: u32) -> Expression {
        if let ExpressionKind::Starred(_) = index.kind {
            index = self.tuple(index.span.start, vec![index], r - 1);
        }
        let height = highest([&object, &index]);
        self.expression(l, height, ExpressionKind::Subscript(Box::new(object), Box::new(index)), r)
    }

    /// `lower:upper:step`
    pub fn slice(
        &self,
        l: u32,
        lower: Option<Expression>,
        upper: Option<Expression>,
        step: Option<Expression>,
        r: u32,
    ) -> Expression {
        let height = highest(lower.iter().chain(&upper).chain(&step));
        let kind = ExpressionKind::Slice(lower.map(Box::new), upper.map(Box::new), step.map(Box::new));
        self.expression(l, height, kind, r)
    }

    /// `[element for ...]`
    pub fn comprehension(
        &self,
        l: u32,
        kind: ComprehensionKind,
        element: Expression,
        clauses: Vec<Box<Clause>>,
        r: u32,
    ) -> Expression {
        let clauses = unboxed(clauses);
        if let ExpressionKind::Starred(_) = element.kind {
            self.refuse("iterable unpacking cannot be used in comprehension", element.span);
        }
        let height = element.height.max(clauses_height(&clauses));
        self.expression(l, height, ExpressionKind::Comprehension(kind, Box::new(element), clauses), r)
    }

    /// `(element for ...)`
    pub fn enclosed_generator(&self, l: u32, element: Expression, clauses: Vec<Box<Clause>>, r: u32) -> Expression {
        self.parenthesised(self.comprehension(l, ComprehensionKind::Generator, element, clauses, r))
    }

    /// `{key: value for ...}`
    pub fn dict_comprehension(
        &self,
        l: u32,
        entry: (Option<Expression>, Expression),
        clauses: Vec<Box<Clause>>,
        r: u32,
    ) -> Expression {
        let clauses = unboxed(clauses);
        let (key, value) = entry;
        let Some(key) = key else {
            self.refuse("dict unpacking cannot be used in dict comprehension", Span::new(l + 1, value.span.end));
            return value;
        };
        let height = highest([&key, &value]).max(clauses_height(&clauses));
        let kind = ExpressionKind::DictComprehension(Box::new(key), Box::new(value), clauses);
        self.expression(l, height, kind, r)
    }
}

/// Operators of one precedence share a number.
fn precedence(operator: BinaryOperator) -> u8 {
    match operator {
        BinaryOperator::Or => 0,
        BinaryOperator::Xor => 1,
        BinaryOperator::And => 2,
        BinaryOperator::ShiftLeft | BinaryOperator::ShiftRight => 3,
        BinaryOperator::Add | BinaryOperator::Subtract => 4,
        BinaryOperator::Power => 6,
        _ => 5,
    }
}

/// The greatest height in the clauses of a comprehension, each of which is a loop inside of the one before it.
fn clauses_height(clauses: &[Clause]) -> u16 {
    let height = |clause: &Clause| highest([&clause.target, &clause.iterable]).max(highest(&clause.conditions));
    let depth = u16::try_from(clauses.len()).unwrap_or(u16::MAX);
    clauses.iter().map(height).max().unwrap_or(0).saturating_add(depth)
}
