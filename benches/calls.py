"""Plain calls: a number of the Fibonacci row, the slow way."""


def row(place):
    return place if place < 2 else row(place - 1) + row(place - 2)


print(row(31))
