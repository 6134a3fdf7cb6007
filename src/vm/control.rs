//! Natives that the loop carries out itself, since they change which frame runs.

use crate::bytecode::instruction::Opcode;
use crate::object::class::Class;
use crate::object::exception::{Exception, Traceback};
use crate::object::frame::{FrameObject, Then};
use crate::object::function::{CellObject, Function, Method, Super};
use crate::object::generator::{Await, Generator};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Control, Native, Stop};
use crate::object::signature::Given;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::vm::attribute::Found;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::Machine;
use crate::vm::operator::{comparison, operator};

impl Vm {
    /// Carries out a native on its bound arguments.
    pub fn control(
        &mut self,
        control: Control,
        native: Ref<Native>,
        args: &[Value],
        then: Then,
        destination: u16,
    ) -> Flow {
        let arg = |index: usize| args.get(index).copied().unwrap_or(Value::UNBOUND);
        match control {
            Control::Next | Control::IteratorNext => self.next(arg(0), arg(1), then, destination),
            Control::Send => self.send(arg(0), arg(1), then, destination),
            Control::Throw => self.throw_control(arg(0), arg(1), arg(2), arg(3), then, destination),
            Control::Close => match arg(0).get::<Generator>() {
                Some(generator) => self.close(generator, then, destination),
                None => self.wrong_receiver(native),
            },
            Control::AwaitSend => self.start_machine(
                Machine::Next,
                &[arg(0), Value::UNBOUND, if arg(1).is_unbound() { Value::NONE } else { arg(1) }],
                then,
                destination,
            ),
            Control::AwaitThrow => self.throw_control(arg(0), arg(1), arg(2), arg(3), then, destination),
            Control::AwaitClose => match arg(0).get::<Await>() {
                Some(step) => self.close_await(step, then, destination),
                None => self.wrong_receiver(native),
            },
            Control::AnextDefault => self.call_half("anext_default", args, then, destination),
            Control::TypeCall => self.type_call(args, then, destination),
            Control::TypeNew => self.type_new(args, then, destination),
            Control::BuildClass => self.build_class(args, then, destination),
            Control::GetAttribute => self.getattr(arg(0), arg(1), arg(2), then, destination),
            Control::HasAttribute => match self.attribute_name(arg(1), "attribute name must be string, not") {
                Ok(name) => self.has_attribute(arg(0), name, then, destination),
                Err(stop) => self.raise(stop),
            },
            Control::SetAttribute => match self.attribute_name(arg(1), "attribute name must be string, not") {
                Ok(name) => self.discarding(then, destination, |vm, then, destination| {
                    vm.store_attribute(args[0], name, args[2], then, destination)
                }),
                Err(stop) => self.raise(stop),
            },
            Control::DeleteAttribute => match self.attribute_name(arg(1), "attribute name must be string, not") {
                Ok(name) => self.discarding(then, destination, |vm, then, destination| {
                    vm.delete_attribute(args[0], name, then, destination)
                }),
                Err(stop) => self.raise(stop),
            },
            Control::ObjectSetAttribute | Control::ObjectDeleteAttribute => {
                self.plain_setattr(native, arg(0), arg(1), arg(2), then, destination)
            }
            Control::ObjectGetAttribute | Control::TypeGetAttribute | Control::SuperGetAttribute => {
                self.plain_getattribute(arg(0), arg(1), then, destination)
            }
            Control::SuperInit => self.super_init(args),
            Control::Iter => self.iter(arg(0), arg(1), then, destination),
            Control::IsInstance | Control::IsSubclass => {
                self.is_instance_of(control, arg(0), arg(1), then, destination)
            }
            Control::Exec | Control::Eval => self.exec(control, args, then, destination),
            Control::Compile => match self.compile_control(arg(0), arg(1), arg(2), arg(3)) {
                Ok((code, Value::NONE)) => Flow::Done(code),
                Ok((code, found)) => self.call_half("compile_warned", &[found, code], then, destination),
                Err(stop) => self.raise(stop),
            },
            Control::Import => self.import_control(args, then, destination),
            Control::Globals => match self.script_globals() {
                Some(globals) => Flow::Done(globals.value()),
                None => Flow::Done(Value::NONE),
            },
            Control::Locals => Flow::Done(self.locals()),
            Control::FrameNames => {
                let locals = self.locals();
                match native.declaration.name() {
                    "vars" => Flow::Done(locals),
                    _ => self.call_half("dir_of_names", &[locals], then, destination),
                }
            }
            Control::GetFrame => self.get_frame(arg(0)),
            Control::CurrentFrames => self.current_frames(),
            Control::ExceptionInfo => {
                let exception = self.handled;
                let items = match exception.get::<Exception>() {
                    Some(body) => [self.cx.class_of(exception).value(), exception, body.traceback.get()],
                    None => [Value::NONE; 3],
                };
                Flow::Done(self.cx.tuple(&items))
            }
            Control::CurrentException => Flow::Done(self.handled),
            Control::MethodCall | Control::Call => {
                let positional = Vm::tuple_items(arg(1));
                self.call_with(arg(0), &positional, arg(2), then, destination)
            }
            Control::DescriptorGet => self.descriptor_get(arg(0), arg(1), arg(2), then, destination),
            Control::DescriptorSet | Control::DescriptorDelete => self.descriptor_set(args, then, destination),
            Control::Binary(number) => {
                let in_place = number >= 16;
                self.binary_then(operator(number & 15), in_place, arg(0), arg(1), then, destination)
            }
            Control::Compare(number) => self.compare(comparison(number), arg(0), arg(1), then, destination),
            Control::CallHalf => {
                let (name, args) = (self.text(arg(0)), Vm::tuple_items(arg(1)));
                self.call_half(&name, &args, then, destination)
            }
            Control::Subscript => self.subscript(arg(0), arg(1), then, destination),
            Control::StoreSubscript => self.discarding(then, destination, |vm, then, destination| {
                vm.store_subscript(args[0], args[1], args[2], then, destination)
            }),
            Control::DeleteSubscript => self.discarding(then, destination, |vm, then, destination| {
                vm.delete_subscript(args[0], args[1], then, destination)
            }),
            Control::Contains => self.contains(arg(0), arg(1), false, then, destination),
            Control::Collect => self.collect_now(then, destination),
            Control::MakeCoroutine => self.make_coroutine(arg(0)),
            Control::SetRecursionLimit => self.set_recursion_limit(arg(0)),
            Control::SetTrace => self.set_tracer(arg(0), then, destination),
            Control::GetTrace => Flow::Done(self.tracer),
            Control::GetRecursionLimit => Flow::Done(Value::small(self.recursion_limit as i64)),
            Control::StoreLocal => self.store_local(arg(0), arg(1), arg(2)),
            Control::FrameAttribute => self.frame_attribute(arg(0), native.declaration.name()),
            Control::RunInContext => self.run_in_context(args, then, destination),
            Control::RunTurns => self.run_turns(args, then, destination),
            Control::CreateTask => self.create_task(args, then, destination),
            Control::Spawn => self.spawn(args, then, destination),
            Control::StartTask => self.start_task(args, then, destination),
            Control::BeginTask => {
                let args = [arg(0), arg(1), Value::NONE, arg(2), arg(3), arg(4)];
                self.begin_task(&args, then, destination)
            }
            Control::Gather => self.gather(args, then, destination),
            Control::StepTask => self.step_task_now(args, then, destination),
            Control::CancelFuture => self.cancel_future(args, then, destination),
            Control::NoteInterrupt => self.note_interrupt(arg(0)),
            Control::SwitchGreenlet => self.switch_greenlet(args, then, destination),
            Control::ThrowGreenlet => self.throw_greenlet(args, then, destination),
            Control::GreenletFrame => self.greenlet_frame(arg(0)),
            Control::RunModule => self.run_module_again(arg(0), then, destination),
        }
    }

    #[cold]
    fn wrong_receiver(&mut self, native: Ref<Native>) -> Flow {
        let name = native.declaration.name();
        let stop = self.cx.type_error(format!("descriptor '{name}' does not apply to this object"));
        self.raise(stop)
    }

    /// Runs something whose own result does not count: the answer is None.
    fn discarding(&mut self, then: Then, destination: u16, work: impl FnOnce(&mut Vm, Then, u16) -> Flow) -> Flow {
        let flow = work(self, then, destination);
        match flow {
            Flow::Done(_) => Flow::Done(Value::NONE),
            flow => flow,
        }
    }

    fn next(&mut self, iterator: Value, default: Value, then: Then, destination: u16) -> Flow {
        if let Some(generator) = iterator.get::<Generator>() {
            if default.is_unbound() && generator.header().layout() == LayoutId::GENERATOR {
                return self.send(iterator, Value::NONE, then, destination);
            }
        }
        if iterator.get::<Generator>().is_some_and(|own| own.header().layout() != LayoutId::GENERATOR) {
            let found = self.cx.type_name(iterator);
            let stop = self.cx.type_error(format!("'{found}' object is not an iterator"));
            return self.raise(stop);
        }
        if crate::object::iterator::is_plain(iterator) {
            return match self.next_item(iterator, then, destination) {
                Flow::Done(Value::UNBOUND) if !default.is_unbound() => Flow::Done(default),
                Flow::Done(Value::UNBOUND) => {
                    self.raising = Exception::stop_iteration(&mut self.cx, Value::NONE);
                    Flow::Raised
                }
                flow => flow,
            };
        }
        self.start_machine(Machine::Next, &[iterator, default, Value::NONE], then, destination)
    }

    /// `throw(type_or_exception, value, traceback)`
    fn throw_control(
        &mut self,
        target: Value,
        kind: Value,
        value: Value,
        traceback: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let complaint = "exceptions must be classes or instances deriving from BaseException";
        let exception = match self.exception_to_throw(kind, value, traceback, complaint) {
            Ok(Some(exception)) => exception,
            Ok(None) => return self.throw_class(target, kind, value, traceback, then, destination),
            Err(stop) => return self.raise(stop),
        };
        let inner = if then == Then::Store { Then::Step } else { then };
        if inner != Then::Step {
            return self.start_machine(
                Machine::Next,
                &[target, Value::UNBOUND, exception, Value::TRUE],
                then,
                destination,
            );
        }
        let flow = match (target.get::<Generator>(), target.get::<Await>()) {
            (Some(generator), _) => self.throw(generator, exception, inner, destination),
            (_, Some(step)) => self.throw_await(step, exception, inner, destination),
            _ => unreachable!("the receiver was checked"),
        };
        match flow {
            Flow::Done(Value::UNBOUND) => {
                self.raising = Exception::stop_iteration(&mut self.cx, Value::NONE);
                Flow::Raised
            }
            flow => flow,
        }
    }

    /// The instance that the arguments of a `throw` name; None if only a call of the class can make it.
    pub(super) fn exception_to_throw(
        &mut self,
        kind: Value,
        value: Value,
        traceback: Value,
        complaint: &str,
    ) -> Result<Option<Value>, Stop> {
        let given = |value: Value| !value.is_unbound() && !value.is_none();
        if given(traceback) && !traceback.is::<Traceback>() {
            return Err(self.cx.type_error("throw() third argument must be a traceback object"));
        }
        let exception = if kind.is::<Exception>() {
            if given(value) {
                return Err(self.cx.type_error("instance exception may not have a separate value"));
            }
            kind
        } else {
            let base = self.cx.class(LayoutId::BASE_EXCEPTION);
            let Some(class) = kind.get::<Class>().filter(|class| class.is_subclass(base)) else {
                let found = self.cx.type_name(kind);
                return Err(self.cx.type_error(format!("{complaint}, not {found}")));
            };
            if !class.has(Class::BUILTIN) || given(value) {
                return Ok(None);
            }
            let (layout, args) = (class.root_layout.get(), self.cx.empty_tuple);
            Exception::allocate(&mut self.cx, layout, args)
        };
        if let Some(body) = exception.get::<Exception>().filter(|_| given(traceback)) {
            body.traceback.set(traceback);
        }
        Ok(Some(exception))
    }

    /// Throws into something what calling a class with a value gives.
    pub(super) fn throw_class(
        &mut self,
        target: Value,
        kind: Value,
        value: Value,
        traceback: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let or_none = |value: Value| if value.is_unbound() { Value::NONE } else { value };
        self.call_half("throw_class", &[target, kind, or_none(value), or_none(traceback)], then, destination)
    }

    /// `type.__call__(cls, *args, **keywords)`
    fn type_call(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let Some(class) = args[0].get::<Class>() else {
            let stop = self.cx.type_error("descriptor '__call__' requires a 'type' object");
            return self.raise(stop);
        };
        let positional = Vm::tuple_items(args[1]);
        let (names, values) = self.keyword_lists(args[2]);
        self.instantiate(class, Given { positional: &positional, names: &names, values: &values }, then, destination)
    }

    fn attribute_name(&mut self, name: Value, message: &str) -> Result<Value, Stop> {
        if name.is::<Str>() {
            return Ok(self.cx.intern_value(name));
        }
        let found = self.cx.type_name(name);
        Err(self.cx.type_error(format!("{message} '{found}'")))
    }

    fn getattr(&mut self, object: Value, name: Value, default: Value, then: Then, destination: u16) -> Flow {
        match self.attribute_name(name, "attribute name must be string, not") {
            Ok(name) if default.is_unbound() => self.load_attribute(object, name, then, destination),
            Ok(name) => self.get_attribute_default(object, name, default, then, destination),
            Err(stop) => self.raise(stop),
        }
    }

    fn has_attribute(&mut self, object: Value, name: Value, then: Then, destination: u16) -> Flow {
        let class = self.cx.class_of(object);
        if !class.has(Class::HAS_GETATTRIBUTE | Class::HAS_GETATTR) && !object.is::<crate::object::module::Module>() {
            match self.find_attribute(object, name) {
                Found::Value(_) => return Flow::Done(Value::TRUE),
                Found::Missing => return Flow::Done(Value::FALSE),
                _ => {}
            }
        }
        self.call_half("hasattr", &[object, name], then, destination)
    }

    /// `object.__setattr__` and `__delattr__` (of UNBOUND), and those of `type`.
    fn plain_setattr(
        &mut self,
        native: Ref<Native>,
        object: Value,
        name: Value,
        value: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let owner = native.owner.get().get::<Class>();
        if object.is::<Class>() && owner == Some(self.cx.class(LayoutId::OBJECT)) {
            let (method, found) = (native.declaration.name(), self.cx.type_name(object));
            let stop = self.cx.type_error(format!("can't apply this {method} to {found} object"));
            return self.raise(stop);
        }
        match self.attribute_name(name, "attribute name must be string, not") {
            Ok(name) => self.discarding(then, destination, |vm, then, destination| {
                vm.store_attribute_plainly(object, name, value, then, destination)
            }),
            Err(stop) => self.raise(stop),
        }
    }

    fn plain_getattribute(&mut self, object: Value, name: Value, then: Then, destination: u16) -> Flow {
        let name = match self.attribute_name(name, "attribute name must be string, not") {
            Ok(name) => name,
            Err(stop) => return self.raise(stop),
        };
        match self.find_attribute(object, name) {
            Found::Value(value) => Flow::Done(value),
            Found::Call(callee, args) => self.call_plain(callee, &args, then, destination),
            Found::Failed(stop) => self.raise(stop),
            Found::Missing => {
                let stop = self.cx.attribute_error(object, name);
                self.raise(stop)
            }
        }
    }

    /// `super.__init__(self, type, object)`; without arguments from the calling frame.
    fn super_init(&mut self, args: &[Value]) -> Flow {
        let Some(this) = args[0].get::<Super>() else {
            let stop = self.cx.type_error("descriptor '__init__' requires a 'super' object");
            return self.raise(stop);
        };
        let given = |index: usize| args.get(index).copied().unwrap_or(Value::UNBOUND);
        let (start, object) = if given(1).is_unbound() {
            match self.implicit_super() {
                Ok(pair) => pair,
                Err(stop) => return self.raise(stop),
            }
        } else {
            (given(1), if given(2).is_unbound() { Value::NONE } else { given(2) })
        };
        match self.make_super(start, object) {
            Ok(made) => {
                let made: Ref<Super> = made.get().expect("just made");
                this.start.set(made.start.get());
                this.object.set(made.object.get());
                this.class.set(made.class.get());
                Flow::Done(Value::NONE)
            }
            Err(stop) => self.raise(stop),
        }
    }

    /// Class and first argument of the method that calls `super()`.
    fn implicit_super(&mut self) -> Result<(Value, Value), Stop> {
        let Some(index) = self.script_frame(0) else {
            return Err(self.cx.runtime_error("super(): no current frame"));
        };
        let frame = *self.frame_at(index);
        let function = frame.function.expect("a script frame has a function");
        let code = function.code.get();
        if code.signature.len() == 0 {
            return Err(self.cx.runtime_error("super(): no arguments"));
        }
        let place = code.free.iter().position(|&name| name == self.cx.names.__class__);
        let Some(place) = place else {
            return Err(self.cx.runtime_error("super(): __class__ cell not found"));
        };
        let cell = function.closure[place].get::<CellObject>();
        let class = cell.map_or(Value::UNBOUND, |cell| cell.content.get());
        if class.is_unbound() {
            return Err(self.cx.runtime_error("super(): empty __class__ cell"));
        }
        let first = self.first_argument(index);
        let first = first.get::<CellObject>().map_or(first, |cell| cell.content.get());
        let first = match code.signature.positional == 0 {
            true => Vm::tuple_items(first).first().copied().unwrap_or(Value::UNBOUND),
            false => first,
        };
        if first.is_unbound() {
            return Err(self.cx.runtime_error("super(): arg[0] deleted"));
        }
        Ok((class, first))
    }

    #[allow(unsafe_code)]
    fn first_argument(&self, index: usize) -> Value {
        // SAFETY: the frame's function has a parameter, whose register is the first.
        unsafe { *self.frame_at(index).base }
    }

    fn iter(&mut self, object: Value, sentinel: Value, then: Then, destination: u16) -> Flow {
        if sentinel.is_unbound() {
            return self.get_iterator(object, then, destination);
        }
        let callable = object.is::<Function>()
            || object.is::<Native>()
            || object.is::<Method>()
            || object.is::<Class>()
            || self.cx.special(object, self.cx.names.__call__).is_some();
        if !callable {
            let stop = self.cx.type_error("iter(v, w): v must be callable");
            return self.raise(stop);
        }
        let state = crate::object::iterator::IteratorState::Callable { function: object.into(), sentinel };
        Flow::Done(crate::object::iterator::allocate(&mut self.cx, LayoutId::CALLABLE_ITERATOR, state))
    }

    fn run_module_again(&mut self, module: Value, then: Then, destination: u16) -> Flow {
        self.call_half("reload", &[module], then, destination)
    }

    // ----- frames and limits

    fn get_frame(&mut self, depth: Value) -> Flow {
        let depth = Int::to_i64(depth).unwrap_or(0).max(0) as usize;
        match self.visible_frame(depth) {
            Some(object) => Flow::Done(object),
            None => {
                let stop = self.cx.value_error("call stack is not deep enough");
                self.raise(stop)
            }
        }
    }

    /// The object of the script frame `skip` frames below the innermost, with its present position and locals.
    pub(super) fn visible_frame(&mut self, skip: usize) -> Option<Value> {
        let index = self.script_frame(0)?;
        let mut object = self.frame_object(index);
        self.remember_position(index);
        for _ in 0..skip {
            object = object.get::<FrameObject>()?.back.get();
        }
        object.is::<FrameObject>().then_some(object)
    }

    /// Writes the current position and locals of the frames below into their frame objects, innermost first, and
    /// links them.
    #[allow(unsafe_code)]
    pub fn remember_position(&mut self, index: usize) {
        let mut index = Some(index);
        while let Some(place) = index {
            let object = self.frame_object(place);
            let frame = *self.frame_at(place);
            if let Some(object) = object.get::<FrameObject>() {
                let start = frame.code().instructions.as_ptr();
                // SAFETY: `pc` is inside the instructions of the frame's code.
                let word = unsafe { frame.pc.offset_from(start) } - 1;
                object.word.set(u32::try_from(word).unwrap_or(crate::object::frame::NOT_BEGUN));
                let locals = self.snapshot_locals(place);
                object.locals.set(locals);
                let outermost = self.link_delegators(object, frame.generator);
                let visible =
                    |&below: &usize| self.frame_at(below).function.is_some_and(|function| !function.is_hidden.get());
                index = (0..place).rev().find(visible);
                let back = match index {
                    Some(below) => self.frame_object(below),
                    None => Value::NONE,
                };
                outermost.back.set(back);
            }
        }
    }

    /// Links the frame object of what runs with those of the generators and coroutines that delegate to it; the last.
    fn link_delegators(&mut self, innermost: Ref<FrameObject>, generator: Option<Ref<Generator>>) -> Ref<FrameObject> {
        let (mut last, mut level) = (innermost, generator.and_then(|generator| generator.delegator.get()));
        while let Some(delegator) = level {
            level = delegator.delegator.get();
            if delegator.function.is_hidden.get() {
                continue;
            }
            if delegator.frame().is_unbound() {
                let object = self.new_frame_object(delegator.function, None);
                object.generator.set(delegator.value());
                delegator.set_frame(&mut self.cx, object.value());
            }
            if let Some(object) = delegator.frame().get::<FrameObject>() {
                last.back.set(object.value());
                last = object;
            }
        }
        last
    }

    fn make_coroutine(&mut self, function: Value) -> Flow {
        if let Some(function) = function.get::<Function>() {
            // The code is that of every function made by the same `def`; the mark is this one's alone.
            let code = function.code.get();
            let marked = code.copy(&mut self.cx, code.name, code.qualified_name);
            marked.header().set(crate::builtins::code::ITERABLE_COROUTINE);
            function.set_code(marked);
            function.is_coroutine.set(true);
        }
        Flow::Done(function)
    }

    fn set_recursion_limit(&mut self, limit: Value) -> Flow {
        if !Int::is(limit) {
            let found = self.cx.type_name(limit);
            let stop = self.cx.type_error(format!("'{found}' object cannot be interpreted as an integer"));
            return self.raise(stop);
        }
        let Some(limit) = Int::to_i64(limit).filter(|&limit| limit > 0) else {
            let stop = self.cx.value_error("recursion limit must be greater or equal than 1");
            return self.raise(stop);
        };
        if (limit as usize) <= self.depth() {
            let message = format!(
                "cannot set the recursion limit to {limit} at the recursion depth {}: the limit is too low",
                self.depth()
            );
            let stop = self.cx.error(LayoutId::RECURSION_ERROR, message);
            return self.raise(stop);
        }
        self.recursion_limit = limit as usize;
        self.refresh_frames();
        Flow::Done(Value::NONE)
    }

    /// `gc.collect()`, and the finalisers of what it found: how many objects had one.
    pub(super) fn collect_now(&mut self, then: Then, destination: u16) -> Flow {
        if self.top().kind == crate::object::frame::FrameKind::Script {
            let i = self.instruction();
            if matches!(i.opcode(), Opcode::Call | Opcode::CallMethod) {
                self.clear_registers_from(i.c());
            }
        }
        self.collect();
        let found = Value::small(self.cx.pending_finalisers.len() as i64);
        if self.finalising || !self.has_pending() {
            return Flow::Done(found);
        }
        self.finalising = true;
        let slots = [Value::UNBOUND, self.handled, found];
        self.start_machine(Machine::Finalise, &slots, then, destination)
    }
}
