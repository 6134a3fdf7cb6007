//! Greenlets as data: what is known of one while it does not run.
//!
//! A greenlet is a fiber that the others of its thread give the machine to by name. The first of a thread, its main
//! greenlet, is what the thread began with; it has no parent and is made when somebody first asks for it.

use std::cell::{Cell, RefCell};

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::fiber::Fiber;
use crate::object::frame::Then;
use crate::object::generator::State;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::value::Value;

/// The body of a greenlet.
pub struct Greenlet {
    /// Created, Running while it is its thread's current one, Suspended, Closed.
    pub state: Cell<State>,
    /// The number of its thread.
    pub thread: Cell<i64>,
    /// Who gets its result; None for a main greenlet.
    pub parent: Cell<Option<Ref<Greenlet>>>,
    /// What it is to call; UNBOUND where that is for its class to say, and once it has begun.
    pub run: Cell<Value>,
    /// Its stack, from its beginning to its end.
    pub fiber: Cell<Option<Ref<Fiber>>>,
    /// Where the answer to its switch goes, while it is suspended.
    pub awaiting: Cell<(Then, u16)>,
    /// Its context variables: a context, or None for none yet.
    pub context: Cell<Value>,
    /// The containers it is showing, while it is suspended.
    pub in_repr: RefCell<Vec<Value>>,
    /// Its class has a `__del__`, which has not been called.
    pub awaits_del: Cell<bool>,
}

impl Body for Greenlet {
    const KIND: Kind = Kind::Greenlet;

    fn trace(&self, marker: &mut Marker) {
        if let Some(parent) = self.parent.get() {
            marker.object(parent);
        }
        if let Some(fiber) = self.fiber.get() {
            marker.object(fiber);
        }
        marker.cell(&self.run);
        marker.cell(&self.context);
        self.in_repr.borrow().iter().for_each(|&value| marker.value(value));
    }
}

impl Greenlet {
    /// One that has not begun, of the thread that runs.
    pub fn allocate(cx: &mut Context, class: Ref<Class>, parent: Option<Ref<Greenlet>>) -> Ref<Greenlet> {
        let body = Greenlet {
            state: Cell::new(State::Created),
            thread: Cell::new(cx.threads.current().number),
            parent: Cell::new(parent),
            run: Cell::new(Value::UNBOUND),
            fiber: Cell::new(None),
            awaiting: Cell::new((Then::Discard, 0)),
            context: Cell::new(Value::NONE),
            in_repr: RefCell::new(Vec::new()),
            awaits_del: Cell::new(class.has(Class::HAS_DEL)),
        };
        cx.heap.allocate_attributed(class.root_layout.get(), body, class.capacity.get())
    }

    /// The one that runs: the main greenlet of its thread, where that has no other.
    pub fn current(cx: &mut Context) -> Ref<Greenlet> {
        let thread = cx.threads.current();
        if let Some(current) = thread.greenlet.get() {
            return current;
        }
        let main = Greenlet::allocate(cx, cx.class(LayoutId::GREENLET), None);
        main.state.set(State::Running);
        main.fiber.set(Some(thread.fiber.get()));
        thread.main_greenlet.set(Some(main));
        thread.greenlet.set(Some(main));
        main
    }

    /// Has it begun and not ended?
    pub fn is_active(&self) -> bool {
        matches!(self.state.get(), State::Running | State::Suspended)
    }

    /// Is it the one its thread began with?
    pub fn is_main(&self) -> bool {
        self.parent.get().is_none()
    }
}

impl Ref<Greenlet> {
    /// Is a greenlet itself or one of its ancestors this one?
    pub fn descends_from(self, ancestor: Ref<Greenlet>) -> bool {
        let mut link = Some(self);
        while let Some(greenlet) = link {
            if greenlet == ancestor {
                return true;
            }
            link = greenlet.parent.get();
        }
        false
    }
}
