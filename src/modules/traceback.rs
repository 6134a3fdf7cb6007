//! `_traceback`: what the report of an exception that nobody has handled takes from the sources and the terminal.

use std::io::IsTerminal;
use std::rc::Rc;

use crate::diagnostic::{Diagnostic, Marked, advice_of_exception, render, render_excerpt};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::exception::{Exception, Traceback, set_field};
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::list::List;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::source::{Source, Span};

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
    plain(
        "syntax_report(error, coloured, /)",
        syntax_report,
        "Return the words for a SyntaxError and the source around its place, or None if nothing is known of its text.",
    ),
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

/// What was found wrong with a text, which the SyntaxError for it keeps for its report.
struct Diagnosis {
    diagnostic: Diagnostic,
    source: Rc<Source>,
}

impl Data for Diagnosis {
    fn trace(&self, _: &mut Marker) {}
}

/// The field of a SyntaxError that holds its diagnosis; no script can name it.
const DIAGNOSIS: &str = "<diagnosis>";

/// Has the exception that is raised for a diagnostic remember it.
pub fn keep_diagnosis(cx: &mut Context, exception: Value, diagnostic: &Diagnostic, source: &Rc<Source>) {
    let class = match cx.module_state.get(DIAGNOSIS).and_then(|class| class.get::<Class>()) {
        Some(class) => class,
        None => {
            let class = make_class(cx, "_traceback.Diagnosis", &[], Some(Kind::Extension), 0, &ClassTables::NONE);
            cx.module_state.insert(DIAGNOSIS, class.value());
            class
        }
    };
    let diagnosis = Diagnosis { diagnostic: diagnostic.clone(), source: source.clone() };
    let diagnosis = Extension::allocate(cx, class, diagnosis);
    let name = cx.intern(DIAGNOSIS);
    set_field(exception, name, diagnosis);
}

fn syntax_report(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(exception) = args.get(0).get::<Exception>() else { return Ok(Value::NONE) };
    let mut field = |name| exception.field(cx.intern(name));
    let (diagnosis, message, line) = (field(DIAGNOSIS), field("msg"), field("lineno"));
    let Some(diagnosis) = diagnosis.and_then(Of::<Diagnosis>::from) else { return Ok(Value::NONE) };
    let Diagnosis { diagnostic, source } = &*diagnosis;
    let is_same_message = message.is_some_and(|message| text_of(message) == diagnostic.message);
    if !is_same_message || line != Some(Value::small(source.line(diagnostic.span.start) as i64)) {
        // The program has made it another error.
        return Ok(Value::NONE);
    }
    let heading = diagnostic.heading.as_ref().unwrap_or(&diagnostic.message);
    let text = render(diagnostic, source, args.get(1) == Value::TRUE);
    let lines = text.split_once('\n').map_or("", |(_, lines)| lines);
    let pair = [cx.str(heading), cx.str(lines)];
    Ok(cx.tuple(&pair))
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
