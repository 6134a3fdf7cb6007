//! What the compiler writes and the VM runs: instructions, and the code they stand in.

pub mod code;
pub mod disassembler;
pub mod instruction;
pub mod verifier;
