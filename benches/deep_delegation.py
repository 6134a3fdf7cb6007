"""Steps through a chain of fifty generators, each delegating to the next."""

import sys


def level(depth, steps):
    if depth:
        yield from level(depth - 1, steps)
    else:
        yield from range(steps)


print(sum(level(50, int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000)))
