//! Context variables and the contexts that hold their values, of module `contextvars`.
//!
//! The values of a context are a tuple that nobody changes: variable, value, variable, value, in the order in which
//! the variables were made. A copy of a context shares it, and setting a variable replaces it, so that a copy for each
//! task is one small object.

use std::cell::Cell;

use crate::object::context::Context;
use crate::object::equality::Problem;
use crate::object::heap::{Body, Marker, Ref};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::repr;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The body of a `ContextVar`.
pub struct ContextVariable {
    /// Its name, a str.
    pub name: Value,
    /// What `get` answers where no context gives it a value; UNBOUND if there is none.
    pub default: Value,
    /// How many variables were made before it.
    number: u64,
}

impl Body for ContextVariable {
    const KIND: Kind = Kind::ContextVariable;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.name);
        marker.value(self.default);
    }
}

impl ContextVariable {
    /// A new variable.
    pub fn allocate(cx: &mut Context, name: Value, default: Value) -> Value {
        let number = cx.context_variables;
        cx.context_variables += 1;
        cx.heap.allocate(LayoutId::CONTEXT_VARIABLE, ContextVariable { name, default, number }).value()
    }
}

/// The body of a `Context`: a mapping from variables to values.
pub struct ContextObject {
    /// Variables and values by turns.
    bindings: Cell<Ref<Tuple>>,
    /// Is it the current context of something that runs or waits in it?
    is_entered: Cell<bool>,
}

impl Body for ContextObject {
    const KIND: Kind = Kind::ContextObject;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.bindings.get());
    }
}

impl ContextObject {
    /// A context without values.
    pub fn allocate(cx: &mut Context) -> Ref<ContextObject> {
        let bindings = Cell::new(cx.empty_tuple.get().expect("the empty tuple is a tuple"));
        cx.heap.allocate(LayoutId::CONTEXT, ContextObject { bindings, is_entered: Cell::new(false) })
    }

    /// A context that begins with the values of this one.
    pub fn copy(&self, cx: &mut Context) -> Ref<ContextObject> {
        let bindings = self.bindings.clone();
        cx.heap.allocate(LayoutId::CONTEXT, ContextObject { bindings, is_entered: Cell::new(false) })
    }

    /// How many variables have a value.
    pub fn len(&self) -> usize {
        self.bindings.get().len() / 2
    }

    /// Has no variable a value?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The variables and their values.
    pub fn to_vec(&self) -> Vec<(Value, Value)> {
        self.bindings.get().items().chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// The value of a variable.
    #[inline]
    pub fn get(&self, variable: Ref<ContextVariable>) -> Option<Value> {
        value_in(self.bindings.get(), variable)
    }

    /// Gives a variable a value, or with UNBOUND takes it away.
    pub fn set(&self, cx: &mut Context, variable: Ref<ContextVariable>, value: Value) {
        let mut items = self.bindings.get().items().to_vec();
        match find(self.bindings.get(), variable) {
            Ok(place) if value.is_unbound() => drop(items.drain(place..place + 2)),
            Ok(place) => items[place + 1] = value,
            Err(_) if value.is_unbound() => return,
            Err(place) => drop(items.splice(place..place, [variable.value(), value])),
        }
        self.bindings.set(cx.tuple(&items).get().expect("just made a tuple"));
    }
}

/// Where a variable stands among the values of a context, or where it would.
fn find(bindings: Ref<Tuple>, variable: Ref<ContextVariable>) -> Result<usize, usize> {
    let items = bindings.items();
    let number_at = |pair: usize| items[pair * 2].get::<ContextVariable>().map_or(0, |variable| variable.number);
    let (mut low, mut high) = (0, items.len() / 2);
    while low < high {
        let middle = (low + high) / 2;
        if number_at(middle) < variable.number { low = middle + 1 } else { high = middle }
    }
    let is_there = items.get(low * 2) == Some(&variable.value());
    if is_there { Ok(low * 2) } else { Err(low * 2) }
}

fn value_in(bindings: Ref<Tuple>, variable: Ref<ContextVariable>) -> Option<Value> {
    find(bindings, variable).ok().map(|place| bindings.items()[place + 1])
}

/// The body of a `Token`: what a variable was before it was set.
pub struct ContextToken {
    /// The context in which it was set.
    pub context: Value,
    /// The variable.
    pub variable: Value,
    /// Its value before, UNBOUND if it had none.
    pub old: Value,
    /// Has the variable been reset with it?
    pub is_used: Cell<bool>,
}

impl Body for ContextToken {
    const KIND: Kind = Kind::ContextToken;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.context);
        marker.value(self.variable);
        marker.value(self.old);
    }
}

// ----- the current context
//
// It is an object, or the values alone of one that is made when it is needed, or None for one without values.

/// The context with such a value.
fn made(cx: &mut Context, context: Value) -> Ref<ContextObject> {
    if let Some(context) = context.get() {
        return context;
    }
    let context_object = ContextObject::allocate(cx);
    if let Some(bindings) = context.get::<Tuple>() {
        context_object.bindings.set(bindings);
    }
    context_object
}

/// The current context, which is made where there was none yet.
pub fn current(cx: &mut Context) -> Ref<ContextObject> {
    if let Some(context) = cx.context.get() {
        return context;
    }
    let context = made(cx, cx.context);
    context.is_entered.set(true);
    cx.context = context.value();
    context
}

/// `copy_context()`: a context that begins with the values of the current one.
pub fn copy_current(cx: &mut Context) -> Value {
    let shared = share_current(cx);
    made(cx, shared).value()
}

/// A copy of the current context that is made an object only when somebody needs one: for each task and callback.
#[inline(always)]
pub fn share_current(cx: &Context) -> Value {
    match cx.context.get::<ContextObject>() {
        Some(context) => context.bindings.get().value(),
        None => cx.context,
    }
}

/// The context object of a task or callback, made now if there was none. It is put into the cell that it is kept in.
pub fn of_cell(cx: &mut Context, cell: &Cell<Value>) -> Value {
    let context = made(cx, cell.get()).value();
    cell.set(context);
    context
}

/// The step of a task or a callback begins in its context; the answer is the one around it.
#[inline(always)]
pub fn begin(cx: &mut Context, context: Value) -> Value {
    if let Some(context) = context.get::<ContextObject>() {
        context.is_entered.set(true);
    }
    std::mem::replace(&mut cx.context, context)
}

/// It ends; the answer is its own context, to be kept.
#[inline(always)]
pub fn end(cx: &mut Context, around: Value) -> Value {
    let own = std::mem::replace(&mut cx.context, around);
    if let Some(context) = own.get::<ContextObject>() {
        context.is_entered.set(false);
    }
    own
}

/// Makes a context the current one; the answer is the one before, which `leave` wants back. RuntimeError if it is
/// entered already.
pub fn enter(cx: &mut Context, context: Ref<ContextObject>) -> Result<Value, Stop> {
    if context.is_entered.replace(true) {
        let shown = repr::default_text(cx, context.value());
        return Err(cx.runtime_error(format!("cannot enter context: {shown} is already entered")));
    }
    Ok(std::mem::replace(&mut cx.context, context.value()))
}

/// Leaves a context for the one that was current before it.
pub fn leave(cx: &mut Context, context: Ref<ContextObject>, before: Value) {
    context.is_entered.set(false);
    cx.context = before;
}

/// The value of a variable in the current context.
#[inline]
pub fn get(cx: &Context, variable: Ref<ContextVariable>) -> Option<Value> {
    match cx.context.get::<ContextObject>() {
        Some(context) => context.get(variable),
        None => value_in(cx.context.get()?, variable),
    }
}

/// Sets a variable in the current context; the answer is the token that resets it.
pub fn set(cx: &mut Context, variable: Ref<ContextVariable>, value: Value) -> Value {
    let context = current(cx);
    let old = context.get(variable).unwrap_or(Value::UNBOUND);
    context.set(cx, variable, value);
    let (context, variable, is_used) = (context.value(), variable.value(), Cell::new(false));
    cx.heap.allocate(LayoutId::CONTEXT_TOKEN, ContextToken { context, variable, old, is_used }).value()
}

// ----- how they are shown

/// Appends `<ContextVar name='x' default=1 at 0x...>`
pub fn write_variable(cx: &mut Context, out: &mut Vec<u8>, variable: Ref<ContextVariable>) -> Result<(), Problem> {
    out.extend(b"<ContextVar name=");
    repr::write_repr(cx, out, variable.name)?;
    if !variable.default.is_unbound() {
        out.extend(b" default=");
        repr::write_repr(cx, out, variable.default)?;
    }
    out.extend(format!(" at {}>", repr::address(variable.value())).bytes());
    Ok(())
}

/// Appends `<Token used var=<ContextVar ...> at 0x...>`
pub fn write_token(cx: &mut Context, out: &mut Vec<u8>, token: Ref<ContextToken>) -> Result<(), Problem> {
    out.extend(if token.is_used.get() { &b"<Token used var="[..] } else { b"<Token var=" });
    repr::write_repr(cx, out, token.variable)?;
    out.extend(format!(" at {}>", repr::address(token.value())).bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(cx: &mut Context, name: &str) -> Ref<ContextVariable> {
        let name = cx.str(name);
        ContextVariable::allocate(cx, name, Value::UNBOUND).get().expect("just made")
    }

    #[test]
    fn a_copy_is_independent() {
        let cx = &mut Context::new((1, 2));
        let variables: Vec<Ref<ContextVariable>> = ["a", "b", "c"].iter().map(|name| variable(cx, name)).collect();
        let context = ContextObject::allocate(cx);
        for index in [2, 0, 1] {
            context.set(cx, variables[index], Value::small(index as i64));
        }
        let copy = context.copy(cx);
        copy.set(cx, variables[0], Value::UNBOUND);
        copy.set(cx, variables[2], Value::small(7));
        let values = |context: Ref<ContextObject>| -> Vec<i64> {
            context.to_vec().into_iter().map(|(_, value)| value.as_small()).collect()
        };
        assert_eq!(values(context), [0, 1, 2]);
        assert_eq!(values(copy), [1, 7]);
        assert_eq!(copy.get(variables[0]), None);
    }

    #[test]
    fn a_context_is_entered_once() {
        let cx = &mut Context::new((1, 2));
        let context = ContextObject::allocate(cx);
        let before = enter(cx, context).ok().expect("it was free");
        assert!(enter(cx, context).is_err());
        leave(cx, context, before);
        assert!(enter(cx, context).is_ok());
    }
}
