//! Threads and greenlets: who has the machine, and who the thread.

use super::{NOBODY, Reason, Recorder, Spot};

/// What is said of the functions that a thread calls if there are several.
const AND_OTHERS: &str = " and others";

impl Recorder {
    /// What the thread of this object does is not recorded from now on, until it ends.
    pub fn leave_out(&mut self, thread: usize) {
        self.left_out.insert(thread);
    }

    /// Is a thread left out?
    pub fn is_left_out(&self, thread: usize) -> bool {
        self.left_out.contains(&thread)
    }

    /// A thread that may have been left out has ended: what comes to where its object was is another's.
    pub fn forget(&mut self, thread: usize) {
        self.left_out.remove(&thread);
    }

    /// The thread of a pool makes a call to what has this name.
    pub fn note_call(&mut self, lane: u32, called: &str) {
        if lane == self.more {
            return;
        }
        let function = &mut self.tracks[lane as usize].function;
        *function = Some(match function.take() {
            Some(known) if *known == *called || known.ends_with(AND_OTHERS) => known,
            Some(known) => format!("{known}{AND_OTHERS}").into(),
            None => called.into(),
        });
    }

    /// The thread with a lane is put aside, for a reason: the greenlet that runs on it stops.
    pub fn put_thread_aside(&mut self, thread: u32, running: u32, spot: Option<Spot>, reason: Reason) {
        let inner = self.current;
        self.end(running, spot, reason);
        let track = &mut self.tracks[thread as usize];
        track.aside = inner;
        track.runs_before = self.run_count;
        self.current = NOBODY;
        self.read();
    }

    /// The thread with a lane goes on, with the greenlet that runs on it.
    pub fn take_thread_up(&mut self, thread: u32, running: u32) {
        let track = &self.tracks[thread as usize];
        let inner = track.aside;
        let has_only_looked = track.runs_before == self.run_count && self.tracks[running as usize].can_go_on();
        match has_only_looked {
            true => self.go_on(running),
            false => {
                self.current = NOBODY;
                self.begin(running);
            }
        }
        self.current = inner;
    }

    /// What has stopped only to see whether something else is to be done goes on as if it had not.
    fn go_on(&mut self, lane: u32) {
        let now = self.read();
        let track = &mut self.tracks[lane as usize];
        track.ready = None;
        track.step = now;
    }

    /// One greenlet gives the thread to another.
    pub fn switch(&mut self, from: u32, to: u32, spot: Option<Spot>, reason: Reason) {
        let inner = self.current;
        self.end(from, spot, reason);
        self.tracks[from as usize].inner = inner;
        self.wake(to, from);
        self.current = NOBODY;
        self.begin(to);
        self.current = self.tracks[to as usize].inner;
    }
}
