//! `Encryption`: the TLS session of a transport, and how far it has come.
//!
//! What the descriptor brings goes into the session, and what comes out of it to the protocol or back to the
//! descriptor; what is written goes into the session first. The connection is made, for its protocol, when the
//! handshake is done. It ends when both sides have said that they write no more, or when one of them just ends.

use std::cell::{Cell, RefCell};
use std::mem::take;

use crate::modules::asyncio::event_loop::{nanoseconds, seconds_argument};
use crate::modules::asyncio::transport::{Transport, Upcall, of};
use crate::modules::asyncio::water_marks::WaterMarks;
use crate::modules::ssl::{self, Connection};
use crate::object::context::Context;
use crate::object::descriptors::Direction;
use crate::object::event_loop::{Due, Handle};
use crate::object::extension::Of;
use crate::object::forward::call_half;
use crate::object::future::Future;
use crate::object::heap::Marker;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Stop};
use crate::object::value::Value;
use crate::tls::error::{Error, ErrorKind};
use crate::tls::session::{Progress, Session};

/// How far a session has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The handshake is under way.
    Handshake,
    /// Bytes go both ways.
    Open,
    /// The peer has been told that there will be no more, and has not said so itself.
    Closing,
    /// It is over.
    Closed,
}

/// What a transport with TLS keeps.
pub(super) struct Encryption {
    /// The session, as an object of module `ssl`.
    connection: Value,
    stage: Cell<Stage>,
    /// The future that is done when the handshake is, or None.
    waiter: Cell<Value>,
    /// The timer that ends a handshake or a closing that takes too long, or None.
    timer: Cell<Value>,
    /// How many seconds the peer has for saying that it writes no more.
    shutdown_timeout: f64,
    /// The protocol has heard of the connection.
    is_made: Cell<bool>,
    /// The protocol has heard that the other end writes no more.
    has_told_end: Cell<bool>,
    /// What was written during the handshake.
    early: RefCell<Vec<u8>>,
}

impl Encryption {
    /// Shows the collector every Value in it.
    pub(super) fn trace(&self, marker: &mut Marker) {
        marker.value(self.connection);
        marker.cell(&self.waiter);
        marker.cell(&self.timer);
    }

    fn with<T>(&self, work: impl FnOnce(&mut Session) -> T) -> T {
        let connection = Of::<Connection>::from(self.connection).expect("looked at when it was given");
        work(&mut connection.session.borrow_mut())
    }

    /// Is the descriptor to be read, if the reading of plain bytes rests or does not?
    pub(super) fn reads(&self, is_paused: bool) -> bool {
        match self.stage.get() {
            Stage::Handshake | Stage::Closing => true,
            Stage::Open => !is_paused,
            Stage::Closed => false,
        }
    }

    /// Has something come that has not been looked at?
    pub(super) fn has_news(&self) -> bool {
        self.with(|session| session.has_news())
    }

    /// Bytes have come from the descriptor; none: its end.
    pub(super) fn feed(&self, bytes: &[u8]) {
        self.with(|session| match bytes.is_empty() {
            true => session.feed_end(),
            false => session.feed(bytes),
        });
    }

    /// Is it over, so that the descriptor can be closed?
    pub(super) fn is_closed(&self) -> bool {
        self.stage.get() == Stage::Closed
    }

    fn cancel_timer(&self) {
        if let Some(timer) = self.timer.replace(Value::NONE).get::<Handle>() {
            timer.cancel();
        }
    }

    /// The connection is lost.
    pub(super) fn end(&self, cx: &mut Context, exception: Value) {
        self.stage.set(Stage::Closed);
        self.cancel_timer();
        let Some(waiter) = self.waiter.replace(Value::NONE).get::<Future>() else { return };
        if waiter.is_done() {
            return;
        }
        let exception = match exception {
            Value::NONE => cx.error(LayoutId::CONNECTION_ABORTED_ERROR, "the connection was closed in the handshake"),
            exception => Stop::Raise(exception),
        };
        if let Stop::Raise(exception) = exception {
            waiter.fail(cx, exception);
        }
    }
}

impl Transport {
    pub(super) fn is_encrypted(&self) -> bool {
        self.encryption.get().is_some()
    }

    /// Has the protocol heard of the connection?
    pub(super) fn is_made(&self) -> bool {
        self.encryption.get().is_none_or(|encryption| encryption.is_made.get())
    }
}

impl Of<Transport> {
    /// Does what the session can do with what it has.
    pub(super) fn advance(&self, cx: &mut Context) -> Upcall {
        let Some(encryption) = self.encryption.get() else { return Upcall::None };
        match encryption.stage.get() {
            Stage::Handshake => self.shake_hands(cx, encryption),
            Stage::Open => self.read_plain(cx, encryption),
            Stage::Closing => self.await_close(cx, encryption),
            Stage::Closed => Upcall::None,
        }
    }

    /// Sends what the session has for the peer.
    pub(super) fn send_output(&self, cx: &mut Context, encryption: &Encryption) {
        let mut output = encryption.with(|session| take(&mut session.outgoing));
        if output.is_empty() {
            return;
        }
        let sent = self.send(cx, output.bytes());
        output.consume(usize::MAX);
        encryption.with(|session| session.outgoing = output);
        if let Err(Stop::Raise(exception)) = sent {
            self.force_close(cx, exception);
        }
    }

    /// The session has failed: the peer is told, and the protocol with the loss of the connection.
    fn fail(&self, cx: &mut Context, encryption: &Encryption, error: &Error) -> Upcall {
        self.send_output(cx, encryption);
        if let Stop::Raise(exception) = ssl::raise(cx, error) {
            self.force_close(cx, exception);
        }
        Upcall::None
    }

    // ----- the handshake

    fn shake_hands(&self, cx: &mut Context, encryption: &Encryption) -> Upcall {
        let (progress, has_ended) = encryption.with(|session| (session.handshake(), session.incoming.has_ended()));
        match progress {
            Ok(Progress::Done) => self.handshake_done(cx, encryption),
            Ok(Progress::WantsInput) => {
                self.send_output(cx, encryption);
                Upcall::None
            }
            Ok(Progress::Hello) => self.upcall(cx, "transport_hears_hello", &[self.value()]),
            Err(error) if has_ended && error.kind == ErrorKind::EndOfFile => {
                if let Stop::Raise(exception) = cx.error_with(LayoutId::CONNECTION_RESET_ERROR, &[]) {
                    self.force_close(cx, exception);
                }
                Upcall::None
            }
            Err(error) => self.fail(cx, encryption, &error),
        }
    }

    /// The protocol hears of the connection, and then whoever waits for it; what came with the handshake comes next.
    fn handshake_done(&self, cx: &mut Context, encryption: &Encryption) -> Upcall {
        encryption.stage.set(Stage::Open);
        encryption.cancel_timer();
        let early = encryption.early.take();
        if !early.is_empty() {
            // The handshake is done and nothing has been closed, so nothing stands in the way.
            let _ = encryption.with(|session| session.write(&early));
        }
        self.send_output(cx, encryption);
        if !self.reads() {
            self.unwatch(cx, Direction::Read);
        }
        if self.lost.get() > 0 {
            return Upcall::None;
        }
        let waiter = encryption.waiter.replace(Value::NONE);
        if !encryption.is_made.replace(true) {
            return self.upcall(cx, "transport_made", &[self.value(), self.protocol.get(), waiter]);
        }
        if let Some(waiter) = waiter.get::<Future>()
            && !waiter.is_done()
        {
            waiter.finish(cx, Value::NONE);
        }
        self.read_plain(cx, encryption)
    }

    // ----- while it is open

    fn read_plain(&self, cx: &mut Context, encryption: &Encryption) -> Upcall {
        if self.is_paused.get() {
            return Upcall::None;
        }
        let (plain, end) = encryption.with(|session| {
            let mut plain = Vec::with_capacity(session.incoming.len());
            let end = session.read_all(&mut plain);
            (plain, end)
        });
        self.send_output(cx, encryption);
        if !plain.is_empty() {
            if end != Ok(false) {
                // What follows is told in the next turn.
                self.is_ready(Direction::Read);
            }
            return self.deliver(cx, &plain);
        }
        match end {
            Ok(false) => Upcall::None,
            Ok(true) => self.tell_end(cx, encryption),
            // An end without a word is an end.
            Err(error) if error.kind == ErrorKind::EndOfFile => self.tell_end(cx, encryption),
            Err(error) => self.fail(cx, encryption, &error),
        }
    }

    fn tell_end(&self, cx: &mut Context, encryption: &Encryption) -> Upcall {
        match encryption.has_told_end.replace(true) {
            true => Upcall::None,
            false => self.end(cx),
        }
    }

    /// Encrypts what is written, and sends it: true if nothing is left to be sent.
    pub(super) fn send_encrypted(&self, cx: &mut Context, encryption: &Encryption, bytes: &[u8]) -> Result<bool, Stop> {
        match encryption.stage.get() {
            Stage::Handshake => encryption.early.borrow_mut().extend_from_slice(bytes),
            Stage::Open => {
                if let Err(error) = encryption.with(|session| session.write(bytes)) {
                    self.fail(cx, encryption, &error);
                }
                self.send_output(cx, encryption);
                return Ok(false);
            }
            Stage::Closing | Stage::Closed => {}
        }
        Ok(true)
    }

    // ----- the end

    /// Tells the peer that there will be no more, and waits for it to say the same.
    pub(super) fn close_encrypted(&self, cx: &mut Context, encryption: &Encryption) {
        match encryption.stage.get() {
            Stage::Handshake => self.force_close(cx, Value::NONE),
            Stage::Open => {
                self.is_closing.set(true);
                encryption.stage.set(Stage::Closing);
                self.start_timer(cx, encryption);
                if !encryption.with(|session| session.incoming.has_ended()) {
                    encryption.with(Session::send_close);
                    self.send_output(cx, encryption);
                }
                if self.is_paused.get() {
                    let _ = self.watch(cx, Direction::Read);
                }
                // The peer may have said it already.
                self.is_ready(Direction::Read);
            }
            Stage::Closing | Stage::Closed => {}
        }
    }

    fn start_timer(&self, cx: &mut Context, encryption: &Encryption) {
        let Stop::Call(call) = call_half(cx, "transport_closes_slowly", &[self.value()]) else { return };
        let args = cx.tuple(&call.args);
        let when = cx.clock.read(false).saturating_add(nanoseconds(encryption.shutdown_timeout));
        let handle = Handle::allocate(cx, self.event_loop, call.callee, args, Value::NONE, Some(when));
        self.event_loop.add_timer(when, Due::Call(handle));
        encryption.timer.set(handle.value());
    }

    fn await_close(&self, cx: &mut Context, encryption: &Encryption) -> Upcall {
        if !encryption.with(|session| session.incoming.has_ended()) {
            match encryption.with(Session::close) {
                Ok(Progress::Done) => {}
                Ok(_) => return Upcall::None,
                Err(error) => return self.fail(cx, encryption, &error),
            }
        }
        encryption.stage.set(Stage::Closed);
        encryption.cancel_timer();
        self.close_descriptor(cx);
        self.tell_end(cx, encryption)
    }
}

// ----- methods

/// `_encrypt`: a transport goes on with TLS.
pub(super) fn encrypt(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    let transport = of(args.get(0));
    if Of::<Connection>::from(args.get(1)).is_none() {
        return Err(cx.type_error("the first argument must be a TLS connection"));
    }
    let encryption = Encryption {
        connection: args.get(1),
        stage: Cell::new(Stage::Handshake),
        waiter: Cell::new(args.get(2)),
        timer: Cell::new(args.get(3)),
        shutdown_timeout: seconds_argument(cx, args, 4)?,
        is_made: Cell::new(args.get(5) == Value::TRUE),
        has_told_end: Cell::new(false),
        early: RefCell::default(),
    };
    if transport.encryption.set(Box::new(encryption)).is_err() {
        return Err(cx.type_error("the transport has a TLS connection already"));
    }
    transport.water_marks.raise(WaterMarks::ENCRYPTED);
    Ok(Value::NONE)
}

/// `_advance`: the handshake begins, or goes on after a call of a script.
pub(super) fn advance(cx: &mut Context, args: Args<'_>) -> Result<Value, Stop> {
    match of(args.get(0)).advance(cx) {
        Upcall::None => Ok(Value::NONE),
        Upcall::Call(call) => Err(Stop::Call(Box::new(call))),
    }
}
