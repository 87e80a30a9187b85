// Drives the real program in a browser: npm run e2e. It needs bin/pleth and
// Chromium; pictures of every screen are left in ../out/e2e.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const root = new URL('../..', import.meta.url).pathname;
const bin = process.env.PLETH_BIN ?? join(root, 'bin/pleth');
const browserPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
assert(existsSync(bin), `${bin} is missing: make build`);
assert(browserPath, 'no Chromium: install the package chromium, or set CHROMIUM to its path');

const dir = mkdtempSync(join(tmpdir(), 'pleth-e2e-'));
const pictures = join(root, 'out/e2e');
mkdirSync(pictures, { recursive: true });
const port = 20000 + (process.pid % 20000);
let server;

async function start(...flags) {
  server = spawn(bin, ['serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  server.stdout.on('data', (b) => {
    said += b;
  });
  let logged = '';
  server.stderr.on('data', (b) => {
    logged += b;
  });
  for (let i = 0; i < 300; i++) {
    const url = said.match(/http:\S+/);
    if (url) {
      const ready = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
      if (ready?.ok) return url[0];
    }
    await new Promise((r) => setTimeout(r, 100));
  }
  throw new Error(`pleth serve did not start:\n${said}${logged}`);
}

async function stop(signal = 'SIGTERM') {
  if (!server || server.exitCode !== null) return;
  const gone = new Promise((r) => server.once('exit', r));
  server.kill(signal);
  await gone;
}

const tests = [];
const test = (name, run) => tests.push([name, run]);
const wrong = [];

async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.on('pageerror', (e) => wrong.push(`${page.url()}: ${e}`));
  page.on(
    'console',
    (m) => m.type() === 'error' && !/ERR_CONNECTION|Failed to load resource/.test(m.text()) && wrong.push(`${page.url()}: ${m.text()}`),
  );
  page.on('request', (r) => {
    if (!r.url().startsWith(`http://127.0.0.1:${port}/`) && !r.url().startsWith('data:')) wrong.push(`asks elsewhere: ${r.url()}`);
  });
  await page.goto(url);
  return page;
}

async function accessible(page, name) {
  const found = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
  assert.deepEqual(
    found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(', ')}`),
    [],
    `${name}: axe`,
  );
}

const plain = (s) => s.replaceAll(/[\u202f\u00a0]/g, ' ');

test('a first visit leads to the first night', async ({ browser, url }) => {
  const page = await open(browser, url);
  await page.getByText('No nights yet').waitFor();
  await accessible(page, 'no nights');
  await page.screenshot({ path: join(pictures, 'nights-empty.png') });
  await page.locator('input[type=file]').setInputFiles(join(dir, 'night.csv'));
  await page.getByRole('heading', { name: /^Night of/ }).waitFor({ timeout: 30000 });
  await page.locator('figure[data-ready]').waitFor({ timeout: 30000 });
  const m = JSON.parse(readFileSync(join(dir, 'night.json'), 'utf8')).sessions[0].metrics;
  const text = plain(await page.locator('.kpis').innerText());
  for (const want of [m['spo2.mean'].toFixed(1), m['odi4.per_h'].toFixed(1), String(Math.floor(m['spo2.min']))])
    assert(text.includes(want), `${want} is not among\n${text}`);
  await accessible(page, 'a night');
  await page.screenshot({ path: join(pictures, 'night.png'), fullPage: true });
  await page.context().close();
});

test('the address holds the range, and keys change it', async ({ browser, url, night }) => {
  const page = await open(browser, url);
  await page.goto(`http://127.0.0.1:${port}/nights/${night}?from=3600&to=7200`);
  await page.locator('figure[data-ready]').waitFor({ timeout: 30000 });
  assert.match(plain(await page.locator('.tools').innerText()), /selected 1 h 00 min/);
  await page.locator('figure').focus();
  await page.keyboard.press('+');
  assert.match(page.url(), /from=4500&to=6300/);
  await page.keyboard.press('n');
  await page.locator('figure .tip').waitFor();
  await page.keyboard.press('0');
  assert.doesNotMatch(page.url(), /from=/);
  await page.context().close();
});

test('a file that is no oximetry says so, and nothing is blank', async ({ browser, url }) => {
  const page = await open(browser, url);
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear all,\nthe meeting is at noon.\n') });
  const said = page.locator('.uploads .wrong');
  await said.waitFor({ timeout: 20000 });
  assert((await said.innerText()).length > 20);
  await page.screenshot({ path: join(pictures, 'nights-refused.png') });
  await page.context().close();
});

test('a night that does not exist says so', async ({ browser, url }) => {
  const page = await open(browser, url);
  await page.goto(`http://127.0.0.1:${port}/nights/s-0000000000000000`);
  await page.getByText('does not exist any more').waitFor();
  await page.context().close();
});

test('on a phone and in the dark', async ({ browser, url, night }) => {
  const page = await open(browser, url, { viewport: { width: 402, height: 874 }, colorScheme: 'dark' });
  await page.goto(`http://127.0.0.1:${port}/nights/${night}`);
  await page.locator('figure[data-ready]').waitFor({ timeout: 30000 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page is wider than the phone');
  await accessible(page, 'a night on a phone');
  await page.screenshot({ path: join(pictures, 'night-phone-dark.png'), fullPage: true });
  await page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page is wider than 320 px');
  await page.context().close();
});

test('the ward shows values only as long as they are new', async ({ browser }) => {
  await stop();
  const url = await start('--demo');
  const page = await open(browser, url);
  await page.goto(`http://127.0.0.1:${port}/ward`);
  await page.locator('.t').nth(19).waitFor({ timeout: 30000 });
  await page.locator('.t .sat').nth(10).waitFor({ timeout: 30000 });
  await accessible(page, 'the ward');
  await page.screenshot({ path: join(pictures, 'ward.png') });
  const killed = Date.now();
  await stop('SIGKILL');
  await page.locator('.lost').waitFor({ timeout: 15000 });
  await page.waitForFunction(() => document.querySelectorAll('.t .sat').length === 0, null, { timeout: 15000 });
  console.log(`  numerals gone ${((Date.now() - killed) / 1000).toFixed(1)} s after the kill`);
  await page.screenshot({ path: join(pictures, 'ward-lost.png') });
  await start('--demo');
  await page.locator('.t .sat').nth(10).waitFor({ timeout: 30000 });
  assert.equal(await page.locator('.lost').count(), 0);
  await page.context().close();
});

execFileSync(bin, ['simulate', 'night', '--seed', '7', '--age', '6y', '--out', join(dir, 'night.csv')]);
execFileSync(bin, ['analyze', '--json', '--out', dir, join(dir, 'night.csv')], { stdio: 'ignore' });
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
let failed = 0;
try {
  const url = await start();
  const shared = { browser, url, night: '' };
  for (const [name, run] of tests) {
    try {
      if (!shared.night && shared.night !== null) {
        const token = new URL(url).searchParams.get('token');
        const all = await (await fetch(`http://127.0.0.1:${port}/api/v1/sessions`, { headers: { Authorization: `Bearer ${token}` } }))
          .json()
          .catch(() => ({ sessions: [] }));
        shared.night = all.sessions[0]?.key ?? '';
      }
      await run(shared);
      console.log(`ok   ${name}`);
    } catch (e) {
      failed++;
      console.log(`FAIL ${name}\n${e.stack ?? e}`);
    }
  }
} finally {
  await browser.close();
  await stop();
  rmSync(dir, { recursive: true, force: true });
}
for (const w of wrong) console.log(`FAIL in a page: ${w}`);
process.exit(failed || wrong.length ? 1 : 0);
