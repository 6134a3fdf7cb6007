//! A diagnostic, and the one place that renders.
//!
//! Lexer, parser and compiler say what is wrong with a text in these terms; nothing else prints a source excerpt.
//! What is printed is bounded, however long the lines are, and what could confuse a terminal is escaped. Messages are
//! CPython's, since scripts see and people search them; what they leave open is said beside them: by who found the
//! error where it takes the place to know, else by `advice`.

mod advice;

use std::ops::Range;

use codespan_reporting::diagnostic::{self as codespan, Label};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::{self, Config, Styles, StylesWriter, termcolor::Ansi};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::source::{Source, Span};

/// Lines longer than this many characters are cut to a window around what is marked.
const WIDEST_LINE: usize = 160;
/// How much of such a line is shown before what is marked.
const BEFORE_MARK: usize = 60;
/// Of a span over more lines only the first line is marked.
const MOST_LINES: u32 = 4;
/// Longer lines are not shown again with the error mended.
const LONGEST_MENDED: usize = 72;

/// What is wrong with a source text, where, and what might help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The exception a script sees: `SyntaxError`, `IndentationError` or `TabError`.
    pub class: &'static str,
    /// What is wrong; the message of that exception.
    pub message: String,
    /// What is shown instead where that says too little.
    pub heading: Option<String>,
    /// Where it is wrong.
    pub span: Span,
    /// A word at that place, maybe empty.
    pub label: String,
    /// Other places that matter, each with a word.
    pub more: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
    /// Could more text make it right? A prompt then asks for another line.
    pub at_end_of_input: bool,
}

impl Diagnostic {
    /// A `SyntaxError` with nothing but its message.
    pub fn syntax(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::of_class("SyntaxError", message, span)
    }

    /// An `IndentationError` with nothing but its message.
    pub fn indentation(message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::of_class("IndentationError", message, span)
    }

    /// One of the given class.
    pub fn of_class(class: &'static str, message: impl Into<String>, span: Span) -> Diagnostic {
        let (message, label) = (message.into(), String::new());
        Diagnostic { class, message, heading: None, span, label, more: Vec::new(), help: None, at_end_of_input: false }
    }

    /// A `SyntaxError` that is no more than "invalid syntax" to a script, and shown with better words.
    pub fn invalid(heading: impl Into<String>, span: Span) -> Diagnostic {
        let diagnostic = Diagnostic::syntax("invalid syntax", span);
        Diagnostic { heading: Some(heading.into()), ..diagnostic }
    }

    /// With a word at its place.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// With another place.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.more.push((span, label.into()));
        self
    }

    /// With advice.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// With the line as it should be: some of its text replaced. Lines that are not read at a glance are left out.
    pub fn mend(mut self, source: &Source, span: Span, replacement: &str) -> Diagnostic {
        let (line, start) = (source.line(span.start), source.line_start(source.line(span.start)));
        let text = source.line_text(line);
        let (from, to) = ((span.start - start) as usize, (span.end - start) as usize);
        let (Some(before), Some(behind)) = (text.get(..from), text.get(to..)) else {
            return self;
        };
        let mended = format!("{before}{replacement}{behind}");
        let mended = mended.trim();
        if mended.contains('`') || mended.chars().count() > LONGEST_MENDED {
            return self;
        }
        self.help = Some(match self.help {
            Some(help) => format!("{help}: `{mended}`"),
            None => format!("write `{mended}`"),
        });
        self
    }

    /// As one that more text could make right.
    pub fn at_end(mut self) -> Diagnostic {
        self.at_end_of_input = true;
        self
    }
}

/// A diagnostic for the terminal: its message, the lines it speaks of, its help.
pub fn render(diagnostic: &Diagnostic, source: &Source, colour: bool) -> String {
    let mut excerpt = Excerpt::new(source);
    let (label, help) = advice::complete(diagnostic);
    let mut labels = vec![excerpt.label(codespan::LabelStyle::Primary, diagnostic.span, &label)];
    for (span, text) in diagnostic.more.iter().take(3) {
        labels.push(excerpt.label(codespan::LabelStyle::Secondary, *span, text));
    }
    let notes = help.iter().map(|help| format!("help: {}", escaped(help))).collect();
    let heading = diagnostic.heading.as_ref().unwrap_or(&diagnostic.message);
    let text = emit(&mut excerpt, labels, heading, notes, colour);
    // The heading is codespan's; the class of the exception is the better word for it.
    text.replacen("error", diagnostic.class, 1)
}

/// What goes with an exception whose traceback ends in a line: a word at its place and help, both maybe empty.
pub fn advice_of_exception(line: &str) -> (String, String) {
    advice::of_exception(line).unwrap_or_default()
}

/// A place that an excerpt shows.
#[derive(Clone, Copy)]
pub struct Marked<'text> {
    /// What is marked.
    pub span: Span,
    /// The part of it that is marked more, or all of it.
    pub part: Span,
    /// A word beside the mark, maybe empty.
    pub label: &'text str,
    /// Lines below.
    pub notes: &'text [String],
}

impl Marked<'_> {
    /// A span with nothing more to be said.
    pub fn plain(span: Span) -> Marked<'static> {
        Marked { span, part: span, label: "", notes: &[] }
    }
}

/// The lines of a place with the marks below them, for tracebacks.
pub fn render_excerpt(source: &Source, marked: Marked<'_>, colour: bool) -> String {
    let Marked { span, part, label, notes } = marked;
    let mut excerpt = Excerpt::new(source);
    let mut labels = vec![excerpt.label(codespan::LabelStyle::Primary, part, label)];
    if part != span {
        labels.push(excerpt.label(codespan::LabelStyle::Secondary, span, ""));
    }
    let notes = notes.iter().map(|note| escaped(note)).collect();
    let text = emit(&mut excerpt, labels, "", notes, colour);
    text.split_once('\n').map_or(String::new(), |(_, lines)| lines.to_owned())
}

/// Has codespan-reporting print it. The labels hold places in the source.
fn emit(
    excerpt: &mut Excerpt<'_>,
    mut labels: Vec<Label<()>>,
    message: &str,
    mut notes: Vec<String>,
    colour: bool,
) -> String {
    for label in &labels {
        excerpt.take_lines(label.range.clone());
    }
    excerpt.finish();
    labels.retain_mut(|label| {
        let place = label.range.clone();
        label.range = excerpt.place(place.start)..excerpt.place(place.end);
        let is_seen = label.style == codespan::LabelStyle::Primary || !label.range.is_empty();
        if !is_seen && !place.is_empty() {
            // It is in the part of a long line that was cut off.
            notes.push(format!("{}: {}", excerpt.position(place.start), label.message));
        }
        is_seen
    });
    let report = codespan::Diagnostic::error().with_message(escaped(message)).with_labels(labels).with_notes(notes);
    let config = Config { start_context_lines: MOST_LINES as usize, ..Config::default() };
    let printed = match colour {
        false => term::emit_into_string(&config, excerpt, &report).ok(),
        true => {
            let mut writer = Ansi::new(Vec::new());
            let styles = Styles::default();
            let result =
                term::emit_to_write_style(&mut StylesWriter::new(&mut writer, &styles), &config, excerpt, &report);
            result.ok().and_then(|()| String::from_utf8(writer.into_inner()).ok())
        }
    };
    let printed = printed.unwrap_or_else(|| format!("error: {}\n", escaped(message)));
    // A line of an excerpt never ends in spaces.
    let mut tidy = String::with_capacity(printed.len());
    for line in printed.trim_end().lines() {
        tidy.push_str(line.trim_end());
        tidy.push('\n');
    }
    tidy
}

/// The lines to be shown, cut and escaped, in the form that codespan-reporting reads.
struct Excerpt<'source> {
    source: &'source Source,
    name: String,
    /// The places in the source that have to be seen.
    marks: Vec<Range<usize>>,
    /// The text made of the lines.
    text: String,
    /// The lines, in order.
    lines: Vec<Line>,
}

/// One line of an excerpt.
struct Line {
    /// Its number, counted from 1.
    number: u32,
    /// Its place in the text of the excerpt.
    range: Range<usize>,
    /// For each character, and for the end: its place in the source and its place in the text of the excerpt.
    places: Vec<(usize, usize)>,
}

impl<'source> Excerpt<'source> {
    /// An excerpt without lines yet.
    fn new(source: &'source Source) -> Excerpt<'source> {
        let (marks, text, lines) = (Vec::new(), String::new(), Vec::new());
        Excerpt { source, name: escaped(&source.name), marks, text, lines }
    }

    /// A label at a place in the source, cut to its first line if it has too many.
    fn label(&self, style: codespan::LabelStyle, span: Span, text: &str) -> Label<()> {
        let length = self.source.text.len();
        let start = floor(&self.source.text, (span.start as usize).min(length));
        let mut end = floor(&self.source.text, (span.end as usize).clamp(start, length));
        let line = self.source.line(start as u32);
        // A span that ends with a line ends before the next one.
        let last = self.source.line(end.saturating_sub(1).max(start) as u32);
        if last > line || self.source.line(end as u32) > line {
            let shown = if last - line < MOST_LINES { last } else { line };
            end = end.min(self.line_end(shown));
        }
        Label::new(style, (), start..end.max(start)).with_message(escaped(text))
    }

    /// The offset behind the text of a line.
    fn line_end(&self, line: u32) -> usize {
        self.source.line_start(line) as usize + self.source.line_text(line).len()
    }

    /// Asks for the lines of a place.
    fn take_lines(&mut self, range: Range<usize>) {
        self.marks.push(range);
    }

    /// Makes the text of all lines that were asked for, and of those right behind them.
    fn finish(&mut self) {
        let mut numbers = Vec::new();
        for mark in &self.marks {
            let (first, last) = (self.source.line(mark.start as u32), self.source.line(mark.end as u32));
            numbers.extend(first..=last + 1);
        }
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            self.push_line(number);
        }
    }

    /// Appends a line, cut to a window around the first mark in it.
    fn push_line(&mut self, number: u32) {
        let line = self.source.line_text(number);
        let base = self.source.line_start(number) as usize;
        let mark = self.marks.iter().find(|mark| (base..=base + line.len()).contains(&mark.start));
        let mark = mark.map_or(0, |mark| mark.start - base);
        let window = window(line, mark);
        let start = self.text.len();
        let mut places = Vec::new();
        if window.start > 0 {
            self.text.push('…');
        }
        for (index, character) in line[window.clone()].char_indices() {
            places.push((base + window.start + index, self.text.len()));
            push_escaped(&mut self.text, character);
        }
        places.push((base + window.end, self.text.len()));
        if window.end < line.len() {
            self.text.push('…');
        }
        self.text.push('\n');
        self.lines.push(Line { number, range: start..self.text.len(), places });
    }

    /// The name of the source with the line and the column of a place.
    fn position(&self, offset: usize) -> String {
        let line = self.source.line(offset as u32);
        let start = self.source.line_start(line) as usize;
        let column = self.source.text[start..offset].chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    /// Where a place in the source is in the text of the excerpt.
    fn place(&self, offset: usize) -> usize {
        let number = self.source.line(offset as u32);
        let Some(line) = self.lines.iter().find(|line| line.number == number) else {
            return 0;
        };
        let index = line.places.partition_point(|&(place, _)| place < offset).min(line.places.len() - 1);
        line.places[index].1
    }
}

impl<'files> Files<'files> for Excerpt<'_> {
    type FileId = ();
    type Name = &'files str;
    type Source = &'files str;

    fn name(&'files self, (): ()) -> Result<&'files str, Error> {
        Ok(&self.name)
    }

    fn source(&'files self, (): ()) -> Result<&'files str, Error> {
        Ok(&self.text)
    }

    fn line_index(&'files self, (): (), place: usize) -> Result<usize, Error> {
        let index = self.lines.partition_point(|line| line.range.end <= place).min(self.lines.len().saturating_sub(1));
        let line = self.lines.get(index).ok_or(Error::FileMissing)?;
        Ok(line.number as usize - 1)
    }

    fn line_range(&'files self, (): (), index: usize) -> Result<Range<usize>, Error> {
        let line = self.lines.iter().find(|line| line.number as usize == index + 1);
        Ok(line.map_or(0..0, |line| line.range.clone()))
    }

    fn column_number(&'files self, (): (), index: usize, place: usize) -> Result<usize, Error> {
        let line = self.lines.iter().find(|line| line.number as usize == index + 1).ok_or(Error::FileMissing)?;
        let character = line.places.partition_point(|&(_, shown)| shown < place).min(line.places.len() - 1);
        let before = line.places[character].0 - self.source.line_start(line.number) as usize;
        let text = self.source.line_text(line.number);
        Ok(text.get(..before).map_or(0, |text| text.chars().count()) + 1)
    }
}

/// The part of a long line to be shown when `mark` has to be seen.
fn window(line: &str, mark: usize) -> Range<usize> {
    if line.len() <= WIDEST_LINE {
        return 0..line.len();
    }
    let mark = floor(line, mark.min(line.len()));
    let before = line[..mark].char_indices().rev().take(BEFORE_MARK).last().map_or(mark, |(index, _)| index);
    let start = if before <= 8 { 0 } else { before };
    let end = line[start..].char_indices().nth(WIDEST_LINE).map_or(line.len(), |(index, _)| start + index);
    start..end
}

/// The next character boundary at or before `offset`.
fn floor(text: &str, mut offset: usize) -> usize {
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// Text in which nothing can confuse a terminal.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        if character == '\n' { result.push('\n') } else { push_escaped(&mut result, character) }
    }
    result
}

/// Appends a character, or its code where it is a control character, invisible or turns the direction of writing.
fn push_escaped(text: &mut String, character: char) {
    let code = character as u32;
    let is_joiner = matches!(character, '\u{200C}' | '\u{200D}');
    let is_hidden = !character.is_ascii()
        && (get_general_category(character) == GeneralCategory::Format || matches!(character, '\u{2028}' | '\u{2029}'));
    if character != '\t' && character.is_control() {
        text.push_str(&format!("\\x{code:02x}"));
    } else if is_hidden && !is_joiner {
        text.push_str(&format!("\\u{code:04x}"));
    } else {
        text.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_shows_its_lines() {
        let source = Source::new("a.co", "if x\n    y\n");
        let diagnostic = Diagnostic::syntax("expected ':'", Span::new(4, 5)).label("here").help("add it");
        let expected = "\
SyntaxError: expected ':'
  ┌─ a.co:1:5
  │
1 │ if x
  │     ^ here
  │
  = help: add it
";
        assert_eq!(render(&diagnostic, &source, false), expected);
        assert!(render(&diagnostic, &source, true).contains("\u{1b}["));
    }

    #[test]
    fn an_excerpt_marks_a_part_and_has_notes() {
        let source = Source::new("a.co", "y = left + right\n");
        let notes = ["help: add numbers".to_owned()];
        let marked = Marked { span: Span::new(4, 16), part: Span::new(9, 10), label: "", notes: &notes };
        let expected = "  ┌─ a.co:1:10
  │
1 │ y = left + right
  │     -----^------
  │
  = help: add numbers
";
        assert_eq!(render_excerpt(&source, marked, false), expected);
    }

    #[test]
    fn an_excerpt_marks_a_range() {
        let source = Source::new("a.co", "x = 1\ny = f(x) + g(x)\n");
        let expected = "  ┌─ a.co:2:12
  │
2 │ y = f(x) + g(x)
  │            ^^^^ raised here
";
        let marked = Marked { label: "raised here", ..Marked::plain(Span::new(17, 21)) };
        assert_eq!(render_excerpt(&source, marked, false), expected);
    }

    #[test]
    fn long_lines_are_cut() {
        let text = format!("{}é + bad + {}", "é".repeat(1_000_000), "x".repeat(1_000_000));
        let source = Source::new("a.co", &text);
        let at = text.find("bad").unwrap() as u32;
        let shown = render_excerpt(&source, Marked::plain(Span::new(at, at + 3)), false);
        assert!(shown.len() < 1000, "{shown}");
        assert!(shown.contains("é + bad + x") && shown.contains("^^^") && shown.contains("a.co:1:1000005"), "{shown}");
    }

    #[test]
    fn control_characters_are_escaped() {
        let source = Source::new("a.co", "x = '\u{1b}[31m\u{202e}' y\n");
        let shown = render_excerpt(&source, Marked::plain(Span::new(14, 15)), false);
        assert!(shown.contains("x = '\\x1b[31m\\u202e' y"), "{shown}");
    }

    #[test]
    fn spans_of_many_lines_are_cut() {
        let source = Source::new("a.co", &"f(\n".repeat(1000));
        let shown = render_excerpt(&source, Marked::plain(Span::new(0, 3000)), false);
        assert!(shown.lines().count() < 10, "{shown}");
        let few = render_excerpt(&source, Marked::plain(Span::new(0, 8)), false);
        assert!(few.lines().count() < 10, "{few}");
    }

    #[test]
    fn places_at_the_ends_are_shown() {
        for text in ["", "\n", "x", "x\n", "x\r\n\r\n", "é"] {
            let source = Source::new("a.co", text);
            let end = text.len() as u32;
            for start in 0..=end {
                render_excerpt(&source, Marked::plain(Span::new(start, end)), false);
                render_excerpt(&source, Marked::plain(Span::new(start, start)), false);
                render_excerpt(&source, Marked::plain(Span::new(end + 5, start)), true);
            }
        }
    }
}
