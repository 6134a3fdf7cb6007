//! The module: its classes and its exceptions.

use super::{decoder, encoder};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::Stop;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_pickle", fill };

const UNPICKLING_ERROR: &str = "_pickle.UnpicklingError";

fn fill(cx: &mut Context, module: Ref<Module>) {
    encoder::install(cx, module);
    decoder::install(cx, module);
    let mut base = cx.class(LayoutId::EXCEPTION);
    let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
    for name in ["_pickle.PickleError", "_pickle.PicklingError", UNPICKLING_ERROR] {
        let error = make_class(cx, name, &[base], None, flags, &ClassTables::NONE);
        module.dict().set_interned(error.name.get(), error.value());
        if name == "_pickle.PickleError" {
            base = error;
        }
        if name == UNPICKLING_ERROR {
            cx.module_state.insert(name, error.value());
        }
    }
}

/// UnpicklingError. The module must have been made.
pub fn unpickling_error(cx: &mut Context, message: &str) -> Stop {
    let class: Ref<Class> = cx.module_state[UNPICKLING_ERROR].get().expect("the class was made with the module");
    let message = cx.str(message);
    let args = cx.tuple(&[message]);
    Stop::Raise(Exception::allocate_of(cx, class, args))
}
