//! BLAKE2 (RFC 7693): hashes with a digest of a chosen size, a key, a salt and a person, in sequential mode.

use std::cell::RefCell;

use ::blake2::digest::Output;
use ::blake2::digest::block_api::{Block, Buffer, UpdateCore, VariableOutputCore};
use ::blake2::{Blake2bVarCore, Blake2sVarCore};

use crate::modules::hashlib::{hexadecimal, with_data};
use crate::object::arguments::{Index, Truth, bytes_like};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;

const NEW_B: Declaration = plain(
    "__new__(cls, data=b'', /, *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, \
     node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)",
    |cx, args| new(cx, args, B),
    "A BLAKE2b hash object.",
);

const NEW_S: Declaration = plain(
    "__new__(cls, data=b'', /, *, digest_size=32, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, \
     node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True)",
    |cx, args| new(cx, args, S),
    "A BLAKE2s hash object.",
);

const UPDATE: Declaration = plain("update(self, data, /)", update, "Add data.");
const DIGEST: Declaration = plain("digest(self, /)", digest, "Return the digest of all data so far, as bytes.");
const HEXDIGEST: Declaration =
    plain("hexdigest(self, /)", hexdigest, "Return the digest of all data so far, as hexadecimal digits.");
const COPY: Declaration = plain("copy(self, /)", copy, "Return a hash object that has had the same data.");

const METHODS_B: &[Declaration] = &[NEW_B, UPDATE, DIGEST, HEXDIGEST, COPY];
const METHODS_S: &[Declaration] = &[NEW_S, UPDATE, DIGEST, HEXDIGEST, COPY];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "name", get: name, set: None, doc: "The name of the algorithm." },
    Attribute { name: "digest_size", get: digest_size, set: None, doc: "How many bytes a digest has." },
    Attribute { name: "block_size", get: block_size, set: None, doc: "How many bytes are hashed at a time." },
];

/// What tells the two forms of the algorithm apart.
#[derive(Clone, Copy)]
struct Form {
    name: &'static str,
    class: &'static str,
    /// A digest, and a key, has at most so many bytes.
    most: usize,
    /// A salt, and a person, has at most so many bytes.
    most_salt: usize,
    block: i64,
}

const B: Form = Form { name: "blake2b", class: "_blake2.blake2b", most: 64, most_salt: 16, block: 128 };
const S: Form = Form { name: "blake2s", class: "_blake2.blake2s", most: 32, most_salt: 8, block: 64 };

/// A hash under way: what was compressed, and the bytes that do not fill a block yet.
#[derive(Clone)]
enum State {
    B(Blake2bVarCore, Buffer<Blake2bVarCore>),
    S(Blake2sVarCore, Buffer<Blake2sVarCore>),
}

/// The parameters of a hash.
struct Parameters {
    size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
}

impl State {
    fn new(form: Form, with: &Parameters) -> State {
        let length = with.key.len();
        if form.most == B.most {
            let core = Blake2bVarCore::new_with_params(&with.salt, &with.person, length, with.size);
            let mut block = Block::<Blake2bVarCore>::default();
            block[..length].copy_from_slice(&with.key);
            State::B(
                core,
                if length == 0 { Buffer::<Blake2bVarCore>::default() } else { Buffer::<Blake2bVarCore>::new(&block) },
            )
        } else {
            let core = Blake2sVarCore::new_with_params(&with.salt, &with.person, length, with.size);
            let mut block = Block::<Blake2sVarCore>::default();
            block[..length].copy_from_slice(&with.key);
            State::S(
                core,
                if length == 0 { Buffer::<Blake2sVarCore>::default() } else { Buffer::<Blake2sVarCore>::new(&block) },
            )
        }
    }

    fn update(&mut self, data: &[u8]) {
        match self {
            State::B(core, buffer) => buffer.digest_blocks(data, |blocks| core.update_blocks(blocks)),
            State::S(core, buffer) => buffer.digest_blocks(data, |blocks| core.update_blocks(blocks)),
        }
    }

    /// The digest of all data so far, of the full size.
    fn digest(&self) -> Vec<u8> {
        match self.clone() {
            State::B(mut core, mut buffer) => {
                let mut out = Output::<Blake2bVarCore>::default();
                core.finalize_variable_core(&mut buffer, &mut out);
                out.to_vec()
            }
            State::S(mut core, mut buffer) => {
                let mut out = Output::<Blake2sVarCore>::default();
                core.finalize_variable_core(&mut buffer, &mut out);
                out.to_vec()
            }
        }
    }
}

/// A hash object.
struct Blake2 {
    form: Form,
    size: usize,
    state: RefCell<State>,
}

impl Data for Blake2 {
    fn trace(&self, _: &mut Marker) {}
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    for (form, methods) in [(B, METHODS_B), (S, METHODS_S)] {
        let tables = ClassTables { methods, attributes: ATTRIBUTES, ..ClassTables::NONE };
        let class = make_class(cx, form.class, &[], Some(Kind::Extension), Class::FINAL, &tables);
        let sizes = [form.most, form.most, form.most_salt, form.most_salt];
        for (name, size) in ["MAX_DIGEST_SIZE", "MAX_KEY_SIZE", "SALT_SIZE", "PERSON_SIZE"].into_iter().zip(sizes) {
            let name = cx.intern(name);
            class.dict.set_interned(name, Value::small(size as i64));
        }
        cx.module_state.insert(form.class, class.value());
        module.set(cx, form.name, class.value());
    }
}

fn make(cx: &mut Context, hash: Blake2) -> Value {
    let class: Ref<Class> = cx.module_state[hash.form.class].get().expect("the class was made with the module");
    Extension::allocate(cx, class, hash)
}

fn new(cx: &mut Context, args: Args<'_>, form: Form) -> Result<Value, Stop> {
    let size = Index::from_value(cx, args.get(2), 2)?.0;
    if size < 1 || size > form.most as i64 {
        return Err(cx.value_error(format!("digest_size must be between 1 and {} bytes", form.most)));
    }
    let key = bounded(cx, args.get(3), "key", form.most)?;
    let salt = bounded(cx, args.get(4), "salt", form.most_salt)?;
    let person = bounded(cx, args.get(5), "person", form.most_salt)?;
    check_sequential(cx, &args, form)?;
    let parameters = Parameters { size: size as usize, key, salt, person };
    let mut state = State::new(form, &parameters);
    with_data(cx, args.get(1), |data| state.update(data))?;
    Ok(make(cx, Blake2 { form, size: parameters.size, state: RefCell::new(state) }))
}

/// A parameter that has at most so many bytes.
fn bounded(cx: &mut Context, value: Value, what: &str, most: usize) -> Result<Vec<u8>, Stop> {
    let bytes = bytes_like(cx, value)?;
    if bytes.len() > most {
        return Err(cx.value_error(format!("maximum {what} length is {most} bytes")));
    }
    Ok(bytes)
}

/// Refuses the parameters of trees of hashes.
fn check_sequential(cx: &mut Context, args: &Args<'_>, form: Form) -> Result<(), Stop> {
    const ONLY: [(&str, usize, i64, i64, i64); 6] = [
        ("fanout", 6, 0, 255, 1),
        ("depth", 7, 1, 255, 1),
        ("leaf_size", 8, 0, u32::MAX as i64, 0),
        ("node_offset", 9, 0, i64::MAX, 0),
        ("node_depth", 10, 0, 255, 0),
        ("inner_size", 11, 0, 64, 0),
    ];
    for (what, position, least, most, only) in ONLY {
        let given = Index::from_value(cx, args.get(position), position)?.0;
        let most = if what == "inner_size" { form.most as i64 } else { most };
        if given < least || given > most {
            return Err(cx.value_error(format!("{what} must be between {least} and {most}")));
        }
        if given != only {
            return Err(cx.value_error(format!("tree hashing is not supported: {what} must be {only}")));
        }
    }
    if Truth::of(cx, args.get(12), 12)? {
        return Err(cx.value_error("tree hashing is not supported: last_node must be False"));
    }
    Ok(())
}

fn update(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, data): (Of<Blake2>, Value) = args.take(cx)?;
    with_data(cx, data, |data| object.state.borrow_mut().update(data))?;
    Ok(Value::NONE)
}

fn digest_of(object: &Blake2) -> Vec<u8> {
    let mut digest = object.state.borrow().digest();
    digest.truncate(object.size);
    digest
}

fn digest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Blake2>,) = args.take(cx)?;
    Ok(Bytes::allocate(cx, &digest_of(&object)))
}

fn hexdigest(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Blake2>,) = args.take(cx)?;
    Ok(hexadecimal(cx, &digest_of(&object)))
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Blake2>,) = args.take(cx)?;
    let state = object.state.clone();
    Ok(make(cx, Blake2 { form: object.form, size: object.size, state }))
}

/// The hash that the receiver of an attribute is.
fn of(value: Value) -> Of<Blake2> {
    Of::from(value).expect("the receiver was checked")
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(cx.str(of(value).form.name))
}

fn digest_size(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(value).size as i64))
}

fn block_size(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(value).form.block))
}
