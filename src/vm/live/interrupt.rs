//! Ctrl-C at a program with tasks: what the tasks were doing when it came, and what holds up the end that it asks for.

use std::time::Instant;

use crate::object::event_loop::EventLoop;
use crate::object::future::Future;
use crate::object::heap::Ref;
use crate::object::output;
use crate::object::signals;
use crate::object::thread::Thread;
use crate::object::value::Value;
use crate::vm::live::place::Places;
use crate::vm::live::task::{Survey, name};
use crate::vm::live::text::{counted, draw};
use crate::vm::machine::{Flow, Vm};

/// So many tasks are shown below a traceback.
const MOST_TASKS: usize = 20;

impl Vm {
    /// `_stopping(what)`: Ctrl-C has come, and this task is about to be cancelled for it, or this event loop to be shut
    /// down. None takes that back.
    pub(in crate::vm) fn note_interrupt(&mut self, what: Value) -> Flow {
        self.cx.signals.stopping.set(None);
        signals::forget_reminder();
        if let Some(event_loop) = loop_of(what) {
            self.cx.signals.mark.set(self.mark(event_loop));
            self.cx.signals.stopping.set(Some(what));
            signals::remind();
        }
        if let Some(task) = what.get::<Future>() {
            self.cx.signals.interrupted.set(Some(Instant::now()));
            let others = self.other_tasks(task);
            self.cx.signals.others.replace(others);
        }
        Flow::Done(Value::NONE)
    }

    /// Changes whenever a loop goes on to something else.
    fn mark(&self, event_loop: Ref<EventLoop>) -> (u32, usize) {
        (self.cx.running.since_rest, event_loop.left.get())
    }

    /// What the tasks beside the one that is cancelled do, as text; empty if there are none.
    fn other_tasks(&mut self, task: Ref<Future>) -> String {
        let current = self.cx.threads.current();
        let running_lines = self.look_at_thread(current).lines();
        let running_tasks = self.running_tasks(&[current]);
        let mut survey = Survey::new(&mut self.cx, running_tasks);
        (survey.left, survey.running_lines) = (MOST_TASKS, running_lines);
        let branches = survey.branches_without(task.event_loop, Some(task));
        if branches.is_empty() {
            return String::new();
        }
        let mut text = "When Ctrl-C came the other tasks were:\n".to_string();
        draw(&branches, "", &mut text);
        text
    }

    fn look_at_thread(&mut self, thread: Ref<Thread>) -> Places {
        let depth = self.depth();
        self.stack().depth = depth;
        self.places_of_thread(thread)
    }

    /// A while has passed since Ctrl-C: unless all has ended that had to, it is said what has not. `is_running` says
    /// whether the current thread is about to go on.
    pub(super) fn tell_what_delays(&mut self, is_running: bool) {
        let Some(delay) = self.what_delays(is_running) else { return };
        let _ = output::flush_at_rest(&mut self.cx);
        output::report(&format!("Ctrl-C: {delay}; Ctrl-C again ends the program\n"));
    }

    fn what_delays(&mut self, is_running: bool) -> Option<String> {
        let Some(stopping) = self.cx.signals.stopping.get() else {
            // The traceback has been shown, and the threads are to be joined.
            return self.cx.signals.is_ending.get().then(|| self.thread_that_delays(is_running))?;
        };
        let event_loop = loop_of(stopping).filter(|event_loop| event_loop.is_running.get())?;
        let task = stopping.get::<Future>();
        if task.is_some_and(|task| task.is_done()) {
            return None;
        }
        match self.mark(event_loop) == self.cx.signals.mark.get() {
            true => self.step_that_delays(),
            false => self.task_that_delays(event_loop, task, is_running),
        }
    }

    /// The loop has not come to anything else: what it is at.
    fn step_that_delays(&mut self) -> Option<String> {
        let main = self.main_thread();
        let place =
            self.look_at_thread(main).shown.last().map_or(String::new(), |place| format!(", {}", place.named()));
        let what = match self.task_of_thread(main).get::<Future>() {
            Some(task) => format!("task '{}'", name(task)),
            None => "a callback".to_string(),
        };
        Some(format!("the loop is held up by {what}, which does not await{place}"))
    }

    /// The task that has been cancelled, or of a loop that is shut down one of those that are left.
    fn task_that_delays(
        &mut self,
        event_loop: Ref<EventLoop>,
        task: Option<Ref<Future>>,
        is_running: bool,
    ) -> Option<String> {
        let main = self.main_thread();
        let (places, running_tasks) = (self.look_at_thread(main), self.running_tasks(&[main]));
        let mut tasks = event_loop.tasks();
        tasks.sort_by_key(|task| task.number.get());
        tasks.retain(|&other| task.is_none_or(|task| task == other));
        let mut survey = Survey::new(&mut self.cx, running_tasks);
        survey.look_at_timers(event_loop);
        let Some(&first) = tasks.iter().find(|task| survey.is_of_program(**task)) else {
            return self.thread_that_delays(is_running);
        };
        let words = survey.in_one_line(first, &places);
        let more = match tasks.len() - 1 {
            0 => String::new(),
            more => format!(", and for {}", counted(more, "more task")),
        };
        Some(format!("the program waits for the end of task '{}', which {words}{more}", name(first)))
    }

    /// What is left of the program is a thread, of a pool say.
    fn thread_that_delays(&mut self, is_running: bool) -> Option<String> {
        let current = self.cx.threads.current();
        let mut threads = self.cx.threads.others();
        threads.extend(is_running.then_some(current));
        threads.sort_by_key(|thread| thread.number);
        let thread = threads.into_iter().find(|&thread| thread.number != 0 && !self.is_daemon(thread))?;
        let places = self.look_at_thread(thread);
        let place = places.shown.last().map_or(String::new(), |place| format!(" {}", place.named()));
        let words = self.thread_in_words(thread, is_running && thread == current);
        Some(format!("the program waits for the end of thread {words}{place}"))
    }

    fn main_thread(&self) -> Ref<Thread> {
        let current = self.cx.threads.current();
        self.cx.threads.others().into_iter().find(|thread| thread.number == 0).unwrap_or(current)
    }
}

/// The loop of a task, or the loop itself.
fn loop_of(what: Value) -> Option<Ref<EventLoop>> {
    what.get::<Future>().map(|task| task.event_loop).or_else(|| what.get::<EventLoop>())
}
