//! Raising: the exceptions of built-in classes, as the `Stop` that a native returns.

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::exception::{Exception, set_field};
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::native::Stop;
use crate::object::string::Str;
use crate::object::value::Value;

impl Context {
    /// An exception of a built-in class with one message, as a `Stop`.
    pub fn error(&mut self, class: LayoutId, message: impl AsRef<str>) -> Stop {
        let message = self.str(message.as_ref());
        let args = self.tuple(&[message]);
        Stop::Raise(Exception::allocate(self, class, args))
    }

    /// A SyntaxError of a text as a whole, of this file if it is one.
    pub fn syntax_error(&mut self, message: &str, file: Option<&str>) -> Stop {
        let (message, names) = (self.str(message), self.names);
        let args = self.tuple(&[message]);
        let exception = Exception::allocate(self, LayoutId::SYNTAX_ERROR, args);
        set_field(exception, names.msg, message);
        if let Some(file) = file {
            let file = self.str(file);
            set_field(exception, names.filename, file);
        }
        Stop::Raise(exception)
    }

    /// An exception of a built-in class with these arguments.
    pub fn error_with(&mut self, class: LayoutId, args: &[Value]) -> Stop {
        let args = self.tuple(args);
        Stop::Raise(Exception::allocate(self, class, args))
    }

    /// TypeError
    #[cold]
    pub fn type_error(&mut self, message: impl AsRef<str>) -> Stop {
        self.error(LayoutId::TYPE_ERROR, message)
    }

    /// ValueError
    #[cold]
    pub fn value_error(&mut self, message: impl AsRef<str>) -> Stop {
        self.error(LayoutId::VALUE_ERROR, message)
    }

    /// IndexError
    #[cold]
    pub fn index_error(&mut self, message: impl AsRef<str>) -> Stop {
        self.error(LayoutId::INDEX_ERROR, message)
    }

    /// KeyError with the key itself.
    #[cold]
    pub fn key_error(&mut self, key: Value) -> Stop {
        self.error_with(LayoutId::KEY_ERROR, &[key])
    }

    /// OverflowError
    #[cold]
    pub fn overflow_error(&mut self, message: impl AsRef<str>) -> Stop {
        self.error(LayoutId::OVERFLOW_ERROR, message)
    }

    /// ZeroDivisionError
    #[cold]
    pub fn zero_division_error(&mut self, message: impl AsRef<str>) -> Stop {
        self.error(LayoutId::ZERO_DIVISION_ERROR, message)
    }

    /// RuntimeError
    #[cold]
    pub fn runtime_error(&mut self, message: impl AsRef<str>) -> Stop {
        self.error(LayoutId::RUNTIME_ERROR, message)
    }

    /// AttributeError of an object without an attribute; carries both for suggestions.
    #[cold]
    pub fn attribute_error(&mut self, object: Value, name: Value) -> Stop {
        let attribute = name.get::<Str>().map_or_else(String::new, |name| name.text().into_owned());
        let message = match object.get::<Class>() {
            Some(class) => format!("type object '{}' has no attribute '{attribute}'", class.name_text()),
            None => format!("'{}' object has no attribute '{attribute}'", self.type_name(object)),
        };
        self.attribute_error_with(object, name, &message)
    }

    /// AttributeError with a message of one's own, still carrying object and name.
    #[cold]
    pub fn attribute_error_with(&mut self, object: Value, name: Value, message: &str) -> Stop {
        let stop = self.error(LayoutId::ATTRIBUTE_ERROR, message);
        if let Stop::Raise(exception) = &stop {
            set_field(*exception, self.names.name, name);
            set_field(*exception, self.names.obj, object);
        }
        stop
    }

    /// MemoryError, which carries no message.
    #[cold]
    pub fn memory_error(&mut self) -> Stop {
        self.error_with(LayoutId::MEMORY_ERROR, &[])
    }

    /// TypeError of an argument that is of the wrong kind. Of a class that could convert itself, a wish instead
    /// would have been asked before.
    #[cold]
    pub fn argument_error(&mut self, position: usize, kind: Kind, value: Value) -> Stop {
        let wanted = match kind {
            Kind::Str => "str",
            Kind::Bytes => "bytes",
            Kind::List => "list",
            Kind::Tuple => "tuple",
            Kind::Dict => "dict",
            Kind::Set => "set",
            Kind::Class => "type",
            Kind::Function => "function",
            Kind::Exception => "exception",
            _ => "object of another type",
        };
        let found = self.type_name(value);
        self.type_error(format!("argument {position} must be {wanted}, not {found}"))
    }
}
