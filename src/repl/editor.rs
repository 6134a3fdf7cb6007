//! The line editor on its thread: what it shows while one types, and how the session hears of what was typed.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::time::Duration;

use rustyline::completion::Completer;
use rustyline::config::{BellStyle, ColorMode, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::Validator;
use rustyline::{Changeset, Config, Helper};

use crate::object::signals;
use crate::repl::above::Above;
use crate::repl::keys::{self, Desk, Edit};
use crate::repl::margin::Margin;
use crate::repl::question::{Question, ask};
use crate::repl::{highlight, history, paste};

/// So long Tab waits for an answer of an interpreter that has something else to do.
const PATIENCE: Duration = Duration::from_millis(500);

/// What comes from the editor.
pub enum Event {
    /// Text was entered, with margins taken out.
    Text(String),
    /// Ctrl-C at the prompt.
    Interrupted,
    /// Ctrl-D at an empty prompt, or the terminal is gone.
    End,
    /// Something was typed that cannot be read.
    Unreadable(String),
    /// Tab: what could the word be?
    Complete(Question, String, SyncSender<Vec<String>>),
}

/// The editor, as the session sees it.
pub struct Editor {
    prompts: Sender<(String, String)>,
    events: Receiver<Event>,
    wake: UnixStream,
    /// What is printed while one types.
    pub above: Above,
}

impl Editor {
    /// Starts the thread. None if this terminal can do no more than show lines.
    pub fn start(colour: bool) -> Option<Editor> {
        let (wake, waker) = UnixStream::pair().ok()?;
        wake.set_nonblocking(true).ok()?;
        waker.set_nonblocking(true).ok()?;
        let (prompts, asked) = mpsc::channel();
        let (sender, events) = mpsc::channel();
        let reporter = Reporter { events: sender, waker };
        let desk = Arc::new(Desk::default());
        let mut lines = line_editor(colour, &desk).ok()?;
        let above = Above::new(lines.create_external_printer().ok()).ok()?;
        let own = above.clone();
        let assistant = Assistant {
            desk: desk.clone(),
            reporter: reporter.clone()?,
            colour,
            shows_partner: Cell::new(true),
            edit: Cell::new(None),
        };
        lines.set_helper(Some(assistant));
        let run = move || Thread { lines, desk, reporter, above: own, history: None }.run(&asked);
        std::thread::Builder::new().name("line editor".into()).spawn(run).ok()?;
        Some(Editor { prompts, events, wake, above })
    }

    /// Shows a prompt; false if the thread is gone.
    pub fn prompt(&self, first: &str, second: &str) -> bool {
        self.prompts.send((first.to_string(), second.to_string())).is_ok()
    }

    /// What has come, if anything has.
    pub fn poll(&self) -> Option<Event> {
        let mut wake = &self.wake;
        while wake.read(&mut [0; 64]).is_ok_and(|count| count > 0) {}
        match self.events.try_recv() {
            Ok(event) => Some(event),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => Some(Event::End),
        }
    }

    /// Waits for something to come.
    pub fn wait(&self) -> Event {
        self.events.recv().unwrap_or(Event::End)
    }

    /// Can be read from when something has come.
    pub fn descriptor(&self) -> RawFd {
        self.wake.as_raw_fd()
    }
}

type Lines = rustyline::Editor<Assistant, FileHistory>;

fn line_editor(colour: bool, desk: &Arc<Desk>) -> rustyline::Result<Lines> {
    let config = Config::builder()
        .max_history_size(history::LONGEST)?
        .history_ignore_dups(true)?
        .auto_add_history(false)
        .completion_type(CompletionType::List)
        .completion_show_all_if_ambiguous(true)
        .bell_style(BellStyle::None)
        .color_mode(if colour { ColorMode::Forced } else { ColorMode::Disabled })
        .build();
    let mut lines = Lines::with_config(config)?;
    for (event, handler) in keys::bindings(desk) {
        lines.bind_sequence(event, handler);
    }
    Ok(lines)
}

/// Has more been typed already? What comes in a burst gets its colours when that is over, not with each character.
#[allow(unsafe_code, reason = "asks the system")]
fn more_is_typed() -> bool {
    let mut input = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
    // SAFETY: the call reads and fills in one entry, and does not wait.
    unsafe { libc::poll(&mut input, 1, 0) == 1 }
}

/// Sends events, and wakes the interpreter for them.
struct Reporter {
    events: Sender<Event>,
    waker: UnixStream,
}

impl Reporter {
    fn clone(&self) -> Option<Reporter> {
        Some(Reporter { events: self.events.clone(), waker: self.waker.try_clone().ok()? })
    }

    fn send(&self, event: Event) -> bool {
        let is_heard = self.events.send(event).is_ok();
        // One that is full wakes as well.
        let _ = (&self.waker).write_all(b"!");
        is_heard
    }
}

/// The thread: it shows a prompt when it is asked to, and reports what was typed.
struct Thread {
    lines: Lines,
    desk: Arc<Desk>,
    reporter: Reporter,
    above: Above,
    history: Option<PathBuf>,
}

impl Thread {
    fn run(mut self, asked: &Receiver<(String, String)>) {
        signals::leave_to_others();
        self.history = history::file();
        if let Some(file) = &self.history {
            let _ = self.lines.load_history(file);
        }
        while let Ok((first, second)) = asked.recv() {
            let event = self.read(&first, Margin::new(&second));
            if !self.reporter.send(event) {
                return;
            }
        }
    }

    fn read(&mut self, prompt: &str, margin: Margin) -> Event {
        self.desk.set_margin(margin.clone());
        self.begin_line();
        self.above.begin();
        let lines = &mut self.lines;
        // Texts of more lines than a terminal can have are more than the editor counts with.
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lines.readline(prompt)));
        self.above.end();
        match read {
            Ok(Ok(text)) => {
                self.remember(&text);
                // A transcript has prompts of its own.
                Event::Text(if paste::is_transcript(&text) { text } else { margin.strip(&text) })
            }
            Ok(Err(ReadlineError::Interrupted)) => Event::Interrupted,
            Ok(Err(ReadlineError::Io(error))) if error.kind() == io::ErrorKind::InvalidData => {
                Event::Unreadable("what was typed is not valid UTF-8".into())
            }
            Ok(Err(_)) => Event::End,
            Err(_) => Event::Unreadable("the input has too many lines".into()),
        }
    }

    /// The prompt begins a line, wherever output has left the cursor: as many spaces as a line has reach the next line
    /// from anywhere but its start.
    fn begin_line(&mut self) {
        let Some((columns, _)) = self.lines.dimensions() else { return };
        let mut output = io::stdout();
        let spaces = " ".repeat(columns as usize);
        let _ = write!(output, "{spaces}\r\x1b[K").and_then(|()| output.flush());
    }

    fn remember(&mut self, text: &str) {
        if text.trim().is_empty() || text.len() > history::LONGEST_INPUT {
            return;
        }
        // The empty line that ended a block ends it when it comes back, too.
        let _ = self.lines.add_history_entry(text);
        if let Some(file) = &self.history {
            let _ = self.lines.append_history(file);
        }
    }
}

/// What helps while one types.
struct Assistant {
    desk: Arc<Desk>,
    reporter: Reporter,
    colour: bool,
    /// Is the text still being edited, so that the bracket at the cursor stands out?
    shows_partner: Cell<bool>,
    /// What is done in the place of a completion.
    edit: Cell<Option<Edit>>,
}

impl Helper for Assistant {}
impl Hinter for Assistant {
    type Hint = String;
}
impl Validator for Assistant {}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        if line.len() > highlight::LONGEST {
            return Cow::Borrowed(line);
        }
        let cursor = Some(cursor).filter(|_| self.shows_partner.get());
        Cow::Owned(highlight::highlight(line, cursor, &self.desk.margin()))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        match self.colour && !prompt.contains('\x1b') {
            true => Cow::Owned(format!("\x1b[1;32m{prompt}\x1b[0m")),
            false => Cow::Borrowed(prompt),
        }
    }

    fn highlight_char(&self, line: &str, cursor: usize, kind: CmdKind) -> bool {
        self.shows_partner.set(kind != CmdKind::ForcedRefresh);
        line.len() <= highlight::LONGEST
            && !(kind == CmdKind::Other && more_is_typed())
            && (kind != CmdKind::MoveCursor || highlight::has_partner(line, cursor, &self.desk.margin()))
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        if let Some(edit) = self.desk.take_edit(line, cursor) {
            self.edit.set(Some(edit));
            return Ok((cursor, vec![String::new()]));
        }
        let text = self.desk.margin().strip(&line[..cursor]);
        let Some((question, start)) = ask(&text) else { return Ok((cursor, Vec::new())) };
        let word = text[start..].to_string();
        let start = cursor - word.len();
        let (sender, answer) = mpsc::sync_channel(1);
        self.reporter.send(Event::Complete(question, word, sender));
        Ok((start, answer.recv_timeout(PATIENCE).unwrap_or_default()))
    }

    fn update(&self, line: &mut LineBuffer, start: usize, elected: &str, changes: &mut Changeset) {
        match self.edit.take() {
            Some(Edit::Move(place)) => line.set_pos(place),
            Some(Edit::Delete(range)) => line.replace(range, "", changes),
            Some(Edit::Replace(range, text)) => line.replace(range, &text, changes),
            None => line.replace(start..line.pos(), elected, changes),
        }
    }
}
