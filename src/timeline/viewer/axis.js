// The horizontal axis: from runs to positions. There are two.
//
// On the axis of time a position is a time. On the axis of steps every event (a run begins, wakes or makes something,
// or ends) is one unit from the one before, whatever time passed: a run that follows another at once begins where that
// one ended, one that follows its own wake-up where that is, and a pause in which nothing ran is one unit wide.
//
// Each has the positions of the runs (`ready`, `began`, `ended`, by slot) and of the lanes (`made`, `end`).

class TimeAxis {
  constructor(recording) {
    this.name = 'time';
    this.ready = recording.ready;
    this.began = recording.began;
    this.ended = recording.ended;
    this.made = recording.made;
    this.end = recording.end;
    this.length = Math.max(recording.duration, 1);
    // The least that a window shows.
    this.least = 20;
  }

  positionOf(time) {
    return time;
  }

  timeAt(position) {
    return position;
  }

  label(position, step) {
    return timeText(position, step);
  }
}

class StepAxis {
  constructor(recording) {
    this.name = 'steps';
    this.least = 4;
    this.began = new Float64Array(recording.runCount);
    this.ended = new Float64Array(recording.runCount);
    // Where events are: times and their positions, both ascending.
    this.times = [0];
    this.positions = [0];
    this.placeEvents(recording);
    // What follows the last event is a pause like others.
    if (recording.duration > this.times.at(-1)) this.note(recording.duration, this.positions.at(-1) + 1);
    this.length = Math.max(this.positions.at(-1), 1);
    this.made = recording.made.map((time) => this.positionOf(time));
    this.end = recording.end.map((time, lane) => this.placeEnd(recording, time, lane));
    this.ready = this.placeReady(recording);
  }

  // Merges three ascending lists: marks (something is woken or made), ends and beginnings. Of those at one time the
  // marks come first, then the ends of runs that have begun; but the end of what is woken right then comes before.
  placeEvents(recording) {
    const { began, ended, ready, sequence } = recording;
    const marks = Float64Array.from(new Set([...recording.wakeTimes, ...recording.made])).sort();
    const ends = Uint32Array.from(sequence).sort((one, other) => ended[one] - ended[other]);
    const hasBegun = new Uint8Array(recording.runCount);
    let position = 0;
    // The last event if it was an end, and if it was a mark: a run may begin at the same place.
    let [lastEnd, lastMark] = [NONE, NONE];
    let [mark, end, begin] = [0, 0, 0];
    while (end < ends.length || mark < marks.length) {
      const markAt = mark < marks.length ? marks[mark] : Infinity;
      const endAt = end < ends.length ? ended[ends[end]] : Infinity;
      const beginAt = begin < sequence.length ? began[sequence[begin]] : Infinity;
      const isWokenAgain = markAt === endAt && hasBegun[ends[end]] && this.isWokenAtItsEnd(recording, ends[end]);
      if (markAt <= endAt && markAt <= beginAt && !isWokenAgain) {
        // The first instant needs no room of its own.
        if (markAt > 0) position += 1;
        this.note(markAt, position);
        [lastEnd, lastMark] = [NONE, markAt];
        mark += 1;
      } else if (endAt <= beginAt && hasBegun[ends[end]]) {
        position += 1;
        this.ended[ends[end]] = position;
        [lastEnd, lastMark] = [endAt, NONE];
        this.note(endAt, position);
        end += 1;
      } else {
        const slot = sequence[begin];
        const followsAtOnce = (lastEnd !== NONE && ready[slot] <= lastEnd) || ready[slot] === lastMark;
        if (!followsAtOnce && beginAt > 0) position += 1;
        [lastEnd, lastMark] = [NONE, NONE];
        this.began[slot] = position;
        hasBegun[slot] = 1;
        this.note(beginAt, position);
        begin += 1;
      }
    }
  }

  // Whether the lane of a run is woken again at the very time the run ends, as generators are that are asked anew.
  isWokenAtItsEnd(recording, slot) {
    return !recording.isLast(slot) && recording.waker[slot + 1] !== NONE
      && recording.ready[slot + 1] === recording.ended[slot];
  }

  note(time, position) {
    this.times.push(time);
    this.positions.push(position);
  }

  // A lane ends where its last run does, if that is its end in time.
  placeEnd(recording, time, lane) {
    const last = recording.first[lane + 1] - 1;
    const isRun = last >= recording.first[lane] && recording.ended[last] >= time;
    return isRun ? this.ended[last] : this.positionOf(time);
  }

  // A run is ready after the run before it and not after it begins, whatever rounding makes of it.
  placeReady(recording) {
    return recording.ready.map((time, slot) => {
      const least = recording.isFirst(slot) ? this.made[recording.lane[slot]] : this.ended[slot - 1];
      if (time >= recording.began[slot]) return this.began[slot];
      return Math.min(this.began[slot], Math.max(least, this.positionOf(time)));
    });
  }

  positionOf(time) {
    return this.interpolate(this.times, this.positions, time);
  }

  timeAt(position) {
    return this.interpolate(this.positions, this.times, position);
  }

  interpolate(from, to, value) {
    const next = above(from, value, 0, from.length);
    if (next === 0) return to[0];
    if (next === from.length) return to[next - 1];
    const share = (value - from[next - 1]) / (from[next] - from[next - 1]);
    return to[next - 1] + share * (to[next] - to[next - 1]);
  }

  label(position) {
    return `${Math.round(position)}`;
  }
}

// Round distances between the marks of a ruler: 1, 2 or 5 times a power of ten, not below `least`.
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
