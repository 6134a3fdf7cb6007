//! `_random`: the generator of random numbers that the distributions of `random` stand on.

use std::cell::RefCell;
use std::hash::{BuildHasher, Hasher, RandomState};

use num_bigint::BigUint;

use crate::object::arguments::rest;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{Problem, hash};
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::integer;
use crate::text::mersenne::{Mersenne, WORDS};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_random", fill };

const METHODS: &[Declaration] = &[
    plain(
        "__new__(cls, /, *args, **kwargs)",
        new,
        "A generator of random numbers, seeded by the system or an argument.",
    ),
    plain("seed(self, n=None, /)", seed, "Start over from a seed."),
    plain("random(self, /)", random, "Return a random float from 0 up to but not including 1."),
    plain("getrandbits(self, k, /)", getrandbits, "Return an int of k random bits."),
    plain("getstate(self, /)", getstate, "Return a tuple that setstate takes."),
    plain("setstate(self, state, /)", setstate, "Go back to a state."),
];

fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let class = make_class(cx, "_random.Random", &[], Some(Kind::Extension), 0, &tables);
    module.set(cx, "Random", class.value());
}

/// The generator behind an object.
struct Random(RefCell<Mersenne>);

impl Data for Random {
    fn trace(&self, _: &mut Marker) {}
}

/// A generator seeded by what the system thinks of for the hashes of a process.
fn unpredictable() -> Mersenne {
    let words = (0..16).flat_map(|_| {
        let word = RandomState::new().build_hasher().finish();
        [word as u32, (word >> 32) as u32]
    });
    Mersenne::from_integer(integer::Int::Big(&BigUint::new(words.collect()).into()))
}

/// The generator that a seed stands for.
fn seeded(cx: &mut Context, seed: Value) -> Result<Mersenne, Stop> {
    if seed.is_none() {
        return Ok(unpredictable());
    }
    if let Some(number) = Int::operand(seed) {
        return Ok(Mersenne::from_integer(number));
    }
    match hash(cx, seed) {
        Ok(hash) => Ok(Mersenne::from_integer(integer::Int::Big(&BigUint::from(hash as u64).into()))),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => Err(Stop::Half),
    }
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = FromValue::from_value(cx, args.get(0), 0)?;
    // Subclasses with an `__init__` seed by themselves, and may be given anything.
    let generator = match rest(args.get(1)).as_slice() {
        [seed] if class.has(Class::BUILTIN) => seeded(cx, *seed)?,
        _ => unpredictable(),
    };
    Ok(Extension::allocate(cx, class, Random(RefCell::new(generator))))
}

fn seed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (random, seed): (Of<Random>, Value) = args.take(cx)?;
    let generator = seeded(cx, seed)?;
    random.0.replace(generator);
    Ok(Value::NONE)
}

fn random(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (random,): (Of<Random>,) = args.take(cx)?;
    let number = random.0.borrow_mut().random();
    Ok(Value::float(number))
}

fn getrandbits(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (random, count): (Of<Random>, crate::object::arguments::Whole) = args.take(cx)?;
    if Int::sign(count.0) < 0 {
        return Err(cx.value_error("number of bits must be non-negative"));
    }
    let Some(count) = Int::to_i64(count.0).filter(|&count| count as u64 <= integer::BIT_LIMIT) else {
        return Err(cx.overflow_error("Python int too large to convert to C int"));
    };
    cx.reserve(count as usize / 8)?;
    let number = random.0.borrow_mut().bits(count as usize);
    Ok(Int::from_integer(cx, number))
}

/// The words of the generator and its position.
fn getstate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (random,): (Of<Random>,) = args.take(cx)?;
    let generator = random.0.borrow();
    let (words, position) = generator.state();
    let mut items: Vec<Value> = words.iter().map(|&word| Value::small(word as i64)).collect();
    items.push(Value::small(position as i64));
    Ok(cx.tuple(&items))
}

fn setstate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (random, state): (Of<Random>, Value) = args.take(cx)?;
    let Some(state) = state.get::<Tuple>() else { return Err(cx.type_error("state vector must be a tuple")) };
    if state.len() != WORDS + 1 {
        return Err(cx.value_error("state vector is the wrong size"));
    }
    let mut words = Vec::with_capacity(WORDS + 1);
    for &item in state.items() {
        if !Int::is(item) {
            let found = cx.type_name(item);
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        if Int::sign(item) < 0 {
            return Err(cx.overflow_error("can't convert negative value to unsigned int"));
        }
        words.push(Int::to_i64(item).unwrap_or(i64::MAX));
    }
    let position = words.pop().unwrap_or(0) as usize;
    let words: Vec<u32> = words.into_iter().map(|word| word as u32).collect();
    match Mersenne::from_state(&words, position) {
        Some(generator) => {
            random.0.replace(generator);
            Ok(Value::NONE)
        }
        None => Err(cx.value_error("invalid state")),
    }
}
