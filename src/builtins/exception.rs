//! Exceptions: what all of them have, and the constructors of those that keep more than their arguments.
//!
//! What only some classes have (`name`, `lineno`) are fields, None until they are set. OSError is in `os_error`, the errors of encodings in `unicode_error`, groups in
//! `exception_group`.

use crate::builtins::arguments::{instance_class, set_own};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::exception::{Exception, Traceback, set_field};
use crate::object::exception_text;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::items;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::repr;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const BASE: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make an exception with these arguments."),
    plain("__init__(self, /, *args, **kwargs)", init, "Set the arguments."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__str__(self, /)", str, "Return str(self)."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the exception anew."),
    plain("__setstate__(self, state, /)", set_state, "Set attributes from a dict."),
    plain("with_traceback(self, tb, /)", with_traceback, "Set the traceback and return the exception."),
    plain("add_note(self, note, /)", add_note, "Add a note, which is shown below the message."),
];

const BASE_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "args", get: args_of, set: Some(set_args), doc: "The arguments it was made with." },
    Attribute { name: "__traceback__", get: traceback, set: Some(set_traceback), doc: "Where it passed through." },
    Attribute { name: "__cause__", get: cause, set: Some(set_cause), doc: "What `raise ... from` names." },
    Attribute { name: "__context__", get: context, set: Some(set_context), doc: "What was being handled." },
    Attribute {
        name: "__suppress_context__",
        get: suppress_context,
        set: Some(set_suppress_context),
        doc: "Is the context not shown?",
    },
];

const STOP_ITERATION: &[Declaration] =
    &[plain("__init__(self, /, *args, **kwargs)", init_stop_iteration, "Set the arguments and the value.")];
const STOP_ITERATION_ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "value", get: value, set: Some(set_value), doc: "What the generator returned." }];
const SYSTEM_EXIT: &[Declaration] =
    &[plain("__init__(self, /, *args, **kwargs)", init_system_exit, "Set the arguments and the code.")];
const SYSTEM_EXIT_ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "code", get: value, set: Some(set_value), doc: "The status the program ends with." }];
const IMPORT_ERROR: &[Declaration] =
    &[plain("__init__(self, /, *args, **kwargs)", init_import_error, "Set the arguments, name and path.")];
const ATTRIBUTE_ERROR: &[Declaration] =
    &[plain("__init__(self, /, *args, **kwargs)", init_attribute_error, "Set the arguments, name and object.")];
const NAME_ERROR: &[Declaration] =
    &[plain("__init__(self, /, *args, **kwargs)", init_name_error, "Set the arguments and the name.")];
const SYNTAX_ERROR: &[Declaration] =
    &[plain("__init__(self, /, *args, **kwargs)", init_syntax_error, "Set the message and the place.")];

/// The accessors of fields.
macro_rules! fields {
    ($($name:ident),*) => {
        &[$($crate::object::function::Attribute {
            name: stringify!($name),
            get: |cx, exception| {
                let name = cx.names.$name;
                $crate::builtins::exception::field(cx, exception, name)
            },
            set: Some(|cx, exception, value| {
                let name = cx.names.$name;
                $crate::builtins::exception::assign_field(cx, exception, name, value)
            }),
            doc: "",
        }),*]
    };
}
pub(super) use fields;

/// The fields that only some classes have.
const FIELDS: &[(LayoutId, &[Attribute])] = &[
    (LayoutId::IMPORT_ERROR, fields!(msg, name, path, name_from)),
    (LayoutId::ATTRIBUTE_ERROR, fields!(name, obj)),
    (LayoutId::NAME_ERROR, fields!(name)),
    (LayoutId::SYNTAX_ERROR, fields!(msg, filename, lineno, offset, text, end_lineno, end_offset, print_file_and_line)),
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let none: &[Attribute] = &[];
    let tables = [
        (LayoutId::BASE_EXCEPTION, BASE, BASE_ATTRIBUTES),
        (LayoutId::STOP_ITERATION, STOP_ITERATION, STOP_ITERATION_ATTRIBUTES),
        (LayoutId::SYSTEM_EXIT, SYSTEM_EXIT, SYSTEM_EXIT_ATTRIBUTES),
        (LayoutId::IMPORT_ERROR, IMPORT_ERROR, none),
        (LayoutId::ATTRIBUTE_ERROR, ATTRIBUTE_ERROR, none),
        (LayoutId::NAME_ERROR, NAME_ERROR, none),
        (LayoutId::SYNTAX_ERROR, SYNTAX_ERROR, none),
    ];
    for (layout, methods, attributes) in tables {
        let class = cx.class(layout);
        module::install(cx, class, &ClassTables { methods, attributes, ..ClassTables::NONE });
    }
    let base = cx.class(LayoutId::BASE_EXCEPTION);
    let method = |name: Value| base.dict.get_interned(name).expect("the class has just got it");
    cx.originals.exception_new = method(cx.names.__new__);
    cx.originals.exception_init = method(cx.names.__init__);
    for &(layout, fields) in FIELDS {
        let class = cx.class(layout);
        module::add_members(cx, class, fields);
    }
}

/// A field, None until it is set.
pub fn field(cx: &mut Context, exception: Value, name: Value) -> Result<Value, Stop> {
    Ok(body(cx, exception)?.field(name).unwrap_or(Value::NONE))
}

/// Sets a field that a script assigns to or deletes.
pub fn assign_field(cx: &mut Context, exception: Value, name: Value, value: Value) -> Result<(), Stop> {
    body(cx, exception)?.set_field(name, value);
    Ok(())
}

/// Has the class of an exception this field?
fn is_field(cx: &mut Context, exception: Value, name: Value) -> bool {
    let found = cx.lookup(cx.class_of(exception), name);
    found.and_then(|found| found.header()).is_some_and(|header| header.layout() == LayoutId::MEMBER_DESCRIPTOR)
}

/// The body of the receiver.
fn body(cx: &mut Context, exception: Value) -> Result<Ref<Exception>, Stop> {
    Ref::<Exception>::from_value(cx, exception, 0)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::BASE_EXCEPTION)?;
    Ok(Exception::allocate_of(cx, class, args.get(1)))
}

/// Sets the arguments; there are none by name.
pub fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    refuse_keywords(cx, args.get(0), args.get(2))?;
    body(cx, args.get(0))?.args.set(args.get(1));
    Ok(Value::NONE)
}

/// TypeError if there are keyword arguments.
pub fn refuse_keywords(cx: &mut Context, exception: Value, keywords: Value) -> Result<(), Stop> {
    match keywords.get::<Dict>() {
        Some(keywords) if !keywords.is_empty() => {
            let name = cx.type_name(exception);
            Err(cx.type_error(format!("{name}() takes no keyword arguments")))
        }
        _ => Ok(()),
    }
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut out = Vec::new();
    repr::write_repr_as_data(cx, &mut out, args.get(0)).map_err(Problem::or_half)?;
    Str::try_from_vec(cx, out)
}

fn str(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let exception = body(cx, args.get(0))?;
    let mut out = Vec::new();
    exception_text::write_exception_message(cx, &mut out, exception).map_err(Problem::or_half)?;
    Str::try_from_vec(cx, out)
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let exception = args.get(0);
    let class = cx.class_of(exception).value();
    let arguments = body(cx, exception)?.args.get();
    let attributes = exception.header().and_then(|header| header.attribute_dict(cx));
    let state = match attributes {
        Some(attributes) => attributes.copy(cx),
        None => cx.new_dict(),
    };
    for (name, value) in fields_of_state(cx, exception)? {
        state.set_interned(name, value);
    }
    match state.is_empty() {
        true => Ok(cx.tuple(&[class, arguments])),
        false => Ok(cx.tuple(&[class, arguments, state.value()])),
    }
}

/// The fields that a copy gets otherwise than by its arguments.
fn fields_of_state(cx: &mut Context, exception: Value) -> Result<Vec<(Value, Value)>, Stop> {
    let (body, names) = (body(cx, exception)?, cx.names);
    let mut state = Vec::new();
    let kept: &[Value] = if cx.is_instance(exception, LayoutId::IMPORT_ERROR) {
        &[names.name, names.path, names.name_from]
    } else if cx.is_instance(exception, LayoutId::ATTRIBUTE_ERROR) {
        state.push((names.args, body.args.get()));
        &[names.name]
    } else {
        &[]
    };
    state.extend(kept.iter().filter_map(|&name| Some((name, body.field(name)?))));
    Ok(state)
}

fn set_state(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (exception, state) = (args.get(0), args.get(1));
    let Some(state) = state.get::<Dict>() else {
        return match state.is_none() {
            true => Ok(Value::NONE),
            false => Err(cx.type_error("state is not a dictionary")),
        };
    };
    for (name, value) in state.to_vec() {
        let name = cx.intern_value(name);
        match crate::object::string::text_of(name).as_str() {
            "args" if value.is::<Tuple>() => body(cx, exception)?.args.set(value),
            _ if is_field(cx, exception, name) => set_field(exception, name, value),
            _ => set_own(cx, exception, name, value),
        }
    }
    Ok(Value::NONE)
}

fn with_traceback(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    set_traceback(cx, args.get(0), args.get(1))?;
    Ok(args.get(0))
}

fn add_note(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (exception, note) = (args.get(0), args.get(1));
    if !note.is::<Str>() {
        let found = cx.type_name(note);
        return Err(cx.type_error(format!("note must be a str, not '{found}'")));
    }
    let name = cx.names.__notes__;
    match exception.header().and_then(|header| header.own_attribute(cx, name)) {
        None => {
            let notes = cx.list(vec![note]);
            set_own(cx, exception, name, notes);
        }
        Some(notes) => match notes.get::<List>() {
            Some(notes) => notes.push(note),
            None => return Err(cx.type_error("Cannot add note: __notes__ is not a list")),
        },
    }
    Ok(Value::NONE)
}

// ----- attributes of all

fn args_of(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    Ok(body(cx, exception)?.args.get())
}

fn set_args(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    if value.is_unbound() {
        return Err(cx.type_error("args may not be deleted"));
    }
    let Some(items) = items::plain_items(cx, value) else {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("'{found}' object is not iterable")));
    };
    let items = items?;
    let args = cx.tuple(&items);
    body(cx, exception)?.args.set(args);
    Ok(())
}

fn traceback(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    Ok(body(cx, exception)?.traceback.get())
}

fn set_traceback(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    if value.is_unbound() {
        return Err(cx.type_error("__traceback__ may not be deleted"));
    }
    if !value.is_none() && !value.is::<Traceback>() {
        return Err(cx.type_error("__traceback__ must be a traceback or None"));
    }
    body(cx, exception)?.traceback.set(value);
    Ok(())
}

fn cause(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    Ok(body(cx, exception)?.cause.get())
}

/// Checks an exception that another is to refer to.
fn check_linked(cx: &mut Context, value: Value, name: &str) -> Result<(), Stop> {
    if value.is_unbound() {
        return Err(cx.type_error(format!("__{name}__ may not be deleted")));
    }
    if !value.is_none() && !value.is::<Exception>() {
        return Err(cx.type_error(format!("exception {name} must be None or derive from BaseException")));
    }
    Ok(())
}

fn set_cause(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    check_linked(cx, value, "cause")?;
    let body = body(cx, exception)?;
    body.cause.set(value);
    body.suppress_context.set(true);
    Ok(())
}

fn context(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    Ok(body(cx, exception)?.context.get())
}

fn set_context(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    check_linked(cx, value, "context")?;
    body(cx, exception)?.context.set(value);
    Ok(())
}

fn suppress_context(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    Ok(Value::bool(body(cx, exception)?.suppress_context.get()))
}

fn set_suppress_context(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    if value.is_unbound() {
        return Err(cx.type_error("can't delete numeric/char attribute"));
    }
    if !value.is_bool() {
        return Err(cx.type_error("attribute value type must be bool"));
    }
    body(cx, exception)?.suppress_context.set(value == Value::TRUE);
    Ok(())
}

// ----- classes that keep more

fn value(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    Ok(body(cx, exception)?.value.get())
}

fn set_value(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    body(cx, exception)?.value.set(if value.is_unbound() { Value::NONE } else { value });
    Ok(())
}

fn init_stop_iteration(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    init(cx, args)?;
    let first = args.get(1).get::<Tuple>().and_then(|args| args.get(0));
    body(cx, args.get(0))?.value.set(first.unwrap_or(Value::NONE));
    Ok(Value::NONE)
}

fn init_system_exit(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    init(cx, args)?;
    let code = match args.get(1).get::<Tuple>() {
        Some(items) if items.len() == 1 => items.items()[0],
        Some(items) if items.len() > 1 => args.get(1),
        _ => Value::NONE,
    };
    body(cx, args.get(0))?.value.set(code);
    Ok(Value::NONE)
}

/// Sets the arguments, and the attributes given by these keywords; others are refused.
fn init_with(cx: &mut Context, args: Args<'_>, known: &[Value]) -> Result<(), Stop> {
    let exception = args.get(0);
    body(cx, exception)?.args.set(args.get(1));
    let given = args.get(2).get::<Dict>().map_or(Vec::new(), |keywords| keywords.to_vec());
    for &(name, _) in &given {
        if !known.contains(&name) {
            let (class, name) = (cx.type_name(exception), crate::object::string::text_of(name));
            let message = format!("{class}() got an unexpected keyword argument '{name}'");
            return Err(cx.type_error(message));
        }
    }
    for (name, value) in given {
        set_field(exception, name, value);
    }
    Ok(())
}

fn init_import_error(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let names = cx.names;
    // What is not given now is given no more.
    for name in [names.msg, names.name, names.path, names.name_from] {
        set_field(args.get(0), name, Value::UNBOUND);
    }
    init_with(cx, args, &[names.name, names.path, names.name_from])?;
    if let Some([message]) = args.get(1).get::<Tuple>().as_ref().map(|items| items.items()) {
        set_field(args.get(0), names.msg, *message);
    }
    Ok(Value::NONE)
}

fn init_attribute_error(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let names = cx.names;
    init_with(cx, args, &[names.name, names.obj])?;
    Ok(Value::NONE)
}

fn init_name_error(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let names = cx.names;
    init_with(cx, args, &[names.name])?;
    Ok(Value::NONE)
}

fn init_syntax_error(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    init(cx, args)?;
    let (exception, names) = (args.get(0), cx.names);
    let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    if let Some(&message) = items.first() {
        set_field(exception, names.msg, message);
    }
    if items.len() != 2 {
        return Ok(Value::NONE);
    }
    let Some(place) = items::plain_items(cx, items[1]) else {
        let found = cx.type_name(items[1]);
        return Err(cx.type_error(format!("'{found}' object is not iterable")));
    };
    let place = place?;
    match place.len() {
        4 | 6 => {}
        5 => return Err(cx.type_error("end_offset must be provided when end_lineno is provided")),
        count @ ..4 => {
            return Err(cx.type_error(format!("function takes at least 4 arguments ({count} given)")));
        }
        count => return Err(cx.type_error(format!("function takes at most 6 arguments ({count} given)"))),
    }
    let fields = [names.filename, names.lineno, names.offset, names.text, names.end_lineno, names.end_offset];
    for (name, value) in fields.into_iter().zip(place) {
        set_field(exception, name, value);
    }
    Ok(Value::NONE)
}
