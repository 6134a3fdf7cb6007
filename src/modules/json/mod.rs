//! `_json`: the fast way for JSON of plain data. Whatever is not plain, or not right, is answered with None, and the
//! script part of `json` does it or says what is wrong.

pub mod decode;
pub mod encode;
pub mod module;
