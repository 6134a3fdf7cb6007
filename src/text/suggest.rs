//! "Did you mean": the name nearest to one that was not found.

/// The candidate with the least edit distance, if it is near enough to be a slip.
pub fn closest<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate == wrong {
            continue;
        }
        let limit = (wrong.chars().count() + candidate.chars().count() + 3) * 2 / 6;
        let Some(cost) = distance(wrong, candidate, limit) else { continue };
        if best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Edit distance where changing only the case costs 1 and any other edit 2; None above `limit` or for very long
/// words.
fn distance(from: &str, to: &str, limit: usize) -> Option<usize> {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.len() > 40 || to.len() > 40 {
        return None;
    }
    let mut row: Vec<usize> = (0..=to.len()).map(|index| index * 2).collect();
    for (i, &a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i + 1) * 2;
        for (j, &b) in to.iter().enumerate() {
            let change = if a == b {
                0
            } else if a.to_lowercase().eq(b.to_lowercase()) {
                1
            } else {
                2
            };
            let cost = (diagonal + change).min(row[j] + 2).min(row[j + 1] + 2);
            diagonal = row[j + 1];
            row[j + 1] = cost;
        }
    }
    (row[to.len()] <= limit).then_some(row[to.len()])
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        assert_eq!(closest("pritn", ["print", "range"]), Some("print"));
        assert_eq!(closest("timout", ["timeout"]), Some("timeout"));
        assert_eq!(closest("abc", ["xyzzy", "print"]), None);
    }
}
