// The chart of a night: panels on one axis of time, with pointer, wheel and keys.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { secondAt, type View, xOf } from '../chart/canvas';
import { navigator as drawNavigator, type Panel, panelOf, pulsePanel, qualityStrip, spo2Panel } from '../chart/night';
import type { Session } from '../doc';
import { band, duration, level, Wall } from '../format';
import { redraw } from '../redraw';
import { place } from '../route';
import { gaps, type Series } from '../series';

export function Chart({ s, series, complete, tick }: { s: Session; series: Series; complete: boolean; tick: number }) {
  const wall = useMemo(() => new Wall(s.start), [s]);
  const n = series.n;
  const panel = useMemo<Panel>(
    () => panelOf(series, complete ? gaps(series.spo2, Math.max(30, s.interval_s * 2.5)) : [], wall),
    [series, complete, tick],
  );
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
  const version = useSignal(0); // of the scale, which what lies over the canvas follows

  const draw = () => {
    frame.current = 0;
    const [a, b] = view.value;
    panel.raw = raw.value;
    panel.soft = soft.value;
    if (c1.current) scale.current = spo2Panel(c1.current, panel, a, b);
    if (c2.current) pulsePanel(c2.current, panel, a, b);
    if (q.current) qualityStrip(q.current, panel, a, b);
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
  }, [panel, view.value, raw.value, soft.value, redraw.value]);

  const show = (a: number, b: number) => {
    const span = Math.min(n, Math.max(30, b - a));
    const from = Math.min(Math.max(0, a), n - span);
    view.value = [from, from + span];
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
  const zoom = (factor: number, about?: number) => {
    const [a, b] = view.value;
    const at = about ?? (a + b) / 2;
    show(at - (at - a) * factor, at + (b - at) * factor);
  };
  const second = (e: { clientX: number }) => {
    const rect = c1.current?.getBoundingClientRect();
    return rect && scale.current ? secondAt(scale.current.view, e.clientX - rect.left) : 0;
  };

  const drag = useRef<{ x: number; at: number; view: [number, number]; pan: boolean } | null>(null);
  const sel = useSignal<[number, number] | null>(null);
  const down = (e: PointerEvent) => {
    if (e.button !== 0) return;
    (e.currentTarget as Element).setPointerCapture(e.pointerId);
    drag.current = { x: e.clientX, at: second(e), view: view.value as [number, number], pan: e.shiftKey };
  };
  const move = (e: PointerEvent) => {
    const d = drag.current;
    const at = second(e);
    cursor.value = Math.min(n - 1, Math.max(0, Math.floor(at)));
    if (!d) return;
    if (d.pan && scale.current) {
      const per = (d.view[1] - d.view[0]) / (scale.current.view.right - scale.current.view.left);
      show(d.view[0] - (e.clientX - d.x) * per, d.view[1] - (e.clientX - d.x) * per);
    } else if (Math.abs(e.clientX - d.x) > 4) sel.value = [Math.min(d.at, at), Math.max(d.at, at)];
  };
  const up = () => {
    if (sel.value) show(sel.value[0], sel.value[1]);
    drag.current = null;
    sel.value = null;
  };
  const wheel = (e: WheelEvent) => {
    if (!e.ctrlKey && Math.abs(e.deltaX) > Math.abs(e.deltaY)) return;
    e.preventDefault();
    zoom(e.deltaY > 0 ? 1.25 : 0.8, second(e));
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
          <legend class="sr">Range</legend>
          <button type="button" aria-pressed={whole} onClick={() => show(0, n)}>
            Whole night
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
              aria-pressed={!whole && Math.round(b - a) === span}
              disabled={n < span}
              onClick={() => show((a + b - span) / 2, (a + b + span) / 2)}
            >
              {name}
            </button>
          ))}
        </fieldset>
        <fieldset class="seg">
          <legend class="sr">Lines</legend>
          <button type="button" aria-pressed={raw.value} onClick={() => (raw.value = !raw.value)}>
            Raw
          </button>
          <button type="button" aria-pressed={soft.value} onClick={() => (soft.value = !soft.value)}>
            Smoothed 11 s
          </button>
        </fieldset>
        {!whole && <span class="t2">selected {duration(b - a)}; the figures above are of the whole night</span>}
        {!complete && <span class="t2">loading …</span>}
        <span class="sp" />
        <span class="key">
          <span>
            <i style={{ borderColor: 'var(--spo2)' }} />
            SpO₂
          </span>
          <span>
            <i style={{ borderColor: 'var(--pr)' }} />
            Pulse
          </span>
        </span>
      </div>
      <figure
        class="charts"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the chart has keys of its own
        tabIndex={0}
        aria-label={`SpO2 and pulse over ${duration(n)}. ${s.summary.headline}`}
        onKeyDown={key}
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the figure around it has the keys */}
        <div
          class="row"
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerLeave={() => {
            if (!drag.current) cursor.value = -1;
          }}
          onDblClick={() => show(0, n)}
          onWheel={wheel}
        >
          <span class="lab spo2">SpO₂ %</span>
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
          <Cursor panel={panel} at={cursor.value} scale={version.value > 0 ? scale.current : null} />
        </div>
        <EventStrip events={events} from={a} to={b} />
        <div class="row">
          <span class="lab pr">Pulse /min</span>
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
  return `${p.wall.hms(at)} · ${Number.isNaN(v) ? 'no signal' : `${level(v)} %`}${Number.isNaN(pulse) ? '' : `, pulse ${pulse}`}${p.series.doubt[at] ? ', doubtful signal' : ''}`;
}

function Cursor({ panel, at, scale }: { panel: Panel; at: number; scale: { view: View; y: (v: number) => number } | null }) {
  if (!scale || at < scale.view.from || at > scale.view.to) return null;
  const x = xOf(scale.view, at);
  const v = panel.series.spo2[at];
  const flip = x > (scale.view.left + scale.view.right) / 2;
  return (
    <>
      <div class="cursor" style={{ left: `${x}px` }} />
      {!Number.isNaN(v) && <div class="dot" style={{ left: `${x}px`, top: `${scale.y(v)}px` }} />}
      <div class="tip" style={flip ? { right: `calc(100% - ${x - 12}px)`, top: '14px' } : { left: `${x + 12}px`, top: '14px' }}>
        {readout(panel, at)}
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
    const r = (e.currentTarget as Element).getBoundingClientRect();
    return ((e.clientX - r.left) / r.width) * n;
  };
  return (
    <div
      class="row inset brush"
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
