// SPDX-License-Identifier: MIT
// What is looked at: the range and the cursor on the shared axis, and the pin. Views ask to be told of changes.
//
// The axis is that of the first trace. Points of the second are brought onto it so that marks of the same label stand
// at the same place; between two of them time is stretched, beyond the last it goes on as it is.

// Marks that both traces passed in the same order: [[a, b], ...] in ticks or numbers of each.
function anchors(a, b, key) {
  const marks = trace => {
    const seen = {};
    return trace.facts.notes.filter(n => n.what === 'mark').map(n => {
      seen[n.label] = (seen[n.label] || 0) + 1;
      return {label: n.label + '#' + seen[n.label], at: n[key]};
    });
  };
  const of = new Map(marks(b).map(m => [m.label, m.at]));
  const pairs = [[0, 0]];
  for (const m of marks(a)) {
    const last = pairs[pairs.length - 1], other = of.get(m.label);
    if (other > last[1] && m.at > last[0])
      pairs.push([m.at, other]);
  }
  return pairs;
}

// From one column of the pairs to the other, piece by piece straight.
function along(pairs, from, value) {
  let i = 1;
  while (i < pairs.length && pairs[i][from] <= value)
    i++;
  const [low, high] = [pairs[i - 1], pairs[i]], to = 1 - from;
  const slope = high ? (high[to] - low[to]) / (high[from] - low[from]) : 1;
  return low[to] + (value - low[from]) * slope;
}

class View {
  constructor(traces) {
    this.traces = traces;
    this.listeners = {range: [], cursor: [], rest: [], pin: [], axis: []};
    this.pin = null;           // {what: 'place' or 'kind', id}
    this.frames = [];          // milliseconds that moving the cursor took, the last so many
    this.setMode(traces.every(t => t.facts.hz) ? 'time' : 'event');
  }

  on(event, listener) {
    this.listeners[event].push(listener);
  }

  emit(event) {
    this.listeners[event].forEach(listener => listener());
  }

  // Axis values: seconds, or numbers of records.
  setMode(mode) {
    this.mode = mode;
    const [a, b] = this.traces, key = mode === 'time' ? 'time' : 'number';
    const perUnit = trace => mode === 'time' ? trace.facts.hz || 1 : 1;
    const pairs = b && anchors(a, b, key).map(([x, y]) => [x / perUnit(a), y / perUnit(b)]);
    this.pairs = pairs;
    for (const trace of this.traces) {
      const unit = perUnit(trace);
      trace.own = trace.history[key].map(value => value / unit); // as the program divides, so that times are equal
      trace.x = trace === b ? trace.own.map(value => along(pairs, 1, value)) : trace.own;
      trace.noteX = note => trace === b ? along(pairs, 1, note[key] / unit) : note[key] / unit;
    }
    this.low = Math.min(...this.traces.map(t => t.x[0] || 0));
    this.high = Math.max(...this.traces.map(t => t.x[t.x.length - 1] || 0));
    if (!(this.high > this.low))
      this.high = this.low + 1;
    this.from = this.low;
    this.to = this.high;
    this.cursor = this.high;
    this.emit('axis');
  }

  // The last moment of a trace at or before a place on the axis.
  momentAt(trace, at) {
    return trace.history.momentAt(trace.x, at);
  }

  // The same at the cursor; should several have happened at that time, the one that was asked for.
  moment(trace) {
    const {exact} = this;
    return exact && exact.trace === trace ? exact.moment : this.momentAt(trace, this.cursor);
  }

  setRange(from, to) {
    const least = (this.high - this.low) * 1e-7 || 1e-9;
    const width = Math.min(Math.max(to - from, least), this.high - this.low);
    this.from = Math.min(Math.max(from, this.low), this.high - width);
    this.to = this.from + width;
    this.emit('range');
    this.setCursor(Math.min(Math.max(this.cursor, this.from), this.to), this.cursor >= this.from && this.cursor <= this.to ? this.exact : null);
  }

  zoom(factor, around = this.cursor) {
    const share = (around - this.from) / (this.to - this.from), width = (this.to - this.from) * factor;
    this.setRange(around - share * width, around + (1 - share) * width);
  }

  move(share) {
    const by = share * (this.to - this.from);
    this.setRange(this.from + by, this.to + by);
  }

  // Views follow at the next frame, however often it moves before that. `exact`: {trace, moment}.
  setCursor(at, exact = null) {
    this.exact = exact;
    this.cursor = Math.min(Math.max(at, this.low), this.high);
    if (this.waiting)
      return;
    this.waiting = requestAnimationFrame(() => {
      const began = performance.now();
      this.waiting = 0;
      this.emit('cursor');
      this.frames.push(performance.now() - began);
      if (this.frames.length > 4096)
        this.frames.splice(0, 2048);
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.emit('rest'), 150);
    });
  }

  // By so many moments, forwards or back, of the trace that has the nearest one.
  step(by) {
    const steps = this.traces.map(trace => ({trace, moment: this.moment(trace) + by})).filter(({trace, moment}) => trace.x[moment] !== undefined);
    const distance = ({trace, moment}) => Math.abs(trace.x[moment] - this.cursor);
    const next = steps.sort((a, b) => distance(a) - distance(b))[0];
    if (next)
      this.goTo(next.trace, next.moment);
  }

  goTo(trace, moment) {
    const x = trace.x[moment], width = this.to - this.from;
    if (x < this.from || x > this.to)
      this.setRange(x - width / 2, x + width / 2);
    this.setCursor(x, {trace, moment});
  }

  setPin(pin) {
    const same = pin && this.pin && pin.what === this.pin.what && pin.id === this.pin.id;
    this.pin = same ? null : pin;
    this.emit('pin');
  }

  format(x) {
    return this.mode === 'time' ? duration(x) : 'record ' + grouped(x);
  }
}
