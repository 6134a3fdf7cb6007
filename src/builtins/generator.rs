//! Generators, coroutines and async generators, and the awaitables that stand for one step of them.

use crate::object::alias::GenericAlias;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::exception::{Exception, Traceback};
use crate::object::frame::FrameObject;
use crate::object::function::Attribute;
use crate::object::generator::{Await, AwaitKind, Generator, State};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::string::Str;
use crate::object::value::Value;

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const GENERATOR: &[Declaration] = &[
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    control("send(self, value, /)", Control::Send, "Send a value in; return what is yielded next."),
    control(
        "throw(self, type, value=<unset>, traceback=<unset>, /)",
        Control::Throw,
        "Raise an exception where it is suspended; return what is yielded next.",
    ),
    control("close(self, /)", Control::Close, "Raise GeneratorExit where it is suspended."),
];

const COROUTINE: &[Declaration] = &[
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__await__(self, /)", await_coroutine, "Return an iterator to be used in await expression."),
    control("send(self, value, /)", Control::Send, "Send a value in; return what is yielded next."),
    control(
        "throw(self, type, value=<unset>, traceback=<unset>, /)",
        Control::Throw,
        "Raise an exception where it is suspended; return what is yielded next.",
    ),
    control("close(self, /)", Control::Close, "Raise GeneratorExit where it is suspended."),
];

const ASYNC_GENERATOR: &[Declaration] = &[
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__aiter__(self, /)", itself, "Return an awaitable, that resolves in asynchronous iterator."),
    plain("__anext__(self, /)", anext, "Return an awaitable for the next item."),
    plain("asend(self, value, /)", asend, "Return an awaitable that sends a value in."),
    plain(
        "athrow(self, type, value=<unset>, traceback=<unset>, /)",
        athrow,
        "Return an awaitable that raises an exception where it is suspended.",
    ),
    plain("aclose(self, /)", aclose, "Return an awaitable that raises GeneratorExit where it is suspended."),
];

const AWAIT: &[Declaration] = &[
    plain("__await__(self, /)", itself, "Return an iterator to be used in await expression."),
    plain("__iter__(self, /)", itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::AwaitSend, "Implement next(self)."),
    control("send(self, value, /)", Control::AwaitSend, "Send a value in; return what is yielded next."),
    control(
        "throw(self, type, value=<unset>, traceback=<unset>, /)",
        Control::AwaitThrow,
        "Raise an exception where it is suspended; return what is yielded next.",
    ),
    control("close(self, /)", Control::AwaitClose, "End the step."),
];

/// For the script halves.
pub const HALVES: &[Declaration] = &[
    plain("begin_hooks(generator, /)", begin_hooks, "What an async generator's first step is told to, or None."),
    plain(
        "maker(coroutine, /)",
        maker,
        "Where a coroutine that has not begun was made: the code, the line, the text of the expression, and whether a \
         comprehension is there; or None.",
    ),
];

/// A line of a table of attributes.
const fn attribute(name: &'static str, get: fn(&mut Context, Value) -> Result<Value, Stop>) -> Attribute {
    Attribute { name, get, set: None, doc: "" }
}

const NAME: Attribute = Attribute { name: "__name__", get: name, set: Some(set_name), doc: "name of the generator" };
const QUALIFIED_NAME: Attribute = Attribute {
    name: "__qualname__",
    get: qualified_name,
    set: Some(set_qualified_name),
    doc: "qualified name of the generator",
};

const GENERATOR_ATTRIBUTES: &[Attribute] = &[
    attribute("gi_frame", frame),
    attribute("gi_running", running),
    attribute("gi_suspended", suspended),
    attribute("gi_code", code),
    attribute("gi_yieldfrom", delegate),
    NAME,
    QUALIFIED_NAME,
];

const COROUTINE_ATTRIBUTES: &[Attribute] = &[
    attribute("cr_frame", frame),
    attribute("cr_running", running),
    attribute("cr_suspended", suspended),
    attribute("cr_code", code),
    attribute("cr_await", delegate),
    attribute("cr_origin", origin),
    NAME,
    QUALIFIED_NAME,
];

const ASYNC_GENERATOR_ATTRIBUTES: &[Attribute] = &[
    attribute("ag_frame", frame),
    attribute("ag_running", stepping),
    attribute("ag_suspended", suspended),
    attribute("ag_code", code),
    attribute("ag_await", delegate),
    NAME,
    QUALIFIED_NAME,
];

/// What a native coroutine does otherwise than one of a script.
const NATIVE_COROUTINE: &[Declaration] = &[
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    control("close(self, /)", Control::AwaitClose, "Raise GeneratorExit where it is suspended."),
];

const NATIVE_COROUTINE_ATTRIBUTES: &[Attribute] = &[
    attribute("cr_frame", |_, _| Ok(Value::NONE)),
    attribute("cr_running", |_, _| Ok(Value::FALSE)),
    attribute("cr_suspended", native_suspended),
    attribute("cr_code", |_, _| Ok(Value::NONE)),
    attribute("cr_await", native_awaited),
    attribute("cr_origin", |_, _| Ok(Value::NONE)),
    attribute("__name__", |cx, value| Ok(cx.intern(native_name(value, false)))),
    attribute("__qualname__", |cx, value| Ok(cx.intern(native_name(value, true)))),
];

fn native(value: Value) -> Ref<Await> {
    value.get().expect("the receiver was checked")
}

fn native_suspended(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(native(value).state.get() == State::Suspended))
}

fn native_awaited(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let coroutine = native(value);
    Ok(if coroutine.state.get() == State::Suspended { coroutine.waits_for.get() } else { Value::NONE })
}

fn native_name(value: Value, is_qualified: bool) -> &'static str {
    match native(value).native {
        Some(coroutine) if is_qualified => coroutine.qualified_name,
        Some(coroutine) => coroutine.name,
        None => "",
    }
}

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let classes: [(LayoutId, &[Declaration], &[Declaration], &[Attribute]); 9] = [
        (LayoutId::GENERATOR, GENERATOR, GENERIC, GENERATOR_ATTRIBUTES),
        (LayoutId::COROUTINE, COROUTINE, GENERIC, COROUTINE_ATTRIBUTES),
        (LayoutId::ASYNC_GENERATOR, ASYNC_GENERATOR, GENERIC, ASYNC_GENERATOR_ATTRIBUTES),
        (LayoutId::COROUTINE_WRAPPER, &AWAIT[1..], &[], &[]),
        (LayoutId::ASYNC_GENERATOR_ASEND, AWAIT, &[], &[]),
        (LayoutId::ASYNC_GENERATOR_ATHROW, AWAIT, &[], &[]),
        (LayoutId::ANEXT_AWAITABLE, AWAIT, &[], &[]),
        (LayoutId::FUTURE_ITERATOR, &AWAIT[1..], &[], &[]),
        (LayoutId::NATIVE_COROUTINE, NATIVE_COROUTINE, &[], NATIVE_COROUTINE_ATTRIBUTES),
    ];
    for (layout, methods, class_methods, attributes) in classes {
        let class = cx.class(layout);
        class.set(Class::NOT_CALLABLE | Class::FINAL | Class::WEAKLY);
        module::install(cx, class, &ClassTables { methods, class_methods, static_methods: &[], attributes });
    }
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn itself(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(args.get(0))
}

fn of(cx: &mut Context, value: Value) -> Result<Ref<Generator>, Stop> {
    match value.get() {
        Some(generator) => Ok(generator),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("a generator is required, not '{found}'")))
        }
    }
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    crate::object::repr::repr(cx, args.get(0)).map_err(Problem::or_half)
}

fn await_coroutine(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Await::allocate(cx, AwaitKind::Coroutine, args.get(0), Value::NONE))
}

/// A step of an async generator is asked for. The script half comes first if the script must be told of that.
fn begin_step(cx: &mut Context, value: Value) -> Result<(), Stop> {
    let generator = of(cx, value)?;
    if generator.wants_first_hook(cx) {
        return Err(Stop::Half);
    }
    generator.begin_hooks(cx);
    Ok(())
}

fn begin_hooks(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(of(cx, args.get(0))?.begin_hooks(cx).unwrap_or(Value::NONE))
}

fn maker(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let maker = match args.get(0).get::<Await>() {
        Some(native) => native.maker(),
        None => args.get(0).get::<Generator>().and_then(|coroutine| coroutine.maker()),
    };
    let Some((object, word)) = maker else { return Ok(Value::NONE) };
    let code = &object.code;
    let span = code.span(word);
    let text = cx.str(code.source.text.get(span.start as usize..span.end as usize).unwrap_or_default());
    let repeats = code.inlined.iter().any(|variable| (variable.start..variable.end).contains(&word));
    let fields = [object.value(), Value::small(code.line(word) as i64), text, Value::bool(repeats)];
    Ok(cx.tuple(&fields))
}

fn anext(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    begin_step(cx, args.get(0))?;
    Ok(Await::allocate(cx, AwaitKind::Send, args.get(0), Value::NONE))
}

fn asend(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    begin_step(cx, args.get(0))?;
    Ok(Await::allocate(cx, AwaitKind::Send, args.get(0), args.get(1)))
}

fn aclose(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    begin_step(cx, args.get(0))?;
    Ok(Await::allocate(cx, AwaitKind::Close, args.get(0), Value::NONE))
}

/// The exception may be given as an instance, or as a class with a value and a traceback.
fn athrow(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    begin_step(cx, args.get(0))?;
    let (kind, value, traceback) = (args.get(1), args.get(2), args.get(3));
    let is_given = |value: Value| !value.is_unbound() && !value.is_none();
    let exception = match (kind.get::<Exception>(), kind.get::<Class>()) {
        (Some(_), _) if is_given(value) => {
            return Err(cx.type_error("instance exception may not have a separate value"));
        }
        (Some(_), _) => kind,
        (_, Some(class)) if class.is_subclass(cx.class(LayoutId::BASE_EXCEPTION)) => {
            if !class.has(Class::BUILTIN) || is_given(value) {
                return Err(Stop::Half);
            }
            let no_args = cx.empty_tuple;
            Exception::allocate(cx, class.root_layout.get(), no_args)
        }
        _ => {
            let found = cx.type_name(kind);
            let message = format!("exceptions must be classes or instances deriving from BaseException, not {found}");
            return Err(cx.type_error(message));
        }
    };
    if is_given(traceback) {
        if !traceback.is::<Traceback>() {
            return Err(cx.type_error("throw() third argument must be a traceback object"));
        }
        if let Some(body) = exception.get::<Exception>() {
            body.traceback.set(traceback);
        }
    }
    Ok(Await::allocate(cx, AwaitKind::Throw, args.get(0), exception))
}

// ----- attributes

fn frame(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let generator = of(cx, value)?;
    if generator.state.get() == State::Closed {
        return Ok(Value::NONE);
    }
    if generator.frame().is_unbound() {
        let frame = FrameObject::allocate(cx, generator.function, None);
        frame.generator.set(value);
        generator.set_frame(cx, frame.value());
    }
    Ok(generator.frame())
}

fn running(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, value)?.is_running()))
}

fn stepping(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, value)?.is_stepping.get()))
}

fn suspended(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let generator = of(cx, value)?;
    Ok(Value::bool(generator.state.get() == State::Suspended && !generator.is_running()))
}

fn code(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.function.code.get().value())
}

fn delegate(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.delegated().unwrap_or(Value::NONE))
}

fn origin(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let origin = of(cx, value)?.origin();
    Ok(if origin.is_unbound() { Value::NONE } else { origin })
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.name())
}

fn set_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    let generator = of(cx, value)?;
    if !name.is::<Str>() {
        return Err(cx.type_error("__name__ must be set to a string object"));
    }
    generator.set_name(cx, name);
    Ok(())
}

fn qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.qualified_name())
}

fn set_qualified_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    let generator = of(cx, value)?;
    if !name.is::<Str>() {
        return Err(cx.type_error("__qualname__ must be set to a string object"));
    }
    generator.set_qualified_name(cx, name);
    Ok(())
}
