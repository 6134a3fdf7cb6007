//! `gc`: asking for a collection, and looking at what there is.
//!
//! Collecting is how all memory is reclaimed here, so it is never off: `disable` is only remembered.

use crate::object::arguments::Index;
use crate::object::context::Context;
use crate::object::heap::{Header, Ref, walk};
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "gc", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("collect(generation=2)", collect, "Collect garbage now; return how many objects were found to finalise."),
    plain("enable()", enable, "Say that collection is on, as it always is."),
    plain("disable()", disable, "Say that collection is off; memory is still reclaimed."),
    plain("isenabled()", isenabled, "Return what enable and disable said last."),
    plain("freeze()", nothing, "Do nothing: no object is set apart."),
    plain("unfreeze()", nothing, "Do nothing: no object is set apart."),
    plain("get_freeze_count()", zero, "Return 0: no object is set apart."),
    plain("get_count()", get_count, "Return a tuple of three numbers."),
    plain("get_threshold()", get_threshold, "Return the thresholds that were set last."),
    plain("set_threshold(*thresholds)", set_threshold, "Remember one to three thresholds; memory in use decides."),
    plain("get_objects(generation=None)", get_objects, "Return a list of all objects that hold others."),
    plain("get_referents(*objs)", get_referents, "Return a list of what the objects refer to directly."),
    plain("get_referrers(*objs)", get_referrers, "Return a list of what refers directly to any of the objects."),
    plain("is_tracked(obj, /)", is_tracked, "Return whether an object can hold others."),
    plain("is_finalized(obj, /)", is_finalized, "Return whether the finaliser of an object has been called."),
];

/// What the loop does for `collect`.
static COLLECT: Declaration = control("collect()", Control::Collect, "Collect garbage now.");

const COLLECT_KEY: &str = "gc.collect";
const CALLBACKS: &str = "gc.callbacks";
const ENABLED: &str = "gc.enabled";
const THRESHOLDS: &str = "gc.thresholds";

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    let native = Native::new(cx, &COLLECT, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    cx.module_state.insert(COLLECT_KEY, native.value());
    let (garbage, callbacks) = (cx.list(Vec::new()), cx.list(Vec::new()));
    module.set(cx, "garbage", garbage);
    module.set(cx, "callbacks", callbacks);
    cx.module_state.insert(CALLBACKS, callbacks);
}

fn collect(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Index(generation),): (Index,) = args.take(cx)?;
    if !(0..=2).contains(&generation) {
        return Err(cx.value_error("invalid generation"));
    }
    let native = cx.module_state[COLLECT_KEY];
    let callbacks = cx.module_state[CALLBACKS];
    if callbacks.get::<List>().is_some_and(|callbacks| callbacks.len() > 0) {
        let generation = Value::small(generation);
        return Err(crate::object::forward::call_half(cx, "collect_loudly", &[native, callbacks, generation]));
    }
    Err(cx.call(native, &[]))
}

fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn zero(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(0))
}

fn enable(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    cx.module_state.insert(ENABLED, Value::TRUE);
    Ok(Value::NONE)
}

fn disable(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    cx.module_state.insert(ENABLED, Value::FALSE);
    Ok(Value::NONE)
}

fn isenabled(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.module_state.get(ENABLED).copied().unwrap_or(Value::TRUE))
}

fn get_count(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let collections = Value::small(cx.heap.collections as i64);
    Ok(cx.tuple(&[collections, Value::small(0), Value::small(0)]))
}

fn get_threshold(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    match cx.module_state.get(THRESHOLDS) {
        Some(&thresholds) => Ok(thresholds),
        None => Ok(cx.tuple(&[2000, 10, 0].map(Value::small))),
    }
}

fn set_threshold(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let given: Ref<Tuple> = args.take::<(Ref<Tuple>,)>(cx)?.0;
    let count = given.items().len();
    if !(1..=3).contains(&count) {
        return Err(cx.type_error("gc.set_threshold requires 1 to 3 arguments"));
    }
    let before = get_threshold(cx, args)?;
    let mut thresholds = before.get::<Tuple>().map_or(Vec::new(), |before| before.items().to_vec());
    for (place, &value) in thresholds.iter_mut().zip(given.items()) {
        *place = Value::small(crate::object::integer::Int::expect_i64(cx, value)?);
    }
    let thresholds = cx.tuple(&thresholds);
    cx.module_state.insert(THRESHOLDS, thresholds);
    Ok(Value::NONE)
}

// ----- what there is

fn get_objects(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !args.get(0).is_none() {
        let (Index(generation),): (Index,) = args.take(cx)?;
        if !(-1..=2).contains(&generation) {
            let message = match generation < 0 {
                true => "generation parameter cannot be negative",
                false => "generation parameter must be less than the number of available generations (3)",
            };
            return Err(cx.value_error(message));
        }
    }
    let objects = cx.heap.containers();
    Ok(cx.list(objects))
}

fn get_referents(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let objects: Ref<Tuple> = args.take::<(Ref<Tuple>,)>(cx)?.0;
    let mut found = Vec::new();
    for &object in objects.items() {
        found.extend(cx.heap.referents(object));
        if object.header().is_some_and(|header| header.dictionary().is_some()) {
            let class = cx.class_of(object).value();
            found.push(class);
        }
    }
    Ok(cx.list(found))
}

fn get_referrers(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let objects: Ref<Tuple> = args.take::<(Ref<Tuple>,)>(cx)?.0;
    let mut found = cx.heap.containers();
    found.retain(|&holder| {
        let referents = if holder == objects.value() { Vec::new() } else { cx.heap.referents(holder) };
        referents.iter().any(|referent| objects.items().contains(referent))
    });
    Ok(cx.list(found))
}

fn is_tracked(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    let is_container = match value.get::<Tuple>() {
        Some(tuple) => tuple.items().len() > 0,
        None => value.header().is_some_and(walk::is_container),
    };
    Ok(Value::bool(is_container))
}

fn is_finalized(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(args.get(0).header().is_some_and(|header| header.has(Header::FINALISED))))
}
