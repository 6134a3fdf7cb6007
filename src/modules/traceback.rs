//! `_traceback`: the excerpt of the source that is shown with an exception nobody handled.

use std::io::IsTerminal;

use crate::diagnostic::render_excerpt;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::exception::Traceback;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_traceback", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("excerpt(tb, /)", excerpt, "Return the source around the place an exception was raised, marked, or ''."),
    plain("input_text(name, /)", input_text, "Return the text of an input of the session, or None."),
    plain("is_coloured()", is_coloured, "Return whether messages on the standard error output may have colours."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

/// The innermost entry in a text of the script, not of the library.
fn innermost(traceback: Value) -> Option<Ref<Traceback>> {
    let mut found = None;
    let mut next = traceback;
    while let Some(entry) = next.get::<Traceback>() {
        if !entry.is_hidden && !entry.code.code.source.is_of_library() {
            found = Some(entry);
        }
        next = entry.next.get();
    }
    found
}

fn excerpt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(entry) = innermost(args.get(0)) else { return Ok(cx.empty_string) };
    let code = &entry.code.code;
    let span = code.span(entry.word);
    if code.source.text.is_empty() || span.end <= span.start {
        return Ok(cx.empty_string);
    }
    let text = render_excerpt(&code.source, span, "raised here", may_colour());
    Ok(cx.str(&text))
}

/// The key of `Context::module_state` under which a session keeps the texts of its inputs by name, in a dict.
pub const INPUTS: &str = "session.inputs";

fn input_text(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let name = cx.intern_value(args.get(0));
    let inputs = cx.module_state.get(INPUTS).and_then(|inputs| inputs.get::<Dict>());
    Ok(inputs.and_then(|inputs| inputs.get_interned(name)).unwrap_or(Value::NONE))
}

fn is_coloured(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(may_colour()))
}

fn may_colour() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}
