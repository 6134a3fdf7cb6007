//! `sys`: the interpreter's own variables and functions. What it tells of numbers and versions is in `info`, the
//! hooks for what is shown in `hooks`; `sys.stdin` and its kin are made by `io`.

mod hooks;
mod info;

use crate::object::arguments::Index;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::string::Str;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "sys", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("exit(status=None, /)", exit, "Raise SystemExit with this status."),
    plain("intern(string, /)", intern, "Return the one string with this text that is kept for comparison."),
    plain("getsizeof(object, default=<unset>)", getsizeof, "Return roughly how many bytes an object takes."),
    plain("getrefcount(object, /)", getrefcount, "Return a number: objects are not counted here."),
    plain("getdefaultencoding()", getdefaultencoding, "Return the encoding of strings, utf-8."),
    plain("getfilesystemencoding()", getdefaultencoding, "Return the encoding of file names, utf-8."),
    plain("getfilesystemencodeerrors()", getfilesystemencodeerrors, "Return how file names that are no text are read."),
    plain("is_finalizing()", no, "Return whether the program is ending."),
    plain("get_int_max_str_digits()", get_int_max_str_digits, "Return the limit of digits in conversions of int."),
    plain(
        "set_int_max_str_digits(maxdigits)",
        set_int_max_str_digits,
        "Set the limit of digits in conversions of int.",
    ),
    plain("getswitchinterval()", getswitchinterval, "Return how long a thread runs before another may."),
    plain("setswitchinterval(interval, /)", setswitchinterval, "Set how long a thread runs before another may."),
    plain("getallocatedblocks()", getallocatedblocks, "Return how many blocks of 64 bytes the process has allocated."),
    plain("_is_gil_enabled()", yes, "Return whether only one thread runs at a time."),
    plain("_clear_type_cache()", nothing, "Forget what look-ups in classes found; they notice changes by themselves."),
    plain("_clear_internal_caches()", nothing, "Forget what may be found again; nothing has to be."),
    plain("_library_names()", library_names, "Return the names of all modules in the binary."),
    plain("_tell_resources()", tell_resources, "From now on what is dropped and not closed has its `__del__` called."),
    plain("audit(event, /, *args)", nothing, "Tell the hooks of an event; there are no hooks."),
    control("_getframe(depth=0, /)", Control::GetFrame, "Return a frame of the call stack."),
    control("_current_frames()", Control::CurrentFrames, "Return the frame each thread is in, by its identifier."),
    control("exc_info()", Control::ExceptionInfo, "Return class, instance and traceback of the exception handled."),
    control("exception()", Control::CurrentException, "Return the exception being handled."),
    control("getrecursionlimit()", Control::GetRecursionLimit, "Return how deep calls may nest."),
    control("setrecursionlimit(limit, /)", Control::SetRecursionLimit, "Set how deep calls may nest."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for (name, state) in [("path", "sys.path"), ("argv", "sys.argv")] {
        let value = cx.module_state.get(state).copied().unwrap_or(Value::NONE);
        module.set(cx, name, value);
    }
    let given: Vec<Value> = std::env::args_os().map(|argument| cx.str(&argument.to_string_lossy())).collect();
    let given = cx.list(given);
    module.set(cx, "orig_argv", given);
    let modules = cx.modules.value();
    module.set(cx, "modules", modules);
    let options = cx.module_state.get("sys.warnoptions").copied().unwrap_or_else(|| cx.list(Vec::new()));
    module.set(cx, "warnoptions", options);
    for name in ["meta_path", "path_hooks"] {
        let list = cx.list(Vec::new());
        module.set(cx, name, list);
    }
    for name in ["path_importer_cache", "_xoptions"] {
        let dict = cx.new_dict().value();
        module.set(cx, name, dict);
    }
    super::io::standard::fill(cx, module);
    hooks::fill(cx, module);
    info::fill(cx, module);
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let status = args.get(0);
    Err(match status {
        Value::NONE => cx.error_with(LayoutId::SYSTEM_EXIT, &[]),
        status => cx.error_with(LayoutId::SYSTEM_EXIT, &[status]),
    })
}

fn tell_resources(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    cx.tells_resources = true;
    Ok(Value::NONE)
}

fn intern(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !args.get(0).is::<Str>() {
        let found = cx.type_name(args.get(0));
        return Err(cx.type_error(format!("intern() argument must be str, not {found}")));
    }
    Ok(cx.intern_value(args.get(0)))
}

fn getsizeof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let size = match args.get(0).header() {
        None => 8,
        Some(header) => crate::object::kind::KINDS[header.kind() as usize].size as i64 + extra_size(args.get(0)),
    };
    Ok(Value::small(size))
}

/// What an object owns outside its cell.
fn extra_size(value: Value) -> i64 {
    if let Some(text) = value.get::<Str>() {
        return text.length() as i64;
    }
    if let Some(list) = value.get::<crate::object::list::List>() {
        return list.capacity() as i64 * 8;
    }
    if let Some(dict) = value.get::<crate::object::dict::Dict>() {
        return dict.memory() as i64;
    }
    if let Some(tuple) = value.get::<crate::object::tuple::Tuple>() {
        return tuple.items().len() as i64 * 8;
    }
    if let Some(length) = crate::object::bytes::byte_length(value) {
        return length as i64;
    }
    value.header().map_or(0, |header| header.capacity() as i64 * 8)
}

fn getrefcount(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(1))
}

fn getdefaultencoding(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.intern("utf-8"))
}

fn getfilesystemencodeerrors(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.intern("surrogateescape"))
}

fn yes(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::TRUE)
}

fn no(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::FALSE)
}

fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn get_int_max_str_digits(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.module_state.get("int_max_str_digits").copied().unwrap_or(Value::small(4300)))
}

fn set_int_max_str_digits(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Index(digits),): (Index,) = args.take(cx)?;
    if digits != 0 && digits < 640 {
        return Err(cx.value_error("maxdigits must be 0 or larger than 640"));
    }
    cx.module_state.insert("int_max_str_digits", Value::small(digits));
    Ok(Value::NONE)
}

fn library_names(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let texts = crate::library::EMBEDDED.iter().map(|(path, _)| path.trim_end_matches("/__init__").replace('/', "."));
    let names: Vec<Value> = texts.chain(super::names().map(String::from)).map(|name| cx.str(&name)).collect();
    Ok(cx.list(names))
}

const SWITCH_INTERVAL: &str = "sys.switchinterval";

fn getswitchinterval(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.module_state.get(SWITCH_INTERVAL).copied().unwrap_or(Value::float(0.005)))
}

fn setswitchinterval(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let seconds = match crate::object::number::to_f64(cx, args.get(0)) {
        Some(seconds) => seconds?,
        None => return Err(cx.ask(0, crate::object::native::Wish::Float)),
    };
    if seconds.is_nan() || seconds <= 0.0 {
        return Err(cx.value_error("switch interval must be strictly positive"));
    }
    cx.module_state.insert(SWITCH_INTERVAL, Value::float(seconds));
    Ok(Value::NONE)
}

fn getallocatedblocks(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(crate::object::memory::allocated() as i64 / 64))
}
