//! Statements: simple ones, `if`, loops and imports.

use crate::bytecode::code::Constant as Value;
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::constant::string;
use crate::compiler::emitter::Label;
use crate::compiler::exit::{BlockKind, Dropped, Exit};
use crate::compiler::scope::{Result, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Alias, Block, Expression, ExpressionKind, Mode, Name, Statement, StatementKind};

impl<'a> Compiler<'a> {
    /// Compiles statements in order.
    pub fn block(&mut self, block: &'a [Statement]) -> Result<()> {
        block.iter().try_for_each(|statement| self.statement(statement))
    }

    fn optional_block(&mut self, block: &'a Option<Block>) -> Result<()> {
        block.as_ref().map_or(Ok(()), |block| self.block(block))
    }

    fn statement(&mut self, statement: &'a Statement) -> Result<()> {
        let span = statement.span;
        let mark = self.mark();
        match &statement.kind {
            StatementKind::Expression(value) => self.expression_statement(value)?,
            StatementKind::Assign(targets, value) => self.assign(targets, value)?,
            StatementKind::AugmentedAssign(target, operator, value) => {
                self.assign_augmented(target, *operator, value, span)?;
            }
            StatementKind::AnnotatedAssign(target, annotation, value) => {
                self.assign_annotated(target, annotation, value.as_ref())?;
            }
            StatementKind::Delete(targets) => targets.iter().try_for_each(|target| self.delete(target))?,
            StatementKind::Pass | StatementKind::Global(_) | StatementKind::Nonlocal(_) => {}
            StatementKind::Break => self.leave(Exit::Break, 0, span),
            StatementKind::Continue => self.leave(Exit::Continue, 0, span),
            StatementKind::Return(value) => self.return_statement(value.as_ref(), span)?,
            StatementKind::Raise(exception, cause) => self.raise(exception.as_ref(), cause.as_ref(), span)?,
            StatementKind::Assert(test, message) => self.assert(test, message.as_ref(), span)?,
            StatementKind::Import(aliases) => aliases.iter().for_each(|alias| self.import(alias)),
            StatementKind::ImportFrom { module, level, names } => self.import_from(module, *level, names, span)?,
            _ => self.compound(statement)?,
        }
        self.release(mark);
        Ok(())
    }

    fn compound(&mut self, statement: &'a Statement) -> Result<()> {
        let span = statement.span;
        match &statement.kind {
            StatementKind::If(branches, orelse) => self.if_statement(branches, orelse, span),
            StatementKind::While(test, body, orelse) => self.while_statement(test, body, orelse, span),
            StatementKind::For { is_async, target, iterable, body, orelse } => {
                self.for_statement(*is_async, (target, iterable), (body, orelse), span)
            }
            StatementKind::Try(node) => self.try_statement(node, span),
            StatementKind::With { is_async, items, body } => self.with_statement(items, *is_async, body),
            StatementKind::Function(node) => self.function(node),
            StatementKind::Class(node) => self.class(node),
            StatementKind::Match(subject, cases) => self.match_statement(subject, cases),
            StatementKind::TypeAlias(name, name_span, parameters, value) => {
                self.type_alias(statement, (name, *name_span), parameters, value)
            }
            _ => unreachable!("simple statements were compiled before"),
        }
    }

    /// Is an object that nobody wants looked at as soon as it is dropped? Elsewhere it goes with the next collection.
    fn drops_at_once(&self) -> bool {
        self.is_at_module_level() || self.scopes.get(self.unit.scope).is_async
    }

    fn is_at_module_level(&self) -> bool {
        self.scopes.get(self.unit.scope).kind == ScopeKind::Module
    }

    fn expression_statement(&mut self, value: &'a Expression) -> Result<()> {
        let prints = self.options.mode == Mode::Interactive && self.is_at_module_level();
        if !prints && matches!(value.kind, ExpressionKind::Constant(_)) {
            return Ok(());
        }
        let mark = self.mark();
        let register = self.expression(value, None)?;
        if prints {
            self.emit(Opcode::PrintExpression, 0, register, 0, 0, value.span);
        } else if register >= mark && self.drops_at_once() && matches!(value.kind, ExpressionKind::Call(..)) {
            self.emit(Opcode::Drop, 0, register, 0, 0, value.span);
        }
        Ok(())
    }

    fn return_statement(&mut self, value: Option<&'a Expression>, span: Span) -> Result<()> {
        let register = match value {
            None => self.constant(&Value::None, self.kept_value(), span),
            Some(value) if self.exit_is_free() => return self.return_conditional(value, span),
            Some(value) if self.exit_clears() => self.next(value)?,
            Some(value) => self.expression(value, self.kept_value())?,
        };
        self.leave(Exit::Return, register, span);
        Ok(())
    }

    /// `return a if test else b` returns twice, if nothing is to be done on the way out.
    fn return_conditional(&mut self, value: &'a Expression, span: Span) -> Result<()> {
        let ExpressionKind::Conditional { test, body, orelse } = &value.kind else {
            let register = self.expression(value, None)?;
            self.leave(Exit::Return, register, span);
            return Ok(());
        };
        let (mark, otherwise) = (self.mark(), self.label());
        self.condition(test, false, otherwise)?;
        self.return_conditional(body, span)?;
        self.release(mark);
        self.place(otherwise);
        self.return_conditional(orelse, span)
    }

    fn raise(&mut self, exception: Option<&'a Expression>, cause: Option<&'a Expression>, span: Span) -> Result<()> {
        match (exception, cause) {
            (None, _) => self.emit(Opcode::Raise, 0, 0, 0, 0, span),
            (Some(exception), None) => {
                let exception = self.expression(exception, None)?;
                self.emit(Opcode::Raise, 1, exception, 0, 0, span);
            }
            (Some(exception), Some(cause)) => {
                let exception = self.operand(exception, &[cause])?;
                let cause = self.expression(cause, None)?;
                self.emit(Opcode::Raise, 2, exception, cause, 0, span);
            }
        }
        self.unit.emitter.stop();
        Ok(())
    }

    fn assert(&mut self, test: &'a Expression, message: Option<&'a Expression>, span: Span) -> Result<()> {
        let holds = self.label();
        self.condition(test, true, holds)?;
        let error = self.allocate(1);
        self.emit(Opcode::LoadAssertionError, 0, error, 0, 0, span);
        if let Some(message) = message {
            self.next(message)?;
            self.emit(Opcode::Call, 1, error, error, 0, span);
        }
        self.emit(Opcode::Raise, 1, error, 0, 0, test.span);
        self.unit.emitter.stop();
        self.place(holds);
        Ok(())
    }

    // ----- if and loops

    fn if_statement(
        &mut self,
        branches: &'a [(Expression, Block)],
        orelse: &'a Option<Block>,
        span: Span,
    ) -> Result<()> {
        let end = self.label();
        for (index, (test, body)) in branches.iter().enumerate() {
            let next = self.label();
            self.condition(test, false, next)?;
            self.block(body)?;
            if index + 1 < branches.len() || orelse.is_some() {
                self.goto(end, body.last().map_or(span, |last| last.span));
            }
            self.place(next);
        }
        self.optional_block(orelse)?;
        self.place(end);
        Ok(())
    }

    fn while_statement(
        &mut self,
        test: &'a Expression,
        body: &'a [Statement],
        orelse: &'a Option<Block>,
        span: Span,
    ) -> Result<()> {
        let (head, ended, exit) = (self.label(), self.label(), self.label());
        self.emit(Opcode::Nothing, 0, 0, 0, 0, test.span);
        self.unit.emitter.place_head(head);
        self.condition(test, false, ended)?;
        self.loop_body(head, exit, None, body, span)?;
        self.unit.emitter.jump_back(head, self.unit.emitter.mark(), test.span);
        self.place(ended);
        self.optional_block(orelse)?;
        self.place(exit);
        Ok(())
    }

    fn loop_body(
        &mut self,
        head: Label,
        exit: Label,
        dropped: Option<Dropped>,
        body: &'a [Statement],
        span: Span,
    ) -> Result<()> {
        let first_dead = self.mark();
        self.open_block(BlockKind::Loop { head, exit, first_dead, dropped }, span);
        self.block(body)?;
        self.close_block();
        Ok(())
    }

    fn for_statement(
        &mut self,
        is_async: bool,
        (target, iterable): (&'a Expression, &'a Expression),
        (body, orelse): (&'a [Statement], &'a Option<Block>),
        span: Span,
    ) -> Result<()> {
        let (head, ended, exit) = (self.label(), self.label(), self.label());
        let iterator = self.iterator(iterable, is_async)?;
        self.unit.emitter.place_head(head);
        let step = self.step(target, iterator, is_async, ended, iterable.span)?;
        let dropped = Dropped { iterator, step: is_async.then_some(iterator + 1) };
        let dropped = self.drops_at_once().then_some(dropped);
        self.loop_body(head, exit, dropped, body, span)?;
        self.unit.emitter.jump_back(head, self.unit.emitter.mark(), iterable.span);
        self.end_loop(step, ended, iterable.span);
        self.release(iterator);
        self.optional_block(orelse)?;
        self.place(exit);
        Ok(())
    }

    // ----- imports

    fn import(&mut self, alias: &'a Alias) {
        let span = alias.span;
        let module = self.allocate(1);
        let number = self.name_number(&alias.name);
        self.emit(Opcode::ImportName, 0, module, number, 0, span);
        let mut parts = alias.name.split('.');
        let first = parts.next().unwrap_or_default();
        match &alias.alias {
            None => self.store_name(&first.into(), module, span),
            Some(name) => {
                for part in parts {
                    let number = self.name_number(&part.into());
                    self.emit(Opcode::ImportFrom, 0, module, module, number, span);
                }
                self.store_name(name, module, span);
            }
        }
        self.release(module);
    }

    fn import_from(&mut self, module: &Name, level: u32, names: &'a [Alias], span: Span) -> Result<()> {
        let wanted: Vec<Value> = match names.is_empty() {
            true => vec![string("*")],
            false => names.iter().map(|alias| string(&alias.name)).collect(),
        };
        let wanted = self.constant_operand(Value::Tuple(wanted.into()), span)?;
        let register = self.allocate(1);
        let number = self.name_number(module);
        self.emit(Opcode::ImportName, level.min(255) as u8, register, number, wanted, span);
        if names.is_empty() {
            self.emit(Opcode::ImportStar, 0, register, 0, 0, span);
        }
        for alias in names {
            let name = alias.alias.as_ref().unwrap_or(&alias.name);
            let number = self.name_number(&alias.name);
            let plain = self.plain_register(name);
            let value = self.target(plain);
            self.emit(Opcode::ImportFrom, 0, value, register, number, alias.span);
            self.store_name(name, value, alias.span);
            self.release(register + 1);
        }
        self.release(register);
        Ok(())
    }
}
