//! What attribute instructions remember in the code beside them, and attributes of `super()`.
#![allow(unsafe_code)]

use crate::object::class::Class;
use crate::object::dict::Dict;
use crate::object::frame::Then;
use crate::object::function::{Accessor, Attribute, Descriptor, Function, Super};
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::attribute::is_slot_accessor;
use crate::vm::interpret::{
    CACHE_CLASS, CACHE_ENTRY, CACHE_MODULE, CACHE_NATIVE, CACHE_OF_CLASS, CACHE_PROPERTY, CACHE_SLOT,
};
use crate::vm::machine::{Flow, Vm};
use std::cell::Cell;

impl Vm {
    /// LoadAttribute: fills its cache where the attribute can be found the same way again.
    pub fn load_attribute_caching(
        &mut self,
        object: Value,
        name: Value,
        cache: *const Cell<u64>,
        destination: u16,
    ) -> Flow {
        self.fill_load_cache(object, name, cache, false);
        self.load_attribute(object, name, Then::Store, destination)
    }

    /// LoadMethod: true if it is a method to be called with the object, which then stand in the registers.
    pub fn load_method_caching(
        &mut self,
        object: Value,
        name: Value,
        cache: *const Cell<u64>,
        destination: u16,
    ) -> bool {
        let class = self.cx.class_of(object);
        if object.is::<Class>() || object.is::<Super>() || object.is::<Module>() {
            self.fill_load_cache(object, name, cache, true);
            return false;
        }
        if class.has(Class::HAS_GETATTRIBUTE) {
            return false;
        }
        let Some(binding) = self.cx.lookup(class, name) else { return false };
        let is_method = match binding.header().map(Header::kind) {
            Some(Kind::Function) => true,
            Some(Kind::Native) => {
                matches!(self.cx.layout_of(binding), LayoutId::METHOD_DESCRIPTOR | LayoutId::WRAPPER_DESCRIPTOR)
            }
            _ => false,
        };
        if !is_method {
            return false;
        }
        if let Some(header) = object.header() {
            if header.own_attribute(&self.cx, name).is_some() {
                return false;
            }
        }
        self.set_register(destination, binding);
        self.set_register(destination + 1, object);
        let layout = self.cx.layout_of(object);
        let is_dictionary = object
            .header()
            .is_some_and(|header| header.dictionary().is_some_and(|dictionary| !dictionary.get().is_unbound()));
        if !is_dictionary && !self.cx.layout(layout).slots.contains_key(&name) {
            // SAFETY: the instruction has three cache words.
            unsafe {
                (*cache).set(self.cache_key(layout));
                (*cache.add(1)).set(CACHE_CLASS);
                (*cache.add(2)).set(binding.bits());
            }
        }
        true
    }

    /// What a native computes as an attribute.
    pub(super) fn read_native_attribute(
        &mut self,
        attribute: &'static Attribute,
        object: Value,
        destination: u16,
    ) -> Flow {
        match (attribute.get)(&mut self.cx, object) {
            Ok(value) => Flow::Done(value),
            Err(Stop::Call(call)) => self.call_plain(call.callee, &call.args, Then::Store, destination),
            Err(stop) => self.raise(stop),
        }
    }

    pub(super) fn cache_key(&self, layout: LayoutId) -> u64 {
        (layout.0 as u64) << 32 | self.cx.class_epoch as u64
    }

    fn fill_load_cache(&mut self, object: Value, name: Value, cache: *const Cell<u64>, is_method: bool) {
        let Some(header) = object.header() else { return };
        let set = |key: u64, how: u64, value: u64| {
            // SAFETY: the instruction has three cache words.
            unsafe {
                (*cache).set(key);
                (*cache.add(1)).set(how);
                (*cache.add(2)).set(value);
            }
        };
        if let Some(module) = object.get::<Module>() {
            let dict = module.dict();
            if let Some(index) = dict.find_interned(name) {
                let class = self.cx.class(header.layout());
                if self.cx.lookup(class, name).is_none() {
                    let version = dict.give_keys_version(&mut self.cx);
                    if version != 0 {
                        set(version as u64, (index as u64) << 32 | CACHE_MODULE, 0);
                    }
                }
            }
            return;
        }
        if let Some(class) = object.get::<Class>() {
            let metaclass = self.cx.class(header.layout());
            if metaclass.has(Class::HAS_GETATTRIBUTE) || self.cx.lookup(metaclass, name).is_some() {
                return;
            }
            if let Some((dict, entry)) = self.plain_entry(class, name, true) {
                let how = (self.cx.class_epoch as u64) << 32 | entry << 8 | CACHE_ENTRY;
                set(object.bits() | CACHE_OF_CLASS, how, dict.value().bits());
            }
            return;
        }
        let class = self.cx.class(header.layout());
        if is_method || class.has(Class::HAS_GETATTRIBUTE) || object.is::<Super>() {
            return;
        }
        let binding = self.cx.lookup(class, name);
        let Some(&slot) = self.cx.layout(header.layout()).slots.get(&name) else {
            let is_inline = header.dictionary().is_none_or(|dictionary| dictionary.get().is_unbound());
            let key = self.cache_key(header.layout());
            if let Some(descriptor) = binding.and_then(|binding| binding.get::<Descriptor>()) {
                let is_property = descriptor.header().layout() == LayoutId::PROPERTY;
                if is_property && descriptor.getter.get().is::<Function>() && !class.has(Class::HAS_GETATTR) {
                    set(key, CACHE_PROPERTY, descriptor.getter.get().bits());
                }
                let is_native = descriptor.header().layout() == LayoutId::GETSET_DESCRIPTOR;
                if let Some(Accessor::Native(attribute)) = descriptor.accessor.get()
                    && is_native
                    && !class.has(Class::HAS_GETATTR)
                {
                    set(key, CACHE_NATIVE, std::ptr::from_ref(attribute).expose_provenance() as u64);
                }
            } else if let Some((dict, entry)) = self.plain_entry(class, name, false).filter(|_| is_inline) {
                set(key, entry << 8 | CACHE_ENTRY, dict.value().bits());
            }
            return;
        };
        let blocked = match binding {
            Some(binding) if is_slot_accessor(binding) => false,
            Some(binding) => self.is_data_descriptor(binding),
            None => false,
        };
        let inline = header.dictionary().is_some_and(|dictionary| dictionary.get().is_unbound());
        if !blocked && inline && header.kind() != Kind::Tuple {
            let offset = header.slot_offset(slot as usize) as u64;
            set(self.cache_key(header.layout()), offset << 32 | CACHE_SLOT, 0);
        }
    }

    /// Where the class that binds a name keeps it, if it is given as it is: plain data or, of a class itself, a function
    /// too. Entries up to the number that a cache has room for.
    fn plain_entry(&mut self, class: Ref<Class>, name: Value, of_class: bool) -> Option<(Ref<Dict>, u64)> {
        let (owner, binding) = class.lookup_after(name, None)?;
        let is_built_in = self.cx.class_of(binding).has(Class::BUILTIN);
        let is_plain = match binding.header().map(Header::kind) {
            None => true,
            Some(Kind::Str | Kind::Int | Kind::Float | Kind::Tuple | Kind::List | Kind::Dict | Kind::Set) => {
                is_built_in
            }
            Some(Kind::Function) => of_class,
            Some(Kind::Instance) => {
                let names = self.cx.names;
                let is_bound = |name: Value| self.cx.special(binding, name).is_some();
                ![names.__get__, names.__set__, names.__delete__].into_iter().any(is_bound)
            }
            _ => false,
        };
        let entry = owner.dict.find_interned(name).filter(|&entry| is_plain && entry < 1 << 24)?;
        Some((owner.dict, entry as u64))
    }

    /// `super().name` without a super object.
    pub fn load_super_attribute(
        &mut self,
        start: Value,
        object: Value,
        name: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let from = match self.make_super(start, object) {
            Ok(from) => from,
            Err(stop) => return self.raise(stop),
        };
        self.load_attribute(from, name, then, destination)
    }

    /// What `super(start, object).name` binds to the object, if that is a function of the script.
    pub fn find_super_method(&mut self, start: Value, object: Value, name: Value) -> Option<Value> {
        let (start, class) = (start.get::<Class>()?, self.cx.class_of(object));
        if object.is::<Class>() || !class.is_subclass(start) {
            return None;
        }
        let (_, binding) = class.lookup_after(name, Some(start))?;
        binding.is::<Function>().then_some(binding)
    }

    /// `super(start, object)`
    pub fn make_super(&mut self, start: Value, object: Value) -> Result<Value, Stop> {
        let Some(class) = start.get::<Class>() else {
            let found = self.cx.type_name(start);
            return Err(self.cx.type_error(format!("super() argument 1 must be a type, not {found}")));
        };
        let own = match object.get::<Class>() {
            Some(given) if given.is_subclass(class) => Some(given),
            _ if object.is_none() => None,
            _ => {
                let own = self.cx.class_of(object);
                if !own.is_subclass(class) {
                    let (kind, found) = match object.get::<Class>() {
                        Some(given) => ("type", given.name_text()),
                        None => ("instance of", own.name_text()),
                    };
                    let wanted = class.name_text();
                    let message = format!(
                        "super(type, obj): obj ({kind} {found}) is not an instance or subtype of type ({wanted})."
                    );
                    return Err(self.cx.type_error(message));
                }
                Some(own)
            }
        };
        let body = Super {
            start: Cell::new(start),
            object: Cell::new(object),
            class: Cell::new(own.map_or(Value::NONE, |own| own.value())),
        };
        Ok(self.cx.heap.allocate(LayoutId::SUPER, body).value())
    }
}
