//! Attributes: instance, class, descriptor, in the order of the data model, and the caches of the instructions.
#![allow(unsafe_code)]

use crate::object::class::Class;
use crate::object::frame::Then;
use crate::object::function::{Accessor, Descriptor, Function, Method, Super};
use crate::object::heap::{Header, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::Module;
use crate::object::native::{Native, Stop};
use crate::object::signature::Given;
use crate::object::string::Str;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

/// What looking up an attribute without running script code found.
pub enum Found {
    /// The value.
    Value(Value),
    /// A script getter to call with these arguments.
    Call(Value, Vec<Value>),
    /// Nothing.
    Missing,
    /// An accessor raised.
    Failed(Stop),
}

impl Vm {
    // ----- binding

    /// What a class binding gives when looked up on an instance, where no script code is needed for it; None where a
    /// script `__get__` must run.
    pub fn bind_plainly(&mut self, binding: Value, receiver: Value) -> Option<Value> {
        let Some(header) = binding.header() else { return Some(binding) };
        match header.kind() {
            Kind::Function => Some(Method::allocate(&mut self.cx, binding, receiver)),
            Kind::Method => Some(binding),
            Kind::Native => {
                let native: Ref<Native> = Ref::from_header(header);
                match header.layout() {
                    LayoutId::BUILTIN_FUNCTION => Some(binding),
                    LayoutId::CLASSMETHOD_DESCRIPTOR => {
                        let class = self.cx.class_of(receiver).value();
                        Some(Method::allocate(&mut self.cx, native.value(), class))
                    }
                    _ => Some(Method::allocate(&mut self.cx, binding, receiver)),
                }
            }
            Kind::Descriptor => {
                let descriptor: Ref<Descriptor> = Ref::from_header(header);
                match self.descriptor_kind(descriptor) {
                    LayoutId::STATICMETHOD => Some(descriptor.getter.get()),
                    LayoutId::CLASSMETHOD => {
                        let class = self.cx.class_of(receiver).value();
                        self.bind_class_method(descriptor.getter.get(), class)
                    }
                    _ => None,
                }
            }
            _ => match self.cx.special(binding, self.cx.names.__get__) {
                Some(_) => None,
                None => Some(binding),
            },
        }
    }

    /// The built-in class of a descriptor; of one of a subclass whose `__get__` is a script's, its own layout.
    fn descriptor_kind(&mut self, descriptor: Ref<Descriptor>) -> LayoutId {
        let layout = descriptor.header().layout();
        if is_built_in(layout) {
            return layout;
        }
        let class = self.cx.class(layout);
        let own = self.cx.lookup(class, self.cx.names.__get__);
        if own.is_some_and(|get| !get.is::<Native>()) {
            return layout;
        }
        self.descriptor_base(descriptor)
    }

    /// The built-in class that a descriptor is an instance of.
    pub fn descriptor_base(&self, descriptor: Ref<Descriptor>) -> LayoutId {
        let layout = descriptor.header().layout();
        if is_built_in(layout) {
            return layout;
        }
        let class = self.cx.class(layout);
        let bases = [LayoutId::PROPERTY, LayoutId::STATICMETHOD, LayoutId::CLASSMETHOD];
        bases.into_iter().find(|&base| class.is_subclass(self.cx.class(base))).unwrap_or(layout)
    }

    pub(super) fn bind_class_method(&mut self, function: Value, class: Value) -> Option<Value> {
        match function.header().map(Header::kind) {
            Some(Kind::Function | Kind::Native | Kind::Method | Kind::Class) => {
                Some(Method::allocate(&mut self.cx, function, class))
            }
            Some(Kind::Descriptor) => None,
            _ if self.cx.special(function, self.cx.names.__get__).is_some() => None,
            _ => Some(Method::allocate(&mut self.cx, function, class)),
        }
    }

    /// Calls what a descriptor with a script `__get__` gives.
    pub fn call_bound_by_script(
        &mut self,
        binding: Value,
        receiver: Value,
        class: Value,
        given: Given<'_>,
        then: Then,
        destination: u16,
    ) -> Flow {
        let args = self.cx.tuple(given.positional);
        let keywords = self.keywords_dict(given);
        let keywords = if keywords.is_unbound() { self.cx.new_dict().value() } else { keywords };
        self.call_half("call_descriptor", &[binding, receiver, class, args, keywords], then, destination)
    }

    /// A binding of a class as it appears on an instance: its value, or the call that gives it.
    pub(super) fn bind_found(&mut self, binding: Value, receiver: Value, class: Value) -> Found {
        if let Some(value) = self.bind_plainly(binding, receiver) {
            return Found::Value(value);
        }
        if let Some(descriptor) = binding.get::<Descriptor>() {
            return self.bind_descriptor(descriptor, receiver, class);
        }
        match self.cx.special(binding, self.cx.names.__get__) {
            Some(get) => Found::Call(get, vec![binding, receiver, class]),
            None => Found::Value(binding),
        }
    }

    fn bind_descriptor(&mut self, descriptor: Ref<Descriptor>, receiver: Value, class: Value) -> Found {
        match self.descriptor_kind(descriptor) {
            LayoutId::GETSET_DESCRIPTOR | LayoutId::MEMBER_DESCRIPTOR => {
                match self.read_accessor(descriptor, receiver) {
                    Ok(value) => Found::Value(value),
                    Err(Stop::Call(call)) => Found::Call(call.callee, call.args),
                    Err(stop) => Found::Failed(stop),
                }
            }
            LayoutId::CLASSMETHOD => {
                let function = descriptor.getter.get();
                match self.cx.special(function, self.cx.names.__get__) {
                    Some(get) => Found::Call(get, vec![function, class, class]),
                    None => Found::Value(function),
                }
            }
            LayoutId::STATICMETHOD => Found::Value(descriptor.getter.get()),
            LayoutId::PROPERTY => self.read_property(descriptor, receiver),
            _ => match self.cx.special(descriptor.value(), self.cx.names.__get__) {
                Some(get) => Found::Call(get, vec![descriptor.value(), receiver, class]),
                None => Found::Value(descriptor.value()),
            },
        }
    }

    /// What a property gives: the result of its getter.
    pub(super) fn read_property(&mut self, property: Ref<Descriptor>, receiver: Value) -> Found {
        if !property.getter.get().is_none() {
            return Found::Call(property.getter.get(), vec![receiver]);
        }
        let owner = self.text(self.cx.class_of(receiver).qualified_name.get());
        let message = match property.name.get().is_none() {
            true => format!("property of '{owner}' object has no getter"),
            false => format!("property '{}' of '{owner}' object has no getter", self.text(property.name.get())),
        };
        Found::Failed(self.cx.error(LayoutId::ATTRIBUTE_ERROR, message))
    }

    fn read_accessor(&mut self, descriptor: Ref<Descriptor>, receiver: Value) -> Result<Value, Stop> {
        match descriptor.accessor.get() {
            Some(Accessor::Native(attribute)) => (attribute.get)(&mut self.cx, receiver),
            _ => {
                let name = descriptor.name.get();
                match receiver.header().and_then(|header| header.own_attribute(&self.cx, name)) {
                    Some(value) => Ok(value),
                    None => Err(self.cx.attribute_error(receiver, name)),
                }
            }
        }
    }

    /// Can a data descriptor be read? One that cannot hides nothing.
    fn has_getter(&mut self, binding: Value) -> bool {
        binding.is::<Descriptor>() || self.cx.special(binding, self.cx.names.__get__).is_some()
    }

    /// Is a class binding one that comes before the instance's own attributes?
    pub(super) fn is_data_descriptor(&mut self, binding: Value) -> bool {
        match binding.header().map(Header::kind) {
            None | Some(Kind::Function | Kind::Native | Kind::Class | Kind::Str | Kind::Int | Kind::Tuple) => false,
            Some(Kind::Descriptor) => {
                let descriptor: Ref<Descriptor> = binding.get().expect("just seen");
                !matches!(self.descriptor_base(descriptor), LayoutId::STATICMETHOD | LayoutId::CLASSMETHOD)
            }
            _ => {
                let names = self.cx.names;
                self.cx.special(binding, names.__set__).is_some()
                    || self.cx.special(binding, names.__delete__).is_some()
            }
        }
    }

    // ----- reading

    /// `object.__getattribute__`, as far as no script code is needed.
    pub fn find_attribute(&mut self, object: Value, name: Value) -> Found {
        if let Some(class) = object.get::<Class>() {
            return self.find_in_class(class, name);
        }
        if let Some(object_super) = object.get::<Super>() {
            return self.find_in_super(object_super, name);
        }
        let class = self.cx.class_of(object);
        let binding = self.cx.lookup(class, name);
        if let Some(binding) = binding {
            if self.is_data_descriptor(binding) && self.has_getter(binding) {
                return self.bind_found(binding, object, class.value());
            }
        }
        if let Some(header) = object.header() {
            if let Some(value) = header.own_attribute(&self.cx, name) {
                return Found::Value(value);
            }
        }
        match binding {
            Some(binding) => self.bind_found(binding, object, class.value()),
            None => Found::Missing,
        }
    }

    /// `type.__getattribute__`, likewise.
    pub fn find_in_class(&mut self, class: Ref<Class>, name: Value) -> Found {
        let metaclass = self.cx.class_of(class.value());
        let meta = self.cx.lookup(metaclass, name);
        if let Some(binding) = meta {
            if self.is_data_descriptor(binding) {
                return self.bind_found(binding, class.value(), metaclass.value());
            }
        }
        if let Some(binding) = self.cx.lookup(class, name) {
            return self.bind_to_class_plainly(binding, class);
        }
        match meta {
            Some(binding) => self.bind_found(binding, class.value(), metaclass.value()),
            None => Found::Missing,
        }
    }

    /// A binding of a class as it appears on the class.
    pub(super) fn bind_to_class_plainly(&mut self, binding: Value, class: Ref<Class>) -> Found {
        match binding.header().map(Header::kind) {
            None | Some(Kind::Function | Kind::Method) => Found::Value(binding),
            Some(Kind::Native) => match self.cx.layout_of(binding) {
                LayoutId::CLASSMETHOD_DESCRIPTOR => {
                    Found::Value(Method::allocate(&mut self.cx, binding, class.value()))
                }
                _ => Found::Value(binding),
            },
            Some(Kind::Descriptor) => {
                let descriptor: Ref<Descriptor> = binding.get().expect("just seen");
                match self.descriptor_kind(descriptor) {
                    LayoutId::STATICMETHOD => Found::Value(descriptor.getter.get()),
                    LayoutId::CLASSMETHOD => match self.bind_class_method(descriptor.getter.get(), class.value()) {
                        Some(value) => Found::Value(value),
                        None => self.bind_descriptor(descriptor, Value::NONE, class.value()),
                    },
                    LayoutId::PROPERTY | LayoutId::GETSET_DESCRIPTOR | LayoutId::MEMBER_DESCRIPTOR => {
                        Found::Value(binding)
                    }
                    _ => match self.cx.special(binding, self.cx.names.__get__) {
                        Some(get) if get.is::<Function>() => {
                            Found::Call(get, vec![binding, Value::NONE, class.value()])
                        }
                        _ => Found::Value(binding),
                    },
                }
            }
            _ => match self.cx.special(binding, self.cx.names.__get__) {
                Some(get) => Found::Call(get, vec![binding, Value::NONE, class.value()]),
                None => Found::Value(binding),
            },
        }
    }

    /// `super().name`
    pub fn find_in_super(&mut self, from: Ref<Super>, name: Value) -> Found {
        let object = from.object.get();
        if let (Some(start), Some(class)) = (from.start.get().get::<Class>(), from.class.get().get::<Class>()) {
            if name != self.cx.names.__class__ {
                if let Some((_, binding)) = class.lookup_after(name, Some(start)) {
                    if object == class.value() && object.is::<Class>() {
                        return self.bind_to_class_plainly(binding, class);
                    }
                    return self.bind_found(binding, object, class.value());
                }
            }
        }
        let class = self.cx.class(LayoutId::SUPER);
        match self.cx.lookup(class, name) {
            Some(binding) => self.bind_found(binding, from.value(), class.value()),
            None => Found::Missing,
        }
    }

    /// `object.name`
    pub fn load_attribute(&mut self, object: Value, name: Value, then: Then, destination: u16) -> Flow {
        let class = self.cx.class_of(object);
        if class.has(Class::HAS_GETATTRIBUTE | Class::HAS_GETATTR) {
            let slots = [object, name, Value::UNBOUND];
            return self.start_machine(Machine::GetAttribute, &slots, then, destination);
        }
        match self.find_attribute(object, name) {
            Found::Value(value) => Flow::Done(value),
            Found::Call(callee, args) => self.call_plain(callee, &args, then, destination),
            Found::Failed(stop) => self.raise(stop),
            Found::Missing => self.missing_attribute(object, name, then, destination),
        }
    }

    fn missing_attribute(&mut self, object: Value, name: Value, then: Then, destination: u16) -> Flow {
        if let Some(module) = object.get::<Module>() {
            let getattr = self.cx.names.__getattr__;
            if let Some(function) = module.dict().get_interned(getattr) {
                return self.call_plain(function, &[name], then, destination);
            }
            let stop = self.missing_in_module(module, name);
            return self.raise(stop);
        }
        if let Some(from) = object.get::<Super>() {
            let attribute = self.text(name);
            let _ = from;
            let stop =
                self.cx.attribute_error_with(object, name, &format!("'super' object has no attribute '{attribute}'"));
            return self.raise(stop);
        }
        let stop = self.cx.attribute_error(object, name);
        self.raise(stop)
    }

    fn missing_in_module(&mut self, module: Ref<Module>, name: Value) -> Stop {
        let own = module.dict().get_interned(self.cx.names.__name__).map_or_else(String::new, |name| self.text(name));
        let attribute = self.text(name);
        let unready = module.header().has(crate::object::module::INITIALISING);
        let message = if unready {
            format!(
                "partially initialized module '{own}' has no attribute '{attribute}' (most likely due to a circular import)"
            )
        } else {
            format!("module '{own}' has no attribute '{attribute}'")
        };
        self.cx.attribute_error_with(module.value(), name, &message)
    }

    /// `getattr(object, name, default)`
    pub fn get_attribute_default(
        &mut self,
        object: Value,
        name: Value,
        default: Value,
        then: Then,
        destination: u16,
    ) -> Flow {
        let class = self.cx.class_of(object);
        if !class.has(Class::HAS_GETATTRIBUTE | Class::HAS_GETATTR) && !object.is::<Module>() {
            match self.find_attribute(object, name) {
                Found::Value(value) => return Flow::Done(value),
                Found::Missing => return Flow::Done(default),
                _ => {}
            }
        }
        self.start_machine(Machine::GetAttribute, &[object, name, default], then, destination)
    }

    // slots: 0 object, 1 name, 2 default or UNBOUND, 3 the AttributeError that led to __getattr__
    pub(super) fn step_get_attribute(&mut self, input: Input) -> Next {
        let (object, name, default) = (self.slot(0), self.slot(1), self.slot(2));
        match (self.step(), input) {
            (0, _) => {
                self.go_to(1);
                let class = self.cx.class_of(object);
                if class.has(Class::HAS_GETATTRIBUTE) {
                    let method = self.cx.names.__getattribute__;
                    return self.call_from_machine(object, method, &[name]).expect("it has the method");
                }
                match self.find_attribute(object, name) {
                    Found::Value(value) => Next::Return(value),
                    Found::Call(callee, args) => Next::Called(self.call_plain(callee, &args, Then::Machine, 0)),
                    Found::Failed(stop) => {
                        let flow = self.raise(stop);
                        Next::Called(flow)
                    }
                    Found::Missing if object.is::<Module>() => {
                        Next::Called(self.missing_attribute(object, name, Then::Machine, 0))
                    }
                    Found::Missing if class.has(Class::HAS_GETATTR) => self.fall_back(object, name),
                    Found::Missing if !default.is_unbound() => Next::Return(default),
                    Found::Missing => {
                        let stop = self.cx.attribute_error(object, name);
                        self.raise_next(stop)
                    }
                }
            }
            (_, Input::Value(value)) => Next::Return(value),
            (_, Input::End(_)) => Next::Return(Value::NONE),
            (step, Input::Error(exception)) => {
                if !self.cx.is_instance(exception, LayoutId::ATTRIBUTE_ERROR) {
                    return Next::Raise(exception);
                }
                if step == 1 && self.cx.class_of(object).has(Class::HAS_GETATTR) {
                    return self.fall_back(object, name);
                }
                if default.is_unbound() { Next::Raise(exception) } else { Next::Return(default) }
            }
            (_, Input::Start) => unreachable!("started once"),
        }
    }

    fn fall_back(&mut self, object: Value, name: Value) -> Next {
        self.go_to(2);
        let method = self.cx.names.__getattr__;
        self.call_from_machine(object, method, &[name]).expect("it has the method")
    }

    /// The name a class goes by in messages: with its module, unless that is `builtins`.
    pub fn class_title(&mut self, class: Ref<Class>) -> String {
        let name = self.text(class.qualified_name.get());
        match class.dict.get_interned(self.cx.names.__module__) {
            Some(module) if module.is::<Str>() && self.text(module) != "builtins" => {
                format!("{}.{name}", self.text(module))
            }
            _ => name,
        }
    }
}

/// Is it the layout of a built-in class itself?
pub(super) fn is_built_in(layout: LayoutId) -> bool {
    layout.0 < LayoutId::BASE_EXCEPTION.0
}

/// Is it the accessor of a slot of `__slots__`, which reads what the inline slot holds?
pub(super) fn is_slot_accessor(binding: Value) -> bool {
    binding.get::<Descriptor>().is_some_and(|descriptor| matches!(descriptor.accessor.get(), Some(Accessor::Slot)))
}
