//! Collecting garbage: what is alive, seen from the machine, and which registers are not.
#![allow(unsafe_code)]

use crate::bytecode::instruction::Opcode;
use crate::object::frame::FrameKind;
use crate::object::generator::register_unawaited;
use crate::object::heap::Marker;
use crate::object::value::Value;
use crate::vm::finalise::has_something_to_do;
use crate::vm::machine::Vm;
use crate::vm::native_frame::Machine;

/// A collection comes at the earliest after so many bytes.
pub const FIRST_COLLECTION: usize = 4 << 20;

/// What collections out of turn may cost at most, in bytes of the heap that is looked at for nothing,
pub const MOST_CREDIT: usize = 256 << 20;
/// and how much of that a step of the program earns: with a small heap, a sixth of its time.
const CREDIT_OF_STEP: usize = 26;
/// One that finds something is worth more.
const DISCOUNT: usize = 64;

/// With more frames than this their dead registers are not looked for one by one.
const DEEP: usize = 200;

impl Vm {
    /// Collects garbage. Only between two instructions.
    pub fn collect(&mut self) {
        let out_of_turn = std::mem::take(&mut self.cx.wants_collection);
        self.clear_dead_registers();
        self.clear_gaps();
        let last = std::mem::replace(&mut self.cx.last_native_coroutine, Value::NONE);
        register_unawaited(&mut self.cx, last);
        let mut marker = self.cx.heap.begin(self.cx.layout_count());
        self.trace(&mut marker);
        self.cx.drain(&mut marker);
        let unreached = self.cx.heap.take_unreached_finalisable(has_something_to_do);
        let found = crate::object::weak::process(&mut self.cx, &marker) || !unreached.is_empty();
        if out_of_turn {
            let cost = if found { self.held() / DISCOUNT } else { self.held() };
            self.cx.collection_credit = self.cx.collection_credit.saturating_sub(cost);
        }
        for &value in &unreached {
            marker.value(value);
        }
        for &(callback, reference) in &self.cx.pending_callbacks {
            marker.value(callback);
            marker.value(reference);
        }
        self.cx.drain(&mut marker);
        self.cx.pending_finalisers.extend(unreached);
        self.cx.drop_unreached(&marker);
        self.cx.heap.finish(&marker);
        // Sweeping later suits small objects; buffers and tables of dead ones are given back at once.
        let outside = crate::object::memory::allocated().saturating_sub(self.cx.heap.size());
        if self.limits.gc_stress || outside > self.cx.heap.size() / 2 {
            self.cx.heap.sweep_all();
        }
        self.next_collection = self.held() + (self.held() / 2).max(FIRST_COLLECTION);
        if let Some(limit) = self.limits.max_memory {
            self.next_collection = self.next_collection.min(limit);
        }
    }

    /// The program has taken so many steps.
    pub(super) fn earn_collections(&mut self, steps: i64) {
        let earned = CREDIT_OF_STEP.saturating_mul(steps.max(0) as usize);
        self.cx.collection_credit = self.cx.collection_credit.saturating_add(earned).min(MOST_CREDIT);
    }

    /// Collects while nothing is to be done, and gives back what is free.
    pub fn collect_at_rest(&mut self) {
        self.cx.running.since_rest = 0;
        self.collect();
        self.cx.heap.give_back();
        crate::object::memory::give_back();
    }

    /// About how many bytes are in use: what is allocated, less what of the heap's blocks holds no object.
    pub fn held(&self) -> usize {
        crate::object::memory::allocated().saturating_sub(self.cx.heap.spare())
    }

    fn trace(&mut self, marker: &mut Marker) {
        self.stack().depth = self.depth();
        self.fiber.handled.set(self.handled);
        self.cx.trace(marker);
        marker.object(self.fiber);
        marker.value(self.handled);
        marker.value(self.thrown);
        marker.value(self.raising);
        marker.value(self.tracer);
        self.watchdog.trace(marker);
        for (&name, &half) in &self.halves {
            marker.value(name);
            marker.value(half);
        }
    }

    /// Clears the registers of the current frame that are dead.
    pub fn clear_registers_from(&mut self, live: u16) {
        let frame = self.top();
        if frame.kind != FrameKind::Script || frame.generator.is_some() {
            return;
        }
        let count = frame.function.expect("a script frame has a function").registers.get();
        for index in live..count {
            self.set_register(index, Value::UNBOUND);
        }
    }

    /// How many registers of the last chunk of the running fiber are in use.
    pub(super) fn registers_in_use(&self) -> usize {
        let chunk = self.stack().chunks.last().expect("a fiber has a chunk");
        let used = (self.free_registers() as usize).wrapping_sub(chunk.registers.as_ptr() as usize) / 8;
        if used <= chunk.registers.len() { used } else { 0 }
    }

    /// Clears every register above those of the current frame, down to where the soft end was, and lowers it.
    fn clear_dead_registers(&mut self) {
        let used = self.registers_in_use();
        let stack = self.stack();
        stack.used = used;
        let chunk = stack.chunks.last_mut().expect("a fiber has a chunk");
        for register in &chunk.registers[used.min(chunk.soft_end)..chunk.soft_end] {
            register.set(Value::UNBOUND);
        }
        chunk.soft_end = (used + 1024).min(chunk.registers.len());
        self.stack_end = (chunk.registers.as_ptr() as *mut Value).wrapping_add(chunk.soft_end);
    }

    /// Clears what is dead between the frames: the registers from the window of a call on, where what it called
    /// begins above the window.
    fn clear_gaps(&mut self) {
        let depth = self.depth();
        if depth > DEEP && !self.limits.gc_stress {
            return;
        }
        for pair in self.stack().frames[..depth].windows(2) {
            let (frame, above) = (&pair[0], &pair[1]);
            // These come between two instructions, wherever that is.
            let is_interrupted = above.kind == FrameKind::Machine
                && [Machine::Finalise as u8, Machine::Signals as u8, Machine::Trace as u8].contains(&above.machine);
            let is_callers = frame.generator.is_none() && !is_interrupted;
            let Some(function) = frame.function.filter(|_| is_callers) else { continue };
            let code = function.code.get();
            let next = (frame.pc as usize).wrapping_sub(code.instructions.as_ptr() as usize) / size_of::<u64>();
            // A word of a cache is no instruction here: the code as it was compiled has zeros there.
            let Some(&instruction) = code.code.instructions.get(next.wrapping_sub(1)) else { continue };
            if !matches!(instruction.opcode(), Opcode::Call | Opcode::CallMethod) {
                continue;
            }
            let start = frame.base.wrapping_add(instruction.c() as usize);
            let end = frame.base.wrapping_add(function.registers.get() as usize);
            // The register below a frame may hold the instance it initialises.
            let begin = if above.generator.is_some() { above.top } else { above.base }.wrapping_sub(1);
            let end = if (start..end).contains(&begin) { begin } else { end };
            let mut register = start;
            while register < end {
                // SAFETY: it is a register of the frame, which only the VM touches.
                unsafe { *register = Value::UNBOUND };
                register = register.wrapping_add(1);
            }
        }
    }
}
