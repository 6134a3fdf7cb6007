//! `Set`: the body of sets and frozensets.
//!
//! An open table searched in runs of ten neighbours before it jumps, grown when three fifths are full: members
//! come out in the order CPython gives them, so small integers iterate alike. Where a script's `__hash__` or
//! `__eq__` must be called it answers `Problem::Script`; for the VM there are `candidate` and `insert_new`.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};

use rustc_hash::FxHashSet;

use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// How many neighbours of a place are looked at before jumping.
const NEIGHBOURS: usize = 9;

/// The smallest table.
const SMALLEST: usize = 8;

/// A place of the table.
#[derive(Clone, Copy)]
struct Place {
    hash: i64,
    /// UNBOUND: never used, the search ends here. `REMOVED`: it had a member.
    key: Value,
}

const FREE: Place = Place { hash: 0, key: Value::UNBOUND };

/// Stands for a removed member; no member is this small integer with this hash.
const REMOVED: Place = Place { hash: -1, key: Value::NONE };

impl Place {
    #[inline(always)]
    fn is_free(&self) -> bool {
        self.key.is_unbound()
    }

    #[inline(always)]
    fn is_member(&self) -> bool {
        // No object has the hash -1.
        !self.key.is_unbound() && self.hash != -1
    }
}

/// The body of a set or frozenset.
pub struct Set {
    /// The table: a power of two of places, or none while the set has never had a member.
    places: UnsafeCell<Vec<Place>>,
    /// How many members.
    used: Cell<u32>,
    /// How many places are not free.
    filled: Cell<u32>,
    /// Where `pop` looks next.
    finger: Cell<u32>,
    /// Of a frozenset: its hash, -1 while it has not been asked for.
    hash: Cell<i64>,
    /// Moves when a member is added or removed.
    version: Cell<u32>,
}

impl Body for Set {
    const KIND: Kind = Kind::Set;

    fn trace(&self, marker: &mut Marker) {
        self.places().iter().for_each(|place| marker.value(place.key));
    }
}

impl Default for Set {
    fn default() -> Set {
        Set::new()
    }
}

impl Set {
    /// An empty set.
    pub fn new() -> Set {
        Set {
            places: UnsafeCell::new(Vec::new()),
            used: Cell::new(0),
            filled: Cell::new(0),
            finger: Cell::new(0),
            hash: Cell::new(-1),
            version: Cell::new(0),
        }
    }

    /// An empty set or frozenset, as the layout says.
    pub fn allocate(cx: &mut Context, layout: LayoutId) -> Ref<Set> {
        cx.heap.allocate(layout, Set::new())
    }

    /// An instance of a subclass. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>) -> Ref<Set> {
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, Set::new(), capacity),
            None => Set::allocate(cx, layout),
        }
    }

    #[inline(always)]
    fn places(&self) -> &[Place] {
        // SAFETY: the vector is only borrowed within single expressions, and nothing runs between them.
        unsafe { &*self.places.get() }
    }

    #[inline(always)]
    fn set_place(&self, index: usize, place: Place) {
        // SAFETY: as for `places`.
        unsafe { (&mut *self.places.get())[index] = place }
    }

    /// How many members.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.used.get() as usize
    }

    #[inline(always)]
    fn filled(&self) -> usize {
        self.filled.get() as usize
    }

    /// Is it empty?
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.used.get() == 0
    }

    /// Moves when a member is added or removed.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    fn changed(&self) {
        self.version.set(self.version.get().wrapping_add(1));
    }

    /// The first member at or after a place, with its place: going on from the place behind it gives them all.
    #[inline]
    pub fn next_member(&self, index: usize) -> Option<(usize, Value)> {
        let places = self.places();
        (index..places.len()).find(|&index| places[index].is_member()).map(|index| (index, places[index].key))
    }

    /// The members in order, copied.
    pub fn to_vec(&self) -> Vec<Value> {
        self.places().iter().filter(|place| place.is_member()).map(|place| place.key).collect()
    }

    /// The members in order with their hashes, copied.
    pub fn to_hashed(&self) -> Vec<(i64, Value)> {
        self.places().iter().filter(|place| place.is_member()).map(|place| (place.hash, place.key)).collect()
    }

    /// The member at a place that has one.
    pub fn member(&self, index: usize) -> Value {
        self.places()[index].key
    }

    /// The hash of the member at a place that has one.
    pub fn member_hash(&self, index: usize) -> i64 {
        self.places()[index].hash
    }

    /// Walks the places a hash leads to: the first that `is_found`, or else the free one that ends the walk.
    #[inline(always)]
    fn search(&self, hash: i64, mut is_found: impl FnMut(usize, &Place) -> bool) -> Result<usize, usize> {
        let places = self.places();
        let mask = places.len() - 1;
        let mut rest = hash as u64;
        let mut start = hash as usize & mask;
        loop {
            let end = if start + NEIGHBOURS <= mask { start + NEIGHBOURS } else { start };
            for index in start..=end {
                // SAFETY: `start` is masked and `end` is not above the mask, which is the last place.
                let place = unsafe { places.get_unchecked(index) };
                if place.is_free() {
                    return Err(index);
                }
                if is_found(index, place) {
                    return Ok(index);
                }
            }
            rest >>= 5;
            start = start.wrapping_mul(5).wrapping_add(1).wrapping_add(rest as usize) & mask;
        }
    }

    /// The place of a member.
    pub fn find(&self, cx: &mut Context, key: Value) -> Result<Option<usize>, Problem> {
        let hash = match equality::quick_hash(key) {
            Some(hash) => hash,
            None => equality::hash(cx, key)?,
        };
        self.find_hashed(cx, key, hash)
    }

    /// The place of a member whose hash is known.
    #[inline]
    pub fn find_hashed(&self, cx: &mut Context, key: Value, hash: i64) -> Result<Option<usize>, Problem> {
        if self.places().is_empty() {
            return Ok(None);
        }
        match self.search(hash, |_, place| place.hash == hash) {
            Err(_) => Ok(None),
            Ok(index) if self.places()[index].key == key => Ok(Some(index)),
            Ok(_) => self.find_compared(cx, key, hash),
        }
    }

    /// Searches where there is a member with the hash of a key but not that very key.
    #[inline(never)]
    fn find_compared(&self, cx: &mut Context, key: Value, hash: i64) -> Result<Option<usize>, Problem> {
        let mut problem = None;
        let found = self.search(hash, |_, place| {
            place.hash == hash
                && (place.key == key
                    || match equality::equal(cx, place.key, key) {
                        Ok(is_equal) => is_equal,
                        Err(met) => {
                            problem = Some(met);
                            true
                        }
                    })
        });
        match problem {
            Some(problem) => Err(problem),
            None => Ok(found.ok()),
        }
    }

    /// Is it a member?
    pub fn contains(&self, cx: &mut Context, key: Value) -> Result<bool, Problem> {
        Ok(self.find(cx, key)?.is_some())
    }

    /// Adds a member; false if it was one already.
    pub fn add(&self, cx: &mut Context, key: Value) -> Result<bool, Problem> {
        let hash = match equality::quick_hash(key) {
            Some(hash) => hash,
            None => equality::hash(cx, key)?,
        };
        self.add_hashed(cx, key, hash)
    }

    /// Adds a member, whether it was one already or not.
    #[inline]
    pub fn add_plain(&self, cx: &mut Context, key: Value) -> Result<(), Problem> {
        self.add(cx, key).map(|_| ())
    }

    /// Adds a member whose hash is known; false if it was one already.
    pub fn add_hashed(&self, cx: &mut Context, key: Value, hash: i64) -> Result<bool, Problem> {
        if self.find_hashed(cx, key, hash)?.is_some() {
            return Ok(false);
        }
        self.insert_new(key, hash);
        Ok(true)
    }

    /// Removes a member; false if it was none.
    pub fn remove(&self, cx: &mut Context, key: Value) -> Result<bool, Problem> {
        let found = self.find(cx, key)?;
        if let Some(index) = found {
            self.remove_at(index);
        }
        Ok(found.is_some())
    }

    /// The place of the next member, after the one at `after` if given, that has this hash: what a script's
    /// `__eq__` is to be called with.
    pub fn candidate(&self, hash: i64, after: Option<usize>) -> Option<usize> {
        if self.places().is_empty() {
            return None;
        }
        // A walk may come to a place twice.
        let (mut waited, mut seen) = (after, FxHashSet::default());
        let is_found = |index: usize, place: &Place| match waited {
            _ if place.hash != hash => false,
            Some(last) => {
                seen.insert(index);
                if index == last {
                    waited = None;
                }
                false
            }
            None => !seen.contains(&index),
        };
        self.search(hash, is_found).ok()
    }

    /// Adds a member that is none yet.
    pub fn insert_new(&self, key: Value, hash: i64) {
        if self.places().is_empty() {
            self.resize(0);
        }
        let mut removed = None;
        let free = self.search(hash, |index, place| {
            if !place.is_member() {
                removed = Some(index);
            }
            false
        });
        let (Ok(free) | Err(free)) = free;
        self.set_place(removed.unwrap_or(free), Place { hash, key });
        self.used.set(self.used.get() + 1);
        self.changed();
        if removed.is_some() {
            return;
        }
        self.filled.set(self.filled.get() + 1);
        let mask = self.places().len() - 1;
        if self.filled() * 5 >= mask * 3 {
            self.grow();
        }
    }

    /// A larger table, or one without removed places.
    #[inline(never)]
    fn grow(&self) {
        let used = self.len();
        self.resize(if used > 50_000 { used * 2 } else { used * 4 });
    }

    /// Removes the member at a place.
    pub fn remove_at(&self, index: usize) -> Value {
        let key = self.places()[index].key;
        self.set_place(index, REMOVED);
        self.used.set(self.used.get() - 1);
        self.changed();
        key
    }

    /// Removes some member.
    pub fn pop(&self) -> Option<Value> {
        if self.is_empty() {
            return None;
        }
        let from = self.finger.get() as usize & (self.places().len() - 1);
        let (index, key) = self.next_member(from).or_else(|| self.next_member(0))?;
        self.remove_at(index);
        self.finger.set(index as u32 + 1);
        Some(key)
    }

    /// Removes all members.
    pub fn clear(&self) {
        // SAFETY: as for `places`.
        unsafe { *self.places.get() = Vec::new() };
        self.used.set(0);
        self.filled.set(0);
        self.finger.set(0);
        self.changed();
    }

    /// A new table for more than so many members.
    fn resize(&self, members: usize) {
        let mut size = SMALLEST;
        while size <= members {
            size *= 2;
        }
        assert!(size <= 1 << 31, "a set has at most a billion members");
        let new = vec![FREE; size];
        // SAFETY: as for `places`.
        let old = unsafe { std::mem::replace(&mut *self.places.get(), new) };
        for place in old.into_iter().filter(Place::is_member) {
            if let Err(index) = self.search(place.hash, |_, _| false) {
                self.set_place(index, place);
            }
        }
        self.filled.set(self.used.get());
        self.changed();
    }

    /// Adds the members of another set, sizing the table for both first.
    pub fn merge(&self, cx: &mut Context, other: &Set) -> Result<(), Problem> {
        if std::ptr::eq(self, other) || other.is_empty() {
            return Ok(());
        }
        if self.places().is_empty() {
            self.resize(0);
        }
        if (self.filled() + other.len()) * 5 >= (self.places().len() - 1) * 3 {
            self.resize((self.len() + other.len()) * 2);
        }
        if self.filled.get() == 0
            && self.places().len() == other.places().len()
            && other.filled.get() == other.used.get()
        {
            let copy = other.places().to_vec();
            // SAFETY: as for `places`.
            unsafe { *self.places.get() = copy };
            self.used.set(other.used.get());
            self.filled.set(other.filled.get());
            self.changed();
            return Ok(());
        }
        let is_empty = self.is_empty();
        for (hash, key) in other.to_hashed() {
            match is_empty {
                true => self.insert_new(key, hash),
                false => {
                    self.add_hashed(cx, key, hash)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the keys of a dict, sizing the table for them first.
    pub fn merge_keys(&self, cx: &mut Context, dict: &crate::object::dict::Dict) -> Result<(), Problem> {
        if self.places().is_empty() {
            self.resize(0);
        }
        if (self.filled() + dict.len()) * 5 >= (self.places().len() - 1) * 3 {
            self.resize((self.len() + dict.len()) * 2);
        }
        for index in 0..dict.end() {
            if let Some((key, _)) = dict.entry(index) {
                self.add_hashed(cx, key, dict.entry_hash(index))?;
            }
        }
        Ok(())
    }

    /// Adds the members of another set to this one while it is still empty.
    pub fn fill_from(&self, other: &Set) {
        debug_assert!(self.is_empty());
        if other.is_empty() {
            return;
        }
        self.resize(0);
        if other.len() * 5 >= (SMALLEST - 1) * 3 {
            self.resize(other.len() * 2);
        }
        if self.places().len() == other.places().len() && other.filled.get() == other.used.get() {
            let copy = other.places().to_vec();
            // SAFETY: as for `places`.
            unsafe { *self.places.get() = copy };
            self.used.set(other.used.get());
            self.filled.set(other.filled.get());
            return;
        }
        for place in other.places().iter().filter(|place| place.is_member()) {
            if let Err(index) = self.search(place.hash, |_, _| false) {
                self.set_place(index, *place);
            }
        }
        self.used.set(other.used.get());
        self.filled.set(other.used.get());
    }

    /// Takes over the members of another set, whatever it had.
    pub fn replace(&self, other: &Set) {
        let copy = other.places().to_vec();
        // SAFETY: as for `places`.
        unsafe { *self.places.get() = copy };
        self.used.set(other.used.get());
        self.filled.set(other.filled.get());
        self.finger.set(0);
        self.changed();
    }

    /// Are all its members in the other?
    pub fn is_subset(&self, cx: &mut Context, other: &Set) -> Result<bool, Problem> {
        if self.len() > other.len() {
            return Ok(false);
        }
        for (hash, key) in self.to_hashed() {
            if other.find_hashed(cx, key, hash)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Is no member of it in the other?
    pub fn is_disjoint(&self, cx: &mut Context, other: &Set) -> Result<bool, Problem> {
        let (small, large) = if self.len() <= other.len() { (self, other) } else { (other, self) };
        for (hash, key) in small.to_hashed() {
            if large.find_hashed(cx, key, hash)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds to `self`, which is empty, what both others have.
    pub fn fill_with_common(&self, cx: &mut Context, a: &Set, b: &Set) -> Result<(), Problem> {
        let (large, small) = if b.len() > a.len() { (b, a) } else { (a, b) };
        for (hash, key) in small.to_hashed() {
            if large.find_hashed(cx, key, hash)?.is_some() {
                self.add_hashed(cx, key, hash)?;
            }
        }
        Ok(())
    }

    /// Adds to `self`, which is empty, what the first has and the second has not.
    pub fn fill_with_difference(&self, cx: &mut Context, a: &Set, b: &Set) -> Result<(), Problem> {
        if a.len() >> 2 > b.len() {
            self.fill_from(a);
            return self.remove_all(cx, b);
        }
        for (hash, key) in a.to_hashed() {
            if b.find_hashed(cx, key, hash)?.is_none() {
                self.add_hashed(cx, key, hash)?;
            }
        }
        Ok(())
    }

    /// Removes what the other has.
    pub fn remove_all(&self, cx: &mut Context, other: &Set) -> Result<(), Problem> {
        if std::ptr::eq(self, other) {
            self.clear();
            return Ok(());
        }
        for (hash, key) in other.to_hashed() {
            if let Some(index) = self.find_hashed(cx, key, hash)? {
                self.remove_at(index);
            }
        }
        // Many removed places make searches long.
        if self.filled() - self.len() > self.places().len() / 5 {
            self.grow();
        }
        Ok(())
    }

    /// Removes what the other has too, and adds what only the other has.
    pub fn exchange(&self, cx: &mut Context, other: &Set) -> Result<(), Problem> {
        if std::ptr::eq(self, other) {
            self.clear();
            return Ok(());
        }
        for (hash, key) in other.to_hashed() {
            match self.find_hashed(cx, key, hash)? {
                Some(index) => {
                    self.remove_at(index);
                }
                None => self.insert_new(key, hash),
            }
        }
        Ok(())
    }

    /// The hash of a frozenset, which does not depend on the order of its members.
    pub fn hash(&self) -> i64 {
        if self.hash.get() != -1 {
            return self.hash.get();
        }
        let mut hash = 0u64;
        for place in self.places().iter().filter(|place| place.is_member()) {
            let member = place.hash as u64;
            hash ^= (member ^ 89_869_747 ^ member << 16).wrapping_mul(3_644_798_167);
        }
        hash ^= (self.len() as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= hash >> 11 ^ hash >> 25;
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        let hash = if hash == u64::MAX { 590_923_713 } else { hash as i64 };
        self.hash.set(hash);
        hash
    }

    /// How many bytes it has outside its object.
    pub fn memory(&self) -> usize {
        size_of_val(self.places())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(set: &Set) -> Vec<i64> {
        set.to_vec().into_iter().map(Value::as_small).collect()
    }

    fn of(keys: &[i64]) -> Set {
        let set = Set::new();
        keys.iter().for_each(|&key| set.insert_new(Value::small(key), if key == -1 { -2 } else { key }));
        set
    }

    #[test]
    fn members_come_out_as_cpython_has_them() {
        assert_eq!(numbers(&of(&[5, 3, 8, 1])), [8, 1, 3, 5]);
        assert_eq!(numbers(&of(&[100, 7, 33, 64, 9, -1])), [64, 33, 100, 7, 9, -1]);
        assert_eq!(numbers(&of(&[10, 20, 30, 40, 50, 60])), [40, 10, 50, 20, 60, 30]);
    }

    #[test]
    fn the_hash_is_that_of_cpython() {
        assert_eq!(of(&[1, 2, 3]).hash(), -272375401224217160);
        assert_eq!(Set::new().hash(), 133146708735736);
    }

    #[test]
    fn the_last_removed_place_on_the_way_is_used_again() {
        let set = of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for key in [1, 3, 6] {
            set.remove_at(set.search(key, |_, place| place.key == Value::small(key)).expect("a member"));
        }
        set.insert_new(Value::small(33), 33);
        assert_eq!(numbers(&set), [0, 2, 4, 5, 33, 7, 8, 9]);
    }

    #[test]
    fn members_are_taken_out() {
        let set = of(&[1, 2, 3, 4]);
        assert_eq!(set.pop(), Some(Value::small(1)));
        assert_eq!(set.pop(), Some(Value::small(2)));
        set.insert_new(Value::small(1), 1);
        assert_eq!(set.len(), 3);
        assert_eq!(numbers(&set), [1, 3, 4]);
    }
}
