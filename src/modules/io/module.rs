//! The module `_io`: its names, and its classes, which are made when they are first needed.

use crate::modules::io::buffered::DEFAULT_BUFFER_SIZE;
use crate::modules::io::{buffered_class, bytes_io, file_io, open, pair, string_io, text_class};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_io", fill };

/// The classes: name, key in `Context::module_state`, tables.
static CLASSES: [(&str, &str, &ClassTables); 8] = [
    ("FileIO", "_io.FileIO", &file_io::TABLES),
    ("BytesIO", "_io.BytesIO", &bytes_io::TABLES),
    ("StringIO", "_io.StringIO", &string_io::TABLES),
    ("BufferedReader", "_io.BufferedReader", &buffered_class::READER),
    ("BufferedWriter", "_io.BufferedWriter", &buffered_class::WRITER),
    ("BufferedRandom", "_io.BufferedRandom", &buffered_class::RANDOM),
    ("BufferedRWPair", "_io.BufferedRWPair", &pair::TABLES),
    ("TextIOWrapper", "_io.TextIOWrapper", &text_class::TABLES),
];

const UNSUPPORTED: (&str, &str) = ("UnsupportedOperation", "_io.UnsupportedOperation");

fn fill(cx: &mut Context, module: Ref<Module>) {
    for name in CLASSES.iter().map(|(name, ..)| *name).chain([UNSUPPORTED.0]) {
        let class = class(cx, name).value();
        module.set(cx, name, class);
    }
    module.add_functions(cx, open::FUNCTIONS);
    let open = open::function(cx);
    module.set(cx, "open", open);
    let blocking = cx.class(LayoutId::BLOCKING_IO_ERROR).value();
    module.set(cx, "BlockingIOError", blocking);
    module.set(cx, "DEFAULT_BUFFER_SIZE", Value::small(DEFAULT_BUFFER_SIZE as i64));
}

/// A class of the module by its name.
pub fn class(cx: &mut Context, name: &str) -> Ref<Class> {
    let entry = CLASSES.iter().find(|(own, ..)| *own == name);
    let (key, tables) = entry.map_or((UNSUPPORTED.1, None), |(_, key, tables)| (*key, Some(*tables)));
    if let Some(class) = cx.module_state.get(key).and_then(|class| class.get()) {
        return class;
    }
    let class = match tables {
        Some(tables) => {
            let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
            make_class(cx, key, &[], Some(crate::object::kind::Kind::Extension), flags, tables)
        }
        None => {
            let bases = [cx.class(LayoutId::OS_ERROR), cx.class(LayoutId::VALUE_ERROR)];
            let flags = Class::HAS_DICTIONARY | Class::WEAKLY;
            make_class(cx, "io.UnsupportedOperation", &bases, None, flags, &ClassTables::NONE)
        }
    };
    cx.module_state.insert(key, class.value());
    class
}
