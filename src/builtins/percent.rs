//! `format % values`, of str and of bytes.
//!
//! The arguments are taken in the order of the format and prepared for it; where one needs script code for that the
//! script half takes and prepares them, and comes back with all of them in a list.

use crate::builtins::arguments::{bytes_like, has_special};
use crate::builtins::functions::escaped;
use crate::object::bytes::{self, ByteArray, Bytes};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Args, Declaration, Native, Stop, plain};
use crate::object::number::{self, Number};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::percent::{Count, Field, INCOMPLETE, Layout, Parser, PercentError, Piece, TOO_FEW};
use crate::text::search::Unit;
use crate::text::{float, wtf8};

/// What the script halves of `__mod__` use.
pub const HALVES: &[Declaration] = &[
    plain("percent_fields(format, /)", fields, "Key, number of asterisks and conversion of each field."),
    plain("percent(format, values, /)", from_list, "Format values that are prepared, in the order of the text."),
    plain("percent_value(value, conversion, is_bytes, /)", prepare_one, "Prepare a value; ... if it needs a script."),
];

/// `str % values`
pub fn format_str(cx: &mut Context, format: Value, values: Value) -> Result<Value, Stop> {
    let Some(text) = format.get::<Str>() else { return Ok(cx.not_implemented) };
    let text = text.bytes().to_vec();
    let formatted = formatted(cx, &text, Unit::Character, values)?;
    Str::try_from_vec(cx, formatted)
}

/// `bytes % values` as Rust data.
pub fn format_bytes(cx: &mut Context, format: &[u8], values: Value) -> Result<Vec<u8>, Stop> {
    formatted(cx, format, Unit::Byte, values)
}

fn pieces(cx: &mut Context, text: &[u8], unit: Unit) -> Result<Vec<Piece>, Stop> {
    Parser::new(text, unit).collect::<Result<_, _>>().map_err(|message| cx.value_error(message))
}

/// The values of a format where none of them needs script code.
struct Taker {
    items: Vec<Value>,
    taken: usize,
    /// The one argument, if it may be looked up by keys.
    mapping: Option<Value>,
}

impl Taker {
    fn new(cx: &mut Context, values: Value) -> Taker {
        let items = match values.get::<Tuple>() {
            Some(tuple) => tuple.items().to_vec(),
            None => vec![values],
        };
        let is_sequence = values.is::<Tuple>() || values.is::<Str>();
        let mapping = (!is_sequence && has_special(cx, values, cx.names.__getitem__)).then_some(values);
        Taker { items, taken: 0, mapping }
    }

    fn next(&mut self, cx: &mut Context) -> Result<Value, Stop> {
        let Some(&item) = self.items.get(self.taken) else { return Err(cx.type_error(TOO_FEW)) };
        self.taken += 1;
        Ok(item)
    }

    /// The value of a key; by the script half where the mapping is no plain dict.
    fn get(&mut self, cx: &mut Context, key: Value) -> Result<Value, Stop> {
        let Some(mapping) = self.mapping else { return Err(cx.type_error("format requires a mapping")) };
        let Some(dict) = mapping.get::<Dict>().filter(|_| cx.layout_of(mapping) == LayoutId::DICT) else {
            return Err(Stop::Half);
        };
        match dict.get(cx, key).map_err(Problem::or_half)? {
            Some(value) => Ok(value),
            None => Err(cx.key_error(key)),
        }
    }

    fn check_all_taken(&self, cx: &mut Context, unit: Unit) -> Result<(), Stop> {
        if self.taken < self.items.len() && self.mapping.is_none() {
            let what = if unit == Unit::Byte { "bytes" } else { "string" };
            return Err(cx.type_error(format!("not all arguments converted during {what} formatting")));
        }
        Ok(())
    }
}

fn formatted(cx: &mut Context, text: &[u8], unit: Unit, values: Value) -> Result<Vec<u8>, Stop> {
    let pieces = pieces(cx, text, unit)?;
    let mut taker = Taker::new(cx, values);
    let mut out = Vec::with_capacity(text.len() + 16);
    for piece in pieces {
        let field = match piece {
            Piece::Literal(range) => {
                out.extend_from_slice(&text[range]);
                continue;
            }
            Piece::Field(field) => field,
        };
        let keyed = match field.key.clone() {
            Some(range) => {
                let key = match unit {
                    Unit::Character => Str::from_bytes(cx, &text[range]),
                    Unit::Byte => Bytes::allocate(cx, &text[range]),
                };
                Some(taker.get(cx, key)?)
            }
            None => None,
        };
        let width = star(cx, &mut taker, field.width, "width")?;
        let precision = star(cx, &mut taker, field.precision, "precision")?;
        let Some(conversion) = field.conversion else { return Err(cx.value_error(INCOMPLETE)) };
        let value = match keyed {
            Some(value) => value,
            None => taker.next(cx)?,
        };
        let value = prepare(cx, value, conversion, unit, &field).map_err(Problem::or_half)?;
        write(cx, &mut out, &field, (width, precision), unit, value)?;
    }
    taker.check_all_taken(cx, unit)?;
    Ok(out)
}

/// The argument that stands for an asterisk.
fn star(cx: &mut Context, taker: &mut Taker, count: Option<Count>, what: &str) -> Result<i64, Stop> {
    if count != Some(Count::Argument) {
        return Ok(0);
    }
    let value = taker.next(cx)?;
    star_value(cx, value, what)
}

fn star_value(cx: &mut Context, value: Value, what: &str) -> Result<i64, Stop> {
    if !Int::is(value) {
        return Err(cx.type_error("* wants int"));
    }
    let most = if what == "width" { i64::MAX } else { i32::MAX as i64 };
    match Int::to_i64(value) {
        Some(number) if number <= most => Ok(number),
        _ => Err(cx.overflow_error("Python int too large to convert to C int")),
    }
}

fn is_text(conversion: char, unit: Unit) -> bool {
    matches!(conversion, 's' | 'r' | 'a') || unit == Unit::Byte && conversion == 'b'
}

/// A value as its conversion wants it: text, an int, a float, or what `%c` takes.
fn prepare(cx: &mut Context, value: Value, code: u32, unit: Unit, field: &Field) -> Result<Value, Problem> {
    let conversion = char::from_u32(code).unwrap_or('\0');
    match conversion {
        's' if unit == Unit::Character => repr::str(cx, value),
        'r' if unit == Unit::Character => repr::repr(cx, value),
        'a' | 'r' => {
            let text = repr::repr(cx, value)?;
            Ok(escaped(cx, text))
        }
        's' | 'b' if unit == Unit::Byte => prepare_bytes(cx, value),
        'd' | 'i' | 'u' => match Number::of(value) {
            Some(Number::Int(_)) => Ok(value),
            Some(Number::Float(x)) => match float::to_integer(x) {
                Ok(whole) => Ok(Int::from_integer(cx, whole)),
                Err(problem) => Err(crate::builtins::number_functions::not_finite(cx, problem, "integer").into()),
            },
            _ if by_method(cx, value, &[cx.names.__int__, cx.names.__index__]) => Err(Problem::Script),
            _ => {
                let found = cx.type_name(value);
                let message = format!("%{conversion} format: a real number is required, not {found}");
                Err(cx.type_error(message).into())
            }
        },
        'x' | 'X' | 'o' => match Number::of(value) {
            Some(Number::Int(_)) => Ok(value),
            _ if by_method(cx, value, &[cx.names.__index__]) => Err(Problem::Script),
            _ => {
                let found = cx.type_name(value);
                let message = format!("%{conversion} format: an integer is required, not {found}");
                Err(cx.type_error(message).into())
            }
        },
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => match number::to_f64(cx, value) {
            Some(x) => Ok(Value::float(x?)),
            None if by_method(cx, value, &[cx.names.__float__, cx.names.__index__]) => Err(Problem::Script),
            None => {
                let found = cx.type_name(value);
                let message = match unit {
                    Unit::Character => format!("must be real number, not {found}"),
                    Unit::Byte => format!("float argument required, not {found}"),
                };
                Err(cx.type_error(message).into())
            }
        },
        'c' => prepare_character(cx, value, unit),
        _ => Err(cx.value_error(field.unsupported()).into()),
    }
}

/// Has its class one of these methods, by a script or a library class?
fn by_method(cx: &mut Context, value: Value, names: &[Value]) -> bool {
    names.iter().any(|&name| cx.special(value, name).is_some_and(|method| !method.is::<Native>() || value.is_object()))
}

fn prepare_bytes(cx: &mut Context, value: Value) -> Result<Value, Problem> {
    if bytes::is_bytes_like(value) {
        return Ok(value);
    }
    if has_special(cx, value, cx.names.__bytes__) {
        return Err(Problem::Script);
    }
    let found = cx.type_name(value);
    let message = format!("%b requires a bytes-like object, or an object that implements __bytes__, not '{found}'");
    Err(cx.type_error(message).into())
}

fn prepare_character(cx: &mut Context, value: Value, unit: Unit) -> Result<Value, Problem> {
    let is_one = match unit {
        Unit::Character => value.get::<Str>().is_some_and(|text| text.chars() == 1),
        Unit::Byte => (value.is::<Bytes>() || value.is::<ByteArray>()) && bytes::byte_length(value) == Some(1),
    };
    if is_one || Int::is(value) {
        return Ok(value);
    }
    if has_special(cx, value, cx.names.__index__) {
        return Err(Problem::Script);
    }
    let message = match unit {
        Unit::Character => "%c requires int or char",
        Unit::Byte => "%c requires an integer in range(256) or a single byte",
    };
    Err(cx.type_error(message).into())
}

/// Appends a prepared value.
fn write(
    cx: &mut Context,
    out: &mut Vec<u8>,
    field: &Field,
    (width, precision): (i64, i64),
    unit: Unit,
    value: Value,
) -> Result<(), Stop> {
    let conversion = field.conversion.and_then(char::from_u32).unwrap_or('\0');
    let layout = Layout::new(field, width, precision, unit);
    let laid_out = if is_text(conversion, unit) {
        let text = match value.get::<Str>() {
            Some(text) => text.bytes().to_vec(),
            None => match bytes::gathered_bytes(&value) {
                Some(bytes) => bytes.into_owned(),
                None => bytes_like(cx, value)?,
            },
        };
        layout.text(&text)
    } else if conversion == 'c' {
        match (value.get::<Str>(), bytes::bytes_of(&value), Int::operand(value)) {
            (Some(text), _, _) => layout.character(text.bytes()),
            (_, Some(byte), _) => layout.character(&byte),
            (_, _, Some(code)) => layout.character_code(code),
            _ => layout.character(b""),
        }
    } else {
        match Number::of(value) {
            Some(Number::Int(number)) => layout.integer(conversion, number, Int::digit_limit(cx)),
            Some(Number::Float(number)) => layout.float(conversion, number),
            _ => layout.text(b""),
        }
    };
    match laid_out {
        Ok(text) => {
            out.extend_from_slice(&text);
            Ok(())
        }
        Err(PercentError::Value(message)) => Err(cx.value_error(message)),
        Err(PercentError::Overflow(message)) => Err(cx.overflow_error(message)),
        Err(PercentError::Memory) => Err(cx.memory_error()),
    }
}

// ----- for the script halves

/// The text of a format, and what it consists of.
fn format_text(cx: &mut Context, format: Value) -> Result<(Vec<u8>, Unit), Stop> {
    match format.get::<Str>() {
        Some(text) => Ok((text.bytes().to_vec(), Unit::Character)),
        None => Ok((bytes_like(cx, format)?, Unit::Byte)),
    }
}

fn fields(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (text, unit) = format_text(cx, args.get(0))?;
    let mut fields = Vec::new();
    for piece in pieces(cx, &text, unit)? {
        let Piece::Field(field) = piece else { continue };
        let key = match (field.key, unit) {
            (None, _) => Value::NONE,
            (Some(range), Unit::Character) => Str::from_bytes(cx, &text[range]),
            (Some(range), Unit::Byte) => Bytes::allocate(cx, &text[range]),
        };
        let stars = [field.width, field.precision].into_iter().filter(|&count| count == Some(Count::Argument)).count();
        let conversion = match field.conversion {
            Some(code) => {
                let mut text = Vec::new();
                wtf8::push(&mut text, code);
                Str::from_bytes(cx, &text)
            }
            None => Value::NONE,
        };
        fields.push(cx.tuple(&[key, Value::small(stars as i64), conversion]));
    }
    Ok(cx.list(fields))
}

fn from_list(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (text, unit) = format_text(cx, args.get(0))?;
    let (_, values): (Value, Ref<List>) = args.take(cx)?;
    let mut taker = Taker { items: values.to_vec(), taken: 0, mapping: None };
    let mut out = Vec::with_capacity(text.len() + 16);
    for piece in pieces(cx, &text, unit)? {
        match piece {
            Piece::Literal(range) => out.extend_from_slice(&text[range]),
            Piece::Field(field) => {
                let width = star(cx, &mut taker, field.width, "width")?;
                let precision = star(cx, &mut taker, field.precision, "precision")?;
                if field.conversion.is_none() {
                    return Err(cx.value_error(INCOMPLETE));
                }
                let value = taker.next(cx)?;
                write(cx, &mut out, &field, (width, precision), unit, value)?;
            }
        }
    }
    match unit {
        Unit::Character => Str::try_from_vec(cx, out),
        Unit::Byte => Ok(Bytes::from_vec(cx, out)),
    }
}

/// A value as `write` takes it; `...` if script code is needed for that.
fn prepare_one(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let unit = if args.get(2) == Value::TRUE { Unit::Byte } else { Unit::Character };
    let conversion = args.get(1).get::<Str>().and_then(|text| text.code_at(0));
    let field = Field { key: None, flags: Default::default(), width: None, precision: None, conversion, position: 0 };
    match prepare(cx, args.get(0), conversion.unwrap_or(0), unit, &field) {
        Ok(value) => Ok(value),
        Err(Problem::Script) => Ok(cx.ellipsis),
        Err(Problem::Stop(stop)) => Err(stop),
    }
}
