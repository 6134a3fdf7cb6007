//! `Queue`: items on their way from task to task. A class that has its own way of keeping the items (`PriorityQueue`)
//! or of counting them is served by the script halves (`_halves_queues`), through its methods.

use std::cell::Cell;

use crate::modules::asyncio::event::{self, Event};
use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::primitive::{
    Home, NEW, Overrides, WAITING, Waiters, class_argument, future_of, make_primitive, waited, wake,
};
use crate::modules::collections::deque::Deque;
use crate::object::alias::GenericAlias;
use crate::object::arguments::Truth;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::half;
use crate::object::function::Attribute;
use crate::object::future::{Future, FutureState};
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, maker, plain};
use crate::object::repr;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Items on their way from task to task."),
    plain("__init__(self, maxsize=0)", init, "Initialize self."),
    plain("_begin(self, maxsize, /)", begin, "Begin anew, without items."),
    plain("_init(self, maxsize)", init_items, "Make what keeps the items."),
    plain("_get(self)", get_item, "Take the next item out."),
    plain("_put(self, item)", put_item, "Keep an item."),
    plain("qsize(self)", qsize, "Return the number of items."),
    plain("empty(self)", empty, "Return True if there is no item."),
    plain("full(self)", full, "Return True if there are as many items as there may be."),
    maker("put(self, item)", put, "Put an item into the queue, waiting while it is full."),
    plain("put_nowait(self, item)", put_nowait, "Put an item into the queue; QueueFull if it is full."),
    maker("get(self)", get, "Take an item out of the queue, waiting while it is empty."),
    plain("get_nowait(self)", get_nowait, "Take an item out of the queue; QueueEmpty if there is none."),
    plain("task_done(self)", task_done, "Say that what was to be done with an item is done."),
    maker("join(self)", join, "Wait until everything is done that was to be done with the items."),
    plain("shutdown(self, immediate=False)", shutdown, "Take no more items; at once, give no more either."),
    plain("_wait(self, is_putter, /)", wait, "Return the future of one more that waits."),
    plain("_forget(self, waiter, /)", forget, "One waits no longer."),
    plain("_wake_next(self, is_putter, /)", wake_next, "Let the next go on that waits to put, or to get."),
    plain("_item_came(self, /)", item_came, "Count an item that was put, and let the next getter go on."),
    plain("_end(self, /)", end, "Let all go on that wait to put or to get."),
    plain("_format(self)", half, "Return the state as words."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
    plain("__str__(self, /)", half, "Return str(self)."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] = &[
    attribute("maxsize", |_, value| Ok(of(value).most.get()), "How many items there may be; 0 for any number."),
    Attribute {
        name: "_maxsize",
        get: |_, value| Ok(of(value).most.get()),
        set: Some(|_, value, to| {
            of(value).most.set(to);
            Ok(())
        }),
        doc: "How many items there may be.",
    },
    Attribute {
        name: "_queue",
        get: items,
        set: Some(|_, value, to| {
            of(value).items.set(to);
            Ok(())
        }),
        doc: "What keeps the items.",
    },
    Attribute {
        name: "_unfinished_tasks",
        get: |_, value| Ok(Value::small(of(value).unfinished.get())),
        set: Some(set_unfinished),
        doc: "Of how many items task_done() was not said.",
    },
    Attribute {
        name: "_is_shutdown",
        get: |_, value| Ok(Value::bool(of(value).is_shut_down.get())),
        set: Some(|_, value, to| {
            of(value).is_shut_down.set(to == Value::TRUE);
            Ok(())
        }),
        doc: "Does it take no more items?",
    },
    attribute("_finished", |cx, value| Ok(of(value).finished(cx)), "The event that join() waits for."),
    attribute("_getters", |cx, value| Ok(of(value).getters.as_list(cx)), "The futures of those who wait for an item."),
    attribute("_putters", |cx, value| Ok(of(value).putters.as_list(cx)), "The futures of those who wait for room."),
    attribute("_loop", |_, value| Ok(of(value).home.get()), "The loop it belongs to, or None."),
];

/// Methods that a class may have its own ones of: then nothing is done past them.
const HOOKS: &[&str] = &["_get", "_put", "qsize", "empty", "full", "get_nowait", "put_nowait"];

static PUT: NativeCoroutine = NativeCoroutine { name: "put", qualified_name: "Queue.put", step: put_step };
static GET: NativeCoroutine = NativeCoroutine { name: "get", qualified_name: "Queue.get", step: get_step };
static JOIN: NativeCoroutine = NativeCoroutine { name: "join", qualified_name: "Queue.join", step: join_step };

const CLASS: &str = "asyncio.queues.Queue";
const EMPTY: &str = "asyncio.queues.QueueEmpty";
const FULL: &str = "asyncio.queues.QueueFull";
const SHUT_DOWN: &str = "asyncio.queues.QueueShutDown";

/// The state of a queue.
struct Queue {
    /// What keeps the items: a deque, unless a subclass has put something else there. UNBOUND before `__init__`.
    items: Cell<Value>,
    /// How many items there may be.
    most: Cell<Value>,
    /// Of how many items `task_done` was not said.
    unfinished: Cell<i64>,
    /// The event that `join` waits for, which is set while nothing is unfinished. None until it is needed.
    finished: Cell<Value>,
    is_shut_down: Cell<bool>,
    getters: Waiters,
    putters: Waiters,
    home: Home,
    overrides: Overrides,
    /// Likewise of `qsize` alone.
    size_overrides: Overrides,
}

impl Data for Queue {
    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.items, &self.most, &self.finished] {
            marker.cell(cell);
        }
        self.getters.trace(marker);
        self.putters.trace(marker);
        self.home.trace(marker);
    }
}

impl Queue {
    fn new() -> Queue {
        Queue {
            items: Cell::new(Value::UNBOUND),
            most: Cell::new(Value::small(0)),
            unfinished: Cell::new(0),
            finished: Cell::new(Value::NONE),
            is_shut_down: Cell::new(false),
            getters: Waiters::default(),
            putters: Waiters::default(),
            home: Home::default(),
            overrides: Overrides::default(),
            size_overrides: Overrides::default(),
        }
    }

    /// The items as a deque, if nothing else keeps them.
    #[inline(always)]
    fn deque(&self) -> Option<Of<Deque>> {
        Of::from(self.items.get())
    }

    /// The items, if whatever is done with this queue is done here.
    #[inline(always)]
    fn plain_items(&self, cx: &mut Context, this: Value) -> Option<Of<Deque>> {
        if self.overrides.has_some(cx, this, HOOKS) || !self.most.get().is_small() {
            return None;
        }
        self.deque()
    }

    /// How many items a deque or a list keeps.
    fn count(&self) -> Option<usize> {
        let list = || self.items.get().get::<List>().filter(|list| list.header().layout() == LayoutId::LIST);
        self.deque().map(|deque| deque.len()).or_else(|| list().map(|list| list.len()))
    }

    /// Are there as many items as there may be?
    #[inline(always)]
    fn is_full(&self, items: &Deque) -> bool {
        self.are_enough(items.len())
    }

    /// Are so many items as many as there may be?
    #[inline(always)]
    fn are_enough(&self, count: usize) -> bool {
        Int::to_i64(self.most.get()).is_some_and(|most| most > 0 && count as i64 >= most)
    }

    /// The event that `join` waits for.
    fn finished(&self, cx: &mut Context) -> Value {
        if self.finished.get().is_none() {
            let event = Event::allocate(cx, self.unfinished.get() == 0);
            self.finished.set(event);
        }
        self.finished.get()
    }

    /// An item has come: the next that waits for one goes on.
    #[inline(always)]
    fn item_came(&self, cx: &mut Context) -> Result<(), Stop> {
        self.unfinished.set(self.unfinished.get() + 1);
        if let Some(event) = Of::<Event>::from(self.finished.get()) {
            event.clear();
        }
        wake_first(cx, &self.getters)
    }

    /// Nothing is unfinished any more: those go on that wait for that.
    fn finish(&self, cx: &mut Context) -> Result<(), Stop> {
        match Of::<Event>::from(self.finished.get()) {
            Some(event) => event.set(cx),
            None => Ok(()),
        }
    }

    /// Puts an item there is room for.
    #[inline(always)]
    fn put(&self, cx: &mut Context, items: &Deque, item: Value) -> Result<(), Stop> {
        items.push_back(item);
        self.item_came(cx)
    }

    /// Takes the next item, if there is one.
    #[inline(always)]
    fn get(&self, cx: &mut Context, items: &Deque) -> Result<Option<Value>, Stop> {
        let item = items.pop_front();
        if item.is_some() {
            wake_first(cx, &self.putters)?;
        }
        Ok(item)
    }

    /// All that wait go on.
    fn end(&self, cx: &mut Context) -> Result<(), Stop> {
        for waiters in [&self.getters, &self.putters] {
            while let Some(waiter) = waiters.pop() {
                wake(cx, waiter, Value::NONE)?;
            }
        }
        Ok(())
    }
}

/// Lets the first go on that has not been woken; those before it wait no longer.
#[inline(always)]
fn wake_first(cx: &mut Context, waiters: &Waiters) -> Result<(), Stop> {
    while let Some(waiter) = waiters.pop() {
        if !waiter.is_done() {
            return wake(cx, waiter, Value::NONE);
        }
    }
    Ok(())
}

/// Makes the classes.
pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, class_methods: GENERIC, attributes: ATTRIBUTES, ..ClassTables::NONE };
    make_primitive(cx, module, CLASS, &[], &tables);
    let base = cx.class(LayoutId::EXCEPTION);
    for name in [EMPTY, FULL, SHUT_DOWN] {
        let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
        let class = make_class(cx, name, &[base], None, flags, &ClassTables::NONE);
        cx.module_state.insert(name, class.value());
        module.dict().set_interned(class.name.get(), class.value());
    }
}

fn error(cx: &mut Context, name: &str) -> Stop {
    let class: Ref<Class> = cx.module_state[name].get().expect("the class was made with the module");
    cx.error_with(class.root_layout.get(), &[])
}

/// What one of those who wait for a queue wants of it, which has this name, in words; None if it is no queue.
pub(super) fn wanted(value: Value, waiter: Ref<Future>, name: &str) -> Option<String> {
    let queue = Of::<Queue>::from(value)?;
    Some(match (queue.getters.contains(waiter), queue.putters.contains(waiter)) {
        (true, _) => format!("an item of {name}"),
        (_, true) => match Int::to_i64(queue.most.get()) {
            Some(most) => format!("room in {name} of {most}, which is full"),
            None => format!("room in {name}, which is full"),
        },
        _ => match queue.unfinished.get() {
            1 => format!("task_done() for an item of {name}"),
            several => format!("task_done() for {several} items of {name}"),
        },
    })
}

fn of(value: Value) -> Of<Queue> {
    Of::from(value).expect("the receiver was checked")
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args.get(0), CLASS)?;
    Ok(Extension::allocate(cx, class, Queue::new()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let this = args.get(0);
    if Overrides::default().has_some(cx, this, &["_init"]) {
        return Err(Stop::Half);
    }
    begin(cx, args)?;
    init_items(cx, args)
}

fn begin(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue = of(args.get(0));
    queue.most.set(args.get(1));
    queue.getters.clear();
    queue.putters.clear();
    queue.unfinished.set(0);
    queue.finished.set(Value::NONE);
    queue.is_shut_down.set(false);
    Ok(Value::NONE)
}

fn init_items(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let items = Deque::allocate(cx);
    of(args.get(0)).items.set(items);
    Ok(Value::NONE)
}

fn get_item(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let items = of(args.get(0)).deque().ok_or(Stop::Half)?;
    items.pop_front().ok_or_else(|| cx.index_error("pop from an empty deque"))
}

fn put_item(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).deque().ok_or(Stop::Half)?.push_back(args.get(1));
    Ok(Value::NONE)
}

fn items(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match of(value).items.get() {
        Value::UNBOUND => {
            let name = cx.intern("_queue");
            Err(cx.attribute_error(value, name))
        }
        items => Ok(items),
    }
}

fn set_unfinished(cx: &mut Context, value: Value, to: Value) -> Result<(), Stop> {
    match Int::to_i64(to) {
        Some(count) => {
            of(value).unfinished.set(count);
            Ok(())
        }
        None => Err(cx.type_error("an integer is required")),
    }
}

// ----- counting

fn qsize(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let count = of(args.get(0)).count().ok_or(Stop::Half)?;
    Ok(Value::small(count as i64))
}

fn empty(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let count = of(args.get(0)).count().ok_or(Stop::Half)?;
    Ok(Value::bool(count == 0))
}

fn full(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue = of(args.get(0));
    if queue.size_overrides.has_some(cx, args.get(0), &["qsize"]) || !queue.most.get().is_small() {
        return Err(Stop::Half);
    }
    let count = queue.count().ok_or(Stop::Half)?;
    Ok(Value::bool(queue.are_enough(count)))
}

// ----- putting

fn put(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).plain_items(cx, args.get(0)).ok_or(Stop::Half)?;
    Ok(Await::native(cx, &PUT, args.get(0), args.get(1)))
}

fn put_nowait(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue: &Queue = &of(args.get(0));
    let items = queue.plain_items(cx, args.get(0)).ok_or(Stop::Half)?;
    if queue.is_shut_down.get() {
        return Err(error(cx, SHUT_DOWN));
    }
    if queue.is_full(&items) {
        return Err(error(cx, FULL));
    }
    queue.put(cx, &items, args.get(1))?;
    Ok(Value::NONE)
}

fn put_step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let queue: &Queue = &of(this.target);
    let Some(items) = queue.deque() else { return Err(cx.runtime_error("the items of the queue were replaced")) };
    let items: &Deque = &items;
    if this.step.get() != NEW {
        let has_room = !queue.is_full(items);
        go_on(cx, this, resumed, &queue.putters, has_room)?;
    }
    if queue.is_shut_down.get() {
        return Err(error(cx, SHUT_DOWN));
    }
    if queue.is_full(items) {
        return begin_to_wait(cx, this, &queue.home, &queue.putters);
    }
    queue.put(cx, items, this.value.get())?;
    Ok(Advance::Return(Value::NONE))
}

// ----- getting

fn get(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).plain_items(cx, args.get(0)).ok_or(Stop::Half)?;
    Ok(Await::native(cx, &GET, args.get(0), Value::NONE))
}

fn get_nowait(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue: &Queue = &of(args.get(0));
    let items = queue.plain_items(cx, args.get(0)).ok_or(Stop::Half)?;
    match queue.get(cx, &items)? {
        Some(item) => Ok(item),
        None if queue.is_shut_down.get() => Err(error(cx, SHUT_DOWN)),
        None => Err(error(cx, EMPTY)),
    }
}

fn get_step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let queue: &Queue = &of(this.target);
    let Some(items) = queue.deque() else { return Err(cx.runtime_error("the items of the queue were replaced")) };
    let items: &Deque = &items;
    if this.step.get() != NEW {
        go_on(cx, this, resumed, &queue.getters, items.len() > 0)?;
    }
    match queue.get(cx, items)? {
        Some(item) => Ok(Advance::Return(item)),
        None if queue.is_shut_down.get() => Err(error(cx, SHUT_DOWN)),
        None => begin_to_wait(cx, this, &queue.home, &queue.getters),
    }
}

// ----- waiting

fn begin_to_wait(cx: &mut Context, this: Ref<Await>, home: &Home, waiters: &Waiters) -> Result<Advance, Stop> {
    let event_loop = home.enter(cx, this.target, shown)?;
    let future = waiters.add(cx, event_loop, this.target);
    this.waits_for.set(future.value());
    this.step.set(WAITING);
    Ok(Advance::Wait(future))
}

/// After a wait: an error if that has ended otherwise, and then the next of those who wait goes on in its place, if
/// there is what they wait for.
fn go_on(
    cx: &mut Context,
    this: Ref<Await>,
    resumed: Resumed,
    waiters: &Waiters,
    is_possible: bool,
) -> Result<(), Stop> {
    let future = future_of(this);
    let Err(stop) = waited(cx, resumed, future) else { return Ok(()) };
    future.cancel(cx, Value::NONE, Value::NONE);
    waiters.remove(future);
    if is_possible && future.state.get() != FutureState::Cancelled {
        wake_first(cx, waiters)?;
    }
    Err(stop)
}

/// How an error names a queue.
fn shown(cx: &mut Context, value: Value) -> String {
    let queue = of(value);
    let (name, address) = (cx.type_name(value), repr::address(value));
    let most = repr::repr(cx, queue.most.get()).map_or_else(|_| String::new(), crate::object::string::text_of);
    format!("<{name} at {address} maxsize={most}>")
}

// ----- finishing

fn task_done(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue = of(args.get(0));
    if queue.unfinished.get() <= 0 {
        return Err(cx.value_error("task_done() called too many times"));
    }
    queue.unfinished.set(queue.unfinished.get() - 1);
    if queue.unfinished.get() == 0 {
        queue.finish(cx)?;
    }
    Ok(Value::NONE)
}

fn join(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &JOIN, args.get(0), Value::NONE))
}

fn join_step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let queue = of(this.target);
    if this.step.get() == NEW && queue.unfinished.get() <= 0 {
        return Ok(Advance::Return(Value::NONE));
    }
    let event = queue.finished(cx);
    match event::step(cx, this, event, resumed)? {
        Advance::Return(_) => Ok(Advance::Return(Value::NONE)),
        advance => Ok(advance),
    }
}

fn shutdown(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue: &Queue = &of(args.get(0));
    let (items, is_immediate) = (queue.plain_items(cx, args.get(0)), Truth::of(cx, args.get(1), 1)?);
    let items = items.ok_or(Stop::Half)?;
    queue.is_shut_down.set(true);
    if is_immediate {
        while items.pop_front().is_some() {
            queue.unfinished.set((queue.unfinished.get() - 1).max(0));
        }
        if queue.unfinished.get() == 0 {
            queue.finish(cx)?;
        }
    }
    queue.end(cx)?;
    Ok(Value::NONE)
}

// ----- what the script halves work with

/// Of the two kinds of waiters the one that an argument names.
fn waiters(queue: &Queue, is_putter: Value) -> &Waiters {
    if is_putter == Value::TRUE { &queue.putters } else { &queue.getters }
}

fn wait(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue: &Queue = &of(args.get(0));
    let event_loop = queue.home.enter(cx, args.get(0), shown)?;
    Ok(waiters(queue, args.get(1)).add(cx, event_loop, args.get(0)).value())
}

fn forget(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue: &Queue = &of(args.get(0));
    let waiter = Ref::<Future>::from_value(cx, args.get(1), 1)?;
    queue.getters.remove(waiter);
    queue.putters.remove(waiter);
    Ok(Value::NONE)
}

fn wake_next(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue: &Queue = &of(args.get(0));
    wake_first(cx, waiters(queue, args.get(1)))?;
    Ok(Value::NONE)
}

fn item_came(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).item_came(cx)?;
    Ok(Value::NONE)
}

fn end(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).end(cx)?;
    Ok(Value::NONE)
}
