//! What the test binary is made of: the scripts and their comments, the process that runs one, goldens and the layer order.

pub mod commands;
pub mod compare;
pub mod goldens;
pub mod layers;
pub mod process;
pub mod readme;
pub mod recordings;
pub mod script;
pub mod scripts;
pub mod timeline;
pub mod walk;
