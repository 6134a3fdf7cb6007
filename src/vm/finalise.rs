//! Finalisers: `__del__`, the pending `finally` of dropped generators, and weak reference callbacks.
//!
//! They run between two instructions of the frame they interrupt, one after the other; what they raise is reported
//! and goes no further.

use crate::object::frame::Then;
use crate::object::future::Future;
use crate::object::generator::{Await, Generator, State};
use crate::object::greenlet::Greenlet;
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// The steps of running what is pending.
const RUNS: u16 = 0;
const REPORTS: u16 = 1;

/// Has an object that is registered for its end something to do then?
pub fn has_something_to_do(header: &Header) -> bool {
    let object = Value::from_header(header);
    if header.has(Header::FINALISED) {
        return false;
    }
    match header.kind() {
        // Nobody can go on with it: what it has begun is ended, and it is missed if it has not begun.
        Kind::Generator => {
            let generator: Ref<Generator> = Ref::from_header(header);
            match generator.state.get() {
                State::Suspended => generator.delegator.get().is_none(),
                State::Created => header.layout() == LayoutId::COROUTINE,
                _ => false,
            }
        }
        Kind::Greenlet => object
            .get::<Greenlet>()
            .is_some_and(|greenlet| greenlet.awaits_del.get() || greenlet.state.get() == State::Suspended),
        Kind::Await => object.get::<Await>().is_some_and(|step| step.state.get() == State::Created),
        _ => true,
    }
}

impl Vm {
    /// Runs what is pending above the current frame, which then goes on where it was.
    pub fn run_finalisers(&mut self) -> Flow {
        self.finalising = true;
        let slots = [Value::UNBOUND, self.handled];
        match self.start_machine(Machine::Finalise, &slots, Then::Discard, 0) {
            Flow::Raised => {
                // Not even a frame for it could be pushed: it stays pending.
                self.finalising = false;
                self.take_raising();
                Flow::Done(Value::NONE)
            }
            flow => flow,
        }
    }

    /// Calls the handlers of signals, or else runs what is pending, before a request is answered with this value.
    pub(super) fn run_pending(&mut self, value: Value, then: Then, destination: u16) -> Flow {
        match self.run_signals(value, then, destination) {
            Flow::Done(value) if self.has_pending() && !self.finalising => {
                self.finalising = true;
                let slots = [Value::UNBOUND, self.handled, value];
                self.start_machine(Machine::Finalise, &slots, then, destination)
            }
            flow => flow,
        }
    }

    /// Runs what is pending with no frame below, at the end of the program.
    pub fn run_finalisers_at_end(&mut self) -> Flow {
        self.finalising = true;
        match self.start_machine(Machine::Finalise, &[Value::UNBOUND, Value::NONE], Then::Finish, 0) {
            Flow::Done(value) => {
                self.outcome = Some(crate::vm::machine::Outcome::Returned(value));
                Flow::Leave
            }
            flow => flow,
        }
    }

    /// Is anything pending?
    pub fn has_pending(&self) -> bool {
        !self.cx.pending_finalisers.is_empty() || !self.cx.pending_callbacks.is_empty()
    }

    // steps: RUNS, and REPORTS while what a finaliser raised is reported;
    // slots: 0 the object or callback that runs, 1 the exception that was handled before, 2 the result
    pub(super) fn step_finalise(&mut self, input: Input) -> Next {
        let source = self.slot(0);
        self.end_finaliser(source);
        if let Input::Error(exception) = input {
            let source = if source.is_unbound() { Value::NONE } else { source };
            // What goes wrong while it is reported is not reported itself.
            if self.step() == RUNS {
                self.go_to(REPORTS);
                return Next::Called(self.call_half("report_unraisable", &[exception, source], Then::Machine, 0));
            }
        }
        self.go_to(RUNS);
        loop {
            // An object goes before those are told who refer to it.
            if let Some(object) = self.cx.pending_finalisers.pop_front() {
                self.set_slot(0, object);
                if let Some(flow) = self.finalise(object) {
                    return Next::Called(flow);
                }
                continue;
            }
            if !self.cx.pending_callbacks.is_empty() {
                let (callback, reference) = self.cx.pending_callbacks.remove(0);
                self.set_slot(0, callback);
                return Next::Called(self.call_plain(callback, &[reference], Then::Machine, 0));
            }
            self.finalising = false;
            self.handled = self.slot(1);
            let result = self.slot(2);
            return Next::Return(if result.is_unbound() { Value::NONE } else { result });
        }
    }

    /// The finaliser of an object has ended, if one has run.
    fn end_finaliser(&mut self, object: Value) {
        self.set_slot(0, Value::UNBOUND);
        let Some(greenlet) = object.get::<Greenlet>() else { return };
        if let Some(fiber) = greenlet.fiber.get() {
            // Others may interrupt it again, if it has outlived that.
            fiber.is_finalising.set(false);
        }
        if greenlet.state.get() == State::Suspended && !greenlet.header().has(Header::FINALISED) {
            // Only its `__del__` has been called.
            self.cx.wants_collection = true;
            self.cx.fuel = 0;
        }
    }

    /// Begins the finaliser of one object; None if it has nothing to do after all.
    fn finalise(&mut self, object: Value) -> Option<Flow> {
        let header = object.header()?;
        if header.has(Header::FINALISED) {
            return None;
        }
        if object.get::<Greenlet>().is_some_and(|greenlet| greenlet.awaits_del.take()) {
            // It is killed afterwards, if its `__del__` has not let anybody have it.
            self.cx.heap.add_finalisable(header);
            let method = self.cx.names.__del__;
            return self.call_special(object, method, &[], Then::Machine, 0);
        }
        header.set(Header::FINALISED);
        if let Some(future) = object.get::<Future>() {
            return future
                .has(Future::LOG_TRACEBACK)
                .then(|| self.call_half("report_never_retrieved", &[object], Then::Machine, 0));
        }
        if let Some(step) = object.get::<Await>() {
            return (step.state.get() == State::Created)
                .then(|| self.call_half("report_never_awaited", &[object], Then::Machine, 0));
        }
        if let Some(generator) = object.get::<Generator>() {
            return match generator.state.get() {
                State::Suspended if generator.finaliser_hook().is_some() => {
                    let hook = generator.finaliser_hook().unwrap_or(Value::NONE);
                    Some(self.call_plain(hook, &[object], Then::Machine, 0))
                }
                State::Suspended if generator.delegator.get().is_none() => {
                    Some(self.close(generator, Then::Machine, 0))
                }
                State::Created if generator.header().layout() == LayoutId::COROUTINE => {
                    Some(self.call_half("report_never_awaited", &[object], Then::Machine, 0))
                }
                _ => None,
            };
        }
        if let Some(greenlet) = object.get::<Greenlet>().filter(|greenlet| greenlet.state.get() == State::Suspended) {
            if let Some(fiber) = greenlet.fiber.get() {
                fiber.is_finalising.set(true);
            }
            return Some(self.kill_greenlet(greenlet, Then::Machine, 0));
        }
        if let Some(extension) = object.get::<crate::object::extension::Extension>() {
            extension.data.finalise();
        }
        let method = self.cx.names.__del__;
        self.call_special(object, method, &[], Then::Machine, 0)
    }
}
