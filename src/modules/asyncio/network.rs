//! What an event loop does with the network and with pipes, as scripts see it. All of it is written in the language,
//! in stdlib/asyncio/; the script halves (`_halves_network`) load the parts of it when they are first called.

use crate::object::forward::half;
use crate::object::native::{Declaration, plain};

/// A method whose script half does its work.
const fn in_script(signature: &'static str, doc: &'static str) -> Declaration {
    plain(signature, half, doc)
}

pub(super) const METHODS: &[Declaration] = &[
    in_script(
        "create_connection(self, protocol_factory, host=None, port=None, **options)",
        "Connect to a host; return transport and protocol.",
    ),
    in_script(
        "create_server(self, protocol_factory, host=None, port=None, **options)",
        "Listen for connections; return the server.",
    ),
    in_script(
        "create_unix_connection(self, protocol_factory, path=None, **options)",
        "Connect to a path; return transport and protocol.",
    ),
    in_script(
        "create_unix_server(self, protocol_factory, path=None, **options)",
        "Listen for connections to a path; return the server.",
    ),
    in_script(
        "connect_accepted_socket(self, protocol_factory, sock, **options)",
        "Take over a connection that was accepted elsewhere; return transport and protocol.",
    ),
    in_script(
        "start_tls(self, transport, protocol, sslcontext, *, server_side=False, server_hostname=None, \
         ssl_handshake_timeout=None, ssl_shutdown_timeout=None)",
        "Have the bytes of a connection encrypted from now on; return its transport.",
    ),
    in_script(
        "create_datagram_endpoint(self, protocol_factory, local_addr=None, remote_addr=None, **options)",
        "Open an endpoint for datagrams; return transport and protocol.",
    ),
    in_script("connect_read_pipe(self, protocol_factory, pipe)", "Read from a pipe; return transport and protocol."),
    in_script("connect_write_pipe(self, protocol_factory, pipe)", "Write to a pipe; return transport and protocol."),
    in_script("sock_accept(self, sock)", "Accept a connection; return its socket and the address of the other end."),
    in_script("sock_connect(self, sock, address)", "Connect a socket."),
    in_script("sock_recv(self, sock, n)", "Receive up to n bytes."),
    in_script("sock_recv_into(self, sock, buf)", "Receive bytes into a buffer; return how many."),
    in_script("sock_recvfrom(self, sock, bufsize)", "Receive a datagram; return it and the address of its sender."),
    in_script(
        "sock_recvfrom_into(self, sock, buf, nbytes=0)",
        "Receive a datagram into a buffer; return its size and the address of its sender.",
    ),
    in_script("sock_sendall(self, sock, data)", "Send all of some bytes."),
    in_script("sock_sendto(self, sock, data, address)", "Send a datagram; return how many bytes went."),
    in_script(
        "sock_sendfile(self, sock, file, offset=0, count=None, *, fallback=True)",
        "Send a file; return how many bytes went.",
    ),
    in_script(
        "sendfile(self, transport, file, offset=0, count=None, *, fallback=True)",
        "Send a file through a transport; return how many bytes went.",
    ),
    in_script(
        "getaddrinfo(self, host, port, *, family=0, type=0, proto=0, flags=0)",
        "Look up the addresses of a host and port.",
    ),
    in_script("getnameinfo(self, sockaddr, flags=0)", "Look up the names of an address."),
    in_script(
        "_make_socket_transport(self, sock, protocol, waiter, server, /)",
        "Return a transport for a connected socket.",
    ),
];
