//! `_functools`: partial calls, and the wrapper that remembers results.

use std::cell::Cell;

use crate::object::alias::GenericAlias;
use crate::object::arguments::{Truth, is_callable, own, rest};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::{self, Problem};
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::call_half;
use crate::object::function::{Attribute, Method};
use crate::object::heap::{Marker, Ref};
use crate::object::instance;
use crate::object::integer::Int;
use crate::object::key::key_plain;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, add_members, make_class};
use crate::object::native::{Args, Call, Declaration, FromValue, KeyAction, Native, Stop, plain};
use crate::object::repr;
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_functools", fill };

const FUNCTIONS: &[Declaration] = &[
    plain(
        "reduce(function, iterable, /, initial=<unset>)",
        half,
        "Apply a function of two arguments to the items, from left to right, for one value.",
    ),
    plain("keep_result(wrapper, key, result, /)", keep_result, "Remember the result of a call."),
    plain("count_hit(wrapper, /)", count_hit, "Count a result that was remembered."),
    plain("count_miss(wrapper, /)", count_miss, "Count a result that was not."),
];

const PARTIAL: &[Declaration] = &[
    plain("__new__(cls, func=<unset>, /, *args, **keywords)", new_partial, "A function with arguments given."),
    plain("__call__(self, /, *args, **kwargs)", call_partial, "Call the function."),
    plain("__get__(self, instance, owner=None, /)", bind, "Return a bound method."),
    plain("__repr__(self, /)", repr_partial, "Return repr(self)."),
    plain("__reduce__(self, /)", reduce_partial, "Return what is needed to make it anew."),
    plain("__setstate__(self, state, /)", set_state, "Take the parts of another."),
];

const PARTIAL_MEMBERS: &[Attribute] = &[
    Attribute { name: "func", get: function, set: None, doc: "function object to use in future partial calls" },
    Attribute { name: "args", get: arguments, set: None, doc: "tuple of arguments to future partial calls" },
    Attribute { name: "keywords", get: keywords, set: None, doc: "dictionary of keyword arguments" },
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const PLACEHOLDER: &[Declaration] = &[
    plain("__new__(cls, /)", placeholder_of, "The type of the Placeholder singleton."),
    plain("__repr__(self, /)", placeholder_name, "Return repr(self)."),
    plain("__reduce__(self, /)", placeholder_name, "Return the name."),
];

const CACHE: &[Declaration] = &[
    plain("__new__(cls, function, maxsize, typed, make_info, /)", new_cache, "A function that remembers results."),
    plain("__call__(self, /, *args, **kwargs)", call_cached, "Return the remembered result, or call the function."),
    plain("__get__(self, instance, owner=None, /)", bind, "Return a bound method."),
    plain("cache_info(self, /)", cache_info, "Report cache statistics."),
    plain("cache_clear(self, /)", cache_clear, "Clear the cache and cache statistics."),
    plain("__copy__(self, /)", itself, "Return the function itself."),
    plain("__deepcopy__(self, memo, /)", itself, "Return the function itself."),
    plain("__reduce__(self, /)", reduce_cache, "Return the name."),
];

/// The native whose half calls the function and remembers the result.
static CALL_AND_KEEP: Declaration =
    plain("call_and_keep(wrapper, key, function, args, kwargs, /)", half, "Call a function, remember its result.");
const CALL_AND_KEEP_KEY: &str = "functools.call_and_keep";
const PLACEHOLDER_KEY: &str = "functools.Placeholder";
/// Stands between arguments by position and by name in a key.
const MARK_KEY: &str = "functools.mark";

/// A function and arguments for it.
struct Partial {
    function: Cell<Value>,
    /// A tuple.
    args: Cell<Value>,
    /// A dict.
    keywords: Cell<Value>,
}

impl Data for Partial {
    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.function, &self.args, &self.keywords] {
            marker.cell(cell);
        }
    }
}

/// A function and its results, the one used longest ago first.
struct Cache {
    function: Value,
    maxsize: Option<usize>,
    is_typed: bool,
    make_info: Value,
    hits: Cell<i64>,
    misses: Cell<i64>,
    results: Ref<Dict>,
}

impl Data for Cache {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.function);
        marker.value(self.make_info);
        marker.object(self.results);
    }
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    let native = Native::new(cx, &CALL_AND_KEEP, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    cx.module_state.insert(CALL_AND_KEEP_KEY, native.value());
    let tables = ClassTables { methods: PARTIAL, class_methods: GENERIC, ..ClassTables::NONE };
    let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
    let class = make_class(cx, "functools.partial", &[], Some(Kind::Extension), flags, &tables);
    instance::add_accessors(cx, class);
    add_members(cx, class, PARTIAL_MEMBERS);
    module.set(cx, "partial", class.value());
    let tables = ClassTables { methods: PLACEHOLDER, ..ClassTables::NONE };
    let class = make_class(cx, "functools._PlaceholderType", &[], None, Class::FINAL, &tables);
    let placeholder = cx.new_instance(class);
    cx.module_state.insert(PLACEHOLDER_KEY, placeholder);
    module.set(cx, "Placeholder", placeholder);
    let object = cx.class(LayoutId::OBJECT);
    let mark = cx.new_instance(object);
    cx.module_state.insert(MARK_KEY, mark);
    let tables = ClassTables { methods: CACHE, ..ClassTables::NONE };
    let class = make_class(cx, "functools._lru_cache_wrapper", &[], Some(Kind::Extension), flags, &tables);
    instance::add_accessors(cx, class);
    module.set(cx, "lru_cache_wrapper", class.value());
}

fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

/// On an instance it is bound as a function is.
fn bind(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(1).is_none() {
        return Ok(args.get(0));
    }
    Ok(Method::allocate(cx, args.get(0), args.get(1)))
}

fn expect_class(cx: &mut Context, value: Value) -> Result<Ref<Class>, Stop> {
    crate::object::class::expect_class(cx, value, "__new__() argument 1 must be a type")
}

// ----- partial

fn placeholder(cx: &Context) -> Value {
    cx.module_state[PLACEHOLDER_KEY]
}

fn placeholder_of(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(placeholder(cx))
}

fn placeholder_name(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.intern("Placeholder"))
}

/// The arguments given before, their placeholders replaced by the first of those that follow.
fn merged(given: &[Value], more: &[Value], placeholder: Value) -> Vec<Value> {
    let mut more = more.iter().copied();
    let mut args: Vec<Value> = Vec::with_capacity(given.len() + more.len());
    for &value in given {
        args.push(if value == placeholder { more.next().unwrap_or(placeholder) } else { value });
    }
    args.extend(more);
    args
}

fn new_partial(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0))?;
    let mut function = args.get(1);
    if function.is_unbound() {
        return Err(cx.type_error("type 'partial' takes at least one argument"));
    }
    if !is_callable(cx, function) {
        return Err(cx.type_error("the first argument must be callable"));
    }
    let mut given = rest(args.get(2));
    let placeholder = placeholder(cx);
    if given.last() == Some(&placeholder) {
        return Err(cx.type_error("trailing Placeholders are not allowed"));
    }
    let named = args.get(3).get::<Dict>().unwrap_or_else(|| cx.new_dict());
    if named.to_vec().iter().any(|&(_, value)| value == placeholder) {
        return Err(cx.type_error("Placeholder cannot be passed as a keyword argument"));
    }
    let keywords = cx.new_dict();
    // A partial of a partial that carries nothing of its own is made one.
    if let Some(inner) = Of::<Partial>::from(function)
        && cx.class_of(function).has(Class::BUILTIN)
        && own_attributes_are_empty(cx, function)
    {
        given = merged(&rest(inner.args.get()), &given, placeholder);
        if let Some(inner) = inner.keywords.get().get::<Dict>() {
            keywords.fill_from(&inner);
        }
        function = inner.function.get();
    }
    for (name, value) in named.to_vec() {
        keywords.set_interned(name, value);
    }
    let args = cx.tuple(&given);
    let data = Partial { function: function.into(), args: args.into(), keywords: keywords.value().into() };
    Ok(Extension::allocate(cx, class, data))
}

fn own_attributes_are_empty(cx: &Context, value: Value) -> bool {
    let Some(header) = value.header() else { return true };
    match header.dictionary().and_then(|dictionary| dictionary.get().get::<Dict>()) {
        Some(dict) => dict.is_empty(),
        None => cx.layout(header.layout()).names.is_empty(),
    }
}

fn call_partial(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (partial,): (Of<Partial>,) = args.take(cx)?;
    let given = rest(partial.args.get());
    let more = rest(args.get(1));
    let placeholder = placeholder(cx);
    let wanted = given.iter().filter(|&&value| value == placeholder).count();
    if wanted > more.len() {
        let found = more.len();
        let message =
            format!("missing positional arguments in 'partial' call; expected at least {wanted}, got {found}");
        return Err(cx.type_error(message));
    }
    let positional = merged(&given, &more, placeholder);
    let mut named = partial.keywords.get().get::<Dict>().map_or(Vec::new(), |dict| dict.to_vec());
    if named.iter().any(|(name, _)| !name.is::<Str>()) {
        return Err(cx.type_error("keywords must be strings"));
    }
    if let Some(more) = args.get(2).get::<Dict>() {
        for (name, value) in more.to_vec() {
            match named.iter_mut().find(|(own, _)| same_name(*own, name)) {
                Some(entry) => entry.1 = value,
                None => named.push((name, value)),
            }
        }
    }
    Err(Stop::Call(Box::new(Call { callee: partial.function.get(), args: positional, keywords: named })))
}

fn same_name(a: Value, b: Value) -> bool {
    a == b || text_of(a) == text_of(b)
}

fn repr_partial(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (partial,): (Of<Partial>,) = args.take(cx)?;
    let class = cx.class_of(args.get(0));
    if cx.in_repr.contains(&args.get(0)) {
        return Ok(cx.str("..."));
    }
    let mut text = format!("{}(", repr::class_label(cx, class)).into_bytes();
    cx.in_repr.push(args.get(0));
    let result = write_parts(cx, &mut text, &partial);
    cx.in_repr.pop();
    match result {
        Ok(()) => {
            text.push(b')');
            Ok(cx.str_bytes(&text))
        }
        Err(problem) => Err(problem.or_half()),
    }
}

fn write_parts(cx: &mut Context, text: &mut Vec<u8>, partial: &Of<Partial>) -> Result<(), Problem> {
    repr::write_repr(cx, text, partial.function.get())?;
    for value in rest(partial.args.get()) {
        text.extend(b", ");
        repr::write_repr(cx, text, value)?;
    }
    for (name, value) in partial.keywords.get().get::<Dict>().map_or(Vec::new(), |dict| dict.to_vec()) {
        text.extend(b", ");
        repr::write_str(cx, text, name)?;
        text.push(b'=');
        repr::write_repr(cx, text, value)?;
    }
    Ok(())
}

fn reduce_partial(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (partial,): (Of<Partial>,) = args.take(cx)?;
    let class = cx.class_of(args.get(0)).value();
    let function = partial.function.get();
    let attributes = match own_attributes_are_empty(cx, args.get(0)) {
        true => Value::NONE,
        false => args.get(0).header().and_then(|header| header.attribute_dict(cx)).map_or(Value::NONE, Ref::value),
    };
    let arguments = cx.tuple(&[function]);
    let state = cx.tuple(&[function, partial.args.get(), partial.keywords.get(), attributes]);
    Ok(cx.tuple(&[class, arguments, state]))
}

fn set_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (partial, state): (Of<Partial>, Value) = args.take(cx)?;
    let parts = if state.is::<Tuple>() { rest(state) } else { Vec::new() };
    let [function, args_part, keywords, attributes] = parts[..] else {
        return Err(cx.type_error("invalid partial state"));
    };
    let is_fit = is_callable(cx, function)
        && args_part.is::<Tuple>()
        && (keywords.is_none() || keywords.is::<Dict>())
        && (attributes.is_none() || attributes.is::<Dict>());
    if !is_fit {
        return Err(cx.type_error("invalid partial state"));
    }
    // Exactly a tuple and a dict are kept, the latter shared.
    let is_exactly = |cx: &mut Context, value: Value| cx.class_of(value).has(Class::BUILTIN);
    let args_part = if is_exactly(cx, args_part) { args_part } else { cx.tuple(&rest(args_part)) };
    let keywords = match keywords.get::<Dict>() {
        Some(_) if is_exactly(cx, keywords) => keywords,
        Some(dict) => dict.copy(cx).value(),
        None => cx.new_dict().value(),
    };
    partial.function.set(function);
    partial.args.set(args_part);
    partial.keywords.set(keywords);
    let attributes = if attributes.is::<Dict>() { attributes } else { cx.new_dict().value() };
    if let Some(header) = args.get(0).header() {
        header.attribute_dict(cx);
        if let Some(place) = header.dictionary() {
            place.set(attributes);
        }
    }
    Ok(Value::NONE)
}

fn function(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Of::<Partial>::from_value(cx, value, 0)?.function.get())
}

fn arguments(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Of::<Partial>::from_value(cx, value, 0)?.args.get())
}

fn keywords(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Of::<Partial>::from_value(cx, value, 0)?.keywords.get())
}

// ----- the cache

fn new_cache(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = expect_class(cx, args.get(0))?;
    let function = args.get(1);
    if !is_callable(cx, function) {
        return Err(cx.type_error("the first argument must be callable"));
    }
    let maxsize = match args.get(2) {
        size if size.is_none() => None,
        size => match Int::to_i64(size) {
            Some(size) => Some(size.max(0) as usize),
            None => return Err(cx.type_error("maxsize should be integer or None")),
        },
    };
    let is_typed = Truth::of(cx, args.get(3), 3)?;
    let data = Cache {
        function,
        maxsize,
        is_typed,
        make_info: args.get(4),
        hits: Cell::new(0),
        misses: Cell::new(0),
        results: cx.new_dict(),
    };
    Ok(Extension::allocate(cx, class, data))
}

/// What calls with the same arguments have in common: the only argument itself where its type makes that safe.
fn make_key(cx: &mut Context, is_typed: bool, args: &[Value], keywords: Option<Ref<Dict>>) -> Value {
    let named = keywords.map_or(Vec::new(), |keywords| keywords.to_vec());
    if let ([only], true, false) = (args, named.is_empty(), is_typed)
        && matches!(cx.layout_of(*only), LayoutId::INT | LayoutId::STR)
    {
        return *only;
    }
    let mut parts = args.to_vec();
    if !named.is_empty() {
        parts.push(cx.module_state[MARK_KEY]);
        parts.extend(named.iter().flat_map(|&(name, value)| [name, value]));
    }
    if is_typed {
        let values = args.iter().copied().chain(named.iter().map(|&(_, value)| value));
        let types: Vec<Value> = values.map(|value| cx.class_of(value).value()).collect();
        parts.extend(types);
    }
    cx.tuple(&parts)
}

fn call_cached(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cache,): (Of<Cache>,) = args.take(cx)?;
    // A dict without entries comes with every call that names no argument.
    let keywords = args.get(2).get::<Dict>().filter(|keywords| !keywords.is_empty());
    let positional = rest(args.get(1));
    if cache.maxsize == Some(0) {
        cache.misses.set(cache.misses.get() + 1);
        let keywords = keywords.map_or(Vec::new(), |keywords| keywords.to_vec());
        return Err(Stop::Call(Box::new(Call { callee: cache.function, args: positional, keywords })));
    }
    let key = make_key(cx, cache.is_typed, &positional, keywords);
    let found = equality::hash(cx, key).and_then(|hash| cache.results.find_hashed(cx, key, hash));
    if let Ok(Some(place)) = found {
        cache.hits.set(cache.hits.get() + 1);
        let result = cache.results.entry_value_cell(place).get();
        if cache.maxsize.is_some() && place + 1 < cache.results.end() {
            cache.results.move_to_end(place);
        }
        return Ok(result);
    }
    let named = if args.get(2).is::<Dict>() { args.get(2) } else { cx.new_dict().value() };
    let parts = [args.get(0), key, cache.function, args.get(1), named];
    match found {
        Ok(_) => {
            cache.misses.set(cache.misses.get() + 1);
            let callee = cx.module_state[CALL_AND_KEEP_KEY];
            Err(cx.call(callee, &parts))
        }
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => {
            let mut parts = parts.to_vec();
            parts.push(cache.results.value());
            Err(call_half(cx, "find_or_call", &parts))
        }
    }
}

/// Called with a result that was not known when the call began; the one used longest ago makes room.
fn keep_result(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cache, key, result): (Of<Cache>, Value, Value) = args.take(cx)?;
    if let Some(most) = cache.maxsize
        && cache.results.len() >= most
        && !matches!(cache.results.find(cx, key), Ok(Some(_)))
    {
        while cache.results.len() >= most.max(1) {
            cache.results.remove_at(cache.results.start());
        }
    }
    key_plain(cx, KeyAction::Set, cache.results.value(), key, result)
}

fn count_hit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cache,): (Of<Cache>,) = args.take(cx)?;
    cache.hits.set(cache.hits.get() + 1);
    Ok(Value::NONE)
}

fn count_miss(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cache,): (Of<Cache>,) = args.take(cx)?;
    cache.misses.set(cache.misses.get() + 1);
    Ok(Value::NONE)
}

fn cache_info(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cache,): (Of<Cache>,) = args.take(cx)?;
    let maxsize = cache.maxsize.map_or(Value::NONE, |most| Value::small(most as i64));
    let length = Value::small(cache.results.len() as i64);
    let parts = [cx.int(cache.hits.get()), cx.int(cache.misses.get()), maxsize, length];
    Err(cx.call(cache.make_info, &parts))
}

fn cache_clear(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (cache,): (Of<Cache>,) = args.take(cx)?;
    cache.results.clear();
    cache.hits.set(0);
    cache.misses.set(0);
    Ok(Value::NONE)
}

fn reduce_cache(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(own(cx, args.get(0), cx.names.__qualname__))
}
