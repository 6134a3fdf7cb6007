//! Calling classes: `__new__`, then `__init__`; at once where neither is a script's.
#![allow(unsafe_code)]

use crate::bytecode::code::CodeKind;
use crate::object::class::Class;
use crate::object::exception::Exception;
use crate::object::frame::Then;
use crate::object::function::{Descriptor, Function};
use crate::object::heap::Ref;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Control, Entry, Native, Stop};
use crate::object::signature::Given;
use crate::object::value::Value;
use crate::vm::call::Bound;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::Machine;

impl Vm {
    /// An instance of a class that does not bring its own `__new__`: made at once, then its `__init__` is entered. None
    /// for any other class.
    pub(super) fn construct_plainly(
        &mut self,
        class: Ref<Class>,
        given: Given<'_>,
        window: u16,
        destination: u16,
    ) -> Option<Flow> {
        let is_other = !matches!(class.instance_kind, Kind::Instance | Kind::Exception);
        if is_other || class.has(Class::ABSTRACT) || class.header().layout() != LayoutId::TYPE {
            return None;
        }
        let new = self.cx.lookup(class, self.cx.names.__new__)?;
        let init = self.cx.lookup(class, self.cx.names.__init__)?;
        let own = &self.cx.originals;
        if class.instance_kind == Kind::Exception {
            if new != own.exception_new {
                return None;
            }
            if init == own.exception_init && given.names.is_empty() {
                let args = self.cx.tuple(given.positional);
                return Some(Flow::Done(Exception::allocate_of(&mut self.cx, class, args)));
            }
        } else if new != own.object_new || class.has(Class::BUILTIN) {
            return None;
        } else if init == own.object_init {
            let is_empty = given.positional.is_empty() && given.names.is_empty();
            return is_empty.then(|| Flow::Done(self.cx.new_instance(class)));
        }
        let init: Ref<Function> = init.get()?;
        if init.code.get().code.kind != CodeKind::Function {
            return None;
        }
        let instance = match class.instance_kind {
            Kind::Exception => {
                let args = self.cx.tuple(given.positional);
                Exception::allocate_of(&mut self.cx, class, args)
            }
            _ => self.cx.new_instance(class),
        };
        let count = given.positional.len() + 1;
        let mut bound = Bound::with_receiver(instance, given.positional);
        let entered = if given.names.is_empty() && init.arity.get() as usize == count {
            // SAFETY: the callee stands in a register of the frame, and the one behind it is in the frame or at its end.
            let base = self.window(unsafe { self.top().base.add(window as usize + 1) });
            self.push_function(init, bound.values().as_ptr(), base, count, Then::Construct, destination)
        } else {
            let given = Given { positional: bound.values(), ..given };
            matches!(self.call_function(init, given, Then::Construct, destination), Flow::Entered)
        };
        if !entered {
            return Some(Flow::Raised);
        }
        // SAFETY: a call leaves the register before its first for this, a new chunk likewise.
        unsafe { *self.top().base.sub(1) = instance };
        Some(Flow::Entered)
    }

    pub(super) fn call_class(&mut self, class: Ref<Class>, given: Given<'_>, then: Then, destination: u16) -> Flow {
        if class.header().layout() != LayoutId::TYPE {
            let metaclass = self.cx.class_of(class.value());
            if let Some(call) = self.cx.lookup(metaclass, self.cx.names.__call__) {
                let is_own = call.get::<Native>().is_some_and(|n| matches!(n.entry, Entry::Control(Control::TypeCall)));
                if !is_own {
                    return self.call_special_method(call, class.value(), given, then, destination);
                }
            }
        }
        self.instantiate(class, given, then, destination)
    }

    /// `type.__call__`: `__new__`, then `__init__`.
    pub fn instantiate(&mut self, class: Ref<Class>, given: Given<'_>, then: Then, destination: u16) -> Flow {
        if class == self.cx.class(LayoutId::TYPE) && given.positional.len() == 1 && given.names.is_empty() {
            return Flow::Done(self.cx.class_of(given.positional[0]).value());
        }
        if class == self.cx.class(LayoutId::TYPE) && given.positional.len() != 3 {
            let stop = self.cx.type_error("type() takes 1 or 3 arguments");
            return self.raise(stop);
        }
        if class.has(Class::NOT_CALLABLE) {
            let module = if class.has(Class::BUILTIN) { self.class_title(class) } else { class.name_text() };
            let stop = self.cx.type_error(format!("cannot create '{module}' instances"));
            return self.raise(stop);
        }
        let Some(new) = self.cx.lookup(class, self.cx.names.__new__) else {
            let stop = self.cx.type_error(format!("cannot create '{}' instances", class.name_text()));
            return self.raise(stop);
        };
        let new = match new.get::<Descriptor>() {
            Some(wrapped) if wrapped.header().layout() == LayoutId::STATICMETHOD => wrapped.getter.get(),
            _ => new,
        };
        let mut args = Bound::with_receiver(class.value(), given.positional);
        let args = args.values();
        if class.has(Class::BUILTIN) && new.is::<Native>() && !class.has(Class::HEAP_TYPE) {
            // What has no `__init__` of its own is made by `__new__` alone.
            let init = self.cx.lookup(class, self.cx.names.__init__);
            if init == Some(self.cx.originals.object_init) && new != self.cx.originals.object_new {
                return self.call(new, Given { positional: args, ..given }, then, destination);
            }
            if let Some(flow) = self.fill_container(class, args, given) {
                return flow;
            }
        }
        let tuple = self.cx.tuple(args);
        let keywords = self.keywords_dict(given);
        let slots = [class.value(), tuple, keywords, new];
        self.start_machine(Machine::Instantiate, &slots, then, destination)
    }

    /// A list or set of the items of an argument that is plain data; None if that takes the long way.
    fn fill_container(&mut self, class: Ref<Class>, args: &[Value], given: Given<'_>) -> Option<Flow> {
        let layout = class.root_layout.get();
        if !matches!(layout, LayoutId::LIST | LayoutId::SET) || args.len() > 2 || !given.names.is_empty() {
            return None;
        }
        let made = match layout {
            LayoutId::LIST => self.cx.list(Vec::new()),
            _ => crate::object::set::Set::allocate(&mut self.cx, layout).value(),
        };
        let Some(&source) = args.get(1) else { return Some(Flow::Done(made)) };
        let init: Ref<Native> = self.cx.lookup(class, self.cx.names.__init__)?.get()?;
        match init.entry {
            // Only a container can be gone through again.
            Entry::Plain(run) if !source.is::<crate::object::iterator::Iterator>() => {
                match run(&mut self.cx, Args(&[made, source])) {
                    Ok(_) => Some(Flow::Done(made)),
                    Err(stop @ (Stop::Raise(_) | Stop::Request(_))) => Some(self.raise(stop)),
                    Err(_) => None,
                }
            }
            _ => None,
        }
    }

    /// Keyword arguments as a dict, or UNBOUND for none.
    pub fn keywords_dict(&mut self, given: Given<'_>) -> Value {
        if given.names.is_empty() {
            return Value::UNBOUND;
        }
        let dict = self.cx.new_dict();
        for (&name, &value) in given.names.iter().zip(given.values) {
            let name = self.cx.intern_value(name);
            dict.set_interned(name, value);
        }
        dict.value()
    }
}
