//! `_asyncio`: the native part of asyncio. What is hot is here; the rest is written in the language, in
//! stdlib/asyncio/ and in the script halves of these natives.

mod abstract_loop;
mod bases;
pub mod behind;
pub mod buffer;
mod encryption;
mod endpoint;
mod errors;
mod event;
pub mod event_loop;
pub mod flow;
pub mod future;
mod lock;
mod network;
mod place;
pub mod primitive;
mod queue;
pub mod reader;
mod semaphore;
pub mod sleep;
mod stream_protocol;
pub mod task;
pub mod transport;
mod watch;
mod water_marks;
mod writer;

use crate::modules::socket::names;
use crate::object::arguments::rest;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::function::{Attribute, CodeObject};
use crate::object::future::{Future, Role};
use crate::object::generator::Await;
use crate::object::heap::Ref;
use crate::object::instance;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module, NativeModule};
use crate::object::native::{Args, Control, Declaration, Stop, control, maker, plain};
use crate::object::string::text_of;
use crate::object::value::Value;
use crate::object::work::settle;

/// Where the policy is kept that a script has set.
const POLICY: &str = "asyncio.policy";

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_asyncio", fill };

const FUNCTIONS: &[Declaration] = &[
    maker("sleep(delay, result=None)", sleep::sleep, "Coroutine that completes after a time in seconds."),
    control(
        "gather(*coros_or_futures, return_exceptions=False, limit=None)",
        Control::Gather,
        "Return a future for the results of several coroutines or futures.",
    ),
    control(
        "create_task(coro, *, name=None, context=None, eager_start=None, **kwargs)",
        Control::Spawn,
        "Run a coroutine as a task of the running loop; return the task.",
    ),
    plain("current_task(loop=None)", current_task, "Return the task whose step runs, or None."),
    plain("get_running_loop()", get_running_loop, "Return the loop that runs; RuntimeError if none does."),
    plain("_get_running_loop()", running_loop, "Return the loop that runs, or None."),
    plain("_set_running_loop(loop, /)", set_running_loop, "Say that a loop runs, or with None that none does."),
    plain("_get_event_loop()", get_own_event_loop, "What get_event_loop does without a policy."),
    plain("_set_event_loop(loop, /)", set_own_event_loop, "What set_event_loop does without a policy."),
    plain("_get_policy()", get_policy, "Return the policy that loops are chosen by, or None."),
    plain("_set_policy(policy, /)", set_policy, "Set the policy that loops are chosen by, or None."),
    plain("set_event_loop(loop, /)", set_event_loop, "Set the loop that get_event_loop returns where none runs."),
    plain("get_event_loop()", get_event_loop, "Return the loop that runs or was set; where there is none, a new one."),
    plain("new_event_loop()", new_event_loop, "Return a new event loop."),
    plain("_swap_current_task(loop, task, /)", swap_current_task, "Say which task's step runs; return which did."),
    plain("isfuture(obj, /)", isfuture, "Return True if obj is a future."),
    plain("iscoroutine(obj, /)", iscoroutine, "Return True if obj is a coroutine that a task can run."),
    plain("_set_result_unless_done(future, /)", set_result_unless_done, "Give a future None, unless it is done."),
    plain("_as_future(loop, name, args, /)", as_future, "Return a future for a look-up by the threads for that."),
    plain("_set_waiter(task, future, /)", set_waiter, "Note what a task waits for."),
    control("_step(task, exception=<unset>, /)", Control::StepTask, "Take the next step of a task."),
    plain("_note_cancel(future, asked, msg, /)", note_cancel, "What it waits for has been asked to cancel itself."),
    plain("_pass_names(count, /)", pass_names, "Leave out so many of the names that tasks get by number."),
    plain("_places(awaitable, /)", place::places, "Return where an awaitable stands, outermost first."),
    plain("_unread_failures()", unread_failures, "Return the futures that have failed and nobody has looked at."),
    plain("_throw_later(task, exception, /)", throw_later, "Throw an exception into a task in its next step."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    let name = cx.intern("asyncio");
    module.add_functions_of(cx, FUNCTIONS, name);
    errors::install(cx, module);
    bases::install(cx, module);
    transport::install(cx, module);
    reader::install(cx, module);
    stream_protocol::install(cx, module);
    writer::install(cx, module);
    let plain = ClassTables::NONE;
    let tables = [
        (
            LayoutId::FUTURE,
            ClassTables {
                methods: future::METHODS,
                class_methods: future::CLASS_METHODS,
                attributes: future::ATTRIBUTES,
                ..plain
            },
        ),
        (LayoutId::TASK, ClassTables { methods: task::METHODS, attributes: task::ATTRIBUTES, ..plain }),
        (LayoutId::GATHERING, ClassTables { attributes: future::GATHERING_ATTRIBUTES, ..plain }),
        (LayoutId::ABSTRACT_EVENT_LOOP, ClassTables { methods: abstract_loop::METHODS, ..plain }),
        (
            LayoutId::BASE_EVENT_LOOP,
            ClassTables { methods: event_loop::METHODS, attributes: event_loop::ATTRIBUTES, ..plain },
        ),
        (LayoutId::EVENT_LOOP, ClassTables { ..plain }),
        (
            LayoutId::HANDLE,
            ClassTables { methods: event_loop::HANDLE, attributes: event_loop::HANDLE_ATTRIBUTES, ..plain },
        ),
        (LayoutId::TIMER_HANDLE, ClassTables { methods: event_loop::TIMER_HANDLE, ..plain }),
    ];
    for (layout, tables) in &tables {
        let class = cx.class(*layout);
        let is_handle = [LayoutId::HANDLE, LayoutId::TIMER_HANDLE].contains(layout);
        class.set(if is_handle { Class::WEAKLY } else { Class::HAS_DICTIONARY | Class::WEAKLY });
        let dictionary = cx.new_layout(class, true);
        class.dictionary_layout.set(dictionary);
        module::install(cx, class, tables);
        instance::add_accessors(cx, class);
        let name = class.name.get();
        module.dict().set_interned(name, class.value());
    }
    let network = ClassTables { methods: network::METHODS, ..plain };
    module::install(cx, cx.class(LayoutId::BASE_EVENT_LOOP), &network);
    for layout in [LayoutId::CANCELLED_ERROR, LayoutId::INVALID_STATE_ERROR] {
        let class = cx.class(layout);
        module.dict().set_interned(class.name.get(), class.value());
    }
}

/// Makes a class of this module whose instances hold data of its own.
fn install_class(
    cx: &mut Context,
    module: Ref<Module>,
    name: &'static str,
    bases: &[Ref<Class>],
    methods: &'static [Declaration],
    attributes: &'static [Attribute],
) {
    let tables = ClassTables { methods, attributes, ..ClassTables::NONE };
    let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
    let class = module::make_class(cx, name, bases, Some(Kind::Extension), flags, &tables);
    instance::add_accessors(cx, class);
    cx.module_state.insert(name, class.value());
    module.dict().set_interned(class.name.get(), class.value());
}

/// The class that `__new__` of a class of this module was called on: it, or a subclass.
fn subclass(cx: &mut Context, value: Value, base: &'static str) -> Result<Ref<Class>, Stop> {
    let base = bases::class(cx, base);
    match value.get::<Class>() {
        Some(class) if class.is_subclass(base) => Ok(class),
        _ => {
            let name = base.name_text();
            Err(cx.type_error(format!("{name}.__new__(X): X is not a subtype of {name}")))
        }
    }
}

/// File, line and function name of a word of some code, as a tuple; None where there is no code.
pub fn place(cx: &mut Context, code: Value, word: u32) -> Value {
    let Some(code) = code.get::<CodeObject>() else { return Value::NONE };
    let line = Value::small(code.code.line(word) as i64);
    let file = cx.str(&code.code.source.name);
    cx.tuple(&[file, line, code.name])
}

// ----- which loop and which task

fn get_running_loop(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    match cx.running.event_loop {
        Value::NONE => Err(cx.runtime_error("no running event loop")),
        event_loop => Ok(event_loop),
    }
}

fn running_loop(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.running.busy_loop().map_or(Value::NONE, |event_loop| event_loop.value()))
}

fn set_running_loop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    cx.running.event_loop = args.get(0);
    Ok(Value::NONE)
}

/// What a policy that a script has set decides, its half asks the policy for.
fn unless_by_policy(cx: &Context) -> Result<(), Stop> {
    match cx.module_state.get(POLICY) {
        None | Some(&Value::NONE) => Ok(()),
        Some(_) => Err(Stop::Half),
    }
}

fn get_policy(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.module_state.get(POLICY).copied().unwrap_or(Value::NONE))
}

fn set_policy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    cx.module_state.insert(POLICY, args.get(0));
    Ok(Value::NONE)
}

fn set_event_loop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unless_by_policy(cx)?;
    set_own_event_loop(cx, args)
}

fn set_own_event_loop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let given = args.get(0);
    let base = cx.class(LayoutId::ABSTRACT_EVENT_LOOP);
    if !given.is_none() && !cx.class_of(given).is_subclass(base) {
        let found = cx.type_name(given);
        return Err(cx.type_error(format!("loop must be an instance of AbstractEventLoop or None, not '{found}'")));
    }
    cx.running.set_loop = given;
    Ok(Value::NONE)
}

fn get_event_loop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !cx.running.event_loop.is_none() {
        return Ok(cx.running.event_loop);
    }
    unless_by_policy(cx)?;
    get_own_event_loop(cx, args)
}

fn get_own_event_loop(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    match cx.running.set_loop {
        Value::NONE => Ok(future::loop_argument(cx, Value::NONE)?.value()),
        set_loop => Ok(set_loop),
    }
}

fn new_event_loop(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    unless_by_policy(cx)?;
    let class = cx.class(LayoutId::EVENT_LOOP);
    Ok(event_loop::make(cx, class).value())
}

fn current_task(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let running = cx.running.event_loop;
    match args.get(0) {
        Value::NONE if running.is_none() => Err(cx.runtime_error("no running event loop")),
        Value::NONE => Ok(cx.running.task),
        given if given == running => Ok(cx.running.task),
        _ => Ok(Value::NONE),
    }
}

fn swap_current_task(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(std::mem::replace(&mut cx.running.task, args.get(1)))
}

fn isfuture(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if value.is::<crate::object::future::Future>() {
        return Ok(Value::TRUE);
    }
    // Another kind of future says so by this attribute, which its class has too.
    let name = cx.intern("_asyncio_future_blocking");
    let class = cx.class_of(value);
    match cx.lookup(class, name) {
        Some(_) => Err(Stop::Half),
        None => Ok(Value::FALSE),
    }
}

fn iscoroutine(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match task::is_coroutine(args.get(0)) {
        true => Ok(Value::TRUE),
        false if args.get(0).header().is_none() => Ok(Value::FALSE),
        false if cx.class_of(args.get(0)).has(Class::BUILTIN) && !args.get(0).is::<Await>() => Ok(Value::FALSE),
        false => Err(Stop::Half),
    }
}

// ----- for the script half of a task's step

fn set_result_unless_done(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let future = future::of(args.get(0));
    if !future.is_done() {
        future.finish(cx, Value::NONE);
    }
    Ok(Value::NONE)
}

/// A blocking native of module `socket` is begun; what it waits for completes a future instead.
fn as_future(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(event_loop) = args.get(0).get::<EventLoop>() else {
        return Err(cx.type_error("the first argument must be an event loop"));
    };
    let given = rest(args.get(2));
    let run = match text_of(args.get(1)).as_str() {
        "getaddrinfo" => names::getaddrinfo,
        _ => names::getnameinfo,
    };
    let result = run(cx, Args(&given));
    let future = Future::plain(cx, event_loop);
    settle(cx, future, result);
    Ok(future.value())
}

fn set_waiter(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    future::of(args.get(0)).waiter.set(args.get(1));
    Ok(Value::NONE)
}

/// The end of a `cancel` that asked what a task or a gathering waits for by a method of a script.
fn note_cancel(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (future, has_asked) = (future::of(args.get(0)), args.get(1) == Value::TRUE);
    if future.role == Role::Gathering {
        return Ok(Value::bool(future.cancel_requested(has_asked)));
    }
    future.count_cancel_requests(1);
    if !has_asked {
        future.must_cancel(args.get(2), Value::NONE);
    }
    Ok(Value::TRUE)
}

fn pass_names(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    cx.running.tasks_made += crate::object::integer::Int::clamp(args.get(0)).unwrap_or(0) as u32;
    Ok(Value::NONE)
}

fn unread_failures(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let found = failures(cx).into_iter().map(Ref::value).collect();
    Ok(cx.list(found))
}

/// The futures that have failed and nobody has looked at.
pub fn failures(cx: &mut Context) -> Vec<Ref<Future>> {
    let mut found = Vec::new();
    // A future that has failed is told of before it goes, so it stands among what has something to do then.
    for value in cx.heap.take_finalisable() {
        if let Some(header) = value.header() {
            cx.heap.add_finalisable(header);
        }
        found.extend(value.get::<Future>().filter(|future| future.has(Future::LOG_TRACEBACK)));
    }
    found
}

fn throw_later(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let task = future::of(args.get(0));
    task.event_loop.push(crate::object::event_loop::Entry::Throw { task, exception: args.get(1) });
    Ok(Value::NONE)
}
