//! `WaterMarks`: how many bytes of a transport may be waiting to be written before its protocol is told to pause, and
//! how few there must be before it is told to go on.

use std::cell::Cell;

use crate::object::arguments::Index;
use crate::object::context::Context;
use crate::object::native::{Args, FromValue, Stop};
use crate::object::value::Value;

/// The two marks.
pub(super) struct WaterMarks {
    /// With more bytes than this the protocol is to pause.
    pub(super) high: Cell<usize>,
    /// With no more than this it goes on.
    pub(super) low: Cell<usize>,
}

impl WaterMarks {
    /// The usual high mark.
    pub(super) const PLAIN: usize = 64 * 1024;
    /// The usual one of a connection with TLS.
    pub(super) const ENCRYPTED: usize = 512 * 1024;

    /// Marks of which the low one is as far below the high one as usual.
    pub(super) fn new(high: usize) -> WaterMarks {
        WaterMarks { high: Cell::new(high), low: Cell::new(high / 4) }
    }

    /// Moves the high mark, and the low one with it.
    pub(super) fn raise(&self, high: usize) {
        self.high.set(high);
        self.low.set(high / 4);
    }

    /// Sets the marks to the arguments `high` and `low` of a method; of one that is None the other says where it is.
    pub(super) fn set(&self, cx: &mut Context, args: Args<'_>, usual: usize) -> Result<(), Stop> {
        let mut given = [None; 2];
        for (mark, position) in given.iter_mut().zip([1, 2]) {
            if !args.get(position).is_none() {
                *mark = Some(Index::from_value(cx, args.get(position), position)?.0);
            }
        }
        let high = given[0].unwrap_or_else(|| given[1].map_or(usual as i64, |low| low.saturating_mul(4)));
        let low = given[1].unwrap_or(high / 4);
        if !(0 <= low && low <= high) {
            return Err(cx.value_error(format!("high ({high}) must be >= low ({low}) must be >= 0")));
        }
        self.high.set(high as usize);
        self.low.set(low as usize);
        Ok(())
    }

    /// The low and the high mark as a tuple.
    pub(super) fn to_tuple(&self, cx: &mut Context) -> Value {
        let marks = [&self.low, &self.high].map(|mark| Value::small(mark.get() as i64));
        cx.tuple(&marks)
    }
}
