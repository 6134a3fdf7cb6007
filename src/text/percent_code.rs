//! Percent-encoding, as URLs and forms have it, and text of bytes that are not quite UTF-8.

/// Decodes `%XX`, and `+` as a blank if `plus` says so. What is no code stays.
pub fn unquote(bytes: &[u8], plus: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut left = bytes;
    while let [first, rest @ ..] = left {
        left = rest;
        match (*first, rest) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.push(digit(*high) << 4 | digit(*low));
                left = after;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
    }
    out
}

fn digit(byte: u8) -> u8 {
    (byte as char).to_digit(16).unwrap_or(0) as u8
}

/// Encodes what is neither an unreserved character of URLs nor one of `safe`.
pub fn quote(bytes: &[u8], safe: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (byte.is_ascii() && safe.contains(&byte)) {
            out.push(byte as char);
        } else {
            out.push('%');
            for half in [byte >> 4, byte & 15] {
                out.push(b"0123456789ABCDEF"[half as usize] as char);
            }
        }
    }
    out
}

/// The bytes as those of a str: UTF-8 stays, each other byte becomes a low surrogate (`surrogateescape`).
pub fn escape_surrogates(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        for &byte in chunk.invalid() {
            // U+DC80 to U+DCFF in three bytes.
            out.extend_from_slice(&[0xED, 0xB0 | byte >> 6, 0x80 | byte & 0x3F]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_there_and_back() {
        assert_eq!(unquote(b"a%20b+c%zz%4", false), b"a b+c%zz%4");
        assert_eq!(unquote(b"a+b%2B", true), b"a b+");
        assert_eq!(quote("a b/é~".as_bytes(), b"/"), "a%20b/%C3%A9~");
        assert_eq!(escape_surrogates(b"a\xff"), b"a\xED\xB3\xBF");
    }
}
