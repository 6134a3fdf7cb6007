//! `_abc`: which patterns the instances of a class match.

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::text_of;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_abc", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("collection_kind(cls, /)", collection_kind, "Return 'sequence', 'mapping' or None."),
    plain("set_collection_kind(cls, kind, /)", set_collection_kind, "Say which patterns instances match."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

fn class(cx: &mut Context, value: Value) -> Result<Ref<Class>, Stop> {
    crate::object::class::expect_class(cx, value, "a class is required")
}

fn collection_kind(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class(cx, args.get(0))?;
    Ok(match (class.has(Class::SEQUENCE), class.has(Class::MAPPING)) {
        (true, _) => cx.intern("sequence"),
        (_, true) => cx.intern("mapping"),
        _ => Value::NONE,
    })
}

fn set_collection_kind(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class(cx, args.get(0))?;
    let flag = match text_of(args.get(1)).as_str() {
        "sequence" => Class::SEQUENCE,
        "mapping" => Class::MAPPING,
        _ => return Err(cx.value_error("the kind must be 'sequence' or 'mapping'")),
    };
    mark(class, flag);
    Ok(Value::NONE)
}

/// Marks a class and those below it; the built-in ones are what they are.
fn mark(class: Ref<Class>, flag: u32) {
    if !class.has(Class::BUILTIN) {
        class.clear(Class::SEQUENCE | Class::MAPPING);
        class.set(flag);
    }
    let subclasses = class.subclasses.borrow().clone();
    subclasses.into_iter().for_each(|subclass| mark(subclass, flag));
}
