// Puts the page together: reads the recording, makes the parts and draws whenever one of them has changed something.

class Viewer {
  constructor(recording) {
    this.isAsked = false;
    this.chart = document.getElementById('chart');
    this.overview = document.getElementById('overview');
    this.view = new View(recording, () => this.ask());
    this.painter = new Painter(this.view, this.chart, this.overview);
    this.summary = new Summary(this.view);
    this.lanes = new LaneList(this.view);
    this.details = new Details(this.view);
    this.tooltip = new Tooltip(this.view);
    this.input = new Input(this.view, this.chart, this.overview);
    new ResizeObserver(() => this.ask()).observe(this.chart);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.painter.readColours();
      this.ask();
    });
    this.ask();
  }

  // Asks for one drawing before the next picture, however much changes until then.
  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    requestAnimationFrame(() => {
      this.isAsked = false;
      this.draw();
    });
  }

  draw() {
    const { view, chart } = this;
    const isResized = this.details.refresh();
    view.width = Math.max(chart.clientWidth, 1);
    view.height = Math.max(chart.clientHeight, 1);
    if (isResized && view.selected !== null) view.reveal(view.selected);
    this.lanes.refresh();
    this.painter.paint();
    this.tooltip.refresh();
    this.tell();
  }

  // What assistive technology and tests read.
  tell() {
    const { view } = this;
    const { recording, search } = view;
    Object.assign(document.body.dataset, {
      lanes: recording.laneCount,
      runs: recording.runCount,
      shownLanes: view.rows.length,
      axis: view.axis.name,
    });
    document.getElementById('found').textContent = search.isActive ? `${view.rows.length}` : '';
    const { left } = this.painter.arrows;
    document.getElementById('note').textContent = left === 0 ? ''
      : `${left.toLocaleString('en')} wake-ups: zoom in, or select a lane to see its own`;
  }
}

const viewer = new Viewer(new Recording(JSON.parse(document.getElementById('recording').textContent)));
