//! Making tasks, cancelling them and gathering their results: what must know where in the program it happens.

use crate::object::class::Class;
use crate::object::contextvars;
use crate::object::dict::Dict;
use crate::object::event_loop::{Entry, EventLoop};
use crate::object::frame::Then;
use crate::object::function::CodeObject;
use crate::object::future::{Future, FutureState, Role, is_cancelled_by_script};
use crate::object::generator::{Await, Generator};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::truth;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};
use crate::vm::switch::delegate_of;

/// Can a task run this without more ado?
fn is_coroutine(value: Value) -> bool {
    match value.get::<Generator>() {
        Some(own) => own.header().layout() == LayoutId::COROUTINE || own.function.is_coroutine.get(),
        None => value.header().is_some_and(|header| header.layout() == LayoutId::NATIVE_COROUTINE),
    }
}

impl Vm {
    /// `loop.create_task(coro, name=, context=, eager_start=, **kwargs)`
    pub(super) fn create_task(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let &[receiver, coroutine, name, context, eager, ref more @ ..] = args else {
            unreachable!("create_task has these parameters")
        };
        let event_loop: Ref<EventLoop> = receiver.get().expect("the receiver was checked");
        if let Err(stop) = event_loop.check_closed(&mut self.cx) {
            return self.raise(stop);
        }
        let has_more = more.first().and_then(|more| more.get::<Dict>()).is_some_and(|more| !more.is_empty());
        let is_plain = is_coroutine(coroutine) && (name.is_none() || name.is::<Str>());
        if !is_plain || has_more || !event_loop.task_factory.get().is_none() {
            return self.call_half("event_loop_create_task", args, then, destination);
        }
        let task = self.new_task(event_loop, coroutine, name, context);
        match truth::truth(&mut self.cx, eager) {
            Some(true) => self.start_eagerly(task, task.value(), then, destination),
            _ => {
                event_loop.push(Entry::Step(task));
                Flow::Done(task.value())
            }
        }
    }

    /// `asyncio.create_task(coro, name=, context=, eager_start=, **kwargs)`
    pub(super) fn spawn(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let event_loop = self.cx.running.event_loop;
        if event_loop.is_none() {
            let stop = self.cx.runtime_error("no running event loop");
            return self.raise(stop);
        }
        let &[coroutine, name, context, eager, more] = args else { unreachable!("create_task has these parameters") };
        if self.cx.running.event_loop().is_some_and(|event_loop| self.makes_tasks_itself(event_loop)) {
            let args = [event_loop, coroutine, name, context, eager, more];
            return self.call_half("create_task_of_loop", &args, then, destination);
        }
        self.create_task(&[event_loop, coroutine, name, context, eager, more], then, destination)
    }

    /// Has the class of a loop a `create_task` of its own?
    fn makes_tasks_itself(&mut self, event_loop: Ref<EventLoop>) -> bool {
        let class = self.cx.class_of(event_loop.value());
        if class.has(Class::BUILTIN) {
            return false;
        }
        let name = self.cx.intern("create_task");
        class.lookup_after(name, None).is_some_and(|(owner, _)| !owner.has(Class::BUILTIN))
    }

    /// A new task of a loop, its first step not yet asked for.
    #[inline(always)]
    fn new_task(&mut self, event_loop: Ref<EventLoop>, coroutine: Value, name: Value, context: Value) -> Ref<Future> {
        let class = self.cx.class(LayoutId::TASK);
        let task = Future::allocate(&mut self.cx, class, Role::Task, event_loop);
        self.set_up_task(task, coroutine, name, context);
        task
    }

    fn set_up_task(&mut self, task: Ref<Future>, coroutine: Value, name: Value, context: Value) {
        task.coroutine.set(coroutine);
        if name.is_none() {
            self.cx.running.tasks_made += 1;
            task.number.set(self.cx.running.tasks_made);
        } else {
            task.name.set(name);
        }
        let context = match context.is_none() {
            true => contextvars::share_current(&self.cx),
            false => context,
        };
        task.context.set(context);
        let (code, word) = self.position();
        task.origin.set(code);
        task.origin_word.set(word);
        task.event_loop.add_task(task);
        if self.cx.recorder.is_some() {
            self.record_task(task);
        }
    }

    /// Code and word of the function of the program that does something, through the library or itself; of the
    /// library if that does it on its own account, and None where no function runs.
    pub(super) fn position(&self) -> (Value, u32) {
        let Some(innermost) = self.script_frame(0) else { return (Value::NONE, 0) };
        let mut callers = (0..=innermost).rev().take_while(|&index| self.frame_at(index).function.is_some());
        let own = callers.find(|&index| !self.frame_at(index).code().code.source.is_of_library());
        let frame = self.frame_at(own.unwrap_or(innermost));
        (frame.code().value(), frame.word())
    }

    /// `Task.__init__(self, coro, loop=, name=, context=, eager_start=)`
    pub(super) fn start_task(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let &[task, coroutine, _, name, context, eager] = args else { unreachable!("a task has these parameters") };
        let is_plain = is_coroutine(coroutine) && (name.is_none() || name.is::<Str>());
        if !is_plain {
            return self.call_half("task_init", args, then, destination);
        }
        self.begin_task(&[task, coroutine, Value::NONE, name, context, eager], then, destination)
    }

    /// As `start_task`, of arguments that need no more looking at.
    pub(super) fn begin_task(&mut self, args: &[Value; 6], then: Then, destination: u16) -> Flow {
        let &[task, coroutine, _, name, context, eager] = args;
        let task: Ref<Future> = task.get().expect("the receiver was checked");
        self.set_up_task(task, coroutine, name, context);
        if truth::truth(&mut self.cx, eager) == Some(true) && task.event_loop.is_running.get() {
            return self.start_eagerly(task, Value::NONE, then, destination);
        }
        if let Err(stop) = task.event_loop.check_closed(&mut self.cx) {
            return self.raise(stop);
        }
        task.event_loop.push(Entry::Step(task));
        Flow::Done(Value::NONE)
    }

    /// Runs the first step of a task at once, above whoever makes it and gets this result.
    fn start_eagerly(&mut self, task: Ref<Future>, result: Value, then: Then, destination: u16) -> Flow {
        task.set(Future::EAGER);
        self.step_now(task, Value::UNBOUND, result, then, destination)
    }

    /// `_step(task, exception)`: the next step of a task, within the callback of a future of another kind.
    pub(super) fn step_task_now(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let task: Ref<Future> = args[0].get().expect("the script half has a task");
        let thrown = self.begin_step(task, args[1]);
        self.step_now(task, thrown, Value::NONE, then, destination)
    }

    fn step_now(&mut self, task: Ref<Future>, thrown: Value, result: Value, then: Then, destination: u16) -> Flow {
        let around = contextvars::begin(&mut self.cx, task.context.get());
        let slots = [task.value(), self.cx.running.task, around, result, thrown];
        self.start_machine(Machine::StepNow, &slots, then, destination)
    }

    // slots: 0 the task, 1 the task around it, 2 the context around it, 3 the result, 4 what is thrown or UNBOUND
    pub(super) fn step_step_now(&mut self, input: Input) -> Next {
        let task: Ref<Future> = self.slot(0).get().expect("a task");
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                self.cx.running.task = task.value();
                if self.cx.recorder.is_some() {
                    self.record_step(task);
                }
                return Next::Called(self.resume_coroutine(task.coroutine.get(), self.slot(4)));
            }
            (1, _) => {
                self.cx.running.task = self.slot(1);
                let around = self.slot(2);
                task.context.set(contextvars::end(&mut self.cx, around));
                self.go_to(2);
            }
            (_, Input::Error(exception)) => return Next::Raise(exception),
            _ => return Next::Return(self.slot(3)),
        }
        let next = self.take_step(task.event_loop, task, input);
        if self.cx.recorder.is_some() {
            self.record_stop(task, next.is_some());
        }
        if task.has(Future::EAGER) && task.state.get() != FutureState::Pending {
            // A task that never had to wait keeps nothing of what it ran.
            task.coroutine.set(Value::NONE);
        }
        task.clear(Future::EAGER);
        next.unwrap_or(Next::Return(self.slot(3)))
    }

    /// Resumes what a task runs, or throws into it if `thrown` is not UNBOUND, for the machine that runs.
    pub(super) fn resume_coroutine(&mut self, coroutine: Value, thrown: Value) -> Flow {
        if let Some(own) = coroutine.get::<Generator>() {
            return match thrown.is_unbound() {
                true => self.step_generator(own, Value::NONE, Then::StepMachine, 0),
                false => self.throw(own, thrown, Then::StepMachine, 0),
            };
        }
        if let Some(step) = coroutine.get::<Await>() {
            return match thrown.is_unbound() {
                true => self.step_await(step, Value::NONE, Then::StepMachine, 0),
                false => self.throw_await(step, thrown, Then::StepMachine, 0),
            };
        }
        let (value, name) = match thrown.is_unbound() {
            true => (Value::NONE, self.cx.names.send),
            false => (thrown, self.cx.names.throw),
        };
        self.start_machine(Machine::Next, &[coroutine, Value::UNBOUND, value, name], Then::StepMachine, 0)
    }

    /// Does a task's coroutine look itself at what became of the future it waits for?
    pub(super) fn looks_itself(&self, task: Ref<Future>) -> bool {
        let Some(own) = task.coroutine.get().get::<Generator>() else {
            return task.coroutine.get().is::<Await>();
        };
        let inner = own.innermost.get().unwrap_or(own);
        if !inner.is_delegating.get() {
            return false;
        }
        let delegate = delegate_of(inner);
        delegate.is::<Future>() || delegate.is::<Await>()
    }

    /// The task whose coroutine is the root of what runs, if no other code stands between them.
    pub(super) fn task_of(&self, root: Value) -> Option<Ref<Future>> {
        self.cx.running.task().filter(|task| task.coroutine.get() == root)
    }

    // ----- cancelling

    /// `future.cancel(msg=None)`
    pub(super) fn cancel_future(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let future: Ref<Future> = args[0].get().expect("the receiver was checked");
        if is_cancelled_by_script(&mut self.cx, future) {
            return self.call_half("cancel_through", args, then, destination);
        }
        let canceller = self.canceller();
        Flow::Done(Value::bool(future.cancel(&mut self.cx, args[1], canceller)))
    }

    /// Who cancels and where: the running task or None, file, line and function; None where no script does.
    fn canceller(&mut self) -> Value {
        let (code, word) = self.position();
        let Some(code) = code.get::<CodeObject>() else { return Value::NONE };
        let (task, line) = (self.cx.running.task, Value::small(code.code.line(word) as i64));
        let file = self.cx.intern(&code.code.source.name);
        self.cx.tuple(&[task, file, line, code.name])
    }

    // ----- gathering

    /// `gather(*futures, return_exceptions=False, limit=None)`
    pub(super) fn gather(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let &[return_exceptions, limit, given] = args else { unreachable!("gather has these parameters") };
        let given = Vm::tuple_items(given);
        let event_loop = match given.first().and_then(|value| value.get::<Future>()) {
            Some(future) => Some(future.event_loop),
            None => self.cx.running.event_loop().or(self.cx.running.set_loop.get()),
        };
        let (Some(event_loop), true, false) = (event_loop, limit.is_none(), given.is_empty()) else {
            return self.call_half("gather", args, then, destination);
        };
        let makes_tasks = event_loop.task_factory.get().is_none()
            && !event_loop.is_closed.get()
            && !self.makes_tasks_itself(event_loop);
        let is_plain = |value: &Value| match value.get::<Future>() {
            Some(future) => future.event_loop == event_loop,
            None => makes_tasks && is_coroutine(*value),
        };
        if !given.iter().all(is_plain) {
            return self.call_half("gather", args, then, destination);
        }
        let class = self.cx.class(LayoutId::GATHERING);
        let gathering = Future::allocate(&mut self.cx, class, Role::Gathering, event_loop);
        if truth::truth(&mut self.cx, return_exceptions) == Some(true) {
            gathering.set(Future::RETURN_EXCEPTIONS);
        }
        let (code, word) = self.position();
        gathering.origin.set(code);
        gathering.origin_word.set(word);
        self.gather_into(gathering, &given);
        Flow::Done(gathering.value())
    }

    fn gather_into(&mut self, gathering: Ref<Future>, given: &[Value]) {
        // A future that has been seen tells by its last callback, a coroutine or a future that is done by this.
        let mut seen: rustc_hash::FxHashMap<Value, Value> = rustc_hash::FxHashMap::default();
        let mut children = Vec::with_capacity(given.len());
        let mut done = Vec::new();
        let mut left = 0;
        for &value in given {
            if value.get::<Future>().is_some_and(|future| future.last_callback() == gathering.value()) {
                children.push(value);
                continue;
            }
            if let Some(&child) = seen.get(&value) {
                children.push(child);
                continue;
            }
            let child = match value.get::<Future>() {
                Some(future) => future,
                None => {
                    let task = self.new_task(gathering.event_loop, value, Value::NONE, Value::NONE);
                    task.set(Future::QUIET);
                    gathering.event_loop.push(Entry::Step(task));
                    task
                }
            };
            if child.value() != value || child.is_done() {
                seen.insert(value, child.value());
            }
            children.push(child.value());
            left += 1;
            match child.is_done() {
                true => done.push(child),
                false => child.add_callback(&mut self.cx, gathering.value(), Value::UNBOUND),
            }
        }
        let children = self.cx.list(children);
        gathering.coroutine.set(children);
        gathering.number.set(left);
        for child in done {
            gathering.child_done(&mut self.cx, child);
        }
    }

    /// What a future's class says of its own awaiting is left alone; this is the plain one.
    pub(super) fn wait_outcome(&mut self, future: Ref<Future>) -> Result<Value, Stop> {
        match future.is_done() {
            true => future.outcome(&mut self.cx),
            false => Err(self.cx.runtime_error("await wasn't used with future")),
        }
    }
}
