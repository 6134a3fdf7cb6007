//! The driver: runs a machine to the end of its frame and answers what it asks of the world outside.

use crate::event_loop::pool::Pool;
use crate::event_loop::wait::Ended;
use crate::modules::asyncio::transport::Transport;
use crate::object::context::Context;
use crate::object::descriptors::{Fired, Heed, Watcher};
use crate::object::event_loop::{Entry, Handle};
use crate::object::extension::Of;
use crate::object::layout::LayoutId;
use crate::object::native::{Request, Stop};
use crate::object::output;
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
}

impl Driver {
    /// Drives the machine until its frame has ended, answering its requests.
    pub fn drive(&mut self, vm: &mut Vm, flow: Flow) -> Result<Value, End> {
        let mut outcome = match flow {
            Flow::Raised => {
                let exception = vm.take_raising();
                vm.resume(Resume::Throw(exception))
            }
            Flow::Leave => vm.outcome.take().expect("the loop says why it is left"),
            _ => vm.resume(Resume::Send(Value::NONE)),
        };
        loop {
            match outcome {
                Outcome::Returned(value) => return Ok(value),
                Outcome::Raised(exception) => return Err(End::Raised(exception)),
                Outcome::Suspended(request) => {
                    let answer = self.answer(vm, request)?;
                    outcome = vm.resume(answer);
                }
            }
        }
    }

    fn answer(&mut self, vm: &mut Vm, request: Request) -> Result<Resume, End> {
        let answer = match request {
            Request::Fuel => Ok(Value::NONE),
            Request::Wait { interests, job: None, until: None }
                if interests.is_empty() && !may_be_signalled(&vm.cx) =>
            {
                let _ = output::flush(&mut vm.cx);
                output::report("corolang: nothing can wake the program any more\n");
                return Err(End::Stopped(NOTHING_TO_WAIT_FOR));
            }
            Request::Wait { interests, job, until } => {
                Ok(Value::bool(self.wait_for(&mut vm.cx, &interests, job, until) == Ended::Ready))
            }
            Request::Signal => {
                self.wait_for_signal(&mut vm.cx);
                Ok(Value::NONE)
            }
            Request::StepLimit => {
                let _ = output::flush(&mut vm.cx);
                output::report("corolang: the limit of steps is used up\n");
                return Err(End::Stopped(STEPS_USED_UP));
            }
            Request::ReadLine => read_line(vm),
            Request::Events { until: None, is_endless: false, .. } if !self.can_be_woken(&vm.cx) => Ok(Value::FALSE),
            Request::Deadlock { is_reported } => {
                if !is_reported {
                    output::report("corolang: nothing can wake the program any more\n");
                }
                return Err(End::Stopped(NOTHING_TO_WAIT_FOR));
            }
            Request::Events { until, .. } => {
                self.wait_for_events(vm, until);
                Ok(Value::NONE)
            }
        };
        Ok(match answer {
            Ok(value) => Resume::Send(value),
            Err(Stop::Raise(exception)) => Resume::Throw(exception),
            Err(_) => unreachable!("a request is answered or raises"),
        })
    }

    /// Is there anything outside that could make an event loop go on?
    fn can_be_woken(&self, cx: &Context) -> bool {
        let is_worked = self.pool.is_busy() || !cx.jobs.new.is_empty();
        is_worked || cx.descriptors.is_watched() || may_be_signalled(cx)
    }

    /// Waits for something that an event loop can go on with. The handlers of signals come before that.
    fn wait_for_events(&mut self, vm: &mut Vm, until: Option<i64>) {
        let _ = output::flush(&mut vm.cx);
        if signals::is_pending() {
            return;
        }
        self.wait_at_rest(vm, until);
        let cx = &mut vm.cx;
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
                Fired::Wait(_) => {}
            }
        }
    }

    /// Waits; if nothing comes for a while after much was done, what that has left behind is collected meanwhile.
    fn wait_at_rest(&mut self, vm: &mut Vm, until: Option<i64>) {
        let rest = vm.cx.clock.now().saturating_add(REST);
        if vm.cx.running.since_rest >= WORK && until.is_none_or(|until| until > rest) {
            self.wait_for_due(&mut vm.cx, Some(rest));
            if !self.fired.is_empty() || signals::is_pending() {
                return;
            }
            vm.collect_at_rest();
            if vm.has_pending() {
                // Finalisers run before it is waited any longer.
                return;
            }
        }
        self.wait_for_due(&mut vm.cx, until);
    }

    /// Waits until something fires or a timer is due.
    fn wait_for_due(&mut self, cx: &mut Context, until: Option<i64>) {
        let is_late = until.is_some_and(|until| until <= cx.clock.now());
        let until = match until {
            Some(until) if !is_late && !cx.clock.is_virtual() => Some(until.max(self.last_due + LEAST_WAIT)),
            until => until,
        };
        self.wait(cx, until, Heed::All);
        if self.fired.is_empty() && !is_late {
            self.last_due = cx.clock.now();
        }
    }
}

/// Has a signal come, or may the program be waiting for one?
fn may_be_signalled(cx: &Context) -> bool {
    signals::is_pending() || cx.signals.are_expected() || cx.clock.next_alarm().is_some()
}

fn read_line(vm: &mut Vm) -> Result<Value, Stop> {
    let _ = output::flush(&mut vm.cx);
    match crate::modules::io::standard::read_line(&mut vm.cx)? {
        Some(line) => Ok(line),
        None => Err(vm.cx.error(LayoutId::EOF_ERROR, "EOF when reading a line")),
    }
}
