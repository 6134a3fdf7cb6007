//! `Task`: what it has beyond a future.

use crate::modules::asyncio::future::{attribute, of};
use crate::object::context::Context;
use crate::object::contextvars;
use crate::object::forward::half;
use crate::object::function::Attribute;
use crate::object::future::Future;
use crate::object::generator::Generator;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::value::Value;

pub(super) const METHODS: &[Declaration] = &[
    control(
        "__init__(self, coro, *, loop=None, name=None, context=None, eager_start=False)",
        Control::StartTask,
        "Initialize self.",
    ),
    control("_begin(self, coro, name, context, eager_start, /)", Control::BeginTask, "Begin to run a coroutine."),
    plain("get_coro(self, /)", get_coro, "Return the coroutine that the task runs."),
    plain("get_context(self, /)", get_context, "Return the context of the task."),
    plain("get_name(self, /)", get_name, "Return the name of the task."),
    plain("set_name(self, value, /)", set_name, "Give the task a name."),
    plain("get_stack(self, *, limit=None)", half, "Return the frames of the task's coroutine, outermost first."),
    plain("print_stack(self, *, limit=None, file=None)", half, "Print the frames of the task's coroutine."),
    plain("cancelling(self, /)", cancelling, "Return how many requests to cancel the task are pending."),
    plain("uncancel(self, /)", uncancel, "Take back one request to cancel; return how many are left."),
    plain("set_result(self, result, /)", set_result, "A task gets its result from its coroutine."),
    plain("set_exception(self, exception, /)", set_exception, "A task gets its exception from its coroutine."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

pub(super) const ATTRIBUTES: &[Attribute] = &[
    attribute("_coro", |_, value| Ok(of(value).coroutine.get()), "The coroutine."),
    attribute("_context", |_, value| Ok(of(value).context.get()), "The context."),
    attribute("_fut_waiter", waiter, "The future it waits for, or None."),
    attribute("_is_sleeping", sleeping, "True if it waits for a time."),
    Attribute {
        name: "_must_cancel",
        get: |_, value| Ok(Value::bool(of(value).has(Future::MUST_CANCEL))),
        set: Some(set_must_cancel),
        doc: "The next step raises CancelledError.",
    },
    attribute(
        "_num_cancels_requested",
        |_, value| Ok(Value::small(of(value).cancel_requests() as i64)),
        "How many requests to cancel it are pending.",
    ),
    Attribute {
        name: "_log_destroy_pending",
        get: |_, value| Ok(Value::bool(!of(value).has(Future::QUIET))),
        set: Some(set_log_destroy_pending),
        doc: "Is something said if it is destroyed while it is pending?",
    },
];

/// Can a task run this? A coroutine of either kind; anything else that `collections.abc.Coroutine` takes is for
/// the script half to decide.
pub(super) fn is_coroutine(value: Value) -> bool {
    match value.get::<Generator>() {
        Some(own) => own.header().layout() == LayoutId::COROUTINE || own.function.is_coroutine.get(),
        None => value.header().is_some_and(|header| header.layout() == LayoutId::NATIVE_COROUTINE),
    }
}

fn get_coro(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).coroutine.get())
}

fn get_context(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let task = of(args.get(0));
    if cx.running.task == task.value() {
        return Ok(contextvars::current(cx).value());
    }
    Ok(contextvars::of_cell(cx, &task.context))
}

fn get_name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let task = of(args.get(0));
    if task.name.get().is_unbound() {
        let name = cx.str(&format!("Task-{}", task.number.get()));
        task.name.set(name);
    }
    Ok(task.name.get())
}

fn set_name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !args.get(1).is::<crate::object::string::Str>() {
        return Err(cx.ask(1, crate::object::native::Wish::Text));
    }
    of(args.get(0)).name.set(args.get(1));
    Ok(Value::NONE)
}

fn cancelling(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(of(args.get(0)).cancel_requests() as i64))
}

fn uncancel(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let task = of(args.get(0));
    task.count_cancel_requests(-1);
    let left = task.cancel_requests();
    if left == 0 {
        task.clear(Future::MUST_CANCEL);
    }
    Ok(Value::small(left as i64))
}

fn set_result(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.runtime_error("Task does not support set_result operation"))
}

fn set_exception(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.runtime_error("Task does not support set_exception operation"))
}

fn waiter(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let waiter = of(value).waiter.get();
    Ok(if waiter.header().is_some() { waiter } else { Value::NONE })
}

fn sleeping(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(value).waiter.get() == Value::TRUE))
}

fn set_must_cancel(_: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    match to {
        Value::TRUE => of(value).set(Future::MUST_CANCEL),
        _ => of(value).clear(Future::MUST_CANCEL),
    }
    Ok(())
}

fn set_log_destroy_pending(cx: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    match crate::object::truth::truth(cx, to) {
        Some(false) => of(value).set(Future::QUIET),
        _ => of(value).clear(Future::QUIET),
    }
    Ok(())
}
