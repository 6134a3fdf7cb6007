//! Stable sorting of plain data, for `sorted`, `list.sort` and their script halves.
//!
//! Where all keys are of one simple kind the standard library's sort does it. Mixed and nested ones go through a
//! merge sort of its own: the order may fail in its midst, and need not be an order at all.

use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::Header;
use crate::object::layout::LayoutId;
use crate::object::string::Str;
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
    if !sort_simply(&keys, &mut order) {
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
        order.sort_by_key(|&place| keys[place as usize].as_small());
    } else if keys.iter().all(|key| key.is_float() && !key.as_float().is_nan()) {
        // Zeros of either sign are equal, which `total_cmp` would not say.
        order.sort_by(|&a, &b| {
            let (a, b) = (keys[a as usize].as_float(), keys[b as usize].as_float());
            a.partial_cmp(&b).unwrap_or(std::cmp::Ordering::Equal)
        });
    } else if keys.iter().all(is_text) {
        let texts: Vec<_> = keys.iter().filter_map(|key| key.get::<Str>()).collect();
        order.sort_by(|&a, &b| texts[a as usize].compare(&texts[b as usize]));
    } else {
        return false;
    }
    true
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
