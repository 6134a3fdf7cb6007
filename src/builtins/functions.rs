//! The functions of module `builtins`, but for those on numbers and over items.

use crate::builtins::arguments::{Truth, Whole, has_special, is_callable, repr_of, rest, text};
use crate::builtins::{format as formatting, output};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::extension::Extension;
use crate::object::integer::Int;
use crate::object::items;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Check, Control, Declaration, FromValue, Native, Stop, Wish, control, plain};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::integer::Integer;
use crate::text::quote;

const FUNCTIONS: &[Declaration] = &[
    plain(
        "print(*args, sep=' ', end='\\n', file=None, flush=False)",
        print,
        "Write the values as text, separated, to a file, by default the standard output.",
    ),
    plain("len(obj, /)", len, "Return the number of items in a container."),
    plain("repr(obj, /)", repr, "Return the text that represents the object."),
    plain("ascii(obj, /)", ascii, "Return the repr of the object with all that is not ASCII escaped."),
    plain("hash(obj, /)", hash, "Return the hash value of the object."),
    plain("id(obj, /)", id, "Return the identity of the object, a number no other living object has."),
    plain("callable(obj, /)", callable, "Return whether the object can be called."),
    plain("format(value, format_spec='', /)", format, "Return the value as text, formatted by the spec."),
    plain("breakpoint(*args, **kws)", crate::object::forward::half, "Call sys.breakpointhook with the same arguments."),
    plain("exit(code=None)", exit, "Leave the program by raising SystemExit."),
    plain("quit(code=None)", exit, "Leave the program by raising SystemExit."),
    plain("aiter(async_iterable, /)", aiter, "Return an asynchronous iterator over an asynchronous iterable."),
    plain("anext(async_iterator, default=<unset>, /)", anext, "Return an awaitable for the next item."),
    control("iter(object, sentinel=<unset>, /)", Control::Iter, "Return an iterator over the object."),
    control("next(iterator, default=<unset>, /)", Control::Next, "Return the next item of the iterator."),
    control(
        "getattr(object, name, default=<unset>, /)",
        Control::GetAttribute,
        "Return the attribute of this name, or the default.",
    ),
    control("hasattr(obj, name, /)", Control::HasAttribute, "Return whether the object has the attribute."),
    control("setattr(obj, name, value, /)", Control::SetAttribute, "Set the attribute of this name."),
    control("delattr(obj, name, /)", Control::DeleteAttribute, "Delete the attribute of this name."),
    control(
        "isinstance(obj, class_or_tuple, /)",
        Control::IsInstance,
        "Return whether the object is an instance of the class or of one of them.",
    ),
    control(
        "issubclass(cls, class_or_tuple, /)",
        Control::IsSubclass,
        "Return whether the class is a subclass of the class or of one of them.",
    ),
    control(
        "exec(source, /, globals=None, locals=None, *, closure=None)",
        Control::Exec,
        "Run statements in the namespaces given.",
    ),
    control(
        "eval(source, /, globals=None, locals=None)",
        Control::Eval,
        "Return the value of an expression in the namespaces given.",
    ),
    plain(
        "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        compile,
        "Compile a text into a code object for exec and eval.",
    ),
    control("__import__(name, globals=None, locals=None, fromlist=(), level=0)", Control::Import, "Import a module."),
    control("globals()", Control::Globals, "Return the namespace of the calling module."),
    control("locals()", Control::Locals, "Return the local variables of the caller."),
    plain("vars(object=<unset>, /)", vars, "Return the namespace of the object, or locals()."),
    plain("dir(object=<unset>, /)", dir, "Return the names of attributes, or of the local scope."),
    control(
        "__build_class__(func, name, /, *bases, **kwds)",
        Control::BuildClass,
        "Make a class of a class statement.",
    ),
];

/// What some functions do with other numbers of arguments: its place, where it is kept, and the native.
static KEPT: &[(&str, Declaration)] = &[
    (
        ANEXT_DEFAULT,
        control(
            "anext(async_iterator, default, /)",
            Control::AnextDefault,
            "Return an awaitable for the next item, or the default.",
        ),
    ),
    (
        COMPILE,
        control("compile(source, filename, mode, flags, /)", Control::Compile, "Compile a text into a code object."),
    ),
    (OWN_VARS, control("vars()", Control::FrameNames, "Return the local variables of the caller.")),
    (OWN_DIR, control("dir()", Control::FrameNames, "Return the names of the local scope of the caller.")),
];
const COMPILE: &str = "compile with plain arguments";
const ANEXT_DEFAULT: &str = "anext with a default";
const OWN_VARS: &str = "vars without an object";
const OWN_DIR: &str = "dir without an object";

/// Binds the functions.
pub fn install(cx: &mut Context) {
    add(cx, FUNCTIONS);
    for (place, declaration) in KEPT {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(place, native.value());
    }
}

/// Binds a table of natives among the names of `builtins`.
pub fn add(cx: &mut Context, functions: &'static [Declaration]) {
    let module = cx.names.builtins;
    for declaration in functions {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        native.module.set(module);
        let name = cx.intern(declaration.name());
        cx.builtins.set_interned(name, native.value());
    }
}

/// A separator or end of `print`: a str, or None for the usual one.
fn print_part(cx: &mut Context, value: Value, name: &str, usual: &'static [u8]) -> Result<Vec<u8>, Stop> {
    if value.is_none() {
        return Ok(usual.to_vec());
    }
    match value.get::<Str>() {
        Some(text) => Ok(text.bytes().to_vec()),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("{name} must be None or a string, not {found}")))
        }
    }
}

fn print(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (sep, end, file, objects) = (args.get(0), args.get(1), args.get(2), args.get(4));
    let separator = print_part(cx, sep, "sep", b" ")?;
    let ending = print_part(cx, end, "end", b"\n")?;
    let is_flushed = Truth::of(cx, args.get(3), 3)?;
    let to = (!file.is_none() && cx.module_state.get(output::FILE) != Some(&file)).then_some(file);
    if to.is_some_and(|file| !is_native_stream(cx, file)) {
        return Err(Stop::Half);
    }
    if file.is_none()
        && let Some(other) = output::redirected(cx)
    {
        return print_to(cx, other, args);
    }
    if args.are_taken(5) {
        // It has been taken, and only had to wait to be written out.
        return match to {
            Some(stream) => Err(cx.call_special(stream, cx.names.flush, &[], Check::None)),
            None => output::flush(cx).map(|()| Value::NONE).map_err(Stop::taken),
        };
    }
    let mut text = Vec::new();
    for (index, value) in rest(objects).into_iter().enumerate() {
        if index > 0 {
            text.extend_from_slice(&separator);
        }
        repr::write_str(cx, &mut text, value).map_err(Problem::or_half)?;
    }
    text.extend_from_slice(&ending);
    if let Some(stream) = to.and_then(|file| file.get::<Extension>()) {
        return match stream.data.write_text(cx, &text) {
            Some(result) if !is_flushed => result.map(|()| Value::NONE),
            Some(result) => {
                result?;
                let flush = cx.names.flush;
                Err(cx.call_special(stream.value(), flush, &[], Check::None))
            }
            None => Err(Stop::Half),
        };
    }
    output::write_text(cx, &text)?;
    if is_flushed {
        output::flush(cx).map_err(Stop::taken)?;
    }
    Ok(Value::NONE)
}

/// Is it a stream whose class is made by Rust code, so that no script method stands in the way?
fn is_native_stream(cx: &Context, file: Value) -> bool {
    file.is::<Extension>() && cx.class_of(file).has(Class::BUILTIN)
}

/// The same call with the file said, for a standard output that a script has exchanged. None swallows all.
fn print_to(cx: &mut Context, file: Value, args: Args<'_>) -> Result<Value, Stop> {
    if file.is_none() {
        return Ok(Value::NONE);
    }
    let name = cx.names.print;
    let Some(callee) = cx.builtins.get_interned(name) else { return Ok(Value::NONE) };
    let names = cx.names;
    let keywords =
        vec![(names.sep, args.get(0)), (names.end, args.get(1)), (names.file, file), (names.flush, args.get(3))];
    let args = rest(args.get(4));
    Err(Stop::Call(Box::new(crate::object::native::Call { callee, args, keywords })))
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if let Some(length) = items::length(cx, value) {
        return Ok(Int::from_usize(cx, length));
    }
    if has_special(cx, value, cx.names.__len__) {
        return Err(cx.call_special(value, cx.names.__len__, &[], Check::Length));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("object of type '{found}' has no len()")))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    repr_of(cx, args.get(0))
}

fn ascii(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match repr::repr(cx, args.get(0)) {
        Ok(text) => Ok(escaped(cx, text)),
        Err(problem) => Err(problem.or_half()),
    }
}

/// The text of a repr with all that is not ASCII escaped.
pub fn escaped(cx: &mut Context, text: Value) -> Value {
    match text.get::<Str>() {
        Some(string) if !string.is_ascii() => {
            let escaped = quote::escape_non_ascii(string.bytes());
            cx.str(&escaped)
        }
        _ => text,
    }
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    match equality::hash(cx, value) {
        Ok(hash) => Ok(cx.int(hash)),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => {
            let name = cx.names.__hash__;
            match cx.special(value, name) {
                Some(method) if method.is::<Native>() => Err(Stop::Half),
                Some(method) if !method.is_none() => Err(cx.call_special(value, name, &[], Check::Hash)),
                _ => Err(equality::unhashable(cx, value)),
            }
        }
    }
}

fn id(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Int::from_integer(cx, Integer::from(args.get(0).bits())))
}

fn callable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(is_callable(cx, args.get(0))))
}

fn format(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    formatting::format(cx, args.get(0), args.get(1))
}

fn compile(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = args.get(1);
    let file = match file.get::<Bytes>() {
        Some(bytes) => cx.str(&String::from_utf8_lossy(bytes.bytes())),
        None if file.is::<Str>() => file,
        None => return Err(cx.ask(1, Wish::Path)),
    };
    text(cx, args.get(2), "compile() argument 'mode'")?;
    let Whole(flags) = Whole::from_value(cx, args.get(3), 3)?;
    // Nested, no dedent implied, types in comments, top-level await, input that may go on; and those of __future__.
    // The tree, as which Python gives code too, there is not.
    const KNOWN_FLAGS: i64 = 0x10 | 0x200 | 0x1000 | 0x2000 | 0x4000 | 0x1fe0000;
    if Int::to_i64(flags).is_none_or(|flags| flags & !KNOWN_FLAGS != 0) {
        return Err(cx.value_error("compile(): unrecognised flags"));
    }
    let Whole(optimize) = Whole::from_value(cx, args.get(5), 5)?;
    if !Int::to_i64(optimize).is_some_and(|optimize| (-1..=2).contains(&optimize)) {
        return Err(cx.value_error("compile(): invalid optimize value"));
    }
    Err(cx.call(cx.module_state[COMPILE], &[args.get(0), file, args.get(2), flags]))
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error_with(LayoutId::SYSTEM_EXIT, &[args.get(0)]))
}

fn vars(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(0).is_unbound() {
        true => Err(cx.call(cx.module_state[OWN_VARS], &[])),
        false => Err(Stop::Half),
    }
}

fn dir(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(0).is_unbound() {
        true => Err(cx.call(cx.module_state[OWN_DIR], &[])),
        false => Err(Stop::Half),
    }
}

fn aiter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if cx.layout_of(value) == LayoutId::ASYNC_GENERATOR {
        return Ok(value);
    }
    if has_special(cx, value, cx.names.__aiter__) {
        return Err(Stop::Half);
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("'{found}' object is not an async iterable")))
}

fn anext(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if !has_special(cx, value, cx.names.__anext__) {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("'{found}' object is not an async iterator")));
    }
    if args.get(1).is_unbound() {
        return Err(cx.call_special(value, cx.names.__anext__, &[], Check::None));
    }
    let callee = cx.module_state[ANEXT_DEFAULT];
    Err(cx.call(callee, &[value, args.get(1)]))
}
