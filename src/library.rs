//! The texts of the library in the language itself, embedded in the binary. Who makes modules of them is `vm::import`.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The text of a module: that of `name` or, of a package, of `name/__init__`; and whether it is a package.
pub fn embedded(name: &str) -> Option<(&'static str, bool)> {
    let path = name.replace('.', "/");
    let find = |path: &str| EMBEDDED.binary_search_by_key(&path, |entry| entry.0).ok().map(|index| EMBEDDED[index].1);
    find(&path).map(|text| (text, false)).or_else(|| find(&format!("{path}/__init__")).map(|text| (text, true)))
}
