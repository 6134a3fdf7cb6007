//! The errors of streams: they carry what was read.

use crate::object::arguments::set_own;
use crate::object::bytes::byte_length;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

const INCOMPLETE: &str = "asyncio.exceptions.IncompleteReadError";
const OVERRUN: &str = "asyncio.exceptions.LimitOverrunError";

const INCOMPLETE_METHODS: &[Declaration] = &[
    plain(
        "__init__(self, partial, expected)",
        init_incomplete,
        "What was read before the end, and how much was wanted.",
    ),
    plain("__reduce__(self, /)", reduce_incomplete, "Return what is needed to make the error anew."),
];

const OVERRUN_METHODS: &[Declaration] = &[
    plain("__init__(self, message, consumed)", init_overrun, "How many bytes are to be consumed."),
    plain("__reduce__(self, /)", reduce_overrun, "Return what is needed to make the error anew."),
];

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    for (name, base, methods) in
        [(INCOMPLETE, LayoutId::EOF_ERROR, INCOMPLETE_METHODS), (OVERRUN, LayoutId::EXCEPTION, OVERRUN_METHODS)]
    {
        let base = cx.class(base);
        let tables = ClassTables { methods, ..ClassTables::NONE };
        let class = make_class(cx, name, &[base], None, Class::HAS_DICTIONARY | Class::WEAKLY, &tables);
        cx.module_state.insert(name, class.value());
        module.dict().set_interned(class.name.get(), class.value());
    }
}

fn set(cx: &mut Context, error: Value, message: &str, fields: [(&str, Value); 2]) {
    let message = cx.str(message);
    let args = cx.tuple(&[message]);
    if let Some(body) = error.get::<Exception>() {
        body.args.set(args);
    }
    for (name, value) in fields.into_iter().filter(|(name, _)| !name.is_empty()) {
        let name = cx.intern(name);
        set_own(cx, error, name, value);
    }
}

fn set_incomplete(cx: &mut Context, error: Value, partial: Value, expected: Value) {
    let wanted = match Int::to_i64(expected) {
        Some(expected) => expected.to_string(),
        None => "undefined".to_string(),
    };
    let read = byte_length(partial).unwrap_or(0);
    let message = format!("{read} bytes read on a total of {wanted} expected bytes");
    set(cx, error, &message, [("partial", partial), ("expected", expected)]);
}

fn init_incomplete(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    set_incomplete(cx, args.get(0), args.get(1), args.get(2));
    Ok(Value::NONE)
}

fn init_overrun(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let given = cx.tuple(&[args.get(1)]);
    if let Some(body) = args.get(0).get::<Exception>() {
        body.args.set(given);
    }
    let name = cx.intern("consumed");
    set_own(cx, args.get(0), name, args.get(2));
    Ok(Value::NONE)
}

fn reduce(cx: &mut Context, error: Value, names: [&str; 2]) -> Result<Value, Stop> {
    let mut given = Vec::new();
    for name in names {
        let name = cx.intern(name);
        let own = crate::object::arguments::own(cx, error, name);
        given.push(own);
    }
    if names[0].is_empty()
        && let Some(body) = error.get::<Exception>()
        && let Some(args) = body.args.get().get::<crate::object::tuple::Tuple>()
    {
        given[0] = args.items().first().copied().unwrap_or(Value::NONE);
    }
    let (class, given) = (cx.class_of(error).value(), cx.tuple(&given));
    Ok(cx.tuple(&[class, given]))
}

fn reduce_incomplete(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    reduce(cx, args.get(0), ["partial", "expected"])
}

fn reduce_overrun(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    reduce(cx, args.get(0), ["", "consumed"])
}

fn make(cx: &mut Context, name: &'static str) -> Value {
    let class: Ref<Class> = cx.module_state[name].get().expect("the module has made its classes");
    let args = cx.empty_tuple;
    Exception::allocate_of(cx, class, args)
}

/// IncompleteReadError
pub(super) fn incomplete(cx: &mut Context, partial: Value, expected: Value) -> Stop {
    let error = make(cx, INCOMPLETE);
    set_incomplete(cx, error, partial, expected);
    Stop::Raise(error)
}

/// LimitOverrunError
pub(super) fn overrun(cx: &mut Context, message: &str, consumed: usize) -> Stop {
    let error = make(cx, OVERRUN);
    let consumed = Value::small(consumed as i64);
    set(cx, error, message, [("consumed", consumed), ("", Value::NONE)]);
    Stop::Raise(error)
}
