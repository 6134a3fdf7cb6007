//! The methods of `str` by name.

use crate::builtins::arguments::{Edge, Index, Truth, has_special, text, type_title};
use crate::builtins::encoding::{self, Manner};
use crate::builtins::str::receiver;
use crate::builtins::{str_format, translate};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::items::Items;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::search::{self, Side, Unit};
use crate::text::{letter_case, split, unicode};

const METHODS: &[Declaration] = &[
    plain("capitalize(self, /)", capitalize, "Return the string with its first character large, the rest small."),
    plain("casefold(self, /)", casefold, "Return the string for comparison without regard to case."),
    plain("center(self, width, fillchar=' ', /)", center, "Return the string in the middle of a width."),
    plain("count(self, sub, start=None, end=None, /)", count, "Return how often a part occurs."),
    plain("encode(self, encoding=<unset>, errors=<unset>)", encode, "Return the string as bytes."),
    plain("endswith(self, suffix, start=None, end=None, /)", endswith, "Return whether the string ends so."),
    plain("expandtabs(self, tabsize=8)", expandtabs, "Return the string with tabs made spaces."),
    plain("find(self, sub, start=None, end=None, /)", find, "Return the first place of a part, or -1."),
    plain("format(self, /, *args, **kwargs)", str_format::format, "Return the string with its fields replaced."),
    plain("format_map(self, mapping, /)", str_format::format_map, "Return the string with fields from a mapping."),
    plain("index(self, sub, start=None, end=None, /)", index, "Return the first place of a part."),
    plain("isalnum(self, /)", isalnum, "Return whether all are letters or digits."),
    plain("isalpha(self, /)", isalpha, "Return whether all are letters."),
    plain("isascii(self, /)", isascii, "Return whether all are ASCII."),
    plain("isdecimal(self, /)", isdecimal, "Return whether all are decimal digits."),
    plain("isdigit(self, /)", isdigit, "Return whether all are digits."),
    plain("isidentifier(self, /)", isidentifier, "Return whether the string is an identifier."),
    plain("islower(self, /)", islower, "Return whether the cased characters are small."),
    plain("isnumeric(self, /)", isnumeric, "Return whether all are numeric."),
    plain("isprintable(self, /)", isprintable, "Return whether all can be printed."),
    plain("isspace(self, /)", isspace, "Return whether all are white space."),
    plain("istitle(self, /)", istitle, "Return whether words begin with large letters."),
    plain("isupper(self, /)", isupper, "Return whether the cased characters are large."),
    plain("join(self, iterable, /)", join, "Return the strings with this one between them."),
    plain("ljust(self, width, fillchar=' ', /)", ljust, "Return the string at the left of a width."),
    plain("lower(self, /)", lower, "Return the string in small letters."),
    plain("lstrip(self, chars=None, /)", lstrip, "Return the string without white space at its start."),
    plain("partition(self, sep, /)", partition, "Split at the first separator into three parts."),
    plain("removeprefix(self, prefix, /)", removeprefix, "Return the string without a prefix."),
    plain("removesuffix(self, suffix, /)", removesuffix, "Return the string without a suffix."),
    plain("replace(self, old, new, /, count=-1)", replace, "Return the string with a part replaced by another."),
    plain("rfind(self, sub, start=None, end=None, /)", rfind, "Return the last place of a part, or -1."),
    plain("rindex(self, sub, start=None, end=None, /)", rindex, "Return the last place of a part."),
    plain("rjust(self, width, fillchar=' ', /)", rjust, "Return the string at the right of a width."),
    plain("rpartition(self, sep, /)", rpartition, "Split at the last separator into three parts."),
    plain("rsplit(self, sep=None, maxsplit=-1)", rsplit, "Split at separators, from the end."),
    plain("rstrip(self, chars=None, /)", rstrip, "Return the string without white space at its end."),
    plain("split(self, sep=None, maxsplit=-1)", split, "Split at separators."),
    plain("splitlines(self, keepends=False)", splitlines, "Return the lines of the string."),
    plain("startswith(self, prefix, start=None, end=None, /)", startswith, "Return whether the string starts so."),
    plain("strip(self, chars=None, /)", strip, "Return the string without white space at its ends."),
    plain("swapcase(self, /)", swapcase, "Return the string with small and large letters exchanged."),
    plain("title(self, /)", title, "Return the string with each word beginning with a large letter."),
    plain("translate(self, table, /)", translate::translate, "Return the string with characters replaced by a table."),
    plain("upper(self, /)", upper, "Return the string in large letters."),
    plain("zfill(self, width, /)", zfill, "Return the string filled with zeros to a width."),
];

const STATIC: &[Declaration] =
    &[plain("maketrans(x, y=<unset>, z=<unset>, /)", translate::maketrans, "Return a table for translate.")];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::STR);
    let tables = ClassTables { methods: METHODS, static_methods: STATIC, ..ClassTables::NONE };
    module::install(cx, class, &tables);
}

/// The string a function of its bytes gives.
fn mapped(cx: &mut Context, args: Args<'_>, change: fn(&[u8]) -> Vec<u8>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let changed = change(string.bytes());
    Str::try_from_vec(cx, changed)
}

/// What a test of its bytes says.
fn tested(cx: &mut Context, args: Args<'_>, test: fn(&[u8]) -> bool) -> Result<Value, Stop> {
    Ok(Value::bool(test(receiver(cx, args)?.bytes())))
}

/// The string of bytes of a size that the script chose.
fn made(cx: &mut Context, bytes: Option<Vec<u8>>) -> Result<Value, Stop> {
    match bytes {
        Some(bytes) => Str::try_from_vec(cx, bytes),
        None => Err(cx.memory_error()),
    }
}

// ----- case

fn capitalize(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::capitalize)
}

fn casefold(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::case_fold)
}

fn lower(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::lower)
}

fn swapcase(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::swap_case)
}

fn title(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::title)
}

fn upper(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    mapped(cx, args, letter_case::upper)
}

// ----- tests

fn isalnum(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| unicode::all(text, unicode::is_alnum))
}

fn isalpha(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| unicode::all(text, unicode::is_alpha))
}

fn isascii(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(receiver(cx, args)?.is_ascii()))
}

fn isdecimal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| unicode::all(text, unicode::is_decimal))
}

fn isdigit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| unicode::all(text, unicode::is_digit))
}

fn isidentifier(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, unicode::is_identifier)
}

fn islower(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, unicode::is_lower_text)
}

fn isnumeric(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| unicode::all(text, unicode::is_numeric))
}

fn isprintable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| text.is_empty() || unicode::all(text, unicode::is_printable))
}

fn isspace(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, |text| unicode::all(text, unicode::is_space))
}

fn istitle(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, unicode::is_title_text)
}

fn isupper(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    tested(cx, args, unicode::is_upper_text)
}

// ----- widths

/// The width and the bytes of the fill character.
fn filling(cx: &mut Context, args: Args<'_>) -> Result<(i64, Vec<u8>), Stop> {
    let Index(width) = Index::from_value(cx, args.get(1), 1)?;
    match args.get(2).get::<Str>() {
        Some(fill) if fill.chars() == 1 => Ok((width, fill.bytes().to_vec())),
        Some(_) => Err(cx.type_error("The fill character must be exactly one character long")),
        None => {
            let found = cx.type_name(args.get(2));
            Err(cx.type_error(format!("The fill character must be a unicode character, not {found}")))
        }
    }
}

type Pad = fn(&[u8], i64, &[u8], Unit) -> Option<Vec<u8>>;

fn padded(cx: &mut Context, args: Args<'_>, pad: Pad) -> Result<Value, Stop> {
    let (width, fill) = filling(cx, args)?;
    let string = receiver(cx, args)?;
    if width <= string.chars() as i64 {
        return Ok(Str::exact(cx, string));
    }
    let bytes = pad(string.bytes(), width, &fill, Unit::Character);
    made(cx, bytes)
}

fn center(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    padded(cx, args, search::center)
}

fn ljust(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    padded(cx, args, search::pad_right)
}

fn rjust(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    padded(cx, args, search::pad_left)
}

fn zfill(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, Index(width)): (Ref<Str>, Index) = args.take(cx)?;
    let bytes = search::zero_fill(string.bytes(), width, Unit::Character);
    made(cx, bytes)
}

fn expandtabs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, Index(size)): (Ref<Str>, Index) = args.take(cx)?;
    let bytes = search::expand_tabs(string.bytes(), size, Unit::Character);
    made(cx, bytes)
}

// ----- searching

/// The part of the receiver between the edges, as byte offsets; None where the start is beyond its end.
fn window(cx: &mut Context, args: Args<'_>) -> Result<Option<(Ref<Str>, usize, usize)>, Stop> {
    let string = receiver(cx, args)?;
    let Edge(start) = Edge::from_value(cx, args.get(2), 2)?;
    let Edge(end) = Edge::from_value(cx, args.get(3), 3)?;
    let (start, end) = search::bounds(start, end, string.chars());
    if start > end {
        return Ok(None);
    }
    Ok(Some((string, string.offset(start), string.offset(end))))
}

type Find = fn(&[u8], &[u8]) -> Option<usize>;

fn place(cx: &mut Context, args: Args<'_>, name: &str, find: Find) -> Result<Option<usize>, Stop> {
    let part = text(cx, args.get(1), &format!("{name}() argument 1"))?;
    let Some((string, start, end)) = window(cx, args)? else { return Ok(None) };
    let found = find(&string.bytes()[start..end], part.bytes());
    Ok(found.map(|offset| string.index(start + offset)))
}

fn place_or_minus_one(place: Option<usize>) -> Value {
    Value::small(place.map_or(-1, |place| place as i64))
}

fn find(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    place(cx, args, "find", search::find).map(place_or_minus_one)
}

fn rfind(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    place(cx, args, "rfind", search::find_last).map(place_or_minus_one)
}

fn found(cx: &mut Context, place: Option<usize>) -> Result<Value, Stop> {
    match place {
        Some(place) => Ok(Value::small(place as i64)),
        None => Err(cx.value_error("substring not found")),
    }
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let place = place(cx, args, "index", search::find)?;
    found(cx, place)
}

fn rindex(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let place = place(cx, args, "rindex", search::find_last)?;
    found(cx, place)
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let part = text(cx, args.get(1), "count() argument 1")?;
    let Some((string, start, end)) = window(cx, args)? else { return Ok(Value::small(0)) };
    Ok(Value::small(search::count(&string.bytes()[start..end], part.bytes(), Unit::Character) as i64))
}

type Test = fn(&[u8], &[u8]) -> bool;

/// Does the part between the edges pass the test with the argument, or with one of a tuple?
fn edge_is(cx: &mut Context, args: Args<'_>, name: &str, test: Test) -> Result<Value, Stop> {
    let window = window(cx, args)?;
    let candidates = match args.get(1).get::<Tuple>() {
        Some(tuple) => tuple.items().to_vec(),
        None if args.get(1).is::<Str>() => vec![args.get(1)],
        None => {
            let found = cx.type_name(args.get(1));
            return Err(cx.type_error(format!("{name} first arg must be str or a tuple of str, not {found}")));
        }
    };
    for candidate in candidates {
        let Some(part) = candidate.get::<Str>() else {
            let found = cx.type_name(candidate);
            return Err(cx.type_error(format!("tuple for {name} must only contain str, not {found}")));
        };
        if let Some((string, start, end)) = window
            && test(&string.bytes()[start..end], part.bytes())
        {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

fn startswith(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    edge_is(cx, args, "startswith", |text, part| text.starts_with(part))
}

fn endswith(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    edge_is(cx, args, "endswith", |text, part| text.ends_with(part))
}

// ----- parts

fn stripped(cx: &mut Context, args: Args<'_>, name: &str, side: Side) -> Result<Value, Stop> {
    let (string, set) = (receiver(cx, args)?, args.get(1));
    let range = match set.get::<Str>() {
        Some(set) => search::strip_set(string.bytes(), set.bytes(), side, Unit::Character),
        None if set.is_none() => search::strip_space(string.bytes(), side, Unit::Character),
        None => return Err(cx.type_error(format!("{name} arg must be None or str"))),
    };
    Ok(string.part_of_bytes(cx, range.start, range.end))
}

fn strip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    stripped(cx, args, "strip", Side::Both)
}

fn lstrip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    stripped(cx, args, "lstrip", Side::Start)
}

fn rstrip(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    stripped(cx, args, "rstrip", Side::End)
}

fn removeprefix(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let prefix = text(cx, args.get(1), "removeprefix() argument")?;
    let string = receiver(cx, args)?;
    let start = if string.bytes().starts_with(prefix.bytes()) { prefix.length() } else { 0 };
    Ok(part(cx, string, start, string.length()))
}

fn removesuffix(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let suffix = text(cx, args.get(1), "removesuffix() argument")?;
    let string = receiver(cx, args)?;
    let cut = if string.bytes().ends_with(suffix.bytes()) { suffix.length() } else { 0 };
    Ok(part(cx, string, 0, string.length() - cut))
}

/// Bytes of a string as an exact str.
fn part(cx: &mut Context, string: Ref<Str>, start: usize, end: usize) -> Value {
    string.part_of_bytes(cx, start, end)
}

fn partition(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, separator) = separated(cx, args)?;
    let empty = cx.empty_string;
    Ok(match search::find(string.bytes(), separator.bytes()) {
        Some(at) => parted(cx, string, separator, at),
        None => {
            let whole = Str::exact(cx, string);
            cx.tuple(&[whole, empty, empty])
        }
    })
}

fn rpartition(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, separator) = separated(cx, args)?;
    let empty = cx.empty_string;
    Ok(match search::find_last(string.bytes(), separator.bytes()) {
        Some(at) => parted(cx, string, separator, at),
        None => {
            let whole = Str::exact(cx, string);
            cx.tuple(&[empty, empty, whole])
        }
    })
}

fn separated(cx: &mut Context, args: Args<'_>) -> Result<(Ref<Str>, Ref<Str>), Stop> {
    let string = receiver(cx, args)?;
    let Some(separator) = args.get(1).get::<Str>() else {
        let found = type_title(cx, args.get(1));
        return Err(cx.type_error(format!("must be str, not {found}")));
    };
    if separator.length() == 0 {
        return Err(cx.value_error("empty separator"));
    }
    Ok((string, separator))
}

fn parted(cx: &mut Context, string: Ref<Str>, separator: Ref<Str>, at: usize) -> Value {
    let before = part(cx, string, 0, at);
    let behind = part(cx, string, at + separator.length(), string.length());
    cx.tuple(&[before, separator.value(), behind])
}

/// The pieces of a string as a list.
fn list_of(cx: &mut Context, string: Ref<Str>, pieces: Vec<&[u8]>) -> Value {
    let is_ascii = string.is_ascii();
    let items = pieces.into_iter().map(|piece| Str::from_piece(cx, piece, is_ascii)).collect();
    cx.list(items)
}

type Pieces = (for<'a> fn(&'a [u8], &[u8], i64) -> Vec<&'a [u8]>, fn(&[u8], i64, Unit) -> Vec<&[u8]>);

fn split_by(cx: &mut Context, args: Args<'_>, (by_separator, by_space): Pieces) -> Result<Value, Stop> {
    let (string, separator, Index(limit)): (Ref<Str>, Value, Index) = args.take(cx)?;
    match separator.get::<Str>() {
        Some(separator) if separator.length() == 0 => Err(cx.value_error("empty separator")),
        Some(separator) => Ok(list_of(cx, string, by_separator(string.bytes(), separator.bytes(), limit))),
        None if separator.is_none() => Ok(list_of(cx, string, by_space(string.bytes(), limit, Unit::Character))),
        None => {
            let found = cx.type_name(separator);
            Err(cx.type_error(format!("must be str or None, not {found}")))
        }
    }
}

fn split(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    split_by(cx, args, (split::split, split::split_space))
}

fn rsplit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    split_by(cx, args, (split::split_last, split::split_space_last))
}

fn splitlines(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, Truth(keep)): (Ref<Str>, Truth) = args.take(cx)?;
    Ok(list_of(cx, string, split::split_lines(string.bytes(), keep, Unit::Character)))
}

// ----- making others

fn join(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (string, iterable) = (receiver(cx, args)?, args.get(1));
    let Items(items) = match Items::from_value(cx, iterable, 1) {
        Err(Stop::Ask(..)) if !is_iterable(cx, iterable) => return Err(cx.type_error("can only join an iterable")),
        items => items?,
    };
    match Str::join(cx, string, &items) {
        Ok(joined) => joined,
        Err(index) => {
            let found = cx.type_name(items[index]);
            Err(cx.type_error(format!("sequence item {index}: expected str instance, {found} found")))
        }
    }
}

/// Could `iter` be tried on it?
pub fn is_iterable(cx: &mut Context, value: Value) -> bool {
    let names = cx.names;
    has_special(cx, value, names.__iter__)
        || has_special(cx, value, names.__getitem__)
        || value.is::<crate::object::iterator::Iterator>()
}

fn replace(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let old = text(cx, args.get(1), "replace() argument 1")?;
    let new = text(cx, args.get(2), "replace() argument 2")?;
    let Index(count) = Index::from_value(cx, args.get(3), 3)?;
    let string = receiver(cx, args)?;
    if count == 0 || old.length() > string.length() {
        return Ok(Str::exact(cx, string));
    }
    let bytes = search::replace(string.bytes(), old.bytes(), new.bytes(), count, Unit::Character);
    made(cx, bytes)
}

fn encode(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let string = receiver(cx, args)?;
    let is_usual = args.get(1).is_unbound() || args.get(1).get::<Str>().is_some_and(|name| name.bytes() == b"utf-8");
    if is_usual && args.get(2).is_unbound() && !string.has_surrogates() {
        return Ok(Bytes::allocate(cx, string.bytes()));
    }
    let manner = Manner::of(cx, "encode", args.get(1), args.get(2))?;
    let bytes = encoding::encode(cx, string, &manner)?;
    Ok(Bytes::from_vec(cx, bytes))
}
