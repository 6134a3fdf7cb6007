//! The margin: the second prompt, in front of every line of an input but the first.
//!
//! The line editor knows no prompt for continued lines, so the margin is part of the text that is edited: it is put in
//! with each new line, the keys step over it, and it is taken out before anybody reads the text. A line without one,
//! as pasted, stays as it is.

/// The text of the second prompt.
#[derive(Clone, Debug, Default)]
pub struct Margin(String);

impl Margin {
    /// The margin of a second prompt; one with a line end in it would be no margin.
    pub fn new(prompt: &str) -> Margin {
        Margin(if prompt.contains('\n') { String::new() } else { prompt.to_string() })
    }

    /// The text of it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// How many bytes of a continued line are its margin.
    pub fn length_in(&self, line: &str) -> usize {
        if !self.0.is_empty() && line.starts_with(&self.0) {
            return self.0.len();
        }
        // An editor may have left out the spaces at the end of an empty line.
        let bare = self.0.trim_end();
        if !bare.is_empty() && line == bare { bare.len() } else { 0 }
    }

    /// The text without margins.
    pub fn strip(&self, text: &str) -> String {
        let mut stripped = String::with_capacity(text.len());
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                stripped.push('\n');
            }
            stripped.push_str(if index == 0 { line } else { &line[self.length_in(line)..] });
        }
        stripped
    }

    /// Where the text of the line around a place begins, behind its margin.
    pub fn line_start(&self, text: &str, place: usize) -> usize {
        let start = text[..place].rfind('\n').map_or(0, |end| end + 1);
        let end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        if start == 0 { 0 } else { start + self.length_in(&text[start..end]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_are_taken_out() {
        let margin = Margin::new("... ");
        assert_eq!(margin.strip("if x:\n...     y\n...\n    z\n... ..."), "if x:\n    y\n\n    z\n...");
        assert_eq!(margin.strip("... x"), "... x");
        assert_eq!(Margin::new("").strip("a\n... b"), "a\n... b");
    }

    #[test]
    fn a_line_begins_behind_its_margin() {
        let margin = Margin::new("... ");
        assert_eq!(margin.line_start("ab\n... cd", 9), 7);
        assert_eq!(margin.line_start("ab\ncd", 4), 3);
        assert_eq!(margin.line_start("ab", 1), 0);
    }
}
