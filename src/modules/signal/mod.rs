//! `_signal`: what a script wants done when a signal comes, sending signals, and the timers of the system that do.

mod mask;
mod module;
mod timers;

pub use module::{DEFAULT_INT_HANDLER, MODULE};
