//! Locks that their holder may acquire again.

use std::cell::Cell;

use crate::modules::thread::lock::{Patience, Waiters};
use crate::modules::thread::module::ident_of;
use crate::object::arguments::finished;
use crate::object::class::{Class, expect_class};
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::repr::{address, class_label};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A lock that its holder may acquire again."),
    plain("acquire(self, /, blocking=True, timeout=-1)", acquire, "Lock it, waiting if need be; return success."),
    plain("release(self, /)", release, "Take back one acquire, and with the first one unlock it."),
    plain("locked(self, /)", locked, "Return whether the lock is held."),
    plain("__enter__(self, /)", enter, "Lock it."),
    plain("__exit__(self, /, *args)", exit, "Unlock it."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("_is_owned(self, /)", is_owned, "Return whether the thread that runs holds it."),
    plain("_recursion_count(self, /)", recursion_count, "Return how often the thread that runs has acquired it."),
    plain("_release_save(self, /)", release_save, "Unlock it; return what locks it as before."),
    plain("_acquire_restore(self, state, /)", acquire_restore, "Lock it as it was."),
];

/// The data of a lock.
pub struct ReentrantLock {
    /// How often its owner has acquired it.
    count: Cell<u64>,
    /// The number of the thread that holds it; of no meaning while nobody does.
    owner: Cell<i64>,
    waiters: Waiters,
}

impl Data for ReentrantLock {
    fn trace(&self, _: &mut Marker) {}
}

impl ReentrantLock {
    fn is_owned(&self, cx: &Context) -> bool {
        self.holder() == Some(cx.threads.current().number)
    }

    /// Locks it, waiting while another thread holds it.
    fn take(&self, cx: &mut Context, patience: Patience) -> Result<Value, Stop> {
        if self.count.get() > 0 && !self.is_owned(cx) {
            return patience.wait(cx, &self.waiters);
        }
        self.owner.set(cx.threads.current().number);
        self.count.set(self.count.get() + 1);
        Ok(Value::TRUE)
    }

    /// The number of the thread that holds it.
    pub fn holder(&self) -> Option<i64> {
        (self.count.get() > 0).then_some(self.owner.get())
    }

    /// If it is free, who waits for it tries again.
    pub fn pass_on(&self, cx: &mut Context) {
        if self.count.get() == 0 {
            self.waiters.wake_first(cx);
        }
    }
}

/// Makes the class.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let class = make_class(cx, "_thread.RLock", &[], Some(Kind::Extension), Class::WEAKLY, &tables);
    module.set(cx, "RLock", class.value());
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0), "RLock.__new__() argument 1 must be a type")?;
    let data = ReentrantLock { count: Cell::new(0), owner: Cell::new(0), waiters: Waiters::default() };
    let lock = Extension::allocate(cx, class, data);
    Ok(finished(cx, class, lock))
}

fn of(cx: &mut Context, args: Args<'_>) -> Result<Of<ReentrantLock>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn acquire(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (lock, patience) = (of(cx, args)?, Patience::from_args(cx, args)?);
    lock.take(cx, patience)
}

fn enter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args)?.take(cx, Patience::Endless)
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let lock = of(cx, args)?;
    if !lock.is_owned(cx) {
        return Err(cx.runtime_error("cannot release un-acquired lock"));
    }
    lock.count.set(lock.count.get() - 1);
    lock.pass_on(cx);
    Ok(Value::NONE)
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    release(cx, args)
}

fn locked(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, args)?.count.get() > 0))
}

fn is_owned(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, args)?.is_owned(cx)))
}

fn recursion_count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let lock = of(cx, args)?;
    Ok(Value::small(if lock.is_owned(cx) { lock.count.get() as i64 } else { 0 }))
}

fn release_save(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let lock = of(cx, args)?;
    if lock.count.get() == 0 {
        return Err(cx.runtime_error("cannot release un-acquired lock"));
    }
    let owner = cx.int(lock.owner.get());
    let count = Value::small(lock.count.take() as i64);
    lock.pass_on(cx);
    Ok(cx.tuple(&[count, owner]))
}

fn acquire_restore(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let lock = of(cx, args)?;
    let state = args.get(1).get::<Tuple>().map_or(Vec::new(), |state| state.items().to_vec());
    let [count, owner] = state[..] else {
        return Err(cx.type_error("_acquire_restore() takes what _release_save() returned"));
    };
    let (count, owner) = (Int::expect_i64(cx, count)?, Int::expect_i64(cx, owner)?);
    if lock.count.get() > 0 {
        return Patience::Endless.wait(cx, &lock.waiters);
    }
    lock.count.set(count.max(0) as u64);
    lock.owner.set(owner);
    Ok(Value::NONE)
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let lock = of(cx, args)?;
    let (count, class) = (lock.count.get(), cx.class_of(args.get(0)));
    let (state, owner) = if count > 0 { ("locked", ident_of(lock.owner.get())) } else { ("unlocked", 0) };
    let class = class_label(cx, class);
    let text = format!("<{state} {class} object owner={owner} count={count} at {}>", address(args.get(0)));
    Ok(cx.str(&text))
}
