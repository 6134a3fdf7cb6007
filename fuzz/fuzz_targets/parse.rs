//! Text to code: any bytes parse or are refused with diagnostics that can be shown, and what parses compiles to code
//! that holds together.
#![no_main]

use std::rc::Rc;

use corolang::bytecode::code::Code;
use corolang::bytecode::disassembler::disassemble;
use corolang::bytecode::verifier::verify;
use corolang::compiler::compile::{Options, compile};
use corolang::diagnostic::{Diagnostic, render};
use corolang::source::Source;
use corolang::syntax::ast::Mode;
use corolang::syntax::parser::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for mode in [Mode::Module, Mode::Expression, Mode::Interactive] {
        let source = Rc::new(Source::new("<fuzz>", &text));
        match parse(&source, mode) {
            Ok(module) => {
                let options = Options { mode, top_level_await: bytes.len() % 2 == 0, ..Options::default() };
                match compile(&module, &source, options) {
                    Ok(code) => check(&code),
                    Err(errors) => show(&errors, &source),
                }
            }
            Err(errors) => show(&errors, &source),
        }
    }
});

fn check(code: &Code) {
    verify(code).expect("code holds together");
    disassemble(code);
    code.codes.iter().for_each(|inner| check(inner));
}

fn show(errors: &[Diagnostic], source: &Source) {
    assert!(!errors.is_empty(), "a refusal says why");
    for error in errors {
        assert!(!error.message.is_empty(), "a diagnostic has a message");
        render(error, source, false);
    }
}
