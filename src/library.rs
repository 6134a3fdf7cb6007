//! The texts of the library in the language itself, embedded in the binary. Who makes modules of them is `vm::import`.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Has a package of the library modules within, as programs know it? Else it has only parts, or `os`, a module's other name.
pub fn has_modules(package: &str) -> bool {
    let prefix = format!("{package}.").replace('.', "/");
    let start = EMBEDDED.partition_point(|entry| entry.0 < prefix.as_str());
    let mut within = EMBEDDED[start..].iter().map_while(|entry| entry.0.strip_prefix(prefix.as_str()));
    match package {
        "os" => false,
        "pathlib" | "re" | "zoneinfo" => true,
        _ => within.any(|name| !name.starts_with('_')),
    }
}

/// The text of a module: that of `name` or, of a package, of `name/__init__`; and whether it is a package.
pub fn embedded(name: &str) -> Option<(&'static str, bool)> {
    let path = name.replace('.', "/");
    let find = |path: &str| EMBEDDED.binary_search_by_key(&path, |entry| entry.0).ok().map(|index| EMBEDDED[index].1);
    find(&path).map(|text| (text, false)).or_else(|| find(&format!("{path}/__init__")).map(|text| (text, true)))
}
