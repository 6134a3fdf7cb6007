//! Arguments of natives as Rust types, with the words of the errors scripts see, and what `__new__` needs to make
//! an instance of the class it was called on.

use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::heap::{Header, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::{FromValue, Stop, Wish};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::truth;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// An int argument that counts or indexes: anything with `__index__`.
#[derive(Clone, Copy)]
pub struct Index(pub i64);

impl FromValue for Index {
    #[inline]
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Index, Stop> {
        if value.is_small() {
            return Ok(Index(value.as_small()));
        }
        if !Int::is(value) {
            return Err(cx.ask(position, Wish::Index));
        }
        match Int::to_i64(value) {
            Some(index) => Ok(Index(index)),
            None => Err(cx.overflow_error("Python int too large to convert to C ssize_t")),
        }
    }
}

/// An int argument of any size, as a value: anything with `__index__`.
#[derive(Clone, Copy)]
pub struct Whole(pub Value);

impl FromValue for Whole {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Whole, Stop> {
        if Int::is(value) { Ok(Whole(value)) } else { Err(cx.ask(position, Wish::Index)) }
    }
}

/// The start or end of a part: None, or an integer cut to the range of `i64`.
#[derive(Clone, Copy)]
pub struct Edge(pub Option<i64>);

impl FromValue for Edge {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Edge, Stop> {
        if value.is_unbound() || value.is_none() {
            return Ok(Edge(None));
        }
        match Int::clamp(value) {
            Some(index) => Ok(Edge(Some(index))),
            None if has_special(cx, value, cx.names.__index__) => Err(cx.ask(position, Wish::Index)),
            None => Err(cx.type_error("slice indices must be integers or None or have an __index__ method")),
        }
    }
}

/// A true or false argument: the truth of any value.
#[derive(Clone, Copy)]
pub struct Truth(pub bool);

impl FromValue for Truth {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Truth, Stop> {
        match truth::truth(cx, value) {
            Some(truth) => Ok(Truth(truth)),
            None => Err(cx.ask(position, Wish::Truth)),
        }
    }
}

impl Truth {
    /// The truth of argument `position`.
    pub fn of(cx: &mut Context, value: Value, position: usize) -> Result<bool, Stop> {
        Truth::from_value(cx, value, position).map(|truth| truth.0)
    }
}

/// Has the class of a value a special method that is not None?
pub fn has_special(cx: &mut Context, value: Value, name: Value) -> bool {
    cx.special(value, name).is_some_and(|method| !method.is_none())
}

/// A str argument; else TypeError: `what` must be str.
pub fn text(cx: &mut Context, value: Value, what: &str) -> Result<Ref<Str>, Stop> {
    match value.get::<Str>() {
        Some(text) => Ok(text),
        None => {
            let found = type_title(cx, value);
            Err(cx.type_error(format!("{what} must be str, not {found}")))
        }
    }
}

/// The name of a value's type as messages have it: None is called by its value.
pub fn type_title(cx: &Context, value: Value) -> String {
    if value.is_none() { "None".into() } else { cx.type_name(value) }
}

/// The bytes of a bytes-like argument, copied; else TypeError "a bytes-like object is required".
pub fn bytes_like(cx: &mut Context, value: Value) -> Result<Vec<u8>, Stop> {
    if let Some(view) = value.get::<bytes::MemoryView>() {
        view.check_contiguous(cx)?;
    }
    match bytes::bytes_of(&value) {
        Some(bytes) => Ok(bytes.into_owned()),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")))
        }
    }
}

/// `repr(value)`, or what the loop must do for it where script code is needed.
pub fn repr_of(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    repr::repr(cx, value).map_err(|problem| problem.or_special(cx, value, cx.names.__repr__))
}

/// `str(value)`, likewise.
pub fn str_of(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    repr::str(cx, value).map_err(|problem| problem.or_special(cx, value, cx.names.__str__))
}

impl Problem {
    /// The answer of a native whose result is a str: that of the special method where script code must run.
    fn or_special(self, cx: &Context, value: Value, name: Value) -> Stop {
        match self {
            Problem::Stop(stop) => stop,
            Problem::Script => cx.call_special(value, name, &[], crate::object::native::Check::Str),
        }
    }
}

/// A range of more numbers than this is gone through one by one.
const MANY: usize = 1 << 24;

/// The items of an argument that may be iterated once more from its start: a container, not an iterator. None
/// where there is script code in it, or where it is an iterator.
pub fn container_items(cx: &mut Context, value: Value) -> Option<Result<Vec<Value>, Stop>> {
    match value.header()?.kind() {
        Kind::Iterator | Kind::Extension => None,
        // Who only goes through so many items does not want them all at once.
        Kind::Range if crate::object::range::length(value).is_none_or(|length| length > MANY) => None,
        _ => crate::object::items::plain_items(cx, value),
    }
}

/// The items of a tuple that the binder made of `*args`.
pub fn rest(value: Value) -> Vec<Value> {
    value.get::<Tuple>().map_or(Vec::new(), |tuple| tuple.items().to_vec())
}

/// The class that `__new__` of a built-in class was called on, which must be that class or a subclass of it.
pub fn instance_class(cx: &mut Context, value: Value, base: LayoutId) -> Result<Ref<Class>, Stop> {
    let base = cx.class(base);
    let name = base.name_text();
    let Some(class) = value.get::<Class>() else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("{name}.__new__(X): X is not a type object ({found})")));
    };
    if class.is_subclass(base) {
        return Ok(class);
    }
    let found = class.name_text();
    Err(cx.type_error(format!("{name}.__new__({found}): {found} is not a subtype of {name}")))
}

/// How many attributes instances of a class have inline; None if they have no attributes at all.
pub fn capacity(class: Ref<Class>) -> Option<u8> {
    let has_attributes = class.has(Class::HAS_DICTIONARY) || class.slot_count.get() > 0;
    has_attributes.then(|| class.capacity.get())
}

/// Registers a new instance whose class has a finaliser, and gives it back.
pub fn finished(cx: &mut Context, class: Ref<Class>, value: Value) -> Value {
    if class.has(Class::HAS_DEL)
        && let Some(header) = value.header()
    {
        cx.heap.add_finalisable(header);
    }
    value
}

/// An attribute of the object itself, or None.
pub fn own(cx: &Context, value: Value, name: Value) -> Value {
    value.header().and_then(|header: &Header| header.own_attribute(cx, name)).unwrap_or(Value::NONE)
}

/// Binds an attribute of the object itself.
pub fn set_own(cx: &mut Context, value: Value, name: Value, content: Value) {
    if let Some(header) = value.header() {
        header.set_own_attribute(cx, name, content);
    }
}

/// Can the value be called?
pub fn is_callable(cx: &mut Context, value: Value) -> bool {
    match value.header().map(Header::kind) {
        Some(Kind::Class | Kind::Function | Kind::Method | Kind::Native) => true,
        _ => has_special(cx, value, cx.names.__call__),
    }
}
