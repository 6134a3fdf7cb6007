//! `format(value, spec)` of plain data: what f-strings, `str.format` and the `__format__` of numbers and str do.

use crate::builtins::arguments::{str_of, type_title};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::{Check, Native, Stop};
use crate::object::number::Number;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::format_spec::{self, FormatError};

/// A buffer with at most so many bytes in it is kept for the next text.
const LONGEST_SCRATCH: usize = 256;

/// The exception an error of a spec is.
pub fn format_error(cx: &mut Context, error: FormatError, value: Value) -> Stop {
    match error {
        FormatError::OfType(message) => {
            let name = cx.type_name(value);
            cx.value_error(format!("{message} for object of type '{name}'"))
        }
        FormatError::Value(message) => cx.value_error(message),
        FormatError::Overflow(message) => cx.overflow_error(message),
        FormatError::Memory => cx.memory_error(),
    }
}

/// `value.__format__(spec)` where that is the built-in one of its kind, by what the value holds; None for kinds that
/// have none of their own.
pub fn format_as_data(cx: &mut Context, value: Value, spec: &[u8]) -> Option<Result<Value, Stop>> {
    if spec.is_empty() {
        // A subclass may have a `__str__` of its own, as numbers may.
        return (cx.layout_of(value) == LayoutId::STR).then_some(Ok(value));
    }
    let mut out = std::mem::take(&mut cx.scratch);
    let formatted = match (value.get::<Str>(), Number::of(value)) {
        (Some(string), _) => format_spec::format_text(string.bytes(), spec, &mut out),
        (_, Some(Number::Int(number))) => {
            let limit = if number.to_i64().is_some() { 0 } else { Int::digit_limit(cx) };
            format_spec::format_integer(number, spec, limit, &mut out)
        }
        (_, Some(Number::Float(number))) => format_spec::format_float(number, spec, &mut out),
        (_, Some(Number::Complex(number))) => {
            let number = crate::text::complex::Complex::new(number.real, number.imaginary);
            format_spec::format_complex(number, spec, &mut out)
        }
        _ => return None,
    };
    Some(match formatted {
        Ok(()) if out.len() <= LONGEST_SCRATCH => {
            let text = Str::from_bytes(cx, &out);
            out.clear();
            cx.scratch = out;
            Ok(text)
        }
        Ok(()) => Str::try_from_vec(cx, out),
        Err(error) => Err(format_error(cx, error, value)),
    })
}

/// Has a class the `__format__` of the built-in class its kind belongs to?
fn has_plain_format(cx: &mut Context, class: Ref<Class>) -> bool {
    let name = cx.names.__format__;
    class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE)
        || cx.lookup(class, name).is_some_and(|method| method.is::<Native>())
}

/// `format(value, spec)`: at once for plain data, else what the loop must do for it.
pub fn format(cx: &mut Context, value: Value, spec: Value) -> Result<Value, Stop> {
    let Some(text) = spec.get::<Str>() else {
        let found = type_title(cx, spec);
        return Err(cx.type_error(format!("format() argument 2 must be str, not {found}")));
    };
    let layout = cx.layout_of(value);
    if layout == LayoutId::STR && text.length() == 0 {
        return Ok(value);
    }
    let class = cx.class(layout);
    let kind = value.header().map(|header| header.kind());
    let is_own = kind != Some(Kind::Extension) && has_plain_format(cx, class);
    if is_own && (value.is::<Str>() || Number::of(value).is_some()) {
        if let Some(formatted) = format_as_data(cx, value, text.bytes()) {
            return formatted;
        }
        return str_of(cx, value);
    }
    match cx.special(value, cx.names.__format__) {
        Some(method) if method.is::<Native>() => Err(cx.call_special(value, cx.names.__format__, &[spec], Check::Str)),
        _ => Err(Stop::Half),
    }
}

/// `object.__format__`: `str(value)`, and no spec.
pub fn format_object(cx: &mut Context, value: Value, spec: Value) -> Result<Value, Stop> {
    let Some(text) = spec.get::<Str>() else {
        let found = type_title(cx, spec);
        return Err(cx.type_error(format!("__format__() argument must be str, not {found}")));
    };
    if text.length() > 0 {
        let name = cx.type_name(value);
        return Err(cx.type_error(format!("unsupported format string passed to {name}.__format__")));
    }
    str_of(cx, value)
}
