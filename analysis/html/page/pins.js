// SPDX-License-Identifier: MIT
// Who pins the free space, as analysis/blame/separators.c measures it: how long the longest free run would be without the
// blocks of one place, and of several together; at the cursor and over time.

// One pass over the blocks of a layout. By place: the longest free run without its blocks, and the borders of free runs
// that they form, in how many blocks of how many bytes. The cursor moves as fast as this goes.
function measurePins(layout, placeOf, places) {
  const result = {longest: 0, free: 0, runs: 0, borders: 0};
  for (const figure of ['without', 'bordersOf', 'blocksOf', 'bytesOf'])
    result[figure] = new Float64Array(places.place.length);
  for (const region of layout.regions)
    measureRegion(layout, region, placeOf, result);
  for (let place = 0; place < result.without.length; place++)
    result.without[place] = Math.max(result.without[place], result.longest);
  return result;
}

function measureRegion(layout, region, placeOf, result) {
  const unit = 2 ** region.shift, last = region.first + region.granules, {at, history} = layout;
  const {without, bordersOf, blocksOf, bytesOf} = result;
  let behind = region.first, clump = -1, start = region.first;
  const endClump = end => {
    if (clump >= 0 && (end - start) * unit > without[clump])
      without[clump] = (end - start) * unit;
  };
  const gap = granules => {
    if (!granules)
      return;
    result.free += granules * unit;
    result.runs++;
    result.longest = Math.max(result.longest, granules * unit);
  };
  layout.blocks(region, (step, head, granules) => {
    const place = placeOf[history.site[step]], end = head + granules;
    if (place !== clump || place < 0) {
      endClump(head);
      clump = place;
      start = behind;
    }
    const borders = (head > behind) + (end < last && !at[end]);
    gap(head - behind);
    result.borders += borders;
    if (place >= 0 && borders) {
      bordersOf[place] += borders;
      blocksOf[place]++;
      bytesOf[place] += granules * unit;
    }
    behind = end;
  });
  endClump(last);
  gap(last - behind);
}

// The longest free run without the blocks of a set of places.
function longestWithout(layout, placeOf, gone) {
  let longest = 0;
  for (const region of layout.regions) {
    let start = region.first;
    layout.blocks(region, (step, head, granules) => {
      if (gone.has(placeOf[layout.history.site[step]]))
        return;
      longest = Math.max(longest, (head - start) * 2 ** region.shift);
      start = head + granules;
    });
    longest = Math.max(longest, (region.first + region.granules - start) * 2 ** region.shift);
  }
  return longest;
}

// Ranks places: each next one is the best to add to those before it, as long as that is measured; then by borders.
function rankPins(layout, placeOf, measured, together = 8) {
  const pins = [...measured.bordersOf.keys()].filter(place => measured.bordersOf[place]).map(place => ({
    place, without: measured.without[place], borders: measured.bordersOf[place], blocks: measured.blocksOf[place], bytes: measured.bytesOf[place],
  }));
  const byBorders = (a, b) => b.borders - a.borders || b.without - a.without || a.place - b.place;
  const byGain = (a, b) => b.without - a.without || byBorders(a, b);
  pins.sort(byGain);
  const candidates = [...pins.splice(0, 16), ...pins.sort(byBorders).splice(0, 16)].sort(byBorders);
  const gone = new Set(), chosen = [];
  while (candidates.length && chosen.length < together) {
    let best = null;
    for (const pin of candidates) {
      gone.add(pin.place);
      pin.together = longestWithout(layout, placeOf, gone);
      gone.delete(pin.place);
      if (!best || pin.together > best.together)
        best = pin;
    }
    candidates.splice(candidates.indexOf(best), 1);
    gone.add(best.place);
    chosen.push(best);
  }
  candidates.forEach(pin => delete pin.together);
  return [...chosen, ...candidates, ...pins.sort(byBorders)];
}

const PINS_SHOWN = 6, PINS_POINTS = 160;

class Pins {
  constructor(view, places, map, box) {
    Object.assign(this, {view, places, map, box});
    this.layout = new Layout(map.trace.history);
    this.head = element('p', {class: 'quiet'});
    this.table = element('table', {class: 'table pins'});
    this.chart = element('div', {class: 'pins-chart'});
    box.append(this.head, this.table, this.chart);
    view.on('cursor', () => this.showNow());
    view.on('rest', () => this.showRanked());
    view.on('range', () => this.later());
    view.on('axis', () => this.later());
    new ResizeObserver(() => this.drawChart()).observe(box);
    dark.addEventListener('change', () => this.drawChart());
    this.later();
  }

  showNow() {
    const mapped = this.mapped = this.map.isMapped();
    this.measured = measurePins(mapped ? this.map.layout : {regions: [], history: this.map.trace.history}, this.map.trace.placeOf, this.places);
    const m = this.measured;
    this.head.textContent = mapped ? `${grouped(m.free)} bytes free in ${grouped(m.runs)} runs, the longest ${grouped(m.longest)}`
      : 'Where blocks lie is not known at this moment.';
    if (this.line && this.plot)
      this.line.style.transform = `translateX(${this.plot.valToPos(this.view.cursor, 'x')}px)`;
  }

  // What takes some hundred passes is done when the cursor rests.
  showRanked() {
    this.showNow();
    const {map, places, view, measured} = this, pins = this.mapped ? rankPins(map.layout, map.trace.placeOf, measured) : [];
    this.ranked = pins;
    if (!this.mapped)
      return this.table.replaceChildren();
    const row = (pin, i) => {
      const swatch = element('span', {class: 'swatch'});
      swatch.style.background = places.colourOfPlace(pin.place);
      const place = places.place[pin.place];
      const name = element('button', {class: 'item', title: place.name, onclick: () => view.setPin({what: 'place', id: pin.place})}, swatch, shortened(place.name, 34));
      return element('tr', {class: view.pin?.what === 'place' && view.pin.id === pin.place ? 'pinned' : ''}, element('td', {}, name),
        element('td', {}, signed(pin.without - measured.longest)), element('td', {}, pin.together ? grouped(pin.together) : ''),
        element('td', {}, percent(pin.borders / (measured.borders || 1))));
    };
    this.table.replaceChildren(
      element('thead', {}, element('tr', {}, ...[['Line'], ['Gain', 'Bytes by which the longest free run would be longer without its blocks'],
        ['Cumulative', 'The longest free run without the blocks of this line and of the lines above'],
        ['Adjacent', 'Share of the ends of free runs that are next to its blocks']].map(([text, title]) => element('th', {title}, text)))),
      element('tbody', {}, ...pins.slice(0, 8).map(row)));
    if (!pins.length)
      this.table.replaceChildren(element('tbody', {}, element('tr', {}, element('td', {},
        measured.borders ? 'The lines that allocated the blocks beside free space are unknown.' : 'There is no block beside free space at this moment.'))));
  }

  // Over the range shown: some moments, a few at a time, so that nothing stutters.
  later() {
    const token = this.token = {};
    const {view} = this, points = [];
    const work = () => {
      if (this.token !== token)
        return;
      const until = performance.now() + 8;
      while (points.length < PINS_POINTS && performance.now() < until) {
        const x = view.from + (view.to - view.from) * points.length / (PINS_POINTS - 1);
        const m = view.momentAt(this.map.trace, x);
        const gain = new Map(); // only who has any
        if (this.map.trace.history.isMapped(m)) {
          this.layout.seek(m);
          const {longest, without} = measurePins(this.layout, this.map.trace.placeOf, this.places);
          without.forEach((run, place) => run > longest && gain.set(place, run - longest));
        }
        points.push({x, gain});
      }
      if (points.length < PINS_POINTS)
        return setTimeout(work);
      this.points = points;
      this.drawChart();
    };
    clearTimeout(this.soon);
    this.soon = setTimeout(work, 120);
  }

  drawChart() {
    const {points, view, places, chart} = this;
    if (!points || !chart.clientWidth)
      return;
    const gains = new Map();
    for (const {gain} of points)
      gain.forEach((bytes, place) => gains.set(place, (gains.get(place) || 0) + bytes));
    const shown = [...gains].sort((a, b) => b[1] - a[1]).slice(0, PINS_SHOWN).map(([place]) => place);
    const text = css('--quiet'), grid = css('--line'), axis = {stroke: text, grid: {stroke: grid, width: 1}, ticks: {show: false}, font: '10px system-ui, sans-serif'};
    if (this.plot)
      this.plot.destroy();
    this.plot = null;
    chart.replaceChildren();
    if (!shown.length)
      return;
    chart.replaceChildren(element('h3', {}, 'Longest free run gained without each line’s blocks (bytes)'));
    this.plot = new uPlot({
      width: chart.clientWidth, height: 150, legend: {show: false}, cursor: {show: false},
      padding: [6, 10, 4, 0], hooks: {ready: [() => queueMicrotask(() => this.showNow())]},
      scales: {x: {time: false, range: () => [view.from, view.to]}, y: {range: (u, low, high) => [0, Math.max(16, high * 1.05)]}},
      axes: [{...axis, size: 6, values: () => []}, {...axis, size: 52, space: 24, ...BYTES}],
      series: [{}, ...shown.map((place, i) => ({label: String(i), stroke: places.colourOfPlace(place), width: 1.5, points: {show: false}, paths: uPlot.paths.stepped({align: 1})}))],
    }, [points.map(p => p.x), ...shown.map(place => points.map(p => p.gain.get(place) || 0))], chart);
    this.line = element('div', {class: 'cursor-line'});
    this.plot.over.append(this.line);
    this.plot.over.addEventListener('click', event => view.setCursor(this.plot.posToVal(event.offsetX, 'x')));
    chart.append(element('ul', {class: 'legend'}, ...shown.map(place => {
      const swatch = element('span', {class: 'swatch'});
      swatch.style.background = places.colourOfPlace(place);
      return element('li', {}, element('button', {class: 'item', onclick: () => view.setPin({what: 'place', id: place})}, swatch, placeLabel(places.place[place].name)));
    })));
    this.showNow();
  }
}
