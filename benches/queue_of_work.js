// Work handed from one async function to another by a queue of ten places; JavaScript has none of its own.

class Queue {
  #places;
  #items = [];
  #putters = [];
  #getters = [];

  constructor(places) {
    this.#places = places;
  }

  async put(item) {
    while (this.#items.length >= this.#places) await new Promise((wake) => this.#putters.push(wake));
    this.#items.push(item);
    this.#getters.shift()?.();
  }

  async get() {
    while (!this.#items.length) await new Promise((wake) => this.#getters.push(wake));
    this.#putters.shift()?.();
    return this.#items.shift();
  }
}

async function produce(queue, pieces) {
  for (let number = 0; number < pieces; number++) await queue.put(number);
  await queue.put(null);
}

async function main(pieces) {
  const queue = new Queue(10);
  const producing = produce(queue, pieces);
  let total = 0;
  for (let number; (number = await queue.get()) !== null; ) total += number;
  await producing;
  console.log(total);
}

main(Number(process.argv[2] ?? 2_000_000));
