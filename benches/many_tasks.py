"""Three hundred thousand tasks, a thousand at a time."""

import asyncio


async def add(number):
    return number + 1


async def main():
    total = 0
    for _ in range(300):
        total += sum(await asyncio.gather(*[add(number) for number in range(1000)]))
    return total


print(asyncio.run(main()))
