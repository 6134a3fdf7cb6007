//! The session: prompt after prompt, each input run in `__main__`.

use std::rc::Rc;

use crate::interpreter::{Failure, Interpreter};
use crate::library::embedded;
use crate::object::output;
use crate::repl::editor::{Editor, Event};
use crate::repl::input::is_command;
use crate::repl::lines::{self, Entered};
use crate::repl::question::Question;
use crate::repl::{command, names, paste};
use crate::source::Source;

/// How a session looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Is the standard input a terminal, so that somebody types?
    pub is_typed: bool,
    /// Can text be edited there?
    pub can_edit: bool,
    /// Are there colours?
    pub colour: bool,
}

/// Runs a session to its end: the exit status.
pub fn run(interpreter: &mut Interpreter, look: Look) -> i32 {
    let editor = if look.can_edit { Editor::start(look.colour) } else { None };
    if let Some(editor) = &editor {
        let above = editor.above.clone();
        output::divert(Box::new(move |bytes| above.take(bytes)));
    }
    if look.is_typed {
        let version = env!("CARGO_PKG_VERSION");
        output::report(&format!("Corolang {version}. Type :help for help, Ctrl-D to leave.\n"));
    }
    let mut session = Session { interpreter, editor, number: 0 };
    let status = match session.interpreter.begin_session() {
        Err(Failure::Ended(status)) => status,
        _ => session.take_inputs(),
    };
    session.interpreter.end_session(status)
}

struct Session<'a> {
    interpreter: &'a mut Interpreter,
    editor: Option<Editor>,
    /// How many inputs there have been.
    number: usize,
}

impl Session<'_> {
    /// One input after the other, until the status to end with is known.
    fn take_inputs(&mut self) -> i32 {
        loop {
            let ran = match self.read() {
                Ok(Some(text)) => self.run(&text),
                Ok(None) => return 0,
                Err(failure) => Err(failure),
            };
            if let Err(Failure::Ended(status)) = ran {
                return status;
            }
        }
    }

    /// Reads an input; None at the end.
    fn read(&mut self) -> Result<Option<String>, Failure> {
        let (first, second) = self.interpreter.prompts()?;
        self.interpreter.flush();
        if let Some(editor) = &self.editor {
            return match editor.prompt(&first, &second) {
                true => self.edited(),
                false => Ok(None),
            };
        }
        match lines::read(self.interpreter, &first, &second)? {
            Entered::Text(text) => Ok(Some(text)),
            Entered::End => Ok(None),
        }
    }

    /// Lets others run until something was entered, and answers the questions of the editor meanwhile.
    fn edited(&mut self) -> Result<Option<String>, Failure> {
        let Some(editor) = &self.editor else { return Ok(None) };
        loop {
            let event = match editor.poll() {
                Some(event) => event,
                None if self.interpreter.has_others() => {
                    if let Err(Failure::Ended(status)) = self.interpreter.rest(editor.descriptor()) {
                        return Err(Failure::Ended(status));
                    }
                    continue;
                }
                None => editor.wait(),
            };
            match event {
                Event::Text(text) => return Ok(Some(text)),
                Event::Interrupted => return Ok(Some(String::new())),
                Event::End => return Ok(None),
                Event::Unreadable(problem) => {
                    output::report(&format!("{problem}\n"));
                    return Ok(Some(String::new()));
                }
                Event::Complete(question, word, answer) => {
                    if let Question::Member(module) = &question
                        && embedded(module).is_some()
                    {
                        self.interpreter.import(module)?;
                    }
                    let _ = answer.try_send(names::answer(&mut self.interpreter.vm.cx, &question, &word));
                }
            }
        }
    }

    /// Is it a word by which one leaves, as long as no variable is called so?
    fn leaves(&mut self, text: &str) -> bool {
        let word = text.trim();
        ["exit", "quit"].contains(&word) && !self.interpreter.has_variable(word)
    }

    /// Runs what was entered.
    fn run(&mut self, text: &str) -> Result<(), Failure> {
        for text in paste::inputs(text) {
            if text.trim().is_empty() {
                continue;
            }
            self.number += 1;
            let name = format!("<input-{}>", self.number);
            match is_command(&text) {
                true => command::run(self.interpreter, &text, &name)?,
                false if self.leaves(&text) => return Err(Failure::Ended(0)),
                false => self.interpreter.run_input(&Rc::new(Source::new(&name, &text)))?,
            }
        }
        Ok(())
    }
}
