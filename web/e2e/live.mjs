// What is live: the ward, its alarms, and what happens when things go wrong.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Ward } from './ward.mjs';

export function live({ test, start, stop, open, accessible, pictures, port }) {
  const base = `http://127.0.0.1:${port}`;
  const shot = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });
  let ward;
  let url;
  const tile = (page, bed) => page.locator(`[data-device="${ward.beds[bed - 1].device}"] .t`);
  const first = async (browser, path, options) => {
    const page = await open(browser, url, options);
    await page.goto(base + path);
    return page;
  };
  const numerals = (page) => page.locator('.t .sat').count();

  test('a ward of 24 beds stands there with names and values', async ({ browser }) => {
    await stop();
    url = await start();
    ward = new Ward(url);
    await ward.furnish();
    for (let ago = 60; ago > 0; ago--) await ward.send(ago * 1000);
    ward.run();
    const page = await first(browser, '/ward', { colorScheme: 'dark' });
    await page.locator('.t .sat').nth(23).waitFor({ timeout: 30000 });
    await page.getByRole('heading', { name: '24 monitored' }).waitFor();
    assert.match(await tile(page, 6).innerText(), /06/);
    await accessible(page, 'the ward');
    await shot(page, 'ward-dark');
    await page.context().close();
    for (const [name, options] of [
      ['ward-light', { colorScheme: 'light' }],
      ['ward-phone', { viewport: { width: 402, height: 874 }, colorScheme: 'dark' }],
    ]) {
      const other = await first(browser, '/ward', options);
      await other.locator('.t .sat').nth(3).waitFor({ timeout: 30000 });
      await accessible(other, name);
      assert.equal(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} is too wide`);
      await shot(other, name);
      await other.setViewportSize({ width: 320, height: 640 });
      assert.equal(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${name} is wider than 320 px`);
      await other.context().close();
    }
  });

  test('on a 4K wall all beds are seen, and as large as they fit', async ({ browser }) => {
    const page = await first(browser, '/ward', { viewport: { width: 3840, height: 2160 }, colorScheme: 'dark' });
    await page.locator('.t .sat').nth(23).waitFor({ timeout: 30000 });
    const last = await page.locator('.grid > :last-child').boundingBox();
    assert(last.y + last.height <= 2160, `the last bed ends at ${last.y + last.height}`);
    assert(last.width > 330, `a bed is ${last.width} wide`);
    await shot(page, 'ward-4k');
    // Other pages are as on a desk of that shape; back on the ward the beds count.
    const zoom = () => page.evaluate(() => Number(document.body.style.zoom));
    const onWall = await zoom();
    await page.locator('.bar a[href="/alarms"]').click();
    await page.waitForFunction(() => document.body.style.zoom === '2');
    await page.locator('.bar a[href="/ward"]').click();
    await page.waitForFunction((z) => Number(document.body.style.zoom) === z, onWall);
    await page.context().close();
  });

  test('the screen stays awake while a ward is watched', async ({ browser }) => {
    const page = await open(browser, url);
    await page
      .context()
      .grantPermissions(['screen-wake-lock'])
      .catch(() => {});
    await page.addInitScript(() => {
      window.locks = [];
      const ask = WakeLock.prototype.request;
      WakeLock.prototype.request = async function (kind) {
        const lock = await ask.call(this, kind);
        window.locks.push(lock);
        return lock;
      };
    });
    await page.goto(`${base}/ward`);
    await page.locator('.t .sat').nth(3).waitFor({ timeout: 30000 });
    const held = () => page.evaluate(() => window.locks.filter((l) => !l.released).length);
    await page.waitForFunction(() => window.locks.some((l) => !l.released), null, { timeout: 20000 });
    assert.equal(await held(), 1);
    // The browser takes it back, as when another window is in front: it is asked for again.
    await page.evaluate(async () => {
      await window.locks[0].release();
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.waitForFunction(() => window.locks.length > 1 && window.locks.some((l) => !l.released), null, { timeout: 20000 });
    assert.equal(await held(), 1);
    // Who leaves the ward lets the screen go dark.
    await page.getByRole('link', { name: 'Nights', exact: true }).first().click();
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.waitForFunction(() => window.locks.every((l) => l.released), null, { timeout: 20000 });
    await page.context().close();
  });

  test('the ward speaks German', async ({ browser }) => {
    const page = await first(browser, '/ward', { locale: 'de-DE' });
    await page.getByRole('heading', { name: '24 überwacht' }).waitFor({ timeout: 30000 });
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    await shot(page, 'ward-german');
    await page.goto(`${base}/settings`);
    await page.locator('select[name=language]').selectOption('en');
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.context().close();
  });

  test('an alarm is seen, heard, noted and acknowledged', async ({ browser }) => {
    const context = { colorScheme: 'dark' };
    const page = await open(browser, url, context);
    await page.addInitScript(() => {
      window.tones = 0;
      const make = AudioContext.prototype.createOscillator;
      AudioContext.prototype.createOscillator = function () {
        window.tones++;
        return make.call(this);
      };
      // What this file asks of the page counts as a touch in the browser: here
      // only a press is one.
      let pressed = false;
      addEventListener('pointerdown', () => (pressed = true), true);
      const resume = AudioContext.prototype.resume;
      AudioContext.prototype.resume = function () {
        return pressed ? resume.call(this) : new Promise(() => {});
      };
      const { get } = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'state');
      Object.defineProperty(AudioContext.prototype, 'state', {
        get() {
          return pressed ? get.call(this) : 'suspended';
        },
      });
    });
    await page.goto(`${base}/ward`);
    await page.locator('.t .sat').nth(10).waitFor({ timeout: 30000 });
    // Nobody has touched the page: it says that it cannot sound.
    await page.locator('.soundbar').click();
    await page.locator('.soundbar').waitFor({ state: 'detached' });
    ward.beds[5].spo2 = 79;
    ward.beds[11].spo2 = 87;
    await page.locator('.t.high').waitFor({ timeout: 40000 });
    assert.match(await tile(page, 6).innerText(), /\*\*\*\s+SpO₂ 79<8[05]/);
    await page.locator('.t.med').waitFor({ timeout: 60000 });
    await page.waitForFunction(() => window.tones >= 10, null, { timeout: 20000 });
    await accessible(page, 'the ward with alarms');
    await page.emulateMedia({ colorScheme: 'light' });
    await accessible(page, 'the ward with alarms, in the light theme');
    await shot(page, 'ward-alarm-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot(page, 'ward-alarm');
    const rows = page.locator('.al');
    const row = rows.filter({ hasText: 'Bed 06' }).first();
    await row.getByRole('button', { name: 'Acknowledge' }).click();
    // Nobody has said who acts yet.
    await page.getByLabel('Your name').fill('J. Meyer');
    await accessible(page, 'who acts');
    await page.getByRole('button', { name: 'Save' }).click();
    // The name was the second press; what the same dip set off is seen with it.
    await tile(page, 6).locator('.quiet').waitFor({ timeout: 10000 });
    assert.match(await tile(page, 6).innerText(), /JM/);
    await rows.filter({ hasText: 'acknowledged by J. Meyer' }).first().waitFor();
    const other = rows.filter({ hasText: 'Bed 12' }).first();
    await other.getByTitle('More about this alarm').click();
    await other.getByLabel('What was seen or done').fill('turned onto her side');
    await accessible(page, 'a note of an alarm');
    await other.getByRole('button', { name: 'Note', exact: true }).click();
    await other.getByText('noted').waitFor();
    await other.getByRole('button', { name: 'Silence for 2 min' }).click();
    await other.getByText(/silenced for 1:/).waitFor();
    await shot(page, 'ward-acknowledged');
    const alarm = await other.getAttribute('data-alarm');
    const whole = await ward.call('GET', `/api/v1/alerts/${alarm}`);
    assert(whole.history.some((s) => s.note === 'turned onto her side' && s.actor === 'J. Meyer'));
    // The link carries the alarm and its second.
    assert.match(
      await other.getByRole('link', { name: 'Show on the timeline' }).getAttribute('href'),
      /\/patient\/PX-212\/timeline\?at=20.*alarm=al-/,
    );
    await page.context().close();
  });

  test('a sensor that is off, a device that is silent and a gateway that is lost show no numeral', async ({ browser }) => {
    const page = await first(browser, '/ward', { colorScheme: 'dark' });
    await page.locator('.t .sat').nth(10).waitFor({ timeout: 30000 });
    ward.beds[2].spo2 = null;
    await page.locator('.t.tech').waitFor({ timeout: 20000 });
    assert.equal(await tile(page, 3).locator('.sat').count(), 0);
    assert.match(await tile(page, 3).innerText(), /Sensor off/);
    for (const b of ward.beds.slice(-6)) b.mute = true;
    await page.locator('.t.stale').nth(5).waitFor({ timeout: 20000 });
    assert.match(await tile(page, 24).innerText(), /No data \d:\d\d/);
    assert.equal(await tile(page, 24).locator('.sat').count(), 0);
    await page.locator('.al').filter({ hasText: 'gateway-2' }).waitFor({ timeout: 90000 });
    await shot(page, 'ward-silent');
    await accessible(page, 'the ward without signals');
    for (const b of ward.beds.slice(-6)) b.mute = false;
    ward.beds[2].spo2 = 96;
    await tile(page, 24).locator('.sat').waitFor({ timeout: 20000 });
    await page.context().close();
  });

  test('a killed server takes every numeral with it, and comes back with fresh ones', async ({ browser }) => {
    const page = await first(browser, '/ward', { colorScheme: 'dark' });
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    ward.end();
    const killed = Date.now();
    await stop('SIGKILL');
    await page.waitForFunction(() => document.querySelectorAll('.t .sat').length === 0, null, { timeout: 15000, polling: 50 });
    console.log(`  numerals gone ${((Date.now() - killed) / 1000).toFixed(1)} s after the kill`);
    await page.locator('.lost').waitFor();
    assert.match(await page.locator('.lost').innerText(), /Not connected since \d\d:\d\d:\d\d\. These are not live values\./);
    // Nobody may read there that no alarm stands.
    await page.locator('.alarms header').getByText('not known without the server').waitFor();
    await accessible(page, 'the ward without a server');
    await shot(page, 'ward-lost');
    ward.beds[0].spo2 = 91;
    await start();
    ward.run();
    await page.waitForFunction(
      (d) => document.querySelector(`[data-device="${d}"] .sat`)?.textContent.startsWith('91'),
      ward.beds[0].device,
      {
        timeout: 30000,
      },
    );
    assert.equal(await page.locator('.lost').count(), 0);
    await page.context().close();
  });

  test('a connection that is half open counts as lost after five seconds', async ({ browser }) => {
    const page = await open(browser, url);
    let hold = false;
    await page.routeWebSocket(/\/api\/v1\/live/, (ws) => {
      const server = ws.connectToServer();
      server.onMessage((m) => {
        if (!hold) ws.send(m);
      });
    });
    await page.goto(`${base}/ward`);
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    hold = true;
    await page.locator('.lost').waitFor({ timeout: 15000 });
    assert.equal(await numerals(page), 0);
    hold = false;
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    await page.context().close();
  });

  test('a newer server and a frame that is cut off are said in words', async ({ browser }) => {
    const page = await open(browser, url);
    let kind = 'newer';
    await page.routeWebSocket(/\/api\/v1\/live/, (ws) => {
      if (kind === 'newer') {
        ws.send(JSON.stringify({ type: 'hello', version: 2, program: '9.0' }));
        return;
      }
      const server = ws.connectToServer();
      server.onMessage((m) => ws.send(kind === 'cut' && typeof m !== 'string' ? m.subarray(0, m.length - 3) : m));
    });
    await page.goto(`${base}/ward`);
    await page.getByText('This page is older than the server').waitFor({ timeout: 15000 });
    assert.equal(await numerals(page), 0);
    await accessible(page, 'a server that is newer');
    await shot(page, 'ward-newer');
    kind = 'cut';
    await page.getByText('something that cannot be read').waitFor({ timeout: 40000 });
    assert.equal(await numerals(page), 0);
    kind = 'good';
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 40000 });
    await page.context().close();
  });

  test('a clock that is an hour wrong is said, and ages go by the clock of the server', async ({ browser }) => {
    const page = await open(browser, url);
    await page.clock.setSystemTime(new Date(Date.now() + 3_600_000));
    await page.goto(`${base}/ward`);
    await page.getByText(/clock and the server’s differ by/).waitFor({ timeout: 30000 });
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    await accessible(page, 'a clock that is wrong');
    await shot(page, 'ward-clock');
    for (const path of ['/nights', '/patient', '/patient/PX-201', '/alarms', '/devices', '/integrations', '/status']) {
      await page.goto(`${base}${path}`);
      await page.getByText(/clock and the server’s differ by (1\sh\s0\d\smin|59\smin)/).waitFor({ timeout: 30000 });
    }
    // What was heard a moment ago is not told as heard an hour ago.
    await page.goto(`${base}/patient`);
    await page
      .getByText(/heard \d+(\.\d)?\ss ago/)
      .first()
      .waitFor({ timeout: 30000 });
    await page.goto(`${base}/devices`);
    await page
      .locator('.rows')
      .getByText(/^\d+(\.\d)?\ss ago/)
      .first()
      .waitFor({ timeout: 30000 });
    await page.context().close();
  });

  test('a page that was frozen shows nothing old when it wakes', async ({ browser }) => {
    const page = await first(browser, '/ward', {});
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    ward.end();
    await stop('SIGKILL');
    await new Promise((r) => setTimeout(r, 6000));
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await page.waitForFunction(() => document.querySelectorAll('.t .sat').length === 0, null, { timeout: 2000, polling: 20 });
    await start();
    ward.run();
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    await page.context().close();
  });

  test('a device that begins to send stands on a ward that is open', async ({ browser }) => {
    const page = await first(browser, '/ward', {});
    await page.locator('.t .sat').nth(20).waitFor({ timeout: 30000 });
    const send = () => ward.call('POST', '/api/v1/readings', [{ device_id: 'newcomer', timestamp: new Date().toISOString(), spo2: 96 }]);
    const every = setInterval(() => send().catch(() => {}), 500);
    try {
      await page.locator('[data-device="newcomer"] .sat').waitFor({ timeout: 30000 });
    } finally {
      clearInterval(every);
    }
    await page.context().close();
    ward.end();
  });
}
