//! `Context`: what a native may touch. The heap, the layouts, the interned names, the table of modules, and the
//! shorthands for making objects; raising exceptions is in `raising`.

mod raising;

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::object::class::Class;
use crate::object::clock::Clock;
use crate::object::descriptors::Descriptors;
use crate::object::dict::Dict;
use crate::object::event_loop::Running;
use crate::object::heap::{Heap, Marker, Ref};
use crate::object::instance::Instance;
use crate::object::kind::Kind;
use crate::object::layout::{BUILTIN_CLASSES, Layout, LayoutId};
use crate::object::list::List;
use crate::object::names::Names;
use crate::object::native::{Args, Call, Check, Request, Special, Stop, Wish};
use crate::object::recorder::Recorder;
use crate::object::redirect::Redirects;
use crate::object::signals::Handlers;
use crate::object::string::Str;
use crate::object::thread::Threads;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::object::weak::WeakTable;
use crate::object::work::Jobs;

const METHOD_CACHE: usize = 2048;
/// Making something of so many bytes counts as a step.
const BYTES_PER_STEP: usize = 128;

/// An entry of the cache of look-ups along method resolution orders.
#[derive(Clone, Copy)]
struct CachedLookup {
    class: u64,
    name: u64,
    epoch: u32,
    /// UNBOUND: no class of the order binds the name.
    value: Value,
}

/// The constructors that the base classes begin with.
pub struct Originals {
    /// `object.__new__`
    pub object_new: Value,
    /// `object.__init__`
    pub object_init: Value,
    /// `BaseException.__new__`
    pub exception_new: Value,
    /// `BaseException.__init__`
    pub exception_init: Value,
}

impl Default for Originals {
    /// UNBOUND, until the methods are installed.
    fn default() -> Originals {
        let none = Value::UNBOUND;
        Originals { object_new: none, object_init: none, exception_new: none, exception_init: none }
    }
}

/// Everything of the running program but its frames.
pub struct Context {
    /// Where the objects are.
    pub heap: Heap,
    /// All layouts by number; those of dead classes are None.
    layouts: Vec<Option<Layout>>,
    /// Interned strings by their bytes.
    pub interned: FxHashMap<Box<[u8]>, Value>,
    /// The names the VM itself speaks of.
    pub names: &'static Names,
    /// Are scripts told of what is dropped and not closed? Then objects that stand for such are watched.
    pub tells_resources: bool,
    /// Moves whenever a class changes in a way that caches must see.
    pub class_epoch: u32,
    /// The last version given to a dictionary's set of keys.
    pub key_version: u32,
    method_cache: Vec<CachedLookup>,
    /// `sys.modules`
    pub modules: Ref<Dict>,
    /// The names of `builtins`.
    pub builtins: Ref<Dict>,
    /// The one empty tuple.
    pub empty_tuple: Value,
    /// `...`
    pub ellipsis: Value,
    /// `NotImplemented`
    pub not_implemented: Value,
    /// Strings of one Latin-1 character.
    pub characters: Vec<Value>,
    /// The string `""`.
    pub empty_string: Value,
    /// Key of the hash of strings and bytes.
    pub hash_seed: (u64, u64),
    /// Weak references by the object they refer to.
    pub weak: WeakTable,
    /// Objects whose finaliser is to run, and weak reference callbacks to call (`(callback, reference)`), in order.
    pub pending_finalisers: VecDeque<Value>,
    /// See `pending_finalisers`.
    pub pending_callbacks: Vec<(Value, Value)>,
    /// Memory for texts in the making, empty.
    pub scratch: Vec<u8>,
    /// What transports read into, as long as it was ever needed.
    pub received: Vec<u8>,
    /// What tells whether a class has changed how its instances are made.
    pub originals: Originals,
    /// Something asks for a collection at the next safe point (a `del` of an object with a finaliser).
    pub wants_collection: bool,
    /// How many bytes of the heap may yet be looked at by such collections (see `collect_soon`).
    pub collection_credit: usize,
    /// Values that modules keep for themselves, by a fixed number each.
    pub module_state: FxHashMap<&'static str, Value>,
    /// How deep natives may nest in walking data.
    pub native_depth: usize,
    /// Containers whose repr is being made, innermost last.
    pub in_repr: Vec<Value>,
    /// What the script installed for signals.
    pub signals: Handlers,
    /// The current context of `contextvars`, or None until one is needed.
    pub context: Value,
    /// How many context variables have been made.
    pub context_variables: u64,
    /// The instructions left until the loop looks up; natives set it to zero to be noticed.
    pub fuel: i64,
    /// How many steps the program has left when the fuel is used up.
    pub steps_behind: i64,
    /// What time it is.
    pub clock: Clock,
    /// The descriptors that someone waits for.
    pub descriptors: Rc<Descriptors>,
    /// What other threads do and have done.
    pub jobs: Jobs,
    /// Where connections go instead of where the program wants them to go.
    pub redirects: Redirects,
    /// The native coroutine that was made last, or None.
    pub last_native_coroutine: Value,
    /// The event loop and the task that run.
    pub running: Running,
    /// The thread that runs, and the others.
    pub threads: Threads,
    /// What remembers who runs when, in a run with a timeline.
    pub recorder: Option<Box<Recorder>>,
}

impl Context {
    /// A context with the built-in classes and no modules yet. Their methods are installed by `builtins`.
    pub fn new(hash_seed: (u64, u64)) -> Context {
        let mut heap = Heap::new();
        let dict_body = || Dict::new(hash_seed);
        let modules = heap.allocate(LayoutId::DICT, dict_body());
        let builtins = heap.allocate(LayoutId::DICT, dict_body());
        let threads = Threads::new(&mut heap);
        let mut cx = Context {
            heap,
            layouts: Vec::new(),
            interned: FxHashMap::default(),
            names: Names::none(),
            tells_resources: false,
            class_epoch: 1,
            key_version: 1,
            method_cache: vec![CachedLookup { class: 0, name: 0, epoch: 0, value: Value::UNBOUND }; METHOD_CACHE],
            modules,
            builtins,
            empty_tuple: Value::NONE,
            ellipsis: Value::NONE,
            not_implemented: Value::NONE,
            characters: Vec::new(),
            empty_string: Value::NONE,
            hash_seed,
            weak: WeakTable::default(),
            pending_finalisers: VecDeque::new(),
            pending_callbacks: Vec::new(),
            scratch: Vec::new(),
            received: Vec::new(),
            originals: Originals::default(),
            wants_collection: false,
            collection_credit: 0,
            module_state: FxHashMap::default(),
            native_depth: 0,
            in_repr: Vec::new(),
            signals: Handlers::default(),
            context: Value::NONE,
            context_variables: 0,
            fuel: 0,
            steps_behind: i64::MAX,
            clock: Clock::new(false),
            descriptors: Rc::default(),
            jobs: Jobs::default(),
            redirects: Redirects::default(),
            last_native_coroutine: Value::NONE,
            running: Running::NOTHING,
            threads,
            recorder: None,
        };
        cx.names = Box::leak(Box::new(Names::new(&mut cx)));
        cx.make_singletons();
        cx.make_builtin_classes();
        cx
    }

    fn make_singletons(&mut self) {
        self.empty_string = self.intern("");
        self.characters = (0..256u32).map(|c| self.intern(&char::from_u32(c).expect("Latin-1").to_string())).collect();
        self.empty_tuple = Tuple::allocate(self, &[]).value();
        self.ellipsis = self.heap.allocate(LayoutId::ELLIPSIS_TYPE, Instance).value();
        self.not_implemented = self.heap.allocate(LayoutId::NOT_IMPLEMENTED_TYPE, Instance).value();
    }

    fn make_builtin_classes(&mut self) {
        for (index, &(name, base, instance_kind)) in BUILTIN_CLASSES.iter().enumerate() {
            let id = LayoutId(index as u32);
            let name = self.intern(name.rsplit('.').next().unwrap_or(name));
            let dict = self.new_dict();
            let base_class = (id != base).then(|| self.layout(base).class);
            let bases: Vec<Value> = match id {
                LayoutId::EXCEPTION_GROUP => {
                    vec![base_class.expect("it has a base").value(), self.class(LayoutId::EXCEPTION).value()]
                }
                _ => base_class.iter().map(|base| base.value()).collect(),
            };
            let bases_tuple = Tuple::allocate(self, &bases).value();
            let class = self.heap.allocate_attributed(
                LayoutId::TYPE,
                Class {
                    name: name.into(),
                    qualified_name: name.into(),
                    bases: bases_tuple.into(),
                    base: base_class.map_or(Value::NONE, |base| base.value()).into(),
                    mro: Vec::new().into(),
                    dict,
                    instance_kind,
                    root_layout: id.into(),
                    dictionary_layout: id.into(),
                    capacity: 0.into(),
                    flags: Class::BUILTIN.into(),
                    subclasses: Vec::new().into(),
                    slot_count: 0.into(),
                },
                0,
            );
            let bases: Vec<Ref<Class>> = bases.iter().filter_map(|base| base.get()).collect();
            *class.mro.borrow_mut() = crate::object::class::method_resolution_order(class, &bases)
                .expect("the built-in classes have an order");
            for base in bases {
                base.subclasses.borrow_mut().push(class);
            }
            if instance_kind == Kind::Exception {
                class.set(Class::HAS_DICTIONARY);
            }
            self.layouts.push(Some(Layout {
                class,
                slots: FxHashMap::default(),
                names: Vec::new(),
                transitions: FxHashMap::default(),
                is_dictionary: false,
            }));
        }
        // Exceptions take attributes like instances of a class statement.
        for index in LayoutId::BASE_EXCEPTION.0..BUILTIN_CLASSES.len() as u32 {
            let class = self.class(LayoutId(index));
            let dictionary = self.new_layout(class, true);
            class.dictionary_layout.set(dictionary);
        }
        let class = self.class(LayoutId::TYPE);
        class.set(Class::METACLASS | Class::HAS_DICTIONARY | Class::WEAKLY);
        for id in [LayoutId::FUNCTION, LayoutId::MODULE] {
            self.class(id).set(Class::HAS_DICTIONARY);
        }
    }

    // ----- layouts and classes

    /// A layout by number.
    #[inline(always)]
    pub fn layout(&self, id: LayoutId) -> &Layout {
        self.layouts[id.0 as usize].as_ref().expect("a layout in use has not been dropped")
    }

    /// How many layouts there have been.
    pub fn layout_count(&self) -> usize {
        self.layouts.len()
    }

    /// A new layout for objects of a class, without attributes or with all of them in a dictionary.
    pub fn new_layout(&mut self, class: Ref<Class>, is_dictionary: bool) -> LayoutId {
        let id = LayoutId(self.layouts.len() as u32);
        self.layouts.push(Some(Layout {
            class,
            slots: FxHashMap::default(),
            names: Vec::new(),
            transitions: FxHashMap::default(),
            is_dictionary,
        }));
        id
    }

    /// Gives a layout of objects with a dictionary the inline slots of another, for `__slots__`.
    pub fn copy_slots(&mut self, from: LayoutId, to: LayoutId) {
        let (slots, names) = (self.layout(from).slots.clone(), self.layout(from).names.clone());
        let layout = self.layouts[to.0 as usize].as_mut().expect("the layout is in use");
        layout.slots = slots;
        layout.names = names;
    }

    /// Gives a new layout for attributes in a dictionary the slots of `__slots__`, which stay where they are.
    pub fn keep_slots(&mut self, id: LayoutId, names: &[Value]) {
        if let Some(layout) = &mut self.layouts[id.0 as usize] {
            layout.slots = names.iter().enumerate().map(|(index, &name)| (name, index as u16)).collect();
            layout.names = names.to_vec();
        }
    }

    /// The layout that has one attribute more, in the next slot.
    pub fn layout_with(&mut self, id: LayoutId, name: Value) -> LayoutId {
        if let Some(&next) = self.layout(id).transitions.get(&name) {
            return next;
        }
        let layout = self.layout(id);
        let (class, mut slots, mut names) = (layout.class, layout.slots.clone(), layout.names.clone());
        slots.insert(name, names.len() as u16);
        names.push(name);
        let next = LayoutId(self.layouts.len() as u32);
        self.layouts.push(Some(Layout {
            class,
            slots,
            names,
            transitions: FxHashMap::default(),
            is_dictionary: false,
        }));
        self.layouts[id.0 as usize].as_mut().expect("the layout is in use").transitions.insert(name, next);
        next
    }

    /// The class with a layout.
    #[inline(always)]
    pub fn class(&self, id: LayoutId) -> Ref<Class> {
        self.layout(id).class
    }

    /// The layout of any value, also of those without an object.
    #[inline(always)]
    pub fn layout_of(&self, value: Value) -> LayoutId {
        match value.header() {
            Some(header) => header.layout(),
            None if value.is_small() => LayoutId::INT,
            None if value.is_float() => LayoutId::FLOAT,
            None if value.is_bool() => LayoutId::BOOL,
            None => LayoutId::NONE_TYPE,
        }
    }

    /// `type(value)`
    #[inline(always)]
    pub fn class_of(&self, value: Value) -> Ref<Class> {
        self.class(self.layout_of(value))
    }

    /// `type(value).__name__` as text, for messages; of classes of native modules with the module.
    pub fn type_name(&self, value: Value) -> String {
        self.class_name(self.class_of(value))
    }

    /// The name of a class as text, likewise. The modules of packages are no native ones, whoever makes their classes.
    pub fn class_name(&self, class: Ref<Class>) -> String {
        let name = class.name_text();
        if class.has(Class::BUILTIN)
            && let Some(module) = class.dict.get_interned(self.names.__module__).and_then(|module| module.get::<Str>())
            && module.bytes() != b"builtins"
            && !module.bytes().contains(&b'.')
        {
            return format!("{}.{name}", module.text());
        }
        name
    }

    /// `isinstance(value, class)` by the method resolution order alone.
    pub fn is_instance(&self, value: Value, id: LayoutId) -> bool {
        let layout = self.layout_of(value);
        layout == id || self.class(layout).is_subclass(self.class(id))
    }

    /// What a class or its bases bind an interned name to; remembered until a class changes.
    #[inline(always)]
    pub fn lookup(&mut self, class: Ref<Class>, name: Value) -> Option<Value> {
        let class_bits = class.value().bits();
        let index = ((class_bits >> 4) ^ (name.bits() >> 3)) as usize % METHOD_CACHE;
        let entry = self.method_cache[index];
        if entry.class == class_bits && entry.name == name.bits() && entry.epoch == self.class_epoch {
            return if entry.value.is_unbound() { None } else { Some(entry.value) };
        }
        self.lookup_slowly(class, name, index)
    }

    #[inline(never)]
    fn lookup_slowly(&mut self, class: Ref<Class>, name: Value, index: usize) -> Option<Value> {
        let found = class.lookup_after(name, None).map(|(_, value)| value);
        self.method_cache[index] = CachedLookup {
            class: class.value().bits(),
            name: name.bits(),
            epoch: self.class_epoch,
            value: found.unwrap_or(Value::UNBOUND),
        };
        found
    }

    /// What the class of a value binds a special name to.
    #[inline(always)]
    pub fn special(&mut self, value: Value, name: Value) -> Option<Value> {
        let class = self.class_of(value);
        self.lookup(class, name)
    }

    /// A class changed: look-ups remembered so far no longer hold.
    pub fn classes_changed(&mut self) {
        self.class_epoch += 1;
    }

    /// A name of a class is bound to other plain data: what was remembered of it no longer holds.
    pub fn forget_lookups(&mut self, name: Value) {
        for entry in &mut self.method_cache {
            if entry.name == name.bits() {
                entry.class = 0;
            }
        }
    }

    // ----- making objects

    /// A str.
    pub fn str(&mut self, text: &str) -> Value {
        Str::from_text(self, text)
    }

    /// A str from WTF-8 bytes.
    pub fn str_bytes(&mut self, bytes: &[u8]) -> Value {
        Str::from_bytes(self, bytes)
    }

    /// The one str with this text that attribute names and identifiers are.
    pub fn intern(&mut self, text: &str) -> Value {
        if let Some(&value) = self.interned.get(text.as_bytes()) {
            return value;
        }
        let value = Str::allocate(self, text.as_bytes());
        self.interned.insert(text.as_bytes().into(), value);
        value.header().expect("a str is an object").set(crate::object::heap::Header::KIND_FLAG);
        value
    }

    /// The interned str with the text of this one.
    pub fn intern_value(&mut self, value: Value) -> Value {
        let Some(string) = value.get::<Str>() else { return value };
        if string.is_interned() {
            return value;
        }
        if let Some(&interned) = self.interned.get(string.bytes()) {
            return interned;
        }
        let bytes: Box<[u8]> = string.bytes().into();
        let interned = Str::allocate(self, &bytes);
        interned.header().expect("a str is an object").set(crate::object::heap::Header::KIND_FLAG);
        self.interned.insert(bytes, interned);
        interned
    }

    /// A list of these items.
    pub fn list(&mut self, items: Vec<Value>) -> Value {
        self.charge(items.capacity() * 8);
        self.heap.allocate(LayoutId::LIST, List::new(items)).value()
    }

    /// A tuple of these items.
    pub fn tuple(&mut self, items: &[Value]) -> Value {
        if items.is_empty() { self.empty_tuple } else { Tuple::allocate(self, items).value() }
    }

    /// An empty dict.
    pub fn new_dict(&mut self) -> Ref<Dict> {
        let seed = self.hash_seed;
        self.heap.allocate(LayoutId::DICT, Dict::new(seed))
    }

    /// An int of any of Rust's sizes.
    #[inline(always)]
    pub fn int(&mut self, value: i64) -> Value {
        if Value::fits(value) { Value::small(value) } else { crate::object::integer::Int::from_i64(self, value) }
    }

    // ----- what a native answers, and what it asks

    /// Asks the loop for what argument `position` lacks.
    pub fn ask(&self, position: usize, wish: Wish) -> Stop {
        Stop::Ask(position, wish)
    }

    /// The result of calling a special method of `receiver`, as a native's answer.
    pub fn call_special(&self, receiver: Value, name: Value, args: &[Value], check: Check) -> Stop {
        Stop::Special(Box::new(Special { receiver, name, args: args.to_vec(), check }))
    }

    /// The result of a call, as a native's answer.
    pub fn call(&self, callee: Value, args: &[Value]) -> Stop {
        Stop::Call(Box::new(Call { callee, args: args.to_vec(), keywords: Vec::new() }))
    }

    /// Runs a plain native function on arguments already bound, for natives that share work.
    pub fn run(&mut self, run: crate::object::native::Run, args: &[Value]) -> Result<Value, Stop> {
        run(self, Args(args))
    }

    /// Whether an amount that a script chose can be had: MemoryError if not.
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Stop> {
        if bytes > isize::MAX as usize / 2 || !crate::object::memory::may_allocate(bytes) {
            return Err(self.memory_error());
        }
        Ok(())
    }

    /// Something was dropped that has something to do before it goes: a collection is due at the next safe point, unless
    /// too many have found nothing of late. Is it due?
    pub fn collect_soon(&mut self) -> bool {
        self.wants_collection |= self.collection_credit > 0;
        self.wants_collection
    }

    /// A native has taken so many steps of its own, each worth one of the program's, and may go on: unless there is
    /// an interrupt or no step is left. Asked after some thousands of steps.
    #[inline(never)]
    pub fn tick(&mut self, steps: usize) -> Result<(), Stop> {
        self.fuel = self.fuel.saturating_sub(steps as i64);
        if self.fuel.saturating_neg() > self.steps_behind {
            return Err(Stop::Request(Box::new(Request::StepLimit)));
        }
        crate::object::signals::check(self)
    }

    /// A native made something of so many bytes: the more it is, the sooner the loop looks whether to collect.
    #[inline(always)]
    pub fn charge(&mut self, bytes: usize) {
        if bytes >= 1024 {
            self.fuel = self.fuel.saturating_sub((bytes / BYTES_PER_STEP) as i64);
        }
    }

    // ----- tracing

    /// Shows the collector everything this context holds.
    pub fn trace(&self, marker: &mut Marker) {
        for index in 0..BUILTIN_CLASSES.len() {
            marker.layout(LayoutId(index as u32));
        }
        for &value in self.interned.values() {
            marker.value(value);
        }
        marker.object(self.modules);
        marker.object(self.builtins);
        for value in [self.empty_tuple, self.ellipsis, self.not_implemented, self.empty_string, self.context] {
            marker.value(value);
        }
        for &value in self.pending_finalisers.iter().chain(&self.in_repr).chain(self.module_state.values()) {
            marker.value(value);
        }
        self.running.trace(marker);
        self.threads.trace(marker);
        self.jobs.trace(marker);
        for &(callback, reference) in &self.pending_callbacks {
            marker.value(callback);
            marker.value(reference);
        }
        self.signals.trace(marker);
        self.descriptors.trace(marker);
    }

    /// Marks until nothing is left to look into.
    pub fn drain(&self, marker: &mut Marker) {
        loop {
            while marker.step() {}
            match marker.next_layout() {
                Some(id) => {
                    let layout = self.layout(id);
                    marker.object(layout.class);
                    for &name in &layout.names {
                        marker.value(name);
                    }
                }
                None => return,
            }
        }
    }

    /// After marking: forgets layouts and look-ups of classes that are gone.
    pub fn drop_unreached(&mut self, marker: &Marker) {
        for index in BUILTIN_CLASSES.len()..self.layouts.len() {
            let dead = |layout: &Layout| !marker.is_marked(layout.class.header());
            if self.layouts[index].as_ref().is_some_and(dead) {
                self.layouts[index] = None;
                // A class may come to be where the dead one was, and caches know classes by their place.
                self.class_epoch += 1;
            }
        }
        for entry in self.layouts.iter().flatten() {
            entry.class.subclasses.borrow_mut().retain(|class| marker.is_marked(class.header()));
        }
        self.method_cache.fill(CachedLookup { class: 0, name: 0, epoch: 0, value: Value::UNBOUND });
    }
}
