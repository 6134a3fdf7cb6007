// Steps of one generator.

function* numbers(limit) {
  let number = 0;
  while (number < limit) {
    yield number;
    number += 1;
  }
}

let total = 0;
for (const number of numbers(Number(process.argv[2] ?? 10_000_000))) total += number;
console.log(total);
