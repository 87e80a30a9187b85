// The chart of a person who is watched now: saturation over its bands with what
// lies below 90 % filled, and the pulse under it.

import type { Tail } from '../live/tail';
import { font, hatch, prepare, tickStep, token } from './canvas';

const left = 30;
const right = 28;
const top = 8;
const foot = 22;

export interface Lines {
  raw: boolean;
  smooth: boolean;
}

interface Scale {
  w: number;
  h: number;
  x: (slot: number) => number;
  y: (v: number) => number;
}

function scale(t: Tail, w: number, h: number, lo: number, hi: number, bottom: number): Scale {
  const span = w - left - right;
  return {
    w,
    h,
    x: (i) => left + ((i + 0.5) / t.slots) * span,
    y: (v) => top + ((hi - Math.min(hi, Math.max(lo, v))) / (hi - lo)) * (h - top - bottom),
  };
}

// clock writes the times under a panel, in the zone of this machine.
function clock(c: CanvasRenderingContext2D, t: Tail, s: Scale, write: boolean): void {
  const seconds = (t.slots * t.slotMs) / 1000;
  const step = tickStep(seconds, s.w < 500 ? 5 : 9) * 1000;
  const end = (t.end + 1) * t.slotMs;
  const zone = new Date(end).getTimezoneOffset() * 60_000;
  c.strokeStyle = token('--grid');
  c.lineWidth = 1;
  c.fillStyle = token('--axis');
  c.font = font(400, '--fs-11');
  c.textAlign = 'center';
  for (let at = Math.floor((end - zone) / step) * step + zone; at > end - t.slots * t.slotMs; at -= step) {
    const x = Math.round(s.x(t.slots - 1 - (end - at) / t.slotMs)) + 0.5;
    c.beginPath();
    c.moveTo(x, top);
    c.lineTo(x, s.h - (write ? foot : 4));
    c.stroke();
    const d = new Date(at);
    if (write && x > left + 8 && x < s.w - right)
      c.fillText(`${String(d.getHours()).padStart(2, '0')}:${String(d.getMinutes()).padStart(2, '0')}`, x, s.h - foot / 2 + 2);
  }
}

function line(c: CanvasRenderingContext2D, a: Float32Array, s: Scale): void {
  c.beginPath();
  let pen = -9;
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i])) continue;
    if (i - pen > 2) c.moveTo(s.x(i), s.y(a[i]));
    else c.lineTo(s.x(i), s.y(a[i]));
    pen = i;
  }
  c.stroke();
}

function gaps(c: CanvasRenderingContext2D, t: Tail, s: Scale, bottom: number): void {
  const wide = (s.w - left - right) / t.slots;
  let open = -1;
  let some = false;
  for (let i = 0; i <= t.slots; i++) {
    const missing = i < t.slots && Number.isNaN(t.mid[i]);
    if (missing && open < 0) open = i;
    if (!missing && open >= 0) {
      if (i - open > 2 && some) hatch(c, s.x(open) - wide / 2, top, (i - open) * wide, s.h - top - bottom, token('--hatch'));
      open = -1;
    }
    if (!missing) some = true;
  }
}

// smoothed is the mean of eleven slots at most, ending on the newest raw value.
function smoothed(t: Tail): Float32Array {
  const out = new Float32Array(t.slots).fill(Number.NaN);
  const half = t.slotMs <= 1000 ? 2 : 1;
  for (let i = 0; i < t.slots; i++) {
    if (Number.isNaN(t.mid[i])) continue;
    let sum = 0;
    let n = 0;
    for (let k = Math.max(0, i - half); k <= Math.min(t.slots - 1, i + half); k++)
      if (!Number.isNaN(t.mid[k])) {
        sum += t.mid[k];
        n++;
      }
    out[i] = i >= t.slots - 1 - half ? t.mid[i] : sum / n;
  }
  return out;
}

export function drawSpo2(el: HTMLCanvasElement, t: Tail, lines: Lines): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  let least = 79;
  for (const v of t.lo) if (v < least) least = v;
  const lo = Math.max(50, Math.floor(least / 5) * 5 - 1.5);
  const s = scale(t, w, h, lo, 100.5, foot);
  const bands: [number, number, string, string][] = [
    [88, 90, '--b90', '--f90'],
    [85, 88, '--b88', '--f88'],
    [lo, 85, '--b85', '--f85'],
  ];
  for (const [p, q, fill] of bands) {
    c.fillStyle = token(fill);
    c.fillRect(left, s.y(q), w - left - right, s.y(p) - s.y(q));
  }
  clock(c, t, s, true);
  c.font = font(400, '--fs-11');
  c.textAlign = 'right';
  for (const v of [80, 95, 100]) {
    const y = Math.round(s.y(v)) + 0.5;
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(left, y);
    c.lineTo(w - right, y);
    c.stroke();
    c.fillStyle = token('--axis');
    c.fillText(String(v), left - 6, y);
  }
  c.textAlign = 'left';
  const limits: [number, string, number[]][] = [
    [90, '--t90', [2, 3]],
    [88, '--t88', [6, 4]],
    [85, '--t85', []],
  ];
  for (const [v, colour, dash] of limits) {
    const y = Math.round(s.y(v)) + 0.5;
    c.strokeStyle = c.fillStyle = token(colour);
    c.setLineDash(dash);
    c.beginPath();
    c.moveTo(left, y);
    c.lineTo(w - right, y);
    c.stroke();
    c.setLineDash([]);
    c.font = font(650, '--fs-11');
    c.fillText(String(v), w - right + 6, y);
  }
  gaps(c, t, s, foot);
  const shown = lines.smooth ? smoothed(t) : t.lo;
  // what lies below 90 %, in the colour of its depth
  c.save();
  c.globalAlpha = 0.75;
  for (const [p, q, , fill] of bands) {
    c.save();
    c.beginPath();
    c.rect(left, s.y(q), w - left - right, s.y(p) - s.y(q));
    c.clip();
    c.fillStyle = token(fill);
    c.beginPath();
    let from = -1;
    for (let i = 0; i <= t.slots; i++) {
      const v = i < t.slots ? shown[i] : Number.NaN;
      const hold = Number.isNaN(v) && i + 1 < t.slots && !Number.isNaN(shown[i + 1]);
      if (Number.isNaN(v) && !hold) {
        if (from >= 0) c.lineTo(s.x(i - 1), s.y(90));
        from = -1;
        continue;
      }
      if (hold) continue;
      if (from < 0) {
        c.moveTo(s.x(i), s.y(90));
        from = i;
      }
      c.lineTo(s.x(i), s.y(Math.min(90, v)));
    }
    c.fill();
    c.restore();
  }
  c.restore();
  // the raw envelope; below 90 % always
  c.strokeStyle = token(lines.raw ? '--spo2-raw' : '--spo2');
  c.globalAlpha = lines.raw ? 1 : 0.5;
  c.lineWidth = Math.max(1.2, (w - left - right) / t.slots);
  c.beginPath();
  for (let i = 0; i < t.slots; i++) {
    if (Number.isNaN(t.lo[i]) || (!lines.raw && t.lo[i] >= 90)) continue;
    c.moveTo(s.x(i), s.y(t.lo[i]) + 0.6);
    c.lineTo(s.x(i), s.y(t.hi[i]) - 0.6);
  }
  c.stroke();
  c.globalAlpha = 1;
  c.strokeStyle = token('--spo2');
  c.lineJoin = 'round';
  c.lineWidth = lines.smooth ? 2.2 : 1.4;
  line(c, shown, s);
  const last = t.mid[t.slots - 1];
  if (!Number.isNaN(last)) {
    c.fillStyle = token('--text');
    c.beginPath();
    c.arc(s.x(t.slots - 1), s.y(last), 4.5, 0, 7);
    c.fill();
  }
}

export function drawPulse(el: HTMLCanvasElement, t: Tail, name: string): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  let lo = 50;
  let hi = 100;
  for (const v of t.lo) if (v < lo) lo = v;
  for (const v of t.hi) if (v > hi) hi = v;
  lo = Math.floor(lo / 10) * 10;
  hi = Math.ceil(hi / 10) * 10;
  const s = scale(t, w, h, lo, hi, 6);
  clock(c, t, s, false);
  c.font = font(400, '--fs-11');
  c.textAlign = 'right';
  const step = hi - lo > 80 ? 40 : 20;
  for (let v = Math.ceil((lo + 5) / step) * step; v < hi; v += step) {
    const y = Math.round(s.y(v)) + 0.5;
    c.strokeStyle = token('--grid');
    c.beginPath();
    c.moveTo(left, y);
    c.lineTo(w - right, y);
    c.stroke();
    c.fillStyle = token('--axis');
    c.fillText(String(v), left - 6, y);
  }
  gaps(c, t, s, 6);
  c.strokeStyle = token('--pr');
  c.lineWidth = 1.6;
  c.lineJoin = 'round';
  line(c, t.slotMs <= 1000 ? smoothed(t) : t.mid, s);
  c.fillStyle = token('--pr');
  c.textAlign = 'left';
  c.font = font(650, '--fs-11');
  c.fillText(name, left + 6, 8);
}
