//! Generates the parser from the grammar beside this file, and the tables of the library's texts and script halves.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() {
    lalrpop::Configuration::new().emit_rerun_directives(true).process_dir("grammar").expect("the grammar is valid");
    let mut files = Vec::new();
    collect(Path::new("stdlib"), &mut files);
    let root = std::env::current_dir().expect("cargo sets the folder of the package");
    let mut table: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|file| {
            let name = file.strip_prefix("stdlib").expect("collected there").with_extension("");
            (name.to_string_lossy().replace('\\', "/"), root.join(file))
        })
        .collect();
    table.sort();
    let mut text =
        String::from("/// The texts of the library by path, in order.\npub static EMBEDDED: &[(&str, &str)] = &[\n");
    for (name, file) in &table {
        writeln!(text, "    ({name:?}, include_str!({file:?})),").expect("strings take all");
    }
    text.push_str("];\n\n/// The script halves by name, and the module that has each, in order.\n");
    text.push_str("pub static HALVES: &[(&str, &str)] = &[\n");
    for (half, module) in halves(&table) {
        writeln!(text, "    ({half:?}, {module:?}),").expect("strings take all");
    }
    text.push_str("];\n");
    let target = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it")).join("embedded.rs");
    std::fs::write(target, text).expect("the output folder is writable");
}

/// What the modules of script halves define by `def`, or else bind, at their top.
fn halves(table: &[(String, PathBuf)]) -> BTreeMap<String, String> {
    let (mut defined, mut bound) = (BTreeMap::new(), BTreeMap::new());
    for (module, file) in table.iter().filter(|(module, _)| module.starts_with("_halves")) {
        let text = std::fs::read_to_string(file).expect("the library is readable");
        for line in text.lines().filter(|line| !line.starts_with(' ')) {
            let line = line.strip_prefix("async ").unwrap_or(line);
            if let Some((half, _)) = line.strip_prefix("def ").and_then(|rest| rest.split_once('(')) {
                defined.entry(half.to_string()).or_insert_with(|| module.clone());
                continue;
            }
            for half in line.rsplit(" = ").skip(1).flat_map(|targets| targets.split(", ")) {
                bound.entry(half.to_string()).or_insert_with(|| module.clone());
            }
        }
    }
    bound.extend(defined);
    bound
}

/// All files of the library, and their folders as reasons to build again.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder).expect("the library is a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "co") {
            println!("cargo::rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
}
