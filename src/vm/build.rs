//! Building containers and strings, `with`, and what patterns ask of their subjects.

use crate::object::class::Class;
use crate::object::dict::Dict;
use crate::object::equality::Problem;
use crate::object::frame::Then;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::KeyAction;
use crate::object::set::Set;
use crate::object::slice::Slice;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::attribute::Found;
use crate::vm::machine::{Flow, Vm};
use crate::vm::native_frame::{Input, Machine, Next};

impl Vm {
    /// `{a, b, c}`
    pub fn build_set(&mut self, items: &[Value], destination: u16) -> Flow {
        let set = Set::allocate(&mut self.cx, LayoutId::SET);
        for &item in items {
            match set.add(&mut self.cx, item) {
                Ok(_) => {}
                Err(Problem::Stop(stop)) => return self.raise(stop),
                Err(Problem::Script) => {
                    return self.call_half("build_set", items, Then::Store, destination);
                }
            }
        }
        Flow::Done(set.value())
    }

    /// `{a: b, c: d}`
    pub fn build_map(&mut self, items: &[Value], destination: u16) -> Flow {
        let dict = self.cx.new_dict();
        for pair in items.chunks_exact(2) {
            match dict.set(&mut self.cx, pair[0], pair[1]) {
                Ok(()) => {}
                Err(Problem::Stop(stop)) => return self.raise(stop),
                Err(Problem::Script) => {
                    return self.call_half("build_map", items, Then::Store, destination);
                }
            }
        }
        Flow::Done(dict.value())
    }

    /// The pieces of an f-string joined.
    pub fn build_string(&mut self, items: &[Value]) -> Flow {
        match Str::concat_all(&mut self.cx, items) {
            Ok(value) => Flow::Done(value),
            Err(stop) => self.raise(stop),
        }
    }

    /// `slice(a, b, c)`
    pub fn build_slice(&mut self, start: Value, stop: Value, step: Value) -> Value {
        Slice::allocate(&mut self.cx, start, stop, step)
    }

    /// Adds to the set of a comprehension or display.
    pub fn set_add(&mut self, set: Value, item: Value) -> Flow {
        self.key_operation(KeyAction::Add, set, item, Value::UNBOUND, Then::Discard, 0)
    }

    /// `{*iterable}`
    pub fn set_update(&mut self, set: Value, source: Value) -> Flow {
        self.call_half("set_update_all", &[set, source], Then::Discard, 0)
    }

    /// `{**mapping}`, `f(**mapping)`
    pub fn map_update(&mut self, dict: Value, source: Value, callee: Value) -> Flow {
        let target: Ref<Dict> = dict.get().expect("the compiler made a dict");
        let is_call = !callee.is_unbound();
        if let Some(other) = source.get::<Dict>().filter(|other| !self.cx.class_of(other.value()).has(Class::OVERRIDES))
        {
            if !is_call {
                return match target.update(&mut self.cx, &other) {
                    Ok(()) => Flow::Done(Value::NONE),
                    Err(Problem::Stop(stop)) => self.raise(stop),
                    Err(Problem::Script) => self.update_by_half(dict, source),
                };
            }
            return self.merge_keywords(target, other, callee);
        }
        let keys = self.cx.names.keys;
        let Some(_) = self.cx.special(source, keys) else {
            let found = self.cx.type_name(source);
            let message = match is_call {
                true => format!("{} argument after ** must be a mapping, not {found}", self.callee_title(callee)),
                false => format!("'{found}' object is not a mapping"),
            };
            let stop = self.cx.type_error(message);
            return self.raise(stop);
        };
        match is_call {
            false => self.update_by_half(dict, source),
            true => {
                // The mapping is made a dict first.
                let copy = self.cx.new_dict().value();
                let slots = [dict, source, callee, copy];
                self.start_machine(Machine::MapUpdate, &slots, Then::Discard, 0)
            }
        }
    }

    fn update_by_half(&mut self, dict: Value, source: Value) -> Flow {
        self.call_half("map_update_all", &[dict, source], Then::Discard, 0)
    }

    // slots: 0 dict, 1 mapping, 2 callee, 3 copy of the mapping
    pub(super) fn step_map_update(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let (copy, source) = (self.slot(3), self.slot(1));
                Next::Called(self.call_half("map_update_all", &[copy, source], Then::Machine, 0))
            }
            _ => {
                let target: Ref<Dict> = self.slot(0).get().expect("a dict");
                let other: Ref<Dict> = self.slot(3).get().expect("a dict");
                let callee = self.slot(2);
                let (then, destination) = self.pop_frame();
                let flow = self.merge_keywords(target, other, callee);
                Next::Replaced(flow, then, destination)
            }
        }
    }

    /// Adds keyword arguments: each a string, none given twice.
    fn merge_keywords(&mut self, target: Ref<Dict>, other: Ref<Dict>, callee: Value) -> Flow {
        for (key, value) in other.to_vec() {
            if !key.is::<Str>() {
                let stop = self.cx.type_error("keywords must be strings");
                return self.raise(stop);
            }
            let key = self.cx.intern_value(key);
            if target.get_interned(key).is_some() {
                let (title, name) = (self.callee_title(callee), self.text(key));
                let message = format!("{title} got multiple values for keyword argument '{name}'");
                let stop = self.cx.type_error(message);
                return self.raise(stop);
            }
            target.set_interned(key, value);
        }
        Flow::Done(Value::NONE)
    }

    /// A field of an f-string.
    pub fn format_value(&mut self, value: Value, conversion: u8, spec: Value, destination: u16) -> Flow {
        if spec.is_unbound() || spec.get::<Str>().is_some_and(|spec| spec.length() == 0) {
            let layout = self.cx.layout_of(value);
            if layout == LayoutId::STR && conversion < 2 {
                return Flow::Done(value);
            }
            if matches!(layout, LayoutId::INT | LayoutId::FLOAT | LayoutId::BOOL | LayoutId::NONE_TYPE) {
                return match crate::object::repr::str(&mut self.cx, value) {
                    Ok(text) => Flow::Done(text),
                    Err(problem) => {
                        let stop = problem.or_half();
                        self.raise(stop)
                    }
                };
            }
        }
        let layout = self.cx.layout_of(value);
        if conversion == 0
            && matches!(layout, LayoutId::INT | LayoutId::FLOAT | LayoutId::STR)
            && let Some(text) = spec.get::<Str>()
            && let Some(formatted) = crate::builtins::format::format_as_data(&mut self.cx, value, text.bytes())
        {
            return match formatted {
                Ok(text) => Flow::Done(text),
                Err(stop) => self.raise(stop),
            };
        }
        let spec = if spec.is_unbound() { self.cx.empty_string } else { spec };
        let name = match conversion {
            0 => "format",
            1 => "str",
            2 => "repr",
            _ => "ascii",
        };
        let name = self.cx.intern(name);
        let callee = self.cx.builtins.get_interned(name).expect("builtins have it");
        if conversion == 0 {
            return self.call_plain(callee, &[value, spec], Then::Store, destination);
        }
        if self.text(spec).is_empty() {
            return self.call_plain(callee, &[value], Then::Store, destination);
        }
        self.call_half("format_converted", &[callee, value, spec], Then::Store, destination)
    }

    /// What the compiler warns of.
    pub fn warn_syntax(&mut self, found: Value) -> Flow {
        self.call_half("warn_syntax", &[found], Then::Discard, 0)
    }

    /// `t"..."`
    pub fn build_template(&mut self, strings: Value, fields: Value, destination: u16) -> Flow {
        self.call_half("build_template", &[strings, fields], Then::Store, destination)
    }

    // ----- with

    /// `with object`: its bound `__exit__` and `__enter__`, in two registers.
    pub fn enter_with(&mut self, object: Value, is_async: bool, first: u16) -> Flow {
        let names = self.cx.names;
        let (enter, exit, protocol) = match is_async {
            true => (names.__aenter__, names.__aexit__, "asynchronous context manager"),
            false => (names.__enter__, names.__exit__, "context manager"),
        };
        for (name, register, missed) in [(enter, first + 1, ""), (exit, first, " (missed __exit__ method)")] {
            let missed = if is_async { missed.replace("__exit__", "__aexit__") } else { missed.to_string() };
            let Some(binding) = self.cx.special(object, name) else {
                let found = self.cx.type_name(object);
                let stop =
                    self.cx.type_error(format!("'{found}' object does not support the {protocol} protocol{missed}"));
                return self.raise(stop);
            };
            match self.bind_plainly(binding, object) {
                Some(bound) => self.set_register(register, bound),
                None => {
                    // A script descriptor: the attribute gives what it binds.
                    match self.find_attribute(object, name) {
                        crate::vm::attribute::Found::Value(value) => self.set_register(register, value),
                        _ => {
                            // A script descriptor: the half binds both.
                            let pair = self.cx.intern("bind_pair");
                            let names = self.cx.tuple(&[exit, enter]);
                            let slots = [pair, object, names, Value::small(first as i64)];
                            return self.start_machine(Machine::Instance, &slots, Then::Discard, 0);
                        }
                    }
                }
            }
        }
        Flow::Done(Value::NONE)
    }

    // ----- patterns

    /// Does the class match sequence patterns?
    pub fn is_sequence(&mut self, class: Ref<Class>) -> bool {
        let plain = [LayoutId::LIST, LayoutId::TUPLE, LayoutId::RANGE, LayoutId::MEMORYVIEW];
        class.has(Class::SEQUENCE) || plain.iter().any(|&id| class.is_subclass(self.cx.class(id)))
    }

    /// Does the class match mapping patterns?
    pub fn is_mapping(&mut self, class: Ref<Class>) -> bool {
        let plain = [LayoutId::DICT, LayoutId::MAPPING_PROXY];
        class.has(Class::MAPPING) || plain.iter().any(|&id| class.is_subclass(self.cx.class(id)))
    }

    /// Values of keys, or None.
    pub fn match_keys(&mut self, subject: Value, keys: Value, destination: u16) -> Flow {
        let items = keys.get::<Tuple>().map_or_else(Vec::new, |keys| keys.items().to_vec());
        if let Some(dict) = subject.get::<Dict>().filter(|dict| dict.header().layout() == LayoutId::DICT) {
            let mut values = Vec::with_capacity(items.len());
            let mut plain = true;
            for &key in &items {
                match dict.get(&mut self.cx, key) {
                    Ok(Some(value)) => values.push(value),
                    Ok(None) => return Flow::Done(Value::NONE),
                    Err(Problem::Stop(stop)) => return self.raise(stop),
                    Err(Problem::Script) => plain = false,
                }
            }
            if plain && !has_duplicates(&items) {
                return Flow::Done(self.cx.tuple(&values));
            }
        }
        self.call_half("match_keys", &[subject, keys], Then::Store, destination)
    }

    /// The rest of a mapping without some keys.
    pub fn match_rest(&mut self, subject: Value, keys: Value, destination: u16) -> Flow {
        self.call_half("match_rest", &[subject, keys], Then::Store, destination)
    }

    /// Attributes of an instance of a class, or None.
    pub fn match_class(&mut self, subject: Value, class: Value, names: Value, count: u8, destination: u16) -> Flow {
        if !class.is::<Class>() {
            let stop = self.cx.type_error("called match pattern must be a class");
            return self.raise(stop);
        }
        let own_kind = [
            LayoutId::BOOL,
            LayoutId::BYTEARRAY,
            LayoutId::BYTES,
            LayoutId::DICT,
            LayoutId::FLOAT,
            LayoutId::FROZENSET,
            LayoutId::INT,
            LayoutId::LIST,
            LayoutId::SET,
            LayoutId::STR,
            LayoutId::TUPLE,
        ];
        let target: Ref<Class> = class.get().expect("just checked");
        if self.is_instance_plainly(subject, target) == Some(false) {
            return Flow::Done(Value::NONE);
        }
        let matches_self = own_kind.iter().any(|&id| target.is_subclass(self.cx.class(id)));
        if let Some(values) = self.match_class_plainly(subject, target, names, count as usize, matches_self) {
            return Flow::Done(values);
        }
        let args = [subject, class, names, Value::small(count as i64), Value::bool(matches_self)];
        self.call_half("match_class", &args, Then::Store, destination)
    }

    /// As `match_class` where the subject is an instance and its attributes take no script code; None for the rest,
    /// also where there is something to complain about.
    fn match_class_plainly(
        &mut self,
        subject: Value,
        class: Ref<Class>,
        names: Value,
        count: usize,
        matches_self: bool,
    ) -> Option<Value> {
        self.is_instance_plainly(subject, class).filter(|&is_instance| is_instance)?;
        let names = names.get::<Tuple>()?;
        let own = self.cx.lookup(class, self.cx.names.__match_args__);
        if count == 1 && matches_self && names.items().is_empty() && own.is_none() {
            return Some(self.cx.tuple(&[subject]));
        }
        let mut wanted = Vec::with_capacity(count + names.items().len());
        if count > 0 {
            wanted.extend_from_slice(own?.get::<Tuple>()?.items().get(..count)?);
        }
        wanted.extend_from_slice(names.items());
        if !wanted.iter().all(|name| name.is::<Str>()) {
            return None;
        }
        wanted.iter_mut().for_each(|name| *name = self.cx.intern_value(*name));
        let own_access = Class::HAS_GETATTRIBUTE | Class::HAS_GETATTR;
        if has_duplicates(&wanted) || wanted.len() > 0 && self.cx.class_of(subject).has(own_access) {
            return None;
        }
        let mut values = Vec::with_capacity(wanted.len());
        for name in wanted {
            match self.find_attribute(subject, name) {
                Found::Value(value) => values.push(value),
                _ => return None,
            }
        }
        Some(self.cx.tuple(&values))
    }

    // slots: 0 what: 3 is `__anext__` of 1, then the awaitable of what it gives
    pub(super) fn step_match(&mut self, input: Input) -> Next {
        match (self.step(), input) {
            (_, Input::Error(exception)) => Next::Raise(exception),
            (0, _) => {
                self.go_to(1);
                let (target, name) = (self.slot(1), self.cx.names.__anext__);
                self.call_from_machine(target, name, &[]).expect("it has the method")
            }
            (1, Input::Value(awaitable)) => {
                let (then, destination) = self.pop_frame();
                // The register the result goes to belongs to the frame below, which is current again.
                let flow = self.get_awaitable(awaitable, 3, destination);
                Next::Replaced(flow, then, destination)
            }
            _ => unreachable!("two steps"),
        }
    }

    /// Shows the value of an expression statement at a prompt.
    pub fn print_expression(&mut self, value: Value) -> Flow {
        self.call_half("display", &[value], Then::Discard, 0)
    }
}

fn has_duplicates(items: &[Value]) -> bool {
    items.iter().enumerate().any(|(index, item)| items[..index].contains(item))
}
