// How fast the recorded half is, in the real program and headless Chromium:
// a night of 28,800 seconds with three traces, a week of 604,800 seconds with two.
// node bench/record.mjs prints the medians over five runs and leaves them in
// ../out/bench-record.json; with --check it fails where a limit is not held.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = new URL('../..', import.meta.url).pathname;
const bin = process.env.PLETH_BIN ?? join(root, 'bin/pleth');
const browserPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
assert(existsSync(bin), `${bin} is missing: make build`);
assert(browserPath, 'no Chromium: install the package chromium, or set CHROMIUM to its path');
const runs = 5;

const dir = mkdtempSync(join(tmpdir(), 'pleth-bench-'));
const port = 20000 + (process.pid % 20000);
const base = `http://127.0.0.1:${port}`;
let server;

async function start() {
  server = spawn(bin, ['serve', '--data', join(dir, 'data'), '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  server.stdout.on('data', (b) => {
    said += b;
  });
  for (let i = 0; i < 600; i++) {
    const url = said.match(/http:\S+/);
    if (url && (await fetch(`${base}/readyz`).catch(() => null))?.ok) return url[0];
    await new Promise((r) => setTimeout(r, 50));
  }
  throw new Error('pleth serve did not start');
}

async function stop() {
  const gone = new Promise((r) => server.once('exit', r));
  server.kill('SIGTERM');
  await gone;
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const percentile = (list, p) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))];

// pan moves the view step by step and returns the time that the main thread of
// the page worked for each, by the trace of the browser.
async function pan(browser, page, steps) {
  const trace = join(dir, 'trace.json');
  await page.locator('figure.charts').focus();
  await browser.startTracing(page, { path: trace, categories: ['toplevel', 'blink.user_timing', 'disabled-by-default-devtools.timeline', 'devtools.timeline'] });
  await page.evaluate(async (steps) => {
    const figure = document.querySelector('figure.charts');
    const frame = () => new Promise((r) => requestAnimationFrame(r));
    for (let i = 0; i < steps; i++) {
      performance.mark('pan');
      const key = i % 40 < 20 ? 'ArrowRight' : 'ArrowLeft';
      figure.dispatchEvent(new KeyboardEvent('keydown', { key, altKey: true, bubbles: true, cancelable: true }));
      await frame();
      await frame();
    }
    performance.mark('pan');
  }, steps);
  await browser.stopTracing();
  const { traceEvents } = JSON.parse(readFileSync(trace, 'utf8'));
  const marks = traceEvents.filter((e) => e.name === 'pan' && e.cat?.includes('user_timing'));
  const thread = marks[0];
  assert(marks.length > steps / 2, 'the trace holds no marks');
  const tasks = traceEvents.filter((e) => e.pid === thread.pid && e.tid === thread.tid && e.ph === 'X' && e.name.endsWith('RunTask'));
  const at = marks.map((m) => m.ts).sort((a, b) => a - b);
  return at.slice(0, -1).map((t, i) => tasks.filter((e) => e.ts >= t && e.ts < at[i + 1]).reduce((s, e) => s + (e.tdur ?? e.dur), 0) / 1000);
}

const measure = (page, from, to) =>
  page.evaluate(([a, b]) => performance.getEntriesByName(b)[0].startTime - performance.getEntriesByName(a)[0].startTime, [from, to]);

async function night(browser, url, key) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
  const began = Date.now();
  await page.goto(`${base}/nights/${key}`);
  await page.locator('figure[data-ready]').waitFor();
  const interactive = Date.now() - began;
  const drawn = await measure(page, 'night-data', 'night-drawn');
  await page.keyboard.press('Tab');
  await page.goto(`${base}/nights/${key}?from=7200&to=21600`);
  await page.locator('figure[data-ready]').waitFor();
  const frames = await pan(browser, page, 120);
  await page.context().close();
  return { drawn, pan: percentile(frames, 0.95), interactive };
}

async function week(browser, url) {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
  await page.goto(`${base}/patient/week/timeline`);
  await page.locator('figure[data-ready]').waitFor({ timeout: 60000 });
  const drawn = await measure(page, 'timeline-data', 'timeline-drawn');
  await page.getByRole('button', { name: '24 h' }).click();
  await page.waitForFunction(() => document.querySelector('figure.charts').dataset.ready < 900);
  const frames = await pan(browser, page, 120);
  await page.context().close();
  return { drawn, pan: percentile(frames, 0.95) };
}

async function fill(url) {
  const token = new URL(url).searchParams.get('token');
  const headers = { Authorization: `Bearer ${token}` };
  const file = join(dir, 'night.csv');
  execFileSync(bin, ['simulate', 'night', '--seed', '5', '--length', '8h', '--perfusion', '--out', file]);
  const sent = await fetch(`${base}/api/v1/import?filename=night.csv`, { method: 'POST', headers, body: readFileSync(file) });
  assert.equal(sent.status, 201, await sent.clone().text());
  const key = (await sent.json()).sessions[0].key;
  const end = Math.floor(Date.now() / 1000) - 60;
  for (let from = end - 604800; from < end; from += 60480) {
    const lines = [];
    for (let t = from; t < from + 60480; t++)
      lines.push(`{"device_id":"week","timestamp":${t},"spo2":${96 + (t % 3) - (t % 977 < 20 ? 12 : 0)},"pulse_rate":${70 + (t % 11)}}`);
    const res = await fetch(`${base}/api/v1/readings:bulk`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/x-ndjson' }, body: lines.join('\n') });
    assert(res.ok, await res.text());
  }
  return key;
}

const limits = { 'night first drawn': 150, 'night pan p95': 16, 'night interactive, cold server': 1000, 'week first drawn': 400, 'week pan p95': 30 };
const found = Object.fromEntries(Object.keys(limits).map((k) => [k, []]));
const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
try {
  let url = await start();
  const key = await fill(url);
  for (let i = 0; i < runs; i++) {
    await stop(); // what the server remembers of a night is gone
    url = await start();
    const n = await night(browser, url, key);
    found['night first drawn'].push(n.drawn);
    found['night pan p95'].push(n.pan);
    found['night interactive, cold server'].push(n.interactive);
    const w = await week(browser, url);
    found['week first drawn'].push(w.drawn);
    found['week pan p95'].push(w.pan);
  }
} finally {
  await browser.close();
  await stop();
  rmSync(dir, { recursive: true, force: true });
}
let over = 0;
const out = {};
for (const [name, list] of Object.entries(found)) {
  const m = median(list);
  out[name] = { median_ms: m, runs_ms: list, limit_ms: limits[name] };
  if (m > limits[name]) over++;
  console.log(`${m > limits[name] ? 'OVER' : 'ok  '} ${name.padEnd(32)} ${m.toFixed(1).padStart(8)} ms   (at most ${limits[name]} ms; runs ${list.map((v) => v.toFixed(1)).join(' ')})`);
}
mkdirSync(join(root, 'out'), { recursive: true });
writeFileSync(join(root, 'out/bench-record.json'), `${JSON.stringify(out, null, 1)}\n`);
process.exit(over && process.argv.includes('--check') ? 1 : 0);
