//! `AbstractEventLoop`: the methods that every event loop has, each to be written by the class that is one.

use crate::object::context::Context;
use crate::object::layout::LayoutId;
use crate::object::native::{Args, Declaration, Stop, plain};
use crate::object::value::Value;

/// A method that a class has to write itself.
const fn required(signature: &'static str, doc: &'static str) -> Declaration {
    plain(signature, not_implemented, doc)
}

fn not_implemented(cx: &mut Context, _: Args<'_>) -> Result<Value, Stop> {
    Err(cx.error_with(LayoutId::NOT_IMPLEMENTED_ERROR, &[]))
}

pub(super) const METHODS: &[Declaration] = &[
    required("run_forever(self)", "Run until stop() is called."),
    required("run_until_complete(self, future)", "Run until the future is done; return its result."),
    required("stop(self)", "Stop running after this turn."),
    required("is_running(self)", "Return True if the loop runs."),
    required("is_closed(self)", "Return True if the loop was closed."),
    required("close(self)", "Close the loop."),
    required("shutdown_asyncgens(self)", "Close all async generators that have begun."),
    required("shutdown_default_executor(self)", "Wait for the jobs of the default executor."),
    required("call_soon(self, callback, *args, context=None)", "Have callback called in the next turn."),
    required("call_later(self, delay, callback, *args, context=None)", "Have callback called after a delay."),
    required("call_at(self, when, callback, *args, context=None)", "Have callback called at a time."),
    required("time(self)", "Return the seconds of the loop's clock."),
    required("create_future(self)", "Return a new future of this loop."),
    required("create_task(self, coro, **kwargs)", "Run a coroutine as a task; return the task."),
    required(
        "call_soon_threadsafe(self, callback, *args, context=None)",
        "Have callback called in the next turn; may be called from any thread.",
    ),
    required("run_in_executor(self, executor, func, *args)", "Run func(*args) beside the loop."),
    required("set_default_executor(self, executor)", "Set the executor of run_in_executor(None, ...)."),
    required("getaddrinfo(self, host, port, **options)", "Look up the addresses of a host and a port."),
    required("getnameinfo(self, sockaddr, flags=0)", "Look up the names of an address."),
    required("create_connection(self, protocol_factory, host=None, port=None, **options)", "Connect to a server."),
    required("create_server(self, protocol_factory, host=None, port=None, **options)", "Listen for connections."),
    required("sendfile(self, transport, file, offset=0, count=None, *, fallback=True)", "Send a file."),
    required("start_tls(self, transport, protocol, sslcontext, **options)", "Begin to encrypt a connection."),
    required("create_unix_connection(self, protocol_factory, path=None, **options)", "Connect to a Unix socket."),
    required("create_unix_server(self, protocol_factory, path=None, **options)", "Listen on a Unix socket."),
    required("connect_accepted_socket(self, protocol_factory, sock, **options)", "Take over an accepted socket."),
    required("create_datagram_endpoint(self, protocol_factory, **options)", "Open an endpoint for datagrams."),
    required("connect_read_pipe(self, protocol_factory, pipe)", "Read from a pipe."),
    required("connect_write_pipe(self, protocol_factory, pipe)", "Write to a pipe."),
    required("subprocess_shell(self, protocol_factory, cmd, **options)", "Run a command of the shell."),
    required("subprocess_exec(self, protocol_factory, *args, **options)", "Run a program."),
    required("add_reader(self, fd, callback, *args)", "Call callback whenever fd can be read from."),
    required("remove_reader(self, fd)", "No longer look whether fd can be read from."),
    required("add_writer(self, fd, callback, *args)", "Call callback whenever fd can be written to."),
    required("remove_writer(self, fd)", "No longer look whether fd can be written to."),
    required("sock_recv(self, sock, nbytes)", "Receive bytes."),
    required("sock_recv_into(self, sock, buf)", "Receive bytes into a buffer."),
    required("sock_recvfrom(self, sock, bufsize)", "Receive a datagram and its sender."),
    required("sock_recvfrom_into(self, sock, buf, nbytes=0)", "Receive a datagram into a buffer, and its sender."),
    required("sock_sendall(self, sock, data)", "Send bytes."),
    required("sock_sendto(self, sock, data, address)", "Send a datagram."),
    required("sock_connect(self, sock, address)", "Connect a socket."),
    required("sock_accept(self, sock)", "Accept a connection."),
    required("sock_sendfile(self, sock, file, offset=0, count=None, *, fallback=None)", "Send a file."),
    required("add_signal_handler(self, sig, callback, *args)", "Call callback when a signal comes."),
    required("remove_signal_handler(self, sig)", "No longer call back when a signal comes."),
    required("set_task_factory(self, factory)", "Set what makes tasks, or None."),
    required("get_task_factory(self)", "Return what makes tasks, or None."),
    required("get_exception_handler(self)", "Return the exception handler, or None."),
    required("set_exception_handler(self, handler)", "Set what is told of errors that nobody else hears of."),
    required("default_exception_handler(self, context)", "Log an error that nobody else hears of."),
    required("call_exception_handler(self, context)", "Tell the exception handler of an error."),
    required("get_debug(self)", "Return True in debug mode."),
    required("set_debug(self, enabled)", "Switch debug mode on or off."),
];
