//! `_types`: what `types` needs of the machine.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Control, Declaration, control};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_types", fill };

const FUNCTIONS: &[Declaration] = &[control(
    "iterable_coroutine(function, /)",
    Control::MakeCoroutine,
    "Let the generators of a function be awaited; return the function.",
)];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}
