//! Subscripts: `object[key]`, `object[key] = value` and `del object[key]`.
#![allow(unsafe_code)]

use crate::object::dict::Dict;
use crate::object::frame::Then;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::list::List;
use crate::object::native::KeyAction;
use crate::object::string::Str;
use crate::object::tuple::Tuple;
use crate::object::value::Value;
use crate::vm::machine::{Flow, Vm};

impl Vm {
    /// `object[key]`
    #[inline(never)]
    pub fn subscript(&mut self, object: Value, key: Value, then: Then, destination: u16) -> Flow {
        let layout = self.cx.layout_of(object);
        if layout == LayoutId::DICT {
            let dict = object.get::<Dict>().expect("its layout says so");
            if let Some(place) = dict.find_plainly(&mut self.cx, key) {
                return Flow::Done(dict.entry_value_cell(place).get());
            }
            return self.key_operation(KeyAction::Get, object, key, Value::UNBOUND, then, destination);
        }
        if key.is_small()
            && let Some(item) = self.item_of_sequence(layout, object, key.as_small())
        {
            return Flow::Done(item);
        }
        match self.call_special(object, self.cx.names.__getitem__, &[key], then, destination) {
            Some(flow) => flow,
            None => self.subscript_class(object, key, then, destination),
        }
    }

    /// The item of a list, tuple or str with an index that may count from the end; None if there is none.
    fn item_of_sequence(&mut self, layout: LayoutId, object: Value, index: i64) -> Option<Value> {
        let place = |length: usize| if index < 0 { index + length as i64 } else { index } as usize;
        match layout {
            LayoutId::LIST => {
                let list: Ref<List> = object.get()?;
                list.get(place(list.len()))
            }
            LayoutId::TUPLE => {
                let tuple: Ref<Tuple> = object.get()?;
                tuple.items().get(place(tuple.items().len())).copied()
            }
            LayoutId::STR => {
                let string: Ref<Str> = object.get()?;
                string.char_at(&mut self.cx, place(string.chars()))
            }
            _ => None,
        }
    }

    fn subscript_class(&mut self, object: Value, key: Value, then: Then, destination: u16) -> Flow {
        use crate::object::class::Class;
        if let Some(class) = object.get::<Class>() {
            if class == self.cx.class(LayoutId::TYPE) {
                return Flow::Done(crate::object::alias::GenericAlias::allocate(&mut self.cx, object, key));
            }
            let name = self.cx.names.__class_getitem__;
            match self.find_in_class(class, name) {
                crate::vm::attribute::Found::Value(method) => {
                    return self.call_plain(method, &[key], then, destination);
                }
                crate::vm::attribute::Found::Call(callee, args) => {
                    let args = self.cx.tuple(&args);
                    return self.call_half("call_twice", &[callee, args, key], then, destination);
                }
                _ => {}
            }
            let message = format!("type '{}' is not subscriptable", self.cx.class_name(class));
            let stop = self.cx.type_error(message);
            return self.raise(stop);
        }
        let found = self.cx.type_name(object);
        let stop = self.cx.type_error(format!("'{found}' object is not subscriptable"));
        self.raise(stop)
    }

    /// `object[key] = value`
    #[inline(never)]
    pub fn store_subscript(&mut self, object: Value, key: Value, value: Value, then: Then, destination: u16) -> Flow {
        if self.cx.layout_of(object) == LayoutId::DICT {
            let dict = object.get::<Dict>().expect("its layout says so");
            if let Some(place) = dict.find_plainly(&mut self.cx, key) {
                dict.entry_value_cell(place).set(value);
                return Flow::Done(Value::NONE);
            }
            return self.key_operation(KeyAction::Set, object, key, value, then, destination);
        }
        match self.call_special(object, self.cx.names.__setitem__, &[key, value], then, destination) {
            Some(flow) => flow,
            None => {
                let found = self.cx.type_name(object);
                let stop = self.cx.type_error(format!("'{found}' object does not support item assignment"));
                self.raise(stop)
            }
        }
    }

    /// `del object[key]`
    pub fn delete_subscript(&mut self, object: Value, key: Value, then: Then, destination: u16) -> Flow {
        if self.cx.layout_of(object) == LayoutId::DICT {
            return self.key_operation(KeyAction::Delete, object, key, Value::UNBOUND, then, destination);
        }
        match self.call_special(object, self.cx.names.__delitem__, &[key], then, destination) {
            Some(flow) => flow,
            None => {
                let found = self.cx.type_name(object);
                let stop = self.cx.type_error(format!("'{found}' object doesn't support item deletion"));
                self.raise(stop)
            }
        }
    }
}
