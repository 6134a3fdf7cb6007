//! `GenericAlias`: `list[int]`, and unions such as `int | None`.

use std::cell::Cell;

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::equality::{self, Problem};
use crate::object::heap::{Body, Marker};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The body of a generic alias or a union.
pub struct GenericAlias {
    /// `__origin__`; of a union UNBOUND.
    pub origin: Value,
    /// `__args__`, a tuple.
    pub args: Value,
    /// `__parameters__`, a tuple; UNBOUND until asked for.
    pub parameters: Cell<Value>,
    /// Is it `*tuple[int]`, unpacked?
    pub is_starred: bool,
}

impl Body for GenericAlias {
    const KIND: Kind = Kind::GenericAlias;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.origin);
        marker.value(self.args);
        marker.cell(&self.parameters);
    }
}

impl GenericAlias {
    /// `origin[args]`; what is no tuple is the one argument.
    pub fn allocate(cx: &mut Context, origin: Value, args: Value) -> Value {
        let args = if args.is::<Tuple>() { args } else { cx.tuple(&[args]) };
        GenericAlias::add(cx, LayoutId::GENERIC_ALIAS, origin, args, false)
    }

    /// As `allocate`, of a subclass of the class of aliases.
    pub fn allocate_as(cx: &mut Context, layout: LayoutId, capacity: Option<u8>, origin: Value, args: Value) -> Value {
        let args = if args.is::<Tuple>() { args } else { cx.tuple(&[args]) };
        let body = GenericAlias { origin, args, parameters: Cell::new(Value::UNBOUND), is_starred: false };
        match capacity {
            Some(capacity) => cx.heap.allocate_attributed(layout, body, capacity).value(),
            None => cx.heap.allocate(layout, body).value(),
        }
    }

    /// A union of members that are known to differ.
    pub fn union_of_members(cx: &mut Context, members: &[Value]) -> Value {
        let args = cx.tuple(members);
        GenericAlias::add(cx, LayoutId::UNION, Value::UNBOUND, args, false)
    }

    /// The unpacked form of an alias.
    pub fn starred(&self, cx: &mut Context) -> Value {
        GenericAlias::add(cx, LayoutId::GENERIC_ALIAS, self.origin, self.args, true)
    }

    fn add(cx: &mut Context, layout: LayoutId, origin: Value, args: Value, is_starred: bool) -> Value {
        let body = GenericAlias { origin, args, parameters: Cell::new(Value::UNBOUND), is_starred };
        cx.heap.allocate(layout, body).value()
    }

    /// `a | b | ...`: unions among the items are opened, None stands for its type, what occurs twice is left out, and
    /// of a single item nothing is made.
    pub fn union(cx: &mut Context, items: &[Value]) -> Result<Value, Problem> {
        let mut members: Vec<Value> = Vec::new();
        for &item in items {
            let parts = match item.get::<GenericAlias>() {
                Some(alias) if alias.is_union() => alias.items(),
                _ if item.is_none() => vec![cx.class(LayoutId::NONE_TYPE).value()],
                _ => vec![item],
            };
            for part in parts {
                let mut is_there = false;
                for &member in &members {
                    // Classes are told apart by identity, whatever their metaclass says.
                    let classes = member.is::<Class>() && part.is::<Class>();
                    is_there = is_there || member == part || !classes && equality::equal(cx, member, part)?;
                }
                if !is_there {
                    members.push(part);
                }
            }
        }
        if let [only] = members[..] {
            return Ok(only);
        }
        Ok(GenericAlias::union_of_members(cx, &members))
    }

    /// Is it a union?
    pub fn is_union(&self) -> bool {
        self.origin.is_unbound()
    }

    /// The arguments, copied.
    pub fn items(&self) -> Vec<Value> {
        self.args.get::<Tuple>().map_or(Vec::new(), |args| args.items().to_vec())
    }

    /// `==`: of unions in any order.
    pub fn equals(&self, cx: &mut Context, other: &GenericAlias) -> Result<bool, Problem> {
        if self.is_union() != other.is_union() || self.is_starred != other.is_starred {
            return Ok(false);
        }
        if !self.is_union() {
            return equality::all_equal(cx, &[(self.origin, other.origin), (self.args, other.args)]);
        }
        let (items, others) = (self.items(), other.items());
        if items.len() != others.len() {
            return Ok(false);
        }
        for item in items {
            let mut is_there = false;
            for &other in &others {
                is_there = is_there || item == other || equality::equal(cx, item, other)?;
            }
            if !is_there {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// `hash`: of unions whatever the order.
    pub fn hash(&self, cx: &mut Context) -> Result<i64, Problem> {
        if !self.is_union() {
            let hash = equality::hash(cx, self.origin)? ^ equality::hash(cx, self.args)?;
            return Ok(equality::no_minus_one(hash));
        }
        let mut sum = 0i64;
        for item in self.items() {
            let hash = equality::hash(cx, item)?;
            sum = sum.wrapping_add(hash.wrapping_mul(0x5bd1_e995_9d1b_54a5));
        }
        Ok(equality::no_minus_one(sum))
    }
}
