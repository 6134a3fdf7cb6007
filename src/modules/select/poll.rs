//! `poll`: an object that knows descriptors and what they are asked for, and says which are ready.

use std::cell::RefCell;
use std::os::fd::RawFd;

use crate::modules::select::readiness::{descriptor, entry, look, patience};
use crate::object::arguments::has_special;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::os_error::numbered_error;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("modify(self, fd, eventmask, /)", modify, "Ask a descriptor that is known for something else."),
    plain("poll(self, timeout=None, /)", poll, "Wait, no longer than so many milliseconds, and return who is ready."),
    plain("register(self, fd, eventmask=<unset>, /)", register, "Make a descriptor known."),
    plain("unregister(self, fd, /)", unregister, "Forget a descriptor."),
];

const TABLES: ClassTables = ClassTables { methods: METHODS, ..ClassTables::NONE };
const CLASS: &str = "select.poll";

/// The descriptors in the order they came in, each with its bits.
#[derive(Default)]
struct Poll {
    entries: RefCell<Vec<(RawFd, u16)>>,
}

impl Data for Poll {
    fn trace(&self, _: &mut Marker) {}
}

/// `poll()`
pub fn make(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = match cx.module_state.get(CLASS).and_then(|class| class.get()) {
        Some(class) => class,
        None => {
            let class = make_class(cx, CLASS, &[], Some(Kind::Extension), 0, &TABLES);
            cx.module_state.insert(CLASS, class.value());
            class
        }
    };
    Ok(Extension::allocate(cx, class, Poll::default()))
}

fn this(cx: &mut Context, args: Args<'_>) -> Result<Of<Poll>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

/// Bits that fit where the system wants them.
fn mask(cx: &mut Context, value: Value) -> Result<u16, Stop> {
    if value.is_unbound() {
        return Ok((libc::POLLIN | libc::POLLPRI | libc::POLLOUT) as u16);
    }
    if !Int::is(value) {
        let has_index = has_special(cx, value, cx.names.__index__);
        return Err(if has_index { cx.ask(2, Wish::Index) } else { cx.type_error("an integer is required") });
    }
    match Int::to_i64(value).and_then(|mask| u16::try_from(mask).ok()) {
        Some(mask) => Ok(mask),
        None if Int::sign(value) < 0 => Err(cx.value_error("value must be positive")),
        None => Err(cx.overflow_error("Python int too large for C unsigned short")),
    }
}

fn register(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (poll, number, mask) = (this(cx, args)?, descriptor(cx, args, 1)?, mask(cx, args.get(2))?);
    let mut entries = poll.entries.borrow_mut();
    match entries.iter_mut().find(|entry| entry.0 == number) {
        Some(entry) => entry.1 = mask,
        None => entries.push((number, mask)),
    }
    Ok(Value::NONE)
}

fn modify(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (poll, number, mask) = (this(cx, args)?, descriptor(cx, args, 1)?, mask(cx, args.get(2))?);
    match poll.entries.borrow_mut().iter_mut().find(|entry| entry.0 == number) {
        Some(entry) => entry.1 = mask,
        None => return Err(numbered_error(cx, libc::ENOENT, Value::UNBOUND)),
    }
    Ok(Value::NONE)
}

fn unregister(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (poll, number) = (this(cx, args)?, descriptor(cx, args, 1)?);
    let mut entries = poll.entries.borrow_mut();
    match entries.iter().position(|entry| entry.0 == number) {
        Some(place) => drop(entries.remove(place)),
        None => return Err(cx.key_error(Value::small(number as i64))),
    }
    Ok(Value::NONE)
}

fn poll(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let poll = this(cx, args)?;
    let timeout = patience(cx, args.get(1), 1e6, "timeout must be an integer or None")?;
    let mut entries: Vec<_> = poll.entries.borrow().iter().map(|&(number, mask)| entry(number, mask as i16)).collect();
    let nothing = cx.list(Vec::new());
    look(cx, &mut entries, timeout, nothing)?;
    let mut ready = Vec::new();
    for entry in entries.iter().filter(|entry| entry.revents != 0) {
        ready.push(cx.tuple(&[Value::small(entry.fd as i64), Value::small(entry.revents as u16 as i64)]));
    }
    Ok(cx.list(ready))
}
