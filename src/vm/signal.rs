//! Handlers of signals: what a script installed is called between two instructions of what runs, or before the answer
//! to a request is taken up. What it raises rises there.

use std::time::{Duration, Instant};

use crate::modules::signal::DEFAULT_INT_HANDLER;
use crate::object::exception::Exception;
use crate::object::frame::Then;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::Request;
use crate::object::signals::{self, Taken};
use crate::object::value::Value;
use crate::vm::machine::{Flow, Outcome, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// A second Ctrl-C so soon at a terminal ends the program, though the script has caught the KeyboardInterrupt of the
/// first.
const SWALLOWED: Duration = Duration::from_millis(500);

/// So far the contexts of an exception are followed.
const MOST_CONTEXTS: usize = 1000;

impl Vm {
    /// Calls the handlers of the signals that have come, above the current frame of the main thread; then the result
    /// is this value.
    pub fn run_signals(&mut self, result: Value, then: Then, destination: u16) -> Flow {
        match signals::is_pending() && self.cx.threads.is_main() {
            true => self.start_machine(Machine::Signals, &[result], then, destination),
            false => Flow::Done(result),
        }
    }

    // slots: 0 the result, 1 the signals left, once they are taken
    pub(super) fn step_signals(&mut self, input: Input) -> Next {
        let mut left = match Int::to_i64(self.slot(1)) {
            Some(bits) => Taken::from_bits(bits),
            None => Taken::all(),
        };
        if let Input::Error(exception) = input {
            // The others are for the next safe point, which comes soon.
            left.put_back();
            self.cx.fuel = 0;
            return Next::Raise(exception);
        }
        while let Some(number) = left.next() {
            let rest = self.cx.int(left.bits());
            self.set_slot(1, rest);
            let handler = self.cx.signals.get(number);
            if number == libc::SIGINT && self.is_plain_interrupt(handler) {
                if self.is_insisted() {
                    self.outcome = Some(Outcome::Suspended(Request::Interrupt));
                    return Next::Called(Flow::Leave);
                }
                self.cx.signals.interrupted.set(Some(Instant::now()));
                let stop = self.cx.error_with(LayoutId::KEYBOARD_INTERRUPT, &[]);
                left.put_back();
                return self.raise_next(stop);
            }
            if handler.is_none_or(|handler| handler.is_small()) && signals::is_last(number) {
                self.outcome = Some(Outcome::Suspended(Request::End(number)));
                return Next::Called(Flow::Leave);
            }
            if let Some(handler) = handler.filter(|handler| !handler.is_small()) {
                let frame = self.interrupted_frame();
                let arguments = [Value::small(number as i64), frame];
                return Next::Called(self.call_plain(handler, &arguments, Then::Machine, 0));
            }
        }
        Next::Return(self.slot(0))
    }

    // ----- Ctrl-C

    /// At a safe point: what becomes of Ctrl-C, if it has come and KeyboardInterrupt is to be raised.
    pub(super) fn interrupt(&mut self) -> Option<Flow> {
        let is_insisted = signals::is_interrupted() && self.is_insisted();
        let interrupted = signals::check(&mut self.cx).err()?;
        if is_insisted {
            self.outcome = Some(Outcome::Suspended(Request::Interrupt));
            return Some(Flow::Leave);
        }
        Some(self.raise(interrupted))
    }

    /// Does SIGINT raise KeyboardInterrupt, with no handler of the script's between?
    fn is_plain_interrupt(&self, handler: Option<Value>) -> bool {
        handler.is_none_or(|handler| self.cx.module_state.get(DEFAULT_INT_HANDLER) == Some(&handler))
    }

    /// Is it not the first Ctrl-C, with the one before being dealt with still, or hardly over? Whoever presses it again
    /// so wants the program to end. What the program sends itself does not count.
    fn is_insisted(&self) -> bool {
        let handlers = &self.cx.signals;
        let Some(before) = handlers.interrupted.get().filter(|_| signals::is_interrupt_from_outside()) else {
            return false;
        };
        let is_hammered = before.elapsed() < SWALLOWED && signals::is_interrupt_from_terminal();
        handlers.is_ending.get() || handlers.stopping.get().is_some() || is_hammered || self.handles_interrupt()
    }

    /// Is a KeyboardInterrupt being handled, or an exception that came up while one was?
    fn handles_interrupt(&self) -> bool {
        let mut exception = self.handled;
        for _ in 0..MOST_CONTEXTS {
            let Some(body) = exception.get::<Exception>() else { return false };
            if self.cx.is_instance(exception, LayoutId::KEYBOARD_INTERRUPT) {
                return true;
            }
            exception = body.context.get();
        }
        false
    }

    /// The frame object of what was interrupted, or None.
    fn interrupted_frame(&mut self) -> Value {
        let Some(index) = self.script_frame(0) else { return Value::NONE };
        let object = self.frame_object(index);
        self.remember_position(index);
        object
    }
}
