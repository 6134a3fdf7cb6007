// What the user does with pointer, wheel and keys, as changes of the view.

class Input {
  constructor(view, chart, overview) {
    this.view = view;
    this.chart = chart;
    this.overview = overview;
    // The pointers that are down: one drags, two pinch.
    this.pointers = new Map();
    this.hasMoved = false;
    chart.addEventListener('pointerdown', (event) => this.press(event));
    chart.addEventListener('pointermove', (event) => this.move(event));
    chart.addEventListener('pointerup', (event) => this.release(event));
    chart.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId));
    chart.addEventListener('pointerleave', () => this.leave());
    chart.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    chart.addEventListener('dblclick', () => view.zoomTo(view.selected));
    overview.addEventListener('pointerdown', (event) => this.moveWindow(event));
    overview.addEventListener('pointermove', (event) => event.buttons && this.moveWindow(event));
    document.addEventListener('keydown', (event) => this.key(event));
    this.connectTools();
  }

  connectTools() {
    const { view } = this;
    const get = (id) => document.getElementById(id);
    this.searchField = get('search');
    this.searchField.addEventListener('input', () => view.look(this.searchField.value));
    this.searchField.addEventListener('keydown', (event) => this.searchKey(event));
    view.onSearchCleared = () => { this.searchField.value = ''; };
    get('sort').addEventListener('change', (event) => view.sortBy(event.target.value));
    for (const choice of document.getElementsByName('axis')) {
      choice.addEventListener('change', () => view.useAxis(choice.value));
    }
    get('zoom-in').addEventListener('click', () => view.zoom(2));
    get('zoom-out').addEventListener('click', () => view.zoom(0.5));
    get('fit').addEventListener('click', () => view.fit());
    get('show-help').addEventListener('click', () => get('help').showModal());
  }

  // --- pointer -----------------------------------------------------------------------------------------------------

  press(event) {
    this.chart.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size === 1) this.hasMoved = false;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      this.hover(event);
      return;
    }
    if (this.pointers.size === 1) this.drag(before, event);
    else this.pinch(before, event);
  }

  // The picture follows the pointer, once it is clear that this is no click.
  drag(before, event) {
    const { view } = this;
    const across = before.offsetX - event.offsetX;
    const down = before.offsetY - event.offsetY;
    if (!this.hasMoved && Math.hypot(across, down) < 4) return;
    this.hasMoved = true;
    this.chart.classList.add('dragging');
    view.hovered = null;
    view.scroll = Math.max(0, view.scroll + down);
    view.pan(across);
    this.pointers.set(event.pointerId, event);
  }

  // Two fingers: what is under each stays there.
  pinch(before, event) {
    this.hasMoved = true;
    const other = [...this.pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    const distance = Math.max(Math.abs(before.offsetX - other.offsetX), 8);
    const after = Math.max(Math.abs(event.offsetX - other.offsetX), 8);
    this.view.zoom(after / distance, other.offsetX);
    this.pointers.set(event.pointerId, event);
  }

  release(event) {
    this.pointers.delete(event.pointerId);
    this.chart.classList.remove('dragging');
    if (!this.hasMoved && this.pointers.size === 0) this.view.select(this.view.spanAt(event.offsetX, event.offsetY));
  }

  hover(event) {
    const { view } = this;
    view.pointer = { x: event.offsetX, pageX: event.clientX, pageY: event.clientY };
    view.hovered = view.spanAt(event.offsetX, event.offsetY);
    view.changed();
  }

  leave() {
    this.view.pointer = null;
    this.view.hovered = null;
    this.view.changed();
  }

  // The wheel zooms; with shift, or turned sideways, it moves. A pinch on a touchpad comes as a wheel with control.
  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 30 : 1;
    const across = event.shiftKey ? event.deltaX + event.deltaY : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.view.pan(across * pixels);
    } else {
      const speed = event.ctrlKey ? 0.01 : 0.002;
      this.view.zoom(Math.exp(-event.deltaY * pixels * speed), event.offsetX);
    }
    this.hover(event);
  }

  // Moves the middle of the window to a point of the overview.
  moveWindow(event) {
    const { view } = this;
    const middle = (event.offsetX / this.overview.clientWidth) * view.axis.length;
    const half = (view.to - view.from) / 2;
    view.show(middle - half, middle + half);
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  key(event) {
    const isTyping = event.target.matches('input[type=search], select, dialog *');
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const isChoice = event.target.matches('input[type=radio]') && event.key.startsWith('Arrow');
    const action = isChoice ? undefined : this.actions()[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  actions() {
    const { view } = this;
    const { recording, selected } = view;
    return {
      '+': () => view.zoom(1.5),
      '=': () => view.zoom(1.5),
      '-': () => view.zoom(1 / 1.5),
      0: () => view.fit(),
      f: () => view.fit(),
      s: () => this.switchAxis(),
      z: () => view.zoomTo(selected),
      w: () => selected !== null && view.jump(this.wakerOfSelected()),
      m: () => selected !== null && recording.maker[selected.lane] !== NONE
        && view.jump(recording.spanAt(recording.maker[selected.lane], recording.made[selected.lane])),
      '/': () => this.searchField.select(),
      '?': () => document.getElementById('help').showModal(),
      Escape: () => this.clear(),
      ArrowLeft: () => (selected === null ? view.pan(-60) : view.jump(recording.spanBefore(selected))),
      ArrowRight: () => (selected === null ? view.pan(60) : view.jump(recording.spanAfter(selected))),
      ArrowUp: () => this.changeRow(-1),
      ArrowDown: () => this.changeRow(1),
    };
  }

  wakerOfSelected() {
    const { recording, selected } = this.view;
    const { first } = recording;
    const { lane, slot, state } = selected;
    if (state === 'running' || state === 'ready') return recording.wakerOf(slot);
    const next = state === 'new' ? first[lane] : slot + 1;
    return next < first[lane + 1] ? recording.wakerOf(next) : null;
  }

  switchAxis() {
    const choice = [...document.getElementsByName('axis')].find(({ checked }) => !checked);
    choice.checked = true;
    this.view.useAxis(choice.value);
  }

  // Selects in the lane above or below what is there at the time of the selected span.
  changeRow(direction) {
    const { view } = this;
    const { recording, selected, rows } = view;
    if (rows.length === 0) return;
    const row = selected === null ? 0 : view.rowOf[selected.lane] + direction;
    if (row < 0 || row >= rows.length) return;
    const time = selected === null ? view.axis.timeAt(view.from) : recording.bounds(selected)[0];
    const lane = rows[row];
    view.jump(recording.spanAt(lane, Math.min(Math.max(time, recording.made[lane]), recording.end[lane])));
  }

  clear() {
    if (this.view.selected !== null) this.view.select(null);
    else this.setSearch('');
  }

  setSearch(text) {
    this.searchField.value = text;
    this.view.look(text);
  }

  searchKey(event) {
    const { view } = this;
    if (event.key === 'Enter' && view.search.isActive && view.rows.length > 0) {
      view.jump(view.search.next(view.rows, view.selected));
    } else if (event.key === 'Escape') {
      this.setSearch('');
      this.chart.focus();
    }
  }
}
