// The chart of a night: panels on one axis of time, with pointer, wheel and keys.

import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { getJSON, type SessionInfo } from '../api';
import { useHand } from '../chart/hand';
import { Line } from '../chart/line';
import { navigator as drawNavigator, left, type Panel, panelOf, pulsePanel, qualityStrip, right, spo2Panel } from '../chart/night';
import { type Range, useView } from '../chart/view';
import type { Document, Session } from '../doc';
import { duration, Wall } from '../format';
import { lang, t } from '../lang';
import { redraw } from '../redraw';
import { place } from '../route';
import { gaps, type Series, smooth } from '../series';
import { boxOf } from '../wall';
import { fetchSeries } from './night';
import type { NightEvent } from './night-events';
import { Brush, Chosen, Cursor, EventStrip, Rail, Readout, type Scale } from './night-over';
import { Tools } from './night-tools';

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
  const raw = useSignal(true);
  const soft = useSignal(true);
  const cursor = useSignal(-1);
  const c1 = useRef<HTMLCanvasElement>(null);
  const c2 = useRef<HTMLCanvasElement>(null);
  const q = useRef<HTMLCanvasElement>(null);
  const nv = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLElement>(null);
  const drawn = useRef<Scale | null>(null);
  const ready = useRef(false);
  const small = useRef<unknown[]>([]); // what the navigator was drawn of

  const draw = ([a, b]: Range) => {
    panel.raw = raw.value;
    panel.soft = soft.value;
    panel.prev = lastOn.value ? last.value : null;
    if (c1.current) drawn.current = spo2Panel(c1.current, panel, a, b);
    if (c2.current) pulsePanel(c2.current, panel, a, b);
    if (q.current) qualityStrip(q.current, panel, a, b, complete);
    const of = [panel, redraw.value];
    if (nv.current && of.some((x, i) => x !== small.current[i])) {
      drawNavigator(nv.current, panel);
      small.current = of;
    }
    if (!ready.current && complete) {
      ready.current = true;
      performance.mark('night-drawn');
      if (box.current) box.current.dataset.ready = '1';
    }
  };
  // The page around the chart follows when the view stands still.
  const settled = ([a, b]: Range) => {
    const whole = a <= 0 && b >= n;
    range.value = whole ? null : [Math.round(a), Math.round(b)];
    const query = new URLSearchParams(place.value.query);
    query.delete('from');
    query.delete('to');
    if (!whole) {
      query.set('from', String(Math.round(a)));
      query.set('to', String(Math.round(b)));
    }
    history.replaceState(null, '', `${location.pathname}${query.size ? `?${query}` : ''}`);
  };
  const view = useView(rangeOf(n), draw, settled);
  useEffect(view.soon, [panel]);
  useSignalEffect(() => {
    raw.value;
    soft.value;
    lastOn.value;
    last.value;
    view.soon();
  });

  const show = (a: number, b: number) => {
    const span = Math.min(n, Math.max(30, b - a));
    const from = Math.min(Math.max(0, a), n - span);
    view.show([from, from + span], span >= n ? 0 : 120);
  };
  useEffect(() => {
    const [a, b] = view.asked.peek();
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

  const { hand, zoom, chosen } = useHand({
    view: () => view.asked.peek(),
    place: () => {
      const r = c1.current && boxOf(c1.current);
      return r && { left: r.left + left, width: r.width - left - right };
    },
    show,
    whole: () => show(0, n),
    over: (at) => {
      cursor.value = at === null ? -1 : Math.min(n - 1, Math.max(0, Math.floor(at)));
    },
  });
  const events = useMemo(() => s.episodes.filter((e) => e.limit === 90), [s]);
  const key = (e: KeyboardEvent) => {
    const [a, b] = view.asked.peek();
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
      const [a, b] = view.asked.peek();
      if (b - a > 3600) show(at - 900, at + 900);
      else if (at < a || at > b) show(at - (b - a) / 2, at + (b - a) / 2);
      box.current?.scrollIntoView({ block: 'nearest' });
    };
    addEventListener('pleth-show', to);
    return () => removeEventListener('pleth-show', to);
  }, [n]);

  return (
    <div class="card">
      <Tools
        n={n}
        complete={complete}
        asked={view.asked}
        show={show}
        lines={{ raw, soft, last: lastOn }}
        prev={prev}
        cursor={cursor}
        note={note}
      />
      <figure
        class="charts"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has keys of its own
        tabIndex={0}
        aria-label={t('night.chart', { d: duration(n), text: s.summary.headline })}
        onKeyDown={key}
      >
        <Rail events={told} shown={view.shown} />
        <div class="row" {...hand}>
          <span class="lab spo2">{t('night.spo2')}</span>
          <canvas id="c1" ref={c1} />
          <Chosen chosen={chosen} drawn={drawn} />
          <Cursor s={s} panel={panel} cursor={cursor} shown={view.shown} drawn={drawn} />
        </div>
        <EventStrip events={events} n={n} shown={view.shown} />
        <div class="row">
          <span class="lab pr">{t('night.pulse')}</span>
          <canvas id="c2" ref={c2} />
        </div>
        <div class="row inset">
          <canvas id="q" ref={q} />
        </div>
        <Brush n={n} shown={view.shown} show={show}>
          <canvas id="nv" ref={nv} />
        </Brush>
        <Readout panel={panel} cursor={cursor} />
      </figure>
    </div>
  );
}

// rangeOf reads the part that the address asks for.
function rangeOf(n: number): Range {
  const a = Number(place.value.query.get('from') ?? 0);
  const b = Number(place.value.query.get('to') ?? n);
  return a >= 0 && b > a + 1 && b <= n ? [a, b] : [0, n];
}
