//! `deque`: a list with two ends.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::object::alias::GenericAlias;
use crate::object::arguments::{Index, finished};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::iterator::Step;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Control, Declaration, FromValue, Stop, control, plain};
use crate::object::repr;
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A list-like sequence optimized for access at both ends."),
    plain("__init__(self, iterable=(), maxlen=None)", init, "Fill the deque with items."),
    plain("append(self, item, /)", append, "Add an element to the right side of the deque."),
    plain("appendleft(self, item, /)", appendleft, "Add an element to the left side of the deque."),
    plain("clear(self, /)", clear, "Remove all elements from the deque."),
    plain("copy(self, /)", copy, "Return a shallow copy of a deque."),
    plain("__copy__(self, /)", copy, "Return a shallow copy of a deque."),
    plain("count(self, value, /)", count, "Return number of occurrences of value."),
    plain("extend(self, iterable, /)", extend, "Extend the right side of the deque with elements from the iterable."),
    plain("extendleft(self, iterable, /)", extendleft, "Extend the left side of the deque."),
    plain("index(self, value, start=<unset>, stop=<unset>, /)", index, "Return first index of value."),
    plain("insert(self, index, value, /)", insert, "Insert value before index."),
    plain("pop(self, /)", pop, "Remove and return the rightmost element."),
    plain("popleft(self, /)", popleft, "Remove and return the leftmost element."),
    plain("remove(self, value, /)", remove, "Remove first occurrence of value."),
    plain("reverse(self, /)", reverse, "Reverse *IN PLACE*."),
    plain("rotate(self, n=1, /)", rotate, "Rotate the deque n steps to the right; to the left if n is negative."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", iter, "Implement iter(self)."),
    plain("__reversed__(self, /)", reversed, "Return a reverse iterator over the deque."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__setitem__(self, key, value, /)", setitem, "Set self[key] to value."),
    plain("__delitem__(self, key, /)", delitem, "Delete self[key]."),
    plain("__contains__(self, key, /)", contains, "Return bool(key in self)."),
    plain("__add__(self, value, /)", add, "Return self+value."),
    plain("__iadd__(self, value, /)", add_in_place, "Implement self+=value."),
    plain("__mul__(self, value, /)", multiply, "Return self*value."),
    plain("__rmul__(self, value, /)", multiply, "Return value*self."),
    plain("__imul__(self, value, /)", multiply_in_place, "Implement self*=value."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__lt__(self, value, /)", lt, "Return self<value."),
    plain("__le__(self, value, /)", le, "Return self<=value."),
    plain("__gt__(self, value, /)", gt, "Return self>value."),
    plain("__ge__(self, value, /)", ge, "Return self>=value."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the deque anew."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "maxlen", get: maxlen, set: None, doc: "maximum size of a deque or None if unbounded" }];

const ITERATOR: &[Declaration] = &[
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__length_hint__(self, /)", length_hint, "Return the number of items left."),
];

const CLASS: &str = "collections.deque";
const FORWARD: &str = "collections._deque_iterator";
const BACKWARD: &str = "collections._deque_reverse_iterator";

/// The items and how many there may be.
pub struct Deque {
    items: RefCell<VecDeque<Value>>,
    most: Cell<Option<usize>>,
    /// Moves with every change of size or order, so that iterators notice.
    version: Cell<u64>,
}

impl Data for Deque {
    fn trace(&self, marker: &mut Marker) {
        self.items.borrow().iter().for_each(|&item| marker.value(item));
    }

    fn items(&self) -> Option<Vec<Value>> {
        Some(self.to_vec())
    }

    fn length(&self) -> Option<usize> {
        Some(self.len())
    }
}

impl Deque {
    fn new() -> Deque {
        Deque { items: VecDeque::new().into(), most: Cell::new(None), version: Cell::new(0) }
    }

    /// An empty deque of the class itself. The class must have been made.
    pub fn allocate(cx: &mut Context) -> Value {
        let class = cx.module_state[CLASS].get().expect("the class was made with the module");
        Extension::allocate(cx, class, Deque::new())
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    fn to_vec(&self) -> Vec<Value> {
        self.items.borrow().iter().copied().collect()
    }

    fn changed(&self) {
        self.version.set(self.version.get().wrapping_add(1));
    }

    fn get(&self, index: usize) -> Option<Value> {
        self.items.borrow().get(index).copied()
    }

    /// Adds an item at the right.
    pub fn push_back(&self, item: Value) {
        let mut items = self.items.borrow_mut();
        items.push_back(item);
        if self.most.get().is_some_and(|most| items.len() > most) {
            items.pop_front();
        }
        self.changed();
    }

    /// Takes the leftmost item.
    pub fn pop_front(&self) -> Option<Value> {
        let item = self.items.borrow_mut().pop_front();
        self.changed();
        item
    }

    fn push_front(&self, item: Value) {
        let mut items = self.items.borrow_mut();
        items.push_front(item);
        if self.most.get().is_some_and(|most| items.len() > most) {
            items.pop_back();
        }
        self.changed();
    }
}

/// Goes through a deque from one of its ends.
struct Iterator {
    deque: Value,
    index: Cell<usize>,
    version: u64,
    is_reverse: bool,
}

impl Data for Iterator {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.deque);
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        let Some(deque) = Of::<Deque>::from(self.deque) else { return Ok(Step::Done) };
        let index = self.index.get();
        if index == usize::MAX {
            return Ok(Step::Done);
        }
        if deque.version.get() != self.version {
            self.index.set(usize::MAX);
            return Err(cx.runtime_error("deque mutated during iteration"));
        }
        let place = if self.is_reverse { deque.len().checked_sub(index + 1) } else { Some(index) };
        match place.and_then(|place| deque.get(place)) {
            Some(item) => {
                self.index.set(index + 1);
                Ok(Step::Item(item))
            }
            None => {
                self.index.set(usize::MAX);
                Ok(Step::Done)
            }
        }
    }
}

/// Makes the classes.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, class_methods: GENERIC, static_methods: &[], attributes: ATTRIBUTES };
    let flags = Class::WEAKLY | Class::SEQUENCE;
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), flags, &tables);
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
    cx.classes_changed();
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "deque", class.value());
    for (key, name) in [(FORWARD, "_deque_iterator"), (BACKWARD, "_deque_reverse_iterator")] {
        let tables = ClassTables { methods: ITERATOR, ..ClassTables::NONE };
        let class = make_class(cx, key, &[], Some(Kind::Extension), Class::NOT_CALLABLE, &tables);
        cx.module_state.insert(key, class.value());
        module.set(cx, name, class.value());
    }
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

/// The deque a method is called on.
fn of(cx: &mut Context, args: Args<'_>) -> Result<Of<Deque>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = crate::object::class::expect_class(cx, args.get(0), "deque.__new__() argument 1 must be a type")?;
    let deque = Extension::allocate(cx, class, Deque::new());
    Ok(finished(cx, class, deque))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let most = match args.get(2) {
        most if most.is_none() => None,
        most if !Int::is(most) => return Err(cx.type_error("an integer is required")),
        most => match Int::to_i64(most) {
            Some(most) if most >= 0 => Some(most as usize),
            Some(_) => return Err(cx.value_error("maxlen must be non-negative")),
            None => return Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
        },
    };
    let Items(items) = Items::from_value(cx, args.get(1), 1)?;
    deque.items.borrow_mut().clear();
    deque.most.set(most);
    items.into_iter().for_each(|item| deque.push_back(item));
    deque.changed();
    Ok(Value::NONE)
}

fn maxlen(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let deque: Of<Deque> = Of::from_value(cx, value, 0)?;
    Ok(deque.most.get().map_or(Value::NONE, |most| Value::small(most as i64)))
}

/// A deque of the same class and bound, as methods of the class itself make it.
fn make(cx: &mut Context, like: &Of<Deque>, items: Vec<Value>) -> Value {
    let deque = Deque::new();
    deque.most.set(like.most.get());
    items.into_iter().for_each(|item| deque.push_back(item));
    let class = cx.class_of(like.value());
    Extension::allocate(cx, class, deque)
}

// ----- ends

fn append(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args)?.push_back(args.get(1));
    Ok(Value::NONE)
}

fn appendleft(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args)?.push_front(args.get(1));
    Ok(Value::NONE)
}

fn pop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let item = deque.items.borrow_mut().pop_back();
    deque.changed();
    item.ok_or_else(|| cx.index_error("pop from an empty deque"))
}

fn popleft(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args)?.pop_front().ok_or_else(|| cx.index_error("pop from an empty deque"))
}

fn extend(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (deque, Items(items)): (Of<Deque>, Items) = args.take(cx)?;
    items.into_iter().for_each(|item| deque.push_back(item));
    Ok(Value::NONE)
}

fn extendleft(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (deque, Items(items)): (Of<Deque>, Items) = args.take(cx)?;
    items.into_iter().for_each(|item| deque.push_front(item));
    Ok(Value::NONE)
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let old = std::mem::take(&mut *deque.items.borrow_mut());
    drop(old);
    deque.changed();
    Ok(Value::NONE)
}

fn rotate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (deque, Index(steps)): (Of<Deque>, Index) = args.take(cx)?;
    let length = deque.len();
    if length > 1 {
        deque.items.borrow_mut().rotate_right(steps.rem_euclid(length as i64) as usize);
        deque.changed();
    }
    Ok(Value::NONE)
}

fn reverse(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    deque.items.borrow_mut().make_contiguous().reverse();
    Ok(Value::NONE)
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let class = cx.class_of(args.get(0));
    if !class.has(Class::BUILTIN) {
        let most = deque.most.get().map(|most| Value::small(most as i64));
        let mut arguments = vec![args.get(0)];
        arguments.extend(most);
        return Err(cx.call(class.value(), &arguments));
    }
    let items = deque.to_vec();
    Ok(make(cx, &deque, items))
}

// ----- places

/// The place an index names, if there is one.
fn place(cx: &mut Context, deque: &Of<Deque>, key: Value, position: usize) -> Result<usize, Stop> {
    if !Int::is(key) && !crate::object::arguments::has_special(cx, key, cx.names.__index__) {
        let found = cx.type_name(key);
        return Err(cx.type_error(format!("sequence index must be integer, not '{found}'")));
    }
    let Index(index) = match Int::is(key) && Int::to_i64(key).is_none() {
        true => return Err(cx.index_error("cannot fit 'int' into an index-sized integer")),
        false => Index::from_value(cx, key, position)?,
    };
    let length = deque.len() as i64;
    let index = if index < 0 { index + length } else { index };
    match index >= 0 && index < length {
        true => Ok(index as usize),
        false => Err(cx.index_error("deque index out of range")),
    }
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let place = place(cx, &deque, args.get(1), 1)?;
    Ok(deque.get(place).unwrap_or(Value::NONE))
}

fn setitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let place = place(cx, &deque, args.get(1), 1)?;
    if let Some(item) = deque.items.borrow_mut().get_mut(place) {
        *item = args.get(2);
    }
    Ok(Value::NONE)
}

fn delitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let place = place(cx, &deque, args.get(1), 1)?;
    deque.items.borrow_mut().remove(place);
    deque.changed();
    Ok(Value::NONE)
}

fn insert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (deque, Index(index), value): (Of<Deque>, Index, Value) = args.take(cx)?;
    let length = deque.len();
    if deque.most.get().is_some_and(|most| length >= most) {
        return Err(cx.index_error("deque already at its maximum size"));
    }
    let place = if index < 0 { (index + length as i64).max(0) as usize } else { (index as usize).min(length) };
    deque.items.borrow_mut().insert(place, value);
    deque.changed();
    Ok(Value::NONE)
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, args)?.len() as i64))
}

// ----- iterating

fn make_iterator(cx: &mut Context, args: Args<'_>, is_reverse: bool) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let data = Iterator { deque: args.get(0), index: Cell::new(0), version: deque.version.get(), is_reverse };
    let class = cx.module_state[if is_reverse { BACKWARD } else { FORWARD }];
    let class = crate::object::class::expect_class(cx, class, "the class of the iterators of a deque")?;
    Ok(Extension::allocate(cx, class, data))
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    make_iterator(cx, args, false)
}

fn reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    make_iterator(cx, args, true)
}

fn length_hint(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Of<Iterator>,) = args.take(cx)?;
    let length = Of::<Deque>::from(iterator.deque).map_or(0, |deque| deque.len());
    Ok(Value::small(length.saturating_sub(iterator.index.get()) as i64))
}

// ----- searching

/// The place of the first item from `start` that is the value or equal to it.
fn find(cx: &mut Context, deque: &Of<Deque>, value: Value, start: usize, stop: usize) -> Result<Option<usize>, Stop> {
    let mut index = start;
    while let Some(item) = deque.get(index).filter(|_| index < stop) {
        if item == value || equality::equal(cx, item, value).map_err(Problem::or_half)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    Ok(Value::bool(find(cx, &deque, args.get(1), 0, usize::MAX)?.is_some()))
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let (mut count, mut from) = (0, 0);
    while let Some(place) = find(cx, &deque, args.get(1), from, usize::MAX)? {
        count += 1;
        from = place + 1;
    }
    Ok(Value::small(count))
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let length = deque.len() as i64;
    let edge = |cx: &mut Context, position: usize, usual: i64| match args.get(position) {
        value if value.is_unbound() => Ok(usual),
        value => match Int::is(value) {
            true => Ok(Int::clamp(value).unwrap_or(usual)),
            false => Index::from_value(cx, value, position).map(|index| index.0),
        },
    };
    let (start, stop) = (edge(cx, 2, 0)?, edge(cx, 3, length)?);
    let cut = |index: i64| if index < 0 { (index + length).max(0) as usize } else { index.min(length) as usize };
    match find(cx, &deque, args.get(1), cut(start), cut(stop))? {
        Some(place) => Ok(Value::small(place as i64)),
        None => Err(not_there(cx, args.get(1))),
    }
}

fn not_there(cx: &mut Context, value: Value) -> Stop {
    match repr::repr(cx, value) {
        Ok(text) => {
            let text = crate::object::string::text_of(text);
            cx.value_error(format!("{text} is not in deque"))
        }
        Err(problem) => problem.or_half(),
    }
}

fn remove(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    match find(cx, &deque, args.get(1), 0, usize::MAX)? {
        Some(place) => {
            deque.items.borrow_mut().remove(place);
            deque.changed();
            Ok(Value::NONE)
        }
        None => Err(not_there(cx, args.get(1))),
    }
}

// ----- joining and repeating

fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let Some(other) = Of::<Deque>::from(args.get(1)) else {
        let found = cx.type_name(args.get(1));
        return Err(cx.type_error(format!("can only concatenate deque (not \"{found}\") to deque")));
    };
    let mut items = deque.to_vec();
    items.extend(other.to_vec());
    Ok(make(cx, &deque, items))
}

fn add_in_place(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    extend(cx, args)?;
    Ok(args.get(0))
}

/// The items so many times over, no more of them than the bound lets in.
fn repeated(cx: &mut Context, deque: &Of<Deque>, times: i64) -> Result<Vec<Value>, Stop> {
    let items = deque.to_vec();
    let times = times.max(0) as usize;
    let needed = match deque.most.get() {
        // The last ones stay.
        Some(most) if !items.is_empty() => times.min(most / items.len() + 1),
        _ => times,
    };
    match items.len().checked_mul(needed).and_then(|length| length.checked_mul(8)) {
        Some(bytes) => cx.reserve(bytes)?,
        None => return Err(cx.memory_error()),
    }
    Ok(items.repeat(needed))
}

fn multiply(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (deque, times) = (of(cx, args)?, args.get(1));
    if !Int::is(times) && !crate::object::arguments::has_special(cx, times, cx.names.__index__) {
        return Ok(cx.not_implemented);
    }
    let Index(times) = Index::from_value(cx, times, 1)?;
    let items = repeated(cx, &deque, times)?;
    Ok(make(cx, &deque, items))
}

fn multiply_in_place(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (deque, times) = (of(cx, args)?, args.get(1));
    if !Int::is(times) && !crate::object::arguments::has_special(cx, times, cx.names.__index__) {
        return Ok(cx.not_implemented);
    }
    let Index(times) = Index::from_value(cx, times, 1)?;
    let items = repeated(cx, &deque, times)?;
    deque.items.borrow_mut().clear();
    items.into_iter().for_each(|item| deque.push_back(item));
    deque.changed();
    Ok(args.get(0))
}

// ----- comparing

fn compare(cx: &mut Context, args: Args<'_>, operator: Comparison) -> Result<Value, Stop> {
    let (a, b) = (of(cx, args)?, Of::<Deque>::from(args.get(1)));
    let Some(b) = b else { return Ok(cx.not_implemented) };
    let (a, b) = (a.to_vec(), b.to_vec());
    if matches!(operator, Comparison::Equal | Comparison::NotEqual) && a.len() != b.len() {
        return Ok(Value::bool(operator == Comparison::NotEqual));
    }
    let (a, b) = (cx.list(a), cx.list(b));
    match equality::compare(cx, operator, a, b) {
        Ok(Some(holds)) => Ok(Value::bool(holds)),
        Ok(None) => Err(Stop::Half),
        Err(problem) => Err(problem.or_half()),
    }
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::Equal)
}

fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::NotEqual)
}

fn lt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::Less)
}

fn le(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::LessEqual)
}

fn gt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::Greater)
}

fn ge(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::GreaterEqual)
}

// ----- text and copies

fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    if cx.in_repr.contains(&args.get(0)) {
        return Ok(cx.str("[...]"));
    }
    let mut text = format!("{}([", cx.class_of(args.get(0)).name_text()).into_bytes();
    cx.in_repr.push(args.get(0));
    let mut result = Ok(());
    for (index, item) in deque.to_vec().into_iter().enumerate() {
        text.extend(if index > 0 { &b", "[..] } else { b"" });
        result = repr::write_repr(cx, &mut text, item);
        if result.is_err() {
            break;
        }
    }
    cx.in_repr.pop();
    result.map_err(Problem::or_half)?;
    match deque.most.get() {
        Some(most) => text.extend(format!("], maxlen={most})").bytes()),
        None => text.extend(b"])"),
    }
    Ok(cx.str_bytes(&text))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let deque = of(cx, args)?;
    let class = cx.class_of(args.get(0)).value();
    let parts = match deque.most.get() {
        Some(most) => cx.tuple(&[cx.empty_tuple, Value::small(most as i64)]),
        None => cx.empty_tuple,
    };
    let state = match args.get(0).header().filter(|header| header.dictionary().is_some()) {
        Some(header) => header.attribute_dict(cx).filter(|dict| !dict.is_empty()).map_or(Value::NONE, Ref::value),
        None => Value::NONE,
    };
    let items = iter(cx, args)?;
    Ok(cx.tuple(&[class, parts, state, items]))
}
