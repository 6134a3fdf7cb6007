// A million async calls, a thousand at a time.

async function add(number) {
  return number + 1;
}

async function main(rounds) {
  let total = 0;
  for (let round = 0; round < rounds; round++) {
    const results = await Promise.all(Array.from({ length: 1000 }, (_, number) => add(number)));
    for (const result of results) total += result;
  }
  console.log(total);
}

main(Number(process.argv[2] ?? 1000));
