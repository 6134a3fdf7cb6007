//! Exceptions and tracebacks as data. Raising and unwinding are the VM's.

use std::cell::{Cell, RefCell};

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::function::CodeObject;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The body of every exception.
pub struct Exception {
    /// `args`, a tuple.
    pub args: Cell<Value>,
    /// `__traceback__`, None while it has none.
    pub traceback: Cell<Value>,
    /// `__cause__` or None.
    pub cause: Cell<Value>,
    /// `__context__` or None.
    pub context: Cell<Value>,
    /// `__suppress_context__`
    pub suppress_context: Cell<bool>,
    /// StopIteration: `value`. SystemExit: `code`. Groups: the tuple of exceptions. Else None.
    pub value: Cell<Value>,
    /// What only some classes have (`errno`, `name`, `lineno`), as far as it is set: interned names and values.
    fields: RefCell<Vec<(Value, Value)>>,
}

impl Exception {
    /// What is set under the name of a field.
    pub fn field(&self, name: Value) -> Option<Value> {
        self.fields.borrow().iter().find(|field| field.0 == name).map(|field| field.1)
    }

    /// Sets a field; UNBOUND takes it away.
    pub fn set_field(&self, name: Value, value: Value) {
        let mut fields = self.fields.borrow_mut();
        fields.retain(|field| field.0 != name);
        if !value.is_unbound() {
            fields.push((name, value));
        }
    }

    /// An exception of a built-in class, as its constructor makes it.
    pub fn allocate(cx: &mut Context, layout: LayoutId, args: Value) -> Value {
        let items = args.get::<Tuple>();
        let items = items.as_ref().map_or(&[][..], |args| args.items());
        let value = match layout {
            LayoutId::STOP_ITERATION => items.first().copied().unwrap_or(Value::NONE),
            LayoutId::SYSTEM_EXIT if items.len() == 1 => items[0],
            LayoutId::SYSTEM_EXIT if items.len() > 1 => args,
            _ => Value::NONE,
        };
        let capacity = cx.class(layout).capacity.get();
        let exception = Exception {
            args: Cell::new(args),
            traceback: Cell::new(Value::NONE),
            cause: Cell::new(Value::NONE),
            context: Cell::new(Value::NONE),
            suppress_context: Cell::new(false),
            value: Cell::new(value),
            fields: RefCell::default(),
        };
        cx.heap.allocate_attributed(layout, exception, capacity).value()
    }

    /// An exception of any class, as `BaseException.__new__` makes it: with these arguments and nothing else set.
    pub fn allocate_of(cx: &mut Context, class: Ref<Class>, args: Value) -> Value {
        let exception = Exception::allocate(cx, class.root_layout.get(), args);
        if class.has(Class::HAS_DEL)
            && let Some(header) = exception.header()
        {
            cx.heap.add_finalisable(header);
        }
        exception
    }

    /// StopIteration with a value, as the end of a generator raises it.
    pub fn stop_iteration(cx: &mut Context, value: Value) -> Value {
        let args = if value.is_none() { cx.empty_tuple } else { cx.tuple(&[value]) };
        let exception = Exception::allocate(cx, LayoutId::STOP_ITERATION, args);
        if let Some(body) = exception.get::<Exception>() {
            body.value.set(value);
        }
        exception
    }
}

impl Body for Exception {
    const KIND: Kind = Kind::Exception;

    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.args, &self.traceback, &self.cause, &self.context, &self.value] {
            marker.cell(cell);
        }
        for &(name, value) in self.fields.borrow().iter() {
            marker.value(name);
            marker.value(value);
        }
    }
}

/// Sets a field of an exception.
pub fn set_field(exception: Value, name: Value, value: Value) {
    if let Some(exception) = exception.get::<Exception>() {
        exception.set_field(name, value);
    }
}

/// One entry of a traceback: a frame the exception passed through.
pub struct Traceback {
    /// `tb_next`: the entry of the frame called from here, or None.
    pub next: Cell<Value>,
    /// What ran.
    pub code: Ref<CodeObject>,
    /// Where: the word of the instruction.
    pub word: u32,
    /// The line, where a script made the entry; 0: that of the word.
    pub line: Cell<u32>,
    /// `tb_frame`; the function that ran in it until a script asks.
    pub frame: Cell<Value>,
    /// The first registers of the frame, if it ended by the exception and nobody had asked for its object; else
    /// UNBOUND.
    pub locals: Cell<Value>,
    /// The task whose outermost frame this was, if the exception ended it; else None.
    pub task: Cell<Value>,
    /// Left out when printed: the script half of a built-in.
    pub is_hidden: bool,
}

/// An exception that leaves a task: what its traceback begins with so far is the outermost frame of that task.
pub fn note_task(exception: Value, task: Value) {
    let entry = exception.get::<Exception>().and_then(|body| body.traceback.get().get::<Traceback>());
    if let Some(entry) = entry.filter(|entry| entry.task.get().is_none()) {
        entry.task.set(task);
    }
}

impl Body for Traceback {
    const KIND: Kind = Kind::Traceback;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.next);
        marker.object(self.code);
        marker.cell(&self.frame);
        marker.cell(&self.locals);
        marker.cell(&self.task);
    }
}
