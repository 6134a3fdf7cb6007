//! `Float`: the body of instances of subclasses of float. Plain floats are in the value itself.

use crate::object::context::Context;
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// The body of an instance of a subclass of float.
pub struct Float {
    /// The number.
    pub number: f64,
}

impl Body for Float {
    const KIND: Kind = Kind::Float;
    fn trace(&self, _: &mut Marker) {}
}

impl Float {
    /// An instance of a subclass. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, number: f64) -> Value {
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, Float { number }, capacity).value(),
            None => cx.heap.allocate(layout, Float { number }).value(),
        }
    }

    /// The float a value is, of a subclass too.
    #[inline]
    pub fn of(value: Value) -> Option<f64> {
        if value.is_float() { Some(value.as_float()) } else { value.get::<Float>().map(|float| float.number) }
    }
}
