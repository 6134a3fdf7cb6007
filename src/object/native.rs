//! Natives: how Rust code appears to a program.
//!
//! A native is declared by its signature in the language, in a const table at the top of its file:
//! `plain("pop(self, index=-1, /)", pop, "Remove and return the item at index.")`. It is a Rust function from
//! arguments to a value or to a `Stop`; it never runs script code itself. What it lacks for that it says by the
//! `Stop`, and the loop carries it out.

use std::cell::{Cell, OnceCell};
use std::os::fd::RawFd;

use crate::object::context::Context;
use crate::object::descriptors::{Direction, Ticket};
use crate::object::event_loop::EventLoop;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::signature::Signature;
use crate::object::value::Value;

/// A native's Rust function.
pub type Run = fn(&mut Context, Args<'_>) -> Result<Value, Stop>;

/// What a native does when it is called.
#[derive(Clone, Copy)]
pub enum Entry {
    /// Runs to its end, or stops before its first effect.
    Plain(Run),
    /// The same, and makes a native coroutine or a handle: the loop tells it who has asked for it.
    Maker(Run),
    /// Is carried out by the loop itself, since it changes which frame runs.
    Control(Control),
}

/// One line of a table of natives.
pub struct Declaration {
    /// `name(parameters)`, as `def` would have it. A default `<unset>` leaves the argument UNBOUND.
    pub signature: &'static str,
    /// What it does.
    pub entry: Entry,
    /// `__doc__`, one sentence.
    pub doc: &'static str,
}

/// Declares a native that is a leaf.
pub const fn plain(signature: &'static str, run: Run, doc: &'static str) -> Declaration {
    Declaration { signature, entry: Entry::Plain(run), doc }
}

/// Declares a native that makes a native coroutine or a handle, which remembers who has asked for it.
pub const fn maker(signature: &'static str, run: Run, doc: &'static str) -> Declaration {
    Declaration { signature, entry: Entry::Maker(run), doc }
}

/// Declares a native that the loop carries out.
pub const fn control(signature: &'static str, control: Control, doc: &'static str) -> Declaration {
    Declaration { signature, entry: Entry::Control(control), doc }
}

impl Declaration {
    /// The name before the parenthesis.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or(self.signature)
    }
}

/// The natives that the loop carries out. A line above tells several.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// `next(iterator[, default])`
    Next,
    /// `iterator.__next__()` of any built-in iterator or generator.
    IteratorNext,
    /// `generator.send(value)`, also of coroutines.
    Send,
    /// `generator.throw(...)`
    Throw,
    /// `generator.close()`
    Close,
    /// Steps of the awaitables of an async generator: `asend(v).send(x)`.
    AwaitSend,
    /// `asend(v).throw(...)`
    AwaitThrow,
    /// `asend(v).close()`
    AwaitClose,
    /// `anext(iterator, default)` with a default.
    AnextDefault,
    /// `type(x)`, `type(name, bases, dict)`: `type.__call__`
    TypeCall,
    /// `type.__new__(metaclass, name, bases, dict, **keywords)`
    TypeNew,
    /// `__build_class__(function, name, *bases, **keywords)`
    BuildClass,
    /// `getattr(object, name[, default])`
    GetAttribute,
    /// `hasattr(object, name)`
    HasAttribute,
    /// `setattr(object, name, value)`
    SetAttribute,
    /// `delattr(object, name)`
    DeleteAttribute,
    /// `object.__getattribute__(self, name)`: without `__getattr__`.
    ObjectGetAttribute,
    /// `object.__setattr__(self, name, value)`: without the class's own.
    ObjectSetAttribute,
    /// `object.__delattr__(self, name)`, likewise.
    ObjectDeleteAttribute,
    /// `type.__getattribute__(cls, name)`
    TypeGetAttribute,
    /// `super.__getattribute__`
    SuperGetAttribute,
    /// `super()` without arguments looks into the calling frame.
    SuperInit,
    /// `iter(object)`
    Iter,
    /// `isinstance(object, classes)`
    IsInstance,
    /// `issubclass(class, classes)`
    IsSubclass,
    /// `exec(source, globals, locals)`
    Exec,
    /// `eval(source, globals, locals)`
    Eval,
    /// `compile(source, filename, mode, flags)`
    Compile,
    /// `__import__(name, globals, locals, fromlist, level)`
    Import,
    /// `globals()`
    Globals,
    /// `locals()`
    Locals,
    /// `vars()` and `dir()` without arguments.
    FrameNames,
    /// `sys._getframe(depth)`
    GetFrame,
    /// `sys._current_frames()`
    CurrentFrames,
    /// `sys.exc_info()`
    ExceptionInfo,
    /// `sys.exception()`
    CurrentException,
    /// Calls a bound method's function with its receiver.
    MethodCall,
    /// A property's `__get__`, `__set__`, `__delete__`.
    DescriptorGet,
    DescriptorSet,
    DescriptorDelete,
    /// A binary operator through its special methods: `operator.add` on objects with script methods.
    Binary(u8),
    /// A comparison, likewise.
    Compare(u8),
    /// `object[key]`
    Subscript,
    /// `object[key] = value`
    StoreSubscript,
    /// `del object[key]`
    DeleteSubscript,
    /// `gc.collect()`
    Collect,
    /// Makes a generator a coroutine (`types.coroutine`).
    MakeCoroutine,
    /// `sys.setrecursionlimit`, `sys.getrecursionlimit`
    SetRecursionLimit,
    GetRecursionLimit,
    /// `sys.settrace`, `sys.gettrace`
    SetTrace,
    GetTrace,
    /// `store_local(frame, name, value)`: sets a variable of a function's frame.
    StoreLocal,
    /// An attribute of a frame object that changes while the frame runs, named as the native.
    FrameAttribute,
    /// Runs the function with the arguments; used by halves: `_call(function, *args, **kwargs)`.
    Call,
    /// Calls the script half of a name: `call_half(name, args)`.
    CallHalf,
    /// `contains(container, item)`: the `in` operator as a function.
    Contains,
    /// `context.run(callable, *args, **keywords)`
    RunInContext,
    /// `reload` support: runs a module's code again.
    RunModule,
    /// Takes the turns of an event loop.
    RunTurns,
    /// `loop.create_task(coro, name=, context=, eager_start=)`
    CreateTask,
    /// `asyncio.create_task`: the same of the running loop.
    Spawn,
    /// `Task.__init__`
    StartTask,
    /// The same with arguments that have been looked at.
    BeginTask,
    /// A step of a task that waits for a future of another kind.
    StepTask,
    /// `gather(*futures, return_exceptions=)`
    Gather,
    /// `future.cancel(msg)`
    CancelFuture,
    /// `_stopping(what)`: notes what Ctrl-C is about to end.
    NoteInterrupt,
    /// `greenlet.switch(*args, **kwargs)`
    SwitchGreenlet,
    /// `greenlet.throw(typ, val, tb)`
    ThrowGreenlet,
    /// `greenlet.gr_frame`
    GreenletFrame,
}

/// Why a native did not answer with a value. Every variant but `Raise` is carried out by the loop.
pub enum Stop {
    /// The exception it raises, an instance.
    Raise(Value),
    /// It lacks something of argument `position`; nothing has had an effect yet. The loop fetches it, puts it in
    /// the argument's place, and calls the native again.
    Ask(usize, Wish),
    /// It met script code and has had no effect yet: run the function of its name among the script halves
    /// (`list.sort` is `list_sort`) with the same arguments.
    Half,
    /// Its result is the result of this call.
    Call(Box<Call>),
    /// Its result is that of the special method of a value, checked.
    Special(Box<Special>),
    /// Its result is that of a single-key operation that must call script `__hash__` or `__eq__`.
    Key(Box<KeyOperation>),
    /// Leave the VM; the answer of whoever drives it is the result.
    Request(Box<Request>),
    /// A signal may have come: its handler is called, then this is the result.
    Signals(Value),
    /// It would have to wait for the system. It is called again when a descriptor is ready.
    Wait(Box<Wait>),
}

impl Stop {
    /// Says of the wait of a write that everything has been taken: called again, the native only writes what is left.
    pub fn taken(self) -> Stop {
        match self {
            Stop::Wait(wait) => Stop::Wait(Box::new(Wait { progress: Value::TRUE, ..*wait })),
            stop => stop,
        }
    }
}

/// What a native waits for.
pub struct Wait {
    /// Descriptors and what they must be ready for; one that is ends the wait.
    pub interests: Vec<Interest>,
    /// The ticket of what other threads find out.
    pub job: Option<Ticket>,
    /// How many nanoseconds the call may wait in all, however often it does; None: without end.
    pub timeout: Option<i64>,
    /// Its result when that time has passed; UNBOUND: TimeoutError.
    pub otherwise: Value,
    /// What the native finds behind its arguments when it is called again: how far it has come.
    pub progress: Value,
}

impl Wait {
    /// Nothing is waited for but a signal.
    pub const NOTHING: Wait =
        Wait { interests: Vec::new(), job: None, timeout: None, otherwise: Value::UNBOUND, progress: Value::UNBOUND };

    /// Lets what a signal calls for be done; then the native is called again with `progress`.
    pub fn for_signal(progress: Value) -> Stop {
        Stop::Wait(Box::new(Wait { timeout: Some(0), progress, ..Wait::NOTHING }))
    }
}

/// A descriptor and the direction it must be ready for.
pub type Interest = (RawFd, Direction);

/// What a native wants made of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// An int, by `__index__`.
    Index,
    /// A float, by `__float__` or `__index__`.
    Float,
    /// A complex, by `__complex__`, `__float__` or `__index__`.
    Complex,
    /// An int, by `__int__`, `__index__`.
    Int,
    /// True or False, by `__bool__` or `__len__`.
    Truth,
    /// A list of its items, by iteration.
    Items,
    /// A path's str or bytes, by `__fspath__`.
    Path,
    /// A str, by `__str__`.
    Text,
    /// A str, by `__repr__`.
    Repr,
    /// An iterator, by `__iter__`.
    Iterator,
    /// A file descriptor, by `fileno()`.
    FileNumber,
    /// Bytes, by `__bytes__` or `__buffer__`.
    Bytes,
}

/// A call that the loop makes for a native.
pub struct Call {
    /// What is called.
    pub callee: Value,
    /// Positional arguments.
    pub args: Vec<Value>,
    /// Keyword arguments: interned names and values.
    pub keywords: Vec<(Value, Value)>,
}

/// A special method that the loop calls for a native.
pub struct Special {
    /// Whose class has the method.
    pub receiver: Value,
    /// Its name, interned.
    pub name: Value,
    /// Arguments after the receiver.
    pub args: Vec<Value>,
    /// What its result must be.
    pub check: Check,
}

/// What the result of a special method must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Anything.
    None,
    /// A str: "__str__ returned non-string (type int)".
    Str,
    /// An int, which becomes a hash.
    Hash,
    /// A non-negative int.
    Length,
    /// A bool.
    Bool,
    /// An int.
    Int,
    /// A float.
    Float,
    /// A complex.
    Complex,
    /// An iterator.
    Iterator,
    /// Bytes.
    Bytes,
    /// A str or bytes.
    Path,
    /// Not NotImplemented: else TypeError.
    Implemented,
}

/// A single-key operation on a dict or set whose key or candidates have script `__hash__` or `__eq__`.
pub struct KeyOperation {
    /// What is done.
    pub action: KeyAction,
    /// The dict or set.
    pub table: Value,
    /// The key.
    pub key: Value,
    /// The value stored, or the default.
    pub value: Value,
}

/// What is done with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyAction {
    /// `d[k]`, KeyError or `__missing__`.
    Get,
    /// `d.get(k, value)`
    GetDefault,
    /// `d[k] = value`
    Set,
    /// `d.setdefault(k, value)`
    SetDefault,
    /// `del d[k]`
    Delete,
    /// `d.pop(k, value)`; UNBOUND: KeyError.
    Pop,
    /// `k in d`, `k in s`
    Contains,
    /// `s.add(k)`
    Add,
    /// `s.discard(k)`
    Discard,
    /// `s.remove(k)`
    Remove,
}

/// What only the world outside the VM can answer.
pub enum Request {
    /// Come back with True when one of the descriptors is ready or a signal has come, with False at a time of the
    /// monotonic clock.
    Wait {
        /// Descriptors and directions.
        interests: Vec<Interest>,
        /// The ticket of what other threads find out.
        job: Option<Ticket>,
        /// The time in nanoseconds, if there is one.
        until: Option<i64>,
    },
    /// Come back when a signal has come.
    Signal,
    /// The VM was left only because its fuel ran out.
    Fuel,
    /// The thread has had its turn: come back after the others have had theirs.
    Turn,
    /// The limit of steps is reached.
    StepLimit,
    /// An event loop has nothing ready: come back when something outside has happened, or with False if nothing can.
    Events {
        /// The loop.
        event_loop: Ref<EventLoop>,
        /// At the latest then, in nanoseconds of the clock; never, if nothing is to come by itself.
        until: Option<i64>,
        /// It runs until it is stopped, so it may wait for nothing.
        is_endless: bool,
    },
    /// Ctrl-C has come while the one before was being dealt with: the program ends.
    Interrupt,
    /// This signal has come, which ends the process.
    End(i32),
    /// Nothing can wake the program any more: it ends.
    Deadlock {
        /// It has been said who waits for what.
        is_reported: bool,
    },
}

/// Arguments bound to the parameters of a native: one value each, UNBOUND where none was given and there is no
/// default, a tuple for `*args` and a dict for `**kwargs`.
#[derive(Clone, Copy)]
pub struct Args<'a>(pub &'a [Value]);

impl Args<'_> {
    /// Argument number `index`.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Value {
        self.0[index]
    }

    /// What stands behind the arguments of a native with so many parameters that is called again after a wait.
    pub fn behind(&self, parameters: usize) -> Option<Value> {
        self.0.get(parameters).copied()
    }

    /// Is a native with so many parameters called again after a wait that `Stop::taken` was said of?
    pub fn are_taken(&self, parameters: usize) -> bool {
        self.behind(parameters) == Some(Value::TRUE)
    }

    /// Takes all arguments out as Rust types.
    #[inline(always)]
    pub fn take<T: FromArgs>(&self, cx: &mut Context) -> Result<T, Stop> {
        T::from_args(cx, self.0)
    }
}

/// A Rust type that an argument can be taken out as.
pub trait FromValue: Sized {
    /// Converts argument `position`, or says what is wrong or missing.
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Self, Stop>;
}

/// A tuple of such types.
pub trait FromArgs: Sized {
    /// Converts all arguments.
    fn from_args(cx: &mut Context, values: &[Value]) -> Result<Self, Stop>;
}

macro_rules! tuples {
    ($($($name:ident $index:tt),+;)*) => {$(
        impl<$($name: FromValue),+> FromArgs for ($($name,)+) {
            #[inline(always)]
            fn from_args(cx: &mut Context, values: &[Value]) -> Result<Self, Stop> {
                Ok(($($name::from_value(cx, values[$index], $index)?,)+))
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
}

impl FromValue for Value {
    #[inline(always)]
    fn from_value(_: &mut Context, value: Value, _: usize) -> Result<Value, Stop> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    /// None for an argument that was not given.
    #[inline(always)]
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Option<T>, Stop> {
        if value.is_unbound() { Ok(None) } else { T::from_value(cx, value, position).map(Some) }
    }
}

impl<T: Body> FromValue for Ref<T> {
    /// An object with this body. The binder has checked `self`, so this fails for other arguments only.
    #[inline(always)]
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Ref<T>, Stop> {
        value.get::<T>().ok_or_else(|| cx.argument_error(position, T::KIND, value))
    }
}

/// A native function or method as an object.
pub struct Native {
    /// Its declaration.
    pub declaration: &'static Declaration,
    /// The parsed signature, made at the first call that needs it.
    pub signature: OnceCell<Signature>,
    /// The class that has it, for methods: its `self` must be an instance.
    pub owner: Cell<Value>,
    /// The name of its module, or None.
    pub module: Cell<Value>,
    /// How many arguments it takes if all are positional and none has a default; else 255.
    pub arity: u8,
    /// What is called: copied from the declaration.
    pub entry: Entry,
}

impl Body for Native {
    const KIND: Kind = Kind::Native;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.owner);
        marker.cell(&self.module);
        if let Some(signature) = self.signature.get() {
            signature.trace(marker);
        }
    }
}

impl Native {
    /// Makes a native from its declaration.
    pub fn new(cx: &mut Context, declaration: &'static Declaration, layout: LayoutId, owner: Value) -> Ref<Native> {
        let native = Native {
            declaration,
            signature: OnceCell::new(),
            owner: Cell::new(owner),
            module: Cell::new(Value::NONE),
            arity: fixed_arity(declaration.signature),
            entry: declaration.entry,
        };
        cx.heap.allocate(layout, native)
    }
}

impl Ref<Native> {
    /// The parsed signature.
    pub fn signature(&self, cx: &mut Context) -> &Signature {
        self.signature.get_or_init(|| Signature::parse(cx, self.declaration.signature))
    }
}

/// The number of parameters of a signature in which all are required and may be given by position; 255 for any other.
fn fixed_arity(signature: &str) -> u8 {
    let Some(inside) = signature.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')) else { return 255 };
    if inside.is_empty() {
        return 0;
    }
    let names = inside.strip_suffix(", /").unwrap_or(inside);
    match names.contains(['=', '*', '/']) {
        false => names.split(',').count() as u8,
        true => 255,
    }
}
