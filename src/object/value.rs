//! `Value`: what a register, a variable or an element holds, in 8 bytes.
//!
//! A value is a float, a small integer of 49 bits, None, True, False, UNBOUND, or a reference to an object of the
//! heap. Only this file knows the encoding:
//!
//! ```text
//!     0000'0000'0000'0000   UNBOUND          so zeroed memory is unbound
//!     0000'0000'0000'0002   None             6: False   7: True
//!     0000'xxxx'xxxx'xxxx   reference: the address of the object's header
//!     0002'... to fffa'...  float: its bits plus 2^49
//!     fffe'... to ffff'...  small integer: 15 bits set, then 49 bits in two's complement
//! ```
#![allow(unsafe_code)]

use crate::object::heap::{Body, Header, Ref};

/// A value of the language.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

const INT_TAG: u64 = 0xfffe_0000_0000_0000;
const FLOAT_OFFSET: u64 = 0x0002_0000_0000_0000;
const REFERENCE_END: u64 = 0x0001_0000_0000_0000;
const REFERENCE_START: u64 = 4096;

const _: () = assert!(size_of::<Value>() == 8);

impl Value {
    /// No value: a variable not yet assigned, an argument not given.
    pub const UNBOUND: Value = Value(0);
    /// `None`
    pub const NONE: Value = Value(2);
    /// `False`
    pub const FALSE: Value = Value(6);
    /// `True`
    pub const TRUE: Value = Value(7);
    /// The largest small integer.
    pub const INT_MAX: i64 = (1 << 48) - 1;
    /// The least small integer.
    pub const INT_MIN: i64 = -(1 << 48);

    /// A small integer; the caller knows that it is small.
    #[inline(always)]
    pub const fn small(value: i64) -> Value {
        debug_assert!(Value::fits(value));
        Value(value as u64 | INT_TAG)
    }

    /// Is this a small integer, one that needs no object?
    #[inline(always)]
    pub const fn fits(value: i64) -> bool {
        (value << 15) >> 15 == value
    }

    /// `True` or `False`.
    #[inline(always)]
    pub fn bool(value: bool) -> Value {
        Value(6 | value as u64)
    }

    /// A float. Any NaN becomes the one NaN.
    #[inline(always)]
    pub fn float(value: f64) -> Value {
        let bits = if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
        Value(bits.wrapping_add(FLOAT_OFFSET))
    }

    /// The bits, for hashing by identity and for `id`.
    #[inline(always)]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Is it UNBOUND?
    #[inline(always)]
    pub fn is_unbound(self) -> bool {
        self.0 == 0
    }

    /// Is it None?
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.0 == 2
    }

    /// Is it True or False?
    #[inline(always)]
    pub fn is_bool(self) -> bool {
        self.0 | 1 == 7
    }

    /// Is it a small integer?
    #[inline(always)]
    pub fn is_small(self) -> bool {
        self.0 >= INT_TAG
    }

    /// Are both small integers?
    #[inline(always)]
    pub fn both_small(self, other: Value) -> bool {
        self.0 & other.0 >= INT_TAG
    }

    /// The small integer; only after `is_small`.
    #[inline(always)]
    pub fn as_small(self) -> i64 {
        debug_assert!(self.is_small());
        ((self.0 << 15) as i64) >> 15
    }

    /// Is it a float?
    #[inline(always)]
    pub fn is_float(self) -> bool {
        self.0.wrapping_sub(FLOAT_OFFSET) < INT_TAG - FLOAT_OFFSET
    }

    /// The float; only after `is_float`.
    #[inline(always)]
    pub fn as_float(self) -> f64 {
        debug_assert!(self.is_float());
        f64::from_bits(self.0.wrapping_sub(FLOAT_OFFSET))
    }

    /// Does it refer to an object of the heap?
    #[inline(always)]
    pub fn is_object(self) -> bool {
        self.0.wrapping_sub(REFERENCE_START) < REFERENCE_END - REFERENCE_START
    }

    /// The header of the object it refers to.
    #[inline(always)]
    pub fn header(self) -> Option<&'static Header> {
        // SAFETY: a reference always points at the header of an object that the collector has not freed: whatever
        // holds a Value is traced (rule 4 of the design), and headers are never reached after a safe point
        // without a Value that was traced there.
        if self.is_object() { Some(unsafe { &*(self.0 as *const Header) }) } else { None }
    }

    /// The object, if its body is a `T`; of subclasses of a built-in type too.
    #[inline(always)]
    pub fn get<T: Body>(self) -> Option<Ref<T>> {
        match self.header() {
            Some(header) if header.kind() == T::KIND => Some(Ref::from_header(header)),
            _ => None,
        }
    }

    /// Is it an object with body `T`?
    #[inline(always)]
    pub fn is<T: Body>(self) -> bool {
        self.get::<T>().is_some()
    }

    /// The value that refers to an object.
    #[inline(always)]
    pub fn from_header(header: &Header) -> Value {
        let address = header as *const Header as u64;
        debug_assert!(address < REFERENCE_END);
        Value(address)
    }

    /// `+` of two small integers, unless it needs more than 49 bits.
    #[inline(always)]
    pub fn small_add(self, other: Value) -> Option<Value> {
        let (sum, overflow) = ((self.0 << 15) as i64).overflowing_add((other.0 << 15) as i64);
        if overflow { None } else { Some(Value(sum as u64 >> 15 | INT_TAG)) }
    }

    /// `-` of two small integers, unless it needs more than 49 bits.
    #[inline(always)]
    pub fn small_subtract(self, other: Value) -> Option<Value> {
        let (difference, overflow) = ((self.0 << 15) as i64).overflowing_sub((other.0 << 15) as i64);
        if overflow { None } else { Some(Value(difference as u64 >> 15 | INT_TAG)) }
    }

    /// `*` of two small integers, unless it needs more than 49 bits.
    #[inline(always)]
    pub fn small_multiply(self, other: Value) -> Option<Value> {
        let (product, overflow) = ((self.0 << 15) as i64).overflowing_mul(other.as_small());
        if overflow { None } else { Some(Value(product as u64 >> 15 | INT_TAG)) }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Value::UNBOUND => write!(f, "UNBOUND"),
            Value::NONE => write!(f, "None"),
            Value::FALSE => write!(f, "False"),
            Value::TRUE => write!(f, "True"),
            value if value.is_small() => write!(f, "{}", value.as_small()),
            value if value.is_float() => write!(f, "{:?}", value.as_float()),
            value => write!(f, "object at {:#x}", value.0),
        }
    }
}

impl<T: Body> From<Ref<T>> for Value {
    #[inline(always)]
    fn from(object: Ref<T>) -> Value {
        Value::from_header(object.header())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_integers_come_back() {
        for value in [0, 1, -1, 42, Value::INT_MAX, Value::INT_MIN] {
            assert!(Value::small(value).is_small());
            assert_eq!(Value::small(value).as_small(), value);
        }
        assert!(!Value::fits(Value::INT_MAX + 1) && !Value::fits(Value::INT_MIN - 1));
    }

    #[test]
    fn floats_come_back_and_are_nothing_else() {
        for value in [0.0, -0.0, 1.5, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NEG_INFINITY, 5e-324] {
            let boxed = Value::float(value);
            assert!(boxed.is_float() && !boxed.is_small() && !boxed.is_object() && !boxed.is_bool());
            assert_eq!(boxed.as_float().to_bits(), value.to_bits());
        }
        assert!(Value::float(-f64::NAN).as_float().is_nan());
    }

    #[test]
    fn arithmetic_stops_at_the_edge() {
        let max = Value::small(Value::INT_MAX);
        assert_eq!(max.small_add(Value::small(1)), None);
        assert_eq!(Value::small(Value::INT_MIN).small_subtract(Value::small(1)), None);
        assert_eq!(max.small_multiply(Value::small(2)), None);
        assert_eq!(Value::small(-3).small_multiply(Value::small(5)), Some(Value::small(-15)));
        assert_eq!(Value::small(-3).small_add(Value::small(5)), Some(Value::small(2)));
    }
}
