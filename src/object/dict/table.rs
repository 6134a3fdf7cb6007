//! `Dict`: the body of a dict, in order of insertion; and the views of one.
//!
//! ```text
//!     table    │  ·  │  2  │  ·  │  0  │  1  │ ...     place by hash, number of an entry
//!     entries  │ hash key value │ hash key value │ ... in order of insertion; removed ones have no key
//! ```
//!
//! Names look up names without any possible failure: `get_interned`, `set_interned`, `remove_interned`. General keys
//! go through `find`, which answers `Problem::Script` where a script's `__hash__` or `__eq__` must be called; for
//! that the VM has `candidate` and `insert_new`. Entries keep their hash, so growing calls nothing.
#![allow(unsafe_code)]

use std::alloc::{Layout as Memory, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::null_mut;

use rustc_hash::FxHashSet;

use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::string::Str;
use crate::object::value::Value;

/// A place of the table that has never been used; a search ends there.
const EMPTY: u32 = u32::MAX;
/// A place of the table whose entry was removed.
const REMOVED: u32 = u32::MAX - 1;

/// The table of a dict without memory of its own.
static NO_TABLE: [u32; 1] = [EMPTY];

#[repr(C)]
struct Entry {
    hash: i64,
    /// UNBOUND once it is removed.
    key: Value,
    value: Cell<Value>,
}

/// The body of a dict.
pub struct Dict {
    /// Where the table is: `mask + 1` numbers, behind the entries in the same memory.
    table: Cell<*mut u32>,
    /// Where the entries are.
    entries: Cell<*mut Entry>,
    mask: Cell<u32>,
    /// Entries from here on have not been used.
    used: Cell<u32>,
    /// How many entries have a key.
    live: Cell<u32>,
    /// No entry before this one has a key.
    first: Cell<u32>,
    /// How many places of the table are not `EMPTY`.
    filled: Cell<u32>,
    /// See `keys_version`.
    keys_version: Cell<u32>,
    /// See `version`.
    version: Cell<u32>,
    /// Of the hash of strings.
    seed: u64,
}

/// How many entries go with a table of `mask + 1` places: two thirds.
#[inline(always)]
fn capacity_of(mask: u32) -> u32 {
    if mask == 0 { 0 } else { ((mask as u64 + 1) * 2 / 3) as u32 }
}

fn memory_of(mask: u32) -> Memory {
    let size = capacity_of(mask) as usize * size_of::<Entry>() + (mask as usize + 1) * 4;
    Memory::from_size_align(size, 8).expect("a table of 32-bit numbers is below the largest size")
}

/// A str that no script class made.
#[inline(always)]
fn plain_text(value: Value) -> Option<Ref<Str>> {
    value.header().filter(|header| header.layout() == LayoutId::STR).map(Ref::from_header)
}

impl Body for Dict {
    const KIND: Kind = Kind::Dict;

    fn trace(&self, marker: &mut Marker) {
        for index in self.first.get()..self.used.get() {
            let entry = self.entry_ref(index);
            marker.value(entry.key);
            marker.cell(&entry.value);
        }
    }
}

impl Drop for Dict {
    fn drop(&mut self) {
        self.release();
    }
}

impl Dict {
    /// An empty dict.
    #[inline]
    pub fn new(seed: (u64, u64)) -> Dict {
        Dict {
            table: Cell::new(NO_TABLE.as_ptr() as *mut u32),
            entries: Cell::new(null_mut()),
            mask: Cell::new(0),
            used: Cell::new(0),
            live: Cell::new(0),
            first: Cell::new(0),
            filled: Cell::new(0),
            keys_version: Cell::new(0),
            version: Cell::new(0),
            seed: seed.0,
        }
    }

    /// An instance of a subclass of dict. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>) -> Ref<Dict> {
        let body = Dict::new(cx.hash_seed);
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity),
            None => cx.heap.allocate(layout, body),
        }
    }

    // ----- the table

    #[inline(always)]
    fn entry_ref(&self, index: u32) -> &Entry {
        debug_assert!(index < self.used.get());
        // SAFETY: numbers below `used` are those of initialised entries.
        unsafe { &*self.entries.get().add(index as usize) }
    }

    #[inline(always)]
    fn place(&self, place: u32) -> u32 {
        // SAFETY: places are masked, and the table has `mask + 1` of them.
        unsafe { *self.table.get().add(place as usize) }
    }

    #[inline(always)]
    fn set_place(&self, place: u32, number: u32) {
        debug_assert!(self.mask.get() > 0);
        // SAFETY: as for `place`; only tables of its own are written to.
        unsafe { *self.table.get().add(place as usize) = number }
    }

    /// Walks the places a hash leads to: the first entry that `is_found`, or None. It must not change the dict.
    #[inline(always)]
    fn search(&self, hash: i64, mut is_found: impl FnMut(&Entry) -> bool) -> Option<u32> {
        let (table, entries, mask) = (self.table.get(), self.entries.get(), self.mask.get());
        let mut rest = hash as u64;
        let mut place = hash as u32 & mask;
        loop {
            // SAFETY: places are masked, and the table has `mask + 1` of them; the numbers in it that are not
            // special are those of initialised entries.
            unsafe {
                let number = *table.add(place as usize);
                // The special numbers are those that are negative as signed ones.
                if number as i32 >= 0 {
                    if is_found(&*entries.add(number as usize)) {
                        return Some(number);
                    }
                } else if number == EMPTY {
                    return None;
                }
            }
            rest >>= 5;
            place = place.wrapping_mul(5).wrapping_add(rest as u32).wrapping_add(1) & mask;
        }
    }

    /// Puts a number into the first free place a hash leads to.
    #[inline]
    fn occupy(&self, hash: i64, number: u32) {
        let mask = self.mask.get();
        let mut rest = hash as u64;
        let mut place = hash as u32 & mask;
        loop {
            let found = self.place(place);
            if found >= REMOVED {
                self.filled.set(self.filled.get() + (found == EMPTY) as u32);
                return self.set_place(place, number);
            }
            rest >>= 5;
            place = place.wrapping_mul(5).wrapping_add(rest as u32).wrapping_add(1) & mask;
        }
    }

    /// Gives back the memory.
    fn release(&self) {
        if self.mask.get() > 0 {
            // SAFETY: a mask above 0 says that `rebuild` made the memory with this layout.
            unsafe { dealloc(self.entries.get() as *mut u8, memory_of(self.mask.get())) };
        }
    }

    /// Moves the entries that have a key into memory for at least `wanted` of them.
    #[inline(never)]
    fn rebuild(&self, wanted: usize) {
        let places = (wanted.max(4) * 3 / 2 + 1).next_power_of_two();
        assert!(places <= 1 << 31, "a dict has at most a billion entries");
        let mask = places as u32 - 1;
        let memory = memory_of(mask);
        // SAFETY: the size is not zero. The entries come first, then the table; both are filled here before they are
        // read: every place with `EMPTY`, and every entry below the new `used`. The old memory is not used after
        // it is released.
        unsafe {
            let entries = alloc(memory) as *mut Entry;
            if entries.is_null() {
                handle_alloc_error(memory);
            }
            let mut used = 0;
            for index in self.first.get()..self.used.get() {
                let entry = self.entries.get().add(index as usize);
                if !(*entry).key.is_unbound() {
                    entries.add(used).write(entry.read());
                    used += 1;
                }
            }
            self.release();
            let table = entries.add(capacity_of(mask) as usize) as *mut u32;
            std::ptr::write_bytes(table, 0xff, places);
            self.entries.set(entries);
            self.table.set(table);
            self.mask.set(mask);
            self.used.set(used as u32);
        }
        self.first.set(0);
        self.filled.set(0);
        for index in 0..self.used.get() {
            self.occupy(self.entry_ref(index).hash, index);
        }
        self.keys_changed();
    }

    #[inline(always)]
    fn keys_changed(&self) {
        self.keys_version.set(0);
        self.version.set(self.version.get().wrapping_add(1));
    }

    // ----- entries by number

    /// How many keys it has.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.live.get() as usize
    }

    /// Is it empty?
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.live.get() == 0
    }

    /// Numbers of entries are below this.
    #[inline(always)]
    pub fn end(&self) -> usize {
        self.used.get() as usize
    }

    /// The number of the first entry, or `end`.
    pub fn start(&self) -> usize {
        (self.first.get() as usize..self.end()).find(|&index| self.entry(index).is_some()).unwrap_or(self.end())
    }

    /// Key and value of an entry; None if it was removed or never was.
    #[inline(always)]
    pub fn entry(&self, index: usize) -> Option<(Value, Value)> {
        if index >= self.end() {
            return None;
        }
        let entry = self.entry_ref(index as u32);
        if entry.key.is_unbound() { None } else { Some((entry.key, entry.value.get())) }
    }

    /// The hash of the key of an entry that there is.
    #[inline(always)]
    pub fn entry_hash(&self, index: usize) -> i64 {
        assert!(index < self.end());
        self.entry_ref(index as u32).hash
    }

    /// The value of an entry that there is, to read and to replace. The reference must not be kept.
    #[inline(always)]
    pub fn entry_value_cell(&self, index: usize) -> &Cell<Value> {
        assert!(index < self.end());
        &self.entry_ref(index as u32).value
    }

    /// As `entry_value_cell`, unchecked: for caches.
    ///
    /// # Safety
    /// `keys_version` is what it was when the entry was found.
    #[inline(always)]
    pub unsafe fn cached_value_cell(&self, index: usize) -> &Cell<Value> {
        &self.entry_ref(index as u32).value
    }

    /// Keys and values in order, copied.
    pub fn to_vec(&self) -> Vec<(Value, Value)> {
        (0..self.end()).filter_map(|index| self.entry(index)).collect()
    }

    /// The keys in order, copied.
    pub fn keys(&self) -> Vec<Value> {
        (0..self.end()).filter_map(|index| self.entry(index)).map(|(key, _)| key).collect()
    }

    // ----- versions

    /// A number that no other set of keys has had, of any dict; 0 if none has been given yet. It goes back to 0 when a
    /// key is added or removed, not when a value is replaced.
    #[inline(always)]
    pub fn keys_version(&self) -> u32 {
        self.keys_version.get()
    }

    /// As `keys_version`, and gives one if there is none; 0 if numbers have run out.
    pub fn give_keys_version(&self, cx: &mut Context) -> u32 {
        if self.keys_version.get() == 0 && cx.key_version < u32::MAX {
            cx.key_version += 1;
            self.keys_version.set(cx.key_version);
        }
        self.keys_version.get()
    }

    /// Moves when a key is added or removed: whoever has let script code run in the midst of a search looks at it.
    #[inline(always)]
    pub fn version(&self) -> u32 {
        self.version.get()
    }

    // ----- names as keys

    /// The number of the entry of a str.
    #[inline(always)]
    pub fn find_interned(&self, name: Value) -> Option<usize> {
        let string = name.get::<Str>()?;
        let hash = string.known_hash();
        match self.search(hash, |entry| entry.hash == hash) {
            Some(number) if self.entry_ref(number).key == name => Some(number as usize),
            None if hash != 0 => None,
            _ => self.find_text(name, string),
        }
    }

    /// As `find_interned`, where the hash is not known yet or belongs to another key as well.
    #[inline(never)]
    fn find_text(&self, name: Value, string: Ref<Str>) -> Option<usize> {
        let hash = string.hash(self.seed);
        let is_text = |key: Value| key.get::<Str>().is_some_and(|key| key.equals(&string));
        let found = self.search(hash, |entry| entry.hash == hash && (entry.key == name || is_text(entry.key)));
        found.map(|number| number as usize)
    }

    /// The value of a str.
    #[inline(always)]
    pub fn get_interned(&self, name: Value) -> Option<Value> {
        self.find_interned(name).map(|index| self.entry_ref(index as u32).value.get())
    }

    /// Binds a str.
    #[inline]
    pub fn set_interned(&self, name: Value, value: Value) {
        match self.find_interned(name) {
            Some(index) => self.entry_ref(index as u32).value.set(value),
            None => {
                if let Some(string) = name.get::<Str>() {
                    self.insert_new(name, string.hash(self.seed), value);
                }
            }
        }
    }

    /// Unbinds a str: the value it had.
    pub fn remove_interned(&self, name: Value) -> Option<Value> {
        let index = self.find_interned(name)?;
        Some(self.remove_at(index).1)
    }

    // ----- any keys

    /// The number of the entry of a key.
    #[inline]
    pub fn find(&self, cx: &mut Context, key: Value) -> Result<Option<usize>, Problem> {
        let hash = match equality::quick_hash(key) {
            Some(hash) => hash,
            None => equality::hash(cx, key)?,
        };
        self.find_hashed(cx, key, hash)
    }

    /// The number of the entry of a key, where there is one and it takes no script code to find it.
    #[inline]
    pub fn find_plainly(&self, cx: &mut Context, key: Value) -> Option<usize> {
        let hash = equality::hash(cx, key).ok()?;
        self.find_hashed(cx, key, hash).ok()?
    }

    /// The number of the entry of a key whose hash is known.
    #[inline]
    pub fn find_hashed(&self, cx: &mut Context, key: Value, hash: i64) -> Result<Option<usize>, Problem> {
        match self.search(hash, |entry| entry.hash == hash) {
            None => Ok(None),
            Some(number) if self.entry_ref(number).key == key => Ok(Some(number as usize)),
            Some(number) => match (plain_text(key), plain_text(self.entry_ref(number).key)) {
                (Some(text), Some(found)) if text.equals(&found) => Ok(Some(number as usize)),
                _ => self.find_compared(cx, key, hash),
            },
        }
    }

    /// Searches where there is an entry with the hash of a key but not that very key.
    #[inline(never)]
    fn find_compared(&self, cx: &mut Context, key: Value, hash: i64) -> Result<Option<usize>, Problem> {
        let mut problem = None;
        let found = self.search(hash, |entry| {
            entry.hash == hash
                && (entry.key == key
                    || match equality::equal(cx, entry.key, key) {
                        Ok(is_equal) => is_equal,
                        Err(met) => {
                            problem = Some(met);
                            true
                        }
                    })
        });
        match problem {
            Some(problem) => Err(problem),
            None => Ok(found.map(|number| number as usize)),
        }
    }

    /// The value of a key.
    #[inline]
    pub fn get(&self, cx: &mut Context, key: Value) -> Result<Option<Value>, Problem> {
        Ok(self.find(cx, key)?.map(|index| self.entry_ref(index as u32).value.get()))
    }

    /// Binds a key.
    #[inline]
    pub fn set(&self, cx: &mut Context, key: Value, value: Value) -> Result<(), Problem> {
        let hash = match equality::quick_hash(key) {
            Some(hash) => hash,
            None => equality::hash(cx, key)?,
        };
        self.set_hashed(cx, key, hash, value)
    }

    /// Binds a key whose hash is known.
    #[inline]
    pub fn set_hashed(&self, cx: &mut Context, key: Value, hash: i64, value: Value) -> Result<(), Problem> {
        match self.find_hashed(cx, key, hash)? {
            Some(index) => self.entry_ref(index as u32).value.set(value),
            None => self.insert_new(key, hash, value),
        }
        Ok(())
    }

    /// Unbinds a key: the value it had.
    pub fn remove(&self, cx: &mut Context, key: Value) -> Result<Option<Value>, Problem> {
        Ok(self.find(cx, key)?.map(|index| self.remove_at(index).1))
    }

    /// The next entry, after entry `after` if given, whose key has this hash: what a script's `__eq__` is to be
    /// called with.
    pub fn candidate(&self, hash: i64, after: Option<usize>) -> Option<usize> {
        let mut last = after.map(|index| self.entries.get().wrapping_add(index) as *const Entry);
        // A walk may come to an entry twice.
        let mut seen = FxHashSet::default();
        let found = self.search(hash, |entry| match last {
            _ if entry.hash != hash => false,
            Some(waited) => {
                seen.insert(std::ptr::from_ref(entry));
                if std::ptr::eq(entry, waited) {
                    last = None;
                }
                false
            }
            None => !seen.contains(&std::ptr::from_ref(entry)),
        });
        found.map(|number| number as usize)
    }

    /// Adds a key that is not in it.
    #[inline]
    pub fn insert_new(&self, key: Value, hash: i64, value: Value) {
        let capacity = capacity_of(self.mask.get());
        if self.used.get() >= capacity || self.filled.get() >= capacity {
            self.rebuild((self.live.get() as usize + 1) * 3 / 2);
        }
        let number = self.used.get();
        // SAFETY: there is room for one more entry.
        unsafe { self.entries.get().add(number as usize).write(Entry { hash, key, value: Cell::new(value) }) };
        self.used.set(number + 1);
        self.live.set(self.live.get() + 1);
        self.occupy(hash, number);
        self.keys_changed();
    }

    /// Removes an entry that there is: its key and value.
    pub fn remove_at(&self, index: usize) -> (Value, Value) {
        let (key, value) = self.entry(index).expect("the entry has a key");
        let number = index as u32;
        self.vacate(self.entry_ref(number).hash, number);
        let blank = Entry { hash: 0, key: Value::UNBOUND, value: Cell::new(Value::UNBOUND) };
        // SAFETY: the entry is below `used`, and no reference to it is held.
        unsafe { self.entries.get().add(index).write(blank) };
        self.live.set(self.live.get() - 1);
        let is_removed = |number: u32| self.entry_ref(number).key.is_unbound();
        while self.used.get() > 0 && is_removed(self.used.get() - 1) {
            self.used.set(self.used.get() - 1);
        }
        self.first.set(self.first.get().min(self.used.get()));
        while self.first.get() < self.used.get() && is_removed(self.first.get()) {
            self.first.set(self.first.get() + 1);
        }
        self.keys_changed();
        (key, value)
    }

    /// Marks the place of an entry as removed.
    fn vacate(&self, hash: i64, number: u32) {
        let mask = self.mask.get();
        let mut rest = hash as u64;
        let mut place = hash as u32 & mask;
        while self.place(place) != number {
            rest >>= 5;
            place = place.wrapping_mul(5).wrapping_add(rest as u32).wrapping_add(1) & mask;
        }
        self.set_place(place, REMOVED);
    }

    /// Removes the last entry: its key and value.
    pub fn pop_last(&self) -> Option<(Value, Value)> {
        // The last used entry always has a key.
        self.end().checked_sub(1).map(|last| self.remove_at(last))
    }

    /// Moves an entry that there is behind all others.
    pub fn move_to_end(&self, index: usize) {
        let hash = self.entry_hash(index);
        let (key, value) = self.remove_at(index);
        self.insert_new(key, hash, value);
    }

    /// Moves an entry that there is before all others.
    pub fn move_to_start(&self, index: usize) {
        let hash = self.entry_hash(index);
        let (key, value) = self.remove_at(index);
        if let Some(number) = self.first.get().checked_sub(1)
            && self.filled.get() < capacity_of(self.mask.get())
        {
            // SAFETY: the entry is below `used`, and no reference to it is held.
            unsafe { self.entries.get().add(number as usize).write(Entry { hash, key, value: Cell::new(value) }) };
            self.first.set(number);
            self.live.set(self.live.get() + 1);
            self.occupy(hash, number);
            return;
        }
        let rest: Vec<(i64, Value, Value)> = (0..self.end())
            .filter_map(|index| self.entry(index).map(|(key, value)| (self.entry_hash(index), key, value)))
            .collect();
        self.clear();
        self.insert_new(key, hash, value);
        rest.into_iter().for_each(|(hash, key, value)| self.insert_new(key, hash, value));
    }

    /// Removes everything.
    pub fn clear(&self) {
        self.release();
        self.table.set(NO_TABLE.as_ptr() as *mut u32);
        self.entries.set(null_mut());
        for number in [&self.mask, &self.used, &self.live, &self.first, &self.filled] {
            number.set(0);
        }
        self.keys_changed();
    }

    /// Makes room for so many keys.
    pub fn reserve(&self, length: usize) {
        if length > capacity_of(self.mask.get()) as usize {
            self.rebuild(length);
        }
    }

    /// Adds all entries of another dict, while it is empty itself.
    pub fn fill_from(&self, other: &Dict) {
        debug_assert!(self.is_empty());
        self.reserve(other.len());
        for index in 0..other.end() {
            if let Some((key, value)) = other.entry(index) {
                self.insert_new(key, other.entry_hash(index), value);
            }
        }
    }

    /// Binds what another dict binds. After a problem some may have been bound already; doing it again does no harm.
    pub fn update(&self, cx: &mut Context, other: &Dict) -> Result<(), Problem> {
        if std::ptr::eq(self, other) {
            return Ok(());
        }
        if self.is_empty() {
            self.fill_from(other);
            return Ok(());
        }
        for index in 0..other.end() {
            if let Some((key, value)) = other.entry(index) {
                self.set_hashed(cx, key, other.entry_hash(index), value)?;
            }
        }
        Ok(())
    }

    /// How many bytes it has outside its object.
    pub fn memory(&self) -> usize {
        if self.mask.get() == 0 { 0 } else { memory_of(self.mask.get()).size() }
    }
}

impl Ref<Dict> {
    /// A plain dict with the same entries.
    pub fn copy(self, cx: &mut Context) -> Ref<Dict> {
        let copy = cx.new_dict();
        copy.fill_from(&self);
        cx.charge(self.end() * size_of::<Entry>());
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_all_plain_kinds_are_found() {
        let cx = &mut Context::new((1, 2));
        let dict = cx.new_dict();
        let texts: Vec<Value> = (0..100).map(|number| cx.str(&format!("key {number}"))).collect();
        for (index, &text) in texts.iter().enumerate() {
            assert!(dict.set(cx, text, Value::small(index as i64)).is_ok());
        }
        let pair = cx.tuple(&[Value::small(1), texts[0]]);
        assert!(dict.set(cx, pair, Value::TRUE).is_ok());
        assert!(dict.set(cx, Value::small(2), Value::FALSE).is_ok());
        let other = cx.str("key 42");
        assert!(matches!(dict.get(cx, other), Ok(Some(value)) if value == Value::small(42)));
        assert_eq!(dict.get_interned(other), Some(Value::small(42)));
        let other = cx.str("key 0");
        let pair = cx.tuple(&[Value::TRUE, other]);
        assert!(matches!(dict.get(cx, pair), Ok(Some(Value::TRUE))));
        assert!(matches!(dict.get(cx, Value::float(2.0)), Ok(Some(Value::FALSE))));
        assert!(matches!(dict.get(cx, Value::NONE), Ok(None)));
        let list = cx.list(vec![]);
        assert!(matches!(dict.get(cx, list), Err(Problem::Stop(_))));
        let version = dict.give_keys_version(cx);
        dict.set_interned(other, Value::NONE);
        assert_eq!(dict.keys_version(), version);
        assert_eq!(dict.remove_interned(other), Some(Value::NONE));
        assert_eq!(dict.keys_version(), 0);
        let copy = dict.copy(cx);
        assert!(matches!(equality::equal(cx, dict.value(), copy.value()), Ok(true)));
    }

    fn insert(dict: &Dict, key: i64) {
        dict.insert_new(Value::small(key), key, Value::small(key * 10));
    }

    fn find(dict: &Dict, key: i64) -> Option<u32> {
        dict.search(key, |entry| entry.key == Value::small(key))
    }

    #[test]
    fn entries_are_found_after_growing_and_removing() {
        let dict = Dict::new((1, 2));
        (0..1000).for_each(|key| insert(&dict, key));
        (0..1000).filter(|key| key % 3 != 0).for_each(|key| {
            let index = find(&dict, key).expect("it is there");
            assert_eq!(dict.remove_at(index as usize).1, Value::small(key * 10));
        });
        (0..1000).for_each(|key| assert_eq!(find(&dict, key).is_some(), key % 3 == 0));
        assert_eq!(dict.len(), 334);
        (2000..3000).for_each(|key| insert(&dict, key));
        let keys: Vec<Value> = dict.keys();
        assert_eq!(keys[..3], [0, 3, 6].map(Value::small));
        assert_eq!(keys.last(), Some(&Value::small(2999)));
    }

    #[test]
    fn adding_and_removing_in_turn_does_not_grow() {
        let dict = Dict::new((1, 2));
        for key in 0..10_000 {
            insert(&dict, key);
            if key >= 4 {
                dict.remove_at(dict.start());
            }
        }
        assert_eq!(dict.len(), 4);
        assert!(dict.memory() < 1000);
        for key in 0..10_000 {
            insert(&dict, key);
            assert_eq!(dict.pop_last().map(|(key, _)| key), Some(Value::small(key)));
        }
        assert!(dict.memory() < 1000);
        dict.move_to_start(dict.end() - 1);
        assert_eq!(dict.keys(), [9999, 9996, 9997, 9998].map(Value::small));
        dict.move_to_end(dict.start());
        assert_eq!(dict.keys(), [9996, 9997, 9998, 9999].map(Value::small));
    }
}
