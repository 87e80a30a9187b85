// What panning costs, and what is seen of it.
//
// The interval between frames says little: a screen of 60 Hz is never quicker than
// 16.7 ms, and a page that needs 1 ms has the same interval as one that needs 15.
// What is held against the limit is therefore what a frame costs: the processor
// time of the page's main thread from the pointer's move to the drawing handed
// over, with script, style, layout, paint and the raster of the canvases, and
// whatever else the thread does until the next frame; other programs on the machine
// do not count. Beside it stand the time from the move to the picture on the
// screen, the interval of the frames and how many were left out, all by the clock,
// so that other programs count.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const frameMs = 1000 / 60;
const isTask = (e) => e.ph === 'X' && e.name === 'ThreadControllerImpl::RunTask';
const cost = (e) => (e.tdur ?? e.dur) / 1000;

async function traced(tools, page, dir, run) {
  const path = join(dir, 'trace.json');
  await tools.browser.startTracing(page, { path, categories: ['toplevel', 'blink.user_timing', 'input'] });
  await run();
  await tools.browser.stopTracing();
  return JSON.parse(readFileSync(path, 'utf8')).traceEvents.sort((a, b) => a.ts - b.ts);
}

const marksOf = (events, ...names) => events.filter((e) => names.includes(e.name) && e.cat?.includes('user_timing'));

// drag moves the view of a chart to and fro by Shift and the mouse, 60 moves a
// second as a hand does, and returns figures of the frames that answered a move.
export async function drag(tools, { page }, dir, moves = 180) {
  const box = await page.locator('figure.charts canvas').first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + 60];
  await page.mouse.move(x, y);
  await page.keyboard.down('Shift');
  await page.mouse.down();
  await page.evaluate(() => {
    let moved = false;
    addEventListener('pointermove', () => {
      moved = true;
    });
    const frame = () => {
      performance.mark(moved ? 'panned' : 'still');
      moved = false;
      if (!window.stopped) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const all = await traced(tools, page, dir, async () => {
    const sent = [];
    const began = performance.now();
    for (let i = 0; i < moves; i++) {
      const due = began + i * frameMs;
      if (due > performance.now()) await new Promise((r) => setTimeout(r, due - performance.now()));
      sent.push(page.mouse.move(x + 150 * Math.sin(i / 12), y));
    }
    await Promise.all(sent);
    await page.evaluate(() => {
      window.stopped = true;
    });
  });
  await page.mouse.up();
  await page.keyboard.up('Shift');

  const marks = marksOf(all, 'panned', 'still');
  const first = marks.findIndex((m) => m.name === 'panned');
  const last = marks.findLastIndex((m) => m.name === 'panned');
  const frames = marks.slice(first, last + 1);
  assert(frames.length > moves / 4, `only ${frames.length} frames for ${moves} moves`);
  const { pid, tid } = frames[0];
  // The task of a frame holds its mark; what follows it, up to the next, is of that frame.
  const costs = frames.map(() => 0);
  let others = 0;
  let k = 0;
  for (const e of all) {
    if (!isTask(e) || e.pid !== pid) continue;
    const end = e.ts + e.dur;
    if (end < frames[0].ts || e.ts > frames.at(-1).ts) continue;
    if (e.tid !== tid) {
      others += cost(e);
      continue;
    }
    while (k + 1 < frames.length && frames[k + 1].ts <= end) k++;
    costs[k] += cost(e);
  }
  const panned = costs.filter((_, i) => frames[i].name === 'panned');
  const apart = frames.slice(1).map((m, i) => (m.ts - frames[i].ts) / 1000);
  const left = apart.reduce((n, ms) => n + Math.max(0, Math.round(ms / frameMs) - 1), 0);
  const began = new Map();
  const seen = [];
  for (const e of all) {
    if (e.name !== 'EventLatency') continue;
    const id = `${e.pid} ${e.id2?.local}`;
    if (e.ph === 'b' && e.args.event_latency?.event_type === 'MOUSE_DRAGGED') began.set(id, e.ts);
    else if (e.ph === 'e' && began.has(id)) {
      seen.push((e.ts - began.get(id)) / 1000);
      began.delete(id);
    }
  }
  return {
    cost: tools.centile(panned, 0.95),
    costMedian: tools.median(panned),
    others: others / frames.length,
    seen: tools.centile(seen, 0.95),
    apart: tools.centile(apart, 0.95),
    left: (left / (left + frames.length)) * 100,
  };
}

// steps moves the view by Alt and the arrows, a tenth of it each, two frames for
// each, and returns what the main thread needed for a step, p95, ms.
export async function steps(tools, { page }, dir, n = 120) {
  await page.locator('figure.charts').focus();
  const all = await traced(tools, page, dir, () =>
    page.evaluate(async (n) => {
      const figure = document.querySelector('figure.charts');
      const frame = () => new Promise((r) => requestAnimationFrame(r));
      for (let i = 0; i < n; i++) {
        performance.mark('step');
        const key = i % 40 < 20 ? 'ArrowRight' : 'ArrowLeft';
        figure.dispatchEvent(new KeyboardEvent('keydown', { key, altKey: true, bubbles: true, cancelable: true }));
        await frame();
        await frame();
      }
      performance.mark('step');
    }, n),
  );
  const marks = marksOf(all, 'step');
  assert(marks.length > n, `the trace holds ${marks.length} marks of ${n + 1}`);
  const { pid, tid } = marks[0];
  const tasks = all.filter((e) => e.pid === pid && e.tid === tid && isTask(e));
  const costs = marks
    .slice(0, -1)
    .map((m, i) => tasks.filter((e) => e.ts >= m.ts && e.ts < marks[i + 1].ts).reduce((sum, e) => sum + cost(e), 0));
  return tools.centile(costs, 0.95);
}

// figures names what drag and steps found in several runs.
export function figures(what, limit, drags, keys) {
  const of = (name) => drags.map((d) => d[name]);
  return [
    { what: `${what}, what a frame of a drag costs, p95`, unit: 'ms', limit, values: of('cost') },
    { what: '  the same, median', unit: 'ms', values: of('costMedian') },
    { what: '  other threads of the page, mean a frame', unit: 'ms', values: of('others') },
    { what: '  from the move to the picture on the screen, p95', unit: 'ms', values: of('seen') },
    { what: '  interval of the frames, p95 (16.7 at best)', unit: 'ms', values: of('apart') },
    { what: '  frames left out', unit: '%', values: of('left') },
    { what: `${what}, what a step by key costs, p95`, unit: 'ms', limit, values: keys },
  ];
}
