//! `memoryview`: looking at, and writing into, the bytes of another object.

use crate::builtins::arguments::{has_special, instance_class, text, type_title};
use crate::builtins::bytes::place;
use crate::builtins::bytes_hex::hex_text;
use crate::object::bytes::{self, Bytes, MemoryView, item_size};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::iterator;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::number;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::truth;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::integer_text;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, object)", new, "A view of the bytes of an object."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", iter, "Implement iter(self)."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__setitem__(self, key, value, /)", setitem, "Set self[key] to value."),
    plain("__delitem__(self, key, /)", delitem, "Items of a view cannot be deleted."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__enter__(self, /)", enter, "Return the view."),
    plain("__exit__(self, /, *args)", exit, "Release the view."),
    plain("__buffer__(self, flags, /)", buffer, "Return a view of the same bytes."),
    plain("cast(self, format, shape=None)", cast, "Return a view of the same bytes as other items."),
    plain("count(self, value, /)", count, "Return how often an item occurs."),
    plain("hex(self, sep=<unset>, bytes_per_sep=1)", hex, "Return the bytes as hexadecimal digits."),
    plain("index(self, value, start=0, stop=9223372036854775807, /)", index, "Return the first place of an item."),
    plain("release(self, /)", release, "Let go of the object."),
    plain("tobytes(self, order='C')", tobytes, "Return the items as bytes."),
    plain("tolist(self, /)", tolist, "Return the items as a list."),
    plain("toreadonly(self, /)", toreadonly, "Return a view that cannot be written."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "obj", get: obj, set: None, doc: "The object that is looked at." },
    Attribute { name: "nbytes", get: nbytes, set: None, doc: "How many bytes the items have." },
    Attribute { name: "readonly", get: readonly, set: None, doc: "Is writing refused?" },
    Attribute { name: "itemsize", get: itemsize, set: None, doc: "How many bytes an item has." },
    Attribute { name: "format", get: format, set: None, doc: "What an item is, as in module struct." },
    Attribute { name: "ndim", get: ndim, set: None, doc: "How many dimensions there are." },
    Attribute { name: "shape", get: shape, set: None, doc: "The number of items in each dimension." },
    Attribute { name: "strides", get: strides, set: None, doc: "The distance of items in each dimension." },
    Attribute { name: "suboffsets", get: suboffsets, set: None, doc: "Always empty." },
    Attribute { name: "c_contiguous", get: contiguous, set: None, doc: "Do items stand one behind the other?" },
    Attribute { name: "f_contiguous", get: f_contiguous, set: None, doc: "Do they so, the first index fastest?" },
    Attribute { name: "contiguous", get: contiguous, set: None, doc: "Do items stand one behind the other?" },
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::MEMORYVIEW);
    class.set(Class::FINAL);
    let tables =
        ClassTables { methods: METHODS, attributes: ATTRIBUTES, class_methods: CLASS_METHODS, ..ClassTables::NONE };
    module::install(cx, class, &tables);
}

/// The receiver, which must not have been released.
fn view(cx: &mut Context, value: Value) -> Result<Ref<MemoryView>, Stop> {
    let view = Ref::<MemoryView>::from_value(cx, value, 0)?;
    view.check(cx)?;
    Ok(view)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    instance_class(cx, args.get(0), LayoutId::MEMORYVIEW)?;
    let value = args.get(1);
    if let Some(view) = MemoryView::allocate(cx, value)? {
        return Ok(view);
    }
    if has_special(cx, value, cx.names.__buffer__) {
        return Err(cx.call_special(
            value,
            cx.names.__buffer__,
            &[Value::small(0)],
            crate::object::native::Check::None,
        ));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("memoryview: a bytes-like object is required, not '{found}'")))
}

/// The sizes of the dimensions.
fn sizes(view: &MemoryView) -> Vec<usize> {
    view.shape.as_ref().map_or_else(|| vec![view.length], |shape| shape.to_vec())
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    if sizes(&view).is_empty() {
        return Err(cx.type_error("0-dim memory has no length"));
    }
    Ok(Value::small(bytes::byte_length(args.get(0)).unwrap_or(0) as i64))
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    match sizes(&view).len() {
        0 => Err(cx.type_error("invalid indexing of 0-dim memory")),
        1 => Ok(iterator::of_builtin(cx, args.get(0)).unwrap_or(Value::NONE)),
        _ => Err(no_sub_views(cx)),
    }
}

fn no_sub_views(cx: &mut Context) -> Stop {
    let message = "multi-dimensional sub-views are not implemented";
    cx.error(LayoutId::NOT_IMPLEMENTED_ERROR, message)
}

// ----- items

/// What a key selects.
enum Selected {
    /// One item, by its number in the order of memory.
    Item(usize),
    /// A view of some.
    Part(MemoryView),
}

fn select(cx: &mut Context, view: Ref<MemoryView>, key: Value) -> Result<Selected, Stop> {
    let sizes = sizes(&view);
    if let Some(indices) = key.get::<Tuple>() {
        return select_by_tuple(cx, &sizes, indices);
    }
    if let Some(slice) = key.get::<Slice>() {
        if sizes.len() != 1 {
            return Err(no_sub_views(cx));
        }
        let part = slice.indices(cx, view.length).map_err(Problem::or_half)?;
        let offset = if part.length == 0 { view.offset } else { view.place(part.start as usize) };
        return Ok(Selected::Part(view.with(offset, part.length, view.stride * part.step as isize)));
    }
    if !Int::is(key) {
        if has_special(cx, key, cx.names.__index__) {
            return Err(cx.ask(1, Wish::Index));
        }
        return Err(cx.type_error("memoryview: invalid slice key"));
    }
    match sizes.len() {
        0 => Err(cx.type_error("invalid indexing of 0-dim memory")),
        1 => match place(cx, key, view.length)? {
            Some(place) => Ok(Selected::Item(place)),
            None => Err(cx.index_error("index out of bounds on dimension 1")),
        },
        _ => Err(no_sub_views(cx)),
    }
}

fn select_by_tuple(cx: &mut Context, sizes: &[usize], indices: Ref<Tuple>) -> Result<Selected, Stop> {
    if !indices.items().iter().all(|&index| Int::is(index)) {
        return Err(cx.type_error("memoryview: invalid slice key"));
    }
    let (dimensions, given) = (sizes.len(), indices.len());
    if given > dimensions {
        return Err(cx.type_error(format!("cannot index {dimensions}-dimension view with {given}-element tuple")));
    }
    if given < dimensions {
        return Err(cx.error(LayoutId::NOT_IMPLEMENTED_ERROR, "sub-views are not implemented"));
    }
    let mut number = 0;
    for (dimension, (&index, &size)) in indices.items().iter().zip(sizes).enumerate() {
        match place(cx, index, size)? {
            Some(place) => number = number * size + place,
            None => {
                return Err(cx.index_error(format!("index out of bounds on dimension {}", dimension + 1)));
            }
        }
    }
    Ok(Selected::Item(number))
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    match select(cx, view, args.get(1))? {
        Selected::Item(number) => Ok(view.item(cx, number)),
        Selected::Part(part) => Ok(MemoryView::add(cx, part)),
    }
}

fn setitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    if view.is_readonly {
        return Err(cx.type_error("cannot modify read-only memory"));
    }
    match select(cx, view, args.get(1))? {
        Selected::Item(number) => {
            let bytes = packed(cx, view.format, args.get(2))?;
            view.overwrite(view.place(number), &bytes);
        }
        Selected::Part(part) => set_part(cx, &part, args.get(2))?,
    }
    Ok(Value::NONE)
}

fn set_part(cx: &mut Context, part: &MemoryView, value: Value) -> Result<(), Stop> {
    let Some(bytes) = bytes::gathered_bytes(&value).map(|bytes| bytes.into_owned()) else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")));
    };
    let format = value.get::<MemoryView>().map_or(b'B', |other| other.format);
    if format != part.format || bytes.len() != part.byte_length() {
        return Err(cx.value_error("memoryview assignment: lvalue and rvalue have different structures"));
    }
    for (number, item) in bytes.chunks_exact(part.item_size()).enumerate() {
        part.overwrite(part.place(number), item);
    }
    Ok(())
}

fn delitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    Err(cx.type_error(if view.is_readonly { "cannot modify read-only memory" } else { "cannot delete memory" }))
}

/// The bytes of an item of a format.
fn packed(cx: &mut Context, format: u8, value: Value) -> Result<Vec<u8>, Stop> {
    let letter = format as char;
    let size = item_size(format).unwrap_or(1);
    match format {
        b'c' => match value.get::<Bytes>() {
            Some(bytes) if bytes.len() == 1 => Ok(bytes.bytes().to_vec()),
            Some(_) => Err(invalid_value(cx, letter)),
            None => Err(invalid_type(cx, letter)),
        },
        b'?' => match truth::truth(cx, value) {
            Some(truth) => Ok(vec![truth as u8]),
            None => Err(cx.ask(2, Wish::Truth)),
        },
        b'f' | b'd' | b'e' => {
            let Some(number) = number::to_f64(cx, value) else {
                if has_special(cx, value, cx.names.__float__) || has_special(cx, value, cx.names.__index__) {
                    return Err(cx.ask(2, Wish::Float));
                }
                return Err(invalid_type(cx, letter));
            };
            pack_float(cx, format, number?)
        }
        _ => {
            let Some(number) = Int::operand(value) else {
                if has_special(cx, value, cx.names.__index__) {
                    return Err(cx.ask(2, Wish::Index));
                }
                return Err(invalid_type(cx, letter));
            };
            let is_signed = matches!(format, b'b' | b'h' | b'i' | b'l' | b'q' | b'n');
            integer_text::to_bytes(number, size, true, is_signed).map_err(|_| invalid_value(cx, letter))
        }
    }
}

fn pack_float(cx: &mut Context, format: u8, number: f64) -> Result<Vec<u8>, Stop> {
    match format {
        b'd' => Ok(number.to_le_bytes().to_vec()),
        b'f' => {
            let small = number as f32;
            if small.is_infinite() && number.is_finite() {
                return Err(cx.overflow_error("float too large to pack with f format"));
            }
            Ok(small.to_le_bytes().to_vec())
        }
        _ => match half_bits(number) {
            Some(bits) => Ok(bits.to_le_bytes().to_vec()),
            None => Err(cx.overflow_error("float too large to pack with e format")),
        },
    }
}

/// The nearest float of 16 bits, half to even; None for what is too large.
fn half_bits(number: f64) -> Option<u16> {
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    let size = number.abs();
    if size.is_nan() {
        return Some(sign | 0x7e00);
    }
    if size.is_infinite() {
        return Some(sign | 0x7c00);
    }
    if size < 2f64.powi(-14) {
        // Below the least normal number all have the same distance; rounding up reaches the normal ones by itself.
        return Some(sign | (size * 2f64.powi(24)).round_ties_even() as u16);
    }
    let exponent = ((size.to_bits() >> 52) as i32) - 1023;
    let fraction = (size / 2f64.powi(exponent) - 1.0) * 1024.0;
    let bits = (((exponent + 15) as u32) << 10) + fraction.round_ties_even() as u32;
    (bits < 0x7c00).then_some(sign | bits as u16)
}

fn invalid_type(cx: &mut Context, letter: char) -> Stop {
    cx.type_error(format!("memoryview: invalid type for format '{letter}'"))
}

fn invalid_value(cx: &mut Context, letter: char) -> Stop {
    cx.value_error(format!("memoryview: invalid value for format '{letter}'"))
}

// ----- comparing

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

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let hash = bytes::hash(cx, args.get(0))?;
    Ok(cx.int(hash))
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    let mut count = 0;
    for number in 0..view.length {
        let item = view.item(cx, number);
        count += equality::equal(cx, item, args.get(1)).map_err(Problem::or_half)? as i64;
    }
    Ok(Value::small(count))
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    let [start, stop] = [args.get(2), args.get(3)].map(|edge| Int::clamp(edge).unwrap_or(0));
    let (start, stop) = crate::text::search::bounds(Some(start), Some(stop), view.length);
    for number in start..stop {
        let item = view.item(cx, number);
        if equality::equal(cx, item, args.get(1)).map_err(Problem::or_half)? {
            return Ok(Value::small(number as i64));
        }
    }
    Err(cx.value_error("memoryview.index(x): x not found"))
}

// ----- methods

fn enter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    view(cx, args.get(0))?;
    Ok(args.get(0))
}

fn exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    release(cx, args)
}

fn release(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ref::<MemoryView>::from_value(cx, args.get(0), 0)?.release();
    Ok(Value::NONE)
}

fn buffer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(MemoryView::allocate(cx, args.get(0))?.unwrap_or(Value::NONE))
}

/// A format's letter: one that there is, perhaps behind an `@`.
fn format_letter(text: &str) -> Option<u8> {
    match text.strip_prefix('@').unwrap_or(text).as_bytes() {
        [letter] if item_size(*letter).is_some() => Some(*letter),
        _ => None,
    }
}

fn cast(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    let format = text(cx, args.get(1), "cast() argument 'format'")?.text().into_owned();
    let Some(letter) = format_letter(&format) else {
        let message = "memoryview: destination format must be a native single character format prefixed with an \
                       optional '@'";
        return Err(cx.value_error(message));
    };
    if !view.is_contiguous() {
        return Err(cx.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    let is_byte = |format: u8| matches!(format, b'B' | b'b' | b'c');
    if !is_byte(view.format) && !is_byte(letter) {
        return Err(cx.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let (total, size) = (view.byte_length(), item_size(letter).unwrap_or(1));
    let shape = match args.get(2) {
        given if given.is_none() => None,
        given => Some(shape_argument(cx, given)?),
    };
    if shape.is_none() && total % size != 0 {
        return Err(cx.type_error("memoryview: length is not a multiple of itemsize"));
    }
    let mut cast = view.with(view.offset, total / size, size as isize);
    cast.format = letter;
    cast.shape = None;
    if let Some(shape) = shape {
        if shape.len() > 1 && sizes(&view).len() > 1 {
            return Err(cx.type_error("memoryview: cast must be 1D -> ND or ND -> 1D"));
        }
        let product = shape.iter().try_fold(size, |product, &size| product.checked_mul(size));
        if product != Some(total) {
            return Err(cx.type_error("memoryview: product(shape) * itemsize != buffer size"));
        }
        cast.shape = (shape.len() != 1).then(|| shape.into_boxed_slice());
    }
    Ok(MemoryView::add(cx, cast))
}

fn shape_argument(cx: &mut Context, value: Value) -> Result<Vec<usize>, Stop> {
    let is_sequence = value.is::<Tuple>() || value.is::<crate::object::list::List>();
    if !is_sequence {
        return Err(cx.type_error("shape must be a list or a tuple"));
    }
    let Items(items) = Items::from_value(cx, value, 2)?;
    let mut sizes = Vec::with_capacity(items.len());
    for item in items {
        if !Int::is(item) {
            return Err(cx.type_error("memoryview.cast(): elements of shape must be integers"));
        }
        match Int::to_i64(item) {
            Some(size @ 1..) => sizes.push(size as usize),
            _ => {
                let message = "memoryview.cast(): elements of shape must be integers > 0";
                return Err(cx.value_error(message));
            }
        }
    }
    Ok(sizes)
}

fn hex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    hex_text(cx, &view.to_bytes(), args)
}

fn tobytes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    let order = args.get(1);
    if !order.is_none() {
        let order = match order.get::<Str>() {
            Some(order) => order.text().into_owned(),
            None => {
                let found = type_title(cx, order);
                return Err(cx.type_error(format!("tobytes() argument 'order' must be str or None, not {found}")));
            }
        };
        if !matches!(order.as_str(), "C" | "F" | "A") {
            return Err(cx.value_error("order must be 'C', 'F' or 'A'"));
        }
        if order == "F" && sizes(&view).len() > 1 {
            return Ok(in_column_order(cx, view));
        }
    }
    Ok(Bytes::allocate(cx, &view.to_bytes()))
}

/// The items with the first index moving fastest.
fn in_column_order(cx: &mut Context, view: Ref<MemoryView>) -> Value {
    let (sizes, size) = (sizes(&view), view.item_size());
    let mut out = Vec::with_capacity(view.byte_length());
    for turn in 0..view.length {
        let (mut rest, mut number) = (turn, 0);
        let indices: Vec<usize> = sizes
            .iter()
            .map(|&size| {
                let index = rest % size;
                rest /= size;
                index
            })
            .collect();
        for (&index, &size) in indices.iter().zip(&sizes) {
            number = number * size + index;
        }
        out.extend_from_slice(&view.item_bytes(number)[..size]);
    }
    Bytes::from_vec(cx, out)
}

fn tolist(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    let items: Vec<Value> = (0..view.length).map(|number| view.item(cx, number)).collect();
    let sizes = sizes(&view);
    let Some((_, inner)) = sizes.split_first() else { return Ok(items.first().copied().unwrap_or(Value::NONE)) };
    let mut level = items;
    for &size in inner.iter().rev() {
        level = level.chunks(size).map(|part| cx.list(part.to_vec())).collect();
    }
    Ok(cx.list(level))
}

fn toreadonly(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let view = view(cx, args.get(0))?;
    let mut copy = view.with(view.offset, view.length, view.stride);
    copy.is_readonly = true;
    Ok(MemoryView::add(cx, copy))
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(crate::object::alias::GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

// ----- attributes

fn obj(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(view(cx, value)?.base)
}

fn nbytes(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(view(cx, value)?.byte_length() as i64))
}

fn readonly(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(view(cx, value)?.is_readonly))
}

fn itemsize(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(view(cx, value)?.item_size() as i64))
}

fn format(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let format = view(cx, value)?.format;
    Ok(Str::from_code(cx, format as u32))
}

fn ndim(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let view = view(cx, value)?;
    Ok(Value::small(sizes(&view).len() as i64))
}

fn shape(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let view = view(cx, value)?;
    let sizes: Vec<Value> = sizes(&view).into_iter().map(|size| Value::small(size as i64)).collect();
    Ok(cx.tuple(&sizes))
}

fn strides(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let view = view(cx, value)?;
    if view.shape.is_none() {
        return Ok(cx.tuple(&[Value::small(view.stride as i64)]));
    }
    let sizes = sizes(&view);
    let mut distance = view.item_size();
    let mut strides = Vec::with_capacity(sizes.len());
    for &size in sizes.iter().rev() {
        strides.push(Value::small(distance as i64));
        distance *= size;
    }
    strides.reverse();
    Ok(cx.tuple(&strides))
}

fn suboffsets(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    view(cx, value)?;
    Ok(cx.empty_tuple)
}

fn contiguous(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(view(cx, value)?.is_contiguous()))
}

fn f_contiguous(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let view = view(cx, value)?;
    let is_line = sizes(&view).iter().filter(|&&size| size > 1).count() <= 1;
    Ok(Value::bool(view.is_contiguous() && is_line))
}
