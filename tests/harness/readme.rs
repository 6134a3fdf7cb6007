//! The program blocks of README.md are scripts like all others, and it names every example; its shell blocks are not
//! run.

use super::script::{Regime, Script};
use super::{compare, process, scripts, walk};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

/// The languages whose blocks are programs.
const PROGRAMS: [&str; 4] = ["python", "py", "co", "corolang"];

/// One trial for each program block, named by its first line, and one for the links to the examples.
pub fn trials() -> Vec<Trial> {
    let text = fs::read_to_string(walk::root().join("README.md")).unwrap_or_default();
    let blocks = blocks(&text).into_iter();
    let mut trials: Vec<Trial> = blocks
        .map(|(line, block)| Trial::test(format!("plain::README.md:{line}"), move || run(line, &block)))
        .collect();
    trials.push(Trial::test("README.md/examples", move || links(&text)));
    trials
}

/// The links to examples are those to the files there are.
fn links(text: &str) -> Result<(), Failed> {
    let linked = text.split("(examples/").skip(1).filter_map(|rest| rest.split_once(')'));
    let linked: BTreeSet<String> = linked.map(|(name, _)| name.to_string()).collect();
    let folder = walk::root().join("examples");
    let there = walk::files(&folder, "co").into_iter();
    let there: BTreeSet<String> = there.map(|path| walk::short_name(&path, &folder)).collect();
    let wrong: Vec<&String> = linked.symmetric_difference(&there).collect();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(Failed::from(format!("linked and not there, or there and not linked: {wrong:?}"))),
    }
}

/// The program blocks and the lines they begin at.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside: Option<(bool, usize, String)> = None;
    for (index, line) in text.lines().enumerate() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            match inside.take() {
                Some((true, start, block)) => found.push((start, block)),
                Some((false, ..)) => {}
                None => inside = Some((PROGRAMS.contains(&language.trim()), index + 2, String::new())),
            }
        } else if let Some((_, _, block)) = &mut inside {
            block.push_str(line);
            block.push('\n');
        }
    }
    found
}

/// Runs a block; where it has no comments on its output, only how it ends counts.
fn run(line: usize, block: &str) -> Result<(), Failed> {
    let mut script = Script::parse(block)?;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{}-{line}.co", std::process::id()));
    fs::write(&path, block).map_err(|error| error.to_string())?;
    let finished = process::run(&scripts::command(&path, Regime::Plain, &script), &script.stdin, None);
    drop(fs::remove_file(&path));
    let finished = finished?;
    if !script.has_output_comments {
        script.output = finished.stdout.lines().map(|line| line.trim_end().to_string()).collect();
    }
    compare::check(&script, &finished)
}
