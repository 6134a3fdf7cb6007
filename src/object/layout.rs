//! Layouts: the shapes of objects.
//!
//! Every object carries the number of its layout; the layout knows the class and which attribute stands in which
//! inline slot. Numbers are never reused, so an inline cache may keep one as its key. The built-in classes have
//! the first layouts, under fixed numbers, so `layout == LayoutId::LIST` asks for an exact list.

use rustc_hash::FxHashMap;

use crate::object::class::Class;
use crate::object::heap::Ref;
use crate::object::kind::Kind;
use crate::object::value::Value;

/// The number of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct LayoutId(pub u32);

/// Where the attributes of some objects of one class are.
pub struct Layout {
    /// The class.
    pub class: Ref<Class>,
    /// Inline slot by name (an interned string).
    pub slots: FxHashMap<Value, u16>,
    /// Name of each slot, in the order they were first assigned.
    pub names: Vec<Value>,
    /// The layout after one more attribute.
    pub transitions: FxHashMap<Value, LayoutId>,
    /// The attributes are in the dictionary instead.
    pub is_dictionary: bool,
}

macro_rules! builtin_classes {
    ($($id:ident $name:literal $base:ident $kind:ident;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u32)]
        enum Number { $($id,)* }

        impl LayoutId {
            $(#[doc = concat!("Exactly `", $name, "`.")] pub const $id: LayoutId = LayoutId(Number::$id as u32);)*
        }

        /// Name, base and kind of instances of the built-in classes, by layout number.
        pub const BUILTIN_CLASSES: &[(&str, LayoutId, Kind)] = &[$(($name, LayoutId::$base, Kind::$kind),)*];
    };
}

// A dotted name says which module the class names as its own; the others are of `builtins`.
builtin_classes! {
    OBJECT "object" OBJECT Instance;
    TYPE "type" OBJECT Class;
    INT "int" OBJECT Int;
    BOOL "bool" INT Int;
    FLOAT "float" OBJECT Float;
    COMPLEX "complex" OBJECT Complex;
    STR "str" OBJECT Str;
    BYTES "bytes" OBJECT Bytes;
    BYTEARRAY "bytearray" OBJECT ByteArray;
    MEMORYVIEW "memoryview" OBJECT MemoryView;
    LIST "list" OBJECT List;
    TUPLE "tuple" OBJECT Tuple;
    DICT "dict" OBJECT Dict;
    DICT_KEYS "dict_keys" OBJECT DictView;
    DICT_VALUES "dict_values" OBJECT DictView;
    DICT_ITEMS "dict_items" OBJECT DictView;
    SET "set" OBJECT Set;
    FROZENSET "frozenset" OBJECT Set;
    RANGE "range" OBJECT Range;
    SLICE "slice" OBJECT Slice;
    NONE_TYPE "NoneType" OBJECT Instance;
    ELLIPSIS_TYPE "ellipsis" OBJECT Instance;
    NOT_IMPLEMENTED_TYPE "NotImplementedType" OBJECT Instance;
    FUNCTION "function" OBJECT Function;
    METHOD "method" OBJECT Method;
    BUILTIN_FUNCTION "builtin_function_or_method" OBJECT Native;
    METHOD_DESCRIPTOR "method_descriptor" OBJECT Native;
    WRAPPER_DESCRIPTOR "wrapper_descriptor" OBJECT Native;
    METHOD_WRAPPER "method-wrapper" OBJECT Method;
    CLASSMETHOD_DESCRIPTOR "classmethod_descriptor" OBJECT Native;
    GETSET_DESCRIPTOR "getset_descriptor" OBJECT Descriptor;
    MEMBER_DESCRIPTOR "member_descriptor" OBJECT Descriptor;
    PROPERTY "property" OBJECT Descriptor;
    STATICMETHOD "staticmethod" OBJECT Descriptor;
    CLASSMETHOD "classmethod" OBJECT Descriptor;
    SUPER "super" OBJECT Super;
    CODE "code" OBJECT CodeObject;
    CELL "cell" OBJECT Cell;
    FRAME "frame" OBJECT FrameObject;
    TRACEBACK "traceback" OBJECT Traceback;
    MODULE "module" OBJECT Module;
    MAPPING_PROXY "mappingproxy" OBJECT MappingProxy;
    GENERATOR "generator" OBJECT Generator;
    COROUTINE "coroutine" OBJECT Generator;
    ASYNC_GENERATOR "async_generator" OBJECT Generator;
    COROUTINE_WRAPPER "coroutine_wrapper" OBJECT Await;
    ASYNC_GENERATOR_ASEND "async_generator_asend" OBJECT Await;
    ASYNC_GENERATOR_ATHROW "async_generator_athrow" OBJECT Await;
    ANEXT_AWAITABLE "anext_awaitable" OBJECT Await;
    NATIVE_COROUTINE "coroutine" COROUTINE Await;
    FUTURE_ITERATOR "_asyncio.FutureIter" OBJECT Await;
    FUTURE "_asyncio.Future" OBJECT Future;
    TASK "_asyncio.Task" FUTURE Future;
    GATHERING "asyncio.tasks._GatheringFuture" FUTURE Future;
    ABSTRACT_EVENT_LOOP "asyncio.events.AbstractEventLoop" OBJECT Instance;
    BASE_EVENT_LOOP "asyncio.base_events.BaseEventLoop" ABSTRACT_EVENT_LOOP EventLoop;
    EVENT_LOOP "asyncio.unix_events._UnixSelectorEventLoop" BASE_EVENT_LOOP EventLoop;
    HANDLE "asyncio.events.Handle" OBJECT Handle;
    TIMER_HANDLE "asyncio.events.TimerHandle" HANDLE Handle;
    FIBER "fiber" OBJECT Fiber;
    THREAD "fiber.thread" OBJECT Thread;
    GREENLET "greenlet.greenlet" OBJECT Greenlet;
    WEAKREF "weakref.ReferenceType" OBJECT WeakReference;
    WEAK_PROXY "weakref.ProxyType" OBJECT WeakReference;
    WEAK_CALLABLE_PROXY "weakref.CallableProxyType" OBJECT WeakReference;
    GENERIC_ALIAS "types.GenericAlias" OBJECT GenericAlias;
    UNION "typing.Union" OBJECT GenericAlias;
    CONTEXT_VARIABLE "_contextvars.ContextVar" OBJECT ContextVariable;
    CONTEXT "_contextvars.Context" OBJECT ContextObject;
    CONTEXT_TOKEN "_contextvars.Token" OBJECT ContextToken;
    LIST_ITERATOR "list_iterator" OBJECT Iterator;
    LIST_REVERSE_ITERATOR "list_reverseiterator" OBJECT Iterator;
    TUPLE_ITERATOR "tuple_iterator" OBJECT Iterator;
    STR_ITERATOR "str_iterator" OBJECT Iterator;
    STR_ASCII_ITERATOR "str_ascii_iterator" OBJECT Iterator;
    BYTES_ITERATOR "bytes_iterator" OBJECT Iterator;
    BYTEARRAY_ITERATOR "bytearray_iterator" OBJECT Iterator;
    MEMORY_ITERATOR "memory_iterator" OBJECT Iterator;
    RANGE_ITERATOR "range_iterator" OBJECT Iterator;
    LONGRANGE_ITERATOR "longrange_iterator" OBJECT Iterator;
    DICT_KEYITERATOR "dict_keyiterator" OBJECT Iterator;
    DICT_VALUEITERATOR "dict_valueiterator" OBJECT Iterator;
    DICT_ITEMITERATOR "dict_itemiterator" OBJECT Iterator;
    DICT_REVERSEKEYITERATOR "dict_reversekeyiterator" OBJECT Iterator;
    DICT_REVERSEVALUEITERATOR "dict_reversevalueiterator" OBJECT Iterator;
    DICT_REVERSEITEMITERATOR "dict_reverseitemiterator" OBJECT Iterator;
    SET_ITERATOR "set_iterator" OBJECT Iterator;
    SEQUENCE_ITERATOR "iterator" OBJECT Iterator;
    CALLABLE_ITERATOR "callable_iterator" OBJECT Iterator;
    REVERSED "reversed" OBJECT Iterator;
    ENUMERATE "enumerate" OBJECT Iterator;
    ZIP "zip" OBJECT Iterator;
    MAP "map" OBJECT Iterator;
    FILTER "filter" OBJECT Iterator;

    BASE_EXCEPTION "BaseException" OBJECT Exception;
    EXCEPTION "Exception" BASE_EXCEPTION Exception;
    BASE_EXCEPTION_GROUP "BaseExceptionGroup" BASE_EXCEPTION Exception;
    EXCEPTION_GROUP "ExceptionGroup" BASE_EXCEPTION_GROUP Exception;
    GENERATOR_EXIT "GeneratorExit" BASE_EXCEPTION Exception;
    KEYBOARD_INTERRUPT "KeyboardInterrupt" BASE_EXCEPTION Exception;
    SYSTEM_EXIT "SystemExit" BASE_EXCEPTION Exception;
    ARITHMETIC_ERROR "ArithmeticError" EXCEPTION Exception;
    FLOATING_POINT_ERROR "FloatingPointError" ARITHMETIC_ERROR Exception;
    OVERFLOW_ERROR "OverflowError" ARITHMETIC_ERROR Exception;
    ZERO_DIVISION_ERROR "ZeroDivisionError" ARITHMETIC_ERROR Exception;
    ASSERTION_ERROR "AssertionError" EXCEPTION Exception;
    ATTRIBUTE_ERROR "AttributeError" EXCEPTION Exception;
    BUFFER_ERROR "BufferError" EXCEPTION Exception;
    EOF_ERROR "EOFError" EXCEPTION Exception;
    IMPORT_ERROR "ImportError" EXCEPTION Exception;
    MODULE_NOT_FOUND_ERROR "ModuleNotFoundError" IMPORT_ERROR Exception;
    LOOKUP_ERROR "LookupError" EXCEPTION Exception;
    INDEX_ERROR "IndexError" LOOKUP_ERROR Exception;
    KEY_ERROR "KeyError" LOOKUP_ERROR Exception;
    MEMORY_ERROR "MemoryError" EXCEPTION Exception;
    NAME_ERROR "NameError" EXCEPTION Exception;
    UNBOUND_LOCAL_ERROR "UnboundLocalError" NAME_ERROR Exception;
    OS_ERROR "OSError" EXCEPTION Exception;
    BLOCKING_IO_ERROR "BlockingIOError" OS_ERROR Exception;
    CHILD_PROCESS_ERROR "ChildProcessError" OS_ERROR Exception;
    CONNECTION_ERROR "ConnectionError" OS_ERROR Exception;
    BROKEN_PIPE_ERROR "BrokenPipeError" CONNECTION_ERROR Exception;
    CONNECTION_ABORTED_ERROR "ConnectionAbortedError" CONNECTION_ERROR Exception;
    CONNECTION_REFUSED_ERROR "ConnectionRefusedError" CONNECTION_ERROR Exception;
    CONNECTION_RESET_ERROR "ConnectionResetError" CONNECTION_ERROR Exception;
    FILE_EXISTS_ERROR "FileExistsError" OS_ERROR Exception;
    FILE_NOT_FOUND_ERROR "FileNotFoundError" OS_ERROR Exception;
    INTERRUPTED_ERROR "InterruptedError" OS_ERROR Exception;
    IS_A_DIRECTORY_ERROR "IsADirectoryError" OS_ERROR Exception;
    NOT_A_DIRECTORY_ERROR "NotADirectoryError" OS_ERROR Exception;
    PERMISSION_ERROR "PermissionError" OS_ERROR Exception;
    PROCESS_LOOKUP_ERROR "ProcessLookupError" OS_ERROR Exception;
    TIMEOUT_ERROR "TimeoutError" OS_ERROR Exception;
    CANCELLED_ERROR "asyncio.exceptions.CancelledError" BASE_EXCEPTION Exception;
    GREENLET_EXIT "greenlet.GreenletExit" BASE_EXCEPTION Exception;
    GREENLET_ERROR "greenlet.error" EXCEPTION Exception;
    INVALID_STATE_ERROR "asyncio.exceptions.InvalidStateError" EXCEPTION Exception;
    REFERENCE_ERROR "ReferenceError" EXCEPTION Exception;
    RUNTIME_ERROR "RuntimeError" EXCEPTION Exception;
    NOT_IMPLEMENTED_ERROR "NotImplementedError" RUNTIME_ERROR Exception;
    RECURSION_ERROR "RecursionError" RUNTIME_ERROR Exception;
    PYTHON_FINALIZATION_ERROR "PythonFinalizationError" RUNTIME_ERROR Exception;
    STOP_ITERATION "StopIteration" EXCEPTION Exception;
    STOP_ASYNC_ITERATION "StopAsyncIteration" EXCEPTION Exception;
    SYNTAX_ERROR "SyntaxError" EXCEPTION Exception;
    INDENTATION_ERROR "IndentationError" SYNTAX_ERROR Exception;
    TAB_ERROR "TabError" INDENTATION_ERROR Exception;
    SYSTEM_ERROR "SystemError" EXCEPTION Exception;
    TYPE_ERROR "TypeError" EXCEPTION Exception;
    VALUE_ERROR "ValueError" EXCEPTION Exception;
    UNICODE_ERROR "UnicodeError" VALUE_ERROR Exception;
    UNICODE_DECODE_ERROR "UnicodeDecodeError" UNICODE_ERROR Exception;
    UNICODE_ENCODE_ERROR "UnicodeEncodeError" UNICODE_ERROR Exception;
    UNICODE_TRANSLATE_ERROR "UnicodeTranslateError" UNICODE_ERROR Exception;
    WARNING "Warning" EXCEPTION Exception;
    BYTES_WARNING "BytesWarning" WARNING Exception;
    DEPRECATION_WARNING "DeprecationWarning" WARNING Exception;
    ENCODING_WARNING "EncodingWarning" WARNING Exception;
    FUTURE_WARNING "FutureWarning" WARNING Exception;
    IMPORT_WARNING "ImportWarning" WARNING Exception;
    PENDING_DEPRECATION_WARNING "PendingDeprecationWarning" WARNING Exception;
    RESOURCE_WARNING "ResourceWarning" WARNING Exception;
    RUNTIME_WARNING "RuntimeWarning" WARNING Exception;
    SYNTAX_WARNING "SyntaxWarning" WARNING Exception;
    UNICODE_WARNING "UnicodeWarning" WARNING Exception;
    USER_WARNING "UserWarning" WARNING Exception;
}
