//! The virtual machine: runs frames; knows nothing of sockets or clocks, and only `import` reads files.

pub mod attribute;
pub mod build;
pub mod call;
pub mod class;
pub mod collect;
pub mod control;
pub mod convert;
pub mod finalise;
pub mod handled;
pub mod import;
pub mod interpret;
pub mod iterate;
pub mod machine;
pub mod name;
pub mod native_frame;
pub mod operator;
pub mod switch;
pub mod trace;
pub mod unwind;
