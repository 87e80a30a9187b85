// The panels of a night, which share one axis of time.

import { band, type Wall } from '../format';
import { type Series, smooth } from '../series';
import { font, hatch, prepare, tickStep, token, trace, type View, xOf } from './canvas';
import { Line } from './line';

export const left = 34;
export const right = 30;

export interface Panel {
  series: Series;
  spo2: Line;
  pulse: Line;
  smoothed: Line;
  pulseSmoothed: Line;
  prev: Line | null; // smoothed, of an earlier night, on the axis of this one
  gaps: { from: number; to: number }[];
  wall: Wall;
  lowest: number; // of the scale
  pulseRange: [number, number];
  raw: boolean;
  soft: boolean;
  noSignal: string; // the word on a gap
}

export function panelOf(series: Series, gaps: { from: number; to: number }[], wall: Wall, noSignal: string): Panel {
  const spo2 = new Line(series.spo2);
  const pulse = new Line(series.pulse);
  const lowest = spo2.lowest(0, series.n);
  const range: [number, number] = [pulse.lowest(0, series.n), pulse.highest(0, series.n)];
  return {
    series,
    gaps,
    wall,
    noSignal,
    spo2,
    pulse,
    lowest,
    pulseRange: range,
    smoothed: new Line(smooth(series.spo2, 11)),
    pulseSmoothed: new Line(smooth(series.pulse, 21)),
    prev: null,
    raw: true,
    soft: true,
  };
}

const bands: [number, number, string][] = [
  [88, 90, '--b90'],
  [85, 88, '--b88'],
  [0, 85, '--b85'],
];

// timeAxis draws the lines of the hours, and their names where there is room.
function timeAxis(c: CanvasRenderingContext2D, v: View, wall: Wall, top: number, bottom: number, labels: number | null): void {
  const step = tickStep(v.to - v.from, Math.max(2, Math.min(9, (v.right - v.left) / 80)));
  const offset = wall.known ? wall.daySeconds(0) % step : 0;
  c.font = font(500, '--fs-11');
  c.textAlign = 'center';
  for (let t = Math.ceil((v.from + offset) / step) * step - offset; t <= v.to; t += step) {
    const x = Math.round(xOf(v, t)) + 0.5;
    c.strokeStyle = token('--grid');
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x, top);
    c.lineTo(x, bottom);
    c.stroke();
    if (labels !== null && x > v.left + 14 && x < v.right - 14) {
      c.fillStyle = token('--axis');
      c.fillText(step < 60 ? wall.hms(t) : wall.hm(t), x, labels);
    }
  }
}

function drawGaps(c: CanvasRenderingContext2D, p: Panel, v: View, top: number, bottom: number, label: boolean): void {
  for (const g of p.gaps) {
    if (g.to < v.from || g.from > v.to) continue;
    const a = xOf(v, Math.max(v.from, g.from));
    const b = xOf(v, Math.min(v.to, g.to));
    c.fillStyle = token('--surface-2');
    c.fillRect(a, top, b - a, bottom - top);
    hatch(c, a, top, b - a, bottom - top, token('--hatch'));
    if (!label) continue;
    c.font = font(550, '--fs-11');
    c.textAlign = 'center';
    const w = c.measureText(p.noSignal).width + 10;
    if (b - a < w + 4) continue;
    c.fillStyle = token('--surface');
    c.fillRect((a + b - w) / 2, top + 4, w, 16);
    c.fillStyle = token('--text-2');
    c.fillText(p.noSignal, (a + b) / 2, top + 12.5);
  }
}

// burden fills between 90 and the smoothed line, in the colours of the bands:
// column by column, each down to its lowest.
function burden(c: CanvasRenderingContext2D, line: Line, v: View, y: (v: number) => number, bottom: number): void {
  const per = (v.to - v.from) / (v.right - v.left);
  c.globalAlpha = 0.75;
  for (let x = Math.floor(v.left); x < v.right; x++) {
    const at = v.from + (x - v.left) * per;
    const low = line.lowest(at, at + Math.max(per, 0.01));
    if (!(low < 90)) continue;
    const end = Math.min(bottom, y(low));
    for (const [a, b, name] of fills) {
      const top = y(b);
      if (end <= top) break;
      c.fillStyle = token(name);
      c.fillRect(x, top, 1, Math.min(end, y(a)) - top);
    }
  }
  c.globalAlpha = 1;
}

const fills: [number, number, string][] = [
  [88, 90, '--f90'],
  [85, 88, '--f88'],
  [0, 85, '--f85'],
];

// spo2Panel draws SpO2 with its bands and returns the scale.
export function spo2Panel(el: HTMLCanvasElement, p: Panel, from: number, to: number): { view: View; y: (v: number) => number } | null {
  const made = prepare(el);
  if (!made) return null;
  const { c, w, h } = made;
  const view = { from, to, left, right: w - right };
  const top = 6;
  const bottom = h - 4;
  // the same scale at every zoom: half a step more than the lowest reading needs
  const lo = Math.max(50, Math.min(84.5, Math.floor(p.lowest || 85) - 1.5));
  const hi = 100.5;
  const y = (v: number) => top + ((hi - v) / (hi - lo)) * (bottom - top);
  for (const [a, b, name] of bands) {
    c.fillStyle = token(name);
    c.fillRect(view.left, y(b), view.right - view.left, y(Math.max(lo, a)) - y(b));
  }
  c.font = font(500, '--fs-11');
  for (const tick of [60, 70, 80, 95, 100]) {
    if (tick < lo + 1) continue;
    c.strokeStyle = token('--grid');
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(view.left, Math.round(y(tick)) + 0.5);
    c.lineTo(view.right, Math.round(y(tick)) + 0.5);
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    c.fillText(String(tick), view.left - 7, y(tick));
  }
  timeAxis(c, view, p.wall, top, bottom, null);
  c.textAlign = 'left';
  for (const limit of [90, 88, 85]) {
    c.strokeStyle = token(`--f${limit}`);
    c.setLineDash(limit === 85 ? [] : limit === 88 ? [6, 3] : [2, 3]);
    c.beginPath();
    c.moveTo(view.left, Math.round(y(limit)) + 0.5);
    c.lineTo(view.right, Math.round(y(limit)) + 0.5);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = token(`--t${limit}`);
    c.font = font(650, '--fs-11');
    c.fillText(String(limit), view.right + 6, y(limit));
  }
  drawGaps(c, p, view, top, bottom, true);
  c.save();
  c.beginPath();
  c.rect(view.left, top, view.right - view.left, bottom - top);
  c.clip();
  if (p.prev) trace(c, p.prev, view, y, token('--trace-prev'), 1.25);
  if (p.soft) burden(c, p.smoothed, view, y, bottom);
  // Below 90 the raw readings are drawn whatever is chosen: a mean hides no dip.
  if (p.raw) trace(c, p.spo2, view, y, token(p.soft ? '--spo2-raw' : '--spo2'), p.soft ? 1 : 1.4);
  else {
    c.save();
    c.beginPath();
    c.rect(view.left, y(90), view.right - view.left, bottom - y(90));
    c.clip();
    trace(c, p.spo2, view, y, token(p.soft ? '--spo2-raw' : '--spo2'), 1);
    c.restore();
  }
  if (p.soft) trace(c, p.smoothed, view, y, token('--spo2'), 1.6);
  c.restore();
  return { view, y };
}

// pulsePanel draws the pulse and the names of the hours.
export function pulsePanel(el: HTMLCanvasElement, p: Panel, from: number, to: number): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const view = { from, to, left, right: w - right };
  const bottom = h - 18;
  let lo = 60;
  let hi = 100;
  if (p.pulseRange[0] < lo) lo = p.pulseRange[0];
  if (p.pulseRange[1] > hi) hi = p.pulseRange[1];
  lo = Math.floor((lo - 5) / 10) * 10;
  hi = Math.ceil((hi + 2) / 10) * 10;
  const y = (v: number) => 4 + ((hi - v) / (hi - lo)) * (bottom - 4);
  c.font = font(500, '--fs-11');
  const step = hi - lo > 100 ? 40 : 20;
  for (let tick = Math.ceil(lo / step) * step; tick <= hi; tick += step) {
    c.strokeStyle = token('--grid');
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(view.left, Math.round(y(tick)) + 0.5);
    c.lineTo(view.right, Math.round(y(tick)) + 0.5);
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    c.fillText(String(tick), view.left - 7, y(tick));
  }
  timeAxis(c, view, p.wall, 4, bottom, h - 7);
  drawGaps(c, p, view, 4, bottom, false);
  c.globalAlpha = 0.35;
  trace(c, p.pulse, view, y, token('--pr'), 1);
  c.globalAlpha = 1;
  trace(c, p.pulseSmoothed, view, y, token('--pr'), 1.5);
}

// sums are running totals of seconds with a value and of doubtful ones, so that
// the share of any stretch is one subtraction.
const totals = new WeakMap<Series, { ok: Uint32Array; bad: Uint32Array }>();

function sumsOf(s: Series, keep: boolean): { ok: Uint32Array; bad: Uint32Array } {
  let have = totals.get(s);
  if (have) return have;
  have = { ok: new Uint32Array(s.n + 1), bad: new Uint32Array(s.n + 1) };
  for (let i = 0; i < s.n; i++) {
    have.ok[i + 1] = have.ok[i] + (Number.isNaN(s.spo2[i]) ? 0 : 1);
    have.bad[i + 1] = have.bad[i] + s.doubt[i];
  }
  if (keep) totals.set(s, have);
  return have;
}

// qualityStrip draws where there was a signal, and where it was doubtful. done
// says that the series does not change any more.
export function qualityStrip(el: HTMLCanvasElement, p: Panel, from: number, to: number, done: boolean): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const sums = sumsOf(p.series, done);
  const at = (i: number) => Math.max(0, Math.min(p.series.n, i));
  const kinds = [
    { colour: token('--hatch'), alpha: 1, high: 2 },
    { colour: token('--warn'), alpha: 0.8, high: 5 },
    { colour: token('--ok'), alpha: 0.45, high: 8 },
  ];
  const kindAt = (x: number) => {
    const a = at(Math.floor(from + (x / w) * (to - from)));
    const b = at(Math.max(a + 1, Math.floor(from + ((x + 1) / w) * (to - from))));
    const ok = sums.ok[b] - sums.ok[a];
    if (ok / Math.max(1, b - a) < 0.1) return 0;
    return sums.bad[b] - sums.bad[a] > ok / 4 ? 1 : 2;
  };
  // columns alike are one bar
  for (let x = 0; x < w; ) {
    const kind = kindAt(x);
    const start = x++;
    while (x < w && kindAt(x) === kind) x++;
    const { colour, alpha, high } = kinds[kind];
    c.fillStyle = colour;
    c.globalAlpha = alpha;
    c.fillRect(start, h - 3 - high, x - start, high);
  }
  c.globalAlpha = 1;
}

// navigator draws the whole night small. The part that is shown lies over it.
export function navigator(el: HTMLCanvasElement, p: Panel): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  c.fillStyle = token('--surface-2');
  c.fillRect(0, 0, w, h);
  const view = { from: 0, to: p.series.n, left: 0, right: w };
  trace(c, p.spo2, view, (v) => 4 + ((100 - v) / 26) * (h - 8), token('--spo2'), 1);
}

// shownPart draws the frame about the part that is shown, as the page has it.
export function shownPart(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  c.save();
  c.translate(x, y);
  c.fillStyle = token('--accent');
  c.globalAlpha = 0.09;
  c.fillRect(0, 0, w, h);
  c.globalAlpha = 1;
  c.strokeStyle = token('--accent');
  c.lineWidth = 1.5;
  c.strokeRect(0.75, 0.75, Math.max(1, w - 1.5), h - 1.5);
  for (const at of [4, w - 4]) {
    c.beginPath();
    c.roundRect(at - 4, h / 2 - 11, 8, 22, 3);
    c.fill();
  }
  c.restore();
}

// strip draws in a line where a night went below 90: start, end and lowest of
// each dip.
export function strip(el: HTMLCanvasElement, episodes: [number, number, number][], seconds: number): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  c.fillStyle = token('--surface-3');
  c.fillRect(0, h / 2 - 2, w, 4);
  for (const [start, end, nadir] of [...episodes].sort((a, b) => b[2] - a[2])) {
    const x = (start / seconds) * w;
    c.fillStyle = token(`--f${band(nadir) || '90'}`);
    c.fillRect(x, 0, Math.max(1.2, ((end - start) / seconds) * w), h);
  }
}
