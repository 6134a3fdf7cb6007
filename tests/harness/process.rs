//! Runs the program under test with a time limit and in a folder of its own, and takes its outputs.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long one script may take, on a slow machine with much else to do; what a sanitizer watches takes longer.
pub const TIME_LIMIT: Duration = Duration::from_secs(if cfg!(feature = "mimalloc") { 60 } else { 240 });

/// What a finished run left behind.
#[derive(Debug)]
pub struct Finished {
    /// The exit status; 128 and the number of the signal where one ended it, as a shell has it.
    pub status: Option<i32>,
    /// Standard output; what is not UTF-8 is replaced.
    pub stdout: String,
    /// Standard error; what is not UTF-8 is replaced.
    pub stderr: String,
}

/// Runs `corolang ARGUMENTS` with the given standard input; in `folder`, or else in an empty folder of its own.
pub fn run(arguments: &[String], stdin: &str, folder: Option<&Path>) -> Result<Finished, String> {
    let scratch = if folder.is_none() { Some(Scratch::new()?) } else { None };
    let folder = folder.or(scratch.as_ref().map(|scratch| scratch.path.as_path()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_corolang"));
    command
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("COROLANG_PATH")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    heed_interrupts(&mut command);
    let mut child = command.spawn().map_err(|error| format!("cannot start corolang: {error}"))?;
    feed(&mut child, stdin.to_string());
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = wait(&mut child)?;
    Ok(Finished { status, stdout: take(&stdout)?, stderr: take(&stderr)? })
}

/// The keys that interrupt a program reach it even where whoever started the tests ignores them, as a shell does in the
/// background.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the child is changed between fork and exec")]
fn heed_interrupts(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let heed = || {
        for number in [libc::SIGINT, libc::SIGQUIT] {
            // SAFETY: signal() may be called after fork, and no handler is set.
            unsafe { libc::signal(number, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: `heed` makes system calls and touches no memory.
    unsafe { command.pre_exec(heed) };
}

#[cfg(not(unix))]
fn heed_interrupts(_: &mut Command) {}

/// Writes the input from a thread, since a script need not read it.
fn feed(child: &mut Child, text: String) {
    if let Some(mut pipe) = child.stdin.take() {
        // A script that ends without reading closes the pipe; that is no error of the test.
        thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
    }
}

/// Reads a pipe to its end from a thread.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            drop(pipe.read_to_end(&mut bytes));
        }
        drop(sender.send(bytes));
    });
    receiver
}

fn take(receiver: &Receiver<Vec<u8>>) -> Result<String, String> {
    let bytes =
        receiver.recv_timeout(TIME_LIMIT).map_err(|_| String::from("a child of the script keeps its output open"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Waits for the end of the process, at first in short steps; kills it at the time limit.
fn wait(child: &mut Child) -> Result<Option<i32>, String> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            return Ok(number(status));
        }
        if start.elapsed() > TIME_LIMIT {
            drop(child.kill());
            drop(child.wait());
            return Err(format!("still running after {} s: killed", TIME_LIMIT.as_secs()));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The exit status as a shell shows it.
pub fn number(status: ExitStatus) -> Option<i32> {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return Some(128 + signal);
    }
    status.code()
}

/// An empty folder that disappears with its owner.
pub struct Scratch {
    /// Where it is.
    pub path: PathBuf,
}

impl Scratch {
    /// A new one.
    pub fn new() -> Result<Scratch, String> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("run-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Scratch { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}
