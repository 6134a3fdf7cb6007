// What of the recording is shown: the window on the axis, the lanes and their order, the selection.
//
// It knows sizes in pixels but draws nothing; whoever changes it calls `changed`, which asks for a new picture.

const ROW = 30;
const RULER = 24;

class View {
  constructor(recording, changed) {
    this.recording = recording;
    this.changed = changed;
    this.axes = { time: new TimeAxis(recording) };
    this.axis = this.axes.time;
    this.search = new Search(recording);
    this.sort = 'made';
    this.width = 1;
    this.height = 1;
    this.scroll = 0;
    this.selected = null;
    this.hovered = null;
    this.pointer = null;
    this.depth = new Uint16Array(recording.laneCount);
    this.arrange();
    this.fit();
  }

  // --- lanes -------------------------------------------------------------------------------------------------------

  // Puts the lanes that are kept in their order: `rows` by row, `rowOf` by lane.
  arrange() {
    const { recording } = this;
    const lanes = this.sort === 'tree' ? this.tree() : Array.from({ length: recording.laneCount }, (_, lane) => lane);
    const measure = { waiting: recording.waiting, running: recording.running }[this.sort];
    if (measure) lanes.sort((one, other) => measure[other] - measure[one] || one - other);
    if (this.sort !== 'tree') this.depth.fill(0);
    this.rows = lanes.filter((lane) => this.search.keeps(lane));
    this.rowOf = new Int32Array(recording.laneCount).fill(NONE);
    this.rows.forEach((lane, row) => { this.rowOf[lane] = row; });
    this.changed();
  }

  // Makers before what they made; without recursion, since chains may be long.
  tree() {
    const { recording } = this;
    const made = Array.from({ length: recording.laneCount }, () => []);
    const pending = [];
    for (let lane = recording.laneCount - 1; lane >= 0; lane -= 1) {
      const maker = recording.maker[lane];
      if (maker === NONE || maker >= lane) pending.push(lane);
      else made[maker].push(lane);
    }
    const order = [];
    while (pending.length) {
      const lane = pending.pop();
      order.push(lane);
      const maker = recording.maker[lane];
      this.depth[lane] = maker === NONE || maker >= lane ? 0 : this.depth[maker] + 1;
      pending.push(...made[lane]);
    }
    return order;
  }

  sortBy(sort) {
    this.sort = sort;
    this.arrange();
  }

  look(text) {
    this.search.look(text);
    this.arrange();
  }

  // The top of a row's place on the canvas.
  top(row) {
    return RULER + row * ROW - this.scroll;
  }

  // The first and the last row that are in sight.
  rowsInSight() {
    const first = Math.max(0, Math.floor(this.scroll / ROW));
    const last = Math.min(this.rows.length - 1, Math.floor((this.scroll + this.height - RULER) / ROW));
    return [first, last];
  }

  // --- window ------------------------------------------------------------------------------------------------------

  get scale() {
    return this.width / (this.to - this.from);
  }

  x(position) {
    return (position - this.from) * this.scale;
  }

  positionAt(x) {
    return this.from + x / this.scale;
  }

  // Shows this part of the axis, moved and cut so that it is a part.
  show(from, to) {
    const margin = this.axis.length * 0.02;
    const most = this.axis.length + 2 * margin;
    const size = Math.min(most, Math.max(Math.min(this.axis.least, most), to - from));
    const middle = (from + to) / 2;
    this.from = Math.min(Math.max(middle - size / 2, -margin), this.axis.length + margin - size);
    this.to = this.from + size;
    this.changed();
  }

  fit() {
    const margin = this.axis.length * 0.02;
    this.show(-margin / 4, this.axis.length + margin);
  }

  // Zooms by a factor; the position under x stays where it is.
  zoom(factor, x = this.width / 2) {
    const anchor = this.positionAt(x);
    const size = Math.max(this.axis.least, (this.to - this.from) / factor);
    const share = x / this.width;
    this.show(anchor - share * size, anchor + (1 - share) * size);
  }

  pan(pixels) {
    const distance = pixels / this.scale;
    this.show(this.from + distance, this.to + distance);
  }

  // Changes the axis and shows the same part of the run.
  useAxis(name) {
    if (name === this.axis.name) return;
    const isWhole = this.to - this.from >= this.axis.length;
    const times = [this.axis.timeAt(this.from), this.axis.timeAt(this.to)];
    if (name === 'steps') this.axes.steps ??= new StepAxis(this.recording);
    this.axis = this.axes[name];
    if (isWhole) this.fit();
    else this.show(this.axis.positionOf(times[0]), this.axis.positionOf(times[1]));
    if (this.selected !== null) this.reveal(this.selected);
  }

  // --- spans -------------------------------------------------------------------------------------------------------

  // Where a span lies on the axis.
  extent({ lane, slot, state }) {
    const { axis, recording } = this;
    const first = recording.first[lane];
    switch (state) {
      case 'running': return [axis.began[slot], axis.ended[slot]];
      case 'ready': return [axis.ready[slot], axis.began[slot]];
      case 'waiting': return [axis.ended[slot], recording.isLast(slot) ? axis.end[lane] : axis.ready[slot + 1]];
      default: return [axis.made[lane], first < recording.first[lane + 1] ? axis.ready[first] : axis.end[lane]];
    }
  }

  // The span under a point of the canvas. A run a few pixels beside it is taken rather than the wait around it.
  spanAt(x, y) {
    const row = Math.floor((y - RULER + this.scroll) / ROW);
    if (y < RULER || row >= this.rows.length) return null;
    const { recording, axis } = this;
    const lane = this.rows[row];
    const position = this.positionAt(x);
    const reach = 3 / this.scale;
    if (position < axis.made[lane] - reach || position > axis.end[lane] + reach) return null;
    const low = recording.first[lane];
    const high = recording.first[lane + 1];
    const slot = above(axis.began, position, low, high) - 1;
    const next = slot + 1;
    if (slot >= low && position <= axis.ended[slot]) return { lane, slot, state: 'running' };
    if (next < high && axis.began[next] - position <= reach) return { lane, slot: next, state: 'running' };
    if (slot >= low && position - axis.ended[slot] <= reach) return { lane, slot, state: 'running' };
    if (next < high && position >= axis.ready[next]) return { lane, slot: next, state: 'ready' };
    return slot >= low ? { lane, slot, state: 'waiting' } : { lane, slot: NONE, state: 'new' };
  }

  select(span) {
    this.selected = span;
    this.changed();
  }

  // Selects a span and moves it into sight, if need be closer.
  jump(span) {
    if (span === null) return;
    if (this.rowOf[span.lane] === NONE) {
      this.look('');
      this.onSearchCleared?.();
    }
    this.hovered = null;
    this.select(span);
    this.reveal(span);
  }

  reveal(span) {
    const [from, to] = this.extent(span);
    const size = this.to - this.from;
    const isInSight = to > this.from && from < this.to && (from >= this.from || to <= this.to || to - from >= size);
    if (!isInSight) this.show((from + to - size) / 2, (from + to + size) / 2);
    const top = this.rowOf[span.lane] * ROW;
    const room = this.height - RULER - ROW;
    if (top < this.scroll) this.scroll = top;
    else if (top > this.scroll + room) this.scroll = top - Math.max(0, room);
    this.changed();
  }

  // Selects a span and shows it with as much again on both sides.
  zoomTo(span) {
    if (span === null) return;
    this.jump(span);
    const [from, to] = this.extent(span);
    const margin = Math.max(to - from, this.axis.least / 4) * 0.5;
    this.show(from - margin, to + margin);
  }

  // The extreme of the summary as a span.
  spanOfExtreme(extreme, state) {
    const [lane, began] = extreme;
    const { recording } = this;
    const low = recording.first[lane];
    const starts = { running: recording.began, ready: recording.ready, waiting: recording.ended }[state];
    const slot = above(starts, began, low, recording.first[lane + 1]) - 1;
    return slot < low ? { lane, slot: NONE, state: 'new' } : { lane, slot, state };
  }
}
