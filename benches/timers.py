"""Twenty thousand tasks, each sleeping for some milliseconds."""

import asyncio


async def sleep(number):
    await asyncio.sleep(number % 50 / 1000)


async def main():
    await asyncio.gather(*[sleep(number) for number in range(20_000)])


asyncio.run(main())
print("done")
