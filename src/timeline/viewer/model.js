// The recording: decoded from the page into typed arrays, and what can be asked of it.
//
// Runs are kept lane by lane and within a lane in the order of time; the position of a run in these arrays is its
// slot. A span is a piece of a lane: { lane, slot, state }, where the state is 'running' or 'ready' (of the run at
// slot), 'waiting' (after it), or 'new' (before the first run; its slot is -1).

'use strict';

const KINDS = ['main', 'thread', 'task', 'greenlet', 'generator', 'more'];
const OUTCOMES = ['returned', 'cancelled', 'unfinished', 'closed'];
const NONE = -1;

// The first index from `low` to `high` whose value is above `limit`.
function above(values, limit, low, high) {
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}

// A column of indexes that were stored plus one.
function optional(column) {
  return Int32Array.from(column, (index) => index - 1);
}

class Recording {
  constructor(data) {
    this.program = data.program;
    this.isVirtual = data.virtual === 1;
    this.duration = data.duration;
    this.resolution = data.resolution;
    this.sources = data.sources.map(([name, text]) => ({ name, lines: text === null ? null : text.split('\n') }));
    this.places = data.places;
    this.reasons = data.reasons;
    this.summary = data.summary;
    this.readLanes(data.lanes);
    this.readRuns(data.runs);
    this.sumUp();
    this.indexInner();
    this.indexWakes();
  }

  readLanes(lanes) {
    this.laneCount = lanes.name.length;
    this.kind = lanes.kind.map((kind) => KINDS[kind]);
    this.name = lanes.name;
    this.function = lanes.function;
    this.maker = optional(lanes.maker);
    this.madeAt = optional(lanes.place);
    this.made = Float64Array.from(lanes.made);
    this.isFinished = lanes.ended.map((ended) => ended !== 0);
    this.end = Float64Array.from(lanes.ended, (ended) => (ended === 0 ? this.duration : ended - 1));
    this.outcome = lanes.outcome.map((outcome) => OUTCOMES[outcome] ?? 'raised');
    this.exception = lanes.outcome.map((outcome) => (typeof outcome === 'string' ? outcome : ''));
  }

  // Decodes the differences and sorts the runs into their lanes: counted first, then placed.
  readRuns(runs) {
    const count = runs.lane.length;
    this.runCount = count;
    this.first = new Uint32Array(this.laneCount + 1);
    for (const lane of runs.lane) this.first[lane + 1] += 1;
    for (let lane = 0; lane < this.laneCount; lane += 1) this.first[lane + 1] += this.first[lane];
    const next = this.first.slice();
    this.lane = new Uint32Array(count);
    this.ready = new Float64Array(count);
    this.began = new Float64Array(count);
    this.ended = new Float64Array(count);
    this.ran = new Float64Array(count);
    this.steps = new Uint32Array(count);
    this.waker = new Int32Array(count);
    this.place = new Int32Array(count);
    this.reason = new Int32Array(count);
    // The slots in the order in which the runs began.
    this.sequence = new Uint32Array(count);
    let began = 0;
    for (let index = 0; index < count; index += 1) {
      const slot = next[runs.lane[index]]++;
      began += runs.began[index];
      this.sequence[index] = slot;
      this.lane[slot] = runs.lane[index];
      this.ready[slot] = began - runs.ready[index];
      this.began[slot] = began;
      this.ended[slot] = began + runs.length[index];
      this.ran[slot] = runs.ran.length ? runs.ran[index] : runs.length[index];
      this.steps[slot] = runs.steps.length ? runs.steps[index] : 1;
      this.waker[slot] = runs.waker[index] - 1;
      this.place[slot] = runs.place[index] - 1;
      this.reason[slot] = runs.reason[index] - 1;
    }
    // Who ran for most of the time in which another was ready, by the slot of that; NONE if nothing of the program did.
    this.holder = new Map(runs.held.map((index, place) => [this.sequence[index], runs.holder[place] - 2]));
  }

  // How long each lane ran, was ready and waited, and a running sum of the time really run.
  sumUp() {
    this.running = new Float64Array(this.laneCount);
    this.lagging = new Float64Array(this.laneCount);
    this.waiting = new Float64Array(this.laneCount);
    this.ranBefore = new Float64Array(this.runCount + 1);
    for (let slot = 0; slot < this.runCount; slot += 1) {
      this.ranBefore[slot + 1] = this.ranBefore[slot] + this.ran[slot];
      this.running[this.lane[slot]] += this.ended[slot] - this.began[slot];
      this.lagging[this.lane[slot]] += this.began[slot] - this.ready[slot];
    }
    for (let lane = 0; lane < this.laneCount; lane += 1) {
      const life = this.end[lane] - this.made[lane];
      this.waiting[lane] = Math.max(0, life - this.running[lane] - this.lagging[lane]);
    }
  }

  // The runs that go on within each run, as a generator's do in that of its caller: one after the other in `inner`,
  // those of a slot from `firstInner[slot]` on, in the order of time.
  indexInner() {
    const outer = new Int32Array(this.runCount).fill(NONE);
    const open = [];
    this.firstInner = new Uint32Array(this.runCount + 1);
    for (const slot of this.sequence) {
      while (open.length && this.ended[open.at(-1)] <= this.began[slot]) open.pop();
      if (open.length && this.isWithin(slot, open.at(-1))) {
        outer[slot] = open.at(-1);
        this.firstInner[outer[slot] + 1] += 1;
      }
      open.push(slot);
    }
    for (let slot = 0; slot < this.runCount; slot += 1) this.firstInner[slot + 1] += this.firstInner[slot];
    const next = this.firstInner.slice();
    this.inner = new Uint32Array(this.firstInner[this.runCount]);
    for (const slot of this.sequence) {
      if (outer[slot] !== NONE) this.inner[next[outer[slot]]++] = slot;
    }
  }

  // Whether a run goes on within another that goes on when it begins. Where runs are folded they may overlap instead; a
  // step of a task overlaps the run of its thread if it waits without an await.
  isWithin(slot, other) {
    const isThread = (run) => ['main', 'thread'].includes(this.kind[this.lane[run]]);
    return this.ended[slot] <= this.ended[other] || (this.resolution === 0 && isThread(other) && !isThread(slot));
  }

  // The runs that another lane made ready: all of them, and by waker, in the order of time.
  indexWakes() {
    const wakes = [];
    this.wokenBy = new Map();
    for (const slot of this.sequence) {
      const waker = this.waker[slot];
      if (waker !== NONE && waker !== this.lane[slot]) wakes.push(slot);
    }
    wakes.sort((one, other) => this.ready[one] - this.ready[other]);
    for (const slot of wakes) {
      const waker = this.waker[slot];
      if (!this.wokenBy.has(waker)) this.wokenBy.set(waker, []);
      this.wokenBy.get(waker).push(slot);
    }
    this.wakes = Uint32Array.from(wakes);
    this.wakeTimes = Float64Array.from(wakes, (slot) => this.ready[slot]);
  }

  isFirst(slot) {
    return slot === this.first[this.lane[slot]];
  }

  isLast(slot) {
    return slot + 1 === this.first[this.lane[slot] + 1];
  }

  // When a span begins and ends.
  bounds({ lane, slot, state }) {
    switch (state) {
      case 'running': return [this.began[slot], this.ended[slot]];
      case 'ready': return [this.ready[slot], this.began[slot]];
      case 'waiting': return [this.ended[slot], this.isLast(slot) ? this.end[lane] : this.ready[slot + 1]];
      default: {
        const first = this.first[lane];
        return [this.made[lane], first < this.first[lane + 1] ? this.ready[first] : this.end[lane]];
      }
    }
  }

  // What a span that waits waits for.
  reasonOf({ lane, slot, state }) {
    if (state === 'new') return 'not started';
    if (state !== 'waiting') return '';
    if (this.reason[slot] !== NONE) return this.reasons[this.reason[slot]];
    return this.kind[lane] === 'generator' ? 'suspended' : 'lets others run';
  }

  // The line a span is at: where the run stopped, where it goes on, where the lane was made.
  placeOf({ lane, slot, state }) {
    if (state === 'new' || (state === 'ready' && this.isFirst(slot))) return this.madeAt[lane];
    return this.place[state === 'ready' ? slot - 1 : slot];
  }

  // The spans of a lane that have a length, beside the given one; null at the end of the lane.
  spanAfter(span) {
    return this.neighbour(span, 1);
  }

  spanBefore(span) {
    return this.neighbour(span, -1);
  }

  neighbour(span, direction) {
    const order = ['ready', 'running', 'waiting'];
    const { lane } = span;
    let place = span.state === 'new' ? -1 : (span.slot - this.first[lane]) * 3 + order.indexOf(span.state);
    const last = (this.first[lane + 1] - this.first[lane]) * 3 - 1;
    for (;;) {
      place += direction;
      if (place < -1 || place > last) return null;
      const next = place === -1
        ? { lane, slot: NONE, state: 'new' }
        : { lane, slot: this.first[lane] + Math.floor(place / 3), state: order[place % 3] };
      const [from, to] = this.bounds(next);
      if (to > from || next.state === 'running') return next;
    }
  }

  // The span of a lane at a time; a run that only touches the time is preferred.
  spanAt(lane, time) {
    const low = this.first[lane];
    const slot = above(this.began, time, low, this.first[lane + 1]) - 1;
    if (slot >= low && time <= this.ended[slot]) return { lane, slot, state: 'running' };
    const next = slot + 1;
    if (next < this.first[lane + 1] && time >= this.ready[next]) return { lane, slot: next, state: 'ready' };
    return slot >= low ? { lane, slot, state: 'waiting' } : { lane, slot: NONE, state: 'new' };
  }

  // Who held up a span that is ready: a lane; NONE if nothing of the program ran meanwhile; undefined if it was several,
  // or not for long.
  holderOf({ slot, state }) {
    return state === 'ready' ? this.holder.get(slot) : undefined;
  }

  // Who made the run at this slot ready: the span in which that happened, or null.
  wakerOf(slot) {
    return slot === NONE || this.waker[slot] === NONE ? null : this.spanAt(this.waker[slot], this.ready[slot]);
  }

  // The slots of the runs that the run at this slot made ready.
  wokenDuring(slot) {
    const woken = this.wokenBy.get(this.lane[slot]) ?? [];
    return woken.filter((other) => this.ready[other] >= this.began[slot] && this.ready[other] <= this.ended[slot]);
  }

  // The wait that the run at this slot ended: what it had been waiting for.
  waitBefore(slot) {
    const lane = this.lane[slot];
    return this.isFirst(slot) ? { lane, slot: NONE, state: 'new' } : { lane, slot: slot - 1, state: 'waiting' };
  }
}
