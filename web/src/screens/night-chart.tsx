// The chart of a night: panels on one axis of time, with pointer, wheel and keys.

import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { getJSON, type SessionInfo } from '../api';
import { secondAt, type View, xOf } from '../chart/canvas';
import { Line } from '../chart/line';
import { navigator as drawNavigator, type Panel, panelOf, pulsePanel, qualityStrip, spo2Panel } from '../chart/night';
import type { Document, Session } from '../doc';
import { band, duration, level, Wall } from '../format';
import { lang, t } from '../lang';
import { redraw, usePrinted } from '../redraw';
import { place } from '../route';
import { gaps, type Series, smooth } from '../series';
import { Icon } from '../ui/icons';
import { boxOf, pointerX } from '../wall';
import { fetchSeries } from './night';
import type { NightEvent } from './night-events';
import { Flags } from './night-flags';

export interface ChartProps {
  s: Session;
  series: Series;
  complete: boolean;
  tick: number;
  events: NightEvent[];
  range: Signal<[number, number] | null>; // what is shown; null: all of it
  prev: SessionInfo | undefined; // the night before, of the same person
  note: (second: number) => void;
}

export function Chart({ s, series, complete, tick, events: told, range, prev, note }: ChartProps) {
  const wall = useMemo(() => new Wall(s.start), [s.start]);
  const n = series.n;
  const panel = useMemo<Panel>(
    () => panelOf(series, complete ? gaps(series.spo2, Math.max(30, s.interval_s * 2.5)) : [], wall, t('night.nosignal')),
    [series, complete, tick, lang.value],
  );
  const last = useSignal<Line | null>(null);
  const lastOn = useSignal(false);
  const view = useSignal(rangeOf(n));
  const raw = useSignal(true);
  const soft = useSignal(true);
  const cursor = useSignal(-1);
  const c1 = useRef<HTMLCanvasElement>(null);
  const c2 = useRef<HTMLCanvasElement>(null);
  const q = useRef<HTMLCanvasElement>(null);
  const nv = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLElement>(null);
  const scale = useRef<{ view: View; y: (v: number) => number } | null>(null);
  const frame = useRef(0);
  const drawn = useRef(false);
  const settle = useRef(0);
  useEffect(() => () => clearTimeout(settle.current), []);
  const version = useSignal(0); // of the scale, which what lies over the canvas follows

  const draw = () => {
    frame.current = 0;
    const [a, b] = view.value;
    panel.raw = raw.value;
    panel.soft = soft.value;
    panel.prev = lastOn.value ? last.value : null;
    if (c1.current) scale.current = spo2Panel(c1.current, panel, a, b);
    if (c2.current) pulsePanel(c2.current, panel, a, b);
    if (q.current) qualityStrip(q.current, panel, a, b, complete);
    if (nv.current) drawNavigator(nv.current, panel, a, b);
    version.value++;
    if (!drawn.current && complete) {
      drawn.current = true;
      performance.mark('night-drawn');
      if (box.current) box.current.dataset.ready = '1';
    }
  };
  const soon = () => {
    if (!frame.current) frame.current = requestAnimationFrame(draw);
  };
  useEffect(() => {
    soon();
    return () => {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
    };
  }, [panel, view.value, raw.value, soft.value, lastOn.value, last.value, redraw.value]);
  usePrinted(draw);

  const show = (a: number, b: number) => {
    const span = Math.min(n, Math.max(30, b - a));
    const from = Math.min(Math.max(0, a), n - span);
    view.value = [from, from + span];
    // The page around the chart follows when the view stands still.
    clearTimeout(settle.current);
    settle.current = window.setTimeout(
      () => {
        range.value = span >= n ? null : [Math.round(from), Math.round(from + span)];
      },
      span >= n ? 0 : 120,
    );
    const query = new URLSearchParams(place.value.query);
    if (span >= n) {
      query.delete('from');
      query.delete('to');
    } else {
      query.set('from', String(Math.round(from)));
      query.set('to', String(Math.round(from + span)));
    }
    history.replaceState(null, '', `${location.pathname}${query.size ? `?${query}` : ''}`);
  };
  useEffect(() => {
    const [a, b] = view.value;
    range.value = a <= 0 && b >= n ? null : [Math.round(a), Math.round(b)];
  }, [n]);

  // The night before lies under this one by the time of day, or from its start.
  useEffect(() => {
    if (!lastOn.value || last.value || !prev) return;
    const stop = new AbortController();
    (async () => {
      const d = await getJSON<Document>(`/api/v1/sessions/${encodeURIComponent(prev.key)}/analysis`, stop.signal);
      const other = d.sessions[0];
      if (!other) return;
      const seconds = Math.max(1, other.metrics['time.span_s'] ?? prev.duration_s);
      const got = await fetchSeries(prev, seconds, other.interval_s, other.metric, () => {}, stop.signal);
      const there = new Wall(other.start);
      let shift = 0;
      if (wall.known && there.known) {
        shift = there.daySeconds(0) - wall.daySeconds(0);
        if (shift > 43200) shift -= 86400;
        if (shift < -43200) shift += 86400;
      }
      const soft = smooth(got.spo2, 61);
      const out = new Float32Array(n).fill(Number.NaN);
      for (let i = 0; i < soft.length; i++) {
        const k = Math.round(i + shift);
        if (k >= 0 && k < n) out[k] = soft[i];
      }
      last.value = new Line(out);
    })().catch(() => {
      if (!stop.signal.aborted) lastOn.value = false;
    });
    return () => stop.abort();
  }, [lastOn.value, prev?.key]);

  const zoom = (factor: number, about?: number) => {
    const [a, b] = view.value;
    const at = about ?? (a + b) / 2;
    show(at - (at - a) * factor, at + (b - at) * factor);
  };
  const second = (x: number) => {
    const rect = c1.current && boxOf(c1.current);
    return rect && scale.current ? secondAt(scale.current.view, x - rect.left) : 0;
  };

  const drag = useRef<{ x: number; at: number; view: [number, number]; pan: boolean } | null>(null);
  const sel = useSignal<[number, number] | null>(null);
  // Two fingers zoom and pan together: what lay under each stays under it.
  const fingers = useRef(new Map<number, number>());
  const pinch = useRef<{ at: [number, number] } | null>(null);
  const down = (e: PointerEvent) => {
    if (e.button !== 0) return;
    fingers.current.set(e.pointerId, pointerX(e));
    if (fingers.current.size === 2) {
      const [x, y] = [...fingers.current.values()];
      pinch.current = { at: [second(x), second(y)] };
      drag.current = null;
      sel.value = null;
      return;
    }
    (e.currentTarget as Element).setPointerCapture(e.pointerId);
    drag.current = { x: pointerX(e), at: second(pointerX(e)), view: view.value as [number, number], pan: e.shiftKey };
  };
  const move = (e: PointerEvent) => {
    const d = drag.current;
    const at = second(pointerX(e));
    if (fingers.current.has(e.pointerId)) fingers.current.set(e.pointerId, pointerX(e));
    const box = c1.current && boxOf(c1.current);
    if (pinch.current && fingers.current.size === 2 && scale.current && box) {
      const [x, y] = [...fingers.current.values()];
      const { left, right } = scale.current.view;
      const [p, q] = pinch.current.at;
      if (Math.abs(x - y) < 8) return;
      const per = (p - q) / (x - y);
      show(p - (x - box.left - left) * per, p + (right - (x - box.left)) * per);
      return;
    }
    cursor.value = Math.min(n - 1, Math.max(0, Math.floor(at)));
    if (!d) return;
    if (d.pan && scale.current) {
      const per = (d.view[1] - d.view[0]) / (scale.current.view.right - scale.current.view.left);
      show(d.view[0] - (pointerX(e) - d.x) * per, d.view[1] - (pointerX(e) - d.x) * per);
    } else if (Math.abs(pointerX(e) - d.x) > 4) sel.value = [Math.min(d.at, at), Math.max(d.at, at)];
  };
  const up = (e: PointerEvent) => {
    fingers.current.delete(e.pointerId);
    if (fingers.current.size === 0) pinch.current = null;
    if (sel.value) show(sel.value[0], sel.value[1]);
    drag.current = null;
    sel.value = null;
  };
  const wheel = (e: WheelEvent) => {
    if (!e.ctrlKey && Math.abs(e.deltaX) > Math.abs(e.deltaY)) return;
    e.preventDefault();
    zoom(e.deltaY > 0 ? 1.25 : 0.8, second(pointerX(e)));
  };
  const events = s.episodes.filter((e) => e.limit === 90);
  const key = (e: KeyboardEvent) => {
    const [a, b] = view.value;
    const step = e.shiftKey ? 60 : s.interval_s;
    const at = cursor.value < 0 ? a : cursor.value;
    switch (e.key) {
      case '+':
        zoom(0.5);
        break;
      case '-':
      case '−':
        zoom(2);
        break;
      case '0':
        show(0, n);
        break;
      case 'ArrowLeft':
      case 'ArrowRight': {
        const way = e.key === 'ArrowLeft' ? -1 : 1;
        if (e.altKey) show(a + (way * (b - a)) / 10, b + (way * (b - a)) / 10);
        else cursor.value = Math.min(n - 1, Math.max(0, at + way * step));
        break;
      }
      case 'n':
      case 'p': {
        const next = e.key === 'n' ? events.find((x) => x.nadir_s > at + 1) : [...events].reverse().find((x) => x.nadir_s < at - 1);
        if (next) {
          cursor.value = Math.floor(next.nadir_s);
          if (next.nadir_s < a || next.nadir_s > b) show(next.nadir_s - (b - a) / 2, next.nadir_s + (b - a) / 2);
        }
        break;
      }
      case 'r':
        raw.value = !raw.value;
        break;
      case 's':
        soft.value = !soft.value;
        break;
      case 'l':
        if (prev) lastOn.value = !lastOn.value;
        break;
      default:
        return;
    }
    e.preventDefault();
  };

  // Somebody elsewhere on the page asks for a moment.
  useEffect(() => {
    const to = (e: Event) => {
      const at = (e as CustomEvent<number>).detail;
      cursor.value = Math.floor(at);
      const [a, b] = view.value;
      if (b - a > 3600) show(at - 900, at + 900);
      else if (at < a || at > b) show(at - (b - a) / 2, at + (b - a) / 2);
      box.current?.scrollIntoView({ block: 'nearest' });
    };
    addEventListener('pleth-show', to);
    return () => removeEventListener('pleth-show', to);
  }, [n]);

  const [a, b] = view.value;
  const whole = a <= 0 && b >= n;
  return (
    <div class="card">
      <div class="tools">
        <fieldset class="seg">
          <legend class="sr">{t('night.range')}</legend>
          <button type="button" aria-pressed={whole} onClick={() => show(0, n)}>
            {t('night.whole')}
          </button>
          {(
            [
              ['2 h', 7200],
              ['30 min', 1800],
              ['5 min', 300],
            ] as const
          ).map(([name, span]) => (
            <button
              type="button"
              key={name}
              aria-pressed={!whole && Math.round(b - a) === span}
              disabled={n < span}
              onClick={() => show((a + b - span) / 2, (a + b + span) / 2)}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <fieldset class="seg">
          <legend class="sr">{t('night.lines')}</legend>
          <button
            type="button"
            aria-pressed={raw.value}
            onClick={() => {
              raw.value = !raw.value;
            }}
          >
            {t('night.raw')}
          </button>
          <button
            type="button"
            aria-pressed={soft.value}
            onClick={() => {
              soft.value = !soft.value;
            }}
          >
            {t('night.soft')}
          </button>
          <button
            type="button"
            aria-pressed={lastOn.value}
            disabled={!prev}
            title={prev ? undefined : t('night.last.none')}
            onClick={() => {
              lastOn.value = !lastOn.value;
            }}
          >
            {t('night.last')}
          </button>
        </fieldset>
        {!complete && <span class="t2">{t('night.loading')}</span>}
        <span class="sp" />
        <button
          type="button"
          class="btn sm plain"
          onClick={() => note(cursor.value >= 0 ? cursor.value : Math.round((Math.max(0, a) + Math.min(n, b)) / 2))}
        >
          <Icon name="note" />
          {t('night.note')}
        </button>
        <span class="key">
          <span>
            <i style={{ borderColor: 'var(--spo2)' }} />
            SpO₂
          </span>
          <span>
            <i style={{ borderColor: 'var(--pr)' }} />
            {t('night.pulse.name')}
          </span>
        </span>
      </div>
      <figure
        class="charts"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has keys of its own
        tabIndex={0}
        aria-label={t('night.chart', { d: duration(n), text: s.summary.headline })}
        onKeyDown={key}
      >
        <Flags events={told} from={a} to={b} />
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the figure around it has the keys */}
        <div
          class="row"
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={up}
          onPointerLeave={() => {
            if (!drag.current) cursor.value = -1;
          }}
          onDblClick={() => show(0, n)}
          onWheel={wheel}
        >
          <span class="lab spo2">{t('night.spo2')}</span>
          <canvas id="c1" ref={c1} />
          {sel.value && scale.current && (
            <div
              class="select"
              style={{
                left: `${xOf(scale.current.view, sel.value[0])}px`,
                width: `${xOf(scale.current.view, sel.value[1]) - xOf(scale.current.view, sel.value[0])}px`,
              }}
            />
          )}
          <Cursor s={s} panel={panel} at={cursor.value} scale={version.value > 0 ? scale.current : null} />
        </div>
        <EventStrip events={events} from={a} to={b} />
        <div class="row">
          <span class="lab pr">{t('night.pulse')}</span>
          <canvas id="c2" ref={c2} />
        </div>
        <div class="row inset">
          <canvas id="q" ref={q} />
        </div>
        <Brush n={n} from={a} to={b} show={show}>
          <canvas id="nv" ref={nv} />
        </Brush>
        <p class="sr" aria-live="polite">
          {readout(panel, cursor.value)}
        </p>
      </figure>
    </div>
  );
}

function rangeOf(n: number): [number, number] {
  const a = Number(place.value.query.get('from') ?? 0);
  const b = Number(place.value.query.get('to') ?? n);
  return a >= 0 && b > a + 1 && b <= n ? [a, b] : [0, n];
}

function readout(p: Panel, at: number): string {
  if (at < 0 || at >= p.series.n) return '';
  const v = p.series.spo2[at];
  const pulse = p.series.pulse[at];
  return [
    t('night.at', { time: p.wall.hms(at), v: Number.isNaN(v) ? t('night.nosignal') : `${level(v)} %` }),
    Number.isNaN(pulse) ? '' : t('night.readout.pulse', { v: pulse }),
    p.series.doubt[at] ? t('night.doubtful') : '',
  ]
    .filter(Boolean)
    .join(', ');
}

function Cursor({ s, panel, at, scale }: { s: Session; panel: Panel; at: number; scale: { view: View; y: (v: number) => number } | null }) {
  if (!scale || at < scale.view.from || at > scale.view.to) return null;
  const x = xOf(scale.view, at);
  const v = panel.series.spo2[at];
  const pulse = panel.series.pulse[at];
  const flip = x > (scale.view.left + scale.view.right) * 0.6;
  const dip = s.falls.find((f) => at >= f.start_s && at <= f.end_s);
  const more = [
    dip && at >= dip.nadir_s - 1 ? t('night.fell', { drop: Math.round(dip.drop), d: duration(dip.nadir_s - dip.start_s) }) : '',
    Number.isNaN(pulse) ? '' : t('night.readout.pulse', { v: pulse }),
    panel.series.doubt[at] ? t('night.doubtful') : '',
  ].filter(Boolean);
  const top = Number.isNaN(v) ? 14 : Math.min(Math.max(14, scale.y(v) - 30), 226);
  return (
    <>
      <div class="cursor" style={{ left: `${x}px` }} />
      {!Number.isNaN(v) && <div class="dot" style={{ left: `${x}px`, top: `${scale.y(v)}px` }} />}
      <div class="tip" style={flip ? { right: `calc(100% - ${x - 12}px)`, top: `${top}px` } : { left: `${x + 12}px`, top: `${top}px` }}>
        <b>{t('night.at', { time: panel.wall.hms(at), v: Number.isNaN(v) ? t('night.nosignal') : `${level(v)} %` })}</b>
        {more.length > 0 && <br />}
        <span>{more.join(', ')}</span>
      </div>
    </>
  );
}

function EventStrip({ events, from, to }: { events: Session['episodes']; from: number; to: number }) {
  return (
    <div class="evrail" aria-hidden="true">
      {events
        .filter((e) => e.end_s > from && e.start_s < to)
        .map((e) => (
          <i
            style={{
              left: `${((e.start_s - from) / (to - from)) * 100}%`,
              width: `${((e.end_s - e.start_s) / (to - from)) * 100}%`,
              background: `var(--f${band(e.nadir) || '90'})`,
            }}
          />
        ))}
    </div>
  );
}

// Brush moves the part that is shown.
function Brush({
  n,
  from,
  to,
  show,
  children,
}: {
  n: number;
  from: number;
  to: number;
  show: (a: number, b: number) => void;
  children: ComponentChildren;
}) {
  const grab = useRef<{ kind: 'left' | 'right' | 'move'; at: number; from: number; to: number } | null>(null);
  const at = (e: PointerEvent) => {
    const r = boxOf(e.currentTarget as Element);
    return ((pointerX(e) - r.left) / r.width) * n;
  };
  return (
    <div
      class="row inset last brush"
      onPointerDown={(e) => {
        (e.currentTarget as Element).setPointerCapture(e.pointerId);
        const x = at(e);
        const near = n / 60;
        const kind = Math.abs(x - from) < near ? 'left' : Math.abs(x - to) < near ? 'right' : 'move';
        if (kind === 'move' && (x < from || x > to)) show(x - (to - from) / 2, x + (to - from) / 2);
        grab.current = { kind, at: x, from, to };
      }}
      onPointerMove={(e) => {
        const g = grab.current;
        if (!g) return;
        const d = at(e) - g.at;
        if (g.kind === 'left') show(Math.min(g.from + d, g.to - 30), g.to);
        else if (g.kind === 'right') show(g.from, Math.max(g.to + d, g.from + 30));
        else show(g.from + d, g.to + d);
      }}
      onPointerUp={() => {
        grab.current = null;
      }}
    >
      {children}
    </div>
  );
}
