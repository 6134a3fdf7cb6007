//! Tracing: what `sys.settrace` is told of, between two instructions of the loop that looks before each.
//!
//! Calls are told to the function that was set, and what that answers is told of lines, exceptions and the end of
//! the frame. Frames of script halves are not told of, nor is what a trace function does.
#![allow(unsafe_code)]

use crate::bytecode::instruction::{Instruction, Opcode};
use crate::object::exception::Exception;
use crate::object::frame::{FrameObject, Then};
use crate::object::heap::Ref;
use crate::object::native::Request;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Outcome, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// What of the end of the current frame a trace function has been told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Neither of these.
    Nothing,
    /// The exception that is on its way.
    Exception,
    /// That it returns.
    Return,
}

impl Vm {
    /// `sys.settrace`
    pub fn set_tracer(&mut self, function: Value, then: Then, destination: u16) -> Flow {
        let was_on = !self.tracer.is_none();
        self.tracer = function;
        self.trace_depth = self.depth();
        if was_on || function.is_none() {
            return Flow::Done(Value::NONE);
        }
        // The loop is left and entered again, so that the one that traces takes over.
        self.awaiting = Some((then, destination));
        self.outcome = Some(Outcome::Suspended(Request::Fuel));
        Flow::Leave
    }

    /// Before an instruction of the current frame: None when there is nothing to tell, or nothing more.
    #[cold]
    pub fn trace_instruction(&mut self) -> Option<Flow> {
        if self.is_telling {
            return None;
        }
        let depth = self.depth();
        let has_entered = depth > self.trace_depth;
        self.trace_depth = depth;
        let function = self.top().function?;
        if function.is_hidden.get() {
            return None;
        }
        let code = self.top().code();
        let word = self.next_word();
        if has_entered {
            if let (true, Some(object)) = (word > 0, self.traced_frame()) {
                // A generator goes on in the line it was in.
                object.traced_line.set(code.code.line(word as u32 - 1));
            }
            return Some(self.tell("call", Value::NONE, self.tracer));
        }
        let instruction = Instruction(code.instructions[word].get());
        let ends = matches!(instruction.opcode(), Opcode::Return | Opcode::Yield);
        let Some(object) = self.traced_frame() else {
            self.trace_depth -= ends as usize;
            return None;
        };
        match instruction.opcode() {
            Opcode::JumpBack => object.traced_line.set(0),
            Opcode::Jump | Opcode::MakeCell => {}
            _ => {
                let line = code.code.line(word as u32);
                if line != object.traced_line.replace(line) {
                    return Some(self.tell("line", Value::NONE, object.trace.get()));
                }
            }
        }
        if ends {
            if self.told != Told::Return {
                self.told = Told::Return;
                let register = if instruction.opcode() == Opcode::Return { instruction.b() } else { instruction.c() };
                let value = self.register(register);
                return Some(self.tell("return", value, object.trace.get()));
            }
            self.told = Told::Nothing;
            self.trace_depth -= 1;
        }
        None
    }

    /// While an exception leaves the current frame, or is about to be handled there: None when all is told.
    #[cold]
    pub fn trace_exception(&mut self) -> Option<Flow> {
        if self.is_telling {
            return None;
        }
        let word = self.current_word();
        let code = self.top().code();
        let is_handled = code.code.handlers.iter().any(|handler| handler.start <= word && word < handler.end);
        let traced = self.traced_frame();
        let (Some(object), false) = (traced, self.told == Told::Return || is_handled && self.told == Told::Exception)
        else {
            self.told = Told::Nothing;
            self.trace_depth = self.depth() - !is_handled as usize;
            return None;
        };
        let exception = self.take_raising();
        let flow = match self.told {
            Told::Exception => {
                self.told = Told::Return;
                self.tell_with("return", Value::NONE, object.trace.get(), exception)
            }
            _ => {
                self.told = Told::Exception;
                let class = self.cx.class_of(exception).value();
                let traceback = exception.get::<Exception>().map_or(Value::NONE, |body| body.traceback.get());
                let argument = self.cx.tuple(&[class, exception, traceback]);
                self.tell_with("exception", argument, object.trace.get(), exception)
            }
        };
        Some(flow)
    }

    /// The object of the current frame, if somebody is told of it.
    fn traced_frame(&self) -> Option<Ref<FrameObject>> {
        let object = match self.top().generator {
            Some(generator) => generator.frame(),
            None => self.top().extra,
        };
        object.get::<FrameObject>().filter(|object| !object.trace.get().is_none())
    }

    /// The word of the instruction the current frame goes on at.
    fn next_word(&self) -> usize {
        let frame = self.top();
        // SAFETY: `pc` is inside the instructions of the frame's code.
        unsafe { frame.pc.offset_from(frame.code().instructions.as_ptr()) as usize }
    }

    fn tell(&mut self, event: &str, argument: Value, callback: Value) -> Flow {
        self.tell_with(event, argument, callback, Value::UNBOUND)
    }

    fn tell_with(&mut self, event: &str, argument: Value, callback: Value, exception: Value) -> Flow {
        let word = self.next_word();
        let object = self.frame_object(self.depth() - 1);
        if exception.is_unbound() && event != "call" {
            // Meanwhile the frame says it is at the instruction that comes.
            self.top_mut().pc = self.top().pc.wrapping_add(1);
        }
        self.is_telling = true;
        let event = self.cx.intern(event);
        let slots = [callback, object, event, argument, Value::small(word as i64), exception];
        self.start_machine(Machine::Trace, &slots, Then::Discard, 0)
    }

    // slots: 0 callback, 1 frame object, 2 event, 3 argument, 4 the word the frame goes on at, 5 the exception that
    // is on its way
    pub(super) fn step_trace(&mut self, input: Input) -> Next {
        if let Input::Start = input {
            let args = [self.slot(1), self.slot(2), self.slot(3)];
            return Next::Called(self.call_plain(self.slot(0), &args, Then::Machine, 0));
        }
        self.is_telling = false;
        let object: Ref<FrameObject> = self.slot(1).get().expect("a frame object");
        let word = self.slot(4).as_small() as usize;
        // SAFETY: below a machine that traces is the frame that it tells of.
        unsafe { (*self.frame.sub(1)).pc = &object.function.code.get().instructions[word] };
        match input {
            Input::Error(problem) => {
                self.tracer = Value::NONE;
                self.told = Told::Nothing;
                object.trace.set(Value::NONE);
                Next::Raise(problem)
            }
            Input::Value(value) | Input::End(value) => {
                if !value.is_none() || self.text(self.slot(2)) == "call" {
                    object.trace.set(value);
                }
                match self.slot(5) {
                    Value::UNBOUND => Next::Return(Value::NONE),
                    exception => {
                        self.reraising = true;
                        Next::Raise(exception)
                    }
                }
            }
            Input::Start => unreachable!("it has begun"),
        }
    }
}
