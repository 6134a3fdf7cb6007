"""Contexts with the certificates of the tests, and both ends of connections in one script."""
import asyncio
import os
import ssl

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "certificates")


def path(name):
    return os.path.join(FOLDER, name)


def client_context(trusted="authority.pem"):
    return ssl.create_default_context(cafile=path(trusted))


def server_context(certificate="localhost.pem", key="server.key"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path(certificate), path(key))
    return context


async def start(serve, context=None, **options):
    """A server on this machine, and its port."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context or server_context(), **options)
    return server, server.sockets[0].getsockname()[1]


async def connect(port, context=None, server_hostname="localhost", **options):
    """The reader and writer of a client of it."""
    return await asyncio.open_connection(
        "127.0.0.1", port, ssl=context or client_context(), server_hostname=server_hostname, **options)


async def echo(reader, writer):
    """What a server may do with a connection: send back what comes, line by line."""
    try:
        async for line in reader:
            writer.write(line)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
