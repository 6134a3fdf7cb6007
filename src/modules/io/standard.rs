//! The standard streams as file objects: `sys.stdin`, `sys.stdout`, `sys.stderr`; and the line that `input` reads.

use std::rc::Rc;

use crate::modules::io::access::Access;
use crate::modules::io::buffered::{Buffered, DEFAULT_BUFFER_SIZE, Direction};
use crate::modules::io::common::{Stream, allocate};
use crate::modules::io::descriptor::Descriptor;
use crate::modules::io::file_io::FileIo;
use crate::modules::io::module::class;
use crate::modules::io::newlines::Newline;
use crate::modules::io::stream::Below;
use crate::modules::io::text::{Manner, Text};
use crate::object::context::Context;
use crate::object::extension::Of;
use crate::object::heap::Ref;
use crate::object::module::Module;
use crate::object::native::Stop;
use crate::object::output;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::encoding::{Encoding, Handler};

const ERROR: &str = "sys.stderr";
/// Is `output::FILE` set, which is not so any more once `print` must go by way of the object?
const MADE: &str = "sys.stdout made";

/// Binds the three streams, each also by the name under which the first one is kept.
pub fn fill(cx: &mut Context, module: Ref<Module>) {
    for (name, stream) in [("stdin", input(cx)), ("stdout", output(cx)), ("stderr", error(cx))] {
        module.set(cx, name, stream);
        module.set(cx, &format!("__{name}__"), stream);
    }
}

/// A stream over one of the first three descriptors; None where that is closed.
fn make(cx: &mut Context, number: i32, name: &str, direction: Direction) -> Value {
    let descriptor: Rc<Descriptor> = Descriptor::new(number, false);
    if descriptor.status().is_err() {
        return Value::NONE;
    }
    let access = Access { reads: number == 0, writes: number != 0, ..Access::default() };
    let is_terminal = descriptor.is_terminal();
    let title = cx.str(name);
    let raw_class = class(cx, "FileIO");
    let raw = allocate(cx, raw_class, FileIo::over(descriptor, title, access));
    let buffer_class = class(cx, if number == 0 { "BufferedReader" } else { "BufferedWriter" });
    let buffered = Buffered::empty(direction);
    if let Some(below) = Below::known(raw) {
        buffered.stand_on(&below, DEFAULT_BUFFER_SIZE);
    }
    let buffer = allocate(cx, buffer_class, buffered);
    let text = Text::empty();
    let (handler, errors) =
        if number == 2 { (Handler::BackslashReplace, "backslashreplace") } else { (Handler::Strict, "strict") };
    let manner = Manner {
        encoding: Encoding::Utf8,
        handler,
        newline: if number == 0 { Newline::Translated } else { Newline::Feed },
        line_buffering: number == 2 || is_terminal,
        write_through: false,
    };
    text.start(buffer, manner);
    let (encoding, errors) = (cx.str("utf-8"), cx.str(errors));
    text.encoding_name.set(encoding);
    text.errors_name.set(errors);
    let mode = cx.str(if number == 0 { "r" } else { "w" });
    text.mode.set(mode);
    text.is_standard_output.set(number == 1);
    let text_class = class(cx, "TextIOWrapper");
    allocate(cx, text_class, text)
}

/// The object of the standard input.
pub fn input(cx: &mut Context) -> Value {
    kept(cx, output::INPUT, 0, "<stdin>", Direction::Read)
}

fn error(cx: &mut Context) -> Value {
    kept(cx, ERROR, 2, "<stderr>", Direction::StandardError)
}

fn output(cx: &mut Context) -> Value {
    let stream = kept(cx, MADE, 1, "<stdout>", Direction::StandardOutput);
    cx.module_state.entry(output::FILE).or_insert(stream);
    stream
}

fn kept(cx: &mut Context, key: &'static str, number: i32, name: &str, direction: Direction) -> Value {
    if let Some(&stream) = cx.module_state.get(key) {
        return stream;
    }
    let stream = make(cx, number, name, direction);
    cx.module_state.insert(key, stream);
    stream
}

/// Reads a line of the standard input without its end; None at the end of the input.
pub fn read_line(cx: &mut Context) -> Result<Option<Value>, Stop> {
    let stream = input(cx);
    let Some(text) = Of::<Text>::from(stream) else { return Err(cx.runtime_error("input(): lost sys.stdin")) };
    let line = text.line(cx, None)?;
    let Some(string) = line.get::<Str>() else { return Ok(None) };
    match string.bytes().strip_suffix(b"\n") {
        Some(bytes) => {
            let bytes = bytes.to_vec();
            Ok(Some(cx.str_bytes(&bytes)))
        }
        None => Ok(Some(line)),
    }
}
