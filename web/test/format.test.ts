import { describe, expect, it } from 'vitest';
import { age, band, dash, duration, fixed, instant, level, Wall } from '../src/format';

const plain = (s: string) => s.replaceAll('\u00a0', ' ');

describe('numbers and times', () => {
  it('writes lengths of time', () => {
    expect(plain(duration(44))).toBe('44 s');
    expect(plain(duration(612))).toBe('10 min 12 s');
    expect(plain(duration(29_460))).toBe('8 h 11 min');
  });
  it('writes ages', () => {
    expect([300, 54_000, 180_000, 7_200_000].map((ms) => age(ms)).map(plain)).toEqual(['0.3 s', '54 s', '3 min', '2 h']);
    expect(plain(age(-5))).toBe('0.0 s');
  });
  it('never rounds a saturation up', () => {
    expect(level(84.96)).toBe('84.9');
    expect(level(80)).toBe('80');
    expect(level(97.1)).toBe('97.1');
  });
  it('writes what is missing as a dash', () => {
    expect(fixed(undefined, 1)).toBe(dash);
    expect(fixed(Number.NaN, 1)).toBe(dash);
    expect(fixed(0, 1)).toBe('0.0');
  });
  it('reads times of clocks, and those since a start', () => {
    expect(instant('2026-01-01T00:00:01Z')).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
    expect(instant('2026-01-01T00:00:01')).toBe(Date.UTC(2026, 0, 1, 0, 0, 1));
    expect(['0s', '52.5s', '900ms', '1m0s', '1h10m33.9s'].map(instant)).toEqual([0, 52_500, 900, 60_000, 4_233_900]);
    expect(instant('')).toBeNaN();
  });
  it('bands are strict', () => {
    expect([90, 89.9, 88, 87.9, 85, 84.9].map(band)).toEqual(['', '90', '90', '88', '88', '85']);
  });
  it('shows the clock of the recording, not of the browser', () => {
    const w = new Wall('2025-03-06T22:20:56');
    expect([w.day(), w.hm(0), w.hms(6004)]).toEqual(['Thu 6 Mar 2025', '22:20', '00:01:00']);
    const none = new Wall(null);
    expect([none.known, none.hm(3700)]).toEqual([false, '1:01']);
  });
  it('reads a time without a zone as the server does', () => {
    expect(instant('2025-03-06T22:20:56')).toBe(instant('2025-03-06T22:20:56Z'));
    expect(instant('2025-03-06T23:20:56+01:00')).toBe(instant('2025-03-06T22:20:56Z'));
  });
});
