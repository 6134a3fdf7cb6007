//! The module `array`: the class, its constructor, and the methods that change or convert an array.

use std::cell::Cell;

use crate::modules::buffer::{read, read_if_bytes};
use crate::object::arguments::Index;
use crate::object::bytes::{ByteArray, Bytes};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Extension, Of};
use crate::object::forward::itself;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::items::plain_items;
use crate::object::kind::Kind;
use crate::object::list::List;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Control, Declaration, FromValue, Stop, control, plain};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::wtf8;

use super::item;
use super::object::{Array, ArrayIterator, CLASS};
use super::order::{contains, count, eq, ge, gt, index, le, lt, ne, remove};
use super::sequence::{add, delitem, extend_by_array, getitem, iadd, imul, len, mul, setitem};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "array", fill };

const METHODS: &[Declaration] = &[
    plain("__new__(cls, typecode, initializer=<unset>, /)", new, "Items of one type, begun with an iterable."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__setitem__(self, key, value, /)", setitem, "Set self[key] to value."),
    plain("__delitem__(self, key, /)", delitem, "Delete self[key]."),
    plain("__contains__(self, key, /)", contains, "Return bool(key in self)."),
    plain("__iter__(self, /)", iter, "Implement iter(self)."),
    plain("__add__(self, value, /)", add, "Return self+value."),
    plain("__iadd__(self, value, /)", iadd, "Implement self+=value."),
    plain("__mul__(self, value, /)", mul, "Return self*value."),
    plain("__rmul__(self, value, /)", mul, "Return value*self."),
    plain("__imul__(self, value, /)", imul, "Implement self*=value."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__lt__(self, value, /)", lt, "Return self<value."),
    plain("__le__(self, value, /)", le, "Return self<=value."),
    plain("__gt__(self, value, /)", gt, "Return self>value."),
    plain("__ge__(self, value, /)", ge, "Return self>=value."),
    plain("__buffer__(self, flags=0, /)", buffer, "Return a memoryview of the items."),
    plain("__bytes__(self, /)", tobytes, "Return the bytes of the items."),
    plain("__copy__(self, /)", copy, "Return a copy of the array."),
    plain("__deepcopy__(self, memo, /)", copy, "Return a copy of the array."),
    plain("__reduce_ex__(self, protocol, /)", reduce, "Return what is needed to make the array anew."),
    plain("append(self, v, /)", append, "Append an item."),
    plain("buffer_info(self, /)", buffer_info, "Return the address of the items and their number."),
    plain("byteswap(self, /)", byteswap, "Reverse the bytes of each item."),
    plain("clear(self, /)", clear, "Remove all items."),
    plain("count(self, v, /)", count, "Return how often an item occurs."),
    plain("extend(self, bb, /)", extend, "Append the items of an iterable."),
    plain("frombytes(self, buffer, /)", frombytes, "Append the items that bytes are."),
    plain("fromfile(self, f, n, /)", crate::object::forward::half, "Append n items read from a file."),
    plain("fromlist(self, list, /)", fromlist, "Append the items of a list, all or none."),
    plain("fromunicode(self, ustr, /)", fromunicode, "Append the characters of a str."),
    plain("index(self, v, start=0, stop=9223372036854775807, /)", index, "Return the first place of an item."),
    plain("insert(self, i, v, /)", insert, "Insert an item before a place."),
    plain("pop(self, i=-1, /)", pop, "Remove and return an item."),
    plain("remove(self, v, /)", remove, "Remove the first of equal items."),
    plain("reverse(self, /)", reverse, "Reverse the order of the items."),
    plain("tobytes(self, /)", tobytes, "Return the bytes of the items."),
    plain("tofile(self, f, /)", crate::object::forward::half, "Write the items to a file."),
    plain("tolist(self, /)", tolist, "Return a list of the items."),
    plain("tounicode(self, /)", tounicode, "Return a str of the characters."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "typecode", get: typecode, set: None, doc: "The type of the items." },
    Attribute { name: "itemsize", get: itemsize, set: None, doc: "How many bytes an item has." },
];

const ITERATOR: &[Declaration] = &[
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
];
const ITERATOR_CLASS: &str = "array.arrayiterator";

fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let flags = Class::SEQUENCE | Class::WEAKLY;
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), flags, &tables);
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
    let tables = ClassTables { methods: ITERATOR, ..ClassTables::NONE };
    let flags = Class::NOT_CALLABLE | Class::FINAL;
    let iterator = make_class(cx, ITERATOR_CLASS, &[], Some(Kind::Extension), flags, &tables);
    cx.module_state.insert(CLASS, class.value());
    cx.module_state.insert(ITERATOR_CLASS, iterator.value());
    module.set(cx, "array", class.value());
    module.set(cx, "ArrayType", class.value());
    let codes = cx.str(item::CODES);
    module.set(cx, "typecodes", codes);
}

// ----- making

fn type_code(cx: &mut Context, value: Value) -> Result<u8, Stop> {
    let Some(text) = value.get::<Str>().filter(|text| text.chars() == 1) else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("array() argument 1 must be a unicode character, not {found}")));
    };
    match text.bytes() {
        &[code] if item::size(code).is_some() => Ok(code),
        _ => Err(cx.value_error("bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)")),
    }
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = FromValue::from_value(cx, args.get(0), 0)?;
    let code = type_code(cx, args.get(1))?;
    let mut bytes = Vec::new();
    let initial = args.get(2);
    if initial.is_unbound() {
    } else if let Some(text) = initial.get::<Str>() {
        if !item::is_text(code) {
            let code = code as char;
            let message = format!("cannot use a str to initialize an array with typecode '{code}'");
            return Err(cx.type_error(message));
        }
        wtf8::code_points(text.bytes()).for_each(|character| item::push_character(&mut bytes, code, character));
    } else if initial.is::<Bytes>() || initial.is::<ByteArray>() {
        bytes = whole_items(cx, code, initial, 2)?;
    } else {
        let items = items_of(cx, initial)?;
        push_all(cx, &mut bytes, code, &items)?;
    }
    Ok(Array::allocate_as(cx, class, code, bytes))
}

/// The items of an iterable; the script half appends those of one that needs script code.
fn items_of(cx: &mut Context, value: Value) -> Result<Vec<Value>, Stop> {
    match Of::<Array>::from(value) {
        Some(array) => Ok(array.items(cx)),
        None => plain_items(cx, value).unwrap_or(Err(Stop::Half)),
    }
}

fn push_all(cx: &mut Context, bytes: &mut Vec<u8>, code: u8, items: &[Value]) -> Result<(), Stop> {
    cx.reserve(items.len() * item::size(code).unwrap_or(1))?;
    for &value in items {
        match item::push(cx, bytes, code, value, 1) {
            Err(Stop::Ask(..)) if is_script_number(cx, value) => return Err(Stop::Half),
            Err(Stop::Ask(..)) => {
                let found = cx.type_name(value);
                return Err(cx.type_error(match code {
                    b'f' | b'd' => format!("must be real number, not {found}"),
                    _ => format!("'{found}' object cannot be interpreted as an integer"),
                }));
            }
            result => result?,
        }
    }
    Ok(())
}

fn is_script_number(cx: &mut Context, value: Value) -> bool {
    let names = [cx.names.__index__, cx.names.__float__];
    !value.is_float() && names.into_iter().any(|name| crate::object::arguments::has_special(cx, value, name))
}

/// The bytes of an argument, which must make whole items.
fn whole_items(cx: &mut Context, code: u8, value: Value, position: usize) -> Result<Vec<u8>, Stop> {
    let bytes = match read_if_bytes(cx, value)? {
        Some(bytes) => bytes,
        None => read(cx, value, position)?,
    };
    if bytes.len() % item::size(code).unwrap_or(1) != 0 {
        return Err(cx.value_error("bytes length not a multiple of item size"));
    }
    Ok(bytes)
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array: Of<Array> = Of::from_value(cx, args.get(0), 0)?;
    let class = cx.class_of(args.get(0));
    Ok(Array::allocate_as(cx, class, array.code, array.bytes.bytes().to_vec()))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array: Of<Array> = Of::from_value(cx, args.get(0), 0)?;
    let items = array.items(cx);
    let (code, items) = (cx.str(&(array.code as char).to_string()), cx.list(items));
    let (class, arguments) = (cx.class_of(args.get(0)).value(), cx.tuple(&[code, items]));
    Ok(cx.tuple(&[class, arguments, Value::NONE]))
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(crate::object::alias::GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

// ----- looking

fn typecode(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = Of::<Array>::from(value).map_or('?', |array| array.code as char);
    Ok(cx.str(&code.to_string()))
}

fn itemsize(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(Of::<Array>::from(value).map_or(0, |array| array.size as i64)))
}

fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    let (class, code) = (cx.class_of(args.get(0)).name_text(), array.code as char);
    if array.len() == 0 {
        return Ok(cx.str(&format!("{class}('{code}')")));
    }
    let items = match item::is_text(array.code) {
        true => text(cx, &array),
        false => {
            let items = array.items(cx);
            cx.list(items)
        }
    };
    let shown = repr::repr(cx, items).map_err(|problem| problem.or(Stop::Half))?;
    let shown = crate::object::string::text_of(shown);
    Ok(cx.str(&format!("{class}('{code}', {shown})")))
}

fn text(cx: &mut Context, array: &Array) -> Value {
    let mut text = Vec::with_capacity(array.len());
    for index in 0..array.len() {
        wtf8::push(&mut text, item::character(array.item_bytes(index)));
    }
    Str::from_vec(cx, text)
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = cx.module_state[ITERATOR_CLASS].get().expect("the class was made with the module");
    Ok(Extension::allocate(cx, class, ArrayIterator { array: Cell::new(args.get(0)), place: Cell::new(0) }))
}

fn tolist(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    let items = array.items(cx);
    Ok(cx.list(items))
}

fn tobytes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    Ok(Bytes::allocate(cx, array.bytes.bytes()))
}

fn tounicode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    if !item::is_text(array.code) {
        return Err(cx.value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')"));
    }
    Ok(text(cx, &array))
}

fn buffer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let array: Of<Array> = Of::from_value(cx, args.get(0), 0)?;
    Ok(array.view(cx))
}

fn buffer_info(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    let address = cx.int(array.bytes.bytes().as_ptr() as i64);
    Ok(cx.tuple(&[address, Value::small(array.len() as i64)]))
}

// ----- changing

fn append(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    let mut bytes = Vec::new();
    item::push(cx, &mut bytes, array.code, value, 1)?;
    array.change(cx, |all| all.extend_from_slice(&bytes))?;
    Ok(Value::NONE)
}

fn insert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, Index(place), value): (Of<Array>, Index, Value) = args.take(cx)?;
    let mut bytes = Vec::new();
    item::push(cx, &mut bytes, array.code, value, 2)?;
    let length = array.len() as i64;
    let place = if place < 0 { (place + length).max(0) } else { place.min(length) } as usize * array.size;
    array.change(cx, |all| drop(all.splice(place..place, bytes)))?;
    Ok(Value::NONE)
}

fn pop(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, Index(index)): (Of<Array>, Index) = args.take(cx)?;
    if array.len() == 0 {
        return Err(cx.index_error("pop from empty array"));
    }
    let Some(place) = array.place(index) else { return Err(cx.index_error("pop index out of range")) };
    let item = array.get(cx, place).unwrap_or(Value::NONE);
    array.change(cx, |all| drop(all.drain(place * array.size..(place + 1) * array.size)))?;
    Ok(item)
}

fn clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    array.change(cx, Vec::clear)?;
    Ok(Value::NONE)
}

fn extend(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    if Of::<Array>::from(value).is_some() {
        extend_by_array(cx, &array, value)?;
        return Ok(Value::NONE);
    }
    let items = items_of(cx, value)?;
    let mut bytes = Vec::new();
    let result = push_all(cx, &mut bytes, array.code, &items);
    if let Err(stop @ (Stop::Half | Stop::Ask(..))) = result {
        return Err(stop);
    }
    // What came before an item that is refused stays.
    array.change(cx, |all| all.extend_from_slice(&bytes))?;
    result.map(|()| Value::NONE)
}

fn fromlist(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    let Some(list) = value.get::<List>() else { return Err(cx.type_error("arg must be list")) };
    let mut bytes = Vec::new();
    push_all(cx, &mut bytes, array.code, &list.to_vec())?;
    array.change(cx, |all| all.extend_from_slice(&bytes))?;
    Ok(Value::NONE)
}

fn frombytes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    let bytes = whole_items(cx, array.code, value, 1)?;
    array.change(cx, |all| all.extend_from_slice(&bytes))?;
    Ok(Value::NONE)
}

fn fromunicode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array, value): (Of<Array>, Value) = args.take(cx)?;
    let Some(text) = value.get::<Str>() else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("fromunicode() argument must be str, not {found}")));
    };
    if !item::is_text(array.code) {
        return Err(cx.value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')"));
    }
    let mut bytes = Vec::new();
    wtf8::code_points(text.bytes()).for_each(|character| item::push_character(&mut bytes, array.code, character));
    array.change(cx, |all| all.extend_from_slice(&bytes))?;
    Ok(Value::NONE)
}

/// Overwrites the bytes with as many others.
fn rewrite(array: &Array, work: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = array.bytes.bytes().to_vec();
    work(&mut bytes);
    array.bytes.overwrite(0, &bytes);
}

fn byteswap(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    rewrite(&array, |bytes| bytes.chunks_mut(array.size).for_each(<[u8]>::reverse));
    Ok(Value::NONE)
}

fn reverse(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (array,): (Of<Array>,) = args.take(cx)?;
    rewrite(&array, |bytes| {
        bytes.reverse();
        bytes.chunks_mut(array.size).for_each(<[u8]>::reverse);
    });
    Ok(Value::NONE)
}
