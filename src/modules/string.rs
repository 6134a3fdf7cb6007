//! `_string`: templates and field names taken apart, for `string.Formatter`.

use std::cell::Cell;

use crate::object::arguments::text;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::iterator::{IteratorState, allocate};
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::template::{self, Key, Step, Template};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_string", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("formatter_parser(text, /)", formatter_parser, "Return an iterator of the pieces of a template."),
    plain("formatter_field_name_split(name, /)", field_name_split, "Return the first part of a name and its steps."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

fn argument(cx: &mut Context, value: Value) -> Result<Ref<Str>, Stop> {
    match value.get() {
        Some(text) => Ok(text),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("expected str, got {found}")))
        }
    }
}

/// An iterator over items that are made already.
fn iterator(cx: &mut Context, items: Vec<Value>) -> Value {
    let list = cx.list(items);
    allocate(cx, LayoutId::LIST_ITERATOR, IteratorState::List { list: Cell::new(list), index: Cell::new(0) })
}

/// Tuples of literal text, field name, spec and conversion, the last three None where there is no field.
fn formatter_parser(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = argument(cx, args.get(0))?;
    let text = string.bytes();
    let mut pieces = Vec::new();
    for piece in Template::new(text) {
        let piece = piece.map_err(|message| cx.value_error(message))?;
        let literal = cx.str_bytes(&text[piece.literal]);
        let parts = match piece.field {
            None => [literal, Value::NONE, Value::NONE, Value::NONE],
            Some(field) => {
                let conversion = field.conversion.map_or(Value::NONE, |code| Str::from_code(cx, code));
                let name = cx.str_bytes(&text[field.name]);
                [literal, name, cx.str_bytes(&text[field.spec]), conversion]
            }
        };
        pieces.push(cx.tuple(&parts));
    }
    Ok(iterator(cx, pieces))
}

fn key(cx: &mut Context, name: &[u8], key: Key) -> Value {
    match key {
        Key::Index(index) => cx.int(index as i64),
        Key::Name(range) => cx.str_bytes(&name[range]),
    }
}

/// The first part as int or str, and an iterator of `(is an attribute, name or index)`.
fn field_name_split(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = text(cx, args.get(0), "formatter_field_name_split() argument")?;
    let name = string.bytes();
    let (first, rest) = template::split_field_name(name).map_err(|message| cx.value_error(message))?;
    let first = key(cx, name, first);
    let mut steps = Vec::new();
    for step in rest {
        let parts = match step.map_err(|message| cx.value_error(message))? {
            Step::Attribute(range) => [Value::TRUE, cx.str_bytes(&name[range])],
            Step::Item(item) => [Value::FALSE, key(cx, name, item)],
        };
        steps.push(cx.tuple(&parts));
    }
    let steps = iterator(cx, steps);
    Ok(cx.tuple(&[first, steps]))
}
