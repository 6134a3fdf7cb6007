//! The module: one function that starts a program.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;

use crate::modules::os::argument::{Path, path};
use crate::modules::subprocess::child;
use crate::modules::subprocess::spawn::{Program, Step, spawn};
use crate::object::arguments::Truth;
use crate::object::bytes::bytes_of;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::output;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_subprocess", fill };

const FUNCTIONS: &[Declaration] = &[plain(
    "spawn(name, arguments, files, environment, folder, streams, kept, /, *, restores_signals=True, \
     begins_session=False, process_group=None, umask=None, group=None, groups=None, user=None)",
    start,
    "Start a program; return its process.",
)];

fn fill(cx: &mut Context, module: Ref<Module>) {
    child::install(cx, module);
    module.add_functions(cx, FUNCTIONS);
}

/// Texts of the system.
fn texts(cx: &mut Context, args: Args<'_>, index: usize) -> Result<Vec<CString>, Stop> {
    let Items(items) = Items::from_value(cx, args.get(index), index)?;
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        let bytes = bytes_of(&item).map(|bytes| bytes.into_owned()).unwrap_or_default();
        texts.push(CString::new(bytes).map_err(|_| cx.value_error("embedded null byte"))?);
    }
    Ok(texts)
}

/// The environment of this process.
fn own_environment() -> Vec<CString> {
    let entry = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let text = [name.into_vec(), value.into_vec()].join(&b'=');
        CString::new(text).expect("the system ends them in null bytes")
    };
    std::env::vars_os().map(entry).collect()
}

/// A number that fits where the system wants it; None where None stands.
fn number<T: TryFrom<i64>>(cx: &mut Context, value: Value) -> Result<Option<T>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    let number = Int::expect_i64(cx, value)?;
    match T::try_from(number) {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(cx.overflow_error("number out of range")),
    }
}

/// The same of each of several.
fn numbers<T: TryFrom<i64>>(cx: &mut Context, args: Args<'_>, index: usize) -> Result<Option<Vec<T>>, Stop> {
    if args.get(index).is_none() {
        return Ok(None);
    }
    let Items(items) = Items::from_value(cx, args.get(index), index)?;
    let mut numbers = Vec::with_capacity(items.len());
    for item in items {
        numbers.extend(number(cx, item)?);
    }
    Ok(Some(numbers))
}

fn start(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let folder: Option<Path> = match args.get(4) {
        Value::NONE => None,
        _ => Some(path(cx, args, 4, "spawn", "cwd")?),
    };
    let environment = match args.get(3) {
        Value::NONE => own_environment(),
        _ => texts(cx, args, 3)?,
    };
    let streams = numbers(cx, args, 5)?.unwrap_or_default();
    let program = Program {
        arguments: texts(cx, args, 1)?,
        files: texts(cx, args, 2)?,
        environment,
        folder: folder.map(|folder| folder.text),
        streams: streams.try_into().unwrap_or([-1; 3]),
        kept: numbers(cx, args, 6)?,
        restores_signals: Truth::of(cx, args.get(7), 7)?,
        begins_session: Truth::of(cx, args.get(8), 8)?,
        process_group: number(cx, args.get(9))?,
        umask: number(cx, args.get(10))?,
        group: number(cx, args.get(11))?,
        groups: numbers(cx, args, 12)?,
        user: number(cx, args.get(13))?,
    };
    // What was printed comes before what the program prints.
    output::flush(cx)?;
    child::bury_orphans();
    match spawn(&program) {
        Ok(process) => Ok(child::make(cx, process)),
        Err(failure) => {
            let about = match failure.step {
                Step::Program => args.get(0),
                Step::Folder => args.get(4),
                Step::Other => Value::UNBOUND,
            };
            Err(os_error(cx, &failure.error, about))
        }
    }
}
