"""Steps of one generator."""

import sys


def numbers(limit):
    number = 0
    while number < limit:
        yield number
        number += 1


total = 0
for number in numbers(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000):
    total += number
print(total)
