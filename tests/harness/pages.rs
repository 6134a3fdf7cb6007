//! The program blocks of README.md and of the book are scripts like all others; README.md names every example, and the
//! pages of the book that are made can be. Shell blocks are not run.

use super::script::{Regime, Script};
use super::{compare, process, scripts, timeline, walk};
use libtest_mimic::{Failed, Trial};
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

/// The languages whose blocks are programs.
const PROGRAMS: [&str; 4] = ["python", "py", "co", "corolang"];

/// One trial for each program block, named by its page and first line, one for the links to the examples, and one for
/// the pages that are made.
pub fn trials() -> Vec<Trial> {
    let book = walk::files(&walk::root().join("docs/src"), "md").into_iter();
    let mut trials = Vec::new();
    for path in std::iter::once(walk::root().join("README.md")).chain(book) {
        let page = walk::short_name(&path, walk::root());
        for (line, block) in blocks(&fs::read_to_string(&path).unwrap_or_default()) {
            let name = format!("{page}:{line}");
            trials.push(Trial::test(format!("plain::{name}"), move || run(&name, &block)));
        }
    }
    trials.push(Trial::test("README.md/examples", links));
    trials.push(Trial::test("docs/generate.co", generate));
    trials.push(Trial::test("docs/pictures.co", take_pictures).with_ignored_flag(timeline::browser().is_none()));
    trials
}

/// The pages that are made of docstrings and of tests/differences can be made.
fn generate() -> Result<(), Failed> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("docs-{}", std::process::id()));
    let arguments = ["run", "docs/generate.co", &target.to_string_lossy()].map(String::from);
    let finished = process::run(&arguments, "", Some(walk::root()))?;
    let differences = fs::read_to_string(target.join("differences.md")).unwrap_or_default();
    let asyncio = fs::read_to_string(target.join("library/asyncio.md")).unwrap_or_default();
    drop(fs::remove_dir_all(&target));
    if finished.status != Some(0) || !differences.contains("```python") || !asyncio.contains("### `gather(") {
        return Err(Failed::from(format!("{}\n{}", compare::status(&finished), finished.stderr)));
    }
    Ok(())
}

/// The pictures that pages show can be taken anew, and are there.
fn take_pictures() -> Result<(), Failed> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pictures-{}", std::process::id()));
    let arguments = ["run", "docs/pictures.co", &target.to_string_lossy()].map(String::from);
    let finished = process::run(&arguments, "", Some(walk::root()))?;
    let names = |folder: &Path| walk::files(folder, "png").iter().map(|path| walk::short_name(path, folder)).collect();
    let (taken, there): (BTreeSet<String>, BTreeSet<String>) =
        (names(&target), names(&walk::root().join("docs/src/pictures")));
    drop(fs::remove_dir_all(&target));
    let page = fs::read_to_string(walk::root().join("docs/src/seeing.md")).unwrap_or_default();
    let is_shown = |name: &String| page.contains(&format!("(pictures/{name})"));
    if finished.status != Some(0) || taken != there || !there.iter().all(is_shown) {
        return Err(Failed::from(format!("{}\n{}\n{taken:?}", compare::status(&finished), finished.stderr)));
    }
    Ok(())
}

/// The links to examples are those to the files there are.
fn links() -> Result<(), Failed> {
    let text = fs::read_to_string(walk::root().join("README.md")).map_err(|error| error.to_string())?;
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
fn run(name: &str, block: &str) -> Result<(), Failed> {
    let mut script = Script::parse(block)?;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "{}-{}.co",
        name.replace(['/', ':'], "-"),
        std::process::id()
    ));
    fs::write(&path, block).map_err(|error| error.to_string())?;
    let finished = process::run(&scripts::command(&path, Regime::Plain, &script), &script.stdin, None);
    drop(fs::remove_file(&path));
    let finished = finished?;
    if !script.has_output_comments {
        script.output = finished.stdout.lines().map(|line| line.trim_end().to_string()).collect();
    }
    compare::check(&script, &finished)
}
