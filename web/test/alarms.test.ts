import { describe, expect, it } from 'vitest';
import { type Alert, brief, byDevice, delaysOf, grouped, loudest, quietUntil, urgent, words } from '../src/alarms';
import { speak } from '../src/lang';

const base: Alert = {
  id: 'al-1',
  device_id: 'd',
  subject_id: null,
  rule: 'spo2.severe',
  metric: 'spo2',
  condition: 'SpO2 below 85 %',
  delays: '',
  profile: 'adult',
  state: 'active',
  priority: 'high',
  technical: false,
  spot: false,
  value: 81,
  limit: 85,
  unit: '%',
  onset: '2026-11-17T03:18:16Z',
  sounded: null,
  acknowledged: null,
  silenced_until: null,
  cleared: null,
};
const of = (change: Partial<Alert>): Alert => ({ ...base, ...change });

describe('alarms', () => {
  it('that need somebody come first, then by priority, then the oldest', () => {
    const list = [
      of({ id: 'seen', state: 'acknowledged' }),
      of({ id: 'probe', technical: true, priority: 'medium' }),
      of({ id: 'young', priority: 'medium', onset: '2026-11-17T03:18:30Z' }),
      of({ id: 'old', priority: 'medium' }),
      of({ id: 'high', onset: '2026-11-17T03:18:40Z' }),
    ];
    expect(list.sort(urgent).map((a) => a.id)).toEqual(['high', 'old', 'young', 'probe', 'seen']);
  });
  it('of one dip are one line', () => {
    const list = [
      of({}),
      of({ id: 'al-2', priority: 'medium' }),
      of({ id: 'al-3', metric: 'pulse_rate' }),
      of({ id: 'al-4', device_id: 'e' }),
    ];
    expect(grouped(list).map((g) => [g.top.id, g.rest.map((a) => a.id)])).toEqual([
      ['al-1', ['al-2']],
      ['al-3', []],
      ['al-4', []],
    ]);
  });
  it('of a gateway belong to every device behind it', () => {
    expect([...byDevice([of({ device_id: null, device_ids: ['a', 'b'] })]).keys()]).toEqual(['a', 'b']);
  });
  it('that are silenced are not heard until then', () => {
    const at = Date.parse('2026-11-17T03:20:00Z');
    const quiet = of({ silenced_until: '2026-11-17T03:21:00Z' });
    expect(loudest([quiet, of({ id: 'x', priority: 'low' })], at)?.id).toBe('x');
    expect(loudest([quiet], at + 61_000)?.id).toBe('al-1');
    expect(quietUntil(quiet, at) - at).toBe(60_000);
    expect(quietUntil(of({ state: 'acknowledged', acknowledged: '2026-11-17T03:19:00Z' }), at) - at).toBe(14 * 60_000);
  });
  it('are said with the limit that stands', async () => {
    expect(words(base)).toBe('SpO₂ below 85 %');
    expect(brief(base, 80)).toBe('SpO₂ 80<85');
    expect(brief(base, 96)).toBe('SpO₂ 96');
    expect(brief(of({ rule: 'pulse_rate.high', metric: 'pulse_rate', limit: 120, value: 131, unit: '/min' }))).toBe('PR 131>120');
    expect(words(of({ rule: 'signal.probe_off', technical: true, limit: undefined }))).toBe('Sensor off');
    expect(words(of({ rule: 'mine', limit: undefined, condition: 'as it was written' }))).toBe('as it was written');
    await speak('de');
    expect(words(base)).toBe('SpO₂ unter 85 %');
    await speak('en');
  });
  it('say their delays in the language of the reader', async () => {
    const delays = 'device averaging 8 s + delay 15 s (up to 1m30s while the signal is in doubt)';
    expect(delaysOf({ delays })).toBe(delays);
    await speak('de');
    expect(delaysOf({ delays })).toBe('Mittelung des Geräts 8 s + Verzögerung 15 s (bis 1m30s, solange das Signal zweifelhaft ist)');
    expect(delaysOf({ delays: 'device averaging unknown + second reading in a row' })).toBe(
      'Mittelung des Geräts unbekannt + zweiter Wert in Folge',
    );
    expect(words(of({ rule: 'mine', limit: undefined, condition: 'avg of SpO2 over the last 1 min below 90 %' }))).toBe(
      'SpO₂, Mittel der letzten 1 min unter 90 %',
    );
    await speak('en');
  });
});
