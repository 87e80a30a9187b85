// A night beside others: the example nights, against the figures of the program.

import assert from 'node:assert/strict';
import { join } from 'node:path';

export function steps(test, { open, accessible, plain, pictures, at }) {
  let night = '';
  test('example nights are a click away, and are compared', async ({ browser, url }) => {
    const page = await open(browser, url);
    // Somebody has nights already: the examples are asked for as the first page would.
    night = await page.evaluate(async () => {
      const job = await (await fetch('/api/v1/import/sample', { method: 'POST' })).json();
      for (;;) {
        const now = await (await fetch(`/api/v1/imports/${job.id}`)).json();
        if (now.state === 'done') return now.sessions.sort((a, b) => b.start.localeCompare(a.start))[0].key;
        await new Promise((r) => setTimeout(r, 200));
      }
    });
    await page.goto(at(`/nights/${night}`));
    await page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
    await page.locator('#trend').waitFor();
    await page.locator('.kpi .rng').nth(3).waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll('.rail .m')].filter((m) => /min|s$/.test(m.innerText)).length === 14);
    await page.screenshot({ path: join(pictures, 'night-example.png'), fullPage: true });
    await page.keyboard.press('c');
    await page.getByRole('heading', { name: /Wed 14 Jan against 13 other nights/ }).waitFor();
    await page.locator('canvas.rib[data-ready]').waitFor();
    await page.locator('canvas.weeks').waitFor({ timeout: 30000 });
    assert.equal(await page.locator('.compare .n .v').count(), 10);
    const doc = await page.evaluate(async (key) => (await fetch(`/api/v1/sessions/${key}/analysis`)).json(), night);
    const m = doc.comparison.sessions[0].metrics;
    const row = async (id) => plain(await page.locator(`.diff tr[data-metric="${id}"]`).innerText());
    const has = async (id, ...texts) => {
      const text = await row(id);
      for (const want of texts) assert(text.includes(want), `${want} is not in ${text}`);
    };
    await has('odi4.per_h', m['odi4.per_h'].value.toFixed(1), m['odi4.per_h'].median.toFixed(1));
    await has('spo2.mean', m['spo2.mean'].value.toFixed(1), m['spo2.mean'].q1.toFixed(1), m['spo2.mean'].q3.toFixed(1));
    await has('below.90.seconds', `${(m['below.90.seconds'].value / 60).toFixed(1)} min`);
    await accessible(page, 'the comparison');
    await page.screenshot({ path: join(pictures, 'compare.png'), fullPage: true });
    // From the start instead of by the clock; against last night; against two.
    await page.getByRole('button', { name: 'From start' }).click();
    await page.getByText('Aligned by start').waitFor();
    await page.getByRole('button', { name: 'Last night' }).click();
    await page.getByRole('heading', { name: /against 1 other night$/ }).waitFor();
    await page.getByRole('button', { name: '14 nights' }).click();
    await page.getByRole('heading', { name: /against 13/ }).waitFor();
    await page.getByRole('button', { name: 'Choose…' }).click();
    await page.locator('.chooser input').nth(2).click();
    await page.getByRole('heading', { name: /against 12/ }).waitFor();
    await accessible(page, 'the choice of nights');
    await page.goBack();
    await page.context().close();
  });

  test('the comparison on a phone, in the dark and in German', async ({ browser, url }) => {
    const page = await open(browser, url, { viewport: { width: 402, height: 874 }, colorScheme: 'dark', locale: 'de-DE' });
    await page.goto(at(`/compare/${night}`));
    await page.getByRole('heading', { name: /gegen 13 andere Nächte/ }).waitFor();
    await page.locator('canvas.rib[data-ready]').waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page is wider than the phone');
    await accessible(page, 'the comparison on a phone');
    await page.screenshot({ path: join(pictures, 'compare-phone-dark-de.png'), fullPage: true });
    await page.setViewportSize({ width: 320, height: 640 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page is wider than 320 px');
    await page.goto(at('/compare/s-0000000000000000'));
    await page.getByText('Diese Nacht gibt es nicht mehr').waitFor();
    await page.context().close();
  });
}
