//! Functions: `def`, `lambda`, defaults, decorators.

use crate::bytecode::code::{CodeKind, Constant, ParameterCounts};
use crate::bytecode::instruction::{BEGINS, Opcode};
use crate::compiler::collect::all_parameters;
use crate::compiler::compile::{Compiler, UnitHead, docstring};
use crate::compiler::constant::{fold, string};
use crate::compiler::emitter::Register;
use crate::compiler::scope::{Result, Role, ScopeId};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Function, Name, Parameter, Parameters};

/// How many parameters of each kind there are.
fn counts(parameters: &Parameters) -> ParameterCounts {
    let (positional_only, positional) = (parameters.positional_only.len(), parameters.positional.len());
    ParameterCounts {
        positional_only: positional_only as u16,
        positional: (positional_only + positional) as u16,
        keyword_only: parameters.keyword_only.len() as u16,
        variadic: parameters.variadic.is_some(),
        keyword_variadic: parameters.keyword_variadic.is_some(),
    }
}

/// From the first decorator to the name.
pub(super) fn head_span(decorators: &[Expression], name_span: Span) -> Span {
    decorators.first().map_or(name_span, |first| first.span.to(name_span))
}

impl<'a> Compiler<'a> {
    /// `def`
    pub(super) fn function(&mut self, node: &'a Function) -> Result<()> {
        let span = node.name_span;
        let mark = self.mark();
        for decorator in &node.decorators {
            self.next(decorator)?;
        }
        let plain = self.plain_register(&node.name).filter(|_| node.decorators.is_empty());
        let function = match node.type_parameters.is_empty() {
            true => {
                let mark = self.mark();
                let extras = self.defaults_window(&node.parameters, span)?;
                self.function_object(node, extras, mark, plain)?
            }
            false => self.generic_function(node, plain)?,
        };
        let function = self.decorate(&node.decorators, function);
        self.store_name(&node.name, function, span);
        self.release(mark);
        Ok(())
    }

    /// Calls decorators, which are in the registers before the one of what they decorate.
    pub(super) fn decorate(&mut self, decorators: &'a [Expression], decorated: Register) -> Register {
        let mut register = decorated;
        for decorator in decorators.iter().rev() {
            // Where registers are used up, which is an error in the end, all are 0.
            register = register.saturating_sub(1);
            self.emit(Opcode::Call, 1, register, register, 0, decorator.span);
        }
        register
    }

    /// Evaluates the defaults into a window for MakeFunction, if there are any.
    pub(super) fn defaults_window(&mut self, parameters: &'a Parameters, span: Span) -> Result<Option<Register>> {
        if all_parameters(parameters).iter().all(|parameter| parameter.default.is_none()) {
            return Ok(None);
        }
        let window = self.allocate(2);
        self.positional_defaults(parameters, window, span)?;
        self.keyword_defaults(parameters, window + 1, span)?;
        let annotations = self.allocate(1);
        self.emit(Opcode::Unbind, 0, annotations, 0, 0, span);
        Ok(Some(window))
    }

    fn positional_defaults(&mut self, parameters: &'a Parameters, register: Register, span: Span) -> Result<()> {
        let positional = parameters.positional_only.iter().chain(&parameters.positional);
        let defaults: Vec<&'a Expression> = positional.filter_map(|parameter| parameter.default.as_ref()).collect();
        if defaults.is_empty() {
            self.emit(Opcode::Unbind, 0, register, 0, 0, span);
            return Ok(());
        }
        if let Some(constants) = defaults.iter().map(|default| fold(default)).collect::<Option<Vec<_>>>() {
            self.constant(&Constant::Tuple(constants.into()), Some(register), span);
            return Ok(());
        }
        let mark = self.mark();
        for default in &defaults {
            self.next(default)?;
        }
        self.emit(Opcode::BuildTuple, 0, register, mark, defaults.len() as u16, span);
        self.release(mark);
        Ok(())
    }

    fn keyword_defaults(&mut self, parameters: &'a Parameters, register: Register, span: Span) -> Result<()> {
        let mark = self.mark();
        let mut count = 0;
        for parameter in &parameters.keyword_only {
            if let Some(default) = &parameter.default {
                let name = self.mangled(&parameter.name);
                self.constant(&string(&name), None, parameter.span);
                self.next(default)?;
                count += 1;
            }
        }
        match count {
            0 => self.emit(Opcode::Unbind, 0, register, 0, 0, span),
            _ => self.emit(Opcode::BuildMap, 0, register, mark, count, span),
        }
        self.release(mark);
        Ok(())
    }

    /// Makes the function, its defaults being in a window already; frees all registers from the mark on but for
    /// the result.
    pub(super) fn function_object(
        &mut self,
        node: &'a Function,
        mut extras: Option<Register>,
        mark: Register,
        destination: Option<Register>,
    ) -> Result<Register> {
        let span = node.name_span;
        let qualified_name = self.qualified(&self.mangled(&node.name));
        if let Some(scope) = self.scopes.find(node, Role::Annotations) {
            let window = match extras {
                Some(window) => window,
                None => {
                    let window = self.allocate(3);
                    self.emit(Opcode::Unbind, 0, window, 0, 0, span);
                    self.emit(Opcode::Unbind, 0, window + 1, 0, 0, span);
                    window
                }
            };
            self.function_annotations(node, scope, &qualified_name, window + 2)?;
            extras = Some(window);
        }
        let code = self.function_code(node, qualified_name)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::MakeFunction, extras.is_some() as u8, register, code, extras.unwrap_or(0), span);
        Ok(register)
    }

    fn function_code(&mut self, node: &'a Function, qualified_name: String) -> Result<u16> {
        let scope = self.scopes.of(node, Role::Body);
        let kind = self.function_kind(scope);
        let span = head_span(&node.decorators, node.name_span);
        let parameters = counts(&node.parameters);
        self.begin(UnitHead { scope, name: node.name.clone(), qualified_name, kind, parameters, span });
        let mut body = &node.body[..];
        if let Some(text) = docstring(body) {
            self.unit.has_docstring = true;
            self.unit.pool.number(text);
            body = &body[1..];
        }
        self.record(BEGINS, span);
        self.block(body)?;
        let end = node.body.last().map_or(span, |statement| statement.span);
        self.return_none(end);
        self.end(span)
    }

    /// What kind of code the function of a scope has.
    fn function_kind(&self, scope: ScopeId) -> CodeKind {
        let scope = self.scopes.get(scope);
        match (scope.is_async, scope.has_yield) {
            (false, false) => CodeKind::Function,
            (false, true) => CodeKind::Generator,
            (true, false) => CodeKind::Coroutine,
            (true, true) => CodeKind::AsyncGenerator,
        }
    }

    pub(super) fn lambda(
        &mut self,
        node: &'a Expression,
        parameters: &'a Parameters,
        body: &'a Expression,
        destination: Option<Register>,
    ) -> Result<Register> {
        let span = node.span;
        let mark = self.mark();
        let extras = self.defaults_window(parameters, span)?;
        let scope = self.scopes.of(node, Role::Body);
        let head = UnitHead {
            scope,
            name: "<lambda>".into(),
            qualified_name: format!("{}<lambda>", self.unit.qualifier),
            kind: self.function_kind(scope),
            parameters: counts(parameters),
            span,
        };
        self.begin(head);
        let value = self.expression(body, None)?;
        self.emit(Opcode::Return, 0, value, 0, 0, body.span);
        self.unit.emitter.stop();
        let code = self.end(span)?;
        self.release(mark);
        let register = self.target(destination);
        self.emit(Opcode::MakeFunction, extras.is_some() as u8, register, code, extras.unwrap_or(0), span);
        Ok(register)
    }

    // ----- annotations

    /// Makes the function that computes the annotations of another.
    fn function_annotations(
        &mut self,
        node: &'a Function,
        scope: ScopeId,
        qualified_name: &str,
        destination: Register,
    ) -> Result<()> {
        let parameters = &node.parameters;
        let positional = parameters.positional_only.iter().chain(&parameters.positional);
        let in_order: Vec<&'a Parameter> = positional
            .chain(&parameters.variadic)
            .chain(&parameters.keyword_only)
            .chain(&parameters.keyword_variadic)
            .collect();
        let mut entries: Vec<(Name, &'a Expression, Option<u32>)> = Vec::new();
        for parameter in in_order {
            if let Some(annotation) = &parameter.annotation {
                entries.push((self.mangled(&parameter.name), annotation, None));
            }
        }
        entries.extend(node.returns.iter().map(|returns| (Name::from("return"), returns, None)));
        self.annotate_function(scope, &format!("{qualified_name}."), &entries, destination, node.name_span)
    }

    /// Makes the `__annotate__` of a module or class and stores it.
    pub(super) fn module_annotations(&mut self, name: &str) -> Result<()> {
        let scope = self.scopes.get(self.unit.scope);
        let Some(first) = scope.annotations.first() else { return Ok(()) };
        let span = first.annotation.span;
        let numbered = scope.annotations.iter().zip(0..);
        let entries: Vec<(Name, &'a Expression, Option<u32>)> = numbered
            .map(|(entry, number)| (entry.name.clone(), entry.annotation, entry.conditional.then_some(number)))
            .collect();
        let inner = self.scopes.of(first.annotation, Role::Annotations);
        let register = self.allocate(1);
        let prefix = self.unit.qualifier.clone();
        self.annotate_function(inner, &prefix, &entries, register, span)?;
        self.store_name(&name.into(), register, span);
        self.release(register);
        Ok(())
    }

    /// Prepares the set of those annotations that may not be reached but were.
    pub(super) fn conditional_annotations(&mut self) {
        let scope = self.scopes.get(self.unit.scope);
        let Some(entry) = scope.annotations.iter().find(|entry| entry.conditional) else { return };
        let span = entry.annotation.span;
        let register = self.allocate(1);
        self.emit(Opcode::BuildSet, 0, register, 0, 0, span);
        self.store_name(&"__conditional_annotations__".into(), register, span);
        self.release(register);
    }

    fn annotate_function(
        &mut self,
        scope: ScopeId,
        prefix: &str,
        entries: &[(Name, &'a Expression, Option<u32>)],
        destination: Register,
        span: Span,
    ) -> Result<()> {
        self.begin_lazy(scope, "__annotate__", format!("{prefix}__annotate__"), span);
        self.refuse_formats(span);
        let result = self.allocate(1);
        self.emit(Opcode::BuildMap, 0, result, 0, 0, span);
        for (name, annotation, condition) in entries {
            let skip = self.label();
            let place = annotation.span;
            if let Some(number) = condition {
                let reached = self.load_name(&"__conditional_annotations__".into(), None, place);
                let number = self.constant(&Constant::Int((*number).into()), None, place);
                self.emit(Opcode::Compare, IN, number, number, reached, place);
                self.branch(Opcode::JumpIfFalse, 1, number, 0, skip, place);
                self.release(reached);
            }
            let key = self.constant(&string(name), None, place);
            let value = self.annotation(annotation)?;
            self.emit(Opcode::MapAdd, 0, result, key, value, place);
            self.release(key);
            self.place(skip);
        }
        self.emit(Opcode::Return, 0, result, 0, 0, span);
        self.unit.emitter.stop();
        let code = self.end(span)?;
        self.emit(Opcode::MakeFunction, 0, destination, code, 0, span);
        Ok(())
    }

    fn annotation(&mut self, annotation: &'a Expression) -> Result<Register> {
        let span = annotation.span;
        if self.scopes.text_annotations {
            let text = self.source.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
            return Ok(self.constant(&string(&text), None, span));
        }
        match &annotation.kind {
            ExpressionKind::Starred(inner) => {
                let value = self.next(inner)?;
                self.emit(Opcode::Unpack, 0, value, value, 1, span);
                Ok(value)
            }
            _ => self.expression(annotation, None),
        }
    }

    /// Begins a function of one parameter, the format wanted, that is called when its value is asked for.
    pub(super) fn begin_lazy(&mut self, scope: ScopeId, name: &str, qualified_name: String, span: Span) {
        let parameters = ParameterCounts { positional: 1, positional_only: 1, ..ParameterCounts::default() };
        let kind = CodeKind::Function;
        self.begin(UnitHead { scope, name: name.into(), qualified_name, kind, parameters, span });
        self.unit.locals[0] = "format".into();
    }

    /// Formats but the plain one are left to `annotationlib`.
    fn refuse_formats(&mut self, span: Span) {
        let known = self.label();
        self.branch(Opcode::JumpGreaterInt, 0, 0, 2, known, span);
        let error = self.load_name(&"NotImplementedError".into(), None, span);
        self.emit(Opcode::Raise, 1, error, 0, 0, span);
        self.unit.emitter.stop();
        self.release(error);
        self.place(known);
    }
}

/// The number of `in` among the comparisons.
const IN: u8 = crate::syntax::ast::Comparison::In as u8;
