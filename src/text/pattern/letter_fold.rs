//! Which characters are the same letter when case is ignored.
//!
//! Two characters are the same if their simple lower-case forms are, or if those forms share one
//! upper-case form (s and long s). So a set of characters is completed in three steps: with the
//! lower-case forms of its members, with the relatives of those, and with everything that has one
//! of these as its lower-case form.

use std::sync::OnceLock;

use super::class::Range;

/// Lower-case letters that share an upper-case form.
const RELATIVES: &[&[u32]] = &[
    &[0x69, 0x131],
    &[0x73, 0x17F],
    &[0xB5, 0x3BC],
    &[0x345, 0x3B9, 0x1FBE],
    &[0x390, 0x1FD3],
    &[0x3B0, 0x1FE3],
    &[0x3B2, 0x3D0],
    &[0x3B5, 0x3F5],
    &[0x3B8, 0x3D1],
    &[0x3BA, 0x3F0],
    &[0x3C0, 0x3D6],
    &[0x3C1, 0x3F1],
    &[0x3C2, 0x3C3],
    &[0x3C6, 0x3D5],
    &[0x432, 0x1C80],
    &[0x434, 0x1C81],
    &[0x43E, 0x1C82],
    &[0x441, 0x1C83],
    &[0x442, 0x1C84, 0x1C85],
    &[0x44A, 0x1C86],
    &[0x463, 0x1C87],
    &[0x1C88, 0xA64B],
    &[0x1E61, 0x1E9B],
    &[0xFB05, 0xFB06],
];

/// Where the characters are that have another lower-case form.
const CAPITALS: &[Range] = &[
    (0x41, 0x5A),
    (0xC0, 0x24E),
    (0x370, 0x556),
    (0x10A0, 0x10CD),
    (0x13A0, 0x13F5),
    (0x1C89, 0x1CBF),
    (0x1E00, 0x1FFC),
    (0x2126, 0x2183),
    (0x24B6, 0x24CF),
    (0x2C00, 0x2CF2),
    (0xA640, 0xA7F5),
    (0xFF21, 0xFF3A),
    (0x10400, 0x10427),
    (0x104B0, 0x104D3),
    (0x10570, 0x10595),
    (0x10C80, 0x10CB2),
    (0x10D50, 0x10D65),
    (0x118A0, 0x118BF),
    (0x16E40, 0x16E5F),
    (0x16EA0, 0x16EB8),
    (0x1E900, 0x1E921),
];

/// Pairs of a character and its other lower-case form, in two orders.
struct Table {
    /// (capital, lower), sorted.
    by_capital: Vec<(u32, u32)>,
    /// (lower, capital), sorted.
    by_lower: Vec<(u32, u32)>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let codes = CAPITALS.iter().flat_map(|&(first, last)| first..=last);
        let by_capital: Vec<_> = codes.map(|code| (code, lower(code))).filter(|pair| pair.0 != pair.1).collect();
        let mut by_lower: Vec<_> = by_capital.iter().map(|&(capital, lower)| (lower, capital)).collect();
        by_lower.sort_unstable();
        Table { by_capital, by_lower }
    })
}

/// The simple lower-case form of a character: always one character.
pub fn lower(code: u32) -> u32 {
    match char::from_u32(code) {
        Some(c) if c.is_ascii() => c.to_ascii_lowercase() as u32,
        Some(c) => c.to_lowercase().next().map_or(code, |c| c as u32),
        None => code,
    }
}

/// Completes a set of ranges with everything that is the same letter.
pub fn complete(ranges: &mut Vec<Range>) {
    let table = table();
    add_partners(ranges, &table.by_capital);
    let mut relatives = Vec::new();
    for family in RELATIVES {
        if family.iter().any(|&code| ranges.iter().any(|&(first, last)| first <= code && code <= last)) {
            relatives.extend(family.iter().map(|&code| (code, code)));
        }
    }
    ranges.append(&mut relatives);
    add_partners(ranges, &table.by_lower);
}

/// Completes a set of ranges with the other case of its ASCII letters.
pub fn complete_ascii(ranges: &mut Vec<Range>) {
    for place in 0..ranges.len() {
        let (first, last) = ranges[place];
        for (start, shift) in [(0x41, 0x20), (0x61, -0x20)] {
            let (from, to) = (first.max(start), last.min(start + 25));
            if from <= to {
                ranges.push((from.wrapping_add_signed(shift), to.wrapping_add_signed(shift)));
            }
        }
    }
}

/// Adds the second of each pair whose first is in one of the ranges.
fn add_partners(ranges: &mut Vec<Range>, pairs: &[(u32, u32)]) {
    for place in 0..ranges.len() {
        let (first, last) = ranges[place];
        let start = pairs.partition_point(|pair| pair.0 < first);
        let end = pairs.partition_point(|pair| pair.0 <= last);
        ranges.extend(pairs[start..end].iter().map(|&(_, partner)| (partner, partner)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spans_of_capitals_are_complete() {
        for code in 0..0x11_0000 {
            let inside = CAPITALS.iter().any(|&(first, last)| first <= code && code <= last);
            assert!(inside || lower(code) == code, "{code:x}");
        }
    }

    #[test]
    fn families_are_complete() {
        let complete = |c: char| {
            let mut ranges = vec![(c as u32, c as u32)];
            complete(&mut ranges);
            ranges.sort_unstable();
            ranges.dedup();
            ranges.into_iter().map(|(code, _)| char::from_u32(code).unwrap()).collect::<String>()
        };
        assert_eq!(complete('K'), "Kk\u{212A}");
        assert_eq!(complete('ſ'), "Ssſ");
        assert_eq!(complete('ß'), "ßẞ");
        assert_eq!(complete('İ'), "Iiİı");
        assert_eq!(complete('1'), "1");
        assert_eq!(complete('σ'), "Σςσ");
    }
}
