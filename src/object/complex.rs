//! `Complex`: the body of complex numbers. Their arithmetic is `text::complex`'s.

use crate::object::context::Context;
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;
use crate::text::complex;

/// The body of a complex.
pub struct Complex {
    /// The number.
    pub number: complex::Complex,
}

impl Body for Complex {
    const KIND: Kind = Kind::Complex;
    fn trace(&self, _: &mut Marker) {}
}

impl Complex {
    /// A new complex of its parts.
    pub fn allocate(cx: &mut Context, real: f64, imaginary: f64) -> Value {
        Complex::of(cx, complex::Complex::new(real, imaginary))
    }

    /// A new complex.
    pub fn of(cx: &mut Context, number: complex::Complex) -> Value {
        cx.heap.allocate(LayoutId::COMPLEX, Complex { number }).value()
    }

    /// An instance of a subclass. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, number: complex::Complex) -> Value {
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, Complex { number }, capacity).value(),
            None => cx.heap.allocate(layout, Complex { number }).value(),
        }
    }
}
