//! Gives items their words: cache words, jump distances, the tables of handlers and spans.
//!
//! A jump over a distance of 16 bits that does not reach goes through a wide one: `JumpLess -> far` becomes
//! `JumpLess -> 1; Jump over; 1: Jump far`.

use crate::bytecode::code::{Handler, InlinedVariable};
use crate::bytecode::instruction::{Instruction, Opcode, Operand};
use crate::compiler::emitter::{Emitter, Item};
use crate::source::Span;

/// What the assembler makes.
pub struct Assembled {
    /// Instructions and cache words.
    pub instructions: Vec<Instruction>,
    /// The exception table.
    pub handlers: Vec<Handler>,
    /// The span table.
    pub spans: Vec<(u32, Span)>,
    /// The variables of comprehensions, from word to word.
    pub inlined: Vec<InlinedVariable>,
}

/// Words that a jump which does not reach takes more.
const DETOUR: u32 = 2;

/// Assembles one code.
pub fn assemble(mut emitter: Emitter) -> Assembled {
    thread_jumps(&mut emitter);
    invert_branches(&mut emitter);
    drop_empty_jumps(&mut emitter);
    let mut far = vec![false; emitter.items.len()];
    let words = loop {
        let words = place(&emitter.items, &far);
        if !widen(&emitter, &words, &mut far) {
            break words;
        }
    };
    let mut assembled =
        Assembled { instructions: Vec::new(), handlers: Vec::new(), spans: Vec::new(), inlined: Vec::new() };
    write(&emitter, &words, &far, &mut assembled);
    for handler in &emitter.handlers {
        let (start, end) = (words[handler.start as usize], words[handler.end as usize]);
        if start < end {
            let target = words[emitter.position(handler.target) as usize];
            assembled.handlers.push(Handler { start, end, target, register: handler.register });
        }
    }
    for variable in emitter.inlined {
        let (start, end) = (words[variable.start as usize], words[variable.end as usize]);
        assembled.inlined.push(InlinedVariable { start, end, ..variable });
    }
    assembled
}

/// Lets jumps to a forward jump go to where that goes.
fn thread_jumps(emitter: &mut Emitter) {
    for index in (0..emitter.items.len()).rev() {
        let Some(label) = emitter.items[index].target else { continue };
        if emitter.items[index].instruction.opcode() == Opcode::JumpBack {
            continue;
        }
        let next = next_live(&emitter.items, emitter.position(label) as usize);
        if let Some(item) = emitter.items.get(next).copied()
            && item.instruction.opcode() == Opcode::Jump
        {
            emitter.items[index].target = item.target;
        }
    }
}

/// Lets a branch over a jump, taken the other way, be the jump.
fn invert_branches(emitter: &mut Emitter) {
    let mut targeted = vec![false; emitter.items.len() + 1];
    let handlers = emitter.handlers.iter().map(|handler| handler.target);
    for label in emitter.items.iter().filter_map(|item| item.target).chain(handlers) {
        targeted[next_live(&emitter.items, emitter.position(label) as usize)] = true;
    }
    for index in 0..emitter.items.len() {
        let item = emitter.items[index];
        let jump = next_live(&emitter.items, index + 1);
        if let (true, Some(label), Some(inverse), Some(next)) =
            (item.live, item.target, inverse(item.instruction), emitter.items.get(jump))
            && next.instruction.opcode() == Opcode::Jump
            && !targeted[jump]
            && next_live(&emitter.items, jump + 1) == next_live(&emitter.items, emitter.position(label) as usize)
        {
            let target = next.target;
            emitter.items[index].instruction = inverse;
            emitter.items[index].target = target;
            emitter.items[jump].live = false;
        }
    }
}

/// The branch that is taken when the given one is not.
fn inverse(branch: Instruction) -> Option<Instruction> {
    let (a, b, c) = (branch.a(), branch.b(), branch.c());
    let inverse = match branch.opcode() {
        Opcode::JumpIfTrue => Instruction::new(Opcode::JumpIfFalse, a, b, c, 0),
        Opcode::JumpIfFalse => Instruction::new(Opcode::JumpIfTrue, a, b, c, 0),
        Opcode::JumpIfNone => Instruction::new(Opcode::JumpIfNotNone, a, b, c, 0),
        Opcode::JumpIfNotNone => Instruction::new(Opcode::JumpIfNone, a, b, c, 0),
        opcode if compares(opcode) => Instruction::new(opcode, a ^ 1, b, c, 0),
        _ => return None,
    };
    Some(inverse)
}

/// Is it a comparison and a jump in one?
fn compares(opcode: Opcode) -> bool {
    has_short_jump(opcode) && opcode.operands().contains(&Operand::A)
}

/// Drops jumps to the instruction that follows anyway.
fn drop_empty_jumps(emitter: &mut Emitter) {
    for index in (0..emitter.items.len()).rev() {
        let item = emitter.items[index];
        if let (Opcode::Jump, Some(label)) = (item.instruction.opcode(), item.target) {
            let after = next_live(&emitter.items, index + 1);
            if next_live(&emitter.items, emitter.position(label) as usize) == after {
                emitter.items[index].live = false;
            }
        }
    }
}

fn next_live(items: &[Item], from: usize) -> usize {
    (from..items.len()).find(|&index| items[index].live).unwrap_or(items.len())
}

/// The word of each item, and of the end.
fn place(items: &[Item], far: &[bool]) -> Vec<u32> {
    let mut words = Vec::with_capacity(items.len() + 1);
    let mut word = 0;
    for (item, &far) in items.iter().zip(far) {
        words.push(word);
        if item.live {
            word += 1 + item.instruction.opcode().caches() as u32 + if far { DETOUR } else { 0 };
        }
    }
    words.push(word);
    words
}

fn has_short_jump(opcode: Opcode) -> bool {
    opcode.operands().contains(&Operand::JumpD)
}

/// Marks the short jumps that do not reach; were there any?
fn widen(emitter: &Emitter, words: &[u32], far: &mut [bool]) -> bool {
    let mut any = false;
    for (index, item) in emitter.items.iter().enumerate() {
        if let (true, false, Some(label)) = (item.live, far[index], item.target)
            && has_short_jump(item.instruction.opcode())
        {
            let distance = words[emitter.position(label) as usize] - words[index + 1];
            if distance > i16::MAX as u32 {
                far[index] = true;
                any = true;
            }
        }
    }
    any
}

fn write(emitter: &Emitter, words: &[u32], far: &[bool], assembled: &mut Assembled) {
    for (index, item) in emitter.items.iter().enumerate().filter(|(_, item)| item.live) {
        if assembled.spans.last().is_none_or(|&(_, span)| span != item.span) {
            assembled.spans.push((words[index], item.span));
        }
        let opcode = item.instruction.opcode();
        let (a, b, c) = (item.instruction.a(), item.instruction.b(), item.instruction.c());
        let distance = match item.target {
            Some(label) => words[emitter.position(label) as usize] as i64 - words[index + 1] as i64,
            None => 0,
        };
        let code = &mut assembled.instructions;
        code.push(match item.target {
            None => item.instruction,
            Some(_) if far[index] => Instruction::new(opcode, a, b, c, 1),
            Some(_) if has_short_jump(opcode) => Instruction::new(opcode, a, b, c, distance as i16 as u16),
            Some(_) => Instruction::wide(opcode, a, b, distance as i32),
        });
        code.extend(std::iter::repeat_n(Instruction(0), opcode.caches()));
        if far[index] {
            code.push(Instruction::wide(Opcode::Jump, 0, 0, 1));
            code.push(Instruction::wide(Opcode::Jump, 0, 0, distance as i32));
        }
    }
}
