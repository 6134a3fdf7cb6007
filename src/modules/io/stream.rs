//! What a buffer or a text stands on: any native stream of bytes. And the places that bytes are read into.

use crate::modules::io::buffered::Buffered;
use crate::modules::io::bytes_io::BytesIo;
use crate::modules::io::common::{Stream, is_native, no_attribute, unsupported};
use crate::modules::io::file_io::FileIo;
use crate::modules::io::pair::RwPair;
use crate::object::bytes::{ByteArray, MemoryView};
use crate::object::context::Context;
use crate::object::extension::Of;
use crate::object::heap::Header;
use crate::object::native::Stop;
use crate::object::value::Value;

/// A native stream of bytes.
pub enum Below {
    /// A file of the system.
    File(Of<FileIo>),
    /// Bytes in memory.
    Bytes(Of<BytesIo>),
    /// A buffer over another stream.
    Buffered(Of<Buffered>),
    /// Two buffers, one for each direction.
    Pair(Of<RwPair>),
}

impl Below {
    /// The stream, if it is native and no script class has a hand in it.
    pub fn of(cx: &Context, value: Value) -> Option<Below> {
        if is_native(cx, value) { Below::known(value) } else { None }
    }

    /// The stream, which `of` has accepted before.
    pub fn known(value: Value) -> Option<Below> {
        if let Some(buffered) = Of::from(value) {
            return Some(Below::Buffered(buffered));
        }
        if let Some(bytes) = Of::from(value) {
            return Some(Below::Bytes(bytes));
        }
        if let Some(file) = Of::from(value) {
            return Some(Below::File(file));
        }
        Of::from(value).map(Below::Pair)
    }

    /// As a value.
    pub fn value(&self) -> Value {
        match self {
            Below::File(file) => file.value(),
            Below::Bytes(bytes) => bytes.value(),
            Below::Buffered(buffered) => buffered.value(),
            Below::Pair(pair) => pair.value(),
        }
    }

    /// Is it closed?
    pub fn is_closed(&self) -> bool {
        match self {
            Below::File(file) => file.is_closed(),
            Below::Bytes(bytes) => bytes.is_closed(),
            Below::Buffered(buffered) => buffered.is_closed(),
            Below::Pair(pair) => pair.is_closed(),
        }
    }

    /// Is a descriptor of its own open at the bottom?
    pub fn is_unclosed(&self) -> bool {
        match self {
            Below::File(file) => file.is_unclosed(),
            Below::Buffered(buffered) => buffered.is_unclosed(),
            Below::Bytes(_) | Below::Pair(_) => false,
        }
    }

    /// Notes whether a stream above it sees to its being closed.
    pub fn hold(&self, is_held: bool) {
        match self {
            Below::File(file) => file.is_held.set(is_held),
            Below::Buffered(buffered) => buffered.is_held.set(is_held),
            Below::Bytes(_) | Below::Pair(_) => {}
        }
    }

    /// Can it be read?
    pub fn is_readable(&self) -> bool {
        match self {
            Below::File(file) => file.access.get().reads,
            Below::Bytes(_) => true,
            Below::Buffered(buffered) => buffered.reads(),
            Below::Pair(_) => true,
        }
    }

    /// Can it be written?
    pub fn is_writable(&self) -> bool {
        match self {
            Below::File(file) => file.access.get().writes,
            Below::Bytes(_) => true,
            Below::Buffered(buffered) => buffered.writes(),
            Below::Pair(_) => true,
        }
    }

    /// Can the position be moved?
    pub fn is_seekable(&self, cx: &mut Context) -> Result<bool, Stop> {
        match self {
            Below::File(file) => file.can_seek(cx),
            Below::Bytes(bytes) => bytes.check(cx).map(|()| true),
            Below::Buffered(buffered) => buffered.can_seek(cx),
            Below::Pair(_) => Ok(false),
        }
    }

    /// Reads some bytes, at least one unless it is at the end; None if it would have to wait.
    pub fn read_some(&self, cx: &mut Context, most: usize) -> Result<Option<Vec<u8>>, Stop> {
        match self {
            Below::File(file) => {
                let mut bytes = vec![0; most];
                Ok(file.read_into(cx, &mut bytes)?.map(|count| {
                    bytes.truncate(count);
                    bytes
                }))
            }
            Below::Bytes(bytes) => bytes.take(cx, Some(most)).map(Some),
            Below::Buffered(buffered) => buffered.read_some(cx, most),
            Below::Pair(pair) => pair.reader(cx)?.read_some(cx, most),
        }
    }

    /// Reads up to the end; None if the first byte would have to be waited for.
    pub fn read_all(&self, cx: &mut Context) -> Result<Option<Vec<u8>>, Stop> {
        match self {
            Below::File(file) => file.read_all(cx),
            Below::Bytes(bytes) => bytes.take(cx, None).map(Some),
            Below::Buffered(buffered) => buffered.read_all(cx),
            Below::Pair(pair) => pair.reader(cx)?.read_all(cx),
        }
    }

    /// Writes all of the bytes.
    pub fn write(&self, cx: &mut Context, data: &[u8]) -> Result<(), Stop> {
        match self {
            Below::File(file) => file.write_all(cx, data),
            Below::Bytes(bytes) => bytes.put_bytes(cx, data),
            Below::Buffered(buffered) => buffered.write(cx, data),
            Below::Pair(pair) => pair.writer(cx)?.write(cx, data),
        }
    }

    /// Writes out what is held back.
    pub fn flush(&self, cx: &mut Context) -> Result<(), Stop> {
        match self {
            Below::File(file) => file.check(cx).and_then(|()| file.drain(cx)),
            Below::Bytes(bytes) => bytes.check(cx),
            Below::Buffered(buffered) => buffered.flush(cx),
            Below::Pair(pair) => pair.writer(cx)?.flush(cx),
        }
    }

    /// Closes it.
    pub fn close(&self, cx: &mut Context) -> Result<(), Stop> {
        match self {
            Below::File(file) => file.shut(cx),
            Below::Bytes(bytes) => bytes.shut(cx),
            Below::Buffered(buffered) => buffered.shut(cx),
            Below::Pair(pair) => pair.shut(cx),
        }
    }

    /// Moves the position and gives it.
    pub fn seek(&self, cx: &mut Context, offset: i64, whence: i64) -> Result<u64, Stop> {
        match self {
            Below::File(file) => file.seek_to(cx, offset, whence as i32),
            Below::Bytes(bytes) => bytes.seek_to(cx, offset, whence),
            Below::Buffered(buffered) => buffered.seek_to(cx, offset, whence),
            Below::Pair(_) => Err(unsupported(cx, "seek")),
        }
    }

    /// The position.
    pub fn tell(&self, cx: &mut Context) -> Result<u64, Stop> {
        match self {
            Below::File(file) => file.seek_to(cx, 0, libc::SEEK_CUR),
            Below::Bytes(bytes) => bytes.check(cx).map(|()| bytes.position.get() as u64),
            Below::Buffered(buffered) => buffered.position(cx),
            Below::Pair(_) => Err(unsupported(cx, "seek")),
        }
    }

    /// Cuts it, and gives its new length.
    pub fn truncate(&self, cx: &mut Context, length: i64) -> Result<(), Stop> {
        match self {
            Below::File(file) => file.cut(cx, length),
            Below::Bytes(bytes) => bytes.cut(cx, length),
            Below::Buffered(buffered) => buffered.cut(cx, length),
            Below::Pair(_) => Err(unsupported(cx, "truncate")),
        }
    }

    /// The number of the descriptor.
    pub fn fileno(&self, cx: &mut Context) -> Result<i32, Stop> {
        match self {
            Below::File(file) => file.descriptor(cx).map(|descriptor| descriptor.number()),
            Below::Bytes(bytes) => {
                bytes.check(cx)?;
                Err(unsupported(cx, "fileno"))
            }
            Below::Buffered(buffered) => buffered.below(cx)?.fileno(cx),
            Below::Pair(_) => Err(unsupported(cx, "fileno")),
        }
    }

    /// Is it a terminal?
    pub fn is_terminal(&self, cx: &mut Context) -> Result<bool, Stop> {
        match self {
            Below::File(file) => file.descriptor(cx).map(|descriptor| descriptor.is_terminal()),
            Below::Bytes(bytes) => bytes.check(cx).map(|()| false),
            Below::Buffered(buffered) => buffered.below(cx)?.is_terminal(cx),
            Below::Pair(pair) => {
                let first = pair.writer(cx)?.below(cx)?.is_terminal(cx)?;
                Ok(first || pair.reader(cx)?.below(cx)?.is_terminal(cx)?)
            }
        }
    }

    /// The attribute `name`, or AttributeError.
    pub fn name(&self, cx: &mut Context) -> Result<Value, Stop> {
        match self {
            Below::File(file) if !file.name.get().is_unbound() => Ok(file.name.get()),
            Below::Buffered(buffered) => buffered.below(cx)?.name(cx),
            _ => self.own(cx, "name"),
        }
    }

    /// The attribute `mode`, or AttributeError.
    pub fn mode(&self, cx: &mut Context) -> Result<Value, Stop> {
        match self {
            Below::File(file) => Ok(cx.str(file.access.get().text())),
            Below::Buffered(buffered) => buffered.below(cx)?.mode(cx),
            _ => self.own(cx, "mode"),
        }
    }

    /// An attribute that a script may have given it.
    fn own(&self, cx: &mut Context, name: &str) -> Result<Value, Stop> {
        let interned = cx.intern(name);
        match self.value().header().and_then(|header: &Header| header.own_attribute(cx, interned)) {
            Some(value) => Ok(value),
            None => Err(no_attribute(cx, self.value(), name)),
        }
    }
}

/// Bytes that may be overwritten: those of a bytearray or of a memoryview on one.
pub struct Room {
    value: Value,
    /// How many.
    pub length: usize,
}

/// The room an argument gives; TypeError if it cannot be written to.
pub fn room_of(cx: &mut Context, value: Value, method: &str) -> Result<Room, Stop> {
    if let Some(array) = value.get::<ByteArray>() {
        return Ok(Room { value, length: array.len() });
    }
    if let Some(view) = value.get::<MemoryView>() {
        view.check(cx)?;
        if !view.is_readonly && view.is_contiguous() {
            return Ok(Room { value, length: view.byte_length() });
        }
    }
    let found = cx.type_name(value);
    Err(cx.type_error(format!("{method}() argument must be read-write bytes-like object, not {found}")))
}

impl Room {
    /// Overwrites it from its start.
    pub fn fill(&self, bytes: &[u8]) {
        if let Some(array) = self.value.get::<ByteArray>() {
            array.overwrite(0, bytes);
        } else if let Some(view) = self.value.get::<MemoryView>() {
            view.overwrite(view.offset, bytes);
        }
    }
}
