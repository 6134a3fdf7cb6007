//! `_weakref`: references that do not keep their object alive, and stand-ins for it.

use crate::object::alias::GenericAlias;
use crate::object::arguments::{capacity, finished, has_special, instance_class, is_callable, str_of};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::forward::{attribute_of, call_half, show};
use crate::object::function::{Attribute, Method};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module, NativeModule};
use crate::object::native::{Args, Call, Check, Control, Declaration, Native, Stop, control, plain};
use crate::object::truth;
use crate::object::value::Value;
use crate::object::weak::{WeakReference, references_to};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_weakref", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("proxy(object, callback=None, /)", proxy, "Create a proxy object that weakly references 'object'."),
    plain("getweakrefcount(object, /)", count, "Return the number of weak references to 'object'."),
    plain("getweakrefs(object, /)", all, "Return a list of all weak reference objects pointing to 'object'."),
    plain("remember_hash(reference, hash, /)", remember_hash, "Keep the hash of what a reference refers to."),
];

const REFERENCE: &[Declaration] = &[
    plain("__new__(cls, object, callback=None, /, *args, **kwargs)", new, "A reference that keeps nothing alive."),
    plain("__init__(self, object, callback=None, /)", init, "Initialize self."),
    plain("__call__(self, /)", call, "Return the object, or None once it is gone."),
    plain("__eq__(self, value, /)", eq, "Return self==value."),
    plain("__ne__(self, value, /)", ne, "Return self!=value."),
    plain("__hash__(self, /)", hash, "Return hash(self)."),
    plain("__repr__(self, /)", show, "Return repr(self)."),
];

const GENERIC: &[Declaration] =
    &[plain("__class_getitem__(cls, item, /)", class_getitem, "Return the class with type arguments.")];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "__callback__", get: callback, set: None, doc: "What is called when the object goes." }];

/// Comparison and its opposite, for the objects behind two references.
static COMPARE: [Declaration; 2] = [
    control("eq(a, b, /)", Control::Compare(2), "Same as a == b."),
    control("ne(a, b, /)", Control::Compare(3), "Same as a != b."),
];
const COMPARE_KEYS: [&str; 2] = ["weakref.eq", "weakref.ne"];

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for (name, layout) in [
        ("ref", LayoutId::WEAKREF),
        ("ReferenceType", LayoutId::WEAKREF),
        ("ProxyType", LayoutId::WEAK_PROXY),
        ("CallableProxyType", LayoutId::WEAK_CALLABLE_PROXY),
    ] {
        let class = cx.class(layout).value();
        module.set(cx, name, class);
    }
}

/// Puts the methods into the classes, which are there whether or not the module is imported.
pub fn install(cx: &mut Context) {
    for (key, declaration) in COMPARE_KEYS.into_iter().zip(&COMPARE) {
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
        cx.module_state.insert(key, native.value());
    }
    let class = cx.class(LayoutId::WEAKREF);
    let tables =
        ClassTables { methods: REFERENCE, class_methods: GENERIC, static_methods: &[], attributes: ATTRIBUTES };
    module::install(cx, class, &tables);
    for layout in [LayoutId::WEAK_PROXY, LayoutId::WEAK_CALLABLE_PROXY] {
        let class = cx.class(layout);
        class.set(Class::NOT_CALLABLE | Class::FINAL);
        module::install(cx, class, &ClassTables { methods: PROXY, ..ClassTables::NONE });
        class.dict.set_interned(cx.names.__hash__, Value::NONE);
    }
    let class = cx.class(LayoutId::WEAK_CALLABLE_PROXY);
    module::install(cx, class, &ClassTables { methods: CALLABLE, ..ClassTables::NONE });
    for layout in [LayoutId::SET, LayoutId::FROZENSET] {
        cx.class(layout).set(Class::WEAKLY);
    }
}

fn class_getitem(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(GenericAlias::allocate(cx, args.get(0), args.get(1)))
}

// ----- references

fn check_object(cx: &mut Context, object: Value) -> Result<(), Stop> {
    let class = cx.class_of(object);
    if object.header().is_some() && class.has(Class::WEAKLY) {
        return Ok(());
    }
    let name = cx.type_name(object);
    Err(cx.type_error(format!("cannot create weak reference to '{name}' object")))
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::WEAKREF)?;
    let (object, callback) = (args.get(1), args.get(2));
    check_object(cx, object)?;
    if object.is::<Method>() {
        // Mostly it was made for this call alone, and is gone by the next.
        cx.wants_collection = true;
        cx.fuel = 0;
    }
    let reference = WeakReference::allocate(cx, class.root_layout.get(), capacity(class), object, callback);
    Ok(finished(cx, class, reference))
}

fn init(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn target(value: Value) -> Option<Value> {
    value.get::<WeakReference>().and_then(|reference| reference.target())
}

fn call(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let target = target(args.get(0)).unwrap_or(Value::NONE);
    match target.is::<Method>() && cx.wants_collection {
        true => Err(call_half(cx, "target_after_collection", &[args.get(0)])),
        false => Ok(target),
    }
}

fn compare(cx: &mut Context, args: Args<'_>, is_opposite: bool) -> Result<Value, Stop> {
    let (a, b) = (args.get(0), args.get(1));
    if !b.get::<WeakReference>().is_some_and(|_| cx.is_instance(b, LayoutId::WEAKREF)) {
        return Ok(cx.not_implemented);
    }
    let is_equal = match (target(a), target(b)) {
        (Some(x), Some(y)) if x != y => match equality::equal(cx, x, y) {
            Ok(is_equal) => is_equal,
            Err(Problem::Stop(stop)) => return Err(stop),
            Err(Problem::Script) => {
                let callee = cx.module_state[COMPARE_KEYS[is_opposite as usize]];
                return Err(cx.call(callee, &[x, y]));
            }
        },
        (Some(_), Some(_)) => true,
        _ => a == b,
    };
    Ok(Value::bool(is_equal != is_opposite))
}

fn eq(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, false)
}

fn ne(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    compare(cx, args, true)
}

fn hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match WeakReference::hash(cx, args.get(0)) {
        Ok(hash) => Ok(cx.int(hash)),
        Err(Problem::Stop(stop)) => Err(stop),
        Err(Problem::Script) => {
            let target = target(args.get(0)).unwrap_or(Value::NONE);
            Err(call_half(cx, "hash_of_target", &[args.get(0), target]))
        }
    }
}

fn remember_hash(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (reference, hash): (Ref<WeakReference>, Value) = args.take(cx)?;
    let hash = crate::object::integer::Int::expect_i64(cx, hash)?;
    reference.remember_hash(hash);
    Ok(args.get(1))
}

fn callback(_: &mut Context, value: Value) -> Result<Value, Stop> {
    let alive = value.get::<WeakReference>().filter(|reference| reference.target().is_some());
    Ok(alive.map_or(Value::NONE, |reference| reference.callback.get()))
}

fn count(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(references_to(cx, args.get(0)).len() as i64))
}

fn all(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let references = references_to(cx, args.get(0));
    Ok(cx.list(references))
}

// ----- proxies

fn proxy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, callback) = (args.get(0), args.get(1));
    check_object(cx, object)?;
    let layout = if is_callable(cx, object) { LayoutId::WEAK_CALLABLE_PROXY } else { LayoutId::WEAK_PROXY };
    Ok(WeakReference::allocate(cx, layout, None, object, callback))
}

/// What a proxy stands for; any other value itself.
fn behind(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match value.get::<WeakReference>().filter(|proxy| !cx.is_instance(proxy.value(), LayoutId::WEAKREF)) {
        None => Ok(value),
        Some(proxy) => WeakReference::behind_proxy(cx, proxy),
    }
}

/// Hands a special method on to the object; NotImplemented if its class has none and that is an answer.
fn forward(cx: &mut Context, args: Args<'_>, name: Value, may_lack: bool) -> Result<Value, Stop> {
    let object = behind(cx, args.get(0))?;
    if may_lack && !has_special(cx, object, name) {
        return Ok(cx.not_implemented);
    }
    let mut rest = Vec::new();
    for &argument in &args.0[1..] {
        rest.push(behind(cx, argument)?);
    }
    if !has_special(cx, object, name) {
        let (method, found) = (crate::object::string::text_of(name), cx.type_name(object));
        return Err(cx.type_error(format!("'{found}' object has no {method}()")));
    }
    Err(cx.call_special(object, name, &rest, Check::None))
}

macro_rules! forwarded {
    ($table:ident: $($name:ident $function:ident $parameters:literal $may_lack:literal;)*) => {
        const $table: &[Declaration] = &[
            plain("__getattribute__(self, name, /)", get_attribute, "Return getattr(self, name)."),
            plain("__setattr__(self, name, value, /)", set_attribute, "Implement setattr(self, name, value)."),
            plain("__delattr__(self, name, /)", delete_attribute, "Implement delattr(self, name)."),
            plain("__repr__(self, /)", show, "Return repr(self)."),
            plain("__str__(self, /)", str, "Return str(self)."),
            plain("__bool__(self, /)", bool, "True if self else False."),
            $(plain(concat!(stringify!($name), $parameters), $function, "Done by the object itself."),)*
        ];

        $(fn $function(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
            forward(cx, args, cx.names.$name, $may_lack)
        })*
    };
}

forwarded! { PROXY:
    __len__ proxy_len "(self, /)" false;
    __iter__ proxy_iter "(self, /)" false;
    __next__ proxy_next "(self, /)" false;
    __reversed__ proxy_reversed "(self, /)" false;
    __contains__ proxy_contains "(self, key, /)" false;
    __getitem__ proxy_getitem "(self, key, /)" false;
    __setitem__ proxy_setitem "(self, key, value, /)" false;
    __delitem__ proxy_delitem "(self, key, /)" false;
    __bytes__ proxy_bytes "(self, /)" false;
    __int__ proxy_int "(self, /)" false;
    __float__ proxy_float "(self, /)" false;
    __index__ proxy_index "(self, /)" false;
    __neg__ proxy_neg "(self, /)" false;
    __pos__ proxy_pos "(self, /)" false;
    __abs__ proxy_abs "(self, /)" false;
    __invert__ proxy_invert "(self, /)" false;
    __eq__ proxy_eq "(self, value, /)" true;
    __ne__ proxy_ne "(self, value, /)" true;
    __lt__ proxy_lt "(self, value, /)" true;
    __le__ proxy_le "(self, value, /)" true;
    __gt__ proxy_gt "(self, value, /)" true;
    __ge__ proxy_ge "(self, value, /)" true;
    __add__ proxy_add "(self, value, /)" true;
    __radd__ proxy_radd "(self, value, /)" true;
    __iadd__ proxy_iadd "(self, value, /)" true;
    __sub__ proxy_sub "(self, value, /)" true;
    __rsub__ proxy_rsub "(self, value, /)" true;
    __isub__ proxy_isub "(self, value, /)" true;
    __mul__ proxy_mul "(self, value, /)" true;
    __rmul__ proxy_rmul "(self, value, /)" true;
    __imul__ proxy_imul "(self, value, /)" true;
    __truediv__ proxy_truediv "(self, value, /)" true;
    __rtruediv__ proxy_rtruediv "(self, value, /)" true;
    __itruediv__ proxy_itruediv "(self, value, /)" true;
    __floordiv__ proxy_floordiv "(self, value, /)" true;
    __rfloordiv__ proxy_rfloordiv "(self, value, /)" true;
    __ifloordiv__ proxy_ifloordiv "(self, value, /)" true;
    __mod__ proxy_mod "(self, value, /)" true;
    __rmod__ proxy_rmod "(self, value, /)" true;
    __imod__ proxy_imod "(self, value, /)" true;
    __divmod__ proxy_divmod "(self, value, /)" true;
    __rdivmod__ proxy_rdivmod "(self, value, /)" true;
    __matmul__ proxy_matmul "(self, value, /)" true;
    __rmatmul__ proxy_rmatmul "(self, value, /)" true;
    __imatmul__ proxy_imatmul "(self, value, /)" true;
    __lshift__ proxy_lshift "(self, value, /)" true;
    __rlshift__ proxy_rlshift "(self, value, /)" true;
    __ilshift__ proxy_ilshift "(self, value, /)" true;
    __rshift__ proxy_rshift "(self, value, /)" true;
    __rrshift__ proxy_rrshift "(self, value, /)" true;
    __irshift__ proxy_irshift "(self, value, /)" true;
    __and__ proxy_and "(self, value, /)" true;
    __rand__ proxy_rand "(self, value, /)" true;
    __iand__ proxy_iand "(self, value, /)" true;
    __or__ proxy_or "(self, value, /)" true;
    __ror__ proxy_ror "(self, value, /)" true;
    __ior__ proxy_ior "(self, value, /)" true;
    __xor__ proxy_xor "(self, value, /)" true;
    __rxor__ proxy_rxor "(self, value, /)" true;
    __ixor__ proxy_ixor "(self, value, /)" true;
}

const CALLABLE: &[Declaration] = &[plain("__call__(self, /, *args, **kwargs)", call_proxy, "Call self as a function.")];

fn call_proxy(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let callee = behind(cx, args.get(0))?;
    let keywords = args.get(2).get::<crate::object::dict::Dict>().map_or(Vec::new(), |keywords| keywords.to_vec());
    let args = crate::object::arguments::rest(args.get(1));
    Err(Stop::Call(Box::new(Call { callee, args, keywords })))
}

fn get_attribute(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let object = behind(cx, args.get(0))?;
    Err(attribute_of(cx, object, args.get(1), Value::UNBOUND))
}

fn set_attribute(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let object = behind(cx, args.get(0))?;
    Err(cx.call_special(object, cx.names.__setattr__, &[args.get(1), args.get(2)], Check::None))
}

fn delete_attribute(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let object = behind(cx, args.get(0))?;
    Err(cx.call_special(object, cx.names.__delattr__, &[args.get(1)], Check::None))
}

fn str(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let object = behind(cx, args.get(0))?;
    str_of(cx, object)
}

fn bool(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let object = behind(cx, args.get(0))?;
    match truth::truth(cx, object) {
        Some(truth) => Ok(Value::bool(truth)),
        None if has_special(cx, object, cx.names.__bool__) => {
            Err(cx.call_special(object, cx.names.__bool__, &[], Check::Bool))
        }
        None => Err(call_half(cx, "truth_of", &[object])),
    }
}
