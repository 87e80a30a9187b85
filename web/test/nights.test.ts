// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { Wall } from '../src/format';
import { changed, shareAt } from '../src/screens/compare';
import { secondOf } from '../src/screens/night-notes';
import { nightDay } from '../src/screens/nights-calendar';

describe('a time of day in a recording', () => {
  const wall = new Wall('2026-01-14T22:15:30');
  it('is a second of it, also past midnight', () => {
    expect(secondOf('22:15:30', wall, 30000)).toBe(0);
    expect(secondOf('22:15', wall, 30000)).toBe(0); // the minute it began in
    expect(secondOf('00:15:30', wall, 30000)).toBe(7200);
    expect(secondOf('3:00', wall, 30000)).toBe(17070);
  });
  it('outside of it is none', () => {
    for (const text of ['12:00', '25:00', '22:75', 'noon', '']) expect(secondOf(text, wall, 30000)).toBe(-1);
  });
  it('counts from the start where there is no clock', () => {
    expect(secondOf('1:00:05', new Wall(null), 30000)).toBe(3605);
    expect(secondOf('9:00', new Wall(null), 30000)).toBe(-1);
  });
});

describe('the day of a night', () => {
  it('is that of its evening', () => {
    expect(nightDay('2026-01-14T22:15:30')).toBe('2026-01-14');
    expect(nightDay('2026-01-15T01:15:30')).toBe('2026-01-14');
    expect(nightDay('2026-03-01T11:59:59')).toBe('2026-02-28');
    expect(nightDay('2026-01-15T12:00:00')).toBe('2026-01-15');
    expect(nightDay(null)).toBe('');
  });
});

describe('what changed', () => {
  const of = (value: number, rank: number, n = 14) => ({
    metrics: { 'below.90.seconds': { value, median: 180, q1: 60, q3: 240, rank, of: n } },
  });
  it('is said in words and never without enough nights', () => {
    expect(changed(of(600, 14)).kind).toBe('warn');
    expect(changed(of(600, 14)).text.join(' ')).toMatch(/3\.3 times .* any of the 13/);
    expect(changed(of(600, 13)).text.join(' ')).not.toMatch(/any of/);
    expect(changed(of(30, 1)).chip).toBe('compare.higher');
    expect(changed(of(180, 7)).chip).toBe('compare.same');
    expect(changed(of(600, 3, 3)).chip).toBe('compare.few');
    expect(changed({ metrics: {} }).chip).toBe('compare.few');
  });
});

describe('shares of time', () => {
  it('are of all valid time, and nothing of nothing', () => {
    expect(shareAt({ histogram: { '79': 5, '96': 15, '97': 20 } }, [80, 96, 97])).toEqual([0, 0.375, 0.5]);
    expect(shareAt({ histogram: {} }, [96])).toEqual([0]);
  });
});
