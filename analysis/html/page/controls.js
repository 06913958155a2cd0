// SPDX-License-Identifier: MIT
// Buttons, the slider, the keyboard, playing, and the line of figures at the cursor.

class Controls {
  constructor(view) {
    this.view = view;
    const press = {
      play: () => this.toggle(), in: () => view.zoom(1 / 2), out: () => view.zoom(2), all: () => view.setRange(view.low, view.high),
      earlier: () => view.move(-1 / 2), later: () => view.move(1 / 2),
    };
    for (const [id, action] of Object.entries(press))
      byId(id).addEventListener('click', action);
    byId('slider').addEventListener('input', event => view.setCursor(view.from + (view.to - view.from) * event.target.value / 10000));
    byId('by').value = view.mode;
    byId('by').addEventListener('change', event => view.setMode(event.target.value));
    byId('by').querySelector('[value=time]').disabled = view.mode !== 'time';
    byId('jump').addEventListener('change', event => this.jump(event.target));
    document.addEventListener('keydown', event => this.key(event));
    view.on('cursor', () => this.tell());
    view.on('axis', () => {
      this.fillJump();
      view.emit('range');
      view.setCursor(view.cursor);
    });
    this.fillJump();
  }

  // ---- going to a moment ----

  fillJump() {
    const {view} = this, targets = [];
    for (const [i, trace] of view.traces.entries()) {
      const h = trace.history, name = view.traces.length > 1 ? ' ' + 'AB'[i] : '';
      let full = 0, low = 0;
      for (let m = 1; m < h.moments; m++) {
        full = h.used[m] > h.used[full] ? m : full;
        low = h.external[m] > h.external[low] && h.free[m] >= h.total[m] / 8 ? m : low;
      }
      targets.push(['fullest' + name, trace, full], ['most fragmented' + name, trace, low]);
      for (const note of trace.facts.notes.filter(n => n.what !== 'collection').slice(0, 200))
        targets.push([this.noteName(note) + name, trace, h.momentAt(h.number, note.number)]);
    }
    this.targets = targets;
    byId('jump').replaceChildren(element('option', {value: ''}, 'Go to …'),
      ...this.targets.map(([name, trace, m], i) => element('option', {value: i}, `${name} (${view.format(trace.x[Math.max(0, m)])})`)));
  }

  noteName(note) {
    return {
      failure: () => `failed: ${grouped(note.bytes)} bytes`, mark: () => `mark ${note.label}`, reset: () => 'restart', loss: () => `${grouped(note.count)} lost`,
    }[note.what]();
  }

  jump(select) {
    const target = this.targets[select.value];
    select.value = '';
    if (target)
      this.view.goTo(target[1], Math.max(0, target[2]));
  }

  // ---- playing ----

  toggle() {
    if (this.playing)
      return this.stop();
    const {view} = this;
    if (view.cursor >= view.to - (view.to - view.from) * 1e-6 || view.cursor < view.from)
      view.setCursor(view.from);
    this.playing = true;
    this.mark();
    let last = performance.now();
    const frame = now => {
      if (!this.playing)
        return;
      view.setCursor(Math.min(view.to, view.cursor + (view.to - view.from) * (now - last) / 1000 / byId('pace').value));
      last = now;
      if (view.cursor >= view.to)
        this.stop();
      else
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  stop() {
    this.playing = false;
    this.mark();
  }

  mark() {
    byId('play').textContent = this.playing ? '❚❚ Pause' : '▶ Play';
    byId('play').setAttribute('aria-pressed', String(!!this.playing));
  }

  // ---- the keyboard ----

  key(event) {
    const {view} = this, far = event.shiftKey ? 10 : 1;
    if (event.target.closest('input, select, textarea') || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const actions = {
      ' ': () => this.toggle(), ArrowRight: () => view.step(far), ArrowLeft: () => view.step(-far), '+': () => view.zoom(1 / 2), '=': () => view.zoom(1 / 2),
      '-': () => view.zoom(2), 0: () => view.setRange(view.low, view.high), Home: () => view.setCursor(view.from), End: () => view.setCursor(view.to),
      PageUp: () => view.move(-1 / 2), PageDown: () => view.move(1 / 2), Escape: () => view.setPin(null),
    };
    const action = actions[event.key];
    if (!action || (event.key === ' ' && event.target.closest('button, summary')))
      return;
    event.preventDefault();
    action();
  }

  // ---- the figures ----

  tell() {
    const {view} = this, parts = view.traces.map((trace, i) => {
      const h = trace.history, m = view.moment(trace);
      if (m < 0)
        return element('span', {}, 'before the first event');
      const free = h.total[m] - h.used[m], told = (value, show = grouped) => Number.isNaN(value) ? 'not known' : show(value), name = view.traces.length > 1 ? 'AB'[i] + ' ' : '';
      const figure = (label, value) => element('span', {class: 'figure'}, element('small', {}, label), value);
      return element('span', {class: 'figures'}, name, figure('at', trace.facts.hz ? duration(h.time[m] / trace.facts.hz) : ''), figure('record', grouped(h.number[m])),
        figure('used', told(h.used[m])), figure('free', told(free)), figure('longest run', told(h.longest[m])),
        figure('fragmented', told(free ? 1 - h.longest[m] / free : 0, percent)), figure('collections', grouped(h.collections[m])));
    });
    byId('readout').replaceChildren(...parts);
    byId('slider').value = Math.round(10000 * (view.cursor - view.from) / (view.to - view.from));
    byId('when').textContent = 'at ' + view.format(view.cursor);
  }
}
