//! The event loop as data: what is ready, what is due when, and which tasks there are.
//!
//! Natives change it, the collector traces it, the machine takes one entry after the other (`vm::turn`), and whoever
//! drives the machine waits when nothing is left to do. A short cut saves objects and calls here, never a turn: what
//! CPython would call back moves once more through the ready queue.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::extension::Extension;
use crate::object::future::Future;
use crate::object::generator::{Generator, State};
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::object::weak::WeakReference;

/// What is ready to go on.
#[derive(Clone, Copy)]
pub enum Entry {
    /// A callback with its arguments.
    Call(Ref<Handle>),
    /// The first step of a task.
    Step(Ref<Future>),
    /// The next step of a task that let the others run.
    Again(Ref<Future>),
    /// The next step of a task that yielded what it may not: the exception is thrown into it.
    Throw {
        /// The task.
        task: Ref<Future>,
        /// What is thrown.
        exception: Value,
    },
    /// The future that a task waits for is done.
    Wake {
        /// The task.
        task: Ref<Future>,
        /// The future.
        future: Ref<Future>,
    },
    /// The time a task sleeps until has come.
    Slept {
        /// The task.
        task: Ref<Future>,
        /// Its ticket then.
        ticket: u32,
        /// When that was due, in nanoseconds of the loop's clock.
        when: i64,
    },
    /// A future gets None as its result, unless it is done.
    Finish {
        /// The future.
        future: Ref<Future>,
        /// When that was due.
        when: i64,
    },
    /// The descriptor of a native transport is ready for a direction.
    Ready {
        /// The transport.
        transport: Ref<Extension>,
        /// The direction.
        direction: Direction,
    },
    /// A sleep is over.
    Woken {
        /// The task.
        task: Ref<Future>,
        /// What is raised in it, if it was cancelled, else UNBOUND.
        thrown: Value,
    },
    /// A child of a gathering is done.
    Gathered {
        /// The gathering.
        gathering: Ref<Future>,
        /// The child.
        child: Ref<Future>,
    },
}

const _: () = assert!(size_of::<Entry>() <= 24);

impl Entry {
    /// Is the order of these two, the second right behind the first, left open?
    fn may_change_places_with(&self, next: &Entry) -> bool {
        let is_of_task = |entry: &Entry| {
            matches!(entry, Entry::Step(_) | Entry::Throw { .. } | Entry::Wake { .. } | Entry::Woken { .. })
        };
        let lets_others_run = |entry: &Entry| matches!(entry, Entry::Again(_));
        is_of_task(self) && is_of_task(next) || lets_others_run(self) && lets_others_run(next)
    }

    fn trace(&self, marker: &mut Marker) {
        match *self {
            Entry::Call(handle) => marker.object(handle),
            Entry::Ready { transport, .. } => marker.object(transport),
            Entry::Step(task) | Entry::Again(task) | Entry::Slept { task, .. } => marker.object(task),
            Entry::Finish { future, .. } => marker.object(future),
            Entry::Throw { task, exception: thrown } | Entry::Woken { task, thrown } => {
                marker.object(task);
                marker.value(thrown);
            }
            Entry::Wake { task, future } => {
                marker.object(task);
                marker.object(future);
            }
            Entry::Gathered { gathering, child } => {
                marker.object(gathering);
                marker.object(child);
            }
        }
    }
}

/// What a timer is for.
#[derive(Clone, Copy)]
pub enum Due {
    /// A callback.
    Call(Ref<Handle>),
    /// The end of a task's sleep, if its ticket is still this one.
    Sleep(Ref<Future>, u32),
    /// A future gets None as its result, unless it is done.
    Finish(Ref<Future>),
}

impl Due {
    /// Is nobody interested any more?
    fn is_stale(&self) -> bool {
        match self {
            Due::Call(handle) => handle.is_cancelled.get(),
            Due::Sleep(task, ticket) => task.ticket.get() != *ticket,
            Due::Finish(future) => future.is_done(),
        }
    }
}

/// A time to come.
struct Timer {
    /// Nanoseconds of the loop's clock.
    when: i64,
    /// Of timers for the same time the older comes first.
    number: u64,
    due: Due,
}

impl PartialEq for Timer {
    fn eq(&self, other: &Timer) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Timer) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    /// The earliest is the greatest.
    fn cmp(&self, other: &Timer) -> Ordering {
        (other.when, other.number).cmp(&(self.when, self.number))
    }
}

/// With more timers than this the stale ones are looked for.
const MANY_TIMERS: usize = 100;

/// The times to come, earliest first.
#[derive(Default)]
struct Timers {
    heap: BinaryHeap<Timer>,
    made: u64,
    /// How many of them have become stale since they were last cleared out.
    stale: usize,
}

/// The body of an event loop.
pub struct EventLoop {
    ready: RefCell<VecDeque<Entry>>,
    /// How many entries this turn has left.
    pub left: Cell<usize>,
    timers: RefCell<Timers>,
    /// The tasks that are not done.
    tasks: RefCell<Vec<Ref<Future>>>,
    /// `run_forever` is under way.
    pub is_running: Cell<bool>,
    /// It rests between the inputs of a session: tasks can be made for it, but other loops may run.
    pub rests: Cell<bool>,
    /// `close` was called.
    pub is_closed: Cell<bool>,
    /// `stop` was called: the turn under way is the last.
    pub is_stopping: Cell<bool>,
    /// Its turns wait for something to happen.
    pub is_waiting: Cell<bool>,
    /// Debug mode.
    pub is_debug: Cell<bool>,
    /// How many things outside may call back: descriptors watched for it, jobs of a pool, signal handlers.
    pub outside: Cell<usize>,
    /// What makes tasks, or None.
    pub task_factory: Cell<Value>,
    /// What is told of errors nobody else hears of, or None.
    pub exception_handler: Cell<Value>,
    /// Seconds a callback may take before debug mode speaks of it.
    pub slow_callback_duration: Cell<Value>,
    /// Weak references to the async generators that have begun in it.
    generators: RefCell<Vec<Value>>,
    /// `shutdown_asyncgens` was called.
    pub generators_are_shut_down: Cell<bool>,
}

impl Body for EventLoop {
    const KIND: Kind = Kind::EventLoop;

    fn trace(&self, marker: &mut Marker) {
        self.ready.borrow().iter().for_each(|entry| entry.trace(marker));
        for timer in &self.timers.borrow().heap {
            match timer.due {
                Due::Call(handle) => marker.object(handle),
                Due::Sleep(future, _) | Due::Finish(future) => marker.object(future),
            }
        }
        self.tasks.borrow().iter().for_each(|&task| marker.object(task));
        self.generators.borrow().iter().for_each(|&reference| marker.value(reference));
        for cell in [&self.task_factory, &self.exception_handler, &self.slow_callback_duration] {
            marker.cell(cell);
        }
    }
}

impl EventLoop {
    /// A new loop of a class.
    pub fn allocate(cx: &mut Context, class: Ref<Class>) -> Ref<EventLoop> {
        let body = EventLoop {
            ready: RefCell::default(),
            left: Cell::new(0),
            timers: RefCell::default(),
            tasks: RefCell::default(),
            is_running: Cell::new(false),
            rests: Cell::new(false),
            is_closed: Cell::new(false),
            is_stopping: Cell::new(false),
            is_waiting: Cell::new(false),
            is_debug: Cell::new(false),
            outside: Cell::new(0),
            task_factory: Cell::new(Value::NONE),
            exception_handler: Cell::new(Value::NONE),
            slow_callback_duration: Cell::new(Value::float(0.1)),
            generators: RefCell::default(),
            generators_are_shut_down: Cell::new(false),
        };
        cx.heap.allocate_attributed(class.root_layout.get(), body, class.capacity.get())
    }

    // ----- the ready queue

    /// Something is ready to go on.
    #[inline(always)]
    pub fn push(&self, entry: Entry) {
        self.ready.borrow_mut().push_back(entry);
    }

    /// The next entry of this turn.
    #[inline(always)]
    pub fn pop(&self) -> Option<Entry> {
        self.ready.borrow_mut().pop_front()
    }

    /// What is ready now is the next turn. With a state of random numbers tasks that follow each other change places:
    /// which of them comes first is nowhere promised. Calls keep the order in which they were asked for, and who lets
    /// others run, by `sleep(0)`, comes after those that were ready then.
    pub fn begin_turn(&self, running: &mut Running) {
        let mut ready = self.ready.borrow_mut();
        self.left.set(ready.len());
        running.since_rest = running.since_rest.saturating_add(ready.len() as u32);
        let Some(state) = &mut running.order else { return };
        for run in ready.make_contiguous().chunk_by_mut(|one, next| one.may_change_places_with(next)) {
            for last in (1..run.len()).rev() {
                let other = (next_random(state) % (last as u64 + 1)) as usize;
                run.swap(last, other);
            }
        }
    }

    /// Is there something to do at once?
    pub fn has_work(&self) -> bool {
        self.is_stopping.get() || self.ready_count() > 0
    }

    /// How many entries are ready.
    pub fn ready_count(&self) -> usize {
        self.ready.borrow().len()
    }

    /// Nothing is ready any more, and no time will come: the loop is closed.
    pub fn clear(&self) {
        self.ready.borrow_mut().clear();
        self.left.set(0);
        *self.timers.borrow_mut() = Timers::default();
    }

    // ----- timers

    /// Has something become due at a time.
    pub fn add_timer(&self, when: i64, due: Due) {
        let mut timers = self.timers.borrow_mut();
        let number = timers.made;
        timers.made += 1;
        timers.heap.push(Timer { when, number, due });
    }

    /// A timer has lost whoever was interested in it. If most have, they are cleared out.
    pub fn timer_is_stale(&self) {
        let mut timers = self.timers.borrow_mut();
        timers.stale += 1;
        if timers.heap.len() > MANY_TIMERS && timers.stale > timers.heap.len() / 2 {
            timers.stale = 0;
            timers.heap.retain(|timer| !timer.due.is_stale());
        }
    }

    /// When the next timer that somebody is interested in is due.
    pub fn next_due(&self) -> Option<i64> {
        let mut timers = self.timers.borrow_mut();
        loop {
            let first = timers.heap.peek()?;
            if !first.due.is_stale() {
                return Some(first.when);
            }
            timers.heap.pop();
            timers.stale = timers.stale.saturating_sub(1);
        }
    }

    /// The tasks that sleep, and until when.
    pub fn sleepers(&self) -> Vec<(Ref<Future>, i64)> {
        let timers = self.timers.borrow();
        let sleeper = |timer: &Timer| match timer.due {
            Due::Sleep(task, ticket) if task.ticket.get() == ticket => Some((task, timer.when)),
            _ => None,
        };
        timers.heap.iter().filter_map(sleeper).collect()
    }

    /// The calls that are asked for, and when each is due.
    pub fn calls_due(&self) -> Vec<(Ref<Handle>, i64)> {
        let timers = self.timers.borrow();
        let call = |timer: &Timer| match timer.due {
            Due::Call(handle) if !handle.is_cancelled.get() => Some((handle, timer.when)),
            _ => None,
        };
        timers.heap.iter().filter_map(call).collect()
    }

    /// Are there any timers, stale ones included?
    pub fn has_timers(&self) -> bool {
        !self.timers.borrow().heap.is_empty()
    }

    /// What is due at a time becomes ready.
    pub fn take_due(&self, now: i64) {
        while self.next_due().is_some_and(|when| when <= now) {
            let Some(timer) = self.timers.borrow_mut().heap.pop() else { return };
            self.push(match timer.due {
                Due::Call(handle) => {
                    handle.is_scheduled.set(false);
                    Entry::Call(handle)
                }
                Due::Sleep(task, ticket) => Entry::Slept { task, ticket, when: timer.when },
                Due::Finish(future) => Entry::Finish { future, when: timer.when },
            });
        }
    }

    // ----- tasks

    /// The tasks that are not done.
    pub fn tasks(&self) -> Vec<Ref<Future>> {
        self.tasks.borrow().clone()
    }

    /// A task has begun: the loop owns it.
    #[inline(always)]
    pub fn add_task(&self, task: Ref<Future>) {
        let mut tasks = self.tasks.borrow_mut();
        task.place.set(tasks.len() as u32);
        tasks.push(task);
    }

    /// A task is done.
    #[inline(always)]
    pub fn remove_task(&self, task: Ref<Future>) {
        let place = task.place.replace(u32::MAX) as usize;
        let mut tasks = self.tasks.borrow_mut();
        if tasks.get(place) == Some(&task) {
            tasks.swap_remove(place);
            if let Some(moved) = tasks.get(place) {
                moved.place.set(place as u32);
            }
        }
    }
}

/// With more references to async generators than this those to dropped ones are cleared out.
const MANY_GENERATORS: usize = 64;

impl EventLoop {
    /// An async generator has begun.
    pub fn add_generator(&self, cx: &mut Context, generator: Value) {
        let reference = WeakReference::allocate(cx, LayoutId::WEAKREF, None, generator, Value::NONE);
        let mut generators = self.generators.borrow_mut();
        if generators.len() == generators.capacity() && generators.len() > MANY_GENERATORS {
            generators.retain(|&reference| live(reference).is_some());
        }
        generators.push(reference);
    }

    /// Those that have begun and have neither ended nor been dropped.
    pub fn generators(&self) -> Vec<Value> {
        let has_ended = |value: &Value| value.get::<Generator>().is_some_and(|own| own.state.get() == State::Closed);
        let generators = self.generators.borrow();
        generators.iter().filter_map(|&reference| live(reference)).filter(|value| !has_ended(value)).collect()
    }

    /// Takes them.
    pub fn take_generators(&self) -> Vec<Value> {
        let generators = self.generators();
        self.generators.borrow_mut().clear();
        generators
    }
}

fn live(reference: Value) -> Option<Value> {
    reference.get::<WeakReference>()?.target()
}

impl Ref<EventLoop> {
    /// RuntimeError if it is closed.
    #[inline(always)]
    pub fn check_closed(self, cx: &mut Context) -> Result<(), Stop> {
        match self.is_closed.get() {
            false => Ok(()),
            true => Err(cx.runtime_error("Event loop is closed")),
        }
    }
}

/// The body of what `call_soon`, `call_later` and `call_at` give.
pub struct Handle {
    /// What is called; None once it is cancelled.
    pub callback: Cell<Value>,
    /// With these arguments, a tuple.
    pub args: Cell<Value>,
    /// In this context.
    pub context: Cell<Value>,
    /// By this loop.
    pub event_loop: Ref<EventLoop>,
    /// Nanoseconds of the loop's clock, for those of `call_later` and `call_at`.
    pub when: Cell<i64>,
    /// Nobody is interested any more.
    pub is_cancelled: Cell<bool>,
    /// It is among the timers.
    pub is_scheduled: Cell<bool>,
    /// Its time had come when it was made: nobody has held it up since.
    pub was_due: Cell<bool>,
    /// Where it was asked for by a script: the code or None.
    pub origin: Cell<Value>,
    /// The word of that code.
    pub origin_word: Cell<u32>,
}

impl Body for Handle {
    const KIND: Kind = Kind::Handle;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        for cell in [&self.callback, &self.args, &self.context, &self.origin] {
            marker.cell(cell);
        }
    }
}

impl Handle {
    /// A handle; `when` for one that is called later.
    pub fn allocate(
        cx: &mut Context,
        event_loop: Ref<EventLoop>,
        callback: Value,
        args: Value,
        context: Value,
        when: Option<i64>,
    ) -> Ref<Handle> {
        let body = Handle {
            callback: Cell::new(callback),
            args: Cell::new(args),
            context: Cell::new(context),
            event_loop,
            when: Cell::new(when.unwrap_or(0)),
            is_cancelled: Cell::new(false),
            is_scheduled: Cell::new(when.is_some()),
            was_due: Cell::new(false),
            origin: Cell::new(Value::NONE),
            origin_word: Cell::new(0),
        };
        let layout = if when.is_some() { LayoutId::TIMER_HANDLE } else { LayoutId::HANDLE };
        cx.heap.allocate(layout, body)
    }
}

impl Ref<Handle> {
    /// `cancel()`
    pub fn cancel(self) {
        if self.is_cancelled.replace(true) {
            return;
        }
        self.callback.set(Value::NONE);
        self.args.set(Value::NONE);
        if self.is_scheduled.get() {
            self.event_loop.timer_is_stale();
        }
    }
}

/// What runs now: the loop of the running thread, and its task whose step runs.
pub struct Running {
    /// The loop, or None.
    pub event_loop: Value,
    /// The task, or None.
    pub task: Value,
    /// The loop that `set_event_loop` was given or `get_event_loop` made, or None.
    pub set_loop: Value,
    /// The exception of a future that is about to be raised: its context is set anew, however often it was raised.
    pub raised: Value,
    /// How many tasks have been made.
    pub tasks_made: u32,
    /// Entries taken since the loop last looked at the clock.
    pub entries: u32,
    /// The next turn looks at the clock: there is a timer that was due when it was made.
    pub looks_at_clock: bool,
    /// Entries taken since nothing was to be done for a while.
    pub since_rest: u32,
    /// When the loop last looked at the descriptors.
    pub polled: i64,
    /// How many frames a coroutine remembers of where it was made.
    pub origin_depth: u32,
    /// The state of the random numbers that change the order of ready tasks; None: they come first in, first out.
    pub order: Option<u64>,
}

/// The next of a row of random numbers (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
pub fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Running {
    /// Nothing runs.
    pub const NOTHING: Running = Running {
        event_loop: Value::NONE,
        task: Value::NONE,
        set_loop: Value::NONE,
        raised: Value::NONE,
        tasks_made: 0,
        entries: 0,
        looks_at_clock: false,
        since_rest: 0,
        polled: 0,
        origin_depth: 0,
        order: None,
    };

    /// Shows the collector what is held.
    pub fn trace(&self, marker: &mut Marker) {
        for value in [self.event_loop, self.task, self.set_loop, self.raised] {
            marker.value(value);
        }
    }

    /// The loop.
    pub fn event_loop(&self) -> Option<Ref<EventLoop>> {
        self.event_loop.get()
    }

    /// The loop, but for one that rests.
    pub fn busy_loop(&self) -> Option<Ref<EventLoop>> {
        self.event_loop().filter(|event_loop| event_loop.is_running.get() || !event_loop.rests.get())
    }

    /// The task.
    pub fn task(&self) -> Option<Ref<Future>> {
        self.task.get()
    }
}
