//! `__get__`, `__set__` and `__delete__` of the built-in descriptors, called by name.

use crate::object::class::Class;
use crate::object::frame::Then;
use crate::object::function::{Descriptor, Function};
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::vm::attribute::Found;
use crate::vm::machine::{Flow, Vm};

impl Vm {
    /// `descriptor.__get__(instance, owner)` of the built-in ones.
    pub(super) fn descriptor_get(
        &mut self,
        descriptor: Value,
        instance: Value,
        owner: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let on_class = (instance.is_none() || instance.is_unbound()) && !owner.is_none() && !owner.is_unbound();
        let class = match owner.get::<Class>() {
            Some(class) => class,
            None => self.cx.class_of(instance),
        };
        if !on_class && (instance.is_none() || instance.is_unbound()) && descriptor.is::<Function>() {
            let stop = self.cx.type_error("__get__(None, None) is invalid");
            return self.raise(stop);
        }
        let own = descriptor.get::<Descriptor>();
        if let Some(stop) = own.filter(|_| !on_class).and_then(|own| self.foreign_object(own, instance)) {
            return self.raise(stop);
        }
        // Of a subclass the `__get__` is overridden, and what is called here is the built-in one.
        let found = match own.map(|own| (own, self.descriptor_base(own))) {
            Some((_, LayoutId::PROPERTY)) if on_class => Found::Value(descriptor),
            Some((own, LayoutId::PROPERTY)) => self.read_property(own, instance),
            Some((own, LayoutId::STATICMETHOD)) => Found::Value(own.getter.get()),
            Some((own, LayoutId::CLASSMETHOD)) => match self.bind_class_method(own.getter.get(), class.value()) {
                Some(bound) => Found::Value(bound),
                None => self.bind_found(own.getter.get(), class.value(), class.value()),
            },
            _ if on_class => self.bind_to_class_plainly(descriptor, class),
            _ => self.bind_found(descriptor, instance, class.value()),
        };
        match found {
            Found::Value(value) => Flow::Done(value),
            Found::Call(callee, args) => self.call_plain(callee, &args, then, destination),
            Found::Failed(stop) => self.raise(stop),
            Found::Missing => Flow::Done(descriptor),
        }
    }

    /// TypeError if an accessor is used on an object that is no instance of its class.
    fn foreign_object(&mut self, descriptor: Ref<Descriptor>, object: Value) -> Option<Stop> {
        let layout = descriptor.header().layout();
        if layout != LayoutId::GETSET_DESCRIPTOR && layout != LayoutId::MEMBER_DESCRIPTOR {
            return None;
        }
        let owner: Ref<Class> = descriptor.getter.get().get()?;
        if self.cx.class_of(object).is_subclass(owner) {
            return None;
        }
        let (name, found) = (self.text(descriptor.name.get()), self.cx.type_name(object));
        let owner = owner.name_text();
        let message = format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{found}' object");
        Some(self.cx.type_error(message))
    }

    pub(super) fn descriptor_set(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let value = args.get(2).copied().unwrap_or(Value::UNBOUND);
        let Some(descriptor) = args[0].get::<Descriptor>() else { return Flow::Done(Value::NONE) };
        let name = descriptor.name.get();
        let name = if name.is::<Str>() { name } else { self.cx.empty_string };
        if let Some(stop) = self.foreign_object(descriptor, args[1]) {
            return self.raise(stop);
        }
        let stored = match self.descriptor_base(descriptor) {
            LayoutId::PROPERTY => Some(self.write_property(descriptor, args[1], name, value, then, destination)),
            _ => self.store_by_descriptor(descriptor, args[1], name, value, then, destination),
        };
        match stored {
            Some(flow) => flow,
            None => {
                let stop = self.cx.error(LayoutId::ATTRIBUTE_ERROR, "__set__");
                self.raise(stop)
            }
        }
    }
}
