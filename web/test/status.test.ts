import { describe, expect, it } from 'vitest';
import { type Objective, percent, short, size, state } from '../src/screens/status';

const goal = (budget_left: number | null, burn: number | null = null): Objective => ({
  name: 'push',
  goal: 0.99,
  count: 1,
  good: 1,
  budget_left,
  burn,
});

describe('the page of an operator', () => {
  it('never rounds a share up to a whole', () => {
    expect(percent(1)).toBe('100 %');
    expect(percent(0.99)).toBe('99.0 %');
    expect(percent(0.9999)).toBe('99.99 %');
    expect(percent(0.9999999)).not.toContain('100');
    expect(percent(-0.5)).toBe('-50.0 %');
  });
  it('writes delays and bytes in units that fit', () => {
    expect(short(null)).toBe('– –');
    expect(short(0.0021)).toBe('2.1 ms');
    expect(short(0.25)).toBe('250 ms');
    expect(size(0)).toBe('0 B');
    expect(size(1_500_000)).toBe('1.5 MB');
    expect(size(252e9)).toBe('252 GB');
  });
  it('is as bad as the budget says', () => {
    expect(state(goal(null))).toBe('off');
    expect(state(goal(1, 0))).toBe('ok');
    expect(state(goal(0.9, 3))).toBe('warn');
    expect(state(goal(0.2, 0))).toBe('warn');
    expect(state(goal(-0.1, 0))).toBe('bad');
  });
});
