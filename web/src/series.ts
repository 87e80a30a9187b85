// The samples of a session as arrays by second. NaN is missing; nothing is ever
// drawn across it.

import { getStream } from './api';
import { instant } from './format';

export interface Series {
  n: number; // seconds
  spo2: Float32Array;
  pulse: Float32Array;
  doubt: Uint8Array; // 1 where movement, weak signal or the device speak against it
}

// hold is how many seconds a value stands for at most: 2.5 readings.
export function holdSeconds(interval: number): number {
  return Math.max(1, Math.round(interval * 2.5));
}

// Reader puts rows of CSV as the server writes them into a series, as they come.
export class Reader {
  private rest = '';
  private time = -1;
  private spo2 = -1;
  private pulse = -1;
  private motion = -1;
  private perfusion = -1;
  private width = 0;

  // start is the first instant in ms.
  constructor(
    private readonly s: Series,
    private readonly start: number,
    private readonly interval: number,
    private readonly metric: string,
  ) {}

  take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.row(line);
  }

  end(): void {
    if (this.rest) this.row(this.rest);
    this.rest = '';
  }

  private row(line: string): void {
    const f = line.trimEnd().split(',');
    if (!this.width) {
      this.width = f.length;
      this.time = f.indexOf('timestamp');
      this.spo2 = f.indexOf(this.metric);
      this.pulse = f.indexOf('pulse_rate');
      this.motion = f.indexOf('motion');
      this.perfusion = f.indexOf('perfusion_index');
      return;
    }
    const { s, interval } = this;
    const at = Math.floor((instant(f[this.time]) - this.start) / 1000);
    if (f.length < this.width || !(at >= 0) || at >= s.n) return;
    const number = (i: number) => (i < 0 || f[i] === '' ? Number.NaN : +f[i]);
    const v = number(this.spo2);
    const p = number(this.pulse);
    const bad = number(this.motion) >= 10 || number(this.perfusion) < 0.3 ? 1 : 0;
    const hold = holdSeconds(interval);
    s.spo2[at] = v >= 50 && v <= 100 ? v : Number.NaN;
    s.pulse[at] = p;
    s.doubt[at] = bad;
    // A value stands until the next row, at most 2.5 readings: the next row
    // writes over what it does not.
    for (let k = at + 1; k < Math.min(s.n, at + Math.max(1, Math.min(hold, Math.round(interval)))); k++) {
      s.spo2[k] = s.spo2[at];
      s.pulse[k] = p;
      s.doubt[k] = bad;
    }
  }
}

export function emptySeries(n: number): Series {
  return { n, spo2: new Float32Array(n).fill(Number.NaN), pulse: new Float32Array(n).fill(Number.NaN), doubt: new Uint8Array(n) };
}

// load fetches the samples and tells now and then how far it is, so that the
// trace is drawn as it arrives.
export async function load(
  query: URLSearchParams,
  start: number,
  s: Series,
  interval: number,
  metric: string,
  arrived: () => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = new Reader(s, start, interval, metric);
  let last = performance.now();
  await getStream(
    `/api/v1/readings?${query}`,
    'text/csv',
    (text) => {
      reader.take(text);
      if (performance.now() - last > 100) {
        last = performance.now();
        arrived();
      }
    },
    signal,
  );
  reader.end();
}

// smooth is the mean of w seconds about each, only where there is a value.
export function smooth(a: Float32Array, w: number): Float32Array {
  const out = new Float32Array(a.length).fill(Number.NaN);
  const half = w >> 1;
  let sum = 0;
  let n = 0;
  for (let i = 0; i < a.length + half; i++) {
    if (i < a.length && !Number.isNaN(a[i])) {
      sum += a[i];
      n++;
    }
    const gone = i - w;
    if (gone >= 0 && !Number.isNaN(a[gone])) {
      sum -= a[gone];
      n--;
    }
    const k = i - half;
    if (k >= 0 && k < a.length && n > 0 && !Number.isNaN(a[k])) out[k] = sum / n;
  }
  return out;
}

// gaps are the stretches of at least min seconds without a value.
export function gaps(a: Float32Array, min: number): { from: number; to: number }[] {
  const out: { from: number; to: number }[] = [];
  let open = -1;
  for (let i = 0; i <= a.length; i++) {
    const missing = i < a.length && Number.isNaN(a[i]);
    if (missing && open < 0) open = i;
    if (!missing && open >= 0) {
      if (i - open >= min) out.push({ from: open, to: i });
      open = -1;
    }
  }
  return out;
}
