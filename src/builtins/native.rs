//! Natives as scripts see them: built-in functions and methods, bound or not, and the accessors of attributes.

use crate::builtins::function::{method_eq, method_hash, method_ne};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality;
use crate::object::forward::{itself, show, wrong_object};
use crate::object::function::{Accessor, Attribute, Descriptor, Method};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::string::text_of;
use crate::object::value::Value;

const BOUND: &[Declaration] = &[
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    control("__call__(self, /, *args, **kwargs)", Control::Call, "Call self as a function."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the function anew."),
];

const UNBOUND: &[Declaration] = &[
    plain("__repr__(self, /)", show, "Return repr(self)."),
    control("__call__(self, /, *args, **kwargs)", Control::Call, "Call self as a function."),
    control("__get__(self, instance, owner=None, /)", Control::DescriptorGet, "Return a bound method."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the method anew."),
];

const ACCESSOR: &[Declaration] = &[
    plain("__repr__(self, /)", show, "Return repr(self)."),
    control("__get__(self, instance, owner=None, /)", Control::DescriptorGet, "Return the attribute."),
    control("__set__(self, instance, value, /)", Control::DescriptorSet, "Set the attribute."),
    control("__delete__(self, instance, /)", Control::DescriptorDelete, "Delete the attribute."),
];

const COMMON_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__name__", get: name, set: None, doc: "The name." },
    Attribute { name: "__qualname__", get: qualified_name, set: None, doc: "The dotted name." },
    Attribute { name: "__doc__", get: doc, set: None, doc: "What it does." },
    Attribute { name: "__text_signature__", get: text_signature, set: None, doc: "Its parameters." },
];

const BOUND_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__self__", get: receiver, set: None, doc: "What it is bound to." },
    Attribute { name: "__module__", get: module_name, set: None, doc: "The name of its module." },
];

const OWNED_ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "__objclass__", get: owner, set: None, doc: "The class that has it." }];

const ACCESSOR_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__name__", get: accessor_name, set: None, doc: "The name." },
    Attribute { name: "__qualname__", get: accessor_qualified_name, set: None, doc: "The dotted name." },
    Attribute { name: "__doc__", get: accessor_doc, set: None, doc: "What it is." },
    Attribute { name: "__objclass__", get: accessor_owner, set: None, doc: "The class that has it." },
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let classes: [(LayoutId, &[Declaration], [&[Attribute]; 3]); 7] = [
        (LayoutId::BUILTIN_FUNCTION, BOUND, [COMMON_ATTRIBUTES, BOUND_ATTRIBUTES, &[]]),
        (LayoutId::METHOD_WRAPPER, BOUND, [COMMON_ATTRIBUTES, BOUND_ATTRIBUTES, OWNED_ATTRIBUTES]),
        (LayoutId::METHOD_DESCRIPTOR, UNBOUND, [COMMON_ATTRIBUTES, OWNED_ATTRIBUTES, &[]]),
        (LayoutId::WRAPPER_DESCRIPTOR, UNBOUND, [COMMON_ATTRIBUTES, OWNED_ATTRIBUTES, &[]]),
        (LayoutId::CLASSMETHOD_DESCRIPTOR, UNBOUND, [COMMON_ATTRIBUTES, OWNED_ATTRIBUTES, &[]]),
        (LayoutId::GETSET_DESCRIPTOR, ACCESSOR, [ACCESSOR_ATTRIBUTES, &[], &[]]),
        (LayoutId::MEMBER_DESCRIPTOR, ACCESSOR, [ACCESSOR_ATTRIBUTES, &[], &[]]),
    ];
    for (layout, methods, attributes) in classes {
        let class = cx.class(layout);
        class.set(Class::FINAL | Class::NOT_CALLABLE | Class::WEAKLY);
        module::install(cx, class, &ClassTables { methods, ..ClassTables::NONE });
        for attributes in attributes {
            module::install(cx, class, &ClassTables { attributes, ..ClassTables::NONE });
        }
    }
}

/// The native behind a value: itself, or the function of a bound one.
fn of(cx: &mut Context, value: Value) -> Result<Ref<Native>, Stop> {
    let function = value.get::<Method>().map_or(value, |method| method.function);
    match function.get() {
        Some(native) => Ok(native),
        None => Err(wrong_object(cx, "builtin_function_or_method", value)),
    }
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(0) == args.get(1) { Ok(Value::TRUE) } else { method_eq(cx, args) }
}

fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(0) == args.get(1) { Ok(Value::FALSE) } else { method_ne(cx, args) }
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if args.get(0).is::<Method>() {
        return method_hash(cx, args);
    }
    let hash = equality::address_hash(args.get(0));
    Ok(cx.int(hash))
}

/// The name, by which copying finds it again.
fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let native = of(cx, args.get(0))?;
    let text = qualified_text(native);
    match args.get(0).is::<Method>() {
        true => itself(cx, args),
        false => Ok(cx.str(&text)),
    }
}

// ----- attributes of natives

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let native = of(cx, value)?;
    Ok(cx.intern(native.declaration.name()))
}

fn qualified_text(native: Ref<Native>) -> String {
    let name = native.declaration.name();
    match native.owner.get().get::<Class>() {
        Some(owner) => format!("{}.{name}", owner.name_text()),
        None => name.to_string(),
    }
}

fn qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let text = qualified_text(of(cx, value)?);
    Ok(cx.str(&text))
}

fn doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let native = of(cx, value)?;
    match native.declaration.doc {
        "" => Ok(Value::NONE),
        doc => Ok(cx.str(doc)),
    }
}

/// `($self, index=-1, /)`: the first parameter is marked where it is one that binding fills.
fn text_signature(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let native = of(cx, value)?;
    let signature = native.declaration.signature;
    let inside = signature.split_once('(').map_or("", |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    let inside = inside.replace("<unset>", "<unrepresentable>");
    let is_function = native.header().layout() == LayoutId::BUILTIN_FUNCTION;
    let has_owner = native.owner.get().is::<Class>();
    let text = match (is_function, has_owner) {
        (true, false) if inside.is_empty() => "($module, /)".to_string(),
        (true, false) => format!("($module, {inside})"),
        (true, true) if native.declaration.name() != "__new__" => format!("({inside})"),
        (true, true) => format!("($type{})", inside.strip_prefix("cls").unwrap_or(&inside)),
        (false, _) => match inside.strip_prefix("cls") {
            Some(rest) => format!("($type{rest})"),
            None => format!("($self{})", inside.strip_prefix("self").unwrap_or(&inside)),
        },
    };
    Ok(cx.str(&text))
}

fn receiver(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    if let Some(method) = value.get::<Method>() {
        return Ok(method.receiver);
    }
    let native = of(cx, value)?;
    if native.owner.get().is::<Class>() {
        return Ok(native.owner.get());
    }
    let module = cx.intern_value(native.module.get());
    Ok(cx.modules.get_interned(module).unwrap_or(Value::NONE))
}

fn module_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let native = of(cx, value)?;
    Ok(if value.is::<Method>() { Value::NONE } else { native.module.get() })
}

fn owner(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.owner.get())
}

// ----- attributes of accessors

fn accessor(cx: &mut Context, value: Value) -> Result<Ref<Descriptor>, Stop> {
    match value.get() {
        Some(descriptor) => Ok(descriptor),
        None => Err(wrong_object(cx, "getset_descriptor", value)),
    }
}

fn accessor_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(accessor(cx, value)?.name.get())
}

fn accessor_qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let accessor = accessor(cx, value)?;
    let owner =
        accessor.getter.get().get::<Class>().map_or_else(String::new, |class| text_of(class.qualified_name.get()));
    let name = text_of(accessor.name.get());
    Ok(cx.str(&format!("{owner}.{name}")))
}

fn accessor_doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match accessor(cx, value)?.accessor.get() {
        Some(Accessor::Native(attribute)) if !attribute.doc.is_empty() => Ok(cx.str(attribute.doc)),
        _ => Ok(Value::NONE),
    }
}

fn accessor_owner(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(accessor(cx, value)?.getter.get())
}
