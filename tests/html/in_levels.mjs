// SPDX-License-Identifier: MIT
// Heaps of which no layout is known: figures that agree with the head, and a map that does not claim that all is free.
import {browse, check, cli, quiet, settle, work} from './browser.mjs';

const n = v => v === null ? 'not known' : v.toLocaleString('en-US');

// Share of the map's pixels that have the colour of free space.
const free = page => page.evaluate(() => {
  const {canvas} = heapstrata.app.maps[0], {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colour = getComputedStyle(document.documentElement).getPropertyValue('--free').trim();
  const [r, g, b] = [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
  let seen = 0;
  for (let i = 0; i < data.length; i += 4)
    seen += data[i] === r && data[i + 1] === g && data[i + 2] === b;
  return seen / (data.length / 4);
});

async function look(open, name) {
  const page = await open(work.pages[name]), stat = cli('stat', work.traces[name]);
  await settle(page);
  const said = await page.evaluate(() => document.getElementById('readout').textContent);
  check(`${name}: used, free and longest run at the end are those of stat`, said.includes('used' + n(stat.used_bytes)) && said.includes('free' + n(stat.free_bytes)) &&
    said.includes('longest run' + n(stat.largest_free_bytes)), [said, stat]);
  const facts = await page.evaluate(() => document.getElementById('facts').textContent);
  check(`${name}: heap and peak in the head too`, facts.includes(n(stat.total_bytes) + ' bytes') && facts.includes(n(stat.peak_used_bytes) + ' bytes'), facts);
  const legend = await page.evaluate(() => document.getElementById('legend').textContent);
  check(`${name}: so does what is below the map`, legend.includes(n(stat.used_bytes)) && legend.includes('free ' + n(stat.free_bytes)), legend);
  check(`${name}: the map shows no free space where nothing is known`, await free(page) === 0, await free(page));
  const pins = await page.evaluate(() => document.getElementById('pins').textContent);
  check(`${name}: who pins the free space is not known`, pins.includes('not known') && !pins.includes('bytes free'), pins);
  const lows = await page.evaluate(() => heapstrata.app.charts.charts[0].plot.data.slice(1).map(d => d.filter(v => v !== null).length));
  check(`${name}: a longest run that is not known is not drawn`, (lows[2] > 0) === (stat.largest_free_bytes !== null) && lows[0] > 0, lows);
  quiet(name, page, work.pages[name]);
  await page.close();
}

async function lives(open) {
  const page = await open(work.pages.demo), {rows} = cli('report', work.traces.demo);
  const shown = new Map(await page.evaluate(() => heapstrata.app.view.traces[0].facts.places.map(p => [p.name, [p.life, p.survived]])));
  const bad = rows.filter(r => {
    const [life, survived] = shown.get(r.line) ?? [];
    return (r.mean_lifetime_seconds ?? undefined) === undefined ? life !== undefined
      : Math.abs(life - r.mean_lifetime_seconds) > 1e-9 || Math.abs(survived - r.collections_survived) > 1e-9;
  });
  check(`mean life and collections survived of ${rows.length} places are those of report`, rows.length > 20 && !bad.length, bad.slice(0, 3));
  await page.close();
}

// As compare has them: by the names of the first, and lines by their text.
async function renamed(open) {
  const page = await open(work.pages.renamed), sums = ['before', 'after'].map(t => new Map(cli('report', work.traces[t]).rows.map(r => [r.line, r.bytes])));
  await settle(page);
  const rows = await page.evaluate(() => heapstrata.app.table.rows.map(r => [r.place.name, ...r.bytes]));
  const mine = rows.filter(([name]) => name.startsWith('before.py'));
  const moved = name => name.replace('before.py', 'after.py').replace(/:(\d+) /, (_, line) => `:${+line + 1} `);
  const bad = mine.filter(([name, a, b]) => a !== (sums[0].get(name) ?? 0) || b !== (sums[1].get(moved(name)) ?? 0));
  check('of a script that was renamed each line is one place, with the bytes of both', mine.length >= 3 && !bad.length && !rows.some(([name]) => name.startsWith('after.py')), [mine, bad]);
  const names = await page.evaluate(() => { const all = [], walk = n => { all.push(n.name); n.children.forEach(walk); }; walk(heapstrata.app.flame.tree(heapstrata.app.view.traces, 'bytes')); return all; });
  check('in the flame graph too', names.some(name => name.startsWith('before.py')) && !names.some(name => name.startsWith('after.py')), names);
  const said = await page.evaluate(() => document.getElementById('warnings').textContent);
  check('and the page says so', said.includes('lines of after.py in B are shown under the name of before.py'), said);
  quiet('renamed', page, work.pages.renamed);
  await page.close();
}

await browse(async open => {
  for (const name of ['sampled', 'summary', 'text', 'run'])
    await look(open, name);
  await lives(open);
  await renamed(open);
});
