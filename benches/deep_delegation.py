"""Steps through a chain of fifty generators, each delegating to the next."""


def level(depth, steps):
    if depth:
        yield from level(depth - 1, steps)
    else:
        yield from range(steps)


print(sum(level(50, 2_000_000)))
