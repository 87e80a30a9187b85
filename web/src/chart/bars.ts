// Bars of nights: minutes below 90, split at 88 and 85.

import { font, prepare, token } from './canvas';

export interface Bar {
  label: string;
  below: [number, number, number] | null; // seconds below 90, 88, 85; null: not measured
  this: boolean;
}

export function bars(el: HTMLCanvasElement, list: Bar[]): void {
  const made = prepare(el);
  if (!made || !list.length) return;
  const { c, w, h } = made;
  const most = Math.max(1, ...list.map((b) => (b.below?.[0] ?? 0) / 60)) * 1.12;
  const step = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 240].find((s) => most / s <= 4) ?? 480;
  const y = (v: number) => 6 + (1 - v / most) * (h - 26);
  c.font = font(500, '--fs-11');
  for (let v = 0; v <= most; v += step) {
    c.strokeStyle = token('--grid');
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(28, Math.round(y(v)) + 0.5);
    c.lineTo(w, Math.round(y(v)) + 0.5);
    c.stroke();
    c.fillStyle = token('--axis');
    c.textAlign = 'right';
    c.fillText(String(v), 22, y(v));
  }
  const width = Math.min(160, (w - 40) / list.length);
  const thick = Math.min(56, width * 0.6);
  c.textAlign = 'center';
  const order = list.map((_, i) => i).sort((a, b) => Number(list[b].this) - Number(list[a].this) || a - b);
  const taken: [number, number][] = [];
  for (const i of order) {
    const b = list[i];
    const x = 34 + i * width;
    (['--f90', '--f88', '--f85'] as const).forEach((name, k) => {
      const v = (b.below?.[k] ?? 0) / 60;
      c.fillStyle = token(name);
      c.fillRect(x, y(v), thick, y(0) - y(v));
    });
    c.font = font(b.this ? 650 : 500, '--fs-11');
    c.fillStyle = token(b.this ? '--text' : '--axis');
    const half = c.measureText(b.label).width / 2 + 3;
    const middle = x + thick / 2;
    if (taken.some(([p, q]) => middle + half > p && middle - half < q)) continue;
    taken.push([middle - half, middle + half]);
    c.fillText(b.label, middle, h - 8);
  }
}
