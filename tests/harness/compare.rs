//! Holds an outcome against what was expected and says compactly where they part.

use super::process::Finished;
use super::script::Script;
use libtest_mimic::Failed;

/// How many lines of a difference are shown.
const SHOWN: usize = 40;

/// Checks a finished run against the comments of its script.
pub fn check(script: &Script, finished: &Finished) -> Result<(), Failed> {
    let mut complaints = Vec::new();
    let got: Vec<&str> = finished.stdout.lines().map(str::trim_end).collect();
    let expected: Vec<&str> = script.output.iter().map(String::as_str).collect();
    if got != expected {
        complaints.push(format!("standard output:\n{}", difference(&expected, &got)));
    }
    if finished.status != Some(script.status) {
        complaints.push(format!("exit status: expected {}, got {}", script.status, status(finished)));
    }
    if let Some(raise) = &script.raise {
        let last = finished.stderr.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        if last.trim_end() != raise {
            complaints.push(format!("last line of standard error:\n- {raise}\n+ {last}"));
        }
    }
    for part in &script.error {
        if !finished.stderr.contains(part.as_str()) {
            complaints.push(format!("standard error does not contain: {part}"));
        }
    }
    if complaints.is_empty() {
        return Ok(());
    }
    if !finished.stderr.is_empty() {
        complaints.push(format!("standard error was:\n{}", cut(&finished.stderr)));
    }
    Err(Failed::from(complaints.join("\n")))
}

/// The lines that differ, `-` expected and `+` got, with the equal lines around them left out.
pub fn difference(expected: &[&str], got: &[&str]) -> String {
    let head = expected.iter().zip(got).take_while(|(left, right)| left == right).count();
    let (expected_rest, got_rest) = (&expected[head..], &got[head..]);
    let tail = expected_rest.iter().rev().zip(got_rest.iter().rev()).take_while(|(left, right)| left == right).count();
    let mut lines = vec![format!("  ({head} equal)")];
    lines.extend(expected_rest[..expected_rest.len() - tail].iter().map(|line| format!("- {line}")));
    lines.extend(got_rest[..got_rest.len() - tail].iter().map(|line| format!("+ {line}")));
    if tail > 0 {
        lines.push(format!("  ({tail} equal)"));
    }
    cut(&lines.join("\n"))
}

/// The exit status in words.
pub fn status(finished: &Finished) -> String {
    finished.status.map_or(String::from("a signal"), |status| status.to_string())
}

/// At most the first lines of a text.
fn cut(text: &str) -> String {
    let count = text.lines().count();
    let mut lines: Vec<&str> = text.lines().take(SHOWN).collect();
    if count > SHOWN {
        lines.push("...");
    }
    lines.join("\n")
}
