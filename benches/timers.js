// A hundred thousand async functions, each sleeping for some milliseconds.

const { setTimeout: delay } = require("timers/promises");

async function sleep(number) {
  await delay(number % 50);
  return number;
}

async function main(tasks) {
  const numbers = await Promise.all(Array.from({ length: tasks }, (_, number) => sleep(number)));
  console.log(numbers.reduce((sum, number) => sum + number, 0));
}

main(Number(process.argv[2] ?? 100_000));
