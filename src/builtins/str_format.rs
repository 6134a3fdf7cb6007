//! `str.format` and `str.format_map`: at once where arguments and what is looked up in them are plain data.

use crate::builtins::arguments::{repr_of, rest, str_of};
use crate::builtins::format;
use crate::builtins::functions::escaped;
use crate::builtins::str::receiver;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::template::{self, Key, Numbering, Step, Template};
use crate::text::wtf8;

/// What the script halves use.
pub const HALVES: &[Declaration] = &[
    plain("template_pieces(text, /)", pieces, "Literal, name, conversion, spec and nesting of each piece."),
    plain("field_steps(name, /)", steps, "The first part of a field's name, and what follows it."),
];

/// Where the values of fields come from.
struct Source {
    positional: Vec<Value>,
    /// Keyword arguments, or the mapping.
    named: Ref<Dict>,
    /// `format_map`: there are no positional arguments.
    is_map: bool,
    numbering: Numbering,
}

/// `text.format(*args, **kwargs)`
pub fn format(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let Some(named) = args.get(2).get::<Dict>() else { return Err(Stop::Half) };
    let mut source = Source { positional: rest(args.get(1)), named, is_map: false, numbering: Numbering::Open };
    let text = string.bytes().to_vec();
    let formatted = fill(cx, &text, &mut source, template::DEPTH_LIMIT)?;
    Str::try_from_vec(cx, formatted)
}

/// `text.format_map(mapping)`
pub fn format_map(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let mapping = args.get(1);
    let Some(named) = mapping.get::<Dict>().filter(|_| cx.layout_of(mapping) == LayoutId::DICT) else {
        return Err(Stop::Half);
    };
    let mut source = Source { positional: Vec::new(), named, is_map: true, numbering: Numbering::Open };
    let text = string.bytes().to_vec();
    let formatted = fill(cx, &text, &mut source, template::DEPTH_LIMIT)?;
    Str::try_from_vec(cx, formatted)
}

fn fill(cx: &mut Context, text: &[u8], source: &mut Source, depth: usize) -> Result<Vec<u8>, Stop> {
    if depth == 0 {
        return Err(cx.value_error(template::TOO_DEEP));
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    for piece in Template::new(text) {
        let piece = piece.map_err(|message| cx.value_error(message))?;
        out.extend_from_slice(&text[piece.literal]);
        let Some(field) = piece.field else { continue };
        let value = look_up(cx, &text[field.name], source)?;
        let value = match field.conversion {
            Some(code) => convert(cx, value, code)?,
            None => value,
        };
        let spec = match field.nested {
            true => fill(cx, &text[field.spec], source, depth - 1)?,
            false => text[field.spec].to_vec(),
        };
        let spec = Str::from_vec(cx, spec);
        let formatted = plainly(format::format(cx, value, spec))?;
        if let Some(formatted) = formatted.get::<Str>() {
            out.extend_from_slice(formatted.bytes());
        }
    }
    Ok(out)
}

/// Whatever needs the loop is left to the script half.
fn plainly(result: Result<Value, Stop>) -> Result<Value, Stop> {
    match result {
        Err(Stop::Raise(exception)) => Err(Stop::Raise(exception)),
        Err(_) => Err(Stop::Half),
        value => value,
    }
}

fn convert(cx: &mut Context, value: Value, code: u32) -> Result<Value, Stop> {
    match char::from_u32(code) {
        Some('s') => plainly(str_of(cx, value)),
        Some('r') => plainly(repr_of(cx, value)),
        Some('a') => {
            let text = plainly(repr_of(cx, value))?;
            Ok(escaped(cx, text))
        }
        _ => Err(cx.value_error(template::unknown_conversion(code))),
    }
}

/// The value that a field's name leads to.
fn look_up(cx: &mut Context, name: &[u8], source: &mut Source) -> Result<Value, Stop> {
    let (first, steps) = template::split_field_name(name).map_err(|message| cx.value_error(message))?;
    let first = match source.is_map {
        true => first,
        false => source.numbering.resolve(first).map_err(|message| cx.value_error(message))?,
    };
    let mut value = match first {
        Key::Index(_) if source.is_map => {
            return Err(cx.value_error("Format string contains positional fields"));
        }
        Key::Name(range) if source.is_map && range.is_empty() => {
            return Err(cx.value_error("Format string contains positional fields"));
        }
        Key::Index(index) => match source.positional.get(index) {
            Some(&value) => value,
            None => {
                let message = format!("Replacement index {index} out of range for positional args tuple");
                return Err(cx.index_error(message));
            }
        },
        Key::Name(range) => {
            let key = Str::from_bytes(cx, &name[range]);
            match source.named.get(cx, key).map_err(Problem::or_half)? {
                Some(value) => value,
                None => return Err(cx.key_error(key)),
            }
        }
    };
    for step in steps {
        let step = step.map_err(|message| cx.value_error(message))?;
        let Step::Item(key) = step else { return Err(Stop::Half) };
        value = item(cx, value, name, key)?;
    }
    Ok(value)
}

/// `value[key]` of an exact list, tuple or dict.
fn item(cx: &mut Context, value: Value, name: &[u8], key: Key) -> Result<Value, Stop> {
    let found = match (cx.layout_of(value), key) {
        (LayoutId::LIST, Key::Index(index)) => value.get::<List>().and_then(|list| list.get(index)),
        (LayoutId::TUPLE, Key::Index(index)) => value.get::<Tuple>().and_then(|tuple| tuple.get(index)),
        (LayoutId::DICT, key) => {
            let key = match key {
                Key::Index(index) => Int::from_usize(cx, index),
                Key::Name(range) => Str::from_bytes(cx, &name[range]),
            };
            match value.get::<Dict>() {
                Some(dict) => dict.get(cx, key).map_err(Problem::or_half)?,
                None => None,
            }
        }
        _ => None,
    };
    // What is not there is looked for once more by the script half, which finds the words of the exception.
    found.ok_or(Stop::Half)
}

// ----- for the script halves

/// `(literal, name, conversion, spec, nested)` of each piece; without a field the rest is None.
fn pieces(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let text = string.bytes().to_vec();
    let mut items = Vec::new();
    for piece in Template::new(&text) {
        let piece = piece.map_err(|message| cx.value_error(message))?;
        let literal = Str::from_bytes(cx, &text[piece.literal]);
        let parts = match piece.field {
            None => [literal, Value::NONE, Value::NONE, Value::NONE, Value::FALSE],
            Some(field) => {
                let name = Str::from_bytes(cx, &text[field.name]);
                let conversion = field.conversion.map_or(Value::NONE, |code| {
                    let mut shown = Vec::new();
                    wtf8::push(&mut shown, code);
                    Str::from_bytes(cx, &shown)
                });
                let spec = Str::from_bytes(cx, &text[field.spec]);
                [literal, name, conversion, spec, Value::bool(field.nested)]
            }
        };
        items.push(cx.tuple(&parts));
    }
    Ok(cx.list(items))
}

fn key_value(cx: &mut Context, name: &[u8], key: Key) -> Value {
    match key {
        Key::Index(index) => Int::from_usize(cx, index),
        Key::Name(range) => Str::from_bytes(cx, &name[range]),
    }
}

/// `(first, [(is an attribute, name or index), ...])`
fn steps(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let name = string.bytes().to_vec();
    let (first, steps) = template::split_field_name(&name).map_err(|message| cx.value_error(message))?;
    let first = key_value(cx, &name, first);
    let mut items = Vec::new();
    for step in steps {
        let (is_attribute, key) = match step.map_err(|message| cx.value_error(message))? {
            Step::Attribute(range) => (true, Str::from_bytes(cx, &name[range])),
            Step::Item(key) => (false, key_value(cx, &name, key)),
        };
        items.push(cx.tuple(&[Value::bool(is_attribute), key]));
    }
    let items = cx.list(items);
    Ok(cx.tuple(&[first, items]))
}
