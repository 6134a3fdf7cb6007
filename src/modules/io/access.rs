//! What the mode of a file allows.

/// What a mode allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Reading.
    pub reads: bool,
    /// Writing.
    pub writes: bool,
    /// Writing always goes to the end.
    pub appends: bool,
    /// The file was made by opening it.
    pub creates: bool,
    /// What was there is cut off.
    pub truncates: bool,
}

/// Why a mode is none.
pub enum BadMode {
    /// A character that means nothing, or one too often.
    Character,
    /// Not exactly one of the four ways.
    Ways,
}

impl Access {
    /// What a mode of FileIO says: one of `rwax`, `+` and `b`.
    pub fn of(mode: &str) -> Result<Access, BadMode> {
        let mut access = Access::default();
        let (mut ways, mut pluses) = (0, 0);
        for letter in mode.chars() {
            match letter {
                'r' => access.reads = true,
                'w' => (access.writes, access.truncates) = (true, true),
                'a' => (access.writes, access.appends) = (true, true),
                'x' => (access.writes, access.creates) = (true, true),
                '+' => pluses += 1,
                'b' => continue,
                _ => return Err(BadMode::Character),
            }
            ways += (letter != '+') as usize;
        }
        if ways != 1 || pluses > 1 {
            return Err(BadMode::Ways);
        }
        if pluses == 1 {
            (access.reads, access.writes) = (true, true);
        }
        Ok(access)
    }

    /// The flags of the system call.
    pub fn flags(self) -> i32 {
        let direction = match (self.reads, self.writes) {
            (true, true) => libc::O_RDWR,
            (false, true) => libc::O_WRONLY,
            _ => libc::O_RDONLY,
        };
        let mut flags = direction | libc::O_CLOEXEC;
        if self.creates {
            flags |= libc::O_EXCL | libc::O_CREAT;
        }
        if self.truncates {
            flags |= libc::O_TRUNC | libc::O_CREAT;
        }
        if self.appends {
            flags |= libc::O_APPEND | libc::O_CREAT;
        }
        flags
    }

    /// As the attribute `mode` has it.
    pub fn text(self) -> &'static str {
        match (self.creates, self.appends, self.reads, self.writes) {
            (true, _, true, _) => "xb+",
            (true, _, false, _) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, false, _) => "ab",
            (_, _, true, true) => "rb+",
            (_, _, true, false) => "rb",
            _ => "wb",
        }
    }
}
