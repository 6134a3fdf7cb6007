//! `float`: making it, its operators and methods.

use crate::builtins::arguments::{Whole, capacity, finished, instance_class, text};
use crate::builtins::int::{shown, truncated};
use crate::builtins::number_functions::{not_finite, rounded};
use crate::builtins::numeric::{
    self, ADD, DIVIDE, FLOAT, FLOOR_DIVIDE, MODULO, MULTIPLY, SUBTRACT, compare, left, right,
};
use crate::builtins::sequence::{self, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL};
use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::float::Float;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Native, Stop, plain};
use crate::object::number::to_f64;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::float;
use crate::text::float_text::{self, HexError};

const METHODS: &[Declaration] = &[
    plain("__new__(cls, x=0, /)", new, "A floating-point number of a number or of text."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
    plain("__format__(self, format_spec, /)", numeric::format, "Formats the float according to format_spec."),
    plain("__eq__(self, value, /)", compare::<FLOAT, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<FLOAT, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<FLOAT, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<FLOAT, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<FLOAT, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<FLOAT, GREATER_EQUAL>, "Return self>=value."),
    plain("__add__(self, value, /)", left::<FLOAT, ADD>, "Return self+value."),
    plain("__radd__(self, value, /)", right::<FLOAT, ADD>, "Return value+self."),
    plain("__sub__(self, value, /)", left::<FLOAT, SUBTRACT>, "Return self-value."),
    plain("__rsub__(self, value, /)", right::<FLOAT, SUBTRACT>, "Return value-self."),
    plain("__mul__(self, value, /)", left::<FLOAT, MULTIPLY>, "Return self*value."),
    plain("__rmul__(self, value, /)", right::<FLOAT, MULTIPLY>, "Return value*self."),
    plain("__truediv__(self, value, /)", left::<FLOAT, DIVIDE>, "Return self/value."),
    plain("__rtruediv__(self, value, /)", right::<FLOAT, DIVIDE>, "Return value/self."),
    plain("__floordiv__(self, value, /)", left::<FLOAT, FLOOR_DIVIDE>, "Return self//value."),
    plain("__rfloordiv__(self, value, /)", right::<FLOAT, FLOOR_DIVIDE>, "Return value//self."),
    plain("__mod__(self, value, /)", left::<FLOAT, MODULO>, "Return self%value."),
    plain("__rmod__(self, value, /)", right::<FLOAT, MODULO>, "Return value%self."),
    plain("__divmod__(self, value, /)", numeric::divmod::<FLOAT>, "Return divmod(self, value)."),
    plain("__rdivmod__(self, value, /)", numeric::rdivmod::<FLOAT>, "Return divmod(value, self)."),
    plain("__pow__(self, value, mod=None, /)", numeric::power::<FLOAT>, "Return pow(self, value, mod)."),
    plain("__rpow__(self, value, mod=None, /)", numeric::rpower::<FLOAT>, "Return pow(value, self, mod)."),
    plain("__neg__(self, /)", numeric::neg, "Return -self."),
    plain("__pos__(self, /)", numeric::pos, "Return +self."),
    plain("__abs__(self, /)", numeric::abs, "Return abs(self)."),
    plain("__bool__(self, /)", numeric::bool, "Return True if self else False."),
    plain("__int__(self, /)", trunc, "Return int(self)."),
    plain("__float__(self, /)", numeric::pos, "Return float(self)."),
    plain("__trunc__(self, /)", trunc, "Return the Integral closest to x between 0 and x."),
    plain("__floor__(self, /)", floor, "Return the floor as an Integral."),
    plain("__ceil__(self, /)", ceil, "Return the ceiling as an Integral."),
    plain("__round__(self, ndigits=None, /)", round, "Return the Integral closest to x, or x rounded to ndigits."),
    plain("__getnewargs__(self, /)", getnewargs, "Return the arguments to make an equal float with."),
    plain("conjugate(self, /)", numeric::pos, "Return self, the complex conjugate of any float."),
    plain("hex(self, /)", hex, "Return a hexadecimal representation of a floating-point number."),
    plain("is_integer(self, /)", is_integer, "Return True if the float is an integer."),
    plain("as_integer_ratio(self, /)", as_integer_ratio, "Return a pair of integers whose ratio is exactly the float."),
];

const CLASS_METHODS: &[Declaration] = &[
    plain("fromhex(cls, string, /)", fromhex, "Create a floating-point number from a hexadecimal string."),
    plain("from_number(cls, number, /)", from_number, "Convert real number to a floating-point number."),
    plain("__getformat__(cls, typestr, /)", getformat, "The format of floating-point numbers on this machine."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "real", get: numeric::exact, set: None, doc: "the real part of a complex number" },
    Attribute { name: "imag", get: imag, set: None, doc: "the imaginary part of a complex number" },
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::FLOAT);
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };
    module::install(cx, class, &tables);
}

/// The receiver, which the binder has checked.
fn receiver(args: Args<'_>) -> f64 {
    Float::of(args.get(0)).unwrap_or(0.0)
}

// ----- making

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::FLOAT)?;
    let number = number_of(cx, args.get(1))?;
    Ok(instance(cx, class, number))
}

fn instance(cx: &mut Context, class: Ref<Class>, number: f64) -> Value {
    if class == cx.class(LayoutId::FLOAT) {
        return Value::float(number);
    }
    let made = Float::allocate_as(cx, class.root_layout.get(), capacity(class), number);
    finished(cx, class, made)
}

/// `float(x)`
fn number_of(cx: &mut Context, x: Value) -> Result<f64, Stop> {
    if let Some(number) = real_number(cx, x)? {
        return Ok(number);
    }
    let parsed = match x.get::<Str>() {
        Some(string) => float_text::parse(string.bytes()),
        None if bytes::bytes_of(&x).is_some() => match bytes::bytes_of(&x) {
            Some(bytes) if bytes.is_ascii() => float_text::parse(&bytes),
            _ => None,
        },
        None => {
            let found = cx.type_name(x);
            let message = format!("float() argument must be a string or a real number, not '{found}'");
            return Err(cx.type_error(message));
        }
    };
    match parsed {
        Some(number) => Ok(number),
        None => {
            let shown = shown(cx, x);
            Err(cx.value_error(format!("could not convert string to float: {shown}")))
        }
    }
}

/// The float of a number; the script half finds that of what has a `__float__` or `__index__` of a script. None for
/// what is no number.
fn real_number(cx: &mut Context, x: Value) -> Result<Option<f64>, Stop> {
    if x.is_float() {
        return Ok(Some(x.as_float()));
    }
    for name in [cx.names.__float__, cx.names.__index__] {
        match cx.special(x, name) {
            Some(method) if method.is::<Native>() => {
                if let Some(number) = to_f64(cx, x) {
                    return number.map(Some);
                }
                return Err(Stop::Half);
            }
            Some(method) if !method.is_none() => return Err(Stop::Half),
            _ => {}
        }
    }
    Ok(None)
}

/// A new number by the class a class method was called on.
fn of_class(cx: &mut Context, class: Value, number: f64) -> Result<Value, Stop> {
    match class == cx.class(LayoutId::FLOAT).value() {
        true => Ok(Value::float(number)),
        false => Err(cx.call(class, &[Value::float(number)])),
    }
}

fn from_number(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match real_number(cx, args.get(1))? {
        Some(number) => of_class(cx, args.get(0), number),
        None => {
            let found = cx.type_name(args.get(1));
            Err(cx.type_error(format!("must be real number, not {found}")))
        }
    }
}

fn fromhex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(string) = args.get(1).get::<Str>() else {
        return Err(cx.type_error("bad argument type for built-in operation"));
    };
    match float_text::from_hex(&string.text()) {
        Ok(number) => of_class(cx, args.get(0), number),
        Err(problem @ HexError::Invalid) => Err(cx.value_error(problem.message())),
        Err(problem) => Err(cx.overflow_error(problem.message())),
    }
}

fn getformat(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let kind = text(cx, args.get(1), "__getformat__() argument")?;
    if !matches!(kind.bytes(), b"double" | b"float") {
        return Err(cx.value_error("__getformat__() argument 1 must be 'double' or 'float'"));
    }
    let order = if cfg!(target_endian = "little") { "little" } else { "big" };
    Ok(cx.str(&format!("IEEE, {order}-endian")))
}

// ----- numbers of it

fn imag(_: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(Value::float(0.0))
}

fn trunc(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    truncated(cx, receiver(args))
}

fn floor(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    truncated(cx, receiver(args).floor())
}

fn ceil(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    truncated(cx, receiver(args).ceil())
}

fn round(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let places = match args.get(1) {
        places if places.is_none() => None,
        places => Some(Whole::from_value(cx, places, 1)?.0),
    };
    rounded(cx, args.get(0), places)
}

fn getnewargs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.tuple(&[Value::float(receiver(args))]))
}

fn hex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.str(&float_text::to_hex(receiver(args))))
}

fn is_integer(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(float::is_integer(receiver(args))))
}

fn as_integer_ratio(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match float::as_integer_ratio(receiver(args)) {
        Ok((numerator, denominator)) => {
            let numerator = Int::from_integer(cx, numerator);
            let denominator = Int::from_integer(cx, denominator);
            Ok(cx.tuple(&[numerator, denominator]))
        }
        Err(problem) => Err(not_finite(cx, problem, "integer ratio")),
    }
}
