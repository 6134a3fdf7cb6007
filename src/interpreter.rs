//! The whole pipeline wired once: source in, exit status out.
//!
//! Beside whole programs it runs sessions: inputs one after the other, which the REPL reads (`session`).
//!
//! An `Interpreter` owns a machine and the driver that answers what it asks of the world outside. It knows nothing of the command
//! line; `main.rs` does.

mod session;

use std::rc::Rc;

use crate::builtins;
use crate::bytecode::code::{Code, CodeKind};
use crate::compiler::compile::{Options, compile};
use crate::diagnostic::{Diagnostic, render};
use crate::event_loop::driver::{Driver, End};
use crate::object::clock::Clock;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::frame::Then;
use crate::object::generator::register_unawaited;
use crate::object::greenlet::Greenlet;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::output;
use crate::object::recorder::key;
use crate::object::redirect::{Redirect, Redirects};
use crate::object::signals;
use crate::object::timeline::{Outcome, Recording};
use crate::object::value::Value;
use crate::source::Source;
use crate::syntax::ast::Mode;
use crate::syntax::parser::parse;
use crate::vm::machine::{Flow, Limits, Vm};

pub use session::Failure;

/// How a program is run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `sys.argv`
    pub arguments: Vec<String>,
    /// Folders modules are looked for in, the script's first.
    pub path: Vec<String>,
    /// Collect at every safe point.
    pub gc_stress: bool,
    /// Leave the loop every so many instructions.
    pub fuel: Option<u64>,
    /// End the program after so many steps, with exit status 124.
    pub max_steps: Option<u64>,
    /// Bytes the program may allocate; MemoryError above, then exit status 137.
    pub max_memory: Option<usize>,
    /// Sleeping takes no time: the clock jumps.
    pub virtual_time: bool,
    /// Colours in messages.
    pub colour: bool,
    /// Seed of string hashes; a random one if there is none.
    pub seed: Option<u64>,
    /// How warnings are dealt with, as the options -W say it.
    pub warnings: Vec<String>,
    /// Where connections go instead of where the program wants them to go.
    pub redirects: Vec<Redirect>,
    /// Where a sampling profile of the program goes.
    pub profile: Option<String>,
    /// The program may touch nothing but its standard streams: it opens no file and there is no module of the system.
    pub closed: bool,
    /// Where the timeline is to be written, as a page or text. The interpreter only records it, for `take_recording`.
    pub timeline: Option<String>,
    /// Likewise, as a trace.
    pub trace: Option<String>,
}

impl Settings {
    fn is_recorded(&self) -> bool {
        self.timeline.is_some() || self.trace.is_some()
    }
}

/// Exit status of a program that used up its memory.
pub const MEMORY_USED_UP: i32 = 137;

/// Exit status of a program whose output could not be written.
pub const OUTPUT_LOST: i32 = 120;

/// A machine and the world it runs in.
pub struct Interpreter {
    /// The machine.
    pub vm: Vm,
    driver: Driver,
    settings: Settings,
    /// How the inputs of a session are compiled, as `Options::flags`.
    flags: u32,
}

impl Interpreter {
    /// An interpreter with the built-ins in place and `__main__` empty.
    pub fn new(settings: Settings) -> Interpreter {
        let seed = settings.seed.unwrap_or_else(random_seed);
        let mut cx = Context::new((seed, seed.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15));
        cx.running.order = settings.seed;
        cx.threads.order = settings.seed;
        cx.clock = Clock::new(settings.virtual_time);
        cx.redirects = Redirects::new(settings.redirects.clone());
        cx.descriptors.minds_far_ends.set(settings.virtual_time);
        builtins::install(&mut cx);
        crate::modules::weakref::install(&mut cx);
        crate::modules::contextvars::install(&mut cx);
        crate::modules::io::install(&mut cx);
        let limits = Limits {
            gc_stress: settings.gc_stress,
            fuel: settings.fuel,
            max_steps: settings.max_steps,
            max_memory: settings.max_memory,
        };
        if let Some(limit) = settings.max_memory {
            crate::object::memory::set_limit(limit);
        }
        if settings.closed {
            crate::modules::close(&mut cx);
        }
        let vm = Vm::new(cx, limits);
        let mut interpreter = Interpreter { vm, driver: Driver::default(), settings, flags: 0 };
        if interpreter.settings.is_recorded() {
            interpreter.vm.start_recording();
        }
        interpreter.set_path();
        interpreter
    }

    fn set_path(&mut self) {
        let cx = &mut self.vm.cx;
        let path: Vec<Value> = self.settings.path.iter().map(|folder| cx.str(folder)).collect();
        let path = cx.list(path);
        self.vm.cx.module_state.insert("sys.path", path);
        let arguments: Vec<Value> = self.settings.arguments.iter().map(|argument| self.vm.cx.str(argument)).collect();
        let arguments = self.vm.cx.list(arguments);
        self.vm.cx.module_state.insert("sys.argv", arguments);
        let options: Vec<Value> = self.settings.warnings.iter().map(|option| self.vm.cx.str(option)).collect();
        // Which of them are of resources is known once they are read.
        self.vm.cx.tells_resources = !options.is_empty();
        let options = self.vm.cx.list(options);
        self.vm.cx.module_state.insert("sys.warnoptions", options);
    }

    /// Runs a text as the main program: its exit status.
    pub fn run_main(&mut self, name: &str, text: &str) -> i32 {
        match self.run_text(name, text) {
            Ok(result) => self.end(result),
            Err(Unparsed) => 1,
        }
    }

    /// Runs a text: its result, unless it is wrong, which is said.
    fn run_text(&mut self, name: &str, text: &str) -> Result<Result<Value, End>, Unparsed> {
        let source = Rc::new(Source::new(name, text));
        let compiled = compile_text(&source, Options { recorded: self.settings.is_recorded(), ..MODULE });
        let code = self.unless_wrong(compiled, &source)?;
        let main = self.make_main();
        if !name.starts_with('<') {
            let file = self.vm.cx.str(name);
            main.set(&mut self.vm.cx, "__file__", file);
        }
        let function = self.vm.module_function(&code, main.dict());
        let flow = match function.code.get().code.kind {
            CodeKind::AsyncModule => {
                let coroutine = self.vm.make_generator(function, &[]);
                self.vm.call_half("drive", &[coroutine], Then::Finish, 0)
            }
            _ => self.vm.run_module_function(function, Then::Finish, 0),
        };
        Ok(self.driver.drive(&mut self.vm, flow))
    }

    /// Runs a module found by its name as the main program: its exit status.
    pub fn run_module(&mut self, name: &str) -> i32 {
        let result = self.run_named(name);
        self.end(result)
    }

    fn run_named(&mut self, name: &str) -> Result<Value, End> {
        self.make_main();
        let name = self.vm.cx.str(name);
        self.call_half("run_module_as_main", &[name])
    }

    /// The exit status of a program that ran so: what it left unfinished is finished, unless a limit stopped it.
    fn end(&mut self, result: Result<Value, End>) -> i32 {
        self.record_end(&result);
        let status = match result {
            Ok(_) => Ok(0),
            Err(End::Raised(exception)) => self.report(exception).map(|shown| shown.status),
            Err(End::Stopped(status)) => Err(status),
        };
        if self.vm.cx.signals.is_ending.get() {
            signals::remind();
        }
        status.and_then(|status| self.finish(status)).unwrap_or_else(|status| status)
    }

    /// Tells the recorder, if there is one, how the program came to its end. One that exits by itself returns.
    fn record_end(&mut self, result: &Result<Value, End>) {
        let outcome = match result {
            Err(End::Raised(exception)) if !self.vm.cx.is_instance(*exception, LayoutId::SYSTEM_EXIT) => {
                Outcome::Raised(self.vm.cx.type_name(*exception))
            }
            Err(End::Stopped(_)) => return,
            _ => Outcome::Returned,
        };
        let main = key(self.vm.cx.threads.current());
        if let Some(recorder) = &mut self.vm.cx.recorder {
            recorder.finish_main(main, outcome);
        }
    }

    fn make_main(&mut self) -> Ref<Module> {
        let main = Module::allocate(&mut self.vm.cx, "__main__");
        let [name, builtins] = ["__main__", "builtins"].map(|name| self.vm.cx.intern(name));
        self.vm.cx.modules.set_interned(name, main.value());
        if let Some(builtins) = self.vm.cx.modules.get_interned(builtins) {
            main.dict().set_interned(self.vm.cx.names.__builtins__, builtins);
        }
        main
    }

    /// What was recorded of a program of this name, which has ended.
    pub fn take_recording(&mut self, program: &str) -> Option<Recording> {
        self.vm.cx.recorder.take().map(|recorder| recorder.finish(program))
    }

    /// Writes out what has been printed.
    pub fn flush(&mut self) {
        output::finish(&mut self.vm.cx);
    }

    /// Prints syntax errors: all of them, each with its place.
    pub fn report_errors(&mut self, errors: &[Diagnostic], source: &Source) {
        self.flush();
        for error in errors {
            output::report(&render(error, source, self.settings.colour));
        }
    }

    /// What was compiled, unless there are errors, which are printed.
    fn unless_wrong<T>(&mut self, compiled: Result<T, Vec<Diagnostic>>, source: &Source) -> Result<T, Unparsed> {
        compiled.map_err(|errors| {
            self.report_errors(&errors, source);
            Unparsed
        })
    }

    /// Prints an exception that nobody handled, and says what it means; Err is the exit status of a limit.
    fn report(&mut self, exception: Value) -> Result<Shown, i32> {
        self.flush();
        if self.vm.cx.is_instance(exception, LayoutId::KEYBOARD_INTERRUPT) {
            self.vm.cx.signals.is_ending.set(true);
        }
        if self.vm.cx.is_instance(exception, LayoutId::SYSTEM_EXIT) {
            return self.exit_status(exception).map(|status| Shown { status, is_last: true });
        }
        let is_out_of_memory =
            self.settings.max_memory.is_some() && self.vm.cx.is_instance(exception, LayoutId::MEMORY_ERROR);
        if is_out_of_memory {
            // What it takes to say so is granted.
            crate::object::memory::set_limit(usize::MAX);
            self.vm.limits.max_memory = None;
        }
        match self.call_half("report_exception", &[exception]) {
            Ok(_) => {}
            Err(End::Stopped(status)) => return Err(status),
            Err(End::Raised(exit)) if self.vm.cx.is_instance(exit, LayoutId::SYSTEM_EXIT) => {
                return self.exit_status(exit).map(|status| Shown { status, is_last: true });
            }
            Err(End::Raised(problem)) => {
                // Nothing of the library could be used for it, so it is shown as it is.
                let shown = self.plain_report(exception);
                output::report(&format!("Traceback (most recent call last):\n{shown}\n"));
                if cfg!(debug_assertions) || std::env::var_os("COROLANG_DEBUG").is_some() {
                    let shown = self.plain_report(problem);
                    output::report(&format!("(while showing it: {shown})\n"));
                }
            }
        }
        if self.vm.cx.is_instance(exception, LayoutId::KEYBOARD_INTERRUPT) {
            return Ok(Shown { status: signals::INTERRUPTED, is_last: false });
        }
        Ok(Shown { status: if is_out_of_memory { MEMORY_USED_UP } else { 1 }, is_last: is_out_of_memory })
    }

    /// The last line of a traceback, made without script code.
    fn plain_report(&mut self, exception: Value) -> String {
        let name = self.vm.cx.type_name(exception);
        let text = match crate::object::repr::str(&mut self.vm.cx, exception) {
            Ok(text) => crate::object::string::text_of(text),
            Err(_) => String::new(),
        };
        if text.is_empty() { name } else { format!("{name}: {text}") }
    }

    fn exit_status(&mut self, exception: Value) -> Result<i32, i32> {
        let code = exception.get::<Exception>().map_or(Value::NONE, |body| body.value.get());
        if code.is_none() {
            return Ok(0);
        }
        if let Some(status) = crate::object::integer::Int::to_i64(code) {
            return Ok(status as i32);
        }
        match self.call_half("print_exit_message", &[code]) {
            Err(End::Stopped(status)) => Err(status),
            _ => Ok(1),
        }
    }

    /// Calls a script half from outside, above whatever is there.
    fn call_half(&mut self, name: &str, args: &[Value]) -> Result<Value, End> {
        match self.vm.call_half(name, args, Then::Finish, 0) {
            Flow::Done(value) => Ok(value),
            flow => self.driver.drive(&mut self.vm, flow),
        }
    }

    /// The end of the program: what is registered for it runs, finalisers too, and output is flushed. Err is the exit
    /// status of a limit.
    fn finish(&mut self, status: i32) -> Result<i32, i32> {
        let mut status = status;
        if self.module("threading").is_some() {
            match self.call_half("join_threads", &[]) {
                Ok(_) => {}
                Err(End::Raised(exception)) => status = self.report(exception)?.status.max(status),
                Err(End::Stopped(status)) => return Err(status),
            }
        }
        if self.module("atexit").is_some() {
            match self.call_half("at_exit", &[]) {
                Ok(_) => {}
                Err(End::Raised(exception)) => status = self.report(exception)?.status.max(status),
                Err(End::Stopped(status)) => return Err(status),
            }
        }
        let last = std::mem::replace(&mut self.vm.cx.last_native_coroutine, Value::NONE);
        register_unawaited(&mut self.vm.cx, last);
        let mut left = self.vm.cx.heap.take_finalisable();
        // What greenlets have not come to is left at that.
        left.retain(|value| !value.is::<Greenlet>());
        self.vm.cx.pending_finalisers.extend(left);
        if self.vm.has_pending() {
            let flow = self.vm.run_finalisers_at_end();
            if let Err(End::Stopped(status)) = self.driver.drive(&mut self.vm, flow) {
                return Err(status);
            }
        }
        crate::modules::io::flush_all(false);
        self.flush();
        Ok(if output::is_lost() { OUTPUT_LOST } else { status })
    }

    /// The module object of a name, if it is loaded.
    pub fn module(&mut self, name: &str) -> Option<Ref<Module>> {
        let name = self.vm.cx.intern(name);
        self.vm.cx.modules.get_interned(name).and_then(|module| module.get())
    }
}

/// What an exception means that nobody handled, and that has been printed.
struct Shown {
    /// The exit status of a program that ends by it.
    status: i32,
    /// It ends a session too.
    is_last: bool,
}

/// Errors of a text have been printed.
struct Unparsed;

/// How the texts of programs are compiled.
const MODULE: Options = Options {
    mode: Mode::Module,
    namespace: false,
    top_level_await: true,
    flags: 0,
    reports_warnings: true,
    recorded: false,
};

fn compile_text(source: &Rc<Source>, options: Options) -> Result<Rc<Code>, Vec<Diagnostic>> {
    let module = parse(source, options.mode)?;
    compile(&module, source, options)
}

fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules;
    use crate::object::native::Native;

    #[test]
    fn the_signature_of_every_native_is_one() {
        let mut interpreter = Interpreter::new(Settings::default());
        let cx = &mut interpreter.vm.cx;
        for module in modules::names().filter_map(|name| modules::native(cx, name)).collect::<Vec<_>>() {
            modules::require(cx, module);
        }
        let natives: Vec<_> = cx.heap.containers().into_iter().filter_map(|value| value.get::<Native>()).collect();
        assert!(natives.len() > 2000, "{}", natives.len());
        for native in natives {
            // Panics if it cannot be read.
            native.signature(cx);
        }
    }
}
