//! Where something stands: the functions between its beginning and the line that waits or runs.

use crate::object::fiber::Fiber;
use crate::object::frame::{Frame, Then};
use crate::object::function::{CodeObject, Function};
use crate::object::generator::{Await, AwaitKind, Generator, State};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::string::text_of;
use crate::object::thread::Thread;
use crate::object::value::Value;
use crate::vm::machine::Vm;
use crate::vm::native_frame::Machine;
use crate::vm::switch::root_of;

/// A chain of delegation is followed so far.
const MOST_LEVELS: usize = 10_000;

/// So many lines of a stack are shown, the outermost and the innermost of it.
const MOST_LINES: (usize, usize) = (5, 15);

/// So many characters of a source line are shown.
const MOST_CHARACTERS: usize = 100;

/// The files of the library whose functions begin threads and have calls made by them.
const BEGIN_THREADS: [&str; 2] = ["<stdlib>/threading/__init__.co", "<stdlib>/concurrent/futures/thread.co"];

/// A line of a function.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The function's code.
    pub code: Ref<CodeObject>,
    /// The word of it.
    pub word: u32,
}

impl Place {
    /// File and line.
    pub fn address(self) -> String {
        let code = &self.code.code;
        format!("{}:{}", code.source.name, code.line(self.word))
    }

    /// File, line and function.
    pub fn named(self) -> String {
        format!("at {} in {}", self.address(), text_of(self.code.name))
    }

    /// The same and the text of the line.
    pub fn shown(self) -> String {
        let code = &self.code.code;
        let text = code.source.line_text(code.line(self.word)).trim();
        let cut: String = text.chars().take(MOST_CHARACTERS).collect();
        let dots = if cut.len() < text.len() { "..." } else { "" };
        format!("{}: {cut}{dots}", self.named())
    }

    /// Is it in the library that is part of the program?
    pub fn is_of_library(self) -> bool {
        self.code.code.source.is_of_library()
    }
}

/// A stack, outermost first.
#[derive(Default)]
pub(super) struct Places {
    /// Those of the program; of the library, where there are no others.
    pub shown: Vec<Place>,
    /// What of the library the innermost of the program has called, if it has.
    pub called: Option<String>,
    /// The async generators in whose midst it stands at no `await` of theirs.
    pub iterated: Vec<Ref<Generator>>,
}

/// One level of a stack while it is gone through.
enum Level {
    Script(Place, Ref<Function>),
    Native(&'static str),
}

impl Places {
    fn of(mut levels: Vec<Level>) -> Places {
        // What every thread begins with says nothing.
        levels.drain(..levels.iter().take_while(|level| level.begins_thread()).count());
        let is_own = |level: &Level| matches!(level, Level::Script(place, _) if !place.is_of_library());
        let called = match levels.iter().rposition(is_own) {
            Some(innermost) => levels.get(innermost + 1).map(Level::name),
            None => levels.first().map(Level::name),
        };
        let has_own = levels.iter().any(is_own);
        let scripts = levels.iter().filter(|level| !has_own || is_own(level)).filter_map(|level| match level {
            Level::Script(place, _) => Some(*place),
            Level::Native(_) => None,
        });
        Places { shown: scripts.collect(), called, iterated: Vec::new() }
    }

    /// Its lines, those in the middle left out where there are many.
    pub fn lines(&self) -> Vec<String> {
        let (first, last) = MOST_LINES;
        let count = self.shown.len();
        let mut lines: Vec<String> = Vec::new();
        for (index, place) in self.shown.iter().enumerate() {
            if count > first + last && (first..count - last).contains(&index) {
                if index == first {
                    lines.push(format!("and {} more calls", count - first - last));
                }
                continue;
            }
            lines.push(place.shown());
        }
        for generator in &self.iterated {
            let code = generator.function.code.get();
            let place = Place { code, word: generator.word() };
            lines.push(format!("iterates {}(), which stands {}", text_of(generator.qualified_name()), place.shown()));
        }
        lines
    }
}

impl Level {
    fn begins_thread(&self) -> bool {
        matches!(self, Level::Script(place, _) if BEGIN_THREADS.contains(&&*place.code.code.source.name))
    }

    fn name(&self) -> String {
        match self {
            Level::Script(_, function) => text_of(function.qualified_name.get()),
            Level::Native(name) => name.to_string(),
        }
    }
}

// ----- what runs, or was put aside

impl Vm {
    /// Where a thread stands. The depth of the running fiber has been noted.
    pub(super) fn places_of_thread(&self, thread: Ref<Thread>) -> Places {
        let is_current = thread == self.cx.threads.current();
        let awaits = if is_current { self.awaiting.is_some() } else { thread.aside.borrow().awaiting.is_some() };
        self.places_of_fiber(thread.fiber.get(), !awaits)
    }

    /// Where a fiber stands; whether it was left between two instructions, not in the midst of one.
    pub(super) fn places_of_fiber(&self, fiber: Ref<Fiber>, is_between: bool) -> Places {
        let mut levels = Vec::new();
        let frames = self.frames_of(fiber);
        for (index, frame) in frames.iter().enumerate() {
            if let Some(function) = frame.function.filter(|function| !function.is_hidden.get()) {
                add_delegators(frame, &mut levels);
                let is_between = match frames.get(index + 1) {
                    None => is_between,
                    // The handlers of signals come between two instructions, or in the midst of one that waits.
                    Some(above) => above.is_machine(Machine::Signals as u8) && above.after_chunk == Then::Discard,
                };
                let word = if is_between { frame.next_word() } else { frame.word() };
                levels.push(Level::Script(Place { code: frame.code(), word }, function));
            }
        }
        Places::of(levels)
    }
}

/// A generator's frame stands for those too that delegate to it.
fn add_delegators(frame: &Frame, levels: &mut Vec<Level>) {
    let Some(innermost) = frame.generator else { return };
    let mut level = Some(root_of(frame));
    while let Some(delegator) = level.filter(|&level| level != innermost) {
        if !delegator.function.is_hidden.get() {
            levels.push(level_of(delegator));
        }
        level = delegator.delegate.get();
    }
}

fn level_of(generator: Ref<Generator>) -> Level {
    let function = generator.function;
    Level::Script(Place { code: function.code.get(), word: generator.word() }, function)
}

// ----- what is suspended

/// Where something stands that can be awaited, with what it awaits in its turn.
pub(super) fn places_of_awaitable(awaitable: Value) -> Places {
    let (mut levels, mut generators, mut next) = (Vec::new(), Vec::new(), Some(awaitable));
    for _ in 0..MOST_LEVELS {
        let Some(awaited) = next else { break };
        next = None;
        if let Some(own) = awaited.get::<Generator>() {
            generators.push(own);
            if !own.function.is_hidden.get() {
                levels.push(level_of(own));
            }
            next = own.delegated();
        } else if let Some(step) = awaited.get::<Await>() {
            match (step.kind, step.native) {
                (AwaitKind::Native, Some(native)) => levels.push(Level::Native(native.qualified_name)),
                _ => next = Some(step.target),
            }
        }
    }
    Places { iterated: iterated(&generators), ..Places::of(levels) }
}

/// The async generators that suspended functions have among their variables and that stand at a `yield`: what an
/// `async for` goes through while its block runs.
fn iterated(suspended: &[Ref<Generator>]) -> Vec<Ref<Generator>> {
    let mut found: Vec<Ref<Generator>> = Vec::new();
    for own in suspended.iter().filter(|own| own.state.get() == State::Suspended) {
        for index in 0..own.live.get().min(own.registers) as usize {
            let Some(other) = own.register(index).get::<Generator>() else { continue };
            let is_at_yield = other.header().layout() == LayoutId::ASYNC_GENERATOR
                && other.state.get() == State::Suspended
                && !other.is_stepping.get();
            if is_at_yield && !found.contains(&other) {
                found.push(other);
            }
        }
    }
    found
}
