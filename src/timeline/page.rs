//! Writes the page: `viewer/viewer.html` with its style, its scripts and the recording put in.
//!
//! The page loads nothing: its policy forbids the browser any other address.

use std::io::{self, Write};

use super::data;
use crate::object::timeline::Recording;

const MARKUP: &str = include_str!("viewer/viewer.html");
const STYLE: &str = include_str!("viewer/viewer.css");

/// The parts of the script, in the order in which they build on each other.
const SCRIPTS: [&str; 10] = [
    include_str!("viewer/model.js"),
    include_str!("viewer/text.js"),
    include_str!("viewer/axis.js"),
    include_str!("viewer/search.js"),
    include_str!("viewer/view.js"),
    include_str!("viewer/painter.js"),
    include_str!("viewer/arrows.js"),
    include_str!("viewer/panes.js"),
    include_str!("viewer/input.js"),
    include_str!("viewer/viewer.js"),
];

/// Writes the page of a recording.
pub fn write_page(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let mut page = Vec::new();
    for piece in MARKUP.split("{{") {
        match piece.split_once("}}") {
            Some((name, rest)) => {
                fill(&mut page, name, recording);
                page.extend_from_slice(rest.as_bytes());
            }
            None => page.extend_from_slice(piece.as_bytes()),
        }
    }
    out.write_all(&page)
}

/// Appends what belongs in the place `{{name}}` of the markup.
fn fill(page: &mut Vec<u8>, name: &str, recording: &Recording) {
    match name {
        "style" => page.extend_from_slice(STYLE.as_bytes()),
        "script" => SCRIPTS.iter().for_each(|script| page.extend_from_slice(script.as_bytes())),
        "recording" => {
            let mut json = Vec::new();
            data::write(&mut json, recording);
            embed(page, &json);
        }
        _ => unreachable!("viewer.html has no place {name}"),
    }
}

/// Appends JSON so that nothing in it ends the element it stands in or begins a comment there: such characters are only
/// in its strings, where they may be escaped.
fn embed(page: &mut Vec<u8>, json: &[u8]) {
    page.reserve(json.len());
    for &byte in json {
        match byte {
            b'<' => page.extend_from_slice(b"\\u003c"),
            b'>' => page.extend_from_slice(b"\\u003e"),
            b'&' => page.extend_from_slice(b"\\u0026"),
            _ => page.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::embed;

    #[test]
    fn strings_cannot_leave_their_element() {
        let mut page = Vec::new();
        embed(&mut page, b"[\"</script>&<!--\"]");
        assert_eq!(page, br#"["\u003c/script\u003e\u0026\u003c!--"]"#);
    }
}
