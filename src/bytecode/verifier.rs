//! Checks that a code holds together: what the VM takes for granted when it runs it.
//!
//! Every instruction is known, every jump lands on one, registers and indexes exist, and execution cannot run
//! off the end. The compiler's debug builds and tests check all they make.

use crate::bytecode::code::{Capture, Code};
use crate::bytecode::instruction::{Instruction, Opcode, Operand};

/// Says what is wrong with a code, if anything is.
pub fn verify(code: &Code) -> Result<(), String> {
    let starts = starts(code)?;
    for &word in &starts {
        let instruction = code.instructions[word];
        let name = instruction.opcode().name();
        let complain = |what: String| Err(format!("{name} at {word} in {}: {what}", code.name));
        let next = word + 1 + instruction.opcode().caches();
        for &operand in instruction.opcode().operands() {
            if let Some(problem) = operand_problem(code, instruction, operand, next, &starts) {
                return complain(problem);
            }
        }
        if let Some(last) = window_end(instruction)
            && last > code.registers as usize
        {
            return complain(format!("its registers end at {last} of {}", code.registers));
        }
        if next == code.instructions.len() && !ends(instruction.opcode()) {
            return complain("nothing follows".to_owned());
        }
    }
    tables(code, &starts)
}

/// The words where instructions begin.
fn starts(code: &Code) -> Result<Vec<usize>, String> {
    let mut starts = Vec::new();
    let mut word = 0;
    while word < code.instructions.len() {
        let opcode = code.instructions[word].0 as u8 as usize;
        let Some(opcode) = Opcode::ALL.get(opcode) else {
            return Err(format!("no instruction {opcode} at {word} in {}", code.name));
        };
        starts.push(word);
        word += 1 + opcode.caches();
    }
    match starts.is_empty() {
        true => Err(format!("{} has no instructions", code.name)),
        false => Ok(starts),
    }
}

fn operand_problem(
    code: &Code,
    instruction: Instruction,
    operand: Operand,
    next: usize,
    starts: &[usize],
) -> Option<String> {
    let (b, c, d) = (instruction.b() as usize, instruction.c() as usize, instruction.d() as usize);
    let wide = instruction.w();
    let within =
        |index: usize, length: usize, what: &str| (index >= length).then(|| format!("{what} {index} of {length}"));
    let lands = |distance: i64| {
        let target = next as i64 + distance;
        let is_start = usize::try_from(target).is_ok_and(|target| starts.binary_search(&target).is_ok());
        (!is_start).then(|| format!("jump to {target}"))
    };
    match operand {
        Operand::A | Operand::NB | Operand::NC | Operand::ND | Operand::IntD | Operand::IntW => None,
        Operand::RB => within(b, code.registers.into(), "register"),
        Operand::RC => within(c, code.registers.into(), "register"),
        // A list built for no call names no callee.
        Operand::RD => within(d, code.registers.into(), "register"),
        Operand::NameC => within(c, code.names.len(), "name"),
        Operand::NameD => within(d, code.names.len(), "name"),
        Operand::ConstW => within(wide as u32 as usize, code.constants.len(), "constant"),
        Operand::ConstD => within(d, code.constants.len(), "constant"),
        Operand::CodeC => within(c, code.codes.len(), "code"),
        Operand::FreeC => within(c, code.free.len(), "free variable"),
        Operand::FreeB => within(b, code.free.len(), "free variable"),
        Operand::JumpD => lands((instruction.d() as i16).into()),
        Operand::JumpW => lands(wide.into()),
    }
}

/// The end of the registers an instruction uses beyond those it names.
fn window_end(instruction: Instruction) -> Option<usize> {
    let (a, b, c, d) =
        (instruction.a() as usize, instruction.b() as usize, instruction.c() as usize, instruction.d() as usize);
    Some(match instruction.opcode() {
        Opcode::LoadMethod | Opcode::EnterWith | Opcode::SplitGroup => b + 2,
        Opcode::LoadSuperAttribute => c + 2,
        Opcode::LoadSuperMethod => b.max(c) + 2,
        Opcode::Call => c + 1 + a,
        Opcode::CallMethod => c + 2 + a,
        Opcode::CallSpread | Opcode::BuildSlice => c + 3,
        Opcode::MakeFunction if a != 0 => d + 3,
        Opcode::BuildTuple | Opcode::BuildList | Opcode::BuildSet | Opcode::BuildString if d > 0 => c + d,
        Opcode::BuildMap if d > 0 => c + 2 * d,
        Opcode::Unpack => b + d,
        Opcode::UnpackStar => b + d + 1 + a,
        Opcode::MatchClass => d + 2,
        _ => return None,
    })
}

fn ends(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Return | Opcode::Raise | Opcode::Reraise | Opcode::Jump | Opcode::JumpBack)
        || opcode == Opcode::EndAsyncFor
}

fn tables(code: &Code, starts: &[usize]) -> Result<(), String> {
    let end = code.instructions.len();
    let is_start = |word: u32| starts.binary_search(&(word as usize)).is_ok();
    for handler in &code.handlers {
        let is_range = is_start(handler.start) && (is_start(handler.end) || handler.end as usize == end);
        let is_target = is_start(handler.target) && handler.register < code.registers;
        if !is_range || handler.start >= handler.end || !is_target {
            return Err(format!("{handler:?} in {}", code.name));
        }
    }
    if code.captures.len() != code.free.len() {
        return Err(format!("captures of {}", code.name));
    }
    for inner in &code.codes {
        for capture in &inner.captures {
            let exists = match capture {
                Capture::Local(register) => *register < code.registers,
                Capture::Free(number) => (*number as usize) < code.free.len(),
            };
            if !exists {
                return Err(format!("{capture:?} of {} in {}", inner.name, code.name));
            }
        }
    }
    Ok(())
}
