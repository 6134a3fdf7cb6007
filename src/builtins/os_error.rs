//! `OSError`: how it is made and its fields. The class that an error number means is in `object::os_error`.

use crate::builtins::arguments::{instance_class, own, set_own};
use crate::builtins::exception;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::Exception;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::{Args, Declaration, Native, Stop, plain};
use crate::object::os_error::class_of;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make the exception of the class the error number means."),
    plain("__init__(self, /, *args, **kwargs)", init, "Set the arguments."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make the exception anew."),
];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::OS_ERROR);
    module::install(cx, class, &ClassTables { methods: METHODS, ..ClassTables::NONE });
    for name in ["errno", "strerror", "filename", "filename2"] {
        let name = cx.intern(name);
        class.dict.set_interned(name, Value::NONE);
    }
    cx.classes_changed();
}

/// Has a class an `__init__` of its own and no `__new__`, so that its arguments are looked at in `__init__` only?
fn is_set_by_init(cx: &mut Context, class: Ref<Class>) -> bool {
    let (new, init) = (cx.names.__new__, cx.names.__init__);
    let is_native = |found: Option<Value>| found.is_none_or(|method| method.is::<Native>());
    let own_init = cx.lookup(class, init);
    let own_new = class.lookup_after(new, None).is_some_and(|(owner, _)| !owner.has(Class::BUILTIN));
    !is_native(own_init) && !own_new
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let mut class = instance_class(cx, args.get(0), LayoutId::OS_ERROR)?;
    if is_set_by_init(cx, class) {
        let empty = cx.empty_tuple;
        return Ok(Exception::allocate_of(cx, class, empty));
    }
    let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    if class == cx.class(LayoutId::OS_ERROR)
        && (2..=5).contains(&items.len())
        && let Some(number) = Int::to_i64(items[0])
    {
        class = cx.class(class_of(i32::try_from(number).unwrap_or(0)));
    }
    let made = Exception::allocate_of(cx, class, args.get(1));
    exception::refuse_keywords(cx, made, args.get(2))?;
    set_fields(cx, made, &items);
    Ok(made)
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = cx.class_of(args.get(0));
    if is_set_by_init(cx, class) {
        exception::init(cx, args)?;
        let items = args.get(1).get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
        set_fields(cx, args.get(0), &items);
    }
    Ok(Value::NONE)
}

/// Takes number, text and file names out of the arguments.
fn set_fields(cx: &mut Context, exception: Value, items: &[Value]) {
    if !(2..=5).contains(&items.len()) {
        return;
    }
    let names = cx.names;
    let is_blocking = cx.is_instance(exception, LayoutId::BLOCKING_IO_ERROR);
    set_own(cx, exception, names.errno, items[0]);
    set_own(cx, exception, names.strerror, items[1]);
    match items.get(2) {
        Some(&count) if is_blocking && Int::is(count) => {
            set_own(cx, exception, names.characters_written, count);
            return;
        }
        Some(&file) if !file.is_none() => set_own(cx, exception, names.filename, file),
        _ => return,
    }
    if let Some(&file) = items.get(4) {
        set_own(cx, exception, names.filename2, file);
    }
    let args = cx.tuple(&items[..2]);
    if let Some(body) = exception.get::<Exception>() {
        body.args.set(args);
    }
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let value = args.get(0);
    let class = cx.class_of(value).value();
    let Some(body) = value.get::<Exception>() else { return Ok(Value::NONE) };
    let mut items = body.args.get().get::<Tuple>().map_or(Vec::new(), |items| items.items().to_vec());
    let (file, other) = (own(cx, value, cx.names.filename), own(cx, value, cx.names.filename2));
    if items.len() == 2 && !file.is_none() {
        items.push(file);
        if !other.is_none() {
            items.extend([Value::NONE, other]);
        }
    }
    let arguments = cx.tuple(&items);
    Ok(cx.tuple(&[class, arguments]))
}
