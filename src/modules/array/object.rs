//! The object of an array: a type code, and the bytes of the items in a bytearray that memoryviews can share.

use std::cell::Cell;

use crate::object::bytes::{ByteArray, MemoryView};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::iterator::Step;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;

use super::item;

/// What an array holds.
pub struct Array {
    /// The type code.
    pub code: u8,
    /// The bytes of one item.
    pub size: usize,
    /// The bytes of all items.
    pub bytes: Ref<ByteArray>,
}

impl Data for Array {
    fn trace(&self, marker: &mut Marker) {
        marker.object(self.bytes);
    }

    fn buffer(&self) -> Option<Ref<ByteArray>> {
        Some(self.bytes)
    }
}

/// The bytearray of an array; None for what is none.
pub fn storage(value: Value) -> Option<Ref<ByteArray>> {
    Of::<Array>::from(value).map(|array| array.bytes)
}

/// Where the class is kept.
pub const CLASS: &str = "array.array";

impl Array {
    /// An array of class `array`.
    pub fn allocate(cx: &mut Context, code: u8, bytes: Vec<u8>) -> Value {
        let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
        Array::allocate_as(cx, class, code, bytes)
    }

    /// An array of that class or a subclass.
    pub fn allocate_as(cx: &mut Context, class: Ref<Class>, code: u8, bytes: Vec<u8>) -> Value {
        let bytes: Ref<ByteArray> = ByteArray::allocate(cx, bytes).get().expect("a bytearray");
        let size = item::size(code).expect("the code has been checked");
        Extension::allocate(cx, class, Array { code, size, bytes })
    }

    /// How many items.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.size
    }

    /// The bytes of one item.
    pub fn item_bytes(&self, index: usize) -> &[u8] {
        &self.bytes.bytes()[index * self.size..(index + 1) * self.size]
    }

    /// An item; None behind the end.
    pub fn get(&self, cx: &mut Context, index: usize) -> Option<Value> {
        (index < self.len()).then(|| item::read(cx, self.code, self.item_bytes(index)))
    }

    /// All items.
    pub fn items(&self, cx: &mut Context) -> Vec<Value> {
        (0..self.len()).filter_map(|index| self.get(cx, index)).collect()
    }

    /// The place of an index that may count from the end; None outside.
    pub fn place(&self, index: i64) -> Option<usize> {
        let length = self.len() as i64;
        let index = if index < 0 { index + length } else { index };
        (0..length).contains(&index).then_some(index as usize)
    }

    /// Changes the bytes, their number included; BufferError while memoryviews look at them.
    pub fn change<T>(&self, cx: &mut Context, work: impl FnOnce(&mut Vec<u8>) -> T) -> Result<T, Stop> {
        if self.bytes.exports.get() > 0 {
            let message = "cannot resize an array that is exporting buffers";
            return Err(cx.error(LayoutId::BUFFER_ERROR, message));
        }
        self.bytes.change(cx, work)
    }

    /// A memoryview of the items.
    pub fn view(&self, cx: &mut Context) -> Value {
        let view = MemoryView {
            base: self.bytes.value(),
            offset: 0,
            length: self.len(),
            stride: self.size as isize,
            format: match self.code {
                b'w' => b'I',
                b'u' if self.size == 2 => b'H',
                b'u' => b'I',
                code => code,
            },
            shape: None,
            is_readonly: false,
            is_released: Cell::new(false),
        };
        MemoryView::add(cx, view)
    }
}

/// An iterator over an array.
pub struct ArrayIterator {
    /// The array; UNBOUND once it has ended.
    pub array: Cell<Value>,
    /// The next place.
    pub place: Cell<usize>,
}

impl Data for ArrayIterator {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.array);
    }

    fn next(&self, cx: &mut Context, _: Value, _: Option<Value>) -> Result<Step, Stop> {
        let place = self.place.get();
        let item = Of::<Array>::from(self.array.get()).and_then(|array| array.get(cx, place));
        match item {
            Some(item) => {
                self.place.set(place + 1);
                Ok(Step::Item(item))
            }
            None => {
                self.array.set(Value::UNBOUND);
                Ok(Step::Done)
            }
        }
    }

    fn is_iterator(&self) -> bool {
        true
    }
}
