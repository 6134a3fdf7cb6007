//! `open`: from a path and a mode to a file with a buffer and, unless it is binary, text over that.

use crate::modules::io::access::{Access, BadMode};
use crate::modules::io::buffered::{Direction, check_direction};
use crate::modules::io::buffered_class::make;
use crate::modules::io::common::{Stream, allocate, is_native, whole};
use crate::modules::io::file_io::{FileIo, bad_mode};
use crate::modules::io::module::class;
use crate::modules::io::opening::open_named;
use crate::modules::io::stream::Below;
use crate::modules::io::text::Text;
use crate::modules::io::text_class::Wishes;
use crate::object::arguments::{Truth, has_special};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::extension::Of;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Declaration, Native, Stop, Wish, plain};
use crate::object::string::Str;
use crate::object::value::Value;

/// The largest buffer that the system's own block size leads to.
const LARGEST_BUFFER: i64 = 8 << 20;

static OPEN: Declaration = plain(
    "open(file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
    open,
    "Open a file and return a file object.",
);

/// What the script half of `open` stands on.
pub const FUNCTIONS: &[Declaration] = &[
    plain("_wrap(raw, mode, buffering, /)", wrap, "Return a buffer over a file, and whether lines are flushed."),
    plain("_open_flags(mode, /)", flags, "Return the flags of the system for a mode."),
];

const FUNCTION: &str = "_io.open";

/// The function itself.
pub fn function(cx: &mut Context) -> Value {
    if let Some(&function) = cx.module_state.get(FUNCTION) {
        return function;
    }
    let native = Native::new(cx, &OPEN, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    let module = cx.intern("_io");
    native.module.set(module);
    cx.module_state.insert(FUNCTION, native.value());
    native.value()
}

/// A mode as `open` takes it.
struct Mode {
    /// What FileIO is to do.
    raw: String,
    access: Option<Access>,
    is_binary: bool,
    text: String,
}

fn parse_mode(cx: &mut Context, value: Value) -> Result<Mode, Stop> {
    let Some(text) = value.get::<Str>() else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("open() argument 'mode' must be str, not {found}")));
    };
    let text = text.text().into_owned();
    let is_double = |letter: char| text.chars().filter(|&other| other == letter).count() > 1;
    if text.chars().any(|letter| !"xrwa+tb".contains(letter) || is_double(letter)) {
        return Err(cx.value_error(format!("invalid mode: '{text}'")));
    }
    let is_binary = text.contains('b');
    if is_binary && text.contains('t') {
        return Err(cx.value_error("can't have text and binary mode at once"));
    }
    let raw: String = text.chars().filter(|letter| !"tb".contains(*letter)).collect();
    if raw.chars().filter(|letter| *letter != '+').count() > 1 {
        return Err(cx.value_error("must have exactly one of create/read/write/append mode"));
    }
    Ok(Mode { access: Access::of(&raw).ok(), raw, is_binary, text })
}

fn open(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = args.get(0);
    if !file.is::<Str>() && !file.is::<Bytes>() && !Int::is(file) {
        if has_special(cx, file, cx.names.__fspath__) {
            return Err(cx.ask(0, Wish::Path));
        }
        if has_special(cx, file, cx.names.__index__) {
            return Err(cx.ask(0, Wish::Index));
        }
        let found = cx.type_name(file);
        return Err(cx.type_error(format!("expected str, bytes or os.PathLike object, not {found}")));
    }
    let mode = parse_mode(cx, args.get(1))?;
    let buffering = whole(cx, args.get(2), 2)?;
    if mode.is_binary {
        for (index, what) in [(3, "an encoding"), (4, "an errors"), (5, "a newline")] {
            if !args.get(index).is_none() {
                return Err(cx.value_error(format!("binary mode doesn't take {what} argument")));
            }
        }
    }
    let is_owned = Truth::of(cx, args.get(6), 6)?;
    let Some(access) = mode.access else { return Err(bad_mode(cx, BadMode::Ways, &mode.raw)) };
    let wishes = Wishes::of(cx, "open", [args.get(3), args.get(4), args.get(5)])?;
    if !args.get(7).is_none() || !wishes.are_native() {
        return Err(Stop::Half);
    }
    let descriptor = match open_named(cx, file, 0, access, is_owned) {
        // The half makes room and tries again.
        Err(Stop::Raise(exception)) if is_out_of_descriptors(cx, exception) => return Err(Stop::Half),
        opened => opened?,
    };
    let raw_class = class(cx, "FileIO");
    let raw = allocate(cx, raw_class, FileIo::over(descriptor, file, access));
    let result = finish(cx, raw, &mode, access, buffering, &wishes);
    if result.is_err()
        && let Some(file) = Of::<FileIo>::from(raw)
    {
        let _ = file.shut(cx);
    }
    result
}

/// Is it the error of a process or a system that has too many files open?
fn is_out_of_descriptors(cx: &Context, exception: Value) -> bool {
    let number = exception.get::<Exception>().and_then(|body| body.field(cx.names.errno)).and_then(Int::to_i64);
    cx.is_instance(exception, LayoutId::OS_ERROR)
        && number.is_some_and(|number| number == libc::EMFILE as i64 || number == libc::ENFILE as i64)
}

/// Puts buffer and text over a file.
fn finish(
    cx: &mut Context,
    raw: Value,
    mode: &Mode,
    access: Access,
    buffering: i64,
    wishes: &Wishes,
) -> Result<Value, Stop> {
    let (buffer, line_buffering) = buffer_over(cx, raw, mode, access, buffering)?;
    if mode.is_binary {
        return Ok(buffer);
    }
    let text_class = class(cx, "TextIOWrapper");
    let wrapper = allocate(cx, text_class, Text::empty());
    if let (Some(text), Some(below)) = (Of::<Text>::from(wrapper), Below::known(buffer)) {
        wishes.apply(cx, &text, &below, line_buffering, false)?;
        let mode = cx.str(&mode.text);
        text.mode.set(mode);
    }
    Ok(wrapper)
}

/// The buffer over a file, or the file itself if it is to have none; and whether each line is flushed.
fn buffer_over(
    cx: &mut Context,
    raw: Value,
    mode: &Mode,
    access: Access,
    buffering: i64,
) -> Result<(Value, bool), Stop> {
    let Some(below) = Below::known(raw) else { return Ok((raw, false)) };
    if buffering == 0 {
        return match mode.is_binary {
            true => Ok((raw, false)),
            false => Err(cx.value_error("can't have unbuffered text I/O")),
        };
    }
    let line_buffering = buffering == 1 || buffering < 0 && below.is_terminal(cx)?;
    let size = if buffering > 1 { buffering } else { block_size(&below) };
    let direction = match (access.reads, access.writes) {
        (true, true) => Direction::Both,
        (false, true) => Direction::Write,
        _ => Direction::Read,
    };
    check_direction(cx, &below, direction)?;
    cx.reserve(size as usize)?;
    Ok((make(cx, &below, direction, size as usize), line_buffering))
}

/// The size of a buffer that suits a file.
fn block_size(below: &Below) -> i64 {
    let usual = super::buffered::DEFAULT_BUFFER_SIZE as i64;
    let status = match below {
        Below::File(file) => file.shared_descriptor().and_then(|descriptor| descriptor.status().ok()),
        _ => None,
    };
    status.map_or(usual, |status| (status.st_blksize as i64).min(LARGEST_BUFFER).max(usual))
}

fn wrap(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mode = parse_mode(cx, args.get(1))?;
    let buffering = whole(cx, args.get(2), 2)?;
    let Some(access) = mode.access else { return Err(bad_mode(cx, BadMode::Ways, &mode.raw)) };
    if !is_native(cx, args.get(0)) {
        return Err(cx.type_error("a native file is required"));
    }
    let (buffer, line_buffering) = buffer_over(cx, args.get(0), &mode, access, buffering)?;
    Ok(cx.tuple(&[buffer, Value::bool(line_buffering)]))
}

fn flags(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mode = parse_mode(cx, args.get(0))?;
    match mode.access {
        Some(access) => Ok(Value::small(access.flags() as i64)),
        None => Err(bad_mode(cx, BadMode::Ways, &mode.raw)),
    }
}
