// People and rules: one person live, admit and discharge, limits, the history of
// alarms, signing in.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Ward } from './ward.mjs';

export function people({ test, start, stop, open, accessible, pictures, port }) {
  const base = `http://127.0.0.1:${port}`;
  const shot = (page, name) => page.screenshot({ path: join(pictures, `${name}.png`) });
  const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  let url;
  let ward;
  const visit = async (browser, path, options) => {
    const page = await open(browser, url, options);
    await page.goto(base + path);
    return page;
  };

  test('one person live: numerals, alarm, chart, and back from silence', async ({ browser }) => {
    await stop();
    url = await start();
    ward = new Ward(url, 6);
    await ward.furnish();
    for (let ago = 120; ago > 0; ago--) await ward.send(ago * 1000);
    ward.run();
    const page = await visit(browser, '/patient/PX-206', { viewport: { width: 402, height: 874 }, colorScheme: 'dark' });
    await page.getByRole('heading', { name: /Bed 06/ }).waitFor({ timeout: 30000 });
    await page.locator('.big .sat').filter({ hasText: '99' }).waitFor({ timeout: 30000 });
    await page.getByText('90 · 88 · 85').waitFor();
    // A dip that the connection does not tell, because a newer reading is there, comes into the chart.
    const dip = new Date(Date.now() - 1500).toISOString();
    await ward.call('POST', '/api/v1/readings', [{ device_id: 'PX-206', timestamp: dip, spo2: 71 }]);
    await page.locator('figure.ch[aria-label*="71"]').waitFor({ timeout: 90000 });
    ward.beds[5].spo2 = 79;
    await page.locator('.alarm.high').waitFor({ timeout: 40000 });
    assert.match(await page.locator('.alarm.high').innerText(), /\*\*\* SpO₂ 79<8[05]/);
    const box = await page.locator('.alarm .btn').boundingBox();
    assert(box.height >= 48, 'the button of the alarm is in reach of a thumb');
    await accessible(page, 'one person on a phone');
    assert(await fits(page));
    await shot(page, 'patient-phone');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
    await shot(page, 'patient-light');
    await page.setViewportSize({ width: 320, height: 640 });
    assert(await fits(page), 'one person at 320 px');
    ward.beds[5].mute = true;
    await page.locator('.sat.none').waitFor({ timeout: 20000 });
    await accessible(page, 'one person without a signal');
    ward.beds[5].mute = false;
    ward.beds[5].spo2 = 97;
    await page.locator('.big .sat').filter({ hasText: '97' }).waitFor({ timeout: 20000 });
    await page.context().close();
  });

  test('a device is put on somebody, moved and taken off', async ({ browser }) => {
    ward.beds.push({ device: 'LOOSE-1', spo2: 96, pulse: 61, perfusion: 2, mute: false });
    const page = await visit(browser, '/patient', {});
    const row = page.locator('[data-device="LOOSE-1"]');
    await page.locator('.loose [data-device="LOOSE-1"]').waitFor({ timeout: 40000 });
    await accessible(page, 'who wears what');
    await shot(page, 'people');
    await row.getByRole('button', { name: 'Admit' }).click();
    await row.getByLabel('Identifier of the person').fill('MRN 778-2');
    await row.getByLabel('Short name on screens').fill('Z.Q.');
    await row.locator('select[name=bed]').selectOption({ label: 'A new bed …' });
    await row.getByLabel('Name of the new bed').fill('31');
    await accessible(page, 'a bed for somebody');
    await row.locator('form').getByRole('button', { name: 'Admit' }).click();
    await row.getByRole('link', { name: 'Z.Q.' }).waitFor({ timeout: 20000 });
    assert.match(await row.innerText(), /Bed 31/);
    const known = await ward.call('GET', '/api/v1/devices/LOOSE-1');
    assert.match(known.subject_id, /^p-/);
    await row.getByRole('button', { name: 'Change' }).click();
    // Another bed is put on the list of the house; it is free, and on the ward.
    const beds = page.locator('.beds');
    await row.getByRole('button', { name: 'Discharge' }).waitFor();
    await accessible(page, 'another bed, another device, or none');
    await beds.getByLabel('Name of the new bed').fill('32');
    await beds.getByRole('button', { name: 'Add a bed' }).click();
    await beds.locator('[data-bed="32"].free').waitFor({ timeout: 20000 });
    assert.match(await beds.innerText(), /1 of 8 free/);
    await row.locator('select[name=bed]').selectOption({ label: 'Bed 32' });
    await row.getByRole('button', { name: 'Move to this bed' }).click();
    await row.getByText('Bed 32').first().waitFor({ timeout: 20000 });
    await beds.locator('[data-bed="31"].free').waitFor({ timeout: 20000 });
    await shot(page, 'people-beds');
    await page.goto(`${base}/ward`);
    await page.locator('.t.empty').filter({ hasText: 'Bed 31' }).waitFor({ timeout: 30000 });
    // / looks for beds and people.
    await page.locator('.t .sat').nth(3).waitFor({ timeout: 30000 });
    await page.keyboard.press('/');
    const seek = page.getByRole('dialog', { name: 'Find a bed or a person' });
    await seek.getByRole('combobox').fill('3');
    await seek.getByRole('option').filter({ hasText: 'Bed 31' }).filter({ hasText: 'free' }).waitFor();
    await accessible(page, 'looking for a bed');
    await shot(page, 'ward-find');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await seek.getByRole('combobox').fill('z.q');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Bed 32 · Z.Q.' }).waitFor({ timeout: 20000 });
    await page.goto(`${base}/patient`);
    await row.getByText('Bed 32').first().waitFor({ timeout: 20000 });
    await row.getByRole('button', { name: 'Change' }).click();
    await row.getByRole('button', { name: 'Discharge' }).click();
    await page.locator('.loose [data-device="LOOSE-1"]').waitFor({ timeout: 20000 });
    const list = await ward.call('GET', '/api/v1/assignments?device_id=LOOSE-1');
    assert.equal(list.assignments.at(-1).subject_id, null);
    // A device that has gone silent is put on somebody, and taken off.
    ward.beds.at(-1).mute = true;
    const device = () => ward.call('GET', '/api/v1/devices/LOOSE-1');
    const until = async (what, holds) => {
      for (let i = 0; !holds(await device()); i++) {
        assert(i < 200, `never: ${what}`);
        await new Promise((r) => setTimeout(r, 200));
      }
    };
    await until('silent', (d) => Date.now() - Date.parse(d.received) > 3000);
    await row.getByRole('button', { name: 'Admit' }).click();
    await row.getByLabel('Identifier of the person').fill('MRN 778-3');
    await row.getByLabel('Short name on screens').fill('S.T.');
    await row.locator('form').getByRole('button', { name: 'Admit' }).click();
    await row.getByRole('link', { name: 'S.T.' }).waitFor({ timeout: 20000 });
    // Neither is who was never heard of taken for an empty bed.
    await ward.call('POST', '/api/v1/assignments', { device_id: 'NEVER-1', subject_id: 'MRN 778-4', label: 'N.E.' });
    await page.goto(`${base}/ward`);
    await page.locator('.t.stale').filter({ hasText: 'N.E.' }).filter({ hasText: 'No data yet' }).waitFor({ timeout: 30000 });
    await page.locator('.t.stale').filter({ hasText: 'S.T.' }).waitFor({ timeout: 30000 });
    await ward.call('POST', '/api/v1/assignments', { device_id: 'LOOSE-1', subject_id: null });
    await ward.call('POST', '/api/v1/assignments', { device_id: 'NEVER-1', subject_id: null });
    assert.equal((await device()).subject_id, null);
    await page.context().close();
  });

  test('the strip and the chart of somebody show nothing of who wore the device before', async ({ browser }) => {
    const page = await visit(browser, '/ward', {});
    const tile = page.locator('[data-device="PX-203"]');
    await tile.locator('.sat').waitFor({ timeout: 30000 });
    // How much of a chart is drawn in its colour, but for the last tenth.
    const drawn = (where) =>
      page.evaluate((where) => {
        const el = document.querySelector(where);
        const [w, h] = [Math.floor(el.width * 0.9), el.height];
        const probe = document.createElement('i');
        probe.style.color = 'var(--spo2)';
        el.after(probe);
        const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
        probe.remove();
        const { data } = el.getContext('2d').getImageData(0, 0, w, h);
        let n = 0;
        for (let i = 0; i < data.length; i += 4)
          if (data[i + 3] > 120 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 60) n++;
        return n;
      }, where);
    const until = async (what, where, holds) => {
      for (let i = 0; !holds(await drawn(where)); i++) {
        assert(i < 150, `never: ${what}`);
        await new Promise((r) => setTimeout(r, 200));
      }
    };
    await until('a strip', '[data-device="PX-203"] canvas', (n) => n > 0);
    await ward.call('POST', '/api/v1/assignments', { device_id: 'PX-203', subject_id: 'MRN 900', label: 'N.B.' });
    await tile.getByText('N.B.').waitFor({ timeout: 20000 });
    await until('an empty strip', '[data-device="PX-203"] canvas', (n) => n === 0);
    await tile.locator('.sat').waitFor({ timeout: 20000 });
    assert.equal(await drawn('[data-device="PX-203"] canvas'), 0);
    await shot(page, 'ward-transferred');
    await tile.click();
    await page.getByRole('heading', { name: /N\.B\./ }).waitFor({ timeout: 20000 });
    await page.locator('.big .sat').filter({ hasText: '%' }).waitFor({ timeout: 20000 });
    assert.equal(await drawn('.c-spo2'), 0, 'the chart');
    assert.equal(await drawn('.nightstrip canvas'), 0, 'the strip of the night');
    await page.context().close();
  });

  test('a printer gets the ward and one person light, with the values of now', async ({ browser }) => {
    const page = await visit(browser, '/ward', { colorScheme: 'dark' });
    // What a printer gets it gets at once: nothing is waited for here.
    const printed = (where) =>
      page.evaluate((where) => {
        const ink = () => {
          const el = document.querySelector(where);
          const probe = document.createElement('i');
          probe.style.color = 'var(--spo2)';
          el.after(probe);
          const colour = getComputedStyle(probe).color;
          probe.remove();
          const [r, g, b] = colour.match(/\d+/g).map(Number);
          const { data } = el.getContext('2d').getImageData(0, 0, el.width, el.height);
          let n = 0;
          for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 120 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 60) n++;
          return { colour, n };
        };
        const before = ink();
        dispatchEvent(new Event('beforeprint'));
        const paper = ink();
        dispatchEvent(new Event('afterprint'));
        return { before, paper };
      }, where);
    await page.locator('[data-device="PX-202"] .sat').waitFor({ timeout: 30000 });
    for (const [path, where] of [
      ['/ward', '[data-device="PX-202"] canvas'],
      ['/patient/PX-202', '.c-spo2'],
    ]) {
      await page.goto(base + path);
      await page.locator('.sat').filter({ hasText: '%' }).first().waitFor({ timeout: 30000 });
      let got = await printed(where);
      for (let i = 0; got.before.n === 0; i++) {
        assert(i < 150, `${path}: nothing is drawn`);
        await new Promise((r) => setTimeout(r, 200));
        got = await printed(where);
      }
      assert.notEqual(got.paper.colour, got.before.colour, `${path}: the colours of paper`);
      assert(got.paper.n > 0, `${path}: on paper there is no line in the colour of paper`);
    }
    await page.context().close();
  });

  test('a device is called silent by its own beat, as on the ward', async ({ browser }) => {
    const page = await visit(browser, '/devices', {});
    const row = page.locator('.rows a').filter({ hasText: 'PX-204' });
    await row.locator('.sh.ok').waitFor({ timeout: 30000 });
    ward.beds[3].mute = true;
    await row.getByText(/nothing came for \d/).waitFor({ timeout: 30000 });
    await row.locator('.sh.bad').waitFor();
    const said = await row.innerText();
    assert.match(said, /nothing came for (\d|1\d|2\d)(\.\d)?\s+s/);
    ward.beds[3].mute = false;
    await row.locator('.sh.ok').waitFor({ timeout: 30000 });
    await page.context().close();
  });

  test('limits are changed with a reason, and every version is kept', async ({ browser }) => {
    const page = await visit(browser, '/settings?device=PX-201', {});
    await page.getByRole('heading', { name: 'Limits of alarms' }).waitFor();
    await page.getByLabel('SpO₂: Limit (spo2.low)').fill('92');
    await page.getByLabel('SpO₂: Limit (spo2.low)').blur();
    await page.getByLabel('Reason').fill('known low');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('A new version is in force.').waitFor();
    await page.getByText('spo2.low: 92').waitFor({ timeout: 20000 });
    const { limits } = await ward.call('GET', '/api/v1/alarm-limits?device_id=PX-201');
    assert.equal(limits[0].bed, '01', 'the bed stays');
    assert.deepEqual(limits[0].edits, [{ rule: 'spo2.low', limit: 92 }]);
    await accessible(page, 'the settings');
    await shot(page, 'settings');
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await accessible(page, 'the list of keys');
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await page.locator('.t .sat').first().waitFor({ timeout: 30000 });
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.locator('select[name=theme]').selectOption('dark');
    await page.setViewportSize({ width: 402, height: 874 });
    assert(await fits(page), 'the settings on a phone');
    await accessible(page, 'the settings on a phone in the dark');
    await shot(page, 'settings-phone');
    await page.context().close();
  });

  test('the history of alarms, and what other settings would have given', async ({ browser }) => {
    const page = await visit(browser, '/alarms', {});
    // Not that no value came: such an alarm has no delay that could begin.
    const line = page
      .locator('.history .line')
      .filter({ hasText: /Bed 06\s+SpO₂ below/ })
      .first();
    await line.waitFor({ timeout: 30000 });
    await line.click();
    await page.locator('.steps').getByText('the condition began').first().waitFor();
    await accessible(page, 'the alarms');
    await shot(page, 'alarms');
    await page.getByRole('button', { name: 'What if' }).click();
    await page.locator('.report tbody tr').nth(1).waitFor({ timeout: 60000 });
    await page.getByLabel('Another setting').fill('spo2.low.off');
    await page.locator('.whatif button').click();
    await page.locator('.report th').filter({ hasText: 'spo2.low.off' }).waitFor({ timeout: 60000 });
    await page.getByLabel('Another setting').fill('no such thing');
    await page.locator('.whatif button').click();
    await page.getByText('There is no report.').waitFor({ timeout: 30000 });
    await page.getByText(/this is no setting: write delay=15s/).waitFor();
    await accessible(page, 'the report');
    await shot(page, 'alarms-report');
    await page.setViewportSize({ width: 402, height: 874 });
    assert(await fits(page), 'the report on a phone');
    await page.context().close();
  });

  test('who is not known is asked for a key, and the key is kept nowhere', async ({ browser }) => {
    const page = await open(browser, `${base}/ward`);
    await page.getByLabel('Your key').waitFor({ timeout: 30000 });
    await accessible(page, 'signing in');
    await shot(page, 'signin');
    await page.getByLabel('Your key').fill('a guess');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('There is no such key.').waitFor();
    await page.getByLabel('Your key').fill(ward.token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.t .sat').nth(3).waitFor({ timeout: 30000 });
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert(!kept.includes(ward.token), 'the key is in the browser');
    await page.goto(`${base}/settings`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Your key').waitFor();
    await page.goto(`${base}/nights`);
    await page.getByLabel('Your key').waitFor({ timeout: 20000 });
    await page.context().close();
    ward.end();
  });
}
