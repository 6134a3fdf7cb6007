//! Whether to believe a peer's certificate. The path to a trusted authority is webpki's; the order of the questions,
//! the words of the answers and what is asked beyond a path are those of OpenSSL.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

use super::certificate::Certificate;
use super::error::Error;
use super::settings::{Settings, Verify};

const USE_OF_SERVERS: &str = "1.3.6.1.5.5.7.3.1";
const USE_OF_CLIENTS: &str = "1.3.6.1.5.5.7.3.2";
const USE_OF_ANYONE: &str = "2.5.29.37.0";

/// What came of verifying, for the session to look at.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Why the certificate is refused.
    pub error: Option<Error>,
    /// From the peer's certificate to the trusted one, as far as it is known.
    pub chain: Vec<Vec<u8>>,
}

/// An outcome that the session and its verifier share.
pub type SharedOutcome = Arc<Mutex<Outcome>>;

/// The name of a server that a client wants.
#[derive(Clone, Debug)]
pub struct Host {
    /// As the script has it.
    pub text: String,
    /// As rustls has it.
    pub name: ServerName<'static>,
}

impl Host {
    /// A name or an address; None for what is neither.
    pub fn parse(text: &str) -> Option<Host> {
        // A scope of an address is for the system only.
        let address = text.split('%').next().and_then(|address| address.parse::<IpAddr>().ok());
        let name = match address {
            Some(address) => ServerName::IpAddress(address.into()),
            None => ServerName::try_from(text.to_string()).ok()?,
        };
        Some(Host { text: text.into(), name })
    }
}

/// Why a certificate is refused.
struct Refusal {
    /// The number that OpenSSL has for it.
    code: u32,
    /// Its words.
    message: String,
    /// What the peer is told.
    alert: CertificateError,
}

impl Refusal {
    fn new(code: u32, message: impl Into<String>, alert: CertificateError) -> Refusal {
        Refusal { code, message: message.into(), alert }
    }
}

/// The verifier of one session.
pub struct Verifier {
    settings: Arc<Settings>,
    /// Whom a client means to talk to.
    host: Option<Host>,
    outcome: SharedOutcome,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Verifier").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier that puts what it finds into `outcome`.
    pub fn new(settings: Arc<Settings>, host: Option<Host>, outcome: SharedOutcome) -> Verifier {
        let algorithms = ring::default_provider().signature_verification_algorithms;
        Verifier { settings, host, outcome, algorithms }
    }

    /// Verifies a certificate and writes down what came of it.
    fn verify(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        is_server: bool,
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let result = match self.settings.verify {
            Verify::None => Ok(vec![leaf.to_vec()]),
            _ => self.check(leaf, others, is_server, now),
        };
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(chain) => outcome.chain = chain,
            Err(refusal) => {
                outcome.error = Some(Error::verification(refusal.code, &refusal.message));
                return Err(refusal.alert.into());
            }
        }
        Ok(())
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        is_server: bool,
        now: UnixTime,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let broken = || Refusal::new(1, "the certificate cannot be read", CertificateError::BadEncoding);
        let certificate = Certificate::parse(leaf).ok_or_else(broken)?;
        if self.settings.checks_revocation {
            let message = "unable to get certificate CRL";
            return Err(Refusal::new(3, message, CertificateError::UnknownRevocationStatus));
        }
        let (from, until) = (certificate.not_before.seconds(), certificate.not_after.seconds());
        let now = now.as_secs() as i64;
        let chain = match self.settings.trust.contains(leaf) {
            true => {
                check_use(&certificate, is_server)?;
                vec![leaf.to_vec()]
            }
            // That it has expired is said last, so the path is looked for at a time when it had not.
            false => self.find_path(&certificate, leaf, others, is_server, now.min(until).max(from).max(0) as u64)?,
        };
        if is_server && self.settings.checks_host_name {
            self.check_host(&certificate, leaf, others)?;
        }
        if now < from {
            return Err(Refusal::new(9, "certificate is not yet valid", CertificateError::BadEncoding));
        }
        if now > until {
            return Err(Refusal::new(10, "certificate has expired", CertificateError::Expired));
        }
        Ok(chain)
    }

    /// The certificates from the peer's to a trusted one.
    fn find_path(
        &self,
        certificate: &Certificate,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        is_server: bool,
        seconds: u64,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let trust = &self.settings.trust;
        let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
        let usage = if is_server { KeyUsage::server_auth() } else { KeyUsage::client_auth() };
        let entity = EndEntityCert::try_from(leaf).map_err(|error| refusal(&error, certificate, others))?;
        let path = entity
            .verify_for_usage(self.algorithms.all, trust.anchors(), others, time, usage, None, None)
            .map_err(|error| refusal(&error, certificate, others))?;
        let mut chain = vec![leaf.to_vec()];
        chain.extend(path.intermediate_certificates().map(|certificate| certificate.der().to_vec()));
        let is_anchor = |trusted: &&CertificateDer<'static>| {
            webpki::anchor_from_trusted_cert(trusted).is_ok_and(|anchor| anchor == *path.anchor())
        };
        chain.extend(trust.certificates().iter().find(is_anchor).map(|anchor| anchor.to_vec()));
        Ok(chain)
    }

    /// Is the certificate for the host that is wanted?
    fn check_host(
        &self,
        certificate: &Certificate,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
    ) -> Result<(), Refusal> {
        let Some(host) = &self.host else {
            return Err(Refusal::new(62, "Hostname mismatch, no name was given.", CertificateError::NotValidForName));
        };
        let entity = EndEntityCert::try_from(leaf).ok();
        if entity.is_some_and(|entity| entity.verify_is_valid_for_subject_name(&host.name).is_ok()) {
            return Ok(());
        }
        let (code, what) = match host.name {
            ServerName::IpAddress(_) => (64, "IP address mismatch"),
            _ if self.is_common_name(certificate, others, &host.text) => return Ok(()),
            _ => (62, "Hostname mismatch"),
        };
        let message = format!("{what}, certificate is not valid for '{}'.", host.text);
        Err(Refusal::new(code, message, CertificateError::NotValidForName))
    }

    /// Does the subject name the host, and may it? Limits on names do not reach the subject, so where there are any
    /// it counts for nothing.
    fn is_common_name(&self, certificate: &Certificate, others: &[CertificateDer<'_>], host: &str) -> bool {
        let is_limiting = |bytes: &CertificateDer<'_>| Certificate::parse(bytes).is_none_or(|it| it.constrains_names);
        self.settings.checks_common_name
            && !certificate.names_hosts()
            && !self.settings.trust.constrains_names()
            && !others.iter().any(is_limiting)
            && certificate.common_names().any(|pattern| is_match(pattern, host))
    }
}

/// Is a host meant by a name whose first label may be a star?
fn is_match(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(domain), Some((first, rest))) => {
            !first.is_empty() && domain.contains('.') && rest.eq_ignore_ascii_case(domain)
        }
        _ => pattern.eq_ignore_ascii_case(host),
    }
}

/// Is the key of a certificate that is trusted by itself meant for what it is used for?
fn check_use(certificate: &Certificate, is_server: bool) -> Result<(), Refusal> {
    let wanted = if is_server { USE_OF_SERVERS } else { USE_OF_CLIENTS };
    match &certificate.key_uses {
        Some(uses) if !uses.iter().any(|usage| usage == wanted || usage == USE_OF_ANYONE) => Err(unsuitable()),
        _ => Ok(()),
    }
}

fn unsuitable() -> Refusal {
    Refusal::new(26, "unsuitable certificate purpose", CertificateError::InvalidPurpose)
}

/// What an error of webpki is to OpenSSL.
fn refusal(error: &webpki::Error, certificate: &Certificate, others: &[CertificateDer<'_>]) -> Refusal {
    use CertificateError as Alert;
    use webpki::Error as Cause;
    let is_self_issued = |bytes: &CertificateDer<'_>| Certificate::parse(bytes).is_some_and(|it| it.is_self_issued);
    match error {
        Cause::UnknownIssuer | Cause::CaUsedAsEndEntity if certificate.is_self_issued => {
            Refusal::new(18, "self-signed certificate", Alert::UnknownIssuer)
        }
        Cause::UnknownIssuer if others.iter().any(is_self_issued) => {
            Refusal::new(19, "self-signed certificate in certificate chain", Alert::UnknownIssuer)
        }
        Cause::UnknownIssuer => Refusal::new(20, "unable to get local issuer certificate", Alert::UnknownIssuer),
        Cause::CertExpired { .. } => Refusal::new(10, "certificate has expired", Alert::Expired),
        Cause::CertNotValidYet { .. } => Refusal::new(9, "certificate is not yet valid", Alert::BadEncoding),
        Cause::InvalidSignatureForPublicKey => Refusal::new(7, "certificate signature failure", Alert::BadSignature),
        Cause::CertRevoked => Refusal::new(23, "certificate revoked", Alert::Revoked),
        Cause::EndEntityUsedAsCa => Refusal::new(24, "invalid CA certificate", Alert::UnknownIssuer),
        Cause::CaUsedAsEndEntity => {
            Refusal::new(1, "the certificate is one of an authority, not of a host", Alert::InvalidPurpose)
        }
        Cause::PathLenConstraintViolated | Cause::MaximumPathDepthExceeded => {
            Refusal::new(25, "path length constraint exceeded", Alert::UnknownIssuer)
        }
        Cause::RequiredEkuNotFoundContext(_) => unsuitable(),
        Cause::UnsupportedCriticalExtension => {
            Refusal::new(34, "unhandled critical extension", Alert::UnhandledCriticalExtension)
        }
        Cause::NameConstraintViolation => Refusal::new(47, "permitted subtree violation", Alert::BadEncoding),
        other => Refusal::new(1, format!("unspecified certificate verification error ({other})"), Alert::BadEncoding),
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verify(leaf, others, true, now).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Verifier {
    fn offer_client_auth(&self) -> bool {
        self.settings.verify != Verify::None
    }

    fn client_auth_mandatory(&self) -> bool {
        self.settings.verify == Verify::Required
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Without a hint the client shows what it has.
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.verify(leaf, others, false, now).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
