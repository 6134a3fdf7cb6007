//! What isolates have in common: things that are shared instead of being copied, and parcels, in which copies of objects
//! go from one to another.

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use crate::object::context::Context;
use crate::object::extension::Data;
use crate::object::heap::Marker;
use crate::object::value::Value;

/// Something that several isolates use at once. It holds no `Value`.
pub trait Shared: Any + Send + Sync {
    /// An object for it, in the isolate that asks.
    fn object(self: Arc<Self>, cx: &mut Context) -> Value;
}

/// Objects on their way.
#[derive(Default)]
pub struct Parcel {
    /// A pickle of them.
    pub bytes: Vec<u8>,
    /// What it names by numbers.
    pub shared: Vec<Arc<dyn Shared>>,
}

/// A parcel as an object, until its contents are taken.
pub struct ParcelObject(RefCell<Parcel>);

impl Data for ParcelObject {
    fn trace(&self, _: &mut Marker) {}
}

impl ParcelObject {
    /// The data of an object.
    pub fn new(parcel: Parcel) -> ParcelObject {
        ParcelObject(RefCell::new(parcel))
    }

    /// Takes its contents.
    pub fn take(&self) -> Parcel {
        self.0.take()
    }
}
