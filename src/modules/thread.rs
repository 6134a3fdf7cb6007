//! `_thread`: which thread runs. There is one so far, the main thread.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_thread", fill };

const FUNCTIONS: &[Declaration] =
    &[plain("get_ident()", get_ident, "Return a number that no other running thread has.")];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

/// The number of the main thread.
pub fn ident() -> i64 {
    std::process::id() as i64
}

fn get_ident(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(ident()))
}
