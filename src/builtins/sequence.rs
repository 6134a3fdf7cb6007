//! What the methods of lists, tuples, ranges, dicts, sets and numbers share: comparing by what is held, and reading
//! the operands of the operators of sequences.

use crate::builtins::arguments::{Edge, Index, has_special};
use crate::object::alias::GenericAlias;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::Body;
use crate::object::integer::Int;
use crate::object::iterator;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, FromValue, Stop, Wish};
use crate::object::repr;
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

/// `==`
pub const EQUAL: u8 = 0;
/// `!=`
pub const NOT_EQUAL: u8 = 1;
/// `<`
pub const LESS: u8 = 2;
/// `<=`
pub const LESS_EQUAL: u8 = 3;
/// `>`
pub const GREATER: u8 = 4;
/// `>=`
pub const GREATER_EQUAL: u8 = 5;

/// The comparison with a number of those above.
pub fn comparison(number: u8) -> Comparison {
    match number {
        EQUAL => Comparison::Equal,
        NOT_EQUAL => Comparison::NotEqual,
        LESS => Comparison::Less,
        LESS_EQUAL => Comparison::LessEqual,
        GREATER => Comparison::Greater,
        _ => Comparison::GreaterEqual,
    }
}

/// A comparison with another object of the same body; NotImplemented for any other.
pub fn compare<T: Body, const OP: u8>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(1).is::<T>() {
        true => compared(cx, comparison(OP), args.get(0), args.get(1)),
        false => Ok(cx.not_implemented),
    }
}

/// A comparison by what both operands hold; NotImplemented if they have no such order.
pub fn compared(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Value, Stop> {
    match equality::compare_as_data(cx, op, a, b) {
        Ok(Some(truth)) => Ok(Value::bool(truth)),
        Ok(None) => Ok(cx.not_implemented),
        Err(problem) => Err(problem.or_half()),
    }
}

/// `repr` by what a value holds.
pub fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut out = Vec::new();
    repr::write_repr_as_data(cx, &mut out, args.get(0)).map_err(Problem::or_half)?;
    Ok(cx.str_bytes(&out))
}

/// `hash` by what a value holds.
pub fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hash = equality::hash_as_data(cx, args.get(0)).map_err(Problem::or_half)?;
    Ok(cx.int(hash))
}

/// `in` by what a container holds.
pub fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let found = equality::contains_as_data(cx, args.get(0), args.get(1)).map_err(Problem::or_half)?;
    Ok(Value::bool(found == Some(true)))
}

/// The iterator over what a container holds.
pub fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(iterator::of_builtin(cx, args.get(0)).unwrap_or(Value::NONE))
}

/// `cls[item]`
pub fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

/// The setter of attributes that are fixed members.
pub fn read_only(cx: &mut Context, _: Value, _: Value) -> Result<(), Stop> {
    Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "readonly attribute"))
}

/// An index that is no slice; asks for it where `__index__` gives it. `name` is that of the type, for messages.
pub fn index(cx: &mut Context, key: Value, name: &str) -> Result<i64, Stop> {
    if key.is_small() {
        return Ok(key.as_small());
    }
    if Int::is(key) {
        return Int::expect_index(cx, key);
    }
    if has_special(cx, key, cx.names.__index__) {
        return Err(cx.ask(1, Wish::Index));
    }
    let found = cx.type_name(key);
    Err(cx.type_error(format!("{name} indices must be integers or slices, not {found}")))
}

/// The number a sequence is multiplied by; None if the other operand counts nothing and may know better.
pub fn repeat_count(cx: &mut Context, times: Value, position: usize) -> Result<Option<i64>, Stop> {
    if Int::is(times) {
        return match Int::to_i64(times) {
            Some(times) => Ok(Some(times)),
            None => {
                let found = cx.type_name(times);
                Err(cx.overflow_error(format!("cannot fit '{found}' into an index-sized integer")))
            }
        };
    }
    match has_special(cx, times, cx.names.__index__) {
        true => Index::from_value(cx, times, position).map(|times| Some(times.0)),
        false => Ok(None),
    }
}

/// An edge of the part that `index` searches, where None is refused.
pub struct Bound(pub i64);

impl FromValue for Bound {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Bound, Stop> {
        match Edge::from_value(cx, value, position) {
            Ok(Edge(Some(edge))) => Ok(Bound(edge)),
            Err(stop @ Stop::Ask(..)) => Err(stop),
            _ => Err(cx.type_error("slice indices must be integers or have an __index__ method")),
        }
    }
}

/// The places from `start` to before `stop` of a sequence of a length; negative ones count from its end.
pub fn part(start: i64, stop: i64, length: usize) -> std::ops::Range<usize> {
    let length = length as i64;
    let place = |edge: i64| if edge < 0 { (edge + length).max(0) } else { edge.min(length) } as usize;
    place(start)..place(stop)
}

/// What `+` with an operand that cannot be joined to a sequence answers: NotImplemented if the operand's class may
/// know better, else TypeError.
pub fn not_joined(cx: &mut Context, other: Value, name: &str) -> Result<Value, Stop> {
    let radd = cx.names.__radd__;
    if has_special(cx, other, radd) {
        return Ok(cx.not_implemented);
    }
    let found = cx.type_name(other);
    Err(cx.type_error(format!("can only concatenate {name} (not \"{found}\") to {name}")))
}
