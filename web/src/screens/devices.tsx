// Every device: when it was last seen, how it is, how its values are corrected.

import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Calibration, type DeviceInfo, getAll, serverNow } from '../api';
import { staleAfter, toldInterval } from '../deadline';
import { age, battery, instant, moment } from '../format';
import { t } from '../lang';
import { beds, link, live } from '../live/store';
import { go } from '../route';
import type { ScreenProps } from '../screens';
import { Bar } from '../ui/bar';
import { Battery } from '../ui/battery';
import { Filters, Listing, Search } from '../ui/list';
import { Seg } from '../ui/seg';
import { Form } from './devices-calibration';

const names = new Intl.Collator(undefined, { numeric: true });
const lowMv = 3500;
const skewS = 5;

type State = 'ok' | 'warn' | 'bad' | 'off';

// judge says how a device is, and what is the matter with it. It is silent as
// soon as the ward takes its numerals away: by its own cadence.
export function judge(
  d: DeviceInfo,
  now: number,
  received = d.received ? instant(d.received) : undefined,
  interval = toldInterval(d.interval_s) ?? 1000,
): { state: State; why: string[] } {
  if (!d.live) return { state: 'off', why: [] };
  const why: string[] = [];
  const silent = received === undefined ? undefined : now - received;
  if (d.battery_mv !== undefined && d.battery_mv < lowMv) why.push(t('devices.warn.battery', { v: battery(d.battery_mv) }));
  if (d.skew_s !== null && Math.abs(d.skew_s) > skewS) why.push(t('devices.warn.skew', { d: age(Math.abs(d.skew_s) * 1000) }));
  const back = downgrade(d);
  if (back) why.push(t('devices.warn.downgrade', back));
  if (d.conflict > 0) why.push(t('devices.warn.conflict', { n: d.conflict }));
  if (silent === undefined) return { state: d.subject_id ? 'bad' : 'off', why: [t('devices.warn.never')] };
  if (silent > staleAfter(interval)) return { state: 'bad', why: [t('devices.warn.silent', { d: age(silent, true) }), ...why] };
  return { state: why.length ? 'warn' : 'ok', why };
}

// older compares versions part by part, numbers as numbers: 2.9 is older than
// 2.10, and 2.3.1-rc1 than 2.3.1.
export function older(a: string, b: string): boolean {
  const parts = (v: string) => v.replace(/^v/i, '').split(/[.+_-]/);
  const [p, q] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(p.length, q.length); i++) {
    if (p[i] === q[i]) continue;
    const [m, n] = [p[i] ?? '0', q[i] ?? '0'];
    const digits = /^\d+$/;
    if (digits.test(m) && digits.test(n)) {
      if (+m !== +n) return +m < +n;
    } else if (digits.test(m) !== digits.test(n)) return !digits.test(m);
    else if (m !== n) return m < n;
  }
  return false;
}

// downgrade says from which version the firmware went back to the one in force;
// null: it did not.
export function downgrade(d: Pick<DeviceInfo, 'firmware_version' | 'firmware_history'>): { from: string; to: string } | null {
  const to = d.firmware_version;
  if (!to) return null;
  const newest = d.firmware_history.reduce((n, f) => (older(n, f.version) ? f.version : n), to);
  return older(to, newest) ? { from: newest, to } : null;
}

export function skewText(s: number | null): string {
  if (s === null) return t('devices.skew.none');
  if (Math.abs(s) < 1) return t('devices.skew.right');
  return t(s > 0 ? 'devices.skew.behind' : 'devices.skew.ahead', { d: age(Math.abs(s) * 1000) });
}

const order: State[] = ['bad', 'warn', 'ok', 'off'];
const wanted: Record<'see' | 'live' | 'off', State[]> = { see: ['bad', 'warn'], live: ['bad', 'warn', 'ok'], off: ['off'] };
const pageOf = 100; // devices shown at once
const every = 10000; // ms between looks at the server

export function DevicesScreen({ path: [chosen] }: ScreenProps) {
  const devices = useSignal<DeviceInfo[] | null>(null);
  const calibrations = useSignal<Calibration[]>([]);
  const quality = useSignal(new Map<string, number>());
  const error = useSignal('');
  const search = useSignal('');
  const which = useSignal<'all' | 'see' | 'live' | 'off'>('all');
  const most = useSignal(pageOf);
  const now = useSignal(Date.now());
  const again = useSignal(0);
  const tick = useSignal(serverNow());

  useEffect(() => {
    live();
    const each = setInterval(() => {
      tick.value = serverNow();
    }, 1000);
    return () => clearInterval(each);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    let wait = 0;
    const look = async () => {
      try {
        const [list, cal] = await Promise.all([
          getAll<DeviceInfo>('/api/v1/devices', 'devices', stop.signal),
          getAll<Calibration>('/api/v1/calibrations', 'calibrations', stop.signal),
        ]);
        devices.value = list;
        calibrations.value = cal;
        now.value = serverNow();
        error.value = '';
      } catch (e) {
        if (stop.signal.aborted) return;
        error.value = (e as Error).message;
        now.value = serverNow(); // ages go on, and who is silent is told
      }
      if (!stop.signal.aborted) wait = window.setTimeout(look, every);
    };
    look();
    return () => {
      stop.abort();
      clearTimeout(wait);
    };
  }, [again.value]);

  // Without the live connection a device is judged as of the last look.
  const at = link.value.state === 'live' ? tick.value : now.value;
  const all = (devices.value ?? []).map((d) => {
    const bed = beds.get(d.device_id);
    const received = Math.max(bed?.live?.received ?? 0, d.received ? instant(d.received) : 0) || undefined;
    return { d, received, ...judge(d, at, received, bed?.live ? bed.interval : undefined) };
  });
  // Rows stand still between two looks, whoever falls silent meanwhile.
  const place = useMemo(
    () =>
      new Map(
        [...all]
          .sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || names.compare(a.d.device_id, b.d.device_id))
          .map(({ d }, i) => [d.device_id, i]),
      ),
    [devices.value],
  );
  const list = all
    .filter(({ state }) => which.value === 'all' || wanted[which.value].includes(state))
    .filter(({ d }) => `${d.device_id} ${d.bed ?? ''} ${d.label ?? ''}`.toLowerCase().includes(search.value.toLowerCase()))
    .sort((a, b) => (place.get(a.d.device_id) ?? 0) - (place.get(b.d.device_id) ?? 0));
  const open = chosen ? list.find((x) => x.d.device_id === chosen) : list[0];
  const shown = open?.d;

  // The share of usable readings in the last hour that the device was seen.
  useEffect(() => {
    if (!shown?.last || quality.value.has(shown.device_id)) return;
    const stop = new AbortController();
    const to = instant(shown.last) + 1000;
    const q = new URLSearchParams({
      device_id: shown.device_id,
      metric: 'spo2',
      from: new Date(to - 3600000).toISOString(),
      to: new Date(to).toISOString(),
    });
    getAll<{ quality: string }>(`/api/v1/derived?${q}`, 'samples', stop.signal)
      .then((samples) => {
        if (samples.length)
          quality.value = new Map(quality.value).set(
            shown.device_id,
            samples.filter((s) => s.quality === 'good' || s.quality === 'interpolated').length / samples.length,
          );
      })
      .catch(() => {}); // it stays unknown
    return () => stop.abort();
  }, [shown?.device_id]);

  const count = (s: State) => all.filter((x) => x.state === s).length;
  return (
    <>
      <Bar at="devices" />
      <main class={`page two${chosen ? ' chosen' : ''}`}>
        <div class="head">
          <h1>{t('devices.title')}</h1>
          {devices.value &&
            order.map((s) =>
              count(s) ? (
                <span class={`chip ${s}`} key={s}>
                  <i class={`sh ${s}`} />
                  {t(`devices.count.${s}`, { n: count(s) })}
                </span>
              ) : null,
            )}
        </div>
        <div class="listed">
          <Filters>
            <Seg
              label={t('devices.state')}
              value={which.value}
              of={['all', 'see', 'live', 'off']}
              names={(v) => t(`devices.which.${v}`)}
              pick={(v) => {
                which.value = v;
                most.value = pageOf;
              }}
            />
            <Search label={t('devices.search')} value={search} />
          </Filters>
          <Listing
            failed={t('devices.failed')}
            error={error.value}
            retry={() => again.value++}
            count={devices.value && list.length}
            none={t(devices.value?.length === 0 ? 'devices.none' : 'devices.none.such')}
            noneText={devices.value?.length === 0 ? t('devices.none.text') : undefined}
            clear={
              devices.value?.length
                ? () => {
                    which.value = 'all';
                    search.value = '';
                  }
                : undefined
            }
            more={
              list.length > most.value
                ? () => {
                    most.value += pageOf;
                  }
                : undefined
            }
          >
            <ul class="rows">
              {list.slice(0, most.value).map(({ d, received, state, why }) => (
                <li key={d.device_id}>
                  <a
                    href={`/devices/${encodeURIComponent(d.device_id)}`}
                    aria-current={d === shown ? 'true' : undefined}
                    onClick={(e) => {
                      e.preventDefault();
                      go(`/devices/${encodeURIComponent(d.device_id)}`, !!chosen);
                    }}
                  >
                    <i class={`sh ${state}`} />
                    <span class="what">
                      <b>{d.device_id}</b>
                      <small>
                        <span class="sr">{t(`devices.state.${state}`)}: </span>
                        {why[0] ??
                          ([
                            d.bed ? `${t('devices.bed')} ${d.bed}` : '',
                            d.label,
                            d.live ? '' : t('devices.imports', { n: d.recordings.length }),
                          ]
                            .filter(Boolean)
                            .join(' · ') ||
                            t(`devices.state.${state}`))}
                      </small>
                    </span>
                    <span class="fig">
                      {d.battery_mv === undefined ? '–' : <Battery mv={d.battery_mv} />}
                      <small>{t('devices.battery')}</small>
                    </span>
                    <span class="fig">
                      {d.firmware_version || '–'}
                      <small>{t('devices.firmware')}</small>
                    </span>
                    <span class="fig">
                      {d.live ? skewText(d.skew_s) : '–'}
                      <small>{t('devices.skew')}</small>
                    </span>
                    <span class="fig">
                      {received ? t('devices.ago', { d: age(tick.value - received, true) }) : '–'}
                      <small>{t('devices.seen')}</small>
                    </span>
                  </a>
                </li>
              ))}
            </ul>
          </Listing>
        </div>
        {open && shown && (
          <Detail
            d={shown}
            state={open.state}
            why={open.why}
            ago={open.received && tick.value - open.received}
            quality={quality.value.get(shown.device_id)}
            calibrations={calibrations.value.filter((c) => c.device_id === shown.device_id)}
            saved={() => again.value++}
            key={shown.device_id}
          />
        )}
      </main>
    </>
  );
}

function Detail({
  d,
  state,
  why,
  ago,
  quality,
  calibrations,
  saved,
}: {
  d: DeviceInfo;
  state: State;
  why: string[];
  ago: number | undefined; // since it was heard, ms
  quality: number | undefined;
  calibrations: Calibration[];
  saved: () => void;
}) {
  const adding = useSignal(false);
  const add = useRef<HTMLButtonElement>(null);
  const back = downgrade(d);
  const who = encodeURIComponent(d.device_id);
  return (
    <aside class="card detail" aria-label={d.device_id}>
      <header>
        <i class={`sh ${state}`} />
        <h2>{d.device_id}</h2>
        <span class="sp" />
        <span class={`chip ${state}`}>{t(`devices.state.${state}`)}</span>
      </header>
      <div class={`state ${state}`}>
        {why.length ? why.map((x) => <p key={x}>{x[0].toUpperCase() + x.slice(1)}.</p>) : <p>{t('devices.fine')}</p>}
      </div>
      <div class="acts">
        <a class="btn" href={`/patient/${who}/timeline`}>
          {t('devices.timeline')}
        </a>
      </div>
      <dl class="facts">
        <Fact name={t('devices.seen')} value={ago === undefined ? '–' : t('devices.ago', { d: age(ago, true) })} />
        <Fact name={t('devices.quality')} value={quality === undefined ? '–' : `${Math.floor(quality * 100)}\u00a0%`} />
        <Fact name={t('devices.skew')} value={d.live ? skewText(d.skew_s) : '–'} />
        <Fact name={t('devices.battery')} value={d.battery_mv === undefined ? '–' : <Battery mv={d.battery_mv} />} />
        <Fact name={t('devices.person')} value={d.label || d.subject_id?.slice(0, 10) || t('devices.nobody')} />
        <Fact name={t('devices.bed')} value={d.bed || '–'} />
      </dl>
      <p class="t2 small">
        {t('devices.counts', { n: d.accepted, late: d.late, conflict: d.conflict, duplicate: d.duplicate })}
        {d.first ? ` · ${t('devices.first')} ${moment(instant(d.first), false)}` : ''}
      </p>
      {d.firmware_history.length > 0 && (
        <>
          <h3 class="sec">{t('devices.history')}</h3>
          <ul class="lines">
            {[...d.firmware_history].reverse().map((f) => (
              <li key={f.version}>
                <b>
                  {f.version}
                  {f.version === d.firmware_version && ` · ${t('devices.firmware.now')}`}
                </b>
                <span class="t2">{t('devices.since', { at: moment(instant(f.first), false) })}</span>
                {f.version === d.firmware_version && back && (
                  <span class="wrong">
                    <i class="sh warn" /> {t('devices.downgrade', back)}
                  </span>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3 class="sec">{t('devices.calibrations')}</h3>
      {calibrations.length === 0 && <p class="t2">{t('devices.calibrations.none')}</p>}
      <ul class="lines">
        {[...calibrations].reverse().map((c) => (
          <li key={`${c.metric} ${c.version}`}>
            <b>
              {t(`metric.${c.metric}` as 'metric.spo2')} × {c.gain} {c.offset >= 0 ? '+' : '−'} {Math.abs(c.offset)}
            </b>
            <span class="t2">
              {t('devices.since', { at: moment(instant(c.from), false) })} · {t('devices.version', { v: c.version })} ·{' '}
              {t('devices.by', { name: c.actor })}
            </span>
            <span>{c.reason}</span>
          </li>
        ))}
      </ul>
      {adding.value ? (
        <Form
          device={d.device_id}
          done={(ok) => {
            adding.value = false;
            if (ok) saved();
            // back to where it was opened
            setTimeout(() => add.current?.focus());
          }}
        />
      ) : (
        <button
          ref={add}
          type="button"
          class="btn"
          onClick={() => {
            adding.value = true;
          }}
        >
          {t('devices.calibration.add')}
        </button>
      )}
    </aside>
  );
}

function Fact({ name, value }: { name: string; value: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
