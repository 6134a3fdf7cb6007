//! What is printed while one types: it goes above the prompt, line by line.
//!
//! The thread of the interpreter leaves its output here, and a thread of its own hands that to the line editor, which
//! may take its time. A line that has no end yet waits for it, at the longest until the input is done.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustyline::ExternalPrinter;

/// Whoever prints more than this many bytes ahead of the editor waits for it,
const FULL: usize = 1 << 20;
/// but no longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

/// The output that is on its way to the prompt.
#[derive(Clone, Default)]
pub struct Above(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    /// Is there a prompt that things go above?
    is_editing: bool,
    text: Vec<u8>,
}

impl Above {
    /// Nothing on its way yet; the printer shows what comes. Without one all is written at once.
    pub fn new(printer: Option<impl ExternalPrinter + Send + 'static>) -> std::io::Result<Above> {
        let above = Above::default();
        if let Some(printer) = printer {
            let own = above.clone();
            std::thread::Builder::new().name("above the prompt".into()).spawn(move || own.print(printer))?;
        }
        Ok(above)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes output, if there is a prompt that it has to go above.
    pub fn take(&self, bytes: &[u8]) -> bool {
        let mut state = self.state();
        if !state.is_editing {
            return false;
        }
        state.text.extend_from_slice(bytes);
        self.0.1.notify_all();
        let is_full = |state: &mut State| state.is_editing && state.text.len() > FULL;
        drop(self.0.1.wait_timeout_while(state, PATIENCE, is_full));
        true
    }

    /// A prompt appears.
    pub fn begin(&self) {
        self.state().is_editing = true;
        self.0.1.notify_all();
    }

    /// The prompt is done with: what is left is written.
    pub fn end(&self) {
        let mut state = self.state();
        state.is_editing = false;
        let text = std::mem::take(&mut state.text);
        let mut output = std::io::stdout();
        let _ = output.write_all(&text).and_then(|()| output.flush());
        self.0.1.notify_all();
    }

    /// Hands whole lines to the editor, for ever.
    fn print(&self, mut printer: impl ExternalPrinter) {
        loop {
            let mut state = self.state();
            let lines = loop {
                if let Some(end) = memchr::memrchr(b'\n', &state.text).filter(|_| state.is_editing) {
                    break state.text.drain(..=end).collect::<Vec<u8>>();
                }
                state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            self.0.1.notify_all();
            if printer.print(String::from_utf8_lossy(&lines).into_owned()).is_err() {
                return;
            }
        }
    }
}
