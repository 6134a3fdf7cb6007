"""Plain calls: a number of the Fibonacci row, the slow way."""

import sys


def row(place):
    return place if place < 2 else row(place - 1) + row(place - 2)


print(row(int(sys.argv[1]) if len(sys.argv) > 1 else 33))
