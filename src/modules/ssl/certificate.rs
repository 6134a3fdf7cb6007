//! What a certificate says, as the dict that `getpeercert` gives.

use crate::object::context::Context;
use crate::object::value::Value;
use crate::tls::certificate::{AlternativeName, Certificate, Name, address_text};

/// The dict of an encoded certificate; None for bytes that are none.
pub fn to_dict(cx: &mut Context, bytes: &[u8]) -> Option<Value> {
    let certificate = Certificate::parse(bytes)?;
    let mut entries = vec![
        ("subject", name(cx, &certificate.subject)),
        ("issuer", name(cx, &certificate.issuer)),
        ("version", cx.int(certificate.version as i64)),
        ("serialNumber", cx.str(&certificate.serial_number)),
        ("notBefore", cx.str(&certificate.not_before.to_string())),
        ("notAfter", cx.str(&certificate.not_after.to_string())),
    ];
    if !certificate.alternative_names.is_empty() {
        let names: Vec<Value> = certificate.alternative_names.iter().map(|name| alternative(cx, name)).collect();
        entries.push(("subjectAltName", cx.tuple(&names)));
    }
    let places = [
        ("OCSP", &certificate.ocsp),
        ("caIssuers", &certificate.issuers),
        ("crlDistributionPoints", &certificate.crl_points),
    ];
    for (key, texts) in places.into_iter().filter(|(_, texts)| !texts.is_empty()) {
        let texts: Vec<Value> = texts.iter().map(|text| cx.str(text)).collect();
        entries.push((key, cx.tuple(&texts)));
    }
    let dict = cx.new_dict();
    for (key, value) in entries {
        let key = cx.intern(key);
        dict.set_interned(key, value);
    }
    Some(dict.value())
}

fn pair(cx: &mut Context, first: &str, second: &str) -> Value {
    let items = [cx.str(first), cx.str(second)];
    cx.tuple(&items)
}

fn name(cx: &mut Context, name: &Name) -> Value {
    let mut parts = Vec::new();
    for part in name {
        let attributes: Vec<Value> = part.iter().map(|(name, value)| pair(cx, name, value)).collect();
        parts.push(cx.tuple(&attributes));
    }
    cx.tuple(&parts)
}

fn alternative(cx: &mut Context, alternative: &AlternativeName) -> Value {
    match alternative {
        AlternativeName::Dns(text) => pair(cx, "DNS", text),
        AlternativeName::Email(text) => pair(cx, "email", text),
        AlternativeName::Uri(text) => pair(cx, "URI", text),
        AlternativeName::Address(bytes) => pair(cx, "IP Address", &address_text(bytes)),
        AlternativeName::Registered(text) => pair(cx, "Registered ID", text),
        AlternativeName::Other => pair(cx, "othername", "<unsupported>"),
        AlternativeName::Directory(parts) => {
            let items = [cx.str("DirName"), name(cx, parts)];
            cx.tuple(&items)
        }
    }
}
