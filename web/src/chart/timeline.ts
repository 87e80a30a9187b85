// A panel of the timeline: one metric over any span, from raw readings to days.

import { decimal } from '../format';
import type { Metric, Points } from '../timeline';
import { font, prepare, token } from './canvas';

export const left = 44;
export const right = 34;

export interface Span {
  from: number; // ms
  to: number;
}

const day = 86400000;
const stepsMs = [
  1000,
  5000,
  15000,
  60000,
  300000,
  900000,
  3600000,
  3 * 3600000,
  6 * 3600000,
  12 * 3600000,
  day,
  2 * day,
  7 * day,
  14 * day,
  30 * day,
  91 * day,
];

// ticksOf returns the instants of lines across a span, about n of them. Months
// begin on their first.
export function ticksOf(s: Span, count: number): { at: number; step: number }[] {
  const n = Math.max(4, count);
  const step = stepsMs.find((x) => (s.to - s.from) / x <= n) ?? 365 * day;
  const out: { at: number; step: number }[] = [];
  if (step >= 30 * day) {
    const months = step >= 365 * day ? 12 : step >= 91 * day ? 3 : 1;
    const d = new Date(s.from);
    for (let m = Math.floor(d.getUTCMonth() / months) * months, y = d.getUTCFullYear(); ; m += months) {
      const at = Date.UTC(y, m, 1);
      if (at > s.to) return out;
      if (at >= s.from) out.push({ at, step });
    }
  }
  const shift = step === 7 * day || step === 14 * day ? 4 * day : 0; // weeks begin on Monday
  for (let at = Math.ceil((s.from - shift) / step) * step + shift; at <= s.to; at += step) out.push({ at, step });
  return out;
}

// scaleOf returns the ends of the scale for what is seen.
export function scaleOf(m: Metric, p: Points | undefined, s: Span): [number, number] {
  let [lo, hi] = m.span;
  if (p)
    for (let i = firstFrom(p, s.from); i < p.at.length && p.at[i] <= s.to; i++) {
      if (p.lo[i] < lo) lo = p.lo[i];
      if (p.hi[i] > hi) hi = p.hi[i];
    }
  const pad = (hi - lo) * 0.04;
  return [lo < m.span[0] ? lo - pad : lo, hi > m.span[1] ? hi + pad : hi];
}

// firstFrom returns the first point at or behind an instant.
export function firstFrom(p: Points, at: number): number {
  let a = 0;
  let b = p.at.length;
  while (a < b) {
    const m = (a + b) >> 1;
    if (p.at[m] < at) a = m + 1;
    else b = m;
  }
  return a;
}

const fills: [number, number, string][] = [
  [88, 90, '--b90'],
  [85, 88, '--b88'],
  [0, 85, '--b85'],
];

const dashes = [[2, 3], [6, 3], []];

function niceStep(span: number, n: number): number {
  const raw = span / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  return ([1, 2, 5, 10].find((x) => x * power >= raw) ?? 10) * power;
}

export interface Drawn {
  y: (v: number) => number;
  x: (at: number) => number;
}

export function metricPanel(el: HTMLCanvasElement, m: Metric, p: Points | undefined, s: Span): Drawn | null {
  const made = prepare(el);
  if (!made) return null;
  const { c, w, h } = made;
  const [lo, hi] = scaleOf(m, p, s);
  const end = w - right;
  const y = (v: number) => 5 + ((hi - v) / (hi - lo)) * (h - 10);
  const x = (at: number) => left + ((at - s.from) / (s.to - s.from)) * (end - left);
  const saturation = m.limits.length === 3 && m.limits[0] === 90;
  if (saturation)
    for (const [a, b, name] of fills) {
      if (b < lo) continue;
      c.fillStyle = token(name);
      c.fillRect(left, y(b), end - left, y(Math.max(lo, a)) - y(b));
    }
  c.font = font(500, '--fs-11');
  c.lineWidth = 1;
  const step = niceStep(hi - lo, Math.max(2, h / 30));
  for (let v = Math.ceil(lo / step) * step; v <= hi; v += step) {
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(left, Math.round(y(v)) + 0.5);
    c.lineTo(end, Math.round(y(v)) + 0.5);
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    const n = +(v / (m.per ?? 1)).toFixed(2);
    const places = m.per ? 1 : Number.isInteger(n) ? 0 : Number.isInteger(+(n * 10).toFixed(2)) ? 1 : 2;
    c.fillText(decimal(n, places), left - 7, Math.min(h - 6, Math.max(6, y(v))));
  }
  for (const t of ticksOf(s, (end - left) / 90)) {
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(Math.round(x(t.at)) + 0.5, 0);
    c.lineTo(Math.round(x(t.at)) + 0.5, h);
    c.stroke();
  }
  m.limits.forEach((v, i) => {
    if (v < lo || v > hi) return;
    const k = m.limits.length === 1 ? 2 : i;
    c.strokeStyle = token(['--f90', '--f88', '--f85'][k]);
    c.setLineDash(dashes[k]);
    c.beginPath();
    c.moveTo(left, Math.round(y(v)) + 0.5);
    c.lineTo(end, Math.round(y(v)) + 0.5);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = token(['--t90', '--t88', '--t85'][k]);
    c.textAlign = 'left';
    c.font = font(650, '--fs-11');
    c.fillText(String(v), end + 6, y(v));
  });
  if (!p) return { x, y };
  c.save();
  c.beginPath();
  c.rect(left, 0, end - left, h);
  c.clip();
  const colour = token(m.colour);
  const first = Math.max(0, firstFrom(p, s.from) - 1);
  const stop = Math.min(p.at.length, firstFrom(p, s.to) + 1);
  const hold = p.apart * 2.5;
  const half = Math.max(0.5, ((p.apart / 2) * (end - left)) / (s.to - s.from));
  // What lies between lowest and highest is always drawn: a mean hides no dip.
  c.fillStyle = colour;
  c.globalAlpha = 0.35;
  for (let i = first; i < stop; i++) {
    if (p.lo[i] === p.hi[i]) continue;
    const a = x(p.at[i]);
    c.fillRect(a - half, y(p.hi[i]), Math.max(1, 2 * half), Math.max(1, y(p.lo[i]) - y(p.hi[i])));
  }
  c.globalAlpha = 1;
  if (saturation)
    for (let i = first; i < stop; i++)
      if (p.lo[i] < 90 && p.lo[i] < p.hi[i]) {
        const at = x(p.at[i]);
        c.fillStyle = token(p.lo[i] < 85 ? '--f85' : p.lo[i] < 88 ? '--f88' : '--f90');
        c.fillRect(at - Math.max(1.5, half), y(p.lo[i]) - 1.5, Math.max(3, 2 * half), 3);
      }
  c.strokeStyle = colour;
  c.lineWidth = 1.5;
  c.lineJoin = 'round';
  c.beginPath();
  for (let i = first; i < stop; i++) {
    const joined = i > first && p.at[i] - p.at[i - 1] <= hold;
    if (joined) c.lineTo(x(p.at[i]), y(p.mean[i]));
    else {
      c.moveTo(x(p.at[i]) - Math.min(half, 4), y(p.mean[i]));
      c.lineTo(x(p.at[i]) + Math.min(half, 4), y(p.mean[i]));
    }
  }
  c.stroke();
  c.restore();
  return { x, y };
}

// timeRow draws the names of the instants below the panels.
export function timeRow(el: HTMLCanvasElement, s: Span, name: (at: number, step: number) => string): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w } = made;
  c.font = font(500, '--fs-11');
  c.fillStyle = token('--axis');
  c.textAlign = 'center';
  const end = w - right;
  let free = 0; // up to here there is a name
  for (const t of ticksOf(s, (end - left) / 90)) {
    const x = left + ((t.at - s.from) / (s.to - s.from)) * (end - left);
    const text = name(t.at, t.step);
    const half = c.measureText(text).width / 2;
    if (x - half < free || x + half > w) continue;
    free = x + half + 8;
    c.fillText(text, x, 9);
  }
}
