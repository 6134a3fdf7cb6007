//! The iterator classes: `enumerate`, `zip`, `map`, `filter`, `reversed`, and those of containers.

use std::cell::{Cell, RefCell};

use crate::builtins::arguments::{Truth, Whole, capacity, finished, has_special, instance_class, rest};
use crate::object::alias::GenericAlias;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{self, Dict, DictView};
use crate::object::generator::{Await, AwaitKind, Generator};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items;
use crate::object::iterator::{self, Iterator, IteratorState, Part};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Check, Control, Declaration, FromValue, Stop, Wish, control, plain};
use crate::object::range;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const COMMON: &[Declaration] = &[
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
];

const WITH_LENGTH: &[Declaration] = &[
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__length_hint__(self, /)", length_hint, "Return an estimate of the number of items left."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the iterator anew."),
    plain("__setstate__(self, state, /)", set_state, "Go on from a place."),
];

const ENUMERATE: &[Declaration] = &[
    plain("__new__(cls, iterable=<unset>, start=0)", new_enumerate, "Pairs of a number and an item."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__reduce__(self, /)", reduce_enumerate, "Return what is needed to make the iterator anew."),
];

const ZIP: &[Declaration] = &[
    plain("__new__(cls, /, *iterables, strict=False)", new_zip, "Tuples of one item of each iterable."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__reduce__(self, /)", reduce_zip, "Return what is needed to make the iterator anew."),
];

const MAP: &[Declaration] = &[
    plain("__new__(cls, /, *args, strict=False)", new_map, "Results of a function called with items."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__reduce__(self, /)", reduce_map, "Return what is needed to make the iterator anew."),
];

const FILTER: &[Declaration] = &[
    plain("__new__(cls, function, iterable, /)", new_filter, "Items for which a function is true."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__reduce__(self, /)", reduce_filter, "Return what is needed to make the iterator anew."),
];

const REVERSED: &[Declaration] = &[
    plain("__new__(cls, sequence=<unset>, /)", new_reversed, "Items of a sequence from its end."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__length_hint__(self, /)", length_hint, "Return an estimate of the number of items left."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

/// What the script halves make iterators of once they have called `iter` themselves.
pub const HALVES: &[Declaration] = &[
    plain("end_iterator(iterator, /)", end_iterator, "Leave an iterator at its end for good."),
    plain("make_zip(cls, iterators, strict, /)", make_zip, "A zip of iterators."),
    plain("make_map(cls, function, iterators, strict, /)", make_map, "A map of iterators."),
    plain("make_anext(awaitable, default, /)", make_anext, "What `anext` with a default gives."),
    plain("make_reversed(cls, sequence, length, /)", make_reversed, "A reversed sequence of known length."),
];

const SIZED: &[LayoutId] = &[
    LayoutId::LIST_ITERATOR,
    LayoutId::LIST_REVERSE_ITERATOR,
    LayoutId::TUPLE_ITERATOR,
    LayoutId::STR_ITERATOR,
    LayoutId::STR_ASCII_ITERATOR,
    LayoutId::BYTES_ITERATOR,
    LayoutId::BYTEARRAY_ITERATOR,
    LayoutId::RANGE_ITERATOR,
    LayoutId::LONGRANGE_ITERATOR,
    LayoutId::DICT_KEYITERATOR,
    LayoutId::DICT_VALUEITERATOR,
    LayoutId::DICT_ITEMITERATOR,
    LayoutId::DICT_REVERSEKEYITERATOR,
    LayoutId::DICT_REVERSEVALUEITERATOR,
    LayoutId::DICT_REVERSEITEMITERATOR,
    LayoutId::SET_ITERATOR,
    LayoutId::SEQUENCE_ITERATOR,
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    for &layout in SIZED {
        let class = cx.class(layout);
        class.set(Class::NOT_CALLABLE | Class::FINAL);
        module::install(cx, class, &ClassTables { methods: WITH_LENGTH, ..ClassTables::NONE });
    }
    for layout in [LayoutId::MEMORY_ITERATOR, LayoutId::CALLABLE_ITERATOR] {
        let class = cx.class(layout);
        class.set(Class::NOT_CALLABLE | Class::FINAL);
        module::install(cx, class, &ClassTables { methods: COMMON, ..ClassTables::NONE });
    }
    let classes = [
        (LayoutId::ENUMERATE, ENUMERATE, GENERIC),
        (LayoutId::ZIP, ZIP, &[]),
        (LayoutId::MAP, MAP, &[]),
        (LayoutId::FILTER, FILTER, &[]),
        (LayoutId::REVERSED, REVERSED, &[]),
    ];
    for (layout, methods, class_methods) in classes {
        let class = cx.class(layout);
        module::install(cx, class, &ClassTables { methods, class_methods, ..ClassTables::NONE });
    }
}

/// The iterator of a value where getting it needs no script code: None if it does, or if there is none.
pub fn plain_iterator(cx: &mut Context, value: Value) -> Option<Value> {
    let class = cx.class_of(value);
    if !class.has(Class::BUILTIN) && class.has(Class::OVERRIDES) {
        return None;
    }
    if value.get::<Generator>().is_some_and(|generator| generator.header().layout() == LayoutId::GENERATOR) {
        return Some(value);
    }
    iterator::of_builtin(cx, value)
}

/// Makes an instance of one of the five classes, or of a subclass.
fn make(cx: &mut Context, class: Ref<Class>, state: IteratorState) -> Value {
    let made = match capacity(class) {
        None => iterator::allocate(cx, class.root_layout.get(), state),
        Some(capacity) => {
            // An instance of a subclass goes the long way, in case it brings methods of its own.
            let body = Iterator { state, is_plain: false, depth: 0 };
            cx.heap.allocate_attributed(class.root_layout.get(), body, capacity).value()
        }
    };
    finished(cx, class, made)
}

fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

// ----- places of iterators over containers

/// How many items are left; None if that is not known.
fn left(cx: &mut Context, iterator: Ref<Iterator>) -> Option<usize> {
    let of = |value: Value, index: usize| value.get::<List>().map_or(0, |list| list.len().saturating_sub(index));
    Some(match &iterator.state {
        IteratorState::Range { left, .. } => left.get() as usize,
        IteratorState::List { list, index } => of(list.get(), index.get()),
        IteratorState::ListReverse { list, left } => match list.get().get::<List>() {
            Some(list) if left.get() <= list.len() => left.get(),
            _ => 0,
        },
        IteratorState::Tuple { tuple, index } => tuple.len().saturating_sub(index.get()),
        IteratorState::Str { string, offset } => string.chars() - string.index(offset.get()).min(string.chars()),
        IteratorState::Dict { dict, index, length, reverse, .. } => match dict.get().get::<Dict>() {
            Some(dict) if dict.len() == *length => {
                let entries = if *reverse { 0..index.get() } else { index.get()..dict.end() };
                entries.filter(|&index| dict.entry(index).is_some()).count()
            }
            _ => 0,
        },
        IteratorState::Set { set, index, length } => match set.get().get::<crate::object::set::Set>() {
            Some(set) if set.len() == *length => {
                let (mut count, mut place) = (0, index.get());
                while let Some((found, _)) = set.next_member(place) {
                    (count, place) = (count + 1, found + 1);
                }
                count
            }
            _ => 0,
        },
        IteratorState::Bytes { bytes, index } => {
            crate::object::bytes::byte_length(bytes.get()).unwrap_or(0).saturating_sub(index.get())
        }
        IteratorState::Sequence { sequence, .. } if sequence.get().is_unbound() => 0,
        IteratorState::Sequence { sequence, index } => {
            items::length(cx, sequence.get())?.saturating_sub(index.get().max(0) as usize)
        }
        IteratorState::SequenceReverse { left, .. } => left.get().max(0) as usize,
        _ => return None,
    })
}

fn end_iterator(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    crate::object::iterator::end(iterator);
    Ok(Value::NONE)
}

fn length_hint(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    if let IteratorState::LongRange { next, stop, step } = &iterator.state {
        let rest = range::Range::allocate(cx, next.get(), *stop, *step)?;
        return Ok(rest.get::<range::Range>().map_or(Value::small(0), |rest| rest.length));
    }
    Ok(match left(cx, iterator) {
        Some(left) => Int::from_usize(cx, left),
        None => cx.not_implemented,
    })
}

/// `(iter, (items left,))`: the iterator itself does not move.
fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    let name = cx.intern("iter");
    let iter = cx.builtins.get_interned(name).unwrap_or(Value::NONE);
    let (source, place) = match &iterator.state {
        IteratorState::List { list, index } => (list.get(), Some(index.get())),
        IteratorState::Tuple { tuple, index } => (tuple.value(), Some(index.get())),
        IteratorState::Str { string, offset } => (string.value(), Some(string.index(offset.get()))),
        IteratorState::Bytes { bytes, index } => (bytes.get(), Some(index.get())),
        IteratorState::Sequence { sequence, index } => (sequence.get(), Some(index.get().max(0) as usize)),
        _ => (rest_as_list(cx, iterator), None),
    };
    let source = if source.is_unbound() { cx.empty_tuple } else { source };
    let arguments = cx.tuple(&[source]);
    Ok(match place {
        Some(place) => cx.tuple(&[iter, arguments, Value::small(place as i64)]),
        None => cx.tuple(&[iter, arguments]),
    })
}

/// The items that are left, of the iterators over ranges, dicts and sets and those from an end.
fn rest_as_list(cx: &mut Context, iterator: Ref<Iterator>) -> Value {
    let mut items = Vec::new();
    match &iterator.state {
        IteratorState::Range { next, left, step } => {
            items.extend((0..left.get() as i64).map(|turn| Value::small(next.get().wrapping_add(turn * step))));
        }
        IteratorState::ListReverse { list, left } => {
            if let Some(list) = list.get().get::<List>() {
                items.extend(list.part(0..left.get().min(list.len())).into_iter().rev());
            }
        }
        IteratorState::Dict { dict, part, index, reverse, .. } => {
            if let Some(dict) = dict.get().get::<Dict>() {
                let range = if *reverse { 0..index.get() } else { index.get()..dict.end() };
                let mut entries: Vec<_> = range.filter_map(|index| dict.entry(index)).collect();
                if *reverse {
                    entries.reverse();
                }
                items.extend(entries.into_iter().map(|(key, value)| match part {
                    Part::Keys => key,
                    Part::Values => value,
                    Part::Items => cx.tuple(&[key, value]),
                }));
            }
        }
        IteratorState::Set { set, index, .. } => {
            if let Some(set) = set.get().get::<crate::object::set::Set>() {
                let mut place = index.get();
                while let Some((found, member)) = set.next_member(place) {
                    items.push(member);
                    place = found + 1;
                }
            }
        }
        _ => {}
    }
    cx.list(items)
}

fn set_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator, Whole(state)): (Ref<Iterator>, Whole) = args.take(cx)?;
    let place = Int::clamp(state).unwrap_or(0).max(0) as usize;
    match &iterator.state {
        IteratorState::List { index, .. } | IteratorState::Bytes { index, .. } => index.set(place),
        IteratorState::Tuple { tuple, index } => index.set(place.min(tuple.len())),
        IteratorState::Str { string, offset } => offset.set(string.offset(place)),
        IteratorState::Sequence { index, .. } => index.set(place as i64),
        IteratorState::ListReverse { left, .. } => left.set(place.saturating_add(1)),
        _ => {}
    }
    Ok(Value::NONE)
}

// ----- enumerate

fn new_enumerate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::ENUMERATE)?;
    if args.get(1).is_unbound() {
        return Err(cx.type_error("enumerate() missing required argument 'iterable'"));
    }
    let Whole(start) = Whole::from_value(cx, args.get(2), 2)?;
    let inner = iterator_argument(cx, args.get(1), 1)?;
    let count = Int::exact(cx, start);
    Ok(make(cx, class, IteratorState::Enumerate { inner, count: Cell::new(count), waiting: Cell::new(false) }))
}

/// The iterator of argument `position`.
fn iterator_argument(cx: &mut Context, value: Value, position: usize) -> Result<Value, Stop> {
    match plain_iterator(cx, value) {
        Some(iterator) => Ok(iterator),
        // What has been asked for comes back as the argument.
        None if has_special(cx, value, cx.names.__next__) => Ok(value),
        None => Err(cx.ask(position, Wish::Iterator)),
    }
}

fn reduce_enumerate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    let IteratorState::Enumerate { inner, count, .. } = &iterator.state else { return Ok(Value::NONE) };
    Ok(reduced(cx, iterator, &[*inner, count.get()]))
}

/// `(class, arguments)`
fn reduced(cx: &mut Context, iterator: Ref<Iterator>, arguments: &[Value]) -> Value {
    let class = cx.class_of(iterator.value()).value();
    let arguments = cx.tuple(arguments);
    cx.tuple(&[class, arguments])
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

// ----- zip

/// Iterators of all values, or the script half gets them.
fn iterators(cx: &mut Context, values: &[Value]) -> Result<Vec<Value>, Stop> {
    let mut made = Vec::with_capacity(values.len());
    for &value in values {
        made.push(plain_iterator(cx, value).ok_or(Stop::Half)?);
    }
    Ok(made)
}

fn zip_state(inner: Vec<Value>, strict: bool) -> IteratorState {
    IteratorState::Zip {
        inner,
        gathered: RefCell::new(Vec::new()),
        strict,
        is_done: Cell::new(false),
        checking: Cell::new(0),
    }
}

fn new_zip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::ZIP)?;
    let strict = Truth::of(cx, args.get(1), 1)?;
    let inner = iterators(cx, &rest(args.get(2)))?;
    Ok(make(cx, class, zip_state(inner, strict)))
}

fn make_zip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::ZIP)?;
    let (_, inner, Truth(strict)): (Value, Ref<List>, Truth) = args.take(cx)?;
    Ok(make(cx, class, zip_state(inner.to_vec(), strict)))
}

fn reduce_zip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    let IteratorState::Zip { inner, strict, .. } = &iterator.state else { return Ok(Value::NONE) };
    let plain = reduced(cx, iterator, inner);
    match (*strict, plain.get::<Tuple>()) {
        (true, Some(parts)) => Ok(cx.tuple(&[parts.items()[0], parts.items()[1], Value::TRUE])),
        _ => Ok(plain),
    }
}

// ----- map

fn map_state(function: Value, inner: Vec<Value>, strict: bool) -> IteratorState {
    IteratorState::Map {
        function,
        inner,
        gathered: RefCell::new(Vec::new()),
        waiting: Cell::new(false),
        strict,
        checking: Cell::new(0),
    }
}

fn new_map(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::MAP)?;
    let strict = Truth::of(cx, args.get(1), 1)?;
    let values = rest(args.get(2));
    if values.len() < 2 {
        return Err(cx.type_error("map() must have at least two arguments."));
    }
    let inner = iterators(cx, &values[1..])?;
    Ok(make(cx, class, map_state(values[0], inner, strict)))
}

fn make_map(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::MAP)?;
    let (_, function, inner, Truth(strict)): (Value, Value, Ref<List>, Truth) = args.take(cx)?;
    Ok(make(cx, class, map_state(function, inner.to_vec(), strict)))
}

fn reduce_map(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    let IteratorState::Map { function, inner, .. } = &iterator.state else { return Ok(Value::NONE) };
    let mut arguments = vec![*function];
    arguments.extend_from_slice(inner);
    Ok(reduced(cx, iterator, &arguments))
}

// ----- filter

fn new_filter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::FILTER)?;
    let inner = iterator_argument(cx, args.get(2), 2)?;
    // `bool` asks what None asks, and is not called for it.
    let function = if args.get(1) == cx.class(LayoutId::BOOL).value() { Value::NONE } else { args.get(1) };
    let (candidate, waiting) = (Cell::new(Value::UNBOUND), Cell::new(false));
    Ok(make(cx, class, IteratorState::Filter { function, inner, candidate, waiting }))
}

fn reduce_filter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Ref<Iterator>,) = args.take(cx)?;
    let IteratorState::Filter { function, inner, .. } = &iterator.state else { return Ok(Value::NONE) };
    Ok(reduced(cx, iterator, &[*function, *inner]))
}

// ----- reversed

fn new_reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::REVERSED)?;
    let value = args.get(1);
    if value.is_unbound() {
        return Err(cx.type_error("reversed expected 1 argument, got 0"));
    }
    let own = cx.class_of(value);
    if own.has(Class::BUILTIN) || !own.has(Class::OVERRIDES) {
        if let Some(reversed) = plain_reversed(cx, class, value) {
            return Ok(reversed);
        }
    }
    let name = cx.names.__reversed__;
    match cx.special(value, name) {
        Some(method) if !method.is_none() => return Err(cx.call_special(value, name, &[], Check::None)),
        None if has_special(cx, value, cx.names.__getitem__)
            && has_special(cx, value, cx.names.__len__)
            && !value.is::<Dict>() =>
        {
            return Err(Stop::Half);
        }
        _ => {}
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("'{found}' object is not reversible")))
}

/// The reverse of a built-in container whose methods are not overridden.
fn plain_reversed(cx: &mut Context, class: Ref<Class>, value: Value) -> Option<Value> {
    let has_own =
        cx.special(value, cx.names.__reversed__).is_some_and(|method| !method.is::<crate::object::native::Native>());
    let header = value.header().filter(|_| !has_own)?;
    Some(match header.kind() {
        Kind::List => {
            let left = Cell::new(Ref::<List>::from_header(header).len());
            let state = IteratorState::ListReverse { list: Cell::new(value), left };
            iterator::allocate(cx, LayoutId::LIST_REVERSE_ITERATOR, state)
        }
        Kind::Range => range::reverse_iterator(cx, value),
        Kind::Dict => dict::part_iterator(cx, Ref::from_header(header), Part::Keys, true),
        Kind::DictView => {
            let view: Ref<DictView> = Ref::from_header(header);
            dict::part_iterator(cx, view.dict, view.part, true)
        }
        // Of what never changes the items are taken at once.
        Kind::Tuple | Kind::Str | Kind::Bytes => {
            let items = match value.get::<Str>() {
                Some(string) if string.chars() > 1 << 20 => return None,
                _ => items::plain_items(cx, value)?.ok()?,
            };
            let left = Cell::new(items.len());
            let list = cx.list(items);
            make(cx, class, IteratorState::ListReverse { list: Cell::new(list), left })
        }
        _ => return None,
    })
}

fn make_anext(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::allocate(cx, AwaitKind::Default, args.get(0), args.get(1)))
}

fn make_reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::REVERSED)?;
    let left = Int::to_i64(args.get(2)).unwrap_or(0);
    Ok(make(cx, class, IteratorState::SequenceReverse { sequence: Cell::new(args.get(1)), left: Cell::new(left) }))
}
