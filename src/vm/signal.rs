//! Handlers of signals: what a script installed is called between two instructions of what runs, or before the answer
//! to a request is taken up. What it raises rises there.

use crate::object::frame::Then;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::signals::{self, Taken};
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

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
            if let Some(handler) = handler.filter(|handler| !handler.is_small()) {
                let frame = self.interrupted_frame();
                let arguments = [Value::small(number as i64), frame];
                return Next::Called(self.call_plain(handler, &arguments, Then::Machine, 0));
            }
            if handler.is_none() && number == libc::SIGINT {
                let stop = self.cx.error_with(LayoutId::KEYBOARD_INTERRUPT, &[]);
                left.put_back();
                return self.raise_next(stop);
            }
        }
        Next::Return(self.slot(0))
    }

    /// The frame object of what was interrupted, or None.
    fn interrupted_frame(&mut self) -> Value {
        let Some(index) = self.script_frame(0) else { return Value::NONE };
        let object = self.frame_object(index);
        self.remember_position(index);
        object
    }
}
