//! What the machine tells the recorder of a timeline, where there is one: who begins to run, who stops, and why.
//!
//! Every hook is one test of `Context::recorder` where there is none. What generators do is in `generators`.

mod generators;

use std::rc::Rc;
use std::time::Duration;

use crate::bytecode::code::Code;
use crate::object::event_loop::Handle;
use crate::object::frame::Frame;
use crate::object::function::{CodeObject, Function};
use crate::object::future::{Future, FutureState, Role};
use crate::object::generator::{Await, Generator};
use crate::object::greenlet::Greenlet;
use crate::object::heap::Ref;
use crate::object::list::List;
use crate::object::native::{Native, Request};
use crate::object::recorder::{Name, Reason, Recorder, SOMETHING_TO_DO, Spot, key};
use crate::object::string::text_of;
use crate::object::thread::Thread;
use crate::object::timeline::{LaneKind, Outcome, rounded};
use crate::object::value::Value;
use crate::vm::machine::Vm;
use crate::vm::native_frame::{Machine, frame_slot};
use crate::vm::switch::delegate_of;
use crate::vm::thread::place_of;

/// What clears up after a program, by a task and a thread that the program has nothing to do with.
const CLEARS_UP: &str = "BaseEventLoop_shutdown_default_executor";

/// Where the threads of pools wait for calls to make.
const WAITS_FOR_A_CALL: &str = "_Pool.next_call";

impl Vm {
    /// From now on everything is recorded.
    pub fn start_recording(&mut self) {
        let main = key(self.cx.threads.current());
        self.cx.recorder = Some(Box::new(Recorder::new(main, self.cx.clock.is_virtual())));
        self.cx.threads.woken = Some(Vec::new());
    }

    // ----- tasks

    /// A task has been made here.
    #[cold]
    #[inline(never)]
    pub(super) fn record_task(&mut self, task: Ref<Future>) {
        let depth = self.depth();
        self.stack().depth = depth;
        let spot = visible_spot(self.frames_of(self.fiber));
        let coroutine = task.coroutine.get();
        if coroutine.get::<Generator>().is_some_and(|root| clears_up(root.function)) {
            return;
        }
        let native = || coroutine.get::<Await>().and_then(|root| self.native_name(root)).map(Rc::from);
        let function = coroutine.get::<Generator>().map(|root| name_of(root.function)).or_else(native);
        let name = match task.name.get() {
            Value::UNBOUND => Name::Task(task.number.get()),
            name => Name::Text(text_of(name)),
        };
        let Some(recorder) = &mut self.cx.recorder else { return };
        recorder.make(key(task), LaneKind::Task, name, function, recorder.current(), spot);
    }

    /// A task takes its next step.
    #[inline(never)]
    pub(super) fn record_step(&mut self, task: Ref<Future>) {
        if let Some(recorder) = &mut self.cx.recorder {
            recorder.begin_step(key(task), self.cx.fuel);
        }
    }

    /// The step of a task has ended: it waits, perhaps for something the loop knows nothing of, or has come to its end.
    #[inline(never)]
    pub(super) fn record_stop(&mut self, task: Ref<Future>, is_foreign: bool) {
        let lets_others_run = !is_foreign && task.waiter.get().is_none() && !task.is_done();
        let Some(recorder) = &mut self.cx.recorder else { return };
        if lets_others_run && recorder.end_untimed(key(task), self.cx.fuel) {
            return;
        }
        let Some(lane) = recorder.lane_of(key(task)) else { return };
        let reason = if lets_others_run {
            Reason::Nothing
        } else if is_foreign {
            self.words("a future of another kind")
        } else {
            self.reason_of(task)
        };
        let Some(recorder) = &mut self.cx.recorder else { return };
        recorder.awaits(reason);
        match innermost(task.coroutine.get()) {
            _ if task.is_done() => recorder.end_done(lane),
            Some(generator) => {
                let spot = standing_at(generator);
                let place = match recorder.last_stop(lane, spot) {
                    Some(place) => place,
                    None => recorder.place(standing_at(own(generator))),
                };
                recorder.end_step(lane, spot, place, reason, self.cx.fuel);
            }
            None => recorder.end(lane, None, reason),
        }
        if task.is_done() {
            let outcome = match task.state.get() {
                FutureState::Failed => Outcome::Raised(self.cx.type_name(task.result.get())),
                FutureState::Cancelled => Outcome::Cancelled,
                _ => Outcome::Returned,
            };
            self.finish_lane(key(task), task.name.get(), outcome);
        }
    }

    /// What was due at a time, in nanoseconds of the clock, is done now, perhaps late.
    #[inline]
    pub(super) fn record_due(&mut self, when: i64) {
        let Some(recorder) = &mut self.cx.recorder else { return };
        recorder.act_late(Duration::from_nanos(self.cx.clock.now().saturating_sub(when).max(0) as u64));
    }

    /// The loop calls a callback with these arguments.
    #[cold]
    #[inline(never)]
    pub(super) fn record_call(&mut self, handle: Ref<Handle>, args: &[Value]) {
        if let Some(recorder) = &mut self.cx.recorder {
            recorder.lift(key(handle));
        }
        if handle.when.get() > 0 && !handle.was_due.get() {
            return self.record_due(handle.when.get());
        }
        let Some(recorder) = &mut self.cx.recorder else { return };
        // The callback of a future that is done goes on with what its task has done.
        recorder.act_for(args.first().and_then(|done| done.get::<Future>()).map(key));
    }

    fn finish_lane(&mut self, object: usize, name: Value, outcome: Outcome) {
        let Some(recorder) = &mut self.cx.recorder else { return };
        if let (Some(lane), false) = (recorder.lane_of(object), name.is_unbound()) {
            // It may have been given another since.
            recorder.rename(lane, text_of(name));
        }
        recorder.finish_lane(object, outcome);
    }

    fn reason_of(&mut self, task: Ref<Future>) -> Reason {
        if task.is_done() {
            return Reason::Nothing;
        }
        let waiter = task.waiter.get();
        let Some(future) = waiter.get::<Future>() else {
            let words = match waiter {
                Value::TRUE => "sleep",
                Value::NONE | Value::FALSE => return Reason::Nothing,
                _ => "a future of another kind",
            };
            return self.words(words);
        };
        match future.role {
            Role::Gathering => Reason::Gathering(future.number.get()),
            Role::Task => match self.cx.recorder.as_ref().and_then(|recorder| recorder.lane_of(key(future))) {
                Some(lane) => Reason::Lane(lane),
                None => self.words("a task"),
            },
            Role::Future => {
                let coroutine = task.coroutine.get();
                let step = innermost(coroutine).map_or(coroutine, delegate_of).get();
                if let Some(words) = step.and_then(|step| self.native_name(step)) {
                    return self.words(&words);
                }
                if !future.coroutine.get().is_none() {
                    return self.reason_behind(future.coroutine.get());
                }
                if let Some(known) = self.cx.recorder.as_ref().and_then(|recorder| recorder.awaited()) {
                    return known;
                }
                let function = library_function(task.coroutine.get());
                self.words(function.as_ref().map_or("a future", |code| &code.code.qualified_name))
            }
        }
    }

    /// What is called by a native coroutine.
    fn native_name(&self, step: Ref<Await>) -> Option<String> {
        let native = step.native?;
        Some(match native.name {
            // All that can be entered so are acquired by it.
            "__aenter__" => format!("{}.acquire", self.cx.type_name(step.target)),
            _ => native.qualified_name.to_string(),
        })
    }

    /// What somebody waits for who waits for a future behind which this stands.
    fn reason_behind(&mut self, behind: Value) -> Reason {
        if let Some(future) = behind.get::<Future>() {
            let lane = self.cx.recorder.as_ref().and_then(|recorder| recorder.lane_of(key(future)));
            return lane.map_or_else(|| self.words("a future"), Reason::Lane);
        }
        if let Some(futures) = behind.get::<List>() {
            return self.words(&format!("wait() of {}", futures.len()));
        }
        let name = self.cx.type_name(behind);
        self.words(&name)
    }

    fn words(&mut self, words: &str) -> Reason {
        self.cx.recorder.as_mut().map_or(Reason::Nothing, |recorder| recorder.words(words))
    }

    // ----- threads

    /// Why the thread that runs would have to wait for the answer to a request.
    pub fn reason_to_wait(&mut self, request: &Request) -> Reason {
        let words = match request {
            Request::Wait { interests, job, until } => {
                let words = self.call_waiting().unwrap_or_else(|| "something outside".to_string());
                // Who waits for nothing else sleeps.
                let is_limited = job.is_some() || !interests.is_empty();
                match until.filter(|_| is_limited) {
                    Some(until) => format!("{words}, at most {}", rounded((until - self.cx.clock.now()).max(0) as u64)),
                    None => words,
                }
            }
            Request::Signal => "a signal".to_string(),
            Request::Events { until, .. } if until.is_none_or(|until| until > self.cx.clock.now()) => {
                SOMETHING_TO_DO.to_string()
            }
            _ => return Reason::Nothing,
        };
        self.words(&words)
    }

    /// The thread that runs has to wait, for a reason.
    pub fn record_wait(&mut self, reason: Reason) {
        self.record_woken();
        let depth = self.depth();
        self.stack().depth = depth;
        let thread = self.cx.threads.current();
        let spot = visible_spot(self.frames_of(self.fiber));
        let Some(recorder) = &mut self.cx.recorder else { return };
        if let Some((lane, running)) = lanes_of(recorder, thread) {
            recorder.put_thread_aside(lane, running, spot, reason);
        }
    }

    /// What the program has called that waits: a function of the library, or the native in the current frame.
    fn call_waiting(&mut self) -> Option<String> {
        let depth = self.depth();
        self.stack().depth = depth;
        let mut of_library = Vec::new();
        for frame in self.frames_of(self.fiber).iter().rev() {
            let Some(function) = frame.function.filter(|function| !function.is_hidden.get()) else { continue };
            let code = function.code.get();
            if !code.code.source.is_of_library() {
                break;
            }
            of_library.push(code);
            if frame.generator.is_some() {
                // What resumed it, a loop say, has not called this.
                break;
            }
        }
        if of_library.iter().any(|code| *code.code.qualified_name == *WAITS_FOR_A_CALL) {
            return Some(SOMETHING_TO_DO.to_string());
        }
        // What a thread is begun by says nothing of it, nor do names that are the library's own.
        let is_telling = |code: &&Ref<CodeObject>| {
            !code.code.source.name.starts_with("<stdlib>/threading") && !is_private(&code.code.qualified_name)
        };
        let last = || of_library.last().filter(|code| !is_private(&code.code.qualified_name));
        let called = of_library.iter().rev().find(is_telling).or_else(last);
        called.map(|code| name_in_library(&code.code)).or_else(|| self.native_waiting())
    }

    /// The name of the native that waits in the current frame.
    fn native_waiting(&mut self) -> Option<String> {
        let top = self.top();
        if !top.is_machine(Machine::Wait as u8) {
            return None;
        }
        let native: Ref<Native> = frame_slot(top, 0).get()?;
        let name = native.declaration.name();
        match native.owner.get().get::<crate::object::class::Class>() {
            Some(owner) => Some(format!("{}.{name}", text_of(owner.name.get()))),
            None if native.module.get().is_none() => Some(name.to_string()),
            None => Some(format!("{}.{name}", text_of(native.module.get()).trim_start_matches('_'))),
        }
    }

    /// Threads have become ready, by what the lane that runs has done or, where none does, by something outside.
    fn record_woken(&mut self) {
        let current = self.cx.threads.current();
        let woken = self.cx.threads.woken.as_mut().map(std::mem::take).unwrap_or_default();
        let depth = self.depth();
        self.stack().depth = depth;
        let frames = self.frames_of(self.fiber);
        let spot = visible_spot(frames);
        let is_clearing_up = || frames.iter().any(|frame| frame.function.is_some_and(clears_up));
        let Some(recorder) = &mut self.cx.recorder else { return };
        for thread in woken.into_iter().filter(|&thread| thread != current) {
            match lanes_of(recorder, thread) {
                Some((_, running)) => recorder.wake(running, recorder.current()),
                None if recorder.is_left_out(key(thread)) => {}
                None if is_clearing_up() => recorder.leave_out(key(thread)),
                None => {
                    let name = Name::Text(format!("thread {}", thread.number));
                    recorder.make(key(thread), LaneKind::Thread, name, None, recorder.current(), spot);
                }
            }
        }
    }

    /// A thread has the machine again, or for the first time.
    pub fn record_turn(&mut self) {
        self.record_woken();
        let thread = self.cx.threads.current();
        let Some(recorder) = &mut self.cx.recorder else { return };
        if let Some((lane, running)) = lanes_of(recorder, thread) {
            recorder.take_thread_up(lane, running);
        }
    }

    /// The thread that ran has ended.
    pub fn record_end_of_thread(&mut self) {
        self.record_woken();
        let thread = self.cx.threads.current();
        let Some(recorder) = &mut self.cx.recorder else { return };
        if let Some((lane, running)) = lanes_of(recorder, thread) {
            recorder.put_thread_aside(lane, running, None, Reason::Nothing);
            recorder.finish_lane(key(thread), Outcome::Returned);
        }
        recorder.forget(key(thread));
    }

    // ----- greenlets

    /// A greenlet hands the thread to another, which may begin by that.
    #[cold]
    #[inline(never)]
    pub(super) fn record_switch(&mut self, from: Ref<Greenlet>, to: Ref<Greenlet>) {
        let depth = self.depth();
        self.stack().depth = depth;
        let spot = visible_spot(self.frames_of(self.fiber));
        let thread = self.cx.threads.current();
        let function = to.run.get().get::<Function>().map(name_of);
        let Some(recorder) = &mut self.cx.recorder else { return };
        if recorder.is_left_out(key(thread)) {
            return;
        }
        let reason = recorder.words("a switch");
        let mut lane = |greenlet: Ref<Greenlet>| {
            let object = if greenlet.is_main() { key(thread) } else { key(greenlet) };
            recorder.lane_of(object).unwrap_or_else(|| {
                recorder.make(object, LaneKind::Greenlet, Name::Function, function.clone(), recorder.current(), spot)
            })
        };
        let (from_lane, to_lane) = (lane(from), lane(to));
        recorder.switch(from_lane, to_lane, spot, reason);
    }
}

/// The lane of a thread, and that of the greenlet that runs on it.
fn lanes_of(recorder: &Recorder, thread: Ref<Thread>) -> Option<(u32, u32)> {
    let lane = recorder.lane_of(key(thread))?;
    let greenlet = thread.greenlet.get().filter(|greenlet| !greenlet.is_main());
    let running = greenlet.and_then(|greenlet| recorder.lane_of(key(greenlet)));
    Some((lane, running.unwrap_or(lane)))
}

fn clears_up(function: Ref<Function>) -> bool {
    let code = &function.code.get().code;
    *code.qualified_name == *CLEARS_UP && code.source.is_of_library()
}

/// Is a name, or what it is in, the library's own?
fn is_private(name: &str) -> bool {
    name.split('.').any(|part| part.starts_with('_') && !part.ends_with("__"))
}

/// Where a frame is.
fn spot_of(frame: &Frame) -> Spot {
    Spot { code: frame.code(), word: frame.word() }
}

/// Where the program is: in the innermost function or coroutine of its own, of the library if there is no other.
fn visible_spot(frames: &[Frame]) -> Option<Spot> {
    let is_own = |spot: &Spot| !spot.code.code.source.is_of_library();
    let awaiting = |frame: &Frame| match frame.generator.map(own) {
        Some(generator) if Some(generator) != frame.generator => standing_at(generator),
        _ => spot_of(frame),
    };
    let visible = frames.iter().rev().filter(|frame| frame.function.is_some_and(|function| !function.is_hidden.get()));
    visible.map(awaiting).find(is_own).or_else(|| place_of(frames).map(spot_of))
}

/// What a function is called; a script half like the method it is one of.
fn name_of(function: Ref<Function>) -> Rc<str> {
    let code = function.code.get();
    if function.is_hidden.get() {
        return code.code.qualified_name.replacen('_', ".", 1).into();
    }
    match function.qualified_name.get() == code.qualified_name {
        true => code.code.qualified_name.clone(),
        false => text_of(function.qualified_name.get()).into(),
    }
}

/// What a function of the library is called with the package that has it; methods have their class.
fn name_in_library(code: &Code) -> String {
    let package = code.source.name.trim_start_matches("<stdlib>/").split(['/', '.']).next().unwrap_or_default();
    match code.qualified_name.contains('.') || package.starts_with('_') {
        true => code.qualified_name.to_string(),
        false => format!("{package}.{}", code.qualified_name),
    }
}

/// The function of the library that the program's innermost awaits, in a coroutine.
fn library_function(coroutine: Value) -> Option<Ref<CodeObject>> {
    let mut generator = innermost(coroutine)?;
    let mut function = None;
    while generator.function.code.get().code.source.is_of_library() {
        function = Some(generator.function.code.get());
        generator = generator.delegator.get()?;
    }
    function
}

/// The innermost of a task's coroutines.
fn innermost(coroutine: Value) -> Option<Ref<Generator>> {
    coroutine.get().map(|root: Ref<Generator>| root.innermost.get().unwrap_or(root))
}

/// The innermost of the program's own coroutines, of the library's if there is no other on the way to it.
fn own(innermost: Ref<Generator>) -> Ref<Generator> {
    let mut generator = innermost;
    while generator.function.code.get().code.source.is_of_library() {
        match generator.delegator.get() {
            Some(delegator) => generator = delegator,
            None => return innermost,
        }
    }
    generator
}

fn standing_at(generator: Ref<Generator>) -> Spot {
    Spot { code: generator.function.code.get(), word: generator.word() }
}
