//! `_queue`: a queue without bounds whose `put` never waits and is done at once, so that it may be called from
//! anywhere: a handler of signals, a `__del__`, the callback of a weak reference.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::modules::thread::lock::{Patience, Waiters};
use crate::object::alias::GenericAlias;
use crate::object::arguments::{Truth, finished};
use crate::object::class::{Class, expect_class};
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;

/// The module.
pub const QUEUE: NativeModule = NativeModule { name: "_queue", fill };

const FUNCTIONS: &[Declaration] =
    &[plain("take(queue, blocking, timeout, otherwise, /)", take, "Return the next item, or otherwise if it is late.")];

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A queue without bounds, first in first out."),
    plain("put(self, /, item, block=True, timeout=None)", put, "Put an item on the queue; it never waits."),
    plain("put_nowait(self, /, item)", put, "Put an item on the queue."),
    plain("get(self, /, block=True, timeout=None)", get, "Remove and return an item, waiting for one if need be."),
    plain("get_nowait(self, /)", get_nowait, "Remove and return an item, or raise Empty."),
    plain("qsize(self, /)", qsize, "Return the number of items."),
    plain("empty(self, /)", empty, "Return whether there is no item."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with a type argument.")];

const CLASS: &str = "_queue.SimpleQueue";
const EMPTY: &str = "_queue.Empty";

/// The items, and who waits for one.
#[derive(Default)]
pub struct SimpleQueue {
    items: RefCell<VecDeque<Value>>,
    waiters: Waiters,
}

impl Data for SimpleQueue {
    fn trace(&self, marker: &mut Marker) {
        self.items.borrow().iter().for_each(|&item| marker.value(item));
    }
}

impl SimpleQueue {
    /// If there is an item, who waits for one tries again.
    pub fn pass_on(&self, cx: &mut Context) {
        if !self.items.borrow().is_empty() {
            self.waiters.wake_first(cx);
        }
    }

    fn pop(&self) -> Option<Value> {
        self.items.borrow_mut().pop_front()
    }
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    let tables = ClassTables { methods: METHODS, class_methods: GENERIC, ..ClassTables::NONE };
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), Class::WEAKLY, &tables);
    module.set(cx, "SimpleQueue", class.value());
    let base = cx.class(LayoutId::EXCEPTION);
    let error = make_class(cx, EMPTY, &[base], None, Class::HAS_DICTIONARY | Class::WEAKLY, &ClassTables::NONE);
    cx.module_state.insert(EMPTY, error.value());
    module.set(cx, "Empty", error.value());
}

fn of(cx: &mut Context, args: Args<'_>) -> Result<Of<SimpleQueue>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0), "SimpleQueue.__new__() argument 1 must be a type")?;
    let queue = Extension::allocate(cx, class, SimpleQueue::default());
    Ok(finished(cx, class, queue))
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn put(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue = of(cx, args)?;
    queue.items.borrow_mut().push_back(args.get(1));
    queue.waiters.wake_first(cx);
    Ok(Value::NONE)
}

/// Without a time limit all is done here; with one the half sees to what happens after it.
fn get(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (queue, Truth(is_blocking)) = (of(cx, args)?, Truth::from_value(cx, args.get(1), 1)?);
    match (queue.pop(), is_blocking) {
        (Some(item), _) => Ok(item),
        (None, false) => Err(is_empty(cx)),
        (None, true) if args.get(2).is_none() => Patience::Endless.wait(cx, &queue.waiters),
        (None, true) => Err(Stop::Half),
    }
}

fn get_nowait(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let queue = of(cx, args)?;
    queue.pop().ok_or_else(|| is_empty(cx))
}

fn is_empty(cx: &mut Context) -> Stop {
    let class: Ref<Class> = cx.module_state[EMPTY].get().expect("the class was made with the module");
    Stop::Raise(Exception::allocate_of(cx, class, cx.empty_tuple))
}

fn take(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (queue, patience) = (of(cx, args)?, Patience::from_args(cx, args)?);
    match queue.pop() {
        Some(item) => Ok(item),
        None => patience.wait_or(cx, &queue.waiters, args.get(3)),
    }
}

fn qsize(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, args)?.items.borrow().len() as i64))
}

fn empty(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, args)?.items.borrow().is_empty()))
}
