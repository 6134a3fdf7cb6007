//! Struct sequences: tuples of a fixed length whose items have names, as `sys.version_info`.
//!
//! A class is made of a table of fields; scripts cannot make instances. What is shown of one is `object::repr`'s.

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables};
use crate::object::native::Stop;
use crate::object::tuple::Tuple;
use crate::object::value::Value;

/// The most fields a class may have.
const MOST: usize = 24;

type Getter = fn(&mut Context, Value) -> Result<Value, Stop>;

/// The getters of items by their place.
const GETTERS: [Getter; MOST] = [
    item::<0>, item::<1>, item::<2>, item::<3>, item::<4>, item::<5>, item::<6>, item::<7>, item::<8>, item::<9>,
    item::<10>, item::<11>, item::<12>, item::<13>, item::<14>, item::<15>, item::<16>, item::<17>, item::<18>,
    item::<19>, item::<20>, item::<21>, item::<22>, item::<23>,
];

fn item<const INDEX: usize>(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(value.get::<Tuple>().and_then(|tuple| tuple.get(INDEX)).unwrap_or(Value::NONE))
}

/// The table of fields with these names.
pub const fn fields<const COUNT: usize>(names: [&'static str; COUNT]) -> [Attribute; COUNT] {
    let mut table = [const { Attribute { name: "", get: item::<0>, set: None, doc: "" } }; COUNT];
    let mut index = 0;
    while index < COUNT {
        table[index] = Attribute { name: names[index], get: GETTERS[index], set: None, doc: "" };
        index += 1;
    }
    table
}

/// A class of such tuples: `name` is `module.Name`.
pub fn class(cx: &mut Context, name: &str, fields: &'static [Attribute]) -> Ref<Class> {
    let tuple = cx.class(LayoutId::TUPLE);
    let flags = Class::STRUCT_SEQUENCE | Class::FINAL | Class::NOT_CALLABLE | Class::SEQUENCE;
    let tables = ClassTables { attributes: fields, ..ClassTables::NONE };
    let class = module::make_class(cx, name, &[tuple], None, flags, &tables);
    let names: Vec<Value> = fields.iter().map(|field| cx.intern(field.name)).collect();
    let names = cx.tuple(&names);
    class.dict.set_interned(cx.names.__match_args__, names);
    let count = Value::small(fields.len() as i64);
    for (name, value) in [("n_fields", count), ("n_sequence_fields", count), ("n_unnamed_fields", Value::small(0))] {
        let name = cx.intern(name);
        class.dict.set_interned(name, value);
    }
    class
}

/// An instance with these items, one for each field.
pub fn make(cx: &mut Context, class: Ref<Class>, items: &[Value]) -> Value {
    Tuple::allocate_as(cx, class.root_layout.get(), None, items).value()
}
