//! `_pickle`: objects as bytes, and bytes as objects.

mod decoder;
mod encoder;
mod frame;
mod module;
mod opcode;
mod reader;

pub use module::MODULE;
