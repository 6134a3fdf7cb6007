//! `_asyncio_primitives`: what tasks wait for beside each other (locks, events, semaphores, queues), and what these
//! have in common: who waits, in which loop, and whether a subclass has methods of its own for parts of it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::modules::asyncio::{event, lock, queue, semaphore};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::future::{Future, FutureState};
use crate::object::generator::{Await, Resumed};
use crate::object::heap::{Header, Marker, Ref};
use crate::object::instance;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, Native, Stop, plain};
use crate::object::repr;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_asyncio_primitives", fill };

const FUNCTIONS: &[Declaration] =
    &[plain("_waiter_of(loop, primitive, /)", waiter_of, "Return a new future of one that waits for a primitive.")];

fn fill(cx: &mut Context, module: Ref<Module>) {
    crate::modules::require(cx, &crate::modules::collections::MODULE);
    module.add_functions(cx, FUNCTIONS);
    let mixin = lock::install(cx, module);
    event::install(cx, module);
    semaphore::install(cx, module, mixin);
    queue::install(cx, module);
}

/// Makes the class of a primitive.
pub(super) fn make_primitive(
    cx: &mut Context,
    module: Ref<Module>,
    name: &'static str,
    bases: &[Ref<Class>],
    tables: &ClassTables,
) -> Ref<Class> {
    let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
    let class = make_class(cx, name, bases, Some(Kind::Extension), flags, tables);
    instance::add_accessors(cx, class);
    cx.module_state.insert(name, class.value());
    module.dict().set_interned(class.name.get(), class.value());
    class
}

/// The class that `__new__` of a primitive was called on.
pub(super) fn class_argument(cx: &mut Context, value: Value, name: &str) -> Result<Ref<Class>, Stop> {
    let base: Ref<Class> = cx.module_state[name].get().expect("the class was made with the module");
    match value.get::<Class>() {
        Some(class) if class.is_subclass(base) => Ok(class),
        _ => {
            let short = base.name_text();
            Err(cx.type_error(format!("{short}.__new__(X): X is not a subtype of {short}")))
        }
    }
}

/// The steps of the coroutines that wait: it has not begun,
pub(super) const NEW: u8 = 0;
/// or waits for its future.
pub(super) const WAITING: u8 = 1;

/// A future of one that waits for a primitive.
pub(super) fn waiter(cx: &mut Context, event_loop: Ref<EventLoop>, primitive: Value) -> Ref<Future> {
    let future = Future::plain(cx, event_loop);
    future.coroutine.set(primitive);
    future
}

fn waiter_of(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let event_loop = super::future::loop_argument(cx, args.get(0))?;
    Ok(waiter(cx, event_loop, args.get(1)).value())
}

/// Those who wait, in the order they came. Each leaves when it goes on.
#[derive(Default)]
pub(super) struct Waiters(RefCell<VecDeque<Ref<Future>>>);

impl Waiters {
    /// Shows the collector what is held.
    pub fn trace(&self, marker: &mut Marker) {
        self.0.borrow().iter().for_each(|&future| marker.object(future));
    }

    /// One more waits: its future.
    pub fn add(&self, cx: &mut Context, event_loop: Ref<EventLoop>, primitive: Value) -> Ref<Future> {
        let future = waiter(cx, event_loop, primitive);
        self.0.borrow_mut().push_back(future);
        future
    }

    /// One waits no longer.
    pub fn remove(&self, future: Ref<Future>) {
        let mut waiters = self.0.borrow_mut();
        if let Some(place) = waiters.iter().position(|&waiter| waiter == future) {
            waiters.remove(place);
        }
    }

    /// The first, who then waits no longer.
    pub fn pop(&self) -> Option<Ref<Future>> {
        self.0.borrow_mut().pop_front()
    }

    /// The first.
    pub fn first(&self) -> Option<Ref<Future>> {
        self.0.borrow().front().copied()
    }

    /// The first that has not been woken yet.
    pub fn first_pending(&self) -> Option<Ref<Future>> {
        self.0.borrow().iter().find(|future| !future.is_done()).copied()
    }

    /// Have all that wait been cancelled?
    pub fn are_all_cancelled(&self) -> bool {
        self.0.borrow().iter().all(|future| future.state.get() == FutureState::Cancelled)
    }

    /// Does somebody wait by this future?
    pub fn contains(&self, future: Ref<Future>) -> bool {
        self.0.borrow().contains(&future)
    }

    /// All, copied.
    pub fn all(&self) -> Vec<Ref<Future>> {
        self.0.borrow().iter().copied().collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Nobody waits any more.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// As a list, for scripts.
    pub fn as_list(&self, cx: &mut Context) -> Value {
        let all = self.all().into_iter().map(Ref::value).collect();
        cx.list(all)
    }

    /// How the repr of a primitive tells of them.
    pub fn described(&self) -> String {
        match self.len() {
            0 => String::new(),
            count => format!(", waiters:{count}"),
        }
    }
}

/// Wakes one that waits, unless that has been done.
pub(super) fn wake(cx: &mut Context, waiter: Ref<Future>, result: Value) -> Result<(), Stop> {
    if waiter.is_done() {
        return Ok(());
    }
    if waiter.has_callbacks() {
        waiter.event_loop.check_closed(cx)?;
    }
    waiter.finish(cx, result);
    Ok(())
}

/// How the wait of a coroutine for its future has ended.
pub(super) fn waited(cx: &mut Context, resumed: Resumed, future: Ref<Future>) -> Result<Value, Stop> {
    if !resumed.thrown.is_unbound() {
        return Err(Stop::Raise(resumed.thrown));
    }
    match future.is_done() {
        true => future.outcome(cx),
        false => Err(cx.runtime_error("await wasn't used with future")),
    }
}

/// The future that a coroutine waits for.
pub(super) fn future_of(coroutine: Ref<Await>) -> Ref<Future> {
    coroutine.waits_for.get().get().expect("a coroutine that waits has a future")
}

/// Is it a CancelledError?
pub(super) fn is_cancellation(cx: &mut Context, stop: &Stop) -> bool {
    matches!(stop, Stop::Raise(exception) if cx.is_instance(*exception, LayoutId::CANCELLED_ERROR))
}

/// The loop a primitive belongs to: the one in which somebody first had to wait for it.
pub(super) struct Home(Cell<Value>);

impl Default for Home {
    fn default() -> Home {
        Home(Cell::new(Value::NONE))
    }
}

impl Home {
    /// Shows the collector what is held.
    pub fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.0);
    }

    /// The loop, or None.
    pub fn get(&self) -> Value {
        self.0.get()
    }

    /// The running loop, which must be that of the primitive, if it has one already. `shown` is its repr.
    pub fn enter(
        &self,
        cx: &mut Context,
        primitive: Value,
        shown: fn(&mut Context, Value) -> String,
    ) -> Result<Ref<EventLoop>, Stop> {
        let Some(running) = cx.running.event_loop() else {
            return Err(cx.runtime_error("no running event loop"));
        };
        if self.0.get().is_none() {
            self.0.set(running.value());
        }
        if self.0.get() != running.value() {
            let shown = shown(cx, primitive);
            return Err(cx.runtime_error(format!("{shown} is bound to a different event loop")));
        }
        Ok(running)
    }
}

/// `<module.Name object at 0x...>` with the state of a primitive behind it.
pub(super) fn described(cx: &mut Context, primitive: Value, state: &str) -> String {
    let text = repr::default_text(cx, primitive);
    format!("{} [{state}]>", text.trim_end_matches('>'))
}

/// Whether an object has methods of its own in the place of some of the natives of its class, remembered until its
/// class or its attributes change.
pub(super) struct Overrides {
    layout: Cell<LayoutId>,
    epoch: Cell<u32>,
    has_some: Cell<bool>,
}

impl Default for Overrides {
    fn default() -> Overrides {
        Overrides { layout: Cell::new(LayoutId::OBJECT), epoch: Cell::new(0), has_some: Cell::new(true) }
    }
}

impl Overrides {
    /// Has it a method of its own in the place of one of these?
    #[inline(always)]
    pub fn has_some(&self, cx: &mut Context, object: Value, names: &[&str]) -> bool {
        let Some(header) = object.header() else { return true };
        if self.layout.get() == header.layout() && self.epoch.get() == cx.class_epoch {
            return self.has_some.get();
        }
        self.look(cx, header, names)
    }

    #[cold]
    fn look(&self, cx: &mut Context, header: &Header, names: &[&str]) -> bool {
        let class = cx.class(header.layout());
        let has_some = names.iter().any(|name| {
            let name = cx.intern(name);
            header.own_attribute(cx, name).is_some() || !is_native(cx.lookup(class, name))
        });
        // Attributes that are in a dictionary may come without another layout.
        if header.layout() != class.dictionary_layout.get() {
            self.layout.set(header.layout());
            self.epoch.set(cx.class_epoch);
            self.has_some.set(has_some);
        }
        has_some
    }
}

/// Is this a method of a class made by Rust code?
fn is_native(method: Option<Value>) -> bool {
    let native = method.and_then(|method| method.get::<Native>());
    native.is_some_and(|native| native.owner.get().get::<Class>().is_some_and(|owner| owner.has(Class::BUILTIN)))
}
