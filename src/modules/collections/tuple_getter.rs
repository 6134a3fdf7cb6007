//! The accessors of the fields of named tuples.

use std::cell::Cell;

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::forward::wrong_object;
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::tuple::Tuple;
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__new__(cls, index, doc, /)", new, "Reads one item of a tuple."),
    plain("__get__(self, instance, owner=None, /)", get, "Return the item."),
    plain("__set__(self, instance, value, /)", set, "Refuses to set the item."),
    plain("__delete__(self, instance, /)", delete, "Refuses to delete the item."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__reduce__(self, /)", reduce, "Return what is needed to make it anew."),
];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "__doc__", get: doc, set: Some(set_doc), doc: "What the field is." }];

struct Getter {
    index: usize,
    doc: Cell<Value>,
}

impl Data for Getter {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.doc);
    }
}

/// Makes the class.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let class = make_class(cx, "collections._tuplegetter", &[], Some(Kind::Extension), Class::FINAL, &tables);
    module.set(cx, "tuplegetter", class.value());
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = crate::object::class::expect_class(cx, args.get(0), "__new__() argument 1 must be a type")?;
    let index = Int::expect_index(cx, args.get(1))?.max(0) as usize;
    Ok(Extension::allocate(cx, class, Getter { index, doc: args.get(2).into() }))
}

fn get(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (getter, instance): (Of<Getter>, Value) = args.take(cx)?;
    if instance.is_none() {
        return Ok(args.get(0));
    }
    let Some(tuple) = instance.get::<Tuple>() else {
        let (index, found) = (getter.index, cx.type_name(instance));
        let message = format!("descriptor for index '{index}' for tuple subclasses doesn't apply to '{found}' object");
        return Err(cx.type_error(message));
    };
    match tuple.get(getter.index) {
        Some(item) => Ok(item),
        None => Err(cx.index_error("tuple index out of range")),
    }
}

fn set(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "can't set attribute"))
}

fn delete(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error(LayoutId::ATTRIBUTE_ERROR, "can't delete attribute"))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (getter,): (Of<Getter>,) = args.take(cx)?;
    let doc = crate::object::repr::repr(cx, getter.doc.get()).map_err(|problem| problem.or_half())?;
    let text = format!("_tuplegetter({}, {})", getter.index, crate::object::string::text_of(doc));
    Ok(cx.str(&text))
}

fn reduce(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (getter,): (Of<Getter>,) = args.take(cx)?;
    let class = cx.class_of(args.get(0)).value();
    let parts = cx.tuple(&[Value::small(getter.index as i64), getter.doc.get()]);
    Ok(cx.tuple(&[class, parts]))
}

fn doc(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match Of::<Getter>::from(value) {
        Some(getter) => Ok(getter.doc.get()),
        None => Err(wrong_object(cx, "_tuplegetter", value)),
    }
}

fn set_doc(cx: &mut Context, value: Value, doc: Value) -> Result<(), Stop> {
    let getter: Of<Getter> = Of::from_value(cx, value, 0)?;
    getter.doc.set(if doc.is_unbound() { Value::NONE } else { doc });
    Ok(())
}
