//! Names of hosts as servers of names have them: ASCII, with other characters in Punycode (RFC 3490, RFC 3492).

use unicode_normalization::UnicodeNormalization;

use crate::text::codec::CodecError;

const ENCODING: &str = "idna";
/// Labels are shorter than this.
const LONGEST: usize = 64;
/// What a label in Punycode begins with.
const PREFIX: &str = "xn--";

/// The ASCII form of a name.
pub fn to_ascii(name: &str) -> Result<String, CodecError> {
    if name.is_ascii() {
        check_labels(name)?;
        return Ok(name.to_string());
    }
    let mut labels = Vec::new();
    for label in name.split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}']) {
        labels.push(label_to_ascii(label, name)?);
    }
    Ok(labels.join("."))
}

/// Only the last label may be empty, and none may be long.
fn check_labels(name: &str) -> Result<(), CodecError> {
    let mut start = 0;
    for label in name.split('.') {
        let end = start + label.len();
        if label.is_empty() && end < name.len() {
            return Err(CodecError::new(ENCODING, start, start + 1, "label empty"));
        }
        if label.len() >= LONGEST {
            return Err(CodecError::new(ENCODING, start, end, "label too long"));
        }
        start = end + 1;
    }
    Ok(())
}

fn label_to_ascii(label: &str, name: &str) -> Result<String, CodecError> {
    let wrong = |reason| CodecError::new(ENCODING, 0, name.len(), reason);
    let plain: String = label.nfkc().flat_map(char::to_lowercase).nfkc().collect();
    let ascii = match plain.is_ascii() {
        true => plain,
        false => format!("{PREFIX}{}", punycode(&plain).ok_or_else(|| wrong("label too long"))?),
    };
    if ascii.len() >= LONGEST { Err(wrong("label too long")) } else { Ok(ascii) }
}

// The numbers of RFC 3492.
const BASE: u32 = 36;
const LEAST_THRESHOLD: u32 = 1;
const GREATEST_THRESHOLD: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;
const FIRST_CODE: u32 = 128;

/// A label in Punycode; None for one that is far too long.
fn punycode(label: &str) -> Option<String> {
    let codes: Vec<u32> = label.chars().map(u32::from).collect();
    let mut output: String = label.chars().filter(char::is_ascii).collect();
    let basic = output.len() as u32;
    if basic > 0 {
        output.push('-');
    }
    let (mut code, mut delta, mut bias, mut handled) = (FIRST_CODE, 0u32, FIRST_BIAS, basic);
    while (handled as usize) < codes.len() {
        let next = codes.iter().copied().filter(|&other| other >= code).min()?;
        delta = delta.checked_add((next - code).checked_mul(handled + 1)?)?;
        code = next;
        for &other in &codes {
            if other < code {
                delta = delta.checked_add(1)?;
            }
            if other == code {
                write_number(&mut output, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        code += 1;
    }
    Some(output)
}

/// Appends a number of which every digit says whether another follows.
fn write_number(output: &mut String, number: u32, bias: u32) {
    let mut rest = number;
    for place in (BASE..).step_by(BASE as usize) {
        let threshold = place.saturating_sub(bias).clamp(LEAST_THRESHOLD, GREATEST_THRESHOLD);
        if rest < threshold {
            break;
        }
        output.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
        rest = (rest - threshold) / (BASE - threshold);
    }
    output.push(digit(rest));
}

fn digit(value: u32) -> char {
    char::from_digit((value + 10) % BASE, BASE).unwrap_or('a')
}

fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut bias = 0;
    while delta > (BASE - LEAST_THRESHOLD) * GREATEST_THRESHOLD / 2 {
        delta /= BASE - LEAST_THRESHOLD;
        bias += BASE;
    }
    bias + (BASE - LEAST_THRESHOLD + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_ascii_are_written_in_punycode() {
        let ascii = |name: &str| to_ascii(name).map_err(|error| error.reason);
        assert_eq!(ascii("Bücher.example"), Ok("xn--bcher-kva.example".into()));
        assert_eq!(ascii("ليهمابتكلموشعربي؟"), Ok("xn--egbpdaj6bu4bxfgehfvwxn".into()));
        assert_eq!(ascii("他们为什么不说中文。com"), Ok("xn--ihqwcrb4cv8a8dqg056pqjye.com".into()));
        assert_eq!(ascii("a..b"), Err("label empty"));
        assert_eq!(ascii(&"a".repeat(64)), Err("label too long"));
        assert_eq!(ascii("example.org."), Ok("example.org.".into()));
        assert_eq!(ascii(""), Ok("".into()));
    }
}
