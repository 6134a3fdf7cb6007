//! `_thread`: which thread runs, and locks; `_queue`: the queue that needs none.

mod lock;
mod module;
mod reentrant_lock;
mod simple_queue;

pub use module::{MODULE, holder_of, ident_of, pass_on};
pub use simple_queue::QUEUE;
