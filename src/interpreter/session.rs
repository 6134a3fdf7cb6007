//! Sessions: inputs run one after the other in one `__main__`, with an event loop that rests between them.
//!
//! While the loop rests it counts as running, so that an input can make tasks; but `asyncio.run` and other loops may
//! run all the same. What it has to do it does when an input awaits, and while the next one is waited for.

use std::rc::Rc;

use super::{End, Interpreter, MODULE, Unparsed, compile_text};
use crate::bytecode::code::{Code, CodeKind};
use crate::compiler::compile::{FUTURE_ANNOTATIONS, Options, compile};
use crate::diagnostic::Diagnostic;
use crate::modules::asyncio::event_loop::make_resting;
use crate::modules::traceback::INPUTS;
use crate::object::dict::Dict;
use crate::object::event_loop::EventLoop;
use crate::object::frame::Then;
use crate::object::function::{CodeObject, Function, Method};
use crate::object::generator::Generator;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::source::Source;
use crate::syntax::ast::{self, Mode, StatementKind};
use crate::syntax::parser::parse;

/// Why an input did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was wrong or raised something, which has been shown.
    Reported,
    /// The session ends, with this exit status.
    Ended(i32),
}

impl From<Unparsed> for Failure {
    fn from(_: Unparsed) -> Failure {
        Failure::Reported
    }
}

/// The keys of `Context::module_state` under which a session keeps its main module and its loop.
const MAIN: &str = "session.main";
const LOOP: &str = "session.loop";

impl Interpreter {
    /// Runs a text as the main program that a session follows. Err is the exit status of a limit.
    pub fn run_before_session(&mut self, name: &str, text: &str) -> Result<(), i32> {
        match self.run_text(name, text) {
            Ok(result) => self.leave_open(result),
            Err(Unparsed) => Ok(()),
        }
    }

    /// The same with a module found by its name.
    pub fn run_module_before_session(&mut self, name: &str) -> Result<(), i32> {
        let result = self.run_named(name);
        self.leave_open(result)
    }

    /// What a program left unfinished stays so, and not even SystemExit ends the process.
    fn leave_open(&mut self, result: Result<Value, End>) -> Result<(), i32> {
        let result = match result {
            Err(End::Raised(exception)) => self.call_half("report_exception", &[exception]),
            result => result,
        };
        match result {
            Err(End::Stopped(status)) => Err(status),
            _ => Ok(()),
        }
    }

    /// Begins a session, in the `__main__` of the program that ran before, if one did.
    pub fn begin_session(&mut self) -> Result<(), Failure> {
        self.driver.outlives_deadlocks = true;
        let main = self.module("__main__").unwrap_or_else(|| self.make_main());
        self.vm.cx.module_state.insert(MAIN, main.value());
        let inputs = self.vm.cx.new_dict();
        self.vm.cx.module_state.insert(INPUTS, inputs.value());
        self.call("repl_begin", &[]).map(drop)
    }

    /// Ends it: tasks are cancelled, and then all is as at the end of a program. The exit status.
    pub fn end_session(&mut self, status: i32) -> i32 {
        let event_loop = self.session_loop();
        match self.call("repl_end", &[event_loop]) {
            Err(Failure::Ended(status)) => status,
            _ => self.finish(status).unwrap_or_else(|status| status),
        }
    }

    /// The loop of the session; another one if a script has closed it. It is the one that counts.
    pub fn session_loop(&mut self) -> Value {
        let cx = &mut self.vm.cx;
        let kept = cx.module_state.get(LOOP).and_then(|kept| kept.get::<EventLoop>());
        let event_loop = kept.filter(|kept| !kept.is_closed.get()).unwrap_or_else(|| make_resting(cx)).value();
        cx.module_state.insert(LOOP, event_loop);
        cx.running.event_loop = event_loop;
        cx.running.task = Value::NONE;
        if cx.running.set_loop.get::<EventLoop>().is_none_or(|set_loop| set_loop.is_closed.get()) {
            cx.running.set_loop = event_loop;
        }
        event_loop
    }

    fn session_main(&self) -> Ref<Module> {
        let main = self.vm.cx.module_state.get(MAIN).and_then(|main| main.get());
        main.expect("a session has a main module")
    }

    /// Is there a variable of this name?
    pub fn has_variable(&mut self, name: &str) -> bool {
        let name = self.vm.cx.intern(name);
        self.session_main().dict().get_interned(name).is_some()
    }

    // ----- running

    /// Runs an input, statement by statement; what the last one is worth is printed, if it is an expression.
    pub fn run_input(&mut self, source: &Rc<Source>) -> Result<(), Failure> {
        self.remember(source);
        let compiled = self.compile_input(source);
        for code in self.unless_wrong(compiled, source)? {
            self.run_code(&code)?;
        }
        Ok(())
    }

    /// Runs a file as if it were an input.
    pub fn run_file(&mut self, source: &Rc<Source>) -> Result<(), Failure> {
        let compiled = compile_text(source, MODULE);
        let code = self.unless_wrong(compiled, source)?;
        self.run_code(&code).map(drop)
    }

    /// Keeps the text of an input for tracebacks.
    fn remember(&mut self, source: &Source) {
        let cx = &mut self.vm.cx;
        let (name, text) = (cx.intern(&source.name), cx.str(&source.text));
        if let Some(inputs) = cx.module_state.get(INPUTS).and_then(|inputs| inputs.get::<Dict>()) {
            inputs.set_interned(name, text);
        }
    }

    /// Compiles a text without running it; what is wrong with it is printed.
    pub fn check(&mut self, source: &Rc<Source>, mode: Mode) -> Result<Rc<Code>, Failure> {
        let compiled = compile_text(source, Options { mode, ..MODULE });
        self.remember(source);
        Ok(self.unless_wrong(compiled, source)?)
    }

    /// What an expression is worth.
    pub fn evaluate(&mut self, code: &Rc<Code>) -> Result<Value, Failure> {
        self.run_code(code)
    }

    /// The statements of an input, each by itself: only those that await are run by the loop.
    fn compile_input(&mut self, source: &Rc<Source>) -> Result<Vec<Rc<Code>>, Vec<Diagnostic>> {
        let ast::Module { body, mut warnings } = parse(source, Mode::Module)?;
        let (count, mut codes) = (body.len(), Vec::new());
        for (index, statement) in body.into_iter().enumerate() {
            if is_future_annotations(&statement) {
                self.flags |= FUTURE_ANNOTATIONS;
            }
            let mode = if index + 1 == count { Mode::Interactive } else { Mode::Module };
            let module = ast::Module { body: vec![statement], warnings: std::mem::take(&mut warnings) };
            let options = Options { mode, flags: self.flags, ..MODULE };
            codes.push(compile(&module, source, options)?);
        }
        Ok(codes)
    }

    fn run_code(&mut self, code: &Rc<Code>) -> Result<Value, Failure> {
        let event_loop = self.session_loop();
        let dict = self.session_main().dict();
        let function = self.vm.module_function(code, dict);
        let flow = match code.kind {
            CodeKind::AsyncModule => {
                let coroutine = self.vm.make_generator(function, &[]);
                let name = self.vm.cx.str(code.source.name.trim_matches(['<', '>']));
                self.vm.call_half("repl_await", &[event_loop, coroutine, name], Then::Finish, 0)
            }
            _ => self.vm.run_module_function(function, Then::Finish, 0),
        };
        let result = self.driver.drive(&mut self.vm, flow);
        self.settle(result)
    }

    /// Calls a script half.
    pub fn call(&mut self, half: &str, args: &[Value]) -> Result<Value, Failure> {
        let result = self.call_half(half, args);
        self.settle(result)
    }

    /// A result, or what its lack means for the session: exceptions are shown.
    fn settle(&mut self, result: Result<Value, End>) -> Result<Value, Failure> {
        result.map_err(|end| match end {
            End::Stopped(status) => Failure::Ended(status),
            End::Raised(exception) => self.fail(exception),
        })
    }

    /// Shows an exception, and what that means for the session.
    pub fn fail(&mut self, exception: Value) -> Failure {
        if !self.vm.cx.is_instance(exception, LayoutId::SYSTEM_EXIT) {
            // It stays as sys.last_exc also where it cannot be shown.
            let _ = self.call_half("repl_failed", &[exception]);
        }
        match self.report(exception) {
            Ok(shown) if shown.is_last => Failure::Ended(shown.status),
            Ok(_) => Failure::Reported,
            Err(status) => Failure::Ended(status),
        }
    }

    // ----- between inputs

    /// Is there anything but inputs that could have something to do: tasks, threads, handlers of signals?
    pub fn has_others(&mut self) -> bool {
        let has_threads = self.vm.cx.threads.are_several() || self.vm.cx.signals.are_expected();
        has_threads || self.module("asyncio").is_some()
    }

    /// Lets others run until a descriptor can be read from.
    pub fn rest(&mut self, descriptor: i32) -> Result<(), Failure> {
        let event_loop = self.session_loop();
        self.call("repl_rest", &[event_loop, Value::small(descriptor as i64)]).map(drop)
    }

    /// The prompts, `sys.ps1` and `sys.ps2` as text; without those if showing them fails.
    pub fn prompts(&mut self) -> Result<(String, String), Failure> {
        let prompts = match self.call("repl_prompts", &[]) {
            Ok(prompts) => prompts,
            Err(Failure::Reported) => return Ok((">>> ".into(), "... ".into())),
            Err(ended) => return Err(ended),
        };
        let prompts = prompts.get::<List>().map_or_else(Vec::new, |prompts| prompts.to_vec());
        let text = |index: usize| {
            let prompt = prompts.get(index).and_then(|prompt| prompt.get::<Str>());
            prompt.map_or_else(String::new, |prompt| prompt.text().into_owned())
        };
        Ok((text(0), text(1)))
    }

    /// Loads a module of the library.
    pub fn import(&mut self, module: &str) -> Result<(), Failure> {
        let module = self.vm.cx.str(module);
        self.call("repl_import", &[module]).map(drop)
    }

    /// Prints a text, as a program would.
    pub fn print(&mut self, text: &str) -> Result<(), Failure> {
        let text = self.vm.cx.str(text);
        self.call("repl_print", &[text]).map(drop)
    }

    /// The code of a function, method, generator or code object.
    pub fn code_of(&self, value: Value) -> Option<Rc<Code>> {
        if let Some(method) = value.get::<Method>() {
            return self.code_of(method.function);
        }
        if let Some(generator) = value.get::<Generator>() {
            return Some(generator.function.code.get().code.clone());
        }
        let code = value.get::<Function>().map(|function| function.code.get()).or_else(|| value.get::<CodeObject>())?;
        Some(code.code.clone())
    }
}

/// `from __future__ import annotations`, which holds for all inputs that follow.
fn is_future_annotations(statement: &ast::Statement) -> bool {
    match &statement.kind {
        StatementKind::ImportFrom { module, level: 0, names } => {
            &**module == "__future__" && names.iter().any(|alias| &*alias.name == "annotations")
        }
        _ => false,
    }
}
