// Fills tails with what was recorded before a page was opened.

import { getStream, serverNow } from '../api';
import type { Tail } from './tail';

// fill reads the buckets of one device into tails by metric. All tails have the
// same slots.
export async function fill(device: string, tails: Record<string, Tail>, stop: AbortSignal): Promise<void> {
  const one = Object.values(tails)[0];
  const query = new URLSearchParams({
    metric: Object.keys(tails).join(','),
    recording: '',
    worn: 'now',
    resolution: String(one.slotMs / 1000),
    from: new Date(serverNow() - one.slots * one.slotMs).toISOString(),
    device_id: device,
  });
  let rest = '';
  let columns: string[] | undefined;
  await getStream(
    `/api/v1/readings?${query}`,
    'text/csv',
    (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const l of lines) {
        const f = l.split(',');
        if (!columns) {
          columns = f;
          continue;
        }
        const cell = (name: string) => f[columns?.indexOf(name) ?? -1];
        const tail = tails[cell('metric')];
        if (!tail) continue;
        const at = Date.parse(cell('start'));
        if (!tail.end) tail.advance(Math.max(at, serverNow() - tail.slotMs));
        tail.put(tail.index(at), +cell('min'), +cell('mean'), +cell('max'), +cell('count'));
      }
    },
    stop,
  );
}
