// SPDX-License-Identifier: MIT
// A million events: how large the page is, how soon it can be used, how smoothly the cursor moves; and a long trace
// thinned, which keeps the extremes and says so. On a machine that is busy otherwise the best of some tries counts.
import {statSync} from 'node:fs';
import {browse, check, checkTime, cli, note, quiet, settle, work} from './browser.mjs';

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];

async function load(open, tries) {
  const times = [];
  let page;
  for (let i = 0; i < tries; i++) {
    await page?.close();
    page = await open(work.pages.million);
    times.push(await page.evaluate(() => heapstrata.shown));
  }
  return [page, Math.min(...times), times];
}

// Milliseconds from frame to frame, and of our own work in each, while the cursor goes all over the trace.
const moveAbout = (page, frames) => page.evaluate(async n => {
  const {view} = heapstrata.app, gaps = [];
  view.frames.length = 0;
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < n; i++) {
    view.setCursor(view.low + (view.high - view.low) * (i * 0.6180339887 % 1));
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return {gaps, work: view.frames};
}, frames);

async function million(open) {
  const {events} = cli('stat', work.traces.million), size = statSync(work.pages.million).size;
  note(`${events} events, a page of ${size} bytes`);
  check('a million events', events >= 1e6, events);
  check('make a page of at most 6 MB', size <= 6e6, size);
  const [page, best, times] = await load(open, 3);
  note('shown after ' + times.map(t => t.toFixed(0)).join(', ') + ' ms');
  checkTime('that can be used within 2 seconds', best < 2000, times.map(Math.round));
  await page.waitForTimeout(1500);
  const {gaps, work: own} = await moveAbout(page, 240);
  note(`moving the cursor: median frame ${median(gaps).toFixed(1)} ms, of which ours ${median(own).toFixed(1)} ms`);
  check('the cursor was drawn at each frame', own.length > 100, own.length);
  checkTime('our part of the median frame is under 33 ms', median(own) < 33, Math.round(median(own)));
  check('every record is a moment of it', await page.evaluate(() => { const {facts, history} = heapstrata.app.view.traces[0]; return !facts.thinned && history.moments === facts.records; }));
  quiet('million', page, work.pages.million);
  await page.close();
}

async function thinned(open) {
  const page = await open(work.pages.thin), stat = cli('stat', work.traces.million), size = statSync(work.pages.thin).size;
  await settle(page);
  note(`thinned: ${size} bytes, ${await page.evaluate(() => heapstrata.app.view.traces[0].history.moments)} moments`);
  check('a thinned page is smaller, and says what it is', size < statSync(work.pages.million).size &&
    (await page.evaluate(() => document.getElementById('warnings').textContent)).includes('too long to show every one'));
  const points = cli('timeline', work.traces.million, '--points', '5000').points;
  const least = Math.min(...points.map(p => p.largest_free_min).filter(bytes => bytes !== null)); // null, NaN: not known
  const kept = await page.evaluate(() => { const h = heapstrata.app.view.traces[0].history, known = figures => figures.filter(bytes => !Number.isNaN(bytes));
    return {used: known(h.used).reduce((a, b) => Math.max(a, b)), least: known(h.longest).reduce((a, b) => Math.min(a, b))}; });
  check('it keeps the fullest and the tightest moment', kept.used === stat.peak_used_bytes && kept.least === least, [kept, stat.peak_used_bytes, least]);
  const wrong = [];
  for (const share of [0.1, 0.37, 0.5, 0.81, 1]) {
    const at = await page.evaluate(s => { const {history: h} = heapstrata.app.view.traces[0], m = h.shown(Math.floor((h.moments - 1) * s)); heapstrata.app.maps[0].layout.seek(m);
      return {number: h.number[m], maps: heapstrata.app.maps[0].layout.granules()}; }, share);
    const told = cli('map', work.traces.million, '--at', 'event:' + at.number).regions.map(r => r.map);
    if (JSON.stringify(told) !== JSON.stringify(at.maps))
      wrong.push(at.number);
  }
  check('each moment that is kept is exact', !wrong.length, wrong);
  const rows = cli('report', work.traces.million).rows, of = new Map(await page.evaluate(() => heapstrata.app.table.rows.map(r => [r.place.name, r.bytes[0]])));
  check('bytes of places are those of the whole trace', rows.every(r => !r.bytes || of.get(r.line) === r.bytes), rows.filter(r => r.bytes && of.get(r.line) !== r.bytes).slice(0, 3));
  quiet('thin', page, work.pages.thin);
}

async function sampled(open) {
  const page = await open(work.pages.sampled);
  await settle(page);
  check('without a layout the page says that there is no map', (await page.evaluate(() => document.getElementById('maps').textContent)).includes('No map: recorded at level sampled'));
  const told = await page.evaluate(() => { const h = heapstrata.app.view.traces[0].history; return h.used[h.moments - 1]; });
  check('and has the figures that were told', told === cli('stat', work.traces.sampled).used_bytes, told);
  quiet('sampled', page, work.pages.sampled);
}

await browse(async open => {
  await million(open);
  await thinned(open);
  await sampled(open);
});
