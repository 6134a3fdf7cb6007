//! Scopes: what every name of a text means, decided before any instruction is made.
//!
//! `collect` fills the scopes with the names each of them binds and uses; `resolve` here then decides for each
//! name of each scope whether it is a local, in the closure of another function, or a global. Comprehensions
//! that run in the frame around them are scopes of their own, but belong to the unit of that frame.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Expression, Name};

/// What goes wrong in the compiler; boxed, since every recursive function carries it.
pub type Result<T> = std::result::Result<T, Box<Diagnostic>>;

/// A SyntaxError.
pub fn error<T>(message: impl Into<String>, span: Span) -> Result<T> {
    Err(Box::new(Diagnostic::syntax(message, span)))
}

/// The same from a diagnostic that says more.
pub fn refuse<T>(diagnostic: Diagnostic) -> Result<T> {
    Err(Box::new(diagnostic))
}

/// The number of a scope; a scope's parent has a lower one.
pub type ScopeId = u32;

/// What a scope is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// The whole text.
    Module,
    /// The body of a `class`.
    Class,
    /// A `def`.
    Function,
    /// A `lambda`.
    Lambda,
    /// A comprehension of a list, set or dict, which runs in the frame around it.
    Comprehension,
    /// A generator expression.
    GeneratorExpression,
    /// The annotations of a function, class or module.
    Annotations,
    /// `[T]` of a `def`, `class` or `type`.
    TypeParameters,
    /// The bound or default of a type parameter, in words.
    TypeVariable(&'static str),
    /// The value of a `type` statement.
    TypeAlias,
}

impl ScopeKind {
    /// What may stand in the code it is evaluated in, for messages.
    pub fn restriction(self) -> Option<&'static str> {
        match self {
            ScopeKind::Annotations => Some("an annotation"),
            ScopeKind::TypeParameters => Some("the definition of a generic"),
            ScopeKind::TypeVariable(place) => Some(place),
            ScopeKind::TypeAlias => Some("a type alias"),
            _ => None,
        }
    }
}

/// Which scope of a node is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Its body.
    Body,
    /// Its type parameters.
    TypeParameters,
    /// Its annotations.
    Annotations,
    /// Of a type parameter: its bound.
    Bound,
    /// Of a type parameter: its default.
    Default,
}

/// How a name is used in a scope: a set of the flags in this file.
pub type Flags = u16;
/// It is assigned, deleted, imported or defined.
pub const BOUND: Flags = 1;
/// It is read.
pub const USED: Flags = 2;
/// It is a parameter.
pub const PARAMETER: Flags = 4;
/// It is declared `global`.
pub const GLOBAL: Flags = 8;
/// It is declared `nonlocal`.
pub const NONLOCAL: Flags = 16;
/// It is deleted, or is the name of an `except` clause.
pub const DELETED: Flags = 32;
/// It has an annotation.
pub const ANNOTATED: Flags = 64;
/// It is a target of a comprehension.
pub const ITERATION: Flags = 128;
/// A function inside uses it.
pub const CAPTURED: Flags = 256;
/// It is bound by `:=` inside this comprehension, for a scope around it.
pub const PASSED: Flags = 512;
/// It is a type parameter.
pub const TYPE_PARAMETER: Flags = 1024;

/// What a name means at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A local of the given scope, which belongs to the same unit.
    Local(ScopeId),
    /// A free variable of the unit.
    Free,
    /// A global or built-in.
    Global,
    /// In the namespace of the frame, or a global.
    Namespace,
    /// In the namespace of the frame, or a free variable.
    NamespaceOrFree,
    /// In the namespace of the class around an annotation, or a global.
    ClassOrGlobal,
    /// In the namespace of the class around an annotation, or a free variable.
    ClassOrFree,
}

/// A name in a scope.
#[derive(Debug)]
pub struct Symbol {
    /// The name, mangled.
    pub name: Name,
    /// How it is used.
    pub flags: Flags,
    /// Where it was first seen.
    pub span: Span,
    /// What it means, once resolved.
    pub place: Place,
}

/// A name of a module or class with its annotation.
#[derive(Debug)]
pub struct Annotated<'a> {
    /// The name, mangled.
    pub name: Name,
    /// The annotation.
    pub annotation: &'a Expression,
    /// May the statement not be reached though the end of the body is?
    pub conditional: bool,
}

/// A scope.
#[derive(Debug)]
pub struct Scope<'a> {
    /// What it is.
    pub kind: ScopeKind,
    /// The scope it stands in; the module has none.
    pub parent: Option<ScopeId>,
    /// The scope whose code it is part of: itself, but for comprehensions.
    pub unit: ScopeId,
    /// Its names in order of appearance.
    pub symbols: Vec<Symbol>,
    by_name: FxHashMap<Name, u32>,
    /// Its locals, in the order they are first bound, parameters first.
    pub bindings: Vec<Name>,
    /// Names taken from functions around it, in the order of the closure.
    pub free: Vec<Name>,
    free_index: FxHashMap<Name, u16>,
    /// The class whose private names are mangled here.
    pub private: Option<Name>,
    /// If only some names are mangled, which: among the type parameters of a class its own are private.
    pub private_names: Option<Rc<[Name]>>,
    /// `async def`, or a generator expression that awaits, or a module that does.
    pub is_async: bool,
    /// Is there a `yield`?
    pub has_yield: bool,
    /// Is there a `:=`, or one in a comprehension, that binds a name of this scope?
    pub has_walrus: bool,
    /// Where it first returns a value.
    pub returned: Option<Span>,
    /// Of a class: a method needs to know it.
    pub needs_class: bool,
    /// Of a class: an annotation scope looks names up in it.
    pub needs_namespace: bool,
    /// Of an annotation scope: does it stand in a class body?
    pub sees_class: bool,
    /// Of a module or class: its annotated names.
    pub annotations: Vec<Annotated<'a>>,
}

impl Scope<'_> {
    /// The flags of a name; none if it does not occur.
    pub fn flags(&self, name: &str) -> Flags {
        self.symbol(name).map_or(0, |symbol| symbol.flags)
    }

    /// What is known of a name.
    pub fn symbol(&self, name: &str) -> Option<&Symbol> {
        self.by_name.get(name).map(|&index| &self.symbols[index as usize])
    }

    /// Has the name a value of its own in this scope?
    pub fn binds(&self, name: &str) -> bool {
        let flags = self.flags(name);
        flags & (BOUND | PARAMETER) != 0 && flags & (GLOBAL | NONLOCAL) == 0
    }

    /// Adds flags to a name.
    pub fn mark(&mut self, name: &Name, flags: Flags, span: Span) {
        let index = match self.by_name.get(name) {
            Some(&index) => index,
            None => {
                let index = self.symbols.len() as u32;
                self.symbols.push(Symbol { name: name.clone(), flags: 0, span, place: Place::Global });
                self.by_name.insert(name.clone(), index);
                index
            }
        };
        let symbol = &mut self.symbols[index as usize];
        if flags & (BOUND | PARAMETER) != 0 && symbol.flags & (BOUND | PARAMETER) == 0 {
            self.bindings.push(name.clone());
        }
        symbol.flags |= flags;
    }

    /// Where a name that is known here stands first.
    pub fn first_use(&self, name: &Name) -> Span {
        self.by_name.get(name).map_or(Span::default(), |&index| self.symbols[index as usize].span)
    }

    /// The number of a free variable.
    pub fn free_number(&self, name: &str) -> Option<u16> {
        self.free_index.get(name).copied()
    }

    fn add_free(&mut self, name: &Name) {
        if !self.free_index.contains_key(name) {
            self.free_index.insert(name.clone(), self.free.len() as u16);
            self.free.push(name.clone());
        }
    }
}

/// All scopes of a text.
#[derive(Debug, Default)]
pub struct Scopes<'a> {
    /// By number; the module is the first.
    pub list: Vec<Scope<'a>>,
    /// By the address of the node that makes them.
    by_node: FxHashMap<(usize, Role), ScopeId>,
    /// The numbers of annotations that may not be reached, by the address of their expression.
    pub conditional: FxHashMap<usize, u32>,
    /// Are annotations kept as text?
    pub text_annotations: bool,
    /// What is hardly meant.
    pub warnings: Vec<Diagnostic>,
}

/// What looking for a name in the scopes around one finds.
enum Found {
    /// A local of a function, or the implicit names of a class.
    Local(ScopeId),
    /// Nothing but the module.
    Global,
}

impl<'a> Scopes<'a> {
    /// Adds a scope made by a node.
    pub fn add<T>(&mut self, kind: ScopeKind, parent: Option<ScopeId>, node: &T, role: Role) -> ScopeId {
        let id = self.list.len() as ScopeId;
        let unit = match parent {
            Some(parent) if kind == ScopeKind::Comprehension => self.list[parent as usize].unit,
            _ => id,
        };
        self.by_node.insert((std::ptr::from_ref(node) as usize, role), id);
        self.list.push(Scope {
            kind,
            parent,
            unit,
            symbols: Vec::new(),
            by_name: FxHashMap::default(),
            bindings: Vec::new(),
            free: Vec::new(),
            free_index: FxHashMap::default(),
            private: parent.and_then(|parent| self.list[parent as usize].private.clone()),
            private_names: parent.and_then(|parent| self.list[parent as usize].private_names.clone()),
            is_async: false,
            has_yield: false,
            has_walrus: false,
            returned: None,
            needs_class: false,
            needs_namespace: false,
            sees_class: false,
            annotations: Vec::new(),
        });
        id
    }

    /// A scope by its number.
    pub fn get(&self, id: ScopeId) -> &Scope<'a> {
        &self.list[id as usize]
    }

    /// The scope made by a node, if it makes one.
    pub fn find<T>(&self, node: &T, role: Role) -> Option<ScopeId> {
        self.by_node.get(&(std::ptr::from_ref(node) as usize, role)).copied()
    }

    /// The scope made by a node that always makes one.
    pub fn of<T>(&self, node: &T, role: Role) -> ScopeId {
        self.find(node, role).expect("every node that makes a scope was visited")
    }

    /// Decides what every name means. Names of the module are in a namespace if asked so.
    pub fn resolve(&mut self, namespace: bool) -> Result<()> {
        for id in 0..self.list.len() as ScopeId {
            for index in 0..self.list[id as usize].symbols.len() {
                let place = self.place(id, index, namespace)?;
                self.list[id as usize].symbols[index].place = place;
            }
        }
        Ok(())
    }

    fn place(&mut self, id: ScopeId, index: usize, namespace: bool) -> Result<Place> {
        let scope = self.get(id);
        let symbol = &scope.symbols[index];
        let (name, flags, span) = (symbol.name.clone(), symbol.flags, symbol.span);
        let in_module = if namespace { Place::Namespace } else { Place::Global };
        if flags & GLOBAL != 0 {
            return Ok(Place::Global);
        }
        if flags & NONLOCAL != 0 {
            return self.nonlocal(id, &name, span);
        }
        if flags & (BOUND | PARAMETER) != 0 {
            return Ok(match scope.kind {
                // A function that declares it global means the module's, too.
                ScopeKind::Module if namespace && self.list.iter().any(|inner| inner.flags(&name) & GLOBAL != 0) => {
                    Place::Global
                }
                ScopeKind::Module => in_module,
                ScopeKind::Class => Place::Namespace,
                _ => Place::Local(id),
            });
        }
        let (kind, unit) = (scope.kind, scope.unit);
        let root = self.get(unit);
        let (root_kind, sees_class) = (root.kind, root.sees_class);
        match self.search(id, &name) {
            Found::Local(owner) if self.get(owner).unit == unit && self.get(owner).kind != ScopeKind::Class => {
                Ok(Place::Local(owner))
            }
            Found::Local(owner) => {
                self.capture(id, owner, &name);
                let is_parameter = self.get(owner).kind == ScopeKind::TypeParameters;
                Ok(match kind {
                    ScopeKind::Class if !name.starts_with('.') => Place::NamespaceOrFree,
                    _ if sees_class && !is_parameter && &*name != "__classdict__" => Place::ClassOrFree,
                    _ => Place::Free,
                })
            }
            Found::Global if root_kind == ScopeKind::Module => Ok(in_module),
            Found::Global if kind == ScopeKind::Class => Ok(Place::Namespace),
            Found::Global if sees_class => Ok(Place::ClassOrGlobal),
            Found::Global => Ok(Place::Global),
        }
    }

    fn nonlocal(&mut self, id: ScopeId, name: &Name, span: Span) -> Result<Place> {
        match self.search(id, name) {
            Found::Local(owner) if self.get(owner).flags(name) & TYPE_PARAMETER != 0 => {
                error(format!("nonlocal binding not allowed for type parameter '{name}'"), span)
            }
            Found::Local(owner) => {
                self.capture(id, owner, name);
                Ok(Place::Free)
            }
            Found::Global => error(format!("no binding for nonlocal '{name}' found"), span),
        }
    }

    /// Looks for a name in the scopes around one.
    fn search(&self, id: ScopeId, name: &str) -> Found {
        let mut current = self.get(id).parent;
        let unit = self.get(id).unit;
        while let Some(owner) = current {
            let scope = self.get(owner);
            match scope.kind {
                ScopeKind::Module => break,
                ScopeKind::Class if matches!(name, "__class__" | "__classdict__") && owner != unit => {
                    return Found::Local(owner);
                }
                ScopeKind::Class => {}
                _ if scope.flags(name) & GLOBAL != 0 => break,
                _ if scope.binds(name) => return Found::Local(owner),
                _ => {}
            }
            current = scope.parent;
        }
        Found::Global
    }

    /// Makes a local of one scope a free variable of another and of all units between them.
    fn capture(&mut self, id: ScopeId, owner: ScopeId, name: &Name) {
        let holder = &mut self.list[owner as usize];
        match (holder.kind, &**name) {
            (ScopeKind::Class, "__class__") => holder.needs_class = true,
            (ScopeKind::Class, _) => holder.needs_namespace = true,
            _ => {
                let span = Span::default();
                holder.mark(name, CAPTURED, span);
            }
        }
        let end = self.get(owner).unit;
        let mut unit = self.get(id).unit;
        while unit != end {
            self.list[unit as usize].add_free(name);
            let parent = self.get(unit).parent.expect("a captured variable belongs to a scope around its user");
            unit = self.get(parent).unit;
        }
    }
}

/// A name as it is in a scope: private names are changed inside a class.
pub fn mangle(scope: &Scope<'_>, name: &Name) -> Name {
    let Some(class) = &scope.private else { return name.clone() };
    let class = class.trim_start_matches('_');
    if class.is_empty() || !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.clone();
    }
    if scope.private_names.as_ref().is_some_and(|names| !names.contains(name)) {
        return name.clone();
    }
    Rc::from(format!("_{class}{name}"))
}
