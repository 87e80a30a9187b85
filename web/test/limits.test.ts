import { describe, expect, it } from 'vitest';
import { merged, said } from '../src/screens/limits';

describe('changed limits', () => {
  it('keep what stood and was not touched', () => {
    const before = [
      { rule: 'spo2.low', limit: 92, delay_s: 20 },
      { rule: 'mine', text: 'min(spo2) over sliding 5m < 85 for 0s priority high' },
    ];
    expect(merged(before, { 'spo2.low': { limit: 91 }, 'pulse_rate.low': { off: true }, idle: {} })).toEqual([
      { rule: 'spo2.low', limit: 91, delay_s: 20 },
      { rule: 'mine', text: 'min(spo2) over sliding 5m < 85 for 0s priority high' },
      { rule: 'pulse_rate.low', off: true },
    ]);
    expect(before[0].limit).toBe(92);
  });
  it('are said in short', () => {
    expect(said({ rule: 'spo2.low', limit: 92, delay_s: 20 })).toBe('spo2.low: 92, 20 s');
    expect(said({ rule: 'spo2.low', off: true })).toBe('spo2.low: off');
  });
});
