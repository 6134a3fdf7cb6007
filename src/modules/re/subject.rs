//! What is searched: a str or something with bytes. The engine counts bytes and scripts count characters; this is
//! where the one becomes the other.

use std::borrow::Cow;

use crate::object::arguments::has_special;
use crate::object::bytes::{self, Bytes, MemoryView};
use crate::object::context::Context;
use crate::object::heap::{Marker, Ref};
use crate::object::layout::LayoutId;
use crate::object::native::{Stop, Wish};
use crate::object::string::Str;
use crate::object::value::Value;

/// What is searched.
#[derive(Clone, Copy)]
pub struct Subject {
    /// What the script gave.
    pub string: Value,
    data: Data,
}

/// Where the bytes are.
#[derive(Clone, Copy)]
enum Data {
    /// In a str.
    Text(Ref<Str>),
    /// In a bytes-like object whose bytes lie in a row: the one of the script or, where that may change, a copy.
    Bytes(Value),
}

/// The part of a subject that is searched.
#[derive(Clone, Copy)]
pub struct Window {
    /// Its start as the script counts.
    pub pos: usize,
    /// Its end as the script counts.
    pub endpos: usize,
    /// Its start in bytes.
    pub start: usize,
    /// Its end in bytes.
    pub end: usize,
}

impl Subject {
    /// Argument `position` as a subject of a pattern for str or for bytes; TypeError for what is neither.
    pub fn new(cx: &mut Context, is_str: bool, string: Value, position: usize) -> Result<Subject, Stop> {
        if let Some(text) = string.get::<Str>() {
            if !is_str {
                return Err(cx.type_error("cannot use a bytes pattern on a string-like object"));
            }
            return Ok(Subject { string, data: Data::Text(text) });
        }
        if !bytes::is_bytes_like(string) {
            if has_special(cx, string, cx.names.__buffer__) {
                return Err(cx.ask(position, Wish::Bytes));
            }
            let found = cx.type_name(string);
            return Err(cx.type_error(format!("expected string or bytes-like object, got '{found}'")));
        }
        if is_str {
            return Err(cx.type_error("cannot use a string pattern on a bytes-like object"));
        }
        if let Some(view) = string.get::<MemoryView>() {
            view.check(cx)?;
            if !view.is_contiguous() {
                return Err(cx.type_error("expected string or bytes-like object, got 'memoryview'"));
            }
        }
        Ok(Subject { string, data: Data::Bytes(string) })
    }

    /// Copies bytes that might change, before script code runs again.
    pub fn settle(&mut self, cx: &mut Context) {
        if let Data::Bytes(value) = self.data
            && !value.is::<Bytes>()
        {
            let copy = bytes::bytes_of(&value).map(Cow::into_owned).unwrap_or_default();
            self.data = Data::Bytes(Bytes::from_vec(cx, copy));
        }
    }

    /// Its bytes, not to be held while script code runs.
    pub fn bytes(&self) -> &[u8] {
        match &self.data {
            Data::Text(text) => text.bytes(),
            Data::Bytes(value) => match bytes::bytes_of(value) {
                Some(Cow::Borrowed(bytes)) => bytes,
                _ => &[],
            },
        }
    }

    /// Is it a str?
    pub fn is_str(&self) -> bool {
        matches!(self.data, Data::Text(_))
    }

    /// How long it is as the script counts.
    pub fn length(&self) -> usize {
        match &self.data {
            Data::Text(text) => text.chars(),
            Data::Bytes(_) => self.bytes().len(),
        }
    }

    /// The index of the character that begins at a byte offset.
    pub fn index(&self, offset: usize) -> usize {
        match &self.data {
            Data::Text(text) => text.index(offset),
            Data::Bytes(_) => offset,
        }
    }

    /// All of it.
    pub fn whole(&self) -> Window {
        Window { pos: 0, endpos: self.length(), start: 0, end: self.bytes().len() }
    }

    /// The part between two indices, which are cut to what there is.
    pub fn window(&self, pos: i64, endpos: i64) -> Window {
        let length = self.length();
        let cut = |index: i64| usize::try_from(index).unwrap_or(0).min(length);
        let (pos, endpos) = (cut(pos), cut(endpos));
        match &self.data {
            Data::Text(text) => Window { pos, endpos, start: text.offset(pos), end: text.offset(endpos) },
            Data::Bytes(_) => Window { pos, endpos, start: pos, end: endpos },
        }
    }

    /// The part between two byte offsets, as str or bytes.
    pub fn part(&self, cx: &mut Context, start: usize, end: usize) -> Value {
        match &self.data {
            Data::Text(text) => text.part_of_bytes(cx, start, end),
            Data::Bytes(value) => {
                let bytes = self.bytes();
                // A match of a bytearray may outlive its bytes.
                let end = end.min(bytes.len());
                let start = start.min(end);
                let is_whole = start == 0 && end == bytes.len();
                if is_whole && value.header().is_some_and(|header| header.layout() == LayoutId::BYTES) {
                    return *value;
                }
                Bytes::allocate(cx, &bytes[start..end])
            }
        }
    }

    /// Bytes as an object of the kind of this subject.
    pub fn joined(&self, cx: &mut Context, bytes: Vec<u8>) -> Result<Value, Stop> {
        match &self.data {
            Data::Text(_) => Str::try_from_vec(cx, bytes),
            Data::Bytes(_) => Ok(Bytes::from_vec(cx, bytes)),
        }
    }

    /// The empty object of its kind.
    pub fn empty(&self, cx: &mut Context) -> Value {
        match &self.data {
            Data::Text(_) => cx.empty_string,
            Data::Bytes(_) => Bytes::allocate(cx, b""),
        }
    }

    /// Shows the collector what it holds.
    pub fn trace(&self, marker: &mut Marker) {
        marker.value(self.string);
        if let Data::Bytes(value) = self.data {
            marker.value(value);
        }
    }
}
