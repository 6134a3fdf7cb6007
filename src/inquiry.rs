//! Asking a running program what it does: the way of `corolang tasks` to it, and of its answer back.
//!
//! Who asks listens at a socket named for the process that is asked, in a folder that is the user's alone, and sends
//! SIGQUIT. The program, when it gets to that, connects to every socket there is for it and writes its answer; where
//! there is none the signal came from the keyboard, and the answer is for the standard error output. What the answer
//! says is not for this file to know.
#![allow(unsafe_code)]

use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So long a program has to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// So often it is looked whether it does.
const LOOK: Duration = Duration::from_millis(5);

/// So long a program lets whoever asked take in what it writes.
const WRITE_PATIENCE: Duration = Duration::from_secs(2);

const SUFFIX: &str = ".socket";

/// The folders in which those who ask listen: whoever has only one of them in common with the other finds him there.
fn folders() -> impl Iterator<Item = PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let temporary = std::env::temp_dir().join(format!("corolang-{}", own_user()));
    runtime.map(|folder| folder.join("corolang")).into_iter().chain([temporary])
}

fn own_user() -> u32 {
    // SAFETY: the call takes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Is it a folder, no link to one, that nobody but this user may look into?
fn check_folder(folder: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(folder)?;
    match found.is_dir() && found.uid() == own_user() && found.mode() & 0o077 == 0 {
        true => Ok(()),
        false => Err(io::Error::other("it is no folder of this user's alone")),
    }
}

// ----- the program that is asked

/// Those who ask this process and wait for the answer.
pub fn askers() -> Vec<UnixStream> {
    let prefix = format!("{}-", std::process::id());
    let entries =
        folders().filter(|folder| check_folder(folder).is_ok()).filter_map(|folder| fs::read_dir(folder).ok());
    let mut askers = Vec::new();
    for entry in entries.flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with(&prefix) && name.ends_with(SUFFIX)) {
            continue;
        }
        match UnixStream::connect(entry.path()) {
            Ok(asker) => {
                let _ = asker.set_write_timeout(Some(WRITE_PATIENCE));
                askers.push(asker);
            }
            // Whoever listened there has gone without putting it away.
            Err(_) => drop(fs::remove_file(entry.path())),
        }
    }
    askers
}

// ----- who asks

/// The sockets at which one listens for the answer; they are put away with it.
struct Ears(Vec<(UnixListener, PathBuf)>);

impl Ears {
    fn open(process: u32) -> Result<Ears, String> {
        let mut ears = Ears(Vec::new());
        let mut problem = String::new();
        for folder in folders() {
            match listen(&folder, process) {
                Ok(ear) => ears.0.push(ear),
                Err(error) => problem = format!("nothing can be asked by way of {}: {error}", folder.display()),
            }
        }
        if ears.0.is_empty() { Err(problem) } else { Ok(ears) }
    }

    /// The first who has something to say.
    fn accept(&self) -> Option<UnixStream> {
        self.0.iter().find_map(|(listener, _)| listener.accept().ok()).map(|(stream, _)| stream)
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        for (_, path) in &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

fn listen(folder: &Path, process: u32) -> io::Result<(UnixListener, PathBuf)> {
    if let Err(error) = DirBuilder::new().mode(0o700).create(folder)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    check_folder(folder)?;
    let path = folder.join(format!("{process}-{}{SUFFIX}", std::process::id()));
    // One of that name is of a process that had this number before.
    let _ = fs::remove_file(&path);
    let listener = UnixListener::bind(&path)?;
    listener.set_nonblocking(true)?;
    Ok((listener, path))
}

/// Asks a process for its tree and gives what it answers, or why there is no answer.
pub fn ask(process: u32) -> Result<String, String> {
    let asked = Asked::look(process)?;
    let ears = Ears::open(process)?;
    send_signal(process)?;
    let deadline = Instant::now() + PATIENCE;
    let mut stream = loop {
        match ears.accept() {
            Some(stream) => break stream,
            None if Instant::now() < deadline && exists(process) => std::thread::sleep(LOOK),
            None if !exists(process) => return Err(format!("process {process} has ended without an answer")),
            None => return Err(asked.no_answer()),
        }
    };
    let mut answer = String::new();
    let is_taken = stream.set_nonblocking(false).and_then(|()| stream.set_read_timeout(Some(PATIENCE)));
    match is_taken.and_then(|()| stream.read_to_string(&mut answer)) {
        Ok(_) => Ok(answer),
        Err(error) => Err(format!("the answer of process {process} breaks off: {error}")),
    }
}

/// Sends a signal to a process; 0 is none, and only says whether it could be sent.
fn kill(process: u32, signal: i32) -> io::Result<()> {
    let process = i32::try_from(process).map_err(|_| io::Error::from_raw_os_error(libc::ESRCH))?;
    // SAFETY: the call takes numbers.
    match unsafe { libc::kill(process, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn send_signal(process: u32) -> Result<(), String> {
    kill(process, libc::SIGQUIT).map_err(|error| format!("process {process} cannot be asked: {error}"))
}

fn exists(process: u32) -> bool {
    kill(process, 0).is_ok()
}

/// What is known of the process that is asked.
struct Asked {
    process: u32,
    /// The name of its program.
    name: String,
    /// Does it stand still, so that it will not answer?
    is_stopped: bool,
}

impl Asked {
    /// Looks whether a process is one that the signal does no harm to.
    fn look(process: u32) -> Result<Asked, String> {
        match kill(process, 0) {
            Err(error) if error.raw_os_error() == Some(libc::EPERM) => Err(of_another_user(process)),
            Err(_) => Err(format!("there is no process {process}")),
            Ok(()) if process == 0 => Err("there is no process 0".to_string()),
            Ok(()) => Asked::inspect(process),
        }
    }

    #[cfg(target_os = "linux")]
    fn inspect(process: u32) -> Result<Asked, String> {
        let unknown = |error| format!("nothing is known of process {process}: {error}");
        let status = fs::read_to_string(format!("/proc/{process}/status")).map_err(unknown)?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_string()
        };
        let user = field("Uid").split_whitespace().nth(1).and_then(|user| user.parse().ok());
        if user != Some(own_user()) {
            return Err(of_another_user(process));
        }
        let name = program_name(process).unwrap_or_else(|| field("Name"));
        if !is_corolang(&name) {
            return Err(format!("process {process} ({name}) is no Corolang program"));
        }
        let caught = u64::from_str_radix(&field("SigCgt"), 16).unwrap_or(0);
        if caught & 1 << (libc::SIGQUIT - 1) == 0 {
            return Err(format!(
                "process {process} ({name}) does not run a program, or lets nobody ask: SIGQUIT has no handler there"
            ));
        }
        Ok(Asked { process, name, is_stopped: field("State").starts_with(['T', 't']) })
    }

    /// Elsewhere nothing tells which signals a process handles: that it runs this program has to be enough.
    #[cfg(not(target_os = "linux"))]
    fn inspect(process: u32) -> Result<Asked, String> {
        let output = std::process::Command::new("ps")
            .args(["-o", "uid=,stat=,comm=", "-p", &process.to_string()])
            .output()
            .map_err(|error| format!("nothing is known of process {process}, since ps cannot be run: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
        let (user, rest) = text.split_once(char::is_whitespace).unwrap_or_default();
        let (state, command) = rest.trim_start().split_once(char::is_whitespace).unwrap_or_default();
        if user.parse() != Ok(own_user()) {
            return Err(of_another_user(process));
        }
        let name = Path::new(command.trim()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !is_corolang(&name) {
            return Err(format!("process {process} ({name}) is no Corolang program, as far as ps can tell"));
        }
        Ok(Asked { process, name, is_stopped: state.starts_with('T') })
    }

    fn no_answer(&self) -> String {
        let Asked { process, name, is_stopped } = self;
        let why = match is_stopped {
            true => "it is stopped",
            false => "it is in a long computation of the library, or handles SIGQUIT itself",
        };
        format!("process {process} ({name}) has not answered for {} seconds: {why}", PATIENCE.as_secs())
    }
}

fn of_another_user(process: u32) -> String {
    format!("process {process} is of another user")
}

/// The name of the file that a process runs, which may have been put in the place of another since.
#[cfg(target_os = "linux")]
fn program_name(process: u32) -> Option<String> {
    let file = fs::read_link(format!("/proc/{process}/exe")).ok()?;
    let name = file.file_name()?.to_string_lossy().into_owned();
    Some(name.strip_suffix(" (deleted)").map_or(name.clone(), String::from))
}

/// Is that the name of a program that runs Corolang? It may be called otherwise, as the one that asks is then.
fn is_corolang(name: &str) -> bool {
    let own = std::env::current_exe().ok();
    let own = own.as_deref().and_then(Path::file_name).map(|own| own.to_string_lossy().into_owned());
    name == "corolang" || own.is_some_and(|own| own.trim_end_matches(" (deleted)") == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_program_of_ours_is_never_sent_the_signal() {
        assert_eq!(Asked::look(0).err().as_deref(), Some("there is no process 0"));
        assert_eq!(Asked::look(u32::MAX).err().as_deref(), Some("there is no process 4294967295"));
        let mut other = std::process::Command::new("sleep").arg("60").spawn().expect("there is such a program");
        let refusal = ask(other.id()).expect_err("it cannot answer");
        assert!(refusal.contains("is no Corolang program"), "{refusal}");
        assert!(other.try_wait().expect("it is ours").is_none(), "it goes on");
        other.kill().and_then(|()| other.wait().map(drop)).expect("it can be ended");
    }

    #[test]
    fn a_folder_that_others_may_look_into_is_refused() {
        let folder = std::env::temp_dir().join(format!("corolang-inquiry-{}", std::process::id()));
        DirBuilder::new().mode(0o755).create(&folder).expect("a new folder");
        assert!(check_folder(&folder).is_err());
        fs::remove_dir(&folder).expect("it is empty");
    }
}
