// The recorded half: a night of 28,800 seconds with three traces, a week of
// 604,800 seconds with two.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const week = 604800;

// pan moves the view step by step, two frames for each, and returns the
// processor time that the main thread of the page took for each, in ms, by the
// trace of the browser: other programs on the machine do not count.
async function pan(tools, seen, server, steps) {
  const { page } = seen;
  const file = join(server.dir, 'trace.json');
  await page.locator('figure.charts').focus();
  await tools.browser.startTracing(page, { path: file, categories: ['toplevel', 'blink.user_timing'] });
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
  await tools.browser.stopTracing();
  const { traceEvents } = JSON.parse(readFileSync(file, 'utf8'));
  const marks = traceEvents.filter((e) => e.name === 'pan' && e.cat?.includes('user_timing'));
  assert(marks.length > steps, `the trace holds ${marks.length} marks of ${steps + 1}`);
  const { pid, tid } = marks[0];
  const tasks = traceEvents.filter((e) => e.pid === pid && e.tid === tid && e.ph === 'X' && e.name.endsWith('RunTask'));
  const at = marks.map((m) => m.ts).sort((a, b) => a - b);
  return at
    .slice(0, -1)
    .map((t, i) => tasks.filter((e) => e.ts >= t && e.ts < at[i + 1]).reduce((s, e) => s + (e.tdur ?? e.dur), 0) / 1000);
}

const between = (page, from, to) =>
  page.evaluate(([a, b]) => performance.getEntriesByName(b)[0].startTime - performance.getEntriesByName(a)[0].startTime, [from, to]);

async function night(tools, found) {
  const server = await tools.serve();
  try {
    const file = join(server.dir, 'night.csv');
    execFileSync(server.bin, ['simulate', 'night', '--seed', '5', '--length', '8h', '--perfusion', '--out', file], { stdio: 'ignore' });
    const { sessions } = await server.call('POST', '/api/v1/import?filename=night.csv', readFileSync(file, 'utf8'));
    const path = `/nights/${sessions[0].key}`;
    const seen = await tools.visit(server, path);
    await seen.page.locator('figure[data-ready]').waitFor();
    // since the navigation began; the server has not looked at this night before
    found.interactive.push(await seen.page.evaluate(() => performance.getEntriesByName('night-drawn')[0].startTime));
    found.night.push(await between(seen.page, 'night-data', 'night-drawn'));
    await seen.page.goto(`${server.base}${path}?from=7200&to=21600`);
    await seen.page.locator('figure[data-ready]').waitFor();
    found.nightPan.push(tools.centile(await pan(tools, seen, server, 120), 0.95));
    await seen.context.close();
  } finally {
    await server.stop();
  }
}

async function weeks(tools, found) {
  const server = await tools.serve();
  try {
    const end = Math.floor(Date.now() / 1000) - 60;
    for (let from = end - week; from < end; from += week / 10) {
      const lines = [];
      for (let t = from; t < from + week / 10; t++)
        lines.push(`{"device_id":"week","timestamp":${t},"spo2":${96 + (t % 3) - (t % 977 < 20 ? 12 : 0)},"pulse_rate":${70 + (t % 11)}}`);
      await server.call('POST', '/api/v1/readings:bulk', lines.join('\n'));
    }
    for (let i = 0; i < tools.runs; i++) {
      const seen = await tools.visit(server, '/patient/week/timeline');
      await seen.page.locator('figure[data-ready]').waitFor({ timeout: 120000 });
      found.week.push(await between(seen.page, 'timeline-data', 'timeline-drawn'));
      await seen.page.getByRole('button', { name: '24 h' }).click();
      await seen.page.waitForFunction(() => {
        const { ready, wanted } = document.querySelector('figure.charts').dataset;
        return ready === wanted && Number(ready) < 900;
      });
      found.weekPan.push(tools.centile(await pan(tools, seen, server, 120), 0.95));
      await seen.context.close();
    }
  } finally {
    await server.stop();
  }
}

export const scenario = {
  name: 'record',
  async run(tools) {
    const found = { night: [], nightPan: [], interactive: [], week: [], weekPan: [] };
    for (let i = 0; i < tools.runs; i++) await night(tools, found);
    await weeks(tools, found);
    return [
      { what: 'night of 28,800 x 3, first drawn after its data', unit: 'ms', limit: 150, values: found.night },
      { what: 'night, a step of panning, p95', unit: 'ms', limit: 16, values: found.nightPan },
      { what: 'night page drawn since its navigation, not seen before', unit: 'ms', limit: 1000, values: found.interactive },
      { what: 'week of 604,800 x 2, first drawn after its data', unit: 'ms', limit: 400, values: found.week },
      { what: 'week, a step of panning, p95', unit: 'ms', limit: 30, values: found.weekPan },
    ];
  },
};
