//! UTF-16 and UTF-32, in both byte orders.
//!
//! Steps as `codec` wants them: each goes on until something cannot be converted. Marks at the start
//! are the caller's; `Order::Marked` is little here.

use super::codec::CodecError;
use super::encoding::Order;
use super::wtf8;

/// The name of an encoding by the width of its code units.
pub fn name(width: u8, order: Order) -> &'static str {
    match (width, order) {
        (16, Order::Little) => "utf-16-le",
        (16, Order::Big) => "utf-16-be",
        (16, Order::Marked) => "utf-16",
        (_, Order::Little) => "utf-32-le",
        (_, Order::Big) => "utf-32-be",
        (_, Order::Marked) => "utf-32",
    }
}

/// The name in decoding errors, where the order has been settled.
fn settled_name(width: u8, order: Order) -> &'static str {
    name(width, if order == Order::Big { Order::Big } else { Order::Little })
}

/// The code unit of so many bytes that bytes start with.
pub fn unit(bytes: &[u8], length: usize, order: Order) -> Option<u32> {
    let join = |value: u32, &byte: &u8| value << 8 | byte as u32;
    let bytes = bytes.get(..length)?;
    Some(match order {
        Order::Big => bytes.iter().fold(0, join),
        _ => bytes.iter().rev().fold(0, join),
    })
}

/// Appends a code unit of so many bytes.
pub fn push_unit(out: &mut Vec<u8>, value: u32, length: usize, order: Order) {
    match order {
        Order::Big => out.extend_from_slice(&value.to_be_bytes()[4 - length..]),
        _ => out.extend_from_slice(&value.to_le_bytes()[..length]),
    }
}

/// Decodes UTF-16 from a position on; gives where it stopped.
pub fn decode_16(
    bytes: &[u8],
    position: usize,
    order: Order,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    let name = settled_name(16, order);
    let mut at = position;
    while let Some(first) = unit(&bytes[at..], 2, order) {
        let mut length = 2;
        let mut code = first;
        match first {
            0xD800..0xDC00 => match unit(&bytes[at + 2..], 2, order) {
                Some(second @ 0xDC00..0xE000) => {
                    code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    length = 4;
                }
                Some(_) => {
                    return Err(CodecError::new(name, at, at + 2, "illegal UTF-16 surrogate"));
                }
                None if last => {
                    return Err(CodecError::new(name, at, bytes.len(), "unexpected end of data"));
                }
                None => return Ok(at),
            },
            0xDC00..0xE000 => return Err(CodecError::new(name, at, at + 2, "illegal encoding")),
            _ => {}
        }
        wtf8::push(out, code);
        at += length;
    }
    if last && at < bytes.len() {
        return Err(CodecError::new(name, at, bytes.len(), "truncated data"));
    }
    Ok(at)
}

/// Decodes UTF-32 from a position on; gives where it stopped.
pub fn decode_32(
    bytes: &[u8],
    position: usize,
    order: Order,
    last: bool,
    out: &mut Vec<u8>,
) -> Result<usize, CodecError> {
    let name = settled_name(32, order);
    let mut at = position;
    while let Some(code) = unit(&bytes[at..], 4, order) {
        let reason = match code {
            0xD800..0xE000 => "code point in surrogate code point range(0xd800, 0xe000)",
            0x11_0000.. => "code point not in range(0x110000)",
            _ => {
                wtf8::push(out, code);
                at += 4;
                continue;
            }
        };
        return Err(CodecError::new(name, at, at + 4, reason));
    }
    if last && at < bytes.len() {
        return Err(CodecError::new(name, at, bytes.len(), "truncated data"));
    }
    Ok(at)
}

/// Encodes UTF-16 from a byte offset of the text on.
pub fn encode_16(text: &[u8], position: usize, order: Order, out: &mut Vec<u8>) -> Result<(), CodecError> {
    encode_wide(text, position, name(16, order), out, |out, code| {
        if code < 0x1_0000 {
            return push_unit(out, code, 2, order);
        }
        push_unit(out, 0xD800 + ((code - 0x1_0000) >> 10), 2, order);
        push_unit(out, 0xDC00 + (code & 0x3FF), 2, order);
    })
}

/// Encodes UTF-32 from a byte offset of the text on.
pub fn encode_32(text: &[u8], position: usize, order: Order, out: &mut Vec<u8>) -> Result<(), CodecError> {
    encode_wide(text, position, name(32, order), out, |out, code| push_unit(out, code, 4, order))
}

fn encode_wide(
    text: &[u8],
    position: usize,
    name: &'static str,
    out: &mut Vec<u8>,
    push: impl Fn(&mut Vec<u8>, u32),
) -> Result<(), CodecError> {
    let mut offset = position;
    while let Some((code, length)) = wtf8::decode(text, offset) {
        if wtf8::is_surrogate(code) {
            return Err(CodecError::new(name, offset, offset + length, "surrogates not allowed"));
        }
        push(out, code);
        offset += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::codec::{decode, decode_message, encode};
    use super::super::encoding::{Encoding, Handler};
    use super::*;

    #[test]
    fn round_trips() {
        for order in [Order::Little, Order::Big, Order::Marked] {
            for encoding in [Encoding::Utf16(order), Encoding::Utf32(order)] {
                let text = "aé€😀".as_bytes();
                let bytes = encode(text, encoding, Handler::Strict).unwrap();
                assert_eq!(decode(&bytes, encoding, Handler::Strict).unwrap(), text);
            }
        }
    }

    #[test]
    fn errors_are_those_of_python() {
        let failure = |bytes: &[u8], encoding| {
            let error = decode(bytes, encoding, Handler::Strict).unwrap_err();
            decode_message(error.encoding, bytes, error.start, error.end, error.reason)
        };
        let wide = Encoding::Utf16(Order::Marked);
        assert_eq!(failure(b"\0", wide), "'utf-16-le' codec can't decode byte 0x00 in position 0: truncated data");
        let cut = "'utf-16-be' codec can't decode bytes in position 2-3: unexpected end of data";
        assert_eq!(failure(b"\xfe\xff\xd8\0", wide), cut);
        let lone = "'utf-16-le' codec can't decode bytes in position 0-1: illegal UTF-16 surrogate";
        assert_eq!(failure(b"\0\xd8a\0", wide), lone);
        let large = "'utf-32-le' codec can't decode bytes in position 0-3: code point not in range(0x110000)";
        assert_eq!(failure(b"\0\0\x11\0a", Encoding::Utf32(Order::Marked)), large);
    }

    #[test]
    fn surrogates_pass_when_asked() {
        let lone = [0xED, 0xA0, 0x80];
        let encoding = Encoding::Utf16(Order::Little);
        let bytes = encode(&lone, encoding, Handler::SurrogatePass).unwrap();
        assert_eq!(bytes, [0x00, 0xD8]);
        assert_eq!(decode(&bytes, encoding, Handler::SurrogatePass).unwrap(), lone);
    }
}
