//! What can go wrong, in the words of OpenSSL, which users know and search for.

use std::borrow::Cow;
use std::{fmt, io};

use rustls::{InvalidMessage, PeerIncompatible};

use super::alert;

/// Which kind of exception an error is to scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Any but the others.
    Protocol,
    /// The peer's certificate is refused; the number that OpenSSL has for why.
    Verification(u32),
    /// The peer's bytes end where they may not.
    EndOfFile,
}

/// Why a session or its configuration fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The kind of exception.
    pub kind: ErrorKind,
    /// The part of the library that is said to complain.
    pub library: Option<&'static str>,
    /// The name of the complaint.
    pub reason: Option<&'static str>,
    /// The complaint in words.
    pub text: Cow<'static, str>,
}

/// Why a file cannot be used.
#[derive(Debug)]
pub enum LoadError {
    /// It cannot be read.
    File(io::Error),
    /// It is not what it should be.
    Content(Error),
}

impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> LoadError {
        LoadError::File(error)
    }
}

impl From<Error> for LoadError {
    fn from(error: Error) -> LoadError {
        LoadError::Content(error)
    }
}

impl Error {
    /// A complaint whose words are those of its name.
    pub fn named(reason: &'static str) -> Error {
        let text = reason.to_ascii_lowercase().replace('_', " ");
        Error { kind: ErrorKind::Protocol, library: Some("SSL"), reason: Some(reason), text: text.into() }
    }

    /// A complaint that only has words.
    pub fn plain(text: &'static str) -> Error {
        Error { kind: ErrorKind::Protocol, library: None, reason: None, text: text.into() }
    }

    /// A complaint about the text form of certificates and keys.
    pub fn pem(text: &'static str) -> Error {
        Error { kind: ErrorKind::Protocol, library: Some("SSL"), reason: None, text: text.into() }
    }

    /// A certificate is refused.
    pub fn verification(code: u32, message: &str) -> Error {
        Error {
            kind: ErrorKind::Verification(code),
            text: format!("certificate verify failed: {message}").into(),
            ..Error::named("CERTIFICATE_VERIFY_FAILED")
        }
    }

    /// The peer's bytes end without its having said so.
    pub fn unexpected_end() -> Error {
        Error {
            kind: ErrorKind::EndOfFile,
            text: "EOF occurred in violation of protocol".into(),
            ..Error::named("UNEXPECTED_EOF_WHILE_READING")
        }
    }

    /// What made a verification fail, without what all such errors begin with.
    pub fn verification_message(&self) -> &str {
        self.text.strip_prefix("certificate verify failed: ").unwrap_or(&self.text)
    }

    /// An error of rustls, apart from those about certificates; `header` is that of the record being read, by a
    /// server if it is one.
    pub fn from_rustls(error: &rustls::Error, header: &[u8], is_server: bool) -> Error {
        use rustls::Error as Cause;
        match error {
            Cause::AlertReceived(alert) => Error::named(alert::name(u8::from(*alert))),
            Cause::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge,
            ) => Error::named(no_record(header, is_server)),
            Cause::InvalidMessage(_) => Error::named("DECODE_ERROR"),
            Cause::InappropriateMessage { .. } | Cause::InappropriateHandshakeMessage { .. } => {
                Error::named("UNEXPECTED_MESSAGE")
            }
            Cause::DecryptError => Error::named("DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
            Cause::PeerSentOversizedRecord => Error::named("ENCRYPTED_LENGTH_TOO_LONG"),
            Cause::NoCertificatesPresented => Error::named("PEER_DID_NOT_RETURN_A_CERTIFICATE"),
            Cause::NoApplicationProtocol => Error::named("NO_APPLICATION_PROTOCOL"),
            Cause::PeerIncompatible(why) => Error::named(incompatibility(why)),
            other => Error {
                kind: ErrorKind::Protocol,
                library: Some("SSL"),
                reason: Some("INTERNAL_ERROR"),
                text: other.to_string().into(),
            },
        }
    }
}

/// What the bytes are that begin a record but are none.
fn no_record(header: &[u8], is_server: bool) -> &'static str {
    let begins = |words: &[&str]| words.iter().any(|word| header.starts_with(word.as_bytes()));
    match is_server {
        true if begins(&["GET ", "POST ", "HEAD ", "PUT "]) => "HTTP_REQUEST",
        true if begins(&["CONNE"]) => "HTTPS_PROXY_REQUEST",
        _ => "WRONG_VERSION_NUMBER",
    }
}

fn incompatibility(why: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as Why;
    match why {
        Why::ServerDoesNotSupportTls12Or13
        | Why::ServerTlsVersionIsDisabledByOurConfig
        | Why::SupportedVersionsExtensionRequired
        | Why::Tls12NotOffered
        | Why::Tls12NotOfferedOrEnabled => "UNSUPPORTED_PROTOCOL",
        Why::NoCipherSuitesInCommon => "NO_SHARED_CIPHER",
        Why::NoKxGroupsInCommon | Why::NamedGroupsExtensionRequired | Why::KeyShareExtensionRequired => {
            "NO_SUITABLE_KEY_SHARE"
        }
        Why::NoSignatureSchemesInCommon
        | Why::NoCertificateRequestSignatureSchemesInCommon
        | Why::SignatureAlgorithmsExtensionRequired => "NO_SUITABLE_SIGNATURE_ALGORITHM",
        _ => "HANDSHAKE_FAILURE_ON_CLIENT_HELLO",
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.library, self.reason) {
            (Some(library), Some(reason)) => write!(out, "[{library}: {reason}] {}", self.text),
            (Some(library), None) => write!(out, "[{library}] {}", self.text),
            _ => out.write_str(&self.text),
        }
    }
}

impl std::error::Error for Error {}
