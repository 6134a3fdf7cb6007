//! `Context.run`: a call in a context, which is left again however the call ends.

use crate::object::contextvars::{self, ContextObject};
use crate::object::exception::Exception;
use crate::object::frame::Then;
use crate::object::heap::Ref;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

impl Vm {
    /// `context.run(callable, *args, **keywords)`
    pub fn run_in_context(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let [context, positional, keywords] = args else { unreachable!("run has three parameters") };
        let slots = [*context, Value::UNBOUND, *positional, *keywords];
        self.start_machine(Machine::ContextRun, &slots, then, destination)
    }

    // slots: 0 the context, 1 the one before, 2 what is called and its arguments, 3 keywords
    pub(super) fn step_context_run(&mut self, input: Input) -> Next {
        let context: Ref<ContextObject> = self.slot(0).get().expect("the receiver was checked");
        if let Input::Start = input {
            let positional = Vm::tuple_items(self.slot(2));
            let Some((&callable, positional)) = positional.split_first() else {
                let stop = self.cx.type_error("run() missing 1 required positional argument");
                return self.raise_next(stop);
            };
            match contextvars::enter(&mut self.cx, context) {
                Ok(before) => self.set_slot(1, before),
                Err(stop) => return self.raise_next(stop),
            }
            return Next::Called(self.call_with(callable, positional, self.slot(3), Then::Machine, 0));
        }
        let before = self.slot(1);
        contextvars::leave(&mut self.cx, context, before);
        match input {
            Input::Error(exception) => Next::Raise(exception),
            Input::End(value) => Next::Raise(Exception::stop_iteration(&mut self.cx, value)),
            Input::Value(value) => Next::Return(value),
            Input::Start => unreachable!("started once"),
        }
    }
}
