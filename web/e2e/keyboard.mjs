// The keyboard alone: Tab comes to everything that can be pressed, in the order of
// the page, what has the focus is seen to have it, Escape closes what opened and
// gives the focus back.

import assert from 'node:assert/strict';

export function keyboard({ test, start, stop, open, port }) {
  const base = `http://127.0.0.1:${port}`;
  const most = 400; // presses of Tab for a page

  // walk presses Tab through a page and returns what it never came to, and what
  // had the focus without showing it.
  const walk = async (page) => {
    await page.evaluate(() => {
      document.activeElement?.blur();
      scrollTo(0, 0);
      window.reached = new Set();
      window.unseen = [];
      window.firstReached = null;
    });
    for (let i = 0; i < most; i++) {
      await page.keyboard.press('Tab');
      const more = await page.evaluate(() => {
        const el = document.activeElement;
        if (!el || el === document.body) return window.reached.size === 0;
        if (el === window.firstReached) return false;
        window.firstReached ??= el;
        window.reached.add(el);
        const s = getComputedStyle(el);
        if (s.outlineStyle === 'none' && s.boxShadow === 'none' && !el.matches('input[type=file]'))
          window.unseen.push(el.outerHTML.slice(0, 120));
        return true;
      });
      if (!more) break;
    }
    return page.evaluate(() => {
      const left = [...document.querySelectorAll('a[href],button,input,select,textarea,summary,[tabindex="0"]')].filter(
        (el) =>
          el.isConnected &&
          !el.disabled &&
          el.tabIndex >= 0 &&
          el.checkVisibility({ visibilityProperty: true }) &&
          !(el.matches('input[type=radio]') && !el.checked) &&
          !window.reached.has(el),
      );
      return { left: left.map((el) => el.outerHTML.slice(0, 120)), unseen: window.unseen, n: window.reached.size };
    });
  };

  test('everything is reached by the keyboard, seen when it is, and left by Escape', async ({ browser }) => {
    await stop();
    const url = await start();
    const token = new URL(url).searchParams.get('token');
    const call = (path, body) =>
      fetch(base + path, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }).then(async (r) => assert(r.ok || r.status === 422, `${path}: ${await r.text()}`));
    const now = Date.now();
    await call(
      '/api/v1/readings',
      Array.from({ length: 60 }, (_, i) => ({
        device_id: 'ring-1',
        timestamp: new Date(now - i * 1000).toISOString(),
        spo2: 97,
        pulse_rate: 60,
      })),
    );
    await call('/api/v1/assignments', { device_id: 'ring-1', subject_id: 'one', label: 'O.N.' });
    await call('/api/v1/devices/ring-2/readings', [{ timestamp: '2026-01-01T00:00:00Z', spo2: 970 }]);
    const page = await open(browser, url);
    for (const [path, seen] of [
      ['/nights', '.list-page'],
      ['/patient', '.people-page .line'],
      ['/patient/ring-1/timeline', 'figure[data-ready]'],
      ['/alarms', '.filters'],
      ['/devices/ring-1', '.detail'],
      ['/dead-letters/1', '.detail .errs'],
      ['/status', '.status table'],
      ['/settings', '.rules tbody tr'],
      ['/integrations', '.integrations .line'],
      ['/integrations/incidents', '.filters'],
    ]) {
      await page.goto(base + path);
      await page.locator(seen).first().waitFor({ timeout: 60000 });
      const { left, unseen, n } = await walk(page);
      assert(n > 8, `${path}: Tab came to ${n} things`);
      assert.deepEqual(left, [], `${path}: Tab does not come to these`);
      assert.deepEqual(unseen, [], `${path}: these do not show that they have the focus`);
    }

    // menus, dialogs and forms
    await page.goto(`${base}/devices/ring-1`);
    const more = page.locator('header.bar details.more summary');
    await more.waitFor();
    await more.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => !!document.activeElement.closest('details.more[open] nav')), true, 'Tab goes into the menu');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('details.more[open]').count(), 0);
    assert.equal(await more.evaluate((el) => el === document.activeElement), true, 'the focus is back at the menu');
    const add = page.getByRole('button', { name: 'Add a calibration' });
    await add.focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'metric');
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Add a calibration');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'Add a calibration');
    await page.context().close();
  });
}
