// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { enlarge, enlargePage } from '../src/wall';

describe('a ward on a wall', () => {
  it('is as large as all beds fit, and on a desk as it was drawn', () => {
    expect(enlarge(1440, 900, 24)).toBe(1);
    expect(enlarge(1920, 1080, 24)).toBe(1);
    expect(enlarge(3840, 2160, 0)).toBe(1);
    expect(enlarge(3840, 2160, 24)).toBeGreaterThan(2);
    expect(enlarge(3840, 2160, 60)).toBeGreaterThan(1.3);
    expect(enlarge(3840, 2160, 60)).toBeLessThan(enlarge(3840, 2160, 24));
    expect(enlarge(3840, 2160, 1000)).toBe(1);
  });
  it('leaves no bed below the edge', () => {
    for (const n of [1, 8, 24, 40, 80, 120]) {
      const z = enlarge(3840, 2160, n);
      if (z === 1) continue;
      const columns = Math.floor((3840 / z - 340) / 176);
      expect(134 + Math.ceil(n / columns) * 184, `${n} beds at ${z}`).toBeLessThanOrEqual(2160 / z + 1);
    }
  });
});

describe('any other page', () => {
  it('is as it was drawn on a desk, and on a wall as large as on a desk of its shape', () => {
    expect(enlargePage(1440, 900)).toBe(1);
    expect(enlargePage(2560, 1440)).toBe(1);
    expect(enlargePage(3840, 2160)).toBe(2);
    expect(enlargePage(3840, 1080)).toBe(1); // two screens side by side
    expect(enlargePage(7680, 4320)).toBe(3);
  });
});
