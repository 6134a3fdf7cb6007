"""Lines sent back and forth by twenty clients and a server in one process."""

import asyncio
import sys


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def ask(port, times):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = 0
    for _ in range(times):
        writer.write(b"a line of text\n")
        received += len(await reader.readline())
    writer.close()
    return received


async def main(times):
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    received = await asyncio.gather(*[ask(port, times) for _ in range(20)])
    server.close()
    return sum(received)


print(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)))
