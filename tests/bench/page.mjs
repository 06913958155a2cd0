// SPDX-License-Identifier: MIT
// For page.py: a page in Debian's chromium while its time slider moves. Prints {"shown": ms, "sweep": {gaps, work, busy}, "jump": ...}:
// milliseconds from frame to frame, of our own work in each, and of processor time of the page's thread, mean of all.
import {browse, work} from '../html/browser.mjs';

// `step`: the part of the time that the cursor goes on in each frame.
const moveAbout = (page, frames, step) => page.evaluate(async ([n, step]) => {
  const {view} = heapstrata.app, gaps = [];
  view.frames.length = 0;
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < n; i++) {
    view.setCursor(view.low + (view.high - view.low) * (i * step % 1));
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return {gaps, work: view.frames};
}, [frames, step]);

async function measure(page, session, step) {
  const seconds = async () => (await session.send('Performance.getMetrics')).metrics.find(m => m.name === 'TaskDuration').value;
  const began = await seconds(), found = await moveAbout(page, work.frames, step);
  return {...found, busy: (await seconds() - began) * 1000 / work.frames};
}

await browse(async open => {
  const page = await open(work.page), shown = await page.evaluate(() => heapstrata.shown);
  await page.waitForTimeout(1500);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', {timeDomain: 'threadTicks'});
  const sweep = await measure(page, session, 1 / work.frames), jump = await measure(page, session, 0.6180339887);
  console.log(JSON.stringify({shown, sweep, jump}));
});
