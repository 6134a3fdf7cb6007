//! The driver: runs a machine to the end of its main thread and answers what its threads ask of the world outside.
//! A thread that has to wait for the answer is put aside, and another that is ready has the machine meanwhile.

use crate::event_loop::pool::Pool;
use crate::modules::asyncio::transport::Transport;
use crate::object::context::Context;
use crate::object::descriptors::{Fired, Ticket, Watcher};
use crate::object::event_loop::{Entry, Handle};
use crate::object::extension::Of;
use crate::object::native::{Interest, Request, Stop};
use crate::object::output;
use crate::object::recorder::Reason;
use crate::object::signals;
use crate::object::value::Value;
use crate::object::work::settle_futures;
use crate::vm::machine::{Flow, Outcome, Resume, Vm};

/// Exit status of a program that used up its steps.
pub const STEPS_USED_UP: i32 = 124;

/// Exit status of a program that nothing can wake any more.
pub const NOTHING_TO_WAIT_FOR: i32 = 13;

/// So many nanoseconds without an event are a rest,
const REST: i64 = 200_000_000;
/// and so many entries of the ready queue leave something behind that is worth a collection then.
const WORK: u32 = 1000;

/// While threads have their turns the descriptors are looked at so often, in nanoseconds,
const LOOK: i64 = 1_000_000;
/// and in turns where time is virtual.
const TURNS_PER_LOOK: u64 = 16;

/// Timers end two waits no sooner after each other, in nanoseconds: what is due in between comes together.
const LEAST_WAIT: i64 = 500_000;

/// Why a run has no result.
pub enum End {
    /// An exception left it.
    Raised(Value),
    /// It used up a limit: nothing more of it runs, and this is the exit status.
    Stopped(i32),
}

/// What drives a machine.
#[derive(Default)]
pub struct Driver {
    /// What fired in the last look at the descriptors.
    pub(super) fired: Vec<Fired>,
    /// What would hold the machine up is done there.
    pub(super) pool: Pool,
    /// When a timer last ended a wait.
    last_due: i64,
    /// When the descriptors were last looked at while threads had their turns.
    last_look: i64,
    /// How often a thread has been given the machine,
    turns: u64,
    /// and how often that was when garbage was collected because nothing could wake any.
    collected_at: Option<u64>,
    /// When nothing can wake the program any more, what it waits for is given up instead of the program.
    pub outlives_deadlocks: bool,
}

impl Driver {
    /// Drives the machine until the frame of its main thread has ended, answering the requests of all threads.
    pub fn drive(&mut self, vm: &mut Vm, flow: Flow) -> Result<Value, End> {
        let mut outcome = vm.run_from(flow);
        loop {
            outcome = match outcome {
                Outcome::Returned(value) if vm.cx.threads.is_main() => return Ok(value),
                Outcome::Raised(exception) if vm.cx.threads.is_main() => return Err(End::Raised(exception)),
                Outcome::Returned(_) | Outcome::Raised(_) => {
                    if vm.cx.recorder.is_some() {
                        vm.record_end_of_thread();
                    }
                    vm.cx.threads.end_current();
                    self.run_next(vm)?
                }
                Outcome::Suspended(request) => match self.answer(vm, request)? {
                    Some(answer) => vm.resume(answer),
                    None => self.run_next(vm)?,
                },
            }
        }
    }

    /// The answer to a request, or None where the thread that asks has to wait, which is noted.
    fn answer(&mut self, vm: &mut Vm, request: Request) -> Result<Option<Resume>, End> {
        let reason = if vm.cx.recorder.is_some() { vm.reason_to_wait(&request) } else { Reason::Nothing };
        let cx = &mut vm.cx;
        match request {
            Request::Fuel => {
                vm.aim();
                return Ok(Some(Resume::Send(Value::NONE)));
            }
            Request::Turn => {
                cx.threads.yield_turn();
                self.look_around(vm);
            }
            Request::Wait { interests, job, until } => {
                if !self.begin_wait(cx, interests, job, until) {
                    return Ok(Some(Resume::Send(Value::TRUE)));
                }
            }
            Request::Signal => cx.threads.wait_for_signal(),
            Request::Events { event_loop, until, is_endless } => {
                cx.threads.wait_for_events(event_loop, until, is_endless);
                if until.is_some_and(|until| until <= cx.clock.now()) {
                    // It has more to do, and only wants to know what has happened meanwhile.
                    self.wait(cx, until);
                    self.take_fired(cx);
                }
            }
            Request::StepLimit => {
                output::finish(cx);
                output::report("corolang: the limit of steps is used up\n");
                return Err(End::Stopped(STEPS_USED_UP));
            }
            Request::Interrupt => {
                output::finish(cx);
                let tree = vm.live_tree(true);
                output::report(&format!(
                    "corolang: interrupted again while the first interrupt was being dealt with\n{tree}"
                ));
                return Err(End::Stopped(signals::INTERRUPTED));
            }
            Request::End(number) => {
                cx.signals.ended_by.set(Some(number));
                return Err(End::Stopped(signals::status_of(number)));
            }
            Request::Deadlock { is_reported } => {
                if !is_reported {
                    output::report("corolang: nothing can wake the program any more\n");
                }
                if self.outlives_deadlocks {
                    let stop = cx.runtime_error("nothing can wake this any more, so it is given up");
                    if let Stop::Raise(exception) = stop {
                        return Ok(Some(Resume::Throw(exception)));
                    }
                }
                return Err(End::Stopped(NOTHING_TO_WAIT_FOR));
            }
        }
        if vm.cx.recorder.is_some() {
            vm.record_wait(reason);
        }
        Ok(None)
    }

    /// Gives the machine to the next thread that is ready, and waits until there is one.
    fn run_next(&mut self, vm: &mut Vm) -> Result<Outcome, End> {
        loop {
            if signals::is_asked() {
                vm.answer_inquiry(false);
            }
            self.wake(&mut vm.cx);
            if let Some(thread) = vm.cx.threads.take_ready() {
                self.turns += 1;
                vm.switch_to(thread);
                if vm.cx.recorder.is_some() {
                    vm.record_turn();
                }
                return Ok(vm.go_on());
            }
            let left = output::flush_at_rest(&mut vm.cx);
            match (self.can_be_woken(&mut vm.cx), left) {
                (true, Err(Stop::Wait(wait))) => {
                    vm.outside_profile(|vm| self.wait_with_output(vm, wait.interests));
                }
                (true, _) => vm.outside_profile(|vm| self.wait_at_rest(vm)),
                (false, _) => self.nothing_comes(vm),
            }
        }
    }

    /// Threads whose time has come go on, and those whose event loops have something to do; after a signal the main
    /// thread does.
    fn wake(&mut self, cx: &mut Context) {
        if signals::is_pending() {
            cx.threads.wake_for_signal();
            wake_main(cx, Value::TRUE);
        }
        let now = cx.clock.now();
        cx.threads.note_wait(now);
        while let Some(ticket) = cx.threads.next_late(now) {
            end_wait(cx, ticket, Value::FALSE);
        }
        cx.threads.wake_loops(now);
    }

    /// Is there anything outside that could make a thread go on, or a time at which one does?
    fn can_be_woken(&self, cx: &mut Context) -> bool {
        let is_worked = self.pool.is_busy() || !cx.jobs.new.is_empty();
        let is_watched = cx.threads.has_idle_loops() && cx.descriptors.is_watched();
        let is_due = cx.threads.due().0.is_some();
        is_worked || is_watched || is_due || cx.threads.may_wait_on() || may_be_signalled(cx)
    }

    /// Nothing can wake any thread. What has been dropped may have a finaliser that does; if that has been looked at,
    /// the main thread says who waits for what.
    fn nothing_comes(&mut self, vm: &mut Vm) {
        if vm.cx.threads.tell_loop() {
            return;
        }
        let is_collected = self.collected_at.is_some_and(|turns| self.turns <= turns + 1);
        let answer = if is_collected { vm.cx.ellipsis } else { Value::TRUE };
        if !is_collected {
            self.collected_at = Some(self.turns);
            vm.collect_at_rest();
        }
        wake_main(&mut vm.cx, answer);
    }

    /// While threads have their turns: looks at the descriptors now and then.
    fn look_around(&mut self, vm: &mut Vm) {
        let now = vm.cx.clock.now();
        let is_due =
            if vm.cx.clock.is_virtual() { self.turns % TURNS_PER_LOOK == 0 } else { now >= self.last_look + LOOK };
        if is_due {
            self.last_look = now;
            self.wait(&mut vm.cx, Some(now));
            self.take_fired(&mut vm.cx);
        }
    }

    /// What has fired goes to whom it is for.
    fn take_fired(&mut self, cx: &mut Context) {
        settle_futures(cx);
        for &fired in &self.fired {
            match fired {
                Fired::Watcher(Watcher::Handle(handle), _) => {
                    if let Some(handle) = handle.get::<Handle>() {
                        handle.event_loop.push(Entry::Call(handle));
                    }
                }
                Fired::Watcher(Watcher::Stream(stream), direction) => {
                    if let Some(transport) = Of::<Transport>::from(stream) {
                        transport.is_ready(direction);
                    }
                }
                Fired::Wait(ticket) => end_wait(cx, ticket, Value::TRUE),
            }
        }
    }

    /// Waits for something that a thread can go on with; if nothing comes for a while after much was done, what that
    /// has left behind is collected meanwhile.
    fn wait_at_rest(&mut self, vm: &mut Vm) {
        let (until, is_of_loop) = vm.cx.threads.due();
        let rest = vm.cx.clock.now().saturating_add(REST);
        if vm.cx.running.since_rest >= WORK && until.is_none_or(|until| until > rest) {
            self.wait(&mut vm.cx, Some(rest));
            self.take_fired(&mut vm.cx);
            if !self.fired.is_empty() || signals::has_come() {
                return;
            }
            vm.collect_at_rest();
            if vm.has_pending() {
                // Finalisers run before it is waited any longer.
                vm.cx.threads.wake_any();
                return;
            }
        }
        match is_of_loop {
            true => self.wait_for_due(&mut vm.cx, until),
            false => self.wait(&mut vm.cx, until),
        }
        self.take_fired(&mut vm.cx);
    }

    /// The same while the standard output takes no more: that it does again ends the wait too.
    fn wait_with_output(&mut self, vm: &mut Vm, interests: Vec<Interest>) {
        let ticket = vm.cx.jobs.ticket();
        for &(number, direction) in &interests {
            let _ = vm.cx.descriptors.wait_for(number, direction, ticket);
        }
        self.wait_at_rest(vm);
        for (number, direction) in interests {
            vm.cx.descriptors.give_up(number, direction, ticket);
        }
    }

    /// Waits until something fires or a timer of an event loop is due.
    fn wait_for_due(&mut self, cx: &mut Context, until: Option<i64>) {
        let is_late = until.is_some_and(|until| until <= cx.clock.now());
        let until = match until {
            Some(until) if !is_late && !cx.clock.is_virtual() => Some(until.max(self.last_due + LEAST_WAIT)),
            until => until,
        };
        self.wait(cx, until);
        if self.fired.is_empty() && !is_late {
            self.last_due = cx.clock.now();
        }
    }
}

/// The main thread looks again at what it waits for, and finds this answer.
fn wake_main(cx: &mut Context, answer: Value) {
    if let Some(ticket) = cx.threads.ticket_of_main() {
        end_wait(cx, ticket, answer);
    }
}

/// Ends the wait for a ticket, if it is waited for.
fn end_wait(cx: &mut Context, ticket: Ticket, answer: Value) {
    for (number, direction) in cx.threads.wake(ticket, answer) {
        cx.descriptors.give_up(number, direction, ticket);
    }
}

/// Has a signal come, or may the program be waiting for one?
fn may_be_signalled(cx: &Context) -> bool {
    signals::is_pending() || cx.signals.are_expected() || cx.clock.next_alarm().is_some()
}
