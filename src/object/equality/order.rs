//! `<` and its siblings for plain data.

use std::cmp::Ordering;

use super::equal::{all_contained, equal, equal_as_data, member_count};
use super::problem::{DEEPEST, Problem, is_built_in, too_deep};
use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::DictView;
use crate::object::iterator::Part;
use crate::object::kind::Kind;
use crate::object::list::List;
use crate::object::native::{Native, Stop};
use crate::object::number::{self, Number};
use crate::object::set::Set;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

/// `a < b` and the other three, also `==` and `!=`; None if values of these kinds have no order.
pub fn compare(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Option<bool>, Problem> {
    match op {
        Comparison::Equal => return equal(cx, a, b).map(Some),
        Comparison::NotEqual => return equal(cx, a, b).map(|is_equal| Some(!is_equal)),
        _ => {}
    }
    if a.both_small(b) {
        return Ok(Some(holds(op, a.as_small().cmp(&b.as_small()))));
    }
    if has_script_order(cx, op, a) || has_script_order(cx, op, b) {
        return Err(Problem::Script);
    }
    compare_as_data(cx, op, a, b)
}

/// May ordering this value call a script's method, or a native one of a library class?
fn has_script_order(cx: &mut Context, op: Comparison, value: Value) -> bool {
    let Some(header) = value.header() else { return false };
    if is_built_in(header.layout()) {
        return header.kind() == Kind::WeakReference;
    }
    let class = cx.class(header.layout());
    let name = match op {
        Comparison::Less => [cx.names.__lt__, cx.names.__gt__],
        Comparison::Greater => [cx.names.__gt__, cx.names.__lt__],
        Comparison::LessEqual => [cx.names.__le__, cx.names.__ge__],
        _ => [cx.names.__ge__, cx.names.__le__],
    };
    header.kind() == Kind::Extension
        || name.into_iter().any(|name| cx.lookup(class, name).is_some_and(|method| !method.is::<Native>()))
        || cx.class(header.layout()).has(Class::HAS_EQ)
}

/// As `compare`, by what the two hold, without asking whether their own classes override it; what is inside is
/// asked.
pub fn compare_as_data(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Option<bool>, Problem> {
    match op {
        Comparison::Equal => return equal_as_data(cx, a, b).map(Some),
        Comparison::NotEqual => return equal_as_data(cx, a, b).map(|is_equal| Some(!is_equal)),
        _ => {}
    }
    let (mut a, mut b) = (a, b);
    let mut depth = 0;
    loop {
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            return Ok(number::compare(op, x, y));
        }
        if let (Some(x), Some(y)) = (a.get::<Str>(), b.get::<Str>()) {
            return Ok(Some(holds(op, x.compare(&y))));
        }
        let difference = match (a.get::<List>(), b.get::<List>(), a.get::<Tuple>(), b.get::<Tuple>()) {
            (Some(x), Some(y), _, _) => first_difference(cx, |index| (x.get(index), y.get(index)))?,
            (_, _, Some(x), Some(y)) => first_difference(cx, |index| (x.get(index), y.get(index)))?,
            _ => return compare_rest(cx, op, a, b),
        };
        let (x, y) = match difference {
            (Some(x), Some(y)) => (x, y),
            (x, y) => return Ok(Some(holds(op, x.is_some().cmp(&y.is_some())))),
        };
        depth += 1;
        if depth > DEEPEST {
            return Err(too_deep(cx));
        }
        if has_script_order(cx, op, x) || has_script_order(cx, op, y) {
            return Err(Problem::Script);
        }
        if !is_sequence_pair(x, y) {
            return match compare_as_data(cx, op, x, y)? {
                None => Err(Problem::Stop(unorderable(cx, op, x, y))),
                answer => Ok(answer),
            };
        }
        (a, b) = (x, y);
    }
}

/// The first pair of items that are not equal; where one sequence ends, None for its item.
#[inline]
fn first_difference(
    cx: &mut Context,
    pair: impl Fn(usize) -> (Option<Value>, Option<Value>),
) -> Result<(Option<Value>, Option<Value>), Problem> {
    let mut index = 0;
    loop {
        match pair(index) {
            (Some(x), Some(y)) if x == y || equal(cx, x, y)? => index += 1,
            pair => return Ok(pair),
        }
    }
}

fn is_sequence_pair(a: Value, b: Value) -> bool {
    a.is::<List>() && b.is::<List>() || a.is::<Tuple>() && b.is::<Tuple>()
}

/// Order of the kinds that are compared seldom.
fn compare_rest(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Option<bool>, Problem> {
    let is_view = |value: Value| value.get::<DictView>().is_some_and(|view| view.part != Part::Values);
    let is_set = |value: Value| value.is::<Set>() || is_view(value);
    if is_set(a) && is_set(b) {
        let (small, large) = match op {
            Comparison::Less | Comparison::LessEqual => (a, b),
            _ => (b, a),
        };
        let is_strict = matches!(op, Comparison::Less | Comparison::Greater);
        let (least, most) = (member_count(small), member_count(large));
        let fits = if is_strict { least < most } else { least <= most };
        return Ok(Some(fits && all_contained(cx, small, large)?));
    }
    if bytes::are_ordered(a, b) {
        return Ok(Some(holds(op, bytes::compare(a, b))));
    }
    if let (Some(x), Some(y)) = (a.get::<Slice>(), b.get::<Slice>()) {
        let (x, y) = (cx.tuple(&[x.start, x.stop, x.step]), cx.tuple(&[y.start, y.stop, y.step]));
        return compare_as_data(cx, op, x, y);
    }
    Ok(None)
}

/// Does an order satisfy `<`, `<=`, `>` or `>=`?
pub fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Less => order.is_lt(),
        Comparison::LessEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterEqual => order.is_ge(),
        Comparison::NotEqual => order.is_ne(),
        _ => order.is_eq(),
    }
}

/// TypeError: "'<' not supported between instances of 'int' and 'str'".
pub fn unorderable(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Stop {
    let sign = match op {
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
        Comparison::NotEqual => "!=",
        _ => "==",
    };
    let (a, b) = (cx.type_name(a), cx.type_name(b));
    cx.type_error(format!("'{sign}' not supported between instances of '{a}' and '{b}'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::equality::hash;
    use crate::object::integer::Int;

    #[test]
    fn numbers_are_equal_across_kinds() {
        let cx = &mut Context::new((1, 2));
        let big = Int::from_i64(cx, 1 << 53);
        let next = Int::from_i64(cx, (1 << 53) + 1);
        let is_equal = |cx: &mut Context, a, b| matches!(equal(cx, a, b), Ok(true));
        assert!(is_equal(cx, big, Value::float((1u64 << 53) as f64)));
        assert!(!is_equal(cx, next, Value::float((1u64 << 53) as f64)));
        assert!(is_equal(cx, Value::TRUE, Value::float(1.0)));
        assert!(!is_equal(cx, Value::NONE, Value::FALSE));
        assert!(matches!(compare(cx, Comparison::Less, big, next), Ok(Some(true))));
        assert!(matches!(hash(cx, Value::float(1.5)), Ok(1152921504606846977)));
    }

    #[test]
    fn nested_lists_are_compared_however_deep() {
        let cx = &mut Context::new((1, 2));
        let deep = |cx: &mut Context, depth: usize, last: i64| {
            (0..depth).fold(Value::small(last), |inner, _| cx.list(vec![inner]))
        };
        let (a, b, c) = (deep(cx, 50_000, 1), deep(cx, 50_000, 1), deep(cx, 50_000, 2));
        assert!(matches!(equal(cx, a, b), Ok(true)));
        assert!(matches!(equal(cx, a, c), Ok(false)));
        let (a, b) = (deep(cx, 200_000, 1), deep(cx, 200_000, 1));
        assert!(matches!(equal(cx, a, b), Err(Problem::Stop(_))));
        let (a, c) = (deep(cx, 50, 1), deep(cx, 50, 2));
        assert!(matches!(compare(cx, Comparison::Less, a, c), Ok(Some(true))));
        let tuple = (0..5_000).fold(cx.empty_tuple, |inner, _| cx.tuple(&[inner]));
        assert!(matches!(hash(cx, tuple), Err(Problem::Stop(_))));
    }
}
