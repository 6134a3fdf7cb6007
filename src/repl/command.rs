//! The commands of the REPL, which begin with a colon and so can be no statements.

use std::rc::Rc;

use crate::bytecode::disassembler::disassemble;
use crate::interpreter::{Failure, Interpreter};
use crate::object::output;
use crate::source::Source;
use crate::syntax::ast::Mode;
use crate::text::suggest::closest;

/// What a command takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Expression,
    File,
}

/// The commands: name, what it takes, what it is called in the help, and what it does.
const COMMANDS: [(&str, Takes, &str, &str); 7] = [
    ("help", Takes::Nothing, "", "show this"),
    ("doc", Takes::Expression, "NAME", "show the signature and the documentation of something, as help(NAME) does"),
    ("dis", Takes::Expression, "NAME", "show the instructions of a function, or of an expression"),
    ("tasks", Takes::Nothing, "", "show what all threads, greenlets and tasks do, and what each waits for"),
    ("time", Takes::Expression, "CODE", "run code many times and show the best time and the mean"),
    ("load", Takes::File, "FILE", "run a file as if it were typed here"),
    ("quit", Takes::Nothing, "", "leave, as exit and Ctrl-D do"),
];

const ABOUT: &str = "\
Type statements and expressions: the value of an expression is printed, and kept as _.
A block ends with an empty line. await works here, and tasks go on while you type.

  Tab         complete a name, attribute, module or command; indent an empty line
  Alt-Enter   begin a new line in any case
  Up, Ctrl-R  earlier inputs; search in them
  Ctrl-C      stop what runs; clear the line
  Ctrl-D      leave

A pasted block may be indented, and a pasted transcript may have its >>> and ... prompts.
";

/// The names of the commands.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.0)
}

fn takes(name: &str, what: Takes) -> bool {
    COMMANDS.iter().any(|command| command.0 == name && command.1 == what)
}

/// Is a file what the command takes?
pub fn takes_file(name: &str) -> bool {
    takes(name, Takes::File)
}

/// Is an expression what it takes?
pub fn takes_expression(name: &str) -> bool {
    takes(name, Takes::Expression)
}

/// Carries out a command; `input` names where its expression stands.
pub fn run(interpreter: &mut Interpreter, text: &str, input: &str) -> Result<(), Failure> {
    let text = text.trim().trim_start_matches(':');
    let (name, argument) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let argument = argument.trim();
    let Some(&(_, takes, shown, _)) = COMMANDS.iter().find(|command| command.0 == name) else {
        return Err(refuse(&unknown(name)));
    };
    match takes {
        Takes::Nothing if !argument.is_empty() => return Err(refuse(&format!(":{name} takes nothing"))),
        Takes::Expression | Takes::File if argument.is_empty() => {
            return Err(refuse(&format!("what? Type :{name} {shown}")));
        }
        _ => {}
    }
    match name {
        "help" => interpreter.print(&help()),
        "doc" => document(interpreter, argument, input),
        "dis" => show_instructions(interpreter, argument, input),
        "tasks" => {
            let tree = interpreter.vm.live_tree(true);
            interpreter.print(&tree)
        }
        "time" => time(interpreter, argument, input),
        "load" => load(interpreter, argument),
        _ => Err(Failure::Ended(0)),
    }
}

fn refuse(message: &str) -> Failure {
    output::report(&format!("{message}\n"));
    Failure::Reported
}

fn unknown(name: &str) -> String {
    match closest(name, names()) {
        Some(near) => format!("there is no command :{name}; did you mean :{near}?"),
        None => format!("there is no command :{name}; :help shows all of them"),
    }
}

fn help() -> String {
    let mut text = String::from(ABOUT);
    text.push('\n');
    for (name, _, takes, what) in COMMANDS {
        let usage = format!(":{name} {takes}");
        text.push_str(&format!("  {usage:<12}{what}\n"));
    }
    text
}

fn document(interpreter: &mut Interpreter, name: &str, input: &str) -> Result<(), Failure> {
    let source = Rc::new(Source::new(input, name));
    interpreter.check(&source, Mode::Expression)?;
    let name = interpreter.vm.cx.str(name);
    interpreter.call("repl_doc", &[name]).map(drop)
}

/// Instructions of what a name stands for, or where that has none those of the expression itself.
fn show_instructions(interpreter: &mut Interpreter, text: &str, input: &str) -> Result<(), Failure> {
    let source = Rc::new(Source::new(input, text));
    let own = interpreter.check(&source, Mode::Expression)?;
    let value = interpreter.evaluate(&own)?;
    let code = interpreter.code_of(value).unwrap_or(own);
    interpreter.print(&disassemble(&code))
}

fn time(interpreter: &mut Interpreter, text: &str, input: &str) -> Result<(), Failure> {
    let source = Rc::new(Source::new(input, text));
    interpreter.check(&source, Mode::Module)?;
    let event_loop = interpreter.session_loop();
    let text = interpreter.vm.cx.str(text);
    interpreter.call("repl_time", &[event_loop, text]).map(drop)
}

fn load(interpreter: &mut Interpreter, file: &str) -> Result<(), Failure> {
    let text = crate::command_line::files::read_file(file).map_err(|message| refuse(&message))?;
    interpreter.run_file(&Rc::new(Source::new(file, &text)))
}
