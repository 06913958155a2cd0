// SPDX-License-Identifier: MIT
// A trace whose names are markup: they are shown, and do nothing.
import {readFileSync} from 'node:fs';
import {browse, check, note, quiet, settle, work} from './browser.mjs';

const file = work.pages.hostile;

const nothingMade = page => page.evaluate(() => ({hacked: window.hacked, made: document.querySelectorAll('img, iframe, object, embed, link, b b').length,
  scripts: [...document.scripts].filter(s => s.textContent.includes('hacked')).length}));

await browse(async open => {
  const page = await open(file);
  await settle(page);
  const text = await page.evaluate(() => document.body.innerText + [...document.querySelectorAll('option')].map(o => o.textContent).join('\n'));
  check('a function named as markup stands there as text', text.includes(work.markup), text.slice(0, 500));
  check('a file named as a script stands there as text', text.includes('<script>hacked=2<'), text.slice(0, 500));
  check('a mark that closes a script stands there as text', text.includes('mark </script><script>hacked=4</script>'));
  check('quotes, ampersands and control characters stand there', text.includes('quote " \' & \x01') && text.includes('quote"\'&\x07.py') && text.includes('&lt;b&gt;'), text.slice(0, 900));
  for (const place of await page.evaluate(() => heapstrata.app.places.place.map(p => p.id))) {
    await page.evaluate(id => heapstrata.app.view.setPin({what: 'place', id}), place);
    await page.waitForTimeout(5);
  }
  await page.evaluate(() => heapstrata.app.view.setPin({what: 'place', id: heapstrata.app.places.place.find(p => p.name.includes('onerror')).id}));
  check('a line of the source that closes a script stands there as text', (await page.evaluate(() => document.getElementById('detail').textContent)).includes('</script><script>hacked=3</script>'));
  await page.mouse.move(400, 300);
  const frame = page.locator('#flame g.frame').nth(1);
  await frame.hover();
  await settle(page);
  const made = await nothingMade(page);
  check('nothing of it became an element or ran', made.hacked === undefined && !made.made && !made.scripts, made);
  const html = readFileSync(file, 'latin1');
  check('and nothing of it stands in the file as it is', !/hacked|onerror=hacked/.test(html));
  const refused = await page.evaluate(async () => {
    const tries = [() => fetch('data:text/plain,x'), () => new Promise((good, bad) => { const i = new Image(); i.onload = good; i.onerror = bad; i.src = 'http://127.0.0.1:9/x.png'; })];
    return Promise.all(tries.map(t => t().then(() => false, () => true)));
  });
  check('its policy refuses what would go out', refused.every(Boolean), refused);
  const reported = page.said.filter(line => !/Content Security Policy|Refused|violates/.test(line));
  note(`${page.said.length} refusals on the console`);
  check('the console has only these refusals', !reported.length, reported);
  check('no request left', page.asked.every(url => url === 'file://' + file || url.startsWith('data:') || url.startsWith('http://127.0.0.1:9/')), page.asked);
  const calm = await open(file, 390, 'dark');
  await settle(calm);
  quiet('hostile', calm, file);
});
