//! `_greenlet`: the class `greenlet`, its exceptions and the functions of the module. What gives the machine from one
//! greenlet to another is in the machine.

use crate::modules::thread::ident_of;
use crate::object::arguments::{finished, instance_class};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars::{self, ContextObject};
use crate::object::function::Attribute;
use crate::object::generator::State;
use crate::object::greenlet::Greenlet;
use crate::object::heap::Ref;
use crate::object::instance;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module, NativeModule};
use crate::object::native::{Args, Control, Declaration, Native, Stop, control, plain};
use crate::object::repr;
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_greenlet", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("getcurrent()", get_current, "Return the greenlet that runs."),
    plain("gettrace()", get_trace, "Return the function that is told of switches, or None."),
    plain("settrace(callback, /)", set_trace, "Have a function told of each switch; return the one before."),
];

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A function that the others of its thread switch to by name."),
    plain("__init__(self, run=None, parent=None)", init, "What it is to call, and who gets its result."),
    control(
        "switch(self, /, *args, **kwargs)",
        Control::SwitchGreenlet,
        "Go on with this greenlet: it begins with the arguments, or its own switch returns them. Return what \
         somebody switches back with.",
    ),
    control(
        "throw(self, typ=<unset>, val=<unset>, tb=<unset>, /)",
        Control::ThrowGreenlet,
        "Go on with this greenlet by raising an exception in it, GreenletExit if none is given.",
    ),
    plain("__bool__(self, /)", is_active, "Has it begun and not ended?"),
    plain("__repr__(self, /)", show, "Return repr(self)."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "run", get: run, set: Some(set_run), doc: "What it calls, until it begins." },
    Attribute { name: "parent", get: parent, set: Some(set_parent), doc: "Who gets its result." },
    Attribute { name: "dead", get: is_dead, set: None, doc: "Has it ended?" },
    Attribute { name: "gr_frame", get: frame, set: None, doc: "The frame it goes on in while it is suspended." },
    Attribute { name: "gr_context", get: context, set: Some(set_context), doc: "Its context variables, or None." },
];

static FRAME: Declaration = control("gr_frame(greenlet, /)", Control::GreenletFrame, "The frame it goes on in.");

fn fill(cx: &mut Context, module: Ref<Module>) {
    let name = cx.intern("greenlet");
    module.add_functions_of(cx, FUNCTIONS, name);
    let class = cx.class(LayoutId::GREENLET);
    class.set(Class::HAS_DICTIONARY | Class::WEAKLY);
    let dictionary = cx.new_layout(class, true);
    class.dictionary_layout.set(dictionary);
    module::install(cx, class, &ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE });
    instance::add_accessors(cx, class);
    for layout in [LayoutId::GREENLET, LayoutId::GREENLET_EXIT, LayoutId::GREENLET_ERROR] {
        let class = cx.class(layout);
        module.dict().set_interned(class.name.get(), class.value());
    }
    // They are attributes of the class as well.
    for name in ["getcurrent", "gettrace", "settrace", "GreenletExit", "error"] {
        let name = cx.intern(name);
        if let Some(value) = module.dict().get_interned(name) {
            class.dict.set_interned(name, value);
        }
    }
    cx.classes_changed();
}

fn of(value: Value) -> Ref<Greenlet> {
    value.get().expect("the receiver was checked")
}

fn get_current(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Greenlet::current(cx).value())
}

fn get_trace(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.threads.current().greenlet_tracer.get())
}

fn set_trace(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(cx.threads.current().greenlet_tracer.replace(args.get(0)))
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = instance_class(cx, args.get(0), LayoutId::GREENLET)?;
    let current = Greenlet::current(cx);
    let made = Greenlet::allocate(cx, class, Some(current));
    cx.heap.add_finalisable(made.header());
    Ok(finished(cx, class, made.value()))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let this = args.get(0);
    if !args.get(1).is_none() {
        set_run(cx, this, args.get(1))?;
    }
    if !args.get(2).is_none() {
        set_parent(cx, this, args.get(2))?;
    }
    Ok(Value::NONE)
}

fn is_active(_: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(of(args.get(0)).is_active()))
}

fn show(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let this = of(args.get(0));
    let thread = match this.state.get() {
        State::Created => "0x(nil)".to_string(),
        _ => format!("{:#x}", ident_of(this.thread.get())),
    };
    let state = match this.state.get() {
        State::Created => "pending",
        State::Suspended => "suspended active started",
        State::Closed => "dead",
        State::Running if this.thread.get() == cx.threads.current().number => "current active started",
        State::Running => "active started",
    };
    let main = if this.is_main() { " main" } else { "" };
    let shown = repr::default_text(cx, this.value());
    let shown = shown.trim_end_matches('>');
    Ok(cx.str(&format!("{shown} (otid={thread}) {state}{main}>")))
}

// ----- attributes

fn run(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match of(value).run.get() {
        Value::UNBOUND => Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "run")),
        run => Ok(run),
    }
}

fn set_run(cx: &mut Context, value: Value, run: Value) -> Result<(), Stop> {
    let this = of(value);
    if this.state.get() != State::Created {
        return Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "run cannot be set after the start of the greenlet"));
    }
    this.run.set(run);
    Ok(())
}

fn parent(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(value).parent.get().map_or(Value::NONE, |parent| parent.value()))
}

fn set_parent(cx: &mut Context, value: Value, parent: Value) -> Result<(), Stop> {
    let this = of(value);
    if parent.is_unbound() {
        return Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "can't delete attribute"));
    }
    if this.is_main() {
        return Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "cannot set the parent of a main greenlet"));
    }
    let Some(parent) = parent.get::<Greenlet>() else {
        let found = cx.type_name(parent);
        return Err(cx.type_error(format!("GreenletChecker: Expected any type of greenlet, not {found}")));
    };
    if parent.descends_from(this) {
        return Err(cx.value_error("cyclic parent chain"));
    }
    if this.state.get() == State::Created {
        this.thread.set(parent.thread.get());
    } else if this.thread.get() != parent.thread.get() {
        return Err(cx.value_error("parent cannot be on a different thread"));
    }
    this.parent.set(Some(parent));
    Ok(())
}

fn is_dead(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(of(value).state.get() == State::Closed))
}

fn frame(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let look = Native::new(cx, &FRAME, LayoutId::BUILTIN_FUNCTION, Value::NONE);
    Err(cx.call(look.value(), &[value]))
}

fn context(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let this = of(value);
    if this.state.get() != State::Running {
        return Ok(this.context.get());
    }
    match this.thread.get() == cx.threads.current().number {
        true => Ok(cx.context),
        false => Err(cx.value_error("cannot get context of a greenlet that is running in a different thread")),
    }
}

fn set_context(cx: &mut Context, value: Value, context: Value) -> Result<(), Stop> {
    let this = of(value);
    if context.is_unbound() {
        return Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "can't delete context attribute"));
    }
    if !context.is_none() && !context.is::<ContextObject>() {
        return Err(cx.type_error("greenlet context must be a contextvars.Context or None"));
    }
    match this.state.get() {
        State::Running if this.thread.get() != cx.threads.current().number => {
            Err(cx.value_error("cannot set context of a greenlet that is running in a different thread"))
        }
        State::Running => {
            contextvars::end(cx, context);
            Ok(())
        }
        _ => {
            this.context.set(context);
            Ok(())
        }
    }
}
