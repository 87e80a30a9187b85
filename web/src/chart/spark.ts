// The last minutes of a bed in a tile.

import { hatch, prepare, token, trace } from './canvas';

export function spark(el: HTMLCanvasElement, a: Float32Array, pale: boolean): void {
  const made = prepare(el);
  if (!made) return;
  const { c, w, h } = made;
  const lo = 79;
  const y = (v: number) => 2 + ((100.5 - Math.max(lo, v)) / (100.5 - lo)) * (h - 4);
  for (const [p, q, name] of [
    [88, 90, '--b90'],
    [85, 88, '--b88'],
    [lo, 85, '--b85'],
  ] as [number, number, string][]) {
    c.fillStyle = token(name);
    c.fillRect(0, y(q), w, y(p) - y(q));
  }
  c.strokeStyle = token('--f90');
  c.globalAlpha = 0.7;
  c.setLineDash([2, 3]);
  c.beginPath();
  c.moveTo(0, y(90));
  c.lineTo(w, y(90));
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
  const view = { from: 0, to: a.length, left: 1, right: w - 2 };
  let open = -1;
  for (let i = 0; i <= a.length; i++) {
    const missing = i < a.length && Number.isNaN(a[i]);
    if (missing && open < 0) open = i;
    if (!missing && open >= 0) {
      const x = (open / a.length) * w;
      hatch(c, x, 0, (i / a.length) * w - x, h, token('--hatch'));
      open = -1;
    }
  }
  const colour = token(pale ? '--text-3' : '--spo2');
  trace(c, a, view, y, colour, 1.4);
  const last = a[a.length - 1];
  if (!Number.isNaN(last) && !pale) {
    c.fillStyle = colour;
    c.beginPath();
    c.arc(w - 4, y(last), 2.6, 0, 7);
    c.fill();
  }
}
