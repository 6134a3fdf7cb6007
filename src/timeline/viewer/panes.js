// The parts of the page made of elements: the summary, the list of lanes, the details of the selection, the tooltip.

const KIND_SIGNS = { main: '■', thread: '≡', task: '○', greenlet: '◇', generator: '↻', more: '…' };

// --- summary ---------------------------------------------------------------------------------------------------------

class Summary {
  constructor(view) {
    this.view = view;
    const { recording } = view;
    const { summary } = recording;
    document.title = `${recording.program} · timeline`;
    const title = document.getElementById('program');
    title.textContent = recording.program.split('/').pop();
    title.title = recording.program;
    const counts = document.getElementById('counts');
    counts.textContent = this.counts();
    counts.title = this.counts();
    const cards = [
      this.extreme('Longest wait', summary.wait, 'waiting'),
      this.extreme('Longest uninterrupted run', summary.run, 'running'),
      this.extreme('Longest lag, ready and not run', summary.lag, 'ready'),
      this.unfinished(),
    ];
    document.getElementById('summary').append(...cards.filter((card) => card !== null));
  }

  counts() {
    const { recording } = this.view;
    const { summary, resolution } = recording;
    const parts = [
      countText(summary.lanes, 'lane', 'lanes'),
      countText(summary.runs, 'run', 'runs'),
      `${durationText(recording.duration)}${recording.isVirtual ? ' of virtual time' : ''}`,
    ];
    if (resolution > 0) parts.push(`steps closer than ${durationText(resolution)} are shown as one`);
    return parts.join(' · ');
  }

  extreme(label, extreme, state) {
    if (extreme === null) return null;
    const { recording } = this.view;
    const [lane, , nanoseconds, place, reason, holder] = extreme;
    const where = [recording.name[lane]];
    if (reason > 0 && state === 'waiting') where.push(recording.reasons[reason - 1]);
    if (holder === 1 && state === 'ready') where.push(ELSEWHERE);
    if (holder > 1 && state === 'ready') where.push(`held up by ${recording.name[holder - 2]}`);
    if (place > 0) where.push(placeText(recording, place - 1));
    const jump = () => this.view.zoomTo(this.view.spanOfExtreme(extreme, state));
    return this.card(label, durationText(nanoseconds), where.join(' · '), jump, state);
  }

  unfinished() {
    const { recording } = this.view;
    const isMissed = (lane) => recording.outcome[lane] === 'unfinished' && ['task', 'thread'].includes(recording.kind[lane]);
    const lanes = Array.from(recording.kind, (_, lane) => lane).filter(isMissed);
    const count = recording.summary.unfinished;
    if (count === 0) return this.card('Never finished', 'none', '', () => {}, 'unfinished');
    let next = 0;
    const jump = () => {
      if (lanes.length === 0) return;
      const lane = lanes[next++ % lanes.length];
      this.view.jump(recording.spanAt(lane, recording.end[lane]));
    };
    const names = lanes.slice(0, 3).map((lane) => recording.name[lane]).join(', ');
    return this.card('Never finished', count.toLocaleString('en'), names, jump, 'unfinished');
  }

  card(label, value, where, jump, state) {
    return element('button', { click: jump, 'data-summary': state, title: where },
      element('span', { class: 'label' }, label, element('span', { class: 'value' }, value)),
      element('span', { class: 'where' }, where));
  }
}

// --- lanes -----------------------------------------------------------------------------------------------------------

// So many characters at the end of a long name are always shown.
const LAST = 6;

// The names beside the lanes: elements for those in sight only. Its scrolling is that of the whole picture.
class LaneList {
  constructor(view) {
    this.view = view;
    this.list = document.getElementById('lanes');
    this.space = document.getElementById('lane-space');
    this.list.addEventListener('scroll', () => {
      view.scroll = this.list.scrollTop;
      view.changed();
    });
  }

  refresh() {
    const { view, list } = this;
    this.space.style.height = `${view.rows.length * ROW + RULER}px`;
    if (Math.abs(list.scrollTop - view.scroll) > 0.5) list.scrollTop = view.scroll;
    view.scroll = list.scrollTop;
    const [first, last] = view.rowsInSight();
    document.getElementById('corner').textContent = this.heading();
    const key = [first, last, view.selected?.lane, view.search.text, view.sort, view.rows.length].join();
    if (key === this.key) return;
    this.key = key;
    const rows = [];
    for (let row = first; row <= last; row += 1) rows.push(this.row(view.rows[row], row));
    const focused = document.activeElement?.dataset?.lane;
    this.space.replaceChildren(...rows);
    if (focused !== undefined) this.space.querySelector(`[data-lane="${Number(focused)}"]`)?.focus();
  }

  heading() {
    const { rows, recording, search } = this.view;
    const count = countText(recording.laneCount, 'lane', 'lanes');
    return search.isActive ? `${rows.length.toLocaleString('en')} of ${count}` : count;
  }

  row(lane, row) {
    const { recording, search } = this.view;
    const { kind, name, function: functions, outcome } = recording;
    const item = element('div', { role: 'listitem' });
    const said = outcome[lane] === 'raised' ? `, ${outcomeText(recording, lane)}` : '';
    const title = laneText(recording, lane);
    const button = element('button', { class: 'lane', 'data-lane': lane, title, 'aria-label': title + said },
      element('span', { class: 'kind', 'aria-hidden': 'true' }, KIND_SIGNS[kind[lane]]),
      this.name(name[lane]),
      functions[lane] && functions[lane] !== name[lane] ? this.marked('function', functions[lane]) : null,
      outcome[lane] === 'raised' ? element('span', { class: 'outcome' }, recording.exception[lane]) : null);
    button.style.top = `${RULER + row * ROW}px`;
    button.style.height = `${ROW}px`;
    button.style.paddingLeft = `${16 + Math.min(this.view.depth[lane], 8) * 14}px`;
    button.classList.toggle('selected', this.view.selected?.lane === lane);
    button.classList.toggle('dimmed', search.isActive && !search.laneFound[lane]);
    button.addEventListener('click', () => this.view.jump(recording.spanAt(lane, recording.made[lane])));
    item.append(button);
    return item;
  }

  // The name of a lane. Where there is no room for all of it the end stays: often it is what tells names apart.
  name(name) {
    const { search } = this.view;
    const isMarked = search.isActive && name.toLowerCase().includes(search.text);
    if (isMarked || name.length <= 2 * LAST) return this.marked('name', name);
    const characters = [...name];
    return element('span', { class: 'name long' },
      element('span', { class: 'first' }, characters.slice(0, -LAST).join('')),
      element('span', { class: 'last' }, characters.slice(-LAST).join('')));
  }

  // A text in which what was searched is marked.
  marked(name, text) {
    const { search } = this.view;
    const start = search.isActive ? text.toLowerCase().indexOf(search.text) : NONE;
    if (start === NONE) return element('span', { class: name }, text);
    const end = start + search.text.length;
    return element('span', { class: name },
      text.slice(0, start), element('mark', {}, text.slice(start, end)), text.slice(end));
  }
}

// --- details ---------------------------------------------------------------------------------------------------------

// The pane of the selected span: what it is, its lane, its source, and the way to those it has to do with.
class Details {
  constructor(view) {
    this.view = view;
    this.pane = document.getElementById('details');
    this.live = document.getElementById('live');
    this.shown = null;
  }

  refresh() {
    const span = this.view.selected;
    if (span === this.shown) return false;
    const wasHidden = this.pane.hidden;
    this.shown = span;
    this.pane.hidden = span === null;
    this.live.textContent = span === null ? '' : this.sentence(span);
    if (span !== null) this.fill(span);
    // Whether the picture has another size now.
    return wasHidden !== this.pane.hidden;
  }

  // The selected span in one sentence, for those who hear the page.
  sentence(span) {
    const { recording } = this.view;
    const [from, to] = recording.bounds(span);
    const place = placeText(recording, recording.placeOf(span));
    return `${recording.name[span.lane]}: ${stateText(recording, span)} for ${durationText(to - from)}`
      + `, from ${timeText(from, (to - from) / 100 || 1)}${place ? `, at ${place}` : ''}`;
  }

  fill(span) {
    const { recording } = this.view;
    const place = recording.placeOf(span);
    const state = span.state === 'new' ? 'waiting' : span.state;
    const title = element('h2', {}, element('i', { class: `key ${state}` }), stateText(recording, span));
    const source = sourceLines(recording, place, 3) ?? element('div', { class: 'source' },
      element('span', { class: 'file' }, place === NONE ? 'no source line' : 'the source is not part of this page'));
    const close = element('button',
      { class: 'close', 'aria-label': 'Close', title: 'Close ( esc )', click: () => this.view.select(null) }, '✕');
    this.pane.replaceChildren(
      element('div', {}, title, this.factsOfSpan(span, place)),
      element('div', {}, element('h2', {}, laneText(recording, span.lane)), this.factsOfLane(span.lane)),
      source,
      close);
  }

  factsOfSpan(span, place) {
    const { recording } = this.view;
    const [from, to] = recording.bounds(span);
    const fine = Math.max((to - from) / 100, 1);
    const facts = [['for', durationText(to - from)], ['from', `${timeText(from, fine, to)} to ${timeText(to, fine)}`]];
    const isNew = span.state === 'new' || (span.state === 'ready' && recording.isFirst(span.slot));
    const label = isNew ? 'made at' : { ready: 'goes on at', running: 'stopped at', waiting: 'at' }[span.state];
    if (place !== NONE) facts.push([label, placeText(recording, place)]);
    if (span.state === 'running' && recording.steps[span.slot] > 1) {
      const steps = recording.steps[span.slot].toLocaleString('en');
      facts.push(['steps', `${steps}, ran ${durationText(recording.ran[span.slot])} of it`]);
    }
    return this.facts([...facts, ...this.causes(span)]);
  }

  // Who woke it, what it waited for, what it woke.
  causes(span) {
    const { recording } = this.view;
    const ending = span.state === 'waiting' ? (recording.isLast(span.slot) ? NONE : span.slot + 1)
      : span.state === 'new' ? this.firstSlot(span.lane) : span.slot;
    const facts = [];
    if (ending !== NONE) {
      const waker = recording.wakerOf(ending);
      facts.push(['woken by', waker === null ? 'time or the world outside' : this.link(waker)]);
    }
    const holder = recording.holderOf(span);
    if (holder === NONE) facts.push(['meanwhile', NOTHING_RAN]);
    else if (holder !== undefined) facts.push(['held up by', this.link(this.holding(span, holder))]);
    if (span.state === 'ready' || span.state === 'running') {
      const wait = recording.waitBefore(span.slot);
      const [from, to] = recording.bounds(wait);
      const text = `${recording.reasonOf(wait)}, ${durationText(to - from)}`;
      if (to > from) facts.push(['waited for', this.link(wait, text)]);
    }
    if (span.state === 'running') {
      const woken = recording.wokenDuring(span.slot);
      if (woken.length) facts.push(['woke', this.links(woken)]);
    }
    return facts;
  }

  // What the lane did in the meantime that held up a span.
  holding(span, holder) {
    const { recording } = this.view;
    const [from, to] = recording.bounds(span);
    return recording.spanAt(holder, (from + to) / 2);
  }

  links(slots) {
    const { recording } = this.view;
    const list = element('span');
    slots.slice(0, 4).forEach((slot, index) => {
      list.append(index ? ', ' : '', this.link({ lane: recording.lane[slot], slot, state: 'running' }));
    });
    if (slots.length > 4) list.append(` and ${slots.length - 4} more`);
    return list;
  }

  factsOfLane(lane) {
    const { recording } = this.view;
    const facts = [];
    const maker = recording.maker[lane];
    if (maker !== NONE) {
      facts.push(['made by', this.link(recording.spanAt(maker, recording.made[lane]))]);
      if (recording.madeAt[lane] !== NONE) facts.push(['made at', placeText(recording, recording.madeAt[lane])]);
    }
    const life = recording.end[lane] - recording.made[lane];
    const percent = (time) => (life > 0 ? `, ${Number(((100 * time) / life).toPrecision(2))} %` : '');
    const part = (time) => durationText(time) + percent(time);
    facts.push(
      ['end', outcomeText(recording, lane)],
      ['runs', (recording.first[lane + 1] - recording.first[lane]).toLocaleString('en')],
      ['ran', part(recording.running[lane])],
      ['was ready', part(recording.lagging[lane])],
      ['waited', part(recording.waiting[lane])]);
    return this.facts(facts);
  }

  facts(pairs) {
    const list = element('dl');
    for (const [name, value] of pairs) list.append(element('dt', {}, name), element('dd', {}, value));
    return list;
  }

  link(span, text = this.view.recording.name[span.lane]) {
    return element('button', { class: 'link', click: () => this.view.jump(span) }, text);
  }

  firstSlot(lane) {
    const { first } = this.view.recording;
    return first[lane] < first[lane + 1] ? first[lane] : NONE;
  }
}

// --- tooltip ---------------------------------------------------------------------------------------------------------

// What is under the pointer, with the source line and its neighbours.
class Tooltip {
  constructor(view) {
    this.view = view;
    this.box = document.getElementById('tooltip');
    this.shown = null;
  }

  refresh() {
    const { hovered, pointer } = this.view;
    this.box.hidden = hovered === null;
    if (hovered === null) {
      this.shown = null;
      return;
    }
    if (!this.isShown(hovered)) this.fill(hovered);
    this.shown = hovered;
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const left = pointer.pageX + 16 + width > innerWidth ? pointer.pageX - 16 - width : pointer.pageX + 16;
    const top = pointer.pageY + 18 + height > innerHeight ? pointer.pageY - 12 - height : pointer.pageY + 18;
    this.box.style.left = `${Math.max(4, left)}px`;
    this.box.style.top = `${Math.max(4, top)}px`;
  }

  isShown({ lane, slot, state }) {
    const { shown } = this;
    return shown !== null && shown.lane === lane && shown.slot === slot && shown.state === state;
  }

  fill(span) {
    const { recording } = this.view;
    const [from, to] = recording.bounds(span);
    const place = placeText(recording, recording.placeOf(span));
    const title = `${recording.name[span.lane]}: ${stateText(recording, span)}, ${durationText(to - from)}`;
    const waker = span.state === 'ready' || span.state === 'running' ? recording.wakerOf(span.slot) : null;
    const facts = [place];
    if (waker !== null) facts.push(`woken by ${recording.name[waker.lane]}`);
    const holder = recording.holderOf(span);
    if (holder === NONE) facts.push(NOTHING_RAN);
    else if (holder !== undefined) facts.push(`held up by ${recording.name[holder]}`);
    this.box.replaceChildren(element('div', { class: 'headline' }, title));
    const line = facts.filter((fact) => fact).join(' · ');
    if (line) this.box.append(element('div', { class: 'facts' }, line));
    const source = sourceLines(recording, recording.placeOf(span), 1);
    if (source !== null) this.box.append(source);
  }
}
