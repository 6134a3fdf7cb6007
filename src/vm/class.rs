//! Making classes: the class statement, `type.__new__` and the hooks they call.

use std::cell::Cell;

use crate::object::class::{Class, method_resolution_order, refresh_flags};
use crate::object::dict::Dict;
use crate::object::frame::Then;
use crate::object::function::{Accessor, CellObject, Descriptor, Function};
use crate::object::heap::Ref;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::{Control, Entry, Native, Stop};
use crate::object::signature::Given;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::unicode_error::encode_error;
use crate::object::value::Value;
use crate::text::codec;
use crate::text::encoding::{Encoding, Handler};
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

impl Vm {
    /// `__build_class__(function, name, *bases, **keywords)`
    pub fn build_class(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        let (function, name, bases, keywords) = (args[0], args[1], args[2], args[3]);
        let slots = [function, name, bases, keywords, Value::UNBOUND, Value::UNBOUND, bases];
        self.start_machine(Machine::BuildClass, &slots, then, destination)
    }

    // slots: 0 body, 1 name, 2 bases as written, 3 keywords, 4 metaclass, 5 namespace, 6 bases
    pub(super) fn step_build_class(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                let bases = Vm::tuple_items(self.slot(2));
                if bases.iter().all(|base| base.is::<Class>()) {
                    return self.prepare_class();
                }
                self.go_to(1);
                let bases = self.slot(2);
                Next::Called(self.call_half("resolve_bases", &[bases], Then::Machine, 0))
            }
            (1, Input::Value(bases)) => {
                self.set_slot(6, bases);
                self.prepare_class()
            }
            (2, Input::Value(namespace)) => self.run_class_body(namespace),
            (3, Input::Value(_)) => self.call_metaclass(),
            (4, Input::Value(class)) => Next::Return(class),
            _ => unreachable!("a class statement has five steps"),
        }
    }

    /// Finds the metaclass and asks it for the namespace.
    fn prepare_class(&mut self) -> Next {
        let bases = Vm::tuple_items(self.slot(6));
        let keywords: Ref<Dict> = self.slot(3).get().expect("keywords are a dict");
        let name = self.cx.intern("metaclass");
        let given = keywords.remove_interned(name);
        let type_class = self.cx.class(LayoutId::TYPE);
        let metaclass = given.unwrap_or_else(|| match bases.first() {
            Some(&base) => self.cx.class_of(base).value(),
            None => type_class.value(),
        });
        let metaclass = match metaclass.get::<Class>() {
            Some(class) if class.is_subclass(type_class) => match self.most_derived(class, &bases) {
                Ok(class) => class.value(),
                Err(stop) => return self.raise_next(stop),
            },
            _ => metaclass,
        };
        self.set_slot(4, metaclass);
        self.go_to(2);
        if metaclass == type_class.value() {
            let namespace = self.cx.new_dict().value();
            return self.run_class_body(namespace);
        }
        let args = [metaclass, self.slot(1), self.slot(6), self.slot(3)];
        Next::Called(self.call_half("prepare_class", &args, Then::Machine, 0))
    }

    /// The metaclass that all bases agree with.
    fn most_derived(&mut self, metaclass: Ref<Class>, bases: &[Value]) -> Result<Ref<Class>, Stop> {
        let mut winner = metaclass;
        for &base in bases {
            let other = self.cx.class_of(base);
            if other.is_subclass(winner) {
                winner = other;
            } else if !winner.is_subclass(other) {
                return Err(self.cx.type_error(
                    "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the \
                     metaclasses of all its bases",
                ));
            }
        }
        Ok(winner)
    }

    fn run_class_body(&mut self, namespace: Value) -> Next {
        self.set_slot(5, namespace);
        self.go_to(3);
        let function: Ref<Function> = self.slot(0).get().expect("a class body is a function");
        Next::Called(self.run_in_namespace(function, namespace, Then::Machine, 0))
    }

    fn call_metaclass(&mut self) -> Next {
        let namespace = self.slot(5);
        if self.slot(6) != self.slot(2) {
            let name = self.cx.intern("__orig_bases__");
            let bases = self.slot(2);
            if let Some(dict) = namespace.get::<Dict>() {
                dict.set_interned(name, bases);
            }
        }
        self.go_to(4);
        let (names, values) = self.keyword_lists(self.slot(3));
        let positional = [self.slot(1), self.slot(6), namespace];
        let given = Given { positional: &positional, names: &names, values: &values };
        Next::Called(self.call(self.slot(4), given, Then::Machine, 0))
    }

    /// `type.__new__(metaclass, name, bases, namespace, **keywords)`
    pub fn type_new(&mut self, args: &[Value], then: Then, destination: u16) -> Flow {
        if args[3].is_unbound() {
            let given = args[1..4].iter().filter(|arg| !arg.is_unbound()).count();
            let stop = self.cx.type_error(format!("type.__new__() takes exactly 3 arguments ({given} given)"));
            return self.raise(stop);
        }
        // The metaclass that the bases agree on may have a say of its own.
        let winner = match (args[0].get::<Class>(), args[2].get::<Tuple>()) {
            (Some(given), Some(bases)) => match self.most_derived(given, bases.items()) {
                Ok(winner) if winner != given => Some(winner),
                Ok(_) => None,
                Err(stop) => return self.raise(stop),
            },
            _ => None,
        };
        if let Some(winner) = winner
            && let Some(new) = self.cx.lookup(winner, self.cx.names.__new__)
        {
            let new = new.get::<Descriptor>().map_or(new, |wrapped| wrapped.getter.get());
            if !Vm::is_control(new, Control::TypeNew) {
                let (names, values) = self.keyword_lists(args[4]);
                let positional = [winner.value(), args[1], args[2], args[3]];
                let given = Given { positional: &positional, names: &names, values: &values };
                return self.call(new, given, then, destination);
            }
        }
        let class = match self.new_class(args[0], args[1], args[2], args[3]) {
            Ok(class) => class,
            Err(stop) => return self.raise(stop),
        };
        let mut hooked = Vec::new();
        for (name, value) in class.dict.to_vec() {
            if value.is_object() && self.cx.special(value, self.cx.names.__set_name__).is_some() {
                hooked.push(name);
                hooked.push(value);
            }
        }
        let hooked = self.cx.list(hooked);
        let (own, usual) = (self.cx.class_of(class.value()), self.cx.class(LayoutId::TYPE));
        let name = self.cx.names.mro;
        let orders = self.cx.lookup(own, name) != self.cx.lookup(usual, name);
        let slots = [class.value(), hooked, Value::small(0), args[4], Value::bool(orders)];
        self.start_machine(Machine::TypeNew, &slots, then, destination)
    }

    // slots: 0 class, 1 list of name and value alternately, 2 index, 3 keywords, 4 whether the metaclass has an `mro` that
    // is to be called
    pub(super) fn step_type_new(&mut self, input: Input) -> Next {
        if self.slot(4) == Value::TRUE {
            return match input {
                Input::Error(exception) => Next::Raise(exception),
                Input::Value(order) => {
                    self.set_slot(4, Value::FALSE);
                    match self.take_order(order) {
                        Ok(()) => self.step_type_new(Input::Start),
                        Err(stop) => self.raise_next(stop),
                    }
                }
                _ => Next::Called(self.call_half("type_order", &[self.slot(0)], Then::Machine, 0)),
            };
        }
        if let Input::Error(exception) = input {
            if self.step() == 0 {
                let hooked: Ref<List> = self.slot(1).get().expect("a list");
                let index = self.slot(2).as_small() as usize - 2;
                let (name, value) = (hooked.get(index), hooked.get(index + 1));
                if let (Some(name), Some(value)) = (name, value) {
                    let class = self.slot(0).get::<Class>().map_or_else(String::new, |class| class.name_text());
                    let (kind, name) = (self.cx.type_name(value), self.text(name));
                    let note = format!("Error calling __set_name__ on '{kind}' instance '{name}' in '{class}'");
                    self.add_note(exception, &note);
                }
            }
            return Next::Raise(exception);
        }
        if self.step() == 1 {
            return Next::Return(self.slot(0));
        }
        let hooked: Ref<List> = self.slot(1).get().expect("a list");
        let index = self.slot(2).as_small() as usize;
        if let (Some(name), Some(value)) = (hooked.get(index), hooked.get(index + 1)) {
            self.set_slot(2, Value::small(index as i64 + 2));
            let args = [self.slot(0), name];
            let method = self.cx.names.__set_name__;
            return self.call_from_machine(value, method, &args).expect("it has the hook");
        }
        self.go_to(1);
        self.init_subclass()
    }

    /// Gives a new class the order that its metaclass wants, a tuple. The built-in classes stay in it, since its objects are
    /// made like theirs.
    fn take_order(&mut self, order: Value) -> Result<(), Stop> {
        let class: Ref<Class> = self.slot(0).get().expect("a class");
        let mut classes: Vec<Ref<Class>> = Vec::new();
        for entry in Vm::tuple_items(order) {
            let Some(entry_class) = entry.get::<Class>() else {
                let found = self.cx.type_name(entry);
                return Err(self.cx.type_error(format!("mro() returned a non-class ('{found}')")));
            };
            if !solid_class(class).is_subclass(solid_class(entry_class)) {
                let found = entry_class.name_text();
                return Err(self.cx.type_error(format!("mro() returned base with unsuitable layout ('{found}')")));
            }
            classes.push(entry_class);
        }
        if classes.is_empty() {
            return Err(self.cx.type_error("type MRO must not be empty"));
        }
        let is_whole = class.mro.borrow().iter().all(|base| !base.has(Class::BUILTIN) || classes.contains(base));
        if classes[0] != class || !is_whole {
            return Err(self.cx.type_error("mro() must return the class itself first, and its built-in bases"));
        }
        *class.mro.borrow_mut() = classes;
        self.cx.classes_changed();
        refresh_flags(&mut self.cx, class);
        Ok(())
    }

    fn add_note(&mut self, exception: Value, note: &str) {
        let (name, note) = (self.cx.names.__notes__, self.cx.str(note));
        let header = exception.header().expect("an exception is an object");
        match header.own_attribute(&self.cx, name).and_then(|notes| notes.get::<List>()) {
            Some(notes) => notes.push(note),
            None => {
                let notes = self.cx.list(vec![note]);
                header.set_own_attribute(&mut self.cx, name, notes);
            }
        }
    }

    /// Calls `__init_subclass__` of the nearest base that has one.
    fn init_subclass(&mut self) -> Next {
        let class: Ref<Class> = self.slot(0).get().expect("a class");
        let name = self.cx.names.__init_subclass__;
        let (names, values) = self.keyword_lists(self.slot(3));
        let Some((_, binding)) = class.lookup_after(name, Some(class)) else { return Next::Return(class.value()) };
        if binding.is::<Native>() && names.is_empty() {
            return Next::Return(class.value());
        }
        if binding.is::<Native>() {
            let message = format!("{}.__init_subclass__() takes no keyword arguments", class.name_text());
            let stop = self.cx.type_error(message);
            return self.raise_next(stop);
        }
        let own = [class.value()];
        let (function, positional) = match binding.get::<Descriptor>() {
            Some(wrapped) if self.descriptor_base(wrapped) == LayoutId::CLASSMETHOD => (wrapped.getter.get(), &own[..]),
            Some(wrapped) => (wrapped.getter.get(), &[][..]),
            None => (binding, &[][..]),
        };
        let given = Given { positional, names: &names, values: &values };
        Next::Called(self.call(function, given, Then::Machine, 0))
    }

    /// The name of a class is a text that other programs could read.
    fn check_class_name(&mut self, name: Value) -> Result<(), Stop> {
        let Some(text) = name.get::<Str>() else { return Ok(()) };
        if text.bytes().contains(&0) {
            return Err(self.cx.value_error("type name must not contain null characters"));
        }
        if std::str::from_utf8(text.bytes()).is_ok() {
            return Ok(());
        }
        match codec::encode(text.bytes(), Encoding::Utf8, Handler::Strict) {
            Ok(_) => Ok(()),
            Err(error) => Err(encode_error(&mut self.cx, name, &error)),
        }
    }

    /// A new class of a namespace, without its hooks being called.
    fn new_class(&mut self, metaclass: Value, name: Value, bases: Value, namespace: Value) -> Result<Ref<Class>, Stop> {
        let names = self.cx.names;
        if !name.is::<Str>() {
            let found = self.cx.type_name(name);
            return Err(self.cx.type_error(format!("type.__new__() argument 1 must be str, not {found}")));
        }
        let Some(tuple) = bases.get::<Tuple>() else {
            let found = self.cx.type_name(bases);
            return Err(self.cx.type_error(format!("type.__new__() argument 2 must be tuple, not {found}")));
        };
        let Some(namespace) = namespace.get::<Dict>() else {
            let found = self.cx.type_name(namespace);
            return Err(self.cx.type_error(format!("type.__new__() argument 3 must be dict, not {found}")));
        };
        self.check_class_name(name)?;
        let mut values = tuple.items().to_vec();
        if values.is_empty() {
            values.push(self.cx.class(LayoutId::OBJECT).value());
        }
        let mut classes = Vec::new();
        for &base in &values {
            let Some(class) = base.get::<Class>() else {
                let message = "bases must be types";
                return Err(self.cx.type_error(message));
            };
            if class.has(Class::FINAL) {
                let title = self.class_title(class);
                return Err(self.cx.type_error(format!("type '{title}' is not an acceptable base type")));
            }
            if classes.contains(&class) {
                return Err(self.cx.type_error(format!("duplicate base class {}", class.name_text())));
            }
            classes.push(class);
        }
        let metaclass: Ref<Class> = metaclass.get().expect("called on a class");
        let metaclass = self.most_derived(metaclass, &values)?;
        let base = self.solid_base(&classes)?;
        let dict = self.cx.new_dict();
        for (key, value) in namespace.to_vec() {
            let key = self.cx.intern_value(key);
            dict.set_interned(key, value);
        }
        let bases = self.cx.tuple(&values);
        let qualified_name = dict.remove_interned(names.__qualname__).unwrap_or(name);
        if !qualified_name.is::<Str>() {
            let found = self.cx.type_name(qualified_name);
            return Err(self.cx.type_error(format!("type __qualname__ must be a str, not {found}")));
        }
        let class = self.cx.heap.allocate(
            metaclass.root_layout.get(),
            Class {
                name: Cell::new(name),
                qualified_name: Cell::new(qualified_name),
                bases: Cell::new(bases),
                base: Cell::new(base.value()),
                mro: Vec::new().into(),
                dict,
                instance_kind: base.instance_kind,
                root_layout: Cell::new(LayoutId::OBJECT),
                dictionary_layout: Cell::new(LayoutId::OBJECT),
                capacity: Cell::new(0),
                flags: Cell::new(Class::HEAP_TYPE),
                subclasses: Vec::new().into(),
                slot_count: Cell::new(0),
            },
        );
        *class.mro.borrow_mut() = match method_resolution_order(class, &classes) {
            Ok(order) => order,
            Err(message) => return Err(self.cx.type_error(message)),
        };
        let inherited = Class::METACLASS | Class::SEQUENCE | Class::MAPPING | Class::WEAKLY;
        for other in class.mro.borrow()[1..].iter() {
            class.set(other.flags.get() & inherited);
        }
        self.lay_out(class, base, &classes)?;
        self.adopt_names(class, dict);
        crate::object::instance::add_accessors(&mut self.cx, class);
        for other in &classes {
            other.subclasses.borrow_mut().push(class);
        }
        refresh_flags(&mut self.cx, class);
        Ok(class)
    }

    /// The base whose instances the new class's instances extend.
    fn solid_base(&mut self, bases: &[Ref<Class>]) -> Result<Ref<Class>, Stop> {
        let (mut winner, mut solid) = (bases[0], solid_class(bases[0]));
        for &base in &bases[1..] {
            let candidate = solid_class(base);
            if solid.is_subclass(candidate) {
                continue;
            }
            if !candidate.is_subclass(solid) {
                return Err(self.cx.type_error("multiple bases have instance lay-out conflict"));
            }
            (winner, solid) = (base, candidate);
        }
        Ok(winner)
    }

    /// Decides where instances keep their attributes: `__slots__` first, then a dictionary unless it is left out.
    fn lay_out(&mut self, class: Ref<Class>, base: Ref<Class>, bases: &[Ref<Class>]) -> Result<(), Stop> {
        let root = self.cx.new_layout(class, false);
        let dictionary = self.cx.new_layout(class, true);
        class.dictionary_layout.set(dictionary);
        let mut layout = root;
        let mut count = 0;
        let inherited: Vec<Value> = {
            let names = &self.cx.layout(base.root_layout.get()).names;
            names[..(base.slot_count.get() as usize).min(names.len())].to_vec()
        };
        for name in inherited {
            layout = self.cx.layout_with(layout, name);
            count += 1;
        }
        let slots = class.dict.get_interned(self.cx.names.__slots__);
        let had_dictionary = bases.iter().any(|base| base.has(Class::HAS_DICTIONARY));
        match slots {
            None => class.set(Class::HAS_DICTIONARY | Class::WEAKLY),
            Some(slots) => {
                if had_dictionary {
                    class.set(Class::HAS_DICTIONARY);
                }
                for name in self.slot_names(class, slots, base)? {
                    match self.text(name).as_str() {
                        place @ "__dict__" if class.has(Class::HAS_DICTIONARY) => return Err(self.slot_is_there(place)),
                        place @ "__weakref__" if class.has(Class::WEAKLY) => return Err(self.slot_is_there(place)),
                        "__dict__" => class.set(Class::HAS_DICTIONARY),
                        "__weakref__" => class.set(Class::WEAKLY),
                        _ => {
                            layout = self.cx.layout_with(layout, name);
                            count += 1;
                            let accessor =
                                Descriptor::allocate(&mut self.cx, LayoutId::MEMBER_DESCRIPTOR, class.value(), name);
                            accessor.accessor.set(Some(Accessor::Slot));
                            class.dict.set_interned(name, accessor.value());
                        }
                    }
                }
            }
        }
        let names = self.cx.layout(layout).names.clone();
        self.cx.keep_slots(dictionary, &names);
        class.root_layout.set(layout);
        class.slot_count.set(count);
        self.cx.copy_slots(layout, dictionary);
        let hint = class.dict.get_interned(self.cx.names.__static_attributes__);
        let own = hint.and_then(|hint| hint.get::<Tuple>()).map_or(0, |names| names.items().len());
        let dynamic = match class.has(Class::HAS_DICTIONARY) {
            true => (base.capacity.get() as usize).max(own + base.capacity.get() as usize).clamp(2, 24),
            false => 0,
        };
        class.capacity.set((count as usize + dynamic).min(250) as u8);
        Ok(())
    }

    fn slot_is_there(&mut self, name: &str) -> Stop {
        self.cx.type_error(format!("{name} slot disallowed: we already got one"))
    }

    /// The names of `__slots__`, checked and mangled.
    fn slot_names(&mut self, class: Ref<Class>, slots: Value, base: Ref<Class>) -> Result<Vec<Value>, Stop> {
        let items = match slots.is::<Str>() {
            true => vec![slots],
            false => match crate::object::items::plain_items(&mut self.cx, slots) {
                Some(items) => items?,
                None => return Err(self.cx.type_error("__slots__ must be a string or a sequence of strings")),
            },
        };
        if !items.is_empty() && matches!(base.instance_kind, Kind::Int | Kind::Tuple | Kind::Bytes) {
            let message = format!("nonempty __slots__ not supported for subtype of '{}'", base.name_text());
            return Err(self.cx.type_error(message));
        }
        let mut names = Vec::new();
        for item in items {
            if !item.is::<Str>() {
                let found = self.cx.type_name(item);
                return Err(self.cx.type_error(format!("__slots__ items must be strings, not '{found}'")));
            }
            let text = self.text(item);
            let mut characters = text.chars();
            let is_start = |first: char| first == '_' || unicode_ident::is_xid_start(first);
            if !characters.next().is_some_and(is_start) || !characters.all(unicode_ident::is_xid_continue) {
                return Err(self.cx.type_error("__slots__ must be identifiers"));
            }
            let mangled = mangle(&class.name_text(), &text);
            let name = self.cx.intern(&mangled);
            if class.dict.get_interned(name).is_some() && text != "__dict__" {
                let message = format!("'{text}' in __slots__ conflicts with class variable");
                return Err(self.cx.value_error(message));
            }
            names.push(name);
        }
        Ok(names)
    }

    /// What `type.__new__` makes of some names of the namespace.
    fn adopt_names(&mut self, class: Ref<Class>, dict: Ref<Dict>) {
        let names = self.cx.names;
        if let Some(cell) = dict.remove_interned(names.__classcell__).and_then(|cell| cell.get::<CellObject>()) {
            cell.content.set(class.value());
        }
        let implied = [
            (names.__new__, LayoutId::STATICMETHOD),
            (names.__init_subclass__, LayoutId::CLASSMETHOD),
            (names.__class_getitem__, LayoutId::CLASSMETHOD),
        ];
        for (name, layout) in implied {
            if let Some(function) = dict.get_interned(name).filter(|value| value.is::<Function>()) {
                let wrapped = Descriptor::allocate(&mut self.cx, layout, function, name);
                dict.set_interned(name, wrapped.value());
            }
        }
        if dict.get_interned(names.__eq__).is_some() && dict.get_interned(names.__hash__).is_none() {
            dict.set_interned(names.__hash__, Value::NONE);
        }
        if dict.get_interned(names.__module__).is_none() {
            if let Some(globals) = self.script_globals() {
                if let Some(module) = globals.get_interned(names.__name__) {
                    dict.set_interned(names.__module__, module);
                }
            }
        }
        if dict.get_interned(names.__doc__).is_none() {
            dict.set_interned(names.__doc__, Value::NONE);
        }
    }

    /// The globals of the innermost script frame.
    pub fn script_globals(&self) -> Option<Ref<Dict>> {
        (0..self.depth()).rev().find_map(|index| {
            let frame = self.frame_at(index);
            frame.function.filter(|function| !function.is_hidden.get()).map(|function| function.globals)
        })
    }

    /// Is the native one that the loop carries out this way?
    pub fn is_control(value: Value, control: Control) -> bool {
        value.get::<Native>().is_some_and(|native| matches!(native.entry, Entry::Control(own) if own == control))
    }
}

/// `__name` inside a class is `_Class__name`.
fn mangle(class: &str, name: &str) -> String {
    let class = class.trim_start_matches('_');
    match name.starts_with("__") && !name.ends_with("__") && !class.is_empty() {
        true => format!("_{class}{name}"),
        false => name.to_string(),
    }
}

/// The class that last added to what instances hold: itself, or one of those it is laid out as.
fn solid_class(mut class: Ref<Class>) -> Ref<Class> {
    while let Some(base) = class.base.get().get::<Class>() {
        if class.slot_count.get() > base.slot_count.get() || class.instance_kind != base.instance_kind {
            break;
        }
        class = base;
    }
    class
}
