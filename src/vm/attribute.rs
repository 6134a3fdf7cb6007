//! Attributes: instance, class, descriptor, in the order of the data model, and the caches of the instructions.
#![allow(unsafe_code)]

use std::cell::Cell;

use crate::object::class::Class;
use crate::object::dict::Dict;
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
use crate::vm::interpret::{
    CACHE_ADD, CACHE_CLASS, CACHE_ENTRY, CACHE_MODULE, CACHE_OF_CLASS, CACHE_PROPERTY, CACHE_SLOT,
};
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
    fn is_data_descriptor(&mut self, binding: Value) -> bool {
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

    fn cache_key(&self, layout: LayoutId) -> u64 {
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
            let property = binding.and_then(|binding| binding.get::<Descriptor>());
            if let Some(property) = property.filter(|property| property.header().layout() == LayoutId::PROPERTY) {
                if property.getter.get().is::<Function>() && !class.has(Class::HAS_GETATTR) {
                    set(key, CACHE_PROPERTY, property.getter.get().bits());
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

    // ----- writing

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
fn is_built_in(layout: LayoutId) -> bool {
    layout.0 < LayoutId::BASE_EXCEPTION.0
}

/// Is it the accessor of a slot of `__slots__`, which reads what the inline slot holds?
fn is_slot_accessor(binding: Value) -> bool {
    binding.get::<Descriptor>().is_some_and(|descriptor| matches!(descriptor.accessor.get(), Some(Accessor::Slot)))
}
