//! `==` of plain data.

use super::membership::contains_as_data;
use super::problem::{DEEPEST, Problem, deeper, is_built_in, too_deep};
use crate::object::alias::GenericAlias;
use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars::ContextObject;
use crate::object::dict::{Dict, DictView, MappingProxy};
use crate::object::event_loop::Handle;
use crate::object::function::Method;
use crate::object::heap::Ref;
use crate::object::items;
use crate::object::iterator::Part;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::number::{self, Number};
use crate::object::range::Range;
use crate::object::set::Set;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::object::weak::WeakReference;

/// `a == b`
#[inline]
pub fn equal(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    if a.both_small(b) {
        return Ok(a == b);
    }
    if let (Some(x), Some(y)) = (a.header(), b.header())
        && x.layout() == LayoutId::STR
        && y.layout() == LayoutId::STR
    {
        return Ok(a == b || Ref::<Str>::from_header(x).equals(&Ref::<Str>::from_header(y)));
    }
    equal_slowly(cx, a, b)
}

fn equal_slowly(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    if has_script_equality(cx, a) || has_script_equality(cx, b) {
        return Err(Problem::Script);
    }
    equal_as_data(cx, a, b)
}

/// Is `==` of this value a script's, or that of a native method of a library class?
pub(super) fn has_script_equality(cx: &Context, value: Value) -> bool {
    let Some(header) = value.header() else { return false };
    if is_built_in(header.layout()) {
        // The class of a proxy answers, not the proxy.
        return header.kind() == Kind::WeakReference && header.layout() != LayoutId::WEAKREF;
    }
    match header.kind() {
        Kind::Extension => {
            let own = cx.class(header.layout()).lookup_after(cx.names.__eq__, None);
            own.is_some_and(|(class, _)| class != cx.class(LayoutId::OBJECT))
        }
        _ => cx.class(header.layout()).has(Class::HAS_EQ),
    }
}

/// `a == b` by what the two hold, without asking whether their own classes override it; what is inside is
/// asked.
pub fn equal_as_data(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    match shallow(cx, a, b)? {
        Shallow::Known(is_equal) => Ok(is_equal),
        Shallow::Nested(pairs) => equal_nested(cx, pairs),
    }
}

/// What is known of two values without looking into what they contain.
enum Shallow {
    Known(bool),
    Nested(Pairs),
}

/// Pairs still to be compared.
enum Pairs {
    Lists(Ref<List>, Ref<List>, usize),
    Tuples(Ref<Tuple>, Ref<Tuple>, usize),
    Dicts(Ref<Dict>, Ref<Dict>, usize),
}

/// Compares what is nested, with a list of its own of what is left, so that depth costs no stack.
fn equal_nested(cx: &mut Context, first: Pairs) -> Result<bool, Problem> {
    let mut work = vec![first];
    while let Some(pairs) = work.last_mut() {
        let next = match pairs {
            Pairs::Lists(a, b, index) => match (a.get(*index), b.get(*index)) {
                (Some(x), Some(y)) => {
                    *index += 1;
                    Some((x, y))
                }
                (None, None) => None,
                _ => return Ok(false),
            },
            Pairs::Tuples(a, b, index) => {
                *index += 1;
                a.get(*index - 1).zip(b.get(*index - 1))
            }
            Pairs::Dicts(a, b, index) => match next_pair(cx, *a, *b, index)? {
                NextPair::Values(x, y) => Some((x, y)),
                NextPair::Missing => return Ok(false),
                NextPair::End => None,
            },
        };
        let Some((x, y)) = next else {
            work.pop();
            continue;
        };
        if x == y {
            continue;
        }
        if has_script_equality(cx, x) || has_script_equality(cx, y) {
            return Err(Problem::Script);
        }
        match shallow(cx, x, y)? {
            Shallow::Known(true) => {}
            Shallow::Known(false) => return Ok(false),
            Shallow::Nested(_) if work.len() >= DEEPEST => return Err(too_deep(cx)),
            Shallow::Nested(pairs) => work.push(pairs),
        }
    }
    Ok(true)
}

enum NextPair {
    Values(Value, Value),
    Missing,
    End,
}

fn next_pair(cx: &mut Context, a: Ref<Dict>, b: Ref<Dict>, index: &mut usize) -> Result<NextPair, Problem> {
    while *index < a.end() {
        let place = *index;
        *index += 1;
        if let Some((key, value)) = a.entry(place) {
            let hash = a.entry_hash(place);
            return Ok(match b.find_hashed(cx, key, hash)?.and_then(|found| b.entry(found)) {
                Some((_, other)) => NextPair::Values(value, other),
                None => NextPair::Missing,
            });
        }
    }
    Ok(NextPair::End)
}

fn shallow(cx: &mut Context, a: Value, b: Value) -> Result<Shallow, Problem> {
    if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
        return Ok(Shallow::Known(number::equal(x, y)));
    }
    let (Some(x), Some(y)) = (a.header(), b.header()) else { return Ok(Shallow::Known(a == b)) };
    let known = match (x.kind(), y.kind()) {
        (Kind::Str, Kind::Str) => Ref::<Str>::from_header(x).equals(&Ref::<Str>::from_header(y)),
        (Kind::List, Kind::List) => {
            let (x, y) = (Ref::<List>::from_header(x), Ref::<List>::from_header(y));
            if x.len() == y.len() {
                return Ok(Shallow::Nested(Pairs::Lists(x, y, 0)));
            }
            false
        }
        (Kind::Tuple, Kind::Tuple) => {
            let (x, y) = (Ref::<Tuple>::from_header(x), Ref::<Tuple>::from_header(y));
            if x.len() == y.len() {
                return Ok(Shallow::Nested(Pairs::Tuples(x, y, 0)));
            }
            false
        }
        (Kind::Dict, Kind::Dict) => {
            let (x, y) = (Ref::<Dict>::from_header(x), Ref::<Dict>::from_header(y));
            if x.len() == y.len() {
                return Ok(Shallow::Nested(Pairs::Dicts(x, y, 0)));
            }
            false
        }
        (Kind::Set, Kind::Set) => {
            let (x, y) = (Ref::<Set>::from_header(x), Ref::<Set>::from_header(y));
            x.len() == y.len() && deeper(cx, |cx| x.is_subset(cx, &y))?
        }
        _ => return deeper(cx, |cx| equal_rest(cx, a, b)).map(Shallow::Known),
    };
    Ok(Shallow::Known(known))
}

/// Equality of the kinds that are compared seldom.
fn equal_rest(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    if a == b {
        return Ok(true);
    }
    if bytes::is_bytes_like(a) && bytes::is_bytes_like(b) {
        return Ok(bytes::equal(a, b));
    }
    if let (Some(x), Some(y)) = (a.get::<Handle>(), b.get::<Handle>()) {
        // Only timers are compared by what they hold.
        return Ok(x.header().layout() == y.header().layout()
            && x.header().layout() == LayoutId::TIMER_HANDLE
            && (x.when.get(), x.is_cancelled.get()) == (y.when.get(), y.is_cancelled.get())
            && all_equal(cx, &[(x.callback.get(), y.callback.get()), (x.args.get(), y.args.get())])?);
    }
    if let (Some(x), Some(y)) = (a.get::<Range>(), b.get::<Range>()) {
        return Ok(x.equals(&y));
    }
    if let (Some(x), Some(y)) = (a.get::<Slice>(), b.get::<Slice>()) {
        return all_equal(cx, &[(x.start, y.start), (x.stop, y.stop), (x.step, y.step)]);
    }
    if let (Some(x), Some(y)) = (a.get::<Method>(), b.get::<Method>()) {
        return Ok(x.receiver == y.receiver && equal(cx, x.function, y.function)?);
    }
    if let (Some(x), Some(y)) = (a.get::<GenericAlias>(), b.get::<GenericAlias>()) {
        return x.equals(cx, &y);
    }
    if let (Some(x), Some(y)) = (a.get::<WeakReference>(), b.get::<WeakReference>()) {
        return match (x.target(), y.target()) {
            (Some(x), Some(y)) => Ok(x == y || equal(cx, x, y)?),
            _ => Ok(false),
        };
    }
    if let (Some(x), Some(y)) = (a.get::<ContextObject>(), b.get::<ContextObject>()) {
        return equal_contexts(cx, x, y);
    }
    match (a.get::<MappingProxy>(), b.get::<MappingProxy>()) {
        (None, None) => {}
        (x, y) => {
            let a = x.map_or(a, |x| x.mapping.get());
            let b = y.map_or(b, |y| y.mapping.get());
            return equal(cx, a, b);
        }
    }
    if a.is::<DictView>() || b.is::<DictView>() {
        return equal_views(cx, a, b);
    }
    Ok(false)
}

/// Contexts are equal where the same variables have equal values.
fn equal_contexts(cx: &mut Context, a: Ref<ContextObject>, b: Ref<ContextObject>) -> Result<bool, Problem> {
    let (a, b) = (a.to_vec(), b.to_vec());
    if a.len() != b.len() || a.iter().zip(&b).any(|(x, y)| x.0 != y.0) {
        return Ok(false);
    }
    let values: Vec<(Value, Value)> = a.iter().zip(&b).map(|(x, y)| (x.1, y.1)).collect();
    all_equal(cx, &values)
}

/// Are all pairs equal or the same?
pub fn all_equal(cx: &mut Context, pairs: &[(Value, Value)]) -> Result<bool, Problem> {
    for &(a, b) in pairs {
        if a != b && !equal(cx, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `dict.keys()` and `dict.items()` equal sets with the same members.
fn equal_views(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    let is_view = |value: Value| value.get::<DictView>().is_some_and(|view| view.part != Part::Values);
    let is_set = |value: Value| value.is::<Set>() || is_view(value);
    if !is_set(a) || !is_set(b) {
        return Ok(false);
    }
    Ok(member_count(a) == member_count(b) && all_contained(cx, a, b)?)
}

/// How many members a set, or a view that is like one, has.
pub(super) fn member_count(value: Value) -> usize {
    match (value.get::<Set>(), value.get::<DictView>()) {
        (Some(set), _) => set.len(),
        (_, Some(view)) => view.dict.len(),
        _ => 0,
    }
}

/// Are all members of a set, or of a view that is like one, in another?
pub(super) fn all_contained(cx: &mut Context, some: Value, others: Value) -> Result<bool, Problem> {
    if let (Some(a), Some(b)) = (some.get::<Set>(), others.get::<Set>()) {
        return a.is_subset(cx, &b);
    }
    let members = match some.get::<Set>() {
        Some(set) => set.to_vec(),
        None => items::plain_items(cx, some).ok_or(Problem::Script)??,
    };
    for member in members {
        if contains_as_data(cx, others, member)? != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}
