// What is known of the beds now: kept up to date by the live connection, shared
// by every page that shows something live. It goes on once it has begun, so that
// an alarm is heard on whatever page is open.

import { batch, computed, type Signal, signal } from '@preact/signals';
import { type Alert, byDevice, urgent } from '../alarms';
import { type DeviceInfo, getAll, getJSON, getStream, heardClock, serverNow, stranger } from '../api';
import { keptBeds } from '../beds';
import { cadence, type Reading, toldInterval } from '../deadline';
import type { Copy, Device } from './copy';
import { Follower, type Lost, silence } from './follow';
import { Tail } from './tail';

export interface Range {
  name: '15' | '60' | '480';
  slots: number;
  slotMs: number;
}

export const ranges: Range[] = [
  { name: '15', slots: 180, slotMs: 5000 },
  { name: '60', slots: 180, slotMs: 20_000 },
  { name: '480', slots: 192, slotMs: 150_000 },
];

// Bed is one device with what is known of it. changed counts what a tile shows.
export class Bed {
  live: Device | null = null; // its state in the connection
  info: DeviceInfo | null = null;
  shown = false; // it is in the roster
  of = ''; // whom its newest values are of, by pseudonym; empty: nobody known
  interval = 1000; // between readings, ms, measured
  at = 0; // event time of the newest of them
  tail: Tail;
  tailOf = ''; // whose values the tail holds, by pseudonym
  readonly changed: Signal<number> = signal(0);
  watched = 0; // how many see it now
  said = ''; // its values as they were drawn
  drawn = 0; // when the server had got them, ms

  constructor(
    readonly device: string,
    range: Range,
    readonly place = '', // a bed of the house at which no device stands
  ) {
    this.tail = new Tail(range.slots, range.slotMs);
  }

  // reading is the newest value of the first of the metrics that is there. What
  // is of another person than who wears the device now is none.
  reading(...metrics: string[]): Reading | undefined {
    if (this.others) return undefined;
    for (const m of metrics) {
      const v = this.live?.values.get(m);
      if (v && this.live) return { at: v.at, received: this.live.received, value: v.value };
    }
    return undefined;
  }
  get spo2(): Reading | undefined {
    return this.reading('spo2', 'spo2_preductal', 'spo2_postductal');
  }
  get pulse(): Reading | undefined {
    return this.reading('pulse_rate', 'heart_rate');
  }
  // name is that of the bed it stands at, or its own.
  get name(): string {
    return this.info?.bed || this.place || this.device;
  }
  // subject is who wears it, by pseudonym; empty: nobody known. Of a device that
  // has gone silent the server knows it, not its newest reading.
  get subject(): string {
    return this.info ? (this.info.subject_id ?? '') : this.of;
  }
  // others: its newest values are of another person than who wears it now.
  get others(): boolean {
    return !!this.live && this.of !== this.subject;
  }
  get label(): string {
    return this.info?.label ?? '';
  }
  // listed says that it is a bed: it sends, or somebody gave it a place or a
  // person. A device of which there are imported files alone is none.
  get listed(): boolean {
    return !!this.place || !!this.live?.values.size || !!this.info?.bed || (!!this.info?.subject_id && !this.info.recordings.length);
  }
  // empty: it is on nobody and has never sent.
  get empty(): boolean {
    return !this.live?.values.size && !this.info?.received && !this.subject;
  }
}

export interface Link {
  state: 'connecting' | 'live' | 'lost';
  why?: Lost;
  heard: number; // server time at which we last heard from it, ms; 0: never
}

export const link = signal<Link>({ state: 'connecting', heard: 0 });
export const alarms = signal<Alert[]>([]); // the most urgent first
export const tops = computed(() => byDevice(alarms.value));
export const beds = new Map<string, Bed>();
export const roster = signal<Bed[]>([]); // in the order of beds; another list when one comes or is named otherwise
export const range = signal<Range>(ranges[0]);
// now is the server's clock, four times a second.
export const now = signal(serverNow());
// trouble is why the names of beds could not be fetched; empty: nothing.
export const trouble = signal('');

// heard is when the server was last heard, by its clock. It changes with every
// message and is looked at when now changes.
let heard = 0;
export function heardAt(): number {
  return link.peek().state === 'live' ? heard : 0;
}

const order = new Intl.Collator(undefined, { numeric: true });

// kept are the beds of the house, vacant those of them that have been without a
// device.
let kept: string[] = [];
const vacant = new Map<string, Bed>();

function vacantOf(name: string): Bed {
  let b = vacant.get(name);
  if (!b) {
    b = new Bed(`bed:${name}`, range.peek(), name);
    vacant.set(name, b);
  }
  return b;
}

// wayTo is the address of a bed: who lies there, or for a free one where
// somebody is put on it.
export function wayTo(b: Bed): string {
  return b.place ? `/patient?bed=${encodeURIComponent(b.place)}` : `/patient/${encodeURIComponent(b.device)}`;
}

function rebuild(): void {
  for (const b of beds.values()) b.shown = b.listed;
  const listed = [...beds.values()].filter((b) => b.shown);
  const taken = new Set(listed.map((b) => b.name));
  roster.value = [...listed, ...kept.filter((name) => !taken.has(name)).map(vacantOf)].sort(
    (a, b) => order.compare(a.name, b.name) || order.compare(a.device, b.device),
  );
}

export function bedOf(device: string): Bed {
  let b = beds.get(device);
  if (!b) {
    b = new Bed(device, range.peek());
    beds.set(device, b);
  }
  return b;
}

// Changes are shown once a frame, those of beds that somebody sees.
const dirty = new Set<Bed>();
let drawing = 0;
function touch(b: Bed): void {
  if (!b.watched) return;
  dirty.add(b);
  if (!drawing) drawing = requestAnimationFrame(flush);
}
function flush(): void {
  drawing = 0;
  batch(() => {
    for (const b of dirty) b.changed.value++;
  });
  dirty.clear();
}

const sameAgain = 500; // ms

// take takes the state of a device into its bed.
function take(d: Device): boolean {
  const b = bedOf(d.id);
  const renamed = b.of !== d.subject;
  // Who is known by a reading has no name yet; nobody is called by that of another.
  if (renamed && b.info && (b.info.subject_id ?? '') !== d.subject) b.info = { ...b.info, subject_id: d.subject || null, label: undefined };
  b.of = d.subject;
  b.live = d;
  own(b);
  const v = b.spo2;
  const at = (v ?? b.pulse)?.at ?? d.at;
  if (at > b.at) {
    if (b.at) b.interval = cadence(b.interval, at - b.at);
    b.at = at;
  }
  if (v && v.at > (seen.get(b) ?? 0)) {
    b.tail.push(v.at, v.value, b.interval * 2.5);
    seen.set(b, v.at);
  }
  // A device that says the same many times a second is drawn again when it says
  // something else. Deadlines are looked at by the clock, not here.
  let said = '';
  for (const one of d.values.values()) said += `${one.value} `;
  if (said !== b.said || Math.abs(d.received - b.drawn) >= sameAgain || renamed) {
    b.said = said;
    b.drawn = d.received;
    touch(b);
  }
  return (b.listed && !b.shown) || renamed;
}
// own empties the strip of a bed whose device somebody else wears now.
function own(b: Bed): void {
  if (b.tailOf === b.subject) return;
  b.tailOf = b.subject;
  b.tail = new Tail(b.tail.slots, b.tail.slotMs);
  seen.delete(b);
  if (b.watched) history(b);
}
const seen = new WeakMap<Bed, number>(); // event time of the newest value that is in the tail

function takeAlarms(copy: Copy): void {
  alarms.value = [...copy.alarms.values()].sort(urgent);
}

let asking = 0;
// loadInfo fetches beds, people's labels and batteries.
export async function loadInfo(): Promise<void> {
  clearTimeout(asking);
  asking = 0;
  try {
    const [list, names] = await Promise.all([getAll<DeviceInfo>('/api/v1/devices?limit=1000', 'devices'), keptBeds()]);
    kept = names;
    let old = false;
    for (const info of list) {
      const b = bedOf(info.device_id);
      b.info = info;
      b.interval = toldInterval(info.interval_s) ?? b.interval;
      own(b);
      touch(b);
      // Somebody was put on it while the answer was on its way.
      if (b.others && b.live && b.live.at > Date.parse(info.last ?? '')) old = true;
    }
    trouble.value = '';
    rebuild();
    if (old) {
      soon();
      return;
    }
  } catch (e) {
    trouble.value = (e as Error).message;
  }
  asking = window.setTimeout(loadInfo, 60_000);
}

function soon(): void {
  clearTimeout(asking);
  asking = window.setTimeout(loadInfo, 300);
}

const told = {
  state(copy: Copy) {
    batch(() => {
      for (const b of beds.values()) b.live = null;
      for (const d of copy.devices.values()) take(d);
      takeAlarms(copy);
      link.value = { state: 'live', heard: serverNow() };
      now.value = serverNow();
      rebuild();
    });
    loadInfo();
  },
  changed(devices: Set<Device>, copy: Copy, type: string) {
    let named = false;
    for (const d of devices) if (take(d)) named = true;
    if (type === 'alarms') takeAlarms(copy);
    if (named) {
      rebuild();
      soon();
    }
  },
  heard(time: number) {
    if (time) heardClock(time);
    heard = serverNow();
  },
  lost(why: Lost, attempts: number) {
    // Before the first answer a short hiccup is no news.
    if (link.peek().state === 'connecting' && attempts < 2 && why === 'closed') return;
    batch(() => {
      link.value = { state: 'lost', why, heard: link.peek().state === 'lost' ? link.peek().heard : heard };
      alarms.value = [];
      now.value = serverNow();
    });
    // A socket does not say why it was refused; a request does.
    if (why === 'closed' && !stranger.peek()) getJSON('/api/v1/latest?limit=1').catch(() => {});
  },
};

let follower: Follower | null = null;

// Who is not known gets no connection; who has just signed in one at once.
let strange = false;
stranger.subscribe((s) => {
  if (s) follower?.stop();
  else if (strange) follower?.start();
  strange = s;
});

// again gives up what is shown until a fresh state has come.
export function again(): void {
  link.value = { state: 'connecting', heard };
  follower?.start();
}

// live begins to follow the server; it may be called any number of times.
export function live(): void {
  if (follower) return;
  follower = new Follower(
    {
      open: () => {
        const s = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
        s.binaryType = 'arraybuffer';
        return s;
      },
      later: (f, ms) => window.setTimeout(f, ms),
      cancel: (timer) => clearTimeout(timer),
      random: Math.random,
    },
    told,
  );
  follower.start();
  let last = Date.now();
  setInterval(() => {
    const gap = Date.now() - last;
    last = Date.now();
    // The machine slept, or the page was frozen: what stands here is old.
    if (gap > silence && !document.hidden) again();
    now.value = serverNow();
  }, 250);
  setInterval(readAgain, lateAgain);
  document.addEventListener('visibilitychange', () => {
    // After a pause nothing is shown until a fresh state has come.
    if (!document.hidden) again();
  });
  addEventListener('pageshow', (e) => e.persisted && again());
}

// setRange changes how much time the strips show.
export function setRange(r: Range): void {
  range.value = r;
  for (const b of beds.values()) {
    b.tail = new Tail(r.slots, r.slotMs);
    seen.delete(b);
    const v = b.spo2;
    if (v) b.tail.push(v.at, v.value, b.interval * 2.5);
    touch(b);
    if (b.watched) history(b);
  }
}

// watch counts who sees a bed; the time before it was seen is fetched.
export function watch(b: Bed): () => void {
  b.watched++;
  history(b);
  return () => {
    b.watched--;
  };
}

const wanted = new Set<Bed>();
let fetching = 0;

function history(b: Bed): void {
  if (b.tail.filled || b.empty) return;
  b.tail.filled = true;
  wanted.add(b);
  if (!fetching) fetching = window.setTimeout(fetchHistory, 50);
}

// The connection tells what is newest: a dip between two of its frames, or in
// readings that came late or many at once, is read from what is stored.
const lateness = 180_000; // ms that are read again
const lateAgain = 60_000;
const whole = new WeakSet<Tail>(); // all of the time before is in them

function readAgain(): void {
  if (document.hidden || link.peek().state !== 'live') return;
  for (const b of beds.values()) if (b.watched && whole.has(b.tail)) wanted.add(b);
  if (wanted.size && !fetching) fetching = window.setTimeout(fetchHistory, 50);
}

// fetchHistory reads the time before the page was opened, forty beds at once; of
// those that have it all, the last minutes.
async function fetchHistory(): Promise<void> {
  const part = [...wanted].slice(0, 40);
  for (const b of part) wanted.delete(b);
  const tails = new Map(part.map((b) => [b.device, { bed: b, tail: b.tail }]));
  const r = range.peek();
  const span = part.every((b) => whole.has(b.tail)) ? Math.max(lateness, 4 * r.slotMs) : r.slots * r.slotMs;
  const query = new URLSearchParams({
    metric: 'spo2',
    recording: '',
    worn: 'now',
    resolution: String(r.slotMs / 1000),
    from: new Date(serverNow() - span).toISOString(),
    device_id: part.map((b) => b.device).join(','),
  });
  let rest = '';
  let columns: string[] | undefined;
  try {
    await getStream(`/api/v1/readings?${query}`, 'text/csv', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const f = line.split(',');
        if (!columns) {
          columns = f;
          continue;
        }
        const cell = (name: string) => f[columns?.indexOf(name) ?? -1];
        const tail = tails.get(cell('device_id'))?.tail;
        if (!tail) continue;
        if (!tail.end) tail.advance(serverNow());
        tail.put(tail.index(Date.parse(cell('start'))), +cell('min'), +cell('mean'), +cell('max'), +cell('count'));
      }
    });
    for (const { tail } of tails.values()) whole.add(tail);
  } catch {
    for (const { tail } of tails.values()) if (!whole.has(tail)) tail.filled = false; // asked again when it is seen again
  }
  for (const { bed } of tails.values()) touch(bed);
  fetching = wanted.size ? window.setTimeout(fetchHistory, 50) : 0;
}
