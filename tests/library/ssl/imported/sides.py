"""The two sides of a connection in one script, and contexts with the certificates of the tests."""
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


def sides(client, server, name="localhost"):
    """Objects of a client and a server, each of which reads what the other writes."""
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    return (client.wrap_bio(back, there, server_hostname=name),
            server.wrap_bio(there, back, server_side=True))


def step(side):
    """Go on with a handshake: True when it is done, None if it needs more, else the error."""
    try:
        side.do_handshake()
        return True
    except ssl.SSLWantReadError:
        return None
    except ssl.SSLError as error:
        return error


def shake(client, server):
    """Shake hands as far as it goes; what it came to on either side."""
    results = [None, None]
    for _ in range(4):
        for index, side in enumerate((client, server)):
            if results[index] is None:
                results[index] = step(side)
    return results


def connect(**names):
    """Connected sides with the usual contexts."""
    client, server = sides(client_context(), server_context(**names))
    shake(client, server)
    return client, server
