//! A sampling profile: in which lines the time goes, as stacks for tools that draw flame graphs.
//!
//! At safe points, of which there are more while a program is profiled, it is looked whether a millisecond has passed
//! since the last sample. If so, aim is taken: the next instructions are run one at a time with the clock beside them,
//! and one is drawn, each with a chance as large as the time it took. So neither the places where safe points are nor
//! cheap instructions get what others have used. The sample counts as many milliseconds as have passed in which the
//! program did not wait. What a native did that was called only once, long before, is found where the program is then.

use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use crate::object::event_loop::next_random;
use crate::object::frame::{Frame, FrameKind};
use crate::object::function::CodeObject;
use crate::object::future::Future;
use crate::object::generator::{Await, Generator};
use crate::object::heap::Ref;
use crate::object::native::Request;
use crate::object::string::text_of;
use crate::object::value::Value;
use crate::vm::machine::{Outcome, Vm};
use crate::vm::native_frame::Machine;
use crate::vm::switch::root_of;

/// Calls and loop turns between two looks at the clock.
pub(super) const SLICE: i64 = 32;

/// A sample is due after so long.
const INTERVAL: Duration = Duration::from_millis(1);

/// So many instructions are aimed at.
const AIMED: u32 = 48;

/// A profile while the program runs.
pub struct Profile {
    file: File,
    /// Milliseconds by stack.
    stacks: FxHashMap<String, u64>,
    /// What has passed since the last sample before `since`,
    spent: Duration,
    /// and since when the program has not waited.
    since: Instant,
    aim: Option<Aim>,
    /// The state of the random numbers that instructions are drawn by.
    random: u64,
}

/// Some instructions of which one becomes the sample.
struct Aim {
    left: u32,
    /// How many nanoseconds those before took,
    total: u64,
    /// and the one that was drawn of them.
    drawn: String,
    /// The instruction under way: when it began, how many frames there were and which word of its code it is.
    began: Instant,
    depth: usize,
    word: u32,
}

impl Profile {
    fn new(file: File) -> Profile {
        Profile {
            file,
            stacks: FxHashMap::default(),
            spent: Duration::ZERO,
            since: Instant::now(),
            aim: None,
            random: 1,
        }
    }

    /// The program waits, so that time passes which it does not use.
    fn pause(&mut self) {
        self.spent += self.since.elapsed();
    }

    fn is_due(&self) -> bool {
        self.aim.is_none() && self.spent + self.since.elapsed() >= INTERVAL
    }

    /// Counts the milliseconds that have passed for a stack.
    fn count(&mut self, stack: String) {
        let now = Instant::now();
        let spent = self.spent + (now - self.since);
        let milliseconds = spent.as_millis() as u64;
        self.since = now;
        self.spent = spent - Duration::from_millis(milliseconds);
        if !stack.is_empty() {
            *self.stacks.entry(stack).or_default() += milliseconds;
        }
    }

    /// Writes the stacks, one a line, each with its milliseconds.
    fn write(&mut self) -> io::Result<()> {
        let mut lines: Vec<String> = self.stacks.iter().map(|(stack, count)| format!("{stack} {count}\n")).collect();
        lines.sort_unstable();
        self.file.write_all(lines.concat().as_bytes())
    }
}

impl Vm {
    /// Finds out from now on where the time goes, to be written to a file when the program has ended.
    pub fn start_profile(&mut self, file: File) {
        self.profile = Some(Box::new(Profile::new(file)));
        self.cx.fuel = self.cx.fuel.min(SLICE);
    }

    /// Writes the profile, if there is one.
    pub fn write_profile(&mut self) -> io::Result<()> {
        self.profile.as_mut().map_or(Ok(()), |profile| profile.write())
    }

    /// Whoever drives the machine does something whose time is not the program's.
    pub fn outside_profile<T>(&mut self, work: impl FnOnce(&mut Vm) -> T) -> T {
        if let Some(profile) = &mut self.profile {
            profile.pause();
        }
        let result = work(self);
        if let Some(profile) = &mut self.profile {
            profile.since = Instant::now();
            if let Some(aim) = &mut profile.aim {
                aim.began = profile.since;
            }
        }
        result
    }

    /// At a safe point: is the machine to be left, to run on one instruction at a time?
    pub(super) fn takes_aim(&mut self) -> bool {
        if !self.profile.as_ref().is_some_and(|profile| profile.is_due()) {
            return false;
        }
        let (depth, word) = self.aimed_at();
        if let Some(profile) = &mut self.profile {
            let began = Instant::now();
            profile.aim = Some(Aim { left: AIMED, total: 0, drawn: String::new(), began, depth, word });
        }
        self.outcome = Some(Outcome::Suspended(Request::Fuel));
        true
    }

    /// Is the machine to be left after the next instruction?
    pub(super) fn is_aiming(&self) -> bool {
        self.profile.as_ref().is_some_and(|profile| profile.aim.is_some())
    }

    /// The machine was left after an instruction.
    pub fn aim(&mut self) {
        let (depth, word) = self.aimed_at();
        let Some(profile) = &mut self.profile else { return };
        let Some(aim) = &mut profile.aim else { return };
        let took = aim.began.elapsed().as_nanos() as u64 + 1;
        aim.total += took;
        aim.left -= 1;
        let (is_drawn, is_last) = (next_random(&mut profile.random) % aim.total < took, aim.left == 0);
        // An instruction that entered or left a function is over: what comes next stands for it.
        let innermost = if aim.depth == depth { aim.word } else { word };
        if is_drawn {
            let stack = self.collapsed_stack(innermost);
            if let Some(aim) = self.profile.as_mut().and_then(|profile| profile.aim.as_mut()) {
                aim.drawn = stack;
            }
        }
        let Some(profile) = &mut self.profile else { return };
        if is_last && let Some(aim) = profile.aim.take() {
            profile.count(aim.drawn);
        } else if let Some(aim) = &mut profile.aim {
            (aim.depth, aim.word, aim.began) = (depth, word, Instant::now());
        }
    }

    /// How many frames there are, and the word that comes next in the innermost, if that is one of a script.
    fn aimed_at(&self) -> (usize, u32) {
        let depth = self.depth();
        let is_script = depth > 0 && self.top().kind == FrameKind::Script;
        (depth, if is_script { self.top().next_word() } else { 0 })
    }

    /// The functions that run, outermost first, with `;` between them: file, name and line of each of the program's,
    /// and what of the library it has called. The innermost is at a word of its code. What a task runs begins with the
    /// task.
    fn collapsed_stack(&mut self, innermost: u32) -> String {
        let depth = self.depth();
        self.stack().depth = depth;
        let frames = self.frames_of(self.fiber);
        let mut stack = Stack::default();
        let mut first = 0;
        if let Some(task) = self.cx.running.task() {
            let turns = |frame: &Frame| frame.is_machine(Machine::Turns as u8);
            first = frames.iter().rposition(turns).map_or(0, |turns| turns + 1);
            stack.push(&title(task));
        }
        for (index, frame) in frames.iter().enumerate().skip(first) {
            let Some(function) = frame.function.filter(|function| !function.is_hidden.get()) else { continue };
            let mut level = frame.generator.map(|_| root_of(frame));
            while let Some(delegator) = level.filter(|&level| Some(level) != frame.generator) {
                stack.add(delegator.function.code.get(), delegator.word());
                level = delegator.delegate.get();
            }
            let word = if index + 1 == depth { innermost } else { frame.word() };
            stack.add(function.code.get(), word);
        }
        stack.text
    }
}

/// A stack as it is written.
#[derive(Default)]
struct Stack {
    text: String,
    /// Is the last level the library?
    is_in_library: bool,
}

impl Stack {
    /// Adds a line of a function; all of the library that stands together is what the program has called of it.
    fn add(&mut self, code: Ref<CodeObject>, word: u32) {
        let source = &code.code.source;
        let name = text_of(code.name);
        if !source.is_of_library() {
            self.push(&format!("{}:{name}:{}", source.name, code.code.line(word)));
        } else if !self.is_in_library {
            self.push(&format!("library {}", library_name(&source.name, &text_of(code.qualified_name))));
        }
        self.is_in_library = source.is_of_library();
    }

    fn push(&mut self, level: &str) {
        if !self.text.is_empty() {
            self.text.push(';');
        }
        self.text.push_str(&plain(level));
    }
}

/// `json.dumps` of a function `dumps` in `<stdlib>/json/__init__.co`: parts that are not for programs are left out.
fn library_name(source: &str, function: &str) -> String {
    let path = source.trim_start_matches("<stdlib>/").trim_end_matches(".co");
    let modules = path.split('/').filter(|part| !part.starts_with('_'));
    let functions = function.split('.').filter(|part| !part.starts_with('<'));
    modules.chain(functions).collect::<Vec<_>>().join(".")
}

/// A name without the signs that mean something between names.
fn plain(name: &str) -> String {
    name.replace(';', ",").replace('\n', " ")
}

/// What a task is called in a stack: by the name that it was given, the numbers taken out since tasks that differ in
/// nothing else are to be counted together, or by what it runs.
fn title(task: Ref<Future>) -> String {
    let name = match task.name.get() {
        Value::UNBOUND => match (task.coroutine.get().get::<Generator>(), task.coroutine.get().get::<Await>()) {
            (Some(own), _) => format!("{}()", text_of(own.qualified_name())),
            (_, Some(own)) => own.native.map_or("", |native| native.qualified_name).to_string(),
            _ => String::new(),
        },
        name => without_numbers(&text_of(name)),
    };
    format!("task {name}")
}

fn without_numbers(name: &str) -> String {
    let mut kept = String::new();
    for letter in name.chars() {
        match letter.is_ascii_digit() {
            true if kept.ends_with('N') => {}
            true => kept.push('N'),
            false => kept.push(letter),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_all_one() {
        assert_eq!(["fetch-17", "a1b22", "x"].map(without_numbers), ["fetch-N", "aNbN", "x"]);
        assert_eq!(plain("a;b\nc"), "a,b c");
    }

    #[test]
    fn functions_of_the_library_have_the_names_that_programs_call_them_by() {
        assert_eq!(library_name("<stdlib>/json/__init__.co", "dumps"), "json.dumps");
        assert_eq!(library_name("<stdlib>/asyncio/_running.co", "run"), "asyncio.run");
        assert_eq!(library_name("<stdlib>/json/encoder.co", "JSONEncoder.encode"), "json.encoder.JSONEncoder.encode");
    }
}
