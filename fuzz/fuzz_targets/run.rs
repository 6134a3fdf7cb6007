//! Any text as a program, in a closed world and under limits of steps and memory: it ends, however it ends.
#![no_main]

#[path = "../regime.rs"]
mod regime;

use libfuzzer_sys::fuzz_target;

use regime::{Regime, run};

fuzz_target!(init: regime::silence(), |text: &str| {
    run(text, Regime::Plain, 20_000);
});
