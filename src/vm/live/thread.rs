//! The threads in the tree: what each waits for and where, the greenlets it goes from one to another of, and the event
//! loops it runs.

use crate::modules::asyncio::behind::with_article;
use crate::modules::thread;
use crate::object::dict::Dict;
use crate::object::event_loop::EventLoop;
use crate::object::fiber::Fiber;
use crate::object::function::Function;
use crate::object::generator::State;
use crate::object::greenlet::Greenlet;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::Native;
use crate::object::string::text_of;
use crate::object::thread::{Need, Thread};
use crate::object::value::Value;
use crate::vm::live::place::Places;
use crate::vm::live::text::{Branch, counted, waiting_time};
use crate::vm::machine::Vm;
use crate::vm::native_frame::{Machine, frame_slot};

/// Of threads that are alike so many are shown.
const MOST_ALIKE: usize = 10;

/// What a script may say of a thread.
pub(super) struct Named {
    /// The number of the thread.
    number: i64,
    /// Its name.
    name: String,
    /// The lock that it holds until its end.
    end: Option<Value>,
    /// Does the program end without it?
    is_daemon: bool,
}

/// What a thread does.
struct Doing {
    /// In words, which others have in common with it that do the same.
    words: String,
    /// How long it has, and will at most.
    time: String,
}

impl Vm {
    /// The threads that the module `threading` knows.
    pub(super) fn named_threads(&mut self) -> Vec<Named> {
        let [threading, running, name, end, daemonic] =
            ["threading", "_running", "_name", "_end", "_daemonic"].map(|name| self.cx.intern(name));
        let threading = self.cx.modules.get_interned(threading).and_then(|module| module.get::<Module>());
        let running = threading.and_then(|module| module.dict().get_interned(running));
        let running = running.and_then(|running| running.get::<Dict>()).map_or_else(Vec::new, |dict| dict.to_vec());
        let named = running.into_iter().filter_map(|(ident, thread)| {
            let (ident, object) = (Int::to_i64(ident)?, thread.header()?);
            let attribute = |name| object.own_attribute(&self.cx, name);
            let number = ident - thread::ident_of(0);
            let is_daemon = attribute(daemonic) == Some(Value::TRUE);
            Some(Named { number, name: text_of(attribute(name)?), end: attribute(end), is_daemon })
        });
        named.collect()
    }

    /// The branches of threads, in this order; many that do the same are summed up. `greenlets` are those of all.
    pub(super) fn thread_branches(
        &mut self,
        threads: &[Ref<Thread>],
        running: Option<Ref<Thread>>,
        greenlets: &[Ref<Greenlet>],
        tasks_of: &mut dyn FnMut(&mut Vm, Ref<Thread>, &[Ref<Fiber>]) -> Vec<Branch>,
    ) -> Vec<Branch> {
        let named = self.named_threads();
        let (mut branches, mut alike) = (Vec::new(), Vec::<(String, usize)>::new());
        for &thread in threads {
            let doing = self.thread_doing(thread, Some(thread) == running, &named);
            let own: Vec<Ref<Greenlet>> =
                greenlets.iter().copied().filter(|greenlet| greenlet.thread.get() == thread.number).collect();
            let fibers: Vec<Ref<Fiber>> = match own.is_empty() {
                true => vec![thread.fiber.get()],
                false => own.iter().filter_map(|greenlet| greenlet.fiber.get()).collect(),
            };
            let mut below = tasks_of(self, thread, &fibers);
            let places = self.places_of_thread(thread);
            let mut lines = vec![format!("{} {}{}", name_of(thread.number, &named), doing.words, doing.time)];
            match own.len() > 1 {
                true => below.extend(self.greenlet_branches(thread, &own)),
                false => lines.extend(places.lines()),
            }
            if !below.is_empty() || count_alike(&mut alike, &places, &doing) <= MOST_ALIKE {
                branches.push(Branch { lines, below });
            }
        }
        for (what, count) in alike.into_iter().filter(|&(_, count)| count > MOST_ALIKE) {
            branches.push(Branch::line(format!("and {}{what}", counted(count - MOST_ALIKE, "more thread"))));
        }
        branches
    }

    /// May the program end although the thread has not?
    pub(super) fn is_daemon(&mut self, thread: Ref<Thread>) -> bool {
        self.named_threads().iter().any(|named| named.number == thread.number && named.is_daemon)
    }

    /// The name of a thread and what it does.
    pub(super) fn thread_in_words(&mut self, thread: Ref<Thread>, is_running: bool) -> String {
        let named = self.named_threads();
        let doing = self.thread_doing(thread, is_running, &named);
        format!("{}, which {}{}", name_of(thread.number, &named), doing.words, doing.time)
    }

    fn thread_doing(&mut self, thread: Ref<Thread>, is_running: bool, named: &[Named]) -> Doing {
        let now = self.cx.clock.now();
        let waited = thread.since.get().map(|since| now - since);
        let doing = |words: &str, left| Doing { words: words.to_string(), time: waiting_time(waited, left, None) };
        match thread.need.get() {
            _ if is_running && self.is_interrupted_wait(thread) => {
                let (words, until) = self.native_wait(thread, named);
                doing(&words, until.map(|until| until - now))
            }
            _ if is_running => Doing { words: "runs".to_string(), time: String::new() },
            Need::Turn => doing("is ready to go on", None),
            Need::Signal => doing("waits for a signal", None),
            Need::Events { until: Some(until), .. } => doing("waits for something to do", Some(until - now)),
            Need::Events { .. } => doing("waits for something to do", None),
            Need::Ticket(_) => {
                let (words, until) = self.native_wait(thread, named);
                doing(&words, until.map(|until| until - now))
            }
        }
    }

    /// Has the thread only looked up from where it waits, to see to a signal?
    fn is_interrupted_wait(&self, thread: Ref<Thread>) -> bool {
        let frames = self.frames_of(thread.fiber.get());
        let mut last = frames.iter().rev().skip_while(|frame| frame.is_machine(Machine::Signals as u8));
        last.next().is_some_and(|frame| frame.is_machine(Machine::Wait as u8))
    }

    /// What a thread waits for in a native, and until when.
    fn native_wait(&mut self, thread: Ref<Thread>, named: &[Named]) -> (String, Option<i64>) {
        let frames = self.frames_of(thread.fiber.get());
        let Some(frame) = frames.iter().rev().find(|frame| frame.is_machine(Machine::Wait as u8)) else {
            return ("waits".to_string(), None);
        };
        let native = frame_slot(frame, 0).get::<Native>();
        let object = frame_slot(frame, 1).get::<List>().and_then(|bound| bound.get(0)).unwrap_or(Value::NONE);
        let until = Int::to_i64(frame_slot(frame, 2));
        let called = self.places_of_thread(thread).called;
        let holder = thread::holder_of(object);
        let native = native.filter(|_| holder.is_none()).map(|native| native.declaration.name().to_string());
        let is_in_library = called.is_some();
        let called = called.or(native).map_or_else(String::new, |called| format!(" in {called}()"));
        let mut words = format!("waits{called}");
        if let Some(ended) = named.iter().find(|named| named.end == Some(object)) {
            words += &format!(" for the end of {}", ended.name);
        } else if let Some(holder) = holder {
            let holder = match holder == thread.number {
                // Whoever waits for something of the library may do so by a lock of his own.
                true if is_in_library => return (words, until),
                true => "it holds itself".to_string(),
                false => format!("{} holds", name_of(holder, named)),
            };
            words += &format!(" for {} that {holder}", with_article(&self.cx.class_of(object).name_text()));
        }
        (words, until)
    }

    /// The loops that run on some fibers of a thread, and the one that was set for it.
    pub(super) fn loops_of(&self, thread: Ref<Thread>, fibers: &[Ref<Fiber>]) -> Vec<Ref<EventLoop>> {
        let mut loops: Vec<Ref<EventLoop>> = Vec::new();
        let turns = fibers.iter().flat_map(|&fiber| self.frames_of(fiber));
        let turns = turns.filter(|frame| frame.is_machine(Machine::Turns as u8)).map(|frame| frame_slot(frame, 0));
        let is_current = thread == self.cx.threads.current();
        let set = if is_current { self.cx.running.set_loop } else { thread.aside.borrow().set_loop };
        for event_loop in turns.chain([set]).filter_map(|event_loop| event_loop.get::<EventLoop>()) {
            if !loops.contains(&event_loop) {
                loops.push(event_loop);
            }
        }
        loops
    }

    // ----- greenlets

    /// Those that have not ended, in no order.
    pub(super) fn greenlets(&mut self, threads: &[Ref<Thread>]) -> Vec<Ref<Greenlet>> {
        if threads.iter().all(|thread| thread.main_greenlet.get().is_none()) {
            return Vec::new();
        }
        let all = self.cx.heap.containers().into_iter().filter_map(|value| value.get::<Greenlet>());
        all.filter(|greenlet| greenlet.state.get() != State::Closed).collect()
    }

    /// The greenlets of a thread below their parents.
    fn greenlet_branches(&mut self, thread: Ref<Thread>, own: &[Ref<Greenlet>]) -> Vec<Branch> {
        let is_root = |greenlet: &&Ref<Greenlet>| greenlet.parent.get().is_none_or(|parent| !own.contains(&parent));
        own.iter().filter(is_root).map(|&root| self.greenlet_branch(thread, root, own)).collect()
    }

    fn greenlet_branch(&mut self, thread: Ref<Thread>, greenlet: Ref<Greenlet>, own: &[Ref<Greenlet>]) -> Branch {
        let is_current = thread.greenlet.get() == Some(greenlet);
        let places = match (is_current, greenlet.fiber.get()) {
            (true, _) => self.places_of_thread(thread),
            (_, Some(fiber)) => self.places_of_fiber(fiber, false),
            _ => Places::default(),
        };
        let what = match places.shown.first() {
            _ if greenlet.is_main() => "the main greenlet".to_string(),
            Some(first) => format!("greenlet {}()", text_of(first.code.name)),
            None => match greenlet.run.get().get::<Function>() {
                Some(run) => format!("greenlet {}()", text_of(run.name.get())),
                None => "greenlet".to_string(),
            },
        };
        let words = match greenlet.state.get() {
            State::Created => "has not begun",
            _ if is_current => "has its thread",
            _ => "waits for a switch to it",
        };
        let mut lines = vec![format!("{what} {words}")];
        lines.extend(places.lines());
        let children = own.iter().filter(|child| child.parent.get() == Some(greenlet));
        let below = children.map(|&child| self.greenlet_branch(thread, child, own)).collect();
        Branch { lines, below }
    }
}

/// Counts one more thread that does something at a place; how many do the same there.
fn count_alike(alike: &mut Vec<(String, usize)>, places: &Places, doing: &Doing) -> usize {
    let address = places.shown.last().map_or(String::new(), |place| format!(" at {}", place.address()));
    let what = format!("{address}, each of which {}", doing.words);
    match alike.iter_mut().find(|(other, _)| *other == what) {
        Some((_, count)) => {
            *count += 1;
            *count
        }
        None => {
            alike.push((what, 1));
            1
        }
    }
}

fn name_of(number: i64, named: &[Named]) -> String {
    match named.iter().find(|named| named.number == number) {
        Some(named) => named.name.clone(),
        None if number == 0 => "MainThread".to_string(),
        None => format!("thread {number}"),
    }
}
