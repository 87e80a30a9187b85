// A value has a deadline. Until then it may stand in large print; after it, it is
// gone from there, whatever the network, the tab or the server do. That is
// decided here and nowhere else.

export type Freshness = 'live' | 'stale' | 'unknown';

export interface Reading {
  at: number; // event time, ms of the server's clock
  received: number; // ms of the server's clock
  value: number | null;
}

// least is the shortest time after which a device is called stale, in ms.
export const least = 5000;

const shortest = 1000; // ms between readings, as it is counted
const longest = 600_000;

// cadence is the interval between readings after one more step, ms. It grows
// slowly: a gap is not the beat of a device.
export function cadence(intervalMs: number, step: number): number {
  return Math.max(shortest, Math.min(step, intervalMs * 2, longest));
}

// told is the interval as the server measured it, seconds; undefined: it did not.
export function toldInterval(seconds: number | undefined): number | undefined {
  return seconds ? Math.max(shortest, Math.min(seconds * 1000, longest)) : undefined;
}

// staleAfter is how long a value may stand: three readings, five seconds at
// least.
export function staleAfter(intervalMs: number): number {
  return Math.max(least, 3 * intervalMs);
}

// freshness says whether r may be shown as current at the time now, of the
// server's clock, on a page that last heard from the server at heard.
export function freshness(r: Reading | undefined, now: number, heard: number, intervalMs: number): Freshness {
  if (!r) return 'unknown';
  if (now - heard > least) return 'stale';
  // The event time of a device may be wrong; when the server got it cannot be.
  return now - r.received > staleAfter(intervalMs) ? 'stale' : 'live';
}
