//! The machine: frames and registers of the running fiber, and the door in and out of the loop.
//!
//! `resume` runs script code until the program ends, an exception leaves it, or something is needed that only the
//! world outside can give. Nothing here or below waits, and nothing re-enters the loop: what needs script code
//! pushes a frame and answers `Flow::Entered`.
#![allow(unsafe_code)]

use std::cell::Cell;

use rustc_hash::FxHashMap;

use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::fiber::{Chunk, EMPTY_FRAME, Fiber, Stack};
use crate::object::frame::{Frame, FrameKind, Then};
use crate::object::function::{CellObject, Function};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::{Native, Request, Stop};
use crate::object::signals;
use crate::object::value::Value;
use crate::object::watchdog::Watchdog;
use crate::vm::collect::FIRST_COLLECTION;
use crate::vm::profile::{self, Profile};
use crate::vm::trace::Told;

/// How a step that may need script code went.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Flow {
    /// Here is the value.
    Done(Value),
    /// A frame was pushed, or another frame is current: the loop reloads its registers.
    Entered,
    /// An exception is raised: `Vm::raising` holds it.
    Raised,
    /// An exception rises in a frame that has just become current: nothing that whoever asked could see to. The loop
    /// unwinds from there.
    Rises,
    /// The loop is to be left: `Vm::outcome` says why.
    Leave,
}

/// Why the loop was left.
pub enum Outcome {
    /// The fiber's first frame returned.
    Returned(Value),
    /// An exception left the fiber's first frame.
    Raised(Value),
    /// Something is needed from outside; `resume` brings the answer.
    Suspended(Request),
}

/// What comes back in.
#[derive(Clone, Copy, Debug)]
pub enum Resume {
    /// The answer to a request, or nothing at the first start.
    Send(Value),
    /// An exception to be raised where the request was made.
    Throw(Value),
}

/// Limits and modes a run is started with.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Collect at every safe point.
    pub gc_stress: bool,
    /// Leave the loop every so many instructions.
    pub fuel: Option<u64>,
    /// End the program after so many calls and loop turns.
    pub max_steps: Option<u64>,
    /// Bytes the process may allocate.
    pub max_memory: Option<usize>,
}

/// The virtual machine: a context and the fiber that runs.
pub struct Vm {
    /// Heap, classes, modules.
    pub cx: Context,
    /// The current frame; valid from `frames_start` on.
    pub frame: *mut Frame,
    /// The first frame of the fiber.
    pub frames_start: *mut Frame,
    /// One past the last frame that may be pushed without looking up.
    pub frames_end: *mut Frame,
    /// One past the last register that may be used without looking up.
    pub stack_end: *mut Value,
    /// The running fiber.
    pub fiber: Ref<Fiber>,
    /// The exception being handled, or None.
    pub handled: Value,
    /// The exception being raised.
    pub raising: Value,
    /// Why the loop is left.
    pub outcome: Option<Outcome>,
    /// Where the answer to a request goes.
    pub awaiting: Option<(Then, u16)>,
    /// The function of `sys.settrace`, or None.
    pub tracer: Value,
    /// How many frames there were when the last instruction was traced.
    pub trace_depth: usize,
    /// A trace function runs: it is not traced itself.
    pub is_telling: bool,
    /// What of the current frame's end has been told.
    pub told: Told,
    /// How deep calls may nest.
    pub recursion_limit: usize,
    /// How many callables that stand for another are being looked through to reach the function of a call.
    pub callables_passed: usize,
    /// Limits and modes.
    pub limits: Limits,
    /// Steps left of `max_steps`.
    pub steps_left: u64,
    /// Instructions left until the loop is left, in the stepping regime.
    pub instructions_left: u64,
    /// Bytes allocated at which the next collection is due.
    pub next_collection: usize,
    /// Finalisers run on this fiber, and others wait for them.
    pub finalising: bool,
    /// The script halves of built-ins called so far, by name.
    pub halves: FxHashMap<Value, Value>,
    /// What became of the `Stop` of the last leaf called by the loop.
    pub stop_flow: Flow,
    /// What is raised is raised again: it gets no second entry for the current frame.
    pub reraising: bool,
    /// What debug mode knows of the step that runs.
    pub watchdog: Watchdog,
    /// What a script threw into a generator that cannot run: what is handled is no context of it.
    pub thrown: Value,
    /// The memory limit has been exceeded once: the next time ends the program.
    pub out_of_memory: bool,
    /// Where the time goes, if that is to be found out.
    pub(super) profile: Option<Box<Profile>>,
}

/// Calls and loop turns between two looks at the clock of the collector.
const SLICE: i64 = 10_000;

impl Vm {
    /// A machine with nothing to run yet.
    pub fn new(mut cx: Context, limits: Limits) -> Vm {
        let fiber = cx.threads.current().fiber.get();
        let steps_left = limits.max_steps.unwrap_or(u64::MAX);
        cx.heap.poison = limits.gc_stress;
        let mut vm = Vm {
            cx,
            frame: std::ptr::null_mut(),
            frames_start: std::ptr::null_mut(),
            frames_end: std::ptr::null_mut(),
            stack_end: std::ptr::null_mut(),
            fiber,
            handled: Value::NONE,
            raising: Value::UNBOUND,
            outcome: None,
            awaiting: None,
            tracer: Value::NONE,
            trace_depth: 0,
            is_telling: false,
            told: Told::Nothing,
            recursion_limit: 10_000,
            callables_passed: 0,
            limits,
            steps_left,
            instructions_left: 0,
            next_collection: FIRST_COLLECTION,
            finalising: false,
            halves: FxHashMap::default(),
            stop_flow: Flow::Entered,
            reraising: false,
            watchdog: Watchdog::IDLE,
            thrown: Value::UNBOUND,
            out_of_memory: false,
            profile: None,
        };
        vm.cx.fuel = if vm.limits.gc_stress { 0 } else { SLICE };
        vm.cx.collection_credit = crate::vm::collect::MOST_CREDIT;
        vm.cx.steps_behind = steps_left.min(i64::MAX as u64) as i64;
        for declaration in crate::vm::iterate::STEPS {
            let native = Native::new(&mut vm.cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
            vm.cx.module_state.insert(declaration.name(), native.value());
        }
        vm.load_fiber();
        vm
    }

    /// The frames and registers of the running fiber.
    #[allow(clippy::mut_from_ref)]
    pub fn stack(&self) -> &'static mut Stack {
        // SAFETY: only the VM touches the stack of a fiber, and never holds two borrows of it.
        unsafe { &mut *self.fiber.stack.get() }
    }

    /// The frames of a fiber; those of the running one as of when its depth was last noted.
    pub fn frames_of(&self, fiber: Ref<Fiber>) -> &'static [Frame] {
        // SAFETY: as for `stack`; whoever looks pushes no frame meanwhile.
        let stack = unsafe { &*fiber.stack.get() };
        &stack.frames[..stack.depth]
    }

    /// Points the machine at the stack of its fiber.
    pub(super) fn load_fiber(&mut self) {
        let limit = self.recursion_limit;
        let stack = self.stack();
        let usable = stack.frames.len().min(limit + 2);
        let start = stack.frames.as_mut_ptr();
        let chunk = stack.chunks.last().expect("a fiber has a chunk");
        let end = chunk.registers.as_ptr().wrapping_add(chunk.soft_end) as *mut Value;
        let depth = stack.depth;
        self.frames_start = start;
        self.frames_end = start.wrapping_add(usable);
        self.frame = start.wrapping_add(depth).wrapping_sub(1);
        self.stack_end = end;
    }

    /// Notes what the running fiber needs to go on later.
    pub(super) fn put_fiber_aside(&mut self) {
        let (depth, used) = (self.depth(), self.registers_in_use());
        let stack = self.stack();
        stack.depth = depth;
        stack.used = used;
        self.fiber.handled.set(self.handled);
        self.fiber.is_finalising.set(self.finalising);
    }

    /// Another fiber is the running one from now on.
    pub(super) fn take_up_fiber(&mut self, fiber: Ref<Fiber>) {
        self.fiber = fiber;
        self.handled = fiber.handled.get();
        self.finalising = fiber.is_finalising.get();
        self.load_fiber();
    }

    /// Looks at the frames of a fiber that is put aside, with its own eyes.
    pub(super) fn looking_into<T>(&mut self, fiber: Ref<Fiber>, look: impl FnOnce(&mut Vm) -> T) -> T {
        let own = self.fiber;
        self.put_fiber_aside();
        self.take_up_fiber(fiber);
        let seen = look(self);
        self.put_fiber_aside();
        self.take_up_fiber(own);
        seen
    }

    /// The recursion limit has changed.
    pub fn refresh_frames(&mut self) {
        let depth = self.depth();
        self.stack().depth = depth;
        self.load_fiber();
    }

    /// How many frames there are.
    #[inline(always)]
    pub fn depth(&self) -> usize {
        (self.frame as usize).wrapping_add(size_of::<Frame>()).wrapping_sub(self.frames_start as usize)
            / size_of::<Frame>()
    }

    /// The current frame.
    #[inline(always)]
    pub fn top(&self) -> &Frame {
        // SAFETY: there is a current frame whenever script code or a machine runs.
        unsafe { &*self.frame }
    }

    /// The current frame, to be changed.
    #[inline(always)]
    pub fn top_mut(&mut self) -> &mut Frame {
        // SAFETY: as for `top`.
        unsafe { &mut *self.frame }
    }

    /// The frame at a depth counted from 0.
    pub fn frame_at(&self, index: usize) -> &Frame {
        assert!(index < self.depth());
        // SAFETY: just checked.
        unsafe { &*self.frames_start.add(index) }
    }

    /// Register `index` of the current frame.
    #[inline(always)]
    pub fn register(&self, index: u16) -> Value {
        // SAFETY: the compiler gave the frame more registers than any operand names.
        unsafe { *self.top().base.add(index as usize) }
    }

    /// Sets register `index` of the current frame.
    #[inline(always)]
    pub fn set_register(&mut self, index: u16, value: Value) {
        // SAFETY: as for `register`.
        unsafe { *self.top_mut().base.add(index as usize) = value }
    }

    /// Where the registers of a frame called from the current one may begin.
    #[inline(always)]
    pub fn free_registers(&self) -> *mut Value {
        if self.frame < self.frames_start {
            return self.stack().chunks[0].registers.as_ptr() as *mut Value;
        }
        let frame = self.top();
        if frame.generator.is_some() {
            return frame.top;
        }
        match frame.kind {
            FrameKind::Machine => frame.base.wrapping_add(crate::vm::native_frame::SLOTS),
            FrameKind::Script => {
                let function = frame.function.expect("a script frame has a function");
                frame.base.wrapping_add(function.registers.get() as usize)
            }
        }
    }

    /// Room for one more frame: the recursion limit, or more memory.
    #[cold]
    #[inline(never)]
    pub fn grow_frames(&mut self) -> bool {
        let depth = self.depth();
        if depth > self.recursion_limit + 1 {
            return false;
        }
        let limit = self.recursion_limit;
        let stack = self.stack();
        if stack.frames.len() <= depth {
            let more = stack.frames.len();
            stack.frames.resize(more * 2, EMPTY_FRAME);
        }
        stack.depth = depth;
        let usable = stack.frames.len().min(limit + 2);
        self.frames_start = stack.frames.as_mut_ptr();
        self.frames_end = self.frames_start.wrapping_add(usable);
        self.frame = self.frames_start.wrapping_add(depth).wrapping_sub(1);
        self.frame.wrapping_add(1) < self.frames_end
    }

    /// Room for registers `base..base + count`: raises the soft end, or begins a new chunk. The base to use, and
    /// whether a chunk was begun.
    #[cold]
    #[inline(never)]
    pub fn grow_stack(&mut self, base: *mut Value, count: usize) -> (*mut Value, bool) {
        let stack = self.stack();
        let chunk = stack.chunks.last_mut().expect("a fiber has a chunk");
        let start = chunk.registers.as_ptr() as *mut Value;
        let used = (base as usize - start as usize) / 8;
        if used + count <= chunk.registers.len() {
            chunk.soft_end = (used + count + 1024).min(chunk.registers.len());
            self.stack_end = start.wrapping_add(chunk.soft_end);
            return (base, false);
        }
        let size = (chunk.registers.len() * 2).min(1 << 20).max(count + 64);
        let mut chunk = Chunk::new(size);
        chunk.soft_end = (count + 1024).min(size);
        // The first register is for an instance under construction.
        let start = (chunk.registers.as_ptr() as *mut Value).wrapping_add(1);
        self.stack_end = start.wrapping_add(chunk.soft_end - 1);
        stack.chunks.push(chunk);
        (start, true)
    }

    /// The frame that began a chunk has ended.
    pub fn drop_chunk(&mut self) {
        let stack = self.stack();
        stack.chunks.pop();
        let chunk = stack.chunks.last().expect("the first chunk stays");
        self.stack_end = (chunk.registers.as_ptr() as *mut Value).wrapping_add(chunk.soft_end);
    }

    /// Where the registers of a function called with arguments at `args` begin: right there, unless the current
    /// frame is a generator's, whose registers are not on the stack.
    #[inline(always)]
    pub fn window(&self, args: *mut Value) -> *mut Value {
        let frame = self.top();
        // One register is left for an instance under construction.
        if frame.generator.is_none() { args } else { frame.top.wrapping_add(1) }
    }

    /// Pushes a frame for a function, its registers at `base`; its first `count` registers come from `source`. The
    /// other locals become UNBOUND.
    #[inline(always)]
    pub fn push_function(
        &mut self,
        function: Ref<Function>,
        source: *const Value,
        base: *mut Value,
        count: usize,
        then: Then,
        destination: u16,
    ) -> bool {
        let code = function.code.get();
        let registers = function.registers.get() as usize;
        let mut base = base;
        let (mut then, mut after_chunk) = (then, then);
        if (base as usize) + registers * 8 > self.stack_end as usize {
            let (new, began) = self.grow_stack(base, registers);
            if began {
                after_chunk = then;
                then = Then::Chunk;
            }
            base = new;
        }
        if !std::ptr::eq(source, base) {
            // SAFETY: both point at `count` values at least; `copy` allows overlap.
            unsafe { std::ptr::copy(source, base, count) };
        }
        let locals = function.locals.get() as usize;
        for index in count..locals {
            // SAFETY: locals are among the registers just made sure of.
            unsafe { base.add(index).write(Value::UNBOUND) };
        }
        let mut next = self.frame.wrapping_add(1);
        if next >= self.frames_end {
            if !self.grow_frames() {
                if then == Then::Chunk {
                    self.drop_chunk();
                }
                self.recursion_error();
                return false;
            }
            next = self.frame.wrapping_add(1);
        }
        // SAFETY: `next` is below `frames_end`.
        unsafe {
            (*next).pc = code.instructions.as_ptr();
            (*next).base = base;
            (*next).function = Some(function);
            (*next).constants = code.constants.as_ptr();
            (*next).generator = None;
            (*next).extra = Value::UNBOUND;
            (*next).then = then;
            (*next).after_chunk = after_chunk;
            (*next).destination = destination;
            (*next).kind = FrameKind::Script;
        }
        self.frame = next;
        true
    }

    /// RecursionError, in `raising`.
    #[cold]
    #[inline(never)]
    pub fn recursion_error(&mut self) {
        let stop = self.cx.error(LayoutId::RECURSION_ERROR, "maximum recursion depth exceeded");
        self.set_raising(stop);
    }

    /// Takes the exception out of a `Stop` that is one.
    pub fn set_raising(&mut self, stop: Stop) {
        match stop {
            Stop::Raise(exception) => self.raising = exception,
            _ => unreachable!("only exceptions are raised"),
        }
    }

    /// An exception as the answer of a step.
    pub fn raise(&mut self, stop: Stop) -> Flow {
        if let Stop::Request(request) = stop {
            // A leaf has used up the steps; nothing comes back from that.
            self.outcome = Some(Outcome::Suspended(*request));
            return Flow::Leave;
        }
        self.set_raising(stop);
        Flow::Raised
    }

    /// Pops the current frame and gives where its result goes.
    #[inline(always)]
    pub fn pop_frame(&mut self) -> (Then, u16) {
        let frame = self.top();
        let (mut then, destination) = (frame.then, frame.destination);
        // What its object keeps is read from its registers, which may go with their chunk.
        if frame_has_object(frame) {
            self.detach_frame_object();
        }
        if then == Then::Chunk {
            then = self.top().after_chunk;
            self.drop_chunk();
        }
        self.frame = self.frame.wrapping_sub(1);
        (then, destination)
    }

    /// A cell with content.
    pub fn new_cell(&mut self, content: Value) -> Value {
        self.cx.heap.allocate(LayoutId::CELL, CellObject { content: Cell::new(content) }).value()
    }

    /// Runs until the loop is left.
    pub fn resume(&mut self, resume: Resume) -> Outcome {
        self.instructions_left = if self.is_aiming() { 1 } else { self.limits.fuel.unwrap_or(u64::MAX) };
        self.look_at_watchdog();
        let flow = match (resume, self.awaiting.take()) {
            // The handlers of signals come first; who waits for the world looks at it again after the answer.
            (Resume::Send(value), Some((then, destination))) => match self.run_pending(value, then, destination) {
                Flow::Done(value) => self.deliver(then, destination, value),
                flow => flow,
            },
            (Resume::Send(_), None) => Flow::Entered,
            (Resume::Throw(exception), _) => {
                self.raising = exception;
                Flow::Raised
            }
        };
        let flow = match flow {
            Flow::Raised | Flow::Rises => self.unwind(flow),
            flow => flow,
        };
        match flow {
            Flow::Leave => {}
            _ if self.limits.fuel.is_some() || !self.tracer.is_none() || self.is_aiming() => self.run::<true>(),
            _ => self.run::<false>(),
        }
        self.outcome.take().expect("the loop says why it is left")
    }

    /// At a safe point when the fuel has run out: collects, counts steps, and sees to what is pending.
    #[cold]
    #[inline(never)]
    pub fn safe_point(&mut self, live: Option<u16>) -> Flow {
        let slice = match (self.limits.gc_stress, &self.profile) {
            (true, _) => 0,
            (_, Some(_)) => profile::SLICE,
            _ => SLICE,
        };
        let used = slice - self.cx.fuel.min(slice);
        if self.limits.max_steps.is_some() {
            if used as u64 >= self.steps_left {
                self.outcome = Some(Outcome::Suspended(Request::StepLimit));
                return Flow::Leave;
            }
            self.steps_left -= used as u64;
        }
        let budget = slice.min(self.steps_left.min(i64::MAX as u64) as i64);
        self.cx.fuel = budget;
        if self.limits.max_steps.is_some() {
            self.cx.steps_behind = (self.steps_left.min(i64::MAX as u64) as i64).saturating_sub(budget);
        }
        self.cx.clock.work();
        if !self.cx.wants_collection {
            self.earn_collections(used);
        }
        self.look_at_watchdog();
        if let Some(flow) = self.interrupt() {
            return flow;
        }
        if signals::is_asked() {
            self.answer_inquiry(true);
        }
        if self.limits.gc_stress || self.cx.wants_collection || self.held() >= self.next_collection {
            if let Some(live) = live {
                self.clear_registers_from(live);
            }
            self.collect();
        }
        if let Some(limit) = self.limits.max_memory {
            if self.held() > limit {
                self.collect();
                if self.held() > limit {
                    let stop = self.cx.memory_error();
                    return self.raise(stop);
                }
            }
        }
        match self.run_signals(Value::NONE, Then::Discard, 0) {
            Flow::Done(_) => {}
            flow => return flow,
        }
        if !self.finalising && !(self.cx.pending_finalisers.is_empty() && self.cx.pending_callbacks.is_empty()) {
            return self.run_finalisers();
        }
        if self.takes_aim() {
            return Flow::Leave;
        }
        if self.cx.threads.are_several() && self.has_had_turn(used) {
            self.outcome = Some(Outcome::Suspended(Request::Turn));
            return Flow::Leave;
        }
        Flow::Done(Value::NONE)
    }

    /// The exception being raised, taken.
    pub fn take_raising(&mut self) -> Value {
        std::mem::replace(&mut self.raising, Value::UNBOUND)
    }

    /// The body of the exception being raised.
    pub fn raising_body(&self) -> Ref<Exception> {
        self.raising.get().expect("what is raised is an exception")
    }
}

/// Has a frame something a frame object must keep?
#[inline(always)]
fn frame_has_object(frame: &Frame) -> bool {
    frame.generator.is_none() && !frame.extra.is_unbound()
}
