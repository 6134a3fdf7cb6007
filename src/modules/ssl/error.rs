//! The exceptions of `ssl`, and which of them an error of `tls` is.

use crate::object::arguments::{set_own, str_of};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::{Exception, set_field};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::tls::error::{Error, ErrorKind, LoadError};

const METHODS: &[Declaration] = &[plain("__str__(self, /)", show, "Return str(self).")];

const ERROR: &str = "ssl.SSLError";
const ZERO_RETURN: &str = "ssl.SSLZeroReturnError";
const WANT_READ: &str = "ssl.SSLWantReadError";
const WANT_WRITE: &str = "ssl.SSLWantWriteError";
const SYSTEM_CALL: &str = "ssl.SSLSyscallError";
const END_OF_FILE: &str = "ssl.SSLEOFError";
const VERIFICATION: &str = "ssl.SSLCertVerificationError";

/// The subclasses, what each is for, and whether it is a ValueError too.
const SUBCLASSES: [(&str, &str, bool); 6] = [
    (ZERO_RETURN, "SSL/TLS session closed cleanly.", false),
    (
        WANT_READ,
        "Non-blocking SSL socket needs to read more data before the requested operation can be completed.",
        false,
    ),
    (
        WANT_WRITE,
        "Non-blocking SSL socket needs to write more data before the requested operation can be completed.",
        false,
    ),
    (SYSTEM_CALL, "System error when attempting SSL operation.", false),
    (END_OF_FILE, "SSL/TLS connection terminated abruptly.", false),
    (VERIFICATION, "A certificate could not be verified.", true),
];

/// Numbers of errors, as scripts know them.
const NUMBER_PROTOCOL: i64 = 1;
const NUMBER_WANT_READ: i64 = 2;
const NUMBER_WANT_WRITE: i64 = 3;
const NUMBER_ZERO_RETURN: i64 = 6;
const NUMBER_END_OF_FILE: i64 = 8;

/// Makes the classes.
pub fn fill(cx: &mut Context, module: Ref<Module>) {
    let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
    let (system, value) = (cx.class(LayoutId::OS_ERROR), cx.class(LayoutId::VALUE_ERROR));
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let base = make_class(cx, ERROR, &[system], None, flags, &tables);
    bind(cx, module, base, ERROR, "An error occurred in the SSL implementation.");
    for (name, doc, is_value_error) in SUBCLASSES {
        let bases: &[Ref<Class>] = if is_value_error { &[base, value] } else { &[base] };
        let class = make_class(cx, name, bases, None, flags, &ClassTables::NONE);
        bind(cx, module, class, name, doc);
    }
}

fn bind(cx: &mut Context, module: Ref<Module>, class: Ref<Class>, name: &'static str, doc: &str) {
    let doc = cx.str(doc);
    class.dict.set_interned(cx.names.__doc__, doc);
    cx.module_state.insert(name, class.value());
    module.set(cx, name.trim_start_matches("ssl."), class.value());
}

/// The text alone, without the number.
fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = args.get(0).get::<Exception>().and_then(|error| error.field(cx.names.strerror)).unwrap_or(Value::NONE);
    if text.is::<Str>() {
        return Ok(text);
    }
    let arguments = args.get(0).get::<Exception>().map_or(Value::NONE, |exception| exception.args.get());
    str_of(cx, arguments)
}

/// An exception of one of the classes, with number and text.
fn numbered(cx: &mut Context, class: &str, number: i64, text: &str) -> Value {
    let class: Ref<Class> = cx.module_state[class].get().expect("the class was made with the module");
    let (number, text) = (Value::small(number), cx.str(text));
    let args = cx.tuple(&[number, text]);
    let exception = Exception::allocate(cx, class.root_layout.get(), args);
    let names = cx.names;
    set_field(exception, names.errno, number);
    set_field(exception, names.strerror, text);
    for name in ["reason", "library"] {
        set_named(cx, exception, name, Value::NONE);
    }
    exception
}

fn set_named(cx: &mut Context, exception: Value, name: &str, value: Value) {
    let name = cx.intern(name);
    set_own(cx, exception, name, value);
}

/// An error of a session or its settings as an exception.
pub fn raise(cx: &mut Context, error: &Error) -> Stop {
    let (class, number) = match error.kind {
        ErrorKind::Protocol => (ERROR, NUMBER_PROTOCOL),
        ErrorKind::Verification(_) => (VERIFICATION, NUMBER_PROTOCOL),
        ErrorKind::EndOfFile => (END_OF_FILE, NUMBER_END_OF_FILE),
    };
    // What comes of no library has no number either.
    let number = if error.library.is_some() { number } else { 0 };
    let exception = numbered(cx, class, number, &error.to_string());
    for (name, text) in [("reason", error.reason), ("library", error.library)] {
        if let Some(text) = text {
            let text = cx.str(text);
            set_named(cx, exception, name, text);
        }
    }
    if let ErrorKind::Verification(code) = error.kind {
        set_named(cx, exception, "verify_code", Value::small(code as i64));
        let message = cx.str(error.verification_message());
        set_named(cx, exception, "verify_message", message);
    }
    Stop::Raise(exception)
}

/// A file of certificates or keys cannot be used.
pub fn raise_load(cx: &mut Context, error: &LoadError, path: Value) -> Stop {
    match error {
        LoadError::File(error) => os_error(cx, error, path),
        LoadError::Content(error) => raise(cx, error),
    }
}

/// SSLError with a text only.
pub fn raise_plainly(cx: &mut Context, text: &str) -> Stop {
    let class: Ref<Class> = cx.module_state[ERROR].get().expect("the class was made with the module");
    cx.error(class.root_layout.get(), text)
}

/// More bytes of the peer are needed.
pub fn want_read(cx: &mut Context) -> Stop {
    Stop::Raise(numbered(cx, WANT_READ, NUMBER_WANT_READ, "The operation did not complete (read)"))
}

/// The peer must take bytes first.
pub fn want_write(cx: &mut Context) -> Stop {
    Stop::Raise(numbered(cx, WANT_WRITE, NUMBER_WANT_WRITE, "The operation did not complete (write)"))
}

/// Both sides have said that they write no more.
pub fn zero_return(cx: &mut Context) -> Stop {
    Stop::Raise(numbered(cx, ZERO_RETURN, NUMBER_ZERO_RETURN, "TLS/SSL connection has been closed (EOF)"))
}
