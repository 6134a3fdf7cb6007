//! The built-in functions, and the methods of the built-in types: tables of natives, one file a type.

pub use crate::object::arguments;
pub use crate::object::output;
pub mod alias;
pub mod bytearray;
pub mod bytes;
pub mod bytes_hex;
pub mod bytes_methods;
pub mod code;
pub mod complex;
pub mod descriptor;
pub mod dict;
pub mod dict_view;
pub mod encoding;
pub mod exception;
pub mod exception_group;
pub mod float;
pub mod format;
pub mod frame;
pub mod function;
pub mod functions;
pub mod generator;
pub mod halves;
pub mod int;
pub mod item_functions;
pub mod iterators;
pub mod list;
pub mod memoryview;
pub mod module;
pub mod native;
pub mod number_functions;
pub mod numeric;
pub mod object;
pub mod os_error;
pub mod percent;
pub mod range;
pub mod sequence;
pub mod set;
pub mod singleton;
pub mod slice;
pub mod sort;
pub mod str;
pub mod str_format;
pub mod str_methods;
pub mod translate;
pub mod tuple;
pub mod r#type;
pub mod unicode_error;

use crate::object::context::Context;
use crate::object::layout::{BUILTIN_CLASSES, LayoutId};
use crate::object::module::Module;
use crate::object::value::Value;

/// Classes that have a name in module `builtins`, with their `__doc__`, but for the exceptions, which all have one.
const NAMED: &[(LayoutId, &str)] = &[
    (LayoutId::OBJECT, "The base class of all classes."),
    (LayoutId::TYPE, "The class of classes; called with one argument, the class of an object."),
    (LayoutId::INT, "Whole numbers of any size."),
    (LayoutId::BOOL, "True and False."),
    (LayoutId::FLOAT, "Floating-point numbers of 64 bits."),
    (LayoutId::COMPLEX, "Complex numbers: a real and an imaginary part, both floats."),
    (LayoutId::STR, "Text: an immutable sequence of code points."),
    (LayoutId::BYTES, "An immutable sequence of bytes."),
    (LayoutId::BYTEARRAY, "A sequence of bytes that can be changed."),
    (LayoutId::MEMORYVIEW, "A view of the bytes of another object."),
    (LayoutId::LIST, "A sequence that can be changed."),
    (LayoutId::TUPLE, "An immutable sequence."),
    (LayoutId::DICT, "Values by key, in the order in which the keys were added."),
    (LayoutId::SET, "An unordered collection of distinct items."),
    (LayoutId::FROZENSET, "An immutable unordered collection of distinct items."),
    (LayoutId::RANGE, "The whole numbers from start up to stop, in steps."),
    (LayoutId::SLICE, "What a subscript with colons selects: start, stop and step."),
    (LayoutId::PROPERTY, "An attribute that functions compute."),
    (LayoutId::STATICMETHOD, "A function in a class that gets neither instance nor class."),
    (LayoutId::CLASSMETHOD, "A function in a class that gets the class."),
    (LayoutId::SUPER, "The attributes of the classes that come after one in the order of a class."),
    (LayoutId::REVERSED, "An iterator over a sequence from its end."),
    (LayoutId::ENUMERATE, "An iterator over pairs of a number and an item."),
    (LayoutId::ZIP, "An iterator over tuples of one item of each iterable."),
    (LayoutId::MAP, "An iterator over what a function makes of items."),
    (LayoutId::FILTER, "An iterator over the items for which a function is true."),
];

/// Fills module `builtins` and puts the methods into the built-in classes.
pub fn install(cx: &mut Context) {
    let builtins = cx.builtins;
    let module = Module::with_dict(cx, "builtins", builtins);
    let name = cx.names.builtins;
    cx.modules.set_interned(name, module.value());
    name_classes(cx);
    object::install(cx);
    r#type::install(cx);
    function::install(cx);
    singleton::install(cx);
    module::install(cx);
    alias::install(cx);
    native::install(cx);
    descriptor::install(cx);
    code::install(cx);
    generator::install(cx);
    frame::install(cx);
    functions::install(cx);
    item_functions::install(cx);
    number_functions::install(cx);
    iterators::install(cx);
    str::install(cx);
    int::install(cx);
    float::install(cx);
    complex::install(cx);
    list::install(cx);
    dict::install(cx);
    tuple::install(cx);
    set::install(cx);
    range::install(cx);
    slice::install(cx);
    bytes::install(cx);
    bytearray::install(cx);
    memoryview::install(cx);
    exception::install(cx);
    os_error::install(cx);
    exception_group::install(cx);
    unicode_error::install(cx);
    halves::install(cx);
}

fn name_classes(cx: &mut Context) {
    let is_of_builtins = |layout: &LayoutId| !BUILTIN_CLASSES[layout.0 as usize].0.contains('.');
    let exceptions = (LayoutId::BASE_EXCEPTION.0..BUILTIN_CLASSES.len() as u32).map(LayoutId).filter(is_of_builtins);
    let named = NAMED.iter().copied().chain(exceptions.map(|layout| (layout, "")));
    for (layout, doc) in named {
        let class = cx.class(layout);
        cx.builtins.set_interned(class.name.get(), class.value());
        if !doc.is_empty() {
            let doc = cx.str(doc);
            class.dict.set_interned(cx.names.__doc__, doc);
        }
    }
    for (index, &(name, _, _)) in BUILTIN_CLASSES.iter().enumerate() {
        let class = cx.class(LayoutId(index as u32));
        let module = name.rsplit_once('.').map_or("builtins", |(module, _)| module);
        let module = cx.intern(module);
        if class.dict.get_interned(cx.names.__module__).is_none() {
            class.dict.set_interned(cx.names.__module__, module);
        }
    }
    let (ellipsis, not_implemented) = (cx.ellipsis, cx.not_implemented);
    let os_error = cx.class(LayoutId::OS_ERROR).value();
    let others = [
        ("None", Value::NONE),
        ("True", Value::TRUE),
        ("False", Value::FALSE),
        ("Ellipsis", ellipsis),
        ("NotImplemented", not_implemented),
        ("__debug__", Value::TRUE),
        ("EnvironmentError", os_error),
        ("IOError", os_error),
    ];
    for (name, value) in others {
        let name = cx.intern(name);
        cx.builtins.set_interned(name, value);
    }
    let doc = cx.str("Built-in functions, types, exceptions, and other objects.");
    cx.builtins.set_interned(cx.names.__doc__, doc);
}
