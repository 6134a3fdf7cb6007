//! `_socket`: sockets, addresses and names.

pub mod address;
mod body;
mod class;
mod connection;
mod constants;
mod convert;
mod lookup;
mod message;
mod module;
pub mod names;
mod option;
mod transfer;

pub use body::Socket;
pub use module::MODULE;
