//! Shows a recorded run: the page of `run --timeline FILE.html` and the trace of `run --trace FILE.json`.
//!
//! Comes in: a finished `object::timeline::Recording`. Goes out: one self-contained file, written at once. The page is
//! `viewer/` (markup, style and scripts, embedded) around the recording as columns of integers (`data`).

mod data;
mod json;
pub mod page;
pub mod trace;
