//! Storing and deleting attributes: of instances, through descriptors, and of classes, whose caches are told.
#![allow(unsafe_code)]

use crate::object::class::Class;
use crate::object::frame::Then;
use crate::object::function::{Accessor, Descriptor, Function};
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::attribute::is_slot_accessor;
use crate::vm::interpret::{CACHE_ADD, CACHE_SLOT};
use crate::vm::machine::{Flow, Vm};
use std::cell::Cell;

impl Vm {
    /// StoreAttribute: fills its cache where the attribute can be stored the same way again.
    pub fn store_attribute_caching(
        &mut self,
        object: Value,
        name: Value,
        value: Value,
        cache: *const Cell<u64>,
    ) -> Flow {
        let Some(header) = object.header() else {
            return self.store_attribute(object, name, value, Then::Discard, 0);
        };
        let before = header.layout();
        let class = self.cx.class(before);
        let inline = header.dictionary().is_some_and(|dictionary| dictionary.get().is_unbound());
        let cacheable = inline
            && header.kind() != Kind::Tuple
            && !object.is::<Class>()
            && !class.has(Class::HAS_SETATTR)
            && match self.cx.lookup(class, name) {
                Some(binding) if is_slot_accessor(binding) => true,
                Some(binding) => !self.is_data_descriptor(binding),
                None => class.has(Class::HAS_DICTIONARY),
            };
        let flow = self.store_attribute(object, name, value, Then::Discard, 0);
        if cacheable && matches!(flow, Flow::Done(_)) {
            let after = header.layout();
            let still_inline = header.dictionary().is_some_and(|dictionary| dictionary.get().is_unbound());
            if let (true, Some(&slot)) = (still_inline, self.cx.layout(after).slots.get(&name)) {
                let offset = header.slot_offset(slot as usize) as u64;
                let how = match before == after {
                    true => CACHE_SLOT | offset << 8,
                    // Only objects with as much room may take the same step.
                    false if (slot as usize) < header.capacity() && class.capacity.get() as usize > slot as usize => {
                        CACHE_ADD | offset << 8 | (after.0 as u64) << 32
                    }
                    false => return flow,
                };
                // SAFETY: the instruction has two cache words.
                unsafe {
                    (*cache).set(self.cache_key(before));
                    (*cache.add(1)).set(how);
                }
            }
        }
        flow
    }

    /// `object.name = value`
    pub fn store_attribute(&mut self, object: Value, name: Value, value: Value, then: Then, destination: u16) -> Flow {
        let class = self.cx.class_of(object);
        if class.has(Class::HAS_SETATTR) {
            let method = self.cx.names.__setattr__;
            return self.call_special(object, method, &[name, value], then, destination).expect("it has the method");
        }
        self.store_attribute_plainly(object, name, value, then, destination)
    }

    /// `object.__setattr__` and `object.__delattr__` (of UNBOUND).
    pub fn store_attribute_plainly(
        &mut self,
        object: Value,
        name: Value,
        value: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let class = self.cx.class_of(object);
        if let Some(target) = object.get::<Class>() {
            return self.store_in_class(target, name, value, then, destination);
        }
        let binding = self.cx.lookup(class, name);
        if let Some(binding) = binding {
            if let Some(descriptor) = binding.get::<Descriptor>() {
                if let Some(flow) = self.store_by_descriptor(descriptor, object, name, value, then, destination) {
                    return flow;
                }
            } else if self.is_data_descriptor(binding) {
                return self.store_by_script(binding, object, value, then, destination);
            }
        }
        let Some(header) = object.header() else { return self.no_such_attribute(object, name, binding) };
        let has_dictionary = class.has(Class::HAS_DICTIONARY);
        if value.is_unbound() {
            if has_dictionary && header.delete_own_attribute(&mut self.cx, name) {
                return Flow::Done(Value::NONE);
            }
            return match has_dictionary {
                true => {
                    let stop = self.cx.attribute_error(object, name);
                    self.raise(stop)
                }
                false => self.no_such_attribute(object, name, binding),
            };
        }
        if has_dictionary && header.set_own_attribute(&mut self.cx, name, value) {
            return Flow::Done(Value::NONE);
        }
        self.no_such_attribute(object, name, binding)
    }

    #[cold]
    fn no_such_attribute(&mut self, object: Value, name: Value, binding: Option<Value>) -> Flow {
        let (class, attribute) = (self.cx.type_name(object), self.text(name));
        let message = match binding {
            Some(_) => format!("'{class}' object attribute '{attribute}' is read-only"),
            None if !self.cx.class_of(object).has(Class::HAS_DICTIONARY) => {
                format!("'{class}' object has no attribute '{attribute}' and no __dict__ for setting new attributes")
            }
            None => format!("'{class}' object has no attribute '{attribute}'"),
        };
        let stop = self.cx.attribute_error_with(object, name, &message);
        self.raise(stop)
    }

    pub(super) fn store_by_descriptor(
        &mut self,
        descriptor: Ref<Descriptor>,
        object: Value,
        name: Value,
        value: Value,
        then: Then,
        destination: u16,
    ) -> Option<Flow> {
        match descriptor.header().layout() {
            _ if matches!(self.descriptor_base(descriptor), LayoutId::STATICMETHOD | LayoutId::CLASSMETHOD) => {
                return None;
            }
            LayoutId::GETSET_DESCRIPTOR | LayoutId::MEMBER_DESCRIPTOR => {
                return Some(self.write_accessor(descriptor, object, name, value));
            }
            LayoutId::PROPERTY => {}
            _ => {
                let (set, delete) = (self.cx.names.__set__, self.cx.names.__delete__);
                let method = self.cx.special(descriptor.value(), if value.is_unbound() { delete } else { set });
                if method.is_some_and(|method| method.is::<Function>()) {
                    return Some(self.store_by_script(descriptor.value(), object, value, then, destination));
                }
            }
        }
        Some(self.write_property(descriptor, object, name, value, then, destination))
    }

    /// Calls the setter of a property, or its deleter of UNBOUND.
    pub(super) fn write_property(
        &mut self,
        descriptor: Ref<Descriptor>,
        object: Value,
        name: Value,
        value: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let (function, word) = match value.is_unbound() {
            true => (descriptor.deleter.get(), "deleter"),
            false => (descriptor.setter.get(), "setter"),
        };
        if function.is_none() {
            let class = self.cx.class_of(object).qualified_name.get();
            let (attribute, class) = (self.text(name), self.text(class));
            let message = format!("property '{attribute}' of '{class}' object has no {word}");
            let stop = self.cx.error(LayoutId::ATTRIBUTE_ERROR, message);
            return self.raise(stop);
        }
        let args: &[Value] = if value.is_unbound() { &[object] } else { &[object, value] };
        self.call_plain(function, args, then, destination)
    }

    fn write_accessor(&mut self, descriptor: Ref<Descriptor>, object: Value, name: Value, value: Value) -> Flow {
        let result = match descriptor.accessor.get() {
            Some(Accessor::Native(attribute)) => match attribute.set {
                Some(set) => set(&mut self.cx, object, value),
                None if descriptor.header().layout() == LayoutId::MEMBER_DESCRIPTOR => {
                    Err(self.cx.error(LayoutId::ATTRIBUTE_ERROR, "readonly attribute"))
                }
                None => {
                    let owner = descriptor.getter.get().get::<Class>().map_or_else(String::new, |c| c.name_text());
                    let message = format!("attribute '{}' of '{owner}' objects is not writable", attribute.name);
                    Err(self.cx.error(LayoutId::ATTRIBUTE_ERROR, message))
                }
            },
            _ => {
                let header = object.header().expect("an object with slots");
                if value.is_unbound() {
                    match header.own_attribute(&self.cx, name) {
                        Some(_) => {
                            let slot = self.cx.layout(header.layout()).slots.get(&name).copied();
                            match slot {
                                Some(slot) => header.slot(slot as usize).set(Value::UNBOUND),
                                None => {
                                    header.delete_own_attribute(&mut self.cx, name);
                                }
                            }
                            Ok(())
                        }
                        None => {
                            let text = self.text(name);
                            Err(self.cx.error(LayoutId::ATTRIBUTE_ERROR, text))
                        }
                    }
                } else {
                    header.set_own_attribute(&mut self.cx, name, value);
                    Ok(())
                }
            }
        };
        match result {
            Ok(()) => Flow::Done(Value::NONE),
            Err(stop) => self.raise(stop),
        }
    }

    fn store_by_script(&mut self, binding: Value, object: Value, value: Value, then: Then, destination: u16) -> Flow {
        let names = self.cx.names;
        let (name, args): (Value, Vec<Value>) = match value.is_unbound() {
            true => (names.__delete__, vec![object]),
            false => (names.__set__, vec![object, value]),
        };
        match self.call_special(binding, name, &args, then, destination) {
            Some(flow) => flow,
            None => {
                let method = self.text(name);
                let stop = self.cx.error(LayoutId::ATTRIBUTE_ERROR, method);
                self.raise(stop)
            }
        }
    }

    fn store_in_class(&mut self, class: Ref<Class>, name: Value, value: Value, then: Then, destination: u16) -> Flow {
        let metaclass = self.cx.class_of(class.value());
        if let Some(binding) = self.cx.lookup(metaclass, name) {
            if let Some(descriptor) = binding.get::<Descriptor>() {
                let object = class.value();
                if let Some(flow) = self.store_by_descriptor(descriptor, object, name, value, then, destination) {
                    return flow;
                }
            } else if self.is_data_descriptor(binding) {
                return self.store_by_script(binding, class.value(), value, then, destination);
            }
        }
        if class.has(Class::BUILTIN) && !class.has(Class::HEAP_TYPE) {
            let (attribute, owner) = (self.text(name), self.class_title(class));
            let message = format!("cannot set '{attribute}' attribute of immutable type '{owner}'");
            let stop = self.cx.type_error(message);
            return self.raise(stop);
        }
        match self.set_class_attribute(class, name, value) {
            Ok(()) => Flow::Done(Value::NONE),
            Err(stop) => self.raise(stop),
        }
    }

    /// Binds or unbinds a name of a class, and tells the caches unless only plain data changes.
    pub fn set_class_attribute(&mut self, class: Ref<Class>, name: Value, value: Value) -> Result<(), Stop> {
        let old = class.dict.get_interned(name);
        if value.is_unbound() {
            if class.dict.remove_interned(name).is_none() {
                return Err(self.cx.attribute_error(class.value(), name));
            }
        } else {
            class.dict.set_interned(name, value);
        }
        let plain = |value: Option<Value>| match value {
            None => false,
            Some(value) => !matches!(
                value.header().map(Header::kind),
                Some(Kind::Function | Kind::Native | Kind::Descriptor | Kind::Instance | Kind::Class | Kind::Method)
            ),
        };
        if !(plain(old) && plain(Some(value)) && !value.is_unbound()) {
            self.cx.classes_changed();
            crate::object::class::refresh_flags(&mut self.cx, class);
        } else {
            self.cx.forget_lookups(name);
        }
        Ok(())
    }

    /// `del object.name`
    pub fn delete_attribute(&mut self, object: Value, name: Value, then: Then, destination: u16) -> Flow {
        let class = self.cx.class_of(object);
        if class.has(Class::HAS_SETATTR) {
            let method = self.cx.names.__delattr__;
            if let Some(flow) = self.call_special(object, method, &[name], then, destination) {
                return flow;
            }
        }
        self.store_attribute_plainly(object, name, Value::UNBOUND, then, destination)
    }
}
