//! `re.escape`: a backslash before each character that means something in a pattern.

/// The text with its special characters escaped; the same for str and bytes.
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 8);
    for &byte in text {
        if is_special(byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

fn is_special(byte: u8) -> bool {
    b"()[]{}?*+-|^$\\.&~# \t\n\r\x0b\x0c".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn only_special_characters_are_escaped() {
        assert_eq!(escape(b"a_1.b*[c] \n"), b"a_1\\.b\\*\\[c\\]\\ \\\n");
        assert_eq!(escape("é/!%\"',:;<=>@`".as_bytes()), "é/!%\"',:;<=>@`".as_bytes());
        assert_eq!(escape(b""), b"");
    }
}
