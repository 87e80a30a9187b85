import { describe, expect, it } from 'vitest';
import { Line } from '../src/chart/line';

describe('a line at any zoom', () => {
  it('keeps the lowest and highest of every block, and says where something is missing', () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed / 2147483648;
    };
    const a = new Float32Array(20000);
    for (let i = 0; i < a.length; i++) a[i] = random() < 0.02 ? Number.NaN : 80 + Math.floor(random() * 20);
    a.fill(Number.NaN, 5000, 9000);
    const line = new Line(a);
    for (const width of [1, 32, 33, 300, 4000, 100000]) {
      const l = line.level(width);
      expect(l.size === 1 || l.size <= width / 4).toBe(true);
      for (let k = 0; k < l.lo.length; k++) {
        const all = [...a.subarray(k * l.size, (k + 1) * l.size)];
        const have = all.filter((v) => !Number.isNaN(v));
        if (have.length === 0) expect(l.lo[k]).toBeNaN();
        else expect([l.lo[k], l.hi[k], l.last[k]]).toEqual([Math.min(...have), Math.max(...have), have.at(-1)]);
        if (l.hole && have.length > 0) expect(l.hole[k] === 1).toBe(have.length < all.length);
      }
    }
  });
  it('tells the extremes of a stretch', () => {
    const a = new Float32Array(10000).fill(97);
    a[4321] = 71;
    const line = new Line(a);
    expect(line.lowest(0, 10000)).toBe(71);
    expect(line.lowest(4321, 4322)).toBe(71);
    expect(line.lowest(4322, 4330)).toBe(97);
    expect(line.highest(0, 10000)).toBe(97);
    expect(new Line(new Float32Array(5).fill(Number.NaN)).lowest(0, 5)).toBeNaN();
  });
});
