//! Generators, coroutines and async generators: a frame in an object.
//!
//! Header, state and registers are one object, and the frame runs in place. A generator that delegates (`yield
//! from`, `await`) is linked with the one it delegates to; only the root of such a chain is ever resumed by
//! others, and it knows the innermost, so a step costs the same at any depth. A link is a cache: whoever resumes
//! a linked generator by another way unlinks it first.
#![allow(unsafe_code)]

use std::cell::Cell;

use crate::bytecode::instruction::{Instruction, Opcode};
use crate::object::context::Context;
use crate::object::function::{CodeObject, Function};
use crate::object::future::Future;
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;

/// Where a generator is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Made, not yet started.
    Created,
    /// A frame of some fiber runs it, or it is the root of a chain that runs.
    Running,
    /// At a yield.
    Suspended,
    /// Finished, failed or closed.
    Closed,
}

/// Where the hooks of async generators are kept: what is called at their first step,
pub const FIRST_ITERATION: &str = "sys.asyncgen_hooks.firstiter";
/// and what is called when they are dropped.
pub const FINALISER: &str = "sys.asyncgen_hooks.finalizer";

fn hook(cx: &Context, key: &str) -> Option<Value> {
    cx.module_state.get(key).copied().filter(|hook| !hook.is_none())
}

/// The body of a generator, coroutine or async generator; its registers stand behind it.
pub struct Generator {
    /// Where it is in its life. A linked one is Suspended while its root runs.
    pub state: Cell<State>,
    /// An async generator: a step is under way (`ag_running`).
    pub is_stepping: Cell<bool>,
    /// An async generator: `aclose` has begun, even if the generator goes on in spite of it.
    pub is_aclosed: Cell<bool>,
    /// An async generator: its first step has called the hooks.
    pub is_hooked: Cell<bool>,
    /// It stands at a Delegate instruction that has begun: what is sent in goes to the delegate.
    pub is_delegating: Cell<bool>,
    /// It is a root that is thrown into: its particulars say how far the throw has come.
    is_thrown: Cell<bool>,
    /// How many registers it has.
    pub registers: u16,
    /// Registers from here on are dead while it is suspended.
    pub live: Cell<u16>,
    /// The register that gets what is sent in.
    pub destination: Cell<u16>,
    /// What it runs.
    pub function: Ref<Function>,
    /// What was sent in while it delegates, for its Delegate to pass on. Before it begins: see `maker`.
    pub sent: Cell<Value>,
    /// The next instruction while suspended.
    pub pc: Cell<*const Cell<u64>>,
    /// The exception it handles itself, else UNBOUND.
    pub own_handled: Cell<Value>,
    /// That, or the one the nearest generator delegating to it handles, else UNBOUND.
    pub handled: Cell<Value>,
    /// The exception handled around its last resumption. Before it begins: see `maker`.
    pub outer_handled: Cell<Value>,
    /// The generator it delegates to by a link.
    pub delegate: Cell<Option<Ref<Generator>>>,
    /// The generator that delegates to it by a link.
    pub delegator: Cell<Option<Ref<Generator>>>,
    /// Of a root: the last of its chain.
    pub innermost: Cell<Option<Ref<Generator>>>,
    /// Of a root: how many generators its chain has below it.
    pub depth: Cell<u32>,
    /// What few generators have, made when it is first needed.
    particulars: Cell<Option<Ref<Particulars>>>,
}

/// What few generators have: set by a script, or while an exception is thrown in.
pub struct Particulars {
    /// `__name__` if it is not the function's, else UNBOUND.
    name: Cell<Value>,
    /// `__qualname__`, likewise.
    qualified_name: Cell<Value>,
    /// The frame object, if a script has asked for it, else UNBOUND.
    frame: Cell<Value>,
    /// An async generator: the awaitable of the step under way, or of the last.
    stepper: Cell<Value>,
    /// An async generator: what is called when it is dropped, or UNBOUND.
    hook: Cell<Value>,
    /// A coroutine: where it was made, if it had to remember that, else UNBOUND.
    origin: Cell<Value>,
    /// Of a root that is thrown into: the level below it that the throw has reached.
    thrown_at: Cell<Option<Ref<Generator>>>,
    /// What `thrown_at` closes the chain for: the GeneratorExit thrown into the root, or None for `close`; UNBOUND
    /// while it throws something else.
    closing: Cell<Value>,
}

impl Body for Particulars {
    const KIND: Kind = Kind::Particulars;

    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.name, &self.qualified_name, &self.frame, &self.stepper] {
            marker.cell(cell);
        }
        for cell in [&self.hook, &self.origin, &self.closing] {
            marker.cell(cell);
        }
        if let Some(generator) = self.thrown_at.get() {
            marker.object(generator);
        }
    }
}

impl Generator {
    /// A new one with its registers UNBOUND.
    #[inline(always)]
    pub fn allocate(cx: &mut Context, layout: LayoutId, function: Ref<Function>) -> Ref<Generator> {
        let registers = function.registers.get();
        let code = function.code.get();
        let generator = Generator {
            state: Cell::new(State::Created),
            is_stepping: Cell::new(false),
            is_aclosed: Cell::new(false),
            is_hooked: Cell::new(false),
            is_delegating: Cell::new(false),
            registers,
            live: Cell::new(registers),
            destination: Cell::new(u16::MAX),
            function,
            pc: Cell::new(code.instructions.as_ptr()),
            sent: Cell::new(Value::NONE),
            own_handled: Cell::new(Value::UNBOUND),
            handled: Cell::new(Value::UNBOUND),
            outer_handled: Cell::new(Value::NONE),
            delegate: Cell::new(None),
            delegator: Cell::new(None),
            innermost: Cell::new(None),
            depth: Cell::new(0),
            particulars: Cell::new(None),
            is_thrown: Cell::new(false),
        };
        let object = cx.heap.allocate_trailing(layout, generator, registers as usize * 8);
        let base = object.base();
        for index in 0..registers as usize {
            // SAFETY: the registers stand behind the body, as many as were asked for.
            unsafe { base.add(index).write(Value::UNBOUND) };
        }
        object
    }
}

impl Ref<Generator> {
    /// Its first register.
    #[inline(always)]
    pub fn base(self) -> *mut Value {
        self.trailing()
    }

    /// One of its registers, while it is suspended.
    pub fn register(self, index: usize) -> Value {
        assert!(index < self.registers as usize);
        // SAFETY: it has that many registers, and they are always initialised.
        unsafe { *self.base().add(index) }
    }

    // ----- particulars

    fn particulars(self, cx: &mut Context) -> Ref<Particulars> {
        if let Some(particulars) = self.particulars.get() {
            return particulars;
        }
        let unbound = || Cell::new(Value::UNBOUND);
        let body = Particulars {
            name: unbound(),
            qualified_name: unbound(),
            frame: unbound(),
            stepper: unbound(),
            hook: unbound(),
            origin: unbound(),
            thrown_at: Cell::new(None),
            closing: unbound(),
        };
        let particulars = cx.heap.allocate(LayoutId::OBJECT, body);
        self.particulars.set(Some(particulars));
        particulars
    }

    /// A particular, UNBOUND where there is none.
    fn particular(self, cell: fn(&Particulars) -> &Cell<Value>) -> Value {
        self.particulars.get().map_or(Value::UNBOUND, |particulars| cell(&particulars).get())
    }

    /// `__name__`
    pub fn name(self) -> Value {
        let own = self.particular(|particulars| &particulars.name);
        if own.is_unbound() { self.function.name.get() } else { own }
    }

    /// Sets `__name__`.
    pub fn set_name(self, cx: &mut Context, name: Value) {
        self.particulars(cx).name.set(name);
    }

    /// `__qualname__`
    pub fn qualified_name(self) -> Value {
        let own = self.particular(|particulars| &particulars.qualified_name);
        if own.is_unbound() { self.function.qualified_name.get() } else { own }
    }

    /// Sets `__qualname__`.
    pub fn set_qualified_name(self, cx: &mut Context, name: Value) {
        self.particulars(cx).qualified_name.set(name);
    }

    /// The frame object, if a script has asked for it, else UNBOUND.
    pub fn frame(self) -> Value {
        self.particular(|particulars| &particulars.frame)
    }

    /// Keeps the frame object.
    pub fn set_frame(self, cx: &mut Context, frame: Value) {
        self.particulars(cx).frame.set(frame);
    }

    /// Where a coroutine was made, if it had to remember that, else UNBOUND.
    pub fn origin(self) -> Value {
        self.particular(|particulars| &particulars.origin)
    }

    /// Remembers where a coroutine was made.
    pub fn set_origin(self, cx: &mut Context, origin: Value) {
        self.particulars(cx).origin.set(origin);
    }

    /// The code that made it and the word of that where it did, as long as it has not begun; None if it is not known.
    /// What only matters later has room for it until then.
    pub fn maker(self) -> Option<(Ref<CodeObject>, u32)> {
        let (code, word) = (self.outer_handled.get(), self.sent.get());
        let is_known = self.state.get() == State::Created && word.is_small();
        code.get().filter(|_| is_known).map(|code| (code, word.as_small() as u32))
    }

    /// Remembers what makes it.
    #[inline(always)]
    pub fn set_maker(self, code: Ref<CodeObject>, word: u32) {
        self.outer_handled.set(code.value());
        self.sent.set(Value::small(word as i64));
    }

    /// Of an async generator: the awaitable of the step under way, or of the last.
    pub fn stepper(self) -> Value {
        self.particular(|particulars| &particulars.stepper)
    }

    /// Of an async generator: another step begins.
    pub fn set_stepper(self, cx: &mut Context, step: Value) {
        self.particulars(cx).stepper.set(step);
    }

    /// Of a root that is thrown into: the level below it that the throw has reached.
    #[inline(always)]
    pub fn thrown_at(self) -> Option<Ref<Generator>> {
        if !self.is_thrown.get() {
            return None;
        }
        self.particulars.get().and_then(|particulars| particulars.thrown_at.get())
    }

    /// A throw has reached a level, or is over.
    pub fn set_thrown_at(self, cx: &mut Context, level: Option<Ref<Generator>>) {
        self.is_thrown.set(level.is_some());
        if level.is_some() || self.particulars.get().is_some() {
            self.particulars(cx).thrown_at.set(level);
        }
    }

    /// What the chain is closed for; see the field.
    pub fn closing(self) -> Value {
        self.particular(|particulars| &particulars.closing)
    }

    /// Says what the chain is closed for.
    pub fn set_closing(self, cx: &mut Context, closing: Value) {
        if !closing.is_unbound() || self.particulars.get().is_some() {
            self.particulars(cx).closing.set(closing);
        }
    }

    // ----- chains

    /// The root of its chain of delegation: itself if nothing delegates to it.
    pub fn root(self) -> Ref<Generator> {
        let mut root = self;
        while let Some(delegator) = root.delegator.get() {
            root = delegator;
        }
        root
    }

    /// Must the script be told before the next step of this async generator, since that is its first?
    pub fn wants_first_hook(self, cx: &Context) -> bool {
        !self.is_hooked.get() && hook(cx, FIRST_ITERATION).is_some()
    }

    /// An async generator takes its first step: it keeps the finaliser hook there is now. What else is to be called
    /// with it, if anything.
    pub fn begin_hooks(self, cx: &mut Context) -> Option<Value> {
        if self.is_hooked.replace(true) {
            return None;
        }
        if let Some(finaliser) = hook(cx, FINALISER) {
            self.particulars(cx).hook.set(finaliser);
        }
        hook(cx, FIRST_ITERATION)
    }

    /// The hook to call in the place of closing an async generator that is dropped.
    pub fn finaliser_hook(self) -> Option<Value> {
        let has_hook = self.header().layout() == LayoutId::ASYNC_GENERATOR && !self.is_aclosed.get();
        Some(self.particular(|particulars| &particulars.hook)).filter(|hook| has_hook && !hook.is_unbound())
    }

    /// What it delegates to, while it is suspended at a `yield from` or `await`.
    pub fn delegated(self) -> Option<Value> {
        if self.state.get() != State::Suspended || self.is_running() {
            return None;
        }
        if let Some(inner) = self.delegate.get() {
            return Some(inner.value());
        }
        // SAFETY: a suspended generator's `pc` is inside its code, and never at its start.
        let (here, before) = unsafe {
            let here = self.pc.get();
            (Instruction((*here).get()), Instruction((*here.sub(1)).get()))
        };
        // Where a link was cut it stands at its Delegate, to begin again; while it delegates to what is no generator
        // it may stand at or after it.
        let instruction = match here.0 as u8 == Opcode::Delegate as u8 {
            true => here,
            false if self.is_delegating.get() => before,
            false => return None,
        };
        Some(self.register(instruction.c() as usize))
    }

    /// The word of the instruction it is suspended at.
    pub fn word(self) -> u32 {
        let start = self.function.code.get().instructions.as_ptr() as usize;
        ((self.pc.get() as usize).saturating_sub(start) / 8).saturating_sub(1) as u32
    }

    /// Is it running, itself or as part of a chain that does?
    pub fn is_running(self) -> bool {
        self.root().state.get() == State::Running
    }
}

impl Generator {
    /// Does it run for a root that is somebody else? What it waited for may have ended since, without a word to `live`.
    fn is_end_of_running_chain(&self) -> bool {
        let (None, Some(delegator)) = (self.delegate.get(), self.delegator.get()) else { return false };
        delegator.is_running()
    }
}

impl Body for Generator {
    const KIND: Kind = Kind::Generator;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.function);
        for cell in [&self.own_handled, &self.handled, &self.outer_handled, &self.sent] {
            marker.cell(cell);
        }
        if let Some(particulars) = self.particulars.get() {
            marker.object(particulars);
        }
        for link in [&self.delegate, &self.delegator, &self.innermost] {
            if let Some(generator) = link.get() {
                marker.object(generator);
            }
        }
        let base = (self as *const Generator).wrapping_add(1) as *mut Value;
        let live = match self.state.get() {
            State::Suspended if !self.is_end_of_running_chain() => self.live.get().min(self.registers),
            State::Closed => 0,
            _ => self.registers,
        };
        for index in 0..self.registers as usize {
            // SAFETY: the registers stand behind the body and are always initialised; dead ones are cleared, so
            // that none ever refers to an object that this collection frees.
            unsafe {
                match index < live as usize {
                    true => marker.value(*base.add(index)),
                    false => base.add(index).write(Value::UNBOUND),
                }
            }
        }
    }
}

/// What an `Await` awaits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwaitKind {
    /// `future.__await__()`
    Future,
    /// A coroutine of the library, written in Rust.
    Native,
    /// `coroutine.__await__()`
    Coroutine,
    /// `asyncgen.__anext__()`, `asend(value)`
    Send,
    /// `athrow(...)`
    Throw,
    /// `aclose()`
    Close,
    /// `anext(iterator, default)`
    Default,
}

/// A coroutine function of the library whose steps are Rust code.
pub struct NativeCoroutine {
    /// `__name__`
    pub name: &'static str,
    /// `__qualname__`
    pub qualified_name: &'static str,
    /// One step: it finds what it works on in the awaitable, and keeps there how far it has come.
    pub step: fn(&mut Context, Ref<Await>, Resumed) -> Result<Advance, Stop>,
}

/// How a native coroutine is resumed.
#[derive(Clone, Copy)]
pub struct Resumed {
    /// The exception thrown in, or UNBOUND.
    pub thrown: Value,
    /// The task whose step this is, if nothing else stands between them.
    pub task: Option<Ref<Future>>,
}

/// What a step of a native coroutine comes to.
pub enum Advance {
    /// It yields this to whoever drives it.
    Yield(Value),
    /// It waits for this future.
    Wait(Ref<Future>),
    /// It returns.
    Return(Value),
}

/// An awaitable that stands for one step of something else, or for a native coroutine.
pub struct Await {
    /// Which step.
    pub kind: AwaitKind,
    /// Of `Native`: whose steps it takes.
    pub native: Option<&'static NativeCoroutine>,
    /// The coroutine, native ones included, or the async generator; of `Default` the awaitable's iterator; of `Native`
    /// what it works on.
    pub target: Value,
    /// The value to send, the exception to throw, the default; of `Native` another thing it works on.
    pub value: Cell<Value>,
    /// Of `Native`: what it waits for. Before it begins: see `maker`.
    pub waits_for: Cell<Value>,
    /// Created, Suspended once it has begun, Closed.
    pub state: Cell<State>,
    /// Of `Native`: how far it has come.
    pub step: Cell<u8>,
    /// See `maker`.
    maker_word: Cell<u32>,
}

impl Await {
    /// An awaitable for one step.
    pub fn allocate(cx: &mut Context, kind: AwaitKind, target: Value, value: Value) -> Value {
        let layout = match kind {
            AwaitKind::Coroutine => LayoutId::COROUTINE_WRAPPER,
            AwaitKind::Send => LayoutId::ASYNC_GENERATOR_ASEND,
            AwaitKind::Throw | AwaitKind::Close => LayoutId::ASYNC_GENERATOR_ATHROW,
            AwaitKind::Default => LayoutId::ANEXT_AWAITABLE,
            AwaitKind::Future => LayoutId::FUTURE_ITERATOR,
            AwaitKind::Native => LayoutId::NATIVE_COROUTINE,
        };
        let step = Await {
            kind,
            native: None,
            target,
            value: value.into(),
            waits_for: Value::NONE.into(),
            state: State::Created.into(),
            step: 0.into(),
            maker_word: 0.into(),
        };
        cx.heap.allocate(layout, step).value()
    }

    /// A native coroutine that works on one or two things. Like any coroutine it is missed if nobody awaits it.
    pub fn native(cx: &mut Context, coroutine: &'static NativeCoroutine, target: Value, value: Value) -> Value {
        let step = Await {
            kind: AwaitKind::Native,
            native: Some(coroutine),
            target,
            value: value.into(),
            waits_for: Value::NONE.into(),
            state: State::Created.into(),
            step: 0.into(),
            maker_word: 0.into(),
        };
        let made = cx.heap.allocate(LayoutId::NATIVE_COROUTINE, step);
        made.header().set(Header::HAS_FINALISER);
        let before = std::mem::replace(&mut cx.last_native_coroutine, made.value());
        register_unawaited(cx, before);
        made.value()
    }

    /// Of `Native`: the code that made it and the word of that where it did, as long as it has not begun; None if it
    /// is not known.
    pub fn maker(&self) -> Option<(Ref<CodeObject>, u32)> {
        let code = self.waits_for.get().get().filter(|_| self.state.get() == State::Created);
        code.map(|code| (code, self.maker_word.get()))
    }

    /// Remembers what makes it.
    #[inline(always)]
    pub fn set_maker(&self, code: Ref<CodeObject>, word: u32) {
        self.waits_for.set(code.value());
        self.maker_word.set(word);
    }
}

/// The native coroutine that was made last has had its chance: if it has not begun, it is one to be missed. Most are
/// awaited at once and never registered.
pub fn register_unawaited(cx: &mut Context, coroutine: Value) {
    if let Some(step) = coroutine.get::<Await>() {
        step.header().clear(Header::HAS_FINALISER);
        if step.state.get() == State::Created {
            cx.heap.add_finalisable(step.header());
        }
    }
}

impl Body for Await {
    const KIND: Kind = Kind::Await;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.target);
        marker.cell(&self.value);
        marker.cell(&self.waits_for);
    }
}
