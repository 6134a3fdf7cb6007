//! Match objects: where a pattern was found, and the texts of its groups.

use std::cell::Cell;

use super::module::half;
use super::pattern::{Pattern, class_getitem, itself, read_template, write_short};
use super::subject::{Subject, Window};
use super::work::{pattern_of, wrong_item};
use crate::object::arguments::has_special;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::Marker;
use crate::object::integer::Int;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::pattern::matcher::Captures;

/// The tables of the class.
pub const TABLES: ClassTables =
    ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };

const METHODS: &[Declaration] = &[
    plain("group(self, /, *groups)", group, "Return the text of a group, or a tuple of the texts of several."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("groups(self, default=None)", groups, "Return a tuple of the texts of all groups."),
    plain("groupdict(self, default=None)", groupdict, "Return a dict of the texts of the named groups."),
    plain("start(self, group=0, /)", start, "Return the index where a group begins."),
    plain("end(self, group=0, /)", end, "Return the index where a group ends."),
    plain("span(self, group=0, /)", span, "Return a tuple of the indices where a group begins and ends."),
    plain("expand(self, template)", expand, "Return the text that a template gives for this match."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__copy__(self, /)", itself, "Return the match itself."),
    plain("__deepcopy__(self, memo, /)", itself, "Return the match itself."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "string", get: string, set: None, doc: "What was searched." },
    Attribute { name: "re", get: pattern, set: None, doc: "The pattern." },
    Attribute { name: "pos", get: pos, set: None, doc: "Where the search began." },
    Attribute { name: "endpos", get: endpos, set: None, doc: "Where the search was to end." },
    Attribute { name: "lastindex", get: lastindex, set: None, doc: "The number of the group that ended last." },
    Attribute { name: "lastgroup", get: lastgroup, set: None, doc: "The name of the group that ended last." },
    Attribute { name: "regs", get: regs, set: None, doc: "Where all groups begin and end." },
];

/// How much of its text the repr of a match shows.
const SHOWN: usize = 50;

/// A match.
pub struct Match {
    pattern: Value,
    subject: Subject,
    captures: Captures,
    pos: usize,
    endpos: usize,
    /// `regs`, UNBOUND until it is asked for.
    regs: Cell<Value>,
}

impl Data for Match {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.pattern);
        self.subject.trace(marker);
        marker.cell(&self.regs);
    }
}

/// Which group a script means.
enum Chosen {
    /// The one with this number.
    Group(usize),
    /// None that there is.
    Unknown,
    /// Its `__index__` says.
    Script,
}

impl Match {
    /// A match object.
    pub fn allocate(
        cx: &mut Context,
        pattern: &Of<Pattern>,
        subject: Subject,
        window: Window,
        captures: Captures,
    ) -> Value {
        let found = Match {
            pattern: pattern.value(),
            subject,
            captures,
            pos: window.pos,
            endpos: window.endpos,
            regs: Cell::new(Value::UNBOUND),
        };
        cx.heap.allocate(pattern.layouts.found, Extension { data: Box::new(found) }).value()
    }

    /// The text of a group, or the default if it took no part.
    fn text(&self, cx: &mut Context, group: usize, default: Value) -> Value {
        self.captures.span(group).map_or(default, |(start, end)| self.subject.part(cx, start, end))
    }

    /// Start and end of a group as the script counts; -1 if it took no part.
    fn indices(&self, group: usize) -> (i64, i64) {
        match self.captures.span(group) {
            Some((start, end)) => {
                let first = self.subject.index(start);
                let last = if end == start { first } else { self.subject.index(end) };
                (first as i64, last as i64)
            }
            None => (-1, -1),
        }
    }

    fn span(&self, cx: &mut Context, group: usize) -> Value {
        let (start, end) = self.indices(group);
        cx.tuple(&[Value::small(start), Value::small(end)])
    }

    /// The group that a number or a name stands for.
    fn choose(&self, cx: &mut Context, key: Value) -> Chosen {
        if let Some(number) = Int::clamp(key) {
            return match usize::try_from(number) {
                Ok(number) if number < self.captures.count() => Chosen::Group(number),
                _ => Chosen::Unknown,
            };
        }
        if let Some(name) = key.get::<Str>() {
            let group = name.as_str().and_then(|name| pattern_of(self.pattern).program.group(name));
            return group.map_or(Chosen::Unknown, Chosen::Group);
        }
        if has_special(cx, key, cx.names.__index__) { Chosen::Script } else { Chosen::Unknown }
    }

    /// The group that argument `position` stands for, or IndexError.
    fn group(&self, cx: &mut Context, key: Value, position: usize) -> Result<usize, Stop> {
        match self.choose(cx, key) {
            Chosen::Group(group) => Ok(group),
            Chosen::Unknown => Err(no_such_group(cx)),
            Chosen::Script => Err(cx.ask(position, Wish::Index)),
        }
    }
}

fn no_such_group(cx: &mut Context) -> Stop {
    cx.index_error("no such group")
}

fn group(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, keys): (Of<Match>, Value) = args.take(cx)?;
    let Some(keys) = keys.get::<Tuple>() else { return Ok(Value::NONE) };
    if keys.is_empty() {
        return Ok(found.text(cx, 0, Value::NONE));
    }
    let mut texts = Vec::with_capacity(keys.len());
    for &key in keys.items() {
        match found.choose(cx, key) {
            Chosen::Group(group) => texts.push(found.text(cx, group, Value::NONE)),
            Chosen::Unknown => return Err(no_such_group(cx)),
            Chosen::Script => return Err(half(cx, "re_group", &[found.value(), keys.value()])),
        }
    }
    Ok(match texts[..] {
        [only] => only,
        _ => cx.tuple(&texts),
    })
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, key): (Of<Match>, Value) = args.take(cx)?;
    let group = found.group(cx, key, 1)?;
    Ok(found.text(cx, group, Value::NONE))
}

fn groups(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, default): (Of<Match>, Value) = args.take(cx)?;
    let texts: Vec<Value> = (1..found.captures.count()).map(|group| found.text(cx, group, default)).collect();
    Ok(cx.tuple(&texts))
}

fn groupdict(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, default): (Of<Match>, Value) = args.take(cx)?;
    let dict = cx.new_dict();
    for (name, group) in &pattern_of(found.pattern).program.group_names {
        let name = cx.intern(name);
        let text = found.text(cx, *group, default);
        dict.set_interned(name, text);
    }
    Ok(dict.value())
}

fn start(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, key): (Of<Match>, Value) = args.take(cx)?;
    let group = found.group(cx, key, 1)?;
    Ok(Value::small(found.indices(group).0))
}

fn end(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, key): (Of<Match>, Value) = args.take(cx)?;
    let group = found.group(cx, key, 1)?;
    Ok(Value::small(found.indices(group).1))
}

fn span(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, key): (Of<Match>, Value) = args.take(cx)?;
    let group = found.group(cx, key, 1)?;
    Ok(found.span(cx, group))
}

fn expand(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found, template): (Of<Match>, Value) = args.take(cx)?;
    let (replacement, is_str) = read_template(cx, &pattern_of(found.pattern), template)?;
    if is_str == found.subject.is_str() {
        let mut out = Vec::new();
        replacement.expand(&found.captures, found.subject.bytes(), &mut out);
        return found.subject.joined(cx, out);
    }
    // A template of the other kind will do as long as it names no group.
    match replacement.literal() {
        Some(text) if is_str => Ok(cx.str_bytes(text)),
        Some(text) => Ok(Bytes::allocate(cx, text)),
        None => {
            let found_type = cx.type_name(template);
            Err(wrong_item(cx, &found.subject, 0, &found_type))
        }
    }
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (found,): (Of<Match>,) = args.take(cx)?;
    let (start, end) = found.indices(0);
    let mut out = format!("<re.Match object; span=({start}, {end}), match=").into_bytes();
    let text = found.text(cx, 0, Value::NONE);
    write_short(cx, &mut out, text, SHOWN)?;
    out.push(b'>');
    Ok(cx.str_bytes(&out))
}

// ----- attributes

fn this(cx: &mut Context, value: Value) -> Result<Of<Match>, Stop> {
    Of::from_value(cx, value, 0)
}

fn string(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(this(cx, value)?.subject.string)
}

fn pattern(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(this(cx, value)?.pattern)
}

fn pos(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(this(cx, value)?.pos as i64))
}

fn endpos(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(this(cx, value)?.endpos as i64))
}

fn lastindex(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let last = this(cx, value)?.captures.last_group();
    Ok(last.map_or(Value::NONE, |group| Value::small(group as i64)))
}

fn lastgroup(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let found = this(cx, value)?;
    let pattern = pattern_of(found.pattern);
    let name = found.captures.last_group().and_then(|group| pattern.program.group_name(group));
    Ok(name.map_or(Value::NONE, |name| cx.intern(name)))
}

fn regs(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let found = this(cx, value)?;
    if found.regs.get().is_unbound() {
        let spans: Vec<Value> = (0..found.captures.count()).map(|group| found.span(cx, group)).collect();
        let spans = cx.tuple(&spans);
        found.regs.set(spans);
    }
    Ok(found.regs.get())
}
