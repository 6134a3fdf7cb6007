//! `Child`: a process that was started, until somebody has learnt how it ended.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::RawFd;

use crate::modules::duration;
use crate::modules::os::argument::{checked, int};
use crate::modules::subprocess::exit_watch::ExitWatch;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wait, Wish, plain};
use crate::object::os_error::os_error;
use crate::object::value::Value;

const CLASS: &str = "_subprocess.Child";

const METHODS: &[Declaration] = &[
    plain("poll(self, /)", poll, "Return how the process ended, None while it runs."),
    plain(
        "wait(self, timeout=None, /)",
        wait,
        "Wait for its end; return how it ended, None if the time was too short.",
    ),
    plain("send_signal(self, signal, /)", send_signal, "Send it a signal, unless it has ended."),
    plain("fileno(self, /)", fileno, "Return a descriptor that can be read from as soon as the process has ended."),
    plain("release(self, /)", release, "Let that descriptor go."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute {
        name: "pid",
        get: |cx, value| Ok(Value::small(this(cx, value)?.process as i64)),
        set: None,
        doc: "The number of the process.",
    },
    Attribute {
        name: "returncode",
        get: |cx, value| Ok(this(cx, value)?.code()),
        set: None,
        doc: "How it ended, as far as was asked: its status, or minus the number of a signal.",
    },
    Attribute {
        name: "is_lost",
        get: |cx, value| Ok(Value::bool(this(cx, value)?.is_lost.get())),
        set: None,
        doc: "Has somebody else taken what tells how it ended?",
    },
];

thread_local! {
    /// Processes whose objects were dropped before they ended.
    static ORPHANS: RefCell<Vec<libc::pid_t>> = const { RefCell::new(Vec::new()) };
}

/// A process and what is known of it.
struct Child {
    process: libc::pid_t,
    /// Its status, or minus the signal that ended it; None while it runs or nobody has asked.
    code: Cell<Option<i32>>,
    is_lost: Cell<bool>,
    /// What tells of its end, once somebody waits for that.
    watch: RefCell<Option<ExitWatch>>,
}

impl Data for Child {
    fn trace(&self, _: &mut Marker) {}
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.code.get().is_none() {
            ORPHANS.with_borrow_mut(|orphans| orphans.push(self.process));
        }
    }
}

/// Makes the class.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), Class::FINAL | Class::WEAKLY, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "Child", class.value());
}

/// The object of a process that was just started.
pub fn make(cx: &mut Context, process: libc::pid_t) -> Value {
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    let child = Child { process, code: Cell::new(None), is_lost: Cell::new(false), watch: RefCell::new(None) };
    if cx.clock.is_virtual() {
        // Whether anybody waits or not: no time passes while it runs. Without a descriptor it does.
        *child.watch.borrow_mut() = ExitWatch::new(cx, process).ok();
    }
    Extension::allocate(cx, class, child)
}

/// Takes from the system what it keeps of ended processes that nobody has an object for any more.
pub fn bury_orphans() {
    ORPHANS.with_borrow_mut(|orphans| orphans.retain(|&process| matches!(look(process), Ok(None))));
}

/// How a process ended, None while it runs. The system tells once.
fn look(process: libc::pid_t) -> io::Result<Option<i32>> {
    let mut status = 0;
    loop {
        // SAFETY: the call fills in the number.
        match unsafe { libc::waitpid(process, &mut status, libc::WNOHANG) } {
            0 => return Ok(None),
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
            _ if libc::WIFSIGNALED(status) => return Ok(Some(-libc::WTERMSIG(status))),
            _ => return Ok(Some(libc::WEXITSTATUS(status))),
        }
    }
}

impl Child {
    /// As scripts see it.
    fn code(&self) -> Value {
        self.code.get().map_or(Value::NONE, |code| Value::small(code as i64))
    }

    /// Looks whether it has ended.
    fn poll(&self) -> Option<i32> {
        if self.code.get().is_some() {
            return self.code.get();
        }
        let code = look(self.process).unwrap_or_else(|_| {
            // It has ended, but the status went to somebody else, or the program ignores SIGCHLD.
            self.is_lost.set(true);
            Some(0)
        });
        self.code.set(code);
        if code.is_some() && !self.watch.borrow().as_ref().is_some_and(ExitWatch::is_watched) {
            self.watch.take();
        }
        code
    }

    /// The descriptor that tells of its end.
    fn number(&self, cx: &mut Context) -> Result<RawFd, Stop> {
        if self.watch.borrow().is_none() {
            match ExitWatch::new(cx, self.process) {
                Ok(watch) => *self.watch.borrow_mut() = Some(watch),
                Err(error) => return Err(os_error(cx, &error, Value::UNBOUND)),
            }
        }
        Ok(self.watch.borrow().as_ref().map_or(-1, ExitWatch::number))
    }
}

fn this(cx: &mut Context, value: Value) -> Result<Of<Child>, Stop> {
    Of::from_value(cx, value, 0)
}

fn poll(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let child = this(cx, args.get(0))?;
    child.poll();
    Ok(child.code())
}

fn wait(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let child = this(cx, args.get(0))?;
    let timeout = match args.get(1) {
        Value::NONE => None,
        given => match duration::nanoseconds(cx, given, 1e9) {
            Some(timeout) => Some(timeout?),
            None => return Err(cx.ask(1, Wish::Float)),
        },
    };
    if child.poll().is_some() || timeout.is_some_and(|timeout| timeout <= 0) {
        return Ok(child.code());
    }
    let interests = vec![(child.number(cx)?, Direction::Read)];
    Err(Stop::Wait(Box::new(Wait { interests, timeout, otherwise: Value::NONE, ..Wait::NOTHING })))
}

fn send_signal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let child = this(cx, args.get(0))?;
    let signal = int(cx, args, 1)?;
    // Its number may be that of another process once it is gone.
    if child.poll().is_none() {
        // SAFETY: the call takes numbers.
        checked(cx, unsafe { libc::kill(child.process, signal) } as i64, Value::UNBOUND)?;
    }
    Ok(Value::NONE)
}

fn fileno(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let child = this(cx, args.get(0))?;
    let number = child.number(cx)?;
    Ok(Value::small(number as i64))
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this(cx, args.get(0))?.watch.take();
    Ok(Value::NONE)
}
