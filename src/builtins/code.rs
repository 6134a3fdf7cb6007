//! Code objects: what was compiled, as `__code__` shows it.

use std::collections::HashSet;
use std::rc::Rc;

use crate::bytecode::code::{Code, CodeKind};
use crate::bytecode::instruction::{Opcode, Operand};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::forward::{show, wrong_object};
use crate::object::function::{Attribute, CodeObject};
use crate::object::heap::{Header, Ref};
use crate::object::iterator;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, add_members};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::{Str, text_of};
use crate::object::value::Value;

const METHODS: &[Declaration] = &[
    plain("__repr__(self, /)", show, "Return repr(self)."),
    plain("co_lines(self, /)", lines, "Return an iterator over the ranges of instructions and their lines."),
    plain("co_positions(self, /)", positions, "Return an iterator over the places of the instructions."),
    plain("replace(self, /, **changes)", replace, "Return a copy with some attributes changed."),
    plain("__replace__(self, /, **changes)", replace, "Return a copy with some attributes changed."),
];

/// A line of the table.
const fn attribute(name: &'static str, get: fn(&mut Context, Value) -> Result<Value, Stop>) -> Attribute {
    Attribute { name, get, set: None, doc: "" }
}

const ATTRIBUTES: &[Attribute] = &[
    attribute("co_name", name),
    attribute("co_qualname", qualified_name),
    attribute("co_filename", file_name),
    attribute("co_firstlineno", first_line),
    attribute("co_argcount", argument_count),
    attribute("co_posonlyargcount", positional_only_count),
    attribute("co_kwonlyargcount", keyword_only_count),
    attribute("co_nlocals", local_count),
    attribute("co_stacksize", stack_size),
    attribute("co_flags", flags),
    attribute("co_varnames", variable_names),
    attribute("co_cellvars", cell_names),
    attribute("co_freevars", free_names),
    attribute("co_names", names),
    attribute("co_consts", constants),
    attribute("co_code", instructions),
];

/// The header flag of the code of a generator function that `types.coroutine` has marked.
pub const ITERABLE_COROUTINE: u8 = Header::KIND_FLAG;

/// Puts the methods into the class.
pub fn install(cx: &mut Context) {
    let class = cx.class(LayoutId::CODE);
    class.set(Class::FINAL | Class::NOT_CALLABLE | Class::WEAKLY);
    module::install(cx, class, &ClassTables { methods: METHODS, ..ClassTables::NONE });
    add_members(cx, class, ATTRIBUTES);
}

fn of(cx: &mut Context, value: Value) -> Result<Ref<CodeObject>, Stop> {
    match value.get() {
        Some(code) => Ok(code),
        None => Err(wrong_object(cx, "code", value)),
    }
}

fn name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.name)
}

fn qualified_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(of(cx, value)?.qualified_name)
}

fn file_name(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    Ok(cx.intern(&code.code.source.name))
}

fn first_line(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, value)?.code.first_line as i64))
}

fn argument_count(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, value)?.code.parameters.positional as i64))
}

fn positional_only_count(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, value)?.code.parameters.positional_only as i64))
}

fn keyword_only_count(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(of(cx, value)?.code.parameters.keyword_only as i64))
}

/// Names of parameters, and of the locals that are no cells in the order of their first use, among them those of
/// comprehensions.
fn variables(code: Ref<CodeObject>) -> Vec<Rc<str>> {
    let (code, parameters) = (&*code.code, code.signature.len());
    let cells: HashSet<u16> = code.cells.iter().copied().collect();
    let is_plain = |&(index, _): &(usize, &Rc<str>)| !cells.contains(&(index as u16));
    let own = code.locals.iter().enumerate().skip(parameters).filter(is_plain);
    let own = own.map(|(index, name)| (first_use(code, index as u16), index as u16, name.clone()));
    let inlined = code.inlined.iter().filter(|variable| !variable.is_cell);
    let inlined = inlined.map(|variable| (variable.start as usize, variable.register, variable.name.clone()));
    let mut used: Vec<(usize, u16, Rc<str>)> = own.chain(inlined).collect();
    used.sort_by_key(|&(word, register, _)| (word, register));
    let mut names: Vec<Rc<str>> = code.locals.iter().take(parameters).cloned().collect();
    for (.., name) in used {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The first word whose instruction names a register; the end where none does.
fn first_use(code: &Code, register: u16) -> usize {
    let mut word = 0;
    while word < code.instructions.len() {
        let instruction = code.instructions[word];
        let opcode = instruction.opcode();
        let names = |operand: &Operand| match operand {
            Operand::RB => instruction.b() == register,
            Operand::RC => instruction.c() == register,
            Operand::RD => instruction.d() == register,
            _ => false,
        };
        let unpacks = matches!(opcode, Opcode::Unpack)
            && (instruction.b()..instruction.b() + instruction.d()).contains(&register);
        if unpacks || opcode.operands().iter().any(names) {
            break;
        }
        word += 1 + opcode.caches();
    }
    word
}

fn name_tuple(cx: &mut Context, names: &[Rc<str>]) -> Value {
    let names: Vec<Value> = names.iter().map(|name| cx.intern(name)).collect();
    cx.tuple(&names)
}

fn local_count(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::small(variables(of(cx, value)?).len() as i64))
}

fn variable_names(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let names = variables(of(cx, value)?);
    Ok(name_tuple(cx, &names))
}

fn cell_names(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    let cell = |&register: &u16| code.code.locals.get(register as usize).cloned();
    let names: Vec<Rc<str>> = code.code.cells.iter().filter_map(cell).collect();
    Ok(name_tuple(cx, &names))
}

fn free_names(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    Ok(cx.tuple(&code.free))
}

fn names(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    Ok(cx.tuple(&code.names))
}

fn constants(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    let mut items = code.constants.to_vec();
    items.extend(code.codes.iter().map(|nested| nested.value()));
    Ok(cx.tuple(&items))
}

fn stack_size(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    Ok(Value::small(code.code.registers as i64 - code.code.locals.len() as i64))
}

fn instructions(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    let code = of(cx, value)?;
    let bytes: Vec<u8> = code.code.instructions.iter().flat_map(|word| word.0.to_le_bytes()).collect();
    Ok(Bytes::from_vec(cx, bytes))
}

fn flags(cx: &mut Context, value: Value) -> Result<Value, Stop> {
    const OPTIMIZED: i64 = 1;
    const NEW_LOCALS: i64 = 2;
    const NESTED: i64 = 16;
    let object = of(cx, value)?;
    let code = &object.code;
    let mut flags = match code.kind {
        CodeKind::Module | CodeKind::Class => 0,
        CodeKind::Function => OPTIMIZED | NEW_LOCALS,
        CodeKind::Generator => OPTIMIZED | NEW_LOCALS | 0x20,
        CodeKind::Coroutine => OPTIMIZED | NEW_LOCALS | 0x80,
        CodeKind::AsyncGenerator => OPTIMIZED | NEW_LOCALS | 0x200,
        CodeKind::AsyncModule => 0x80,
    };
    flags |= (code.parameters.variadic as i64) << 2 | (code.parameters.keyword_variadic as i64) << 3;
    if code.qualified_name.contains("<locals>") {
        flags |= NESTED;
    }
    if object.header().has(ITERABLE_COROUTINE) {
        flags |= 0x100;
    }
    flags |= (code.has_docstring as i64) << 26;
    Ok(Value::small(flags))
}

/// An iterator over items made beforehand.
fn iterator_over(cx: &mut Context, items: Vec<Value>) -> Value {
    let list = cx.list(items);
    iterator::of_builtin(cx, list).unwrap_or(list)
}

fn lines(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = of(cx, args.get(0))?;
    let count = code.code.instructions.len() as u32;
    let mut ranges: Vec<(u32, u32, u32)> = Vec::new();
    for word in 0..count {
        let line = code.code.line(word);
        match ranges.last_mut() {
            Some(range) if range.2 == line => range.1 = word + 1,
            _ => ranges.push((word, word + 1, line)),
        }
    }
    let items = ranges
        .into_iter()
        .map(|(start, end, line)| cx.tuple(&[start * 2, end * 2, line].map(|number| Value::small(number as i64))));
    let items = items.collect();
    Ok(iterator_over(cx, items))
}

/// Line, end line, column and end column of each instruction.
fn positions(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = of(cx, args.get(0))?;
    let source = &code.code.source;
    let mut items = Vec::with_capacity(code.code.instructions.len());
    for word in 0..code.code.instructions.len() as u32 {
        let span = code.code.span(word);
        let place =
            [source.line(span.start), source.line(span.end), source.column(span.start), source.column(span.end)];
        items.push(cx.tuple(&place.map(|number| Value::small(number as i64))));
    }
    Ok(iterator_over(cx, items))
}

fn replace(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let code = of(cx, args.get(0))?;
    let (mut own_name, mut own_qualified_name) = (code.name, code.qualified_name);
    let changes = args.get(1).get::<Dict>().map_or(Vec::new(), |changes| changes.to_vec());
    for (key, value) in changes {
        let key = text_of(key);
        match key.as_str() {
            "co_name" | "co_qualname" if !value.is::<Str>() => {
                let found = cx.type_name(value);
                return Err(cx.type_error(format!("replace() argument '{key}' must be str, not {found}")));
            }
            "co_name" => own_name = value,
            "co_qualname" => own_qualified_name = value,
            _ if ATTRIBUTES.iter().any(|attribute| attribute.name == key) => {
                return Err(cx.value_error(format!("replace() cannot change '{key}'")));
            }
            _ => return Err(cx.type_error(format!("replace() got an unexpected keyword argument '{key}'"))),
        }
    }
    let copy = code.copy(cx, own_name, own_qualified_name);
    if code.header().has(ITERABLE_COROUTINE) {
        copy.header().set(ITERABLE_COROUTINE);
    }
    Ok(copy.value())
}
