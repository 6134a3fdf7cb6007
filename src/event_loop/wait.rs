//! Waiting for descriptors and for a time, in real and in virtual time.

use std::time::{Duration, Instant};

use crate::event_loop::driver::Driver;
use crate::object::context::Context;
use crate::object::descriptors::{Fired, Heed, Ticket};
use crate::object::native::Interest;
use crate::object::os_error::os_error;
use crate::object::output;
use crate::object::signals;
use crate::object::value::Value;

/// Without a poller a sleep looks so often whether a signal has come.
const LOOK: Duration = Duration::from_millis(20);

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// What was waited for is ready, or will say why it never is.
    Ready,
    /// The time has come.
    Late,
}

impl Driver {
    /// Waits until one of the descriptors is ready or the job is done, but not beyond a time. A signal ends the wait
    /// too, as if something were ready: whoever waits looks again after its handler.
    pub(super) fn wait_for(
        &mut self,
        cx: &mut Context,
        interests: &[Interest],
        job: Option<Ticket>,
        until: Option<i64>,
    ) -> Ended {
        let _ = output::flush(cx);
        let descriptors = cx.descriptors.clone();
        let ticket = job.unwrap_or_else(|| cx.jobs.ticket());
        // A descriptor that cannot be waited for, a file or a closed one, is not waited for.
        let is_waiting =
            interests.iter().all(|&(number, direction)| descriptors.wait_for(number, direction, ticket).is_ok());
        let result = if is_waiting { self.wait_for_ticket(cx, ticket, until) } else { Ended::Ready };
        for &(number, direction) in interests {
            descriptors.give_up(number, direction, ticket);
        }
        result
    }

    /// Waits until a signal comes.
    pub(super) fn wait_for_signal(&mut self, cx: &mut Context) {
        let _ = output::flush(cx);
        while !signals::is_pending() {
            self.wait(cx, None, Heed::Tickets);
        }
    }

    fn wait_for_ticket(&mut self, cx: &mut Context, ticket: Ticket, until: Option<i64>) -> Ended {
        while !signals::is_pending() {
            self.wait(cx, until, Heed::Tickets);
            if self.fired.contains(&Fired::Wait(ticket)) {
                return Ended::Ready;
            }
            if until.is_some_and(|until| cx.clock.now() >= until) {
                return Ended::Late;
            }
        }
        Ended::Ready
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
    pub(super) fn wait(&mut self, cx: &mut Context, until: Option<i64>, heed: Heed) {
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
            return self.look(cx, timeout, heed);
        }
        self.look(cx, Some(Duration::ZERO), heed);
        let until = [until, cx.clock.next_alarm()].into_iter().flatten().min();
        if !self.fired.is_empty() {
            return;
        }
        let left = left(cx, until);
        if let (Some(left), false) = (left, self.pool.is_busy() || cx.descriptors.is_time_held(heed)) {
            return cx.clock.advance(left);
        }
        // Somebody else takes the time he takes, and virtual time stands still, unless he lets that much of it pass.
        let start = Instant::now();
        self.look(cx, left, heed);
        if let Some(left) = left
            && self.fired.is_empty()
            && start.elapsed() >= left
        {
            cx.clock.advance(left);
        }
    }

    /// Looks at the descriptors, and waits no longer than so long for one to fire.
    fn look(&mut self, cx: &mut Context, timeout: Option<Duration>, heed: Heed) {
        if cx.descriptors.poll(timeout, heed, &mut self.fired).is_err() {
            // No descriptor is left for a poller: time passes all the same.
            std::thread::sleep(timeout.map_or(LOOK, |timeout| timeout.min(LOOK)));
        }
        self.see_to_jobs(cx);
    }
}
