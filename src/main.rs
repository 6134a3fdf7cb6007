//! The command line: what to run and how, and the exit status.

use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;

use corolang::command_line;
use corolang::command_line::files::{check_output, misplaced_option, misspelt_command, read};
use corolang::compiler::compile::{Options, compile};
use corolang::diagnostic::{Diagnostic, render};
use corolang::interpreter::{Interpreter, Settings};
use corolang::object::memory::{self, Counting};
use corolang::object::os_error::words;
use corolang::object::output::{print_whole, report};
use corolang::object::signals;
use corolang::repl::session::Look;
use corolang::source::Source;
use corolang::syntax::ast::Mode;
use corolang::syntax::parser::parse;
use corolang::timeline::output::Output;
use lexopt::prelude::*;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is to be done.
#[allow(clippy::large_enum_variant, reason = "there is one command in a process")]
enum Command {
    Run(Script, Settings),
    /// A prompt, after the script if there is one.
    Prompt(Option<Script>, Settings),
    Check(Vec<String>),
    Disassemble(String),
    Ask(u32),
    Print(String),
}

/// Where the program comes from.
enum Script {
    File(String),
    StandardInput,
    Code(String),
    Module(String),
}

fn main() -> ExitCode {
    restore_closed_pipe_signal();
    memory::keep_freed();
    match parse_arguments(lexopt::Parser::from_env()) {
        Ok(Command::Print(text)) => print(&text),
        Ok(Command::Check(files)) => check(&files),
        Ok(Command::Disassemble(file)) => disassemble(&file),
        Ok(Command::Ask(process)) => ask(process),
        Ok(Command::Run(script, settings)) => run(script, settings),
        Ok(Command::Prompt(script, settings)) => prompt(script, settings),
        Err(message) => {
            tell(&format!("{message}\nTry 'corolang --help'."));
            ExitCode::from(2)
        }
    }
}

/// Prints what was asked for, or says why it cannot: the exit status.
fn print(text: &str) -> ExitCode {
    match print_whole(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("can't write the output: {}", words(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Says something of the command itself.
fn tell(message: &str) {
    report(&format!("corolang: {message}\n"));
}

/// A closed pipe ends this program quietly, as it ends other tools; while a script runs `object::output` sees to that.
#[cfg(unix)]
#[allow(unsafe_code)]
fn restore_closed_pipe_signal() {
    // SAFETY: setting the default action of a signal before anything else runs.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

#[cfg(not(unix))]
fn restore_closed_pipe_signal() {}

fn parse_arguments(mut parser: lexopt::Parser) -> Result<Command, String> {
    let mut settings = Settings { warnings: warnings_of_environment(), ..Settings::default() };
    let mut is_interactive = false;
    let mut words = 0;
    loop {
        let argument = parser.next().map_err(|error| error.to_string())?;
        match argument {
            None if is_interactive || words == 0 && std::io::stdin().is_terminal() => {
                return Ok(Command::Prompt(None, with_arguments(settings, "", vec![])));
            }
            None if words == 0 => {
                return Ok(Command::Run(Script::StandardInput, with_arguments(settings, "-", vec![])));
            }
            None => return Err("run takes a FILE".to_string()),
            Some(Short('h') | Long("help")) => return Ok(Command::Print(command_line::help())),
            Some(Short('V') | Long("version")) => {
                return Ok(Command::Print(format!("corolang {}\n", env!("CARGO_PKG_VERSION"))));
            }
            Some(Short('i') | Long("interactive")) => is_interactive = true,
            Some(Long("gc-stress")) => settings.gc_stress = true,
            Some(Long("virtual-time")) => settings.virtual_time = true,
            Some(Long("fuel")) => settings.fuel = Some(number(&mut parser, "fuel")?.max(1)),
            Some(Long("max-steps")) => settings.max_steps = Some(number(&mut parser, "max-steps")?),
            Some(Long("timeline")) => settings.timeline = Some(output(&mut parser, "timeline")?),
            Some(Long("trace")) => settings.trace = Some(output(&mut parser, "trace")?),
            Some(Long("seed")) => settings.seed = Some(number(&mut parser, "seed")?),
            Some(Long("profile")) => settings.profile = Some(output(&mut parser, "profile")?),
            Some(Long("connect-to")) => settings.redirects.push(text(parser.value())?.parse()?),
            Some(Long("max-memory")) => {
                let text = text(parser.value())?;
                settings.max_memory = Some(size(&text).ok_or_else(|| format!("'{text}' is no size"))?);
            }
            Some(Short('W')) => settings.warnings.push(text(parser.value())?),
            Some(Short('c')) => {
                let code = text(parser.value())?;
                let settings = with_arguments(settings, "-c", rest(&mut parser)?);
                return Ok(to_run(Script::Code(code), settings, is_interactive));
            }
            Some(Short('m')) => {
                let module = text(parser.value())?;
                let settings = with_arguments(settings, "-m", rest(&mut parser)?);
                if module == "asyncio" {
                    // What it has to run is a prompt that may `await`, as any prompt here may.
                    return Ok(Command::Prompt(Some(Script::Code("import asyncio".to_string())), settings));
                }
                return Ok(to_run(Script::Module(module), settings, is_interactive));
            }
            Some(Value(word)) => {
                let word = word.into_string().map_err(|word| format!("{} is no text", word.display()))?;
                match word.as_str() {
                    "run" if words == 0 => words = 1,
                    "check" if words == 0 => {
                        let files = rest(&mut parser)?;
                        return if files.is_empty() {
                            Err("check takes a FILE or several".into())
                        } else {
                            Ok(Command::Check(files))
                        };
                    }
                    "dis" if words == 0 => {
                        let files = rest(&mut parser)?;
                        return match files.as_slice() {
                            [file] => Ok(Command::Disassemble(file.clone())),
                            _ => Err("dis takes one FILE".to_string()),
                        };
                    }
                    "man" if words == 0 => {
                        return match rest(&mut parser)?.is_empty() {
                            true => Ok(Command::Print(command_line::man())),
                            false => Err("man takes nothing".to_string()),
                        };
                    }
                    "completions" if words == 0 => {
                        let shells = rest(&mut parser)?;
                        let text = shells.first().filter(|_| shells.len() == 1);
                        return match text.and_then(|shell| command_line::completions(shell)) {
                            Some(text) => Ok(Command::Print(text)),
                            None => Err("completions takes bash, zsh or fish".to_string()),
                        };
                    }
                    "tasks" if words == 0 => {
                        let processes = rest(&mut parser)?;
                        return match processes.as_slice() {
                            [process] => Ok(Command::Ask(process.parse().map_err(|_| no_process(process))?)),
                            _ => Err("tasks takes one PID, the number of a process".to_string()),
                        };
                    }
                    "-" => {
                        let arguments = rest(&mut parser)?;
                        let settings = with_arguments(settings, "-", arguments);
                        return Ok(match is_interactive {
                            true => Command::Prompt(None, settings),
                            false => Command::Run(Script::StandardInput, settings),
                        });
                    }
                    _ => {
                        if let Some(message) = misspelt_command(&word).filter(|_| words == 0) {
                            return Err(message);
                        }
                        let arguments = rest(&mut parser)?;
                        let settings = with_arguments(settings, &word, arguments);
                        return Ok(to_run(Script::File(word), settings, is_interactive));
                    }
                }
            }
            Some(other) => return Err(unknown(&other)),
        }
    }
}

fn to_run(script: Script, settings: Settings, is_interactive: bool) -> Command {
    if is_interactive { Command::Prompt(Some(script), settings) } else { Command::Run(script, settings) }
}

/// What PYTHONWARNINGS says about warnings; options say it better.
fn warnings_of_environment() -> Vec<String> {
    let text = std::env::var("PYTHONWARNINGS").unwrap_or_default();
    text.split(',').filter(|option| !option.is_empty()).map(str::to_string).collect()
}

/// The message for an option that there is not, with the one that was perhaps meant.
fn unknown(argument: &lexopt::Arg<'_>) -> String {
    let known = command_line::CHOICES.iter().map(|choice| choice.long).filter(|name| !name.is_empty());
    match argument {
        Long(name) => match corolang::text::suggest::closest(name, known) {
            Some(near) => format!("unknown option '--{name}': did you mean '--{near}'?"),
            None => format!("unknown option '--{name}'"),
        },
        Short(letter) => format!("unknown option '-{letter}'"),
        Value(word) => format!("unexpected argument '{}'", word.display()),
    }
}

fn with_arguments(mut settings: Settings, first: &str, rest: Vec<String>) -> Settings {
    settings.arguments = vec![first.to_string()];
    settings.arguments.extend(rest);
    settings
}

fn text(value: Result<std::ffi::OsString, lexopt::Error>) -> Result<String, String> {
    let value = value.map_err(|error| match error {
        lexopt::Error::MissingValue { option: Some(option) } => format!("{option} takes {}", operand(&option)),
        error => error.to_string(),
    })?;
    value.into_string().map_err(|value| format!("{} is no text", value.display()))
}

/// What an option takes, in words.
fn operand(option: &str) -> &'static str {
    let name = option.trim_start_matches('-');
    match command_line::CHOICES.iter().find(|choice| choice.long == name).map(|choice| choice.operand) {
        Some("FILE") => "a FILE to write to",
        Some("N") => "a number",
        Some(operand) => operand,
        None if name == "c" => "the text of a program",
        None if name == "m" => "the name of a module",
        None => "something",
    }
}

/// The name of a file that an option writes.
fn output(parser: &mut lexopt::Parser, option: &str) -> Result<String, String> {
    let file = text(parser.value())?;
    check_output(option, &file).map(|()| file)
}

fn no_process(word: &str) -> String {
    match word.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("there is no process {word}"),
        false => format!("tasks takes the number of a process, not '{word}'"),
    }
}

fn number(parser: &mut lexopt::Parser, option: &str) -> Result<u64, String> {
    let value = text(parser.value())?;
    value.parse().map_err(|_| format!("--{option} takes a number, not '{value}'"))
}

/// Everything after the script, as it stands.
fn rest(parser: &mut lexopt::Parser) -> Result<Vec<String>, String> {
    let arguments = parser.raw_args().map_err(|error| error.to_string())?;
    arguments.map(|argument| text(Ok(argument))).collect()
}

/// Runs the script, if there is one, and then what is entered.
fn prompt(script: Option<Script>, mut settings: Settings) -> ExitCode {
    settings.colour = use_colour();
    settings.path = search_path(script.as_ref().unwrap_or(&Script::StandardInput));
    let (name, text) = match script.as_ref().map(|script| program(script, &mut settings.path)).transpose() {
        Ok(program) => program.unwrap_or_default(),
        Err(message) => {
            tell(&message);
            return ExitCode::from(2);
        }
    };
    let is_typed = std::io::stdin().is_terminal();
    let is_shown = std::io::stdout().is_terminal();
    let is_dumb = std::env::var_os("TERM").is_none_or(|value| value.is_empty() || value == "dumb");
    let look = Look { is_typed, can_edit: is_typed && is_shown && !is_dumb, colour: is_shown && settings.colour };
    signals::leave_failures_to_writers();
    signals::watch();
    let mut interpreter = Interpreter::new(settings);
    let ran = match &script {
        Some(Script::Module(module)) => interpreter.run_module_before_session(module),
        Some(_) => interpreter.run_before_session(&name, &text),
        None => Ok(()),
    };
    let status = match ran {
        Ok(()) => corolang::repl::session::run(&mut interpreter, look),
        Err(status) => status,
    };
    std::process::exit(status)
}

/// Bytes of `50M` and the like.
fn size(text: &str) -> Option<usize> {
    let text = text.trim_end_matches(['B', 'b']);
    let (digits, factor) = match text.chars().last()? {
        'k' | 'K' => (&text[..text.len() - 1], 1 << 10),
        'm' | 'M' => (&text[..text.len() - 1], 1 << 20),
        'g' | 'G' => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    digits.parse::<usize>().ok()?.checked_mul(factor)
}

fn use_colour() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}

fn check(files: &[String]) -> ExitCode {
    let mut status = ExitCode::SUCCESS;
    for file in files {
        match read(file) {
            Ok(text) => {
                let source = Rc::new(Source::new(file, &text));
                for error in errors(&source) {
                    report(&render(&error, &source, use_colour()));
                    status = ExitCode::FAILURE;
                }
            }
            Err(message) => {
                tell(&message);
                status = ExitCode::from(2);
            }
        }
    }
    status
}

/// All errors of syntax and compilation.
fn errors(source: &Rc<Source>) -> Vec<Diagnostic> {
    let options = Options { top_level_await: true, ..Options::default() };
    match parse(source, Mode::Module) {
        Ok(module) => compile(&module, source, options).err().unwrap_or_default(),
        Err(errors) => errors,
    }
}

fn disassemble(file: &str) -> ExitCode {
    let text = match read(file) {
        Ok(text) => text,
        Err(message) => {
            tell(&message);
            return ExitCode::from(2);
        }
    };
    let source = Rc::new(Source::new(file, &text));
    let options = Options { top_level_await: true, ..Options::default() };
    let code = parse(&source, Mode::Module).and_then(|module| compile(&module, &source, options));
    match code {
        Ok(code) => print(&corolang::bytecode::disassembler::disassemble(&code)),
        Err(errors) => {
            for error in errors {
                report(&render(&error, &source, use_colour()));
            }
            ExitCode::FAILURE
        }
    }
}

/// Prints what another process that runs a program does, as that process tells it.
fn ask(process: u32) -> ExitCode {
    match corolang::inquiry::ask(process) {
        Ok(tree) => print(&tree),
        Err(message) => {
            tell(&message);
            ExitCode::FAILURE
        }
    }
}

/// The name and the text of a program. That of a folder is its `__main__`, which finds its modules beside it.
fn program(script: &Script, path: &mut [String]) -> Result<(String, String), String> {
    match script {
        Script::File(file) if Path::new(file).is_dir() => {
            path[0] = file.clone();
            let main = ["__main__.co", "__main__.py"].map(|name| Path::new(file).join(name));
            match main.iter().find(|path| path.is_file()) {
                Some(path) => read(&path.to_string_lossy()).map(|text| (path.to_string_lossy().into_owned(), text)),
                None => {
                    Err(format!("can't find '__main__' module in '{file}', which is a folder: __main__.co is missing"))
                }
            }
        }
        Script::File(file) => read(file).map(|text| (file.clone(), text)),
        Script::StandardInput => read("-").map(|text| ("<stdin>".to_string(), text)),
        Script::Code(code) => Ok(("<string>".to_string(), code.clone())),
        Script::Module(_) => Ok((String::new(), String::new())),
    }
}

fn run(script: Script, mut settings: Settings) -> ExitCode {
    settings.colour = use_colour();
    settings.path = search_path(&script);
    let (name, text) = match program(&script, &mut settings.path) {
        Ok(program) => program,
        Err(message) => {
            tell(&message);
            return ExitCode::from(2);
        }
    };
    if let Script::File(file) = &script
        && let Some(hint) = misplaced_option(file, &text, &settings.arguments[1..])
    {
        tell(&hint);
    }
    let profile = match settings.profile.as_ref().map(|file| (file, std::fs::File::create(file))) {
        Some((file, Err(error))) => {
            tell(&format!("can't write the profile to '{file}': {}", words(&error)));
            return ExitCode::from(2);
        }
        Some((_, Ok(file))) => Some(file),
        None => None,
    };
    signals::leave_failures_to_writers();
    signals::watch();
    if settings.profile.is_some() || settings.timeline.is_some() || settings.trace.is_some() {
        signals::watch_last();
    }
    let timeline = settings.timeline.as_deref().map(Output::timeline);
    let trace = settings.trace.as_deref().map(Output::trace);
    let outputs: Result<Vec<Output>, String> = timeline.into_iter().chain(trace).collect();
    let outputs = match outputs {
        Ok(outputs) => outputs,
        Err(message) => {
            tell(&message);
            return ExitCode::from(2);
        }
    };
    let mut interpreter = Interpreter::new(settings);
    if let Some(file) = profile {
        interpreter.vm.start_profile(file);
    }
    let status = match script {
        Script::Module(ref module) => interpreter.run_module(module),
        _ => interpreter.run_main(&name, &text),
    };
    if let Err(error) = interpreter.vm.write_profile() {
        tell(&format!("the profile could not be written: {}", words(&error)));
    }
    if let Some(recording) = interpreter.take_recording(&name) {
        for output in outputs {
            if let Err(message) = output.write(&recording) {
                tell(&message);
            }
        }
    }
    if let Some(number) = interpreter.vm.cx.signals.ended_by.get() {
        signals::end_by(number);
    }
    // Not by way of `ExitCode`: nothing of the heap needs to be freed.
    std::process::exit(status)
}

/// Where modules are looked for: the script's folder, then COROLANG_PATH.
fn search_path(script: &Script) -> Vec<String> {
    let own = match script {
        Script::File(file) => {
            Path::new(file).parent().map_or_else(String::new, |folder| folder.to_string_lossy().into_owned())
        }
        Script::Module(_) => std::env::current_dir().map_or_else(|_| String::new(), |path| path.display().to_string()),
        _ => String::new(),
    };
    let more = std::env::var_os("COROLANG_PATH").unwrap_or_default();
    let more = std::env::split_paths(&more).map(|path| path.to_string_lossy().into_owned());
    std::iter::once(own).chain(more.filter(|path| !path.is_empty())).collect()
}
