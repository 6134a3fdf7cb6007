//! Starts a program: a fork, what is to be different in the child, and the program in its place.
//!
//! Other threads of this process may hold locks when the fork is made, so the child makes nothing but calls of the
//! system on what was laid out before. What goes wrong in it comes back through a pipe that the program's start closes.
#![allow(unsafe_code)]

use std::ffi::{CString, c_char};
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use crate::object::signals::{self, Mask};

/// A program and what it is to find when it starts.
pub struct Program {
    /// Its arguments, its name first.
    pub arguments: Vec<CString>,
    /// The files it may be in: the first that can be run is.
    pub files: Vec<CString>,
    /// `NAME=value`
    pub environment: Vec<CString>,
    /// Its working folder; None: the one of this process.
    pub folder: Option<CString>,
    /// What its first three descriptors are to be; -1: those of this process.
    pub streams: [RawFd; 3],
    /// The other descriptors it gets, under their numbers; None: all that are marked for it.
    pub kept: Option<Vec<RawFd>>,
    /// SIGPIPE and SIGXFSZ do again what they do by themselves.
    pub restores_signals: bool,
    /// It begins a session.
    pub begins_session: bool,
    /// The group of processes it joins, 0 for one of its own.
    pub process_group: Option<libc::pid_t>,
    /// The mask of the modes of its new files.
    pub umask: Option<libc::mode_t>,
    /// Its group,
    pub group: Option<libc::gid_t>,
    /// the further groups its user belongs to,
    pub groups: Option<Vec<libc::gid_t>>,
    /// and its user.
    pub user: Option<libc::uid_t>,
}

/// What a start failed at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The program could not be found or run.
    Program,
    /// The working folder could not be entered.
    Folder,
    /// Anything else: descriptors, session, groups, user.
    Other,
}

/// Why a program was not started.
#[derive(Debug)]
pub struct Failure {
    /// What it failed at.
    pub step: Step,
    /// What the system said.
    pub error: io::Error,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure { step: Step::Other, error }
    }
}

/// A step and an error number, as they go through the pipe.
const REPORT_SIZE: usize = 5;

impl Failure {
    fn to_bytes(&self) -> [u8; REPORT_SIZE] {
        let [a, b, c, d] = self.error.raw_os_error().unwrap_or(libc::EIO).to_le_bytes();
        [self.step as u8, a, b, c, d]
    }

    fn from_bytes([step, number @ ..]: [u8; REPORT_SIZE]) -> Failure {
        let step = match step {
            0 => Step::Program,
            1 => Step::Folder,
            _ => Step::Other,
        };
        Failure { step, error: io::Error::from_raw_os_error(i32::from_le_bytes(number)) }
    }
}

/// Starts a program: the number of its process.
pub fn spawn(program: &Program) -> Result<libc::pid_t, Failure> {
    let [arguments, environment] = [&program.arguments, &program.environment].map(|texts| pointers(texts));
    let (reader, writer) = io::pipe()?;
    let report = beyond_streams(writer.into())?;
    let open = if program.kept.is_some() { open_descriptors() } else { Vec::new() };
    // No handler of this process may run in the child.
    let mask = Mask::block_all();
    let launch = Launch { program, arguments, environment, open, report: report.as_raw_fd(), mask: &mask };
    // SAFETY: the child makes only calls of the system until it is another program or ends.
    match unsafe { libc::fork() } {
        0 => launch.run(),
        -1 => {
            let error = io::Error::last_os_error();
            mask.restore();
            Err(error.into())
        }
        process => {
            mask.restore();
            drop(report);
            outcome(process, reader)
        }
    }
}

/// Waits until the child is the program, or has said why not.
fn outcome(process: libc::pid_t, mut reader: PipeReader) -> Result<libc::pid_t, Failure> {
    let mut report = [0; REPORT_SIZE];
    if reader.read_exact(&mut report).is_err() {
        return Ok(process);
    }
    // SAFETY: the call may be given no place for the status. The child has ended or is about to.
    while unsafe { libc::waitpid(process, ptr::null_mut(), 0) } == -1
        && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
    {}
    Err(Failure::from_bytes(report))
}

/// The addresses of texts, and a null pointer, as the system takes them.
fn pointers(texts: &[CString]) -> Vec<*const c_char> {
    texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
}

/// The same file under a number above those of the standard streams.
fn beyond_streams(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    // SAFETY: the call takes numbers; what it gives belongs to nobody else.
    unsafe {
        match libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) {
            -1 => Err(io::Error::last_os_error()),
            number => Ok(OwnedFd::from_raw_fd(number)),
        }
    }
}

/// The numbers of the descriptors that are open, or where the system does not tell, of all that may be.
fn open_descriptors() -> Vec<RawFd> {
    if let Ok(entries) = std::fs::read_dir("/dev/fd") {
        return entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    }
    // SAFETY: the call takes a number.
    let end = unsafe { libc::sysconf(libc::_SC_OPEN_MAX) };
    (0..RawFd::try_from(end).unwrap_or(RawFd::MAX)).collect()
}

/// What the child needs. Nothing of it is dropped there.
struct Launch<'a> {
    program: &'a Program,
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
    /// Descriptors that may have to be closed.
    open: Vec<RawFd>,
    /// Where a failure is written to.
    report: RawFd,
    /// The signals that were blocked before.
    mask: &'a Mask,
}

/// The result of a call in the child.
fn checked(result: libc::c_int, step: Step) -> Result<libc::c_int, Failure> {
    if result == -1 { Err(Failure { step, error: io::Error::last_os_error() }) } else { Ok(result) }
}

impl Launch<'_> {
    /// In the child: becomes the program, or says why not and ends.
    fn run(&self) -> ! {
        if let Err(failure) = self.become_program() {
            let report = failure.to_bytes();
            // SAFETY: the bytes are there to be read.
            unsafe { libc::write(self.report, report.as_ptr().cast(), report.len()) };
        }
        // SAFETY: the call ends the process, without anything of the parent's being finished.
        unsafe { libc::_exit(255) }
    }

    fn become_program(&self) -> Result<(), Failure> {
        self.set_descriptors()?;
        if let Some(folder) = &self.program.folder {
            // SAFETY: the path ends in a null byte.
            checked(unsafe { libc::chdir(folder.as_ptr()) }, Step::Folder)?;
        }
        self.set_standing()?;
        signals::leave_to_program(self.program.restores_signals);
        self.close_others();
        self.mask.restore();
        self.execute()
    }

    /// Puts the standard streams in their places, and has the kept descriptors outlive the start of the program.
    fn set_descriptors(&self) -> Result<(), Failure> {
        let mut streams = self.program.streams;
        // SAFETY: the calls take numbers.
        unsafe {
            // One that stands in the place of another is moved out of its way.
            for (target, number) in (0..).zip(&mut streams) {
                if (0..3).contains(number) && *number != target {
                    *number = checked(libc::fcntl(*number, libc::F_DUPFD, 3), Step::Other)?;
                }
            }
            for (target, number) in (0..).zip(streams) {
                match number {
                    -1 => {}
                    number if number == target => inherit(number)?,
                    number => drop(checked(libc::dup2(number, target), Step::Other)?),
                }
            }
        }
        self.program.kept.iter().flatten().try_for_each(|&number| inherit(number))
    }

    /// Sets the mask of modes, session, groups and user.
    fn set_standing(&self) -> Result<(), Failure> {
        let program = self.program;
        // SAFETY: the calls take numbers, and one of them a list of as many as it says.
        unsafe {
            if let Some(mask) = program.umask {
                libc::umask(mask);
            }
            if program.begins_session {
                checked(libc::setsid(), Step::Other)?;
            }
            if let Some(group) = program.process_group {
                checked(libc::setpgid(0, group), Step::Other)?;
            }
            if let Some(groups) = &program.groups {
                checked(libc::setgroups(groups.len() as _, groups.as_ptr()), Step::Other)?;
            }
            if let Some(group) = program.group {
                checked(libc::setregid(group, group), Step::Other)?;
            }
            if let Some(user) = program.user {
                checked(libc::setreuid(user, user), Step::Other)?;
            }
        }
        Ok(())
    }

    fn close_others(&self) {
        let Some(kept) = &self.program.kept else { return };
        for &number in &self.open {
            if number > 2 && number != self.report && !kept.contains(&number) {
                // SAFETY: the call takes a number; nothing of this process is used any more.
                unsafe { libc::close(number) };
            }
        }
    }

    /// Gives the process to the first file that can be run. It comes back only from failing.
    fn execute(&self) -> Result<(), Failure> {
        let mut reason = None;
        for file in &self.program.files {
            // SAFETY: the texts end in null bytes, the lists in null pointers.
            unsafe { libc::execve(file.as_ptr(), self.arguments.as_ptr(), self.environment.as_ptr()) };
            let error = io::Error::last_os_error();
            // Of several places one that has a file tells more than one that has none.
            if reason.is_none() && !matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR)) {
                reason = Some(error);
            }
        }
        let error = reason.unwrap_or_else(|| io::Error::from_raw_os_error(libc::ENOENT));
        Err(Failure { step: Step::Program, error })
    }
}

/// Has a descriptor outlive the start of the program.
fn inherit(number: RawFd) -> Result<(), Failure> {
    // SAFETY: the calls take numbers.
    unsafe {
        let flags = checked(libc::fcntl(number, libc::F_GETFD), Step::Other)?;
        checked(libc::fcntl(number, libc::F_SETFD, flags & !libc::FD_CLOEXEC), Step::Other).map(drop)
    }
}
