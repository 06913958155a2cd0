// SPDX-License-Identifier: MIT
// Figures against the shared axis, with uPlot: memory, fragmentation, pauses, and the difference of two traces.

// Figures of a range, at most two points a pixel: where there are more moments, the highest and the lowest of each
// stretch, in their order. A figure is an array with a value for each moment.
function thinned(trace, from, to, width, figures) {
  const h = trace.history, x = trace.x;
  const first = Math.max(0, h.momentAt(x, from)), last = Math.min(h.moments - 1, h.momentAt(x, to) + 1);
  if (last - first <= 2 * width)
    return [x, ...figures].map(values => Array.from(values.subarray(first, last + 1), known));
  const ends = stretches(h, x, first, last, from, (to - from) / width);
  const at = [];
  for (let i = 0; i + 1 < ends.length; i++)
    at.push(x[ends[i]], x[ends[i + 1] - 1]);
  return [at, ...figures.map(values => extremes(values, ends))];
}

// Moments at which the columns of a chart begin, those without any left out, and behind them the end.
function stretches(h, x, first, last, from, step) {
  const ends = [first];
  for (let m = first; m <= last;) {
    const column = Math.floor((x[m] - from) / step);
    m = Math.min(last, Math.max(m, h.momentAt(x, from + (column + 1) * step))) + 1;
    ends.push(m);
  }
  return ends;
}

// What is not known leaves a gap.
const known = value => Number.isNaN(value) ? null : value;

function extremes(values, ends) {
  const out = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    let low = ends[i], high = low;
    for (let m = low + 1; m < ends[i + 1]; m++) {
      low = values[m] < values[low] || Number.isNaN(values[low]) ? m : low;
      high = values[m] > values[high] || Number.isNaN(values[high]) ? m : high;
    }
    out.push(known(values[Math.min(low, high)]), known(values[Math.max(low, high)]));
  }
  return out;
}

// Points of several traces on one axis; where one has none, what it had before goes on.
function merged(parts) {
  if (parts.length === 1)
    return parts[0];
  const x = [...new Set(parts.flatMap(p => [...p[0]]))].sort((a, b) => a - b);
  const columns = parts.flatMap(part => part.slice(1).map(values => {
    let at = -1;
    return x.map(v => {
      while (at + 1 < part[0].length && part[0][at + 1] <= v)
        at++;
      return at < 0 ? null : values[at];
    });
  }));
  return [x, ...columns];
}

const MARK_ROWS = 3, MARK_ROW = 14; // of labels above the first chart, in pixels

// An axis of bytes has round numbers of K.
const BYTES = {incrs: Array.from({length: 40}, (_, i) => 2 ** i), values: (u, ticks) => ticks.map(bytes)};

class Charts {
  constructor(view, places, box) {
    this.view = view;
    this.box = box;
    this.charts = [];
    this.build();
    view.on('range', () => this.show());
    view.on('axis', () => this.build());
    view.on('cursor', () => this.moveLine());
    new ResizeObserver(() => this.resize()).observe(box);
    dark.addEventListener('change', () => this.build());
  }

  build() {
    this.charts.forEach(c => c.plot.destroy());
    this.box.replaceChildren();
    const two = this.view.traces.length > 1, [blue, orange, green, pink] = hues(), names = two ? [' A', ' B'] : [''];
    const both = make => this.view.traces.flatMap((trace, i) => make(trace.history, names[i], i ? [6, 4] : []).map(s => ({...s, now: () => this.figureNow(trace, s.figure)})));
    this.charts = [];
    this.add('Bytes', 190, 'bytes', both((f, name, dash) => [
      {label: 'used' + name, figure: f.used, stroke: blue, fill: dash.length ? undefined : blue + '30', dash},
      {label: 'free' + name, figure: f.free, stroke: green, dash, show: !two},
      {label: 'longest free run' + name, figure: f.longest, stroke: orange, dash, width: 2},
    ]), true);
    this.add('External fragmentation', 100, 'percent', both((f, name, dash) => [
      {label: 'fragmentation' + name, figure: f.external, stroke: pink, fill: dash.length ? undefined : pink + '30', dash}]));
    if (two)
      this.addDifference(pink);
    if (this.view.traces.some(t => t.facts.notes.some(n => n.what === 'collection')))
      this.addPauses();
    this.charts[this.charts.length - 1].last = true;
    this.resize();
  }

  add(title, height, unit, series, flags = false) {
    this.charts.push({title, height, unit, series, flags, data: () => this.points(series)});
  }

  // At the page's cursor.
  figureNow(trace, figure) {
    const m = this.view.moment(trace);
    return m < 0 ? null : known(figure[m]);
  }

  // Figures are listed trace by trace, as many for each.
  points(series) {
    const {view} = this, each = series.length / view.traces.length;
    return merged(view.traces.map((trace, i) =>
      thinned(trace, view.from, view.to, this.columns(), series.slice(i * each, (i + 1) * each).map(s => s.figure))));
  }

  addDifference(colour) {
    const [a, b] = this.view.traces;
    const now = () => [a, b].map(trace => this.figureNow(trace, trace.history.used)).reduce((x, y) => x === null || y === null ? null : y - x);
    const series = [{label: 'used B − used A', stroke: colour, fill: colour + '30', now}];
    const data = () => {
      const [x, used, other] = this.points([{figure: a.history.used}, {figure: b.history.used}]);
      return [x, x.map((_, i) => used[i] === null || other[i] === null ? null : other[i] - used[i])];
    };
    this.charts.push({title: 'Difference', height: 100, unit: 'signed', series, data});
  }

  // A collection is a stem; so that none is hidden by thinning, uPlot only keeps the scale.
  addPauses() {
    const {view} = this;
    const stems = view.traces.flatMap((trace, i) => trace.facts.notes.filter(n => n.what === 'collection')
      .map(n => ({x: n, trace, pause: n.pause / (trace.facts.hz || 1) * 1e6, second: i > 0})));
    const most = stems.reduce((most, stem) => Math.max(most, stem.pause), 1);
    this.charts.push({
      title: 'Collections', height: 80, unit: 'pause', stems, most, series: [{label: 'pause', stroke: hues()[6]}],
      data: () => [[view.from, view.to], [null, null]],
    });
  }

  columns() {
    return Math.max(100, this.box.clientWidth - 80);
  }

  options(chart) {
    const {view} = this, text = css('--quiet'), grid = css('--line');
    const axis = {stroke: text, grid: {stroke: grid, width: 1}, ticks: {stroke: grid, width: 1}, font: '11px system-ui, sans-serif'};
    const values = {
      bytes: v => grouped(v), percent: v => v + ' %', signed: v => signed(v), pause: v => chart.most >= 1000 ? v / 1000 + ' ms' : v + ' µs',
    }[chart.unit];
    const range = {percent: () => [0, 100], pause: () => [0, chart.most * 1.1]}[chart.unit] ||
      ((u, low, high) => chart.unit === 'signed' ? [Math.min(0, low ?? 0), Math.max(1, high ?? 1)] : [0, Math.max(16, (high ?? 1) * 1.02)]);
    const figureText = v => v === null || v === undefined ? 'not known' : values(Math.round(v * 10) / 10);
    return {
      width: this.box.clientWidth, height: this.heightOf(chart), padding: [6 + this.rowsOf(chart) * MARK_ROW, 32, 4, 0], legend: {show: chart.unit !== 'pause', live: true},
      cursor: {sync: {key: 'heapstrata'}, drag: {x: true, y: false, setScale: false}, points: {size: 6}},
      scales: {x: {time: false, range: () => [view.from, view.to]}, y: {range}},
      axes: [
        {...axis, size: chart.last ? 30 : 0, values: (u, ticks) => ticks.map(t => chart.last ? this.tick(t, ticks) : '')},
        {...axis, size: 66, space: 26, ...(chart.unit === 'bytes' ? BYTES : {incrs: chart.unit === 'signed' ? BYTES.incrs : undefined, values: (u, ticks) => ticks.map(values)})},
      ],
      series: [
        {label: 'at', value: (u, v) => view.format(u.cursor.left >= 0 && v !== null ? v : view.cursor)},
        ...chart.series.map(s => ({
          label: s.label, stroke: s.stroke, fill: s.fill, dash: s.dash, width: s.width || 1.5, show: s.show !== false,
          points: {show: false}, paths: uPlot.paths.stepped({align: 1}), value: (u, v) => figureText(u.cursor.left >= 0 || !s.now ? v : s.now()),
        })),
      ],
      hooks: {
        setSelect: [u => this.select(u)],
        draw: [u => this.drawNotes(u, chart)],
        setCursor: [u => u.cursor.left >= 0 || this.showFigures(u)],
        ready: [u => this.bind(u)],
      },
    };
  }

  // Above the first chart there is room for what marks, failures and restarts are.
  rowsOf(chart) {
    const notes = chart.flags ? this.view.traces[0].facts.notes : [];
    return notes.some(n => n.what === 'mark') ? MARK_ROWS : notes.some(n => n.what !== 'collection') ? 1 : 0;
  }

  heightOf(chart) {
    return chart.height + (chart.last ? 30 : 0) + this.rowsOf(chart) * MARK_ROW;
  }

  tick(value, ticks) {
    if (this.view.mode !== 'time')
      return grouped(value);
    const step = ticks.length > 1 ? ticks[1] - ticks[0] : value, top = ticks[ticks.length - 1];
    const [factor, unit] = top >= 1 ? [1, ' s'] : top >= 1e-3 ? [1e3, ' ms'] : [1e6, ' µs'];
    let digits = 0; // as many as tell the ticks apart
    while (digits < 6 && Math.abs(step * factor * 10 ** digits - Math.round(step * factor * 10 ** digits)) > 1e-6)
      digits++;
    return (value * factor).toFixed(digits) + unit;
  }

  resize() {
    const width = this.box.clientWidth;
    if (!width)
      return;
    for (const chart of this.charts) {
      if (!chart.plot) {
        const box = element('figure', {}, element('figcaption', {}, chart.title));
        this.box.append(box);
        chart.plot = new uPlot(this.options(chart), null, box);
      } else {
        chart.plot.setSize({width, height: this.heightOf(chart)});
      }
    }
    this.show();
  }

  show() {
    for (const {plot, data} of this.charts)
      plot && plot.batch(() => {
        plot.setData(data(), false);
        plot.setScale('x', {min: this.view.from, max: this.view.to});
        plot.redraw(false, true);
      });
    this.moveLine();
  }

  select(u) {
    const {left, width} = u.select;
    if (width)
      u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
    if (width <= 3 || this.selected)
      return;
    this.selected = true; // the other charts repeat it
    setTimeout(() => this.selected = false);
    this.view.setRange(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
  }

  bind(u) {
    const line = element('div', {class: 'cursor-line'});
    u.over.append(line);
    u.line = line;
    u.over.addEventListener('click', event => this.view.setCursor(u.posToVal(event.offsetX, 'x')));
    u.over.addEventListener('dblclick', () => this.view.setRange(this.view.low, this.view.high));
    u.over.addEventListener('wheel', event => {
      event.preventDefault();
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
        this.view.move((event.deltaX || event.deltaY) / 1000);
      else
        this.view.zoom(Math.exp(event.deltaY / 400), u.posToVal(event.offsetX, 'x'));
    }, {passive: false});
  }

  moveLine() {
    for (const {plot} of this.charts) {
      if (!plot || !plot.line)
        continue;
      const left = plot.valToPos(this.view.cursor, 'x');
      plot.line.style.transform = `translateX(${left}px)`;
      this.showFigures(plot);
      plot.line.hidden = !(left >= -1 && left <= plot.over.clientWidth + 1);
    }
  }

  // In the legend, figures at the page's cursor as long as the pointer points at none.
  showFigures(u) {
    const x = u.data[0], at = x && this.view.traces[0].history.momentAt(x, this.view.cursor);
    if (x && x.length && u.cursor.left < 0)
      u.setLegend({idx: Math.max(0, at)}, false);
  }

  // Failures, marks, restarts and losses as lines; what they are stands on the first chart.
  drawNotes(u, chart) {
    const {view} = this, {ctx, bbox} = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left - 1, 0, ctx.canvas.width - bbox.left, bbox.top + bbox.height);
    ctx.clip();
    if (chart.stems)
      this.drawStems(u, chart);
    const labelled = Array(this.rowsOf(chart)).fill(-Infinity);
    u.labels = [];
    this.marks = view.traces.reduce((n, trace) => n + trace.facts.notes.filter(note => note.what === 'mark' &&
      trace.noteX(note) >= view.from && trace.noteX(note) <= view.to).length, 0);
    for (const [i, trace] of view.traces.entries())
      for (const note of trace.facts.notes) {
        const x = trace.noteX(note);
        if (note.what !== 'collection' && x >= view.from && x <= view.to)
          this.drawNote(u, note, Math.round(u.valToPos(x, 'x', true)), chart.flags && !i ? labelled : null);
      }
    ctx.restore();
  }

  // `labelled`: where the labels of each row end, null for a chart or trace without labels.
  drawNote(u, note, x, labelled) {
    const {ctx, bbox} = u, ratio = devicePixelRatio;
    const [colour, dash, sign] = {
      failure: [css('--bad'), [], '✕'], mark: [css('--quiet'), [4, 4], ''], reset: [css('--reset'), [], '⟲'], loss: [css('--reset'), [2, 3], '…'],
    }[note.what];
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.lineWidth = (note.what === 'mark' ? 1 : 1.5) * ratio;
    ctx.globalAlpha = note.what === 'mark' ? Math.max(0.15, Math.min(1, 20 / this.marks)) : 1; // many must not hide all else
    ctx.setLineDash(dash.map(d => d * ratio));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (labelled)
      this.label(u, sign || note.label, x, labelled);
  }

  // In the first row that has room; a label without one is left out, its line stays. A row keeps off the line of a label below it.
  label(u, text, x, labelled) {
    const {ctx, bbox} = u, ratio = devicePixelRatio, height = MARK_ROW * ratio, end = ctx.canvas.width;
    ctx.font = `${11 * ratio}px system-ui, sans-serif`;
    ctx.textAlign = 'left';
    const label = text.length > 40 ? text.slice(0, 39) + '…' : text, width = ctx.measureText(label).width;
    const left = Math.min(x + 3 * ratio, end - width), row = labelled.findIndex(until => left >= until);
    if (row < 0)
      return;
    const bottom = bbox.top - row * height;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom - height + 3 * ratio);
    ctx.stroke();
    ctx.fillText(label, left, bottom - 4 * ratio);
    u.labels.push({label, left, right: left + width, row});
    labelled[row] = left + width + 6 * ratio;
    for (let below = 0; below < row; below++)
      labelled[below] = Math.max(labelled[below], x + 2 * ratio);
  }

  drawStems(u, chart) {
    const {ctx} = u, bottom = Math.round(u.valToPos(0, 'y', true)), {view} = this;
    for (const stem of chart.stems) {
      const at = stem.trace.noteX(stem.x);
      if (at < view.from || at > view.to)
        continue;
      const x = Math.round(u.valToPos(at, 'x', true)), y = Math.round(u.valToPos(stem.pause, 'y', true));
      ctx.strokeStyle = ctx.fillStyle = hues()[stem.second ? 4 : 6];
      ctx.lineWidth = devicePixelRatio;
      ctx.beginPath();
      ctx.moveTo(x, bottom);
      ctx.lineTo(x, y);
      ctx.stroke();
      ctx.fillRect(x - 1.5 * devicePixelRatio, y - 1.5 * devicePixelRatio, 3 * devicePixelRatio, 3 * devicePixelRatio);
    }
  }
}
