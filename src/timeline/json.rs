//! Appends JSON to bytes: what the page and the trace consist of.
//!
//! Strings come from the program that was run, so nothing of them may end the element of a page they stand in.

/// Appends an integer in decimal digits.
pub fn integer(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends a string with its quotes. What could end a script element or begin a comment in it (`<`) and what could end
/// a line in a script are escaped too.
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut copied = 0;
    for (index, character) in text.char_indices() {
        let escape = match character {
            '"' => String::from("\\\""),
            '\\' => String::from("\\\\"),
            '\n' => String::from("\\n"),
            '\0'..='\x1f' | '<' | '>' | '&' | '\x7f' | '\u{2028}' | '\u{2029}' => {
                format!("\\u{:04x}", u32::from(character))
            }
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[copied..index]);
        out.extend_from_slice(escape.as_bytes());
        copied = index + character.len_utf8();
    }
    out.extend_from_slice(&text.as_bytes()[copied..]);
    out.push(b'"');
}

/// Appends `"name":`, after a comma unless it is the first member of its object.
pub fn key(out: &mut Vec<u8>, name: &str) {
    separate(out);
    string(out, name);
    out.push(b':');
}

/// Appends an array whose elements `element` appends.
pub fn array<T>(out: &mut Vec<u8>, elements: impl IntoIterator<Item = T>, mut element: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for item in elements {
        separate(out);
        element(out, item);
    }
    out.push(b']');
}

/// Appends the comma between two elements, where there is one before.
fn separate(out: &mut Vec<u8>) {
    if !matches!(out.last(), Some(b'[' | b'{') | None) {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests {
    use super::{array, integer, string};

    fn text(fill: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        fill(&mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn integers_of_every_length() {
        let numbers = [0, 9, 10, 12_345, u64::MAX];
        let got = text(|out| array(out, numbers, integer));
        assert_eq!(got, "[0,9,10,12345,18446744073709551615]");
    }

    #[test]
    fn strings_cannot_leave_their_element() {
        assert_eq!(text(|out| string(out, "</script>&<!--")), r#""\u003c/script\u003e\u0026\u003c!--""#);
        assert_eq!(text(|out| string(out, "a\"\\\n\0\u{2028}é")), r#""a\"\\\n\u0000\u2028é""#);
    }
}
