//! `FileIO`: a file of the system without a buffer.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use crate::modules::io::access::{Access, BadMode};
use crate::modules::io::common::{
    self, Stream, allocate, amount, class_argument, no_attribute, object, this, unsupported, whole,
};
use crate::modules::io::descriptor::Descriptor;
use crate::modules::io::opening::{check_file, open_named};
use crate::object::arguments::{Truth, bytes_like};
use crate::object::bytes::Bytes;
use crate::object::context::Context;
use crate::object::descriptors::{WriteEnd, Written, until_readable, until_writable};
use crate::object::extension::Data;
use crate::object::function::Attribute;
use crate::object::heap::Marker;
use crate::object::integer::Int;
use crate::object::iterator::Step;
use crate::object::module::ClassTables;
use crate::object::native::{Args, Control, Declaration, Stop, Wait, control, plain};
use crate::object::os_error::os_error;
use crate::object::string::Str;
use crate::object::value::Value;

/// The data of a FileIO.
pub struct FileIo {
    descriptor: RefCell<Option<Rc<Descriptor>>>,
    /// `name`: what it was opened by.
    pub name: Cell<Value>,
    /// How it may be used.
    pub access: Cell<Access>,
    is_seekable: Cell<Option<bool>>,
    /// What has been read by a call that then had to wait for more.
    ahead: RefCell<Vec<u8>>,
    /// What was taken to be written by a call that then had to wait.
    behind: RefCell<Vec<u8>>,
    /// A buffer or text stands on it, and closes it.
    pub is_held: Cell<bool>,
}

impl Data for FileIo {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.name);
    }

    fn next(&self, cx: &mut Context, this: Value, fed: Option<Value>) -> Result<Step, Stop> {
        common::next_line(cx, self, this, fed)
    }

    fn is_iterator(&self) -> bool {
        true
    }

    fn is_resource(&self) -> bool {
        true
    }
}

impl Stream for FileIo {
    fn is_unclosed(&self) -> bool {
        let descriptor = self.descriptor.borrow();
        descriptor.as_ref().is_some_and(|descriptor| descriptor.number() >= 0 && descriptor.is_owned())
    }

    fn is_held(&self) -> bool {
        self.is_held.get()
    }

    fn check(&self, cx: &mut Context) -> Result<(), Stop> {
        match self.is_closed() {
            true => Err(common::closed(cx)),
            false => Ok(()),
        }
    }

    fn line(&self, cx: &mut Context, most: Option<usize>) -> Result<Value, Stop> {
        self.check_reading(cx)?;
        let mut line = Vec::new();
        let mut byte = [0];
        // Without a buffer nothing behind the line may be read.
        while most.is_none_or(|most| line.len() < most) {
            match self.read_into(cx, &mut byte) {
                Ok(Some(1)) => line.push(byte[0]),
                Ok(_) => break,
                Err(stop) => return Err(self.put_back(line, stop)),
            }
            if byte[0] == b'\n' {
                break;
            }
        }
        Ok(if line.is_empty() { Value::UNBOUND } else { Bytes::from_vec(cx, line) })
    }

    fn put(&self, cx: &mut Context, item: Value) -> Result<(), Stop> {
        let bytes = bytes_like(cx, item)?;
        self.write_all(cx, &bytes)
    }

    fn drain(&self, cx: &mut Context) -> Result<(), Stop> {
        if self.behind.borrow().is_empty() {
            return Ok(());
        }
        let descriptor = self.descriptor(cx)?;
        let written = descriptor.write(&self.behind.borrow(), cx.threads.are_several());
        self.behind.borrow_mut().drain(..written.count);
        end_of_write(cx, &descriptor, written.end)
    }

    fn shut(&self, cx: &mut Context) -> Result<(), Stop> {
        let Some(descriptor) = self.descriptor.borrow().clone() else { return Ok(()) };
        descriptor.close().map_err(|error| os_error(cx, &error, Value::UNBOUND))
    }

    fn nothing(cx: &mut Context) -> Value {
        Bytes::allocate(cx, b"")
    }
}

impl FileIo {
    /// One that is not open.
    pub fn closed() -> FileIo {
        FileIo {
            descriptor: RefCell::new(None),
            name: Cell::new(Value::NONE),
            access: Cell::default(),
            is_seekable: Cell::new(None),
            ahead: RefCell::default(),
            behind: RefCell::default(),
            is_held: Cell::new(false),
        }
    }

    /// One over an open descriptor.
    pub fn over(descriptor: Rc<Descriptor>, name: Value, access: Access) -> FileIo {
        let file = FileIo::closed();
        file.adopt(descriptor, name, access);
        file
    }

    fn adopt(&self, descriptor: Rc<Descriptor>, name: Value, access: Access) {
        self.descriptor.replace(Some(descriptor));
        self.name.set(name);
        self.access.set(access);
        self.is_seekable.set(None);
    }

    /// Is it closed?
    pub fn is_closed(&self) -> bool {
        self.descriptor.borrow().as_ref().is_none_or(|descriptor| descriptor.number() < 0)
    }

    /// The descriptor for a buffer above, which may outlive this object.
    pub fn shared_descriptor(&self) -> Option<Rc<Descriptor>> {
        self.descriptor.borrow().clone()
    }

    /// The descriptor, which is open; ValueError else.
    pub fn descriptor(&self, cx: &mut Context) -> Result<Rc<Descriptor>, Stop> {
        match &*self.descriptor.borrow() {
            Some(descriptor) if descriptor.number() >= 0 => Ok(descriptor.clone()),
            _ => Err(cx.value_error("I/O operation on closed file")),
        }
    }

    fn check_reading(&self, cx: &mut Context) -> Result<(), Stop> {
        self.descriptor(cx)?;
        match self.access.get().reads {
            true => Ok(()),
            false => Err(unsupported(cx, "File not open for reading")),
        }
    }

    fn check_writing(&self, cx: &mut Context) -> Result<(), Stop> {
        self.descriptor(cx)?;
        match self.access.get().writes {
            true => Ok(()),
            false => Err(unsupported(cx, "File not open for writing")),
        }
    }

    /// Reads once; None if it would have to wait.
    pub fn read_into(&self, cx: &mut Context, room: &mut [u8]) -> Result<Option<usize>, Stop> {
        let descriptor = self.descriptor(cx)?;
        let mut ahead = self.ahead.borrow_mut();
        if !ahead.is_empty() {
            let count = ahead.len().min(room.len());
            room[..count].copy_from_slice(&ahead[..count]);
            ahead.drain(..count);
            return Ok(Some(count));
        }
        let_others_run(cx, &descriptor)?;
        descriptor.read(room).map_err(|error| os_error(cx, &error, Value::UNBOUND))
    }

    /// Keeps bytes that were read before a stop for the next who reads.
    fn put_back(&self, bytes: Vec<u8>, stop: Stop) -> Stop {
        self.ahead.replace(bytes);
        stop
    }

    /// Everything up to the end; None if the first byte would have to be waited for.
    pub fn read_all(&self, cx: &mut Context) -> Result<Option<Vec<u8>>, Stop> {
        let descriptor = self.descriptor(cx)?;
        let failed = |cx: &mut Context, error: io::Error| os_error(cx, &error, Value::UNBOUND);
        let mut room = 1 << 16;
        if let Ok(status) = descriptor.status()
            && status.st_size > 0
            && let Ok(position) = descriptor.seek(0, libc::SEEK_CUR)
        {
            room = (status.st_size as u64).saturating_sub(position) as usize + 1;
        }
        let mut bytes = self.ahead.take();
        let mut length = bytes.len();
        loop {
            if let Err(stop) = let_others_run(cx, &descriptor) {
                bytes.truncate(length);
                return Err(self.put_back(bytes, stop));
            }
            cx.reserve(length + room)?;
            bytes.resize(length + room, 0);
            match descriptor.read(&mut bytes[length..]).map_err(|error| failed(cx, error))? {
                Some(0) => break,
                Some(count) => length += count,
                None if length == 0 => return Ok(None),
                None => break,
            }
            if bytes.len() - length < 4096 {
                room = (length / 2).clamp(1 << 16, 1 << 26);
            } else {
                room = bytes.len() - length;
            }
        }
        bytes.truncate(length);
        Ok(Some(bytes))
    }

    /// Writes everything; BlockingIOError if the descriptor does not block and takes no more.
    pub fn write_all(&self, cx: &mut Context, bytes: &[u8]) -> Result<(), Stop> {
        self.check_writing(cx)?;
        self.drain(cx)?;
        match self.write_some(cx, bytes)?.unwrap_or(0) {
            count if count < bytes.len() => Err(would_block(cx, count)),
            _ => Ok(()),
        }
    }

    /// Writes as much as a descriptor takes that does not block, None if that is nothing; else everything. What others
    /// that run meanwhile must not be held up for is taken before the stop.
    fn write_some(&self, cx: &mut Context, bytes: &[u8]) -> Result<Option<usize>, Stop> {
        let descriptor = self.descriptor(cx)?;
        let Written { count, end } = descriptor.write(bytes, cx.threads.are_several());
        match end {
            WriteEnd::Refused => return Ok((count > 0).then_some(count)),
            WriteEnd::Full | WriteEnd::Interrupted => drop(self.behind.replace(bytes[count..].to_vec())),
            _ => {}
        }
        end_of_write(cx, &descriptor, end).map_err(Stop::taken)?;
        Ok(Some(count))
    }

    /// Moves the position.
    pub fn seek_to(&self, cx: &mut Context, offset: i64, whence: i32) -> Result<u64, Stop> {
        let descriptor = self.descriptor(cx)?;
        descriptor.seek(offset, whence).map_err(|error| os_error(cx, &error, Value::UNBOUND))
    }

    /// Can the position be moved?
    pub fn can_seek(&self, cx: &mut Context) -> Result<bool, Stop> {
        let descriptor = self.descriptor(cx)?;
        let known = self.is_seekable.get().unwrap_or_else(|| descriptor.seek(0, libc::SEEK_CUR).is_ok());
        self.is_seekable.set(Some(known));
        Ok(known)
    }

    /// Cuts the file.
    pub fn cut(&self, cx: &mut Context, length: i64) -> Result<(), Stop> {
        self.check_writing(cx)?;
        let descriptor = self.descriptor(cx)?;
        descriptor.truncate(length).map_err(|error| os_error(cx, &error, Value::UNBOUND))
    }
}

/// Where there are other threads, they run until a descriptor can be read; a call that waits holds up nobody else then.
fn let_others_run(cx: &mut Context, descriptor: &Descriptor) -> Result<(), Stop> {
    if !cx.threads.are_several() {
        return Ok(());
    }
    until_readable(descriptor.number(), Value::UNBOUND)
}

/// Why a write went no further, for a script: nothing, if it is whole.
pub fn end_of_write(cx: &mut Context, descriptor: &Descriptor, end: WriteEnd) -> Result<(), Stop> {
    match end {
        WriteEnd::Whole => Ok(()),
        WriteEnd::Full => Err(until_writable(descriptor.number(), Value::UNBOUND)),
        WriteEnd::Interrupted => Err(Wait::for_signal(Value::UNBOUND)),
        WriteEnd::Refused => Err(would_block(cx, 0)),
        WriteEnd::Failed(error) => Err(os_error(cx, &error, Value::UNBOUND)),
    }
}

/// BlockingIOError, of a write that got only so far.
pub fn would_block(cx: &mut Context, written: usize) -> Stop {
    use crate::object::layout::LayoutId;
    let (number, text) = (Value::small(libc::EAGAIN as i64), cx.str("write could not complete without blocking"));
    let stop = cx.error_with(LayoutId::BLOCKING_IO_ERROR, &[number, text]);
    if let Stop::Raise(exception) = &stop {
        let names = cx.names;
        for (name, value) in
            [(names.errno, number), (names.strerror, text), (names.characters_written, Value::small(written as i64))]
        {
            crate::object::exception::set_field(*exception, name, value);
        }
    }
    stop
}

// ----- methods

const METHODS: &[Declaration] = &[
    plain("__new__(cls, /, *args, **kwargs)", new, "Make a file that is not open yet."),
    plain("__init__(self, file, mode='r', closefd=True, opener=None)", init, "Open a file without a buffer."),
    plain("read(self, size=-1, /)", read, "Read at most size bytes, with one call of the system."),
    plain("readall(self, /)", readall, "Read all bytes up to the end."),
    plain("readinto(self, buffer, /)", readinto, "Read into a buffer and return how many bytes."),
    plain("write(self, b, /)", write, "Write bytes and return how many were written."),
    plain("seek(self, pos, whence=0, /)", seek, "Move the position and return it."),
    plain("tell(self, /)", tell, "Return the position."),
    plain("truncate(self, size=None, /)", truncate, "Cut the file at a size, by default the position."),
    plain("flush(self, /)", flush, "Nothing is held back."),
    plain("close(self, /)", common::close::<FileIo>, "Close the file."),
    plain("fileno(self, /)", fileno, "Return the descriptor."),
    plain("isatty(self, /)", isatty, "Return whether it is a terminal."),
    plain("readable(self, /)", readable, "Return whether it can be read."),
    plain("writable(self, /)", writable, "Return whether it can be written."),
    plain("seekable(self, /)", seekable, "Return whether the position can be moved."),
    plain("readline(self, size=-1, /)", common::readline_or_none::<FileIo>, "Read a line."),
    plain("readlines(self, hint=-1, /)", common::readlines::<FileIo>, "Read the lines that are left."),
    plain("writelines(self, lines, /)", common::writelines::<FileIo>, "Write each of the lines."),
    plain("_adopt(self, fd, file, mode, closefd, /)", adopt, "Take over what an opener has opened."),
    plain("__enter__(self, /)", common::enter::<FileIo>, "Return the file."),
    plain("__exit__(self, /, *args)", common::exit::<FileIo>, "Close the file."),
    plain("__iter__(self, /)", common::iter::<FileIo>, "Return the file, which iterates its lines."),
    control("__next__(self, /)", Control::IteratorNext, "Return the next line."),
    plain("__del__(self, /)", common::delete::<FileIo>, "Close the file."),
    plain("__repr__(self, /)", repr, "Return repr(self)."),
    plain("__getstate__(self, /)", common::refuse_pickling, "Refuse to be pickled."),
];

const ATTRIBUTES: &[Attribute] = &[
    Attribute { name: "closed", get: closed, set: None, doc: "Whether it is closed." },
    Attribute { name: "closefd", get: closefd, set: None, doc: "Whether closing it closes the descriptor." },
    Attribute { name: "mode", get: mode, set: None, doc: "How it was opened." },
    Attribute { name: "name", get: name, set: Some(set_name), doc: "What it was opened by." },
];

/// The class's tables.
pub const TABLES: ClassTables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class = class_argument(cx, args)?;
    Ok(allocate(cx, class, FileIo::closed()))
}

/// The mode of an argument.
fn access_of(cx: &mut Context, mode: Value) -> Result<Access, Stop> {
    let Some(text) = mode.get::<Str>() else {
        let found = cx.type_name(mode);
        return Err(cx.type_error(format!("FileIO() argument 'mode' must be str, not {found}")));
    };
    let text = text.text().into_owned();
    Access::of(&text).map_err(|problem| bad_mode(cx, problem, &text))
}

/// The exception of a mode that is none.
pub fn bad_mode(cx: &mut Context, problem: BadMode, mode: &str) -> Stop {
    match problem {
        BadMode::Character => cx.value_error(format!("invalid mode: {mode}")),
        BadMode::Ways => cx.value_error("Must have exactly one of create/read/write/append mode and at most one plus"),
    }
}

fn init(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    let access = access_of(cx, args.get(2))?;
    let is_owned = Truth::of(cx, args.get(3), 3)?;
    if !args.get(4).is_none() {
        return Err(Stop::Half);
    }
    let descriptor = open_named(cx, args.get(1), 1, access, is_owned)?;
    file.adopt(descriptor, args.get(1), access);
    Ok(Value::NONE)
}

/// The second half of opening by an opener: what it answered is checked and taken over.
fn adopt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    let access = access_of(cx, args.get(3))?;
    let is_owned = Truth::of(cx, args.get(4), 4)?;
    if !Int::is(args.get(1)) {
        return Err(cx.type_error("expected integer from opener"));
    }
    let number = Int::clamp(args.get(1)).and_then(|number| i32::try_from(number).ok()).unwrap_or(-1);
    if number < 0 {
        return Err(cx.value_error(format!("opener returned {number}")));
    }
    let descriptor = Descriptor::new(number, false);
    check_file(cx, &descriptor, args.get(2))?;
    file.adopt(Descriptor::new(number, is_owned), args.get(2), access);
    Ok(Value::NONE)
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.check_reading(cx)?;
    match amount(cx, args.get(1), 1)? {
        None => readall(cx, args),
        Some(size) => {
            cx.reserve(size)?;
            let mut room = vec![0; size];
            match file.read_into(cx, &mut room)? {
                Some(count) => {
                    room.truncate(count);
                    Ok(Bytes::from_vec(cx, room))
                }
                None => Ok(Value::NONE),
            }
        }
    }
}

fn readall(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.check_reading(cx)?;
    match file.read_all(cx)? {
        Some(bytes) => Ok(Bytes::from_vec(cx, bytes)),
        None => Ok(Value::NONE),
    }
}

fn readinto(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.check_reading(cx)?;
    let room = super::stream::room_of(cx, args.get(1), "readinto")?;
    let mut bytes = vec![0; room.length];
    match file.read_into(cx, &mut bytes)? {
        Some(count) => {
            room.fill(&bytes[..count]);
            Ok(Value::small(count as i64))
        }
        None => Ok(Value::NONE),
    }
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.check_writing(cx)?;
    let bytes = bytes_like(cx, args.get(1))?;
    if args.are_taken(2) {
        file.drain(cx).map_err(Stop::taken)?;
        return Ok(Value::small(bytes.len() as i64));
    }
    file.drain(cx)?;
    let count = file.write_some(cx, &bytes)?;
    Ok(count.map_or(Value::NONE, |count| Value::small(count as i64)))
}

fn seek(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    let (offset, whence) = (whole(cx, args.get(1), 1)?, whole(cx, args.get(2), 2)?);
    let position = file.seek_to(cx, offset, whence as i32)?;
    Ok(cx.int(position as i64))
}

fn tell(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let position = this::<FileIo>(cx, args)?.seek_to(cx, 0, libc::SEEK_CUR)?;
    Ok(cx.int(position as i64))
}

fn truncate(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.check_writing(cx)?;
    let length = match args.get(1) {
        Value::NONE => file.seek_to(cx, 0, libc::SEEK_CUR)? as i64,
        size => whole(cx, size, 1)?,
    };
    file.cut(cx, length)?;
    Ok(cx.int(length))
}

fn flush(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    this::<FileIo>(cx, args)?.check(cx)?;
    Ok(Value::NONE)
}

fn fileno(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let descriptor = this::<FileIo>(cx, args)?.descriptor(cx)?;
    Ok(Value::small(descriptor.number() as i64))
}

fn isatty(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let descriptor = this::<FileIo>(cx, args)?.descriptor(cx)?;
    Ok(Value::bool(descriptor.is_terminal()))
}

fn readable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.descriptor(cx)?;
    Ok(Value::bool(file.access.get().reads))
}

fn writable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    file.descriptor(cx)?;
    Ok(Value::bool(file.access.get().writes))
}

fn seekable(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::bool(this::<FileIo>(cx, args)?.can_seek(cx)?))
}

fn repr(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let file = this::<FileIo>(cx, args)?;
    let title = common::class_title(cx, args.get(0));
    let Ok(descriptor) = file.descriptor(cx) else { return Ok(cx.str(&format!("<{title} [closed]>"))) };
    let named = match common::shown(cx, file.name.get()) {
        Some(name) => format!("name={name}"),
        None => format!("fd={}", descriptor.number()),
    };
    let closefd = if descriptor.is_owned() { "True" } else { "False" };
    let mode = file.access.get().text();
    Ok(cx.str(&format!("<{title} {named} mode='{mode}' closefd={closefd}>")))
}

// ----- attributes

fn closed(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(object::<FileIo>(cx, value)?.is_closed()))
}

fn closefd(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let file = object::<FileIo>(cx, value)?;
    let is_owned = file.descriptor.borrow().as_ref().is_none_or(|descriptor| descriptor.is_owned());
    Ok(Value::bool(is_owned))
}

fn mode(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let text = object::<FileIo>(cx, value)?.access.get().text();
    Ok(cx.str(text))
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    match object::<FileIo>(cx, value)?.name.get() {
        Value::UNBOUND => Err(no_attribute(cx, value, "name")),
        name => Ok(name),
    }
}

fn set_name(cx: &mut Context, value: Value, name: Value) -> Result<(), Stop> {
    object::<FileIo>(cx, value)?.name.set(name);
    Ok(())
}
