// What the server says of integrations, and how it is written.

import { getJSON, postJSON, serverNow } from './api';
import { age, dash, decimal } from './format';
import { type Key, say, t } from './lang';

export type Colour = 'green' | 'yellow' | 'red' | 'grey';

export interface Tile {
  name: string;
  title: string;
  about: string;
  group: string;
  kind: 'pair' | 'probe';
  colour: Colour;
  why: string;
  since: string | null;
  checked: string | null;
  tried: string | null;
  last_good: string | null;
  last_message: string | null;
  rate_per_s: number | null;
  delay_p50_s: number | null;
  delay_p99_s: number | null;
  findings: number;
  provisional: number;
  oldest_finding: string | null;
  incidents: number;
  strip: (Colour | '')[];
  paused_until: string | null;
  progress: { full: boolean; windows_done: number; windows: number } | null;
  rows: [number, number];
  dashboard?: string; // address of a board, elsewhere
  hints?: Hint[];
  mends?: Record<string, string[]>;
}

export interface Overview {
  colour: Colour;
  counts: Partial<Record<Colour, number>>;
  at: string;
  dashboard?: string; // address of a board of everything
  groups: { name: string; colour: Colour; integrations: Tile[] }[];
}

export interface Bucket {
  day?: string;
  channel?: string;
  a: number;
  b: number;
  equal: boolean;
  checked: string;
}

// Hint is what most of the differences may have in common.
export interface Hint {
  code: string;
  column?: string;
  text: string;
}

export interface Finding {
  id: string;
  integration: string;
  class: string;
  key?: string[];
  columns?: { column: string; a: string | null; b: string | null }[];
  text?: string;
  like?: string[]; // the key that the record may have on the other side
  day?: string;
  channel?: string;
  first_seen: string;
  confirmed: boolean;
  closed?: string;
  incident?: number;
}

export interface Check {
  id: number;
  started: string;
  ended: string;
  colour: Colour;
  why: string;
}

export interface Delays {
  from: string;
  slot_s: number;
  p99_s: (number | null)[]; // the oldest first
  gap_s: number;
}

// Course is the delays of some hours as lines in a box of 100 x 40, from zero.
export interface Course {
  lines: string[]; // points; between them no checks ran
  gaps: { from: number; to: number }[]; // where none did for too long
  most: number;
}

// course draws delays. Slots of which no check said one are a gap where they are
// more than lie between two checks. Without any delay there is no line.
export function course(d: Delays): Course | null {
  const n = d.p99_s.length;
  const known = d.p99_s.map((s, i) => ({ s: s ?? -1, i })).filter((p) => p.s >= 0);
  if (!known.length) return null;
  const most = Math.max(...known.map((p) => p.s));
  const x = (i: number) => (100 * i) / n;
  const y = (s: number) => (most > 0 ? 38 - (36 * s) / most : 38).toFixed(2);
  const wide = d.gap_s / d.slot_s;
  const lines: string[] = [];
  const gaps: Course['gaps'] = [];
  let points: string[] = [];
  let last = -1;
  for (const p of known) {
    if (p.i - last > wide) {
      gaps.push({ from: x(last + 1), to: x(p.i) });
      if (points.length) lines.push(points.join(' '));
      points = [];
    }
    if (!points.length) points.push(`${x(p.i).toFixed(2)},${y(p.s)}`); // one alone is a dash
    points.push(`${x(p.i + 1).toFixed(2)},${y(p.s)}`);
    last = p.i;
  }
  lines.push(points.join(' '));
  if (n - last > wide) gaps.push({ from: x(last + 1), to: 100 });
  return { lines, gaps, most };
}

// Stretch is checks one after the other that said the same.
export interface Stretch {
  colour: Colour;
  why: string;
  first: string; // when the oldest of them began
  last: string; // and the newest
  n: number;
}

// stretches puts checks, the newest first, together that said the same.
export function stretches(list: Check[]): Stretch[] {
  const out: Stretch[] = [];
  for (const c of list) {
    const before = out.at(-1);
    if (before && before.colour === c.colour && before.why === c.why) {
      before.first = c.started;
      before.n++;
    } else out.push({ colour: c.colour, why: c.why, first: c.started, last: c.started, n: 1 });
  }
  return out;
}

export interface Incident {
  id: number;
  integration: string;
  title?: string;
  channel?: string;
  class: string;
  state: string;
  severity: Colour;
  opened: string;
  resolved?: string;
  owner?: string;
  cause?: string;
  records: number;
  text: string;
}

export interface Step {
  number: number;
  at: string;
  who: string;
  what: string;
  why?: string;
  state?: string;
  key?: string[];
  before?: string;
  after?: string;
}

export interface Effect {
  finding: string;
  key: string[];
  text: string;
  error?: string;
  record?: Record<string, string>;
  b: Record<string, string | null>[];
  before?: string;
  after?: string;
}

export interface Mend {
  id?: number;
  action: string;
  state: string;
  by: string;
  why: string;
  error?: string; // why it failed
  effects: Effect[];
}

export interface OpenIncident extends Incident {
  mttd_s: number | null;
  mtta_s: number | null;
  mttr_s: number | null;
  steps: Step[];
  mends: Mend[];
  findings: Finding[];
  actions: string[];
  hints?: Hint[];
  deliveries: { channel: string; event: string; state: string; created: string }[];
}

export interface Timeline {
  finding: Finding;
  name_a: string;
  name_b: string;
  a: { hash: string }[];
  b: { hash: string }[];
  fields: { column_a: string; column_b: string; raw_a: string | null; raw_b: string | null; equal: boolean }[];
  events: { at: string; text: string }[];
}

const base = '/api/v1/integrations';
const of = (name: string): string => `${base}/${encodeURIComponent(name)}`;

export const overview = (signal?: AbortSignal) => getJSON<Overview>(base, signal);
export const integration = (name: string, signal?: AbortSignal) => getJSON<Tile>(of(name), signal);
export const bucketsOf = (name: string, from: string, signal?: AbortSignal) =>
  getJSON<{ buckets: Bucket[] }>(`${of(name)}/buckets?from=${from}`, signal);
export const findingsOf = (name: string, query: string, signal?: AbortSignal) =>
  getJSON<{ findings: Finding[] }>(`${of(name)}/findings?${query}`, signal);
export const checksOf = (name: string, signal?: AbortSignal) => getJSON<{ checks: Check[] }>(`${of(name)}/checks?limit=200`, signal);
export const delaysOf = (name: string, signal?: AbortSignal) => getJSON<Delays>(`${of(name)}/delays?hours=8`, signal);
export const record = (name: string, finding: string, signal?: AbortSignal) => getJSON<Timeline>(`${of(name)}/findings/${finding}`, signal);
export const incidents = (query: string, signal?: AbortSignal) =>
  getJSON<{ incidents: Incident[]; next_cursor: string }>(`/api/v1/incidents?${query}`, signal);
export const incident = (id: string, signal?: AbortSignal) => getJSON<OpenIncident>(`/api/v1/incidents/${id}`, signal);
export const check = (name?: string) => postJSON(name ? `${of(name)}/checks` : '/api/v1/integration-checks', {});
export const act = (id: number, body: Record<string, unknown>) => postJSON<OpenIncident>(`/api/v1/incidents/${id}/actions`, body);
export const mend = (id: number, body: Record<string, unknown>) => postJSON<Mend>(`/api/v1/incidents/${id}/mends`, body);
export const confirm = (id: number, m: number, actor: string) => postJSON<Mend>(`/api/v1/incidents/${id}/mends/${m}/confirm`, { actor });

// shape is the form that goes with a colour.
export const shape: Record<Colour, string> = { red: 'bad', yellow: 'warn', green: 'ok', grey: 'off' };

// ago writes how long ago something was, by the clock of the server.
export function ago(at: string | null | undefined): string {
  return at ? t('int.ago', { time: age(Math.max(0, serverNow() - Date.parse(at)), true) }) : dash;
}

// rate writes messages a second, or a minute where they are few.
export function rate(perSecond: number | null): string {
  if (perSecond === null) return dash;
  if (perSecond === 0 || perSecond >= 0.1) return `${decimal(perSecond, 1)} /s`;
  return `${decimal(perSecond * 60, 1)} /min`;
}

export const seconds = (s: number | null | undefined): string => (s === null || s === undefined ? dash : age(s * 1000));

// className writes a class of findings in words.
export const className = (c: string): string => say(`int.class.${c}` as Key) || c.replaceAll('_', ' ');

// local writes an instant by the clock of the browser.
export const local = (at: string, lang: string): string =>
  new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));
