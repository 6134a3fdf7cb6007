//! Weak references: references that the collector does not follow.
#![allow(unsafe_code)]

use std::cell::Cell;

use rustc_hash::FxHashMap;

use crate::object::bytes::{ByteArray, MemoryView};
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;

/// The body of a weak reference or proxy.
pub struct WeakReference {
    /// What it refers to, UNBOUND once that is gone. Not traced.
    target: Cell<Value>,
    /// Called with the reference once the target is gone; or None.
    pub callback: Cell<Value>,
    /// `hash` of the target, once asked for.
    hash: Cell<Option<i64>>,
}

impl Body for WeakReference {
    const KIND: Kind = Kind::WeakReference;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.callback);
    }
}

/// The weak references of a context, by the address of what they refer to.
#[derive(Default)]
pub struct WeakTable {
    references: FxHashMap<u64, Vec<Ref<WeakReference>>>,
    /// The memoryviews that keep a bytearray from being resized: until they are released, or gone.
    pub views: Vec<Ref<MemoryView>>,
}

impl WeakReference {
    /// A reference to an object, which the caller knows may be referred to weakly. Without a callback an exact
    /// reference or proxy that there is already is given again.
    pub fn allocate(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, target: Value, callback: Value) -> Value {
        let list = cx.weak.references.entry(target.bits()).or_default();
        let is_shared = callback.is_none() && (layout.0 as usize) < crate::object::layout::BUILTIN_CLASSES.len();
        if is_shared
            && let Some(there) =
                list.iter().find(|there| there.header().layout() == layout && there.callback.get().is_none())
        {
            return there.value();
        }
        let body = WeakReference { target: Cell::new(target), callback: Cell::new(callback), hash: Cell::new(None) };
        let reference = match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity),
            None => cx.heap.allocate(layout, body),
        };
        list.push(reference);
        if let Some(header) = target.header() {
            header.set(Header::HAS_WEAK_REFERENCES);
        }
        reference.value()
    }

    /// What it refers to; None once that is gone.
    #[inline]
    pub fn target(&self) -> Option<Value> {
        Some(self.target.get()).filter(|target| !target.is_unbound())
    }

    /// What a proxy stands for, or ReferenceError.
    pub fn behind_proxy(cx: &mut Context, proxy: Ref<WeakReference>) -> Result<Value, Stop> {
        let gone = "weakly-referenced object no longer exists";
        proxy.target().ok_or_else(|| cx.error(LayoutId::REFERENCE_ERROR, gone))
    }

    /// `hash`: that of the target, remembered.
    pub fn hash(cx: &mut Context, value: Value) -> Result<i64, Problem> {
        let Some(reference) = value.get::<WeakReference>() else { return Ok(equality::address_hash(value)) };
        if let Some(hash) = reference.hash.get() {
            return Ok(hash);
        }
        let Some(target) = reference.target() else {
            return Err(Problem::Stop(cx.type_error("weak object has gone away")));
        };
        let hash = equality::hash(cx, target)?;
        reference.hash.set(Some(hash));
        Ok(hash)
    }

    /// Remembers the hash of the target that a script's `__hash__` gave.
    pub fn remember_hash(&self, hash: i64) {
        self.hash.set(Some(hash));
    }
}

/// The weak references to an object.
pub fn references_to(cx: &Context, target: Value) -> Vec<Value> {
    let list = cx.weak.references.get(&target.bits());
    list.map_or(Vec::new(), |list| list.iter().map(|reference| reference.value()).collect())
}

/// After marking: clears the references to what was not reached, puts their callbacks in the queue, and forgets
/// references that were not reached themselves. Memoryviews that were not reached let go of their bytearrays.
/// True if a reference was cleared.
pub fn process(cx: &mut Context, marker: &Marker) -> bool {
    cx.weak.views.retain(|view| {
        if marker.is_marked(view.header()) {
            return !view.is_released.get();
        }
        if view.base.get::<ByteArray>().is_some_and(|array| marker.is_marked(array.header())) {
            view.release();
        }
        false
    });
    let callbacks = &mut cx.pending_callbacks;
    let mut found = false;
    cx.weak.references.retain(|&target, list| {
        list.retain(|reference| marker.is_marked(reference.header()));
        // SAFETY: nothing has been freed since marking, so the header is still there.
        let header = unsafe { &*(target as *const Header) };
        if marker.is_marked(header) {
            if list.is_empty() {
                header.clear(Header::HAS_WEAK_REFERENCES);
            }
            return !list.is_empty();
        }
        header.clear(Header::HAS_WEAK_REFERENCES);
        found = true;
        // The newest reference is told first.
        for reference in list.iter().rev() {
            reference.target.set(Value::UNBOUND);
            let callback = reference.callback.replace(Value::NONE);
            if !callback.is_none() {
                callbacks.push((callback, reference.value()));
            }
        }
        false
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_cleared_and_callbacks_queued() {
        let cx = &mut Context::new((1, 2));
        let (kept, dropped) = (cx.new_dict().value(), cx.new_dict().value());
        let to_kept = WeakReference::allocate(cx, LayoutId::WEAKREF, None, kept, Value::NONE);
        assert_eq!(WeakReference::allocate(cx, LayoutId::WEAKREF, None, kept, Value::NONE), to_kept);
        let to_dropped = WeakReference::allocate(cx, LayoutId::WEAKREF, None, dropped, Value::TRUE);
        let count = cx.layout_count();
        let mut marker = cx.heap.begin(count);
        cx.trace(&mut marker);
        [kept, to_kept, to_dropped].iter().for_each(|&value| marker.value(value));
        cx.drain(&mut marker);
        process(cx, &marker);
        let target = |value: Value| value.get::<WeakReference>().and_then(|reference| reference.target());
        assert_eq!(target(to_kept), Some(kept));
        assert_eq!(target(to_dropped), None);
        assert_eq!(cx.pending_callbacks, [(Value::TRUE, to_dropped)]);
        assert_eq!(references_to(cx, kept), [to_kept]);
    }
}
