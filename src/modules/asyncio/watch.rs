//! `add_reader` and its siblings: callbacks for descriptors.

use crate::modules::asyncio::event_loop::{check_callback, of};
use crate::object::arguments::repr_of;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars;
use crate::object::descriptors::{Direction, Watcher};
use crate::object::event_loop::Handle;
use crate::object::integer::Int;
use crate::object::native::{Args, Stop, Wish};
use crate::object::os_error::os_error;
use crate::object::repr::default_text;
use crate::object::string::text_of;
use crate::object::value::Value;

fn number(cx: &mut Context, args: Args<'_>) -> Result<i32, Stop> {
    match Int::to_i64(args.get(1)) {
        Some(number) if (0..=i32::MAX as i64).contains(&number) => Ok(number as i32),
        Some(number) => Err(cx.value_error(format!("Invalid file descriptor: {number}"))),
        None if Int::is(args.get(1)) => Err(cx.overflow_error("Python int too large to convert to C int")),
        None if may_have_number(cx, args.get(1)) => Err(cx.ask(1, Wish::FileNumber)),
        None => {
            let shown = repr_of(cx, args.get(1))?;
            Err(cx.value_error(format!("Invalid file object: {}", text_of(shown))))
        }
    }
}

/// May a value have a method `fileno`: of its class, or else among attributes of its own?
fn may_have_number(cx: &mut Context, value: Value) -> bool {
    let (class, name) = (cx.class_of(value), cx.intern("fileno"));
    class.has(Class::HAS_DICTIONARY) || cx.lookup(class, name).is_some()
}

/// A descriptor that a transport reads or writes is not for anybody else.
fn check_is_free(cx: &mut Context, number: i32) -> Result<(), Stop> {
    for direction in Direction::BOTH {
        if let Some(Watcher::Stream(transport)) = cx.descriptors.watcher(number, direction) {
            let shown = default_text(cx, transport);
            return Err(cx.runtime_error(format!("File descriptor {number} is used by transport {shown}")));
        }
    }
    Ok(())
}

/// Has a callback called; the result is its handle.
fn add(cx: &mut Context, args: Args<'_>, direction: Direction) -> Result<Value, Stop> {
    let event_loop = of(args.get(0));
    event_loop.check_closed(cx)?;
    let method = if direction == Direction::Read { "add_reader" } else { "add_writer" };
    check_callback(cx, event_loop, args.get(2), method)?;
    let number = number(cx, args)?;
    check_is_free(cx, number)?;
    let context = contextvars::share_current(cx);
    let handle = Handle::allocate(cx, event_loop, args.get(2), args.get(3), context, None);
    if let Some(Watcher::Handle(before)) = cx.descriptors.watcher(number, direction)
        && let Some(before) = before.get::<Handle>()
    {
        before.cancel();
    }
    match cx.descriptors.watch(number, direction, Watcher::Handle(handle.value())) {
        Ok(()) => Ok(handle.value()),
        Err(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

fn remove(cx: &mut Context, args: Args<'_>, direction: Direction) -> Result<Value, Stop> {
    if of(args.get(0)).is_closed.get() {
        return Ok(Value::FALSE);
    }
    let number = number(cx, args)?;
    let Some(Watcher::Handle(_)) = cx.descriptors.watcher(number, direction) else { return Ok(Value::FALSE) };
    if let Some(Watcher::Handle(handle)) = cx.descriptors.unwatch(number, direction)
        && let Some(handle) = handle.get::<Handle>()
    {
        handle.cancel();
    }
    Ok(Value::TRUE)
}

/// `loop.add_reader(fd, callback, *args)`
pub(super) fn add_reader(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    add(cx, args, Direction::Read)?;
    Ok(Value::NONE)
}

/// `loop._add_reader(fd, callback, *args)`
pub(super) fn add_reader_handle(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    add(cx, args, Direction::Read)
}

/// `loop.remove_reader(fd)`
pub(super) fn remove_reader(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    remove(cx, args, Direction::Read)
}

/// `loop.add_writer(fd, callback, *args)`
pub(super) fn add_writer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    add(cx, args, Direction::Write)?;
    Ok(Value::NONE)
}

/// `loop._add_writer(fd, callback, *args)`
pub(super) fn add_writer_handle(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    add(cx, args, Direction::Write)
}

/// `loop.remove_writer(fd)`
pub(super) fn remove_writer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    remove(cx, args, Direction::Write)
}
