//! The head of a request: read from the bytes a connection has, or refused as RFC 9112 says.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::http::head::{
    Field, Framing, LONGEST_HEAD, LONGEST_LINE, MOST_FIELDS, Meaning, Refusal, has_strict_lines, place,
};

/// The head of a request: where its parts stand in the bytes, and what it means.
#[derive(Debug)]
pub struct RequestHead {
    /// The method.
    pub method: Range<usize>,
    /// The target as it was sent.
    pub target: Range<usize>,
    /// The minor version: 0 or 1.
    pub minor: u8,
    /// The fields, in order.
    pub fields: Vec<Field>,
    /// How many bytes the head has.
    pub length: usize,
    /// How its body ends.
    pub framing: Framing,
    /// The connection may serve another request.
    pub keeps_alive: bool,
    /// It asks for another protocol.
    pub upgrades: bool,
    /// The body comes once the server has said `100 Continue`.
    pub expects: bool,
    /// It expects something that no server here does.
    pub expects_other: bool,
}

/// Reads the head of a request at the front of some bytes; None if more of it must come.
pub fn parse(bytes: &[u8]) -> Result<Option<RequestHead>, Refusal> {
    read(bytes, true)
}

/// Reads a head that a script made, which needs no Host.
pub fn parse_made(bytes: &[u8]) -> Result<Option<RequestHead>, Refusal> {
    read(bytes, false)
}

fn read(bytes: &[u8], needs_host: bool) -> Result<Option<RequestHead>, Refusal> {
    let mut fields = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MOST_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let status = httparse::ParserConfig::default().parse_request_with_uninit_headers(&mut request, bytes, &mut fields);
    let length = match status {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return unfinished(bytes),
        Err(error) => return Err(refusal(error, bytes)),
    };
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(Refusal::malformed("Invalid request line"));
    };
    if !has_strict_lines(&bytes[..length]) {
        return Err(Refusal::malformed("A line must end with CR LF"));
    }
    if target.len() > LONGEST_LINE {
        return Err(TARGET_TOO_LONG);
    }
    let mut meaning = Meaning::default();
    let mut places = Vec::with_capacity(request.headers.len());
    for field in request.headers.iter() {
        if field.name.len() + field.value.len() > LONGEST_LINE {
            return Err(FIELD_TOO_LONG);
        }
        meaning.read(field.name.as_bytes(), field.value)?;
        places.push(Field { name: place(bytes, field.name.as_bytes()), value: place(bytes, field.value) });
    }
    if length > LONGEST_HEAD {
        return Err(FIELD_TOO_LONG);
    }
    Ok(Some(RequestHead {
        method: place(bytes, method.as_bytes()),
        target: place(bytes, target.as_bytes()),
        minor,
        fields: places,
        length,
        framing: framing(&meaning, minor, needs_host)?,
        keeps_alive: if minor == 0 { meaning.keeps_alive && !meaning.closes } else { !meaning.closes },
        upgrades: meaning.upgrades,
        expects: meaning.expects && minor == 1,
        expects_other: meaning.expects_other && minor == 1,
    }))
}

const TARGET_TOO_LONG: Refusal = Refusal::new(414, "The request target is too long");
const FIELD_TOO_LONG: Refusal = Refusal::new(431, "The header fields are too long");

/// More must come, unless it is too much already.
fn unfinished(bytes: &[u8]) -> Result<Option<RequestHead>, Refusal> {
    if bytes.len() <= LONGEST_LINE {
        return Ok(None);
    }
    let first_line = memchr::memchr(b'\n', bytes);
    match first_line {
        None => Err(TARGET_TOO_LONG),
        Some(_) if bytes.len() > LONGEST_HEAD => Err(FIELD_TOO_LONG),
        Some(_) => Ok(None),
    }
}

fn refusal(error: httparse::Error, bytes: &[u8]) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => FIELD_TOO_LONG,
        httparse::Error::Version if has_other_version(bytes) => Refusal::new(505, "HTTP/1.0 and HTTP/1.1 are served"),
        httparse::Error::HeaderName => Refusal::malformed("Invalid header name"),
        httparse::Error::HeaderValue => Refusal::malformed("Invalid header value"),
        httparse::Error::NewLine => Refusal::malformed("Invalid end of line"),
        _ => Refusal::malformed("Invalid request line"),
    }
}

/// Does the first line end in a version of HTTP that is none of ours?
fn has_other_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|&byte| byte == b'\r').next().unwrap_or(bytes);
    let version = line.rsplit(|&byte| byte == b' ').next().unwrap_or(line);
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// How the body of a request ends (RFC 9112, 6). What two servers could read in two ways is refused.
fn framing(meaning: &Meaning, minor: u8, needs_host: bool) -> Result<Framing, Refusal> {
    if meaning.hosts > 1 || (needs_host && meaning.hosts == 0 && minor == 1) {
        return Err(Refusal::malformed("A request needs one Host"));
    }
    if !meaning.is_chunked && !meaning.has_other_coding {
        return Ok(match meaning.length {
            None | Some(0) => Framing::None,
            Some(length) => Framing::Length(length),
        });
    }
    if meaning.length.is_some() {
        return Err(Refusal::malformed("Content-Length with Transfer-Encoding"));
    }
    if minor == 0 {
        return Err(Refusal::malformed("Transfer-Encoding in HTTP/1.0"));
    }
    if meaning.has_other_coding {
        return Err(match meaning.is_chunked {
            true => Refusal::new(501, "Only chunked is known as a transfer coding"),
            false => Refusal::malformed("A request must be chunked last of all"),
        });
    }
    Ok(Framing::Chunked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(text: &str) -> u16 {
        parse(text.as_bytes()).expect_err("refused").status
    }

    #[test]
    fn a_plain_request() {
        let bytes = b"GET /a?b HTTP/1.1\r\nHost: x\r\nX-One:  1 \r\n\r\nrest";
        let head = parse(bytes).unwrap().unwrap();
        assert_eq!((&bytes[head.method], &bytes[head.target], head.minor), (&b"GET"[..], &b"/a?b"[..], 1));
        assert_eq!(&bytes[head.fields[1].value.clone()], b"1");
        assert_eq!((head.length, head.framing, head.keeps_alive), (bytes.len() - 4, Framing::None, true));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for fields in [
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            "Content-Length: +1",
            "Content-Length: 1, 1",
            "Content-Length:",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked, gzip",
            "Transfer-Encoding: gzip",
            "Transfer-Encoding: \x0bchunked",
            "Transfer-Encoding : chunked",
            "Host: y",
            " folded: 1",
            "A: b\nC: d",
            "A: b\rC: d",
            "A: b\0",
        ] {
            assert_eq!(status(&format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n")), 400, "{fields:?}");
        }
        assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), 400);
        assert_eq!(status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    }

    #[test]
    fn what_is_too_long_or_not_known() {
        let long = "a".repeat(LONGEST_LINE + 1);
        assert_eq!(status(&format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n")), 414);
        assert_eq!(status(&format!("GET /{long}")), 414);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\nHost: x\r\nA: {long}\r\n\r\n")), 431);
        let many = "A: b\r\n".repeat(MOST_FIELDS + 1);
        assert_eq!(status(&format!("GET / HTTP/1.1\r\n{many}\r\n")), 431);
        assert_eq!(status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
        assert_eq!(status("nonsense\r\n\r\n"), 400);
        assert_eq!(status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"), 501);
    }

    #[test]
    fn a_part_of_a_head_waits_for_the_rest() {
        assert!(parse(b"GET / HTT").unwrap().is_none());
        assert!(parse(b"GET / HTTP/1.1\r\nHost: x\r\n").unwrap().is_none());
    }
}
