//! Shows a recorded run: the page and the text of `run --timeline FILE`, and the trace of `run --trace FILE`.
//!
//! Comes in: a finished `object::timeline::Recording`. Goes out: one self-contained file, written at once. The page is
//! `viewer/` (markup, style and scripts, embedded) around the recording as columns of integers (`data`).

mod data;
mod json;
mod lag;
pub mod output;
pub mod page;
pub mod text;
pub mod trace;
