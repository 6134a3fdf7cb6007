//! Frames and tracebacks as scripts see them.

use std::cell::Cell;

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::Traceback;
use crate::object::forward::call_half;
use crate::object::frame::{FrameObject, locals_of, read_attribute};
use crate::object::function::{Attribute, Function};
use crate::object::generator::State;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const FRAME: &[Declaration] = &[plain("clear(self, /)", clear, "Forget the locals of a frame that has ended.")];

const FRAME_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "f_code", get: code, set: None, doc: "The code that runs in the frame." },
    Attribute { name: "f_globals", get: globals, set: None, doc: "The names of its module." },
    Attribute { name: "f_builtins", get: builtins, set: None, doc: "The built-in names." },
    Attribute { name: "f_generator", get: generator, set: None, doc: "The generator whose frame it is." },
    Attribute { name: "f_lineno", get: line, set: Some(set_line), doc: "The line it is at." },
    Attribute { name: "f_lasti", get: position, set: None, doc: "The instruction it is at." },
    Attribute { name: "f_back", get: back, set: None, doc: "The frame that called it." },
    Attribute { name: "f_locals", get: locals, set: None, doc: "Its local variables." },
    Attribute { name: "f_trace", get: trace, set: Some(set_trace), doc: "The trace function." },
    Attribute { name: "f_trace_lines", get: yes, set: Some(ignore), doc: "Are lines traced?" },
    Attribute { name: "f_trace_opcodes", get: no, set: Some(ignore), doc: "Are instructions traced?" },
];

/// What the machine answers of a frame that runs.
static RUNNING: [Declaration; 4] = [
    control("f_lineno(frame, /)", Control::FrameAttribute, "The line it is at."),
    control("f_lasti(frame, /)", Control::FrameAttribute, "The instruction it is at."),
    control("f_back(frame, /)", Control::FrameAttribute, "The frame that called it."),
    control("f_locals(frame, /)", Control::FrameAttribute, "Its local variables."),
];
/// What the proxy of the locals of a function's frame reads and writes by.
pub const HALVES: &[Declaration] = &[
    control("f_locals(frame, /)", Control::FrameAttribute, "The local variables of a frame, as a new dict."),
    control("store_local(frame, name, value, /)", Control::StoreLocal, "Set a local variable of a frame."),
];
const KEYS: [&str; 4] = ["frame.f_lineno", "frame.f_lasti", "frame.f_back", "frame.f_locals"];

const TRACEBACK: &[Declaration] = &[
    plain("__new__(cls, tb_next, tb_frame, tb_lasti, tb_lineno)", new_traceback, "Make a traceback entry."),
    plain("__dir__(self, /)", traceback_dir, "Return the names of the attributes."),
];

const TRACEBACK_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "tb_next", get: next, set: Some(set_next), doc: "The entry of the frame called from here." },
    Attribute { name: "tb_frame", get: frame, set: None, doc: "The frame." },
    Attribute { name: "tb_lineno", get: traceback_line, set: None, doc: "The line." },
    Attribute { name: "tb_lasti", get: traceback_position, set: None, doc: "The instruction." },
    Attribute { name: "_task", get: traceback_task, set: None, doc: "The task whose outermost frame it was, or None." },
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::FRAME);
    class.set(Class::NOT_CALLABLE | Class::FINAL);
    module::install(cx, class, &ClassTables { methods: FRAME, attributes: FRAME_ATTRIBUTES, ..ClassTables::NONE });
    for (key, declaration) in KEYS.into_iter().zip(&RUNNING) {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(key, native.value());
    }
    let class = cx.class(LayoutId::TRACEBACK);
    class.set(Class::FINAL);
    let tables = ClassTables { methods: TRACEBACK, attributes: TRACEBACK_ATTRIBUTES, ..ClassTables::NONE };
    module::install(cx, class, &tables);
}

fn of(cx: &mut Context, value: Value) -> Result<Ref<FrameObject>, Stop> {
    match value.get() {
        Some(frame) => Ok(frame),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("a frame is required, not '{found}'")))
        }
    }
}

/// An attribute that changes while the frame runs, which only the machine can then answer.
fn changing(cx: &mut Context, value: Value, index: usize) -> Result<Value, Stop> {
    let frame = of(cx, value)?;
    if frame.is_running() {
        let callee = cx.module_state[KEYS[index]];
        return Err(cx.call(callee, &[value]));
    }
    Ok(read_attribute(cx, frame, RUNNING[index].name()))
}

fn line(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    changing(cx, value, 0)
}

fn position(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    changing(cx, value, 1)
}

fn back(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    changing(cx, value, 2)
}

fn locals(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let frame = of(cx, value)?;
    match frame.has_registers() {
        true => Err(call_half(cx, "frame_locals", &[value])),
        false => changing(cx, value, 3),
    }
}

fn set_line(cx: &mut Context, _: Value, _: Value) -> Result<(), Stop> {
    Err(cx.value_error("f_lineno can only be set in a trace function"))
}

fn code(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.function.code.get().value())
}

fn globals(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.function.globals.value())
}

fn builtins(cx: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(cx.builtins.value())
}

fn generator(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.generator.get())
}

fn trace(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.trace.get())
}

fn set_trace(cx: &mut Context, value: Value, trace: Value) -> Result<(), Stop> {
    of(cx, value)?.trace.set(if trace.is_unbound() { Value::NONE } else { trace });
    Ok(())
}

fn yes(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::TRUE)
}

fn no(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::FALSE)
}

fn ignore(_: &mut Context, _: Value, _: Value) -> Result<(), Stop> {
    Ok(())
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let frame = of(cx, args.get(0))?;
    if frame.is_running() {
        return Err(cx.runtime_error("cannot clear an executing frame"));
    }
    if frame.own_generator().is_some_and(|generator| generator.state.get() == State::Suspended) {
        return Err(cx.runtime_error("cannot clear a suspended frame"));
    }
    frame.locals.set(Value::UNBOUND);
    Ok(Value::NONE)
}

// ----- tracebacks

fn entry(cx: &mut Context, value: Value) -> Result<Ref<Traceback>, Stop> {
    match value.get() {
        Some(entry) => Ok(entry),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("a traceback is required, not '{found}'")))
        }
    }
}

fn new_traceback(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (next, frame) = (args.get(1), args.get(2));
    if !next.is_none() && !next.is::<Traceback>() {
        let found = cx.type_name(next);
        return Err(cx.type_error(format!("expected traceback object or None, got '{found}'")));
    }
    let Some(object) = frame.get::<FrameObject>() else {
        let found = cx.type_name(frame);
        return Err(cx.type_error(format!("TracebackType() argument 'tb_frame' must be frame, not {found}")));
    };
    let word = Int::expect_i64(cx, args.get(3))?.max(0) / 2;
    let line = Int::expect_i64(cx, args.get(4))?.max(0);
    let entry = Traceback {
        next: Cell::new(next),
        code: object.function.code.get(),
        word: word as u32,
        line: Cell::new(line as u32),
        frame: Cell::new(frame),
        locals: Cell::new(Value::UNBOUND),
        task: Cell::new(Value::NONE),
        is_hidden: false,
    };
    Ok(cx.heap.allocate(LayoutId::TRACEBACK, entry).value())
}

fn traceback_dir(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"].map(|name| cx.intern(name));
    Ok(cx.list(names.to_vec()))
}

/// The next entry that is not one of a script half.
fn next(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let mut next = entry(cx, value)?.next.get();
    while let Some(hidden) = next.get::<Traceback>().filter(|entry| entry.is_hidden) {
        next = hidden.next.get();
    }
    Ok(next)
}

fn set_next(cx: &mut Context, value: Value, next: Value) -> Result<(), Stop> {
    let own = entry(cx, value)?;
    if next.is_unbound() {
        return Err(cx.type_error("can't delete tb_next attribute"));
    }
    if !next.is_none() && !next.is::<Traceback>() {
        let found = cx.type_name(next);
        return Err(cx.type_error(format!("expected traceback object or None, got '{found}'")));
    }
    let mut link = next;
    while let Some(entry) = link.get::<Traceback>() {
        if link == value {
            return Err(cx.value_error("traceback loop detected"));
        }
        link = entry.next.get();
    }
    own.next.set(next);
    Ok(())
}

fn frame(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let entry = entry(cx, value)?;
    if let Some(function) = entry.frame.get().get::<Function>() {
        let object = FrameObject::ended(cx, function, entry.word);
        if let Some(registers) = entry.locals.get().get::<Tuple>() {
            let read = |register: usize| registers.get(register).unwrap_or(Value::UNBOUND);
            object.locals.set(locals_of(cx, function, entry.word, read).value());
        }
        entry.frame.set(object.value());
    }
    Ok(entry.frame.get())
}

fn traceback_line(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let entry = entry(cx, value)?;
    let line = match entry.line.get() {
        0 => entry.code.code.line(entry.word),
        line => line,
    };
    Ok(Value::small(line as i64))
}

fn traceback_task(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(entry(cx, value)?.task.get())
}

fn traceback_position(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(entry(cx, value)?.word as i64 * 2))
}
