// SPDX-License-Identifier: MIT
// The page from a web server: installed, then opened again without the server.
import {createServer} from 'node:http';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {browse, check, work} from '../html/browser.mjs';

const TYPES = {html: 'text/html', js: 'text/javascript', svg: 'image/svg+xml', webmanifest: 'application/manifest+json'};

function serve(folder) {
  const asked = [];
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://x/').pathname.slice(1) || 'index.html';
    asked.push(name);
    try {
      const bytes = readFileSync(join(folder, name));
      response.writeHead(200, {'content-type': TYPES[name.split('.').pop()]}).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve({server, asked, url: `http://127.0.0.1:${server.address().port}/`})));
}

await browse(async open => {
  const {server, asked, url} = await serve(work.site);
  const page = await open(url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(() => navigator.serviceWorker.controller, undefined, {timeout: 200000});
  const session = await page.context().newCDPSession(page), {errors, data} = await session.send('Page.getAppManifest');
  check('from a web server: a manifest without errors', !errors.length && JSON.parse(data).name === 'HeapStrata', [errors, data]);
  check('only its own files were asked for', asked.every(name => ['index.html', 'manifest.webmanifest', 'icon.svg', 'sw.js', 'favicon.ico'].includes(name)), asked);
  await new Promise(resolve => {
    server.close(resolve);
    server.closeAllConnections();
  });
  await page.reload();
  await page.evaluate(() => heapstrata.ready);
  await page.fill('#text', work.text);
  await page.click('#go');
  await page.waitForFunction(() => document.body.dataset.done === '1', undefined, {timeout: 200000});
  const said = await page.textContent('#remarks') + await page.textContent('#said');
  check('without the server: the page opens, and explains', said === work.saidOfText, said);
  check('no errors', !page.said.filter(text => !text.includes('favicon')).length, page.said);
});
console.log('# end');
