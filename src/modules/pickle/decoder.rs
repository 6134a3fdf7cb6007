//! `Decoder`: makes objects of a pickle. What plain data is it makes by itself; where a global is to be found, something
//! called, or items given to what is no plain container, it asks whoever drives it, which is script code in
//! stdlib/pickle.
//!
//! Nothing that a pickle says is believed before it is there: lengths are held against the bytes that are left, and
//! numbers of the memo and of marks against what there is.

use std::cell::RefCell;

use num_bigint::BigInt;
use rustc_hash::FxHashMap;

use super::module::unpickling_error;
use super::opcode::*;
use super::reader::{Reader, Short};
use crate::object::arguments::bytes_like;
use crate::object::bytes::{ByteArray, Bytes, bytes_of};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::set::Set;
use crate::object::string::Str;
use crate::object::unicode_error::decode_error;
use crate::object::value::Value;
use crate::text::encoding::{Encoding, Handler};
use crate::text::{codec, escape_codec, float_text, integer_text};

const CLASS: &str = "_pickle.Decoder";

const METHODS: &[Declaration] = &[
    plain("__new__(cls, data, is_whole, /)", new, "A decoder of bytes, which may be all there is."),
    plain("step(self, answer, /)", step, "Go on with the answer to what was asked; return what is asked next."),
    plain("more(self, data, /)", more, "Take more bytes; none says that there are no more."),
];

/// After so many instructions the machine looks up.
const SLICE: usize = 1 << 16;

/// What is asked, by the first item of a tuple: nothing, since the second is the object,
const DONE: i64 = 0;
/// a global by its module and name,
const FIND: i64 = 1;
/// the result of a call with a tuple of arguments,
const CALL: i64 = 2;
/// an instance of a class, by its `__new__` with a tuple and a dict or None,
const NEW: i64 = 3;
/// an object's state to be set,
const BUILD_STATE: i64 = 4;
/// items to be appended,
const EXTEND: i64 = 5;
/// keys and values to be set, by turns,
const SET_ITEMS: i64 = 6;
/// items to be added to a set,
const ADD: i64 = 7;
/// a frozenset of items,
const FREEZE: i64 = 8;
/// what is kept elsewhere under a name,
const PERSISTENT: i64 = 9;
/// the text of bytes of Python 2,
const OLD_TEXT: i64 = 10;
/// the global that copyreg has a number for,
const EXTENSION: i64 = 11;
/// so many bytes more, or a line if it is None,
const MORE: i64 = 12;
/// the next buffer, or the one on top made read-only,
const BUFFER: i64 = 13;
/// or nothing: the machine is to look up.
const PAUSE: i64 = 14;

/// What an instruction comes to.
enum Effect {
    /// The next one follows.
    Next,
    /// Something is asked. Its answer goes on the stack if it is awaited.
    Ask { question: i64, parts: Vec<Value>, is_awaited: bool },
    /// The object is there.
    Done(Value),
}

/// Why an instruction has none.
enum Failure {
    /// Bytes are lacking; it has had no effect.
    Short(Short),
    /// The pickle is broken, in words.
    Broken(String),
    /// Something else.
    Stop(Stop),
}

impl From<Short> for Failure {
    fn from(short: Short) -> Failure {
        Failure::Short(short)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Failure {
        Failure::Stop(stop)
    }
}

struct State {
    reader: Reader,
    /// No more bytes will come.
    is_whole: bool,
    stack: Vec<Value>,
    /// The heights of the stack at the marks.
    marks: Vec<usize>,
    memo: FxHashMap<u64, Value>,
    /// Does the answer to what was asked go on the stack?
    is_awaiting: bool,
}

struct Decoder(RefCell<State>);

impl Data for Decoder {
    fn trace(&self, marker: &mut Marker) {
        let state = self.0.borrow();
        state.stack.iter().chain(state.memo.values()).for_each(|&value| marker.value(value));
    }
}

/// Makes the class.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), Class::FINAL, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "Decoder", class.value());
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    let given = args.get(1);
    let bytes = bytes_like(cx, given)?;
    let state = State {
        reader: Reader::new(bytes),
        is_whole: args.get(2) == Value::TRUE,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: FxHashMap::default(),
        is_awaiting: false,
    };
    Ok(Extension::allocate(cx, class, Decoder(RefCell::new(state))))
}

fn of(cx: &mut Context, args: Args<'_>) -> Result<Of<Decoder>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn step(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let decoder = of(cx, args)?;
    let mut state = decoder.0.borrow_mut();
    if std::mem::take(&mut state.is_awaiting) {
        state.stack.push(args.get(1));
    }
    state.run(cx)
}

fn more(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let decoder = of(cx, args)?;
    let mut state = decoder.0.borrow_mut();
    match bytes_of(&args.get(1)) {
        Some(bytes) if bytes.is_empty() => state.is_whole = true,
        Some(bytes) => state.reader.add(&bytes),
        None => return Err(cx.type_error("read() returned no bytes")),
    }
    Ok(Value::NONE)
}

fn question(cx: &mut Context, kind: i64, parts: &[Value]) -> Value {
    cx.tuple(&[&[Value::small(kind)], parts].concat())
}

impl State {
    fn run(&mut self, cx: &mut Context) -> Result<Value, Stop> {
        for _ in 0..SLICE {
            self.reader.begin();
            match self.instruction(cx) {
                Ok(Effect::Next) => {}
                Ok(Effect::Ask { question: kind, parts, is_awaited }) => {
                    self.is_awaiting = is_awaited;
                    return Ok(question(cx, kind, &parts));
                }
                Ok(Effect::Done(value)) => return Ok(question(cx, DONE, &[value])),
                Err(Failure::Short(short)) => return self.lack(cx, short),
                Err(Failure::Broken(message)) => return Err(unpickling_error(cx, &message)),
                Err(Failure::Stop(stop)) => return Err(stop),
            }
        }
        cx.tick(SLICE)?;
        Ok(question(cx, PAUSE, &[]))
    }

    /// Bytes are lacking for an instruction, which begins anew once they are there.
    fn lack(&mut self, cx: &mut Context, short: Short) -> Result<Value, Stop> {
        let is_between = self.reader.rewind();
        if self.is_whole {
            return Err(match is_between {
                true => cx.error(LayoutId::EOF_ERROR, "Ran out of input"),
                false => unpickling_error(cx, "pickle data was truncated"),
            });
        }
        let wanted = match short {
            Short::Bytes(count) => cx.int(i64::try_from(count).unwrap_or(i64::MAX)),
            Short::Line => Value::NONE,
        };
        Ok(question(cx, MORE, &[wanted]))
    }

    fn instruction(&mut self, cx: &mut Context) -> Result<Effect, Failure> {
        let opcode = self.reader.byte()?;
        let value = match opcode {
            NONE | NEWTRUE | NEWFALSE | INT | BININT | BININT1 | BININT2 | LONG | LONG1 | LONG4 | FLOAT | BINFLOAT => {
                self.number(cx, opcode)?
            }
            UNICODE | BINUNICODE | SHORT_BINUNICODE | BINUNICODE8 | BINBYTES | SHORT_BINBYTES | BINBYTES8
            | BYTEARRAY8 => self.text_or_bytes(cx, opcode)?,
            EMPTY_TUPLE | EMPTY_LIST | EMPTY_DICT | EMPTY_SET | TUPLE1 | TUPLE2 | TUPLE3 | TUPLE | LIST => {
                self.container(cx, opcode)?
            }
            MARK => {
                self.marks.push(self.stack.len());
                return Ok(Effect::Next);
            }
            POP | POP_MARK | DUP | PROTO | FRAME => {
                self.arrange(cx, opcode)?;
                return Ok(Effect::Next);
            }
            GET | BINGET | LONG_BINGET => self.recall(cx, opcode)?,
            PUT | BINPUT | LONG_BINPUT | MEMOIZE => {
                self.memoize(cx, opcode)?;
                return Ok(Effect::Next);
            }
            STOP => return Ok(Effect::Done(self.pop()?)),
            APPEND | APPENDS | SETITEM | SETITEMS | ADDITEMS | DICT | FROZENSET => return self.fill(cx, opcode),
            _ => return self.ask(cx, opcode),
        };
        self.stack.push(value);
        Ok(Effect::Next)
    }

    // ----- the stack

    /// The height below which the innermost mark keeps the stack.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Value, Failure> {
        if self.stack.len() <= self.floor() {
            let what = if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" };
            return Err(Failure::Broken(what.into()));
        }
        Ok(self.stack.pop().unwrap_or(Value::NONE))
    }

    fn top(&self) -> Result<Value, Failure> {
        match self.stack.last() {
            Some(&value) if self.stack.len() > self.floor() => Ok(value),
            _ => Err(Failure::Broken("unpickling stack underflow".into())),
        }
    }

    fn pop_mark(&mut self) -> Result<Vec<Value>, Failure> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => Err(Failure::Broken("could not find MARK".into())),
        }
    }

    fn arrange(&mut self, cx: &mut Context, opcode: u8) -> Result<(), Failure> {
        match opcode {
            POP if self.stack.len() == self.floor() && !self.marks.is_empty() => {
                self.marks.pop();
            }
            POP => {
                self.pop()?;
            }
            POP_MARK => {
                self.pop_mark()?;
            }
            DUP => {
                let value = self.top()?;
                self.stack.push(value);
            }
            PROTO => match self.reader.byte()? {
                0..=5 => {}
                protocol => return Err(cx.value_error(format!("unsupported pickle protocol: {protocol}")).into()),
            },
            _ => {
                let length = self.reader.length(8)?;
                self.reader.require(length)?;
            }
        }
        Ok(())
    }

    // ----- the memo

    fn recall(&mut self, cx: &mut Context, opcode: u8) -> Result<Value, Failure> {
        let number = match opcode {
            GET => self.line_number(cx)?,
            BINGET => self.reader.byte()? as u64,
            _ => self.reader.length(4)? as u64,
        };
        let known = self.memo.get(&number).copied();
        known.ok_or_else(|| Failure::Broken(format!("Memo value not found at index {number}")))
    }

    fn memoize(&mut self, cx: &mut Context, opcode: u8) -> Result<(), Failure> {
        let number = match opcode {
            PUT => self.line_number(cx)?,
            BINPUT => self.reader.byte()? as u64,
            LONG_BINPUT => self.reader.length(4)? as u64,
            _ => self.memo.len() as u64,
        };
        let value = self.top()?;
        self.memo.insert(number, value);
        Ok(())
    }

    fn line_number(&mut self, cx: &mut Context) -> Result<u64, Failure> {
        let line = std::str::from_utf8(self.reader.line()?).unwrap_or_default().trim();
        let message = if line.starts_with('-') { "negative PUT argument" } else { "could not convert string to int" };
        line.parse().map_err(|_| cx.value_error(message).into())
    }

    // ----- plain data

    fn number(&mut self, cx: &mut Context, opcode: u8) -> Result<Value, Failure> {
        Ok(match opcode {
            NONE => Value::NONE,
            NEWTRUE => Value::TRUE,
            NEWFALSE => Value::FALSE,
            BININT1 => Value::small(self.reader.byte()? as i64),
            BININT2 => Value::small(self.reader.length(2)? as i64),
            BININT => Value::small(self.reader.length(4)? as u32 as i32 as i64),
            BINFLOAT => {
                let bytes = self.reader.bytes(8)?;
                Value::float(f64::from_be_bytes(bytes.try_into().unwrap_or_default()))
            }
            LONG1 | LONG4 => {
                let length = self.reader.length(if opcode == LONG1 { 1 } else { 4 })?;
                if opcode == LONG4 && length > i32::MAX as usize {
                    return Err(Failure::Broken("LONG pickle has negative byte count".into()));
                }
                let number = BigInt::from_signed_bytes_le(self.reader.bytes(length)?);
                Int::from_big(cx, number)
            }
            FLOAT => {
                let number = float_text::parse(self.reader.line()?);
                let number = number.ok_or_else(|| cx.value_error("could not convert string to float"))?;
                Value::float(number)
            }
            _ => match self.reader.line()? {
                b"00" if opcode == INT => Value::FALSE,
                b"01" if opcode == INT => Value::TRUE,
                line => {
                    let digits = if opcode == LONG { line.strip_suffix(b"L").unwrap_or(line) } else { line };
                    let number = integer_text::parse(digits, 10, integer_text::DEFAULT_DIGIT_LIMIT);
                    let number = number.map_err(|_| cx.value_error("could not convert string to int"))?;
                    Int::from_integer(cx, number)
                }
            },
        })
    }

    fn text_or_bytes(&mut self, cx: &mut Context, opcode: u8) -> Result<Value, Failure> {
        if opcode == UNICODE {
            let mut text = Vec::new();
            let line = self.reader.line()?;
            return match escape_codec::decode_raw(line, 0, true, &mut text) {
                Ok(_) => Ok(cx.str_bytes(&text)),
                Err(error) => {
                    let object = Bytes::allocate(cx, line);
                    Err(decode_error(cx, object, &error).into())
                }
            };
        }
        let width = match opcode {
            SHORT_BINUNICODE | SHORT_BINBYTES => 1,
            BINUNICODE | BINBYTES => 4,
            _ => 8,
        };
        let length = self.reader.length(width)?;
        let bytes = self.reader.bytes(length)?;
        Ok(match opcode {
            BINBYTES | SHORT_BINBYTES | BINBYTES8 => Bytes::allocate(cx, bytes),
            BYTEARRAY8 => ByteArray::allocate(cx, bytes.to_vec()),
            _ => match codec::decode(bytes, Encoding::Utf8, Handler::SurrogatePass) {
                Ok(text) => cx.str_bytes(&text),
                Err(error) => {
                    let object = Bytes::allocate(cx, bytes);
                    return Err(decode_error(cx, object, &error).into());
                }
            },
        })
    }

    fn container(&mut self, cx: &mut Context, opcode: u8) -> Result<Value, Failure> {
        let items = match opcode {
            TUPLE | LIST => self.pop_mark()?,
            TUPLE1 | TUPLE2 | TUPLE3 => {
                let count = (opcode - TUPLE1 + 1) as usize;
                if self.stack.len() < self.floor() + count {
                    return Err(Failure::Broken("unpickling stack underflow".into()));
                }
                self.stack.split_off(self.stack.len() - count)
            }
            _ => Vec::new(),
        };
        Ok(match opcode {
            EMPTY_LIST | LIST => cx.list(items),
            EMPTY_DICT => cx.new_dict().value(),
            EMPTY_SET => Set::allocate(cx, LayoutId::SET).value(),
            _ => cx.tuple(&items),
        })
    }

    /// Gives items to a container; of one that is not plain, or whose keys are not, it is asked.
    fn fill(&mut self, cx: &mut Context, opcode: u8) -> Result<Effect, Failure> {
        let items = match opcode {
            APPEND => vec![self.pop()?],
            SETITEM => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            _ => self.pop_mark()?,
        };
        if matches!(opcode, DICT | SETITEM | SETITEMS) && items.len() % 2 != 0 {
            let name = if opcode == DICT { "DICT" } else { "SETITEMS" };
            return Err(Failure::Broken(format!("odd number of items for {name}")));
        }
        let target = match opcode {
            DICT => {
                let dict = cx.new_dict().value();
                self.stack.push(dict);
                dict
            }
            FROZENSET => Set::allocate(cx, LayoutId::FROZENSET).value(),
            _ => self.top()?,
        };
        let question = match opcode {
            APPEND | APPENDS => EXTEND,
            ADDITEMS => ADD,
            FROZENSET => FREEZE,
            _ => SET_ITEMS,
        };
        let layout = cx.layout_of(target);
        let is_done = match (question, target.get::<List>(), target.get::<Dict>(), target.get::<Set>()) {
            (EXTEND, Some(list), ..) if layout == LayoutId::LIST => {
                items.iter().for_each(|&item| list.push(item));
                true
            }
            (SET_ITEMS, _, Some(dict), _) if layout == LayoutId::DICT => set_plain_items(cx, dict, &items)?,
            (ADD | FREEZE, _, _, Some(set)) if layout == LayoutId::SET || question == FREEZE => {
                add_plain_items(cx, set, &items)?
            }
            _ => false,
        };
        match (question, is_done) {
            (FREEZE, true) => self.stack.push(target),
            (_, true) => {}
            (FREEZE, false) => {
                let items = cx.list(items);
                return Ok(Effect::Ask { question, parts: vec![items], is_awaited: true });
            }
            (_, false) => {
                let items = cx.list(items);
                return Ok(Effect::Ask { question, parts: vec![target, items], is_awaited: false });
            }
        }
        Ok(Effect::Next)
    }

    // ----- what is asked

    fn ask(&mut self, cx: &mut Context, opcode: u8) -> Result<Effect, Failure> {
        let (question, parts) = match opcode {
            GLOBAL => (FIND, self.two_lines(cx, Encoding::Utf8)?),
            STACK_GLOBAL => {
                let (name, module) = (self.pop()?, self.pop()?);
                if !name.is::<Str>() || !module.is::<Str>() {
                    return Err(Failure::Broken("STACK_GLOBAL requires str".into()));
                }
                (FIND, vec![module, name])
            }
            REDUCE => {
                let (args, function) = (self.pop()?, self.pop()?);
                (CALL, vec![function, args])
            }
            OBJ => {
                let items = self.pop_mark()?;
                let Some((&class, args)) = items.split_first() else {
                    return Err(Failure::Broken("unpickling stack underflow".into()));
                };
                (CALL, vec![class, cx.tuple(args)])
            }
            INST => {
                let mut parts = self.two_lines(cx, Encoding::Ascii)?;
                let args = self.pop_mark()?;
                parts.push(cx.tuple(&args));
                (CALL, parts)
            }
            NEWOBJ => {
                let (args, class) = (self.pop()?, self.pop()?);
                (NEW, vec![class, args, Value::NONE])
            }
            NEWOBJ_EX => {
                let (keywords, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                (NEW, vec![class, args, keywords])
            }
            BUILD => {
                let state = self.pop()?;
                let parts = vec![self.top()?, state];
                return Ok(Effect::Ask { question: BUILD_STATE, parts, is_awaited: false });
            }
            PERSID => {
                let line = self.reader.line()?;
                if !line.is_ascii() {
                    return Err(Failure::Broken("persistent IDs in protocol 0 must be ASCII strings".into()));
                }
                (PERSISTENT, vec![cx.str_bytes(line)])
            }
            BINPERSID => (PERSISTENT, vec![self.pop()?]),
            STRING | BINSTRING | SHORT_BINSTRING => (OLD_TEXT, vec![self.old_bytes(cx, opcode)?]),
            EXT1 | EXT2 | EXT4 => {
                let width = [1, 2, 4][(opcode - EXT1) as usize];
                (EXTENSION, vec![Value::small(self.reader.length(width)? as i64)])
            }
            NEXT_BUFFER => (BUFFER, vec![Value::NONE]),
            READONLY_BUFFER => (BUFFER, vec![self.pop()?]),
            _ => return Err(Failure::Broken(invalid(opcode))),
        };
        Ok(Effect::Ask { question, parts, is_awaited: true })
    }

    /// The names of a module and of something in it.
    fn two_lines(&mut self, cx: &mut Context, encoding: Encoding) -> Result<Vec<Value>, Failure> {
        let mut names = Vec::with_capacity(2);
        while names.len() < 2 {
            let line = self.reader.line()?;
            names.push(match codec::decode(line, encoding, Handler::Strict) {
                Ok(text) => cx.str_bytes(&text),
                Err(error) => {
                    let object = Bytes::allocate(cx, line);
                    return Err(decode_error(cx, object, &error).into());
                }
            });
        }
        Ok(names)
    }

    fn old_bytes(&mut self, cx: &mut Context, opcode: u8) -> Result<Value, Failure> {
        if opcode != STRING {
            let length = self.reader.length(if opcode == BINSTRING { 4 } else { 1 })?;
            let bytes = self.reader.bytes(length)?;
            return Ok(Bytes::allocate(cx, bytes));
        }
        let line = self.reader.line()?.trim_ascii();
        let inside = match line {
            [b'\'', inside @ .., b'\''] | [b'"', inside @ .., b'"'] => inside,
            _ => return Err(Failure::Broken("the STRING opcode argument must be quoted".into())),
        };
        let mut text = Vec::new();
        match escape_codec::decode(inside, 0, true, &mut text) {
            Ok(_) => {}
            Err(error) => return Err(cx.value_error(error.reason).into()),
        }
        let codes = crate::text::wtf8::code_points(&text).map(|code| code as u8).collect();
        Ok(Bytes::from_vec(cx, codes))
    }
}

fn invalid(opcode: u8) -> String {
    match opcode {
        b' '..=b'~' => format!("invalid load key, '{}'.", opcode as char),
        _ => format!("invalid load key, '\\x{opcode:02x}'."),
    }
}

/// Sets keys that need no script code to be found; False, after some, where one does.
fn set_plain_items(cx: &mut Context, dict: Ref<Dict>, items: &[Value]) -> Result<bool, Failure> {
    for pair in items.chunks_exact(2) {
        match dict.set(cx, pair[0], pair[1]) {
            Ok(()) => {}
            Err(Problem::Script) => return Ok(false),
            Err(Problem::Stop(stop)) => return Err(stop.into()),
        }
    }
    Ok(true)
}

fn add_plain_items(cx: &mut Context, set: Ref<Set>, items: &[Value]) -> Result<bool, Failure> {
    for &item in items {
        match set.add(cx, item) {
            Ok(_) => {}
            Err(Problem::Script) => return Ok(false),
            Err(Problem::Stop(stop)) => return Err(stop.into()),
        }
    }
    Ok(true)
}
