//! The table of watched descriptors over one poller, which is made when the first is watched.
//!
//! A descriptor is registered once for both directions, and only while someone wants one of them: a descriptor that
//! is registered for nothing would still report its hang-up. The key of a registration carries a generation, so an
//! event of a descriptor that was closed and whose number came back is dropped. Adding and removing are system calls
//! that do not wait; `poll` waits, and only the event loop calls it.
#![allow(unsafe_code)]

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};

use crate::object::descriptors::far_end::{FarEnd, Names};
use crate::object::heap::Marker;
use crate::object::signals;
use crate::object::value::Value;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// There is something to read, or the end.
    Read,
    /// There is room to write.
    Write,
}

impl Direction {
    /// Both of them.
    pub const BOTH: [Direction; 2] = [Direction::Read, Direction::Write];
}

/// Names someone who waits once.
pub type Ticket = u64;

/// Who is told of every event of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watcher {
    /// A callback that goes to the ready queue of its loop.
    Handle(Value),
    /// A native stream.
    Stream(Value),
}

/// What a look at the descriptors found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fired {
    /// An event for a watcher, which goes on watching.
    Watcher(Watcher, Direction),
    /// Someone need not wait any longer.
    Wait(Ticket),
}

/// Says of a watcher whether its loop waits. The events of the others come when their loops do.
pub type IsHeeded<'a> = &'a dyn Fn(Watcher) -> bool;

/// Key of the end of the pipe that signals write to.
const SIGNAL_KEY: usize = usize::MAX - 1;
/// A key is a generation above a number.
const GENERATION_SHIFT: u32 = usize::BITS / 2;
/// Generations count up to this, so that no key is one of the two that mean something else.
const GENERATIONS: usize = (1 << (usize::BITS - GENERATION_SHIFT)) - 1;

/// One direction of a descriptor.
#[derive(Default)]
struct Side {
    watcher: Option<Watcher>,
    /// The watcher's event came while its loop could not run.
    is_muted: bool,
    tickets: Vec<Ticket>,
}

impl Side {
    fn is_wanted(&self) -> bool {
        self.watcher.is_some() && !self.is_muted || !self.tickets.is_empty()
    }
}

/// What is known of one number.
#[derive(Default)]
struct Slot {
    /// The generation of its registration; None while it has none.
    registration: Option<usize>,
    sides: [Side; 2],
    far_end: Option<FarEnd>,
}

#[derive(Default)]
struct Table {
    /// By number.
    slots: Vec<Slot>,
    last_generation: usize,
    /// Directions whose watchers are muted.
    muted: Vec<(RawFd, Direction)>,
    /// Those whose descriptor was closed while they waited for it.
    dismissed: Vec<Ticket>,
}

/// The table. Sockets share it with the context, since they leave it when they are dropped.
#[derive(Default)]
pub struct Descriptors {
    poller: OnceCell<Arc<Poller>>,
    table: RefCell<Table>,
    events: RefCell<Option<Events>>,
    /// How many directions have a watcher.
    watched: Cell<usize>,
    /// The addresses of the sockets of this process; kept only where time is virtual.
    names: Names,
    /// Is the clock virtual, so that it matters where the other ends are?
    pub minds_far_ends: Cell<bool>,
}

fn key(number: RawFd, generation: usize) -> usize {
    generation << GENERATION_SHIFT | number as usize
}

/// A descriptor for a call of the poller.
fn borrowed<'a>(number: RawFd) -> BorrowedFd<'a> {
    // SAFETY: a number that is not open makes the call fail and nothing else; -1 never gets here, since numbers below
    // zero have no slot.
    unsafe { BorrowedFd::borrow_raw(number) }
}

fn bad_descriptor() -> io::Error {
    io::Error::from_raw_os_error(libc::EBADF)
}

impl Table {
    fn slot(&mut self, number: RawFd) -> io::Result<&mut Slot> {
        let index = usize::try_from(number).map_err(|_| bad_descriptor())?;
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, Slot::default);
        }
        Ok(&mut self.slots[index])
    }

    fn known(&mut self, number: RawFd) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(number).ok()?)
    }

    /// Makes the registration what the two sides want.
    fn register(&mut self, poller: &Poller, number: RawFd) -> io::Result<()> {
        let next = (self.last_generation + 1) % GENERATIONS;
        let slot = self.slot(number)?;
        let [readable, writable] = [slot.sides[0].is_wanted(), slot.sides[1].is_wanted()];
        let event = |generation| Event::new(key(number, generation), readable, writable);
        if !readable && !writable {
            return match slot.registration.take() {
                Some(_) => poller.delete(borrowed(number)),
                None => Ok(()),
            };
        }
        if let Some(generation) = slot.registration {
            match poller.modify_with_mode(borrowed(number), event(generation), PollMode::Level) {
                // It was closed behind the table's back, and the number is that of another file now.
                Err(error) if error.raw_os_error() == Some(libc::ENOENT) => slot.registration = None,
                result => return result,
            }
        }
        // SAFETY: who closes a descriptor of ours calls `forget` first; one that is closed in another way leaves the
        // poller by itself or makes its next call fail, which is seen to above.
        unsafe { poller.add_with_mode(number, event(next), PollMode::Level)? };
        slot.registration = Some(next);
        self.last_generation = next;
        Ok(())
    }
}

impl Descriptors {
    /// The poller; made now if there is none.
    pub fn poller(&self) -> io::Result<&Arc<Poller>> {
        if let Some(poller) = self.poller.get() {
            return Ok(poller);
        }
        let poller = Poller::new()?;
        // SAFETY: that end of the pipe is never closed.
        unsafe { poller.add_with_mode(signals::wake_end()?, Event::readable(SIGNAL_KEY), PollMode::Level)? };
        Ok(self.poller.get_or_init(|| Arc::new(poller)))
    }

    /// Changes one direction of a descriptor, and takes the change back where the system refuses it.
    fn change<T>(&self, number: RawFd, work: impl FnOnce(&mut Side) -> T, direction: Direction) -> io::Result<T> {
        let poller = self.poller()?;
        let mut table = self.table.borrow_mut();
        let result = work(&mut table.slot(number)?.sides[direction as usize]);
        table.register(poller, number).map(|()| result)
    }

    /// Tells a watcher of every event of a direction from now on, instead of the one that there was.
    pub fn watch(&self, number: RawFd, direction: Direction, watcher: Watcher) -> io::Result<()> {
        let set = |side: &mut Side| {
            side.is_muted = false;
            if side.watcher.replace(watcher).is_none() {
                self.watched.set(self.watched.get() + 1);
            }
        };
        let result = self.change(number, set, direction);
        if result.is_err() {
            self.unwatch(number, direction);
        }
        result
    }

    /// Ends that; the watcher there was.
    pub fn unwatch(&self, number: RawFd, direction: Direction) -> Option<Watcher> {
        let poller = self.poller.get()?;
        let mut table = self.table.borrow_mut();
        let side = &mut table.known(number)?.sides[direction as usize];
        side.is_muted = false;
        let watcher = side.watcher.take()?;
        self.watched.set(self.watched.get() - 1);
        // Where that fails the descriptor is closed, and with it the registration.
        let _ = table.register(poller, number);
        Some(watcher)
    }

    /// Does anybody watch anything?
    pub fn is_watched(&self) -> bool {
        self.watched.get() > 0
    }

    /// The watcher of a direction.
    pub fn watcher(&self, number: RawFd, direction: Direction) -> Option<Watcher> {
        self.table.borrow_mut().known(number)?.sides[direction as usize].watcher
    }

    /// Has a ticket fire at the next event of a direction, once.
    pub fn wait_for(&self, number: RawFd, direction: Direction, ticket: Ticket) -> io::Result<()> {
        let result = self.change(number, |side| side.tickets.push(ticket), direction);
        result.inspect_err(|_| self.give_up(number, direction, ticket))
    }

    /// Takes that back.
    pub fn give_up(&self, number: RawFd, direction: Direction, ticket: Ticket) {
        let Some(poller) = self.poller.get() else { return };
        let mut table = self.table.borrow_mut();
        let Some(slot) = table.known(number) else { return };
        let tickets = &mut slot.sides[direction as usize].tickets;
        let before = tickets.len();
        tickets.retain(|&other| other != ticket);
        if tickets.len() < before {
            let _ = table.register(poller, number);
        }
    }

    /// A descriptor is about to be closed: nobody watches it any longer, and who waits for it is let go, to find out.
    pub fn forget(&self, number: RawFd) {
        self.names.forget(number);
        let mut table = self.table.borrow_mut();
        let Some(slot) = table.known(number) else { return };
        let slot = std::mem::take(slot);
        if let (Some(_), Some(poller)) = (slot.registration, self.poller.get()) {
            let _ = poller.delete(borrowed(number));
        }
        let [read, write] = slot.sides;
        let watched = read.watcher.is_some() as usize + write.watcher.is_some() as usize;
        self.watched.set(self.watched.get() - watched);
        table.dismissed.extend(read.tickets.into_iter().chain(write.tickets));
    }

    /// Waits for events no longer than so long, None without end, and adds what fired.
    pub fn poll(&self, timeout: Option<Duration>, is_heeded: IsHeeded<'_>, fired: &mut Vec<Fired>) -> io::Result<()> {
        let poller = self.poller()?;
        self.unmute(poller, is_heeded);
        let dismissed = std::mem::take(&mut self.table.borrow_mut().dismissed);
        let timeout = if dismissed.is_empty() { timeout } else { Some(Duration::ZERO) };
        fired.extend(dismissed.into_iter().map(Fired::Wait));
        let mut events = self.events.borrow_mut();
        let events = events.get_or_insert_with(Events::new);
        events.clear();
        poller.wait(events, timeout)?;
        let mut table = self.table.borrow_mut();
        for event in events.iter() {
            match event.key {
                SIGNAL_KEY => signals::clear_wake_end(),
                _ => table.take_event(poller, event, is_heeded, fired),
            }
        }
        Ok(())
    }

    fn unmute(&self, poller: &Poller, is_heeded: IsHeeded<'_>) {
        let mut table = self.table.borrow_mut();
        for (number, direction) in std::mem::take(&mut table.muted) {
            let Some(slot) = table.known(number) else { continue };
            let side = &mut slot.sides[direction as usize];
            match side.watcher {
                Some(watcher) if side.is_muted && !is_heeded(watcher) => table.muted.push((number, direction)),
                _ if side.is_muted => {
                    side.is_muted = false;
                    let _ = table.register(poller, number);
                }
                _ => {}
            }
        }
    }

    /// Is anything of those a look heeds waited for whose other end is not in this process, so that time has to pass
    /// until it answers?
    pub fn is_time_held(&self, is_heeded: IsHeeded<'_>) -> bool {
        let mut table = self.table.borrow_mut();
        for (number, slot) in table.slots.iter_mut().enumerate() {
            let is_waited_for = |side: &Side| !side.tickets.is_empty() || side.watcher.is_some_and(is_heeded);
            if slot.registration.is_some() && slot.sides.iter().any(is_waited_for) {
                let find = || FarEnd::of(borrowed(number as RawFd), &self.names);
                if *slot.far_end.get_or_insert_with(find) == FarEnd::Elsewhere {
                    return true;
                }
            }
        }
        false
    }

    /// Until a descriptor can be read from no virtual time passes, whoever waits for what. The ticket is nobody's.
    pub fn hold_time(&self, number: RawFd, ticket: Ticket) {
        if !self.minds_far_ends.get() {
            return;
        }
        if let Ok(slot) = self.table.borrow_mut().slot(number) {
            slot.far_end = Some(FarEnd::Elsewhere);
        }
        // One that the system does not watch is never ready either.
        let _ = self.wait_for(number, Direction::Read, ticket);
    }

    /// The address of a socket has changed.
    pub fn learn_name(&self, number: RawFd) {
        if self.minds_far_ends.get() && number >= 0 {
            self.names.remember(borrowed(number));
        }
    }

    /// A socket is being connected to an address, or sends to it.
    pub fn learn_peer(&self, number: RawFd, peer: Option<SocketAddr>) {
        let Some(peer) = peer.filter(|_| self.minds_far_ends.get()) else { return };
        let far_end = if self.names.has(peer) { FarEnd::Here } else { FarEnd::Elsewhere };
        if let Ok(slot) = self.table.borrow_mut().slot(number) {
            slot.far_end = Some(far_end);
        }
    }

    /// A descriptor is ready when one of these is: the other ends of all of them are its other end.
    pub fn learn_members(&self, number: RawFd, members: impl Iterator<Item = RawFd>) {
        if !self.minds_far_ends.get() {
            return;
        }
        let mut table = self.table.borrow_mut();
        let mut far_end = FarEnd::Here;
        for member in members {
            let find = || FarEnd::of(borrowed(member), &self.names);
            if table.slot(member).is_ok_and(|slot| *slot.far_end.get_or_insert_with(find) == FarEnd::Elsewhere) {
                far_end = FarEnd::Elsewhere;
            }
        }
        if let Ok(slot) = table.slot(number) {
            slot.far_end = Some(far_end);
        }
    }

    /// A descriptor is open in other processes too, which answer in their own time: none passes by itself while it is
    /// waited for.
    pub fn learn_sharers(&self, number: RawFd) {
        if let Ok(slot) = self.table.borrow_mut().slot(number) {
            slot.far_end = Some(FarEnd::Elsewhere);
        }
    }

    /// Shows the collector the watchers.
    pub fn trace(&self, marker: &mut Marker) {
        for slot in &self.table.borrow().slots {
            for side in &slot.sides {
                if let Some(Watcher::Handle(value) | Watcher::Stream(value)) = side.watcher {
                    marker.value(value);
                }
            }
        }
    }
}

impl Table {
    fn take_event(&mut self, poller: &Poller, event: Event, is_heeded: IsHeeded<'_>, fired: &mut Vec<Fired>) {
        let (number, generation) = (event.key & ((1 << GENERATION_SHIFT) - 1), event.key >> GENERATION_SHIFT);
        let number = number as RawFd;
        let Table { slots, muted, .. } = self;
        let Some(slot) = slots.get_mut(number as usize).filter(|slot| slot.registration == Some(generation)) else {
            return;
        };
        let mut has_changed = false;
        for (direction, has_come) in Direction::BOTH.into_iter().zip([event.readable, event.writable]) {
            let side = &mut slot.sides[direction as usize];
            if !has_come || !side.is_wanted() {
                continue;
            }
            has_changed |= !side.tickets.is_empty();
            fired.extend(side.tickets.drain(..).map(Fired::Wait));
            match side.watcher {
                Some(watcher) if is_heeded(watcher) => fired.push(Fired::Watcher(watcher, direction)),
                Some(_) => {
                    side.is_muted = true;
                    muted.push((number, direction));
                    has_changed = true;
                }
                None => {}
            }
        }
        if has_changed {
            let _ = self.register(poller, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn look(descriptors: &Descriptors, is_heeded: bool) -> Vec<Fired> {
        let mut fired = Vec::new();
        descriptors.poll(Some(Duration::ZERO), &|_| is_heeded, &mut fired).expect("there are descriptors left");
        fired
    }

    #[test]
    fn a_ticket_fires_once_and_a_watcher_each_time_its_loop_looks() {
        let (end, mut other) = UnixStream::pair().expect("there are descriptors left");
        let (descriptors, number) = (Descriptors::default(), end.as_raw_fd());
        let watcher = Watcher::Stream(Value::NONE);
        descriptors.wait_for(number, Direction::Read, 7).expect("a socket can be waited for");
        descriptors.watch(number, Direction::Read, watcher).expect("and watched");
        assert_eq!(look(&descriptors, true), []);
        other.write_all(b"x").expect("the socket is open");
        assert_eq!(look(&descriptors, false), [Fired::Wait(7)]);
        assert_eq!(look(&descriptors, false), []);
        for _ in 0..2 {
            assert_eq!(look(&descriptors, true), [Fired::Watcher(watcher, Direction::Read)]);
        }
        assert_eq!(descriptors.unwatch(number, Direction::Read), Some(watcher));
        assert_eq!(look(&descriptors, true), []);
    }

    #[test]
    fn who_waits_for_a_descriptor_that_is_closed_is_let_go() {
        let (end, _other) = UnixStream::pair().expect("there are descriptors left");
        let (descriptors, number) = (Descriptors::default(), end.as_raw_fd());
        descriptors.wait_for(number, Direction::Read, 1).expect("a socket can be waited for");
        descriptors.forget(number);
        assert_eq!(look(&descriptors, false), [Fired::Wait(1)]);
    }

    #[test]
    fn a_number_that_comes_back_is_registered_anew() {
        let (first, _other) = UnixStream::pair().expect("there are descriptors left");
        let (descriptors, number) = (Descriptors::default(), first.as_raw_fd());
        let watcher = Watcher::Handle(Value::NONE);
        descriptors.watch(number, Direction::Write, watcher).expect("a socket can be watched");
        drop(first);
        let (second, _third) = UnixStream::pair().expect("there are descriptors left");
        let number = second.as_raw_fd();
        descriptors.watch(number, Direction::Write, watcher).expect("and watched again");
        assert_eq!(look(&descriptors, true), [Fired::Watcher(watcher, Direction::Write)]);
    }
}
