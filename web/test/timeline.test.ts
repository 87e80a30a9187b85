// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { firstFrom, scaleOf, ticksOf } from '../src/chart/timeline';
import { judge } from '../src/screens/devices';
import { known, own, pointsOf, stepFor, type Whose } from '../src/timeline';

const day = 86400000;

describe('the width of buckets', () => {
  it('follows the span, and ends at raw readings', () => {
    expect(stepFor(10 * 60000, 1000)).toBe(0);
    expect(stepFor(3600000, 1000)).toBe(5);
    expect(stepFor(day, 1000)).toBe(300);
    expect(stepFor(40 * day, 1000)).toBe(3600);
    expect(stepFor(4000 * day, 1000)).toBe(86400);
  });
});

describe('points', () => {
  it('are in order, those of one time are one with all that was in them', () => {
    const p = pointsOf(
      [
        { at: 2000, lo: 90, mean: 95, hi: 98, count: 3 },
        { at: 1000, lo: 97, mean: 97, hi: 97, count: 1 },
        { at: 2000, lo: 80, mean: 91, hi: 92, count: 1 },
      ],
      1,
    );
    expect([...p.at]).toEqual([1000, 2000]);
    expect([p.lo[1], p.mean[1], p.hi[1]]).toEqual([80, 94, 98]);
    expect(p.apart).toBe(1000);
    expect([firstFrom(p, 0), firstFrom(p, 1001), firstFrom(p, 3000)]).toEqual([0, 1, 2]);
  });
  it('never leave the scale', () => {
    const p = pointsOf([{ at: 1000, lo: 61, mean: 70, hi: 97, count: 9 }], 60);
    const [lo, hi] = scaleOf(known[0], p, { from: 0, to: 2000 });
    expect(lo).toBeLessThan(61);
    expect(hi).toBeGreaterThanOrEqual(97);
    expect(scaleOf(known[0], undefined, { from: 0, to: 1 })).toEqual([84, 100]);
  });
});

describe('whose readings', () => {
  const w = {
    stretches: [
      { device: 'a', recording: null, from: 1000, to: 2000 },
      { device: 'a', recording: 'r', from: 0, to: 500 },
    ],
  } as unknown as Whose;
  it('are those of the time in which the person wore the device', () => {
    expect(own(w, 'a', undefined, 1500, 1)).toBe(true);
    expect(own(w, 'a', undefined, 2000, 1)).toBe(false);
    expect(own(w, 'a', undefined, 900, 50)).toBe(false);
    expect(own(w, 'a', 'r', 100, 1)).toBe(true);
    expect(own(w, 'a', 'r', 1500, 1)).toBe(false);
    expect(own(w, 'b', undefined, 1500, 1)).toBe(false);
  });
});

describe('lines of time', () => {
  it('stand on weeks that begin on Monday and on the first of months', () => {
    for (const { at } of ticksOf({ from: Date.UTC(2026, 9, 12), to: Date.UTC(2026, 10, 21) }, 8)) expect(new Date(at).getUTCDay()).toBe(1);
    const months = ticksOf({ from: Date.UTC(2025, 2, 7), to: Date.UTC(2026, 1, 3) }, 12);
    expect(months.map((m) => new Date(m.at).getUTCDate())).toEqual(Array(months.length).fill(1));
    expect(months).toHaveLength(11);
  });
});

describe('how a device is', () => {
  const d = { device_id: 'a', live: true, received: '2026-01-01T00:00:00Z', skew_s: 0, conflict: 0, battery_mv: 4000 } as never;
  const at = Date.parse('2026-01-01T00:00:02Z');
  it('is told by when it was heard, its battery and its clock', () => {
    const heard = Date.parse('2026-01-01T00:00:00Z');
    expect(judge(d, heard + 4900).state).toBe('ok');
    expect(judge(d, heard + 5100).state).toBe('bad'); // as on the ward
    expect(judge({ ...(d as object), interval_s: 60 } as never, heard + 179_000).state).toBe('ok');
    expect(judge({ ...(d as object), interval_s: 60 } as never, heard + 181_000).state).toBe('bad');
    expect(judge(d, heard + 60_000, heard + 58_000, 1000).state).toBe('ok'); // heard since the list was fetched
    expect(judge({ ...(d as object), battery_mv: 3300 } as never, at).state).toBe('warn');
    expect(judge({ ...(d as object), skew_s: -40 } as never, at).why[0]).toMatch(/40/);
    expect(judge({ ...(d as object), live: false } as never, at).state).toBe('off');
    expect(judge({ ...(d as object), received: null, subject_id: 'p-1' } as never, at).state).toBe('bad');
  });
});
