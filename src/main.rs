//! The command line.
use corolang::interpreter::{Interpreter, Settings};

#[global_allocator]
static ALLOCATOR: corolang::object::memory::Counting = corolang::object::memory::Counting;

fn main() {
    let file = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let mut interpreter = Interpreter::new(Settings::default());
    std::process::exit(interpreter.run_main(&file, &text));
}
