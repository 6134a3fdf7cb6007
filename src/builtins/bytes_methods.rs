//! The methods that bytes and bytearray share. Each gives bytes of the kind it was called on.

use std::borrow::Cow;

use crate::builtins::arguments::{Edge, Index, Truth, has_special};
use crate::builtins::bytes_hex;
use crate::builtins::encoding::{self, Manner};
use crate::builtins::str::repeat_count;
use crate::builtins::str_methods::is_iterable;
use crate::object::bytes::{self, ByteArray, Bytes};
use crate::object::context::Context;
use crate::object::integer::Int;
use crate::object::items::Items;
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::search::{self, Side, Unit};
use crate::text::{letter_case, split, unicode};

/// The table of both classes.
pub const METHODS: &[Declaration] = &[
    plain("capitalize(self, /)", capitalize, "Return the bytes with the first letter large, the rest small."),
    plain("center(self, width, fillchar=<unset>, /)", center, "Return the bytes in the middle of a width."),
    plain("count(self, sub, start=None, end=None, /)", count, "Return how often a part occurs."),
    plain("decode(self, encoding=<unset>, errors=<unset>)", decode, "Return the text that the bytes encode."),
    plain("endswith(self, suffix, start=None, end=None, /)", endswith, "Return whether the bytes end so."),
    plain("expandtabs(self, tabsize=8)", expandtabs, "Return the bytes with tabs made spaces."),
    plain("find(self, sub, start=None, end=None, /)", find, "Return the first place of a part, or -1."),
    plain("hex(self, sep=<unset>, bytes_per_sep=1)", hex, "Return the bytes as hexadecimal digits."),
    plain("index(self, sub, start=None, end=None, /)", index, "Return the first place of a part."),
    plain("isalnum(self, /)", isalnum, "Return whether all are ASCII letters or digits."),
    plain("isalpha(self, /)", isalpha, "Return whether all are ASCII letters."),
    plain("isascii(self, /)", isascii, "Return whether all are ASCII."),
    plain("isdigit(self, /)", isdigit, "Return whether all are ASCII digits."),
    plain("islower(self, /)", islower, "Return whether the ASCII letters are small."),
    plain("isspace(self, /)", isspace, "Return whether all are ASCII white space."),
    plain("istitle(self, /)", istitle, "Return whether words begin with large letters."),
    plain("isupper(self, /)", isupper, "Return whether the ASCII letters are large."),
    plain("join(self, iterable_of_bytes, /)", join, "Return the items with these bytes between them."),
    plain("ljust(self, width, fillchar=<unset>, /)", ljust, "Return the bytes at the left of a width."),
    plain("lower(self, /)", lower, "Return the bytes with ASCII letters small."),
    plain("lstrip(self, bytes=None, /)", lstrip, "Return the bytes without white space at their start."),
    plain("partition(self, sep, /)", partition, "Split at the first separator into three parts."),
    plain("removeprefix(self, prefix, /)", removeprefix, "Return the bytes without a prefix."),
    plain("removesuffix(self, suffix, /)", removesuffix, "Return the bytes without a suffix."),
    plain("replace(self, old, new, count=-1, /)", replace, "Return the bytes with a part replaced by another."),
    plain("rfind(self, sub, start=None, end=None, /)", rfind, "Return the last place of a part, or -1."),
    plain("rindex(self, sub, start=None, end=None, /)", rindex, "Return the last place of a part."),
    plain("rjust(self, width, fillchar=<unset>, /)", rjust, "Return the bytes at the right of a width."),
    plain("rpartition(self, sep, /)", rpartition, "Split at the last separator into three parts."),
    plain("rsplit(self, sep=None, maxsplit=-1)", rsplit, "Split at separators, from the end."),
    plain("rstrip(self, bytes=None, /)", rstrip, "Return the bytes without white space at their end."),
    plain("split(self, sep=None, maxsplit=-1)", split, "Split at separators."),
    plain("splitlines(self, keepends=False)", splitlines, "Return the lines of the bytes."),
    plain("startswith(self, prefix, start=None, end=None, /)", startswith, "Return whether the bytes start so."),
    plain("strip(self, bytes=None, /)", strip, "Return the bytes without white space at their ends."),
    plain("swapcase(self, /)", swapcase, "Return the bytes with small and large letters exchanged."),
    plain("title(self, /)", title, "Return the bytes with each word beginning with a large letter."),
    plain("translate(self, table, /, delete=<unset>)", translate, "Return the bytes replaced by a table."),
    plain("upper(self, /)", upper, "Return the bytes with ASCII letters large."),
    plain("zfill(self, width, /)", zfill, "Return the bytes filled with zeros to a width."),
];

/// Natives of both classes that are called without an instance.
pub const STATIC: &[Declaration] = &[plain("maketrans(frm, to, /)", maketrans, "Return a table for translate.")];

/// The bytes of the receiver, which the binder has checked.
pub fn own<'a>(args: Args<'a>) -> Cow<'a, [u8]> {
    bytes::bytes_of(&args.0[0]).unwrap_or_default()
}

/// New bytes of the kind of the receiver.
pub fn give(cx: &mut Context, receiver: Value, bytes: Vec<u8>) -> Value {
    match receiver.is::<ByteArray>() {
        true => ByteArray::allocate(cx, bytes),
        false => Bytes::from_vec(cx, bytes),
    }
}

/// As `give`; for a result that leaves everything as it was, exact bytes give themselves.
fn give_part(cx: &mut Context, receiver: Value, part: &[u8]) -> Value {
    let is_whole = bytes::byte_length(receiver) == Some(part.len());
    if is_whole && cx.layout_of(receiver) == crate::object::layout::LayoutId::BYTES {
        return receiver;
    }
    give(cx, receiver, part.to_vec())
}

/// Bytes of a size that the script chose.
fn made(cx: &mut Context, receiver: Value, bytes: Option<Vec<u8>>) -> Result<Value, Stop> {
    match bytes {
        Some(bytes) => Ok(give(cx, receiver, bytes)),
        None => Err(cx.memory_error()),
    }
}

/// The bytes of argument `position`, which is bytes-like.
pub fn like<'a>(cx: &mut Context, args: Args<'a>, position: usize) -> Result<Cow<'a, [u8]>, Stop> {
    let value = &args.0[position];
    if let Some(view) = value.get::<bytes::MemoryView>() {
        view.check_contiguous(cx)?;
    }
    if let Some(bytes) = bytes::bytes_of(value) {
        return Ok(bytes);
    }
    if has_special(cx, *value, cx.names.__buffer__) {
        return Err(cx.ask(position, Wish::Bytes));
    }
    let found = cx.type_name(*value);
    Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")))
}

/// A byte that an integer says.
pub fn byte(cx: &mut Context, value: Value) -> Result<u8, Stop> {
    match Int::to_i64(value).map(u8::try_from) {
        Some(Ok(byte)) => Ok(byte),
        _ => Err(cx.value_error("byte must be in range(0, 256)")),
    }
}

/// What is searched for: bytes, or one byte as a number.
pub fn needle<'a>(cx: &mut Context, args: Args<'a>, position: usize) -> Result<Cow<'a, [u8]>, Stop> {
    let value = args.0[position];
    if Int::is(value) {
        return Ok(Cow::Owned(vec![byte(cx, value)?]));
    }
    if bytes::is_bytes_like(value) || has_special(cx, value, cx.names.__buffer__) {
        return like(cx, args, position);
    }
    if has_special(cx, value, cx.names.__index__) {
        return Err(cx.ask(position, Wish::Index));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("argument should be integer or bytes-like object, not '{found}'")))
}

// ----- case and tests

fn mapped(cx: &mut Context, args: Args<'_>, change: fn(&[u8]) -> Vec<u8>) -> Result<Value, Stop> {
    let changed = change(&own(args));
    Ok(give(cx, args.get(0), changed))
}

fn capitalize(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::ascii_capitalize)
}

fn lower(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, <[u8]>::to_ascii_lowercase)
}

fn swapcase(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::ascii_swap_case)
}

fn title(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::ascii_title)
}

fn upper(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, <[u8]>::to_ascii_uppercase)
}

/// Are there bytes, and do all pass?
fn all(args: Args<'_>, test: fn(&u8) -> bool) -> Result<Value, Stop> {
    let bytes = own(args);
    Ok(Value::bool(!bytes.is_empty() && bytes.iter().all(test)))
}

fn isalnum(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    all(args, u8::is_ascii_alphanumeric)
}

fn isalpha(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    all(args, u8::is_ascii_alphabetic)
}

fn isascii(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(own(args).is_ascii()))
}

fn isdigit(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    all(args, u8::is_ascii_digit)
}

fn isspace(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    all(args, |&byte| unicode::is_ascii_space(byte))
}

/// Is some byte of one case and none of the other?
fn has_case(args: Args<'_>, case: fn(&u8) -> bool, other: fn(&u8) -> bool) -> Result<Value, Stop> {
    let bytes = own(args);
    Ok(Value::bool(bytes.iter().any(case) && !bytes.iter().any(other)))
}

fn islower(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    has_case(args, u8::is_ascii_lowercase, u8::is_ascii_uppercase)
}

fn isupper(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    has_case(args, u8::is_ascii_uppercase, u8::is_ascii_lowercase)
}

fn istitle(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = own(args);
    let is_title = bytes.iter().any(u8::is_ascii_alphabetic) && letter_case::ascii_title(&bytes) == *bytes;
    Ok(Value::bool(is_title))
}

// ----- widths

type Pad = fn(&[u8], i64, &[u8], Unit) -> Option<Vec<u8>>;

fn padded(cx: &mut Context, args: Args<'_>, name: &str, pad: Pad) -> Result<Value, Stop> {
    let Index(width) = Index::from_value(cx, args.get(1), 1)?;
    let fill = args.get(2);
    let fill = match bytes::bytes_of(&fill) {
        _ if fill.is_unbound() => b" ".to_vec(),
        Some(bytes) if bytes.len() == 1 && !fill.is::<bytes::MemoryView>() => bytes.into_owned(),
        _ => {
            let found = cx.type_name(fill);
            let message = format!("{name}() argument 2 must be a byte string of length 1, not {found}");
            return Err(cx.type_error(message));
        }
    };
    let bytes = pad(&own(args), width, &fill, Unit::Byte);
    made(cx, args.get(0), bytes)
}

fn center(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    padded(cx, args, "center", search::center)
}

fn ljust(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    padded(cx, args, "ljust", search::pad_right)
}

fn rjust(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    padded(cx, args, "rjust", search::pad_left)
}

fn zfill(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Index(width) = Index::from_value(cx, args.get(1), 1)?;
    let bytes = search::zero_fill(&own(args), width, Unit::Byte);
    made(cx, args.get(0), bytes)
}

fn expandtabs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Index(size) = Index::from_value(cx, args.get(1), 1)?;
    let bytes = search::expand_tabs(&own(args), size, Unit::Byte);
    made(cx, args.get(0), bytes)
}

// ----- searching

/// The edges of the part that is searched; None where the start is beyond the end.
fn window(cx: &mut Context, args: Args<'_>) -> Result<Option<(usize, usize)>, Stop> {
    let Edge(start) = Edge::from_value(cx, args.get(2), 2)?;
    let Edge(end) = Edge::from_value(cx, args.get(3), 3)?;
    let (start, end) = search::bounds(start, end, own(args).len());
    Ok((start <= end).then_some((start, end)))
}

type Find = fn(&[u8], &[u8]) -> Option<usize>;

fn place(cx: &mut Context, args: Args<'_>, find: Find) -> Result<Option<usize>, Stop> {
    let needle = needle(cx, args, 1)?;
    let Some((start, end)) = window(cx, args)? else { return Ok(None) };
    Ok(find(&own(args)[start..end], &needle).map(|offset| start + offset))
}

fn place_or_minus_one(place: Option<usize>) -> Value {
    Value::small(place.map_or(-1, |place| place as i64))
}

fn find(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    place(cx, args, search::find).map(place_or_minus_one)
}

fn rfind(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    place(cx, args, search::find_last).map(place_or_minus_one)
}

fn found(cx: &mut Context, place: Option<usize>) -> Result<Value, Stop> {
    match place {
        Some(place) => Ok(Value::small(place as i64)),
        None => Err(cx.value_error("subsection not found")),
    }
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let place = place(cx, args, search::find)?;
    found(cx, place)
}

fn rindex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let place = place(cx, args, search::find_last)?;
    found(cx, place)
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let needle = needle(cx, args, 1)?;
    let Some((start, end)) = window(cx, args)? else { return Ok(Value::small(0)) };
    Ok(Value::small(search::count(&own(args)[start..end], &needle, Unit::Byte) as i64))
}

type Test = fn(&[u8], &[u8]) -> bool;

fn edge_is(cx: &mut Context, args: Args<'_>, name: &str, test: Test) -> Result<Value, Stop> {
    let window = window(cx, args)?;
    let given = args.get(1);
    let candidates = match given.get::<Tuple>() {
        Some(tuple) => tuple.items().to_vec(),
        None if bytes::is_bytes_like(given) => vec![given],
        None => {
            let found = cx.type_name(given);
            return Err(cx.type_error(format!("{name} first arg must be bytes or a tuple of bytes, not {found}")));
        }
    };
    for candidate in candidates {
        let part = like(cx, Args(&[candidate]), 0)?.into_owned();
        if let Some((start, end)) = window
            && test(&own(args)[start..end], &part)
        {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn startswith(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    edge_is(cx, args, "startswith", |bytes, part| bytes.starts_with(part))
}

fn endswith(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    edge_is(cx, args, "endswith", |bytes, part| bytes.ends_with(part))
}

// ----- parts

fn stripped(cx: &mut Context, args: Args<'_>, side: Side) -> Result<Value, Stop> {
    let bytes = own(args);
    let range = match args.get(1).is_none() {
        true => search::strip_space(&bytes, side, Unit::Byte),
        false => search::strip_set(&bytes, &like(cx, args, 1)?, side, Unit::Byte),
    };
    Ok(give_part(cx, args.get(0), &bytes[range]))
}

fn strip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    stripped(cx, args, Side::Both)
}

fn lstrip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    stripped(cx, args, Side::Start)
}

fn rstrip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    stripped(cx, args, Side::End)
}

fn removeprefix(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (prefix, bytes) = (like(cx, args, 1)?, own(args));
    let part = bytes.strip_prefix(&*prefix).unwrap_or(&bytes);
    Ok(give_part(cx, args.get(0), part))
}

fn removesuffix(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (suffix, bytes) = (like(cx, args, 1)?, own(args));
    let part = bytes.strip_suffix(&*suffix).unwrap_or(&bytes);
    Ok(give_part(cx, args.get(0), part))
}

fn separator<'a>(cx: &mut Context, args: Args<'a>) -> Result<Cow<'a, [u8]>, Stop> {
    let separator = like(cx, args, 1)?;
    if separator.is_empty() {
        return Err(cx.value_error("empty separator"));
    }
    Ok(separator)
}

/// A tuple of three parts.
fn three(cx: &mut Context, receiver: Value, parts: [&[u8]; 3]) -> Value {
    let parts = parts.map(|part| give_part(cx, receiver, part));
    cx.tuple(&parts)
}

fn partition(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (separator, bytes) = (separator(cx, args)?, own(args));
    Ok(match search::partition(&bytes, &separator) {
        Some((before, behind)) => three(cx, args.get(0), [before, &separator, behind]),
        None => three(cx, args.get(0), [&bytes, b"", b""]),
    })
}

fn rpartition(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (separator, bytes) = (separator(cx, args)?, own(args));
    Ok(match search::partition_last(&bytes, &separator) {
        Some((before, behind)) => three(cx, args.get(0), [before, &separator, behind]),
        None => three(cx, args.get(0), [b"", b"", &bytes]),
    })
}

fn list_of(cx: &mut Context, receiver: Value, pieces: Vec<&[u8]>) -> Value {
    let items = pieces.into_iter().map(|piece| give(cx, receiver, piece.to_vec())).collect();
    cx.list(items)
}

type Pieces = (for<'a> fn(&'a [u8], &[u8], i64) -> Vec<&'a [u8]>, fn(&[u8], i64, Unit) -> Vec<&[u8]>);

fn split_by(cx: &mut Context, args: Args<'_>, (by_separator, by_space): Pieces) -> Result<Value, Stop> {
    let Index(limit) = Index::from_value(cx, args.get(2), 2)?;
    let bytes = own(args);
    if args.get(1).is_none() {
        return Ok(list_of(cx, args.get(0), by_space(&bytes, limit, Unit::Byte)));
    }
    let separator = separator(cx, args)?;
    Ok(list_of(cx, args.get(0), by_separator(&bytes, &separator, limit)))
}

fn split(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    split_by(cx, args, (split::split, split::split_space))
}

fn rsplit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    split_by(cx, args, (split::split_last, split::split_space_last))
}

fn splitlines(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let keep = Truth::of(cx, args.get(1), 1)?;
    Ok(list_of(cx, args.get(0), split::split_lines(&own(args), keep, Unit::Byte)))
}

// ----- making others

fn join(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let iterable = args.get(1);
    let Items(items) = match Items::from_value(cx, iterable, 1) {
        Err(Stop::Ask(..)) if !is_iterable(cx, iterable) => return Err(cx.type_error("can only join an iterable")),
        items => items?,
    };
    let separator = own(args);
    let mut out = Vec::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(&separator);
        }
        match bytes::bytes_of(item) {
            Some(bytes) => out.extend_from_slice(&bytes),
            None => {
                let found = cx.type_name(*item);
                let message = format!("sequence item {index}: expected a bytes-like object, {found} found");
                return Err(cx.type_error(message));
            }
        }
    }
    Ok(give(cx, args.get(0), out))
}

fn replace(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (old, new) = (like(cx, args, 1)?, like(cx, args, 2)?);
    let Index(count) = Index::from_value(cx, args.get(3), 3)?;
    let bytes = search::replace(&own(args), &old, &new, count, Unit::Byte);
    made(cx, args.get(0), bytes)
}

fn translate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let table: Option<[u8; 256]> = match args.get(1).is_none() {
        true => None,
        false => match like(cx, args, 1)?.as_ref().try_into() {
            Ok(table) => Some(table),
            Err(_) => return Err(cx.value_error("translation table must be 256 characters long")),
        },
    };
    let delete = if args.get(2).is_unbound() { Cow::Borrowed(&b""[..]) } else { like(cx, args, 2)? };
    let bytes = search::translate_bytes(&own(args), table.as_ref(), &delete);
    Ok(give(cx, args.get(0), bytes))
}

fn maketrans(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (from, to) = (like(cx, args, 0)?, like(cx, args, 1)?);
    if from.len() != to.len() {
        return Err(cx.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    for (&from, &to) in from.iter().zip(to.iter()) {
        table[from as usize] = to;
    }
    Ok(Bytes::from_vec(cx, table))
}

fn decode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let manner = Manner::of(cx, "decode", args.get(1), args.get(2))?;
    encoding::decode(cx, &own(args), args.get(0), &manner)
}

fn hex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    bytes_hex::hex_text(cx, &own(args), args)
}

// ----- operators of both

/// `self + other`
pub fn add(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(other) = bytes::bytes_of(&args.0[1]) else {
        let (found, name) = (cx.type_name(args.get(1)), cx.type_name(args.get(0)));
        return Err(cx.type_error(format!("can't concat {found} to {name}")));
    };
    let own = own(args);
    cx.reserve(own.len() + other.len())?;
    let joined = [&*own, &*other].concat();
    Ok(give(cx, args.get(0), joined))
}

/// `self * times`
pub fn mul(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match repeated(cx, args)? {
        Some(bytes) => Ok(give(cx, args.get(0), bytes)),
        None => Ok(cx.not_implemented),
    }
}

/// The bytes so many times over; None if the other operand counts nothing.
pub fn repeated(cx: &mut Context, args: Args<'_>) -> Result<Option<Vec<u8>>, Stop> {
    let Some(times) = repeat_count(cx, args.get(1), 1)? else { return Ok(None) };
    let own = own(args);
    let times = usize::try_from(times).unwrap_or(0);
    let size = own.len().checked_mul(times).unwrap_or(usize::MAX);
    cx.reserve(size)?;
    match search::repeat(&own, times) {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(cx.memory_error()),
    }
}

/// `item in self`
pub fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(1);
    if !Int::is(value) && !bytes::is_bytes_like(value) && !has_special(cx, value, cx.names.__index__) {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("a bytes-like object is required, not '{found}'")));
    }
    let needle = needle(cx, args, 1)?;
    Ok(Value::bool(search::find(&own(args), &needle).is_some()))
}

/// The bytes that items are as numbers; by the script half where one has a script `__index__`.
pub fn from_items(cx: &mut Context, items: &[Value], message: &str) -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::with_capacity(items.len());
    for &item in items {
        if !Int::is(item) {
            if has_special(cx, item, cx.names.__index__) {
                return Err(Stop::Half);
            }
            let found = cx.type_name(item);
            return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
        }
        match Int::to_i64(item).map(u8::try_from) {
            Some(Ok(byte)) => bytes.push(byte),
            _ => return Err(cx.value_error(message)),
        }
    }
    Ok(bytes)
}
