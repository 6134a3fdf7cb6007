//! What the recorder is told of generators, sync and async: by instructions of theirs, which the compiler leaves out of
//! programs without a recorder, and by whoever throws into them or ends them.

use super::{name_of, own, spot_of, standing_at, visible_spot};
use crate::bytecode::instruction::{AWAITS, BEGINS, GOES_ON, YIELDS};
use crate::object::frame::Frame;
use crate::object::future::Future;
use crate::object::generator::{Await, Generator};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::recorder::{Name, Reason, Recorder, key};
use crate::object::timeline::{LaneKind, Outcome};
use crate::object::value::Value;
use crate::vm::machine::Vm;

impl Vm {
    /// What the instruction under way says of the generator it stands in, perhaps with what a register holds.
    #[inline(never)]
    pub(in crate::vm) fn record_generator(&mut self, what: u8, register: u16) {
        let depth = self.depth();
        self.stack().depth = depth;
        let (Some(generator), spot) = (self.top().generator, spot_of(self.top())) else { return };
        if what == BEGINS {
            return self.record_beginning(generator, depth);
        }
        let Some(recorder) = &self.cx.recorder else { return };
        let reason = match what {
            GOES_ON => Reason::Nothing,
            YIELDS => recorder.its_caller(),
            _ => self.reason_to_delegate(self.register(register)),
        };
        let gives = what == YIELDS && is_async(generator);
        let asker = if gives { asker(generator, &self.frames_of(self.fiber)[..depth - 1]) } else { None };
        let Some(recorder) = &mut self.cx.recorder else { return };
        let Some(lane) = lane_of(recorder, generator) else { return };
        if !recorder.is_running(lane) {
            // It goes on now, or something was raised in it that nothing has told of.
            recorder.begin_woken(lane, recorder.current());
        }
        match what {
            GOES_ON => {}
            AWAITS => recorder.end_awaiting(lane, spot, reason),
            _ => recorder.end(lane, Some(spot), reason),
        }
        if gives {
            go_on(recorder, asker, lane);
        }
    }

    /// A generator has been asked for its first value: by the one that delegates to it, or where it is called.
    fn record_beginning(&mut self, generator: Ref<Generator>, depth: usize) {
        if generator.function.is_coroutine.get() {
            // A coroutine in the form of a generator is its task's.
            return;
        }
        let callers = &self.frames_of(self.fiber)[..depth - 1];
        let asker = asker(generator, callers);
        let place = match generator.delegator.get() {
            Some(delegator) => Some(standing_at(own(delegator))),
            None => visible_spot(callers),
        };
        let name = name_of(generator.function);
        let Some(recorder) = &mut self.cx.recorder else { return };
        let maker = asker.and_then(|asker| lane_of(recorder, asker)).unwrap_or(recorder.current());
        let lane = recorder.make(key(generator), LaneKind::Generator, Name::Function, Some(name), maker, place);
        recorder.begin(lane);
    }

    /// What a generator waits for that delegates to something, or awaits it.
    fn reason_to_delegate(&mut self, delegate: Value) -> Reason {
        let step = delegate.get::<Await>();
        if let Some(words) = step.and_then(|step| self.native_name(step)) {
            return self.words(&words);
        }
        let target = step.map_or(delegate, |step| step.target);
        if let Some(generator) = target.get::<Generator>() {
            return self.words(&name_of(generator.function));
        }
        let task = target.get::<Future>().map(key);
        if let Some(lane) = self.cx.recorder.as_ref().and_then(|recorder| recorder.lane_of(task?)) {
            return Reason::Lane(lane);
        }
        let name = self.cx.type_name(target);
        self.words(&name)
    }

    /// Something is thrown into a generator: it goes on by that.
    #[cold]
    #[inline(never)]
    pub(in crate::vm) fn record_throw(&mut self, generator: Ref<Generator>) {
        let Some(recorder) = &mut self.cx.recorder else { return };
        if let Some(lane) = lane_of(recorder, generator) {
            recorder.begin_woken(lane, recorder.current());
        }
    }

    /// A generator has come to its end. What it was delegated to by goes on, to return or to raise.
    #[cold]
    #[inline(never)]
    pub(in crate::vm) fn record_end_of_generator(&mut self, generator: Ref<Generator>, raised: Value) {
        let outcome = match raised {
            Value::UNBOUND => Outcome::Returned,
            exception if self.cx.is_instance(exception, LayoutId::GENERATOR_EXIT) => Outcome::Closed,
            exception => Outcome::Raised(self.cx.type_name(exception)),
        };
        let depth = self.depth();
        self.stack().depth = depth;
        let (asker, spot) = (asker(generator, &self.frames_of(self.fiber)[..depth - 1]), spot_of(self.top()));
        let Some(recorder) = &mut self.cx.recorder else { return };
        let Some(lane) = lane_of(recorder, generator) else {
            if asker.is_none() && !spot.code.code.source.is_of_library() {
                recorder.leave(spot);
            }
            return;
        };
        if !recorder.is_running(lane) {
            recorder.begin_woken(lane, recorder.current());
        }
        recorder.end(lane, Some(spot), Reason::Nothing);
        recorder.finish_lane(key(generator), outcome);
        go_on(recorder, asker, lane);
    }
}

/// The lane of a generator; a coroutine has none.
fn lane_of(recorder: &Recorder, generator: Ref<Generator>) -> Option<u32> {
    let is_coroutine = generator.header().layout() == LayoutId::COROUTINE || generator.function.is_coroutine.get();
    let is_recorded = !is_coroutine && !generator.function.code.get().code.source.is_of_library();
    if is_recorded { recorder.lane_of(key(generator)) } else { None }
}

fn is_async(generator: Ref<Generator>) -> bool {
    generator.header().layout() == LayoutId::ASYNC_GENERATOR
}

/// The generator or coroutine that delegates to a generator, or awaits the step of an async one.
fn asker(generator: Ref<Generator>, callers: &[Frame]) -> Option<Ref<Generator>> {
    let awaits = || callers.last().filter(|_| is_async(generator)).and_then(|frame| frame.generator);
    generator.delegator.get().or_else(awaits)
}

/// Who waits for a generator goes on, with what that gives or raises.
fn go_on(recorder: &mut Recorder, asker: Option<Ref<Generator>>, lane: u32) {
    if let Some(waiting) = asker.and_then(|asker| lane_of(recorder, asker)) {
        recorder.begin_woken(waiting, lane);
    }
}
