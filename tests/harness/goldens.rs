//! The trials whose expectation is a file: diagnostics, bytecode listings and the output of the examples.
//!
//! With `BLESS` set in the environment the file is written instead of compared.

use super::script::{Regime, Script};
use super::{compare, process, scripts, walk};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::{env, fs};

/// What begins the golden of a syntax error: what CPython says of the same text, which tests/python_says.py writes.
const PYTHON: &str = "CPython 3.13 says:\n";
/// What stands between that and what Corolang says.
const COROLANG: &str = "\nCorolang says:\n";

/// Each tests/diagnostics/NAME.co ends with status 1 and the standard error of NAME.stderr; those below
/// tests/diagnostics/syntax show beside it what CPython says.
pub fn diagnostics() -> Vec<Trial> {
    let folder = walk::root().join("tests/diagnostics");
    let scripts = walk::files(&folder, "co").into_iter();
    scripts
        .map(|path| {
            let name = format!("diagnostics::{}", walk::short_name(&path, &folder));
            Trial::test(name, move || diagnostic(&path))
        })
        .collect()
}

fn diagnostic(path: &Path) -> Result<(), Failed> {
    // Run beside the file, so that the path it names is the same everywhere.
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let finished = process::run(&[String::from("run"), name], "", Some(folder))?;
    if finished.status != Some(1) {
        return Err(Failed::from(format!("exit status: expected 1, got {}", compare::status(&finished))));
    }
    if !finished.stdout.is_empty() {
        return Err(Failed::from(format!("it printed something:\n{}", finished.stdout)));
    }
    let golden = path.with_extension("stderr");
    if folder.ends_with("syntax") {
        let python = python(&golden)?;
        return hold(&golden, &format!("{python}{COROLANG}{}", finished.stderr));
    }
    hold(&golden, &finished.stderr)
}

/// What CPython says in a golden, with the line before it.
fn python(golden: &Path) -> Result<String, Failed> {
    let text = fs::read_to_string(golden).unwrap_or_default();
    let python = text.split_once(COROLANG).map_or(text.as_str(), |(python, _)| python);
    match python.strip_prefix(PYTHON) {
        Some(said) if !said.trim().is_empty() => Ok(python.to_owned()),
        _ => Err(Failed::from(format!("{}: tests/python_says.py writes what CPython says", golden.display()))),
    }
}

/// Each tests/golden/bytecode/NAME.co is listed by `corolang dis` as NAME.txt says.
pub fn bytecode() -> Vec<Trial> {
    let folder = walk::root().join("tests/golden/bytecode");
    let scripts = walk::files(&folder, "co").into_iter();
    scripts
        .map(|path| {
            let name = format!("bytecode::{}", walk::short_name(&path, &folder));
            Trial::test(name, move || listing(&path))
        })
        .collect()
}

fn listing(path: &Path) -> Result<(), Failed> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let finished = process::run(&[String::from("dis"), name], "", Some(folder))?;
    if finished.status != Some(0) {
        return Err(Failed::from(format!("exit status: {}\n{}", compare::status(&finished), finished.stderr)));
    }
    hold(&path.with_extension("txt"), &finished.stdout)
}

/// The timeline of each tests/golden/timeline/NAME.co is NAME.txt.
pub fn timelines() -> Vec<Trial> {
    let folder = walk::root().join("tests/golden/timeline");
    let scripts = walk::files(&folder, "co").into_iter();
    scripts
        .map(|path| {
            let name = format!("timeline::{}", walk::short_name(&path, &folder));
            Trial::test(name, move || timeline(&path))
        })
        .collect()
}

fn timeline(path: &Path) -> Result<(), Failed> {
    let command = ["run", "--virtual-time", "--timeline", "-"].map(String::from);
    let command = [&command[..], &[path.display().to_string()]].concat();
    let finished = process::run(&command, "", None)?;
    if finished.status != Some(0) {
        return Err(Failed::from(format!("exit status: {}\n{}", compare::status(&finished), finished.stderr)));
    }
    hold(&path.with_extension("txt"), &without_noise(&finished.stderr))
}

/// A timeline of virtual time, in which scripts wait for seconds, without the milliseconds that the machine took.
fn without_noise(text: &str) -> String {
    let is_noise = |words: &[&str]| words[0] == "waits" && words[2] == "ms" && words[3] == "for";
    let clean = |line: &str| {
        let mut words: Vec<&str> = line.split(' ').collect();
        while let Some(place) = words.windows(4).position(is_noise) {
            words.drain(place + 1..place + 3);
        }
        words.join(" ") + "\n"
    };
    text.lines().map(clean).collect()
}

/// Each examples/NAME.co prints tests/golden/examples/NAME.txt in every regime, as [`portable`] has it.
pub fn examples() -> Vec<Trial> {
    let folder = walk::root().join("examples");
    let mut trials = Vec::new();
    for regime in [Regime::Plain, Regime::Stress, Regime::Fuel] {
        for path in walk::files(&folder, "co") {
            let name = format!("{}::examples/{}", regime.name(), walk::short_name(&path, &folder));
            trials.push(Trial::test(name, move || example(&path, regime)));
        }
    }
    trials
}

fn example(path: &Path, regime: Regime) -> Result<(), Failed> {
    let mut script = Script::read(path)?;
    let finished = process::run(&scripts::command(path, regime, &script), &script.stdin, None)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let golden = walk::root().join(format!("tests/golden/examples/{stem}.txt"));
    if regime == Regime::Plain || !blessing() {
        hold(&golden, &portable(&finished.stdout))?;
    }
    // The rest of what the comments say: how it ends.
    script.output = finished.stdout.lines().map(|line| line.trim_end().to_string()).collect();
    compare::check(&script, &finished)
}

fn blessing() -> bool {
    env::var_os("BLESS").is_some()
}

/// Compares a text with its golden file, or writes the file.
pub fn hold(golden: &Path, got: &str) -> Result<(), Failed> {
    if blessing() {
        return fs::write(golden, got).map_err(|error| Failed::from(format!("{}: {error}", golden.display())));
    }
    let expected = fs::read_to_string(golden)
        .map_err(|error| format!("{}: {error}; BLESS=1 writes it. Got:\n{got}", golden.display()))?;
    if expected == got {
        return Ok(());
    }
    let expected: Vec<&str> = expected.lines().collect();
    let got: Vec<&str> = got.lines().collect();
    Err(Failed::from(format!("not as {}:\n{}", golden.display(), compare::difference(&expected, &got))))
}

/// What differs from run to run and from machine to machine is taken out: `at 0x7f31c0` becomes `at 0x...`, and paths
/// begin at the root of the repository.
fn portable(text: &str) -> String {
    let text = text.replace(&format!("{}/", walk::root().display()), "");
    let mut result = String::new();
    let mut pieces = text.split(" at 0x");
    result.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        result.push_str(" at 0x...");
        result.push_str(piece.trim_start_matches(|character: char| character.is_ascii_hexdigit()));
    }
    result
}
