//! What the test binary is made of: the scripts and their comments, the process that runs one, goldens, sessions
//! of the REPL and the layer order.

pub mod benches;
pub mod commands;
pub mod compare;
pub mod editors;
pub mod goldens;
pub mod layers;
pub mod pages;
pub mod process;
pub mod recordings;
pub mod script;
pub mod scripts;
pub mod sessions;
#[cfg(unix)]
pub mod terminal;
pub mod timeline;
pub mod walk;
