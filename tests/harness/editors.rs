//! The trial that the colours for editors know every keyword of the language.

use super::walk;
use libtest_mimic::{Failed, Trial};
use std::fs;

/// The files that list keywords.
const FILES: [&str; 2] = ["editors/vim/syntax/corolang.vim", "editors/vscode/syntaxes/corolang.tmLanguage.json"];

/// One trial for all files.
pub fn trial() -> Trial {
    Trial::test("editors::keywords", check)
}

fn check() -> Result<(), Failed> {
    let read = |file: &str| fs::read_to_string(walk::root().join(file)).map_err(|error| format!("{file}: {error}"));
    let tokens = read("src/syntax/token.rs")?;
    let words: Vec<&str> = tokens
        .lines()
        .filter_map(|line| line.trim().strip_prefix("#[token(\"")?.split('"').next())
        .filter(|word| word.chars().all(|letter| letter.is_ascii_alphabetic()))
        .collect();
    if words.len() < 30 {
        return Err(Failed::from(format!("only these keywords were found: {words:?}")));
    }
    for file in FILES {
        let text = read(file)?;
        let known: Vec<&str> = text.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
        if let Some(missing) = words.iter().find(|word| !known.contains(word)) {
            return Err(Failed::from(format!("{file} does not know '{missing}'")));
        }
    }
    Ok(())
}
