//! `_io`: files, buffers over them, texts over those; streams in memory; the standard streams.

mod access;
mod buffered;
mod buffered_class;
mod bytes_io;
mod common;
mod descriptor;
mod file_io;
mod input;
mod module;
mod newlines;
mod open;
mod opening;
mod pair;
pub mod standard;
mod stream;
mod string_io;
mod text;
mod text_class;

pub use descriptor::flush_all;
pub use input::install;
pub use module::MODULE;
pub use opening::CLOSED;
