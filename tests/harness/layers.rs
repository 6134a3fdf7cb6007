//! Holds the order of the layers: each entry of src/ names only entries that stand below it.

use super::walk;
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;

/// The entries of src/ from top to bottom; those of one line stand beside each other and may not name each other.
const LAYERS: [&[&str]; 17] = [
    &["main"],
    &["repl"],
    &["interpreter", "timeline", "command_line"],
    &["event_loop"],
    &["vm"],
    &["modules", "builtins"],
    &["compiler"],
    &["object"],
    &["bytecode"],
    &["syntax"],
    &["text"],
    &["http"],
    &["tls"],
    &["diagnostic"],
    &["inquiry"],
    &["library"],
    &["source"],
];

/// The trial that reads all of src/.
pub fn trial() -> Trial {
    Trial::test("layers::src", check)
}

fn check() -> Result<(), Failed> {
    let folder = walk::root().join("src");
    let mut complaints = Vec::new();
    for path in walk::files(&folder, "rs") {
        let name = walk::short_name(&path, &folder);
        let entry = entry_of(&name);
        if entry != "lib" {
            complaints.extend(check_file(&path, &name, entry));
        }
    }
    if complaints.is_empty() { Ok(()) } else { Err(Failed::from(complaints.join("\n"))) }
}

/// The entry of src/ a file belongs to: its folder, or its own name.
fn entry_of(name: &str) -> &str {
    let first = name.split('/').next().unwrap_or(name);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn check_file(path: &Path, name: &str, entry: &str) -> Vec<String> {
    let Some(own) = layer(entry) else {
        return vec![format!("src/{name}: {entry} has no place in the order of tests/harness/layers.rs")];
    };
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut complaints = Vec::new();
    for (line, named) in named_entries(&text) {
        let Some(other) = layer(&named) else {
            continue;
        };
        if named != entry && other <= own {
            complaints.push(format!("src/{name}:{line}: {entry} may not name {named}"));
        }
    }
    complaints
}

fn layer(entry: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&entry))
}

/// What follows each `crate::` of the code, and the line it stands in; `crate::{a, b}` names both.
fn named_entries(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let code: String =
        text.lines().map(|line| line.split("//").next().unwrap_or_default().to_string() + "\n").collect();
    for (start, mark) in code.match_indices("crate::") {
        let line = code[..start].lines().count().max(1);
        let rest = &code[start + mark.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(group_heads(group).into_iter().map(|name| (line, name)));
        } else {
            found.push((line, word(rest)));
        }
    }
    found
}

/// The first words of the members of a group, whose nested groups do not count.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut at_start = true;
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && !character.is_whitespace() => {
                heads.push(word(&group[index..]));
                at_start = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect()
}
