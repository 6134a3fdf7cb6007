//! The watchdog of debug mode: which step or callback has held its event loop up for too long, and where in the
//! program that was.
//!
//! Nothing interrupts a step. Whenever the machine comes by, at safe points and where it goes on after a request,
//! it looks whether the step has taken too long already, and notes where the program is then.

use crate::object::event_loop::EventLoop;
use crate::object::frame::Then;
use crate::object::future::Future;
use crate::object::heap::Ref;
use crate::object::number::to_f64;
use crate::object::value::Value;
use crate::object::watchdog::Watchdog;
use crate::vm::machine::Vm;
use crate::vm::native_frame::Next;

/// What a loop takes for too long if it does not say so in seconds.
const TOO_LONG: f64 = 0.1;

impl Vm {
    /// A step or callback of a loop in debug mode begins.
    #[cold]
    pub(super) fn watch(&mut self, event_loop: Ref<EventLoop>) {
        let seconds = to_f64(&mut self.cx, event_loop.slow_callback_duration.get());
        let seconds = seconds.and_then(Result::ok).unwrap_or(TOO_LONG);
        let now = self.cx.clock.now();
        let limit = now.saturating_add((seconds * 1e9) as i64);
        self.watchdog = Watchdog { since: Some(now), limit, depth: self.depth(), ..Watchdog::IDLE };
    }

    /// Notes where the program is, if that is where the step has taken too long.
    #[inline(always)]
    pub(super) fn look_at_watchdog(&mut self) {
        if self.watchdog.since.is_some() {
            self.note_place();
        }
    }

    #[cold]
    fn note_place(&mut self) {
        let is_of_step = self.script_frame(0).is_some_and(|index| index >= self.watchdog.depth);
        if is_of_step && self.watchdog.code.is_none() && self.cx.clock.now() >= self.watchdog.limit {
            (self.watchdog.code, self.watchdog.word) = self.position();
        }
    }

    /// The step or callback has ended: the report, if it has taken too long. `what` is its task or handle; a task that
    /// has failed is watched from now on.
    #[cold]
    pub(super) fn end_watch(&mut self, what: Value) -> Option<Next> {
        let Watchdog { since, limit, code, word, .. } = std::mem::replace(&mut self.watchdog, Watchdog::IDLE);
        let (since, now) = (since?, self.cx.clock.now());
        if now < limit {
            let has_failed = what.get::<Future>().is_some_and(|task| task.has(Future::LOG_TRACEBACK));
            return has_failed.then(|| Next::Called(self.call_half("watch_failure", &[what], Then::Machine, 0)));
        }
        let seconds = Value::float((now - since) as f64 / 1e9);
        let place = crate::modules::asyncio::place(&mut self.cx, code, word);
        Some(Next::Called(self.call_half("report_slow_step", &[what, seconds, place], Then::Machine, 0)))
    }
}
