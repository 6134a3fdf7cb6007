//! `repr` and `str` of everything built in, however nested.
//!
//! Where an object with a `__repr__` of a script, or of a library class, is met, the answer is `Problem::Script`. A
//! container inside itself is shown as `[...]`: `Context::in_repr` has those under way, those of script halves too.

use crate::object::alias::GenericAlias;
use crate::object::bytes::{self, MemoryView};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars;
use crate::object::dict::{Dict, DictView, MappingProxy};
use crate::object::equality::Problem;
use crate::object::exception_text::{write_exception, write_exception_message};
use crate::object::float::Float;
use crate::object::frame::FrameObject;
use crate::object::function::{CellObject, CodeObject, Descriptor, Function, Method, Super};
use crate::object::generator::{Await, Generator};
use crate::object::heap::{Header, Ref};
use crate::object::integer::Int;
use crate::object::iterator::Part;
use crate::object::kind::Kind;
use crate::object::layout::{BUILTIN_CLASSES, LayoutId};
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::Native;
use crate::object::number::Number;
use crate::object::range::Range;
use crate::object::set::Set;
use crate::object::slice::Slice;
use crate::object::string::{Str, text_of};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::object::weak::WeakReference;
use crate::text::{complex, float_text, integer_text, quote};

/// How deep containers may be nested.
const DEEPEST: usize = 1_000;

/// `repr(value)`
pub fn repr(cx: &mut Context, value: Value) -> Result<Value, Problem> {
    let mut out = Vec::new();
    write_repr(cx, &mut out, value)?;
    finish(cx, out)
}

/// `str(value)`
pub fn str(cx: &mut Context, value: Value) -> Result<Value, Problem> {
    if let Some(string) = value.get::<Str>()
        && string.header().layout() == LayoutId::STR
    {
        return Ok(value);
    }
    if value.is_small() {
        return Ok(Str::from_bytes(cx, integer_text::small_decimal(value.as_small(), &mut [0; 64])));
    }
    let mut out = Vec::new();
    write_str(cx, &mut out, value)?;
    finish(cx, out)
}

fn finish(cx: &mut Context, out: Vec<u8>) -> Result<Value, Problem> {
    Ok(Str::try_from_vec(cx, out)?)
}

/// Appends `str(value)`.
pub fn write_str(cx: &mut Context, out: &mut Vec<u8>, value: Value) -> Result<(), Problem> {
    let Some(header) = value.header() else { return write_repr(cx, out, value) };
    if header.layout() == LayoutId::STR {
        out.extend_from_slice(Ref::<Str>::from_header(header).bytes());
        return Ok(());
    }
    if is_overridden(cx, header, cx.names.__str__) {
        return Err(Problem::Script);
    }
    match header.kind() {
        Kind::Str => out.extend_from_slice(Ref::<Str>::from_header(header).bytes()),
        // A `__repr__` of the class counts only where no `__str__` comes before it, as exceptions have one.
        Kind::Exception => {
            let exception = Ref::from_header(header);
            return nested(cx, value, |cx, _| write_exception_message(cx, out, exception));
        }
        Kind::MappingProxy => {
            let mapping = Ref::<MappingProxy>::from_header(header).mapping.get();
            return nested(cx, value, |cx, _| write_str(cx, out, mapping));
        }
        Kind::WeakReference if header.layout() != LayoutId::WEAKREF => {
            let target = WeakReference::behind_proxy(cx, Ref::from_header(header)).map_err(Problem::Stop)?;
            return nested(cx, value, |cx, _| write_str(cx, out, target));
        }
        _ => write_repr(cx, out, value)?,
    }
    Ok(())
}

/// Does the class of an object have a special method that is a script's or a library class's?
fn is_overridden(cx: &mut Context, header: &Header, name: Value) -> bool {
    let is_extension =
        matches!(header.kind(), Kind::Extension | Kind::Future | Kind::EventLoop | Kind::Handle | Kind::Greenlet);
    let is_known = |layout: LayoutId| (layout.0 as usize) < BUILTIN_CLASSES.len();
    if !is_extension && is_known(header.layout()) {
        return false;
    }
    match cx.class(header.layout()).lookup_after(name, None) {
        Some((owner, _)) if is_extension => owner != cx.class(LayoutId::OBJECT),
        Some((owner, method)) => {
            !owner.has(Class::BUILTIN) || !method.is::<Native>() || !is_known(owner.root_layout.get())
        }
        None => false,
    }
}

/// Appends `repr(value)`.
pub fn write_repr(cx: &mut Context, out: &mut Vec<u8>, value: Value) -> Result<(), Problem> {
    let Some(header) = value.header() else {
        write_immediate(out, value);
        return Ok(());
    };
    if is_overridden(cx, header, cx.names.__repr__) {
        return Err(Problem::Script);
    }
    write_repr_as_data(cx, out, value)
}

fn write_immediate(out: &mut Vec<u8>, value: Value) {
    match value {
        Value::NONE => out.extend(b"None"),
        Value::TRUE => out.extend(b"True"),
        Value::FALSE => out.extend(b"False"),
        value if value.is_float() => out.extend(float_text::repr(value.as_float()).bytes()),
        value if value.is_small() => out.extend_from_slice(integer_text::small_decimal(value.as_small(), &mut [0; 64])),
        _ => out.extend(b"<unbound>"),
    }
}

/// Appends `repr(value)` by what it holds, without asking whether its own class overrides it.
pub fn write_repr_as_data(cx: &mut Context, out: &mut Vec<u8>, value: Value) -> Result<(), Problem> {
    let Some(header) = value.header() else {
        write_immediate(out, value);
        return Ok(());
    };
    match header.kind() {
        Kind::Str => out.extend(quote::repr(Ref::<Str>::from_header(header).bytes()).bytes()),
        Kind::Int => out.extend(Int::to_decimal(cx, value)?.bytes()),
        Kind::Float => out.extend(float_text::repr(Float::of(value).unwrap_or(0.0)).bytes()),
        Kind::Complex => {
            if let Some(Number::Complex(number)) = Number::of(value) {
                out.extend(complex::repr(number).bytes());
            }
        }
        Kind::Bytes => out.extend(quote::repr_bytes(&bytes::bytes_of(&value).unwrap_or_default()).bytes()),
        Kind::ByteArray => {
            let mut text = quote::repr_bytes(&bytes::bytes_of(&value).unwrap_or_default());
            if text.starts_with("b\"") {
                // Here a single quote is escaped even where the quotes around are double.
                text = text.replace('\'', "\\'");
            }
            out.extend(format!("{}({text})", cx.type_name(value)).bytes());
        }
        Kind::Range => write_range(cx, out, Ref::from_header(header))?,
        Kind::List | Kind::Tuple | Kind::Dict | Kind::Set | Kind::DictView | Kind::MappingProxy | Kind::Slice => {
            return nested(cx, value, |cx, is_inside| match is_inside {
                true => write_ellipsis(cx, out, value),
                false => write_container(cx, out, value, header),
            });
        }
        Kind::Exception => return nested(cx, value, |cx, _| write_exception(cx, out, Ref::from_header(header))),
        Kind::GenericAlias
        | Kind::Method
        | Kind::Descriptor
        | Kind::Super
        | Kind::ContextVariable
        | Kind::ContextToken => {
            return nested(cx, value, |cx, _| write_wrapper(cx, out, value, header));
        }
        _ => {
            let text = plain_text(cx, value, header);
            out.extend(text.bytes());
        }
    }
    Ok(())
}

/// Runs `work` with a value among those whose repr is under way; it is told whether it was already.
fn nested(
    cx: &mut Context,
    value: Value,
    work: impl FnOnce(&mut Context, bool) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let is_inside = cx.in_repr.contains(&value);
    if cx.in_repr.len() >= DEEPEST {
        let message = "maximum recursion depth exceeded while getting the repr of an object";
        return Err(Problem::Stop(cx.error(LayoutId::RECURSION_ERROR, message)));
    }
    cx.in_repr.push(value);
    let result = work(cx, is_inside);
    cx.in_repr.pop();
    result
}

fn write_ellipsis(cx: &mut Context, out: &mut Vec<u8>, value: Value) -> Result<(), Problem> {
    let text = match value.header().map(Header::kind) {
        Some(Kind::List) => "[...]".into(),
        Some(Kind::Tuple) => "(...)".into(),
        Some(Kind::Dict) => "{...}".into(),
        Some(Kind::Set) => format!("{}(...)", cx.type_name(value)),
        _ => "...".to_string(),
    };
    out.extend(text.bytes());
    Ok(())
}

/// Appends items with commas between them.
pub(super) fn write_items(cx: &mut Context, out: &mut Vec<u8>, items: &[Value]) -> Result<(), Problem> {
    for (index, &item) in items.iter().enumerate() {
        if index > 0 {
            out.extend(b", ");
        }
        write_repr(cx, out, item)?;
    }
    Ok(())
}

fn write_container(cx: &mut Context, out: &mut Vec<u8>, value: Value, header: &Header) -> Result<(), Problem> {
    match header.kind() {
        Kind::List => {
            out.push(b'[');
            let items = Ref::<List>::from_header(header).to_vec();
            write_items(cx, out, &items)?;
            out.push(b']');
        }
        Kind::Tuple if cx.class(header.layout()).has(Class::STRUCT_SEQUENCE) => write_fields(cx, out, header)?,
        Kind::Tuple => {
            out.push(b'(');
            let tuple: Ref<Tuple> = Ref::from_header(header);
            write_items(cx, out, tuple.items())?;
            out.extend(if tuple.len() == 1 { &b",)"[..] } else { b")" });
        }
        Kind::Dict => write_dict(cx, out, Ref::from_header(header))?,
        Kind::Set => write_set(cx, out, value, Ref::from_header(header))?,
        Kind::DictView => write_view(cx, out, value, Ref::from_header(header))?,
        Kind::MappingProxy => {
            out.extend(b"mappingproxy(");
            write_repr(cx, out, Ref::<MappingProxy>::from_header(header).mapping.get())?;
            out.push(b')');
        }
        _ => {
            let slice: Ref<Slice> = Ref::from_header(header);
            out.extend(b"slice(");
            write_items(cx, out, &[slice.start, slice.stop, slice.step])?;
            out.push(b')');
        }
    }
    Ok(())
}

/// `sys.version_info(major=3, ...)`
fn write_fields(cx: &mut Context, out: &mut Vec<u8>, header: &Header) -> Result<(), Problem> {
    let class = cx.class(header.layout());
    let (module, fields) = (cx.names.__module__, cx.names.__match_args__);
    let module = cx.lookup(class, module).unwrap_or(Value::NONE);
    if module != cx.names.builtins {
        write_str(cx, out, module)?;
        out.push(b'.');
    }
    out.extend(class.name_text().bytes());
    out.push(b'(');
    let names = cx.lookup(class, fields).and_then(|names| names.get::<Tuple>());
    let items: Ref<Tuple> = Ref::from_header(header);
    for (index, &item) in items.items().iter().enumerate() {
        if index > 0 {
            out.extend(b", ");
        }
        write_str(cx, out, names.and_then(|names| names.get(index)).unwrap_or(Value::NONE))?;
        out.push(b'=');
        write_repr(cx, out, item)?;
    }
    out.push(b')');
    Ok(())
}

fn write_dict(cx: &mut Context, out: &mut Vec<u8>, dict: Ref<Dict>) -> Result<(), Problem> {
    out.push(b'{');
    for (index, (key, value)) in dict.to_vec().into_iter().enumerate() {
        if index > 0 {
            out.extend(b", ");
        }
        write_repr(cx, out, key)?;
        out.extend(b": ");
        write_repr(cx, out, value)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_set(cx: &mut Context, out: &mut Vec<u8>, value: Value, set: Ref<Set>) -> Result<(), Problem> {
    let is_plain = set.header().layout() == LayoutId::SET;
    let name = cx.type_name(value);
    if set.is_empty() {
        out.extend(format!("{name}()").bytes());
        return Ok(());
    }
    if !is_plain {
        out.extend(format!("{name}(").bytes());
    }
    out.push(b'{');
    write_items(cx, out, &set.to_vec())?;
    out.extend(if is_plain { &b"}"[..] } else { b"})" });
    Ok(())
}

fn write_view(cx: &mut Context, out: &mut Vec<u8>, value: Value, view: Ref<DictView>) -> Result<(), Problem> {
    out.extend(format!("{}([", cx.type_name(value)).bytes());
    for (index, (key, value)) in view.dict.to_vec().into_iter().enumerate() {
        if index > 0 {
            out.extend(b", ");
        }
        match view.part {
            Part::Keys => write_repr(cx, out, key)?,
            Part::Values => write_repr(cx, out, value)?,
            Part::Items => {
                out.push(b'(');
                write_items(cx, out, &[key, value])?;
                out.push(b')');
            }
        }
    }
    out.extend(b"])");
    Ok(())
}

fn write_range(cx: &mut Context, out: &mut Vec<u8>, range: Ref<Range>) -> Result<(), Problem> {
    out.extend(b"range(");
    let parts = [range.start, range.stop, range.step];
    write_items(cx, out, if range.step == Value::small(1) { &parts[..2] } else { &parts })?;
    out.push(b')');
    Ok(())
}

// ----- what holds others but is no container

fn write_wrapper(cx: &mut Context, out: &mut Vec<u8>, value: Value, header: &Header) -> Result<(), Problem> {
    match header.kind() {
        Kind::GenericAlias => write_alias(cx, out, Ref::from_header(header)),
        Kind::Method => write_method(cx, out, header, Ref::from_header(header)),
        Kind::Descriptor => write_descriptor(cx, out, value, Ref::from_header(header)),
        Kind::ContextVariable => contextvars::write_variable(cx, out, Ref::from_header(header)),
        Kind::ContextToken => contextvars::write_token(cx, out, Ref::from_header(header)),
        _ => {
            let parts: Ref<Super> = Ref::from_header(header);
            let name = |class: Value| class.get::<Class>().map_or("NULL".to_string(), Ref::<Class>::name_text);
            let start = name(parts.start.get());
            let object = match parts.object.get() {
                object if object.is_none() || object.is_unbound() => "NULL".to_string(),
                _ => format!("<{} object>", name(parts.class.get())),
            };
            out.extend(format!("<super: <class '{start}'>, {object}>").bytes());
            Ok(())
        }
    }
}

fn write_alias(cx: &mut Context, out: &mut Vec<u8>, alias: Ref<GenericAlias>) -> Result<(), Problem> {
    let items = alias.items();
    if alias.is_union() {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                out.extend(b" | ");
            }
            match item == cx.class(LayoutId::NONE_TYPE).value() {
                true => out.extend(b"None"),
                false => write_argument(cx, out, item)?,
            }
        }
        return Ok(());
    }
    if alias.is_starred {
        out.push(b'*');
    }
    write_argument(cx, out, alias.origin)?;
    out.push(b'[');
    if items.is_empty() {
        out.extend(b"()");
    }
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.extend(b", ");
        }
        write_argument(cx, out, item)?;
    }
    out.push(b']');
    Ok(())
}

/// A part of an alias: classes by their name.
fn write_argument(cx: &mut Context, out: &mut Vec<u8>, item: Value) -> Result<(), Problem> {
    if item == cx.ellipsis {
        out.extend(b"...");
        return Ok(());
    }
    if let Some(list) = item.get::<List>() {
        out.push(b'[');
        for (index, item) in list.to_vec().into_iter().enumerate() {
            if index > 0 {
                out.extend(b", ");
            }
            write_argument(cx, out, item)?;
        }
        out.push(b']');
        return Ok(());
    }
    match item.get::<Class>() {
        Some(class) => {
            let label = class_label(cx, class);
            out.extend(label.bytes());
            Ok(())
        }
        None => write_repr(cx, out, item),
    }
}

fn write_method(cx: &mut Context, out: &mut Vec<u8>, header: &Header, method: Ref<Method>) -> Result<(), Problem> {
    let receiver = method.receiver;
    let native = method.function.get::<Native>();
    if let (Some(native), LayoutId::BUILTIN_FUNCTION | LayoutId::METHOD_WRAPPER) = (native, header.layout()) {
        let name = native.declaration.name();
        let text = match receiver.get::<Class>() {
            _ if header.layout() == LayoutId::METHOD_WRAPPER => {
                let (class, address) = (cx.type_name(receiver), address(receiver));
                format!("<method-wrapper '{name}' of {class} object at {address}>")
            }
            Some(_) => format!("<built-in method {name} of type object at {}>", address(receiver)),
            None => format!("<built-in method {name} of {} object at {}>", cx.type_name(receiver), address(receiver)),
        };
        out.extend(text.bytes());
        return Ok(());
    }
    let name = match method.function.get::<Function>() {
        Some(function) => text_of(function.qualified_name.get()),
        None => native.map_or("?".to_string(), |native| native.declaration.name().to_string()),
    };
    out.extend(format!("<bound method {name} of ").bytes());
    write_repr(cx, out, receiver)?;
    out.push(b'>');
    Ok(())
}

fn write_descriptor(
    cx: &mut Context,
    out: &mut Vec<u8>,
    value: Value,
    descriptor: Ref<Descriptor>,
) -> Result<(), Problem> {
    let owner = descriptor.getter.get().get::<Class>().map_or_else(String::new, Ref::<Class>::name_text);
    let name = text_of(descriptor.name.get());
    let text = match value.header().map(Header::layout) {
        Some(LayoutId::STATICMETHOD | LayoutId::CLASSMETHOD) => {
            out.extend(format!("<{}(", cx.type_name(value)).bytes());
            write_repr(cx, out, descriptor.getter.get())?;
            ")>".to_string()
        }
        Some(LayoutId::GETSET_DESCRIPTOR) => format!("<attribute '{name}' of '{owner}' objects>"),
        Some(LayoutId::MEMBER_DESCRIPTOR) => format!("<member '{name}' of '{owner}' objects>"),
        _ => default_text(cx, value),
    };
    out.extend(text.bytes());
    Ok(())
}

// ----- what is shown by its kind, name and address

/// The address of an object as `repr` shows it.
pub fn address(value: Value) -> String {
    format!("{:#x}", value.bits())
}

/// `module.Name` of a class; of built-in ones `Name`.
pub fn class_label(cx: &mut Context, class: Ref<Class>) -> String {
    let name = text_of(class.qualified_name.get());
    let module = class.lookup_after(cx.names.__module__, None).map(|(_, module)| module);
    match module.and_then(|module| module.get::<Str>()).map(|module| module.text().into_owned()) {
        Some(module) if module != "builtins" => format!("{module}.{name}"),
        _ => name,
    }
}

/// `<module.Name object at 0x...>`
pub fn default_text(cx: &mut Context, value: Value) -> String {
    let class = cx.class_of(value);
    format!("<{} object at {}>", class_label(cx, class), address(value))
}

fn plain_text(cx: &mut Context, value: Value, header: &Header) -> String {
    match header.kind() {
        Kind::Instance if value == cx.ellipsis => "Ellipsis".into(),
        Kind::Instance if value == cx.not_implemented => "NotImplemented".into(),
        Kind::Class => format!("<class '{}'>", class_label(cx, Ref::from_header(header))),
        Kind::Function => {
            let name = text_of(Ref::<Function>::from_header(header).qualified_name.get());
            format!("<function {name} at {}>", address(value))
        }
        Kind::Native => native_text(header.layout(), Ref::from_header(header)),
        Kind::Generator => {
            let kind = cx.type_name(value);
            let name = text_of(Ref::<Generator>::from_header(header).qualified_name());
            format!("<{kind} object {name} at {}>", address(value))
        }
        Kind::Await => match Ref::<Await>::from_header(header).native {
            Some(coroutine) => format!("<coroutine object {} at {}>", coroutine.qualified_name, address(value)),
            None => default_text(cx, value),
        },
        Kind::Module => module_text(cx, Ref::from_header(header)),
        Kind::CodeObject => code_text(value, Ref::from_header(header)),
        Kind::FrameObject => {
            let frame: Ref<FrameObject> = Ref::from_header(header);
            let code = frame.function.code.get();
            let (file, name) = (&code.code.source.name, text_of(code.name));
            format!("<frame at {}, file '{file}', line {}, code {name}>", address(value), code.code.first_line)
        }
        Kind::Cell => match Ref::<CellObject>::from_header(header).content.get() {
            content if content.is_unbound() => format!("<cell at {}: empty>", address(value)),
            content => {
                let kind = cx.type_name(content);
                format!("<cell at {}: {kind} object at {}>", address(value), address(content))
            }
        },
        Kind::MemoryView => match Ref::<MemoryView>::from_header(header).is_released.get() {
            true => format!("<released memory at {}>", address(value)),
            false => format!("<memory at {}>", address(value)),
        },
        Kind::WeakReference => weak_text(cx, value, Ref::from_header(header)),
        _ => default_text(cx, value),
    }
}

fn native_text(layout: LayoutId, native: Ref<Native>) -> String {
    let name = native.declaration.name();
    let owner = native.owner.get().get::<Class>().map_or_else(String::new, Ref::<Class>::name_text);
    match layout {
        LayoutId::METHOD_DESCRIPTOR | LayoutId::CLASSMETHOD_DESCRIPTOR => {
            format!("<method '{name}' of '{owner}' objects>")
        }
        LayoutId::WRAPPER_DESCRIPTOR => format!("<slot wrapper '{name}' of '{owner}' objects>"),
        _ => format!("<built-in function {name}>"),
    }
}

fn module_text(cx: &mut Context, module: Ref<Module>) -> String {
    let name = |name: Value| module.dict().get_interned(name).filter(|value| value.is::<Str>());
    let title = name(cx.names.__name__).map_or("?".to_string(), text_of);
    // A module that a script has made is not the one of its name.
    let own =
        |cx: &Context| name(cx.names.__name__).and_then(|name| cx.modules.get_interned(name)) == Some(module.value());
    match name(cx.names.__file__) {
        Some(file) => format!("<module '{title}' from '{}'>", text_of(file)),
        None if own(cx) => format!("<module '{title}' (built-in)>"),
        None => format!("<module '{title}'>"),
    }
}

fn code_text(value: Value, code: Ref<CodeObject>) -> String {
    let (name, file, line) = (text_of(code.name), &code.code.source.name, code.code.first_line);
    format!("<code object {name} at {}, file \"{file}\", line {line}>", address(value))
}

fn weak_text(cx: &mut Context, value: Value, reference: Ref<WeakReference>) -> String {
    let own = address(value);
    let kind = if reference.header().layout() == LayoutId::WEAKREF { "weakref" } else { "weakproxy" };
    match reference.target() {
        Some(target) => format!("<{kind} at {own}; to '{}' at {}>", cx.type_name(target), address(target)),
        None => format!("<{kind} at {own}; dead>"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cx: &mut Context, value: Value) -> String {
        match repr(cx, value) {
            Ok(text) => text_of(text),
            Err(_) => "a problem".into(),
        }
    }

    #[test]
    fn plain_data_is_shown() {
        let cx = &mut Context::new((1, 2));
        let text = cx.str("it's");
        let one = cx.tuple(&[Value::small(1)]);
        let list = cx.list(vec![text, one, Value::float(1.0), Value::NONE]);
        assert_eq!(shown(cx, list), "[\"it's\", (1,), 1.0, None]");
        if let Some(body) = list.get::<List>() {
            body.push(list);
            body.set(0, Value::TRUE);
        }
        assert_eq!(shown(cx, list), "[True, (1,), 1.0, None, [...]]");
        let dict = cx.new_dict();
        let key = cx.intern("a");
        dict.set_interned(key, dict.value());
        assert_eq!(shown(cx, dict.value()), "{'a': {...}}");
        let range = Range::allocate(cx, Value::small(0), Value::small(9), Value::small(2));
        assert_eq!(range.map(|range| shown(cx, range)).ok().as_deref(), Some("range(0, 9, 2)"));
        let set = Set::allocate(cx, LayoutId::FROZENSET);
        assert_eq!(shown(cx, set.value()), "frozenset()");
        set.insert_new(Value::small(1), 1);
        assert_eq!(shown(cx, set.value()), "frozenset({1})");
        let crate::object::native::Stop::Raise(exception) = cx.value_error("x") else { panic!("it raises") };
        assert_eq!(shown(cx, exception), "ValueError('x')");
        let class = cx.class(LayoutId::INT).value();
        assert_eq!(shown(cx, class), "<class 'int'>");
        let alias = GenericAlias::allocate(cx, class, Value::NONE);
        assert_eq!(shown(cx, alias), "int[None]");
        let deep = (0..5_000).fold(Value::NONE, |inner, _| cx.list(vec![inner]));
        assert_eq!(shown(cx, deep), "a problem");
        assert!(cx.in_repr.is_empty());
    }
}
