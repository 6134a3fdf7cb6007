//! `list`: its methods and operators. Where items have a `__eq__` or order of a script, or an iterable is a script's,
//! the script halves do it.

use std::cell::Cell;

use crate::builtins::arguments::{Index, Truth, capacity, finished, has_special, instance_class, rest};
use crate::builtins::sequence::{
    self, Bound, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL, compare, part, repeat_count,
};
use crate::builtins::sort;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::{self, Problem};
use crate::object::heap::Ref;
use crate::object::items::plain_items;
use crate::object::iterator::{self, IteratorState};
use crate::object::layout::LayoutId;
use crate::object::list::{List, repeat};
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Stop, Wish, plain};
use crate::object::slice::{Indices, Slice};
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Create an empty list."),
    plain("__init__(self, iterable=(), /)", init, "Take over the items of an iterable."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__eq__(self, value, /)", compare::<List, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<List, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<List, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<List, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<List, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<List, GREATER_EQUAL>, "Return self>=value."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", sequence::iter, "Implement iter(self)."),
    plain("__reversed__(self, /)", reversed, "Return a reverse iterator over the list."),
    plain("__contains__(self, key, /)", sequence::contains, "Return key in self."),
    plain("__getitem__(self, index, /)", getitem, "Return self[index]."),
    plain("__setitem__(self, key, value, /)", setitem, "Set self[key] to value."),
    plain("__delitem__(self, key, /)", delitem, "Delete self[key]."),
    plain("__add__(self, value, /)", add, "Return self+value."),
    plain("__iadd__(self, value, /)", iadd, "Implement self+=value."),
    plain("__mul__(self, value, /)", mul, "Return self*value."),
    plain("__rmul__(self, value, /)", mul, "Return value*self."),
    plain("__imul__(self, value, /)", imul, "Implement self*=value."),
    plain("append(self, object, /)", append, "Append object to the end of the list."),
    plain("extend(self, iterable, /)", extend, "Extend list by appending elements from the iterable."),
    plain("insert(self, index, object, /)", insert, "Insert object before index."),
    plain("pop(self, index=-1, /)", pop, "Remove and return item at index (default last)."),
    plain("remove(self, value, /)", remove, "Remove first occurrence of value."),
    plain("index(self, value, start=0, stop=9223372036854775807, /)", index, "Return first index of value."),
    plain("count(self, value, /)", count, "Return number of occurrences of value."),
    plain("clear(self, /)", clear, "Remove all items from list."),
    plain("copy(self, /)", copy, "Return a shallow copy of the list."),
    plain("reverse(self, /)", reverse, "Reverse *IN PLACE*."),
    plain("sort(self, /, *, key=None, reverse=False)", sort, "Sort the list in ascending order and return None."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the list in memory, in bytes."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", sequence::class_getitem, "Return the class with type arguments.")];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::LIST);
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
    module::install(cx, class, &ClassTables { methods: METHODS, class_methods: CLASS_METHODS, ..ClassTables::NONE });
}

/// What constructors of containers say of arguments they do not take, where the class has not its own `__init__`.
pub fn check_arguments(cx: &mut Context, class: Ref<Class>, base: LayoutId, args: Args<'_>) -> Result<(), Stop> {
    let name = cx.names.__init__;
    let own = cx.lookup(class, name);
    let base = cx.class(base);
    if own != base.dict.get_interned(name) {
        return Ok(());
    }
    let (count, name) = (rest(args.get(1)).len(), base.name_text());
    if args.get(2).get::<Dict>().is_some_and(|keywords| !keywords.is_empty()) {
        return Err(cx.type_error(format!("{name}() takes no keyword arguments")));
    }
    if count > 1 {
        return Err(cx.type_error(format!("{name} expected at most 1 argument, got {count}")));
    }
    Ok(())
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<List>, Stop> {
    args.take::<(Ref<List>,)>(cx).map(|(list,)| list)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::LIST)?;
    check_arguments(cx, class, LayoutId::LIST, args)?;
    let made = List::allocate_as(cx, class.root_layout.get(), capacity(class), Vec::new());
    Ok(finished(cx, class, made))
}

/// The items of an iterable that needs no script code; else the script half goes through it.
fn items(cx: &mut Context, iterable: Value) -> Result<Vec<Value>, Stop> {
    plain_items(cx, iterable).unwrap_or(Err(Stop::Half))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let list = receiver(cx, args)?;
    let items = items(cx, args.get(1))?;
    list.replace(items);
    Ok(Value::NONE)
}

// ----- a sequence

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(cx, args)?.len() as i64))
}

fn reversed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let left = Cell::new(receiver(cx, args)?.len());
    let state = IteratorState::ListReverse { list: Cell::new(args.get(0)), left };
    Ok(iterator::allocate(cx, LayoutId::LIST_REVERSE_ITERATOR, state))
}

fn indices(cx: &mut Context, list: Ref<List>, slice: Ref<Slice>) -> Result<Indices, Stop> {
    slice.indices(cx, list.len()).map_err(Problem::or_half)
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, key) = (receiver(cx, args)?, args.get(1));
    if let Some(slice) = key.get::<Slice>() {
        let part = indices(cx, list, slice)?;
        let items = list.slice(part.start, part.step, part.length);
        return Ok(cx.list(items));
    }
    let index = sequence::index(cx, key, "list")?;
    list.at(index).ok_or_else(|| cx.index_error("list index out of range"))
}

fn setitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, key, value) = (receiver(cx, args)?, args.get(1), args.get(2));
    if let Some(slice) = key.get::<Slice>() {
        let part = indices(cx, list, slice)?;
        let items = assigned(cx, value)?;
        return assign(cx, list, part, items);
    }
    let index = sequence::index(cx, key, "list")?;
    match list.set(list.place(index), value) {
        true => Ok(Value::NONE),
        false => Err(cx.index_error("list assignment index out of range")),
    }
}

/// The items assigned to a slice.
fn assigned(cx: &mut Context, value: Value) -> Result<Vec<Value>, Stop> {
    if let Some(items) = plain_items(cx, value) {
        return items;
    }
    let (iter, getitem) = (cx.names.__iter__, cx.names.__getitem__);
    if has_special(cx, value, iter) || has_special(cx, value, getitem) {
        return Err(cx.ask(2, Wish::Items));
    }
    Err(cx.type_error("must assign iterable to extended slice"))
}

fn assign(cx: &mut Context, list: Ref<List>, part: Indices, items: Vec<Value>) -> Result<Value, Stop> {
    if part.step == 1 {
        let start = part.start as usize;
        list.splice(start..start + part.length, items);
        return Ok(Value::NONE);
    }
    if items.len() != part.length {
        let (given, wanted) = (items.len(), part.length);
        let message = format!("attempt to assign sequence of size {given} to extended slice of size {wanted}");
        return Err(cx.value_error(message));
    }
    for (turn, item) in items.into_iter().enumerate() {
        list.set((part.start + turn as i64 * part.step) as usize, item);
    }
    Ok(Value::NONE)
}

fn delitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, key) = (receiver(cx, args)?, args.get(1));
    if let Some(slice) = key.get::<Slice>() {
        let part = indices(cx, list, slice)?;
        list.remove_slice(part.start, part.step, part.length);
        return Ok(Value::NONE);
    }
    let index = sequence::index(cx, key, "list")?;
    match list.remove(list.place(index)) {
        Some(_) => Ok(Value::NONE),
        None => Err(cx.index_error("list assignment index out of range")),
    }
}

// ----- operators

fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let list = receiver(cx, args)?;
    let Some(other) = args.get(1).get::<List>() else { return sequence::not_joined(cx, args.get(1), "list") };
    cx.reserve((list.len() + other.len()) * 8)?;
    let mut items = Vec::with_capacity(list.len() + other.len());
    items.extend_from_slice(list.items());
    items.extend_from_slice(other.items());
    Ok(cx.list(items))
}

fn iadd(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    extend(cx, args)?;
    Ok(args.get(0))
}

fn mul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let list = receiver(cx, args)?;
    let Some(count) = repeat_count(cx, args.get(1), 1)? else { return Ok(cx.not_implemented) };
    let items = list.to_vec();
    let items = repeat(cx, &items, count)?;
    Ok(cx.list(items))
}

fn imul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let list = receiver(cx, args)?;
    let Some(count) = repeat_count(cx, args.get(1), 1)? else { return Ok(cx.not_implemented) };
    let items = list.to_vec();
    let items = repeat(cx, &items, count)?;
    list.replace(items);
    Ok(args.get(0))
}

// ----- changing

fn append(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    receiver(cx, args)?.push(args.get(1));
    Ok(Value::NONE)
}

fn extend(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let list = receiver(cx, args)?;
    let items = items(cx, args.get(1))?;
    list.extend(&items);
    Ok(Value::NONE)
}

fn insert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, Index(index), object): (Ref<List>, Index, Value) = args.take(cx)?;
    let place = if index < 0 { (index + list.len() as i64).max(0) } else { index };
    list.insert(place as usize, object);
    Ok(Value::NONE)
}

fn pop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, Index(index)): (Ref<List>, Index) = args.take(cx)?;
    if list.is_empty() {
        return Err(cx.index_error("pop from empty list"));
    }
    if index == -1 {
        return Ok(list.pop().unwrap_or(Value::NONE));
    }
    list.remove(list.place(index)).ok_or_else(|| cx.index_error("pop index out of range"))
}

fn remove(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let list = receiver(cx, args)?;
    match equality::position(cx, args.get(1), |index| list.get(index)).map_err(Problem::or_half)? {
        Some(place) => {
            list.remove(place);
            Ok(Value::NONE)
        }
        None => Err(cx.value_error("list.remove(x): x not in list")),
    }
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    receiver(cx, args)?.clear();
    Ok(Value::NONE)
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let items = receiver(cx, args)?.to_vec();
    Ok(cx.list(items))
}

fn reverse(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    receiver(cx, args)?.reverse();
    Ok(Value::NONE)
}

fn sort(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, key, Truth(reverse)): (Ref<List>, Value, Truth) = args.take(cx)?;
    if !key.is_none() {
        return Err(Stop::Half);
    }
    let mut items = list.to_vec();
    sort::sort(cx, &mut items, None, reverse).map_err(Problem::or_half)?;
    list.replace(items);
    Ok(Value::NONE)
}

// ----- searching

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (list, value, Bound(start), Bound(stop)): (Ref<List>, Value, Bound, Bound) = args.take(cx)?;
    let range = part(start, stop, list.len());
    let get = |index| if range.start + index < range.end { list.get(range.start + index) } else { None };
    match equality::position(cx, value, get).map_err(Problem::or_half)? {
        Some(place) => Ok(Value::small((range.start + place) as i64)),
        None => {
            let shown = crate::object::repr::repr(cx, value).map_err(Problem::or_half)?;
            let shown = crate::object::string::text_of(shown);
            Err(cx.value_error(format!("{shown} is not in list")))
        }
    }
}

/// How many items are the same as a value or equal to it.
pub fn count_equal(cx: &mut Context, items: &[Value], value: Value) -> Result<Value, Stop> {
    let mut count = 0;
    for &item in items {
        let is_equal = item == value || equality::equal(cx, item, value).map_err(Problem::or_half)?;
        count += is_equal as i64;
    }
    Ok(Value::small(count))
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let items = receiver(cx, args)?.to_vec();
    count_equal(cx, &items, args.get(1))
}

fn sizeof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(40 + 8 * receiver(cx, args)?.capacity() as i64))
}
