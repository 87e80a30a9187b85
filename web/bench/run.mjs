// Measures the pages of the real program in Chromium: make bench-web. Each file
// *.scenario.mjs beside this one exports `scenario`: a name, and run(tools),
// which returns figures: {what, unit, limit, values}. The median of the values
// is held against the limit. Give parts of names to run fewer.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const root = new URL('../..', import.meta.url).pathname;
const here = new URL('.', import.meta.url).pathname;
const bin = process.env.PLETH_BIN ?? join(root, 'bin/pleth');
const browserPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
assert(existsSync(bin), `${bin} is missing: make build`);
assert(browserPath, 'no Chromium: install the package chromium, or set CHROMIUM to its path');

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
export const centile = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))];

let port = 20000 + (process.pid % 6000);

// serve starts a server of its own for a scenario.
async function serve(...flags) {
  const dir = mkdtempSync(join(tmpdir(), 'pleth-bench-'));
  const listen = `127.0.0.1:${++port}`;
  const base = `http://${listen}`;
  let server;
  let url;
  const start = async () => {
    server = spawn(bin, ['serve', '--data', join(dir, 'data'), '--listen', listen, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    server.stdout.on('data', (b) => {
      said += b;
    });
    server.stderr.on('data', () => {});
    for (let i = 0; ; i++) {
      url = said.match(/http:\S+/)?.[0];
      if (url && (await fetch(`${base}/readyz`).catch(() => null))?.ok) return;
      if (i > 600) throw new Error(`pleth serve did not start: ${said}`);
      await new Promise((r) => setTimeout(r, 50));
    }
  };
  const end = async () => {
    const gone = new Promise((r) => server.once('exit', r));
    server.kill('SIGTERM');
    await gone;
  };
  await start();
  const token = new URL(url).searchParams.get('token');
  return {
    base,
    url,
    token,
    dir,
    bin,
    // restart has a server that has just begun, on the same data.
    async restart() {
      await end();
      await start();
    },
    async call(method, path, body) {
      const res = await fetch(base + path, {
        method,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      });
      const text = await res.text();
      if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text.slice(0, 300)}`);
      return text ? JSON.parse(text) : undefined;
    },
    async stop() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox', '--enable-precise-memory-info'] });

// visit opens a page of a server, let in, with nothing in the browser's cache and a
// way to ask Chromium how busy its main thread was.
async function visit(server, path) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.request.get(server.url); // its cookie, no page
  const page = await context.newPage();
  await page.goto(server.base + path);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]));
  return {
    page,
    context,
    metrics,
    // busy is the share of a processor that the main thread used for some time,
    // percent: its processor time, so that other programs do not count.
    async busy(ms) {
      const a = await metrics();
      const from = performance.now();
      await page.waitForTimeout(ms);
      const b = await metrics();
      return ((b.ThreadTime - a.ThreadTime) * 1e5) / (performance.now() - from);
    },
    // heap is what is reachable after a collection, MB.
    async heap() {
      // twice: what the first one finalizes is freed by the second
      for (let i = 0; i < 2; i++) await cdp.send('HeapProfiler.collectGarbage');
      return (await metrics()).JSHeapUsedSize / 1e6;
    },
  };
}

const only = process.argv.slice(2);
let over = 0;
console.log(`load of this machine: ${loadavg()[0].toFixed(1)}`);
try {
  for (const file of readdirSync(here)
    .filter((f) => f.endsWith('.scenario.mjs'))
    .sort()) {
    const { scenario } = await import(join(here, file));
    if (only.length && !only.some((o) => scenario.name.includes(o))) continue;
    console.log(`== ${scenario.name}`);
    for (const f of await scenario.run({ serve, visit, median, centile, browser, root, runs: Number(process.env.RUNS ?? 5) })) {
      const v = median(f.values);
      const bad = f.limit !== undefined && v > f.limit;
      if (bad) over++;
      console.log(
        `${bad ? 'OVER' : 'ok  '} ${f.what}: ${v.toFixed(1)} ${f.unit}${f.limit === undefined ? '' : ` (at most ${f.limit})`}; ${f.values.map((x) => x.toFixed(1)).join(' ')}`,
      );
    }
  }
} finally {
  await browser.close();
}
console.log(`load of this machine: ${loadavg()[0].toFixed(1)}`);
process.exit(over ? 1 : 0);
