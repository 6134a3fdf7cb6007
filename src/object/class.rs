//! Classes: data, the method resolution order, and the look-up of names along it.
//!
//! Making a class from a class statement, calling it and looking up attributes of instances need script code and
//! are the VM's (`vm/class.rs`, `vm/attribute.rs`); here is what can be done without.

use std::cell::{Cell, RefCell};

use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;

/// The body of a class.
pub struct Class {
    /// `__name__`, a str.
    pub name: Cell<Value>,
    /// `__qualname__`, a str.
    pub qualified_name: Cell<Value>,
    /// `__bases__`, a tuple.
    pub bases: Cell<Value>,
    /// The base whose instances lay out their body as this class's do.
    pub base: Cell<Value>,
    /// The method resolution order, this class first.
    pub mro: RefCell<Vec<Ref<Class>>>,
    /// What the class statement bound, by interned strings.
    pub dict: Ref<Dict>,
    /// The kind of its instances.
    pub instance_kind: Kind,
    /// The layout of an instance without attributes.
    pub root_layout: Cell<LayoutId>,
    /// The layout of an instance whose attributes are in a dictionary.
    pub dictionary_layout: Cell<LayoutId>,
    /// How many inline slots new instances get: as many as earlier ones filled.
    pub capacity: Cell<u8>,
    /// See the constants.
    pub flags: Cell<u32>,
    /// Weakly held subclasses, in order of creation.
    pub subclasses: RefCell<Vec<Ref<Class>>>,
    /// How many values of `__slots__` instances carry, those of bases included.
    pub slot_count: Cell<u16>,
}

impl Class {
    /// Made by Rust code: its dictionary cannot be assigned to by scripts.
    pub const BUILTIN: u32 = 1;
    /// Instances have a `__dict__`.
    pub const HAS_DICTIONARY: u32 = 2;
    /// May not be subclassed.
    pub const FINAL: u32 = 4;
    /// Instances have a `__del__`.
    pub const HAS_DEL: u32 = 8;
    /// Some class of the order overrides `__getattribute__`.
    pub const HAS_GETATTRIBUTE: u32 = 16;
    /// Some class of the order defines `__getattr__`.
    pub const HAS_GETATTR: u32 = 32;
    /// Some class of the order overrides `__setattr__` or `__delattr__`.
    pub const HAS_SETATTR: u32 = 64;
    /// `__eq__` is not the built-in one of its kind: comparing instances may run script code.
    pub const HAS_EQ: u32 = 128;
    /// `__hash__` is not the built-in one of its kind: hashing instances may run script code.
    pub const HAS_HASH: u32 = 256;
    /// It has abstract methods left: it cannot be instantiated.
    pub const ABSTRACT: u32 = 512;
    /// It is a metaclass: a subclass of `type`.
    pub const METACLASS: u32 = 1024;
    /// Matches a sequence pattern.
    pub const SEQUENCE: u32 = 2048;
    /// Matches a mapping pattern.
    pub const MAPPING: u32 = 4096;
    /// Instances can be referred to weakly.
    pub const WEAKLY: u32 = 8192;
    /// `__iter__`, `__getitem__`, `__len__`, `__contains__`, `__repr__`, `__str__`, `__format__` or `__bool__` is not
    /// that of the built-in class its kind belongs to.
    pub const OVERRIDES: u32 = 16384;
    /// Python calls this a heap type: written in the language, or behaving as if.
    pub const HEAP_TYPE: u32 = 32768;
    /// No instances can be made by calling it.
    pub const NOT_CALLABLE: u32 = 65536;
    /// Instances are tuples whose items have the names in `__match_args__`.
    pub const STRUCT_SEQUENCE: u32 = 131072;

    /// Has it this flag?
    #[inline(always)]
    pub fn has(&self, flag: u32) -> bool {
        self.flags.get() & flag != 0
    }

    /// Sets a flag.
    pub fn set(&self, flag: u32) {
        self.flags.set(self.flags.get() | flag);
    }

    /// Clears a flag.
    pub fn clear(&self, flag: u32) {
        self.flags.set(self.flags.get() & !flag);
    }
}

impl Body for Class {
    const KIND: Kind = Kind::Class;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.name);
        marker.cell(&self.qualified_name);
        marker.cell(&self.bases);
        marker.cell(&self.base);
        marker.object(self.dict);
        for class in self.mro.borrow().iter() {
            marker.object(*class);
        }
    }
}

impl Ref<Class> {
    /// Is it the other class or a subclass of it, by the method resolution order?
    pub fn is_subclass(self, other: Ref<Class>) -> bool {
        self == other || self.mro.borrow().contains(&other)
    }

    /// The value a name has in the first class of the order that binds it. `name` is interned.
    pub fn lookup(self, cx: &mut Context, name: Value) -> Option<Value> {
        cx.lookup(self, name)
    }

    /// As `lookup`, without the cache, and with the class that binds it, beginning after `after`.
    pub fn lookup_after(self, name: Value, after: Option<Ref<Class>>) -> Option<(Ref<Class>, Value)> {
        let mro = self.mro.borrow();
        let start = after.map_or(0, |class| mro.iter().position(|&c| c == class).map_or(mro.len(), |i| i + 1));
        mro[start..].iter().find_map(|&class| class.dict.get_interned(name).map(|value| (class, value)))
    }

    /// `__name__` as text.
    pub fn name_text(self) -> String {
        self.name.get().get::<crate::object::string::Str>().map_or_else(String::new, |name| name.text().into_owned())
    }
}

/// The C3 order of a class with these bases, or the message of the TypeError.
pub fn method_resolution_order(class: Ref<Class>, bases: &[Ref<Class>]) -> Result<Vec<Ref<Class>>, String> {
    let mut sequences: Vec<Vec<Ref<Class>>> = bases.iter().map(|base| base.mro.borrow().clone()).collect();
    sequences.push(bases.to_vec());
    for sequence in &mut sequences {
        sequence.reverse();
    }
    let mut order = vec![class];
    loop {
        sequences.retain(|sequence| !sequence.is_empty());
        if sequences.is_empty() {
            return Ok(order);
        }
        let blocked = |candidate: &Ref<Class>| sequences.iter().any(|s| s[..s.len() - 1].contains(candidate));
        let Some(next) = sequences.iter().map(|s| s[s.len() - 1]).find(|candidate| !blocked(candidate)) else {
            let mut names: Vec<String> = Vec::new();
            for sequence in &sequences {
                let name = sequence[sequence.len() - 1].name_text();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            return Err(format!(
                "Cannot create a consistent method resolution order (MRO) for bases {}",
                names.join(", ")
            ));
        };
        order.push(next);
        for sequence in &mut sequences {
            if sequence.last() == Some(&next) {
                sequence.pop();
            }
        }
    }
}

/// Which of the class's abilities hold, from what its order binds. Called when a class is made and when its
/// dictionary or bases change.
pub fn refresh_flags(cx: &mut Context, class: Ref<Class>) {
    let derived = Class::HAS_DEL
        | Class::HAS_GETATTRIBUTE
        | Class::HAS_GETATTR
        | Class::HAS_SETATTR
        | Class::HAS_EQ
        | Class::HAS_HASH
        | Class::OVERRIDES;
    class.clear(derived);
    let names = cx.names;
    let differs = |name: Value| {
        let found = class.lookup_after(name, None).map(|(owner, _)| owner);
        found.is_some_and(|owner| !owner.has(Class::BUILTIN))
    };
    // No built-in class has it but those that hand on what they lack.
    if class.lookup_after(names.__getattr__, None).is_some() {
        class.set(Class::HAS_GETATTR);
    }
    // Of the built-in classes some have an access to attributes of their own.
    let usual = [LayoutId::OBJECT, LayoutId::TYPE, LayoutId::SUPER].map(|layout| cx.class(layout));
    for (name, flag) in [
        (names.__getattribute__, Class::HAS_GETATTRIBUTE),
        (names.__setattr__, Class::HAS_SETATTR),
        (names.__delattr__, Class::HAS_SETATTR),
    ] {
        if class.lookup_after(name, None).is_some_and(|(owner, _)| !usual.contains(&owner)) {
            class.set(flag);
        }
    }
    let rules: [(&[Value], u32); 4] = [
        (&[names.__del__], Class::HAS_DEL),
        (&[names.__eq__], Class::HAS_EQ),
        (&[names.__hash__], Class::HAS_HASH),
        (
            &[
                names.__iter__,
                names.__getitem__,
                names.__len__,
                names.__contains__,
                names.__repr__,
                names.__str__,
                names.__format__,
                names.__bool__,
                names.__int__,
                names.__index__,
                names.__float__,
            ],
            Class::OVERRIDES,
        ),
    ];
    for (names, flag) in rules {
        if names.iter().any(|&name| differs(name)) {
            class.set(flag);
        }
    }
    let subclasses = class.subclasses.borrow().clone();
    for subclass in subclasses {
        refresh_flags(cx, subclass);
    }
}

/// The class a value names as base or in `isinstance`, or TypeError with `message`.
pub fn expect_class(cx: &mut Context, value: Value, message: &str) -> Result<Ref<Class>, Stop> {
    value.get::<Class>().ok_or_else(|| cx.type_error(message))
}

/// Attribute slots of an object with attributes, or the dictionary they moved to.
impl Header {
    /// The value of an attribute of the object itself, not of its class.
    pub fn own_attribute(&self, cx: &Context, name: Value) -> Option<Value> {
        let dictionary = self.dictionary()?;
        if let Some(&slot) = cx.layout(self.layout()).slots.get(&name) {
            return Some(self.slot(slot as usize).get()).filter(|value| !value.is_unbound());
        }
        dictionary.get().get::<Dict>()?.get_interned(name)
    }

    /// Binds an attribute of the object itself; false if it can have none. The name is interned.
    pub fn set_own_attribute(&self, cx: &mut Context, name: Value, value: Value) -> bool {
        let Some(dictionary) = self.dictionary() else { return false };
        let layout = self.layout();
        if let Some(&slot) = cx.layout(layout).slots.get(&name) {
            self.slot(slot as usize).set(value);
            return true;
        }
        if let Some(dict) = dictionary.get().get::<Dict>() {
            dict.set_interned(name, value);
            return true;
        }
        let used = cx.layout(layout).names.len();
        if used < self.capacity() {
            let next = cx.layout_with(layout, name);
            self.slot(used).set(value);
            self.set_layout(next);
        } else {
            let class = cx.layout(layout).class;
            if class.capacity.get() < 24 {
                class.capacity.set((used as u8 + 1).max(class.capacity.get()).min(24));
            }
            self.attribute_dict(cx).expect("it has attributes").set_interned(name, value);
        }
        true
    }

    /// Unbinds an attribute of the object itself; false if it was not bound.
    pub fn delete_own_attribute(&self, cx: &mut Context, name: Value) -> bool {
        if self.own_attribute(cx, name).is_none() {
            return false;
        }
        let layout = cx.layout(self.layout());
        if let Some(&slot) = layout.slots.get(&name)
            && slot < layout.class.slot_count.get()
        {
            self.slot(slot as usize).set(Value::UNBOUND);
            return true;
        }
        // Deleting breaks the order of slots, so the attributes move to a dictionary.
        self.attribute_dict(cx).is_some_and(|dict| dict.remove_interned(name).is_some())
    }

    /// The object's attributes as a dictionary, which from now on is where they are, but for those of `__slots__`.
    pub fn attribute_dict(&self, cx: &mut Context) -> Option<Ref<Dict>> {
        let dictionary = self.dictionary()?;
        if let Some(dict) = dictionary.get().get::<Dict>() {
            return Some(dict);
        }
        let dict = cx.new_dict();
        let names = cx.layout(self.layout()).names.clone();
        // The values of `__slots__` stay where they are.
        let slots = cx.layout(self.layout()).class.slot_count.get() as usize;
        for (index, name) in names.into_iter().enumerate().skip(slots) {
            let slot = self.slot(index);
            if !slot.get().is_unbound() {
                dict.set_interned(name, slot.get());
                slot.set(Value::UNBOUND);
            }
        }
        dictionary.set(dict.value());
        let class = cx.layout(self.layout()).class;
        self.set_layout(class.dictionary_layout.get());
        Some(dict)
    }
}
