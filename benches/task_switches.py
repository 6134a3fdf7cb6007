"""Ten tasks that let each other run."""

import asyncio


async def yielding(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def main():
    await asyncio.gather(*[yielding(100_000) for _ in range(10)])


asyncio.run(main())
print("done")
