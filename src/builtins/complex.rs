//! `complex`: making it, its operators and methods.

use crate::builtins::arguments::{capacity, finished, has_special, instance_class};
use crate::builtins::numeric::{self, ADD, COMPLEX, DIVIDE, MULTIPLY, SUBTRACT, compare, left, right};
use crate::builtins::sequence::{self, EQUAL, GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, NOT_EQUAL};
use crate::object::class::Class;
use crate::object::complex::Complex;
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Native, Stop, plain};
use crate::object::number::{Number, to_f64};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::complex::{self, Complex as Parts};

const METHODS: &[Declaration] = &[
    plain("__new__(cls, real=0, imag=<unset>)", new, "A complex number of its parts, of a number or of text."),
    plain("__repr__(self, /)", sequence::repr, "Return repr(self)."),
    plain("__hash__(self, /)", sequence::hash, "Return hash(self)."),
    plain("__format__(self, format_spec, /)", numeric::format, "Convert to a string according to format_spec."),
    plain("__eq__(self, value, /)", compare::<COMPLEX, EQUAL>, "Return self==value."),
    plain("__ne__(self, value, /)", compare::<COMPLEX, NOT_EQUAL>, "Return self!=value."),
    plain("__lt__(self, value, /)", compare::<COMPLEX, LESS>, "Return self<value."),
    plain("__le__(self, value, /)", compare::<COMPLEX, LESS_EQUAL>, "Return self<=value."),
    plain("__gt__(self, value, /)", compare::<COMPLEX, GREATER>, "Return self>value."),
    plain("__ge__(self, value, /)", compare::<COMPLEX, GREATER_EQUAL>, "Return self>=value."),
    plain("__add__(self, value, /)", left::<COMPLEX, ADD>, "Return self+value."),
    plain("__radd__(self, value, /)", right::<COMPLEX, ADD>, "Return value+self."),
    plain("__sub__(self, value, /)", left::<COMPLEX, SUBTRACT>, "Return self-value."),
    plain("__rsub__(self, value, /)", right::<COMPLEX, SUBTRACT>, "Return value-self."),
    plain("__mul__(self, value, /)", left::<COMPLEX, MULTIPLY>, "Return self*value."),
    plain("__rmul__(self, value, /)", right::<COMPLEX, MULTIPLY>, "Return value*self."),
    plain("__truediv__(self, value, /)", left::<COMPLEX, DIVIDE>, "Return self/value."),
    plain("__rtruediv__(self, value, /)", right::<COMPLEX, DIVIDE>, "Return value/self."),
    plain("__pow__(self, value, mod=None, /)", numeric::power::<COMPLEX>, "Return pow(self, value, mod)."),
    plain("__rpow__(self, value, mod=None, /)", numeric::rpower::<COMPLEX>, "Return pow(value, self, mod)."),
    plain("__neg__(self, /)", numeric::neg, "Return -self."),
    plain("__pos__(self, /)", numeric::pos, "Return +self."),
    plain("__abs__(self, /)", numeric::abs, "Return abs(self)."),
    plain("__bool__(self, /)", numeric::bool, "Return True if self else False."),
    plain("__complex__(self, /)", numeric::pos, "Convert this value to exact type complex."),
    plain("__getnewargs__(self, /)", getnewargs, "Return the arguments to make an equal complex with."),
    plain("conjugate(self, /)", conjugate, "Return the complex conjugate of its argument."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("from_number(cls, number, /)", from_number, "Convert number to a complex floating-point number.")];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "real", get: real, set: Some(sequence::read_only), doc: "the real part of a complex number" },
    Attribute {
        name: "imag",
        get: imag,
        set: Some(sequence::read_only),
        doc: "the imaginary part of a complex number",
    },
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::COMPLEX);
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };
    module::install(cx, class, &tables);
}

/// The number a complex object is.
fn parts(value: Value) -> Parts {
    value.get::<Complex>().map_or(Parts::new(0.0, 0.0), |complex| complex.number)
}

// ----- making

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::COMPLEX)?;
    let (real, imaginary) = (args.get(1), args.get(2));
    let number = match real.get::<Str>() {
        Some(string) if imaginary.is_unbound() => match complex::parse(string.bytes()) {
            Some(number) => number,
            None => return Err(cx.value_error("complex() arg is a malformed string")),
        },
        Some(_) => return Err(cx.type_error("complex() can't take second arg if first is a string")),
        None => of_numbers(cx, real, imaginary)?,
    };
    Ok(instance(cx, class, number))
}

fn instance(cx: &mut Context, class: Ref<Class>, number: Parts) -> Value {
    if class == cx.class(LayoutId::COMPLEX) {
        return Complex::of(cx, number);
    }
    let made = Complex::allocate_as(cx, class.root_layout.get(), capacity(class), number);
    finished(cx, class, made)
}

/// `complex(real, imaginary)`, either of which may be complex itself.
fn of_numbers(cx: &mut Context, real: Value, imaginary: Value) -> Result<Parts, Stop> {
    if imaginary.is::<Str>() {
        return Err(cx.type_error("complex() second arg can't be a string"));
    }
    let Some(first) = part(cx, real, true)? else {
        let found = cx.type_name(real);
        let message = format!("complex() first argument must be a string or a number, not '{found}'");
        return Err(cx.type_error(message));
    };
    if imaginary.is_unbound() {
        return Ok(first);
    }
    let Some(second) = part(cx, imaginary, false)? else {
        let found = cx.type_name(imaginary);
        return Err(cx.type_error(format!("complex() second argument must be a number, not '{found}'")));
    };
    let real = if imaginary.is::<Complex>() { first.real - second.imaginary } else { first.real };
    let imaginary = if first.imaginary == 0.0 && first.imaginary.is_sign_positive() {
        second.real
    } else {
        second.real + first.imaginary
    };
    Ok(Parts::new(real, imaginary))
}

/// The complex number of an argument; the script half finds that of what has the special methods of a script. None
/// for what is no number.
fn part(cx: &mut Context, value: Value, may_convert: bool) -> Result<Option<Parts>, Stop> {
    let names = [cx.names.__complex__, cx.names.__float__, cx.names.__index__];
    let is_script = |method: Option<Value>| method.is_some_and(|method| !method.is_none() && !method.is::<Native>());
    for (index, name) in names.into_iter().enumerate() {
        if (may_convert || index > 0) && is_script(cx.special(value, name)) {
            return Err(Stop::Half);
        }
    }
    match Number::of(value) {
        Some(Number::Complex(number)) => Ok(Some(number)),
        Some(_) => match to_f64(cx, value) {
            Some(number) => Ok(Some(Parts::new(number?, 0.0))),
            None => Ok(None),
        },
        None if names.into_iter().any(|name| has_special(cx, value, name)) => Err(Stop::Half),
        None => Ok(None),
    }
}

fn from_number(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(number) = part(cx, args.get(1), true)? else {
        let found = cx.type_name(args.get(1));
        return Err(cx.type_error(format!("must be real number, not {found}")));
    };
    let made = Complex::of(cx, number);
    match args.get(0) == cx.class(LayoutId::COMPLEX).value() {
        true => Ok(made),
        false => Err(cx.call(args.get(0), &[made])),
    }
}

// ----- numbers of it

fn real(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::float(parts(value).real))
}

fn imag(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::float(parts(value).imaginary))
}

fn getnewargs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let number = parts(args.get(0));
    Ok(cx.tuple(&[Value::float(number.real), Value::float(number.imaginary)]))
}

fn conjugate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Complex::of(cx, parts(args.get(0)).conjugate()))
}
