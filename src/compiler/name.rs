//! Reading, assigning and deleting names, wherever they live.

use crate::bytecode::code::{Constant, InlinedVariable};
use crate::bytecode::instruction::Opcode;
use crate::compiler::compile::{Compiler, Variable};
use crate::compiler::emitter::Register;
use crate::compiler::scope::{CAPTURED, Place, ScopeId, ScopeKind, mangle};
use crate::source::Span;
use crate::syntax::ast::Name;

impl Compiler<'_> {
    /// The scope names are looked up from: the innermost comprehension, or that of the unit.
    pub fn current_scope(&self) -> ScopeId {
        self.unit.comprehensions.last().copied().unwrap_or(self.unit.scope)
    }

    /// A name as it is inside the class around this place.
    pub fn mangled(&self, name: &Name) -> Name {
        mangle(self.scopes.get(self.current_scope()), name)
    }

    /// What a mangled name means here.
    pub fn name_place(&self, name: &str) -> Place {
        let scope = self.scopes.get(self.current_scope());
        match (scope.symbol(name), scope.kind) {
            (Some(symbol), _) => symbol.place,
            // Only the compiler itself speaks of names that the text does not.
            (None, ScopeKind::Class) => Place::Namespace,
            (None, ScopeKind::Module) if self.options.namespace => Place::Namespace,
            (None, _) => Place::Global,
        }
    }

    fn variable(&self, owner: ScopeId, name: &str) -> Option<Variable> {
        self.unit.variables.get(&owner)?.get(name).copied()
    }

    /// Where a mangled name is, if it is a local.
    fn local(&self, name: &str) -> Option<Variable> {
        match self.name_place(name) {
            Place::Local(owner) => self.variable(owner, name),
            _ => None,
        }
    }

    /// The register of a name that is a local in a register of its own.
    pub fn plain_register(&self, name: &Name) -> Option<Register> {
        if &**name == "__debug__" {
            return None;
        }
        let variable = self.local(&self.mangled(name))?;
        (!variable.is_cell).then_some(variable.register)
    }

    fn free_number(&self, name: &str) -> u16 {
        self.scopes.get(self.unit.scope).free_number(name).expect("a free variable has a number in its unit")
    }

    /// Makes sure that a local has a value.
    pub fn check_bound(&mut self, register: Register, name: &Name, span: Span) {
        if self.unit.emitter.is_bound(register) {
            return;
        }
        if let Some(&clearing) = self.unit.clearings.get(&register) {
            self.unit.emitter.require(clearing);
        }
        let number = self.name_number(name);
        self.emit(Opcode::CheckBound, 0, register, 0, number, span);
        self.unit.emitter.set_bound(register);
    }

    /// Reads a name. Without destination a plain local is given as it is.
    pub fn load_name(&mut self, name: &Name, destination: Option<Register>, span: Span) -> Register {
        if &**name == "__debug__" {
            return self.constant(&Constant::Bool(true), destination, span);
        }
        let name = self.mangled(name);
        if let Some(variable) = self.local(&name)
            && !variable.is_cell
        {
            self.check_bound(variable.register, &name, span);
            return self.deliver(variable.register, destination, span);
        }
        let register = self.target(destination);
        match self.name_place(&name) {
            Place::Local(owner) => {
                let cell = self.variable(owner, &name).expect("a local of an active scope has a register").register;
                let number = self.name_number(&name);
                self.emit(Opcode::LoadCell, 0, register, cell, number, span);
            }
            Place::Free => {
                let number = self.free_number(&name);
                self.emit(Opcode::LoadFree, 0, register, number, 0, span);
            }
            Place::Global => {
                let number = self.name_number(&name);
                self.emit(Opcode::LoadGlobal, 0, register, number, 0, span);
            }
            Place::Namespace => {
                let number = self.name_number(&name);
                self.emit(Opcode::LoadName, 0, register, number, 0, span);
            }
            Place::NamespaceOrFree => {
                let (number, free) = (self.name_number(&name), self.free_number(&name));
                self.emit(Opcode::LoadNameOrFree, 0, register, number, free, span);
            }
            Place::ClassOrGlobal => {
                let number = self.name_number(&name);
                self.load_from_class(Opcode::LoadFromOrGlobal, number, register, span);
            }
            Place::ClassOrFree => {
                let number = self.free_number(&name);
                self.load_from_class(Opcode::LoadFromOrFree, number, register, span);
            }
        }
        register
    }

    fn load_from_class(&mut self, opcode: Opcode, number: u16, register: Register, span: Span) {
        let namespace = self.allocate(1);
        let class = self.free_number("__classdict__");
        self.emit(Opcode::LoadFree, 0, namespace, class, 0, span);
        self.emit(opcode, 0, register, number, namespace, span);
        self.release(namespace);
    }

    /// Assigns a register to a name.
    pub fn store_name(&mut self, name: &Name, value: Register, span: Span) {
        let name = self.mangled(name);
        match self.name_place(&name) {
            Place::Local(owner) => {
                let variable = self.variable(owner, &name).expect("a local of an active scope has a register");
                if variable.is_cell {
                    self.emit(Opcode::StoreCell, 0, variable.register, value, 0, span);
                } else {
                    self.deliver(value, Some(variable.register), span);
                    self.unit.emitter.set_bound(variable.register);
                }
            }
            Place::Free | Place::ClassOrFree => {
                let number = self.free_number(&name);
                self.emit(Opcode::StoreFree, 0, number, value, 0, span);
            }
            Place::Global | Place::ClassOrGlobal => {
                let number = self.name_number(&name);
                let live = self.mark();
                self.emit(Opcode::StoreGlobal, 0, value, number, live, span);
            }
            Place::Namespace | Place::NamespaceOrFree => {
                let number = self.name_number(&name);
                self.emit(Opcode::StoreName, 0, value, number, 0, span);
            }
        }
    }

    /// Deletes a name.
    pub fn delete_name(&mut self, name: &Name, span: Span) {
        let name = self.mangled(name);
        let live = self.mark();
        match self.name_place(&name) {
            Place::Local(owner) => {
                let variable = self.variable(owner, &name).expect("a local of an active scope has a register");
                let number = self.name_number(&name);
                if variable.is_cell {
                    self.emit(Opcode::DeleteCell, 0, variable.register, live, number, span);
                } else {
                    self.emit(Opcode::DeleteLocal, 0, variable.register, live, number, span);
                    self.unit.emitter.set_unbound(variable.register);
                }
            }
            Place::Free | Place::ClassOrFree => {
                let number = self.free_number(&name);
                self.emit(Opcode::DeleteFree, 0, number, live, 0, span);
            }
            Place::Global | Place::ClassOrGlobal => {
                let number = self.name_number(&name);
                self.emit(Opcode::DeleteGlobal, 0, live, number, 0, span);
            }
            Place::Namespace | Place::NamespaceOrFree => {
                let number = self.name_number(&name);
                self.emit(Opcode::DeleteName, 0, live, number, 0, span);
            }
        }
    }

    /// Leaves the name of an `except` clause without value, whether it has one or not.
    pub fn clear_name(&mut self, name: &Name, span: Span) {
        if let Some(register) = self.plain_register(name) {
            self.emit(Opcode::Unbind, 0, register, 0, 0, span);
            self.unit.emitter.set_unbound(register);
            return;
        }
        let none = self.allocate(1);
        self.emit(Opcode::LoadNone, 0, none, 0, 0, span);
        self.store_name(name, none, span);
        self.release(none);
        self.delete_name(name, span);
    }

    /// Begins a comprehension that runs in this frame: gives its variables registers.
    pub fn begin_comprehension(&mut self, id: ScopeId, span: Span) {
        let scope = self.scopes.get(id);
        let mut variables = rustc_hash::FxHashMap::default();
        for name in scope.bindings.iter().filter(|name| scope.binds(name)) {
            let register = self.allocate(1);
            let is_cell = scope.flags(name) & CAPTURED != 0;
            if is_cell {
                self.emit(Opcode::Unbind, 0, register, 0, 0, span);
                self.emit(Opcode::MakeCell, 0, register, 0, 0, span);
            } else {
                let clearing = self.unit.emitter.emit_optional(Opcode::Unbind, register, span);
                self.unit.clearings.insert(register, clearing);
                self.unit.emitter.set_unbound(register);
            }
            variables.insert(name.clone(), Variable { register, is_cell });
        }
        self.unit.variables.insert(id, variables);
        self.unit.comprehensions.push(id);
    }

    /// The variables of the innermost comprehension that have a value by now show in `locals()` from here on.
    pub fn show_comprehension_variables(&mut self) {
        let Some(id) = self.unit.comprehensions.last() else { return };
        let here = self.unit.emitter.here();
        for variable in self.unit.variables[id].values() {
            if variable.is_cell || self.unit.emitter.is_bound(variable.register) {
                self.unit.inlined_from.entry(variable.register).or_insert(here);
            }
        }
    }

    /// Ends the comprehension begun last.
    pub fn end_comprehension(&mut self) {
        if let Some(id) = self.unit.comprehensions.pop()
            && let Some(variables) = self.unit.variables.remove(&id)
        {
            let end = self.unit.emitter.here();
            for (name, Variable { register, is_cell }) in variables {
                self.unit.clearings.remove(&register);
                if let Some(start) = self.unit.inlined_from.remove(&register) {
                    self.unit.emitter.inlined.push(InlinedVariable { name, register, is_cell, start, end });
                }
            }
        }
    }
}
