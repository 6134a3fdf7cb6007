//! `_heapq`: adding to heaps and taking from them. All comparisons of an operation come before its first change, so
//! that where one needs script code, or fails, the script half (`_halves_heaps`) does the whole.

use crate::object::context::Context;
use crate::object::equality::compare;
use crate::object::forward::half;
use crate::object::heap::Ref;
use crate::object::list::List;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_heapq", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("heappush(heap, item, /)", push::<LEAST>, "Add an item."),
    plain("heappop(heap, /)", pop::<LEAST>, "Remove and return the least item."),
    plain("heapreplace(heap, item, /)", replace::<LEAST>, "Remove and return the least item, then add an item."),
    plain("heappushpop(heap, item, /)", push_pop::<LEAST>, "Add an item, then remove and return the least one."),
    plain("heapify(heap, /)", half, "Make a list a heap, in place."),
    plain("heappush_max(heap, item, /)", push::<GREATEST>, "Add an item to a heap of the greatest."),
    plain("heappop_max(heap, /)", pop::<GREATEST>, "Remove and return the greatest item."),
    plain(
        "heapreplace_max(heap, item, /)",
        replace::<GREATEST>,
        "Remove and return the greatest item, then add an item.",
    ),
    plain(
        "heappushpop_max(heap, item, /)",
        push_pop::<GREATEST>,
        "Add an item, then remove and return the greatest one.",
    ),
    plain("heapify_max(heap, /)", half, "Make a list a heap of the greatest, in place."),
];

/// The item on top of a heap is the least,
const LEAST: bool = false;
/// or the greatest.
const GREATEST: bool = true;

/// More levels than any list has.
const LEVELS: usize = usize::BITS as usize;

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

/// Belongs `a` above `b`?
#[inline(always)]
fn is_above<const ORDER: bool>(cx: &mut Context, a: Value, b: Value) -> Result<bool, Stop> {
    let (a, b) = if ORDER == GREATEST { (b, a) } else { (a, b) };
    match compare(cx, Comparison::Less, a, b) {
        Ok(Some(is_less)) => Ok(is_less),
        // Where the comparison fails the half fails in the same way, and leaves the heap as far as it came.
        _ => Err(Stop::Half),
    }
}

fn heap_argument(args: Args<'_>) -> Result<Ref<List>, Stop> {
    args.get(0).get().ok_or(Stop::Half)
}

fn push<const ORDER: bool>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (heap, item) = (heap_argument(args)?, args.get(1));
    let end = heap.len();
    let mut place = end;
    while place > 0 {
        let parent = (place - 1) / 2;
        if !is_above::<ORDER>(cx, item, heap.items()[parent])? {
            break;
        }
        place = parent;
    }
    heap.push(item);
    let mut hole = end;
    while hole > place {
        let parent = (hole - 1) / 2;
        heap.set(hole, heap.items()[parent]);
        hole = parent;
    }
    heap.set(place, item);
    Ok(Value::NONE)
}

fn pop<const ORDER: bool>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let heap = heap_argument(args)?;
    let Some(&last) = heap.items().last() else { return Err(cx.index_error("index out of range")) };
    let end = heap.len() - 1;
    if end == 0 {
        heap.pop();
        return Ok(last);
    }
    let way = Way::find::<ORDER>(cx, heap, end, last)?;
    heap.pop();
    Ok(way.put(heap, last))
}

fn replace<const ORDER: bool>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (heap, item) = (heap_argument(args)?, args.get(1));
    let end = heap.len();
    if end == 0 {
        return Err(cx.index_error("index out of range"));
    }
    let way = Way::find::<ORDER>(cx, heap, end, item)?;
    Ok(way.put(heap, item))
}

fn push_pop<const ORDER: bool>(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (heap, item) = (heap_argument(args)?, args.get(1));
    match heap.items().first().copied() {
        Some(top) if is_above::<ORDER>(cx, top, item)? => replace::<ORDER>(cx, args),
        _ => Ok(item),
    }
}

/// The way from the top of a heap to the place of an item that comes there for the top one.
struct Way {
    /// The indexes, that of the top first.
    indexes: [usize; LEVELS],
    /// Which of them is that of the place.
    place: usize,
}

impl Way {
    /// Finds the way within the first `end` items, of which there is one at least.
    ///
    /// The child that belongs above the other is followed to a leaf, and the item rises from there: one that came
    /// from the end mostly belongs near it, so this compares less than stopping on the way down.
    fn find<const ORDER: bool>(cx: &mut Context, heap: Ref<List>, end: usize, item: Value) -> Result<Way, Stop> {
        let mut way = Way { indexes: [0; LEVELS], place: 0 };
        let mut child = 1;
        while child < end {
            let right = child + 1;
            if right < end && prefers_right::<ORDER>(cx, heap.items()[child], heap.items()[right])? {
                child = right;
            }
            way.place += 1;
            way.indexes[way.place] = child;
            child = 2 * child + 1;
        }
        // What stands at an index of the way moves up to the one before.
        while way.place > 0 && is_above::<ORDER>(cx, item, heap.items()[way.indexes[way.place]])? {
            way.place -= 1;
        }
        Ok(way)
    }

    /// Puts the item there; what was on top.
    fn put(&self, heap: Ref<List>, item: Value) -> Value {
        let top = heap.items()[0];
        for pair in self.indexes[..=self.place].windows(2) {
            heap.set(pair[0], heap.items()[pair[1]]);
        }
        heap.set(self.indexes[self.place], item);
        top
    }
}

/// Does the right one of two children move up? Of equal ones it does.
#[inline(always)]
fn prefers_right<const ORDER: bool>(cx: &mut Context, left: Value, right: Value) -> Result<bool, Stop> {
    Ok(!is_above::<ORDER>(cx, left, right)?)
}
