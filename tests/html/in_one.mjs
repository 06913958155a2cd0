// SPDX-License-Identifier: MIT
// The page of one trace, used: the demo, whose causes are known.
import {browse, check, cli, quiet, settle, work} from './browser.mjs';

const file = work.pages.demo, trace = work.traces.demo;
const range = page => page.evaluate(() => { const {view} = heapstrata.app; return {from: view.from, to: view.to, low: view.low, high: view.high, cursor: view.cursor}; });
const picture = page => page.evaluate(() => document.querySelector('.map canvas').toDataURL());
const text = (page, id) => page.evaluate(i => document.getElementById(i).textContent, id);

async function reading(page) {
  const stat = cli('stat', trace), n = v => v.toLocaleString('en-US');
  check('the title is the trace', (await text(page, 'title')) === 'demo.hst' && (await page.title()).startsWith('demo.hst'));
  const facts = await text(page, 'facts');
  check('events, losses, collections and peak are those of stat', [stat.events, stat.lost, stat.collections, stat.peak_used_bytes].every(v => facts.includes(n(v))), facts);
  const verdict = await text(page, 'verdict');
  check('the verdict is the doctor\'s, and names the failure and both lines that the demo planted', verdict.includes(cli('doctor', trace).findings[0].verdict) && /logger\.py:47 main requested 12288 bytes/.test(verdict) && ['logger.py:13 __init__', 'logger.py:18 summarise'].every(line => verdict.includes(line)), verdict);
  const next = await page.locator('#next li').allTextContents(), advice = cli('doctor', trace).findings[0].next;
  check('what to do next is the doctor\'s advice', next.length > 0 && advice[0].startsWith(next[0]), [next, advice]);
  const meanings = await page.locator('#meanings dt').allTextContents(), columns = await page.locator('#table thead th').count();
  check('each column is explained', meanings.length === columns && (await page.locator('#meanings dd').allTextContents()).every(m => m.length > 10), meanings);
}

async function zooming(page) {
  const box = await page.locator('.u-over').first().boundingBox(), before = await range(page);
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 40, {steps: 5});
  await page.mouse.up();
  const dragged = await range(page), width = before.to - before.from, near = (a, b) => Math.abs(a - b) < width / 100;
  check('dragging zooms to what was dragged over', near(dragged.from, before.from + width / 2) && near(dragged.to, before.from + width * 0.75), [before, dragged]);
  const scales = await page.evaluate(() => heapstrata.app.charts.charts.map(c => [c.plot.scales.x.min, c.plot.scales.x.max]));
  check('all charts show the same range', scales.every(([from, to]) => near(from, dragged.from) && near(to, dragged.to)), scales);
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.mouse.wheel(0, -300);
  const wheeled = await range(page);
  check('the wheel zooms in', wheeled.to - wheeled.from < (dragged.to - dragged.from) * 0.7, wheeled);
  await page.locator('#later').click();
  check('the range moves', (await range(page)).from > wheeled.from);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('0');
  const all = await range(page);
  check('the key 0 shows the whole trace', all.from === before.from && all.to === before.to, all);
}

async function moving(page) {
  await page.keyboard.press('End');
  await settle(page);
  const box = await page.locator('.u-over').first().boundingBox(), before = await picture(page), said = await text(page, 'readout');
  await page.mouse.click(box.x + box.width * 0.6, box.y + 40);
  await settle(page);
  const {cursor, from, to} = await range(page);
  check('a click places the cursor', Math.abs((cursor - from) / (to - from) - 0.6) < 0.01, cursor);
  check('map and figures follow it', (await picture(page)) !== before && (await text(page, 'readout')) !== said);
  const lines = await page.evaluate(() => [...document.querySelectorAll('.charts .cursor-line')].map(l => Math.round(l.getBoundingClientRect().left)));
  check('its line stands at the same place in all charts', lines.length >= 3 && lines.every(x => Math.abs(x - lines[0]) <= 1), lines);
  const seen = await text(page, 'readout');
  await page.keyboard.press('ArrowLeft');
  await settle(page);
  check('what the cursor counts is records: the head counts events', /record ?\d/.test(await text(page, 'readout')) && !/event/.test(await text(page, 'readout')),
        await text(page, 'readout'));
  check('the key ← goes one event back', (await text(page, 'readout')) !== seen);
  await page.locator('#slider').fill('2500');
  await settle(page);
  const slid = await range(page);
  check('the slider moves it', Math.abs((slid.cursor - from) / (to - from) - 0.25) < 0.01, slid);
}

// A block of the map as heapstrata map --json has it, found on the canvas by its granule.
async function place(page, granule) {
  const at = await page.evaluate(g => heapstrata.app.maps[0].placeOf(g), granule), size = await page.evaluate(() => heapstrata.app.maps[0].size);
  return [at.clientX - size / 2, at.clientY + size / 2];
}

async function hovering(page) {
  await page.evaluate(() => heapstrata.app.view.setCursor(heapstrata.app.view.high));
  await settle(page);
  await page.locator('#maps').scrollIntoViewIfNeeded();
  const region = cli('map', trace, '--at', 'end', '--elf', work.elf).regions[0], blocks = region.blocks.filter(b => b.site.startsWith('logger.py:18'));
  let good = 0;
  for (const block of blocks.slice(0, 10)) {
    await page.mouse.move(...await place(page, block.granule));
    const tip = await text(page, 'tip');
    good += tip.includes(block.site) && tip.includes(`${block.size} bytes requested`) && tip.includes(block.kind) && /age/.test(tip) && /survived[\d,]+ collections/.test(tip);
  }
  check('hovering names site, size, kind, age and collections of ten blocks, as the map command has them', good === 10, [good, await text(page, 'tip')]);
  const free = region.map.indexOf('.');
  await page.mouse.move(...await place(page, free));
  check('hovering free space tells the run', /free.*bytes/.test(await text(page, 'tip')), await text(page, 'tip'));
  return {pinned: blocks[0], other: region.blocks.find(b => b.site.startsWith('logger.py:13'))};
}

const colour = (page, granule) => page.evaluate(g => {
  const map = heapstrata.app.maps[0], at = map.placeOf(g), box = map.canvas.getBoundingClientRect(), ratio = devicePixelRatio;
  return [...map.canvas.getContext('2d').getImageData((at.clientX - box.left - map.size / 2) * ratio, (at.clientY - box.top + map.size / 2) * ratio, 1, 1).data].join();
}, granule);

async function pinning(page, {pinned, other}) {
  const before = [await colour(page, pinned.granule), await colour(page, other.granule)];
  await page.mouse.click(...await place(page, pinned.granule));
  await settle(page);
  const after = [await colour(page, pinned.granule), await colour(page, other.granule)];
  check('a click pins a site: its blocks stay, the others are dimmed', before[0] === after[0] && before[1] !== after[1], [before, after]);
  const detail = await text(page, 'detail');
  check('what is pinned is shown, with its source', detail.includes('logger.py:18 summarise') && detail.includes('return Summary(sensor.name, max(frame))'), detail);
  check('the table marks it', await page.evaluate(() => document.querySelector('#table tr.pinned th').textContent) === pinned.site);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press('Escape');
  check('Escape unpins', await page.locator('#detail').isHidden() && (await colour(page, other.granule)) === before[1]);
  await page.locator('.map canvas').focus();
  for (let i = 0; i < 3; i++)
    await page.keyboard.press('ArrowRight');
  const title = await page.evaluate(() => document.querySelector('#tip b').textContent);
  await page.keyboard.press('Enter');
  await settle(page);
  check('by the keyboard too: → goes from block to block, Enter pins', title.length > 2 && (await text(page, 'detail')).includes(title), title);
  await page.keyboard.press('Escape');
  await page.locator('#colour').selectOption('kind');
  const kinds = await colour(page, pinned.granule);
  await page.locator('#colour').selectOption('age');
  check('kind and age colour the map otherwise', kinds !== before[0] && (await colour(page, pinned.granule)) !== kinds);
  await page.locator('#colour').selectOption('line');
}

async function playing(page) {
  await page.locator('#by').selectOption('event'); // by time the program may have had to wait for the processor
  await page.locator('#pace').selectOption('5');
  await page.locator('#play').click();
  await page.waitForTimeout(1200);
  const early = await range(page), first = await picture(page);
  await page.waitForTimeout(2500);
  const late = await range(page), second = await picture(page);
  check('playing moves the cursor and the map', early.cursor > early.from && late.cursor > early.cursor && late.cursor < late.to && first !== second, [early, late]);
  await page.locator('#play').click();
  const stopped = await range(page);
  await page.waitForTimeout(300);
  check('and is stopped', (await range(page)).cursor === stopped.cursor);
  await page.locator('#by').selectOption('time');
}

async function pins(page) {
  const report = cli('report', trace).pins;
  await page.locator('#jump').selectOption({index: await page.evaluate(() => [...document.querySelectorAll('#jump option')].findIndex(o => o.textContent.startsWith('failed: 12,288 bytes')))});
  await settle(page);
  const shown = await page.evaluate(() => ({...heapstrata.app.pins[0].measured, without: null, ranked: heapstrata.app.pins[0].ranked.map(p =>
    ({line: heapstrata.app.places.place[p.place].name, without: p.without, together: p.together ?? 0, borders: p.borders, blocks: p.blocks, bytes: p.bytes}))}));
  check('free bytes and runs at the failure are those of report', shown.free === report.free_bytes && shown.runs === report.free_runs && shown.longest === report.largest_free_bytes, [shown, report]);
  const told = report.lines.map(l => [l.line, l.largest_free_without_bytes, l.largest_free_together_bytes ?? 0, l.blocks, l.bytes].join());
  const ranked = shown.ranked.map(p => [p.line, p.without, p.together, p.blocks, p.bytes].join());
  check('who pins the free space is what report says, in its order', told.length > 1 && told.every((line, i) => line === ranked[i]), [told, ranked]);
  check('and over time there is a chart of it', await page.evaluate(() => document.querySelectorAll('.pins-chart canvas').length) === 1);
}

// By records instead of time nothing is lost, and the cursor can stand at each.
async function events(page) {
  await page.locator('#by').selectOption('event');
  await settle(page);
  const {low, high} = await range(page), last = await page.evaluate(() => heapstrata.app.view.traces[0].history.number.at(-1));
  check('the axis can count records', low === 0 && high === last, [low, high]);
  await page.evaluate(() => { document.activeElement.blur(); heapstrata.app.view.setCursor(500); });
  await settle(page);
  const at = await text(page, 'readout');
  await page.keyboard.press('ArrowRight');
  await settle(page);
  check('and the cursor goes by one', at.includes('record500') && (await text(page, 'readout')).includes('record501'), at);
  await page.locator('#by').selectOption('time');
}

async function sums(page) {
  const {rows} = cli('report', trace), of = new Map();
  await page.evaluate(() => heapstrata.app.view.setRange(heapstrata.app.view.low, heapstrata.app.view.high));
  await settle(page);
  const shown = await page.evaluate(() => heapstrata.app.table.rows.map(r => [r.place.name, r.bytes[0], r.count[0], r.live[0]]));
  shown.forEach(([name, ...values]) => of.set(name, values));
  const bad = rows.filter(r => { const [bytes, count] = of.get(r.line) ?? []; return bytes !== r.bytes || count !== r.allocs + r.reallocs; });
  check(`bytes and counts of all ${rows.length} places over the whole range are those of report`, rows.length > 20 && !bad.length, [bad.slice(0, 2), shown.slice(0, 2)]);
  const total = await page.evaluate(() => heapstrata.app.flame.tree([heapstrata.app.view.traces[0]], 'bytes').value);
  check('the flame graph has all of them', total === shown.reduce((sum, r) => sum + r[1], 0), total);
  const parts = await page.evaluate(() => {
    const {view, flame} = heapstrata.app, middle = view.low + (view.high - view.low) * 0.7, of = (from, to) => {
      view.setRange(from, to);
      return flame.tree([view.traces[0]], 'bytes').value;
    };
    const both = [of(view.low, middle), of(middle, view.high)];
    view.setRange(view.low, view.high);
    return both;
  });
  check('two halves of the range add up to the whole, and follow the zoom', parts[0] > 0 && parts[1] > 0 && parts[0] + parts[1] === total, [parts, total]);
  check('it is drawn', await page.evaluate(() => document.querySelectorAll('#flame g.frame').length) > 5);
}

async function table(page) {
  const first = () => page.evaluate(() => document.querySelector('#table tbody th').textContent);
  const names = () => page.evaluate(() => [...document.querySelectorAll('#table tbody th')].map(th => th.textContent));
  await page.locator('#table thead button', {hasText: 'Count'}).click();
  const most = await first();
  await page.locator('#table thead button', {hasText: 'Count'}).click();
  check('columns sort, both ways', most.includes('sensor.py:11 read') || most.includes('summarise') ? (await first()) !== most : false, most);
  await page.locator('#filter').fill('logger.py');
  const filtered = await names();
  check('the filter keeps what matches', filtered.length > 3 && filtered.every(n => n.includes('logger.py')), filtered);
  await page.locator('#filter').fill('');
}

async function fits(open) {
  for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']]) {
    const page = await open(file, width, scheme);
    await settle(page);
    const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    check(`nothing overflows at ${width} pixels, ${scheme}`, wide <= seen, [wide, seen]);
    await page.screenshot({path: `${work.shots}/demo-${width}-${scheme}.png`, fullPage: true});
    if (width === 390) {
      const box = await page.locator('.u-over').first().boundingBox();
      await page.mouse.click(box.x + box.width / 2, box.y + 40);
      await settle(page);
      check(`usable at ${width} pixels, ${scheme}: a tap moves the cursor`, (await text(page, 'when')) !== '' && !page.said.length, page.said);
    }
    await page.close();
  }
}

await browse(async open => {
  const page = await open(file);
  await settle(page);
  await reading(page);
  await zooming(page);
  await moving(page);
  await pinning(page, await hovering(page));
  await playing(page);
  await pins(page);
  await events(page);
  await sums(page);
  await table(page);
  quiet('demo', page, file);
  await page.close();
  await fits(open);
});
