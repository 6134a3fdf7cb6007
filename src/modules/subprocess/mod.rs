//! `_subprocess`: programs that are started, and waiting for their end.

mod child;
mod exit_watch;
mod module;
mod spawn;

pub use module::MODULE;
