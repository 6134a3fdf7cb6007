//! Pattern objects.

use std::cell::Cell;

use super::iterator::{Finder, Parts, Scanner};
use super::module;
use super::module::raise;
use super::subject::Subject;
use super::work::{Goal, Split, Substitute, Work, limit};
use crate::object::alias::GenericAlias;
use crate::object::arguments::{Index, has_special};
use crate::object::bytes::bytes_of;
use crate::object::context::Context;
use crate::object::dict::MappingProxy;
use crate::object::equality::no_minus_one;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::Marker;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::repr;
use crate::object::string::{Str, hash_bytes};
use crate::object::value::Value;
use crate::text::pattern::error::PatternText;
use crate::text::pattern::flag;
use crate::text::pattern::matcher::Anchor;
use crate::text::pattern::program::Program;
use crate::text::pattern::replacement::{Part, Replacement};
use crate::text::wtf8;

/// The tables of the class.
pub const TABLES: ClassTables =
    ClassTables { methods: METHODS, class_methods: CLASS_METHODS, static_methods: &[], attributes: ATTRIBUTES };

const METHODS: &[Declaration] = &[
    plain("match(self, string, pos=0, endpos=9223372036854775807)", match_, "Return a Match at the start, or None."),
    plain("fullmatch(self, string, pos=0, endpos=9223372036854775807)", fullmatch, "Return a Match of all, or None."),
    plain("search(self, string, pos=0, endpos=9223372036854775807)", search, "Return the first Match, or None."),
    plain("findall(self, string, pos=0, endpos=9223372036854775807)", findall, "Return all matches as texts."),
    plain("finditer(self, string, pos=0, endpos=9223372036854775807)", finditer, "Return an iterator of all matches."),
    plain("scanner(self, string, pos=0, endpos=9223372036854775807)", scanner, "Return a scanner of a string."),
    plain("split(self, string, maxsplit=0)", split, "Return the parts between matches."),
    plain("sub(self, repl, string, count=0)", sub, "Return the string with its matches replaced."),
    plain("subn(self, repl, string, count=0)", subn, "Return a tuple of the string and the number of replacements."),
    plain("__eq__(self, other, /)", equal, "Return self==other."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__repr__(self, /)", repr_, "Return repr(self)."),
    plain("__copy__(self, /)", itself, "Return the pattern itself."),
    plain("__deepcopy__(self, memo, /)", itself, "Return the pattern itself."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "pattern", get: source, set: None, doc: "What the pattern was made of." },
    Attribute { name: "flags", get: flags, set: None, doc: "Its flags, those in its text included." },
    Attribute { name: "groups", get: groups, set: None, doc: "How many groups it has." },
    Attribute { name: "groupindex", get: groupindex, set: None, doc: "The numbers of its named groups." },
];

/// How much of a pattern its repr shows.
const SHOWN: usize = 200;

/// A pattern.
pub struct Pattern {
    /// The compiled text.
    pub program: Program,
    /// What it does its work with.
    pub layouts: Layouts,
    source: Value,
    /// `groupindex`, UNBOUND until it is asked for.
    index: Cell<Value>,
}

/// The layouts of what a pattern makes.
#[derive(Clone, Copy)]
pub struct Layouts {
    /// Of matches.
    pub found: LayoutId,
    /// Of iterators of matches.
    pub matches: LayoutId,
    /// Of scanners.
    pub scanner: LayoutId,
    /// Of searches that are put aside.
    pub search: LayoutId,
}

impl Data for Pattern {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.source);
        marker.cell(&self.index);
    }
}

impl Pattern {
    /// A pattern object.
    pub fn allocate(cx: &mut Context, layout: LayoutId, source: Value, program: Program, layouts: Layouts) -> Value {
        let pattern = Pattern { program, layouts, source, index: Cell::new(Value::UNBOUND) };
        cx.heap.allocate(layout, Extension { data: Box::new(pattern) }).value()
    }
}

// ----- searching

fn match_(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    find(cx, args, Anchor::Match, Goal::First)
}

fn fullmatch(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    find(cx, args, Anchor::FullMatch, Goal::First)
}

fn search(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    find(cx, args, Anchor::Search, Goal::First)
}

fn findall(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    find(cx, args, Anchor::Search, Goal::FindAll(Vec::new()))
}

fn find(cx: &mut Context, args: Args<'_>, anchor: Anchor, goal: Goal) -> Result<Value, Stop> {
    let (pattern, string, Index(pos), Index(endpos)): (Of<Pattern>, Value, Index, Index) = args.take(cx)?;
    let subject = Subject::new(cx, pattern.program.is_str(), string, 1)?;
    let window = subject.window(pos, endpos);
    Work::new(&pattern, subject, window, anchor, goal).run(cx)
}

fn finditer(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (pattern, string, Index(pos), Index(endpos)): (Of<Pattern>, Value, Index, Index) = args.take(cx)?;
    let subject = Subject::new(cx, pattern.program.is_str(), string, 1)?;
    let window = subject.window(pos, endpos);
    Ok(Finder::allocate(cx, &pattern, subject, window, None))
}

fn scanner(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (pattern, string, Index(pos), Index(endpos)): (Of<Pattern>, Value, Index, Index) = args.take(cx)?;
    let subject = Subject::new(cx, pattern.program.is_str(), string, 1)?;
    let window = subject.window(pos, endpos);
    Ok(Scanner::allocate(cx, &pattern, subject, window))
}

fn split(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (pattern, string, Index(maxsplit)): (Of<Pattern>, Value, Index) = args.take(cx)?;
    let subject = Subject::new(cx, pattern.program.is_str(), string, 1)?;
    let goal = Goal::Split(Split { parts: Vec::new(), left: limit(maxsplit), from: 0 });
    Work::new(&pattern, subject, subject.whole(), Anchor::Search, goal).run(cx)
}

// ----- replacing

fn sub(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    substitute(cx, args, false)
}

fn subn(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    substitute(cx, args, true)
}

fn substitute(cx: &mut Context, args: Args<'_>, with_count: bool) -> Result<Value, Stop> {
    let (pattern, template, string, Index(count)): (Of<Pattern>, Value, Value, Index) = args.take(cx)?;
    let subject = Subject::new(cx, pattern.program.is_str(), string, 2)?;
    if is_callable(cx, template) {
        let parts = Parts::new(limit(count), with_count);
        let finder = Finder::allocate(cx, &pattern, subject, subject.whole(), Some(parts));
        return Err(module::half(cx, "re_substitute", &[finder, template]));
    }
    let (replacement, is_str) = read_template(cx, &pattern, template)?;
    let replacement = match is_str == subject.is_str() {
        true => Ok(replacement),
        false => Err(cx.type_name(template)),
    };
    let substitute = Substitute { replacement, out: Vec::new(), from: 0, left: limit(count), count: 0, with_count };
    let goal = Goal::Substitute(Box::new(substitute));
    Work::new(&pattern, subject, subject.whole(), Anchor::Search, goal).run(cx)
}

/// Reads a template; says also whether it is a str.
pub fn read_template(cx: &mut Context, pattern: &Of<Pattern>, template: Value) -> Result<(Replacement, bool), Stop> {
    let text = template.get::<Str>();
    let bytes = bytes_of(&template);
    let text = match (&text, &bytes) {
        (Some(text), _) => PatternText::Str(text.bytes()),
        (None, Some(bytes)) => PatternText::Bytes(bytes),
        (None, None) => {
            let found = cx.type_name(template);
            return Err(cx.type_error(format!("decoding to str: need a bytes-like object, {found} found")));
        }
    };
    let (PatternText::Str(plain) | PatternText::Bytes(plain)) = text;
    if memchr::memchr(b'\\', plain).is_none() {
        return Ok((Replacement { parts: vec![Part::Text(plain.to_vec())] }, text.is_str()));
    }
    match Replacement::parse(text, &pattern.program) {
        Ok(replacement) => Ok((replacement, text.is_str())),
        Err(error) => Err(raise(cx, error, template)),
    }
}

/// Can the value be called? A str or bytes object counts only if its class says so.
fn is_callable(cx: &mut Context, value: Value) -> bool {
    match value.header().map(|header| (header.kind(), header.layout())) {
        None | Some((_, LayoutId::STR | LayoutId::BYTES)) => false,
        Some((Kind::Class | Kind::Function | Kind::Method | Kind::Native, _)) => true,
        Some(_) => has_special(cx, value, cx.names.__call__),
    }
}

// ----- what every object has

fn equal(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (pattern, other): (Of<Pattern>, Value) = args.take(cx)?;
    let Some(other) = Of::<Pattern>::from(other) else { return Ok(cx.not_implemented) };
    let same = pattern.program.flags == other.program.flags
        && pattern.program.is_str() == other.program.is_str()
        && with_bytes(pattern.source, |one| with_bytes(other.source, |two| one == two));
    Ok(Value::bool(same))
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (pattern,): (Of<Pattern>,) = args.take(cx)?;
    let seed = cx.hash_seed.0;
    let hash = with_bytes(pattern.source, |bytes| hash_bytes(seed, bytes)) ^ pattern.program.flags as i64;
    Ok(cx.int(no_minus_one(hash)))
}

/// Looks at the bytes of a str or of a bytes-like object.
fn with_bytes<T>(value: Value, look: impl FnOnce(&[u8]) -> T) -> T {
    match value.get::<Str>() {
        Some(text) => look(text.bytes()),
        None => look(&bytes_of(&value).unwrap_or_default()),
    }
}

fn repr_(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    const NAMES: &[(u32, &str)] = &[
        (flag::IGNORECASE, "re.IGNORECASE"),
        (flag::LOCALE, "re.LOCALE"),
        (flag::MULTILINE, "re.MULTILINE"),
        (flag::DOTALL, "re.DOTALL"),
        (flag::UNICODE, "re.UNICODE"),
        (flag::VERBOSE, "re.VERBOSE"),
        (flag::DEBUG, "re.DEBUG"),
        (flag::ASCII, "re.ASCII"),
    ];
    let (pattern,): (Of<Pattern>,) = args.take(cx)?;
    let mut out = b"re.compile(".to_vec();
    write_short(cx, &mut out, pattern.source, SHOWN)?;
    let mut left = pattern.program.flags;
    if pattern.program.is_str() && left & flag::TYPES == flag::UNICODE {
        left &= !flag::UNICODE;
    }
    let mut names: Vec<String> = Vec::new();
    for &(bit, name) in NAMES {
        if left & bit != 0 {
            names.push(name.into());
            left &= !bit;
        }
    }
    if left != 0 {
        names.push(format!("{left:#x}"));
    }
    if !names.is_empty() {
        out.extend(b", ");
        out.extend(names.join("|").bytes());
    }
    out.push(b')');
    Ok(cx.str_bytes(&out))
}

/// Appends the first characters of a repr. A repr of a script's class is not asked for.
pub fn write_short(cx: &mut Context, out: &mut Vec<u8>, value: Value, most: usize) -> Result<(), Stop> {
    let mut text = Vec::new();
    let script = cx.type_error("the repr needs script code");
    repr::write_repr_as_data(cx, &mut text, value).map_err(|problem| problem.or(script))?;
    wtf8::code_points(&text).take(most).for_each(|code| wtf8::push(out, code));
    Ok(())
}

/// For methods that give the object itself.
pub fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

/// `Pattern[str]`, `Match[bytes]`
pub fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

// ----- attributes

fn source(cx: &mut Context, this: Value) -> Result<Value, Stop> {
    Ok(Of::<Pattern>::from_value(cx, this, 0)?.source)
}

fn flags(cx: &mut Context, this: Value) -> Result<Value, Stop> {
    Ok(Value::small(Of::<Pattern>::from_value(cx, this, 0)?.program.flags as i64))
}

fn groups(cx: &mut Context, this: Value) -> Result<Value, Stop> {
    Ok(Value::small(Of::<Pattern>::from_value(cx, this, 0)?.program.group_count as i64))
}

fn groupindex(cx: &mut Context, this: Value) -> Result<Value, Stop> {
    let pattern = Of::<Pattern>::from_value(cx, this, 0)?;
    if pattern.program.group_names.is_empty() {
        return Ok(cx.new_dict().value());
    }
    if pattern.index.get().is_unbound() {
        let dict = cx.new_dict();
        for (name, group) in &pattern.program.group_names {
            let name = cx.intern(name);
            dict.set_interned(name, Value::small(*group as i64));
        }
        let proxy = MappingProxy::allocate(cx, dict.value());
        pattern.index.set(proxy);
    }
    Ok(pattern.index.get())
}
