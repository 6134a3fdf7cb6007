//! Numbers and strings as plain Rust data: the algorithms that need no heap and no VM.
//!
//! Strings are UTF-8, or UTF-8 with encoded lone surrogates (`wtf8`); integers are an `i64` or a
//! `BigInt` (`integer::Int`). Nothing here raises: functions answer with an `Option`, a small error
//! enum, or the words of the exception, and the caller makes the exception.

pub mod clock_text;
mod code_page;
pub mod codec;
pub mod complex;
pub mod decoder;
pub mod encoding;
pub mod escape_codec;
pub mod float;
pub mod float_text;
pub mod format_number;
pub mod format_spec;
pub mod idna;
pub mod integer;
pub mod integer_bits;
pub mod integer_text;
pub mod letter_case;
pub mod mersenne;
pub mod pattern;
pub mod percent;
pub mod percent_code;
pub mod quote;
pub mod search;
pub mod source_encoding;
pub mod split;
pub mod suggest;
pub mod template;
pub mod unicode;
mod unicode_table;
pub mod wide_codec;
pub mod wtf8;
