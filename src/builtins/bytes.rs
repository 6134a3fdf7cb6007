//! `bytes`: making it, its operators, and what it is as a sequence. What it shares with bytearray is in
//! `bytes_methods`.

use crate::builtins::arguments::{capacity, finished, has_special, instance_class};
use crate::builtins::bytes_hex::from_hex;
use crate::builtins::bytes_methods::{self, add, contains, from_items, give, mul, own};
use crate::builtins::encoding::{self, Manner};
use crate::builtins::percent;
use crate::builtins::str_methods::is_iterable;
use crate::object::bytes::{self, ByteArray, Bytes};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{Problem, holds};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items;
use crate::object::iterator;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Check, Declaration, Stop, Wish, plain};
use crate::object::repr;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::syntax::ast::Comparison;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, source=<unset>, encoding=<unset>, errors=<unset>)", new, "Immutable bytes."),
    plain("__bytes__(self, /)", itself, "Return the bytes themselves."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__getnewargs__(self, /)", getnewargs, "Return the arguments to make equal bytes with."),
];

/// What the two classes have in common as sequences.
const SEQUENCE: &[Declaration] = &[
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__str__(self, /)", repr, "Return str(self)."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__lt__(self, value, /)", lt, "Return self<value."),
    plain("__le__(self, value, /)", le, "Return self<=value."),
    plain("__gt__(self, value, /)", gt, "Return self>value."),
    plain("__ge__(self, value, /)", ge, "Return self>=value."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", iter, "Implement iter(self)."),
    plain("__contains__(self, key, /)", contains, "Return key in self."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__add__(self, value, /)", add, "Return self+value."),
    plain("__mul__(self, value, /)", mul, "Return self*value."),
    plain("__rmul__(self, value, /)", mul, "Return value*self."),
    plain("__mod__(self, value, /)", modulo, "Return self%value."),
    plain("__rmod__(self, value, /)", rmod, "Return value%self."),
    plain("__sizeof__(self, /)", sizeof, "Return the size in memory, in bytes."),
    plain("__buffer__(self, flags, /)", buffer, "Return a memoryview of the bytes."),
];

const CLASS_METHODS: &[Declaration] = &[plain("fromhex(cls, string, /)", fromhex, "Make bytes of hexadecimal digits.")];

/// Puts the methods into both classes.
pub fn install(cx: &mut Context) {
    for layout in [LayoutId::BYTES, LayoutId::BYTEARRAY] {
        let class = cx.class(layout);
        for methods in [SEQUENCE, bytes_methods::METHODS] {
            module::install(cx, class, &ClassTables { methods, ..ClassTables::NONE });
        }
        let tables =
            ClassTables { class_methods: CLASS_METHODS, static_methods: bytes_methods::STATIC, ..ClassTables::NONE };
        module::install(cx, class, &tables);
    }
    let class = cx.class(LayoutId::BYTES);
    module::install(cx, class, &ClassTables { methods: METHODS, ..ClassTables::NONE });
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::BYTES)?;
    let is_exact = class == cx.class(LayoutId::BYTES);
    let source = args.get(1);
    if is_exact && cx.layout_of(source) == LayoutId::BYTES && args.get(2).is_unbound() && args.get(3).is_unbound() {
        return Ok(source);
    }
    if is_exact && !bytes::is_bytes_like(source) && has_special(cx, source, cx.names.__bytes__) {
        return Err(cx.call_special(source, cx.names.__bytes__, &[], Check::Bytes));
    }
    let bytes = content(cx, args, "bytes")?;
    Ok(instance(cx, class, bytes))
}

/// Bytes of a class.
fn instance(cx: &mut Context, class: Ref<Class>, bytes: Vec<u8>) -> Value {
    if class == cx.class(LayoutId::BYTES) {
        return Bytes::from_vec(cx, bytes);
    }
    let made = Bytes::allocate_as(cx, class.root_layout.get(), capacity(class), &bytes);
    finished(cx, class, made)
}

/// The bytes that the arguments of a constructor say: `(self or cls, source, encoding, errors)`.
pub fn content(cx: &mut Context, args: Args<'_>, name: &str) -> Result<Vec<u8>, Stop> {
    let (source, encoding, errors) = (args.get(1), args.get(2), args.get(3));
    if let Some(text) = source.get::<Str>() {
        if encoding.is_unbound() {
            return Err(cx.type_error("string argument without an encoding"));
        }
        let manner = Manner::of(cx, name, encoding, errors)?;
        return encoding::encode(cx, text, &manner);
    }
    for (argument, what) in [(encoding, "encoding"), (errors, "errors")] {
        if !argument.is_unbound() {
            return Err(cx.type_error(format!("{what} without a string argument")));
        }
    }
    if source.is_unbound() {
        return Ok(Vec::new());
    }
    if let Some(view) = source.get::<bytes::MemoryView>() {
        view.check(cx)?;
    }
    if let Some(bytes) = bytes::gathered_bytes(&source) {
        return Ok(bytes.into_owned());
    }
    content_of_object(cx, source, name)
}

fn content_of_object(cx: &mut Context, source: Value, name: &str) -> Result<Vec<u8>, Stop> {
    if Int::is(source) {
        let count = match Int::to_i64(source) {
            Some(count) => count,
            None if Int::sign(source) < 0 => -1,
            None => return Err(cx.overflow_error("cannot fit 'int' into an index-sized integer")),
        };
        let Ok(count) = usize::try_from(count) else { return Err(cx.value_error("negative count")) };
        cx.reserve(count)?;
        return Ok(vec![0; count]);
    }
    let has_bytes = name == "bytes" && has_special(cx, source, cx.names.__bytes__);
    if has_bytes || has_special(cx, source, cx.names.__buffer__) {
        return Err(cx.ask(1, Wish::Bytes));
    }
    if has_special(cx, source, cx.names.__index__) {
        return Err(cx.ask(1, Wish::Index));
    }
    let message = match name {
        "bytes" => "bytes must be in range(0, 256)",
        _ => "byte must be in range(0, 256)",
    };
    match items::plain_items(cx, source) {
        Some(items) => {
            let items = items?;
            from_items(cx, &items, message)
        }
        None if is_iterable(cx, source) => Err(cx.ask(1, Wish::Items)),
        None => {
            let found = cx.type_name(source);
            Err(cx.type_error(format!("cannot convert '{found}' object to {name}")))
        }
    }
}

fn itself(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match cx.layout_of(args.get(0)) {
        LayoutId::BYTES => Ok(args.get(0)),
        _ => Ok(Bytes::allocate(cx, &own(args))),
    }
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hash = bytes::hash(cx, args.get(0))?;
    Ok(cx.int(hash))
}

fn getnewargs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let copy = itself(cx, args)?;
    Ok(cx.tuple(&[copy]))
}

// ----- sequences of bytes

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut out = Vec::new();
    repr::write_repr_as_data(cx, &mut out, args.get(0)).map_err(Problem::or_half)?;
    Str::try_from_vec(cx, out)
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match bytes::is_bytes_like(args.get(1)) {
        true => Ok(Value::bool(bytes::equal(args.get(0), args.get(1)))),
        false => Ok(cx.not_implemented),
    }
}

fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match bytes::is_bytes_like(args.get(1)) {
        true => Ok(Value::bool(!bytes::equal(args.get(0), args.get(1)))),
        false => Ok(cx.not_implemented),
    }
}

fn order(cx: &mut Context, args: Args<'_>, op: Comparison) -> Result<Value, Stop> {
    match bytes::are_ordered(args.get(0), args.get(1)) {
        true => Ok(Value::bool(holds(op, bytes::compare(args.get(0), args.get(1))))),
        false => Ok(cx.not_implemented),
    }
}

fn lt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, Comparison::Less)
}

fn le(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, Comparison::LessEqual)
}

fn gt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, Comparison::Greater)
}

fn ge(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    order(cx, args, Comparison::GreaterEqual)
}

fn len(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(bytes::byte_length(args.get(0)).unwrap_or(0) as i64))
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(iterator::of_builtin(cx, args.get(0)).unwrap_or(Value::NONE))
}

/// The place of an index of the language among so many items; None if there is none.
pub fn place(cx: &mut Context, key: Value, length: usize) -> Result<Option<usize>, Stop> {
    let index = Int::expect_index(cx, key)?;
    let place = if index < 0 { index + length as i64 } else { index };
    Ok(usize::try_from(place).ok().filter(|&place| place < length))
}

/// An integer as a key, asked for if need be; TypeError for what is none.
pub fn key_of(cx: &mut Context, key: Value, name: &str) -> Result<Value, Stop> {
    if Int::is(key) {
        return Ok(key);
    }
    if has_special(cx, key, cx.names.__index__) {
        return Err(cx.ask(1, Wish::Index));
    }
    let found = cx.type_name(key);
    Err(cx.type_error(format!("{name} indices must be integers or slices, not {found}")))
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = own(args);
    if let Some(slice) = args.get(1).get::<Slice>() {
        let part = slice.indices(cx, bytes.len()).map_err(Problem::or_half)?;
        let part = sliced(&bytes, part.start, part.step, part.length);
        return Ok(give(cx, args.get(0), part));
    }
    let is_array = args.get(0).is::<ByteArray>();
    let key = key_of(cx, args.get(1), if is_array { "bytearray" } else { "byte" })?;
    match place(cx, key, bytes.len())? {
        Some(place) => Ok(Value::small(bytes[place] as i64)),
        None => Err(cx.index_error(if is_array { "bytearray index out of range" } else { "index out of range" })),
    }
}

/// The bytes that a slice selects.
pub fn sliced(bytes: &[u8], start: i64, step: i64, length: usize) -> Vec<u8> {
    match (length, step) {
        (0, _) => Vec::new(),
        (_, 1) => bytes[start as usize..start as usize + length].to_vec(),
        _ => (0..length as i64).map(|turn| bytes[(start + turn * step) as usize]).collect(),
    }
}

fn modulo(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = percent::format_bytes(cx, &own(args), args.get(1))?;
    Ok(give(cx, args.get(0), bytes))
}

fn rmod(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match bytes::bytes_of(&args.0[1]) {
        Some(format) => {
            let bytes = percent::format_bytes(cx, &format, args.get(0))?;
            Ok(give(cx, args.get(1), bytes))
        }
        None => Ok(cx.not_implemented),
    }
}

fn sizeof(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(33 + own(args).len() as i64))
}

fn buffer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(bytes::MemoryView::allocate(cx, args.get(0))?.unwrap_or(Value::NONE))
}

fn fromhex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = from_hex(cx, args.get(1))?;
    let class = args.get(0);
    let Some(class_object) = class.get::<Class>() else { return Ok(Bytes::from_vec(cx, bytes)) };
    if class_object == cx.class(LayoutId::BYTES) {
        return Ok(Bytes::from_vec(cx, bytes));
    }
    if class_object == cx.class(LayoutId::BYTEARRAY) {
        return Ok(ByteArray::allocate(cx, bytes));
    }
    let bytes = Bytes::from_vec(cx, bytes);
    Err(cx.call(class, &[bytes]))
}
