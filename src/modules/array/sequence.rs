//! Arrays as sequences: subscripts and slices, joining and repeating.

use crate::object::arguments::has_special;
use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::extension::Of;
use crate::object::integer::Int;
use crate::object::native::{Args, Stop, Wish};
use crate::object::slice::{Indices, Slice};
use crate::object::value::Value;

use super::item;
use super::object::Array;

/// `len(array)`
pub fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    Ok(Value::small(array.len() as i64))
}

/// What argument 1 selects: one item, or those of a slice.
enum Selected {
    /// The place, if the index is not outside.
    One(Option<usize>),
    Slice(Indices),
}

fn selected(cx: &mut Context, array: &Array, key: Value) -> Result<Selected, Stop> {
    if let Some(slice) = key.get::<Slice>() {
        return slice.indices(cx, array.len()).map(Selected::Slice).map_err(Problem::or_half);
    }
    if !Int::is(key) {
        return Err(match has_special(cx, key, cx.names.__index__) {
            true => cx.ask(1, Wish::Index),
            false => cx.type_error("array indices must be integers"),
        });
    }
    let index = Int::expect_index(cx, key)?;
    Ok(Selected::One(array.place(index)))
}

/// The places that a slice selects, in its order.
fn places(part: Indices) -> impl DoubleEndedIterator<Item = usize> {
    (0..part.length as i64).map(move |turn| (part.start + turn * part.step) as usize)
}

/// The bytes of the items that a slice selects.
fn sliced(array: &Array, part: Indices) -> Vec<u8> {
    if part.step == 1 {
        let start = part.start as usize * array.size;
        return array.bytes.bytes()[start..start + part.length * array.size].to_vec();
    }
    places(part).flat_map(|place| array.item_bytes(place).iter().copied()).collect()
}

/// `array[key]`
pub fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, key): (Of<Array>, Value) = args.take(cx)?;
    match selected(cx, &array, key)? {
        Selected::One(place) => match place.and_then(|place| array.get(cx, place)) {
            Some(item) => Ok(item),
            None => Err(cx.index_error("array index out of range")),
        },
        Selected::Slice(part) => Ok(Array::allocate(cx, array.code, sliced(&array, part))),
    }
}

/// `array[key] = value`
pub fn setitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, key, value): (Of<Array>, Value, Value) = args.take(cx)?;
    match selected(cx, &array, key)? {
        Selected::One(Some(place)) => {
            let mut bytes = Vec::new();
            item::push(cx, &mut bytes, array.code, value, 2)?;
            array.bytes.overwrite(place * array.size, &bytes);
        }
        Selected::One(None) => return Err(cx.index_error("array assignment index out of range")),
        Selected::Slice(part) => assign(cx, &array, part, value)?,
    }
    Ok(Value::NONE)
}

fn assign(cx: &mut Context, array: &Array, part: Indices, value: Value) -> Result<(), Stop> {
    let Some(source) = Of::<Array>::from(value) else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("can only assign array (not \"{found}\") to array slice")));
    };
    if source.code != array.code {
        return Err(cx.type_error("bad argument type for built-in operation"));
    }
    let bytes = source.bytes.bytes().to_vec();
    if part.step == 1 {
        let start = part.start as usize;
        let range = start * array.size..(start + part.length) * array.size;
        if bytes.len() == range.len() {
            array.bytes.overwrite(range.start, &bytes);
            return Ok(());
        }
        return array.change(cx, |all| drop(all.splice(range, bytes)));
    }
    if source.len() != part.length {
        let (found, wanted) = (source.len(), part.length);
        return Err(
            cx.value_error(format!("attempt to assign array of size {found} to extended slice of size {wanted}"))
        );
    }
    for (place, item) in places(part).zip(bytes.chunks(array.size)) {
        array.bytes.overwrite(place * array.size, item);
    }
    Ok(())
}

/// `del array[key]`
pub fn delitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, key): (Of<Array>, Value) = args.take(cx)?;
    let size = array.size;
    match selected(cx, &array, key)? {
        Selected::One(Some(place)) => array.change(cx, |all| drop(all.drain(place * size..(place + 1) * size)))?,
        Selected::One(None) => return Err(cx.index_error("array assignment index out of range")),
        Selected::Slice(part) if part.length == 0 => {}
        Selected::Slice(part) if part.step == 1 => {
            let start = part.start as usize;
            array.change(cx, |all| drop(all.drain(start * size..(start + part.length) * size)))?;
        }
        Selected::Slice(part) => {
            let mut is_kept = vec![true; array.len()];
            places(part).for_each(|place| is_kept[place] = false);
            array.change(cx, |all| {
                let mut index = 0;
                all.retain(|_| {
                    index += 1;
                    is_kept[(index - 1) / size]
                });
            })?;
        }
    }
    Ok(Value::NONE)
}

/// `array + array`
pub fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, other): (Of<Array>, Value) = args.take(cx)?;
    let Some(source) = Of::<Array>::from(other) else {
        let found = cx.type_name(other);
        return Err(cx.type_error(format!("can only append array (not \"{found}\") to array")));
    };
    if source.code != array.code {
        return Err(cx.type_error("bad argument type for built-in operation"));
    }
    cx.reserve(array.bytes.len() + source.bytes.len())?;
    let bytes = [array.bytes.bytes(), source.bytes.bytes()].concat();
    Ok(Array::allocate(cx, array.code, bytes))
}

/// `array += array`
pub fn iadd(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, other): (Of<Array>, Value) = args.take(cx)?;
    if Of::<Array>::from(other).is_none() {
        let found = cx.type_name(other);
        return Err(cx.type_error(format!("can only extend with array (not \"{found}\")")));
    }
    extend_by_array(cx, &array, other)?;
    Ok(args.get(0))
}

/// Appends the items of another array.
pub fn extend_by_array(cx: &mut Context, array: &Array, other: Value) -> Result<(), Stop> {
    let Some(source) = Of::<Array>::from(other) else { return Ok(()) };
    if source.code != array.code {
        return Err(cx.type_error("can only extend with array of same kind"));
    }
    let bytes = source.bytes.bytes().to_vec();
    array.change(cx, |all| all.extend_from_slice(&bytes))
}

/// The bytes of an array `times` over.
fn repeated(cx: &mut Context, array: &Array, times: Value) -> Result<Vec<u8>, Stop> {
    let Some(times) = Int::to_i64(times) else {
        return Err(match Int::is(times) {
            true => cx.overflow_error("cannot fit 'int' into an index-sized integer"),
            false if has_special(cx, times, cx.names.__index__) => cx.ask(1, Wish::Index),
            false => {
                let found = cx.type_name(times);
                cx.type_error(format!("can't multiply sequence by non-int of type '{found}'"))
            }
        });
    };
    let times = times.max(0) as usize;
    let Some(length) = array.bytes.len().checked_mul(times) else { return Err(cx.memory_error()) };
    cx.reserve(length)?;
    Ok(array.bytes.bytes().repeat(times))
}

/// `array * times`
pub fn mul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, times): (Of<Array>, Value) = args.take(cx)?;
    let bytes = repeated(cx, &array, times)?;
    Ok(Array::allocate(cx, array.code, bytes))
}

/// `array *= times`
pub fn imul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, times): (Of<Array>, Value) = args.take(cx)?;
    let bytes = repeated(cx, &array, times)?;
    array.change(cx, |all| *all = bytes)?;
    Ok(args.get(0))
}
