// Alarms: those that stand, those that were, and what other settings would have
// made of them.

import { batch, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Alert, delaysOf, metricName, place, stars, withUnit, words } from '../alarms';
import { getJSON, serverNow } from '../api';
import { age, clockTime, date, duration, instant } from '../format';
import { type Key, say, t } from '../lang';
import { alarms, beds, live, tops } from '../live/store';
import type { ScreenProps } from '../screens';
import { Bar } from '../ui/bar';
import { Filters, Listing, Search } from '../ui/list';
import { Seg } from '../ui/seg';
import { SoundBlocked, SoundButton } from '../ui/sound';
import { AlarmReport } from './alarms-report';
import { Lost } from './ward';
import { Alarms as Standing, timelineOf } from './ward-alarms';

const days = { '1': 1, '7': 7, '30': 30 } as const;
type Days = keyof typeof days;
type View = 'history' | 'report';

export function AlarmsScreen({ path: [part] }: ScreenProps) {
  useEffect(live, []);
  const view = useSignal<View>(part === 'report' ? 'report' : 'history');
  return (
    <>
      <Bar at="alarms">
        <SoundButton />
      </Bar>
      <Lost />
      <SoundBlocked />
      <main class="page alarms-page">
        <aside class="q">
          <Standing />
        </aside>
        <section class="past">
          <div class="head">
            <h1>{t('nav.alarms')}</h1>
            <span class="sp" />
            <Seg
              label={t('alarms.view')}
              value={view.value}
              of={['history', 'report']}
              names={(v) => t(`alarms.view.${v}`)}
              pick={(v) => {
                view.value = v;
              }}
            />
          </div>
          {view.value === 'history' ? <History /> : <AlarmReport />}
        </section>
      </main>
    </>
  );
}

const nameOf = (device: string) => beds.get(device)?.info?.bed;

function History() {
  const span = useSignal<Days>('1');
  const priority = useSignal<'all' | 'high' | 'medium' | 'low'>('all');
  const kind = useSignal<'patient' | 'device' | 'all'>('patient');
  const search = useSignal('');
  const list = useSignal<Alert[] | null>(null);
  const next = useSignal('');
  const error = useSignal('');
  const changed = alarms.value;

  const load = async (cursor: string, stop?: AbortSignal) => {
    const q = new URLSearchParams({
      state: 'active,acknowledged,latched,cleared',
      limit: '100',
      from: new Date(serverNow() - days[span.value] * 86_400_000).toISOString(),
    });
    if (priority.value !== 'all') q.set('priority', priority.value);
    if (cursor) q.set('cursor', cursor);
    try {
      const page = await getJSON<{ alerts: Alert[]; next_cursor: string }>(`/api/v1/alerts?${q}`, stop);
      batch(() => {
        list.value = cursor ? [...(list.value ?? []), ...page.alerts] : page.alerts;
        next.value = page.next_cursor;
        error.value = '';
      });
    } catch (e) {
      if (!stop?.aborted) error.value = (e as Error).message;
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    const wait = setTimeout(() => load('', stop.signal), list.value ? 500 : 0);
    return () => {
      stop.abort();
      clearTimeout(wait);
    };
  }, [span.value, priority.value, changed]);

  const word = search.value.trim().toLowerCase();
  const shown = (list.value ?? []).filter(
    (a) =>
      (kind.value === 'all' || a.technical === (kind.value === 'device')) &&
      (!word || `${place(a, nameOf)} ${a.device_id ?? ''} ${words(a)} ${a.acknowledged_by ?? ''}`.toLowerCase().includes(word)),
  );
  return (
    <>
      <Filters>
        <Seg
          label={t('alarms.days')}
          value={span.value}
          of={['1', '7', '30']}
          names={(v) => t(`alarms.days.${v}`)}
          pick={(v) => {
            span.value = v;
          }}
        />
        <Seg
          label={t('alarms.priority')}
          value={priority.value}
          of={['all', 'high', 'medium', 'low']}
          names={(v) => (v === 'all' ? t('alarms.all') : t(`priority.${v}`))}
          pick={(v) => {
            priority.value = v;
          }}
        />
        <Seg
          label={t('alarms.kind')}
          value={kind.value}
          of={['patient', 'device', 'all']}
          names={(v) => (v === 'all' ? t('alarms.all') : t(`alarms.kind.${v}`))}
          pick={(v) => {
            kind.value = v;
          }}
        />
        <Search label={t('alarms.search')} value={search} />
      </Filters>
      <AckTime list={list.value && shown} />
      <Listing
        failed={t('alarms.failed')}
        error={error.value}
        retry={() => load('')}
        count={list.value && shown.length}
        none={t('alarms.nothing')}
        clear={
          priority.value === 'all' && kind.value === 'all' && !word
            ? undefined
            : () =>
                batch(() => {
                  priority.value = 'all';
                  kind.value = 'all';
                  search.value = '';
                })
        }
        more={next.value ? () => load(next.value) : undefined}
      >
        <ul class="history">
          {shown.map((a) => (
            <Line a={a} key={a.id} />
          ))}
        </ul>
      </Listing>
    </>
  );
}

// AckTime says how long it took until somebody acknowledged.
function AckTime({ list }: { list: Alert[] | null }) {
  const times = (list ?? [])
    .filter((a) => a.acknowledged && a.sounded)
    .map((a) => (Date.parse(a.acknowledged as string) - Date.parse(a.sounded as string)) / 1000)
    .sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return (
    <dl class="card kpis acks">
      <div class="kpi">
        <dt>{t('alarms.n')}</dt>
        <dd>{list?.length ?? '–'}</dd>
      </div>
      <div class="kpi">
        <dt>{t('alarms.seen')}</dt>
        <dd>{list ? times.length : '–'}</dd>
      </div>
      <div class="kpi">
        <dt>{t('alarms.ack.median')}</dt>
        <dd>{times.length ? duration(at(0.5)) : '–'}</dd>
      </div>
      <div class="kpi">
        <dt>{t('alarms.ack.p90')}</dt>
        <dd>{times.length ? duration(at(0.9)) : '–'}</dd>
      </div>
    </dl>
  );
}

function Line({ a }: { a: Alert }) {
  const open = useSignal(false);
  const whole = useSignal<Alert | null>(null);
  tops.value; // names of beds come with what is live
  const began = instant(a.onset);
  const local = new Date(began);
  const day = date(began - local.getTimezoneOffset() * 60_000, false);
  const shape = a.technical ? 'off' : { high: 'bad', medium: 'warn', low: 'off' }[a.priority];
  const ack = a.acknowledged && a.sounded ? (Date.parse(a.acknowledged) - Date.parse(a.sounded)) / 1000 : undefined;
  const failed = useSignal('');
  const tried = useSignal(0);
  useEffect(() => {
    if (!open.value) return;
    const stop = new AbortController();
    getJSON<Alert>(`/api/v1/alerts/${encodeURIComponent(a.id)}`, stop.signal)
      .then((x) => {
        whole.value = x;
        failed.value = '';
      })
      .catch((e) => {
        if (!stop.signal.aborted) failed.value = (e as Error).message;
      });
    return () => stop.abort();
  }, [open.value, a.id, a.state, tried.value]);
  return (
    <li>
      <button type="button" class="line" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
        <span class="mono">
          {day} {clockTime(began)}
        </span>
        <i class={`sh ${shape} ${a.technical ? '' : a.priority}`} />
        <span>
          <b>{place(a, nameOf)}</b> {words(a)}
          {!a.technical && a.value !== undefined && <span class="t2"> · {withUnit(a.value, a.unit)}</span>}
        </span>
        <span class="t2">
          {a.technical ? t('priority.technical') : `${stars[a.priority]} ${t(`priority.${a.priority}`)}`} · {say(`state.${a.state}` as Key)}
        </span>
        <span class="t2">
          {a.acknowledged_by
            ? `${a.acknowledged_by}${ack === undefined ? '' : ` · ${t('alarms.after', { time: duration(Math.max(0, ack)) })}`}`
            : ''}
        </span>
      </button>
      {open.value && (
        <div class="steps">
          <p class="t2">
            {delaysOf(a)}
            {a.cleared && ` · ${t('alarms.lasted', { time: duration((instant(a.cleared) - began) / 1000) })}`}
          </p>
          {failed.value && (
            <p class="wrong" role="alert">
              {t('alarms.failed')} {failed.value}{' '}
              <button type="button" class="link" onClick={() => tried.value++}>
                {t('again')}
              </button>
            </p>
          )}
          <ol>
            {whole.value?.history?.map((s) => (
              <li key={`${s.at}${s.cause}`}>
                <span class="mono">{clockTime(instant(s.at))}</span>
                <span>
                  {say(`cause.${s.cause}` as Key)}
                  {s.actor && ` · ${s.actor}`}
                  {s.note && ` · “${s.note}”`}
                  {s.value !== undefined && a.metric && <span class="t2"> · {`${metricName(a.metric)} ${withUnit(s.value, a.unit)}`}</span>}
                </span>
              </li>
            ))}
          </ol>
          <a class="btn sm" href={timelineOf(a)}>
            {t('alarm.timeline')}
          </a>
          <span class="t3 small">{t('tile.ago', { age: age(serverNow() - began, true) })}</span>
        </div>
      )}
    </li>
  );
}
