//! Certificates of one's own with their keys, and which of them a session shows.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, SignatureScheme};

use super::error::{Error, LoadError};
use super::pem;

/// Certificates of one's own, one for each kind of key.
#[derive(Clone, Debug, Default)]
pub struct Identities(Vec<Arc<CertifiedKey>>);

impl Identities {
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a chain of certificates and the key of the first, from files; in place of one with a key of the same
    /// kind.
    pub fn load(&mut self, chain: &Path, key: &Path) -> Result<(), LoadError> {
        let certificates = pem::certificates(&fs::read(chain)?)?;
        let key_text = fs::read(key)?;
        if certificates.is_empty() {
            return Err(Error::pem("PEM lib").into());
        }
        let key = any_supported_type(&pem::private_key(&key_text)?)
            .map_err(|_| Error::pem("PEM lib: a key of a kind that is not supported"))?;
        let identity = CertifiedKey::new(certificates, key);
        if let Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) = identity.keys_match() {
            let mismatch = Error::named("KEY_VALUES_MISMATCH");
            return Err(Error { library: Some("X509"), ..mismatch }.into());
        }
        self.0.retain(|other| other.key.algorithm() != identity.key.algorithm());
        self.0.push(Arc::new(identity));
        Ok(())
    }

    /// The first that a peer can check the signatures of.
    fn choose(&self, schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.iter().find(|identity| identity.key.choose_scheme(schemes).is_some()).cloned()
    }
}

impl ResolvesServerCert for Identities {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.signature_schemes())
    }
}

impl ResolvesClientCert for Identities {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.choose(schemes)
    }

    fn has_certs(&self) -> bool {
        !self.is_empty()
    }
}
