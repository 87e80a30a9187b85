// What the timeline shows: stretches of devices that a person wore, and readings
// of any width of bucket, from raw ones to days.

import { type DeviceInfo, getAll, getStream, type SessionInfo } from './api';
import { instant } from './format';

// Stretch is a time in which the readings of a device are of the person.
export interface Stretch {
  device: string;
  recording: string | null; // of an import; null: the live stream
  from: number; // ms
  to: number;
}

export interface Whose {
  who: string; // pseudonym or device
  subject: string | null;
  label: string; // what screens call the person
  devices: string[];
  stretches: Stretch[];
  sessions: SessionInfo[];
  from: number; // ms, of all of it
  to: number;
  utc: boolean; // there are live readings, whose times are UTC
}

interface Assignment {
  device_id: string;
  subject_id: string | null;
  label?: string;
  from: string;
  to: string | null;
}

const forever = 8.64e15;

// find learns whose timeline it is: of a person by pseudonym, or of who wears a
// device, or of a device that nobody wears.
export async function find(who: string, signal?: AbortSignal): Promise<Whose | null> {
  const [devices, assignments, all] = await Promise.all([
    getAll<DeviceInfo>('/api/v1/devices', 'devices', signal),
    getAll<Assignment>('/api/v1/assignments', 'assignments', signal),
    getAll<SessionInfo>('/api/v1/sessions?limit=1000', 'sessions', signal),
  ]);
  const device = devices.find((d) => d.device_id === who);
  const subject = device ? device.subject_id : who;
  const out: Whose = {
    who,
    subject,
    label: device?.label ?? devices.find((d) => subject && d.subject_id === subject)?.label ?? '',
    devices: [],
    stretches: [],
    sessions: [],
    from: forever,
    to: -forever,
    utc: false,
  };
  const mine = all.filter((s) => (subject ? s.subject_id === subject : s.device_id === who));
  out.sessions = mine;
  for (const s of mine.filter((s) => s.recording && s.start)) {
    const from = instant(s.start as string);
    out.stretches.push({ device: s.device_id, recording: s.recording as string, from, to: from + s.duration_s * 1000 + 1000 });
  }
  for (const d of devices) {
    if (!d.live || !d.last || !d.first) continue;
    const [first, last] = [instant(d.first), instant(d.last) + 1000];
    if (!subject) {
      if (d.device_id === who) out.stretches.push({ device: who, recording: null, from: first, to: forever });
      continue;
    }
    const worn = assignments.filter((a) => a.device_id === d.device_id).sort((a, b) => instant(a.from) - instant(b.from));
    worn.forEach((a, i) => {
      if (a.subject_id !== subject) return;
      const end = Math.min(a.to ? instant(a.to) : forever, worn[i + 1] ? instant(worn[i + 1].from) : forever);
      out.stretches.push({ device: d.device_id, recording: null, from: instant(a.from), to: end });
    });
    // Readings may state the person themselves.
    for (const s of mine.filter((s) => s.device_id === d.device_id && !s.recording && s.start)) {
      const from = instant(s.start as string);
      if (!worn.some((a) => a.subject_id === subject)) out.stretches.push({ device: d.device_id, recording: null, from, to: last });
    }
  }
  if (!out.stretches.length) return null;
  const ends = new Map(devices.filter((d) => d.last).map((d) => [d.device_id, instant(d.last as string) + 1000]));
  const firsts = new Map(devices.filter((d) => d.first).map((d) => [d.device_id, instant(d.first as string)]));
  for (const s of out.stretches) {
    out.from = Math.min(out.from, Math.max(s.from, firsts.get(s.device) ?? s.from));
    out.to = Math.max(out.to, Math.min(s.to, ends.get(s.device) ?? s.to));
    out.utc ||= s.recording === null;
  }
  out.devices = [...new Set(out.stretches.map((s) => s.device))];
  if (out.to <= out.from) out.to = out.from + 60000;
  return out;
}

// steps are the widths of buckets in seconds; 0 is raw.
const steps = [0, 5, 10, 30, 60, 300, 900, 3600, 10800, 21600, 86400];

// stepFor returns the width of buckets that fills about so many columns.
export function stepFor(span: number, columns: number): number {
  const s = span / 1000 / columns;
  if (s <= 1.5) return 0;
  return steps.find((x) => x >= s) ?? 86400;
}

// Points are the readings of one metric in order of time: of a bucket its lowest,
// mean and highest, of a raw reading the same three times.
export interface Points {
  at: Float64Array; // ms, of the middle of the bucket
  lo: Float32Array;
  mean: Float32Array;
  hi: Float32Array;
  apart: number; // ms between points, the usual distance
}

export interface Row {
  at: number;
  lo: number;
  mean: number;
  hi: number;
  count: number;
}

// pointsOf puts rows in order; those of one time are one.
export function pointsOf(rows: Row[], step: number): Points {
  rows.sort((a, b) => a.at - b.at);
  const out: Row[] = [];
  for (const r of rows) {
    const last = out[out.length - 1];
    if (last && last.at === r.at) {
      const n = last.count + r.count;
      last.mean = (last.mean * last.count + r.mean * r.count) / n;
      last.lo = Math.min(last.lo, r.lo);
      last.hi = Math.max(last.hi, r.hi);
      last.count = n;
    } else out.push({ ...r });
  }
  const gaps = out
    .slice(1)
    .map((r, i) => r.at - out[i].at)
    .sort((a, b) => a - b);
  return {
    at: Float64Array.from(out, (r) => r.at),
    lo: Float32Array.from(out, (r) => r.lo),
    mean: Float32Array.from(out, (r) => r.mean),
    hi: Float32Array.from(out, (r) => r.hi),
    apart: Math.max(step * 1000, gaps.length ? gaps[Math.floor(gaps.length / 2)] : 1000),
  };
}

interface Bucket {
  device_id: string;
  recording?: string;
  metric: string;
  start: string;
  count: number;
  min: number | null;
  mean: number;
  max: number | null;
}

// own reports whether a reading at ms of a recording of a device is of the person.
export function own(w: Whose, device: string, recording: string | undefined, at: number, width: number): boolean {
  return w.stretches.some((s) => s.device === device && (s.recording ?? undefined) === recording && at + width > s.from && at < s.to);
}

// fetchPoints fetches what lies from ms to ms, by metric.
export async function fetchPoints(
  w: Whose,
  metrics: readonly string[] | null,
  from: number,
  to: number,
  step: number,
  signal: AbortSignal,
): Promise<Map<string, Points>> {
  const devices = [...new Set(w.stretches.filter((s) => s.from < to && s.to > from).map((s) => s.device))];
  const rows = new Map<string, Row[]>();
  const add = (metric: string, r: Row) => {
    const list = rows.get(metric);
    if (list) list.push(r);
    else rows.set(metric, [r]);
  };
  const base = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const ask = async (device: string) => {
    if (step === 0) {
      await raw(w, device, base, metrics, add, signal);
      return;
    }
    const q = new URLSearchParams({ device_id: device, resolution: `${step}s`, ...base });
    for (const m of metrics ?? []) q.append('metric', m);
    const width = step * 1000;
    for (const b of await getAll<Bucket>(`/api/v1/readings?${q}`, 'readings', signal)) {
      const at = instant(b.start);
      if (b.min === null || b.max === null || !own(w, device, b.recording, at, width)) continue;
      add(b.metric, { at: at + width / 2, lo: b.min, mean: b.mean, hi: b.max, count: b.count });
    }
  };
  for (let i = 0; i < devices.length; i += 4) await Promise.all(devices.slice(i, i + 4).map(ask));
  return new Map([...rows].map(([m, list]) => [m, pointsOf(list, step)]));
}

// raw reads the rows themselves.
async function raw(
  w: Whose,
  device: string,
  base: Record<string, string>,
  metrics: readonly string[] | null,
  add: (metric: string, r: Row) => void,
  signal: AbortSignal,
): Promise<void> {
  const names = metrics ?? known.map((k) => k.name);
  const q = new URLSearchParams({ device_id: device, ...base });
  for (const m of names) q.append('metric', m);
  let rest = '';
  let head: string[] | null = null;
  const line = (text: string) => {
    const f = text.trimEnd().split(',');
    if (!head) {
      head = f;
      return;
    }
    const recording = f[head.indexOf('recording')] || undefined;
    const at = instant(f[head.indexOf('timestamp')] || f[head.indexOf('local_time')] || '');
    if (Number.isNaN(at) || !own(w, device, recording, at, 1)) return;
    head.forEach((name, i) => {
      if (f[i] !== '' && names.includes(name)) add(name, { at, lo: +f[i], mean: +f[i], hi: +f[i], count: 1 });
    });
  };
  await getStream(
    `/api/v1/readings?${q}`,
    'text/csv',
    (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const l of lines) line(l);
    },
    signal,
  );
  if (rest) line(rest);
}

export interface Metric {
  name: string;
  unit: string;
  colour: string; // token
  decimals: number;
  per?: number; // of what is stored in one unit shown: 1000 mV in 1 V
  span: [number, number]; // at least so much is seen
  limits: number[]; // of its own, the first is the mildest
  fixed?: boolean; // the scale does not follow the data
}

// known are the metrics in the order of their panels. The limits of tissue oxygen
// are those of docs/definitions/tissue.md; the bands of SpO2 do not apply to it.
export const known: Metric[] = [
  { name: 'spo2', unit: '%', colour: '--spo2', decimals: 0, span: [84, 100], limits: [90, 88, 85] },
  { name: 'spo2_preductal', unit: '%', colour: '--spo2', decimals: 0, span: [84, 100], limits: [90, 88, 85] },
  { name: 'spo2_postductal', unit: '%', colour: '--spo2', decimals: 0, span: [84, 100], limits: [90, 88, 85] },
  { name: 'pulse_rate', unit: '/min', colour: '--pr', decimals: 0, span: [50, 110], limits: [] },
  { name: 'heart_rate', unit: '/min', colour: '--pr', decimals: 0, span: [50, 110], limits: [] },
  { name: 'local_tissue_o2', unit: 'mmHg', colour: '--pi', decimals: 1, span: [15, 60], limits: [40, 30, 20] },
  { name: 'rso2', unit: '%', colour: '--pi', decimals: 0, span: [45, 85], limits: [50] },
  { name: 'perfusion_index', unit: '%', colour: '--pi', decimals: 2, span: [0, 4], limits: [] },
  { name: 'resp_rate', unit: '/min', colour: '--accent', decimals: 0, span: [8, 40], limits: [] },
  { name: 'temperature_c', unit: '°C', colour: '--t88', decimals: 1, span: [35.5, 39], limits: [] },
  { name: 'motion', unit: '', colour: '--off', decimals: 0, span: [0, 10], limits: [] },
  { name: 'signal_quality', unit: '%', colour: '--ok', decimals: 0, span: [0, 100], limits: [] },
  { name: 'battery_mv', unit: 'V', per: 1000, colour: '--off', decimals: 2, span: [3200, 4200], limits: [] },
];
