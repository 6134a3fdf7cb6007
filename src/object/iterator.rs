//! The built-in iterators, as one kind with a state each.
//!
//! `next` never runs script code: where an inner iterator or a function of the script must run, it says so by its
//! `Step`, and is called again with the answer.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::extension::Extension;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::Stop;
use crate::object::set::Set;
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// What an iterator answers.
pub enum Step {
    /// An item.
    Item(Value),
    /// There is none left.
    Done,
    /// The item is the result of this call; if it raises StopIteration there is none left.
    Call(Value, Vec<Value>),
    /// Call this and come back with the result.
    CallAndFeed(Value, Vec<Value>),
    /// Get the next item of this iterator and come back with it, or with UNBOUND at its end.
    Next(Value),
}

/// An iterator.
pub struct Iterator {
    /// What it iterates and where it is.
    pub state: IteratorState,
    /// None of its steps needs script code.
    pub is_plain: bool,
    /// How deep plain iterators are nested in it, itself counted.
    pub depth: u8,
}

/// How deep iterators may be nested and still be stepped on the Rust stack.
const DEEPEST: u8 = 32;

/// Which part of a dict an iterator gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Keys.
    Keys,
    /// Values.
    Values,
    /// Pairs.
    Items,
}

/// What an iterator iterates and where it is. The line of a variant tells its fields.
#[allow(missing_docs)]
pub enum IteratorState {
    /// Small integers: the next, how many are left, the step.
    Range { next: Cell<i64>, left: Cell<u64>, step: i64 },
    /// Integers of any size: the next, the end, the step.
    LongRange { next: Cell<Value>, stop: Value, step: Value },
    /// A list; UNBOUND once exhausted.
    List { list: Cell<Value>, index: Cell<usize> },
    /// A list from its end.
    ListReverse { list: Cell<Value>, left: Cell<usize> },
    /// A tuple.
    Tuple { tuple: Ref<Tuple>, index: Cell<usize> },
    /// The code points of a str: byte offset.
    Str { string: Ref<Str>, offset: Cell<usize> },
    /// A dict: the entry to look at next, how many entries it had, and how many of them are left to give.
    Dict { dict: Cell<Value>, part: Part, index: Cell<usize>, length: usize, left: Cell<usize>, reverse: bool },
    /// A set: the place to look at next, and how many members it had.
    Set { set: Cell<Value>, index: Cell<usize>, length: usize },
    /// Bytes, bytearray or memoryview.
    Bytes { bytes: Cell<Value>, index: Cell<usize> },
    /// Anything with `__getitem__`.
    Sequence { sequence: Cell<Value>, index: Cell<i64> },
    /// The same from its end.
    SequenceReverse { sequence: Cell<Value>, left: Cell<i64> },
    /// `iter(function, sentinel)`
    Callable { function: Cell<Value>, sentinel: Value },
    /// `enumerate`: the next number.
    Enumerate { inner: Value, count: Cell<Value>, waiting: Cell<bool> },
    /// `zip`: what has been gathered of this turn.
    Zip { inner: Vec<Value>, gathered: RefCell<Vec<Value>>, strict: bool, is_done: Cell<bool>, checking: Cell<usize> },
    /// `map`
    Map {
        function: Value,
        inner: Vec<Value>,
        gathered: RefCell<Vec<Value>>,
        waiting: Cell<bool>,
        strict: bool,
        checking: Cell<usize>,
    },
    /// `filter`: the item whose verdict is awaited.
    Filter { function: Value, inner: Value, candidate: Cell<Value>, waiting: Cell<bool> },
}

/// So many iterators of a `zip` need no list for what has been gathered.
const FEW: usize = 4;

impl Body for Iterator {
    const KIND: Kind = Kind::Iterator;

    fn trace(&self, marker: &mut Marker) {
        match &self.state {
            IteratorState::Range { .. } => {}
            IteratorState::LongRange { next, stop, step } => {
                marker.cell(next);
                marker.value(*stop);
                marker.value(*step);
            }
            IteratorState::List { list: cell, .. }
            | IteratorState::ListReverse { list: cell, .. }
            | IteratorState::Dict { dict: cell, .. }
            | IteratorState::Set { set: cell, .. }
            | IteratorState::Bytes { bytes: cell, .. }
            | IteratorState::Sequence { sequence: cell, .. }
            | IteratorState::SequenceReverse { sequence: cell, .. } => marker.cell(cell),
            IteratorState::Tuple { tuple, .. } => marker.object(*tuple),
            IteratorState::Str { string, .. } => marker.object(*string),
            IteratorState::Callable { function, sentinel } => {
                marker.cell(function);
                marker.value(*sentinel);
            }
            IteratorState::Enumerate { inner, count, .. } => {
                marker.value(*inner);
                marker.cell(count);
            }
            IteratorState::Zip { inner, gathered, .. } => {
                inner.iter().chain(gathered.borrow().iter()).for_each(|&value| marker.value(value));
            }
            IteratorState::Map { function, inner, gathered, .. } => {
                marker.value(*function);
                inner.iter().chain(gathered.borrow().iter()).for_each(|&value| marker.value(value));
            }
            IteratorState::Filter { function, inner, candidate, .. } => {
                marker.value(*function);
                marker.value(*inner);
                marker.cell(candidate);
            }
        }
    }
}

impl Iterator {
    /// How many items are certainly left, where that is quickly said; else 0.
    pub fn least_left(&self) -> usize {
        match &self.state {
            IteratorState::Range { left, .. } => left.get() as usize,
            _ => 0,
        }
    }
}

/// Does no step of this iterator need script code?
pub fn is_plain(value: Value) -> bool {
    value.get::<Iterator>().is_some_and(|iterator| iterator.is_plain)
}

/// How deep plain iterators are nested in this one; more than any may be if it is none.
fn plain_depth(value: Value) -> u8 {
    value.get::<Iterator>().filter(|iterator| iterator.is_plain).map_or(DEEPEST, |iterator| iterator.depth)
}

/// Makes an iterator object.
pub fn allocate(cx: &mut Context, layout: LayoutId, state: IteratorState) -> Value {
    let depth = match &state {
        IteratorState::Enumerate { inner, .. } => plain_depth(*inner),
        IteratorState::Zip { inner, .. } => inner.iter().map(|&inner| plain_depth(inner)).max().unwrap_or(0),
        _ => 0,
    }
    .saturating_add(1);
    let is_plain = match &state {
        IteratorState::Sequence { .. }
        | IteratorState::SequenceReverse { .. }
        | IteratorState::Callable { .. }
        | IteratorState::Map { .. } => false,
        IteratorState::Enumerate { .. } | IteratorState::Zip { .. } => depth <= DEEPEST,
        // The truth of an item may be a script's to say.
        IteratorState::Filter { .. } => false,
        _ => true,
    };
    cx.heap.allocate(layout, Iterator { state, is_plain, depth }).value()
}

/// The next item of an iterator. `fed` answers its last `Step`; None asks for a new item.
#[inline]
pub fn next(cx: &mut Context, iterator: Ref<Iterator>, fed: Option<Value>) -> Result<Step, Stop> {
    match &iterator.state {
        IteratorState::Range { next, left, step } => Ok(match left.get() {
            0 => Step::Done,
            remaining => {
                let item = next.get();
                next.set(item.wrapping_add(*step));
                left.set(remaining - 1);
                Step::Item(Value::small(item))
            }
        }),
        IteratorState::List { list, index } => {
            let Some(body) = list.get().get::<List>() else { return Ok(Step::Done) };
            match body.get(index.get()) {
                Some(item) => {
                    index.set(index.get() + 1);
                    Ok(Step::Item(item))
                }
                None => {
                    list.set(Value::UNBOUND);
                    Ok(Step::Done)
                }
            }
        }
        IteratorState::Tuple { tuple, index } => Ok(match tuple.items().get(index.get()) {
            Some(&item) => {
                index.set(index.get() + 1);
                Step::Item(item)
            }
            None => Step::Done,
        }),
        IteratorState::Dict { dict, part, index, length, left, reverse } => {
            next_of_dict(cx, dict, *part, index, (*length, left), *reverse)
        }
        _ => next_of_rest(cx, iterator, fed),
    }
}

fn next_of_dict(
    cx: &mut Context,
    cell: &Cell<Value>,
    part: Part,
    index: &Cell<usize>,
    (length, left): (usize, &Cell<usize>),
    reverse: bool,
) -> Result<Step, Stop> {
    let Some(dict) = cell.get().get::<Dict>() else { return Ok(Step::Done) };
    if dict.len() != length {
        // Every further step fails too.
        return Err(dict_has_changed(cx, cell.get(), "dictionary changed size during iteration"));
    }
    let entry = loop {
        if reverse {
            if index.get() == 0 {
                break None;
            }
            index.set(index.get() - 1);
            if let Some(entry) = dict.entry(index.get()) {
                break Some(entry);
            }
        } else {
            if index.get() >= dict.end() {
                break None;
            }
            index.set(index.get() + 1);
            if let Some(entry) = dict.entry(index.get() - 1) {
                break Some(entry);
            }
        }
    };
    let Some((key, value)) = entry else {
        cell.set(Value::UNBOUND);
        return Ok(Step::Done);
    };
    if left.get() == 0 {
        // As many went as came.
        let dict = cell.replace(Value::UNBOUND);
        return Err(dict_has_changed(cx, dict, "dictionary keys changed during iteration"));
    }
    left.set(left.get() - 1);
    Ok(Step::Item(match part {
        Part::Keys => key,
        Part::Values => value,
        Part::Items => cx.tuple(&[key, value]),
    }))
}

/// The error of an iterator over a dict that has changed: this one, unless the class of the dict has another.
#[cold]
fn dict_has_changed(cx: &mut Context, dict: Value, message: &str) -> Stop {
    let (class, name) = (cx.class_of(dict), cx.intern("_changed_message"));
    let other = cx.lookup(class, name).filter(|other| other.is::<Str>()).map(text_of);
    cx.runtime_error(other.as_deref().unwrap_or(message))
}

#[inline(never)]
fn next_of_rest(cx: &mut Context, iterator: Ref<Iterator>, fed: Option<Value>) -> Result<Step, Stop> {
    match &iterator.state {
        IteratorState::LongRange { next, stop, step } => {
            let item = next.get();
            let ascending = Int::sign(*step) > 0;
            let order = Int::compare(item, *stop);
            if ascending && order.is_ge() || !ascending && order.is_le() {
                return Ok(Step::Done);
            }
            next.set(Int::add(cx, item, *step));
            Ok(Step::Item(item))
        }
        IteratorState::ListReverse { list, left } => {
            let Some(body) = list.get().get::<List>() else { return Ok(Step::Done) };
            match left.get().checked_sub(1).and_then(|index| body.get(index)) {
                Some(item) => {
                    left.set(left.get() - 1);
                    Ok(Step::Item(item))
                }
                None => {
                    list.set(Value::UNBOUND);
                    Ok(Step::Done)
                }
            }
        }
        IteratorState::Str { string, offset } => Ok(match string.char_at_offset(cx, offset.get()) {
            Some((item, width)) => {
                offset.set(offset.get() + width);
                Step::Item(item)
            }
            None => Step::Done,
        }),
        IteratorState::Set { set, index, length } => {
            let Some(body) = set.get().get::<Set>() else { return Ok(Step::Done) };
            if body.len() != *length {
                return Err(cx.runtime_error("Set changed size during iteration"));
            }
            match body.next_member(index.get()) {
                Some((place, item)) => {
                    index.set(place + 1);
                    Ok(Step::Item(item))
                }
                None => {
                    set.set(Value::UNBOUND);
                    Ok(Step::Done)
                }
            }
        }
        IteratorState::Bytes { bytes, index } => {
            let item = crate::object::bytes::byte_item(cx, bytes.get(), index.get())?;
            match item {
                Some(item) => {
                    index.set(index.get() + 1);
                    Ok(Step::Item(item))
                }
                None => {
                    bytes.set(Value::UNBOUND);
                    Ok(Step::Done)
                }
            }
        }
        IteratorState::Enumerate { inner, count, waiting } => {
            let item = match pull(cx, *inner, waiting, fed)? {
                Pulled::Item(item) => item,
                Pulled::Done => return Ok(Step::Done),
                Pulled::Ask(step) => return Ok(step),
            };
            let number = count.get();
            count.set(Int::add(cx, number, Value::small(1)));
            Ok(Step::Item(cx.tuple(&[number, item])))
        }
        IteratorState::Filter { function, inner, candidate, waiting } => {
            next_of_filter(cx, *function, *inner, candidate, waiting, fed)
        }
        IteratorState::Map { function, inner, gathered, waiting, strict, checking } => {
            if checking.get() > 0 {
                return check_rest(cx, "map", inner, checking, waiting, fed);
            }
            match gather(cx, inner, gathered, waiting, fed)? {
                Gathered::All => Ok(Step::Call(*function, gathered.take())),
                Gathered::End(0) if *strict && inner.len() > 1 => {
                    checking.set(1);
                    check_rest(cx, "map", inner, checking, waiting, None)
                }
                Gathered::End(index) if *strict && index > 0 => Err(uneven(cx, "map", index, "shorter")),
                Gathered::End(_) => Ok(Step::Done),
                Gathered::Ask(step) => Ok(step),
            }
        }
        IteratorState::Zip { .. } => next_of_zip(cx, iterator, fed),
        IteratorState::Callable { .. } | IteratorState::Sequence { .. } | IteratorState::SequenceReverse { .. } => {
            next_of_protocol(cx, iterator)
        }
        _ => Ok(Step::Done),
    }
}

/// What came of asking an inner iterator.
enum Pulled {
    Item(Value),
    Done,
    Ask(Step),
}

/// One item of an inner iterator: at once if it is plain, else by way of the loop.
fn pull(cx: &mut Context, inner: Value, waiting: &Cell<bool>, fed: Option<Value>) -> Result<Pulled, Stop> {
    if waiting.replace(false) {
        if let Some(item) = fed {
            return Ok(if item.is_unbound() { Pulled::Done } else { Pulled::Item(item) });
        }
    }
    match inner.get::<Iterator>() {
        Some(iterator) if iterator.is_plain => match next(cx, iterator, None)? {
            Step::Item(item) => Ok(Pulled::Item(item)),
            _ => Ok(Pulled::Done),
        },
        _ => {
            waiting.set(true);
            Ok(Pulled::Ask(Step::Next(inner)))
        }
    }
}

enum Gathered {
    All,
    End(usize),
    Ask(Step),
}

/// One item of each of several iterators.
fn gather(
    cx: &mut Context,
    inner: &[Value],
    gathered: &RefCell<Vec<Value>>,
    waiting: &Cell<bool>,
    mut fed: Option<Value>,
) -> Result<Gathered, Stop> {
    if !waiting.get() {
        gathered.borrow_mut().clear();
    }
    loop {
        let index = gathered.borrow().len();
        if index == inner.len() {
            return Ok(Gathered::All);
        }
        match pull(cx, inner[index], waiting, fed.take())? {
            Pulled::Item(item) => gathered.borrow_mut().push(item),
            Pulled::Done => return Ok(Gathered::End(index)),
            Pulled::Ask(step) => return Ok(Gathered::Ask(step)),
        }
    }
}

fn next_of_filter(
    cx: &mut Context,
    function: Value,
    inner: Value,
    candidate: &Cell<Value>,
    waiting: &Cell<bool>,
    mut fed: Option<Value>,
) -> Result<Step, Stop> {
    loop {
        // `waiting` says that `fed` is an item; otherwise it is the verdict on the candidate.
        if !waiting.get() && !candidate.get().is_unbound() {
            if let Some(verdict) = fed.take() {
                let item = candidate.replace(Value::UNBOUND);
                match crate::object::truth::truth(cx, verdict) {
                    Some(true) => return Ok(Step::Item(item)),
                    Some(false) => continue,
                    None => {
                        candidate.set(item);
                        let bool_class = cx.class(LayoutId::BOOL).value();
                        return Ok(Step::CallAndFeed(bool_class, vec![verdict]));
                    }
                }
            }
            candidate.set(Value::UNBOUND);
        }
        let item = match pull(cx, inner, waiting, fed.take())? {
            Pulled::Item(item) => item,
            Pulled::Done => return Ok(Step::Done),
            Pulled::Ask(step) => return Ok(step),
        };
        if function.is_none() {
            match crate::object::truth::truth(cx, item) {
                Some(true) => return Ok(Step::Item(item)),
                Some(false) => continue,
                None => {}
            }
        }
        candidate.set(item);
        let callee = if function.is_none() { cx.class(LayoutId::BOOL).value() } else { function };
        return Ok(Step::CallAndFeed(callee, vec![item]));
    }
}

fn next_of_zip(cx: &mut Context, iterator: Ref<Iterator>, fed: Option<Value>) -> Result<Step, Stop> {
    let IteratorState::Zip { inner, gathered, strict, is_done, checking } = &iterator.state else {
        return Ok(Step::Done);
    };
    if is_done.get() || inner.is_empty() {
        return Ok(Step::Done);
    }
    if iterator.is_plain && !*strict && inner.len() <= FEW {
        return next_of_plain_zip(cx, inner, is_done);
    }
    let waiting = Cell::new(fed.is_some());
    if checking.get() == 0 {
        match gather(cx, inner, gathered, &waiting, fed)? {
            Gathered::All => {
                let items = gathered.take();
                return Ok(Step::Item(cx.tuple(&items)));
            }
            Gathered::Ask(step) => return Ok(step),
            Gathered::End(0) if *strict && inner.len() > 1 => checking.set(1),
            Gathered::End(index) => {
                is_done.set(true);
                if *strict && index > 0 {
                    return Err(uneven(cx, "zip", index, "shorter"));
                }
                return Ok(Step::Done);
            }
        }
        waiting.set(false);
    }
    let step = check_rest(cx, "zip", inner, checking, &waiting, fed);
    is_done.set(!matches!(step, Ok(Step::CallAndFeed(..) | Step::Next(..))));
    step
}

/// A turn of a few iterators none of which needs script code.
fn next_of_plain_zip(cx: &mut Context, inner: &[Value], is_done: &Cell<bool>) -> Result<Step, Stop> {
    let mut items = [Value::UNBOUND; FEW];
    for (place, source) in items.iter_mut().zip(inner) {
        let Some(source) = source.get::<Iterator>() else { return Ok(Step::Done) };
        let Step::Item(item) = next(cx, source, None)? else {
            is_done.set(true);
            return Ok(Step::Done);
        };
        *place = item;
    }
    Ok(Step::Item(cx.tuple(&items[..inner.len()])))
}

/// The first iterator of a strict zip or map has ended: the others must end too.
fn check_rest(
    cx: &mut Context,
    function: &str,
    inner: &[Value],
    checking: &Cell<usize>,
    waiting: &Cell<bool>,
    mut fed: Option<Value>,
) -> Result<Step, Stop> {
    while checking.get() < inner.len() {
        match pull(cx, inner[checking.get()], waiting, fed.take())? {
            Pulled::Item(_) => return Err(uneven(cx, function, checking.get(), "longer")),
            Pulled::Done => checking.set(checking.get() + 1),
            Pulled::Ask(step) => return Ok(step),
        }
    }
    Ok(Step::Done)
}

fn uneven(cx: &mut Context, function: &str, index: usize, word: &str) -> Stop {
    let others = if index == 1 { "argument 1".to_string() } else { format!("arguments 1-{index}") };
    cx.value_error(format!("{function}() argument {} is {word} than {others}", index + 1))
}

/// An iterator over what a script gives has come to its end: it stays there.
pub fn end(iterator: Ref<Iterator>) {
    match &iterator.state {
        IteratorState::Sequence { sequence: source, .. }
        | IteratorState::SequenceReverse { sequence: source, .. }
        | IteratorState::Callable { function: source, .. } => source.set(Value::UNBOUND),
        _ => {}
    }
}

fn next_of_protocol(cx: &mut Context, iterator: Ref<Iterator>) -> Result<Step, Stop> {
    // The script halves end with StopIteration, which is how any call made for an item ends the iteration.
    match &iterator.state {
        IteratorState::Sequence { sequence: ended, .. }
        | IteratorState::SequenceReverse { sequence: ended, .. }
        | IteratorState::Callable { function: ended, .. }
            if ended.get().is_unbound() =>
        {
            Ok(Step::Done)
        }
        IteratorState::Sequence { sequence, index } => {
            let place = cx.int(index.replace(index.get() + 1));
            let half = cx.module_state["sequence_item"];
            Ok(Step::Call(half, vec![sequence.get(), place, iterator.value()]))
        }
        IteratorState::SequenceReverse { sequence, left } => {
            if left.get() <= 0 {
                return Ok(Step::Done);
            }
            left.set(left.get() - 1);
            let place = cx.int(left.get());
            let half = cx.module_state["sequence_item"];
            Ok(Step::Call(half, vec![sequence.get(), place, iterator.value()]))
        }
        IteratorState::Callable { function, sentinel } => {
            let half = cx.module_state["call_until"];
            Ok(Step::Call(half, vec![function.get(), *sentinel, iterator.value()]))
        }
        _ => Ok(Step::Done),
    }
}

/// The iterator of a built-in container, exact or a subclass that does not override `__iter__`; None for all else.
pub fn of_builtin(cx: &mut Context, value: Value) -> Option<Value> {
    let header = value.header()?;
    let (layout, state) = match header.kind() {
        Kind::List => (LayoutId::LIST_ITERATOR, IteratorState::List { list: Cell::new(value), index: Cell::new(0) }),
        Kind::Tuple => {
            let tuple = Ref::from_header(header);
            (LayoutId::TUPLE_ITERATOR, IteratorState::Tuple { tuple, index: Cell::new(0) })
        }
        Kind::Str => {
            let string: Ref<Str> = Ref::from_header(header);
            let layout = if string.is_ascii() { LayoutId::STR_ASCII_ITERATOR } else { LayoutId::STR_ITERATOR };
            (layout, IteratorState::Str { string, offset: Cell::new(0) })
        }
        Kind::Dict => (LayoutId::DICT_KEYITERATOR, dict_state(Ref::from_header(header), Part::Keys, false)),
        Kind::DictView => return Some(crate::object::dict::view_iterator(cx, value)),
        Kind::Set => {
            let set: Ref<Set> = Ref::from_header(header);
            let length = set.len();
            (LayoutId::SET_ITERATOR, IteratorState::Set { set: Cell::new(value), index: Cell::new(0), length })
        }
        Kind::Range => return Some(crate::object::range::iterator(cx, value)),
        Kind::Bytes => bytes_state(LayoutId::BYTES_ITERATOR, value),
        Kind::ByteArray => bytes_state(LayoutId::BYTEARRAY_ITERATOR, value),
        Kind::MemoryView => bytes_state(LayoutId::MEMORY_ITERATOR, value),
        Kind::Iterator => return Some(value),
        Kind::Extension if value.get::<Extension>().is_some_and(|object| object.data.is_iterator()) => {
            return Some(value);
        }
        _ => return None,
    };
    Some(allocate(cx, layout, state))
}

fn bytes_state(layout: LayoutId, value: Value) -> (LayoutId, IteratorState) {
    (layout, IteratorState::Bytes { bytes: Cell::new(value), index: Cell::new(0) })
}

/// The state of an iterator over a part of a dict.
pub fn dict_state(dict: Ref<Dict>, part: Part, reverse: bool) -> IteratorState {
    let start = if reverse { dict.end() } else { 0 };
    let length = dict.len();
    let (index, left) = (Cell::new(start), Cell::new(length));
    IteratorState::Dict { dict: Cell::new(dict.value()), part, index, length, left, reverse }
}
