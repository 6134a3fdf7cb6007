//! Prints code readably.
