//! Async generators: their steps as awaitables, `asend`, `athrow`, `aclose`, and `anext` with a default.
#![allow(unsafe_code)]

use crate::object::exception::Exception;
use crate::object::frame::Then;
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, AwaitKind, Generator, State};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};
use crate::vm::switch::{ACLOSE_CLOSE, ACLOSE_SEND, ACLOSE_THROW, STEP_CLOSE, root_of};

impl Vm {
    /// `yield` in an async generator: the step that runs it ends with the value.
    pub fn async_yield(&mut self, value: Value) -> Flow {
        let (then, destination) = (self.top().then, self.top().destination);
        let root = root_of(self.top());
        root.state.set(State::Suspended);
        self.handled = root.outer_handled.get();
        root.is_stepping.set(false);
        self.frame = self.frame.wrapping_sub(1);
        self.deliver_end(then, destination, value)
    }

    /// One step of an awaitable that stands for a step of something else.
    pub fn step_await(&mut self, step: Ref<Await>, value: Value, then: Then, destination: u16) -> Flow {
        if step.kind == AwaitKind::Coroutine {
            return match step.target.get::<Await>() {
                Some(native) => self.step_await(native, value, then, destination),
                None => {
                    let coroutine: Ref<Generator> = step.target.get().expect("a coroutine");
                    self.step_generator(coroutine, value, then, destination)
                }
            };
        }
        if step.kind == AwaitKind::Default {
            let how = if value.is_none() { Value::NONE } else { self.cx.names.send };
            return self.start_default(step, value, how, then, destination);
        }
        if step.kind == AwaitKind::Native {
            return self.step_native(step, Value::UNBOUND);
        }
        if step.kind == AwaitKind::Future {
            return self.step_future_iterator(step);
        }
        let generator: Ref<Generator> = step.target.get().expect("an async generator");
        let is_new = match self.take_up(step, generator) {
            Ok(is_new) => is_new,
            Err(stop) => return self.raise(stop),
        };
        let is_send = step.kind == AwaitKind::Send;
        if !is_send && generator.state.get() == State::Closed {
            step.state.set(State::Closed);
            return Flow::Done(Value::UNBOUND);
        }
        if is_new {
            if !is_send && (generator.is_aclosed.get() || !value.is_none()) {
                let stop = match generator.is_aclosed.get() {
                    true => {
                        step.state.set(State::Closed);
                        self.cx.error_with(LayoutId::STOP_ASYNC_ITERATION, &[])
                    }
                    false => self.cx.runtime_error("can't send non-None value to a just-started coroutine"),
                };
                return self.raise(stop);
            }
            step.state.set(State::Suspended);
            let value = if value.is_none() && is_send { step.value.get() } else { value };
            return self.begin_await(step, generator, value, then, destination);
        }
        if step.kind == AwaitKind::Close {
            let slots = [generator.value(), ACLOSE_SEND, value];
            return self.start_machine(Machine::Closing, &slots, then, destination);
        }
        self.step_generator(generator, value, then, destination)
    }

    /// One step of a native coroutine that is driven by hand, or by its task.
    fn step_native(&mut self, step: Ref<Await>, thrown: Value) -> Flow {
        match self.advance(step, thrown) {
            Ok(Advance::Yield(value)) => Flow::Done(value),
            Ok(Advance::Wait(future)) => {
                future.set(Future::BLOCKING);
                Flow::Done(future.value())
            }
            Ok(Advance::Return(value)) => {
                self.raising = Exception::stop_iteration(&mut self.cx, value);
                Flow::Raised
            }
            Err(stop) => self.raise(stop),
        }
    }

    /// One step of `future.__await__()`.
    fn step_future_iterator(&mut self, step: Ref<Await>) -> Flow {
        let future: Ref<Future> = step.target.get().expect("a future");
        if step.state.get() == State::Created && !future.is_done() {
            step.state.set(State::Suspended);
            future.set(Future::BLOCKING);
            return Flow::Done(future.value());
        }
        step.state.set(State::Closed);
        match self.wait_outcome(future) {
            Ok(value) => {
                self.raising = Exception::stop_iteration(&mut self.cx, value);
                Flow::Raised
            }
            Err(stop) => self.raise(stop),
        }
    }

    /// Whether an awaitable has not begun yet; an error if it is over, or if another step is under way.
    fn take_up(&mut self, step: Ref<Await>, generator: Ref<Generator>) -> Result<bool, Stop> {
        let is_stepping = generator.is_stepping.get();
        let is_new = step.state.get() == State::Created;
        if !is_new && !is_under_way(step, generator) {
            step.state.set(State::Closed);
            return Err(self.cx.runtime_error(match step.kind {
                AwaitKind::Send => "cannot reuse already awaited __anext__()/asend()",
                _ => "cannot reuse already awaited aclose()/athrow()",
            }));
        }
        if is_new && is_stepping {
            step.state.set(State::Closed);
            let name = match step.kind {
                AwaitKind::Send => "anext",
                AwaitKind::Throw => "athrow",
                _ => "aclose",
            };
            return Err(self.cx.runtime_error(format!("{name}(): asynchronous generator is already running")));
        }
        if is_new {
            generator.set_stepper(&mut self.cx, step.value());
        }
        Ok(is_new)
    }

    fn begin_await(
        &mut self,
        step: Ref<Await>,
        generator: Ref<Generator>,
        value: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        match step.kind {
            AwaitKind::Send => {
                generator.is_stepping.set(true);
                match self.step_generator(generator, value, then, destination) {
                    Flow::Raised => {
                        generator.is_stepping.set(false);
                        Flow::Raised
                    }
                    flow => flow,
                }
            }
            AwaitKind::Throw => {
                generator.is_stepping.set(generator.state.get() != State::Created);
                let exception = step.value.get();
                self.throw(generator, exception, then, destination)
            }
            _ => {
                generator.is_aclosed.set(true);
                if generator.state.get() == State::Created {
                    generator.state.set(State::Closed);
                    return Flow::Done(Value::UNBOUND);
                }
                generator.is_stepping.set(true);
                self.start_machine(Machine::Closing, &[generator.value(), ACLOSE_SEND], then, destination)
            }
        }
    }

    /// `anext(iterator, default)`: the end of the inner awaitable by StopAsyncIteration is its end with the default.
    /// `how` is None to send a value into it, else the name of the method to call.
    fn start_default(&mut self, step: Ref<Await>, value: Value, how: Value, then: Then, destination: u16) -> Flow {
        self.start_machine(Machine::Default, &[step.target, step.value.get(), value, how], then, destination)
    }

    // slots: 0 the inner awaitable, then its iterator, 1 the default, 2 what is sent or thrown, or UNBOUND, 3 the
    // name of the method for it, None for a step
    pub(super) fn step_default(&mut self, input: Input) -> Next {
        let (inner, how) = (self.slot(0), self.slot(3));
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                Next::Called(self.awaited_iterator(inner))
            }
            (1, Input::Value(iterator)) => {
                self.set_slot(0, iterator);
                self.go_to(2);
                Next::Called(self.begin_default(iterator, self.slot(2), how))
            }
            (2, Input::Value(method)) if !how.is_none() && !is_stepped(inner) => {
                self.go_to(3);
                let value = self.slot(2);
                let args: &[Value] = if value.is_unbound() { &[] } else { &[value] };
                Next::Called(self.call_plain(method, args, Then::StepMachine, 0))
            }
            (_, Input::Value(item)) => Next::Return(item),
            (_, Input::End(value)) => Next::Raise(Exception::stop_iteration(&mut self.cx, value)),
            (_, Input::Error(exception)) if self.cx.is_instance(exception, LayoutId::STOP_ASYNC_ITERATION) => {
                let default = self.slot(1);
                Next::Raise(Exception::stop_iteration(&mut self.cx, default))
            }
            (_, Input::Error(exception)) => Next::Raise(exception),
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    /// The iterator of what `anext` with a default awaits, for the machine that runs.
    fn awaited_iterator(&mut self, awaitable: Value) -> Flow {
        if is_stepped(awaitable) {
            return Flow::Done(awaitable);
        }
        self.awaitable_iterator(awaitable, 0, Then::Machine, 0)
    }

    /// Steps the iterator, or finds the method to call.
    fn begin_default(&mut self, iterator: Value, value: Value, how: Value) -> Flow {
        let then = Then::StepMachine;
        let (closes, throws) = (value.is_unbound(), how == self.cx.intern("throw"));
        if let Some(generator) = iterator.get::<Generator>() {
            return match (closes, throws) {
                (true, _) => self.close(generator, Then::Machine, 0),
                (_, true) => self.throw(generator, value, then, 0),
                _ => self.step_generator(generator, value, then, 0),
            };
        }
        if let Some(step) = iterator.get::<Await>() {
            return match (closes, throws) {
                (true, _) => self.close_await(step, Then::Machine, 0),
                (_, true) => self.throw_await(step, value, then, 0),
                _ => self.step_await(step, value, then, 0),
            };
        }
        match how.is_none() {
            true => self.next_item(iterator, then, 0),
            false => self.load_attribute(iterator, how, Then::Machine, 0),
        }
    }

    /// Throws into an awaitable that stands for a step.
    pub fn throw_await(&mut self, step: Ref<Await>, exception: Value, then: Then, destination: u16) -> Flow {
        if step.kind == AwaitKind::Default {
            let how = self.cx.intern("throw");
            return self.start_default(step, exception, how, then, destination);
        }
        if let (AwaitKind::Coroutine, Some(native)) = (step.kind, step.target.get::<Await>()) {
            return self.throw_await(native, exception, then, destination);
        }
        if let (AwaitKind::Native, State::Suspended) = (step.kind, step.state.get()) {
            return self.step_native(step, exception);
        }
        if let AwaitKind::Native | AwaitKind::Future = step.kind {
            if let (AwaitKind::Native, State::Closed) = (step.kind, step.state.get()) {
                let stop = self.cx.runtime_error("cannot reuse already awaited coroutine");
                return self.raise(stop);
            }
            step.state.set(State::Closed);
            self.raising = exception;
            self.thrown = exception;
            return Flow::Raised;
        }
        let generator: Ref<Generator> = step.target.get().expect("what is awaited is a generator");
        if step.kind == AwaitKind::Coroutine {
            return self.throw(generator, exception, then, destination);
        }
        match self.take_up(step, generator) {
            Ok(true) => {
                step.state.set(State::Suspended);
                generator.is_stepping.set(true);
            }
            Ok(false) => {}
            Err(stop) => return self.raise(stop),
        }
        if step.kind == AwaitKind::Close {
            let slots = [generator.value(), ACLOSE_THROW, exception];
            return self.start_machine(Machine::Closing, &slots, then, destination);
        }
        let flow = self.throw(generator, exception, then, destination);
        if let Flow::Raised = flow {
            if !generator.is_running() {
                generator.is_stepping.set(false);
            }
        }
        flow
    }

    /// Closes an awaitable that stands for a step.
    pub fn close_await(&mut self, step: Ref<Await>, then: Then, destination: u16) -> Flow {
        if step.kind == AwaitKind::Coroutine {
            return match step.target.get::<Await>() {
                Some(native) => self.close_await(native, then, destination),
                None => {
                    let coroutine: Ref<Generator> = step.target.get().expect("a coroutine");
                    self.close(coroutine, then, destination)
                }
            };
        }
        if step.kind == AwaitKind::Default {
            let how = self.cx.intern("close");
            return self.start_default(step, Value::UNBOUND, how, then, destination);
        }
        if let AwaitKind::Native | AwaitKind::Future = step.kind {
            return self.close_native(step);
        }
        let generator: Ref<Generator> = step.target.get().expect("what is awaited is a generator");
        let is_new = step.state.get() == State::Created;
        if !is_new && !is_under_way(step, generator) {
            step.state.set(State::Closed);
            return Flow::Done(Value::NONE);
        }
        if let Err(stop) = self.take_up(step, generator) {
            return self.raise(stop);
        }
        step.state.set(State::Suspended);
        if generator.state.get() != State::Suspended {
            generator.state.set(State::Closed);
            return Flow::Done(Value::NONE);
        }
        generator.is_stepping.set(true);
        let closing = if step.kind == AwaitKind::Close { ACLOSE_CLOSE } else { STEP_CLOSE };
        self.start_machine(Machine::Closing, &[generator.value(), closing], then, destination)
    }

    fn close_native(&mut self, step: Ref<Await>) -> Flow {
        if let (AwaitKind::Native, State::Suspended) = (step.kind, step.state.get()) {
            let exit = self.new_generator_exit();
            match self.advance(step, exit) {
                Err(Stop::Raise(raised)) if !self.cx.is_instance(raised, LayoutId::GENERATOR_EXIT) => {
                    return self.raise(Stop::Raise(raised));
                }
                Ok(Advance::Yield(_) | Advance::Wait(_)) => {
                    let stop = self.cx.runtime_error("coroutine ignored GeneratorExit");
                    return self.raise(stop);
                }
                _ => {}
            }
        }
        step.state.set(State::Closed);
        Flow::Done(Value::NONE)
    }

    /// `aiter` for `async for`.
    pub fn get_async_iterator(&mut self, value: Value, destination: u16) -> Flow {
        let names = self.cx.names;
        if value.get::<Generator>().is_some_and(|g| g.header().layout() == LayoutId::ASYNC_GENERATOR) {
            return Flow::Done(value);
        }
        match self.call_special(value, names.__aiter__, &[], Then::Store, destination) {
            Some(flow) => flow,
            None => {
                let found = self.cx.type_name(value);
                let message = format!("'async for' requires an object with __aiter__ method, got {found}");
                let stop = self.cx.type_error(message);
                self.raise(stop)
            }
        }
    }

    /// The awaitable of the next step of `async for`, as what `await` delegates to.
    pub fn get_async_next(&mut self, value: Value, destination: u16) -> Flow {
        let own = value.get::<Generator>().filter(|own| own.header().layout() == LayoutId::ASYNC_GENERATOR);
        if let Some(own) = own {
            if own.wants_first_hook(&self.cx) {
                return self.call_half("async_generator___anext__", &[value], Then::Store, destination);
            }
            own.begin_hooks(&mut self.cx);
            return Flow::Done(self.new_await(AwaitKind::Send, value, Value::NONE));
        }
        if self.cx.special(value, self.cx.names.__anext__).is_none() {
            let found = self.cx.type_name(value);
            let message =
                format!("'async for' received an object from __aiter__ that does not implement __anext__: {found}");
            let stop = self.cx.type_error(message);
            return self.raise(stop);
        }
        self.start_machine(Machine::Match, &[Value::small(3), value], Then::Store, destination)
    }

    /// An awaitable for one step.
    pub fn new_await(&mut self, kind: AwaitKind, target: Value, value: Value) -> Value {
        Await::allocate(&mut self.cx, kind, target, value)
    }
}

/// Is this awaitable the step of its async generator that is under way?
fn is_under_way(step: Ref<Await>, generator: Ref<Generator>) -> bool {
    step.state.get() == State::Suspended && generator.is_stepping.get() && generator.stepper() == step.value()
}

/// Is this stepped without a call of `__await__`?
fn is_stepped(value: Value) -> bool {
    match value.get::<Generator>() {
        Some(own) => own.header().layout() == LayoutId::COROUTINE || own.function.is_coroutine.get(),
        None => value.is::<Await>(),
    }
}
