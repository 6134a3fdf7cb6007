//! `_collections`: `deque`, `defaultdict`, and the accessors of named tuples.

pub mod default_dict;
pub mod deque;
pub mod tuple_getter;

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_collections", fill };

fn fill(cx: &mut Context, module: Ref<Module>) {
    deque::install(cx, module);
    default_dict::install(cx, module);
    tuple_getter::install(cx, module);
}
