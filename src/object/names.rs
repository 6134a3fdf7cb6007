//! The names that Rust code itself speaks of, interned once: `cx.names.__init__`.

use crate::object::context::Context;
use crate::object::value::Value;

macro_rules! names {
    ($($name:ident)*) => {
        /// Interned strings, each in the field of its own name.
        #[allow(non_snake_case, missing_docs)]
        pub struct Names {
            $(pub $name: Value,)*
        }

        impl Names {
            /// Every name still UNBOUND, for the time before there is a context.
            pub fn none() -> &'static Names {
                const NONE: Names = Names { $($name: Value::UNBOUND,)* };
                &NONE
            }

            /// Interns them all.
            pub fn new(cx: &mut Context) -> Names {
                Names { $($name: cx.intern(stringify!($name)),)* }
            }
        }
    };
}

names! {
    __abs__ __abstractmethods__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __annotate__
    __annotate_func__ __annotations__ __annotations_cache__ __args__ __await__ __bases__ __bool__ __build_class__
    __builtins__ __bytes__ __buffer__ __cached__ __call__ __cause__ __ceil__ __class__ __class_getitem__
    __classcell__ __classdict__ __classdictcell__ __closure__ __code__ __complex__ __contains__ __context__
    __copy__ __debug__ __deepcopy__ __defaults__ __del__ __delattr__ __delete__ __delitem__ __dict__ __dir__
    __divmod__ __doc__ __enter__ __eq__ __exit__ __file__ __firstlineno__ __float__ __floor__ __floordiv__
    __format__ __fspath__ __func__ __future__ __ge__ __get__ __getattr__ __getattribute__ __getitem__
    __getnewargs__ __getnewargs_ex__ __getstate__ __globals__ __gt__ __hash__ __iadd__ __iand__ __ifloordiv__
    __ilshift__ __imatmul__ __imod__ __import__ __imul__ __index__ __init__ __init_subclass__ __instancecheck__
    __int__ __invert__ __ior__ __ipow__ __irshift__ __isub__ __iter__ __itruediv__ __ixor__ __key__ __kwdefaults__
    __le__ __len__ __length_hint__ __loader__ __lshift__ __lt__ __main__ __match_args__ __matmul__ __members__
    __missing__ __mod__ __module__ __mro__ __mro_entries__ __mul__ __name__ __ne__ __neg__ __new__ __next__
    __notes__ __objclass__ __or__ __origin__ __orig_bases__ __orig_class__ __package__ __parameters__ __path__
    __pos__ __pow__ __prepare__ __qualname__ __radd__ __rand__ __rdivmod__ __reduce__ __reduce_ex__
    __release_buffer__ __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rmul__ __ror__
    __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __self__ __set__ __set_name__
    __setattr__ __setitem__ __setstate__ __sizeof__ __slots__ __spec__ __static_attributes__ __str__ __sub__
    __subclasscheck__ __subclasses__ __subclasshook__ __suppress_context__ __text_signature__ __traceback__
    __truediv__ __trunc__ __type_params__ __typing_subst__ __typing_unpacked_tuple_args__ __unpacked__
    __weakref__ __wrapped__ __xor__

    ag_await ag_code ag_frame ag_running aclose add add_note append args asend athrow builtins cause characters_written
    clear close code co_name co_qualname context copy count cr_await cr_code cr_frame cr_running default deleter
    discard encoding end end_lineno end_offset endswith errors errno exceptions extend fdel fget fileno filename
    filename2 find_spec flush fromkeys fset func get getter gi_code gi_frame gi_running gi_yieldfrom index indices
    insert items join keys key lineno metaclass message mode mro msg name name_from newlines obj object offset
    origin path pop popitem print print_file_and_line read readable readinto readline real imag remove reverse seek
    send sep setdefault setter sort split start startswith stderr stdin stdout step stop strerror strict tb_frame
    tb_lineno tb_next tell text throw truncate update value values writable write winerror reason sys last_exc
    last_type last_value last_traceback displayhook excepthook unraisablehook modules meta_path path_hooks argv
    file maxsplit keepends byteorder length signed ndigits base exp sentinel iterable function initial
    globals locals closure source flags dont_inherit optimize fromlist level total eq frozen order
    main asyncio threading run coroutine coro task
}
