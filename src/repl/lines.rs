//! Input line by line, where there is no terminal that text can be edited on: the lines come from the standard input
//! of the program, which shares what it has read with `input()`.

use crate::interpreter::{Failure, Interpreter};
use crate::object::exception::Exception;
use crate::object::output;
use crate::object::string::Str;
use crate::repl::input::{self, State};

/// The standard input.
const DESCRIPTOR: i32 = 0;

/// What was read.
pub enum Entered {
    /// A complete input, or what there was before the end.
    Text(String),
    /// Nothing more comes.
    End,
}

/// Reads an input. The prompts go where messages go.
pub fn read(interpreter: &mut Interpreter, first: &str, second: &str) -> Result<Entered, Failure> {
    let (mut text, mut state) = (String::new(), State::Open);
    loop {
        interpreter.flush();
        output::report(if text.is_empty() { first } else { second });
        // A signal that comes just before a read would not end it, but it ends this.
        if !output::is_input_ahead(&interpreter.vm.cx) {
            interpreter.rest(DESCRIPTOR)?;
        }
        let line = interpreter.call("repl_line", &[])?;
        if line.is::<Exception>() {
            return Err(interpreter.fail(line));
        }
        let Some(line) = line.get::<Str>().map(|line| line.text().into_owned()) else {
            return Ok(if text.is_empty() { Entered::End } else { Entered::Text(text) });
        };
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line.trim_end_matches(['\n', '\r']));
        // A line inside of a block does not end it, so a long block is not read again for each of its lines.
        if state == State::Block && line.starts_with([' ', '\t']) && !line.trim().is_empty() {
            continue;
        }
        state = input::state(&text);
        if state == State::Complete {
            return Ok(Entered::Text(text));
        }
    }
}
