//! What a generator handles, and what is thrown into a chain of generators.
//!
//! Each generator has an exception it handles itself. What `sys.exception()` and the context of a new exception see
//! is that of the innermost that has one, below that of whoever resumed the root; a generator caches the nearest of
//! its chain. A throw goes level by level: the level it has reached runs as if whoever throws had resumed it
//! directly, so it does not see what its delegators handle.

use crate::object::exception::Exception;
use crate::object::generator::Generator;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::value::Value;
use crate::vm::machine::Vm;
use crate::vm::switch::root_of;

impl Ref<Generator> {
    /// It begins to handle an exception; the one it handled so far.
    pub fn begin_handling(self, exception: Value) -> Value {
        self.handled.set(exception);
        self.own_handled.replace(exception)
    }

    /// What its delegator sees handled has become this: so do all below it that handle nothing themselves.
    pub fn inherit_handled(self, handled: Value) {
        let mut link = Some(self);
        while let Some(generator) = link {
            if !generator.own_handled.get().is_unbound() || generator.handled.get() == handled {
                return;
            }
            generator.handled.set(handled);
            link = generator.delegate.get();
        }
    }
}

impl Vm {
    /// A generator's handler is left: it handles what it did before.
    #[cold]
    pub fn leave_handler(&mut self, generator: Ref<Generator>, before: Value) {
        let root = root_of(self.top());
        generator.own_handled.set(before);
        let inherited = match generator.delegator.get() {
            Some(delegator) if root.thrown_at() != Some(generator) => delegator.handled.get(),
            _ => Value::UNBOUND,
        };
        generator.handled.set(if before.is_unbound() { inherited } else { before });
        self.see_handled(root, generator);
    }

    /// What is handled is now what a running member of the root's chain sees.
    fn see_handled(&mut self, root: Ref<Generator>, generator: Ref<Generator>) {
        let handled = generator.handled.get();
        self.handled = if handled.is_unbound() { root.outer_handled.get() } else { handled };
    }

    /// The frame of a chain's innermost has been entered to throw what is being raised into it.
    pub fn begin_throw(&mut self, root: Ref<Generator>, inner: Ref<Generator>, closing: Value) {
        self.begin_level(root, inner, closing);
        self.chain_own(inner);
    }

    /// A throw has reached a level: it runs apart from its delegators.
    pub fn begin_level(&mut self, root: Ref<Generator>, level: Ref<Generator>, closing: Value) {
        root.set_closing(&mut self.cx, closing);
        self.move_throw(root, level);
    }

    /// A throw moves to another level.
    pub fn move_throw(&mut self, root: Ref<Generator>, level: Ref<Generator>) {
        root.set_thrown_at(&mut self.cx, (level != root).then_some(level));
        level.handled.set(level.own_handled.get());
        self.see_handled(root, level);
    }

    /// The throw into a chain is over: its level sees again what its delegators handle.
    pub fn end_throw(&mut self, root: Ref<Generator>) {
        if let Some(level) = root.thrown_at() {
            root.set_thrown_at(&mut self.cx, None);
            let above = level.delegator.get().map_or(Value::UNBOUND, |delegator| delegator.handled.get());
            level.inherit_handled(above);
        }
    }

    /// The level below has failed: what it raised is thrown into the next.
    pub fn throw_rises(&mut self, root: Ref<Generator>, level: Ref<Generator>) {
        self.move_throw(root, level);
        self.chain_own(level);
    }

    /// The level below is closed: the next gets its own GeneratorExit, the root the one that was thrown, if any.
    pub fn close_next(&mut self, root: Ref<Generator>, level: Ref<Generator>) {
        let given = root.closing();
        self.raising = match level == root && !given.is_none() {
            true => given,
            false => {
                let exit = self.new_generator_exit();
                self.set_raised_context(exit, root.outer_handled.get());
                exit
            }
        };
        self.throw_rises(root, level);
    }

    /// A GeneratorExit made where the current exception is handled.
    pub fn new_generator_exit(&mut self) -> Value {
        let args = self.cx.empty_tuple;
        let exit = Exception::allocate(&mut self.cx, LayoutId::GENERATOR_EXIT, args);
        self.set_raised_context(exit, self.handled);
        exit
    }

    /// A new exception has been raised where another was handled.
    pub fn set_raised_context(&mut self, exception: Value, handled: Value) {
        if let Some(body) = exception.get::<Exception>() {
            body.context.set(handled);
        }
    }

    /// What is being raised comes from another exception.
    pub fn set_cause_of_raised(&mut self, cause: Stop) {
        if let Stop::Raise(cause) = cause {
            let body = self.raising_body();
            body.cause.set(cause);
            body.context.set(cause);
            body.suppress_context.set(true);
        }
    }

    /// What a generator handles itself is the context of what is thrown into it.
    fn chain_own(&mut self, generator: Ref<Generator>) {
        let own = generator.own_handled.get();
        if !own.is_unbound() {
            let body = self.raising_body();
            self.chain_context(body, own);
        }
    }
}
