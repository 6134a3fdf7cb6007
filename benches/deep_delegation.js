// Steps through a chain of fifty generators, each delegating to the next.

function* range(limit) {
  for (let number = 0; number < limit; number++) yield number;
}

function* level(depth, steps) {
  if (depth) yield* level(depth - 1, steps);
  else yield* range(steps);
}

let total = 0;
for (const number of level(50, Number(process.argv[2] ?? 5_000_000))) total += number;
console.log(total);
