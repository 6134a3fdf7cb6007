//! What keys do that is not the line editor's own: Enter goes on with an incomplete input, Tab indents where there is
//! nothing to complete, Backspace takes back a step of indentation, so does the `:` of an `else:`, and all that moves
//! steps over the margin.
//!
//! The line editor lets a key take but one step at a time. What completes a word may do anything with the text, so such
//! a key leaves its edit with the `Desk` and completes.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, EventHandler, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use crate::repl::input::{self, STEP};
use crate::repl::margin::Margin;

/// What keys and completion have in common.
#[derive(Default)]
pub struct Desk {
    /// The margin of the input that is being edited.
    margin: RwLock<Margin>,
    /// What a key wants done, with the length of the text and the place of the cursor it was meant for.
    edit: Mutex<Option<(usize, usize, Edit)>>,
}

/// What a key does with the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The cursor goes to a place.
    Move(usize),
    /// A part is taken out.
    Delete(Range<usize>),
    /// A part is taken out and a text put there.
    Replace(Range<usize>, String),
}

impl Desk {
    /// The margin.
    pub fn margin(&self) -> Margin {
        self.margin.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A new input begins.
    pub fn set_margin(&self, margin: Margin) {
        *self.margin.write().unwrap_or_else(PoisonError::into_inner) = margin;
    }

    fn leave(&self, place: &Place<'_>, edit: Edit) -> Cmd {
        let left = Some((place.text.len(), place.cursor, edit));
        *self.edit.lock().unwrap_or_else(PoisonError::into_inner) = left;
        Cmd::Complete
    }

    /// What the key that completes wants done instead; nothing, if it has come too late for that.
    pub fn take_edit(&self, text: &str, cursor: usize) -> Option<Edit> {
        let (length, place, edit) = self.edit.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        (length == text.len() && place == cursor).then_some(edit)
    }
}

/// Keys and what they do.
pub fn bindings(desk: &Arc<Desk>) -> Vec<(KeyEvent, EventHandler)> {
    use KeyCode::*;
    let plain = |code| KeyEvent(code, Modifiers::NONE);
    let keys = [
        (plain(Enter), Key::Enter),
        (KeyEvent::ctrl('M'), Key::Enter),
        (KeyEvent::ctrl('J'), Key::Enter),
        (KeyEvent(Enter, Modifiers::ALT), Key::NewLine),
        (plain(Tab), Key::Tab),
        (plain(Backspace), Key::Backspace),
        (KeyEvent::ctrl('H'), Key::Backspace),
        (plain(Left), Key::Left),
        (KeyEvent::ctrl('B'), Key::Left),
        (plain(Right), Key::Right),
        (KeyEvent::ctrl('F'), Key::Right),
        (plain(Home), Key::Home),
        (KeyEvent::ctrl('A'), Key::Home),
        (plain(Delete), Key::Delete),
        (KeyEvent::ctrl('D'), Key::DeleteOrLeave),
        (KeyEvent::ctrl('K'), Key::KillToEnd),
        (KeyEvent::ctrl('U'), Key::KillToStart),
        (plain(Char(':')), Key::Colon),
        (plain(Up), Key::Up),
        (plain(Down), Key::Down),
    ];
    let handler = |key| EventHandler::Conditional(Box::new(Handler { key, desk: desk.clone() }));
    keys.into_iter().map(|(event, key)| (event, handler(key))).collect()
}

/// What a key is for.
#[derive(Clone, Copy)]
enum Key {
    Enter,
    NewLine,
    Tab,
    Backspace,
    Left,
    Right,
    Home,
    Delete,
    DeleteOrLeave,
    KillToEnd,
    KillToStart,
    Colon,
    Up,
    Down,
}

struct Handler {
    key: Key,
    desk: Arc<Desk>,
}

impl ConditionalEventHandler for Handler {
    fn handle(&self, _: &Event, count: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let margin = self.desk.margin();
        let place = Place { text: context.line(), cursor: context.pos(), margin: &margin };
        if count != 1 {
            return None;
        }
        match self.key {
            Key::Enter => Some(place.enter()),
            Key::NewLine => Some(place.new_line()),
            Key::Tab => place.tab(),
            key => place.edit(key).map(|edit| self.desk.leave(&place, edit)),
        }
    }
}

/// The text with the cursor in it.
struct Place<'text> {
    text: &'text str,
    cursor: usize,
    margin: &'text Margin,
}

impl Place<'_> {
    /// Runs a complete input, else begins a new line.
    fn enter(&self) -> Cmd {
        if input::is_complete(&self.margin.strip(self.text)) { Cmd::AcceptLine } else { self.new_line() }
    }

    fn new_line(&self) -> Cmd {
        let indentation = input::indentation(&self.margin.strip(&self.text[..self.cursor]));
        Cmd::Insert(1, format!("\n{}{}", self.margin.text(), " ".repeat(indentation)))
    }

    /// Spaces up to the next step, where the line is empty so far.
    fn tab(&self) -> Option<Cmd> {
        let own = self.before();
        own.trim().is_empty().then(|| Cmd::Insert(1, " ".repeat(STEP - own.chars().count() % STEP)))
    }

    /// What a key does with the text; None if it does what it always does.
    fn edit(&self, key: Key) -> Option<Edit> {
        match key {
            Key::Left => self.line_end_before().map(Edit::Move),
            Key::Right => self.line_start_behind().map(Edit::Move),
            Key::Up => self.above().map(Edit::Move),
            Key::Down => self.below().map(Edit::Move),
            Key::Home => Some(Edit::Move(self.start())),
            Key::KillToStart => Some(Edit::Delete(self.start()..self.cursor)),
            Key::Delete | Key::DeleteOrLeave | Key::KillToEnd => {
                self.line_start_behind().map(|start| Edit::Delete(self.cursor..start))
            }
            Key::Backspace => self.backspace(),
            Key::Colon => self.colon(),
            Key::Enter | Key::NewLine | Key::Tab => None,
        }
    }

    /// Takes back a step of indentation, or the line end and the margin.
    fn backspace(&self) -> Option<Edit> {
        let own = self.before();
        if own.is_empty() {
            return self.line_end_before().map(|end| Edit::Delete(end..self.cursor));
        }
        let is_indentation = own.bytes().all(|byte| byte == b' ');
        let count = (own.len() - 1) % STEP + 1;
        is_indentation.then(|| Edit::Delete(self.cursor - count..self.cursor))
    }

    /// Ends a line such as `else:`, which goes with a statement that is indented less than the new line was.
    fn colon(&self) -> Option<Edit> {
        let own = self.before();
        let line = own.trim_start_matches(' ');
        let indentation = own.len() - line.len();
        let first = line.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        if !self.text[self.cursor..].is_empty() || !["else", "elif", "except", "finally"].contains(&first) {
            return None;
        }
        let above = self.margin.strip(&self.text[..self.start()]);
        let fits = |spaces: &usize| {
            let spaces = " ".repeat(*spaces);
            input::is_right(&format!("{above}{spaces}{line}:\n{spaces} pass\n"))
        };
        let spaces = (0..=indentation).rev().step_by(STEP).find(fits).filter(|&spaces| spaces < indentation)?;
        Some(Edit::Replace(self.start()..self.cursor, format!("{}{line}:", " ".repeat(spaces))))
    }

    /// Where the line begins, behind its margin; the cursor, if that is in the margin.
    fn start(&self) -> usize {
        self.margin.line_start(self.text, self.cursor).min(self.cursor)
    }

    /// The text between the margin and the cursor.
    fn before(&self) -> &str {
        &self.text[self.start()..self.cursor]
    }

    /// At the start of a line: the end of the line before.
    fn line_end_before(&self) -> Option<usize> {
        self.text[..self.cursor].rfind('\n').filter(|_| self.before().is_empty())
    }

    /// At the end of a line: the start of the next.
    fn line_start_behind(&self) -> Option<usize> {
        self.text[self.cursor..].starts_with('\n').then(|| self.margin.line_start(self.text, self.cursor + 1))
    }

    /// The same column in the line before; None in the first line.
    fn above(&self) -> Option<usize> {
        let end = self.text[..self.cursor].rfind('\n')?;
        Some(self.same_column(self.margin.line_start(self.text, end)))
    }

    /// The same column in the next line; None in the last line.
    fn below(&self) -> Option<usize> {
        let next = self.cursor + self.text[self.cursor..].find('\n')? + 1;
        Some(self.same_column(self.margin.line_start(self.text, next)))
    }

    /// The place as far from the start of a line as the cursor is from that of its own.
    fn same_column(&self, start: usize) -> usize {
        let line = self.text[start..].split('\n').next().unwrap_or_default();
        let column = self.before().chars().count();
        start + line.chars().take(column).map(char::len_utf8).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<T>(text: &str, cursor: usize, test: impl FnOnce(Place<'_>) -> T) -> T {
        test(Place { text, cursor, margin: &Margin::new("... ") })
    }

    fn edit(key: Key, text: &str, cursor: usize) -> Option<Edit> {
        at(text, cursor, |place| place.edit(key))
    }

    #[test]
    fn enter_goes_on_or_runs() {
        at("x = 1", 5, |place| assert_eq!(place.enter(), Cmd::AcceptLine));
        at("if x:", 5, |place| assert_eq!(place.enter(), Cmd::Insert(1, "\n...     ".into())));
        at("if x:\n...     y\n...     ", 23, |place| assert_eq!(place.enter(), Cmd::AcceptLine));
    }

    #[test]
    fn keys_step_over_the_margin() {
        let text = "if x:\n... yz";
        assert_eq!(edit(Key::Left, text, 10), Some(Edit::Move(5)));
        assert_eq!(edit(Key::Left, text, 11), None);
        assert_eq!(edit(Key::Right, text, 5), Some(Edit::Move(10)));
        assert_eq!(edit(Key::Home, text, 12), Some(Edit::Move(10)));
        assert_eq!(edit(Key::Delete, text, 5), Some(Edit::Delete(5..10)));
        assert_eq!(edit(Key::Up, text, 12), Some(Edit::Move(2)));
        assert_eq!(edit(Key::Down, text, 1), Some(Edit::Move(11)));
        assert_eq!(edit(Key::Down, text, 4), Some(Edit::Move(12)));
        assert_eq!(edit(Key::Up, text, 0), None);
        assert_eq!(edit(Key::Left, text, 0), None);
    }

    #[test]
    fn indentation_moves_in_steps() {
        let text = "if x:\n...     ";
        assert_eq!(edit(Key::Backspace, text, 14), Some(Edit::Delete(10..14)));
        assert_eq!(edit(Key::Backspace, text, 10), Some(Edit::Delete(5..10)));
        assert_eq!(edit(Key::Backspace, "ab", 2), None);
        at(text, 14, |place| assert_eq!(place.tab(), Some(Cmd::Insert(1, "    ".into()))));
        at("ab", 2, |place| assert!(place.tab().is_none()));
    }

    #[test]
    fn a_clause_goes_with_its_statement() {
        let colon = |text: &str| edit(Key::Colon, text, text.len());
        let text = "if x:\n...     y\n...     else";
        assert_eq!(colon(text), Some(Edit::Replace(20..28, "else:".into())));
        let nested = "if x:\n...     if y:\n...         z\n...     else";
        assert_eq!(colon(nested), None);
        assert_eq!(colon("try:\n...     y\n...     except E"), Some(Edit::Replace(19..31, "except E:".into())));
        assert_eq!(colon("x = y\n...     else"), None);
        assert_eq!(colon("d = {x"), None);
    }

    #[test]
    fn keys_work_anywhere() {
        use Key::*;
        for text in ["", "\n", "a\n...", "é\n... ü\n\n... ", "... \n... ... "] {
            for cursor in (0..=text.len()).filter(|&cursor| text.is_char_boundary(cursor)) {
                for key in [Backspace, Left, Right, Home, Delete, KillToEnd, KillToStart, Colon, Up, Down] {
                    match edit(key, text, cursor) {
                        Some(Edit::Move(place)) => assert!(text.is_char_boundary(place)),
                        Some(Edit::Delete(range) | Edit::Replace(range, _)) => assert!(text.get(range).is_some()),
                        None => {}
                    }
                }
                at(text, cursor, |place| (place.enter(), place.tab()));
            }
        }
    }
}
