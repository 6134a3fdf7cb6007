//! `TextIOWrapper`: text over a native stream of bytes. Its methods are in `text_class`.
//!
//! Bytes come in chunks; of the last one the bytes and the state before it are kept, so that `tell` can find the
//! place in it that belongs to a character.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use crate::modules::io::common::{self, Stream, unsupported};
use crate::modules::io::newlines::{self, Newline, Reader};
use crate::modules::io::stream::Below;
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension};
use crate::object::heap::Marker;
use crate::object::iterator::Step;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::output;
use crate::object::string::Str;
use crate::object::unicode_error::{decode_error, encode_error};
use crate::object::value::Value;
use crate::text::codec;
use crate::text::decoder::Decoder;
use crate::text::encoding::{Encoding, Handler};
use crate::text::wtf8;

/// How many bytes are decoded at once.
const CHUNK: usize = 8192;

/// How far decoding has come: the decoder, and the ends of lines.
#[derive(Clone)]
struct Progress {
    decoder: Decoder,
    ends: Reader,
}

/// The last chunk, for `tell`.
struct Chunk {
    before: Progress,
    bytes: Vec<u8>,
}

/// What `__init__` and `reconfigure` set.
#[derive(Clone, Copy)]
pub struct Manner {
    /// How bytes become text.
    pub encoding: Encoding,
    /// What is done with what cannot be converted.
    pub handler: Handler,
    /// The ends of lines.
    pub newline: Newline,
    /// Flush at each line?
    pub line_buffering: bool,
    /// `write_through`
    pub write_through: bool,
}

/// The data of a TextIOWrapper.
pub struct Text {
    /// The stream below; None before `__init__` and after `detach`.
    pub buffer: Cell<Value>,
    is_detached: Cell<bool>,
    /// How it reads and writes.
    pub manner: Cell<Manner>,
    /// `encoding` and `errors` as they were given.
    pub encoding_name: Cell<Value>,
    /// See `encoding_name`.
    pub errors_name: Cell<Value>,
    /// `mode`, UNBOUND where there is none.
    pub mode: Cell<Value>,
    progress: RefCell<Option<Progress>>,
    /// What has been decoded, and how much of it given out, in bytes.
    text: RefCell<Vec<u8>>,
    used: Cell<usize>,
    chunk: RefCell<Option<Chunk>>,
    /// No mark is written before the next text.
    is_begun: Cell<bool>,
    /// False while a `for` goes over the lines.
    is_telling: Cell<bool>,
    /// Is it the wrapper of the standard output, which `print` passes by?
    pub is_standard_output: Cell<bool>,
}

impl Data for Text {
    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.buffer, &self.encoding_name, &self.errors_name, &self.mode] {
            marker.cell(cell);
        }
    }

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        self.is_telling.set(false);
        let step = common::next_line(cx, self, this, fed)?;
        self.is_telling.set(matches!(step, Step::Done));
        Ok(step)
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn is_resource(&self) -> bool {
        true
    }

    fn is_ahead(&self) -> bool {
        let below = self.buffer.get().get::<Extension>();
        self.used.get() < self.text.borrow().len() || below.is_some_and(|below| below.data.is_ahead())
    }

    fn write_text(&self, cx: &mut Context, text: &[u8]) -> Option<Result<(), Stop>> {
        Some(self.write(cx, text, None))
    }
}

impl Stream for Text {
    fn is_unclosed(&self) -> bool {
        Below::known(self.buffer.get()).is_some_and(|below| below.is_unclosed())
    }

    fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        self.open_below(cx).map(|_| ())
    }

    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop> {
        let below = self.reading(cx)?;
        let newline = self.manner.get().newline;
        {
            let text = self.text.borrow();
            let rest = &text[self.used.get()..];
            if most.is_none()
                && let Some(end) = newline.line_end(rest)
            {
                self.used.set(self.used.get() + end);
                return Ok(cx.str_bytes(&rest[..end]));
            }
        }
        let mut line = self.take_bytes(usize::MAX);
        let mut searched = 0;
        let mut end = loop {
            if let Some(end) = newline.line_end(&line[searched..]) {
                break searched + end;
            }
            if most.is_some_and(|most| line.len() >= most && wtf8::count(&line) >= most) {
                break line.len();
            }
            // An end of two characters may be cut in two by the chunks.
            searched = line.len() - line.ends_with(b"\r") as usize;
            cx.reserve(line.len())?;
            match self.fill(cx, &below) {
                Ok(true) => {}
                Ok(false) => break line.len(),
                Err(stop) => return Err(self.put_back(line, stop)),
            }
            line.extend(self.take_bytes(usize::MAX));
        };
        if let Some(most) = most {
            end = wtf8::offset_of_index(&line[..end], most);
        }
        self.used.set(self.used.get() - (line.len() - end));
        line.truncate(end);
        Ok(if line.is_empty() { Value::UNBOUND } else { Str::from_vec(cx, line) })
    }

    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop> {
        match item.get::<Str>() {
            Some(text) => self.write(cx, text.bytes(), Some(item)),
            None => {
                let found = crate::object::arguments::type_title(cx, item);
                Err(cx.type_error(format!("write() argument must be str, not {found}")))
            }
        }
    }

    fn drain(&self, cx: &mut Context) -> Result<(), Stop> {
        self.flush(cx)
    }

    fn shut(&self, cx: &mut Context) -> Result<(), Stop> {
        let Some(below) = Below::known(self.buffer.get()) else {
            return if self.is_detached.get() { Err(self.missing(cx)) } else { Ok(()) };
        };
        if below.is_closed() {
            return Ok(());
        }
        if self.is_standard_output.get() {
            // From now on `print` finds a closed file.
            cx.module_state.insert(output::FILE, Value::NONE);
        }
        let flushed = below.flush(cx);
        if let Err(Stop::Wait(_)) = flushed {
            return flushed;
        }
        let closed = below.close(cx);
        flushed.and(closed)
    }

    fn nothing(cx: &mut Context) -> Value {
        cx.empty_string
    }
}

impl Text {
    /// One without a stream below.
    pub fn empty() -> Text {
        let manner = Manner {
            encoding: Encoding::Utf8,
            handler: Handler::Strict,
            newline: Newline::Translated,
            line_buffering: false,
            write_through: false,
        };
        Text {
            buffer: Cell::new(Value::NONE),
            is_detached: Cell::new(false),
            manner: Cell::new(manner),
            encoding_name: Cell::new(Value::NONE),
            errors_name: Cell::new(Value::NONE),
            mode: Cell::new(Value::UNBOUND),
            progress: RefCell::default(),
            text: RefCell::default(),
            used: Cell::new(0),
            chunk: RefCell::default(),
            is_begun: Cell::new(false),
            is_telling: Cell::new(true),
            is_standard_output: Cell::new(false),
        }
    }

    /// Puts it over a standard stream, which is at its start.
    pub fn start(&self, buffer: Value, manner: Manner) {
        self.buffer.set(buffer);
        self.manner.set(manner);
    }

    /// Puts it over a stream.
    pub fn stand_on(&self, cx: &mut Context, below: &Below, manner: Manner) -> Result<(), Stop> {
        self.buffer.set(below.value());
        below.hold(true);
        self.is_detached.set(false);
        self.manner.set(manner);
        self.forget();
        self.is_telling.set(true);
        // A mark stands at the start of a file only.
        let is_marked = !codec::mark(manner.encoding).is_empty();
        let is_behind = is_marked && below.is_writable() && below.is_seekable(cx)? && below.tell(cx)? != 0;
        self.is_begun.set(is_behind);
        Ok(())
    }

    fn missing(&self, cx: &mut Context) -> Stop {
        match self.is_detached.get() {
            true => cx.value_error("underlying buffer has been detached"),
            false => cx.value_error("I/O operation on uninitialized object"),
        }
    }

    /// The stream below; ValueError if there is none.
    pub fn below(&self, cx: &mut Context) -> Result<Below, Stop> {
        match Below::known(self.buffer.get()) {
            Some(below) => Ok(below),
            None => Err(self.missing(cx)),
        }
    }

    /// The stream below, which is open.
    pub fn open_below(&self, cx: &mut Context) -> Result<Below, Stop> {
        let below = self.below(cx)?;
        if below.is_closed() { Err(common::closed(cx)) } else { Ok(below) }
    }

    /// The stream below, which is open and can be read.
    pub fn reading(&self, cx: &mut Context) -> Result<Below, Stop> {
        let below = self.open_below(cx)?;
        if below.is_readable() { Ok(below) } else { Err(unsupported(cx, "not readable")) }
    }

    /// Has anything been read?
    pub fn has_read(&self) -> bool {
        self.progress.borrow().is_some()
    }

    /// The ends of lines that were seen.
    pub fn seen(&self) -> u8 {
        self.progress.borrow().as_ref().map_or(0, |progress| progress.ends.seen)
    }

    /// What was read and not asked for is dropped; decoding starts over.
    fn forget(&self) {
        self.progress.replace(None);
        self.drop_text();
    }

    fn drop_text(&self) {
        self.text.borrow_mut().clear();
        self.used.set(0);
        self.chunk.replace(None);
    }

    /// Writes out what is held back below.
    pub fn flush(&self, cx: &mut Context) -> Result<(), Stop> {
        self.open_below(cx)?.flush(cx)
    }

    /// Flushes and gives up the stream below.
    pub fn detach(&self, cx: &mut Context) -> Result<Value, Stop> {
        self.flush(cx)?;
        self.below(cx)?.hold(false);
        if self.is_standard_output.get() {
            cx.module_state.insert(output::FILE, Value::NONE);
        }
        self.is_detached.set(true);
        Ok(self.buffer.replace(Value::NONE))
    }

    // ----- writing

    /// Writes text; `object` is what an exception shows.
    pub fn write(&self, cx: &mut Context, text: &[u8], object: Option<Value>) -> Result<(), Stop> {
        let below = self.open_below(cx)?;
        if !below.is_writable() {
            return Err(unsupported(cx, "not writable"));
        }
        let manner = self.manner.get();
        let is_line = manner.line_buffering && memchr::memchr2(b'\n', b'\r', text).is_some();
        let translated = newlines::written(text, manner.newline);
        let shown = translated.as_deref().unwrap_or(text);
        let bytes = match manner.encoding == Encoding::Utf8 && !wtf8::has_surrogate(shown) {
            true => Cow::Borrowed(shown),
            false => Cow::Owned(self.encode(cx, shown, object)?),
        };
        let result = below.write(cx, &bytes);
        if let Err(Stop::Wait(wait)) = &result
            && wait.progress != Value::TRUE
        {
            return result;
        }
        self.is_begun.set(self.is_begun.get() || !text.is_empty());
        if self.has_read() {
            self.forget();
        }
        result?;
        match is_line || manner.write_through && self.is_standard_output.get() {
            true => below.flush(cx).map_err(Stop::taken),
            false => Ok(()),
        }
    }

    fn encode(&self, cx: &mut Context, text: &[u8], object: Option<Value>) -> Result<Vec<u8>, Stop> {
        let manner = self.manner.get();
        let mut bytes = Vec::with_capacity(text.len() + 4);
        if !self.is_begun.get() && !text.is_empty() {
            bytes.extend_from_slice(codec::mark(manner.encoding));
        }
        match codec::encode_into(text, manner.encoding, manner.handler, &mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) => {
                let object = object.unwrap_or_else(|| cx.str_bytes(text));
                Err(encode_error(cx, object, &error))
            }
        }
    }

    // ----- reading

    /// Decodes one more chunk into the text, all of which has been given out; false at the end.
    fn fill(&self, cx: &mut Context, below: &Below) -> Result<bool, Stop> {
        let Some(bytes) = below.read_some(cx, CHUNK)? else { return Ok(false) };
        let is_end = bytes.is_empty();
        let mut progress = self.progress.take().unwrap_or_else(|| self.beginning());
        let before = progress.clone();
        let result = self.decode(&mut progress, &bytes, is_end);
        let pending = before.decoder.pending().to_vec();
        self.progress.replace(Some(progress));
        let text = match result {
            Ok(text) => text,
            Err(error) => return Err(decoding_failed(cx, &pending, &bytes, &error)),
        };
        let has_text = !text.is_empty();
        if !is_end || has_text {
            self.text.replace(text);
            self.used.set(0);
            self.chunk.replace(Some(Chunk { before, bytes }));
        }
        Ok(!is_end || has_text)
    }

    /// Keeps text that was taken before a stop, which is all there is, for the next who reads.
    fn put_back(&self, text: Vec<u8>, stop: Stop) -> Stop {
        if matches!(stop, Stop::Wait(_)) {
            self.text.replace(text);
            self.used.set(0);
        }
        stop
    }

    fn beginning(&self) -> Progress {
        let manner = self.manner.get();
        Progress { decoder: Decoder::new(manner.encoding, manner.handler), ends: Reader::default() }
    }

    fn decode(&self, progress: &mut Progress, bytes: &[u8], last: bool) -> Result<Vec<u8>, codec::CodecError> {
        let text = progress.decoder.feed(bytes, last)?;
        Ok(progress.ends.feed(text, self.manner.get().newline, last))
    }

    /// Takes at most so many bytes of the text, which must not cut a character.
    fn take_bytes(&self, most: usize) -> Vec<u8> {
        let text = self.text.borrow();
        let rest = &text[self.used.get()..];
        let part = &rest[..most.min(rest.len())];
        self.used.set(self.used.get() + part.len());
        part.to_vec()
    }

    /// Reads at most so many characters.
    pub fn read(&self, cx: &mut Context, most: usize) -> Result<Value, Stop> {
        let below = self.reading(cx)?;
        let mut out = Vec::new();
        let mut left = most;
        while left > 0 {
            let length = {
                let text = self.text.borrow();
                let rest = &text[self.used.get()..];
                if left >= rest.len() { rest.len() } else { wtf8::offset_of_index(rest, left) }
            };
            let part = self.take_bytes(length);
            left -= wtf8::count(&part).min(left);
            if out.is_empty() {
                out = part;
            } else {
                out.extend(part);
            }
            cx.reserve(out.len())?;
            if left == 0 {
                break;
            }
            match self.fill(cx, &below) {
                Ok(true) => {}
                Ok(false) => break,
                Err(stop) => return Err(self.put_back(out, stop)),
            }
        }
        Str::try_from_vec(cx, out)
    }

    /// Reads up to the end.
    pub fn read_all(&self, cx: &mut Context) -> Result<Value, Stop> {
        let below = self.reading(cx)?;
        let mut out = self.take_bytes(usize::MAX);
        let bytes = match below.read_all(cx) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(stop) => return Err(self.put_back(out, stop)),
        };
        let mut progress = self.progress.take().unwrap_or_else(|| self.beginning());
        let pending = progress.decoder.pending().to_vec();
        let result = self.decode(&mut progress, &bytes, true);
        self.progress.replace(Some(progress));
        self.drop_text();
        match result {
            Ok(text) if out.is_empty() => out = text,
            Ok(text) => out.extend(text),
            Err(error) => return Err(decoding_failed(cx, &pending, &bytes, &error)),
        }
        Str::try_from_vec(cx, out)
    }

    // ----- positions

    /// The position in the stream below that belongs to the next character.
    pub fn tell(&self, cx: &mut Context) -> Result<u64, Stop> {
        let below = self.open_below(cx)?;
        if !below.is_seekable(cx)? {
            return Err(unsupported(cx, "underlying stream is not seekable"));
        }
        if !self.is_telling.get() {
            return Err(cx.error(LayoutId::OS_ERROR, "telling position disabled by next() call"));
        }
        below.flush(cx)?;
        let position = below.tell(cx)?;
        let chunk = self.chunk.borrow();
        let Some(chunk) = &*chunk else { return Ok(position) };
        let is_whole = self
            .progress
            .borrow()
            .as_ref()
            .is_none_or(|progress| progress.decoder.pending().is_empty() && !progress.ends.is_held);
        if is_whole && self.used.get() == self.text.borrow().len() {
            return Ok(position);
        }
        let start = position.saturating_sub(chunk.bytes.len() as u64);
        Ok(start + self.place_in(chunk) as u64)
    }

    /// How many bytes of a chunk the text that was given out came from.
    fn place_in(&self, chunk: &Chunk) -> usize {
        let used = self.used.get();
        if *self.text.borrow() == chunk.bytes {
            return used;
        }
        let decoded = |length: usize| {
            let mut progress = chunk.before.clone();
            let text = self.decode(&mut progress, &chunk.bytes[..length], false);
            (text.map_or(usize::MAX, |text| text.len()), progress.ends.is_held)
        };
        // The least part that gives enough text.
        let (mut low, mut high) = (0, chunk.bytes.len());
        while low < high {
            let middle = (low + high) / 2;
            if decoded(middle).0 >= used {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if decoded(low).0 > used {
            // A return was waiting for what follows: it ends before that.
            while low > 0 && decoded(low - 1).1 {
                low -= 1;
            }
        }
        low
    }

    /// Goes to a position that `tell` gave, to the start or to the end.
    pub fn seek(&self, cx: &mut Context, cookie: i64, whence: i64) -> Result<u64, Stop> {
        let below = self.open_below(cx)?;
        if !below.is_seekable(cx)? {
            return Err(unsupported(cx, "underlying stream is not seekable"));
        }
        let (cookie, whence) = match whence {
            0 if cookie < 0 => return Err(cx.value_error(format!("negative seek position {cookie}"))),
            0 => (cookie, 0),
            1 if cookie != 0 => return Err(unsupported(cx, "can't do nonzero cur-relative seeks")),
            1 => (self.tell(cx)? as i64, 0),
            2 if cookie != 0 => return Err(unsupported(cx, "can't do nonzero end-relative seeks")),
            2 => (0, 2),
            _ => return Err(cx.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        below.flush(cx)?;
        let position = below.seek(cx, cookie, whence)?;
        let before = self.progress.take();
        self.drop_text();
        if position > 0
            && let Some(progress) = before
        {
            // What a mark has told of the order of bytes holds for the rest too.
            let ends = Reader { is_held: false, seen: progress.ends.seen };
            self.progress.replace(Some(Progress { decoder: progress.decoder.resumed(), ends }));
        }
        self.is_telling.set(true);
        self.is_begun.set(position > 0);
        Ok(position)
    }
}

/// The exception of bytes that are no text; it shows what came with them.
fn decoding_failed(cx: &mut Context, pending: &[u8], bytes: &[u8], error: &codec::CodecError) -> Stop {
    if error.unhandled {
        return cx.type_error("don't know how to handle UnicodeDecodeError in error callback");
    }
    let object = Bytes::from_vec(cx, [pending, bytes].concat());
    decode_error(cx, object, error)
}
