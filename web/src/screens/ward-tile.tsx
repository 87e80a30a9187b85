// One bed of the ward. The numeral stands only as long as its deadline lets it,
// and only while the tile is near the window.

import { effect, useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { bedName, brief, delaysOf, number, quietUntil, stars, waits, words } from '../alarms';
import { strip } from '../chart/strip';
import { freshness } from '../deadline';
import { age, clockTime, countdown, dash, decimal, initials, level } from '../format';
import { t } from '../lang';
import { type Bed, heardAt, link, now, range, roster, tops, watch, wayTo } from '../live/store';
import { redraw, usePrinted } from '../redraw';
import { Battery } from '../ui/battery';
import { Icon } from '../ui/icons';

// One observer serves all tiles.
const seen = new WeakMap<Element, (near: boolean) => void>();
const observer =
  typeof IntersectionObserver === 'undefined'
    ? null
    : new IntersectionObserver(
        (list) => {
          for (const e of list) seen.get(e.target)?.(e.isIntersecting);
        },
        { rootMargin: '240px' },
      );

export function Tile({ bed, raw }: { bed: Bed; raw: boolean }) {
  const el = useRef<HTMLAnchorElement>(null);
  const near = useSignal(observer === null);
  useEffect(() => {
    const a = el.current;
    if (!a || !observer) return;
    seen.set(a, (n) => {
      near.value = n;
    });
    observer.observe(a);
    return () => observer.unobserve(a);
  }, []);
  return (
    <a class="tile" ref={el} href={wayTo(bed)} data-device={bed.device}>
      {near.value ? <Inside bed={bed} raw={raw} /> : <Away bed={bed} />}
    </a>
  );
}

// Away stands for a tile that nobody can see: it holds no numeral that could be
// old when it comes into sight.
function Away({ bed }: { bed: Bed }) {
  return (
    <div class="t">
      <Head bed={bed} />
      <div class="vals">
        <div class="dash">{dash}</div>
      </div>
    </div>
  );
}

function Head({ bed, children }: { bed: Bed; children?: preact.ComponentChildren }) {
  roster.value; // names come later than values
  const name = bed.name;
  // The end of a long name tells beds apart: it is never cut.
  const cut = name.length > 8 ? name.length - 5 : 0;
  return (
    <div class="hd">
      <b class="bn" title={name}>
        {cut > 0 && <span>{name.slice(0, cut)}</span>}
        {name.slice(cut)}
      </b>
      {bed.label && (
        <span class="who" title={bed.label}>
          {bed.label}
        </span>
      )}
      <span class="sp" />
      {children}
    </div>
  );
}

// Face is all that a tile shows but its strip and its figures, which are texts of
// their own. A tile is drawn again only when its face is another one.
interface Face {
  empty: boolean;
  kind: '' | 'high' | 'med' | 'tech' | 'stale' | 'ackd';
  stale: boolean;
  off: boolean;
  sat: boolean; // a numeral may stand
  pulse: boolean; // the device tells it
  head: string; // what stands at the right of the head
  priority: '' | 'high' | 'medium' | 'low'; // of the alarm that sounds
  why: string; // the alarm in words
  last: string;
  since: string;
  foot: [string, string, string];
}

function faceOf(bed: Bed): Face {
  bed.changed.value;
  const at = now.value;
  const joined = link.value.state === 'live';
  const main = bed.spo2;
  const pulse = bed.pulse;
  const any = main ?? pulse;
  const fresh = joined && freshness(any, at, heardAt(), bed.interval) === 'live';
  // Who is to be watched and was never heard of is no empty bed.
  const never = joined && !any && !bed.empty;
  const stale = never || (!fresh && any !== undefined);
  const top = joined ? tops.value.get(bed.device) : undefined;
  const off = fresh && main?.value === null;
  const loud = fresh && top && !top.technical && waits(top) ? top : undefined;
  const quiet = fresh && top && !top.technical && top.state === 'acknowledged' ? top : undefined;
  const kind =
    loud && loud.priority !== 'low' ? (loud.priority === 'high' ? 'high' : 'med') : off ? 'tech' : stale ? 'stale' : quiet ? 'ackd' : '';
  const of = loud?.metric === 'spo2' ? main?.value : loud?.metric === 'pulse_rate' ? pulse?.value : undefined;
  const head = never
    ? t('tile.never')
    : stale
      ? t('tile.nodata', { time: countdown(at - (any?.received ?? at)) })
      : off
        ? t('tile.off')
        : loud
          ? brief(loud, of)
          : quiet
            ? `${countdown(quietUntil(quiet, at) - at)} · ${initials(quiet.acknowledged_by ?? '')}`
            : '';
  const last = fresh && !off ? Number.NaN : bed.tail.last();
  const pi = bed.reading('perfusion_index');
  return {
    empty: bed.empty,
    kind,
    stale,
    off,
    sat: fresh && !!main && main.value !== null,
    pulse: fresh && !!pulse,
    head,
    priority: loud?.priority ?? '',
    why: loud ? `${words(loud)} · ${delaysOf(loud)}` : '',
    last: Number.isNaN(last) ? '' : `${number(Math.floor(last))} %`,
    since: !any
      ? ''
      : off
        ? t('tile.ago', { age: age(sinceOff(bed, at), true) })
        : stale
          ? t('tile.at', { time: clockTime(any.received) })
          : '',
    foot: !fresh
      ? [
          top?.gateway && top.devices ? t('alarm.gateway', { gateway: top.gateway }) : bed.subject ? bed.device : t('tile.unassigned'),
          '',
          '',
        ]
      : [
          off ? t('tile.linked') : '',
          pi && pi.value !== null ? 'pi' : bed.subject ? '' : t('tile.unassigned'),
          bed.info?.battery_mv === undefined ? '' : String(bed.info.battery_mv),
        ],
  };
}

function Inside({ bed, raw }: { bed: Bed; raw: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => watch(bed), [bed]);
  const key = useComputed(() => JSON.stringify(faceOf(bed)));
  // Figures are texts of their own: they change without the tile, and each looks
  // at its deadline itself.
  const figure = (read: () => string) =>
    useComputed(() => {
      bed.changed.value;
      const fresh = link.value.state === 'live' && freshness(bed.spo2 ?? bed.pulse, now.value, heardAt(), bed.interval) === 'live';
      return fresh ? read() : '';
    });
  const sat = figure(() => (typeof bed.spo2?.value === 'number' ? level(bed.spo2.value) : ''));
  const pulse = figure(() => (typeof bed.pulse?.value === 'number' ? String(Math.round(bed.pulse.value)) : '–'));
  const pi = figure(() => {
    const v = bed.reading('perfusion_index')?.value;
    return typeof v === 'number' ? t('tile.pi', { v: decimal(v, 1) }) : '';
  });
  const ago = useComputed(() => {
    const any = bed.spo2 ?? bed.pulse;
    return any ? t('tile.ago', { age: age(now.value - any.received, true) }) : '';
  });
  const f: Face = JSON.parse(key.value);
  const size = useSignal<{ width: number; height: number } | undefined>(undefined);
  useEffect(() => {
    const el = canvas.current;
    if (!el) return;
    const watcher = new ResizeObserver((list) => {
      size.value = list[list.length - 1].contentRect;
    });
    watcher.observe(el);
    return () => watcher.disconnect();
  }, [f.empty]);
  useEffect(() => {
    let drawn = '';
    return effect(() => {
      bed.changed.value;
      const at = now.value;
      const any = bed.spo2 ?? bed.pulse;
      // A silent device's strip goes on, with a gap.
      if (any) bed.tail.advance(any.at + Math.max(0, at - any.received));
      const box = size.value;
      const state = `${bed.tailOf} ${bed.tail.version} ${redraw.value} ${range.value.name} ${box?.width} ${box?.height}`;
      if (!canvas.current || !box || state === drawn) return;
      drawn = state;
      strip(canvas.current, bed.tail, f.stale, raw, f.kind === 'high', box);
    });
  }, [bed, raw, f.stale, f.kind]);

  // A page of paper has another size; who measures for the screen comes too late.
  usePrinted(() => {
    if (canvas.current) strip(canvas.current, bed.tail, f.stale, raw, f.kind === 'high');
  });

  if (f.empty)
    return (
      <div class="t empty">
        <b>{bedName(bed.name)}</b>
        {t('tile.nodevice')}
      </div>
    );
  return (
    <div class={`t ${f.kind}`}>
      <Head bed={bed}>
        {f.kind === 'stale' ? (
          <b>{f.head}</b>
        ) : f.priority ? (
          <span class={`why ${f.priority}`} title={f.why}>
            <span class="ast">{stars[f.priority]}</span> {f.head}
          </span>
        ) : f.kind === 'ackd' ? (
          <span class="quiet">
            <Icon name="belloff" />
            {f.head}
          </span>
        ) : (
          f.head
        )}
      </Head>
      {!f.stale && !f.off ? (
        <div class="vals">
          {f.sat ? (
            <div class="sat">
              {sat}
              <small>%</small>
            </div>
          ) : (
            <div class="dash">{dash}</div>
          )}
          {f.pulse && (
            <div class="pr">
              <b>{pulse}</b>
              <span>{t('unit.bpm')}</span>
            </div>
          )}
        </div>
      ) : (
        <div class="vals off">
          <div class="dash">{dash}</div>
          <div class="last">
            {f.last && <s>{f.last}</s>}
            <br />
            {f.since}
          </div>
        </div>
      )}
      <canvas ref={canvas} />
      <div class="ft">
        <span>{f.foot[0] || (f.sat || f.pulse ? ago : '')}</span>
        {(f.foot[1] || f.foot[2]) && (
          <>
            <span>{f.foot[1] === 'pi' ? pi : f.foot[1]}</span>
            <Battery mv={f.foot[2] === '' ? undefined : Number(f.foot[2])} decimals={1} brief />
          </>
        )}
      </div>
      <span class="sr">{f.priority ? `${t(`priority.${f.priority}`)}, ${f.why}` : ''}</span>
    </div>
  );
}

// sinceOff is for how long a sensor has been off: from the last value in its
// strip on.
function sinceOff(bed: Bed, at: number): number {
  const tail = bed.tail;
  for (let i = tail.slots - 1; i >= 0; i--) {
    if (!Number.isNaN(tail.mid[i])) {
      const skew = bed.live ? bed.live.received - bed.live.at : 0;
      return at - skew - (tail.end - (tail.slots - 1 - i)) * tail.slotMs;
    }
  }
  return 0;
}
