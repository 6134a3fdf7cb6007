//! `str`: making it, its operators, and what it is as a sequence. Its other methods are in `str_methods`.

use crate::builtins::arguments::{Index, capacity, finished, has_special, instance_class, str_of};
use crate::builtins::encoding::{self, Manner};
use crate::builtins::format::{format_as_data, format_object};
use crate::builtins::{percent, str_methods};
use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{Problem, holds};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::iterator;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::repr;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::syntax::ast::Comparison;
use crate::text::search;

const METHODS: &[Declaration] = &[
    plain(
        "__new__(cls, object=<unset>, encoding=<unset>, errors=<unset>)",
        new,
        "The text of an object, or the text that bytes encode.",
    ),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__str__(self, /)", str, "Return str(self)."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__format__(self, format_spec, /)", format, "Return the string formatted by the spec."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__lt__(self, value, /)", lt, "Return self<value."),
    plain("__le__(self, value, /)", le, "Return self<=value."),
    plain("__gt__(self, value, /)", gt, "Return self>value."),
    plain("__ge__(self, value, /)", ge, "Return self>=value."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", iter, "Implement iter(self)."),
    plain("__contains__(self, key, /)", contains, "Return key in self."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__add__(self, value, /)", add, "Return self+value."),
    plain("__mul__(self, value, /)", mul, "Return self*value."),
    plain("__rmul__(self, value, /)", mul, "Return value*self."),
    plain("__mod__(self, value, /)", modulo, "Return self%value."),
    plain("__rmod__(self, value, /)", rmod, "Return value%self."),
    plain("__getnewargs__(self, /)", getnewargs, "Return the arguments to make an equal string with."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the string in memory, in bytes."),
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::STR);
    module::install(cx, class, &ClassTables { methods: METHODS, ..ClassTables::NONE });
    str_methods::install(cx);
}

/// The receiver, which the binder has checked.
pub fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<Str>, Stop> {
    Ref::<Str>::from_value(cx, args.get(0), 0)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::STR)?;
    let (object, encoding, errors) = (args.get(1), args.get(2), args.get(3));
    let is_exact = class == cx.class(LayoutId::STR);
    if !encoding.is_unbound() || !errors.is_unbound() {
        let text = decode_object(cx, object, encoding, errors)?;
        return Ok(if is_exact { text } else { instance(cx, class, text) });
    }
    if object.is_unbound() {
        let empty = cx.empty_string;
        return Ok(if is_exact { empty } else { instance(cx, class, empty) });
    }
    if is_exact {
        return str_of(cx, object);
    }
    let text = repr::str(cx, object).map_err(Problem::or_half)?;
    Ok(instance(cx, class, text))
}

/// An instance of a subclass.
fn instance(cx: &mut Context, class: Ref<Class>, text: Value) -> Value {
    let bytes = text.get::<Str>().map_or(Vec::new(), |text| text.bytes().to_vec());
    let made = Str::allocate_as(cx, class.root_layout.get(), capacity(class), &bytes);
    finished(cx, class, made)
}

fn decode_object(cx: &mut Context, object: Value, encoding: Value, errors: Value) -> Result<Value, Stop> {
    let manner = Manner::of(cx, "str", encoding, errors)?;
    if object.is_unbound() {
        return Ok(cx.empty_string);
    }
    if object.is::<Str>() {
        return Err(cx.type_error("decoding str is not supported"));
    }
    match bytes::bytes_of(&object) {
        Some(bytes) => {
            let bytes = bytes.into_owned();
            encoding::decode(cx, &bytes, object, &manner)
        }
        None if has_special(cx, object, cx.names.__buffer__) => Err(cx.ask(1, Wish::Bytes)),
        None => {
            let found = cx.type_name(object);
            Err(cx.type_error(format!("decoding to str: need a bytes-like object, {found} found")))
        }
    }
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let text = crate::text::quote::repr(string.bytes());
    Ok(Str::from_string(cx, text))
}

fn str(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    Ok(Str::exact(cx, string))
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hash = receiver(cx, args)?.hash(cx.hash_seed.0);
    Ok(cx.int(hash))
}

fn format(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (value, spec) = (args.get(0), args.get(1));
    match spec.get::<Str>() {
        Some(text) if text.length() > 0 => {
            let spec = text.bytes().to_vec();
            format_as_data(cx, value, &spec).unwrap_or(Ok(value))
        }
        _ => format_object(cx, value, spec),
    }
}

// ----- comparing

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::Equal)
}

fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::NotEqual)
}

fn lt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::Less)
}

fn le(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::LessEqual)
}

fn gt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::Greater)
}

fn ge(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, Comparison::GreaterEqual)
}

fn compare(cx: &mut Context, args: Args<'_>, op: Comparison) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    match args.get(1).get::<Str>() {
        Some(other) => Ok(Value::bool(holds(op, string.compare(&other)))),
        None => Ok(cx.not_implemented),
    }
}

// ----- a sequence

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(cx, args)?.chars() as i64))
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(iterator::of_builtin(cx, args.get(0)).unwrap_or(Value::NONE))
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    match args.get(1).get::<Str>() {
        Some(part) => Ok(Value::bool(search::find(string.bytes(), part.bytes()).is_some())),
        None => {
            let found = cx.type_name(args.get(1));
            Err(cx.type_error(format!("'in <string>' requires string as left operand, not {found}")))
        }
    }
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, key) = (receiver(cx, args)?, args.get(1));
    if let Some(slice) = key.get::<Slice>() {
        let part = slice.indices(cx, string.chars()).map_err(Problem::or_half)?;
        return Ok(string.slice(cx, part.start, part.step, part.length));
    }
    if !Int::is(key) {
        if has_special(cx, key, cx.names.__index__) {
            return Err(cx.ask(1, Wish::Index));
        }
        let found = cx.type_name(key);
        return Err(cx.type_error(format!("string indices must be integers, not '{found}'")));
    }
    let index = Int::expect_index(cx, key)?;
    let place = if index < 0 { index + string.chars() as i64 } else { index };
    let found = usize::try_from(place).ok().and_then(|place| string.char_at(cx, place));
    found.ok_or_else(|| cx.index_error("string index out of range"))
}

fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(1).get::<Str>() {
        Some(_) => Str::concat(cx, args.get(0), args.get(1)),
        None => {
            let found = cx.type_name(args.get(1));
            Err(cx.type_error(format!("can only concatenate str (not \"{found}\") to str")))
        }
    }
}

fn mul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, times) = (receiver(cx, args)?, args.get(1));
    let times = repeat_count(cx, times, 1)?;
    match times {
        Some(times) => Str::repeat(cx, string, times),
        None => Ok(cx.not_implemented),
    }
}

/// The number a sequence is multiplied by; None if the other operand counts nothing and may know better.
pub fn repeat_count(cx: &mut Context, times: Value, position: usize) -> Result<Option<i64>, Stop> {
    if Int::is(times) {
        return match Int::to_i64(times) {
            Some(times) => Ok(Some(times)),
            None if Int::sign(times) < 0 => Ok(Some(0)),
            None => {
                let found = cx.type_name(times);
                Err(cx.overflow_error(format!("cannot fit '{found}' into an index-sized integer")))
            }
        };
    }
    match has_special(cx, times, cx.names.__index__) {
        true => Index::from_value(cx, times, position).map(|times| Some(times.0)),
        false => Ok(None),
    }
}

fn modulo(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    percent::format_str(cx, args.get(0), args.get(1))
}

fn rmod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(1).is::<Str>() {
        true => percent::format_str(cx, args.get(1), args.get(0)),
        false => Ok(cx.not_implemented),
    }
}

fn getnewargs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let copy = Str::exact(cx, string);
    Ok(cx.tuple(&[copy]))
}

fn sizeof(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(41 + receiver(cx, args)?.length() as i64))
}
