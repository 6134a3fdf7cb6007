//! Generic aliases such as `list[int]`, and unions such as `int | None`.

use crate::builtins::r#type::is_unionable;
use crate::object::alias::GenericAlias;
use crate::object::arguments::{capacity, finished, instance_class, rest};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::forward::{attribute_of, call_half, show, wrong_object};
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const ALIAS: &[Declaration] = &[
    plain("__new__(cls, origin, args, /)", new, "A class with type arguments."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__call__(self, /, *args, **kwargs)", half, "Call the class and say what made the instance."),
    plain("__getitem__(self, item, /)", half, "Return the alias with its type parameters replaced."),
    plain("__getattribute__(self, name, /)", getattribute, "Return the attribute, of the class for most names."),
    plain("__mro_entries__(self, bases, /)", mro_entries, "Return what a class statement has as base instead."),
    plain("__instancecheck__(self, instance, /)", instancecheck, "Refuses isinstance()."),
    plain("__subclasscheck__(self, cls, /)", subclasscheck, "Refuses issubclass()."),
    plain("__iter__(self, /)", iter, "Give the unpacked form of the alias."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", ror, "Return value|self."),
    plain("__dir__(self, /)", half, "Return the names of the attributes."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the alias anew."),
];

const ALIAS_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__origin__", get: origin, set: None, doc: "The class." },
    Attribute { name: "__args__", get: arguments, set: None, doc: "The type arguments." },
    Attribute { name: "__parameters__", get: parameters, set: None, doc: "The type parameters among them." },
    Attribute { name: "__unpacked__", get: is_unpacked, set: None, doc: "Is it unpacked by a star?" },
    Attribute { name: "__typing_unpacked_tuple_args__", get: unpacked_arguments, set: None, doc: "Those if so." },
];

const UNION: &[Declaration] = &[
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__or__(self, value, /)", or, "Return self|value."),
    plain("__ror__(self, value, /)", ror, "Return value|self."),
    plain("__getitem__(self, item, /)", half, "Return the union with its type parameters replaced."),
    plain("__instancecheck__(self, instance, /)", half, "Return whether an object is an instance of a member."),
    plain("__subclasscheck__(self, cls, /)", half, "Return whether a class is a subclass of a member."),
    plain("__mro_entries__(self, bases, /)", refuse_subclass, "Refuses to be a base."),
];

const UNION_CLASS_METHODS: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", union_of, "Return the union of types.")];

const UNION_ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "__args__", get: arguments, set: None, doc: "The members." },
    Attribute { name: "__origin__", get: union_origin, set: None, doc: "typing.Union" },
    Attribute { name: "__parameters__", get: parameters, set: None, doc: "The type parameters among them." },
    Attribute { name: "__name__", get: union_name, set: None, doc: "Union" },
    Attribute { name: "__qualname__", get: union_name, set: None, doc: "Union" },
];

/// What the script halves make unions of once they have compared the members themselves.
pub const HALVES: &[Declaration] = &[
    plain("make_union(members, /)", make_union, "A union of members known to differ."),
    plain("keep_parameters(alias, parameters, /)", keep_parameters, "Keep the type parameters of an alias."),
];

/// Names that an alias answers itself; all others are the class's.
const OWN: &[&str] = &[
    "__class__",
    "__bases__",
    "__origin__",
    "__args__",
    "__parameters__",
    "__unpacked__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
];

/// Puts the methods into the classes.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::GENERIC_ALIAS);
    class.set(Class::WEAKLY);
    module::install(cx, class, &ClassTables { methods: ALIAS, attributes: ALIAS_ATTRIBUTES, ..ClassTables::NONE });
    let class = cx.class(LayoutId::UNION);
    class.set(Class::FINAL | Class::NOT_CALLABLE | Class::WEAKLY);
    let tables = ClassTables {
        methods: UNION,
        class_methods: UNION_CLASS_METHODS,
        static_methods: &[],
        attributes: UNION_ATTRIBUTES,
    };
    module::install(cx, class, &tables);
    // Without it the subscript would make unions look like sequences.
    let name = cx.intern("__iter__");
    class.dict.set_interned(name, Value::NONE);
}

fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn of(cx: &mut Context, value: Value) -> Result<Ref<GenericAlias>, Stop> {
    match value.get() {
        Some(alias) => Ok(alias),
        None => Err(wrong_object(cx, "types.GenericAlias", value)),
    }
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::GENERIC_ALIAS)?;
    let alias = GenericAlias::allocate_as(cx, class.root_layout.get(), capacity(class), args.get(1), args.get(2));
    Ok(finished(cx, class, alias))
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if !args.get(1).is::<GenericAlias>() {
        return Ok(cx.not_implemented);
    }
    match equality::equal_as_data(cx, args.get(0), args.get(1)) {
        Ok(is_equal) => Ok(Value::bool(is_equal)),
        Err(problem) => Err(problem.or_half()),
    }
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match equality::hash_as_data(cx, args.get(0)) {
        Ok(hash) => Ok(cx.int(hash)),
        Err(problem) => Err(problem.or_half()),
    }
}

fn getattribute(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let alias = of(cx, args.get(0))?;
    let name = args.get(1);
    let is_own = name.get::<Str>().is_none_or(|name| OWN.contains(&name.text().as_ref()));
    if is_own || alias.is_union() {
        let callee = cx.module_state["object.__getattribute__"];
        return Err(cx.call(callee, &[args.get(0), name]));
    }
    Err(attribute_of(cx, alias.origin, name, Value::UNBOUND))
}

fn mro_entries(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let alias = of(cx, args.get(0))?;
    Ok(cx.tuple(&[alias.origin]))
}

fn instancecheck(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.type_error("isinstance() argument 2 cannot be a parameterized generic"))
}

fn subclasscheck(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.type_error("issubclass() argument 2 cannot be a parameterized generic"))
}

fn iter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let alias = of(cx, args.get(0))?;
    let starred = alias.starred(cx);
    let list = cx.list(vec![starred]);
    Ok(crate::object::iterator::of_builtin(cx, list).unwrap_or(list))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let alias = of(cx, args.get(0))?;
    let class = cx.class(LayoutId::GENERIC_ALIAS).value();
    let parts = cx.tuple(&[alias.origin, alias.args]);
    Ok(cx.tuple(&[class, parts]))
}

fn origin(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.origin)
}

fn arguments(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.args)
}

fn is_unpacked(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(cx, value)?.is_starred))
}

fn unpacked_arguments(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let alias = of(cx, value)?;
    let is_tuple = alias.origin == cx.class(LayoutId::TUPLE).value();
    Ok(if alias.is_starred && is_tuple { alias.args } else { Value::NONE })
}

fn parameters(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let alias = of(cx, value)?;
    if !alias.parameters.get().is_unbound() {
        return Ok(alias.parameters.get());
    }
    let is_plain = |&item: &Value| item.is::<Class>() || item.is_none() || item.is::<Str>();
    if alias.items().iter().all(is_plain) {
        alias.parameters.set(cx.empty_tuple);
        return Ok(cx.empty_tuple);
    }
    Err(call_half(cx, "collected_parameters", &[value]))
}

fn keep_parameters(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args.get(0))?.parameters.set(args.get(1));
    Ok(args.get(1))
}

// ----- unions

/// `a | b` of types; NotImplemented of anything else.
pub fn union(cx: &mut Context, a: Value, b: Value) -> Result<Value, Stop> {
    if !is_unionable(a) || !is_unionable(b) {
        return Ok(cx.not_implemented);
    }
    match GenericAlias::union(cx, &[a, b]) {
        Ok(union) => Ok(union),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => {
            let members = cx.tuple(&[a, b]);
            Err(call_half(cx, "union_of", &[members]))
        }
    }
}

fn or(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    union(cx, args.get(0), args.get(1))
}

fn ror(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    union(cx, args.get(1), args.get(0))
}

fn union_of(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let item = args.get(1);
    let items = if item.is::<Tuple>() { rest(item) } else { vec![item] };
    if items.is_empty() {
        return Err(cx.type_error("Cannot take a Union of no types."));
    }
    if items.iter().all(|&item| is_unionable(item)) {
        match GenericAlias::union(cx, &items) {
            Ok(union) => return Ok(union),
            Err(Problem::Stop(stop)) => return Err(stop),
            Err(Problem::Script) => {}
        }
    }
    let members = cx.tuple(&items);
    Err(call_half(cx, "union_of", &[members]))
}

fn make_union(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let members = rest(args.get(0));
    Ok(GenericAlias::union_of_members(cx, &members))
}

fn union_origin(cx: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(cx.class(LayoutId::UNION).value())
}

fn union_name(cx: &mut Context, _: Value) -> Result<Value, Stop> {
    Ok(cx.intern("Union"))
}

fn refuse_subclass(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let shown = match crate::object::repr::repr(cx, args.get(0)) {
        Ok(text) => text_of(text),
        Err(_) => "this union".to_string(),
    };
    Err(cx.type_error(format!("Cannot subclass {shown}")))
}
