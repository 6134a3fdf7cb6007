//! `Lock`: held by one at a time; the others get it in the order they came.

use std::cell::Cell;

use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::primitive::{
    Home, NEW, Overrides, WAITING, Waiters, class_argument, described, future_of, is_cancellation, make_primitive,
    waited, wake,
};
use crate::modules::asyncio::semaphore;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, maker, plain};
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "What one task holds at a time."),
    plain("__init__(self)", init, "Initialize self."),
    plain("locked(self)", locked, "Return True if the lock is held."),
    maker("acquire(self)", acquire, "Take the lock, waiting until it is free; return True."),
    plain("release(self)", release, "Give the lock back."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_locked", |_, value| Ok(Value::bool(of(value).is_locked.get())), "Is it held?"),
    attribute("_owner", |_, value| Ok(of(value).owner.get()), "The task that took it, or None."),
    attribute("_waiters", |cx, value| Ok(of(value).waiters.as_list(cx)), "The futures of those who wait."),
    attribute("_loop", |_, value| Ok(of(value).home.get()), "The loop it belongs to, or None."),
];

/// What all locks have to be used by `async with`.
const MANAGER: &[Declaration] =
    &[plain("__aenter__(self)", enter, "Take it."), plain("__aexit__(self, exc_type, exc, tb)", exit, "Give it back.")];

static ACQUIRE: NativeCoroutine =
    NativeCoroutine { name: "acquire", qualified_name: "Lock.acquire", step: acquire_step };
static ENTER: NativeCoroutine =
    NativeCoroutine { name: "__aenter__", qualified_name: "_ContextManagerMixin.__aenter__", step: acquire_step };
static EXIT: NativeCoroutine =
    NativeCoroutine { name: "__aexit__", qualified_name: "_ContextManagerMixin.__aexit__", step: exit_step };

const CLASS: &str = "asyncio.locks.Lock";

/// The state of a lock.
struct Lock {
    is_locked: Cell<bool>,
    /// The task that took it, or None.
    owner: Cell<Value>,
    waiters: Waiters,
    home: Home,
    overrides: Overrides,
}

impl Data for Lock {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.owner);
        self.waiters.trace(marker);
        self.home.trace(marker);
    }
}

impl Lock {
    fn new() -> Lock {
        Lock {
            is_locked: Cell::new(false),
            owner: Cell::new(Value::NONE),
            waiters: Waiters::default(),
            home: Home::default(),
            overrides: Overrides::default(),
        }
    }

    /// It is held by the running task.
    fn take(&self, cx: &Context) {
        self.is_locked.set(true);
        self.owner.set(cx.running.task);
    }

    fn release(&self, cx: &mut Context) -> Result<(), Stop> {
        if !self.is_locked.replace(false) {
            return Err(cx.runtime_error("Lock is not acquired."));
        }
        self.owner.set(Value::NONE);
        self.wake_first(cx)
    }

    fn wake_first(&self, cx: &mut Context) -> Result<(), Stop> {
        match self.waiters.first() {
            Some(first) => wake(cx, first, Value::TRUE),
            None => Ok(()),
        }
    }
}

/// Makes the classes: the one with the methods for `async with` is the base of other locks too.
pub(super) fn install(cx: &mut Context, module: Ref<Module>) -> Ref<Class> {
    let tables = ClassTables { methods: MANAGER, ..ClassTables::NONE };
    let mixin = make_class(cx, "asyncio.locks._ContextManagerMixin", &[], None, Class::HAS_DICTIONARY, &tables);
    module.set(cx, "_ContextManagerMixin", mixin.value());
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    make_primitive(cx, module, CLASS, &[mixin], &tables);
    mixin
}

/// The task that has taken a lock, or None; None if it is no lock.
pub(super) fn owner(value: Value) -> Option<Value> {
    Of::<Lock>::from(value).map(|lock| lock.owner.get())
}

fn of(value: Value) -> Of<Lock> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args.get(0), CLASS)?;
    Ok(Extension::allocate(cx, class, Lock::new()))
}

fn init(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn locked(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_locked.get()))
}

fn acquire(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &ACQUIRE, args.get(0), Value::TRUE))
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).release(cx)?;
    Ok(Value::NONE)
}

fn acquire_step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let lock = of(this.target);
    if this.step.get() == NEW {
        if lock.is_locked.get() || !lock.waiters.are_all_cancelled() {
            let event_loop = lock.home.enter(cx, this.target, shown)?;
            let future = lock.waiters.add(cx, event_loop, this.target);
            this.waits_for.set(future.value());
            this.step.set(WAITING);
            return Ok(Advance::Wait(future));
        }
    } else {
        let future = future_of(this);
        lock.waiters.remove(future);
        if let Err(stop) = waited(cx, resumed, future) {
            // Whoever is next must not wait for one that does not take it.
            if is_cancellation(cx, &stop) && !lock.is_locked.get() {
                lock.wake_first(cx)?;
            }
            return Err(stop);
        }
    }
    lock.take(cx);
    Ok(Advance::Return(this.value.get()))
}

fn shown(cx: &mut Context, value: Value) -> String {
    let lock = of(value);
    let state = if lock.is_locked.get() { "locked" } else { "unlocked" };
    let state = format!("{state}{}", lock.waiters.described());
    described(cx, value, &state)
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = shown(cx, args.get(0));
    Ok(cx.str(&text))
}

// ----- `async with`

fn enter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let this = args.get(0);
    if let Some(lock) = Of::<Lock>::from(this)
        && !lock.overrides.has_some(cx, this, &["acquire", "release"])
    {
        return Ok(Await::native(cx, &ENTER, this, Value::NONE));
    }
    semaphore::enter(cx, this).ok_or(Stop::Half)
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let this = args.get(0);
    if let Some(lock) = Of::<Lock>::from(this)
        && !lock.overrides.has_some(cx, this, &["acquire", "release"])
    {
        return Ok(Await::native(cx, &EXIT, this, Value::NONE));
    }
    semaphore::exit(cx, this).ok_or(Stop::Half)
}

fn exit_step(cx: &mut Context, this: Ref<Await>, _: Resumed) -> Result<Advance, Stop> {
    let lock = Of::<Lock>::from_value(cx, this.target, 0)?;
    lock.release(cx)?;
    Ok(Advance::Return(Value::NONE))
}
