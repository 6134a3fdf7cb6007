//! `zlib`: compression as RFC 1950 to 1952 describe it. `stream` holds the compressor and all that is unsafe about it,
//! `pieces` feeds it, `objects` are the streams that scripts hold, `module` is the rest.

pub mod module;
mod objects;
mod pieces;
pub mod stream;
