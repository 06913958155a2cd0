// SPDX-License-Identifier: MIT
// The map in the page against the map command, granule by granule, at random times.
import {browse, check, cli, note, quiet, work} from './browser.mjs';

const TIMES = {demo: 50, marked: 30, ring: 50, explicit: 30, implied: 30, million: 8, helper: 5};
let seed = Number(process.env.HS_SEED || Date.now() % 1e9);
note('HS_SEED=' + seed);

function random() {
  seed = (seed * 1103515245 + 12345) % 2147483648;
  return seed / 2147483648;
}

// What both say, to be compared as text.
const said = map => JSON.stringify([map.event, map.used, map.free, map.longest, map.maps]);

// Null where there is no map: before the first snapshot of a trace that begins in the middle of a run.
function told(trace, seconds) {
  const map = cli('map', trace, '--at', seconds + 's');
  if (!map)
    return null;
  const {event, regions} = map;
  const sum = key => regions.reduce((all, region) => all + region[key], 0);
  return {event, used: sum('used_bytes'), free: sum('free_bytes'), longest: Math.max(0, ...regions.map(r => r.largest_free_bytes)), maps: regions.map(r => r.map)};
}

async function compare(open, name, times) {
  const page = await open(work.pages[name]), end = await page.evaluate(() => heapstrata.app.view.traces[0].facts.seconds);
  const different = [];
  let unknown = 0;
  for (let i = 0; i < times; i++) {
    const seconds = (random() * end).toFixed(9), cliSays = told(work.traces[name], seconds);
    const pageSays = await page.evaluate(s => heapstrata.mapAt(Number(s)), seconds);
    const same = cliSays ? said(pageSays) === said(cliSays) : [pageSays.used, pageSays.free, pageSays.longest].every(Number.isNaN);
    unknown += !cliSays;
    if (!same)
      different.push([seconds, said(pageSays).slice(0, 200), cliSays && said(cliSays).slice(0, 200)]);
  }
  check(`${name}: at ${times} random times the map is that of heapstrata map --at`, !different.length, different.slice(0, 2));
  check(`${name}: most of these times have a map`, unknown < times / 2, unknown);
  quiet(name, page, work.pages[name]);
  await page.close();
}

// What the canvas shows: which granules have the colour of free space.
const seen = page => page.evaluate(() => {
  const map = heapstrata.app.maps[0], {canvas, size, columns, bands} = map, ratio = devicePixelRatio;
  const {data, width} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const free = getComputedStyle(document.documentElement).getPropertyValue('--free').trim();
  return bands.map(({region, top}) => Array.from({length: region.granules}, (_, at) => {
    const x = Math.floor((at % columns + 0.5) * size * ratio), y = Math.floor((top + (Math.floor(at / columns) + 0.5) * size) * ratio), i = 4 * (y * width + x);
    return '#' + [0, 1, 2].map(c => data[i + c].toString(16).padStart(2, '0')).join('') === free ? '.' : '#';
  }).join(''));
});

async function pixels(open, name, times) {
  const page = await open(work.pages[name]), end = await page.evaluate(() => heapstrata.app.view.traces[0].facts.seconds), different = [];
  for (let i = 0; i < times; i++) {
    const seconds = (random() * end).toFixed(9);
    await page.evaluate(s => heapstrata.mapAt(Number(s)), seconds);
    if (JSON.stringify(await seen(page)) !== JSON.stringify(told(work.traces[name], seconds).maps.map(map => map.replaceAll(/[h=]/g, '#'))))
      different.push(seconds);
  }
  check(`${name}: and so are the pixels of its canvas, at ${times} times`, !different.length, different);
  await page.close();
}

await browse(async open => {
  for (const [name, times] of Object.entries(TIMES))
    await compare(open, name, times);
  for (const name of ['demo', 'explicit'])
    await pixels(open, name, 15);
});
