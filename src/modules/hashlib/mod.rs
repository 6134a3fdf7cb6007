//! `_hashlib`: digests of bytes, and keys made of passwords by scrypt. Hash objects with and without a fixed length of
//! their digest are here; BLAKE2, which has parameters, has its own file.

mod algorithm;
mod blake2;

use std::cell::RefCell;

use crate::modules::hashlib::algorithm::{Extendable, Hash};
use crate::object::arguments::{Index, bytes_like};
use crate::object::bytes::{Bytes, MemoryView, bytes_of};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::repr::address;
use crate::object::string::Str;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_hashlib", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("new(name, data=b'', /)", new, "Return a hash object, begun with data; None for an unknown name."),
    plain("scrypt(password, salt, n, r, p, maxmem, dklen, /)", scrypt, "Return a key made of a password."),
];

const METHODS: &[Declaration] = &[
    plain("update(self, data, /)", update, "Add data."),
    plain("digest(self, /)", digest, "Return the digest of all data so far, as bytes."),
    plain("hexdigest(self, /)", hexdigest, "Return the digest of all data so far, as hexadecimal digits."),
    plain("copy(self, /)", copy, "Return a hash object that has had the same data."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "name", get: name, set: None, doc: "The name of the algorithm." },
    Attribute { name: "digest_size", get: digest_size, set: None, doc: "How many bytes a digest has." },
    Attribute { name: "block_size", get: block_size, set: None, doc: "How many bytes are hashed at a time." },
];

const EXTENDABLE_METHODS: &[Declaration] = &[
    plain("update(self, data, /)", update_extendable, "Add data."),
    plain("digest(self, length)", digest_extendable, "Return a digest of all data so far, as bytes."),
    plain(
        "hexdigest(self, length)",
        hexdigest_extendable,
        "Return a digest of all data so far, as hexadecimal digits.",
    ),
    plain("copy(self, /)", copy_extendable, "Return a hash object that has had the same data."),
    plain("__repr__(self, /)", repr_extendable, "Return repr(self)."),
];

const EXTENDABLE_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "name", get: name_extendable, set: None, doc: "The name of the algorithm." },
    Attribute { name: "digest_size", get: |_, _| Ok(Value::small(0)), set: None, doc: "0: it has any length." },
    Attribute {
        name: "block_size",
        get: block_size_extendable,
        set: None,
        doc: "How many bytes are hashed at a time.",
    },
];

const CLASS: &str = "_hashlib.HASH";
const EXTENDABLE: &str = "_hashlib.HASHXOF";

fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let flags = Class::NOT_CALLABLE | Class::FINAL;
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), flags, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "HASH", class.value());
    let tables = ClassTables { methods: EXTENDABLE_METHODS, attributes: EXTENDABLE_ATTRIBUTES, ..ClassTables::NONE };
    let class = make_class(cx, EXTENDABLE, &[], Some(Kind::Extension), flags, &tables);
    cx.module_state.insert(EXTENDABLE, class.value());
    module.set(cx, "HASHXOF", class.value());
    blake2::install(cx, module);
    module.add_functions(cx, FUNCTIONS);
}

/// A hash object.
struct HashObject(RefCell<Hash>);

impl Data for HashObject {
    fn trace(&self, _: &mut Marker) {}
}

fn make(cx: &mut Context, hash: Hash) -> Value {
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    Extension::allocate(cx, class, HashObject(RefCell::new(hash)))
}

/// Has an argument hashed.
fn with_data(cx: &mut Context, value: Value, feed: impl FnOnce(&[u8])) -> Result<(), Stop> {
    if value.is::<Str>() {
        return Err(cx.type_error("Strings must be encoded before hashing"));
    }
    if let Some(view) = value.get::<MemoryView>() {
        view.check_contiguous(cx)?;
    }
    match bytes_of(&value) {
        Some(data) => {
            feed(&data);
            Ok(())
        }
        None => Err(cx.type_error("object supporting the buffer API required")),
    }
}

/// Bytes as digits.
fn hexadecimal(cx: &mut Context, bytes: &[u8]) -> Value {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    cx.str(&digits)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (name, data): (Ref<Str>, Value) = args.take(cx)?;
    if let Some(mut hash) = Hash::new(&name.text()) {
        with_data(cx, data, |data| hash.update(data))?;
        return Ok(make(cx, hash));
    }
    let Some(mut hash) = Extendable::new(&name.text()) else { return Ok(Value::NONE) };
    with_data(cx, data, |data| hash.update(data))?;
    Ok(make_extendable(cx, hash))
}

fn update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, data): (Of<HashObject>, Value) = args.take(cx)?;
    with_data(cx, data, |data| object.0.borrow_mut().update(data))?;
    Ok(Value::NONE)
}

fn digest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<HashObject>,) = args.take(cx)?;
    let digest = object.0.borrow().digest();
    Ok(Bytes::allocate(cx, &digest))
}

fn hexdigest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<HashObject>,) = args.take(cx)?;
    let digest = object.0.borrow().digest();
    Ok(hexadecimal(cx, &digest))
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<HashObject>,) = args.take(cx)?;
    let hash = object.0.borrow().clone();
    Ok(make(cx, hash))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<HashObject>,) = args.take(cx)?;
    let text = format!("<{} {CLASS} object @ {}>", object.0.borrow().name(), address(args.get(0)));
    Ok(cx.str(&text))
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let name = Of::<HashObject>::from(value).map_or("", |object| object.0.borrow().name());
    Ok(cx.str(name))
}

fn digest_size(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let size = Of::<HashObject>::from(value).map_or(0, |object| object.0.borrow().digest().len());
    Ok(Value::small(size as i64))
}

fn block_size(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(Of::<HashObject>::from(value).map_or(0, |object| object.0.borrow().block_size())))
}

/// A hash object whose digest has any length.
struct ExtendableObject(RefCell<Extendable>);

impl Data for ExtendableObject {
    fn trace(&self, _: &mut Marker) {}
}

fn make_extendable(cx: &mut Context, hash: Extendable) -> Value {
    let class: Ref<Class> = cx.module_state[EXTENDABLE].get().expect("the class was made with the module");
    Extension::allocate(cx, class, ExtendableObject(RefCell::new(hash)))
}

fn update_extendable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, data): (Of<ExtendableObject>, Value) = args.take(cx)?;
    with_data(cx, data, |data| object.0.borrow_mut().update(data))?;
    Ok(Value::NONE)
}

/// The digest of a length that an argument says.
fn extended(cx: &mut Context, args: Args<'_>) -> Result<Vec<u8>, Stop> {
    let (object, length): (Of<ExtendableObject>, Index) = args.take(cx)?;
    let Ok(length) = usize::try_from(length.0) else { return Err(cx.value_error("value must be positive")) };
    cx.reserve(length)?;
    Ok(object.0.borrow().digest(length))
}

fn digest_extendable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let digest = extended(cx, args)?;
    Ok(Bytes::allocate(cx, &digest))
}

fn hexdigest_extendable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let digest = extended(cx, args)?;
    Ok(hexadecimal(cx, &digest))
}

fn copy_extendable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<ExtendableObject>,) = args.take(cx)?;
    let hash = object.0.borrow().clone();
    Ok(make_extendable(cx, hash))
}

fn repr_extendable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<ExtendableObject>,) = args.take(cx)?;
    let text = format!("<{} {EXTENDABLE} object @ {}>", object.0.borrow().name(), address(args.get(0)));
    Ok(cx.str(&text))
}

fn name_extendable(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let name = Of::<ExtendableObject>::from(value).map_or("", |object| object.0.borrow().name());
    Ok(cx.str(name))
}

fn block_size_extendable(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(Of::<ExtendableObject>::from(value).map_or(0, |object| object.0.borrow().block_size())))
}

/// `scrypt(password, salt, n, r, p, maxmem, dklen)`: RFC 7914, within a limit of memory.
fn scrypt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (password, salt) = (bytes_like(cx, args.get(0))?, bytes_like(cx, args.get(1))?);
    let mut numbers = [0; 5];
    for (place, number) in numbers.iter_mut().enumerate() {
        *number = Int::expect_i64(cx, args.get(place + 2))?;
    }
    let [n, r, p, most, length] = numbers;
    let is_valid =
        n > 1 && n & (n - 1) == 0 && (1..1 << 30).contains(&r) && (1..1 << 30).contains(&p) && r * p < 1 << 30;
    // What overflows must not reach the crate.
    let parameters = is_valid.then(|| ::scrypt::Params::new(n.trailing_zeros() as u8, r as u32, p as u32));
    let Some(Ok(parameters)) = parameters else {
        return Err(cx.value_error("Invalid parameter combination for n, r, p, maxmem."));
    };
    // The limit is a script's, which is no reason to let it be any.
    let memory = i128::from(r) * 128 * (i128::from(n) + i128::from(p) + 2);
    if memory > i128::from(most.min(i64::from(i32::MAX))) {
        return Err(cx.value_error("memory limit exceeded"));
    }
    cx.reserve(memory as usize)?;
    let mut key = vec![0; length.clamp(1, i64::from(i32::MAX)) as usize];
    match ::scrypt::scrypt(&password, &salt, &parameters, &mut key) {
        Ok(()) => Ok(Bytes::allocate(cx, &key)),
        Err(error) => Err(cx.value_error(error.to_string())),
    }
}
