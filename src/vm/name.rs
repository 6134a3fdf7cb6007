//! Names: globals with their caches, the namespaces of class bodies and `exec`, and frame objects.
#![allow(unsafe_code)]

use std::cell::Cell;

use crate::bytecode::code::CodeKind;
use crate::bytecode::instruction::Opcode;
use crate::object::dict::Dict;
use crate::object::exception::set_field;
use crate::object::frame::{Frame, FrameKind, FrameObject, Then, add_inlined, locals_of, read_attribute};
use crate::object::function::{CellObject, Function};
use crate::object::generator::{Generator, State};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::switch::root_of;

impl Vm {
    /// A global or built-in, for LoadGlobal and its quickened forms; `cache` is the instruction.
    pub fn load_global(&mut self, instruction: *const Cell<u64>, name: Value) -> Flow {
        let globals = self.top().function.expect("a script frame has a function").globals;
        // SAFETY: the instruction has two cache words.
        let (code, first, second) = unsafe { (&*instruction, &*instruction.add(1), &*instruction.add(2)) };
        let quicken = |opcode: Opcode| code.set(code.get() & !0xff | opcode as u64);
        if let Some(index) = globals.find_interned(name) {
            let version = globals.give_keys_version(&mut self.cx);
            if version != 0 {
                first.set(version as u64 | (index as u64) << 32);
                quicken(Opcode::LoadGlobalModule);
            }
            return Flow::Done(globals.entry_value_cell(index).get());
        }
        let builtins = self.builtins_of(globals);
        if let Some(index) = builtins.find_interned(name) {
            let (own, other) = (globals.give_keys_version(&mut self.cx), builtins.give_keys_version(&mut self.cx));
            // What is kept is found again in the built-ins of all.
            if own != 0 && other != 0 && builtins == self.cx.builtins {
                first.set(own as u64);
                second.set(other as u64 | (index as u64) << 32);
                quicken(Opcode::LoadGlobalBuiltin);
            }
            return Flow::Done(builtins.entry_value_cell(index).get());
        }
        let stop = self.name_error(name);
        self.raise(stop)
    }

    /// `__build_class__`, for the class statement.
    pub fn load_build_class(&mut self) -> Flow {
        let globals = self.top().function.expect("a script frame has a function").globals;
        match self.builtins_of(globals).get_interned(self.cx.names.__build_class__) {
            Some(function) => Flow::Done(function),
            None => {
                let stop = self.cx.error(LayoutId::NAME_ERROR, "__build_class__ not found");
                self.raise(stop)
            }
        }
    }

    /// NameError; carries the name for suggestions.
    #[cold]
    pub fn name_error(&mut self, name: Value) -> Stop {
        let text = self.text(name);
        let stop = self.cx.error(LayoutId::NAME_ERROR, format!("name '{text}' is not defined"));
        self.with_name(stop, name)
    }

    fn with_name(&mut self, stop: Stop, name: Value) -> Stop {
        if let Stop::Raise(exception) = &stop {
            let attribute = self.cx.names.name;
            set_field(*exception, attribute, name);
        }
        stop
    }

    /// UnboundLocalError of a local.
    #[cold]
    pub fn unbound_local(&mut self, name: Value) -> Stop {
        let text = self.text(name);
        let message = format!("cannot access local variable '{text}' where it is not associated with a value");
        let stop = self.cx.error(LayoutId::UNBOUND_LOCAL_ERROR, message);
        self.with_name(stop, name)
    }

    /// NameError of a free variable.
    #[cold]
    pub fn unbound_free(&mut self, index: u16) -> Stop {
        let name = self.top().code().free[index as usize];
        let text = self.text(name);
        let message =
            format!("cannot access free variable '{text}' where it is not associated with a value in enclosing scope");
        let stop = self.cx.error(LayoutId::NAME_ERROR, message);
        self.with_name(stop, name)
    }

    /// `del` of a global.
    pub fn delete_global(&mut self, name: Value, live: u16) -> Flow {
        let globals = self.top().function.expect("a script frame has a function").globals;
        match globals.remove_interned(name) {
            Some(value) => match self.dropped(value) {
                true => self.safe_point(Some(live)),
                false => Flow::Done(Value::NONE),
            },
            None => {
                let stop = self.name_error(name);
                self.raise(stop)
            }
        }
    }

    /// The namespace of the current frame: of a class body or `exec`; else its globals.
    pub fn namespace(&self) -> Value {
        let frame = self.top();
        if frame.generator.is_none() {
            if let Some(object) = frame.extra.get::<FrameObject>() {
                if !object.namespace.get().is_unbound() {
                    return object.namespace.get();
                }
            }
        }
        frame.function.expect("a script frame has a function").globals.value()
    }

    /// Runs a function without arguments, its names in a namespace.
    pub fn run_in_namespace(
        &mut self,
        function: Ref<Function>,
        namespace: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let base = self.free_registers().wrapping_add(1);
        if !self.push_function(function, base, base, 0, then, destination) {
            return Flow::Raised;
        }
        let place = self.depth() - 1;
        let object = self.new_frame_object(function, Some(place));
        object.namespace.set(namespace);
        self.top_mut().extra = object.value();
        Flow::Entered
    }

    fn is_exact_dict(value: Value) -> Option<Ref<Dict>> {
        value.get::<Dict>().filter(|dict| dict.header().layout() == LayoutId::DICT)
    }

    /// LoadName
    pub fn load_name(&mut self, name: Value, destination: u16) -> Flow {
        let namespace = self.namespace();
        if let Some(dict) = Vm::is_exact_dict(namespace) {
            if let Some(value) = dict.get_interned(name) {
                return Flow::Done(value);
            }
            return self.load_global_plainly(name);
        }
        self.load_from_or_global(name, namespace, destination)
    }

    /// What a namespace's code finds where it has no global: what is called `__builtins__` there, if anything.
    pub(super) fn builtins_of(&self, globals: Ref<Dict>) -> Ref<Dict> {
        let given = globals.get_interned(self.cx.names.__builtins__).unwrap_or(Value::UNBOUND);
        match given.get::<Module>() {
            Some(module) => module.dict(),
            None => given.get::<Dict>().unwrap_or(self.cx.builtins),
        }
    }

    fn load_global_plainly(&mut self, name: Value) -> Flow {
        let globals = self.top().function.expect("a script frame has a function").globals;
        if let Some(value) = globals.get_interned(name).or_else(|| self.builtins_of(globals).get_interned(name)) {
            return Flow::Done(value);
        }
        let stop = self.name_error(name);
        self.raise(stop)
    }

    /// A name of a mapping, else a global.
    pub fn load_from_or_global(&mut self, name: Value, mapping: Value, destination: u16) -> Flow {
        if let Some(dict) = Vm::is_exact_dict(mapping) {
            return match dict.get_interned(name) {
                Some(value) => Flow::Done(value),
                None => self.load_global_plainly(name),
            };
        }
        let globals = self.top().function.expect("a script frame has a function").globals.value();
        self.call_half("load_from_mapping", &[mapping, name, globals], Then::Store, destination)
    }

    /// LoadNameOrFree
    pub fn load_name_or_free(&mut self, name: Value, free: u16, destination: u16) -> Flow {
        let namespace = self.namespace();
        self.load_mapping_or_free(name, free, namespace, destination)
    }

    /// LoadFromOrFree
    pub fn load_from_or_free(&mut self, free: u16, mapping: Value, destination: u16) -> Flow {
        let name = self.top().code().free[free as usize];
        self.load_mapping_or_free(name, free, mapping, destination)
    }

    fn load_mapping_or_free(&mut self, name: Value, free: u16, mapping: Value, destination: u16) -> Flow {
        let content = {
            let function = self.top().function.expect("a script frame has a function");
            let cell: Ref<CellObject> = function.closure[free as usize].get().expect("a closure holds cells");
            cell.content.get()
        };
        if let Some(dict) = Vm::is_exact_dict(mapping) {
            return match dict.get_interned(name) {
                Some(value) => Flow::Done(value),
                None if content.is_unbound() => {
                    let stop = self.unbound_free(free);
                    self.raise(stop)
                }
                None => Flow::Done(content),
            };
        }
        let fallback = self.cx.new_dict();
        if !content.is_unbound() {
            fallback.set_interned(name, content);
        }
        self.call_half("load_from_mapping", &[mapping, name, fallback.value()], Then::Store, destination)
    }

    /// StoreName
    pub fn store_name(&mut self, name: Value, value: Value) -> Flow {
        let namespace = self.namespace();
        match Vm::is_exact_dict(namespace) {
            Some(dict) => {
                dict.set_interned(name, value);
                Flow::Done(Value::NONE)
            }
            None => self.store_subscript(namespace, name, value, Then::Discard, 0),
        }
    }

    /// DeleteName
    pub fn delete_name(&mut self, name: Value, live: u16) -> Flow {
        let namespace = self.namespace();
        match Vm::is_exact_dict(namespace) {
            Some(dict) => match dict.remove_interned(name) {
                Some(value) => match self.dropped(value) {
                    true => self.safe_point(Some(live)),
                    false => Flow::Done(Value::NONE),
                },
                None => {
                    let stop = self.name_error(name);
                    self.raise(stop)
                }
            },
            None => self.delete_subscript(namespace, name, Then::Discard, 0),
        }
    }

    /// LoadLocals
    pub fn load_locals(&mut self) -> Flow {
        Flow::Done(self.namespace())
    }

    // ----- frame objects

    /// A frame object for a function's frame, not yet attached.
    pub fn new_frame_object(&mut self, function: Ref<Function>, place: Option<usize>) -> Ref<FrameObject> {
        FrameObject::allocate(&mut self.cx, function, place)
    }

    /// The frame object of the frame at a depth.
    pub fn frame_object(&mut self, index: usize) -> Value {
        let frame = *self.frame_at(index);
        let Some(function) = frame.function else { return Value::NONE };
        if let Some(generator) = frame.generator {
            if generator.frame().is_unbound() {
                let object = self.new_frame_object(function, Some(index));
                object.generator.set(generator.value());
                generator.set_frame(&mut self.cx, object.value());
            }
            let object = generator.frame();
            if let Some(object) = object.get::<FrameObject>() {
                object.place.set(Some(index));
            }
            return object;
        }
        if frame.extra.is_unbound() {
            let object = self.new_frame_object(function, Some(index));
            // SAFETY: the index is that of a frame.
            unsafe { (*self.frames_start.add(index)).extra = object.value() };
            return object.value();
        }
        frame.extra
    }

    /// The current frame ends: its frame object keeps position and locals.
    pub fn detach_frame_object(&mut self) {
        let Some(object) = self.top().extra.get::<FrameObject>() else { return };
        object.word.set(self.current_word());
        object.place.set(None);
        if object.back.get().is_unbound() && self.depth() > 1 {
            // Only a frame object that exists already is kept, so that ending a frame makes none.
            let below = *self.frame_at(self.depth() - 2);
            let known = if below.generator.is_none() { below.extra } else { Value::UNBOUND };
            object.back.set(if known.is_unbound() { Value::NONE } else { known });
        }
        if object.namespace.get().is_unbound() {
            let locals = self.snapshot_locals(self.depth() - 1);
            object.locals.set(locals);
        }
    }

    /// The current frame is a generator's and ends: its frame object, if it has one, keeps position and locals.
    #[inline(always)]
    pub(super) fn close_frame_object(&mut self, generator: Ref<Generator>) {
        if !generator.frame().is_unbound() {
            self.keep_position(generator);
        }
    }

    #[cold]
    fn keep_position(&mut self, generator: Ref<Generator>) {
        let Some(object) = generator.frame().get::<FrameObject>() else { return };
        object.word.set(self.current_word());
        object.place.set(None);
        let locals = self.snapshot_locals(self.depth() - 1);
        object.locals.set(locals);
    }

    /// The names and values of the locals of a frame, as a new dict.
    pub fn snapshot_locals(&mut self, index: usize) -> Value {
        let frame = *self.frame_at(index);
        if frame.kind != FrameKind::Script {
            return self.cx.new_dict().value();
        }
        let function = frame.function.expect("a script frame has a function");
        // SAFETY: the locals are registers of the frame.
        let read = |register| unsafe { *frame.base.add(register) };
        locals_of(&mut self.cx, function, frame.word(), read).value()
    }

    /// The variables of the comprehensions that run in a frame without locals of its own, if there are any.
    fn comprehension_locals(&mut self, frame: Frame) -> Option<Value> {
        if frame.code().code.inlined.is_empty() {
            return None;
        }
        let dict = self.cx.new_dict();
        // SAFETY: the variables are registers of the frame.
        let read = |register| unsafe { *frame.base.add(register) };
        add_inlined(&mut self.cx, &frame.code().code, frame.word(), read, dict);
        Some(dict.value()).filter(|_| dict.len() > 0)
    }

    /// `locals()` of the innermost script frame that is not a half's.
    pub fn locals(&mut self) -> Value {
        let Some(index) = self.script_frame(0) else { return self.cx.new_dict().value() };
        let frame = *self.frame_at(index);
        if frame.generator.is_none() {
            if let Some(object) = frame.extra.get::<FrameObject>() {
                if !object.namespace.get().is_unbound() {
                    return self.comprehension_locals(frame).unwrap_or(object.namespace.get());
                }
            }
        }
        let function = frame.function.expect("a script frame has a function");
        match function.code.get().code.kind {
            CodeKind::Module | CodeKind::AsyncModule => {
                self.comprehension_locals(frame).unwrap_or(function.globals.value())
            }
            _ => {
                let locals = self.snapshot_locals(index);
                let object = match frame.generator {
                    Some(generator) => generator.frame(),
                    None => frame.extra,
                };
                match object.get::<FrameObject>() {
                    Some(object) => object.with_added(locals),
                    None => locals,
                }
            }
        }
    }

    /// The place of the script frame `skip` frames below the innermost, halves not counted.
    pub fn script_frame(&self, skip: usize) -> Option<usize> {
        let visible = |&index: &usize| self.frame_at(index).function.is_some_and(|function| !function.is_hidden.get());
        (0..self.depth()).rev().filter(visible).nth(skip)
    }

    /// Sets a variable of the frame of an object; what the function has no variable for is kept with the object.
    pub fn store_local(&mut self, object: Value, name: Value, value: Value) -> Flow {
        let Some(frame) = object.get::<FrameObject>() else { return Flow::Done(Value::NONE) };
        let base = match self.running_frame(frame) {
            Some(index) => self.frame_at(index).base,
            None => match frame.own_generator() {
                Some(generator) if generator.state.get() != State::Closed => generator.base(),
                _ => std::ptr::null_mut(),
            },
        };
        let name = self.cx.intern_value(name);
        let code = frame.function.code.get();
        let text = self.text(name);
        let register = code.code.locals.iter().position(|local| **local == *text).filter(|_| !base.is_null());
        if let Some(register) = register {
            // SAFETY: the locals are registers of the frame, which lives.
            unsafe {
                let place = base.add(register);
                let is_cell = code.code.cells.contains(&(register as u16));
                match (*place).get::<CellObject>().filter(|_| is_cell) {
                    Some(cell) => cell.content.set(value),
                    None => *place = value,
                }
            }
        } else if let Some(index) = code.free.iter().position(|&free| free == name) {
            if let Some(cell) = frame.function.closure[index].get::<CellObject>() {
                cell.content.set(value);
            }
        } else {
            frame.added_names(&mut self.cx).set_interned(name, value);
        }
        Flow::Done(Value::NONE)
    }

    /// The place of the running frame of a frame object.
    fn running_frame(&self, frame: Ref<FrameObject>) -> Option<usize> {
        let runs_it = |&index: &usize| {
            let running = self.frame_at(index);
            match frame.own_generator() {
                Some(generator) => running.generator == Some(generator),
                None => running.generator.is_none() && running.extra == frame.value(),
            }
        };
        (0..self.depth()).rev().find(runs_it)
    }

    /// The place of the running frame of what the generator of a frame object delegates to.
    fn delegated_frame(&self, frame: Ref<FrameObject>) -> Option<usize> {
        let root = frame.own_generator().filter(|generator| generator.delegate.get().is_some())?.root();
        (0..self.depth()).rev().find(|&index| {
            let running = self.frame_at(index);
            running.generator.is_some() && root_of(running) == root
        })
    }

    /// An attribute of a frame object that may be running: its position and locals are looked up first.
    pub fn frame_attribute(&mut self, object: Value, name: &str) -> Flow {
        let Some(frame) = object.get::<FrameObject>() else { return Flow::Done(Value::NONE) };
        if let Some(index) = self.running_frame(frame).or_else(|| self.delegated_frame(frame)) {
            self.remember_position(index);
        }
        Flow::Done(read_attribute(&mut self.cx, frame, name))
    }

    // ----- subscripts
}
