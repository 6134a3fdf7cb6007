//! The files that a recording goes to, and what it is written as in each.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use crate::object::os_error::words;
use crate::object::timeline::Recording;
use crate::timeline::page::write_page;
use crate::timeline::text::write_text;
use crate::timeline::trace::write_trace;

/// A file that a recording goes to. It is opened before the program starts, which would run in vain otherwise.
pub struct Output {
    name: String,
    out: Box<dyn Write>,
    form: Form,
}

/// What a recording is written as.
enum Form {
    Page,
    Text,
    Trace,
}

impl Output {
    /// The timeline as text, for the standard error output (`-`) and names in `.txt`, else as a page.
    pub fn timeline(name: &str) -> Result<Output, String> {
        let form = if name == "-" || name.ends_with(".txt") { Form::Text } else { Form::Page };
        Output::create(name, form)
    }

    /// The events, for other programs that show such.
    pub fn trace(name: &str) -> Result<Output, String> {
        Output::create(name, Form::Trace)
    }

    fn create(name: &str, form: Form) -> Result<Output, String> {
        let out: Box<dyn Write> = match name {
            "-" => Box::new(io::stderr()),
            _ => Box::new(File::create(name).map_err(|error| format!("can't write '{name}': {}", words(&error)))?),
        };
        Ok(Output { name: name.to_string(), out, form })
    }

    /// Writes a recording, or says why it could not.
    pub fn write(self, recording: &Recording) -> Result<(), String> {
        let mut out = BufWriter::new(self.out);
        let written = match self.form {
            Form::Page => write_page(recording, &mut out),
            Form::Text => write_text(recording, &mut out),
            Form::Trace => write_trace(recording, &mut out),
        };
        written.and_then(|()| out.flush()).map_err(|error| format!("can't write '{}': {}", self.name, words(&error)))
    }
}
