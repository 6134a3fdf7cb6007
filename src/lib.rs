//! Corolang: a tiny scripting language with native coroutines, Python 3 syntax and semantics.
//!
//! # The way of a program
//!
//! ```text
//!     text ─ tokens ─ layout ─▶ tree ─ scopes ─▶ code ─▶ frames ⇄ objects ─▶ requests
//!            └──── syntax ────┘        compiler   bytecode   vm     object    event_loop
//! ```
//!
//! Data flows one way, and so do the imports: a module imports only from those listed below it here, which a test
//! holds. Read from the bottom, the list is the journey of a program.
//!
//! # What to know before reading
//!
//! - **One loop.** Script code runs in `vm::interpret` and nothing re-enters it. What needs script code in its midst
//!   (an operator with a special method, a sort key, an import) pushes a frame: of the script, or a machine of
//!   `vm::native_frame` that is entered again with the result. So anything can suspend anywhere.
//! - **Natives are leaves.** A native (`object::native`) goes from arguments to a value, an exception, or a `Stop`
//!   that says what the loop must do for it. What must call script code in a way natives cannot is written in the
//!   language, in `stdlib/_halves*.co`.
//! - **The VM never waits.** It leaves with a request; `event_loop` answers it.
//! - **The collector runs between instructions.** Natives hold bare references; whatever holds a `Value` for longer
//!   is a heap object or a field the VM traces (`object::heap`).
//! - **A suspended frame is the only concurrency.** A generator is its frame, run in place; a chain of delegation
//!   knows its innermost, so a step costs the same at any depth (`vm::switch`).

pub mod repl;

pub mod interpreter;

pub mod timeline;

pub mod command_line;

pub mod event_loop;

pub mod vm;

pub mod modules;

pub mod builtins;

pub mod compiler;

pub mod object;

pub mod bytecode;

pub mod syntax;

pub mod text;

pub mod http;

pub mod tls;

pub mod diagnostic;

pub mod inquiry;

pub mod library;

pub mod source;
