//! `_select`: waiting for many descriptors at once.

#[cfg(target_os = "linux")]
mod epoll;
mod module;
mod poll;
mod readiness;

pub use module::MODULE;
