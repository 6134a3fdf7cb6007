//! `resource`: what the process has used, and how much it may.
#![allow(unsafe_code)]

use std::io;

use crate::modules::os::argument::{checked, int};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items::plain_items;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::os_error::os_error;
use crate::object::struct_sequence;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "resource", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("getrusage(who, /)", getrusage, "Return what the process, or its children, have used."),
    plain("getrlimit(resource, /)", getrlimit, "Return how much of a resource may be used now, and at most."),
    plain("setrlimit(resource, limits, /)", setrlimit, "Set how much of a resource may be used now, and at most."),
    plain("getpagesize()", getpagesize, "Return how many bytes a page of memory has."),
];

macro_rules! numbers {
    ($($name:ident)*) => {
        const NUMBERS: &[(&str, i64)] = &[$((stringify!($name), libc::$name as i64)),*];
    };
}

numbers! {
    RLIMIT_CORE RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_RSS RLIMIT_NPROC RLIMIT_NOFILE RLIMIT_MEMLOCK
    RLIMIT_AS RUSAGE_SELF RUSAGE_CHILDREN
}

#[cfg(target_os = "linux")]
const MORE: &[(&str, i64)] = &[
    ("RUSAGE_THREAD", libc::RUSAGE_THREAD as i64),
    ("RLIMIT_MSGQUEUE", libc::RLIMIT_MSGQUEUE as i64),
    ("RLIMIT_NICE", libc::RLIMIT_NICE as i64),
    ("RLIMIT_RTPRIO", libc::RLIMIT_RTPRIO as i64),
    ("RLIMIT_RTTIME", libc::RLIMIT_RTTIME as i64),
    ("RLIMIT_SIGPENDING", libc::RLIMIT_SIGPENDING as i64),
];
#[cfg(not(target_os = "linux"))]
const MORE: &[(&str, i64)] = &[];

/// There is no limit.
const INFINITE: i64 = -1;

const CLASS: &str = "resource.struct_rusage";

static USAGE: [Attribute; 16] = struct_sequence::fields([
    "ru_utime",
    "ru_stime",
    "ru_maxrss",
    "ru_ixrss",
    "ru_idrss",
    "ru_isrss",
    "ru_minflt",
    "ru_majflt",
    "ru_nswap",
    "ru_inblock",
    "ru_oublock",
    "ru_msgsnd",
    "ru_msgrcv",
    "ru_nsignals",
    "ru_nvcsw",
    "ru_nivcsw",
]);

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for &(name, number) in NUMBERS.iter().chain(MORE) {
        module.set(cx, name, Value::small(number));
    }
    module.set(cx, "RLIM_INFINITY", Value::small(INFINITE));
    let error = cx.class(LayoutId::OS_ERROR).value();
    module.set(cx, "error", error);
    let class = struct_sequence::class(cx, CLASS, &USAGE).value();
    cx.module_state.insert(CLASS, class);
    module.set(cx, "struct_rusage", class);
}

fn seconds(time: libc::timeval) -> Value {
    Value::float(time.tv_sec as f64 + time.tv_usec as f64 / 1e6)
}

fn getrusage(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let who = int(cx, args, 0)?;
    // SAFETY: the structure is numbers, for which zeros are as good as any.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the call fills in the structure.
    if unsafe { libc::getrusage(who, &mut usage) } == -1 {
        let error = io::Error::last_os_error();
        return Err(match error.raw_os_error() {
            Some(libc::EINVAL) => cx.value_error("invalid who parameter"),
            _ => os_error(cx, &error, Value::UNBOUND),
        });
    }
    let mut items = vec![seconds(usage.ru_utime), seconds(usage.ru_stime)];
    let counts = [
        usage.ru_maxrss,
        usage.ru_ixrss,
        usage.ru_idrss,
        usage.ru_isrss,
        usage.ru_minflt,
        usage.ru_majflt,
        usage.ru_nswap,
        usage.ru_inblock,
        usage.ru_oublock,
        usage.ru_msgsnd,
        usage.ru_msgrcv,
        usage.ru_nsignals,
        usage.ru_nvcsw,
        usage.ru_nivcsw,
    ];
    items.extend(counts.map(|count| cx.int(count as i64)));
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    Ok(struct_sequence::make(cx, class, &items))
}

/// The number of a resource.
fn resource(cx: &mut Context, args: Args<'_>) -> Result<i32, Stop> {
    let number = int(cx, args, 0)?;
    let is_known =
        NUMBERS.iter().chain(MORE).any(|&(name, known)| name.starts_with("RLIMIT") && known == number as i64);
    if is_known { Ok(number) } else { Err(cx.value_error("invalid resource specified")) }
}

fn limit_value(cx: &mut Context, limit: libc::rlim_t) -> Value {
    if limit == libc::RLIM_INFINITY { Value::small(INFINITE) } else { cx.int(limit as i64) }
}

fn getrlimit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let resource = resource(cx, args)?;
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the call fills in the structure.
    checked(cx, unsafe { libc::getrlimit(resource as _, &mut limits) } as i64, Value::UNBOUND)?;
    let limits = [limits.rlim_cur, limits.rlim_max].map(|limit| limit_value(cx, limit));
    Ok(cx.tuple(&limits))
}

fn setrlimit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let resource = resource(cx, args)?;
    let items = match plain_items(cx, args.get(1)) {
        Some(items) => items?,
        None => Vec::new(),
    };
    let numbers: Vec<i64> = items.iter().filter_map(|&item| Int::to_i64(item)).collect();
    let &[soft, hard] = &numbers[..] else { return Err(cx.value_error("expected a tuple of 2 integers")) };
    let limit = |number: i64| if number == INFINITE { libc::RLIM_INFINITY } else { number as libc::rlim_t };
    let limits = libc::rlimit { rlim_cur: limit(soft), rlim_max: limit(hard) };
    // SAFETY: the call reads the structure.
    if unsafe { libc::setrlimit(resource as _, &limits) } == 0 {
        return Ok(Value::NONE);
    }
    let error = io::Error::last_os_error();
    Err(match error.raw_os_error() {
        Some(libc::EINVAL) => cx.value_error("current limit exceeds maximum limit"),
        Some(libc::EPERM) => cx.value_error("not allowed to raise maximum limit"),
        _ => os_error(cx, &error, Value::UNBOUND),
    })
}

fn getpagesize(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    // SAFETY: the call takes a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Ok(cx.int(size))
}
