// The report as one file: opened from the disk, without any server or network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export function steps(test, { accessible, pictures, dir, bin }) {
  const night = join(dir, 'report.csv');
  const file = pathToFileURL(join(dir, 'report.html')).href;
  let length = 0; // of the night, in seconds

  // opened is the report in a browser without a network; asked is what it asks for.
  async function opened(browser, options = {}, part = '') {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, offline: true, ...options });
    const page = await context.newPage();
    const asked = [];
    const wrong = [];
    page.on('request', (r) => r.url().startsWith('data:') || asked.push(r.url().split('#')[0]));
    page.on('pageerror', (e) => wrong.push(String(e)));
    page.on('console', (m) => m.type() === 'error' && wrong.push(m.text()));
    await page.goto(file + part);
    const done = async () => {
      assert.deepEqual(asked, [file], 'what the report asks for');
      assert.deepEqual(wrong, []);
      await context.close();
    };
    return { page, done };
  }

  // view is the part of the night that the address names, once it names another
  // one than before; the whole night has no name.
  async function view(page, before) {
    await page.waitForFunction((b) => location.hash !== b && /^(#t=.*)?$/.test(location.hash), before, { timeout: 30000 });
    // a drag names every part that it came by: what was handled last is drawn, and named, in the next frame
    await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    const hash = await page.evaluate(() => location.hash);
    const [, from, to] = /^#t=(\d+)-(\d+)$/.exec(hash) ?? [0, 0, length];
    return { hash, from: Number(from), to: Number(to), span: to - from };
  }
  const near = (got, want, what) => assert(Math.abs(got - want) <= length / 200, `${what}: ${got}, not ${want}`);

  test('the report is one file that zooms and pans without a network', async ({ browser }) => {
    execFileSync(bin, ['simulate', 'night', '--sample', '--out', night], { stdio: 'pipe' });
    execFileSync(bin, ['analyze', night, '--age', '9y', '--html', '--out', dir], { stdio: 'pipe' });
    const { page, done } = await opened(browser);
    const figure = page.locator('#chart');
    const field = page.locator('.plot.spo2 .field');
    const line = () => page.locator('.plot.spo2 .smooth').getAttribute('d');
    const all = await line();
    length = await page.locator('#night').evaluate((e) => JSON.parse(e.textContent).seconds);
    assert(all.length > 1000, 'the night is drawn');
    await accessible(page, 'the report');
    await page.screenshot({ path: join(pictures, 'report.png'), fullPage: true });

    // Buttons and keys.
    await page.locator('[data-act=in]').click();
    let at = await view(page, '');
    near(at.from, length / 4, 'half of the night from');
    near(at.to, (length * 3) / 4, 'to');
    assert.notEqual(await line(), all, 'the part is drawn anew');
    await figure.focus();
    await page.keyboard.press('+');
    at = await view(page, at.hash);
    near(at.span, length / 4, 'a quarter');
    const quarter = at;
    await page.keyboard.press('Alt+ArrowRight');
    at = await view(page, at.hash);
    near(at.from - quarter.from, quarter.span / 4, 'panned by a quarter of the view');
    near(at.span, quarter.span, 'as wide as before');
    await page.keyboard.press('0');
    at = await view(page, at.hash);
    assert.equal(at.span, length);
    assert.equal(await line(), all, 'the whole night again');

    // The mouse: the wheel over a second zooms at it, a drag picks, shift and drag pan.
    const box = await field.boundingBox();
    const x = (share) => box.x + share * box.width;
    const y = box.y + box.height / 2;
    await page.mouse.move(x(0.25), y);
    await page.mouse.wheel(0, -300);
    at = await view(page, '');
    near(at.span, length * 0.8, 'the wheel');
    near(at.from + at.span / 4, length / 4, 'what is under the mouse stays there');
    await page.mouse.dblclick(x(0.5), y);
    await view(page, at.hash);
    await page.mouse.move(x(0.5), y);
    await page.mouse.down();
    await page.mouse.move(x(0.6), y, { steps: 4 });
    await page.mouse.up();
    at = await view(page, '');
    near(at.from, length * 0.5, 'picked from');
    near(at.to, length * 0.6, 'to');
    const picked = at;
    await page.keyboard.down('Shift');
    await page.mouse.move(x(0.5), y);
    await page.mouse.down();
    await page.mouse.move(x(0.25), y, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    at = await view(page, at.hash);
    near(at.from - picked.from, picked.span / 4, 'dragged by a quarter');
    await accessible(page, 'the report, zoomed in');

    // Paper gets the whole night, and the view comes back.
    await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
    assert.equal(await line(), all, 'printed');
    await page.evaluate(() => dispatchEvent(new Event('afterprint')));

    // From dip to dip, with what is there read out.
    const dip = page.locator('[data-dip]').first();
    const began = await dip.innerText();
    await dip.click();
    await page.locator('#read', { hasText: /\d\d:\d\d:\d\d/ }).waitFor();
    const read = await page.locator('#read').innerText();
    assert(read.includes('SpO'), `${began}: ${read}`);
    const hash = (await view(page, at.hash)).hash;
    await done();

    // A link opens the same part.
    const again = await opened(browser, { colorScheme: 'dark' }, hash);
    await again.page.waitForFunction((d) => document.querySelector('.plot.spo2 .smooth').getAttribute('d') !== d, all);
    assert.equal(await again.page.evaluate(() => location.hash), hash);
    await accessible(again.page, 'the report in the dark');
    await again.done();
  });

  test('the report on a phone, by fingers', async ({ browser }) => {
    const { page, done } = await opened(browser, { viewport: { width: 402, height: 874 }, hasTouch: true, isMobile: true });
    assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'wider than the screen');
    await accessible(page, 'the report on a phone');
    await page.screenshot({ path: join(pictures, 'report-phone.png'), fullPage: true });
    const field = page.locator('.plot.spo2 .field');
    await field.scrollIntoViewIfNeeded();
    const box = await field.boundingBox();
    const y = box.y + box.height / 2;
    await page.touchscreen.tap(box.x + box.width / 2, y);
    await page.locator('#read', { hasText: /\d\d:\d\d:\d\d/ }).waitFor();
    const hands = await page.context().newCDPSession(page);
    const touch = (type, ...shares) =>
      hands.send('Input.dispatchTouchEvent', { type, touchPoints: shares.map((s, id) => ({ id, x: box.x + s * box.width, y })) });
    await touch('touchStart', 0.4);
    await touch('touchStart', 0.4, 0.6);
    for (const d of [0.05, 0.1, 0.15, 0.2]) await touch('touchMove', 0.4 - d, 0.6 + d);
    await touch('touchEnd');
    const at = await view(page, '');
    near(at.span, length / 3, 'two fingers');
    near(at.from + at.span / 2, length / 2, 'about the middle');
    await done();
  });

  test('the report is complete without its script', async ({ browser }) => {
    const { page, done } = await opened(browser, { javaScriptEnabled: false });
    for (const path of ['raw', 'smooth']) assert((await page.locator(`.plot.spo2 .${path}`).getAttribute('d')).length > 1000, path);
    assert.equal(await page.locator('.tools').isVisible(), false, 'buttons that do nothing are not shown');
    await done();
  });
}
