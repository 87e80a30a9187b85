// Everything that was recorded of a person, over any span: months as days, an
// hour as seconds, and at the end every reading, without a switch between them.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { firstFrom, left, metricPanel, right, type Span, timeRow } from '../chart/timeline';
import { date, decimal, duration, instant } from '../format';
import { type Key, lang, t } from '../lang';
import { redraw, usePrinted } from '../redraw';
import { place } from '../route';
import { fetchPoints, find, known, type Metric, type Points, stepFor, type Whose } from '../timeline';
import { Banner, Bar } from '../ui/bar';
import { boxOf, pointerX } from '../wall';
import { eventsOf, type NightEvent } from './night-events';
import { Flags } from './night-flags';

const day = 86400000;
const two = (n: number) => String(n).padStart(2, '0');

// stampOf writes an instant in ms, with seconds where the span is short.
export function stampOf(at: number, seconds: boolean): string {
  const d = new Date(at);
  return `${date(at, true)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${seconds ? `:${two(d.getUTCSeconds())}` : ''}`;
}

function tickName(at: number, step: number): string {
  const d = new Date(at);
  if (step >= 365 * day) return String(d.getUTCFullYear());
  if (step >= 30 * day)
    return new Intl.DateTimeFormat(lang.value === 'en' ? 'en-GB' : lang.value, { month: 'short', year: '2-digit', timeZone: 'UTC' }).format(
      at,
    );
  const midnight = at % day === 0;
  if (step >= day || midnight) return date(at, false);
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${step < 60000 ? `:${two(d.getUTCSeconds())}` : ''}`;
}

// stepName writes the width of a bucket.
function stepName(s: number): string {
  const of = (n: number, unit: string) => `${n}\u00a0${unit}`;
  return s < 60 ? of(s, 's') : s < 3600 ? of(s / 60, 'min') : of(s / 3600, 'h');
}

interface Loaded {
  step: number;
  from: number;
  to: number;
  points: Map<string, Points>;
}

export function Timeline({ who }: { who: string }) {
  const whose = useSignal<Whose | null>(null);
  const missing = useSignal(false);
  const error = useSignal('');
  const retry = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    find(who, stop.signal)
      .then((w) => {
        whose.value = w;
        missing.value = !w;
        error.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) error.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [who, retry.value]);
  const w = whose.value;
  const name = w ? w.label || (w.subject ? t('timeline.person', { name: short(w.subject) }) : t('timeline.device', { name: w.who })) : '';
  return (
    <>
      <Bar at="patient" />
      <main class="page timeline">
        {error.value && (
          <Banner kind="bad">
            <b>{t('timeline.failed')}</b> {error.value} {w && t('timeline.kept')}{' '}
            <button type="button" class="btn sm" onClick={() => retry.value++}>
              {t('again')}
            </button>
          </Banner>
        )}
        {missing.value && (
          <Banner kind="info">
            <b>{t('timeline.none')}</b> {t('timeline.none.text')} <a href="/devices">{t('nav.devices')}</a>
          </Banner>
        )}
        {w ? (
          <>
            <div class="head">
              <div>
                <h1>{t('timeline.title', { name })}</h1>
                <p class="sub">
                  {w.devices.slice(0, 4).join(', ')}
                  {w.devices.length > 4 ? ' …' : ''} · {t(w.utc ? 'timeline.utc' : 'timeline.local')}
                </p>
              </div>
              <span class="sp" />
              {w.utc && (
                <a class="btn" href={`/patient/${encodeURIComponent(who)}`}>
                  {t('timeline.live')}
                </a>
              )}
            </div>
            <Panels
              w={w}
              key={who}
              failed={(text) => {
                error.value = text;
              }}
            />
          </>
        ) : (
          !missing.value && !error.value && <div class="card charts waiting" aria-busy="true" />
        )}
      </main>
    </>
  );
}

function short(pseudonym: string): string {
  return pseudonym.length > 10 ? pseudonym.slice(0, 8) : pseudonym;
}

const shortest = 10000; // ms

// viewOf reads the range that the address asks for.
function viewOf(w: Whose): [number, number] {
  const q = place.value.query;
  const at = instant(q.get('at') ?? '');
  if (!Number.isNaN(at)) return [at - 300000, at + 300000];
  const from = instant(q.get('from') ?? '');
  const to = instant(q.get('to') ?? '');
  return from < to && to - from >= shortest ? [from, to] : [w.from, w.to];
}

function Panels({ w, failed }: { w: Whose; failed: (text: string) => void }) {
  const view = useSignal<[number, number]>(viewOf(w));
  const loaded = useSignal<Loaded | null>(null);
  const metrics = useSignal<Metric[]>([]);
  const busy = useSignal(false);
  const asked = instant(place.value.query.get('at') ?? '');
  const cursor = useSignal(Number.isNaN(asked) ? -1 : asked);
  const events = useSignal<NightEvent[]>([]);
  const box = useRef<HTMLElement>(null);
  const canvases = useRef(new Map<string, HTMLCanvasElement>());
  const times = useRef<HTMLCanvasElement>(null);
  const frame = useRef(0);
  const width = () => (box.current?.clientWidth ?? 1000) - left - right;

  const draw = () => {
    frame.current = 0;
    const [from, to] = view.value;
    const s: Span = { from, to };
    for (const m of metrics.value) {
      const el = canvases.current.get(m.name);
      if (el) metricPanel(el, m, loaded.value?.points.get(m.name), s);
    }
    if (times.current) timeRow(times.current, s, tickName);
    if (loaded.value && box.current) {
      box.current.dataset.ready = String(loaded.value.step);
      box.current.dataset.wanted = String(stepFor(to - from, width()));
      performance.mark('timeline-drawn');
    }
  };
  useEffect(() => {
    if (!frame.current) frame.current = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [view.value, loaded.value, metrics.value, redraw.value, lang.value]);
  usePrinted(draw);

  // What is seen is fetched with as much again on both sides, so that a pan shows
  // something at once; until finer readings are there the coarser ones stay.
  useEffect(() => {
    const [from, to] = view.value;
    const step = stepFor(to - from, width());
    const have = loaded.value;
    if (have && have.step === step && have.from <= Math.max(from, w.from) && have.to >= Math.min(to, w.to)) return;
    const stop = new AbortController();
    const wait = setTimeout(
      async () => {
        busy.value = true;
        const margin = (to - from) * 0.6;
        const grid = Math.max(1, step) * 1000;
        const a = Math.floor(Math.max(from - margin, w.from - grid) / grid) * grid;
        const b = Math.ceil(Math.min(to + margin, w.to + grid) / grid) * grid;
        try {
          const points = b > a ? await fetchPoints(w, null, a, b, step, stop.signal) : new Map<string, Points>();
          const all = new Set([...metrics.value.map((m) => m.name), ...points.keys()]);
          if (all.size !== metrics.value.length) metrics.value = known.filter((m) => all.has(m.name));
          loaded.value = { step, from: a, to: b, points };
          performance.mark('timeline-data');
          failed('');
        } catch (e) {
          if (!stop.signal.aborted) failed((e as Error).message);
        }
        if (!stop.signal.aborted) busy.value = false;
      },
      have ? 120 : 0,
    );
    return () => {
      clearTimeout(wait);
      stop.abort();
    };
  }, [view.value]);

  // Where only a part was asked for, the panels are those of all that there is.
  useEffect(() => {
    const stop = new AbortController();
    fetchPoints(w, null, w.from, w.to, Math.max(86400, stepFor(w.to - w.from, 200)), stop.signal)
      .then((points) => {
        const all = new Set([...metrics.value.map((m) => m.name), ...points.keys()]);
        metrics.value = known.filter((m) => all.has(m.name));
      })
      .catch(() => {}); // the panels that are seen stay
    Promise.all(w.devices.slice(0, 24).map((d) => eventsOf(d, null, w.from, w.to + 1000, stop.signal)))
      .then((lists) => {
        events.value = lists.flat().sort((a, b) => a.at - b.at);
      })
      .catch(() => {});
    return () => stop.abort();
  }, [w]);

  const show = (a: number, b: number) => {
    const most = Math.max((w.to - w.from) * 1.1, shortest);
    const span = Math.min(most, Math.max(shortest, b - a));
    const slack = span * 0.5;
    let from = a + (b - a - span) / 2;
    from = Math.min(Math.max(from, w.from - slack), w.to + slack - span);
    view.value = [from, from + span];
    const q = new URLSearchParams({
      from: new Date(Math.round(from)).toISOString(),
      to: new Date(Math.round(from + span)).toISOString(),
    });
    history.replaceState(null, '', `${location.pathname}?${q}`);
  };
  const zoom = (factor: number, about?: number) => {
    const [a, b] = view.value;
    const at = about ?? (a + b) / 2;
    show(at - (at - a) * factor, at + (b - at) * factor);
  };
  const at = (x: number) => {
    const r = box.current && boxOf(box.current);
    const [a, b] = view.value;
    return r ? a + ((x - r.left - left) / (r.width - left - right)) * (b - a) : a;
  };

  const drag = useRef<{ x: number; at: number; view: [number, number]; pan: boolean } | null>(null);
  const sel = useSignal<[number, number] | null>(null);
  const fingers = useRef(new Map<number, number>());
  const pinch = useRef<[number, number] | null>(null);
  const down = (e: PointerEvent) => {
    if (e.button !== 0) return;
    (e.currentTarget as Element).setPointerCapture(e.pointerId);
    fingers.current.set(e.pointerId, pointerX(e));
    if (fingers.current.size === 2) {
      const [x, y] = [...fingers.current.values()];
      pinch.current = [at(x), at(y)];
      drag.current = null;
      sel.value = null;
      return;
    }
    // A finger moves the time, a mouse chooses a part of it.
    drag.current = { x: pointerX(e), at: at(pointerX(e)), view: view.value, pan: e.shiftKey || e.pointerType === 'touch' };
  };
  const move = (e: PointerEvent) => {
    const r = box.current && boxOf(box.current);
    if (fingers.current.has(e.pointerId)) fingers.current.set(e.pointerId, pointerX(e));
    if (pinch.current && fingers.current.size === 2 && r) {
      const [x, y] = [...fingers.current.values()];
      if (Math.abs(x - y) < 8) return;
      const per = (pinch.current[0] - pinch.current[1]) / (x - y);
      const start = pinch.current[0] - (x - r.left - left) * per;
      show(start, start + (r.width - left - right) * per);
      return;
    }
    cursor.value = at(pointerX(e));
    const d = drag.current;
    if (!d || !r) return;
    if (d.pan) {
      const by = ((pointerX(e) - d.x) / (r.width - left - right)) * (d.view[1] - d.view[0]);
      show(d.view[0] - by, d.view[1] - by);
    } else if (Math.abs(pointerX(e) - d.x) > 4) sel.value = [Math.min(d.at, at(pointerX(e))), Math.max(d.at, at(pointerX(e)))];
  };
  const up = (e: PointerEvent) => {
    fingers.current.delete(e.pointerId);
    if (fingers.current.size === 0) pinch.current = null;
    if (sel.value) show(sel.value[0], sel.value[1]);
    drag.current = null;
    sel.value = null;
  };
  const key = (e: KeyboardEvent) => {
    const [a, b] = view.value;
    const way = e.key === 'ArrowLeft' ? -1 : 1;
    switch (e.key) {
      case '+':
        zoom(0.5);
        break;
      case '-':
      case '−':
        zoom(2);
        break;
      case '0':
        show(w.from, w.to);
        break;
      case 'ArrowLeft':
      case 'ArrowRight':
        if (e.altKey) show(a + (way * (b - a)) / 10, b + (way * (b - a)) / 10);
        else {
          const by = e.shiftKey ? (b - a) / 20 : Math.max(1000, (b - a) / 400);
          cursor.value = Math.min(b, Math.max(a, (cursor.value < a || cursor.value > b ? (a + b) / 2 : cursor.value) + way * by));
        }
        break;
      default:
        return;
    }
    e.preventDefault();
  };

  const [from, to] = view.value;
  const span = to - from;
  const spans: [Key, number][] = [
    ['timeline.year', 365 * day],
    ['timeline.month', 30 * day],
    ['timeline.week', 7 * day],
    ['timeline.day', day],
    ['timeline.hour', 3600000],
    ['timeline.minutes', 600000],
  ];
  const whole = from <= w.from && to >= w.to;
  const step = loaded.value?.step ?? 0;
  const seconds = span < 2 * 3600000;
  return (
    <div class="card">
      <div class="tools">
        <fieldset class="seg">
          <legend class="sr">{t('timeline.range')}</legend>
          <button type="button" aria-pressed={whole} onClick={() => show(w.from, w.to)}>
            {t('timeline.all')}
          </button>
          {spans
            .filter(([, s]) => s < w.to - w.from)
            .map(([name, s]) => (
              <button
                type="button"
                key={name}
                aria-pressed={!whole && Math.abs(span / s - 1) < 0.01}
                onClick={() => {
                  const middle = cursor.value >= from && cursor.value <= to ? cursor.value : to >= w.to ? w.to - s / 2 : (from + to) / 2;
                  show(middle - s / 2, middle + s / 2);
                }}
              >
                {t(name as 'timeline.day')}
              </button>
            ))}
        </fieldset>
        <fieldset class="seg">
          <legend class="sr">{t('timeline.range')}</legend>
          <button type="button" aria-label={t('timeline.earlier')} onClick={() => show(from - span / 2, to - span / 2)}>
            ‹
          </button>
          <button type="button" aria-label={t('timeline.out')} onClick={() => zoom(2)}>
            −
          </button>
          <button type="button" aria-label={t('timeline.in')} onClick={() => zoom(0.5)}>
            +
          </button>
          <button type="button" aria-label={t('timeline.later')} onClick={() => show(from + span / 2, to + span / 2)}>
            ›
          </button>
        </fieldset>
        <span class="t2 range">
          {stampOf(from, seconds)} – {stampOf(to, seconds)}
        </span>
        <span class="sp" />
        <span class="t3 fs12">
          {busy.value ? t('night.loading') : step === 0 ? t('timeline.step.raw') : t('timeline.step', { d: stepName(step) })}
        </span>
      </div>
      <figure
        class="charts"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has keys of its own
        tabIndex={0}
        aria-label={t('timeline.figure', {
          metric: metrics.value.map((m) => t(`metric.${m.name}` as 'metric.spo2')).join(', '),
          a: stampOf(from, seconds),
          b: stampOf(to, seconds),
        })}
        onKeyDown={key}
      >
        <Flags events={events.value.filter((e) => e.kind !== 'alarm')} from={(from - w.from) / 1000} to={(to - w.from) / 1000} />
        <Sessions w={w} from={from} to={to} pixels={width()} />
        <AlarmStrip events={events.value} from={(from - w.from) / 1000} to={(to - w.from) / 1000} />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the figure around it has the keys */}
        <div
          class="panels"
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={up}
          onPointerLeave={() => {
            if (!drag.current) cursor.value = -1;
          }}
          onDblClick={() => show(w.from, w.to)}
          onWheel={(e) => {
            if (!e.ctrlKey && Math.abs(e.deltaX) > Math.abs(e.deltaY)) return;
            e.preventDefault();
            zoom(e.deltaY > 0 ? 1.25 : 0.8, at(pointerX(e)));
          }}
        >
          {metrics.value.map((m) => (
            <div class={`row ${m.name.startsWith('spo2') ? 'tall' : ''}`} key={m.name} data-metric={m.name}>
              <span class="lab" style={{ color: `var(${m.colour === '--off' ? '--text-2' : m.colour})` }}>
                {t(`metric.${m.name}` as 'metric.spo2')} {m.unit}
              </span>
              <span class="val">{readout(m, loaded.value?.points.get(m.name), cursor.value, from, to)}</span>
              <canvas
                ref={(el) => {
                  if (el) canvases.current.set(m.name, el);
                  else canvases.current.delete(m.name);
                }}
              />
            </div>
          ))}
          {cursor.value >= from && cursor.value <= to && (
            <div
              class="cursor"
              style={{ left: `calc(${left}px + (100% - ${left + right}px) * ${(cursor.value - from) / span})`, top: 0, bottom: 0 }}
            >
              <span class="when">{stampOf(cursor.value, seconds)}</span>
            </div>
          )}
          {sel.value && (
            <div
              class="select"
              style={{
                left: `calc(${left}px + (100% - ${left + right}px) * ${(sel.value[0] - from) / span})`,
                width: `calc((100% - ${left + right}px) * ${(sel.value[1] - sel.value[0]) / span})`,
              }}
            />
          )}
          {loaded.value && metrics.value.length > 0 && !anything(loaded.value, from, to) && <p class="nothing">{t('timeline.empty')}</p>}
        </div>
        <div class="row">
          <canvas class="times" ref={times} />
        </div>
        <p class="sr" aria-live="polite">
          {cursor.value >= from && cursor.value <= to
            ? `${stampOf(cursor.value, seconds)}: ${metrics.value
                .map(
                  (m) =>
                    `${t(`metric.${m.name}` as 'metric.spo2')} ${readout(m, loaded.value?.points.get(m.name), cursor.value, from, to)}`,
                )
                .join(', ')}`
            : ''}
        </p>
      </figure>
    </div>
  );
}

function anything(l: Loaded, from: number, to: number): boolean {
  if (l.from > from || l.to < to) return true; // not known yet
  for (const p of l.points.values()) {
    const i = firstFrom(p, from - p.apart);
    if (i < p.at.length && p.at[i] <= to + p.apart) return true;
  }
  return false;
}

// readout writes what a metric was at an instant: nothing where it was not measured.
function readout(m: Metric, p: Points | undefined, at: number, from: number, to: number): string {
  if (!p || at < from || at > to) return '';
  const k = firstFrom(p, at);
  let best = -1;
  for (const i of [k - 1, k]) if (i >= 0 && i < p.at.length && (best < 0 || Math.abs(p.at[i] - at) < Math.abs(p.at[best] - at))) best = i;
  if (best < 0 || Math.abs(p.at[best] - at) > p.apart * 1.25) return '– –';
  const per = m.per ?? 1;
  const n = (v: number) => decimal(v / per, m.decimals);
  if (p.lo[best] === p.hi[best]) return t('timeline.value', { mean: n(p.mean[best]), unit: m.unit });
  return t('timeline.between', {
    lo: n(p.lo[best]),
    hi: n(p.hi[best]),
    mean: decimal(p.mean[best] / per, Math.max(1, m.decimals)),
    unit: m.unit,
  });
}

// AlarmStrip marks when alarms began; those that stand close are one mark.
function AlarmStrip({ events, from, to }: { events: NightEvent[]; from: number; to: number }) {
  const marks: { at: number; text: string; n: number }[] = [];
  for (const e of events) {
    if (e.kind !== 'alarm' || e.at < from || e.at > to) continue;
    const at = (e.at - from) / (to - from);
    const last = marks.at(-1);
    if (last && at - last.at < 0.004) last.n++;
    else marks.push({ at, text: e.text, n: 1 });
  }
  if (!events.some((e) => e.kind === 'alarm')) return null;
  return (
    <ul
      class="sessions marks"
      aria-label={t('timeline.alarms', { n: events.filter((e) => e.kind === 'alarm' && e.at >= from && e.at <= to).length })}
    >
      {marks.map((m) => (
        <li key={m.at} style={{ left: `${m.at * 100}%` }} title={m.n > 1 ? `${m.text} +${m.n - 1}` : m.text} />
      ))}
    </ul>
  );
}

// Sessions are the recordings between long gaps, each a way to its night where it
// is wide enough to be met.
function Sessions({ w, from, to, pixels }: { w: Whose; from: number; to: number; pixels: number }) {
  const span = to - from;
  return (
    <ul class="sessions" aria-label={t('timeline.sessions')}>
      {w.sessions
        .filter((s) => s.metric === 'spo2' && s.start && instant(s.start) < to && instant(s.start) + s.duration_s * 1000 > from)
        .slice(0, 400)
        .map((s) => {
          const a = Math.max(0, (instant(s.start as string) - from) / span);
          const b = Math.min(1, (instant(s.start as string) + s.duration_s * 1000 - from) / span);
          const name = `${stampOf(instant(s.start as string), false)}, ${t('timeline.session', { d: duration(s.duration_s) })}`;
          return (
            <li key={s.key} style={{ left: `${a * 100}%`, width: `${(b - a) * 100}%` }}>
              {(b - a) * pixels >= 28 ? (
                <a href={`/nights/${encodeURIComponent(s.key)}`} title={name}>
                  <span class="sr">{name}</span>
                </a>
              ) : (
                <i title={name} />
              )}
            </li>
          );
        })}
    </ul>
  );
}
