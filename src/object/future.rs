//! Futures and tasks: what will have a result, who waits for it, and what a task runs.
//!
//! One body serves `Future`, `Task` and what `gather` gives. A task that waits for a future stands itself in the
//! list of callbacks, so a wake-up makes no object. Everything here is data: callbacks move to the ready queue of
//! the loop (`event_loop`), and the machine runs them from there.

use std::cell::Cell;

use rustc_hash::FxHashSet;

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::event_loop::{Entry, EventLoop, Handle};
use crate::object::exception::Exception;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::Stop;
use crate::object::recorder::key;
use crate::object::value::Value;

/// Where a future is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FutureState {
    /// No result yet.
    Pending,
    /// It has a result.
    Finished,
    /// It has an exception.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// What a future stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// A result that someone sets.
    Future,
    /// The run of a coroutine.
    Task,
    /// The results of several others.
    Gathering,
}

/// The bits of flags.
const FLAGS: u32 = 0xff;

/// The unit of the time that a task waits, as a power of two of nanoseconds: 67 ms, of which there is room for 13 days.
const WAIT_UNIT: u32 = 26;

/// The body of a future.
pub struct Future {
    /// Where it is in its life.
    pub state: Cell<FutureState>,
    /// What it stands for.
    pub role: Role,
    /// A task: how often `cancel` was called, less `uncancel`.
    cancel_requests: Cell<u16>,
    /// See the constants; in the upper three bytes, of a task, when it began to wait or failed (see `note_wait`), 0 before.
    flags: Cell<u32>,
    /// A task: moves with every sleep, so that a timer which comes too late is known.
    pub ticket: Cell<u32>,
    /// Its loop.
    pub event_loop: Ref<EventLoop>,
    /// The result or the exception.
    pub result: Cell<Value>,
    /// UNBOUND, a callback or a task that waits; with `SEVERAL`, a list of callbacks and their contexts in turn.
    callbacks: Cell<Value>,
    /// The context of the one callback. Once it has failed: the traceback that the exception had then, or None when
    /// that has been shown.
    callback_context: Cell<Value>,
    /// What `cancel(msg=...)` was given, or None.
    pub cancel_message: Cell<Value>,
    /// Who asked for the cancellation and where, as a tuple of strings and numbers, or None.
    pub canceller: Cell<Value>,
    /// The code that made it, or None.
    pub origin: Cell<Value>,
    /// The word of that code.
    pub origin_word: Cell<u32>,
    /// A task: the number in its name. A gathering: how many of its children are not done.
    pub number: Cell<u32>,
    /// A task: its place among the tasks of the loop.
    pub place: Cell<u32>,
    /// A task: what it runs. A gathering: the list of its children. A future: what stands behind it, say
    /// the primitive whose waiter has it, or None.
    pub coroutine: Cell<Value>,
    /// A task: its name, UNBOUND for `Task-` and its number.
    pub name: Cell<Value>,
    /// A task: the context of its variables.
    pub context: Cell<Value>,
    /// A task: the future it waits for (of another kind, if it is no `Future`), TRUE while it sleeps, FALSE from then
    /// until it runs, else None.
    pub waiter: Cell<Value>,
}

const _: () = assert!(size_of::<Future>() <= 112, "a task is to fit its size class");

impl Body for Future {
    const KIND: Kind = Kind::Future;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.event_loop);
        for cell in [&self.result, &self.callbacks, &self.callback_context, &self.cancel_message, &self.canceller] {
            marker.cell(cell);
        }
        for cell in [&self.origin, &self.coroutine, &self.name, &self.context, &self.waiter] {
            marker.cell(cell);
        }
    }
}

impl Future {
    /// It has just been yielded by an `await`, not by a `yield`.
    pub const BLOCKING: u32 = 1;
    /// Its exception has not been looked at.
    pub const LOG_TRACEBACK: u32 = 2;
    /// The next step of the task raises CancelledError.
    pub const MUST_CANCEL: u32 = 4;
    /// `callbacks` is a list.
    const SEVERAL: u32 = 8;
    /// A gathering gives exceptions as results.
    pub const RETURN_EXCEPTIONS: u32 = 16;
    /// `cancel` of a gathering was called.
    pub const CANCEL_REQUESTED: u32 = 32;
    /// Nothing is said if it is destroyed while it is pending.
    pub const QUIET: u32 = 64;
    /// A task whose first step runs within `create_task`.
    pub const EAGER: u32 = 128;

    /// A pending future of a class.
    pub fn allocate(cx: &mut Context, class: Ref<Class>, role: Role, event_loop: Ref<EventLoop>) -> Ref<Future> {
        let body = Future {
            state: Cell::new(FutureState::Pending),
            role,
            cancel_requests: Cell::new(0),
            flags: Cell::new(0),
            ticket: Cell::new(0),
            event_loop,
            result: Cell::new(Value::NONE),
            callbacks: Cell::new(Value::UNBOUND),
            callback_context: Cell::new(Value::NONE),
            cancel_message: Cell::new(Value::NONE),
            canceller: Cell::new(Value::NONE),
            origin: Cell::new(Value::NONE),
            origin_word: Cell::new(0),
            number: Cell::new(0),
            place: Cell::new(u32::MAX),
            coroutine: Cell::new(Value::NONE),
            name: Cell::new(Value::UNBOUND),
            context: Cell::new(Value::NONE),
            waiter: Cell::new(Value::NONE),
        };
        let future = cx.heap.allocate_attributed(class.root_layout.get(), body, class.capacity.get());
        if class.has(Class::HAS_DEL) {
            cx.heap.add_finalisable(future.header());
        }
        future
    }

    /// A plain future.
    pub fn plain(cx: &mut Context, event_loop: Ref<EventLoop>) -> Ref<Future> {
        let class = cx.class(LayoutId::FUTURE);
        Future::allocate(cx, class, Role::Future, event_loop)
    }

    /// Has it this flag?
    #[inline(always)]
    pub fn has(&self, flag: u32) -> bool {
        self.flags.get() & flag != 0
    }

    /// Sets a flag.
    #[inline(always)]
    pub fn set(&self, flag: u32) {
        self.flags.set(self.flags.get() | flag);
    }

    /// Clears a flag.
    #[inline(always)]
    pub fn clear(&self, flag: u32) {
        self.flags.set(self.flags.get() & !flag);
    }

    /// How often `cancel` of a task was called, less `uncancel`; there is an end to what is counted.
    pub fn cancel_requests(&self) -> u16 {
        self.cancel_requests.get()
    }

    /// Counts so many more requests to cancel a task, or fewer.
    pub fn count_cancel_requests(&self, more: i16) {
        self.cancel_requests.set(self.cancel_requests.get().saturating_add_signed(more));
    }

    /// A task begins to wait, or has failed, at a time of the clock, which is kept as precisely as the room beside the
    /// flags allows.
    #[inline(always)]
    pub fn note_wait(&self, now: i64) {
        let since = (now >> WAIT_UNIT) as u32 + 1;
        self.flags.set(self.flags.get() & FLAGS | since << FLAGS.count_ones());
    }

    /// How many nanoseconds ago a task began to wait, or has failed; None if it has not, or runs for the first time.
    pub fn waited(&self, now: i64) -> Option<i64> {
        let since = self.flags.get() >> FLAGS.count_ones();
        let units = ((now >> WAIT_UNIT) as u32 + 1).wrapping_sub(since) & (u32::MAX >> FLAGS.count_ones());
        (since != 0).then_some((units as i64) << WAIT_UNIT)
    }

    /// Is it no longer pending?
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.state.get() != FutureState::Pending
    }
}

impl Ref<Future> {
    // ----- callbacks

    /// Has whoever it is (a callable, a task that waits, a gathering) told when it is done.
    pub fn add_callback(self, cx: &mut Context, callback: Value, context: Value) {
        let first = self.callbacks.get();
        if first.is_unbound() {
            self.callbacks.set(callback);
            self.callback_context.set(context);
            return;
        }
        if !self.has(Future::SEVERAL) {
            let list = cx.list(vec![first, self.callback_context.get()]);
            self.callbacks.set(list);
            self.callback_context.set(Value::NONE);
            self.set(Future::SEVERAL);
        }
        let list: Ref<List> = self.callbacks.get().get().expect("several callbacks are a list");
        list.push(callback);
        list.push(context);
    }

    /// The callbacks and their contexts, in order.
    pub fn callbacks(self) -> Vec<(Value, Value)> {
        let first = self.callbacks.get();
        if first.is_unbound() {
            return Vec::new();
        }
        match first.get::<List>().filter(|_| self.has(Future::SEVERAL)) {
            Some(list) => list.to_vec().chunks(2).map(|pair| (pair[0], pair[1])).collect(),
            None => vec![(first, self.callback_context.get())],
        }
    }

    /// The callback that was added last, or UNBOUND.
    pub fn last_callback(self) -> Value {
        let first = self.callbacks.get();
        match first.get::<List>().filter(|_| self.has(Future::SEVERAL)) {
            Some(list) => list.get(list.len().wrapping_sub(2)).unwrap_or(Value::UNBOUND),
            None => first,
        }
    }

    /// Puts other callbacks in the place of those there are.
    pub fn set_callbacks(self, cx: &mut Context, callbacks: &[(Value, Value)]) {
        self.callbacks.set(Value::UNBOUND);
        self.callback_context.set(Value::NONE);
        self.clear(Future::SEVERAL);
        for &(callback, context) in callbacks {
            self.add_callback(cx, callback, context);
        }
    }

    /// Takes one that waits out of the list, if it is there.
    pub fn remove_waiter(self, cx: &mut Context, waiter: Value) {
        let left: Vec<_> = self.callbacks().into_iter().filter(|&(callback, _)| callback != waiter).collect();
        self.set_callbacks(cx, &left);
    }

    /// Does anybody wait for it?
    pub fn has_callbacks(self) -> bool {
        !self.callbacks.get().is_unbound()
    }

    /// It is done: its callbacks go to the ready queue.
    #[inline(always)]
    fn schedule_callbacks(self, cx: &mut Context) {
        let first = self.callbacks.replace(Value::UNBOUND);
        if first.is_unbound() {
            return;
        }
        if !self.has(Future::SEVERAL) {
            return self.schedule(cx, first, self.callback_context.replace(Value::NONE));
        }
        self.clear(Future::SEVERAL);
        let list: Ref<List> = first.get().expect("several callbacks are a list");
        for pair in list.to_vec().chunks(2) {
            self.schedule(cx, pair[0], pair[1]);
        }
    }

    /// Puts one callback into the ready queue. A context of UNBOUND marks a waiter that is no script callable.
    #[inline(always)]
    pub fn schedule(self, cx: &mut Context, callback: Value, context: Value) {
        let entry = match callback.get::<Future>().filter(|_| context.is_unbound()) {
            Some(waiter) if waiter.role == Role::Task => {
                if let Some(recorder) = &mut cx.recorder {
                    recorder.wake_task(key(waiter));
                }
                Entry::Wake { task: waiter, future: self }
            }
            Some(gathering) => Entry::Gathered { gathering, child: self },
            None => {
                let args = cx.tuple(&[self.value()]);
                Entry::Call(Handle::allocate(cx, self.event_loop, callback, args, context, None))
            }
        };
        self.event_loop.push(entry);
    }

    // ----- results

    /// It is finished with a result. The caller has seen that it is pending.
    #[inline(always)]
    pub fn finish(self, cx: &mut Context, result: Value) {
        self.result.set(result);
        self.state.set(FutureState::Finished);
        self.schedule_callbacks(cx);
    }

    /// It has failed with an exception. The caller has seen that it is pending.
    pub fn fail(self, cx: &mut Context, exception: Value) {
        self.result.set(exception);
        self.state.set(FutureState::Failed);
        self.set(Future::LOG_TRACEBACK);
        self.note_wait(cx.clock.now());
        cx.heap.add_finalisable(self.header());
        if !self.has_callbacks() {
            // If nobody can look at it any more, that is said at once.
            if cx.collect_soon() {
                cx.fuel = 0;
            }
        }
        self.schedule_callbacks(cx);
        let traceback = exception.get::<Exception>().map_or(Value::NONE, |exception| exception.traceback.get());
        self.callback_context.set(traceback);
    }

    /// It is cancelled; the exception, if there is one already. The caller has seen that it is pending.
    pub fn set_cancelled(self, cx: &mut Context, exception: Value) {
        self.result.set(exception);
        self.state.set(FutureState::Cancelled);
        self.schedule_callbacks(cx);
    }

    /// `cancel(msg)`: whether that could be asked for. A task asks what it waits for, a gathering its children; those
    /// that wait for an answer stand in a list, so that a long chain of them costs no stack.
    pub fn cancel(self, cx: &mut Context, message: Value, canceller: Value) -> bool {
        let (mut asking, mut asked) = (Vec::new(), FxHashSet::default());
        let mut answer = self.ask_to_cancel(cx, message, canceller, &mut asking, &mut asked);
        while let Some(last) = asking.pop() {
            answer = match last {
                Asking::Task(task) => {
                    if !answer {
                        task.must_cancel(message, canceller);
                    }
                    true
                }
                Asking::Gathering { gathering, next, has_asked } => {
                    let has_asked = has_asked | answer;
                    match gathering.child(next) {
                        Some(child) => {
                            asking.push(Asking::Gathering { gathering, next: next + 1, has_asked });
                            child.ask_to_cancel(cx, message, canceller, &mut asking, &mut asked)
                        }
                        None => gathering.cancel_requested(has_asked),
                    }
                }
            };
        }
        answer
    }

    /// Asks a future and whatever it waits for in turn, up to one that has an answer or has several to ask. `asked` are
    /// the tasks that have been asked and wait for another or for several: if one of them is met again, tasks wait for
    /// each other in a circle, which is broken there.
    fn ask_to_cancel(
        mut self,
        cx: &mut Context,
        message: Value,
        canceller: Value,
        asking: &mut Vec<Asking>,
        asked: &mut FxHashSet<Value>,
    ) -> bool {
        loop {
            self.clear(Future::LOG_TRACEBACK);
            if self.is_done() {
                return false;
            }
            match self.role {
                Role::Future => {
                    self.cancel_message.set(message);
                    self.canceller.set(canceller);
                    self.set_cancelled(cx, Value::NONE);
                    return true;
                }
                Role::Gathering => {
                    asking.push(Asking::Gathering { gathering: self, next: 0, has_asked: false });
                    return false;
                }
                Role::Task => {
                    self.count_cancel_requests(1);
                    match self.waiter.get().get::<Future>() {
                        Some(waiter) if waiter.role != Role::Future && !asked.insert(self.value()) => {
                            self.cancel_wait(cx, waiter, message, canceller);
                            return true;
                        }
                        Some(waiter) => {
                            asking.push(Asking::Task(self));
                            self = waiter;
                        }
                        None if self.waiter.get() == Value::TRUE => {
                            self.cancel_sleep(cx, message, canceller);
                            return true;
                        }
                        None => {
                            self.must_cancel(message, canceller);
                            return true;
                        }
                    }
                }
            }
        }
    }

    /// The next step of a task raises CancelledError.
    pub fn must_cancel(self, message: Value, canceller: Value) {
        self.set(Future::MUST_CANCEL);
        self.cancel_message.set(message);
        self.canceller.set(canceller);
    }

    /// A sleeping task is woken by CancelledError; the timer will find its ticket out of date.
    pub fn cancel_sleep(self, cx: &mut Context, message: Value, canceller: Value) {
        self.end_sleep();
        self.event_loop.timer_is_stale();
        self.wake_cancelled(cx, message, canceller);
    }

    /// A task waits no longer for a future that is none the wiser, and is woken by CancelledError.
    fn cancel_wait(self, cx: &mut Context, waited: Ref<Future>, message: Value, canceller: Value) {
        waited.remove_waiter(cx, self.value());
        self.waiter.set(Value::FALSE);
        self.wake_cancelled(cx, message, canceller);
    }

    fn wake_cancelled(self, cx: &mut Context, message: Value, canceller: Value) {
        if let Some(recorder) = &mut cx.recorder {
            recorder.wake_task(key(self));
        }
        let thrown = new_cancelled_error(cx, message, canceller);
        self.event_loop.push(Entry::Woken { task: self, thrown });
    }

    /// `cancel` of a gathering was called; whether it could ask any of its children.
    pub fn cancel_requested(self, has_asked: bool) -> bool {
        if has_asked {
            self.set(Future::CANCEL_REQUESTED);
        }
        has_asked
    }

    /// A child of a gathering.
    fn child(self, index: usize) -> Option<Ref<Future>> {
        self.coroutine.get().get::<List>()?.get(index)?.get()
    }

    /// A sleeping task sleeps no longer, though it has not been told yet.
    pub fn end_sleep(self) {
        self.waiter.set(Value::FALSE);
        self.ticket.set(self.ticket.get().wrapping_add(1));
    }

    /// The CancelledError of a cancelled future, made or taken.
    pub fn cancelled_error(self, cx: &mut Context) -> Value {
        let known = self.result.get();
        if self.state.get() == FutureState::Cancelled && known.is::<Exception>() {
            self.result.set(Value::NONE);
            return known;
        }
        new_cancelled_error(cx, self.cancel_message.get(), self.canceller.get())
    }

    /// A CancelledError that is a result among others; the one to be raised stays with the future.
    fn cancellation_as_result(self, cx: &mut Context) -> Value {
        let message = match self.cancel_message.get() {
            Value::NONE => cx.empty_string,
            message => message,
        };
        let name = cx.intern("_canceller");
        let known = self.result.get().header().and_then(|error| error.own_attribute(cx, name));
        new_cancelled_error(cx, message, known.unwrap_or(self.canceller.get()))
    }

    /// The result, or what is raised instead. The caller has seen that it is done.
    #[inline(always)]
    pub fn outcome(self, cx: &mut Context) -> Result<Value, Stop> {
        match self.state.get() {
            FutureState::Finished => Ok(self.result.get()),
            FutureState::Failed => Err(raise(cx, self.failure())),
            _ => {
                let error = self.cancelled_error(cx);
                Err(raise(cx, error))
            }
        }
    }

    /// The exception of a future that has failed, to be raised. The first time its traceback leads to where it came
    /// from; a later one begins anew, or it would grow with everybody who looks.
    fn failure(self) -> Value {
        self.clear(Future::LOG_TRACEBACK);
        let exception = self.result.get();
        if let Some(body) = exception.get::<Exception>() {
            body.traceback.set(self.callback_context.replace(Value::NONE));
        }
        exception
    }

    /// A task waits for a future: it stands in its list of callbacks.
    pub fn wait_for(self, cx: &mut Context, future: Ref<Future>) {
        self.waiter.set(future.value());
        match future.is_done() {
            true => future.schedule(cx, self.value(), Value::UNBOUND),
            false => future.add_callback(cx, self.value(), Value::UNBOUND),
        }
        if self.has(Future::MUST_CANCEL) {
            let (message, canceller) = (self.cancel_message.get(), self.canceller.get());
            if future.cancel(cx, message, canceller) {
                self.clear(Future::MUST_CANCEL);
            }
        }
    }

    // ----- gathering

    /// It ends because a child was cancelled, of which nobody needs to be told who does not ask.
    fn end_cancelled(self, cx: &mut Context, error: Value) {
        self.fail(cx, error);
        self.clear(Future::LOG_TRACEBACK);
    }

    /// The traceback that its exception had when it failed, or None when that has been shown.
    pub fn failed_at(self) -> Value {
        self.callback_context.get()
    }

    /// A child of a gathering is done.
    pub fn child_done(self, cx: &mut Context, child: Ref<Future>) {
        self.number.set(self.number.get().saturating_sub(1));
        if self.is_done() {
            child.clear(Future::LOG_TRACEBACK);
            return;
        }
        if !self.has(Future::RETURN_EXCEPTIONS) {
            match child.state.get() {
                FutureState::Cancelled => {
                    let error = child.cancelled_error(cx);
                    return self.end_cancelled(cx, error);
                }
                FutureState::Failed => {
                    child.clear(Future::LOG_TRACEBACK);
                    return self.fail(cx, child.result.get());
                }
                _ => {}
            }
        }
        if self.number.get() == 0 {
            self.finish_gathering(cx);
        }
    }

    fn finish_gathering(self, cx: &mut Context) {
        let children: Ref<List> = self.coroutine.get().get().expect("the children are a list");
        let mut results = Vec::with_capacity(children.len());
        let mut last = self;
        for child in children.to_vec() {
            let child: Ref<Future> = child.get().expect("the children are futures");
            child.clear(Future::LOG_TRACEBACK);
            last = child;
            results.push(match child.state.get() {
                FutureState::Cancelled => child.cancellation_as_result(cx),
                _ => child.result.get(),
            });
        }
        if self.has(Future::CANCEL_REQUESTED) {
            let error = last.cancelled_error(cx);
            return self.end_cancelled(cx, error);
        }
        let results = cx.list(results);
        self.finish(cx, results);
    }
}

/// Who has asked others to cancel themselves and waits for the answer.
enum Asking {
    /// A task, of the future it waits for.
    Task(Ref<Future>),
    /// A gathering, of its children.
    Gathering {
        /// The gathering.
        gathering: Ref<Future>,
        /// The child that is next.
        next: usize,
        /// Whether one could be asked.
        has_asked: bool,
    },
}

/// A CancelledError that knows who cancelled.
pub fn new_cancelled_error(cx: &mut Context, message: Value, canceller: Value) -> Value {
    let args = if message.is_none() { cx.empty_tuple } else { cx.tuple(&[message]) };
    let error = Exception::allocate(cx, LayoutId::CANCELLED_ERROR, args);
    if !canceller.is_none() {
        let name = cx.intern("_canceller");
        error.header().expect("an exception is an object").set_own_attribute(cx, name, canceller);
    }
    error
}

/// Raises the exception of a future, which may have been raised before.
fn raise(cx: &mut Context, exception: Value) -> Stop {
    cx.running.raised = exception;
    Stop::Raise(exception)
}

/// Is cancelling it, or what it waits for, up to a method of a script?
pub fn is_cancelled_by_script(cx: &mut Context, future: Ref<Future>) -> bool {
    let (mut left, mut seen) = (vec![future], FxHashSet::default());
    while let Some(asked) = left.pop() {
        // Tasks may wait for each other in a circle.
        let is_known = asked.role != Role::Future && !seen.insert(asked.value());
        if asked.is_done() || is_known {
            continue;
        }
        if asked != future && overrides(cx, asked, "cancel") {
            return true;
        }
        match asked.role {
            Role::Future => {}
            Role::Task => match (asked.waiter.get().header(), asked.waiter.get().get::<Future>()) {
                (None, _) => {}
                (Some(_), Some(waiter)) => left.push(waiter),
                (Some(_), None) => return true,
            },
            Role::Gathering => left.extend((0..).map_while(|index| asked.child(index))),
        }
    }
    false
}

/// Is it a method of a script that tells who waits for a future, or that cancels it?
#[inline(always)]
pub fn is_waited_for_by_script(cx: &mut Context, future: Ref<Future>) -> bool {
    !is_of_plain_class(future) && (overrides(cx, future, "add_done_callback") || overrides(cx, future, "cancel"))
}

#[inline(always)]
fn is_of_plain_class(future: Ref<Future>) -> bool {
    let layout = future.header().layout();
    layout == LayoutId::FUTURE || layout == LayoutId::TASK || layout == LayoutId::GATHERING
}

/// Has its class this method from a script?
fn overrides(cx: &mut Context, future: Ref<Future>, name: &str) -> bool {
    if is_of_plain_class(future) {
        return false;
    }
    let name = cx.intern(name);
    let class = cx.class(future.header().layout());
    class.lookup_after(name, None).is_some_and(|(owner, _)| !owner.has(Class::BUILTIN))
}

/// The future a value is, if it is one whose class does not change what awaiting it means.
#[inline(always)]
pub fn awaited(cx: &mut Context, value: Value) -> Option<Ref<Future>> {
    let future = value.get::<Future>()?;
    if is_of_plain_class(future) {
        return Some(future);
    }
    let class = cx.class(future.header().layout());
    let (owner, _) = class.lookup_after(cx.names.__await__, None)?;
    owner.has(Class::BUILTIN).then_some(future)
}
