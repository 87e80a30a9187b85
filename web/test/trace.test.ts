// @vitest-environment happy-dom
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { trace } from '../src/chart/canvas';
import { Line } from '../src/chart/line';

beforeAll(() => {
  vi.stubGlobal('devicePixelRatio', 1);
});

interface Bar {
  x: number;
  y: number;
  w: number;
  h: number;
}

// bars draws a line on a canvas that keeps what is filled.
function bars(a: Float32Array, from: number, to: number, pixels: number): Bar[] {
  const out: Bar[] = [];
  const c = {
    beginPath() {},
    fillRect: (x: number, y: number, w: number, h: number) => out.push({ x, y, w, h }),
  } as unknown as CanvasRenderingContext2D;
  trace(c, new Line(a), { from, to, left: 0, right: pixels }, (v) => 100 - v, 'black', 0);
  return out;
}

describe('a dense line', () => {
  let seed = 3;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };

  it('reaches every dip and every peak, wherever the view stands', () => {
    const n = 28800;
    const a = new Float32Array(n).fill(96);
    for (let i = 0; i < n; i++) if (random() < 0.05) a[i] = 92 + Math.floor(random() * 8);
    a.fill(Number.NaN, 9000, 9700);
    a[12345] = 61; // one second each
    a[23456] = 55;
    for (const [from, to, pixels] of [
      [0, n, 722],
      [7200, 21600, 722],
      [7213.7, 21613.7, 722],
      [11000, 26000, 300],
      [12000, 13000, 722],
    ]) {
      const drawn = bars(a, from, to, pixels);
      for (let i = Math.ceil(from) + 1; i < to - 1; i++) {
        if (a[i] === 96 || Number.isNaN(a[i])) continue;
        // in its column, or in the one beside it where a block of samples lies over the edge
        const x = ((i - from) / (to - from)) * pixels;
        const hit = drawn.some((b) => x >= b.x - 1 && x <= b.x + b.w + 1 && 100 - a[i] >= b.y - 1e-3 && 100 - a[i] <= b.y + b.h + 1e-3);
        expect(hit, `${a[i]} at ${i} of ${from}…${to}`).toBe(true);
      }
    }
  });

  it('draws columns alike as one bar, and none where nothing was measured', () => {
    const a = new Float32Array(10000).fill(97);
    a.fill(Number.NaN, 4000, 6000);
    expect(bars(a, 0, 10000, 500)).toEqual([
      { x: 0, y: 3, w: 200, h: 0 },
      { x: 300, y: 3, w: 200, h: 0 },
    ]);
  });
});
