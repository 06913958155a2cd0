// SPDX-License-Identifier: MIT
// What people see at widths from a phone's to a large screen's, light, dark and on paper.
import {browse, check, quiet, settle, work} from './browser.mjs';

const SIZES = [[390, 'light'], [390, 'dark'], [1280, 'light'], [1280, 'dark'], [1920, 'light'], [1920, 'dark']];

async function fits(name, page) {
  const table = await page.evaluate(() => { const s = document.querySelector('#table').parentElement; return [s.scrollWidth, s.clientWidth, document.documentElement.scrollWidth, innerWidth]; });
  check(`${name}: the table is no wider than the window`, table[0] <= table[1] && table[2] <= table[3], table);
  const axis = await page.evaluate(() => heapstrata.app.charts.charts.filter(c => c.last).map(({plot: u}) => {
    const [ticks, labels] = [u.axes[0]._splits, u.axes[0]._values], at = labels.findLastIndex(Boolean), ctx = document.createElement('canvas').getContext('2d');
    ctx.font = '11px system-ui, sans-serif';
    return [labels[at], u.bbox.left / devicePixelRatio + u.valToPos(ticks[at], 'x') + ctx.measureText(labels[at]).width / 2, u.width];
  }));
  check(`${name}: the axis's last label is whole`, axis.length === 1 && axis[0][0] && axis[0][1] <= axis[0][2], axis);
  const legend = await page.evaluate(() => [...document.querySelectorAll('.charts .u-legend .u-value')].map(v => v.textContent)), said = await page.evaluate(() => document.getElementById('readout').textContent);
  check(`${name}: legends have figures before anything is pointed at, those of the cursor`, legend.length >= 6 && legend.every(v => v && v !== '--') &&
    ['used', 'free', 'longest run'].every((word, i) => said.includes(word + legend[i + 1])), [legend, said]);
  const labels = await page.evaluate(() => { const u = heapstrata.app.charts.charts[0].plot; return [u.labels, u.ctx.canvas.width]; });
  const over = labels[0].filter((a, i) => a.right > labels[1] + 0.5 || labels[0].some((b, k) => k > i && b.row === a.row && a.left < b.right && b.left < a.right));
  check(`${name}: labels of marks do not overlap, and none is cut`, labels[0].length >= 1 && !over.length, labels);
}

// A long path loses its front, so that the line can still be read.
async function paths(name, page) {
  const seen = await page.evaluate(() => [...document.querySelectorAll('#table .path')].filter(p => p.textContent.includes('/')).map(p => {
    const box = p.getBoundingClientRect(), range = document.createRange(), text = p.firstChild.firstChild;
    range.setStart(text, text.length - 1);
    range.setEnd(text, text.length);
    const last = range.getBoundingClientRect();
    return {cut: p.scrollWidth > p.clientWidth, end: last.left >= box.left - 1 && last.right <= box.right + 1, title: p.title === p.textContent};
  }));
  check(`${name}: of long paths the end is shown, and the whole when pointed at`, seen.length > 0 && seen.every(s => s.end && s.title) && (!name.startsWith('390') || seen.some(s => s.cut)), seen);
}

async function printed(open) {
  const page = await open(work.pages.long, 1280, 'dark');
  await settle(page);
  const state = () => page.evaluate(() => ({
    widest: Math.max(...[...document.querySelectorAll('main canvas, main svg, main table')].map(e => e.getBoundingClientRect().width)),
    paper: getComputedStyle(document.body).backgroundColor, shown: ['play', 'slider', 'search'].filter(id => document.getElementById(id).offsetParent),
    cut: [...document.querySelectorAll('.scroll, .canvas')].some(e => e.scrollHeight > e.clientHeight + 1),
  }));
  const before = await state();
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  await page.waitForTimeout(300);
  const paper = await state();
  check('on paper: as wide as a page, light, no controls, nothing left out that would need scrolling', paper.widest <= 700 && paper.paper === 'rgb(255, 255, 255)' && !paper.shown.length && !paper.cut, paper);
  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await settle(page);
  const after = await state();
  check('and as before after printing', JSON.stringify(after) === JSON.stringify(before) && before.shown.length === 3, [before, after]);
  const pdf = await page.pdf({format: 'A4', printBackground: true, path: work.shots + '/printed.pdf'});
  check('the printer gets pages', pdf.subarray(0, 5).toString() === '%PDF-' && pdf.length > 20000, pdf.length);
  quiet('printed', page, work.pages.long);
  await page.close();
}

await browse(async open => {
  for (const [width, scheme] of SIZES) {
    const name = `${width} pixels, ${scheme}`;
    for (const which of ['long', 'marked']) {
      const page = await open(work.pages[which], width, scheme);
      await settle(page);
      await fits(`${name}, ${which}`, page);
      if (which === 'long')
        await paths(name, page);
      await page.screenshot({path: `${work.shots}/${which}-${width}-${scheme}.png`, fullPage: true});
      await page.close();
    }
  }
  await printed(open);
});
