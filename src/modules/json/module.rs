//! The module `_json`.

use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Declaration, plain};

use super::{decode, encode};

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_json", fill };

const FUNCTIONS: &[Declaration] = &[
    plain(
        "encode(obj, skipkeys, ensure_ascii, allow_nan, indent, item_separator, key_separator, sort_keys, /)",
        encode::encode,
        "Return the JSON text of plain data, None for other data.",
    ),
    plain("decode(text, start, /)", decode::decode, "Return the value that begins at start and its end, or None."),
];

/// How deep lists and dicts may be nested.
pub const DEEPEST: usize = 990;

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}
