//! Threads: the machine is given to one after the other. Whoever drives the machine says to which.

use crate::object::frame::{Frame, Then};
use crate::object::heap::Ref;
use crate::object::list::List;
use crate::object::signals;
use crate::object::thread::{Aside, Thread};
use crate::object::value::Value;
use crate::object::watchdog::Watchdog;
use crate::vm::machine::{Flow, Outcome, Resume, Vm};
use crate::vm::native_frame::{Machine, frame_slot};

impl Vm {
    /// Puts the running thread aside and gives another the machine.
    pub fn switch_to(&mut self, thread: Ref<Thread>) {
        let before = self.cx.threads.current();
        if before == thread {
            return;
        }
        self.put_fiber_aside();
        *before.aside.borrow_mut() = self.set_aside();
        self.cx.threads.set_current(thread);
        self.take_up_fiber(thread.fiber.get());
        let aside = std::mem::replace(&mut *thread.aside.borrow_mut(), Aside::NOTHING);
        self.restore(aside);
    }

    fn set_aside(&mut self) -> Aside {
        let running = &self.cx.running;
        Aside {
            awaiting: self.awaiting.take(),
            event_loop: running.event_loop,
            task: running.task,
            set_loop: running.set_loop,
            raised: running.raised,
            context: self.cx.context,
            in_repr: std::mem::take(&mut self.cx.in_repr),
            tracer: self.tracer,
            trace_depth: self.trace_depth,
            is_telling: self.is_telling,
            watchdog: std::mem::replace(&mut self.watchdog, Watchdog::IDLE),
        }
    }

    fn restore(&mut self, aside: Aside) {
        self.awaiting = aside.awaiting;
        let running = &mut self.cx.running;
        running.event_loop = aside.event_loop;
        running.task = aside.task;
        running.set_loop = aside.set_loop;
        running.raised = aside.raised;
        self.cx.context = aside.context;
        self.cx.in_repr = aside.in_repr;
        self.tracer = aside.tracer;
        self.trace_depth = aside.trace_depth;
        self.is_telling = aside.is_telling;
        self.watchdog = aside.watchdog;
        self.thrown = Value::UNBOUND;
    }

    /// Goes on with the running thread, or begins it.
    pub fn go_on(&mut self) -> Outcome {
        let thread = self.cx.threads.current();
        let beginning = thread.beginning.replace([Value::UNBOUND; 3]);
        if beginning[0].is_unbound() {
            return self.resume(Resume::Send(thread.answer.get()));
        }
        let flow = self.call_half("run_thread", &beginning, Then::Finish, 0);
        self.run_from(flow)
    }

    /// Runs on after a step that was taken from outside.
    pub fn run_from(&mut self, flow: Flow) -> Outcome {
        match flow {
            Flow::Done(value) => Outcome::Returned(value),
            Flow::Leave => self.outcome.take().expect("the loop says why it is left"),
            Flow::Entered => self.resume(Resume::Send(Value::NONE)),
            Flow::Rises => match self.unwind(flow) {
                Flow::Leave => self.outcome.take().expect("the loop says why it is left"),
                _ => self.resume(Resume::Send(Value::NONE)),
            },
            Flow::Raised => {
                let exception = self.take_raising();
                match self.depth() {
                    0 => Outcome::Raised(exception),
                    _ => self.resume(Resume::Throw(exception)),
                }
            }
        }
    }

    /// Counts the steps of the running thread; is its turn over?
    #[cold]
    pub(super) fn has_had_turn(&mut self, steps: i64) -> bool {
        if signals::is_pending() && !self.cx.threads.is_main() {
            // The main thread sees to them.
            self.cx.threads.end_turn();
        }
        self.cx.threads.has_used(steps)
    }

    // ----- who waits for what

    /// `sys._current_frames()`
    pub(super) fn current_frames(&mut self) -> Flow {
        let dict = self.cx.new_dict();
        let current = self.cx.threads.current();
        for thread in self.cx.threads.others().into_iter().chain([current]) {
            let frame = match thread == current {
                true => self.visible_frame(0),
                false => self.looking_into(thread.fiber.get(), |vm| vm.visible_frame(0)),
            };
            if let Some(frame) = frame {
                let ident = self.cx.int(crate::modules::thread::ident_of(thread.number));
                let is_set = dict.set(&mut self.cx, ident, frame).is_ok();
                debug_assert!(is_set, "numbers are hashed without script code");
            }
        }
        Flow::Done(dict.value())
    }

    /// The threads that wait, for a report: each with its number, what its native waits on or None, and the file, line
    /// and function of that, or None.
    pub(super) fn waiting_threads(&mut self) -> Value {
        let mut threads = self.cx.threads.others();
        threads.push(self.cx.threads.current());
        threads.sort_by_key(|thread| thread.number);
        let depth = self.depth();
        self.stack().depth = depth;
        let rows = threads.into_iter().map(|thread| self.waiting_thread(thread)).collect();
        self.cx.list(rows)
    }

    fn waiting_thread(&mut self, thread: Ref<Thread>) -> Value {
        let frames = self.frames_of(thread.fiber.get());
        let waits = frames.iter().rev().find(|frame| frame.is_machine(Machine::Wait as u8));
        let object = waits.and_then(|frame| frame_slot(frame, 1).get::<List>()).and_then(|bound| bound.get(0));
        let place = match place_of(frames) {
            Some(frame) => crate::modules::asyncio::place(&mut self.cx, frame.code().value(), frame.word()),
            None => Value::NONE,
        };
        let number = self.cx.int(thread.number);
        self.cx.tuple(&[number, object.unwrap_or(Value::NONE), place])
    }
}

/// The innermost frame of the program's own; one of the library's where there is no other.
pub(super) fn place_of(frames: &[Frame]) -> Option<&Frame> {
    let visible =
        || frames.iter().rev().filter(|frame| frame.function.is_some_and(|function| !function.is_hidden.get()));
    visible().find(|frame| !frame.code().code.source.is_of_library()).or_else(|| visible().next())
}
