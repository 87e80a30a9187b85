// Alarms as the server tells of them, and how they are ordered and shown.

import { getJSON, postJSON } from './api';

export interface Alert {
  id: string;
  device_id: string | null;
  bed?: string;
  devices?: string[];
  rule: string;
  condition: string;
  delays: string;
  state: 'pending' | 'active' | 'acknowledged' | 'latched' | 'cleared';
  priority: 'low' | 'medium' | 'high';
  technical: boolean;
  spot: boolean;
  value?: number;
  unit?: string;
  onset: string;
  acknowledged_by?: string;
  silenced_until: string | null;
}

const rank = { high: 3, medium: 2, low: 1 };

export const stars = { high: '***', medium: '**', low: '*' };

// urgent puts what needs somebody first: not yet acknowledged before the rest,
// the highest priority first, the oldest of these first.
export function urgent(a: Alert, b: Alert): number {
  const waits = (x: Alert) => (x.state === 'acknowledged' ? 0 : 1);
  return waits(b) - waits(a) || rank[b.priority] - rank[a.priority] || a.onset.localeCompare(b.onset);
}

// topOf returns the most urgent alarm of a device.
export function topOf(all: Alert[], device: string): Alert | undefined {
  return all.filter((a) => a.device_id === device || a.devices?.includes(device)).sort(urgent)[0];
}

export async function loadAlerts(signal?: AbortSignal): Promise<Alert[]> {
  const page = await getJSON<{ alerts: Alert[] }>('/api/v1/alerts?state=active,latched,acknowledged&limit=500', signal);
  return page.alerts.sort(urgent);
}

export async function acknowledge(a: Alert, actor: string): Promise<void> {
  await postJSON(`/api/v1/alerts/${encodeURIComponent(a.id)}/ack`, { actor });
}
