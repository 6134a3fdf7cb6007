//! Walks the statements of a tree and notes in which scope every name is bound and used.
//!
//! What can be said to be wrong without making code is said here: misplaced `return`, `break`, `yield` and
//! `await`, contradicting declarations. Expressions are in `collect_expression`, functions, classes, annotations and
//! patterns in `collect_definition`.

use crate::compiler::compile::{FUTURE_ANNOTATIONS, Options};
use crate::compiler::scope::{
    ANNOTATED, BOUND, DELETED, Flags, GLOBAL, NONLOCAL, PARAMETER, Result, Role, Scope, ScopeId, ScopeKind, Scopes,
    USED, error, mangle, refuse,
};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{
    Alias, Block, Constant, Expression, ExpressionKind, Module, Name, Parameter, Parameters, Statement, StatementKind,
    Try,
};

/// The scopes of a text, resolved.
pub fn scopes<'a>(module: &'a Module, options: &Options) -> std::result::Result<Scopes<'a>, Vec<Diagnostic>> {
    let mut scopes = Scopes::default();
    scopes.add(ScopeKind::Module, None, module, Role::Body);
    let allows_await = options.top_level_await;
    let mut collector = Collector {
        scopes,
        current: 0,
        nesting: Vec::new(),
        iterables: 0,
        conditions: 0,
        building: "",
        allows_await,
        late_futures: false,
        function: None,
        errors: Vec::new(),
    };
    collector.scopes.text_annotations = options.flags & FUTURE_ANNOTATIONS != 0;
    let result = collector.module(&module.body).and_then(|()| match collector.errors.is_empty() {
        true => collector.scopes.resolve(options.namespace),
        false => Ok(()),
    });
    collector.errors.extend(result.err().map(|error| *error));
    if collector.errors.is_empty() { Ok(collector.scopes) } else { Err(collector.errors) }
}

/// What a statement stands in, as far as `break`, `continue` and `return` care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    /// The body of a loop.
    Loop,
    /// An `except*` clause.
    Group,
    /// A `finally`.
    Finally,
}

/// The features `from __future__ import` knows.
const FUTURES: [&str; 10] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
    "annotations",
];

/// After so many errors the rest is not walked.
const MOST_ERRORS: usize = 20;

/// The walk over a tree.
pub(super) struct Collector<'a> {
    /// What is found.
    pub(super) scopes: Scopes<'a>,
    /// The scope the walk is in.
    pub(super) current: ScopeId,
    pub(super) nesting: Vec<Nesting>,
    /// How many iterables of comprehensions the walk is in.
    pub(super) iterables: u32,
    /// How many statements that may not be executed the walk is in.
    pub(super) conditions: u32,
    /// What the innermost comprehension builds, for messages.
    pub(super) building: &'static str,
    /// May the module await?
    pub(super) allows_await: bool,
    /// Are the statements over that may come from `__future__`?
    late_futures: bool,
    /// The name of the `def` the walk is in.
    pub(super) function: Option<Span>,
    /// What is wrong so far.
    errors: Vec<Diagnostic>,
}

impl<'a> Collector<'a> {
    // ----- scopes and names

    pub(super) fn scope(&mut self) -> &mut Scope<'a> {
        &mut self.scopes.list[self.current as usize]
    }

    pub(super) fn kind(&self) -> ScopeKind {
        self.scopes.get(self.current).kind
    }

    /// Enters a new scope and gives the one to go back to.
    pub(super) fn enter<T>(&mut self, kind: ScopeKind, node: &T, role: Role) -> ScopeId {
        let outer = self.current;
        self.current = self.scopes.add(kind, Some(outer), node, role);
        let parent = self.scopes.get(outer);
        let sees_class = kind.restriction().is_some() && (parent.kind == ScopeKind::Class || parent.sees_class);
        self.scope().sees_class = sees_class;
        outer
    }

    pub(super) fn mark(&mut self, name: &Name, flags: Flags, span: Span) {
        let name = mangle(self.scope(), name);
        self.scope().mark(&name, flags, span);
    }

    pub(super) fn use_name(&mut self, name: &Name, span: Span) {
        self.mark(name, USED, span);
        if &**name == "super" && !matches!(self.kind(), ScopeKind::Module | ScopeKind::Class) {
            self.mark(&"__class__".into(), USED, span);
        }
        let unit = self.scopes.get(self.current).unit;
        if self.scopes.get(unit).sees_class {
            self.scopes.list[unit as usize].mark(&"__classdict__".into(), USED, span);
        }
    }

    pub(super) fn bind(&mut self, name: &Name, flags: Flags, span: Span) -> Result<()> {
        if &**name == "__debug__" {
            let verb = if flags & DELETED != 0 { "delete" } else { "assign to" };
            return error(format!("cannot {verb} __debug__"), span);
        }
        self.mark(name, BOUND | flags, span);
        Ok(())
    }

    // ----- statements

    fn module(&mut self, body: &'a [Statement]) -> Result<()> {
        let futures = self.futures(body)?;
        self.block(&body[..futures])?;
        self.late_futures = true;
        self.block(&body[futures..])
    }

    /// Walks statements; behind one that is wrong it goes on with the next.
    pub(super) fn block(&mut self, block: &'a [Statement]) -> Result<()> {
        let (current, conditions, iterables) = (self.current, self.conditions, self.iterables);
        let (function, depth) = (self.function, self.nesting.len());
        for statement in block {
            if let Err(error) = self.statement(statement) {
                if self.errors.len() >= MOST_ERRORS {
                    return Err(error);
                }
                self.errors.push(*error);
                (self.current, self.conditions, self.iterables) = (current, conditions, iterables);
                self.function = function;
                self.nesting.truncate(depth);
            }
        }
        Ok(())
    }

    fn optional_block(&mut self, block: &'a Option<Block>) -> Result<()> {
        block.as_ref().map_or(Ok(()), |block| self.block(block))
    }

    pub(super) fn conditional_block(&mut self, block: &'a [Statement]) -> Result<()> {
        let conditions = self.conditions;
        self.conditions += 1;
        self.block(block)?;
        self.conditions = conditions;
        Ok(())
    }

    fn nested_block(&mut self, nesting: Nesting, block: &'a [Statement]) -> Result<()> {
        self.nesting.push(nesting);
        let result = self.conditional_block(block);
        self.nesting.pop();
        result
    }

    fn statement(&mut self, statement: &'a Statement) -> Result<()> {
        let span = statement.span;
        match &statement.kind {
            StatementKind::Expression(value) => self.expression(value),
            StatementKind::Assign(targets, value) => {
                self.expression(value)?;
                targets.iter().try_for_each(|target| self.sole_target(target, BOUND))
            }
            StatementKind::AugmentedAssign(target, _, value) => {
                if let ExpressionKind::Name(name) = &target.kind {
                    self.use_name(name, target.span);
                }
                self.target(target, BOUND)?;
                self.expression(value)
            }
            StatementKind::AnnotatedAssign(target, annotation, value) => self.annotated(target, annotation, value),
            StatementKind::TypeAlias(name, name_span, parameters, value) => {
                self.bind(name, BOUND, *name_span)?;
                self.type_alias(statement, parameters, value)
            }
            StatementKind::Delete(targets) => {
                targets.iter().try_for_each(|target| self.target(target, BOUND | DELETED))
            }
            StatementKind::Pass => Ok(()),
            StatementKind::Break => self.check_loop("break", "'break' outside loop", span),
            StatementKind::Continue => self.check_loop("continue", "'continue' not properly in loop", span),
            StatementKind::Return(value) => self.return_statement(value, span),
            StatementKind::Raise(exception, cause) => {
                self.optional(exception)?;
                self.optional(cause)
            }
            StatementKind::Global(names) => {
                names.iter().try_for_each(|(name, span)| self.declare(name, GLOBAL, "global", *span))
            }
            StatementKind::Nonlocal(names) => self.nonlocal(names),
            StatementKind::Assert(test, message) => {
                self.warn_of_assertion(test, span);
                self.expression(test)?;
                self.optional(message)
            }
            StatementKind::Import(aliases) => aliases.iter().try_for_each(|alias| self.imported(alias)),
            StatementKind::ImportFrom { module, level, names } => self.import_from(module, *level, names, span),
            _ => self.compound(statement),
        }
    }

    fn compound(&mut self, statement: &'a Statement) -> Result<()> {
        match &statement.kind {
            StatementKind::If(branches, orelse) => {
                for (test, body) in branches {
                    self.expression(test)?;
                    self.conditional_block(body)?;
                }
                orelse.as_ref().map_or(Ok(()), |block| self.conditional_block(block))
            }
            StatementKind::While(test, body, orelse) => {
                self.expression(test)?;
                self.nested_block(Nesting::Loop, body)?;
                orelse.as_ref().map_or(Ok(()), |block| self.conditional_block(block))
            }
            StatementKind::For { is_async, target, iterable, body, orelse } => {
                if *is_async {
                    self.check_async("async for", statement.span)?;
                }
                self.expression(iterable)?;
                self.sole_target(target, BOUND)?;
                self.nested_block(Nesting::Loop, body)?;
                orelse.as_ref().map_or(Ok(()), |block| self.conditional_block(block))
            }
            StatementKind::Try(node) => self.try_statement(node),
            StatementKind::With { is_async, items, body } => {
                if *is_async {
                    self.check_async("async with", statement.span)?;
                }
                for (manager, target) in items {
                    self.expression(manager)?;
                    target.as_ref().map_or(Ok(()), |target| self.sole_target(target, BOUND))?;
                }
                self.conditional_block(body)
            }
            StatementKind::Function(node) => self.function(node),
            StatementKind::Class(node) => self.class(node),
            StatementKind::Match(subject, cases) => {
                self.expression(subject)?;
                cases.iter().try_for_each(|case| self.case(case))
            }
            _ => unreachable!("simple statements were walked before"),
        }
    }

    fn return_statement(&mut self, value: &'a Option<Expression>, span: Span) -> Result<()> {
        if !matches!(self.kind(), ScopeKind::Function | ScopeKind::Lambda) {
            return error("'return' outside function", span);
        }
        if self.nesting.contains(&Nesting::Group) {
            return error("'break', 'continue' and 'return' cannot appear in an except* block", span);
        }
        if self.nesting.contains(&Nesting::Finally) {
            self.warn("'return' in a 'finally' block", span);
        }
        if value.is_some() {
            self.scope().returned.get_or_insert(span);
        }
        self.optional(value)
    }

    fn check_loop(&mut self, word: &str, message: &str, span: Span) -> Result<()> {
        let found = self.nesting.iter().rev().find(|&&nesting| nesting != Nesting::Finally);
        match found {
            Some(Nesting::Loop) => {
                if self.nesting.last() == Some(&Nesting::Finally) {
                    self.warn(format!("'{word}' in a 'finally' block"), span);
                }
                Ok(())
            }
            Some(_) => error("'break', 'continue' and 'return' cannot appear in an except* block", span),
            None => error(message, span),
        }
    }

    fn try_statement(&mut self, node: &'a Try) -> Result<()> {
        self.conditional_block(&node.body)?;
        for (index, handler) in node.handlers.iter().enumerate() {
            if handler.kind.is_none() && index + 1 < node.handlers.len() {
                return error("default 'except:' must be last", handler.span);
            }
            self.optional(&handler.kind)?;
            if let Some(name) = &handler.name {
                self.bind(name, DELETED, handler.span)?;
            }
            match node.is_group {
                true => self.nested_block(Nesting::Group, &handler.body)?,
                false => self.conditional_block(&handler.body)?,
            }
        }
        let conditions = self.conditions;
        self.conditions += 1;
        self.optional_block(&node.orelse)?;
        self.conditions = conditions;
        node.finally.as_ref().map_or(Ok(()), |block| self.nested_block(Nesting::Finally, block))
    }

    // ----- declarations and imports

    fn declare(&mut self, name: &Name, flag: Flags, word: &str, span: Span) -> Result<()> {
        let mangled = mangle(self.scope(), name);
        let flags = self.scope().flags(&mangled);
        let other = if flag == GLOBAL { NONLOCAL } else { GLOBAL };
        let first = self.scope().first_use(&mangled);
        let fails = |message: String, earlier: &str| refuse(Diagnostic::syntax(message, span).also(first, earlier));
        if flags & PARAMETER != 0 {
            return fails(format!("name '{name}' is parameter and {word}"), "the parameter");
        }
        if flags & other != 0 {
            return fails(format!("name '{name}' is nonlocal and global"), "declared here");
        }
        if flags & USED != 0 {
            return fails(format!("name '{name}' is used prior to {word} declaration"), "used here");
        }
        if flags & ANNOTATED != 0 {
            return fails(format!("annotated name '{name}' can't be {word}"), "annotated here");
        }
        if flags & BOUND != 0 {
            return fails(format!("name '{name}' is assigned to before {word} declaration"), "assigned here");
        }
        self.scope().mark(&mangled, flag, span);
        Ok(())
    }

    fn nonlocal(&mut self, names: &'a [(Name, Span)]) -> Result<()> {
        for (name, span) in names {
            if self.kind() == ScopeKind::Module {
                return error("nonlocal declaration not allowed at module level", *span);
            }
            self.declare(name, NONLOCAL, "nonlocal", *span)?;
        }
        Ok(())
    }

    fn imported(&mut self, alias: &'a Alias) -> Result<()> {
        match &alias.alias {
            Some(name) => self.bind(name, BOUND, alias.span),
            None => {
                let first = alias.name.split('.').next().unwrap_or_default();
                self.bind(&first.into(), BOUND, alias.span)
            }
        }
    }

    fn import_from(&mut self, module: &str, level: u32, names: &'a [Alias], span: Span) -> Result<()> {
        if module == "__future__" && level == 0 && (self.late_futures || self.kind() != ScopeKind::Module) {
            return error("from __future__ imports must occur at the beginning of the file", span);
        }
        if names.is_empty() && self.kind() != ScopeKind::Module {
            return error("import * only allowed at module level", span);
        }
        names.iter().try_for_each(|alias| self.bind(alias.alias.as_ref().unwrap_or(&alias.name), BOUND, alias.span))
    }

    /// Reads the imports from `__future__` and says how many statements they and the docstring are.
    fn futures(&mut self, body: &'a [Statement]) -> Result<usize> {
        for (index, statement) in body.iter().enumerate() {
            match &statement.kind {
                StatementKind::Expression(value)
                    if index == 0 && matches!(value.kind, ExpressionKind::Constant(Constant::Str(_))) => {}
                StatementKind::ImportFrom { module, level: 0, names } if &**module == "__future__" => {
                    if names.is_empty() {
                        return error("future feature * is not defined", statement.span);
                    }
                    for alias in names {
                        self.future(&alias.name, alias.span)?;
                    }
                }
                _ => return Ok(index),
            }
        }
        Ok(body.len())
    }

    fn future(&mut self, name: &str, span: Span) -> Result<()> {
        match name {
            "annotations" => self.scopes.text_annotations = true,
            "braces" => return error("not a chance", span),
            _ if !FUTURES.contains(&name) => return error(format!("future feature {name} is not defined"), span),
            _ => {}
        }
        Ok(())
    }
}

/// All parameters, in the order of their registers.
pub fn all_parameters(parameters: &Parameters) -> Vec<&Parameter> {
    let groups = [&parameters.positional_only, &parameters.positional, &parameters.keyword_only];
    let last = [&parameters.variadic, &parameters.keyword_variadic];
    groups.into_iter().flatten().chain(last.into_iter().flatten()).collect()
}
