//! `Future`, and what `Task` has in common with it.

use crate::modules::asyncio::event_loop::check_callback;
use crate::object::alias::GenericAlias;
use crate::object::arguments::instance_class;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars;
use crate::object::equality::{Problem, equal};
use crate::object::event_loop::EventLoop;
use crate::object::exception::Exception;
use crate::object::forward::half;
use crate::object::function::Attribute;
use crate::object::future::{Future, FutureState, Role};
use crate::object::generator::{Await, AwaitKind};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

pub(super) const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A result that will be there later."),
    plain("__init__(self, *, loop=None)", init, "Initialize self."),
    plain("result(self, /)", result, "Return the result, or raise the exception."),
    plain("exception(self, /)", exception, "Return the exception, or None."),
    plain("set_result(self, result, /)", set_result, "Mark the future done and set its result."),
    plain("set_exception(self, exception, /)", set_exception, "Mark the future done and set an exception."),
    plain("add_done_callback(self, fn, /, *, context=<unset>)", add_done_callback, "Have fn called when it is done."),
    plain(
        "remove_done_callback(self, fn, /)",
        remove_done_callback,
        "Take fn out of the callbacks; return how often it was there.",
    ),
    plain(
        "_drop_callbacks(self, callbacks, /)",
        drop_callbacks,
        "Put other callbacks in the place of those there are.",
    ),
    control("cancel(self, msg=None)", Control::CancelFuture, "Cancel the future; return whether that had an effect."),
    plain("cancelled(self, /)", cancelled, "Return True if the future was cancelled."),
    plain("done(self, /)", done, "Return True if the future is done."),
    plain("get_loop(self, /)", get_loop, "Return the loop of the future."),
    plain("_make_cancelled_error(self, /)", make_cancelled_error, "Return the CancelledError that is raised."),
    plain("__iter__(self, /)", iterate, "Implement iter(self)."),
    plain("__await__(self, /)", iterate, "Return an iterator to be used in await expression."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

pub(super) const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

pub(super) const ATTRIBUTES: &[Attribute] = &[
    attribute("_state", state, "The state as a word."),
    attribute("_loop", loop_of, "The loop."),
    attribute("_callbacks", callbacks, "The callbacks and their contexts, or None."),
    attribute("_result", raw_result, "The result, or None."),
    attribute("_exception", raw_exception, "The exception, or None."),
    attribute("_source_traceback", source_traceback, "In debug mode: where it was made, as a list."),
    attribute("_origin", origin, "File, line and function of where it was made, or None."),
    attribute("_canceller", canceller, "Who cancelled it and where, or None."),
    Attribute {
        name: "_behind",
        get: |_, value| Ok(if of(value).role == Role::Future { of(value).coroutine.get() } else { Value::NONE }),
        set: Some(set_behind),
        doc: "What whoever waits for it waits for, if that says more than the future.",
    },
    Attribute {
        name: "_asyncio_future_blocking",
        get: |_, value| Ok(Value::bool(of(value).has(Future::BLOCKING))),
        set: Some(set_blocking),
        doc: "It has just been yielded by an await.",
    },
    Attribute {
        name: "_log_traceback",
        get: |_, value| Ok(Value::bool(of(value).has(Future::LOG_TRACEBACK))),
        set: Some(set_log_traceback),
        doc: "Its exception has not been looked at.",
    },
    Attribute {
        name: "_cancel_message",
        get: |_, value| Ok(of(value).cancel_message.get()),
        set: Some(set_cancel_message),
        doc: "What cancel was given.",
    },
];

pub(super) const GATHERING_ATTRIBUTES: &[Attribute] =
    &[attribute("_children", |_, value| Ok(of(value).coroutine.get()), "What is gathered.")];

/// A line of a table of attributes that cannot be set.
pub(super) const fn attribute(
    name: &'static str,
    get: fn(&mut Context, Value) -> Result<Value, Stop>,
    doc: &'static str,
) -> Attribute {
    Attribute { name, get, set: None, doc }
}

/// The future that the receiver of a method or attribute is.
pub(super) fn of(value: Value) -> Ref<Future> {
    value.get().expect("the receiver was checked")
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

/// The loop that an argument names, or where it is None the one that `get_event_loop` would give.
pub(super) fn loop_argument(cx: &mut Context, value: Value) -> Result<Ref<EventLoop>, Stop> {
    if !value.is_unbound() && !value.is_none() {
        return match value.get::<EventLoop>() {
            Some(event_loop) => Ok(event_loop),
            None => {
                let found = cx.type_name(value);
                Err(cx.type_error(format!("loop must be an event loop, not {found}")))
            }
        };
    }
    if let Some(event_loop) = cx.running.event_loop().or(cx.running.set_loop.get()) {
        return Ok(event_loop);
    }
    let class = cx.class(LayoutId::EVENT_LOOP);
    let event_loop = super::event_loop::make(cx, class);
    cx.running.set_loop = event_loop.value();
    Ok(event_loop)
}

/// The loop is settled here, since the body cannot be without one.
fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::FUTURE)?;
    let name = cx.intern("loop");
    let given = args.get(2).get::<crate::object::dict::Dict>().and_then(|keywords| keywords.get_interned(name));
    let event_loop = loop_argument(cx, given.unwrap_or(Value::NONE))?;
    let role = if class.is_subclass(cx.class(LayoutId::TASK)) { Role::Task } else { Role::Future };
    Ok(Future::allocate(cx, class, role, event_loop).value())
}

fn init(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn invalid_state(cx: &mut Context, message: &str) -> Stop {
    cx.error(LayoutId::INVALID_STATE_ERROR, message)
}

fn result(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let future = of(args.get(0));
    match future.is_done() {
        true => future.outcome(cx),
        false => Err(invalid_state(cx, "Result is not set.")),
    }
}

fn exception(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let future = of(args.get(0));
    match future.state.get() {
        FutureState::Pending => Err(invalid_state(cx, "Exception is not set.")),
        FutureState::Cancelled => Err(Stop::Raise(future.cancelled_error(cx))),
        FutureState::Finished => Ok(Value::NONE),
        FutureState::Failed => {
            future.clear(Future::LOG_TRACEBACK);
            Ok(future.result.get())
        }
    }
}

/// InvalidStateError, unless it is pending.
fn check_pending(cx: &mut Context, future: Ref<Future>) -> Result<(), Stop> {
    match future.is_done() {
        false => Ok(()),
        true => Err(invalid_state(cx, "invalid state")),
    }
}

fn set_result(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let future = of(args.get(0));
    check_pending(cx, future)?;
    if future.has_callbacks() {
        future.event_loop.check_closed(cx)?;
    }
    future.finish(cx, args.get(1));
    Ok(Value::NONE)
}

fn set_exception(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (future, given) = (of(args.get(0)), args.get(1));
    check_pending(cx, future)?;
    let exception = match given.get::<Class>() {
        Some(class) if class.is_subclass(cx.class(LayoutId::BASE_EXCEPTION)) => {
            if !class.has(Class::BUILTIN) {
                return Err(Stop::Half);
            }
            let no_args = cx.empty_tuple;
            Exception::allocate(cx, class.root_layout.get(), no_args)
        }
        _ => given,
    };
    if !exception.is::<Exception>() {
        return Err(cx.type_error("invalid exception object"));
    }
    if cx.is_instance(exception, LayoutId::STOP_ITERATION) {
        let message = "StopIteration interacts badly with generators and cannot be raised into a Future";
        let Stop::Raise(replaced) = cx.runtime_error(message) else { return Ok(Value::NONE) };
        if let Some(body) = replaced.get::<Exception>() {
            body.cause.set(exception);
            body.context.set(exception);
            body.suppress_context.set(true);
        }
        future.fail(cx, replaced);
        return Ok(Value::NONE);
    }
    future.fail(cx, exception);
    Ok(Value::NONE)
}

fn add_done_callback(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (future, callback, context) = (of(args.get(0)), args.get(1), args.get(2));
    check_callback(cx, future.event_loop, callback, "add_done_callback")?;
    let context = match context.is_unbound() || context.is_none() {
        true => contextvars::share_current(cx),
        false => context,
    };
    if future.is_done() {
        future.event_loop.check_closed(cx)?;
        future.schedule(cx, callback, context);
    } else {
        future.add_callback(cx, callback, context);
    }
    Ok(Value::NONE)
}

fn remove_done_callback(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let future = of(args.get(0));
    let callbacks = future.callbacks();
    let mut kept = Vec::new();
    for &(callback, context) in &callbacks {
        match equal(cx, callback, args.get(1)).map_err(Problem::or_half)? {
            true => {}
            false => kept.push((callback, context)),
        }
    }
    if kept.len() < callbacks.len() {
        future.set_callbacks(cx, &kept);
    }
    Ok(cx.int((callbacks.len() - kept.len()) as i64))
}

/// Of a list of pairs that the script half of `remove_done_callback` has chosen.
fn drop_callbacks(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let future = of(args.get(0));
    let dropped: Vec<usize> = crate::object::items::plain_items(cx, args.get(1))
        .transpose()?
        .unwrap_or_default()
        .iter()
        .filter_map(|&index| crate::object::integer::Int::to_i64(index))
        .map(|index| index as usize)
        .collect();
    let kept: Vec<_> = future
        .callbacks()
        .into_iter()
        .enumerate()
        .filter(|(index, _)| !dropped.contains(index))
        .map(|(_, pair)| pair)
        .collect();
    future.set_callbacks(cx, &kept);
    Ok(Value::NONE)
}

fn cancelled(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).state.get() == FutureState::Cancelled))
}

fn done(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_done()))
}

fn get_loop(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).event_loop.value())
}

fn make_cancelled_error(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).cancelled_error(cx))
}

fn iterate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::allocate(cx, AwaitKind::Future, args.get(0), Value::NONE))
}

// ----- attributes

fn word(future: Ref<Future>) -> &'static str {
    match future.state.get() {
        FutureState::Pending => "PENDING",
        FutureState::Cancelled => "CANCELLED",
        FutureState::Finished | FutureState::Failed => "FINISHED",
    }
}

fn state(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(cx.intern(word(of(value))))
}

fn loop_of(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(value).event_loop.value())
}

/// A waiter that is no callable is shown as the method that CPython would call.
fn callbacks(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let callbacks = of(value).callbacks();
    if callbacks.is_empty() {
        return Ok(Value::NONE);
    }
    let mut items = Vec::with_capacity(callbacks.len());
    for (callback, context) in callbacks {
        // What has not been made yet is made where it is asked for.
        let context = if context.is::<contextvars::ContextObject>() { context } else { Value::NONE };
        items.push(cx.tuple(&[callback, context]));
    }
    Ok(cx.list(items))
}

fn raw_result(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let future = of(value);
    Ok(if future.state.get() == FutureState::Finished { future.result.get() } else { Value::NONE })
}

fn raw_exception(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let future = of(value);
    Ok(if future.state.get() == FutureState::Failed { future.result.get() } else { Value::NONE })
}

fn origin(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let future = of(value);
    Ok(super::place(cx, future.origin.get(), future.origin_word.get()))
}

fn source_traceback(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let place = origin(cx, value)?;
    let Some(place) = place.get::<Tuple>().filter(|_| of(value).event_loop.is_debug.get()) else {
        return Ok(Value::NONE);
    };
    let items = place.items();
    let entry = cx.tuple(&[items[0], items[1], items[2], Value::NONE]);
    Ok(cx.list(vec![entry]))
}

fn canceller(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(value).canceller.get())
}

fn set_behind(_: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    if of(value).role == Role::Future {
        of(value).coroutine.set(to);
    }
    Ok(())
}

fn set_blocking(cx: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    match crate::object::truth::truth(cx, to) {
        Some(true) => of(value).set(Future::BLOCKING),
        _ => of(value).clear(Future::BLOCKING),
    }
    Ok(())
}

fn set_log_traceback(cx: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    if to != Value::FALSE {
        return Err(cx.value_error("_log_traceback can only be set to False"));
    }
    of(value).clear(Future::LOG_TRACEBACK);
    Ok(())
}

fn set_cancel_message(_: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    of(value).cancel_message.set(to);
    Ok(())
}
