// The drawings of nights beside each other.

import { decimal } from '../format';
import { font, hatch, prepare, tickStep, token, trace, type View, xOf } from './canvas';

type Values = (number | null)[];

export interface Spread {
  p5: Values;
  q1: Values;
  median: Values;
  q3: Values;
  p95: Values;
}

const bands: [number, number, string][] = [
  [88, 90, '--b90'],
  [85, 88, '--b88'],
  [0, 85, '--b85'],
];

const limits: [number, number[]][] = [
  [90, [2, 3]],
  [88, [6, 3]],
  [85, []],
];

// Axis is the common axis of nights: seconds since noon, or since their starts.
export interface Axis {
  from: number;
  to: number;
  clock: boolean;
}

export function hourName(a: Axis, s: number): string {
  const h = a.clock ? (Math.floor(s / 3600) + 12) % 24 : Math.floor(s / 3600);
  return `${a.clock ? String(h).padStart(2, '0') : h}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}`;
}

function hours(a: Axis, width: number): number[] {
  const step = Math.max(1800, tickStep(a.to - a.from, Math.max(2, width / 60)));
  const out: number[] = [];
  for (let t = Math.ceil(a.from / step) * step; t <= a.to; t += step) out.push(t);
  return out;
}

// ribbon fills between two lines where both are known.
function ribbon(
  c: CanvasRenderingContext2D,
  low: Values,
  high: Values,
  x: (k: number) => number,
  y: (v: number) => number,
  alpha: number,
): void {
  c.fillStyle = token('--trace-prev');
  c.globalAlpha = alpha;
  for (let k = 0; k < low.length; ) {
    if (low[k] === null || high[k] === null) {
      k++;
      continue;
    }
    let end = k;
    while (end < low.length && low[end] !== null && high[end] !== null) end++;
    c.beginPath();
    for (let i = k; i < end; i++) c.lineTo(x(i), y(low[i] as number));
    for (let i = end - 1; i >= k; i--) c.lineTo(x(i), y(high[i] as number));
    c.fill();
    k = end;
  }
  c.globalAlpha = 1;
}

function line(
  c: CanvasRenderingContext2D,
  a: Values,
  x: (k: number) => number,
  y: (v: number) => number,
  colour: string,
  width: number,
): void {
  c.strokeStyle = colour;
  c.lineWidth = width;
  c.lineJoin = 'round';
  c.beginPath();
  let pen = false;
  a.forEach((v, k) => {
    if (v === null) {
      pen = false;
      return;
    }
    if (pen) c.lineTo(x(k), y(v));
    else c.moveTo(x(k), y(v));
    pen = true;
  });
  c.stroke();
}

// ribbons draws the lowest of each step of this night over those of the others.
export function ribbons(el: HTMLCanvasElement, a: Axis, step: number, own: Values, usual: Spread): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const left = 34;
  const right = 30;
  const top = 6;
  const bottom = h - 20;
  const all = [...own, ...usual.p5].filter((v): v is number => v !== null);
  const lo = Math.max(50, Math.min(83.5, ...all) - 1.5);
  const hi = 100.5;
  const view: View = { from: a.from, to: a.to, left, right: w - right };
  const x = (k: number) => xOf(view, a.from + (k + 0.5) * step);
  const y = (v: number) => top + ((hi - v) / (hi - lo)) * (bottom - top);
  for (const [p, q, name] of bands) {
    c.fillStyle = token(name);
    c.fillRect(left, y(q), w - left - right, y(Math.max(lo, p)) - y(q));
  }
  c.font = font(500, '--fs-11');
  c.lineWidth = 1;
  for (const tick of [60, 70, 80, 95, 100]) {
    if (tick < lo + 0.5) continue;
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(left, Math.round(y(tick)) + 0.5);
    c.lineTo(w - right, Math.round(y(tick)) + 0.5);
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    c.fillText(String(tick), left - 7, y(tick));
  }
  for (const [v, dash] of limits) {
    c.strokeStyle = token(`--f${v}`);
    c.setLineDash(dash);
    c.beginPath();
    c.moveTo(left, Math.round(y(v)) + 0.5);
    c.lineTo(w - right, Math.round(y(v)) + 0.5);
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = token(`--t${v}`);
    c.textAlign = 'left';
    c.font = font(650, '--fs-11');
    c.fillText(String(v), w - right + 6, y(v));
  }
  c.font = font(500, '--fs-11');
  c.textAlign = 'center';
  for (const t of hours(a, w)) {
    const at = xOf(view, t);
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(Math.round(at) + 0.5, top);
    c.lineTo(Math.round(at) + 0.5, bottom);
    c.stroke();
    c.fillStyle = token('--axis');
    c.fillText(hourName(a, t), at, h - 8);
  }
  ribbon(c, usual.p5, usual.p95, x, y, 0.2);
  ribbon(c, usual.q1, usual.q3, x, y, 0.32);
  line(c, usual.median, x, y, token('--border-strong'), 2);
  line(c, own, x, y, token('--spo2'), 2.25);
}

// nightRow draws one night on the common axis.
export function nightRow(
  el: HTMLCanvasElement,
  a: Axis,
  night: { from_s: number; step_s: number; low: number[]; high: number[]; span: number; this: boolean },
): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const view: View = { from: a.from, to: a.to, left: 0, right: w };
  const lo = Math.min(78, Math.min(...night.low.filter((v) => v > 0), 78) - 1);
  const y = (v: number) => 2 + ((100.5 - v) / (100.5 - lo)) * (h - 4);
  for (const [p, q, name] of bands) {
    c.fillStyle = token(name);
    c.fillRect(0, y(q), w, y(Math.max(lo, p)) - y(q));
  }
  c.strokeStyle = token('--grid');
  c.lineWidth = 1;
  for (const t of hours(a, w)) {
    c.beginPath();
    c.moveTo(Math.round(xOf(view, t)) + 0.5, 0);
    c.lineTo(Math.round(xOf(view, t)) + 0.5, h);
    c.stroke();
  }
  const begin = xOf(view, night.from_s);
  const end = xOf(view, night.from_s + night.span);
  c.fillStyle = token('--surface');
  c.globalAlpha = 0.78;
  c.fillRect(0, 0, begin, h);
  c.fillRect(end, 0, w - end, h);
  c.globalAlpha = 1;
  // low and high of every step, one after the other, as a line of their own
  const points = new Float32Array(night.low.length * 2);
  let gap = -1;
  for (let i = 0; i <= night.low.length; i++) {
    const missing = i < night.low.length && night.high[i] === 0;
    if (missing && gap < 0) gap = i;
    if (!missing && gap >= 0) {
      const p = xOf(view, night.from_s + gap * night.step_s);
      const q = xOf(view, night.from_s + i * night.step_s);
      c.fillStyle = token('--surface-2');
      c.fillRect(p, 0, q - p, h);
      hatch(c, p, 0, q - p, h, token('--hatch'));
      gap = -1;
    }
    if (i < night.low.length) {
      points[2 * i] = night.high[i] || Number.NaN;
      points[2 * i + 1] = night.low[i] || Number.NaN;
    }
  }
  const half = night.step_s / 2;
  trace(
    c,
    points,
    { from: (a.from - night.from_s) / half, to: (a.to - night.from_s) / half, left: 0, right: w },
    y,
    token(night.this ? '--spo2' : '--axis'),
    night.this ? 1.25 : 1,
  );
}

export function hourRow(el: HTMLCanvasElement, a: Axis): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w } = made;
  c.font = font(500, '--fs-11');
  c.fillStyle = token('--axis');
  c.textAlign = 'center';
  const view: View = { from: a.from, to: a.to, left: 0, right: w };
  for (const t of hours(a, w)) {
    const x = xOf(view, t);
    if (x > 14 && x < w - 14) c.fillText(hourName(a, t), x, 8);
  }
}

// levels draws the minutes below each level, on a scale of powers of ten.
export function levels(el: HTMLCanvasElement, percent: number[], own: Values, usual: Spread): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const left = 38;
  const right = 18;
  const top = 8;
  const bottom = h - 22;
  const a = percent[0];
  const b = percent[percent.length - 1];
  const f = (s: number) => Math.log10(Math.max(0.1, s / 60));
  const most = Math.max(100, ...[...own, ...usual.p95].map((v) => (v ?? 0) / 60));
  const lo = -1;
  const hi = Math.log10(most);
  const x = (v: number) => left + ((v - a) / (b - a)) * (w - left - right);
  const y = (s: number) => top + ((hi - f(s)) / (hi - lo)) * (bottom - top);
  for (const [p, q, name] of bands) {
    const from = Math.max(a, p);
    c.fillStyle = token(name);
    c.fillRect(x(from), top, x(q) - x(from), bottom - top);
  }
  c.font = font(500, '--fs-11');
  c.lineWidth = 1;
  for (const v of [0.1, 1, 10, 100]) {
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(left, y(v * 60));
    c.lineTo(w - right, y(v * 60));
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    c.fillText(decimal(v, v < 1 ? 1 : 0), left - 6, y(v * 60));
  }
  c.textAlign = 'center';
  for (const v of [80, 85, 88, 90, 94]) c.fillText(`${v} %`, x(v), h - 9);
  const at = (k: number) => x(percent[k]);
  ribbon(c, usual.p5, usual.p95, at, y, 0.25);
  ribbon(c, usual.q1, usual.q3, at, y, 0.35);
  line(c, usual.median, at, y, token('--border-strong'), 2);
  line(c, own, at, y, token('--spo2'), 2.5);
}

// shares draws the share of time at each percent: bars of this night, the middle
// half of the others over them.
export function shares(
  el: HTMLCanvasElement,
  percent: number[],
  own: number[],
  usual: { q1: number[]; median: number[]; q3: number[] },
): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const left = 30;
  const right = 6;
  const top = 6;
  const bottom = h - 20;
  const most = Math.max(0.01, ...own, ...usual.q3) * 1.08;
  const width = (w - left - right) / percent.length;
  const y = (v: number) => top + (1 - v / most) * (bottom - top);
  c.font = font(500, '--fs-11');
  c.lineWidth = 1;
  const step = [0.02, 0.05, 0.1, 0.2, 0.25].find((s) => most / s <= 5) ?? 0.5;
  for (let v = 0; v <= most; v += step) {
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(left, Math.round(y(v)) + 0.5);
    c.lineTo(w - right, Math.round(y(v)) + 0.5);
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    c.fillText(`${Math.round(v * 100)}`, left - 6, y(v));
  }
  percent.forEach((p, i) => {
    const x = left + i * width;
    c.fillStyle = token(p < 85 ? '--f85' : p < 88 ? '--f88' : p < 90 ? '--f90' : '--spo2');
    c.globalAlpha = 0.6;
    c.fillRect(x + width * 0.15, y(own[i]), width * 0.7, y(0) - y(own[i]));
    c.globalAlpha = 1;
    c.strokeStyle = token('--text-2');
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(x + width / 2, y(usual.q1[i]));
    c.lineTo(x + width / 2, y(usual.q3[i]));
    c.moveTo(x + width * 0.2, y(usual.median[i]));
    c.lineTo(x + width * 0.8, y(usual.median[i]));
    c.stroke();
    if (p % 5 === 0) {
      c.fillStyle = token('--axis');
      c.textAlign = 'center';
      c.fillText(String(p), x + width / 2, h - 8);
    }
  });
}
