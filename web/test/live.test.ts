import { describe, expect, it } from 'vitest';
import { ServerClock } from '../src/live/clock';
import { Copy, type Device } from '../src/live/copy';
import { Follower, type Lost, type Socket, silence } from '../src/live/follow';
import { decode, LiveError } from '../src/live/frame';
import { Tail } from '../src/live/tail';

// A frame as the server's own test has it, of device 7: 20.3 of metric 1.
const bytes = [
  1, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0, 0, 0x1e, 0x84, 0x80, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0,
  0, 0, 0, 0, 3, 203,
];
const frame = (b: number[]) => new Uint8Array(b).buffer;

// A small generator with a seed, so that a failure can be had again.
function random(seed: number) {
  let s = seed;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('a frame of samples', () => {
  it('is read', () => {
    expect(decode(frame(bytes))).toEqual([{ device: 7, at: 1, received: 2, late: true, values: [{ metric: 1, at: 1, value: 97.1 }] }]);
  });
  it('keeps negative numbers and missing ones apart', () => {
    const b = [...bytes];
    b.splice(b.length - 8, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf6);
    expect(decode(frame(b))?.[0].values[0].value).toBe(-1);
    b[25] = 0;
    expect(decode(frame(b))?.[0].values[0].value).toBe(null);
  });
  it('is refused at every length that is not whole', () => {
    for (let n = 0; n < bytes.length; n++) {
      if (n === 2) continue; // a frame without records
      expect(() => decode(frame(bytes.slice(0, n))), `${n} bytes`).toThrow(LiveError);
    }
  });
  it('of a newer server is told from a broken one', () => {
    const trouble = (b: number[]) => {
      try {
        decode(frame(b));
      } catch (e) {
        return (e as LiveError).trouble;
      }
    };
    expect(trouble([2, 1])).toBe('newer');
    expect(trouble([1])).toBe('broken');
    expect(decode(frame([1, 9, 5]))).toBe(null);
  });
  it('made of anything is read or refused, and no number is none', () => {
    const next = random(7);
    for (let k = 0; k < 20_000; k++) {
      let b = k % 2 ? [...bytes, ...bytes.slice(2)] : Array.from({ length: next() * 80 }, () => Math.floor(next() * 256));
      if (k % 4 === 0 && b.length > 1) b[0] = b[1] = 1;
      for (let n = 0; n < next() * 6; n++) b[Math.floor(next() * b.length)] = Math.floor(next() * 256);
      if (k % 3 === 0) b = b.slice(0, next() * b.length);
      try {
        for (const s of decode(frame(b)) ?? [])
          for (const v of [s.at, s.received, ...s.values.map((x) => x.value ?? 0)]) expect(Number.isFinite(v)).toBe(true);
      } catch (e) {
        expect(e).toBeInstanceOf(LiveError);
      }
    }
  });
});

describe('the copy of the state', () => {
  it('takes any message without breaking', () => {
    const next = random(11);
    const good = [
      '{"type":"hello","version":1,"now":"2026-11-17T03:18:42Z","metrics":{"1":"spo2"}}',
      '{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":null}]}',
      '{"type":"alarms","reset":true,"alarms":[{"id":"a","open":true,"alert":{}}]}',
      '{"type":"ready","now":"2026-11-17T03:18:42Z","seq":4}',
    ];
    for (let k = 0; k < 5000; k++) {
      const c = new Copy();
      const touched = new Set<Device>();
      for (let i = 0; i < 6; i++) {
        let m = good[Math.floor(next() * good.length)];
        if (next() < 0.4) {
          const at = Math.floor(next() * m.length);
          m = m.slice(0, at) + String.fromCharCode(32 + next() * 90) + m.slice(at + Math.floor(next() * 3));
        }
        try {
          c.take(next() < 0.3 ? frame(bytes) : m, touched);
        } catch (e) {
          expect(e).toBeInstanceOf(LiveError);
        }
      }
    }
  });
  it('forgets the values of a device that somebody else wears', () => {
    const c = new Copy();
    const tell = (m: string) => c.take(m, new Set());
    tell('{"type":"hello","version":1,"metrics":{"1":"spo2"}}');
    tell('{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":"p-1"}]}');
    c.take(frame(bytes), new Set());
    tell('{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":"p-1"}]}');
    expect(c.devices.get(7)?.values.size).toBe(1);
    tell('{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":"p-2"}]}');
    expect(c.devices.get(7)?.values.size).toBe(0);
  });
  it('refuses samples of a device that was not named', () => {
    expect(() => new Copy().take(frame(bytes), new Set())).toThrow(LiveError);
  });
  it('refuses a newer server and skips what it does not know', () => {
    const c = new Copy();
    expect(() => c.take('{"type":"hello","version":2}', new Set())).toThrow(/version 2/);
    expect(c.take('{"type":"weather","sun":true}', new Set())).toBe('weather');
  });
});

// A world whose time passes when it is told to.
function world() {
  let now = 0;
  let id = 0;
  const timers = new Map<number, { at: number; f: () => void }>();
  const sockets: (Socket & { closed: boolean })[] = [];
  return {
    sockets,
    open: () => {
      const s = { onopen: null, onmessage: null, onclose: null, closed: false, close: () => {} } as Socket & { closed: boolean };
      s.close = () => {
        s.closed = true;
      };
      sockets.push(s);
      return s;
    },
    later: (f: () => void, ms: number) => {
      timers.set(++id, { at: now + ms, f });
      return id;
    },
    cancel: (t: number) => {
      timers.delete(t);
    },
    random: () => 0.5,
    pass(ms: number) {
      const end = now + ms;
      for (;;) {
        const next = [...timers].filter(([, t]) => t.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
        if (!next) break;
        now = next[1].at;
        timers.delete(next[0]);
        next[1].f();
      }
      now = end;
    },
    say(data: unknown) {
      sockets[sockets.length - 1].onmessage?.({ data } as MessageEvent);
    },
    close() {
      sockets[sockets.length - 1].onclose?.({} as CloseEvent);
    },
  };
}

const hello = '{"type":"hello","version":1,"now":"2026-11-17T03:18:42Z","metrics":{"1":"spo2"}}';
const devices = '{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":null}]}';
const ready = '{"type":"ready","now":"2026-11-17T03:18:42Z","seq":4}';

describe('following', () => {
  function follow() {
    const w = world();
    const log: string[] = [];
    const f = new Follower(w, {
      state: (c) => log.push(`state of ${c.devices.size}`),
      changed: (d, _, type) => log.push(`${type} of ${d.size}`),
      heard: () => {},
      lost: (why: Lost, n) => log.push(`${why} ${n}`),
    });
    f.start();
    return { w, log, f };
  }
  it('shows nothing until the state is whole, then what changes', () => {
    const { w, log } = follow();
    w.say(hello);
    w.say(devices);
    w.say(frame(bytes));
    expect(log).toEqual([]);
    w.say(ready);
    w.say(frame(bytes));
    expect(log).toEqual(['state of 1', 'samples of 1']);
  });
  it('gives up a server that is silent in time, and comes back with a fresh state', () => {
    const { w, log } = follow();
    expect(silence).toBeLessThan(5000);
    for (const m of [hello, devices, ready]) w.say(m);
    w.pass(silence - 1);
    w.say('{"type":"time","now":"2026-11-17T03:18:46Z","seq":4}');
    w.pass(silence - 1);
    expect(log).toEqual(['state of 1']);
    w.pass(1);
    expect(log).toEqual(['state of 1', 'silent 1']);
    expect(w.sockets[0].closed).toBe(true);
    w.pass(1000);
    expect(w.sockets.length).toBe(2);
    for (const m of [hello, ready]) w.say(m);
    expect(log[2]).toBe('state of 0');
  });
  it('waits longer and longer, ten seconds at most', () => {
    const { w, log } = follow();
    const waits: number[] = [];
    for (let k = 0; k < 9; k++) {
      const n = w.sockets.length;
      w.close();
      let ms = 0;
      while (w.sockets.length === n) {
        w.pass(100);
        ms += 100;
      }
      waits.push(ms);
    }
    expect(waits).toEqual([200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    expect(log).toHaveLength(9);
  });
  it('begins anew after a frame that is broken or of a device nobody named', () => {
    const { w, log } = follow();
    for (const m of [hello, ready]) w.say(m);
    w.say(frame(bytes));
    expect(log).toEqual(['state of 0', 'broken 1']);
    w.pass(300);
    for (const m of [hello, devices, ready]) w.say(m);
    w.say(frame(bytes.slice(0, 30)));
    expect(log.slice(2)).toEqual(['state of 1', 'broken 1']);
  });
  it('says so when the server is newer', () => {
    const { w, log } = follow();
    w.say('{"type":"hello","version":2}');
    expect(log).toEqual(['newer 1']);
  });
  it('hears nothing of a connection that was given up', () => {
    const { w, log, f } = follow();
    const old = w.sockets[0].onmessage;
    f.stop();
    old?.({ data: hello } as MessageEvent);
    w.pass(60_000);
    expect(log).toEqual([]);
    expect(w.sockets.length).toBe(1);
  });
});

describe('the clock of the server', () => {
  it('goes on by the clock that went further', () => {
    const c = { w: 1000, s: 0 };
    const clock = new ServerClock({ wall: () => c.w, steady: () => c.s });
    clock.hear(500_000);
    c.s = 3000; // the wall clock stands: somebody set it back
    expect(clock.now()).toBe(503_000);
    c.w = 61_000; // the machine slept: the steady clock stood
    expect(clock.now()).toBe(560_000);
    expect(clock.ahead()).toBe(499_000);
  });
});

describe('a strip', () => {
  it('keeps the lowest of a slot, and a gap a gap', () => {
    const t = new Tail(6, 5000);
    t.push(5000, 96, 2500);
    t.push(6000, 81, 2500);
    t.push(7000, 97, 2500);
    t.push(21_000, 95, 2500);
    expect([...t.lo]).toEqual([Number.NaN, Number.NaN, 81, Number.NaN, Number.NaN, 95]);
    expect(t.hi[2]).toBe(97);
    expect(t.last()).toBe(95);
  });
  it('holds a value for its interval where readings are rarer than slots', () => {
    const t = new Tail(6, 1000);
    t.push(1000, 96, 10_000);
    t.push(5000, 95, 10_000);
    expect([...t.mid]).toEqual([Number.NaN, 96, 96, 96, 96, 95]);
  });
  it('takes what came before, and every dip of it', () => {
    const t = new Tail(3, 5000);
    t.push(15_000, 90, 5000);
    t.put(t.index(10_000), 80, 85, 90, 5);
    t.put(t.index(15_000), 79, 99, 99, 5);
    expect([...t.lo]).toEqual([Number.NaN, 80, 79]);
    expect(t.mid[2]).toBe(90);
    expect(t.index(20_000)).toBe(-1);
  });
});
