//! Waiting for descriptors and for a time, in real and in virtual time.

use std::time::{Duration, Instant};

use crate::event_loop::driver::Driver;
use crate::modules::asyncio::transport::Transport;
use crate::object::context::Context;
use crate::object::descriptors::{Fired, Ticket, Watcher};
use crate::object::event_loop::Handle;
use crate::object::extension::Of;
use crate::object::native::Interest;
use crate::object::os_error::os_error;
use crate::object::signals;
use crate::object::value::Value;

/// Without a poller a sleep looks so often whether a signal has come.
const LOOK: Duration = Duration::from_millis(20);

impl Driver {
    /// The thread that runs begins to wait until one of the descriptors is ready or the job is done, but not beyond a
    /// time. False if there is nothing to wait for: a descriptor that cannot be waited for, a file or a closed one, is
    /// not, and a signal comes first.
    pub(super) fn begin_wait(
        &mut self,
        cx: &mut Context,
        interests: Vec<Interest>,
        job: Option<Ticket>,
        until: Option<i64>,
    ) -> bool {
        if signals::is_pending() && cx.threads.is_main() {
            return false;
        }
        let descriptors = cx.descriptors.clone();
        let ticket = job.unwrap_or_else(|| cx.jobs.ticket());
        if interests.iter().all(|&(number, direction)| descriptors.wait_for(number, direction, ticket).is_ok()) {
            cx.threads.wait(ticket, interests, until);
            return true;
        }
        for (number, direction) in interests {
            descriptors.give_up(number, direction, ticket);
        }
        false
    }

    /// Gives the jobs that were handed in to the threads, and takes what they have done.
    fn see_to_jobs(&mut self, cx: &mut Context) {
        for work in std::mem::take(&mut cx.jobs.new) {
            let ticket = work.ticket;
            let poller = cx.descriptors.poller().cloned();
            if let Err(error) = poller.and_then(|poller| self.pool.submit(work, &poller)) {
                cx.jobs.answers.insert(ticket, Box::new(move |cx| Err(os_error(cx, &error, Value::UNBOUND))));
                self.fired.push(Fired::Wait(ticket));
            }
        }
        for (ticket, answer) in self.pool.take_done() {
            cx.jobs.answers.insert(ticket, answer);
            self.fired.push(Fired::Wait(ticket));
        }
    }

    /// Waits until something fires, which is in `fired` then, until a time, or until it is woken for another reason.
    pub(super) fn wait(&mut self, cx: &mut Context, until: Option<i64>) {
        self.fired.clear();
        let left = |cx: &Context, until: Option<i64>| {
            until.map(|until| Duration::from_nanos(until.saturating_sub(cx.clock.now()).max(0) as u64))
        };
        self.see_to_jobs(cx);
        if !self.fired.is_empty() {
            return;
        }
        if !cx.clock.is_virtual() {
            let timeout = left(cx, until);
            return self.look(cx, timeout);
        }
        self.look(cx, Some(Duration::ZERO));
        let until = [until, cx.clock.next_alarm()].into_iter().flatten().min();
        if !self.fired.is_empty() || signals::has_come() {
            return;
        }
        let left = left(cx, until);
        if let (Some(left), false) = (left, self.pool.is_busy() || cx.descriptors.is_time_held(&is_heeded)) {
            return pass(cx, left);
        }
        // Somebody else takes the time he takes, and virtual time stands still, unless he lets that much of it pass.
        let start = Instant::now();
        self.look(cx, left);
        if let Some(left) = left
            && self.fired.is_empty()
            && start.elapsed() >= left
        {
            pass(cx, left);
        }
    }

    /// Looks at the descriptors, and waits no longer than so long for one to fire.
    fn look(&mut self, cx: &mut Context, timeout: Option<Duration>) {
        if cx.descriptors.poll(timeout, &is_heeded, &mut self.fired).is_err() {
            // No descriptor is left for a poller: time passes all the same.
            std::thread::sleep(timeout.map_or(LOOK, |timeout| timeout.min(LOOK)));
        }
        self.see_to_jobs(cx);
    }
}

/// Virtual time passes.
fn pass(cx: &mut Context, time: Duration) {
    cx.clock.advance(time);
    if let Some(recorder) = &mut cx.recorder {
        recorder.pass(time);
    }
}

/// Does the loop of a watcher wait?
fn is_heeded(watcher: Watcher) -> bool {
    let event_loop = match watcher {
        Watcher::Handle(handle) => handle.get::<Handle>().map(|handle| handle.event_loop),
        Watcher::Stream(stream) => Of::<Transport>::from(stream).map(|transport| transport.event_loop()),
    };
    event_loop.is_some_and(|event_loop| event_loop.is_waiting.get())
}
