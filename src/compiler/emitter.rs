//! Appends instructions: labels, registers, spans, protected ranges, and which locals are certainly bound.
//!
//! What the rest of the compiler emits are items whose jumps name labels; the assembler gives them their words.
//! While no instruction can be reached nothing is appended. Temporaries are a stack above the locals.

use crate::bytecode::code::InlinedVariable;
use crate::bytecode::instruction::{Instruction, Opcode, Operand};
use crate::source::Span;

/// A register of the frame.
pub type Register = u16;

/// The highest number a register may have; beyond it the code is refused.
pub const LAST_REGISTER: Register = 65_000;

/// A place that jumps name before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub u32);

/// An instruction whose jump, if it has one, goes to a label.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// The instruction, its distance still zero.
    pub instruction: Instruction,
    /// What it stands for in the text.
    pub span: Span,
    /// Where it jumps to.
    pub target: Option<Label>,
    /// Is it part of the code? An optional instruction is not until somebody asks for it.
    pub live: bool,
}

/// A range of items whose exceptions go to a label.
#[derive(Clone, Copy, Debug)]
pub struct Protected {
    /// First item covered.
    pub start: u32,
    /// First item no longer covered.
    pub end: u32,
    /// The handler.
    pub target: Label,
    /// What gets the exception.
    pub register: Register,
}

/// A set of registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterSet {
    /// Registers 0 to 63.
    low: u64,
    /// The others, 64 a word.
    high: Vec<u64>,
}

impl RegisterSet {
    /// Is the register in the set?
    pub fn contains(&self, register: Register) -> bool {
        let (word, bit) = (register as usize / 64, register % 64);
        let bits = if word == 0 { self.low } else { self.high.get(word - 1).copied().unwrap_or(0) };
        bits >> bit & 1 == 1
    }

    /// Puts a register in.
    pub fn insert(&mut self, register: Register) {
        let (word, bit) = (register as usize / 64, register % 64);
        if word == 0 {
            self.low |= 1 << bit;
        } else {
            if self.high.len() < word {
                self.high.resize(word, 0);
            }
            self.high[word - 1] |= 1 << bit;
        }
    }

    /// Takes a register out.
    pub fn remove(&mut self, register: Register) {
        let (word, bit) = (register as usize / 64, register % 64);
        if word == 0 {
            self.low &= !(1 << bit);
        } else if let Some(bits) = self.high.get_mut(word - 1) {
            *bits &= !(1 << bit);
        }
    }

    /// Keeps what is in both.
    pub fn intersect(&mut self, other: &RegisterSet) {
        self.low &= other.low;
        self.high.truncate(other.high.len());
        self.high.iter_mut().zip(&other.high).for_each(|(mine, theirs)| *mine &= theirs);
    }

    /// Takes out what is in the other.
    pub fn subtract(&mut self, other: &RegisterSet) {
        self.low &= !other.low;
        self.high.iter_mut().zip(&other.high).for_each(|(mine, theirs)| *mine &= !theirs);
    }

    /// Puts in what is in the other.
    pub fn unite(&mut self, other: &RegisterSet) {
        self.low |= other.low;
        if self.high.len() < other.high.len() {
            self.high.resize(other.high.len(), 0);
        }
        self.high.iter_mut().zip(&other.high).for_each(|(mine, theirs)| *mine |= theirs);
    }
}

/// What is known of a label.
#[derive(Debug, Default)]
struct LabelState {
    /// The item it stands before.
    position: Option<u32>,
    /// The locals bound on every way that leads here; none if no way does.
    bound: Option<RegisterSet>,
}

/// The instructions of one code while they are being made.
#[derive(Debug, Default)]
pub struct Emitter {
    /// All of them.
    pub items: Vec<Item>,
    /// The exception table, inner ranges first.
    pub handlers: Vec<Protected>,
    /// The variables of comprehensions, from item to item.
    pub inlined: Vec<InlinedVariable>,
    /// By number.
    labels: Vec<LabelState>,
    /// The first register that is free.
    top: Register,
    /// How many registers were ever in use.
    pub high_water: Register,
    /// Locals certainly bound here; none if this place cannot be reached.
    bound: Option<RegisterSet>,
    /// Locals that somewhere lose their value, and so may have none wherever a loop or handler begins.
    pub fragile: RegisterSet,
    /// Was there no register left? Then what was compiled before is last.
    pub exhausted: Option<Span>,
}

impl Emitter {
    /// Begins a code with so many locals, of which the given ones are bound.
    pub fn new(locals: usize, bound: RegisterSet) -> Emitter {
        let top = locals.min(LAST_REGISTER as usize) as Register;
        let exhausted = (locals > LAST_REGISTER as usize).then(Span::default);
        Emitter { top, high_water: top, bound: Some(bound), exhausted, ..Emitter::default() }
    }

    // ----- registers

    /// The first free register; `release` goes back to it.
    pub fn mark(&self) -> Register {
        self.top
    }

    /// Frees all registers from a mark on.
    pub fn release(&mut self, mark: Register) {
        self.top = mark;
    }

    /// Takes as many adjacent registers and gives the first.
    pub fn allocate(&mut self, count: usize) -> Register {
        let first = self.top;
        if first as usize + count > LAST_REGISTER as usize {
            let last = self.items.last().map(|item| item.span);
            self.exhausted = self.exhausted.or(last).or(Some(Span::default()));
            return 0;
        }
        self.top += count as Register;
        self.high_water = self.high_water.max(self.top);
        first
    }

    // ----- instructions

    /// Can this place be reached?
    pub fn reachable(&self) -> bool {
        self.bound.is_some()
    }

    /// Nothing comes here: what went before returns, raises or jumps.
    pub fn stop(&mut self) {
        self.bound = None;
    }

    /// The number of the next item.
    pub fn here(&self) -> u32 {
        self.items.len() as u32
    }

    fn push(&mut self, instruction: Instruction, target: Option<Label>, span: Span, live: bool) {
        if self.reachable() {
            self.items.push(Item { instruction, span, target, live });
        }
    }

    /// Appends an instruction of three operands.
    pub fn emit(&mut self, opcode: Opcode, a: u8, b: u16, c: u16, d: u16, span: Span) {
        self.push(Instruction::new(opcode, a, b, c, d), None, span, true);
    }

    /// Appends an instruction with a wide operand.
    pub fn emit_wide(&mut self, opcode: Opcode, a: u8, b: u16, w: i32, span: Span) {
        self.push(Instruction::wide(opcode, a, b, w), None, span, true);
    }

    /// Appends an instruction that is not part of the code unless `require` is told so.
    pub fn emit_optional(&mut self, opcode: Opcode, b: u16, span: Span) -> u32 {
        self.push(Instruction::new(opcode, 0, b, 0, 0), None, span, false);
        self.here().saturating_sub(1)
    }

    /// Makes an optional instruction part of the code.
    pub fn require(&mut self, item: u32) {
        if let Some(item) = self.items.get_mut(item as usize) {
            item.live = true;
        }
    }

    // ----- jumps

    /// A new label, not yet placed.
    pub fn label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label(self.labels.len() as u32 - 1)
    }

    /// The item a label stands before.
    pub fn position(&self, label: Label) -> u32 {
        self.labels[label.0 as usize].position.expect("every label that is jumped to has been placed")
    }

    fn join(&mut self, label: Label) {
        let Some(bound) = &self.bound else { return };
        match &mut self.labels[label.0 as usize].bound {
            Some(known) => known.intersect(bound),
            unknown => *unknown = Some(bound.clone()),
        }
    }

    /// Appends a jump that may be taken or not.
    pub fn branch(&mut self, opcode: Opcode, a: u8, b: u16, c: u16, label: Label, span: Span) {
        debug_assert!(opcode.operands().iter().any(|operand| matches!(operand, Operand::JumpD | Operand::JumpW)));
        self.join(label);
        self.push(Instruction::new(opcode, a, b, c, 0), Some(label), span, true);
    }

    /// Appends a jump forwards.
    pub fn goto(&mut self, label: Label, span: Span) {
        self.branch(Opcode::Jump, 0, 0, 0, label, span);
        self.stop();
    }

    /// Appends a jump back to the head of a loop.
    pub fn jump_back(&mut self, label: Label, first_dead: Register, span: Span) {
        self.push(Instruction::new(Opcode::JumpBack, 0, first_dead, 0, 0), Some(label), span, true);
        self.stop();
    }

    /// Places a label here.
    pub fn place(&mut self, label: Label) {
        self.join(label);
        self.bound = self.labels[label.0 as usize].bound.take();
        self.labels[label.0 as usize].position = Some(self.here());
    }

    /// Places a label here to which later code jumps back.
    pub fn place_head(&mut self, label: Label) {
        self.labels[label.0 as usize].position = Some(self.here());
        if let Some(bound) = &mut self.bound {
            bound.subtract(&self.fragile);
        }
    }

    // ----- handlers

    /// What is bound wherever an exception may come from, if a protected range begins here.
    pub fn state_for_handler(&self) -> Option<RegisterSet> {
        let mut bound = self.bound.clone()?;
        bound.subtract(&self.fragile);
        Some(bound)
    }

    /// Places a handler here and protects the ranges by it. It cannot be reached if they are all empty.
    pub fn place_handler(&mut self, ranges: &[(u32, u32)], state: Option<RegisterSet>, register: Register) {
        let target = self.label();
        self.labels[target.0 as usize].position = Some(self.here());
        let before = self.handlers.len();
        let covered = ranges.iter().filter(|(start, end)| start < end);
        self.handlers.extend(covered.map(|&(start, end)| Protected { start, end, target, register }));
        self.bound = if self.handlers.len() > before { state } else { None };
    }

    /// What is certainly bound here.
    pub fn bound(&self) -> Option<&RegisterSet> {
        self.bound.as_ref()
    }

    /// Replaces what is known to be bound here, if this place can be reached.
    pub fn assume(&mut self, bound: RegisterSet) {
        if self.reachable() {
            self.bound = Some(bound);
        }
    }

    /// Has the register certainly a value?
    pub fn is_bound(&self, register: Register) -> bool {
        self.bound.as_ref().is_none_or(|bound| bound.contains(register))
    }

    /// The register has a value from here on.
    pub fn set_bound(&mut self, register: Register) {
        if let Some(bound) = &mut self.bound {
            bound.insert(register);
        }
    }

    /// The register may have no value from here on.
    pub fn set_unbound(&mut self, register: Register) {
        if let Some(bound) = &mut self.bound {
            bound.remove(register);
        }
    }
}
