//! Stable sorting of plain data, for `sorted`, `list.sort` and their script halves.
//!
//! Where all keys are of one simple kind, or tuples that begin with such, the standard library's sort does it. Mixed and nested ones go through a
//! merge sort of its own: the order may fail in its midst, and need not be an order at all.

use std::cmp::Ordering;

use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::Header;
use crate::object::layout::LayoutId;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

/// Runs of at most so many items are sorted by insertion.
const RUN: usize = 16;

/// Sorts items by keys, of which there is one for each; None: by themselves. Nothing has changed if it fails.
pub fn sort(cx: &mut Context, items: &mut Vec<Value>, keys: Option<&[Value]>, reverse: bool) -> Result<(), Problem> {
    let keys: Vec<Value> = keys.map_or_else(|| items.clone(), <[Value]>::to_vec);
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    // Reversing before and after keeps equal items in their order.
    if reverse {
        order.reverse();
    }
    if !sort_simply(&keys, &mut order) && !sort_by_first(cx, &keys, &mut order)? {
        order = merge_sort(cx, &keys, order)?;
    }
    if reverse {
        order.reverse();
    }
    *items = order.into_iter().map(|place| items[place as usize]).collect();
    Ok(())
}

/// Sorts places by keys that are all small integers, all strings, or all floats that are numbers; false for others.
fn sort_simply(keys: &[Value], order: &mut [u32]) -> bool {
    let is_text = |key: &Value| key.header().map(Header::layout) == Some(LayoutId::STR);
    if keys.iter().all(|key| key.is_small()) {
        sort_places(order, |place| keys[place].as_small(), i64::cmp);
    } else if keys.iter().all(|key| key.is_float() && !key.as_float().is_nan()) {
        // Zeros of either sign are equal, which `total_cmp` would not say.
        sort_places(order, |place| keys[place].as_float(), |a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
    } else if keys.iter().all(is_text) {
        let texts: Vec<_> = keys.iter().filter_map(|key| key.get::<Str>()).collect();
        sort_places(order, |place| texts[place], |a, b| a.compare(b));
    } else {
        return false;
    }
    true
}

/// Sorts places with their keys beside them, which stay close to each other in memory that way.
fn sort_places<K: Copy>(order: &mut [u32], key: impl Fn(usize) -> K, compare: impl Fn(&K, &K) -> Ordering) {
    let mut pairs: Vec<(K, u32)> = order.iter().map(|&place| (key(place as usize), place)).collect();
    pairs.sort_by(|a, b| compare(&a.0, &b.0));
    for (place, pair) in order.iter_mut().zip(pairs) {
        *place = pair.1;
    }
}

/// Sorts places by keys that are tuples whose first items are simple: by those, and then what they leave equal by the
/// whole; false for other keys.
fn sort_by_first(cx: &mut Context, keys: &[Value], order: &mut [u32]) -> Result<bool, Problem> {
    let first = |key: &Value| match key.header().map(Header::layout) {
        Some(LayoutId::TUPLE) => key.get::<Tuple>().and_then(|tuple| tuple.get(0)),
        _ => None,
    };
    let Some(firsts) = keys.iter().map(first).collect::<Option<Vec<Value>>>() else { return Ok(false) };
    if !sort_simply(&firsts, order) {
        return Ok(false);
    }
    let are_equal = |&a: &u32, &b: &u32| {
        let (a, b) = (firsts[a as usize], firsts[b as usize]);
        match (a.get::<Str>(), b.get::<Str>()) {
            (Some(a), Some(b)) => a.compare(&b).is_eq(),
            _ => a == b || a.is_float() && b.is_float() && a.as_float() == b.as_float(),
        }
    };
    for run in order.chunk_by_mut(are_equal) {
        if run.len() > 1 {
            let sorted = merge_sort(cx, keys, run.to_vec())?;
            run.copy_from_slice(&sorted);
        }
    }
    Ok(true)
}

/// `a < b`
fn is_less(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    match equality::compare(cx, Comparison::Less, a, b)? {
        Some(is_less) => Ok(is_less),
        None => Err(Problem::Stop(equality::unorderable(cx, Comparison::Less, a, b))),
    }
}

fn merge_sort(cx: &mut Context, keys: &[Value], mut order: Vec<u32>) -> Result<Vec<u32>, Problem> {
    for run in order.chunks_mut(RUN) {
        insertion_sort(cx, keys, run)?;
    }
    let mut width = RUN;
    let mut merged = Vec::with_capacity(order.len());
    while width < order.len() {
        merged.clear();
        for pair in order.chunks(2 * width) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(cx, keys, left, right, &mut merged)?;
        }
        std::mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    Ok(order)
}

fn insertion_sort(cx: &mut Context, keys: &[Value], run: &mut [u32]) -> Result<(), Problem> {
    for end in 1..run.len() {
        let place = run[end];
        let key = keys[place as usize];
        // In sorted input the first comparison is the only one.
        if !is_less(cx, key, keys[run[end - 1] as usize])? {
            continue;
        }
        let (mut low, mut high) = (0, end - 1);
        while low < high {
            let middle = (low + high) / 2;
            if is_less(cx, key, keys[run[middle] as usize])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        run[low..=end].rotate_right(1);
    }
    Ok(())
}

fn merge(cx: &mut Context, keys: &[Value], left: &[u32], right: &[u32], out: &mut Vec<u32>) -> Result<(), Problem> {
    let (Some(&last), Some(&first)) = (left.last(), right.first()) else {
        out.extend(left.iter().chain(right));
        return Ok(());
    };
    if !is_less(cx, keys[first as usize], keys[last as usize])? {
        out.extend(left.iter().chain(right));
        return Ok(());
    }
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if is_less(cx, keys[right[j] as usize], keys[left[i] as usize])? {
            out.push(right[j]);
            j += 1;
        } else {
            out.push(left[i]);
            i += 1;
        }
    }
    out.extend(left[i..].iter().chain(&right[j..]));
    Ok(())
}
