// The search: which lanes and which spans a typed text is found in.
//
// A lane is found by its name, function or kind; a span by its reason, its function, its place or the text of its
// source line. A lane with a found span is found.

class Search {
  constructor(recording) {
    this.recording = recording;
    this.text = '';
    this.isActive = false;
    this.placeTexts = recording.places.line.map((line, place) => {
      const { lines } = recording.sources[recording.places.source[place]];
      return `${placeText(recording, place)} ${lines === null ? '' : lines[line - 1] ?? ''}`.toLowerCase();
    });
    this.laneTexts = recording.name.map((_, lane) =>
      `${laneText(recording, lane)} ${outcomeText(recording, lane)}`.toLowerCase());
    this.reasonTexts = recording.reasons.map((reason) => reason.toLowerCase());
  }

  // Takes in another text. Afterwards `laneFound`, `reasonFound` and `placeFound` hold.
  look(text) {
    this.text = text.trim().toLowerCase();
    this.isActive = this.text !== '';
    const found = (texts) => Uint8Array.from(texts, (other) => (other.includes(this.text) ? 1 : 0));
    this.laneFound = found(this.laneTexts);
    this.reasonFound = found(this.reasonTexts);
    this.placeFound = found(this.placeTexts);
    this.laneOfSpanFound = new Uint8Array(this.recording.laneCount);
    const { runCount, lane } = this.recording;
    for (let slot = 0; slot < runCount; slot += 1) {
      if (this.finds(slot)) this.laneOfSpanFound[lane[slot]] = 1;
    }
  }

  // Whether the run at this slot or the wait after it is found.
  finds(slot) {
    const { reason, place } = this.recording;
    return (reason[slot] !== NONE && this.reasonFound[reason[slot]] === 1)
      || (place[slot] !== NONE && this.placeFound[place[slot]] === 1);
  }

  keeps(lane) {
    return !this.isActive || this.laneFound[lane] === 1 || this.laneOfSpanFound[lane] === 1;
  }

  // Whether a run and the wait after it are drawn pale: its lane is kept for other spans only.
  dims(lane, slot) {
    return this.isActive && this.laneFound[lane] === 0 && !this.finds(slot);
  }

  // The first found span of the kept lanes after the given one, from the first again after the last.
  next(lanes, span) {
    const start = span === null ? -1 : lanes.indexOf(span.lane);
    for (let turn = 0; turn <= lanes.length; turn += 1) {
      const lane = lanes[(Math.max(start, 0) + turn) % lanes.length];
      const isHere = turn === 0 && start >= 0;
      const found = this.firstIn(lane, isHere ? span.slot + 1 : this.recording.first[lane]);
      if (found !== null && !(isHere && this.laneFound[lane])) return found;
    }
    return null;
  }

  firstIn(lane, from) {
    const { first, reason } = this.recording;
    if (this.laneFound[lane]) return this.recording.spanAt(lane, this.recording.made[lane]);
    for (let slot = from; slot < first[lane + 1]; slot += 1) {
      const isWait = reason[slot] !== NONE && this.reasonFound[reason[slot]] === 1;
      if (this.finds(slot)) return { lane, slot, state: isWait ? 'waiting' : 'running' };
    }
    return null;
  }
}
