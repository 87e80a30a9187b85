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
