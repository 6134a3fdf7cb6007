"""A million tasks, a thousand at a time."""

import asyncio
import sys


async def add(number):
    return number + 1


async def main(rounds):
    total = 0
    for _ in range(rounds):
        total += sum(await asyncio.gather(*[add(number) for number in range(1000)]))
    return total


print(asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)))
