//! Raising and unwinding: from the frame that failed to the handler, the traceback growing on the way.
#![allow(unsafe_code)]

use std::cell::Cell;

use crate::object::class::Class;
use crate::object::exception::{Exception, Traceback};
use crate::object::frame::{FrameKind, Then};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Outcome, Vm};
use crate::vm::native_frame::Input;

impl Vm {
    /// Finds who handles the exception in `raising`, which has been raised or rises: `Entered` with a handler's frame
    /// current, or `Leave`.
    #[cold]
    #[inline(never)]
    pub fn unwind(&mut self, raised: Flow) -> Flow {
        let silent = match raised {
            Flow::Raised => self.begin_raising(),
            _ => false,
        };
        self.unwind_from(silent)
    }

    /// What is raised gets its context; is the current frame to have no entry in the traceback?
    pub(super) fn begin_raising(&mut self) -> bool {
        let silent = std::mem::take(&mut self.reraising);
        if !silent {
            self.set_context();
        }
        self.thrown = Value::UNBOUND;
        silent
    }

    /// Goes on unwinding; the current frame gets no entry in the traceback if it is silent.
    fn unwind_from(&mut self, mut silent: bool) -> Flow {
        loop {
            if self.frame < self.frames_start {
                self.outcome = Some(Outcome::Raised(self.take_raising()));
                return Flow::Leave;
            }
            if self.top().kind == FrameKind::Machine {
                let exception = self.take_raising();
                match self.feed_machine(Input::Error(exception)) {
                    Flow::Raised => {
                        silent = std::mem::take(&mut self.reraising);
                        if !silent {
                            self.set_context();
                        }
                        continue;
                    }
                    Flow::Rises => continue,
                    Flow::Done(_) => unreachable!("a machine hands its result on"),
                    flow => return flow,
                }
            }
            let word = self.current_word();
            if !std::mem::take(&mut silent) {
                self.add_traceback(word);
            }
            if !self.tracer.is_none() {
                match self.trace_exception() {
                    None => {}
                    Some(Flow::Raised) => {
                        silent = std::mem::take(&mut self.reraising);
                        continue;
                    }
                    Some(Flow::Rises) => continue,
                    Some(flow) => return flow,
                }
            }
            let code = self.top().code();
            if let Some(handler) = code.code.handlers.iter().find(|h| h.start <= word && word < h.end) {
                let exception = self.take_raising();
                if let Some(generator) = self.top().generator {
                    generator.is_delegating.set(false);
                }
                self.set_register(handler.register, exception);
                self.top_mut().pc = &code.instructions[handler.target as usize];
                return Flow::Entered;
            }
            self.keep_locals();
            let then = if self.top().generator.is_some() {
                match self.generator_failed() {
                    // The delegator goes on failing.
                    None => continue,
                    Some((then, _)) => then,
                }
            } else {
                self.pop_frame().0
            };
            match then {
                Then::Finish => {
                    self.outcome = Some(Outcome::Raised(self.take_raising()));
                    return Flow::Leave;
                }
                Then::Instruction => {
                    if let Some(flow) = self.instruction_raised() {
                        match flow {
                            Flow::Raised | Flow::Rises => continue,
                            flow => return flow,
                        }
                    }
                }
                Then::StepMachine if self.raises_stop_iteration() => {
                    let value = self.raising_body().value.get();
                    self.take_raising();
                    match self.feed_machine(Input::End(value)) {
                        Flow::Raised | Flow::Rises => continue,
                        flow => return flow,
                    }
                }
                _ => {}
            }
        }
    }

    /// Is what is being raised a StopIteration?
    pub(super) fn raises_stop_iteration(&self) -> bool {
        self.cx.is_instance(self.raising, LayoutId::STOP_ITERATION)
    }

    /// The word of the instruction the current frame is at.
    pub fn current_word(&self) -> u32 {
        self.top().word()
    }

    /// An exception raised anew while another is handled has that one as its context.
    pub(super) fn set_context(&mut self) {
        let handled = self.handled;
        let is_of_future = std::mem::replace(&mut self.cx.running.raised, Value::NONE) == self.raising;
        if handled.is_none() || handled == self.raising || self.thrown == self.raising {
            return;
        }
        let Some(body) = self.raising.get::<Exception>() else { return };
        if !is_of_future && (!body.context.get().is_none() || !body.traceback.get().is_none()) {
            return;
        }
        self.chain_context(body, handled);
    }

    /// Makes `context` the context of an exception, cutting the ring that might make.
    pub(super) fn chain_context(&mut self, body: Ref<Exception>, context: Value) {
        if context == body.value() {
            return;
        }
        let mut link = context;
        let mut steps = 0;
        while let Some(earlier) = link.get::<Exception>() {
            let next = earlier.context.get();
            if next == body.value() {
                earlier.context.set(Value::NONE);
                break;
            }
            link = next;
            steps += 1;
            if steps > 10_000 {
                break;
            }
        }
        body.context.set(context);
    }

    fn add_traceback(&mut self, word: u32) {
        let exception = self.raising_body();
        let function = self.top().function.expect("a script frame has a function");
        // A frame object is made when a script asks for it; one there is already is kept.
        let known = match self.top().generator {
            Some(generator) => generator.frame(),
            None => self.top().extra,
        };
        let frame = if known.is_unbound() { function.value() } else { known };
        let entry = Traceback {
            next: Cell::new(exception.traceback.get()),
            code: function.code.get(),
            word,
            line: Cell::new(0),
            frame: Cell::new(frame),
            locals: Cell::new(Value::UNBOUND),
            task: Cell::new(Value::NONE),
            is_hidden: function.is_hidden.get(),
        };
        let entry = self.cx.heap.allocate(LayoutId::TRACEBACK, entry);
        exception.traceback.set(entry.value());
    }

    /// The current frame ends by an exception: its entry in the traceback keeps the locals.
    #[allow(unsafe_code)]
    fn keep_locals(&mut self) {
        let frame = *self.top();
        let Some(function) = frame.function else { return };
        let Some(entry) = self.raising_body().traceback.get().get::<Traceback>() else { return };
        if entry.frame.get() != function.value() || !entry.locals.get().is_unbound() {
            return;
        }
        let count = frame.code().code.locals.len();
        // SAFETY: the locals are the first registers of the frame.
        let registers = unsafe { std::slice::from_raw_parts(frame.base, count) };
        let locals = self.cx.tuple(registers);
        entry.locals.set(locals);
    }

    /// The statement `raise`: UNBOUND for what is not given.
    pub fn raise_statement(&mut self, exception: Value, cause: Value) -> Flow {
        if exception.is_unbound() {
            if self.handled.is_none() {
                let stop = self.cx.runtime_error("No active exception to reraise");
                return self.raise(stop);
            }
            self.raising = self.handled;
            self.reraising = true;
            return Flow::Raised;
        }
        if exception.get::<Class>().is_some() || cause.get::<Class>().is_some() {
            return self.raise_class(exception, cause);
        }
        let Some(body) = exception.get::<Exception>() else {
            let stop = self.cx.type_error("exceptions must derive from BaseException");
            return self.raise(stop);
        };
        if let Some(flow) = self.set_cause(body, cause) {
            return flow;
        }
        if !self.handled.is_none() && self.handled != exception {
            self.chain_context(body, self.handled);
        }
        self.raising = exception;
        Flow::Raised
    }

    fn set_cause(&mut self, body: Ref<Exception>, cause: Value) -> Option<Flow> {
        if cause.is_unbound() {
            return None;
        }
        if !cause.is_none() && !cause.is::<Exception>() {
            let stop = self.cx.type_error("exception causes must derive from BaseException");
            return Some(self.raise(stop));
        }
        body.cause.set(cause);
        body.suppress_context.set(true);
        None
    }

    /// `raise Class`: makes the instance first. A plain built-in class needs no call.
    fn raise_class(&mut self, exception: Value, cause: Value) -> Flow {
        let base = self.cx.class(LayoutId::BASE_EXCEPTION);
        for value in [exception, cause] {
            if let Some(class) = value.get::<Class>() {
                if !class.is_subclass(base) {
                    let stop = self.cx.type_error(match value == exception {
                        true => "exceptions must derive from BaseException",
                        false => "exception causes must derive from BaseException",
                    });
                    return self.raise(stop);
                }
            }
        }
        let cause = if cause.is_unbound() { self.cx.ellipsis } else { cause };
        if let Some(class) = exception.get::<Class>() {
            if class.has(Class::BUILTIN) && cause == self.cx.ellipsis {
                let layout = class.root_layout.get();
                let args = self.cx.empty_tuple;
                self.raising = Exception::allocate(&mut self.cx, layout, args);
                return Flow::Raised;
            }
        }
        self.call_half("raise_class", &[exception, cause], Then::Discard, 0)
    }

    /// Does an exception match what an `except` clause names?
    pub fn match_exception(&mut self, exception: Value, classes: Value) -> Flow {
        let base = self.cx.class(LayoutId::BASE_EXCEPTION);
        let items = match classes.get::<Tuple>() {
            Some(tuple) => tuple.items().to_vec(),
            None => vec![classes],
        };
        let own = self.cx.class_of(exception);
        let mut found = false;
        for item in items {
            match item.get::<Class>() {
                Some(class) if class.is_subclass(base) => found = found || own.is_subclass(class),
                _ => {
                    let message = "catching classes that do not inherit from BaseException is not allowed";
                    let stop = self.cx.type_error(message);
                    return self.raise(stop);
                }
            }
        }
        Flow::Done(Value::bool(found))
    }

    /// `except*`: the two parts of an exception, by the script half.
    pub fn split_group(&mut self, exception: Value, classes: Value, destination: u16) -> Flow {
        let half = self.cx.intern("split_group");
        let slots = [half, exception, classes, Value::small(destination as i64)];
        self.start_machine(crate::vm::native_frame::Machine::Instance, &slots, Then::Discard, 0)
    }

    // slots: 0 the name of a half that gives a pair, 1 and 2 its arguments, 3 the first of the registers for the pair
    pub(super) fn step_instance(&mut self, input: Input) -> crate::vm::native_frame::Next {
        use crate::vm::native_frame::Next;
        match input {
            Input::Start => {
                let args = [self.slot(1), self.slot(2)];
                let half = self.text(self.slot(0));
                Next::Called(self.call_half(&half, &args, Then::Machine, 0))
            }
            Input::Error(exception) => Next::Raise(exception),
            Input::Value(pair) | Input::End(pair) => {
                let parts = Vm::tuple_items(pair);
                let first = self.slot(3).as_small() as u16;
                let (then, destination) = self.pop_frame();
                self.set_register(first, parts[0]);
                self.set_register(first + 1, parts[1]);
                Next::Replaced(Flow::Done(Value::NONE), then, destination)
            }
        }
    }

    /// What an `except*` statement raises at its end, or None.
    pub fn merge_groups(&mut self, original: Value, raised: Value, destination: u16) -> Flow {
        if raised.get::<List>().is_some_and(|list| list.len() == 0) {
            return Flow::Done(Value::NONE);
        }
        self.call_half("merge_groups", &[original, raised], Then::Store, destination)
    }
}
