//! Walks the statements of a tree and notes in which scope every name is bound and used.
//!
//! What can be said to be wrong without making code is said here: misplaced `return`, `break`, `yield` and
//! `await`, contradicting declarations, doubled parameters. Expressions are in `collect_expression`.

use crate::compiler::compile::{FUTURE_ANNOTATIONS, Options};
use crate::compiler::scope::{
    ANNOTATED, Annotated, BOUND, DELETED, Flags, GLOBAL, NONLOCAL, PARAMETER, Result, Role, Scope, ScopeId, ScopeKind,
    Scopes, TYPE_PARAMETER, USED, error, mangle,
};
use crate::source::Span;
use crate::syntax::ast::{
    Alias, Argument, Block, Case, Class, Constant, Expression, ExpressionKind, Function, Module, Name, Parameters,
    Pattern, PatternKind, Statement, StatementKind, Try, TypeParameter, TypeParameterKind,
};

/// The scopes of a text, resolved.
pub fn scopes<'a>(module: &'a Module, options: &Options) -> Result<Scopes<'a>> {
    let mut scopes = Scopes::default();
    scopes.add(ScopeKind::Module, None, module, Role::Body);
    let allows_await = options.top_level_await;
    let mut collector =
        Collector { scopes, current: 0, nesting: Vec::new(), iterables: 0, conditions: 0, building: "", allows_await, late_futures: false };
    collector.scopes.text_annotations = options.flags & FUTURE_ANNOTATIONS != 0;
    let futures = collector.futures(&module.body)?;
    for statement in &module.body[..futures] {
        collector.statement(statement)?;
    }
    collector.late_futures = true;
    collector.block(&module.body[futures..])?;
    collector.scopes.resolve(options.namespace)?;
    Ok(collector.scopes)
}

/// What a statement stands in, as far as `break`, `continue` and `return` care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nesting {
    /// The body of a loop.
    Loop,
    /// An `except*` clause.
    Group,
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

/// The walk over a tree.
pub(super) struct Collector<'a> {
    /// What is found.
    pub(super) scopes: Scopes<'a>,
    /// The scope the walk is in.
    pub(super) current: ScopeId,
    nesting: Vec<Nesting>,
    /// How many iterables of comprehensions the walk is in.
    pub(super) iterables: u32,
    /// How many statements that may not be executed the walk is in.
    conditions: u32,
    /// What the innermost comprehension builds, for messages.
    pub(super) building: &'static str,
    /// May the module await?
    pub(super) allows_await: bool,
    /// Are the statements over that may come from `__future__`?
    late_futures: bool,
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
        let sees_class =
            kind.restriction().is_some() && (parent.kind == ScopeKind::Class || parent.sees_class);
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

    pub(super) fn block(&mut self, block: &'a [Statement]) -> Result<()> {
        block.iter().try_for_each(|statement| self.statement(statement))
    }

    fn optional_block(&mut self, block: &'a Option<Block>) -> Result<()> {
        block.as_ref().map_or(Ok(()), |block| self.block(block))
    }

    fn conditional_block(&mut self, block: &'a [Statement]) -> Result<()> {
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
            StatementKind::Break => self.check_loop("'break' outside loop", span),
            StatementKind::Continue => self.check_loop("'continue' not properly in loop", span),
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
        if value.is_some() {
            self.scope().returned.get_or_insert(span);
        }
        self.optional(value)
    }

    fn check_loop(&mut self, message: &str, span: Span) -> Result<()> {
        match self.nesting.last() {
            Some(Nesting::Loop) => Ok(()),
            Some(Nesting::Group) => {
                error("'break', 'continue' and 'return' cannot appear in an except* block", span)
            }
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
        self.optional_block(&node.finally)?;
        self.conditions = conditions;
        Ok(())
    }

    // ----- declarations and imports

    fn declare(&mut self, name: &Name, flag: Flags, word: &str, span: Span) -> Result<()> {
        let mangled = mangle(self.scope(), name);
        let flags = self.scope().flags(&mangled);
        let other = if flag == GLOBAL { NONLOCAL } else { GLOBAL };
        if flags & PARAMETER != 0 {
            return error(format!("name '{name}' is parameter and {word}"), span);
        }
        if flags & other != 0 {
            return error(format!("name '{name}' is nonlocal and global"), span);
        }
        if flags & (GLOBAL | NONLOCAL) == 0 {
            if flags & USED != 0 {
                return error(format!("name '{name}' is used prior to {word} declaration"), span);
            }
            if flags & ANNOTATED != 0 {
                return error(format!("annotated name '{name}' can't be {word}"), span);
            }
            if flags & BOUND != 0 {
                return error(format!("name '{name}' is assigned to before {word} declaration"), span);
            }
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

    // ----- annotations

    fn annotated(
        &mut self,
        target: &'a Expression,
        annotation: &'a Expression,
        value: &'a Option<Expression>,
    ) -> Result<()> {
        let ExpressionKind::Name(name) = &target.kind else {
            self.target(target, BOUND)?;
            return self.optional(value);
        };
        if target.parenthesised {
            if value.is_some() {
                self.bind(name, BOUND, target.span)?;
            }
            return self.optional(value);
        }
        let mangled = mangle(self.scope(), name);
        let flags = self.scope().flags(&mangled);
        if flags & (GLOBAL | NONLOCAL) != 0 {
            let word = if flags & GLOBAL != 0 { "global" } else { "nonlocal" };
            return error(format!("annotated name '{name}' can't be {word}"), target.span);
        }
        self.bind(name, ANNOTATED, target.span)?;
        if matches!(self.kind(), ScopeKind::Module | ScopeKind::Class) {
            self.module_annotation(mangled, annotation)?;
        }
        self.optional(value)
    }

    /// An annotation of a module or class: all of them share one scope.
    fn module_annotation(&mut self, name: Name, annotation: &'a Expression) -> Result<()> {
        let conditional = self.conditions > 0;
        let owner = self.current;
        self.scope().annotations.push(Annotated { name, annotation, conditional });
        if conditional {
            let number = self.scope().annotations.len() as u32 - 1;
            self.scopes.conditional.insert(std::ptr::from_ref(annotation) as usize, number);
            self.mark(&"__conditional_annotations__".into(), BOUND | USED, annotation.span);
        }
        // The first annotation makes the scope, and stands for the others.
        let first = self.scope().annotations[0].annotation;
        match self.scopes.find(first, Role::Annotations) {
            Some(scope) => self.current = scope,
            None => {
                self.enter(ScopeKind::Annotations, first, Role::Annotations);
                self.mark(&".format".into(), PARAMETER, annotation.span);
            }
        }
        if conditional {
            self.use_name(&"__conditional_annotations__".into(), annotation.span);
        }
        let result = if self.scopes.text_annotations { Ok(()) } else { self.expression(annotation) };
        self.current = owner;
        result
    }

    fn function_annotations(&mut self, node: &'a Function) -> Result<()> {
        let parameters = all_parameters(&node.parameters);
        if node.returns.is_none() && parameters.iter().all(|parameter| parameter.annotation.is_none()) {
            return Ok(());
        }
        let outer = self.enter(ScopeKind::Annotations, node, Role::Annotations);
        self.mark(&".format".into(), PARAMETER, node.name_span);
        if !self.scopes.text_annotations {
            for annotation in parameters.iter().filter_map(|parameter| parameter.annotation.as_ref()) {
                match &annotation.kind {
                    ExpressionKind::Starred(inner) => self.expression(inner)?,
                    _ => self.expression(annotation)?,
                }
            }
            self.optional(&node.returns)?;
        }
        self.current = outer;
        Ok(())
    }

    // ----- functions and classes

    /// Defaults are evaluated where the function is made.
    pub(super) fn defaults(&mut self, parameters: &'a Parameters) -> Result<()> {
        for parameter in all_parameters(parameters) {
            self.optional(&parameter.default)?;
        }
        Ok(())
    }

    pub(super) fn parameters(&mut self, parameters: &'a Parameters) -> Result<()> {
        for parameter in all_parameters(parameters) {
            let name = mangle(self.scope(), &parameter.name);
            if self.scope().flags(&name) & PARAMETER != 0 {
                let message = format!("duplicate argument '{}' in function definition", parameter.name);
                return error(message, parameter.span);
            }
            if &*name == "__debug__" {
                return error("cannot assign to __debug__", parameter.span);
            }
            self.scope().mark(&name, PARAMETER, parameter.span);
        }
        Ok(())
    }

    fn function(&mut self, node: &'a Function) -> Result<()> {
        node.decorators.iter().try_for_each(|decorator| self.expression(decorator))?;
        self.defaults(&node.parameters)?;
        self.bind(&node.name, BOUND, node.name_span)?;
        let outer = self.current;
        if !node.type_parameters.is_empty() {
            self.enter(ScopeKind::TypeParameters, node, Role::TypeParameters);
            self.mark(&".defaults".into(), PARAMETER, node.name_span);
            self.mark(&".kwdefaults".into(), PARAMETER, node.name_span);
            self.type_parameters(&node.type_parameters)?;
        }
        self.function_annotations(node)?;
        self.enter(ScopeKind::Function, node, Role::Body);
        self.scope().is_async = node.is_async;
        self.parameters(&node.parameters)?;
        self.body(&node.body)?;
        let scope = self.scope();
        if let (true, true, Some(span)) = (scope.is_async, scope.has_yield, scope.returned) {
            return error("'return' with value in async generator", span);
        }
        self.current = outer;
        Ok(())
    }

    /// A body in which outer loops do not count.
    fn body(&mut self, body: &'a [Statement]) -> Result<()> {
        let nesting = std::mem::take(&mut self.nesting);
        let conditions = std::mem::take(&mut self.conditions);
        let iterables = std::mem::take(&mut self.iterables);
        self.block(body)?;
        (self.nesting, self.conditions, self.iterables) = (nesting, conditions, iterables);
        Ok(())
    }

    fn class(&mut self, node: &'a Class) -> Result<()> {
        node.decorators.iter().try_for_each(|decorator| self.expression(decorator))?;
        self.bind(&node.name, BOUND, node.name_span)?;
        let outer = self.current;
        let is_generic = !node.type_parameters.is_empty();
        if is_generic {
            self.enter(ScopeKind::TypeParameters, node, Role::TypeParameters);
            let names: Vec<Name> = node.type_parameters.iter().map(|parameter| parameter.name.clone()).collect();
            self.scope().private = Some(node.name.clone());
            self.scope().private_names = Some(names.into());
            self.mark(&".type_params".into(), BOUND, node.name_span);
            self.type_parameters(&node.type_parameters)?;
        }
        self.arguments(&node.arguments)?;
        self.enter(ScopeKind::Class, node, Role::Body);
        self.scope().private = Some(node.name.clone());
        self.scope().private_names = None;
        if is_generic {
            self.scope().mark(&".type_params".into(), USED, node.name_span);
        }
        self.body(&node.body)?;
        self.current = outer;
        Ok(())
    }

    fn type_parameters(&mut self, parameters: &'a [TypeParameter]) -> Result<()> {
        let mut defaulted = false;
        for parameter in parameters {
            let name = mangle(self.scope(), &parameter.name);
            if self.scope().flags(&name) & TYPE_PARAMETER != 0 {
                return error(format!("duplicate type parameter '{}'", parameter.name), parameter.span);
            }
            if defaulted && parameter.default.is_none() {
                let message = format!("non-default type parameter '{}' follows default type parameter", parameter.name);
                return error(message, parameter.span);
            }
            defaulted |= parameter.default.is_some();
            self.bind(&parameter.name, TYPE_PARAMETER, parameter.span)?;
        }
        for parameter in parameters {
            self.type_variable(parameter, &parameter.bound, Role::Bound)?;
            self.type_variable(parameter, &parameter.default, Role::Default)?;
        }
        Ok(())
    }

    fn type_variable(&mut self, node: &'a TypeParameter, value: &'a Option<Expression>, role: Role) -> Result<()> {
        let Some(value) = value else { return Ok(()) };
        let is_tuple = matches!(value.kind, ExpressionKind::Tuple(_));
        let place = match (role, node.kind) {
            (Role::Bound, _) if is_tuple => "a TypeVar constraint",
            (Role::Bound, _) => "a TypeVar bound",
            (_, TypeParameterKind::TypeVar) => "a TypeVar default",
            (_, TypeParameterKind::TypeVarTuple) => "a TypeVarTuple default",
            (_, TypeParameterKind::ParamSpec) => "a ParamSpec default",
        };
        let outer = self.enter(ScopeKind::TypeVariable(place), node, role);
        self.mark(&".format".into(), PARAMETER, node.span);
        match &value.kind {
            ExpressionKind::Starred(inner) => self.expression(inner)?,
            _ => self.expression(value)?,
        }
        self.current = outer;
        Ok(())
    }

    fn type_alias(
        &mut self,
        statement: &'a Statement,
        parameters: &'a [TypeParameter],
        value: &'a Expression,
    ) -> Result<()> {
        let outer = self.current;
        if !parameters.is_empty() {
            self.enter(ScopeKind::TypeParameters, statement, Role::TypeParameters);
            self.type_parameters(parameters)?;
        }
        self.enter(ScopeKind::TypeAlias, statement, Role::Body);
        self.mark(&".format".into(), PARAMETER, statement.span);
        self.expression(value)?;
        self.current = outer;
        Ok(())
    }

    // ----- patterns

    fn case(&mut self, case: &'a Case) -> Result<()> {
        self.pattern(&case.pattern)?;
        self.optional(&case.guard)?;
        self.conditional_block(&case.body)
    }

    fn pattern(&mut self, pattern: &'a Pattern) -> Result<()> {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => Ok(()),
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => self.bind(name, BOUND, span),
            PatternKind::Literal(value) | PatternKind::Value(value) => self.expression(value),
            PatternKind::Sequence(patterns) | PatternKind::Or(patterns) => {
                patterns.iter().try_for_each(|pattern| self.pattern(pattern))
            }
            PatternKind::Mapping(entries, rest) => {
                for (key, pattern) in entries {
                    self.expression(key)?;
                    self.pattern(pattern)?;
                }
                rest.as_ref().map_or(Ok(()), |name| self.bind(name, BOUND, span))
            }
            PatternKind::Class(class, patterns, named) => {
                self.expression(class)?;
                patterns.iter().try_for_each(|pattern| self.pattern(pattern))?;
                named.iter().try_for_each(|(_, pattern)| self.pattern(pattern))
            }
            PatternKind::As(pattern, name) => {
                self.pattern(pattern)?;
                self.bind(name, BOUND, span)
            }
        }
    }

    /// The arguments of a call or class.
    pub(super) fn arguments(&mut self, arguments: &'a [Argument]) -> Result<()> {
        let mut names = rustc_hash::FxHashSet::default();
        for argument in arguments {
            match argument {
                Argument::Positional(value) | Argument::Starred(value) | Argument::DoubleStarred(value) => {
                    self.expression(value)?;
                }
                Argument::Keyword(name, span, value) => {
                    if !names.insert(name) {
                        return error(format!("keyword argument repeated: {name}"), *span);
                    }
                    if &**name == "__debug__" {
                        return error("cannot assign to __debug__", *span);
                    }
                    self.expression(value)?;
                }
            }
        }
        Ok(())
    }
}

/// All parameters, in the order of their registers.
pub fn all_parameters(parameters: &Parameters) -> Vec<&crate::syntax::ast::Parameter> {
    let groups = [&parameters.positional_only, &parameters.positional, &parameters.keyword_only];
    let last = [&parameters.variadic, &parameters.keyword_variadic];
    groups.into_iter().flatten().chain(last.into_iter().flatten()).collect()
}
