//! The encoding of certificates, as far as reading them needs it: items of a tag and a content.

/// Tags.
#[allow(missing_docs)]
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    pub const OCTET_STRING: u8 = 0x04;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;

    /// `[number]` around other items.
    pub const fn constructed(number: u8) -> u8 {
        0xA0 | number
    }

    /// `[number]` in the place of another tag.
    pub const fn primitive(number: u8) -> u8 {
        0x80 | number
    }
}

/// One item.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// What it is.
    pub tag: u8,
    /// What is in it.
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

/// Items one after the other. What is no item ends them.
#[derive(Clone)]
pub struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    /// The items in some bytes.
    pub fn new(bytes: &'a [u8]) -> Items<'a> {
        Items { rest: bytes }
    }

    /// The content of the next item, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next().filter(|item| item.tag == tag).map(|item| item.content)
    }

    /// The content of the next item if it has this tag; else it stays.
    pub fn take_if(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let content = ahead.expect(tag)?;
        *self = ahead;
        Some(content)
    }

    /// The items in the next item, which must have this tag.
    pub fn enter(&mut self, tag: u8) -> Option<Items<'a>> {
        self.expect(tag).map(Items::new)
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let bytes = self.rest;
        let (&tag, &first) = (bytes.first()?, bytes.get(1)?);
        let (length, start) = match first {
            0..=0x7F => (first as usize, 2),
            // A length of one to four bytes.
            0x81..=0x84 => {
                let start = 2 + (first & 0x7F) as usize;
                (bytes.get(2..start)?.iter().fold(0, |length, &byte| length << 8 | byte as usize), start)
            }
            _ => return None,
        };
        let end = start.checked_add(length)?;
        let whole = bytes.get(..end)?;
        self.rest = &bytes[end..];
        Some(Item { tag, content: &whole[start..], whole })
    }
}

/// The numbers of an object identifier, with dots.
pub fn object_identifier(content: &[u8]) -> String {
    let mut text = String::new();
    let mut number: u64 = 0;
    for &byte in content {
        number = number.wrapping_shl(7) | (byte & 0x7F) as u64;
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (number / 40).min(2);
            text = format!("{first}.{}", number - 40 * first);
        } else {
            text.push_str(&format!(".{number}"));
        }
        number = 0;
    }
    text
}

/// The text of an item that is a string of any of the kinds there are.
pub fn text(item: &Item<'_>) -> String {
    let wide = |units: &mut dyn Iterator<Item = u32>| {
        units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match item.tag {
        // Of 16 and of 32 bits a character.
        0x1E => wide(&mut item.content.chunks(2).map(|unit| unit.iter().fold(0, |sum, &byte| sum << 8 | byte as u32))),
        0x1C => wide(&mut item.content.chunks(4).map(|unit| unit.iter().fold(0, |sum, &byte| sum << 8 | byte as u32))),
        // What is called T.61 is Latin-1 in truth.
        0x14 => item.content.iter().map(|&byte| byte as char).collect(),
        _ => String::from_utf8_lossy(item.content).into_owned(),
    }
}
