//! TLS over buffers, by rustls: sessions that move bytes between a plain and an encrypted side, and what they are
//! configured with. It knows neither sockets nor the VM; errors have the words that users of OpenSSL know.

pub mod alert;
pub mod buffer;
pub mod certificate;
pub mod cipher;
pub mod der;
pub mod error;
pub mod identity;
pub mod key_log;
pub mod object_name;
pub mod pem;
pub mod session;
pub mod settings;
pub mod trust;
pub mod verifier;

#[cfg(test)]
mod tests;
