//! What heads of requests and of responses have in common: fields, and what they say of the body and the connection.

use std::ops::Range;

/// The longest head, first line included.
pub const LONGEST_HEAD: usize = 32 * 1024;
/// The longest target or field.
pub const LONGEST_LINE: usize = 8190;
/// The most fields of a head.
pub const MOST_FIELDS: usize = 128;

/// A message that is refused: the status it is answered with, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the answer.
    pub status: u16,
    /// What is wrong, for the answer and the log.
    pub reason: &'static str,
}

impl Refusal {
    /// A refusal.
    pub const fn new(status: u16, reason: &'static str) -> Refusal {
        Refusal { status, reason }
    }

    /// A message that is not HTTP.
    pub const fn malformed(reason: &'static str) -> Refusal {
        Refusal::new(400, reason)
    }
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// It has so many bytes.
    Length(u64),
    /// It comes in chunks.
    Chunked,
    /// It ends with the connection: of responses only.
    UntilClose,
}

/// A field: where its name and its value stand in the head.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name.
    pub name: Range<usize>,
    /// The value, without the blanks around it.
    pub value: Range<usize>,
}

/// What the fields of a head say of how the message goes on.
#[derive(Debug, Default)]
pub struct Meaning {
    /// `Content-Length`
    pub length: Option<u64>,
    /// `Transfer-Encoding` ends in `chunked`.
    pub is_chunked: bool,
    /// `Transfer-Encoding` has something else.
    pub has_other_coding: bool,
    /// `Connection: close`
    pub closes: bool,
    /// `Connection: keep-alive`
    pub keeps_alive: bool,
    /// `Connection: upgrade`
    pub upgrades: bool,
    /// `Expect: 100-continue`
    pub expects: bool,
    /// `Expect` of something else.
    pub expects_other: bool,
    /// How many `Host` fields there are.
    pub hosts: usize,
}

impl Meaning {
    /// Takes one more field into account. What could be read in two ways is refused (RFC 9112, 6.3).
    pub fn read(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refusal> {
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.hosts += 1,
            6 if name.eq_ignore_ascii_case(b"expect") => match value.eq_ignore_ascii_case(b"100-continue") {
                true => self.expects = true,
                false => self.expects_other = true,
            },
            10 if name.eq_ignore_ascii_case(b"connection") => self.read_connection(value),
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                if self.length.is_some() {
                    return Err(Refusal::malformed("Duplicate Content-Length"));
                }
                self.length = Some(length(value)?);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.read_coding(value)?,
            _ => {}
        }
        Ok(())
    }

    fn read_connection(&mut self, value: &[u8]) {
        for option in items(value) {
            self.closes |= option.eq_ignore_ascii_case(b"close");
            self.keeps_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.upgrades |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }

    fn read_coding(&mut self, value: &[u8]) -> Result<(), Refusal> {
        for coding in items(value) {
            if self.is_chunked {
                return Err(Refusal::malformed("chunked must be the last transfer coding, and once"));
            }
            match coding.eq_ignore_ascii_case(b"chunked") {
                true => self.is_chunked = true,
                false => self.has_other_coding = true,
            }
        }
        match self.is_chunked || self.has_other_coding {
            true => Ok(()),
            false => Err(Refusal::malformed("Empty Transfer-Encoding")),
        }
    }
}

/// The items of a list of words.
fn items(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).filter(|item| !item.is_empty())
}

/// A `Content-Length`: digits, and nothing else.
fn length(value: &[u8]) -> Result<u64, Refusal> {
    const WRONG: Refusal = Refusal::malformed("Invalid Content-Length");
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(WRONG);
    }
    std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok()).ok_or(WRONG)
}

/// Does every line end with CR LF? A line feed alone is what other readers of the same bytes may see as an end, or not.
pub fn has_strict_lines(head: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', head).all(|at| at > 0 && head[at - 1] == b'\r')
}

/// Where a part stands that was cut out of the whole.
pub fn place(whole: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize).min(whole.len());
    start..(start + part.len()).min(whole.len())
}
