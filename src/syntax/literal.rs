//! Literals: where a number ends, and what numbers, strings and bytes mean.
//!
//! In comes the text of one literal, out goes a constant or what is wrong with it, at an offset into that text. Where
//! strings end is the lexer's business. Strings are WTF-8, because `"\ud800"` is one.

use std::rc::Rc;

use num_bigint::BigInt;

use super::ast::Constant;

/// What is wrong with a literal: the range of its text and the message.
pub type Fault = (std::ops::Range<usize>, String);

/// Decimal integers longer than this are refused, since reading them takes time quadratic in their length.
const MOST_DECIMAL_DIGITS: usize = 4300;

/// The words that may follow a number without a space (`1if x else 2`).
const AFTER_NUMBER: [&str; 8] = ["and", "else", "for", "if", "in", "is", "not", "or"];

/// The length of the number that `text` begins with.
pub fn number_length(text: &str) -> Result<usize, Fault> {
    let bytes = text.as_bytes();
    let (length, kind) = match (bytes[0], bytes.get(1)) {
        (b'0', Some(b'x' | b'X')) => (based(bytes, 16, "hexadecimal")?, "hexadecimal"),
        (b'0', Some(b'o' | b'O')) => (based(bytes, 8, "octal")?, "octal"),
        (b'0', Some(b'b' | b'B')) => (based(bytes, 2, "binary")?, "binary"),
        _ => decimal(bytes)?,
    };
    verify_end(text, length, kind)?;
    Ok(length)
}

/// The length of a number with a prefix of its base.
fn based(bytes: &[u8], base: u32, kind: &str) -> Result<usize, Fault> {
    let mut end = 2;
    loop {
        let underscore = bytes.get(end) == Some(&b'_');
        let digits = end + usize::from(underscore);
        end = digits;
        while bytes.get(end).is_some_and(|&byte| (byte as char).is_digit(base)) {
            end += 1;
        }
        if let Some(&digit) = bytes.get(end).filter(|byte| byte.is_ascii_digit()) {
            return Err((end..end + 1, format!("invalid digit '{}' in {kind} literal", digit as char)));
        }
        if end == digits {
            return Err((0..end, format!("invalid {kind} literal")));
        }
        if bytes.get(end) != Some(&b'_') {
            return Ok(end);
        }
    }
}

/// The end of a run of decimal digits with single underscores between them.
fn digits(bytes: &[u8], mut end: usize) -> Result<usize, Fault> {
    loop {
        while bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        if bytes.get(end) != Some(&b'_') {
            return Ok(end);
        }
        end += 1;
        if !bytes.get(end).is_some_and(u8::is_ascii_digit) {
            return Err((0..end, "invalid decimal literal".into()));
        }
    }
}

/// The length of a decimal integer, a float or an imaginary number, and which it is.
fn decimal(bytes: &[u8]) -> Result<(usize, &'static str), Fault> {
    let whole = digits(bytes, 0)?;
    let mut end = whole;
    if bytes.get(end) == Some(&b'.') {
        end += 1;
        if bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end = digits(bytes, end)?;
        }
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(bytes, end + 1 + sign)?;
        } else if sign == 1 {
            return Err((0..end + 1, "invalid decimal literal".into()));
        }
    }
    if let Some(b'j' | b'J') = bytes.get(end) {
        return Ok((end + 1, "imaginary"));
    }
    if end == whole && bytes[0] == b'0' && bytes[..end].iter().any(|byte| matches!(byte, b'1'..=b'9')) {
        let message =
            "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
        return Err((0..end, message.into()));
    }
    Ok((end, "decimal"))
}

/// Refuses a number that runs into a name, but for the operators and keywords that may follow one.
fn verify_end(text: &str, length: usize, kind: &str) -> Result<(), Fault> {
    let rest = &text[length..];
    let word_length = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
    let word = &rest[..word_length];
    if word.is_empty() || !word.is_ascii() || AFTER_NUMBER.contains(&word) {
        return Ok(());
    }
    Err((0..length + word_length, format!("invalid {kind} literal")))
}

/// The value of a number whose form `number_length` has found right.
pub fn number(text: &str) -> Result<Constant, Fault> {
    let without;
    let mut digits = text;
    if text.contains('_') {
        without = text.replace('_', "");
        digits = &without;
    }
    let base = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 10,
    };
    if base != 10 {
        return Ok(integer(&digits[2..], base));
    }
    if let Some(imaginary) = digits.strip_suffix(['j', 'J']) {
        return Ok(Constant::Imaginary(imaginary.parse().unwrap_or(f64::INFINITY)));
    }
    if digits.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Ok(Constant::Float(digits.parse().unwrap_or(f64::INFINITY)));
    }
    if digits.len() > MOST_DECIMAL_DIGITS {
        let message = format!(
            "Exceeds the limit ({MOST_DECIMAL_DIGITS} digits) for integer string conversion: value has {} digits; use \
             sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals to \
             avoid decimal conversion limits.",
            digits.len()
        );
        return Err((0..text.len(), message));
    }
    Ok(integer(digits, 10))
}

/// The integer with these digits.
fn integer(digits: &str, base: u32) -> Constant {
    match i64::from_str_radix(digits, base) {
        Ok(small) => Constant::Int(small),
        Err(_) => Constant::BigInt(Rc::new(BigInt::parse_bytes(digits.as_bytes(), base).unwrap_or_default())),
    }
}

/// The value of the body of a string, WTF-8; `raw` leaves backslashes alone.
pub fn string(body: &str, raw: bool) -> Result<Vec<u8>, Fault> {
    let mut value = Vec::with_capacity(body.len());
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let plain = plain_length(&bytes[at..], raw);
        value.extend_from_slice(&bytes[at..at + plain]);
        at += plain;
        match bytes.get(at) {
            None => break,
            Some(b'\r') => at += line_end(bytes, at, &mut value),
            Some(_) => at = escape(body, at, &mut value)?,
        }
    }
    Ok(value)
}

/// The value of the body of bytes.
pub fn bytes(body: &str, raw: bool) -> Result<Vec<u8>, Fault> {
    if !body.is_ascii() {
        return Err((0..body.len(), "bytes can only contain ASCII literal characters".into()));
    }
    let mut value = Vec::with_capacity(body.len());
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let plain = plain_length(&bytes[at..], raw);
        value.extend_from_slice(&bytes[at..at + plain]);
        at += plain;
        match (bytes.get(at), bytes.get(at + 1)) {
            (None, _) => break,
            (Some(b'\r'), _) => at += line_end(bytes, at, &mut value),
            (Some(_), Some(b'x')) => {
                let digits = hexadecimal(&body[at + 2..], 2);
                let Some(code) = digits else {
                    return Err((at..at + 2, format!("(value error) invalid \\x escape at position {at}")));
                };
                value.push(code as u8);
                at += 4;
            }
            _ => at = simple_escape(bytes, at, &mut value),
        }
    }
    Ok(value)
}

/// How many bytes stand for themselves.
fn plain_length(bytes: &[u8], raw: bool) -> usize {
    bytes.iter().position(|&byte| byte == b'\r' || byte == b'\\' && !raw).unwrap_or(bytes.len())
}

/// Takes `\r` or `\r\n` as `\n`; its length.
fn line_end(bytes: &[u8], at: usize, value: &mut Vec<u8>) -> usize {
    value.push(b'\n');
    1 + usize::from(bytes.get(at + 1) == Some(&b'\n'))
}

/// The escapes that strings and bytes share; the offset after it. An unknown one stands for itself.
fn simple_escape(bytes: &[u8], at: usize, value: &mut Vec<u8>) -> usize {
    let Some(&letter) = bytes.get(at + 1) else {
        value.push(b'\\');
        return at + 1;
    };
    let byte = match letter {
        b'\n' => return at + 2,
        b'\r' => return at + 2 + usize::from(bytes.get(at + 2) == Some(&b'\n')),
        b'\\' | b'\'' | b'"' => letter,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        b'0'..=b'7' => {
            let (code, length) = octal(&bytes[at + 1..]);
            value.push(code as u8);
            return at + 1 + length;
        }
        _ => {
            value.push(b'\\');
            return at + 1;
        }
    };
    value.push(byte);
    at + 2
}

/// Up to three octal digits: their value and how many there are.
fn octal(bytes: &[u8]) -> (u32, usize) {
    let length = bytes.iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    (bytes[..length].iter().fold(0, |code, &digit| code * 8 + u32::from(digit - b'0')), length)
}

/// Exactly `length` hexadecimal digits.
fn hexadecimal(text: &str, length: usize) -> Option<u32> {
    let digits = text.get(..length).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// An escape of a string; the offset after it.
fn escape(body: &str, at: usize, value: &mut Vec<u8>) -> Result<usize, Fault> {
    let bytes = body.as_bytes();
    let (length, form) = match bytes.get(at + 1) {
        Some(b'x') => (2, "\\xXX"),
        Some(b'u') => (4, "\\uXXXX"),
        Some(b'U') => (8, "\\UXXXXXXXX"),
        Some(b'N') => return named(body, at, value),
        Some(b'0'..=b'7') => {
            let (code, length) = octal(&bytes[at + 1..]);
            push_code_point(value, code);
            return Ok(at + 1 + length);
        }
        _ => return Ok(simple_escape(bytes, at, value)),
    };
    let Some(code) = hexadecimal(&body[at + 2..], length) else {
        let digits = bytes[at + 2..].iter().take(length).take_while(|byte| byte.is_ascii_hexdigit()).count();
        return Err(unicode_fault(body, at, 2 + digits, &format!("truncated {form} escape")));
    };
    if code > 0x10FFFF {
        return Err(unicode_fault(body, at, 2 + length, "illegal Unicode character"));
    }
    push_code_point(value, code);
    Ok(at + 2 + length)
}

/// The first escape that is none, or an octal one that is no byte, and which of the two it is.
pub fn doubtful_escape(body: &str, is_bytes: bool) -> Option<(std::ops::Range<usize>, bool)> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|&byte| byte == b'\\') {
        at += found;
        let next = body[at + 1..].chars().next()?;
        match next {
            '0'..='7' => {
                let (code, length) = octal(&bytes[at + 1..]);
                if code > 0xff {
                    return Some((at..at + 1 + length, true));
                }
            }
            '\n' | '\r' | '\\' | '\'' | '"' | 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => {}
            'u' | 'U' | 'N' if !is_bytes => {}
            _ => return Some((at..at + 1 + next.len_utf8(), false)),
        }
        at += 1 + next.len_utf8();
    }
    None
}

/// `\N{name of a character}`
fn named(body: &str, at: usize, value: &mut Vec<u8>) -> Result<usize, Fault> {
    let name = body[at + 2..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(name, _)| name);
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let length = body[at + 2..].find(['}', '\\']).unwrap_or(body.len() - at - 2) + 2;
        let length = if body[at + 2..].starts_with('{') { length } else { 2 };
        return Err(unicode_fault(body, at, length, "malformed \\N character escape"));
    };
    let length = 2 + 1 + name.len() + 1;
    match unicode_names2::character(name) {
        Some(character) => push_code_point(value, character as u32),
        None => return Err(unicode_fault(body, at, length, "unknown Unicode character name")),
    }
    Ok(at + length)
}

/// A fault in CPython's words, which count positions in characters from the start of the body.
fn unicode_fault(body: &str, at: usize, length: usize, what: &str) -> Fault {
    let start = body[..at].chars().count();
    let end = start + body[at..at + length].chars().count() - 1;
    let message = format!("(unicode error) 'unicodeescape' codec can't decode bytes in position {start}-{end}: {what}");
    (at..at + length, message)
}

/// Appends a code point, which may be a surrogate, as WTF-8. A pair of surrogates from two escapes stays a pair.
fn push_code_point(value: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(character) => value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        None => value.extend_from_slice(&[
            0xE0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3F) as u8,
            0x80 | (code & 0x3F) as u8,
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_they_should() {
        for (text, length) in [
            ("1_000+", 5),
            ("0xfor x", 3),
            ("1if", 1),
            ("1.5e-3j]", 7),
            ("1..real", 2),
            (".5.", 2),
            ("00", 2),
            ("09.5", 4),
            ("0_0", 3),
            ("1e5", 3),
            ("1else", 1),
            ("0b1_0,", 5),
        ] {
            assert_eq!(number_length(text), Ok(length), "{text}");
        }
    }

    #[test]
    fn bad_numbers_are_named() {
        for (text, message) in [
            ("1__0", "invalid decimal literal"),
            ("1_", "invalid decimal literal"),
            ("1abc", "invalid decimal literal"),
            ("1e", "invalid decimal literal"),
            ("1e+", "invalid decimal literal"),
            ("1jx", "invalid imaginary literal"),
            ("0x", "invalid hexadecimal literal"),
            ("0x__f", "invalid hexadecimal literal"),
            ("0b12", "invalid digit '2' in binary literal"),
            ("0o8", "invalid digit '8' in octal literal"),
        ] {
            assert_eq!(number_length(text).unwrap_err().1, message, "{text}");
        }
        assert!(number_length("0_7").unwrap_err().1.starts_with("leading zeros"));
    }

    #[test]
    fn numbers_have_values() {
        assert_eq!(number("0xFF_FF"), Ok(Constant::Int(65535)));
        assert_eq!(number("1_0.5e1"), Ok(Constant::Float(105.0)));
        assert_eq!(number("2J"), Ok(Constant::Imaginary(2.0)));
        assert_eq!(number("1e999"), Ok(Constant::Float(f64::INFINITY)));
        assert!(matches!(number("18446744073709551616"), Ok(Constant::BigInt(_))));
    }

    #[test]
    fn escapes_have_values() {
        assert_eq!(
            string(
                r"a\n\x41\101\u00e9\q\
b",
                false
            ),
            Ok("a\nAAé\\qb".as_bytes().to_vec())
        );
        assert_eq!(string("\\ud800", false), Ok(vec![0xED, 0xA0, 0x80]));
        assert_eq!(string("\\N{greek small letter alpha}", false), Ok("α".as_bytes().to_vec()));
        assert_eq!(string("a\r\nb\rc", false), Ok(b"a\nb\nc".to_vec()));
        assert_eq!(string("\\", true), Ok(b"\\".to_vec()));
        assert_eq!(bytes(r"\xff\377\N", false), Ok(b"\xff\xff\\N".to_vec()));
    }

    #[test]
    fn bad_escapes_are_named() {
        let message = |body| string(body, false).unwrap_err().1;
        assert!(message("é\\x4").ends_with("in position 1-3: truncated \\xXX escape"));
        assert!(message("\\U00110000").ends_with("in position 0-9: illegal Unicode character"));
        assert!(message("\\N{nothing at all}").ends_with("unknown Unicode character name"));
        assert!(message("\\N").ends_with("in position 0-1: malformed \\N character escape"));
        assert_eq!(bytes("a\\x", false).unwrap_err().1, "(value error) invalid \\x escape at position 1");
    }
}
