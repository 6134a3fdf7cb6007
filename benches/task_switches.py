"""Ten tasks that let each other run."""

import asyncio
import sys


async def yielding(times):
    for _ in range(times):
        await asyncio.sleep(0)
    return times


async def main(times):
    return sum(await asyncio.gather(*[yielding(times) for _ in range(10)]))


print(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)))
