//! A pseudo-terminal with a program on it, and the screen that somebody would see.
#![allow(unsafe_code, reason = "pseudo-terminals are made by system calls")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// So tall that nothing scrolls away.
const ROWS: NonZero<u16> = NonZero::new(400).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// A program that runs on a terminal of its own.
pub struct Terminal {
    child: Child,
    keyboard: File,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
}

impl Terminal {
    /// Starts the program.
    pub fn start(mut command: Command) -> io::Result<Terminal> {
        let (master, slave) = open()?;
        let input = || slave.try_clone().map(Stdio::from);
        command.stdin(input()?).stdout(input()?).stderr(input()?);
        let own = || {
            // SAFETY: between fork and exec only system calls are made; descriptor 0 is the terminal.
            unsafe {
                libc::signal(libc::SIGINT, libc::SIG_DFL);
                if libc::setsid() < 0 || libc::ioctl(0, libc::TIOCSCTTY as _, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
            }
            Ok(())
        };
        // SAFETY: as said there.
        unsafe { command.pre_exec(own) };
        let child = command.spawn()?;
        drop(slave);
        let output = listen(File::from(master.try_clone()?));
        Ok(Terminal { child, keyboard: File::from(master), output, screen: vt100::Parser::new(ROWS, COLUMNS, 0) })
    }

    /// Types something.
    pub fn type_in(&mut self, keys: &[u8]) -> Result<(), String> {
        self.keyboard.write_all(keys).map_err(|error| format!("cannot type: {error}"))
    }

    /// Waits until the screen is as is wanted, for at most so long. Err if it never is.
    pub fn wait_until(&mut self, limit: Duration, mut is_so: impl FnMut(&vt100::Screen) -> bool) -> Result<(), String> {
        let start = Instant::now();
        loop {
            if is_so(self.screen.screen()) {
                return Ok(());
            }
            let left = limit.saturating_sub(start.elapsed());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout) => return Err("it does not come".into()),
                Err(RecvTimeoutError::Disconnected) => return Err("the program has ended".into()),
            }
        }
    }

    /// The screen now.
    pub fn screen(&self) -> &vt100::Screen {
        self.screen.screen()
    }

    /// Waits for the end of the program; what it still shows is on the screen.
    pub fn end(&mut self, limit: Duration) -> Result<ExitStatus, String> {
        let start = Instant::now();
        while let Ok(bytes) = self.output.recv_timeout(limit.saturating_sub(start.elapsed())) {
            self.screen.process(&bytes);
        }
        while start.elapsed() < limit {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err("the program does not end".into())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Both ends of a new pseudo-terminal.
fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let (mut master, mut slave) = (-1, -1);
    let size = libc::winsize { ws_row: ROWS.get(), ws_col: COLUMNS.get(), ws_xpixel: 0, ws_ypixel: 0 };
    let nothing = std::ptr::null_mut();
    // SAFETY: the call fills in the descriptors, and reads the size.
    let made = unsafe { libc::openpty(&mut master, &mut slave, nothing, nothing.cast(), (&raw const size) as *mut _) };
    if made != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptors were just made, and are nobody else's.
    let ends = unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
    // SAFETY: the program is to have its own end only.
    unsafe { libc::fcntl(ends.0.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    unsafe { libc::fcntl(ends.1.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    Ok(ends)
}

/// Reads the terminal from a thread, until nobody writes to it any more.
fn listen(mut terminal: File) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut room = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut room) {
            if sender.send(room[..count].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}
