// A copy of what the server knows, as its messages build it.

import type { Alert } from '../alarms';
import { decode, LiveError, version } from './frame';

export interface Device {
  id: string;
  subject: string; // pseudonym; empty: nobody known
  at: number; // event time of the newest reading, ms; 0: none
  received: number; // ms
  late: boolean;
  values: Map<string, { at: number; value: number | null }>;
}

interface Message {
  type?: unknown;
  version?: unknown;
  now?: unknown;
  heartbeat_ms?: unknown;
  metrics?: Record<string, string>;
  devices?: { n: number; device_id: string; subject_id: string | null }[];
  reset?: boolean;
  alarms?: { id: string; open: boolean; alert?: Alert }[];
}

export class Copy {
  metrics = new Map<number, string>();
  devices = new Map<number, Device>();
  alarms = new Map<string, Alert>();
  ready = false;
  now = 0; // the server's clock by the last message that told it, ms; 0: none did

  // take reads one message and returns its type, and in touched the devices
  // that it changed. Types it does not know say nothing. It throws a LiveError
  // where the message cannot be read.
  take(data: unknown, touched: Set<Device>): string {
    if (data instanceof ArrayBuffer) {
      for (const s of decode(data) ?? []) {
        const d = this.devices.get(s.device);
        if (!d) throw new LiveError('broken', 'a frame tells of a device that was not named');
        d.at = s.at;
        d.received = s.received;
        d.late = s.late;
        for (const v of s.values) {
          const name = this.metrics.get(v.metric);
          if (name) d.values.set(name, { at: v.at, value: v.value });
        }
        touched.add(d);
      }
      return 'samples';
    }
    let m: Message;
    try {
      m = JSON.parse(String(data));
    } catch {
      throw new LiveError('broken', 'a message is no JSON');
    }
    if (typeof m !== 'object' || m === null || typeof m.type !== 'string') throw new LiveError('broken', 'a message has no type');
    if (typeof m.now === 'string') {
      const now = Date.parse(m.now);
      if (!Number.isNaN(now)) this.now = now;
    }
    try {
      this.read(m, touched);
    } catch (e) {
      if (e instanceof LiveError) throw e;
      throw new LiveError('broken', 'a message does not follow the format');
    }
    return m.type;
  }

  private read(m: Message, touched: Set<Device>): void {
    switch (m.type) {
      case 'hello':
        if (m.version !== version) throw new LiveError('newer', `the server speaks version ${m.version}`);
        for (const [n, name] of Object.entries(m.metrics ?? {})) this.metrics.set(+n, String(name));
        break;
      case 'devices':
        for (const one of m.devices ?? []) {
          let d = this.devices.get(one.n);
          if (!d) {
            d = { id: '', subject: '', at: 0, received: 0, late: false, values: new Map() };
            this.devices.set(one.n, d);
          }
          const subject = one.subject_id ?? '';
          if (d.subject !== subject) d.values.clear(); // they are of another person
          d.id = String(one.device_id);
          d.subject = subject;
          touched.add(d);
        }
        break;
      case 'alarms':
        if (m.reset) this.alarms.clear();
        for (const a of m.alarms ?? []) {
          if (a.open && a.alert) this.alarms.set(a.id, a.alert);
          else this.alarms.delete(a.id);
        }
        break;
      case 'ready':
        this.ready = true;
        break;
    }
  }
}
