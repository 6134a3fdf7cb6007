//! Importing: finding a module, compiling it and running it, one part of a dotted name after the other.

use std::rc::Rc;

use crate::bytecode::code::Code;
use crate::compiler::compile::{Options, compile, warnings};
use crate::compiler::warning::place;
use crate::diagnostic::Diagnostic;
use crate::library::{HALVES, embedded, has_modules};
use crate::modules::imp::{Found, find};
use crate::modules::traceback::keep_diagnosis;
use crate::object::dict::Dict;
use crate::object::exception::{Exception, set_field};
use crate::object::frame::Then;
use crate::object::function::{CodeObject, Function};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::module::{INITIALISING, Module};
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::source::Source;
use crate::syntax::ast::Mode;
use crate::syntax::parser::parse;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// The module among the halves that defines one.
pub fn module_of_half(name: &str) -> &'static str {
    match HALVES.binary_search_by_key(&name, |entry| entry.0) {
        Ok(index) => HALVES[index].1,
        Err(_) => panic!("no script half is named {name}; please report this"),
    }
}

impl Vm {
    /// Compiles a text, or SyntaxError.
    pub fn compile(&mut self, source: &Rc<Source>, options: Options) -> Result<Rc<Code>, Stop> {
        let options = self.recorded(source, options);
        let module = parse(source, options.mode).map_err(|errors| self.syntax_error(&errors[0], source))?;
        compile(&module, source, options).map_err(|errors| self.syntax_error(&errors[0], source))
    }

    /// A text of the program tells the recorder what its generators do, if there is one.
    fn recorded(&self, source: &Source, options: Options) -> Options {
        Options { recorded: self.cx.recorder.is_some() && !source.is_of_library(), ..options }
    }

    /// Compiles a text that is not run now; what it is warned of is a list for the half `warn_syntax`, or None.
    pub fn compile_with_warnings(&mut self, source: &Rc<Source>, options: Options) -> Result<(Rc<Code>, Value), Stop> {
        let options = self.recorded(source, options);
        let module = parse(source, options.mode).map_err(|errors| self.syntax_error(&errors[0], source))?;
        let code = compile(&module, source, options).map_err(|errors| self.syntax_error(&errors[0], source))?;
        let found = warnings(&module, options);
        if found.is_empty() {
            return Ok((code, Value::NONE));
        }
        let mut items = vec![self.cx.str(&source.name)];
        for warning in &found {
            let (line, column, text) = place(warning, source);
            items.push(self.cx.str(&warning.message));
            items.extend([Value::small(line as i64), Value::small(column as i64)]);
            items.push(self.cx.str(text));
        }
        Ok((code, self.cx.list(items)))
    }

    /// A diagnostic as an exception.
    pub fn syntax_error(&mut self, error: &Diagnostic, source: &Rc<Source>) -> Stop {
        let layout = match error.class {
            "IndentationError" => LayoutId::INDENTATION_ERROR,
            "TabError" => LayoutId::TAB_ERROR,
            _ => LayoutId::SYNTAX_ERROR,
        };
        let place = |offset: u32| {
            let line = source.line(offset);
            let start = offset - source.column(offset);
            let text = &source.text[start as usize..offset as usize];
            (line as i64, text.chars().count() as i64 + 1)
        };
        let (line, column) = place(error.span.start);
        let (end_line, end_column) = place(error.span.end.max(error.span.start));
        let text = format!("{}\n", source.line_text(line as u32));
        let details = [
            self.cx.str(&source.name),
            self.cx.int(line),
            self.cx.int(column),
            self.cx.str(&text),
            self.cx.int(end_line),
            self.cx.int(end_column),
        ];
        let details_tuple = self.cx.tuple(&details);
        let message = self.cx.str(&error.message);
        let stop = self.cx.error_with(layout, &[message, details_tuple]);
        if let Stop::Raise(exception) = &stop {
            let names = ["filename", "lineno", "offset", "text", "end_lineno", "end_offset"];
            let msg = self.cx.intern("msg");
            set_field(*exception, msg, message);
            for (name, value) in names.iter().zip(details) {
                let name = self.cx.intern(name);
                set_field(*exception, name, value);
            }
            keep_diagnosis(&mut self.cx, *exception, error, source);
        }
        stop
    }

    /// A function that runs a module's code in a namespace.
    pub fn module_function(&mut self, code: &Rc<Code>, globals: Ref<Dict>) -> Ref<Function> {
        let object = CodeObject::new(&mut self.cx, code);
        let builtins = self.cx.names.__builtins__;
        if globals.get_interned(builtins).is_none() {
            globals.set_interned(builtins, self.cx.builtins.value());
        }
        Function::allocate(&mut self.cx, object, globals, Box::new([]))
    }

    /// Runs a function of a module's code.
    pub fn run_module_function(&mut self, function: Ref<Function>, then: Then, destination: u16) -> Flow {
        let base = self.free_registers().wrapping_add(1);
        match self.push_function(function, base, base, 0, then, destination) {
            true => Flow::Entered,
            false => Flow::Raised,
        }
    }

    // ----- the import statement

    /// ImportName
    pub fn import_name(&mut self, name: Value, level: usize, wanted: Value, destination: u16) -> Flow {
        let dunder = self.cx.intern("__import__");
        let own = self.top().function.expect("a script frame has a function").globals;
        let builtins = self.builtins_of(own);
        let importer = builtins.get_interned(dunder);
        if importer.is_none() && builtins != self.cx.builtins {
            let stop = self.cx.error(LayoutId::IMPORT_ERROR, "__import__ not found");
            return self.raise(stop);
        }
        if let Some(function) = importer {
            if !function.is::<crate::object::native::Native>() {
                let globals = self.namespace();
                let args = [name, globals, Value::NONE, wanted, Value::small(level as i64)];
                return self.call_plain(function, &args, Then::Store, destination);
            }
        }
        let globals = self.top().function.expect("a script frame has a function").globals;
        self.import(name, globals, level, wanted, Then::Store, destination)
    }

    /// `__import__(name, globals, locals, wanted, level)`
    pub fn import(
        &mut self,
        name: Value,
        globals: Ref<Dict>,
        level: usize,
        wanted: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let absolute = match self.absolute_name(name, globals, level) {
            Ok(absolute) => absolute,
            Err(stop) => return self.raise(stop),
        };
        let is_from = wanted.get::<Tuple>().is_some_and(|names| !names.items().is_empty())
            || wanted.get::<List>().is_some_and(|names| names.len() > 0);
        // Without names from it, the first part as written is bound.
        let written = self.text(name);
        let first = match level {
            0 => absolute.split('.').next().unwrap_or("").to_string(),
            _ => {
                let rest = written.split_once('.').map_or(0, |(_, rest)| rest.len() + 1);
                absolute[..absolute.len() - rest].to_string()
            }
        };
        let result = if is_from { absolute.clone() } else { first };
        let absolute = self.cx.intern(&absolute);
        let result = self.cx.intern(&result);
        if let Some(module) = self.cx.modules.get_interned(absolute).filter(|module| !module.is_none()) {
            return Flow::Done(self.cx.modules.get_interned(result).unwrap_or(module));
        }
        let slots = [absolute, result, Value::small(0)];
        self.start_machine(Machine::Import, &slots, then, destination)
    }

    fn absolute_name(&mut self, name: Value, globals: Ref<Dict>, level: usize) -> Result<String, Stop> {
        if !name.is::<Str>() {
            return Err(self.cx.type_error("module name must be a string"));
        }
        let name = self.text(name);
        if level == 0 {
            if name.is_empty() {
                return Err(self.cx.value_error("Empty module name"));
            }
            return Ok(name);
        }
        let names = self.cx.names;
        let package = match globals.get_interned(names.__package__).filter(|package| package.is::<Str>()) {
            Some(package) => self.text(package),
            None => {
                let own = globals.get_interned(names.__name__).map_or_else(String::new, |own| self.text(own));
                match globals.get_interned(names.__path__) {
                    Some(_) => own,
                    None => own.rsplit_once('.').map_or_else(String::new, |(package, _)| package.to_string()),
                }
            }
        };
        if package.is_empty() {
            let message = "attempted relative import with no known parent package";
            return Err(self.cx.error(LayoutId::IMPORT_ERROR, message));
        }
        let mut base = package.as_str();
        for _ in 1..level {
            match base.rsplit_once('.') {
                Some((parent, _)) => base = parent,
                None => {
                    let message = "attempted relative import beyond top-level package";
                    return Err(self.cx.error(LayoutId::IMPORT_ERROR, message));
                }
            }
        }
        Ok(if name.is_empty() { base.to_string() } else { format!("{base}.{name}") })
    }

    // slots: 0 the dotted name, 1 the name of the module that is the result, 2 how many bytes of it are done, 3 the
    // module being run, 4 its name
    pub(super) fn step_import(&mut self, input: Input) -> Next {
        match input {
            Input::Error(exception) => {
                // A module that fails is forgotten.
                let name = self.slot(4);
                if name.is::<Str>() {
                    self.cx.modules.remove_interned(name);
                }
                return Next::Raise(exception);
            }
            Input::Value(_) | Input::End(_) => self.finish_module(),
            Input::Start => {}
        }
        loop {
            let full = self.text(self.slot(0));
            let done = self.slot(2).as_small() as usize;
            if done >= full.len() {
                let result = self.slot(1);
                return match self.cx.modules.get_interned(result) {
                    Some(module) => Next::Return(module),
                    None => {
                        let stop = self.module_not_found(result, None);
                        self.raise_next(stop)
                    }
                };
            }
            let start = if done == 0 { 0 } else { done + 1 };
            let end = full[start..].find('.').map_or(full.len(), |dot| start + dot);
            self.set_slot(2, Value::small(end as i64));
            let name = self.cx.intern(&full[..end]);
            let parent = if done == 0 { Value::NONE } else { self.cx.intern(&full[..done]) };
            match self.cx.modules.get_interned(name) {
                Some(Value::NONE) => {
                    let message = format!("import of {} halted; None in sys.modules", &full[..end]);
                    let stop = self.import_error(LayoutId::MODULE_NOT_FOUND_ERROR, message, name);
                    return self.raise_next(stop);
                }
                Some(_) => continue,
                None => {}
            }
            match self.load_module(name, parent) {
                Ok(None) => continue,
                Ok(Some(flow)) => return Next::Called(flow),
                Err(stop) => return self.raise_next(stop),
            }
        }
    }

    /// The module that was running is ready: its parent gets it as an attribute.
    fn finish_module(&mut self) {
        let name = self.slot(4);
        let Some(module) = self.cx.modules.get_interned(name) else { return };
        if let Some(module) = module.get::<Module>() {
            module.header().clear(INITIALISING);
        }
        self.bind_in_parent(name, module);
        self.set_slot(4, Value::UNBOUND);
    }

    fn bind_in_parent(&mut self, name: Value, module: Value) {
        let text = self.text(name);
        let Some((parent, own)) = text.rsplit_once('.') else { return };
        let (parent, own) = (self.cx.intern(parent), self.cx.intern(own));
        if let Some(parent) = self.cx.modules.get_interned(parent).and_then(|parent| parent.get::<Module>()) {
            parent.dict().set_interned(own, module);
        }
    }

    /// Makes a module; its code, if it has any, begins to run.
    fn load_module(&mut self, name: Value, parent: Value) -> Result<Option<Flow>, Stop> {
        let text = self.text(name);
        let path = match parent {
            Value::NONE => None,
            parent => {
                let module = self.cx.modules.get_interned(parent);
                let path = module
                    .and_then(|module| module.get::<Module>())
                    .and_then(|module| module.dict().get_interned(self.cx.names.__path__));
                match path {
                    Some(path) => Some(path),
                    None if embedded(&text).is_some() || crate::modules::native(&self.cx, &text).is_some() => None,
                    None => return Err(self.module_not_found(name, Some(parent))),
                }
            }
        };
        match find(&mut self.cx, &text, path)? {
            None => {
                let package = text.rsplit_once('.').map(|(package, _)| package);
                let is_none = package.is_some_and(|package| embedded(package).is_some() && !has_modules(package));
                Err(self.module_not_found(name, is_none.then_some(parent)))
            }
            Some(Found::Native(fill)) => {
                let module = Module::allocate(&mut self.cx, &text);
                self.cx.modules.set_interned(name, module.value());
                fill(&mut self.cx, module);
                self.bind_in_parent(name, module.value());
                Ok(None)
            }
            Some(Found::Namespace(folder)) => {
                let module = Module::allocate(&mut self.cx, &text);
                self.name_package(module, &text, &folder);
                self.cx.modules.set_interned(name, module.value());
                self.bind_in_parent(name, module.value());
                Ok(None)
            }
            Some(Found::Source(file, source, folder)) => {
                let source = Rc::new(Source::new(&file, &source));
                let reports_warnings = !file.starts_with("<stdlib>/");
                let options = Options { mode: Mode::Module, reports_warnings, ..Options::default() };
                let code = self.compile(&source, options)?;
                let module = Module::allocate(&mut self.cx, &text);
                module.header().set(INITIALISING);
                let file = self.cx.str(&file);
                module.set(&mut self.cx, "__file__", file);
                match folder {
                    Some(folder) => self.name_package(module, &text, &folder),
                    None => {
                        let package = self.cx.intern(text.rsplit_once('.').map_or("", |(package, _)| package));
                        module.set(&mut self.cx, "__package__", package);
                    }
                }
                self.cx.modules.set_interned(name, module.value());
                let function = self.module_function(&code, module.dict());
                if file_is_embedded(&source.name) {
                    function.is_hidden.set(text.starts_with("_halves"));
                }
                self.set_slot(4, name);
                Ok(Some(self.run_module_function(function, Then::Machine, 0)))
            }
        }
    }

    fn name_package(&mut self, module: Ref<Module>, name: &str, folder: &str) {
        let package = self.cx.intern(name);
        module.set(&mut self.cx, "__package__", package);
        let folder = self.cx.str(folder);
        let path = self.cx.list(vec![folder]);
        module.set(&mut self.cx, "__path__", path);
    }

    /// ModuleNotFoundError
    fn module_not_found(&mut self, name: Value, parent: Option<Value>) -> Stop {
        let text = self.text(name);
        let message = match parent {
            Some(parent) => {
                format!("No module named '{text}'; '{}' is not a package", self.text(parent))
            }
            None => format!("No module named '{text}'"),
        };
        self.import_error(LayoutId::MODULE_NOT_FOUND_ERROR, message, name)
    }

    /// An ImportError that knows the name of its module.
    fn import_error(&mut self, layout: LayoutId, message: String, name: Value) -> Stop {
        let stop = self.cx.error(layout, message);
        if let Stop::Raise(exception) = &stop {
            let attribute = self.cx.names.name;
            set_field(*exception, attribute, name);
        }
        stop
    }

    /// ImportFrom: an attribute of a module, or a submodule of a package.
    pub fn import_from(&mut self, module: Value, name: Value, destination: u16) -> Flow {
        let slots = [module, name];
        self.start_machine(Machine::RunModule, &slots, Then::Store, destination)
    }

    // slots: 0 module, 1 name
    pub(super) fn step_run_module(&mut self, input: Input) -> Next {
        let (module, name) = (self.slot(0), self.slot(1));
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                Next::Called(self.load_attribute(module, name, Then::Machine, 0))
            }
            (1, Input::Error(exception)) => {
                if !self.cx.is_instance(exception, LayoutId::ATTRIBUTE_ERROR) {
                    return Next::Raise(exception);
                }
                let own = module.get::<Module>().and_then(|m| m.dict().get_interned(self.cx.names.__name__));
                let own = own.map_or_else(String::new, |own| self.text(own));
                let full = format!("{own}.{}", self.text(name));
                let full = self.cx.intern(&full);
                if let Some(submodule) = self.cx.modules.get_interned(full) {
                    return Next::Return(submodule);
                }
                let is_package =
                    module.get::<Module>().is_some_and(|m| m.dict().get_interned(self.cx.names.__path__).is_some());
                if own.is_empty() || !is_package {
                    return self.cannot_import(module, name);
                }
                self.go_to(2);
                let slots = [full, full, Value::small(own.len() as i64)];
                Next::Called(self.start_machine(Machine::Import, &slots, Then::Machine, 0))
            }
            (2, Input::Error(exception)) => {
                let own = module.get::<Module>().and_then(|m| m.dict().get_interned(self.cx.names.__name__));
                let full = format!("{}.{}", own.map_or_else(String::new, |own| self.text(own)), self.text(name));
                let missing = exception.get::<Exception>().and_then(|body| body.field(self.cx.names.name));
                let is_it = missing.is_some_and(|missing| self.text(missing) == full);
                match self.cx.is_instance(exception, LayoutId::MODULE_NOT_FOUND_ERROR) && is_it {
                    true => self.cannot_import(module, name),
                    false => Next::Raise(exception),
                }
            }
            (_, Input::Value(value)) => Next::Return(value),
            _ => unreachable!("an import from has three steps"),
        }
    }

    fn cannot_import(&mut self, module: Value, name: Value) -> Next {
        let wanted = self.text(name);
        let (own, file, unready) = match module.get::<Module>() {
            Some(module) => {
                let (names, dict) = (self.cx.names, module.dict());
                let own = dict.get_interned(names.__name__).map_or_else(String::new, |own| self.text(own));
                let file = dict.get_interned(names.__file__).map(|file| self.text(file));
                (own, file, module.header().has(INITIALISING))
            }
            None => ("<unknown module name>".to_string(), None, false),
        };
        let place = file.unwrap_or_else(|| "unknown location".to_string());
        let message = match unready {
            true => format!(
                "cannot import name '{wanted}' from partially initialized module '{own}' (most likely due to a circular import) ({place})"
            ),
            false => format!("cannot import name '{wanted}' from '{own}' ({place})"),
        };
        let stop = self.cx.error(LayoutId::IMPORT_ERROR, message);
        if let Stop::Raise(exception) = &stop {
            let own = self.cx.str(&own);
            let (attribute, from) = (self.cx.names.name, self.cx.intern("name_from"));
            set_field(*exception, attribute, own);
            set_field(*exception, from, name);
        }
        self.raise_next(stop)
    }

    /// `from module import *`: natively where the module is plain, else by the half.
    pub fn import_star(&mut self, module: Value) -> Flow {
        let namespace = self.namespace();
        let plain = module.get::<Module>().map(|module| module.dict()).zip(namespace.get::<Dict>());
        if let Some((names, target)) = plain {
            let all = self.cx.intern("__all__");
            if names.get_interned(all).is_none() && names.get_interned(self.cx.names.__getattr__).is_none() {
                for (name, value) in names.to_vec() {
                    if name.get::<Str>().is_some_and(|name| !name.bytes().starts_with(b"_")) {
                        target.set_interned(name, value);
                    }
                }
                return Flow::Done(Value::NONE);
            }
        }
        self.call_half("import_star", &[module, namespace], Then::Discard, 0)
    }
}

/// Is it the name of an embedded module's text?
fn file_is_embedded(name: &str) -> bool {
    name.starts_with("<stdlib>/")
}
