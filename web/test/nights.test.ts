// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { Wall } from '../src/format';
import { nightDay, nightName } from '../src/night-day';
import { changed, shareAt } from '../src/screens/compare-parts';
import { secondOf } from '../src/screens/night-notes';

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

describe('the day of a recording', () => {
  const hour = 3600;
  const of = (start: string | null, hours: number) => nightDay(new Wall(start), hours * hour);
  it('is that of its evening where it is a night, its own otherwise', () => {
    expect(of('2026-01-14T22:15:30', 8)).toBe('2026-01-14');
    expect(of('2026-01-15T00:30:00', 6)).toBe('2026-01-14');
    expect(of('2026-03-01T04:59:59', 2)).toBe('2026-02-28');
    expect(of('2026-03-01T05:00:00', 2)).toBe('2026-03-01');
    expect(of('2026-01-15T11:00:00', 1)).toBe('2026-01-15');
    expect(of('2026-01-15T12:00:00', 1)).toBe('2026-01-15');
    expect(of('2026-01-15T00:00:00', 1)).toBe('2026-01-14');
    expect(of(null, 8)).toBe('');
  });
  it('stands in its name, as in the summary', () => {
    const name = (start: string, hours: number) => nightName(new Wall(start), hours * hour, new Wall(start).day(false));
    expect(name('2026-01-14T22:15:30', 8)).toBe('Night of Wed 14 Jan');
    expect(name('2026-01-15T00:30:00', 6)).toBe('Night to Thu 15 Jan');
    expect(name('2026-01-15T11:00:00', 1)).toBe('Recording of Thu 15 Jan');
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
