//! Frames: one activation each, and the frame objects scripts see.
//!
//! ```text
//!     fiber.frames   │ main │ f │ g │            registers   │ main ...│callee│args of f ... │callee│args of g ...
//!                                   └ top                     base(main)       base(f)               base(g)
//! ```
//!
//! A call hands its arguments over in place: the callee's registers begin where the caller put them. A
//! generator's frame has its registers in the generator object instead.

use std::cell::Cell;

use crate::bytecode::code::{Code, CodeKind};
use crate::bytecode::instruction::Instruction;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::function::{CellObject, CodeObject, Function};
use crate::object::generator::{Generator, State};
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// What happens with the result of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Then {
    /// It goes to register `destination` of the frame below.
    Store,
    /// It is dropped.
    Discard,
    /// The instruction of the frame below that entered it looks at it, at a stage.
    Instruction,
    /// It is fed to the machine below.
    Machine,
    /// It is the frame of an `__init__`: None is expected, and the instance under construction is the result.
    Construct,
    /// The fiber is done with it.
    Finish,
    /// The registers began a new chunk; what happens then is in `after_chunk`.
    Chunk,
    /// A generator run by ForIterate: a yield stores, a return ends the loop.
    Loop,
    /// A generator run by `next` or `send` called as a function: a yield stores, a return raises StopIteration.
    Step,
    /// As Step, for a machine below: a yield is fed as an item, a return as the end.
    StepMachine,
}

/// What kind of frame it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// Runs instructions.
    Script,
    /// A native's unfinished work: `step` counts its steps, its values are in the registers.
    Machine,
}

/// One activation.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Frame {
    /// The next instruction, while the frame is not the one that runs.
    pub pc: *const Cell<u64>,
    /// Its registers.
    pub base: *mut Value,
    /// What runs; for machines unused.
    pub function: Option<Ref<Function>>,
    /// The constants of its code.
    pub constants: *const Value,
    /// The generator whose registers it uses, if it is one's.
    pub generator: Option<Ref<Generator>>,
    /// Of a generator's frame: the root of its chain of delegation. Of any other: UNBOUND, or the `FrameObject` that
    /// a script has asked for or that holds its namespace.
    pub extra: Value,
    /// Of a generator's frame: where registers of frames called from it begin.
    pub top: *mut Value,
    /// What happens with the result.
    pub then: Then,
    /// See `Then::Chunk`.
    pub after_chunk: Then,
    /// The register of the frame below that gets the result, or the stage of its instruction.
    pub destination: u16,
    /// Script or machine.
    pub kind: FrameKind,
    /// Which machine.
    pub machine: u8,
    /// Which step comes next.
    pub step: u16,
}

const _: () = assert!(size_of::<Frame>() == 64);

impl Frame {
    /// The code that runs in it.
    #[inline(always)]
    pub fn code(&self) -> Ref<CodeObject> {
        self.function.expect("a script frame has a function").code.get()
    }

    /// Is it that of a machine of this number?
    pub fn is_machine(&self, machine: u8) -> bool {
        self.kind == FrameKind::Machine && self.machine == machine
    }

    /// The word of the code it is at: that of the instruction under way.
    pub fn word(&self) -> u32 {
        self.next_word().saturating_sub(1)
    }

    /// The word of the instruction that comes next.
    pub fn next_word(&self) -> u32 {
        let start = self.code().instructions.as_ptr() as usize;
        ((self.pc as usize).saturating_sub(start) / size_of::<Instruction>()) as u32
    }
}

/// The position of a frame that has not executed anything.
pub const NOT_BEGUN: u32 = u32::MAX;

/// What a script may see of a frame. While the frame lives, its position and locals are read from it; when it
/// ends it keeps its last position.
pub struct FrameObject {
    /// `f_code` and `f_globals` come from it.
    pub function: Ref<Function>,
    /// `f_back`, once asked for or when the frame has ended; else UNBOUND.
    pub back: Cell<Value>,
    /// The word of the instruction it was at when it ended or was last looked at; `NOT_BEGUN` before the first.
    pub word: Cell<u32>,
    /// Its locals as a dict, for frames of functions that have ended.
    pub locals: Cell<Value>,
    /// The namespace, if it has one.
    pub namespace: Cell<Value>,
    /// The frame while it lives: its place in its fiber.
    pub place: Cell<Option<usize>>,
    /// The generator whose frame it is, or None.
    pub generator: Cell<Value>,
    /// `f_trace`: what is told of the frame while a program is traced.
    pub trace: Cell<Value>,
    /// The line that was told last; 0 for none.
    pub traced_line: Cell<u32>,
    /// Names that scripts have added to the locals of a function: a dict, or UNBOUND.
    pub added: Cell<Value>,
}

impl FrameObject {
    /// The object of a frame that has ended, of which only its function and its last position are known.
    pub fn ended(cx: &mut Context, function: Ref<Function>, word: u32) -> Ref<FrameObject> {
        let unbound = || Cell::new(Value::UNBOUND);
        let locals = cx.new_dict();
        let object = FrameObject {
            function,
            back: Cell::new(Value::NONE),
            word: Cell::new(word),
            locals: Cell::new(locals.value()),
            namespace: unbound(),
            place: Cell::new(None),
            generator: Cell::new(Value::NONE),
            trace: Cell::new(Value::NONE),
            traced_line: Cell::new(0),
            added: unbound(),
        };
        if matches!(function.code.get().code.kind, CodeKind::Module | CodeKind::AsyncModule) {
            object.namespace.set(function.globals.value());
        }
        cx.heap.allocate(LayoutId::FRAME, object)
    }
}

impl Body for FrameObject {
    const KIND: Kind = Kind::FrameObject;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.function);
        for cell in [&self.back, &self.locals, &self.namespace, &self.generator, &self.trace, &self.added] {
            marker.cell(cell);
        }
    }
}

/// The variables of the comprehensions a frame is in at a word of its code.
pub fn add_inlined(cx: &mut Context, code: &Code, word: u32, read: impl Fn(usize) -> Value, dict: Ref<Dict>) {
    for variable in code.inlined.iter().filter(|variable| (variable.start..variable.end).contains(&word)) {
        let mut value = read(variable.register as usize);
        if let Some(cell) = value.get::<CellObject>().filter(|_| variable.is_cell) {
            value = cell.content.get();
        }
        if !value.is_unbound() {
            let name = cx.intern(&variable.name);
            dict.set_interned(name, value);
        }
    }
}

/// The names and values of the locals of a function whose frame has the registers that `read` gives and is at a word
/// of its code.
pub fn locals_of(cx: &mut Context, function: Ref<Function>, word: u32, read: impl Fn(usize) -> Value) -> Ref<Dict> {
    let dict = cx.new_dict();
    let code = function.code.get();
    let content = |value: Value| value.get::<CellObject>().map_or(value, |cell| cell.content.get());
    for (register, name) in code.code.locals.iter().enumerate() {
        if name.starts_with('.') {
            continue;
        }
        let is_cell = code.code.cells.contains(&(register as u16));
        let value = if is_cell { content(read(register)) } else { read(register) };
        if !value.is_unbound() {
            let name = cx.intern(name);
            dict.set_interned(name, value);
        }
    }
    for (index, &name) in code.free.iter().enumerate() {
        let value = content(function.closure[index]);
        if !value.is_unbound() {
            dict.set_interned(name, value);
        }
    }
    add_inlined(cx, &code.code, word, read, dict);
    dict
}

impl FrameObject {
    /// A frame object for a function's frame, not yet attached.
    pub fn allocate(cx: &mut Context, function: Ref<Function>, place: Option<usize>) -> Ref<FrameObject> {
        let object = FrameObject {
            function,
            back: Cell::new(Value::UNBOUND),
            word: Cell::new(0),
            locals: Cell::new(Value::UNBOUND),
            namespace: Cell::new(Value::UNBOUND),
            place: Cell::new(place),
            generator: Cell::new(Value::NONE),
            trace: Cell::new(Value::NONE),
            traced_line: Cell::new(0),
            added: Cell::new(Value::UNBOUND),
        };
        cx.heap.allocate(LayoutId::FRAME, object)
    }
}

impl Ref<FrameObject> {
    /// Are its names the locals of a function, which a script sees through a proxy?
    pub fn has_registers(self) -> bool {
        let kind = self.function.code.get().code.kind;
        self.namespace.get().is_unbound() && !matches!(kind, CodeKind::Module | CodeKind::AsyncModule)
    }

    /// The names that scripts have added.
    pub fn added_names(self, cx: &mut Context) -> Ref<Dict> {
        if let Some(dict) = self.added.get().get() {
            return dict;
        }
        let dict = cx.new_dict();
        self.added.set(dict.value());
        dict
    }

    /// A dict of locals, with what scripts have added put in.
    pub fn with_added(self, locals: Value) -> Value {
        if let (Some(locals), Some(added)) = (locals.get::<Dict>(), self.added.get().get::<Dict>()) {
            for (name, value) in added.to_vec() {
                locals.set_interned(name, value);
            }
        }
        locals
    }

    /// The generator whose frame it is.
    pub fn own_generator(self) -> Option<Ref<Generator>> {
        self.generator.get().get()
    }

    /// Does it run, so that only the machine knows where it is and what its locals hold?
    pub fn is_running(self) -> bool {
        match self.own_generator() {
            Some(generator) => generator.is_running(),
            None => self.place.get().is_some(),
        }
    }

    /// The word of the instruction it is at, as far as is known.
    pub fn position(self) -> u32 {
        match self.own_generator() {
            Some(generator) if generator.delegate.get().is_some() => generator.word(),
            Some(generator) if generator.state.get() == State::Suspended && !generator.is_running() => generator.word(),
            _ if self.word.get() == NOT_BEGUN => 0,
            _ => self.word.get(),
        }
    }

    /// The line it is at.
    pub fn line(self) -> u32 {
        let code = self.function.code.get();
        let is_new = self.own_generator().is_some_and(|generator| generator.state.get() == State::Created);
        if is_new || self.word.get() == NOT_BEGUN && self.is_running() {
            code.code.first_line
        } else {
            code.code.line(self.position())
        }
    }

    /// Its names: the namespace itself, or a new dict of the locals of a function.
    pub fn names(self, cx: &mut Context) -> Value {
        if !self.namespace.get().is_unbound() {
            return self.namespace.get();
        }
        if let Some(generator) = self.own_generator()
            && (!generator.is_running() || generator.delegate.get().is_some())
            && generator.state.get() != State::Closed
        {
            return locals_of(cx, self.function, self.position(), |register| generator.register(register)).value();
        }
        match self.function.code.get().code.kind {
            CodeKind::Module | CodeKind::AsyncModule => self.function.globals.value(),
            _ if self.locals.get().is_unbound() => cx.new_dict().value(),
            _ => self.locals.get(),
        }
    }

    /// The frame that called it, or None.
    pub fn caller(self) -> Value {
        let is_put_aside = self.own_generator().is_some_and(|generator| !generator.is_running());
        let back = self.back.get();
        if is_put_aside || back.is_unbound() { Value::NONE } else { back }
    }
}

/// An attribute of a frame that changes while it runs, by name.
pub fn read_attribute(cx: &mut Context, frame: Ref<FrameObject>, name: &str) -> Value {
    match name {
        "f_lineno" => Value::small(frame.line() as i64),
        "f_lasti" => Value::small(frame.position() as i64 * 2),
        "f_back" => frame.caller(),
        _ => {
            let names = frame.names(cx);
            match frame.has_registers() {
                true => {
                    // The one that is kept stays as it is.
                    let names = names.get::<Dict>().map_or(names, |dict| dict.copy(cx).value());
                    frame.with_added(names)
                }
                false => names,
            }
        }
    }
}
