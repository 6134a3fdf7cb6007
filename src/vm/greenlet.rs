//! Greenlets: one gives the machine to another of its thread by name.
//!
//! A switch puts a fiber aside and takes another up: where the answer goes is kept with the greenlet that made it. The
//! first frame of every greenlet but the main one is a machine, which calls its function and hands what comes of that
//! to its parent.

use crate::object::exception::Exception;
use crate::object::fiber::Fiber;
use crate::object::frame::Then;
use crate::object::generator::State;
use crate::object::greenlet::Greenlet;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::recorder::key;
use crate::object::timeline::Outcome;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::call::CALLABLES_PASSED;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// Registers of a new greenlet's first chunk.
const REGISTERS: usize = 64;

/// What a greenlet goes on with.
#[derive(Clone, Copy)]
enum Handed {
    /// The arguments of `switch`: a tuple, and a dict or UNBOUND.
    Args(Value, Value),
    /// The result of another that has ended.
    Value(Value),
    /// An exception to be raised.
    Exception(Value),
}

/// How handing something over went: a result or an exception in the greenlet that runs now, and where it goes there.
type Delivery = (Flow, Then, u16);

impl Vm {
    /// `greenlet.switch(*args, **kwargs)`
    pub fn switch_greenlet(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let target: Ref<Greenlet> = args[0].get().expect("the receiver was checked");
        self.hand(target, Handed::Args(args[1], args[2]), then, destination)
    }

    /// `greenlet.throw(type, value, traceback)`
    pub fn throw_greenlet(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let target: Ref<Greenlet> = args[0].get().expect("the receiver was checked");
        let kind = match args[1] {
            Value::UNBOUND => self.cx.class(LayoutId::GREENLET_EXIT).value(),
            kind => kind,
        };
        let complaint = "exceptions must be classes, or instances";
        match self.exception_to_throw(kind, args[2], args[3], complaint) {
            Ok(Some(exception)) => self.hand(target, Handed::Exception(exception), then, destination),
            Ok(None) => self.throw_class(args[0], kind, args[2], args[3], then, destination),
            Err(stop) => self.raise(stop),
        }
    }

    /// Nobody can switch to a suspended greenlet any more: it ends by GreenletExit, as a child of the one that runs.
    pub(super) fn kill_greenlet(&mut self, greenlet: Ref<Greenlet>, then: Then, destination: u16) -> Flow {
        let current = Greenlet::current(&mut self.cx);
        greenlet.thread.set(current.thread.get());
        greenlet.parent.set(Some(current));
        let message = self.cx.str("Killing the greenlet because all references have vanished.");
        let args = self.cx.tuple(&[message]);
        let exit = Exception::allocate(&mut self.cx, LayoutId::GREENLET_EXIT, args);
        self.hand(greenlet, Handed::Exception(exit), then, destination)
    }

    /// The frame that a suspended greenlet goes on in, or None.
    pub fn greenlet_frame(&mut self, greenlet: Value) -> Flow {
        let greenlet: Ref<Greenlet> = greenlet.get().expect("the receiver was checked");
        match greenlet.fiber.get() {
            Some(fiber) if greenlet.state.get() == State::Suspended => {
                let frame = self.looking_into(fiber, |vm| vm.visible_frame(0));
                Flow::Done(frame.unwrap_or(Value::NONE))
            }
            _ => Flow::Done(Value::NONE),
        }
    }

    /// Hands something from the greenlet that runs to another; the answer goes where it says.
    fn hand(&mut self, target: Ref<Greenlet>, handed: Handed, then: Then, destination: u16) -> Flow {
        let current = Greenlet::current(&mut self.cx);
        if target.thread.get() != current.thread.get() {
            let stop = self.other_thread(target);
            return self.raise(stop);
        }
        let (heir, handed) = self.heir(target, handed);
        if heir == current {
            return match handed {
                Handed::Args(args, keywords) => Flow::Done(self.single(args, keywords)),
                Handed::Value(value) => Flow::Done(value),
                Handed::Exception(exception) => {
                    self.raising = exception;
                    Flow::Raised
                }
            };
        }
        if heir.state.get() == State::Created && self.callables_passed == CALLABLES_PASSED {
            self.recursion_error();
            return Flow::Raised;
        }
        let delivery = self.hand_over(current, heir, handed, then, destination);
        self.settle(delivery)
    }

    fn other_thread(&mut self, target: Ref<Greenlet>) -> Stop {
        let lives = self.cx.threads.others().iter().any(|thread| thread.number == target.thread.get());
        let suffix = if lives { "" } else { " (which happens to have exited)" };
        self.cx.error(LayoutId::GREENLET_ERROR, format!("Cannot switch to a different thread{suffix}"))
    }

    /// Who gets what a greenlet is handed: itself or, where it has ended or ends by that, the next of its parents.
    fn heir(&mut self, target: Ref<Greenlet>, handed: Handed) -> (Ref<Greenlet>, Handed) {
        let (mut heir, mut handed) = (target, handed);
        let thread = self.cx.threads.current();
        loop {
            match (heir.state.get(), handed) {
                (State::Closed, _) => {}
                (State::Created, Handed::Exception(_)) => {
                    heir.state.set(State::Closed);
                    heir.run.set(Value::UNBOUND);
                }
                _ if heir.thread.get() == thread.number => return (heir, handed),
                // Its parent was the last of a thread, and has found another.
                _ => {}
            }
            if let Handed::Exception(exception) = handed
                && self.cx.is_instance(exception, LayoutId::GREENLET_EXIT)
            {
                handed = Handed::Value(exception);
            }
            heir = match heir.parent.get().filter(|parent| parent.thread.get() == thread.number) {
                Some(parent) => parent,
                None => thread.main_greenlet.get().expect("the thread has greenlets"),
            };
        }
    }

    /// One takes over from another that is suspended or has ended.
    fn hand_over(
        &mut self,
        from: Ref<Greenlet>,
        to: Ref<Greenlet>,
        handed: Handed,
        then: Then,
        destination: u16,
    ) -> Delivery {
        if to.state.get() == State::Created {
            return self.begin_greenlet(from, to, handed, then, destination);
        }
        self.change_fiber(from, to, then, destination);
        let (then, destination) = to.awaiting.get();
        let tracer = self.cx.threads.current().greenlet_tracer.get();
        if !tracer.is_none() {
            return (self.trace_switch(from, to, handed, then, destination), then, destination);
        }
        let flow = match handed {
            Handed::Args(args, keywords) => Flow::Done(self.single(args, keywords)),
            Handed::Value(value) => Flow::Done(value),
            Handed::Exception(exception) => {
                self.raising = exception;
                self.thrown = exception;
                Flow::Raised
            }
        };
        (flow, then, destination)
    }

    /// Carries out a delivery for whoever is not a machine that ends: what comes of it is on another fiber than theirs.
    fn settle(&mut self, (flow, then, destination): Delivery) -> Flow {
        let flow = match flow {
            Flow::Done(value) => self.deliver(then, destination, value),
            Flow::Raised if then == Then::StepMachine && self.raises_stop_iteration() => {
                let value = self.raising_body().value.get();
                self.take_raising();
                self.feed_machine(Input::End(value))
            }
            Flow::Raised if then == Then::Instruction => self.instruction_raised().unwrap_or(Flow::Raised),
            flow => flow,
        };
        self.rises(flow)
    }

    /// Where an exception is raised by whoever goes on now, not by who let it go on.
    fn rises(&mut self, flow: Flow) -> Flow {
        match flow {
            Flow::Raised => {
                self.begin_raising();
                Flow::Rises
            }
            flow => flow,
        }
    }

    /// The arguments of `switch` as one value: none is an empty tuple.
    fn single(&mut self, args: Value, keywords: Value) -> Value {
        let items = args.get::<Tuple>();
        let count = items.map_or(0, |items| items.items().len());
        let has_keywords = keywords.get::<crate::object::dict::Dict>().is_some_and(|keywords| keywords.len() > 0);
        match (items, has_keywords) {
            (Some(items), false) if count == 1 => items.items()[0],
            (_, false) => args,
            (_, true) if count == 0 => keywords,
            (_, true) => self.cx.tuple(&[args, keywords]),
        }
    }

    // ----- fibers

    /// Puts one greenlet's fiber aside and takes up another's.
    fn change_fiber(&mut self, from: Ref<Greenlet>, to: Ref<Greenlet>, then: Then, destination: u16) {
        if self.cx.recorder.is_some() {
            self.record_switch(from, to);
        }
        self.put_fiber_aside();
        if from.state.get() == State::Running {
            from.state.set(State::Suspended);
        }
        from.awaiting.set((then, destination));
        from.context.set(self.cx.context);
        if !self.cx.in_repr.is_empty() {
            from.in_repr.replace(std::mem::take(&mut self.cx.in_repr));
        }
        to.state.set(State::Running);
        self.cx.context = to.context.get();
        if !to.in_repr.borrow().is_empty() {
            self.cx.in_repr = to.in_repr.take();
        }
        let thread = self.cx.threads.current();
        thread.greenlet.set(Some(to));
        let fiber = to.fiber.get().expect("a greenlet that has begun has a fiber");
        thread.fiber.set(fiber);
        self.take_up_fiber(fiber);
        self.trace_depth = self.depth();
    }

    // ----- from beginning to end

    fn begin_greenlet(
        &mut self,
        from: Ref<Greenlet>,
        to: Ref<Greenlet>,
        handed: Handed,
        then: Then,
        destination: u16,
    ) -> Delivery {
        let (args, keywords) = match handed {
            Handed::Args(args, keywords) => (args, keywords),
            Handed::Value(value) | Handed::Exception(value) => (self.cx.tuple(&[value]), Value::UNBOUND),
        };
        let fiber = self.cx.heap.allocate(LayoutId::FIBER, Fiber::new(REGISTERS));
        to.fiber.set(Some(fiber));
        self.change_fiber(from, to, then, destination);
        let slots = [to.value(), from.value(), args, keywords];
        let flow = match self.push_machine(Machine::Greenlet, &slots, Then::Finish, 0) {
            true => {
                // Its function may be the switch of another that is to begin.
                self.callables_passed += 1;
                let flow = self.feed_machine(Input::Start);
                self.callables_passed -= 1;
                flow
            }
            false => {
                let (flow, then, destination) = self.fail_to_begin(from, to);
                return (flow, then, destination);
            }
        };
        (self.rises(flow), Then::Discard, 0)
    }

    /// A greenlet has nothing to call: whoever switched to it hears of that, and it may yet begin.
    fn fail_to_begin(&mut self, from: Ref<Greenlet>, to: Ref<Greenlet>) -> Delivery {
        let exception = self.take_raising();
        to.state.set(State::Created);
        let (heir, handed) = self.heir(from, Handed::Exception(exception));
        let delivery = self.hand_over(to, heir, handed, Then::Discard, 0);
        to.fiber.set(None);
        delivery
    }

    // slots: 0 the greenlet, 1 the one that switched to it, 2 arguments, 3 keywords, 4 what it calls
    pub(super) fn step_greenlet(&mut self, input: Input) -> Next {
        let greenlet: Ref<Greenlet> = self.slot(0).get().expect("a greenlet");
        let from: Ref<Greenlet> = self.slot(1).get().expect("a greenlet");
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                let name = self.cx.intern("run");
                Next::Called(self.load_attribute(greenlet.value(), name, Then::Machine, 0))
            }
            (1, Input::Error(exception)) => {
                self.pop_frame();
                self.raising = exception;
                let (flow, then, destination) = self.fail_to_begin(from, greenlet);
                Next::Replaced(flow, then, destination)
            }
            (1, Input::Value(run)) => {
                greenlet.run.set(Value::UNBOUND);
                self.set_slot(4, run);
                self.go_to(2);
                let handed = Handed::Args(Value::NONE, Value::UNBOUND);
                match self.cx.threads.current().greenlet_tracer.get().is_none() {
                    true => self.call_run(),
                    false => Next::Called(self.trace_switch(from, greenlet, handed, Then::Machine, 0)),
                }
            }
            (2, Input::Value(_)) => self.call_run(),
            (_, Input::Value(value)) => self.end_greenlet(greenlet, Handed::Value(value)),
            (_, Input::Error(exception)) => self.end_greenlet(greenlet, Handed::Exception(exception)),
            (_, Input::End(value)) => {
                let end = Exception::stop_iteration(&mut self.cx, value);
                self.end_greenlet(greenlet, Handed::Exception(end))
            }
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    fn call_run(&mut self) -> Next {
        self.go_to(3);
        let args = Vm::tuple_items(self.slot(2));
        Next::Called(self.call_with(self.slot(4), &args, self.slot(3), Then::Machine, 0))
    }

    /// The greenlet whose machine is the current frame has ended.
    fn end_greenlet(&mut self, greenlet: Ref<Greenlet>, handed: Handed) -> Next {
        self.pop_frame();
        greenlet.state.set(State::Closed);
        let outcome = match handed {
            Handed::Exception(exception) => Outcome::Raised(self.cx.type_name(exception)),
            _ => Outcome::Returned,
        };
        let (heir, handed) = self.heir(greenlet, handed);
        let (flow, then, destination) = self.hand_over(greenlet, heir, handed, Then::Discard, 0);
        greenlet.fiber.set(None);
        if let Some(recorder) = &mut self.cx.recorder {
            recorder.finish_lane(key(greenlet), outcome);
        }
        Next::Replaced(flow, then, destination)
    }

    // ----- tracing

    /// Tells the function of `settrace` of a switch, in the greenlet that was switched to, and goes on with what was
    /// handed to that.
    fn trace_switch(
        &mut self,
        from: Ref<Greenlet>,
        to: Ref<Greenlet>,
        handed: Handed,
        then: Then,
        destination: u16,
    ) -> Flow {
        let (event, value, exception) = match handed {
            Handed::Args(args, keywords) => ("switch", self.single(args, keywords), Value::UNBOUND),
            Handed::Value(value) => ("switch", value, Value::UNBOUND),
            Handed::Exception(exception) => ("throw", Value::NONE, exception),
        };
        let event = self.cx.intern(event);
        let pair = self.cx.tuple(&[from.value(), to.value()]);
        let slots = [event, pair, value, exception];
        self.start_machine(Machine::GreenletTrace, &slots, then, destination)
    }

    // slots: 0 the event, 1 from whom and to whom, 2 what was handed over, 3 the exception that was, or UNBOUND
    pub(super) fn step_greenlet_trace(&mut self, input: Input) -> Next {
        match input {
            Input::Start => {
                let tracer = self.cx.threads.current().greenlet_tracer.get();
                let args = [self.slot(0), self.slot(1)];
                Next::Called(self.call_plain(tracer, &args, Then::Machine, 0))
            }
            Input::Error(exception) => {
                self.cx.threads.current().greenlet_tracer.set(Value::NONE);
                Next::Raise(exception)
            }
            _ if self.slot(3).is_unbound() => Next::Return(self.slot(2)),
            _ => {
                self.thrown = self.slot(3);
                Next::Raise(self.slot(3))
            }
        }
    }
}
