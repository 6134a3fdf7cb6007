// Draws who woke whom and who made whom: an arrow from the one lane to the other.
//
// Where more than a few hundred would be in sight only those of the selected lane are drawn, or of the selected span
// where even those are too many.

const MOST_ARROWS = 300;

class Arrows {
  constructor(view, painter) {
    this.view = view;
    this.recording = view.recording;
    this.painter = painter;
    // How many are in sight and not drawn.
    this.left = 0;
  }

  paint(context, firstRow, lastRow) {
    this.context = context;
    this.rows = [firstRow, lastRow];
    const { view, recording } = this;
    const { axis } = view;
    const from = above(recording.wakeTimes, axis.timeAt(view.from) - 1, 0, recording.wakes.length);
    const to = above(recording.wakeTimes, axis.timeAt(view.to) + 1, from, recording.wakes.length);
    this.drawn = new Set();
    let slots = recording.wakes.subarray(from, to);
    this.left = slots.length > MOST_ARROWS ? slots.length : 0;
    if (slots.length > MOST_ARROWS) slots = slots.filter((slot) => this.isOfSelectedLane(slot));
    if (slots.length > MOST_ARROWS) slots = slots.filter((slot) => this.isOfSelectedSpan(slot));
    for (const slot of slots) this.wake(slot);
    this.makers();
  }

  wake(slot) {
    const { view, recording } = this;
    this.arrow(recording.waker[slot], recording.lane[slot], view.x(view.axis.ready[slot]), {
      colour: this.painter.colours.wake,
      alpha: view.selected === null || this.isOfSelectedLane(slot) ? 0.9 : 0.45,
      thickness: this.isOfSelectedSpan(slot) ? 2 : 1.2,
      dashes: [],
    });
  }

  isOfSelectedLane(slot) {
    const lane = this.view.selected?.lane;
    return this.recording.lane[slot] === lane || this.recording.waker[slot] === lane;
  }

  // Whether a wake-up led to the selected span or came from it.
  isOfSelectedSpan(slot) {
    const { recording } = this;
    const span = this.view.selected;
    if (span === null || span.slot === NONE) return false;
    if (slot === span.slot) return span.state !== 'waiting';
    return span.state === 'running' && recording.waker[slot] === span.lane
      && recording.ready[slot] >= recording.began[span.slot] && recording.ready[slot] <= recording.ended[span.slot];
  }

  // Lanes that were made, unless the maker's wake-up says the same.
  makers() {
    const { view, recording } = this;
    const [first, last] = this.rows;
    if (last - first > 200) return;
    for (let row = first; row <= last; row += 1) {
      const lane = view.rows[row];
      const maker = recording.maker[lane];
      const slot = recording.first[lane];
      const isWoken = slot < recording.first[lane + 1] && recording.waker[slot] === maker
        && recording.ready[slot] === recording.made[lane];
      if (maker !== NONE && !isWoken) {
        this.arrow(maker, lane, view.x(view.axis.made[lane]),
          { colour: this.painter.colours.muted, alpha: 0.8, thickness: 1, dashes: [1.5, 2.5] });
      }
    }
  }

  // A vertical arrow from lane to lane at x, unless it is out of sight or drawn already.
  arrow(fromLane, toLane, x, { colour, alpha, thickness, dashes }) {
    const { view, context } = this;
    const [from, to] = [view.rowOf[fromLane], view.rowOf[toLane]];
    if (from === NONE || to === NONE || from === to || x < -5 || x > view.width + 5) return;
    if (Math.max(from, to) < this.rows[0] || Math.min(from, to) > this.rows[1]) return;
    const key = `${Math.round(x)},${from},${to},${thickness}`;
    if (this.drawn.has(key)) return;
    this.drawn.add(key);
    const down = Math.sign(to - from);
    const start = view.top(from) + ROW / 2 + (down * BAR) / 2;
    const tip = view.top(to) + ROW / 2 - (down * BAR) / 2;
    context.globalAlpha = alpha;
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = thickness;
    context.setLineDash(dashes);
    context.beginPath();
    context.moveTo(x, start);
    context.lineTo(x, tip - down * 4);
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.moveTo(x, tip);
    context.lineTo(x - 3.2, tip - down * 6);
    context.lineTo(x + 3.2, tip - down * 6);
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 1;
  }
}
