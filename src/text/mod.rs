//! Numbers and strings as plain Rust data: the algorithms that need no heap and no VM.
