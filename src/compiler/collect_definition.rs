//! Walks functions, classes, type parameters, annotations and patterns: what makes scopes, or binds names in an
//! unusual way.

use crate::compiler::collect::{Collector, all_parameters};
use crate::compiler::scope::{
    ANNOTATED, Annotated, BOUND, GLOBAL, NONLOCAL, PARAMETER, Result, Role, ScopeKind, TYPE_PARAMETER, USED, error,
    mangle, refuse,
};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{
    Argument, Case, Class, Expression, ExpressionKind, Function, Name, Parameters, Pattern, PatternKind, Statement,
    TypeParameter, TypeParameterKind,
};

impl<'a> Collector<'a> {
    // ----- annotations

    /// `target: annotation = value`
    pub(super) fn annotated(
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
        if flags & (GLOBAL | NONLOCAL) != 0 && self.kind() != ScopeKind::Module {
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
                let first = self.scope().first_use(&name);
                return refuse(Diagnostic::syntax(message, parameter.span).also(first, "named here"));
            }
            if &*name == "__debug__" {
                return error("cannot assign to __debug__", parameter.span);
            }
            self.scope().mark(&name, PARAMETER, parameter.span);
        }
        Ok(())
    }

    /// `def`
    pub(super) fn function(&mut self, node: &'a Function) -> Result<()> {
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
        let around = self.function.replace(node.name_span);
        self.parameters(&node.parameters)?;
        self.body(&node.body)?;
        self.function = around;
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

    /// `class`
    pub(super) fn class(&mut self, node: &'a Class) -> Result<()> {
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
                let message = format!("duplicate type parameter '{}'", parameter.name);
                let first = self.scope().first_use(&name);
                return refuse(Diagnostic::syntax(message, parameter.span).also(first, "named here"));
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

    /// `type`
    pub(super) fn type_alias(
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

    /// `case`
    pub(super) fn case(&mut self, case: &'a Case) -> Result<()> {
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
