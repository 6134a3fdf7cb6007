//! `set` and `frozenset`: their methods and operators. Where members have a `__hash__` or `__eq__` of a script, or an
//! operand is iterated by one, the loop or the script halves do it; doing again what has been done does no harm then.

use crate::builtins::arguments::{capacity, container_items, finished, instance_class, rest};
use crate::builtins::list::check_arguments;
use crate::builtins::sequence::{self, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL, compare};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::{Problem, looked_for_in_set};
use crate::object::heap::Ref;
use crate::object::key::key_plain;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, KeyAction, KeyOperation, Stop, plain};
use crate::object::set::Set;
use crate::object::value::Value;

const COMMON: &[Declaration] = &[
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__eq__(self, value, /)", compare::<Set, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<Set, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<Set, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<Set, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<Set, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<Set, GREATER_EQUAL>, "Return self>=value."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", sequence::iter, "Implement iter(self)."),
    plain("__contains__(self, object, /)", contains, "x.__contains__(y) <==> y in x."),
    plain("__and__(self, value, /)", and, "Return self&value."),
    plain("__rand__(self, value, /)", rand, "Return value&self."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", ror, "Return value|self."),
    plain("__sub__(self, value, /)", sub, "Return self-value."),
    plain("__rsub__(self, value, /)", rsub, "Return value-self."),
    plain("__xor__(self, value, /)", xor, "Return self^value."),
    plain("__rxor__(self, value, /)", rxor, "Return value^self."),
    plain("copy(self, /)", copy, "Return a shallow copy of a set."),
    plain("union(self, /, *others)", union, "Return a new set with elements from the set and all others."),
    plain(
        "intersection(self, /, *others)",
        intersection,
        "Return a new set with elements common to the set and all others.",
    ),
    plain("difference(self, /, *others)", difference, "Return a new set with elements that are not in the others."),
    plain(
        "symmetric_difference(self, other, /)",
        symmetric_difference,
        "Return a new set with elements in either the set or other but not both.",
    ),
    plain("isdisjoint(self, other, /)", isdisjoint, "Return True if two sets have a null intersection."),
    plain("issubset(self, other, /)", issubset, "Report whether another set contains this set."),
    plain("issuperset(self, other, /)", issuperset, "Report whether this set contains another set."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the set anew."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the set in memory, in bytes."),
];

const SET: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Create an empty set."),
    plain("__init__(self, iterable=(), /)", init, "Take over the items of an iterable."),
    plain("__iand__(self, value, /)", iand, "Return self&=value."),
    plain("__ior__(self, value, /)", ior, "Return self|=value."),
    plain("__isub__(self, value, /)", isub, "Return self-=value."),
    plain("__ixor__(self, value, /)", ixor, "Return self^=value."),
    plain("add(self, object, /)", add, "Add an element to a set."),
    plain("discard(self, object, /)", discard, "Remove an element from a set if it is a member."),
    plain("remove(self, object, /)", remove, "Remove an element from a set; it must be a member."),
    plain("pop(self, /)", pop, "Remove and return an arbitrary set element."),
    plain("clear(self, /)", clear, "Remove all elements from this set."),
    plain("update(self, /, *others)", update, "Update the set, adding elements from all others."),
    plain(
        "intersection_update(self, /, *others)",
        intersection_update,
        "Update the set, keeping only elements found in it and all others.",
    ),
    plain(
        "difference_update(self, /, *others)",
        difference_update,
        "Update the set, removing elements found in others.",
    ),
    plain(
        "symmetric_difference_update(self, other, /)",
        symmetric_difference_update,
        "Update the set, keeping only elements found in either set, but not in both.",
    ),
];

const FROZENSET: &[Declaration] = &[
    plain("__new__(cls, iterable=(), /)", new_frozen, "A frozenset of the items of an iterable."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", sequence::class_getitem, "Return the class with type arguments.")];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let hash = cx.names.__hash__;
    cx.class(LayoutId::SET).dict.set_interned(hash, Value::NONE);
    for (layout, methods) in [(LayoutId::SET, SET), (LayoutId::FROZENSET, FROZENSET)] {
        let class = cx.class(layout);
        module::install(cx, class, &ClassTables { methods: COMMON, ..ClassTables::NONE });
        module::install(cx, class, &ClassTables { methods, class_methods: CLASS_METHODS, ..ClassTables::NONE });
    }
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<Set>, Stop> {
    args.take::<(Ref<Set>,)>(cx).map(|(set,)| set)
}

// ----- making and filling

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::SET)?;
    check_arguments(cx, class, LayoutId::SET, args)?;
    let made = Set::allocate_as(cx, class.root_layout.get(), capacity(class));
    Ok(finished(cx, class, made.value()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (set, source) = (receiver(cx, args)?, args.get(1));
    if set.is_empty() {
        fill(cx, set, source)?;
        return Ok(Value::NONE);
    }
    let filled = Set::allocate(cx, LayoutId::SET);
    fill(cx, filled, source)?;
    set.replace(&filled);
    Ok(Value::NONE)
}

fn new_frozen(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::FROZENSET)?;
    let source = args.get(1);
    if class == cx.class(LayoutId::FROZENSET) && cx.layout_of(source) == LayoutId::FROZENSET {
        return Ok(source);
    }
    let made = Set::allocate_as(cx, class.root_layout.get(), capacity(class));
    fill(cx, made, source)?;
    Ok(finished(cx, class, made.value()))
}

/// The items of an operand, or the script half goes through it.
fn operand(cx: &mut Context, value: Value) -> Result<Vec<Value>, Stop> {
    container_items(cx, value).unwrap_or(Err(Stop::Half))
}

fn exact_dict(value: Value) -> Option<Ref<Dict>> {
    value.get::<Dict>().filter(|dict| dict.header().layout() == LayoutId::DICT)
}

/// Adds all items of an operand.
fn fill(cx: &mut Context, set: Ref<Set>, source: Value) -> Result<(), Stop> {
    if let Some(other) = source.get::<Set>() {
        return set.merge(cx, &other).map_err(Problem::or_half);
    }
    if let Some(dict) = exact_dict(source) {
        return set.merge_keys(cx, &dict).map_err(Problem::or_half);
    }
    for item in operand(cx, source)? {
        set.add(cx, item).map_err(Problem::or_half)?;
    }
    Ok(())
}

/// The operand as a set: itself, or a new one of its items.
fn as_set(cx: &mut Context, source: Value) -> Result<Ref<Set>, Stop> {
    if let Some(set) = source.get::<Set>() {
        return Ok(set);
    }
    let set = Set::allocate(cx, LayoutId::SET);
    fill(cx, set, source)?;
    Ok(set)
}

/// A new empty set or frozenset, as the other is.
fn like(cx: &mut Context, value: Value) -> Ref<Set> {
    let layout = if cx.is_instance(value, LayoutId::FROZENSET) { LayoutId::FROZENSET } else { LayoutId::SET };
    Set::allocate(cx, layout)
}

/// A set or frozenset with the members of another, as `kind` is.
fn copied(cx: &mut Context, kind: Value, members: &Set) -> Ref<Set> {
    let copy = like(cx, kind);
    copy.fill_from(members);
    cx.charge(copy.memory());
    copy
}

// ----- single members

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(cx, args)?.len() as i64))
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let key = looked_for_in_set(cx, args.get(1));
    key_plain(cx, KeyAction::Contains, args.get(0), key, Value::UNBOUND)
}

fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    key_plain(cx, KeyAction::Add, args.get(0), args.get(1), Value::UNBOUND)
}

fn discard(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let key = looked_for_in_set(cx, args.get(1));
    key_plain(cx, KeyAction::Discard, args.get(0), key, Value::UNBOUND)
}

fn remove(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (set, key) = (receiver(cx, args)?, looked_for_in_set(cx, args.get(1)));
    match set.remove(cx, key) {
        Ok(true) => Ok(Value::NONE),
        Ok(false) => Err(cx.key_error(args.get(1))),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => Err(Stop::Key(Box::new(KeyOperation {
            action: KeyAction::Remove,
            table: set.value(),
            key,
            value: Value::UNBOUND,
        }))),
    }
}

fn pop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match receiver(cx, args)?.pop() {
        Some(member) => Ok(member),
        None => {
            let message = cx.str("pop from an empty set");
            Err(cx.key_error(message))
        }
    }
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    receiver(cx, args)?.clear();
    Ok(Value::NONE)
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    match set.header().layout() {
        LayoutId::FROZENSET => Ok(set.value()),
        _ => Ok(copied(cx, set.value(), &set).value()),
    }
}

// ----- operators

/// Both operands of an operator, if they are sets.
fn both(a: Value, b: Value) -> Option<(Ref<Set>, Ref<Set>)> {
    Some((a.get::<Set>()?, b.get::<Set>()?))
}

fn joined(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let Some((a, b)) = both(a, b) else { return Ok(cx.not_implemented) };
    let result = copied(cx, a.value(), &a);
    result.merge(cx, &b).map_err(Problem::or_half)?;
    Ok(result.value())
}

fn or(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    joined(cx, args.get(0), args.get(1))
}

fn ror(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    joined(cx, args.get(1), args.get(0))
}

fn common(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let Some((a, b)) = both(a, b) else { return Ok(cx.not_implemented) };
    let result = like(cx, a.value());
    result.fill_with_common(cx, &a, &b).map_err(Problem::or_half)?;
    Ok(result.value())
}

fn and(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    common(cx, args.get(0), args.get(1))
}

fn rand(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    common(cx, args.get(1), args.get(0))
}

fn subtracted(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    let Some((a, b)) = both(a, b) else { return Ok(cx.not_implemented) };
    let result = like(cx, a.value());
    result.fill_with_difference(cx, &a, &b).map_err(Problem::or_half)?;
    Ok(result.value())
}

fn sub(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    subtracted(cx, args.get(0), args.get(1))
}

fn rsub(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    subtracted(cx, args.get(1), args.get(0))
}

/// What is in only one of two sets, of the kind of the first. The members of the second come first in the table.
fn exchanged(cx: &mut Context, a: Ref<Set>, b: &Set) -> Result<Ref<Set>, Stop> {
    let result = copied(cx, a.value(), b);
    result.exchange(cx, &a).map_err(Problem::or_half)?;
    Ok(result)
}

fn xor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((a, b)) = both(args.get(0), args.get(1)) else { return Ok(cx.not_implemented) };
    exchanged(cx, a, &b).map(Ref::value)
}

fn rxor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((a, b)) = both(args.get(1), args.get(0)) else { return Ok(cx.not_implemented) };
    exchanged(cx, a, &b).map(Ref::value)
}

fn ior(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((a, b)) = both(args.get(0), args.get(1)) else { return Ok(cx.not_implemented) };
    a.merge(cx, &b).map_err(Problem::or_half)?;
    Ok(args.get(0))
}

fn iand(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((a, b)) = both(args.get(0), args.get(1)) else { return Ok(cx.not_implemented) };
    let result = Set::allocate(cx, LayoutId::SET);
    result.fill_with_common(cx, &a, &b).map_err(Problem::or_half)?;
    a.replace(&result);
    Ok(args.get(0))
}

fn isub(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some((a, b)) = both(args.get(0), args.get(1)) else { return Ok(cx.not_implemented) };
    a.remove_all(cx, &b).map_err(Problem::or_half)?;
    Ok(args.get(0))
}

fn ixor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if both(args.get(0), args.get(1)).is_none() {
        return Ok(cx.not_implemented);
    }
    symmetric_difference_update(cx, args)?;
    Ok(args.get(0))
}

// ----- methods with any iterables

fn union(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let result = copied(cx, set.value(), &set);
    for other in rest(args.get(1)) {
        fill(cx, result, other)?;
    }
    Ok(result.value())
}

fn update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    for other in rest(args.get(1)) {
        fill(cx, set, other)?;
    }
    Ok(Value::NONE)
}

/// What is common to a set and all others, as a new set of its kind.
fn common_to_all(cx: &mut Context, set: Ref<Set>, others: Value) -> Result<Ref<Set>, Stop> {
    let others = rest(others);
    if others.is_empty() {
        return Ok(copied(cx, set.value(), &set));
    }
    let mut result = set;
    for other in others {
        let kept = like(cx, set.value());
        match other.get::<Set>() {
            Some(other) => kept.fill_with_common(cx, &result, &other).map_err(Problem::or_half)?,
            None => {
                for item in operand(cx, other)? {
                    if result.contains(cx, item).map_err(Problem::or_half)? {
                        kept.add(cx, item).map_err(Problem::or_half)?;
                    }
                }
            }
        }
        result = kept;
    }
    Ok(result)
}

fn intersection(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    common_to_all(cx, set, args.get(1)).map(Ref::value)
}

fn intersection_update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let result = common_to_all(cx, set, args.get(1))?;
    set.replace(&result);
    Ok(Value::NONE)
}

fn remove_items(cx: &mut Context, set: Ref<Set>, other: Value) -> Result<(), Stop> {
    if let Some(other) = other.get::<Set>() {
        return set.remove_all(cx, &other).map_err(Problem::or_half);
    }
    for item in operand(cx, other)? {
        set.remove(cx, item).map_err(Problem::or_half)?;
    }
    Ok(())
}

fn difference(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (set, others) = (receiver(cx, args)?, rest(args.get(1)));
    let Some((&first, more)) = others.split_first() else { return Ok(copied(cx, set.value(), &set).value()) };
    let result = match first.get::<Set>() {
        Some(other) => {
            let result = like(cx, set.value());
            result.fill_with_difference(cx, &set, &other).map_err(Problem::or_half)?;
            result
        }
        None => {
            let result = copied(cx, set.value(), &set);
            remove_items(cx, result, first)?;
            result
        }
    };
    for &other in more {
        remove_items(cx, result, other)?;
    }
    Ok(result.value())
}

fn difference_update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    for other in rest(args.get(1)) {
        remove_items(cx, set, other)?;
    }
    Ok(Value::NONE)
}

fn symmetric_difference(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let other = as_set(cx, args.get(1))?;
    exchanged(cx, set, &other).map(Ref::value)
}

fn symmetric_difference_update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let other = as_set(cx, args.get(1))?;
    // Done in a copy first: exchanging twice would undo it.
    let result = copied(cx, set.value(), &set);
    result.exchange(cx, &other).map_err(Problem::or_half)?;
    set.replace(&result);
    Ok(Value::NONE)
}

fn isdisjoint(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    if let Some(other) = args.get(1).get::<Set>() {
        return set.is_disjoint(cx, &other).map(Value::bool).map_err(Problem::or_half);
    }
    for item in operand(cx, args.get(1))? {
        if set.contains(cx, item).map_err(Problem::or_half)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}

fn issubset(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let other = as_set(cx, args.get(1))?;
    set.is_subset(cx, &other).map(Value::bool).map_err(Problem::or_half)
}

fn issuperset(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let other = as_set(cx, args.get(1))?;
    other.is_subset(cx, &set).map(Value::bool).map_err(Problem::or_half)
}

// ----- the rest

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let set = receiver(cx, args)?;
    let class = cx.class_of(set.value()).value();
    let items = cx.list(set.to_vec());
    let arguments = cx.tuple(&[items]);
    let state = set.header().attribute_dict(cx).map_or(Value::NONE, Ref::value);
    Ok(cx.tuple(&[class, arguments, state]))
}

fn sizeof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(200 + receiver(cx, args)?.memory() as i64))
}
