//! What was pasted: transcripts of other prompts lose their prompts and outputs, indented blocks what all of their
//! lines have in common.

/// The prompts of transcripts.
const PROMPTS: [&str; 2] = [">>>", "..."];

/// The inputs in a text: one, or those of a transcript in order.
pub fn inputs(text: &str) -> Vec<String> {
    if is_transcript(text) { of_transcript(text) } else { vec![without_common_indentation(text)] }
}

/// Does the text begin with the prompt of a transcript?
pub fn is_transcript(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    behind_prompt(first, PROMPTS[0]).is_some()
}

/// A line behind its prompt, if it has that.
fn behind_prompt<'line>(line: &'line str, prompt: &str) -> Option<&'line str> {
    let rest = line.trim_start().strip_prefix(prompt)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

/// The inputs of a transcript: a line with the first prompt begins one, those with the second go on with it, and all
/// others are outputs.
fn of_transcript(text: &str) -> Vec<String> {
    let mut inputs: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines() {
        if let Some(rest) = behind_prompt(line, PROMPTS[0]) {
            inputs.push(rest.to_string());
            goes_on = true;
        } else if let Some(rest) = behind_prompt(line, PROMPTS[1]).filter(|_| goes_on) {
            if let Some(input) = inputs.last_mut() {
                input.push('\n');
                input.push_str(rest);
            }
        } else {
            goes_on = false;
        }
    }
    inputs.retain(|input| !input.trim().is_empty());
    inputs
}

/// The text without the indentation that all of its lines have. A first line without any is as it was typed.
fn without_common_indentation(text: &str) -> String {
    let filled = || text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = filled().next() else { return text.to_string() };
    let mut common = &first[..first.len() - first.trim_start_matches([' ', '\t']).len()];
    for line in filled() {
        let same = common.bytes().zip(line.bytes()).take_while(|(a, b)| a == b).count();
        common = &common[..same];
    }
    if common.is_empty() {
        return text.to_string();
    }
    let lines: Vec<&str> =
        text.split('\n').map(|line| line.strip_prefix(common).unwrap_or(line.trim_start())).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_text_is_one_input() {
        assert_eq!(inputs("x = 1\n\ny"), ["x = 1\n\ny"]);
        assert_eq!(inputs(""), [""]);
    }

    #[test]
    fn indented_blocks_move_left() {
        assert_eq!(inputs("    a\n\n      b\n    c"), ["a\n\n  b\nc"]);
        assert_eq!(inputs("\tif x:\n\t    y"), ["if x:\n    y"]);
        assert_eq!(inputs("if x:\n    y"), ["if x:\n    y"]);
    }

    #[test]
    fn transcripts_lose_prompts_and_outputs() {
        let text = ">>> x = 1\n>>> for i in x:\n...     i\n...\n0\n1\n>>> x\n1\n... not an input\n";
        assert_eq!(inputs(text), ["x = 1", "for i in x:\n    i\n", "x"]);
        assert_eq!(inputs("    >>> 1 >> 2\n    0\n"), ["1 >> 2"]);
    }
}
