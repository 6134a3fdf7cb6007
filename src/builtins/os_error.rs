//! `OSError`: how it is made and its fields. The class that an error number means is in `object::os_error`.

use crate::builtins::arguments::instance_class;
use crate::builtins::exception::{self, fields};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::{Exception, set_field};
use crate::object::function::Attribute;
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

const FIELDS: &[Attribute] = fields!(errno, strerror, filename, filename2);
const ATTRIBUTES: &[Attribute] = &[Attribute {
    name: "characters_written",
    get: characters_written,
    set: Some(set_characters_written),
    doc: "How much was written before it would have had to wait.",
}];

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::OS_ERROR);
    module::install(cx, class, &ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE });
    module::add_members(cx, class, FIELDS);
}

/// `characters_written`, which most have not.
fn characters_written(cx: &mut Context, exception: Value) -> Result<Value, Stop> {
    let name = cx.names.characters_written;
    match exception.get::<Exception>().and_then(|exception| exception.field(name)) {
        Some(count) => Ok(count),
        None => Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "characters_written")),
    }
}

fn set_characters_written(cx: &mut Context, exception: Value, value: Value) -> Result<(), Stop> {
    let name = cx.names.characters_written;
    if value.is_unbound() {
        characters_written(cx, exception)?;
    } else if !Int::is(value) {
        let found = cx.type_name(value);
        return Err(cx.type_error(format!("'{found}' object cannot be interpreted as an integer")));
    }
    exception::assign_field(cx, exception, name, value)
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
    set_field(exception, names.errno, items[0]);
    set_field(exception, names.strerror, items[1]);
    match items.get(2) {
        Some(&count) if is_blocking && Int::is(count) => {
            set_field(exception, names.characters_written, count);
            return;
        }
        Some(&file) if !file.is_none() => set_field(exception, names.filename, file),
        _ => return,
    }
    if let Some(&file) = items.get(4) {
        set_field(exception, names.filename2, file);
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
    let [file, other] = [cx.names.filename, cx.names.filename2].map(|name| body.field(name).unwrap_or(Value::NONE));
    if items.len() == 2 && !file.is_none() {
        items.push(file);
        if !other.is_none() {
            items.extend([Value::NONE, other]);
        }
    }
    let arguments = cx.tuple(&items);
    match value.header().and_then(|header| header.attribute_dict(cx)).filter(|attributes| !attributes.is_empty()) {
        Some(attributes) => {
            let state = attributes.copy(cx).value();
            Ok(cx.tuple(&[class, arguments, state]))
        }
        None => Ok(cx.tuple(&[class, arguments])),
    }
}
