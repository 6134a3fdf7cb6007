// Draws the view on its canvases: the lanes' spans, the ruler and the overview of the whole run.
//
// Only what is in sight is looked at: the rows by their place, the spans by binary search. Where several runs fall
// into one pixel they become one column, as dark as the share of it that was run, and the search goes on behind it;
// so a picture costs about a step for each pixel of a row, however many runs there are.

const BAR = 18;
const THIN = 14;

class Painter {
  constructor(view, chart, overview) {
    this.view = view;
    this.recording = view.recording;
    this.chart = chart;
    this.overview = overview;
    this.arrows = new Arrows(view, this);
    this.readColours();
  }

  // The colours of the style sheet, read again when the scheme changes.
  readColours() {
    const style = getComputedStyle(document.documentElement);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = ['page', 'panel', 'line', 'grid', 'text', 'muted', 'running', 'on-running', 'within', 'ready',
      'ready-ground', 'waiting', 'on-waiting', 'wake', 'bad', 'accent'];
    this.colours = Object.fromEntries(names.map((name) => [name, this.colour(name)]));
    this.font = this.colour('text-font');
    this.hatch = null;
    this.widths = new Map();
    this.histogram = null;
  }

  // Makes a canvas as fine as the screen and gives its context, scaled to CSS pixels.
  prepare(canvas) {
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const context = canvas.getContext('2d');
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    return context;
  }

  paint() {
    const context = this.prepare(this.chart);
    this.context = context;
    this.hatch ??= this.makeHatch();
    context.font = `11px ${this.font}`;
    context.textBaseline = 'middle';
    this.paintGrid();
    const [first, last] = this.view.rowsInSight();
    for (let row = first; row <= last; row += 1) this.paintLane(this.view.rows[row], this.view.top(row));
    this.arrows.paint(context, first, last);
    this.paintSelection();
    this.paintRuler();
    this.paintOverview();
  }

  // --- lanes -------------------------------------------------------------------------------------------------------

  paintLane(lane, top) {
    const { context, colours, view } = this;
    const middle = top + ROW / 2;
    if (view.selected?.lane === lane) {
      context.fillStyle = colours.panel;
      context.fillRect(0, top, view.width, ROW - 1);
    }
    context.fillStyle = colours.grid;
    context.fillRect(0, top + ROW - 1, view.width, 1);
    const from = view.x(view.axis.made[lane]);
    const to = view.x(view.axis.end[lane]);
    if (to < -20 || from > view.width) return;
    context.globalAlpha = view.search.isActive && !view.search.laneFound[lane] ? 0.45 : 1;
    this.bar(from, to, middle, THIN, colours.waiting);
    context.globalAlpha = 1;
    this.paintNew(lane, middle);
    this.paintRuns(lane, middle);
    context.globalAlpha = 1;
    this.paintEnd(lane, to, middle);
  }

  // The time before the first run: an empty bar.
  paintNew(lane, middle) {
    const { view, context, colours } = this;
    const [from, to] = view.extent({ lane, slot: NONE, state: 'new' }).map((position) => view.x(position));
    if (to - from < 2 || to < 0 || from > view.width) return;
    this.bar(from + 0.5, to - 0.5, middle, THIN - 1, colours.page);
    context.strokeStyle = colours.waiting;
    const left = Math.max(from, -9);
    const right = Math.min(to, view.width + 9);
    context.strokeRect(left + 0.5, middle - THIN / 2 + 0.5, right - left - 1, THIN - 1);
    this.label('not started', from, to, middle, colours.muted);
  }

  paintRuns(lane, middle) {
    const { view, recording, context } = this;
    const { axis } = view;
    const high = recording.first[lane + 1];
    let slot = above(axis.ended, view.from, recording.first[lane], high);
    // The run before it stays in the picture for the label of its wait.
    if (slot > recording.first[lane]) slot -= 1;
    while (slot < high && axis.ready[slot] <= view.to) {
      const x = Math.floor(view.x(axis.began[slot]));
      const behind = above(axis.began, view.positionAt(x + 1), slot + 1, high);
      context.globalAlpha = view.search.dims(lane, slot) ? 0.25 : 1;
      // The last of those that begin within the pixel may go on beyond it.
      const column = view.x(axis.ended[behind - 1]) > x + 2 ? behind - 1 : behind;
      if (column - slot > 1) this.paintColumn(slot, column, x, middle);
      else if (column > slot) this.paintRun(lane, slot, middle);
      if (column < behind) this.paintRun(lane, column, middle);
      slot = behind;
    }
  }

  // Several runs within one pixel.
  paintColumn(slot, behind, x, middle) {
    const { view, recording, context, colours } = this;
    const { axis } = view;
    const last = behind - 1;
    const size = Math.max(axis.ended[last] - axis.began[slot], 1 / view.scale);
    const time = axis.name === 'time' ? recording.ranBefore[behind] - recording.ranBefore[slot] : size * 0.7;
    const share = Math.min(1, time / size);
    const alpha = context.globalAlpha;
    context.globalAlpha = alpha * this.shade(share);
    context.fillStyle = colours.running;
    context.fillRect(x, middle - BAR / 2, Math.max(1, view.x(axis.ended[last]) - x), BAR);
    context.globalAlpha = alpha;
    this.labelWait(last, middle);
  }

  // How dark a column is of which this share was run. Even the least can be seen.
  shade(share) {
    return 0.55 + 0.45 * share;
  }

  paintRun(lane, slot, middle) {
    const { view, recording, context, colours } = this;
    const { axis } = view;
    const ready = view.x(axis.ready[slot]);
    const began = view.x(axis.began[slot]);
    const ended = Math.max(view.x(axis.ended[slot]), began + 1.5);
    if (began - ready > 0.5) {
      this.bar(ready, began, middle, THIN, colours['ready-ground']);
      const alpha = context.globalAlpha;
      // Where nothing of the program ran nobody is to blame.
      if (recording.holder.get(slot) === NONE) context.globalAlpha = alpha * 0.4;
      this.bar(ready, began, middle, THIN, this.hatch);
      context.globalAlpha = alpha;
    }
    if (ended > 0) {
      const alpha = context.globalAlpha;
      const width = (axis.ended[slot] - axis.began[slot]) * view.scale;
      if (width < 1 && this.hasNeighbours(slot, began)) context.globalAlpha = alpha * this.shade(width);
      this.bar(began, ended, middle, BAR, colours.running);
      this.paintInner(slot, middle);
      context.globalAlpha = alpha;
      const place = recording.place[slot];
      const name = place === NONE ? recording.function[lane] : recording.places.function[place];
      this.label(name, began, ended, middle, colours['on-running']);
    }
    this.labelWait(slot, middle);
  }

  // Where others run within a run it is paler.
  paintInner(slot, middle) {
    const { view, recording, context, colours } = this;
    const { axis } = view;
    context.fillStyle = colours.within;
    const end = recording.firstInner[slot + 1];
    let reached = -Infinity;
    for (let index = recording.firstInner[slot]; index < end; index += 1) {
      const inner = recording.inner[index];
      const from = Math.max(view.x(axis.began[inner]), reached, 0);
      const to = Math.min(view.x(Math.min(axis.ended[inner], axis.ended[slot])), view.width);
      if (from >= view.width) break;
      // What is narrower than a pixel would only blur the bar.
      if (to - from < 1) continue;
      context.fillRect(from, middle - BAR / 2 + 2, to - from, BAR - 4);
      reached = to;
    }
  }

  // Whether other runs are close to this one: then it is shaded as the columns beside it are.
  hasNeighbours(slot, began) {
    const { view, recording } = this;
    const isNear = (other) => Math.abs(view.x(view.axis.began[other]) - began) < 4;
    return (!recording.isFirst(slot) && isNear(slot - 1)) || (!recording.isLast(slot) && isNear(slot + 1));
  }

  // What the wait after a run is for.
  labelWait(slot, middle) {
    const { view, recording, colours } = this;
    const span = { lane: recording.lane[slot], slot, state: 'waiting' };
    const [from, to] = view.extent(span).map((position) => view.x(position));
    // The bar of the lane is pale where the lane is kept for some of its spans: these stand out from it.
    if (view.search.isActive && view.search.finds(slot)) this.bar(from, to, middle, THIN, colours.waiting);
    if (to - from > 20 && to > 0) this.label(recording.reasonOf(span), from, to, middle, colours['on-waiting']);
  }

  // How a lane ended.
  paintEnd(lane, x, middle) {
    const { context, colours, recording } = this;
    if (x < 0 || x > this.view.width) return;
    const outcome = recording.outcome[lane];
    const [sign, colour] = {
      returned: ['●', colours.muted],
      raised: ['✕', colours.bad],
      cancelled: ['⊘', colours.bad],
      closed: ['◑', colours.muted],
      unfinished: ['···', colours.muted],
    }[outcome];
    context.fillStyle = colour;
    context.font = `${outcome === 'returned' ? 8 : 12}px ${this.font}`;
    context.fillText(sign, x + 4, middle);
    context.font = `11px ${this.font}`;
  }

  // A bar, cut to the canvas, with round corners where it is long enough.
  bar(from, to, middle, height, fill) {
    const left = Math.max(from, -9);
    const width = Math.min(to, this.view.width + 9) - left;
    if (width <= 0) return;
    const { context } = this;
    context.fillStyle = fill;
    if (width < 5) {
      context.fillRect(left, middle - height / 2, width, height);
      return;
    }
    context.beginPath();
    context.roundRect(left, middle - height / 2, width, height, 2.5);
    context.fill();
  }

  // A text within a bar, in the part of it that is in sight; shortened or left out where it does not fit.
  label(text, from, to, middle, colour) {
    const left = Math.max(from, 0) + 5;
    const room = Math.min(to, this.view.width) - 5 - left;
    if (room < 14 || !text) return;
    const shown = this.shorten(text, room);
    if (shown === '') return;
    this.context.fillStyle = colour;
    this.context.fillText(shown, left, middle + 0.5);
  }

  // A text cut to the room there is; empty where too little of it would be left to read.
  shorten(text, room) {
    if (this.widthOf(text) <= room) return text;
    let length = Math.floor((text.length * room) / this.widthOf(text));
    while (length > 1 && this.widthOf(`${text.slice(0, length)}…`) > room) length -= 1;
    return length > 2 ? `${text.slice(0, length)}…` : '';
  }

  widthOf(text) {
    let width = this.widths.get(text);
    if (width === undefined) {
      if (this.widths.size > 20000) this.widths.clear();
      width = this.context.measureText(text).width;
      this.widths.set(text, width);
    }
    return width;
  }

  makeHatch() {
    const tile = document.createElement('canvas');
    tile.width = 6;
    tile.height = 6;
    const context = tile.getContext('2d');
    context.strokeStyle = this.colours.ready;
    context.lineWidth = 2;
    context.beginPath();
    for (const x of [-6, 0, 6]) {
      context.moveTo(x - 1, 7);
      context.lineTo(x + 7, -1);
    }
    context.stroke();
    return this.context.createPattern(tile, 'repeat');
  }

  // --- around the lanes --------------------------------------------------------------------------------------------

  // The distance of the marks of the ruler.
  markStep() {
    const step = roundStep(Math.max(90 / this.view.scale, 1e-6));
    return this.view.axis.name === 'steps' ? Math.max(1, step) : step;
  }

  eachMark(paint) {
    const { view } = this;
    const step = this.markStep();
    const last = Math.floor(Math.min(view.to, view.axis.length) / step);
    for (let mark = Math.max(0, Math.ceil(view.from / step)); mark <= last; mark += 1) {
      paint(mark * step, view.x(mark * step), step);
    }
  }

  paintGrid() {
    const { context, colours, view } = this;
    context.fillStyle = colours.grid;
    this.eachMark((_, x) => context.fillRect(Math.round(x), RULER, 1, view.height - RULER));
  }

  paintRuler() {
    const { context, colours, view } = this;
    context.fillStyle = colours.page;
    context.fillRect(0, 0, view.width, RULER - 1);
    context.fillStyle = colours.line;
    context.fillRect(0, RULER - 1, view.width, 1);
    this.eachMark((position, x, step) => {
      context.fillStyle = colours.line;
      context.fillRect(Math.round(x), RULER - 7, 1, 6);
      context.fillStyle = colours.muted;
      const text = view.axis.label(position, step);
      const left = Math.min(Math.max(3, x - this.widthOf(text) / 2), view.width - this.widthOf(text) - 3);
      context.fillText(text, left, RULER / 2 - 2);
    });
    if (view.pointer !== null) this.paintPointer();
  }

  // A line under the pointer and the time there.
  paintPointer() {
    const { context, colours, view } = this;
    const { x } = view.pointer;
    const position = view.positionAt(x);
    if (position < 0 || position > view.axis.length) return;
    context.fillStyle = colours.muted;
    context.globalAlpha = 0.5;
    context.fillRect(Math.round(x), RULER, 1, view.height - RULER);
    context.globalAlpha = 1;
    const step = Math.max(1, (view.axis.timeAt(view.to) - view.axis.timeAt(view.from)) / view.width);
    const time = timeText(view.axis.timeAt(position), step);
    const text = view.axis.name === 'steps' ? `${Math.floor(position)}  at ${time}` : time;
    const width = context.measureText(text).width + 12;
    const left = Math.min(Math.max(0, x - width / 2), view.width - width);
    context.fillStyle = colours.text;
    context.beginPath();
    context.roundRect(left, 2, width, RULER - 5, 4);
    context.fill();
    context.fillStyle = colours.page;
    context.fillText(text, left + 6, RULER / 2 - 0.5);
  }

  paintSelection() {
    const { view } = this;
    if (view.hovered !== null) this.outline(view.hovered, 1);
    if (view.selected !== null) this.outline(view.selected, 2);
  }

  outline(span, thickness) {
    const { view, context, colours } = this;
    const row = view.rowOf[span.lane];
    if (row === NONE) return;
    const [from, to] = view.extent(span).map((position) => view.x(position));
    const left = Math.max(from, -9) - 1.5;
    const right = Math.min(Math.max(to, from + 1.5), view.width + 9) + 1.5;
    const height = (span.state === 'running' ? BAR : THIN) + 3;
    context.strokeStyle = colours.text;
    context.lineWidth = thickness;
    context.beginPath();
    context.roundRect(left, view.top(row) + (ROW - height) / 2, Math.max(right - left, 3), height, 3.5);
    context.stroke();
    context.lineWidth = 1;
  }

  // --- the whole run -----------------------------------------------------------------------------------------------

  // How many lanes ran in each pixel of the overview, from 0 to 1.
  measure(width) {
    const { recording, view } = this;
    const { axis } = view;
    if (this.histogram?.axis === axis && this.histogram.busy.length === width) return this.histogram.busy;
    const busy = new Float64Array(width);
    const column = axis.length / width;
    for (let slot = 0; slot < recording.runCount; slot += 1) {
      const from = axis.began[slot] / column;
      const to = Math.min(axis.ended[slot] / column, width - 1e-9);
      for (let x = Math.floor(from); x <= to && x < width; x += 1) {
        busy[x] += Math.max(Math.min(to, x + 1) - Math.max(from, x), 0.02);
      }
    }
    const most = busy.reduce((one, other) => Math.max(one, other), 1e-9);
    this.histogram = { axis, busy: busy.map((value) => Math.sqrt(value / most)) };
    return this.histogram.busy;
  }

  paintOverview() {
    const { view, colours } = this;
    const { clientWidth: width, clientHeight: height } = this.overview;
    if (width < 1) return;
    const context = this.prepare(this.overview);
    context.fillStyle = colours.running;
    context.globalAlpha = 0.75;
    this.measure(width).forEach((share, x) => {
      if (share > 0) context.fillRect(x, height - 3 - share * (height - 7), 1, share * (height - 7));
    });
    context.globalAlpha = 1;
    const left = Math.max(0, (view.from / view.axis.length) * width);
    const right = Math.min(width, (view.to / view.axis.length) * width);
    context.fillStyle = colours.line;
    context.globalAlpha = 0.6;
    context.fillRect(0, 0, left, height);
    context.fillRect(right, 0, width - right, height);
    context.globalAlpha = 1;
    if (left <= 0 && right >= width) return;
    context.strokeStyle = colours.accent;
    context.lineWidth = 1.5;
    context.strokeRect(left + 0.75, 1, Math.max(right - left - 1.5, 2), height - 2);
  }
}
