//! The turns of an event loop: one entry of the ready queue after the other.
//!
//! `run_forever` is a machine on the fiber that called it. It takes an entry, begins the step of a task or the call
//! of a callback above itself, and goes on when that has ended; so a step can do whatever any code can, and a task
//! needs no fiber. When nothing is ready the machine leaves with a request: waiting is for whoever drives the VM.

use crate::modules::asyncio::transport::{Transport, Upcall};
use crate::object::contextvars;
use crate::object::descriptors::Direction;
use crate::object::event_loop::{Entry, EventLoop, Handle};
use crate::object::exception::{Exception, note_task};
use crate::object::extension::{Extension, Of};
use crate::object::frame::Then;
use crate::object::future::{Future, is_waited_for_by_script};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Request;
use crate::object::recorder::key;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Outcome, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// The steps of the machine: nothing runs above it,
const IDLE: u16 = 0;
/// the step of a task,
const TASK: u16 = 1;
/// the callback of a handle,
const HANDLE: u16 = 2;
/// whoever drives the machine waits,
const WAITING: u16 = 3;
/// something that reports an error of one of them,
const REPORT: u16 = 4;
/// or the report that nothing can wake the program any more.
const DEADLOCK: u16 = 5;

/// A busy loop looks so often at the clock, in entries,
const ENTRIES_PER_LOOK: u32 = 32;
/// and after so many nanoseconds at the descriptors.
const POLL_INTERVAL: i64 = 1_000_000;

impl Vm {
    /// `loop._run_turns(until)`
    pub fn run_turns(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let event_loop: Ref<EventLoop> = args[0].get().expect("the receiver was checked");
        let mut slots = [Value::NONE; 8];
        slots[0] = args[0];
        slots[3] = args.get(1).copied().unwrap_or(Value::NONE);
        slots[4] = self.cx.running.event_loop;
        slots[5] = self.cx.running.task;
        event_loop.is_running.set(true);
        event_loop.left.set(0);
        self.cx.running.event_loop = args[0];
        self.cx.running.task = Value::NONE;
        self.start_machine(Machine::Turns, &slots, then, destination)
    }

    // slots: 0 the loop, 1 what runs above, 2 the context around it, 3 the future that is waited for or None, 4 the
    // loop that ran before, 5 its task, 6 TRUE once a turn has begun,
    // 7 TRUE if garbage was collected since there was last something to do
    pub(super) fn step_turns(&mut self, input: Input) -> Next {
        let event_loop: Ref<EventLoop> = self.slot(0).get().expect("a loop");
        let step = self.step();
        self.go_to(IDLE);
        let raised = match (step, input) {
            (TASK, input) => self.task_stepped(event_loop, input),
            (HANDLE, Input::Error(exception)) => {
                self.leave_context();
                match self.ends_loop(exception) {
                    true => Some(Next::Raise(exception)),
                    false => Some(self.report_callback(exception)),
                }
            }
            (HANDLE, _) => {
                self.leave_context();
                None
            }
            (DEADLOCK, input) => {
                let is_reported = !matches!(input, Input::Error(_));
                Some(self.leave_with(Request::Deadlock { is_reported }))
            }
            (_, Input::Error(exception)) => Some(Next::Raise(exception)),
            (WAITING, Input::Value(Value::FALSE)) => Some(self.nothing_comes()),
            (WAITING, _) => {
                let now = self.cx.clock.read(false);
                self.cx.running.polled = now;
                event_loop.take_due(now);
                event_loop.begin_turn(&mut self.cx.running);
                None
            }
            // The first turn, or an error has been reported.
            _ => None,
        };
        let ended = raised.is_none() && (step == TASK || step == HANDLE);
        let raised = if ended && event_loop.is_debug.get() { self.end_watch(self.slot(1)) } else { raised };
        let next = raised.unwrap_or_else(|| self.next_entry(event_loop));
        if let Next::Raise(_) | Next::Return(_) = next {
            self.end_turns(event_loop);
        }
        next
    }

    fn end_turns(&mut self, event_loop: Ref<EventLoop>) {
        event_loop.is_running.set(false);
        event_loop.is_stopping.set(false);
        self.cx.running.event_loop = self.slot(4);
        self.cx.running.task = self.slot(5);
    }

    /// Is this an exception that leaves the loop at once, instead of being reported or kept?
    fn ends_loop(&mut self, exception: Value) -> bool {
        self.cx.is_instance(exception, LayoutId::KEYBOARD_INTERRUPT)
            || self.cx.is_instance(exception, LayoutId::SYSTEM_EXIT)
    }

    /// Takes entries until something runs above the machine, or there is none left.
    fn next_entry(&mut self, event_loop: Ref<EventLoop>) -> Next {
        loop {
            if event_loop.left.get() == 0 {
                if let Some(next) = self.begin_turn(event_loop) {
                    return next;
                }
            }
            let Some(entry) = event_loop.pop() else {
                event_loop.left.set(0);
                continue;
            };
            event_loop.left.set(event_loop.left.get() - 1);
            if let Some(next) = self.run_entry_of_loop(event_loop, entry) {
                return next;
            }
        }
    }

    /// What is ready now is the next turn. The end of the loop, or the wait for something to happen, if nothing is.
    fn begin_turn(&mut self, event_loop: Ref<EventLoop>) -> Option<Next> {
        if self.slot(6) == Value::TRUE && event_loop.is_stopping.get() {
            return Some(Next::Return(Value::NONE));
        }
        self.set_slot(6, Value::TRUE);
        let ready = event_loop.ready_count();
        if ready == 0 && !event_loop.is_stopping.get() {
            return Some(self.wait_for_events(event_loop, event_loop.next_due()));
        }
        self.set_slot(7, Value::FALSE);
        let running = &mut self.cx.running;
        running.entries += ready as u32 + 1;
        if running.entries >= ENTRIES_PER_LOOK || running.looks_at_clock || event_loop.is_stopping.get() {
            running.entries = 0;
            running.looks_at_clock = false;
            let now = self.cx.clock.read(false);
            event_loop.take_due(now);
            if now - self.cx.running.polled >= POLL_INTERVAL {
                self.cx.running.polled = now;
                return Some(self.wait_for_events(event_loop, Some(now)));
            }
        }
        event_loop.begin_turn(&mut self.cx.running);
        None
    }

    /// Leaves, for whoever drives the machine to wait until a time or an event.
    fn wait_for_events(&mut self, event_loop: Ref<EventLoop>, until: Option<i64>) -> Next {
        self.go_to(WAITING);
        let is_endless = self.slot(3).is_none();
        self.leave_with(Request::Events { event_loop, until, is_endless })
    }

    fn leave_with(&mut self, request: Request) -> Next {
        self.awaiting = Some((Then::Machine, 0));
        self.outcome = Some(Outcome::Suspended(request));
        Next::Called(Flow::Leave)
    }

    /// Nothing outside can wake the loop. What has been dropped may have a finaliser that does; if that has been looked
    /// at, it is said who waits for whom, and the program ends.
    fn nothing_comes(&mut self) -> Next {
        if self.slot(7) != Value::TRUE {
            self.set_slot(7, Value::TRUE);
            self.go_to(REPORT);
            return Next::Called(self.collect_now(Then::Machine, 0));
        }
        self.go_to(DEADLOCK);
        let args = [self.slot(0), self.slot(3)];
        Next::Called(self.call_half("report_deadlock", &args, Then::Machine, 0))
    }

    /// Runs one entry; None if it is done with already.
    fn run_entry_of_loop(&mut self, event_loop: Ref<EventLoop>, entry: Entry) -> Option<Next> {
        match entry {
            Entry::Step(task) | Entry::Again(task) => Some(self.step_task(task, Value::UNBOUND)),
            Entry::Wake { task, future } => {
                let thrown = self.thrown_by(task, future);
                Some(self.step_task(task, thrown))
            }
            Entry::Throw { task, exception } => Some(self.step_task(task, exception)),
            Entry::Slept { task, ticket, when } => {
                if task.ticket.get() == ticket {
                    task.end_sleep();
                    self.record_due(when);
                    if let Some(recorder) = &mut self.cx.recorder {
                        recorder.wake_task(key(task));
                    }
                    event_loop.push(Entry::Woken { task, thrown: Value::UNBOUND });
                }
                None
            }
            Entry::Finish { future, when } => {
                if !future.is_done() {
                    self.record_due(when);
                    future.finish(&mut self.cx, Value::NONE);
                }
                None
            }
            Entry::Woken { task, thrown } => Some(self.step_task(task, thrown)),
            Entry::Gathered { gathering, child } => {
                if let Some(recorder) = &mut self.cx.recorder {
                    recorder.act_for(Some(key(child)));
                }
                gathering.child_done(&mut self.cx, child);
                None
            }
            Entry::Ready { transport, direction } => {
                if let Some(recorder) = &mut self.cx.recorder {
                    recorder.act_for(None);
                }
                self.transport_ready(transport, direction)
            }
            Entry::Call(handle) => self.call_handle(handle),
        }
    }

    fn transport_ready(&mut self, transport: Ref<Extension>, direction: Direction) -> Option<Next> {
        let transport = Of::<Transport>::from(transport.value())?;
        let Upcall::Call(call) = transport.ready(&mut self.cx, direction) else { return None };
        self.enter_context(Value::NONE);
        self.set_slot(1, Value::NONE);
        self.go_to(HANDLE);
        Some(Next::Called(self.call_plain(call.callee, &call.args, Then::Machine, 0)))
    }

    fn enter_context(&mut self, context: Value) {
        let around = contextvars::begin(&mut self.cx, context);
        self.set_slot(2, around);
    }

    /// A callback has ended. A handle keeps its context, since it may be called again.
    fn leave_context(&mut self) {
        let around = self.slot(2);
        let own = contextvars::end(&mut self.cx, around);
        if let Some(handle) = self.slot(1).get::<Handle>() {
            handle.context.set(own);
        }
    }

    fn call_handle(&mut self, handle: Ref<Handle>) -> Option<Next> {
        if handle.is_cancelled.get() {
            return None;
        }
        if handle.event_loop.is_debug.get() {
            self.watch(handle.event_loop);
        }
        self.enter_context(handle.context.get());
        self.set_slot(1, handle.value());
        self.go_to(HANDLE);
        let args = Vm::tuple_items(handle.args.get());
        if self.cx.recorder.is_some() {
            self.record_call(handle, &args);
        }
        Some(Next::Called(self.call_plain(handle.callback.get(), &args, Then::Machine, 0)))
    }

    /// A callback has raised: the exception handler of the loop is told.
    fn report_callback(&mut self, exception: Value) -> Next {
        self.go_to(REPORT);
        let (event_loop, what) = (self.slot(0), self.slot(1));
        Next::Called(self.call_half("report_handle", &[event_loop, what, exception], Then::Machine, 0))
    }

    // ----- tasks

    /// What is thrown into a task because of the future it waited for; UNBOUND if it takes the result itself.
    fn thrown_by(&mut self, task: Ref<Future>, future: Ref<Future>) -> Value {
        use crate::object::future::FutureState;
        let takes_itself = !task.has(Future::MUST_CANCEL) && self.looks_itself(task);
        if future.state.get() == FutureState::Finished || takes_itself {
            return Value::UNBOUND;
        }
        match future.outcome(&mut self.cx) {
            Err(crate::object::native::Stop::Raise(exception)) => exception,
            _ => Value::UNBOUND,
        }
    }

    /// Runs the next step of a task, in which `thrown` is raised if it is not UNBOUND.
    fn step_task(&mut self, task: Ref<Future>, thrown: Value) -> Next {
        if task.is_done() {
            self.go_to(REPORT);
            return Next::Called(self.call_half("report_step_of_done", &[task.value()], Then::Machine, 0));
        }
        if task.event_loop.is_debug.get() {
            self.watch(task.event_loop);
        }
        if self.cx.recorder.is_some() {
            self.record_step(task);
        }
        let thrown = self.begin_step(task, thrown);
        self.set_slot(1, task.value());
        self.enter_context(task.context.get());
        self.cx.running.task = task.value();
        self.go_to(TASK);
        Next::Called(self.resume_coroutine(task.coroutine.get(), thrown))
    }

    /// A task waits no longer; what its next step raises, in which `thrown` is thrown if it is not UNBOUND.
    #[inline(always)]
    pub(super) fn begin_step(&mut self, task: Ref<Future>, thrown: Value) -> Value {
        task.waiter.set(Value::NONE);
        if !task.has(Future::MUST_CANCEL) {
            return thrown;
        }
        task.clear(Future::MUST_CANCEL);
        match !thrown.is_unbound() && self.cx.is_instance(thrown, LayoutId::CANCELLED_ERROR) {
            true => thrown,
            false => task.cancelled_error(&mut self.cx),
        }
    }

    /// A step of a task has ended.
    fn task_stepped(&mut self, event_loop: Ref<EventLoop>, input: Input) -> Option<Next> {
        let task: Ref<Future> = self.slot(1).get().expect("a task");
        let around = self.slot(2);
        task.context.set(contextvars::end(&mut self.cx, around));
        self.cx.running.task = Value::NONE;
        let next = self.take_step(event_loop, task, input);
        if self.cx.recorder.is_some() {
            self.record_stop(task, next.is_some());
        }
        next
    }

    /// Takes what the step of a task has given.
    pub(super) fn take_step(&mut self, event_loop: Ref<EventLoop>, task: Ref<Future>, input: Input) -> Option<Next> {
        match input {
            Input::Value(yielded) => self.task_yielded(event_loop, task, yielded),
            Input::End(result) => {
                self.task_returned(task, result);
                None
            }
            Input::Error(exception) => self.task_raised(task, exception),
            Input::Start => None,
        }
    }

    /// A task waits for what its coroutine has yielded.
    fn task_yielded(&mut self, event_loop: Ref<EventLoop>, task: Ref<Future>, yielded: Value) -> Option<Next> {
        if yielded.is_none() {
            if task.waiter.get() != Value::TRUE {
                event_loop.push(Entry::Again(task));
                return None;
            }
            task.note_wait(self.cx.running.polled);
            if task.has(Future::MUST_CANCEL) {
                task.clear(Future::MUST_CANCEL);
                let (message, canceller) = (task.cancel_message.get(), task.canceller.get());
                task.cancel_sleep(&mut self.cx, message, canceller);
            }
            return None;
        }
        let waited = yielded
            .get::<Future>()
            .filter(|future| future.has(Future::BLOCKING) && *future != task && future.event_loop == task.event_loop)
            .filter(|&future| !is_waited_for_by_script(&mut self.cx, future));
        let Some(future) = waited else {
            // It is a future of another kind, or none at all.
            self.go_to(REPORT);
            let args = [task.value(), yielded];
            return Some(Next::Called(self.call_half("task_yielded", &args, Then::Machine, 0)));
        };
        future.clear(Future::BLOCKING);
        task.note_wait(self.cx.running.polled);
        task.wait_for(&mut self.cx, future);
        None
    }

    /// A task's coroutine has returned.
    pub(super) fn task_returned(&mut self, task: Ref<Future>, result: Value) {
        task.event_loop.remove_task(task);
        if task.has(Future::MUST_CANCEL) {
            // It was cancelled just before it ended.
            task.clear(Future::MUST_CANCEL);
            task.set_cancelled(&mut self.cx, Value::NONE);
        } else {
            task.finish(&mut self.cx, result);
        }
    }

    /// A task's coroutine has raised.
    pub(super) fn task_raised(&mut self, task: Ref<Future>, exception: Value) -> Option<Next> {
        if self.cx.is_instance(exception, LayoutId::STOP_ITERATION) {
            // A native coroutine, or an object of a script, returns so.
            let result = exception.get::<Exception>().map_or(Value::NONE, |body| body.value.get());
            self.task_returned(task, result);
            return None;
        }
        task.event_loop.remove_task(task);
        note_task(exception, task.value());
        if self.cx.is_instance(exception, LayoutId::CANCELLED_ERROR) {
            // The exception says all there is to say; what `cancel` was given is not the task's.
            task.cancel_message.set(Value::NONE);
            task.set_cancelled(&mut self.cx, exception);
        } else {
            task.fail(&mut self.cx, exception);
        }
        self.ends_loop(exception).then_some(Next::Raise(exception))
    }
}
