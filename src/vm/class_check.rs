//! `isinstance` and `issubclass`, as far as no hook of a script is asked.

use crate::object::class::Class;
use crate::object::frame::Then;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::{Control, Native};
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};

impl Vm {
    /// `isinstance` and `issubclass`: by the order of classes, or by the script half where a hook may say otherwise.
    pub(super) fn is_instance_of(
        &mut self,
        control: Control,
        subject: Value,
        classes: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let by_order = control == Control::IsInstance || subject.is::<Class>();
        if by_order {
            let own = match control {
                Control::IsInstance => self.cx.class_of(subject),
                _ => subject.get().expect("just checked"),
            };
            match self.plainly_among(control, own, classes, 0) {
                Some(Some(found)) => {
                    if found || control == Control::IsSubclass || !self.has_own_class(subject) {
                        return Flow::Done(Value::bool(found));
                    }
                }
                Some(None) => {
                    let message = match control {
                        Control::IsInstance => "isinstance() arg 2 must be a type, a tuple of types, or a union",
                        _ => "issubclass() arg 2 must be a class, a tuple of classes, or a union",
                    };
                    let stop = self.cx.type_error(message);
                    return self.raise(stop);
                }
                None => {}
            }
        }
        let name = if control == Control::IsInstance { "isinstance" } else { "issubclass" };
        self.call_half(name, &[subject, classes], then, destination)
    }

    /// `isinstance` of a class that has no hooks for it and a subject that does not say what its class is; None for
    /// all others.
    pub fn is_instance_plainly(&mut self, subject: Value, class: Ref<Class>) -> Option<bool> {
        let own = self.cx.class_of(subject);
        match self.plainly_among(Control::IsInstance, own, class.value(), 0) {
            Some(Some(true)) => Some(true),
            Some(Some(false)) if !self.has_own_class(subject) => Some(false),
            _ => None,
        }
    }

    /// Does the object's class say something of its own about `__class__`?
    fn has_own_class(&mut self, subject: Value) -> bool {
        let class = self.cx.class_of(subject);
        let name = self.cx.names.__class__;
        class.has(Class::HAS_GETATTRIBUTE)
            || class.lookup_after(name, None).is_some_and(|(owner, _)| owner != self.cx.class(LayoutId::OBJECT))
    }

    /// None where a hook must be asked; Some(None) where it is no class at all.
    fn plainly_among(
        &mut self,
        control: Control,
        own: Ref<Class>,
        classes: Value,
        depth: usize,
    ) -> Option<Option<bool>> {
        if let Some(class) = classes.get::<Class>() {
            // Only an instance of exactly this class is one whatever the metaclass says.
            if own == class && control == Control::IsInstance {
                return Some(Some(true));
            }
            // A metaclass with hooks of its own is asked.
            let metaclass = self.cx.class_of(class.value());
            let names = self.cx.names;
            for name in [names.__instancecheck__, names.__subclasscheck__] {
                let found = self.cx.lookup(metaclass, name);
                if found.is_some_and(|hook| !hook.is::<Native>()) {
                    return None;
                }
            }
            return Some(Some(own.is_subclass(class)));
        }
        if let Some(tuple) = classes.get::<Tuple>() {
            if depth > 100 {
                return None;
            }
            for &item in tuple.items() {
                match self.plainly_among(control, own, item, depth + 1)? {
                    Some(true) => return Some(Some(true)),
                    Some(false) => {}
                    None => return Some(None),
                }
            }
            return Some(Some(false));
        }
        if let Some(alias) = classes.get::<crate::object::alias::GenericAlias>().filter(|alias| alias.is_union()) {
            for item in alias.items() {
                let item = if item.is_none() { self.cx.class(LayoutId::NONE_TYPE).value() } else { item };
                match self.plainly_among(control, own, item, depth + 1)? {
                    Some(true) => return Some(Some(true)),
                    Some(false) => {}
                    None => return Some(None),
                }
            }
            return Some(Some(false));
        }
        match self.cx.special(classes, self.cx.names.__instancecheck__) {
            Some(_) => None,
            None => Some(None),
        }
    }
}
