//! `try`, `raise`'s counterpart: handlers, exception groups, `finally`, and `with`.
//!
//! A handler begins with EnterHandler, which keeps the exception handled before; every way out of it, by an
//! exception too, goes through LeaveHandler. A `finally` is there once: a tag says how it was entered.

use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::emitter::{Label, Register, RegisterSet};
use crate::compiler::exit::{BlockKind, FELL_THROUGH, RAISED};
use crate::compiler::scope::{Result, error};
use crate::source::Span;
use crate::syntax::ast::{Expression, ExpressionKind, Handler, Statement, Try};

/// Registers of the clauses of an `except*`.
struct Group {
    /// The exception being handled.
    exception: Register,
    /// The exceptions the clauses have raised.
    raised: Register,
    /// What no clause has taken yet.
    rest: Register,
    /// What a clause takes, and behind it the new rest.
    matched: Register,
    /// The exception handled outside of a clause.
    inner: Register,
}

/// A `with` of many items is as many blocks, one in the other.
const MOST_BLOCKS: usize = 500;

impl<'a> Compiler<'a> {
    pub(super) fn try_statement(&mut self, node: &'a Try, span: Span) -> Result<()> {
        match &node.finally {
            None => self.try_except(node, span),
            Some(finally) => self.try_finally(node, finally, span),
        }
    }

    // ----- finally

    fn try_finally(&mut self, node: &'a Try, finally: &'a [Statement], span: Span) -> Result<()> {
        self.unit.has_cleanup = true;
        let (entry, end) = (self.label(), self.label());
        let tag = self.allocate(3);
        let (saved, value) = (tag + 1, tag + 2);
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::Finally { tag, value, entry, exits: Vec::new() }, span);
        match node.handlers.is_empty() {
            true => self.block(&node.body)?,
            false => self.try_except(node, span)?,
        }
        let block = self.close_block();
        let mut fallen = self.unit.emitter.bound().cloned();
        let place = finally.first().map_or(span, |statement| statement.span);
        self.unit.emitter.emit_wide(Opcode::LoadInt, 0, tag, FELL_THROUGH, place);
        self.goto(entry, place);
        self.unit.emitter.place_handler(&block.ranges, state, value);
        self.unit.emitter.emit_wide(Opcode::LoadInt, 0, tag, RAISED, place);
        self.emit(Opcode::EnterHandler, 0, saved, value, 0, place);
        self.place(entry);
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::FinallyBody { tag, saved }, span);
        self.block(finally)?;
        let body = self.close_block();
        if let Some(fallen) = &mut fallen {
            fallen.subtract(&self.unit.emitter.fragile);
        }
        self.dispatch(tag, block.exits(), fallen, end, place);
        self.end_of_finally(body.ranges, state, tag, place);
        self.place(end);
        self.release(tag);
        Ok(())
    }

    /// Goes on after a `finally` as its tag says.
    fn dispatch(
        &mut self,
        tag: Register,
        exits: &[crate::compiler::exit::Exit],
        fallen: Option<RegisterSet>,
        end: Label,
        span: Span,
    ) {
        let (saved, value) = (tag + 1, tag + 2);
        let labels: Vec<Label> = exits.iter().map(|_| self.label()).collect();
        for (exit, label) in exits.iter().zip(&labels) {
            self.branch(Opcode::JumpEqualInt, 1, tag, exit.tag() as u16, *label, span);
        }
        if let Some(mut fallen) = fallen {
            let merged = self.unit.emitter.bound().cloned();
            if let Some(merged) = &merged {
                fallen.unite(merged);
            }
            self.unit.emitter.assume(fallen);
            self.branch(Opcode::JumpEqualInt, 0, tag, RAISED as u16, end, span);
            self.unit.emitter.assume(merged.unwrap_or_default());
        }
        self.emit(Opcode::LeaveHandler, 0, saved, 0, 0, span);
        self.emit(Opcode::Reraise, 0, value, 0, 0, span);
        self.unit.emitter.stop();
        for (exit, label) in exits.iter().zip(labels) {
            self.place(label);
            self.leave(*exit, value, span);
        }
    }

    /// What an exception raised inside a `finally` does.
    fn end_of_finally(&mut self, ranges: Vec<(u32, u32)>, state: Option<RegisterSet>, tag: Register, span: Span) {
        let caught = self.allocate(1);
        self.unit.emitter.place_handler(&ranges, state, caught);
        self.leave_raised(tag, tag + 1, span);
        self.emit(Opcode::Reraise, 0, caught, 0, 0, span);
        self.unit.emitter.stop();
        self.release(caught);
    }

    // ----- except

    fn try_except(&mut self, node: &'a Try, span: Span) -> Result<()> {
        let kinds = node.handlers.iter().map(|handler| handler.kind.as_ref());
        self.unit.has_cleanup |= kinds.into_iter().any(|kind| kind.is_none_or(may_take_exit));
        let end = self.label();
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::Guarded, span);
        self.block(&node.body)?;
        let block = self.close_block();
        if let Some(orelse) = &node.orelse {
            self.block(orelse)?;
        }
        self.goto(end, span);
        let exception = self.allocate(2);
        let saved = exception + 1;
        let place = node.handlers[0].span;
        self.unit.emitter.place_handler(&block.ranges, state, exception);
        self.emit(Opcode::EnterHandler, 0, saved, exception, 0, place);
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::Handling { saved }, place);
        match node.is_group {
            true => self.group_clauses(&node.handlers, exception, end)?,
            false => self.clauses_of_try(&node.handlers, exception, end)?,
        }
        let guard = self.close_block();
        self.end_of_handler(guard.ranges, state, saved, place);
        self.place(end);
        self.release(exception);
        Ok(())
    }

    /// What an exception raised while another is handled does.
    fn end_of_handler(&mut self, ranges: Vec<(u32, u32)>, state: Option<RegisterSet>, saved: Register, span: Span) {
        let mark = self.mark();
        self.release(saved + 1);
        let caught = self.allocate(1);
        self.unit.emitter.place_handler(&ranges, state, caught);
        self.emit(Opcode::LeaveHandler, 0, saved, 0, 0, span);
        self.emit(Opcode::Reraise, 0, caught, 0, 0, span);
        self.unit.emitter.stop();
        self.release(mark);
    }

    fn clauses_of_try(&mut self, handlers: &'a [Handler], exception: Register, end: Label) -> Result<()> {
        let saved = exception + 1;
        for handler in handlers {
            let next = self.label();
            if let Some(kind) = &handler.kind {
                let mark = self.mark();
                let kind_register = self.expression(kind, None)?;
                self.release(mark);
                let matches = self.allocate(1);
                self.emit(Opcode::MatchException, 0, matches, exception, kind_register, kind.span);
                self.release(mark);
                self.branch(Opcode::JumpIfFalse, 1, matches, 0, next, kind.span);
            }
            let named = self.handler_body(handler, exception)?;
            self.emit(Opcode::LeaveHandler, 0, saved, 0, 0, handler.span);
            self.goto(end, handler.span);
            if let Some((ranges, state)) = named {
                self.named_handler(handler, &ranges, state, |_, _| {});
            }
            self.place(next);
        }
        // No clause takes it. The block's own handler puts back what was handled before.
        self.emit(Opcode::Reraise, 0, exception, 0, 0, handlers[0].span);
        self.unit.emitter.stop();
        Ok(())
    }

    /// The body of a clause; what it protects if it has a name.
    #[allow(clippy::type_complexity)]
    fn handler_body(
        &mut self,
        handler: &'a Handler,
        exception: Register,
    ) -> Result<Option<(Vec<(u32, u32)>, Option<RegisterSet>)>> {
        let Some(name) = &handler.name else {
            self.block(&handler.body)?;
            return Ok(None);
        };
        self.store_name(name, exception, handler.span);
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::Named { name: name.clone() }, handler.span);
        self.block(&handler.body)?;
        let block = self.close_block();
        self.clear_name(name, handler.span);
        Ok(Some((block.ranges, state)))
    }

    /// Clears the name of a clause whose body raised, and raises on.
    fn named_handler(
        &mut self,
        handler: &'a Handler,
        ranges: &[(u32, u32)],
        state: Option<RegisterSet>,
        instead: impl FnOnce(&mut Self, Register),
    ) {
        let caught = self.allocate(1);
        self.unit.emitter.place_handler(ranges, state, caught);
        if let Some(name) = &handler.name {
            self.clear_name(name, handler.span);
        }
        instead(self, caught);
        if self.unit.emitter.reachable() {
            self.emit(Opcode::Reraise, 0, caught, 0, 0, handler.span);
            self.unit.emitter.stop();
        }
        self.release(caught);
    }

    // ----- except*

    fn group_clauses(&mut self, handlers: &'a [Handler], exception: Register, end: Label) -> Result<()> {
        let saved = exception + 1;
        let raised = self.allocate(5);
        let group = Group { exception, raised, rest: raised + 1, matched: raised + 2, inner: raised + 4 };
        let span = handlers[0].span;
        self.emit(Opcode::BuildList, 0, raised, 0, 0, span);
        self.emit(Opcode::Move, 0, group.rest, exception, 0, span);
        for handler in handlers {
            self.group_clause(handler, &group)?;
        }
        self.emit(Opcode::ListAppend, 0, raised, group.rest, 0, span);
        self.emit(Opcode::MergeGroups, 0, group.matched, group.exception, raised, span);
        let raise = self.label();
        self.branch(Opcode::JumpIfNotNone, 0, group.matched, 0, raise, span);
        self.emit(Opcode::LeaveHandler, 0, saved, 0, 0, span);
        self.goto(end, span);
        self.place(raise);
        self.emit(Opcode::Reraise, 0, group.matched, 0, 0, span);
        self.unit.emitter.stop();
        self.release(raised);
        Ok(())
    }

    fn group_clause(&mut self, handler: &'a Handler, group: &Group) -> Result<()> {
        let next = self.label();
        let Some(kind) = &handler.kind else {
            return crate::compiler::scope::error("expected one or more exception types", handler.span);
        };
        let mark = self.mark();
        let kind_register = self.expression(kind, None)?;
        self.emit(Opcode::SplitGroup, 0, group.matched, group.rest, kind_register, kind.span);
        self.release(mark);
        self.emit(Opcode::Move, 0, group.rest, group.matched + 1, 0, kind.span);
        self.branch(Opcode::JumpIfNone, 0, group.matched, 0, next, kind.span);
        self.emit(Opcode::EnterHandler, 0, group.inner, group.matched, 0, kind.span);
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::Guarded, handler.span);
        let named = self.handler_body(handler, group.matched)?;
        let block = self.close_block();
        self.emit(Opcode::LeaveHandler, 0, group.inner, 0, 0, handler.span);
        self.goto(next, handler.span);
        // A clause that raises does not keep the others from running.
        let (ranges, state) = match named {
            Some((ranges, state)) => (ranges, state),
            None => (block.ranges, state),
        };
        let (inner, raised) = (group.inner, group.raised);
        self.named_handler(handler, &ranges, state, |compiler, caught| {
            compiler.emit(Opcode::LeaveHandler, 0, inner, 0, 0, handler.span);
            compiler.emit(Opcode::ListAppend, 0, raised, caught, 0, handler.span);
            compiler.goto(next, handler.span);
        });
        self.place(next);
        Ok(())
    }

    // ----- with

    pub(super) fn with_statement(
        &mut self,
        items: &'a [(Expression, Option<Expression>)],
        is_async: bool,
        body: &'a [Statement],
    ) -> Result<()> {
        let Some(((manager, target), rest)) = items.split_first() else { return self.block(body) };
        self.unit.has_cleanup = true;
        let span = manager.span;
        if self.unit.blocks.len() >= MOST_BLOCKS {
            return error("too many statically nested blocks", span);
        }
        let (end, swallow) = (self.label(), self.label());
        let exit = self.mark();
        let manager_register = self.expression(manager, None)?;
        self.release(exit);
        self.allocate(2);
        let entered = exit + 1;
        self.emit(Opcode::EnterWith, is_async as u8, exit, manager_register, 0, span);
        let plain = target.as_ref().and_then(|target| match &target.kind {
            ExpressionKind::Name(name) => self.plain_register(name),
            _ => None,
        });
        let result = plain.unwrap_or(entered);
        self.emit(Opcode::Call, 0, if is_async { entered } else { result }, entered, 0, span);
        if is_async {
            self.await_register(entered, 1, Some(result), span);
        }
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::With { exit, is_async }, span);
        match (plain, target) {
            (Some(register), _) => self.unit.emitter.set_bound(register),
            (None, Some(target)) => self.store(target, entered)?,
            (None, None) => {}
        }
        self.release(entered);
        self.with_statement(rest, is_async, body)?;
        let block = self.close_block();
        self.call_exit(exit, is_async, span);
        self.goto(end, span);
        self.with_raised(&block.ranges, state, (exit, is_async), swallow, span);
        self.place(swallow);
        self.emit(Opcode::LeaveHandler, 0, exit + 2, 0, 0, span);
        self.place(end);
        self.release(exit);
        Ok(())
    }

    /// Calls `__exit__` as after a body that ended well.
    pub(super) fn call_exit(&mut self, exit: Register, is_async: bool, span: Span) {
        let window = self.allocate(4);
        self.emit(Opcode::Move, 0, window, exit, 0, span);
        for register in window + 1..window + 4 {
            self.emit(Opcode::LoadNone, 0, register, 0, 0, span);
        }
        self.emit(Opcode::Call, 3, window, window, 0, span);
        if is_async {
            self.release(window + 1);
            self.await_register(window, 2, Some(window), span);
        }
        self.release(window);
    }

    /// Calls `__exit__` with an exception, which may swallow it.
    fn with_raised(
        &mut self,
        ranges: &[(u32, u32)],
        state: Option<RegisterSet>,
        (exit, is_async): (Register, bool),
        swallow: Label,
        span: Span,
    ) {
        let caught = self.allocate(2);
        let saved = caught + 1;
        self.unit.emitter.place_handler(ranges, state, caught);
        self.emit(Opcode::EnterHandler, 0, saved, caught, 0, span);
        let state = self.unit.emitter.state_for_handler();
        self.open_block(BlockKind::Handling { saved }, span);
        let window = self.allocate(4);
        let (class, traceback) = (self.name_number(&"__class__".into()), self.name_number(&"__traceback__".into()));
        self.emit(Opcode::Move, 0, window, exit, 0, span);
        self.emit(Opcode::LoadAttribute, 0, window + 1, caught, class, span);
        self.emit(Opcode::Move, 0, window + 2, caught, 0, span);
        self.emit(Opcode::LoadAttribute, 0, window + 3, caught, traceback, span);
        self.emit(Opcode::Call, 3, window, window, 0, span);
        if is_async {
            self.release(window + 1);
            self.await_register(window, 2, Some(window), span);
        }
        self.release(window);
        self.branch(Opcode::JumpIfTrue, 0, window, 0, swallow, span);
        self.emit(Opcode::Reraise, 0, caught, 0, 0, span);
        self.unit.emitter.stop();
        let guard = self.close_block();
        self.end_of_handler(guard.ranges, state, saved, span);
        self.release(caught);
    }
}

/// Does an `except` of these classes take the GeneratorExit of a generator that is dropped, as far as their names tell?
/// Those of variables tell nothing.
fn may_take_exit(kind: &Expression) -> bool {
    match &kind.kind {
        ExpressionKind::Name(name) | ExpressionKind::Attribute(_, name, _) => {
            matches!(&**name, "GeneratorExit" | "BaseException") || !name.starts_with(char::is_uppercase)
        }
        ExpressionKind::Tuple(kinds) => kinds.iter().any(may_take_exit),
        _ => true,
    }
}
