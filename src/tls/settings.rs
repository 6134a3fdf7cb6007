//! What a session is configured with. A session keeps the settings it was made with; changes reach later ones.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::server::NoServerSessionStorage;
use rustls::{ClientConfig, NoKeyLog, ServerConfig, SupportedProtocolVersion, version};

use super::cipher::{self, Cipher};
use super::error::Error;
use super::identity::Identities;
use super::key_log::KeyLogFile;
use super::trust::Trust;
use super::verifier::Verifier;

/// The number that TLS 1.2 has in its messages.
pub const TLS_1_2: u16 = 0x0303;
/// The number of TLS 1.3.
pub const TLS_1_3: u16 = 0x0304;

/// Whether the peer must prove who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verify {
    /// Whatever it shows is taken; a server does not ask.
    None,
    /// A server asks, and takes a client that shows nothing. To a client this is `Required`.
    Optional,
    /// It must.
    Required,
}

/// The configuration of sessions. The default believes nobody and shows nothing.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether the peer must prove who it is.
    pub verify: Verify,
    /// Must a server's certificate be for the name the client wants?
    pub checks_host_name: bool,
    /// May the subject of a certificate name the host if nothing else in it does?
    pub checks_common_name: bool,
    /// Is it asked that nothing is revoked? There are no lists of what is, so nothing passes.
    pub checks_revocation: bool,
    /// Does a server choose the cipher suite by its own order, not by its client's?
    pub prefers_own_ciphers: bool,
    /// Is a peer that just ends taken for one that has said so? What it sent last may then be missing unnoticed.
    pub ignores_unexpected_end: bool,
    /// The number of the lowest version.
    pub minimum: u16,
    /// The number of the highest version.
    pub maximum: u16,
    /// Numbers of versions between them that are not wanted.
    pub excluded: Vec<u16>,
    /// Whom to believe.
    pub trust: Trust,
    /// What to show.
    pub identities: Identities,
    /// The application protocols, the preferred first.
    pub protocols: Vec<Vec<u8>>,
    /// The cipher suites, the preferred first.
    pub ciphers: Vec<&'static Cipher>,
    /// Key exchange groups.
    pub groups: Vec<&'static dyn SupportedKxGroup>,
    /// Where secrets are written.
    pub key_log: Option<Arc<KeyLogFile>>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            verify: Verify::None,
            checks_host_name: false,
            checks_common_name: true,
            checks_revocation: false,
            prefers_own_ciphers: true,
            ignores_unexpected_end: false,
            minimum: TLS_1_2,
            maximum: u16::MAX,
            excluded: Vec::new(),
            trust: Trust::default(),
            identities: Identities::default(),
            protocols: Vec::new(),
            ciphers: cipher::default_ciphers(),
            groups: ring::ALL_KX_GROUPS.to_vec(),
            key_log: None,
        }
    }
}

impl Settings {
    /// Uses one key exchange group only; false for a name that is not known.
    pub fn set_group(&mut self, name: &str) -> bool {
        let group = match name {
            "X25519" | "x25519" => ring::kx_group::X25519,
            "prime256v1" | "secp256r1" | "P-256" => ring::kx_group::SECP256R1,
            "secp384r1" | "P-384" => ring::kx_group::SECP384R1,
            _ => return false,
        };
        self.groups = vec![group];
        true
    }

    fn provider(&self) -> Arc<CryptoProvider> {
        Arc::new(CryptoProvider {
            cipher_suites: self.ciphers.iter().map(|cipher| cipher.suite()).collect(),
            kx_groups: self.groups.clone(),
            ..ring::default_provider()
        })
    }

    fn versions(&self) -> Result<Vec<&'static SupportedProtocolVersion>, Error> {
        let known = [(TLS_1_3, &version::TLS13), (TLS_1_2, &version::TLS12)];
        let is_wanted =
            |number: u16| (self.minimum..=self.maximum).contains(&number) && !self.excluded.contains(&number);
        let versions: Vec<_> =
            known.into_iter().filter(|(number, _)| is_wanted(*number)).map(|(_, version)| version).collect();
        if versions.is_empty() { Err(Error::named("NO_PROTOCOLS_AVAILABLE")) } else { Ok(versions) }
    }

    /// The configuration of a client's session.
    pub fn client_config(&self, verifier: Verifier, sends_name: bool) -> Result<ClientConfig, Error> {
        let mut config = ClientConfig::builder_with_provider(self.provider())
            .with_protocol_versions(&self.versions()?)
            .map_err(|_| Error::named("NO_CIPHERS_AVAILABLE"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(Arc::new(self.identities.clone()));
        config.alpn_protocols = self.protocols.clone();
        config.enable_sni = sends_name;
        // Scripts that want a session again say so; nothing is resumed behind their back.
        config.resumption = Resumption::disabled();
        config.key_log = self.key_log();
        Ok(config)
    }

    /// The configuration of a server's session with a client that knows these application protocols.
    pub fn server_config(&self, verifier: Verifier, offered: &[Vec<u8>]) -> Result<ServerConfig, Error> {
        let mut config = ServerConfig::builder_with_provider(self.provider())
            .with_protocol_versions(&self.versions()?)
            .map_err(|_| Error::named("NO_CIPHERS_AVAILABLE"))?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_cert_resolver(Arc::new(self.identities.clone()));
        // With no protocol in common the session goes on without one.
        if self.protocols.iter().any(|protocol| offered.contains(protocol)) {
            config.alpn_protocols = self.protocols.clone();
        }
        config.ignore_client_order = self.prefers_own_ciphers;
        // Tickets sent after the handshake reach clients that have closed already, which resets the connection.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.key_log = self.key_log();
        Ok(config)
    }

    fn key_log(&self) -> Arc<dyn rustls::KeyLog> {
        match &self.key_log {
            Some(file) => file.clone(),
            None => Arc::new(NoKeyLog {}),
        }
    }
}
