// Nights, one night, and what can be done with it, on a real recording.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function steps(test, { open, accessible, plain, pictures, dir, bin, root, at }) {
  // The recordings that others published lie beside the tree; without them a
  // simulated night stands in.
  const shared = process.env.PLETH_SHARED ?? join(root, '../shared');
  let file = join(shared, 'data/oximetry/viatom-o2ring/20250306222056');
  const real = existsSync(file);
  if (!real) {
    file = join(dir, 'night.csv');
    console.log('     (the published recordings are not at hand: a simulated night stands in)');
    execFileSync(bin, ['simulate', 'night', '--seed', '7', '--age', '6y', '--out', file]);
  }
  // What the program says of the file, without the pages.
  const analyze = (...flags) => execFileSync(bin, ['analyze', ...flags, file], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const sessionOf = (...flags) => JSON.parse(analyze('--json', ...flags)).sessions[0];

  let night = ''; // its address
  // The figures of the whole night are faint while those of a selection are on their way.
  const ready = async (page) => {
    await page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
    await page.locator('.old').waitFor({ state: 'detached', timeout: 60000 });
  };
  const figures = async (page) =>
    Object.fromEntries(
      await page
        .locator('.figures .kpi')
        .evaluateAll((list) =>
          list.map((el) => [el.dataset.metric, el.querySelector('dd').innerText.replaceAll(/[\u202f\u00a0\n]/g, ' ')]),
        ),
    );
  const amount = (s) => (s < 60 ? `${Math.round(s)}s` : s < 600 ? `${(s / 60).toFixed(1)}min` : `${Math.round(s / 60)}min`);
  const level = (v) => {
    const d = Math.floor(v * 10 + 1e-9) / 10;
    return Number.isInteger(d) ? String(d) : d.toFixed(1);
  };
  const same = (shown, m, what) => {
    const want = {
      'below.90.seconds': amount(m['below.90.seconds']),
      'below.88.seconds': amount(m['below.88.seconds']),
      'spo2.min': `${level(m['spo2.min'])}%`,
      'odi4.per_h': m['odi4.per_h'] === undefined ? undefined : `${m['odi4.per_h'].toFixed(1)}per h`,
      'spo2.mean': `${m['spo2.mean'].toFixed(1)}%`,
      'time.valid_pct': `${Math.floor(m['time.valid_pct'])}%`,
    };
    for (const [id, text] of Object.entries(want)) if (text !== undefined) assert.equal(shown[id], text, `${what}: ${id}`);
  };

  test('a first visit leads to the first night, with the numbers of pleth analyze', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.getByRole('heading', { name: /first night/ }).waitFor();
    await accessible(page, 'no nights');
    await page.screenshot({ path: join(pictures, 'nights-first.png') });
    const began = Date.now();
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('heading', { name: /^Night of/ }).waitFor({ timeout: 60000 });
    await ready(page);
    console.log(`     from the file to the night: ${((Date.now() - began) / 1000).toFixed(1)} s`);
    night = new URL(page.url()).pathname;
    same(await figures(page), sessionOf().metrics, 'the whole night');
    await accessible(page, 'a night');
    await page.screenshot({ path: join(pictures, 'night.png'), fullPage: true });
    await page.context().close();
  });

  test('a selection has figures of its own, the same as --from and --to', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.goto(at(`${night}?from=1800&to=5400`));
    await ready(page);
    const part = page.locator('.figures .kpis[data-part]');
    await part.waitFor({ timeout: 20000 });
    assert.match(plain(await page.locator('.figures .selected').innerText()), /Selected 1 h 00 min/);
    same(await figures(page), sessionOf('--from', '+1800s', '--to', '+5400s').metrics, 'an hour of it');
    // Zoom by a key: the address follows, and the figures after it.
    await page.locator('figure.charts').focus();
    await page.keyboard.press('+');
    await page.waitForURL(/from=2700&to=4500/);
    await page.waitForFunction(() => /30\smin/.test(document.querySelector('.figures .selected').innerText));
    await page.waitForFunction(() => document.querySelector('.figures .selected .t2').innerText.includes('anew'));
    same(await figures(page), sessionOf('--from', '+2700s', '--to', '+4500s').metrics, 'half an hour of it');
    // Drag a range with the pointer.
    await page.keyboard.press('0');
    await page.waitForURL((u) => !u.searchParams.has('from'));
    const box = await page.locator('#c1').boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await part.waitFor();
    const q = new URL(page.url()).searchParams;
    await page.waitForFunction(() => document.querySelector('.figures .selected .t2').innerText.includes('anew'));
    same(await figures(page), sessionOf('--from', `+${q.get('from')}s`, '--to', `+${q.get('to')}s`).metrics, 'what was dragged');
    await page.screenshot({ path: join(pictures, 'night-selected.png') });
    // On a wall the page is enlarged: what is dragged is what lies under the pointer.
    await page.setViewportSize({ width: 3840, height: 2160 });
    await page.waitForFunction(() => document.body.style.zoom === '2');
    await page.keyboard.press('0');
    const [large, pen] = await page.locator('#c1').evaluate((el) => {
      const r = el.getBoundingClientRect();
      return [{ x: r.x, y: r.y, width: r.width }, el.width / r.width];
    });
    assert(Math.abs(pen - 1) < 0.01, `the canvas has ${pen} pixels to one of the screen`);
    await page.mouse.move(large.x + large.width * 0.25, large.y + 100);
    await page.mouse.down();
    await page.mouse.move(large.x + large.width * 0.5, large.y + 100, { steps: 4 });
    await page.mouse.up();
    await part.waitFor();
    const [a, b] = ['from', 'to'].map((name) => Number(new URL(page.url()).searchParams.get(name)));
    const whole = sessionOf().metrics['time.span_s'];
    assert(Math.abs(a / whole - 0.25) < 0.03 && Math.abs(b / whole - 0.5) < 0.03, `${a}…${b} of ${whole} s was dragged`);
    await page.screenshot({ path: join(pictures, 'night-wall.png') });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.waitForFunction(() => document.body.style.zoom === '');
    // Next dip: the readout tells of it.
    await page.keyboard.press('0');
    await page.locator('figure.charts').focus();
    await page.keyboard.press('n');
    await page.locator('figure .tip').waitFor();
    for (const key of ['r', 's', 'l', 'r', 's']) await page.keyboard.press(key);
    await page.context().close();
  });

  test('what is exported is what the program writes', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.goto(at(`${night}?from=1800&to=5400`));
    await ready(page);
    const take = async (name, nth) => {
      await page.locator('#export summary').click();
      const [got] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('#export').getByText(name, { exact: true }).nth(nth).click(),
      ]);
      return readFileSync(await got.path());
    };
    await page.locator('#export summary').click();
    await accessible(page, 'the export menu');
    await page.locator('#export summary').click();
    const part = ['--from', '+1800s', '--to', '+5400s'];
    for (const [name, table] of [
      ['Samples (CSV)', 'samples'],
      ['Dips (CSV)', 'episodes'],
      ['Falls (CSV)', 'falls'],
    ]) {
      assert.equal((await take(name, 0)).toString(), analyze('--csv', table, ...part), `${name} of the selection`);
      assert.equal((await take(name, 1)).toString(), analyze('--csv', table), `${name} of the night`);
    }
    const doc = JSON.parse((await take('Analysis (JSON)', 0)).toString());
    assert.deepEqual(doc.sessions, JSON.parse(analyze('--json', ...part)).sessions);
    assert.equal((await take('Samples (Parquet)', 1)).subarray(0, 4).toString(), 'PAR1');
    const picture = await take('Picture of this view (PNG)', 0);
    assert.equal(picture.subarray(1, 4).toString(), 'PNG');
    writeFileSync(join(pictures, 'night-exported.png'), picture);
    const [pdf] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'One-page summary' }).click()]);
    assert.equal(
      readFileSync(await pdf.path())
        .subarray(0, 5)
        .toString(),
      '%PDF-',
    );
    await page.context().close();
  });

  test('a note stands at its time', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.goto(at(`${night}?from=1800&to=5400`));
    await ready(page);
    await page.getByRole('button', { name: 'Note', exact: true }).click();
    await page.getByLabel('What did you see?').fill('turned over, coughed');
    await accessible(page, 'a note');
    await page.getByLabel('Time', { exact: true }).fill('99:99');
    await page.getByRole('button', { name: 'Save the note' }).click();
    await page.getByText(/Write the time as/).waitFor();
    const start = new Date(`${sessionOf().start.slice(0, 19)}Z`).getTime();
    await page.getByLabel('Time', { exact: true }).fill(new Date(start + 3600e3).toISOString().slice(11, 19));
    await page.getByRole('button', { name: 'Save the note' }).click();
    const flag = page.locator('#rail .fl.k-note');
    await flag.waitFor();
    assert.match(await flag.innerText(), /turned over, coughed/);
    const [x, box] = [await flag.boundingBox(), await page.locator('#rail').boundingBox()];
    assert(Math.abs((x.x - box.x) / box.width - 0.5) < 0.02, 'the note is not in the middle of its range');
    await page.context().close();
  });

  test('a file that is no oximetry, an empty one and one that stops half-way say so in plain words', async ({ browser, url }) => {
    const page = await open(browser, url);
    const input = page.locator('input[type=file]');
    await input.setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all,\nthe meeting is at noon.\n') });
    await page.getByText('found no oxygen readings in this file').waitFor({ timeout: 20000 });
    await accessible(page, 'a refused file');
    await input.setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.alloc(0) });
    await page.getByText('This file is empty').waitFor({ timeout: 20000 });
    // A file of two parts, of which the second does not arrive at first.
    const big = execFileSync(
      bin,
      ['simulate', 'night', '--seed', '9', '--interval', '250ms', '--length', '24h', '--start', '2026-02-03T20:00'],
      { maxBuffer: 1 << 28 },
    );
    assert(big.length > 4 << 20, `the file has ${big.length} bytes only`);
    // From the disk: a buffer of that size takes its time through the browser's wire.
    const [ended, long] = ['ended.csv', 'long.csv'].map((name) => {
      writeFileSync(join(dir, name), big);
      return join(dir, name);
    });
    // Somebody ends it while a part is on its way: nothing of it is kept.
    await page.route('**/api/v1/imports/*', (route) => (route.request().method() === 'PATCH' ? undefined : route.continue()));
    await input.setInputFiles(ended);
    await page.getByRole('button', { name: 'Cancel sending ended.csv' }).click();
    await page.getByText('Cancelled. Nothing of this file was kept.').waitFor({ timeout: 20000 });
    await accessible(page, 'an upload that was ended');
    const { imports } = await page.evaluate(async () => (await fetch('/api/v1/imports')).json());
    assert.deepEqual(
      imports.filter((i) => i.state === 'receiving'),
      [],
    );
    await page.unroute('**/api/v1/imports/*');
    let parts = 0;
    await page.route('**/api/v1/imports/*', (route) =>
      route.request().method() === 'PATCH' && ++parts === 2 ? route.abort() : route.continue(),
    );
    await input.setInputFiles(long);
    await page.getByText(/broke off after \d+ %/).waitFor({ timeout: 60000 });
    await page.screenshot({ path: join(pictures, 'nights-refused.png') });
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: /^Night of Tue 3 Feb/ }).waitFor({ timeout: 60000 });
    await page.unroute('**/api/v1/imports/*');

    // A page that is closed in the middle: the next one says so, and the same
    // file goes on where it stood.
    const own = join(dir, 'closed.csv');
    writeFileSync(own, Buffer.concat([big, big.subarray(big.length - 200)]));
    await page.goto(at('/nights'));
    await page.locator('.list-page .list > li').first().waitFor({ timeout: 30000 });
    let sent = 0;
    let waiting;
    const second = new Promise((r) => {
      waiting = r;
    });
    await page.route('**/api/v1/imports/*', (route) => {
      if (route.request().method() === 'PATCH' && ++sent === 2) waiting();
      else route.continue();
    });
    await input.setInputFiles(own);
    await second;
    const context = page.context();
    await page.close({ runBeforeUnload: false });
    const next = await context.newPage();
    await next.goto(at('/nights'));
    await next.getByText(/The page was closed after \d+ % were sent/).waitFor({ timeout: 30000 });
    await accessible(next, 'an upload that a closed page left behind');
    await next.screenshot({ path: join(pictures, 'nights-left.png') });
    const offsets = [];
    next.on('request', (r) => r.method() === 'PATCH' && offsets.push(r.headers()['upload-offset']));
    await next.locator('input[type=file]').setInputFiles(own);
    await next
      .locator('.uploads')
      .getByText(/imported|was here already/)
      .or(next.locator('figure[data-ready]'))
      .first()
      .waitFor({ timeout: 60000 });
    assert(Number(offsets[0]) >= 4 << 20, `what arrived is not sent again: ${offsets}`);
    assert.equal(await next.evaluate(() => localStorage.getItem('uploads')), null);
    await context.close();
  });

  test('a night that does not exist says so, and a server that fails too', async ({ browser, url }) => {
    const page = await open(browser, url);
    await page.goto(at('/nights/s-0000000000000000'));
    await page.getByText('does not exist any more').waitFor();
    await accessible(page, 'a night that is gone');
    await page.route('**/api/v1/sessions*', (route) => route.abort());
    await page.goto(at('/nights'));
    await page.getByText('cannot be reached').waitFor();
    await accessible(page, 'nights without a server');
    await page.screenshot({ path: join(pictures, 'nights-unreachable.png') });
    await page.context().close();
  });

  test('a night on a phone, in the dark and in German', async ({ browser, url }) => {
    const page = await open(browser, url, { viewport: { width: 402, height: 874 }, colorScheme: 'dark', locale: 'de-DE' });
    await page.goto(at(night));
    await ready(page);
    await page.getByRole('heading', { name: /^Nacht vom/ }).waitFor();
    assert.match(await page.locator('.figures').innerText(), /Zeit unter 90 %/);
    await page.getByText('pleth ist kein Medizinprodukt').waitFor();
    // The page to print speaks as the screen does.
    const sheet = await page.getByRole('link', { name: 'Einseitige Übersicht', exact: true }).getAttribute('href');
    assert.match(sheet, /as=pdf&lang=de/);
    const printed = await page.evaluate(async (url) => (await fetch(url)).text(), sheet.replace('as=pdf', 'as=html'));
    assert.match(printed, /Auswertung/);
    assert.doesNotMatch(printed, /clinician|usable|Falls came/);
    assert.match(await page.locator('.find').innerText(), /Abfälle|Signal zu/);
    assert.doesNotMatch(await page.locator('main').innerText(), /clinician|below|usable|Falls came/);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page is wider than the phone');
    await accessible(page, 'a night on a phone');
    await page.screenshot({ path: join(pictures, 'night-phone-dark-de.png'), fullPage: true });
    await page.goto(at('/nights'));
    await page.getByRole('heading', { name: 'Nächte', exact: true }).waitFor();
    await page.locator('.calendar a').first().waitFor();
    await accessible(page, 'the nights on a phone');
    await page.screenshot({ path: join(pictures, 'nights-phone-dark-de.png'), fullPage: true });
    for (const path of [night, '/nights']) {
      await page.setViewportSize({ width: 320, height: 640 });
      await page.goto(at(path));
      await page.locator('h1').waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, `${path} is wider than 320 px`);
    }
    await page.context().close();
  });
}
