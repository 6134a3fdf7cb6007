//! Programs made from the grammar of the language, each run in every regime: what they log must be the same.
#![no_main]

#[path = "../program.rs"]
mod program;
#[path = "../regime.rs"]
mod regime;

use libfuzzer_sys::fuzz_target;

use program::Program;
use regime::{End, Regime, run};

fuzz_target!(init: regime::silence(), |program: Program| {
    if std::env::var_os("SHOW").is_some() {
        eprintln!("{}", program.text);
    }
    let plain = run(&program.text, Regime::Plain, 5_000);
    if plain.is_cut() || is_short_of_memory(&plain) {
        return;
    }
    for regime in [Regime::Fuel, Regime::Stress] {
        let other = run(&program.text, regime, 50_000);
        // When the collector closes a generator that was dropped differs, and so does what that logs.
        let is_comparable = regime == Regime::Fuel || !program.suspends;
        if is_comparable && !is_short_of_memory(&other) {
            assert!(plain == other, "plain and {regime:?} differ: {plain:#?} {other:#?}\n{}", program.text);
        }
    }
});

/// What has no memory depends on what else is in the process.
fn is_short_of_memory(end: &End) -> bool {
    end.log.iter().any(|line| line.contains("MemoryError"))
}
