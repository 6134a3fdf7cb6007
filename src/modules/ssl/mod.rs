//! `_ssl`: the native part of `ssl`, over the sessions of `tls`.

mod argument;
mod attributes;
mod certificate;
mod choices;
mod connection;
mod context;
mod error;
mod loading;
mod memory_bio;
mod module;

pub use connection::Connection;
pub use error::raise;
pub use module::MODULE;
