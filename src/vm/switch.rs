//! Suspending and resuming generators, coroutines and async generators.
//!
//! The frame of a generator is pushed by whoever resumes it and popped by a yield; a chain of delegation has one
//! frame, that of its innermost. Each function here edits frames and generators and returns; the loop reloads.
#![allow(unsafe_code)]

use crate::bytecode::instruction::{Instruction, Opcode};
use crate::object::exception::Exception;
use crate::object::frame::{Frame, FrameKind, Then};
use crate::object::generator::{Await, Generator, State};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// `Machine::Closing` does `close()` of a generator or coroutine,
pub(super) const CLOSE: Value = Value::small(0);
/// a step of `aclose()`,
pub(super) const ACLOSE_SEND: Value = Value::small(1);
/// a throw into `aclose()`,
pub(super) const ACLOSE_THROW: Value = Value::small(2);
/// `close()` of an `aclose()`,
pub(super) const ACLOSE_CLOSE: Value = Value::small(3);
/// `close()` of an `asend()` or `athrow()`.
pub(super) const STEP_CLOSE: Value = Value::small(4);

impl Vm {
    /// Pushes the frame of a root's innermost and hands it a value. The root is Created or Suspended.
    #[inline(always)]
    pub fn enter_generator(&mut self, root: Ref<Generator>, value: Value, then: Then, destination: u16) -> bool {
        let top = self.free_registers();
        let mut next = self.frame.wrapping_add(1);
        if next >= self.frames_end {
            if !self.grow_frames() {
                self.recursion_error();
                return false;
            }
            next = self.frame.wrapping_add(1);
        }
        let inner = root.innermost.get().unwrap_or(root);
        let function = inner.function;
        // SAFETY: `next` is below `frames_end`; the destination is one of the generator's registers.
        unsafe {
            (*next).pc = inner.pc.get();
            (*next).base = inner.base();
            (*next).function = Some(function);
            (*next).constants = function.code.get().constants.as_ptr();
            (*next).generator = Some(inner);
            (*next).extra = root.value();
            (*next).top = top;
            (*next).then = then;
            (*next).destination = destination;
            (*next).kind = FrameKind::Script;
            if inner.destination.get() != u16::MAX {
                *inner.base().add(inner.destination.get() as usize) = value;
            } else {
                inner.sent.set(value);
            }
        }
        // While it runs, all of its registers count.
        inner.live.set(inner.registers);
        root.state.set(State::Running);
        root.outer_handled.set(self.handled);
        let handled = inner.handled.get();
        if !handled.is_unbound() {
            self.handled = handled;
        }
        self.frame = next;
        true
    }

    /// Pops the frame of a generator that yields; its position is written back already. True if the frame below
    /// simply takes the value in its register.
    #[inline(always)]
    pub fn suspend_generator(&mut self) -> bool {
        let frame = self.top();
        let then = frame.then;
        let root = root_of(frame);
        root.state.set(State::Suspended);
        self.handled = root.outer_handled.get();
        if root.thrown_at().is_some() {
            return false;
        }
        self.frame = self.frame.wrapping_sub(1);
        matches!(then, Then::Loop | Then::Step)
    }

    /// After `suspend_generator` said no: hands on what was yielded.
    pub fn yielded(&mut self, value: Value) -> Flow {
        // A root that is thrown into still has its frame.
        let thrown = self.top().generator.is_some_and(|_| root_of(self.top()).thrown_at().is_some());
        if thrown && root_of(self.top()).state.get() == State::Suspended {
            if let Some(flow) = self.yielded_while_thrown() {
                return flow;
            }
        }
        // SAFETY: the frame just popped still stands there.
        let frame = unsafe { *self.frame.add(1) };
        self.deliver(frame.then, frame.destination, value)
    }

    /// Something at or below the level a throw has reached yielded. If the chain is being closed, that level ignored
    /// GeneratorExit; else, None, this is what the throw gives.
    fn yielded_while_thrown(&mut self) -> Option<Flow> {
        let root = root_of(self.top());
        let level = root.thrown_at().expect("it is thrown into");
        let delegator = level.delegator.get().expect("the level is below the root");
        self.end_throw(root);
        if root.closing().is_unbound() {
            self.frame = self.frame.wrapping_sub(1);
            return None;
        }
        self.unlink(level);
        // It does not begin to delegate anew: what fails is the Delegate before `pc`.
        // SAFETY: `unlink` has just moved it back from there.
        delegator.pc.set(unsafe { delegator.pc.get().add(1) });
        self.continue_with(delegator);
        root.state.set(State::Running);
        let kind = if level.header().layout() == LayoutId::COROUTINE { "coroutine" } else { "generator" };
        let stop = self.cx.runtime_error(format!("{kind} ignored GeneratorExit"));
        self.set_raising(stop);
        let ignored = self.raising;
        self.set_raised_context(ignored, root.outer_handled.get());
        root.set_thrown_at(&mut self.cx, Some(level));
        self.throw_rises(root, delegator);
        Some(Flow::Rises)
    }

    /// Cuts the link above a generator: it becomes a root, and its delegator the innermost of the rest, to
    /// delegate anew when it next runs.
    pub fn unlink(&mut self, generator: Ref<Generator>) {
        let Some(delegator) = generator.delegator.take() else { return };
        let root = delegator.root();
        let innermost = root.innermost.get();
        let mut below = 0;
        let mut link = generator;
        while let Some(next) = link.delegate.get() {
            link = next;
            below += 1;
        }
        generator.depth.set(below);
        root.depth.set(root.depth.get().saturating_sub(below + 1));
        generator.innermost.set(innermost.filter(|&innermost| innermost != generator));
        root.innermost.set((delegator != root).then_some(delegator));
        delegator.delegate.set(None);
        generator.inherit_handled(Value::UNBOUND);
        // SAFETY: a delegator stands after its Delegate, which has no caches.
        delegator.pc.set(unsafe { delegator.pc.get().sub(1) });
        delegator.destination.set(u16::MAX);
        delegator.is_delegating.set(true);
    }

    /// Makes the current frame, of one member of a chain, that of another.
    pub(super) fn continue_with(&mut self, generator: Ref<Generator>) {
        let function = generator.function;
        generator.live.set(generator.registers);
        let frame = self.top_mut();
        frame.generator = Some(generator);
        frame.pc = generator.pc.get();
        frame.base = generator.base();
        frame.function = Some(function);
        frame.constants = function.code.get().constants.as_ptr();
    }

    /// A generator's `return`.
    pub fn generator_returned(&mut self, value: Value) -> Flow {
        let generator = self.top().generator.expect("a generator returns");
        let root = root_of(self.top());
        self.close_frame_object(generator);
        generator.state.set(State::Closed);
        if self.cx.recorder.is_some() {
            self.record_end_of_generator(generator, Value::UNBOUND);
        }
        if generator != root {
            let thrown = root.thrown_at() == Some(generator);
            let delegator = self.move_up(generator, root);
            if thrown && !root.closing().is_unbound() {
                self.close_next(root, delegator);
                return Flow::Rises;
            }
            if thrown {
                self.move_throw(root, delegator);
            }
            self.set_register(delegator.destination.get(), value);
            return Flow::Entered;
        }
        self.handled = root.outer_handled.get();
        let (then, destination) = (self.top().then, self.top().destination);
        self.frame = self.frame.wrapping_sub(1);
        if root.header().layout() == LayoutId::ASYNC_GENERATOR {
            root.is_stepping.set(false);
            let stop = self.cx.error_with(LayoutId::STOP_ASYNC_ITERATION, &[]);
            return self.raise(stop);
        }
        self.deliver_end(then, destination, value)
    }

    /// The innermost has ended: its delegator goes on in its frame.
    fn move_up(&mut self, generator: Ref<Generator>, root: Ref<Generator>) -> Ref<Generator> {
        let delegator = generator.delegator.take().expect("only roots have no delegator");
        delegator.delegate.set(None);
        delegator.is_delegating.set(false);
        root.innermost.set((delegator != root).then_some(delegator));
        root.depth.set(root.depth.get().saturating_sub(1));
        self.continue_with(delegator);
        delegator
    }

    /// An exception leaves a generator. True: unwinding goes on in the frame that is current now; false: the frame
    /// was popped, and what it had to hand on goes by these.
    pub fn generator_failed(&mut self) -> Option<(Then, u16)> {
        let generator = self.top().generator.expect("a generator failed");
        let root = root_of(self.top());
        self.close_frame_object(generator);
        generator.state.set(State::Closed);
        self.forbid_stop_iteration(generator);
        if self.cx.recorder.is_some() {
            self.record_end_of_generator(generator, self.raising);
        }
        if generator != root {
            let thrown = root.thrown_at() == Some(generator);
            let delegator = self.move_up(generator, root);
            if thrown {
                let exits = !root.closing().is_unbound();
                match exits && self.cx.is_instance(self.raising, LayoutId::GENERATOR_EXIT) {
                    true => self.close_next(root, delegator),
                    false => self.throw_rises(root, delegator),
                }
            }
            return None;
        }
        root.is_stepping.set(false);
        self.handled = root.outer_handled.get();
        let frame = self.top();
        let result = (frame.then, frame.destination);
        self.frame = self.frame.wrapping_sub(1);
        Some(result)
    }

    /// PEP 479: a StopIteration that leaves a generator becomes a RuntimeError.
    fn forbid_stop_iteration(&mut self, generator: Ref<Generator>) {
        let exception = self.raising;
        let (kind, is_async) = match generator.header().layout() {
            LayoutId::COROUTINE => ("coroutine", false),
            LayoutId::ASYNC_GENERATOR => ("async generator", true),
            _ => ("generator", false),
        };
        let name = if self.cx.is_instance(exception, LayoutId::STOP_ITERATION) {
            "StopIteration"
        } else if is_async && self.cx.is_instance(exception, LayoutId::STOP_ASYNC_ITERATION) {
            "StopAsyncIteration"
        } else {
            return;
        };
        let stop = self.cx.runtime_error(format!("{kind} raised {name}"));
        self.set_raising(stop);
        let body = self.raising_body();
        body.cause.set(exception);
        body.context.set(exception);
        body.suppress_context.set(true);
    }

    /// What keeps a generator from being resumed, if anything does.
    fn hindrance(&mut self, generator: Ref<Generator>) -> Option<Stop> {
        let layout = generator.header().layout();
        if generator.is_running() {
            let what = match layout {
                LayoutId::COROUTINE => "coroutine already executing",
                LayoutId::ASYNC_GENERATOR => "async generator already executing",
                _ => "generator already executing",
            };
            return Some(self.cx.value_error(what));
        }
        if generator.delegator.get().is_some() {
            self.unlink(generator);
        }
        None
    }

    /// Sends a value into a generator, or steps it with None.
    pub fn step_generator(&mut self, generator: Ref<Generator>, value: Value, then: Then, destination: u16) -> Flow {
        if let Some(stop) = self.hindrance(generator) {
            return self.raise(stop);
        }
        match generator.state.get() {
            State::Closed if generator.header().layout() == LayoutId::COROUTINE => {
                let stop = self.cx.runtime_error("cannot reuse already awaited coroutine");
                return self.raise(stop);
            }
            State::Closed if generator.header().layout() == LayoutId::ASYNC_GENERATOR => {
                generator.is_stepping.set(false);
                let stop = self.cx.error_with(LayoutId::STOP_ASYNC_ITERATION, &[]);
                return self.raise(stop);
            }
            State::Closed => return Flow::Done(Value::UNBOUND),
            State::Created if !value.is_none() => {
                let kind = match generator.header().layout() {
                    LayoutId::COROUTINE => "coroutine",
                    LayoutId::ASYNC_GENERATOR => "async generator",
                    _ => "generator",
                };
                let stop = self.cx.type_error(format!("can't send non-None value to a just-started {kind}"));
                return self.raise(stop);
            }
            _ => {}
        }
        match self.enter_generator(generator, value, then, destination) {
            true => Flow::Entered,
            false => Flow::Raised,
        }
    }

    /// `generator.send(value)` as a call.
    pub fn send(&mut self, target: Value, value: Value, then: Then, destination: u16) -> Flow {
        if then == Then::Store {
            if let Some(generator) = target.get::<Generator>() {
                return match self.step_generator(generator, value, Then::Step, destination) {
                    Flow::Done(_) => {
                        self.raising = Exception::stop_iteration(&mut self.cx, Value::NONE);
                        Flow::Raised
                    }
                    flow => flow,
                };
            }
        }
        self.start_machine(Machine::Next, &[target, Value::UNBOUND, value], then, destination)
    }

    /// Throws an exception into a generator.
    pub fn throw(&mut self, generator: Ref<Generator>, exception: Value, then: Then, destination: u16) -> Flow {
        if let Some(stop) = self.hindrance(generator) {
            return self.raise(stop);
        }
        match generator.state.get() {
            State::Closed if generator.header().layout() == LayoutId::COROUTINE => {
                let stop = self.cx.runtime_error("cannot reuse already awaited coroutine");
                return self.raise(stop);
            }
            State::Created | State::Closed => {
                generator.state.set(State::Closed);
                self.raising = exception;
                self.thrown = exception;
                return Flow::Raised;
            }
            _ => {}
        }
        let closes = self.cx.is_instance(exception, LayoutId::GENERATOR_EXIT);
        let closing = if closes { exception } else { Value::UNBOUND };
        self.throw_down(generator, exception, closing, then, destination)
    }

    /// Throws into a suspended generator, closing the chain below it if `closing` is not UNBOUND.
    fn throw_down(
        &mut self,
        generator: Ref<Generator>,
        exception: Value,
        closing: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let inner = generator.innermost.get().unwrap_or(generator);
        if inner.is_delegating.get() {
            // What it delegates to is no generator: its own `throw` or `close` comes first.
            let slots = [generator.value(), exception, closing, delegate_of(inner)];
            return self.start_machine(Machine::Throw, &slots, then, destination);
        }
        let exception = match inner == generator || closing.is_unbound() {
            true => exception,
            false => self.new_generator_exit(),
        };
        self.throw_into_innermost(generator, exception, closing, then, destination)
    }

    fn throw_into_innermost(
        &mut self,
        generator: Ref<Generator>,
        exception: Value,
        closing: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let inner = generator.innermost.get().unwrap_or(generator);
        if inner.is_delegating.get() && inner.delegate.get().is_none() {
            if self.cx.is_instance(exception, LayoutId::STOP_ITERATION) {
                // Whoever raises it there ends the delegation.
                let value = exception.get::<Exception>().map_or(Value::NONE, |body| body.value.get());
                return self.go_on_after_delegate(generator, value, then, destination);
            }
            inner.is_delegating.set(false);
            if self.at_delegate(inner) {
                // SAFETY: it stands at its Delegate, and the handlers are found by the word before `pc`.
                inner.pc.set(unsafe { inner.pc.get().add(1) });
            }
        }
        // Nothing is sent: the register keeps what it holds.
        inner.destination.set(u16::MAX);
        if !self.enter_generator(generator, Value::NONE, then, destination) {
            return Flow::Raised;
        }
        if self.cx.recorder.is_some() {
            self.record_throw(inner);
        }
        // What raises is the frame just entered, above whoever asked.
        self.raising = exception;
        self.begin_throw(generator, inner, closing);
        Flow::Rises
    }

    /// Does a suspended generator stand at (and not after) a Delegate?
    fn at_delegate(&self, generator: Ref<Generator>) -> bool {
        // SAFETY: a suspended generator's `pc` is inside its code.
        let instruction = Instruction(unsafe { (*generator.pc.get()).get() });
        instruction.0 as u8 == Opcode::Delegate as u8
    }

    // slots: 0 generator, 1 exception, 2 what closes the chain or UNBOUND, 3 the delegate, 4 its method
    pub(super) fn step_throw(&mut self, input: Input) -> Next {
        let generator: Ref<Generator> = self.slot(0).get().expect("a generator");
        let (exception, closes, delegate) = (self.slot(1), !self.slot(2).is_unbound(), self.slot(3));
        generator.state.set(State::Suspended);
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                // Until the delegate has had its say nobody else may resume the generator.
                generator.state.set(State::Running);
                let name = if closes { "close" } else { "throw" };
                let name = self.cx.intern(name);
                if let Some(step) = delegate.get::<Await>() {
                    return Next::Called(match closes {
                        true => self.close_await(step, Then::Machine, 0),
                        false => self.throw_await(step, exception, Then::StepMachine, 0),
                    });
                }
                Next::Called(self.get_attribute_default(delegate, name, self.cx.ellipsis, Then::Machine, 0))
            }
            (1, Input::Value(method)) if !delegate.is::<Await>() && self.slot(4).is_unbound() => {
                self.set_slot(4, method);
                if method == self.cx.ellipsis {
                    return self.throw_given(generator, exception);
                }
                let args: &[Value] = if closes { &[] } else { &[exception] };
                generator.state.set(State::Running);
                Next::Called(self.call_plain(method, args, Then::StepMachine, 0))
            }
            (1, Input::Value(_)) if closes => self.throw_given(generator, exception),
            (1, Input::Value(item)) => Next::Return(item),
            (1, Input::End(value)) if !closes => self.replaced_by_end(generator, value),
            (1, Input::End(_)) => self.throw_given(generator, exception),
            (1, Input::Error(raised)) if self.cx.is_instance(raised, LayoutId::STOP_ITERATION) => {
                let value = raised.get::<Exception>().map_or(Value::NONE, |body| body.value.get());
                self.replaced_by_end(generator, value)
            }
            (1, Input::Error(raised)) => self.throw_on(generator, raised),
            _ => unreachable!("throwing has two steps"),
        }
    }

    /// The delegate has nothing against it: what was thrown rises in the innermost, which gets a GeneratorExit of
    /// its own if the chain is being closed.
    fn throw_given(&mut self, generator: Ref<Generator>, exception: Value) -> Next {
        let is_root = generator.innermost.get().is_none_or(|inner| inner == generator);
        let exception = if is_root || self.slot(2).is_unbound() { exception } else { self.new_generator_exit() };
        self.throw_on(generator, exception)
    }

    /// The delegate has had its say: the exception rises in the generator itself, in the machine's place.
    fn throw_on(&mut self, generator: Ref<Generator>, exception: Value) -> Next {
        let closing = self.slot(2);
        let (then, destination) = self.pop_frame();
        let then = if then == Then::Store { Then::Step } else { then };
        let flow = self.throw_into_innermost(generator, exception, closing, then, destination);
        Next::Replaced(flow, Then::Discard, 0)
    }

    /// The delegate ended when thrown into, in the machine's place.
    fn replaced_by_end(&mut self, generator: Ref<Generator>, value: Value) -> Next {
        let (then, destination) = self.pop_frame();
        let then = if then == Then::Store { Then::Step } else { then };
        Next::Replaced(self.go_on_after_delegate(generator, value, then, destination), Then::Discard, 0)
    }

    /// The delegate ended when thrown into: its value is that of `yield from`.
    fn go_on_after_delegate(&mut self, generator: Ref<Generator>, value: Value, then: Then, destination: u16) -> Flow {
        let inner = generator.innermost.get().unwrap_or(generator);
        inner.is_delegating.set(false);
        if self.at_delegate(inner) {
            // SAFETY: what follows the Delegate is inside the code.
            unsafe {
                inner.destination.set(Instruction((*inner.pc.get()).get()).b());
                inner.pc.set(inner.pc.get().add(1));
            }
        }
        match self.enter_generator(generator, value, then, destination) {
            true => {
                self.begin_level(generator, inner, Value::UNBOUND);
                Flow::Entered
            }
            false => Flow::Raised,
        }
    }

    /// `generator.close()`
    pub fn close(&mut self, generator: Ref<Generator>, then: Then, destination: u16) -> Flow {
        if let Some(stop) = self.hindrance(generator) {
            return self.raise(stop);
        }
        match generator.state.get() {
            State::Created => {
                generator.state.set(State::Closed);
                Flow::Done(Value::NONE)
            }
            State::Closed => Flow::Done(Value::NONE),
            _ => self.start_machine(Machine::Closing, &[generator.value(), CLOSE], then, destination),
        }
    }

    // slots: 0 generator, 1 which step, 2 what is sent or thrown in, UNBOUND where it begins
    pub(super) fn step_closing(&mut self, input: Input) -> Next {
        let generator: Ref<Generator> = self.slot(0).get().expect("a generator");
        let closing = self.slot(1);
        let awaits = closing == ACLOSE_SEND || closing == ACLOSE_THROW;
        let is_async = generator.header().layout() == LayoutId::ASYNC_GENERATOR;
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                let given = self.slot(2);
                Next::Called(match given.is_unbound() {
                    false if closing == ACLOSE_SEND => self.step_generator(generator, given, Then::StepMachine, 0),
                    false => self.throw(generator, given, Then::StepMachine, 0),
                    true if closing == CLOSE => {
                        let exit = self.new_generator_exit();
                        self.throw_down(generator, exit, Value::NONE, Then::StepMachine, 0)
                    }
                    true => {
                        let args = self.cx.empty_tuple;
                        let exit = Exception::allocate(&mut self.cx, LayoutId::GENERATOR_EXIT, args);
                        self.throw(generator, exit, Then::StepMachine, 0)
                    }
                })
            }
            (_, Input::Value(value)) if awaits => Next::Return(value),
            (_, Input::Value(_)) => {
                let kind = match generator.header().layout() {
                    LayoutId::GENERATOR => "generator",
                    LayoutId::ASYNC_GENERATOR if closing == CLOSE => "async generator",
                    _ => "coroutine",
                };
                let stop = self.cx.runtime_error(format!("{kind} ignored GeneratorExit"));
                self.raise_next(stop)
            }
            (_, Input::End(value)) if closing == CLOSE && !is_async => Next::Return(value),
            (_, Input::End(_)) if closing == STEP_CLOSE => Next::Return(Value::NONE),
            (_, Input::End(_)) => {
                let stop = self.cx.runtime_error("async generator ignored GeneratorExit");
                self.raise_next(stop)
            }
            (_, Input::Error(exception)) => {
                if closing != CLOSE {
                    generator.is_stepping.set(false);
                }
                let quiet = self.cx.is_instance(exception, LayoutId::GENERATOR_EXIT)
                    || closing != CLOSE && self.cx.is_instance(exception, LayoutId::STOP_ASYNC_ITERATION);
                match quiet {
                    true if awaits => Next::Ended,
                    true => Next::Return(Value::NONE),
                    false => Next::Raise(exception),
                }
            }
            (_, Input::Start) => unreachable!("started once"),
        }
    }
}

/// The root whose chain a generator's frame runs.
#[inline(always)]
pub(super) fn root_of(frame: &Frame) -> Ref<Generator> {
    match frame.extra.header() {
        Some(header) => Ref::from_header(header),
        None => unreachable!("a generator's frame names its root"),
    }
}

/// What a suspended generator delegates to where that is no generator.
pub fn delegate_of(generator: Ref<Generator>) -> Value {
    // SAFETY: a suspended generator stands at or after its Delegate.
    let instruction = unsafe {
        let here = Instruction((*generator.pc.get()).get());
        if here.0 as u8 == Opcode::Delegate as u8 { here } else { Instruction((*generator.pc.get().sub(1)).get()) }
    };
    generator.register(instruction.c() as usize)
}
