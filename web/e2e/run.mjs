// Drives the real program in a browser: npm run e2e. It needs bin/pleth and
// Chromium; pictures of every screen are left in ../out/e2e.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { first } from './first.mjs';
import { german } from './german.mjs';
import { keyboard } from './keyboard.mjs';
import { live } from './live.mjs';
import { axe, looks } from './looks.mjs';
import { mockup } from './mockup.mjs';
import { people } from './people.mjs';

const root = new URL('../..', import.meta.url).pathname;
const bin = process.env.PLETH_BIN ?? join(root, 'bin/pleth');
const browserPath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
assert(existsSync(bin), `${bin} is missing: make build`);
assert(browserPath, 'no Chromium: install the package chromium, or set CHROMIUM to its path');

const dir = mkdtempSync(join(tmpdir(), 'pleth-e2e-'));
const pictures = join(root, 'out/e2e');
mkdirSync(pictures, { recursive: true });
// Below the ports that the system gives to outgoing connections.
const port = 20000 + (process.pid % 6000);
let server;

// Every part of the steps that starts a server of its own has data of its own.
async function begin(data, ...flags) {
  server = spawn(bin, ['serve', '--data', join(dir, data), '--listen', `127.0.0.1:${port}`, ...flags], {
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
    (m) =>
      m.type() === 'error' &&
      !/ERR_CONNECTION|response code: 503|Failed to load resource|HTTP Authentication failed/.test(m.text()) &&
      wrong.push(`${page.url()}: ${m.text()}`),
  );
  page.on('request', (r) => {
    if (!r.url().startsWith(`http://127.0.0.1:${port}/`) && !r.url().startsWith('data:')) wrong.push(`asks elsewhere: ${r.url()}`);
  });
  await page.goto(url);
  return page;
}

// What is no page of the server, as a report that stands for itself, has its own
// size and colours.
async function accessible(page, name) {
  const own = page.url().startsWith(`http://127.0.0.1:`);
  // A test goes on: what is wrong with one page says nothing of the next.
  wrong.push(...(own ? await looks(page, name) : (await axe(page)).map((v) => `${name}: ${v}`)));
}

const plain = (s) => s.replaceAll(/[\u202f\u00a0]/g, ' ');

// The steps of each part of the pages are in a file of its own.
const here = new URL('.', import.meta.url).pathname;
const tools = { open, accessible, plain, pictures, dir, bin, root, at: (path) => `http://127.0.0.1:${port}${path}` };
for (const file of readdirSync(here)
  .filter((f) => f.endsWith('.steps.mjs'))
  .sort())
  (await import(join(here, file))).steps(test, tools);

live({ test, start: (...flags) => begin('live', ...flags), stop, open, accessible, pictures, port });
mockup({ test, start: begin, stop, open, pictures, port, root });
people({ test, start: (...flags) => begin('people', ...flags), stop, open, accessible, pictures, port });
first({ test, start: () => begin('first'), stop, open, accessible, pictures, bin, dir, port });
keyboard({ test, start: () => begin('keyboard'), stop, open, port });
german({ test, start: (...flags) => begin('german', ...flags), stop, open, accessible, pictures, port, root, bin, dir });

const browser = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] });
let failed = 0;
try {
  const url = await begin('data');
  const shared = { browser, url };
  const only = process.argv[2]; // a pattern of the names of tests to be run; empty: all
  for (const [name, run] of tests) {
    if (only && !new RegExp(only).test(name)) continue;
    try {
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
