//! The event loop as scripts see it: what it is asked to call, and when. What is not hot is written in the language,
//! among the script halves (`_halves_event_loop`).

use std::time::Duration;

use crate::bytecode::code::CodeKind;
use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::watch;
use crate::object::arguments::{instance_class, is_callable};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars;
use crate::object::event_loop::{Due, Entry, EventLoop, Handle};
use crate::object::forward::half;
use crate::object::function::{Attribute, Function, Method};
use crate::object::future::Future;
use crate::object::generator::Generator;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Control, Declaration, Stop, Wish, control, maker, plain};
use crate::object::number::to_f64;
use crate::object::recorder::key;
use crate::object::repr::{default_text, repr};
use crate::object::string::text_of;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

pub(super) const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "An event loop."),
    plain("__del__(self)", delete, "Close the loop."),
    plain("run_forever(self, /)", half, "Run until stop() is called."),
    plain("run_until_complete(self, future, /)", half, "Run until the future is done; return its result."),
    control("_run_turns(self, future, /)", Control::RunTurns, "Take turns until stop() is called."),
    plain("_shut_down(self, /)", half, "Cancel what is left."),
    plain("_async_generator_begins(self, generator, /)", generator_begins, "An async generator takes its first step."),
    plain("_add_async_generator(self, generator, /)", add_generator, "Remember an async generator."),
    plain("_take_async_generators(self, /)", take_generators, "Return the async generators, and forget them."),
    plain("_async_generator_dropped(self, generator, /)", half, "An async generator is to be closed."),
    plain("_has_async_generators(self, /)", has_generators, "Return True if an async generator has begun."),
    plain("_is_idle(self, /)", is_idle, "Return True if nothing is ready and no time has come."),
    plain("stop(self, /)", stop, "Stop running after this turn."),
    plain("is_running(self, /)", is_running, "Return True if the loop runs."),
    plain("is_closed(self, /)", is_closed, "Return True if the loop was closed."),
    plain("close(self, /)", half, "Close the loop."),
    plain("_close(self, /)", close, "Forget what is ready and what is to come."),
    plain("_check_closed(self, /)", check_closed, "Raise RuntimeError if the loop is closed."),
    plain("_check_running(self, /)", check_running, "Raise RuntimeError if a loop runs."),
    plain("time(self, /)", time, "Return the seconds of the loop's clock."),
    maker("call_soon(self, callback, *args, context=None)", call_soon, "Have callback called in the next turn."),
    maker(
        "call_soon_threadsafe(self, callback, *args, context=None)",
        call_soon_threadsafe,
        "Have callback called in the next turn; may be called from any thread.",
    ),
    maker("call_later(self, delay, callback, *args, context=None)", call_later, "Have callback called after a delay."),
    maker("call_at(self, when, callback, *args, context=None)", call_at, "Have callback called at a time."),
    plain("add_reader(self, fd, callback, *args)", watch::add_reader, "Have callback called when fd can be read."),
    plain("_add_reader(self, fd, callback, *args)", watch::add_reader_handle, "The same, with a handle as result."),
    plain("remove_reader(self, fd)", watch::remove_reader, "Call nothing any more when fd can be read."),
    plain("add_writer(self, fd, callback, *args)", watch::add_writer, "Have callback called when fd can be written."),
    plain("_add_writer(self, fd, callback, *args)", watch::add_writer_handle, "The same, with a handle as result."),
    plain("remove_writer(self, fd)", watch::remove_writer, "Call nothing any more when fd can be written."),
    plain("add_signal_handler(self, sig, callback, *args)", half, "Have callback called when a signal comes."),
    plain("remove_signal_handler(self, sig)", half, "Call nothing any more when a signal comes."),
    plain("create_future(self, /)", create_future, "Return a new future of this loop."),
    control(
        "create_task(self, coro, /, *, name=None, context=None, eager_start=None, **kwargs)",
        Control::CreateTask,
        "Run a coroutine as a task; return the task.",
    ),
    plain("_tasks(self, /)", tasks, "Return the tasks that are not done."),
    plain("get_task_factory(self, /)", get_task_factory, "Return what makes tasks, or None."),
    plain("set_task_factory(self, factory, /)", half, "Set what makes tasks, or None."),
    plain("get_debug(self, /)", get_debug, "Return True in debug mode."),
    plain("set_debug(self, enabled, /)", set_debug, "Switch debug mode on or off."),
    plain("get_exception_handler(self, /)", get_exception_handler, "Return the exception handler, or None."),
    plain("set_exception_handler(self, handler, /)", half, "Set what is told of errors that nobody else hears of."),
    plain("default_exception_handler(self, context, /)", half, "Log an error that nobody else hears of."),
    plain("call_exception_handler(self, context, /)", half, "Tell the exception handler of an error."),
    plain("shutdown_asyncgens(self, /)", half, "Close all async generators that have begun."),
    plain("shutdown_default_executor(self, timeout=None)", half, "Wait for the jobs of the default executor."),
    plain("run_in_executor(self, executor, func, /, *args)", half, "Run func(*args) beside the loop."),
    plain("set_default_executor(self, executor, /)", half, "Set the executor of run_in_executor(None, ...)."),
    plain(
        "subprocess_exec(self, protocol_factory, program, *args, **options)",
        half,
        "Start a program; return transport and protocol.",
    ),
    plain(
        "subprocess_shell(self, protocol_factory, cmd, **options)",
        half,
        "Start a command in a shell; return transport and protocol.",
    ),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

pub(super) const ATTRIBUTES: &[Attribute] = &[
    Attribute {
        name: "slow_callback_duration",
        get: |_, value| Ok(of(value).slow_callback_duration.get()),
        set: Some(|_, value, to| {
            of(value).slow_callback_duration.set(to);
            Ok(())
        }),
        doc: "Seconds a callback may take before debug mode speaks of it.",
    },
    Attribute {
        name: "_task_factory",
        get: |_, value| Ok(of(value).task_factory.get()),
        set: Some(|_, value, to| {
            of(value).task_factory.set(to);
            Ok(())
        }),
        doc: "What makes tasks, or None.",
    },
    Attribute {
        name: "_exception_handler",
        get: |_, value| Ok(of(value).exception_handler.get()),
        set: Some(|_, value, to| {
            of(value).exception_handler.set(to);
            Ok(())
        }),
        doc: "What is told of errors, or None.",
    },
    attribute("_stopping", |_, value| Ok(Value::bool(of(value).is_stopping.get())), "The turn under way is the last."),
];

pub(super) const HANDLE: &[Declaration] = &[
    plain("cancel(self, /)", cancel, "Cancel the call."),
    plain("cancelled(self, /)", cancelled, "Return True if the call was cancelled."),
    plain("get_context(self, /)", get_context, "Return the context of the call."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
];

pub(super) const TIMER_HANDLE: &[Declaration] = &[
    plain("when(self, /)", when, "Return the time of the call, in seconds of the loop's clock."),
    plain("__lt__(self, other, /)", earlier, "Return self<other."),
    plain("__le__(self, other, /)", not_later, "Return self<=other."),
    plain("__gt__(self, other, /)", later, "Return self>other."),
    plain("__ge__(self, other, /)", not_earlier, "Return self>=other."),
];

pub(super) const HANDLE_ATTRIBUTES: &[Attribute] = &[
    attribute("_callback", |_, value| Ok(handle_of(value).callback.get()), "What is called."),
    attribute("_args", |_, value| Ok(handle_of(value).args.get()), "Its arguments."),
    attribute("_cancelled", |_, value| Ok(Value::bool(handle_of(value).is_cancelled.get())), "Was it cancelled?"),
    attribute("_scheduled", |_, value| Ok(Value::bool(handle_of(value).is_scheduled.get())), "Is its time to come?"),
    attribute("_loop", |_, value| Ok(handle_of(value).event_loop.value()), "The loop that calls it."),
    attribute("_origin", handle_origin, "File, line and function of where it was made, or None."),
];

/// The loop that the receiver of a method or attribute is.
pub(super) fn of(value: Value) -> Ref<EventLoop> {
    value.get().expect("the receiver was checked")
}

fn handle_of(value: Value) -> Ref<Handle> {
    value.get().expect("the receiver was checked")
}

/// A new loop of a class, in debug mode from the start if the environment asks for it.
pub(super) fn make(cx: &mut Context, class: Ref<Class>) -> Ref<EventLoop> {
    let event_loop = EventLoop::allocate(cx, class);
    if cx.tells_resources {
        cx.heap.add_finalisable(event_loop.header());
    }
    event_loop.is_debug.set(std::env::var_os("PYTHONASYNCIODEBUG").is_some_and(|value| !value.is_empty()));
    event_loop
}

/// A loop that rests between the inputs of a session, and counts as running then.
pub fn make_resting(cx: &mut Context) -> Ref<EventLoop> {
    crate::modules::require(cx, &super::MODULE);
    let class = cx.class(LayoutId::EVENT_LOOP);
    let event_loop = make(cx, class);
    event_loop.rests.set(true);
    event_loop
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::BASE_EVENT_LOOP)?;
    Ok(make(cx, class).value())
}

fn delete(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match of(args.get(0)).is_closed.get() {
        true => Ok(Value::NONE),
        false => Err(Stop::Half),
    }
}

fn stop(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).is_stopping.set(true);
    Ok(Value::NONE)
}

fn is_running(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_running.get()))
}

fn is_closed(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_closed.get()))
}

fn close(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let event_loop = of(args.get(0));
    event_loop.is_closed.set(true);
    event_loop.clear();
    Ok(Value::NONE)
}

fn is_idle(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let event_loop = of(args.get(0));
    let is_due = event_loop.next_due().is_some_and(|when| when <= cx.clock.now());
    Ok(Value::bool(event_loop.ready_count() == 0 && !is_due))
}

fn check_closed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).check_closed(cx)?;
    Ok(Value::NONE)
}

fn check_running(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if of(args.get(0)).is_running.get() {
        return Err(cx.runtime_error("This event loop is already running"));
    }
    if cx.running.busy_loop().is_some() {
        return Err(cx.runtime_error("Cannot run the event loop while another loop is running"));
    }
    Ok(Value::NONE)
}

// ----- time

const SECOND: f64 = 1e9;

/// How many frames of their origin coroutines remember in debug mode.
const ORIGIN_DEPTH: u32 = 10;

/// Seconds as nanoseconds, the nearest there are.
pub(super) fn nanoseconds(seconds: f64) -> i64 {
    (seconds * SECOND).round() as i64
}

fn seconds(nanoseconds: i64) -> Value {
    Value::float(nanoseconds as f64 / SECOND)
}

/// A number of seconds that an argument gives.
pub(super) fn seconds_argument(cx: &mut Context, args: Args<'_>, position: usize) -> Result<f64, Stop> {
    match to_f64(cx, args.get(position)) {
        Some(seconds) => seconds,
        None => Err(cx.ask(position, Wish::Float)),
    }
}

fn time(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(seconds(cx.clock.read(false)))
}

// ----- calls

/// A handle for a callback given as `callback, *args, context=...` from argument `first` on of a method.
fn handle(
    cx: &mut Context,
    args: Args<'_>,
    first: usize,
    when: Option<i64>,
    method: &str,
) -> Result<Ref<Handle>, Stop> {
    let event_loop = of(args.get(0));
    event_loop.check_closed(cx)?;
    let (callback, context, rest) = (args.get(first), args.get(first + 1), args.get(first + 2));
    check_callback(cx, event_loop, callback, method)?;
    let context = if context.is_none() { contextvars::share_current(cx) } else { context };
    Ok(Handle::allocate(cx, event_loop, callback, rest, context, when))
}

/// TypeError if it cannot be called, and in debug mode also if calling it would only make a coroutine.
pub(super) fn check_callback(
    cx: &mut Context,
    event_loop: Ref<EventLoop>,
    callback: Value,
    method: &str,
) -> Result<(), Stop> {
    match !event_loop.is_debug.get() && is_callable(cx, callback) {
        true => Ok(()),
        false => refuse_callback(cx, callback, method),
    }
}

#[cold]
fn refuse_callback(cx: &mut Context, callback: Value, method: &str) -> Result<(), Stop> {
    let function = callback.get::<Method>().map_or(callback, |bound| bound.function);
    let makes_coroutine =
        function.get::<Function>().is_some_and(|function| function.code.get().code.kind == CodeKind::Coroutine);
    if makes_coroutine || super::task::is_coroutine(callback) {
        return Err(cx.type_error(format!("coroutines cannot be used with {method}()")));
    }
    if !is_callable(cx, callback) {
        let shown = match repr(cx, callback) {
            Ok(text) => text_of(text),
            Err(_) => default_text(cx, callback),
        };
        return Err(cx.type_error(format!("a callable object was expected by {method}(), got {shown}")));
    }
    Ok(())
}

fn call_soon(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let handle = handle(cx, args, 1, None, "call_soon")?;
    handle.event_loop.push(Entry::Call(handle));
    Ok(handle.value())
}

fn call_soon_threadsafe(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let handle = handle(cx, args, 1, None, "call_soon_threadsafe")?;
    handle.event_loop.push(Entry::Call(handle));
    Ok(handle.value())
}

fn call_later(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(1).is_none() {
        return Err(cx.type_error("delay must not be None"));
    }
    let delay = seconds_argument(cx, args, 1)?;
    let when = cx.clock.read(false).saturating_add(nanoseconds(delay));
    call_when(cx, args, when)
}

fn call_at(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(1).is_none() {
        return Err(cx.type_error("when cannot be None"));
    }
    let when = seconds_argument(cx, args, 1)?;
    call_when(cx, args, nanoseconds(when))
}

/// Tells the recorder how long the task that runs waits at most, if the timer is one of asyncio's own: of `timeout`,
/// `wait_for` or `wait`.
#[cold]
fn record_limit(cx: &mut Context, handle: Ref<Handle>, when: i64) {
    let callback = handle.callback.get();
    let function = callback.get::<Method>().map_or(callback, |method| method.function);
    let is_own = |function: Ref<Function>| function.code.get().code.source.name.starts_with("<stdlib>/asyncio/");
    let left = Duration::from_nanos(when.saturating_sub(cx.clock.now()).max(0) as u64);
    if let (Some(task), Some(recorder)) = (cx.running.task(), &mut cx.recorder)
        && function.get().is_some_and(is_own)
    {
        recorder.limit(key(task), key(handle), left);
    }
}

fn call_when(cx: &mut Context, args: Args<'_>, when: i64) -> Result<Value, Stop> {
    let handle = handle(cx, args, 2, Some(when), "call_at")?;
    handle.event_loop.add_timer(when, Due::Call(handle));
    if cx.recorder.is_some() {
        record_limit(cx, handle, when);
    }
    if when <= cx.clock.now() {
        // The next turn may not miss it, however busy the loop is.
        cx.running.looks_at_clock = true;
        handle.was_due.set(true);
    }
    Ok(handle.value())
}

fn create_future(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Future::plain(cx, of(args.get(0))).value())
}

fn tasks(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let tasks = of(args.get(0)).tasks().into_iter().map(Ref::value).collect();
    Ok(cx.list(tasks))
}

fn get_task_factory(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).task_factory.get())
}

fn get_debug(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_debug.get()))
}

fn set_debug(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match crate::object::truth::truth(cx, args.get(1)) {
        Some(enabled) => {
            let event_loop = of(args.get(0));
            event_loop.is_debug.set(enabled);
            if event_loop.is_running.get() {
                cx.running.origin_depth = if enabled { ORIGIN_DEPTH } else { 0 };
            }
            Ok(Value::NONE)
        }
        None => Err(cx.ask(1, Wish::Truth)),
    }
}

fn get_exception_handler(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(args.get(0)).exception_handler.get())
}

// ----- async generators

fn generator_begins(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match of(args.get(0)).generators_are_shut_down.get() {
        true => Err(Stop::Half),
        false => add_generator(cx, args),
    }
}

fn add_generator(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (event_loop, generator) = (of(args.get(0)), args.get(1));
    if !generator.is::<Generator>() {
        return Err(cx.type_error("an async generator is required"));
    }
    event_loop.add_generator(cx, generator);
    Ok(Value::NONE)
}

fn take_generators(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let event_loop = of(args.get(0));
    event_loop.generators_are_shut_down.set(true);
    let generators = event_loop.take_generators();
    Ok(cx.list(generators))
}

fn has_generators(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(!of(args.get(0)).generators().is_empty()))
}

// ----- handles

fn cancel(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let handle = handle_of(args.get(0));
    handle.cancel();
    if let Some(recorder) = &mut cx.recorder {
        recorder.lift(key(handle));
    }
    Ok(Value::NONE)
}

fn cancelled(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(handle_of(args.get(0)).is_cancelled.get()))
}

fn get_context(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(contextvars::of_cell(cx, &handle_of(args.get(0)).context))
}

fn handle_origin(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let handle = handle_of(value);
    Ok(super::place(cx, handle.origin.get(), handle.origin_word.get()))
}

fn when(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(seconds(handle_of(args.get(0)).when.get()))
}

fn order(cx: &mut Context, args: Args<'_>, test: fn(&i64, &i64) -> bool) -> Result<Value, Stop> {
    let other = args.get(1).get::<Handle>().filter(|other| other.header().layout() == LayoutId::TIMER_HANDLE);
    Ok(match other {
        Some(other) => Value::bool(test(&handle_of(args.get(0)).when.get(), &other.when.get())),
        None => cx.not_implemented,
    })
}

fn earlier(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, i64::lt)
}

fn not_later(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, i64::le)
}

fn later(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, i64::gt)
}

fn not_earlier(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, i64::ge)
}

/// The arguments that a handle's callback is called with.
pub fn arguments(handle: Ref<Handle>) -> Vec<Value> {
    handle.args.get().get::<Tuple>().map_or(Vec::new(), |args| args.items().to_vec())
}
