// The recorded half: a night of 28,800 seconds with three traces, a week of
// 604,800 seconds with two.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drag, figures, steps } from './pan.mjs';

const week = 604800;

const between = (page, from, to) =>
  page.evaluate(([a, b]) => performance.getEntriesByName(b)[0].startTime - performance.getEntriesByName(a)[0].startTime, [from, to]);

async function night(tools, found) {
  const server = await tools.serve();
  try {
    const file = join(server.dir, 'night.csv');
    execFileSync(server.bin, ['simulate', 'night', '--seed', '5', '--length', '8h', '--perfusion', '--out', file], { stdio: 'ignore' });
    const { sessions } = await server.call('POST', '/api/v1/import?filename=night.csv', readFileSync(file, 'utf8'));
    const path = `/nights/${sessions[0].key}`;
    await server.restart();
    const seen = await tools.visit(server, path);
    await seen.page.locator('figure[data-ready]').waitFor();
    // since the navigation began: drawn to the end, and it takes keys and pointers
    found.interactive.push(await seen.page.evaluate(() => performance.getEntriesByName('night-drawn')[0].startTime));
    found.night.push(await between(seen.page, 'night-data', 'night-drawn'));
    await seen.page.goto(`${server.base}${path}?from=7200&to=21600`);
    await seen.page.locator('figure[data-ready]').waitFor();
    found.nightSteps.push(await steps(tools, seen, server.dir));
    found.nightDrags.push(await drag(tools, seen, server.dir));
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
      found.weekSteps.push(await steps(tools, seen, server.dir));
      found.weekDrags.push(await drag(tools, seen, server.dir));
      await seen.context.close();
    }
  } finally {
    await server.stop();
  }
}

export const scenario = {
  name: 'record',
  async run(tools) {
    const found = { night: [], nightDrags: [], nightSteps: [], interactive: [], week: [], weekDrags: [], weekSteps: [] };
    for (let i = 0; i < tools.runs; i++) await night(tools, found);
    await weeks(tools, found);
    return [
      { what: 'night of 28,800 x 3, first drawn after its data', unit: 'ms', limit: 150, values: found.night },
      ...figures('night', 16, found.nightDrags, found.nightSteps),
      {
        what: 'night page drawn since its navigation, server just started, nothing cached',
        unit: 'ms',
        limit: 1000,
        values: found.interactive,
      },
      { what: 'week of 604,800 x 2, first drawn after its data', unit: 'ms', limit: 400, values: found.week },
      ...figures('week', 30, found.weekDrags, found.weekSteps),
    ];
  },
};
