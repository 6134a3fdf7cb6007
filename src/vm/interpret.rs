//! The loop: fetch an instruction, do it.
//!
//! Only `pc`, `base` and the machine live across instructions. Each arm does the common case itself and hands the
//! rest to a method that answers a `Flow`; before that it writes `pc` back, so that whatever looks at the frame (a
//! traceback, the collector, a frame object) finds it after the instruction and its caches.
#![allow(unsafe_code)]

use std::cell::Cell;

use crate::bytecode::instruction::{Instruction, Opcode};
use crate::object::dict::Dict;
use crate::object::exception::Exception;
use crate::object::frame::Then;
use crate::object::function::{Attribute, CellObject, Function};
use crate::object::generator::{Generator, State};
use crate::object::heap::{Header, Ref};
use crate::object::iterator::{Iterator, IteratorState, Step};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::{Args, Control, Entry, Native, Request};
use crate::object::set::Set;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::syntax::ast::{BinaryOperator, Comparison, UnaryOperator};
use crate::vm::machine::{Flow, Outcome, Vm};

/// What the cache of an attribute instruction says in the lowest byte of its second word. The first word is the layout
/// and the epoch of classes it holds for; of an attribute of a class, the class and `CACHE_OF_CLASS`.
pub const CACHE_SLOT: u64 = 1;
/// The class binds the name; the value stands in the third word.
pub const CACHE_CLASS: u64 = 2;
/// Storing adds a slot: the new layout is in the upper half.
pub const CACHE_ADD: u64 = 3;
/// A module's name: version and entry.
pub const CACHE_MODULE: u64 = 4;
/// Plain data of a class: the number of the entry is in bits 8 to 31, the dict in the third word.
pub const CACHE_ENTRY: u64 = 5;
/// A property whose getter, a function, stands in the third word.
pub const CACHE_PROPERTY: u64 = 6;
/// An attribute that a native computes: the line of its table stands in the third word.
pub const CACHE_NATIVE: u64 = 7;
/// Marks the first word where the object is a class; the epoch is then in the upper half of the second.
pub const CACHE_OF_CLASS: u64 = 1 << 63;

impl Vm {
    /// Runs the current frame and what it calls until the loop is left. With `STEPPING` it leaves after every
    /// instruction when `instructions_left` is used up.
    pub fn run<const STEPPING: bool>(&mut self) {
        // SAFETY: the compiler's code names only registers, constants and names the frame has, jumps land on
        // instructions (the verifier of the compiler checks both), and a frame's pointers stay valid while it is
        // on the stack: registers never move and code objects are kept alive by the frame's function.
        unsafe {
            let mut pc: *const Cell<u64> = (*self.frame).pc;
            let mut base: *mut Value = (*self.frame).base;

            macro_rules! r {
                ($index:expr) => {
                    *base.add($index as usize)
                };
            }
            macro_rules! reload {
                () => {{
                    pc = (*self.frame).pc;
                    base = (*self.frame).base;
                }};
            }
            // Goes on after a `Flow`: a value goes to a register.
            macro_rules! go_on {
                ($flow:expr, $destination:expr) => {
                    match $flow {
                        Flow::Done(value) => r!($destination) = value,
                        flow => go_on!(flow),
                    }
                };
                ($flow:expr) => {
                    match $flow {
                        Flow::Done(_) => {}
                        Flow::Entered => reload!(),
                        raised @ (Flow::Raised | Flow::Rises) => {
                            if let Flow::Leave = self.unwind(raised) {
                                return;
                            }
                            reload!();
                        }
                        Flow::Leave => return,
                    }
                };
            }
            // Takes a step that answers a `Flow`, `pc` being written back before it.
            macro_rules! flow {
                ($flow:expr, $destination:expr) => {{
                    (*self.frame).pc = pc;
                    go_on!($flow, $destination)
                }};
            }
            // As `flow`, the value being dropped.
            macro_rules! effect {
                ($flow:expr) => {{
                    (*self.frame).pc = pc;
                    go_on!($flow)
                }};
            }
            macro_rules! raise {
                ($stop:expr) => {{
                    let stop = $stop;
                    effect!(self.raise(stop))
                }};
            }
            // Everything from register `$live` of the current frame is dead.
            macro_rules! safe_point {
                ($live:expr) => {{
                    self.cx.fuel -= 1;
                    if self.cx.fuel < 0 {
                        effect!(self.safe_point(Some($live)));
                    }
                }};
            }
            // A value was unbound: what it has to do before it goes is done at once.
            macro_rules! dropped {
                ($value:expr, $live:expr) => {{
                    if self.dropped($value) {
                        effect!(self.safe_point(Some($live)));
                    }
                }};
            }
            macro_rules! arithmetic {
                ($i:expr, $fast:ident, $float:tt, $op:expr) => {{
                    let (x, y) = (r!($i.c()), r!($i.d()));
                    if x.both_small(y) {
                        if let Some(value) = x.$fast(y) {
                            r!($i.b()) = value;
                            continue;
                        }
                    } else if x.is_float() && y.is_float() {
                        r!($i.b()) = Value::float(x.as_float() $float y.as_float());
                        continue;
                    }
                    flow!(self.binary($op, $i.a() != 0, x, y, $i.b()), $i.b())
                }};
            }
            macro_rules! arithmetic_int {
                ($i:expr, $fast:ident, $float:tt, $op:expr) => {{
                    let x = r!($i.c());
                    let y = Value::small($i.d() as i16 as i64);
                    if x.is_small() {
                        if let Some(value) = x.$fast(y) {
                            r!($i.b()) = value;
                            continue;
                        }
                    } else if x.is_float() {
                        r!($i.b()) = Value::float(x.as_float() $float $i.d() as i16 as f64);
                        continue;
                    }
                    flow!(self.binary($op, $i.a() != 0, x, y, $i.b()), $i.b())
                }};
            }
            macro_rules! general {
                ($i:expr, $op:expr) => {{
                    let (x, y) = (r!($i.c()), r!($i.d()));
                    flow!(self.binary($op, $i.a() != 0, x, y, $i.b()), $i.b())
                }};
            }
            macro_rules! bits {
                ($i:expr, $operator:tt, $op:expr) => {{
                    let (x, y) = (r!($i.c()), r!($i.d()));
                    if x.both_small(y) {
                        r!($i.b()) = Value::small(x.as_small() $operator y.as_small());
                        continue;
                    }
                    flow!(self.binary($op, $i.a() != 0, x, y, $i.b()), $i.b())
                }};
            }
            // Jumps on a comparison, which may need script code to decide.
            macro_rules! jump_if {
                ($i:expr, $x:expr, $y:expr, $operator:tt, $op:expr) => {{
                    let (x, y) = ($x, $y);
                    let truth = if x.both_small(y) {
                        x.as_small() $operator y.as_small()
                    } else if x.is_float() && y.is_float() {
                        x.as_float() $operator y.as_float()
                    } else {
                        (*self.frame).pc = pc;
                        match self.compare_truth($op, x, y) {
                            Flow::Done(value) => value == Value::TRUE,
                            flow => {
                                go_on!(flow);
                                continue;
                            }
                        }
                    };
                    if truth as u8 == $i.a() {
                        pc = pc.offset($i.d() as i16 as isize);
                    }
                }};
            }
            macro_rules! compare_jump {
                ($i:expr, $operator:tt, $op:expr) => {
                    jump_if!($i, r!($i.b()), r!($i.c()), $operator, $op)
                };
            }
            macro_rules! compare_jump_int {
                ($i:expr, $operator:tt, $op:expr) => {
                    jump_if!($i, r!($i.b()), Value::small($i.c() as i16 as i64), $operator, $op)
                };
            }
            macro_rules! name {
                ($index:expr) => {
                    (*self.frame).code().names[$index as usize]
                };
            }

            loop {
                if STEPPING {
                    if self.instructions_left == 0 {
                        (*self.frame).pc = pc;
                        self.outcome = Some(Outcome::Suspended(Request::Fuel));
                        return;
                    }
                    self.instructions_left -= 1;
                    if !self.tracer.is_none() {
                        (*self.frame).pc = pc;
                        if let Some(flow) = self.trace_instruction() {
                            go_on!(flow);
                            continue;
                        }
                    }
                }
                let i = Instruction((*pc).get());
                pc = pc.add(1);
                match std::mem::transmute::<u8, Opcode>(i.0 as u8) {
                    // ----- moving values
                    Opcode::Move => r!(i.b()) = r!(i.c()),
                    Opcode::LoadConstant => r!(i.b()) = *(*self.frame).constants.add(i.w() as u32 as usize),
                    Opcode::LoadInt => r!(i.b()) = Value::small(i.w() as i64),
                    Opcode::LoadNone => r!(i.b()) = Value::NONE,
                    Opcode::Unbind => r!(i.b()) = Value::UNBOUND,
                    Opcode::CheckBound => {
                        if r!(i.b()).is_unbound() {
                            let name = name!(i.d());
                            raise!(self.unbound_local(name));
                        }
                    }
                    Opcode::DeleteLocal => {
                        let value = r!(i.b());
                        if value.is_unbound() {
                            let name = name!(i.d());
                            raise!(self.unbound_local(name));
                            continue;
                        }
                        r!(i.b()) = Value::UNBOUND;
                        dropped!(value, i.c());
                    }
                    Opcode::Drop => {
                        let value = r!(i.b());
                        if value.is_object() {
                            r!(i.b()) = Value::UNBOUND;
                            dropped!(value, i.b());
                        }
                    }
                    Opcode::MakeCell => r!(i.b()) = self.new_cell(r!(i.b())),
                    Opcode::LoadCell => {
                        let content = cell(r!(i.c())).content.get();
                        if content.is_unbound() {
                            let name = name!(i.d());
                            raise!(self.unbound_local(name));
                            continue;
                        }
                        r!(i.b()) = content;
                    }
                    Opcode::StoreCell => cell(r!(i.b())).content.set(r!(i.c())),
                    Opcode::DeleteCell => {
                        let old = cell(r!(i.b())).content.replace(Value::UNBOUND);
                        if old.is_unbound() {
                            let name = name!(i.d());
                            raise!(self.unbound_local(name));
                            continue;
                        }
                        dropped!(old, i.c());
                    }
                    Opcode::LoadFree => {
                        let function = (*self.frame).function.unwrap_unchecked();
                        let content = cell(*function.closure.get_unchecked(i.c() as usize)).content.get();
                        if content.is_unbound() {
                            raise!(self.unbound_free(i.c()));
                            continue;
                        }
                        r!(i.b()) = content;
                    }
                    Opcode::StoreFree => {
                        let function = (*self.frame).function.unwrap_unchecked();
                        cell(*function.closure.get_unchecked(i.b() as usize)).content.set(r!(i.c()));
                    }
                    Opcode::DeleteFree => {
                        let function = (*self.frame).function.unwrap_unchecked();
                        let old = cell(function.closure[i.b() as usize]).content.replace(Value::UNBOUND);
                        if old.is_unbound() {
                            raise!(self.unbound_free(i.b()));
                            continue;
                        }
                        dropped!(old, i.c());
                    }

                    // ----- names
                    Opcode::LoadGlobalModule => {
                        let cache = (*pc).get();
                        let globals = (*self.frame).function.unwrap_unchecked().globals;
                        if globals.keys_version() == cache as u32 {
                            r!(i.b()) = globals.cached_value_cell((cache >> 32) as usize).get();
                            pc = pc.add(2);
                            continue;
                        }
                        pc = pc.add(2);
                        flow!(self.load_global(pc.sub(3), name!(i.c())), i.b())
                    }
                    Opcode::LoadGlobalBuiltin => {
                        let (cache, builtin) = ((*pc).get(), (*pc.add(1)).get());
                        let globals = (*self.frame).function.unwrap_unchecked().globals;
                        let builtins = self.cx.builtins;
                        if globals.keys_version() == cache as u32 && builtins.keys_version() == builtin as u32 {
                            r!(i.b()) = builtins.cached_value_cell((builtin >> 32) as usize).get();
                            pc = pc.add(2);
                            continue;
                        }
                        pc = pc.add(2);
                        flow!(self.load_global(pc.sub(3), name!(i.c())), i.b())
                    }
                    Opcode::LoadGlobal => {
                        pc = pc.add(2);
                        flow!(self.load_global(pc.sub(3), name!(i.c())), i.b())
                    }
                    Opcode::StoreGlobal => {
                        let cache = (*pc).get();
                        let globals = (*self.frame).function.unwrap_unchecked().globals;
                        pc = pc.add(1);
                        if cache != 0 && globals.keys_version() == cache as u32 {
                            let old = globals.cached_value_cell((cache >> 32) as usize).replace(r!(i.b()));
                            if old.is_object() {
                                dropped!(old, i.d());
                            }
                            continue;
                        }
                        let (name, value) = (name!(i.c()), r!(i.b()));
                        let old = globals.get_interned(name).unwrap_or(Value::UNBOUND);
                        globals.set_interned(name, value);
                        if let Some(index) = globals.find_interned(name) {
                            let version = globals.give_keys_version(&mut self.cx);
                            let cache = if version == 0 { 0 } else { version as u64 | (index as u64) << 32 };
                            (*pc.sub(1)).set(cache);
                        }
                        dropped!(old, i.d());
                    }
                    Opcode::DeleteGlobal => effect!(self.delete_global(name!(i.c()), i.b())),
                    Opcode::LoadName => flow!(self.load_name(name!(i.c()), i.b()), i.b()),
                    Opcode::StoreName => effect!(self.store_name(name!(i.c()), r!(i.b()))),
                    Opcode::DeleteName => effect!(self.delete_name(name!(i.c()), i.b())),
                    Opcode::LoadNameOrFree => flow!(self.load_name_or_free(name!(i.c()), i.d(), i.b()), i.b()),
                    Opcode::LoadFromOrGlobal => {
                        flow!(self.load_from_or_global(name!(i.c()), r!(i.d()), i.b()), i.b())
                    }
                    Opcode::LoadFromOrFree => flow!(self.load_from_or_free(i.c(), r!(i.d()), i.b()), i.b()),
                    Opcode::LoadLocals => flow!(self.load_locals(), i.b()),

                    // ----- attributes and subscripts
                    Opcode::LoadAttribute => {
                        let object = r!(i.c());
                        if let Some(header) = object.header() {
                            let key = (header.layout().0 as u64) << 32 | self.cx.class_epoch as u64;
                            if (*pc).get() == key {
                                let how = (*pc.add(1)).get();
                                if how as u32 as u64 == CACHE_SLOT {
                                    let value = header.slot_at((how >> 32) as usize).get();
                                    if !value.is_unbound() {
                                        r!(i.b()) = value;
                                        pc = pc.add(3);
                                        continue;
                                    }
                                } else if how as u8 as u64 == CACHE_ENTRY {
                                    let dict = std::mem::transmute::<u64, Ref<Dict>>((*pc.add(2)).get());
                                    r!(i.b()) = dict.cached_value_cell(how as u32 as usize >> 8).get();
                                    pc = pc.add(3);
                                    continue;
                                } else if how == CACHE_PROPERTY {
                                    let getter = std::mem::transmute::<u64, Value>((*pc.add(2)).get());
                                    pc = pc.add(3);
                                    flow!(self.call_plain(getter, &[object], Then::Store, i.b()), i.b());
                                    continue;
                                } else if how == CACHE_NATIVE {
                                    let line = (*pc.add(2)).get() as usize;
                                    let attribute = &*std::ptr::with_exposed_provenance::<Attribute>(line);
                                    pc = pc.add(3);
                                    flow!(self.read_native_attribute(attribute, object, i.b()), i.b());
                                    continue;
                                }
                            } else if (*pc).get() == object.bits() | CACHE_OF_CLASS {
                                let how = (*pc.add(1)).get();
                                if (how >> 32) as u32 == self.cx.class_epoch {
                                    let dict = std::mem::transmute::<u64, Ref<Dict>>((*pc.add(2)).get());
                                    r!(i.b()) = dict.cached_value_cell(how as u32 as usize >> 8).get();
                                    pc = pc.add(3);
                                    continue;
                                }
                            } else if (*pc.add(1)).get() as u32 as u64 == CACHE_MODULE && header.kind() == Kind::Module
                            {
                                let dict = Ref::<Module>::from_header(header).dict();
                                if dict.keys_version() as u64 == (*pc).get() {
                                    r!(i.b()) = dict.cached_value_cell(((*pc.add(1)).get() >> 32) as usize).get();
                                    pc = pc.add(3);
                                    continue;
                                }
                            }
                        }
                        pc = pc.add(3);
                        flow!(self.load_attribute_caching(object, name!(i.d()), pc.sub(3), i.b()), i.b())
                    }
                    Opcode::StoreAttribute => {
                        let object = r!(i.b());
                        if let Some(header) = object.header() {
                            let key = (header.layout().0 as u64) << 32 | self.cx.class_epoch as u64;
                            if (*pc).get() == key {
                                let how = (*pc.add(1)).get();
                                header.slot_at((how >> 8 & 0xff_ffff) as usize).set(r!(i.c()));
                                if how & 0xff == CACHE_ADD {
                                    header.set_layout(LayoutId((how >> 32) as u32));
                                }
                                pc = pc.add(2);
                                continue;
                            }
                        }
                        pc = pc.add(2);
                        effect!(self.store_attribute_caching(object, name!(i.d()), r!(i.c()), pc.sub(2)))
                    }
                    Opcode::DeleteAttribute => {
                        effect!(self.delete_attribute(r!(i.b()), name!(i.d()), Then::Discard, 0))
                    }
                    Opcode::LoadMethod => {
                        let object = r!(i.c());
                        let layout = self.cx.layout_of(object);
                        let key = (layout.0 as u64) << 32 | self.cx.class_epoch as u64;
                        if (*pc).get() == key {
                            r!(i.b()) = std::mem::transmute::<u64, Value>((*pc.add(2)).get());
                            r!(i.b() + 1) = object;
                            pc = pc.add(3);
                            continue;
                        }
                        if (*pc).get() == object.bits() | CACHE_OF_CLASS {
                            let how = (*pc.add(1)).get();
                            if (how >> 32) as u32 == self.cx.class_epoch {
                                let dict = std::mem::transmute::<u64, Ref<Dict>>((*pc.add(2)).get());
                                r!(i.b()) = dict.cached_value_cell(how as u32 as usize >> 8).get();
                                r!(i.b() + 1) = Value::UNBOUND;
                                pc = pc.add(3);
                                continue;
                            }
                        }
                        if (*pc.add(1)).get() as u32 as u64 == CACHE_MODULE {
                            if let Some(module) = object.get::<Module>() {
                                let dict = module.dict();
                                if dict.keys_version() as u64 == (*pc).get() {
                                    r!(i.b()) = dict.cached_value_cell(((*pc.add(1)).get() >> 32) as usize).get();
                                    r!(i.b() + 1) = Value::UNBOUND;
                                    pc = pc.add(3);
                                    continue;
                                }
                            }
                        }
                        pc = pc.add(3);
                        (*self.frame).pc = pc;
                        if self.load_method_caching(object, name!(i.d()), pc.sub(3), i.b()) {
                            continue;
                        }
                        r!(i.b() + 1) = Value::UNBOUND;
                        flow!(self.load_attribute(object, name!(i.d()), Then::Store, i.b()), i.b())
                    }
                    Opcode::LoadSuperAttribute => {
                        flow!(
                            self.load_super_attribute(r!(i.c()), r!(i.c() + 1), name!(i.d()), Then::Store, i.b()),
                            i.b()
                        )
                    }
                    Opcode::LoadSuperMethod => {
                        let (start, object) = (r!(i.c()), r!(i.c() + 1));
                        if let Some(method) = self.find_super_method(start, object, name!(i.d())) {
                            r!(i.b()) = method;
                            r!(i.b() + 1) = object;
                            continue;
                        }
                        r!(i.b() + 1) = Value::UNBOUND;
                        flow!(self.load_super_attribute(start, object, name!(i.d()), Then::Store, i.b()), i.b())
                    }
                    Opcode::LoadSubscript => {
                        let (object, key) = (r!(i.c()), r!(i.d()));
                        if let Some(header) = object.header() {
                            if header.layout() == LayoutId::LIST && key.is_small() {
                                let list: Ref<List> = Ref::from_header(header);
                                if let Some(item) = list.get(key.as_small() as usize) {
                                    r!(i.b()) = item;
                                    continue;
                                }
                            } else if header.layout() == LayoutId::TUPLE && key.is_small() {
                                let tuple: Ref<Tuple> = Ref::from_header(header);
                                if let Some(&item) = tuple.items().get(key.as_small() as usize) {
                                    r!(i.b()) = item;
                                    continue;
                                }
                            }
                        }
                        flow!(self.subscript(object, key, Then::Store, i.b()), i.b())
                    }
                    Opcode::LoadSubscriptInt => {
                        let object = r!(i.c());
                        let index = i.d() as i16;
                        if let Some(header) = object.header() {
                            if header.layout() == LayoutId::LIST {
                                let list: Ref<List> = Ref::from_header(header);
                                if let Some(item) = list.get(index as isize as usize) {
                                    r!(i.b()) = item;
                                    continue;
                                }
                            } else if header.layout() == LayoutId::TUPLE {
                                let tuple: Ref<Tuple> = Ref::from_header(header);
                                if let Some(&item) = tuple.items().get(index as isize as usize) {
                                    r!(i.b()) = item;
                                    continue;
                                }
                            }
                        }
                        flow!(self.subscript(object, Value::small(index as i64), Then::Store, i.b()), i.b())
                    }
                    Opcode::StoreSubscript => {
                        let (object, key) = (r!(i.b()), r!(i.c()));
                        if key.is_small() {
                            if let Some(header) = object.header() {
                                if header.layout() == LayoutId::LIST {
                                    let list: Ref<List> = Ref::from_header(header);
                                    let index = key.as_small() as usize;
                                    if index < list.len() {
                                        list.set(index, r!(i.d()));
                                        continue;
                                    }
                                }
                            }
                        }
                        effect!(self.store_subscript(object, key, r!(i.d()), Then::Discard, 0))
                    }
                    Opcode::DeleteSubscript => {
                        effect!(self.delete_subscript(r!(i.b()), r!(i.c()), Then::Discard, 0))
                    }

                    // ----- operators
                    Opcode::Add => arithmetic!(i, small_add, +, BinaryOperator::Add),
                    Opcode::Subtract => arithmetic!(i, small_subtract, -, BinaryOperator::Subtract),
                    Opcode::Multiply => arithmetic!(i, small_multiply, *, BinaryOperator::Multiply),
                    Opcode::Divide => {
                        let (x, y) = (r!(i.c()), r!(i.d()));
                        if x.is_float() && y.is_float() && y.as_float() != 0.0 {
                            r!(i.b()) = Value::float(x.as_float() / y.as_float());
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::Divide, i.a() != 0, x, y, i.b()), i.b())
                    }
                    Opcode::FloorDivide => {
                        let (x, y) = (r!(i.c()), r!(i.d()));
                        if x.both_small(y) && y.as_small() > 0 {
                            r!(i.b()) = Value::small(x.as_small().div_euclid(y.as_small()));
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::FloorDivide, i.a() != 0, x, y, i.b()), i.b())
                    }
                    Opcode::Modulo => {
                        let (x, y) = (r!(i.c()), r!(i.d()));
                        if x.both_small(y) && y.as_small() > 0 {
                            r!(i.b()) = Value::small(x.as_small().rem_euclid(y.as_small()));
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::Modulo, i.a() != 0, x, y, i.b()), i.b())
                    }
                    Opcode::Power => general!(i, BinaryOperator::Power),
                    Opcode::MatrixMultiply => general!(i, BinaryOperator::MatrixMultiply),
                    Opcode::ShiftLeft => general!(i, BinaryOperator::ShiftLeft),
                    Opcode::ShiftRight => {
                        let (x, y) = (r!(i.c()), r!(i.d()));
                        if x.both_small(y) && (0..64).contains(&y.as_small()) {
                            r!(i.b()) = Value::small(x.as_small() >> y.as_small());
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::ShiftRight, i.a() != 0, x, y, i.b()), i.b())
                    }
                    Opcode::And => bits!(i, &, BinaryOperator::And),
                    Opcode::Or => bits!(i, |, BinaryOperator::Or),
                    Opcode::Xor => bits!(i, ^, BinaryOperator::Xor),
                    Opcode::AddInt => arithmetic_int!(i, small_add, +, BinaryOperator::Add),
                    Opcode::SubtractInt => arithmetic_int!(i, small_subtract, -, BinaryOperator::Subtract),
                    Opcode::MultiplyInt => arithmetic_int!(i, small_multiply, *, BinaryOperator::Multiply),
                    Opcode::FloorDivideInt => {
                        let (x, y) = (r!(i.c()), i.d() as i16 as i64);
                        if x.is_small() && y > 0 {
                            r!(i.b()) = Value::small(x.as_small().div_euclid(y));
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::FloorDivide, i.a() != 0, x, Value::small(y), i.b()), i.b())
                    }
                    Opcode::ModuloInt => {
                        let (x, y) = (r!(i.c()), i.d() as i16 as i64);
                        if x.is_small() && y > 0 {
                            r!(i.b()) = Value::small(x.as_small().rem_euclid(y));
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::Modulo, i.a() != 0, x, Value::small(y), i.b()), i.b())
                    }
                    Opcode::ShiftLeftInt => {
                        let (x, y) = (r!(i.c()), i.d() as i16 as i64);
                        if x.is_small() && (0..15).contains(&y) {
                            let value = x.as_small() << y;
                            if Value::fits(value) {
                                r!(i.b()) = Value::small(value);
                                continue;
                            }
                        }
                        flow!(self.binary(BinaryOperator::ShiftLeft, i.a() != 0, x, Value::small(y), i.b()), i.b())
                    }
                    Opcode::ShiftRightInt => {
                        let (x, y) = (r!(i.c()), i.d() as i16 as i64);
                        if x.is_small() && (0..64).contains(&y) {
                            r!(i.b()) = Value::small(x.as_small() >> y);
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::ShiftRight, i.a() != 0, x, Value::small(y), i.b()), i.b())
                    }
                    Opcode::AndInt => {
                        let (x, y) = (r!(i.c()), i.d() as i16 as i64);
                        if x.is_small() {
                            r!(i.b()) = Value::small(x.as_small() & y);
                            continue;
                        }
                        flow!(self.binary(BinaryOperator::And, i.a() != 0, x, Value::small(y), i.b()), i.b())
                    }
                    Opcode::Negative => flow!(self.unary(UnaryOperator::Negative, r!(i.c()), i.b()), i.b()),
                    Opcode::Positive => flow!(self.unary(UnaryOperator::Positive, r!(i.c()), i.b()), i.b()),
                    Opcode::Invert => flow!(self.unary(UnaryOperator::Invert, r!(i.c()), i.b()), i.b()),
                    Opcode::Not => {
                        let value = r!(i.c());
                        if value.is_bool() {
                            r!(i.b()) = Value::bool(value == Value::FALSE);
                            continue;
                        }
                        (*self.frame).pc = pc;
                        match self.truth(value) {
                            Flow::Done(truth) => r!(i.b()) = Value::bool(truth == Value::FALSE),
                            flow => go_on!(flow),
                        }
                    }
                    Opcode::Compare => {
                        let (x, y) = (r!(i.c()), r!(i.d()));
                        if x.both_small(y)
                            && let Some(truth) = compare_small(i.a(), x.as_small(), y.as_small())
                        {
                            r!(i.b()) = Value::bool(truth);
                            continue;
                        }
                        flow!(self.compare(comparison(i.a()), x, y, Then::Store, i.b()), i.b())
                    }

                    // ----- jumps
                    Opcode::Nothing => {}
                    Opcode::Jump => pc = pc.offset(i.w() as isize),
                    Opcode::JumpBack => {
                        let after = pc;
                        pc = pc.offset(i.w() as isize);
                        self.cx.fuel -= 1;
                        if self.cx.fuel < 0 {
                            (*self.frame).pc = pc;
                            let flow = self.safe_point(Some(i.b()));
                            if let Flow::Raised = flow {
                                // It happened here, not where the jump leads.
                                (*self.frame).pc = after;
                            }
                            go_on!(flow);
                        }
                    }
                    Opcode::JumpIfTrue => {
                        let value = r!(i.b());
                        if value == Value::TRUE {
                            pc = pc.offset(i.w() as isize);
                        } else if value != Value::FALSE {
                            (*self.frame).pc = pc;
                            match self.truth(value) {
                                Flow::Done(Value::TRUE) => pc = pc.offset(i.w() as isize),
                                Flow::Done(_) => {}
                                flow => go_on!(flow),
                            }
                        }
                    }
                    Opcode::JumpIfFalse => {
                        let value = r!(i.b());
                        if value == Value::FALSE {
                            pc = pc.offset(i.w() as isize);
                        } else if value != Value::TRUE {
                            (*self.frame).pc = pc;
                            match self.truth(value) {
                                Flow::Done(Value::FALSE) => pc = pc.offset(i.w() as isize),
                                Flow::Done(_) => {}
                                flow => go_on!(flow),
                            }
                        }
                    }
                    Opcode::JumpIfNone => {
                        if r!(i.b()).is_none() {
                            pc = pc.offset(i.w() as isize);
                        }
                    }
                    Opcode::JumpIfNotNone => {
                        if !r!(i.b()).is_none() {
                            pc = pc.offset(i.w() as isize);
                        }
                    }
                    Opcode::JumpLess => compare_jump!(i, <, Comparison::Less),
                    Opcode::JumpLessEqual => compare_jump!(i, <=, Comparison::LessEqual),
                    Opcode::JumpEqual => compare_jump!(i, ==, Comparison::Equal),
                    Opcode::JumpNotEqual => compare_jump!(i, !=, Comparison::NotEqual),
                    Opcode::JumpGreater => compare_jump!(i, >, Comparison::Greater),
                    Opcode::JumpGreaterEqual => compare_jump!(i, >=, Comparison::GreaterEqual),
                    Opcode::JumpLessInt => compare_jump_int!(i, <, Comparison::Less),
                    Opcode::JumpLessEqualInt => compare_jump_int!(i, <=, Comparison::LessEqual),
                    Opcode::JumpEqualInt => compare_jump_int!(i, ==, Comparison::Equal),
                    Opcode::JumpNotEqualInt => compare_jump_int!(i, !=, Comparison::NotEqual),
                    Opcode::JumpGreaterInt => compare_jump_int!(i, >, Comparison::Greater),
                    Opcode::JumpGreaterEqualInt => compare_jump_int!(i, >=, Comparison::GreaterEqual),

                    // ----- calls
                    Opcode::Call => {
                        let callee = r!(i.c());
                        let count = i.a() as usize;
                        if i.d() == 0 {
                            if let Some(header) = callee.header() {
                                if header.kind() == Kind::Function {
                                    let function: Ref<Function> = Ref::from_header(header);
                                    if function.arity.get() as usize == count {
                                        (*self.frame).pc = pc;
                                        let args = base.add(i.c() as usize + 1);
                                        let place = self.window(args);
                                        if self.push_function(function, args, place, count, Then::Store, i.b()) {
                                            reload!();
                                            safe_point!(function.locals.get());
                                        } else {
                                            go_on!(Flow::Raised);
                                        }
                                        continue;
                                    }
                                } else if header.kind() == Kind::Native {
                                    let native: Ref<Native> = Ref::from_header(header);
                                    if native.arity as usize == count && native.owner.get().is_none() {
                                        if let Entry::Plain(run) = native.entry {
                                            let args = std::slice::from_raw_parts(base.add(i.c() as usize + 1), count);
                                            if let Ok(value) = self.run_native(native, run, args, i.b(), pc) {
                                                r!(i.b()) = value;
                                            } else {
                                                go_on!(self.stopped(), i.b());
                                            }
                                            continue;
                                        }
                                    }
                                }
                            }
                        }
                        flow!(self.call_window(i.c(), 1, count, i.d(), i.b()), i.b())
                    }
                    Opcode::CallMethod => {
                        let callee = r!(i.c());
                        let receiver = r!(i.c() + 1);
                        if i.d() == 0 && !receiver.is_unbound() {
                            let count = i.a() as usize + 1;
                            if let Some(header) = callee.header() {
                                if header.kind() == Kind::Function {
                                    let function: Ref<Function> = Ref::from_header(header);
                                    if function.arity.get() as usize == count {
                                        (*self.frame).pc = pc;
                                        let args = base.add(i.c() as usize + 1);
                                        let place = self.window(args);
                                        if self.push_function(function, args, place, count, Then::Store, i.b()) {
                                            reload!();
                                            safe_point!(function.locals.get());
                                        } else {
                                            go_on!(Flow::Raised);
                                        }
                                        continue;
                                    }
                                } else if header.kind() == Kind::Native {
                                    let native: Ref<Native> = Ref::from_header(header);
                                    if native.arity as usize == count {
                                        if let Entry::Plain(run) = native.entry {
                                            let args = std::slice::from_raw_parts(base.add(i.c() as usize + 1), count);
                                            if let Ok(value) = self.run_native(native, run, args, i.b(), pc) {
                                                r!(i.b()) = value;
                                            } else {
                                                go_on!(self.stopped(), i.b());
                                            }
                                            continue;
                                        }
                                        if let Entry::Maker(run) = native.entry {
                                            let args = std::slice::from_raw_parts(base.add(i.c() as usize + 1), count);
                                            (*self.frame).pc = pc;
                                            if let Ok(value) = self.run_native(native, run, args, i.b(), pc) {
                                                self.tell_maker(value);
                                                r!(i.b()) = value;
                                            } else {
                                                go_on!(self.stopped(), i.b());
                                            }
                                            continue;
                                        }
                                        if let Entry::Control(Control::Send) = native.entry {
                                            // `generator.send(value)` of one that waits at a yield: no call at all.
                                            if let Some(generator) = receiver.get::<Generator>() {
                                                if generator.state.get() == State::Suspended
                                                    && generator.delegator.get().is_none()
                                                {
                                                    (*self.frame).pc = pc;
                                                    let value = r!(i.c() + 2);
                                                    if self.enter_generator(generator, value, Then::Step, i.b()) {
                                                        reload!();
                                                    } else {
                                                        go_on!(Flow::Raised);
                                                    }
                                                    continue;
                                                }
                                            }
                                        }
                                    }
                                }
                            }
                            flow!(self.call_window(i.c(), 1, count, i.d(), i.b()), i.b())
                        } else {
                            let (skip, count) =
                                if receiver.is_unbound() { (2, i.a() as usize) } else { (1, i.a() as usize + 1) };
                            flow!(self.call_window(i.c(), skip, count, i.d(), i.b()), i.b())
                        }
                    }
                    Opcode::CallSpread => {
                        flow!(self.call_spread(r!(i.c()), r!(i.c() + 1), r!(i.c() + 2), i.b()), i.b())
                    }
                    Opcode::Return => {
                        let value = r!(i.b());
                        let frame = &*self.frame;
                        if frame.then == Then::Store && frame.generator.is_none() && frame.extra.is_unbound() {
                            let destination = frame.destination;
                            self.frame = self.frame.sub(1);
                            reload!();
                            r!(destination) = value;
                            continue;
                        }
                        (*self.frame).pc = pc;
                        effect!(self.return_value(value))
                    }
                    Opcode::MakeFunction => {
                        r!(i.b()) =
                            self.make_function(i.c(), if i.a() == 0 { None } else { Some(base.add(i.d() as usize)) });
                    }
                    Opcode::LoadBuildClass => {
                        flow!(self.load_build_class(), i.b());
                    }

                    // ----- building
                    Opcode::BuildTuple => {
                        let items = std::slice::from_raw_parts(base.add(i.c() as usize), i.d() as usize);
                        r!(i.b()) = self.cx.tuple(items);
                    }
                    Opcode::BuildList => {
                        let items = std::slice::from_raw_parts(base.add(i.c() as usize), i.d() as usize);
                        r!(i.b()) = self.cx.list(items.to_vec());
                    }
                    Opcode::BuildSet => {
                        let items = std::slice::from_raw_parts(base.add(i.c() as usize), i.d() as usize).to_vec();
                        flow!(self.build_set(&items, i.b()), i.b())
                    }
                    Opcode::BuildMap => {
                        let items = std::slice::from_raw_parts(base.add(i.c() as usize), i.d() as usize * 2).to_vec();
                        flow!(self.build_map(&items, i.b()), i.b())
                    }
                    Opcode::WarnSyntax => effect!(self.warn_syntax(r!(i.b()))),
                    Opcode::BuildTemplate => {
                        flow!(self.build_template(r!(i.c()), r!(i.d()), i.b()), i.b())
                    }
                    Opcode::BuildString => {
                        let items = std::slice::from_raw_parts(base.add(i.c() as usize), i.d() as usize);
                        flow!(self.build_string(items), i.b())
                    }
                    Opcode::BuildSlice => {
                        r!(i.b()) = self.build_slice(r!(i.c()), r!(i.c() + 1), r!(i.c() + 2));
                    }
                    Opcode::ListAppend => {
                        let list: Ref<List> = Ref::from_header(r!(i.b()).header().unwrap_unchecked());
                        list.push(r!(i.c()));
                    }
                    Opcode::ListExtend => {
                        let callee = if i.a() != 0 { r!(i.d()) } else { Value::UNBOUND };
                        effect!(self.list_extend(r!(i.b()), r!(i.c()), callee))
                    }
                    Opcode::ListToTuple => {
                        let items = r!(i.c()).get::<List>().expect("the compiler made a list").to_vec();
                        r!(i.b()) = self.cx.tuple(&items);
                    }
                    Opcode::SetAdd => {
                        let (set, item) = (r!(i.b()), r!(i.c()));
                        let table: Ref<Set> = Ref::from_header(set.header().unwrap_unchecked());
                        if item.is_small() {
                            if let Ok(()) = table.add_plain(&mut self.cx, item) {
                                continue;
                            }
                        }
                        effect!(self.set_add(set, item))
                    }
                    Opcode::SetUpdate => effect!(self.set_update(r!(i.b()), r!(i.c()))),
                    Opcode::MapAdd => effect!(self.store_subscript(r!(i.b()), r!(i.c()), r!(i.d()), Then::Discard, 0)),
                    Opcode::MapUpdate => {
                        let callee = if i.a() != 0 { r!(i.d()) } else { Value::UNBOUND };
                        effect!(self.map_update(r!(i.b()), r!(i.c()), callee))
                    }
                    Opcode::FormatValue => {
                        let spec = if i.a() & 4 != 0 { Value::UNBOUND } else { r!(i.d()) };
                        flow!(self.format_value(r!(i.c()), i.a() & 3, spec, i.b()), i.b())
                    }

                    // ----- iterating and unpacking
                    Opcode::GetIterator => flow!(self.get_iterator(r!(i.c()), Then::Store, i.b()), i.b()),
                    Opcode::ForIterate => {
                        if let Some(header) = r!(i.c()).header() {
                            if header.kind() == Kind::Iterator {
                                let iterator: Ref<Iterator> = Ref::from_header(header);
                                match &iterator.state {
                                    IteratorState::Range { next, left, step } => {
                                        let remaining = left.get();
                                        if remaining == 0 {
                                            pc = pc.offset(i.d() as i16 as isize);
                                            continue;
                                        }
                                        let item = next.get();
                                        next.set(item.wrapping_add(*step));
                                        left.set(remaining - 1);
                                        r!(i.b()) = Value::small(item);
                                        continue;
                                    }
                                    IteratorState::List { list, index } => {
                                        if let Some(list_header) = list.get().header() {
                                            let body: Ref<List> = Ref::from_header(list_header);
                                            if let Some(item) = body.get(index.get()) {
                                                index.set(index.get() + 1);
                                                r!(i.b()) = item;
                                                continue;
                                            }
                                            list.set(Value::UNBOUND);
                                        }
                                        pc = pc.offset(i.d() as i16 as isize);
                                        continue;
                                    }
                                    _ if iterator.is_plain => {
                                        match crate::object::iterator::next(&mut self.cx, iterator, None) {
                                            Ok(Step::Item(item)) => r!(i.b()) = item,
                                            Ok(_) => pc = pc.offset(i.d() as i16 as isize),
                                            Err(stop) => raise!(stop),
                                        }
                                        continue;
                                    }
                                    _ => {}
                                }
                            } else if header.layout() == LayoutId::GENERATOR {
                                let generator: Ref<Generator> = Ref::from_header(header);
                                let state = generator.state.get();
                                if (state == State::Suspended || state == State::Created)
                                    && generator.delegator.get().is_none()
                                {
                                    (*self.frame).pc = pc;
                                    if self.enter_generator(generator, Value::NONE, Then::Loop, i.b()) {
                                        reload!();
                                    } else {
                                        go_on!(Flow::Raised);
                                    }
                                    continue;
                                }
                            }
                        }
                        (*self.frame).pc = pc;
                        match self.for_iterate(r!(i.c())) {
                            Flow::Done(Value::UNBOUND) => pc = pc.offset(i.d() as i16 as isize),
                            flow => go_on!(flow, i.b()),
                        }
                    }
                    Opcode::Unpack => {
                        let source = r!(i.c());
                        let count = i.d() as usize;
                        if let Some(header) = source.header() {
                            if header.layout() == LayoutId::TUPLE {
                                let tuple: Ref<Tuple> = Ref::from_header(header);
                                if tuple.items().len() == count {
                                    for index in 0..count {
                                        r!(i.b() as usize + index) = tuple.items()[index];
                                    }
                                    continue;
                                }
                            } else if header.layout() == LayoutId::LIST {
                                let list: Ref<List> = Ref::from_header(header);
                                if list.len() == count {
                                    for index in 0..count {
                                        r!(i.b() as usize + index) = list.get(index).unwrap_unchecked();
                                    }
                                    continue;
                                }
                            }
                        }
                        effect!(self.unpack(source, i.b(), count))
                    }
                    Opcode::UnpackStar => {
                        effect!(self.unpack_star(r!(i.c()), i.b(), i.d() as usize, i.a() as usize))
                    }

                    // ----- generators and coroutines
                    Opcode::Yield => {
                        let value = r!(i.c());
                        let frame = &*self.frame;
                        let generator = frame.generator.unwrap_unchecked();
                        if i.a() == 0 {
                            generator.pc.set(pc);
                            generator.destination.set(i.b());
                            generator.live.set(i.d());
                            if self.suspend_generator() {
                                // The frame below gets it in a register.
                                let destination = frame.destination;
                                reload!();
                                r!(destination) = value;
                                self.cx.fuel -= 1;
                                if self.cx.fuel < 0 {
                                    effect!(self.safe_point(None));
                                }
                                continue;
                            }
                            // The frame below is current already, and its position is its own.
                            go_on!(self.yielded(value));
                            continue;
                        }
                        generator.pc.set(pc);
                        generator.destination.set(i.b());
                        generator.live.set(i.d());
                        (*self.frame).pc = pc;
                        effect!(self.async_yield(value))
                    }
                    Opcode::Record => {
                        (*self.frame).pc = pc;
                        self.record_generator(i.a(), i.c());
                    }
                    Opcode::GetDelegate => flow!(self.get_delegate(r!(i.c()), i.b()), i.b()),
                    Opcode::GetAwaitable => flow!(self.get_awaitable(r!(i.c()), i.a(), i.b()), i.b()),
                    Opcode::Delegate => {
                        (*self.frame).pc = pc;
                        flow!(self.delegate(r!(i.c()), i.b(), i.d()), i.b())
                    }
                    Opcode::GetAsyncIterator => flow!(self.get_async_iterator(r!(i.c()), i.b()), i.b()),
                    Opcode::GetAsyncNext => flow!(self.get_async_next(r!(i.c()), i.b()), i.b()),
                    Opcode::EndAsyncFor => {
                        let exception = r!(i.b());
                        if self.cx.is_instance(exception, LayoutId::STOP_ASYNC_ITERATION) {
                            pc = pc.offset(i.w() as isize);
                        } else {
                            (*self.frame).pc = pc;
                            self.raising = exception;
                            effect!(self.reraise());
                        }
                    }

                    // ----- exceptions and context managers
                    Opcode::Raise => {
                        let (exception, cause) = match i.a() {
                            0 => (Value::UNBOUND, Value::UNBOUND),
                            1 => (r!(i.b()), Value::UNBOUND),
                            _ => (r!(i.b()), r!(i.c())),
                        };
                        effect!(self.raise_statement(exception, cause))
                    }
                    Opcode::Reraise => {
                        (*self.frame).pc = pc;
                        self.raising = r!(i.b());
                        effect!(self.reraise())
                    }
                    Opcode::EnterHandler => {
                        r!(i.b()) = match (*self.frame).generator {
                            None => self.handled,
                            Some(generator) => generator.begin_handling(r!(i.c())),
                        };
                        self.handled = r!(i.c());
                    }
                    Opcode::LeaveHandler => match (*self.frame).generator {
                        None => self.handled = r!(i.b()),
                        Some(generator) => self.leave_handler(generator, r!(i.b())),
                    },
                    Opcode::MatchException => {
                        let (exception, class) = (r!(i.c()), r!(i.d()));
                        if let (Some(header), Some(class)) =
                            (exception.header(), class.get::<crate::object::class::Class>())
                        {
                            let layout = header.layout();
                            let own = self.cx.class(layout);
                            if own == class {
                                r!(i.b()) = Value::TRUE;
                                continue;
                            }
                        }
                        flow!(self.match_exception(exception, class), i.b())
                    }
                    Opcode::SplitGroup => effect!(self.split_group(r!(i.c()), r!(i.d()), i.b())),
                    Opcode::MergeGroups => flow!(self.merge_groups(r!(i.c()), r!(i.d()), i.b()), i.b()),
                    Opcode::LoadAssertionError => r!(i.b()) = self.cx.class(LayoutId::ASSERTION_ERROR).value(),
                    Opcode::EnterWith => effect!(self.enter_with(r!(i.c()), i.a() != 0, i.b())),

                    // ----- imports
                    Opcode::ImportName => {
                        let wanted = match i.d() {
                            0 => Value::NONE,
                            index => *(*self.frame).constants.add(index as usize - 1),
                        };
                        flow!(self.import_name(name!(i.c()), i.a() as usize, wanted, i.b()), i.b())
                    }
                    Opcode::ImportFrom => flow!(self.import_from(r!(i.c()), name!(i.d()), i.b()), i.b()),
                    Opcode::ImportStar => effect!(self.import_star(r!(i.b()))),

                    // ----- patterns
                    Opcode::MatchSequence => {
                        let class = self.cx.class_of(r!(i.c()));
                        r!(i.b()) = Value::bool(self.is_sequence(class));
                    }
                    Opcode::MatchMapping => {
                        let class = self.cx.class_of(r!(i.c()));
                        r!(i.b()) = Value::bool(self.is_mapping(class));
                    }
                    Opcode::GetLength => flow!(self.length(r!(i.c()), i.b()), i.b()),
                    Opcode::MatchKeys => flow!(self.match_keys(r!(i.c()), r!(i.d()), i.b()), i.b()),
                    Opcode::MatchRest => flow!(self.match_rest(r!(i.c()), r!(i.d()), i.b()), i.b()),
                    Opcode::MatchClass => {
                        flow!(self.match_class(r!(i.c()), r!(i.d()), r!(i.d() + 1), i.a(), i.b()), i.b())
                    }

                    // ----- the prompt
                    Opcode::PrintExpression => effect!(self.print_expression(r!(i.b()))),
                }
            }
        }
    }

    /// Runs a leaf; a `Stop` is kept in `stop` for `stopped`.
    #[inline(always)]
    fn run_native(
        &mut self,
        native: Ref<Native>,
        run: crate::object::native::Run,
        args: &[Value],
        destination: u16,
        pc: *const Cell<u64>,
    ) -> Result<Value, ()> {
        match run(&mut self.cx, Args(args)) {
            Ok(value) => Ok(value),
            Err(stop) => {
                self.top_mut().pc = pc;
                let flow = self.carry_out(stop, native, args, Then::Store, destination);
                self.stop_flow = flow;
                Err(())
            }
        }
    }

    /// What became of the `Stop` of the last leaf.
    #[inline(never)]
    fn stopped(&mut self) -> Flow {
        std::mem::replace(&mut self.stop_flow, Flow::Entered)
    }

    /// A value was unbound by `del`: if it has something to do before it goes, a collection is due.
    #[inline(always)]
    pub fn dropped(&mut self, value: Value) -> bool {
        match value.header() {
            Some(header) if header.has(Header::HAS_FINALISER | Header::HAS_WEAK_REFERENCES) => self.cx.collect_soon(),
            _ => false,
        }
    }

    /// Raises again what is in `raising`, without a new entry for the current frame.
    #[cold]
    pub fn reraise(&mut self) -> Flow {
        debug_assert!(self.raising.is::<Exception>());
        self.reraising = true;
        Flow::Raised
    }
}

/// The cell in a register or closure.
#[inline(always)]
fn cell(value: Value) -> Ref<CellObject> {
    debug_assert!(value.is::<CellObject>());
    match value.header() {
        Some(header) => Ref::from_header(header),
        None => unreachable!("the compiler put a cell here"),
    }
}

/// A comparison of small integers; None for `in` and `not in`.
#[inline(always)]
fn compare_small(number: u8, x: i64, y: i64) -> Option<bool> {
    Some(match comparison(number) {
        Comparison::Less => x < y,
        Comparison::LessEqual => x <= y,
        Comparison::Equal | Comparison::Is => x == y,
        Comparison::NotEqual | Comparison::IsNot => x != y,
        Comparison::Greater => x > y,
        Comparison::GreaterEqual => x >= y,
        Comparison::In | Comparison::NotIn => return None,
    })
}

/// The comparison with a number.
#[inline(always)]
fn comparison(number: u8) -> Comparison {
    const ALL: [Comparison; 10] = [
        Comparison::Less,
        Comparison::LessEqual,
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Greater,
        Comparison::GreaterEqual,
        Comparison::In,
        Comparison::NotIn,
        Comparison::Is,
        Comparison::IsNot,
    ];
    ALL[number as usize]
}
