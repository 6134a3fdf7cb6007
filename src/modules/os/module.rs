//! The module `_os`: its names.

use crate::modules::os::{constants, descriptors, entries, files, process, status};
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_os", fill };

fn fill(cx: &mut Context, module: Ref<Module>) {
    for functions in
        [entries::FUNCTIONS, files::FUNCTIONS, status::FUNCTIONS, descriptors::FUNCTIONS, process::FUNCTIONS]
    {
        let name = cx.intern("posix");
        module.add_functions_of(cx, functions, name);
    }
    constants::fill(cx, module);
}
