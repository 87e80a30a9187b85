// Speaks to the server. Everything it says is for a person: what failed, and
// what to do.

import { signal } from '@preact/signals';
import { type Key, say, t, told } from './lang';
import { ServerClock } from './live/clock';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const clocks = { wall: () => Date.now(), steady: () => performance.now() };

// clock is the server's, as far as it has told. Ages are told by it.
export const clock = new ServerClock(clocks);

// ahead is by how much the server's clock is ahead of that of this machine, ms.
export const ahead = signal(0);

// heardClock notes what the server said its clock shows.
export function heardClock(now: number): void {
  clock.hear(now);
  ahead.value = clock.ahead();
}

const brisk = 1000; // ms: an answer that took longer says too little of the clock

// serverNow is the time of the server, ms.
export function serverNow(): number {
  return clock.now();
}

// stranger is true once the server has said that it does not know who asks.
export const stranger = signal(false);

// What fields are called on the pages.
const fields: Record<string, Key> = {
  actor: 'actor.name',
  reason: 'people.reason',
  subject_id: 'people.person',
  label: 'people.label',
  gain: 'devices.calibration.gain',
  offset: 'devices.calibration.offset',
};

// fault writes one thing that is wrong in a body or an address. What speaks of
// "this" is said with the name of its field.
function fault({ path = '', detail = '' }: { path?: string; detail?: string }): string {
  const said = told(detail);
  const field = path.split('/').pop() ?? '';
  return /^this /.test(detail) && field ? `${fields[field] ? say(fields[field]) : field}: ${said}` : said;
}

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const sent = Date.now();
  let res: Response;
  try {
    res = await fetch(path, { credentials: 'same-origin', ...init });
  } catch {
    throw new ApiError(0, t('api.unreachable'));
  }
  const date = Date.parse(res.headers.get('Date') ?? '');
  if (!Number.isNaN(date)) {
    // The header has whole seconds: the middle of that second is the best guess.
    // The live connection tells better, where there is one.
    const took = Date.now() - sent;
    clock.guess(date + 500 + took / 2);
    if (took < brisk) ahead.value = clock.ahead();
  }
  if (res.ok) return res;
  if (res.status === 401) stranger.value = true;
  let text = t('api.status', { status: res.status });
  try {
    const p = await res.json();
    // what is wrong in the body or the address is told one by one
    const errors: string[] = (p.errors ?? []).map(fault).filter(Boolean);
    text = (errors.length ? `${errors.slice(0, 3).join('; ')}.` : [p.title, p.detail].filter(Boolean).map(told).join(': ')) || text;
  } catch {
    // not a problem document: the status has to do
  }
  throw new ApiError(res.status, text);
}

export async function getJSON<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call(path, { signal, headers: { Accept: 'application/json' } })).json();
}

// sendJSON sends a body and returns what is answered; undefined where nothing is.
export async function sendJSON<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const res = await call(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return res.status === 204 ? (undefined as T) : res.json();
}

export async function postJSON<T>(path: string, body: unknown): Promise<T> {
  return sendJSON('POST', path, body);
}

// getStream hands out the body of an answer as it comes.
export async function getStream(path: string, accept: string, take: (text: string) => void, signal?: AbortSignal): Promise<void> {
  const res = await call(path, { signal, headers: { Accept: accept } });
  const body = res.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!body) return;
  for (;;) {
    const { done, value } = await body.read();
    if (done) return;
    take(value);
  }
}

export interface SessionInfo {
  key: string;
  id: string;
  device_id: string;
  recording?: string;
  metric: string;
  subject_id?: string;
  clock: string;
  start?: string;
  end?: string;
  duration_s: number;
  open: boolean;
  rows: number;
}

export interface Latest {
  device_id: string;
  subject_id?: string;
  timestamp: string;
  received: string;
  late: boolean;
  values: Record<string, { timestamp: string; value: number | null }>;
}

// An import as the server tells of it.
export interface Imported {
  id: string;
  state: 'receiving' | 'waiting' | 'reading' | 'storing' | 'done' | 'failed';
  received_bytes: number;
  rows?: number; // known once it is read
  rows_done?: number;
  accepted: number;
  duplicate: number;
  problem?: string;
  warnings?: { code: string; text: string }[];
  sessions: SessionInfo[];
}

// Broken is an upload that stopped before its end. What arrived is kept where id
// says so.
export class Broken extends Error {
  constructor(
    readonly id: string,
    readonly share: number,
  ) {
    super('broken');
  }
}

// Cancelled is an upload that somebody ended; nothing of it is kept.
export class Cancelled extends Error {}

const partBytes = 4 << 20;

// sendFile imports a recording in parts, so that what broke off goes on where it
// stood: id names the import that was broken off. Progress is told from 0 to 1;
// after that the server reads, and how much of it is stored is told from 0 to 1
// too. under is told the import before each part. stop ends it, as long as it has
// not come whole.
export async function sendFile(
  file: File,
  subject: string,
  progress: (sent: number, stored: number) => void,
  stop: AbortSignal,
  id = '',
  under: (id: string) => void = () => {},
): Promise<Imported> {
  const upload = (path: string, init: RequestInit) => call(path, { ...init, signal: stop });
  let at = 0;
  try {
    if (file.size === 0) throw new ApiError(422, t('import.empty'));
    const have = id ? await importOf(id) : null;
    if (have) {
      at = have.received_bytes;
      if (have.state !== 'receiving') return await settled(have, progress);
      progress(at / file.size, 0);
    } else {
      const q = new URLSearchParams({ filename: file.name });
      if (subject) q.set('subject_id', subject);
      const opened: Imported = await (
        await upload(`/api/v1/import?${q}`, { method: 'POST', headers: { 'Upload-Length': String(file.size) } })
      ).json();
      id = opened.id;
    }
    for (;;) {
      under(id);
      const res = await upload(`/api/v1/imports/${id}`, {
        method: 'PATCH',
        headers: {
          'Upload-Offset': String(at),
          'Content-Type': 'application/offset+octet-stream',
          Prefer: 'respond-async',
        },
        body: file.slice(at, at + partBytes),
      });
      const now: Imported = await res.json();
      at = now.received_bytes;
      progress(at / file.size, 0);
      if (now.state !== 'receiving') return await settled(now, progress);
    }
  } catch (e) {
    if (stop.aborted) {
      // What is not dropped now, the server drops in a day.
      if (id) await dropImport(id).catch(() => {});
      throw new Cancelled();
    }
    // What the server may take later, or has not let go of yet, can be gone on with.
    if (e instanceof ApiError && e.status !== 0 && e.status < 500 && ![408, 409, 429].includes(e.status)) throw e;
    throw new Broken(id, at / file.size);
  }
}

// importOf asks for an import; null: the server does not keep it any more.
export async function importOf(id: string): Promise<Imported | null> {
  try {
    return await getJSON<Imported>(`/api/v1/imports/${encodeURIComponent(id)}`);
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) return null;
    throw e;
  }
}

// dropImport has the server forget an upload that has not come whole.
export async function dropImport(id: string): Promise<void> {
  await sendJSON('DELETE', `/api/v1/imports/${encodeURIComponent(id)}`);
}

// settled waits until the server has read an import.
async function settled(now: Imported, progress?: (sent: number, stored: number) => void): Promise<Imported> {
  while (now.state !== 'done' && now.state !== 'failed') {
    if (now.state === 'storing' && now.rows) progress?.(1, (now.rows_done ?? 0) / now.rows);
    await new Promise((r) => setTimeout(r, 250));
    now = await getJSON<Imported>(`/api/v1/imports/${now.id}`);
  }
  if (now.state === 'failed') throw new ApiError(422, told(now.problem ?? ''));
  return now;
}

// importSample has the server make example nights.
export async function importSample(): Promise<Imported> {
  return settled(await (await call('/api/v1/import/sample', { method: 'POST' })).json());
}

// A night in a few figures and one small trace.
export interface Summary {
  key: string;
  id: string;
  start: string | null;
  zone: string | null;
  grade: string;
  metrics: Record<string, number>;
  histogram: Record<string, number>;
  episodes: [number, number, number][]; // below 90 %: start, end, lowest
  step_s: number;
  low: number[]; // 0: nothing was measured
  high: number[];
}

export interface Annotation {
  id: string;
  device_id: string;
  subject_id: string | null;
  from: string;
  to: string | null;
  text: string;
  author: string;
}

export interface Calibration {
  device_id: string;
  metric: string;
  version: number;
  from: string;
  offset: number;
  gain: number;
  poly: number[];
  reason: string;
  actor: string;
}

export interface DeviceInfo {
  device_id: string;
  recordings: string[];
  live: boolean;
  first: string | null;
  last: string | null;
  received: string | null;
  firmware_version?: string;
  firmware_history: { version: string; first: string }[];
  battery_mv?: number;
  subject_id: string | null;
  label?: string; // what screens call who wears it
  bed?: string;
  gateway?: string;
  interval_s?: number; // between its newest readings
  skew_s: number | null;
  skew_of: number;
  accepted: number;
  late: number;
  conflict: number;
  duplicate: number;
}

// getAll fetches every page of a list.
export async function getAll<T>(path: string, name: string, signal?: AbortSignal): Promise<T[]> {
  const all: T[] = [];
  for (let cursor = ''; ; ) {
    const mark = path.includes('?') ? '&' : '?';
    const page = await getJSON<Record<string, unknown> & { next_cursor: string }>(
      cursor ? `${path}${mark}cursor=${encodeURIComponent(cursor)}` : path,
      signal,
    );
    all.push(...(page[name] as T[]));
    if (!page.next_cursor) return all;
    cursor = page.next_cursor;
  }
}

const summaries = new Map<string, Promise<Summary>>();

// summaryOf fetches the summary of a night once; that of a night that grows is
// asked for by its id, which changes with it.
export function summaryOf(night: SessionInfo): Promise<Summary> {
  const name = `${night.key} ${night.id}`;
  let have = summaries.get(name);
  if (!have) {
    have = getJSON<Summary>(`/api/v1/sessions/${encodeURIComponent(night.key)}/summary`);
    have.catch(() => summaries.delete(name));
    summaries.set(name, have);
  }
  return have;
}
