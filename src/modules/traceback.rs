//! `_traceback`: what the report of an exception that nobody has handled takes from the sources and the terminal.

use std::io::IsTerminal;

use crate::diagnostic::{Marked, advice_of_exception, render_excerpt};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::exception::Traceback;
use crate::object::heap::Ref;
use crate::object::list::List;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::source::Span;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_traceback", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("advice(line, /)", advice, "Return a word for the place and a line of help, maybe '', by a last line."),
    plain(
        "excerpt(tb, part, label, notes, coloured, /)",
        excerpt,
        "Return the source around the place of an entry, marked and labelled, with a list of notes below; or ''.\n\n\
         The bytes of it that a pair of numbers names, counted from the first of the place, are marked more.",
    ),
    plain("expression(tb, /)", expression, "Return the text of what failed at an entry, or ''."),
    plain("input_text(name, /)", input_text, "Return the text of an input of the session, or None."),
    plain("is_coloured()", is_coloured, "Return whether messages on the standard error output may have colours."),
    plain("is_full()", is_full, "Return whether the environment asks for reports in which nothing is left out."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

fn advice(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(line) = args.get(0).get::<Str>() else { return Err(cx.type_error("the line is a string")) };
    let (label, help) = advice_of_exception(&line.text());
    let pair = [cx.str(&label), cx.str(&help)];
    Ok(cx.tuple(&pair))
}

fn expression(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(entry) = args.get(0).get::<Traceback>() else { return Ok(cx.empty_string) };
    let code = &entry.code.code;
    let span = code.span(entry.word);
    let text = code.source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    Ok(cx.str(text))
}

/// The part of a span that a pair of small numbers names, counted from its start.
fn part_of(span: Span, pair: Value) -> Option<Span> {
    let pair = pair.get::<Tuple>()?;
    let &[start, end] = pair.items() else { return None };
    let number = |value: Value| value.is_small().then(|| u32::try_from(value.as_small()).ok()).flatten();
    let (start, end) = (number(start)?, number(end)?);
    (start < end && end <= span.end - span.start).then(|| Span::new(span.start + start, span.start + end))
}

fn excerpt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Some(label), Some(notes)) = (args.get(2).get::<Str>(), args.get(3).get::<List>()) else {
        return Err(cx.type_error("a string and a list are expected"));
    };
    let notes: Vec<String> = notes.to_vec().into_iter().map(text_of).collect();
    let Some(entry) = args.get(0).get::<Traceback>() else { return Ok(cx.empty_string) };
    let code = &entry.code.code;
    let span = code.span(entry.word);
    if code.source.text.is_empty() || span.end <= span.start {
        return Ok(cx.empty_string);
    }
    let part = part_of(span, args.get(1)).unwrap_or(span);
    let marked = Marked { span, part, label: &label.text(), notes: &notes };
    let text = render_excerpt(&code.source, marked, args.get(4) == Value::TRUE);
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

/// Asked here and not by `os.environ`, which is a class of the library that few programs need.
fn is_full(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(std::env::var_os("COROLANG_TRACEBACK").is_some_and(|value| value == "full")))
}

fn may_colour() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}
