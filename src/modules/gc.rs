//! `gc`: asking for a collection.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "gc", fill };

const FUNCTIONS: &[Declaration] = &[
    control("collect(generation=2)", Control::Collect, "Collect garbage now."),
    plain("enable()", nothing, "Collection is always on."),
    plain("disable()", nothing, "Collection is always on."),
    plain("isenabled()", isenabled, "Return True."),
    plain("freeze()", nothing, "Do nothing: no object is set apart."),
    plain("get_count()", get_count, "Return a tuple of three numbers."),
    plain("get_threshold()", get_count, "Return a tuple of three numbers."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    let garbage = cx.list(Vec::new());
    module.set(cx, "garbage", garbage);
}

fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn isenabled(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::TRUE)
}

fn get_count(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let collections = Value::small(cx.heap.collections as i64);
    Ok(cx.tuple(&[collections, Value::small(0), Value::small(0)]))
}
