//! `int` and `bool`: making them, their operators and methods.

use crate::builtins::arguments::{
    Index, Truth, Whole, capacity, container_items, finished, has_special, instance_class, text,
};
use crate::builtins::number_functions::{not_finite, rounded};
use crate::builtins::numeric::{
    self, ADD, AND, DIVIDE, FLOOR_DIVIDE, INT, MODULO, MULTIPLY, OR, SHIFT_LEFT, SHIFT_RIGHT, SUBTRACT, XOR, compare,
    left, right,
};
use crate::builtins::sequence::{self, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL};
use crate::object::bytes::{self, Bytes};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::float::Float;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Native, Stop, Wish, plain};
use crate::object::repr;
use crate::object::string::{Str, text_of};
use crate::object::value::Value;
use crate::text::integer::Int as Operand;
use crate::text::integer_text::{self, ParseError, ToBytesError};
use crate::text::{float, integer_bits};

const METHODS: &[Declaration] = &[
    plain("__new__(cls, x=<unset>, /, base=<unset>)", new, "An integer of a number or of text in a base."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
    plain("__format__(self, format_spec, /)", numeric::format, "Convert to a string according to format_spec."),
    plain("__eq__(self, value, /)", compare::<INT, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<INT, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<INT, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<INT, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<INT, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<INT, GREATER_EQUAL>, "Return self>=value."),
    plain("__add__(self, value, /)", left::<INT, ADD>, "Return self+value."),
    plain("__radd__(self, value, /)", right::<INT, ADD>, "Return value+self."),
    plain("__sub__(self, value, /)", left::<INT, SUBTRACT>, "Return self-value."),
    plain("__rsub__(self, value, /)", right::<INT, SUBTRACT>, "Return value-self."),
    plain("__mul__(self, value, /)", left::<INT, MULTIPLY>, "Return self*value."),
    plain("__rmul__(self, value, /)", right::<INT, MULTIPLY>, "Return value*self."),
    plain("__truediv__(self, value, /)", left::<INT, DIVIDE>, "Return self/value."),
    plain("__rtruediv__(self, value, /)", right::<INT, DIVIDE>, "Return value/self."),
    plain("__floordiv__(self, value, /)", left::<INT, FLOOR_DIVIDE>, "Return self//value."),
    plain("__rfloordiv__(self, value, /)", right::<INT, FLOOR_DIVIDE>, "Return value//self."),
    plain("__mod__(self, value, /)", left::<INT, MODULO>, "Return self%value."),
    plain("__rmod__(self, value, /)", right::<INT, MODULO>, "Return value%self."),
    plain("__divmod__(self, value, /)", numeric::divmod::<INT>, "Return divmod(self, value)."),
    plain("__rdivmod__(self, value, /)", numeric::rdivmod::<INT>, "Return divmod(value, self)."),
    plain("__pow__(self, value, mod=None, /)", numeric::power::<INT>, "Return pow(self, value, mod)."),
    plain("__rpow__(self, value, mod=None, /)", numeric::rpower::<INT>, "Return pow(value, self, mod)."),
    plain("__lshift__(self, value, /)", left::<INT, SHIFT_LEFT>, "Return self<<value."),
    plain("__rlshift__(self, value, /)", right::<INT, SHIFT_LEFT>, "Return value<<self."),
    plain("__rshift__(self, value, /)", left::<INT, SHIFT_RIGHT>, "Return self>>value."),
    plain("__rrshift__(self, value, /)", right::<INT, SHIFT_RIGHT>, "Return value>>self."),
    plain("__and__(self, value, /)", left::<INT, AND>, "Return self&value."),
    plain("__rand__(self, value, /)", right::<INT, AND>, "Return value&self."),
    plain("__or__(self, value, /)", left::<INT, OR>, "Return self|value."),
    plain("__ror__(self, value, /)", right::<INT, OR>, "Return value|self."),
    plain("__xor__(self, value, /)", left::<INT, XOR>, "Return self^value."),
    plain("__rxor__(self, value, /)", right::<INT, XOR>, "Return value^self."),
    plain("__neg__(self, /)", numeric::neg, "Return -self."),
    plain("__pos__(self, /)", numeric::pos, "Return +self."),
    plain("__abs__(self, /)", numeric::abs, "Return abs(self)."),
    plain("__invert__(self, /)", numeric::invert, "Return ~self."),
    plain("__bool__(self, /)", numeric::bool, "Return True if self else False."),
    plain("__int__(self, /)", numeric::pos, "Return int(self)."),
    plain("__index__(self, /)", numeric::pos, "Return self as an integer, for use as an index."),
    plain("__float__(self, /)", to_float, "Return float(self)."),
    plain("__round__(self, ndigits=<unset>, /)", round, "Return the integer rounded to a multiple of a power of ten."),
    plain("__trunc__(self, /)", numeric::pos, "Return the integer itself."),
    plain("__floor__(self, /)", numeric::pos, "Return the integer itself."),
    plain("__ceil__(self, /)", numeric::pos, "Return the integer itself."),
    plain("__getnewargs__(self, /)", getnewargs, "Return the arguments to make an equal integer with."),
    plain("__sizeof__(self, /)", sizeof, "Return the size of the integer in memory, in bytes."),
    plain("conjugate(self, /)", numeric::pos, "Return the integer itself."),
    plain("bit_length(self, /)", bit_length, "Number of bits necessary to represent self in binary."),
    plain("bit_count(self, /)", bit_count, "Number of ones in the binary representation of the absolute value."),
    plain("as_integer_ratio(self, /)", as_integer_ratio, "Return the integer and 1."),
    plain("is_integer(self, /)", is_integer, "Return True: an integer has an integral value."),
    plain(
        "to_bytes(self, /, length=1, byteorder='big', *, signed=False)",
        to_bytes,
        "Return an array of bytes representing an integer.",
    ),
];

const CLASS_METHODS: &[Declaration] = &[plain(
    "from_bytes(cls, /, bytes, byteorder='big', *, signed=False)",
    from_bytes,
    "Return the integer represented by the given array of bytes.",
)];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "real", get: numeric::exact, set: None, doc: "the real part of a complex number" },
    Attribute { name: "imag", get: zero, set: None, doc: "the imaginary part of a complex number" },
    Attribute {
        name: "numerator",
        get: numeric::exact,
        set: None,
        doc: "the numerator of a rational number in lowest terms",
    },
    Attribute { name: "denominator", get: one, set: None, doc: "the denominator of a rational number in lowest terms" },
];

const BOOL: &[Declaration] = &[
    plain("__new__(cls, object=False, /)", new_bool, "The truth of an object."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__and__(self, value, /)", left::<INT, AND>, "Return self&value."),
    plain("__rand__(self, value, /)", right::<INT, AND>, "Return value&self."),
    plain("__or__(self, value, /)", left::<INT, OR>, "Return self|value."),
    plain("__ror__(self, value, /)", right::<INT, OR>, "Return value|self."),
    plain("__xor__(self, value, /)", left::<INT, XOR>, "Return self^value."),
    plain("__rxor__(self, value, /)", right::<INT, XOR>, "Return value^self."),
    plain("__invert__(self, /)", numeric::invert, "Return ~self."),
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::INT);
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };
    module::install(cx, class, &tables);
    let class = cx.class(LayoutId::BOOL);
    module::install(cx, class, &ClassTables { methods: BOOL, ..ClassTables::NONE });
}

/// The receiver, which the binder has checked.
fn receiver(args: Args<'_>) -> Operand<'static> {
    Int::operand(args.get(0)).unwrap_or(Operand::Small(0))
}

// ----- making

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::INT)?;
    if class == cx.class(LayoutId::BOOL) {
        return Err(cx.type_error("int.__new__(bool) is not safe, use bool.__new__()"));
    }
    let (x, base) = (args.get(1), args.get(2));
    let made = if base.is_unbound() { of_number(cx, x)? } else { of_text(cx, x, base)? };
    if class == cx.class(LayoutId::INT) {
        return Ok(made);
    }
    let number = Int::operand(made).unwrap_or(Operand::Small(0)).to_integer();
    let made = Int::allocate_as(cx, class.root_layout.get(), capacity(class), number);
    Ok(finished(cx, class, made))
}

/// `int(x)`
fn of_number(cx: &mut Context, x: Value) -> Result<Value, Stop> {
    if x.is_unbound() {
        return Ok(Value::small(0));
    }
    if x.is_small() {
        return Ok(x);
    }
    if x.is_float() {
        return truncated(cx, x.as_float());
    }
    for name in [cx.names.__int__, cx.names.__index__] {
        match cx.special(x, name) {
            Some(method) if method.is::<Native>() && Int::is(x) => return Ok(Int::exact(cx, x)),
            Some(method) if method.is::<Native>() && x.is::<Float>() => {
                return truncated(cx, Float::of(x).unwrap_or(0.0));
            }
            Some(method) if !method.is_none() => return Err(Stop::Half),
            _ => {}
        }
    }
    if x.is::<Str>() || bytes::bytes_of(&x).is_some() {
        return parse(cx, x, 10);
    }
    let found = cx.type_name(x);
    let message = format!("int() argument must be a string, a bytes-like object or a real number, not '{found}'");
    Err(cx.type_error(message))
}

/// The integer a float is cut to.
pub fn truncated(cx: &mut Context, x: f64) -> Result<Value, Stop> {
    match float::to_integer(x) {
        Ok(whole) => Ok(Int::from_integer(cx, whole)),
        Err(problem) => Err(not_finite(cx, problem, "integer")),
    }
}

/// `int(x, base)`
fn of_text(cx: &mut Context, x: Value, base: Value) -> Result<Value, Stop> {
    if x.is_unbound() {
        return Err(cx.type_error("int() missing string argument"));
    }
    let Whole(base) = Whole::from_value(cx, base, 2)?;
    let base = match Int::to_i64(base) {
        Some(base @ (0 | 2..=36)) => base as u32,
        _ => return Err(cx.value_error("int() base must be >= 2 and <= 36, or 0")),
    };
    if !x.is::<Str>() && !x.is::<Bytes>() && !x.is::<bytes::ByteArray>() {
        return Err(cx.type_error("int() can't convert non-string with explicit base"));
    }
    parse(cx, x, base)
}

/// The integer that text, in a str or in bytes, is in a base.
fn parse(cx: &mut Context, value: Value, base: u32) -> Result<Value, Stop> {
    let limit = Int::digit_limit(cx);
    let parsed = match value.get::<Str>() {
        Some(string) => integer_text::parse(string.bytes(), base, limit),
        None => match bytes::bytes_of(&value) {
            Some(bytes) if bytes.is_ascii() => integer_text::parse(&bytes, base, limit),
            _ => Err(ParseError::Invalid),
        },
    };
    match parsed {
        Ok(number) => Ok(Int::from_integer(cx, number)),
        Err(ParseError::TooManyDigits(digits)) => Err(cx.value_error(integer_text::digit_limit_message(limit, digits))),
        Err(_) => {
            let shown = shown(cx, value);
            Err(cx.value_error(format!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

/// The start of the repr of text, for messages.
pub fn shown(cx: &mut Context, value: Value) -> String {
    let value = match (value.get::<Str>(), bytes::bytes_of(&value)) {
        (Some(string), _) => Str::exact(cx, string),
        (_, Some(bytes)) => {
            let bytes = bytes.into_owned();
            Bytes::from_vec(cx, bytes)
        }
        _ => value,
    };
    let shown = repr::repr(cx, value).ok().map_or(String::new(), text_of);
    shown.chars().take(200).collect()
}

fn new_bool(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    instance_class(cx, args.get(0), LayoutId::BOOL)?;
    Truth::of(cx, args.get(1), 1).map(Value::bool)
}

// ----- numbers of it

fn zero(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::small(0))
}

fn one(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::small(1))
}

fn to_float(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Int::expect_f64(cx, args.get(0)).map(Value::float)
}

fn round(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let places = match args.get(1) {
        places if places.is_unbound() || places.is_none() => None,
        places => Some(Whole::from_value(cx, places, 1)?.0),
    };
    rounded(cx, args.get(0), places)
}

fn getnewargs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let exact = Int::exact(cx, args.get(0));
    Ok(cx.tuple(&[exact]))
}

fn sizeof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(24 + 4 * receiver(args).bit_length().div_ceil(30).max(1) as i64))
}

fn bit_length(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(receiver(args).bit_length() as i64))
}

fn bit_count(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(integer_bits::bit_count(receiver(args)) as i64))
}

fn as_integer_ratio(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let exact = Int::exact(cx, args.get(0));
    Ok(cx.tuple(&[exact, Value::small(1)]))
}

fn is_integer(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::TRUE)
}

// ----- bytes

/// Is the byte order `little`, not `big`?
fn is_little(cx: &mut Context, order: Value, name: &str) -> Result<bool, Stop> {
    let order = text(cx, order, &format!("{name}() argument 'byteorder'"))?;
    match order.bytes() {
        b"little" => Ok(true),
        b"big" => Ok(false),
        _ => Err(cx.value_error("byteorder must be either 'little' or 'big'")),
    }
}

fn to_bytes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (_, Index(length), order, Truth(is_signed)): (Value, Index, Value, Truth) = args.take(cx)?;
    let is_little = is_little(cx, order, "to_bytes")?;
    let Ok(length) = usize::try_from(length) else {
        return Err(cx.value_error("length argument must be non-negative"));
    };
    cx.reserve(length)?;
    match integer_text::to_bytes(receiver(args), length, is_little, is_signed) {
        Ok(bytes) => Ok(Bytes::from_vec(cx, bytes)),
        Err(ToBytesError::Memory) => Err(cx.memory_error()),
        Err(problem) => Err(cx.overflow_error(problem.message())),
    }
}

fn from_bytes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (class, source, order, Truth(is_signed)): (Ref<Class>, Value, Value, Truth) = args.take(cx)?;
    let is_little = is_little(cx, order, "from_bytes")?;
    let bytes = bytes_of(cx, source)?;
    let number = integer_text::from_bytes(&bytes, is_little, is_signed);
    let number = Int::from_integer(cx, number);
    match class == cx.class(LayoutId::INT) {
        true => Ok(number),
        false => Err(cx.call(class.value(), &[number])),
    }
}

/// The bytes `from_bytes` reads: those of a bytes-like object, of `__bytes__`, or an iterable of integers.
fn bytes_of(cx: &mut Context, source: Value) -> Result<Vec<u8>, Stop> {
    if let Some(bytes) = bytes::gathered_bytes(&source) {
        return Ok(bytes.into_owned());
    }
    if has_special(cx, source, cx.names.__bytes__) {
        return Err(cx.ask(1, Wish::Bytes));
    }
    if let Some(items) = container_items(cx, source).filter(|_| !source.is::<Str>()) {
        let items = items?;
        if items.iter().any(|&item| !Int::is(item)) {
            let wrong = items.into_iter().find(|&item| !Int::is(item)).unwrap_or(Value::NONE);
            let found = cx.type_name(wrong);
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        let byte = |item: Value| Int::to_i64(item).and_then(|byte| u8::try_from(byte).ok());
        let bytes: Option<Vec<u8>> = items.into_iter().map(byte).collect();
        return bytes.ok_or_else(|| cx.value_error("bytes must be in range(0, 256)"));
    }
    if !source.is::<Str>() && has_special(cx, source, cx.names.__iter__) {
        return Err(cx.ask(1, Wish::Items));
    }
    let found = cx.type_name(source);
    Err(cx.type_error(format!("cannot convert '{found}' object to bytes")))
}
