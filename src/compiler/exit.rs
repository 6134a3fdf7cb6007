//! Leaving statements early: what `return`, `break` and `continue` pass on their way out.
//!
//! The statements around a place are a stack of blocks. An exit walks it from the innermost one, does what each
//! block owes (restores the handled exception, calls `__exit__`), and ends at a loop, at the function, or at a
//! `finally`, which is told by its tag how to go on. While an exit is emitted the blocks it has passed do not
//! protect it.

use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::Compiler;
use crate::compiler::emitter::{Label, Register};
use crate::source::Span;
use crate::syntax::ast::Name;

/// The tag of a `finally` that was fallen into.
pub const FELL_THROUGH: i32 = 0;
/// The tag of a `finally` that an exception led to.
pub const RAISED: i32 = 1;

/// A way to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// `return`
    Return,
    /// `break`
    Break,
    /// `continue`
    Continue,
}

impl Exit {
    /// How a `finally` is told of it.
    pub fn tag(self) -> i32 {
        match self {
            Exit::Return => 2,
            Exit::Break => 3,
            Exit::Continue => 4,
        }
    }
}

/// What a statement around a place is, for what leaves it.
#[derive(Clone, Debug)]
pub enum BlockKind {
    /// A loop. What it iterates over is dropped by a `break` if that is to be looked at as soon as it is dropped.
    Loop { head: Label, exit: Label, first_dead: Register, dropped: Option<Dropped> },
    /// Something with a handler that has nothing to do when it is left.
    Guarded,
    /// What runs while an exception is handled; the register has the one handled before.
    Handling { saved: Register },
    /// The body of `except ... as name`.
    Named { name: Name },
    /// What has a `finally`: its tag and value, its beginning, and the exits that go through it.
    Finally { tag: Register, value: Register, entry: Label, exits: Vec<Exit> },
    /// The `finally` itself.
    FinallyBody { tag: Register, saved: Register },
    /// The body of a `with`.
    With { exit: Register, is_async: bool },
}

/// What a `break` drops.
#[derive(Clone, Copy, Debug)]
pub struct Dropped {
    /// What is iterated over.
    pub iterator: Register,
    /// Of an `async for`: what was awaited for the last item, which holds the former.
    pub step: Option<Register>,
}

/// A statement around a place.
#[derive(Clone, Debug)]
pub struct Block {
    kind: BlockKind,
    span: Span,
    /// The items it protects, so far.
    pub ranges: Vec<(u32, u32)>,
    open: u32,
}

impl Block {
    /// The exits that went through a `finally`.
    pub fn exits(&self) -> &[Exit] {
        match &self.kind {
            BlockKind::Finally { exits, .. } => exits,
            _ => &[],
        }
    }
}

impl<'a> Compiler<'a> {
    /// Begins a block here.
    pub fn open_block(&mut self, kind: BlockKind, span: Span) {
        let open = self.unit.emitter.here();
        self.unit.blocks.push(Block { kind, span, ranges: Vec::new(), open });
    }

    /// Ends the block begun last.
    pub fn close_block(&mut self) -> Block {
        let mut block = self.unit.blocks.pop().expect("a block that ends has begun");
        block.ranges.push((block.open, self.unit.emitter.here()));
        block
    }

    /// Where the value of a `return` best goes: to the `finally` that will keep it, if nothing else is passed
    /// before.
    pub fn kept_value(&self) -> Option<Register> {
        let works = |block: &&Block| !matches!(block.kind, BlockKind::Loop { .. } | BlockKind::Guarded);
        match self.unit.blocks.iter().rev().find(works)?.kind {
            BlockKind::Finally { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Is there nothing to do on the way out?
    pub fn exit_is_free(&self) -> bool {
        let is_free = |block: &Block| matches!(block.kind, BlockKind::Loop { .. } | BlockKind::Guarded);
        self.unit.blocks.iter().all(is_free)
    }

    /// May a local lose its value on the way out?
    pub fn exit_clears(&self) -> bool {
        self.unit.blocks.iter().any(|block| matches!(block.kind, BlockKind::Named { .. }))
    }

    /// Leaves by an exit; `value` is what is returned.
    pub fn leave(&mut self, exit: Exit, value: Register, span: Span) {
        if !self.unit.emitter.reachable() {
            return;
        }
        let mut index = self.unit.blocks.len();
        let mut arrived = false;
        while index > 0 && !arrived {
            index -= 1;
            let here = self.unit.emitter.here();
            let block = &mut self.unit.blocks[index];
            block.ranges.push((block.open, here));
            arrived = self.pass(index, exit, value, span);
        }
        if !arrived {
            self.emit(Opcode::Return, 0, value, 0, 0, span);
            self.unit.emitter.stop();
        }
        let here = self.unit.emitter.here();
        self.unit.blocks[index..].iter_mut().for_each(|block| block.open = here);
    }

    /// Does what leaving a block takes. Is it where the exit ends?
    fn pass(&mut self, index: usize, exit: Exit, value: Register, span: Span) -> bool {
        let block = &self.unit.blocks[index];
        let block_span = block.span;
        match block.kind.clone() {
            BlockKind::Guarded => {}
            BlockKind::Loop { head, exit: end, first_dead, dropped } => match exit {
                Exit::Return => return false,
                Exit::Break => {
                    if let Some(Dropped { iterator, step }) = dropped {
                        if let Some(step) = step {
                            self.emit(Opcode::Unbind, 0, step, 0, 0, span);
                        }
                        self.emit(Opcode::Drop, 0, iterator, 0, 0, span);
                    }
                    self.goto(end, span);
                }
                Exit::Continue => self.unit.emitter.jump_back(head, first_dead, span),
            },
            BlockKind::Handling { saved } => self.emit(Opcode::LeaveHandler, 0, saved, 0, 0, span),
            BlockKind::Named { name } => self.clear_name(&name, span),
            BlockKind::FinallyBody { tag, saved } => self.leave_raised(tag, saved, span),
            BlockKind::With { exit: function, is_async } => self.call_exit(function, is_async, block_span),
            BlockKind::Finally { tag, value: kept, entry, .. } => {
                if let BlockKind::Finally { exits, .. } = &mut self.unit.blocks[index].kind
                    && !exits.contains(&exit)
                {
                    exits.push(exit);
                }
                if exit == Exit::Return {
                    self.deliver(value, Some(kept), span);
                }
                self.unit.emitter.emit_wide(Opcode::LoadInt, 0, tag, exit.tag(), span);
                self.goto(entry, span);
            }
        }
        !self.unit.emitter.reachable()
    }

    /// Restores the handled exception if a `finally` was entered by one.
    pub fn leave_raised(&mut self, tag: Register, saved: Register, span: Span) {
        let skip = self.label();
        self.branch(Opcode::JumpEqualInt, 0, tag, RAISED as u16, skip, span);
        self.emit(Opcode::LeaveHandler, 0, saved, 0, 0, span);
        self.place(skip);
    }
}
