"""Work handed from one task to another by a queue of ten places."""

import asyncio
import sys


async def produce(queue, pieces):
    for number in range(pieces):
        await queue.put(number)
    await queue.put(None)


async def main(pieces):
    queue = asyncio.Queue(10)
    producing = asyncio.create_task(produce(queue, pieces))
    total = 0
    while (number := await queue.get()) is not None:
        total += number
    await producing
    return total


print(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000)))
