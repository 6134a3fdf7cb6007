//! `sleep`: a task that sleeps is one timer.

use crate::modules::asyncio::event_loop::nanoseconds;
use crate::object::context::Context;
use crate::object::event_loop::Due;
use crate::object::future::Future;
use crate::object::generator::{Advance, Await, NativeCoroutine, Resumed};
use crate::object::heap::Ref;
use crate::object::native::{Args, Stop};
use crate::object::number::to_f64;
use crate::object::value::Value;

static SLEEP: NativeCoroutine = NativeCoroutine { name: "sleep", qualified_name: "sleep", step };

/// It has not begun,
const NEW: u8 = 0;
/// waits for its next turn,
const TURN: u8 = 1;
/// is a timer of its task,
const TIMER: u8 = 2;
/// or waits for a future, since somebody else than a task drives it.
const FUTURE: u8 = 3;

/// `sleep(delay, result=None)`
pub(super) fn sleep(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::native(cx, &SLEEP, args.get(0), args.get(1)))
}

fn step(cx: &mut Context, this: Ref<Await>, resumed: Resumed) -> Result<Advance, Stop> {
    if !resumed.thrown.is_unbound() {
        if let Some(future) = this.waits_for.get().get::<Future>() {
            future.cancel(cx, Value::NONE, Value::NONE);
        }
        return Err(Stop::Raise(resumed.thrown));
    }
    match this.step.get() {
        NEW => begin(cx, this, resumed.task),
        FUTURE => {
            let future: Ref<Future> = this.waits_for.get().get().expect("it waits for a future");
            future.outcome(cx)?;
            Ok(Advance::Return(this.value.get()))
        }
        _ => Ok(Advance::Return(this.value.get())),
    }
}

fn begin(cx: &mut Context, this: Ref<Await>, task: Option<Ref<Future>>) -> Result<Advance, Stop> {
    let delay = delay(cx, this.target)?;
    if delay <= 0.0 {
        this.step.set(TURN);
        return Ok(Advance::Yield(Value::NONE));
    }
    let when = cx.clock.read(false).saturating_add(nanoseconds(delay));
    if let Some(task) = task {
        this.step.set(TIMER);
        task.waiter.set(Value::TRUE);
        task.ticket.set(task.ticket.get().wrapping_add(1));
        task.event_loop.add_timer(when, Due::Sleep(task, task.ticket.get()));
        return Ok(Advance::Yield(Value::NONE));
    }
    let Some(event_loop) = cx.running.event_loop() else {
        return Err(cx.runtime_error("no running event loop"));
    };
    this.step.set(FUTURE);
    let future = Future::plain(cx, event_loop);
    this.waits_for.set(future.value());
    event_loop.add_timer(when, Due::Finish(future));
    Ok(Advance::Wait(future))
}

fn delay(cx: &mut Context, delay: Value) -> Result<f64, Stop> {
    let Some(delay) = to_f64(cx, delay) else {
        let found = cx.type_name(delay);
        return Err(cx.type_error(format!("'<=' not supported between instances of '{found}' and 'int'")));
    };
    let delay = delay?;
    if delay.is_nan() {
        return Err(cx.value_error("Invalid delay: NaN (not a number)"));
    }
    Ok(delay)
}
