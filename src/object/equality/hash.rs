//! Hashes of plain data, with the numbers of CPython where those are the same in every run.

use super::problem::{Problem, deeper, is_built_in};
use crate::object::alias::GenericAlias;
use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{DictView, MappingProxy};
use crate::object::event_loop::Handle;
use crate::object::function::Method;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::iterator::Part;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::number::{self, Number};
use crate::object::range::Range;
use crate::object::set::Set;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::object::weak::WeakReference;
use crate::text::{float, integer};

/// `hash(value)` where it is there to be taken: of small integers, and of strings once computed.
#[inline(always)]
pub fn quick_hash(value: Value) -> Option<i64> {
    if value.is_small() {
        let number = value.as_small();
        return Some(if number == -1 { -2 } else { number });
    }
    match value.header() {
        Some(header) if header.layout() == LayoutId::STR => {
            Some(Ref::<Str>::from_header(header).known_hash()).filter(|&hash| hash != 0)
        }
        _ => None,
    }
}

/// `hash(value)`
#[inline]
pub fn hash(cx: &mut Context, value: Value) -> Result<i64, Problem> {
    if let Some(hash) = quick_hash(value) {
        return Ok(hash);
    }
    match value.header() {
        Some(header) if header.layout() == LayoutId::STR => Ok(Ref::<Str>::from_header(header).hash(cx.hash_seed.0)),
        _ => hash_slowly(cx, value),
    }
}

fn hash_slowly(cx: &mut Context, value: Value) -> Result<i64, Problem> {
    let Some(header) = value.header() else { return Ok(hash_of_immediate(value)) };
    let class = cx.class(header.layout());
    if class.has(Class::HAS_HASH | Class::HAS_EQ) && !is_built_in(header.layout()) {
        return Err(Problem::Script);
    }
    if header.kind() == Kind::Extension {
        let own = class.lookup_after(cx.names.__hash__, None);
        if own.is_some_and(|(owner, _)| owner != cx.class(LayoutId::OBJECT)) {
            return Err(Problem::Script);
        }
    }
    hash_as_data(cx, value)
}

fn hash_of_immediate(value: Value) -> i64 {
    if value.is_float() {
        return float::hash(value.as_float()).unwrap_or(number::NAN_HASH);
    }
    match value {
        Value::NONE => 0xfca8_6420,
        value if value.is_bool() => (value == Value::TRUE) as i64,
        value => Int::to_i64(value).map_or(0, |number| integer::hash(integer::Int::Small(number))),
    }
}

/// `hash(value)` by what it holds, without asking whether its own class overrides it.
pub fn hash_as_data(cx: &mut Context, value: Value) -> Result<i64, Problem> {
    let Some(header) = value.header() else { return Ok(hash_of_immediate(value)) };
    Ok(match header.kind() {
        Kind::Int => Int::hash(value),
        Kind::Str => Ref::<Str>::from_header(header).hash(cx.hash_seed.0),
        Kind::Bytes => bytes::hash(cx, value)?,
        Kind::MemoryView => bytes::hash(cx, value)?,
        Kind::Tuple => deeper(cx, |cx| hash_tuple(cx, Ref::from_header(header)))?,
        Kind::Set if cx.is_instance(value, LayoutId::FROZENSET) => Ref::<Set>::from_header(header).hash(),
        Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray | Kind::ContextObject | Kind::ContextToken => {
            return Err(Problem::Stop(unhashable(cx, value)));
        }
        Kind::Range => {
            let parts = Ref::<Range>::from_header(header).hash_parts(cx);
            hash_items(cx, &parts)?
        }
        Kind::Slice => {
            let slice: Ref<Slice> = Ref::from_header(header);
            deeper(cx, |cx| hash_items(cx, &[slice.start, slice.stop, slice.step]))?
        }
        Kind::Method => {
            let method: Ref<Method> = Ref::from_header(header);
            no_minus_one(address_hash(method.receiver) ^ deeper(cx, |cx| hash(cx, method.function))?)
        }
        Kind::WeakReference => deeper(cx, |cx| WeakReference::hash(cx, value))?,
        Kind::Handle if header.layout() == LayoutId::TIMER_HANDLE => {
            // That of its time in seconds.
            number::hash(Number::Float(Ref::<Handle>::from_header(header).when.get() as f64 / 1e9))
        }
        Kind::GenericAlias => deeper(cx, |cx| Ref::<GenericAlias>::from_header(header).hash(cx))?,
        Kind::MappingProxy => {
            let mapping = Ref::<MappingProxy>::from_header(header).mapping.get();
            deeper(cx, |cx| hash(cx, mapping))?
        }
        Kind::DictView if Ref::<DictView>::from_header(header).part != Part::Values => {
            return Err(Problem::Stop(unhashable(cx, value)));
        }
        _ => match Number::of(value) {
            Some(number) => number::hash(number),
            None => address_hash(value),
        },
    })
}

/// The hash that a value made by `as_hash` or from a hash stands for.
pub fn hash_bits(value: Value) -> i64 {
    Int::to_i64(value).unwrap_or(0)
}

/// What an integer that a `__hash__` returned becomes: cut to 64 bits, and never -1.
pub fn as_hash(cx: &mut Context, value: Value) -> Value {
    let hash = Int::to_i64(value).unwrap_or_else(|| Int::hash(value));
    cx.int(no_minus_one(hash))
}

/// TypeError: "unhashable type: 'list'".
pub fn unhashable(cx: &mut Context, value: Value) -> Stop {
    let name = cx.type_name(value);
    cx.type_error(format!("unhashable type: '{name}'"))
}

/// The hash of an object by its identity.
pub fn address_hash(value: Value) -> i64 {
    no_minus_one((value.bits() >> 4 | value.bits() << 60) as i64)
}

/// Hashes are never -1.
pub fn no_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

fn hash_tuple(cx: &mut Context, tuple: Ref<Tuple>) -> Result<i64, Problem> {
    let mut state = TupleHash::new();
    for &item in tuple.items() {
        state.add(hash(cx, item)?);
    }
    Ok(state.finish())
}

/// The hash of a tuple of these items.
pub fn hash_items(cx: &mut Context, items: &[Value]) -> Result<i64, Problem> {
    let mut state = TupleHash::new();
    for &item in items {
        state.add(hash(cx, item)?);
    }
    Ok(state.finish())
}

/// The hash of a tuple from those of its items: a round of xxHash for each.
pub struct TupleHash {
    state: u64,
    length: u64,
}

const PRIMES: [u64; 3] = [11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 2_870_177_450_012_600_261];

impl TupleHash {
    /// Of no items yet.
    pub fn new() -> TupleHash {
        TupleHash { state: PRIMES[2], length: 0 }
    }

    /// One item more.
    #[inline]
    pub fn add(&mut self, hash: i64) {
        let mixed = self.state.wrapping_add((hash as u64).wrapping_mul(PRIMES[1]));
        self.state = mixed.rotate_left(31).wrapping_mul(PRIMES[0]);
        self.length += 1;
    }

    /// The hash.
    pub fn finish(self) -> i64 {
        let hash = self.state.wrapping_add(self.length ^ PRIMES[2] ^ 3_527_539);
        if hash == u64::MAX { 1_546_275_796 } else { hash as i64 }
    }
}

impl Default for TupleHash {
    fn default() -> TupleHash {
        TupleHash::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_hash_as_in_cpython() {
        let of = |hashes: &[i64]| {
            let mut state = TupleHash::new();
            hashes.iter().for_each(|&hash| state.add(hash));
            state.finish()
        };
        assert_eq!(of(&[1, 2]), -3550055125485641917);
        assert_eq!(of(&[]), 5740354900026072187);
    }
}
