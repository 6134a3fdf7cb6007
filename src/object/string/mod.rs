//! `Str`: immutable text.
//!
//! The bytes are UTF-8, or with lone surrogates in between as `text::wtf8` has them. Short strings have their bytes
//! right behind the body; long ones, and instances of subclasses, share a buffer. A buffer belongs to the
//! longest string made from it and all its prefixes, so appending to the longest grows it in place and
//! `s += x` in a loop is linear. What only needs bytes is in `text`.

mod body;
mod hash;
mod making;

pub use body::{LONGEST, Str};
pub use hash::hash_bytes;
pub use making::text_of;
