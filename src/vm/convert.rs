//! Conversions that natives wish for, and checks on what special methods return.

use crate::object::frame::Then;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::{Check, Stop, Wish};
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::Machine;

/// The wish with a number, as machines keep it in a slot.
pub fn wish(number: u8) -> Wish {
    const ALL: [Wish; 12] = [
        Wish::Index,
        Wish::Float,
        Wish::Complex,
        Wish::Int,
        Wish::Truth,
        Wish::Items,
        Wish::Path,
        Wish::Text,
        Wish::Repr,
        Wish::Iterator,
        Wish::FileNumber,
        Wish::Bytes,
    ];
    ALL[number as usize]
}

/// The check with a number.
pub fn check(number: u8) -> Check {
    const ALL: [Check; 12] = [
        Check::None,
        Check::Str,
        Check::Hash,
        Check::Length,
        Check::Bool,
        Check::Int,
        Check::Float,
        Check::Complex,
        Check::Iterator,
        Check::Bytes,
        Check::Path,
        Check::Implemented,
    ];
    ALL[number as usize]
}

impl Vm {
    /// Makes of an argument what a native wishes; the result goes to the machine that runs.
    pub fn fulfil(&mut self, value: Value, wish: Wish) -> Flow {
        let names = self.cx.names;
        match wish {
            Wish::Items => self.start_machine(Machine::Collect, &[value], Then::Machine, 0),
            Wish::Iterator => self.get_iterator(value, Then::Machine, 0),
            Wish::Truth => self.truth_machine(value, Then::Machine, 0),
            Wish::Text => self.half_call("str", value),
            Wish::Repr => self.half_call("repr", value),
            Wish::Index => {
                let message = "'{}' object cannot be interpreted as an integer";
                self.by_special(value, &[(names.__index__, Check::Int)], message)
            }
            Wish::Int => {
                let message = "int() argument must be a string, a bytes-like object or a real number, not '{}'";
                let ways = [(names.__int__, Check::Int), (names.__index__, Check::Int)];
                self.by_special(value, &ways, message)
            }
            Wish::Float => {
                let ways = [(names.__float__, Check::Float), (names.__index__, Check::Int)];
                self.by_special(value, &ways, "must be real number, not {}")
            }
            Wish::Complex => {
                let ways = [
                    (names.__complex__, Check::Complex),
                    (names.__float__, Check::Float),
                    (names.__index__, Check::Int),
                ];
                let message = "complex() argument must be a string or a number, not {}";
                self.by_special(value, &ways, message)
            }
            Wish::Path => {
                let message = "expected str, bytes or os.PathLike object, not {}";
                self.by_special(value, &[(names.__fspath__, Check::Path)], message)
            }
            Wish::Bytes => {
                let message = "a bytes-like object is required, not '{}'";
                self.by_special(value, &[(names.__bytes__, Check::Bytes)], message)
            }
            Wish::FileNumber => {
                let name = self.cx.intern("fileno");
                self.by_special(value, &[(name, Check::Int)], "argument must be an int, or have a fileno() method.")
            }
        }
    }

    /// `str(value)` or `repr(value)` as a call of the class or function of that name.
    fn half_call(&mut self, name: &str, value: Value) -> Flow {
        let name = self.cx.intern(name);
        let callee = self.cx.builtins.get_interned(name).expect("builtins have str and repr");
        self.call_plain(callee, &[value], Then::Machine, 0)
    }

    /// The result of the first of several special methods that the value's class has.
    fn by_special(&mut self, value: Value, ways: &[(Value, Check)], message: &str) -> Flow {
        for &(name, check) in ways {
            if self.cx.special(value, name).is_some_and(|method| !method.is_none()) {
                return self.special_checked(value, name, &[], check, Then::Machine, 0);
            }
        }
        let found = self.cx.type_name(value);
        let stop = self.cx.type_error(message.replace("{}", &found));
        self.raise(stop)
    }

    /// A special method's result, if it is what the method must return.
    pub fn checked(&mut self, receiver: Value, name: Value, value: Value, check: Check) -> Result<Value, Stop> {
        let method = self.text(name);
        let kind = value.header().map(|header| header.kind());
        let is_int = value.is_small() || value.is_bool() || kind == Some(Kind::Int);
        let expected = match check {
            Check::None => return Ok(value),
            Check::Str if kind == Some(Kind::Str) => return Ok(value),
            Check::Str => "a string",
            Check::Int if is_int => return Ok(value),
            Check::Int => "int",
            Check::Bool if value.is_bool() => return Ok(value),
            Check::Bool => {
                let found = self.cx.type_name(value);
                return Err(self.cx.type_error(format!("{method} should return bool, returned {found}")));
            }
            Check::Float if value.is_float() || self.cx.is_instance(value, LayoutId::FLOAT) => return Ok(value),
            Check::Float => "float",
            Check::Complex if kind == Some(Kind::Complex) => return Ok(value),
            Check::Complex => "complex",
            Check::Bytes if kind == Some(Kind::Bytes) => return Ok(value),
            Check::Bytes => "bytes",
            Check::Path if matches!(kind, Some(Kind::Str | Kind::Bytes)) => return Ok(value),
            Check::Path => {
                let (class, found) = (self.cx.type_name(receiver), self.cx.type_name(value));
                let message = format!("expected {class}.__fspath__() to return str or bytes, not {found}");
                return Err(self.cx.type_error(message));
            }
            Check::Hash if is_int => return Ok(crate::object::equality::as_hash(&mut self.cx, value)),
            Check::Hash => return Err(self.cx.type_error("__hash__ method should return an integer")),
            Check::Length => return self.checked_length(value, is_int),
            Check::Iterator => return self.checked_iterator(value, &method),
            Check::Implemented if value != self.cx.not_implemented => return Ok(value),
            Check::Implemented => {
                let class = self.cx.type_name(receiver);
                return Err(self.cx.type_error(format!("{method} of '{class}' is not implemented")));
            }
        };
        let found = self.cx.type_name(value);
        let message = match check {
            Check::Str => format!("{method} returned non-string (type {found})"),
            Check::Int if method == "fileno" => "fileno() returned a non-integer".to_string(),
            Check::Int | Check::Float | Check::Complex | Check::Bytes => {
                let class = self.cx.type_name(receiver);
                match check {
                    Check::Float => format!("{class}.{method} returned non-float (type {found})"),
                    _ => format!("{method} returned non-{expected} (type {found})"),
                }
            }
            _ => format!("{method} must return {expected}"),
        };
        Err(self.cx.type_error(message))
    }

    fn checked_length(&mut self, value: Value, is_int: bool) -> Result<Value, Stop> {
        if !is_int {
            let found = self.cx.type_name(value);
            return Err(self.cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        let length = if value.is_bool() { Value::small((value == Value::TRUE) as i64) } else { value };
        if crate::object::integer::Int::to_i64(length).is_some_and(|length| length >= 0) {
            return Ok(length);
        }
        if crate::object::integer::Int::sign(length) < 0 {
            return Err(self.cx.value_error("__len__() should return >= 0"));
        }
        Err(self.cx.overflow_error("cannot fit 'int' into an index-sized integer"))
    }

    fn checked_iterator(&mut self, value: Value, method: &str) -> Result<Value, Stop> {
        if self.is_iterator(value) {
            return Ok(value);
        }
        let found = self.cx.type_name(value);
        Err(self.cx.type_error(match (method, self.cx.layout_of(value)) {
            ("__await__", LayoutId::COROUTINE) => "__await__() returned a coroutine".to_string(),
            ("__await__", _) => format!("__await__() returned non-iterator of type '{found}'"),
            _ => format!("iter() returned non-iterator of type '{found}'"),
        }))
    }
}
