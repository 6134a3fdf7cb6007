//! `_contextvars`: the classes of `contextvars`.

use crate::object::alias::GenericAlias;
use crate::object::arguments::rest;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars::{self, ContextObject, ContextToken, ContextVariable};
use crate::object::equality::{self, Problem};
use crate::object::extension::{Data, Extension};
use crate::object::forward::{call_half, itself};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::iterator;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module, NativeModule, add_members, make_class};
use crate::object::native::{Args, Control, Declaration, FromValue, Stop, control, plain};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_contextvars", fill };

const FUNCTIONS: &[Declaration] = &[plain("copy_context()", copy_context, "Return a copy of the current context.")];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const VARIABLE: &[Declaration] = &[
    plain("__new__(cls, name, /, *, default=<unset>)", new_variable, "A name that has a value in each context."),
    plain("get(self, default=<unset>, /)", get, "Return the value in the current context, or a default."),
    plain("set(self, value, /)", set, "Set the value in the current context; return the token that resets it."),
    plain("reset(self, token, /)", reset, "Give the variable the value it had before it was set."),
    plain("__repr__(self, /)", show_variable, "Return repr(self)."),
];

const VARIABLE_MEMBERS: &[Attribute] =
    &[Attribute { name: "name", get: variable_name, set: None, doc: "name of the variable" }];

const TOKEN: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_token, "What a variable was before it was set."),
    plain("__repr__(self, /)", show_token, "Return repr(self)."),
    plain("__enter__(self, /)", itself, "Return the token."),
    plain("__exit__(self, type, value, traceback, /)", exit_token, "Reset the variable."),
];

const TOKEN_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "var", get: token_variable, set: None, doc: "the variable that was set" },
    Attribute { name: "old_value", get: token_old_value, set: None, doc: "its value before, or Token.MISSING" },
];

const CONTEXT: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new_context, "A mapping from context variables to their values."),
    control("run(self, /, *args, **kwargs)", Control::RunInContext, "Call a function in the context."),
    plain("copy(self, /)", copy, "Return a shallow copy of the context object."),
    plain("get(self, key, default=None, /)", get_default, "Return the value of a variable, or a default."),
    plain("keys(self, /)", keys, "Return the variables that have a value."),
    plain("values(self, /)", values, "Return the values."),
    plain("items(self, /)", items, "Return the variables and their values as tuples."),
    plain("__len__(self, /)", len, "Return len(self)."),
    plain("__iter__(self, /)", keys, "Implement iter(self)."),
    plain("__getitem__(self, key, /)", getitem, "Return self[key]."),
    plain("__contains__(self, key, /)", contains, "Return bool(key in self)."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
];

const NOTHING: &[Declaration] = &[plain("__repr__(self, /)", show_missing, "Return repr(self).")];

/// Where `Token.MISSING` is kept.
const MISSING: &str = "contextvars.missing";

/// The data of `Token.MISSING`: none.
struct Missing;

impl Data for Missing {
    fn trace(&self, _: &mut Marker) {}
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for (name, layout) in
        [("Context", LayoutId::CONTEXT), ("ContextVar", LayoutId::CONTEXT_VARIABLE), ("Token", LayoutId::CONTEXT_TOKEN)]
    {
        let class = cx.class(layout).value();
        module.set(cx, name, class);
    }
    if !cx.module_state.contains_key(MISSING) {
        let tables = ClassTables { methods: NOTHING, ..ClassTables::NONE };
        let class = make_class(cx, "Token.MISSING", &[], Some(Kind::Extension), Class::NOT_CALLABLE, &tables);
        let missing = Extension::allocate(cx, class, Missing);
        cx.module_state.insert(MISSING, missing);
        let name = cx.intern("MISSING");
        cx.class(LayoutId::CONTEXT_TOKEN).dict.set_interned(name, missing);
        cx.classes_changed();
    }
}

/// Puts the methods into the classes, whose objects may be there without the module: every task has a context.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::CONTEXT_VARIABLE);
    class.set(Class::FINAL);
    module::install(cx, class, &ClassTables { methods: VARIABLE, class_methods: GENERIC, ..ClassTables::NONE });
    add_members(cx, class, VARIABLE_MEMBERS);
    let class = cx.class(LayoutId::CONTEXT_TOKEN);
    class.set(Class::FINAL);
    let tables =
        ClassTables { methods: TOKEN, class_methods: GENERIC, attributes: TOKEN_ATTRIBUTES, ..ClassTables::NONE };
    module::install(cx, class, &tables);
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
    let class = cx.class(LayoutId::CONTEXT);
    class.set(Class::FINAL | Class::WEAKLY);
    module::install(cx, class, &ClassTables { methods: CONTEXT, ..ClassTables::NONE });
    class.dict.set_interned(cx.names.__hash__, Value::NONE);
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn copy_context(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(contextvars::copy_current(cx))
}

// ----- variables

fn new_variable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !args.get(1).is::<Str>() {
        return Err(cx.type_error("context variable name must be a str"));
    }
    Ok(ContextVariable::allocate(cx, args.get(1), args.get(2)))
}

fn variable_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let variable: Ref<ContextVariable> = expect(cx, value, 0)?;
    Ok(variable.name)
}

/// An argument that the binder or a table of attributes has checked.
fn expect<T: FromValue>(cx: &mut Context, value: Value, position: usize) -> Result<T, Stop> {
    T::from_value(cx, value, position)
}

fn get(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (variable, default): (Ref<ContextVariable>, Value) = args.take(cx)?;
    match contextvars::get(cx, variable) {
        Some(value) => Ok(value),
        None if !default.is_unbound() => Ok(default),
        None if !variable.default.is_unbound() => Ok(variable.default),
        None => Err(cx.error_with(LayoutId::LOOKUP_ERROR, &[args.get(0)])),
    }
}

fn set(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (variable, value): (Ref<ContextVariable>, Value) = args.take(cx)?;
    Ok(contextvars::set(cx, variable, value))
}

fn reset(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let Some(token) = args.get(1).get::<ContextToken>() else {
        return Err(complaint(cx, LayoutId::TYPE_ERROR, "expected an instance of Token, got ", args.get(1), ""));
    };
    reset_with(cx, args.get(0), token)
}

fn reset_with(cx: &mut Context, variable: Value, token: Ref<ContextToken>) -> Result<Value, Stop> {
    if token.is_used.get() {
        let text = " has already been used once";
        return Err(complaint(cx, LayoutId::RUNTIME_ERROR, "", token.value(), text));
    }
    if token.variable != variable {
        let text = " was created by a different ContextVar";
        return Err(complaint(cx, LayoutId::VALUE_ERROR, "", token.value(), text));
    }
    if token.context != cx.context {
        let text = " was created in a different Context";
        return Err(complaint(cx, LayoutId::VALUE_ERROR, "", token.value(), text));
    }
    token.is_used.set(true);
    let variable: Ref<ContextVariable> = expect(cx, variable, 0)?;
    contextvars::current(cx).set(cx, variable, token.old);
    Ok(Value::NONE)
}

fn show_variable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (variable,): (Ref<ContextVariable>,) = args.take(cx)?;
    show(cx, args.get(0), "context_variable_repr", variable.default)
}

/// `repr(value)`, by a script half where script code is needed for it.
fn show(cx: &mut Context, value: Value, half: &str, argument: Value) -> Result<Value, Stop> {
    let mut out = Vec::new();
    match repr::write_repr_as_data(cx, &mut out, value) {
        Ok(()) => Ok(cx.str_bytes(&out)),
        Err(problem) => Err(problem.or(call_half(cx, half, &[value, argument]))),
    }
}

/// An exception whose message has the repr of a value in it, which may be a script's.
#[cold]
fn complaint(cx: &mut Context, class: LayoutId, before: &str, value: Value, after: &str) -> Stop {
    let class = cx.class(class).value();
    let (before, after) = (cx.str(before), cx.str(after));
    call_half(cx, "raise_about", &[class, before, value, after])
}

// ----- tokens

fn new_token(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.runtime_error("Tokens can only be created by ContextVars"))
}

fn token_variable(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let token: Ref<ContextToken> = expect(cx, value, 0)?;
    Ok(token.variable)
}

fn token_old_value(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let token: Ref<ContextToken> = expect(cx, value, 0)?;
    Ok(if token.old.is_unbound() { cx.module_state[MISSING] } else { token.old })
}

fn exit_token(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let token: Ref<ContextToken> = expect(cx, args.get(0), 0)?;
    reset_with(cx, token.variable, token)
}

fn show_token(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (token,): (Ref<ContextToken>,) = args.take(cx)?;
    show(cx, args.get(0), "context_token_repr", Value::bool(token.is_used.get()))
}

fn show_missing(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.str("<Token.MISSING>"))
}

// ----- contexts

fn new_context(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let has_keywords = args.get(2).get::<crate::object::dict::Dict>().is_some_and(|keywords| !keywords.is_empty());
    if has_keywords || !rest(args.get(1)).is_empty() {
        return Err(cx.type_error("Context() does not accept any arguments"));
    }
    Ok(ContextObject::allocate(cx).value())
}

fn copy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (context,): (Ref<ContextObject>,) = args.take(cx)?;
    Ok(context.copy(cx).value())
}

/// The value that a context gives the variable an argument is.
fn look_up(cx: &mut Context, args: Args<'_>) -> Result<Option<Value>, Stop> {
    let context: Ref<ContextObject> = expect(cx, args.get(0), 0)?;
    match args.get(1).get::<ContextVariable>() {
        Some(variable) => Ok(context.get(variable)),
        None => Err(complaint(cx, LayoutId::TYPE_ERROR, "a ContextVar key was expected, got ", args.get(1), "")),
    }
}

fn get_default(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(look_up(cx, args)?.unwrap_or(args.get(2)))
}

fn getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    look_up(cx, args)?.ok_or_else(|| cx.key_error(args.get(1)))
}

fn contains(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(look_up(cx, args)?.is_some()))
}

fn len(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (context,): (Ref<ContextObject>,) = args.take(cx)?;
    Ok(Value::small(context.len() as i64))
}

/// An iterator over what is made of each variable and its value.
fn iterate(cx: &mut Context, args: Args<'_>, item: fn(&mut Context, (Value, Value)) -> Value) -> Result<Value, Stop> {
    let (context,): (Ref<ContextObject>,) = args.take(cx)?;
    let items: Vec<Value> = context.to_vec().into_iter().map(|pair| item(cx, pair)).collect();
    let items = cx.tuple(&items);
    Ok(iterator::of_builtin(cx, items).expect("a tuple is iterable"))
}

fn keys(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    iterate(cx, args, |_, (variable, _)| variable)
}

fn values(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    iterate(cx, args, |_, (_, value)| value)
}

fn items(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    iterate(cx, args, |cx, (variable, value)| cx.tuple(&[variable, value]))
}

fn equal(cx: &mut Context, args: Args<'_>) -> Result<Option<bool>, Stop> {
    if !args.get(1).is::<ContextObject>() {
        return Ok(None);
    }
    equality::equal(cx, args.get(0), args.get(1)).map(Some).map_err(Problem::or_half)
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(equal(cx, args)?.map_or(cx.not_implemented, Value::bool))
}

fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(equal(cx, args)?.map_or(cx.not_implemented, |is_equal| Value::bool(!is_equal)))
}
