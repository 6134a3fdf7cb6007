//! The trials of the scripts: each file below a folder of tests/, once in every regime.

use super::script::{Regime, Script};
use super::{compare, process, walk};
use libtest_mimic::{Failed, Trial};
use std::path::Path;

/// Under so many seeds a script runs if nobody says otherwise.
const SEEDS: u32 = 2;

/// What happens in these folders may be interleaved in more than one way.
const INTERLEAVED: [&str; 5] =
    ["library/asyncio", "library/concurrent", "library/queue", "library/races", "library/threading"];

/// One trial for each script below tests/FOLDER and each regime it runs in.
pub fn trials(folder: &str) -> Vec<Trial> {
    let tests = walk::root().join("tests");
    let mut trials = Vec::new();
    for regime in Regime::ALL {
        for path in walk::files(&tests.join(folder), "co") {
            let name = format!("{}::{}", regime.name(), walk::short_name(&path, &tests));
            let skipped = Script::read(&path).is_ok_and(|script| !script.regimes.contains(&regime));
            let has_turns = regime != Regime::Seeded || INTERLEAVED.iter().any(|folder| name.contains(folder));
            if has_turns && !skipped {
                trials.push(Trial::test(name, move || run(&path, regime)));
            }
        }
    }
    trials
}

/// Runs one script in one regime and holds it to its comments.
fn run(path: &Path, regime: Regime) -> Result<(), Failed> {
    let script = Script::read(path)?;
    if regime == Regime::Seeded {
        return run_seeded(path, &script);
    }
    let finished = process::run(&command(path, regime, &script), &script.stdin, None)?;
    compare::check(&script, &finished)
}

/// Runs one script under several seeds; how many, the variable SEEDS says.
fn run_seeded(path: &Path, script: &Script) -> Result<(), Failed> {
    let seeds = std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in 1..=seeds {
        let mut command = command(path, Regime::Seeded, script);
        command.splice(1..1, [String::from("--seed"), seed.to_string()]);
        let finished = process::run(&command, &script.stdin, None)?;
        compare::check(script, &finished).map_err(|failed| {
            let why = failed.message().unwrap_or_default();
            format!("under --seed {seed}: {why}")
        })?;
    }
    Ok(())
}

/// The command line that runs a script; the clock of all tests is virtual.
pub fn command(path: &Path, regime: Regime, script: &Script) -> Vec<String> {
    let mut command: Vec<String> = vec![String::from("run"), String::from("--virtual-time")];
    command.extend(regime.options().iter().map(|option| option.to_string()));
    command.extend(script.options.iter().cloned());
    command.push(path.to_string_lossy().into_owned());
    command.extend(script.arguments.iter().cloned());
    command
}
