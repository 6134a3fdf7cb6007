//! `_imp`: where modules are. Native ones come first, then the library's embedded texts, then files along a path.
//!
//! Who makes and runs what is found is `vm::import`; here a script sees as much of it as `importlib` needs.

use std::path::{Path, PathBuf};

use crate::library::embedded;
use crate::object::context::Context;
use crate::object::heap::Ref;
use crate::object::items::plain_items;
use crate::object::layout::LayoutId;
use crate::object::module::{Module, NativeModule};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::string::{Str, text_of};
use crate::object::value::Value;
use crate::text::source_encoding::source_text;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_imp", fill };

const FUNCTIONS: &[Declaration] = &[
    plain("find(name, path, /)", find_place, "Return (kind, origin, folder of a package) of a module, or None."),
    plain("embedded_source(name, /)", embedded_source, "Return the text of a module of the library, or None."),
];

/// The endings of files that hold a module, the first being preferred.
const EXTENSIONS: [&str; 2] = ["co", "py"];

/// Where a module comes from.
pub enum Found {
    /// Rust code fills it.
    Native(fn(&mut Context, Ref<Module>)),
    /// A text: its name in tracebacks, itself, the folder of a package.
    Source(String, String, Option<String>),
    /// A folder without `__init__`.
    Namespace(String),
}

fn fill(cx: &mut Context, module: Ref<Module>) {
    module.add_functions(cx, FUNCTIONS);
}

/// Where a module is; `path` is that of its package, else `sys.path` counts.
pub fn find(cx: &mut Context, name: &str, path: Option<Value>) -> Result<Option<Found>, Stop> {
    if let Some(native) = super::native(cx, name) {
        return Ok(Some(Found::Native(native.fill)));
    }
    if let Some((text, is_package)) = embedded(name) {
        let (folder, file) = embedded_place(name, is_package);
        return Ok(Some(Found::Source(file, text.to_string(), folder)));
    }
    let path = path.unwrap_or_else(|| search_path(cx));
    let short = name.rsplit('.').next().unwrap_or(name);
    let folders = plain_items(cx, path).unwrap_or(Ok(Vec::new()))?;
    let mut namespace = None;
    for folder in folders {
        if !folder.is::<Str>() {
            continue;
        }
        let folder = text_of(folder);
        let folder = PathBuf::from(if folder.is_empty() { "." } else { &folder });
        let package = folder.join(short);
        for extension in EXTENSIONS {
            let file = package.join(format!("__init__.{extension}"));
            if let Some(found) = read(cx, &file, Some(&package))? {
                return Ok(Some(found));
            }
        }
        for extension in EXTENSIONS {
            let file = folder.join(format!("{short}.{extension}"));
            if let Some(found) = read(cx, &file, None)? {
                return Ok(Some(found));
            }
        }
        if namespace.is_none() && package.is_dir() {
            namespace = Some(Found::Namespace(package.to_string_lossy().into_owned()));
        }
    }
    Ok(namespace)
}

/// What `sys.path` is bound to now.
fn search_path(cx: &mut Context) -> Value {
    let (sys, path) = (cx.intern("sys"), cx.intern("path"));
    let module: Option<Ref<Module>> = cx.modules.get_interned(sys).and_then(|module| module.get());
    let bound = module.and_then(|module| module.dict().get_interned(path));
    bound.or_else(|| cx.module_state.get("sys.path").copied()).unwrap_or(Value::NONE)
}

/// The folder, if it is a package, and the file that an embedded module says it is from.
fn embedded_place(name: &str, is_package: bool) -> (Option<String>, String) {
    let place = format!("<stdlib>/{}", name.replace('.', "/"));
    match is_package {
        true => (Some(place.clone()), format!("{place}/__init__.co")),
        false => (None, format!("{place}.co")),
    }
}

fn read(cx: &mut Context, file: &Path, package: Option<&Path>) -> Result<Option<Found>, Stop> {
    if !file.is_file() {
        return Ok(None);
    }
    let title = file.to_string_lossy().into_owned();
    match std::fs::read(file).map(|bytes| source_text(&bytes)) {
        Ok(Ok(text)) => {
            Ok(Some(Found::Source(title, text, package.map(|package| package.to_string_lossy().into_owned()))))
        }
        Ok(Err(refusal)) => Err(cx.syntax_error(&refusal.message(), Some(&title))),
        Err(error) => Err(cx.error(LayoutId::IMPORT_ERROR, format!("cannot read '{title}': {error}"))),
    }
}

// ----- natives

fn find_place(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (name, path): (Ref<Str>, Value) = args.take(cx)?;
    let name = text_of(name.value());
    let path = (!path.is_none()).then_some(path);
    let (kind, origin, folder) = match find(cx, &name, path)? {
        None => return Ok(Value::NONE),
        Some(Found::Native(_)) => ("native", None, None),
        Some(Found::Namespace(folder)) => ("namespace", None, Some(folder)),
        Some(Found::Source(file, _, folder)) => match file.starts_with("<stdlib>/") {
            true => ("embedded", Some(file), folder),
            false => ("file", Some(file), folder),
        },
    };
    let [origin, folder] = [origin, folder].map(|text| text.map_or(Value::NONE, |text| cx.str(&text)));
    let kind = cx.intern(kind);
    Ok(cx.tuple(&[kind, origin, folder]))
}

fn embedded_source(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (name,): (Ref<Str>,) = args.take(cx)?;
    let name = text_of(name.value());
    Ok(embedded(&name).map_or(Value::NONE, |(text, _)| cx.str(text)))
}
