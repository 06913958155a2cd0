// SPDX-License-Identifier: MIT
// The page of `make web` as a user sees it: choose a file, drop one, paste a text.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {browse, check, note, work} from '../html/browser.mjs';

// Waits until the page has done what it was last asked. Returns what the program said: its remarks stand after its findings.
async function finished(page, job) {
  await page.waitForFunction(number => document.body.dataset.done === String(number), job, {timeout: 120000});
  return page.evaluate(() => document.getElementById('remarks').textContent + document.getElementById('said').textContent);
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

// Drops files of these names and contents in base64, or a text.
const dropped = (page, files, text) => page.evaluate(([list, words]) => {
  const data = new DataTransfer();
  for (const [name, base64] of list)
    data.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], name));
  if (words)
    data.setData('text', words);
  document.body.dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}, [files, text]);

const heading = page => page.textContent('#of');

async function drop(page) {
  const trace = readFileSync(work.trace).toString('base64');
  await dropped(page, [['pico (1).hst', trace]]);
  check('a file that is dropped: the same', await finished(page, 2) === work.saidOfTrace);
  check('... under its name', await heading(page) === 'Diagnosis of pico (1).hst', await heading(page));
  await page.fill('#text', 'This is neither.');
  await page.click('#go');
  const said = await finished(page, 3);
  check('a text without anything to explain: says so, and shows nothing of before', said.length > 0 && said !== work.saidOfTrace &&
    await page.evaluate(() => document.getElementById('page').hidden), said);
}

// What goes wrong in the hands of a user: the page says what and why, in its first sentence.
async function wrong(page) {
  await dropped(page, [['-empty file.hst', '']]);
  const said = await finished(page, 4);
  check('an empty file: what to do, with its name', said.startsWith('./-empty file.hst: is empty: nothing was written into it.') &&
    await page.evaluate(() => document.querySelector('#said span').className) === 'finding', said);
  check('... and the commands in it are explained only if there are some', await page.isHidden('#commands'));
  await dropped(page, [], work.text);
  const text = await finished(page, 5);
  check('a text that is dropped', text.includes('HS-HEAP-FAILED') && await heading(page) === 'Diagnosis of the text', [text, await heading(page)]);
  check('the first sentence is the finding; how the text was read stands below', await page.evaluate(() =>
    document.querySelector('#said span').className === 'finding' && document.getElementById('remarks').textContent.startsWith('# understood: line')), text);
  check('... and its commands are explained', await page.isVisible('#commands'));
  await dropped(page, [], work.text.replace('main.py', 'W'.repeat(300)));
  await finished(page, 6);
  check('a long word does not leave an empty row', await page.evaluate(() => [...document.querySelectorAll('#said > span')].every(line => {
    const range = document.createRange(), at = line.textContent.search(/[^ ]/), walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    let node = walk.nextNode(), before = 0;
    while (node && before + node.length <= at)
      before += node.length, node = walk.nextNode();
    if (!node)
      return true;
    range.setStart(node, at - before);
    range.setEnd(node, at - before + 1);
    return Math.abs(range.getBoundingClientRect().top - line.getBoundingClientRect().top) < 8;
  })));
  await dropped(page, [['b.log', Buffer.from(work.text).toString('base64')], ['c.log', '']]);
  await finished(page, 7);
  check('two files: which one is explained is said', await heading(page) === 'Diagnosis of b.log, the first of 2 files', await heading(page));
  await page.evaluate(() => {
    File.prototype.arrayBuffer = () => Promise.reject(new DOMException('', 'NotFoundError'));
  });
  await dropped(page, [['folder', '']]);
  await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('folder cannot be read'), undefined, {timeout: 60000});
  check('what cannot be read is said, and nothing is shown of before', await page.isHidden('#diagnosis'));
}

async function again(open) {
  const page = await open(work.page);
  const explained = async job => {
    await Promise.all([page.waitForEvent('filechooser').then(chooser => chooser.setFiles(work.trace)), page.click('#file')]);
    return finished(page, job);
  };
  check('the same file is explained again when it is chosen again', await explained(1) === await explained(2));
  return page;
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
  await wrong(pages[0]);
  pages.push(await again(open), await paste(open), await many(open));
  const tried = await pages[2].evaluate(() => fetch('https://example.org/').then(() => 'fetched', error => error.name));
  check('the page cannot use the network', tried === 'TypeError', tried);
  const said = pages.flatMap(p => p.said).filter(text => !text.includes('example.org'));
  check('no errors, nothing asked of a network', !said.length && pages.every(p => p.asked.every(url => own(url) || url === 'https://example.org/')),
    [said, pages.flatMap(p => p.asked).map(url => url.slice(0, 80))]);
});
console.log('# end');
