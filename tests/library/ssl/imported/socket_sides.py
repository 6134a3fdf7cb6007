"""The two sides of a connection over a pair of sockets in one script: neither waits while they shake hands."""
import socket

from sides import client_context, server_context, shake


def wrap(plain, **options):
    """Sides over two sockets, with the handshake still to come."""
    for sock in plain:
        sock.setblocking(False)
    client, server = plain
    return (client_context().wrap_socket(client, server_hostname="localhost", do_handshake_on_connect=False, **options),
            server_context().wrap_socket(server, server_side=True, do_handshake_on_connect=False, **options))


def connect(**options):
    """Connected sides, which wait from now on."""
    client, server = wrap(socket.socketpair(), **options)
    assert shake(client, server) == [True, True]
    client.settimeout(None)
    server.settimeout(None)
    return client, server
