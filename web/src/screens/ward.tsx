// The ward: every bed with its newest value, as long as that is new.

import { useEffect, useLayoutEffect } from 'preact/hooks';
import { devicesOf, grouped, waits } from '../alarms';
import { freshness } from '../deadline';
import { age, clockTime } from '../format';
import { t } from '../lang';
import { alarms, type Bed, heardAt, link, live, now, range, ranges, roster, setRange, trouble } from '../live/store';
import { kept } from '../prefs';
import { stayAwake } from '../sound/awake';
import { turn, wanted } from '../sound/player';
import { Banner, Bar } from '../ui/bar';
import { Find, FindButton } from '../ui/find';
import { Icon } from '../ui/icons';
import { Seg } from '../ui/seg';
import { SoundBlocked, SoundButton } from '../ui/sound';
import { beds } from '../wall';
import { Alarms, take } from './ward-alarms';
import { Feed } from './ward-feed';
import { Tile } from './ward-tile';

const order = kept('ward.order', ['bed', 'alarms']);
const line = kept('ward.line', ['smooth', 'raw']);

// Lost says that nothing here is live, as soon as that is so.
export function Lost() {
  const l = link.value;
  if (l.state !== 'lost') return null;
  return (
    <div class="lost" role="alert">
      {l.why === 'newer' ? t('ward.lost.newer') : l.heard ? t('ward.lost', { time: clockTime(l.heard) }) : t('ward.never')}
      {l.why === 'broken' && ` ${t('ward.lost.broken')}`}
    </div>
  );
}

export function Ward() {
  useEffect(() => {
    live();
    return stayAwake();
  }, []);
  useKeys();
  const list = roster.value;
  useLayoutEffect(() => {
    beds.value = list.length;
  }, [list.length]);
  useEffect(
    () => () => {
      beds.value = null;
    },
    [],
  );
  return (
    <>
      <Bar at="ward">
        <WallClock />
        <FindButton />
        <SoundButton />
      </Bar>
      <Find />
      <Lost />
      <SoundBlocked />
      <main class="page ward">
        <Sum list={list} />
        {trouble.value && <Banner kind="warn">{t('ward.names', { why: trouble.value })}</Banner>}
        {link.value.state === 'live' && list.length === 0 && (
          <section class="card welcome">
            <h2>{t('ward.none')}</h2>
            <p>
              {t('ward.none.do')} <a href="/docs">{t('nav.api')}</a>
            </p>
            <p>{t('ward.none.try')}</p>
          </section>
        )}
        <aside class="q">
          <Alarms />
          <Feed />
        </aside>
        <Grid list={list} />
      </main>
    </>
  );
}

export function WallClock() {
  return <span class="mono wallclock">{clockTime(now.value)}</span>;
}

function Grid({ list }: { list: Bed[] }) {
  let shown = list;
  if (order.value === 'alarms') {
    const rank = new Map<string, number>();
    for (const a of alarms.value) for (const d of devicesOf(a)) if (!rank.has(d)) rank.set(d, rank.size);
    shown = [...list].sort((a, b) => (rank.get(a.device) ?? 1e9) - (rank.get(b.device) ?? 1e9));
  }
  return (
    <section class="grid" aria-label={t('ward.beds')}>
      {shown.map((b) => (
        <Tile key={b.device} bed={b} raw={line.value === 'raw'} />
      ))}
    </section>
  );
}

function Sum({ list }: { list: Bed[] }) {
  const at = now.value;
  const joined = link.value.state === 'live';
  const used = list.filter((b) => !b.empty);
  const silent = joined
    ? used.filter((b) => {
        const r = b.spo2 ?? b.pulse;
        return freshness(r, at, heardAt(), b.interval) !== 'live' || r?.value === null;
      }).length
    : used.length;
  const groups = grouped(alarms.value);
  const loud = (p: string) => groups.filter(({ top }) => top.priority === p && waits(top) && !top.technical).length;
  const quiet = groups.filter(({ top }) => top.state === 'acknowledged').length;
  return (
    <div class="sum">
      <h1>{t('ward.monitored', { n: used.length })}</h1>
      {(['high', 'medium'] as const).map((p) => {
        const n = loud(p);
        return (
          n > 0 && (
            <span class={`cnt ${p}`} key={p}>
              <i class={`sh ${p === 'high' ? 'bad' : 'warn'}`} />
              <b>{n}</b> {t(`priority.${p}`)}
            </span>
          )
        );
      })}
      {silent > 0 && (
        <span class="cnt">
          <i class="sh off" />
          <b>{silent}</b> {t('ward.nosignal')}
        </span>
      )}
      {quiet > 0 && (
        <span class="cnt hide">
          <Icon name="belloff" />
          <b>{quiet}</b> {t('ward.acknowledged')}
        </span>
      )}
      <span class="sp" />
      <Seg
        class="hide"
        label={t('ward.order')}
        value={order.value}
        of={['bed', 'alarms']}
        names={(v) => t(`ward.order.${v}`)}
        pick={(v) => {
          order.value = v;
        }}
      />
      <Seg
        class="hide"
        label={t('ward.span')}
        value={range.value.name}
        of={['15', '60', '480']}
        names={(v) => t(`ward.span.${v}`)}
        pick={(v) => setRange(ranges.find((r) => r.name === v) ?? ranges[0])}
      />
      <Seg
        class="hide"
        label={t('ward.line')}
        value={line.value}
        of={['raw', 'smooth']}
        names={(v) => t(`ward.line.${v}`)}
        pick={(v) => {
          line.value = v;
        }}
      />
      {joined && (
        <span class="live">
          <i />
          {t('ward.live', { age: age(at - heardAt()) })}
        </span>
      )}
    </div>
  );
}

// useKeys: a acknowledges the first alarm, m turns the sound.
function useKeys(): void {
  useEffect(() => {
    const key = (e: KeyboardEvent) => {
      if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test((e.target as Element).tagName)) return;
      if (e.key === 'a') {
        const a = alarms.value.find(waits);
        if (a) take(a);
      } else if (e.key === 'm') turn(wanted.value !== 'on');
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
}
