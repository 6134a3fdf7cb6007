//! Reading a pattern or a replacement piece by piece.
//!
//! A piece is one character, or a backslash with the character behind it. One piece is known ahead,
//! which also decides when a backslash at the very end is noticed. Positions are indices of
//! characters.

use super::error::{PatternError, PatternText};

/// One piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The character; of an escape, the one behind the backslash.
    pub code: u32,
    /// Whether a backslash stands before it.
    pub escaped: bool,
}

impl Piece {
    /// How many characters it takes.
    pub fn length(self) -> usize {
        1 + self.escaped as usize
    }

    /// Whether it is this character without a backslash.
    pub fn is(self, wanted: char) -> bool {
        !self.escaped && self.code == wanted as u32
    }

    /// The piece as text for a message.
    pub fn show(self) -> String {
        let backslash = if self.escaped { "\\" } else { "" };
        format!("{backslash}{}", words(&[self.code]))
    }

    /// The character, if there is no backslash.
    pub fn plain(self) -> Option<char> {
        char::from_u32(self.code).filter(|_| !self.escaped)
    }
}

/// A position in a pattern, and the piece that begins there.
pub struct Reader {
    codes: Vec<u32>,
    position: usize,
    next: Option<Piece>,
}

impl Reader {
    /// Starts at the beginning.
    pub fn new(text: PatternText<'_>) -> Result<Self, PatternError> {
        let mut reader = Reader { codes: text.codes(), position: 0, next: None };
        reader.seek(0)?;
        Ok(reader)
    }

    /// The index of the next piece.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Goes to the piece at this index.
    pub fn seek(&mut self, position: usize) -> Result<(), PatternError> {
        self.position = position;
        self.next = match (self.codes.get(position), self.codes.get(position + 1)) {
            (Some(&code), _) if code != '\\' as u32 => Some(Piece { code, escaped: false }),
            (Some(_), Some(&code)) => Some(Piece { code, escaped: true }),
            (Some(_), None) => return Err(PatternError::at("bad escape (end of pattern)", position)),
            (None, _) => None,
        };
        Ok(())
    }

    /// The next piece, left where it is.
    pub fn peek(&self) -> Option<Piece> {
        self.next
    }

    /// Whether the next piece is this character.
    pub fn is_at(&self, wanted: char) -> bool {
        self.next.is_some_and(|piece| piece.is(wanted))
    }

    /// Takes the next piece.
    pub fn take(&mut self) -> Result<Option<Piece>, PatternError> {
        let piece = self.next;
        if let Some(piece) = piece {
            self.seek(self.position + piece.length())?;
        }
        Ok(piece)
    }

    /// Takes the next piece if it is this character.
    pub fn take_if(&mut self, wanted: char) -> Result<bool, PatternError> {
        let found = self.is_at(wanted);
        if found {
            self.take()?;
        }
        Ok(found)
    }

    /// Takes up to so many digits of a base; gives them as text.
    pub fn take_digits(&mut self, limit: usize, base: u32) -> Result<String, PatternError> {
        let mut digits = String::new();
        while digits.len() < limit
            && let Some(digit) = self.next.and_then(Piece::plain).filter(|digit| digit.is_digit(base))
        {
            digits.push(digit);
            self.take()?;
        }
        Ok(digits)
    }

    /// Takes everything up to a closing character, which is taken too.
    pub fn take_until(&mut self, close: char, what: &str) -> Result<Vec<u32>, PatternError> {
        let start = self.position;
        loop {
            let end = self.position;
            match self.take()? {
                None if end == start => return Err(self.error(format!("missing {what}"), 0)),
                None => return Err(self.error(format!("missing {close}, unterminated name"), end - start)),
                Some(piece) if piece.is(close) && end == start => {
                    return Err(self.error(format!("missing {what}"), 1));
                }
                Some(piece) if piece.is(close) => return Ok(self.codes[start..end].to_vec()),
                Some(_) => {}
            }
        }
    }

    /// An error about the character so many before the next piece.
    pub fn error(&self, message: impl Into<String>, back: usize) -> PatternError {
        PatternError::at(message, self.position.saturating_sub(back))
    }

    /// The characters from an index up to here, for messages.
    pub fn since(&self, start: usize) -> String {
        words(&self.codes[start..self.position])
    }
}

/// Code points as text for a message.
pub fn words(codes: &[u32]) -> String {
    codes.iter().map(|&code| char::from_u32(code).unwrap_or('\u{FFFD}')).collect()
}
