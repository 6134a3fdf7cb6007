//! What a native answers that leaves its result to something else: an attribute of another object, a script half
//! that is not its own, a method found by a dot.

use crate::object::context::Context;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Control, Declaration, Native, Stop, control};
use crate::object::repr;
use crate::object::value::Value;

static GETATTR: Declaration =
    control("getattr(object, name, default=<unset>, /)", Control::GetAttribute, "Return an attribute.");
/// Where `getattr` is kept.
pub const GETATTR_KEY: &str = "forward.getattr";

static CALL_HALF: Declaration =
    control("call_half(name, args, /)", Control::CallHalf, "Call the script half of a name.");
const CALL_HALF_KEY: &str = "forward.call_half";

/// Makes the natives that carry it out.
pub fn install(cx: &mut Context) {
    for (key, declaration) in [(GETATTR_KEY, &GETATTR), (CALL_HALF_KEY, &CALL_HALF)] {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(key, native.value());
    }
}

/// The answer of a native that is an attribute of something else; `default` may be UNBOUND.
pub fn attribute_of(cx: &Context, object: Value, name: Value, default: Value) -> Stop {
    let callee = cx.module_state[GETATTR_KEY];
    match default.is_unbound() {
        true => cx.call(callee, &[object, name]),
        false => cx.call(callee, &[object, name, default]),
    }
}

/// The answer of a native that is the result of a script half which is not its own.
pub fn call_half(cx: &mut Context, name: &str, args: &[Value]) -> Stop {
    let callee = cx.module_state[CALL_HALF_KEY];
    let (name, args) = (cx.intern(name), cx.tuple(args));
    cx.call(callee, &[name, args])
}

/// The answer of a native that is the result of a method of something else, found as by a dot.
pub fn method_call(cx: &mut Context, object: Value, name: &str, args: &[Value]) -> Stop {
    let (name, args) = (cx.intern(name), cx.tuple(args));
    call_half(cx, "call_method", &[object, name, args])
}

/// The method that answers `repr(self)` by what it holds.
pub fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut out = Vec::new();
    match repr::write_repr_as_data(cx, &mut out, args.get(0)) {
        Ok(()) => Ok(cx.str_bytes(&out)),
        Err(problem) => Err(problem.or_half()),
    }
}

/// The method that answers itself.
pub fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

/// The method whose script half does all its work.
pub fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

/// TypeError of a descriptor used on what it is not for.
#[cold]
pub fn wrong_object(cx: &mut Context, wanted: &str, value: Value) -> Stop {
    let found = cx.type_name(value);
    cx.type_error(format!("descriptor for '{wanted}' objects doesn't apply to a '{found}' object"))
}
