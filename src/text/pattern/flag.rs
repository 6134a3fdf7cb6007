//! The flags of a pattern: their numbers, their letters, and which go together.

use super::error::{ErrorKind, PatternError};

/// `re.IGNORECASE`.
pub const IGNORECASE: u32 = 2;
/// `re.LOCALE`.
pub const LOCALE: u32 = 4;
/// `re.MULTILINE`.
pub const MULTILINE: u32 = 8;
/// `re.DOTALL`.
pub const DOTALL: u32 = 16;
/// `re.UNICODE`.
pub const UNICODE: u32 = 32;
/// `re.VERBOSE`.
pub const VERBOSE: u32 = 64;
/// `re.DEBUG`: kept, and otherwise without effect.
pub const DEBUG: u32 = 128;
/// `re.ASCII`.
pub const ASCII: u32 = 256;

/// The flags that say what a letter is; a pattern has one of them.
pub const TYPES: u32 = ASCII | LOCALE | UNICODE;

/// The flag of an inline letter.
pub fn of_letter(code: u32) -> Option<u32> {
    Some(match char::from_u32(code)? {
        'i' => IGNORECASE,
        'L' => LOCALE,
        'm' => MULTILINE,
        's' => DOTALL,
        'x' => VERBOSE,
        'a' => ASCII,
        'u' => UNICODE,
        _ => return None,
    })
}

/// The flags inside `(?add-remove:...)`.
pub fn combine(flags: u32, add: u32, remove: u32) -> u32 {
    let kept = if add & TYPES != 0 { flags & !TYPES } else { flags };
    (kept | add) & !remove
}

/// The flags of the whole pattern, completed; an error if they contradict each other.
pub fn complete(flags: u32, is_str: bool) -> Result<u32, PatternError> {
    let words = match is_str {
        true if flags & LOCALE != 0 => "cannot use LOCALE flag with a str pattern",
        true if flags & ASCII != 0 && flags & UNICODE != 0 => "ASCII and UNICODE flags are incompatible",
        true if flags & ASCII == 0 => return Ok(flags | UNICODE),
        false if flags & UNICODE != 0 => "cannot use UNICODE flag with a bytes pattern",
        false if flags & LOCALE != 0 && flags & ASCII != 0 => "ASCII and LOCALE flags are incompatible",
        _ => return Ok(flags),
    };
    Err(PatternError::new(ErrorKind::Flags, words))
}
