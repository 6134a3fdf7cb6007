//! Fibers: stacks of frames that can be put aside.
//!
//! Each thread runs on one. The registers are in chunks that never move, so
//! a base is a plain pointer. Everything of a chunk below its soft end has been a register since the last
//! collection, or is UNBOUND; everything above is UNBOUND.

use std::cell::{Cell, UnsafeCell};
use std::ptr::null_mut;

use crate::object::frame::{Frame, FrameKind, Then};
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::object::value::Value;

/// A chunk of registers.
pub struct Chunk {
    /// The registers.
    pub registers: Box<[Cell<Value>]>,
    /// How many of them frames may use before the loop must look up (see `Vm::grow_stack`).
    pub soft_end: usize,
}

/// The frames and registers of a fiber.
pub struct Stack {
    /// Frames; those above `depth` are leftovers.
    pub frames: Vec<Frame>,
    /// How many frames there are, while the fiber is not the running one.
    pub depth: usize,
    /// The registers.
    pub chunks: Vec<Chunk>,
    /// How many registers of the last chunk are in use, while the fiber is not the running one.
    pub used: usize,
}

/// The body of a fiber.
pub struct Fiber {
    /// Only the VM touches it, between two instructions.
    pub stack: UnsafeCell<Stack>,
    /// The exception being handled, or None.
    pub handled: Cell<Value>,
    /// Do finalisers run on it? Then no others interrupt them, but they do what runs on another fiber.
    pub is_finalising: Cell<bool>,
}

/// A place for frames that holds nothing.
pub const EMPTY_FRAME: Frame = Frame {
    pc: std::ptr::null(),
    base: null_mut(),
    function: None,
    constants: std::ptr::null(),
    generator: None,
    extra: Value::UNBOUND,
    top: null_mut(),
    then: Then::Finish,
    after_chunk: Then::Finish,
    destination: 0,
    kind: FrameKind::Machine,
    machine: 0,
    step: 0,
};

impl Chunk {
    /// A chunk of UNBOUND registers.
    pub fn new(size: usize) -> Chunk {
        Chunk { registers: vec![Cell::new(Value::UNBOUND); size].into_boxed_slice(), soft_end: size.min(1024) }
    }
}

impl Fiber {
    /// A fiber without frames, whose first chunk has so many registers.
    pub fn new(registers: usize) -> Fiber {
        let stack = Stack { frames: vec![EMPTY_FRAME; 8], depth: 0, chunks: vec![Chunk::new(registers)], used: 0 };
        Fiber { stack: UnsafeCell::new(stack), handled: Cell::new(Value::NONE), is_finalising: Cell::new(false) }
    }
}

impl Body for Fiber {
    const KIND: Kind = Kind::Fiber;

    #[allow(unsafe_code)]
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.handled);
        // SAFETY: the collector runs between two instructions, when the VM has written everything back.
        let stack = unsafe { &*self.stack.get() };
        for frame in &stack.frames[..stack.depth] {
            if let Some(function) = frame.function {
                marker.object(function);
            }
            if let Some(generator) = frame.generator {
                marker.object(generator);
            }
            marker.value(frame.extra);
        }
        let Some((last, full)) = stack.chunks.split_last() else { return };
        for register in full.iter().flat_map(|chunk| &chunk.registers[..chunk.soft_end]) {
            marker.cell(register);
        }
        // What is above the frames is of calls that have ended.
        let (live, dead) = last.registers[..last.soft_end].split_at(stack.used.min(last.soft_end));
        live.iter().for_each(|register| marker.cell(register));
        dead.iter().for_each(|register| register.set(Value::UNBOUND));
    }
}
