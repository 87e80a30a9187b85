// The pages beside the mock-ups: the main regions of each screen are where the
// mock-up of that screen has them, at its size. The mock-ups are not part of the
// project: they lie in ../shared/design (or where PLETH_SHARED says).

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ward } from './ward.mjs';

const near = 8; // px

// A region is its name, where the mock-up has it, where the page has it, and
// what of its box is held against it: x, y, w, h; 't' is the distance from the
// region before it in the list, for what stands under content of any length.
const wide = {
  night: {
    size: [1440, 900],
    file: 'night.html',
    regions: [
      ['bar', '.bar', '.bar', 'xywh'],
      ['head', '.head', '.head', 'xywh'],
      ['headline', '.head h1', '.head h1', 'xyh'],
      ['verdict', '.verdict', '.verdict', 'xywh'],
      ['nights', '.rail', '.rail', 'xywh'],
      ['first night', '.nights li:first-child', '.nights li:first-child', 'xywh'],
      ['figures', '.kpis', '.kpis', 'xywh'],
      ['tools', '.tools', '.tools', 'xywh'],
      ['annotations', '#rail', '#rail', 'xywh'],
      ['SpO2', '#c1', '#c1', 'xywh'],
      ['events', '.evrail', '.evrail', 'xywh'],
      ['pulse', '#c2', '#c2', 'xywh'],
      ['quality', '#q', '#q', 'xywh'],
      ['navigator', '#nv', '#nv', 'xywh'],
      ['chart card', '.card:has(> .tools)', '.card:has(> .tools)', 'xywh'],
      ['trend', '.cmp', '.cmp', 'xywh'],
      ['side', '.side', '.side', 'xyw'],
      ['evaluation', '.side .card:nth-child(1)', '.side .card:nth-child(1)', 'xyw'],
      ['distribution', '.side .card:nth-child(2)', '.side .card:nth-child(2)', 'xwht'],
      ['deepest', '.side .card:nth-child(3)', '.side .card:nth-child(3)', 'xwt'],
    ],
  },
  compare: {
    size: [1440, 900],
    file: 'compare.html',
    regions: [
      ['bar', '.bar', '.bar', 'xywh'],
      ['head', '.head', '.head', 'xywh'],
      ['ribbon card', '.card:has(#rib)', '.card:has(.rib)', 'xywh'],
      ['ribbon', '#rib', '.rib', 'xywh'],
      ['nights', '.card:has(.n)', '.card:has(.n)', 'xywh'],
      ['this night', '.n:nth-of-type(1)', '.n:nth-of-type(1)', 'xywh'],
      ['what changed', 'aside .card:nth-child(1)', 'aside .card:nth-child(1)', 'xyw'],
      ['figures', 'aside .card:nth-child(2)', 'aside .card:nth-child(2)', 'xwht'],
      ['levels', 'aside .card:nth-child(3)', 'aside .card:nth-child(3)', 'xwht'],
    ],
  },
  integrations: {
    size: [1440, 900],
    file: 'integrations.html',
    regions: [
      ['bar', '.bar', '.bar', 'xywh'],
      ['head', '.head', '.head', 'xywh'],
      ['first group', '.grp:nth-child(1)', '.groups > .card:nth-child(1)', 'xyw'],
      ['its name', '.grp:nth-child(1) > header', '.groups > .card:nth-child(1) > h2', 'xywh'],
      ['a row', '.grp:nth-child(1) .r', '.groups > .card:nth-child(1) .line', 'xywh'],
      ['its strip', '.grp:nth-child(1) .r .hb', '.groups > .card:nth-child(1) .line .strip', 'xywh'],
      ['the last message', '.grp:nth-child(1) .r .n:last-child', '.groups > .card:nth-child(1) .line .num:last-child', 'xywh'],
      ['side', '.dd', '.cols > .side', 'xyw'],
      ['what is wrong', '.dd .why', '.cols > .side .say', 'xyw'],
    ],
  },
};
const ward = [
  ['bar', '.bar', '.bar', 'xywh'],
  ['counts', '.sum', '.sum', 'xywh'],
  ['grid', '.grid', '.grid', 'xyw'],
  ['bed 1', '.t:nth-child(1)', '.grid > :nth-child(1)', 'xywh'],
  ['bed 2', '.t:nth-child(2)', '.grid > :nth-child(2)', 'xywh'],
  ['bed 6', '.t:nth-child(6)', '.grid > :nth-child(6)', 'xywh'],
  ['bed 20', '.t:nth-child(20)', '.grid > :nth-child(20)', 'xywh'],
  ['bed 24', '.t:nth-child(24)', '.grid > :nth-child(24)', 'xywh'],
  ['head of bed 6', '.t:nth-child(6) .hd', '.grid > :nth-child(6) .hd', 'xywh'],
  ['numeral of bed 6', '.t:nth-child(6) .sat', '.grid > :nth-child(6) .sat', 'xyh'],
  ['strip of bed 6', '.t:nth-child(6) canvas', '.grid > :nth-child(6) canvas', 'xywh'],
  ['foot of bed 6', '.t:nth-child(6) .ft', '.grid > :nth-child(6) .ft', 'xywh'],
  ['alarms', '.q', '.q', 'xyw'],
  ['first alarm', '.q .al:nth-of-type(1)', '.q .al:nth-of-type(1)', 'xywh'],
];

export function mockup({ test, start, stop, open, pictures, port, root }) {
  const shared = process.env.PLETH_SHARED ?? join(root, '../shared');
  const design = join(shared, 'design');
  const missing = !existsSync(join(design, 'night.html'));
  const base = `http://127.0.0.1:${port}`;
  const inter = join(root, 'web/node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2');

  const boxes = (page, list) =>
    page.evaluate(
      (names) =>
        names.map((s) => {
          const el = document.querySelector(s);
          if (!el) return null;
          const r = el.getBoundingClientRect();
          return { x: r.x, y: r.y + scrollY, w: r.width, h: r.height };
        }),
      list,
    );

  // beside measures a page against a mock-up and returns what is elsewhere.
  async function beside(browser, page, name, { file, size, regions, theme }) {
    const context = await browser.newContext({ viewport: { width: size[0], height: size[1] } });
    const drawn = await context.newPage();
    await drawn.goto(`${pathToFileURL(join(design, file))}${theme ? `?theme=${theme}` : ''}`);
    const font = readFileSync(inter).toString('base64');
    await drawn.addStyleTag({
      content: `@font-face{font-family:Inter;font-weight:100 900;src:url(data:font/woff2;base64,${font})}`,
    });
    await drawn.waitForFunction(() => document.body.dataset.ready && document.fonts.check('16px Inter'));
    await drawn.evaluate(() => document.fonts.load('16px Inter'));
    const want = await boxes(
      drawn,
      regions.map((r) => r[1]),
    );
    await drawn.screenshot({ path: join(pictures, `mockup-${name}-drawn.png`), fullPage: size[0] > 1000 });
    await context.close();
    const got = await boxes(
      page,
      regions.map((r) => r[2]),
    );
    await page.screenshot({ path: join(pictures, `mockup-${name}.png`), fullPage: size[0] > 1000 });
    const off = [];
    let most = 0;
    regions.forEach(([what, , , of], i) => {
      if (!want[i] || !got[i]) {
        off.push(`${what}: ${want[i] ? 'the page' : 'the mock-up'} has none`);
        return;
      }
      for (const side of of) {
        const of2 = (list) => (side === 't' ? list[i].y - list[i - 1].y - list[i - 1].h : list[i][side]);
        const [a, b] = [of2(want), of2(got)];
        most = Math.max(most, Math.abs(a - b));
        if (Math.abs(a - b) > near) off.push(`${what} ${side}: ${b.toFixed(1)}, the mock-up ${a.toFixed(1)}`);
      }
    });
    console.log(`     ${name}: ${regions.length} regions, at most ${most.toFixed(1)} px from the mock-up`);
    return off.map((o) => `${name}: ${o}`);
  }

  const skip = () => {
    if (!missing) return false;
    assert(!process.env.CI, `the mock-ups are not in ${design}`);
    console.log(`     SKIPPED: THE MOCK-UPS ARE NOT IN ${design}`);
    return true;
  };

  test('mock-ups: a night and its comparison are where they were drawn', async ({ browser }) => {
    if (skip()) return;
    await stop();
    const url = await start('mockup');
    const page = await open(browser, url);
    const night = await page.evaluate(async () => {
      const job = await (await fetch('/api/v1/import/sample', { method: 'POST' })).json();
      for (;;) {
        const now = await (await fetch(`/api/v1/imports/${job.id}`)).json();
        if (now.state === 'done') return now.sessions.sort((a, b) => b.start.localeCompare(a.start))[0].key;
        await new Promise((r) => setTimeout(r, 200));
      }
    });
    await page.goto(`${base}/nights/${night}`);
    await page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
    await page.locator('#trend').waitFor({ timeout: 30000 });
    await page.locator('.kpi .rng').nth(3).waitFor();
    const off = await beside(browser, page, 'night', wide.night);
    await page.goto(`${base}/compare/${night}`);
    await page.locator('canvas.rib[data-ready]').waitFor({ timeout: 30000 });
    await page.locator('.compare .n .v').nth(9).waitFor();
    off.push(...(await beside(browser, page, 'compare', wide.compare)));
    await page.context().close();
    assert.deepEqual(off, []);
  });

  test('mock-ups: the ward and one person are where they were drawn', async ({ browser }) => {
    if (skip()) return;
    await stop();
    const url = await start('mockup');
    // The beds as they were drawn: two have no device, one is silent, one has
    // its sensor off, three alarm, one is acknowledged.
    const beds = new Ward(url, 24);
    const bed = (n) => beds.beds[n - 1];
    const low = new Map([
      [bed(6), 81],
      [bed(12), 87],
      [bed(22), 86],
      [bed(15), 87],
    ]);
    for (const n of [9, 18]) bed(n).mute = true;
    await beds.furnish();
    await beds.past(900, (b, ago) => {
      const n = beds.beds.indexOf(b);
      if (b.mute || (b === bed(20) && ago < 60)) return undefined;
      if (b === bed(3) && ago < 40) return null;
      const depth = low.has(b) ? 96 - low.get(b) : 0;
      const dip = ago < 30 ? 1 : [120, 260, 400].some((at) => Math.abs(ago - at) < 14) ? 0.9 : 0;
      const noise = ((ago * 7919 + n * 104729) % 17) / 17;
      return Math.round(b.spo2 - depth * dip - (depth ? 0 : noise * 1.4));
    });
    for (const [b, v] of low) b.spo2 = v;
    bed(20).mute = true;
    bed(3).spo2 = null;
    beds.run();
    const page = await open(browser, url, { colorScheme: 'dark' });
    await page.goto(`${base}/ward`);
    await page.locator('.t .sat').nth(15).waitFor({ timeout: 30000 });
    // Some browsers let a page sound that nobody has touched yet.
    const quiet = page.locator('.soundbar');
    if (
      await quiet.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      )
    )
      await quiet.click();
    await quiet.waitFor({ state: 'detached' });
    await page.locator('.t.high').waitFor({ timeout: 60000 });
    await page.locator('.t.tech').waitFor({ timeout: 60000 });
    await page.locator('.t.stale').waitFor({ timeout: 60000 });
    for (const n of [12, 22]) await page.locator(`[data-device="${bed(n).device}"] .t.med`).waitFor({ timeout: 90000 });
    const tile15 = page.locator(`[data-device="${bed(15).device}"] .t`);
    await page.locator(`[data-device="${bed(15).device}"] .t.med`).waitFor({ timeout: 30000 });
    const { alerts } = await beds.call('GET', `/api/v1/alerts?device_id=${bed(15).device}&state=active`);
    // Who acknowledges the worst has acknowledged the milder ones.
    for (const a of alerts) {
      await beds.call('POST', `/api/v1/alerts/${a.id}/ack`, { actor: 'J. Meyer' }).catch((e) => {
        if (!/alert-acknowledged/.test(e.message)) throw e;
      });
    }
    await tile15.locator('.quiet').waitFor({ timeout: 20000 });
    assert.equal(await page.locator('.t.empty').count(), 2, 'two beds have no device');
    const off = await beside(browser, page, 'ward', { size: [1440, 900], file: 'ward.html', regions: ward });
    await page.setViewportSize({ width: 402, height: 874 });
    await page.locator('.tabs').waitFor();
    off.push(
      ...(await beside(browser, page, 'ward-mobile', {
        size: [402, 874],
        file: 'ward.html',
        regions: [...ward.slice(0, 12), ['foot', '.mnav', '.tabs', 'xw'], ...ward.slice(12)],
      })),
    );
    // Within the page the sound stays on.
    await page.locator(`[data-device="${bed(6).device}"]`).click();
    await page.locator('.soundbar').waitFor({ state: 'detached' });
    await page.locator('.alarm.high').waitFor({ timeout: 40000 });
    await page.locator('.big .sat').filter({ hasText: '81' }).waitFor({ timeout: 30000 });
    off.push(
      ...(await beside(browser, page, 'patient', {
        size: [402, 874],
        file: 'patient-live.html',
        regions: [
          ['head', '.top', '.top', 'xywh'],
          ['alarm', '.alarm', '.alarm', 'xywh'],
          ['its button', '.alarm .btn', '.alarm .btn', 'yh'],
          ['numerals', '.big', '.big', 'xywh'],
          ['SpO2', '.big .sat', '.big .sat', 'xyh'],
          ['pulse', '.side', '.side', 'xywh'],
          ['signal', '.meta', '.meta', 'xyh'],
          ['chart card', '.card:has(#c)', '.card:has(.c-spo2)', 'xywh'],
          ['SpO2 chart', '#c', '.c-spo2', 'xywh'],
          ['pulse chart', '#p', '.c-pulse', 'xywh'],
          ['tonight', '.card:has(#d)', '.card:has(.nightstrip)', 'xywh'],
          ['events', '.card:has(.tl)', '.card:has(.tl)', 'xyw'],
        ],
      })),
    );
    await page.context().close();
    beds.end();
    assert.deepEqual(off, []);
  });

  test('mock-ups: the integrations are where they were drawn', async ({ browser }) => {
    if (skip()) return;
    await stop();
    const url = await start('mockup-demo', '--demo', '--insecure-local');
    const page = await open(browser, url);
    await page.goto(`${base}/integrations`);
    await page.locator('.groups .line .strip').nth(5).waitFor({ timeout: 60000 });
    await page.locator('.cols > .side .say').waitFor();
    const off = await beside(browser, page, 'integrations', wide.integrations);
    await page.context().close();
    assert.deepEqual(off, []);
  });
}
