//! The module `struct`: its functions and the class `Struct`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::modules::buffer::{Target, read};
use crate::object::arguments::{Index, rest};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::iterator::Step;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Args, Control, Declaration, FromValue, Stop, control, plain};
use crate::object::string::Str;
use crate::object::value::Value;

use super::format::Format;
use super::values::{kinds, pack as pack_values, unpack as unpack_values};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "struct", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("calcsize(format, /)", calcsize, "Return how many bytes a format takes."),
    plain("iter_unpack(format, buffer, /)", iter_unpack, "Return an iterator of the tuples in a buffer."),
    plain("pack(format, /, *values)", pack, "Return values as bytes."),
    plain("pack_into(format, buffer, offset, /, *values)", pack_into, "Write values into a buffer from an offset on."),
    plain("unpack(format, buffer, /)", unpack, "Return the values that bytes stand for."),
    plain("unpack_from(format, /, buffer, offset=0)", unpack_from, "Return the values from an offset of a buffer on."),
    plain("_clearcache()", clear, "Do nothing: formats are read anew each time."),
    plain("_kinds(format, /)", kinds_of, "Return what each value of a format must be."),
];

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "A format read once."),
    plain("__init__(self, format)", init, "Read a format."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("iter_unpack(self, buffer, /)", iter_unpack, "Return an iterator of the tuples in a buffer."),
    plain("pack(self, /, *values)", pack, "Return values as bytes."),
    plain("pack_into(self, buffer, offset, /, *values)", pack_into, "Write values into a buffer from an offset on."),
    plain("unpack(self, buffer, /)", unpack, "Return the values that bytes stand for."),
    plain("unpack_from(self, /, buffer, offset=0)", unpack_from, "Return the values from an offset of a buffer on."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "format", get: format_text, set: None, doc: "The format." },
    Attribute { name: "size", get: size, set: None, doc: "How many bytes it takes." },
];

const ITERATOR: &[Declaration] = &[
    plain("__iter__(self, /)", crate::object::forward::itself, "Implement iter(self)."),
    control("__next__(self, /)", Control::IteratorNext, "Implement next(self)."),
    plain("__length_hint__(self, /)", length_hint, "Return how many tuples are left."),
];

const ERROR: &str = "struct.error";
const UNPACK_ITERATOR: &str = "_struct.unpack_iterator";

fn fill(cx: &mut Context, module: Ref<Module>) {
    let base = cx.class(LayoutId::EXCEPTION);
    let error = make_class(cx, ERROR, &[base], None, Class::HAS_DICTIONARY | Class::WEAKLY, &ClassTables::NONE);
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let class = make_class(cx, "_struct.Struct", &[], Some(Kind::Extension), Class::WEAKLY, &tables);
    let tables = ClassTables { methods: ITERATOR, ..ClassTables::NONE };
    let flags = Class::NOT_CALLABLE | Class::FINAL;
    let iterator = make_class(cx, UNPACK_ITERATOR, &[], Some(Kind::Extension), flags, &tables);
    cx.module_state.insert(ERROR, error.value());
    cx.module_state.insert(UNPACK_ITERATOR, iterator.value());
    module.set(cx, "error", error.value());
    module.set(cx, "Struct", class.value());
    let names = ["calcsize", "pack", "pack_into", "unpack", "unpack_from", "iter_unpack", "Struct", "error"];
    let names = names.map(|name| cx.intern(name)).to_vec();
    let all = cx.list(names);
    module.set(cx, "__all__", all);
    let name = cx.intern("_struct");
    module.add_functions_of(cx, FUNCTIONS, name);
}

/// struct.error
pub fn error(cx: &mut Context, message: &str) -> Stop {
    let class: Ref<Class> = cx.module_state[ERROR].get().expect("the class was made with the module");
    cx.error(class.root_layout.get(), message)
}

/// An object of class `Struct`.
struct Struct {
    format: RefCell<Rc<Format>>,
    text: RefCell<Vec<u8>>,
}

impl Data for Struct {
    fn trace(&self, _: &mut Marker) {}
}

/// The text of a format argument.
fn text_of(cx: &mut Context, value: Value) -> Result<Vec<u8>, Stop> {
    if let Some(text) = value.get::<Str>() {
        if !text.is_ascii() {
            let name = cx.intern("encode");
            let ascii = cx.intern("ascii");
            // The error is that of encoding it.
            return Err(cx.call_special(value, name, &[ascii], crate::object::native::Check::None));
        }
        return Ok(text.bytes().to_vec());
    }
    match value.get::<Bytes>() {
        Some(bytes) => Ok(bytes.bytes().to_vec()),
        None => {
            let found = cx.type_name(value);
            Err(cx.type_error(format!("Struct() argument 1 must be a str or bytes object, not {found}")))
        }
    }
}

fn parse(cx: &mut Context, text: &[u8]) -> Result<Rc<Format>, Stop> {
    Format::parse(text).map(Rc::new).map_err(|message| error(cx, message))
}

/// The format that the first argument is: a `Struct`, or a text.
fn format_of(cx: &mut Context, value: Value) -> Result<Rc<Format>, Stop> {
    if let Some(object) = Of::<Struct>::from(value) {
        return Ok(object.format.borrow().clone());
    }
    let text = text_of(cx, value)?;
    parse(cx, &text)
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = FromValue::from_value(cx, args.get(0), 0)?;
    Ok(Extension::allocate(cx, class, Struct { format: RefCell::default(), text: RefCell::default() }))
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object, format): (Of<Struct>, Value) = args.take(cx)?;
    let text = text_of(cx, format)?;
    let format = parse(cx, &text)?;
    object.format.replace(format);
    object.text.replace(text);
    Ok(Value::NONE)
}

fn format_text(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let text = Of::<Struct>::from(value).map_or(Vec::new(), |object| object.text.borrow().clone());
    Ok(cx.str_bytes(&text))
}

fn size(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let size = Of::<Struct>::from(value).map_or(0, |object| object.format.borrow().size);
    Ok(Int::from_usize(cx, size))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (object,): (Of<Struct>,) = args.take(cx)?;
    let class = cx.class_of(args.get(0)).name_text();
    let text = format!("{class}({})", crate::text::quote::repr(&object.text.borrow()));
    Ok(cx.str(&text))
}

fn calcsize(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    Ok(Int::from_usize(cx, format.size))
}

fn clear(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn kinds_of(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    Ok(cx.str(&kinds(&format)))
}

fn check_count(cx: &mut Context, format: &Format, found: usize, function: &str) -> Result<(), Stop> {
    if found == format.values {
        return Ok(());
    }
    Err(error(cx, &format!("{function} expected {} items for packing (got {found})", format.values)))
}

fn pack(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    let values = rest(args.get(1));
    check_count(cx, &format, values.len(), "pack")?;
    let bytes = pack_values(cx, &format, &values)?;
    Ok(Bytes::from_vec(cx, bytes))
}

/// Where an offset leads in a buffer; struct.error where it leads out of it, or the rest is too short.
fn place(cx: &mut Context, offset: i64, length: usize, format: &Format, is_packing: bool) -> Result<usize, Stop> {
    let size = format.size as i64;
    let mut start = offset;
    if offset < 0 {
        if offset.saturating_add(size) > 0 {
            let problem = if is_packing { "no space to pack" } else { "not enough data to unpack" };
            return Err(error(cx, &format!("{problem} {size} bytes at offset {offset}")));
        }
        start += length as i64;
        if start < 0 {
            return Err(error(cx, &format!("offset {offset} out of range for {length}-byte buffer")));
        }
    }
    if start > length as i64 || (length as i64 - start) < size {
        let (function, doing) = if is_packing { ("pack_into", "packing") } else { ("unpack_from", "unpacking") };
        let least = start as i128 + size as i128;
        let message = format!(
            "{function} requires a buffer of at least {least} bytes for {doing} {size} bytes at offset {start} \
             (actual buffer size is {length})"
        );
        return Err(error(cx, &message));
    }
    Ok(start as usize)
}

fn pack_into(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    let Index(offset) = Index::from_value(cx, args.get(2), 2)?;
    let values = rest(args.get(3));
    check_count(cx, &format, values.len(), "pack_into")?;
    let target = Target::of(cx, args.get(1))?;
    let start = place(cx, offset, target.len(), &format, true)?;
    let bytes = pack_values(cx, &format, &values)?;
    target.write(start, &bytes);
    Ok(Value::NONE)
}

fn unpack(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    let bytes = read(cx, args.get(1), 1)?;
    if bytes.len() != format.size {
        return Err(error(cx, &format!("unpack requires a buffer of {} bytes", format.size)));
    }
    unpack_values(cx, &format, &bytes)
}

fn unpack_from(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    let Index(offset) = Index::from_value(cx, args.get(2), 2)?;
    let bytes = read(cx, args.get(1), 1)?;
    let start = place(cx, offset, bytes.len(), &format, false)?;
    unpack_values(cx, &format, &bytes[start..start + format.size])
}

// ----- the iterator

/// An iterator of the tuples in a buffer.
struct UnpackIterator {
    format: Rc<Format>,
    bytes: Vec<u8>,
    place: Cell<usize>,
}

impl Data for UnpackIterator {
    fn trace(&self, _: &mut Marker) {}

    fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        let start = self.place.get();
        let Some(bytes) = self.bytes.get(start..start + self.format.size) else { return Ok(Step::Done) };
        self.place.set(start + self.format.size);
        Ok(Step::Item(unpack_values(cx, &self.format, bytes)?))
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

fn iter_unpack(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let format = format_of(cx, args.get(0))?;
    if format.size == 0 {
        return Err(error(cx, "cannot iteratively unpack with a struct of length 0"));
    }
    let bytes = read(cx, args.get(1), 1)?;
    if bytes.len() % format.size != 0 {
        let message = format!("iterative unpacking requires a buffer of a multiple of {} bytes", format.size);
        return Err(error(cx, &message));
    }
    let class: Ref<Class> = cx.module_state[UNPACK_ITERATOR].get().expect("the class was made with the module");
    Ok(Extension::allocate(cx, class, UnpackIterator { format, bytes, place: Cell::new(0) }))
}

fn length_hint(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (iterator,): (Of<UnpackIterator>,) = args.take(cx)?;
    let left = (iterator.bytes.len() - iterator.place.get()) / iterator.format.size;
    Ok(Int::from_usize(cx, left))
}
