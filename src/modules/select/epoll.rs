//! `epoll`: the object of Linux that knows descriptors and says which are ready. It is a descriptor itself, ready when
//! one of them is, so it is waited for like any other.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io;
use std::os::fd::RawFd;
use std::rc::Rc;

use crate::modules::select::readiness::{descriptor, patience, wait};
use crate::object::class::{Class, expect_class};
use crate::object::context::Context;
use crate::object::descriptors::{Descriptors, Direction};
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::os_error::os_error;
use crate::object::signals::is_interrupted;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, sizehint=-1, flags=0)", new, "An object that waits for many descriptors."),
    plain("__enter__(self, /)", enter, "Return the object."),
    plain("__exit__(self, exc_type=None, exc_value=None, exc_tb=None, /)", close, "Close it."),
    plain("close(self, /)", close, "Close it."),
    plain("fileno(self, /)", fileno, "Return its own descriptor."),
    plain("modify(self, fd, eventmask)", modify, "Ask a descriptor that is known for something else."),
    plain("poll(self, timeout=None, maxevents=-1)", poll, "Wait, no longer than so many seconds, for who is ready."),
    plain("register(self, fd, eventmask=<unset>)", register, "Make a descriptor known."),
    plain("unregister(self, fd)", unregister, "Forget a descriptor."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("fromfd(cls, fd, /)", from_descriptor, "Return an object over a descriptor that is one.")];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "closed", get: is_closed, set: None, doc: "whether it has been closed" }];

const TABLES: ClassTables =
    ClassTables { methods: METHODS, class_methods: CLASS_METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
const CLASS: &str = "select.epoll";

/// How many events are asked for at once where nothing is said.
const USUAL_EVENTS: usize = libc::FD_SETSIZE - 1;

/// The descriptor of the object, and those that it knows.
struct Epoll {
    /// -1 once it is closed.
    number: Cell<RawFd>,
    known: std::cell::RefCell<BTreeSet<RawFd>>,
    descriptors: Rc<Descriptors>,
}

impl Data for Epoll {
    fn trace(&self, _: &mut Marker) {}
}

impl Drop for Epoll {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Epoll {
    fn over(cx: &Context, number: RawFd) -> Epoll {
        Epoll { number: Cell::new(number), known: Default::default(), descriptors: cx.descriptors.clone() }
    }

    fn shut(&self) {
        let number = self.number.replace(-1);
        if number >= 0 {
            self.descriptors.forget(number);
            // SAFETY: the descriptor belongs to this object, which forgets it here.
            unsafe { libc::close(number) };
        }
    }

    fn open(&self, cx: &mut Context) -> Result<RawFd, Stop> {
        match self.number.get() {
            -1 => Err(cx.value_error("I/O operation on closed epoll object")),
            number => Ok(number),
        }
    }

    /// Changes what is known of a descriptor.
    fn change(&self, cx: &mut Context, operation: i32, number: RawFd, mask: u32) -> Result<Value, Stop> {
        let own = self.open(cx)?;
        let mut event = libc::epoll_event { events: mask, u64: number as u64 };
        // SAFETY: the event is there to be read.
        if unsafe { libc::epoll_ctl(own, operation, number, &mut event) } != 0 {
            let error = io::Error::last_os_error();
            return Err(os_error(cx, &error, Value::UNBOUND));
        }
        match operation {
            libc::EPOLL_CTL_DEL => self.known.borrow_mut().remove(&number),
            _ => self.known.borrow_mut().insert(number),
        };
        Ok(Value::NONE)
    }
}

/// The class, made when it is first needed.
pub fn class(cx: &mut Context) -> Ref<Class> {
    if let Some(class) = cx.module_state.get(CLASS).and_then(|class| class.get()) {
        return class;
    }
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), 0, &TABLES);
    cx.module_state.insert(CLASS, class.value());
    class
}

fn this(cx: &mut Context, args: Args<'_>) -> Result<Of<Epoll>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0), "epoll.__new__() argument 1 must be a type")?;
    let (hint, flags) = (Int::expect_i64(cx, args.get(1))?, Int::expect_i64(cx, args.get(2))?);
    if hint < -1 || hint == 0 {
        return Err(cx.value_error("negative sizehint"));
    }
    if flags & !(libc::EPOLL_CLOEXEC as i64) != 0 {
        return Err(cx.error(LayoutId::OS_ERROR, "invalid flags"));
    }
    // SAFETY: the call takes a number.
    let number = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    if number < 0 {
        let error = io::Error::last_os_error();
        return Err(os_error(cx, &error, Value::UNBOUND));
    }
    let epoll = Epoll::over(cx, number);
    Ok(Extension::allocate(cx, class, epoll))
}

fn from_descriptor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0), "epoll.fromfd() is a method of classes")?;
    let number = descriptor(cx, args, 1)?;
    let epoll = Epoll::over(cx, number);
    Ok(Extension::allocate(cx, class, epoll))
}

fn enter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this(cx, args)?.open(cx)?;
    Ok(args.get(0))
}

fn close(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this(cx, args)?.shut();
    Ok(Value::NONE)
}

fn is_closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let epoll: Of<Epoll> = Of::from_value(cx, value, 0)?;
    Ok(Value::bool(epoll.number.get() < 0))
}

fn fileno(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = this(cx, args)?.open(cx)?;
    Ok(Value::small(number as i64))
}

/// Bits that fit where the system wants them.
fn mask(cx: &mut Context, value: Value) -> Result<u32, Stop> {
    if value.is_unbound() {
        return Ok((libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32);
    }
    if !Int::is(value) {
        return Err(cx.ask(2, Wish::Index));
    }
    match Int::to_i64(value) {
        // More bits than there are room for do not count.
        Some(mask) if mask >= 0 => Ok(mask as u32),
        Some(_) => Err(cx.value_error("value must be positive")),
        None => Err(cx.overflow_error("Python int too large to convert to C unsigned long")),
    }
}

fn register(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (epoll, number, mask) = (this(cx, args)?, descriptor(cx, args, 1)?, mask(cx, args.get(2))?);
    epoll.change(cx, libc::EPOLL_CTL_ADD, number, mask)
}

fn modify(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (epoll, number, mask) = (this(cx, args)?, descriptor(cx, args, 1)?, mask(cx, args.get(2))?);
    epoll.change(cx, libc::EPOLL_CTL_MOD, number, mask)
}

fn unregister(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (epoll, number) = (this(cx, args)?, descriptor(cx, args, 1)?);
    epoll.change(cx, libc::EPOLL_CTL_DEL, number, 0)
}

fn poll(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let epoll = this(cx, args)?;
    let own = epoll.open(cx)?;
    let timeout = patience(cx, args.get(1), 1e9, "timeout must be an integer or None")?;
    let most = match Int::expect_i64(cx, args.get(2))? {
        -1 => USUAL_EVENTS,
        most if most > 0 => (most as usize).min(1 << 20),
        most => return Err(cx.value_error(format!("maxevents must be greater than 0, got {most}"))),
    };
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; most];
    let count = loop {
        // SAFETY: there is room for so many events, and the call does not wait.
        match unsafe { libc::epoll_wait(own, events.as_mut_ptr(), most as i32, 0) } {
            -1 => {
                let error = io::Error::last_os_error();
                if error.kind() != io::ErrorKind::Interrupted || is_interrupted() {
                    return Err(os_error(cx, &error, Value::UNBOUND));
                }
            }
            count => break count as usize,
        }
    };
    if count == 0 {
        cx.descriptors.learn_members(own, epoll.known.borrow().iter().copied());
        let nothing = cx.list(Vec::new());
        return Err(wait(vec![(own, Direction::Read)], timeout, nothing));
    }
    let mut ready = Vec::new();
    for event in &events[..count] {
        let (number, bits) = (event.u64, event.events);
        ready.push(cx.tuple(&[Value::small(number as i64), Value::small(bits as i64)]));
    }
    Ok(cx.list(ready))
}
