// What stands about the panels of the timeline and follows what is shown: each part
// renders by itself, so that a pan asks nothing of the page around.

import { type ReadonlySignal, type Signal, useComputed } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { firstFrom, left, right } from '../chart/timeline';
import type { Range } from '../chart/view';
import { date, decimal, duration, instant } from '../format';
import { type Key, lang, t } from '../lang';
import type { Metric, Points, Whose } from '../timeline';
import type { NightEvent } from './night-events';
import { Flags } from './night-flags';

export const day = 86400000; // ms
const two = (n: number) => String(n).padStart(2, '0');

// stampOf writes an instant in ms, with seconds where the span is short.
export function stampOf(at: number, seconds: boolean): string {
  const d = new Date(at);
  return `${date(at, true)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}${seconds ? `:${two(d.getUTCSeconds())}` : ''}`;
}

// tickName writes an instant below the panels, as exact as its step asks for.
export function tickName(at: number, step: number): string {
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

// Loaded are the points of a stretch, by metric.
export interface Loaded {
  step: number;
  from: number;
  to: number;
  points: Map<string, Points>;
}

type Shown = ReadonlySignal<Range>;

const spans: [Key, number][] = [
  ['timeline.year', 365 * day],
  ['timeline.month', 30 * day],
  ['timeline.week', 7 * day],
  ['timeline.day', day],
  ['timeline.hour', 3600000],
  ['timeline.minutes', 600000],
];

const exact = ([from, to]: Range) => to - from < 2 * 3600000; // seconds are written

// Tools choose how much is shown, and say what is.
export function Tools({
  w,
  shown,
  show,
  zoom,
  cursor,
  busy,
  step,
}: {
  w: Whose;
  shown: Shown;
  show: (a: number, b: number) => void;
  zoom: (factor: number) => void;
  cursor: Signal<number>;
  busy: boolean;
  step: number; // seconds of a bucket, 0: readings
}) {
  // the span that is shown; '': another; 'all': all that there is
  const pressed = useComputed(() => {
    const [from, to] = shown.value;
    if (from <= w.from && to >= w.to) return 'all';
    return spans.find(([, s]) => Math.abs((to - from) / s - 1) < 0.01)?.[0] ?? '';
  });
  const beside = (by: number) => {
    const [from, to] = shown.peek();
    show(from + (to - from) * by, to + (to - from) * by);
  };
  return (
    <div class="tools">
      <fieldset class="seg">
        <legend class="sr">{t('timeline.range')}</legend>
        <button type="button" aria-pressed={pressed.value === 'all'} onClick={() => show(w.from, w.to)}>
          {t('timeline.all')}
        </button>
        {spans
          .filter(([, s]) => s < w.to - w.from)
          .map(([name, s]) => (
            <button
              type="button"
              key={name}
              aria-pressed={pressed.value === name}
              onClick={() => {
                const [from, to] = shown.peek();
                const at = cursor.peek();
                const middle = at >= from && at <= to ? at : to >= w.to ? w.to - s / 2 : (from + to) / 2;
                show(middle - s / 2, middle + s / 2);
              }}
            >
              {t(name as 'timeline.day')}
            </button>
          ))}
      </fieldset>
      <fieldset class="seg">
        <legend class="sr">{t('timeline.range')}</legend>
        <button type="button" aria-label={t('timeline.earlier')} onClick={() => beside(-0.5)}>
          ‹
        </button>
        <button type="button" aria-label={t('timeline.out')} onClick={() => zoom(2)}>
          −
        </button>
        <button type="button" aria-label={t('timeline.in')} onClick={() => zoom(0.5)}>
          +
        </button>
        <button type="button" aria-label={t('timeline.later')} onClick={() => beside(0.5)}>
          ›
        </button>
      </fieldset>
      <Ends shown={shown} />
      <span class="sp" />
      <span class="t3 fs12">
        {busy ? t('night.loading') : step === 0 ? t('timeline.step.raw') : t('timeline.step', { d: stepName(step) })}
      </span>
    </div>
  );
}

function Ends({ shown }: { shown: Shown }) {
  const [from, to] = shown.value;
  return (
    <span class="t2 range">
      {stampOf(from, exact(shown.value))} – {stampOf(to, exact(shown.value))}
    </span>
  );
}

// Strips are what happened beside the signals, and the recordings.
export function Strips({ w, events, shown, pixels }: { w: Whose; events: NightEvent[]; shown: Shown; pixels: () => number }) {
  const flags = useMemo(() => events.filter((e) => e.kind !== 'alarm'), [events]);
  const alarms = useMemo(() => events.filter((e) => e.kind === 'alarm'), [events]);
  const [from, to] = shown.value;
  const [a, b] = [(from - w.from) / 1000, (to - w.from) / 1000];
  return (
    <>
      <Flags events={flags} from={a} to={b} />
      <Sessions w={w} from={from} to={to} pixels={pixels()} />
      <AlarmStrip alarms={alarms} from={a} to={b} />
    </>
  );
}

// ValueAt is what a metric was under the cursor.
export function ValueAt({ m, loaded, cursor, shown }: { m: Metric; loaded: Loaded | null; cursor: Signal<number>; shown: Shown }) {
  return <span class="val">{cursor.value < 0 ? '' : readout(m, loaded?.points.get(m.name), cursor.value, ...shown.value)}</span>;
}

const across = (share: number) => `calc(${left}px + (100% - ${left + right}px) * ${share})`;

// Cursor is the line under the pointer, with its time.
export function Cursor({ cursor, shown }: { cursor: Signal<number>; shown: Shown }) {
  if (cursor.value < 0) return null;
  const [from, to] = shown.value;
  if (cursor.value < from || cursor.value > to) return null;
  return (
    <div class="cursor" style={{ left: across((cursor.value - from) / (to - from)), top: 0, bottom: 0 }}>
      <span class="when">{stampOf(cursor.value, exact(shown.value))}</span>
    </div>
  );
}

// Chosen is the part that a drag has chosen so far.
export function Chosen({ chosen, shown }: { chosen: Signal<Range | null>; shown: Shown }) {
  const part = chosen.value;
  if (!part) return null;
  const [from, to] = shown.value;
  const width = `calc((100% - ${left + right}px) * ${(part[1] - part[0]) / (to - from)})`;
  return <div class="select" style={{ left: across((part[0] - from) / (to - from)), width }} />;
}

// Nothing says so where nothing was measured.
export function Nothing({ loaded, shown }: { loaded: Loaded; shown: Shown }) {
  const none = useComputed(() => !anything(loaded, ...shown.value));
  return none.value ? <p class="nothing">{t('timeline.empty')}</p> : null;
}

// Said is for a screen reader what is under the cursor.
export function Said({
  metrics,
  loaded,
  cursor,
  shown,
}: {
  metrics: Metric[];
  loaded: Loaded | null;
  cursor: Signal<number>;
  shown: Shown;
}) {
  const at = cursor.value;
  const text = () => {
    const [from, to] = shown.value;
    if (at < from || at > to) return '';
    const values = metrics.map((m) => `${t(`metric.${m.name}` as 'metric.spo2')} ${readout(m, loaded?.points.get(m.name), at, from, to)}`);
    return `${stampOf(at, exact(shown.value))}: ${values.join(', ')}`;
  };
  return (
    <p class="sr" aria-live="polite">
      {at < 0 ? '' : text()}
    </p>
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
function AlarmStrip({ alarms, from, to }: { alarms: NightEvent[]; from: number; to: number }) {
  const marks: { at: number; text: string; n: number }[] = [];
  let n = 0;
  for (const e of alarms) {
    if (e.at < from || e.at > to) continue;
    n++;
    const at = (e.at - from) / (to - from);
    const last = marks.at(-1);
    if (last && at - last.at < 0.004) last.n++;
    else marks.push({ at, text: e.text, n: 1 });
  }
  if (alarms.length === 0) return null;
  return (
    <ul class="sessions marks" aria-label={t('timeline.alarms', { n })}>
      {marks.map((m) => (
        <li key={m.at} style={{ left: `${m.at * 100}%` }} title={m.n > 1 ? `${m.text} +${m.n - 1}` : m.text} />
      ))}
    </ul>
  );
}

// Sessions are the recordings between long gaps, each a way to its night where it
// is wide enough to be met.
function Sessions({ w, from, to, pixels }: { w: Whose; from: number; to: number; pixels: number }) {
  const all = useMemo(
    () =>
      w.sessions
        .filter((s) => s.metric === 'spo2' && s.start)
        .map((s) => {
          const start = instant(s.start as string);
          const name = `${stampOf(start, false)}, ${t('timeline.session', { d: duration(s.duration_s) })}`;
          return { key: s.key, start, end: start + s.duration_s * 1000, name };
        }),
    [w, lang.value],
  );
  const span = to - from;
  return (
    <ul class="sessions" aria-label={t('timeline.sessions')}>
      {all
        .filter((s) => s.start < to && s.end > from)
        .slice(0, 400)
        .map(({ key, start, end, name }) => {
          const a = Math.max(0, (start - from) / span);
          const b = Math.min(1, (end - from) / span);
          return (
            <li key={key} style={{ left: `${a * 100}%`, width: `${(b - a) * 100}%` }}>
              {(b - a) * pixels >= 28 ? (
                <a href={`/nights/${encodeURIComponent(key)}`} title={name}>
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
