//! `time`: the clock, read here, waited for by the driver of the VM.

use crate::object::context::Context;
use crate::object::forward::half;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, Wait, Wish, plain};
use crate::object::number::to_f64;
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::clock_text::{self, Moment};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_time", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("sleep(seconds, /)", sleep, "Suspend for so many seconds."),
    plain("time()", time, "Return the seconds since 1970 as a float."),
    plain("time_ns()", time_ns, "Return the nanoseconds since 1970."),
    plain("monotonic()", monotonic, "Return the seconds of a clock that is never set back."),
    plain("monotonic_ns()", monotonic_ns, "Return the nanoseconds of a clock that is never set back."),
    plain("perf_counter()", monotonic, "Return the seconds of the finest clock there is."),
    plain("perf_counter_ns()", monotonic_ns, "Return the nanoseconds of the finest clock there is."),
    plain("process_time()", process_time, "Return the seconds of processor time used."),
    plain("process_time_ns()", process_time_ns, "Return the nanoseconds of processor time used."),
    plain("thread_time()", process_time, "Return the seconds of processor time that the thread has used."),
    plain("thread_time_ns()", process_time_ns, "Return the nanoseconds of processor time that the thread has used."),
    plain("gmtime(seconds=None, /)", half, "Return the time in UTC so many seconds after 1970, by default now."),
    plain("localtime(seconds=None, /)", half, "Return the local time so many seconds after 1970, by default now."),
    plain("local_fields(seconds, /)", local_fields, "Return the nine fields, zone and offset of a local time."),
    plain("seconds_of_local(fields, /)", seconds_of_local, "Return the seconds after 1970 of a local time, or None."),
    plain("format_fields(format, fields, zone, offset, /)", format_fields, "Return a time as a text by a format."),
    plain("read_zone()", read_zone, "Look at the environment variable TZ again."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    let name = cx.intern("time");
    module.add_functions_of(cx, FUNCTIONS, name);
}

fn sleep(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let seconds = match to_f64(cx, args.get(0)) {
        Some(seconds) => seconds?,
        None => return Err(cx.ask(0, Wish::Index)),
    };
    if seconds.is_nan() {
        return Err(cx.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(cx.value_error("sleep length must be non-negative"));
    }
    if seconds > 9.2e9 {
        return Err(cx.overflow_error("timestamp too large to convert to C PyTime_t"));
    }
    let timeout = Some((seconds * 1e9).round() as i64);
    Err(Stop::Wait(Box::new(Wait { timeout, otherwise: Value::NONE, ..Wait::NOTHING })))
}

/// Nanoseconds as seconds.
fn seconds(nanoseconds: i64) -> Result<Value, Stop> {
    Ok(Value::float(nanoseconds as f64 / 1e9))
}

fn time(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    seconds(cx.clock.read(true))
}

fn monotonic(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    seconds(cx.clock.read(false))
}

fn process_time(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    seconds(processor_time(cx))
}

fn time_ns(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let now = cx.clock.read(true);
    Ok(cx.int(now))
}

fn monotonic_ns(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let now = cx.clock.read(false);
    Ok(cx.int(now))
}

fn process_time_ns(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let time = processor_time(cx);
    Ok(cx.int(time))
}

/// Nanoseconds of processor time used.
#[cfg(unix)]
#[allow(unsafe_code)]
fn processor_time(_: &mut Context) -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the structure it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as i64 * 1_000_000_000 + time.tv_nsec as i64
}

#[cfg(not(unix))]
fn processor_time(cx: &mut Context) -> i64 {
    cx.clock.read(false)
}

// ----- the local zone

/// The fields of a time as the C library has them.
#[cfg(unix)]
#[allow(unsafe_code)]
fn local(seconds: i64) -> Option<(libc::tm, String)> {
    let seconds = seconds as libc::time_t;
    // SAFETY: an all-zero structure is a valid one, and the call fills it in.
    let mut fields: libc::tm = unsafe { std::mem::zeroed() };
    if unsafe { libc::localtime_r(&seconds, &mut fields) }.is_null() {
        return None;
    }
    let zone = match fields.tm_zone.is_null() {
        true => String::new(),
        // SAFETY: the name of a zone is a C string that stays until the zone is read anew.
        false => unsafe { std::ffi::CStr::from_ptr(fields.tm_zone) }.to_string_lossy().into_owned(),
    };
    Some((fields, zone))
}

#[cfg(unix)]
fn local_fields(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let seconds = Int::expect_i64(cx, args.get(0))?;
    let Some((fields, zone)) = local(seconds) else {
        return Err(cx.overflow_error("timestamp out of range for platform time_t"));
    };
    let numbers = [
        fields.tm_year as i64 + 1900,
        fields.tm_mon as i64 + 1,
        fields.tm_mday as i64,
        fields.tm_hour as i64,
        fields.tm_min as i64,
        fields.tm_sec as i64,
        (fields.tm_wday as i64 + 6) % 7,
        fields.tm_yday as i64 + 1,
        fields.tm_isdst as i64,
    ];
    let mut items: Vec<Value> = numbers.into_iter().map(Value::small).collect();
    items.push(cx.str(&zone));
    items.push(Value::small(fields.tm_gmtoff as i64));
    Ok(cx.tuple(&items))
}

/// The numbers in a tuple of fields; those that do not fit are None.
fn numbers(fields: Value) -> Vec<Option<i64>> {
    fields.get::<Tuple>().map_or(Vec::new(), |fields| fields.items().iter().map(|&value| Int::to_i64(value)).collect())
}

/// The text of fields that are known to be in their ranges.
fn format_fields(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (format, zone) = (args.get(0), text_of(args.get(2)));
    let Some(format) = format.get::<Str>() else { return Err(cx.type_error("a format is a str")) };
    let fields = numbers(args.get(1));
    let field = |index: usize| fields.get(index).copied().flatten().unwrap_or(0);
    let moment = Moment {
        year: field(0),
        month: field(1),
        day: field(2),
        hour: field(3),
        minute: field(4),
        second: field(5),
        weekday: field(6),
        day_of_year: field(7),
        zone: &zone,
        offset: Int::to_i64(args.get(3)).unwrap_or(0),
        seconds: &|| seconds_of(&fields),
    };
    let text = clock_text::format(&format.text(), &moment);
    Ok(cx.str(&text))
}

#[cfg(unix)]
fn seconds_of_local(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(seconds_of(&numbers(args.get(0))).map_or(Value::NONE, |seconds| cx.int(seconds)))
}

/// The seconds after 1970 of the fields of a local time.
#[cfg(unix)]
#[allow(unsafe_code)]
fn seconds_of(given: &[Option<i64>]) -> Option<i64> {
    let number = |index: usize, less: i64| {
        let number = given.get(index).copied().flatten()?;
        i32::try_from(number.checked_sub(less)?).ok()
    };
    // SAFETY: an all-zero structure is a valid one.
    let mut fields: libc::tm = unsafe { std::mem::zeroed() };
    let places = [
        (&mut fields.tm_year, 1900),
        (&mut fields.tm_mon, 1),
        (&mut fields.tm_mday, 0),
        (&mut fields.tm_hour, 0),
        (&mut fields.tm_min, 0),
        (&mut fields.tm_sec, 0),
    ];
    for (index, (place, less)) in places.into_iter().enumerate() {
        *place = number(index, less)?;
    }
    fields.tm_isdst = number(8, 0).unwrap_or(-1);
    // The call writes the day of the week where it succeeds: -1 is a time before 1970 then, and no failure.
    fields.tm_wday = -1;
    // SAFETY: the call reads and fills in the structure it is given.
    let seconds = unsafe { libc::mktime(&mut fields) };
    if seconds == -1 && fields.tm_wday == -1 {
        return None;
    }
    Some(seconds as i64)
}

#[cfg(unix)]
#[allow(unsafe_code)]
fn read_zone(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    unsafe extern "C" {
        fn tzset();
    }
    // SAFETY: the call changes variables of the C library, and this program reads them on one thread.
    unsafe { tzset() };
    Ok(Value::NONE)
}

/// Where there is no such library, the local zone is UTC; the script part knows how that is computed.
#[cfg(not(unix))]
fn local_fields(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Err(crate::object::forward::call_half(cx, "utc_fields", &[args.get(0)]))
}

#[cfg(not(unix))]
fn seconds_of_local(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Err(crate::object::forward::call_half(cx, "seconds_of_utc", &[args.get(0)]))
}

/// A time that is taken for one of UTC is left to the script part.
#[cfg(not(unix))]
fn seconds_of(_: &[Option<i64>]) -> Option<i64> {
    None
}

#[cfg(not(unix))]
fn read_zone(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}
