// SPDX-License-Identifier: MIT
// The page runs scripts on a board: the program in it speaks with real MicroPython, on firmware without our module and with it.
import {readFileSync} from 'node:fs';
import {browse, check, work} from '../html/browser.mjs';
import {Board} from './board.mjs';

const said = page => page.evaluate(() => document.getElementById('said').textContent);
const printed = page => page.evaluate(() => document.getElementById('printed').textContent);
const idle = page => page.waitForFunction(() => document.getElementById('stop').hidden && document.getElementById('progress').hidden, undefined, {timeout: 200000});

async function begin(page, script) {
  await page.evaluate(() => {
    document.getElementById('board').open = true;
  });
  await page.fill('#script', script);
  await page.fill('#every', '0');
  await page.click('#run');
  await page.waitForFunction(() => !document.getElementById('stop').hidden, undefined, {timeout: 200000});
}

async function saved(page) {
  const waiting = page.waitForEvent('download', {timeout: 200000});
  await page.click('#save-trace');
  return readFileSync(await (await waiting).path());
}

async function withBoard(open, firmware, each) {
  const board = new Board(firmware);
  try {
    const page = await open(work.page, 1280, 'light', p => board.plugInto(p));
    await each(page, board);
    return page;
  } finally {
    await board.end();
  }
}

async function sampled(page) {
  await begin(page, work.script);
  await idle(page);
  check('sampled firmware: what the script prints is shown', (await printed(page)).includes('made 50 blocks'), await printed(page));
  check('... and its traceback', (await printed(page)).includes('MemoryError'), await printed(page));
  check('... and its heap meanwhile', /^[\d,]+ of [\d,]+ bytes used; [1-9]\d* samples$/.test(await page.textContent('#used')), await page.textContent('#used'));
  check('... as a curve', await page.isVisible('#curve') && await page.evaluate(() => document.querySelector('#curve polyline').points.numberOfItems > 2));
  check('... and the diagnosis', /HS-HEAP-FULL|HS-FRAG-FAILED/.test(await said(page)) && (await said(page)).includes('main.py:6 <module> requested'), await said(page));
  const trace = await saved(page);
  check('the trace can be saved', trace.length > 100 && trace.subarray(1, 5).toString() === 'Heap', trace.subarray(0, 8));
  check('the port was opened at the chosen speed, and is closed', await page.evaluate(() => fakePort.opened.length === 1 && fakePort.opened[0].baudRate === 115200 && !fakePort.readable));
  await page.screenshot({path: work.shots + '/board.png', fullPage: true});
  await page.setViewportSize({width: 390, height: 844});
  check('a narrow window: nothing is cut off', await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.screenshot({path: work.shots + '/board-narrow.png', fullPage: true});
}

// This board heeds Ctrl-C only where it reads, so the script does it itself.
const WAITING = 'import sys\nprint("begun")\nwhile sys.stdin.read(1) != "\\x03":\n    pass\nraise KeyboardInterrupt\n';

// Waits until the script runs. What the page says instead is shown.
const hasBegun = page => page.waitForFunction(() => document.getElementById('printed').textContent.includes('begun'), undefined, {timeout: 200000})
  .catch(async error => {
    console.log('# ' + JSON.stringify([await printed(page), await page.textContent('#state'), page.said]));
    throw error;
  });

async function stopped(page) {
  await begin(page, WAITING);
  await hasBegun(page);
  await page.click('#stop');
  await idle(page);
  check('Stop ends the script, and what came is kept', (await printed(page)).includes('KeyboardInterrupt') && (await saved(page)).length > 100, await printed(page));
}

async function unplugged(page) {
  await begin(page, WAITING);
  await hasBegun(page);
  await page.evaluate(() => unplugBoard());
  await idle(page);
  check('a board that is unplugged: the page says so, and is ready again', (await printed(page)).includes('the line was closed'), await printed(page));
}

async function recorded(page) {
  await begin(page, work.script);
  await idle(page);
  const text = await said(page);
  check('firmware with the module: every allocation, and the line that failed', text.includes('main.py:') && !text.includes('snapshots'), [text, await printed(page)]);
}

// A browser without ports. Returns whether this one is too old for the rest: its WebAssembly cannot wait.
async function refused(open) {
  const page = await open(work.page, 1280, 'light', p => p.addInitScript(() => Object.defineProperty(navigator, 'serial', {value: undefined})));
  const said = await page.evaluate(() => !document.getElementById('no-ports').hidden && document.getElementById('recorder').hidden);
  check('without ports the page says what it lacks', said);
  return page.evaluate(() => typeof WebAssembly.Suspending !== 'function');
}

async function everything(open) {
  const pages = [await withBoard(open, work.plain, async page => {
    await sampled(page);
    if (work.soak) {
      await stopped(page);
      await unplugged(page);
    }
  })];
  if (work.soak)
    pages.push(await withBoard(open, work.hooked, recorded));
  check('no errors, nothing asked of a network', pages.every(p => !p.said.length && p.asked.every(url => /^(file|blob|data|about):/.test(url))),
    pages.flatMap(p => [p.said, p.asked.map(url => url.slice(0, 80))]));
}

await browse(async open => {
  if (await refused(open))
    console.log("ok - the page with a board # SKIP this Chromium's WebAssembly cannot wait");
  else
    await everything(open);
});
console.log('# end');
