//! Classes: the body, which is code of its own, and the call that makes the class of it.

use crate::bytecode::code::{CodeKind, Constant, ParameterCounts};
use crate::bytecode::instruction::Opcode;
use crate::compiler::call::needs_spread;
use crate::compiler::compile::{Compiler, UnitHead, docstring};
use crate::compiler::constant::string;
use crate::compiler::emitter::Register;
use crate::compiler::function::head_span;
use crate::compiler::scope::{Result, Role};
use crate::source::Span;
use crate::syntax::ast::{Class, Name};

impl<'a> Compiler<'a> {
    /// `class`
    pub(super) fn class(&mut self, node: &'a Class) -> Result<()> {
        let mark = self.mark();
        for decorator in &node.decorators {
            self.next(decorator)?;
        }
        let plain = self.plain_register(&node.name).filter(|_| node.decorators.is_empty());
        let class = match node.type_parameters.is_empty() {
            true => {
                let qualified_name = self.qualified(&self.mangled(&node.name));
                self.class_call(node, qualified_name, None, plain)?
            }
            false => self.generic_class(node, plain)?,
        };
        let class = self.decorate(&node.decorators, class);
        self.store_name(&node.name, class, node.name_span);
        self.release(mark);
        Ok(())
    }

    /// `__build_class__(body, name, bases and keywords)`, with one more base if there is.
    pub(super) fn class_call(
        &mut self,
        node: &'a Class,
        qualified_name: String,
        more: Option<Register>,
        destination: Option<Register>,
    ) -> Result<Register> {
        let span = node.name_span;
        let builder = self.allocate(1);
        self.emit(Opcode::LoadBuildClass, 0, builder, 0, 0, span);
        let code = self.class_body(node, qualified_name)?;
        let body = self.allocate(1);
        self.emit(Opcode::MakeFunction, 0, body, code, 0, span);
        self.constant(&string(&node.name), None, span);
        // The body and the name are arguments too.
        let is_many = node.arguments.len() + 3 > u8::MAX as usize;
        if is_many || needs_spread(&node.arguments) {
            self.spread(&node.arguments, builder, more, span)?;
            self.release(builder);
            let register = self.target(destination);
            self.emit(Opcode::CallSpread, 0, register, builder, 0, span);
            return Ok(register);
        }
        let names = self.arguments(&node.arguments, more, span)?;
        let count = (self.mark() - builder - 1) as u8;
        self.release(builder);
        let register = self.target(destination);
        self.emit(Opcode::Call, count, register, builder, names, span);
        Ok(register)
    }

    fn class_body(&mut self, node: &'a Class, qualified_name: String) -> Result<u16> {
        let span = head_span(&node.decorators, node.name_span);
        let scope = self.scopes.of(node, Role::Body);
        let first_line = self.source.line(span.start);
        self.begin(UnitHead {
            scope,
            name: node.name.clone(),
            qualified_name: qualified_name.clone(),
            kind: CodeKind::Class,
            parameters: ParameterCounts::default(),
            span,
        });
        self.class_namespace(span);
        let module = self.load_name(&"__name__".into(), None, span);
        self.store_name(&"__module__".into(), module, span);
        self.release(module);
        self.store_string("__qualname__", &qualified_name, span);
        self.store_constant("__firstlineno__", &Constant::Int(first_line.into()), span);
        if !node.type_parameters.is_empty() {
            let parameters = self.load_name(&".type_params".into(), None, span);
            self.store_name(&"__type_params__".into(), parameters, span);
            self.release(parameters);
        }
        let mut body = &node.body[..];
        if let Some(text) = docstring(body) {
            self.store_constant("__doc__", &text, body[0].span);
            body = &body[1..];
        }
        self.conditional_annotations();
        self.block(body)?;
        self.module_annotations("__annotate__")?;
        self.end_of_class(span);
        self.return_none(span);
        self.end(span)
    }

    /// Keeps the namespace of the class for the annotations inside.
    fn class_namespace(&mut self, span: Span) {
        let cell = self.class_cell("__classdict__");
        if let Some(cell) = cell {
            let namespace = self.allocate(1);
            self.emit(Opcode::LoadLocals, 0, namespace, 0, 0, span);
            self.emit(Opcode::StoreCell, 0, cell, namespace, 0, span);
            self.release(namespace);
        }
    }

    fn class_cell(&self, name: &str) -> Option<Register> {
        self.unit.locals.iter().position(|local| &**local == name).map(|register| register as Register)
    }

    /// What the class is told about its body.
    fn end_of_class(&mut self, span: Span) {
        let attributes: Vec<Constant> = self.unit.static_attributes.iter().map(|name: &Name| string(name)).collect();
        self.store_constant("__static_attributes__", &Constant::Tuple(attributes.into()), span);
        if let Some(cell) = self.class_cell("__class__") {
            self.store_name(&"__classcell__".into(), cell, span);
        }
    }
}
