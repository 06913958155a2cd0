// SPDX-License-Identifier: MIT
// Reads the traces, says what they are, and sets the views up. window.heapstrata is for tests and for the curious.

const STEPS_SHOWN = 2;

function head(traces) {
  const [first] = traces, facts = byId('facts'), name = path => path.split('/').pop();
  byId('title').textContent = traces.map(t => name(t.facts.file)).join(' and ');
  document.title = byId('title').textContent + ' – HeapStrata';
  byId('verdict').replaceChildren(...traces.map((t, i) =>
    element('span', {class: 'finding ' + t.facts.finding}, traces.length > 1 ? 'AB'[i] + ': ' : '', t.facts.verdict)));
  byId('next').replaceChildren(...traces.filter(t => t.facts.next.length).flatMap(t => nextOf(t, traces.length > 1 ? 'ABCD'[traces.indexOf(t)] : '')));
  facts.replaceChildren(...traces.map((t, i) => element('dl', {class: 'facts'}, ...factsOf(t, traces.length > 1 ? 'AB'[i] : '')
    .flatMap(([label, value]) => value === null ? [] : [element('div', {}, element('dt', {}, label), element('dd', {}, value))]))));
  byId('warnings').replaceChildren(...traces.flatMap(t => warningsOf(t)).map(text => element('li', {}, text)));
}

// What the doctor advises first: the first steps are open, the others one click away.
function nextOf(trace, name) {
  const steps = trace.facts.next.map(text => element('li', {}, text)), file = trace.facts.file.split('/').pop();
  const more = steps.length > STEPS_SHOWN ? [element('details', {}, element('summary', {}, `${steps.length - STEPS_SHOWN} more`),
    element('ol', {start: STEPS_SHOWN + 1}, ...steps.slice(STEPS_SHOWN)))] : [];
  return [element('h2', {}, name ? `What to do next, ${name}` : 'What to do next'), element('ol', {}, ...steps.slice(0, STEPS_SHOWN)), ...more,
    element('p', {class: 'hint'}, element('code', {}, `heapstrata doctor ${file}`), ' has the evidence, tries these on the trace, and leaves out what does not help.')];
}

function factsOf(trace, name) {
  const {facts, history} = trace, most = history.total.reduce((a, b) => b > a ? b : a, 0);
  return [
    [name ? 'Trace ' + name : 'Firmware', `${facts.firmware || 'unknown firmware'}, ${facts.port || 'unknown port'}, ${8 * facts.pointer_bytes}-bit`],
    ['Build', facts.build_id.replace('0x', '')],
    ['Duration', facts.hz ? duration(facts.seconds) : 'not known'],
    ['Events', grouped(facts.events)],
    ['Lost', grouped(facts.lost)],
    ['Heap', most ? grouped(most) + ' bytes' : 'not known'],
    [facts.peak_at_least ? 'Peak, at least' : 'Peak', most ? `${grouped(facts.peak)} bytes, ${percent(facts.peak / most)}` : facts.peak ? grouped(facts.peak) : 'not known'],
    ['Collections', grouped(facts.collections)],
    ['Failed', grouped(facts.failed)],
    ['Boots', facts.boots > 1 ? grouped(facts.boots) : null],
  ];
}

const mapped = history => history.state.reduce((n, state) => n + !(state & BARE), 0);

function warningsOf({facts, history}) {
  const all = facts.warnings.map(w => w.text);
  for (const {own, base} of facts.stands_for)
    all.push(`lines of ${own} in B are shown under the name of ${base} in A`);
  if (facts.thinned)
    all.push(`this trace is too long to show every one of its ${grouped(facts.records)} records: the page holds ` +
      `the figures of ${grouped(history.moments)} moments and the map at ${grouped(mapped(history))}, among them the extremes of ` +
      'each stretch, failures, marks and restarts; blocks that came and went between two maps are in the sums only');
  if (facts.notes_left_out)
    all.push(`${grouped(facts.notes_left_out)} collections, marks or failures are not drawn one by one`);
  return all;
}

function makeMaps(view, places) {
  return view.traces.map((trace, i) => {
    const box = element('div', {class: 'map'});
    byId('maps').append(box);
    return new HeapMap(view, places, trace, box, view.traces.length > 1 ? `${'AB'[i]}: ${trace.facts.file.split('/').pop()}` : '');
  });
}

// Of two traces those of one are seen at a time.
function makePins(view, places, maps) {
  const boxes = maps.map(() => element('div', {})), choice = byId('pins-which');
  byId('pins').append(...boxes);
  choice.append(...maps.map((_, i) => element('option', {value: i}, 'AB'[i])));
  byId('pins-bar').hidden = maps.length < 2;
  const choose = () => boxes.forEach((box, i) => box.hidden = i !== +choice.value);
  choice.addEventListener('change', choose);
  const pins = maps.map((map, i) => new Pins(view, places, map, boxes[i]));
  choose();
  return pins;
}

function setUp(traces) {
  const places = new Places(traces), view = new View(traces);
  head(traces);
  byId('main').hidden = false;
  const maps = makeMaps(view, places), legend = new Legend(view, places, maps, byId('legend'));
  view.on('cursor', () => maps.forEach(map => map.draw()));
  view.on('rest', () => legend.draw());
  view.on('pin', () => maps.forEach(map => map.draw()));
  const colour = byId('colour');
  const recolour = () => {
    [...maps, legend].forEach(part => part.mode = colour.value);
    maps.forEach(map => map.draw());
    legend.draw();
  };
  colour.querySelector('[value=kind]').disabled = !places.namesKinds;
  colour.addEventListener('change', recolour);
  dark.addEventListener('change', recolour);
  const parts = {
    maps, charts: new Charts(view, places, byId('charts')), pins: makePins(view, places, maps), flame: new Flame(view, places, byId('flame')),
    table: new Table(view, places, byId('table')), detail: new Detail(view, places, maps, byId('detail')), controls: new Controls(view),
  };
  const redraw = () => {
    recolour();
    parts.charts.build();
    parts.pins.forEach(pins => pins.drawChart());
    parts.table.draw();
  };
  addEventListener('beforeprint', () => { // paper is light and has a width of its own
    document.documentElement.classList.add('print');
    parts.flame.fit();
    redraw();
  });
  addEventListener('afterprint', () => {
    document.documentElement.classList.remove('print');
    redraw();
    parts.flame.draw();
  });
  view.on('pin', () => parts.pins.forEach(pins => pins.showRanked()));
  view.setCursor(view.cursor);
  return {view, places, ...parts};
}

// For tests: goes to a time in seconds and tells what is there, out of the map that is drawn.
function mapAt(app, trace, seconds) {
  const map = app.maps[trace], {history: h} = map.trace;
  app.view.cursor = app.view.traces[trace].x[Math.max(0, h.momentAt(map.trace.own, seconds))];
  app.view.emit('cursor');
  const m = map.layout.moment;
  return {event: h.number[m], used: h.used[m], free: h.total[m] - h.used[m], longest: h.longest[m], maps: map.layout.granules()};
}

window.heapstrata = {ready: (async () => {
  try {
    const app = setUp(await readTraces());
    Object.assign(window.heapstrata, {app, mapAt: (seconds, trace = 0) => mapAt(app, trace, seconds)});
    await new Promise(requestAnimationFrame);
    window.heapstrata.shown = performance.now();
  } catch (error) {
    byId('verdict').textContent = 'This page cannot be shown: ' + error.message;
    throw error;
  }
})()};
