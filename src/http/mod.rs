//! HTTP/1.1 as bytes: heads, bodies and dates, for servers and clients alike. Nothing here knows of the VM.

pub mod body;
pub mod date;
pub mod head;
pub mod request;
pub mod response;
pub mod websocket;
