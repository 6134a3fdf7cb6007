//! `input`: the built-in function that reads a line of the standard input.

use crate::modules::io::{open, standard};
use crate::object::context::Context;
use crate::object::descriptors::until_readable;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Declaration, Native, Stop, Wait, Wish, plain};
use crate::object::output;
use crate::object::string::Str;
use crate::object::value::Value;

static INPUT: Declaration =
    plain("input(prompt='', /)", input, "Write the prompt and read a line from the standard input.");

/// Binds `open` and `input` among the names of `builtins`.
pub fn install(cx: &mut Context) {
    let native = Native::new(cx, &INPUT, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    native.module.set(cx.intern("builtins"));
    for (name, function) in [("open", open::function(cx)), ("input", native.value())] {
        let name = cx.intern(name);
        cx.builtins.set_interned(name, function);
    }
}

fn input(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let prompt = args.get(0);
    let Some(text) = prompt.get::<Str>() else { return Err(cx.ask(0, Wish::Text)) };
    if output::redirected(cx).is_some() || output::is_input_exchanged(cx) {
        return Err(Stop::Half);
    }
    if args.behind(1).is_none() {
        let text = text.bytes().to_vec();
        output::write_text(cx, &text)?;
        output::flush(cx)?;
    }
    if !output::is_input_ahead(cx) {
        // The prompt is not written again.
        until_readable(0, Value::TRUE)?;
    }
    match standard::read_line(cx) {
        Ok(Some(line)) => Ok(line),
        Ok(None) => Err(cx.error(LayoutId::EOF_ERROR, "EOF when reading a line")),
        Err(Stop::Wait(wait)) => Err(Stop::Wait(Box::new(Wait { progress: Value::TRUE, ..*wait }))),
        Err(stop) => Err(stop),
    }
}
