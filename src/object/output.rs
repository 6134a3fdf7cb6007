//! Standard output: the one buffer that `print` and the file object of `sys.stdout` write to.
//!
//! It is written out when it is full, at each line if a terminal reads it, and by `flush`: before input is read,
//! before the process waits, and at the end of the program. Where nobody reads it any more the process ends quietly, as
//! other tools do, unless the script has said what SIGPIPE is to do. The buffer belongs to the OS thread, of which there
//! is one that runs scripts.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::os::fd::RawFd;

use crate::object::context::Context;
use crate::object::descriptors::{WriteEnd, until_writable, write_bytes};
use crate::object::extension::Extension;
use crate::object::module::Module;
use crate::object::native::{Stop, Wait};
use crate::object::os_error::{os_error, words};
use crate::object::signals;
use crate::object::string::Str;
use crate::object::unicode_error::encode_error;
use crate::object::value::Value;
use crate::text::codec;
use crate::text::encoding::{Encoding, Handler};
use crate::text::wtf8;

/// The key of `Context::module_state` under which the module that makes the file object of the standard output
/// keeps it.
pub const FILE: &str = "sys.stdout";

/// The same for the standard input.
pub const INPUT: &str = "sys.stdin";

/// The descriptor of the standard output.
const NUMBER: RawFd = 1;

/// How much is gathered before it is written.
const FULL: usize = 1 << 16;

/// What has been written and not yet handed to the system.
struct Buffer {
    bytes: Vec<u8>,
    is_terminal: bool,
    /// Has some of it been lost, of which only a message has told?
    is_lost: bool,
}

/// Takes what is about to be written, or leaves it to the system.
pub type Diversion = Box<dyn Fn(&[u8]) -> bool>;

thread_local! {
    static DIVERSION: RefCell<Option<Diversion>> = const { RefCell::new(None) };
    static BUFFER: RefCell<Buffer> =
        RefCell::new(Buffer { bytes: Vec::new(), is_terminal: io::stdout().is_terminal(), is_lost: false });
}

/// Writes text in the form strings have it; UnicodeEncodeError if there are surrogates in it.
pub fn write_text(cx: &mut Context, text: &[u8]) -> Result<(), Stop> {
    if !wtf8::has_surrogate(text) {
        return write(cx, text);
    }
    match codec::encode(text, Encoding::Utf8, Handler::Strict) {
        Ok(bytes) => write(cx, &bytes),
        Err(error) => {
            let object = Str::from_bytes(cx, text);
            Err(encode_error(cx, object, &error))
        }
    }
}

/// Writes bytes. Where the stop is a wait they are taken: called again, the native only flushes.
pub fn write(cx: &mut Context, bytes: &[u8]) -> Result<(), Stop> {
    let is_due = BUFFER.with_borrow_mut(|buffer| {
        buffer.bytes.extend_from_slice(bytes);
        buffer.bytes.len() >= FULL || buffer.is_terminal && memchr::memchr(b'\n', bytes).is_some()
    });
    if !is_due {
        return Ok(());
    }
    flush(cx).map_err(Stop::taken)
}

/// Hands everything to the system; OSError if it does not take it. What could not be written is dropped, but where
/// other threads run it is waited until it can be.
pub fn flush(cx: &mut Context) -> Result<(), Stop> {
    let is_alone = !cx.threads.are_several();
    hand_over(cx, is_alone)?.map_err(|error| os_error(cx, &error, Value::UNBOUND))
}

/// The same at the end of the program, or before it is said why it ends: no thread is minded any more.
pub fn finish(cx: &mut Context) {
    let _ = flush_unasked(cx, true);
}

/// The same between what the script does, so that only a message can tell of a failure; of the first one it does. Err if
/// more can be written later.
pub fn flush_at_rest(cx: &mut Context) -> Result<(), Stop> {
    let is_alone = !cx.threads.are_several();
    flush_unasked(cx, is_alone)
}

fn flush_unasked(cx: &mut Context, is_alone: bool) -> Result<(), Stop> {
    if let Err(error) = hand_over(cx, is_alone)?
        && !BUFFER.with_borrow_mut(|buffer| std::mem::replace(&mut buffer.is_lost, true))
    {
        let class = match os_error(cx, &error, Value::UNBOUND) {
            Stop::Raise(exception) => cx.type_name(exception),
            _ => String::new(),
        };
        let (number, words) = (error.raw_os_error().unwrap_or_default(), words(&error));
        report(&format!("Exception ignored on flushing sys.stdout:\n{class}: [Errno {number}] {words}\n"));
    }
    Ok(())
}

/// Has some of it been lost, of which only a message has told?
pub fn is_lost() -> bool {
    BUFFER.with_borrow(|buffer| buffer.is_lost)
}

/// Hands everything to the system, and what that says of it; Err if more can be written later.
fn hand_over(cx: &mut Context, is_alone: bool) -> Result<io::Result<()>, Stop> {
    let end = BUFFER.with_borrow_mut(|buffer| {
        if buffer.bytes.is_empty() || is_diverted(&buffer.bytes) {
            buffer.bytes.clear();
            return WriteEnd::Whole;
        }
        let written = write_bytes(NUMBER, &buffer.bytes, !is_alone);
        match written.end {
            WriteEnd::Full | WriteEnd::Interrupted => drop(buffer.bytes.drain(..written.count)),
            _ => buffer.bytes.clear(),
        }
        written.end
    });
    let error = match end {
        WriteEnd::Whole => return Ok(Ok(())),
        WriteEnd::Full => return Err(until_writable(NUMBER, Value::UNBOUND)),
        WriteEnd::Interrupted => return Err(Wait::for_signal(Value::UNBOUND)),
        WriteEnd::Refused => io::Error::from_raw_os_error(libc::EAGAIN),
        WriteEnd::Failed(error) => error,
    };
    if error.kind() == io::ErrorKind::BrokenPipe && cx.signals.get(libc::SIGPIPE).is_none() {
        signals::end_by(libc::SIGPIPE);
    }
    Ok(Err(error))
}

/// From now on output and messages are offered to this first.
pub fn divert(diversion: Diversion) {
    DIVERSION.set(Some(diversion));
}

/// Offers something that is about to be written: has it been taken?
pub fn is_diverted(bytes: &[u8]) -> bool {
    DIVERSION.with_borrow(|diversion| diversion.as_ref().is_some_and(|takes| takes(bytes)))
}

/// Writes a text to the standard output, all of it, where no script runs.
pub fn print_whole(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush())
}

/// Writes to the standard error output, whose reader may be gone.
pub fn report(text: &str) {
    if !is_diverted(text.as_bytes()) {
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

/// The file that a script has put in the place of the standard output; None while it is the standard output
/// itself.
pub fn redirected(cx: &mut Context) -> Option<Value> {
    let own = cx.module_state.get(FILE).copied()?;
    let sys = cx.modules.get_interned(cx.names.sys)?.get::<Module>()?;
    let file = sys.dict().get_interned(cx.names.stdout)?;
    (own != file).then_some(file)
}

/// Has more been read of the standard input than was asked for?
pub fn is_input_ahead(cx: &Context) -> bool {
    let input = cx.module_state.get(INPUT).and_then(|input| input.get::<Extension>());
    input.is_some_and(|input| input.data.is_ahead())
}

/// Has a script put something else in the place of the standard input?
pub fn is_input_exchanged(cx: &mut Context) -> bool {
    let Some(own) = cx.module_state.get(INPUT).copied() else { return false };
    let sys = cx.modules.get_interned(cx.names.sys).and_then(|sys| sys.get::<Module>());
    sys.and_then(|sys| sys.dict().get_interned(cx.names.stdin)).is_some_and(|file| file != own)
}
