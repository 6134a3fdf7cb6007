//! The descriptors that someone waits for, and what is known of their other ends.

mod far_end;
mod readable;
mod table;
mod writable;

pub use readable::until_readable;
pub use table::{Descriptors, Direction, Fired, IsHeeded, Ticket, Watcher};
pub use writable::{WriteEnd, Written, until_writable, write_bytes};
