//! The base classes of protocols and transports that natives are of; the other ones are in stdlib/asyncio/.

use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::forward::half;
use crate::object::heap::Ref;
use crate::object::instance;
use crate::object::kind::Kind;
use crate::object::layout::LayoutId;
use crate::object::module::{self, ClassTables, Module};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// What connections with protocols of any kind derive from.
pub(super) const PROTOCOL: &str = "asyncio.protocols.Protocol";
/// What transports that read and write derive from.
pub(super) const TRANSPORT: &str = "asyncio.transports.Transport";

const BASE_PROTOCOL: &str = "asyncio.protocols.BaseProtocol";
const BASE_TRANSPORT: &str = "asyncio.transports.BaseTransport";
const READ_TRANSPORT: &str = "asyncio.transports.ReadTransport";
const WRITE_TRANSPORT: &str = "asyncio.transports.WriteTransport";

/// A class with the names of its bases, what its instances have, and its methods.
type Base = (&'static str, &'static [&'static str], u32, &'static [Declaration]);

const BASES: &[Base] = &[
    (BASE_PROTOCOL, &[], 0, BASE_PROTOCOL_METHODS),
    (PROTOCOL, &[BASE_PROTOCOL], 0, PROTOCOL_METHODS),
    (BASE_TRANSPORT, &[], Class::HAS_DICTIONARY, BASE_TRANSPORT_METHODS),
    (READ_TRANSPORT, &[BASE_TRANSPORT], Class::HAS_DICTIONARY, READ_TRANSPORT_METHODS),
    (WRITE_TRANSPORT, &[BASE_TRANSPORT], Class::HAS_DICTIONARY, WRITE_TRANSPORT_METHODS),
    (TRANSPORT, &[READ_TRANSPORT, WRITE_TRANSPORT], Class::HAS_DICTIONARY, &[]),
];

/// What a transport calls; it does nothing unless a class says what.
const fn upcall(signature: &'static str, doc: &'static str) -> Declaration {
    plain(signature, nothing, doc)
}

/// What every transport has to have.
const fn required(signature: &'static str, doc: &'static str) -> Declaration {
    plain(signature, not_implemented, doc)
}

const BASE_PROTOCOL_METHODS: &[Declaration] = &[
    upcall("connection_made(self, transport)", "Called when there is a connection."),
    upcall("connection_lost(self, exc)", "Called when the connection is lost or closed."),
    upcall("pause_writing(self)", "Called when there is too much to be written."),
    upcall("resume_writing(self)", "Called when that is over."),
];

const PROTOCOL_METHODS: &[Declaration] = &[
    upcall("data_received(self, data)", "Called with bytes that have come in."),
    upcall("eof_received(self)", "Called when the other end writes no more; True keeps the transport open."),
];

const BASE_TRANSPORT_METHODS: &[Declaration] = &[
    plain("__init__(self, extra=None)", half, "Initialize self."),
    plain("get_extra_info(self, name, default=None)", half, "Return something about the connection."),
    required("is_closing(self)", "Return True if the transport is closing or closed."),
    required("close(self)", "Close the transport after what is to be written."),
    required("set_protocol(self, protocol)", "Set the protocol."),
    required("get_protocol(self)", "Return the protocol."),
];

const READ_TRANSPORT_METHODS: &[Declaration] = &[
    required("is_reading(self)", "Return True if the transport reads."),
    required("pause_reading(self)", "Read no more for now."),
    required("resume_reading(self)", "Read again."),
];

const WRITE_TRANSPORT_METHODS: &[Declaration] = &[
    required("set_write_buffer_limits(self, high=None, low=None)", "Set the water marks."),
    required("get_write_buffer_size(self)", "Return how many bytes are still to be written."),
    required("get_write_buffer_limits(self)", "Return the low and the high water mark."),
    required("write(self, data)", "Write bytes, now or as soon as that is possible."),
    plain("writelines(self, list_of_data)", half, "Write several pieces."),
    required("write_eof(self)", "Close the writing half after what is to be written."),
    required("can_write_eof(self)", "Return True if the writing half can be closed alone."),
    required("abort(self)", "Close the transport at once."),
];

/// The method that does nothing.
pub(super) fn nothing(_: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Ok(Value::NONE)
}

fn not_implemented(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error_with(LayoutId::NOT_IMPLEMENTED_ERROR, &[]))
}

/// The class of a name, which has been made.
pub(super) fn class(cx: &Context, name: &str) -> Ref<Class> {
    cx.module_state[name].get().expect("the module has made its classes")
}

pub(super) fn install(cx: &mut Context, module: Ref<Module>) {
    for &(name, bases, flags, methods) in BASES {
        let bases: Vec<_> = bases.iter().map(|base| class(cx, base)).collect();
        let tables = ClassTables { methods, ..ClassTables::NONE };
        let class = module::make_class(cx, name, &bases, Some(Kind::Instance), flags, &tables);
        instance::add_accessors(cx, class);
        cx.module_state.insert(name, class.value());
        module.dict().set_interned(class.name.get(), class.value());
    }
}
