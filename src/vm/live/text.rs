//! The tree as text, and what its lines have in common.

use std::fmt::Write;

/// So many names are told of several.
const MOST_NAMES: usize = 5;

/// Something in the tree: what it is and where it stands, and what belongs to it.
#[derive(Default)]
pub(super) struct Branch {
    /// The first says what it is.
    pub lines: Vec<String>,
    /// What belongs to it.
    pub below: Vec<Branch>,
}

impl Branch {
    /// One that is told of in a line.
    pub fn line(line: String) -> Branch {
        Branch { lines: vec![line], below: Vec::new() }
    }
}

/// Adds branches and all below them, each line behind these signs.
pub(super) fn draw(branches: &[Branch], before: &str, text: &mut String) {
    for (index, branch) in branches.iter().enumerate() {
        let (sign, behind) = if index + 1 == branches.len() { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let below = format!("{before}{behind}");
        let trunk = if branch.below.is_empty() { "     " } else { "│    " };
        for (number, line) in branch.lines.iter().enumerate() {
            let _ = match number {
                0 => writeln!(text, "{before}{sign}{line}"),
                _ => writeln!(text, "{below}{trunk}{line}"),
            };
        }
        draw(&branch.below, &below, text);
    }
}

/// A length of time, as precisely as one reads it.
pub(super) fn duration(nanoseconds: i64) -> String {
    let tenths = nanoseconds.max(0) / 100_000_000;
    let seconds = tenths / 10;
    match seconds {
        0..60 => format!("{seconds}.{} s", tenths % 10),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// What is further off than this many nanoseconds, some hundred years, is never.
const NEVER: i64 = i64::MAX / 3;

/// How long something has waited, how long it will, and when it is given up, as far as each is known.
pub(super) fn waiting_time(waited: Option<i64>, left: Option<i64>, limit: Option<i64>) -> String {
    let left = left.filter(|&left| left < NEVER).map(|left| format!("{} left", duration(left)));
    let limit = limit.filter(|&limit| limit < NEVER).map(|limit| format!("times out in {}", duration(limit)));
    let known: Vec<String> = waited.map(duration).into_iter().chain(left).chain(limit).collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

/// Several names, no more than one reads.
pub(super) fn several(mut names: Vec<String>) -> String {
    if names.len() > MOST_NAMES {
        let more = names.len() - MOST_NAMES;
        names.truncate(MOST_NAMES);
        return format!("{} and {more} more", names.join(", "));
    }
    names.join(", ")
}

/// A number of things, with commas between its thousands.
pub(super) fn counted(count: usize, thing: &str) -> String {
    let digits = count.to_string();
    let mut number = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            number.push(',');
        }
        number.push(digit);
    }
    format!("{number} {thing}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_are_such_as_one_reads() {
        let shown = [0, 99_999_999, 1_250_000_000, 61_000_000_000, 7_260_000_000_000, 90_000_000_000_000].map(duration);
        assert_eq!(shown, ["0.0 s", "0.0 s", "1.2 s", "1 min 1 s", "2 h 1 min", "1 d 1 h"]);
        assert_eq!(
            [1, 999, 1000, 9990, 1_234_567].map(|count| counted(count, "task")).join("; "),
            "1 task; 999 tasks; 1,000 tasks; 9,990 tasks; 1,234,567 tasks"
        );
        let second = Some(1_000_000_000);
        assert_eq!(waiting_time(second, second, second), " (1.0 s, 1.0 s left, times out in 1.0 s)");
        assert_eq!(waiting_time(None, Some(i64::MAX), None), "");
    }

    #[test]
    fn branches_are_joined_by_lines() {
        let leaf = |name: &str| Branch { lines: vec![name.to_string(), "at a line".to_string()], below: Vec::new() };
        let tree = [Branch { below: vec![leaf("b"), leaf("c")], ..leaf("a") }, Branch::line("d".to_string())];
        let mut text = String::new();
        draw(&tree, "", &mut text);
        let lines =
            ["├─ a", "│  │    at a line", "│  ├─ b", "│  │       at a line", "│  └─ c", "│          at a line", "└─ d"];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }
}
