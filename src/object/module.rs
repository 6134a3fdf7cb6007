//! Modules, and how Rust code makes them and their classes.

use std::cell::Cell;

use crate::object::class::{Class, method_resolution_order, refresh_flags};
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::function::{Accessor, Attribute, Descriptor};
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::{Declaration, Native};
use crate::object::value::Value;

/// The empty body of a module: its names are its attribute dictionary.
pub struct Module;

impl Body for Module {
    const KIND: Kind = Kind::Module;
    fn trace(&self, _: &mut Marker) {}
}

impl Module {
    /// A module with `__name__` and the other names every module has.
    pub fn allocate(cx: &mut Context, name: &str) -> Ref<Module> {
        let dict = cx.new_dict();
        Module::with_dict(cx, name, dict)
    }

    /// A module whose names are in this dict.
    pub fn with_dict(cx: &mut Context, name: &str, dict: Ref<Dict>) -> Ref<Module> {
        let module = cx.heap.allocate_attributed(LayoutId::MODULE, Module, 0);
        module.header().dictionary().expect("modules have attributes").set(dict.value());
        let name = cx.intern(name);
        dict.set_interned(cx.names.__name__, name);
        for name in [cx.names.__doc__, cx.names.__package__, cx.names.__loader__, cx.names.__spec__] {
            dict.set_interned(name, Value::NONE);
        }
        module
    }
}

impl Ref<Module> {
    /// Its names.
    pub fn dict(self) -> Ref<Dict> {
        let dictionary = self.header().dictionary().expect("modules have attributes").get();
        dictionary.get().expect("the names of a module are a dict")
    }

    /// Binds a name.
    pub fn set(self, cx: &mut Context, name: &str, value: Value) {
        let name = cx.intern(name);
        self.dict().set_interned(name, value);
    }

    /// Binds a table of natives.
    pub fn add_functions(self, cx: &mut Context, functions: &'static [Declaration]) {
        let module = self.dict().get_interned(cx.names.__name__).unwrap_or(Value::NONE);
        self.add_functions_of(cx, functions, module);
    }

    /// As `add_functions`, of functions that say they are of another module, the one that scripts know.
    pub fn add_functions_of(self, cx: &mut Context, functions: &'static [Declaration], module: Value) {
        for declaration in functions {
            let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, Value::NONE);
            native.module.set(module);
            self.set(cx, declaration.name(), native.value());
        }
    }
}

/// What a class made by Rust code has.
pub struct ClassTables {
    /// Methods; `__new__` becomes a static method by itself, dunders are slot wrappers.
    pub methods: &'static [Declaration],
    /// Natives called on the class itself.
    pub class_methods: &'static [Declaration],
    /// Natives that get neither.
    pub static_methods: &'static [Declaration],
    /// Computed attributes.
    pub attributes: &'static [Attribute],
}

impl ClassTables {
    /// No tables, to fill in by struct update.
    pub const NONE: ClassTables =
        ClassTables { methods: &[], class_methods: &[], static_methods: &[], attributes: &[] };
}

/// Puts tables into a class made by Rust code.
pub fn install(cx: &mut Context, class: Ref<Class>, tables: &ClassTables) {
    for declaration in tables.methods {
        let name = cx.intern(declaration.name());
        if name == cx.names.__new__ {
            let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, class.value());
            native.module.set(Value::NONE);
            let wrapped = Descriptor::allocate(cx, LayoutId::STATICMETHOD, native.value(), name);
            class.dict.set_interned(name, wrapped.value());
            continue;
        }
        let is_slot = declaration.name().starts_with("__")
            && !matches!(
                declaration.name(),
                "__class_getitem__"
                    | "__reduce__"
                    | "__reduce_ex__"
                    | "__format__"
                    | "__sizeof__"
                    | "__dir__"
                    | "__getnewargs__"
                    | "__getstate__"
                    | "__length_hint__"
                    | "__reversed__"
                    | "__enter__"
                    | "__exit__"
                    | "__copy__"
                    | "__deepcopy__"
                    | "__round__"
                    | "__trunc__"
                    | "__floor__"
                    | "__ceil__"
                    | "__setstate__"
                    | "__subclasses__"
                    | "__instancecheck__"
                    | "__subclasscheck__"
                    | "__prepare__"
            );
        let layout = if is_slot { LayoutId::WRAPPER_DESCRIPTOR } else { LayoutId::METHOD_DESCRIPTOR };
        let native = Native::new(cx, declaration, layout, class.value());
        class.dict.set_interned(name, native.value());
    }
    for declaration in tables.class_methods {
        let name = cx.intern(declaration.name());
        let native = Native::new(cx, declaration, LayoutId::CLASSMETHOD_DESCRIPTOR, class.value());
        class.dict.set_interned(name, native.value());
    }
    for declaration in tables.static_methods {
        let name = cx.intern(declaration.name());
        let native = Native::new(cx, declaration, LayoutId::BUILTIN_FUNCTION, class.value());
        let wrapped = Descriptor::allocate(cx, LayoutId::STATICMETHOD, native.value(), name);
        class.dict.set_interned(name, wrapped.value());
    }
    for attribute in tables.attributes {
        let name = cx.intern(attribute.name);
        let accessor = Descriptor::allocate(cx, LayoutId::GETSET_DESCRIPTOR, class.value(), name);
        accessor.accessor.set(Some(Accessor::Native(attribute)));
        class.dict.set_interned(name, accessor.value());
    }
    cx.classes_changed();
    refresh_flags(cx, class);
}

/// Puts accessors into a class that Python calls members.
pub fn add_members(cx: &mut Context, class: Ref<Class>, members: &'static [Attribute]) {
    for attribute in members {
        let name = cx.intern(attribute.name);
        let accessor = Descriptor::allocate(cx, LayoutId::MEMBER_DESCRIPTOR, class.value(), name);
        accessor.accessor.set(Some(Accessor::Native(attribute)));
        class.dict.set_interned(name, accessor.value());
    }
    cx.classes_changed();
}

/// Makes a class for a library module: `name` is `module.Name`, instances have the kind of the first base or, if
/// `kind` is given, that one.
pub fn make_class(
    cx: &mut Context,
    name: &str,
    bases: &[Ref<Class>],
    kind: Option<Kind>,
    flags: u32,
    tables: &ClassTables,
) -> Ref<Class> {
    let (module, short) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let base = bases.first().copied().unwrap_or_else(|| cx.class(LayoutId::OBJECT));
    let bases = if bases.is_empty() { vec![base] } else { bases.to_vec() };
    let values: Vec<Value> = bases.iter().map(|base| base.value()).collect();
    let name = cx.intern(short);
    let module = cx.intern(module);
    let bases_tuple = cx.tuple(&values);
    let dict = cx.new_dict();
    let class = cx.heap.allocate_attributed(
        LayoutId::TYPE,
        Class {
            name: Cell::new(name),
            qualified_name: Cell::new(name),
            bases: Cell::new(bases_tuple),
            base: Cell::new(base.value()),
            mro: Vec::new().into(),
            dict,
            instance_kind: kind.unwrap_or(base.instance_kind),
            root_layout: Cell::new(LayoutId::OBJECT),
            dictionary_layout: Cell::new(LayoutId::OBJECT),
            capacity: Cell::new(0),
            flags: Cell::new(Class::BUILTIN | flags | base.flags.get() & Class::HAS_DICTIONARY),
            subclasses: Vec::new().into(),
            slot_count: Cell::new(0),
        },
        0,
    );
    finish_class(cx, class, &bases);
    dict.set_interned(cx.names.__module__, module);
    install(cx, class, tables);
    class
}

/// Gives a new class its order and its layouts, and makes it known to its bases.
pub fn finish_class(cx: &mut Context, class: Ref<Class>, bases: &[Ref<Class>]) {
    *class.mro.borrow_mut() = method_resolution_order(class, bases).expect("the bases agree on an order");
    let root = cx.new_layout(class, false);
    let dictionary = cx.new_layout(class, true);
    class.root_layout.set(root);
    class.dictionary_layout.set(dictionary);
    for base in bases {
        base.subclasses.borrow_mut().push(class);
    }
}

/// How a native module is made: its name and what fills it.
pub struct NativeModule {
    /// The name it is imported under.
    pub name: &'static str,
    /// Binds its names.
    pub fill: fn(&mut Context, Ref<Module>),
}

/// The header flag of a module that is being imported.
pub const INITIALISING: u8 = Header::KIND_FLAG;
