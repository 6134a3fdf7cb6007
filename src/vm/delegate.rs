//! `yield from` and `await`: linking a generator to the one it delegates to, and stepping what is no generator.
#![allow(unsafe_code)]

use crate::object::frame::Then;
use crate::object::future::{self, Future};
use crate::object::generator::{Advance, Await, AwaitKind, Generator, Resumed, State};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::Machine;
use crate::vm::switch::root_of;

impl Vm {
    /// The instruction Delegate: `yield from` and `await`.
    pub fn delegate(&mut self, target: Value, destination: u16, live: u16) -> Flow {
        let generator = self.top().generator.expect("only generators delegate");
        let value = match generator.is_delegating.get() {
            true => generator.sent.get(),
            false => Value::NONE,
        };
        generator.destination.set(destination);
        generator.live.set(live);
        generator.pc.set(self.top().pc);
        if let Some(inner) = target.get::<Generator>() {
            if inner.header().layout() != LayoutId::ASYNC_GENERATOR {
                return self.link(generator, inner, value);
            }
        }
        let is_first = !generator.is_delegating.replace(true);
        if let Some(future) = target.get::<Future>() {
            return self.await_future(generator, future, is_first);
        }
        if let Some(step) = target.get::<Await>()
            && step.kind == AwaitKind::Native
        {
            return self.await_native(generator, step);
        }
        let flow = if let Some(step) = target.get::<Await>() {
            self.step_await(step, value, Then::Instruction, 0)
        } else if value.is_none() {
            self.next_item(target, Then::Instruction, 0)
        } else {
            let name = self.cx.names.send;
            self.start_machine(Machine::Next, &[target, Value::UNBOUND, value, name], Then::Instruction, 0)
        };
        match flow {
            Flow::Done(Value::UNBOUND) => {
                generator.is_delegating.set(false);
                Flow::Done(Value::NONE)
            }
            Flow::Done(item) => self.delegate_yielded(item),
            Flow::Raised if self.cx.is_instance(self.raising, LayoutId::STOP_ITERATION) => {
                let value = self.raising_body().value.get();
                self.take_raising();
                generator.is_delegating.set(false);
                Flow::Done(value)
            }
            Flow::Raised => {
                generator.is_delegating.set(false);
                Flow::Raised
            }
            flow => flow,
        }
    }

    /// `await future`: a step without an object in between. A pending future goes to whoever drives the root.
    fn await_future(&mut self, generator: Ref<Generator>, future: Ref<Future>, is_first: bool) -> Flow {
        if is_first && !future.is_done() {
            future.set(Future::BLOCKING);
            return self.delegate_yielded(future.value());
        }
        generator.is_delegating.set(false);
        match self.wait_outcome(future) {
            Ok(value) => Flow::Done(value),
            Err(stop) => self.raise(stop),
        }
    }

    /// `await` of a native coroutine.
    fn await_native(&mut self, generator: Ref<Generator>, step: Ref<Await>) -> Flow {
        match self.advance(step, Value::UNBOUND) {
            Ok(Advance::Yield(value)) => self.delegate_yielded(value),
            Ok(Advance::Wait(future)) => {
                future.set(Future::BLOCKING);
                self.delegate_yielded(future.value())
            }
            Ok(Advance::Return(value)) => {
                generator.is_delegating.set(false);
                Flow::Done(value)
            }
            Err(stop) => {
                generator.is_delegating.set(false);
                self.raise(stop)
            }
        }
    }

    /// One step of a native coroutine, in which `thrown` is raised if it is not UNBOUND.
    pub(super) fn advance(&mut self, step: Ref<Await>, thrown: Value) -> Result<Advance, Stop> {
        let native = step.native.expect("only native coroutines advance");
        if step.state.get() == State::Closed {
            return Err(self.cx.runtime_error("cannot reuse already awaited coroutine"));
        }
        step.state.set(State::Suspended);
        let frame = self.top();
        let root = if frame.generator.is_some() { root_of(frame).value() } else { step.value() };
        let task = self.task_of(root);
        let advance = (native.step)(&mut self.cx, step, Resumed { thrown, task });
        if !matches!(advance, Ok(Advance::Yield(_) | Advance::Wait(_))) {
            step.state.set(State::Closed);
        }
        advance
    }

    /// Delegation to a generator or coroutine: they become one chain.
    fn link(&mut self, generator: Ref<Generator>, inner: Ref<Generator>, value: Value) -> Flow {
        let is_coroutine = inner.header().layout() == LayoutId::COROUTINE;
        if inner.is_running() {
            generator.is_delegating.set(false);
            let kind = if is_coroutine { "coroutine" } else { "generator" };
            let stop = self.cx.value_error(format!("{kind} already executing"));
            return self.raise(stop);
        }
        if inner.delegator.get().is_some() {
            self.unlink(inner);
        }
        if inner.state.get() == State::Closed {
            generator.is_delegating.set(false);
            if is_coroutine {
                let stop = self.cx.runtime_error("cannot reuse already awaited coroutine");
                return self.raise(stop);
            }
            return Flow::Done(Value::NONE);
        }
        if inner.state.get() == State::Created && !value.is_none() {
            generator.is_delegating.set(false);
            let stop = self.cx.type_error("can't send non-None value to a just-started generator");
            return self.raise(stop);
        }
        let root = root_of(self.top());
        generator.is_delegating.set(false);
        let depth = root.depth.get() + inner.depth.get() + 1;
        if self.depth() + depth as usize > self.recursion_limit {
            // A chain needs no deeper stack, but what would recurse in Python is bounded alike.
            self.recursion_error();
            return Flow::Raised;
        }
        root.depth.set(depth);
        inner.depth.set(0);
        generator.delegate.set(Some(inner));
        inner.delegator.set(Some(generator));
        inner.state.set(State::Suspended);
        let innermost = inner.innermost.take().unwrap_or(inner);
        root.innermost.set(Some(innermost));
        inner.inherit_handled(generator.handled.get());
        self.continue_with(innermost);
        if innermost.destination.get() != u16::MAX {
            self.set_register(innermost.destination.get(), value);
        } else {
            innermost.sent.set(value);
        }
        let handled = innermost.handled.get();
        if !handled.is_unbound() {
            self.handled = handled;
        }
        self.cx.fuel -= 1;
        Flow::Entered
    }

    /// What a delegate that is no generator yields goes to whoever resumed the root.
    pub fn delegate_yielded(&mut self, value: Value) -> Flow {
        let generator = self.top().generator.expect("only generators delegate");
        // The Delegate itself is next: it sends on what comes in.
        // SAFETY: the frame stands after its Delegate, which has no caches.
        generator.pc.set(unsafe { self.top().pc.sub(1) });
        generator.destination.set(u16::MAX);
        if self.suspend_generator() {
            // SAFETY: the frame just popped still stands there.
            let destination = unsafe { (*self.frame.add(1)).destination };
            self.set_register(destination, value);
            return Flow::Entered;
        }
        self.yielded(value)
    }

    /// The delegate that is no generator has ended with a value.
    pub fn delegate_ended(&mut self, value: Value) -> Flow {
        let generator = self.top().generator.expect("only generators delegate");
        generator.is_delegating.set(false);
        let destination = self.instruction().b();
        self.set_register(destination, value);
        Flow::Entered
    }

    /// The iterator `yield from` delegates to.
    pub fn get_delegate(&mut self, value: Value, destination: u16) -> Flow {
        if let Some(generator) = value.get::<Generator>() {
            let inside_coroutine = || {
                let own = self.top().generator.expect("only generators delegate");
                own.header().layout() == LayoutId::COROUTINE || own.function.is_coroutine.get()
            };
            return match generator.header().layout() {
                LayoutId::GENERATOR => Flow::Done(value),
                LayoutId::COROUTINE if inside_coroutine() => Flow::Done(value),
                LayoutId::COROUTINE => {
                    let stop =
                        self.cx.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator");
                    self.raise(stop)
                }
                _ => self.get_iterator(value, Then::Store, destination),
            };
        }
        if future::awaited(&mut self.cx, value).is_some() {
            return Flow::Done(value);
        }
        if value.header().is_some_and(|header| header.layout() == LayoutId::NATIVE_COROUTINE) {
            let own = self.top().generator.expect("only generators delegate");
            if own.header().layout() == LayoutId::COROUTINE || own.function.is_coroutine.get() {
                return self.check_not_awaited(value);
            }
            let stop = self.cx.type_error("cannot 'yield from' a coroutine object in a non-coroutine generator");
            return self.raise(stop);
        }
        self.get_iterator(value, Then::Store, destination)
    }

    /// A coroutine is awaited by one only.
    fn check_not_awaited(&mut self, value: Value) -> Flow {
        let is_awaited = value
            .get::<Await>()
            .is_some_and(|step| step.kind == AwaitKind::Native && step.state.get() == State::Suspended);
        if is_awaited {
            let stop = self.cx.runtime_error("coroutine is being awaited already");
            return self.raise(stop);
        }
        Flow::Done(value)
    }

    /// The iterator `await` delegates to.
    pub fn get_awaitable(&mut self, value: Value, who: u8, destination: u16) -> Flow {
        if let Some(generator) = value.get::<Generator>() {
            match generator.header().layout() {
                LayoutId::COROUTINE => {
                    if generator.state.get() == State::Suspended && !generator.is_running() {
                        let stop = self.cx.runtime_error("coroutine is being awaited already");
                        return self.raise(stop);
                    }
                    return Flow::Done(value);
                }
                LayoutId::GENERATOR if generator.function.is_coroutine.get() => return Flow::Done(value),
                _ => {}
            }
        }
        if value.get::<Await>().is_some_and(|step| step.kind != AwaitKind::Coroutine) {
            return self.check_not_awaited(value);
        }
        if future::awaited(&mut self.cx, value).is_some() {
            return Flow::Done(value);
        }
        self.awaitable_iterator(value, who, Then::Store, destination)
    }

    /// What `__await__` gives for a value; `who` asks for it is said if there is none.
    pub(super) fn awaitable_iterator(&mut self, value: Value, who: u8, then: Then, destination: u16) -> Flow {
        let name = self.cx.names.__await__;
        if self.cx.special(value, name).is_none_or(|method| method.is_none()) {
            let found = self.cx.type_name(value);
            let message = match who {
                1 => format!(
                    "'async with' received an object from __aenter__ that does not implement __await__: {found}"
                ),
                2 => {
                    format!("'async with' received an object from __aexit__ that does not implement __await__: {found}")
                }
                3 => format!("'async for' received an invalid object from __anext__: {found}"),
                _ => format!("'{found}' object can't be awaited"),
            };
            let stop = self.cx.type_error(message);
            self.set_raising(stop);
            if who == 3 {
                let message = format!("'{found}' object can't be awaited");
                let stop = self.cx.type_error(message);
                self.set_cause_of_raised(stop);
            }
            return Flow::Raised;
        }
        let check = crate::object::native::Check::Iterator;
        self.special_checked(value, name, &[], check, then, destination)
    }
}
