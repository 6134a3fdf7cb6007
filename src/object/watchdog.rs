//! What debug mode knows of the step or callback that runs, for the report if it takes too long.

use crate::object::heap::Marker;
use crate::object::value::Value;

/// The step or callback that is watched.
pub struct Watchdog {
    /// When it began, in nanoseconds of the clock; None while nothing is watched.
    pub since: Option<i64>,
    /// When it has taken too long.
    pub limit: i64,
    /// How many frames there are below it.
    pub depth: usize,
    /// The code that ran when that was noticed, or None.
    pub code: Value,
    /// The word of that code.
    pub word: u32,
}

impl Watchdog {
    /// Nothing is watched.
    pub const IDLE: Watchdog = Watchdog { since: None, limit: 0, depth: 0, code: Value::NONE, word: 0 };

    /// Shows the collector what is held.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.code);
    }
}
