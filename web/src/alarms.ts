// Alarms as the server tells of them: how they are ordered, said and acted on.

import { getJSON, postJSON } from './api';
import { decimal } from './format';
import { type Key, say, t, told } from './lang';
import { measured } from './units';

export type Priority = 'low' | 'medium' | 'high';

export interface AlertStep {
  at: string;
  from?: string;
  to?: string;
  cause: string;
  priority?: Priority;
  value?: number;
  actor?: string;
  note?: string;
}

export interface Alert {
  id: string;
  device_id: string | null;
  subject_id: string | null;
  bed?: string;
  gateway?: string;
  channel?: string;
  devices?: string[];
  device_ids?: string[];
  under_gateway?: boolean;
  rule: string;
  metric?: string;
  condition: string;
  delays: string;
  profile: string;
  state: 'pending' | 'active' | 'acknowledged' | 'latched' | 'cleared';
  priority: Priority;
  technical: boolean;
  spot: boolean;
  value?: number;
  limit?: number;
  unit?: string;
  onset: string;
  sounded: string | null;
  acknowledged: string | null;
  acknowledged_by?: string;
  silenced_until: string | null;
  cleared: string | null;
  history?: AlertStep[];
}

const rank = { high: 3, medium: 2, low: 1 };

export const stars = { high: '***', medium: '**', low: '*' };

// remindAfter is when an acknowledged alarm that still holds comes back, ms:
// docs/definitions/alarms.md.
const remindAfter = 15 * 60_000;

// waits says whether an alarm still needs somebody.
export function waits(a: Alert): boolean {
  return a.state === 'active' || a.state === 'latched';
}

// urgent puts what needs somebody first: not yet acknowledged before the rest,
// patients before devices, the highest priority first, the oldest of these first.
export function urgent(a: Alert, b: Alert): number {
  return (
    Number(waits(b)) - Number(waits(a)) ||
    Number(a.technical) - Number(b.technical) ||
    rank[b.priority] - rank[a.priority] ||
    a.onset.localeCompare(b.onset) ||
    a.id.localeCompare(b.id)
  );
}

// devicesOf lists the devices an alarm is about.
export function devicesOf(a: Alert): string[] {
  return a.device_id ? [a.device_id] : (a.device_ids ?? []);
}

// byDevice returns the most urgent alarm of each device. The list is in order.
// Where the alarm of a gateway stands for one of a device, it is that.
export function byDevice(all: Alert[]): Map<string, Alert> {
  const out = new Map<string, Alert>();
  for (const a of all) if (!a.under_gateway) for (const d of devicesOf(a)) if (!out.has(d)) out.set(d, a);
  return out;
}

// Group is what stands as one line: the most urgent alarm of a value of a device,
// and those that the same dip has set off on its way down.
export interface Group {
  top: Alert;
  rest: Alert[];
}

// grouped joins alarms of one metric of one device, and those about the device
// itself, that are in the same way waiting or seen; those that the alarm of a
// gateway stands for are left out. The list is in order.
export function grouped(all: Alert[]): Group[] {
  const by = new Map<string, Group>();
  for (const a of all) {
    if (a.under_gateway) continue;
    const key = a.device_id && (a.technical || a.metric) ? `${a.device_id} ${a.technical || a.metric} ${waits(a)}` : a.id;
    const g = by.get(key);
    if (g) g.rest.push(a);
    else by.set(key, { top: a, rest: [] });
  }
  return [...by.values()];
}

// quietUntil is when an acknowledged or silenced alarm comes back if it still
// holds, ms; 0: it is not quiet.
export function quietUntil(a: Alert, now: number): number {
  const silenced = a.silenced_until ? Date.parse(a.silenced_until) : 0;
  if (silenced > now) return silenced;
  if (a.state === 'acknowledged' && a.acknowledged) return Date.parse(a.acknowledged) + remindAfter;
  return 0;
}

// loudest returns the alarm that is to sound; undefined: none.
export function loudest(all: Alert[], now: number): Alert | undefined {
  const loud = all.filter((a) => waits(a) && !(a.silenced_until && Date.parse(a.silenced_until) > now));
  return loud.sort((a, b) => rank[b.priority] - rank[a.priority])[0];
}

const names: Record<string, Key> = {
  spo2: 'metric.spo2',
  spo2_preductal: 'metric.spo2_preductal',
  spo2_postductal: 'metric.spo2_postductal',
  pulse_rate: 'metric.pulse_rate',
  heart_rate: 'metric.heart_rate',
  temperature_c: 'metric.temperature_c',
  perfusion_index: 'metric.perfusion_index',
  local_tissue_o2: 'metric.local_tissue_o2',
  tissue_po2: 'metric.local_tissue_o2',
  rso2: 'metric.rso2',
  respiratory_rate: 'metric.respiratory_rate',
  resp_rate: 'metric.respiratory_rate',
  signal_quality: 'metric.signal_quality',
  battery_mv: 'metric.battery_mv',
};

// metricName writes the name of a metric; one that has none is shown as it is.
export function metricName(metric: string): string {
  return names[metric] ? say(names[metric]) : metric;
}

// units that people write otherwise than UCUM does
const units: Record<string, string> = { Cel: '°C', 'mm[Hg]': 'mmHg', '1': '' };

export function unitName(unit: string | undefined): string {
  return unit === undefined ? '' : unit === '/min' ? t('unit.bpm') : (units[unit] ?? unit);
}

// number writes a value with the digits it has, two decimals at most.
export function number(v: number): string {
  const n = Math.round(v * 100) / 100;
  return Number.isInteger(n) ? String(n) : decimal(n, Number.isInteger(Math.round(n * 100) / 10) ? 1 : 2);
}

// withUnit writes a value with its unit, as this screen is set to.
export function withUnit(v: number, unit: string | undefined): string {
  const m = measured(v, unit ?? '');
  return `${m.text} ${unitName(m.unit)}`.trim();
}

type Sense = 'below' | 'above' | 'other';

// sense says on which side of its limit the value of an alarm is.
function sense(a: Pick<Alert, 'rule' | 'limit'>): Sense {
  if (a.limit === undefined) return 'other';
  if (/\.(low|moderate|severe|rapid|low_perfusion)$/.test(a.rule)) return 'below';
  return /\.high$/.test(a.rule) ? 'above' : 'other';
}

const kinds: Record<string, Key> = {
  no_data: 'rule.no_data',
  probe_off: 'rule.probe_off',
  low_perfusion: 'rule.low_perfusion',
  cluster: 'rule.cluster',
  satseconds: 'rule.satseconds',
  fall: 'rule.fall',
  deep_fall: 'rule.fall',
};

// words says what an alarm is about, without its time: "SpO₂ below 85 %".
export function words(a: Pick<Alert, 'rule' | 'metric' | 'limit' | 'unit' | 'condition'>): string {
  const side = sense(a);
  const kind = kinds[a.rule.slice(a.rule.lastIndexOf('.') + 1)];
  if (kind && (side === 'other' || a.rule.startsWith('signal.'))) return say(kind, { metric: a.metric ? metricName(a.metric) : '' });
  if (side === 'other' || !a.metric) return told(a.condition).replaceAll('SpO2', 'SpO₂');
  return t(side === 'below' ? 'alarm.below' : 'alarm.above', {
    metric: metricName(a.metric),
    limit: withUnit(a.limit as number, a.unit),
  });
}

// delaysOf says what passes between the body and the alarm, in the language of
// the reader.
export function delaysOf(a: Pick<Alert, 'delays'>): string {
  return a.delays.split(' + ').map(told).join(' + ');
}

const shortNames: Record<string, Key> = { pulse_rate: 'metric.pulse_rate.short', heart_rate: 'metric.heart_rate.short' };
const shortKinds: Record<string, Key> = { cluster: 'rule.cluster.short', low_perfusion: 'rule.low_perfusion.short' };

// brief says the same in the head of a tile: "SpO₂ 81<85". now is the value that
// stands there, if it is one.
export function brief(a: Alert, now?: number | null): string {
  const side = sense(a);
  const v = now ?? a.value;
  const name = a.metric ? (shortNames[a.metric] ? say(shortNames[a.metric]) : metricName(a.metric)) : '';
  const kind = shortKinds[a.rule.slice(a.rule.lastIndexOf('.') + 1)];
  if (kind) return say(kind, { metric: name });
  if (side === 'other' || !a.metric || v === undefined || a.technical) return words(a);
  const beyond = side === 'below' ? v < (a.limit as number) : v > (a.limit as number);
  if (!beyond) return `${name} ${number(v)}`;
  return `${name} ${number(v)}${side === 'below' ? '<' : '>'}${number(a.limit as number)}`;
}

// place names where an alarm is: the bed, or the device, the gateway, or the way
// to people.
export function place(a: Alert, bedOf?: (device: string) => string | undefined): string {
  if (a.channel) return t('alarm.channel', { channel: a.channel });
  if (a.device_id === null) return a.gateway ? t('alarm.gateway', { gateway: a.gateway }) : t('alarm.beds', { n: a.devices?.length ?? 0 });
  return bedName(a.bed || bedOf?.(a.device_id) || a.device_id);
}

// bedName writes a bed: a short name is "Bed 06", a long one stands for itself.
export function bedName(name: string): string {
  return name.length <= 4 ? t('bed.named', { name }) : name;
}

export async function loadAlerts(query: string, signal?: AbortSignal): Promise<Alert[]> {
  const page = await getJSON<{ alerts: Alert[] }>(`/api/v1/alerts?${query}`, signal);
  return page.alerts;
}

export type Act = 'ack' | 'silence' | 'note';

// act does something about an alarm, in the name of a person.
export async function act(id: string, what: Act, body: { actor: string; note?: string; until?: string }): Promise<Alert> {
  return postJSON(`/api/v1/alerts/${encodeURIComponent(id)}/${what}`, body);
}
