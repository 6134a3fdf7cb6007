//! Locks that one holder has at a time, whoever it is, and how their `acquire` may wait.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::object::arguments::{Truth, has_special};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::descriptors::Ticket;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wait, Wish, plain};
use crate::object::number::to_f64;
use crate::object::repr::address;
use crate::object::value::Value;

/// How many seconds an `acquire` may wait.
pub const LONGEST_WAIT: i64 = 9_223_372_036;

/// Among so many who wait, and twice as many and so on, those who have given up are looked for.
const MANY_WAITERS: usize = 32;

const CLASS: &str = "_thread.lock";

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /)", new, "A lock that one holder has at a time."),
    plain("acquire(self, /, blocking=True, timeout=-1)", acquire, "Lock it, waiting if need be; return success."),
    plain("acquire_lock(self, /, blocking=True, timeout=-1)", acquire, "An old name of acquire."),
    plain("release(self, /)", release, "Unlock it, so that who waits for it may go on."),
    plain("release_lock(self, /)", release, "An old name of release."),
    plain("locked(self, /)", locked, "Return whether the lock is held."),
    plain("locked_lock(self, /)", locked, "An old name of locked."),
    plain("__enter__(self, /)", enter, "Lock it."),
    plain("__exit__(self, /, *args)", exit, "Unlock it."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
];

/// The data of a lock.
pub struct Lock {
    is_held: Cell<bool>,
    /// The number of the thread that acquired it last.
    holder: Cell<i64>,
    waiters: Waiters,
}

/// Who waits for a lock, in the order they came; some may have given up.
#[derive(Default)]
pub struct Waiters(RefCell<VecDeque<Ticket>>);

impl Waiters {
    fn add(&self, cx: &mut Context) -> Ticket {
        let ticket = cx.jobs.ticket();
        let mut tickets = self.0.borrow_mut();
        if tickets.len() >= MANY_WAITERS && tickets.len().is_power_of_two() {
            tickets.retain(|&ticket| cx.threads.is_waited_for(ticket));
        }
        tickets.push_back(ticket);
        ticket
    }

    /// The first who still waits tries again.
    pub fn wake_first(&self, cx: &mut Context) {
        if !self.0.borrow().is_empty() {
            cx.threads.wake_first(&mut self.0.borrow_mut());
        }
    }
}

impl Data for Lock {
    fn trace(&self, _: &mut Marker) {}
}

/// Makes the class.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), Class::FINAL | Class::WEAKLY, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "lock", class.value());
    module.set(cx, "LockType", class.value());
}

/// How long an `acquire` waits for a lock that is held.
pub enum Patience {
    /// Not at all.
    None,
    /// So many nanoseconds.
    Nanoseconds(i64),
    /// As long as it takes.
    Endless,
}

impl Patience {
    /// From the arguments `blocking` and `timeout`, the second and third.
    pub fn from_args(cx: &mut Context, args: Args<'_>) -> Result<Patience, Stop> {
        let Truth(is_blocking) = Truth::from_value(cx, args.get(1), 1)?;
        let value = args.get(2);
        let timeout = match to_f64(cx, value) {
            Some(timeout) => timeout?,
            None if has_special(cx, value, cx.names.__index__) => return Err(cx.ask(2, Wish::Index)),
            None => {
                let found = cx.type_name(value);
                return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
            }
        };
        if timeout.is_nan() {
            return Err(cx.value_error("Invalid value NaN (not a number)"));
        }
        if timeout > LONGEST_WAIT as f64 {
            return Err(cx.overflow_error("timestamp out of range for platform time_t"));
        }
        match (is_blocking, timeout) {
            (true, -1.0) => Ok(Patience::Endless),
            (false, -1.0) => Ok(Patience::None),
            (false, _) => Err(cx.value_error("can't specify a timeout for a non-blocking call")),
            (true, timeout) if timeout < 0.0 => Err(cx.value_error("timeout value must be a non-negative number")),
            (true, timeout) => Ok(Patience::Nanoseconds((timeout * 1e9).ceil() as i64)),
        }
    }

    /// The answer of an `acquire` of a lock that somebody holds: False, now or when the patience is at its end. The
    /// native is called again when the lock has been released.
    pub fn wait(self, cx: &mut Context, waiters: &Waiters) -> Result<Value, Stop> {
        self.wait_or(cx, waiters, Value::FALSE)
    }

    /// The same with another answer than False.
    pub fn wait_or(self, cx: &mut Context, waiters: &Waiters, otherwise: Value) -> Result<Value, Stop> {
        let (timeout, otherwise) = match self {
            Patience::None => return Ok(otherwise),
            Patience::Nanoseconds(time) => (Some(time), otherwise),
            Patience::Endless => (None, Value::UNBOUND),
        };
        let job = Some(waiters.add(cx));
        Err(Stop::Wait(Box::new(Wait { job, timeout, otherwise, ..Wait::NOTHING })))
    }
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    allocate(cx, args)
}

/// `allocate_lock()`
pub fn allocate(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    Ok(Extension::allocate(
        cx,
        class,
        Lock { is_held: Cell::new(false), holder: Cell::new(0), waiters: Waiters::default() },
    ))
}

fn of(cx: &mut Context, args: Args<'_>) -> Result<Of<Lock>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn acquire(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (lock, patience) = (of(cx, args)?, Patience::from_args(cx, args)?);
    lock.take(cx, patience)
}

fn enter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args)?.take(cx, Patience::Endless)
}

impl Lock {
    fn take(&self, cx: &mut Context, patience: Patience) -> Result<Value, Stop> {
        if self.is_held.replace(true) {
            return patience.wait(cx, &self.waiters);
        }
        self.holder.set(cx.threads.current().number);
        Ok(Value::TRUE)
    }

    /// The number of the thread that holds it.
    pub fn holder(&self) -> Option<i64> {
        self.is_held.get().then_some(self.holder.get())
    }

    /// If it is free, who waits for it tries again.
    pub fn pass_on(&self, cx: &mut Context) {
        if !self.is_held.get() {
            self.waiters.wake_first(cx);
        }
    }
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let lock = of(cx, args)?;
    if !lock.is_held.replace(false) {
        return Err(cx.runtime_error("release unlocked lock"));
    }
    lock.waiters.wake_first(cx);
    Ok(Value::NONE)
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    release(cx, args)
}

fn locked(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, args)?.is_held.get()))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let state = if of(cx, args)?.is_held.get() { "locked" } else { "unlocked" };
    let text = format!("<{state} {CLASS} object at {}>", address(args.get(0)));
    Ok(cx.str(&text))
}
