// The timeline over months, devices and their calibrations, and dead letters.

import assert from 'node:assert/strict';
import { join } from 'node:path';

export function steps(test, { open, accessible, plain, pictures, at }) {
  const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  const ready = (page) => page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
  let end = 0;

  test('the timeline goes from months to single readings', async ({ browser, url }) => {
    const page = await open(browser, url);
    // 60 days of a device that measures everything, at five minutes; then an hour of seconds.
    end = await page.evaluate(async () => {
      const end = Math.floor(Date.now() / 1000) - 30;
      const lines = [];
      const one = (t, i, more = {}) =>
        lines.push(
          JSON.stringify({
            device_id: 'ring-7',
            timestamp: new Date(t * 1000).toISOString(),
            spo2: 97 - (i % 3),
            pulse_rate: 70 + (i % 9),
            local_tissue_o2: 42 + (i % 50) / 10,
            rso2: 66 + (i % 5),
            perfusion_index: 1.5,
            resp_rate: 18,
            temperature_c: 36.8,
            signal_quality: 95,
            battery_mv: 3400,
            firmware_version: t < end - 20 * 86400 ? '2.3.0' : '2.3.1',
            ...more,
          }),
        );
      let i = 0;
      for (let t = end - 60 * 86400; t < end - 3600; t += 300) one(t, i++);
      for (let t = end - 3600; t <= end; t++) one(t, i++, t === end - 1234 ? { spo2: 71 } : {});
      const send = (path, body, type) => fetch(path, { method: 'POST', headers: { 'Content-Type': type }, body });
      const res = await send('/api/v1/readings:bulk', lines.join('\n'), 'application/x-ndjson');
      if (!res.ok) throw new Error(await res.text());
      await send(
        '/api/v1/annotations',
        JSON.stringify({ device_id: 'ring-7', from: new Date((end - 30 * 86400) * 1000).toISOString(), text: 'oxygen 1 l/min started' }),
        'application/json',
      );
      return end * 1000;
    });
    await page.goto(at('/patient/ring-7/timeline'));
    await ready(page);
    for (const metric of ['spo2', 'pulse_rate', 'local_tissue_o2', 'rso2', 'temperature_c', 'battery_mv'])
      await page.locator(`[data-metric="${metric}"]`).waitFor();
    await page.locator('#rail .fl.k-note').waitFor();
    await page.locator('#rail .fl.k-firmware').waitFor();
    assert((await page.locator('.sessions li').count()) > 5, 'the sessions are not there');
    await accessible(page, 'the timeline');
    await page.screenshot({ path: join(pictures, 'timeline.png'), fullPage: true });
    const widths = [];
    for (let i = 0; i < 40; i++) {
      widths.push(+(await page.locator('figure.charts').getAttribute('data-ready')));
      if (widths.at(-1) === 0) break;
      const box = await page.locator('[data-metric="spo2"] canvas').boundingBox();
      await page.mouse.move(box.x + box.width - 36, box.y + 50);
      await page.mouse.wheel(0, -400);
      await page.mouse.wheel(0, -400);
      // drawn with what was wheeled, and loaded as fine as that
      await page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
      await page.waitForFunction(() => {
        const { ready, wanted } = document.querySelector('figure.charts').dataset;
        return ready === wanted;
      });
    }
    assert(widths.includes(0) && new Set(widths).size > 4, `the widths of buckets were ${[...new Set(widths)]}`);
    // The one low second is seen at every width: here as itself.
    await page.goto(at(`/patient/ring-7/timeline?at=${new Date(end - 1234000).toISOString()}`));
    await ready(page);
    await page.waitForFunction(() => /^71/.test(document.querySelector('[data-metric="spo2"] .val').innerText));
    assert.equal(await page.locator('figure.charts').getAttribute('data-ready'), '0');
    await page.goto(at('/patient/nobody-at-all/timeline'));
    await page.getByText('Nothing was ever recorded').waitFor();
    await page.context().close();
  });

  test('devices say how they are, and take a calibration', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.goto(at('/devices/ring-7'));
    const detail = page.locator('.detail');
    await detail.getByRole('heading', { name: 'ring-7' }).waitFor();
    await detail.getByText(/battery is low \(3\.40.V\)/).waitFor();
    await detail.getByText('2.3.0', { exact: true }).waitFor();
    await detail.getByText(/^(99|100).%$/).waitFor();
    await accessible(page, 'the devices');
    await detail.getByRole('button', { name: 'Add a calibration' }).click();
    await detail.getByLabel('Gain').fill('1.1');
    await detail.getByLabel('Offset').fill('-2');
    await detail.getByText('40.0 would be shown as 42.0').waitFor();
    await detail.getByLabel('Reason').fill('compared with a reference');
    await accessible(page, 'the calibration form');
    await page.screenshot({ path: join(pictures, 'devices.png'), fullPage: true });
    await detail.getByRole('button', { name: 'Save the calibration' }).click();
    await detail.getByText('compared with a reference').waitFor();
    assert.match(plain(await detail.innerText()), /Tissue oxygen × 1\.1 − 2[\s\S]*version 1/);
    await page.context().close();
  });

  test('a dead letter is mended and sent again', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.evaluate(() =>
      fetch('/api/v1/devices/ring-7/readings', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify([{ timestamp: '2026-01-01T00:00:00Z', spo2: 970 }]),
      }),
    );
    await page.goto(at('/dead-letters'));
    await page.locator('.letters a').first().click();
    const detail = page.locator('.detail');
    await detail.getByText('/spo2').waitFor();
    await accessible(page, 'the dead letters');
    await page.screenshot({ path: join(pictures, 'dead-letters.png'), fullPage: true });
    const text = detail.locator('textarea');
    assert.match(await text.inputValue(), /970/);
    // As it came it is refused again; what is no JSON is not even sent.
    await detail.getByRole('button', { name: 'Send again' }).click();
    await detail.getByText('It was refused again.').waitFor();
    await text.fill('{"spo2": ');
    await detail.getByRole('button', { name: 'Send what was mended' }).click();
    await detail.getByText('What is written there is no JSON.').waitFor();
    await text.fill('{"timestamp":"2026-01-01T00:00:00Z","spo2":97}');
    await detail.getByLabel('Why it can be sent again').fill('a digit too many');
    await detail.getByRole('button', { name: 'Send what was mended' }).click();
    await detail.getByText('1 taken, 0 refused.', { exact: true }).waitFor();
    await page.getByText('Nothing is left to settle.').waitFor();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.locator('.letters .sh.ok').waitFor();
    await page.context().close();
  });

  test('the status says what was promised, what the doors did and what waits', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.goto(at('/status'));
    const said = (name) => page.locator('.status tr, .status dl > div', { hasText: name });
    await said('Refused: out of range').waitFor();
    assert.match(await said('HTTP').innerText(), /HTTP\s+[1-9]/);
    assert.match(await said('Readings are acknowledged within').innerText(), /99\.0 %\s+\d/);
    assert.match(await said('Dead letters, and readings in them').innerText(), /\d+ · \d+/);
    assert.match(await said('Free on the disk').innerText(), /[GTM]B of/);
    await accessible(page, 'the status');
    await page.screenshot({ path: join(pictures, 'status.png'), fullPage: true });
    // What stands there after the server was lost is said to be old.
    await page.route('**/api/v1/status', (r) => r.abort());
    await page.getByText('What stands below is what came before.').waitFor();
    assert.equal(await page.getByText('Readings are written').count(), 0, 'nobody knows whether readings are written');
    await page.context().close();
  });

  test('timeline, devices and dead letters on a phone, in the dark and in German', async ({ browser, url }) => {
    const page = await open(browser, url, { viewport: { width: 402, height: 874 }, colorScheme: 'dark', locale: 'de-DE' });
    for (const [path, name] of [
      ['/patient/ring-7/timeline', /Verlauf von Gerät ring-7/],
      ['/devices/ring-7', 'Geräte'],
      ['/dead-letters', 'Abgelehntes'],
      ['/status', 'Status'],
    ]) {
      await page.setViewportSize({ width: 402, height: 874 });
      await page.goto(at(path));
      await page.getByRole('heading', { name, level: 1 }).waitFor();
      if (path.endsWith('timeline')) await ready(page);
      await accessible(page, `${path} on a phone`);
      await page.screenshot({
        path: join(pictures, `${path.split('/').at(path.endsWith('timeline') ? -1 : 1)}-phone-dark-de.png`),
        fullPage: true,
      });
      assert.equal(await fits(page), true, `${path} is wider than the phone`);
      await page.setViewportSize({ width: 320, height: 640 });
      assert.equal(await fits(page), true, `${path} is wider than 320 px`);
    }
    await page.context().close();
  });
}
