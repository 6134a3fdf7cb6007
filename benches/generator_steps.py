"""Steps of one generator."""


def numbers(limit):
    number = 0
    while number < limit:
        yield number
        number += 1


total = 0
for number in numbers(5_000_000):
    total += number
print(total)
