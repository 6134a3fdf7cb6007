// Plain calls: a number of the Fibonacci row, the slow way.

function row(place) {
  return place < 2 ? place : row(place - 1) + row(place - 2);
}

console.log(row(Number(process.argv[2] ?? 33)));
