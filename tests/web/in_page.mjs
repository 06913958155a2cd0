// SPDX-License-Identifier: MIT
// The page of `make web` as a user sees it: choose a file, drop one, paste a text.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {browse, check, note, work} from '../html/browser.mjs';

// Waits until the page has done what it was last asked.
async function finished(page, job) {
  await page.waitForFunction(number => document.body.dataset.done === String(number), job, {timeout: 120000});
  return page.evaluate(() => document.getElementById('said').textContent);
}

// The page that html makes, when it has drawn itself.
async function drawn(page) {
  await page.locator('#view').scrollIntoViewIfNeeded(); // what is out of sight is not drawn
  const frame = page.frames().find(f => f !== page.mainFrame());
  await frame.waitForFunction(() => globalThis.heapstrata?.ready, undefined, {timeout: 60000, polling: 50});
  await frame.evaluate(() => heapstrata.ready);
  return frame;
}

async function choose(open) {
  const page = await open(work.page);
  await page.setInputFiles('#file', work.trace);
  const said = await finished(page, 1);
  check('a file: the native diagnosis', said === work.saidOfTrace, [said, work.saidOfTrace]);
  const frame = await drawn(page);
  check('a file: the page that html makes', (await frame.title()).length > 0 && await frame.evaluate(() => document.querySelectorAll('canvas').length > 0),
    await frame.title());
  const saved = page.waitForEvent('download', {timeout: 60000});
  await page.click('#save');
  const download = await saved, bytes = readFileSync(await download.path(), 'utf8');
  check('the page can be saved', bytes.startsWith('<!') && bytes.trimEnd().endsWith('</html>'), bytes.slice(0, 200));
  await page.screenshot({path: work.shots + '/wide.png', fullPage: true});
  return page;
}

async function drop(page) {
  const base64 = readFileSync(work.trace).toString('base64');
  await page.evaluate(text => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], 'pico (1).hst'));
    document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
  }, base64);
  check('a file that is dropped: the same', await finished(page, 2) === work.saidOfTrace);
  await page.fill('#text', 'This is neither.');
  await page.click('#go');
  const said = await finished(page, 3);
  check('a text without anything to explain: says so, and shows nothing of before', said.length > 0 && said !== work.saidOfTrace &&
    await page.evaluate(() => document.getElementById('page').hidden), said);
}

async function paste(open) {
  const page = await open(work.page, 390);
  await page.fill('#text', work.text);
  await page.click('#go');
  const said = await finished(page, 1), columns = await page.evaluate(() => document.body.dataset.columns);
  const native = spawnSync(process.env.HS_NATIVE, ['doctor', 'text'], {cwd: work.shots, env: {...process.env, COLUMNS: columns}}).stdout.toString();
  check('a pasted text: the native diagnosis, as wide as the window', said === native && native !== work.saidOfText && columns >= 30, [columns, said, native]);
  const place = await page.evaluate(() => document.querySelector('.finding').getBoundingClientRect().toJSON());
  check('... and the finding is in sight', place.top >= 0 && place.bottom <= 844, place);
  check('a narrow window: nothing is cut off', await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.screenshot({path: work.shots + '/narrow.png', fullPage: true});
  return page;
}

// A million events, from the choice of the file until the page is drawn. Its time is only noted.
async function many(open) {
  const page = await open(work.page), begin = performance.now();
  await page.setInputFiles('#file', work.many);
  const said = await finished(page, 1), diagnosed = performance.now();
  const frame = await drawn(page), end = performance.now();
  check('a million events: the native diagnosis', said === work.saidOfMany, [said, work.saidOfMany]);
  const figures = await frame.evaluate(() => [...document.querySelectorAll('.facts dt')].filter(t => t.textContent === 'Events').map(t => t.nextSibling.textContent));
  check('a million events: the page shows as many', work.events > 1e6 && figures.length === 1 && Number(figures[0].replace(/\D/g, '')) === work.events, [figures, work.events]);
  note(`${work.events} events: diagnosed and packed after ${Math.round(diagnosed - begin)} ms, drawn after ${Math.round(end - begin)} ms`);
  return page;
}

// The file itself and what a page makes in memory; nothing else may be asked for.
const own = url => url === 'file://' + encodeURI(work.page) || url === 'file://' + work.page || /^(blob|data|about):/.test(url);

await browse(async open => {
  const pages = [await choose(open)];
  await drop(pages[0]);
  pages.push(await paste(open), await many(open));
  const tried = await pages[1].evaluate(() => fetch('https://example.org/').then(() => 'fetched', error => error.name));
  check('the page cannot use the network', tried === 'TypeError', tried);
  const said = pages.flatMap(p => p.said).filter(text => !text.includes('example.org'));
  check('no errors, nothing asked of a network', !said.length && pages.every(p => p.asked.every(url => own(url) || url === 'https://example.org/')),
    [said, pages.flatMap(p => p.asked).map(url => url.slice(0, 80))]);
});
console.log('# end');
