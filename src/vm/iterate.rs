//! Iterating: getting an iterator, its next item, unpacking, and collecting.
#![allow(unsafe_code)]

use crate::bytecode::instruction::{Instruction, Opcode};
use crate::object::class::Class;
use crate::object::exception::Exception;
use crate::object::extension::Extension;
use crate::object::frame::Then;
use crate::object::generator::{Await, AwaitKind, Generator};
use crate::object::heap::{Header, Ref};
use crate::object::iterator::{self, Iterator, IteratorState, Step};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Declaration, Stop, plain};
use crate::object::signature::Callee;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// What the iterators of `object::iterator` call for an item where script code gives it: always the half.
pub const STEPS: &[Declaration] = &[
    plain(
        "sequence_item(sequence, index, iterator, /)",
        |_, _| Err(Stop::Half),
        "Return an item, or end the iteration.",
    ),
    plain(
        "call_until(function, sentinel, iterator, /)",
        |_, _| Err(Stop::Half),
        "Call a function until it returns the sentinel.",
    ),
];

impl Vm {
    /// `iter(value)`
    pub fn get_iterator(&mut self, value: Value, then: Then, destination: u16) -> Flow {
        let class = self.cx.class_of(value);
        if class.has(Class::BUILTIN) || !class.has(Class::OVERRIDES) {
            if value.get::<Generator>().is_some_and(|g| g.header().layout() == LayoutId::GENERATOR) {
                return Flow::Done(value);
            }
            if let Some(iterator) = iterator::of_builtin(&mut self.cx, value) {
                return Flow::Done(iterator);
            }
        }
        match self.cx.lookup(class, self.cx.names.__iter__) {
            Some(method) if method.is_none() => {}
            Some(_) => {
                let name = self.cx.names.__iter__;
                let check = crate::object::native::Check::Iterator;
                return self.special_checked(value, name, &[], check, then, destination);
            }
            None if self.cx.lookup(class, self.cx.names.__getitem__).is_some() && value.get::<Class>().is_none() => {
                let state = IteratorState::Sequence { sequence: value.into(), index: 0.into() };
                return Flow::Done(iterator::allocate(&mut self.cx, LayoutId::SEQUENCE_ITERATOR, state));
            }
            None => {}
        }
        let name = class.name_text();
        let stop = self.cx.type_error(format!("'{name}' object is not iterable"));
        self.raise(stop)
    }

    /// Has it a `__next__`?
    pub fn is_iterator(&mut self, value: Value) -> bool {
        match value.header().map(Header::kind) {
            Some(Kind::Iterator) => true,
            _ => self.cx.special(value, self.cx.names.__next__).is_some_and(|method| !method.is_none()),
        }
    }

    /// One step of an iterator of the heap or of a module.
    pub fn native_step(&mut self, value: Value, fed: Option<Value>) -> Result<Step, Stop> {
        if let Some(iterator) = value.get::<Iterator>() {
            return iterator::next(&mut self.cx, iterator, fed);
        }
        let extension: Ref<Extension> = value.get().expect("a native iterator");
        extension.data.next(&mut self.cx, value, fed)
    }

    /// The next item of an iterator: `Done` with it, or with UNBOUND at the end; where script code must run it is
    /// delivered by `then`, the end as `deliver_end` does.
    pub fn next_item(&mut self, value: Value, then: Then, destination: u16) -> Flow {
        let Some(header) = value.header() else { return self.not_an_iterator(value) };
        match header.kind() {
            Kind::Iterator | Kind::Extension if !self.has_script_next(value) => {
                self.native_item(value, then, destination)
            }
            Kind::Generator if header.layout() == LayoutId::GENERATOR => {
                let generator: Ref<Generator> = Ref::from_header(header);
                self.step_generator(generator, Value::NONE, then, destination)
            }
            _ => match self.call_special(value, self.cx.names.__next__, &[], then, destination) {
                Some(Flow::Raised) if self.cx.is_instance(self.raising, LayoutId::STOP_ITERATION) => {
                    self.take_raising();
                    Flow::Done(Value::UNBOUND)
                }
                Some(flow) => flow,
                None => self.not_an_iterator(value),
            },
        }
    }

    fn has_script_next(&mut self, value: Value) -> bool {
        let class = self.cx.class_of(value);
        !class.has(Class::BUILTIN)
            && class.lookup_after(self.cx.names.__next__, None).is_some_and(|(owner, _)| !owner.has(Class::BUILTIN))
    }

    fn native_item(&mut self, value: Value, then: Then, destination: u16) -> Flow {
        let is_iterator =
            value.is::<Iterator>() || value.get::<Extension>().is_some_and(|object| object.data.is_iterator());
        if !is_iterator {
            return self.not_an_iterator(value);
        }
        if value.get::<Iterator>().is_some_and(|iterator| !iterator.is_plain) || value.is::<Extension>() {
            match self.native_step(value, None) {
                Ok(Step::Item(item)) => return Flow::Done(item),
                Ok(Step::Done) => return Flow::Done(Value::UNBOUND),
                Ok(Step::Call(callee, args)) => return self.call_plain(callee, &args, then, destination),
                Err(stop) => return self.raise(stop),
                Ok(Step::Next(inner)) => {
                    let slots = [value, Value::small(1), inner];
                    return self.start_machine(Machine::Item, &slots, then, destination);
                }
                Ok(Step::CallAndFeed(callee, args)) => {
                    let args = self.cx.tuple(&args);
                    let slots = [value, Value::small(2), callee, args];
                    return self.start_machine(Machine::Item, &slots, then, destination);
                }
            }
        }
        match self.native_step(value, None) {
            Ok(Step::Item(item)) => Flow::Done(item),
            Ok(_) => Flow::Done(Value::UNBOUND),
            Err(stop) => self.raise(stop),
        }
    }

    #[cold]
    fn not_an_iterator(&mut self, value: Value) -> Flow {
        let name = self.cx.type_name(value);
        let stop = self.cx.type_error(format!("'{name}' object is not an iterator"));
        self.raise(stop)
    }

    /// The next item for `for`: as `next_item` with the instruction looking at what comes later.
    pub fn for_iterate(&mut self, value: Value) -> Flow {
        self.next_item(value, Then::Instruction, 0)
    }

    /// Whoever asked for an item learns that there is none left.
    pub fn deliver_end(&mut self, then: Then, destination: u16, value: Value) -> Flow {
        match then {
            Then::Machine | Then::StepMachine => self.feed_machine(Input::End(value)),
            Then::Instruction => self.instruction_ended(value),
            Then::Loop => {
                self.jump_out_of_loop();
                Flow::Entered
            }
            Then::Finish | Then::Store | Then::Discard | Then::Construct | Then::Step | Then::Chunk => {
                let _ = destination;
                self.raising = Exception::stop_iteration(&mut self.cx, value);
                Flow::Raised
            }
        }
    }

    /// The current frame's `for` is over: go on behind it.
    pub fn jump_out_of_loop(&mut self) {
        let frame = self.top_mut();
        // SAFETY: the frame stands after its ForIterate, which has no caches.
        unsafe {
            let instruction = Instruction((*frame.pc.sub(1)).get());
            frame.pc = frame.pc.offset(instruction.d() as i16 as isize);
        }
    }

    /// The instruction the current frame stands after; only for instructions without caches.
    pub fn instruction(&self) -> Instruction {
        // SAFETY: as above.
        Instruction(unsafe { (*self.top().pc.sub(1)).get() })
    }

    /// A result for an instruction that waits for one.
    pub fn instruction_value(&mut self, stage: u16, value: Value) -> Flow {
        let i = self.instruction();
        let opcode = i.opcode();
        match opcode {
            Opcode::ForIterate => {
                self.set_register(i.b(), value);
                Flow::Entered
            }
            Opcode::Delegate => self.delegate_yielded(value),
            _ => self.branch_value(i, stage, value),
        }
    }

    /// Jumps, once the truth they depend on is known.
    fn branch_value(&mut self, i: Instruction, stage: u16, value: Value) -> Flow {
        // Stage 0: any value, whose truth counts. Stage 1: the truth itself.
        let truth = if value.is_bool() {
            value == Value::TRUE
        } else if stage == 0 {
            match self.truth(value) {
                Flow::Done(truth) => truth == Value::TRUE,
                flow => return flow,
            }
        } else {
            unreachable!("a truth is a bool")
        };
        let distance = match i.opcode() {
            Opcode::Not => {
                self.set_register(i.b(), Value::bool(!truth));
                return Flow::Entered;
            }
            Opcode::JumpIfTrue if truth => i.w() as isize,
            Opcode::JumpIfFalse if !truth => i.w() as isize,
            Opcode::JumpIfTrue | Opcode::JumpIfFalse => 0,
            _ if truth as u8 == i.a() => i.d() as i16 as isize,
            _ => 0,
        };
        let frame = self.top_mut();
        // SAFETY: the compiler's jumps land in the code.
        frame.pc = unsafe { frame.pc.offset(distance) };
        Flow::Entered
    }

    /// The iterator an instruction steps has ended.
    fn instruction_ended(&mut self, value: Value) -> Flow {
        let i = self.instruction();
        match i.opcode() {
            Opcode::ForIterate => {
                self.jump_out_of_loop();
                Flow::Entered
            }
            Opcode::Delegate => self.delegate_ended(value),
            _ => unreachable!("only loops and delegation step iterators"),
        }
    }

    /// An exception of what an instruction called: the end of an iteration is not an error. None: it is raised on.
    pub fn instruction_raised(&mut self) -> Option<Flow> {
        if !self.cx.is_instance(self.raising, LayoutId::STOP_ITERATION) {
            return None;
        }
        match self.instruction().opcode() {
            Opcode::ForIterate | Opcode::Delegate => {
                let value = self.raising_body().value.get();
                self.take_raising();
                Some(self.instruction_ended(value))
            }
            _ => None,
        }
    }

    /// The truth of a value: `Done` with a bool, or delivered to the instruction that waits.
    #[inline]
    pub fn truth(&mut self, value: Value) -> Flow {
        match crate::object::truth::truth(&mut self.cx, value) {
            Some(truth) => Flow::Done(Value::bool(truth)),
            None => self.truth_machine(value, Then::Instruction, 1),
        }
    }

    /// The truth of a value that has a script `__bool__` or `__len__`.
    pub fn truth_machine(&mut self, value: Value, then: Then, destination: u16) -> Flow {
        match crate::object::truth::truth(&mut self.cx, value) {
            Some(truth) => Flow::Done(Value::bool(truth)),
            None => self.start_machine(Machine::Truth, &[value], then, destination),
        }
    }

    /// All items of a value that can be iterated without script code.
    pub fn plain_items(&mut self, value: Value) -> Option<Result<Vec<Value>, Stop>> {
        let class = self.cx.class_of(value);
        if !class.has(Class::BUILTIN) && class.has(Class::OVERRIDES) {
            return None;
        }
        crate::object::items::plain_items(&mut self.cx, value)
    }

    /// `a, b = source`
    pub fn unpack(&mut self, source: Value, first: u16, count: usize) -> Flow {
        match self.plain_items(source) {
            Some(Ok(items)) => self.spread(&items, source, first, count),
            Some(Err(stop)) => self.raise(stop),
            None => {
                let slots =
                    [source, Value::UNBOUND, Value::small(first as i64), Value::small(count as i64), Value::small(-1)];
                self.start_machine(Machine::Unpack, &slots, Then::Discard, 0)
            }
        }
    }

    fn spread(&mut self, items: &[Value], source: Value, first: u16, count: usize) -> Flow {
        if items.len() != count {
            return self.wrong_count(items.len(), source, count);
        }
        for (index, &item) in items.iter().enumerate() {
            self.set_register(first + index as u16, item);
        }
        Flow::Done(Value::NONE)
    }

    #[cold]
    fn wrong_count(&mut self, found: usize, source: Value, count: usize) -> Flow {
        let message = if found < count {
            format!("not enough values to unpack (expected {count}, got {found})")
        } else if matches!(source.header().map(Header::kind), Some(Kind::List | Kind::Tuple | Kind::Dict)) {
            format!("too many values to unpack (expected {count}, got {found})")
        } else {
            format!("too many values to unpack (expected {count})")
        };
        let stop = self.cx.value_error(message);
        self.raise(stop)
    }

    /// `a, *b, c = source`
    pub fn unpack_star(&mut self, source: Value, first: u16, before: usize, after: usize) -> Flow {
        match self.plain_items(source) {
            Some(Ok(items)) => self.spread_star(&items, first, before, after),
            Some(Err(stop)) => self.raise(stop),
            None => {
                let slots = [
                    source,
                    Value::UNBOUND,
                    Value::small(first as i64),
                    Value::small(before as i64),
                    Value::small(after as i64),
                ];
                self.start_machine(Machine::Unpack, &slots, Then::Discard, 0)
            }
        }
    }

    fn spread_star(&mut self, items: &[Value], first: u16, before: usize, after: usize) -> Flow {
        if items.len() < before + after {
            let (least, found) = (before + after, items.len());
            let message = format!("not enough values to unpack (expected at least {least}, got {found})");
            let stop = self.cx.value_error(message);
            return self.raise(stop);
        }
        let middle = self.cx.list(items[before..items.len() - after].to_vec());
        for (index, &item) in items[..before].iter().enumerate() {
            self.set_register(first + index as u16, item);
        }
        self.set_register(first + before as u16, middle);
        for (index, &item) in items[items.len() - after..].iter().enumerate() {
            self.set_register(first + (before + 1 + index) as u16, item);
        }
        Flow::Done(Value::NONE)
    }

    // slots: 0 source, 1 iterator, 2 first register, 3 count or count before the star, 4 count after it or -1, 5 items
    pub(super) fn step_unpack(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) if self.step() == 1 => self.unpack_error(exception),
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                Next::Called(self.get_iterator(self.slot(0), Then::Machine, 0))
            }
            (1, Input::Value(iterator)) => {
                self.go_to(2);
                self.set_slot(1, iterator);
                let list = self.cx.list(Vec::new());
                self.set_slot(5, list);
                Next::Called(self.next_item(iterator, Then::StepMachine, 0))
            }
            (_, Input::Value(item)) => {
                let list: Ref<List> = self.slot(5).get().expect("a list collects");
                list.push(item);
                if self.slot(4).as_small() < 0 && list.len() as i64 > self.slot(3).as_small() {
                    return self.end_unpack();
                }
                Next::Called(self.next_item(self.slot(1), Then::StepMachine, 0))
            }
            (_, Input::End(_)) => self.end_unpack(),
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    fn unpack_error(&mut self, exception: Value) -> Next {
        if !self.cx.is_instance(exception, LayoutId::TYPE_ERROR) || self.is_iterable(self.slot(0)) {
            return Next::Raise(exception);
        }
        let name = self.cx.type_name(self.slot(0));
        let stop = self.cx.type_error(format!("cannot unpack non-iterable {name} object"));
        self.raise_next(stop)
    }

    /// Could `iter` be tried on it?
    pub fn is_iterable(&mut self, value: Value) -> bool {
        let names = self.cx.names;
        self.cx.special(value, names.__iter__).is_some_and(|method| !method.is_none())
            || self.cx.special(value, names.__getitem__).is_some()
            || value.is::<Iterator>()
    }

    fn end_unpack(&mut self) -> Next {
        let items = self.slot(5).get::<List>().expect("a list collects").to_vec();
        let (source, first) = (self.slot(0), self.slot(2).as_small() as u16);
        let (before, after) = (self.slot(3).as_small() as usize, self.slot(4).as_small());
        let (then, destination) = self.pop_frame();
        let flow = match after {
            ..0 => self.spread(&items, source, first, before),
            _ => self.spread_star(&items, first, before, after as usize),
        };
        Next::Replaced(flow, then, destination)
    }

    /// `list.extend(iterable)` of a display or of the arguments of a call.
    pub fn list_extend(&mut self, list: Value, source: Value, callee: Value) -> Flow {
        let target: Ref<List> = list.get().expect("the compiler made a list");
        match self.plain_items(source) {
            Some(Ok(items)) => {
                target.extend(&items);
                Flow::Done(Value::NONE)
            }
            Some(Err(stop)) => self.raise(stop),
            None if !self.is_iterable(source) => {
                let found = self.cx.type_name(source);
                let message = if callee.is_unbound() {
                    format!("Value after * must be an iterable, not {found}")
                } else {
                    format!("{} argument after * must be an iterable, not {found}", self.callee_title(callee))
                };
                let stop = self.cx.type_error(message);
                self.raise(stop)
            }
            None => self.start_machine(Machine::Collect, &[source, list], Then::Discard, 0),
        }
    }

    /// `module.f()` for messages about its arguments.
    pub fn callee_title(&mut self, callee: Value) -> String {
        use crate::object::function::{Function, Method};
        let function = callee.get::<Method>().map_or(callee, |method| method.function);
        match function.get::<Function>() {
            Some(function) => {
                let (module, name) = (self.text(function.module.get()), self.text(function.qualified_name.get()));
                if module.is_empty() { format!("{name}()") } else { format!("{module}.{name}()") }
            }
            None => match function.get::<crate::object::native::Native>() {
                Some(native) => format!("{}()", Callee(native.value())),
                None => format!("{} object", self.cx.type_name(callee)),
            },
        }
    }

    /// `len(value)`
    pub fn length(&mut self, value: Value, destination: u16) -> Flow {
        match crate::object::items::length(&mut self.cx, value) {
            Some(length) => Flow::Done(Value::small(length as i64)),
            None => {
                let name = self.cx.names.__len__;
                if self.cx.special(value, name).is_none() {
                    let found = self.cx.type_name(value);
                    let stop = self.cx.type_error(format!("object of type '{found}' has no len()"));
                    return self.raise(stop);
                }
                let check = crate::object::native::Check::Length;
                self.special_checked(value, name, &[], check, Then::Store, destination)
            }
        }
    }

    /// Is this an awaitable that stands for one step of an async generator?
    pub fn is_async_step(value: Value) -> bool {
        value.get::<Await>().is_some_and(|step| step.kind != AwaitKind::Default)
    }

    /// The items of a tuple in a register.
    pub fn tuple_items(value: Value) -> Vec<Value> {
        value.get::<Tuple>().map_or_else(Vec::new, |tuple| tuple.items().to_vec())
    }
}
