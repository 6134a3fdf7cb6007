//! A TLS session as an object: between two `MemoryBIO`s, or one whose bytes a transport of an event loop carries.

use std::cell::RefCell;
use std::mem::swap;

use crate::modules::buffer::{Target, read as bytes_of_argument};
use crate::object::arguments::{Index, Truth};
use crate::object::bytes::Bytes;
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::function::Attribute;
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;
use crate::tls::alert::INTERNAL_ERROR;
use crate::tls::cipher::Cipher;
use crate::tls::session::{Progress, Read, Session};
use crate::tls::settings::Verify;

use super::context::settings_of;
use super::memory_bio::MemoryBio;
use super::{certificate, error};

const METHODS: &[Declaration] = &[
    plain("do_handshake(self, /)", do_handshake, "Go on; return whether a server has to look at what is wanted."),
    plain("wanted_name(self, /)", wanted_name, "Return the name of the server that the client wants."),
    plain("use_context(self, context, /)", use_context, "Go on with the settings of another context."),
    plain("refuse(self, alert, /)", refuse, "End the handshake with an alert."),
    plain("read(self, size, buffer=<unset>, /)", read, "Return up to size bytes, or put them into a buffer."),
    plain("write(self, data, /)", write, "Encrypt bytes; return how many."),
    plain("shutdown(self, /)", shutdown, "Close both directions."),
    plain("pending(self, /)", pending, "Return how many bytes can be read at once."),
    plain("version(self, /)", version, "Return the name of the version."),
    plain("cipher(self, /)", cipher, "Return name, protocol and bits of the cipher suite."),
    plain("shared_ciphers(self, /)", shared_ciphers, "Return the cipher suites that both sides know."),
    plain("selected_alpn_protocol(self, /)", protocol, "Return the application protocol."),
    plain("getpeercert(self, binary_form=False, /)", getpeercert, "Return the certificate of the peer."),
    plain("get_verified_chain(self, /)", verified_chain, "Return the certificates up to the trusted one."),
    plain("get_unverified_chain(self, /)", unverified_chain, "Return the certificates that the peer has shown."),
];

const ATTRIBUTES: &[Attribute] =
    &[Attribute { name: "server_side", get: server_side, set: None, doc: "Whether this is the side of a server." }];

const CLASS: &str = "_ssl._Connection";

/// The class.
pub fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let flags = Class::FINAL | Class::NOT_CALLABLE;
    let class = make_class(cx, CLASS, &[], Some(Kind::Extension), flags, &tables);
    cx.module_state.insert(CLASS, class.value());
    module.set(cx, "_Connection", class.value());
}

/// A session and the buffers on its encrypted side.
pub struct Connection {
    /// The session.
    pub session: RefCell<Session>,
    /// The MemoryBIO that it reads from; None where the session has its own bytes.
    incoming: Value,
    /// The one that it writes to, likewise.
    outgoing: Value,
}

impl Data for Connection {
    fn trace(&self, marker: &mut Marker) {
        marker.value(self.incoming);
        marker.value(self.outgoing);
    }
}

/// An object for a session, which reads from one MemoryBIO and writes to another; None where somebody else moves its
/// bytes.
pub fn make(cx: &mut Context, session: Session, incoming: Value, outgoing: Value) -> Value {
    let class: Ref<Class> = cx.module_state[CLASS].get().expect("the class was made with the module");
    Extension::allocate(cx, class, Connection { session: RefCell::new(session), incoming, outgoing })
}

impl Connection {
    /// Does something with the session, whose buffers are for that time those of the script.
    fn with<T>(&self, work: impl FnOnce(&mut Session) -> T) -> T {
        let session = &mut *self.session.borrow_mut();
        let exchange = |session: &mut Session| {
            if let Some(bio) = Of::<MemoryBio>::from(self.incoming) {
                swap(&mut session.incoming, &mut *bio.0.borrow_mut());
            }
        };
        exchange(session);
        let result = work(session);
        exchange(session);
        if let Some(bio) = Of::<MemoryBio>::from(self.outgoing) {
            bio.0.borrow_mut().push(session.outgoing.bytes());
            session.outgoing.consume(usize::MAX);
        }
        result
    }
}

// ----- what moves bytes

fn do_handshake(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    match connection.with(Session::handshake) {
        Ok(Progress::Done) => Ok(Value::FALSE),
        Ok(Progress::Hello) => Ok(Value::TRUE),
        Ok(Progress::WantsInput) => Err(error::want_read(cx)),
        Err(failure) => Err(error::raise(cx, &failure)),
    }
}

fn wanted_name(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let session = connection.session.borrow();
    Ok(session.wanted_name().map_or(Value::NONE, |name| cx.str(name)))
}

fn use_context(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, context): (Of<Connection>, Value) = args.take(cx)?;
    let Some(settings) = settings_of(context) else { return Err(cx.type_error("The value must be a SSLContext")) };
    connection.session.borrow_mut().use_settings(settings);
    Ok(Value::NONE)
}

fn refuse(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, Index(alert)): (Of<Connection>, Index) = args.take(cx)?;
    let alert = u8::try_from(alert).unwrap_or(INTERNAL_ERROR);
    let failure = connection.with(|session| session.refuse(alert, "CALLBACK_FAILED"));
    Err(error::raise(cx, &failure))
}

fn read(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, Index(size), buffer): (Of<Connection>, Index, Value) = args.take(cx)?;
    let target = match buffer.is_unbound() || buffer.is_none() {
        true => None,
        false => Some(Target::of(cx, buffer)?),
    };
    let limit = match (&target, usize::try_from(size)) {
        (Some(target), Ok(size)) if size > 0 => size.min(target.len()),
        (Some(target), _) => target.len(),
        (None, Ok(size)) => size,
        (None, Err(_)) => return Err(cx.value_error("size should not be negative")),
    };
    let data = if limit == 0 { Vec::new() } else { read_some(cx, &connection, limit)? };
    match target {
        Some(target) => {
            target.write(0, &data);
            Ok(cx.int(data.len() as i64))
        }
        None => {
            cx.charge(data.len());
            Ok(Bytes::from_vec(cx, data))
        }
    }
}

/// Up to `limit` bytes; none at the end.
fn read_some(cx: &mut Context, connection: &Connection, limit: usize) -> Result<Vec<u8>, Stop> {
    match connection.with(|session| (session.read(limit), session.has_sent_close())) {
        (Ok(Read::Data(data)), _) => Ok(data),
        (Ok(Read::Closed), false) => Ok(Vec::new()),
        (Ok(Read::Closed), true) => Err(error::zero_return(cx)),
        (Ok(Read::Waits(_)), _) => Err(error::want_read(cx)),
        (Err(failure), _) => Err(error::raise(cx, &failure)),
    }
}

fn write(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, data): (Of<Connection>, Value) = args.take(cx)?;
    let bytes = bytes_of_argument(cx, data, 1)?;
    cx.reserve(bytes.len())?;
    match connection.with(|session| session.write(&bytes)) {
        Ok(Progress::Done) => Ok(cx.int(bytes.len() as i64)),
        Ok(_) => Err(error::want_read(cx)),
        Err(failure) => Err(error::raise(cx, &failure)),
    }
}

fn shutdown(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    match connection.with(Session::close) {
        Ok(Progress::Done) => Ok(Value::NONE),
        Ok(_) => Err(error::want_read(cx)),
        Err(failure) => Err(error::raise(cx, &failure)),
    }
}

fn pending(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let count = connection.session.borrow().pending();
    Ok(cx.int(count as i64))
}

// ----- what has been agreed on

fn server_side(_: &mut Context, value: Value) -> Result<Value, Stop> {
    Ok(Value::bool(Of::<Connection>::from(value).is_some_and(|it| it.session.borrow().is_server())))
}

fn version(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let version = connection.session.borrow().version();
    Ok(version.map_or(Value::NONE, |name| cx.str(name)))
}

fn cipher_tuple(cx: &mut Context, cipher: &Cipher) -> Value {
    let items = [cx.str(cipher.name), cx.str(cipher.protocol), Value::small(cipher.bits as i64)];
    cx.tuple(&items)
}

fn cipher(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let cipher = connection.session.borrow().cipher();
    Ok(cipher.map_or(Value::NONE, |cipher| cipher_tuple(cx, cipher)))
}

fn shared_ciphers(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let shared = connection.session.borrow().shared_ciphers();
    if shared.is_empty() {
        return Ok(Value::NONE);
    }
    let items = shared.into_iter().map(|cipher| cipher_tuple(cx, cipher)).collect();
    Ok(cx.list(items))
}

fn protocol(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let protocol = connection.session.borrow().protocol().map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(protocol.map_or(Value::NONE, |name| cx.str(&name)))
}

fn getpeercert(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection, is_binary): (Of<Connection>, Truth) = args.take(cx)?;
    let session = connection.session.borrow();
    if !session.is_connected() {
        return Err(cx.value_error("handshake not done yet"));
    }
    let Some(bytes) = session.peer_certificates().first() else { return Ok(Value::NONE) };
    if is_binary.0 {
        return Ok(Bytes::allocate(cx, bytes));
    }
    if session.settings().verify == Verify::None {
        return Ok(cx.new_dict().value());
    }
    Ok(certificate::to_dict(cx, bytes).unwrap_or(Value::NONE))
}

fn verified_chain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let chain = connection.session.borrow().verified_chain();
    let items = chain.iter().map(|bytes| Bytes::allocate(cx, bytes)).collect();
    Ok(cx.list(items))
}

fn unverified_chain(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (connection,): (Of<Connection>,) = args.take(cx)?;
    let session = connection.session.borrow();
    let items = session.peer_certificates().iter().map(|bytes| Bytes::allocate(cx, bytes)).collect();
    Ok(cx.list(items))
}
