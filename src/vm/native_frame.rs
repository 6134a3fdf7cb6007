//! Native frames: unfinished work of the VM that needs script code in its midst.
//!
//! A machine has a few values in registers of its own and a step number. Each step is entered with the result of
//! what the last one called, or with the exception it raised, and answers what comes next. So the collector scans
//! one kind of thing, and no closure ever holds a value.
#![allow(unsafe_code)]

use crate::object::dict::Dict;
use crate::object::frame::{Frame, FrameKind, Then};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Check, Native};
use crate::object::signature::Given;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::call::CALLABLES_PASSED;
use crate::vm::machine::{Flow, Vm};

/// How many turns a machine takes between two looks at interrupts and limits.
const TURNS: usize = 4096;

/// Registers of a machine.
pub const SLOTS: usize = 10;

macro_rules! machines {
    ($($(#[doc = $doc:literal])+ $name:ident $step:ident;)*) => {
        /// The machines.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Machine { $($(#[doc = $doc])+ $name,)* }

        impl Vm {
            fn step_machine(&mut self, machine: u8, input: Input) -> Next {
                match machine {
                    $(number if number == Machine::$name as u8 => self.$step(input),)*
                    _ => unreachable!("a frame names a machine"),
                }
            }
        }
    };
}

machines! {
    /// Fetches what a native's argument lacks, and calls the native again.
    Retry step_retry;
    /// Waits for descriptors, and calls the native that waits again.
    Wait step_wait;
    /// Calls a special method and checks its result.
    Special step_special;
    /// `__new__`, then `__init__`.
    Instantiate step_instantiate;
    /// A single-key operation that calls script `__hash__` and `__eq__`.
    Key step_key;
    /// Collects the items of any iterable in a list.
    Collect step_collect;
    /// One item of a native iterator that needs others or script functions.
    Item step_item;
    /// A binary operator through special methods.
    Binary step_binary;
    /// A comparison through special methods.
    Compare step_compare;
    /// Membership by iteration.
    Contains step_contains;
    /// `__getattribute__`, then `__getattr__` or a default.
    GetAttribute step_get_attribute;
    /// A descriptor's `__get__` that is itself looked up by script means.
    Truth step_truth;
    /// `next(iterator, default)` and the end of natives that step an iterator.
    Next step_next;
    /// `__build_class__`
    BuildClass step_build_class;
    /// `type.__new__`: `__set_name__` and `__init_subclass__`.
    TypeNew step_type_new;
    /// Importing a dotted name.
    Import step_import;
    /// Throwing into or closing a generator that delegates to something that is no generator.
    Throw step_throw;
    /// `isinstance` and `issubclass` over a tuple of classes with script hooks.
    Instance step_instance;
    /// A step of `anext(iterator, default)`.
    Default step_default;
    /// Unpacking an iterable that is no built-in sequence.
    Unpack step_unpack;
    /// Patterns: keys of a mapping, attributes of a class.
    Match step_match;
    /// Closing a generator, coroutine or async generator.
    Closing step_closing;
    /// Finalisers and weak reference callbacks, one after the other.
    Finalise step_finalise;
    /// Handlers of signals, one after the other.
    Signals step_signals;
    /// Tells a trace function what happens.
    Trace step_trace;
    /// Runs a module's code and answers the module.
    RunModule step_run_module;
    /// Loads the file of a script half and calls it.
    Half step_half;
    /// Updating a dict from a mapping.
    MapUpdate step_map_update;
    /// `Context.run`: a call in another context.
    ContextRun step_context_run;
    /// The turns of an event loop.
    Turns step_turns;
    /// What runs at the bottom of a greenlet.
    Greenlet step_greenlet;
    /// Tells a function of a switch of greenlets.
    GreenletTrace step_greenlet_trace;
    /// A step of a task that is taken at once: the first of an eager one, or one within a callback.
    StepNow step_step_now;
}

/// What a step is entered with.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// The first step.
    Start,
    /// The result of what the last step called.
    Value(Value),
    /// The generator or iterator the last step asked for an item has ended, with its return value.
    End(Value),
    /// The exception it raised.
    Error(Value),
}

/// What comes next.
#[must_use]
pub enum Next {
    /// The machine's result.
    Return(Value),
    /// The machine raises.
    Raise(Value),
    /// The step called something.
    Called(Flow),
    /// The iterator the machine stands for has no more items.
    Ended,
    /// The machine has popped itself and called something else in its place; where that result goes.
    Replaced(Flow, Then, u16),
}

impl Vm {
    /// Pushes a machine with its first slots filled and runs its first step.
    pub fn start_machine(&mut self, machine: Machine, slots: &[Value], then: Then, destination: u16) -> Flow {
        if self.callables_passed == CALLABLES_PASSED {
            self.recursion_error();
            return Flow::Raised;
        }
        if !self.push_machine(machine, slots, then, destination) {
            return Flow::Raised;
        }
        // Its first step may call a native that starts another.
        self.callables_passed += 1;
        let flow = self.run_machine(Input::Start).0;
        self.callables_passed -= 1;
        flow
    }

    /// Pushes a machine whose first step is still to come.
    pub(super) fn push_machine(&mut self, machine: Machine, slots: &[Value], then: Then, destination: u16) -> bool {
        let mut base = self.free_registers().wrapping_add(1);
        let (mut then, after_chunk) = (then, then);
        if base as usize + SLOTS * 8 > self.stack_end as usize {
            let (new, began) = self.grow_stack(base, SLOTS);
            base = new;
            if began {
                then = Then::Chunk;
            }
        }
        if self.frame.wrapping_add(1) >= self.frames_end && !self.grow_frames() {
            if then == Then::Chunk {
                self.drop_chunk();
            }
            self.recursion_error();
            return false;
        }
        // SAFETY: the slots were just made sure of, and the next frame is below `frames_end`.
        unsafe {
            for index in 0..SLOTS {
                base.add(index).write(slots.get(index).copied().unwrap_or(Value::UNBOUND));
            }
            self.frame = self.frame.add(1);
            *self.frame = Frame {
                base,
                then,
                after_chunk,
                destination,
                kind: FrameKind::Machine,
                machine: machine as u8,
                ..crate::object::fiber::EMPTY_FRAME
            };
        }
        true
    }

    /// Feeds a result or an exception to the machine that is the current frame.
    pub fn feed_machine(&mut self, input: Input) -> Flow {
        let mut input = input;
        loop {
            let (flow, then, destination) = self.run_machine(input);
            match flow {
                Flow::Done(Value::UNBOUND) if then == Then::Machine || then == Then::StepMachine => {
                    input = Input::End(Value::NONE);
                }
                Flow::Done(value) if then == Then::Machine || then == Then::StepMachine => input = Input::Value(value),
                Flow::Done(Value::UNBOUND) => return self.deliver_end(then, destination, Value::NONE),
                Flow::Done(value) => return self.deliver(then, destination, value),
                Flow::Raised if then == Then::StepMachine && self.raises_stop_iteration() => {
                    input = Input::End(self.raising_body().value.get());
                    self.take_raising();
                }
                Flow::Raised if then == Then::Instruction => return self.instruction_raised().unwrap_or(Flow::Raised),
                Flow::Entered => return self.count_entry(),
                flow => return flow,
            }
        }
    }

    /// A machine has called script code: that is a step of the program, as a call is.
    fn count_entry(&mut self) -> Flow {
        self.cx.fuel -= 1;
        if self.cx.fuel >= 0 {
            return Flow::Entered;
        }
        match self.safe_point(None) {
            Flow::Done(_) => Flow::Entered,
            flow => flow,
        }
    }

    /// Runs the machine that is the current frame until it ends or calls script code. The result of one that ends
    /// is given back, UNBOUND for the end of an iterator, and where it would go.
    fn run_machine(&mut self, input: Input) -> (Flow, Then, u16) {
        let (mut input, mut turns) = (input, 0);
        loop {
            let machine = self.top().machine;
            match self.step_machine(machine, input) {
                Next::Return(value) => {
                    let (then, destination) = self.pop_frame();
                    return (Flow::Done(value), then, destination);
                }
                Next::Raise(exception) => {
                    let (then, destination) = self.pop_frame();
                    self.raising = exception;
                    return (Flow::Raised, then, destination);
                }
                Next::Ended => {
                    let (then, destination) = self.pop_frame();
                    return (Flow::Done(Value::UNBOUND), then, destination);
                }
                Next::Called(Flow::Done(value)) => {
                    input = if value.is_unbound() { Input::End(Value::NONE) } else { Input::Value(value) };
                    // A machine that meets no script code comes to no safe point.
                    turns += 1;
                    if turns % TURNS == 0
                        && let Err(stop) = self.cx.tick(TURNS)
                    {
                        match self.raise(stop) {
                            Flow::Raised => input = Input::Error(self.take_raising()),
                            flow => return (flow, Then::Discard, 0),
                        }
                    }
                }
                Next::Called(Flow::Raised) => {
                    self.set_context();
                    input = Input::Error(self.take_raising());
                }
                Next::Called(flow) => return (flow, Then::Discard, 0),
                Next::Replaced(flow, then, destination) => return (flow, then, destination),
            }
        }
    }

    /// Slot `index` of the machine that runs.
    #[inline(always)]
    pub fn slot(&self, index: u16) -> Value {
        self.register(index)
    }

    /// Sets a slot.
    #[inline(always)]
    pub fn set_slot(&mut self, index: u16, value: Value) {
        self.set_register(index, value);
    }

    /// The step number, which then moves on to `next`.
    pub fn step(&mut self) -> u16 {
        self.top().step
    }

    /// Sets the step that is entered next.
    pub fn go_to(&mut self, step: u16) {
        self.top_mut().step = step;
    }

    /// A `Stop` that is an exception, as the end of a machine.
    pub fn raise_next(&mut self, stop: crate::object::native::Stop) -> Next {
        match stop {
            crate::object::native::Stop::Raise(exception) => Next::Raise(exception),
            stop => Next::Called(self.raise(stop)),
        }
    }

    /// Calls a special method from a machine; None if the class has none.
    pub fn call_from_machine(&mut self, receiver: Value, name: Value, args: &[Value]) -> Option<Next> {
        self.call_special(receiver, name, args, Then::Machine, 0).map(Next::Called)
    }

    // slots: 0 native, 1 list of bound arguments, 2 position, 3 wish
    fn step_retry(&mut self, input: Input) -> Next {
        let bound: Ref<List> = self.slot(1).get().expect("the arguments are a list");
        let position = self.slot(2).as_small() as usize;
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let wish = crate::vm::convert::wish(self.slot(3).as_small() as u8);
                let value = bound.get(position).expect("the position is an argument's");
                Next::Called(self.fulfil(value, wish))
            }
            (1, Input::Value(value)) => {
                bound.set(position, value);
                let native: Ref<Native> = self.slot(0).get().expect("a native");
                // The native runs in the machine's place, so that asking again needs no deeper stack.
                let args = bound.to_vec();
                let (then, destination) = self.pop_frame();
                let flow = self.run_entry(native, &args, then, destination);
                Next::Replaced(flow, then, destination)
            }
            _ => unreachable!("a retry has two steps"),
        }
    }

    /// Calls a special method of a value and checks the result.
    pub fn special_checked(
        &mut self,
        receiver: Value,
        name: Value,
        args: &[Value],
        check: Check,
        then: Then,
        destination: u16,
    ) -> Flow {
        if check == Check::None {
            return match self.call_special(receiver, name, args, then, destination) {
                Some(flow) => flow,
                None => {
                    let stop = self.cx.attribute_error(receiver, name);
                    self.raise(stop)
                }
            };
        }
        let args = self.cx.tuple(args);
        self.start_machine(Machine::Special, &[receiver, name, args, Value::small(check as i64)], then, destination)
    }

    // slots: 0 receiver, 1 name, 2 arguments, 3 check
    fn step_special(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let args = self.slot(2).get::<Tuple>().expect("arguments are a tuple").items().to_vec();
                let (receiver, name) = (self.slot(0), self.slot(1));
                match self.call_from_machine(receiver, name, &args) {
                    Some(next) => next,
                    None => {
                        let stop = self.cx.attribute_error(receiver, name);
                        self.raise_next(stop)
                    }
                }
            }
            (_, Input::Value(value) | Input::End(value)) => {
                let check = crate::vm::convert::check(self.slot(3).as_small() as u8);
                match self.checked(self.slot(0), self.slot(1), value, check) {
                    Ok(value) => Next::Return(value),
                    Err(stop) => self.raise_next(stop),
                }
            }
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    // slots: 0 class, 1 arguments with the class first, 2 keywords, 3 `__new__`, 4 the instance
    fn step_instantiate(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let args = self.slot(1).get::<Tuple>().expect("arguments are a tuple").items().to_vec();
                let keywords = self.keywords_of_constructor(self.slot(3), self.cx.names.__init__);
                Next::Called(self.call_with(self.slot(3), &args, keywords, Then::Machine, 0))
            }
            (1, Input::Value(instance)) => {
                let class: Ref<crate::object::class::Class> = self.slot(0).get().expect("a class");
                if !self.cx.class_of(instance).is_subclass(class) {
                    return Next::Return(instance);
                }
                let Some(init) = self.cx.special(instance, self.cx.names.__init__) else {
                    return Next::Return(instance);
                };
                if init == self.cx.originals.object_init {
                    return self.check_object_init(instance);
                }
                self.set_slot(4, instance);
                self.go_to(2);
                let args = self.slot(1).get::<Tuple>().expect("arguments are a tuple").items()[1..].to_vec();
                let keywords = self.keywords_of_constructor(init, self.cx.names.__new__);
                let (names, values) = self.keyword_lists(keywords);
                let given = Given { positional: &args, names: &names, values: &values };
                Next::Called(self.call_special_method(init, instance, given, Then::Machine, 0))
            }
            (2, Input::Value(result)) => {
                if !result.is_none() {
                    let found = self.cx.type_name(result);
                    let stop = self.cx.type_error(format!("__init__() should return None, not '{found}'"));
                    return self.raise_next(stop);
                }
                Next::Return(self.slot(4))
            }
            _ => unreachable!("instantiating has three steps"),
        }
    }

    /// The keyword arguments for `__new__` or `__init__`: one of a built-in class that takes none gets none, where the
    /// class has its own of the other name, for which they are meant.
    fn keywords_of_constructor(&mut self, function: Value, other: Value) -> Value {
        let keywords = self.slot(2);
        let Some(native) = function.get::<Native>().filter(|_| !keywords.is_unbound()) else { return keywords };
        let class: Ref<crate::object::class::Class> = self.slot(0).get().expect("a class");
        if self.cx.lookup(class, other).is_none_or(|other| other.is::<Native>()) {
            return keywords;
        }
        match native.signature(&mut self.cx).takes_keywords() {
            true => keywords,
            false => Value::UNBOUND,
        }
    }

    /// `object.__init__` takes no arguments, unless a script `__new__` took them.
    fn check_object_init(&mut self, instance: Value) -> Next {
        let has_args = self.slot(1).get::<Tuple>().is_some_and(|args| args.items().len() > 1);
        let has_keywords = self.slot(2).get::<Dict>().is_some_and(|dict| dict.len() > 0);
        let class: Ref<crate::object::class::Class> = self.slot(0).get().expect("a class");
        let new = self.cx.lookup(class, self.cx.names.__new__);
        if (has_args || has_keywords) && new == Some(self.cx.originals.object_new) {
            let message = format!("{}() takes no arguments", class.name_text());
            let stop = self.cx.type_error(message);
            return self.raise_next(stop);
        }
        Next::Return(instance)
    }

    /// The names and values of keyword arguments kept in a dict.
    pub fn keyword_lists(&self, keywords: Value) -> (Vec<Value>, Vec<Value>) {
        let Some(dict) = keywords.get::<Dict>() else { return (Vec::new(), Vec::new()) };
        (0..dict.end()).filter_map(|index| dict.entry(index)).unzip()
    }

    // slots: 0 iterable or iterator, 1 list
    fn step_collect(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                Next::Called(self.get_iterator(self.slot(0), Then::Machine, 0))
            }
            (1, Input::Value(iterator)) => {
                self.set_slot(0, iterator);
                if self.slot(1).is_unbound() {
                    let list = self.cx.list(Vec::new());
                    self.set_slot(1, list);
                }
                self.go_to(2);
                Next::Called(self.next_item(iterator, Then::StepMachine, 0))
            }
            (_, Input::Value(item)) => {
                let list: Ref<List> = self.slot(1).get().expect("a list collects");
                list.push(item);
                Next::Called(self.next_item(self.slot(0), Then::StepMachine, 0))
            }
            (_, Input::End(_)) => Next::Return(self.slot(1)),
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    // slots: 0 the native iterator, 1 what its step asked for (1 an item of another, 2 a call, 3 the item's call), 2 the
    // other iterator or the callee, 3 arguments
    fn step_item(&mut self, input: Input) -> Next {
        let iterator = self.slot(0);
        let fed = match input {
            Input::Start if self.slot(1).as_small() == 1 => {
                return Next::Called(self.next_item(self.slot(2), Then::StepMachine, 0));
            }
            Input::Start => {
                let args = Vm::tuple_items(self.slot(3));
                return Next::Called(self.call_plain(self.slot(2), &args, Then::Machine, 0));
            }
            // A call made for an item ends the iteration by StopIteration.
            Input::Error(exception) if self.slot(1).as_small() == 3 => {
                return match self.cx.is_instance(exception, LayoutId::STOP_ITERATION) {
                    true => Next::Ended,
                    false => Next::Raise(exception),
                };
            }
            Input::Error(exception) => return Next::Raise(exception),
            Input::Value(value) if self.slot(1).as_small() == 3 => return Next::Return(value),
            Input::Value(value) => Some(value),
            Input::End(_) => Some(Value::UNBOUND),
        };
        use crate::object::iterator::Step;
        match self.native_step(iterator, fed) {
            Err(stop) => self.raise_next(stop),
            Ok(Step::Item(item)) => Next::Return(item),
            Ok(Step::Done) => Next::Ended,
            Ok(Step::Next(inner)) => {
                self.set_slot(1, Value::small(1));
                Next::Called(self.next_item(inner, Then::StepMachine, 0))
            }
            Ok(Step::CallAndFeed(callee, args)) => {
                self.set_slot(1, Value::small(2));
                Next::Called(self.call_plain(callee, &args, Then::Machine, 0))
            }
            Ok(Step::Call(callee, args)) => {
                self.set_slot(1, Value::small(3));
                Next::Called(self.call_plain(callee, &args, Then::Machine, 0))
            }
        }
    }

    // slots: 0 value
    fn step_truth(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let value = self.slot(0);
                if let Some(next) = self.call_from_machine(value, self.cx.names.__bool__, &[]) {
                    return next;
                }
                self.go_to(2);
                match self.call_from_machine(value, self.cx.names.__len__, &[]) {
                    Some(next) => next,
                    None => Next::Return(Value::TRUE),
                }
            }
            (1, Input::Value(value)) => match self.checked(self.slot(0), self.cx.names.__bool__, value, Check::Bool) {
                Ok(value) => Next::Return(value),
                Err(stop) => self.raise_next(stop),
            },
            (_, Input::Value(value)) => match self.checked(self.slot(0), self.cx.names.__len__, value, Check::Length) {
                Ok(value) => Next::Return(Value::bool(value != Value::small(0))),
                Err(stop) => self.raise_next(stop),
            },
            _ => unreachable!("truth has three steps"),
        }
    }

    // slots: 0 iterator, 1 default or UNBOUND, 2 what is sent (or thrown), 3 TRUE to throw it, `send` to call that
    fn step_next(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                let (target, value) = (self.slot(0), self.slot(2));
                Next::Called(self.step_once(target, value, self.slot(3)))
            }
            (1, Input::Value(method)) if self.slot(3).is::<Str>() => {
                self.go_to(2);
                let value = self.slot(2);
                Next::Called(self.call_plain(method, &[value], Then::StepMachine, 0))
            }
            (_, Input::Value(value)) => Next::Return(value),
            (_, Input::End(value)) => match self.slot(1) {
                Value::UNBOUND => Next::Raise(crate::object::exception::Exception::stop_iteration(&mut self.cx, value)),
                default => Next::Return(default),
            },
            (_, Input::Error(exception)) => {
                let default = self.slot(1);
                if !default.is_unbound() && self.cx.is_instance(exception, LayoutId::STOP_ITERATION) {
                    return Next::Return(default);
                }
                Next::Raise(exception)
            }
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    /// One step of anything that can be stepped, for the machine that runs.
    fn step_once(&mut self, target: Value, value: Value, how: Value) -> Flow {
        use crate::object::generator::{Await, Generator};
        match (target.get::<Generator>(), target.get::<Await>()) {
            (Some(generator), _) if how == Value::TRUE => self.throw(generator, value, Then::StepMachine, 0),
            (Some(generator), _) => self.step_generator(generator, value, Then::StepMachine, 0),
            (_, Some(step)) if how == Value::TRUE => self.throw_await(step, value, Then::StepMachine, 0),
            (_, Some(step)) => self.step_await(step, value, Then::StepMachine, 0),
            _ if how.is::<Str>() => self.load_attribute(target, how, Then::Machine, 0),
            _ => self.next_item(target, Then::StepMachine, 0),
        }
    }

    /// Text of a str value, for messages.
    pub fn text(&self, value: Value) -> String {
        value.get::<Str>().map_or_else(String::new, |text| text.text().into_owned())
    }
}

/// Slot `index` of a machine's frame.
pub(super) fn frame_slot(frame: &Frame, index: usize) -> Value {
    assert!(frame.kind == FrameKind::Machine && index < SLOTS);
    // SAFETY: a machine has so many slots, for as long as its frame is one of its fiber.
    unsafe { *frame.base.add(index) }
}
