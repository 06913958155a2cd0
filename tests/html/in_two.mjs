// SPDX-License-Identifier: MIT
// Two traces of one program, one of which keeps more and takes longer.
import {browse, check, cli, quiet, settle, work} from './browser.mjs';

const file = work.pages.both, traces = [work.traces.marked, work.traces.more];

async function aligned(page) {
  const marks = await page.evaluate(() => heapstrata.app.view.traces.map(t => t.facts.notes.filter(n => n.what === 'mark').map(n => [n.label, t.noteX(n)])));
  const same = marks[0].filter(([label, x]) => marks[1].some(([other, y]) => other === label && Math.abs(x - y) < 1e-9));
  check('marks of both traces stand at the same places', marks[0].length >= 4 && same.length === marks[0].length, marks);
  const own = await page.evaluate(() => heapstrata.app.view.traces.map(t => t.facts.notes.filter(n => n.what === 'mark').map(n => n.time)));
  check('although they were passed at other times', own[0].some((t, i) => t !== own[1][i]), own);
}

// At a mark both maps must be those of the map command at that time, with what else was recorded in the same tick.
async function atMark(page, label) {
  const x = await page.evaluate(l => { const [t] = heapstrata.app.view.traces; return t.noteX(t.facts.notes.find(n => n.label === l)); }, label);
  await page.evaluate(at => heapstrata.app.view.setCursor(at + 1e-12), x);
  await settle(page);
  const shown = await page.evaluate(() => heapstrata.app.maps.map(m => m.layout.granules().join()));
  const times = await page.evaluate(l => heapstrata.app.view.traces.map(t => t.facts.notes.find(n => n.label === l).time / t.facts.hz), label);
  const told = traces.map((t, i) => cli('map', t, '--at', times[i].toFixed(9) + 's').regions.map(r => r.map).join());
  check(`at mark ${label} both maps are right`, shown.length === 2 && shown[0] === told[0] && shown[1] === told[1], times);
}

async function difference(page) {
  await page.evaluate(() => heapstrata.app.view.setRange(heapstrata.app.view.low, heapstrata.app.view.high));
  await settle(page);
  const reports = traces.map(t => new Map(cli('report', t).rows.map(r => [r.line, r.bytes])));
  const rows = await page.evaluate(() => heapstrata.app.table.rows.map(r => [r.place.name, ...r.bytes, heapstrata.app.table.columns.find(c => c.key === 'bytesd').value(r)]));
  const bad = rows.filter(([name, a, b, d]) => a !== (reports[0].get(name) ?? 0) || b !== (reports[1].get(name) ?? 0) || d !== b - a);
  check(`the table has bytes of both traces and the difference, for ${rows.length} places`, rows.length > 15 && !bad.length && rows.some(r => r[3] > 0), bad.slice(0, 3));
  await page.evaluate(() => heapstrata.app.view.setRange(...(([a, b]) => [a.x[300], a.x[900]])(heapstrata.app.view.traces)));
  const chart = await page.evaluate(() => heapstrata.app.charts.charts.find(c => c.title === 'Difference').plot.data.map(d => [...d]));
  const wrong = await page.evaluate(([xs, ds]) => {
    const [a, b] = heapstrata.app.view.traces;
    const {view} = heapstrata.app;
    return xs.filter((x, i) => x >= view.from && x <= view.to && ds[i] !== null && ds[i] !== b.history.used[heapstrata.app.view.momentAt(b, x)] - a.history.used[heapstrata.app.view.momentAt(a, x)]).length;
  }, chart);
  check('the chart of the difference is that of the two', chart[0].length > 50 && wrong === 0, wrong);
}

await browse(async open => {
  const page = await open(file);
  await settle(page);
  await aligned(page);
  for (const label of ['start', 'readings', 'report'])
    await atMark(page, label);
  await difference(page);
  await page.locator('#which').selectOption('2');
  await page.evaluate(() => heapstrata.app.view.setRange(heapstrata.app.view.low, heapstrata.app.view.high)); // of which a part is more depends on times
  const sums = await page.evaluate(() => heapstrata.app.flame.tree(heapstrata.app.view.traces, 'bytes').of);
  const alone = await page.evaluate(() => heapstrata.app.view.traces.map(t => heapstrata.app.flame.tree([t], 'bytes').value));
  const fills = await page.evaluate(() => new Set([...document.querySelectorAll('#flame rect')].map(r => r.getAttribute('fill'))).size);
  check('the flame graph sets one against the other', sums.join() === alone.join() && sums[1] > sums[0] && fills > 2, [sums, alone, fills]);
  await page.locator('#which').selectOption('1');
  await page.locator('#weight').selectOption('retained');
  await settle(page);
  check('the flame graph shows either, by what is retained too', await page.evaluate(() => document.querySelectorAll('#flame g.frame').length) > 2);
  await page.screenshot({path: work.shots + '/both-1280.png', fullPage: true});
  quiet('two traces', page, file);
});
