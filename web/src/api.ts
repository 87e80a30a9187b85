// Speaks to the server. Everything it says is for a person: what failed, and
// what to do.

import { t } from './lang';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

// clock is how far the server's clock is ahead of ours, in ms, and when we last
// knew. Ages are told by the server's clock.
export const clock = { ahead: 0, known: false };

export function serverNow(): number {
  return Date.now() + clock.ahead;
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
    clock.ahead = date + 500 - (sent + Date.now()) / 2;
    clock.known = true;
  }
  if (res.ok) return res;
  let text = t('api.status', { status: res.status });
  try {
    const p = await res.json();
    text = [p.title, p.detail].filter(Boolean).join(': ') || text;
  } catch {
    // not a problem document: the status has to do
  }
  throw new ApiError(res.status, text);
}

export async function getJSON<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call(path, { signal, headers: { Accept: 'application/json' } })).json();
}

export async function postJSON<T>(path: string, body: unknown): Promise<T> {
  return (await call(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json();
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

export interface Imported {
  sessions?: { key: string }[];
  job?: string;
}

// sendFile imports a recording; progress is told from 0 to 1.
export function sendFile(file: File, progress: (share: number) => void): Promise<Imported> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open('POST', `/api/v1/import?filename=${encodeURIComponent(file.name)}`);
    x.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    x.onerror = () => reject(new ApiError(0, t('api.broke')));
    x.onload = () => {
      let body: Record<string, unknown> = {};
      try {
        body = JSON.parse(x.responseText);
      } catch {
        // the status has to do
      }
      if (x.status >= 200 && x.status < 300) resolve(body as Imported);
      else reject(new ApiError(x.status, [body.title, body.detail].filter(Boolean).join(': ') || t('api.status', { status: x.status })));
    };
    x.send(file);
  });
}
