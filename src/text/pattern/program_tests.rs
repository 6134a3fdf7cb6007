//! Patterns and what they find, beside what CPython finds.

use super::*;
use crate::text::pattern::error::ErrorKind;
use crate::text::wtf8;

/// The bytes of a field in which some are written as %XX.
fn decode(field: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut pieces = field.split('%');
    out.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        out.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        out.extend(piece[2..].bytes());
    }
    out
}

/// A match as the cases write it, in indices of characters.
fn show(captures: Option<&Captures>, index: &dyn Fn(usize) -> usize) -> String {
    let Some(captures) = captures else {
        return "-".to_owned();
    };
    let span = |group| match captures.span(group) {
        Some((start, end)) => format!("{},{}", index(start), index(end)),
        None => "-1,-1".to_owned(),
    };
    let spans: Vec<String> = (0..captures.count()).map(span).collect();
    format!("{}|{}", spans.join(";"), captures.last_group().unwrap_or(0))
}

/// What a case should hold behind its first six fields.
fn answer(fields: &[&str], steps: usize) -> Vec<String> {
    let (pattern, text) = (decode(fields[2]), decode(fields[3]));
    let wide = fields[0] == "s";
    let pattern = if wide { PatternText::Str(&pattern) } else { PatternText::Bytes(&pattern) };
    let program = match compile(pattern, fields[1].parse().unwrap()) {
        Ok(program) => program,
        Err(error) => {
            let kind = match error.kind {
                ErrorKind::Pattern => "PatternError",
                ErrorKind::Flags => "ValueError",
                ErrorKind::Overflow => "OverflowError",
                _ => "other",
            };
            return vec!["error".to_owned(), kind.to_owned(), error.render(pattern)];
        }
    };
    let offset = |field: &str| {
        let index: usize = field.parse().unwrap();
        if wide { wtf8::offset_of_index(&text, index) } else { index }
    };
    let index = |offset| if wide { wtf8::index_of_offset(&text, offset) } else { offset };
    let (start, end) = (offset(fields[4]), offset(fields[5]));
    let mut out = vec![program.flags.to_string(), program.warnings.join("/")];
    for anchor in [Anchor::Search, Anchor::Match, Anchor::FullMatch] {
        let mut matches = Matches::new(&program, start, end, anchor);
        out.push(show(slowly(&mut matches, &program, &text, steps).as_ref(), &index));
    }
    let mut matches = Matches::new(&program, start, end, Anchor::Search);
    let mut every = Vec::new();
    while let Some(captures) = slowly(&mut matches, &program, &text, steps) {
        every.push(show(Some(&captures), &index));
        assert!(every.len() < 1000, "no end of matches");
    }
    out.push(every.join("/"));
    out
}

/// The next match, looked for a few steps at a time.
fn slowly(matches: &mut Matches, program: &Program, text: &[u8], steps: usize) -> Option<Captures> {
    loop {
        if let Progress::Done(found) = matches.advance(program, text, steps) {
            return found;
        }
    }
}

/// Compares one case; gives the difference.
pub(crate) fn check(line: &str, steps: usize) -> Option<String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let given: Vec<String> =
        fields[6..].iter().map(|field| String::from_utf8_lossy(&decode(field)).into_owned()).collect();
    let ours = answer(&fields, steps);
    let pattern = String::from_utf8_lossy(&decode(fields[2])).into_owned();
    let text = String::from_utf8_lossy(&decode(fields[3])).into_owned();
    let [kind, flags, _, _, start, end, ..] = fields[..] else {
        return Some(format!("not a case: {line}"));
    };
    let place = format!("{kind}{pattern:?} flags {flags} on {text:?} {start}..{end}");
    (ours != given).then(|| format!("{place}\n  want {given:?}\n  have {ours:?}"))
}

fn str_program(pattern: &str, flags: u32) -> Program {
    compile(PatternText::Str(pattern.as_bytes()), flags).unwrap()
}

/// The spans of all matches in a text of ASCII.
fn all(pattern: &str, text: &str) -> Vec<(usize, usize)> {
    let program = str_program(pattern, 0);
    let mut matches = Matches::new(&program, 0, text.len(), Anchor::Search);
    std::iter::from_fn(|| matches.next(&program, text.as_bytes())).map(|captures| captures.whole()).collect()
}

fn message(pattern: &str) -> String {
    let text = PatternText::Str(pattern.as_bytes());
    compile(text, 0).map(|_| String::new()).unwrap_or_else(|error| error.render(text))
}

#[test]
fn the_answers_of_cpython() {
    let cases = include_str!("../../../tests/golden/pattern/cases.txt");
    for (steps, stride) in [(usize::MAX, 1), (2, 3)] {
        let wrong: Vec<String> = cases.lines().step_by(stride).filter_map(|line| check(line, steps)).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn empty_matches_stand_beside_others_but_not_twice() {
    assert_eq!(all("x*", "abxd"), [(0, 0), (1, 1), (2, 3), (3, 3), (4, 4)]);
    assert_eq!(all("a|", "aab"), [(0, 1), (1, 2), (2, 2), (3, 3)]);
    assert_eq!(all("", ""), [(0, 0)]);
    assert_eq!(all(r"\b", "ab c"), [(0, 0), (2, 2), (3, 3), (4, 4)]);
}

#[test]
fn what_3_14_added() {
    assert_eq!(all(r"\B", ""), [(0, 0)]);
    assert_eq!(all(r"b\z", "bb"), [(1, 2)]);
}

#[test]
fn the_text_before_the_start_is_seen_and_behind_the_end_not() {
    let find = |pattern, start, end, anchor| {
        let found = str_program(pattern, 0).find(b"abcd", start, end, anchor);
        found.map(|captures| captures.whole())
    };
    assert_eq!(find("^b", 1, 4, Anchor::Search), None);
    assert_eq!(find("(?<=a)b", 1, 4, Anchor::Match), Some((1, 2)));
    assert_eq!(find(r"\bb", 1, 4, Anchor::Match), None);
    assert_eq!(find("b(?=c)", 0, 2, Anchor::Search), None);
    assert_eq!(find("b$", 0, 2, Anchor::Search), Some((1, 2)));
    assert_eq!(find("", 2, 1, Anchor::Match), Some((2, 2)));
    assert_eq!(find("", 2, 1, Anchor::Search), None);
    assert_eq!(find("a|ab|abcd", 0, 4, Anchor::FullMatch), Some((0, 4)));
}

#[test]
fn names_and_errors() {
    let program = str_program("(?P<year>[0-9]+)-(x)?(?P<month>[0-9]+)", 0);
    assert_eq!(program.group_names, [("year".to_owned(), 1), ("month".to_owned(), 3)]);
    assert_eq!((program.group("month"), program.group_name(1), program.group_name(2)), (Some(3), Some("year"), None));
    assert_eq!(message("(?P<x>a)(?P<x>b)"), "redefinition of group name 'x' as group 2; was group 1 at position 12");
    assert_eq!(message("(?<x)"), "unknown extension ?<x at position 1");
    assert_eq!(message("a(?i)"), "global flags not at the start of the expression at position 1");
    assert_eq!(message("(?<=a+)b"), "look-behind requires fixed-width pattern");
    assert_eq!(message("a{99999999999}"), "the repetition number is too large");
    let flags = compile(PatternText::Bytes(b"a"), crate::text::pattern::flag::UNICODE).unwrap_err();
    assert_eq!(
        (flags.kind, flags.message.as_str()),
        (ErrorKind::Flags, "cannot use UNICODE flag with a bytes pattern")
    );
}

#[test]
fn depth_is_limited_and_length_is_not() {
    let nested = |depth: usize| "(".repeat(depth) + &")".repeat(depth);
    assert_eq!(message(&nested(390)), "");
    assert_eq!(message(&nested(100_000)), "maximum recursion depth exceeded");
    assert_eq!(message(&("(?(1)".repeat(100_000) + "a")), "maximum recursion depth exceeded");
    let text = "ab".repeat(100_000);
    for pattern in ["(?:a|b)*c?", "(a|b)*", "(?:(a)|(b))*?$", "(?:ab?){3,}", "(?=((ab)*))", "(?:(?>(a)|b))*+", ".*?$"] {
        let found = str_program(pattern, 0).find(text.as_bytes(), 0, text.len(), Anchor::Match);
        assert!(found.is_some(), "{pattern}");
    }
}

#[test]
fn a_slow_match_can_be_interrupted_and_goes_on() {
    let text = "a".repeat(60);
    let program = str_program("(a*)*b|(?:a|a)+c", 0);
    let mut search = program.search(0, text.len(), Anchor::Search);
    for _ in 0..100 {
        assert_eq!(program.advance(&mut search, text.as_bytes(), 1000), Progress::Pending);
    }
    let program = str_program("(?:a|aa)+b", 0);
    let mut search = program.search(0, 20, Anchor::Match);
    let mut pauses = 0;
    while program.advance(&mut search, text.as_bytes(), 50) == Progress::Pending {
        pauses += 1;
    }
    assert!(pauses > 100, "{pauses}");
}
