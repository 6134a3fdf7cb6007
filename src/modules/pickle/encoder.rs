//! `Encoder`: makes a pickle of objects. Plain data it writes by itself; of anything else it asks whoever drives it,
//! which is script code in stdlib/pickle, how it is taken apart.
//!
//! What is left to be written is a list of tasks, so the depth of the data is bounded by memory alone.

use std::cell::RefCell;

use num_bigint::BigInt;
use rustc_hash::FxHashMap;

use super::frame::Output;
use super::opcode::*;
use crate::object::bytes::{ByteArray, Bytes};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
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
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::text::integer::Int as Operand;
use crate::text::{escape_codec, float_text, integer_text};

const CLASS: &str = "_pickle.Encoder";

const METHODS: &[Declaration] = &[
    plain("__new__(cls, protocol, asks, /)", new, "An encoder; it asks for each object before it looks at it, or not."),
    plain("begin(self, object, /)", begin, "Write the beginning of a pickle of an object, until something is asked."),
    plain("feed(self, answer, /)", feed, "Go on with the answer; return what is asked next, None at the end."),
    plain("take(self, /)", take, "Take out the bytes that are done."),
    plain("clear_memo(self, /)", clear_memo, "Forget what has been written."),
];

/// How many items are put into a list or dict at a time.
const BATCH: usize = 1000;
/// After so many tasks the machine looks up.
const SLICE: usize = 1 << 16;

/// What is asked: how an object is taken apart,
const APART: i64 = 0;
/// whether it is kept elsewhere,
const ELSEWHERE: i64 = 1;
/// or nothing: the machine is to look up.
const PAUSE: i64 = 2;

/// The answers, by the first item of a tuple: a global,
const GLOBAL_ANSWER: i64 = 0;
/// the result of a call,
const CALL_ANSWER: i64 = 1;
/// an instance made by `__new__`,
const NEW_ANSWER: i64 = 2;
/// the same with keyword arguments,
const NEW_WITH_KEYWORDS_ANSWER: i64 = 3;
/// something kept elsewhere,
const PERSISTENT_ANSWER: i64 = 4;
/// or just what the object is.
const AS_IT_IS_ANSWER: i64 = 5;

/// What is left to be done.
#[derive(Clone, Copy)]
enum Task {
    /// Write an object.
    Save(Value),
    /// The same where it has been said that it is not kept elsewhere.
    SaveHere(Value),
    /// Write bytes.
    Write(&'static [u8]),
    /// The items of a tuple have been written.
    Tuple(Value),
    /// Begin a batch of the items of a container, from a position.
    Begin { items: Source, position: usize, is_first: bool },
    /// Go on with one, which may have so many more items.
    Batch { items: Source, position: usize, left: usize },
    /// The items of a frozenset have been written.
    Frozen(Value),
    /// An object has been made; if it has been met in its own parts it is there already.
    Made(Value),
    /// Note an object in the memo.
    Memoize(Value),
}

/// Where items come from.
#[derive(Clone, Copy)]
enum Source {
    /// A list that is written as such.
    List(Value),
    /// Items that something else is given.
    Appended(Value),
    /// A dict that is written as such.
    Dict(Value),
    /// Pairs that something else is given, a list.
    Pairs(Value),
    /// A set.
    Set(Value),
}

impl Source {
    fn value(self) -> Value {
        let (Source::List(value)
        | Source::Appended(value)
        | Source::Dict(value)
        | Source::Pairs(value)
        | Source::Set(value)) = self;
        value
    }

    /// The item at a position or after it, with its value if it is a pair, and the position behind it.
    fn next(self, position: usize) -> Option<(Value, Option<Value>, usize)> {
        match self {
            Source::List(list) | Source::Appended(list) => {
                let item = list.get::<List>()?.get(position)?;
                Some((item, None, position + 1))
            }
            Source::Pairs(list) => {
                let pair: Ref<Tuple> = list.get::<List>()?.get(position)?.get()?;
                Some((pair.get(0)?, pair.get(1), position + 1))
            }
            Source::Dict(dict) => {
                let dict: Ref<Dict> = dict.get()?;
                let place = (position..dict.end()).find(|&place| dict.entry(place).is_some())?;
                let (key, value) = dict.entry(place)?;
                Some((key, Some(value), place + 1))
            }
            Source::Set(set) => {
                let (next, member) = set.get::<Set>()?.next_member(position)?;
                Some((member, None, next + 1))
            }
        }
    }

    /// The instruction for one item and that for all above a mark.
    fn instructions(self) -> (&'static [u8], &'static [u8]) {
        match self {
            Source::List(_) | Source::Appended(_) => (&[APPEND], &[APPENDS]),
            Source::Dict(_) | Source::Pairs(_) => (&[SETITEM], &[SETITEMS]),
            Source::Set(_) => (&[ADDITEMS], &[ADDITEMS]),
        }
    }

    /// How many items there are at least that matter: one, or more.
    fn has_more_than_one(self, position: usize) -> bool {
        self.next(position).is_some_and(|(_, _, next)| self.next(next).is_some())
    }
}

/// A pickle under way.
struct State {
    protocol: u8,
    asks: bool,
    output: Output,
    /// The numbers of what has been written.
    memo: FxHashMap<Value, u32>,
    work: Vec<Task>,
    /// The object that was asked for.
    asked: Option<Value>,
}

struct Encoder(RefCell<State>);

impl Data for Encoder {
    fn trace(&self, marker: &mut Marker) {
        let state = self.0.borrow();
        state.memo.keys().for_each(|&object| marker.value(object));
        state.asked.iter().for_each(|&object| marker.value(object));
        for task in &state.work {
            match *task {
                Task::Save(object)
                | Task::SaveHere(object)
                | Task::Tuple(object)
                | Task::Frozen(object)
                | Task::Made(object)
                | Task::Memoize(object) => marker.value(object),
                Task::Begin { items, .. } | Task::Batch { items, .. } => marker.value(items.value()),
                Task::Write(_) => {}
            }
        }
    }
}

/// Makes the class.
pub fn install(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, ..ClassTables::NONE };
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), Class::FINAL, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "Encoder", class.value());
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    let state = State {
        protocol: Int::to_i64(args.get(1)).and_then(|protocol| u8::try_from(protocol).ok()).unwrap_or(4),
        asks: args.get(2) == Value::TRUE,
        output: Output::default(),
        memo: FxHashMap::default(),
        work: Vec::new(),
        asked: None,
    };
    Ok(Extension::allocate(cx, class, Encoder(RefCell::new(state))))
}

fn of(cx: &mut Context, args: Args<'_>) -> Result<Of<Encoder>, Stop> {
    Of::from_value(cx, args.get(0), 0)
}

fn begin(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let encoder = of(cx, args)?;
    let mut state = encoder.0.borrow_mut();
    let protocol = state.protocol;
    if protocol >= 2 {
        state.output.write(&[PROTO, protocol]);
    }
    if protocol >= 4 {
        state.output.begin_frames();
    }
    state.asked = None;
    state.work.clear();
    state.work.push(Task::Save(args.get(1)));
    state.run(cx)
}

fn feed(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let encoder = of(cx, args)?;
    let mut state = encoder.0.borrow_mut();
    if let Some(object) = state.asked.take() {
        state.take_answer(cx, object, args.get(1))?;
    }
    state.run(cx)
}

fn take(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let bytes = of(cx, args)?.0.borrow_mut().output.take();
    Ok(Bytes::from_vec(cx, bytes))
}

fn clear_memo(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    of(cx, args)?.0.borrow_mut().memo.clear();
    Ok(Value::NONE)
}

impl State {
    /// Does what is left, until something must be asked.
    fn run(&mut self, cx: &mut Context) -> Result<Value, Stop> {
        for _ in 0..SLICE {
            let Some(task) = self.work.pop() else {
                self.output.write(&[STOP]);
                self.output.finish();
                return Ok(Value::NONE);
            };
            if let Some(question) = self.carry_out(cx, task) {
                return Ok(question);
            }
        }
        cx.tick(SLICE)?;
        cx.reserve(self.output.len())?;
        Ok(cx.tuple(&[Value::small(PAUSE), Value::NONE]))
    }

    fn carry_out(&mut self, cx: &mut Context, task: Task) -> Option<Value> {
        match task {
            Task::Save(object) => {
                self.output.boundary();
                match self.asks {
                    true => return Some(self.ask(cx, ELSEWHERE, object)),
                    false => return self.save(cx, object),
                }
            }
            Task::SaveHere(object) => return self.save(cx, object),
            Task::Write(bytes) => self.output.write(bytes),
            Task::Tuple(tuple) => self.end_tuple(tuple),
            Task::Begin { items, position, is_first } => self.begin_batch(items, position, is_first),
            Task::Batch { items, position, left } => self.go_on_with_batch(items, position, left),
            Task::Frozen(set) => match self.memo.contains_key(&set) {
                true => {
                    self.output.write(&[POP_MARK]);
                    self.recall(set);
                }
                false => {
                    self.output.write(&[FROZENSET]);
                    self.memoize(set);
                }
            },
            Task::Made(object) => match self.memo.contains_key(&object) {
                true => {
                    self.output.write(&[POP]);
                    self.recall(object);
                }
                false => self.memoize(object),
            },
            Task::Memoize(object) => self.memoize(object),
        }
        None
    }

    fn ask(&mut self, cx: &mut Context, question: i64, object: Value) -> Value {
        self.asked = Some(object);
        cx.tuple(&[Value::small(question), object])
    }

    // ----- the memo

    fn memoize(&mut self, object: Value) {
        let number = self.memo.len() as u32;
        self.memo.insert(object, number);
        match (self.protocol, u8::try_from(number)) {
            (4.., _) => self.output.write(&[MEMOIZE]),
            (0, _) => self.output.write(format!("p{number}\n").as_bytes()),
            (_, Ok(number)) => self.output.write(&[BINPUT, number]),
            (_, Err(_)) => self.with_number(LONG_BINPUT, number),
        }
    }

    fn recall(&mut self, object: Value) {
        let number = self.memo[&object];
        match (self.protocol, u8::try_from(number)) {
            (0, _) => self.output.write(format!("g{number}\n").as_bytes()),
            (_, Ok(number)) => self.output.write(&[BINGET, number]),
            (_, Err(_)) => self.with_number(LONG_BINGET, number),
        }
    }

    fn with_number(&mut self, instruction: u8, number: u32) {
        self.output.write(&[instruction]);
        self.output.write(&number.to_le_bytes());
    }

    // ----- objects

    /// Writes an object, or asks for it.
    fn save(&mut self, cx: &mut Context, object: Value) -> Option<Value> {
        let layout = cx.layout_of(object);
        match layout {
            LayoutId::NONE_TYPE => self.output.write(&[NONE]),
            LayoutId::BOOL => self.bool(object == Value::TRUE),
            LayoutId::INT => self.int(object),
            LayoutId::FLOAT => self.float(object),
            _ if self.memo.contains_key(&object) => self.recall(object),
            LayoutId::STR => self.str(object),
            LayoutId::BYTES if self.protocol >= 3 => self.bytes(object),
            LayoutId::BYTEARRAY if self.protocol >= 5 => self.bytearray(object),
            LayoutId::TUPLE => self.tuple(object),
            LayoutId::LIST => {
                self.output.write(if self.protocol == 0 { &[MARK, LIST] } else { &[EMPTY_LIST] });
                self.memoize(object);
                self.work.push(Task::Begin { items: Source::List(object), position: 0, is_first: true });
            }
            LayoutId::DICT => {
                self.output.write(if self.protocol == 0 { &[MARK, DICT] } else { &[EMPTY_DICT] });
                self.memoize(object);
                self.work.push(Task::Begin { items: Source::Dict(object), position: 0, is_first: true });
            }
            LayoutId::SET if self.protocol >= 4 => {
                self.output.write(&[EMPTY_SET]);
                self.memoize(object);
                self.work.push(Task::Begin { items: Source::Set(object), position: 0, is_first: true });
            }
            LayoutId::FROZENSET if self.protocol >= 4 => self.frozenset(object),
            _ => return Some(self.ask(cx, APART, object)),
        }
        None
    }

    fn bool(&mut self, value: bool) {
        match (self.protocol >= 2, value) {
            (true, true) => self.output.write(&[NEWTRUE]),
            (true, false) => self.output.write(&[NEWFALSE]),
            (false, true) => self.output.write(b"I01\n"),
            (false, false) => self.output.write(b"I00\n"),
        }
    }

    fn int(&mut self, object: Value) {
        let Some(operand) = Int::operand(object) else { return };
        if let Some(number) = operand.to_i64().and_then(|number| i32::try_from(number).ok()) {
            return match (self.protocol, number) {
                (0, _) => self.output.write(format!("I{number}\n").as_bytes()),
                (_, 0..=0xff) => self.output.write(&[BININT1, number as u8]),
                (_, 0..=0xffff) => self.output.write(&[BININT2, number as u8, (number >> 8) as u8]),
                _ => self.with_number(BININT, number as u32),
            };
        }
        if self.protocol < 2 {
            // Without a limit there are always digits.
            let digits = integer_text::to_decimal(operand, 0).unwrap_or_default();
            return self.output.write(format!("L{digits}L\n").as_bytes());
        }
        let bytes = match operand {
            Operand::Small(number) => BigInt::from(number).to_signed_bytes_le(),
            Operand::Big(number) => number.to_signed_bytes_le(),
        };
        match u8::try_from(bytes.len()) {
            Ok(length) => self.output.write(&[LONG1, length]),
            Err(_) => self.with_number(LONG4, bytes.len() as u32),
        }
        self.output.write(&bytes);
    }

    fn float(&mut self, object: Value) {
        let number = object.as_float();
        if self.protocol == 0 {
            return self.output.write(format!("F{}\n", float_text::repr(number)).as_bytes());
        }
        self.output.write(&[BINFLOAT]);
        self.output.write(&number.to_be_bytes());
    }

    /// Bytes behind their length, by the instructions for one, four and eight bytes of it.
    fn counted(&mut self, instructions: [Option<u8>; 3], bytes: &[u8]) {
        let length = bytes.len();
        let mut head = Vec::with_capacity(9);
        match instructions {
            [Some(short), ..] if length <= 0xff => head.extend([short, length as u8]),
            [_, Some(middle), _] if length <= 0xffff_ffff => {
                head.push(middle);
                head.extend((length as u32).to_le_bytes());
            }
            [_, _, long] => {
                head.extend(long);
                head.extend((length as u64).to_le_bytes());
            }
        }
        self.output.write_long(&head, bytes);
    }

    fn str(&mut self, object: Value) {
        let Some(text) = object.get::<Str>() else { return };
        if self.protocol == 0 {
            self.output.write(&line_of(text.bytes()));
        } else {
            let short = (self.protocol >= 4).then_some(SHORT_BINUNICODE);
            self.counted([short, Some(BINUNICODE), Some(BINUNICODE8)], text.bytes());
        }
        self.memoize(object);
    }

    fn bytes(&mut self, object: Value) {
        let Some(bytes) = object.get::<Bytes>() else { return };
        self.counted([Some(SHORT_BINBYTES), Some(BINBYTES), Some(BINBYTES8)], bytes.bytes());
        self.memoize(object);
    }

    fn bytearray(&mut self, object: Value) {
        let Some(bytes) = object.get::<ByteArray>() else { return };
        self.counted([None, None, Some(BYTEARRAY8)], bytes.bytes());
        self.memoize(object);
    }

    fn tuple(&mut self, object: Value) {
        let Some(tuple) = object.get::<Tuple>() else { return };
        match tuple.len() {
            0 if self.protocol == 0 => return self.output.write(&[MARK, TUPLE]),
            0 => return self.output.write(&[EMPTY_TUPLE]),
            1..=3 if self.protocol >= 2 => {}
            _ => self.output.write(&[MARK]),
        }
        self.work.push(Task::Tuple(object));
        self.work.extend(tuple.items().iter().rev().map(|&item| Task::Save(item)));
    }

    fn end_tuple(&mut self, object: Value) {
        let length = object.get::<Tuple>().map_or(0, |tuple| tuple.len());
        let is_counted = length <= 3 && self.protocol >= 2;
        if self.memo.contains_key(&object) {
            // It holds itself: what was written of it a second time is dropped.
            match is_counted || self.protocol == 0 {
                true => {
                    let drops = if is_counted { length } else { length + 1 };
                    self.output.write(&vec![POP; drops]);
                }
                false => self.output.write(&[POP_MARK]),
            }
            return self.recall(object);
        }
        match length {
            1..=3 if is_counted => self.output.write(&[TUPLE1 + length as u8 - 1]),
            _ => self.output.write(&[TUPLE]),
        }
        self.memoize(object);
    }

    fn frozenset(&mut self, object: Value) {
        let Some(set) = object.get::<Set>() else { return };
        self.output.write(&[MARK]);
        self.work.push(Task::Frozen(object));
        self.work.extend(set.to_vec().into_iter().rev().map(Task::Save));
    }

    // ----- items of containers

    fn begin_batch(&mut self, items: Source, position: usize, is_first: bool) {
        let Some((item, value, next)) = items.next(position) else {
            if !is_first && matches!(items, Source::Dict(_) | Source::Set(_)) {
                // A full batch was not known to be the last.
                self.output.write(&[MARK]);
                self.output.write(items.instructions().1);
            }
            return;
        };
        let is_single = match items {
            Source::Set(_) => false,
            Source::List(_) | Source::Dict(_) => is_first && !items.has_more_than_one(position),
            Source::Appended(_) | Source::Pairs(_) => !items.has_more_than_one(position),
        };
        if is_single || self.protocol == 0 {
            if self.protocol == 0 {
                self.work.push(Task::Begin { items, position: next, is_first: true });
            }
            self.work.push(Task::Write(items.instructions().0));
            self.work.extend(value.map(Task::Save));
            self.work.push(Task::Save(item));
            return;
        }
        self.output.write(&[MARK]);
        self.work.push(Task::Batch { items, position, left: BATCH });
    }

    fn go_on_with_batch(&mut self, items: Source, position: usize, left: usize) {
        let next = if left == 0 { None } else { items.next(position) };
        match next {
            Some((item, value, next)) => {
                self.work.push(Task::Batch { items, position: next, left: left - 1 });
                self.work.extend(value.map(Task::Save));
                self.work.push(Task::Save(item));
            }
            None => {
                self.output.write(items.instructions().1);
                if left == 0 {
                    self.work.push(Task::Begin { items, position, is_first: false });
                }
            }
        }
    }

    // ----- what is asked for

    fn persistent(&mut self, name: Value) {
        self.work.push(Task::Write(&[BINPERSID]));
        self.work.push(Task::SaveHere(name));
    }

    fn take_answer(&mut self, cx: &mut Context, object: Value, answer: Value) -> Result<(), Stop> {
        let parts: Vec<Value> = answer.get::<Tuple>().map_or_else(Vec::new, |answer| answer.items().to_vec());
        let kind = parts.first().and_then(|&kind| Int::to_i64(kind));
        match (kind, &parts[..]) {
            (Some(GLOBAL_ANSWER), &[_, module, name]) => self.global(object, module, name),
            (Some(CALL_ANSWER), &[_, function, args, state, items, pairs, setter]) => {
                self.rest(object, state, items, pairs, setter);
                self.work.extend([Task::Write(&[REDUCE]), Task::Save(args), Task::Save(function)]);
            }
            (Some(NEW_ANSWER), &[_, class, args, state, items, pairs, setter]) => {
                self.rest(object, state, items, pairs, setter);
                self.work.extend([Task::Write(&[NEWOBJ]), Task::Save(args), Task::Save(class)]);
            }
            (Some(NEW_WITH_KEYWORDS_ANSWER), &[_, class, args, keywords, state, items, pairs, setter]) => {
                self.rest(object, state, items, pairs, setter);
                let parts = [Task::Write(&[NEWOBJ_EX]), Task::Save(keywords), Task::Save(args), Task::Save(class)];
                self.work.extend(parts);
            }
            (Some(PERSISTENT_ANSWER), &[_, name]) if self.protocol == 0 => {
                let line = name.get::<Str>().map_or_else(Vec::new, |name| name.bytes().to_vec());
                self.output.write(&[&[PERSID], &line[..], b"\n"].concat());
            }
            (Some(PERSISTENT_ANSWER), &[_, name]) => self.persistent(name),
            (Some(AS_IT_IS_ANSWER), _) => self.work.push(Task::SaveHere(object)),
            _ => return Err(cx.type_error("an encoder was given an answer of no kind")),
        }
        Ok(())
    }

    fn global(&mut self, object: Value, module: Value, name: Value) {
        self.work.push(Task::Memoize(object));
        if self.protocol >= 4 {
            self.work.extend([Task::Write(&[STACK_GLOBAL]), Task::SaveHere(name), Task::SaveHere(module)]);
            return;
        }
        self.output.write(&[GLOBAL]);
        for part in [module, name] {
            if let Some(text) = part.get::<Str>() {
                self.output.write(text.bytes());
            }
            self.output.write(b"\n");
        }
    }

    /// What follows when an object has been made: its items and its state.
    fn rest(&mut self, object: Value, state: Value, items: Value, pairs: Value, setter: Value) {
        match (state.is_none(), setter.is_none()) {
            (true, _) => {}
            (false, true) => self.work.extend([Task::Write(&[BUILD]), Task::Save(state)]),
            (false, false) => {
                let (mark, call): (&[u8], &[u8]) = match self.protocol {
                    0 | 1 => (&[MARK], &[TUPLE, REDUCE, POP]),
                    _ => (&[], &[TUPLE2, REDUCE, POP]),
                };
                self.work.extend([Task::Write(call), Task::Save(state), Task::Save(object)]);
                self.work.extend([Task::Write(mark), Task::Save(setter)]);
            }
        }
        for (given, items) in [(pairs, Source::Pairs(pairs)), (items, Source::Appended(items))] {
            if !given.is_none() {
                self.work.push(Task::Begin { items, position: 0, is_first: true });
            }
        }
        self.work.push(Task::Made(object));
    }
}

/// A str as protocol 0 has it: a line, with escapes for what would end it or begin an escape.
fn line_of(text: &[u8]) -> Vec<u8> {
    let mut line = vec![UNICODE];
    for part in text.chunk_by(|&a, &b| !is_escaped(a) && !is_escaped(b)) {
        match part {
            &[byte] if is_escaped(byte) => line.extend(format!("\\u{:04x}", byte).bytes()),
            part => escape_codec::encode_raw(part, &mut line),
        }
    }
    line.push(b'\n');
    line
}

fn is_escaped(byte: u8) -> bool {
    matches!(byte, b'\\' | b'\0' | b'\n' | b'\r' | 0x1a)
}
