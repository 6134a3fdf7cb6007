//! Looking at the heap from inside a program: which objects there are, and what one refers to.

use crate::object::heap::{Header, Heap, Marker, class_size};
use crate::object::kind::Kind;
use crate::object::value::Value;

/// A mark that no collection gives.
const LOOKED_AT: u8 = 0;

impl Heap {
    /// Every object that holds others and that a program may see. Some may have been dropped since the last
    /// collection.
    pub fn containers(&mut self) -> Vec<Value> {
        self.sweep_all();
        let mut found = Vec::new();
        for block in &self.blocks {
            let size = class_size(block.class as usize);
            for offset in (0..block.used).step_by(size) {
                // SAFETY: cells stand one after the other up to `used`; each is free or an object, and says so.
                let header = unsafe { &*(block.start.add(offset) as *const Header) };
                found.extend(is_container(header).then(|| Value::from_header(header)));
            }
        }
        for large in &self.large {
            // SAFETY: every entry of the list is an object.
            let header = unsafe { &*(large.start as *const Header) };
            found.extend(is_container(header).then(|| Value::from_header(header)));
        }
        found
    }

    /// What an object refers to directly, without its class.
    pub fn referents(&mut self, value: Value) -> Vec<Value> {
        // After sweeping, what is left has the mark of the last cycle, and gets it back below.
        self.sweep_all();
        let Some(header) = value.header() else { return Vec::new() };
        let mut found = Vec::new();
        for header in Marker::referents(header, LOOKED_AT) {
            // SAFETY: only live objects are pushed, and nothing is freed meanwhile.
            let header = unsafe { &*header };
            header.mark.set(self.cycle);
            if !matches!(header.kind(), Kind::Fiber | Kind::Await) {
                found.push(Value::from_header(header));
            }
        }
        found
    }
}

/// Does an object hold others, as a program sees it?
pub fn is_container(header: &Header) -> bool {
    !matches!(
        header.kind(),
        Kind::Free
            | Kind::Int
            | Kind::Float
            | Kind::Complex
            | Kind::Str
            | Kind::Bytes
            | Kind::ByteArray
            | Kind::Range
            | Kind::CodeObject
            | Kind::Fiber
            | Kind::Await
    )
}
