import { describe, expect, it } from 'vitest';
import { freshness, staleAfter } from '../src/deadline';

const at = 1_000_000;
const reading = { at, received: at, value: 97 };

describe('the deadline of a value', () => {
  it('lets a fresh one stand', () => {
    expect(freshness(reading, at + 4_900, at + 4_900, 1000)).toBe('live');
  });
  it('takes it away after five seconds, or three readings', () => {
    expect(freshness(reading, at + 5_001, at + 5_001, 1000)).toBe('stale');
    expect(staleAfter(4000)).toBe(12_000);
    expect(freshness(reading, at + 11_999, at + 11_999, 4000)).toBe('live');
    expect(freshness(reading, at + 12_001, at + 12_001, 4000)).toBe('stale');
  });
  it('takes every value away when the server is silent', () => {
    const fresh = { ...reading, received: at + 5_500 };
    expect(freshness(fresh, at + 6_000, at, 1000)).toBe('stale');
  });
  it('goes by when the server got it, whatever the clock of the device says', () => {
    expect(freshness({ ...reading, at: at + 3_600_000 }, at + 6_000, at + 6_000, 1000)).toBe('stale');
    expect(freshness({ ...reading, at: at - 3_600_000 }, at + 1_000, at + 1_000, 1000)).toBe('live');
  });
  it('knows nothing of a device that never sent', () => {
    expect(freshness(undefined, at, at, 1000)).toBe('unknown');
  });
});
