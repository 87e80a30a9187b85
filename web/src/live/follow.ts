// Follows the server over its WebSocket: the whole state first, then what
// changes. A connection that breaks, falls silent or tells nonsense is given up,
// and the next one begins with the whole state again.

import { Copy, type Device } from './copy';
import { LiveError, type Trouble } from './frame';

// silence is how long a server may say nothing, ms; it says something every
// second. It is below the five seconds after which no numeral may stand.
export const silence = 4500;

const waitLeast = 200;
const waitMost = 10_000;

// Socket is the part of a WebSocket that is used.
export interface Socket {
  onopen: ((e: Event) => void) | null;
  onmessage: ((e: MessageEvent) => void) | null;
  onclose: ((e: CloseEvent) => void) | null;
  close(): void;
}

export interface World {
  open: () => Socket;
  later: (f: () => void, ms: number) => number;
  cancel: (timer: number) => void;
  random: () => number; // 0..1
}

export type Lost = 'closed' | 'silent' | Trouble;

export interface Told {
  // state is called when the first state is complete: what was shown before is
  // to be replaced by it.
  state(copy: Copy): void;
  // changed tells of devices that a message changed, after state.
  changed(devices: Set<Device>, copy: Copy, type: string): void;
  // heard is called at every message, with the server's clock if it told it.
  heard(now: number): void;
  // lost is called once for each connection that was, or could not be, made.
  lost(why: Lost, attempts: number): void;
}

export class Follower {
  private socket: Socket | null = null;
  private copy = new Copy();
  private watchdog = 0;
  private retry = 0;
  private attempts = 0; // that failed in a row
  private ended = false;

  constructor(
    private readonly world: World,
    private readonly told: Told,
  ) {}

  // start connects; a connection that is there is given up for a new one.
  start(): void {
    this.drop();
    this.ended = false;
    const copy = new Copy();
    this.copy = copy;
    const s = this.world.open();
    this.socket = s;
    const mine = (f: () => void) => () => {
      if (this.socket === s) f();
    };
    s.onclose = mine(() => this.lose('closed'));
    s.onmessage = (e) => {
      if (this.socket === s) this.take(e.data);
    };
    this.watch();
  }

  // stop ends the connection and does not come back.
  stop(): void {
    this.ended = true;
    this.drop();
  }

  private drop(): void {
    this.world.cancel(this.watchdog);
    this.world.cancel(this.retry);
    const s = this.socket;
    this.socket = null;
    if (s) {
      s.onclose = null;
      s.onmessage = null;
      s.close();
    }
  }

  private watch(): void {
    this.world.cancel(this.watchdog);
    this.watchdog = this.world.later(() => this.lose('silent'), silence);
  }

  private take(data: unknown): void {
    const touched = new Set<Device>();
    const was = this.copy.ready;
    let type: string;
    try {
      type = this.copy.take(data, touched);
    } catch (e) {
      this.lose(e instanceof LiveError ? e.trouble : 'broken');
      return;
    }
    this.watch();
    this.told.heard(type === 'hello' || type === 'ready' || type === 'time' ? this.copy.now : 0);
    if (!was && this.copy.ready) {
      this.attempts = 0;
      this.told.state(this.copy);
    } else if (was && (touched.size > 0 || type === 'alarms')) this.told.changed(touched, this.copy, type);
  }

  private lose(why: Lost): void {
    this.drop();
    if (this.ended) return;
    this.attempts++;
    this.told.lost(why, this.attempts);
    // A newer server does not become older by asking often.
    const wait = why === 'newer' ? waitMost : Math.min(waitMost, waitLeast * 2 ** Math.min(this.attempts - 1, 10));
    this.retry = this.world.later(() => this.start(), wait * (0.75 + this.world.random() / 2));
  }
}
