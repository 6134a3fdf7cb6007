//! `_SSLContext`: the settings of connections, as scripts set them.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::object::arguments::{Truth, text};
use crate::object::class::Class;
use crate::object::context::Context;
use crate::object::extension::{Data, Extension, Of};
use crate::object::heap::{Marker, Ref};
use crate::object::kind::Kind;
use crate::object::module::{ClassTables, Module, make_class};
use crate::object::native::{Args, Declaration, FromValue, Stop, plain};
use crate::object::value::Value;
use crate::tls::error::Error;
use crate::tls::session::Session;
use crate::tls::settings::{Settings, TLS_1_2, TLS_1_3, Verify};
use crate::tls::verifier::Host;

use super::argument::{number, this};
use super::attributes::ATTRIBUTES;
use super::choices::{get_ciphers, set_ciphers, set_group, set_protocols};
use super::loading::{cert_store_stats, get_ca_certs, load_cert_chain, load_verify_locations, set_defaults};
use super::memory_bio::MemoryBio;
use super::{connection, error};

const METHODS: &[Declaration] = &[
    plain("__new__(cls, protocol, /)", new, "The settings of TLS connections."),
    plain(
        "load_cert_chain(self, certfile, keyfile=None, password=None)",
        load_cert_chain,
        "Show a certificate, those that vouch for it, and have its private key.",
    ),
    plain(
        "load_verify_locations(self, cafile=None, capath=None, cadata=None)",
        load_verify_locations,
        "Trust the authorities in a file, a folder or a text.",
    ),
    plain("set_default_verify_paths(self, /)", set_defaults, "Trust the public authorities or those of SSL_CERT_FILE."),
    plain("set_ciphers(self, cipherlist, /)", set_ciphers, "Choose the cipher suites before TLS 1.3 by a list."),
    plain("get_ciphers(self, /)", get_ciphers, "Return a list of dicts about the cipher suites."),
    plain("set_ecdh_curve(self, name, /)", set_group, "Exchange keys by one curve only."),
    plain("_set_protocols(self, protocols, /)", set_protocols, "Offer or accept application protocols."),
    plain("cert_store_stats(self, /)", cert_store_stats, "Return how many certificates are trusted, by kind."),
    plain("get_ca_certs(self, binary_form=False)", get_ca_certs, "Return the certificates of trusted authorities."),
    plain(
        "_connect(self, incoming, outgoing, server_side, server_hostname, asks, /)",
        connect,
        "Begin a connection between two MemoryBIOs.",
    ),
    plain(
        "_connect_carried(self, server_side, server_hostname, asks, /)",
        connect_carried,
        "Begin a connection whose bytes a transport carries.",
    ),
];

const PROTOCOL_TLS: i64 = 2;
const PROTOCOL_TLS_1_2: i64 = 5;
const PROTOCOL_CLIENT: i64 = 16;
const PROTOCOL_SERVER: i64 = 17;

/// Bits of `options` that exclude versions.
const OPTION_NO_TLS_1_2: i64 = 1 << 27;
const OPTION_NO_TLS_1_3: i64 = 1 << 29;
/// Those that are set from the start: also ones that ask for what is never done in any case.
const DEFAULT_OPTIONS: i64 = 0x8252_0050;

/// The bit of `verify_flags` that is set from the start.
const FLAG_TRUSTED_FIRST: i64 = 1 << 15;

/// A version that stands for the lowest there is.
pub const MINIMUM_SUPPORTED: i64 = -2;
/// And for the highest.
pub const MAXIMUM_SUPPORTED: i64 = -1;

/// The class.
pub fn fill(cx: &mut Context, module: Ref<Module>) {
    let tables = ClassTables { methods: METHODS, attributes: ATTRIBUTES, ..ClassTables::NONE };
    let class = make_class(cx, "_ssl._SSLContext", &[], Some(Kind::Extension), Class::WEAKLY, &tables);
    module.set(cx, "_SSLContext", class.value());
}

/// The settings, and the numbers that they were set by.
pub struct SslContext {
    /// What connections are made with.
    pub settings: RefCell<Arc<Settings>>,
    /// `protocol`
    pub protocol: i64,
    /// `options`
    pub options: Cell<i64>,
    /// `verify_flags`
    pub flags: Cell<i64>,
    /// `minimum_version`
    pub minimum: Cell<i64>,
    /// `maximum_version`
    pub maximum: Cell<i64>,
    /// `keylog_filename`
    pub key_log: Cell<Value>,
}

impl Data for SslContext {
    fn trace(&self, marker: &mut Marker) {
        marker.cell(&self.key_log);
    }
}

impl SslContext {
    /// Changes the settings; connections there are keep theirs.
    pub fn change<T>(&self, work: impl FnOnce(&mut Settings) -> T) -> T {
        work(Arc::make_mut(&mut self.settings.borrow_mut()))
    }

    /// Has the settings follow the numbers of versions and options.
    pub fn use_versions(&self) {
        let (minimum, maximum, options) = (self.minimum.get(), self.maximum.get(), self.options.get());
        let excluded = [(OPTION_NO_TLS_1_2, TLS_1_2), (OPTION_NO_TLS_1_3, TLS_1_3)];
        self.change(|settings| {
            settings.minimum = match minimum {
                MINIMUM_SUPPORTED => 0,
                MAXIMUM_SUPPORTED => TLS_1_3,
                number => number as u16,
            };
            settings.maximum = if maximum == MAXIMUM_SUPPORTED { u16::MAX } else { maximum as u16 };
            settings.excluded =
                excluded.iter().filter(|(option, _)| options & option != 0).map(|(_, version)| *version).collect();
        });
    }
}

/// The settings of a context, as they are now.
pub fn settings_of(value: Value) -> Option<Arc<Settings>> {
    Of::<SslContext>::from(value).map(|context| context.settings.borrow().clone())
}

fn new(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let class: Ref<Class> = FromValue::from_value(cx, args.get(0), 0)?;
    let protocol = number(cx, args.get(1))?;
    if ![PROTOCOL_TLS, PROTOCOL_TLS_1_2, PROTOCOL_CLIENT, PROTOCOL_SERVER].contains(&protocol) {
        return Err(cx.value_error(format!("invalid or unsupported protocol version {protocol}")));
    }
    let is_client = protocol == PROTOCOL_CLIENT;
    let verify = if is_client { Verify::Required } else { Verify::None };
    let settings = Settings { verify, checks_host_name: is_client, ..Settings::default() };
    let only = protocol == PROTOCOL_TLS_1_2;
    let context = SslContext {
        settings: RefCell::new(Arc::new(settings)),
        protocol,
        options: Cell::new(DEFAULT_OPTIONS),
        flags: Cell::new(FLAG_TRUSTED_FIRST),
        minimum: Cell::new(TLS_1_2 as i64),
        maximum: Cell::new(if only { TLS_1_2 as i64 } else { MAXIMUM_SUPPORTED }),
        key_log: Cell::new(Value::NONE),
    };
    context.use_versions();
    Ok(Extension::allocate(cx, class, context))
}

// ----- connections

fn bio(cx: &mut Context, value: Value, name: &str) -> Result<Of<MemoryBio>, Stop> {
    Of::from(value).ok_or_else(|| {
        let found = cx.type_name(value);
        cx.type_error(format!("_wrap_bio() argument '{name}' must be _ssl.MemoryBIO, not {found}"))
    })
}

fn connect(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let (incoming, outgoing) = (bio(cx, args.get(1), "incoming")?, bio(cx, args.get(2), "outgoing")?);
    let session = session_as_asked(cx, args, 3)?;
    Ok(connection::make(cx, session, incoming.value(), outgoing.value()))
}

fn connect_carried(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let session = session_as_asked(cx, args, 1)?;
    Ok(connection::make(cx, session, Value::NONE, Value::NONE))
}

/// A session as three arguments from `first` on have it: the side, the name of the server, and whether it asks about
/// the name that a client wants.
fn session_as_asked(cx: &mut Context, args: Args<'_>, first: usize) -> Result<Session, Stop> {
    let (is_server, asks) = (Truth::of(cx, args.get(first), first)?, Truth::of(cx, args.get(first + 2), first + 2)?);
    let mut session = new_session(cx, args.get(0), is_server, args.get(first + 1))?;
    if asks {
        session.ask_about_hello();
    }
    Ok(session)
}

/// A session with the settings of a context; a client's with a server of this name, which is a str or None.
fn new_session(cx: &mut Context, context: Value, is_server: bool, host: Value) -> Result<Session, Stop> {
    let context = this(cx, context)?;
    let unfit = match context.protocol {
        PROTOCOL_CLIENT if is_server => Some("Cannot create a server socket with a PROTOCOL_TLS_CLIENT context"),
        PROTOCOL_SERVER if !is_server => Some("Cannot create a client socket with a PROTOCOL_TLS_SERVER context"),
        _ => None,
    };
    if let Some(text) = unfit {
        return Err(error::raise(cx, &Error::plain(text)));
    }
    let settings = context.settings.borrow().clone();
    if is_server {
        return Ok(Session::server(settings));
    }
    let host = parse_host(cx, host)?;
    if host.is_none() && settings.checks_host_name {
        return Err(cx.value_error("check_hostname requires server_hostname"));
    }
    Ok(Session::client(settings, host))
}

/// The name of a server that a client means to talk to.
fn parse_host(cx: &mut Context, value: Value) -> Result<Option<Host>, Stop> {
    if value.is_none() {
        return Ok(None);
    }
    let name = text(cx, value, "server_hostname")?;
    let name = name.text();
    if name.is_empty() || name.starts_with('.') {
        return Err(cx.value_error("server_hostname cannot be an empty string or start with a leading dot."));
    }
    match Host::parse(&name) {
        Some(host) => Ok(Some(host)),
        None => Err(cx.value_error("server_hostname is no name of a host and no address")),
    }
}
