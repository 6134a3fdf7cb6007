// Ten async functions that let each other run.

async function yielding(times) {
  for (let i = 0; i < times; i++) await null;
  return times;
}

async function main(times) {
  const counts = await Promise.all(Array.from({ length: 10 }, () => yielding(times)));
  console.log(counts.reduce((sum, count) => sum + count));
}

main(Number(process.argv[2] ?? 200_000));
