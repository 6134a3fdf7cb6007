//! Walks the expressions of a tree and notes in which scope every name is bound and used.

use crate::compiler::collect::Collector;
use crate::compiler::scope::{
    BOUND, DELETED, Flags, ITERATION, PARAMETER, PASSED, Result, Role, ScopeKind, USED, error, mangle, refuse,
};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Clause, ComprehensionKind, Expression, ExpressionKind, FStringPart, Name, Parameters};

impl<'a> Collector<'a> {
    pub(super) fn optional(&mut self, value: &'a Option<Expression>) -> Result<()> {
        value.as_ref().map_or(Ok(()), |value| self.expression(value))
    }

    pub(super) fn expression(&mut self, expression: &'a Expression) -> Result<()> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Constant(_) => Ok(()),
            ExpressionKind::FString(parts) | ExpressionKind::TString(parts) => self.f_string(parts),
            ExpressionKind::Name(name) => {
                self.use_name(name, span);
                Ok(())
            }
            ExpressionKind::Tuple(elements) | ExpressionKind::List(elements) | ExpressionKind::Set(elements) => {
                self.elements(elements)
            }
            ExpressionKind::Dict(entries) => self.entries(entries),
            ExpressionKind::Starred(_) => error("can't use starred expression here", span),
            ExpressionKind::Attribute(object, ..) => self.expression(object),
            ExpressionKind::Subscript(object, index) => {
                self.warn_of_subscript(object, index, span);
                self.expression(object)?;
                self.element(index)
            }
            ExpressionKind::Slice(start, stop, step) => {
                [start, stop, step].into_iter().flatten().try_for_each(|part| self.expression(part))
            }
            ExpressionKind::Call(callee, arguments) => {
                self.warn_of_call(callee, span);
                self.expression(callee)?;
                self.arguments(arguments)
            }
            ExpressionKind::Unary(_, operand) => self.expression(operand),
            ExpressionKind::Binary(first, rest) => {
                self.expression(first)?;
                rest.iter().try_for_each(|(_, operand)| self.expression(operand))
            }
            ExpressionKind::Boolean(_, operands) => operands.iter().try_for_each(|operand| self.expression(operand)),
            ExpressionKind::Compare(first, rest) => {
                self.warn_of_identity(first, rest, span);
                self.expression(first)?;
                rest.iter().try_for_each(|(_, operand)| self.expression(operand))
            }
            ExpressionKind::Conditional { test, body, orelse } => {
                self.expression(test)?;
                self.expression(body)?;
                self.expression(orelse)
            }
            ExpressionKind::Walrus(name, name_span, value) => {
                self.expression(value)?;
                self.walrus(name, *name_span, span)
            }
            ExpressionKind::Lambda(parameters, body) => self.lambda(expression, parameters, body),
            ExpressionKind::Comprehension(kind, element, clauses) => {
                self.comprehension(expression, Some(*kind), &[element], clauses)
            }
            ExpressionKind::DictComprehension(key, value, clauses) => {
                self.comprehension(expression, None, &[key, value], clauses)
            }
            ExpressionKind::Await(value) => {
                self.await_expression(span)?;
                self.expression(value)
            }
            ExpressionKind::Yield(value) => {
                self.yield_expression(false, span)?;
                value.as_ref().map_or(Ok(()), |value| self.expression(value))
            }
            ExpressionKind::YieldFrom(value) => {
                self.yield_expression(true, span)?;
                self.expression(value)
            }
        }
    }

    /// An element of a display or subscript, which may be starred.
    fn element(&mut self, element: &'a Expression) -> Result<()> {
        match &element.kind {
            ExpressionKind::Starred(inner) => self.expression(inner),
            _ => self.expression(element),
        }
    }

    fn elements(&mut self, elements: &'a [Expression]) -> Result<()> {
        elements.iter().try_for_each(|element| self.element(element))
    }

    fn entries(&mut self, entries: &'a [(Option<Expression>, Expression)]) -> Result<()> {
        for (key, value) in entries {
            self.optional(key)?;
            self.expression(value)?;
        }
        Ok(())
    }

    fn f_string(&mut self, parts: &'a [FStringPart]) -> Result<()> {
        for part in parts {
            if let FStringPart::Field { value, spec, .. } = part {
                self.expression(value)?;
                if let Some(spec) = spec {
                    self.f_string(spec)?;
                }
            }
        }
        Ok(())
    }

    // ----- targets

    /// What one `=`, `for` or `as` assigns to; not starred itself.
    pub(super) fn sole_target(&mut self, target: &'a Expression, flags: Flags) -> Result<()> {
        if matches!(target.kind, ExpressionKind::Starred(_)) {
            return error("starred assignment target must be in a list or tuple", target.span);
        }
        self.target(target, flags)
    }

    pub(super) fn target(&mut self, target: &'a Expression, flags: Flags) -> Result<()> {
        match &target.kind {
            ExpressionKind::Name(name) => self.bind(name, flags, target.span),
            ExpressionKind::Tuple(elements) | ExpressionKind::List(elements) => {
                let starred = |element: &&Expression| matches!(element.kind, ExpressionKind::Starred(_));
                if let Some(second) = elements.iter().filter(starred).nth(1) {
                    return error("multiple starred expressions in assignment", second.span);
                }
                elements.iter().try_for_each(|element| self.target(element, flags))
            }
            ExpressionKind::Starred(_) if flags & DELETED != 0 => error("cannot delete starred", target.span),
            ExpressionKind::Starred(inner) => self.target(inner, flags),
            ExpressionKind::Attribute(object, name, span) => {
                if &**name == "__debug__" {
                    let verb = if flags & DELETED != 0 { "delete" } else { "assign to" };
                    return error(format!("cannot {verb} __debug__"), *span);
                }
                self.expression(object)
            }
            _ => self.expression(target),
        }
    }

    fn walrus(&mut self, name: &'a Name, name_span: Span, span: Span) -> Result<()> {
        if self.iterables > 0 {
            return error("assignment expression cannot be used in a comprehension iterable expression", span);
        }
        if let Some(place) = self.kind().restriction() {
            return error(format!("named expression cannot be used within {place}"), span);
        }
        let mangled = mangle(self.scope(), name);
        let mut holder = self.current;
        loop {
            let scope = &mut self.scopes.list[holder as usize];
            if !matches!(scope.kind, ScopeKind::Comprehension | ScopeKind::GeneratorExpression) {
                break;
            }
            if scope.flags(&mangled) & ITERATION != 0 {
                let message = format!("assignment expression cannot rebind comprehension iteration variable '{name}'");
                return error(message, name_span);
            }
            scope.mark(&mangled, USED | PASSED, name_span);
            holder = scope.parent.unwrap_or(0);
        }
        let scope = self.scopes.get(holder);
        if scope.kind == ScopeKind::Class && holder != self.current {
            return error("assignment expression within a comprehension cannot be used in a class body", span);
        }
        if let Some(place) = scope.kind.restriction() {
            let preposition = if scope.kind == ScopeKind::TypeParameters { "within" } else { "in" };
            let message = format!("assignment expression within a comprehension cannot be used {preposition} {place}");
            return error(message, span);
        }
        let inner = std::mem::replace(&mut self.current, holder);
        let result = self.bind(name, BOUND, name_span);
        self.scope().has_walrus = true;
        self.current = inner;
        result
    }

    // ----- scopes of expressions

    fn lambda(&mut self, node: &'a Expression, parameters: &'a Parameters, body: &'a Expression) -> Result<()> {
        self.defaults(parameters)?;
        let outer = self.enter(ScopeKind::Lambda, node, Role::Body);
        self.parameters(parameters)?;
        self.expression(body)?;
        self.current = outer;
        Ok(())
    }

    fn comprehension(
        &mut self,
        node: &'a Expression,
        kind: Option<ComprehensionKind>,
        elements: &[&'a Expression],
        clauses: &'a [Clause],
    ) -> Result<()> {
        let (scope_kind, building) = match kind {
            Some(ComprehensionKind::List) => (ScopeKind::Comprehension, "list comprehension"),
            Some(ComprehensionKind::Set) => (ScopeKind::Comprehension, "set comprehension"),
            None => (ScopeKind::Comprehension, "dict comprehension"),
            Some(ComprehensionKind::Generator) => (ScopeKind::GeneratorExpression, "generator expression"),
        };
        self.iterable(&clauses[0].iterable)?;
        let outer = self.enter(scope_kind, node, Role::Body);
        let outer_building = std::mem::replace(&mut self.building, building);
        if scope_kind == ScopeKind::GeneratorExpression {
            self.mark(&".0".into(), PARAMETER, node.span);
        }
        for (index, clause) in clauses.iter().enumerate() {
            if clause.is_async {
                self.asynchronous(node.span)?;
            }
            self.iteration_target(&clause.target)?;
            if index > 0 {
                self.iterable(&clause.iterable)?;
            }
            clause.conditions.iter().try_for_each(|condition| self.expression(condition))?;
        }
        elements.iter().try_for_each(|element| self.expression(element))?;
        self.current = outer;
        self.building = outer_building;
        Ok(())
    }

    fn iterable(&mut self, iterable: &'a Expression) -> Result<()> {
        self.iterables += 1;
        let result = self.expression(iterable);
        self.iterables -= 1;
        result
    }

    fn iteration_target(&mut self, target: &'a Expression) -> Result<()> {
        let known = self.scope().bindings.len();
        self.sole_target(target, BOUND | ITERATION)?;
        for index in known..self.scope().bindings.len() {
            let name = self.scope().bindings[index].clone();
            if self.scope().flags(&name) & PASSED != 0 {
                let message = format!("comprehension inner loop cannot rebind assignment expression target '{name}'");
                return error(message, target.span);
            }
        }
        Ok(())
    }

    // ----- suspending

    /// The comprehension or generator expression here is asynchronous.
    fn asynchronous(&mut self, span: Span) -> Result<()> {
        match self.kind() {
            ScopeKind::GeneratorExpression => self.scope().is_async = true,
            _ => return self.await_in_unit(span),
        }
        Ok(())
    }

    /// Something is awaited by a comprehension that runs in the frame around it.
    fn await_in_unit(&mut self, span: Span) -> Result<()> {
        let unit = self.scopes.get(self.current).unit;
        let allows_await = self.allows_await;
        let scope = &mut self.scopes.list[unit as usize];
        match scope.kind {
            ScopeKind::Function if scope.is_async => {}
            ScopeKind::GeneratorExpression => scope.is_async = true,
            ScopeKind::Module if allows_await => scope.is_async = true,
            _ => return self.only_in_coroutine("asynchronous comprehension outside of an asynchronous function", span),
        }
        Ok(())
    }

    fn await_expression(&mut self, span: Span) -> Result<()> {
        match self.kind() {
            kind if kind.restriction().is_some() => {
                let place = kind.restriction().unwrap_or_default();
                error(format!("await expression cannot be used within {place}"), span)
            }
            ScopeKind::Comprehension | ScopeKind::GeneratorExpression => self.asynchronous(span),
            ScopeKind::Function if self.scope().is_async => Ok(()),
            ScopeKind::Module if self.allows_await => {
                self.scope().is_async = true;
                Ok(())
            }
            ScopeKind::Module | ScopeKind::Class => error("'await' outside function", span),
            _ => self.only_in_coroutine("'await' outside async function", span),
        }
    }

    /// `async for` and `async with` statements.
    pub(super) fn check_async(&mut self, statement: &str, span: Span) -> Result<()> {
        match self.kind() {
            ScopeKind::Function if self.scope().is_async => Ok(()),
            ScopeKind::Module if self.allows_await => {
                self.scope().is_async = true;
                Ok(())
            }
            _ => {
                let head = Span::new(span.start, span.start + "async".len() as u32);
                self.only_in_coroutine(&format!("'{statement}' outside async function"), head)
            }
        }
    }

    /// What waits stands in a function that cannot wait, or in none.
    fn only_in_coroutine(&self, message: &str, span: Span) -> Result<()> {
        let diagnostic = Diagnostic::syntax(message, span);
        match self.function {
            _ if self.kind() == ScopeKind::Lambda => {
                refuse(diagnostic.help("a lambda cannot wait; write an `async def`"))
            }
            Some(name) => refuse(diagnostic.also(name, "this function is no coroutine")),
            None => refuse(diagnostic),
        }
    }

    fn yield_expression(&mut self, delegates: bool, span: Span) -> Result<()> {
        match self.kind() {
            ScopeKind::Comprehension | ScopeKind::GeneratorExpression => {
                return error(format!("'yield' inside {}", self.building), span);
            }
            ScopeKind::Module | ScopeKind::Class => {
                let word = if delegates { "yield from" } else { "yield" };
                return error(format!("'{word}' outside function"), span);
            }
            kind if kind.restriction().is_some() => {
                let place = kind.restriction().unwrap_or_default();
                return error(format!("yield expression cannot be used within {place}"), span);
            }
            _ => {}
        }
        if delegates && self.scope().is_async {
            return error("'yield from' inside async function", span);
        }
        self.scope().has_yield = true;
        Ok(())
    }
}
