//! What `sys` lets a script exchange: how values, exceptions and those nobody can catch are shown, and the hooks of
//! asynchronous generators. The hooks themselves are script halves, as they print.

use crate::object::arguments::Index;
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::generator::{FINALISER, FIRST_ITERATION};
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::struct_sequence;
use crate::object::value::Value;

const FUNCTIONS: &[Declaration] = &[
    plain("excepthook(exctype, value, traceback, /)", half, "Print an exception that nobody handled."),
    plain("displayhook(object, /)", half, "Print a value that the REPL has computed, and remember it as _."),
    plain("unraisablehook(unraisable, /)", half, "Print an exception that cannot be handled by anybody."),
    plain("breakpointhook(*args, **kws)", half, "Call what the environment variable PYTHONBREAKPOINT names."),
    plain("_getframemodulename(depth=0)", half, "Return the name of the module that a frame of the stack runs in."),
    control("settrace(function, /)", Control::SetTrace, "Set what is told of calls, lines, returns and exceptions."),
    control("gettrace()", Control::GetTrace, "Return the trace function, or None."),
    plain("setprofile(function, /)", set_profile, "Calls are not profiled: anything but None raises RuntimeError."),
    plain("getprofile()", get_nothing, "Return the profile function, None."),
    plain("set_asyncgen_hooks(firstiter=<unset>, finalizer=<unset>)", set_hooks, "Set the hooks of async generators."),
    plain("get_asyncgen_hooks()", get_hooks, "Return the hooks of async generators."),
    plain("get_coroutine_origin_tracking_depth()", get_depth, "Return how much of its origin a coroutine remembers."),
    plain("set_coroutine_origin_tracking_depth(depth)", set_depth, "Set how much of its origin a coroutine remembers."),
];

/// Reads attributes that are made on demand; bound as `__getattr__`.
static LAZY: Declaration = plain("sys_getattr(name, /)", half, "Return an attribute that is made on demand.");

static ASYNCGEN_HOOKS: [Attribute; 2] = struct_sequence::fields(["firstiter", "finalizer"]);

const HOOKS_CLASS: &str = "sys.asyncgen_hooks";

/// Binds the hooks, each also by the name under which its first value is kept.
pub(super) fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
    for name in ["excepthook", "displayhook", "unraisablehook", "breakpointhook"] {
        let interned = cx.intern(name);
        let hook = module.dict().get_interned(interned).unwrap_or(Value::NONE);
        module.set(cx, &format!("__{name}__"), hook);
    }
    let name = module.dict().get_interned(cx.names.__name__).unwrap_or(Value::NONE);
    let lazy = Native::new(cx, &LAZY, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    lazy.module.set(name);
    module.set(cx, "__getattr__", lazy.value());
}

fn half(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(Stop::Half)
}

fn set_profile(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match args.get(0) {
        Value::NONE => Ok(Value::NONE),
        _ => Err(cx.runtime_error("sys.setprofile() is not supported")),
    }
}

fn get_nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn set_hooks(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    for (index, name) in [(0, "firstiter"), (1, "finalizer")] {
        let hook = args.get(index);
        if !hook.is_unbound() && !hook.is_none() && !is_callable(cx, hook) {
            let found = cx.type_name(hook);
            return Err(cx.type_error(format!("callable {name} expected, got {found}")));
        }
    }
    for (index, state) in [(0, FIRST_ITERATION), (1, FINALISER)] {
        if !args.get(index).is_unbound() {
            cx.module_state.insert(state, args.get(index));
        }
    }
    Ok(Value::NONE)
}

fn is_callable(cx: &mut Context, value: Value) -> bool {
    match value.header().map(Header::kind) {
        Some(Kind::Class | Kind::Function | Kind::Method | Kind::Native) => true,
        _ => {
            let call = cx.names.__call__;
            cx.special(value, call).is_some()
        }
    }
}

fn get_hooks(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    let class = match cx.module_state.get(HOOKS_CLASS).and_then(|class| class.get()) {
        Some(class) => class,
        None => {
            let class = struct_sequence::class(cx, "builtins.asyncgen_hooks", &ASYNCGEN_HOOKS);
            cx.module_state.insert(HOOKS_CLASS, class.value());
            class
        }
    };
    let hooks = [FIRST_ITERATION, FINALISER].map(|state| cx.module_state.get(state).copied().unwrap_or(Value::NONE));
    Ok(struct_sequence::make(cx, class, &hooks))
}

fn get_depth(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::small(cx.running.origin_depth as i64))
}

fn set_depth(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (Index(depth),): (Index,) = args.take(cx)?;
    if depth < 0 {
        return Err(cx.value_error("depth must be >= 0"));
    }
    cx.running.origin_depth = u32::try_from(depth).unwrap_or(u32::MAX);
    Ok(Value::NONE)
}
