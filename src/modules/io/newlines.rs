//! Ends of lines: which a text file knows, how they are translated, where a line ends.

use memchr::{memchr, memchr2, memmem};

/// The argument `newline` of text streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newline {
    /// None: any of the three ends a line and is read as `\n`.
    Translated,
    /// `''`: any of the three ends a line and is left as it is.
    Kept,
    /// `'\n'`
    Feed,
    /// `'\r'`
    Return,
    /// `'\r\n'`
    Pair,
}

/// Kinds of line ends that were seen, as bits.
pub const SEEN_FEED: u8 = 1;
/// See `SEEN_FEED`.
pub const SEEN_RETURN: u8 = 2;
/// See `SEEN_FEED`.
pub const SEEN_PAIR: u8 = 4;

impl Newline {
    /// The mode of an argument; None for a text that is none.
    pub fn of(text: Option<&[u8]>) -> Option<Newline> {
        Some(match text {
            None => Newline::Translated,
            Some(b"") => Newline::Kept,
            Some(b"\n") => Newline::Feed,
            Some(b"\r") => Newline::Return,
            Some(b"\r\n") => Newline::Pair,
            Some(_) => return None,
        })
    }

    /// The argument it was made of.
    pub fn text(self) -> Option<&'static str> {
        Some(match self {
            Newline::Translated => return None,
            Newline::Kept => "",
            Newline::Feed => "\n",
            Newline::Return => "\r",
            Newline::Pair => "\r\n",
        })
    }

    /// Does any of the three ends end a line?
    pub fn is_universal(self) -> bool {
        matches!(self, Newline::Translated | Newline::Kept)
    }

    /// What `\n` is written as, if not as itself.
    pub fn written(self) -> Option<&'static [u8]> {
        match self {
            Newline::Return => Some(b"\r"),
            Newline::Pair => Some(b"\r\n"),
            _ => None,
        }
    }

    /// Where the first line of a text ends, its end included; None if it goes on behind the text. In `Kept` a `\r` at
    /// the very end counts as an end.
    pub fn line_end(self, text: &[u8]) -> Option<usize> {
        match self {
            Newline::Translated | Newline::Feed => memchr(b'\n', text).map(|at| at + 1),
            Newline::Return => memchr(b'\r', text).map(|at| at + 1),
            Newline::Pair => memmem::find(text, b"\r\n").map(|at| at + 2),
            Newline::Kept => {
                let at = memchr2(b'\n', b'\r', text)?;
                Some(if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') { at + 2 } else { at + 1 })
            }
        }
    }
}

/// A text as it is written.
pub fn written(text: &[u8], newline: Newline) -> Option<Vec<u8>> {
    let end = newline.written()?;
    memchr(b'\n', text)?;
    let mut out = Vec::with_capacity(text.len() + text.len() / 16 + 2);
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if index > 0 {
            out.extend_from_slice(end);
        }
        out.extend_from_slice(line);
    }
    Some(out)
}

/// Reads the ends of lines of a text that comes in pieces: a `\r` at the end of a piece waits for what follows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    /// A `\r` is waiting.
    pub is_held: bool,
    /// Which ends were seen.
    pub seen: u8,
}

impl Reader {
    /// The next piece with the ends translated, if they are to be.
    pub fn feed(&mut self, mut piece: Vec<u8>, newline: Newline, last: bool) -> Vec<u8> {
        if !newline.is_universal() {
            return piece;
        }
        if self.is_held && (last || !piece.is_empty()) {
            piece.insert(0, b'\r');
            self.is_held = false;
        }
        let Some(first) = memchr(b'\r', &piece) else {
            if self.seen & SEEN_FEED == 0 && memchr(b'\n', &piece).is_some() {
                self.seen |= SEEN_FEED;
            }
            return piece;
        };
        if !last && piece.ends_with(b"\r") {
            piece.pop();
            self.is_held = true;
        }
        self.translate(piece, first, newline == Newline::Translated)
    }

    fn translate(&mut self, mut piece: Vec<u8>, first: usize, is_translated: bool) -> Vec<u8> {
        let mut target = first.min(piece.len());
        if memchr(b'\n', &piece[..target]).is_some() {
            self.seen |= SEEN_FEED;
        }
        let mut source = target;
        while source < piece.len() {
            let byte = piece[source];
            source += 1;
            let mut out = byte;
            if byte == b'\r' {
                let is_pair = piece.get(source) == Some(&b'\n');
                self.seen |= if is_pair { SEEN_PAIR } else { SEEN_RETURN };
                if is_translated {
                    out = b'\n';
                    source += is_pair as usize;
                } else if is_pair {
                    piece[target] = b'\r';
                    target += 1;
                    source += 1;
                    out = b'\n';
                }
            } else if byte == b'\n' {
                self.seen |= SEEN_FEED;
            }
            piece[target] = out;
            target += 1;
        }
        piece.truncate(target);
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&str], newline: Newline) -> (String, u8) {
        let mut reader = Reader::default();
        let mut out = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            out.extend(reader.feed(piece.as_bytes().to_vec(), newline, index + 1 == pieces.len()));
        }
        (String::from_utf8(out).expect("text"), reader.seen)
    }

    #[test]
    fn ends_are_translated_across_pieces() {
        assert_eq!(read(&["a\r", "\nb\rc\n"], Newline::Translated), ("a\nb\nc\n".into(), 7));
        assert_eq!(read(&["a\r", "", "b"], Newline::Translated), ("a\nb".into(), SEEN_RETURN));
        assert_eq!(read(&["a\r\nb\r"], Newline::Kept), ("a\r\nb\r".into(), SEEN_PAIR | SEEN_RETURN));
        assert_eq!(read(&["a\r\nb\r"], Newline::Feed), ("a\r\nb\r".into(), 0));
    }

    #[test]
    fn lines_end_where_the_mode_says() {
        assert_eq!(Newline::Kept.line_end(b"a\r\nb"), Some(3));
        assert_eq!(Newline::Kept.line_end(b"a\rb"), Some(2));
        assert_eq!(Newline::Pair.line_end(b"a\rb\r\n"), Some(5));
        assert_eq!(Newline::Translated.line_end(b"abc"), None);
        assert_eq!(written(b"a\nb\n", Newline::Pair), Some(b"a\r\nb\r\n".to_vec()));
    }
}
