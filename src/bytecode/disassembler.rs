//! Prints code readably: one line an instruction, names and constants in place, handlers and nested code after it.

use std::fmt::Write;

use crate::bytecode::code::{Capture, Code, Constant};
use crate::bytecode::instruction::{Instruction, Opcode, Operand};

/// The signs of comparisons, by the operand of `Compare`.
const COMPARISONS: [&str; 10] = ["<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not"];
/// Longer constants are cut.
const LONGEST_CONSTANT: usize = 60;

/// A listing of a code and all codes inside it.
pub fn disassemble(code: &Code) -> String {
    let mut listing = String::new();
    // A list, since codes may be nested deeply.
    let mut pending = vec![code];
    while let Some(code) = pending.pop() {
        if !listing.is_empty() {
            listing.push('\n');
        }
        list(code, &mut listing);
        pending.extend(code.codes.iter().rev().map(|code| &**code));
    }
    listing
}

fn list(code: &Code, listing: &mut String) {
    let parameters = code.parameters;
    let _ = write!(listing, "{} ({:?}, line {}", code.qualified_name, code.kind, code.first_line);
    let _ = write!(listing, ", {} registers", code.registers);
    if !code.locals.is_empty() {
        let _ = write!(listing, ", locals {}", code.locals.join(" "));
    }
    let count = parameters.positional + parameters.keyword_only;
    let count = count + u16::from(parameters.variadic) + u16::from(parameters.keyword_variadic);
    if count > 0 {
        let _ = write!(listing, ", {count} of them parameters");
    }
    for (name, capture) in code.free.iter().zip(&code.captures) {
        let _ = match capture {
            Capture::Local(register) => write!(listing, ", {name} from register {register}"),
            Capture::Free(number) => write!(listing, ", {name} from free {number}"),
        };
    }
    listing.push_str(")\n");
    instructions(code, listing);
    for handler in &code.handlers {
        let register = register(code, handler.register);
        let _ = writeln!(listing, "      {}..{} -> {} {register}", handler.start, handler.end, handler.target);
    }
}

fn instructions(code: &Code, listing: &mut String) {
    let mut word = 0;
    let mut last_line = 0;
    while let Some(&instruction) = code.instructions.get(word) {
        let opcode = instruction.opcode();
        let line = code.line(word as u32);
        match line == last_line {
            true => listing.push_str("     "),
            false => drop(write!(listing, "{line:>5}")),
        }
        last_line = line;
        let next = word + 1 + opcode.caches();
        let operands = operands(code, instruction, next);
        let _ = match operands.is_empty() {
            true => writeln!(listing, "{word:>6}  {}", opcode.name()),
            false => writeln!(listing, "{word:>6}  {:<18} {operands}", opcode.name()),
        };
        word = next;
    }
}

fn operands(code: &Code, instruction: Instruction, next: usize) -> String {
    let mut parts: Vec<String> = Vec::new();
    let opcode = instruction.opcode();
    for &operand in opcode.operands() {
        let (b, c, d) = (instruction.b(), instruction.c(), instruction.d());
        parts.push(match operand {
            Operand::A if opcode == Opcode::Compare => {
                COMPARISONS.get(instruction.a() as usize).copied().unwrap_or("?").to_owned()
            }
            Operand::A if instruction.a() == 0 && !is_count(opcode) => continue,
            Operand::A => format!("a={}", instruction.a()),
            Operand::RD if opcode == Opcode::MakeFunction && instruction.a() == 0 => continue,
            Operand::RC if unused_window(instruction) => continue,
            Operand::RB => register(code, b),
            Operand::RC => register(code, c),
            Operand::RD => register(code, d),
            Operand::NB => b.to_string(),
            Operand::NC => (c as i16).to_string(),
            Operand::ND => number(code, opcode, d),
            Operand::NameC => name(code, c),
            Operand::NameD => name(code, d),
            Operand::IntD => (d as i16).to_string(),
            Operand::IntW => instruction.w().to_string(),
            Operand::ConstW => constant_at(code, instruction.w() as u32 as usize),
            Operand::ConstD => constant_at(code, d as usize),
            Operand::CodeC => code.codes.get(c as usize).map_or("?".to_owned(), |code| format!("<{}>", code.name)),
            Operand::FreeC => code.free.get(c as usize).map_or("?".to_owned(), |name| name.to_string()),
            Operand::FreeB => code.free.get(b as usize).map_or("?".to_owned(), |name| name.to_string()),
            Operand::JumpD => format!("-> {}", next as i64 + i64::from(d as i16)),
            Operand::JumpW => format!("-> {}", next as i64 + i64::from(instruction.w())),
        });
    }
    parts.join(", ")
}

/// Does the instruction read nothing from `c` on?
fn unused_window(instruction: Instruction) -> bool {
    match instruction.opcode() {
        Opcode::BuildTuple | Opcode::BuildList | Opcode::BuildSet | Opcode::BuildMap => instruction.d() == 0,
        Opcode::Raise => instruction.a() < 2,
        _ => false,
    }
}

/// Is the operand `a` worth showing when it is zero: a number of things, or the truth wanted?
fn is_count(opcode: Opcode) -> bool {
    let compares = opcode.operands().contains(&Operand::JumpD) && opcode.operands().contains(&Operand::A);
    compares || matches!(opcode, Opcode::Call | Opcode::CallMethod | Opcode::UnpackStar | Opcode::MatchClass)
}

fn number(code: &Code, opcode: Opcode, number: u16) -> String {
    match (opcode, number) {
        (Opcode::Call | Opcode::CallMethod | Opcode::ImportName, 0) => "-".to_owned(),
        (Opcode::Call | Opcode::CallMethod | Opcode::ImportName, _) => constant_at(code, number as usize - 1),
        _ => number.to_string(),
    }
}

/// The name of a local, or the number of a temporary among the temporaries.
fn register(code: &Code, register: u16) -> String {
    match code.locals.get(register as usize) {
        Some(name) => name.to_string(),
        None => format!("t{}", register as usize - code.locals.len()),
    }
}

fn name(code: &Code, number: u16) -> String {
    code.names.get(number as usize).map_or("?".to_owned(), |name| name.to_string())
}

fn constant_at(code: &Code, number: usize) -> String {
    let Some(constant) = code.constants.get(number) else { return "?".to_owned() };
    let mut text = String::new();
    write_constant(constant, &mut text);
    if text.chars().count() > LONGEST_CONSTANT {
        text = text.chars().take(LONGEST_CONSTANT).chain("...".chars()).collect();
    }
    text
}

fn write_constant(constant: &Constant, text: &mut String) {
    let _ = match constant {
        Constant::None => write!(text, "None"),
        Constant::Bool(true) => write!(text, "True"),
        Constant::Bool(false) => write!(text, "False"),
        Constant::Ellipsis => write!(text, "..."),
        Constant::Int(value) => write!(text, "{value}"),
        Constant::BigInt(value) => write!(text, "{value}"),
        Constant::Float(value) => write!(text, "{value:?}"),
        Constant::Imaginary(value) => write!(text, "{value:?}j"),
        Constant::Str(value) => write!(text, "{:?}", String::from_utf8_lossy(value)),
        Constant::Bytes(value) => write!(text, "b\"{}\"", value.escape_ascii()),
        Constant::Tuple(elements) => {
            text.push('(');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                if text.len() > 4 * LONGEST_CONSTANT {
                    break;
                }
                write_constant(element, text);
            }
            text.push_str(if elements.len() == 1 { ",)" } else { ")" });
            Ok(())
        }
    };
}
