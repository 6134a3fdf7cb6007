"""Work handed from one task to another by a queue of ten places."""

import asyncio


async def produce(queue):
    for number in range(200_000):
        await queue.put(number)
    await queue.put(None)


async def main():
    queue = asyncio.Queue(10)
    producing = asyncio.create_task(produce(queue))
    total = 0
    while (number := await queue.get()) is not None:
        total += number
    await producing
    return total


print(asyncio.run(main()))
