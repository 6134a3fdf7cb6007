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

pub use certificate::to_dict;
pub use context::{new_session, settings_of};
pub use error::raise;
pub use module::MODULE;
