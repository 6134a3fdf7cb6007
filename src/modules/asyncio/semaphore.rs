//! `Semaphore` and `BoundedSemaphore`: held by so many at a time; the others get it in the order they came.

use std::cell::{Cell, RefCell};

use crate::modules::asyncio::future::attribute;
use crate::modules::asyncio::primitive::{
    Home, Overrides, WAITING, Waiters, class_argument, described, future_of, make_primitive, waited, wake,
};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::future::FutureState;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::module::{ClassTables, Module};
use crate::object::native::{Args, Declaration, Stop, maker, plain};
use crate::object::number::{Number, binary, compare};
use crate::object::value::Value;
use crate::syntax::ast::{BinaryOperator, Comparison};

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "What so many tasks hold at a time."),
    plain("__init__(self, value=1)", init, "Initialize self."),
    plain("locked(self)", locked, "Return True if acquire() would wait."),
    maker("acquire(self)", acquire, "Count down, waiting until that is possible; return True."),
    plain("release(self)", release, "Count up."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
];

const BOUNDED: &[Declaration] = &[plain("__init__(self, value=1)", init_bounded, "Initialize self.")];

const ATTRIBUTES: &[Attribute] = &[
    Attribute {
        name: "_value",
        get: |_, value| Ok(of(value).value.get()),
        set: Some(|_, value, to| {
            of(value).value.set(to);
            Ok(())
        }),
        doc: "How many may take it.",
    },
    attribute("_waiters", |cx, value| Ok(of(value).waiters.as_list(cx)), "The futures of those who wait."),
    attribute("_holders", |cx, value| Ok(of(value).holders_as_list(cx)), "The tasks that hold it, as far as is known."),
    attribute("_loop", |_, value| Ok(of(value).home.get()), "The loop it belongs to, or None."),
];

const BOUNDED_ATTRIBUTES: &[Attribute] =
    &[attribute("_bound_value", |_, value| Ok(of(value).bound.get()), "The value of the beginning.")];

static ACQUIRE: NativeCoroutine =
    NativeCoroutine { name: "acquire", qualified_name: "Semaphore.acquire", step: acquire_step };
static ENTER: NativeCoroutine =
    NativeCoroutine { name: "__aenter__", qualified_name: "_ContextManagerMixin.__aenter__", step: acquire_step };
static EXIT: NativeCoroutine =
    NativeCoroutine { name: "__aexit__", qualified_name: "_ContextManagerMixin.__aexit__", step: exit_step };

const CLASS: &str = "asyncio.locks.Semaphore";
const BOUNDED_CLASS: &str = "asyncio.locks.BoundedSemaphore";

/// The state of a semaphore.
struct Semaphore {
    /// How many may take it.
    value: Cell<Value>,
    /// More than this it may not become; None for one without bounds.
    bound: Cell<Value>,
    /// The tasks that have taken it and not given it back, for the report that nothing can wake the program. Where
    /// one gives back what another took, it stands for whoever took first.
    holders: RefCell<Vec<Value>>,
    waiters: Waiters,
    home: Home,
    overrides: Overrides,
}

impl Data for Semaphore {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.value);
        marker.cell(&self.bound);
        self.holders.borrow().iter().for_each(|&holder| marker.value(holder));
        self.waiters.trace(marker);
        self.home.trace(marker);
    }
}

impl Semaphore {
    fn new() -> Semaphore {
        Semaphore {
            value: Cell::new(Value::small(1)),
            bound: Cell::new(Value::NONE),
            holders: RefCell::default(),
            waiters: Waiters::default(),
            home: Home::default(),
            overrides: Overrides::default(),
        }
    }

    /// Must whoever comes wait?
    fn is_locked(&self) -> bool {
        !compares(Comparison::NotEqual, self.value.get(), Value::small(0)) || !self.waiters.are_all_cancelled()
    }

    fn count(&self, cx: &mut Context, operator: BinaryOperator) -> Result<(), Stop> {
        if let Some(value) = binary(cx, operator, self.value.get(), Value::small(1))? {
            self.value.set(value);
        }
        Ok(())
    }

    /// The running task has taken it.
    fn taken(&self, cx: &Context) {
        if !cx.running.task.is_none() {
            self.holders.borrow_mut().push(cx.running.task);
        }
    }

    /// The running task, or whatever else runs, has given it back.
    fn given_back(&self, cx: &Context) {
        let mut holders = self.holders.borrow_mut();
        if !holders.is_empty() {
            let position = holders.iter().position(|&holder| holder == cx.running.task);
            holders.remove(position.unwrap_or(0));
        }
    }

    fn holders_as_list(&self, cx: &mut Context) -> Value {
        let holders = self.holders.borrow().clone();
        cx.list(holders)
    }

    /// Counts up, and lets the next go on.
    fn release(&self, cx: &mut Context) -> Result<(), Stop> {
        let bound = self.bound.get();
        if !bound.is_none() && compares(Comparison::GreaterEqual, self.value.get(), bound) {
            return Err(cx.value_error("BoundedSemaphore released too many times"));
        }
        self.given_back(cx);
        self.count(cx, BinaryOperator::Add)?;
        self.wake_next(cx)?;
        Ok(())
    }

    /// Lets the next that waits go on, for whom is counted down at once. Was there one?
    fn wake_next(&self, cx: &mut Context) -> Result<bool, Stop> {
        let Some(waiter) = self.waiters.first_pending() else { return Ok(false) };
        self.count(cx, BinaryOperator::Subtract)?;
        wake(cx, waiter, Value::TRUE)?;
        Ok(true)
    }

    /// Lets as many go on as may.
    fn wake_all(&self, cx: &mut Context) -> Result<(), Stop> {
        while compares(Comparison::Greater, self.value.get(), Value::small(0)) {
            if !self.wake_next(cx)? {
                break;
            }
        }
        Ok(())
    }
}

/// Does a comparison of two numbers hold?
fn compares(operator: Comparison, a: Value, b: Value) -> bool {
    match (Number::of(a), Number::of(b)) {
        (Some(a), Some(b)) => compare(operator, a, b) == Some(true),
        _ => false,
    }
}

/// Makes the classes.
pub(super) fn install(cx: &mut Context, module: Ref<Module>, mixin: Ref<Class>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let class = make_primitive(cx, module, CLASS, &[mixin], &tables);
    let tables = ClassTables { methods: BOUNDED, attributes: BOUNDED_ATTRIBUTES, ..ClassTables::NONE };
    make_primitive(cx, module, BOUNDED_CLASS, &[class], &tables);
}

/// The tasks that hold a semaphore, as far as is known; None if it is none.
pub(super) fn holders(value: Value) -> Option<Vec<Value>> {
    Of::<Semaphore>::from(value).map(|semaphore| semaphore.holders.borrow().clone())
}

fn of(value: Value) -> Of<Semaphore> {
    Of::from(value).expect("the receiver was checked")
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args.get(0), CLASS)?;
    Ok(Extension::allocate(cx, class, Semaphore::new()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(1);
    if Number::of(value).is_none() {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("'<' not supported between instances of '{found}' and 'int'")));
    }
    if compares(Comparison::Less, value, Value::small(0)) {
        return Err(cx.value_error("Semaphore initial value must be >= 0"));
    }
    of(args.get(0)).value.set(value);
    Ok(Value::NONE)
}

fn init_bounded(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    init(cx, args)?;
    of(args.get(0)).bound.set(args.get(1));
    Ok(Value::NONE)
}

fn locked(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_locked()))
}

fn acquire(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &ACQUIRE, args.get(0), Value::TRUE))
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(args.get(0)).release(cx)?;
    Ok(Value::NONE)
}

fn acquire_step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    let semaphore = of(this.target);
    if this.step.get() == WAITING {
        let future = future_of(this);
        semaphore.waiters.remove(future);
        let result = waited(cx, resumed, future);
        if result.is_err() && future.state.get() == FutureState::Finished {
            // What was counted down for it goes to somebody else.
            semaphore.count(cx, BinaryOperator::Add)?;
        }
        semaphore.wake_all(cx)?;
        result?;
        semaphore.taken(cx);
        return Ok(Advance::Return(this.value.get()));
    }
    if !semaphore.is_locked() {
        semaphore.count(cx, BinaryOperator::Subtract)?;
        semaphore.taken(cx);
        return Ok(Advance::Return(this.value.get()));
    }
    let event_loop = semaphore.home.enter(cx, this.target, shown)?;
    let future = semaphore.waiters.add(cx, event_loop, this.target);
    this.waits_for.set(future.value());
    this.step.set(WAITING);
    Ok(Advance::Wait(future))
}

fn shown(cx: &mut Context, value: Value) -> String {
    let semaphore = of(value);
    let state = match semaphore.is_locked() {
        true => "locked".to_string(),
        false => {
            let value = crate::object::repr::repr(cx, semaphore.value.get());
            format!("unlocked, value:{}", value.map_or_else(|_| String::new(), crate::object::string::text_of))
        }
    };
    let state = format!("{state}{}", semaphore.waiters.described());
    described(cx, value, &state)
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let text = shown(cx, args.get(0));
    Ok(cx.str(&text))
}

// ----- `async with`

/// The coroutine `__aenter__` of a semaphore; None if it is none, or has methods of its own.
pub(super) fn enter(cx: &mut Context, value: Value) -> Option<Value> {
    plain_semaphore(cx, value).map(|_| Await::native(cx, &ENTER, value, Value::NONE))
}

/// The coroutine `__aexit__` of a semaphore, likewise.
pub(super) fn exit(cx: &mut Context, value: Value) -> Option<Value> {
    plain_semaphore(cx, value).map(|_| Await::native(cx, &EXIT, value, Value::NONE))
}

fn plain_semaphore(cx: &mut Context, value: Value) -> Option<Of<Semaphore>> {
    let semaphore = Of::<Semaphore>::from(value)?;
    (!semaphore.overrides.has_some(cx, value, &["acquire", "release"])).then_some(semaphore)
}

fn exit_step(cx: &mut Context, this: Ref<Await>, _: Resumed) -> Result<Advance, Stop> {
    of(this.target).release(cx)?;
    Ok(Advance::Return(Value::NONE))
}
