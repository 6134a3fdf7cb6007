//! Calling anything callable: binding arguments, pushing frames, running natives, and handing results back.
#![allow(unsafe_code)]

use crate::bytecode::code::{Capture, CodeKind};
use crate::modules::asyncio::place;
use crate::object::class::Class;
use crate::object::dict::Dict;
use crate::object::event_loop::Handle;
use crate::object::frame::{FrameKind, Then};
use crate::object::function::{Descriptor, Function, Method};
use crate::object::generator::{Await, Generator};
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::{Args, Entry, Native, Stop};
use crate::object::signature::{Callee, Defaults, Given};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Outcome, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// How many callables a call may look through to reach its function: methods of methods, instances as `__call__`,
/// natives that call natives.
pub const CALLABLES_PASSED: usize = 500;

/// Bound arguments: on the Rust stack where they are few.
pub(super) enum Bound {
    Few([Value; 12], usize),
    Many(Vec<Value>),
}

impl Bound {
    #[inline(always)]
    fn new(count: usize) -> Bound {
        match count {
            0..=12 => Bound::Few([Value::UNBOUND; 12], count),
            _ => Bound::Many(vec![Value::UNBOUND; count]),
        }
    }

    /// A receiver and the arguments behind it.
    #[inline(always)]
    pub(super) fn with_receiver(receiver: Value, given: &[Value]) -> Bound {
        let mut bound = Bound::new(given.len() + 1);
        let values = bound.values();
        values[0] = receiver;
        values[1..].copy_from_slice(given);
        bound
    }

    #[inline(always)]
    pub(super) fn values(&mut self) -> &mut [Value] {
        match self {
            Bound::Few(values, count) => &mut values[..*count],
            Bound::Many(values) => values,
        }
    }
}

impl Vm {
    /// A call whose arguments stand in registers: the callee in `window`, `count` arguments from `window + skip`.
    /// `names` is the constant of the keyword names plus 1, or 0.
    pub fn call_window(&mut self, window: u16, skip: u16, count: usize, names: u16, destination: u16) -> Flow {
        let callee = self.register(window);
        let base = self.top().base;
        if let (0, Some(native)) = (names, callee.get::<Native>()) {
            // SAFETY: the compiler put `count` arguments there.
            let positional = unsafe { std::slice::from_raw_parts(base.add((window + skip) as usize), count) };
            return self.call_native(native, Given { positional, names: &[], values: &[] }, Then::Store, destination);
        }
        if (names, count) == (0, 1) && callee == self.cx.class(LayoutId::TYPE).value() {
            let object = self.register(window + skip);
            return Flow::Done(self.cx.class_of(object).value());
        }
        let names = match names {
            0 => None,
            index => self.top().code().constants[index as usize - 1].get::<Tuple>(),
        };
        // A constant stays as long as the code whose call this is.
        let names = names.as_ref().map_or(&[][..], |names| names.items());
        // SAFETY: the compiler put `count` arguments there.
        let args = unsafe { std::slice::from_raw_parts(base.add((window + skip) as usize), count) };
        let (positional, values) = args.split_at(count - names.len());
        let given = Given { positional, names, values };
        let constructed =
            callee.get::<Class>().and_then(|class| self.construct_plainly(class, given, window, destination));
        let flow = constructed.unwrap_or_else(|| self.call(callee, given, Then::Store, destination));
        if let Flow::Entered = flow {
            self.cx.fuel -= 1;
            if self.cx.fuel < 0 {
                return match self.safe_point(None) {
                    Flow::Done(_) => Flow::Entered,
                    flow => flow,
                };
            }
        }
        flow
    }

    /// `callee(*args, **keywords)` of a list or tuple and a dict.
    pub fn call_spread(&mut self, callee: Value, args: Value, keywords: Value, destination: u16) -> Flow {
        let args = match (args.get::<List>(), args.get::<Tuple>()) {
            (Some(list), _) => list.to_vec(),
            (_, Some(tuple)) => tuple.items().to_vec(),
            _ => unreachable!("the compiler collected the arguments"),
        };
        self.call_with(callee, &args, keywords, Then::Store, destination)
    }

    /// A call with keyword arguments in a dict, or UNBOUND for none.
    pub fn call_with(&mut self, callee: Value, args: &[Value], keywords: Value, then: Then, destination: u16) -> Flow {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        if let Some(dict) = keywords.get::<Dict>() {
            for index in 0..dict.end() {
                if let Some((name, value)) = dict.entry(index) {
                    names.push(name);
                    values.push(value);
                }
            }
        }
        self.call(callee, Given { positional: args, names: &names, values: &values }, then, destination)
    }

    /// A call with positional arguments only.
    pub fn call_plain(&mut self, callee: Value, args: &[Value], then: Then, destination: u16) -> Flow {
        self.call(callee, Given { positional: args, names: &[], values: &[] }, then, destination)
    }

    /// Calls anything.
    pub fn call(&mut self, callee: Value, given: Given<'_>, then: Then, destination: u16) -> Flow {
        let Some(header) = callee.header() else { return self.not_callable(callee) };
        match header.kind() {
            Kind::Function => self.call_function(Ref::from_header(header), given, then, destination),
            Kind::Native => self.call_native(Ref::from_header(header), given, then, destination),
            Kind::Method => {
                let method: Ref<Method> = Ref::from_header(header);
                let mut args = Vec::with_capacity(given.positional.len() + 1);
                args.push(method.receiver);
                args.extend_from_slice(given.positional);
                self.call_behind(method.function, Given { positional: &args, ..given }, then, destination)
            }
            Kind::Class => self.call_class(Ref::from_header(header), given, then, destination),
            Kind::Descriptor if header.layout() == LayoutId::STATICMETHOD => {
                let wrapped: Ref<Descriptor> = Ref::from_header(header);
                self.call_behind(wrapped.getter.get(), given, then, destination)
            }
            _ => {
                let Some(method) = self.cx.special(callee, self.cx.names.__call__) else {
                    return self.not_callable(callee);
                };
                self.call_special_method(method, callee, given, then, destination)
            }
        }
    }

    /// Calls what a callable stands for: it may stand for another in turn, even for itself.
    fn call_behind(&mut self, callee: Value, given: Given<'_>, then: Then, destination: u16) -> Flow {
        self.behind(|vm| vm.call(callee, given, then, destination))
    }

    /// A call on behalf of another, which has no frame to count.
    fn behind(&mut self, call: impl FnOnce(&mut Vm) -> Flow) -> Flow {
        if self.callables_passed == CALLABLES_PASSED {
            self.recursion_error();
            return Flow::Raised;
        }
        self.callables_passed += 1;
        let flow = call(self);
        self.callables_passed -= 1;
        flow
    }

    #[cold]
    fn not_callable(&mut self, callee: Value) -> Flow {
        let name = self.cx.type_name(callee);
        let stop = self.cx.type_error(format!("'{name}' object is not callable"));
        self.raise(stop)
    }

    /// Calls what a class binds a special name to, on behalf of `receiver`.
    pub fn call_special_method(
        &mut self,
        method: Value,
        receiver: Value,
        given: Given<'_>,
        then: Then,
        destination: u16,
    ) -> Flow {
        match method.header().map(Header::kind) {
            Some(Kind::Function | Kind::Native) => {
                let mut args = Bound::with_receiver(receiver, given.positional);
                self.call_behind(method, Given { positional: args.values(), ..given }, then, destination)
            }
            _ => match self.bind_plainly(method, receiver) {
                Some(bound) => self.call_behind(bound, given, then, destination),
                None => {
                    let class = self.cx.class_of(receiver).value();
                    self.call_bound_by_script(method, receiver, class, given, then, destination)
                }
            },
        }
    }

    /// Calls a special method of a value with plain arguments; None if its class has none.
    pub fn call_special(
        &mut self,
        receiver: Value,
        name: Value,
        args: &[Value],
        then: Then,
        destination: u16,
    ) -> Option<Flow> {
        let method = self.cx.special(receiver, name)?;
        if method.is_none() {
            return None;
        }
        let given = Given { positional: args, names: &[], values: &[] };
        Some(self.call_special_method(method, receiver, given, then, destination))
    }

    pub(super) fn call_function(
        &mut self,
        function: Ref<Function>,
        given: Given<'_>,
        then: Then,
        destination: u16,
    ) -> Flow {
        let base = self.free_registers().wrapping_add(1);
        let count = given.positional.len();
        if given.names.is_empty() && function.arity.get() as usize == count {
            return match self.push_function(function, given.positional.as_ptr(), base, count, then, destination) {
                true => Flow::Entered,
                false => Flow::Raised,
            };
        }
        let code = function.code.get();
        let signature = code.signature.clone();
        let mut bound = Bound::new(signature.len());
        let defaults = function.defaults.get().get::<Tuple>();
        let defaults = Defaults {
            positional: defaults.as_ref().map_or(&[], |defaults| defaults.items()),
            keyword: function.keyword_defaults.get().get(),
        };
        let simple = given.names.is_empty()
            && signature.keyword_only == 0
            && !signature.variadic
            && !signature.keyword_variadic
            && count <= signature.positional
            && count + defaults.positional.len() >= signature.positional;
        if simple {
            let values = bound.values();
            values[..count].copy_from_slice(given.positional);
            let missing = signature.positional - count;
            values[count..].copy_from_slice(&defaults.positional[defaults.positional.len() - missing..]);
        } else {
            let name = Callee(function.value());
            if let Err(stop) = signature.bind(&mut self.cx, name, given, defaults, bound.values()) {
                return self.raise(stop);
            }
        }
        let count = bound.values().len();
        match code.code.kind {
            CodeKind::Generator | CodeKind::Coroutine | CodeKind::AsyncGenerator | CodeKind::AsyncModule => {
                Flow::Done(self.make_generator(function, bound.values()))
            }
            _ => match self.push_function(function, bound.values().as_ptr(), base, count, then, destination) {
                true => Flow::Entered,
                false => Flow::Raised,
            },
        }
    }

    /// The generator, coroutine or async generator that calling a function gives.
    pub fn make_generator(&mut self, function: Ref<Function>, args: &[Value]) -> Value {
        let code = function.code.get();
        let layout = match code.code.kind {
            CodeKind::Generator => LayoutId::GENERATOR,
            CodeKind::AsyncGenerator => LayoutId::ASYNC_GENERATOR,
            _ => LayoutId::COROUTINE,
        };
        let generator = Generator::allocate(&mut self.cx, layout, function);
        // SAFETY: a frame of this code has registers for its parameters at least.
        unsafe { std::ptr::copy_nonoverlapping(args.as_ptr(), generator.base(), args.len()) };
        if layout != LayoutId::GENERATOR || code.code.has_cleanup {
            self.cx.heap.add_finalisable(generator.header());
        }
        if layout == LayoutId::COROUTINE {
            // For the case that nobody awaits it.
            if let Some(maker) = self.script_frame(0).map(|index| self.frame_at(index)) {
                let (code, word) = (maker.code(), maker.word());
                match code.code.source.is_of_library() {
                    true => self.set_maker_above(generator),
                    false => generator.set_maker(code, word),
                }
            }
            if self.cx.running.origin_depth > 0 {
                self.remember_origin(generator);
            }
        }
        generator.value()
    }

    /// The library makes a coroutine: for the program, if that has asked for it and not the loop.
    #[inline(never)]
    fn set_maker_above(&self, coroutine: Ref<Generator>) {
        let is_of_script = |&index: &usize| self.frame_at(index).kind == FrameKind::Script;
        let mut machines = (0..self.depth()).rev().take_while(|index| !is_of_script(index));
        if machines.any(|index| self.frame_at(index).is_machine(Machine::Turns as u8)) {
            return;
        }
        let (code, word) = self.position();
        if let Some(code) = code.get() {
            coroutine.set_maker(code, word);
        }
    }

    /// A coroutine remembers where it was made: file, line and function of the frames there, innermost first.
    #[cold]
    fn remember_origin(&mut self, coroutine: Ref<Generator>) {
        let frames: Vec<usize> =
            (0..self.cx.running.origin_depth as usize).map_while(|skip| self.script_frame(skip)).collect();
        let mut places = Vec::with_capacity(frames.len());
        for index in frames {
            let frame = *self.frame_at(index);
            places.push(place(&mut self.cx, frame.code().value(), frame.word()));
        }
        let places = self.cx.tuple(&places);
        coroutine.set_origin(&mut self.cx, places);
    }

    fn call_native(&mut self, native: Ref<Native>, given: Given<'_>, then: Then, destination: u16) -> Flow {
        if let Some(owner) = native.owner.get().get::<Class>() {
            if let Some(flow) = self.check_receiver(native, owner, given) {
                return flow;
            }
        }
        if given.names.is_empty() && native.arity as usize == given.positional.len() {
            return self.run_entry(native, given.positional, then, destination);
        }
        let signature = native.signature(&mut self.cx);
        let mut bound = Bound::new(signature.len());
        if given.names.is_empty() && signature.bind_by_position(&mut self.cx, given.positional, bound.values()) {
            return self.run_entry(native, bound.values(), then, destination);
        }
        let name = Callee(native.value());
        let defaults = Defaults { positional: &signature.defaults, keyword: None };
        if let Err(stop) = signature.bind(&mut self.cx, name, given, defaults, bound.values()) {
            return self.raise(stop);
        }
        self.run_entry(native, bound.values(), then, destination)
    }

    /// A method called through its class must get an instance of it.
    fn check_receiver(&mut self, native: Ref<Native>, owner: Ref<Class>, given: Given<'_>) -> Option<Flow> {
        if native.header().layout() == LayoutId::BUILTIN_FUNCTION {
            return self.check_new(native, owner, given);
        }
        let name = || native.declaration.name();
        let Some(&receiver) = given.positional.first() else {
            let name = name();
            let message = format!("unbound method {}.{name}() needs an argument", owner.name_text());
            let stop = self.cx.type_error(message);
            return Some(self.raise(stop));
        };
        if native.header().layout() == LayoutId::CLASSMETHOD_DESCRIPTOR || self.cx.class_of(receiver).is_subclass(owner)
        {
            return None;
        }
        let (name, found) = (name(), self.cx.type_name(receiver));
        let stop = self.cx.type_error(format!(
            "descriptor '{name}' for '{}' objects doesn't apply to a '{found}' object",
            owner.name_text()
        ));
        Some(self.raise(stop))
    }

    /// TypeError if a native `__new__` is called on a class whose instances are not of its kind.
    #[inline(always)]
    fn check_new(&mut self, native: Ref<Native>, owner: Ref<Class>, given: Given<'_>) -> Option<Flow> {
        let class = given.positional.first().and_then(|value| value.get::<Class>())?;
        if class.is_subclass(owner) || !native.declaration.signature.starts_with("__new__(") {
            return None;
        }
        let (name, found) = (owner.name_text(), class.name_text());
        let stop = self.cx.type_error(format!("{name}.__new__({found}): {found} is not a subtype of {name}"));
        Some(self.raise(stop))
    }

    /// Runs a native on bound arguments.
    #[inline(always)]
    pub fn run_entry(&mut self, native: Ref<Native>, args: &[Value], then: Then, destination: u16) -> Flow {
        match native.entry {
            Entry::Plain(run) | Entry::Maker(run) => match run(&mut self.cx, Args(args)) {
                Ok(value) => {
                    if let Entry::Maker(_) = native.entry {
                        self.tell_maker(value);
                    }
                    Flow::Done(value)
                }
                Err(stop) => self.carry_out(stop, native, args, then, destination),
            },
            Entry::Control(control) => self.control(control, native, args, then, destination),
        }
    }

    /// What was made remembers the function that has asked for it: a native coroutine for the case that nobody awaits
    /// it, a handle for the case that its callback cannot be called.
    #[inline(always)]
    pub fn tell_maker(&self, made: Value) {
        let frame = self.top();
        let Some(maker) = frame.function else { return };
        if let Some(coroutine) = made.get::<Await>() {
            coroutine.set_maker(maker.code.get(), frame.word());
        } else if let Some(handle) = made.get::<Handle>() {
            handle.origin.set(maker.code.get().value());
            handle.origin_word.set(frame.word());
        }
    }

    /// Carries out what a native asked for instead of answering: what it asks may be to call it again, without end.
    #[inline(never)]
    pub fn carry_out(&mut self, stop: Stop, native: Ref<Native>, args: &[Value], then: Then, destination: u16) -> Flow {
        if let Stop::Raise(exception) = stop {
            self.raising = exception;
            return Flow::Raised;
        }
        if self.callables_passed == CALLABLES_PASSED {
            self.recursion_error();
            return Flow::Raised;
        }
        self.callables_passed += 1;
        let flow = self.carry_on(stop, native, args, then, destination);
        self.callables_passed -= 1;
        flow
    }

    fn carry_on(&mut self, stop: Stop, native: Ref<Native>, args: &[Value], then: Then, destination: u16) -> Flow {
        match stop {
            Stop::Raise(_) => unreachable!("raised at once"),
            Stop::Ask(position, wish) => {
                let bound = self.cx.list(args.to_vec());
                let slots = [native.value(), bound, Value::small(position as i64), Value::small(wish as i64)];
                self.start_machine(Machine::Retry, &slots, then, destination)
            }
            Stop::Half => {
                let name = match native.owner.get().get::<Class>() {
                    Some(owner) => format!("{}_{}", owner.name_text(), native.declaration.name()),
                    None => native.declaration.name().to_string(),
                };
                let args: Vec<Value> =
                    args.iter().map(|&arg| if arg.is_unbound() { self.cx.ellipsis } else { arg }).collect();
                self.call_half(&name, &args, then, destination)
            }
            Stop::Call(call) => {
                let (names, values): (Vec<Value>, Vec<Value>) = call.keywords.iter().copied().unzip();
                let given = Given { positional: &call.args, names: &names, values: &values };
                self.call_behind(call.callee, given, then, destination)
            }
            Stop::Special(special) => self.behind(|vm| {
                vm.special_checked(special.receiver, special.name, &special.args, special.check, then, destination)
            }),
            Stop::Key(operation) => {
                let slots = [operation.table, operation.key, operation.value, Value::small(operation.action as i64)];
                self.start_machine(Machine::Key, &slots, then, destination)
            }
            Stop::Request(request) => {
                self.awaiting = Some((then, destination));
                self.outcome = Some(Outcome::Suspended(*request));
                Flow::Leave
            }
            Stop::Signals(result) => self.run_signals(result, then, destination),
            Stop::Wait(wait) => self.wait_for(*wait, native, args, then, destination),
        }
    }

    /// Calls the script half of a built-in; the file it is in is loaded when the first half of it is called.
    pub fn call_half(&mut self, name: &str, args: &[Value], then: Then, destination: u16) -> Flow {
        let interned = self.cx.intern(name);
        if let Some(&half) = self.halves.get(&interned) {
            return self.call_plain(half, args, then, destination);
        }
        let args = self.cx.tuple(args);
        self.start_machine(Machine::Half, &[interned, args], then, destination)
    }

    // slots: 0 the half's name, 1 arguments, 2 the name of the module it is in
    pub(super) fn step_half(&mut self, input: Input) -> Next {
        let name = self.slot(0);
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let text = self.text(name);
                let module = crate::vm::import::module_of_half(&text);
                let module = self.cx.intern(module);
                self.set_slot(2, module);
                Next::Called(self.start_machine(Machine::Import, &[module, module, Value::small(0)], Then::Machine, 0))
            }
            _ => {
                let module: Ref<Module> =
                    self.cx.modules.get_interned(self.slot(2)).and_then(|module| module.get()).expect("just loaded");
                let Some(half) = module.dict().get_interned(name) else {
                    panic!("no script half is named {}; please report this", self.text(name))
                };
                self.halves.insert(name, half);
                let args = Vm::tuple_items(self.slot(1));
                let (then, destination) = self.pop_frame();
                Next::Replaced(self.call_plain(half, &args, then, destination), then, destination)
            }
        }
    }

    /// `return value` where the frame is not a plain call's.
    #[inline(never)]
    pub fn return_value(&mut self, value: Value) -> Flow {
        if self.top().generator.is_some() {
            return self.generator_returned(value);
        }
        let frame = self.top();
        let construct =
            frame.then == Then::Construct || frame.then == Then::Chunk && frame.after_chunk == Then::Construct;
        let mut value = value;
        if construct {
            if !value.is_none() {
                let found = self.cx.type_name(value);
                let stop = self.cx.type_error(format!("__init__() should return None, not '{found}'"));
                return self.raise(stop);
            }
            // SAFETY: the register below the first is the instance's.
            value = unsafe { *self.top().base.sub(1) };
        }
        let (then, destination) = self.pop_frame();
        self.deliver(if construct { Then::Store } else { then }, destination, value)
    }

    /// Hands a result to the current frame.
    pub fn deliver(&mut self, then: Then, destination: u16, value: Value) -> Flow {
        match then {
            Then::Store | Then::Construct | Then::Loop | Then::Step => {
                self.set_register(destination, value);
                Flow::Entered
            }
            Then::Discard => Flow::Entered,
            Then::Instruction => self.instruction_value(destination, value),
            Then::Machine | Then::StepMachine => self.feed_machine(Input::Value(value)),
            Then::Finish => {
                self.outcome = Some(Outcome::Returned(value));
                Flow::Leave
            }
            Then::Chunk => unreachable!("pop_frame answers what follows the chunk"),
        }
    }

    /// A function of nested code `index` of the current frame's.
    pub fn make_function(&mut self, index: u16, extras: Option<*mut Value>) -> Value {
        let frame = *self.top();
        let parent = frame.function.expect("a script frame has a function");
        let code = parent.code.get().codes[index as usize];
        let closure = code
            .code
            .captures
            .iter()
            .map(|capture| match *capture {
                Capture::Local(register) => self.register(register),
                Capture::Free(index) => parent.closure[index as usize],
            })
            .collect();
        let function = Function::allocate(&mut self.cx, code, parent.globals, closure);
        if frame.kind == FrameKind::Script {
            function.is_hidden.set(parent.is_hidden.get());
        }
        if let Some(extras) = extras {
            // SAFETY: the instruction names three registers of the frame.
            let (defaults, keyword_defaults, annotate) = unsafe { (*extras, *extras.add(1), *extras.add(2)) };
            for (cell, value) in [
                (&function.defaults, defaults),
                (&function.keyword_defaults, keyword_defaults),
                (&function.annotate, annotate),
            ] {
                if !value.is_unbound() {
                    cell.set(value);
                }
            }
        }
        function.value()
    }
}
