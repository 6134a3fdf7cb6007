//! `BaseExceptionGroup` and `ExceptionGroup`. Splitting them by a condition is done by their script halves.

use crate::builtins::arguments::{instance_class, type_title};
use crate::builtins::exception;
use crate::object::alias::GenericAlias;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::items;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, FromValue, Stop, Wish, plain};
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, message, exceptions, /)", new, "Make a group of exceptions."),
    plain("__init__(self, /, *args, **kwargs)", init, "Set the arguments."),
    plain("derive(self, excs, /)", derive, "Return a group of these exceptions with the same message."),
    plain("split(self, condition, /)", half, "Return the parts for which the condition holds and does not."),
    plain("subgroup(self, condition, /)", half, "Return the part for which the condition holds."),
];

const CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "message", get: message, set: None, doc: "The message." },
    Attribute { name: "exceptions", get: exceptions, set: None, doc: "The exceptions in the group." },
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::BASE_EXCEPTION_GROUP);
    let tables =
        ClassTables { methods: METHODS, class_methods: CLASS_METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    module::install(cx, class, &tables);
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut class = instance_class(cx, args.get(0), LayoutId::BASE_EXCEPTION_GROUP)?;
    if !args.get(1).is::<Str>() {
        let found = type_title(cx, args.get(1));
        return Err(cx.type_error(format!("BaseExceptionGroup.__new__() argument 1 must be str, not {found}")));
    }
    let members = members(cx, args.get(2))?;
    let ordinary = cx.class(LayoutId::EXCEPTION);
    let is_ordinary = members.iter().all(|&member| cx.class_of(member).is_subclass(ordinary));
    if class == cx.class(LayoutId::BASE_EXCEPTION_GROUP) {
        if is_ordinary {
            class = cx.class(LayoutId::EXCEPTION_GROUP);
        }
    } else if !is_ordinary {
        if class == cx.class(LayoutId::EXCEPTION_GROUP) {
            return Err(cx.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
        }
        if class.is_subclass(ordinary) {
            let name = class.name_text();
            return Err(cx.type_error(format!("Cannot nest BaseExceptions in '{name}'")));
        }
    }
    group(cx, class, args.get(1), args.get(2), &members)
}

fn group(cx: &mut Context, class: Ref<Class>, message: Value, given: Value, members: &[Value]) -> Result<Value, Stop> {
    let arguments = cx.tuple(&[message, given]);
    let made = Exception::allocate_of(cx, class, arguments);
    let members = cx.tuple(members);
    if let Some(body) = made.get::<Exception>() {
        body.value.set(members);
    }
    Ok(made)
}

/// The exceptions of a sequence, of which there must be one at least.
fn members(cx: &mut Context, sequence: Value) -> Result<Vec<Value>, Stop> {
    let is_sequence = crate::builtins::arguments::has_special(cx, sequence, cx.names.__getitem__);
    if !is_sequence || sequence.is::<crate::object::dict::Dict>() {
        return Err(cx.type_error("second argument (exceptions) must be a sequence"));
    }
    let Some(items) = items::plain_items(cx, sequence) else { return Err(cx.ask(2, Wish::Items)) };
    let items = items?;
    if items.is_empty() {
        return Err(cx.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    for (index, item) in items.iter().enumerate() {
        if !item.is::<Exception>() {
            let message = format!("Item {index} of second argument (exceptions) is not an exception");
            return Err(cx.value_error(message));
        }
    }
    Ok(items)
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    exception::refuse_keywords(cx, args.get(0), args.get(2))?;
    if let Some(body) = args.get(0).get::<Exception>() {
        body.args.set(args.get(1));
    }
    Ok(Value::NONE)
}

fn derive(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let message = message(cx, args.get(0))?;
    let class = cx.class(LayoutId::BASE_EXCEPTION_GROUP).value();
    Err(cx.call(class, &[message, args.get(1)]))
}

fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

fn message(cx: &mut Context, group: Value) -> Result<Value, Stop> {
    let body = Ref::<Exception>::from_value(cx, group, 0)?;
    Ok(body.args.get().get::<Tuple>().and_then(|args| args.get(0)).unwrap_or(Value::NONE))
}

fn exceptions(cx: &mut Context, group: Value) -> Result<Value, Stop> {
    Ok(Ref::<Exception>::from_value(cx, group, 0)?.value.get())
}
