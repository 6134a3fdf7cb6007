//! Type parameters (PEP 695, 696): `def f[T]`, `class C[T]` and `type X = value`.
//!
//! The parameters live in a function around what they belong to, called where that stands. What their kinds are
//! is asked of the module `_typing`; bounds, defaults and values of aliases are functions of the format wanted,
//! called when somebody asks for them.

use crate::bytecode::code::{CodeKind, Constant, ParameterCounts};
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::{Compiler, UnitHead};
use crate::compiler::constant::string;
use crate::compiler::emitter::Register;
use crate::compiler::scope::{Result, Role, ScopeId};
use crate::source::Span;
use crate::syntax::ast::{
    Class, Expression, ExpressionKind, Function, Name, Statement, TypeParameter, TypeParameterKind,
};

impl<'a> Compiler<'a> {
    /// Makes a function in the scope of its type parameters.
    pub(super) fn generic_function(&mut self, node: &'a Function, destination: Option<Register>) -> Result<Register> {
        let span = node.name_span;
        let callee = self.allocate(1);
        let extras = self.defaults_window(&node.parameters, span)?;
        let has_defaults = node.parameters.positional_only.iter().chain(&node.parameters.positional);
        let has_defaults = has_defaults.into_iter().any(|parameter| parameter.default.is_some());
        let has_keyword_defaults = node.parameters.keyword_only.iter().any(|parameter| parameter.default.is_some());
        self.release(callee + 1);
        let window = self.allocate(2);
        for (register, present) in [(window, has_defaults), (window + 1, has_keyword_defaults)] {
            if extras.is_none() || !present {
                self.emit(Opcode::LoadNone, 0, register, 0, 0, span);
            }
        }
        let scope = self.scopes.of(node, Role::TypeParameters);
        self.begin_parameters(scope, &node.name, 2, span);
        self.type_parameters(&node.type_parameters, span)?;
        let mark = self.mark();
        let extras = self.allocate(3);
        for (register, present) in [(0, has_defaults), (1, has_keyword_defaults)] {
            match present {
                true => self.emit(Opcode::Move, 0, extras + register, register, 0, span),
                false => self.emit(Opcode::Unbind, 0, extras + register, 0, 0, span),
            }
        }
        self.emit(Opcode::Unbind, 0, extras + 2, 0, 0, span);
        let function = self.function_object(node, Some(extras), mark, None)?;
        let parameters = self.name_number(&"__type_params__".into());
        self.emit(Opcode::StoreAttribute, 0, function, mark - 1, parameters, span);
        self.end_parameters(function, callee, span)?;
        self.release(callee);
        let register = self.target(destination);
        self.emit(Opcode::Call, 2, register, callee, 0, span);
        Ok(register)
    }

    /// Makes a class in the scope of its type parameters.
    pub(super) fn generic_class(&mut self, node: &'a Class, destination: Option<Register>) -> Result<Register> {
        let span = node.name_span;
        let callee = self.allocate(1);
        let qualified_name = self.qualified(&self.mangled(&node.name));
        let scope = self.scopes.of(node, Role::TypeParameters);
        self.begin_parameters(scope, &node.name, 0, span);
        let parameters = self.type_parameters(&node.type_parameters, span)?;
        self.store_name(&".type_params".into(), parameters, span);
        let base = self.generic_base(&node.type_parameters, span)?;
        let class = self.class_call(node, qualified_name, Some(base), None)?;
        self.end_parameters(class, callee, span)?;
        self.release(callee);
        let register = self.target(destination);
        self.emit(Opcode::Call, 0, register, callee, 0, span);
        Ok(register)
    }

    /// `Generic[T, *Ts]`
    fn generic_base(&mut self, parameters: &'a [TypeParameter], span: Span) -> Result<Register> {
        let base = self.typing("Generic", span);
        let list = self.allocate(1);
        self.emit(Opcode::BuildList, 0, list, 0, 0, span);
        for parameter in parameters {
            let value = self.load_name(&parameter.name, None, parameter.span);
            match parameter.kind {
                TypeParameterKind::TypeVarTuple => {
                    self.emit(Opcode::ListExtend, 0, list, value, list, parameter.span);
                }
                _ => self.emit(Opcode::ListAppend, 0, list, value, 0, parameter.span),
            }
            self.release(list + 1);
        }
        self.emit(Opcode::ListToTuple, 0, list, list, 0, span);
        self.emit(Opcode::LoadSubscript, 0, base, base, list, span);
        self.release(list);
        Ok(base)
    }

    /// `type name[parameters] = value`
    pub(super) fn type_alias(
        &mut self,
        statement: &'a Statement,
        (name, span): (&'a Name, Span),
        parameters: &'a [TypeParameter],
        value: &'a Expression,
    ) -> Result<()> {
        let callee = self.allocate(1);
        let alias = match parameters {
            [] => {
                self.release(callee);
                self.alias_object(statement, name, None, value)?
            }
            _ => {
                let scope = self.scopes.of(statement, Role::TypeParameters);
                self.begin_parameters(scope, name, 0, span);
                let tuple = self.type_parameters(parameters, span)?;
                let alias = self.alias_object(statement, name, Some(tuple), value)?;
                self.end_parameters(alias, callee, span)?;
                self.emit(Opcode::Call, 0, callee, callee, 0, span);
                callee
            }
        };
        self.store_name(name, alias, span);
        Ok(())
    }

    /// `TypeAliasType(name, evaluate_value=..., type_params=...)`
    fn alias_object(
        &mut self,
        statement: &'a Statement,
        name: &'a Name,
        parameters: Option<Register>,
        value: &'a Expression,
    ) -> Result<Register> {
        let span = statement.span;
        let callee = self.typing("TypeAliasType", span);
        self.constant(&string(name), None, span);
        let mut keywords = vec![string("evaluate_value")];
        self.lazy_value(self.scopes.of(statement, Role::Body), name, value)?;
        if let Some(parameters) = parameters {
            keywords.push(string("type_params"));
            let register = self.allocate(1);
            self.emit(Opcode::Move, 0, register, parameters, 0, span);
        }
        let count = (self.mark() - callee - 1) as u8;
        let names = self.constant_operand(Constant::Tuple(keywords.into()), span)?;
        self.emit(Opcode::Call, count, callee, callee, names, span);
        self.release(callee + 1);
        Ok(callee)
    }

    // ----- parameters

    /// Begins the function that holds type parameters.
    fn begin_parameters(&mut self, scope: ScopeId, name: &Name, arguments: u16, span: Span) {
        let title = format!("<generic parameters of {name}>");
        let qualifier = self.unit.qualifier.clone();
        self.begin(UnitHead {
            scope,
            qualified_name: format!("{qualifier}{title}"),
            name: title.into(),
            kind: CodeKind::Function,
            parameters: ParameterCounts { positional_only: arguments, positional: arguments, ..Default::default() },
            span,
        });
        // What is defined inside is named as if this function were not there.
        self.unit.qualifier = qualifier;
    }

    /// Ends it with what it returns, and makes it where its caller wants it.
    fn end_parameters(&mut self, result: Register, callee: Register, span: Span) -> Result<()> {
        self.emit(Opcode::Return, 0, result, 0, 0, span);
        self.unit.emitter.stop();
        let code = self.end(span)?;
        self.emit(Opcode::MakeFunction, 0, callee, code, 0, span);
        Ok(())
    }

    /// Makes and names type parameters; the tuple of them is in the register given.
    fn type_parameters(&mut self, parameters: &'a [TypeParameter], span: Span) -> Result<Register> {
        for parameter in parameters {
            let register = self.type_parameter(parameter)?;
            self.store_name(&parameter.name, register, parameter.span);
            self.release(register);
        }
        let tuple = self.allocate(1);
        let first = self.mark();
        for parameter in parameters {
            let register = self.allocate(1);
            self.load_name(&parameter.name, Some(register), parameter.span);
        }
        self.emit(Opcode::BuildTuple, 0, tuple, first, parameters.len() as u16, span);
        self.release(first);
        Ok(tuple)
    }

    fn type_parameter(&mut self, node: &'a TypeParameter) -> Result<Register> {
        let span = node.span;
        let class = match node.kind {
            TypeParameterKind::TypeVar => "TypeVar",
            TypeParameterKind::TypeVarTuple => "TypeVarTuple",
            TypeParameterKind::ParamSpec => "ParamSpec",
        };
        let callee = self.typing(class, span);
        self.constant(&string(&node.name), None, span);
        let mut keywords = Vec::new();
        if node.kind != TypeParameterKind::TypeVarTuple {
            keywords.push(string("infer_variance"));
            self.constant(&Constant::Bool(true), None, span);
        }
        if let Some(bound) = &node.bound {
            let is_tuple = matches!(bound.kind, ExpressionKind::Tuple(_));
            keywords.push(string(if is_tuple { "evaluate_constraints" } else { "evaluate_bound" }));
            self.lazy_value(self.scopes.of(node, Role::Bound), &node.name, bound)?;
        }
        if let Some(default) = &node.default {
            keywords.push(string("evaluate_default"));
            self.lazy_value(self.scopes.of(node, Role::Default), &node.name, default)?;
        }
        let count = (self.mark() - callee - 1) as u8;
        let names = match keywords.is_empty() {
            true => 0,
            false => self.constant_operand(Constant::Tuple(keywords.into()), span)?,
        };
        self.emit(Opcode::Call, count, callee, callee, names, span);
        self.release(callee + 1);
        Ok(callee)
    }

    /// Makes a function that evaluates an expression when it is asked for.
    fn lazy_value(&mut self, scope: ScopeId, name: &Name, value: &'a Expression) -> Result<Register> {
        let span = value.span;
        let extras = self.allocate(1);
        let qualified_name = format!("{}{name}", self.unit.qualifier);
        self.begin_lazy(scope, name, qualified_name, span);
        let result = match &value.kind {
            ExpressionKind::Starred(inner) => {
                let result = self.next(inner)?;
                self.emit(Opcode::Unpack, 0, result, result, 1, span);
                result
            }
            _ => self.expression(value, None)?,
        };
        self.emit(Opcode::Return, 0, result, 0, 0, span);
        self.unit.emitter.stop();
        let code = self.end(span)?;
        let window = self.allocate(3);
        // Who asks for the value only, and names no format, wants it as it is.
        self.constant(&Constant::Tuple([Constant::Int(1)].into()), Some(window), span);
        self.emit(Opcode::Unbind, 0, window + 1, 0, 0, span);
        self.emit(Opcode::Unbind, 0, window + 2, 0, 0, span);
        self.emit(Opcode::MakeFunction, 1, extras, code, window, span);
        self.release(window);
        Ok(extras)
    }

    /// Loads something of the module `_typing` into the next register.
    fn typing(&mut self, name: &str, span: Span) -> Register {
        let register = self.allocate(1);
        let (module, name) = (self.name_number(&"_typing".into()), self.name_number(&name.into()));
        self.emit(Opcode::ImportName, 0, register, module, 0, span);
        self.emit(Opcode::LoadAttribute, 0, register, register, name, span);
        register
    }
}
