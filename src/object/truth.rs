//! Whether a value counts as true, as far as that needs no script code.

use crate::object::bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars::ContextObject;
use crate::object::dict::{Dict, DictView, MappingProxy};
use crate::object::extension::Extension;
use crate::object::greenlet::Greenlet;
use crate::object::heap::{Header, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::number::Number;
use crate::object::range::Range;
use crate::object::set::Set;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::integer;

/// `bool(value)`; None when its `__bool__` or `__len__` must be called.
#[inline]
pub fn truth(cx: &mut Context, value: Value) -> Option<bool> {
    if value.is_bool() {
        return Some(value == Value::TRUE);
    }
    if value.is_small() {
        return Some(value.as_small() != 0);
    }
    match value.header() {
        Some(header) => truth_of_object(cx, value, header),
        None if value.is_float() => Some(value.as_float() != 0.0),
        None => Some(false),
    }
}

fn truth_of_object(cx: &mut Context, value: Value, header: &Header) -> Option<bool> {
    let class = cx.class(header.layout());
    if header.kind() == Kind::Extension
        && class.has(Class::BUILTIN)
        && let Some(length) = Ref::<Extension>::from_header(header).data.length()
    {
        return Some(length > 0);
    }
    if class.has(Class::OVERRIDES) || header.kind() == Kind::Extension {
        let names = [cx.names.__bool__, cx.names.__len__];
        let first = names.into_iter().find_map(|name| class.lookup_after(name, None));
        match first {
            None if header.kind() == Kind::Extension => return Some(true),
            // The methods of the built-in class the body belongs to are known here.
            Some((owner, _)) if owner.has(Class::BUILTIN) && header.kind() != Kind::Extension => {}
            None => {}
            Some(_) => return None,
        }
    }
    truth_as_data(cx, value)
}

/// `bool(value)` by what it holds, without asking whether its own class overrides it.
pub fn truth_as_data(cx: &mut Context, value: Value) -> Option<bool> {
    let Some(header) = value.header() else { return truth(cx, value) };
    Some(match header.kind() {
        // It refuses to be asked.
        Kind::Instance if value == cx.not_implemented => return None,
        Kind::Str => Ref::<Str>::from_header(header).length() > 0,
        Kind::List => !Ref::<List>::from_header(header).is_empty(),
        Kind::Tuple => !Ref::<Tuple>::from_header(header).is_empty(),
        Kind::Dict => !Ref::<Dict>::from_header(header).is_empty(),
        Kind::Set => !Ref::<Set>::from_header(header).is_empty(),
        Kind::DictView => !Ref::<DictView>::from_header(header).dict.is_empty(),
        Kind::Range => Int::sign(Ref::<Range>::from_header(header).length) != 0,
        Kind::ContextObject => !Ref::<ContextObject>::from_header(header).is_empty(),
        Kind::Greenlet => Ref::<Greenlet>::from_header(header).is_active(),
        Kind::Bytes | Kind::ByteArray | Kind::MemoryView => bytes::byte_length(value).is_some_and(|length| length > 0),
        Kind::MappingProxy => {
            let mapping = Ref::<MappingProxy>::from_header(header).mapping.get();
            return truth(cx, mapping);
        }
        // The class of a proxy answers, not the proxy.
        Kind::WeakReference if header.layout() != LayoutId::WEAKREF => return None,
        _ => match Number::of(value) {
            Some(Number::Int(number)) => !matches!(number, integer::Int::Small(0)),
            Some(Number::Float(x)) => x != 0.0,
            Some(Number::Complex(z)) => z.real != 0.0 || z.imaginary != 0.0,
            None => true,
        },
    })
}
