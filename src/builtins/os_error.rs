//! `OSError`: the class that an error number means, and its fields.

use std::io;

use crate::builtins::arguments::{instance_class, own, set_own};
use crate::builtins::exception;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Native, Stop, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make the exception of the class the error number means."),
    plain("__init__(self, /, *args, **kwargs)", init, "Set the arguments."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the exception anew."),
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::OS_ERROR);
    module::install(cx, class, &ClassTables { methods: METHODS, ..ClassTables::NONE });
    for name in ["errno", "strerror", "filename", "filename2"] {
        let name = cx.intern(name);
        class.dict.set_interned(name, Value::NONE);
    }
    cx.classes_changed();
}

/// The class of an error number.
fn class_of(number: i32) -> LayoutId {
    use LayoutId as Id;
    match number {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => Id::BLOCKING_IO_ERROR,
        libc::EPIPE | libc::ESHUTDOWN => Id::BROKEN_PIPE_ERROR,
        libc::ECHILD => Id::CHILD_PROCESS_ERROR,
        libc::ECONNABORTED => Id::CONNECTION_ABORTED_ERROR,
        libc::ECONNREFUSED => Id::CONNECTION_REFUSED_ERROR,
        libc::ECONNRESET => Id::CONNECTION_RESET_ERROR,
        libc::EEXIST => Id::FILE_EXISTS_ERROR,
        libc::ENOENT => Id::FILE_NOT_FOUND_ERROR,
        libc::EINTR => Id::INTERRUPTED_ERROR,
        libc::EISDIR => Id::IS_A_DIRECTORY_ERROR,
        libc::ENOTDIR => Id::NOT_A_DIRECTORY_ERROR,
        libc::EACCES | libc::EPERM => Id::PERMISSION_ERROR,
        libc::ESRCH => Id::PROCESS_LOOKUP_ERROR,
        libc::ETIMEDOUT => Id::TIMEOUT_ERROR,
        _ => Id::OS_ERROR,
    }
}

/// What the system says of an error number.
pub fn description(number: i32) -> String {
    let text = io::Error::from_raw_os_error(number).to_string();
    let suffix = format!(" (os error {number})");
    text.strip_suffix(&suffix).unwrap_or(&text).to_string()
}

/// The number nearest to an error that Rust's library made itself.
fn number_of(error: &io::Error) -> i32 {
    use io::ErrorKind as Kind;
    error.raw_os_error().unwrap_or(match error.kind() {
        Kind::NotFound => libc::ENOENT,
        Kind::PermissionDenied => libc::EACCES,
        Kind::AlreadyExists => libc::EEXIST,
        Kind::WouldBlock => libc::EAGAIN,
        Kind::InvalidInput | Kind::InvalidData => libc::EINVAL,
        Kind::TimedOut => libc::ETIMEDOUT,
        Kind::BrokenPipe => libc::EPIPE,
        Kind::Interrupted => libc::EINTR,
        _ => libc::EIO,
    })
}

/// The exception of an error of the system; `filename` is UNBOUND if it is about no file.
pub fn os_error(cx: &mut Context, error: &io::Error, filename: Value) -> Stop {
    numbered_error(cx, number_of(error), filename)
}

/// The exception of an error number.
pub fn numbered_error(cx: &mut Context, number: i32, filename: Value) -> Stop {
    let text = cx.str(&description(number));
    let number_value = Value::small(number as i64);
    let args = cx.tuple(&[number_value, text]);
    let exception = Exception::allocate(cx, class_of(number), args);
    let names = cx.names;
    set_own(cx, exception, names.errno, number_value);
    set_own(cx, exception, names.strerror, text);
    if !filename.is_unbound() {
        set_own(cx, exception, names.filename, filename);
    }
    Stop::Raise(exception)
}

/// Has a class an `__init__` of its own and no `__new__`, so that its arguments are looked at in `__init__` only?
fn is_set_by_init(cx: &mut Context, class: Ref<Class>) -> bool {
    let (new, init) = (cx.names.__new__, cx.names.__init__);
    let is_native = |found: Option<Value>| found.is_none_or(|method| method.is::<Native>());
    let own_init = cx.lookup(class, init);
    let own_new = class.lookup_after(new, None).is_some_and(|(owner, _)| !owner.has(Class::BUILTIN));
    !is_native(own_init) && !own_new
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut class = instance_class(cx, args.get(0), LayoutId::OS_ERROR)?;
    if is_set_by_init(cx, class) {
        let empty = cx.empty_tuple;
        return Ok(exception::allocate(cx, class, empty));
    }
    let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    if class == cx.class(LayoutId::OS_ERROR)
        && (2..=5).contains(&items.len())
        && let Some(number) = Int::to_i64(items[0])
    {
        class = cx.class(class_of(i32::try_from(number).unwrap_or(0)));
    }
    let made = exception::allocate(cx, class, args.get(1));
    exception::refuse_keywords(cx, made, args.get(2))?;
    set_fields(cx, made, &items);
    Ok(made)
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = cx.class_of(args.get(0));
    if is_set_by_init(cx, class) {
        exception::init(cx, args)?;
        let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
        set_fields(cx, args.get(0), &items);
    }
    Ok(Value::NONE)
}

/// Takes number, text and file names out of the arguments.
fn set_fields(cx: &mut Context, exception: Value, items: &[Value]) {
    if !(2..=5).contains(&items.len()) {
        return;
    }
    let names = cx.names;
    let is_blocking = cx.is_instance(exception, LayoutId::BLOCKING_IO_ERROR);
    set_own(cx, exception, names.errno, items[0]);
    set_own(cx, exception, names.strerror, items[1]);
    match items.get(2) {
        Some(&count) if is_blocking && Int::is(count) => {
            set_own(cx, exception, names.characters_written, count);
            return;
        }
        Some(&file) if !file.is_none() => set_own(cx, exception, names.filename, file),
        _ => return,
    }
    if let Some(&file) = items.get(4) {
        set_own(cx, exception, names.filename2, file);
    }
    let args = cx.tuple(&items[..2]);
    if let Some(body) = exception.get::<Exception>() {
        body.args.set(args);
    }
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    let class = cx.class_of(value).value();
    let Some(body) = value.get::<Exception>() else { return Ok(Value::NONE) };
    let mut items = body.args.get().get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    let (file, other) = (own(cx, value, cx.names.filename), own(cx, value, cx.names.filename2));
    if items.len() == 2 && !file.is_none() {
        items.push(file);
        if !other.is_none() {
            items.extend([Value::NONE, other]);
        }
    }
    let arguments = cx.tuple(&items);
    Ok(cx.tuple(&[class, arguments]))
}
