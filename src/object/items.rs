//! Items and lengths of containers, as far as no script code is needed.

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::contextvars::ContextObject;
use crate::object::dict::{Dict, DictView};
use crate::object::extension::Extension;
use crate::object::heap::Ref;
use crate::object::iterator::{self, Iterator, Step};
use crate::object::kind::Kind;
use crate::object::list::List;
use crate::object::native::{FromValue, Stop, Wish};
use crate::object::set::Set;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// How many items are taken between two looks at interrupts and limits.
const TURNS: usize = 4096;

/// All items of a value, or None where iterating it needs script code (or it is not iterable).
pub fn plain_items(cx: &mut Context, value: Value) -> Option<Result<Vec<Value>, Stop>> {
    let header = value.header()?;
    let class = cx.class(header.layout());
    if !class.has(Class::BUILTIN) && class.has(Class::OVERRIDES) {
        return None;
    }
    match header.kind() {
        Kind::List => return Some(Ok(Ref::<List>::from_header(header).to_vec())),
        Kind::Tuple => return Some(Ok(Ref::<Tuple>::from_header(header).items().to_vec())),
        Kind::Extension => {
            if let Some(items) = Ref::<Extension>::from_header(header).data.items() {
                return Some(Ok(items));
            }
        }
        _ => {}
    }
    let iterator: Ref<Iterator> = iterator::of_builtin(cx, value)?.get()?;
    if !iterator.is_plain {
        return None;
    }
    let least = match header.kind() {
        Kind::Range => match crate::object::range::length(value) {
            Some(length) => length,
            None => return Some(Err(cx.overflow_error("Python int too large to convert to C ssize_t"))),
        },
        _ => iterator.least_left(),
    };
    if let Err(stop) = cx.reserve(least.saturating_mul(8)) {
        return Some(Err(stop));
    }
    let mut items = Vec::new();
    loop {
        match iterator::next(cx, iterator, None) {
            Ok(Step::Item(item)) => items.push(item),
            Ok(_) => return Some(Ok(items)),
            Err(stop) => return Some(Err(stop)),
        }
        if items.len() % TURNS == 0 {
            if let Err(stop) = cx.reserve(items.len() * 16).and_then(|()| cx.tick(TURNS)) {
                return Some(Err(stop));
            }
        }
    }
}

/// The length of a value, or None where a script `__len__` gives it (or it has none).
pub fn length(cx: &mut Context, value: Value) -> Option<usize> {
    let header = value.header()?;
    let class = cx.class(header.layout());
    if !class.has(Class::BUILTIN) && class.has(Class::OVERRIDES) {
        return None;
    }
    Some(match header.kind() {
        Kind::List => Ref::<List>::from_header(header).len(),
        Kind::Tuple => Ref::<Tuple>::from_header(header).items().len(),
        Kind::Str => Ref::<Str>::from_header(header).chars(),
        Kind::Dict => Ref::<Dict>::from_header(header).len(),
        Kind::DictView => Ref::<DictView>::from_header(header).dict.len(),
        Kind::Set => Ref::<Set>::from_header(header).len(),
        Kind::ContextObject => Ref::<ContextObject>::from_header(header).len(),
        Kind::Bytes | Kind::ByteArray | Kind::MemoryView => crate::object::bytes::byte_length(value)?,
        Kind::Range => return crate::object::range::length(value),
        Kind::Extension => return Ref::<Extension>::from_header(header).data.length(),
        _ => return None,
    })
}

/// The items of an argument: any iterable. Asks the loop for a list where script code gives them.
pub struct Items(pub Vec<Value>);

impl FromValue for Items {
    fn from_value(cx: &mut Context, value: Value, position: usize) -> Result<Items, Stop> {
        match plain_items(cx, value) {
            Some(items) => items.map(Items),
            None => Err(cx.ask(position, Wish::Items)),
        }
    }
}
