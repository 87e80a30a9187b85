import { describe, expect, it } from 'vitest';

const { patterns } = await import('../src/sound/pattern');
const { offFor, sounding } = await import('../src/sound/player');

describe('alarm sounds', () => {
  it('have the bursts of their priority', () => {
    expect(patterns.high.pulses).toHaveLength(10);
    expect(patterns.medium.pulses).toHaveLength(3);
    expect(patterns.low.pulses).toHaveLength(2);
  });
  it('have pulses and gaps within the bounds of the standard', () => {
    for (const [name, p] of Object.entries(patterns)) {
      const [least, most] = name === 'high' ? [0.075, 0.2] : [0.125, 0.25];
      for (const one of p.pulses) {
        expect(one.length).toBeGreaterThanOrEqual(least);
        expect(one.length).toBeLessThanOrEqual(most);
        expect(one.hz).toBeGreaterThanOrEqual(150);
        expect(one.hz).toBeLessThanOrEqual(1000);
      }
      const gaps = p.pulses.slice(1).map((x, i) => x.at - p.pulses[i].at - p.pulses[i].length);
      for (const g of gaps) expect(g).toBeGreaterThan(0.049);
      const end = p.pulses[p.pulses.length - 1];
      const pause = p.every - end.at - end.length;
      expect(pause).toBeGreaterThanOrEqual(2.5);
      expect(pause).toBeLessThanOrEqual(name === 'high' ? 15 : 30);
    }
  });
  it('of high priority come back two minutes after the sound was turned off', () => {
    expect(sounding(false, 'high', false, offFor - 1)).toBe(undefined);
    expect(sounding(false, 'high', false, offFor + 1)).toBe('high');
    expect(sounding(false, 'medium', false, offFor + 1)).toBe(undefined);
    expect(sounding(false, undefined, true, 0)).toBe(undefined);
    expect(sounding(true, undefined, true, 0)).toBe('medium');
  });
});
