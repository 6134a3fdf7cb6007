//! The live tree: what all threads, greenlets and tasks of the program do, where, for how long, and who waits for whom.
//!
//! It is made by reading, at a safe point or while the program waits, without running any of the script; so it can be
//! had of a program that hangs, and changes nothing in one that does not. Whoever asked for it (`inquiry`) gets it, or
//! the standard error output.

mod failure;
mod forest;
mod interrupt;
mod place;
mod task;
mod text;
mod thread;

use std::io::Write;

use rustc_hash::FxHashSet;

use crate::inquiry;
use crate::object::fiber::Fiber;
use crate::object::heap::Ref;
use crate::object::list::List;
use crate::object::output;
use crate::object::signals;
use crate::object::string::text_of;
use crate::object::thread::Thread;
use crate::object::value::Value;
use crate::vm::live::task::Survey;
use crate::vm::live::text::{Branch, counted, draw};
use crate::vm::machine::Vm;

impl Vm {
    /// If somebody has asked for the tree, he gets it; and if Ctrl-C has not ended the program for a while, it is said
    /// why. `is_running` says whether the current thread is about to go on.
    pub fn answer_inquiry(&mut self, is_running: bool) {
        if signals::take_reminder() {
            self.tell_what_delays(is_running);
        }
        let Some(is_from_keyboard) = signals::take_inquiry() else { return };
        let askers = inquiry::askers();
        if askers.is_empty() && !is_from_keyboard {
            return;
        }
        let tree = self.live_tree(is_running);
        if askers.is_empty() {
            let _ = output::flush_at_rest(&mut self.cx);
            output::report(&tree);
        }
        for mut asker in askers {
            // Whoever has gone meanwhile does without.
            let _ = asker.write_all(tree.as_bytes());
        }
    }

    /// The tree. `is_running` says whether the current thread is about to go on; else it waits, or has ended.
    pub fn live_tree(&mut self, is_running: bool) -> String {
        let current = self.cx.threads.current();
        let depth = self.depth();
        self.stack().depth = depth;
        let mut threads = self.cx.threads.others();
        threads.extend(is_running.then_some(current));
        threads.sort_by_key(|thread| thread.number);
        let greenlets = self.greenlets(&threads);
        let running_tasks = self.running_tasks(&threads);
        let mut count = 0;
        let mut tasks_of = |vm: &mut Vm, thread: Ref<Thread>, fibers: &[Ref<Fiber>]| {
            let loops = vm.loops_of(thread, fibers);
            count += loops.iter().map(|event_loop| event_loop.tasks().len()).sum::<usize>();
            let mut branches = Vec::new();
            for &event_loop in &loops {
                let tasks = Survey::new(&mut vm.cx, running_tasks.clone()).branches(event_loop);
                match event_loop.is_running.get() || event_loop.rests.get() {
                    true => branches.extend(tasks),
                    false if tasks.is_empty() => {}
                    false => branches
                        .push(Branch { below: tasks, ..Branch::line("an event loop that does not run".to_string()) }),
                }
            }
            branches
        };
        let branches = self.thread_branches(&threads, is_running.then_some(current), &greenlets, &mut tasks_of);
        let (threads, tasks) = (counted(threads.len(), "thread"), counted(count, "task"));
        let name = self.program_name().map_or_else(String::new, |name| format!("{name}, "));
        let mut text = format!("corolang {}: {name}{threads}, {tasks}\n", std::process::id());
        draw(&branches, "", &mut text);
        text
    }

    fn running_tasks(&self, threads: &[Ref<Thread>]) -> FxHashSet<Value> {
        threads.iter().map(|&thread| self.task_of_thread(thread)).filter(|task| !task.is_none()).collect()
    }

    /// The task whose step runs in a thread, or None.
    fn task_of_thread(&self, thread: Ref<Thread>) -> Value {
        match thread == self.cx.threads.current() {
            true => self.cx.running.task,
            false => thread.aside.borrow().task,
        }
    }

    /// Its file; a session at the prompt has none.
    fn program_name(&self) -> Option<String> {
        let arguments = self.cx.module_state.get("sys.argv").and_then(|arguments| arguments.get::<List>());
        arguments.and_then(|arguments| arguments.get(0)).map(text_of).filter(|name| !name.is_empty())
    }
}
