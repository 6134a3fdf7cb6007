//! Certificates and private keys in their text form.

use rustls::pki_types::pem::{PemObject, SectionKind, SliceIter};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::Error;

/// All certificates of a text; the error is about one that is broken.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut found = Vec::new();
    // Those that say they are trusted are the same with more behind, which is not read.
    for section in SliceIter::<(SectionKind, Vec<u8>)>::new(text) {
        match section {
            Ok((SectionKind::Certificate, bytes)) => found.push(CertificateDer::from(bytes)),
            Ok(_) => {}
            Err(_) => return Err(Error::pem("PEM lib")),
        }
    }
    Ok(found)
}

/// The first private key of a text, whichever of the three forms it has.
pub fn private_key(text: &[u8]) -> Result<PrivateKeyDer<'static>, Error> {
    let encrypted = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"];
    let holds = |mark: &str| text.windows(mark.len()).any(|window| window == mark.as_bytes());
    if encrypted.into_iter().any(holds) {
        return Err(Error::pem("PEM lib: private keys with a password are not supported"));
    }
    PrivateKeyDer::from_pem_slice(text).map_err(|_| Error::pem("PEM lib"))
}

/// A certificate as a text.
pub fn write_certificate(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    // Each line is of 64 digits, four of them for three bytes.
    for line in bytes.chunks(48) {
        for group in line.chunks(3) {
            let bits = group.iter().fold(0u32, |bits, &byte| bits << 8 | byte as u32) << (8 * (3 - group.len()));
            let digit = |index: usize| match index <= group.len() {
                true => DIGITS[(bits >> (18 - 6 * index)) as usize & 63] as char,
                false => '=',
            };
            text.extend((0..4).map(digit));
        }
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}
