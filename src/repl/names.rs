//! The answers to what Tab asks: names of the program, of its objects, of modules and files. No code of the script runs
//! for them: attributes are read where they are kept, and what a property or `__getattr__` would give is not known.

use std::collections::BTreeSet;
use std::path::Path;

use crate::library::EMBEDDED;
use crate::modules;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::function::{Descriptor, Function};
use crate::object::heap::Ref;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::Native;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::repl::command;
use crate::repl::question::{Question, Root};

/// Keywords that stand alone,
const ALONE: [&str; 8] = ["False", "None", "True", "break", "continue", "pass", "finally", "try"];
/// and those that a space follows.
const KEYWORDS: [&str; 30] = [
    "and", "as", "assert", "async", "await", "case", "class", "def", "del", "elif", "else", "except", "for", "from",
    "global", "if", "import", "in", "is", "lambda", "match", "nonlocal", "not", "or", "raise", "return", "type",
    "while", "with", "yield",
];

/// More than these are not shown.
const MOST: usize = 2000;

/// What the word could be completed to, in order.
pub fn answer(cx: &mut Context, question: &Question, word: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    match question {
        Question::Command => found.extend(command::names().map(|name| format!(":{name}"))),
        Question::File => found.extend(files(word)),
        Question::Name => add_names(cx, &mut found),
        Question::Attribute(root, path) => {
            if let Some(value) = follow(cx, root, path) {
                add_attributes(cx, value, &mut found);
            }
        }
        Question::Module(package) if package.is_empty() => add_modules(cx, &mut found),
        Question::Module(package) => add_parts(cx, package, &mut found),
        Question::Member(module) => {
            add_members(cx, module, &mut found);
            add_parts(cx, module, &mut found);
        }
    }
    let wants_hidden = word.starts_with('_');
    let fits = |name: &String| name.starts_with(word) && (wants_hidden || !name.starts_with('_'));
    found.into_iter().filter(fits).take(MOST).collect()
}

fn text(name: Value) -> Option<String> {
    name.get::<Str>().map(|name| name.text().into_owned())
}

/// A name as it is completed: what can be called is about to be.
fn shown(name: &str, value: Value) -> String {
    let is_called = value.is::<Function>() || value.is::<Native>() || value.is::<Class>();
    if is_called { format!("{name}(") } else { name.to_string() }
}

fn add_dict(dict: Ref<Dict>, found: &mut BTreeSet<String>) {
    found.extend(dict.to_vec().into_iter().filter_map(|(name, value)| Some(shown(&text(name)?, value))));
}

fn module(cx: &mut Context, name: &str) -> Option<Ref<Module>> {
    let name = cx.intern(name);
    cx.modules.get_interned(name)?.get()
}

fn add_names(cx: &mut Context, found: &mut BTreeSet<String>) {
    found.extend(ALONE.iter().map(|word| word.to_string()));
    found.extend(KEYWORDS.iter().map(|word| format!("{word} ")));
    for name in ["builtins", "__main__"] {
        if let Some(module) = module(cx, name) {
            add_dict(module.dict(), found);
        }
    }
}

// ----- attributes

/// What a chain of names leads to, as far as it can be known without running anything.
fn follow(cx: &mut Context, root: &Root, path: &[String]) -> Option<Value> {
    let mut value = match root {
        Root::Literal(class) => {
            let name = cx.intern(class);
            module(cx, "builtins")?.dict().get_interned(name)?
        }
        Root::Name(name) => {
            let name = cx.intern(name);
            let own = module(cx, "__main__")?.dict().get_interned(name);
            own.or_else(|| module(cx, "builtins")?.dict().get_interned(name))?
        }
    };
    for name in path {
        let name = cx.intern(name);
        value = attribute(cx, value, name)?;
    }
    Some(value)
}

/// An attribute that is kept somewhere, not computed.
fn attribute(cx: &mut Context, value: Value, name: Value) -> Option<Value> {
    if let Some(module) = value.get::<Module>() {
        return module.dict().get_interned(name);
    }
    if let Some(class) = value.get::<Class>() {
        return class.lookup_after(name, None).map(|(_, value)| value);
    }
    let own = own_attributes(cx, value).into_iter().find(|(own, _)| *own == name).map(|(_, value)| value);
    own.or_else(|| cx.special(value, name)).filter(|value| !value.is::<Descriptor>())
}

/// The attributes of the object itself, which stay where they are.
fn own_attributes(cx: &Context, value: Value) -> Vec<(Value, Value)> {
    let Some(header) = value.header() else { return Vec::new() };
    let Some(dictionary) = header.dictionary() else { return Vec::new() };
    if let Some(dict) = dictionary.get().get::<Dict>() {
        return dict.to_vec();
    }
    let names = cx.layout(header.layout()).names.iter().enumerate();
    names.map(|(index, &name)| (name, header.slot(index).get())).filter(|(_, value)| !value.is_unbound()).collect()
}

fn add_attributes(cx: &mut Context, value: Value, found: &mut BTreeSet<String>) {
    if let Some(module) = value.get::<Module>() {
        add_dict(module.dict(), found);
        found.extend(promised(cx, module));
        return;
    }
    let class = value.get::<Class>().unwrap_or_else(|| cx.class_of(value));
    for class in class.mro.borrow().iter() {
        add_dict(class.dict, found);
    }
    for (name, value) in own_attributes(cx, value) {
        found.extend(text(name).map(|name| shown(&name, value)));
    }
}

/// Names that a module has in `__all__` and may make only when they are asked for.
fn promised(cx: &mut Context, module: Ref<Module>) -> Vec<String> {
    let all = cx.intern("__all__");
    let all = module.dict().get_interned(all).and_then(|all| all.get::<List>());
    let names = all.map_or_else(Vec::new, |all| all.to_vec());
    let bound = |name: &Value| name.is::<Str>() && module.dict().get_interned(*name).is_none();
    names.into_iter().filter(bound).filter_map(text).collect()
}

// ----- modules

fn add_modules(cx: &mut Context, found: &mut BTreeSet<String>) {
    found.extend(EMBEDDED.iter().filter_map(|(path, _)| path.split('/').next()).map(str::to_string));
    found.extend(modules::names().map(str::to_string));
    for folder in search_path(cx) {
        found.extend(modules_in(Path::new(&folder)));
    }
}

/// The modules of a package: those in the binary, or in its folder.
fn add_parts(cx: &mut Context, package: &str, found: &mut BTreeSet<String>) {
    let path = format!("{}/", package.replace('.', "/"));
    let parts = EMBEDDED.iter().filter_map(|(name, _)| name.strip_prefix(&path)?.split('/').next());
    found.extend(parts.map(str::to_string));
    for folder in search_path(cx) {
        found.extend(modules_in(&Path::new(&folder).join(&path)));
    }
    found.remove("__init__");
    found.remove("__main__");
}

fn search_path(cx: &Context) -> Vec<String> {
    let list = cx.module_state.get("sys.path").and_then(|path| path.get::<List>());
    let folders = list.map_or_else(Vec::new, |list| list.to_vec());
    folders.into_iter().filter_map(text).map(|folder| if folder.is_empty() { ".".into() } else { folder }).collect()
}

/// The modules and packages in a folder.
fn modules_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let is_package = ["__init__.co", "__init__.py"].iter().any(|init| path.join(init).is_file());
        let is_module = path.extension().is_some_and(|end| end == "co" || end == "py");
        let stem = path.file_stem().filter(|_| is_package || is_module)?.to_str()?;
        Some(stem.to_string()).filter(|stem| !stem.contains('.'))
    };
    entries.flatten().take(MOST).filter_map(name).collect()
}

/// The names in a module that is loaded. What is imported is not called there.
fn add_members(cx: &mut Context, name: &str, found: &mut BTreeSet<String>) {
    if let Some(module) = module(cx, name) {
        let names = module.dict().to_vec().into_iter().filter_map(|(name, _)| text(name));
        found.extend(names.chain(promised(cx, module)));
    }
}

// ----- files

/// The files that a path could be completed to; folders end with a slash.
fn files(word: &str) -> Vec<String> {
    let folder = word.rfind('/').map_or("", |slash| &word[..=slash]);
    let Ok(entries) = std::fs::read_dir(if folder.is_empty() { "." } else { folder }) else { return Vec::new() };
    let path = |entry: std::fs::DirEntry| {
        let end = if entry.path().is_dir() { "/" } else { "" };
        Some(format!("{folder}{}{end}", entry.file_name().to_str()?))
    };
    entries.flatten().take(MOST).filter_map(path).collect()
}
