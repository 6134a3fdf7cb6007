//! The kinds of objects, once: number and body.
//!
//! A kind says what Rust data follows the header. Several classes may share one (bool and int, every subclass of
//! list and list itself); the class is found through the layout.

use crate::object::heap::{Body, Header, KindInfo, Marker};

macro_rules! kinds {
    ($($kind:ident $body:ty;)*) => {
        /// Which body an object has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Kind {
            /// A free cell.
            Free,
            $(#[doc = concat!("`", stringify!($body), "`")] $kind,)*
        }

        /// What the heap knows of each kind, by number.
        pub const KINDS: &[KindInfo] = &[KindInfo::of::<FreeBody>(), $(KindInfo::of::<$body>(),)*];

        $(const _: () = assert!(matches!(<$body as Body>::KIND, Kind::$kind));)*
    };
}

kinds! {
    Instance crate::object::instance::Instance;
    Int crate::object::integer::Int;
    Float crate::object::float::Float;
    Complex crate::object::complex::Complex;
    Str crate::object::string::Str;
    Bytes crate::object::bytes::Bytes;
    ByteArray crate::object::bytes::ByteArray;
    MemoryView crate::object::bytes::MemoryView;
    List crate::object::list::List;
    Tuple crate::object::tuple::Tuple;
    Dict crate::object::dict::Dict;
    DictView crate::object::dict::DictView;
    Set crate::object::set::Set;
    Range crate::object::range::Range;
    Slice crate::object::slice::Slice;
    Iterator crate::object::iterator::Iterator;
    Class crate::object::class::Class;
    CodeObject crate::object::function::CodeObject;
    Function crate::object::function::Function;
    Method crate::object::function::Method;
    Native crate::object::native::Native;
    Cell crate::object::function::CellObject;
    Descriptor crate::object::function::Descriptor;
    Generator crate::object::generator::Generator;
    Particulars crate::object::generator::Particulars;
    Await crate::object::generator::Await;
    Fiber crate::object::fiber::Fiber;
    Thread crate::object::thread::Thread;
    Greenlet crate::object::greenlet::Greenlet;
    FrameObject crate::object::frame::FrameObject;
    Traceback crate::object::exception::Traceback;
    Exception crate::object::exception::Exception;
    Module crate::object::module::Module;
    Super crate::object::function::Super;
    WeakReference crate::object::weak::WeakReference;
    MappingProxy crate::object::dict::MappingProxy;
    GenericAlias crate::object::alias::GenericAlias;
    ContextVariable crate::object::contextvars::ContextVariable;
    ContextObject crate::object::contextvars::ContextObject;
    ContextToken crate::object::contextvars::ContextToken;
    Future crate::object::future::Future;
    EventLoop crate::object::event_loop::EventLoop;
    Handle crate::object::event_loop::Handle;
    Extension crate::object::extension::Extension;
}

struct FreeBody;

impl Body for FreeBody {
    const KIND: Kind = Kind::Free;
    fn trace(&self, _: &mut Marker) {}
}

const _: () = assert!(size_of::<Header>() == 8);
