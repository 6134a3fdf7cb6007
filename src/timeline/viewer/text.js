// Words and elements: how times, places and spans are written, and how they get into the page.
//
// Whatever comes from the program is put in as text, never as markup.

// Nanoseconds in the unit that suits them: `1.25 s`, `340 µs`.
function durationText(nanoseconds) {
  const units = [[3.6e12, 'h'], [6e10, 'min'], [1e9, 's'], [1e6, 'ms'], [1e3, 'µs']];
  for (const [size, unit] of units) {
    if (nanoseconds >= size) return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
  }
  return `${Math.round(nanoseconds)} ns`;
}

// A point in time, as fine as the distance `step` to its neighbours needs, in the unit that suits `largest`.
function timeText(nanoseconds, step, largest = nanoseconds) {
  const most = Math.max(largest, step);
  const [size, unit] = most >= 1e9 ? [1e9, 's'] : most >= 1e6 ? [1e6, 'ms'] : most >= 1e3 ? [1e3, 'µs'] : [1, 'ns'];
  const digits = Math.min(9, Math.max(0, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return `${(nanoseconds / size).toFixed(digits)} ${unit}`;
}

function countText(count, one, many) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

function placeText(recording, place) {
  if (place === NONE) return '';
  const { source, line, function: functions } = recording.places;
  const name = recording.sources[source[place]].name.split('/').pop();
  return functions[place] ? `${name}:${line[place]} in ${functions[place]}` : `${name}:${line[place]}`;
}

// Being ready for a shorter time than this is no matter.
const SHORT_LAG = 1e6;

// What is said where nothing of the program ran though something was ready: the system had others to run.
const ELSEWHERE = 'the machine was busy elsewhere';
const NOTHING_RAN = `nothing of the program ran: ${ELSEWHERE}`;

// What a span is, in a few words: `waiting for sleep`.
function stateText(recording, span) {
  switch (span.state) {
    case 'running': return 'running';
    case 'ready': return readyText(recording, span);
    case 'new': return 'not started';
    default: return recording.reason[span.slot] === NONE
      ? recording.reasonOf(span) : `waiting for ${recording.reasonOf(span)}`;
  }
}

function readyText(recording, span) {
  const [from, to] = recording.bounds(span);
  if (to - from < SHORT_LAG) return 'ready, about to run';
  return recording.holderOf(span) === NONE ? 'ready, and not let run' : 'ready, but held up';
}

// What a lane is, by name and kind: `Task-1 (main), task`.
function laneText(recording, lane) {
  const { name, function: functions, kind } = recording;
  if (kind[lane] === 'main') return 'main thread';
  const runs = functions[lane] && functions[lane] !== name[lane] ? ` (${functions[lane]})` : '';
  return `${name[lane]}${runs}, ${kind[lane] === 'more' ? 'further lanes' : kind[lane]}`;
}

function outcomeText(recording, lane) {
  switch (recording.outcome[lane]) {
    case 'raised': return `raised ${recording.exception[lane]}`;
    case 'unfinished': return 'never finished';
    default: return recording.outcome[lane];
  }
}

// An element with attributes and children; strings become text.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

// A line of source with `around` lines before and after it; null if the text is not there.
function sourceLines(recording, place, around) {
  if (place === NONE) return null;
  const { name, lines } = recording.sources[recording.places.source[place]];
  const current = recording.places.line[place];
  if (lines === null || current > lines.length) return null;
  const from = Math.max(1, Math.min(current - around, lines.length - 2 * around));
  const shown = lines.slice(from - 1, from + 2 * around);
  const indent = Math.min(...shown.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  const block = element('div', { class: 'source', 'aria-label': `source of ${name}` });
  shown.forEach((line, index) => {
    const number = element('span', { class: 'number' }, String(from + index));
    const row = element('div', {}, number, line.slice(indent));
    if (from + index === current) row.classList.add('current');
    block.append(row);
  });
  return block;
}
