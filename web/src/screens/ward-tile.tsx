// One bed of the ward. The numeral stands only as long as its deadline lets it,
// and only while the tile is near the window.

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { bedName, brief, metricName, number, quietUntil, stars, waits, words } from '../alarms';
import { strip } from '../chart/strip';
import { freshness } from '../deadline';
import { age, clockTime, countdown, dash, decimal, initials, level } from '../format';
import { t } from '../lang';
import { type Bed, heardAt, link, now, range, roster, tops, watch } from '../live/store';
import { redraw } from '../redraw';
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
    <a class="tile" ref={el} href={`/patient/${encodeURIComponent(bed.device)}`} data-device={bed.device}>
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
      {bed.label && <span class="who">{bed.label}</span>}
      <span class="sp" />
      {children}
    </div>
  );
}

function Inside({ bed, raw }: { bed: Bed; raw: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  bed.changed.value;
  const at = now.value;
  const joined = link.value.state === 'live';
  useEffect(() => watch(bed), [bed]);

  const main = bed.spo2;
  const pulse = bed.pulse;
  const any = main ?? pulse;
  const fresh = joined ? freshness(any, at, heardAt(), bed.interval) : any ? 'stale' : 'unknown';
  const top = joined ? tops.value.get(bed.device) : undefined;
  const off = fresh === 'live' && main?.value === null;
  const stale = fresh !== 'live';
  const loud = fresh === 'live' && top && !top.technical && waits(top) ? top : undefined;
  const quiet = fresh === 'live' && top && !top.technical && top.state === 'acknowledged' ? top : undefined;
  const kind =
    loud && loud.priority !== 'low'
      ? loud.priority === 'high'
        ? 'high'
        : 'med'
      : off
        ? 'tech'
        : stale && any
          ? 'stale'
          : quiet
            ? 'ackd'
            : '';
  const since = any ? at - any.received : 0;
  const second = Math.floor(at / 1000);
  useEffect(() => {
    if (!canvas.current) return;
    // A silent device's strip goes on, with a gap.
    if (any) bed.tail.advance(any.at + Math.max(0, at - any.received));
    strip(canvas.current, bed.tail, stale, raw, kind === 'high');
  }, [second, bed.changed.value, stale, raw, redraw.value, range.value]);

  if (bed.empty)
    return (
      <div class="t empty">
        <b>{bedName(bed.name)}</b>
        {t('tile.nodevice')}
      </div>
    );
  const last = bed.tail.last();
  const pi = bed.reading('perfusion_index');
  const spoken = main && main.value !== null && !stale ? level(main.value) : '';
  return (
    <div class={`t ${kind}`}>
      <Head bed={bed}>
        {kind === 'stale' ? (
          <b>{t('tile.nodata', { time: countdown(since) })}</b>
        ) : off ? (
          t('tile.off')
        ) : loud ? (
          <span class={`why ${loud.priority}`} title={`${words(loud)} · ${loud.delays}`}>
            <span class="ast">{stars[loud.priority]}</span>{' '}
            {brief(loud, main && loud.metric === 'spo2' ? main.value : pulse && loud.metric === 'pulse_rate' ? pulse.value : undefined)}
          </span>
        ) : quiet ? (
          <span class="quiet">
            <Icon name="belloff" />
            {countdown(quietUntil(quiet, at) - at)} · {initials(quiet.acknowledged_by ?? '')}
          </span>
        ) : null}
      </Head>
      {fresh === 'live' && !off ? (
        <div class="vals">
          {main && main.value !== null ? (
            <div class="sat">
              {level(main.value)}
              <small>%</small>
            </div>
          ) : (
            <div class="dash">{dash}</div>
          )}
          {pulse && (
            <div class="pr">
              <b>{pulse.value === null ? '–' : Math.round(pulse.value)}</b>
              <span>{t('unit.bpm')}</span>
            </div>
          )}
        </div>
      ) : (
        <div class="vals off">
          <div class="dash">{dash}</div>
          <div class="last">
            {!Number.isNaN(last) && <s>{number(Math.floor(last))} %</s>}
            <br />
            {any && (off ? t('tile.ago', { age: age(sinceOff(bed, at)) }) : t('tile.at', { time: clockTime(any.received) }))}
          </div>
        </div>
      )}
      <canvas ref={canvas} />
      <div class="ft">
        {stale ? (
          <span>
            {top?.gateway && top.devices ? t('alarm.gateway', { gateway: top.gateway }) : bed.subject ? bed.device : t('tile.unassigned')}
          </span>
        ) : (
          <>
            <span>{off ? t('tile.linked') : t('tile.ago', { age: age(since) })}</span>
            <span>{pi && pi.value !== null ? t('tile.pi', { v: decimal(pi.value, 1) }) : bed.subject ? '' : t('tile.unassigned')}</span>
            <span>
              {bed.info?.battery_mv !== undefined && (
                <>
                  <Icon name="bat" />
                  {decimal(bed.info.battery_mv / 1000, 1)} V
                </>
              )}
            </span>
          </>
        )}
      </div>
      <span class="sr">
        {loud ? `${t(`priority.${loud.priority}`)}, ${words(loud)}` : spoken ? `${metricName('spo2')} ${spoken} %` : ''}
      </span>
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
