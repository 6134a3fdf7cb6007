//! The descriptors that someone waits for, and what is known of their other ends.

mod far_end;
mod table;

pub use table::{Descriptors, Direction, Fired, Heed, Ticket, Watcher};
