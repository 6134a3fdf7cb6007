//! What characters are: the predicates behind `str.isalpha` and its siblings, and numeric values.
//!
//! Everything takes a code point as `u32`, so lone surrogates need no special case. Categories come
//! from the unicode-general-category crate, casing properties from the standard library; the
//! mappings themselves are in `letter_case`.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::unicode_table::{DECIMAL_ZEROS, DIGITS, NUMBERS};
use super::wtf8;

/// The general category of a code point.
pub fn category(code: u32) -> GeneralCategory {
    char::from_u32(code).map_or(GeneralCategory::Surrogate, get_general_category)
}

/// The two letters of a general category, as `unicodedata.category`.
pub fn category_name(code: u32) -> &'static str {
    use GeneralCategory::*;
    match category(code) {
        UppercaseLetter => "Lu",
        LowercaseLetter => "Ll",
        TitlecaseLetter => "Lt",
        ModifierLetter => "Lm",
        OtherLetter => "Lo",
        NonspacingMark => "Mn",
        SpacingMark => "Mc",
        EnclosingMark => "Me",
        DecimalNumber => "Nd",
        LetterNumber => "Nl",
        OtherNumber => "No",
        ConnectorPunctuation => "Pc",
        DashPunctuation => "Pd",
        OpenPunctuation => "Ps",
        ClosePunctuation => "Pe",
        InitialPunctuation => "Pi",
        FinalPunctuation => "Pf",
        OtherPunctuation => "Po",
        MathSymbol => "Sm",
        CurrencySymbol => "Sc",
        ModifierSymbol => "Sk",
        OtherSymbol => "So",
        SpaceSeparator => "Zs",
        LineSeparator => "Zl",
        ParagraphSeparator => "Zp",
        Control => "Cc",
        Format => "Cf",
        Surrogate => "Cs",
        PrivateUse => "Co",
        _ => "Cn",
    }
}

fn ascii(code: u32) -> Option<u8> {
    u8::try_from(code).ok().filter(u8::is_ascii)
}

/// A letter of any script.
pub fn is_alpha(code: u32) -> bool {
    use GeneralCategory::*;
    match ascii(code) {
        Some(byte) => byte.is_ascii_alphabetic(),
        None => {
            matches!(category(code), UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter)
        }
    }
}

/// A letter or anything with a numeric value.
pub fn is_alnum(code: u32) -> bool {
    is_alpha(code) || is_numeric(code)
}

/// The value of a decimal digit.
pub fn decimal_value(code: u32) -> Option<u8> {
    if code < 0x80 {
        return code.checked_sub(0x30).filter(|&value| value < 10).map(|value| value as u8);
    }
    let at = DECIMAL_ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    let value = code - DECIMAL_ZEROS[at];
    (value < 10).then_some(value as u8)
}

/// The value of a digit, decimal or not.
pub fn digit_value(code: u32) -> Option<u8> {
    decimal_value(code).or_else(|| {
        let at = DIGITS.partition_point(|run| run.0 <= code).checked_sub(1)?;
        let (first, length, value) = DIGITS[at];
        (code - first < length).then(|| value + (code - first) as u8)
    })
}

/// The value of any number.
pub fn numeric_value(code: u32) -> Option<f64> {
    if let Some(digit) = digit_value(code) {
        return Some(digit as f64);
    }
    let at = NUMBERS.partition_point(|run| run.0 <= code).checked_sub(1)?;
    let (first, length, numerator, step, denominator) = NUMBERS[at];
    let place = (code - first) as i64;
    (code - first < length).then(|| (numerator + step * place) as f64 / denominator as f64)
}

/// A decimal digit of any script.
pub fn is_decimal(code: u32) -> bool {
    decimal_value(code).is_some()
}

/// A digit, superscripts and circled ones included.
pub fn is_digit(code: u32) -> bool {
    digit_value(code).is_some()
}

/// Anything with a numeric value.
pub fn is_numeric(code: u32) -> bool {
    numeric_value(code).is_some()
}

/// White space as `str.split` and `str.strip` see it.
#[inline]
pub fn is_space(code: u32) -> bool {
    match code {
        0x20 | 0x09..=0x0D | 0x1C..=0x1F => true,
        0..0x80 => false,
        0x85 | 0xA0 | 0x1680 | 0x2000..=0x200A | 0x2028 | 0x2029 | 0x202F | 0x205F | 0x3000 => true,
        _ => false,
    }
}

/// White space as `bytes.split` and `bytes.strip` see it.
#[inline]
pub fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0D)
}

/// Whether a code point ends a line for `str.splitlines`.
#[inline]
pub fn is_line_end(code: u32) -> bool {
    matches!(code, 0x0A..=0x0D | 0x1C..=0x1E | 0x85 | 0x2028 | 0x2029)
}

/// A lower-case character.
pub fn is_lower(code: u32) -> bool {
    char::from_u32(code).is_some_and(char::is_lowercase)
}

/// An upper-case character.
pub fn is_upper(code: u32) -> bool {
    char::from_u32(code).is_some_and(char::is_uppercase)
}

/// A title-case character: one of the digraphs, or a Greek capital with iota.
pub fn is_title(code: u32) -> bool {
    matches!(
        code,
        0x1C5 | 0x1C8 | 0x1CB | 0x1F2 | 0x1F88..=0x1F8F | 0x1F98..=0x1F9F | 0x1FA8..=0x1FAF | 0x1FBC | 0x1FCC | 0x1FFC
    )
}

/// A character that has a case at all.
pub fn is_cased(code: u32) -> bool {
    is_lower(code) || is_upper(code) || is_title(code)
}

/// A character that `repr` shows as itself.
pub fn is_printable(code: u32) -> bool {
    use GeneralCategory::*;
    match code {
        0x20..0x7F => true,
        0..0xA0 => false,
        _ => !matches!(
            category(code),
            Control
                | Format
                | Surrogate
                | PrivateUse
                | Unassigned
                | LineSeparator
                | ParagraphSeparator
                | SpaceSeparator
        ),
    }
}

/// A character that an identifier may start with.
pub fn is_identifier_start(code: u32) -> bool {
    char::from_u32(code).is_some_and(|c| c == '_' || unicode_ident::is_xid_start(c))
}

/// A character that an identifier may go on with.
pub fn is_identifier_continue(code: u32) -> bool {
    char::from_u32(code).is_some_and(unicode_ident::is_xid_continue)
}

/// The character with this name or alias, as `\N{...}` and `unicodedata.lookup` want it spelt.
///
/// The table forgives spaces and hyphens left out or put in; Python does not.
pub fn character_of_name(name: &str) -> Option<u32> {
    let squeeze = |name: &str| name.replace([' ', '-', '_'], "").to_ascii_uppercase();
    let found = unicode_names2::character(name)?;
    let full = unicode_names2::name(found).map(|full| full.to_string()).unwrap_or_default();
    (full.eq_ignore_ascii_case(name) || squeeze(&full) != squeeze(name)).then_some(found as u32)
}

/// `text.isidentifier()`.
pub fn is_identifier(text: &[u8]) -> bool {
    let mut codes = wtf8::code_points(text);
    codes.next().is_some_and(is_identifier_start) && codes.all(is_identifier_continue)
}

/// Whether a string is not empty and all its characters pass.
pub fn all(text: &[u8], test: fn(u32) -> bool) -> bool {
    !text.is_empty() && wtf8::code_points(text).all(test)
}

/// `text.islower()`.
pub fn is_lower_text(text: &[u8]) -> bool {
    has_one_case(text, is_lower, |code| is_upper(code) || is_title(code))
}

/// `text.isupper()`.
pub fn is_upper_text(text: &[u8]) -> bool {
    has_one_case(text, is_upper, |code| is_lower(code) || is_title(code))
}

/// Whether some character is of the case and none of the other.
fn has_one_case(text: &[u8], case: fn(u32) -> bool, other: fn(u32) -> bool) -> bool {
    let mut found = false;
    for code in wtf8::code_points(text) {
        if other(code) {
            return false;
        }
        found = found || case(code);
    }
    found
}

/// `text.istitle()`: capitals start words, small letters follow cased ones.
pub fn is_title_text(text: &[u8]) -> bool {
    let (mut found, mut after_cased) = (false, false);
    for code in wtf8::code_points(text) {
        let capital = is_upper(code) || is_title(code);
        if capital == after_cased && (capital || is_lower(code)) {
            return false;
        }
        after_cased = capital || is_lower(code);
        found |= after_cased;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_digits_are_exactly_the_category() {
        for code in 0..0x11_0000 {
            assert_eq!(is_decimal(code), category_name(code) == "Nd", "{code:x}");
        }
    }

    #[test]
    fn values() {
        let value = |c: char| numeric_value(c as u32);
        assert_eq!(value('٣'), Some(3.0));
        assert_eq!(value('²'), Some(2.0));
        assert_eq!(value('½'), Some(0.5));
        assert_eq!(value('⅞'), Some(0.875));
        assert_eq!(value('Ⅻ'), Some(12.0));
        assert_eq!(value('万'), Some(10000.0));
        assert_eq!(value('༳'), Some(-0.5));
        assert_eq!(value('a'), None);
        assert_eq!(digit_value('½' as u32), None);
        assert_eq!(digit_value('⑨' as u32), Some(9));
        assert_eq!(decimal_value('²' as u32), None);
    }

    #[test]
    fn names_are_spelt_in_full() {
        assert_eq!(character_of_name("digit one"), Some('1' as u32));
        assert_eq!(character_of_name("LF"), Some('\n' as u32));
        assert_eq!(character_of_name("CJK UNIFIED IDEOGRAPH-4E00"), Some('一' as u32));
        assert_eq!(character_of_name("TIBETAN LETTER -A"), Some('འ' as u32));
        assert_eq!(character_of_name("HANGUL SYLLABLE GA"), Some('가' as u32));
        assert_eq!(character_of_name("DIGITONE"), None);
        assert_eq!(character_of_name("NO BREAK SPACE"), None);
    }

    #[test]
    fn titles() {
        let title = |text: &str| is_title_text(text.as_bytes());
        assert!(title("Hello World"));
        assert!(title("A1B"));
        assert!(!title("A1b C") || title("A1B C"));
        assert!(!title("hello"));
        assert!(!title("HELLO"));
        assert!(!title("123"));
        assert!(title("ǅ"));
    }

    #[test]
    fn printable_and_identifiers() {
        assert!(is_printable('é' as u32));
        assert!(!is_printable(0xA0));
        assert!(!is_printable(0xD800));
        assert!(!is_printable(0x200B));
        assert!(is_identifier("_näme1".as_bytes()));
        assert!(!is_identifier(b"1a"));
        assert!(!is_identifier(b""));
    }
}
