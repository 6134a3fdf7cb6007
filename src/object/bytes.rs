//! `Bytes`, `ByteArray` and `MemoryView`: the bodies that hold bytes or look at them.
#![allow(unsafe_code)]

use std::borrow::Cow;
use std::cell::{Cell, UnsafeCell};
use std::cmp::Ordering;

use crate::object::context::Context;
use crate::object::extension::Extension;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::number::{self, Number};
use crate::object::string::hash_bytes;
use crate::object::value::Value;

/// Bytes objects of at most so many bytes hold them themselves.
const INLINE: usize = 400;

/// The body of a bytes object; short ones have their bytes right behind it.
pub struct Bytes {
    length: usize,
    /// `hash`, 0 while it has not been asked for.
    hash: Cell<i64>,
    /// Where the bytes are if they are not behind the body.
    outside: *mut u8,
}

impl Body for Bytes {
    const KIND: Kind = Kind::Bytes;
    fn trace(&self, _: &mut Marker) {}
}

impl Drop for Bytes {
    fn drop(&mut self) {
        if !self.outside.is_null() {
            let bytes = std::ptr::slice_from_raw_parts_mut(self.outside, self.length);
            // SAFETY: `from_box` took the bytes out of a box of this length.
            drop(unsafe { Box::from_raw(bytes) });
        }
    }
}

impl Bytes {
    /// New bytes.
    pub fn allocate(cx: &mut Context, bytes: &[u8]) -> Value {
        if bytes.len() > INLINE {
            return Bytes::from_box(cx, LayoutId::BYTES, None, bytes.into());
        }
        let body = Bytes { length: bytes.len(), hash: Cell::new(0), outside: std::ptr::null_mut() };
        let object = cx.heap.allocate_trailing(LayoutId::BYTES, body, bytes.len());
        // SAFETY: the object was made with room for the bytes behind its body.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), object.trailing::<u8>(), bytes.len()) };
        object.value()
    }

    /// New bytes of a vector, which is taken over if they are many.
    pub fn from_vec(cx: &mut Context, bytes: Vec<u8>) -> Value {
        match bytes.len() > INLINE {
            true => Bytes::from_box(cx, LayoutId::BYTES, None, bytes.into_boxed_slice()),
            false => Bytes::allocate(cx, &bytes),
        }
    }

    /// An instance of a subclass of bytes. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, bytes: &[u8]) -> Value {
        Bytes::from_box(cx, layout, capacity, bytes.into())
    }

    fn from_box(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, bytes: Box<[u8]>) -> Value {
        cx.charge(bytes.len());
        let length = bytes.len();
        let body = Bytes { length, hash: Cell::new(0), outside: Box::into_raw(bytes) as *mut u8 };
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity).value(),
            None => cx.heap.allocate(layout, body).value(),
        }
    }

    /// Its bytes, which never change and never move.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        let start = match self.outside.is_null() {
            true => (self as *const Bytes).wrapping_add(1) as *const u8,
            false => self.outside,
        };
        // SAFETY: so many bytes stand behind a body or in the box it owns; a body lives nowhere but in its object.
        unsafe { std::slice::from_raw_parts(start, self.length) }
    }

    /// How many bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// `hash`
    pub fn hash(&self, seed: u64) -> i64 {
        if self.hash.get() == 0 {
            self.hash.set(hash_bytes(seed, self.bytes()));
        }
        self.hash.get()
    }
}

/// The body of a bytearray.
pub struct ByteArray {
    bytes: UnsafeCell<Vec<u8>>,
    /// How many memoryviews look at it: while there are any it cannot be resized.
    pub exports: Cell<usize>,
}

impl Body for ByteArray {
    const KIND: Kind = Kind::ByteArray;
    fn trace(&self, _: &mut Marker) {}
}

impl ByteArray {
    /// A bytearray of a vector.
    pub fn allocate(cx: &mut Context, bytes: Vec<u8>) -> Value {
        ByteArray::allocate_as(cx, LayoutId::BYTEARRAY, None, bytes)
    }

    /// An instance of a subclass of bytearray. With `capacity` it has attributes, so many of them inline.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, bytes: Vec<u8>) -> Value {
        cx.charge(bytes.len());
        let body = ByteArray { bytes: UnsafeCell::new(bytes), exports: Cell::new(0) };
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity).value(),
            None => cx.heap.allocate(layout, body).value(),
        }
    }

    /// Its bytes. The slice must not be held while it may change.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the vector is only borrowed within single expressions, and nothing runs between them.
        unsafe { &*self.bytes.get() }
    }

    /// How many bytes.
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Replaces the byte at a place; false if there is none.
    pub fn set(&self, index: usize, byte: u8) -> bool {
        // SAFETY: as for `bytes`.
        match unsafe { (&mut *self.bytes.get()).get_mut(index) } {
            Some(place) => {
                *place = byte;
                true
            }
            None => false,
        }
    }

    /// Overwrites bytes from a place on, as far as it reaches.
    pub fn overwrite(&self, start: usize, bytes: &[u8]) {
        let own = self.bytes.get();
        // SAFETY: as for `bytes`.
        if let Some(room) = unsafe { (&mut *own).get_mut(start..) } {
            let length = bytes.len().min(room.len());
            room[..length].copy_from_slice(&bytes[..length]);
        }
    }

    /// Changes the bytes in any way, their number included: BufferError while a memoryview looks at them. The work
    /// must not look at this bytearray otherwise.
    pub fn change<T>(&self, cx: &mut Context, work: impl FnOnce(&mut Vec<u8>) -> T) -> Result<T, Stop> {
        if self.exports.get() > 0 {
            let message = "Existing exports of data: object cannot be re-sized";
            return Err(cx.error(LayoutId::BUFFER_ERROR, message));
        }
        // SAFETY: `work` has no way to this object but its argument.
        Ok(work(unsafe { &mut *self.bytes.get() }))
    }
}

/// The body of a memoryview: a window on the bytes of another object.
pub struct MemoryView {
    /// The bytes or bytearray it looks at.
    pub base: Value,
    /// Where the first item begins, in bytes.
    pub offset: usize,
    /// How many items.
    pub length: usize,
    /// The distance of two items in bytes.
    pub stride: isize,
    /// What an item is: a letter as `struct` has it.
    pub format: u8,
    /// `shape`, if it has not one dimension of `length` items: the sizes of all dimensions.
    pub shape: Option<Box<[usize]>>,
    /// Is writing refused?
    pub is_readonly: bool,
    /// `release` has been called.
    pub is_released: Cell<bool>,
}

impl Body for MemoryView {
    const KIND: Kind = Kind::MemoryView;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.base);
    }
}

/// How many bytes an item of a format has; None for letters that are no format.
pub fn item_size(format: u8) -> Option<usize> {
    Some(match format {
        b'b' | b'B' | b'c' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
        _ => return None,
    })
}

impl MemoryView {
    /// A view of a bytes-like object; a view of a view looks at the same object. None for what has no bytes.
    pub fn allocate(cx: &mut Context, value: Value) -> Result<Option<Value>, Stop> {
        if let Some(view) = value.get::<MemoryView>() {
            view.check(cx)?;
            let copy = view.with(view.offset, view.length, view.stride);
            return Ok(Some(MemoryView::add(cx, copy)));
        }
        let Some(length) = byte_length(value) else { return Ok(None) };
        let is_readonly = value.is::<Bytes>();
        let view = MemoryView {
            base: value,
            offset: 0,
            length,
            stride: 1,
            format: b'B',
            shape: None,
            is_readonly,
            is_released: Cell::new(false),
        };
        Ok(Some(MemoryView::add(cx, view)))
    }

    /// The object of a body made by `with`, counted at its bytearray.
    pub fn add(cx: &mut Context, view: MemoryView) -> Value {
        let array = view.base.get::<ByteArray>();
        let view = cx.heap.allocate(LayoutId::MEMORYVIEW, view);
        if let Some(array) = array {
            array.exports.set(array.exports.get() + 1);
            cx.weak.views.push(view);
        }
        view.value()
    }

    /// The same view of other items.
    pub fn with(&self, offset: usize, length: usize, stride: isize) -> MemoryView {
        MemoryView {
            base: self.base,
            offset,
            length,
            stride,
            format: self.format,
            shape: self.shape.clone(),
            is_readonly: self.is_readonly,
            is_released: Cell::new(false),
        }
    }

    /// Lets go of the object it looks at.
    pub fn release(&self) {
        if self.is_released.replace(true) {
            return;
        }
        if let Some(array) = self.base.get::<ByteArray>() {
            array.exports.set(array.exports.get().saturating_sub(1));
        }
    }

    /// ValueError if it has been released.
    pub fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        match self.is_released.get() {
            true => Err(cx.value_error("operation forbidden on released memoryview object")),
            false => Ok(()),
        }
    }

    /// The same; BufferError too if its bytes do not lie one behind the other.
    pub fn check_contiguous(&self, cx: &mut Context) -> Result<(), Stop> {
        self.check(cx)?;
        match self.is_contiguous() {
            true => Ok(()),
            false => Err(cx.error(LayoutId::BUFFER_ERROR, "memoryview: underlying buffer is not C-contiguous")),
        }
    }

    /// How many bytes an item has.
    pub fn item_size(&self) -> usize {
        item_size(self.format).unwrap_or(1)
    }

    /// How many bytes all items have.
    pub fn byte_length(&self) -> usize {
        self.length * self.item_size()
    }

    /// Do the items stand one behind the other?
    pub fn is_contiguous(&self) -> bool {
        self.stride == self.item_size() as isize || self.length <= 1
    }

    /// The bytes of the object it looks at.
    fn base_bytes(&self) -> Cow<'_, [u8]> {
        bytes_of(&self.base).unwrap_or_default()
    }

    /// Where item `index` begins in the object it looks at.
    pub fn place(&self, index: usize) -> usize {
        self.offset.wrapping_add_signed(index as isize * self.stride)
    }

    /// The bytes of item `index`, which exists; zeros where the object no longer reaches so far.
    pub fn item_bytes(&self, index: usize) -> [u8; 8] {
        let mut item = [0; 8];
        let (start, size) = (self.place(index), self.item_size());
        if let Some(bytes) = self.base_bytes().get(start..start + size) {
            item[..size].copy_from_slice(bytes);
        }
        item
    }

    /// Its bytes, item by item.
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        if self.is_contiguous() {
            let range = self.offset..self.offset + self.byte_length();
            return match self.base_bytes() {
                Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(range).unwrap_or(&[])),
                Cow::Owned(bytes) => Cow::Owned(bytes.get(range).unwrap_or(&[]).to_vec()),
            };
        }
        let size = self.item_size();
        Cow::Owned((0..self.length).flat_map(|index| self.item_bytes(index).into_iter().take(size)).collect())
    }

    /// Item `index`, which exists, as a value.
    pub fn item(&self, cx: &mut Context, index: usize) -> Value {
        let item = self.item_bytes(index);
        let two = u16::from_le_bytes([item[0], item[1]]);
        let four = u32::from_le_bytes([item[0], item[1], item[2], item[3]]);
        let eight = u64::from_le_bytes(item);
        match self.format {
            b'b' => Value::small(item[0] as i8 as i64),
            b'c' => Bytes::allocate(cx, &item[..1]),
            b'?' => Value::bool(item[0] != 0),
            b'h' => Value::small(two as i16 as i64),
            b'H' => Value::small(two as i64),
            b'i' => Value::small(four as i32 as i64),
            b'I' => Value::small(four as i64),
            b'l' | b'q' | b'n' => cx.int(eight as i64),
            b'L' | b'Q' | b'N' | b'P' => crate::object::integer::Int::from_integer(cx, eight.into()),
            b'f' => Value::float(f32::from_bits(four) as f64),
            b'd' => Value::float(f64::from_bits(eight)),
            b'e' => Value::float(half_to_f64(two)),
            _ => Value::small(item[0] as i64),
        }
    }

    /// Overwrites bytes of the object it looks at, from a place in that object on.
    pub fn overwrite(&self, place: usize, bytes: &[u8]) {
        if let Some(array) = self.base.get::<ByteArray>() {
            array.overwrite(place, bytes);
        }
    }
}

/// A float of 16 bits.
fn half_to_f64(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = ((bits >> 10 & 31) as i32, (bits & 1023) as f64);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

// ----- the three together

/// Is it bytes, a bytearray or a memoryview?
pub fn is_bytes_like(value: Value) -> bool {
    value.header().is_some_and(|header| matches!(header.kind(), Kind::Bytes | Kind::ByteArray | Kind::MemoryView))
}

/// The bytes of bytes, a bytearray, a memoryview or an object of a module that has bytes, if they lie one behind the
/// other. Not to be held while a bytearray may change.
pub fn bytes_of(value: &Value) -> Option<Cow<'_, [u8]>> {
    match value.get::<MemoryView>() {
        Some(view) if !view.is_contiguous() => None,
        _ => gathered_bytes(value),
    }
}

/// The same of a memoryview whose bytes lie apart, too.
pub fn gathered_bytes(value: &Value) -> Option<Cow<'_, [u8]>> {
    let header = value.header()?;
    // SAFETY: the object lives as long as the value is held, and its bytes stay where they are as long as the
    // caller keeps to the rule above.
    let unbound = |bytes: &[u8]| unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
    Some(match header.kind() {
        Kind::Bytes => Cow::Borrowed(unbound(Ref::<Bytes>::from_header(header).bytes())),
        Kind::ByteArray => Cow::Borrowed(unbound(Ref::<ByteArray>::from_header(header).bytes())),
        Kind::MemoryView => match Ref::<MemoryView>::from_header(header).to_bytes() {
            Cow::Borrowed(bytes) => Cow::Borrowed(unbound(bytes)),
            Cow::Owned(bytes) => Cow::Owned(bytes),
        },
        Kind::Extension => Cow::Borrowed(unbound(Ref::<Extension>::from_header(header).data.buffer()?.bytes())),
        _ => return None,
    })
}

/// How many items a bytes-like object has; None for others.
pub fn byte_length(value: Value) -> Option<usize> {
    let header = value.header()?;
    Some(match header.kind() {
        Kind::Bytes => Ref::<Bytes>::from_header(header).len(),
        Kind::ByteArray => Ref::<ByteArray>::from_header(header).len(),
        Kind::MemoryView => {
            let view: Ref<MemoryView> = Ref::from_header(header);
            view.shape.as_ref().and_then(|shape| shape.first().copied()).unwrap_or(view.length)
        }
        _ => return None,
    })
}

/// Item `index` of a bytes-like object; None beyond its end.
pub fn byte_item(cx: &mut Context, value: Value, index: usize) -> Result<Option<Value>, Stop> {
    if let Some(view) = value.get::<MemoryView>() {
        view.check(cx)?;
        return Ok((index < view.length).then(|| view.item(cx, index)));
    }
    Ok(bytes_of(&value).and_then(|bytes| bytes.get(index).copied()).map(|byte| Value::small(byte as i64)))
}

/// Are two bytes-like objects equal? Memoryviews compare by their items.
pub fn equal(a: Value, b: Value) -> bool {
    let format = |value: Value| value.get::<MemoryView>().map_or(b'B', |view| view.format);
    let is_released = |value: Value| value.get::<MemoryView>().is_some_and(|view| view.is_released.get());
    if is_released(a) || is_released(b) {
        return a == b;
    }
    let (x, y) = (format(a), format(b));
    let (Some(left), Some(right)) = (gathered_bytes(&a), gathered_bytes(&b)) else { return false };
    if x == y && !matches!(x, b'f' | b'd' | b'e') {
        return left == right;
    }
    numbers(a, x, &left).zip(numbers(b, y, &right)).is_some_and(|(left, right)| {
        left.len() == right.len() && left.into_iter().zip(right).all(|(x, y)| number::equal(x, y))
    })
}

/// The items of a bytes-like object as numbers.
fn numbers(value: Value, format: u8, bytes: &[u8]) -> Option<Vec<Number>> {
    use crate::text::integer::Int as Operand;
    let size = item_size(format)?;
    debug_assert!(is_bytes_like(value));
    let number = |item: &[u8]| {
        let mut eight = [0; 8];
        eight[..size].copy_from_slice(item);
        let word = u64::from_le_bytes(eight);
        let shift = 64 - size as u32 * 8;
        match format {
            b'f' => Number::Float(f32::from_bits(word as u32) as f64),
            b'd' => Number::Float(f64::from_bits(word)),
            b'e' => Number::Float(half_to_f64(word as u16)),
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => Number::Int(Operand::Small((word << shift) as i64 >> shift)),
            // Numbers of 63 bits and more are told apart as floats only by what cannot matter here: their kinds.
            _ => match i64::try_from(word) {
                Ok(word) => Number::Int(Operand::Small(word)),
                Err(_) => Number::Float(word as f64),
            },
        }
    };
    Some(bytes.chunks_exact(size).map(number).collect())
}

/// Have two objects an order as bytes? Of memoryviews only a bytearray knows it.
pub fn are_ordered(a: Value, b: Value) -> bool {
    let is_own = |value: Value| value.is::<Bytes>() || value.is::<ByteArray>();
    is_own(a) && is_own(b) || a.is::<ByteArray>() && is_bytes_like(b) || is_bytes_like(a) && b.is::<ByteArray>()
}

/// The order of two bytes-like objects.
pub fn compare(a: Value, b: Value) -> Ordering {
    match (gathered_bytes(&a), gathered_bytes(&b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}

/// `hash` of bytes, or of a memoryview that cannot be written.
pub fn hash(cx: &mut Context, value: Value) -> Result<i64, Stop> {
    if let Some(bytes) = value.get::<Bytes>() {
        return Ok(bytes.hash(cx.hash_seed.0));
    }
    if let Some(view) = value.get::<MemoryView>() {
        view.check(cx)?;
        if !view.is_readonly {
            return Err(cx.value_error("cannot hash writable memoryview object"));
        }
        return Ok(hash_bytes(cx.hash_seed.0, &view.to_bytes()));
    }
    Err(crate::object::equality::unhashable(cx, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_see_what_is_written() {
        let cx = &mut Context::new((1, 2));
        let array = ByteArray::allocate(cx, b"hello world".to_vec());
        let view = MemoryView::allocate(cx, array).ok().flatten().expect("a view");
        let body = view.get::<MemoryView>().expect("a view");
        let every = MemoryView::add(cx, body.with(0, 6, 2));
        let word = ByteArray::allocate(cx, b"hlowrd".to_vec());
        assert!(equal(every, word));
        body.overwrite(0, b"J");
        assert_eq!(bytes_of(&view).as_deref(), Some(&b"Jello world"[..]));
        let owner = array.get::<ByteArray>().expect("a bytearray");
        assert!(owner.change(cx, Vec::clear).is_err());
        body.release();
        every.get::<MemoryView>().expect("a view").release();
        assert!(owner.change(cx, Vec::clear).is_ok());
        assert!(byte_item(cx, view, 0).is_err());
        let long = Bytes::allocate(cx, &[7; 1000]);
        assert_eq!(byte_length(long), Some(1000));
        assert_eq!(byte_item(cx, long, 999).ok().flatten(), Some(Value::small(7)));
    }
}
