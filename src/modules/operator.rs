//! `_operator`: the operators of the language as functions, and getters of attributes and items.

use crate::object::arguments::{Truth, has_special, rest};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::{attribute_of, call_half};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::key::key_plain;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{ClassTables, Module, NativeModule, add_members, make_class};
use crate::object::native::{
    Args, Check, Control, Declaration, FromValue, KeyAction, Native, Stop, Wish, control, plain,
};
use crate::object::number;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::syntax::ast::UnaryOperator;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_operator", fill };

const FUNCTIONS: &[Declaration] = &[
    control("add(a, b, /)", Control::Binary(0), "Same as a + b."),
    control("sub(a, b, /)", Control::Binary(1), "Same as a - b."),
    control("mul(a, b, /)", Control::Binary(2), "Same as a * b."),
    control("truediv(a, b, /)", Control::Binary(3), "Same as a / b."),
    control("floordiv(a, b, /)", Control::Binary(4), "Same as a // b."),
    control("mod(a, b, /)", Control::Binary(5), "Same as a % b."),
    control("pow(a, b, /)", Control::Binary(6), "Same as a ** b."),
    control("matmul(a, b, /)", Control::Binary(7), "Same as a @ b."),
    control("lshift(a, b, /)", Control::Binary(8), "Same as a << b."),
    control("rshift(a, b, /)", Control::Binary(9), "Same as a >> b."),
    control("and_(a, b, /)", Control::Binary(10), "Same as a & b."),
    control("or_(a, b, /)", Control::Binary(11), "Same as a | b."),
    control("xor(a, b, /)", Control::Binary(12), "Same as a ^ b."),
    control("lt(a, b, /)", Control::Compare(0), "Same as a < b."),
    control("le(a, b, /)", Control::Compare(1), "Same as a <= b."),
    control("eq(a, b, /)", Control::Compare(2), "Same as a == b."),
    control("ne(a, b, /)", Control::Compare(3), "Same as a != b."),
    control("gt(a, b, /)", Control::Compare(4), "Same as a > b."),
    control("ge(a, b, /)", Control::Compare(5), "Same as a >= b."),
    control("contains(a, b, /)", Control::Contains, "Same as b in a."),
    control("getitem(a, b, /)", Control::Subscript, "Same as a[b]."),
    control("setitem(a, b, c, /)", Control::StoreSubscript, "Same as a[b] = c."),
    control("delitem(a, b, /)", Control::DeleteSubscript, "Same as del a[b]."),
    plain("is_(a, b, /)", is_same, "Same as a is b."),
    plain("is_not(a, b, /)", is_not_same, "Same as a is not b."),
    plain("is_none(a, /)", is_none, "Same as a is None."),
    plain("is_not_none(a, /)", is_not_none, "Same as a is not None."),
    plain("truth(a, /)", truth, "Return True if a is true, False otherwise."),
    plain("not_(a, /)", not, "Same as not a."),
    plain("abs(a, /)", abs, "Same as abs(a)."),
    plain("index(a, /)", index, "Same as a.__index__()."),
    plain("neg(a, /)", neg, "Same as -a."),
    plain("pos(a, /)", pos, "Same as +a."),
    plain("inv(a, /)", invert, "Same as ~a."),
    plain("invert(a, /)", invert, "Same as ~a."),
];

const ITEM_GETTER: &[Declaration] = &[
    plain("__new__(cls, item=<unset>, /, *items)", new_item_getter, "Returns a function that gets items."),
    plain("__call__(self, obj, /)", get_items, "Return the items of the object."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the getter anew."),
];

const ATTRIBUTE_GETTER: &[Declaration] = &[
    plain("__new__(cls, attr=<unset>, /, *attrs)", new_attribute_getter, "Returns a function that gets attributes."),
    plain("__call__(self, obj, /)", get_attributes, "Return the attributes of the object."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the getter anew."),
];

const METHOD_CALLER: &[Declaration] = &[
    plain(
        "__new__(cls, name=<unset>, /, *args, **kwargs)",
        new_method_caller,
        "Returns a function that calls a method.",
    ),
    plain("__call__(self, obj, /)", call_method, "Call the method of the object."),
    plain("__repr__(self, /)", half, "Return repr(self)."),
    plain("__reduce__(self, /)", half, "Return what is needed to make the caller anew."),
];

const GETTER_PARTS: &[Attribute] = &[Attribute { name: "_names", get: names, set: None, doc: "What is got." }];

const CALLER_PARTS: &[Attribute] = &[
    Attribute { name: "_names", get: names, set: None, doc: "The name." },
    Attribute { name: "_args", get: arguments, set: None, doc: "The arguments by position." },
    Attribute { name: "_kwargs", get: keywords, set: None, doc: "The arguments by name." },
];

static GETITEM: Declaration = control("getitem(a, b, /)", Control::Subscript, "Same as a[b].");
const GETITEM_KEY: &str = "operator.getitem";

/// What a getter or caller was made of.
struct Getter {
    /// Items, names, or the one name of a method: a tuple.
    names: Value,
    /// Of a caller: a tuple.
    args: Value,
    /// Of a caller: a dict.
    keywords: Value,
}

impl Data for Getter {
    fn trace(&self, marker: &mut Marker) {
        for value in [self.names, self.args, self.keywords] {
            marker.value(value);
        }
    }
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    let native = Native::new(cx, &GETITEM, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    cx.module_state.insert(GETITEM_KEY, native.value());
    let classes: [(&str, &[Declaration], &[Attribute]); 3] = [
        ("operator.itemgetter", ITEM_GETTER, GETTER_PARTS),
        ("operator.attrgetter", ATTRIBUTE_GETTER, GETTER_PARTS),
        ("operator.methodcaller", METHOD_CALLER, CALLER_PARTS),
    ];
    for (name, methods, members) in classes {
        let tables = ClassTables { methods, ..ClassTables::NONE };
        let class = make_class(cx, name, &[], Some(Kind::Extension), Class::WEAKLY, &tables);
        add_members(cx, class, members);
        module.set(cx, name.rsplit('.').next().unwrap_or(name), class.value());
    }
}

fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn is_same(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(args.get(0) == args.get(1)))
}

fn is_not_same(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(args.get(0) != args.get(1)))
}

fn is_none(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(args.get(0).is_none()))
}

fn is_not_none(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(!args.get(0).is_none()))
}

fn truth(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(Truth::from_value(cx, args.get(0), 0)?.0))
}

fn not(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(!Truth::from_value(cx, args.get(0), 0)?.0))
}

fn index(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    if Int::is(args.get(0)) { Ok(Int::exact(cx, args.get(0))) } else { Err(cx.ask(0, Wish::Index)) }
}

fn unary(
    cx: &mut Context,
    value: Value,
    operator: Option<UnaryOperator>,
    name: Value,
    sign: &str,
) -> Result<Value, Stop> {
    let is_exact = matches!(cx.layout_of(value), LayoutId::INT | LayoutId::FLOAT | LayoutId::BOOL | LayoutId::COMPLEX);
    if let (true, Some(operator)) = (is_exact, operator)
        && let Some(result) = number::unary(cx, operator, value)?
    {
        return Ok(result);
    }
    if has_special(cx, value, name) {
        return Err(cx.call_special(value, name, &[], Check::None));
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("bad operand type for {sign}: '{found}'")))
}

fn abs(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, args.get(0), None, cx.names.__abs__, "abs()")
}

fn neg(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, args.get(0), Some(UnaryOperator::Negative), cx.names.__neg__, "unary -")
}

fn pos(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, args.get(0), Some(UnaryOperator::Positive), cx.names.__pos__, "unary +")
}

fn invert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    unary(cx, args.get(0), Some(UnaryOperator::Invert), cx.names.__invert__, "unary ~")
}

// ----- getters

fn class_argument(cx: &mut Context, value: Value) -> Result<Ref<Class>, Stop> {
    match value.get() {
        Some(class) => Ok(class),
        None => Err(cx.type_error("__new__() argument 1 must be a type")),
    }
}

fn new_getter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args.get(0))?;
    if args.get(1).is_unbound() {
        let name = class.name_text();
        return Err(cx.type_error(format!("{name} expected 1 argument, got 0")));
    }
    let mut names = vec![args.get(1)];
    names.extend(rest(args.get(2)));
    let names = cx.tuple(&names);
    Ok(Extension::allocate(cx, class, Getter { names, args: Value::NONE, keywords: Value::NONE }))
}

fn new_item_getter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    new_getter(cx, args)
}

fn new_attribute_getter(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let names = rest(args.get(2));
    if args.get(1).is_unbound() {
        return new_getter(cx, args);
    }
    if !args.get(1).is::<Str>() || names.iter().any(|name| !name.is::<Str>()) {
        return Err(cx.type_error("attribute name must be a string"));
    }
    new_getter(cx, args)
}

fn new_method_caller(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args.get(0))?;
    if args.get(1).is_unbound() {
        return Err(cx.type_error("methodcaller needs at least one argument, the method name"));
    }
    if !args.get(1).is::<Str>() {
        return Err(cx.type_error("method name must be a string"));
    }
    let names = cx.tuple(&[args.get(1)]);
    Ok(Extension::allocate(cx, class, Getter { names, args: args.get(2), keywords: args.get(3) }))
}

/// An item of a plain container, where no other code need be asked.
fn plain_item(cx: &mut Context, object: Value, item: Value) -> Option<Result<Value, Stop>> {
    match cx.layout_of(object) {
        LayoutId::LIST if item.is_small() => object.get::<List>()?.at(item.as_small()).map(Ok),
        LayoutId::TUPLE if item.is_small() => object.get::<Tuple>()?.at(item.as_small()).map(Ok),
        LayoutId::DICT => Some(key_plain(cx, KeyAction::Get, object, item, Value::UNBOUND)),
        _ => None,
    }
}

fn get_items(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (getter, object): (Of<Getter>, Value) = args.take(cx)?;
    let items = rest(getter.names);
    if let [only] = items[..] {
        return match plain_item(cx, object, only) {
            Some(result) => result,
            None => {
                let callee = cx.module_state[GETITEM_KEY];
                Err(cx.call(callee, &[object, only]))
            }
        };
    }
    let mut found = Vec::new();
    for item in items {
        match plain_item(cx, object, item) {
            Some(Ok(value)) => found.push(value),
            Some(Err(stop @ Stop::Raise(_))) => return Err(stop),
            _ => return Err(Stop::Half),
        }
    }
    Ok(cx.tuple(&found))
}

fn get_attributes(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (getter, object): (Of<Getter>, Value) = args.take(cx)?;
    match rest(getter.names)[..] {
        [only] if only.get::<Str>().is_some_and(|name| !name.bytes().contains(&b'.')) => {
            let name = cx.intern_value(only);
            Err(attribute_of(cx, object, name, Value::UNBOUND))
        }
        _ => Err(Stop::Half),
    }
}

fn call_method(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (caller, object): (Of<Getter>, Value) = args.take(cx)?;
    let name = rest(caller.names)[0];
    let keywords = if caller.keywords.is::<Dict>() { caller.keywords } else { cx.new_dict().value() };
    Err(call_half(cx, "call_named", &[object, name, caller.args, keywords]))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (getter,): (Of<Getter>,) = args.take(cx)?;
    let class = cx.class_of(args.get(0)).value();
    Ok(cx.tuple(&[class, getter.names]))
}

fn getter(cx: &mut Context, value: Value) -> Result<Of<Getter>, Stop> {
    Of::from_value(cx, value, 0)
}

fn names(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(getter(cx, value)?.names)
}

fn arguments(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(getter(cx, value)?.args)
}

fn keywords(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(getter(cx, value)?.keywords)
}
