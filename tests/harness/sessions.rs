//! Sessions of the REPL on a terminal: each tests/repl/NAME.session says what is typed and what must be seen.
//!
//! The first character of a line says what it is, and a space follows:
//!
//! ```text
//!     #  a comment                      $  a variable of the environment, NAME=VALUE
//!     >  a line typed at a prompt       |  keys typed at a prompt, without Enter
//!     -  keys typed at once             _  waits until the cursor is in an empty row
//!     =  a line that must be seen       ~  the same, of which this is a part
//!     !  what must be nowhere           %  a colour (0 to 7) and a text that has it
//!     @  arguments of the command       +  a file and a line of it
//!     ?  the exit status
//! ```
//!
//! What must be seen is waited for, below what was seen before it. Keys are written `<tab>`, `<ctrl-c>`, `<up>` and so
//! on; `<xff>` is a byte.

#[cfg(not(unix))]
pub fn trials() -> Vec<libtest_mimic::Trial> {
    Vec::new()
}

#[cfg(unix)]
pub use on_unix::trials;

#[cfg(unix)]
mod on_unix {
    use crate::harness::process::{self, Scratch, TIME_LIMIT, number};
    use crate::harness::terminal::Terminal;
    use crate::harness::walk;
    use libtest_mimic::{Failed, Trial};
    use std::fs;
    use std::io::Write;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::time::Duration;

    /// How long something may take to appear: machines that test are busy.
    const PATIENCE: Duration = TIME_LIMIT.saturating_mul(2);

    /// One trial for each session.
    pub fn trials() -> Vec<Trial> {
        let folder = walk::root().join("tests/repl");
        let sessions = walk::files(&folder, "session").into_iter();
        let session = |path: PathBuf| {
            let name = format!("repl::{}", walk::short_name(&path, &folder));
            Trial::test(name, move || run(&path).map_err(Failed::from))
        };
        sessions.map(session).chain(long_inputs()).collect()
    }

    /// What nobody types, piped in.
    fn long_inputs() -> impl Iterator<Item = Trial> {
        let inputs = [
            ("a_long_line", format!("len('{}')\n", "x".repeat(1 << 20)), "1048576\n"),
            ("many_brackets", format!("{}\n7\n", "(".repeat(1 << 20)), "7\n"),
            ("an_open_string", format!("'''{}", "x\n".repeat(2000)), ""),
            ("null_characters", String::from("x = '\0'\n7\n"), "7\n"),
        ];
        inputs.into_iter().map(|(name, input, expected)| {
            Trial::test(format!("repl::input::{name}"), move || {
                let finished = process::run(&[String::from("-i")], &input, None)?;
                match finished.stdout == expected && finished.status == Some(0) {
                    true => Ok(()),
                    false => Err(Failed::from(format!("{finished:?}").chars().take(2000).collect::<String>())),
                }
            })
        })
    }

    fn run(path: &Path) -> Result<(), String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let scratch = Scratch::new()?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_corolang"));
        let scratch_file = |name: &str| scratch.path.join(name);
        command.current_dir(&scratch.path).env_remove("NO_COLOR").env_remove("COROLANG_PATH").env("TERM", "xterm");
        command.env("COROLANG_HISTORY", scratch_file("history")).env_remove("TERM_PROGRAM");
        for line in text.lines() {
            let rest = line.get(2..).unwrap_or_default();
            match line.as_bytes().first() {
                Some(b'$') => {
                    let (name, value) = rest.split_once('=').ok_or("a variable has a value")?;
                    command.env(name, value);
                }
                Some(b'@') => {
                    command.args(rest.split(' '));
                }
                Some(b'+') => {
                    let (name, line) = rest.split_once(' ').unwrap_or((rest, ""));
                    let file = fs::OpenOptions::new().append(true).create(true).open(scratch_file(name));
                    file.and_then(|mut file| writeln!(file, "{line}")).map_err(|error| error.to_string())?;
                }
                _ => {}
            }
        }
        let terminal = Terminal::start(command).map_err(|error| format!("cannot start: {error}"))?;
        let mut session = Session { terminal, row: 0 };
        for (index, line) in text.lines().enumerate() {
            let done = session.step(line);
            done.map_err(|problem| {
                format!("line {}: {line}\n{problem}; the screen:\n{}", index + 1, session.terminal.screen().contents())
            })?;
        }
        Ok(())
    }

    struct Session {
        terminal: Terminal,
        /// The first row that has not been looked at.
        row: usize,
    }

    impl Session {
        fn step(&mut self, line: &str) -> Result<(), String> {
            let rest = line.get(2..).unwrap_or_default();
            match line.as_bytes().first() {
                Some(b'>') => self.enter(rest),
                Some(b'|') => {
                    self.prompt()?;
                    let before = self.terminal.screen().contents();
                    self.terminal.type_in(&keys(rest)?)?;
                    // The program may end by it.
                    let _ = self.terminal.wait_until(PATIENCE, |screen| screen.contents() != before);
                    Ok(())
                }
                Some(b'_') => {
                    self.terminal.wait_until(PATIENCE, |screen| row(screen, screen.cursor_position().0).is_empty())
                }
                Some(b'-') => self.terminal.type_in(&keys(rest)?),
                Some(b'=') => self.see(|row| row == rest),
                Some(b'~') => self.see(|row| row.contains(rest)),
                Some(b'!') => match self.terminal.screen().contents().contains(rest) {
                    true => Err("it is there".into()),
                    false => Ok(()),
                },
                Some(b'%') => self.see_colour(rest),
                Some(b'?') => {
                    let status = number(self.terminal.end(PATIENCE)?);
                    let is_so = rest.parse().ok() == status;
                    if is_so { Ok(()) } else { Err(format!("the exit status is {status:?}")) }
                }
                Some(b'#' | b'$' | b'@' | b'+') | None => Ok(()),
                Some(_) => Err("no line of a session begins so".into()),
            }
        }

        /// Types a line when there is a prompt with nothing behind it, and waits until it is taken.
        fn enter(&mut self, text: &str) -> Result<(), String> {
            let mut keys = keys(text)?;
            keys.push(b'\r');
            let prompt = self.prompt()?;
            self.terminal.type_in(&keys)?;
            self.terminal.wait_until(PATIENCE, |screen| screen.cursor_position().0 > prompt)
        }

        /// Waits for a prompt with nothing behind it: its row.
        fn prompt(&mut self) -> Result<u16, String> {
            let mut prompt = 0;
            self.terminal.wait_until(PATIENCE, |screen| {
                prompt = screen.cursor_position().0;
                let row = row(screen, prompt);
                row == ">>>" || row == "..."
            })?;
            Ok(prompt)
        }

        /// Waits for a row below the last one that was seen.
        fn see(&mut self, is_it: impl Fn(&str) -> bool) -> Result<(), String> {
            let first = self.row;
            let mut found = None;
            self.terminal.wait_until(PATIENCE, |screen| {
                found =
                    screen.rows(0, 80).enumerate().skip(first).find(|(_, row)| is_it(row.trim_end())).map(|row| row.0);
                found.is_some()
            })?;
            self.row = found.map_or(0, |row| row + 1);
            Ok(())
        }

        /// Waits for a text in a colour, anywhere.
        fn see_colour(&mut self, wanted: &str) -> Result<(), String> {
            let (colour, text) = wanted.split_once(' ').ok_or("a colour and a text")?;
            let colour = vt100::Color::Idx(colour.parse().map_err(|_| "a colour is a number")?);
            self.terminal.wait_until(PATIENCE, |screen| {
                let rows = screen.rows(0, 80).enumerate();
                let mut places = rows.filter_map(|(row, shown)| Some((row, shown.find(text)?)));
                places.any(|(row, column)| {
                    screen.cell(row as u16, column as u16).is_some_and(|cell| cell.fgcolor() == colour)
                })
            })
        }
    }

    fn row(screen: &vt100::Screen, row: u16) -> String {
        screen.rows(0, 80).nth(row as usize).unwrap_or_default().trim_end().to_string()
    }

    /// What a terminal sends for keys.
    fn keys(text: &str) -> Result<Vec<u8>, String> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find('<') {
            keys.extend_from_slice(&rest.as_bytes()[..start]);
            let known = rest[start + 1..].split_once('>').and_then(|(name, behind)| Some((key(name)?, behind)));
            match known {
                Some((key, behind)) => {
                    keys.extend(key);
                    rest = behind;
                }
                None => {
                    keys.push(b'<');
                    rest = &rest[start + 1..];
                }
            }
        }
        keys.extend_from_slice(rest.as_bytes());
        Ok(keys)
    }

    fn key(name: &str) -> Option<Vec<u8>> {
        let bytes: &[u8] = match name {
            "tab" => b"\t",
            "enter" => b"\r",
            "alt-enter" => b"\x1b\r",
            "backspace" => b"\x7f",
            "up" => b"\x1b[A",
            "down" => b"\x1b[B",
            "right" => b"\x1b[C",
            "left" => b"\x1b[D",
            "home" => b"\x1b[H",
            "end" => b"\x1b[F",
            "paste" => b"\x1b[200~",
            "pasted" => b"\x1b[201~",
            _ => {
                if let Some(letter) = name.strip_prefix("ctrl-") {
                    return Some(vec![letter.bytes().next()? & 0x1f]);
                }
                return Some(vec![u8::from_str_radix(name.strip_prefix('x')?, 16).ok()?]);
            }
        };
        Some(bytes.to_vec())
    }
}
