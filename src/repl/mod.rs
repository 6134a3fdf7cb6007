//! The REPL: what `corolang` without a script starts.
//!
//! ```text
//!     editor (an OS thread of its own) ── events ─▶ session ── text ─▶ Interpreter
//!        keys, highlight, margin, question             ▲  names, command
//!     script ("-i" without a terminal) ── lines ───────┘
//! ```
//!
//! The line editor blocks its thread, so it has one of its own; nothing of the heap is there. The session runs on the
//! thread of the interpreter: it rests in the event loop while one types, so tasks and threads go on, and does what
//! comes from the editor: it runs an input, or answers what a name could be completed to. What is printed meanwhile
//! goes above the prompt.

pub mod above;
pub mod command;
pub mod editor;
pub mod highlight;
pub mod history;
pub mod input;
pub mod keys;
pub mod lines;
pub mod margin;
pub mod names;
pub mod paste;
pub mod question;
pub mod session;
