//! Views of dicts, the iterators over them, and proxies of mappings.

use std::cell::Cell;

use super::table::Dict;
use crate::object::context::Context;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::iterator::{self, Part};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// `dict.keys()`, `dict.values()`, `dict.items()`.
pub struct DictView {
    /// Of which dict.
    pub dict: Ref<Dict>,
    /// Which part.
    pub part: Part,
}

impl Body for DictView {
    const KIND: Kind = Kind::DictView;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.dict);
    }
}

impl DictView {
    /// A view of a dict.
    pub fn allocate(cx: &mut Context, dict: Ref<Dict>, part: Part) -> Value {
        let layout = match part {
            Part::Keys => LayoutId::DICT_KEYS,
            Part::Values => LayoutId::DICT_VALUES,
            Part::Items => LayoutId::DICT_ITEMS,
        };
        cx.heap.allocate(layout, DictView { dict, part }).value()
    }
}

/// An iterator over a view.
pub fn view_iterator(cx: &mut Context, value: Value) -> Value {
    let Some(view) = value.get::<DictView>() else { return value };
    part_iterator(cx, view.dict, view.part, false)
}

/// An iterator over a part of a dict, from its start or its end.
pub fn part_iterator(cx: &mut Context, dict: Ref<Dict>, part: Part, reverse: bool) -> Value {
    let layout = match (part, reverse) {
        (Part::Keys, false) => LayoutId::DICT_KEYITERATOR,
        (Part::Values, false) => LayoutId::DICT_VALUEITERATOR,
        (Part::Items, false) => LayoutId::DICT_ITEMITERATOR,
        (Part::Keys, true) => LayoutId::DICT_REVERSEKEYITERATOR,
        (Part::Values, true) => LayoutId::DICT_REVERSEVALUEITERATOR,
        (Part::Items, true) => LayoutId::DICT_REVERSEITEMITERATOR,
    };
    iterator::allocate(cx, layout, iterator::dict_state(dict, part, reverse))
}

/// A read-only look at a mapping: `type.__dict__`, `types.MappingProxyType`.
pub struct MappingProxy {
    /// The mapping.
    pub mapping: Cell<Value>,
}

impl Body for MappingProxy {
    const KIND: Kind = Kind::MappingProxy;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.mapping);
    }
}

impl MappingProxy {
    /// A proxy of a mapping.
    pub fn allocate(cx: &mut Context, mapping: Value) -> Value {
        cx.heap.allocate(LayoutId::MAPPING_PROXY, MappingProxy { mapping: Cell::new(mapping) }).value()
    }
}
