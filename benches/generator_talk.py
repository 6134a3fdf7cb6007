"""Values sent into a generator, which answers."""

import sys


def doubling():
    answer = None
    while True:
        answer = 2 * (yield answer)


double = doubling()
next(double)
total = 0
for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 6_000_000):
    total += double.send(number)
print(total)
