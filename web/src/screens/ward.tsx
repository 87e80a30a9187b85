// The ward: every bed with its newest value, as long as that is new.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Alert, loadAlerts, stars, topOf } from '../alarms';
import { ApiError, clock, getJSON, getStream, type Latest, serverNow } from '../api';
import { spark } from '../chart/spark';
import { freshness, least, type Reading } from '../deadline';
import { age, band, dash, instant, level } from '../format';
import { redraw } from '../redraw';
import { Banner, Bar } from '../ui/bar';
import { Alarms } from './ward-alarms';

const minutes = 15;

interface Bed {
  device: string;
  subject?: string;
  spo2?: Reading;
  pulse?: Reading;
  interval: number; // ms, measured
  tail: Float32Array; // SpO2 of the last minutes, by second
  tailEnd: number; // second since 1970 of its end
}

// beds outlive a redraw: the page keeps what it has seen.
const beds = new Map<string, Bed>();

function bedOf(device: string): Bed {
  let b = beds.get(device);
  if (!b) {
    b = { device, interval: 1000, tail: new Float32Array(minutes * 60).fill(Number.NaN), tailEnd: 0 };
    beds.set(device, b);
  }
  return b;
}

function takeLatest(all: Latest[]): void {
  for (const l of all) {
    const b = bedOf(l.device_id);
    b.subject = l.subject_id;
    const of = (name: string): Reading | undefined => {
      const v = l.values[name];
      return v && { at: Date.parse(v.timestamp), received: Date.parse(l.received), value: v.value };
    };
    const before = b.spo2;
    b.spo2 = of('spo2') ?? of('spo2_preductal') ?? of('spo2_postductal');
    b.pulse = of('pulse_rate') ?? of('heart_rate');
    if (b.spo2 && (!before || before.at !== b.spo2.at)) {
      if (before) {
        const step = b.spo2.at - before.at;
        if (step > 0 && step < 60_000) b.interval = Math.max(1000, Math.min(step, b.interval * 2));
      }
      push(b, Math.floor(b.spo2.at / 1000), b.spo2.value ?? Number.NaN);
    }
  }
}

// push puts a value at the end of the tail; the seconds between stay missing.
function push(b: Bed, second: number, v: number): void {
  if (second <= b.tailEnd) return;
  const n = b.tail.length;
  const shift = b.tailEnd ? Math.min(n, second - b.tailEnd) : 1;
  b.tail.copyWithin(0, shift);
  b.tail.fill(Number.NaN, n - shift);
  const hold = Math.min(shift, Math.round((b.interval * 2.5) / 1000));
  if (shift > 1 && shift <= hold) b.tail.fill(b.tail[n - shift - 1], n - shift, n - 1);
  b.tail[n - 1] = v;
  b.tailEnd = second;
}

// fillTails reads the last minutes of every bed once, so that a page that has
// just been opened shows where a value comes from.
async function fillTails(now: number, stop: AbortSignal): Promise<void> {
  const rows = new Map<string, [number, number][]>();
  let rest = '';
  let columns: string[] | undefined;
  const from = new Date(now - minutes * 60_000).toISOString();
  await getStream(
    `/api/v1/readings?metric=spo2&recording=&from=${from}`,
    'text/csv',
    (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const f = line.split(',');
        if (!columns) {
          columns = f;
          continue;
        }
        const device = f[columns.indexOf('device_id')];
        const v = f[columns.indexOf('spo2')];
        const list = rows.get(device) ?? [];
        list.push([Math.floor(instant(f[columns.indexOf('timestamp')]) / 1000), v === '' ? Number.NaN : +v]);
        rows.set(device, list);
      }
    },
    stop,
  );
  for (const [device, list] of rows) {
    const b = bedOf(device);
    const newest = b.tailEnd;
    if (newest && b.tail.some((v, i) => i < b.tail.length - 60 && !Number.isNaN(v))) continue; // it has been watched
    const end = Math.max(newest, list[list.length - 1][0]);
    const tail = new Float32Array(minutes * 60).fill(Number.NaN);
    for (const [at, v] of list) {
      const i = tail.length - 1 - (end - at);
      if (i >= 0 && i < tail.length) tail[i] = v;
    }
    b.tail = tail;
    b.tailEnd = end;
  }
}

export function Ward() {
  const now = useSignal(serverNow());
  const heard = useSignal(0);
  const problem = useSignal('');
  const first = useSignal(true);
  const alarms = useSignal<Alert[]>([]);

  useEffect(() => {
    let live = true;
    let timer = 0;
    const poll = async () => {
      const stop = new AbortController();
      const late = setTimeout(() => stop.abort(), least);
      try {
        const all: Latest[] = [];
        for (let cursor = ''; ; ) {
          const page = await getJSON<{ latest: Latest[]; next_cursor: string }>(
            `/api/v1/latest?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
            stop.signal,
          );
          all.push(...page.latest);
          if (!page.next_cursor) break;
          cursor = page.next_cursor;
        }
        takeLatest(all);
        if (first.value) await fillTails(serverNow(), stop.signal);
        alarms.value = await loadAlerts(stop.signal);
        heard.value = serverNow();
        problem.value = '';
        first.value = false;
      } catch (e) {
        problem.value =
          e instanceof ApiError && e.status === 401
            ? 'Open the address that pleth printed when it started: it lets this browser in.'
            : (e as Error).message;
      }
      clearTimeout(late);
      if (live) timer = setTimeout(poll, document.hidden ? 5000 : 1000) as unknown as number;
    };
    poll();
    // The deadline is looked at by its own clock, whatever the network does.
    const clockTimer = setInterval(() => {
      now.value = serverNow();
    }, 250);
    const back = () => {
      // After a pause nothing is shown until a fresh answer has come.
      if (!document.hidden) {
        heard.value = 0;
        now.value = serverNow();
      }
    };
    document.addEventListener('visibilitychange', back);
    return () => {
      live = false;
      clearTimeout(timer);
      clearInterval(clockTimer);
      document.removeEventListener('visibilitychange', back);
    };
  }, []);

  const list = [...beds.values()].sort((a, b) => a.device.localeCompare(b.device, undefined, { numeric: true }));
  const gone = !first.value && now.value - heard.value > least;
  const fresh = list.filter((b) => freshness(b.spo2 ?? b.pulse, now.value, heard.value, b.interval) === 'live').length;
  const skew = clock.known && Math.abs(clock.ahead) > 2000;
  return (
    <>
      <Bar at="ward" />
      {gone && (
        <div class="lost" role="alert">
          Not connected since {new Date(heard.value || now.value).toLocaleTimeString()}. These are not live values.
        </div>
      )}
      <main class="page ward">
        <div class="sum">
          <h1>{list.length === 1 ? '1 device' : `${list.length} devices`}</h1>
          {(['high', 'medium'] as const).map((p) => {
            const n = alarms.value.filter((a) => a.priority === p && a.state !== 'acknowledged').length;
            return (
              n > 0 && (
                <span class={`cnt ${p}`}>
                  <i class={`sh ${p === 'high' ? 'bad' : 'warn'}`} />
                  <b>{n}</b> {p}
                </span>
              )
            );
          })}
          <span class="cnt">
            <i class="sh ok" />
            <b>{fresh}</b> live
          </span>
          <span class="cnt">
            <i class="sh off" />
            <b>{list.length - fresh}</b> no signal
          </span>
          <span class="sp" />
          {!gone && !first.value && (
            <span class="live">
              <i />
              live, {age(now.value - heard.value)}
            </span>
          )}
        </div>
        {problem.value && <Banner kind="bad">{problem.value}</Banner>}
        {skew && (
          <Banner kind="warn">
            This machine’s clock and the server’s differ by {age(Math.abs(clock.ahead))}; ages are told by the server’s.
          </Banner>
        )}
        {list.length === 0 && !problem.value && !first.value && (
          <section class="card welcome">
            <h2>No device has sent anything yet</h2>
            <p>
              Readings come in over HTTP, line protocol or MQTT; <a href="/docs">the API</a> shows how. <code>pleth simulate ward</code>{' '}
              fills a ward for a try.
            </p>
          </section>
        )}
        <section class="grid" aria-label="Beds">
          {list.map((b) => (
            <Tile key={b.device} bed={b} now={now.value} heard={heard.value} alarm={gone ? undefined : topOf(alarms.value, b.device)} />
          ))}
        </section>
        <Alarms
          all={gone ? [] : alarms.value}
          now={now.value}
          changed={async () => {
            alarms.value = await loadAlerts();
          }}
        />
      </main>
    </>
  );
}

// Tile shows one bed. The numeral stands only as long as its deadline lets it.
function Tile({ bed, now, heard, alarm }: { bed: Bed; now: number; heard: number; alarm?: Alert }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const seen = useRef(true);
  const main = bed.spo2;
  const state = freshness(main ?? bed.pulse, now, heard, bed.interval);
  const off = state === 'live' && main?.value === null;
  const end = Math.floor(now / 1000);
  useEffect(() => {
    const el = canvas.current;
    if (!el) return;
    const watch = new IntersectionObserver((e) => {
      seen.current = e[e.length - 1].isIntersecting;
    });
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current && seen.current) spark(canvas.current, bed.tail, state !== 'live');
  }, [bed.tailEnd, state, redraw.value]);
  const last = lastOf(bed.tail);
  const since = main ? now - main.received : 0;
  const rings = state === 'live' && alarm && !alarm.technical && alarm.state !== 'acknowledged' ? alarm : undefined;
  const kind =
    state === 'stale' ? ' stale' : off ? ' tech' : rings?.priority === 'high' ? ' high' : rings?.priority === 'medium' ? ' med' : '';
  return (
    <a
      class={`t${kind}`}
      href={`/ward?bed=${encodeURIComponent(bed.device)}`}
      data-at={end}
      aria-label={`${bed.device}, ${state === 'stale' ? 'no data' : off ? 'sensor off' : main ? `SpO2 ${level(main.value as number)} percent` : 'no SpO2'}`}
    >
      <div class="hd">
        <b>{bed.device}</b>
        <span class="sp" />
        {state === 'stale' ? (
          <b>No data {minutesOf(since)}</b>
        ) : off ? (
          'Sensor off'
        ) : rings ? (
          <span title={rings.delays}>
            <span class="ast">{stars[rings.priority]}</span> {rings.condition}
          </span>
        ) : (
          ''
        )}
      </div>
      {state === 'live' && main && !off ? (
        <div class="vals">
          <div class={`sat b${band(main.value as number)}`}>
            {level(main.value as number)}
            <small>%</small>
          </div>
          <Pulse bed={bed} />
        </div>
      ) : state === 'live' && !main ? (
        <div class="vals">
          <div class="dash">{dash}</div>
          <Pulse bed={bed} />
        </div>
      ) : (
        <div class="vals off">
          <div class="dash">{dash}</div>
          <div class="last">
            {Number.isNaN(last) ? '' : <s>{level(last)} %</s>}
            <br />
            {main ? `${age(since)} ago` : ''}
          </div>
        </div>
      )}
      <canvas ref={canvas} />
      <div class="ft">
        <span>{state === 'live' && main ? `${age(since)} ago` : ''}</span>
        <span>{bed.subject ? bed.subject.slice(0, 8) : 'unassigned'}</span>
      </div>
    </a>
  );
}

function Pulse({ bed }: { bed: Bed }) {
  return (
    <div class="pr">
      <b>{bed.pulse && bed.pulse.value !== null ? Math.round(bed.pulse.value) : '–'}</b>
      <span>/min</span>
    </div>
  );
}

function lastOf(a: Float32Array): number {
  for (let i = a.length - 1; i >= 0; i--) if (!Number.isNaN(a[i])) return a[i];
  return Number.NaN;
}

function minutesOf(ms: number): string {
  const s = Math.floor(ms / 1000);
  return s < 3600 ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}` : age(ms);
}
