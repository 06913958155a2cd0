// SPDX-License-Identifier: MIT
// For in_*.mjs: a browser, pages that are watched, and lines that pages.py reads.
import {createRequire} from 'node:module';
import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {cpus, loadavg, tmpdir} from 'node:os';
import {join} from 'node:path';

const require = createRequire(join(process.env.HS_MODULES, '..', '/'));
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export const work = JSON.parse(process.argv[2]);

export function check(name, good, seen = '') {
  console.log(`${good ? '' : 'not '}ok - ${name}`);
  if (!good)
    console.log('# ' + (typeof seen === 'string' ? seen : JSON.stringify(seen)).slice(0, 2000).replaceAll('\n', '\n# '));
  return good;
}

// Of a time: on a machine that others keep busy a time that is too long says nothing, and is told but not held against us.
export function checkTime(name, good, seen) {
  const busy = loadavg()[0] / cpus().length;
  if (good || busy < 2)
    return check(name, good, seen);
  console.log(`ok - ${name} # SKIP ${busy.toFixed(0)} programs wait for each processor: ${JSON.stringify(seen)}`);
}

export const note = text => console.log('# ' + text);

// What a command prints with --json; null if it refuses to. doctor exits with 1 on a finding.
export function cli(...args) {
  const {stdout, status} = spawnSync(process.env.HS_CLI, [...args, '--json'], {maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore']});
  return status === 2 && !stdout.length ? null : JSON.parse(stdout);
}

// Calls each(open), where open(page, width, scheme) opens a page and gives it back once it is ready, with what it
// asked of the network and said on the console in `page.asked` and `page.said`. prepare(page) is called before the page is opened.
export async function browse(each) {
  const {chromium} = require('playwright-core'), profile = mkdtempSync(join(tmpdir(), 'hs-html-'));
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  const context = await chromium.launchPersistentContext(profile, {executablePath, args: FLAGS, viewport: null});
  try {
    await each(async (file, width = 1280, colorScheme = 'light', prepare = () => {}) => {
      const page = await context.newPage();
      page.setDefaultTimeout(200000); // a busy machine
      Object.assign(page, {asked: [], said: []});
      page.on('request', r => page.asked.push(r.url()));
      page.on('console', message => message.text().includes('willReadFrequently') || // our own looking at the canvas
        page.said.push(message.type() + ': ' + message.text()));
      page.on('pageerror', error => page.said.push('error: ' + error.stack));
      await page.setViewportSize({width, height: width < 600 ? 844 : 900});
      await page.emulateMedia({colorScheme});
      await prepare(page);
      await page.goto(file.startsWith('http') ? file : 'file://' + file);
      await page.evaluate(() => heapstrata.ready);
      return page;
    });
  } finally {
    await context.close();
    rmSync(profile, {recursive: true, force: true});
  }
}

// The page when it has done what waits for the cursor to rest.
export const settle = page => page.waitForTimeout(500);

export const quiet = (name, page, file) =>
  check(`${name}: no errors, nothing asked of a network`, !page.said.length && page.asked.every(url => url === 'file://' + file), [page.said, page.asked]);
