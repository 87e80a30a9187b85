// The last minutes of a bed in a tile. The mean is drawn over the lowest and
// highest of each slot; below 90 % these are always drawn, whatever is chosen.

import type { Tail } from '../live/tail';
import { hatch, prepare, token } from './canvas';

const low = 79;

export function strip(
  el: HTMLCanvasElement,
  t: Tail,
  pale: boolean,
  raw: boolean,
  white: boolean,
  size?: { width: number; height: number },
): void {
  const made = prepare(el, size);
  if (!made) return;
  const { c, w, h } = made;
  const y = (v: number) => 2 + ((100.5 - Math.max(low, v)) / (100.5 - low)) * (h - 4);
  const bands: [number, number, string][] = [
    [88, 90, '--b90'],
    [85, 88, '--b88'],
    [low, 85, '--b85'],
  ];
  for (const [p, q, name] of bands) {
    c.fillStyle = token(name);
    c.fillRect(0, y(q), w, y(p) - y(q) + (p === low ? 2 : 0));
  }
  c.strokeStyle = token('--f90');
  c.globalAlpha = 0.7;
  c.lineWidth = 1;
  c.setLineDash([2, 3]);
  c.beginPath();
  c.moveTo(0, y(90));
  c.lineTo(w, y(90));
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
  const n = t.slots;
  const right = w - 4;
  const x = (i: number) => ((i + 0.5) / n) * right;
  // gaps, from the first value on: before it the page knows nothing
  let first = 0;
  while (first < n && Number.isNaN(t.mid[first])) first++;
  let open = -1;
  for (let i = first; i <= n; i++) {
    const missing = i < n && Number.isNaN(t.mid[i]);
    if (missing && open < 0) open = i;
    if (!missing && open >= 0) {
      // one slot without a reading is the beat of the device, not a gap
      if (i - open > 1) hatch(c, x(open) - right / n / 2, 0, ((i - open) / n) * right + (i === n ? 4 : 0), h, token('--hatch'));
      open = -1;
    }
  }
  const colour = token(pale ? '--text-3' : white ? '--al-high-on' : '--spo2');
  c.strokeStyle = colour;
  c.lineJoin = 'round';
  // the raw envelope: all of it, or what lies below 90 %
  c.lineWidth = Math.max(1, right / n);
  c.beginPath();
  for (let i = first; i < n; i++) {
    const lo = t.lo[i];
    if (Number.isNaN(lo) || (!raw && lo >= 90)) continue;
    c.moveTo(x(i), y(lo) + 0.5);
    c.lineTo(x(i), y(raw ? t.hi[i] : Math.max(lo, t.mid[i])) - 0.5);
  }
  c.globalAlpha = raw ? 1 : 0.6;
  c.stroke();
  c.globalAlpha = 1;
  c.lineWidth = 1.4;
  c.beginPath();
  let pen = -9;
  for (let i = first; i < n; i++) {
    const v = raw ? t.lo[i] : t.mid[i];
    if (Number.isNaN(v)) continue;
    if (i - pen > 2) c.moveTo(x(i), y(v));
    else c.lineTo(x(i), y(v));
    pen = i;
  }
  c.stroke();
  if (pen === n - 1 && !pale) {
    c.fillStyle = token('--spo2');
    c.beginPath();
    c.arc(w - 5, y(raw ? t.lo[pen] : t.mid[pen]), 2.6, 0, 7);
    c.fill();
  }
}
