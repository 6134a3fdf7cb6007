//! `Tool`: the one Rust object behind all iterators of `itertools`, and how one takes items from another.
//!
//! A step answers what it needs of the loop; the answer comes back as `fed`. A tool whose sources need no script
//! code is stepped directly by the tools around it, as far as they are not nested too deep for the Rust stack.

use crate::object::arguments::{capacity, finished};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::generator::Generator;
use crate::object::heap::{Marker, Ref};
use crate::object::iterator::{self, Iterator, Step};
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::truth::truth;
use crate::object::value::Value;

use super::{chain, combine, group, infinite, select, tee};

/// How deep tools may be nested and still be stepped on the Rust stack.
const DEEPEST: u8 = 32;

/// How many items are taken between two looks at interrupts and limits.
const TURNS: i64 = 4096;

macro_rules! states {
    ($($(#[doc = $doc:literal])+ $name:ident $body:ty;)*) => {
        /// Which iterator it is and where it stands.
        pub enum State { $($(#[doc = $doc])+ $name($body),)* }

        impl State {
            fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
                match self { $(State::$name(body) => body.next(cx, this, fed),)* }
            }

            fn trace(&self, marker: &mut Marker) {
                match self { $(State::$name(body) => body.trace(marker),)* }
            }
        }
    };
}

states! {
    /// `count`
    Count infinite::Count;
    /// `cycle`
    Cycle infinite::Cycle;
    /// `repeat`
    Repeat infinite::Repeat;
    /// `chain`
    Chain chain::Chain;
    /// `zip_longest`
    ZipLongest chain::ZipLongest;
    /// `starmap`
    StarMap chain::StarMap;
    /// `islice`
    Slice select::Slice;
    /// `compress`
    Compress select::Compress;
    /// `dropwhile`, `takewhile` and `filterfalse`
    Test select::Test;
    /// `groupby`
    GroupBy group::GroupBy;
    /// One group of `groupby`.
    Group group::Group;
    /// `accumulate`
    Accumulate group::Accumulate;
    /// `pairwise`
    Pairwise group::Pairwise;
    /// `batched`
    Batched group::Batched;
    /// `product`
    Product combine::Product;
    /// `combinations` and `combinations_with_replacement`
    Combinations combine::Combinations;
    /// `permutations`
    Permutations combine::Permutations;
    /// One of the iterators of `tee`.
    Tee tee::Tee;
}

/// An iterator of `itertools`.
pub struct Tool {
    /// Which it is.
    pub state: State,
    /// How deep tools are nested in it, itself counted, if none of its steps needs script code; else 0.
    depth: u8,
}

impl Data for Tool {
    fn trace(&self, marker: &mut Marker) {
        self.state.trace(marker);
    }

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        self.state.next(cx, this, fed)
    }

    fn is_iterator(&self) -> bool {
        true
    }
}

/// How deep a tool is nested, if its steps need no script code.
pub type Depth = Option<u8>;

/// Makes an instance of a class of `itertools` or of a subclass. `depth` is that of the deepest source.
pub fn make(cx: &mut Context, class: Ref<Class>, state: State, depth: Depth) -> Value {
    let tool = Tool { state, depth: depth.map_or(0, |depth| depth + 1) };
    let layout = class.root_layout.get();
    let body = Extension { data: Box::new(tool) };
    let object = match capacity(class) {
        None => cx.heap.allocate(layout, body),
        Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity),
    };
    finished(cx, class, object.value())
}

/// An iterator that a tool takes items from.
#[derive(Clone, Copy)]
pub struct Source {
    /// The iterator.
    pub iterator: Value,
    /// See `Depth`; 0 for the iterators of containers.
    pub depth: Depth,
}

/// What came of asking a source for an item.
pub enum Pulled {
    /// The item.
    Item(Value),
    /// There is none left.
    Done,
    /// The loop must get it.
    Wait,
}

impl Source {
    /// A source of items.
    pub fn new(cx: &mut Context, iterator: Value) -> Source {
        let depth = if iterator::is_plain(iterator) { Some(0) } else { tool_depth(cx, iterator) };
        Source { iterator, depth }
    }

    /// The next item: the one the loop has got, or one that can be had at once.
    pub fn pull(&self, cx: &mut Context, fed: &mut Option<Value>) -> Result<Pulled, Stop> {
        if let Some(item) = fed.take() {
            return Ok(if item.is_unbound() { Pulled::Done } else { Pulled::Item(item) });
        }
        let step = match self.depth {
            None => return Ok(Pulled::Wait),
            Some(_) if cx.fuel % TURNS == 0 => {
                cx.tick(1)?;
                return self.pull(cx, fed);
            }
            Some(_) => match self.iterator.get::<Iterator>() {
                Some(iterator) => iterator::next(cx, iterator, None)?,
                None => match Of::<Tool>::from(self.iterator) {
                    Some(tool) => tool.state.next(cx, self.iterator, None)?,
                    None => return Ok(Pulled::Wait),
                },
            },
        };
        cx.fuel -= 1;
        Ok(match step {
            Step::Item(item) => Pulled::Item(item),
            _ => Pulled::Done,
        })
    }
}

fn tool_depth(cx: &Context, iterator: Value) -> Depth {
    let tool = Of::<Tool>::from(iterator)?;
    let is_plain = tool.depth > 0 && tool.depth < DEEPEST && cx.class_of(iterator).has(Class::BUILTIN);
    is_plain.then_some(tool.depth)
}

/// The depth of the deepest of several sources; None if one needs script code.
pub fn deepest(sources: &[Source]) -> Depth {
    sources.iter().try_fold(0, |deepest: u8, source| Some(deepest.max(source.depth?)))
}

/// Takes an item from a source, or leaves the step to have the loop get it. None at the end.
macro_rules! pull {
    ($cx:expr, $source:expr, $fed:expr) => {
        match $source.pull($cx, &mut $fed)? {
            Pulled::Item(item) => Some(item),
            Pulled::Done => None,
            Pulled::Wait => return Ok(Step::Next($source.iterator)),
        }
    };
}
pub(crate) use pull;

/// The truth of a verdict, or the step that has the loop find it out.
macro_rules! verdict {
    ($cx:expr, $value:expr) => {{
        let value = $value;
        match truth_or_step($cx, value) {
            Ok(truth) => truth,
            Err(step) => return Ok(step),
        }
    }};
}
pub(crate) use verdict;

/// See `verdict!`.
pub fn truth_or_step(cx: &mut Context, value: Value) -> Result<bool, Step> {
    truth(cx, value).ok_or_else(|| Step::CallAndFeed(cx.class(LayoutId::BOOL).value(), vec![value]))
}

/// The iterator of a value where getting it needs no script code; else None.
pub fn plain_iterator(cx: &mut Context, value: Value) -> Option<Value> {
    let class = cx.class_of(value);
    if !class.has(Class::BUILTIN) && class.has(Class::OVERRIDES) {
        return None;
    }
    if value.get::<Generator>().is_some_and(|generator| generator.header().layout() == LayoutId::GENERATOR) {
        return Some(value);
    }
    iterator::of_builtin(cx, value)
}

/// An iterator that a script half has asked `iter` for, on its way to the native.
pub struct Iterated(pub Value);

impl Data for Iterated {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.0);
    }
}

/// The source an iterable argument is: at once, or by way of the script half of the native.
pub fn source_of(cx: &mut Context, value: Value) -> Result<Source, Stop> {
    let iterator = match Of::<Iterated>::from(value) {
        Some(iterated) => iterated.0,
        None => plain_iterator(cx, value).ok_or(Stop::Half)?,
    };
    Ok(Source::new(cx, iterator))
}
