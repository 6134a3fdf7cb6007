//! `_os`: files, folders, descriptors and processes, by the calls of the system.

pub mod argument;
mod constants;
mod descriptors;
mod entries;
mod files;
mod module;
mod process;
mod status;

pub use module::MODULE;
