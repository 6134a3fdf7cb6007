//! The tasks of an event loop as a forest: a task stands below the one that waits for its end, seen through `gather`,
//! `shield`, `wait` and groups. Tasks that wait for each other in a circle have no root; the circle is cut at one.

use rustc_hash::FxHashMap;

use crate::modules::asyncio::behind::Behind;
use crate::object::context::Context;
use crate::object::future::{Future, Role};
use crate::object::heap::Ref;
use crate::object::value::Value;

/// So many circles are told of.
const MOST_CIRCLES: usize = 5;

/// Tasks by their place in a list, and who waits for whom.
pub(super) struct Forest {
    /// The tasks.
    pub tasks: Vec<Ref<Future>>,
    /// Those that nobody else here waits for, or that stand for a circle.
    pub roots: Vec<usize>,
    /// Those that stand below each.
    pub children: Vec<Vec<usize>>,
    /// Some of the circles, each from its first task on.
    pub circles: Vec<Vec<usize>>,
}

impl Forest {
    /// That of some tasks, in this order.
    pub fn new(cx: &mut Context, tasks: Vec<Ref<Future>>) -> Forest {
        let places: FxHashMap<Value, usize> =
            tasks.iter().enumerate().map(|(place, task)| (task.value(), place)).collect();
        let (mut needed, mut parents) = (Vec::with_capacity(tasks.len()), vec![None; tasks.len()]);
        for (place, task) in tasks.iter().enumerate() {
            let Needed { awaited, holding } = needed_by(cx, *task);
            let known = |tasks: Vec<Ref<Future>>| -> Vec<usize> {
                tasks.iter().filter_map(|task| places.get(&task.value()).copied()).collect()
            };
            let (awaited, mut all) = (known(awaited), known(holding));
            for &child in &awaited {
                parents[child].get_or_insert(place);
            }
            all.extend(awaited);
            needed.push(all);
        }
        cut_circles(&mut parents);
        let mut forest =
            Forest { children: vec![Vec::new(); tasks.len()], tasks, roots: Vec::new(), circles: Vec::new() };
        for (place, parent) in parents.into_iter().enumerate() {
            match parent {
                Some(parent) => forest.children[parent].push(place),
                None => forest.roots.push(place),
            }
        }
        forest.circles = circles(&needed);
        forest
    }

    /// Each task after all that stand below it.
    pub fn leaves_first(&self) -> Vec<usize> {
        let mut order = self.roots.clone();
        let mut next = 0;
        while next < order.len() {
            order.extend(&self.children[order[next]]);
            next += 1;
        }
        order.reverse();
        order
    }
}

/// Which tasks have to go on for one to go on.
struct Needed {
    /// Those whose end it waits for.
    awaited: Vec<Ref<Future>>,
    /// Those that hold what it waits for.
    holding: Vec<Ref<Future>>,
}

fn needed_by(cx: &mut Context, task: Ref<Future>) -> Needed {
    let mut needed = Needed { awaited: Vec::new(), holding: Vec::new() };
    let mut left: Vec<Ref<Future>> = task.waiter.get().get().into_iter().collect();
    // What is behind a future is no older than it, but for what a script sets: no more are looked at than there may be.
    let mut steps = 0;
    while let Some(future) = left.pop().filter(|_| steps < 1_000_000) {
        steps += 1;
        match future.role {
            _ if future.is_done() => {}
            Role::Task => needed.awaited.push(future),
            _ => match Behind::of(cx, future) {
                Behind::Held(_, holders) => needed.holding.extend(holders),
                behind => left.extend(behind.awaited()),
            },
        }
    }
    needed.awaited.reverse();
    needed
}

/// Each task has one parent at most, so a circle is found by going up until one is met again: its first task loses its
/// parent.
fn cut_circles(parents: &mut [Option<usize>]) {
    // In which walk each was met; 0 for none yet.
    let mut walks = vec![0; parents.len()];
    for start in 0..parents.len() {
        let mut place = start;
        while walks[place] == 0 {
            walks[place] = start + 1;
            let Some(parent) = parents[place] else { break };
            place = parent;
        }
        if walks[place] != start + 1 || parents[place].is_none() {
            continue;
        }
        let (mut first, mut next) = (place, parents[place]);
        while let Some(other) = next.filter(|&other| other != place) {
            first = first.min(other);
            next = parents[other];
        }
        parents[first] = None;
    }
}

/// Circles, each of tasks that need the next, none of which is in two.
fn circles(needed: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const NEW: u8 = 0;
    const ON_PATH: u8 = 1;
    const KNOWN: u8 = 2;
    let (mut states, mut found) = (vec![NEW; needed.len()], Vec::new());
    for start in 0..needed.len() {
        if states[start] != NEW {
            continue;
        }
        // The way from the start, each with how many of those it needs have been looked at.
        let mut path = vec![(start, 0)];
        states[start] = ON_PATH;
        while let Some((place, looked_at)) = path.last_mut() {
            let Some(&next) = needed[*place].get(*looked_at) else {
                states[*place] = KNOWN;
                path.pop();
                continue;
            };
            *looked_at += 1;
            match states[next] {
                NEW => {
                    states[next] = ON_PATH;
                    path.push((next, 0));
                }
                ON_PATH => {
                    let from = path.iter().position(|&(place, _)| place == next).unwrap_or(0);
                    found.push(path[from..].iter().map(|&(place, _)| place).collect());
                    if found.len() == MOST_CIRCLES {
                        return found;
                    }
                    for (place, _) in path.drain(..) {
                        states[place] = KNOWN;
                    }
                }
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_cut_at_its_first_task() {
        let mut parents = [None, Some(3), Some(1), Some(2), Some(3)];
        cut_circles(&mut parents);
        assert_eq!(parents, [None, None, Some(1), Some(2), Some(3)]);
        let mut own = [Some(0)];
        cut_circles(&mut own);
        assert_eq!(own, [None]);
    }

    #[test]
    fn circles_are_found_apart_from_what_leads_to_them() {
        let needed = [vec![1], vec![2, 4], vec![3], vec![1], vec![], vec![5]];
        assert_eq!(circles(&needed), [vec![1, 2, 3], vec![5]]);
        assert_eq!(circles(&[vec![], vec![0]]), Vec::<Vec<usize>>::new());
    }
}
