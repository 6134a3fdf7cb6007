//! The tasks of a loop in the tree: what each waits for, where and since when. Many that are alike are summed up.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::modules::asyncio::behind::{Behind, thing_in_words, with_article};
use crate::object::context::Context;
use crate::object::event_loop::EventLoop;
use crate::object::function::{CodeObject, Method};
use crate::object::future::{Future, Role};
use crate::object::generator::{Await, Generator, State};
use crate::object::heap::Ref;
use crate::object::string::text_of;
use crate::object::value::Value;
use crate::vm::live::forest::Forest;
use crate::vm::live::place::{Place, Places, places_of_awaitable};
use crate::vm::live::text::{Branch, counted, several, waiting_time};
use crate::vm::machine::Vm;

/// Of tasks that are alike, of the same parent, so many are shown,
const MOST_ALIKE: usize = 10;
/// and of all so many.
const MOST_TASKS: usize = 500;
/// So many sums stand beside each other,
const MOST_SUMS: usize = 30;
/// and so deep the tree is drawn.
const MOST_LEVELS: usize = 40;
/// So many tasks of a circle are named.
const MOST_OF_CIRCLE: usize = 20;

/// What a task does.
enum Doing {
    /// Its step is under way.
    Runs,
    /// Its first step is still to come.
    NotBegun,
    /// It could go on.
    Ready,
    /// It sleeps, until a time if that is known.
    Sleeps(Option<i64>),
    /// It waits for a future.
    Waits(Ref<Future>),
    /// It waits for something else.
    WaitsForOther(Value),
}

/// What is known of all tasks while the tree is made.
pub(super) struct Survey<'cx> {
    pub(super) cx: &'cx mut Context,
    pub(super) now: i64,
    /// Those whose step is under way.
    running: FxHashSet<Value>,
    /// When those that sleep wake up.
    sleepers: FxHashMap<Value, i64>,
    /// When tasks are cancelled by a timeout, and waits for futures are given up.
    limits: FxHashMap<Value, i64>,
    /// How many more tasks may be shown.
    pub left: usize,
    /// The lines of where one runs, if nobody else says that.
    pub running_lines: Vec<String>,
}

impl<'cx> Survey<'cx> {
    /// One in which these tasks run.
    pub fn new(cx: &'cx mut Context, running: FxHashSet<Value>) -> Survey<'cx> {
        let now = cx.clock.now();
        Survey {
            cx,
            now,
            running,
            sleepers: FxHashMap::default(),
            limits: FxHashMap::default(),
            left: MOST_TASKS,
            running_lines: Vec::new(),
        }
    }

    /// The branches of the tasks of a loop.
    pub fn branches(&mut self, event_loop: Ref<EventLoop>) -> Vec<Branch> {
        self.branches_without(event_loop, None)
    }

    /// The same without one of the tasks, unless another waits for it.
    pub fn branches_without(&mut self, event_loop: Ref<EventLoop>, task: Option<Ref<Future>>) -> Vec<Branch> {
        let mut tasks = event_loop.tasks();
        tasks.sort_by_key(|task| task.number.get());
        self.look_at_timers(event_loop);
        let forest = Forest::new(self.cx, tasks);
        let stand = Stand::new(self, &forest);
        let is_left_out = |&root: &usize| Some(forest.tasks[root]) == task;
        let mut roots: Vec<usize> = forest.roots.iter().copied().filter(|root| !is_left_out(root)).collect();
        roots.extend(forest.roots.iter().filter(|root| is_left_out(root)).flat_map(|&root| &forest.children[root]));
        let mut branches = self.siblings(&forest, &stand, &roots, 0);
        for circle in &forest.circles {
            branches.push(Branch::line(circle_in_words(&forest, circle)));
        }
        branches.extend(self.failures(event_loop));
        branches
    }

    /// Finds out which tasks of a loop wait for a time, and how long.
    pub fn look_at_timers(&mut self, event_loop: Ref<EventLoop>) {
        self.sleepers = event_loop.sleepers().into_iter().map(|(task, until)| (task.value(), until)).collect();
        let task_of_timeout = self.cx.intern("_task");
        for (handle, when) in event_loop.calls_due() {
            let callback = handle.callback.get().get::<Method>().map(|method| method.receiver);
            let timeout = callback.filter(|&receiver| self.cx.type_name(receiver) == "Timeout");
            let task = timeout.and_then(|timeout| timeout.header()?.own_attribute(self.cx, task_of_timeout));
            let future = || Vm::tuple_items(handle.args.get()).first().copied().filter(|first| first.is::<Future>());
            if let Some(limited) = task.or_else(future) {
                let limit = self.limits.entry(limited).or_insert(when);
                *limit = when.min(*limit);
            }
        }
    }

    /// When a task that waits for something is called back by a timeout.
    fn limit(&self, task: Ref<Future>) -> Option<i64> {
        let limits = [task.value(), task.waiter.get()].map(|limited| self.limits.get(&limited).copied());
        limits.into_iter().flatten().min().map(|limit| limit - self.now)
    }

    fn siblings(&mut self, forest: &Forest, stand: &Stand, places: &[usize], level: usize) -> Vec<Branch> {
        if level == MOST_LEVELS && !places.is_empty() {
            let count = places.iter().map(|&place| stand.sizes[place]).sum();
            return vec![Branch::line(format!("and {} below", counted(count, "more task")))];
        }
        let mut alike: FxHashMap<u64, usize> = FxHashMap::default();
        for &place in places {
            *alike.entry(stand.shapes[place]).or_default() += 1;
        }
        let mut branches = Vec::new();
        let (mut sums, mut sum_of) = (Vec::<Sum>::new(), FxHashMap::<u64, usize>::default());
        for &place in places {
            let shape = stand.shapes[place];
            let most = if alike[&shape] <= MOST_ALIKE + 1 { MOST_ALIKE + 1 } else { MOST_ALIKE };
            let index = *sum_of.entry(shape).or_insert_with(|| {
                sums.push(Sum { first: place, shown: 0, count: 0, below: 0 });
                sums.len() - 1
            });
            if sums[index].shown < most && self.left > 0 {
                sums[index].shown += 1;
                self.left -= 1;
                let below = self.siblings(forest, stand, &forest.children[place], level + 1);
                branches.push(Branch { lines: self.lines(forest.tasks[place]), below });
            } else {
                sums[index].count += 1;
                sums[index].below += stand.sizes[place] - 1;
            }
        }
        sums.retain(|sum| sum.count > 0);
        if sums.len() > MOST_SUMS {
            let count = sums.drain(MOST_SUMS..).map(|sum| sum.count + sum.below).sum();
            branches.push(Branch::line(format!("and {}", counted(count, "more task"))));
        }
        branches.extend(sums.iter().map(|sum| Branch::line(self.sum_in_words(forest, sum))));
        branches
    }

    fn sum_in_words(&mut self, forest: &Forest, sum: &Sum) -> String {
        let task = forest.tasks[sum.first];
        let places = places_of_awaitable(task.coroutine.get());
        let place = places.shown.last().map_or(String::new(), |place| format!(" at {}", place.address()));
        let what = match self.doing(task) {
            Doing::Runs => " running".to_string(),
            Doing::NotBegun => " that have not begun".to_string(),
            Doing::Ready => " ready to go on".to_string(),
            Doing::Sleeps(_) => " waiting for a timer".to_string(),
            Doing::Waits(future) => format!(" waiting {}", self.kind_of_wait(future, &places)),
            Doing::WaitsForOther(_) => " waiting for something else than a future".to_string(),
        };
        let below = match sum.below {
            0 => String::new(),
            below => format!(", and {} below them", counted(below, "task")),
        };
        format!("and {}{place}{what}{below}", counted(sum.count, "more task"))
    }

    /// What a task is and does, and where.
    fn lines(&mut self, task: Ref<Future>) -> Vec<String> {
        let doing = self.doing(task);
        let places = places_of_awaitable(task.coroutine.get());
        let mut lines = vec![format!("{} {}", title(task), self.doing_in_words(task, &doing, &places))];
        let has_own = places.shown.iter().any(|place| !place.is_of_library());
        let code = task.origin.get().get::<CodeObject>().filter(|_| !has_own);
        let made = code.map(|code| Place { code, word: task.origin_word.get() });
        match doing {
            Doing::Runs => lines.extend(self.running_lines.iter().cloned()),
            // Where the program has made it says more than lines of the library.
            _ if made.is_some_and(|made| !made.is_of_library()) => {}
            _ => lines.extend(places.lines()),
        }
        lines.extend(made.map(|made| format!("made {}", made.shown())));
        lines
    }

    /// What a task does, and where, in one line; `running` is where that runs which does.
    pub fn in_one_line(&mut self, task: Ref<Future>, running: &Places) -> String {
        let (doing, places) = (self.doing(task), places_of_awaitable(task.coroutine.get()));
        let words = self.doing_in_words(task, &doing, &places);
        let places = if matches!(doing, Doing::Runs) { running } else { &places };
        let place = places.shown.last().map_or(String::new(), |place| format!(" {}", place.named()));
        format!("{words}{place}")
    }

    /// Does a task stand at a line of the program, not only of the library?
    pub fn is_of_program(&self, task: Ref<Future>) -> bool {
        let places = places_of_awaitable(task.coroutine.get());
        matches!(self.doing(task), Doing::Runs) || places.shown.iter().any(|place| !place.is_of_library())
    }

    fn doing_in_words(&mut self, task: Ref<Future>, doing: &Doing, places: &Places) -> String {
        let waited = task.waited(self.now);
        match *doing {
            Doing::Runs => "runs".to_string(),
            Doing::NotBegun => "has not begun".to_string(),
            Doing::Ready => "is ready to go on".to_string(),
            Doing::Sleeps(until) => {
                let left = until.map(|until| until - self.now);
                format!("waits for a timer{}", waiting_time(waited, left, self.limit(task)))
            }
            Doing::Waits(future) => {
                format!("waits {}{}", self.in_words(future, places), waiting_time(waited, None, self.limit(task)))
            }
            Doing::WaitsForOther(other) => {
                let time = waiting_time(waited, None, self.limit(task));
                format!("waits for {} object{time}", with_article(&self.cx.type_name(other)))
            }
        }
    }

    fn doing(&self, task: Ref<Future>) -> Doing {
        let (coroutine, waiter) = (task.coroutine.get(), task.waiter.get());
        let own = coroutine.get::<Generator>();
        if self.running.contains(&task.value()) || own.is_some_and(|own| own.is_running()) {
            return Doing::Runs;
        }
        let is_new = own.is_some_and(|own| own.state.get() == State::Created)
            || coroutine.get::<Await>().is_some_and(|own| own.state.get() == State::Created);
        match waiter.get::<Future>() {
            Some(future) if future.is_done() => Doing::Ready,
            Some(future) => Doing::Waits(future),
            None if waiter == Value::TRUE => Doing::Sleeps(self.sleepers.get(&task.value()).copied()),
            None if waiter.is_none() && is_new => Doing::NotBegun,
            None if waiter.is_none() || waiter == Value::FALSE => Doing::Ready,
            None => Doing::WaitsForOther(waiter),
        }
    }

    /// What a future is that somebody waits for, with the names of those behind it; or in what he waits.
    fn in_words(&mut self, future: Ref<Future>, places: &Places) -> String {
        let words = match Behind::of(self.cx, future) {
            Behind::Nothing => return wait_for_future(places),
            Behind::Thing(thing) => return self.thing_in_words(thing, future, places),
            Behind::Task(task) => name(task),
            Behind::Gathering(children) => format!("gather() of {}", self.names(&children)),
            Behind::Shielded(inner) => format!("shield() of {}", self.names(&[inner])),
            Behind::Several(futures) => format!("wait() of {}", self.names(&futures)),
            Behind::Group(tasks) => format!("a TaskGroup with {}", self.names(&tasks)),
            Behind::Held(word, holders) if holders.is_empty() => format!("a {word} that no task is known to hold"),
            Behind::Held(word, holders) => {
                let verb = if holders.len() == 1 { "holds" } else { "hold" };
                format!("a {word} that {} {verb}", several(holders.into_iter().map(name).collect()))
            }
        };
        format!("for {words}")
    }

    fn thing_in_words(&mut self, thing: Value, future: Ref<Future>, places: &Places) -> String {
        match &places.called {
            // It has a queue for what is done.
            Some(called) if called.starts_with("_AsCompleted") => "for the next of as_completed()".to_string(),
            _ => format!("for {}", thing_in_words(self.cx, thing, future)),
        }
    }

    /// Those of several futures that are not done, in short.
    fn names(&mut self, futures: &[Ref<Future>]) -> String {
        let left = futures.iter().filter(|future| !future.is_done());
        let names = left.map(|&future| match Behind::of(self.cx, future) {
            Behind::Task(task) => name(task),
            Behind::Gathering(_) => "gather()".to_string(),
            Behind::Shielded(inner) if inner.role == Role::Task => format!("shield() of {}", name(inner)),
            _ => "a Future".to_string(),
        });
        several(names.collect())
    }

    /// The same for several that wait alike.
    fn kind_of_wait(&mut self, future: Ref<Future>, places: &Places) -> String {
        let words = match Behind::of(self.cx, future) {
            Behind::Nothing => return wait_for_future(places),
            Behind::Thing(thing) => return self.thing_in_words(thing, future, places),
            Behind::Task(_) => "another task",
            Behind::Gathering(_) => "gather()",
            Behind::Shielded(_) => "shield()",
            Behind::Several(_) => "wait()",
            Behind::Group(_) => "a TaskGroup",
            Behind::Held(word, _) => return format!("for a {word}"),
        };
        format!("for {words}")
    }

    /// A number that tasks have in common which do the same at the same place.
    fn shape(&self, task: Ref<Future>) -> FxHasher {
        let mut shape = FxHasher::default();
        let doing = self.doing(task);
        std::mem::discriminant(&doing).hash(&mut shape);
        if let Doing::Waits(future) = doing {
            (future.role as u8).hash(&mut shape);
            let behind = future.coroutine.get();
            behind.header().map(|behind| behind.layout().0).hash(&mut shape);
        }
        let mut awaited = Some(task.coroutine.get());
        while let Some(own) = awaited.and_then(|awaited| awaited.get::<Generator>()) {
            (own.function.code.get().value(), own.word()).hash(&mut shape);
            awaited = own.delegated();
        }
        shape
    }
}

/// Tasks that are not shown one by one.
struct Sum {
    /// One that is like them.
    first: usize,
    /// How many such are shown,
    shown: usize,
    /// how many are not,
    count: usize,
    /// and how many stand below those.
    below: usize,
}

/// What is known of each task of a forest by its place there.
struct Stand {
    /// A number that those have in common which are alike, with all below them.
    shapes: Vec<u64>,
    /// How many there are with those below.
    sizes: Vec<usize>,
}

impl Stand {
    fn new(survey: &Survey<'_>, forest: &Forest) -> Stand {
        let mut stand = Stand { shapes: vec![0; forest.tasks.len()], sizes: vec![1; forest.tasks.len()] };
        for place in forest.leaves_first() {
            let children = &forest.children[place];
            // However many of a kind stand below it, it is like others with that kind below.
            let mut below: Vec<u64> = children.iter().map(|&child| stand.shapes[child]).collect();
            below.sort_unstable();
            below.dedup();
            let mut shape = survey.shape(forest.tasks[place]);
            below.hash(&mut shape);
            stand.shapes[place] = shape.finish();
            stand.sizes[place] += children.iter().map(|&child| stand.sizes[child]).sum::<usize>();
        }
        stand
    }
}

/// The name of a task.
pub(super) fn name(task: Ref<Future>) -> String {
    match task.name.get() {
        Value::UNBOUND => format!("Task-{}", task.number.get()),
        name => text_of(name),
    }
}

/// Its name and what it runs.
pub(super) fn title(task: Ref<Future>) -> String {
    let coroutine = task.coroutine.get();
    let function = match (coroutine.get::<Generator>(), coroutine.get::<Await>()) {
        (Some(own), _) => {
            let name = text_of(own.qualified_name());
            // The script half of a method is named for its class.
            let is_half = own.function.code.get().code.source.name.starts_with("<stdlib>/_halves");
            if is_half { name.replacen('_', ".", 1) } else { name }
        }
        (_, Some(own)) => own.native.map_or_else(String::new, |native| native.qualified_name.to_string()),
        _ => String::new(),
    };
    // What a function is called where it was defined inside of another says less than it is long.
    let function = function.rsplit("<locals>.").next().unwrap_or_default();
    if function.is_empty() { name(task) } else { format!("{} {function}()", name(task)) }
}

/// How one waits for a future of which only the function is known that awaits it.
fn wait_for_future(places: &Places) -> String {
    match &places.called {
        Some(called) => format!("in {called}()"),
        None => "for a Future".to_string(),
    }
}

fn circle_in_words(forest: &Forest, circle: &[usize]) -> String {
    let mut names: Vec<String> = circle.iter().map(|&place| name(forest.tasks[place])).collect();
    names.push(names[0].clone());
    if names.len() > MOST_OF_CIRCLE {
        let more = format!("{} more", names.len() - MOST_OF_CIRCLE);
        names.splice(MOST_OF_CIRCLE - 1..names.len() - 1, [more]);
    }
    format!("in a circle: {}", names.join(" -> "))
}
