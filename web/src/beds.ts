// The beds of the house: those that it keeps, with or without a device, and those
// at which a device stands.

import { type DeviceInfo, getAll, getJSON, sendJSON } from './api';

interface Limits {
  profile?: string;
  edits?: unknown[];
  averaging_s?: number;
  bed?: string;
  gateway?: string;
  beds?: string[];
}

// Place is a bed. It is free as long as no device on a person stands there.
export interface Place {
  name: string;
  kept: boolean; // it is on the list of the house
  devices: DeviceInfo[]; // that stand there
  free: boolean;
}

const order = new Intl.Collator(undefined, { numeric: true });

// keptBeds fetches the list of the house.
export async function keptBeds(signal?: AbortSignal): Promise<string[]> {
  const page = await getJSON<{ limits: Limits[] }>('/api/v1/alarm-limits?limit=1', signal);
  return page.limits[0]?.beds ?? [];
}

// places joins the list of the house with where devices stand, in the order of
// beds.
export function places(kept: string[], devices: DeviceInfo[]): Place[] {
  const all = new Map<string, Place>();
  const of = (name: string): Place => {
    let p = all.get(name);
    if (!p) {
      p = { name, kept: false, devices: [], free: true };
      all.set(name, p);
    }
    return p;
  };
  for (const name of kept) of(name).kept = true;
  for (const d of devices) {
    if (!d.bed) continue;
    const p = of(d.bed);
    p.devices.push(d);
    if (d.subject_id) p.free = false;
  }
  return [...all.values()].sort((a, b) => order.compare(a.name, b.name));
}

// keepBeds changes the list of the house by one bed; its limits stay as they are.
export async function keepBeds(change: { add?: string; remove?: string }, reason: string): Promise<void> {
  const page = await getJSON<{ limits: Limits[] }>('/api/v1/alarm-limits?limit=1');
  const { profile, edits, beds = [] } = page.limits[0] ?? {};
  const next = beds.filter((b) => b !== change.remove);
  if (change.add && !next.includes(change.add)) next.push(change.add);
  await sendJSON('PUT', '/api/v1/alarm-limits', { profile, edits, beds: next, reason });
}

// setBed says where a device stands; its limits stay as they are.
export async function setBed(device: string, bed: string, reason: string): Promise<void> {
  const all = await getAll<Limits>(`/api/v1/alarm-limits?device_id=${encodeURIComponent(device)}`, 'limits');
  const { profile, edits, averaging_s, gateway, bed: was } = all[0] ?? {};
  if ((was ?? '') === bed) return;
  await sendJSON('PUT', '/api/v1/alarm-limits', { device_id: device, profile, edits, averaging_s, gateway, bed, reason });
}
