//! Natives that wait: the machine is left until a descriptor is ready or other threads have found something out, and
//! the native is called again.

use crate::modules::thread;
use crate::object::descriptors::Ticket;
use crate::object::frame::Then;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Args, Entry, Interest, Native, Request, Stop, Wait};
use crate::object::value::Value;
use crate::vm::machine::{Flow, Outcome, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// The step of the machine while it is said that nothing can wake the program.
const DEADLOCK: u16 = 1;

impl Vm {
    /// A native answered that it would have to wait.
    pub(super) fn wait_for(
        &mut self,
        wait: Wait,
        native: Ref<Native>,
        args: &[Value],
        then: Then,
        destination: u16,
    ) -> Flow {
        // The last item is what stands behind the arguments.
        let parameters = native.signature(&mut self.cx).len();
        let mut bound = args[..parameters].to_vec();
        bound.push(wait.progress);
        let bound = self.cx.list(bound);
        let until = match wait.timeout {
            Some(timeout) => {
                let now = self.cx.clock.read(false);
                self.cx.int(now.saturating_add(timeout))
            }
            None => Value::NONE,
        };
        if !self.push_machine(Machine::Wait, &[native.value(), bound, until, wait.otherwise], then, destination) {
            return Flow::Raised;
        }
        self.leave_to_wait(wait.interests, wait.job)
    }

    /// Leaves the machine until a descriptor is ready, a job is done, or the time in slot 2 has come.
    fn leave_to_wait(&mut self, interests: Vec<Interest>, job: Option<Ticket>) -> Flow {
        let until = Int::to_i64(self.slot(2));
        self.awaiting = Some((Then::Machine, 0));
        self.outcome = Some(Outcome::Suspended(Request::Wait { interests, job, until }));
        Flow::Leave
    }

    /// Nothing can wake any thread any more: it is said who waits for what, and the program ends.
    fn report_deadlock(&mut self) -> Next {
        self.go_to(DEADLOCK);
        let waits = self.waiting_threads();
        Next::Called(self.call_half("report_deadlocked_threads", &[waits], Then::Machine, 0))
    }

    // slots: 0 native, 1 list of bound arguments and what stands behind them, 2 until when, or None, 3 the result after that, or UNBOUND
    pub(super) fn step_wait(&mut self, input: Input) -> Next {
        match input {
            input if self.step() == DEADLOCK => {
                let is_reported = !matches!(input, Input::Error(_));
                // Whoever drives the machine may throw something in.
                self.go_to(0);
                self.outcome = Some(Outcome::Suspended(Request::Deadlock { is_reported }));
                return Next::Called(Flow::Leave);
            }
            Input::Error(exception) => {
                // It may have been woken just before it was interrupted: another takes what it was woken for.
                if let Some(object) = self.slot(1).get::<List>().and_then(|bound| bound.get(0)) {
                    thread::pass_on(&mut self.cx, object);
                }
                return Next::Raise(exception);
            }
            Input::Value(answer) if answer == self.cx.ellipsis => return self.report_deadlock(),
            Input::Value(Value::FALSE) => {
                let otherwise = self.slot(3);
                if otherwise.is_unbound() {
                    let stop = self.cx.error(LayoutId::TIMEOUT_ERROR, "timed out");
                    return self.raise_next(stop);
                }
                return Next::Return(otherwise);
            }
            _ => {}
        }
        let native: Ref<Native> = self.slot(0).get().expect("a native");
        let bound: Ref<List> = self.slot(1).get().expect("the arguments are a list");
        let Entry::Plain(run) = native.entry else { unreachable!("only leaves wait") };
        let mut args = bound.to_vec();
        if args.last().is_some_and(|behind| behind.is_unbound()) {
            args.pop();
        }
        match run(&mut self.cx, Args(&args)) {
            Ok(value) => Next::Return(value),
            Err(Stop::Raise(exception)) => Next::Raise(exception),
            // The time runs on, unless it begins only now.
            Err(Stop::Wait(wait)) if !self.slot(2).is_none() || wait.timeout.is_none() => {
                bound.set(bound.len() - 1, wait.progress);
                self.set_slot(3, wait.otherwise);
                Next::Called(self.leave_to_wait(wait.interests, wait.job))
            }
            Err(stop) => {
                let (then, destination) = self.pop_frame();
                Next::Replaced(self.carry_out(stop, native, &args, then, destination), then, destination)
            }
        }
    }
}
