//! The virtual machine: runs frames; knows nothing of sockets or clocks, and only `import` reads files.

pub mod async_generator;
pub mod attribute;
pub mod attribute_cache;
pub mod build;
pub mod call;
pub mod class;
pub mod class_check;
pub mod collect;
pub mod control;
pub mod convert;
pub mod delegate;
pub mod descriptor;
pub mod evaluate;
pub mod finalise;
pub mod handled;
pub mod import;
pub mod interpret;
pub mod iterate;
pub mod machine;
pub mod name;
pub mod native_frame;
pub mod operator;
pub mod store_attribute;
pub mod switch;
pub mod trace;
pub mod unwind;
