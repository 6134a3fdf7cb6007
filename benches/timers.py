"""A hundred thousand tasks, each sleeping for some milliseconds."""

import asyncio
import sys


async def sleep(number):
    await asyncio.sleep(number % 50 / 1000)
    return number


async def main(tasks):
    return sum(await asyncio.gather(*[sleep(number) for number in range(tasks)]))


print(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
