//! `in` for the built-in containers.

use super::equal::{equal, has_script_equality};
use super::problem::{Problem, deeper};
use crate::object::bytes::{self, MemoryView};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{Dict, DictView, MappingProxy};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::iterator::Part;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::Native;
use crate::object::number::Number;
use crate::object::range::Range;
use crate::object::set::Set;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::{float, search};

/// `item in container`; None if the container is of no kind whose membership is known here.
pub fn contains(cx: &mut Context, container: Value, item: Value) -> Result<Option<bool>, Problem> {
    let Some(header) = container.header() else { return Ok(None) };
    let class = cx.class(header.layout());
    if class.has(Class::OVERRIDES) {
        let own = cx.lookup(class, cx.names.__contains__);
        if !own.is_some_and(|method| method.is::<Native>()) {
            return Ok(None);
        }
    }
    contains_as_data(cx, container, item)
}

/// What is looked for in a set: a set that has no hash stands for the frozenset of its members.
pub fn looked_for_in_set(cx: &mut Context, item: Value) -> Value {
    let Some(set) = item.get::<Set>() else { return item };
    let class = cx.class_of(item);
    if cx.lookup(class, cx.names.__hash__).is_some_and(|hash| !hash.is_none()) {
        return item;
    }
    let frozen = Set::allocate(cx, LayoutId::FROZENSET);
    frozen.fill_from(&set);
    frozen.value()
}

/// As `contains`, by what the container holds, without asking whether its own class overrides it.
pub fn contains_as_data(cx: &mut Context, container: Value, item: Value) -> Result<Option<bool>, Problem> {
    let Some(header) = container.header() else { return Ok(None) };
    Ok(Some(match header.kind() {
        Kind::List => {
            let list: Ref<List> = Ref::from_header(header);
            position(cx, item, |index| list.get(index))?.is_some()
        }
        Kind::Tuple => {
            let tuple: Ref<Tuple> = Ref::from_header(header);
            position(cx, item, |index| tuple.get(index))?.is_some()
        }
        Kind::Dict => Ref::<Dict>::from_header(header).find(cx, item)?.is_some(),
        Kind::Set => {
            let item = looked_for_in_set(cx, item);
            Ref::<Set>::from_header(header).contains(cx, item)?
        }
        Kind::Str => {
            let Some(part) = item.get::<Str>() else {
                let found = cx.type_name(item);
                let message = format!("'in <string>' requires string as left operand, not {found}");
                return Err(Problem::Stop(cx.type_error(message)));
            };
            search::find(Ref::<Str>::from_header(header).bytes(), part.bytes()).is_some()
        }
        Kind::Bytes | Kind::ByteArray => return bytes_contain(cx, container, item).map(Some),
        Kind::MemoryView => {
            let view: Ref<MemoryView> = Ref::from_header(header);
            view.check(cx)?;
            let items: Vec<Value> = (0..view.length).map(|index| view.item(cx, index)).collect();
            position(cx, item, |index| items.get(index).copied())?.is_some()
        }
        Kind::Range => range_contains(cx, Ref::from_header(header), item)?,
        Kind::DictView => view_contains(cx, Ref::from_header(header), item)?,
        Kind::MappingProxy => {
            let mapping = Ref::<MappingProxy>::from_header(header).mapping.get();
            return deeper(cx, |cx| contains(cx, mapping, item));
        }
        _ => return Ok(None),
    }))
}

/// The place of the first item that is the same as another or equal to it.
pub fn position(
    cx: &mut Context,
    wanted: Value,
    get: impl Fn(usize) -> Option<Value>,
) -> Result<Option<usize>, Problem> {
    let mut index = 0;
    while let Some(item) = get(index) {
        if item == wanted || equal(cx, item, wanted)? {
            return Ok(Some(index));
        }
        index += 1;
    }
    Ok(None)
}

fn bytes_contain(cx: &mut Context, container: Value, item: Value) -> Result<bool, Problem> {
    let own = bytes::bytes_of(&container).unwrap_or_default();
    if let Some(part) = bytes::bytes_of(&item) {
        return Ok(search::find(&own, &part).is_some());
    }
    if let Some(view) = item.get::<MemoryView>() {
        view.check_contiguous(cx).map_err(Problem::Stop)?;
    }
    if !Int::is(item) {
        if cx.special(item, cx.names.__index__).is_some() {
            return Err(Problem::Script);
        }
        let found = cx.type_name(item);
        return Err(Problem::Stop(cx.type_error(format!("a bytes-like object is required, not '{found}'"))));
    }
    match Int::to_i64(item).and_then(|byte| u8::try_from(byte).ok()) {
        Some(byte) => Ok(memchr::memchr(byte, &own).is_some()),
        None => Err(Problem::Stop(cx.value_error("byte must be in range(0, 256)"))),
    }
}

fn range_contains(cx: &mut Context, range: Ref<Range>, item: Value) -> Result<bool, Problem> {
    if has_script_equality(cx, item) {
        return Err(Problem::Script);
    }
    let number = match Number::of(item) {
        Some(Number::Int(_)) => item,
        Some(Number::Float(x)) if float::is_integer(x) => match float::to_integer(x) {
            Ok(whole) => Int::from_integer(cx, whole),
            Err(_) => return Ok(false),
        },
        Some(Number::Complex(z)) if z.imaginary == 0.0 => {
            return range_contains(cx, range, Value::float(z.real));
        }
        _ => return Ok(false),
    };
    Ok(range.index(cx, number)?.is_some())
}

fn view_contains(cx: &mut Context, view: Ref<DictView>, item: Value) -> Result<bool, Problem> {
    match view.part {
        Part::Keys => Ok(view.dict.find(cx, item)?.is_some()),
        Part::Values => {
            let values: Vec<Value> = view.dict.to_vec().into_iter().map(|(_, value)| value).collect();
            Ok(position(cx, item, |index| values.get(index).copied())?.is_some())
        }
        Part::Items => {
            let Some(pair) = item.get::<Tuple>().filter(|pair| pair.len() == 2) else { return Ok(false) };
            let (key, value) = (pair.items()[0], pair.items()[1]);
            match view.dict.get(cx, key)? {
                Some(found) => Ok(found == value || equal(cx, found, value)?),
                None => Ok(false),
            }
        }
    }
}
