//! Who has which lane, and what is known of it.

use std::cell::Cell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::track::{Name, Stretch, Track};
use super::{NOBODY, Recorder, Spot};
use crate::object::timeline::LaneKind;

/// The lanes of so many objects are found without a table, by some bits of the objects' addresses,
const RECENT: usize = 64;
/// from this on: tasks and generators are no smaller.
const RECENT_BITS: u32 = 7;

/// The lanes of objects, by address. That of an object which is gone may be another's, which is made anew then.
pub struct Table {
    lanes: FxHashMap<usize, u32>,
    /// What was last found there.
    recent: [Cell<(usize, u32)>; RECENT],
}

impl Table {
    pub fn new() -> Table {
        Table { lanes: FxHashMap::default(), recent: [const { Cell::new((0, NOBODY)) }; RECENT] }
    }

    #[inline]
    fn recent(&self, object: usize) -> &Cell<(usize, u32)> {
        &self.recent[(object >> RECENT_BITS) % RECENT]
    }

    #[inline]
    pub fn get(&self, object: usize) -> Option<u32> {
        let (known, lane) = self.recent(object).get();
        if known == object {
            return Some(lane);
        }
        let lane = *self.lanes.get(&object)?;
        self.recent(object).set((object, lane));
        Some(lane)
    }

    pub fn set(&mut self, object: usize, lane: u32) {
        self.lanes.insert(object, lane);
        self.recent(object).set((object, lane));
    }

    pub fn remove(&mut self, object: usize) {
        self.lanes.remove(&object);
        self.recent(object).set((0, NOBODY));
    }
}

/// So many lanes have one of their own; further ones share it.
pub(super) const MOST_LANES: usize = 20_000;

impl Recorder {
    /// The lane of an object that has one.
    #[inline]
    pub fn lane_of(&self, object: usize) -> Option<u32> {
        self.lanes.get(object)
    }

    /// A lane for an object that has just been made, or has just begun, by the doing of another lane.
    pub fn make(
        &mut self,
        object: usize,
        kind: LaneKind,
        name: Name,
        function: Option<Rc<str>>,
        maker: u32,
        spot: Option<Spot>,
    ) -> u32 {
        self.read();
        let place = spot.map_or(NOBODY, |spot| self.place(spot));
        let lane = match self.tracks.len() < MOST_LANES {
            true => self.add_track(kind, name, function, maker, place),
            false => self.lane_of_more(),
        };
        self.lanes.set(object, lane);
        lane
    }

    fn add_track(&mut self, kind: LaneKind, name: Name, function: Option<Rc<str>>, maker: u32, place: u32) -> u32 {
        let lane = self.tracks.len() as u32;
        self.tracks.push(Track {
            kind,
            name,
            function,
            maker,
            place,
            made: self.now,
            ended: None,
            outcome: None,
            ready: Some((self.now, maker)),
            step: self.now,
            last: Stretch::NONE,
            limits: Vec::new(),
            limit: NOBODY,
            outer: NOBODY,
            inner: lane,
            aside: lane,
            runs_before: 0,
            stopped_at: (0, 0, NOBODY),
            is_running: false,
        });
        lane
    }

    fn lane_of_more(&mut self) -> u32 {
        if self.more == NOBODY {
            self.more = self.add_track(LaneKind::More, Name::Text("more".into()), None, self.current, NOBODY);
        }
        self.more
    }

    /// Which lane runs.
    pub fn current(&self) -> u32 {
        self.current
    }

    /// A lane has another name now.
    pub fn rename(&mut self, lane: u32, name: String) {
        if lane != self.more {
            self.tracks[lane as usize].name = Name::Text(name);
        }
    }
}
