//! `Session`: one side of a TLS connection over buffers. Whoever has the socket feeds it what arrives, sends what it
//! has for the peer, and in between reads and writes plain bytes. It never waits: what needs more bytes says so.
//!
//! Bytes are looked at one record at a time and only when something is asked for, so a peer that sends faster than
//! is read fills the buffer of the caller and nothing else.

use std::io::{BufRead, Write as _};
use std::sync::{Arc, PoisonError};

use rustls::pki_types::{CertificateDer, DnsName, ServerName};
use rustls::server::{Accepted, Acceptor};
use rustls::{ClientConnection, Connection, ProtocolVersion};

use super::alert;
use super::buffer::Buffer;
use super::cipher::Cipher;
use super::error::Error;
use super::settings::Settings;
use super::verifier::{Host, SharedOutcome, Verifier};

/// The length of what stands before each record.
const HEADER: usize = 5;

/// How far a handshake has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is done.
    Done,
    /// Bytes of the peer are needed.
    WantsInput,
    /// A server knows what its client wants, and its settings can still be changed. Said once, where it was asked
    /// for by `ask_about_hello`.
    Hello,
}

/// What reading plain bytes came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// Some bytes, at least one.
    Data(Vec<u8>),
    /// The peer has said that there will be no more.
    Closed,
    /// The handshake is not done, or bytes of the peer are needed.
    Waits(Progress),
}

/// What there is to be read.
enum Found {
    /// Plain bytes.
    Plain,
    /// The end: the peer has said that there will be no more.
    Close,
    /// Nothing yet.
    Nothing(Progress),
}

/// Where in the sequence of records the bytes are that come next.
#[derive(Default)]
struct Position {
    /// The header of the record under way.
    header: [u8; HEADER],
    /// How much of it is there.
    header_length: usize,
    /// How much of the body is still to come.
    body_left: usize,
}

impl Position {
    /// Moves on, to the end of the record or of the bytes, and says by how many.
    fn advance(&mut self, bytes: &[u8]) -> usize {
        let mut taken = 0;
        if self.body_left == 0 {
            if self.header_length == HEADER {
                self.header_length = 0;
            }
            taken = bytes.len().min(HEADER - self.header_length);
            self.header[self.header_length..self.header_length + taken].copy_from_slice(&bytes[..taken]);
            self.header_length += taken;
            if self.header_length < HEADER {
                return taken;
            }
            self.body_left = u16::from_be_bytes([self.header[3], self.header[4]]) as usize;
        }
        let body = self.body_left.min(bytes.len() - taken);
        self.body_left -= body;
        taken + body
    }
}

enum State {
    /// A server that has not heard all of what its client wants.
    Listening(Box<Acceptor>),
    /// It has heard it.
    Heard(Box<Accepted>),
    /// The rest.
    Connected(Box<Connection>),
    /// It has failed before it was connected.
    Failed,
}

/// One side of a TLS connection.
pub struct Session {
    /// What has come from the peer and has not been looked at.
    pub incoming: Buffer,
    /// What is to be sent to the peer.
    pub outgoing: Buffer,
    state: State,
    position: Position,
    settings: Arc<Settings>,
    outcome: SharedOutcome,
    is_server: bool,
    asks_about_hello: bool,
    /// The name the client wants, of a server.
    wanted_name: Option<String>,
    /// The suites that the client offers, of a server.
    offered: Vec<&'static Cipher>,
    /// Plain bytes that can be read at once.
    pending: usize,
    has_sent_close: bool,
    has_received_close: bool,
    failure: Option<Error>,
}

impl Session {
    fn new(settings: Arc<Settings>, is_server: bool, state: State) -> Session {
        Session {
            incoming: Buffer::default(),
            outgoing: Buffer::default(),
            state,
            position: Position::default(),
            settings,
            outcome: SharedOutcome::default(),
            is_server,
            asks_about_hello: false,
            wanted_name: None,
            offered: Vec::new(),
            pending: 0,
            has_sent_close: false,
            has_received_close: false,
            failure: None,
        }
    }

    /// A client's side, of a connection to a server of this name. If nothing can come of it, the handshake says so.
    pub fn client(settings: Arc<Settings>, host: Option<Host>) -> Session {
        let mut session = Session::new(settings, false, State::Failed);
        match session.connect(host) {
            Ok(connection) => session.state = State::Connected(Box::new(connection)),
            Err(error) => session.failure = Some(error),
        }
        session
    }

    fn connect(&self, host: Option<Host>) -> Result<Connection, Error> {
        // rustls wants a name in any case; this one is not sent.
        let nameless = DnsName::try_from("nameless.invalid").map(ServerName::DnsName);
        let name = match &host {
            Some(host) => host.name.clone(),
            None => nameless.map_err(|_| Error::named("BAD_VALUE"))?,
        };
        let sends_name = host.is_some();
        let verifier = Verifier::new(self.settings.clone(), host, self.outcome.clone());
        let config = self.settings.client_config(verifier, sends_name)?;
        let connection = ClientConnection::new(Arc::new(config), name);
        let mut connection = connection.map_err(|error| Error::from_rustls(&error, &[], false))?;
        connection.set_buffer_limit(None);
        Ok(connection.into())
    }

    /// A server's side.
    pub fn server(settings: Arc<Settings>) -> Session {
        Session::new(settings, true, State::Listening(Box::default()))
    }

    // ----- the encrypted side

    /// Takes in bytes of the peer.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.incoming.push(bytes);
    }

    /// The peer sends no more.
    pub fn feed_end(&mut self) {
        self.incoming.end();
    }

    /// Takes out all that is to be sent to the peer.
    pub fn take_output(&mut self) -> Vec<u8> {
        self.outgoing.take(usize::MAX)
    }

    // ----- the handshake

    /// Has a server's handshake stop once at `Progress::Hello`.
    pub fn ask_about_hello(&mut self) {
        self.asks_about_hello = true;
    }

    /// The name of the server that the client wants, if it has said one.
    pub fn wanted_name(&self) -> Option<&str> {
        self.wanted_name.as_deref()
    }

    /// Goes on with other settings: after `Progress::Hello`.
    pub fn use_settings(&mut self, settings: Arc<Settings>) {
        self.settings = settings;
    }

    /// Ends a handshake with an alert: after `Progress::Hello`.
    pub fn refuse(&mut self, number: u8, reason: &'static str) -> Error {
        self.outgoing.push(&alert::fatal(number));
        self.state = State::Failed;
        self.fail(Error::named(reason))
    }

    /// Goes on with the handshake as far as it can.
    pub fn handshake(&mut self) -> Result<Progress, Error> {
        loop {
            if let Some(failure) = &self.failure {
                return Err(failure.clone());
            }
            match &self.state {
                State::Heard(_) if self.asks_about_hello => {
                    self.asks_about_hello = false;
                    return Ok(Progress::Hello);
                }
                State::Heard(_) => self.accept()?,
                State::Connected(_) => self.flush(),
                State::Listening(_) | State::Failed => {}
            }
            if self.is_connected() {
                return Ok(Progress::Done);
            }
            if !self.step()? {
                return self.missing().map(|()| Progress::WantsInput);
            }
        }
    }

    /// Is the handshake done?
    pub fn is_connected(&self) -> bool {
        self.connection().is_some_and(|connection| !connection.is_handshaking())
    }

    /// There are no bytes to look at: an error if there will be none either.
    fn missing(&mut self) -> Result<(), Error> {
        if self.incoming.has_ended() { Err(self.fail(Error::unexpected_end())) } else { Ok(()) }
    }

    /// Makes a connection of what the client wants.
    fn accept(&mut self) -> Result<(), Error> {
        let State::Heard(accepted) = std::mem::replace(&mut self.state, State::Failed) else { return Ok(()) };
        if self.settings.identities.is_empty() {
            return Err(self.refuse(alert::HANDSHAKE_FAILURE, "NO_SHARED_CIPHER"));
        }
        let hello = accepted.client_hello();
        let protocols: Vec<Vec<u8>> = hello.alpn().into_iter().flatten().map(|name| name.to_vec()).collect();
        let verifier = Verifier::new(self.settings.clone(), None, self.outcome.clone());
        let config = match self.settings.server_config(verifier, &protocols) {
            Ok(config) => config,
            Err(error) => {
                self.outgoing.push(&alert::fatal(alert::INTERNAL_ERROR));
                return Err(self.fail(error));
            }
        };
        match accepted.into_connection(Arc::new(config)) {
            Ok(mut connection) => {
                connection.set_buffer_limit(None);
                self.state = State::Connected(Box::new(connection.into()));
                self.flush();
                Ok(())
            }
            Err((error, mut alert)) => {
                // Writing to a buffer cannot fail.
                let _ = alert.write_all(&mut self.outgoing);
                Err(self.fail_by(&error))
            }
        }
    }

    // ----- records

    /// Looks at the next record, or at as much of it as there is; false if there is nothing.
    fn step(&mut self) -> Result<bool, Error> {
        if self.incoming.is_empty() {
            return Ok(false);
        }
        let count = self.position.advance(self.incoming.bytes());
        let result = match self.position.header_length < HEADER {
            // Judged only by its whole header.
            true => self.hand_over(count),
            false => self.hand_over(count).and_then(|()| self.process()),
        };
        self.incoming.consume(count);
        self.flush();
        result.map(|()| true).map_err(|error| self.fail_by(&error))
    }

    /// Gives rustls the first `count` bytes.
    fn hand_over(&mut self, count: usize) -> Result<(), rustls::Error> {
        let mut bytes = &self.incoming.bytes()[..count];
        while !bytes.is_empty() {
            let taken = match &mut self.state {
                State::Connected(connection) => connection.read_tls(&mut bytes),
                State::Listening(acceptor) => acceptor.read_tls(&mut bytes),
                State::Heard(_) | State::Failed => return Ok(()),
            };
            match taken {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) => return Err(rustls::Error::General(error.to_string())),
            }
        }
        Ok(())
    }

    /// Has rustls look at what it has been given.
    fn process(&mut self) -> Result<(), rustls::Error> {
        match &mut self.state {
            State::Connected(connection) => {
                let state = connection.process_new_packets()?;
                self.pending = state.plaintext_bytes_to_read();
                self.has_received_close = state.peer_has_closed();
            }
            State::Listening(acceptor) => match acceptor.accept() {
                Ok(Some(accepted)) => self.hear(accepted),
                Ok(None) => {}
                Err((error, mut alert)) => {
                    // Writing to a buffer cannot fail.
                    let _ = alert.write_all(&mut self.outgoing);
                    return Err(error);
                }
            },
            State::Heard(_) | State::Failed => {}
        }
        Ok(())
    }

    /// Writes down what a client wants.
    fn hear(&mut self, accepted: Accepted) {
        let hello = accepted.client_hello();
        self.wanted_name = hello.server_name().map(str::to_string);
        self.offered = hello.cipher_suites().iter().filter_map(|suite| Cipher::find(*suite)).collect();
        self.state = State::Heard(Box::new(accepted));
    }

    /// Moves what rustls has for the peer to where the caller finds it.
    fn flush(&mut self) {
        if let State::Connected(connection) = &mut self.state {
            // Writing to a buffer cannot fail.
            while connection.wants_write() && connection.write_tls(&mut self.outgoing).is_ok() {}
        }
    }

    fn fail_by(&mut self, error: &rustls::Error) -> Error {
        let refused = self.outcome.lock().unwrap_or_else(PoisonError::into_inner).error.clone();
        let header = &self.position.header[..self.position.header_length];
        let error = match (error, refused) {
            (rustls::Error::InvalidCertificate(_), Some(refused)) => refused,
            _ => Error::from_rustls(error, header, self.is_server),
        };
        self.fail(error)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.failure = Some(error.clone());
        error
    }

    // ----- the plain side

    /// Reads up to `limit` bytes, of one record.
    pub fn read(&mut self, limit: usize) -> Result<Read, Error> {
        Ok(match self.look()? {
            Found::Plain => Read::Data(self.take_plain(limit)),
            Found::Close => Read::Closed,
            Found::Nothing(progress) => Read::Waits(progress),
        })
    }

    /// Reads all that can be read for now to the end of `plain`, also what comes before an error. True: the peer has
    /// said that there will be no more.
    pub fn read_all(&mut self, plain: &mut Vec<u8>) -> Result<bool, Error> {
        loop {
            match self.look()? {
                Found::Plain => self.move_plain(usize::MAX, plain),
                Found::Close => return Ok(true),
                Found::Nothing(_) => return Ok(false),
            }
        }
    }

    /// Would `read_all` find anything?
    pub fn has_news(&self) -> bool {
        self.pending > 0
            || !self.incoming.is_empty()
            || self.incoming.has_ended()
            || self.has_received_close
            || self.failure.is_some()
    }

    /// Looks at records until there are plain bytes, or there is no more to look at.
    fn look(&mut self) -> Result<Found, Error> {
        if self.pending == 0 {
            match self.handshake()? {
                Progress::Done => {}
                progress => return Ok(Found::Nothing(progress)),
            }
        }
        loop {
            if self.pending > 0 {
                return Ok(Found::Plain);
            }
            if self.has_received_close {
                return Ok(Found::Close);
            }
            if !self.step()? {
                if self.incoming.has_ended() && self.settings.ignores_unexpected_end {
                    return Ok(Found::Close);
                }
                return self.missing().map(|()| Found::Nothing(Progress::WantsInput));
            }
        }
    }

    fn take_plain(&mut self, limit: usize) -> Vec<u8> {
        let mut data = Vec::new();
        self.move_plain(limit, &mut data);
        data
    }

    /// Moves up to `limit` bytes of what has been decrypted to the end of `plain`.
    fn move_plain(&mut self, limit: usize, plain: &mut Vec<u8>) {
        let State::Connected(connection) = &mut self.state else { return };
        let mut reader = connection.reader();
        // There are some, which is all that could fail.
        let bytes = reader.fill_buf().unwrap_or_default();
        let count = limit.min(bytes.len());
        plain.extend_from_slice(&bytes[..count]);
        reader.consume(count);
        self.pending = if count == 0 { 0 } else { self.pending.saturating_sub(count) };
    }

    /// How many plain bytes can be read without looking at more records.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Encrypts bytes, all of them, if the handshake is done; else says what it waits for.
    pub fn write(&mut self, bytes: &[u8]) -> Result<Progress, Error> {
        if self.has_sent_close {
            return Err(Error::named("PROTOCOL_IS_SHUTDOWN"));
        }
        let progress = self.handshake()?;
        if progress == Progress::Done
            && let State::Connected(connection) = &mut self.state
        {
            // Without a limit all is taken, and failures have been looked for.
            let _ = connection.writer().write_all(bytes);
            self.flush();
        }
        Ok(progress)
    }

    // ----- the end

    /// Tells the peer that no more will be written.
    pub fn send_close(&mut self) {
        if let State::Connected(connection) = &mut self.state
            && !self.has_sent_close
        {
            connection.send_close_notify();
            self.has_sent_close = true;
            self.flush();
        }
    }

    /// Tells the peer that no more will be written, and looks whether it says the same. Nothing else may come from
    /// it any more.
    pub fn close(&mut self) -> Result<Progress, Error> {
        if !self.is_connected() || self.failure.is_some() {
            return Err(Error::named("SHUTDOWN_WHILE_IN_INIT"));
        }
        self.send_close();
        while !self.has_received_close {
            if self.pending > 0 {
                return Err(Error::named("APPLICATION_DATA_AFTER_CLOSE_NOTIFY"));
            }
            if !self.step()? {
                return self.missing().map(|()| Progress::WantsInput);
            }
        }
        Ok(Progress::Done)
    }

    /// Has the peer been told that no more will be written?
    pub fn has_sent_close(&self) -> bool {
        self.has_sent_close
    }

    /// Has the peer said that it will write no more?
    pub fn has_received_close(&self) -> bool {
        self.has_received_close
    }

    // ----- what has been agreed on

    fn connection(&self) -> Option<&Connection> {
        match &self.state {
            State::Connected(connection) => Some(connection),
            _ => None,
        }
    }

    /// The connection after its handshake.
    fn agreed(&self) -> Option<&Connection> {
        self.connection().filter(|connection| !connection.is_handshaking())
    }

    /// Is it the side of a server?
    pub fn is_server(&self) -> bool {
        self.is_server
    }

    /// What it was made with, or was given since.
    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The name of the version.
    pub fn version(&self) -> Option<&'static str> {
        match self.agreed()?.protocol_version()? {
            ProtocolVersion::TLSv1_3 => Some("TLSv1.3"),
            _ => Some("TLSv1.2"),
        }
    }

    /// The cipher suite.
    pub fn cipher(&self) -> Option<&'static Cipher> {
        Cipher::find(self.agreed()?.negotiated_cipher_suite()?.suite())
    }

    /// The cipher suites that both sides of a server's connection know, as the client prefers them.
    pub fn shared_ciphers(&self) -> Vec<&'static Cipher> {
        let own = &self.settings.ciphers;
        self.offered.iter().filter(|cipher| own.iter().any(|other| other.id == cipher.id)).copied().collect()
    }

    /// The application protocol.
    pub fn protocol(&self) -> Option<&[u8]> {
        self.agreed()?.alpn_protocol()
    }

    /// The certificates that the peer has shown, its own first.
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        self.agreed().and_then(|connection| connection.peer_certificates()).unwrap_or_default()
    }

    /// The certificates from the peer's to the trusted one, as far as they are known.
    pub fn verified_chain(&self) -> Vec<Vec<u8>> {
        match self.agreed() {
            Some(_) => self.outcome.lock().unwrap_or_else(PoisonError::into_inner).chain.clone(),
            None => Vec::new(),
        }
    }
}
