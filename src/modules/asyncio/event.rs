//! `Event`: a flag that tasks wait for.

use std::cell::Cell;

use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::primitive::{
    Home, WAITING, Waiters, class_argument, described, future_of, make_primitive, waited, wake,
};
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::module::{ClassTables, Module};
use crate::object::native::{Args, Declaration, Stop, maker, plain};
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A flag that tasks wait for."),
    plain("__init__(self)", init, "Initialize self."),
    plain("is_set(self)", is_set, "Return True if the flag is true."),
    plain("set(self)", set, "Set the flag, and let all go on that wait for it."),
    plain("clear(self)", clear, "Take the flag back."),
    maker("wait(self)", wait, "Wait until the flag is set; return True."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    attribute("_value", |_, value| Ok(Value::bool(of(value).is_set.get())), "The flag."),
    attribute("_waiters", |cx, value| Ok(of(value).waiters.as_list(cx)), "The futures of those who wait."),
    attribute("_loop", |_, value| Ok(of(value).home.get()), "The loop it belongs to, or None."),
];

static WAIT: NativeCoroutine = NativeCoroutine { name: "wait", qualified_name: "Event.wait", step: wait_step };

const CLASS: &str = "asyncio.locks.Event";

/// The state of an event.
#[derive(Default)]
pub(super) struct Event {
    is_set: Cell<bool>,
    waiters: Waiters,
    home: Home,
}

impl Data for Event {
    fn trace(&self, marker: &mut Marker) {
        self.waiters.trace(marker);
        self.home.trace(marker);
    }
}

impl Event {
    /// An event whose flag is as given.
    pub fn allocate(cx: &mut Context, is_set: bool) -> Value {
        let class = cx.module_state[CLASS].get().expect("the class was made with the module");
        Extension::allocate(cx, class, Event { is_set: Cell::new(is_set), ..Event::default() })
    }

    /// `set()`
    pub fn set(&self, cx: &mut Context) -> Result<(), Stop> {
        if self.is_set.replace(true) {
            return Ok(());
        }
        for waiter in self.waiters.all() {
            wake(cx, waiter, Value::TRUE)?;
        }
        Ok(())
    }

    /// `clear()`
    pub fn clear(&self) {
        self.is_set.set(false);
    }
}

/// Makes the class.
pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    make_primitive(cx, module, CLASS, &[], &tables);
}

fn of(value: Value) -> Of<Event> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args.get(0), CLASS)?;
    Ok(Extension::allocate(cx, class, Event::default()))
}

fn init(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn is_set(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_set.get()))
}

fn set(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).set(cx)?;
    Ok(Value::NONE)
}

fn clear(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).clear();
    Ok(Value::NONE)
}

fn wait(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &WAIT, args.get(0), Value::NONE))
}

fn wait_step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    step(cx, this, this.target, resumed)
}

/// A step of a coroutine that waits for an event, on its own account or that of what it works on.
pub(super) fn step(cx: &mut Context, this: Ref<Await>, event: Value, resumed: Resumed) -> Result<Advance, Stop> {
    let event = of(event);
    if this.step.get() == WAITING {
        let future = future_of(this);
        event.waiters.remove(future);
        waited(cx, resumed, future)?;
        return Ok(Advance::Return(Value::TRUE));
    }
    if event.is_set.get() {
        return Ok(Advance::Return(Value::TRUE));
    }
    let event_loop = event.home.enter(cx, event.value(), shown)?;
    let future = event.waiters.add(cx, event_loop, this.target);
    this.waits_for.set(future.value());
    this.step.set(WAITING);
    Ok(Advance::Wait(future))
}

fn shown(cx: &mut Context, value: Value) -> String {
    let event = of(value);
    let state = if event.is_set.get() { "set" } else { "unset" };
    let state = format!("{state}{}", event.waiters.described());
    described(cx, value, &state)
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = shown(cx, args.get(0));
    Ok(cx.str(&text))
}
