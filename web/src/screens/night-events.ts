// What happened beside the signal: notes, alarms, calibrations, firmware.

import { type Alert, metricName, words } from '../alarms';
import { type Annotation, type Calibration, type DeviceInfo, getAll, getJSON, type SessionInfo } from '../api';
import { instant } from '../format';
import { t } from '../lang';
import type { IconName } from '../ui/icons';

export interface NightEvent {
  at: number; // seconds since the start of the night
  kind: 'note' | 'alarm' | 'calibration' | 'firmware';
  text: string;
}

export const eventIcons: Record<NightEvent['kind'], IconName> = { note: 'note', alarm: 'bell', calibration: 'check', firmware: 'chip' };

const iso = (ms: number): string => new Date(ms).toISOString();

// eventsOf fetches what is known of a stretch of a device, from ms to ms: of one
// recording, of the live stream where that is undefined, of all where it is null.
// What cannot be had is left out: the chart stands without it.
export async function eventsOf(
  device: string,
  recording: string | undefined | null,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<NightEvent[]> {
  const q = `device_id=${encodeURIComponent(device)}&from=${iso(from)}&to=${iso(to)}`;
  const or = <T>(p: Promise<T[]>): Promise<T[]> =>
    p.catch((e) => {
      if (signal?.aborted) throw e;
      return [];
    });
  const [notes, alarms, calibrations, known] = await Promise.all([
    or(getAll<Annotation>(`/api/v1/annotations?${q}`, 'annotations', signal)),
    or(getAll<Alert & { recording?: string }>(`/api/v1/alerts?${q}`, 'alerts', signal)),
    or(getAll<Calibration>(`/api/v1/calibrations?device_id=${encodeURIComponent(device)}`, 'calibrations', signal)),
    or(getJSON<DeviceInfo>(`/api/v1/devices/${encodeURIComponent(device)}`, signal).then((d) => [d])),
  ]);
  const out: NightEvent[] = [];
  const add = (stamp: string, kind: NightEvent['kind'], text: string) => {
    const at = instant(stamp);
    if (at >= from && at < to) out.push({ at: (at - from) / 1000, kind, text });
  };
  for (const n of notes) add(n.from, 'note', n.text);
  for (const a of alarms) if ((a.recording ?? '') === (recording ?? '')) add(a.onset, 'alarm', t('night.event.alarm', { text: words(a) }));
  for (const c of calibrations) add(c.from, 'calibration', t('night.event.calibration', { metric: metricName(c.metric), v: c.version }));
  // The first version ever seen is no change.
  for (const f of known[0]?.firmware_history.slice(1) ?? []) add(f.first, 'firmware', t('night.event.firmware', { v: f.version }));
  return out.sort((a, b) => a.at - b.at);
}

// spanOf returns the first instant of a night and the one behind its end, in ms.
// A recording without a clock counts from 1970.
export function spanOf(info: SessionInfo, seconds: number): [number, number] {
  const from = info.start ? instant(info.start) : 0;
  return [from, from + Math.ceil(seconds) * 1000];
}
