//! Functions of scripts, bound methods, code objects and cells.

use std::cell::Cell;

use crate::builtins::r#type::computed;
use crate::object::arguments::is_callable;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::{self, Problem};
use crate::object::forward::{self, attribute_of, itself, show, wrong_object};
use crate::object::function::{Attribute, CellObject, CodeObject, Function, Method};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, add_members};
use crate::object::native::{Args, Control, Declaration, Stop, control, plain};
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const FUNCTION: &[Declaration] = &[
    plain(
        "__new__(cls, code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
        new_function,
        "Create a function object.",
    ),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    control("__call__(self, /, *args, **kwargs)", Control::Call, "Call self as a function."),
    control("__get__(self, instance, owner=None, /)", Control::DescriptorGet, "Return a bound method."),
];

const FUNCTION_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__code__", get: code, set: Some(set_code), doc: "The compiled body." },
    Attribute { name: "__defaults__", get: defaults, set: Some(set_defaults), doc: "Defaults by position." },
    Attribute { name: "__kwdefaults__", get: kwdefaults, set: Some(set_kwdefaults), doc: "Defaults by name." },
    Attribute { name: "__name__", get: name, set: Some(set_name), doc: "The name." },
    Attribute { name: "__qualname__", get: qualified_name, set: Some(set_qualified_name), doc: "The dotted name." },
    Attribute { name: "__doc__", get: doc, set: Some(set_doc), doc: "The docstring." },
    Attribute { name: "__module__", get: module_name, set: Some(set_module), doc: "The name of the module." },
    Attribute { name: "__annotations__", get: annotations, set: Some(set_annotations), doc: "The annotations." },
    Attribute { name: "__annotate__", get: annotate, set: Some(set_annotate), doc: "Computes the annotations." },
    Attribute {
        name: "__type_params__",
        get: type_parameters,
        set: Some(set_type_parameters),
        doc: "The type parameters.",
    },
];

const FUNCTION_MEMBERS: &[Attribute] = &[
    Attribute { name: "__closure__", get: closure, set: None, doc: "The cells of the free variables." },
    Attribute { name: "__globals__", get: globals, set: None, doc: "The names of the module." },
    Attribute { name: "__builtins__", get: builtins, set: None, doc: "The built-in names." },
];

const METHOD: &[Declaration] = &[
    plain("__new__(cls, function, instance, /)", new_method, "Create a bound instance method object."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__eq__(self, value, /)", method_eq, "Return self==value."),
    plain("__ne__(self, value, /)", method_ne, "Return self!=value."),
    plain("__hash__(self, /)", method_hash, "Return hash(self)."),
    control("__call__(self, /, *args, **kwargs)", Control::Call, "Call self as a function."),
    plain("__get__(self, instance, owner=None, /)", itself, "Return the method, which is bound already."),
    plain("__getattr__(self, name, /)", method_getattr, "Return the attribute of the function."),
    plain("__reduce__(self, /)", method_reduce, "Return what is needed to make the method anew."),
];

const METHOD_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__name__", get: method_name, set: None, doc: "The name of the function." },
    Attribute { name: "__qualname__", get: method_qualified_name, set: None, doc: "Its dotted name." },
    Attribute { name: "__doc__", get: method_doc, set: None, doc: "Its docstring." },
    Attribute { name: "__module__", get: method_module, set: None, doc: "The name of its module." },
];

const METHOD_MEMBERS: &[Attribute] = &[
    Attribute { name: "__func__", get: method_function, set: None, doc: "The function." },
    Attribute { name: "__self__", get: method_receiver, set: None, doc: "The instance it is bound to." },
];

const CELL: &[Declaration] = &[
    plain("__new__(cls, contents=<unset>, /)", new_cell, "Create a cell."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
];

const CELL_ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "cell_contents", get: contents, set: Some(set_contents), doc: "What the cell holds." }];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    forward::install(cx);
    let classes: [(LayoutId, &[Declaration], &[Attribute], &[Attribute]); 3] = [
        (LayoutId::FUNCTION, FUNCTION, FUNCTION_ATTRIBUTES, FUNCTION_MEMBERS),
        (LayoutId::METHOD, METHOD, METHOD_ATTRIBUTES, METHOD_MEMBERS),
        (LayoutId::CELL, CELL, CELL_ATTRIBUTES, &[]),
    ];
    for (layout, methods, attributes, members) in classes {
        let class = cx.class(layout);
        class.set(Class::FINAL | Class::WEAKLY);
        module::install(cx, class, &ClassTables { methods, attributes, ..ClassTables::NONE });
        add_members(cx, class, members);
    }
}

// ----- functions

fn of(cx: &mut Context, value: Value) -> Result<Ref<Function>, Stop> {
    match value.get() {
        Some(function) => Ok(function),
        None => Err(wrong_object(cx, "function", value)),
    }
}

fn is_optional<T: crate::object::heap::Body>(value: Value) -> bool {
    value.is_none() || value.is::<T>()
}

fn new_function(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (name, defaults, closure, keyword_defaults) = (args.get(3), args.get(4), args.get(5), args.get(6));
    let Some(code) = args.get(1).get::<CodeObject>() else {
        let found = cx.type_name(args.get(1));
        return Err(cx.type_error(format!("function() argument 'code' must be code, not {found}")));
    };
    let Some(globals) = args.get(2).get::<Dict>() else {
        let found = cx.type_name(args.get(2));
        return Err(cx.type_error(format!("function() argument 'globals' must be dict, not {found}")));
    };
    if !is_optional::<Str>(name) {
        return Err(cx.type_error("arg 3 (name) must be None or string"));
    }
    if !is_optional::<Tuple>(defaults) {
        return Err(cx.type_error("arg 4 (defaults) must be None or tuple"));
    }
    if !is_optional::<Dict>(keyword_defaults) {
        return Err(cx.type_error("arg 6 (kwdefaults) must be None or dict"));
    }
    let cells = match closure.get::<Tuple>() {
        Some(cells) => cells.items().to_vec(),
        None if !closure.is_none() => return Err(cx.type_error("arg 5 (closure) must be None or tuple")),
        None if !code.free.is_empty() => return Err(cx.type_error("arg 5 (closure) must be tuple")),
        None => Vec::new(),
    };
    if cells.len() != code.free.len() {
        let (name, wanted, found) = (text_of(code.name), code.free.len(), cells.len());
        return Err(cx.value_error(format!("{name} requires closure of length {wanted}, not {found}")));
    }
    if let Some(&other) = cells.iter().find(|cell| !cell.is::<CellObject>()) {
        let found = cx.type_name(other);
        return Err(cx.type_error(format!("arg 5 (closure) expected cell, found {found}")));
    }
    let function = Function::allocate(cx, code, globals, cells.into_boxed_slice());
    if !name.is_none() {
        function.name.set(name);
    }
    function.defaults.set(defaults);
    function.keyword_defaults.set(keyword_defaults);
    Ok(function.value())
}

fn code(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.code.get().value())
}

fn set_code(cx: &mut Context, value: Value, code: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    let Some(code) = code.get::<CodeObject>() else {
        return Err(cx.type_error("__code__ must be set to a code object"));
    };
    let (own, wanted) = (function.closure.len(), code.free.len());
    if own != wanted {
        let name = text_of(function.name.get());
        let message = format!("{name}() requires a code object with {own} free vars, not {wanted}");
        return Err(cx.value_error(message));
    }
    function.set_code(code);
    // What calls of it have been found to need no longer holds.
    cx.classes_changed();
    Ok(())
}

fn defaults(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.defaults.get())
}

fn set_defaults(cx: &mut Context, value: Value, defaults: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    let defaults = if defaults.is_unbound() { Value::NONE } else { defaults };
    if !is_optional::<Tuple>(defaults) {
        return Err(cx.type_error("__defaults__ must be set to a tuple object"));
    }
    function.defaults.set(defaults);
    Ok(())
}

fn kwdefaults(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.keyword_defaults.get())
}

fn set_kwdefaults(cx: &mut Context, value: Value, defaults: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    let defaults = if defaults.is_unbound() { Value::NONE } else { defaults };
    if !is_optional::<Dict>(defaults) {
        return Err(cx.type_error("__kwdefaults__ must be set to a dict object"));
    }
    function.keyword_defaults.set(defaults);
    Ok(())
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.name.get())
}

fn set_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    if !name.is::<Str>() {
        return Err(cx.type_error("__name__ must be set to a string object"));
    }
    function.name.set(name);
    Ok(())
}

fn qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.qualified_name.get())
}

fn set_qualified_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    if !name.is::<Str>() {
        return Err(cx.type_error("__qualname__ must be set to a string object"));
    }
    function.qualified_name.set(name);
    Ok(())
}

fn doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.doc.get())
}

fn set_doc(cx: &mut Context, value: Value, doc: Value) -> Result<(), Stop> {
    of(cx, value)?.doc.set(if doc.is_unbound() { Value::NONE } else { doc });
    Ok(())
}

fn module_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.module.get())
}

fn set_module(cx: &mut Context, value: Value, module: Value) -> Result<(), Stop> {
    of(cx, value)?.module.set(if module.is_unbound() { Value::NONE } else { module });
    Ok(())
}

fn annotations(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let function = of(cx, value)?;
    let known = function.annotations.get();
    if !known.is_unbound() {
        return Ok(known);
    }
    let annotate = function.annotate.get();
    if !annotate.is_none() {
        return Err(computed(cx, value, annotate));
    }
    let annotations = cx.new_dict().value();
    function.annotations.set(annotations);
    Ok(annotations)
}

fn set_annotations(cx: &mut Context, value: Value, annotations: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    if !annotations.is_unbound() && !is_optional::<Dict>(annotations) {
        return Err(cx.type_error("__annotations__ must be set to a dict object"));
    }
    function.annotations.set(if annotations.is_none() { Value::UNBOUND } else { annotations });
    function.annotate.set(Value::NONE);
    Ok(())
}

fn annotate(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.annotate.get())
}

fn set_annotate(cx: &mut Context, value: Value, annotate: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    if annotate.is_unbound() {
        return Err(cx.type_error("__annotate__ cannot be deleted"));
    }
    if !annotate.is_none() && !is_callable(cx, annotate) {
        return Err(cx.type_error("__annotate__ must be callable or None"));
    }
    function.annotate.set(annotate);
    if !annotate.is_none() {
        function.annotations.set(Value::UNBOUND);
    }
    Ok(())
}

fn type_parameters(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.type_parameters.get())
}

fn set_type_parameters(cx: &mut Context, value: Value, parameters: Value) -> Result<(), Stop> {
    let function = of(cx, value)?;
    if !parameters.is::<Tuple>() {
        return Err(cx.type_error("__type_params__ must be set to a tuple"));
    }
    function.type_parameters.set(parameters);
    Ok(())
}

fn closure(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let function = of(cx, value)?;
    if function.closure.is_empty() {
        return Ok(Value::NONE);
    }
    Ok(cx.tuple(&function.closure))
}

fn globals(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.globals.value())
}

fn builtins(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    of(cx, value)?;
    Ok(cx.builtins.value())
}

// ----- bound methods

fn method(cx: &mut Context, value: Value) -> Result<Ref<Method>, Stop> {
    match value.get() {
        Some(method) => Ok(method),
        None => Err(wrong_object(cx, "method", value)),
    }
}

fn new_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (function, receiver) = (args.get(1), args.get(2));
    if !is_callable(cx, function) {
        return Err(cx.type_error("first argument must be callable"));
    }
    if receiver.is_none() {
        return Err(cx.type_error("instance must not be None"));
    }
    Ok(cx.heap.allocate(LayoutId::METHOD, Method { function, receiver }).value())
}

fn method_equality(cx: &mut Context, args: Args<'_>) -> Result<Option<bool>, Stop> {
    let (a, b) = (args.get(0), args.get(1));
    if !a.is::<Method>() || !b.is::<Method>() {
        return Ok(None);
    }
    match equality::equal_as_data(cx, a, b) {
        Ok(is_equal) => Ok(Some(is_equal)),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => Ok(None),
    }
}

/// `==` of bound methods: the same receiver and equal functions.
pub fn method_eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let is_equal = method_equality(cx, args)?;
    Ok(is_equal.map_or(cx.not_implemented, Value::bool))
}

/// The opposite.
pub fn method_ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let is_equal = method_equality(cx, args)?;
    Ok(is_equal.map_or(cx.not_implemented, |is_equal| Value::bool(!is_equal)))
}

/// The hash of a bound method: of its function and its receiver's identity.
pub fn method_hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let method = method(cx, args.get(0))?;
    let hash = equality::address_hash(method.function) ^ equality::address_hash(method.receiver);
    let hash = match equality::hash_as_data(cx, args.get(0)) {
        Ok(hash) => hash,
        Err(_) => equality::no_minus_one(hash),
    };
    Ok(cx.int(hash))
}

fn method_getattr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let method = method(cx, args.get(0))?;
    Err(attribute_of(cx, method.function, args.get(1), Value::UNBOUND))
}

fn method_reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let method = method(cx, args.get(0))?;
    let name = match method.function.get::<Function>() {
        Some(function) => function.name.get(),
        None => return Err(cx.type_error("cannot pickle 'method' object")),
    };
    let getattr = cx.module_state[forward::GETATTR_KEY];
    let parts = cx.tuple(&[method.receiver, name]);
    Ok(cx.tuple(&[getattr, parts]))
}

fn forwarded(cx: &mut Context, value: Value, name: Value) -> Result<Value, Stop> {
    let method = method(cx, value)?;
    Err(attribute_of(cx, method.function, name, Value::UNBOUND))
}

fn method_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    forwarded(cx, value, cx.names.__name__)
}

fn method_qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    forwarded(cx, value, cx.names.__qualname__)
}

fn method_doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    forwarded(cx, value, cx.names.__doc__)
}

fn method_module(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    forwarded(cx, value, cx.names.__module__)
}

fn method_function(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(method(cx, value)?.function)
}

fn method_receiver(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(method(cx, value)?.receiver)
}

// ----- cells

fn new_cell(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.heap.allocate(LayoutId::CELL, CellObject { content: Cell::new(args.get(1)) }).value())
}

fn cell(cx: &mut Context, value: Value) -> Result<Ref<CellObject>, Stop> {
    match value.get() {
        Some(cell) => Ok(cell),
        None => Err(wrong_object(cx, "cell", value)),
    }
}

fn contents(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match cell(cx, value)?.content.get() {
        content if content.is_unbound() => Err(cx.value_error("Cell is empty")),
        content => Ok(content),
    }
}

fn set_contents(cx: &mut Context, value: Value, content: Value) -> Result<(), Stop> {
    cell(cx, value)?.content.set(content);
    Ok(())
}
