//! `_http`: the native part of aiohttp. What is done for each message is here; the rest is written in the language, in
//! stdlib/aiohttp/.

mod answer;
mod client;
mod connection;
mod deflate;
mod masks;
mod message;
mod response;
mod text;
mod websocket;
mod words;

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::function::Attribute;
use crate::object::heap::Ref;
use crate::object::instance;
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, NativeModule, make_class};
use crate::object::native::{Declaration, Stop};
use crate::object::value::Value;

/// The module.
pub const MODULE: NativeModule = NativeModule { name: "_http", fill };

fn fill(cx: &mut Context, module: Ref<Module>) {
    connection::install(cx, module);
    message::install(cx, module);
    websocket::install(cx, module);
    response::install(cx, module);
    client::install(cx, module);
    module.add_functions(cx, text::FUNCTIONS);
}

/// Makes a class of this module, of which scripts make subclasses.
fn install_class(
    cx: &mut Context,
    module: Ref<Module>,
    name: &'static str,
    methods: &'static [Declaration],
    attributes: &'static [Attribute],
) {
    let tables = ClassTables { methods, attributes, ..ClassTables::NONE };
    let class = make_class(cx, name, &[], Some(Kind::Extension), Class::HAS_DICTIONARY | Class::WEAKLY, &tables);
    instance::add_accessors(cx, class);
    cx.module_state.insert(name, class.value());
    module.dict().set_interned(class.name.get(), class.value());
}

/// The class that is made an instance of: the one of this name, or a subclass.
fn subclass(cx: &mut Context, value: Value, name: &'static str) -> Result<Ref<Class>, Stop> {
    let base = cx.module_state.get(name).and_then(|class| class.get::<Class>());
    match (value.get::<Class>(), base) {
        (Some(class), Some(base)) if class.is_subclass(base) => Ok(class),
        _ => Err(cx.type_error(format!("not a subclass of {name}"))),
    }
}

const fn attribute(
    name: &'static str,
    get: fn(&mut Context, Value) -> Result<Value, Stop>,
    doc: &'static str,
) -> Attribute {
    Attribute { name, get, set: None, doc }
}
