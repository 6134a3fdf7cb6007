//! Where a coroutine stands: the places of its script frames, for the report that nothing can wake the program.

use crate::object::context::Context;
use crate::object::generator::{Await, Generator};
use crate::object::native::{Args, Stop};
use crate::object::value::Value;

/// A chain of delegation is followed so far.
const MOST: usize = 10_000;

/// `_places(awaitable)`: file, line and function of each frame between an awaitable and what it waits for in the end,
/// outermost first, those of the library left out.
pub(super) fn places(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (mut places, mut next) = (Vec::new(), Some(args.get(0)));
    for _ in 0..MOST {
        let Some(awaitable) = next else { break };
        next = None;
        if let Some(own) = awaitable.get::<Generator>() {
            let code = own.function.code.get();
            if !code.code.source.is_of_library() {
                places.push(super::place(cx, code.value(), own.word()));
            }
            next = own.delegated();
        } else if let Some(step) = awaitable.get::<Await>() {
            next = Some(step.target);
        }
    }
    Ok(cx.list(places))
}
