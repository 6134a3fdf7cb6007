//! The one test binary: it makes a trial of every script, golden, example and README block and runs them in parallel.
//!
//! `cargo test NAME` runs the trials whose name contains NAME, `BLESS=1 cargo test` rewrites the goldens.
//! How a script says what it expects is described in `harness/script.rs`.

mod harness;

use harness::{benches, commands, editors, goldens, layers, pages, scripts, sessions, timeline};
use libtest_mimic::{Arguments, Trial};
use std::collections::HashSet;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = Vec::new();
    for folder in ["language", "library", "regression", "limit", "differences"] {
        trials.extend(scripts::trials(folder));
    }
    trials.extend(goldens::diagnostics());
    trials.extend(goldens::bytecode());
    trials.extend(goldens::timelines());
    trials.extend(goldens::examples());
    trials.extend(commands::trials());
    trials.extend(benches::trials());
    trials.extend(sessions::trials());
    trials.extend(timeline::trials());
    trials.extend(pages::trials());
    trials.push(layers::trial());
    trials.push(editors::trial());
    let pending = pending();
    let mark = |trial: Trial| {
        let known = pending.contains(trial.name()) || trial.has_ignored_flag();
        trial.with_ignored_flag(known)
    };
    let trials = trials.into_iter().map(mark).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// The trials that are known to fail, from `pending.txt`: each is a defect to mend. `cargo test -- --ignored` runs them.
fn pending() -> HashSet<String> {
    let lines = include_str!("pending.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_string).collect()
}
