//! Statements of the tree: their heights and ends, and what their grammar does not say.

use super::arguments::arguments_height;
use super::ast::*;
use super::build::{Build, highest, unboxed};
use super::target::description;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// `value as target`
pub type WithItem = (Expression, Option<Expression>);

impl Build<'_> {
    /// A statement that is a line, or a compound one, by itself.
    pub fn line(&self, l: u32, kind: StatementKind, r: u32) -> Block {
        vec![self.statement(l, kind, r)]
    }

    /// A statement from its first token to its last.
    pub fn statement(&self, l: u32, kind: StatementKind, r: u32) -> Statement {
        // The rule of a compound statement ends behind the last line's end, at a later line.
        let end = last_block(&kind).and_then(|block| block.last()).map_or(r, |last| last.span.end);
        let span = Span::new(l, end);
        match self.above(height(&kind), span) {
            Some(height) => Statement { span, height, kind },
            None => Statement { span, height: 1, kind: StatementKind::Pass },
        }
    }

    /// `def name(parameters): body`
    #[allow(clippy::too_many_arguments, reason = "they are the parts of its rule")]
    pub fn function(
        &self,
        l: u32,
        is_async: bool,
        name: (Name, Span),
        type_parameters: Option<Vec<TypeParameter>>,
        parameters: Box<Parameters>,
        returns: Option<Expression>,
        body: Block,
        r: u32,
    ) -> Block {
        let (name, name_span) = name;
        let (decorators, type_parameters) = (Vec::new(), type_parameters.unwrap_or_default());
        let parameters = *parameters;
        let function = Function { is_async, name, name_span, decorators, type_parameters, parameters, returns, body };
        self.line(l, StatementKind::Function(Box::new(function)), r)
    }

    /// `class name(arguments): body`
    pub fn class(
        &self,
        l: u32,
        name: (Name, Span),
        type_parameters: Option<Vec<TypeParameter>>,
        arguments: Option<Vec<Argument>>,
        body: Block,
        r: u32,
    ) -> Block {
        let (name, name_span) = name;
        let (decorators, type_parameters) = (Vec::new(), type_parameters.unwrap_or_default());
        let arguments = self.class_arguments(arguments);
        let class = Class { name, name_span, decorators, type_parameters, arguments, body };
        self.line(l, StatementKind::Class(Box::new(class)), r)
    }

    /// A `def` or `class` with its decorators.
    pub fn decorated(&self, decorators: Vec<Expression>, mut definition: Block) -> Block {
        for statement in &mut definition {
            let height = self.above(highest(&decorators), statement.span).unwrap_or(1);
            statement.height = statement.height.max(height);
        }
        match definition.first_mut().map(|statement| &mut statement.kind) {
            Some(StatementKind::Function(function)) => function.decorators = decorators,
            Some(StatementKind::Class(class)) => class.decorators = decorators,
            _ => {}
        }
        definition
    }

    /// An expression as a statement.
    pub fn value_statement(&self, value: Expression) -> StatementKind {
        StatementKind::Expression(self.unstarred(value))
    }

    /// The text of an expression as a statement.
    pub fn expression_statement(&self, l: u32, value: Expression, r: u32) -> Statement {
        self.statement(l, self.value_statement(value), r)
    }

    /// `import a.b as c`
    pub fn alias(&self, l: u32, name: String, alias: Option<Name>, r: u32) -> Alias {
        Alias { name: name.into(), alias, span: Span::new(l, r) }
    }

    /// `from ..module import names`
    pub fn import_from(&self, level: u32, module: Option<String>, names: Vec<Alias>) -> StatementKind {
        StatementKind::ImportFrom { module: module.unwrap_or_default().into(), level, names }
    }

    /// `if` and its branches.
    pub fn if_statement(
        &self,
        test: Expression,
        body: Block,
        branches: Vec<Box<(Expression, Block)>>,
        orelse: Option<Block>,
    ) -> StatementKind {
        let mut all = Vec::with_capacity(branches.len() + 1);
        all.push((test, body));
        all.extend(branches.into_iter().map(|branch| *branch));
        StatementKind::If(all, orelse)
    }

    /// `for target in iterable`
    pub fn for_statement(
        &self,
        is_async: bool,
        target: Expression,
        iterable: Expression,
        body: Block,
        orelse: Option<Block>,
    ) -> StatementKind {
        StatementKind::For { is_async, target, iterable: self.unstarred(iterable), body, orelse }
    }

    /// What `with (...):` encloses: items if that can be, else one expression.
    pub fn enclosed_items(&self, l: u32, items: Vec<Box<WithItem>>, comma: bool, r: u32) -> Vec<WithItem> {
        let items = unboxed(items);
        let is_item = |(value, _): &WithItem| {
            use ExpressionKind::*;
            let is_bare = matches!(
                value.kind,
                Starred(_) | Walrus(..) | Yield(_) | YieldFrom(_) | Comprehension(ComprehensionKind::Generator, ..)
            );
            value.parenthesised || !is_bare
        };
        if !items.is_empty() && items.iter().all(is_item) {
            return items;
        }
        if let Some((_, Some(target))) = items.iter().find(|(_, target)| target.is_some()) {
            let heading = "what the parentheses enclose is one value";
            let diagnostic = Diagnostic::invalid(heading, target.span).label("the name stands behind the parentheses");
            self.note(diagnostic.help("write `with (value) as name:`"));
        }
        let mut values: Vec<Expression> = items.into_iter().map(|(value, _)| value).collect();
        let only = values.len() == 1 && !comma;
        let value = match values.pop() {
            Some(mut value) if only && matches!(value.kind, ExpressionKind::Comprehension(..)) => {
                value.span = Span::new(l, r);
                self.parenthesised(value)
            }
            Some(value) => {
                values.push(value);
                self.group(l, values, comma, r)
            }
            None => self.enclosed_tuple(l, values, r),
        };
        vec![(value, None)]
    }

    /// `except kind as name: body`, and whether it has a star.
    pub fn handler(
        &self,
        l: u32,
        star: bool,
        kind: Option<Expression>,
        name: Option<Expression>,
        r: u32,
        body: Block,
    ) -> Box<(bool, Handler)> {
        if let (Some(kind), Some(_)) = (&kind, &name)
            && let ExpressionKind::Tuple(_) = kind.kind
            && !kind.parenthesised
        {
            let message = "multiple exception types must be parenthesized when using 'as'";
            let text = format!("({})", self.source.slice(kind.span));
            self.note(Diagnostic::syntax(message, kind.span).mend(self.source, kind.span, &text));
        }
        let name = name.and_then(|target| self.handler_name(target));
        Box::new((star, Handler { span: Span::new(l, r), kind, name, body }))
    }

    /// `try` and its clauses.
    pub fn try_statement(
        &self,
        body: Block,
        clauses: Vec<Box<(bool, Handler)>>,
        orelse: Option<Block>,
        finally: Option<Block>,
    ) -> StatementKind {
        let is_group = clauses.first().is_some_and(|clause| clause.0);
        let last = clauses.len().saturating_sub(1);
        let mut handlers = Vec::with_capacity(clauses.len());
        for (index, clause) in clauses.into_iter().enumerate() {
            let (star, handler) = *clause;
            if star != is_group {
                let message = "cannot have both 'except' and 'except*' on the same 'try'";
                let first = handlers.first().map_or(handler.span, |first: &Handler| first.span);
                let (these, those) = if star { ("`except*`", "`except`") } else { ("`except`", "`except*`") };
                self.note(Diagnostic::syntax(message, handler.span).label(these).also(first, those));
            } else if handler.kind.is_none() && index != last {
                self.refuse("default 'except:' must be last", handler.span);
            }
            handlers.push(handler);
        }
        StatementKind::Try(Box::new(Try { body, is_group, handlers, orelse, finally }))
    }

    /// What stands behind `as` in an `except`, which has to be a name.
    fn handler_name(&self, target: Expression) -> Option<Name> {
        match target.kind {
            ExpressionKind::Name(name) if !target.parenthesised => Some(name),
            _ => {
                self.refuse(format!("cannot use except statement with {}", description(&target)), target.span);
                None
            }
        }
    }
}

/// The block a compound statement ends with.
fn last_block(kind: &StatementKind) -> Option<&Block> {
    match kind {
        StatementKind::If(branches, orelse) => orelse.as_ref().or(branches.last().map(|branch| &branch.1)),
        StatementKind::While(_, body, orelse) | StatementKind::For { body, orelse, .. } => {
            orelse.as_ref().or(Some(body))
        }
        StatementKind::Try(statement) => {
            let handler = statement.handlers.last().map(|handler| &handler.body);
            statement.finally.as_ref().or(statement.orelse.as_ref()).or(handler)
        }
        StatementKind::With { body, .. } => Some(body),
        StatementKind::Function(function) => Some(&function.body),
        StatementKind::Class(class) => Some(&class.body),
        StatementKind::Match(_, cases) => cases.last().map(|case| &case.body),
        _ => None,
    }
}

/// The greatest height of the statements of a block.
fn block_height(block: &Block) -> u16 {
    block.iter().map(|statement| statement.height).max().unwrap_or(0)
}

/// The same for an optional block.
fn optional_height(block: &Option<Block>) -> u16 {
    block.as_ref().map_or(0, block_height)
}

/// The height of the highest child of a statement.
fn height(kind: &StatementKind) -> u16 {
    use StatementKind::*;
    match kind {
        Expression(value) => value.height,
        Assign(targets, value) => highest(targets).max(value.height),
        AugmentedAssign(target, _, value) => highest([target, value]),
        AnnotatedAssign(target, annotation, value) => highest([target, annotation]).max(highest(value)),
        TypeAlias(_, _, parameters, value) => value.height.max(type_parameters_height(parameters)),
        Delete(targets) => highest(targets),
        Return(value) => highest(value),
        Raise(exception, cause) => highest(exception.iter().chain(cause)),
        Assert(test, message) => test.height.max(highest(message)),
        Pass | Break | Continue | Global(_) | Nonlocal(_) | Import(_) | ImportFrom { .. } => 0,
        If(branches, orelse) => {
            let branch = |(test, body): &(self::Expression, Block)| test.height.max(block_height(body));
            branches.iter().map(branch).max().unwrap_or(0).max(optional_height(orelse))
        }
        While(test, body, orelse) => test.height.max(block_height(body)).max(optional_height(orelse)),
        For { target, iterable, body, orelse, .. } => {
            highest([target, iterable]).max(block_height(body)).max(optional_height(orelse))
        }
        Try(statement) => try_height(statement),
        With { items, body, .. } => {
            let item =
                |(value, target): &(self::Expression, Option<self::Expression>)| value.height.max(highest(target));
            items.iter().map(item).max().unwrap_or(0).max(block_height(body))
        }
        Function(function) => highest(function.decorators.iter().chain(&function.returns))
            .max(type_parameters_height(&function.type_parameters))
            .max(function.parameters.height())
            .max(block_height(&function.body)),
        Class(class) => highest(&class.decorators)
            .max(type_parameters_height(&class.type_parameters))
            .max(arguments_height(&class.arguments))
            .max(block_height(&class.body)),
        Match(subject, cases) => {
            let case = |case: &Case| case.pattern.height.max(highest(&case.guard)).max(block_height(&case.body));
            cases.iter().map(case).max().unwrap_or(0).max(subject.height)
        }
    }
}

/// The height of the highest child of a `try`.
fn try_height(statement: &Try) -> u16 {
    let handler = |handler: &Handler| highest(&handler.kind).max(block_height(&handler.body));
    let handlers = statement.handlers.iter().map(handler).max().unwrap_or(0);
    block_height(&statement.body)
        .max(handlers)
        .max(optional_height(&statement.orelse))
        .max(optional_height(&statement.finally))
}

/// The greatest height of the bounds and defaults of type parameters.
fn type_parameters_height(parameters: &[TypeParameter]) -> u16 {
    highest(parameters.iter().flat_map(|parameter| parameter.bound.iter().chain(&parameter.default)))
}
