//! The head of a response: read from the bytes a connection has, or refused.

use std::mem::MaybeUninit;
use std::ops::Range;

use crate::http::head::{Field, Framing, LONGEST_LINE, MOST_FIELDS, Meaning, Refusal, place};

/// The longest head that a server may send.
const LONGEST_HEAD: usize = 96 * 1024;

/// The head of a response: where its parts stand in the bytes, and what it means.
#[derive(Debug)]
pub struct ResponseHead {
    /// The status.
    pub status: u16,
    /// What the status means, in words.
    pub reason: Range<usize>,
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
}

/// Reads the head of the response to a request of some method at the front of some bytes; None if more of it must come.
/// Servers are read more generously than clients: a line may end with a line feed alone.
pub fn parse(bytes: &[u8], method: &[u8]) -> Result<Option<ResponseHead>, Refusal> {
    let mut fields = [const { MaybeUninit::<httparse::Header<'_>>::uninit() }; MOST_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let status =
        httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut response, bytes, &mut fields);
    let length = match status {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) if bytes.len() > LONGEST_HEAD => return Err(TOO_LONG),
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(refusal(error)),
    };
    let (Some(status), Some(reason), Some(minor)) = (response.code, response.reason, response.version) else {
        return Err(Refusal::malformed("Invalid status line"));
    };
    let mut meaning = Meaning::default();
    let mut places = Vec::with_capacity(response.headers.len());
    for field in response.headers.iter() {
        if field.name.len() + field.value.len() > LONGEST_LINE {
            return Err(TOO_LONG);
        }
        meaning.read(field.name.as_bytes(), field.value)?;
        places.push(Field { name: place(bytes, field.name.as_bytes()), value: place(bytes, field.value) });
    }
    let framing = framing(&meaning, status, method)?;
    let keeps_alive = if minor == 0 { meaning.keeps_alive && !meaning.closes } else { !meaning.closes };
    Ok(Some(ResponseHead {
        status,
        reason: place(bytes, reason.as_bytes()),
        minor,
        fields: places,
        length,
        framing,
        keeps_alive: keeps_alive && framing != Framing::UntilClose,
    }))
}

const TOO_LONG: Refusal = Refusal::malformed("The header fields are too long");

fn refusal(error: httparse::Error) -> Refusal {
    Refusal::malformed(match error {
        httparse::Error::TooManyHeaders => "Too many header fields",
        httparse::Error::Version => "Invalid HTTP version",
        httparse::Error::HeaderName => "Invalid header name",
        httparse::Error::HeaderValue => "Invalid header value",
        httparse::Error::NewLine => "Invalid end of line",
        _ => "Invalid status line",
    })
}

/// How the body of a response ends (RFC 9112, 6.3).
fn framing(meaning: &Meaning, status: u16, method: &[u8]) -> Result<Framing, Refusal> {
    if meaning.length.is_some() && (meaning.is_chunked || meaning.has_other_coding) {
        return Err(Refusal::malformed("Content-Length with Transfer-Encoding"));
    }
    let is_tunnel = method == b"CONNECT" && (200..300).contains(&status);
    if method == b"HEAD" || is_tunnel || matches!(status, 100..=199 | 204 | 304) {
        return Ok(Framing::None);
    }
    Ok(match meaning.length {
        _ if meaning.is_chunked => Framing::Chunked,
        Some(0) => Framing::None,
        Some(length) => Framing::Length(length),
        None => Framing::UntilClose,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing_of(method: &str, head: &str) -> (Framing, bool) {
        let head = parse(format!("{head}\r\n\r\n").as_bytes(), method.as_bytes()).unwrap().unwrap();
        (head.framing, head.keeps_alive)
    }

    #[test]
    fn bodies_end_as_the_head_says() {
        assert_eq!(framing_of("GET", "HTTP/1.1 200 OK\r\nContent-Length: 3"), (Framing::Length(3), true));
        assert_eq!(framing_of("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3"), (Framing::None, true));
        assert_eq!(framing_of("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3"), (Framing::None, true));
        assert_eq!(framing_of("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"), (Framing::Chunked, true));
        assert_eq!(framing_of("GET", "HTTP/1.1 200 OK"), (Framing::UntilClose, false));
        assert_eq!(framing_of("GET", "HTTP/1.0 200 OK\r\nContent-Length: 1"), (Framing::Length(1), false));
        assert_eq!(
            framing_of("GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive"),
            (Framing::Length(1), true)
        );
    }

    #[test]
    fn lines_may_end_with_a_line_feed() {
        let bytes = b"HTTP/1.1 200\nA: b\n\nrest";
        let head = parse(bytes, b"GET").unwrap().unwrap();
        assert_eq!((head.status, &bytes[head.reason], head.length), (200, &b""[..], bytes.len() - 4));
    }

    #[test]
    fn what_is_no_response_is_refused() {
        for text in ["nonsense\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n"] {
            assert!(parse(text.as_bytes(), b"GET").is_err(), "{text:?}");
        }
        let twice = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert!(parse(twice, b"GET").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nA: b\r\n", b"GET").unwrap().is_none());
    }
}
