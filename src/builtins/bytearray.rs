//! `bytearray`: making and changing it. What it shares with bytes is in `bytes` and `bytes_methods`.

use crate::builtins::arguments::{Index, Whole, capacity, finished, has_special, instance_class};
use crate::builtins::bytes::{content, key_of, place};
use crate::builtins::bytes_methods::{byte, from_items, own, repeated};
use crate::object::bytes::{self, ByteArray};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::heap::Ref;
use crate::object::items::Items;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::slice::{Indices, Slice};
use crate::object::string::Str;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Bytes that can be changed."),
    plain("__init__(self, source=<unset>, encoding=<unset>, errors=<unset>)", init, "Fill the bytearray anew."),
    plain("__setitem__(self, key, value, /)", setitem, "Set self[key] to value."),
    plain("__delitem__(self, key, /)", delitem, "Delete self[key]."),
    plain("__iadd__(self, value, /)", iadd, "Implement self+=value."),
    plain("__imul__(self, value, /)", imul, "Implement self*=value."),
    plain("__alloc__(self, /)", alloc, "Return how many bytes there is room for."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the bytearray anew."),
    plain("append(self, item, /)", append, "Append a byte."),
    plain("clear(self, /)", clear, "Remove all bytes."),
    plain("copy(self, /)", copy, "Return a copy."),
    plain("extend(self, iterable_of_ints, /)", extend, "Append bytes."),
    plain("insert(self, index, item, /)", insert, "Insert a byte before an index."),
    plain("pop(self, index=-1, /)", pop, "Remove a byte and return it."),
    plain("remove(self, value, /)", remove, "Remove the first byte of a value."),
    plain("resize(self, size, /)", resize, "Cut it to a size, or fill it with zeros to it."),
    plain("reverse(self, /)", reverse, "Turn the order of the bytes around."),
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::BYTEARRAY);
    module::install(cx, class, &ClassTables { methods: METHODS, ..ClassTables::NONE });
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
    cx.classes_changed();
}

fn receiver(cx: &mut Context, args: Args<'_>) -> Result<Ref<ByteArray>, Stop> {
    Ref::<ByteArray>::from_value(cx, args.get(0), 0)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::BYTEARRAY)?;
    let made = ByteArray::allocate_as(cx, class.root_layout.get(), capacity(class), Vec::new());
    Ok(finished(cx, class, made))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let bytes = content(cx, args, "bytearray")?;
    array.change(cx, |own| *own = bytes)?;
    Ok(Value::NONE)
}

/// An integer argument that is a byte.
fn byte_argument(cx: &mut Context, value: Value, position: usize) -> Result<u8, Stop> {
    let Whole(number) = Whole::from_value(cx, value, position)?;
    byte(cx, number)
}

// ----- items

fn setitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    if let Some(slice) = args.get(1).get::<Slice>() {
        let part = slice.indices(cx, array.len()).map_err(Problem::or_half)?;
        let bytes = assigned(cx, args.get(2))?;
        return set_part(cx, array, part, bytes);
    }
    let key = key_of(cx, args.get(1), "bytearray")?;
    let place = place(cx, key, array.len())?;
    let Some(place) = place else { return Err(cx.index_error("bytearray index out of range")) };
    let byte = byte_argument(cx, args.get(2), 2)?;
    array.set(place, byte);
    Ok(Value::NONE)
}

/// The bytes that are put in the place of a slice.
fn assigned(cx: &mut Context, value: Value) -> Result<Vec<u8>, Stop> {
    if let Some(bytes) = bytes::gathered_bytes(&value) {
        return Ok(bytes.into_owned());
    }
    let is_countable = crate::object::integer::Int::is(value) || value.is::<Str>();
    if is_countable || !crate::builtins::str_methods::is_iterable(cx, value) {
        let message = "can assign only bytes, buffers, or iterables of ints in range(0, 256)";
        return Err(cx.type_error(message));
    }
    let Items(items) = Items::from_value(cx, value, 2)?;
    from_items(cx, &items, "byte must be in range(0, 256)")
}

fn set_part(cx: &mut Context, array: Ref<ByteArray>, part: Indices, bytes: Vec<u8>) -> Result<Value, Stop> {
    if part.step == 1 {
        let (start, end) = (part.start as usize, part.start as usize + part.length);
        if bytes.len() == part.length {
            array.overwrite(start, &bytes);
        } else {
            array.change(cx, |own| drop(own.splice(start..end, bytes)))?;
        }
        return Ok(Value::NONE);
    }
    if bytes.is_empty() {
        return remove_part(cx, array, part);
    }
    if bytes.len() != part.length {
        let message =
            format!("attempt to assign bytes of size {} to extended slice of size {}", bytes.len(), part.length);
        return Err(cx.value_error(message));
    }
    for (turn, byte) in bytes.into_iter().enumerate() {
        array.set((part.start + turn as i64 * part.step) as usize, byte);
    }
    Ok(Value::NONE)
}

fn remove_part(cx: &mut Context, array: Ref<ByteArray>, part: Indices) -> Result<Value, Stop> {
    if part.length == 0 {
        return Ok(Value::NONE);
    }
    let last = part.start + (part.length as i64 - 1) * part.step;
    let (first, step) = (part.start.min(last) as usize, part.step.unsigned_abs() as usize);
    array.change(cx, |own| {
        let mut place = 0;
        own.retain(|_| {
            let is_removed = place >= first && (place - first) % step == 0 && (place - first) / step < part.length;
            place += 1;
            !is_removed
        });
    })?;
    Ok(Value::NONE)
}

fn delitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    if let Some(slice) = args.get(1).get::<Slice>() {
        let part = slice.indices(cx, array.len()).map_err(Problem::or_half)?;
        return remove_part(cx, array, part);
    }
    let key = key_of(cx, args.get(1), "bytearray")?;
    match place(cx, key, array.len())? {
        Some(place) => {
            array.change(cx, |own| own.remove(place))?;
            Ok(Value::NONE)
        }
        None => Err(cx.index_error("bytearray index out of range")),
    }
}

fn iadd(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let Some(bytes) = bytes::bytes_of(&args.0[1]).map(|bytes| bytes.into_owned()) else {
        let (found, name) = (cx.type_name(args.get(1)), cx.type_name(args.get(0)));
        return Err(cx.type_error(format!("can't concat {found} to {name}")));
    };
    if !bytes.is_empty() {
        array.change(cx, |own| own.extend_from_slice(&bytes))?;
    }
    Ok(args.get(0))
}

fn imul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    match repeated(cx, args)? {
        Some(bytes) => {
            array.change(cx, |own| *own = bytes)?;
            Ok(args.get(0))
        }
        None => Ok(cx.not_implemented),
    }
}

fn alloc(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let length = receiver(cx, args)?.len();
    Ok(Value::small(if length == 0 { 0 } else { length as i64 + 1 }))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = cx.class_of(args.get(0)).value();
    let text: String = own(args).iter().map(|&byte| byte as char).collect();
    let (text, encoding) = (cx.str(&text), cx.str("latin-1"));
    let arguments = cx.tuple(&[text, encoding]);
    let attributes: Option<Ref<Dict>> = args.get(0).header().and_then(|header| header.attribute_dict(cx));
    let state = attributes.filter(|attributes| !attributes.is_empty()).map_or(Value::NONE, |dict| dict.value());
    Ok(cx.tuple(&[class, arguments, state]))
}

// ----- methods

fn append(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let byte = byte_argument(cx, args.get(1), 1)?;
    array.change(cx, |own| own.push(byte))?;
    Ok(Value::NONE)
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    receiver(cx, args)?.change(cx, |own| own.clear())?;
    Ok(Value::NONE)
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = own(args).into_owned();
    Ok(ByteArray::allocate(cx, bytes))
}

fn extend(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value) = (receiver(cx, args)?, args.get(1));
    let added = match bytes::bytes_of(&value) {
        Some(bytes) => bytes.into_owned(),
        None if value.is::<Str>() => return Err(cx.type_error("expected iterable of integers; got: 'str'")),
        None if has_special(cx, value, cx.names.__buffer__) => return Err(cx.ask(1, Wish::Bytes)),
        None if !crate::builtins::str_methods::is_iterable(cx, value) => {
            let found = cx.type_name(value);
            return Err(cx.type_error(format!("can't extend bytearray with {found}")));
        }
        None => {
            let Items(items) = Items::from_value(cx, value, 1)?;
            from_items(cx, &items, "byte must be in range(0, 256)")?
        }
    };
    if !added.is_empty() {
        array.change(cx, |own| own.extend_from_slice(&added))?;
    }
    Ok(Value::NONE)
}

fn insert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let Index(index) = Index::from_value(cx, args.get(1), 1)?;
    let byte = byte_argument(cx, args.get(2), 2)?;
    let length = array.len() as i64;
    let place = if index < 0 { (index + length).max(0) } else { index.min(length) };
    array.change(cx, |own| own.insert(place as usize, byte))?;
    Ok(Value::NONE)
}

fn pop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let Whole(index) = Whole::from_value(cx, args.get(1), 1)?;
    if array.is_empty() {
        return Err(cx.index_error("pop from empty bytearray"));
    }
    match place(cx, index, array.len())? {
        Some(place) => {
            let byte = array.change(cx, |own| own.remove(place))?;
            Ok(Value::small(byte as i64))
        }
        None => Err(cx.index_error("pop index out of range")),
    }
}

fn remove(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let wanted = byte_argument(cx, args.get(1), 1)?;
    match memchr::memchr(wanted, array.bytes()) {
        Some(place) => {
            array.change(cx, |own| own.remove(place))?;
            Ok(Value::NONE)
        }
        None => Err(cx.value_error("value not found in bytearray")),
    }
}

fn resize(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let Index(size) = Index::from_value(cx, args.get(1), 1)?;
    let Ok(size) = usize::try_from(size) else {
        return Err(cx.value_error(format!("bytearray.resize(): new size must be >= 0, got {size}")));
    };
    cx.reserve(size)?;
    array.change(cx, |own| own.resize(size, 0))?;
    Ok(Value::NONE)
}

fn reverse(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array = receiver(cx, args)?;
    let mut bytes = own(args).into_owned();
    bytes.reverse();
    array.overwrite(0, &bytes);
    Ok(Value::NONE)
}
