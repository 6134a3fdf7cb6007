//! The trials that the programs of benches/ still run: each with a small size, which is their argument.

use super::{process, walk};
use libtest_mimic::{Failed, Trial};
use std::fs;

/// Each program, and what it prints for the size 3.
const PROGRAMS: [(&str, &str); 10] = [
    ("calls.py", "2\n"),
    ("deep_delegation.py", "3\n"),
    ("echo.py", "900\n"),
    ("generator_steps.py", "3\n"),
    ("generator_talk.py", "6\n"),
    ("many_tasks.py", "1501500\n"),
    ("queue_of_work.py", "3\n"),
    ("start.py", "hello\n"),
    ("task_switches.py", "30\n"),
    ("timers.py", "3\n"),
];

/// One trial a program, one for what compares them with their peers, and one that none is left out.
pub fn trials() -> Vec<Trial> {
    let programs = PROGRAMS.map(|(file, expected)| {
        Trial::test(format!("benches::{file}"), move || match run(&[file, "3"])? {
            printed if printed == expected => Ok(()),
            printed => Err(Failed::from(format!("expected {expected:?}, not {printed:?}"))),
        })
    });
    let comparison = Trial::test("benches::compare.co", || match run(&["compare.co", "--help"])? {
        help if help.contains("usage: compare.co") => Ok(()),
        help => Err(Failed::from(format!("this is no help: {help:?}"))),
    });
    programs.into_iter().chain([comparison, Trial::test("benches::all_are_run", all_are_run)]).collect()
}

/// What a program of the folder prints, which ends well and complains of nothing.
fn run(words: &[&str]) -> Result<String, Failed> {
    let folder = walk::root().join("benches");
    let file = folder.join(words[0]).to_string_lossy().into_owned();
    let arguments: Vec<String> =
        ["run".to_string(), file].into_iter().chain(words[1..].iter().map(|word| word.to_string())).collect();
    let finished = process::run(&arguments, "", None)?;
    match finished.status == Some(0) && finished.stderr.is_empty() {
        true => Ok(finished.stdout),
        false => Err(Failed::from(format!("{finished:?}"))),
    }
}

fn all_are_run() -> Result<(), Failed> {
    for entry in fs::read_dir(walk::root().join("benches")).map_err(|error| error.to_string())? {
        let name = entry.map_err(|error| error.to_string())?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".py") && !PROGRAMS.iter().any(|(file, _)| *file == name) {
            return Err(Failed::from(format!("benches/{name} is not run by the tests")));
        }
    }
    Ok(())
}
