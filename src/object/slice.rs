//! `Slice`: `start:stop:step`, and what it selects of a sequence.

use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::heap::{Body, Marker};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// The body of a slice.
pub struct Slice {
    /// `start`
    pub start: Value,
    /// `stop`
    pub stop: Value,
    /// `step`
    pub step: Value,
}

impl Body for Slice {
    const KIND: Kind = Kind::Slice;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.start);
        marker.value(self.stop);
        marker.value(self.step);
    }
}

/// What a slice selects of a sequence: `length` items, the first at `start`, each `step` from the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Indices {
    /// Where it begins.
    pub start: i64,
    /// Where it ends: cut to the sequence, -1 for going down to the first.
    pub stop: i64,
    /// Never 0.
    pub step: i64,
    /// How many items.
    pub length: usize,
}

impl Slice {
    /// A new slice.
    pub fn allocate(cx: &mut Context, start: Value, stop: Value, step: Value) -> Value {
        cx.heap.allocate(LayoutId::SLICE, Slice { start, stop, step }).value()
    }

    /// What it selects of a sequence of this length.
    #[inline]
    pub fn indices(&self, cx: &mut Context, length: usize) -> Result<Indices, Problem> {
        let step = part(cx, self.step)?.unwrap_or(1);
        let start = part(cx, self.start)?;
        let stop = part(cx, self.stop)?;
        if step == 0 {
            return Err(Problem::Stop(cx.value_error("slice step cannot be zero")));
        }
        Ok(adjust(start, stop, step, length))
    }
}

/// An index of a slice: None or an integer, cut to the range of `i64`.
fn part(cx: &mut Context, value: Value) -> Result<Option<i64>, Problem> {
    if value.is_none() {
        return Ok(None);
    }
    if value.is_small() {
        return Ok(Some(value.as_small()));
    }
    match Int::clamp(value) {
        Some(index) => Ok(Some(index)),
        None if cx.special(value, cx.names.__index__).is_some() => Err(Problem::Script),
        None => {
            let message = "slice indices must be integers or None or have an __index__ method";
            Err(Problem::Stop(cx.type_error(message)))
        }
    }
}

/// Cuts start and stop to a sequence of a length.
pub fn adjust(start: Option<i64>, stop: Option<i64>, step: i64, length: usize) -> Indices {
    let size = length as i64;
    let step = step.max(-i64::MAX);
    let (low, high) = if step < 0 { (-1, size - 1) } else { (0, size) };
    let cut = |index: i64| if index < 0 { (index + size).max(low) } else { index.min(high) };
    let start = start.map_or(if step < 0 { high } else { low }, cut);
    let stop = stop.map_or(if step < 0 { low } else { high }, cut);
    let distance = if step < 0 { start - stop } else { stop - start };
    let length = if distance <= 0 { 0 } else { (distance - 1) / step.abs() + 1 };
    Indices { start, stop, step, length: length as usize }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_cut() {
        let all = |start, stop, step, length| {
            let Indices { start, stop, step, length } = adjust(start, stop, step, length);
            (start, stop, step, length)
        };
        assert_eq!(all(None, None, 1, 5), (0, 5, 1, 5));
        assert_eq!(all(None, None, -1, 5), (4, -1, -1, 5));
        assert_eq!(all(Some(-3), Some(100), 2, 5), (2, 5, 2, 2));
        assert_eq!(all(Some(3), Some(1), 1, 5), (3, 1, 1, 0));
        assert_eq!(all(Some(i64::MAX), Some(i64::MIN), i64::MIN, 5), (4, -1, -i64::MAX, 1));
        assert_eq!(all(Some(-100), None, 1, 0), (0, 0, 1, 0));
    }
}
