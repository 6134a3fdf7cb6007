//! `_hashlib`: digests of bytes.

use std::cell::RefCell;

use sha2::Digest;

use crate::object::bytes::{Bytes, MemoryView, bytes_of};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::repr::address;
use crate::object::string::Str;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_hashlib", fill };

const FUNCTIONS: &[Declaration] =
    &[plain("new(name, data=b'', /)", new, "Return a hash object, begun with data; None for an unknown name.")];

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

const CLASS: &str = "_hashlib.HASH";

fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let flags = Class::NOT_CALLABLE | Class::FINAL;
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), flags, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "HASH", class.value());
    module.add_functions(cx, FUNCTIONS);
}

macro_rules! algorithms {
    ($($variant:ident $hasher:ty, $name:literal, $block:literal;)*) => {
        /// A hash under way, by its algorithm.
        #[derive(Clone)]
        enum Hash { $($variant($hasher),)* }

        impl Hash {
            fn new(name: &str) -> Option<Hash> {
                match name {
                    $($name => Some(Hash::$variant(<$hasher>::new())),)*
                    _ => None,
                }
            }

            fn name(&self) -> &'static str {
                match self { $(Hash::$variant(_) => $name,)* }
            }

            fn block_size(&self) -> i64 {
                match self { $(Hash::$variant(_) => $block,)* }
            }

            fn update(&mut self, data: &[u8]) {
                match self { $(Hash::$variant(hasher) => hasher.update(data),)* }
            }

            fn digest(&self) -> Vec<u8> {
                match self { $(Hash::$variant(hasher) => hasher.clone().finalize().to_vec(),)* }
            }
        }
    };
}

algorithms! {
    Md5 md5::Md5, "md5", 64;
    Sha1 sha1::Sha1, "sha1", 64;
    Sha224 sha2::Sha224, "sha224", 64;
    Sha256 sha2::Sha256, "sha256", 64;
    Sha384 sha2::Sha384, "sha384", 128;
    Sha512 sha2::Sha512, "sha512", 128;
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

/// Hashes an argument.
fn feed(cx: &mut Context, hash: &mut Hash, value: Value) -> Result<(), Stop> {
    if value.is::<Str>() {
        return Err(cx.type_error("Strings must be encoded before hashing"));
    }
    if let Some(view) = value.get::<MemoryView>() {
        view.check_contiguous(cx)?;
    }
    match bytes_of(&value) {
        Some(data) => {
            hash.update(&data);
            Ok(())
        }
        None => Err(cx.type_error("object supporting the buffer API required")),
    }
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (name, data): (Ref<Str>, Value) = args.take(cx)?;
    let Some(mut hash) = Hash::new(&name.text()) else { return Ok(Value::NONE) };
    feed(cx, &mut hash, data)?;
    Ok(make(cx, hash))
}

fn update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, data): (Of<HashObject>, Value) = args.take(cx)?;
    feed(cx, &mut object.0.borrow_mut(), data)?;
    Ok(Value::NONE)
}

fn digest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<HashObject>,) = args.take(cx)?;
    let digest = object.0.borrow().digest();
    Ok(Bytes::allocate(cx, &digest))
}

fn hexdigest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<HashObject>,) = args.take(cx)?;
    let digits: String = object.0.borrow().digest().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(cx.str(&digits))
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
