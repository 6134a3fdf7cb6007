//! `exec`, `eval`, `compile` and `__import__`: texts and code objects as programs of their own.

use crate::bytecode::code::CodeKind;
use crate::compiler::compile::Options;
use crate::object::dict::Dict;
use crate::object::frame::Then;
use crate::object::function::{CodeObject, Function};
use crate::object::heap::Ref;
use crate::object::integer::Int;
use crate::object::native::{Control, Stop};
use crate::object::string::Str;
use crate::object::value::Value;
use crate::source::Source;
use crate::syntax::ast::Mode;
use crate::text::source_encoding::source_text;
use crate::vm::machine::{Flow, Vm};
use std::rc::Rc;

impl Vm {
    pub(super) fn exec(&mut self, control: Control, args: &[Value], then: Then, destination: u16) -> Flow {
        let name = if control == Control::Exec { "exec" } else { "eval" };
        let (globals, locals) = match self.exec_namespaces(name, args[1], args[2]) {
            Ok(pair) => pair,
            Err(stop) => return self.raise(stop),
        };
        let separate = locals != globals.value();
        let function = match self.exec_function(name, args[0], globals, separate) {
            Ok(function) => function,
            Err(stop) => return self.raise(stop),
        };
        match function.code.get().code.kind {
            CodeKind::Module | CodeKind::Class if separate => {
                self.run_in_namespace(function, locals, then, destination)
            }
            CodeKind::Module | CodeKind::Class => self.run_module_function(function, then, destination),
            // It is for the caller to await it.
            CodeKind::AsyncModule if control == Control::Eval => Flow::Done(self.make_generator(function, &[])),
            _ if control == Control::Eval => self.call_plain(function.value(), &[], then, destination),
            _ => self.call_half("call_for_nothing", &[function.value()], then, destination),
        }
    }

    fn exec_namespaces(&mut self, name: &str, globals: Value, locals: Value) -> Result<(Ref<Dict>, Value), Stop> {
        let given = |value: Value| !value.is_unbound() && !value.is_none();
        if !given(globals) {
            let globals = self.script_globals().unwrap_or_else(|| self.cx.new_dict());
            let locals = if given(locals) { locals } else { self.locals() };
            return Ok((globals, locals));
        }
        let Some(dict) = globals.get::<Dict>() else {
            let found = self.cx.type_name(globals);
            let message = match name {
                "exec" => format!("exec() globals must be a dict, not {found}"),
                _ => "eval() globals must be a dict".to_string(),
            };
            return Err(self.cx.type_error(message));
        };
        Ok((dict, if given(locals) { locals } else { globals }))
    }

    fn exec_function(
        &mut self,
        name: &str,
        source: Value,
        globals: Ref<Dict>,
        separate: bool,
    ) -> Result<Ref<Function>, Stop> {
        if let Some(code) = source.get::<CodeObject>() {
            if !code.free.is_empty() {
                let message = format!("code object passed to {name}() may not contain free variables");
                return Err(self.cx.type_error(message));
            }
            // Compiled for the names of a module; with a namespace of its own it is compiled anew.
            let kind = code.code.kind;
            if separate && kind == CodeKind::Module && !code.code.source.text.is_empty() {
                let mode = if name == "eval" { Mode::Expression } else { Mode::Module };
                let options = Options { mode, namespace: true, ..Options::default() };
                if let Ok(compiled) = self.compile(&code.code.source.clone(), options) {
                    return Ok(self.module_function(&compiled, globals));
                }
            }
            return Ok(Function::allocate(&mut self.cx, code, globals, Box::new([])));
        }
        let text = self.source_text(source, name)?;
        let mode = if name == "exec" { Mode::Module } else { Mode::Expression };
        let text = if name == "exec" { text } else { text.trim_start_matches([' ', '\t']).to_string() };
        let source = Rc::new(Source::new("<string>", &text));
        let options = Options { mode, namespace: separate, reports_warnings: true, ..Options::default() };
        let code = self.compile(&source, options)?;
        Ok(self.module_function(&code, globals))
    }

    /// The text of what is compiled: a str or bytes.
    pub fn source_text(&mut self, source: Value, name: &str) -> Result<String, Stop> {
        let bytes = match (source.get::<Str>(), crate::object::bytes::bytes_of(&source)) {
            (Some(text), _) => text.bytes().to_vec(),
            (_, Some(bytes)) => bytes.into_owned(),
            _ => {
                return Err(self.cx.type_error(format!("{name}() arg 1 must be a string, bytes or code object")));
            }
        };
        if bytes.contains(&0) {
            return Err(self.cx.syntax_error("source code string cannot contain null bytes", None));
        }
        let text = match source.is::<Str>() {
            // Which encoding it says it is in does not matter any more.
            true => String::from_utf8(bytes).map_err(|_| "(unicode error) source code is not valid UTF-8".to_string()),
            false => source_text(&bytes).map_err(|refusal| refusal.message()),
        };
        text.map_err(|message| self.cx.syntax_error(&message, None))
    }

    /// `compile(source, filename, mode, flags)` as a code object.
    /// The code, and what `warn_syntax` takes if there is something to warn of, else None.
    pub(super) fn compile_control(
        &mut self,
        source: Value,
        file: Value,
        mode: Value,
        flags: Value,
    ) -> Result<(Value, Value), Stop> {
        const TOP_LEVEL_AWAIT: i64 = 0x2000;
        let text = self.source_text(source, "compile")?;
        let (file, mode) = (self.text(file), self.text(mode));
        let mode = match mode.as_str() {
            "exec" => Mode::Module,
            "eval" => Mode::Expression,
            "single" => Mode::Interactive,
            _ => {
                let message = "compile() mode must be 'exec', 'eval' or 'single'";
                return Err(self.cx.value_error(message));
            }
        };
        let flags = Int::to_i64(flags).unwrap_or(0);
        let source = Rc::new(Source::new(&file, &text));
        let options = Options {
            mode,
            top_level_await: flags & TOP_LEVEL_AWAIT != 0,
            flags: flags as u32 & crate::compiler::compile::FUTURE_ANNOTATIONS,
            ..Options::default()
        };
        let (code, found) = self.compile_with_warnings(&source, options)?;
        Ok((CodeObject::new(&mut self.cx, &code).value(), found))
    }

    pub(super) fn import_control(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let globals = args[1].get::<Dict>().unwrap_or_else(|| self.cx.new_dict());
        let level = Int::to_i64(args[4]).unwrap_or(0);
        if level < 0 {
            let stop = self.cx.value_error("level must be >= 0");
            return self.raise(stop);
        }
        self.import(args[0], globals, level as usize, args[3], then, destination)
    }
}
