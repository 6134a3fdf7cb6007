//! Threads as data: what each was doing when another was given the machine, which of them are ready, and what the
//! others wait for.
//!
//! A thread is a fiber that whoever drives the machine runs in turn with the others. Natives name a thread that
//! waits by its ticket: whoever has what it waits for wakes the ticket, and the native that waited is called again.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use rustc_hash::FxHashMap;

use crate::object::descriptors::Ticket;
use crate::object::event_loop::{EventLoop, next_random};
use crate::object::fiber::Fiber;
use crate::object::frame::Then;
use crate::object::greenlet::Greenlet;
use crate::object::heap::{Body, Heap, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Interest;
use crate::object::value::Value;
use crate::object::watchdog::Watchdog;

/// Registers of a new thread's first chunk.
const REGISTERS: usize = 64;

/// Calls and loop turns after which another thread has its turn: some milliseconds.
const TURN: i64 = 100_000;
/// With a seed turns end after no more than so many, so that races show.
const SHORT_TURN: u64 = 200;

/// The body of a thread.
pub struct Thread {
    /// A number that no other thread has.
    pub number: i64,
    /// The stack it runs on: that of its current greenlet.
    pub fiber: Cell<Ref<Fiber>>,
    /// The greenlet it began with, once somebody has asked for one.
    pub main_greenlet: Cell<Option<Ref<Greenlet>>>,
    /// The one that runs when the thread does, likewise.
    pub greenlet: Cell<Option<Ref<Greenlet>>>,
    /// What is told of each switch from one to another: a function or None.
    pub greenlet_tracer: Cell<Value>,
    /// What it begins with: a function, a tuple of arguments and a dict or None; UNBOUND once it has begun.
    pub beginning: Cell<[Value; 3]>,
    /// What it was doing when another was given the machine.
    pub aside: RefCell<Aside>,
    /// The answer to what it asked for, once it is ready.
    pub answer: Cell<Value>,
    /// What it waits for.
    pub need: Cell<Need>,
    /// When it was noted that it waits, in nanoseconds of the clock; None while it does not.
    pub since: Cell<Option<i64>>,
}

/// What a thread waits for.
#[derive(Clone, Copy)]
pub enum Need {
    /// Its turn.
    Turn,
    /// Someone to wake its ticket.
    Ticket(Ticket),
    /// A signal.
    Signal,
    /// Something for an event loop to do.
    Events {
        /// The loop.
        event_loop: Ref<EventLoop>,
        /// When there is something to do at the latest.
        until: Option<i64>,
        /// Whether it may wait for nothing.
        is_endless: bool,
    },
}

/// What belongs to the thread that runs and is kept with it while another does.
pub struct Aside {
    /// Where the answer to its request goes.
    pub awaiting: Option<(Then, u16)>,
    /// See `Running`, for these four.
    pub event_loop: Value,
    /// See there.
    pub task: Value,
    /// See there.
    pub set_loop: Value,
    /// See there.
    pub raised: Value,
    /// See `Context`, for these two.
    pub context: Value,
    /// See there.
    pub in_repr: Vec<Value>,
    /// The function of `sys.settrace`, or None.
    pub tracer: Value,
    /// How many frames there were when the last instruction was traced.
    pub trace_depth: usize,
    /// A trace function runs.
    pub is_telling: bool,
    /// What debug mode knows of its step.
    pub watchdog: Watchdog,
}

impl Aside {
    /// That of a thread that has not begun.
    pub const NOTHING: Aside = Aside {
        awaiting: None,
        event_loop: Value::NONE,
        task: Value::NONE,
        set_loop: Value::NONE,
        raised: Value::NONE,
        context: Value::NONE,
        in_repr: Vec::new(),
        tracer: Value::NONE,
        trace_depth: 0,
        is_telling: false,
        watchdog: Watchdog::IDLE,
    };
}

impl Body for Thread {
    const KIND: Kind = Kind::Thread;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.fiber.get());
        for greenlet in [self.main_greenlet.get(), self.greenlet.get()].into_iter().flatten() {
            marker.object(greenlet);
        }
        marker.cell(&self.greenlet_tracer);
        self.beginning.get().into_iter().for_each(|value| marker.value(value));
        marker.cell(&self.answer);
        if let Need::Events { event_loop, .. } = self.need.get() {
            marker.object(event_loop);
        }
        let aside = self.aside.borrow();
        let Aside { event_loop, task, set_loop, raised, context, tracer, .. } = *aside;
        for value in [event_loop, task, set_loop, raised, context, tracer] {
            marker.value(value);
        }
        aside.in_repr.iter().for_each(|&value| marker.value(value));
        aside.watchdog.trace(marker);
    }
}

/// A thread that waits, and what else ends its wait.
struct Waiting {
    thread: Ref<Thread>,
    interests: Vec<Interest>,
}

/// The threads of a program.
pub struct Threads {
    /// The one that runs.
    current: Ref<Thread>,
    /// The one that the program began with.
    main: Ref<Thread>,
    ready: VecDeque<Ref<Thread>>,
    waiting: FxHashMap<Ticket, Waiting>,
    /// Those whose event loops have nothing to do.
    idle: Vec<Ref<Thread>>,
    /// Those that wait for a signal.
    listening: Vec<Ref<Thread>>,
    /// When the wait of a ticket ends; one whose wait has ended already is stale.
    timers: BinaryHeap<Reverse<(i64, Ticket)>>,
    /// How many have begun and not ended, the main thread included.
    count: usize,
    made: i64,
    turn_left: i64,
    /// The state of the random numbers that turns are drawn from; None: they are of one length, and taken in order.
    pub order: Option<u64>,
    /// Those that have become ready since a recorder last looked, where there is one.
    pub woken: Option<Vec<Ref<Thread>>>,
}

impl Threads {
    /// The main thread, on a fiber.
    pub fn new(heap: &mut Heap) -> Threads {
        let fiber = heap.allocate(LayoutId::FIBER, Fiber::new(REGISTERS));
        let main = heap.allocate(LayoutId::THREAD, Thread::new(0, fiber, [Value::UNBOUND; 3]));
        Threads {
            current: main,
            main,
            ready: VecDeque::new(),
            waiting: FxHashMap::default(),
            idle: Vec::new(),
            listening: Vec::new(),
            timers: BinaryHeap::new(),
            count: 1,
            made: 0,
            turn_left: TURN,
            order: None,
            woken: None,
        }
    }

    /// Shows the collector the threads.
    pub fn trace(&self, marker: &mut Marker) {
        marker.object(self.current);
        marker.object(self.main);
        let listed = self.ready.iter().chain(&self.idle).chain(&self.listening).chain(self.woken.iter().flatten());
        let waiting = self.waiting.values().map(|waiting| &waiting.thread);
        listed.chain(waiting).for_each(|&thread| marker.object(thread));
    }

    // ----- who there is

    /// The thread that runs.
    pub fn current(&self) -> Ref<Thread> {
        self.current
    }

    /// Does the main thread run?
    #[inline]
    pub fn is_main(&self) -> bool {
        self.current == self.main
    }

    /// Is there another than the one that runs?
    #[inline]
    pub fn are_several(&self) -> bool {
        self.count > 1
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Those that do not run, in no order.
    pub fn others(&self) -> Vec<Ref<Thread>> {
        let listed = self.ready.iter().chain(&self.idle).chain(&self.listening);
        listed.copied().chain(self.waiting.values().map(|waiting| waiting.thread)).collect()
    }

    /// A new thread, which calls a function with arguments and then ends. It comes next, before those that are ready
    /// already, so whoever makes it and then waits sees it begin; its number.
    pub fn begin(&mut self, heap: &mut Heap, beginning: [Value; 3]) -> i64 {
        self.made += 1;
        self.count += 1;
        let fiber = heap.allocate(LayoutId::FIBER, Fiber::new(REGISTERS));
        let thread = heap.allocate(LayoutId::THREAD, Thread::new(self.made, fiber, beginning));
        self.make_ready(thread, Value::NONE);
        self.made
    }

    /// The thread that runs has ended. Another is to be taken before anything else.
    pub fn end_current(&mut self) {
        self.count -= 1;
    }

    // ----- whose turn it is

    /// Counts steps of the thread that runs; is its turn over, with others there that may want theirs?
    #[inline]
    pub fn has_used(&mut self, steps: i64) -> bool {
        self.turn_left -= steps.max(1);
        self.turn_left <= 0
    }

    /// The turn of the thread that runs ends as soon as it can.
    pub fn end_turn(&mut self) {
        self.turn_left = 0;
    }

    /// The next thread to run. It is the current one from now on.
    pub fn take_ready(&mut self) -> Option<Ref<Thread>> {
        self.turn_left = TURN;
        if let Some(state) = &mut self.order
            && self.count > 1
        {
            self.turn_left = 1 + (next_random(state) % SHORT_TURN) as i64;
            let (place, count) = (next_random(state) as usize, self.ready.len());
            if count > 1 {
                self.ready.swap(0, place % count);
            }
        }
        self.ready.pop_front()
    }

    /// A thread is the one that runs from now on.
    pub fn set_current(&mut self, thread: Ref<Thread>) {
        self.current = thread;
    }

    /// Is any ready?
    pub fn is_any_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    fn make_ready(&mut self, thread: Ref<Thread>, answer: Value) {
        if let Some(woken) = &mut self.woken {
            woken.push(thread);
        }
        thread.need.set(Need::Turn);
        thread.since.set(None);
        thread.answer.set(answer);
        self.ready.push_back(thread);
    }

    // ----- waiting

    /// The thread that runs lets the others have their turns.
    pub fn yield_turn(&mut self) {
        self.make_ready(self.current, Value::NONE);
    }

    /// The thread that runs waits until a ticket is woken or a time has come.
    pub fn wait(&mut self, ticket: Ticket, interests: Vec<Interest>, until: Option<i64>) {
        let thread = self.current;
        thread.need.set(Need::Ticket(ticket));
        self.waiting.insert(ticket, Waiting { thread, interests });
        if let Some(until) = until {
            self.timers.push(Reverse((until, ticket)));
        }
    }

    /// The thread that runs waits until a signal comes.
    pub fn wait_for_signal(&mut self) {
        self.current.need.set(Need::Signal);
        self.listening.push(self.current);
    }

    /// The thread that runs waits until there is something for an event loop to do.
    pub fn wait_for_events(&mut self, event_loop: Ref<EventLoop>, until: Option<i64>, is_endless: bool) {
        event_loop.is_waiting.set(true);
        self.current.need.set(Need::Events { event_loop, until, is_endless });
        self.idle.push(self.current);
    }

    /// Does anybody wait for a ticket?
    pub fn is_waited_for(&self, ticket: Ticket) -> bool {
        self.waiting.contains_key(&ticket)
    }

    /// Ends the wait for a ticket with an answer: True, or False because its time has come. What else would have ended
    /// it is to be given up.
    pub fn wake(&mut self, ticket: Ticket, answer: Value) -> Vec<Interest> {
        let Some(Waiting { thread, interests }) = self.waiting.remove(&ticket) else { return Vec::new() };
        self.make_ready(thread, answer);
        interests
    }

    /// Ends the wait of the first of several who wait that still does.
    pub fn wake_first(&mut self, tickets: &mut VecDeque<Ticket>) {
        while let Some(ticket) = tickets.pop_front() {
            if self.is_waited_for(ticket) {
                self.wake(ticket, Value::TRUE);
                return;
            }
        }
    }

    /// The thread that ran last, if it waits, has done so from this time on, unless that is known already.
    pub fn note_wait(&self, now: i64) {
        let since = self.current.since.get();
        if since.is_none() && !matches!(self.current.need.get(), Need::Turn) {
            self.current.since.set(Some(now));
        }
    }

    /// The first ticket whose time has come.
    pub fn next_late(&mut self, now: i64) -> Option<Ticket> {
        self.next_due().filter(|&until| until <= now)?;
        self.timers.pop().map(|Reverse((_, ticket))| ticket)
    }

    /// When the wait of the first thread ends at the latest.
    fn next_due(&mut self) -> Option<i64> {
        while let Some(&Reverse((until, ticket))) = self.timers.peek() {
            if self.waiting.contains_key(&ticket) {
                return Some(until);
            }
            self.timers.pop();
        }
        None
    }

    /// When some thread goes on at the latest, whatever happens; whether it is an event loop's that does.
    pub fn due(&mut self) -> (Option<i64>, bool) {
        let own = self.next_due();
        let events = self.idle.iter().filter_map(|thread| match thread.need.get() {
            Need::Events { until, .. } => until,
            _ => None,
        });
        let events = events.min();
        match (own, events) {
            (Some(own), Some(events)) => (Some(own.min(events)), events <= own),
            (own, events) => (own.or(events), events.is_some()),
        }
    }

    /// Those whose event loops have something to do go on.
    pub fn wake_loops(&mut self, now: i64) {
        let is_over = |thread: &Ref<Thread>| match thread.need.get() {
            Need::Events { event_loop, until, .. } => event_loop.has_work() || until.is_some_and(|until| until <= now),
            _ => true,
        };
        let mut place = 0;
        while place < self.idle.len() {
            match is_over(&self.idle[place]) {
                true => self.wake_loop(place, Value::NONE),
                false => place += 1,
            }
        }
    }

    fn wake_loop(&mut self, place: usize, answer: Value) {
        let thread = self.idle.remove(place);
        if let Need::Events { event_loop, .. } = thread.need.get() {
            event_loop.is_waiting.set(false);
        }
        self.make_ready(thread, answer);
    }

    /// A signal has come: those that wait for one go on, and so does the event loop of the main thread.
    pub fn wake_for_signal(&mut self) {
        for thread in std::mem::take(&mut self.listening) {
            self.make_ready(thread, Value::NONE);
        }
        if let Some(place) = self.idle.iter().position(|&thread| thread == self.main) {
            self.wake_loop(place, Value::NONE);
        }
    }

    /// The ticket that the main thread waits for.
    pub fn ticket_of_main(&self) -> Option<Ticket> {
        match self.main.need.get() {
            Need::Ticket(ticket) => Some(ticket),
            _ => None,
        }
    }

    /// Some thread looks again at what it waits for, so that what is pending runs before.
    pub fn wake_any(&mut self) {
        if let Some(&ticket) =
            self.waiting.iter().find(|(_, waiting)| waiting.interests.is_empty()).map(|(ticket, _)| ticket)
        {
            self.wake(ticket, Value::TRUE);
        } else if !self.idle.is_empty() {
            self.wake_loop(0, Value::NONE);
        }
    }

    /// Is there a thread that may wait for nothing, for a signal or for a descriptor?
    pub fn may_wait_on(&self) -> bool {
        let is_endless = |thread: &Ref<Thread>| matches!(thread.need.get(), Need::Events { is_endless: true, .. });
        let waits_outside = |waiting: &Waiting| !waiting.interests.is_empty();
        !self.listening.is_empty() || self.idle.iter().any(is_endless) || self.waiting.values().any(waits_outside)
    }

    /// Does any thread wait for the events of its loop?
    pub fn has_idle_loops(&self) -> bool {
        !self.idle.is_empty()
    }

    /// Nothing can wake any thread. An event loop of one learns it, the main thread's rather than another's; False if
    /// none waits so.
    pub fn tell_loop(&mut self) -> bool {
        if self.idle.is_empty() {
            return false;
        }
        let place = self.idle.iter().position(|&thread| thread == self.main).unwrap_or(0);
        self.wake_loop(place, Value::FALSE);
        true
    }
}

impl Thread {
    fn new(number: i64, fiber: Ref<Fiber>, beginning: [Value; 3]) -> Thread {
        Thread {
            number,
            fiber: Cell::new(fiber),
            main_greenlet: Cell::new(None),
            greenlet: Cell::new(None),
            greenlet_tracer: Cell::new(Value::NONE),
            beginning: Cell::new(beginning),
            aside: RefCell::new(Aside::NOTHING),
            answer: Cell::new(Value::NONE),
            need: Cell::new(Need::Turn),
            since: Cell::new(None),
        }
    }
}
