import { describe, expect, it } from 'vitest';
import { emptySeries, gaps, Reader, smooth } from '../src/series';

const head = 'device_id,timestamp,spo2,pulse_rate,perfusion_index,motion\n';

function read(csv: string, n: number, interval: number, cut = 7) {
  const s = emptySeries(n);
  const r = new Reader(s, Date.parse('2025-01-01T00:00:00Z'), interval, 'spo2');
  for (let i = 0; i < csv.length; i += cut) r.take(csv.slice(i, i + cut));
  r.end();
  return s;
}

describe('the samples of a night', () => {
  it('are the same however the text comes', () => {
    const csv = `${head}d,2025-01-01T00:00:00Z,97,70,,\nd,2025-01-01T00:00:01Z,,,,\nd,2025-01-01T00:00:02Z,84.5,71,0.2,`;
    for (const cut of [1, 3, 1000]) {
      const s = read(csv, 4, 1, cut);
      expect([...s.spo2]).toEqual([97, Number.NaN, 84.5, Number.NaN]);
      expect([...s.doubt]).toEqual([0, 0, 1, 0]);
    }
  });
  it('stand for their interval, and a gap stays one', () => {
    const s = read(`${head}d,2025-01-01T00:00:00Z,97,70,,\nd,2025-01-01T00:00:12Z,95,70,,\n`, 16, 4);
    expect([...s.spo2].map((v) => (Number.isNaN(v) ? '-' : v)).join(' ')).toBe('97 97 97 97 - - - - - - - - 95 95 95 95');
    expect(gaps(s.spo2, 5)).toEqual([{ from: 4, to: 12 }]);
  });
  it('of a recording without a clock stand where they were since its start', () => {
    const s = emptySeries(62);
    const r = new Reader(s, 0, 1, 'spo2');
    r.take(`${head}d,0s,97,70,,\nd,900ms,96,70,,\nd,1m1.5s,95,70,,\n`);
    r.end();
    expect([s.spo2[0], s.spo2[61]]).toEqual([96, 95]);
  });
  it('outside 50 to 100 are missing, not drawn', () => {
    expect([...read(`${head}d,2025-01-01T00:00:00Z,127,70,,\n`, 1, 1).spo2]).toEqual([Number.NaN]);
  });
  it('smoothed leave a gap a gap', () => {
    const a = new Float32Array([96, 98, Number.NaN, 90, 92]);
    const s = smooth(a, 3);
    expect(Number.isNaN(s[2])).toBe(true);
    expect([s[0], s[1], s[3], s[4]]).toEqual([97, 97, 91, 91]);
  });
});
