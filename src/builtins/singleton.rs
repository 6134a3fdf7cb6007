//! `None`, `...` and `NotImplemented`: classes with one instance each.

use crate::object::arguments::rest;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

const NONE: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", none, "The type of the None singleton."),
    plain("__repr__(self, /)", name, "Return repr(self)."),
    plain("__bool__(self, /)", no, "True if self else False."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
];

const ELLIPSIS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", ellipsis, "The type of the Ellipsis singleton."),
    plain("__repr__(self, /)", name, "Return repr(self)."),
    plain("__reduce__(self, /)", name, "Return the name."),
];

const NOT_IMPLEMENTED: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", not_implemented, "The type of the NotImplemented singleton."),
    plain("__repr__(self, /)", name, "Return repr(self)."),
    plain("__bool__(self, /)", neither, "Refuses to be true or false."),
    plain("__reduce__(self, /)", name, "Return the name."),
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    for (layout, methods) in [
        (LayoutId::NONE_TYPE, NONE),
        (LayoutId::ELLIPSIS_TYPE, ELLIPSIS),
        (LayoutId::NOT_IMPLEMENTED_TYPE, NOT_IMPLEMENTED),
    ] {
        let class = cx.class(layout);
        class.set(Class::FINAL);
        module::install(cx, class, &ClassTables { methods, ..ClassTables::NONE });
    }
}

fn only(cx: &mut Context, args: Args<'_>, value: Value) -> Result<Value, Stop> {
    if rest(args.get(1)).is_empty() && args.get(2).get::<Dict>().is_none_or(|keywords| keywords.is_empty()) {
        return Ok(value);
    }
    let name = cx.type_name(value);
    let name = if name == "ellipsis" { "EllipsisType".to_string() } else { name };
    Err(cx.type_error(format!("{name} takes no arguments")))
}

fn none(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    only(cx, args, Value::NONE)
}

fn ellipsis(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    only(cx, args, cx.ellipsis)
}

fn not_implemented(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    only(cx, args, cx.not_implemented)
}

fn name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(match args.get(0) {
        value if value == cx.ellipsis => cx.intern("Ellipsis"),
        value if value == cx.not_implemented => cx.intern("NotImplemented"),
        _ => cx.intern("None"),
    })
}

fn no(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::FALSE)
}

fn neither(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.type_error("NotImplemented should not be used in a boolean context"))
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hash = crate::object::equality::hash_as_data(cx, args.get(0));
    match hash {
        Ok(hash) => Ok(cx.int(hash)),
        Err(problem) => Err(problem.or_half()),
    }
}
