//! What stands between the machine and the world: answers requests, waits for descriptors and for time, runs the
//! threads that do what would hold the machine up.

pub mod driver;
pub mod pool;
pub mod wait;
