//! What a certificate says: read out of its encoding for scripts and for the verifier. Whether it is true is not
//! asked here.

use std::net::{IpAddr, Ipv4Addr};

use super::der::{self, Item, Items, tag};
use super::object_name;

const EXTENSION_ALTERNATIVE_NAMES: &str = "2.5.29.17";
const EXTENSION_BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENSION_NAME_CONSTRAINTS: &str = "2.5.29.30";
const EXTENSION_CRL_POINTS: &str = "2.5.29.31";
const EXTENSION_KEY_USES: &str = "2.5.29.37";
const EXTENSION_AUTHORITY_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const ACCESS_OCSP: &str = "1.3.6.1.5.5.7.48.1";
const ACCESS_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A distinguished name: its parts, each one attribute or a few, by name and value.
pub type Name = Vec<Vec<(String, String)>>;

/// A name besides the subject that the certificate is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    /// Of a host.
    Dns(String),
    /// Of a mailbox.
    Email(String),
    /// Of anything.
    Uri(String),
    /// The bytes of an address.
    Address(Vec<u8>),
    /// A distinguished name.
    Directory(Name),
    /// An object identifier.
    Registered(String),
    /// Of a kind that is not read.
    Other,
}

/// A moment, to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// What is written in a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is for.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// Are the two names the same?
    pub is_self_issued: bool,
    /// 1 to 3.
    pub version: u64,
    /// In hexadecimal digits.
    pub serial_number: String,
    /// From when on it holds.
    pub not_before: Time,
    /// Until when.
    pub not_after: Time,
    /// For which names besides.
    pub alternative_names: Vec<AlternativeName>,
    /// Where to ask whether it is revoked.
    pub ocsp: Vec<String>,
    /// Where the issuer's certificate is.
    pub issuers: Vec<String>,
    /// Where the lists of revoked certificates are.
    pub crl_points: Vec<String>,
    /// May it sign others?
    pub is_authority: bool,
    /// Does it limit the names that those it signs may be for?
    pub constrains_names: bool,
    /// The object identifiers of what its key is for; None for anything.
    pub key_uses: Option<Vec<String>>,
}

impl Certificate {
    /// Reads a certificate; None for bytes that are none.
    pub fn parse(bytes: &[u8]) -> Option<Certificate> {
        let mut body = Items::new(bytes).enter(tag::SEQUENCE)?.enter(tag::SEQUENCE)?;
        let version = match body.take_if(tag::constructed(0)) {
            Some(version) => *Items::new(version).expect(tag::INTEGER)?.last()? as u64 + 1,
            None => 1,
        };
        let serial_number = serial(body.expect(tag::INTEGER)?);
        body.enter(tag::SEQUENCE)?;
        let issuer = body.expect(tag::SEQUENCE)?;
        let mut validity = body.enter(tag::SEQUENCE)?;
        let (not_before, not_after) = (Time::parse(&validity.next()?)?, Time::parse(&validity.next()?)?);
        let subject = body.expect(tag::SEQUENCE)?;
        let mut certificate = Certificate {
            subject: name(subject),
            issuer: name(issuer),
            is_self_issued: subject == issuer,
            version,
            serial_number,
            not_before,
            not_after,
            alternative_names: Vec::new(),
            ocsp: Vec::new(),
            issuers: Vec::new(),
            crl_points: Vec::new(),
            is_authority: false,
            constrains_names: false,
            key_uses: None,
        };
        let extensions = body.find(|item| item.tag == tag::constructed(3));
        if let Some(extensions) = extensions {
            for extension in Items::new(extensions.content).enter(tag::SEQUENCE)? {
                certificate.read_extension(&extension);
            }
        }
        Some(certificate)
    }

    fn read_extension(&mut self, extension: &Item<'_>) -> Option<()> {
        let mut parts = Items::new(extension.content);
        let identifier = der::object_identifier(parts.expect(tag::OBJECT_IDENTIFIER)?);
        parts.take_if(tag::BOOLEAN);
        let mut value = Items::new(parts.expect(tag::OCTET_STRING)?);
        match identifier.as_str() {
            EXTENSION_ALTERNATIVE_NAMES => {
                self.alternative_names = value.enter(tag::SEQUENCE)?.map(|item| alternative_name(&item)).collect();
            }
            EXTENSION_BASIC_CONSTRAINTS => {
                let is_authority = value.enter(tag::SEQUENCE)?.take_if(tag::BOOLEAN);
                self.is_authority = is_authority.is_some_and(|value| value != [0]);
            }
            EXTENSION_NAME_CONSTRAINTS => self.constrains_names = true,
            EXTENSION_CRL_POINTS => {
                self.crl_points = value.enter(tag::SEQUENCE)?.filter_map(|point| full_name(&point)).flatten().collect();
            }
            EXTENSION_KEY_USES => {
                let uses = value.enter(tag::SEQUENCE)?;
                self.key_uses = Some(uses.map(|item| der::object_identifier(item.content)).collect());
            }
            EXTENSION_AUTHORITY_ACCESS => {
                for description in value.enter(tag::SEQUENCE)? {
                    self.read_access(&description);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn read_access(&mut self, description: &Item<'_>) -> Option<()> {
        let mut parts = Items::new(description.content);
        let method = der::object_identifier(parts.expect(tag::OBJECT_IDENTIFIER)?);
        let AlternativeName::Uri(place) = alternative_name(&parts.next()?) else { return None };
        match method.as_str() {
            ACCESS_OCSP => self.ocsp.push(place),
            ACCESS_ISSUERS => self.issuers.push(place),
            _ => {}
        }
        Some(())
    }

    /// Is it for any host by name, apart from what the subject says?
    pub fn names_hosts(&self) -> bool {
        self.alternative_names.iter().any(|name| matches!(name, AlternativeName::Dns(_)))
    }

    /// The common names of the subject.
    pub fn common_names(&self) -> impl Iterator<Item = &str> {
        self.subject.iter().flatten().filter(|(name, _)| name == "commonName").map(|(_, value)| value.as_str())
    }
}

/// The magnitude of a serial number in hexadecimal digits.
fn serial(content: &[u8]) -> String {
    let is_negative = content.first().is_some_and(|&byte| byte & 0x80 != 0);
    let mut bytes = content.to_vec();
    if is_negative {
        let mut carries = true;
        for byte in bytes.iter_mut().rev() {
            let (negated, overflows) = (!*byte).overflowing_add(carries as u8);
            (*byte, carries) = (negated, overflows);
        }
    }
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    let digits: String = bytes[zeros.min(bytes.len().saturating_sub(1))..].iter().map(|b| format!("{b:02X}")).collect();
    if is_negative { format!("-{digits}") } else { digits }
}

/// A distinguished name from the content of its sequence.
fn name(content: &[u8]) -> Name {
    let attribute = |item: Item<'_>| {
        let mut parts = Items::new(item.content);
        let identifier = der::object_identifier(parts.expect(tag::OBJECT_IDENTIFIER)?);
        let value = der::text(&parts.next()?);
        Some((object_name::of(&identifier).to_string(), value))
    };
    Items::new(content).map(|part| Items::new(part.content).filter_map(attribute).collect()).collect()
}

fn alternative_name(item: &Item<'_>) -> AlternativeName {
    let text = || String::from_utf8_lossy(item.content).into_owned();
    match item.tag & 0x1F {
        1 => AlternativeName::Email(text()),
        2 => AlternativeName::Dns(text()),
        4 => AlternativeName::Directory(Items::new(item.content).next().map_or(Vec::new(), |item| name(item.content))),
        6 => AlternativeName::Uri(text()),
        7 => AlternativeName::Address(item.content.to_vec()),
        8 => AlternativeName::Registered(der::object_identifier(item.content)),
        _ => AlternativeName::Other,
    }
}

/// The places where a distribution point has its list.
fn full_name(point: &Item<'_>) -> Option<Vec<String>> {
    let mut name = Items::new(point.content).enter(tag::constructed(0))?;
    let places = name.enter(tag::constructed(0))?.filter_map(|item| match alternative_name(&item) {
        AlternativeName::Uri(place) => Some(place),
        _ => None,
    });
    Some(places.collect())
}

/// The text of the bytes of an address, as OpenSSL writes it: all eight groups of one of version 6.
pub fn address_text(bytes: &[u8]) -> String {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return IpAddr::V4(Ipv4Addr::from(bytes)).to_string();
    }
    if bytes.len() != 16 {
        return "<invalid>".into();
    }
    let groups: Vec<String> =
        bytes.chunks(2).map(|pair| format!("{:X}", u16::from_be_bytes([pair[0], pair[1]]))).collect();
    groups.join(":")
}

impl Time {
    fn parse(item: &Item<'_>) -> Option<Time> {
        let text = std::str::from_utf8(item.content).ok()?.strip_suffix('Z')?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = match item.tag {
            tag::UTC_TIME => {
                let year: i64 = text.get(..2)?.parse().ok()?;
                (if year < 50 { 2000 + year } else { 1900 + year }, text.get(2..)?)
            }
            tag::GENERALIZED_TIME => (text.get(..4)?.parse().ok()?, text.get(4..)?),
            _ => return None,
        };
        let field = |index: usize| rest.get(2 * index..2 * index + 2)?.parse::<i64>().ok();
        let time =
            Time { year, month: field(0)?, day: field(1)?, hour: field(2)?, minute: field(3)?, second: field(4)? };
        ((1..=12).contains(&time.month) && rest.len() == 10).then_some(time)
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        // Years begin in March here, so that the day that leap years add is their last.
        let year = if self.month > 2 { self.year } else { self.year - 1 };
        let month = (self.month + 9) % 12;
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = 365 * year + leap_days + (153 * month + 2) / 5 + self.day - 1 - 719_468;
        ((days * 24 + self.hour) * 60 + self.minute) * 60 + self.second
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let month = MONTHS[(self.month - 1) as usize];
        let Time { year, day, hour, minute, second, .. } = self;
        write!(out, "{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT")
    }
}
