//! `product`, `combinations`, `combinations_with_replacement` and `permutations`: each holds its pools and the
//! indices of the tuple given last.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::native::Stop;
use crate::object::value::Value;

/// Where a combining iterator stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing has been given.
    Fresh,
    /// The indices are those of the tuple given last.
    Running,
    /// All has been given.
    Done,
}

/// `product(*iterables, repeat=1)`
pub struct Product {
    /// The items of each iterable.
    pub pools: Vec<Vec<Value>>,
    /// One index for each place of the tuple; the pools come round again with `repeat`.
    pub indices: RefCell<Vec<usize>>,
    /// Where it stands.
    pub progress: Cell<Progress>,
}

impl Product {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        let mut indices = self.indices.borrow_mut();
        match self.progress.get() {
            Progress::Done => return Ok(Step::Done),
            Progress::Fresh if !indices.is_empty() && self.pools.iter().any(Vec::is_empty) => {
                self.progress.set(Progress::Done);
                return Ok(Step::Done);
            }
            Progress::Fresh => self.progress.set(Progress::Running),
            Progress::Running => {
                let mut place = indices.len();
                loop {
                    if place == 0 {
                        self.progress.set(Progress::Done);
                        return Ok(Step::Done);
                    }
                    place -= 1;
                    indices[place] += 1;
                    if indices[place] < self.pools[place % self.pools.len()].len() {
                        break;
                    }
                    indices[place] = 0;
                }
            }
        }
        let item = |(place, &index): (usize, &usize)| self.pools[place % self.pools.len()][index];
        let items: Vec<Value> = indices.iter().enumerate().map(item).collect();
        Ok(Step::Item(cx.tuple(&items)))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        self.pools.iter().flatten().for_each(|&value| marker.value(value));
    }
}

/// `combinations(iterable, r)` and `combinations_with_replacement(iterable, r)`
pub struct Combinations {
    /// The items.
    pub pool: Vec<Value>,
    /// One index for each place of the tuple.
    pub indices: RefCell<Vec<usize>>,
    /// An item may come more than once.
    pub is_replacing: bool,
    /// Where it stands.
    pub progress: Cell<Progress>,
}

impl Combinations {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        let mut indices = self.indices.borrow_mut();
        let has_moved = match self.progress.get() {
            Progress::Done => false,
            Progress::Fresh if self.is_replacing => indices.is_empty() || !self.pool.is_empty(),
            Progress::Fresh => indices.len() <= self.pool.len(),
            Progress::Running => self.move_on(&mut indices),
        };
        if !has_moved {
            self.progress.set(Progress::Done);
            return Ok(Step::Done);
        }
        self.progress.set(Progress::Running);
        let items: Vec<Value> = indices.iter().map(|&index| self.pool[index]).collect();
        Ok(Step::Item(cx.tuple(&items)))
    }

    /// The indices of the next tuple; false if there is none.
    fn move_on(&self, indices: &mut [usize]) -> bool {
        let (count, length) = (self.pool.len(), indices.len());
        let most = |place: usize| if self.is_replacing { count - 1 } else { place + count - length };
        let Some(place) = (0..length).rev().find(|&place| indices[place] != most(place)) else { return false };
        let mut index = indices[place] + 1;
        for later in &mut indices[place..] {
            *later = index;
            index += !self.is_replacing as usize;
        }
        true
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        self.pool.iter().for_each(|&value| marker.value(value));
    }
}

/// `permutations(iterable, r)`
pub struct Permutations {
    /// The items.
    pub pool: Vec<Value>,
    /// How many of them make a tuple.
    pub length: usize,
    /// All indices; the first `length` are those of the tuple.
    pub indices: RefCell<Vec<usize>>,
    /// How many turns each place has left before the one before it moves.
    pub cycles: RefCell<Vec<usize>>,
    /// Where it stands.
    pub progress: Cell<Progress>,
}

impl Permutations {
    /// One step.
    pub fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        let mut indices = self.indices.borrow_mut();
        let has_moved = match self.progress.get() {
            Progress::Done => false,
            Progress::Fresh => self.length <= self.pool.len(),
            Progress::Running => move_on(&mut indices, &mut self.cycles.borrow_mut()),
        };
        if !has_moved {
            self.progress.set(Progress::Done);
            return Ok(Step::Done);
        }
        self.progress.set(Progress::Running);
        let items: Vec<Value> = indices[..self.length].iter().map(|&index| self.pool[index]).collect();
        Ok(Step::Item(cx.tuple(&items)))
    }

    /// For the collector.
    pub fn trace(&self, marker: &mut Marker) {
        self.pool.iter().for_each(|&value| marker.value(value));
    }
}

/// The indices of the next permutation; false if there is none.
fn move_on(indices: &mut [usize], cycles: &mut [usize]) -> bool {
    let count = indices.len();
    for place in (0..cycles.len()).rev() {
        cycles[place] -= 1;
        if cycles[place] == 0 {
            indices[place..].rotate_left(1);
            cycles[place] = count - place;
        } else {
            indices.swap(place, count - cycles[place]);
            return true;
        }
    }
    false
}
