//! Equality, order and hashes of plain data, however deeply nested.
//!
//! Everything here works without script code. Where an object with a `__eq__`, `__hash__` or order of a script is
//! met, the answer is `Problem::Script`, and the caller goes the long way through the VM.

use std::cmp::Ordering;

use crate::object::alias::GenericAlias;
use crate::object::bytes::{self, MemoryView};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::{Dict, DictView, MappingProxy};
use crate::object::function::Method;
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::iterator::Part;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Native, Stop};
use crate::object::number::{self, Number};
use crate::object::range::Range;
use crate::object::set::Set;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::object::weak::WeakReference;
use crate::syntax::ast::Comparison;
use crate::text::{float, integer, search};

/// Why an operation on plain data has no result.
pub enum Problem {
    /// Script code must run: the operation has had no effect, or none that doing it again would not repeat.
    Script,
    /// An exception.
    Stop(Stop),
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Problem {
        Problem::Stop(stop)
    }
}

impl Problem {
    /// The answer of a native whose script half takes over where script code must run.
    pub fn or_half(self) -> Stop {
        self.or(Stop::Half)
    }

    /// The answer of a native: `script` where script code must run.
    pub fn or(self, script: Stop) -> Stop {
        match self {
            Problem::Script => script,
            Problem::Stop(stop) => stop,
        }
    }
}

/// How deep two lists may be nested and still be compared.
const DEEPEST: usize = 100_000;

/// How deep keys inside keys may be nested.
const DEEPEST_KEY: usize = 1_000;

fn too_deep(cx: &mut Context) -> Problem {
    Problem::Stop(cx.error(LayoutId::RECURSION_ERROR, "maximum recursion depth exceeded in comparison"))
}

/// Runs `work` one level deeper in nested natives.
pub fn deeper<T>(cx: &mut Context, work: impl FnOnce(&mut Context) -> Result<T, Problem>) -> Result<T, Problem> {
    if cx.native_depth >= DEEPEST_KEY {
        return Err(too_deep(cx));
    }
    cx.native_depth += 1;
    let result = work(cx);
    cx.native_depth -= 1;
    result
}

// ----- equality

/// `a == b`
#[inline]
pub fn equal(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    if a.both_small(b) {
        return Ok(a == b);
    }
    if let (Some(x), Some(y)) = (a.header(), b.header())
        && x.layout() == LayoutId::STR
        && y.layout() == LayoutId::STR
    {
        return Ok(a == b || Ref::<Str>::from_header(x).equals(&Ref::<Str>::from_header(y)));
    }
    equal_slowly(cx, a, b)
}

fn equal_slowly(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    if has_script_equality(cx, a) || has_script_equality(cx, b) {
        return Err(Problem::Script);
    }
    equal_as_data(cx, a, b)
}

/// Is `==` of this value a script's, or that of a native method of a library class?
fn has_script_equality(cx: &Context, value: Value) -> bool {
    let Some(header) = value.header() else { return false };
    if is_built_in(header.layout()) {
        // The class of a proxy answers, not the proxy.
        return header.kind() == Kind::WeakReference && header.layout() != LayoutId::WEAKREF;
    }
    match header.kind() {
        Kind::Extension => {
            let own = cx.class(header.layout()).lookup_after(cx.names.__eq__, None);
            own.is_some_and(|(class, _)| class != cx.class(LayoutId::OBJECT))
        }
        _ => cx.class(header.layout()).has(Class::HAS_EQ),
    }
}

fn is_built_in(layout: LayoutId) -> bool {
    (layout.0 as usize) < crate::object::layout::BUILTIN_CLASSES.len()
}

/// `a == b` by what the two hold, without asking whether their own classes override it; what is inside is
/// asked.
pub fn equal_as_data(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    match shallow(cx, a, b)? {
        Shallow::Known(is_equal) => Ok(is_equal),
        Shallow::Nested(pairs) => equal_nested(cx, pairs),
    }
}

/// What is known of two values without looking into what they contain.
enum Shallow {
    Known(bool),
    Nested(Pairs),
}

/// Pairs still to be compared.
enum Pairs {
    Lists(Ref<List>, Ref<List>, usize),
    Tuples(Ref<Tuple>, Ref<Tuple>, usize),
    Dicts(Ref<Dict>, Ref<Dict>, usize),
}

/// Compares what is nested, with a list of its own of what is left, so that depth costs no stack.
fn equal_nested(cx: &mut Context, first: Pairs) -> Result<bool, Problem> {
    let mut work = vec![first];
    while let Some(pairs) = work.last_mut() {
        let next = match pairs {
            Pairs::Lists(a, b, index) => match (a.get(*index), b.get(*index)) {
                (Some(x), Some(y)) => {
                    *index += 1;
                    Some((x, y))
                }
                (None, None) => None,
                _ => return Ok(false),
            },
            Pairs::Tuples(a, b, index) => {
                *index += 1;
                a.get(*index - 1).zip(b.get(*index - 1))
            }
            Pairs::Dicts(a, b, index) => match next_pair(cx, *a, *b, index)? {
                NextPair::Values(x, y) => Some((x, y)),
                NextPair::Missing => return Ok(false),
                NextPair::End => None,
            },
        };
        let Some((x, y)) = next else {
            work.pop();
            continue;
        };
        if x == y {
            continue;
        }
        if has_script_equality(cx, x) || has_script_equality(cx, y) {
            return Err(Problem::Script);
        }
        match shallow(cx, x, y)? {
            Shallow::Known(true) => {}
            Shallow::Known(false) => return Ok(false),
            Shallow::Nested(_) if work.len() >= DEEPEST => return Err(too_deep(cx)),
            Shallow::Nested(pairs) => work.push(pairs),
        }
    }
    Ok(true)
}

enum NextPair {
    Values(Value, Value),
    Missing,
    End,
}

fn next_pair(cx: &mut Context, a: Ref<Dict>, b: Ref<Dict>, index: &mut usize) -> Result<NextPair, Problem> {
    while *index < a.end() {
        let place = *index;
        *index += 1;
        if let Some((key, value)) = a.entry(place) {
            let hash = a.entry_hash(place);
            return Ok(match b.find_hashed(cx, key, hash)?.and_then(|found| b.entry(found)) {
                Some((_, other)) => NextPair::Values(value, other),
                None => NextPair::Missing,
            });
        }
    }
    Ok(NextPair::End)
}

fn shallow(cx: &mut Context, a: Value, b: Value) -> Result<Shallow, Problem> {
    if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
        return Ok(Shallow::Known(number::equal(x, y)));
    }
    let (Some(x), Some(y)) = (a.header(), b.header()) else { return Ok(Shallow::Known(a == b)) };
    let known = match (x.kind(), y.kind()) {
        (Kind::Str, Kind::Str) => Ref::<Str>::from_header(x).equals(&Ref::<Str>::from_header(y)),
        (Kind::List, Kind::List) => {
            let (x, y) = (Ref::<List>::from_header(x), Ref::<List>::from_header(y));
            if x.len() == y.len() {
                return Ok(Shallow::Nested(Pairs::Lists(x, y, 0)));
            }
            false
        }
        (Kind::Tuple, Kind::Tuple) => {
            let (x, y) = (Ref::<Tuple>::from_header(x), Ref::<Tuple>::from_header(y));
            if x.len() == y.len() {
                return Ok(Shallow::Nested(Pairs::Tuples(x, y, 0)));
            }
            false
        }
        (Kind::Dict, Kind::Dict) => {
            let (x, y) = (Ref::<Dict>::from_header(x), Ref::<Dict>::from_header(y));
            if x.len() == y.len() {
                return Ok(Shallow::Nested(Pairs::Dicts(x, y, 0)));
            }
            false
        }
        (Kind::Set, Kind::Set) => {
            let (x, y) = (Ref::<Set>::from_header(x), Ref::<Set>::from_header(y));
            x.len() == y.len() && deeper(cx, |cx| x.is_subset(cx, &y))?
        }
        _ => return deeper(cx, |cx| equal_rest(cx, a, b)).map(Shallow::Known),
    };
    Ok(Shallow::Known(known))
}

/// Equality of the kinds that are compared seldom.
fn equal_rest(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    if a == b {
        return Ok(true);
    }
    if bytes::is_bytes_like(a) && bytes::is_bytes_like(b) {
        return Ok(bytes::equal(a, b));
    }
    if let (Some(x), Some(y)) = (a.get::<Range>(), b.get::<Range>()) {
        return Ok(x.equals(&y));
    }
    if let (Some(x), Some(y)) = (a.get::<Slice>(), b.get::<Slice>()) {
        return all_equal(cx, &[(x.start, y.start), (x.stop, y.stop), (x.step, y.step)]);
    }
    if let (Some(x), Some(y)) = (a.get::<Method>(), b.get::<Method>()) {
        return Ok(x.receiver == y.receiver && equal(cx, x.function, y.function)?);
    }
    if let (Some(x), Some(y)) = (a.get::<GenericAlias>(), b.get::<GenericAlias>()) {
        return x.equals(cx, &y);
    }
    if let (Some(x), Some(y)) = (a.get::<WeakReference>(), b.get::<WeakReference>()) {
        return match (x.target(), y.target()) {
            (Some(x), Some(y)) => Ok(x == y || equal(cx, x, y)?),
            _ => Ok(false),
        };
    }
    match (a.get::<MappingProxy>(), b.get::<MappingProxy>()) {
        (None, None) => {}
        (x, y) => {
            let a = x.map_or(a, |x| x.mapping.get());
            let b = y.map_or(b, |y| y.mapping.get());
            return equal(cx, a, b);
        }
    }
    if a.is::<DictView>() || b.is::<DictView>() {
        return equal_views(cx, a, b);
    }
    Ok(false)
}

/// Are all pairs equal or the same?
pub fn all_equal(cx: &mut Context, pairs: &[(Value, Value)]) -> Result<bool, Problem> {
    for &(a, b) in pairs {
        if a != b && !equal(cx, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `dict.keys()` and `dict.items()` equal sets with the same members.
fn equal_views(cx: &mut Context, a: Value, b: Value) -> Result<bool, Problem> {
    let is_set = |value: Value| value.is::<Set>() || value.get::<DictView>().is_some_and(|view| view.part != Part::Values);
    if !is_set(a) || !is_set(b) {
        return Ok(false);
    }
    let (a, b) = (members(cx, a)?, members(cx, b)?);
    Ok(a.len() == b.len() && a.is_subset(cx, &b)?)
}

/// The members of a set or of a view that is like one, as a set.
pub fn members(cx: &mut Context, value: Value) -> Result<Ref<Set>, Problem> {
    if let Some(set) = value.get::<Set>() {
        return Ok(set);
    }
    let set = Set::allocate(cx, LayoutId::SET);
    if let Some(view) = value.get::<DictView>() {
        if view.part == Part::Keys {
            set.merge_keys(cx, &view.dict)?;
            return Ok(set);
        }
        for (key, value) in view.dict.to_vec() {
            let pair = cx.tuple(&[key, value]);
            set.add(cx, pair)?;
        }
    }
    Ok(set)
}

// ----- membership

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
            // A set as the item stands for the frozenset of its members.
            if let Some(set) = item.get::<Set>().filter(|_| !cx.is_instance(item, LayoutId::FROZENSET)) {
                let frozen = Set::allocate(cx, LayoutId::FROZENSET);
                frozen.fill_from(&set);
                return contains_as_data(cx, container, frozen.value());
            }
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

// ----- order

/// `a < b` and the other three, also `==` and `!=`; None if values of these kinds have no order.
pub fn compare(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Option<bool>, Problem> {
    match op {
        Comparison::Equal => return equal(cx, a, b).map(Some),
        Comparison::NotEqual => return equal(cx, a, b).map(|is_equal| Some(!is_equal)),
        _ => {}
    }
    if a.both_small(b) {
        return Ok(Some(holds(op, a.as_small().cmp(&b.as_small()))));
    }
    if has_script_order(cx, op, a) || has_script_order(cx, op, b) {
        return Err(Problem::Script);
    }
    compare_as_data(cx, op, a, b)
}

/// May ordering this value call a script's method, or a native one of a library class?
fn has_script_order(cx: &mut Context, op: Comparison, value: Value) -> bool {
    let Some(header) = value.header() else { return false };
    if is_built_in(header.layout()) {
        return header.kind() == Kind::WeakReference;
    }
    let class = cx.class(header.layout());
    let name = match op {
        Comparison::Less => [cx.names.__lt__, cx.names.__gt__],
        Comparison::Greater => [cx.names.__gt__, cx.names.__lt__],
        Comparison::LessEqual => [cx.names.__le__, cx.names.__ge__],
        _ => [cx.names.__ge__, cx.names.__le__],
    };
    header.kind() == Kind::Extension
        || name.into_iter().any(|name| cx.lookup(class, name).is_some_and(|method| !method.is::<Native>()))
        || cx.class(header.layout()).has(Class::HAS_EQ)
}

/// As `compare`, by what the two hold, without asking whether their own classes override it; what is inside is
/// asked.
pub fn compare_as_data(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Option<bool>, Problem> {
    match op {
        Comparison::Equal => return equal_as_data(cx, a, b).map(Some),
        Comparison::NotEqual => return equal_as_data(cx, a, b).map(|is_equal| Some(!is_equal)),
        _ => {}
    }
    let (mut a, mut b) = (a, b);
    let mut depth = 0;
    loop {
        if let (Some(x), Some(y)) = (Number::of(a), Number::of(b)) {
            return Ok(number::compare(op, x, y));
        }
        if let (Some(x), Some(y)) = (a.get::<Str>(), b.get::<Str>()) {
            return Ok(Some(holds(op, x.compare(&y))));
        }
        let difference = match (a.get::<List>(), b.get::<List>(), a.get::<Tuple>(), b.get::<Tuple>()) {
            (Some(x), Some(y), _, _) => first_difference(cx, |index| (x.get(index), y.get(index)))?,
            (_, _, Some(x), Some(y)) => first_difference(cx, |index| (x.get(index), y.get(index)))?,
            _ => return compare_rest(cx, op, a, b),
        };
        let (x, y) = match difference {
            (Some(x), Some(y)) => (x, y),
            (x, y) => return Ok(Some(holds(op, x.is_some().cmp(&y.is_some())))),
        };
        depth += 1;
        if depth > DEEPEST {
            return Err(too_deep(cx));
        }
        if has_script_order(cx, op, x) || has_script_order(cx, op, y) {
            return Err(Problem::Script);
        }
        if !is_sequence_pair(x, y) {
            return match compare_as_data(cx, op, x, y)? {
                None => Err(Problem::Stop(unorderable(cx, op, x, y))),
                answer => Ok(answer),
            };
        }
        (a, b) = (x, y);
    }
}

/// The first pair of items that are not equal; where one sequence ends, None for its item.
#[inline]
fn first_difference(
    cx: &mut Context,
    pair: impl Fn(usize) -> (Option<Value>, Option<Value>),
) -> Result<(Option<Value>, Option<Value>), Problem> {
    let mut index = 0;
    loop {
        match pair(index) {
            (Some(x), Some(y)) if x == y || equal(cx, x, y)? => index += 1,
            pair => return Ok(pair),
        }
    }
}

fn is_sequence_pair(a: Value, b: Value) -> bool {
    a.is::<List>() && b.is::<List>() || a.is::<Tuple>() && b.is::<Tuple>()
}

/// Order of the kinds that are compared seldom.
fn compare_rest(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Result<Option<bool>, Problem> {
    let is_view = |value: Value| value.get::<DictView>().is_some_and(|view| view.part != Part::Values);
    let is_set = |value: Value| value.is::<Set>() || is_view(value);
    if is_set(a) && is_set(b) {
        let (a, b) = (members(cx, a)?, members(cx, b)?);
        let (small, large) = match op {
            Comparison::Less | Comparison::LessEqual => (a, b),
            _ => (b, a),
        };
        let is_strict = matches!(op, Comparison::Less | Comparison::Greater);
        let fits = if is_strict { small.len() < large.len() } else { small.len() <= large.len() };
        return Ok(Some(fits && small.is_subset(cx, &large)?));
    }
    let is_ordered = |value: Value| bytes::is_bytes_like(value) && !value.is::<MemoryView>();
    if is_ordered(a) && bytes::is_bytes_like(b) || bytes::is_bytes_like(a) && is_ordered(b) {
        return Ok(Some(holds(op, bytes::compare(a, b))));
    }
    if let (Some(x), Some(y)) = (a.get::<Slice>(), b.get::<Slice>()) {
        let (x, y) = (cx.tuple(&[x.start, x.stop, x.step]), cx.tuple(&[y.start, y.stop, y.step]));
        return compare_as_data(cx, op, x, y);
    }
    Ok(None)
}

/// Does an order satisfy `<`, `<=`, `>` or `>=`?
pub fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Less => order.is_lt(),
        Comparison::LessEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterEqual => order.is_ge(),
        Comparison::NotEqual => order.is_ne(),
        _ => order.is_eq(),
    }
}

/// TypeError: "'<' not supported between instances of 'int' and 'str'".
pub fn unorderable(cx: &mut Context, op: Comparison, a: Value, b: Value) -> Stop {
    let sign = match op {
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
        Comparison::NotEqual => "!=",
        _ => "==",
    };
    let (a, b) = (cx.type_name(a), cx.type_name(b));
    cx.type_error(format!("'{sign}' not supported between instances of '{a}' and '{b}'"))
}

// ----- hashes

/// `hash(value)` where it is there to be taken: of small integers, and of strings once computed.
#[inline(always)]
pub fn quick_hash(value: Value) -> Option<i64> {
    if value.is_small() {
        let number = value.as_small();
        return Some(if number == -1 { -2 } else { number });
    }
    match value.header() {
        Some(header) if header.layout() == LayoutId::STR => {
            Some(Ref::<Str>::from_header(header).known_hash()).filter(|&hash| hash != 0)
        }
        _ => None,
    }
}

/// `hash(value)`
#[inline]
pub fn hash(cx: &mut Context, value: Value) -> Result<i64, Problem> {
    match quick_hash(value) {
        Some(hash) => Ok(hash),
        None => hash_slowly(cx, value),
    }
}

fn hash_slowly(cx: &mut Context, value: Value) -> Result<i64, Problem> {
    let Some(header) = value.header() else { return Ok(hash_of_immediate(value)) };
    let class = cx.class(header.layout());
    if class.has(Class::HAS_HASH | Class::HAS_EQ) && !is_built_in(header.layout()) {
        return Err(Problem::Script);
    }
    if header.kind() == Kind::Extension {
        let own = class.lookup_after(cx.names.__hash__, None);
        if own.is_some_and(|(owner, _)| owner != cx.class(LayoutId::OBJECT)) {
            return Err(Problem::Script);
        }
    }
    hash_as_data(cx, value)
}

fn hash_of_immediate(value: Value) -> i64 {
    if value.is_float() {
        return float::hash(value.as_float()).unwrap_or(number::NAN_HASH);
    }
    match value {
        Value::NONE => 0xfca8_6420,
        value if value.is_bool() => (value == Value::TRUE) as i64,
        value => Int::to_i64(value).map_or(0, |number| integer::hash(integer::Int::Small(number))),
    }
}

/// `hash(value)` by what it holds, without asking whether its own class overrides it.
pub fn hash_as_data(cx: &mut Context, value: Value) -> Result<i64, Problem> {
    let Some(header) = value.header() else { return Ok(hash_of_immediate(value)) };
    Ok(match header.kind() {
        Kind::Int => Int::hash(value),
        Kind::Str => Ref::<Str>::from_header(header).hash(cx.hash_seed.0),
        Kind::Bytes => bytes::hash(cx, value)?,
        Kind::MemoryView => bytes::hash(cx, value)?,
        Kind::Tuple => deeper(cx, |cx| hash_tuple(cx, Ref::from_header(header)))?,
        Kind::Set if cx.is_instance(value, LayoutId::FROZENSET) => Ref::<Set>::from_header(header).hash(),
        Kind::List | Kind::Dict | Kind::Set | Kind::ByteArray => return Err(Problem::Stop(unhashable(cx, value))),
        Kind::Range => {
            let parts = Ref::<Range>::from_header(header).hash_parts(cx);
            hash_items(cx, &parts)?
        }
        Kind::Slice => {
            let slice: Ref<Slice> = Ref::from_header(header);
            deeper(cx, |cx| hash_items(cx, &[slice.start, slice.stop, slice.step]))?
        }
        Kind::Method => {
            let method: Ref<Method> = Ref::from_header(header);
            no_minus_one(address_hash(method.receiver) ^ deeper(cx, |cx| hash(cx, method.function))?)
        }
        Kind::WeakReference => deeper(cx, |cx| WeakReference::hash(cx, value))?,
        Kind::GenericAlias => deeper(cx, |cx| Ref::<GenericAlias>::from_header(header).hash(cx))?,
        Kind::MappingProxy => {
            let mapping = Ref::<MappingProxy>::from_header(header).mapping.get();
            deeper(cx, |cx| hash(cx, mapping))?
        }
        Kind::DictView if Ref::<DictView>::from_header(header).part != Part::Values => {
            return Err(Problem::Stop(unhashable(cx, value)));
        }
        _ => match Number::of(value) {
            Some(number) => number::hash(number),
            None => address_hash(value),
        },
    })
}

/// The hash that a value made by `as_hash` or from a hash stands for.
pub fn hash_bits(value: Value) -> i64 {
    Int::to_i64(value).unwrap_or(0)
}

/// What an integer that a `__hash__` returned becomes: cut to 64 bits, and never -1.
pub fn as_hash(cx: &mut Context, value: Value) -> Value {
    let hash = Int::to_i64(value).unwrap_or_else(|| Int::hash(value));
    cx.int(no_minus_one(hash))
}

/// TypeError: "unhashable type: 'list'".
pub fn unhashable(cx: &mut Context, value: Value) -> Stop {
    let name = cx.type_name(value);
    cx.type_error(format!("unhashable type: '{name}'"))
}

/// The hash of an object by its identity.
pub fn address_hash(value: Value) -> i64 {
    no_minus_one((value.bits() >> 4 | value.bits() << 60) as i64)
}

/// Hashes are never -1.
pub fn no_minus_one(hash: i64) -> i64 {
    if hash == -1 { -2 } else { hash }
}

fn hash_tuple(cx: &mut Context, tuple: Ref<Tuple>) -> Result<i64, Problem> {
    let mut state = TupleHash::new();
    for &item in tuple.items() {
        state.add(hash(cx, item)?);
    }
    Ok(state.finish())
}

/// The hash of a tuple of these items.
pub fn hash_items(cx: &mut Context, items: &[Value]) -> Result<i64, Problem> {
    let mut state = TupleHash::new();
    for &item in items {
        state.add(hash(cx, item)?);
    }
    Ok(state.finish())
}

/// The hash of a tuple from those of its items: a round of xxHash for each.
pub struct TupleHash {
    state: u64,
    length: u64,
}

const PRIMES: [u64; 3] = [11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 2_870_177_450_012_600_261];

impl TupleHash {
    /// Of no items yet.
    pub fn new() -> TupleHash {
        TupleHash { state: PRIMES[2], length: 0 }
    }

    /// One item more.
    #[inline]
    pub fn add(&mut self, hash: i64) {
        let mixed = self.state.wrapping_add((hash as u64).wrapping_mul(PRIMES[1]));
        self.state = mixed.rotate_left(31).wrapping_mul(PRIMES[0]);
        self.length += 1;
    }

    /// The hash.
    pub fn finish(self) -> i64 {
        let hash = self.state.wrapping_add(self.length ^ PRIMES[2] ^ 3_527_539);
        if hash == u64::MAX { 1_546_275_796 } else { hash as i64 }
    }
}

impl Default for TupleHash {
    fn default() -> TupleHash {
        TupleHash::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_equal_across_kinds() {
        let cx = &mut Context::new((1, 2));
        let big = Int::from_i64(cx, 1 << 53);
        let next = Int::from_i64(cx, (1 << 53) + 1);
        let is_equal = |cx: &mut Context, a, b| matches!(equal(cx, a, b), Ok(true));
        assert!(is_equal(cx, big, Value::float((1u64 << 53) as f64)));
        assert!(!is_equal(cx, next, Value::float((1u64 << 53) as f64)));
        assert!(is_equal(cx, Value::TRUE, Value::float(1.0)));
        assert!(!is_equal(cx, Value::NONE, Value::FALSE));
        assert!(matches!(compare(cx, Comparison::Less, big, next), Ok(Some(true))));
        assert!(matches!(hash(cx, Value::float(1.5)), Ok(1152921504606846977)));
    }

    #[test]
    fn nested_lists_are_compared_however_deep() {
        let cx = &mut Context::new((1, 2));
        let deep = |cx: &mut Context, depth: usize, last: i64| {
            (0..depth).fold(Value::small(last), |inner, _| cx.list(vec![inner]))
        };
        let (a, b, c) = (deep(cx, 50_000, 1), deep(cx, 50_000, 1), deep(cx, 50_000, 2));
        assert!(matches!(equal(cx, a, b), Ok(true)));
        assert!(matches!(equal(cx, a, c), Ok(false)));
        let (a, b) = (deep(cx, 200_000, 1), deep(cx, 200_000, 1));
        assert!(matches!(equal(cx, a, b), Err(Problem::Stop(_))));
        let (a, c) = (deep(cx, 50, 1), deep(cx, 50, 2));
        assert!(matches!(compare(cx, Comparison::Less, a, c), Ok(Some(true))));
        let tuple = (0..5_000).fold(cx.empty_tuple, |inner, _| cx.tuple(&[inner]));
        assert!(matches!(hash(cx, tuple), Err(Problem::Stop(_))));
    }

    #[test]
    fn tuples_hash_as_in_cpython() {
        let of = |hashes: &[i64]| {
            let mut state = TupleHash::new();
            hashes.iter().for_each(|&hash| state.add(hash));
            state.finish()
        };
        assert_eq!(of(&[1, 2]), -3550055125485641917);
        assert_eq!(of(&[]), 5740354900026072187);
    }
}
