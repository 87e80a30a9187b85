// What lies over and under the charts of a night and follows what is shown of it:
// each part renders by itself, so that a pan asks nothing of the page around.

import type { ReadonlySignal, Signal } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { type View, xOf } from '../chart/canvas';
import type { Panel } from '../chart/night';
import type { Range } from '../chart/view';
import type { Session } from '../doc';
import { band, duration, level } from '../format';
import { t } from '../lang';
import { boxOf, pointerX } from '../wall';
import type { NightEvent } from './night-events';
import { Flags } from './night-flags';

export interface Scale {
  view: View;
  y: (v: number) => number;
}

type Shown = ReadonlySignal<Range>;

// Rail holds the flags of what is shown.
export function Rail({ events, shown }: { events: NightEvent[]; shown: Shown }) {
  const [from, to] = shown.value;
  return <Flags events={events} from={from} to={to} />;
}

// Readout says for a screen reader what is under the cursor.
export function Readout({ panel, cursor }: { panel: Panel; cursor: Signal<number> }) {
  return (
    <p class="sr" aria-live="polite">
      {readout(panel, cursor.value)}
    </p>
  );
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

export function Cursor({
  s,
  panel,
  cursor,
  shown,
  drawn,
}: {
  s: Session;
  panel: Panel;
  cursor: Signal<number>;
  shown: Shown;
  drawn: RefObject<Scale | null>;
}) {
  const at = cursor.value;
  if (at < 0) return null;
  shown.value; // the scale is that of the last drawing
  const scale = drawn.current;
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

// Chosen is the part that a drag has chosen so far.
export function Chosen({ chosen, drawn }: { chosen: Signal<Range | null>; drawn: RefObject<Scale | null> }) {
  const part = chosen.value;
  const scale = drawn.current;
  if (!part || !scale) return null;
  const left = xOf(scale.view, part[0]);
  return <div class="select" style={{ left: `${left}px`, width: `${xOf(scale.view, part[1]) - left}px` }} />;
}

// EventStrip holds the dips of the whole night on a band of its length, of which
// the rail shows a part: a pan moves the band and lays out nothing.
export function EventStrip({ events, n, shown }: { events: Session['episodes']; n: number; shown: Shown }) {
  return (
    <div class="evrail" aria-hidden="true">
      <Band n={n} shown={shown}>
        {events.map((e) => (
          <i
            key={e.start_s}
            style={{
              left: `${(e.start_s / n) * 100}%`,
              width: `${((e.end_s - e.start_s) / n) * 100}%`,
              background: `var(--f${band(e.nadir) || '90'})`,
            }}
          />
        ))}
      </Band>
    </div>
  );
}

function Band({ n, shown, children }: { n: number; shown: Shown; children: ComponentChildren }) {
  const [from, to] = shown.value;
  return (
    <div class="band" style={{ width: `${(n / (to - from)) * 100}%`, transform: `translateX(${(-from / n) * 100}%)` }}>
      {children}
    </div>
  );
}

// Brush moves the part that is shown.
export function Brush({
  n,
  shown,
  show,
  children,
}: {
  n: number;
  shown: Shown;
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
        const [from, to] = shown.peek();
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
      <Part n={n} shown={shown} />
    </div>
  );
}

// Part is the frame about what is shown.
function Part({ n, shown }: { n: number; shown: Shown }) {
  const [from, to] = shown.value;
  const span = (to - from) / n;
  return (
    <div class="part" style={{ transform: `translateX(${(from / n) * 100}%)` }}>
      <i style={{ width: `${span * 100}%` }} />
    </div>
  );
}
