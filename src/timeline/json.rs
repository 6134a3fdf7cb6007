//! Appends JSON to bytes: what the page and the trace consist of.

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

/// Appends a string with its quotes, escaped no more than JSON demands: there are readers that show what need not be.
pub fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut copied = 0;
    for (index, character) in text.char_indices() {
        let escape = match character {
            '"' => String::from("\\\""),
            '\\' => String::from("\\\\"),
            '\n' => String::from("\\n"),
            '\0'..='\x1f' | '\x7f' => format!("\\u{:04x}", u32::from(character)),
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
    fn strings_are_escaped_where_they_have_to_be() {
        assert_eq!(text(|out| string(out, "a\"\\\n\0<é>")), r#""a\"\\\n\u0000<é>""#);
    }
}
