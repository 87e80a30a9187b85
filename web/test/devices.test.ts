// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import type { DeviceInfo } from '../src/api';
import { places } from '../src/beds';
import { battery } from '../src/format';
import { type Check, course, stretches } from '../src/integrations';
import { downgrade, judge, older } from '../src/screens/devices';
import { counted } from '../src/screens/integrations';
import { matches } from '../src/ui/find';

const device = (more: Partial<DeviceInfo>): DeviceInfo => ({
  device_id: 'd',
  recordings: [],
  live: true,
  first: null,
  last: null,
  received: '2026-01-01T00:00:00Z',
  firmware_history: [],
  subject_id: null,
  skew_s: 0,
  skew_of: 1,
  accepted: 0,
  late: 0,
  conflict: 0,
  duplicate: 0,
  ...more,
});

describe('a device', () => {
  it('whose firmware went back says so', () => {
    expect(older('2.9', '2.10')).toBe(true);
    expect(older('2.10', '2.9')).toBe(false);
    expect(older('v2.3.1', '2.3.1')).toBe(false);
    expect(older('2.3', '2.3.1')).toBe(true);
    expect(older('2.3.1-rc1', '2.3.1')).toBe(true);
    const history = [
      { version: '2.4.1', first: '' },
      { version: '2.3.0', first: '' },
    ];
    expect(downgrade({ firmware_version: '2.3.0', firmware_history: history })).toEqual({ from: '2.4.1', to: '2.3.0' });
    expect(downgrade({ firmware_version: '2.4.1', firmware_history: history })).toBe(null);
    expect(downgrade({ firmware_history: history })).toBe(null);
    const now = Date.parse('2026-01-01T00:00:01Z');
    expect(judge(device({ firmware_version: '2.3.0', firmware_history: history }), now).state).toBe('warn');
  });
  it('that was never heard is not silent for a number of days', () => {
    const said = judge(device({ received: null }), 0);
    expect(said.state).toBe('off');
    expect(said.why.join()).not.toMatch(/Infinity|NaN/);
  });
  it('says its battery in volts, as no device says of what kind it is', () => {
    expect(battery(4150)).toBe('4.15\u00a0V');
    expect(battery(3912, 1)).toBe('3.9\u00a0V');
    expect(battery(undefined)).toBe('');
  });
});

describe('beds', () => {
  it('are those of the house and those at which a device stands, and free without a person', () => {
    const list = places(
      ['10', '2', '1'],
      [device({ bed: '1', subject_id: 'p-1' }), device({ bed: '2' }), device({ bed: '11', subject_id: 'p-2' }), device({})],
    );
    expect(list.map((p) => [p.name, p.free, p.kept])).toEqual([
      ['1', false, true],
      ['2', true, true],
      ['10', true, true],
      ['11', false, false],
    ]);
  });
  it('are found by number, short name and device', () => {
    const bed = (name: string, label: string, device: string) => ({ name, label, device });
    const all = [bed('01', 'A.K.', 'PX-201'), bed('10', 'C.F.', 'PX-210'), bed('11', 'H.B.', 'PX-001')];
    expect(matches('1', all).map((b) => b.name)).toEqual(['01', '10', '11']);
    expect(matches('01', all).map((b) => b.name)).toEqual(['01', '10', '11'].filter((n) => n !== '10'));
    expect(matches('c.f', all).map((b) => b.name)).toEqual(['10']);
    expect(matches('nobody', all)).toEqual([]);
    expect(matches('', all)).toHaveLength(3);
  });
});

describe('a group of integrations', () => {
  const one = (colour: 'green' | 'yellow' | 'red' | 'grey', paused = false) => ({
    colour,
    paused_until: paused ? '2026-01-01T00:00:00Z' : null,
  });
  it('does not work because it is paused', () => {
    expect(counted([one('green'), one('green')])).toBe('all working');
    expect(counted([one('grey', true)])).toBe('paused');
    expect(counted([one('grey')])).toBe('not set up');
    expect(counted([one('green'), one('grey', true)])).toBe('1 paused');
    expect(counted([one('red'), one('grey', true), one('grey'), one('green')])).toBe('1 down, 1 paused, 1 not set up');
  });
});

describe('checks', () => {
  const of = (minute: number, colour: Check['colour'], why: string): Check => {
    const at = `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
    return { id: minute, started: at, ended: at, colour, why };
  };
  it('are put together where they said the same, the newest first', () => {
    const list = [
      of(5, 'green', 'all agrees'),
      of(4, 'green', 'all agrees'),
      of(3, 'red', '1 record is missing'),
      of(2, 'green', 'all agrees'),
    ];
    expect(stretches(list).map((s) => [s.n, s.colour, s.first.slice(14, 16), s.last.slice(14, 16)])).toEqual([
      [2, 'green', '04', '05'],
      [1, 'red', '03', '03'],
      [1, 'green', '02', '02'],
    ]);
    expect(stretches([])).toEqual([]);
  });
  it('show the course of delays from zero, and gaps where none ran', () => {
    const of = (list: (number | null)[], gap_s: number) => ({ from: '2026-01-01T00:00:00Z', slot_s: 300, p99_s: list, gap_s });
    expect(course(of([1, 2, null, 4, null], 600))).toEqual({ lines: ['0.00,29.00 20.00,29.00 40.00,20.00 80.00,2.00'], gaps: [], most: 4 });
    expect(course(of([1, null, null, null, 4, null, null, null, null, 2], 600))).toEqual({
      lines: ['0.00,29.00 10.00,29.00', '40.00,2.00 50.00,2.00', '90.00,20.00 100.00,20.00'],
      gaps: [
        { from: 10, to: 40 },
        { from: 50, to: 90 },
      ],
      most: 4,
    });
    expect(course(of([null, null, null, 0], 600))?.gaps).toEqual([{ from: 0, to: 75 }]);
    expect(course(of([0, null, null, null], 600))?.gaps).toEqual([{ from: 25, to: 100 }]);
    expect(course(of([0, 0], 600))?.lines).toEqual(['0.00,38.00 50.00,38.00 100.00,38.00']);
    expect(course(of([null, null], 600))).toBeNull();
  });
});
