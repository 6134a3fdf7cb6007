//! Equality, order, membership and hashes of plain data, however deeply nested.
//!
//! Everything here works without script code. Where an object with a `__eq__`, `__hash__` or order of a script is
//! met, the answer is `Problem::Script`, and the caller goes the long way through the VM.

mod equal;
mod hash;
mod membership;
mod order;
mod problem;

pub use equal::{all_equal, equal, equal_as_data};
pub use hash::{
    TupleHash, address_hash, as_hash, hash, hash_as_data, hash_bits, hash_items, no_minus_one, quick_hash, unhashable,
};
pub use membership::{contains, contains_as_data, looked_for_in_set, position};
pub use order::{compare, compare_as_data, holds, unorderable};
pub use problem::{Problem, deeper};
