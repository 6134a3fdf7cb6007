//! Flow control of writing: may a protocol write, and who waits until it may.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, Resumed};
use crate::object::heap::{Marker, Ref};
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;

/// What a native protocol knows of it.
#[derive(Default)]
pub struct Flow {
    is_paused: Cell<bool>,
    is_lost: Cell<bool>,
    /// Those that wait until less is to be written.
    drains: RefCell<Vec<Ref<Future>>>,
}

impl Flow {
    /// Shows the collector who waits.
    pub fn trace(&self, marker: &mut Marker) {
        self.drains.borrow().iter().for_each(|&future| marker.object(future));
    }

    /// Is there too much to be written?
    pub fn is_paused(&self) -> bool {
        self.is_paused.get()
    }

    /// Is the connection lost?
    pub fn is_lost(&self) -> bool {
        self.is_lost.get()
    }

    /// There is too much to be written.
    pub fn pause(&self) {
        self.is_paused.set(true);
    }

    /// That is over: those who wait for it go on.
    pub fn resume(&self, cx: &mut Context) {
        self.is_paused.set(false);
        self.end_drains(cx, Value::NONE);
    }

    /// The connection is lost, with an exception or None: nobody waits any more.
    pub fn lose(&self, cx: &mut Context, exception: Value) {
        self.is_lost.set(true);
        if self.is_paused.get() {
            self.end_drains(cx, exception);
        }
    }

    fn end_drains(&self, cx: &mut Context, exception: Value) {
        for future in std::mem::take(&mut *self.drains.borrow_mut()) {
            match exception {
                _ if future.is_done() => {}
                Value::NONE => future.finish(cx, Value::NONE),
                exception => future.fail(cx, exception),
            }
        }
    }

    /// What `drain` waits for: None if there is nothing to wait for.
    pub fn drain(&self, cx: &mut Context, event_loop: Ref<EventLoop>) -> Result<Option<Ref<Future>>, Stop> {
        if self.is_lost.get() {
            return Err(cx.error(LayoutId::CONNECTION_RESET_ERROR, "Connection lost"));
        }
        if !self.is_paused.get() {
            return Ok(None);
        }
        let future = Future::plain(cx, event_loop);
        self.drains.borrow_mut().push(future);
        Ok(Some(future))
    }

    /// Somebody waits no longer.
    pub fn drained(&self, future: Ref<Future>) {
        self.drains.borrow_mut().retain(|&other| other != future);
    }

    /// A step of a coroutine that drains and keeps in itself what it waits for.
    pub fn step_drain(
        &self,
        cx: &mut Context,
        this: Ref<Await>,
        resumed: Resumed,
        event_loop: Ref<EventLoop>,
    ) -> Result<Advance, Stop> {
        let waited = this.waits_for.replace(Value::NONE).get::<Future>();
        if let Some(waited) = waited {
            self.drained(waited);
        }
        if !resumed.thrown.is_unbound() {
            return Err(Stop::Raise(resumed.thrown));
        }
        if let Some(waited) = waited {
            return waited.outcome(cx).map(|_| Advance::Return(Value::NONE));
        }
        match self.drain(cx, event_loop)? {
            None => Ok(Advance::Return(Value::NONE)),
            Some(future) => {
                this.waits_for.set(future.value());
                Ok(Advance::Wait(future))
            }
        }
    }
}
