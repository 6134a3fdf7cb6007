//! The module `_re`: compiling patterns, its classes, and the exceptions that the engine's errors become.

use super::pattern::{Layouts, Pattern};
use super::{found, iterator, pattern, work};
use crate::object::arguments::Index;
use crate::object::bytes::{self, Bytes};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Declaration, Native, Stop, plain};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::text::pattern::error::{ErrorKind, PatternError, PatternText};
use crate::text::pattern::{escape, program};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_re", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("compile(pattern, flags, /)", compile, "Return the Pattern of a text and of flags as an int."),
    plain("escape(pattern)", escape, "Return a text with a backslash before all that patterns give a meaning."),
];

/// What natives here call for what needs script code: always the half, in stdlib/_halves_re.co.
const HALVES: &[Declaration] = &[
    plain("re_finish(search, /)", only_half, "Go on with a search until it has its result."),
    plain("re_pause()", only_half, "Let the machine look up."),
    plain("re_substitute(matches, function, /)", only_half, "Replace matches by what a function gives."),
    plain("re_group(match, keys, /)", only_half, "Return the groups that objects stand for."),
    plain("re_fail(message, pattern, position, /)", only_half, "Raise the error of a pattern."),
    plain("re_warned(pattern, messages, /)", only_half, "Warn of a pattern, and return it."),
];

fn only_half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    module.add_functions(cx, iterator::FUNCTIONS);
    for declaration in HALVES {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(declaration.name(), native.value());
    }
    for (name, key, doc) in [
        ("Pattern", "re.Pattern", "A compiled regular expression."),
        ("Match", "re.Match", "Where a pattern was found; always true."),
    ] {
        let class = class_of(cx, key);
        let doc = cx.str(doc);
        class.dict.set_interned(cx.names.__doc__, doc);
        module.set(cx, name, class.value());
    }
}

/// A class of the module by the key under which the context keeps it; made when it is first asked for.
fn class_of(cx: &mut Context, key: &'static str) -> Ref<Class> {
    if let Some(class) = cx.module_state.get(key).and_then(|class| class.get()) {
        return class;
    }
    let (name, tables, flags): (&str, &ClassTables, u32) = match key {
        "re.Pattern" => ("re.Pattern", &pattern::TABLES, Class::WEAKLY),
        "re.Match" => ("re.Match", &found::TABLES, 0),
        "re.Scanner" => ("_sre.SRE_Scanner", &iterator::SCANNER_TABLES, 0),
        "re.Matches" => ("callable_iterator", &iterator::TABLES, 0),
        _ => ("_re.Search", &work::TABLES, 0),
    };
    let flags = flags | Class::FINAL | Class::NOT_CALLABLE;
    let class = make_class(cx, name, &[], Some(Kind::Extension), flags, tables);
    cx.module_state.insert(key, class.value());
    class
}

/// The layouts of what patterns make.
fn layouts(cx: &mut Context) -> Layouts {
    let mut layout = |key| class_of(cx, key).root_layout.get();
    Layouts {
        found: layout("re.Match"),
        matches: layout("re.Matches"),
        scanner: layout("re.Scanner"),
        search: layout("re.Search"),
    }
}

fn compile(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (source, Index(flags)): (Value, Index) = args.take(cx)?;
    let Ok(flags) = i32::try_from(flags) else {
        return Err(cx.overflow_error("Python int too large to convert to C int"));
    };
    let text = source.get::<Str>();
    let bytes = bytes::bytes_of(&source);
    let text = match (&text, &bytes) {
        (Some(text), _) => PatternText::Str(text.bytes()),
        (None, Some(bytes)) => PatternText::Bytes(bytes),
        (None, None) => return Err(cx.type_error("first argument must be string or compiled pattern")),
    };
    let program = program::compile(text, flags as u32).map_err(|error| raise(cx, error, source))?;
    let warnings: Vec<Value> = program.warnings.iter().map(|warning| cx.str(warning)).collect();
    let layouts = layouts(cx);
    let layout = class_of(cx, "re.Pattern").root_layout.get();
    let pattern = Pattern::allocate(cx, layout, source, program, layouts);
    if warnings.is_empty() {
        return Ok(pattern);
    }
    let warnings = cx.tuple(&warnings);
    Err(half(cx, "re_warned", &[pattern, warnings]))
}

fn escape(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if let Some(text) = args.get(0).get::<Str>() {
        return Str::try_from_vec(cx, escape::escape(text.bytes()));
    }
    match bytes::bytes_of(&args.get(0)) {
        Some(bytes) => Ok(Bytes::from_vec(cx, escape::escape(&bytes))),
        None => {
            let found = cx.type_name(args.get(0));
            Err(cx.type_error(format!("decoding to str: need a bytes-like object, {found} found")))
        }
    }
}

/// The exception that an error in a pattern or in a template becomes.
pub fn raise(cx: &mut Context, error: PatternError, source: Value) -> Stop {
    let class = match error.kind {
        ErrorKind::Flags => LayoutId::VALUE_ERROR,
        ErrorKind::Overflow => LayoutId::OVERFLOW_ERROR,
        ErrorKind::Depth => LayoutId::RECURSION_ERROR,
        ErrorKind::Group => LayoutId::INDEX_ERROR,
        ErrorKind::Pattern => {
            let message = cx.str(&error.message);
            let position = error.position.map_or(Value::NONE, |position| Value::small(position as i64));
            return half(cx, "re_fail", &[message, source, position]);
        }
    };
    cx.error(class, error.message)
}

/// The answer of a native that has the rest done by one of `HALVES`.
pub fn half(cx: &mut Context, name: &str, args: &[Value]) -> Stop {
    let callee = cx.module_state[name];
    cx.call(callee, args)
}
