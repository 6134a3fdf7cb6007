//! `BufferedReader`, `BufferedWriter` and `BufferedRandom`: a buffer over a native stream of bytes. One Rust type is
//! behind all three; only one of its two buffers holds something. Their methods are in `buffered_class`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::modules::io::common::{self, Stream, unsupported};
use crate::modules::io::descriptor::Pending;
use crate::modules::io::file_io::end_of_write;
use crate::modules::io::stream::Below;
use crate::object::arguments::bytes_like;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::extension::Data;
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::native::Stop;
use crate::object::output;
use crate::object::value::Value;

/// The usual size of a buffer.
pub const DEFAULT_BUFFER_SIZE: usize = 1 << 17;

/// Which of the three classes it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// BufferedReader
    Read,
    /// BufferedWriter
    Write,
    /// BufferedRandom
    Both,
    /// The writer of the standard output, whose buffer is that of `print`.
    StandardOutput,
    /// The writer of the standard error output, which holds nothing back.
    StandardError,
}

/// The data of the three.
pub struct Buffered {
    /// The stream below; None before `__init__` and after `detach`.
    pub raw: Cell<Value>,
    is_detached: Cell<bool>,
    /// Which class.
    pub direction: Direction,
    /// How much is read at once, and held back at most.
    pub size: Cell<usize>,
    /// What was read from below, and how much of it has been given out.
    ahead: RefCell<Vec<u8>>,
    taken: Cell<usize>,
    /// What was written and is not yet below.
    held: Rc<Pending>,
    /// A text stands on it, and closes it.
    pub is_held: Cell<bool>,
}

impl Data for Buffered {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.raw);
    }

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        common::next_line(cx, self, this, fed)
    }

    fn is_ahead(&self) -> bool {
        self.unread() > 0
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn is_resource(&self) -> bool {
        true
    }
}

impl Stream for Buffered {
    fn is_unclosed(&self) -> bool {
        Below::known(self.raw.get()).is_some_and(|below| below.is_unclosed())
    }

    fn is_held(&self) -> bool {
        self.is_held.get()
    }

    fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        self.open_below(cx, None).map(|_| ())
    }

    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop> {
        let below = self.open_below(cx, Some("readline of closed file"))?;
        self.begin_reading(cx, &below)?;
        let mut line = Vec::new();
        loop {
            {
                let ahead = self.ahead.borrow();
                let rest = &ahead[self.taken.get()..];
                let rest = &rest[..most.unwrap_or(usize::MAX).saturating_sub(line.len()).min(rest.len())];
                let end = memchr::memchr(b'\n', rest).map(|at| at + 1);
                let part = &rest[..end.unwrap_or(rest.len())];
                self.taken.set(self.taken.get() + part.len());
                if line.is_empty() && end.is_some() {
                    return Ok(Bytes::allocate(cx, part));
                }
                line.extend_from_slice(part);
                if end.is_some() || most.is_some_and(|most| line.len() >= most) {
                    break;
                }
            }
            cx.reserve(line.len())?;
            match self.fill(cx, &below) {
                Ok(Some(count)) if count > 0 => {}
                Ok(_) => break,
                Err(stop) => return Err(self.put_back(&line, stop)),
            }
        }
        Ok(if line.is_empty() { Value::UNBOUND } else { Bytes::from_vec(cx, line) })
    }

    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop> {
        if !self.writes() {
            return Err(unsupported(cx, "write"));
        }
        let bytes = bytes_like(cx, item)?;
        self.write(cx, &bytes)
    }

    fn drain(&self, cx: &mut Context) -> Result<(), Stop> {
        self.flush(cx)
    }

    fn shut(&self, cx: &mut Context) -> Result<(), Stop> {
        let Some(below) = Below::known(self.raw.get()) else {
            return if self.is_detached.get() { Err(self.detached(cx)) } else { Ok(()) };
        };
        if below.is_closed() {
            return Ok(());
        }
        let flushed = self.flush(cx);
        if let Err(Stop::Wait(_)) = flushed {
            return flushed;
        }
        self.held.bytes.take();
        let closed = below.close(cx);
        flushed.and(closed)
    }

    fn nothing(cx: &mut Context) -> Value {
        Bytes::allocate(cx, b"")
    }
}

impl Buffered {
    /// One without a stream below.
    pub fn empty(direction: Direction) -> Buffered {
        Buffered {
            raw: Cell::new(Value::NONE),
            is_detached: Cell::new(false),
            direction,
            size: Cell::new(DEFAULT_BUFFER_SIZE),
            ahead: RefCell::default(),
            taken: Cell::new(0),
            held: Rc::default(),
            is_held: Cell::new(false),
        }
    }

    /// Puts it over a stream.
    pub fn stand_on(&self, below: &Below, size: usize) {
        self.raw.set(below.value());
        below.hold(true);
        self.is_detached.set(false);
        self.size.set(size);
        self.ahead.take();
        self.taken.set(0);
        let descriptor = match below {
            Below::File(file) => file.shared_descriptor(),
            _ => None,
        };
        self.held.descriptor.replace(descriptor);
    }

    /// Can it be read?
    pub fn reads(&self) -> bool {
        matches!(self.direction, Direction::Read | Direction::Both)
    }

    /// Can it be written?
    pub fn writes(&self) -> bool {
        self.direction != Direction::Read
    }

    /// Is the stream below closed?
    pub fn is_closed(&self) -> bool {
        Below::known(self.raw.get()).is_some_and(|below| below.is_closed())
    }

    fn detached(&self, cx: &mut Context) -> Stop {
        match self.is_detached.get() {
            true => cx.value_error("raw stream has been detached"),
            false => cx.value_error("I/O operation on uninitialized object"),
        }
    }

    /// The stream below, open or not; ValueError if there is none.
    pub fn below(&self, cx: &mut Context) -> Result<Below, Stop> {
        match Below::known(self.raw.get()) {
            Some(below) => Ok(below),
            None => Err(self.detached(cx)),
        }
    }

    /// The stream below, which is open; ValueError with these words if it is not.
    pub fn open_below(&self, cx: &mut Context, message: Option<&str>) -> Result<Below, Stop> {
        let below = self.below(cx)?;
        match below.is_closed() {
            true => Err(cx.value_error(message.unwrap_or("I/O operation on closed file."))),
            false => Ok(below),
        }
    }

    /// Can the position be moved?
    pub fn can_seek(&self, cx: &mut Context) -> Result<bool, Stop> {
        self.below(cx)?.is_seekable(cx)
    }

    // ----- reading

    fn begin_reading(&self, cx: &mut Context, below: &Below) -> Result<(), Stop> {
        if !self.reads() {
            return Err(unsupported(cx, "read"));
        }
        self.hand_down(cx, below)
    }

    fn unread(&self) -> usize {
        self.ahead.borrow().len() - self.taken.get()
    }

    /// Reads once from below into the buffer, which has been given out; how many bytes, None if it would have to
    /// wait.
    fn fill(&self, cx: &mut Context, below: &Below) -> Result<Option<usize>, Stop> {
        let mut ahead = self.ahead.take();
        ahead.drain(..self.taken.replace(0));
        let length = ahead.len();
        let result = match below {
            Below::File(file) => {
                ahead.resize(length + self.size.get(), 0);
                let count = file.read_into(cx, &mut ahead[length..]);
                ahead.truncate(length + *count.as_ref().ok().and_then(|count| count.as_ref()).unwrap_or(&0));
                count
            }
            _ => below.read_some(cx, self.size.get()).map(|bytes| {
                bytes.map(|bytes| {
                    ahead.extend_from_slice(&bytes);
                    bytes.len()
                })
            }),
        };
        self.ahead.replace(ahead);
        result
    }

    fn take(&self, most: usize) -> Vec<u8> {
        let ahead = self.ahead.borrow();
        let rest = &ahead[self.taken.get()..];
        let part = rest[..most.min(rest.len())].to_vec();
        self.taken.set(self.taken.get() + part.len());
        part
    }

    /// Keeps bytes that were taken before a stop for the next who reads.
    fn put_back(&self, bytes: &[u8], stop: Stop) -> Stop {
        let taken = self.taken.replace(0);
        self.ahead.borrow_mut().splice(..taken, bytes.iter().copied());
        stop
    }

    /// Reads so many bytes, fewer only at the end or where it would have to wait; None if not even one is there.
    pub fn read(&self, cx: &mut Context, size: usize) -> Result<Option<Vec<u8>>, Stop> {
        let below = self.open_below(cx, Some("read of closed file"))?;
        self.begin_reading(cx, &below)?;
        let mut bytes = self.take(size);
        cx.reserve(size)?;
        while bytes.len() < size {
            let wanted = size - bytes.len();
            let count = match &below {
                // Much is read without passing through the buffer.
                Below::File(file) if wanted >= self.size.get() => {
                    let length = bytes.len();
                    bytes.resize(size, 0);
                    let count = file.read_into(cx, &mut bytes[length..]);
                    bytes.truncate(length + count.as_ref().map_or(0, |count| count.unwrap_or(0)));
                    count
                }
                _ => {
                    let count = self.fill(cx, &below);
                    bytes.extend(self.take(wanted));
                    count
                }
            };
            let count = match count {
                Ok(count) => count,
                Err(stop) => return Err(self.put_back(&bytes, stop)),
            };
            match count {
                Some(0) => break,
                Some(_) => {}
                None if bytes.is_empty() => return Ok(None),
                None => break,
            }
        }
        Ok(Some(bytes))
    }

    /// Reads up to the end; None if the first byte would have to be waited for.
    pub fn read_all(&self, cx: &mut Context) -> Result<Option<Vec<u8>>, Stop> {
        let below = self.open_below(cx, Some("read of closed file"))?;
        self.begin_reading(cx, &below)?;
        let mut bytes = self.take(usize::MAX);
        let rest = match below.read_all(cx) {
            Ok(rest) => rest,
            Err(stop) => return Err(self.put_back(&bytes, stop)),
        };
        match rest {
            Some(rest) if bytes.is_empty() => Ok(Some(rest)),
            Some(rest) => {
                bytes.extend(rest);
                Ok(Some(bytes))
            }
            None if bytes.is_empty() => Ok(None),
            None => Ok(Some(bytes)),
        }
    }

    /// Reads at most so many bytes with at most one call below.
    pub fn read_some(&self, cx: &mut Context, most: usize) -> Result<Option<Vec<u8>>, Stop> {
        let below = self.open_below(cx, Some("read of closed file"))?;
        self.begin_reading(cx, &below)?;
        if self.unread() == 0 && most > 0 && self.fill(cx, &below)?.is_none() {
            return Ok(None);
        }
        Ok(Some(self.take(most)))
    }

    /// What is in the buffer, filled once if nothing is.
    pub fn peek(&self, cx: &mut Context) -> Result<Vec<u8>, Stop> {
        let below = self.open_below(cx, Some("peek of closed file"))?;
        self.begin_reading(cx, &below)?;
        if self.unread() == 0 {
            self.fill(cx, &below)?;
        }
        Ok(self.ahead.borrow()[self.taken.get()..].to_vec())
    }

    // ----- writing

    /// Writes bytes; what the buffer has room for waits in it.
    pub fn write(&self, cx: &mut Context, bytes: &[u8]) -> Result<(), Stop> {
        let below = self.open_below(cx, Some("write to closed file"))?;
        match self.direction {
            Direction::StandardOutput => return output::write(cx, bytes),
            Direction::StandardError if output::is_diverted(bytes) => return Ok(()),
            Direction::StandardError => return below.write(cx, bytes),
            Direction::Both if self.unread() > 0 => {
                below.seek(cx, -(self.unread() as i64), 1)?;
                self.ahead.take();
                self.taken.set(0);
            }
            _ => {}
        }
        let held = self.held.bytes.borrow().len();
        if held + bytes.len() > self.size.get() {
            self.hand_down(cx, &below)?;
        }
        let is_over_file = self.held.descriptor.borrow().is_some();
        let is_large = bytes.len() >= self.size.get();
        // A file may have to be waited for, with what is left of the bytes in the buffer.
        if is_large && !(is_over_file && cx.threads.are_several()) {
            return below.write(cx, bytes);
        }
        self.held.bytes.borrow_mut().extend_from_slice(bytes);
        if is_over_file {
            self.held.list();
        }
        if is_large { self.hand_down(cx, &below).map_err(Stop::taken) } else { Ok(()) }
    }

    /// Hands what is held back to the stream below.
    fn hand_down(&self, cx: &mut Context, below: &Below) -> Result<(), Stop> {
        if self.held.bytes.borrow().is_empty() {
            return Ok(());
        }
        let descriptor = self.held.descriptor.borrow().clone();
        if let Some(descriptor) = descriptor {
            let end = self.held.write_out(cx.threads.are_several());
            return end_of_write(cx, &descriptor, end);
        }
        let bytes = self.held.bytes.take();
        below.write(cx, &bytes)
    }

    /// Writes out what is held back.
    pub fn flush(&self, cx: &mut Context) -> Result<(), Stop> {
        let complaint = (self.direction != Direction::Read).then_some("flush of closed file");
        let below = self.open_below(cx, complaint)?;
        if self.direction == Direction::StandardOutput {
            return output::flush(cx);
        }
        self.hand_down(cx, &below)?;
        below.flush(cx)
    }

    /// Flushes and gives up the stream below.
    pub fn detach(&self, cx: &mut Context) -> Result<Value, Stop> {
        self.flush(cx)?;
        self.below(cx)?.hold(false);
        self.is_detached.set(true);
        self.held.descriptor.replace(None);
        Ok(self.raw.replace(Value::NONE))
    }

    // ----- positions

    /// The position, counting what the buffers hold.
    pub fn position(&self, cx: &mut Context) -> Result<u64, Stop> {
        let below = self.open_below(cx, Some("I/O operation on closed file"))?;
        let position = below.tell(cx)?;
        Ok((position + self.held.bytes.borrow().len() as u64).saturating_sub(self.unread() as u64))
    }

    /// Moves the position and gives it.
    pub fn seek_to(&self, cx: &mut Context, offset: i64, whence: i64) -> Result<u64, Stop> {
        let below = self.open_below(cx, Some("seek of closed file"))?;
        if !(0..=2).contains(&whence) {
            return Err(cx.value_error(format!("whence value {whence} unsupported")));
        }
        if !below.is_seekable(cx)? {
            return Err(unsupported(cx, "File or stream is not seekable."));
        }
        self.hand_down(cx, &below)?;
        let offset = if whence == 1 { offset.saturating_sub(self.unread() as i64) } else { offset };
        let position = below.seek(cx, offset, whence)?;
        self.ahead.borrow_mut().clear();
        self.taken.set(0);
        Ok(position)
    }

    /// Cuts the stream below.
    pub fn cut(&self, cx: &mut Context, length: i64) -> Result<(), Stop> {
        let below = self.open_below(cx, Some("truncate of closed file"))?;
        if !self.writes() {
            return Err(unsupported(cx, "truncate"));
        }
        self.hand_down(cx, &below)?;
        below.truncate(cx, length)
    }
}

/// Raises what CPython raises where a stream cannot do what the class needs.
pub fn check_direction(cx: &mut Context, below: &Below, direction: Direction) -> Result<(), Stop> {
    if below.is_closed() {
        return Err(common::closed(cx));
    }
    if direction == Direction::Both && !below.is_seekable(cx)? {
        return Err(unsupported(cx, "File or stream is not seekable."));
    }
    if direction != Direction::Write && !below.is_readable() {
        return Err(unsupported(cx, "File or stream is not readable."));
    }
    if direction != Direction::Read && !below.is_writable() {
        return Err(unsupported(cx, "File or stream is not writable."));
    }
    Ok(())
}
