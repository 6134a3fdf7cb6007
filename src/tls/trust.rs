//! Which certificates are trusted to vouch for others.

use std::path::Path;
use std::{env, fs};

use rustls::pki_types::{CertificateDer, TrustAnchor};

use super::certificate::Certificate;
use super::der::Items;
use super::error::{Error, LoadError};
use super::pem;

/// The variable that names the file of certificates that stand in for the public authorities.
pub const FILE_VARIABLE: &str = "SSL_CERT_FILE";

/// The trusted authorities.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    anchors: Vec<TrustAnchor<'static>>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// What chains may end in.
    pub fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// The certificates among them; of the public authorities no more is known than what verifying needs.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// Is this certificate itself trusted?
    pub fn contains(&self, certificate: &[u8]) -> bool {
        self.certificates.iter().any(|trusted| trusted.as_ref() == certificate)
    }

    /// May any of the authorities vouch for some names only?
    pub fn constrains_names(&self) -> bool {
        self.anchors.iter().any(|anchor| anchor.name_constraints.is_some())
    }

    /// Trusts a certificate.
    pub fn add(&mut self, certificate: CertificateDer<'static>) -> Result<(), Error> {
        if self.contains(&certificate) {
            return Ok(());
        }
        let anchor = webpki::anchor_from_trusted_cert(&certificate).map_err(|_| Error::named("BAD_CERTIFICATE"))?;
        self.anchors.push(anchor.to_owned());
        self.certificates.push(certificate);
        Ok(())
    }

    /// Trusts the file that the environment names or, if it names none, the public authorities.
    pub fn add_defaults(&mut self) -> Result<(), LoadError> {
        match env::var_os(FILE_VARIABLE) {
            Some(path) => self.add_file(Path::new(&path)),
            None => {
                self.anchors.extend_from_slice(webpki_roots::TLS_SERVER_ROOTS);
                Ok(())
            }
        }
    }

    /// Trusts all certificates in a file.
    pub fn add_file(&mut self, path: &Path) -> Result<(), LoadError> {
        let certificates = pem::certificates(&fs::read(path)?)?;
        if certificates.is_empty() {
            let none = Error::named("NO_CERTIFICATE_OR_CRL_FOUND");
            return Err(Error { library: Some("X509"), ..none }.into());
        }
        self.add_all(certificates)?;
        Ok(())
    }

    /// Trusts all certificates in the files of a folder that are named by a hash, as OpenSSL has it.
    pub fn add_folder(&mut self, path: &Path) -> Result<(), LoadError> {
        let Ok(entries) = fs::read_dir(path) else { return Ok(()) };
        for entry in entries.flatten() {
            if is_hashed(&entry.file_name().to_string_lossy()) {
                let certificates = pem::certificates(&fs::read(entry.path())?)?;
                self.add_all(certificates)?;
            }
        }
        Ok(())
    }

    /// Trusts all certificates in a text.
    pub fn add_text(&mut self, text: &[u8]) -> Result<(), Error> {
        let certificates = pem::certificates(text)?;
        if certificates.is_empty() {
            return Err(Error::plain("no start line: cadata does not contain a certificate"));
        }
        self.add_all(certificates)
    }

    /// Trusts all certificates in bytes that are their encodings, one after the other.
    pub fn add_encoded(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut items = Items::new(bytes);
        let certificates: Vec<_> = items.by_ref().map(|item| CertificateDer::from(item.whole.to_vec())).collect();
        if certificates.is_empty() || !items.rest().is_empty() {
            return Err(Error::plain("not enough data: cadata does not contain a certificate"));
        }
        self.add_all(certificates)
    }

    fn add_all(&mut self, certificates: Vec<CertificateDer<'static>>) -> Result<(), Error> {
        certificates.into_iter().try_for_each(|certificate| self.add(certificate))
    }

    /// How many there are, and how many of them are certificates of authorities.
    pub fn counts(&self) -> (usize, usize) {
        let is_authority = |bytes: &CertificateDer<'_>| Certificate::parse(bytes).is_some_and(|it| it.is_authority);
        let others = self.certificates.iter().filter(|certificate| !is_authority(certificate)).count();
        (self.anchors.len(), self.anchors.len() - others)
    }
}

/// Is it a name of eight hexadecimal digits, a dot and a number?
fn is_hashed(name: &str) -> bool {
    name.split_once('.').is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}
