//! The module `itertools`: its classes and what their constructors take.
//!
//! A constructor that must call `iter` of a script object leaves that to the script half of its name, which comes
//! back to the same constructor in `_itertools` with the iterator.

use std::cell::{Cell, RefCell};

use crate::object::arguments::{Index, Truth, repr_of, rest};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Extension, Of};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Control, Declaration, FromValue, Native, Stop, control, plain};
use crate::object::number::Number;
use crate::object::string::Str;
use crate::object::value::Value;

use super::chain::{Chain, StarMap, ZipLongest};
use super::combine::{Combinations, Permutations, Product, Progress};
use super::group::{Accumulate, Batched, GroupBy, Pairwise};
use super::infinite::{Count, Cycle, Repeat};
use super::select::{Choice, Compress, Slice, Test, Waiting};
use super::tee::{Block, Tee};
use super::tool::{Iterated, Source, State, Tool, deepest, make, source_of};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "itertools", fill };

/// What its script halves use.
pub const HALVES: NativeModule = NativeModule { name: "_itertools", fill: fill_halves };

/// Where the native of `iter` is kept.
pub const ITER: &str = "itertools.iter";
/// Where that of `+` is kept.
pub const ADD: &str = "itertools.add";
/// Where that of `==` is kept.
pub const EQUAL: &str = "itertools.equal";
/// Where the class of groups is kept.
pub const GROUP: &str = "itertools._grouper";
/// Where the class of the blocks of `tee` is kept.
pub const BLOCK: &str = "itertools._tee_dataobject";
const TEE: &str = "itertools._tee";

const OPERATORS: &[(&str, Declaration)] = &[
    (ITER, control("iter(object, /)", Control::Iter, "The iterator of an object.")),
    (ADD, control("add(a, b, /)", Control::Binary(0), "a + b")),
    (EQUAL, control("eq(a, b, /)", Control::Compare(2), "a == b")),
];

const ITERATOR: &[Declaration] = &[
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
];

const COUNT: &[Declaration] = &[
    plain("__new__(cls, start=0, step=1)", new_count, "Numbers from a start on, evenly spaced."),
    plain("__repr__(self, /)", repr_of_parts, "Return repr(self)."),
];
const CYCLE: &[Declaration] = &[plain("__new__(cls, iterable, /)", new_cycle, "Items over and over again.")];
const REPEAT: &[Declaration] = &[
    plain("__new__(cls, object, times=<unset>)", new_repeat, "One object over and over again."),
    plain("__repr__(self, /)", repr_of_parts, "Return repr(self)."),
    plain("__length_hint__(self, /)", length_hint, "Return how many items are left."),
];
const CHAIN: &[Declaration] =
    &[plain("__new__(cls, /, *iterables)", new_chain, "Items of one iterable after those of another.")];
const CHAIN_CLASS: &[Declaration] = &[
    plain("from_iterable(cls, iterable, /)", from_iterable, "Items of iterables that an iterable gives."),
    plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments."),
];
const ZIP_LONGEST: &[Declaration] = &[plain(
    "__new__(cls, /, *iterables, fillvalue=None)",
    new_zip_longest,
    "Tuples of one item of each iterable, as long as any has one.",
)];
const STARMAP: &[Declaration] =
    &[plain("__new__(cls, function, iterable, /)", new_starmap, "Results of a function called with tuples.")];
const ISLICE: &[Declaration] =
    &[plain("__new__(cls, iterable, /, *args)", new_islice, "Items at evenly spaced places.")];
const COMPRESS: &[Declaration] =
    &[plain("__new__(cls, data, selectors)", new_compress, "Items whose selector is true.")];
const DROPWHILE: &[Declaration] =
    &[plain("__new__(cls, predicate, iterable, /)", new_dropwhile, "Items from the first on that fails a test.")];
const TAKEWHILE: &[Declaration] =
    &[plain("__new__(cls, predicate, iterable, /)", new_takewhile, "Items before the first that fails a test.")];
const FILTERFALSE: &[Declaration] =
    &[plain("__new__(cls, function, iterable, /)", new_filterfalse, "Items that fail a test.")];
const GROUPBY: &[Declaration] =
    &[plain("__new__(cls, iterable, key=None)", new_groupby, "Keys and the items in a row that have them.")];
const ACCUMULATE: &[Declaration] = &[plain(
    "__new__(cls, iterable, func=None, *, initial=None)",
    new_accumulate,
    "Sums, or other totals, of the items so far.",
)];
const PAIRWISE: &[Declaration] = &[plain("__new__(cls, iterable, /)", new_pairwise, "Items with their successors.")];
const BATCHED: &[Declaration] =
    &[plain("__new__(cls, iterable, n, *, strict=False)", new_batched, "Tuples of so many items.")];
const PRODUCT: &[Declaration] =
    &[plain("__new__(cls, /, *iterables, repeat=1)", new_product, "Tuples of any item of each iterable.")];
const COMBINATIONS: &[Declaration] =
    &[plain("__new__(cls, iterable, r)", new_combinations, "Tuples of so many different items, in order.")];
const REPLACING: &[Declaration] =
    &[plain("__new__(cls, iterable, r)", new_replacing, "Tuples of so many items, in order, that may recur.")];
const PERMUTATIONS: &[Declaration] =
    &[plain("__new__(cls, iterable, r=None)", new_permutations, "Tuples of so many different items, in any order.")];
const TEE_METHODS: &[Declaration] = &[
    plain("__new__(cls, iterable, /)", new_tee, "An iterator that can be copied."),
    plain("__copy__(self, /)", copy_tee, "Return an iterator at the same place."),
];

const FUNCTIONS: &[Declaration] =
    &[plain("tee(iterable, n=2, /)", tee, "Return a tuple of independent iterators over one iterable.")];

/// Constructors as the script halves call them: all arguments by position, iterators wrapped.
const CONSTRUCTORS: &[Declaration] = &[
    plain("iterated(iterator, /)", iterated, "An iterator as the constructors here take it."),
    plain("parts(iterator, /)", parts_of, "What the repr of an iterator shows."),
    plain("zip_longest(cls, fillvalue, iterables, /)", make_zip_longest, "See itertools."),
    plain("product(cls, repeat, iterables, /)", make_product, "See itertools."),
    plain("cycle(cls, iterable, /)", new_cycle, "See itertools."),
    plain("chain_from_iterable(cls, iterable, /)", from_iterable, "See itertools."),
    plain("starmap(cls, function, iterable, /)", new_starmap, "See itertools."),
    plain("islice(cls, iterable, args, /)", new_islice, "See itertools."),
    plain("compress(cls, data, selectors, /)", new_compress, "See itertools."),
    plain("dropwhile(cls, predicate, iterable, /)", new_dropwhile, "See itertools."),
    plain("takewhile(cls, predicate, iterable, /)", new_takewhile, "See itertools."),
    plain("filterfalse(cls, function, iterable, /)", new_filterfalse, "See itertools."),
    plain("groupby(cls, iterable, key, /)", new_groupby, "See itertools."),
    plain("accumulate(cls, iterable, func, initial, /)", new_accumulate, "See itertools."),
    plain("pairwise(cls, iterable, /)", new_pairwise, "See itertools."),
    plain("batched(cls, iterable, n, strict, /)", new_batched, "See itertools."),
    plain("_tee(cls, iterable, /)", new_tee, "See itertools."),
    plain("tee(iterable, n, /)", tee, "See itertools."),
];

/// The classes: where each is kept, its own methods, natives called on the class.
const CLASSES: &[(&str, &[Declaration], &[Declaration])] = &[
    ("itertools.count", COUNT, &[]),
    ("itertools.cycle", CYCLE, &[]),
    ("itertools.repeat", REPEAT, &[]),
    ("itertools.chain", CHAIN, CHAIN_CLASS),
    ("itertools.zip_longest", ZIP_LONGEST, &[]),
    ("itertools.starmap", STARMAP, &[]),
    ("itertools.islice", ISLICE, &[]),
    ("itertools.compress", COMPRESS, &[]),
    ("itertools.dropwhile", DROPWHILE, &[]),
    ("itertools.takewhile", TAKEWHILE, &[]),
    ("itertools.filterfalse", FILTERFALSE, &[]),
    ("itertools.groupby", GROUPBY, &[]),
    ("itertools.accumulate", ACCUMULATE, &[]),
    ("itertools.pairwise", PAIRWISE, &[]),
    ("itertools.batched", BATCHED, &[]),
    ("itertools.product", PRODUCT, &[]),
    ("itertools.combinations", COMBINATIONS, &[]),
    ("itertools.combinations_with_replacement", REPLACING, &[]),
    ("itertools.permutations", PERMUTATIONS, &[]),
    (TEE, TEE_METHODS, &[]),
    (GROUP, &[], &[]),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    for (key, declaration) in OPERATORS {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(key, native.value());
    }
    for &(name, methods, class_methods) in CLASSES {
        let tables = ClassTables { methods, class_methods, ..ClassTables::NONE };
        let class = make_class(cx, name, &[], Some(Kind::Extension), 0, &tables);
        crate::object::module::install(cx, class, &ClassTables { methods: ITERATOR, ..ClassTables::NONE });
        cx.module_state.insert(name, class.value());
        module.set(cx, name.rsplit('.').next().unwrap_or(name), class.value());
    }
    class_of(cx, GROUP).set(Class::NOT_CALLABLE | Class::FINAL);
    let flags = Class::NOT_CALLABLE | Class::FINAL;
    let block = make_class(cx, BLOCK, &[], Some(Kind::Extension), flags, &ClassTables::NONE);
    cx.module_state.insert(BLOCK, block.value());
    module.set(cx, "_tee_dataobject", block.value());
    module.add_functions(cx, FUNCTIONS);
}

fn fill_halves(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, CONSTRUCTORS);
}

/// A class of the module by where it is kept.
pub fn class_of(cx: &Context, key: &str) -> Ref<Class> {
    cx.module_state[key].get().expect("the class was made with the module")
}

/// The class that `__new__` was called on, which must be `key` or a subclass of it.
fn instance_class(cx: &mut Context, value: Value, key: &str) -> Result<Ref<Class>, Stop> {
    let layout = class_of(cx, key).root_layout.get();
    crate::object::arguments::instance_class(cx, value, layout)
}

/// An argument as it was given: the halves pass `...` for none.
fn given(cx: &Context, value: Value) -> Option<Value> {
    (!value.is_unbound() && value != cx.ellipsis).then_some(value)
}

fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

fn iterated(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let layout = class_of(cx, BLOCK).root_layout.get();
    Ok(cx.heap.allocate(layout, Extension { data: Box::new(Iterated(args.get(0))) }).value())
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(crate::object::alias::GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

// ----- count, cycle, repeat

/// An argument that counts things, or the given TypeError.
fn is_number(cx: &mut Context, value: Value) -> bool {
    let names = [cx.names.__index__, cx.names.__int__, cx.names.__float__];
    Number::of(value).is_some() || names.into_iter().any(|name| cx.special(value, name).is_some())
}

fn new_count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.count")?;
    let (mut start, mut step) = (args.get(1), args.get(2));
    if !is_number(cx, start) || !is_number(cx, step) {
        return Err(cx.type_error("a number is required"));
    }
    if Int::is(start) && Int::is(step) {
        (start, step) = (Int::exact(cx, start), Int::exact(cx, step));
    }
    let is_plain = |value: Value| value.is_float() || Int::is(value);
    let depth = (is_plain(start) && is_plain(step)).then_some(0);
    Ok(make(cx, class, State::Count(Count { next: Cell::new(start), step }), depth))
}

/// The name and the values that the repr of a `count` or `repeat` shows.
fn parts(value: Value) -> Option<(&'static str, Vec<Value>)> {
    match &Of::<Tool>::from(value)?.state {
        State::Count(count) if Int::is(count.step) && Int::to_i64(count.step) == Some(1) => {
            Some(("count", vec![count.next.get()]))
        }
        State::Count(count) => Some(("count", vec![count.next.get(), count.step])),
        State::Repeat(repeat) => {
            let left = repeat.left.get().map(|left| Value::small(left.clamp(0, Value::INT_MAX)));
            Some(("repeat", std::iter::once(repeat.item).chain(left).collect()))
        }
        _ => None,
    }
}

fn repr_of_parts(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((name, values)) = parts(args.get(0)) else { return Ok(Value::NONE) };
    let mut text = format!("{name}(").into_bytes();
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            text.extend_from_slice(b", ");
        }
        match repr_of(cx, value) {
            Ok(part) => {
                text.extend_from_slice(part.get::<Str>().map_or(Vec::new(), |part| part.bytes().to_vec()).as_slice())
            }
            Err(Stop::Raise(exception)) => return Err(Stop::Raise(exception)),
            Err(_) => return Err(Stop::Half),
        }
    }
    text.push(b')');
    Ok(cx.str_bytes(&text))
}

fn parts_of(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((name, values)) = parts(args.get(0)) else { return Ok(Value::NONE) };
    let (name, values) = (cx.str(name), cx.list(values));
    Ok(cx.tuple(&[name, values]))
}

fn new_cycle(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.cycle")?;
    let source = source_of(cx, args.get(1))?;
    let state = State::Cycle(Cycle { source, saved: RefCell::default(), place: Cell::new(None) });
    Ok(make(cx, class, state, source.depth))
}

fn new_repeat(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.repeat")?;
    let (_, item, times): (Value, Value, Option<Index>) = args.take(cx)?;
    let left = Cell::new(times.map(|times| times.0.max(0)));
    Ok(make(cx, class, State::Repeat(Repeat { item, left }), Some(0)))
}

fn length_hint(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match Of::<Tool>::from(args.get(0)).map(|tool| match &tool.state {
        State::Repeat(repeat) => repeat.left.get(),
        _ => None,
    }) {
        Some(Some(left)) => Ok(cx.int(left)),
        _ => Err(cx.type_error("len() of unsized object")),
    }
}

// ----- chain, zip_longest, starmap

fn new_chain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.chain")?;
    let source = source_of(cx, args.get(1))?;
    Ok(make(cx, class, State::Chain(Chain::new(source)), None))
}

fn from_iterable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    new_chain(cx, args)
}

fn zip_longest(cx: &mut Context, class: Value, filler: Value, sources: Vec<Source>) -> Result<Value, Stop> {
    let class = instance_class(cx, class, "itertools.zip_longest")?;
    let depth = deepest(&sources);
    let state = ZipLongest {
        active: Cell::new(sources.len()),
        sources: RefCell::new(sources.into_iter().map(Some).collect()),
        filler,
        gathered: RefCell::default(),
    };
    Ok(make(cx, class, State::ZipLongest(state), depth))
}

fn new_zip_longest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let sources = rest(args.get(2)).into_iter().map(|value| source_of(cx, value)).collect::<Result<_, _>>()?;
    zip_longest(cx, args.get(0), args.get(1), sources)
}

fn make_zip_longest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (class, filler, iterators): (Value, Value, Ref<List>) = args.take(cx)?;
    let sources = iterators.to_vec().into_iter().map(|iterator| Source::new(cx, iterator)).collect();
    zip_longest(cx, class, filler, sources)
}

fn new_starmap(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.starmap")?;
    let source = source_of(cx, args.get(2))?;
    let state = StarMap { function: args.get(1), source, is_spreading: Cell::new(false) };
    Ok(make(cx, class, State::StarMap(state), None))
}

// ----- islice, compress and the tests

/// A place of `islice`: None for none, or a number that is not negative.
fn place(cx: &mut Context, value: Value, message: &str) -> Result<Option<i64>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    if !Int::is(value) && cx.special(value, cx.names.__index__).is_some() {
        return Err(Stop::Half);
    }
    match Int::to_i64(value) {
        Some(place) if place >= 0 => Ok(Some(place)),
        _ => Err(cx.value_error(message)),
    }
}

fn new_islice(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    const INDICES: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STOP: &str = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    let class = instance_class(cx, args.get(0), "itertools.islice")?;
    let places = rest(args.get(2));
    if places.is_empty() || places.len() > 3 {
        let (word, bound) = if places.is_empty() { ("least", 2) } else { ("most", 4) };
        let message = format!("islice expected at {word} {bound} arguments, got {}", places.len() + 1);
        return Err(cx.type_error(message));
    }
    let (start, stop) = match places.as_slice() {
        [stop] => (None, place(cx, *stop, STOP)?),
        [start, stop, ..] => {
            let stop = place(cx, *stop, STOP)?;
            (place(cx, *start, INDICES)?, stop)
        }
        [] => (None, None),
    };
    let step = match places.get(2) {
        Some(&step) => place(cx, step, "Step for islice() must be a positive integer or None.")?.unwrap_or(1),
        None => 1,
    };
    if step < 1 {
        return Err(cx.value_error("Step for islice() must be a positive integer or None."));
    }
    let source = source_of(cx, args.get(1))?;
    let (taken, next) = (Cell::new(0), Cell::new(start.unwrap_or(0)));
    let state = Slice { source, taken, next, stop, step, is_done: Cell::new(false) };
    Ok(make(cx, class, State::Slice(state), source.depth))
}

fn new_compress(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.compress")?;
    let (data, selectors) = (source_of(cx, args.get(1))?, source_of(cx, args.get(2))?);
    let (candidate, waiting) = (Cell::new(Value::UNBOUND), Cell::new(Waiting::Item));
    Ok(make(cx, class, State::Compress(Compress { data, selectors, candidate, waiting }), None))
}

fn test(cx: &mut Context, args: Args<'_>, key: &str, choice: Choice) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), key)?;
    let source = source_of(cx, args.get(2))?;
    let own_truth =
        choice == Choice::False && (args.get(1).is_none() || args.get(1) == cx.class(LayoutId::BOOL).value());
    let function = if own_truth { Value::UNBOUND } else { args.get(1) };
    let (candidate, is_decided) = (Cell::new(Value::UNBOUND), Cell::new(false));
    Ok(make(cx, class, State::Test(Test { choice, function, source, candidate, is_decided }), None))
}

fn new_dropwhile(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    test(cx, args, "itertools.dropwhile", Choice::Drop)
}

fn new_takewhile(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    test(cx, args, "itertools.takewhile", Choice::Take)
}

fn new_filterfalse(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    test(cx, args, "itertools.filterfalse", Choice::False)
}

// ----- groupby, accumulate, pairwise, batched

fn new_groupby(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.groupby")?;
    let source = source_of(cx, args.get(1))?;
    Ok(make(cx, class, State::GroupBy(GroupBy::new(source, args.get(2))), None))
}

fn new_accumulate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.accumulate")?;
    let source = source_of(cx, args.get(1))?;
    let state = Accumulate {
        source,
        function: args.get(2),
        initial: Cell::new(args.get(3)),
        total: Cell::new(Value::UNBOUND),
        is_combining: Cell::new(false),
    };
    Ok(make(cx, class, State::Accumulate(state), None))
}

fn new_pairwise(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.pairwise")?;
    let source = source_of(cx, args.get(1))?;
    let state = Pairwise { source, last: Cell::new(Value::UNBOUND), is_done: Cell::new(false) };
    Ok(make(cx, class, State::Pairwise(state), source.depth))
}

fn new_batched(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.batched")?;
    let Index(size) = Index::from_value(cx, args.get(2), 2)?;
    let is_strict = Truth::of(cx, args.get(3), 3)?;
    if size < 1 {
        return Err(cx.value_error("n must be at least one"));
    }
    let source = source_of(cx, args.get(1))?;
    let state =
        Batched { source, size: size as usize, is_strict, gathered: RefCell::default(), is_done: Cell::new(false) };
    Ok(make(cx, class, State::Batched(state), source.depth))
}

// ----- product and its like

fn product(cx: &mut Context, class: Value, repeat: Value, pools: Vec<Vec<Value>>) -> Result<Value, Stop> {
    let class = instance_class(cx, class, "itertools.product")?;
    let Index(repeat) = Index::from_value(cx, repeat, 1)?;
    if repeat < 0 {
        return Err(cx.value_error("repeat argument cannot be negative"));
    }
    let Some(length) = pools.len().checked_mul(repeat as usize).filter(|&length| length < isize::MAX as usize / 8)
    else {
        return Err(cx.overflow_error("repeat argument too large"));
    };
    cx.reserve(length * 8)?;
    let state = Product { pools, indices: RefCell::new(vec![0; length]), progress: Cell::new(Progress::Fresh) };
    Ok(make(cx, class, State::Product(state), Some(0)))
}

fn new_product(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut pools = Vec::new();
    for value in rest(args.get(2)) {
        pools.push(crate::object::items::plain_items(cx, value).ok_or(Stop::Half)??);
    }
    product(cx, args.get(0), args.get(1), pools)
}

fn make_product(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (class, repeat, pools): (Value, Value, Ref<List>) = args.take(cx)?;
    let items = |pool: Value| pool.get::<List>().map_or(Vec::new(), |pool| pool.to_vec());
    product(cx, class, repeat, pools.to_vec().into_iter().map(items).collect())
}

/// The length argument of combinations.
fn tuple_length(cx: &mut Context, value: Value) -> Result<usize, Stop> {
    let Index(length) = Index::from_value(cx, value, 2)?;
    if length < 0 {
        return Err(cx.value_error("r must be non-negative"));
    }
    Ok(length as usize)
}

fn combinations(cx: &mut Context, args: Args<'_>, key: &str, is_replacing: bool) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), key)?;
    let Items(pool) = Items::from_value(cx, args.get(1), 1)?;
    let length = tuple_length(cx, args.get(2))?;
    let (mut indices, mut progress) = (Vec::new(), Progress::Fresh);
    if length > pool.len() && (!is_replacing || pool.is_empty()) {
        progress = Progress::Done;
    } else {
        cx.reserve(length.saturating_mul(8))?;
        indices = (0..length).map(|index| if is_replacing { 0 } else { index }).collect();
    }
    let indices = RefCell::new(indices);
    let state = Combinations { pool, indices, is_replacing, progress: Cell::new(progress) };
    Ok(make(cx, class, State::Combinations(state), Some(0)))
}

fn new_combinations(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    combinations(cx, args, "itertools.combinations", false)
}

fn new_replacing(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    combinations(cx, args, "itertools.combinations_with_replacement", true)
}

fn new_permutations(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), "itertools.permutations")?;
    let Items(pool) = Items::from_value(cx, args.get(1), 1)?;
    let length = match args.get(2) {
        Value::NONE => pool.len(),
        value if Int::is(value) => tuple_length(cx, value)?,
        _ => return Err(cx.type_error("Expected int as r")),
    };
    let count = pool.len();
    let cycles = (0..length.min(count)).map(|place| count - place).collect();
    let state = Permutations {
        pool,
        length,
        indices: RefCell::new((0..count).collect()),
        cycles: RefCell::new(cycles),
        progress: Cell::new(Progress::Fresh),
    };
    Ok(make(cx, class, State::Permutations(state), Some(0)))
}

// ----- tee

fn is_tee(value: Value) -> bool {
    Of::<Tool>::from(value).is_some_and(|tool| matches!(tool.state, State::Tee(_)))
}

/// A tee over an iterable; another tee of its own place over what is one.
fn make_tee(cx: &mut Context, class: Ref<Class>, value: Value) -> Result<Value, Stop> {
    let tee = match Of::<Tool>::from(value).as_deref() {
        Some(Tool { state: State::Tee(tee), .. }) => Tee { block: tee.block.clone(), place: tee.place.clone() },
        _ => {
            let source = source_of(cx, value)?;
            Tee { block: Cell::new(Block::allocate(cx, source)), place: Cell::new(0) }
        }
    };
    Ok(make(cx, class, State::Tee(tee), None))
}

fn new_tee(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), TEE)?;
    make_tee(cx, class, args.get(1))
}

fn copy_tee(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_of(cx, TEE);
    make_tee(cx, class, args.get(0))
}

fn tee(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let count = match given(cx, args.get(1)) {
        Some(count) => Index::from_value(cx, count, 1)?.0,
        None => 2,
    };
    if count < 0 {
        return Err(cx.value_error("n must be >= 0"));
    }
    cx.reserve((count as usize).saturating_mul(64))?;
    let class = class_of(cx, TEE);
    let mut made: Vec<Value> = Vec::new();
    for _ in 0..count as usize {
        let tee = match made.first() {
            None if is_tee(args.get(0)) => args.get(0),
            None => make_tee(cx, class, args.get(0))?,
            Some(&first) => make_tee(cx, class, first)?,
        };
        made.push(tee);
    }
    Ok(cx.tuple(&made))
}
