"""Values sent into a generator, which answers."""


def doubling():
    answer = None
    while True:
        answer = 2 * (yield answer)


double = doubling()
next(double)
total = 0
for number in range(3_000_000):
    total += double.send(number)
print(total)
