//! Functions and what belongs to them: code objects, cells, bound methods, descriptors, `super`.

use std::cell::Cell;
use std::rc::Rc;

use crate::bytecode::code::{Code, CodeKind, Constant};
use crate::object::bytes::Bytes;
use crate::object::complex::Complex;
use crate::object::context::Context;
use crate::object::dict::Dict;
use crate::object::heap::{Body, Header, Marker, Ref};
use crate::object::integer::Int;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::signature::Signature;
use crate::object::value::Value;

/// Code as a running program has it: constants are values, and the instructions may be quickened.
pub struct CodeObject {
    /// What was compiled.
    pub code: Rc<Code>,
    /// The instructions with their caches, a copy of its own.
    pub instructions: Box<[Cell<u64>]>,
    /// Constants as values.
    pub constants: Box<[Value]>,
    /// Names of globals and attributes, interned.
    pub names: Box<[Value]>,
    /// Nested code.
    pub codes: Box<[Ref<CodeObject>]>,
    /// The parameters, for calls that are not plain.
    pub signature: Rc<Signature>,
    /// Names of the free variables, interned.
    pub free: Box<[Value]>,
    /// `co_name`
    pub name: Value,
    /// `co_qualname`
    pub qualified_name: Value,
}

impl Body for CodeObject {
    const KIND: Kind = Kind::CodeObject;

    fn trace(&self, marker: &mut Marker) {
        for &value in self.constants.iter().chain(&self.names).chain(&self.free) {
            marker.value(value);
        }
        for &code in &self.codes {
            marker.object(code);
        }
        self.signature.trace(marker);
        marker.value(self.name);
        marker.value(self.qualified_name);
    }
}

impl CodeObject {
    /// Turns compiled code, with all code nested in it, into an object.
    pub fn new(cx: &mut Context, code: &Rc<Code>) -> Ref<CodeObject> {
        let codes = code.codes.iter().map(|nested| CodeObject::new(cx, nested)).collect();
        let constants = code.constants.iter().map(|constant| constant_value(cx, constant)).collect();
        let names = code.names.iter().map(|name| cx.intern(name)).collect();
        let counts = code.parameters;
        let total = (counts.positional + counts.keyword_only) as usize
            + counts.variadic as usize
            + counts.keyword_variadic as usize;
        let signature = Signature {
            name: code.name.to_string(),
            parameters: code.locals[..total].iter().map(|name| cx.intern(name)).collect(),
            positional_only: counts.positional_only as usize,
            positional: counts.positional as usize,
            keyword_only: counts.keyword_only as usize,
            variadic: counts.variadic,
            keyword_variadic: counts.keyword_variadic,
            defaults: Vec::new(),
            keyword_defaults: Vec::new(),
            is_native: false,
            text: String::new(),
        };
        let free = code.free.iter().map(|name| cx.intern(name)).collect();
        let object = CodeObject {
            instructions: code.instructions.iter().map(|instruction| Cell::new(instruction.0)).collect(),
            constants,
            names,
            codes,
            signature: Rc::new(signature),
            free,
            name: cx.intern(&code.name),
            qualified_name: cx.intern(&code.qualified_name),
            code: code.clone(),
        };
        cx.heap.allocate(LayoutId::CODE, object)
    }
}

impl Ref<CodeObject> {
    /// A copy that knows nothing of what ran before, with other names.
    pub fn copy(self, cx: &mut Context, name: Value, qualified_name: Value) -> Ref<CodeObject> {
        let object = CodeObject {
            code: self.code.clone(),
            instructions: self.code.instructions.iter().map(|instruction| Cell::new(instruction.0)).collect(),
            constants: self.constants.clone(),
            names: self.names.clone(),
            codes: self.codes.clone(),
            signature: self.signature.clone(),
            free: self.free.clone(),
            name,
            qualified_name,
        };
        cx.heap.allocate(LayoutId::CODE, object)
    }
}

/// A constant as a value. Strings are interned: identifiers mostly, and so equal ones are one.
fn constant_value(cx: &mut Context, constant: &Constant) -> Value {
    match constant {
        Constant::None => Value::NONE,
        Constant::Bool(value) => Value::bool(*value),
        Constant::Ellipsis => cx.ellipsis,
        Constant::Int(value) => cx.int(*value),
        Constant::BigInt(value) => Int::from_big(cx, (**value).clone()),
        Constant::Float(value) => Value::float(*value),
        Constant::Imaginary(value) => Complex::allocate(cx, 0.0, *value),
        Constant::Str(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= 64 => cx.intern(text),
            _ => cx.str_bytes(bytes),
        },
        Constant::Bytes(bytes) => Bytes::allocate(cx, bytes),
        Constant::Tuple(items) => {
            let items: Vec<Value> = items.iter().map(|item| constant_value(cx, item)).collect();
            cx.tuple(&items)
        }
    }
}

/// A function made by `def` or `lambda`.
pub struct Function {
    /// `__code__`
    pub code: Cell<Ref<CodeObject>>,
    /// `__globals__`
    pub globals: Ref<Dict>,
    /// The cells of the free variables.
    pub closure: Box<[Value]>,
    /// How many arguments a plain call brings: all by position and no defaults needed; `Function::NOT_PLAIN` if
    /// there are parameters of other kinds or the function is no plain one.
    pub arity: Cell<u16>,
    /// How many registers its frame needs.
    pub registers: Cell<u16>,
    /// How many of them are named locals, UNBOUND at first but for the arguments.
    pub locals: Cell<u16>,
    /// `__defaults__`: a tuple or None.
    pub defaults: Cell<Value>,
    /// `__kwdefaults__`: a dict or None.
    pub keyword_defaults: Cell<Value>,
    /// `__name__`
    pub name: Cell<Value>,
    /// `__qualname__`
    pub qualified_name: Cell<Value>,
    /// `__module__`
    pub module: Cell<Value>,
    /// `__doc__`
    pub doc: Cell<Value>,
    /// `__annotate__`: a function or None.
    pub annotate: Cell<Value>,
    /// `__annotations__` once computed, else UNBOUND.
    pub annotations: Cell<Value>,
    /// `__type_params__`
    pub type_parameters: Cell<Value>,
    /// Hidden from tracebacks: it is the script half of a built-in.
    pub is_hidden: Cell<bool>,
    /// Made awaitable by `types.coroutine`.
    pub is_coroutine: Cell<bool>,
}

impl Function {
    /// An arity that no call brings.
    pub const NOT_PLAIN: u16 = u16::MAX;

    /// The arity for plain calls of a code.
    pub fn plain_arity(code: &Code) -> u16 {
        let counts = code.parameters;
        let plain = counts.keyword_only == 0 && !counts.variadic && !counts.keyword_variadic;
        match code.kind {
            CodeKind::Function if plain => counts.positional,
            _ => Function::NOT_PLAIN,
        }
    }

    /// Makes a function of a code in a namespace.
    pub fn allocate(
        cx: &mut Context,
        code: Ref<CodeObject>,
        globals: Ref<Dict>,
        closure: Box<[Value]>,
    ) -> Ref<Function> {
        let doc = match code.code.has_docstring {
            true => code.constants[0],
            false => Value::NONE,
        };
        let function = Function {
            code: Cell::new(code),
            globals,
            closure,
            arity: Cell::new(Function::plain_arity(&code.code)),
            registers: Cell::new(code.code.registers),
            locals: Cell::new(code.code.locals.len() as u16),
            defaults: Cell::new(Value::NONE),
            keyword_defaults: Cell::new(Value::NONE),
            name: Cell::new(code.name),
            qualified_name: Cell::new(code.qualified_name),
            module: Cell::new(globals.get_interned(cx.names.__name__).unwrap_or(Value::NONE)),
            doc: Cell::new(doc),
            annotate: Cell::new(Value::NONE),
            annotations: Cell::new(Value::UNBOUND),
            type_parameters: Cell::new(cx.empty_tuple),
            is_hidden: Cell::new(false),
            is_coroutine: Cell::new(false),
        };
        cx.heap.allocate_attributed(LayoutId::FUNCTION, function, 0)
    }
}

impl Ref<Function> {
    /// Gives it another body, whose free variables are as many.
    pub fn set_code(self, code: Ref<CodeObject>) {
        self.code.set(code);
        self.arity.set(Function::plain_arity(&code.code));
        self.registers.set(code.code.registers);
        self.locals.set(code.code.locals.len() as u16);
    }
}

impl Body for Function {
    const KIND: Kind = Kind::Function;

    fn trace(&self, marker: &mut Marker) {
        marker.object(self.code.get());
        marker.object(self.globals);
        for &cell in &self.closure {
            marker.value(cell);
        }
        for cell in [
            &self.defaults,
            &self.keyword_defaults,
            &self.name,
            &self.qualified_name,
            &self.module,
            &self.doc,
            &self.annotate,
            &self.annotations,
            &self.type_parameters,
        ] {
            marker.cell(cell);
        }
    }
}

/// A variable shared by a function and the functions inside it.
pub struct CellObject {
    /// UNBOUND while the variable has no value.
    pub content: Cell<Value>,
}

impl Body for CellObject {
    const KIND: Kind = Kind::Cell;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.content);
    }
}

/// A function together with its receiver: of script functions and of natives.
pub struct Method {
    /// `__func__`
    pub function: Value,
    /// `__self__`
    pub receiver: Value,
}

impl Body for Method {
    const KIND: Kind = Kind::Method;

    fn trace(&self, marker: &mut Marker) {
        marker.value(self.function);
        marker.value(self.receiver);
    }
}

impl Method {
    /// Binds a function to a receiver. The class of the result says what the function is.
    pub fn allocate(cx: &mut Context, function: Value, receiver: Value) -> Value {
        let layout = match function.header().map(Header::layout) {
            Some(LayoutId::METHOD_DESCRIPTOR | LayoutId::BUILTIN_FUNCTION | LayoutId::CLASSMETHOD_DESCRIPTOR) => {
                LayoutId::BUILTIN_FUNCTION
            }
            Some(LayoutId::WRAPPER_DESCRIPTOR) => LayoutId::METHOD_WRAPPER,
            _ => LayoutId::METHOD,
        };
        cx.heap.allocate(layout, Method { function, receiver }).value()
    }
}

/// The built-in descriptors, told apart by their class: property, staticmethod, classmethod, and the accessors of
/// slots and of attributes that natives compute.
pub struct Descriptor {
    /// property: the getter; staticmethod, classmethod: the function; accessors: the class that owns it.
    pub getter: Cell<Value>,
    /// property: the setter or None.
    pub setter: Cell<Value>,
    /// property: the deleter or None.
    pub deleter: Cell<Value>,
    /// property: the docstring.
    pub doc: Cell<Value>,
    /// The name it was bound to.
    pub name: Cell<Value>,
    /// For accessors: how they read and write.
    pub accessor: Cell<Option<Accessor>>,
}

/// How a built-in accessor reads and writes.
#[derive(Clone, Copy)]
pub enum Accessor {
    /// A slot of `__slots__`, by its attribute name.
    Slot,
    /// Natives.
    Native(&'static Attribute),
}

/// An attribute of a built-in class that natives compute: a line of a table.
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Reads it from the object.
    pub get: fn(&mut Context, Value) -> Result<Value, crate::object::native::Stop>,
    /// Writes it, or deletes it where the value is UNBOUND; read-only if there is none.
    pub set: Option<fn(&mut Context, Value, Value) -> Result<(), crate::object::native::Stop>>,
    /// `__doc__`
    pub doc: &'static str,
}

impl Body for Descriptor {
    const KIND: Kind = Kind::Descriptor;

    fn trace(&self, marker: &mut Marker) {
        for cell in [&self.getter, &self.setter, &self.deleter, &self.doc, &self.name] {
            marker.cell(cell);
        }
    }
}

impl Descriptor {
    /// A descriptor of one of the built-in classes.
    pub fn allocate(cx: &mut Context, layout: LayoutId, getter: Value, name: Value) -> Ref<Descriptor> {
        let descriptor = Descriptor {
            getter: Cell::new(getter),
            setter: Cell::new(Value::NONE),
            deleter: Cell::new(Value::NONE),
            doc: Cell::new(Value::NONE),
            name: Cell::new(name),
            accessor: Cell::new(None),
        };
        match layout {
            LayoutId::GETSET_DESCRIPTOR | LayoutId::MEMBER_DESCRIPTOR => cx.heap.allocate(layout, descriptor),
            _ => cx.heap.allocate_attributed(layout, descriptor, 0),
        }
    }
}

/// `super(type, object)`
pub struct Super {
    /// Look-up begins after this class.
    pub start: Cell<Value>,
    /// The instance or class looked up on behalf of; None for an unbound super.
    pub object: Cell<Value>,
    /// The class whose order is followed.
    pub class: Cell<Value>,
}

impl Body for Super {
    const KIND: Kind = Kind::Super;

    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.start);
        marker.cell(&self.object);
        marker.cell(&self.class);
    }
}
