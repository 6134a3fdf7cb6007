//! What the script halves of built-ins stand on: natives in module `_natives`, for them alone.

use crate::builtins::arguments::{Truth, rest};
use crate::builtins::{alias, frame, generator, iterators, module, percent, sort, str_format};
use crate::object::context::Context;
use crate::object::equality::{Problem, TupleHash};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::{Args, Check, Declaration, Stop, plain};
use crate::object::output;
use crate::object::repr;
use crate::object::string::Str;
use crate::object::value::Value;

const FUNCTIONS: &[Declaration] = &[
    plain("method(value, name, /)", method, "What the class of a value binds a special name to, or None."),
    plain("sort_by_keys(items, keys, reverse, /)", sort_by_keys, "Sort a list by plain keys; False if they are not."),
    plain("call(value, name, /, *args)", call, "Call the special method that the class of a value has."),
    plain("enter_repr(value, /)", enter_repr, "Begin the repr of a container; False if it is under way already."),
    plain("leave_repr(value, /)", leave_repr, "End the repr of a container."),
    plain("data_repr(value, /)", data_repr, "The repr of a value by what it holds."),
    plain("escape(text, /)", escape, "The text with all that is not ASCII escaped."),
    plain("combine_hashes(hashes, /)", combine_hashes, "The hash of a tuple whose items have these hashes."),
    plain("write_error(text, /)", write_error, "Write text to the standard error output."),
];

/// Makes the module.
pub fn install(cx: &mut Context) {
    let module = Module::allocate(cx, "_natives");
    module.add_functions(cx, FUNCTIONS);
    for functions in [
        alias::HALVES,
        frame::HALVES,
        generator::HALVES,
        iterators::HALVES,
        module::HALVES,
        percent::HALVES,
        str_format::HALVES,
    ] {
        module.add_functions(cx, functions);
    }
    let name = cx.intern("_natives");
    cx.modules.set_interned(name, module.value());
}

fn method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = cx.intern_value(args.get(1));
    Ok(cx.special(args.get(0), name).unwrap_or(Value::NONE))
}

fn call(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = cx.intern_value(args.get(1));
    let given = rest(args.get(2));
    Err(cx.call_special(args.get(0), name, &given, Check::None))
}

fn sort_by_keys(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (items, keys, Truth(reverse)): (Ref<List>, Ref<List>, Truth) = args.take(cx)?;
    if items.len() != keys.len() {
        return Err(cx.value_error("there must be one key for each item"));
    }
    let mut sorted = items.to_vec();
    let keys = keys.to_vec();
    match sort::sort(cx, &mut sorted, Some(&keys), reverse) {
        Ok(()) => {
            items.replace(sorted);
            Ok(Value::TRUE)
        }
        Err(Problem::Script) => Ok(Value::FALSE),
        Err(Problem::Stop(stop)) => Err(stop),
    }
}

fn enter_repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if cx.in_repr.contains(&value) {
        return Ok(Value::FALSE);
    }
    cx.in_repr.push(value);
    Ok(Value::TRUE)
}

fn leave_repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    if let Some(place) = cx.in_repr.iter().rposition(|&inside| inside == value) {
        cx.in_repr.remove(place);
    }
    Ok(Value::NONE)
}

fn data_repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut out = Vec::new();
    let script = cx.runtime_error("the repr needs script code");
    repr::write_repr_as_data(cx, &mut out, args.get(0)).map_err(|problem| problem.or(script))?;
    Ok(cx.str_bytes(&out))
}

fn escape(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(crate::builtins::functions::escaped(cx, args.get(0)))
}

fn combine_hashes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (hashes,): (Ref<List>,) = args.take(cx)?;
    let mut state = TupleHash::new();
    for hash in hashes.to_vec() {
        state.add(Int::clamp(hash).unwrap_or(0));
    }
    Ok(cx.int(state.finish()))
}

fn write_error(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    output::flush_at_rest(cx)?;
    if let Some(text) = args.get(0).get::<Str>() {
        output::report(&text.text());
    }
    Ok(Value::NONE)
}
