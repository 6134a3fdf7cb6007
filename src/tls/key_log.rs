//! The secrets of sessions in a file, by which tools that watch the network can read them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

use rustls::KeyLog;

/// A file that secrets are appended to.
#[derive(Debug)]
pub struct KeyLogFile(Mutex<File>);

impl KeyLogFile {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> io::Result<KeyLogFile> {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        if file.metadata()?.len() == 0 {
            file.write_all(b"# Secrets of TLS sessions, for tools that read what these exchange.\n")?;
        }
        Ok(KeyLogFile(Mutex::new(file)))
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let digits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", digits(client_random), digits(secret));
        if let Ok(mut file) = self.0.lock() {
            // The session goes on without its log.
            let _ = file.write_all(line.as_bytes());
        }
    }
}
