// Values sent into a generator, which answers.

function* doubling() {
  let answer;
  while (true) answer = 2 * (yield answer);
}

const double = doubling();
double.next();
const limit = Number(process.argv[2] ?? 6_000_000);
let total = 0;
for (let number = 0; number < limit; number++) total += double.next(number).value;
console.log(total);
