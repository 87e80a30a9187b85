// Integrations: a fault of the demo turns red, is told, mended by itself,
// verified and resolved; drill-down to one record; a mend with its preview.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shop, shopPair } from './shop.mjs';

export function steps(test, { accessible, pictures, dir, bin }) {
  const port = 26000 + (process.pid % 6000); // beside that of run.mjs
  const at = (path) => `http://127.0.0.1:${port}${path}`;
  const ask = async (path) => (await fetch(at(path))).json();
  const until = async (what, f, ms = 150000) => {
    const end = Date.now() + ms;
    for (;;) {
      const v = await f().catch(() => undefined);
      if (v) return v;
      assert(Date.now() < end, `never: ${what}`);
      await new Promise((r) => setTimeout(r, 300));
    }
  };
  const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

  test('integrations: red, told, mended, verified, resolved; drill-down to a record', async ({ browser }) => {
    const own = join(dir, 'integrations');
    mkdirSync(own, { recursive: true });
    shop(bin, own, { n: 600, days: 4, faults: 'erp:missing=2,erp:mismatch_value=1' });
    writeFileSync(
      join(own, 'systems.yaml'),
      shopPair(own, { system: 'files', pair: 'orders in files', group: 'Files', owner: 'shop team' }),
    );
    const flags = [
      'serve',
      '--demo',
      '--insecure-local',
      '--data',
      join(own, 'data'),
      '--listen',
      `127.0.0.1:${port}`,
      '--reconcile',
      join(own, 'systems.yaml'),
    ];
    const server = spawn(bin, flags, { stdio: 'ignore' });
    try {
      await until('ready', async () => (await fetch(at('/readyz'))).ok);
      const planted = await until('an incident of the demo', async () =>
        (await ask('/api/v1/incidents?integration=shopify-erp')).incidents.find((i) => i.class === 'missing'),
      );
      await until(
        'the files are checked',
        async () => (await ask('/api/v1/incidents?integration=orders%20in%20files')).incidents.length > 0,
      );

      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      const wrong = [];
      page.on('pageerror', (e) => wrong.push(String(e)));
      await page.goto(at('/integrations'));
      await page.getByRole('button', { name: /orders in files/ }).click();
      await page.getByRole('complementary', { name: 'orders in files' }).waitFor();
      assert(await fits(page), 'the page is wider than the screen');
      await accessible(page, 'integrations');
      await page.screenshot({ path: join(pictures, 'integrations.png') });

      await page.getByRole('link', { name: 'Days and findings' }).click();
      const cell = page.locator('.matrix button.bad').first();
      await cell.click();
      await page.getByRole('heading', { name: /What is wrong on/ }).waitFor();
      await accessible(page, 'one integration');
      await page.screenshot({ path: join(pictures, 'integration.png') });
      await page.locator('table a').first().click();
      await page.getByRole('heading', { name: 'What happened to it' }).waitFor();
      await page.getByText('first seen to differ').waitFor();
      await accessible(page, 'one record');
      await page.screenshot({ path: join(pictures, 'integration-record.png') });

      await page.locator('a[href^="/integrations/incidents/"]').click();
      await page.getByLabel('Your name').fill('Anna');
      await page.getByLabel('Note or reason').fill('the import was off');
      await page.getByRole('button', { name: 'Preview' }).click();
      await page.getByText(/This would happen to/).waitFor();
      await accessible(page, 'an incident');
      await page.screenshot({ path: join(pictures, 'integration-incident.png') });
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      await page.getByText('acknowledged', { exact: true }).first().waitFor();

      // What the demo planted is mended by itself, and ends when a check is clean.
      await until('resolved', async () => (await ask(`/api/v1/incidents/${planted.id}`)).state === 'resolved');
      await page.goto(at(`/integrations/incidents/${planted.id}`));
      await page.getByText('replay', { exact: true }).waitFor();
      await page.getByText(/a check of the same buckets/).waitFor();
      await page.getByText(/server log · trigger · delivered/).waitFor();

      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(at('/integrations'));
      await page.getByRole('button', { name: /orders in files/ }).waitFor();
      assert(await fits(page), 'wider than a phone');
      await page.screenshot({ path: join(pictures, 'integrations-390.png') });
      assert.deepEqual(wrong, []);
      await context.close();
    } finally {
      const gone = new Promise((r) => server.once('exit', r));
      server.kill();
      await gone;
    }
  });
}
