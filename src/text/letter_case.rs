//! Changing the case of strings: `lower`, `upper`, `title`, `capitalize`, `swapcase`, `casefold`.
//!
//! The full mappings: ß becomes SS, a sigma at the end of a word becomes ς, digraphs have a title
//! form. Lower and upper mappings come from the standard library; title and fold mappings are
//! derived from them here, with the few characters that do not follow the rule.

use unicode_general_category::GeneralCategory;

use super::{unicode, wtf8};

/// `text.lower()`.
pub fn lower(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    map(text, |out, offset, code| push_lower(out, text, offset, code))
}

/// `text.upper()`.
pub fn upper(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    map(text, |out, _, code| push_upper(out, code))
}

/// `text.title()`.
pub fn title(text: &[u8]) -> Vec<u8> {
    let mut after_cased = false;
    map(text, |out, offset, code| {
        match after_cased {
            true => push_lower(out, text, offset, code),
            false => push_title(out, code),
        }
        after_cased = unicode::is_cased(code);
    })
}

/// `text.capitalize()`.
pub fn capitalize(text: &[u8]) -> Vec<u8> {
    map(text, |out, offset, code| match offset {
        0 => push_title(out, code),
        _ => push_lower(out, text, offset, code),
    })
}

/// `text.swapcase()`.
pub fn swap_case(text: &[u8]) -> Vec<u8> {
    map(text, |out, offset, code| {
        if unicode::is_upper(code) {
            push_lower(out, text, offset, code);
        } else if unicode::is_lower(code) {
            push_upper(out, code);
        } else {
            wtf8::push(out, code);
        }
    })
}

/// `text.casefold()`.
pub fn case_fold(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    map(text, |out, _, code| push_fold(out, code))
}

/// `value.lower()` of bytes, and the other methods that know ASCII letters only.
pub fn ascii_title(bytes: &[u8]) -> Vec<u8> {
    let mut after_cased = false;
    let change = |byte: &u8| {
        let changed = if after_cased { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
        after_cased = byte.is_ascii_alphabetic();
        changed
    };
    bytes.iter().map(change).collect()
}

/// `value.swapcase()` of bytes.
pub fn ascii_swap_case(bytes: &[u8]) -> Vec<u8> {
    let change = |byte: &u8| {
        if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { *byte }
    };
    bytes.iter().map(change).collect()
}

/// `value.capitalize()` of bytes.
pub fn ascii_capitalize(bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_ascii_lowercase();
    if let Some(first) = changed.first_mut() {
        first.make_ascii_uppercase();
    }
    changed
}

/// Builds a string by a function of each code point and its offset.
fn map(text: &[u8], mut change: impl FnMut(&mut Vec<u8>, usize, u32)) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut offset = 0;
    while let Some((code, length)) = wtf8::decode(text, offset) {
        change(&mut out, offset, code);
        offset += length;
    }
    out
}

fn push_lower(out: &mut Vec<u8>, text: &[u8], offset: usize, code: u32) {
    match char::from_u32(code) {
        Some(c) if c.is_ascii() => out.push(c.to_ascii_lowercase() as u8),
        Some('Σ') if is_final_sigma(text, offset) => wtf8::push(out, 'ς' as u32),
        Some(c) => c.to_lowercase().for_each(|c| wtf8::push(out, c as u32)),
        None => wtf8::push(out, code),
    }
}

fn push_upper(out: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(c) if c.is_ascii() => out.push(c.to_ascii_uppercase() as u8),
        Some(c) => c.to_uppercase().for_each(|c| wtf8::push(out, c as u32)),
        None => wtf8::push(out, code),
    }
}

/// The title form: the upper form with all but its first character small, but for those below.
fn push_title(out: &mut Vec<u8>, code: u32) {
    let own = match code {
        0x1C4..=0x1CC => Some(0x1C5 + (code - 0x1C4) / 3 * 3),
        0x1F1..=0x1F3 => Some(0x1F2),
        // Georgian: its capitals are only for text all in capitals.
        0x10D0..=0x10FF => Some(code),
        // Greek with iota subscript: it has capitals that keep the iota.
        0x1F80..=0x1FAF => Some(code | 8),
        0x1FB3 | 0x1FC3 | 0x1FF3 => Some(code + 9),
        0x1FBC | 0x1FCC | 0x1FFC => Some(code),
        _ => None,
    };
    if let Some(own) = own {
        return wtf8::push(out, own);
    }
    let Some(c) = char::from_u32(code) else {
        return wtf8::push(out, code);
    };
    let keeps_upper = code == 0x149;
    let greek_iota = matches!(code, 0x1FB2..=0x1FF7);
    for (place, upper) in c.to_uppercase().enumerate() {
        match upper {
            'Ι' if greek_iota && place > 0 => wtf8::push(out, 0x345),
            _ if place == 0 || keeps_upper => wtf8::push(out, upper as u32),
            _ => upper.to_lowercase().for_each(|c| wtf8::push(out, c as u32)),
        }
    }
}

/// The fold: lower, then upper, then lower again, but for dotless i and for Cherokee, whose small
/// letters are the younger ones and fold to capitals.
fn push_fold(out: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(c) if c.is_ascii() => out.push(c.to_ascii_lowercase() as u8),
        Some('ı' | '\u{13A0}'..='\u{13F5}') | None => wtf8::push(out, code),
        Some(c @ ('\u{13F8}'..='\u{13FD}' | '\u{AB70}'..='\u{ABBF}')) => {
            c.to_uppercase().for_each(|c| wtf8::push(out, c as u32));
        }
        Some(c) => c
            .to_lowercase()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .for_each(|c| wtf8::push(out, c as u32)),
    }
}

/// Whether the sigma at this offset ends a word: a cased character before it and none behind,
/// not counting those that case ignores.
fn is_final_sigma(text: &[u8], offset: usize) -> bool {
    let cased_first = |mut codes: Box<dyn Iterator<Item = u32> + '_>| {
        codes.find(|&code| !is_case_ignorable(code)).is_some_and(unicode::is_cased)
    };
    cased_first(Box::new(wtf8::code_points(&text[..offset]).rev()))
        && !cased_first(Box::new(wtf8::code_points(&text[offset + 2..])))
}

/// Whether a character counts as neither cased nor a word's end.
fn is_case_ignorable(code: u32) -> bool {
    use GeneralCategory::*;
    let joins_words = matches!(
        code,
        0x27 | 0x2E
            | 0x3A
            | 0xB7
            | 0x387
            | 0x55F
            | 0x5F4
            | 0x2018
            | 0x2019
            | 0x2024
            | 0x2027
            | 0xFE13
            | 0xFE52
            | 0xFE55
            | 0xFF07
            | 0xFF0E
            | 0xFF1A
    );
    joins_words
        || matches!(unicode::category(code), NonspacingMark | EnclosingMark | Format | ModifierLetter | ModifierSymbol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: fn(&[u8]) -> Vec<u8>, cases: &[(&str, &str)]) {
        for (from, to) in cases {
            assert_eq!(String::from_utf8(change(from.as_bytes())).unwrap(), *to, "{from}");
        }
    }

    #[test]
    fn the_full_mappings() {
        check(lower, &[("ΑΣ", "ας"), ("ΑΣΑ", "ασα"), ("Σ", "σ"), ("ΑΣ. Β", "ας. β"), ("ΑΣ.Β", "ασ.β"), ("İ", "i̇")]);
        check(upper, &[("straße", "STRASSE"), ("ﬁ", "FI"), ("ŉ", "ʼN")]);
        check(title, &[("they're bill's", "They'Re Bill'S"), ("ǆ", "ǅ"), ("ßa", "Ssa"), ("ﬁ", "Fi"), ("ა", "ა")]);
        check(title, &[("ᾳ", "ᾼ"), ("ᾲ", "Ὰͅ"), ("ŉ", "ʼN"), ("ΑΣ Σ", "Ας Σ")]);
        check(capitalize, &[("hELLO", "Hello"), ("ǆX", "ǅx"), ("", "")]);
        check(swap_case, &[("aBß", "AbSS"), ("ΑΣ", "ας")]);
        check(case_fold, &[("Straße", "strasse"), ("ς", "σ"), ("ẞ", "ss"), ("ı", "ı"), ("ꭰ", "Ꭰ"), ("ﬃ", "ffi")]);
    }

    #[test]
    fn surrogates_pass_through() {
        let mut text = b"A".to_vec();
        wtf8::push(&mut text, 0xD800);
        assert_eq!(lower(&text), [b'a', 0xED, 0xA0, 0x80]);
    }

    #[test]
    fn bytes_change_ascii_only() {
        assert_eq!(ascii_title(b"ab1cd \xe9"), b"Ab1Cd \xe9");
        assert_eq!(ascii_swap_case(b"aB\xe9"), b"Ab\xe9");
        assert_eq!(ascii_capitalize(b"aB"), b"Ab");
    }
}
